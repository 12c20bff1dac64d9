//! `takeover` of a job: a create that takes an object over as it is, instead of starting a run.
//!
//! The configuration asks for it, for objects that state does not have:
//!
//! | Terraform creates | the create |
//! |---|---|
//! | an object that state does not have | takes it over |
//! | an object that replaces another one | takes it over |
//! | an object that state has under an address that the plan removes | takes it over |
//! | the replacement of an object, sound or tainted | starts a run: an argument changed, the last run failed, or the user asked for it |
//!
//! The create starts a run only if Terraform has shown that it is a replacement: by the mark of the plan, or by the delete half in the same
//! process ([`is_applied`]). A plan cannot be sure of that ([`decide`]): it only warns, and knows no values that depend on it.
//!
//! Before version 1.16, Terraform does not show that a create replaces an object with `create_before_destroy`, and no version shows it of a
//! tainted object. That create takes the object over, too, and the delete of the replaced object reports it.
//!
//! Tests: below, `crates/engine/tests/tables/takeover.rs`, and `tests/terraform/adoption.rs`.

use std::time::Duration;

use schema::{Attribute, Job, Resource, Takeover};
use serde_json::Value as Json;
use tokio_util::sync::CancellationToken;
use value::{Path, Value};

use crate::api::Retry;
use crate::diagnostic::Reported;
use crate::equal::is_equivalent;
use crate::naming::{capitalised, title};
use crate::object::{Creation, Plan, PlanRequest, Walk};
use crate::process::{Handover, Process};
use crate::references::renamed;
use crate::report::Action;
use crate::session::Session;
use crate::survey::Survey;
use crate::{identity, summaries, wire};

/// How long a plan waits for the plan that removes its object from another address: until Terraform sends nothing else for this time.
const QUIET: Duration = Duration::from_millis(15);

/// How long it waits at most, while Terraform sends other requests.
const PATIENCE: Duration = Duration::from_millis(300);

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

/// What is known about a create.
#[derive(Clone, Copy)]
struct Facts {
    /// Whether the configuration asks for a takeover; `None` if that is only known after apply.
    asked: Option<bool>,
    /// Whether it is known which object it is.
    is_identified: bool,
    origin: Origin,
}

/// The object that a create replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// None, as far as is known.
    Unknown,
    /// State has the object, under an address that stays.
    Stored,
    /// Terraform shows that it replaces another object.
    Other,
    /// Terraform shows that it replaces itself.
    Same,
}

fn creation(facts: Facts) -> Creation {
    match (facts.origin, facts.asked) {
        (Origin::Same, _) | (_, Some(false)) => Creation::Runs,
        (_, None) => Creation::Undecided,
        (_, Some(true)) if !facts.is_identified => Creation::Undecided,
        (Origin::Stored, Some(true)) => Creation::Runs,
        (Origin::Unknown | Origin::Other, Some(true)) => Creation::TakesOver,
    }
}

/// Decides whether a planned create, or a replacement by another object, starts a run.
///
/// Terraform plans in any order, so the plan waits a little for the plan that removes the object from state.
pub async fn decide(
    process: &Process,
    cancel: &CancellationToken,
    resource: &Resource,
    walk: Walk,
    request: &PlanRequest,
) -> Creation {
    let PlanRequest {
        prior,
        config,
        private,
        ..
    } = request;
    if config.is_null() || declared(resource).is_none() {
        return Creation::Runs;
    }
    let key = identity::key(resource, config);
    let before = if prior.is_null() {
        private.plan_of().map(str::to_owned)
    } else {
        Some(identity::key(resource, prior))
    };
    if let Some(before) = before
        .as_ref()
        .filter(|before| !prior.is_null() && **before != key)
    {
        process.note_removed(before.clone());
    }
    let half = process.half(&key).filter(|half| !half.is_moved);
    let mut facts = Facts {
        asked: asked(resource, config),
        is_identified: identity::is_identified(resource, config),
        origin: match before {
            Some(before) if before == key => Origin::Same,
            _ if half.is_some() => Origin::Same,
            Some(_) => Origin::Other,
            None => Origin::Unknown,
        },
    };
    // Not every version of Terraform shows that it plans for an apply. In an apply, state may have the object under another address.
    let is_plan = walk == Walk::Plan && !process.has_applied();
    if is_plan && facts.origin == Origin::Unknown && creation(facts) == Creation::TakesOver {
        let stored = || process.stored(&key).len();
        if stored() > 0 {
            let is_removed = || process.removed(&key) >= stored();
            process
                .wait_for_requests(is_removed, QUIET, PATIENCE, cancel)
                .await;
            if !is_removed() && !process.has_applied() {
                facts.origin = Origin::Stored;
            }
        }
    }
    creation(facts)
}

/// Records in the plan of a create which object that is: the delete half of the same address then knows whether it makes room for another.
pub fn mark(resource: &Resource, plan: &mut Plan) {
    let is_create = plan.prior.is_null() && identity::is_identified(resource, &plan.planned);
    if declared(resource).is_none() || !is_create {
        return;
    }
    if let Some(change) = &mut plan.private.change {
        change.creates = Some(identity::key(resource, &plan.planned));
    }
}

/// Whether the create in progress takes its object over. `handover` is what the destroyed object left; `is_marked`: the plan shows that the
/// object replaces itself.
pub fn is_applied(resource: &Resource, config: &Value, handover: Option<&Handover>, is_marked: bool) -> bool {
    let is_half = |handover: &Handover| handover.half.is_some() && !handover.is_moved;
    let is_same = is_marked || handover.is_some_and(is_half);
    let facts = Facts {
        asked: asked(resource, config),
        is_identified: true,
        origin: if is_same { Origin::Same } else { Origin::Unknown },
    };
    creation(facts) == Creation::TakesOver
}

/// Whether the configuration asks for it; `None` if that is only known after apply.
fn asked(resource: &Resource, config: &Value) -> Option<bool> {
    let Some((_, takeover)) = declared(resource) else {
        return Some(false);
    };
    let value = config.get(&takeover.argument);
    (!value.is_unknown()).then(|| value.as_str() == Some(&takeover.value))
}

/// Whether the configuration asks for it, or may do so.
pub fn may_be_asked(resource: &Resource, config: &Value) -> bool {
    asked(resource, config) != Some(false)
}

/// Returns the job and its takeover, if the declaration has one.
pub fn declared(resource: &Resource) -> Option<(&Job, &Takeover)> {
    let job = resource.job.as_ref()?;
    Some((job, job.takeover.as_ref()?))
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
        "{} was not taken over: {}. Nothing was sent, the object stays as it is, and state does not have it. {}",
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
        "Terraform replaces {} with `create_before_destroy`, and did not show that to the provider. So `{argument} = {value:?}` took the \
         object over again, and no {} run was started. The next apply only removes the replaced object from state. To start a run, remove \
         `{argument}` and apply with `-replace`.",
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
        let facts = |asked, is_identified, origin| Facts {
            asked,
            is_identified,
            origin,
        };
        let asked = |origin| facts(Some(true), true, origin);
        #[rustfmt::skip]
        let rows = [
            ("an object that state does not have", asked(Origin::Unknown), Creation::TakesOver),
            ("the same, and the configuration does not ask for it", facts(Some(false), true, Origin::Unknown), Creation::Runs),
            ("it may ask for it", facts(None, true, Origin::Unknown), Creation::Undecided),
            ("the object is not known yet", facts(Some(true), false, Origin::Unknown), Creation::Undecided),
            ("an object that replaces another one", asked(Origin::Other), Creation::TakesOver),
            ("a tainted object, or one under another address that stays", asked(Origin::Stored), Creation::Runs),
            ("a sound object, which a change replaces", asked(Origin::Same), Creation::Runs),
            ("the same, and the argument is only known after apply", facts(None, true, Origin::Same), Creation::Runs),
        ];
        for (rule, facts, expected) in rows {
            assert_eq!(creation(facts), expected, "{rule}");
        }
    }
}
