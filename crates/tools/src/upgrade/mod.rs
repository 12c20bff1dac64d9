//! The retired `terraform 0.13upgrade`: it adds a `required_providers` entry for each provider of a module.
//!
//! Source: <https://github.com/hashicorp/terraform/blob/v0.13.7/command/013_config_upgrade.go>.
//!
//! | module | knows |
//! |---|---|
//! | [`module`] | the files of a directory, and the providers that they use |
//! | [`registry`] | requests to registries, and the source address of a provider from before 0.13 |
//! | `requirement` | the source and version that the upgrade writes for a provider |
//! | `plan` | the requirement of each provider, and the warnings |
//! | `edit` | the new contents of the files |
//!
//! A file that needs a change is edited and then formatted as a whole. Comments and everything else are kept.
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

/// The last Terraform release that had the command `0.13upgrade`; the result is for this version.
pub const TERRAFORM: semver::Version = semver::Version::new(0, 13, 7);

/// The file that gets `required_version`, and `required_providers` unless exactly one file has it already.
pub const VERSIONS_FILE: &str = "versions.tf";
