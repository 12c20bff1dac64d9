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
use crate::process::Handover;
use crate::run::{ActiveRun, Run, RunState, UNTOUCHED, untouched_status};
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
    let run = private
        .run
        .clone()
        .or_else(|| run_in_state(job?, resource, &known.state));
    let run = run.filter(|run| run.state.is_pending()).map(|run| Run {
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

/// Puts the replaced object back into state after a create that failed before a run was started.
///
/// If the create changed nothing (`is_untouched`), the status says so: a create with the configuration as it was before then starts
/// no run.
pub fn restore(session: &Session<'_>, handover: Handover, is_untouched: bool) {
    let Known { mut state, private } = handover.object;
    let Some(job) = session.resource.job.as_ref() else {
        *session.progress.lock() = Known { state, private };
        return;
    };
    let status = state.get(&job.into);
    let is_settled = handover.run.is_none() && private.run.is_none();
    let is_marked = status.as_str().and_then(untouched_status).is_some();
    // If something else than arguments demanded the replacement, it still does.
    if is_untouched && is_settled && !is_marked && handover.is_forced {
        let status = match status.as_str() {
            Some(status) => format!("{UNTOUCHED} ({status})"),
            None => UNTOUCHED.to_owned(),
        };
        state.set_attribute(&job.into, Value::string(status));
    }
    *session.progress.lock() = Known { state, private };
}

/// Whether a create with this configuration starts no run, because an earlier create gave the object back untouched.
pub fn is_untouched(resource: &Resource, before: &Value, planned: &Value, config: &Value) -> bool {
    let Some(job) = resource.job.as_ref() else {
        return false;
    };
    let status = before.get(&job.into).as_str().and_then(untouched_status);
    status.is_some() && is_current(&trigger(resource, before), resource, planned, config)
}

/// Restores the status of an object that an earlier create gave back untouched, if this create is for the same configuration.
/// Returns whether it was; no run is needed then.
pub fn restore_untouched(session: &Session<'_>, job: &Job, handover: Option<&Handover>) -> bool {
    let Some(handover) = handover else { return false };
    let (resource, before) = (session.resource, &handover.object.state);
    let status = before.get(&job.into).as_str().and_then(untouched_status);
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
