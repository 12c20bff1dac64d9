//! The source and version that the upgrade writes for a provider, and the errors of the plan.
//!
//! Tests: `crates/tools/tests/upgrade/main.rs`.

use super::TERRAFORM;

/// The `required_providers` entry of a provider after the upgrade.
#[derive(Clone, Debug, Default)]
pub struct Requirement {
    /// The source address in its display form; `None` if it is unknown.
    pub source: Option<String>,
    /// The version constraints.
    pub version: Option<String>,
    /// The comments of the present entry, which move along if it moves to another file.
    pub comments: Vec<String>,
}

/// Why the upgrade of a module cannot be planned.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// A `required_version` excludes Terraform 0.13.
    #[error(
        "unsupported Terraform Core version: `{file}` requires `{constraint}`, which excludes {TERRAFORM}"
    )]
    Core {
        /// The file.
        file: String,
        /// The constraint.
        constraint: String,
    },
    /// An entry has an invalid source or version constraint.
    #[error("failed to load the configuration: the entry `{name}` in `{file}` is invalid: {problem}")]
    Entry {
        /// The file.
        file: String,
        /// The local name.
        name: String,
        /// The error of the source or constraint.
        problem: String,
    },
    /// The new content of a file is not valid HCL, which is a bug.
    #[error("failed to edit `{0}`: {1}")]
    Edit(String, String),
}
