//! What the tests of the whole provider share: the real Terraform, and services for it to talk to.

pub mod fleet;
pub mod processes;
pub mod requests;
pub mod resources;
pub mod terraform;
pub mod todo;
