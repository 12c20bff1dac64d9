//! A run that goes on while the object it was started for is replaced.
//!
//! Terraform passes no private state on to a replacement. But it destroys the old object and creates the new one in one
//! process, so the run is handed over here. State alone tells of it: it was started, and its status is not final.

use schema::Resource;
use value::Value;

use super::machine::State;
use super::record::{read, record};
use super::trigger::fits;
use crate::context::Context;
use crate::identity::key;
use crate::run::{Going, Remembered, Run};
use crate::session::Session;

/// Leaves the run of an object that is being destroyed, where it has one that goes on.
pub fn stash(context: &Context, resource: &Resource, object: &Value) {
    let run = resource.job.as_ref().and_then(|job| read(job, resource, object));
    if let Some(run) = run {
        context.process.hand_over(key(resource, object), run);
    }
}

/// Takes over the run that an object of this identity has left.
pub fn claim(context: &Context, resource: &Resource, object: &Value) -> Option<Run> {
    context.process.take_run(&key(resource, object))
}

/// Keeps the run that the replaced object has left, where this object came to nothing before it could take it: it is still
/// going, and the next object is to find it.
pub fn restore_unclaimed(session: &Session<'_>) {
    let (resource, request) = (session.resource, session.request);
    let Some(job) = resource.job.as_ref() else {
        return;
    };
    let Some(run) = claim(session.context, resource, &request.planned) else {
        return;
    };
    let fits = fits(&run.trigger, resource, &request.planned, &request.config);
    let state = match run.state {
        Remembered::Going(going) => Remembered::Going(Going { fits, ..going }),
        Remembered::Unconfirmed { was_needed, .. } => Remembered::Unconfirmed { was_needed, fits },
        state => state,
    };
    let mut known = session.progress.lock();
    if known.state.is_null() {
        known.state = request.planned.clone();
    }
    record(&mut known, job, &State::Resting(Some(state)), &run.trigger);
    if let Some(run) = &mut known.private.run {
        run.tainted = true;
    }
}
