//! HCL as text: what a parser of its meaning does not give.
//!
//! | module | knows |
//! |---|---|
//! | [`token`] | the tokens of a text, with nothing left out but spaces |
//! | `clean` | what `terraform fmt` writes in another way |
//! | [`format`] | `terraform fmt`, the whole of it |
//! | [`config`] | the dialect of Terraform's CLI configuration, in which keys may be quoted |
//!
//! Tests: `tests/cli/format/mod.rs`.

mod clean;
pub mod config;
pub mod format;
pub mod token;
