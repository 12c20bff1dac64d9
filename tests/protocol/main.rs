//! The provider over the messages of the plugin protocol, in this process: the fake Terraform asks, and holds each answer to
//! everything that the real one enforces.

// Tells clippy that the helpers are tests as well: they may unwrap.
#![cfg(test)]

mod answers;
mod broken_hook;
mod concurrency;
mod derived;
mod every_key;
mod generate;
mod hostile;
mod life;
mod lifecycle;
mod lookups;
mod properties;
mod soak;
mod walkthrough;

use harness::control_plane::ControlPlane;

/// The uuid of the seeded machine `node-1`.
const MACHINE: &str = "00000000-0000-4000-8000-000000000001";

/// A file with the certificate of a control plane that has one.
fn certificate(control_plane: &ControlPlane) -> Option<tempfile::NamedTempFile> {
    let text = control_plane.certificate()?;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    Some(file)
}
