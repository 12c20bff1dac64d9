//! Jobs: starts the run of an object, waits for it, and reports its result.
//!
//! A wait that ends early never leads to a second run: the run is kept in the object's private state, and the next plan
//! and apply continue with it. `machine` decides what to do; this module does it, and records each state of the machine.
//!
//! Tests: `machine/`, `crates/engine/tests/tables/job.rs`, `tests/terraform/interruptions.rs`.

pub mod evidence;
pub mod handover;
mod machine;
mod messages;
mod record;
pub mod result;
mod trigger;

use std::ops::ControlFlow;
use std::time::Duration;

use evidence::{OwnChange, Verdict, examine};
use jiff::Timestamp;
use machine::{Action, Event, MIN_RUN_DURATION, Outcome, Rejection, RunStatus, Source, State, next};
use record::{is_needed, record};
use schema::{Job, Phase, Resource};
use serde_json::Value as Json;
use tokio::time::Instant;
use trigger::{is_current, trigger};
use value::Value;

use crate::api::{Body, Effect, Error, ErrorKind, Response, Retry};
use crate::backoff::Backoff;
use crate::context::Context;
use crate::diagnostic::Reported;
use crate::equal::is_equivalent;
use crate::object::Known;
use crate::process::Handover;
use crate::report::{is_gone, is_no_such_path, is_temporary};
use crate::run::{ActiveRun, Id, Run, RunState};
use crate::session::Session;
use crate::shape::{self, literal_value};
use crate::wire::{boolean, find, to_json};
use crate::{follow, identity, rules};

/// Pause between two attempts to find out what an active run installs.
const EXAMINATION_INTERVAL: Duration = Duration::from_secs(5);

/// What the steps of the apply before the job found out.
#[derive(Default)]
pub struct Before {
    /// What the destroyed object left that this one replaces.
    pub handover: Option<Handover>,
    /// Whether this object replaces one that was not tainted. Such an object never joins a run.
    pub is_on_purpose: bool,
    /// What the create or update changed.
    pub own_change: OwnChange,
    /// Time of the response to it, as [`Job::changed`] declares it.
    pub answered_at: Option<Timestamp>,
    /// The object as the response to the create or update has it; null without a response.
    pub answered: Value,
}

/// Starts a run if the job follows this phase, and waits for it, or for one that is still active.
///
/// # Errors
///
/// [`Reported`] if the run failed, or the wait ended early.
pub async fn run(session: &mut Session<'_>, before: Before) -> Result<(), Reported> {
    let Some(job) = session.resource.job.as_ref() else {
        return Ok(());
    };
    if handover::restore_given_back(session, job, before.handover.as_ref()) {
        return Ok(());
    }
    let is_due = job.after.contains(&session.phase);
    let stored = session.progress.lock().private.run.clone();
    let (run, source) = match stored {
        None => (
            before.handover.as_ref().and_then(|handover| handover.run.clone()),
            Source::ReplacedObject,
        ),
        stored => (stored, Source::PrivateState),
    };
    // The trigger is computed from state and not from the plan, which still has unknown values. A replacement computes that of
    // the replaced object from state, too, so both are comparable.
    let object = session.progress.lock().state.clone();
    let is_current = match &run {
        None => true,
        Some(run) if !State::Idle(Some(run.state.clone())).is_current() => false,
        Some(run) => match source {
            // Without a replacement, an unfinished run is picked up, unless the job runs after each change.
            Source::PrivateState => !is_due || before.own_change == OwnChange::Nothing,
            _ if before.is_on_purpose => false,
            _ => {
                is_current(&run.trigger, session.resource, &object, &session.request.config)
                    && is_run_current(session, job, run, before.own_change).await
            }
        },
    };
    let event = Event::Applied {
        is_due,
        is_current,
        source,
        is_needed: is_needed(job, &object),
    };
    let (stored, started_for) = run.map(|run| (run.state, run.trigger)).unzip();
    let is_possibly_active = matches!(stored, Some(RunState::Unconfirmed { .. }));
    let apply = JobApply {
        job,
        current_trigger: trigger(session.resource, &object),
        started_for: started_for.unwrap_or_default(),
        is_due,
        before,
        backoff: Backoff::default(),
        observed: Observed::default(),
        has_requested: false,
        possibly_active_since: is_possibly_active.then(|| session.elapsed()),
        session,
    };
    apply.play(State::Idle(stored), event).await
}

/// Whether the run of a replaced object does the current work. A start without an identity has no time: the object shows later
/// whether it did.
async fn is_run_current(session: &Session<'_>, job: &Job, run: &Run, own: OwnChange) -> bool {
    let (Some(id), Some(_)) = (run.state.id(), &job.created) else {
        return true;
    };
    examine_patiently(session, job, id, None, own).await == Verdict::Current
}

/// Returns what the times show about a run. A request that fails for a moment is repeated: it shows nothing. After an interrupt or
/// the timeout, the run counts as current, so that no other one is started because of it.
async fn examine_patiently(
    session: &Session<'_>,
    job: &Job,
    id: &Id,
    mut run: Option<Json>,
    own: OwnChange,
) -> Verdict {
    loop {
        let object = session.progress.lock().state.clone();
        let read = match run.take() {
            Some(run) => Ok(Some(run)),
            None => match read_run(session.context, session.resource, job, &object, id).await {
                Ok(run) => Ok(Some(run)),
                Err(error) if is_temporary(&error) => Err(error),
                Err(_) => Ok(None),
            },
        };
        let examined = match read {
            Ok(run) => examine(session, job, run.as_ref(), own).await,
            Err(error) => Err(error),
        };
        let error = match examined {
            Ok(verdict) => return verdict,
            Err(error) => error,
        };
        tracing::warn!(%error, "failed to find out what the active run installs; retrying");
        let until = Instant::now() + EXAMINATION_INTERVAL;
        if until > session.deadline {
            return Verdict::Current;
        }
        tokio::select! {
            biased;
            () = session.context.cancel.cancelled() => return Verdict::Current,
            () = tokio::time::sleep_until(until) => {}
        }
    }
}

/// The job's part of one apply.
struct JobApply<'w, 'a> {
    session: &'w mut Session<'a>,
    job: &'a Job,
    /// Trigger of a run that this apply starts.
    current_trigger: Json,
    /// Trigger of the run that this apply found.
    started_for: Json,
    /// Whether the job runs after this phase.
    is_due: bool,
    before: Before,
    backoff: Backoff,
    observed: Observed,
    /// Whether this apply has sent a start.
    has_requested: bool,
    /// Time from the beginning of this apply until a run may have become active without a response that identifies it:
    /// the first start whose response was lost, or the beginning of the job's part if an earlier apply sent that start.
    possibly_active_since: Option<Duration>,
}

/// The last responses about the run, for diagnostics and logs.
#[derive(Default)]
struct Observed {
    /// The last response to a poll, as JSON and as the machine got it.
    polled: Option<(Json, RunStatus)>,
    /// The step of the run that was logged last.
    step: Option<String>,
    /// The error of the last request that failed; `None` if it is in the diagnostics already.
    error: Option<Error>,
}

impl JobApply<'_, '_> {
    /// Performs the actions of the machine until none is left. `state` is that of the machine.
    async fn play(mut self, mut state: State, mut event: Event) -> Result<(), Reported> {
        loop {
            let (following, actions) = next(state, event);
            state = following;
            self.record(&state);
            match self.perform(&state, &actions).await {
                ControlFlow::Continue(result) => event = result,
                ControlFlow::Break(result) => return result,
            }
        }
    }

    fn record(&self, state: &State) {
        let is_new = self.has_requested || matches!(state, State::Starting(_));
        let trigger = if is_new && state.is_current() {
            &self.current_trigger
        } else {
            &self.started_for
        };
        let mut known = self.session.progress.lock();
        record(&mut known, self.job, state, trigger);
        // After a panic, Terraform taints the object that was created.
        let is_in_progress = !matches!(state, State::Idle(_));
        if let (Some(run), Phase::Create) = (&mut known.private.run, self.session.phase) {
            run.tainted = is_in_progress;
        }
    }

    async fn perform(
        &mut self,
        state: &State,
        actions: &[Action],
    ) -> ControlFlow<Result<(), Reported>, Event> {
        for action in actions {
            let event = match action {
                Action::Pause(pause) => self.pause(*pause).await,
                Action::Backoff => {
                    let pause = self.backoff.next_pause();
                    self.pause(pause).await
                }
                Action::SendStart => Some(self.send_start().await),
                Action::PollRun => match state {
                    State::Following { run, .. } => Some(self.poll_run(run).await),
                    state => return ControlFlow::Break(self.finish(state, Outcome::Unexpected).await),
                },
                Action::ReadObject => Some(self.read_object().await),
                Action::WarnOtherRun => {
                    messages::warn_other_run(self.session, self.job, state);
                    None
                }
                Action::Finish(outcome) => return ControlFlow::Break(self.finish(state, *outcome).await),
            };
            if let Some(event) = event {
                return ControlFlow::Continue(event);
            }
        }
        if actions.is_empty() {
            return ControlFlow::Break(Ok(()));
        }
        let since = self.possibly_active_since.unwrap_or_default();
        ControlFlow::Continue(Event::PauseEnded {
            is_late: self.session.elapsed() > since + MIN_RUN_DURATION,
        })
    }

    /// Waits, with a single timer. Returns the event that ended the wait early, if there is one.
    async fn pause(&self, pause: Duration) -> Option<Event> {
        let until = Instant::now() + pause;
        tokio::select! {
            biased;
            () = self.session.context.cancel.cancelled() => return Some(Event::Interrupted),
            () = tokio::time::sleep_until(until.min(self.session.deadline)) => {}
        }
        (until > self.session.deadline).then_some(Event::TimedOut)
    }

    async fn send_start(&mut self) -> Event {
        follow::record(self.session, follow::Scope::All).await;
        let sent_at = self.session.elapsed();
        self.has_requested = true;
        (self.observed, self.backoff) = (Observed::default(), Backoff::default());
        // An earlier start may have been carried out: this one must arrive while the run of that start would be active.
        let mut context = self.session.context.clone();
        if let Some(since) = self.possibly_active_since {
            let latest = self.session.started.0 + since + MIN_RUN_DURATION;
            context.deadline = context.deadline.map(|deadline| deadline.min(latest));
        }
        let error = match start(self.session, &context, self.job).await {
            Ok(response) => {
                let id = started_run_id(self.session.resource, self.job, &response);
                self.possibly_active_since = id.is_none().then_some(sent_at);
                return id.map_or(Event::StartedWithoutId, Event::Started);
            }
            Err(error) => error,
        };
        if error.effect != Effect::None {
            self.possibly_active_since.get_or_insert(sent_at);
        }
        let event = match (error.kind, error.effect) {
            (ErrorKind::Conflict, _) => Event::StartRejected(self.rejection(&error).await),
            (ErrorKind::Cancelled, Effect::None) => Event::StartCancelled,
            (ErrorKind::Cancelled, _) => Event::Interrupted,
            (_, Effect::None) => Event::StartFailed,
            _ => Event::StartResponseLost,
        };
        if matches!(event, Event::StartRejected(Rejection::Run { .. })) {
            self.possibly_active_since = None;
        }
        self.observed.error = Some(error);
        event
    }

    /// Why a start was rejected. Without a replacement, the active run is picked up whatever changed.
    async fn rejection(&self, error: &Error) -> Rejection {
        let Some((id, run)) = run_in_rejection(self.session, self.job, error).await else {
            return if error.is_explained {
                Rejection::Reason
            } else {
                Rejection::Unexplained
            };
        };
        let is_start_lost = self.possibly_active_since.is_some();
        if !self.is_due {
            return Rejection::Run { id, is_current: true };
        }
        // Without a lost start of its own, the replacement of a sound object joins no run.
        if self.before.is_on_purpose && !is_start_lost {
            return Rejection::Run {
                id,
                is_current: false,
            };
        }
        let own = if self.before.is_on_purpose {
            OwnChange::At(self.before.answered_at)
        } else {
            self.before.own_change
        };
        let verdict = examine_patiently(self.session, self.job, &id, run, own).await;
        // If nothing speaks against it, the run is the one of the lost start.
        let is_current = verdict == Verdict::Current || (verdict == Verdict::Unknown && is_start_lost);
        Rejection::Run { id, is_current }
    }

    async fn poll_run(&mut self, run: &ActiveRun) -> Event {
        let session = &mut *self.session;
        let object = session.progress.lock().state.clone();
        let response = tokio::select! {
            biased;
            () = session.context.cancel.cancelled() => return Event::Interrupted,
            response = read_run(session.context, session.resource, self.job, &object, &run.id) => response,
            () = tokio::time::sleep_until(session.deadline) => return Event::TimedOut,
        };
        match response {
            Ok(response) => {
                messages::log_progress(session, self.job, &response, &mut self.observed.step);
                let status = run_status(self.job, &response).unwrap_or_else(|| RunStatus {
                    status: run.status.clone(),
                    succeeded: None,
                });
                self.observed.polled = Some((response, status.clone()));
                Event::Polled(status)
            }
            Err(error) => self.on_read_error("failed to read the run", error),
        }
    }

    async fn read_object(&mut self) -> Event {
        match self.session.refresh().await {
            Ok(Ok(())) => Event::ObjectRead(is_needed(self.job, &self.session.progress.lock().state)),
            Ok(Err(Reported)) => {
                self.observed.error = None;
                Event::PermanentError
            }
            Err(error) if is_gone(&error) => {
                self.observed.error = Some(error);
                Event::PermanentError
            }
            Err(error) => self.on_read_error("failed to refresh the object", error),
        }
    }

    fn on_read_error(&mut self, log_message: &str, error: Error) -> Event {
        let event = match error.kind {
            _ if is_temporary(&error) => {
                tracing::warn!(error = %error, "{log_message}; retrying");
                Event::TransientError
            }
            ErrorKind::Cancelled => Event::Interrupted,
            _ if is_gone(&error) => Event::RunNotFound,
            _ => Event::PermanentError,
        };
        self.observed.error = Some(error);
        event
    }

    async fn finish(&mut self, state: &State, outcome: Outcome) -> Result<(), Reported> {
        if let (Some(run), Phase::Create) =
            (&mut self.session.progress.lock().private.run, self.session.phase)
        {
            run.tainted = outcome.is_error();
        }
        messages::report_outcome(self.session, self.job, state, outcome, &self.observed)?;
        refresh_after_run(self.session, self.job, &self.before.answered).await
    }
}

/// Refreshes the object after its run. A failure is a warning: an error would taint the object, and the next apply
/// would repeat the run.
///
/// # Errors
///
/// [`Reported`] if the object has other inputs of the run than in the response to this apply's own request: another client
/// changed them, and the run may have used either.
async fn refresh_after_run(session: &mut Session<'_>, job: &Job, answered: &Value) -> Result<(), Reported> {
    let Some(operation) = &session.resource.api.read else {
        return Ok(());
    };
    let object = session.progress.lock().state.clone();
    let response = match session.perform(operation, &object, None, Retry::Safe).await {
        Ok(response) => response,
        Err(error) => {
            messages::warn_refresh_failed(session, &error.to_string());
            return Ok(());
        }
    };
    let earlier = std::mem::take(&mut session.diagnostics);
    let merged = session.merge_response(&response.body, None).flatten();
    let reported = std::mem::replace(&mut session.diagnostics, earlier);
    if merged.is_err() {
        let cause = reported.errors().next().map(|error| error.detail.clone());
        messages::warn_refresh_failed(session, &cause.unwrap_or_default());
        return Ok(());
    }
    session.diagnostics.append(reported);
    if answered.is_null() {
        return Ok(());
    }
    let now = session.decode(&response.body);
    let inputs = session.resource.attributes.iter().filter(|attribute| {
        attribute.force_new
            && attribute.returned
            && !attribute.wire.read.is_empty()
            && attribute.mode.is_settable()
    });
    let planned = session.request.planned.clone();
    let mut result = Ok(());
    for attribute in inputs {
        let name = &attribute.name;
        let (answered, now) = (answered.get(name), now.get(name));
        // A response may lack a value, or still have the one from before the change.
        let is_unclear =
            answered.is_null() || now.is_null() || is_equivalent(attribute, planned.get(name), now);
        if !is_unclear && !is_equivalent(attribute, answered, now) {
            result = Err(messages::report_changed_input(
                session, job, attribute, answered, now,
            ));
        }
    }
    result
}

/// Polls a run that was still active once, as part of Terraform's refresh, and records the result in `known`.
///
/// A poll that fails leaves the run as it was.
pub async fn refresh(context: &Context, resource: &Resource, known: &mut Known) {
    let (Some(job), Some(run)) = (resource.job.as_ref(), known.private.run.clone()) else {
        return;
    };
    let state = State::Idle(Some(run.state));
    let polled = match state.run_state() {
        Some(RunState::Active(active)) if state.is_polled_by_refresh() => {
            match read_run(context, resource, job, &known.state, &active.id).await {
                Ok(response) => run_status(job, &response),
                Err(error) => {
                    tracing::warn!(error = %error, "failed to read the pending run");
                    None
                }
            }
        }
        _ => None,
    };
    let event = Event::Refreshed {
        polled,
        is_needed: is_needed(job, &known.state),
        is_tainted: run.tainted,
    };
    let (following, _) = next(state.clone(), event);
    if following != state {
        record(known, job, &following, &run.trigger);
        if let Some(stored_run) = &mut known.private.run {
            stored_run.tainted = run.tainted;
        }
    }
}

/// Sends the start, and returns the body of its response.
async fn start(session: &Session<'_>, context: &Context, job: &Job) -> Result<Json, Error> {
    let body: serde_json::Map<String, Json> = job
        .body
        .iter()
        .map(|(key, value)| (key.to_string(), to_json(&literal_value(value, &[]))))
        .collect();
    let object = session.progress.lock().state.clone();
    let body = Body::new(Json::Object(body), Vec::new());
    let started = context.perform(session.resource, &job.start, &object, Some(&body), Retry::Unsafe);
    let Response { body, .. } = started.await?;
    Ok(body)
}

/// The identity of the run in the response to a start; `None` if a part is missing or invalid.
fn started_run_id(resource: &Resource, job: &Job, response: &Json) -> Option<Id> {
    let saved = job.save.iter().map(|(attribute, field)| {
        let value = find(response, field)?;
        let target = resource.attribute(attribute)?;
        let value = value.as_str()?;
        rules::is_valid(target, &Value::string(value)).then(|| (attribute.to_string(), value.to_owned()))
    });
    saved.collect()
}

/// The active run because of which a start was rejected: the first word of the rejection's detail that is a valid
/// identity, and of which the API has a run. That run may have ended meanwhile. The second value is the run, if it could be read.
async fn run_in_rejection(session: &Session<'_>, job: &Job, error: &Error) -> Option<(Id, Option<Json>)> {
    let (attribute, _) = job.save.first()?;
    // Without a declared format, any word would be valid.
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
    let ids = words.filter(|word| rules::is_valid(identity, &shape::string_value(identity, word)));
    for word in ids.filter(|word| !is_own(word)) {
        let id = Id::from([(attribute.to_string(), word.to_owned())]);
        match read_run(session.context, session.resource, job, &object, &id).await {
            Ok(response) if find(&response, &job.status).is_some() => return Some((id, Some(response))),
            Ok(_) => {}
            Err(error) if is_gone(&error) || is_no_such_path(&error) => {}
            // The error is reported when the run is followed.
            Err(_) => return Some((id, None)),
        }
    }
    None
}

/// Reads a run of an object once.
async fn read_run(
    context: &Context,
    resource: &Resource,
    job: &Job,
    object: &Value,
    id: &Id,
) -> Result<Json, Error> {
    let mut object = object.clone();
    for (attribute, value) in id {
        object.set_attribute(attribute, Value::string(value.as_str()));
    }
    let response = context
        .perform(resource, &job.poll, &object, None, Retry::Safe)
        .await?;
    Ok(response.body)
}

/// The status of a run in the response to a poll; `None` if it has none. A status that the declaration does not list is
/// not final, unless the declared `terminal` field of the response is true.
fn run_status(job: &Job, response: &Json) -> Option<RunStatus> {
    let Some(Json::String(status)) = find(response, &job.status) else {
        return None;
    };
    let is_done = job.done.iter().any(|done| *done == status);
    let has_failed = job.failed.iter().any(|failed| *failed == status);
    let is_terminal = job
        .terminal
        .as_deref()
        .and_then(|field| boolean(&find(response, field)?));
    let is_final = is_done || has_failed || is_terminal == Some(true);
    Some(RunStatus {
        status,
        succeeded: is_final.then_some(is_done),
    })
}
