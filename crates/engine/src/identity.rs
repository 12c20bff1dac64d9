//! Whether an answer is about the object that was asked for: what it says goes into state, and its identity into paths.
//!
//! Tests: `crates/engine/tests/tables/identity.rs`.

use schema::{Attribute, Import, Resource, placeholders};
use serde_json::Value as Json;
use value::{Path, Value};

use crate::api::{Api, ErrorKind};
use crate::diagnostic::{Diagnostics, Reported};
use crate::equal::same;
use crate::words::title;
use crate::{rules, shape, summaries, wire};

/// The attributes by which an object is found.
pub fn attributes(resource: &Resource) -> impl Iterator<Item = &Attribute> {
    let pattern = match &resource.import {
        Import::By(pattern) => pattern.as_ref(),
        Import::Never => "",
    };
    placeholders(pattern).filter_map(|name| resource.attribute(name))
}

/// What tells the object from others: its type, and what it is imported by.
pub fn key(resource: &Resource, object: &Value) -> String {
    let identity =
        attributes(resource).map(|attribute| object.get(&attribute.name).as_str().unwrap_or_default());
    std::iter::once(resource.name.as_ref())
        .chain(identity)
        .collect::<Vec<_>>()
        .join("/")
}

/// What the object is imported by; `None` where it cannot be imported, or its identity is not that of one.
pub fn import_id(resource: &Resource, object: &Value) -> Option<String> {
    let Import::By(pattern) = &resource.import else {
        return None;
    };
    attributes(resource).try_fold(pattern.to_string(), |id, attribute| {
        let value = object.get(&attribute.name);
        let text = value.as_str().filter(|_| rules::is_valid(attribute, value))?;
        Some(id.replace(&format!("{{{}}}", attribute.name), text))
    })
}

/// Checks that this is an answer about `known`, as far as that has an identity.
///
/// # Errors
///
/// [`Reported`], where it is about nothing or about another object.
pub fn check(
    resource: &Resource,
    answer: &Json,
    known: &Value,
    api: &dyn Api,
    diagnostics: &mut Diagnostics,
) -> Result<(), Reported> {
    if !answer.is_object() {
        let remedy = api.remedy(ErrorKind::UnexpectedResponse).unwrap_or_default();
        let detail = format!(
            "The provider expected an object for {}, but the control plane returned {}. {remedy}",
            title(resource, known),
            wire::kind(answer)
        );
        return Err(diagnostics.error(&summaries::UNEXPECTED_RESPONSE, detail.trim_end()));
    }
    let faults = attributes(resource).filter_map(|attribute| {
        let fault = fault(attribute, answer, known.get(&attribute.name))?;
        Some((attribute, fault))
    });
    let mut checked = Ok(());
    for (attribute, fault) in faults {
        let path = Path::root().attribute(&attribute.name);
        let detail = format!("The response for {} {fault}.", title(resource, known));
        checked = Err(diagnostics.error_at(path, &summaries::UNEXPECTED_RESPONSE, detail));
    }
    checked
}

/// What is wrong with one attribute of an identity.
fn fault(attribute: &Attribute, answer: &Json, known: &Value) -> Option<String> {
    if attribute.wire.read.is_empty() {
        return None;
    }
    let name = &attribute.name;
    let Some(json) = wire::field(attribute, answer).filter(|json| !json.is_null()) else {
        let is_known = !known.is_null() && !known.is_unknown();
        return (!is_known).then(|| format!("has no `{name}`"));
    };
    let value = json.as_str().map(|text| shape::string_value(attribute, text));
    let Some(value) = value.filter(|value| rules::is_valid(attribute, value)) else {
        return Some(format!("has a `{name}` in an invalid format"));
    };
    let is_other = !known.is_null() && !known.is_unknown() && !same(attribute, &value, known);
    is_other.then(|| format!("has the `{name}` of another object"))
}
