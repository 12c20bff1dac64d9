//! A run that goes on while the object it was started for is replaced.
//!
//! Terraform passes no private state on to a replacement. But it destroys the old object and creates the new one in one
//! process, so the run is handed over here. State alone tells of it: it was started, and its status is not final.

use schema::Resource;
use value::Value;

use super::state::{going, record};
use super::trigger::purpose;
use crate::context::Context;
use crate::identity::key;
use crate::private::{Purpose, Run};
use crate::session::Session;

/// Leaves the run of an object that is being destroyed, where it has one that goes on.
pub fn leave(context: &Context, resource: &Resource, object: &Value) {
    for run in resource
        .jobs
        .iter()
        .filter_map(|job| going(job, resource, object))
    {
        context.process.hand_over(key(resource, object), run);
    }
}

/// Takes over the run that an object of this identity has left.
pub fn take(context: &Context, resource: &Resource, object: &Value) -> Option<Run> {
    context.process.take_run(&key(resource, object))
}

/// Keeps the run that the replaced object has left, where this object came to nothing before it could take it: it is still
/// going, and the next object is to find it.
pub fn keep(session: &Session<'_>) {
    let (resource, request) = (session.resource, session.request);
    let Some(mut run) = take(session.context, resource, &request.planned) else {
        return;
    };
    run.purpose = purpose(&run, resource, &request.planned, &request.config);
    if run.saved.is_empty() && run.purpose == Purpose::Outdated {
        return;
    }
    run.taints = true;
    let mut known = session.progress.lock();
    if known.state.is_null() {
        known.state = request.planned.clone();
    }
    for job in resource.jobs.iter() {
        record(&mut known, job, &run);
    }
}
