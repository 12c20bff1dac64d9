//! What `terraform 0.13upgrade` did: every provider of a module gets its entry in `required_providers`.
//!
//! | module | knows |
//! |---|---|
//! | [`module`] | the files of a directory, and what they say of providers |
//! | [`registry`] | the address that a provider of the time before 0.13 has now |
//! | `requirement` | what the entry of a provider shall be, and why that is not known |
//! | `plan` | which entry each provider shall have, and what to warn of |
//! | `edit` | the texts of the files afterwards |
//!
//! Files are changed where they must be and then laid out as a whole; comments and all else stay.
//!
//! Tests: `crates/tools/tests/upgrade/main.rs`.

mod edit;
pub mod module;
mod plan;
pub mod registry;
mod requirement;

pub use edit::Change;
pub use plan::{Plan, Warning, plan};
pub use requirement::PlanError;

/// The Terraform that the result is for: the last of the series that had the command.
pub const TERRAFORM: semver::Version = semver::Version::new(0, 13, 7);

/// The file that says which Terraform a module needs.
pub const VERSIONS_FILE: &str = "versions.tf";
