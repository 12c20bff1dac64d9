//! What the tests of the provider stand on: a simulated control plane and a fake Terraform, with tests of their own.

pub mod control_plane;
pub mod fake_core;
pub mod secrets;
