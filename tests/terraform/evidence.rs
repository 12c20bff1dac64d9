//! The provider acts on evidence only: on a response that can have no other meaning. One module for each kind of inference that
//! it does not make; ARCHITECTURE.md has the rules.

mod absence;
mod collections;
mod conflicts;
mod further_cases;
mod further_runs;
mod identities;
mod omitted;
mod overrides;
mod ownership;
mod refusals;
mod renames;
mod replacements;

use std::time::Duration;

use acceptance::terraform::{Run, Workspace};
use harness::control_plane::{Account, ControlPlane};
use serde_json::Value as Json;

/// The address of the deployment in these tests.
const DEPLOYMENT: &str = "durantic_machine_deployment.node";

const POLL: &str = "provisioning_api_get_machine_provision";
const UPDATE_MACHINE: &str = "provisioning_api_update_machine";

/// The number of provision runs so far.
fn runs(account: &Account) -> usize {
    account.runs().len()
}

/// Waits for this many requests of an operation.
async fn wait_for(control_plane: &ControlPlane, operation: &str, count: usize) {
    let requests = control_plane.log().wait_for(operation, count);
    let waited = tokio::time::timeout(Duration::from_secs(40), requests).await;
    assert!(
        waited.is_ok(),
        "there are less than {count} requests of {operation}"
    );
}

/// Removes the private state of every object, as in a state that another provider wrote.
fn remove_private_state(workspace: &Workspace) {
    edit_state(workspace, |state| {
        let resources = state["resources"].as_array_mut().into_iter().flatten();
        for instance in
            resources.flat_map(|resource| resource["instances"].as_array_mut().into_iter().flatten())
        {
            if let Some(instance) = instance.as_object_mut() {
                instance.remove("private");
            }
        }
    });
}

/// Changes the state file.
fn edit_state(workspace: &Workspace, edit: impl FnOnce(&mut Json)) {
    let mut state: Json = serde_json::from_str(&workspace.state_file()).expect("state in JSON");
    edit(&mut state);
    workspace.write("terraform.tfstate", &state.to_string());
}

/// The number of warnings, but for Terraform's own about the development override, and those about installations.
fn warnings(run: &Run) -> usize {
    let printed = run.printed();
    let count = |summary: &str| printed.matches(&format!("Warning: {summary}")).count();
    count("") - 1 - count("This plan reinstalls machines") - count("No role has an image")
}
