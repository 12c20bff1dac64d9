//! Recovers from a create whose response was lost: the object may exist, so the provider searches for it by name
//! before it sends another create.
//!
//! - If only the response was lost, the search follows at once. The object is the created one only if it is no older than the
//!   request, by the control plane's clock, and equal to it.
//! - If the search fails, too, state gets a claim: the planned object without its identity. The next refresh reports the object
//!   that has the name, with the command that imports it, and drops the claim.
//! - A create that is rejected because its name is in use never takes the existing object over.
//!
//! Decision: `decisions/3-claims.md`.
//!
//! Tests: `crates/engine/tests/tables/recover.rs`, `tests/terraform/claims.rs`.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use schema::{Attribute, Mode, Resource};
use serde_json::Value as Json;
use value::{Path, Value};

use crate::api::{Body, Effect, Error, ErrorKind, Response, Retry};
use crate::codec::Codec;
use crate::context::Context;
use crate::diagnostic::{Diagnostics, Reported};
use crate::fill::matches_plan;
use crate::naming::{capitalised, noun, title};
use crate::report::{self, Action};
use crate::session::Session;
use crate::{identity, summaries, wire};

/// Resolution of the date of a response.
const DATE_RESOLUTION: SignedDuration = SignedDuration::from_secs(1);

/// Interval between two reads of the control plane's clock.
const CLOCK_READ_INTERVAL: Duration = Duration::from_millis(50);

/// Limit of reads of the control plane's clock: enough for a second and a half.
const MAX_CLOCK_READS: u32 = 30;

/// Retries of a create after a search that did not find the object.
const MAX_CREATE_RETRIES: u32 = 2;

/// Recovers from a failed create: finds the object that it created, or retries the create.
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
    let mut error = error;
    if error.effect == Effect::None && error.kind == ErrorKind::Conflict {
        let found = find_by_name(session, body).await.unwrap_or_default();
        return Err(with_import_advice(error, session, found.first()));
    }
    if error.effect == Effect::None {
        return Err(error);
    }
    for _ in 0..MAX_CREATE_RETRIES {
        // The create may still have been carried out: the caller needs that error.
        let Ok(found) = find_by_name(session, body).await else {
            return Err(error);
        };
        match newest(session, &found).await {
            Newest::Created(listed) => {
                let Some(own) = own_object(session, listed, body).await else {
                    return Err(error);
                };
                tracing::warn!(request_id = %error.request_id, "lost the response to a create; found the object by its name");
                return Ok(own);
            }
            Newest::Older(listed) => {
                error.effect = Effect::None;
                error.kind = ErrorKind::Conflict;
                return Err(with_import_advice(error, session, Some(listed)));
            }
            Newest::Unknown => return Err(error),
            Newest::NotFound => {}
        }
        let planned = &session.request.planned;
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

/// Returns the response about the object of a create whose own response was unusable, if it can be found.
pub async fn find_created(session: &mut Session<'_>, body: &Body) -> Option<Response> {
    let found = find_by_name(session, body).await.ok()?;
    match newest(session, &found).await {
        Newest::Created(listed) => own_object(session, listed, body).await,
        Newest::NotFound | Newest::Older(_) | Newest::Unknown => None,
    }
}

/// Adds to the error how to import the object that has the name.
fn with_import_advice(mut error: Error, session: &Session<'_>, found: Option<&Response>) -> Error {
    let (resource, planned) = (session.resource, &session.request.planned);
    let found = found.map(|found| decode(resource, session.codec, &found.body, planned));
    if let Some(id) = found.and_then(|found| identity::import_id(resource, &found)) {
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

/// The objects with the name of a create, compared with the time of the create.
enum Newest<'a> {
    /// No object has the name.
    NotFound,
    /// This object was created since the create began.
    Created(&'a Response),
    /// This object is older than the create, which therefore created nothing.
    Older(&'a Response),
    /// The age of an object is unknown.
    Unknown,
}

async fn newest<'a>(session: &Session<'_>, found: &'a [Response]) -> Newest<'a> {
    let mut newest = Newest::NotFound;
    for object in found {
        newest = match (is_since_create(session, object).await, newest) {
            (None, _) => return Newest::Unknown,
            (Some(true), _) => return Newest::Created(object),
            (Some(false), Newest::NotFound) => Newest::Older(object),
            (Some(false), newest) => newest,
        };
    }
    newest
}

/// Whether an object was created since the create began, by the control plane's clock; `None` if that cannot be determined.
async fn is_since_create(session: &Session<'_>, found: &Response) -> Option<bool> {
    let resource = session.resource;
    let attribute = resource.attribute(resource.created.as_deref()?)?;
    let created: Timestamp = wire::field(attribute, &found.body)?.as_str()?.parse().ok()?;
    let elapsed = SignedDuration::try_from(session.elapsed()).ok()?;
    match compare_with_start(created, found.date?, elapsed) {
        Some(is_since) => Some(is_since),
        None => Some(created >= start_of_create(session, found).await?),
    }
}

/// Whether a time is since the start of something that had `elapsed` when a response with this date was sent; `None` if the
/// resolution of the date leaves that open.
fn compare_with_start(time: Timestamp, date: Timestamp, elapsed: SignedDuration) -> Option<bool> {
    let (earliest, latest) = (date - elapsed, date + DATE_RESOLUTION - elapsed);
    (time < earliest || time >= latest).then_some(time >= latest)
}

/// The time at which the create began, by the control plane's clock: reads the object until the second of the response's date
/// changes. The result is at most [`CLOCK_READ_INTERVAL`] and one request too early.
async fn start_of_create(session: &Session<'_>, found: &Response) -> Option<Timestamp> {
    let (resource, planned) = (session.resource, &session.request.planned);
    let object = decode(resource, session.codec, &found.body, planned);
    let operation = resource.api.read.as_deref()?;
    for _ in 0..MAX_CLOCK_READS {
        tokio::time::sleep(CLOCK_READ_INTERVAL).await;
        let response = session
            .perform(operation, &object, None, Retry::Safe)
            .await
            .ok()?;
        let elapsed = SignedDuration::try_from(session.elapsed()).ok()?;
        if response.date? != found.date? {
            return Some(response.date? - elapsed);
        }
    }
    None
}

/// Reads a listed object, and returns the response if the object is the one that the lost create made: everything that was sent
/// is equal, and nothing that the hook sends afterwards differs.
async fn own_object(session: &mut Session<'_>, listed: &Response, body: &Body) -> Option<Response> {
    let (resource, planned) = (session.resource, &session.request.planned);
    let object = decode(resource, session.codec, &listed.body, planned);
    let process = &session.context.process;
    let is_only_create = process.creates_of(&creation_key(resource, body)) < 2;
    if !is_only_create || process.has_created(&identity::key(resource, &object)) {
        return None;
    }
    let response = match &resource.api.read {
        Some(read) => session.perform(read, &object, None, Retry::Safe).await.ok()?,
        None => listed.clone(),
    };
    let mut problems = Diagnostics::default();
    identity::check(
        resource,
        &response.body,
        &object,
        &*session.context.api,
        &mut problems,
    )
    .ok()?;
    let (found, decoded) = try_decode(resource, session.codec, &response.body, planned);
    if decoded.is_err() || !is_own(resource, planned, body, &found) {
        return None;
    }
    // With the nested objects that a hook manages: the hook must not create them again.
    session.progress.lock().state = found;
    Some(response)
}

/// Records a create, so that a lost one does not take the object of another resource of this process.
pub fn note_create(session: &Session<'_>, body: &Body) {
    session
        .context
        .process
        .note_create(creation_key(session.resource, body));
}

/// A key that creates of objects with one name share.
fn creation_key(resource: &Resource, body: &Body) -> String {
    let key = name_attribute(resource).and_then(|attribute| attribute.wire.write.as_deref());
    let name = key.and_then(|key| body.expose().get(key));
    format!("{}/{}", resource.name, name.unwrap_or(&Json::Null))
}

/// Whether an object has all values of a create, and no others. A value that the API never returns cannot be compared, so an
/// object with one may be another client's.
fn is_own(resource: &Resource, planned: &Value, body: &Body, found: &Value) -> bool {
    resource.attributes.iter().all(|attribute| {
        let (planned, found) = (planned.get(&attribute.name), found.get(&attribute.name));
        let key = attribute.wire.write.as_deref();
        let is_sent = key.is_some_and(|key| body.expose().get(key).is_some());
        if wire::is_managed_by_hook(attribute) {
            let planned = planned.elements();
            let mut found = found.elements().iter();
            return found.all(|found| {
                planned
                    .iter()
                    .any(|planned| matches_plan(attribute, planned, found))
            });
        }
        let is_comparable = !attribute.write_only && attribute.returned;
        if is_sent && !is_comparable {
            return false;
        }
        let is_unset = planned.is_null() && attribute.mode == Mode::Optional;
        match (is_comparable, is_sent) {
            (true, true) => matches_plan(attribute, planned, found),
            (true, false) if is_unset => is_unset_value(found),
            _ => true,
        }
    })
}

fn is_unset_value(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::List(elements) | Value::Set(elements) => elements.is_empty(),
        Value::Map(entries) => entries.is_empty(),
        _ => false,
    }
}

/// Whether an object in state is a claim: it may exist, and its identity is unknown.
pub fn is_claim(resource: &Resource, object: &Value) -> bool {
    identity::attributes(resource).any(|attribute| object.get(&attribute.name).is_null())
}

/// Drops the claim of an earlier process, and warns of the object that has its name. A claim is no evidence: that object may be
/// another client's.
///
/// # Errors
///
/// [`Reported`] if the objects cannot be listed; state must keep the claim.
pub async fn drop_claim(
    context: &Context,
    resource: &Resource,
    codec: &dyn Codec,
    claim: &Value,
    diagnostics: &mut Diagnostics,
) -> Result<(), Reported> {
    let body = wire::create_body(&resource.attributes, claim, claim);
    let found = list_by_name(context, resource, claim, &body)
        .await
        .map_err(|error| report::request_error(diagnostics, Action::Find, resource, claim, &error))?;
    let Some(found) = found.first() else {
        return Ok(());
    };
    let id = identity::import_id(resource, &decode(resource, codec, &found.body, claim));
    diagnostics.warning_at(
        Path::root(),
        &summaries::CLAIM_DROPPED,
        format!(
            "{} exists. An earlier request to create it got no response, so it may be the {} that Terraform created, or another \
             one. State no longer has it, and it was not changed. To manage it, import it with `terraform import ADDRESS {}`. \
             Otherwise give this resource another name.",
            capitalised(&title(resource, claim)),
            noun(resource),
            id.as_deref().unwrap_or("ID")
        ),
    );
    Ok(())
}

/// Searches for the objects with the name that was sent.
async fn find_by_name(session: &Session<'_>, body: &Body) -> Result<Vec<Response>, Error> {
    list_by_name(session.context, session.resource, &session.request.planned, body).await
}

/// Lists the objects with the name that was sent; none if the resource has no list or no name.
async fn list_by_name(
    context: &Context,
    resource: &Resource,
    planned: &Value,
    body: &Body,
) -> Result<Vec<Response>, Error> {
    let (Some(list), Some(attribute)) = (&resource.api.list, name_attribute(resource)) else {
        return Ok(Vec::new());
    };
    let key = attribute.wire.write.as_deref();
    let sent = key.and_then(|key| body.expose().get(key));
    let Some(name) = sent.filter(|name| !name.is_null()) else {
        return Ok(Vec::new());
    };
    let listed = context
        .perform(resource, list, planned, None, Retry::Safe)
        .await?;
    let Json::Array(candidates) = &listed.body else {
        let detail = format!("expected a list, got {}", wire::json_type(&listed.body));
        return Err(Error::unexpected_response(list, detail).with_remedy(&*context.api));
    };
    let named = candidates
        .iter()
        .filter(|candidate| wire::field(attribute, candidate).as_ref() == Some(name));
    Ok(named
        .map(|object| Response {
            body: object.clone(),
            ..listed.clone()
        })
        .collect())
}

/// The attribute that names the object (`label` of the declaration).
fn name_attribute(resource: &Resource) -> Option<&Attribute> {
    resource.attribute(resource.label.as_deref()?)
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
    codec.read_response(resource, &mut object, known, &mut Json::Null);
    let mut discarded = Diagnostics::default();
    wire::from_response(
        &resource.attributes,
        &object,
        known,
        &Path::root(),
        &mut discarded,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compare_with_start_allows_for_the_resolution_of_the_date() {
        let at = |millisecond: i64| Timestamp::from_millisecond(millisecond).unwrap();
        // The response was sent between 10.0 s and 11.0 s, so the start was between 7.5 s and 8.5 s.
        let (date, elapsed) = (at(10_000), SignedDuration::from_millis(2_500));
        for (time, expected) in [
            (7_499, Some(false)),
            (7_500, None),
            (8_499, None),
            (8_500, Some(true)),
            (12_000, Some(true)),
        ] {
            assert_eq!(compare_with_start(at(time), date, elapsed), expected, "{time}");
        }
    }
}
