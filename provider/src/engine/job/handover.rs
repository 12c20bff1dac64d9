//! A run that goes on while the object it was started for is replaced.
//!
//! Terraform passes no private state on to a replacement. But it destroys the old object and creates the new one in one
//! process, so the run is handed over here. State alone tells of it: it was started, and its status is not final.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use schema::Resource;

use super::state::{going, record};
use super::trigger::purpose;
use crate::engine::apply::Session;
use crate::engine::context::Context;
use crate::engine::identity::key;
use crate::engine::private::{Purpose, Run};
use crate::value::Value;

/// The runs of destroyed objects, until something takes them over.
#[derive(Clone, Default)]
pub struct Handover(Arc<Mutex<HashMap<String, Run>>>);

/// Leaves the run of an object that is being destroyed, where it has one that goes on.
pub fn leave(context: &Context, resource: &Resource, object: &Value) {
    for run in resource
        .jobs
        .iter()
        .filter_map(|job| going(job, resource, object))
    {
        let mut runs = context.handover.0.lock().unwrap_or_else(PoisonError::into_inner);
        runs.insert(key(resource, object), run);
    }
}

/// Takes over the run that an object of this identity has left.
pub fn take(context: &Context, resource: &Resource, object: &Value) -> Option<Run> {
    let mut runs = context.handover.0.lock().unwrap_or_else(PoisonError::into_inner);
    runs.remove(&key(resource, object))
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
