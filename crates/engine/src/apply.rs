//! `ApplyResourceChange`: creates, changes or destroys an object.
//!
//! Whatever happens (an error, an interrupt, a bug), what is known to exist by then goes into state. [`Progress`] holds
//! it and is shared with the caller, who reads it even after a panic.
//!
//! Tests: `crates/engine/tests/tables/apply.rs`, `crates/engine/tests/tables/change.rs`.

use jiff::Timestamp;
use schema::{Delete, Phase};
use tokio::time::Instant;
use value::{Path, Value};

use crate::api::{Effect, Retry};
use crate::context::Context;
use crate::diagnostic::{Diagnostics, Reported};
use crate::hook::Binding;
use crate::object::{ApplyRequest, Known, Progress};
use crate::recover::{Claimed, Unclear};
use crate::report::{Action, is_gone};
use crate::session::{Session, deadline};
use crate::words::{capitalised, title};
use crate::{identity, job, plan, recover, summaries, wire};

/// Applies a change. The outcome is in `progress`, and in the diagnostics whether it failed.
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
    *progress.lock() = Known {
        state: request.prior.clone(),
        private: request.private.clone(),
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
        began: (Instant::now(), Timestamp::now()),
        deadline,
        request: &request,
        progress: progress.clone(),
        diagnostics: Diagnostics::default(),
    };
    let mut change = Change { binding, session };
    let applied = match phase {
        Phase::Create => change.create().await,
        Phase::Update => change.update().await,
        Phase::Delete => change.delete().await,
    };
    let session = change.session;
    if applied.is_err() && phase == Phase::Create {
        job::handover::restore_unclaimed(&session);
    }
    session.diagnostics
}

/// A change, in the order of its calls.
struct Change<'a> {
    binding: &'a Binding,
    session: Session<'a>,
}

impl Change<'_> {
    async fn create(&mut self) -> Result<(), Reported> {
        let session = &mut self.session;
        let (resource, request) = (session.resource, session.request);
        let Some(operation) = &resource.api.create else {
            return Err(session.undeclared("create"));
        };
        let mut body = wire::create_body(&resource.attributes, &request.planned, &request.config);
        session.write_body(&mut body);
        let called = session.perform(operation, &request.planned, Some(&body), Retry::Unsafe);
        let answer = match called.await {
            Err(error) => recover::lost_create(session, operation, &body, error).await,
            answer => answer,
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                let reported = session.fail(Action::Create, &error);
                if error.effect != Effect::None {
                    self.claim();
                }
                return Err(reported);
            }
        };
        let learned = match session.absorb_response(&answer.body) {
            Ok(learned) => learned,
            Err(reported) => {
                self.claim();
                return Err(reported);
            }
        };
        let key = identity::key(resource, &session.progress.lock().state);
        session.context.process.note_created(key);
        self.finish(learned).await
    }

    /// Keeps in state what may have been created, so that the next plan looks for it, where that is possible.
    fn claim(&mut self) {
        let session = &mut self.session;
        if session.resource.api.list.is_none() {
            return;
        }
        let planned = session.merge_hook_managed(session.request.planned.clone());
        {
            let mut known = session.progress.lock();
            known.state = planned;
            known.private.claimed = Some(session.began.1.as_second());
        }
        session.diagnostics.warning_at(
            Path::root(),
            &summaries::CREATE_UNCONFIRMED,
            format!(
                "{} may exist: the request to create it got no usable response. State has it as tainted. The next \
                 plan looks it up by its name and replaces it if it exists, or else creates it.",
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
            let learned = self.update_nothing().await?;
            return self.finish(learned).await;
        };
        session.write_body(&mut body);
        let Some(operation) = &session.resource.api.update else {
            return Err(session.undeclared("update"));
        };
        let learned = match session.perform(operation, prior, Some(&body), Retry::Safe).await {
            // Some versions answer an update with nothing.
            Ok(answer) if answer.body.is_null() => {
                session.progress.lock().state = prior.clone();
                session.refresh_or_report().await?
            }
            Ok(answer) => session.absorb_response(&answer.body)?,
            Err(error) if is_gone(&error) => {
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
        self.finish(learned).await
    }

    /// An update that concerns only what the control plane does not have.
    async fn update_nothing(&mut self) -> Result<Result<(), Reported>, Reported> {
        let session = &mut self.session;
        let planned = session.merge_hook_managed(session.merge_job_outputs(&session.request.planned));
        session.progress.lock().state = planned;
        if session.request.planned.is_wholly_known() {
            Ok(Ok(()))
        } else {
            session.refresh_or_report().await
        }
    }

    /// What follows the declared call: the hook's further calls, then the job, unless something of the call's answer could
    /// not be `learned`.
    async fn finish(&mut self, learned: Result<(), Reported>) -> Result<(), Reported> {
        let session = &mut self.session;
        session.progress.lock().private.configured =
            plan::configured(session.resource, &session.request.config);
        if let Some(hook) = self.binding.hook {
            hook.apply(session).await?;
        }
        learned?;
        job::run(session).await
    }

    async fn delete(&mut self) -> Result<(), Reported> {
        let session = &mut self.session;
        match &session.resource.api.delete {
            Delete::None | Delete::Forget => {}
            Delete::Call(operation) => end(session, operation).await?,
        }
        job::handover::stash(session.context, session.resource, &session.request.prior);
        *session.progress.lock() = Known::default();
        Ok(())
    }
}

/// Deletes the object, or what a claim stands for.
async fn end(session: &mut Session<'_>, operation: &str) -> Result<(), Reported> {
    let (resource, prior) = (session.resource, &session.request.prior);
    let claimed = if recover::is_claim(resource, prior) {
        let claim = Known {
            state: prior.clone(),
            private: session.request.private.clone(),
        };
        recover::identify(session.context, resource, session.codec, &claim).await
    } else {
        Ok(Claimed::Object(prior.clone()))
    };
    let object = match claimed {
        Ok(Claimed::Object(object)) => object,
        Ok(Claimed::Nothing) => return Ok(()),
        Ok(Claimed::Unclear(Unclear { detail })) => {
            return Err(session.diagnostics.error(&summaries::CLAIM_UNCLEAR, detail));
        }
        Err(error) => return Err(session.fail(Action::Find, &error)),
    };
    match session.perform(operation, &object, None, Retry::Safe).await {
        Err(error) if !is_gone(&error) => Err(session.fail(Action::Delete, &error)),
        _ => Ok(()),
    }
}
