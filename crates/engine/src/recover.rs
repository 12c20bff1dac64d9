//! Recovers from a create whose response was lost: the object may exist, so the provider searches for it by name
//! before it sends another create.
//!
//! - Before each repetition, the provider looks for the object. It is the created one only if it is no older than the request, by
//!   the control plane's clock, and equal to it.
//! - If the search fails, too, state gets a claim: the planned object without its identity. The next refresh reports the object
//!   that has the name, with the command that imports it, and drops the claim.
//! - A create that is rejected because its name is in use never takes the existing object over.
//!
//! Decision: `decisions/3-claims.md`.
//!
//! Tests: `crates/engine/tests/tables/recover.rs`, `tests/terraform/claims.rs`.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use schema::{Attribute, Mode, Resource};
use serde_json::Value as Json;
use tokio::time::Instant;
use value::{Path, Value, duration};

use crate::api::{Body, Effect, Error, ErrorKind, Response, Retry};
use crate::clock::Start;
use crate::codec::Codec;
use crate::context::Context;
use crate::diagnostic::{Diagnostics, Reported};
use crate::fill::matches_plan;
use crate::naming::{capitalised, noun, title};
use crate::repeat::{self, Create, LostAttempts, repeat};
use crate::report::{self, Action};
use crate::session::Session;
use crate::{identity, summaries, wire};

/// Interval between two reads of the control plane's clock.
const CLOCK_READ_INTERVAL: Duration = Duration::from_millis(50);

/// How long the control plane's clock is read.
const CLOCK_PATIENCE: Duration = Duration::from_secs(5);

/// The same for an object that is recognized by its time alone: reads may fail in between.
const LONG_CLOCK_PATIENCE: Duration = Duration::from_mins(2);

/// How precisely the control plane's clock is read, if possible.
const PRECISION: Duration = Duration::from_millis(100);

/// How precisely it must be known to recognize an object by its time alone.
const MAX_IMPRECISION: Duration = Duration::from_millis(600);

/// How much earlier or later than the lost attempt the object of a secret can be created, beside the imprecision of the clock.
const ATTEMPT_TOLERANCE: Duration = Duration::from_millis(20);

/// Sends a create. If its response is lost, it finds the object that the create made, or repeats the create.
///
/// # Errors
///
/// The error of the create, whose effect is unknown if the object may exist.
pub async fn create(session: &Session<'_>, operation: &str, body: &Body) -> Result<Response, Error> {
    let (context, resource, planned) = (session.context, session.resource, &session.request.planned);
    // The object exists before: a second request has no further effect.
    if resource.creates_by_update() {
        return match session.perform(operation, planned, Some(body), Retry::Safe).await {
            // The control plane confirmed it, but its response cannot be used: the object is read.
            Err(error) if error.effect == Effect::Done => Ok(Response {
                body: Json::Null,
                request_id: error.request_id.into(),
                date: error.date,
                is_accepted: true,
                attempt_ms: error.attempt_ms,
            }),
            sent => sent,
        };
    }
    let create = CreateByName {
        session,
        operation,
        body,
    };
    repeat(context, &create).await
}

/// A create whose object can be found by its name.
struct CreateByName<'a> {
    session: &'a Session<'a>,
    operation: &'a str,
    body: &'a Body,
}

#[async_trait]
impl Create for CreateByName<'_> {
    async fn send(&self, attempts: u32) -> Result<Response, Error> {
        let Self {
            session,
            operation,
            body,
        } = self;
        let (resource, planned) = (session.resource, &session.request.planned);
        let sent = session
            .context
            .attempt(resource, operation, planned, body, attempts);
        match sent.await {
            // The name was in use before the first attempt.
            Err(error) if is_name_taken(&error) && attempts == 0 => {
                let found = find_by_name(session, body).await.unwrap_or_default();
                Err(with_import_advice(error, session, found.first()))
            }
            sent => sent,
        }
    }

    async fn search(&self, error: &Error, lost: &LostAttempts) -> Result<Option<Response>, Error> {
        let (session, body) = (self.session, self.body);
        if !can_be_found(session.resource, body) {
            return Err(error.clone());
        }
        let Ok(found) = find_by_name(session, body).await else {
            return Err(error.clone());
        };
        // The control plane confirmed the create, so the only object that has the name is the created one.
        if let (true, [only]) = (lost.is_carried_out, found.as_slice()) {
            let own = own_object(session, only, body, lost).await;
            return own.map(Some).ok_or_else(|| error.clone());
        }
        match newest(session, &found).await {
            Newest::NotFound => Ok(None),
            Newest::Created(listed) => match own_object(session, listed, body, lost).await {
                Some(own) => {
                    tracing::warn!(request_id = %error.request_id, "lost the response to a create; found the object by its name");
                    Ok(Some(own))
                }
                None => Err(error.clone()),
            },
            Newest::Older(listed) => {
                let taken = Error {
                    effect: Effect::None,
                    kind: ErrorKind::Conflict,
                    ..error.clone()
                };
                Err(with_import_advice(taken, session, Some(listed)))
            }
            Newest::Unknown => Err(error.clone()),
        }
    }
}

/// Returns the response to a create that succeeded; if that does not identify the object, the response about the object that has the
/// name.
///
/// # Errors
///
/// [`ErrorKind::UnexpectedResponse`] if the object cannot be found.
pub async fn identify(
    session: &Session<'_>,
    operation: &str,
    body: &Body,
    response: Response,
) -> Result<Response, Error> {
    let detail = "it does not identify the object, which the provider also did not find by its name";
    let unexpected = Error::unexpected_response(operation, detail).with_remedy(&*session.context.api);
    let has_identity = identity::is_known(session.resource, &response.body, &session.request.planned);
    let found = if !has_identity {
        find_created(session, operation, body, unexpected).await?
    } else if has_other_name(session.resource, body, &response.body) {
        let create = CreateByName {
            session,
            operation,
            body,
        };
        match create.search(&unexpected, &LostAttempts::carried_out()).await {
            Ok(Some(found)) => found,
            // The control plane has changed the name.
            _ => return Ok(response),
        }
    } else {
        return Ok(response);
    };
    // Its values are not those of the response to this request.
    Ok(Response {
        is_accepted: true,
        ..found
    })
}

/// Returns the response about the object of a create that was carried out, but whose own response does not identify it.
///
/// # Errors
///
/// `error` if the object cannot be found.
pub async fn find_created(
    session: &Session<'_>,
    operation: &str,
    body: &Body,
    error: Error,
) -> Result<Response, Error> {
    let create = CreateByName {
        session,
        operation,
        body,
    };
    repeat::find(session.context, &create, error).await
}

fn is_name_taken(error: &Error) -> bool {
    error.effect == Effect::None && error.kind == ErrorKind::Conflict
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
    /// This object and all others with the name are older than the create, which therefore created nothing.
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
    let created = created_at(session, found)?;
    let is_clear = |start: &Start| created >= start.latest || created < start.earliest;
    let start = match Start::of(found, session.elapsed())? {
        start if is_clear(&start) => start,
        _ => start_of(session, found, || session.elapsed(), is_clear, CLOCK_PATIENCE).await?,
    };
    Some(created >= start.earliest)
}

/// The time at which an object was created.
fn created_at(session: &Session<'_>, found: &Response) -> Option<Timestamp> {
    let attribute = session.resource.attribute(session.resource.created.as_deref()?)?;
    wire::field(attribute, &found.body)?.as_str()?.parse().ok()
}

/// Returns when something began that has now lasted for `elapsed`: reads the object until that is precise, until `is_enough`, or
/// until the patience ends. `None` if no read succeeds.
async fn start_of(
    session: &Session<'_>,
    found: &Response,
    elapsed: impl Fn() -> Duration,
    is_enough: impl Fn(&Start) -> bool,
    patience: Duration,
) -> Option<Start> {
    let (resource, planned) = (session.resource, &session.request.planned);
    let object = decode(resource, session.codec, &found.body, planned);
    let operation = resource.api.read.as_deref()?;
    let mut start: Option<Start> = None;
    let began = Instant::now();
    loop {
        let response = session
            .perform(operation, &object, None, Retry::Safe)
            .await
            .ok()?;
        let observed = Start::of(&response, elapsed())?;
        let known = match start {
            Some(start) => start.and(&observed),
            None => observed,
        };
        let is_late = began.elapsed() > patience;
        if known.is_within(PRECISION) || is_enough(&known) || is_late {
            return Some(known);
        }
        start = Some(known);
        if !session.context.sleep(CLOCK_READ_INTERVAL).await {
            return None;
        }
    }
}

/// Reads a listed object, and returns the response if the object is the one that a lost attempt created.
///
/// If the control plane confirmed the create, the object that has the name is its object. Otherwise everything that was sent must be
/// equal, and nothing that the hook sends afterwards may differ. An object with values that the API never returns must have been
/// created during a lost attempt, and gets these values again.
async fn own_object(
    session: &Session<'_>,
    listed: &Response,
    body: &Body,
    lost: &LostAttempts,
) -> Option<Response> {
    let (resource, planned) = (session.resource, &session.request.planned);
    let object = decode(resource, session.codec, &listed.body, planned);
    let process = &session.context.process;
    let is_only_create =
        lost.is_carried_out || process.creates_of(&resource.name, name_in(resource, body)) < 2;
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
    if !lost.is_carried_out {
        if decoded.is_err() || !is_own(resource, planned, body, &found) {
            return None;
        }
        if let Some(unreturned) = unreturned_values(resource, body) {
            let was_in_progress = was_created_by(session, &response, lost).await;
            let update = resource.api.update.as_deref().filter(|_| was_in_progress)?;
            let updated = session.perform(update, &object, Some(&unreturned), Retry::Safe);
            updated.await.ok()?;
        }
    }
    // With the nested objects that a hook manages: the hook must not create them again.
    session.progress.lock().state = found;
    Some(response)
}

/// Whether an object was created while a lost attempt was in progress, by the control plane's clock.
async fn was_created_by(session: &Session<'_>, found: &Response, lost: &LostAttempts) -> bool {
    let Some(created) = created_at(session, found) else {
        return false;
    };
    let Some(start) = start_of(
        session,
        found,
        || lost.elapsed(),
        |start| start.is_within(MAX_IMPRECISION / 2),
        LONG_CLOCK_PATIENCE,
    )
    .await
    else {
        return false;
    };
    // Times since the start are not negative.
    start.is_within(MAX_IMPRECISION)
        && created >= start.earliest
        && lost.was_in_progress(
            duration::between(start.latest, created),
            duration::between(start.earliest, created),
            ATTEMPT_TOLERANCE,
        )
}

/// The values of a create that the API never returns; `None` if it sends no such value.
fn unreturned_values(resource: &Resource, body: &Body) -> Option<Body> {
    let keys = resource
        .attributes
        .iter()
        .filter(|attribute| !is_comparable(attribute))
        .filter_map(|attribute| attribute.wire.write.as_deref());
    let values: serde_json::Map<String, Json> = keys
        .filter_map(|key| Some((key.to_owned(), body.expose().get(key)?.clone())))
        .collect();
    (!values.is_empty()).then(|| Body::new(Json::Object(values), body.secrets().to_vec()))
}

/// Whether the API returns the values of an attribute.
fn is_comparable(attribute: &Attribute) -> bool {
    !attribute.write_only && attribute.returned
}

/// Records a create, so that a lost one does not take the object of another resource of this process.
pub fn note_create(session: &Session<'_>, body: &Body) {
    let name = name_in(session.resource, body);
    session.context.process.note_create(&session.resource.name, name);
}

/// The name that a body has; null without one.
fn name_in<'a>(resource: &Resource, body: &'a Body) -> &'a Json {
    sent_name(resource, body).map_or(&Json::Null, |(_, name)| name)
}

/// Whether an object has all values of a create, and no others, as far as the API returns them.
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
        let is_unset = planned.is_null() && attribute.mode == Mode::Optional;
        match (is_comparable(attribute), is_sent) {
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
    let (Some(list), Some((attribute, name))) = (&resource.api.list, sent_name(resource, body)) else {
        return Ok(Vec::new());
    };
    let now = Some(Instant::now());
    let listed = context.whole_list(resource, list, planned, now).await?;
    let named = listed.objects().filter(|candidate| {
        let field = wire::field(attribute, candidate);
        field.is_some_and(|field| wire::is_equivalent_json(attribute, &field, name))
    });
    Ok(named
        .map(|body| Response {
            body,
            request_id: listed.request_id.clone(),
            date: listed.date,
            is_accepted: false,
            attempt_ms: listed.attempt_ms,
        })
        .collect())
}

/// Whether an object can be found by the name that was sent.
fn can_be_found(resource: &Resource, body: &Body) -> bool {
    resource.api.list.is_some() && sent_name(resource, body).is_some()
}

/// Whether a response has another name than the one that was sent, so that it may be about another object.
fn has_other_name(resource: &Resource, body: &Body, response: &Json) -> bool {
    if resource.creates_by_update() {
        return false;
    }
    sent_name(resource, body).is_some_and(|(attribute, name)| {
        let field = wire::field(attribute, response).filter(|field| !field.is_null());
        field.is_some_and(|field| !wire::is_equivalent_json(attribute, name, &field))
    })
}

/// The attribute that names the object (`label` of the declaration), and the name that a body has.
fn sent_name<'r, 'b>(resource: &'r Resource, body: &'b Body) -> Option<(&'r Attribute, &'b Json)> {
    let attribute = resource.attribute(resource.label.as_deref()?)?;
    let name = body.expose().get(attribute.wire.write.as_deref()?)?;
    (!name.is_null()).then_some((attribute, name))
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
