//! The provider under the real Terraform, against the simulated control plane.
//!
//! One module per resource and data source, and one per common topic. Every test has a control plane and a workspace of its
//! own, so that all can run in parallel.
//!
//! Each run of Terraform takes a second of CPU time. What the protocol's messages can show is tested in `tests/protocol/`.

#![cfg(test)]

mod aborted_requests;
mod adopt;
mod adoption;
mod another_provider;
mod behaviour;
mod claims;
mod collections;
mod deployment;
mod dialects;
mod earlier_states;
mod everything;
mod evidence;
mod evidence_secrets;
mod examples;
mod faults;
mod fleet;
mod follow;
mod found_objects;
mod functions;
mod go_provider_states;
mod guides;
mod identity;
mod image;
mod images;
mod imports;
mod interruptions;
mod machine;
mod machine_config;
mod machine_role;
mod machines;
mod mesh_network;
mod mistakes;
mod moves;
mod plans;
mod process;
mod protection;
mod provider_block;
mod query;
mod registry_credential;
mod reinstalls;
mod release;
mod removal;
mod rollout;
mod route;
mod route_policy_set;
mod scenarios;
mod schema;
mod secret;
mod secrets_backend;
mod templates;
mod testing;
mod validation;
mod variable;
mod way_back;
mod workflows;

use std::path::Path;
use std::time::Duration;

use acceptance::terraform::Workspace;
use harness::control_plane::{Builder, ControlPlane};

/// The uuid of the seeded machine `node-1`.
const MACHINE: &str = "00000000-0000-4000-8000-000000000001";

/// The shipped program.
fn provider() -> &'static Path {
    acceptance::terraform::provider(env!("CARGO_BIN_EXE_provider-under-test"))
}

/// A control plane with three machines and installations of zero duration.
async fn control_plane() -> ControlPlane {
    quick().start().await.expect("the control plane starts")
}

fn quick() -> Builder {
    ControlPlane::builder().install_time(Duration::ZERO)
}

/// A workspace with the shipped provider.
fn workspace(control_plane: &ControlPlane, configuration: &str) -> Workspace {
    Workspace::new(provider(), control_plane, configuration)
}

/// A control plane, and a workspace whose configuration is applied.
async fn applied(configuration: &str) -> (ControlPlane, Workspace) {
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, configuration);
    workspace.apply().await;
    (control_plane, workspace)
}

/// The uuid of the seeded machine `node-N`.
fn machine(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// The operations of all requests that may change something, in order, without their prefix.
fn changes(control_plane: &ControlPlane) -> Vec<String> {
    let entries = control_plane.log().changes().into_iter();
    let name = |operation: &str| {
        operation
            .split_once("_api_")
            .map_or("", |(_, name)| name)
            .to_owned()
    };
    entries.map(|entry| name(&entry.operation)).collect()
}

/// A string attribute in state.
fn string(workspace: &Workspace, address: &str, attribute: &str) -> String {
    let state = workspace.state(address);
    let text = state[attribute].as_str();
    text.unwrap_or_else(|| panic!("`{attribute}` is not a string: {state}"))
        .to_owned()
}

/// Asserts that a write-only value is in no file of the workspace except the configuration, and in no output of
/// `terraform show`.
async fn assert_not_stored(workspace: &Workspace, value: &str) {
    for entry in std::fs::read_dir(workspace.path())
        .expect("the workspace")
        .flatten()
    {
        let is_configuration = entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "tf");
        if entry.path().is_file() && !is_configuration {
            let bytes = std::fs::read(entry.path()).expect("a file of the workspace");
            let has_value = String::from_utf8_lossy(&bytes).contains(value);
            assert!(!has_value, "{:?} contains the value", entry.file_name());
        }
    }
    for shown in [&["show", "-json"][..], &["show", "-json", "tfplan"]] {
        let run = workspace.run(shown).await.succeeds();
        let mut shown: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
        // A plan contains the configuration.
        if let Some(shown) = shown.as_object_mut() {
            shown.remove("configuration");
        }
        assert!(
            !shown.to_string().contains(value),
            "{} prints the value",
            run.command
        );
    }
}
