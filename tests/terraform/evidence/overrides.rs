//! A difference is an override only if it is in the response to the request that sent the value.

use harness::control_plane::Collection;
use serde_json::json;

use crate::{applied, control_plane, machine, workspace};

/// A variable and a virtual IP that were applied, then planned with another description, and changed outside Terraform before
/// that plan is applied.
#[tokio::test]
async fn override_is_not_a_change_outside_terraform() {
    let configuration = |name: &str, description: &str| {
        format!(
            "resource \"durantic_variable\" \"it\" {{\n  name = \"LEVEL\"\n  value = \"info\"\n  description = \
             \"{description}\"\n}}\nresource \"durantic_vip\" \"it\" {{\n  name = \"{name}\"\n  address = \"10.9.0.1\"\n  \
             enabled = true\n}}\n"
        )
    };
    let (control_plane, workspace) = applied(&configuration("front", "before")).await;
    workspace.configure(&configuration("edge", "after"));
    workspace.plan().await;
    let change = |collection, name: &str, fields: serde_json::Value| {
        let uuid = control_plane.find(collection, name).expect("it exists")["uuid"].clone();
        let changed = control_plane.update(collection, uuid.as_str().expect("a uuid"), |object| {
            object.extend(fields.as_object().expect("an object").clone());
        });
        changed.expect("it can be changed");
    };
    change(Collection::Variables, "LEVEL", json!({"value": "debug"}));
    change(
        Collection::Vips,
        "front",
        json!({"address": "10.9.9.9", "enabled": false}),
    );
    let output = workspace.run(&["apply", "tfplan"]).await.succeeds().printed();
    assert!(!output.contains("overridden"), "{output}");

    // The next plan shows the change, and applying it restores the configured values.
    let changes = workspace.plan().await.changes();
    assert_eq!(
        changes,
        ["durantic_variable.it: update", "durantic_vip.it: update"]
    );
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    workspace.plans_empty().await;
    let variable = control_plane.find(Collection::Variables, "LEVEL").expect("it");
    assert_eq!(variable["value"], "info");
    let vip = control_plane.find(Collection::Vips, "edge").expect("it");
    assert_eq!(
        (&vip["address"], &vip["enabled"]),
        (&json!("10.9.0.1"), &json!(true))
    );
}

#[tokio::test]
async fn override_is_not_a_change_during_an_installation() {
    let configuration = format!(
        "resource \"durantic_machine_deployment\" \"node\" {{\n  machine_uuid = \"{}\"\n  role_names = []\n  \
         tunnel_type = \"wireguard\"\n}}\n",
        machine(1)
    );
    let control_plane = control_plane().await;
    control_plane.set_install_time(std::time::Duration::from_secs(6));
    let workspace = workspace(&control_plane, &configuration);
    let apply = workspace.run(&["apply", "-auto-approve"]);
    let change = async {
        while control_plane.runs().is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        let changed = control_plane.update(Collection::Machines, &machine(1), |object| {
            object.insert("tunnel_type".to_owned(), json!("geneve"));
        });
        changed.expect("the machine can be changed");
    };
    let (apply, ()) = tokio::join!(apply, change);
    let output = apply.succeeds().printed();
    assert!(!output.contains("overridden"), "{output}");
    let address = "durantic_machine_deployment.node";
    assert_eq!(workspace.plan().await.changes(), [format!("{address}: update")]);
}
