//! Names of other objects in arguments: `references` of the declaration.
//!
//! A plan warns of a name that exists neither in the account nor in what Terraform has planned so far: Terraform plans in any order.
//! The delete half of a replacement looks again, so that an object is not given up for one that cannot be created. A renamed object
//! is still the same one.
//!
//! Tests: `crates/engine/tests/tables/references.rs`, `tests/terraform/evidence/refusals.rs`.

use std::sync::Arc;

use jiff::Timestamp;
use schema::{Attribute, Format, Resource};
use tokio::time::Instant;
use value::{Path, Value};

use crate::api::Error;
use crate::context::Context;
use crate::diagnostic::Reported;
use crate::list::{Index, List};
use crate::naming::{capitalised, noun, title};
use crate::object::{Plan, Renames};
use crate::process::Process;
use crate::report::{Action, is_temporary};
use crate::session::Session;
use crate::survey::strings;
use crate::{collection, summaries, wire};

/// When the referenced objects of an object last changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastChange {
    /// The object references none.
    Never,
    /// The latest change of any of them, by the control plane's clock.
    At(Timestamp),
    /// One of them was not found, or has no time.
    Unknown,
}

/// Returns the attributes that name other objects, each with the name of their resource.
fn attributes(resource: &Resource) -> impl Iterator<Item = (&Attribute, &str)> {
    let attributes = resource.attributes.iter();
    attributes.filter_map(|attribute| {
        let reference = attribute.reference.as_ref()?;
        // An identity that Terraform passes is known only once its object exists.
        (attribute.format != Some(Format::Uuid)).then_some((attribute, reference.target.as_ref()))
    })
}

/// Replaces earlier names in the prior value of an attribute by the new ones.
pub fn renamed(attribute: &Attribute, prior: &Value, renames: &Renames) -> Value {
    let reference = attribute.reference.as_ref();
    let renames = reference.and_then(|reference| renames.get(reference.target.as_ref()));
    let Some(renames) = renames else {
        return prior.clone();
    };
    let rename = |value: &Value| match value.as_str().and_then(|name| renames.get(name)) {
        Some(name) => Value::string(name.as_str()),
        None => value.clone(),
    };
    match prior {
        Value::List(elements) => Value::List(elements.iter().map(rename).collect()),
        Value::Set(elements) => Value::set(elements.iter().map(rename).collect()),
        value => rename(value),
    }
}

/// Waits for the plans of objects that an argument newly names: Terraform plans in any order, and the object may be a renamed one or
/// one that this plan creates.
pub async fn wait_for_names(
    context: Option<&Context>,
    process: &Process,
    resource: &Resource,
    prior: &Value,
    config: &Value,
) {
    let Some(context) = context else { return };
    if prior.is_null() {
        return;
    }
    for (attribute, referenced) in attributes(resource) {
        let before = strings(prior.get(&attribute.name));
        for name in strings(config.get(&attribute.name)).difference(&before) {
            if process.has_planned_name(referenced, name) || process.has_listed_name(referenced, name) {
                continue;
            }
            let existing = names_in_account(context, referenced).await;
            if existing.is_some_and(|existing| !existing.contains_key(*name)) {
                process.wait_for_name(referenced, name).await;
            }
        }
    }
}

/// Records the name of a planned object, and the objects that are replaced because of the names that they have. Warns if the new name of
/// an object replaces objects that were planned before.
pub fn note_planned(process: &Process, resource: &Resource, plan: &mut Plan) {
    note_replaced(process, resource, plan);
    let Some(label) = resource.label.as_deref() else {
        return;
    };
    let (prior, planned) = (plan.prior.get(label).as_str(), plan.planned.get(label).as_str());
    let Some(name) = planned else { return };
    process.note_planned_name(&resource.name, name);
    let Some(prior) = prior.filter(|prior| *prior != name) else {
        return;
    };
    process.note_rename(&resource.name, prior, name);
    let replaced = process.replaced_for(&resource.name, prior, name);
    if !replaced.is_empty() {
        plan.diagnostics.warning_at(
            Path::root().attribute(label),
            &summaries::RENAME_REPLACES,
            format!(
                "This plan renames {} to `{name}`, and replaces {} because of the new name. Refer to the name by a reference to \
                 this resource instead of a string: then the plan knows that it is the same {}.",
                title(resource, &plan.prior),
                replaced.join(", "),
                noun(resource)
            ),
        );
    }
}

fn note_replaced(process: &Process, resource: &Resource, plan: &Plan) {
    for (attribute, referenced) in attributes(resource) {
        let (prior, planned) = (plan.prior.get(&attribute.name), plan.planned.get(&attribute.name));
        if plan
            .requires_replace
            .contains(&Path::root().attribute(&attribute.name))
        {
            let (before, after) = (strings(prior), strings(planned));
            let removed = before.difference(&after).map(ToString::to_string).collect();
            let added = after.difference(&before).map(ToString::to_string).collect();
            process.note_replaced(referenced, removed, added, title(resource, &plan.prior));
        }
    }
}

/// Checks, before an object is given up for its replacement, that the names that the plan did not find exist now.
///
/// # Errors
///
/// [`Reported`] if a name still does not exist, or the names cannot be listed.
pub async fn refuse_missing(session: &mut Session<'_>) -> Result<(), Reported> {
    let mut result = Ok(());
    let change = session.request.private.change.clone();
    for (attribute, mut missing) in change.unwrap_or_default().unresolved {
        let Some(attribute) = session.resource.attribute(&attribute) else {
            continue;
        };
        let Some(reference) = &attribute.reference else {
            continue;
        };
        let referenced = reference.target.as_ref();
        let Some(resource) = session.context.declarations.find(referenced) else {
            continue;
        };
        let now = Some(Instant::now());
        let existing = match collection::names(session.context, resource, now).await {
            Some(Ok(names)) => names,
            Some(Err(error)) => return Err(session.fail(Action::Find, &error)),
            None => continue,
        };
        missing.retain(|name| !existing.contains_key(name));
        if missing.is_empty() {
            continue;
        }
        result = Err(session.diagnostics.error_at(
            Path::root().attribute(&attribute.name),
            &summaries::REFERENCE_NOT_FOUND,
            format!(
                "{} was not replaced: no {} exists. The object stays as it was.",
                capitalised(&title(session.resource, &session.request.prior)),
                named(referenced, &missing)
            ),
        ));
    }
    result
}

/// Missing objects in a diagnostic, such as ``machine role named `a` or `b` ``.
fn named<'a>(referenced: &str, missing: impl IntoIterator<Item = &'a String>) -> String {
    let quoted: Vec<String> = missing.into_iter().map(|name| format!("`{name}`")).collect();
    format!("{} named {}", referenced.replace('_', " "), quoted.join(" or "))
}

/// Returns when the objects that this one names last changed.
///
/// # Errors
///
/// The [`Error`] of a request that may succeed later.
pub async fn last_change(
    context: &Context,
    resource: &Resource,
    object: &Value,
) -> Result<LastChange, Error> {
    let mut last = LastChange::Never;
    for (attribute, referenced) in attributes(resource) {
        let names = strings(object.get(&attribute.name));
        if names.is_empty() {
            continue;
        }
        let Some(other) = context.declarations.find(referenced) else {
            return Ok(LastChange::Unknown);
        };
        let now = Some(Instant::now());
        let objects = match collection::objects(context, other, now).await {
            Some(Ok(objects)) => objects,
            Some(Err(error)) if is_temporary(&error) => return Err(error),
            Some(Err(_)) | None => return Ok(LastChange::Unknown),
        };
        for name in names {
            let Some(changed) = change_of(other, &objects, name) else {
                return Ok(LastChange::Unknown);
            };
            last = match last {
                LastChange::At(latest) if latest >= changed => last,
                _ => LastChange::At(changed),
            };
        }
    }
    Ok(last)
}

fn change_of(resource: &Resource, objects: &List, name: &str) -> Option<Timestamp> {
    let updated = resource.attribute(resource.updated.as_deref()?)?;
    let object = collection::named(objects, resource, name).next()?;
    wire::field(updated, &object)?.as_str()?.parse().ok()
}

/// The names of all objects of a resource in the account; `None` if they cannot be listed.
async fn names_in_account(context: &Context, referenced: &str) -> Option<Arc<Index>> {
    let resource = context.declarations.find(referenced)?;
    let demand = context.process.demand(referenced);
    if demand.has_failed() {
        return None;
    }
    match collection::names(context, resource, None).await? {
        Ok(names) => {
            context.process.note_names(referenced, Arc::clone(&names));
            Some(names)
        }
        Err(error) => {
            tracing::warn!(%error, "failed to list the objects that an argument names");
            demand.note_failure();
            None
        }
    }
}
