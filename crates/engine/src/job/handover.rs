//! Hands an object that is replaced over to the one that replaces it.
//!
//! Terraform passes no private state to a replacement. It does destroy the old object and create the new one in the
//! same provider process, so the object and its run are kept in [`crate::process::Process`] between the two. Of a tainted object,
//! Terraform passes state only, so its run is read from there: its identity, and a status that is not final.

use schema::{Job, Resource};
use value::Value;

use super::machine::State;
use super::record::{record, run_in_state};
use super::trigger::{is_current, trigger};
use crate::context::Context;
use crate::identity::key;
use crate::object::Known;
use crate::private::Private;
use crate::process::Handover;
use crate::run::{ActiveRun, Run, RunState, given_back_status};
use crate::session::Session;

/// Keeps an object that is destroyed, for the one that may replace it. `known` has the private state of the plan.
pub fn stash(context: &Context, resource: &Resource, known: &Known) {
    let job = resource.job.as_ref();
    if job.is_none() && !resource.creates_by_update() {
        return;
    }
    let key = key(resource, &known.state);
    let is_on_purpose = known.private.plan_of() == Some(&key);
    let change = known.private.change.as_ref();
    // A create with the configuration as it was before would not undo what the object follows.
    let is_forced = change.is_some_and(|change| change.is_forced && change.outdated.is_empty());
    let creates = change.and_then(|change| change.creates.as_ref());
    let is_moved = creates.is_some_and(|creates| *creates != key);
    let half = known.private.change.is_some().then(|| context.process.begins());
    let private = known.private.clone().without_plan();
    let run = job.and_then(|job| pending_run(job, resource, &known.state, &private));
    let run = run.map(|run| Run {
        // Another run is wanted, so this one has to end first.
        state: if is_on_purpose {
            outdated(run.state)
        } else {
            run.state
        },
        ..run
    });
    let object = Known {
        state: known.state.clone(),
        private,
    };
    let handover = Handover {
        object,
        run,
        is_on_purpose,
        is_forced,
        is_moved,
        half,
    };
    context.process.hand_over(key, handover);
}

/// Returns the run of an object that may be active.
pub fn pending_run(job: &Job, resource: &Resource, object: &Value, private: &Private) -> Option<Run> {
    let run = private.run.clone();
    let run = run.or_else(|| run_in_state(job, resource, object))?;
    run.state.is_pending().then_some(run)
}

fn outdated(state: RunState) -> RunState {
    match state {
        RunState::Active(active) => RunState::Active(ActiveRun {
            is_current: false,
            ..active
        }),
        RunState::Unconfirmed { was_needed, .. } => RunState::Unconfirmed {
            was_needed,
            is_current: false,
        },
        state => state,
    }
}

/// Takes what the destroyed object of the same identity left.
pub fn take(context: &Context, resource: &Resource, object: &Value) -> Option<Handover> {
    context.process.take_handover(&key(resource, object))
}

/// Returns the replaced object for state, after a create that failed before a run was started.
///
/// If the create changed nothing, `mark` says why: a create with the configuration as it was before then starts no run.
pub fn given_back(resource: &Resource, handover: &Handover, mark: Option<&str>) -> Known {
    let mut known = handover.object.clone();
    let is_settled = handover.run.is_none() && known.private.run.is_none();
    // If something else than arguments demanded the replacement, it still does.
    let mark =
        mark.filter(|_| is_settled && handover.is_forced && !has_given_back_status(resource, &known.state));
    if let (Some(mark), Some(job)) = (mark, &resource.job) {
        let status = match known.state.get(&job.into).as_str() {
            Some(status) => format!("{mark} ({status})"),
            None => mark.to_owned(),
        };
        known.state.set_attribute(&job.into, Value::string(status));
    }
    known
}

/// Whether the status says that an earlier create gave the object back as it was.
pub fn has_given_back_status(resource: &Resource, object: &Value) -> bool {
    let status = resource
        .job
        .as_ref()
        .and_then(|job| object.get(&job.into).as_str());
    status.and_then(given_back_status).is_some()
}

/// Whether a create with this configuration starts no run, because an earlier create gave the object back as it was.
pub fn is_given_back(resource: &Resource, before: &Value, planned: &Value, config: &Value) -> bool {
    has_given_back_status(resource, before)
        && is_current(&trigger(resource, before), resource, planned, config)
}

/// Whether a status, or the earlier one in it, shows that the last run did not succeed.
pub fn has_failed(job: &Job, status: &str) -> bool {
    let status = given_back_status(status).unwrap_or(Some(status));
    status.is_some_and(|status| !job.done.iter().any(|done| *done == status))
}

/// Restores the status of an object that an earlier create gave back as it was, if this create is for the same configuration.
/// Returns whether it was; no run is needed then.
pub fn restore_given_back(session: &Session<'_>, job: &Job, handover: Option<&Handover>) -> bool {
    let Some(handover) = handover else { return false };
    let (resource, before) = (session.resource, &handover.object.state);
    let status = before.get(&job.into).as_str().and_then(given_back_status);
    let mut known = session.progress.lock();
    let is_same = is_current(
        &trigger(resource, before),
        resource,
        &known.state,
        &session.request.config,
    );
    let Some(status) = status.filter(|_| is_same && !handover.is_on_purpose) else {
        return false;
    };
    for (attribute, _) in job.save.iter() {
        known
            .state
            .set_attribute(attribute, before.get(attribute).clone());
    }
    known
        .state
        .set_attribute(&job.into, status.map_or(Value::Null, Value::string));
    true
}

/// Puts the run of the replaced object into state after a create that failed before it took the run: the run is still
/// active, and the next create must find it.
pub fn restore_run(session: &Session<'_>, handover: &Handover) {
    let (resource, request) = (session.resource, session.request);
    let (Some(job), Some(run)) = (resource.job.as_ref(), &handover.run) else {
        return;
    };
    let is_current = is_current(&run.trigger, resource, &request.planned, &request.config);
    let state = if is_current {
        run.state.clone()
    } else {
        outdated(run.state.clone())
    };
    let mut known = session.progress.lock();
    record(&mut known, job, &State::Idle(Some(state)), &run.trigger);
    if let Some(run) = &mut known.private.run {
        run.tainted = true;
    }
}
