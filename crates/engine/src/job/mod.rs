//! Long-running work: start a run, wait for it, tell what became of it. A wait never costs a second run: what is known
//! of a run goes into the object's private state, and the next plan and apply pick it up.

pub mod handover;
mod outcome;
mod pauses;
mod start;
mod state;
mod telling;
mod trigger;
mod wait;

use std::collections::BTreeMap;
use std::time::Duration;

use schema::{Job, Phase, Resource};

use crate::context::Context;
use crate::diagnostic::Reported;
use crate::object::Known;
use crate::private::{Purpose, Run, Stage};
use crate::report::is_gone;
use crate::session::Session;
use outcome::Outcome;
use start::Started;
use state::{is_needed, note_done, record, remember};
use trigger::{purpose, trigger};
use wait::{poll, take_status, wait};

/// Runs every job that follows this phase, and waits for a run that is still going.
///
/// # Errors
///
/// [`Reported`], where a run failed or its wait ended early.
pub async fn run_all(session: &mut Session<'_>) -> Result<(), Reported> {
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
        run(session, job, pending).await?;
        look_afterwards(session).await;
    }
    Ok(())
}

/// Reads what the run has changed. An error here would taint the object, and have all of it done again.
async fn look_afterwards(session: &mut Session<'_>) {
    let before = std::mem::take(&mut session.diagnostics);
    let looked = session.look().await;
    let reported = std::mem::replace(&mut session.diagnostics, before);
    let why = match looked {
        Ok(Ok(())) => {
            session.diagnostics.append(reported);
            return;
        }
        Ok(Err(Reported)) => reported.errors().next().map(|error| error.detail.clone()),
        Err(error) => Some(error.to_string()),
    };
    telling::unread(session, &why.unwrap_or_default());
}

/// Waits for the pending run or starts one, until the job is done.
async fn run(session: &mut Session<'_>, job: &Job, pending: Option<Run>) -> Result<(), Reported> {
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
                Started::Done => return Ok(()),
            },
        };
        remember(session, job, &run);
        let outcome = wait(session, job, &run).await;
        if is_final(session, job, &outcome, is_earlier).await? {
            if let Outcome::Ended { run, .. } = &outcome {
                remember(session, job, run);
            }
            return telling::end(session, job, outcome);
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

/// Whether this outcome is the job's, or another run may have to be started.
async fn is_final(
    session: &mut Session<'_>,
    job: &Job,
    outcome: &Outcome,
    is_earlier: bool,
) -> Result<bool, Reported> {
    Ok(match outcome {
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
        Outcome::Lost(_, error) => !(is_earlier && is_gone(error)),
        _ => true,
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
        match poll(context, resource, job, &known.state, &run).await {
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
