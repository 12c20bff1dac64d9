//! Long-running work: start a run, wait for it, tell what became of it. A wait never costs a second run: what is known
//! of a run goes into the object's private state, and the next plan and apply pick it up.

pub mod handover;
mod pauses;
mod start;
mod trigger;

use std::collections::BTreeMap;
use std::time::Duration;

use schema::{Job, Phase, Resource};
use serde_json::Value as Json;
use tokio::time::Instant;

use pauses::Pauses;
use start::Started;
use trigger::{purpose, trigger};

use super::apply::{Known, Session};
use super::context::{Context, capitalised, is_gone, title};
use super::private::{Purpose, Run, Stage};
use super::wire::find;
use crate::client::{Error, ErrorKind, Repeat};
use crate::value::{Path, Value};

/// Statuses that are the provider's own.
const OWN: [&str; 5] = [start::STARTING, start::UNCONFIRMED, WAITING, JOINED, LOST];

/// How often a run may be missing: the control plane can be slow to show what it has just started.
const MISSES: u32 = 3;

/// The status of a run of which nothing tells what became of it.
pub const LOST: &str = "lost";

/// The status while a run goes on that was started for something else: another follows when it has ended.
pub const WAITING: &str = "waiting";

/// The status while a run goes on that somebody else may have started: the object will say whether it has done the work.
pub const JOINED: &str = "joined";

/// Runs every job that follows this phase, and waits for a run that is still going.
pub async fn run_all(session: &mut Session<'_>) {
    for job in session.resource.jobs.iter() {
        let remembered = session.progress.lock().private.run.take();
        let pending = remembered.filter(|run| run.stage == Stage::Going).or_else(|| {
            let planned = &session.request.planned;
            (session.phase == Phase::Create)
                .then(|| handover::take(session.context, session.resource, planned))
                .flatten()
        });
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
    let named = title(session.resource, &session.progress.lock().state);
    session.diagnostics.warning_at(
        Path::root(),
        format!("The {named} could not be read after its run"),
        format!("State has what was known of it before. The next plan reads it again.\n\n{why}"),
    );
}

/// `Some` when the job succeeded; otherwise it was told why not.
async fn run(session: &mut Session<'_>, job: &Job, pending: Option<Run>) -> Option<()> {
    // What was planned as unknown is answered by now, and state is all that a replacement knows of the old object.
    let object = session.progress.lock().state.clone();
    let wanted = trigger(session.resource, &object);
    let (mut earlier, mut unnamed) = (None, None);
    if let Some(mut run) = pending {
        run.purpose = purpose(&run, session.resource, &object, &session.request.config);
        if !run.saved.is_empty() {
            earlier = Some(run);
        } else if run.purpose != Purpose::Outdated {
            unnamed = Some(run);
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
        let (run, is_gone) = match outcome {
            Outcome::Ended { run, .. } => (run, false),
            _ => (run, true),
        };
        // What the object says is from before this run.
        start::look_again(session, job, &run, Duration::ZERO).await?;
        if is_gone && run.purpose != Purpose::Outdated {
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
        Outcome::Ended { run, .. } if run.purpose == Purpose::Joined && run.stage == Stage::Succeeded => {
            !start::is_still_needed(session, job, run).await?
        }
        // The control plane does not know it any more.
        Outcome::Lost(error) => !(is_earlier && is_gone(session.resource, error)),
        _ => true,
    })
}

/// Writes a run into state and private state.
fn remember(session: &Session<'_>, job: &Job, run: &Run) {
    record(&mut session.progress.lock(), job, run);
}

fn record(known: &mut Known, job: &Job, run: &Run) {
    for (attribute, value) in &run.saved {
        known
            .state
            .set_attribute(attribute, Value::string(value.as_str()));
    }
    // What replaces this object sees nothing but its state, so that has to say what the run is to it.
    let status = match (run.stage, run.purpose) {
        (Stage::Going, Purpose::Outdated) => WAITING,
        (Stage::Going, Purpose::Joined) => JOINED,
        // The control plane's own word must not pass for one of the provider's.
        (Stage::Going, Purpose::Wanted) if !run.saved.is_empty() && OWN.contains(&run.status.as_str()) => {
            "running"
        }
        _ => &run.status,
    };
    known.state.set_attribute(&job.into, Value::string(status));
    known.private.run = (run.stage != Stage::Succeeded).then(|| run.clone());
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
    Lost(Error),
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
                note_progress(session, job, &report, &mut last_step);
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
            Err(error) => return Outcome::Lost(error),
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

fn note_progress(session: &Session<'_>, job: &Job, report: &Json, last: &mut Option<String>) {
    let step = said(session, job.report.step.as_ref(), report);
    if step != *last {
        tracing::info!(
            step = step.as_deref(),
            percent = said(session, job.report.percent.as_ref(), report),
            message = said(session, job.report.message.as_ref(), report),
            "the run has come to another step"
        );
        *last = step;
    }
}

/// What a field of a report says, fit to be shown.
fn said(session: &Session<'_>, field: Option<&schema::Text>, report: &Json) -> Option<String> {
    let text = match find(report, field?)? {
        Json::Null => return None,
        Json::String(text) => text,
        other => other.to_string(),
    };
    let known = session.progress.lock();
    Some(session.context.client.clean(&text, &known.state.secrets()))
}

fn tell(session: &mut Session<'_>, job: &Job, outcome: Outcome) -> Option<()> {
    let named = title(session.resource, &session.progress.lock().state);
    let run_of = format!("{} of {named}", called(job));
    match outcome {
        Outcome::Ended { run, report: _ } if run.stage == Stage::Succeeded => Some(()),
        Outcome::Ended { run, report } => {
            let part = |field: &Option<schema::Text>, label: &str| {
                said(session, field.as_ref(), &report)
                    .map(|text| format!("\n{label}: {text}"))
                    .unwrap_or_default()
            };
            let parts = [
                part(&job.report.error, "Error"),
                part(&job.report.step, "Last step"),
                part(&job.report.message, "Last message"),
                identity(&run),
            ];
            let status = session.context.client.clean(&run.status, &[]);
            let again = match session.phase {
                Phase::Create => {
                    "The object is kept in state as tainted: the next `terraform apply` tries again."
                }
                Phase::Update | Phase::Delete => {
                    "The next `terraform apply` replaces the object to try again."
                }
            };
            session.diagnostics.error(
                format!("{} failed ({status})", capitalised(&job.noun)),
                format!(
                    "The {run_of} ended with the status `{status}`.{}\n\n{again}",
                    parts.concat()
                ),
            );
            None
        }
        Outcome::Interrupted(run) => {
            session.diagnostics.warning_at(
                Path::root(),
                format!("Interrupted during the {run_of}"),
                format!("{}\n\n{}", going_on(session, &run), next_time(&run)),
            );
            None
        }
        Outcome::TimedOut(run) => {
            will_taint(session);
            session.diagnostics.error(
                format!("The {run_of} did not end in time"),
                format!(
                    "The timeout is over. {}\n\n{} Where it takes longer, set it in the `timeouts` block: \
                     `create = \"90m\"`.",
                    going_on(session, &run),
                    next_time(&run)
                ),
            );
            None
        }
        Outcome::Lost(error) => {
            will_taint(session);
            session.fail(&format!("Following the {} of", called(job)), &error);
            None
        }
    }
}

/// An error in a create makes Terraform taint the object, although its run goes on.
fn will_taint(session: &Session<'_>) {
    if let (Phase::Create, Some(run)) = (session.phase, &mut session.progress.lock().private.run) {
        run.taints = true;
    }
}

/// What becomes of a run that nobody waits for any longer.
fn going_on(session: &Session<'_>, run: &Run) -> String {
    let status = session.context.client.clean(&run.status, &[]);
    match run.stage {
        _ if run.saved.is_empty() => "Whether its run has been started is not known.".to_owned(),
        Stage::Going => format!(
            "The run goes on without Terraform (status `{status}`).{}",
            identity(run)
        ),
        Stage::Failed | Stage::Succeeded => format!(
            "The run has ended (status `{status}`), and whether another is needed is not known yet.{}",
            identity(run)
        ),
    }
}

/// What the next apply does about it.
fn next_time(run: &Run) -> &'static str {
    match run.purpose {
        _ if run.saved.is_empty() && !run.was_needed => {
            "The next `terraform apply` starts no other one, and tells what to do."
        }
        Purpose::Wanted => {
            "The next `terraform apply` picks it up: it waits while the run is going, does nothing where it has completed, \
             and starts another only where it has failed."
        }
        Purpose::Joined => {
            "The next `terraform apply` picks it up: it waits while the run is going, and starts another only where that \
             has not done what is wanted."
        }
        Purpose::Outdated => {
            "The next `terraform apply` waits while the run is going, and then starts the one that is wanted."
        }
    }
}

fn identity(run: &Run) -> String {
    run.saved.iter().fold(String::new(), |text, (attribute, value)| {
        text + "\n" + attribute + ": " + value
    })
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
    if run.purpose != Purpose::Wanted {
        return;
    }
    for job in resource.jobs.iter() {
        if run.saved.is_empty() {
            if run.was_needed && is_needed(job, &known.state) == Some(false) && !run.taints {
                start::note_done(known, job);
            }
            continue;
        }
        let progress = super::apply::Progress::default();
        progress.lock().state = known.state.clone();
        match poll(context, resource, job, &progress, &run).await {
            Ok(report) => {
                take_status(job, &report, &mut run);
                if !(run.taints && run.stage == Stage::Succeeded) {
                    record(known, job, &run);
                }
            }
            Err(error) => tracing::warn!(error = %error, "the pending run could not be looked at"),
        }
    }
}

/// Whether the object says that the work is still to be done; `None` where it does not say.
fn is_needed(job: &Job, object: &Value) -> Option<bool> {
    object.get(job.needed.as_deref()?).as_bool()
}

/// What a run is called to the user: `provision run`.
fn called(job: &Job) -> String {
    format!("{} run", job.noun)
}
