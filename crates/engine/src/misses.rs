//! Lookups of data sources that found nothing: a null argument may come from one of them.
//!
//! Terraform reads a data source before it validates the resources that refer to it, with the same process.
//!
//! Tests: `crates/engine/tests/tables/lookup.rs`, `tests/terraform/machine.rs`.

use std::collections::BTreeSet;

use schema::{Attribute, Resource};
use value::{Path, Step};

use crate::declarations::Declarations;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::summaries;

/// Number of misses that an error names.
const MAX_MISSES: usize = 3;

/// A lookup that found nothing, so that all attributes of the data source are null.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Miss {
    /// Name of the declaration of the data source, such as `machine`.
    pub data_source: String,
    /// What it did not find: `no machine with hostname "a"`.
    pub what: String,
    /// The most similar names, quoted.
    pub closest: Vec<String>,
}

/// Adds to each error about a null value which lookups it may come from.
#[must_use]
pub fn explain(
    misses: &BTreeSet<Miss>,
    resource: &Resource,
    declarations: &Declarations,
    diagnostics: Diagnostics,
) -> Diagnostics {
    diagnostics.map_details(|diagnostic| {
        let hint = hint(misses, resource, declarations, diagnostic);
        hint.map_or_else(
            || diagnostic.detail.clone(),
            |hint| format!("{} {hint}", diagnostic.detail),
        )
    })
}

fn hint(
    misses: &BTreeSet<Miss>,
    resource: &Resource,
    declarations: &Declarations,
    diagnostic: &Diagnostic,
) -> Option<String> {
    let about_null = [&summaries::MISSING_REQUIRED_ARGUMENT, &summaries::NULL_ELEMENT];
    if !about_null.contains(&diagnostic.summary) {
        return None;
    }
    let attribute = attribute_at(&resource.attributes, &diagnostic.path)?;
    let target = &attribute.reference.as_ref()?.target;
    let misses: Vec<&Miss> = misses
        .iter()
        .filter(|miss| miss.data_source == **target)
        .collect();
    let named = misses.iter().take(MAX_MISSES).map(|miss| {
        let closest = match miss.closest.as_slice() {
            [] => String::new(),
            closest => format!(" (closest: {})", closest.join(", ")),
        };
        format!("{}{closest}", miss.what)
    });
    let mut named: Vec<String> = named.collect();
    let more = misses.len().saturating_sub(MAX_MISSES);
    if more > 0 {
        named.push(format!("{more} more"));
    }
    let named = match named.as_slice() {
        [] => return None,
        [first] => first.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    };
    let data_source = declarations.data_source(target)?;
    let data_source = declarations.type_name(data_source);
    Some(format!(
        "The value may come from `{data_source}`, which found {named}."
    ))
}

/// The attribute at a path, or the one that contains the value at the path.
fn attribute_at<'a>(attributes: &'a [Attribute], path: &Path) -> Option<&'a Attribute> {
    let names = path.steps().iter().filter_map(|step| match step {
        Step::Attribute(name) => Some(name),
        Step::Index(_) | Step::Key(_) => None,
    });
    let mut attributes = attributes;
    let mut found = None;
    for name in names {
        let attribute = attributes.iter().find(|attribute| attribute.name == *name)?;
        attributes = &attribute.attributes;
        found = Some(attribute);
    }
    found
}
