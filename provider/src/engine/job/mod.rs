//! Long-running work: start a run, wait for it, tell what became of it. A wait never costs a second run: what is known
//! of a run goes into the object's private state, and the next plan and apply pick it up.

pub mod handover;
mod pauses;
mod start;
mod state;
mod telling;
mod trigger;

use std::collections::BTreeMap;
use std::time::Duration;

use schema::{Job, Phase, Resource};
use serde_json::Value as Json;
use tokio::time::Instant;

use pauses::Pauses;
use start::Started;
use state::{is_needed, note_done, record};
use trigger::{purpose, trigger};

use super::apply::{Known, Session};
use super::context::{Context, is_gone};
use super::private::{Purpose, Run, Stage};
use super::wire::find;
use crate::client::{Error, ErrorKind, Repeat};
use crate::value::Value;

/// How often in a row a run may be missing: the control plane can be slow to show what it has just started.
const MISSES: u32 = 3;

/// Runs every job that follows this phase, and waits for a run that is still going.
pub async fn run_all(session: &mut Session<'_>) {
    for job in session.resource.jobs.iter() {
        let remembered = session.progress.lock().private.run.take();
        let pending = match remembered.filter(|run| run.stage == Stage::Going) {
            None if session.phase == Phase::Create => {
                handover::take(session.context, session.resource, &session.request.planned)
            }
            remembered => remembered,
        };
        if pending.is_none() && !job.after.contains(&session.phase) {
            continue;
        }
        if run(session, job, pending).await.is_some() {
            look_afterwards(session).await;
        }
    }
}

/// Reads what the run has changed. An error here would taint the object, and have all of it done again.
async fn look_afterwards(session: &mut Session<'_>) {
    let before = std::mem::take(&mut session.diagnostics);
    let looked = session.look().await;
    let told = std::mem::replace(&mut session.diagnostics, before);
    let fault = match looked {
        Err(error) => Some(error.to_string()),
        Ok(()) => told.errors().next().map(|error| error.detail.clone()),
    };
    let Some(why) = fault else {
        session.diagnostics.append(told);
        return;
    };
    telling::unread(session, &why);
}

/// `Some` when the job succeeded; otherwise it was told why not.
async fn run(session: &mut Session<'_>, job: &Job, pending: Option<Run>) -> Option<()> {
    // What was planned as unknown is answered by now, and state is all that a replacement knows of the old object.
    let object = session.progress.lock().state.clone();
    let wanted = trigger(session.resource, &object);
    let (mut earlier, mut unnamed) = (None, None);
    if let Some(mut run) = pending {
        run.purpose = purpose(&run, session.resource, &object, &session.request.config);
        if run.saved.is_empty() {
            unnamed = Some(run);
        } else {
            earlier = Some(run);
        }
    }
    loop {
        let is_earlier = earlier.is_some();
        let run = match earlier.take() {
            Some(run) => run,
            None => match start::start(session, job, &wanted, unnamed.take()).await? {
                Started::Run(run) => run,
                Started::Done => return Some(()),
            },
        };
        remember(session, job, &run);
        let outcome = wait(session, job, &run).await;
        if is_final(session, job, &outcome, is_earlier).await? {
            if let Outcome::Ended { run, .. } = &outcome {
                remember(session, job, run);
            }
            return tell(session, job, outcome);
        }
        let (run, is_lost) = match outcome {
            Outcome::Ended { run, .. } => (run, false),
            _ => (run, true),
        };
        // What the object says is from before this run.
        start::look_again(session, job, &run, Duration::ZERO).await?;
        if is_lost && run.purpose != Purpose::Outdated {
            // The object has to tell what became of it, as of one that never had a name.
            unnamed = Some(Run {
                saved: BTreeMap::new(),
                ..run
            });
        }
        tracing::info!("an earlier run has ended; whether another is needed is looked into");
    }
}

/// Whether this outcome is the job's, or another run may have to be started; `None` where it was told that nothing says.
async fn is_final(session: &mut Session<'_>, job: &Job, outcome: &Outcome, is_earlier: bool) -> Option<bool> {
    Some(match outcome {
        // The control plane takes no second one beside it.
        Outcome::Ended { run, .. } if run.purpose == Purpose::Outdated => false,
        // This object replaces the one that it was started for, to try again.
        Outcome::Ended { run, .. }
            if is_earlier && run.stage == Stage::Failed && session.phase == Phase::Create =>
        {
            false
        }
        Outcome::Ended { run, .. } if run.purpose == Purpose::Joined => {
            !start::is_still_needed(session, job, run).await?
        }
        // The control plane does not know it any more.
        Outcome::Lost(_, error) => !(is_earlier && is_gone(session.resource, error)),
        _ => true,
    })
}

/// Writes a run into state and private state.
fn remember(session: &Session<'_>, job: &Job, run: &Run) {
    record(&mut session.progress.lock(), job, run);
}

/// How a wait ended.
enum Outcome {
    /// The run is over.
    Ended { run: Run, report: Json },
    /// Terraform was interrupted; the run goes on.
    Interrupted(Run),
    /// The timeout is over; the run goes on.
    TimedOut(Run),
    /// The run cannot be followed any more.
    Lost(Run, Error),
}

async fn wait(session: &mut Session<'_>, job: &Job, run: &Run) -> Outcome {
    let mut run = run.clone();
    let mut pauses = Pauses::default();
    let mut last_step = None;
    let mut misses = 0;
    loop {
        let polled = tokio::select! {
            polled = poll(session.context, session.resource, job, &session.progress, &run) => polled,
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
                remember(session, job, &run);
            }
            Err(error) if error.is_transient() => {
                tracing::warn!(error = %error, "the run could not be looked at; trying again");
            }
            Err(error) if is_gone(session.resource, &error) && misses < MISSES => misses += 1,
            Err(error) if error.kind == ErrorKind::Cancelled => return Outcome::Interrupted(run),
            Err(error) => return Outcome::Lost(run, error),
        }
        if let Some(ended) = pause(session, &run, pauses.next()).await {
            return ended;
        }
    }
}

/// Waits before the next look, with a single timer; what ended the wait, where something did.
async fn pause(session: &Session<'_>, run: &Run, pause: Duration) -> Option<Outcome> {
    let next = Instant::now() + pause;
    tokio::select! {
        () = tokio::time::sleep_until(next.min(session.deadline)) => {}
        () = session.context.cancel.cancelled() => return Some(Outcome::Interrupted(run.clone())),
    }
    (next > session.deadline).then(|| Outcome::TimedOut(run.clone()))
}

async fn poll(
    context: &Context,
    resource: &Resource,
    job: &Job,
    progress: &super::apply::Progress,
    run: &Run,
) -> Result<Json, Error> {
    let mut object = progress.lock().state.clone();
    for (attribute, value) in &run.saved {
        object.set_attribute(attribute, Value::string(value.as_str()));
    }
    let answer = context
        .call(resource, &job.poll, &object, None, Repeat::Safe)
        .await?;
    Ok(answer.body)
}

/// Takes the status from a report; whether it is final. Unknown statuses are not, unless the report says so.
fn take_status(job: &Job, report: &Json, run: &mut Run) -> bool {
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

/// Tells how a wait ended; `Some` where the job succeeded.
fn tell(session: &mut Session<'_>, job: &Job, outcome: Outcome) -> Option<()> {
    if matches!(outcome, Outcome::TimedOut(_) | Outcome::Lost(..)) {
        will_taint(session);
    }
    telling::outcome(session, job, outcome)
}

/// An error in a create makes Terraform taint the object, although its run goes on.
fn will_taint(session: &Session<'_>) {
    if let (Phase::Create, Some(run)) = (session.phase, &mut session.progress.lock().private.run) {
        run.taints = true;
    }
}

/// Looks once, in a refresh, at a run that was still going: over and well, it is forgotten; failed, the next plan
/// makes a new object. Whatever takes more than a look to decide is left to the apply that picks the run up.
///
/// A tainted object is about to be replaced. All that its replacement gets to see is this state, and as long as that
/// tells of a run under way, it takes over the run instead of starting another.
pub async fn refresh(context: &Context, resource: &Resource, known: &mut Known) {
    let Some(mut run) = known.private.run.clone().filter(|run| run.stage == Stage::Going) else {
        return;
    };
    if run.purpose == Purpose::Outdated {
        return;
    }
    for job in resource.jobs.iter() {
        if run.saved.is_empty() {
            if run.was_needed && is_needed(job, &known.state) == Some(false) && !run.taints {
                note_done(known, job);
            }
            continue;
        }
        let progress = super::apply::Progress::default();
        progress.lock().state = known.state.clone();
        match poll(context, resource, job, &progress, &run).await {
            Ok(report) => {
                take_status(job, &report, &mut run);
                let did_it = run.purpose == Purpose::Wanted || is_needed(job, &known.state) == Some(false);
                if run.stage != Stage::Succeeded || (did_it && !run.taints) {
                    record(known, job, &run);
                }
            }
            Err(error) => tracing::warn!(error = %error, "the pending run could not be looked at"),
        }
    }
}
