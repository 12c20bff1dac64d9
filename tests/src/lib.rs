//! The simulated control plane, the demo, and the tests with the real Terraform.

pub mod control_plane;
pub mod core;
pub mod fleet;
pub mod processes;
pub mod secrets;
pub mod terraform;
pub mod todo;
