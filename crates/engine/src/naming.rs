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

/// Number of similar names that a diagnostic suggests.
pub const MAX_SUGGESTIONS: usize = 3;

/// Returns the names that are most similar to a name, at most `limit`, best match first: the same name in another case, or a host name
/// with or without its domain. Without any of these, the names that differ in some letters.
pub fn closest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>, limit: usize) -> Vec<&'a str> {
    let names: Vec<&str> = names.into_iter().collect();
    let folded = name.to_lowercase();
    let is_in_domain = |long: &str, short: &str| {
        let domain = long.strip_prefix(short);
        domain.is_some_and(|domain| domain.starts_with('.'))
    };
    let forms = names.iter().filter_map(|candidate| {
        let other = candidate.to_lowercase();
        let is_same = other == folded;
        let is_form = is_same || is_in_domain(&other, &folded) || is_in_domain(&folded, &other);
        is_form.then_some((!is_same, *candidate))
    });
    let mut forms: Vec<(bool, &str)> = forms.collect();
    if forms.is_empty() {
        return schema::similar(name, names, limit);
    }
    forms.sort_unstable();
    forms.dedup();
    forms
        .into_iter()
        .map(|(_, candidate)| candidate)
        .take(limit)
        .collect()
}

/// Joins alternatives: `a, b or c`.
pub fn either(alternatives: &[String]) -> String {
    match alternatives {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        other => other.concat(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closest_names_are_other_forms_before_other_letters() {
        let names = ["web-01", "Web-01", "web-01.example.com", "web-1", "db", "web-010"];
        let table = [
            ("WEB-01", vec!["Web-01", "web-01", "web-01.example.com"]),
            ("web-01.example.org", vec!["Web-01", "web-01"]),
            ("DB.example.org", vec!["db"]),
            ("wbe-1", vec!["web-1", "Web-01", "web-01"]),
            ("database", vec![]),
        ];
        for (name, expected) in table {
            assert_eq!(closest(name, names, 3), expected, "{name}");
        }
        assert_eq!(closest("a", ["A", "A"], 3), ["A"]);
    }
}
