//! The names of resource types and objects in diagnostics.
//!
//! Tests: `crates/engine/tests/tables/change.rs`.

use schema::{Import, Resource, placeholders};
use value::Value;

/// Returns the kind of object: `mesh_network` → `mesh network`.
pub fn noun(resource: &Resource) -> String {
    resource.name.replace('_', " ")
}

/// Returns the name of an object: `mesh network "prod"`, by its declared label, else by its identity.
pub fn title(resource: &Resource, object: &Value) -> String {
    let identity = match &resource.import {
        Import::By(pattern) => placeholders(pattern).next(),
        Import::Never => None,
    };
    let name = resource
        .label
        .as_deref()
        .into_iter()
        .chain(identity)
        .find_map(|attribute| object.get(attribute).as_str());
    match name {
        Some(name) => format!("{} {name:?}", noun(resource)),
        None => noun(resource),
    }
}

/// Returns the sentence with its first letter in upper case.
pub fn capitalised(sentence: &str) -> String {
    let mut characters = sentence.chars();
    characters
        .next()
        .map(|first| first.to_uppercase().chain(characters).collect())
        .unwrap_or_default()
}
