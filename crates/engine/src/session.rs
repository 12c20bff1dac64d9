//! One change under way: calls its operations, learns from their answers, reports what fails.
//!
//! Tests: `crates/engine/tests/tables/apply.rs`, `crates/engine/tests/tables/change.rs`.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use schema::{Attribute, Phase, Resource, TIMEOUTS};
use serde_json::Value as Json;
use tokio::time::Instant;
use value::{Path, Value, duration};

use crate::api::{Body, Error, Response, Retry};
use crate::codec::Codec;
use crate::context::Context;
use crate::diagnostic::{Diagnostics, Reported};
use crate::fill::fill;
use crate::object::{ApplyRequest, Progress};
use crate::report::Action;
use crate::words::{capitalised, title};
use crate::{identity, report, shape, summaries, wire};

/// One change under way. Hooks get it to make further calls.
pub struct Session<'a> {
    /// What is applied to.
    pub resource: &'a Resource,
    /// Rewrites its bodies and answers.
    pub codec: &'static dyn Codec,
    /// The API.
    pub context: &'a Context,
    /// What was asked.
    pub request: &'a ApplyRequest,
    /// Creating, updating or deleting.
    pub phase: Phase,
    /// When it began: by the clock that cannot be set, and by the one that goes on while the machine sleeps.
    pub began: (Instant, Timestamp),
    /// When the declared or configured timeout ends.
    pub deadline: Instant,
    /// What is known so far; update it after each call that changed something.
    pub progress: Progress,
    /// What the user is shown.
    pub diagnostics: Diagnostics,
}

impl Session<'_> {
    /// How long ago it began.
    pub fn elapsed(&self) -> Duration {
        let (instant, time) = self.began;
        instant.elapsed().max(duration::between(time, Timestamp::now()))
    }

    /// Rewrites a body as the resource's codec wants it.
    pub fn write_body(&self, body: &mut Body) {
        self.codec.write_body(body, &self.progress.lock().private.memory);
    }

    /// Calls an operation of this resource.
    pub async fn perform(
        &self,
        operation: &str,
        object: &Value,
        body: Option<&Body>,
        retry: Retry,
    ) -> Result<Response, Error> {
        self.context
            .perform(self.resource, operation, object, body, retry)
            .await
    }

    /// Reads the object again and learns from it. The inner error is about the answer.
    ///
    /// # Errors
    ///
    /// [`Reported`], where the call failed.
    pub async fn refresh_or_report(&mut self) -> Result<Result<(), Reported>, Reported> {
        self.refresh()
            .await
            .map_err(|error| self.fail(Action::Read, &error))
    }

    /// The same, for callers that report a failed call themselves.
    pub async fn refresh(&mut self) -> Result<Result<(), Reported>, Error> {
        let Some(operation) = &self.resource.api.read else {
            return Ok(Ok(()));
        };
        let object = self.progress.lock().state.clone();
        let answer = self.perform(operation, &object, None, Retry::Safe).await?;
        Ok(self.absorb_response(&answer.body).flatten())
    }

    /// Takes an answer into what is known. What was planned stays as planned, else Terraform calls it an inconsistent
    /// result and taints the object; where the control plane decided otherwise, that is reported and remembered.
    ///
    /// # Errors
    ///
    /// [`Reported`], where the answer is not about this object: nothing is learned from it. The inner error: a field has
    /// the wrong type, and the rest is learned; what was changed was changed all the same.
    pub fn absorb_response(&mut self, answer: &Json) -> Result<Result<(), Reported>, Reported> {
        let planned = self.merge_job_outputs(&self.request.planned);
        let api = &*self.context.api;
        identity::check(self.resource, answer, &planned, api, &mut self.diagnostics)?;
        let attributes = &self.resource.attributes;
        let mut answer = answer.clone();
        self.codec
            .read_response(&mut answer, &planned, &mut self.progress.lock().private.memory);
        let (answered, result) = wire::from_response(
            attributes,
            &answer,
            &planned,
            &Path::root(),
            &mut self.diagnostics,
        );
        let mut state = Value::Object(BTreeMap::new());
        let mut overridden = BTreeMap::new();
        for attribute in attributes
            .iter()
            .filter(|attribute| !wire::is_managed_by_hook(attribute))
        {
            let (value, fits) = fill(
                attribute,
                planned.get(&attribute.name),
                answered.get(&attribute.name),
            );
            state.set_attribute(&attribute.name, value);
            if !fits && !self.request.config.get(&attribute.name).is_null() {
                self.warn_overridden(attribute);
                overridden.insert(
                    attribute.name.to_string(),
                    wire::field(attribute, &answer).unwrap_or_default(),
                );
            }
        }
        let state = self.merge_hook_managed(state);
        let mut known = self.progress.lock();
        known.state = state;
        known.private.overridden = overridden;
        Ok(result)
    }

    /// The plan, but with what a hook has created so far in place of what it still has to create.
    pub fn merge_hook_managed(&self, mut planned: Value) -> Value {
        let known = self.progress.lock();
        for attribute in self
            .resource
            .attributes
            .iter()
            .filter(|attribute| wire::is_managed_by_hook(attribute))
        {
            let existing = match known.state.get(&attribute.name) {
                Value::Null => shape::absent(attribute),
                existing => existing.clone(),
            };
            planned.set_attribute(&attribute.name, existing);
        }
        planned
    }

    /// The plan, with what a job saved in place of what was unknown.
    pub fn merge_job_outputs(&self, planned: &Value) -> Value {
        let mut planned = planned.clone();
        let known = self.progress.lock();
        let targets = self.resource.job.iter().flat_map(|job| {
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

    fn warn_overridden(&mut self, attribute: &Attribute) {
        self.diagnostics.warning_at(
            Path::root().attribute(&attribute.name),
            &summaries::OVERRIDDEN,
            format!(
                "{} was changed, but the control plane returned another value for `{}` than the configured one. State \
                 keeps the configured value, and plans show no difference until the control plane's value changes again.",
                capitalised(&title(self.resource, &self.request.planned)),
                attribute.name
            ),
        );
    }

    /// Reports that the declaration lacks an operation which its own rules demand.
    pub fn undeclared(&mut self, operation: &str) -> Reported {
        self.diagnostics.error(
            &summaries::BUG,
            format!(
                "`{}` declares no `{operation}` operation. Please report this to the provider's developers.",
                self.resource.name
            ),
        )
    }

    /// Reports a failed request.
    pub fn fail(&mut self, action: Action, error: &Error) -> Reported {
        let object = self.request.object();
        report::request_error(&mut self.diagnostics, action, self.resource, object, error)
    }
}

/// When the operation's timeout ends. Where a run is picked up, it has the time of the calls that it follows, too.
pub fn deadline(resource: &Resource, phase: Phase, request: &ApplyRequest) -> Instant {
    let job = resource.job.iter().filter(|_| request.private.run.is_some());
    let phases = job.flat_map(|job| job.after.iter().copied()).chain([phase]);
    let longest = phases.map(|phase| timeout(resource, phase, request)).max();
    Instant::now() + longest.unwrap_or_default()
}

/// The timeout of a call: as configured, else as declared, else an hour.
fn timeout(resource: &Resource, phase: Phase, request: &ApplyRequest) -> Duration {
    let declared = resource.timeouts.as_ref().and_then(|timeouts| timeouts.of(phase));
    let configured = request.object().get(TIMEOUTS).get(phase.name()).as_str();
    let timeout = configured
        .or(declared.map(AsRef::as_ref))
        .and_then(duration::parse);
    timeout.unwrap_or(Duration::from_hours(1))
}
