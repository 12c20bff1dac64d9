//! Whether an object of the API matches an argument that filters a list.
//!
//! Tests: `crates/engine/tests/tables/filter.rs`.

use schema::{Attribute, Format};
use serde_json::Value as Json;
use value::Value;

use crate::wire;

/// What a response shows about an object and its filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match<'a> {
    /// It matches.
    Yes,
    /// It does not match.
    No,
    /// The response has no field for this filter, and all others match.
    NotShown(&'a Attribute),
}

/// Compares an object with all of these filters and their values. One that does not match decides, whatever else is not shown.
pub fn all<'a>(filters: impl IntoIterator<Item = (&'a Attribute, &'a Value)>, object: &Json) -> Match<'a> {
    let mut result = Match::Yes;
    for (attribute, wanted) in filters {
        match wire::field(attribute, object) {
            Some(field) if matches(attribute, wanted, &field) => {}
            Some(_) => return Match::No,
            None => result = Match::NotShown(attribute),
        }
    }
    result
}

/// Whether the field of an object matches the value of a filter: equivalent values do, a pattern (`format = "glob"`) and its strings, and a
/// single value and a list that contains a match.
pub fn matches(attribute: &Attribute, wanted: &Value, field: &Json) -> bool {
    match field {
        Json::Array(elements) if attribute.r#type.collections.is_empty() => {
            elements.iter().any(|element| matches(attribute, wanted, element))
        }
        Json::String(string) if attribute.format == Some(Format::Glob) => wanted
            .expose()
            .and_then(value::glob::parse)
            .is_some_and(|pattern| pattern.matches(string)),
        field => wire::is_equivalent_json(attribute, field, &wire::to_json(wanted)),
    }
}
