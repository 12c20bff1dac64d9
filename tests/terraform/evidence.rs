//! The provider acts on evidence only: on a response that can have no other meaning. One section for each kind of inference that it
//! does not make; ARCHITECTURE.md has the rules.

use harness::control_plane::{Collection, ControlPlane};
use serde_json::json;

use super::{applied, control_plane, machine, workspace};

fn runs(control_plane: &ControlPlane) -> usize {
    control_plane.runs().len()
}

// A difference is an override only if it is in the response to the request that sent the value.

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

// A set has no duplicates.

#[tokio::test]
async fn duplicate_role_name_is_a_warning_and_reinstalls_nothing() {
    let configuration = |names: &str| {
        format!(
            "resource \"durantic_machine_role\" \"it\" {{\n  name = \"base-os\"\n}}\n\
             resource \"durantic_machine_deployment\" \"node\" {{\n  machine_uuid = \"{}\"\n  role_names = {names}\n  \
             depends_on = [durantic_machine_role.it]\n}}\n",
            machine(1)
        )
    };
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, &configuration("[\"base-os\", \"base-os\"]"));
    let output = workspace.run(&["plan"]).await.succeeds().printed();
    assert!(output.contains("Duplicate element"), "{output}");
    workspace.apply().await;
    workspace.plans_empty().await;
    workspace.configure(&configuration("[\"base-os\"]"));
    workspace.plans_empty().await;
    let output = workspace.apply().await.printed();
    assert!(!output.contains("Duplicate element"), "{output}");
    assert_eq!(runs(&control_plane), 1);
}

// An identity that is unknown may be the same.

#[tokio::test]
async fn machine_uuid_known_after_apply_reinstalls_nothing() {
    let configuration = |description: &str| {
        format!(
            "resource \"durantic_machine_role\" \"it\" {{\n  name = \"base-os\"\n  description = \"{description}\"\n}}\n\
             data \"durantic_machine\" \"it\" {{\n  hostname = \"node-1\"\n  depends_on = [durantic_machine_role.it]\n}}\n\
             resource \"durantic_machine_deployment\" \"node\" {{\n  machine_uuid = data.durantic_machine.it.uuid\n  \
             role_names = [durantic_machine_role.it.name]\n}}\n"
        )
    };
    let (control_plane, workspace) = applied(&configuration("before")).await;
    workspace.configure(&configuration("after"));
    let changes = workspace.plan().await.changes();
    assert_eq!(
        changes.iter().filter(|change| change.contains("delete")).count(),
        0,
        "{changes:?}"
    );
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    workspace.plans_empty().await;
    assert_eq!(runs(&control_plane), 1);
}

#[tokio::test]
async fn machine_uuid_that_turns_out_different_is_replaced_by_the_next_plan() {
    let configuration = |hostname: &str| {
        format!(
            "resource \"durantic_machine_role\" \"it\" {{\n  name = \"base-os\"\n  description = \"{hostname}\"\n}}\n\
             data \"durantic_machine\" \"it\" {{\n  hostname = \"{hostname}\"\n  depends_on = \
             [durantic_machine_role.it]\n}}\nresource \"durantic_machine_deployment\" \"node\" {{\n  machine_uuid = \
             data.durantic_machine.it.uuid\n  role_names = [durantic_machine_role.it.name]\n}}\n"
        )
    };
    let (control_plane, workspace) = applied(&configuration("node-1")).await;
    workspace.configure(&configuration("node-2"));
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(output.contains("inconsistent final plan"), "{output}");
    assert_eq!(runs(&control_plane), 1, "nothing is installed");
    let changes = workspace.plan().await.changes();
    assert_eq!(changes, ["durantic_machine_deployment.node: delete,create"]);
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    assert_eq!(runs(&control_plane), 2);
    assert_eq!(control_plane.runs()[1].machine_uuid, machine(2));
}

// A sensitive argument that is omitted keeps its value.

#[tokio::test]
async fn generated_configuration_of_an_imported_backend_keeps_its_settings() {
    let control_plane = control_plane().await;
    let backend = json!({
        "name": "vault", "backend_type": "vault", "url": "https://vault.example.com", "config": {"role_id": "r"},
    });
    let backend = backend.as_object().expect("an object").clone();
    let created = control_plane.create(Collection::SecretsBackends, backend);
    let uuid = created.expect("a backend")["uuid"]
        .as_str()
        .expect("a uuid")
        .to_owned();
    let import = format!("import {{\n  to = durantic_secrets_backend.it\n  id = \"{uuid}\"\n}}\n");
    let workspace = workspace(&control_plane, &import);
    let settings = || {
        let backend = control_plane.find(Collection::SecretsBackends, "vault");
        backend.expect("the backend")["config"].clone()
    };
    let generate = ["plan", "-generate-config-out=generated.tf"];
    workspace.run(&generate).await.succeeds();
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_eq!(settings(), json!({"role_id": "r"}));

    let generated = std::fs::read_to_string(workspace.path().join("generated.tf")).expect("a file");
    let cleared: String = generated
        .lines()
        .map(|line| {
            if line.trim_start().starts_with("config") {
                "  config = {}\n".to_owned()
            } else {
                format!("{line}\n")
            }
        })
        .collect();
    workspace.write("generated.tf", &cleared);
    workspace.apply().await;
    assert_eq!(settings(), json!({}), "an empty map clears the settings");
}
