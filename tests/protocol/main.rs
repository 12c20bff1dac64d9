//! The provider in this process, driven by the fake core, which checks each response as Terraform does.

// For clippy: the helpers count as tests, which may unwrap.
#![cfg(test)]

mod broken_hook;
mod collections;
mod concurrency;
mod declared_server;
mod every_key;
mod generate;
mod invalid_responses;
mod lifecycle;
mod lookups;
mod properties;
mod release;
mod request_faults;
mod soak;
mod walkthrough;
mod workflows;

use harness::control_plane::ControlPlane;

/// The uuid of the seeded machine `node-1`.
const MACHINE: &str = "00000000-0000-4000-8000-000000000001";

/// A file with the certificate of a control plane; `None` without TLS.
fn certificate(control_plane: &ControlPlane) -> Option<tempfile::NamedTempFile> {
    let text = control_plane.certificate()?;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    Some(file)
}
