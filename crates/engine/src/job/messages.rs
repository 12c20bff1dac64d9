//! What the user reads about a run.

use schema::{Job, Phase};
use serde_json::Value as Json;
use value::Path;

use super::Seen;
use super::machine::{Ending, Report, State};
use crate::diagnostic::Reported;
use crate::report::Action;
use crate::run::{Going, Id, Origin, Remembered};
use crate::session::Session;
use crate::summaries;
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
            "run reached another step"
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
                &summaries::INTERRUPTED_BEFORE_RUN,
                format!("The {run_of} was not started. The next `terraform apply` starts it."),
            );
            Err(Reported)
        }
        Ending::Interrupted => {
            let detail = format!(
                "{}\n\n{}",
                going_on(session, &run_of, remembered.as_ref(), seen),
                next_time(remembered.as_ref())
            );
            let summary = &summaries::INTERRUPTED_DURING_RUN;
            session.diagnostics.warning_at(Path::root(), summary, detail);
            Err(Reported)
        }
        Ending::TimedOut => {
            let detail = format!(
                "The timeout ended. {}\n\n{} If runs take longer, set a longer timeout in the `timeouts` block: \
                 `create = \"90m\"`.",
                going_on(session, &run_of, remembered.as_ref(), seen),
                next_time(remembered.as_ref())
            );
            Err(session.diagnostics.error(&summaries::RUN_TIMED_OUT, detail))
        }
        Ending::Unfollowed => {
            let Some(error) = &seen.error else {
                return Err(Reported);
            };
            let detail = format!(
                "{}\n\n{}\n\n{error}",
                going_on(session, &run_of, remembered.as_ref(), seen),
                next_time(remembered.as_ref())
            );
            Err(session.diagnostics.error(&summaries::RUN_NOT_FOLLOWED, detail))
        }
        Ending::StartFailed => match &seen.error {
            Some(error) => Err(session.fail(Action::StartRun, error)),
            None => Err(unexpected(session, &run_of)),
        },
        Ending::WithoutId => {
            let fields: Vec<String> = job.save.iter().map(|(_, field)| format!("`{field}`")).collect();
            Err(session.diagnostics.error(
                &summaries::RUN_UNIDENTIFIED,
                format!(
                    "The {run_of} cannot be followed: the control plane's response has no usable {}.",
                    fields.join(" and ")
                ),
            ))
        }
        Ending::Unexpected => Err(unexpected(session, &run_of)),
    }
}

fn unexpected(session: &mut Session<'_>, run_of: &str) -> Reported {
    session.diagnostics.error(
        &summaries::BUG,
        format!(
            "The {run_of} reached a state that the provider has no rule for. Please report this to the provider's \
             developers."
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
        Phase::Create => "State has the object as tainted: the next `terraform apply` replaces it.",
        Phase::Update | Phase::Delete => "The next `terraform apply` replaces the object.",
    };
    session.diagnostics.error(
        &summaries::RUN_FAILED,
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
        &summaries::OTHER_RUN,
        format!(
            "A {} of {named} was active already, so Terraform waited for it and started no other one. An interrupted \
             apply, this apply (the response was lost) or another client started it.{}\n\nIf the run was not for the current \
             configuration, run `terraform apply -replace=…`.",
            called(job),
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
        &summaries::RUN_UNCONFIRMED,
        format!(
            "The {} of {named} may have taken place: an earlier apply requested it, but the response was lost, or the \
             control plane no longer has the run. To avoid a second run, Terraform started none now. Check the control \
             plane's dashboard; if the run did not take place, run `terraform apply -replace=…`.{}",
            called(job),
            saved.collect::<String>()
        ),
    );
}

/// The object could not be read after its run.
pub fn unread(session: &mut Session<'_>, why: &str) {
    let named = title(session.resource, &session.progress.lock().state);
    session.diagnostics.warning_at(
        Path::root(),
        &summaries::REFRESH_AFTER_RUN_FAILED,
        format!(
            "{} could not be refreshed after its run. State keeps the earlier values; the next plan refreshes \
             them.\n\n{why}",
            capitalised(&named)
        ),
    );
}

/// What becomes of a run that is not waited for any longer.
fn going_on(session: &Session<'_>, run_of: &str, remembered: Option<&Remembered>, seen: &Seen) -> String {
    let Some(Remembered::Going(going)) = remembered else {
        return format!("The {run_of} may have been started: the response to the start was lost.");
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
            "The {run_of} ended with the status `{}`; the provider cannot tell yet whether another run is needed.{identity}",
            shown(status)
        ),
        _ => format!(
            "The {run_of} continues without Terraform (status `{}`).{identity}",
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
        }) => "The next `terraform apply` starts no second run and reports what to do.",
        Some(Remembered::Unconfirmed { fits: false, .. } | Remembered::Going(Going { fits: false, .. })) => {
            "The next `terraform apply` waits until the run ends, and then starts a run for the current configuration."
        }
        Some(Remembered::Going(Going {
            origin: Origin::Other,
            ..
        })) => {
            "The next `terraform apply` waits until the run ends, and starts another one only if the object still needs \
             it."
        }
        _ => "The next `terraform apply` waits until the run ends, and starts another one only if it failed.",
    }
}

fn identity(id: Option<&Id>) -> String {
    id.into_iter()
        .flatten()
        .fold(String::new(), |text, (attribute, value)| {
            text + "\n" + attribute + ": " + value
        })
}
