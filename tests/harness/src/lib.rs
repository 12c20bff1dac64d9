//! Test support for the provider: a simulated control plane and a fake Terraform core, with tests of their own.

pub mod control_plane;
pub mod fake_core;
pub mod proxy;
pub mod secrets;
