//! A change in progress: sends its requests, merges the responses into state, reports errors.
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
use crate::naming::{capitalised, title};
use crate::object::{ApplyRequest, Progress};
use crate::report::Action;
use crate::{absence, identity, report, shape, summaries, wire};

/// The result of merging a response that is about this object into state.
///
/// [`Reported`] if a field has an unexpected type. The other fields are merged nevertheless, so a caller goes on with what
/// must follow (the hook's requests, the record of a run) and fails afterwards. A response that cannot be merged at all is
/// the error of the function that returns this type.
pub type Merged = Result<(), Reported>;

/// A change in progress. Hooks use it to send further requests.
pub struct Session<'a> {
    /// Declaration of the object.
    pub resource: &'a Resource,
    /// Rewrites the bodies of requests and responses.
    pub codec: &'static dyn Codec,
    /// The API.
    pub context: &'a Context,
    /// Terraform's request.
    pub request: &'a ApplyRequest,
    /// Create, update or delete.
    pub phase: Phase,
    /// Time of its start: monotonic, and wall clock because a monotonic clock can stop in suspend.
    pub started: (Instant, Timestamp),
    /// End of the configured or declared timeout.
    pub deadline: Instant,
    /// State and private state so far; update them after each request that changed something.
    pub progress: Progress,
    /// Diagnostics for the user.
    pub diagnostics: Diagnostics,
}

impl Session<'_> {
    /// Returns the time since the start of the change.
    pub fn elapsed(&self) -> Duration {
        let (instant, time) = self.started;
        instant.elapsed().max(duration::between(time, Timestamp::now()))
    }

    /// Applies the codec of the resource to the body of a request.
    pub fn write_body(&self, body: &mut Body) {
        self.codec.write_body(body, &self.progress.lock().private.memory);
    }

    /// Sends a request for an operation of this resource.
    ///
    /// # Errors
    ///
    /// The [`Error`] of the request, which is not reported yet.
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

    /// Reads the object, merges the response into state, and reports an error.
    ///
    /// # Errors
    ///
    /// [`Reported`] if the request failed.
    pub async fn refresh_or_report(&mut self) -> Result<Merged, Reported> {
        let object = self.progress.lock().state.clone();
        self.read_back(&object).await
    }

    /// Reads the object, and merges the response into state. A response about another object is an error in [`Merged`], like one with
    /// an unexpected type.
    ///
    /// # Errors
    ///
    /// The [`Error`] of the request, which is not reported yet.
    pub async fn refresh(&mut self) -> Result<Merged, Error> {
        let object = self.progress.lock().state.clone();
        self.read(&object).await
    }

    async fn read_back(&mut self, object: &Value) -> Result<Merged, Reported> {
        let read = self.read(object).await;
        read.map_err(|error| self.fail(Action::Read, &error))
    }

    async fn read(&mut self, object: &Value) -> Result<Merged, Error> {
        let Some(operation) = &self.resource.api.read else {
            return Ok(Ok(()));
        };
        let response = absence::perform(self.context, self.resource, operation, object, None).await?;
        Ok(self.merge_response(&response.body, None).flatten())
    }

    /// Merges the response to a create or an update of `object` into state. `sent` is the body of the request.
    ///
    /// A response that is no object, or one that lacks attributes, is completed by one read: control planes differ in what they return. So
    /// is one that only accepts the request (202).
    ///
    /// # Errors
    ///
    /// [`Reported`] if the response is not about this object, or the read failed.
    pub async fn merge_written(
        &mut self,
        object: &Value,
        response: &Response,
        sent: &Body,
    ) -> Result<Merged, Reported> {
        let merged = if response.body.is_object() {
            self.merge_response(&response.body, (!response.is_accepted).then_some(sent))?
        } else {
            Ok(())
        };
        let state = self.progress.lock().state.clone();
        let object = if state.is_null() { object } else { &state };
        if self.phase == Phase::Create && !self.resource.creates_by_update() {
            let key = identity::key(self.resource, object);
            self.context.process.note_created(key);
        }
        if !response.is_accepted && !self.is_incomplete(&response.body) {
            return Ok(merged);
        }
        Ok(merged.and(self.read_back(object).await?))
    }

    /// Whether a response lacks an attribute that the declaration reads.
    fn is_incomplete(&self, response: &Json) -> bool {
        let mut response = response.clone();
        let mut memory = self.progress.lock().private.memory.clone();
        self.codec
            .read_response(self.resource, &mut response, &self.request.planned, &mut memory);
        !wire::is_complete(&self.resource.attributes, &response)
    }

    /// Merges a response into state. Planned values stay as planned: Terraform rejects any other result as inconsistent
    /// (<https://github.com/hashicorp/terraform/blob/main/docs/resource-instance-change-lifecycle.md>).
    ///
    /// `sent` is the body of the request that this is the response to. A configured value that was sent in it and returned
    /// otherwise is an override: a warning, and kept in private state. Any other difference may be a change outside
    /// Terraform: the next refresh shows it.
    ///
    /// # Errors
    ///
    /// [`Reported`] if the response is not about this object; state is then unchanged.
    pub fn merge_response(&mut self, response: &Json, sent: Option<&Body>) -> Result<Merged, Reported> {
        let planned = self.merge_job_outputs(&self.request.planned);
        let api = &*self.context.api;
        identity::check(self.resource, response, &planned, api, &mut self.diagnostics)?;
        let attributes = &self.resource.attributes;
        let mut response = response.clone();
        self.codec.read_response(
            self.resource,
            &mut response,
            &planned,
            &mut self.progress.lock().private.memory,
        );
        let (returned, result) = wire::from_response(
            attributes,
            &response,
            &planned,
            &Path::root(),
            &mut self.diagnostics,
        );
        let mut state = Value::Object(BTreeMap::new());
        let mut overridden = std::mem::take(&mut self.progress.lock().private.overridden);
        // A declaration may have lost the attribute of an override.
        overridden.retain(|name, _| self.resource.attribute(name).is_some());
        for attribute in attributes
            .iter()
            .filter(|attribute| !wire::is_managed_by_hook(attribute))
        {
            let (value, matches) = fill(
                attribute,
                planned.get(&attribute.name),
                returned.get(&attribute.name),
            );
            state.set_attribute(&attribute.name, value);
            let name = attribute.name.as_ref();
            let is_configured = !self.request.config.get(name).is_null() || attribute.default.is_some();
            let was_sent = sent.is_some_and(|body| is_sent(attribute, body));
            let field = wire::field(attribute, &response);
            if is_configured && was_sent && !matches {
                let object = capitalised(&title(self.resource, &self.request.planned));
                self.warn_overridden(Path::root().attribute(name), &object, name);
                overridden.insert(name.to_owned(), field.unwrap_or_default());
                continue;
            }
            // A response without the field shows no change.
            let continues = |stored: &Json| {
                field
                    .as_ref()
                    .is_none_or(|field| !matches && wire::is_equivalent_json(attribute, field, stored))
            };
            if !is_configured || was_sent || !overridden.get(name).is_some_and(continues) {
                overridden.remove(name);
            }
        }
        let state = self.merge_hook_managed(state);
        let mut known = self.progress.lock();
        known.state = state;
        known.private.overridden = overridden;
        Ok(result)
    }

    /// Decodes the body of a response about this object. A field that the response lacks, or that has an unexpected type, keeps the
    /// planned value.
    pub fn decode(&self, response: &Json) -> Value {
        let planned = &self.request.planned;
        let mut response = response.clone();
        let mut memory = self.progress.lock().private.memory.clone();
        self.codec
            .read_response(self.resource, &mut response, planned, &mut memory);
        let mut problems = Diagnostics::default();
        let attributes = &self.resource.attributes;
        let (returned, _) = wire::from_response(attributes, &response, planned, &Path::root(), &mut problems);
        returned
    }

    /// Returns the plan in which attributes that a hook manages have the values that exist so far.
    pub fn merge_hook_managed(&self, mut planned: Value) -> Value {
        let known = self.progress.lock();
        for attribute in self
            .resource
            .attributes
            .iter()
            .filter(|attribute| wire::is_managed_by_hook(attribute))
        {
            let existing = match known.state.get(&attribute.name) {
                Value::Null => shape::unset_value(attribute),
                existing => existing.clone(),
            };
            planned.set_attribute(&attribute.name, existing);
        }
        planned
    }

    /// Returns the plan with unknown values replaced by those that the job has set.
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

    /// Warns that the control plane overrides an attribute. `object` begins a sentence.
    pub fn warn_overridden(&mut self, path: Path, object: &str, attribute: &str) {
        self.diagnostics.warning_at(
            path,
            &summaries::OVERRIDDEN,
            format!(
                "{object} was changed, but the control plane returned another value for `{attribute}` than the \
                 configured one. State keeps the configured value, and plans show no difference until the control \
                 plane's value changes again."
            ),
        );
    }

    /// Reports that the declaration lacks a required operation: a bug.
    pub fn missing_operation(&mut self, operation: &str) -> Reported {
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

/// Whether a body has the attribute.
pub fn is_sent(attribute: &Attribute, body: &Body) -> bool {
    let key = attribute.wire.write.as_deref();
    key.is_some_and(|key| body.expose().get(key).is_some())
}

/// Returns the end of the operation's timeout: the longest one, if the operation also continues a run of other phases.
pub fn deadline(resource: &Resource, phase: Phase, request: &ApplyRequest) -> Instant {
    let job = resource.job.iter().filter(|_| request.private.run.is_some());
    let phases = job.flat_map(|job| job.after.iter().copied()).chain([phase]);
    let longest = phases.map(|phase| timeout(resource, phase, request)).max();
    Instant::now() + longest.unwrap_or_default()
}

/// The timeout of a phase: configured, else declared, else one hour.
fn timeout(resource: &Resource, phase: Phase, request: &ApplyRequest) -> Duration {
    let declared = resource.timeouts.as_ref().and_then(|timeouts| timeouts.of(phase));
    let configured = request.object().get(TIMEOUTS).get(phase.name()).as_str();
    let timeout = configured
        .or(declared.map(AsRef::as_ref))
        .and_then(duration::parse)
        .filter(|timeout| duration::is_timeout(*timeout));
    timeout.unwrap_or(Duration::from_hours(1))
}
