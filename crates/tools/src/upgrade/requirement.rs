//! What a provider requires after the upgrade, and why that cannot be said.
//!
//! Tests: `crates/tools/tests/upgrade/main.rs`.

use super::TERRAFORM;

/// What the entry of a provider shall be.
#[derive(Clone, Debug, Default)]
pub struct Requirement {
    /// The source in its display form; `None` for one that nobody knows.
    pub source: Option<String>,
    /// The constraints as they are to be written.
    pub version: Option<String>,
    /// Comments that stood before the entry, if it moves to another file.
    pub comments: Vec<String>,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// A `required_version` refuses Terraform 0.13.
    #[error(
        "unsupported Terraform Core version: `{file}` requires `{constraint}`, which excludes {TERRAFORM}"
    )]
    Core {
        /// The file.
        file: String,
        /// The constraint.
        constraint: String,
    },
    /// A source or constraint that is there is wrong.
    #[error("failed to load the configuration: the entry `{name}` in `{file}` is invalid: {problem}")]
    Entry {
        /// The file.
        file: String,
        /// The local name.
        name: String,
        /// What is wrong.
        problem: String,
    },
    /// A file that was made is no HCL: a bug.
    #[error("failed to edit `{0}`: {1}")]
    Edit(String, String),
}
