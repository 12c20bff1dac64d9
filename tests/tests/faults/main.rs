//! What an apply that breaks off leaves behind, and how the next one goes on.
//!
//! Processes are ended and signals sent with the real Terraform; answers go wrong in the fake one, which is faster.

#![cfg(test)]

mod answers;
mod breaking_off;
mod claims;
mod concurrency;
mod fleet;
mod hostile;
mod interruptions;
mod soak;

use std::path::Path;

use acceptance::control_plane::ControlPlane;
use acceptance::terraform::Workspace;

/// The uuid of the seeded machine `node-1`.
const MACHINE: &str = "00000000-0000-4000-8000-000000000001";

/// The program that is shipped.
fn provider() -> &'static Path {
    acceptance::terraform::provider(env!("CARGO_BIN_EXE_provider-under-test"))
}

fn workspace(control_plane: &ControlPlane, configuration: &str) -> Workspace {
    Workspace::new(provider(), control_plane, configuration)
}

/// A file with the certificate of a control plane that has one.
fn certificate(control_plane: &ControlPlane) -> Option<tempfile::NamedTempFile> {
    let text = control_plane.certificate()?;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    Some(file)
}

/// What a request does that something goes wrong with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum With {
    Create,
    Read,
    Update,
    Delete,
    Start,
    Poll,
}

impl With {
    fn operation(self) -> &'static str {
        match self {
            With::Create => "controlplane_api_create_account_variable",
            With::Read => "controlplane_api_get_account_variable",
            With::Update => "controlplane_api_update_account_variable",
            With::Delete => "controlplane_api_delete_account_variable",
            With::Start => "provisioning_api_provision_machine",
            With::Poll => "provisioning_api_get_machine_provision",
        }
    }
}
