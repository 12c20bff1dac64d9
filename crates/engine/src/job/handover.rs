//! Hands an active run over from an object that is replaced to the one that replaces it.
//!
//! Terraform passes no private state to a replacement. It does destroy the old object and create the new one in the
//! same provider process, so the run is kept in [`crate::process::Process`] between the two. The run is read from
//! state: its identity, and a status that is not final.

use schema::Resource;
use value::Value;

use super::machine::State;
use super::record::{record, run_in_state};
use super::trigger::is_current;
use crate::context::Context;
use crate::identity::key;
use crate::run::{ActiveRun, Run, RunState};
use crate::session::Session;

/// Keeps the active run of an object that is destroyed, if there is one.
pub fn stash(context: &Context, resource: &Resource, object: &Value) {
    let run = resource
        .job
        .as_ref()
        .and_then(|job| run_in_state(job, resource, object));
    if let Some(run) = run {
        context.process.hand_over(key(resource, object), run);
    }
}

/// Takes the run that the destroyed object of the same identity handed over.
pub fn take(context: &Context, resource: &Resource, object: &Value) -> Option<Run> {
    context.process.take_run(&key(resource, object))
}

/// Puts the run of the replaced object into state after a create that failed before it took the run: the run is still
/// active, and the next create must find it.
pub fn restore_unclaimed(session: &Session<'_>) {
    let (resource, request) = (session.resource, session.request);
    let Some(job) = resource.job.as_ref() else {
        return;
    };
    let Some(run) = take(session.context, resource, &request.planned) else {
        return;
    };
    let is_current = is_current(&run.trigger, resource, &request.planned, &request.config);
    let state = match run.state {
        RunState::Active(active) => RunState::Active(ActiveRun { is_current, ..active }),
        RunState::Unconfirmed { was_needed, .. } => RunState::Unconfirmed {
            was_needed,
            is_current,
        },
        state => state,
    };
    let mut known = session.progress.lock();
    if known.state.is_null() {
        known.state = request.planned.clone();
    }
    record(&mut known, job, &State::Idle(Some(state)), &run.trigger);
    if let Some(run) = &mut known.private.run {
        run.tainted = true;
    }
}
