//! A create whose answer was lost: the object may exist, so it is looked for before anything is made again.
//!
//! At once, where only the answer was lost. Where that fails too, state gets a claim: the object as planned, without its
//! identity; the next refresh looks for what it stands for. Where the process was lost that waited for the answer, there
//! is no state: the next create finds the name taken, and takes over what the one before it has just made.
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
use crate::object::Known;
use crate::session::Session;
use crate::words::{capitalised, noun, title};
use crate::{identity, summaries, wire};

/// How often a create is sent again after the control plane does not have the object.
const REPEATS: u32 = 2;

/// How old an object may be that an apply which broke off has left behind.
const RECENT: Duration = Duration::from_hours(1);

/// How much older than its create an object may seem to be: clocks differ a little.
const SLACK: Duration = Duration::from_secs(10);

/// How far the clocks of two machines may be apart of which one made a claim and the other looks for it.
const CLOCKS: Duration = Duration::from_mins(5);

/// Finds what a create has made whose answer was lost, or makes it again. Any other error comes back as it is.
pub async fn lost_create(
    session: &mut Session<'_>,
    create: &str,
    body: &Body,
    error: Error,
) -> Result<Response, Error> {
    if error.effect == Effect::None {
        return left_behind(session, body, error).await;
    }
    let (resource, planned) = (session.resource, &session.request.planned);
    let mut error = error;
    for _ in 0..REPEATS {
        match find(session.context, resource, session.codec, planned, body).await {
            Ok(Named::AsPlanned(found)) if is_made_within(resource, &found, session.elapsed()) => {
                tracing::warn!(request_id = %error.request_id, "lost the response to a create; found the object by its name");
                return Ok(found);
            }
            // What has the name may be what was made, and changed by the control plane.
            Ok(Named::Otherwise(found)) if is_made_within(resource, &found, session.elapsed()) => {
                return Err(error);
            }
            // It was there before, so nothing can have been made.
            Ok(Named::AsPlanned(found) | Named::Otherwise(found)) => {
                error.effect = Effect::None;
                error.kind = ErrorKind::Conflict;
                return Err(with_import_advice(error, session, &found.body));
            }
            Ok(Named::Nothing) => {}
            // The create may still have been carried out: that is what the caller has to know.
            Err(_) => return Err(error),
        }
        let again = match session.perform(create, planned, Some(body), Retry::Unsafe).await {
            Ok(answer) => return Ok(answer),
            Err(again) => again,
        };
        // A name that is taken may be taken by what was made.
        let is_open = again.effect != Effect::None || again.kind == ErrorKind::Conflict;
        error = again;
        error.effect = Effect::Unknown;
        if !is_open {
            break;
        }
    }
    Err(error)
}

/// The error with what to do about the object that has the name.
fn with_import_advice(mut error: Error, session: &Session<'_>, found: &Json) -> Error {
    let (resource, planned) = (session.resource, &session.request.planned);
    if let Some(id) = identity::import_id(resource, &shown(resource, session.codec, found, planned)) {
        let said = error.detail.as_deref().unwrap_or("the name is taken");
        let advice = format!(
            "{}. If this resource is to manage the existing object, import it: `terraform import ADDRESS {id}`",
            said.trim_end_matches('.')
        );
        error.detail = Some(advice.into());
    }
    error
}

/// Where the name is taken: takes over what an apply that broke off has just made.
///
/// It has to be as configured, in everything, and young, but older than this process: whatever else has the name belongs
/// to somebody, if only to another resource of this configuration. An object with values that the control plane never
/// shows cannot be compared, so it is never taken over.
async fn left_behind(session: &mut Session<'_>, body: &Body, error: Error) -> Result<Response, Error> {
    let (resource, planned) = (session.resource, &session.request.planned);
    if error.kind != ErrorKind::Conflict {
        return Err(error);
    }
    let (found, is_as_planned) = match find(session.context, resource, session.codec, planned, body).await {
        Ok(Named::AsPlanned(found)) => (found, true),
        Ok(Named::Otherwise(found)) => (found, false),
        Ok(Named::Nothing) | Err(_) => return Err(error),
    };
    let object = shown(resource, session.codec, &found.body, planned);
    let hides = resource
        .attributes
        .iter()
        .any(|attribute| attribute.wire.write.is_some() && (attribute.write_only || !attribute.returned));
    let process = &session.context.process;
    let is_left = age(resource, &found).is_some_and(|age| age > process.age() && age <= RECENT);
    if hides || !is_as_planned || !is_left || process.has_created(&identity::key(resource, &object)) {
        return Err(with_import_advice(error, session, &found.body));
    }
    // What a hook has made of it by calls of its own is there, too.
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

/// How long ago an object was made, by the control plane's clock, where it says so.
fn age(resource: &Resource, found: &Response) -> Option<Duration> {
    let attribute = resource.attribute(resource.created.as_deref()?)?;
    let created: Timestamp = wire::field(attribute, &found.body)?.as_str()?.parse().ok()?;
    Some(duration::between(created, found.date))
}

/// Whether an object was made within that time, as far as it says.
fn is_made_within(resource: &Resource, found: &Response, time: Duration) -> bool {
    age(resource, found).is_none_or(|age| age <= time + SLACK)
}

/// Whether this object in state is a claim: something that may have been made, whose identity is not known.
pub fn is_claim(resource: &Resource, object: &Value) -> bool {
    identity::attributes(resource).any(|attribute| object.get(&attribute.name).is_null())
}

/// What a claim turns out to stand for.
pub enum Claimed {
    /// This object: the claim with its identity.
    Object(Value),
    /// Nothing: it was not made, or is gone.
    Nothing,
    /// It cannot be told: what has its name is not as it was to be made.
    Unclear(Unclear),
}

/// Why a claim stays one, for a diagnostic.
pub struct Unclear {
    /// What happened, and what to do.
    pub detail: String,
}

/// Looks for what a claim stands for.
pub async fn identify(
    context: &Context,
    resource: &Resource,
    codec: &dyn Codec,
    claim: &Known,
) -> Result<Claimed, Error> {
    let planned = &claim.state;
    let body = wire::create_body(&resource.attributes, planned, planned);
    // Since when it may have been made.
    let since = claim.private.claimed.map(|began| {
        let began = Timestamp::from_second(began).unwrap_or_default();
        duration::between(began, Timestamp::now())
    });
    let found = match find(context, resource, codec, planned, &body).await? {
        Named::Nothing => return Ok(Claimed::Nothing),
        Named::AsPlanned(found) | Named::Otherwise(found)
            if since.is_some_and(|since| !is_made_within(resource, &found, since + CLOCKS)) =>
        {
            // It was there before, and kept the claim from being made.
            return Ok(Claimed::Nothing);
        }
        Named::AsPlanned(found) if since.is_some_and(|since| is_made_within(resource, &found, since)) => {
            let shown = shown(resource, codec, &found.body, planned);
            let mut object = planned.clone();
            for attribute in identity::attributes(resource) {
                object.set_attribute(&attribute.name, shown.get(&attribute.name).clone());
            }
            return Ok(Claimed::Object(object));
        }
        Named::AsPlanned(found) | Named::Otherwise(found) => found,
    };
    let id = identity::import_id(resource, &shown(resource, codec, &found.body, planned));
    Ok(Claimed::Unclear(Unclear {
        detail: format!(
            "{} exists, but differs from the configuration. An earlier apply requested its creation and got no \
             response, so state has the object without its identity. The existing object may have been changed since, or \
             be another {}. Remove the object from state with `terraform state rm ADDRESS`. Then import the existing one \
             with `terraform import ADDRESS {}`, or give this resource another name.",
            capitalised(&title(resource, planned)),
            noun(resource),
            id.as_deref().unwrap_or("ID")
        ),
    }))
}

/// What the control plane has of a name.
enum Named {
    /// Nothing.
    Nothing,
    /// An object with every value that was sent: names are unique, so it is the one that was made.
    AsPlanned(Response),
    /// An object with other values.
    Otherwise(Response),
}

/// Looks for what has the name that was sent.
async fn find(
    context: &Context,
    resource: &Resource,
    codec: &dyn Codec,
    planned: &Value,
    body: &Body,
) -> Result<Named, Error> {
    let (Some(list), Some(label)) = (&resource.api.list, label(resource)) else {
        return Ok(Named::Nothing);
    };
    let sent = label.wire.write.as_deref().and_then(|key| body.expose().get(key));
    let Some(name) = sent.filter(|name| !name.is_null()) else {
        return Ok(Named::Nothing);
    };
    let listed = context
        .perform(resource, list, planned, None, Retry::Safe)
        .await?;
    let Json::Array(candidates) = &listed.body else {
        let detail = format!("expected a list, got {}", wire::kind(&listed.body));
        return Err(Error::unexpected_response(list, detail).with_remedy(&*context.api));
    };
    let mut named = candidates
        .iter()
        .filter(|candidate| wire::field(label, candidate).as_ref() == Some(name))
        .peekable();
    let first = named.peek().copied();
    let answer = |object: &Json| Response {
        body: object.clone(),
        ..listed.clone()
    };
    Ok(
        match named.find(|candidate| agrees(resource, codec, planned, candidate, body)) {
            Some(found) => Named::AsPlanned(answer(found)),
            None => first.map_or(Named::Nothing, |found| Named::Otherwise(answer(found))),
        },
    )
}

/// The attribute that names the object.
fn label(resource: &Resource) -> Option<&Attribute> {
    resource.attribute(resource.label.as_deref()?)
}

/// Whether an object means the same as what was sent, in everything that it shows.
fn agrees(resource: &Resource, codec: &dyn Codec, planned: &Value, object: &Json, body: &Body) -> bool {
    let (shown, result) = read(resource, codec, object, planned);
    let sent = resource.attributes.iter().filter(|attribute| {
        let key = attribute.wire.write.as_deref();
        !attribute.write_only && key.is_some_and(|key| body.expose().get(key).is_some())
    });
    result.is_ok()
        && sent.into_iter().all(|attribute| {
            matches_plan(
                attribute,
                planned.get(&attribute.name),
                shown.get(&attribute.name),
            )
        })
}

/// An object of the list, as far as it can be read.
fn shown(resource: &Resource, codec: &dyn Codec, object: &Json, known: &Value) -> Value {
    read(resource, codec, object, known).0
}

/// An object of the list, as far as it can be read; an error beside it where a part cannot.
fn read(
    resource: &Resource,
    codec: &dyn Codec,
    object: &Json,
    known: &Value,
) -> (Value, Result<(), Reported>) {
    let mut object = object.clone();
    codec.read_response(&mut object, known, &mut Json::Null);
    let mut unshown = Diagnostics::default();
    wire::from_response(&resource.attributes, &object, known, &Path::root(), &mut unshown)
}
