//! The example against control planes that are somewhere else, and that answer more than is declared. `everything` has the
//! dialects.

use harness::control_plane::{Builder, Collection, Dialect};

use super::{quick, workspace};

/// Applies the example, finds nothing more to do, and destroys it.
async fn example_works(builder: Builder) {
    let control_plane = builder.start().await.expect("the control plane starts");
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/role-to-running-machine");
    let text = std::fs::read_to_string(format!("{example}/main.tf")).expect("the example");
    let workspace = workspace(&control_plane, &text);
    std::fs::remove_file(workspace.path().join("versions.tf")).expect("the example has its own");
    let template = std::fs::read_to_string(format!("{example}/web.yaml")).expect("the example's template");
    workspace.write("web.yaml", &template);
    // The released version stands in a required_providers block, which an override does not have to meet.
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
async fn a_path_prefix_is_kept() {
    example_works(quick().prefix("/durantic").dialect(Dialect::Other)).await;
}

#[tokio::test]
async fn unknown_fields_are_ignored() {
    example_works(quick().unknown_fields()).await;
}
