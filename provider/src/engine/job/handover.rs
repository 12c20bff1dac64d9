//! A run that goes on while the object it was started for is replaced.
//!
//! Terraform passes no private state on to a replacement. But it destroys the old object and creates the new one in one
//! process, so the run is handed over here. State alone tells of it: it was started, and its status is not final.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use schema::{Job, Resource};
use serde_json::Value as Json;

use super::start::{STARTING, UNCONFIRMED};
use super::trigger::{purpose, trigger};
use super::{JOINED, LOST, WAITING, is_needed, record};
use crate::engine::apply::Session;
use crate::engine::context::Context;
use crate::engine::identity::key;
use crate::engine::private::{Purpose, Run, Stage};
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

/// The run that state tells of, where it goes on. What it is to this object, its status says.
fn going(job: &Job, resource: &Resource, object: &Value) -> Option<Run> {
    let status = object.get(&job.into).as_str()?;
    let is_unnamed = [STARTING, UNCONFIRMED].contains(&status);
    let saved = job.save.iter().filter(|_| !is_unnamed).map(|(name, _)| {
        let value = object.get(name).as_str()?;
        Some((name.to_string(), value.to_owned()))
    });
    let saved: BTreeMap<String, String> = saved.collect::<Option<_>>()?;
    let is_over = job
        .done
        .iter()
        .chain(job.failed.iter())
        .map(AsRef::as_ref)
        .chain([LOST])
        .any(|known| known == status);
    let purpose = match status {
        WAITING => Purpose::Outdated,
        JOINED => Purpose::Joined,
        _ => Purpose::Wanted,
    };
    (!is_over).then(|| Run {
        saved,
        status: status.to_owned(),
        stage: Stage::Going,
        taints: false,
        purpose,
        // What an outdated one was started for, nobody knows any more.
        trigger: match purpose {
            Purpose::Outdated => Json::Null,
            Purpose::Wanted | Purpose::Joined => trigger(resource, object),
        },
        was_needed: status == STARTING || is_needed(job, object) == Some(true),
    })
}
