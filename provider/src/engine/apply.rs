//! `ApplyResourceChange`: makes, changes or ends an object.
//!
//! Whatever happens (an error, an interrupt, a bug), what is known to exist by then goes into state. [`Progress`] holds
//! it and is shared with the caller, who reads it even after a panic.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use schema::{Attribute, Delete, Phase, Resource, Scalar};
use serde_json::Value as Json;
use tokio::time::Instant;

use super::context::{Context, capitalised, is_gone, tell, title};
use super::diagnostic::Diagnostics;
use super::equal::same;
use super::hook::{Binding, Hook};
use super::private::Private;
use super::recover::{Claimed, Unclear};
use super::{identity, job, plan, recover, shape, wire};
use crate::client::{Answer, Body, Effect, Error, Repeat};
use crate::duration;
use crate::value::{Path, Value};

/// What Terraform asks.
#[derive(Clone)]
pub struct Request {
    /// The object as it is; null when it is to be created.
    pub prior: Value,
    /// The object as planned; null when it is to be destroyed.
    pub planned: Value,
    /// The configuration, with its write-only values.
    pub config: Value,
    /// What the provider remembers of it.
    pub private: Private,
}

/// What is known of the object so far.
#[derive(Clone, Default)]
pub struct Known {
    /// The object; null where there is none.
    pub state: Value,
    /// What the provider remembers of it.
    pub private: Private,
}

/// What is known so far, shared with whoever has to report it should the work break off.
#[derive(Clone, Default)]
pub struct Progress(Arc<Mutex<Known>>);

impl Progress {
    /// The present knowledge, for reading and changing. A panic elsewhere does not make it unreadable.
    pub fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A copy, ready for Terraform: what is still unknown is null.
    pub fn known(&self, resource: &Resource) -> Known {
        let known = self.lock().clone();
        let state = match known.state {
            Value::Null => Value::Null,
            state => without_unknowns(&resource.attributes, state),
        };
        Known {
            state,
            private: known.private,
        }
    }
}

/// One change under way. Hooks get it to make further calls.
pub struct Session<'a> {
    /// What is applied to.
    pub resource: &'a Resource,
    /// Its hook.
    pub hook: Option<&'static dyn Hook>,
    /// The control plane.
    pub context: &'a Context,
    /// What was asked.
    pub request: &'a Request,
    /// Creating, updating or deleting.
    pub phase: Phase,
    /// When it began, by the clock that nobody sets and by the one that goes on while the machine sleeps.
    pub began: (Instant, Timestamp),
    /// When the declared or configured timeout ends.
    pub deadline: Instant,
    /// What is known so far; update it after each call that changed something.
    pub progress: Progress,
    /// What the user is told.
    pub diagnostics: Diagnostics,
}

/// Applies a change. The outcome is in `progress`.
pub async fn apply(
    binding: &Binding,
    context: &Context,
    request: Request,
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
    let mut session = Session {
        resource: binding.schema,
        hook: binding.hook,
        context: &context,
        phase,
        began: (Instant::now(), Timestamp::now()),
        deadline,
        request: &request,
        progress: progress.clone(),
        diagnostics: Diagnostics::default(),
    };
    match phase {
        Phase::Delete => session.delete().await,
        Phase::Create | Phase::Update => {
            let changed = if phase == Phase::Create {
                session.create().await
            } else {
                session.update().await
            };
            if changed.is_ok() {
                session.finish().await;
            }
            if phase == Phase::Create && session.diagnostics.has_errors() {
                job::handover::keep(&session);
            }
        }
    }
    session.diagnostics
}

/// The call failed, and that was told.
pub struct Failed;

impl Session<'_> {
    async fn create(&mut self) -> Result<(), Failed> {
        let Some(operation) = &self.resource.api.create else {
            return Err(Failed);
        };
        let mut body = wire::create_body(
            &self.resource.attributes,
            &self.request.planned,
            &self.request.config,
        );
        self.write_body(&mut body);
        let called = self.call(operation, &self.request.planned, Some(&body), Repeat::Unsafe);
        let answer = match called.await {
            Err(error) => recover::lost_create(self, operation, &body, error).await,
            answer => answer,
        };
        match answer {
            Ok(answer) => {
                let learnt = self.learn(&answer.body);
                match &learnt {
                    Ok(()) => self.context.made.note(self.resource, &self.progress.lock().state),
                    Err(Failed) if self.resource.api.list.is_some() => self.claim(),
                    Err(Failed) => {}
                }
                learnt
            }
            Err(error) => {
                let failed = self.fail("Creating", &error);
                if error.effect != Effect::None && self.resource.api.list.is_some() {
                    self.claim();
                }
                Err(failed)
            }
        }
    }

    /// Keeps in state what may have been made, so that the next plan looks for it.
    fn claim(&mut self) {
        let planned = self.with_what_exists(self.request.planned.clone());
        {
            let mut known = self.progress.lock();
            known.state = planned;
            known.private.claimed = Some(self.began.1.as_second());
        }
        self.diagnostics.warning_at(
            Path::root(),
            "It is not known whether it was created",
            format!(
                "State has the {} as tainted. The next plan looks for it by its name: what was made is replaced, and \
                 what was not made is created.",
                title(self.resource, &self.request.planned)
            ),
        );
    }

    async fn update(&mut self) -> Result<(), Failed> {
        let Request {
            prior,
            planned,
            config,
            ..
        } = self.request;
        if let Some(hook) = self.hook {
            hook.before_update(self).await;
            if self.diagnostics.has_errors() {
                return Err(Failed);
            }
        }
        let attributes = &self.resource.attributes;
        let Some(mut body) = wire::update_body(attributes, prior, planned, config) else {
            return self.update_nothing().await;
        };
        self.write_body(&mut body);
        let Some(operation) = &self.resource.api.update else {
            return Err(Failed);
        };
        match self.call(operation, prior, Some(&body), Repeat::Safe).await {
            // Some versions answer an update with nothing.
            Ok(answer) if answer.body.is_null() => {
                self.progress.lock().state = self.request.prior.clone();
                self.read_back().await
            }
            Ok(answer) => self.learn(&answer.body),
            Err(error) if is_gone(self.resource, &error) => {
                self.diagnostics.error(
                    format!("{} does not exist any more", capitalised(&title(self.resource, prior))),
                    format!(
                        "It was deleted outside of Terraform, so it cannot be changed. Run `terraform plan` again: \
                         the new plan will create it anew.\n\n{error}"
                    ),
                );
                Err(Failed)
            }
            Err(error) => Err(self.fail("Updating", &error)),
        }
    }

    /// An update that concerns only what the control plane does not have.
    async fn update_nothing(&mut self) -> Result<(), Failed> {
        let planned = self.with_what_exists(self.with_saved(&self.request.planned));
        self.progress.lock().state = planned;
        if self.request.planned.is_wholly_known() {
            Ok(())
        } else {
            self.read_back().await
        }
    }

    async fn delete(&mut self) {
        let ended = match &self.resource.api.delete {
            Delete::None | Delete::Forget => Ok(()),
            Delete::Call(operation) => self.end(operation).await,
        };
        if ended.is_ok() {
            job::handover::leave(self.context, self.resource, &self.request.prior);
            *self.progress.lock() = Known::default();
        }
    }

    /// Deletes the object, or what a claim stands for.
    async fn end(&mut self, operation: &str) -> Result<(), Failed> {
        let prior = &self.request.prior;
        let claimed = if recover::is_claim(self.resource, prior) {
            let claim = Known {
                state: prior.clone(),
                private: self.request.private.clone(),
            };
            recover::identify(self.context, self.resource, self.hook, &claim).await
        } else {
            Ok(Claimed::Object(prior.clone()))
        };
        let object = match claimed {
            Ok(Claimed::Object(object)) => object,
            Ok(Claimed::Nothing) => return Ok(()),
            Ok(Claimed::Unclear(Unclear { summary, detail })) => {
                self.diagnostics.error(summary, detail);
                return Err(Failed);
            }
            Err(error) => return Err(self.fail("Looking for", &error)),
        };
        match self.call(operation, &object, None, Repeat::Safe).await {
            Err(error) if !is_gone(self.resource, &error) => Err(self.fail("Deleting", &error)),
            _ => Ok(()),
        }
    }

    /// What follows the declared call: the hook's further calls, then the jobs.
    async fn finish(&mut self) {
        {
            let mut known = self.progress.lock();
            known.private.configured = plan::configured(self.resource, &self.request.config);
        }
        if let Some(hook) = self.hook {
            hook.apply(self).await;
        }
        if !self.diagnostics.has_errors() {
            job::run_all(self).await;
        }
    }

    /// The plan, but with what a hook has made so far in place of what it still has to make.
    fn with_what_exists(&self, mut planned: Value) -> Value {
        let known = self.progress.lock();
        for attribute in self
            .resource
            .attributes
            .iter()
            .filter(|attribute| wire::is_left_to_hook(attribute))
        {
            let made = match known.state.get(&attribute.name) {
                Value::Null => shape::absent(attribute),
                made => made.clone(),
            };
            planned.set_attribute(&attribute.name, made);
        }
        planned
    }

    fn write_body(&self, body: &mut Body) {
        if let Some(hook) = self.hook {
            hook.write_body(body, &self.progress.lock().private.memory);
        }
    }

    /// How long ago it began.
    pub(super) fn elapsed(&self) -> Duration {
        let (instant, time) = self.began;
        instant.elapsed().max(duration::between(time, Timestamp::now()))
    }

    /// Calls an operation of this resource.
    pub async fn call(
        &self,
        operation: &str,
        object: &Value,
        body: Option<&Body>,
        repeat: Repeat,
    ) -> Result<Answer, Error> {
        self.context
            .call(self.resource, operation, object, body, repeat)
            .await
    }

    /// Reads the object again and learns from it.
    pub(super) async fn read_back(&mut self) -> Result<(), Failed> {
        self.look().await.map_err(|error| self.fail("Reading", &error))
    }

    /// The same, for those who tell failures themselves.
    pub(super) async fn look(&mut self) -> Result<(), Error> {
        let Some(operation) = &self.resource.api.read else {
            return Ok(());
        };
        let object = self.progress.lock().state.clone();
        let answer = self.call(operation, &object, None, Repeat::Safe).await?;
        // What is wrong with it is told.
        let _ = self.learn(&answer.body);
        Ok(())
    }

    /// Takes an answer into what is known. What was planned stays as planned, else Terraform calls it an inconsistent
    /// result and taints the object; where the control plane decided otherwise, that is told and remembered.
    ///
    /// An answer that is not about this object is told, and nothing is learnt from it.
    pub fn learn(&mut self, answer: &Json) -> Result<(), Failed> {
        let planned = self.with_saved(&self.request.planned);
        if !identity::check(self.resource, answer, &planned, &mut self.diagnostics) {
            return Err(Failed);
        }
        let attributes = &self.resource.attributes;
        let mut answer = answer.clone();
        if let Some(hook) = self.hook {
            hook.read_answer(&mut answer, &planned, &mut self.progress.lock().private.memory);
        }
        let answered = wire::from_answer(
            attributes,
            &answer,
            &planned,
            &Path::root(),
            &mut self.diagnostics,
        );
        let mut state = Value::Object(std::collections::BTreeMap::new());
        let mut overridden = std::collections::BTreeMap::new();
        for attribute in attributes
            .iter()
            .filter(|attribute| !wire::is_left_to_hook(attribute))
        {
            let (value, fits) = fill(
                attribute,
                planned.get(&attribute.name),
                answered.get(&attribute.name),
            );
            state.set_attribute(&attribute.name, value);
            if !fits && !self.request.config.get(&attribute.name).is_null() {
                self.tell_override(attribute);
                overridden.insert(
                    attribute.name.to_string(),
                    wire::answered(attribute, &answer).unwrap_or_default(),
                );
            }
        }
        let state = self.with_what_exists(state);
        let mut known = self.progress.lock();
        known.state = state;
        known.private.overridden = overridden;
        Ok(())
    }

    /// The plan, with what a job saved in place of what was unknown.
    fn with_saved(&self, planned: &Value) -> Value {
        let mut planned = planned.clone();
        let known = self.progress.lock();
        let targets = self.resource.jobs.iter().flat_map(|job| {
            job.save
                .iter()
                .map(|(attribute, _)| attribute)
                .chain(std::iter::once(&job.into))
        });
        for target in targets {
            let saved = known.state.get(target);
            if !saved.is_null() && planned.get(target).is_unknown() {
                planned.set_attribute(target, saved.clone());
            }
        }
        planned
    }

    fn tell_override(&mut self, attribute: &Attribute) {
        self.diagnostics.warning_at(
            Path::root().attribute(&attribute.name),
            format!("The control plane decided otherwise about `{}`", attribute.name),
            format!(
                "It accepted the change to {}, but keeps a value of its own for `{}`. State keeps the configured \
                 value, and plans show no difference until the control plane's value changes again.",
                title(self.resource, &self.request.planned),
                attribute.name
            ),
        );
    }

    /// Tells a failed call.
    pub(super) fn fail(&mut self, doing: &str, error: &Error) -> Failed {
        let object = if self.request.planned.is_null() {
            &self.request.prior
        } else {
            &self.request.planned
        };
        tell(&mut self.diagnostics, doing, self.resource, object, error);
        Failed
    }
}

/// Whether a value was answered as it was planned, as far as the plan knew it.
pub fn fits(attribute: &Attribute, planned: &Value, answered: &Value) -> bool {
    fill(attribute, planned, answered).1
}

/// A planned object, with its unknown parts as answered.
pub fn fill_object(attributes: &[Attribute], planned: &Value, answered: &Value) -> Value {
    let filled = attributes.iter().map(|attribute| {
        let (value, _) = fill(
            attribute,
            planned.get(&attribute.name),
            answered.get(&attribute.name),
        );
        (attribute.name.to_string(), value)
    });
    Value::Object(filled.collect())
}

/// A planned value, with its unknown parts as answered; and whether the rest was answered as planned.
fn fill(attribute: &Attribute, planned: &Value, answered: &Value) -> (Value, bool) {
    if planned.is_unknown() || same(attribute, planned, answered) {
        return (
            if planned.is_unknown() {
                answered.clone()
            } else {
                planned.clone()
            },
            true,
        );
    }
    let is_nested = attribute.r#type.scalar == Scalar::Object;
    match (planned, answered) {
        (Value::List(planned), Value::List(answered)) if planned.len() == answered.len() => {
            let filled = planned
                .iter()
                .zip(answered)
                .map(|(planned, answered)| fill(attribute, planned, answered));
            let (elements, fits): (Vec<Value>, Vec<bool>) = filled.unzip();
            (Value::List(elements), fits.into_iter().all(|fits| fits))
        }
        (Value::Object(planned), Value::Object(_)) if is_nested => {
            let mut fits_all = true;
            let mut object = planned.clone();
            for nested in attribute.attributes.iter() {
                let planned = planned.get(nested.name.as_ref()).cloned().unwrap_or_default();
                let (value, fits) = fill(nested, &planned, answered.get(&nested.name));
                object.insert(nested.name.to_string(), value);
                fits_all &= fits;
            }
            (Value::Object(object), fits_all)
        }
        // Elements of a set cannot be told apart, so one with unknown parts is taken as answered.
        (Value::Set(planned), Value::Set(answered)) if !planned.iter().all(Value::is_wholly_known) => {
            (Value::Set(answered.clone()), planned.len() >= answered.len())
        }
        _ => (planned.clone(), false),
    }
}

/// Replaces everything unknown by null, or by an empty collection in blocks.
fn without_unknowns(attributes: &[Attribute], object: Value) -> Value {
    let Value::Object(mut values) = object else {
        return object;
    };
    for attribute in attributes {
        if let Some(value) = values.get_mut(attribute.name.as_ref()) {
            *value = known_value(attribute, std::mem::take(value));
        }
    }
    Value::Object(values)
}

fn known_value(attribute: &Attribute, value: Value) -> Value {
    match value {
        Value::Unknown => shape::absent(attribute),
        Value::Object(_) => without_unknowns(&attribute.attributes, value),
        other => other.map_elements(|element| known_value(attribute, element)),
    }
}

/// When the operation's timeout ends. Where a run is picked up, it has the time of the calls that it follows, too.
fn deadline(resource: &Resource, phase: Phase, request: &Request) -> Instant {
    let jobs = resource.jobs.iter().filter(|_| request.private.run.is_some());
    let phases = jobs.flat_map(|job| job.after.iter().copied()).chain([phase]);
    let longest = phases.map(|phase| timeout(resource, phase, request)).max();
    Instant::now() + longest.unwrap_or_default()
}

/// The timeout of a call: as configured, else as declared, else an hour.
fn timeout(resource: &Resource, phase: Phase, request: &Request) -> Duration {
    let declared = resource.timeouts.as_ref().and_then(|timeouts| timeouts.of(phase));
    let object = if request.planned.is_null() {
        &request.prior
    } else {
        &request.planned
    };
    let configured = object.get("timeouts").get(phase.name()).as_str();
    let timeout = configured
        .or(declared.map(AsRef::as_ref))
        .and_then(duration::parse);
    timeout.unwrap_or(Duration::from_hours(1))
}
