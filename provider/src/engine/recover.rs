//! A create whose answer was lost: the object may exist, so it is looked for before anything is made again.
//!
//! At once, where only the answer was lost. Where that fails too, state gets a claim: the object as planned, without its
//! identity; the next refresh looks for what it stands for. Where the process was lost that waited for the answer, there
//! is no state: the next create finds the name taken, and takes over what the one before it has just made.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use schema::Resource;
use serde_json::Value as Json;

use super::apply::{Session, fits};
use super::context::{Context, title};
use super::diagnostic::Diagnostics;
use super::{identity, wire};
use crate::client::{Answer, Effect, Error, ErrorKind, Repeat};
use crate::value::{Path, Value};

/// How often a create is sent again after the control plane does not have the object.
const REPEATS: u32 = 2;

/// How old an object may be that an apply which broke off has left behind.
const RECENT: Duration = Duration::from_hours(1);

/// Finds what a create has made whose answer was lost, or makes it again. Any other error comes back as it is.
pub async fn lost_create(
    session: &mut Session<'_>,
    create: &str,
    body: &Json,
    error: Error,
) -> Result<Answer, Error> {
    if error.effect == Effect::None {
        return left_behind(session, body, error).await;
    }
    let mut error = error;
    for _ in 0..REPEATS {
        let planned = &session.request.planned;
        match find(session.context, session.resource, planned, body).await {
            Ok(Some(found)) if age(&found.body).is_none_or(|age| age <= RECENT) => {
                tracing::warn!(request_id = %error.request_id, "the answer to a create was lost; the object was found by its name");
                return Ok(found);
            }
            Ok(_) => {}
            // The create may still have been carried out: that is what the caller has to know.
            Err(_) => return Err(error),
        }
        let again = match session.call(create, planned, Some(body), Repeat::Unsafe).await {
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

/// What this process knows of the objects that it has made itself: nothing of it was left behind.
#[derive(Clone)]
pub struct Made {
    began: Timestamp,
    keys: Arc<Mutex<HashSet<String>>>,
}

impl Default for Made {
    fn default() -> Made {
        Made {
            began: Timestamp::now(),
            keys: Arc::default(),
        }
    }
}

impl Made {
    /// Notes an object that has just been made.
    pub fn note(&self, resource: &Resource, object: &Value) {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        keys.insert(identity::key(resource, object));
    }

    fn has(&self, resource: &Resource, object: &Value) -> bool {
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        keys.contains(&identity::key(resource, object))
    }
}

/// Where the name is taken: takes over what an apply that broke off has just made.
///
/// It has to be as configured, in everything, and young, but older than this process: whatever else has the name belongs
/// to somebody, if only to another resource of this configuration. An object with values that the control plane never
/// shows cannot be compared, so it is never taken over.
async fn left_behind(session: &mut Session<'_>, body: &Json, error: Error) -> Result<Answer, Error> {
    let (resource, planned) = (session.resource, &session.request.planned);
    let hides = resource
        .attributes
        .iter()
        .any(|attribute| attribute.wire.write.is_some() && (attribute.write_only || !attribute.returned));
    if error.kind != ErrorKind::Conflict || hides {
        return Err(error);
    }
    let Ok(Some(mut found)) = find(session.context, resource, planned, body).await else {
        return Err(error);
    };
    if let Some(hook) = session.hook {
        hook.read_answer(
            &mut found.body,
            planned,
            &mut session.progress.lock().private.memory,
        );
    }
    let mut unreadable = Diagnostics::default();
    let object = wire::from_answer(
        &resource.attributes,
        &found.body,
        planned,
        &Path::root(),
        &mut unreadable,
    );
    let made = &session.context.made;
    let running = Timestamp::now().duration_since(made.began).unsigned_abs();
    let is_left = age(&found.body).is_some_and(|age| age > running && age <= RECENT);
    if !is_left || made.has(resource, &object) {
        return Err(error);
    }
    // What a hook has made of it by calls of its own is there, too.
    session.progress.lock().state = object;
    session.diagnostics.warning_at(
        Path::root(),
        format!("The {} was there already", title(resource, planned)),
        "It is exactly as configured and was made within the last hour: by an apply that broke off before it could save \
         its state. Terraform manages it from now on.",
    );
    Ok(found)
}

/// How long ago an object was made, where it says so.
fn age(object: &Json) -> Option<Duration> {
    let created: Timestamp = object.get("created_at")?.as_str()?.parse().ok()?;
    Some(Timestamp::now().duration_since(created).unsigned_abs())
}

/// Whether this object in state is a claim: something that may have been made, whose identity is not known.
pub fn is_claim(resource: &Resource, object: &Value) -> bool {
    identity::attributes(resource).any(|attribute| object.get(&attribute.name).is_null())
}

/// The claim with the identity of what it stands for; `None` where that was not made, or is gone.
pub async fn identify(context: &Context, resource: &Resource, claim: &Value) -> Result<Option<Value>, Error> {
    let body = wire::create_body(&resource.attributes, claim, claim);
    let Some(found) = find(context, resource, claim, &body).await? else {
        return Ok(None);
    };
    let mut unreadable = Diagnostics::default();
    let shown = wire::from_answer(
        &resource.attributes,
        &found.body,
        claim,
        &Path::root(),
        &mut unreadable,
    );
    let mut object = claim.clone();
    for attribute in identity::attributes(resource) {
        object.set_attribute(&attribute.name, shown.get(&attribute.name).clone());
    }
    Ok(Some(object))
}

/// The object of that name which has every value that was sent: names are unique, so it is the one that was made.
async fn find(
    context: &Context,
    resource: &Resource,
    planned: &Value,
    body: &Json,
) -> Result<Option<Answer>, Error> {
    let Some(list) = &resource.api.list else {
        return Ok(None);
    };
    let listed = context.call(resource, list, planned, None, Repeat::Safe).await?;
    let Some(name) = body.get("name") else {
        return Ok(None);
    };
    let candidates = listed.body.as_array().map(Vec::as_slice).unwrap_or_default();
    let found = candidates
        .iter()
        .find(|candidate| candidate.get("name") == Some(name) && agrees(resource, planned, candidate, body));
    Ok(found.map(|object| Answer {
        body: object.clone(),
        ..listed.clone()
    }))
}

/// Whether an object means the same as what was sent, in everything that it shows.
fn agrees(resource: &Resource, planned: &Value, object: &Json, body: &Json) -> bool {
    let attributes = &resource.attributes;
    let mut unreadable = Diagnostics::default();
    let shown = wire::from_answer(attributes, object, planned, &Path::root(), &mut unreadable);
    let sent = attributes.iter().filter(|attribute| {
        let key = attribute.wire.write.as_deref();
        !attribute.write_only && key.is_some_and(|key| body.get(key).is_some())
    });
    !unreadable.has_errors()
        && sent.into_iter().all(|attribute| {
            fits(
                attribute,
                planned.get(&attribute.name),
                shown.get(&attribute.name),
            )
        })
}
