//! Waiting for a run: polls it until it is over, an interrupt comes, or the timeout ends.

use std::time::Duration;

use schema::{Job, Resource};
use serde_json::Value as Json;
use tokio::time::Instant;
use value::Value;

use super::outcome::Outcome;
use super::pauses::Pauses;
use super::{state, telling};
use crate::api::{Error, ErrorKind, Repeat};
use crate::context::Context;
use crate::private::{Run, Stage};
use crate::report::is_gone;
use crate::session::Session;
use crate::wire::find;

/// How often in a row a run may be missing: the control plane can be slow to show what it has just started.
const MISSES: u32 = 3;

/// Polls a run until its wait ends.
pub async fn wait(session: &mut Session<'_>, job: &Job, run: &Run) -> Outcome {
    let mut run = run.clone();
    let mut pauses = Pauses::default();
    let mut last_step = None;
    let mut misses = 0;
    loop {
        let object = session.progress.lock().state.clone();
        let polled = tokio::select! {
            polled = poll(session.context, session.resource, job, &object, &run) => polled,
            () = session.context.cancel.cancelled() => return Outcome::Interrupted(run),
            () = tokio::time::sleep_until(session.deadline) => return Outcome::TimedOut(run),
        };
        match polled {
            Ok(report) => {
                misses = 0;
                telling::progress(session, job, &report, &mut last_step);
                if take_status(job, &report, &mut run) {
                    return Outcome::Ended { run, report };
                }
                state::remember(session, job, &run);
            }
            Err(error) if error.is_transient() => {
                tracing::warn!(error = %error, "the run could not be looked at; trying again");
            }
            Err(error) if is_gone(&error) && misses < MISSES => misses += 1,
            Err(error) if error.kind == ErrorKind::Cancelled => return Outcome::Interrupted(run),
            Err(error) => return Outcome::Lost(run, error),
        }
        if let Some(ended) = pause(session, &run, pauses.next()).await {
            return ended;
        }
    }
}

/// Waits before the next look, with a single timer; what ended the wait, where something did.
pub async fn pause(session: &Session<'_>, run: &Run, pause: Duration) -> Option<Outcome> {
    let next = Instant::now() + pause;
    tokio::select! {
        () = tokio::time::sleep_until(next.min(session.deadline)) => {}
        () = session.context.cancel.cancelled() => return Some(Outcome::Interrupted(run.clone())),
    }
    (next > session.deadline).then(|| Outcome::TimedOut(run.clone()))
}

/// Reads a run of an object once.
pub async fn poll(
    context: &Context,
    resource: &Resource,
    job: &Job,
    object: &Value,
    run: &Run,
) -> Result<Json, Error> {
    let mut object = object.clone();
    for (attribute, value) in &run.saved {
        object.set_attribute(attribute, Value::string(value.as_str()));
    }
    let answer = context
        .call(resource, &job.poll, &object, None, Repeat::Safe)
        .await?;
    Ok(answer.body)
}

/// Takes the status from a report; whether it is final. Unknown statuses are not, unless the report says so.
pub fn take_status(job: &Job, report: &Json, run: &mut Run) -> bool {
    let Some(Json::String(status)) = find(report, &job.status) else {
        return false;
    };
    let succeeded = job.done.iter().any(|done| *done == status);
    let said = job
        .terminal
        .as_deref()
        .and_then(|field| find(report, field))
        .and_then(|json| json.as_bool());
    let is_over = succeeded || job.failed.iter().any(|failed| *failed == status) || said == Some(true);
    run.stage = match (is_over, succeeded) {
        (_, true) => Stage::Succeeded,
        (true, false) => Stage::Failed,
        (false, false) => Stage::Going,
    };
    run.status = status;
    is_over
}
