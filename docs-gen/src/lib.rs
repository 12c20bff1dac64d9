//! Renders the documentation from what the provider serves.
//!
//! The way of a fact: [`facts`] takes it from the declarations (or, for another provider, from the output of
//! `terraform providers schema -json`, [`json`]); [`registry`] writes it to Markdown pages, [`site`] to HTML, [`llms`]
//! and [`facts::Documentation`] itself are for machines, and [`mod@diff`] compares two versions. [`compat`] writes what
//! the generator of `HashiCorp` writes, and [`validate`] checks what is there. No text about an attribute is typed twice.
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
pub mod options;
pub mod registry;
pub mod served;
pub mod site;
pub mod validate;
pub mod words;
