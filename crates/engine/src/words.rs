//! Declared things in the user's words.
//!
//! Tests: `crates/engine/tests/tables/change.rs`.

use schema::{Import, Resource, placeholders};
use value::Value;

/// The kind of object: `mesh_network` → `mesh network`.
pub fn noun(resource: &Resource) -> String {
    resource.name.replace('_', " ")
}

/// The object: `mesh network "prod"`, by its declared label where it has one, else by its identity.
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

/// The sentence with a capital at its beginning.
pub fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters
        .next()
        .map(|first| first.to_uppercase().chain(characters).collect())
        .unwrap_or_default()
}
