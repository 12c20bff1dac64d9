//! A set has no duplicates, and each rule holds for the elements of collections, too.

use std::sync::Arc;

use harness::control_plane::{Collection, Fault, FaultKind};
use serde_json::json;

use super::{runs, warnings};
use crate::{applied, control_plane, machine, quick, workspace};

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

/// A machine whose uuid has letters, and its uuid in two spellings.
const SPELLINGS: [&str; 2] = [
    "abcdefab-0000-4000-8000-000000000001",
    "ABCDEFAB-0000-4000-8000-000000000001",
];

/// A virtual IP and a route with these machines.
fn members(uuids: &[&str]) -> String {
    format!(
        "resource \"durantic_vip\" \"it\" {{\n  name = \"it\"\n  address = \"192.0.2.1\"\n  machine_uuids = {uuids:?}\n}}\n\
         resource \"durantic_route\" \"it\" {{\n  name = \"it\"\n  prefixes = [\"192.0.2.0/24\"]\n  machine_uuids = {uuids:?}\n}}\n"
    )
}

/// Terraform itself removes an element that is spelled the same from a set.
#[tokio::test]
async fn duplicate_machine_uuid_is_no_difference() {
    let first = machine(1);
    let (_control_plane, workspace) = applied(&members(&[&first, &first])).await;
    workspace.plans_empty().await;
    workspace.configure(&members(&[&first]));
    workspace.plans_empty().await;
}

#[tokio::test]
async fn machine_uuid_in_two_spellings_is_a_warning_and_no_difference() {
    let control_plane = quick().start().await.expect("the control plane starts");
    let enrolled = json!({ "uuid": SPELLINGS[0], "hostname": "node-4" });
    control_plane
        .create(
            Collection::Machines,
            enrolled.as_object().expect("an object").clone(),
        )
        .expect("a machine enrolls");
    let workspace = workspace(&control_plane, &members(&SPELLINGS));
    let plan = workspace.run(&["plan", "-out=tfplan"]).await.succeeds();
    let output = plan.printed();
    // Terraform summarizes the same warning of the second resource.
    assert!(output.contains("Duplicate element"), "{output}");
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    workspace.plans_empty().await;
    workspace.configure(&members(&SPELLINGS[..1]));
    workspace.plans_empty().await;
}

/// The control plane removes one of two machines from the virtual IP.
#[tokio::test]
async fn override_of_one_element_is_reported_once() {
    let control_plane = control_plane().await;
    for operation in ["controlplane_api_create_vip", "controlplane_api_get_vip"] {
        let without_second = FaultKind::Rewrite(Arc::new(|vip| {
            if let Some(machines) = vip["machines"].as_array_mut() {
                machines.truncate(1);
            }
        }));
        control_plane.fault(Fault::new(operation, without_second));
    }
    let vip = members(&[&machine(1), &machine(2)]);
    let vip = vip
        .split("resource \"durantic_route\"")
        .next()
        .expect("the virtual IP");
    let workspace = workspace(&control_plane, vip);
    let first = workspace.apply().await;
    assert_eq!(warnings(&first), 1, "{}", first.printed());
    workspace.plans_empty().await;
    let second = workspace.apply().await;
    assert_eq!(warnings(&second), 0, "it is reported once: {}", second.printed());
}
