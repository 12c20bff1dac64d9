//! What a provider's program does beside serving Terraform: addresses of providers, their packages, Terraform's
//! configuration language, and the commands for people. Nothing that Terraform starts uses any of it.
//!
//! Tests: `crates/tools/tests/`, `tests/cli/`.

pub mod address;
pub mod commands;
pub mod hcl;
pub mod package;
pub mod upgrade;
