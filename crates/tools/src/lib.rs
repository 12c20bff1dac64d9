//! The command-line tools of a provider's program: source addresses, packages, Terraform's configuration language, and
//! the commands that people run. The provider that Terraform starts uses nothing of this crate.
//!
//! Tests: `crates/tools/tests/`, `tests/cli/`.

pub mod address;
pub mod adopt;
pub mod commands;
pub mod hcl;
pub mod package;
pub mod upgrade;
