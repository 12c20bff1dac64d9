//! HCL as tokens: formatting, and the CLI configuration. The crate `hcl_edit` parses Terraform configurations.
//!
//! | module | knows |
//! |---|---|
//! | [`token`] | the tokens of a file, without the spaces between them |
//! | `clean` | the expressions that `terraform fmt` rewrites |
//! | [`format`] | the layout of `terraform fmt` |
//! | [`write`] | how expressions and blocks are written |
//! | [`config`] | the dialect of Terraform's CLI configuration, in which keys may be quoted |
//!
//! Tests: `tests/cli/format/mod.rs`.

mod clean;
pub mod config;
pub mod format;
pub mod token;
pub mod write;
