//! Generates the documentation of a provider.
//!
//! [`facts`] collects all facts from the declarations or, for another provider, from the output of
//! `terraform providers schema -json` ([`json`]). [`registry`] writes them to Markdown pages, [`site`] to HTML, [`llms`]
//! to files for language models and other programs, and [`mod@diff`] compares the facts of two versions. [`compat`]
//! writes the same pages as `HashiCorp`'s generator, and [`validate`] checks pages and examples. [`mocks`] writes values for
//! `terraform test`. Nothing about an attribute is written twice by hand.
//!
//! Tests: `docs-gen/tests/`.

pub mod additions;
pub mod commands;
pub mod compat;
pub mod diff;
pub mod examples;
pub mod facts;
pub mod files;
pub mod json;
pub mod kind;
pub mod llms;
pub mod mocks;
pub mod options;
pub mod registry;
pub mod served;
pub mod site;
pub mod types;
pub mod validate;
