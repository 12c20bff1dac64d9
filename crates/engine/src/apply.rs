//! `ApplyResourceChange`: creates, updates or destroys an object.
//!
//! After an error, an interrupt or a panic, everything that is known to exist still goes into state: [`Progress`] holds
//! it, and is shared with the caller. Rules: <https://github.com/hashicorp/terraform/blob/main/docs/resource-instance-change-lifecycle.md>.
//!
//! Tests: `crates/engine/tests/tables/apply.rs`, `crates/engine/tests/tables/change.rs`.

use jiff::Timestamp;
use schema::{Delete, Phase, Resource};
use serde_json::Value as Json;
use tokio::time::Instant;
use value::{Path, Value};

use crate::api::{Body, Effect, Error, Retry};
use crate::backoff::Backoff;
use crate::context::Context;
use crate::diagnostic::{Diagnostics, Reported};
use crate::equal::is_equivalent;
use crate::hook::Binding;
use crate::job::evidence::OwnChange;
use crate::naming::{capitalised, title};
use crate::object::{ApplyRequest, Known, Progress};
use crate::private::Private;
use crate::report::{Action, Removal, is_gone, is_temporary, with_remedy_for_use};
use crate::run::UNTOUCHED;
use crate::session::{Merged, Session, deadline, is_sent};
use crate::{
    absence, follow, identity, job, plan, protection, recover, references, release, rollout, summaries,
    takeover, wire,
};

/// Applies a change. The new state is in `progress`; the change failed if the diagnostics have an error.
pub async fn apply(
    binding: &Binding,
    context: &Context,
    request: ApplyRequest,
    progress: &Progress,
) -> Diagnostics {
    let phase = match (&request.prior, &request.planned) {
        (Value::Null, _) => Phase::Create,
        (_, Value::Null) => Phase::Delete,
        _ => Phase::Update,
    };
    if let (Phase::Create | Phase::Update, Some(key)) =
        (phase, identity::shared_key(binding.schema, &request.planned))
    {
        context.process.note_used(key);
    }
    context.process.note_change();
    if phase == Phase::Delete {
        let key = identity::key(binding.schema, &request.prior);
        context.process.note_removed(key);
    }
    context.process.forget_check_lists();
    // Terraform passes the private state of the replaced object to its replacement, from version 1.16 on.
    let private = match phase {
        Phase::Create => Private::default(),
        Phase::Update | Phase::Delete => request.private.clone().without_plan(),
    };
    *progress.lock() = Known {
        state: request.prior.clone(),
        private,
    };
    let planned = request.planned.clone();
    let request = ApplyRequest {
        planned: job::result::without(binding.schema, request.planned),
        ..request
    };
    let (handover, is_marked) = match phase {
        Phase::Create => {
            let key = identity::key(binding.schema, &request.planned);
            let handover = job::handover::take(context, binding.schema, &request.planned);
            (handover, request.private.plan_of() == Some(key.as_str()))
        }
        Phase::Update | Phase::Delete => (None, false),
    };
    let mut diagnostics = Diagnostics::default();
    // The timeout begins after the wait.
    let place = rollout::enter(
        context,
        binding.schema,
        phase,
        &request,
        handover.as_ref(),
        progress,
        &mut diagnostics,
    );
    let Ok(place) = place.await else {
        return diagnostics;
    };
    let deadline = deadline(binding.schema, phase, &request);
    let context = Context {
        deadline: Some(deadline),
        ..context.clone()
    };
    let session = Session {
        resource: binding.schema,
        codec: binding.codec(),
        context: &context,
        phase,
        started: (Instant::now(), Timestamp::now()),
        deadline,
        request: &request,
        progress: progress.clone(),
        diagnostics,
    };
    let mut change = Change {
        binding,
        session,
        before: job::Before {
            is_on_purpose: is_marked || handover.as_ref().is_some_and(|handover| handover.is_on_purpose),
            handover,
            ..job::Before::default()
        },
        is_refused: false,
    };
    // Every step reports its own errors.
    let applied = match phase {
        Phase::Create => change.create(is_marked).await,
        Phase::Update => change.update().await,
        Phase::Delete => change.delete().await,
    };
    if let Some(place) = place {
        let applied = match applied {
            Ok(()) => rollout::Applied::Done,
            Err(Reported) if change.is_refused => rollout::Applied::Refused,
            Err(Reported) => rollout::Applied::Failed,
        };
        rollout::leave(&mut change.session, place, applied).await;
    }
    let diagnostics = change.session.diagnostics;
    if diagnostics.errors().next().is_none() {
        job::result::restore(binding.schema, &planned, &mut progress.lock().state);
    }
    diagnostics
}

/// The steps of one change, in order.
struct Change<'a> {
    binding: &'a Binding,
    session: Session<'a>,
    /// What the steps so far found out, for the job.
    before: job::Before,
    /// Whether the object is protected, so that nothing was sent.
    is_refused: bool,
}

impl Change<'_> {
    /// `is_marked`: the plan shows that the object replaces itself.
    async fn create(&mut self, is_marked: bool) -> Result<(), Reported> {
        let session = &mut self.session;
        let (resource, request) = (session.resource, session.request);
        let Some(operation) = &resource.api.create else {
            return Err(session.missing_operation("create"));
        };
        let handover = self.before.handover.as_ref();
        let is_replaced = handover.is_some_and(|handover| handover.half.is_some());
        if takeover::is_applied(resource, &request.config, handover, is_marked) {
            self.before.handover = None;
            return self.take_over().await;
        }
        self.is_refused = protection::refuse_create(session, is_replaced).await.is_err();
        if self.is_refused {
            return Err(Reported);
        }
        let mut body = wire::create_body(&resource.attributes, &request.planned, &request.config);
        session.write_body(&mut body);
        let adopted = adopted_object(session).await;
        recover::note_create(session, &body);
        let created = match recover::create(session, operation, &body).await {
            Ok(response) => recover::identify(session, operation, &body, response).await,
            failed => failed,
        };
        let response = match created {
            Ok(response) => response,
            Err(error) => {
                let reported = session.fail(Action::Create, &error);
                match self.before.handover.take() {
                    Some(handover) => {
                        let is_untouched =
                            error.effect == Effect::None || is_unchanged(session, adopted).await;
                        let mark = is_untouched.then_some(UNTOUCHED);
                        *session.progress.lock() = job::handover::given_back(resource, &handover, mark);
                    }
                    None if error.effect != Effect::None => self.store_claim(),
                    None => {}
                }
                return Err(reported);
            }
        };
        let merged = match session.merge_written(&request.planned, &response, &body).await {
            Ok(merged) => merged,
            Err(reported) => {
                if let Some(handover) = self.before.handover.take() {
                    *session.progress.lock() = job::handover::given_back(resource, &handover, None);
                } else if session.progress.lock().state.is_null() {
                    let unexpected = Error::unexpected_response(operation, "it is about another object");
                    let created = recover::find_created(session, operation, &body, unexpected).await;
                    let is_found =
                        created.is_ok_and(|created| session.merge_response(&created.body, None).is_ok());
                    if is_found {
                        let mut known = session.progress.lock();
                        absence::note_created(session.context, resource, &mut known);
                    } else {
                        self.store_claim();
                    }
                }
                return Err(reported);
            }
        };
        absence::note_created(session.context, resource, &mut session.progress.lock());
        self.before.answered_at = changed_at(resource, &response.body);
        self.before.own_change = match adopted {
            Some(adopted) if !is_changed(session, &adopted, &body) => OwnChange::Nothing,
            _ => OwnChange::At(self.before.answered_at),
        };
        if !response.is_accepted {
            self.before.answered = session.decode(&response.body);
        }
        self.finish(merged).await
    }

    /// Takes the object over as it is: sends only the arguments that differ, and starts no run. After an error or a panic, state does not
    /// have it, so that the next apply takes it over: a tainted object would be replaced.
    async fn take_over(&mut self) -> Result<(), Reported> {
        let state = std::mem::take(&mut self.session.progress);
        let taken = self.take_over_object().await;
        let found = std::mem::replace(&mut self.session.progress, state);
        taken?;
        *self.session.progress.lock() = found.lock().clone();
        Ok(())
    }

    async fn take_over_object(&mut self) -> Result<(), Reported> {
        let found = takeover::examine(&mut self.session).await?;
        let session = &mut self.session;
        let (resource, request) = (session.resource, session.request);
        let before = takeover::object(session, &found);
        let body = wire::update_body(&resource.attributes, &before, &request.planned, &request.config);
        let merged = match (body, &resource.api.update) {
            (Some(mut body), Some(operation)) => {
                session.write_body(&mut body);
                let sent = recover::create(session, operation, &body).await;
                let response = sent.map_err(|error| session.fail(Action::Create, &error))?;
                session.merge_written(&request.planned, &response, &body).await?
            }
            _ => session.merge_response(&found, None)?,
        };
        absence::note_created(session.context, resource, &mut session.progress.lock());
        let key = identity::key(resource, &request.planned);
        session.context.process.note_taken_over(key);
        self.finish_without_run(merged).await
    }

    /// Stores a claim, if the resource can be listed: the planned object without its identity. The next refresh searches
    /// for the object by its name.
    fn store_claim(&mut self) {
        let session = &mut self.session;
        if session.resource.api.list.is_none() {
            return;
        }
        let planned = session.merge_hook_managed(session.request.planned.clone());
        session.progress.lock().state = planned;
        session.diagnostics.warning_at(
            Path::root(),
            &summaries::CREATE_UNCONFIRMED,
            format!(
                "{} may exist: the request to create it got no usable response. State has it as tainted. The next \
                 plan looks it up by its name. If it exists, the plan shows the command that imports it.",
                capitalised(&title(session.resource, &session.request.planned))
            ),
        );
    }

    async fn update(&mut self) -> Result<(), Reported> {
        let session = &mut self.session;
        let ApplyRequest {
            prior,
            planned,
            config,
            ..
        } = session.request;
        if let Some(hook) = self.binding.hook {
            hook.before_update(session).await?;
        }
        let attributes = &session.resource.attributes;
        let Some(mut body) = wire::update_body(attributes, prior, planned, config) else {
            let merged = self.update_locally().await?;
            return self.finish(merged).await;
        };
        session.write_body(&mut body);
        let Some(operation) = &session.resource.api.update else {
            return Err(session.missing_operation("update"));
        };
        let updated = absence::perform(session.context, session.resource, operation, prior, Some(&body));
        let merged = match updated.await {
            Ok(response) => {
                let mut write_only = attributes.iter().filter(|attribute| attribute.write_only);
                if write_only.any(|attribute| is_sent(attribute, &body)) {
                    session.progress.lock().private.is_unsent = false;
                }
                self.before.answered_at = changed_at(session.resource, &response.body);
                self.before.own_change = OwnChange::At(self.before.answered_at);
                if !response.is_accepted {
                    self.before.answered = session.decode(&response.body);
                }
                session.merge_written(prior, &response, &body).await?
            }
            // The control plane confirmed the update, but its response cannot be used.
            Err(error) if error.effect == Effect::Done => {
                tracing::warn!(%error, "cannot use the response to an update; reading the object");
                self.before.own_change = OwnChange::At(None);
                session.refresh_or_report().await?
            }
            Err(error) if is_gone(&error) => {
                let known = session.progress.lock().clone();
                let (context, resource) = (session.context, session.resource);
                absence::confirm(context, resource, &known, &error, &mut session.diagnostics).await?;
                return Err(session.diagnostics.error(
                    &summaries::OBJECT_GONE,
                    format!(
                        "{} was deleted outside Terraform, so it cannot be updated. Run `terraform plan` again: the \
                         new plan creates it.\n\n{error}",
                        capitalised(&title(session.resource, prior))
                    ),
                ));
            }
            Err(error) => return Err(session.fail(Action::Update, &error)),
        };
        absence::note_found(
            session.context,
            session.resource,
            &mut session.progress.lock(),
            prior,
        );
        self.finish(merged).await
    }

    /// Applies an update of values that are not sent to the control plane.
    async fn update_locally(&mut self) -> Result<Merged, Reported> {
        let session = &mut self.session;
        let planned = session.merge_hook_managed(session.merge_job_outputs(&session.request.planned));
        session.progress.lock().state = planned;
        if session.request.planned.is_wholly_known() {
            Ok(Ok(()))
        } else {
            session.refresh_or_report().await
        }
    }

    /// Runs the steps after the declared request: the hook, then the job, unless `merged` is an error.
    async fn finish(&mut self, merged: Merged) -> Result<(), Reported> {
        let finished = self.finish_without_run(merged).await;
        let (session, before) = (&mut self.session, std::mem::take(&mut self.before));
        if let Err(reported) = finished {
            // The next create must find the run.
            if let Some(handover) = &before.handover {
                job::handover::restore_run(session, handover);
            }
            return Err(reported);
        }
        job::run(session, before).await
    }

    async fn finish_without_run(&mut self, merged: Merged) -> Result<(), Reported> {
        let session = &mut self.session;
        {
            let private = &mut session.progress.lock().private;
            private.configured = plan::configured(session.resource, &session.request.config);
            private.shows_apply =
                session.resource.creates_by_update() && session.context.process.has_shown_apply();
        }
        follow::record(session, follow::Scope::Missing).await;
        let prepared = match self.binding.hook {
            Some(hook) => hook.apply(session).await,
            None => Ok(()),
        };
        prepared.and(merged)
    }

    async fn delete(&mut self) -> Result<(), Reported> {
        let session = &mut self.session;
        protection::refuse_delete(session)?;
        takeover::refuse_delete(session)?;
        references::refuse_missing(session).await?;
        match &session.resource.api.delete {
            Delete::None => {}
            Delete::Forget => release::release(session).await?,
            Delete::Call(_) if recover::is_claim(session.resource, &session.request.prior) => {
                let claim = &session.request.prior;
                let (context, resource, codec) = (session.context, session.resource, session.codec);
                recover::drop_claim(context, resource, codec, claim, &mut session.diagnostics).await?;
            }
            Delete::Call(operation) => delete_object(session, operation).await?,
        }
        let deleted = Known {
            state: session.request.prior.clone(),
            private: session.request.private.clone(),
        };
        job::handover::stash(session.context, session.resource, &deleted);
        *session.progress.lock() = Known::default();
        Ok(())
    }
}

/// The object before a create that adopts it, if the times of runs are compared: it shows whether the create
/// changes anything. `None` if the create adopts no object, or the object could not be read.
async fn adopted_object(session: &Session<'_>) -> Option<Value> {
    let (resource, planned) = (session.resource, &session.request.planned);
    let needs_times = resource.job.as_ref().is_some_and(|job| job.created.is_some());
    let read = resource.api.read.as_deref().filter(|_| needs_times)?;
    if !identity::is_identified(resource, planned) {
        return None;
    }
    let response = session.perform(read, planned, None, Retry::Safe).await;
    Some(session.decode(&response.ok()?.body))
}

/// Whether an object that a create adopts is as it was before the request, although it is unknown whether that was carried out.
async fn is_unchanged(session: &Session<'_>, before: Option<Value>) -> bool {
    let now = adopted_object(session).await;
    let (Some(before), Some(now)) = (before, now) else {
        return false;
    };
    let mut attributes = session.resource.attributes.iter();
    attributes.all(|attribute| {
        let is_set = attribute.wire.write.is_some();
        !is_set || is_equivalent(attribute, before.get(&attribute.name), now.get(&attribute.name))
    })
}

/// Whether a request sends another value than the object has.
fn is_changed(session: &Session<'_>, object: &Value, body: &Body) -> bool {
    session.resource.attributes.iter().any(|attribute| {
        let key = attribute.wire.write.as_deref();
        let is_sent = key.is_some_and(|key| body.expose().get(key).is_some());
        let planned = session.request.planned.get(&attribute.name);
        is_sent && !is_equivalent(attribute, planned, object.get(&attribute.name))
    })
}

/// The time of the last change in a response, as the declaration of the job names it.
fn changed_at(resource: &Resource, response: &Json) -> Option<Timestamp> {
    let field = resource.job.as_ref().and_then(|job| job.changed.as_deref())?;
    job::evidence::time(response, field)
}

/// Deletes the object. "Not found" is a success if it shows that the object no longer exists.
async fn delete_object(session: &mut Session<'_>, operation: &str) -> Result<(), Reported> {
    let (context, resource) = (session.context, session.resource);
    let mut known = session.progress.lock().clone();
    match absence::perform(context, resource, operation, &known.state, None).await {
        Ok(response) => {
            let before = known.state.clone();
            absence::note_found(context, resource, &mut known, &before);
            if response.is_accepted {
                wait_until_gone(session, &known.state).await
            } else {
                Ok(())
            }
        }
        Err(error) if is_gone(&error) => {
            absence::confirm(context, resource, &known, &error, &mut session.diagnostics).await
        }
        Err(error) => {
            // Only the delete of a replacement has the plan of a change.
            let removal = match &session.request.private.change {
                Some(_) => Removal::Replaced,
                None => Removal::Destroyed,
            };
            Err(session.fail(Action::Delete, &with_remedy_for_use(&error, removal)))
        }
    }
}

/// Waits until an object is gone whose deletion the control plane has only accepted (202): until then, its name is in use, and so are
/// the objects that it uses.
async fn wait_until_gone(session: &mut Session<'_>, object: &Value) -> Result<(), Reported> {
    let (context, resource) = (session.context, session.resource);
    let Some(read) = &resource.api.read else {
        return Ok(());
    };
    tracing::info!(object = %title(resource, object), "the control plane accepted a delete; waiting until the object is gone");
    let mut backoff = Backoff::default();
    loop {
        match context.perform(resource, read, object, None, Retry::Safe).await {
            Ok(_) => {}
            Err(error) if is_gone(&error) => return Ok(()),
            Err(error) if is_temporary(&error) => {
                tracing::warn!(%error, "failed to read an object that is being deleted; retrying");
            }
            Err(error) => return Err(session.fail(Action::Delete, &error)),
        }
        if !context.sleep(backoff.next_pause()).await {
            break;
        }
    }
    let reason = if context.cancel.is_cancelled() {
        "Terraform was interrupted"
    } else {
        "the timeout ended"
    };
    Err(session.diagnostics.error(
        &summaries::DELETE_FAILED,
        format!(
            "The control plane accepted the request to delete {}, but still had it when {reason}. State keeps it. The next \
             `terraform apply` continues.",
            title(resource, object)
        ),
    ))
}
