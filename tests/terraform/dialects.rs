//! The example against control planes with a path prefix and with undeclared fields in responses. `everything` tests the
//! other dialects.

use harness::control_plane::{Builder, Collection, Dialect};

use super::{quick, workspace};

/// Applies the example, asserts that the next plan is empty, and destroys it.
async fn example_works(builder: Builder) {
    let control_plane = builder.start().await.expect("the control plane starts");
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/role-to-running-machine");
    let text = std::fs::read_to_string(format!("{example}/main.tf")).expect("the example");
    let workspace = workspace(&control_plane, &text);
    std::fs::remove_file(workspace.path().join("versions.tf")).expect("the example has its own");
    let template = std::fs::read_to_string(format!("{example}/web.yaml")).expect("the example's template");
    workspace.write("web.yaml", &template);
    // The example requires the released version, but a development override need not match it.
    workspace.apply().await;
    assert_eq!(workspace.outputs().await["mesh_ip"], "10.42.0.1");
    assert_eq!(control_plane.runs().len(), 1);
    workspace.plans_empty().await;

    control_plane
        .update(Collection::Machines, &super::machine(1), |machine| {
            machine.insert("role_names".to_owned(), serde_json::json!([]));
        })
        .expect("the machine is released");
    workspace.destroy().await;
    assert!(control_plane.find(Collection::MachineRoles, "web").is_none());
    assert_eq!(control_plane.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn endpoint_path_prefix_is_kept() {
    example_works(quick().prefix("/durantic").dialect(Dialect::Other)).await;
}

#[tokio::test]
async fn undeclared_response_fields_are_ignored() {
    example_works(quick().unknown_fields()).await;
}
