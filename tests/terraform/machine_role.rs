//! `durantic_machine_role`

use harness::control_plane::Collection;
use serde_json::json;

use super::{applied, control_plane, workspace};

const ADDRESS: &str = "durantic_machine_role.web";
const IMAGE: &str = "10000000-0000-4000-8000-000000000001";

fn configuration(arguments: &str) -> String {
    format!("resource \"durantic_machine_role\" \"web\" {{\n  name = \"web\"\n{arguments}\n}}\n")
}

#[tokio::test]
async fn removed_image_uuid_is_cleared() {
    let (control_plane, workspace) = applied(&configuration(&format!("image_uuid = \"{IMAGE}\""))).await;
    assert_eq!(workspace.state(ADDRESS)["image_uuid"], IMAGE);
    workspace.plans_empty().await;

    workspace.configure(&configuration(""));
    assert_eq!(workspace.plan().await.changes(), [format!("{ADDRESS}: update")]);
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    let sent = control_plane.log().of("controlplane_api_update_machine_role");
    assert_eq!(sent[0].body, Some(json!({"image_uuid": null})));
    let role = control_plane
        .find(Collection::MachineRoles, "web")
        .expect("the role");
    assert!(
        role.get("image_uuid").is_none_or(serde_json::Value::is_null),
        "{role:?}"
    );
    workspace.plans_empty().await;
}

#[tokio::test]
async fn template_data_is_stored_unchanged() {
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, &configuration("template_data = file(\"t.yaml\")"));
    let template = "#cloud-config\n{% for peer in peers %}{{ peer.hostname }}\t{{ secrets.TOKEN }}\n{% endfor %}\nx: ${y}\r\n\n\n";
    workspace.write("t.yaml", template);
    control_plane
        .create(
            Collection::Secrets,
            json!({"name": "TOKEN", "value": "v"})
                .as_object()
                .expect("an object")
                .clone(),
        )
        .expect("a secret");
    workspace.apply().await;
    let role = control_plane
        .find(Collection::MachineRoles, "web")
        .expect("the role");
    assert_eq!(role["template_data"], template);
    workspace.plans_empty().await;
}

#[tokio::test]
async fn number_beyond_32_bits_is_reported_with_its_line() {
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, "");
    for (number, expected) in [
        ("2147483648", "Number out of range"),
        ("1.5", "Invalid number"),
        ("1e100", "Number out of range"),
    ] {
        workspace.configure(&configuration(&format!("merge_priority = {number}")));
        let output = workspace.run(&["plan"]).await.fails();
        assert!(output.contains(expected), "{number}: {output}");
        assert!(output.contains("on main.tf line 3"), "{number}: {output}");
    }
}
