//! `--style tfplugindocs`: the same pages as terraform-plugin-docs 0.25, byte for byte. The expectations follow from a
//! description of that generator's output, not from the output of docs-gen.

#![cfg(test)]

mod pages;
mod plain;
mod schema;

use std::path::Path;

use docs_gen::compat::{self, Error, Names};
use docs_gen::examples::Examples;
use docs_gen::files::Files;
use docs_gen::json::{Block, Document};

/// All pages of a provider `acme` with this entry in `provider_schemas`.
fn pages(schema: &str) -> Files {
    try_pages(schema, Path::new("nowhere")).expect("the pages are written")
}

fn try_pages(schema: &str, examples: &Path) -> Result<Files, Error> {
    let text = format!(r#"{{"format_version":"1.0","provider_schemas":{{"acme":{schema}}}}}"#);
    let document = Document::parse(&text).expect("a schema");
    let names = Names {
        provider: "terraform-provider-acme".to_owned(),
        rendered: "terraform-provider-acme".to_owned(),
    };
    let provider = document.provider(names.short()).expect("the provider");
    compat::pages(provider, &names, &Examples::new(examples))
}

/// The section "Schema" of a block.
fn section(block: &str) -> String {
    try_section(block).expect("the section is written")
}

fn try_section(block: &str) -> Result<String, Error> {
    let block: Block = serde_json::from_str(block).expect("a block");
    compat::section(&block)
}
