//! Turns a failed request into a diagnostic.
//!
//! Tests: `crates/engine/tests/tables/report.rs`, `crates/engine/tests/tables/change.rs`, `tests/terraform/faults.rs`.

use schema::{Attribute, Collection, Resource};
use value::{Path, Value};

use crate::api::{Error, ErrorKind};
use crate::diagnostic::{Brief, Diagnostic, Diagnostics, Reported, Severity, Summary};
use crate::naming::{noun, title};
use crate::{identity, summaries};

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
    /// Find the object of an import.
    Import,
    /// List the objects.
    List,
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
            Self::Import => &summaries::IMPORT_FAILED,
            Self::List => &summaries::LIST_FAILED,
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
            Self::Import => "find",
            Self::List => "list",
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
        _ if action == Action::List => format!("the {} objects", noun(resource)),
        _ => title(resource, object),
    };
    let rejected = rejected_fields(&resource.attributes, error);
    let mut reported = None;
    // What the message about a single field says is not repeated.
    let request = if rejected.len() == 1 && error.problems.len() <= 1 {
        let unexplained = Error {
            detail: None,
            problems: Box::default(),
            ..error.clone()
        };
        unexplained.to_string()
    } else {
        error.to_string()
    };
    for (message, path) in rejected {
        let name = title(resource, object);
        let detail = format!("The control plane rejected `{path}` of {name}: {message}.\n\n{request}");
        reported = Some(diagnostics.error_at(path, summary, detail));
    }
    reported.unwrap_or_else(|| {
        let verb = action.verb();
        let path = match (action, error.kind) {
            // Such a create takes over an object that exists: its identity is wrong.
            (Action::Create, ErrorKind::NotFound) if resource.creates_by_update() => {
                let identity = identity::attributes(resource).last();
                identity.map(|attribute| Path::root().attribute(&attribute.name))
            }
            _ => None,
        };
        failure_at(diagnostics, path.unwrap_or_default(), summary, error, |error| {
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
    failure(diagnostics, Severity::Error, path, summary, error, detail);
    Reported
}

/// Reports an error or a warning that a failed request has caused, as [`failure_at`] does.
pub fn failure(
    diagnostics: &mut Diagnostics,
    severity: Severity,
    path: Path,
    summary: &'static Summary,
    error: &Error,
    detail: impl Fn(&str) -> String,
) {
    // Terraform shows one of several warnings with the same summary, so each has everything.
    let cause = error.common_cause().filter(|_| severity == Severity::Error);
    let brief = cause.map(|cause| Brief {
        fault: format!("{cause}: {}", error.detail.as_deref().unwrap_or_default()),
        detail: detail(&format!("{cause}: another error has the remedy.")),
    });
    diagnostics.push(Diagnostic {
        brief,
        ..Diagnostic::new(severity, path, summary, detail(&error.to_string()))
    });
}

/// Returns the attributes that the API rejected: its message about each, and the path.
///
/// The API names them in the location of a problem, or at the beginning of its message: `network_cidr: has host bits`.
pub fn rejected_fields(attributes: &[Attribute], error: &Error) -> Vec<(String, Path)> {
    let at = |location: &[String], message: &str| {
        let path = path_of(attributes, location)?;
        Some((message.trim_end_matches('.').to_owned(), path))
    };
    if !error.problems.is_empty() {
        let problems = error.problems.iter();
        return problems
            .filter_map(|problem| at(&problem.location, &problem.message))
            .collect();
    }
    let detail = error.detail.as_deref().filter(|_| error.is_explained);
    let named = detail.and_then(|detail| {
        let (field, message) = detail.split_once(": ")?;
        let location: Vec<String> = field.split('.').map(str::to_owned).collect();
        at(&location, message)
    });
    named.into_iter().collect()
}

/// The path of the attribute at a location in the body of a request. The location may begin with steps that are not the object's, such as
/// `body`.
fn path_of(attributes: &[Attribute], location: &[String]) -> Option<Path> {
    let starts = (0..location.len()).filter_map(|start| location.get(start..));
    let mut found: Vec<_> = starts
        .filter_map(|steps| descend(attributes, steps, &Path::root()))
        .collect();
    // The one that explains most of the location, and of those the last.
    found.sort_by_key(|(rest, _)| *rest);
    let (_, path) = found.into_iter().next()?;
    Some(path)
}

/// The path below `path` to which the steps lead, and the number of steps that are left.
fn descend(attributes: &[Attribute], steps: &[String], path: &Path) -> Option<(usize, Path)> {
    let (key, mut rest) = steps.split_first()?;
    let attribute = attributes
        .iter()
        .find(|attribute| attribute.wire.write.as_deref() == Some(key))?;
    let mut path = path.attribute(&attribute.name);
    for collection in &*attribute.r#type.collections {
        let Some((step, below)) = rest.split_first() else {
            break;
        };
        match (collection, step.parse()) {
            (Collection::List, Ok(index)) => path = path.index(index),
            (Collection::Map, _) => path = path.key(step),
            // A path cannot name an element of a set.
            _ => return Some((rest.len(), path)),
        }
        rest = below;
    }
    let below = descend(&attribute.attributes, rest, &path);
    Some(below.unwrap_or((rest.len(), path)))
}

/// Whether a request may succeed later. A proxy may respond in place of the control plane for a moment.
pub fn is_temporary(error: &Error) -> bool {
    error.is_transient() || is_no_such_path(error)
}

/// Whether the server does not know the path of the request.
pub fn is_no_such_path(error: &Error) -> bool {
    matches!(error.kind, ErrorKind::NoSuchPath | ErrorKind::OtherServer)
}

/// Whether the error means that the object does not exist.
pub fn is_gone(error: &Error) -> bool {
    error.kind == ErrorKind::NotFound
}
