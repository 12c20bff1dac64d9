//! Decides whether the response "not found" means that an object no longer exists.
//!
//! A wrong endpoint and the token of another account lead to the same response. So private state remembers where an object
//! was last seen. From any other place, the response counts only if another object of the state was found there, so that it is
//! the same account after all.
//!
//! Tests: `crates/engine/tests/tables/absence.rs`, `tests/terraform/evidence/absence.rs`.

use std::time::Duration;

use jiff::Timestamp;
use schema::{Attribute, Delete, Resource};
use tokio::time::Instant;
use value::Value;

use crate::api::{Body, Error, Place, Response, Retry};
use crate::context::Context;
use crate::diagnostic::{Diagnostics, Reported};
use crate::naming::{capitalised, title};
use crate::object::Known;
use crate::private::{Reference, Sighting};
use crate::process::Process;
use crate::report::is_gone;
use crate::{identity, shape, summaries};

/// Age below which an object may not be visible everywhere yet.
const YOUNG_AGE: Duration = Duration::from_mins(1);

/// How long a request for a young object that is not found is repeated.
const YOUNG_PATIENCE: Duration = Duration::from_secs(10);

/// Pause between two requests for a young object.
const YOUNG_PAUSE: Duration = Duration::from_secs(1);

/// How long a doubt waits until another object is found, counted from the first doubt of the process.
const EVIDENCE_PATIENCE: Duration = Duration::from_secs(5);

/// Number of other objects that the private state of an object names.
const MAX_OTHERS: usize = 3;

/// Why "not found" may have another cause than a deletion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Nothing remembers where the object was last seen: another version of the provider stored its state.
    NotRemembered,
    /// It was last seen at this endpoint, which is not the present one.
    OtherEndpoint(String),
    /// It was last seen with another token.
    OtherToken,
    /// It was last seen at a path of the API's document, which could not be read now.
    NoDocument,
}

/// Returns the doubt about "not found" from a place; `None` if the object was last seen there.
pub fn doubt(seen: Option<&Sighting>, here: &Place) -> Option<Doubt> {
    match seen {
        None => Some(Doubt::NotRemembered),
        Some(seen) if seen.place.endpoint != here.endpoint => {
            Some(Doubt::OtherEndpoint(seen.place.endpoint.clone()))
        }
        Some(seen) if seen.place.token != here.token => Some(Doubt::OtherToken),
        Some(seen) if seen.place.is_documented && !here.is_documented => Some(Doubt::NoDocument),
        Some(_) => None,
    }
}

/// Sends a request for an object that exists as far as is known. If the object is young and not found, the request is repeated:
/// not every part of the control plane may have it yet.
///
/// # Errors
///
/// The [`Error`] of the last request.
pub async fn perform(
    context: &Context,
    resource: &Resource,
    operation: &str,
    object: &Value,
    body: Option<&Body>,
) -> Result<Response, Error> {
    let is_delete = matches!(&resource.api.delete, Delete::Call(delete) if delete == operation);
    let mut patience = Patience::default();
    loop {
        let response = context.perform(resource, operation, object, body, Retry::Safe);
        match response.await {
            // An earlier attempt may have deleted it.
            Err(error) if is_gone(&error) && is_delete && error.attempts > 1 => return Err(error),
            Err(error) if is_gone(&error) => patience.wait(context, resource, object, error).await?,
            response => return response,
        }
    }
}

/// The patience with requests for an object, or for a part of it, that is not found.
pub struct Patience {
    started: Instant,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            started: Instant::now(),
        }
    }
}

impl Patience {
    /// Waits before the request is repeated.
    ///
    /// # Errors
    ///
    /// `error` if the object is not young, or the patience or the operation ends.
    pub async fn wait(
        &mut self,
        context: &Context,
        resource: &Resource,
        object: &Value,
        error: Error,
    ) -> Result<(), Error> {
        if self.is_over() || !is_young(context, resource, object, &error) {
            return Err(error);
        }
        if !context.sleep(YOUNG_PAUSE).await {
            return Err(error.cancelled());
        }
        Ok(())
    }

    /// Waits before an object that this process has created is looked up again. Returns false if the patience or the operation ends.
    pub async fn pause(&mut self, context: &Context) -> bool {
        !self.is_over() && context.sleep(YOUNG_PAUSE).await
    }

    fn is_over(&self) -> bool {
        self.started.elapsed() + YOUNG_PAUSE > YOUNG_PATIENCE
    }
}

/// Whether this process has created an object of the resource with this name, whose identity or name is this value of this attribute.
pub fn is_own_and_young(process: &Process, resource: &str, attribute: &Attribute, wanted: &str) -> bool {
    let age = process.age(&identity::key_by(resource, attribute, wanted));
    age.is_some_and(|age| age < YOUNG_AGE) || process.creates_of(resource, &wanted.into()) > 0
}

/// Whether the object was created less than [`YOUNG_AGE`] before the response: by the API's clock, or by this process.
fn is_young(context: &Context, resource: &Resource, object: &Value, error: &Error) -> bool {
    let age = context.process.age(&identity::key(resource, object));
    if age.is_some_and(|age| age < YOUNG_AGE) {
        return true;
    }
    let created = resource
        .created
        .as_deref()
        .and_then(|attribute| object.get(attribute).as_str()?.parse::<Timestamp>().ok());
    match (created, error.date) {
        // A clock that is far behind shows no age.
        (Some(created), Some(date)) => created.duration_since(date).unsigned_abs() < YOUNG_AGE,
        _ => false,
    }
}

/// Checks that an object that is not found no longer exists.
///
/// # Errors
///
/// [`Reported`] if the response may have another cause; state must keep the object.
pub async fn confirm(
    context: &Context,
    resource: &Resource,
    known: &Known,
    error: &Error,
    diagnostics: &mut Diagnostics,
) -> Result<(), Reported> {
    let key = identity::key(resource, &known.state);
    let seen = known.private.seen.as_ref();
    let here = place_as_seen(context, seen, &key);
    let Some(doubt) = doubt(seen, &here) else {
        return Ok(());
    };
    let others = seen.map(|seen| seen.others.as_slice()).unwrap_or_default();
    if is_same_account(context, &key, others).await {
        return Ok(());
    }
    let cause = match doubt {
        Doubt::NotRemembered => format!(
            "State does not have the endpoint and the token with which it was last seen, and no other object of the state was \
             found at {}. So the endpoint or the token may be of another account.",
            here.endpoint
        ),
        Doubt::OtherEndpoint(endpoint) => format!(
            "It was last seen at {endpoint}, but not found at {}. So the endpoint may be wrong.",
            here.endpoint
        ),
        Doubt::NoDocument => format!(
            "The provider could not read the API document at {}, from which it took the paths before, so this path may be wrong.",
            here.endpoint
        ),
        Doubt::OtherToken => format!(
            "It was last seen at {} with another token than the present one, so the new token may be of another account.",
            here.endpoint
        ),
    };
    Err(diagnostics.error(
        &summaries::ABSENCE_UNCONFIRMED,
        format!(
            "{} was not found, but that does not show that it was deleted. {cause} State keeps the object. Correct `endpoint` \
             or the token of the provider. If the object was deleted, remove it from state: `terraform state rm \
             ADDRESS`.\n\n{error}",
            capitalised(&title(resource, &known.state))
        ),
    ))
}

/// The present place, to be compared with where the object was last seen. `key` is the object's own.
fn place_as_seen(context: &Context, seen: Option<&Sighting>, key: &str) -> Place {
    let seen_as = seen.and_then(|seen| seen.key.as_deref());
    context.api.place(seen_as.unwrap_or(key))
}

/// Whether another object of the state exists here, so that the account is the same.
async fn is_same_account(context: &Context, key: &str, others: &[Reference]) -> bool {
    let asked = async {
        for other in others {
            if exists(context, other).await {
                return true;
            }
        }
        false
    };
    let here = context.api.place("");
    let waited = context.process.wait_for_evidence(&here, key, EVIDENCE_PATIENCE);
    let found = async {
        tokio::select! {
            true = asked => true,
            true = waited => true,
            else => false,
        }
    };
    tokio::select! {
        biased;
        () = context.cancel.cancelled() => false,
        found = found => found,
    }
}

/// Whether an object that private state names exists here.
async fn exists(context: &Context, reference: &Reference) -> bool {
    let Some(resource) = context.declarations.find(&reference.resource) else {
        return false;
    };
    let Some(operation) = &resource.api.read else {
        return false;
    };
    let mut object = shape::empty_object(&resource.attributes);
    for attribute in identity::attributes(resource) {
        let value = reference.identity.get(attribute.name.as_ref());
        let value = value.map_or(Value::Null, |value| Value::string(value.as_str()));
        object.set_attribute(&attribute.name, value);
    }
    match context.read(resource, operation, &object).await {
        Ok(response) => {
            let mut problems = Diagnostics::default();
            identity::check(resource, &response.body, &object, &*context.api, &mut problems).is_ok()
        }
        Err(_) => false,
    }
}

/// Records that a response was about an object of the state: in private state, and for the doubts of this process.
///
/// `before` is what private state remembered before. An object that was already remembered here proves nothing about others:
/// it may have been created here by mistake.
pub fn note_found(context: &Context, resource: &Resource, known: &mut Known, before: &Value) {
    let is_changed = *before != known.state;
    let key = identity::key(resource, &known.state);
    let here = context.api.place(&key);
    let seen = known.private.seen.take();
    let is_remembered = doubt(seen.as_ref(), &place_as_seen(context, seen.as_ref(), &key)).is_none();
    let others = seen.filter(|_| is_remembered).map(|seen| seen.others);
    // Unchanged private state is not rewritten: Terraform compares it.
    let others = match others {
        Some(others) if !is_changed => others,
        others => context.process.complete(
            others.unwrap_or_default(),
            &context.api.place(""),
            &key,
            MAX_OTHERS,
        ),
    };
    known.private.seen = Some(Sighting {
        place: here,
        key: None,
        others,
    });
    note(context, resource, known, !is_remembered);
}

/// Records where the user says that an object is: the place of an import.
pub fn note_imported(context: &Context, resource: &Resource, known: &mut Known) {
    known.private.seen = Some(Sighting {
        place: context.api.place(&identity::key(resource, &known.state)),
        key: None,
        others: Vec::new(),
    });
}

/// Records where this process created an object.
pub fn note_created(context: &Context, resource: &Resource, known: &mut Known) {
    let key = identity::key(resource, &known.state);
    let here = context.api.place("");
    known.private.seen = Some(Sighting {
        place: context.api.place(&key),
        key: None,
        others: context.process.complete(Vec::new(), &here, &key, MAX_OTHERS),
    });
    note(context, resource, known, false);
}

fn note(context: &Context, resource: &Resource, known: &Known, is_evidence: bool) {
    let key = identity::key(resource, &known.state);
    let identity = identity::attributes(resource).filter_map(|attribute| {
        let value = known.state.get(&attribute.name).as_str()?;
        Some((attribute.name.to_string(), value.to_owned()))
    });
    let reference = Reference {
        resource: resource.name.to_string(),
        identity: identity.collect(),
    };
    let here = context.api.place("");
    context.process.note_found(here, key, reference, is_evidence);
}
