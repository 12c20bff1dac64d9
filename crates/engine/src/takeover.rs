//! `takeover` of a job: a create that takes an object over as it is, instead of starting a run.
//!
//! The configuration asks for it, for objects that state does not have:
//!
//! | Terraform creates | the create |
//! |---|---|
//! | an object that state does not have | takes it over |
//! | the replacement of a sound object | starts a run: an argument changed, or the user asked for it |
//! | the replacement of a tainted object that has had a run | starts a run: the last one failed, or the user asked for another |
//! | the replacement of a tainted object without a run | takes it over again |
//!
//! Before version 1.16, Terraform does not show that a create replaces an object with `create_before_destroy`. That create takes the object
//! over, too, and the delete of the replaced object reports it.
//!
//! Tests: below, `crates/engine/tests/tables/takeover.rs`, and `tests/terraform/adoption.rs`.

use std::slice;

use schema::{Attribute, Job, Resource, Takeover};
use serde_json::Value as Json;
use value::{Path, Value};

use crate::api::Retry;
use crate::diagnostic::Reported;
use crate::equal::is_equivalent;
use crate::naming::{capitalised, title};
use crate::object::{PlanRequest, Walk};
use crate::process::{Handover, Process};
use crate::references::renamed;
use crate::report::Action;
use crate::session::Session;
use crate::survey::Survey;
use crate::{identity, protection, summaries, wire};

/// Why an object cannot be taken over.
#[derive(Clone, Debug, PartialEq)]
enum Obstacle<'a> {
    /// It has another value than the configuration.
    Different {
        attribute: &'a Attribute,
        found: Value,
        wanted: Value,
    },
    /// This attribute says that it needs a run.
    NeedsRun(&'a str),
    /// The control plane does not show this attribute.
    Hidden(&'a str),
}

/// What is known about the object that a create replaces.
#[derive(Clone, Copy, Default)]
struct Replaced {
    /// Whether Terraform shows that it replaces a sound object.
    is_sound: bool,
    /// Whether state has the object, with a run.
    has_run: bool,
}

/// Whether a create takes the object over. `is_asked`: the configuration asks for it.
fn takes_over(is_asked: bool, replaced: Replaced) -> bool {
    is_asked && !replaced.is_sound && !replaced.has_run
}

/// Whether a planned create takes its object over, as far as the plan can know: an object whose identity is unknown has no such plan.
pub fn is_planned(process: &Process, resource: &Resource, walk: Walk, request: &PlanRequest) -> bool {
    let PlanRequest {
        prior,
        config,
        private,
        ..
    } = request;
    if !prior.is_null() || !is_asked(resource, config) || !identity::is_identified(resource, config) {
        return false;
    }
    let key = identity::key(resource, config);
    let mut replaced = replaced(resource, process.half(&key).as_ref());
    replaced.is_sound |= private.plan_of() == Some(&key);
    // In an apply, state may have it under another address.
    if walk == Walk::Plan {
        let stored = protection::stored(process, resource, &key);
        replaced.has_run |= stored.iter().any(|stored| has_run(resource, stored));
    }
    takes_over(true, replaced)
}

/// Whether the create in progress takes its object over. `handover` is what the destroyed object left.
pub fn is_applied(session: &Session<'_>, handover: Option<&Handover>, is_on_purpose: bool) -> bool {
    let mut replaced = replaced(session.resource, handover);
    replaced.is_sound |= is_on_purpose;
    takes_over(is_asked(session.resource, &session.request.config), replaced)
}

fn replaced(resource: &Resource, handover: Option<&Handover>) -> Replaced {
    // Without the delete half of a replacement, the object was at another address.
    let half = handover.filter(|handover| handover.half.is_some());
    half.map_or_else(Replaced::default, |half| Replaced {
        is_sound: half.is_on_purpose,
        has_run: has_run(resource, &half.object.state),
    })
}

fn is_asked(resource: &Resource, config: &Value) -> bool {
    declared(resource)
        .is_some_and(|(_, takeover)| config.get(&takeover.argument).as_str() == Some(&takeover.value))
}

/// Whether the configuration asks for it, or may do so.
pub fn may_be_asked(resource: &Resource, config: &Value) -> bool {
    let argument = declared(resource).map(|(_, takeover)| &takeover.argument);
    is_asked(resource, config) || argument.is_some_and(|argument| config.get(argument).is_unknown())
}

/// Returns the job and its takeover, if the declaration has one.
pub fn declared(resource: &Resource) -> Option<(&Job, &Takeover)> {
    let job = resource.job.as_ref()?;
    Some((job, job.takeover.as_ref()?))
}

/// Whether an object in state has had a run.
fn has_run(resource: &Resource, state: &Value) -> bool {
    let job = resource.job.iter();
    let mut names = job.flat_map(|job| job.save.iter().map(|(name, _)| name).chain([&job.into]));
    names.any(|name| !state.get(name).is_null())
}

/// Returns why the object cannot be taken over. `found` returns its value of an attribute, unknown if the control plane does not show it.
fn obstacles<'a>(
    resource: &'a Resource,
    planned: &Value,
    found: impl Fn(&Attribute) -> Value,
) -> Vec<Obstacle<'a>> {
    let Some((job, takeover)) = declared(resource) else {
        return Vec::new();
    };
    let same = takeover.same.iter().filter_map(|name| {
        let attribute = resource.attribute(name)?;
        let (found, wanted) = (found(attribute), planned.get(name));
        if !wanted.is_wholly_known() || is_equivalent(attribute, &found, wanted) {
            return None;
        }
        Some(if found.is_wholly_known() {
            Obstacle::Different {
                attribute,
                found,
                wanted: wanted.clone(),
            }
        } else {
            Obstacle::Hidden(name)
        })
    });
    let needed = job
        .needed
        .as_deref()
        .and_then(|name| match found(resource.attribute(name)?) {
            Value::Bool(false) => None,
            Value::Bool(true) => Some(Obstacle::NeedsRun(name)),
            _ => Some(Obstacle::Hidden(name)),
        });
    same.chain(needed).collect()
}

/// The attribute at fault.
fn path(takeover: &Takeover, obstacle: &Obstacle<'_>) -> Path {
    let name = match obstacle {
        Obstacle::Different { attribute, .. } => &attribute.name,
        Obstacle::NeedsRun(_) | Obstacle::Hidden(_) => &takeover.argument,
    };
    Path::root().attribute(name)
}

/// The obstacle as a clause.
fn describe(job: &Job, obstacle: &Obstacle<'_>) -> String {
    match obstacle {
        // Terraform does not show which values the configuration has marked as sensitive. Names of objects are not sensitive.
        Obstacle::Different { attribute, .. } if attribute.reference.is_none() => {
            format!("its `{}` is not the configured one", attribute.name)
        }
        Obstacle::Different {
            attribute,
            found,
            wanted,
        } => format!(
            "its `{}` is {}, and the configuration has {}",
            attribute.name,
            wire::to_json(found),
            wire::to_json(wanted)
        ),
        Obstacle::NeedsRun(name) => format!("it needs a {} run (`{name}` is true)", job.noun),
        Obstacle::Hidden(name) => format!("the control plane does not show its `{name}`"),
    }
}

fn describe_all(job: &Job, obstacles: &[Obstacle<'_>]) -> String {
    let reasons: Vec<String> = obstacles.iter().map(|obstacle| describe(job, obstacle)).collect();
    reasons.join(", and ")
}

/// What the user can do instead.
fn remedy(job: &Job, takeover: &Takeover, obstacles: &[Obstacle<'_>]) -> String {
    let Takeover { argument, value, .. } = takeover;
    let run = match &job.protection {
        Some(protection) => format!("{} it", protection.verb),
        None => format!("start a {} run", job.noun),
    };
    let is_different = |obstacle: &Obstacle<'_>| matches!(obstacle, Obstacle::Different { .. });
    let configure = if obstacles.iter().any(is_different) {
        "Configure what it has. "
    } else {
        ""
    };
    format!("{configure}To {run} instead, remove `{argument} = {value:?}`.")
}

/// Warns of an object that the apply will not take over, unless it changes before.
pub async fn check(survey: &mut Survey<'_>, process: &Process) {
    let resource = survey.resource;
    let Some((job, takeover)) = declared(resource) else {
        return;
    };
    let Some(identity) = identity::attributes(resource).next() else {
        return;
    };
    let Some(object) = survey.referenced(&identity.name).await.into_iter().next() else {
        return;
    };
    let renames = process.renames();
    let mut obstacles = obstacles(resource, survey.planned(), |attribute| {
        renamed(attribute, &object.get(&attribute.name), &renames)
    });
    // A list may be abbreviated.
    obstacles.retain(|obstacle| !matches!(obstacle, Obstacle::Hidden(_)));
    let Some(first) = obstacles.first() else { return };
    let detail = format!(
        "The apply will not take {} over, and will send nothing, unless this changes before: {}. {}",
        object.title(),
        describe_all(job, &obstacles),
        remedy(job, takeover, &obstacles)
    );
    survey.warn(path(takeover, first), &summaries::NOT_TAKEN_OVER, detail);
}

/// Reads the object that a create takes over, and returns the response.
///
/// # Errors
///
/// [`Reported`] if the object cannot be read, or is not as it is configured: nothing may be sent then.
pub async fn examine(session: &mut Session<'_>) -> Result<Json, Reported> {
    let (resource, planned) = (session.resource, &session.request.planned);
    let Some((job, takeover)) = declared(resource) else {
        return Err(session.missing_operation("create"));
    };
    let Some(operation) = &resource.api.read else {
        return Err(session.missing_operation("read"));
    };
    let mut response = match session.perform(operation, planned, None, Retry::Safe).await {
        Ok(response) => response.body,
        Err(error) => return Err(session.fail(Action::Read, &error)),
    };
    let api = &*session.context.api;
    identity::check(resource, &response, planned, api, &mut session.diagnostics)?;
    let returned = response.clone();
    session
        .codec
        .read_response(resource, &mut response, planned, &mut Json::Null);
    let obstacles = obstacles(resource, planned, |attribute| wire::shown(attribute, &response));
    let Some(first) = obstacles.first() else {
        return Ok(returned);
    };
    let object = identity::labelled(resource, planned, &response);
    let detail = format!(
        "{} was not taken over: {}. Nothing was sent, and it stays as it is. {}",
        capitalised(&title(resource, &object)),
        describe_all(job, &obstacles),
        remedy(job, takeover, &obstacles)
    );
    let path = path(takeover, first);
    Err(session
        .diagnostics
        .error_at(path, &summaries::NOT_TAKEN_OVER, detail))
}

/// Returns the object of a response to compare it with the plan: values that the response does not show are unknown.
pub fn object(session: &Session<'_>, response: &Json) -> Value {
    let mut object = session.decode(response);
    for attribute in session.resource.attributes.iter() {
        if wire::field(attribute, response).is_none() {
            object.set_attribute(&attribute.name, Value::Unknown);
        }
    }
    object
}

/// Plans an object that is taken over: no run sets its attributes.
pub fn set_no_run(job: &Job, planned: &mut Value) {
    for name in job
        .save
        .iter()
        .map(|(name, _)| name)
        .chain(slice::from_ref(&job.into))
    {
        planned.set_attribute(name, Value::Null);
    }
}

/// Reports the delete of an object that this process has taken over just before: Terraform replaces it with `create_before_destroy`, and
/// the create did not show that.
///
/// # Errors
///
/// [`Reported`] if it is such a delete. State keeps the object as a deposed one, which the next apply removes.
pub fn refuse_delete(session: &mut Session<'_>) -> Result<(), Reported> {
    let (resource, request) = (session.resource, session.request);
    let process = &session.context.process;
    let Some((job, takeover)) = declared(resource) else {
        return Ok(());
    };
    let is_own = request
        .private
        .destroy
        .as_ref()
        .is_some_and(|plan| plan.process == process.id());
    if !is_own || process.serves_many() || !process.has_taken_over(&identity::key(resource, &request.prior)) {
        return Ok(());
    }
    let Takeover { argument, value, .. } = takeover;
    let detail = format!(
        "Terraform replaces {} with `create_before_destroy`, which Terraform before 1.16 and OpenTofu do not show to the provider. So \
         `{argument} = {value:?}` took the object over again, and no {} run was started. The next apply only removes the replaced object \
         from state. To start a run, remove `{argument}` and apply with `-replace`.",
        title(resource, &request.prior),
        job.noun
    );
    let path = Path::root().attribute(argument);
    Err(session
        .diagnostics
        .error_at(path, &summaries::NOT_REPLACED, detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_state_does_not_have_is_taken_over() {
        let replaced = |is_sound, has_run| Replaced { is_sound, has_run };
        #[rustfmt::skip]
        let rows = [
            ("an object that state does not have", true, replaced(false, false), true),
            ("the same, and the configuration does not ask for it", false, replaced(false, false), false),
            ("a sound object, which a change replaces", true, replaced(true, true), false),
            ("a sound object without a run, such as one that was taken over", true, replaced(true, false), false),
            ("a tainted object whose run failed", true, replaced(false, true), false),
        ];
        for (rule, is_asked, replaced, expected) in rows {
            assert_eq!(takes_over(is_asked, replaced), expected, "{rule}");
        }
    }
}
