//! Long-running work: starts a run, waits for it, and reports what became of it. A wait never costs a second run: what is
//! known of a run goes into the object's private state, and the next plan and apply pick it up.
//!
//! `machine` decides; here is done what it asks for. Tests: `machine/`, `tests/terraform/interruptions.rs`.

pub mod handover;
mod machine;
mod messages;
mod pauses;
mod record;
mod trigger;

use std::ops::ControlFlow;
use std::time::Duration;

use machine::{Action, Ending, Event, Report, SOON, Source, State, next};
use pauses::Pauses;
use record::{is_needed, record};
use schema::{Job, Phase, Resource};
use serde_json::Value as Json;
use tokio::time::Instant;
use trigger::{fits, trigger};
use value::Value;

use crate::api::{Body, Effect, Error, ErrorKind, Response, Retry};
use crate::context::Context;
use crate::diagnostic::Reported;
use crate::object::Known;
use crate::report::is_gone;
use crate::run::{Going, Id, Remembered, Run};
use crate::session::Session;
use crate::shape::{self, literal_value};
use crate::wire::{find, to_json};
use crate::{identity, rules};

/// Runs the job where it follows this phase, and waits for a run that is still going.
///
/// # Errors
///
/// [`Reported`], where a run failed or its wait ended early.
pub async fn run(session: &mut Session<'_>) -> Result<(), Reported> {
    let Some(job) = session.resource.job.as_ref() else {
        return Ok(());
    };
    let (run, source) = pending(session);
    // What was planned as unknown is answered by now, and state is all that a replacement knows of the old object.
    let object = session.progress.lock().state.clone();
    let event = Event::Applied {
        is_due: job.after.contains(&session.phase),
        fits: run
            .as_ref()
            .is_none_or(|run| fits(&run.trigger, session.resource, &object, &session.request.config)),
        source,
        is_needed: is_needed(job, &object),
    };
    let (remembered, started_for) = run.map(|run| (run.state, run.trigger)).unzip();
    let may_be_going = matches!(remembered, Some(Remembered::Unconfirmed { .. }));
    let work = Work {
        job,
        wanted: trigger(session.resource, &object),
        started_for: started_for.unwrap_or_default(),
        pauses: Pauses::default(),
        seen: Seen::default(),
        has_requested: false,
        may_be_going_since: may_be_going.then(|| session.elapsed()),
        session,
    };
    work.play(State::Resting(remembered), event).await
}

/// What is remembered of a run: by the object itself, or by the one that it replaces.
fn pending(session: &Session<'_>) -> (Option<Run>, Source) {
    let remembered = session.progress.lock().private.run.clone();
    match remembered {
        None if session.phase == Phase::Create => {
            let left = handover::claim(session.context, session.resource, &session.request.planned);
            (left, Source::Predecessor)
        }
        remembered => (remembered, Source::Memory),
    }
}

/// The part of an apply that runs a job.
struct Work<'w, 'a> {
    session: &'w mut Session<'a>,
    job: &'a Job,
    /// What a run of this apply is started for.
    wanted: Json,
    /// What the remembered run was started for.
    started_for: Json,
    pauses: Pauses,
    seen: Seen,
    /// Whether a start was sent.
    has_requested: bool,
    /// When the first start was sent that may have been carried out; for one of an earlier apply, when this one began.
    may_be_going_since: Option<Duration>,
}

/// What was last seen of the run, for the report to the user.
#[derive(Default)]
struct Seen {
    /// The last answer about the run, and what the machine took from it.
    report: Option<(Json, Report)>,
    /// The step that was last logged.
    step: Option<String>,
    /// The error of the last call that failed; `None` where it is in the diagnostics already.
    error: Option<Error>,
}

impl Work<'_, '_> {
    /// Plays the machine until it has no action left.
    async fn play(mut self, mut state: State, mut event: Event) -> Result<(), Reported> {
        loop {
            let (following, actions) = next(state, event);
            state = following;
            self.record(&state);
            match self.perform(&state, &actions).await {
                ControlFlow::Continue(happened) => event = happened,
                ControlFlow::Break(result) => return result,
            }
        }
    }

    fn record(&self, state: &State) {
        let is_new = self.has_requested || matches!(state, State::Starting(_));
        let trigger = if is_new && state.is_wanted() {
            &self.wanted
        } else {
            &self.started_for
        };
        let mut known = self.session.progress.lock();
        record(&mut known, self.job, state, trigger);
        // A panic would be an error: Terraform then replaces what was created.
        let is_under_way = !matches!(state, State::Resting(_));
        if let (Some(run), Phase::Create) = (&mut known.private.run, self.session.phase) {
            run.tainted = is_under_way;
        }
    }

    async fn perform(
        &mut self,
        state: &State,
        actions: &[Action],
    ) -> ControlFlow<Result<(), Reported>, Event> {
        for action in actions {
            let happened = match action {
                Action::Pause(pause) => self.pause(*pause).await,
                Action::Backoff => {
                    let pause = self.pauses.next();
                    self.pause(pause).await
                }
                Action::Request => Some(self.request().await),
                Action::Poll => match state {
                    State::Following { going, .. } => Some(self.poll(going).await),
                    state => return ControlFlow::Break(self.finish(state, Ending::Unexpected).await),
                },
                Action::Look => Some(self.look().await),
                Action::WarnTakenOver => {
                    messages::taken_over(self.session, self.job, state);
                    None
                }
                Action::Finish(ending) => return ControlFlow::Break(self.finish(state, *ending).await),
            };
            if let Some(happened) = happened {
                return ControlFlow::Continue(happened);
            }
        }
        if actions.is_empty() {
            return ControlFlow::Break(Ok(()));
        }
        let since = self.may_be_going_since.unwrap_or_default();
        ControlFlow::Continue(Event::Waited {
            is_late: self.session.elapsed() > since + SOON,
        })
    }

    /// Waits, with a single timer; what ended the wait, where something did.
    async fn pause(&self, pause: Duration) -> Option<Event> {
        let until = Instant::now() + pause;
        tokio::select! {
            biased;
            () = self.session.context.cancel.cancelled() => return Some(Event::Interrupted),
            () = tokio::time::sleep_until(until.min(self.session.deadline)) => {}
        }
        (until > self.session.deadline).then_some(Event::TimedOut)
    }

    async fn request(&mut self) -> Event {
        let asked = self.session.elapsed();
        self.has_requested = true;
        (self.seen, self.pauses) = (Seen::default(), Pauses::default());
        // An earlier start may have been carried out: this one has to arrive while its run would be going.
        let mut context = self.session.context.clone();
        if let Some(since) = self.may_be_going_since {
            let latest = self.session.began.0 + since + SOON;
            context.deadline = context.deadline.map(|deadline| deadline.min(latest));
        }
        let error = match start(self.session, &context, self.job).await {
            Ok(answer) => {
                self.may_be_going_since = None;
                let named = started_id(self.session.resource, self.job, &answer);
                return named.map_or(Event::StartedWithoutId, Event::Started);
            }
            Err(error) => error,
        };
        if error.effect != Effect::None {
            self.may_be_going_since.get_or_insert(asked);
        }
        let event = match (error.kind, error.effect) {
            (ErrorKind::Conflict, _) => Event::Refused(mentioned(self.session, self.job, &error).await),
            (ErrorKind::Cancelled, Effect::None) => Event::Withdrawn,
            (ErrorKind::Cancelled, _) => Event::Interrupted,
            (_, Effect::None) => Event::NotStarted,
            _ => Event::Unanswered,
        };
        if matches!(event, Event::Refused(Some(_))) {
            self.may_be_going_since = None;
        }
        self.seen.error = Some(error);
        event
    }

    async fn poll(&mut self, going: &Going) -> Event {
        let session = &mut *self.session;
        let object = session.progress.lock().state.clone();
        let polled = tokio::select! {
            biased;
            () = session.context.cancel.cancelled() => return Event::Interrupted,
            polled = poll(session.context, session.resource, self.job, &object, &going.id) => polled,
            () = tokio::time::sleep_until(session.deadline) => return Event::TimedOut,
        };
        match polled {
            Ok(answer) => {
                messages::progress(session, self.job, &answer, &mut self.seen.step);
                let report = report(self.job, &answer).unwrap_or_else(|| Report {
                    status: going.status.clone(),
                    succeeded: None,
                });
                self.seen.report = Some((answer, report.clone()));
                Event::Polled(report)
            }
            Err(error) => self.failed("failed to read the run", error),
        }
    }

    async fn look(&mut self) -> Event {
        match self.session.refresh().await {
            Ok(Ok(())) => Event::Looked(is_needed(self.job, &self.session.progress.lock().state)),
            Ok(Err(Reported)) => {
                self.seen.error = None;
                Event::Failed
            }
            Err(error) if is_gone(&error) => {
                self.seen.error = Some(error);
                Event::Failed
            }
            Err(error) => self.failed("failed to refresh the object", error),
        }
    }

    fn failed(&mut self, what: &str, error: Error) -> Event {
        let event = match error.kind {
            _ if error.is_transient() => {
                tracing::warn!(error = %error, "{what}; retrying");
                Event::NotAnswered
            }
            ErrorKind::Cancelled => Event::Interrupted,
            _ if is_gone(&error) => Event::Missing,
            _ => Event::Failed,
        };
        self.seen.error = Some(error);
        event
    }

    async fn finish(&mut self, state: &State, ending: Ending) -> Result<(), Reported> {
        if let (Some(run), Phase::Create) =
            (&mut self.session.progress.lock().private.run, self.session.phase)
        {
            run.tainted = ending.is_error();
        }
        messages::finish(self.session, self.job, state, ending, &self.seen)?;
        look_afterwards(self.session).await;
        Ok(())
    }
}

/// Reads what the run has changed. An error here would taint the object, and have all of it done again.
async fn look_afterwards(session: &mut Session<'_>) {
    let before = std::mem::take(&mut session.diagnostics);
    let looked = session.refresh().await;
    let reported = std::mem::replace(&mut session.diagnostics, before);
    let why = match looked {
        Ok(Ok(())) => {
            session.diagnostics.append(reported);
            return;
        }
        Ok(Err(Reported)) => reported.errors().next().map(|error| error.detail.clone()),
        Err(error) => Some(error.to_string()),
    };
    messages::unread(session, &why.unwrap_or_default());
}

/// Looks once, in a refresh, at a run that was still going.
pub async fn refresh(context: &Context, resource: &Resource, known: &mut Known) {
    let (Some(job), Some(run)) = (resource.job.as_ref(), known.private.run.clone()) else {
        return;
    };
    let state = State::Resting(Some(run.state));
    let report = match state.remembered() {
        Some(Remembered::Going(going)) if state.is_refreshed() => {
            match poll(context, resource, job, &known.state, &going.id).await {
                Ok(answer) => report(job, &answer),
                Err(error) => {
                    tracing::warn!(error = %error, "failed to read the pending run");
                    None
                }
            }
        }
        _ => None,
    };
    let event = Event::Refreshed {
        report,
        is_needed: is_needed(job, &known.state),
        is_tainted: run.tainted,
    };
    let (following, _) = next(state.clone(), event);
    if following != state {
        record(known, job, &following, &run.trigger);
        if let Some(kept) = &mut known.private.run {
            kept.tainted = run.tainted;
        }
    }
}

async fn start(session: &Session<'_>, context: &Context, job: &Job) -> Result<Json, Error> {
    let body: serde_json::Map<String, Json> = job
        .body
        .iter()
        .map(|(key, value)| (key.to_string(), to_json(&literal_value(value, &[]))))
        .collect();
    let object = session.progress.lock().state.clone();
    let body = Body::new(Json::Object(body), Vec::new());
    let call = context.perform(session.resource, &job.start, &object, Some(&body), Retry::Unsafe);
    let Response { body, .. } = call.await?;
    Ok(body)
}

/// Which run the answer to a start names, if it does so in the declared form.
fn started_id(resource: &Resource, job: &Job, answer: &Json) -> Option<Id> {
    let saved = job.save.iter().map(|(attribute, field)| {
        let value = find(answer, field)?;
        let target = resource.attribute(attribute)?;
        let value = value.as_str()?;
        rules::is_valid(target, &Value::string(value)).then(|| (attribute.to_string(), value.to_owned()))
    });
    saved.collect()
}

/// The run that a refusal is for: a word of its text that has the form of a run's identity counts, unless the API has no
/// run of that name. It may have ended meanwhile.
async fn mentioned(session: &Session<'_>, job: &Job, error: &Error) -> Option<Id> {
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
        let id = Id::from([(attribute.to_string(), word.to_owned())]);
        let is_a_run = match poll(session.context, session.resource, job, &object, &id).await {
            Ok(answer) => find(&answer, &job.status).is_some(),
            // Whatever else is wrong, the wait for it reports.
            Err(error) => !is_gone(&error),
        };
        if is_a_run {
            return Some(id);
        }
    }
    None
}

/// Reads a run of an object once.
async fn poll(
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
    let answer = context
        .perform(resource, &job.poll, &object, None, Retry::Safe)
        .await?;
    Ok(answer.body)
}

/// What an answer about a run says; `None` where it has no status. Unknown statuses are not final, unless the answer says
/// so.
fn report(job: &Job, answer: &Json) -> Option<Report> {
    let Some(Json::String(status)) = find(answer, &job.status) else {
        return None;
    };
    let is_done = job.done.iter().any(|done| *done == status);
    let has_failed = job.failed.iter().any(|failed| *failed == status);
    let said = job
        .terminal
        .as_deref()
        .and_then(|field| find(answer, field)?.as_bool());
    let is_over = is_done || has_failed || said == Some(true);
    Some(Report {
        status,
        succeeded: is_over.then_some(is_done),
    })
}
