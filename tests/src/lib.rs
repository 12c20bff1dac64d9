//! Shared parts of the acceptance tests: the real Terraform, and services for the providers under test.

pub mod fleet;
pub mod processes;
pub mod refresh;
pub mod requests;
pub mod resources;
pub mod samples;
pub mod terraform;
pub mod todo;
