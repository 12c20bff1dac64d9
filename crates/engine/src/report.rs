//! Turns a failed request into a diagnostic.
//!
//! Tests: `crates/engine/tests/tables/report.rs`, `crates/engine/tests/tables/change.rs`, `tests/terraform/faults.rs`.

use schema::{Attribute, Resource};
use value::{Path, Value};

use crate::api::{Error, ErrorKind};
use crate::diagnostic::{Brief, Diagnostic, Diagnostics, Reported, Severity, Summary};
use crate::naming::title;
use crate::summaries;

/// The purpose of a request that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Create the object.
    Create,
    /// Read the object.
    Read,
    /// Update the object.
    Update,
    /// Delete the object.
    Delete,
    /// Release the object, which state no longer has afterwards.
    Release,
    /// Search for an object whose create got no response.
    Find,
    /// Look an object up for a data source.
    LookUp,
    /// Start the run of the object's job.
    StartRun,
}

impl Action {
    fn summary(self) -> &'static Summary {
        match self {
            Self::Create => &summaries::CREATE_FAILED,
            Self::Read => &summaries::READ_FAILED,
            Self::Update => &summaries::UPDATE_FAILED,
            Self::Delete => &summaries::DELETE_FAILED,
            Self::Release => &summaries::RELEASE_FAILED,
            Self::Find => &summaries::FIND_FAILED,
            Self::LookUp => &summaries::LOOKUP_FAILED,
            Self::StartRun => &summaries::START_FAILED,
        }
    }

    fn verb(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Release => "release",
            Self::Find => "search for",
            Self::LookUp => "look up",
            Self::StartRun => "start",
        }
    }
}

/// What Terraform does with the object that a delete is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// It destroys the object.
    Destroyed,
    /// It deletes the object first, and then creates the object that replaces it.
    Replaced,
}

/// The remedy for a rejected delete of an object that is destroyed. Terraform's order:
/// <https://github.com/hashicorp/terraform/blob/main/docs/destroying.md>.
const IN_USE: &str = "If the message names what uses the object, remove that use first. If this apply removes the use as \
                      well: Terraform deletes an object before it updates those that no longer refer to it, unless the object \
                      has `lifecycle { create_before_destroy = true }`. State keeps this setting, so it must be applied before \
                      the block is removed. Now apply again if the use is gone. If it is not, put the block back with this \
                      setting, apply, and remove the block and the use again. Or put the block back, remove only the use, \
                      apply, and then remove the block.";

/// The remedy for a rejected delete of an object that is replaced.
const IN_USE_AND_REPLACED: &str = "If the message names what uses the object: Terraform deletes the object before it creates its \
                                   replacement and updates what refers to it. With `lifecycle { create_before_destroy = true }` \
                                   in the block, it deletes the object last. If names are unique, the replacement then needs \
                                   another name: change it in the same apply.";

/// Returns the error of an object's delete with what the user can do about it: if the API rejected the delete because of a conflict, the
/// object is in use.
#[must_use]
pub fn with_remedy_for_use(error: &Error, removal: Removal) -> Error {
    let remedy = match (error.kind, removal) {
        (ErrorKind::Conflict, Removal::Destroyed) => Some(IN_USE),
        (ErrorKind::Conflict, Removal::Replaced) => Some(IN_USE_AND_REPLACED),
        _ => error.remedy,
    };
    Error {
        remedy,
        ..error.clone()
    }
}

/// Reports a failed request: the object, the API's response, and the remedy. Each rejected field is reported on its
/// attribute.
pub fn request_error(
    diagnostics: &mut Diagnostics,
    action: Action,
    resource: &Resource,
    object: &Value,
    error: &Error,
) -> Reported {
    let summary = action.summary();
    let object_title = match &resource.job {
        Some(job) if action == Action::StartRun => {
            format!("the {} run of {}", job.noun, title(resource, object))
        }
        _ => title(resource, object),
    };
    let rejected = error.problems.iter().filter_map(|problem| {
        let steps = problem.location.iter().rev();
        let path = steps
            .into_iter()
            .find_map(|step| attribute_of_key(&resource.attributes, step))?;
        Some((problem, path))
    });
    let mut reported = None;
    for (problem, path) in rejected {
        let field = problem.location.last().map(String::as_str).unwrap_or_default();
        let detail = format!(
            "The control plane rejected `{field}` of {}: {}.\n\n{error}",
            title(resource, object),
            problem.message
        );
        reported = Some(diagnostics.error_at(path, summary, detail));
    }
    reported.unwrap_or_else(|| {
        let verb = action.verb();
        failure_at(diagnostics, Path::root(), summary, error, |error| {
            format!("The request to {verb} {object_title} failed. {error}")
        })
    })
}

/// Reports an error that a failed request has caused. `detail` returns the detail with the text about the request in it: sentences, which
/// are short if another diagnostic explains the same fault.
pub fn failure_at(
    diagnostics: &mut Diagnostics,
    path: Path,
    summary: &'static Summary,
    error: &Error,
    detail: impl Fn(&str) -> String,
) -> Reported {
    let brief = error.common_cause().map(|cause| Brief {
        fault: format!("{cause}: {}", error.detail.as_deref().unwrap_or_default()),
        detail: detail(&format!("{cause}: another error has the remedy.")),
    });
    diagnostics.push(Diagnostic {
        brief,
        ..Diagnostic::new(Severity::Error, path, summary, detail(&error.to_string()))
    });
    Reported
}

/// The path of the attribute that is sent under a key of a request's body.
fn attribute_of_key(attributes: &[Attribute], key: &str) -> Option<Path> {
    attributes
        .iter()
        .find(|attribute| attribute.wire.write.as_deref() == Some(key))
        .map(|attribute| Path::root().attribute(&attribute.name))
}

/// Whether a request may succeed later. A proxy may respond in place of the control plane for a moment.
pub fn is_temporary(error: &Error) -> bool {
    error.is_transient() || error.kind == ErrorKind::NoSuchPath
}

/// Whether the error means that the object does not exist.
pub fn is_gone(error: &Error) -> bool {
    error.kind == ErrorKind::NotFound
}
