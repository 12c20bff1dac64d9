//! What the user reads about a run.

use schema::{Job, Phase};
use serde_json::Value as Json;
use value::Path;

use super::Seen;
use super::machine::{Ending, Report, State};
use crate::diagnostic::Reported;
use crate::run::{Going, Id, Origin, Remembered};
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

/// Reports how the job's part of an apply ended.
///
/// # Errors
///
/// [`Reported`], unless the apply is to go on. An interrupt is a warning.
pub fn finish(
    session: &mut Session<'_>,
    job: &Job,
    state: &State,
    ending: Ending,
    seen: &Seen,
) -> Result<(), Reported> {
    let named = title(session.resource, &session.progress.lock().state);
    let run_of = format!("{} of {named}", called(job));
    let remembered = state.remembered();
    match ending {
        Ending::Done => Ok(()),
        Ending::Unknown => {
            given_up(session, job);
            Ok(())
        }
        Ending::RunFailed => Err(failed(session, job, &run_of, remembered.as_ref(), seen)),
        Ending::InterruptedBefore => {
            session.diagnostics.warning_at(
                Path::root(),
                format!("Interrupted before the {run_of} was started"),
                "The next `terraform apply` starts it.",
            );
            Err(Reported)
        }
        Ending::Interrupted => {
            let detail = format!(
                "{}\n\n{}",
                going_on(session, remembered.as_ref(), seen),
                next_time(remembered.as_ref())
            );
            let summary = format!("Interrupted during the {run_of}");
            session.diagnostics.warning_at(Path::root(), summary, detail);
            Err(Reported)
        }
        Ending::TimedOut => {
            let detail = format!(
                "The timeout is over. {}\n\n{} Where it takes longer, set it in the `timeouts` block: \
                 `create = \"90m\"`.",
                going_on(session, remembered.as_ref(), seen),
                next_time(remembered.as_ref())
            );
            Err(session
                .diagnostics
                .error(format!("The {run_of} did not end in time"), detail))
        }
        Ending::Unfollowed => {
            let Some(error) = &seen.error else {
                return Err(Reported);
            };
            let detail = format!(
                "{error}\n\n{}\n\n{}",
                going_on(session, remembered.as_ref(), seen),
                next_time(remembered.as_ref())
            );
            Err(session
                .diagnostics
                .error(format!("Following the {run_of} failed"), detail))
        }
        Ending::StartFailed => match &seen.error {
            Some(error) => Err(session.fail(&format!("Starting the {} of", called(job)), error)),
            None => Err(unexpected(session, &run_of)),
        },
        Ending::WithoutId => {
            let fields: Vec<String> = job.save.iter().map(|(_, field)| format!("`{field}`")).collect();
            Err(session.diagnostics.error(
                format!("Starting the {run_of} failed"),
                format!(
                    "The control plane's answer has no usable {}, so the run cannot be followed.",
                    fields.join(" and ")
                ),
            ))
        }
        Ending::Unexpected => Err(unexpected(session, &run_of)),
    }
}

fn unexpected(session: &mut Session<'_>, run_of: &str) -> Reported {
    session.diagnostics.error(
        "The provider has a bug",
        format!(
            "Following the {run_of}, it came to a state that has no rule. Please report this to the provider's developers."
        ),
    )
}

/// A run that has failed.
fn failed(
    session: &mut Session<'_>,
    job: &Job,
    run_of: &str,
    remembered: Option<&Remembered>,
    seen: &Seen,
) -> Reported {
    let Some(Remembered::Failed { id, status }) = remembered else {
        return unexpected(session, run_of);
    };
    let part = |field: &Option<schema::Text>, label: &str| {
        let (answer, _) = seen.report.as_ref()?;
        Some(format!("\n{label}: {}", said(session, field.as_ref(), answer)?))
    };
    let parts = [
        part(&job.report.error, "Error").unwrap_or_default(),
        part(&job.report.step, "Last step").unwrap_or_default(),
        part(&job.report.message, "Last message").unwrap_or_default(),
        identity(Some(id)),
    ];
    let status = session.context.api.clean(status, &[]);
    let again = match session.phase {
        Phase::Create => "The object is kept in state as tainted: the next `terraform apply` tries again.",
        Phase::Update | Phase::Delete => "The next `terraform apply` replaces the object to try again.",
    };
    session.diagnostics.error(
        format!("{} failed ({status})", capitalised(&job.noun)),
        format!(
            "The {run_of} ended with the status `{status}`.{}\n\n{again}",
            parts.concat()
        ),
    )
}

/// Another run is going than was asked for, and the object will not say whether it has done the work.
pub fn taken_over(session: &mut Session<'_>, job: &Job, state: &State) {
    let named = title(session.resource, &session.progress.lock().state);
    session.diagnostics.warning_at(
        Path::root(),
        format!("A {} of {named} was going already", called(job)),
        format!(
            "Terraform waited for it instead of starting another: an apply that broke off had started it, or this one, whose \
             answer was lost, or somebody else.{}\n\nIf it was not for what is configured here, run `terraform apply -replace=…`.",
            identity(state.remembered().as_ref().and_then(Remembered::id))
        ),
    );
}

/// Nothing tells what became of a run, and another start might be a second one.
fn given_up(session: &mut Session<'_>, job: &Job) {
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

/// The object could not be read after its run.
pub fn unread(session: &mut Session<'_>, why: &str) {
    let named = title(session.resource, &session.progress.lock().state);
    session.diagnostics.warning_at(
        Path::root(),
        format!("The {named} could not be read after its run"),
        format!("State has what was known of it before. The next plan reads it again.\n\n{why}"),
    );
}

/// What becomes of a run that is not waited for any longer.
fn going_on(session: &Session<'_>, remembered: Option<&Remembered>, seen: &Seen) -> String {
    let Some(Remembered::Going(going)) = remembered else {
        return "Whether its run has been started is not known.".to_owned();
    };
    let identity = identity(Some(&going.id));
    let shown = |status: &str| session.context.api.clean(status, &[]);
    match &seen.report {
        Some((
            _,
            Report {
                status,
                succeeded: Some(_),
            },
        )) => format!(
            "The run has ended (status `{}`), and whether another is needed is not known yet.{identity}",
            shown(status)
        ),
        _ => format!(
            "The run goes on without Terraform (status `{}`).{identity}",
            shown(&going.status)
        ),
    }
}

/// What the next apply does about it.
fn next_time(remembered: Option<&Remembered>) -> &'static str {
    match remembered {
        Some(Remembered::Unconfirmed {
            was_needed: false,
            fits: true,
        }) => "The next `terraform apply` starts no other one, and tells what to do.",
        Some(Remembered::Unconfirmed { fits: false, .. } | Remembered::Going(Going { fits: false, .. })) => {
            "The next `terraform apply` waits while the run is going, and then starts the one that is wanted."
        }
        Some(Remembered::Going(Going {
            origin: Origin::Other,
            ..
        })) => {
            "The next `terraform apply` picks it up: it waits while the run is going, and starts another only where that \
             has not done what is wanted."
        }
        _ => {
            "The next `terraform apply` picks it up: it waits while the run is going, does nothing where it has completed, \
             and starts another only where it has failed."
        }
    }
}

fn identity(id: Option<&Id>) -> String {
    id.into_iter()
        .flatten()
        .fold(String::new(), |text, (attribute, value)| {
            text + "\n" + attribute + ": " + value
        })
}
