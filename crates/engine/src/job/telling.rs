//! What the user is told of a run.

use schema::{Job, Phase};
use serde_json::Value as Json;
use value::Path;

use super::outcome::Outcome;
use super::state::will_taint;
use crate::diagnostic::Reported;
use crate::private::{Purpose, Run, Stage};
use crate::session::Session;
use crate::wire::find;
use crate::words::{capitalised, title};

/// What a run is called to the user: `provision run`.
pub fn called(job: &Job) -> String {
    format!("{} run", job.noun)
}

/// Logs a step that the run has come to.
pub fn progress(session: &Session<'_>, job: &Job, report: &Json, last: &mut Option<String>) {
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
    Some(session.context.api.clean(&text, &known.state.secrets()))
}

/// Reports how a wait ended.
///
/// # Errors
///
/// [`Reported`], unless the run succeeded. An interrupt is a warning.
pub fn end(session: &mut Session<'_>, job: &Job, outcome: Outcome) -> Result<(), Reported> {
    if matches!(outcome, Outcome::TimedOut(_) | Outcome::Lost(..)) {
        will_taint(session);
    }
    let named = title(session.resource, &session.progress.lock().state);
    let run_of = format!("{} of {named}", called(job));
    match outcome {
        Outcome::Ended { run, report: _ } if run.stage == Stage::Succeeded => Ok(()),
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
            let status = session.context.api.clean(&run.status, &[]);
            let again = match session.phase {
                Phase::Create => {
                    "The object is kept in state as tainted: the next `terraform apply` tries again."
                }
                Phase::Update | Phase::Delete => {
                    "The next `terraform apply` replaces the object to try again."
                }
            };
            Err(session.diagnostics.error(
                format!("{} failed ({status})", capitalised(&job.noun)),
                format!(
                    "The {run_of} ended with the status `{status}`.{}\n\n{again}",
                    parts.concat()
                ),
            ))
        }
        Outcome::Interrupted(run) => {
            session.diagnostics.warning_at(
                Path::root(),
                format!("Interrupted during the {run_of}"),
                format!("{}\n\n{}", going_on(session, &run), next_time(&run)),
            );
            Err(Reported)
        }
        Outcome::TimedOut(run) => Err(session.diagnostics.error(
            format!("The {run_of} did not end in time"),
            format!(
                "The timeout is over. {}\n\n{} Where it takes longer, set it in the `timeouts` block: \
                     `create = \"90m\"`.",
                going_on(session, &run),
                next_time(&run)
            ),
        )),
        Outcome::Lost(run, error) => Err(session.diagnostics.error(
            format!("Following the {run_of} failed"),
            format!("{error}\n\n{}\n\n{}", going_on(session, &run), next_time(&run)),
        )),
    }
}

/// Another run is going than was asked for, and the object will not say whether it has done the work.
pub fn taken_over(session: &mut Session<'_>, job: &Job, found: &Run) {
    let named = title(session.resource, &session.progress.lock().state);
    session.diagnostics.warning_at(
        Path::root(),
        format!("A {} of {named} was going already", called(job)),
        format!(
            "Terraform waited for it instead of starting another: an apply that broke off had started it, or this one, whose \
             answer was lost, or somebody else.{}\n\nIf it was not for what is configured here, run `terraform apply -replace=…`.",
            identity(found)
        ),
    );
}

/// Nothing tells what became of a run, and another start might be a second one.
pub fn given_up(session: &mut Session<'_>, job: &Job) {
    let state = session.progress.lock().state.clone();
    let named = title(session.resource, &state);
    let saved = job
        .save
        .iter()
        .filter_map(|(name, _)| Some(format!("\n{name}: {}", state.get(name).as_str()?)));
    session.diagnostics.warning_at(
        Path::root(),
        format!("It is not known whether the {} of {named} took place", called(job)),
        format!(
            "An earlier apply asked for it, but the answer was lost, or the control plane has forgotten the run, so nothing \
             tells what became of it. So as not to have it twice, nothing was started now. Look at the control plane's \
             dashboard; if it did not take place, run `terraform apply -replace=…`.{}",
            saved.collect::<String>()
        ),
    );
}

/// An interrupt came before anything was asked for.
pub fn not_started(session: &mut Session<'_>, job: &Job) {
    let named = title(session.resource, &session.progress.lock().state);
    session.diagnostics.warning_at(
        Path::root(),
        format!("Interrupted before the {} of {named} was started", called(job)),
        "The next `terraform apply` starts it.",
    );
}

/// The object could not be read after its run.
pub fn unread(session: &mut Session<'_>, why: &str) {
    let named = title(session.resource, &session.progress.lock().state);
    session.diagnostics.warning_at(
        Path::root(),
        format!("The {named} could not be read after its run"),
        format!("State has what was known of it before. The next plan reads it again.\n\n{why}"),
    );
}

/// What becomes of a run that nobody waits for any longer.
fn going_on(session: &Session<'_>, run: &Run) -> String {
    let status = session.context.api.clean(&run.status, &[]);
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
