//! `durantic_mesh_network`

use harness::control_plane::{Collection, Fault, FaultKind, FaultResponse};
use serde_json::json;

use super::{applied, control_plane, string, workspace};

const ADDRESS: &str = "durantic_mesh_network.net";

fn configuration(arguments: &str) -> String {
    format!("resource \"durantic_mesh_network\" \"net\" {{\n{arguments}\n}}\n")
}

const MINIMAL: &str = "name = \"net\"\nnetwork_cidr = \"10.1.0.0/24\"";

#[tokio::test]
async fn network_cidr_forces_replacement_other_changes_do_not() {
    let (control_plane, workspace) = applied(&configuration(MINIMAL)).await;
    let before = workspace.state(ADDRESS);

    workspace.configure(&configuration(
        "name = \"renamed\"\nnetwork_cidr = \"10.1.0.0/24\"\nis_default = true",
    ));
    let plan = workspace.plan().await;
    assert_eq!(plan.changes(), [format!("{ADDRESS}: update")]);
    let unknown = &plan.change(ADDRESS)["after_unknown"];
    assert_eq!(
        (&unknown["updated_at"], &unknown["created_at"], &unknown["uuid"]),
        (&json!(true), &json!(null), &json!(null))
    );
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    let after = workspace.state(ADDRESS);
    assert_eq!(after["uuid"], before["uuid"]);
    assert_eq!(after["created_at"], before["created_at"]);
    let sent = control_plane.log().of("controlplane_api_update_mesh_network");
    assert_eq!(sent.len(), 1);
    assert_eq!(
        sent[0].body,
        Some(json!({"name": "renamed", "is_default": true})),
        "only changed attributes are sent"
    );
    workspace.plans_empty().await;

    workspace.configure(&configuration(
        "name = \"renamed\"\nnetwork_cidr = \"10.2.0.0/24\"\nis_default = true",
    ));
    assert_eq!(
        workspace.plan().await.changes(),
        [format!("{ADDRESS}: delete,create")]
    );
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    assert_ne!(workspace.state(ADDRESS)["uuid"], before["uuid"]);
}

#[tokio::test]
async fn destroy_of_a_missing_network_succeeds() {
    let (control_plane, workspace) = applied(&configuration(MINIMAL)).await;
    let uuid = string(&workspace, ADDRESS, "uuid");
    control_plane
        .delete(Collection::MeshNetworks, &uuid)
        .expect("the network is deleted");
    workspace
        .run(&["destroy", "-auto-approve", "-refresh=false"])
        .await
        .succeeds();
}

#[tokio::test]
async fn update_of_a_missing_network_has_a_remedy() {
    let (control_plane, workspace) = applied(&configuration(MINIMAL)).await;
    let uuid = string(&workspace, ADDRESS, "uuid");
    control_plane
        .delete(Collection::MeshNetworks, &uuid)
        .expect("the network is deleted");
    workspace.configure(&configuration("name = \"other\"\nnetwork_cidr = \"10.1.0.0/24\""));
    let output = workspace
        .run(&["apply", "-auto-approve", "-refresh=false"])
        .await
        .fails();
    assert!(output.contains("Object no longer exists"), "{output}");
    assert!(output.contains("the new plan creates it"), "{output}");
}

#[tokio::test]
async fn network_cidr_must_be_private_and_canonical() {
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, "");
    for (cidr, expected) in [
        ("10.0.0.5/24", "Did you mean 10.0.0.0/24?"),
        ("8.8.8.0/24", "Network block is not private"),
        ("fd00::/64", "Network block is not private"),
        ("172.15.0.0/16", "Network block is not private"),
        ("10.0.0.0", "an address block in CIDR notation"),
        ("10.0.0.0/33", "an address block in CIDR notation"),
    ] {
        workspace.configure(&configuration(&format!(
            "name = \"net\"\nnetwork_cidr = \"{cidr}\""
        )));
        let output = workspace.run(&["plan"]).await.fails();
        assert!(output.contains(expected), "{cidr}: {output}");
        assert!(output.contains("on main.tf line 3"), "{cidr}: {output}");
    }
    for cidr in ["10.0.0.0/8", "172.31.0.0/16", "192.168.1.0/28"] {
        workspace.configure(&configuration(&format!(
            "name = \"net\"\nnetwork_cidr = \"{cidr}\""
        )));
        workspace.run(&["plan"]).await.succeeds();
    }
}

#[tokio::test]
async fn conflict_shows_status_and_request_id() {
    let control_plane = control_plane().await;
    let text = format!(
        "{}resource \"durantic_mesh_network\" \"again\" {{\n  name = \"again\"\n  network_cidr = \"10.1.0.0/24\"\n  \
         depends_on = [durantic_mesh_network.net]\n}}\n",
        configuration(MINIMAL)
    );
    let workspace = workspace(&control_plane, &text);
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(
        output.contains("The request to create mesh network \"again\" failed"),
        "{output}"
    );
    assert!(output.contains("409 Conflict"), "{output}");
    assert!(output.contains("Request id"), "{output}");
    assert_eq!(workspace.state("durantic_mesh_network.again"), json!(null));
}

#[tokio::test]
async fn rejected_field_is_reported_on_its_attribute() {
    let control_plane = control_plane().await;
    let problem =
        json!({ "type": "value_error", "loc": ["body", "payload", "network_cidr"], "msg": "is taken" });
    let response = FaultResponse {
        body: json!({ "detail": [problem] }).to_string().into_bytes(),
        ..FaultResponse::json(422)
    };
    let operation = "controlplane_api_create_mesh_network";
    control_plane.fault(Fault::new(operation, FaultKind::Respond(response)));
    let workspace = workspace(&control_plane, &configuration(MINIMAL));
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(output.contains("is taken"), "{output}");
    assert!(output.contains("on main.tf line 3"), "{output}");
}
