//! Starting a run, exactly once.
//!
//! The control plane refuses a second run beside an active one (409), and says which one that is: it is waited for. But
//! the answer that names the run can be lost: with the connection, or with the process that waited for it. Then a start
//! is repeated only after another look at the object, which says what became of the first one where the declaration has
//! `needed`: while the work is to be done, a run is going or has failed; when it is not any more, the run has done it.
//! An object that has not said that it was needed cannot say that it is done either: there the start is repeated at
//! once, while a run would still be going, and never by a later apply.

use std::time::Duration;

use schema::Job;
use serde_json::Value as Json;
use value::Value;

use super::outcome::Outcome;
use super::state::{PENDING, STARTING, UNCONFIRMED, is_needed, note_done, note_lost, remember, will_taint};
use super::telling::{self, called};
use super::wait::{pause, poll};
use crate::api::{Body, Effect, Error, ErrorKind, Repeat};
use crate::diagnostic::Reported;
use crate::private::{Purpose, Run, Stage};
use crate::report::is_gone;
use crate::session::Session;
use crate::shape::{self, literal_value};
use crate::wire::{find, to_json};
use crate::words::title;
use crate::{identity, rules};

/// Pause between two looks at an object whose run has no name, or has ended just now.
const PAUSE: Duration = Duration::from_secs(5);

/// How often an object is looked at before it is believed that a run has not done the work.
const LOOKS: u32 = 4;

/// Pauses before a start is repeated whose answer was lost; as many as there are repeats.
const REPEATS: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// How long a run is certainly still going that was asked for: installing takes longer.
const SOON: Duration = Duration::from_mins(2);

/// What came of starting.
pub enum Started {
    /// A run to wait for.
    Run(Run),
    /// There is none to wait for: one that has no name has done the work, or nothing tells what became of it.
    Done,
}

/// Starts a run, or finds the one that was started already. `unnamed` is one whose name was lost earlier; an outdated one
/// has to end first.
pub async fn start(
    session: &mut Session<'_>,
    job: &Job,
    wanted: &Json,
    unnamed: Option<Run>,
) -> Result<Started, Reported> {
    let is_needed = |session: &Session<'_>| is_needed(job, &session.progress.lock().state);
    let is_outdated = |run: &Run| run.purpose == Purpose::Outdated;
    let waits = unnamed.as_ref().is_some_and(is_outdated);
    let unnamed = unnamed.filter(|run| !is_outdated(run));
    let was_needed = unnamed.as_ref().is_some_and(|run| run.was_needed) || is_needed(session) == Some(true);
    // Whether a run was asked for, and nothing told that there is none.
    let mut is_lost = unnamed.is_some();
    if is_lost && !was_needed {
        note_lost(&mut session.progress.lock(), job);
        telling::given_up(session, job);
        return Ok(Started::Done);
    }
    let run = Run {
        saved: std::collections::BTreeMap::new(),
        status: if was_needed { STARTING } else { UNCONFIRMED }.to_owned(),
        stage: Stage::Going,
        taints: false,
        purpose: Purpose::Wanted,
        trigger: wanted.clone(),
        was_needed,
    };
    let mut repeats = REPEATS.into_iter();
    let mut may_be_going = is_lost;
    let mut lost_since = None;
    loop {
        if may_be_going && was_needed && is_needed(session) == Some(false) {
            note_done(&mut session.progress.lock(), job);
            return Ok(Started::Done);
        }
        let asked = session.elapsed();
        let error = match request(session, job).await {
            Ok(answer) => return named(session, job, &answer, run),
            Err(error) => error,
        };
        let is_refused = error.kind == ErrorKind::Conflict;
        if is_refused && let Some(mut found) = mentioned(session, job, &error, &run).await {
            if waits {
                found.purpose = Purpose::Outdated;
                found.trigger = Json::Null;
            } else if !was_needed {
                telling::taken_over(session, job, &found);
            }
            return Ok(Started::Run(found));
        }
        if error.effect != Effect::None {
            is_lost = true;
            lost_since.get_or_insert(asked);
        }
        may_be_going |= is_lost || (is_refused && was_needed);
        if may_be_going {
            remember(session, job, &run);
        }
        if error.kind == ErrorKind::Cancelled {
            if may_be_going {
                telling::end(session, job, Outcome::Interrupted(run))?;
            } else {
                // The next plan makes a new object, and with it a run.
                session.progress.lock().private.run = Some(Run {
                    stage: Stage::Failed,
                    ..run
                });
                telling::not_started(session, job);
            }
            return Err(Reported);
        }
        let wait = match (is_refused, was_needed) {
            (true, true) => Some(PAUSE),
            (false, _) if is_lost => repeats.next(),
            _ => None,
        };
        let Some(wait) = wait else {
            // Where a run is going that has no name, it is somebody else's, and none of ours to pick up.
            return Err(fail(session, job, &error));
        };
        tracing::info!("a run may be going that has no name; looking at what it was started for");
        if was_needed {
            look_again(session, job, &run, wait).await?;
        } else if let Some(ended) = pause(session, &run, wait).await {
            telling::end(session, job, ended)?;
            return Err(Reported);
        }
        // The object does not tell when it is over; so nothing is started any more once it may be.
        let is_late = lost_since.is_some_and(|since| session.elapsed() > since + SOON);
        if !was_needed && is_late {
            return Err(fail(session, job, &error));
        }
    }
}

fn fail(session: &mut Session<'_>, job: &Job, error: &Error) -> Reported {
    will_taint(session);
    session.fail(&format!("Starting the {} of", called(job)), error)
}

/// Whether the object says that a run which has succeeded has not done the work. It is given some time to notice.
pub async fn is_still_needed(session: &mut Session<'_>, job: &Job, run: &Run) -> Result<bool, Reported> {
    for look in 0..LOOKS {
        let wait = if look == 0 { Duration::ZERO } else { PAUSE };
        look_again(session, job, run, wait).await?;
        if is_needed(job, &session.progress.lock().state) != Some(true) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Reads the object again after a pause, as often as it takes.
///
/// # Errors
///
/// [`Reported`], where it cannot be read, or the wait ends first.
pub async fn look_again(
    session: &mut Session<'_>,
    job: &Job,
    run: &Run,
    wait: Duration,
) -> Result<(), Reported> {
    let mut wait = wait;
    loop {
        let ended = pause(session, run, wait).await;
        wait = wait.max(PAUSE);
        let ended = match ended {
            Some(ended) => ended,
            None => match session.look().await {
                Ok(Err(Reported)) => {
                    will_taint(session);
                    return Err(Reported);
                }
                Ok(Ok(())) => return Ok(()),
                Err(error) if error.is_transient() => continue,
                Err(error) if error.kind == ErrorKind::Cancelled => Outcome::Interrupted(run.clone()),
                Err(error) => Outcome::Lost(run.clone(), error),
            },
        };
        return telling::end(session, job, ended);
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
        .call(
            &job.start,
            &object,
            Some(&Body::new(Json::Object(body), Vec::new())),
            Repeat::Unsafe,
        )
        .await?;
    Ok(answer.body)
}

/// The run that an answer names.
fn named(session: &mut Session<'_>, job: &Job, answer: &Json, mut run: Run) -> Result<Started, Reported> {
    for (attribute, field) in job.save.iter() {
        let value = find(answer, field);
        let value = value.as_ref().and_then(Json::as_str).filter(|value| {
            let target = session.resource.attribute(attribute);
            target.is_some_and(|target| rules::is_valid(target, &Value::string(*value)))
        });
        let Some(value) = value else {
            remember(session, job, &run);
            will_taint(session);
            let object = session.progress.lock().state.clone();
            return Err(session.diagnostics.error(
                format!(
                    "Starting the {} of {} failed",
                    called(job),
                    title(session.resource, &object)
                ),
                format!("The control plane's answer has no usable `{field}`, so the run cannot be followed."),
            ));
        };
        run.saved.insert(attribute.to_string(), value.to_owned());
    }
    PENDING.clone_into(&mut run.status);
    Ok(Started::Run(run))
}

/// The run that a refusal is for: a word of its text that has the form of a run's identity counts, unless the control
/// plane has no run of that name. It may have ended meanwhile.
async fn mentioned(session: &Session<'_>, job: &Job, error: &Error, run: &Run) -> Option<Run> {
    let (attribute, _) = job.save.first()?;
    // Without a form of its own, any word could be one.
    let identity = session.resource.attribute(attribute)?;
    identity.format?;
    let detail = error.detail.as_deref()?;
    let object = session.progress.lock().state.clone();
    let is_own = |word: &str| {
        identity::attributes(session.resource)
            .filter_map(|attribute| object.get(&attribute.name).as_str())
            .any(|value| value.eq_ignore_ascii_case(word))
    };
    let words = detail.split(|character: char| !character.is_ascii_alphanumeric() && character != '-');
    let names = words.filter(|word| rules::is_valid(identity, &shape::text(identity, word)));
    for word in names.filter(|word| !is_own(word)) {
        let mut found = run.clone();
        found.saved.insert(attribute.to_string(), word.to_owned());
        let report = poll(session.context, session.resource, job, &object, &found).await;
        let is_a_run = match &report {
            Ok(report) => find(report, &job.status).is_some(),
            // Whatever else is wrong, the wait for it tells.
            Err(error) => !is_gone(error),
        };
        if is_a_run {
            PENDING.clone_into(&mut found.status);
            if found.was_needed {
                found.purpose = Purpose::Joined;
            }
            return Some(found);
        }
    }
    None
}
