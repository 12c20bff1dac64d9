//! Starting a run, exactly once.
//!
//! The control plane refuses a second run beside an active one (409). But the answer that names the run can be lost:
//! with the connection, or with the process that waited for it. Then a start is repeated only after another look at the
//! object, which says what became of the first one where the declaration has `needed`: while the work is to be done, a
//! run is going or has failed; when it is not any more, the run has done it.

use std::time::Duration;

use schema::Job;
use serde_json::Value as Json;

use super::{Outcome, pause, poll, take_status, tell, will_taint};
use crate::client::{Effect, Error, ErrorKind, Repeat};
use crate::engine::apply::{Known, Session};
use crate::engine::context::title;
use crate::engine::identity;
use crate::engine::private::{Run, Stage};
use crate::engine::shape::literal_value;
use crate::engine::wire::{find, to_json};
use crate::value::Value;

/// The status of a run that may have been started, but has no name yet.
pub const STARTING: &str = "starting";

/// Pause between two looks at an object whose run has no name.
const PAUSE: Duration = Duration::from_secs(5);

/// Pauses before a start is repeated whose answer was lost; as many as there are repeats.
const REPEATS: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

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
    // Whether a run may be going, or may have been, whose name is not known.
    let mut may_be_going = unnamed.is_some();
    let was_needed = unnamed.map_or_else(|| is_needed(session, job), |run| Some(run.was_needed));
    let run = Run {
        saved: std::collections::BTreeMap::new(),
        status: STARTING.to_owned(),
        stage: Stage::Going,
        taints: false,
        trigger,
        was_needed: was_needed == Some(true),
    };
    let mut repeats = REPEATS.into_iter();
    loop {
        if may_be_going && run.was_needed && is_needed(session, job) == Some(false) {
            note_done(&mut session.progress.lock(), job);
            return Some(Started::Done);
        }
        let error = match request(session, job).await {
            Ok(answer) => return named(session, job, &answer, run),
            Err(error) => error,
        };
        let is_refused = error.kind == ErrorKind::Conflict;
        may_be_going |= error.effect != Effect::None || (is_refused && run.was_needed);
        if error.kind == ErrorKind::Cancelled {
            note_unnamed(session, job, &run);
            tell(session, job, Outcome::Interrupted(run));
            return None;
        }
        if !may_be_going {
            // Nothing was started; where a run is going it is somebody else's, and none of ours to pick up.
            session.fail("Starting the installation of", &error);
            return None;
        }
        note_unnamed(session, job, &run);
        if is_refused && let Some(found) = mentioned(session, job, &error, &run).await {
            return Some(Started::Run(found));
        }
        let wait = match (is_refused, run.was_needed) {
            (true, true) => Some(PAUSE),
            (true, false) => None,
            (false, _) => repeats.next(),
        };
        let Some(wait) = wait else {
            will_taint(session);
            session.fail("Starting the installation of", &error);
            return None;
        };
        tracing::info!("a run may be going that has no name; looking at what it was started for");
        look_again(session, job, &run, wait).await?;
    }
}

/// Reads the object again after a pause, as often as it takes; `None` where that was told to be in vain.
async fn look_again(session: &mut Session<'_>, job: &Job, run: &Run, wait: Duration) -> Option<()> {
    loop {
        let ended = pause(session, run, wait).await;
        let ended = match ended {
            Some(ended) => ended,
            None => match session.look().await {
                Ok(()) if session.diagnostics.has_errors() => {
                    will_taint(session);
                    return None;
                }
                Ok(()) => return Some(()),
                Err(error) if error.is_transient() => continue,
                Err(error) if error.kind == ErrorKind::Cancelled => Outcome::Interrupted(run.clone()),
                Err(error) => Outcome::Lost(error),
            },
        };
        tell(session, job, ended);
        return None;
    }
}

async fn request(session: &Session<'_>, job: &Job) -> Result<Json, Error> {
    let body: serde_json::Map<String, Json> = job
        .body
        .iter()
        .map(|(key, value)| (key.to_string(), to_json(&literal_value(value, &[]))))
        .collect();
    let object = session.progress.lock().state.clone();
    let answer = session
        .call(&job.start, &object, Some(&Json::Object(body)), Repeat::Unsafe)
        .await?;
    Ok(answer.body)
}

/// The run that an answer names.
fn named(session: &mut Session<'_>, job: &Job, answer: &Json, mut run: Run) -> Option<Started> {
    for (attribute, field) in job.save.iter() {
        let value = find(answer, field);
        let value = value.as_ref().and_then(Json::as_str).filter(|value| {
            let target = session.resource.attribute(attribute);
            target.is_some_and(|target| identity::is_valid(target, &Value::string(*value)))
        });
        let Some(value) = value else {
            note_unnamed(session, job, &run);
            will_taint(session);
            let object = session.progress.lock().state.clone();
            session.diagnostics.error(
                format!(
                    "Starting the installation of {} failed",
                    title(session.resource, &object)
                ),
                format!("The control plane's answer has no usable `{field}`, so the run cannot be followed."),
            );
            return None;
        };
        run.saved.insert(attribute.to_string(), value.to_owned());
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

/// Notes a run that may be going. State tells of it only where the object will say when it is over: what replaces this
/// object sees nothing else.
fn note_unnamed(session: &Session<'_>, job: &Job, run: &Run) {
    let mut known = session.progress.lock();
    if run.was_needed {
        known.state.set_attribute(&job.into, Value::string(STARTING));
    }
    known.private.run = Some(run.clone());
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
