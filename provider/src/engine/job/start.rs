//! Starting a run, exactly once.
//!
//! The control plane refuses a second run beside an active one (409), so a start may be repeated. But the answer that
//! names the run can be lost: with the connection, or with the process that waited for it. Then the object itself says
//! what became of it, where the declaration has `needed`: while the work is to be done, a run is going or has failed;
//! when it is not any more, the run has done it.

use std::time::Duration;

use schema::{Job, Literal};
use serde_json::Value as Json;

use super::{Outcome, jittered, poll, take_status, tell};
use crate::client::{Error, ErrorKind, Repeat};
use crate::engine::apply::{Known, Session};
use crate::engine::context::title;
use crate::engine::private::{Run, Stage};
use crate::engine::wire::find;
use crate::value::Value;

/// Pause between two looks at an object whose run has no name.
const PAUSE: Duration = Duration::from_secs(5);

/// What came of starting.
pub enum Started {
    /// A run to wait for.
    Run(Run),
    /// A run that has no name has done the work.
    Done,
}

/// Starts a run, or finds the one that was started already. `unnamed` is one whose name was lost earlier.
pub async fn start(
    session: &mut Session<'_>,
    job: &Job,
    trigger: Json,
    unnamed: Option<Run>,
) -> Option<Started> {
    let was_needed = unnamed.map_or_else(|| is_needed(session, job), |run| Some(run.was_needed));
    let run = Run {
        saved: std::collections::BTreeMap::new(),
        status: String::new(),
        stage: Stage::Going,
        taints: false,
        trigger,
        was_needed: was_needed == Some(true),
    };
    loop {
        if run.was_needed && is_needed(session, job) == Some(false) {
            note_done(&mut session.progress.lock(), job);
            return Some(Started::Done);
        }
        let error = match request(session, job).await {
            Ok(answer) => return named(session, job, &answer, run),
            Err(error) => error,
        };
        // From here on a run may be going whose name is not known.
        let may_be_ours = error.kind == ErrorKind::Conflict || error.effect != crate::client::Effect::None;
        if may_be_ours {
            session.progress.lock().private.run = Some(run.clone());
        }
        if error.kind == ErrorKind::Conflict && (run.was_needed || error.attempts > 1) {
            if let Some(found) = mentioned(session, job, &error, &run).await {
                return Some(Started::Run(found));
            }
            if run.was_needed {
                tracing::info!(
                    "a run is going that has no name; waiting for the object to say that it is done"
                );
                if let Some(ended) = pause(session, &run).await {
                    tell(session, job, ended);
                    return None;
                }
                session.read_back().await.ok()?;
                continue;
            }
        }
        if error.kind == ErrorKind::Conflict && !run.was_needed && error.attempts == 1 {
            // Somebody else's: it is none of ours to pick up.
            session.progress.lock().private.run = None;
        }
        session.fail("Starting the installation of", &error);
        return None;
    }
}

async fn request(session: &Session<'_>, job: &Job) -> Result<Json, Error> {
    let body: serde_json::Map<String, Json> = job
        .body
        .iter()
        .map(|(key, value)| (key.to_string(), literal(value)))
        .collect();
    let object = session.progress.lock().state.clone();
    let answer = session
        .call(&job.start, &object, Some(&Json::Object(body)), Repeat::Safe)
        .await?;
    Ok(answer.body)
}

/// The run that an answer names.
fn named(session: &mut Session<'_>, job: &Job, answer: &Json, mut run: Run) -> Option<Started> {
    for (attribute, field) in job.save.iter() {
        let Some(Json::String(value)) = find(answer, field) else {
            session.progress.lock().private.run = Some(run);
            let object = session.progress.lock().state.clone();
            session.diagnostics.error(
                format!(
                    "Starting the installation of {} failed",
                    title(session.resource, &object)
                ),
                format!("The control plane's answer has no `{field}`, so the run cannot be followed."),
            );
            return None;
        };
        run.saved.insert(attribute.to_string(), value);
    }
    Some(Started::Run(run))
}

/// The active run that a refusal mentions: a uuid in its text counts when the control plane has a run of that name.
async fn mentioned(session: &Session<'_>, job: &Job, error: &Error, run: &Run) -> Option<Run> {
    let (attribute, _) = job.save.first()?;
    let detail = error.detail.as_deref()?;
    let words = detail.split(|character: char| !character.is_ascii_hexdigit() && character != '-');
    for word in words.filter(|word| word.len() == 36 && uuid::Uuid::parse_str(word).is_ok()) {
        let mut found = run.clone();
        found.saved.insert(attribute.to_string(), word.to_owned());
        let report = poll(session.context, session.resource, job, &session.progress, &found).await;
        if report.is_ok_and(|report| !take_status(job, &report, &mut found)) {
            return Some(found);
        }
    }
    None
}

/// Waits before the next look; what ended the wait, where something did.
async fn pause(session: &Session<'_>, run: &Run) -> Option<Outcome> {
    tokio::select! {
        () = tokio::time::sleep(jittered(PAUSE)) => None,
        () = session.context.cancel.cancelled() => Some(Outcome::Interrupted(run.clone())),
        () = tokio::time::sleep_until(session.deadline) => Some(Outcome::TimedOut(run.clone())),
    }
}

/// Notes that the work is done, by a run that has no name.
pub fn note_done(known: &mut Known, job: &Job) {
    let status = job.done.first().map(|status| Value::string(status.as_ref()));
    known.state.set_attribute(&job.into, status.unwrap_or_default());
    known.private.run = None;
}

/// Whether the object says that the work is still to be done; `None` where it does not say.
fn is_needed(session: &Session<'_>, job: &Job) -> Option<bool> {
    session
        .progress
        .lock()
        .state
        .get(job.needed.as_deref()?)
        .as_bool()
}

fn literal(literal: &Literal) -> Json {
    match literal {
        Literal::Bool(bool) => Json::Bool(*bool),
        Literal::Int(int) => Json::from(*int),
        Literal::Number(text) => serde_json::from_str(text).unwrap_or_default(),
        Literal::String(text) => Json::String(text.to_string()),
        Literal::List(elements) => elements.iter().map(self::literal).collect(),
        Literal::Map(entries) => entries
            .iter()
            .map(|(key, value)| (key.to_string(), self::literal(value)))
            .collect(),
    }
}
