//! Diagnostics and log lines about runs.

use schema::{Attribute, Job, Phase};
use serde_json::Value as Json;
use value::{Path, Value};

use super::Observed;
use super::machine::{Outcome, RunStatus, State};
use crate::diagnostic::Reported;
use crate::naming::{capitalised, title};
use crate::report::{self, Action};
use crate::run::{ActiveRun, Id, Origin, RunState};
use crate::session::Session;
use crate::summaries;
use crate::wire::{find, to_json};

/// The kind of run, as the user reads it: `provision run`.
pub fn run_label(job: &Job) -> String {
    format!("{} run", job.noun)
}

/// Logs the step that the run has reached, unless it is the `last` one that was logged.
pub fn log_progress(session: &Session<'_>, job: &Job, response: &Json, last: &mut Option<String>) {
    let step = report_field(session, job.report.step.as_ref(), response);
    if step != *last {
        tracing::info!(
            step = step.as_deref(),
            percent = report_field(session, job.report.percent.as_ref(), response),
            message = report_field(session, job.report.message.as_ref(), response),
            "run reached the next step"
        );
        *last = step;
    }
}

/// A field of the response to a poll (`report` of the declaration) as a string, cleaned for display.
fn report_field(session: &Session<'_>, field: Option<&schema::Text>, response: &Json) -> Option<String> {
    let string = match find(response, field?)? {
        Json::Null => return None,
        Json::String(string) => string,
        other => other.to_string(),
    };
    let known = session.progress.lock();
    Some(session.context.api.clean(&string, &known.state.secrets()))
}

/// Reports how the job's part of an apply ended.
///
/// # Errors
///
/// [`Reported`] if the apply must end here, with an error in the diagnostics, or a warning after an interrupt.
pub fn report_outcome(
    session: &mut Session<'_>,
    job: &Job,
    state: &State,
    outcome: Outcome,
    observed: &Observed,
) -> Result<(), Reported> {
    let object = title(session.resource, &session.progress.lock().state);
    let run_title = format!("{} of {object}", run_label(job));
    let stored = state.run_state();
    match outcome {
        Outcome::Done => Ok(()),
        Outcome::Unconfirmed => {
            warn_unconfirmed(session, job);
            Ok(())
        }
        Outcome::RunFailed => Err(report_failed_run(
            session,
            job,
            &run_title,
            stored.as_ref(),
            observed,
        )),
        Outcome::InterruptedBeforeStart => {
            session.diagnostics.warning_at(
                Path::root(),
                &summaries::INTERRUPTED_BEFORE_RUN,
                format!("The {run_title} was not started. The next `terraform apply` starts it."),
            );
            Err(Reported)
        }
        Outcome::Interrupted => {
            let detail = format!(
                "{}\n\n{}{}",
                describe_run(session, &run_title, stored.as_ref(), observed),
                describe_next_apply(stored.as_ref()),
                last_error(observed)
            );
            let summary = &summaries::INTERRUPTED_DURING_RUN;
            session.diagnostics.warning_at(Path::root(), summary, detail);
            Err(Reported)
        }
        Outcome::TimedOut => {
            let detail = format!(
                "{}\n\n{} If runs take longer than the timeout, set a longer one in the `timeouts` block: `create = \"90m\"`.{}",
                describe_run(session, &run_title, stored.as_ref(), observed),
                describe_next_apply(stored.as_ref()),
                last_error(observed)
            );
            Err(session.diagnostics.error(&summaries::RUN_TIMED_OUT, detail))
        }
        Outcome::ReadFailed => {
            let Some(error) = &observed.error else {
                return Err(Reported);
            };
            let run = describe_run(session, &run_title, stored.as_ref(), observed);
            let next = describe_next_apply(stored.as_ref());
            let (diagnostics, summary) = (&mut session.diagnostics, &summaries::RUN_NOT_FOLLOWED);
            Err(report::failure_at(
                diagnostics,
                Path::root(),
                summary,
                error,
                |error| format!("{run}\n\n{next}\n\n{error}"),
            ))
        }
        Outcome::StartFailed => match &observed.error {
            Some(error) => Err(session.fail(Action::StartRun, error)),
            None => Err(report_bug(session, &run_title)),
        },
        Outcome::Unidentified => {
            let fields: Vec<String> = job.save.iter().map(|(_, field)| format!("`{field}`")).collect();
            Err(session.diagnostics.error(
                &summaries::RUN_UNIDENTIFIED,
                format!(
                    "The {run_title} cannot be followed: the control plane's response has no usable {}. Check in the control \
                     plane's dashboard how the run ended, then run `terraform apply` again.",
                    fields.join(" and ")
                ),
            ))
        }
        Outcome::Unexpected => Err(report_bug(session, &run_title)),
    }
}

/// Reports an event that has no transition: a bug.
fn report_bug(session: &mut Session<'_>, run_title: &str) -> Reported {
    session.diagnostics.error(
        &summaries::BUG,
        format!(
            "The {run_title} reached a state that the provider does not handle. Please report this to the provider's \
             developers."
        ),
    )
}

/// Reports a run that failed.
fn report_failed_run(
    session: &mut Session<'_>,
    job: &Job,
    run_title: &str,
    stored: Option<&RunState>,
    observed: &Observed,
) -> Reported {
    let Some(RunState::Failed { id, status }) = stored else {
        return report_bug(session, run_title);
    };
    let part = |field: &Option<schema::Text>, label: &str| {
        let (response, _) = observed.polled.as_ref()?;
        Some(format!(
            "\n{label}: {}",
            report_field(session, field.as_ref(), response)?
        ))
    };
    let parts = [
        part(&job.report.error, "Error").unwrap_or_default(),
        part(&job.report.step, "Last step").unwrap_or_default(),
        part(&job.report.message, "Last message").unwrap_or_default(),
        id_lines(Some(id)),
    ];
    let status = session.context.api.clean(status, &[]);
    let next = match session.phase {
        Phase::Create => {
            "Fix the cause first. State has the object as tainted: the next `terraform apply` replaces it and starts another \
             run."
        }
        Phase::Update | Phase::Delete => {
            "Fix the cause first. The next `terraform apply` replaces the object and starts another run."
        }
    };
    session.diagnostics.error(
        &summaries::RUN_FAILED,
        format!(
            "The {run_title} ended with the status `{status}`.{}\n\n{next}",
            parts.concat()
        ),
    )
}

/// Warns that Terraform waited for another run, and that the object cannot show whether that run did the work.
pub fn warn_other_run(session: &mut Session<'_>, job: &Job, state: &State) {
    let object = title(session.resource, &session.progress.lock().state);
    session.diagnostics.warning_at(
        Path::root(),
        &summaries::OTHER_RUN,
        format!(
            "A {} of {object} was active already, so Terraform waited for it and did not start another one. An interrupted \
             apply, another client, or this apply (without getting the response) may have started it.{}\n\nCheck in the \
             control plane's dashboard whether the run was for the current configuration. If it was not, run \
             `terraform apply -replace=…`.",
            run_label(job),
            id_lines(state.run_state().as_ref().and_then(RunState::id))
        ),
    );
}

/// Warns that the result of a run cannot be determined, and that no other run was started.
fn warn_unconfirmed(session: &mut Session<'_>, job: &Job) {
    let state = session.progress.lock().state.clone();
    let object = title(session.resource, &state);
    let saved = job
        .save
        .iter()
        .filter_map(|(name, _)| Some(format!("\n{name}: {}", state.get(name).as_str()?)));
    session.diagnostics.warning_at(
        Path::root(),
        &summaries::RUN_UNCONFIRMED,
        format!(
            "The {} of {object} may have taken place: an earlier apply requested it, but the response was lost, or the \
             control plane no longer has the run. To avoid a second run, Terraform did not start one now. Check the \
             control plane's dashboard. If the run did not take place, run `terraform apply -replace=…`.{}",
            run_label(job),
            saved.collect::<String>()
        ),
    );
}

/// Reports that an input of the run is another one than this apply's own request set.
pub fn report_changed_input(
    session: &mut Session<'_>,
    job: &Job,
    attribute: &Attribute,
    answered: &Value,
    now: &Value,
) -> Reported {
    let object = title(session.resource, &session.progress.lock().state);
    let detail = format!(
        "During the {} of {object}, `{}` was changed outside this apply: this apply set {}, and it is {} now. The run may have used \
         either. Find out what changed it, for example another configuration that manages the same object, then run `terraform \
         apply` again.",
        run_label(job),
        attribute.name,
        shown(session, answered),
        shown(session, now)
    );
    let path = Path::root().attribute(&attribute.name);
    session
        .diagnostics
        .error_at(path, &summaries::INPUT_CHANGED, detail)
}

/// A value for a diagnostic.
fn shown(session: &Session<'_>, value: &Value) -> String {
    let shown = to_json(value).to_string();
    format!("`{}`", session.context.api.clean(&shown, &value.secrets()))
}

/// Warns that the object could not be refreshed after its run. `cause` is the error, as sentences.
pub fn warn_refresh_failed(session: &mut Session<'_>, cause: &str) {
    let object = title(session.resource, &session.progress.lock().state);
    session.diagnostics.warning_at(
        Path::root(),
        &summaries::REFRESH_AFTER_RUN_FAILED,
        format!(
            "{} could not be refreshed after its run. State keeps the earlier values; the next plan refreshes \
             them.\n\n{cause}",
            capitalised(&object)
        ),
    );
}

/// Describes a run that the provider no longer waits for.
fn describe_run(
    session: &Session<'_>,
    run_title: &str,
    stored: Option<&RunState>,
    observed: &Observed,
) -> String {
    let Some(RunState::Active(run)) = stored else {
        return format!("The {run_title} may have been started: the response to the start was lost.");
    };
    let identity = id_lines(Some(&run.id));
    let clean = |status: &str| session.context.api.clean(status, &[]);
    match &observed.polled {
        Some((
            _,
            RunStatus {
                status,
                succeeded: Some(_),
            },
        )) => format!(
            "The {run_title} ended with the status `{}`; the provider cannot tell yet whether another run is needed.{identity}",
            clean(status)
        ),
        _ => format!(
            "The {run_title} continues without Terraform (status `{}`).{identity}",
            clean(&run.status)
        ),
    }
}

/// The last failed request, if the reason of the wait is in it.
fn last_error(observed: &Observed) -> String {
    let error = observed.error.as_ref();
    error.map(|error| format!("\n\n{error}")).unwrap_or_default()
}

/// Describes how the next apply treats the run.
fn describe_next_apply(stored: Option<&RunState>) -> &'static str {
    match stored {
        Some(RunState::Unconfirmed {
            was_needed: false,
            is_current: true,
        }) => "The next `terraform apply` starts no second run and reports what to do.",
        Some(
            RunState::Unconfirmed {
                is_current: false, ..
            }
            | RunState::Active(ActiveRun {
                is_current: false, ..
            }),
        ) => {
            "The next `terraform apply` waits until the run ends, and then starts a run for the current configuration."
        }
        Some(RunState::Active(ActiveRun {
            origin: Origin::Other,
            ..
        })) => {
            "The next `terraform apply` waits until the run ends, and starts another one only if the object still needs \
             it."
        }
        _ => "The next `terraform apply` waits until the run ends, and starts another one only if it failed.",
    }
}

/// One line for each attribute of a run's identity.
fn id_lines(id: Option<&Id>) -> String {
    id.into_iter()
        .flatten()
        .fold(String::new(), |lines, (attribute, value)| {
            lines + "\n" + attribute + ": " + value
        })
}
