//! Recovers from a create whose response was lost: the object may exist, so the provider searches for it by name
//! before it sends another create.
//!
//! - If only the response was lost, the search follows at once.
//! - If the search fails, too, state gets a claim: the planned object without its identity. The next refresh searches.
//! - If the process was killed, there is no state. The next create is rejected because the name is in use, and adopts
//!   the object that the killed process created.
//!
//! Decision: `decisions/3-claims.md`.
//!
//! Tests: `crates/engine/tests/tables/recover.rs`, `tests/terraform/claims.rs`.

use std::time::Duration;

use jiff::Timestamp;
use schema::{Attribute, Resource};
use serde_json::Value as Json;
use value::{Path, Value, duration};

use crate::api::{Body, Effect, Error, ErrorKind, Response, Retry};
use crate::codec::Codec;
use crate::context::Context;
use crate::diagnostic::{Diagnostics, Reported};
use crate::fill::matches_plan;
use crate::naming::{capitalised, noun, title};
use crate::object::Known;
use crate::session::Session;
use crate::{identity, summaries, wire};

/// Retries of a create after a search that did not find the object.
const MAX_CREATE_RETRIES: u32 = 2;

/// Greatest age of an orphan: an object whose apply ended before its state was stored.
const ORPHAN_MAX_AGE: Duration = Duration::from_hours(1);

/// Greatest difference between the ages that the control plane and this process compute.
const MAX_AGE_ERROR: Duration = Duration::from_secs(10);

/// Greatest difference between the clocks of the machine that stored a claim and the one that resolves it.
const MAX_CLOCK_SKEW: Duration = Duration::from_mins(5);

/// Recovers from a failed create: finds the object that it created, retries the create, or adopts an orphan.
///
/// # Errors
///
/// The error of the create, whose effect is unknown if the object may exist.
pub async fn recover_create(
    session: &mut Session<'_>,
    create: &str,
    body: &Body,
    error: Error,
) -> Result<Response, Error> {
    if error.effect == Effect::None {
        return adopt_orphan(session, body, error).await;
    }
    let (resource, planned) = (session.resource, &session.request.planned);
    let mut error = error;
    for _ in 0..MAX_CREATE_RETRIES {
        match find_by_name(session.context, resource, session.codec, planned, body).await {
            Ok(NameLookup::Match(found)) if was_created_within(resource, &found, session.elapsed()) => {
                tracing::warn!(request_id = %error.request_id, "lost the response to a create; found the object by its name");
                return Ok(found);
            }
            // The object may be the created one, with values that the control plane overrode.
            Ok(NameLookup::Mismatch(found)) if was_created_within(resource, &found, session.elapsed()) => {
                return Err(error);
            }
            // The object is older than the create, which therefore created nothing.
            Ok(NameLookup::Match(found) | NameLookup::Mismatch(found)) => {
                error.effect = Effect::None;
                error.kind = ErrorKind::Conflict;
                return Err(with_import_advice(error, session, &found.body));
            }
            Ok(NameLookup::NotFound) => {}
            // The create may still have been carried out: the caller needs that error.
            Err(_) => return Err(error),
        }
        let retry_error = match session.perform(create, planned, Some(body), Retry::Unsafe).await {
            Ok(response) => return Ok(response),
            Err(error) => error,
        };
        // If the name is in use now, the first create may have taken it.
        let may_exist = retry_error.effect != Effect::None || retry_error.kind == ErrorKind::Conflict;
        error = retry_error;
        error.effect = Effect::Unknown;
        if !may_exist {
            break;
        }
    }
    Err(error)
}

/// Adds to the error how to import the object that has the name.
fn with_import_advice(mut error: Error, session: &Session<'_>, found: &Json) -> Error {
    let (resource, planned) = (session.resource, &session.request.planned);
    if let Some(id) = identity::import_id(resource, &decode(resource, session.codec, found, planned)) {
        let reason = error.detail.as_deref().unwrap_or("the name is already in use");
        let advice = format!(
            "{}. If this resource is to manage the existing object, import it: `terraform import ADDRESS {id}`. Otherwise \
             choose another name",
            reason.trim_end_matches('.')
        );
        error.detail = Some(advice.into());
    }
    error
}

/// Adopts an orphan: the object that an interrupted apply created before it stored its state.
///
/// An object is an orphan only if all its values are the configured ones, it is younger than [`ORPHAN_MAX_AGE`] and
/// older than this process. Any other object with the name may belong to another resource or client. An object with
/// values that the control plane never returns cannot be compared, and is never adopted.
async fn adopt_orphan(session: &mut Session<'_>, body: &Body, error: Error) -> Result<Response, Error> {
    let (resource, planned) = (session.resource, &session.request.planned);
    if error.kind != ErrorKind::Conflict {
        return Err(error);
    }
    let (found, is_match) = match find_by_name(session.context, resource, session.codec, planned, body).await
    {
        Ok(NameLookup::Match(found)) => (found, true),
        Ok(NameLookup::Mismatch(found)) => (found, false),
        Ok(NameLookup::NotFound) | Err(_) => return Err(error),
    };
    let object = decode(resource, session.codec, &found.body, planned);
    let has_hidden_values = resource
        .attributes
        .iter()
        .any(|attribute| attribute.wire.write.is_some() && (attribute.write_only || !attribute.returned));
    let process = &session.context.process;
    let is_orphan_age = age(resource, &found).is_some_and(|age| age > process.age() && age <= ORPHAN_MAX_AGE);
    if has_hidden_values
        || !is_match
        || !is_orphan_age
        || process.has_created(&identity::key(resource, &object))
    {
        return Err(with_import_advice(error, session, &found.body));
    }
    // With the nested objects that a hook manages: the hook must not create them again.
    session.progress.lock().state = object;
    session.diagnostics.warning_at(
        Path::root(),
        &summaries::ADOPTED,
        format!(
            "{} existed already, exactly as configured and less than an hour old: an interrupted apply created it \
             before it could save its state. Terraform manages it from now on.",
            capitalised(&title(resource, planned))
        ),
    );
    Ok(found)
}

/// The age of an object by the control plane's clock, if the resource declares a creation time.
fn age(resource: &Resource, found: &Response) -> Option<Duration> {
    let attribute = resource.attribute(resource.created.as_deref()?)?;
    let created: Timestamp = wire::field(attribute, &found.body)?.as_str()?.parse().ok()?;
    Some(duration::between(created, found.date))
}

/// Whether an object may have been created within that time; true if its age is unknown.
fn was_created_within(resource: &Resource, found: &Response, time: Duration) -> bool {
    age(resource, found).is_none_or(|age| age <= time + MAX_AGE_ERROR)
}

/// Whether an object in state is a claim: it may exist, and its identity is unknown.
pub fn is_claim(resource: &Resource, object: &Value) -> bool {
    identity::attributes(resource).any(|attribute| object.get(&attribute.name).is_null())
}

/// The result of the search for the object of a claim.
pub enum ResolvedClaim {
    /// The object exists: the claim with its identity.
    Object(Value),
    /// The object does not exist: it was not created, or it was deleted.
    NotFound,
    /// An object with the name exists, but may be another one: it differs from the plan, or may be older than the create.
    Unclear(UnclearClaim),
}

/// The diagnostic about a claim that could not be resolved.
pub struct UnclearClaim {
    /// What happened, and what the user can do.
    pub detail: String,
}

/// Searches for the object of a claim.
///
/// # Errors
///
/// The [`Error`] of the request that lists the objects.
pub async fn resolve_claim(
    context: &Context,
    resource: &Resource,
    codec: &dyn Codec,
    claim: &Known,
) -> Result<ResolvedClaim, Error> {
    let planned = &claim.state;
    let body = wire::create_body(&resource.attributes, planned, planned);
    // The time since the create, by the clock of this machine.
    let since = claim.private.claimed.map(|created| {
        let created = Timestamp::from_second(created).unwrap_or_default();
        duration::between(created, Timestamp::now())
    });
    let found = match find_by_name(context, resource, codec, planned, &body).await? {
        NameLookup::NotFound => return Ok(ResolvedClaim::NotFound),
        NameLookup::Match(found) | NameLookup::Mismatch(found)
            if since.is_some_and(|since| !was_created_within(resource, &found, since + MAX_CLOCK_SKEW)) =>
        {
            // The object is older than the create, which failed because the name was in use.
            return Ok(ResolvedClaim::NotFound);
        }
        NameLookup::Match(found)
            if since.is_some_and(|since| was_created_within(resource, &found, since)) =>
        {
            let listed = decode(resource, codec, &found.body, planned);
            let mut object = planned.clone();
            for attribute in identity::attributes(resource) {
                object.set_attribute(&attribute.name, listed.get(&attribute.name).clone());
            }
            return Ok(ResolvedClaim::Object(object));
        }
        NameLookup::Match(found) | NameLookup::Mismatch(found) => found,
    };
    let id = identity::import_id(resource, &decode(resource, codec, &found.body, planned));
    Ok(ResolvedClaim::Unclear(UnclearClaim {
        detail: format!(
            "{} exists, but differs from the configuration or is older than the request to create it. That request \
             got no response, so state has the object without its identity. The existing object may have been changed \
             since, or be another {}. Remove the object from state with `terraform state rm ADDRESS`. Then import the existing one \
             with `terraform import ADDRESS {}`, or give this resource another name.",
            capitalised(&title(resource, planned)),
            noun(resource),
            id.as_deref().unwrap_or("ID")
        ),
    }))
}

/// The result of a search by name.
enum NameLookup {
    /// No object has the name.
    NotFound,
    /// The object with the name has all values that were sent.
    Match(Response),
    /// The object with the name has other values.
    Mismatch(Response),
}

/// Searches for the object with the name that was sent.
async fn find_by_name(
    context: &Context,
    resource: &Resource,
    codec: &dyn Codec,
    planned: &Value,
    body: &Body,
) -> Result<NameLookup, Error> {
    let (Some(list), Some(attribute)) = (&resource.api.list, name_attribute(resource)) else {
        return Ok(NameLookup::NotFound);
    };
    let sent = attribute
        .wire
        .write
        .as_deref()
        .and_then(|key| body.expose().get(key));
    let Some(name) = sent.filter(|name| !name.is_null()) else {
        return Ok(NameLookup::NotFound);
    };
    let listed = context
        .perform(resource, list, planned, None, Retry::Safe)
        .await?;
    let Json::Array(candidates) = &listed.body else {
        let detail = format!("expected a list, got {}", wire::json_type(&listed.body));
        return Err(Error::unexpected_response(list, detail).with_remedy(&*context.api));
    };
    let mut matching = candidates
        .iter()
        .filter(|candidate| wire::field(attribute, candidate).as_ref() == Some(name))
        .peekable();
    let first = matching.peek().copied();
    let response = |object: &Json| Response {
        body: object.clone(),
        ..listed.clone()
    };
    Ok(
        match matching.find(|candidate| matches_request(resource, codec, planned, candidate, body)) {
            Some(found) => NameLookup::Match(response(found)),
            None => first.map_or(NameLookup::NotFound, |found| {
                NameLookup::Mismatch(response(found))
            }),
        },
    )
}

/// The attribute that names the object (`label` of the declaration).
fn name_attribute(resource: &Resource) -> Option<&Attribute> {
    resource.attribute(resource.label.as_deref()?)
}

/// Whether a listed object is equivalent to the request, as far as the list has its values.
fn matches_request(
    resource: &Resource,
    codec: &dyn Codec,
    planned: &Value,
    object: &Json,
    body: &Body,
) -> bool {
    let (listed, result) = try_decode(resource, codec, object, planned);
    let sent = resource.attributes.iter().filter(|attribute| {
        let key = attribute.wire.write.as_deref();
        !attribute.write_only && key.is_some_and(|key| body.expose().get(key).is_some())
    });
    result.is_ok()
        && sent.into_iter().all(|attribute| {
            matches_plan(
                attribute,
                planned.get(&attribute.name),
                listed.get(&attribute.name),
            )
        })
}

/// Decodes an object of the list; fields with an unexpected type keep the known value.
fn decode(resource: &Resource, codec: &dyn Codec, object: &Json, known: &Value) -> Value {
    try_decode(resource, codec, object, known).0
}

/// Decodes an object of the list, with an error beside it if a field has an unexpected type.
fn try_decode(
    resource: &Resource,
    codec: &dyn Codec,
    object: &Json,
    known: &Value,
) -> (Value, Result<(), Reported>) {
    let mut object = object.clone();
    codec.read_response(&mut object, known, &mut Json::Null);
    let mut discarded = Diagnostics::default();
    wire::from_response(
        &resource.attributes,
        &object,
        known,
        &Path::root(),
        &mut discarded,
    )
}
