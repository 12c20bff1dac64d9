//! How a failed call becomes a diagnostic.
//!
//! Tests: `crates/engine/tests/tables/change.rs`.

use schema::{Attribute, Resource};
use value::{Path, Value};

use crate::api::{Error, ErrorKind};
use crate::diagnostic::{Diagnostics, Reported};
use crate::words::title;

/// Reports a failed call: a summary, what the API answered, what to do; each rejected field on its attribute.
pub fn call_error(
    diagnostics: &mut Diagnostics,
    doing: &str,
    resource: &Resource,
    object: &Value,
    error: &Error,
) -> Reported {
    let summary = format!("{doing} {} failed", title(resource, object));
    let rejected = error.problems.iter().filter_map(|problem| {
        let steps = problem.location.iter().rev();
        let path = steps
            .into_iter()
            .find_map(|step| sent_as(&resource.attributes, step))?;
        Some((problem, path))
    });
    let mut reported = None;
    for (problem, path) in rejected {
        let field = problem.location.last().map(String::as_str).unwrap_or_default();
        let detail = format!(
            "The control plane does not accept `{field}`: {}.\n\n{error}",
            problem.message
        );
        reported = Some(diagnostics.error_at(path, summary.clone(), detail));
    }
    reported.unwrap_or_else(|| diagnostics.error(summary, error.to_string()))
}

/// The attribute that is sent under that key of a request's body.
fn sent_as(attributes: &[Attribute], key: &str) -> Option<Path> {
    attributes
        .iter()
        .find(|attribute| attribute.wire.write.as_deref() == Some(key))
        .map(|attribute| Path::root().attribute(&attribute.name))
}

/// Whether this failure means that the object does not exist (any more).
pub fn is_gone(error: &Error) -> bool {
    error.kind == ErrorKind::NotFound
}
