//! A create whose answer was lost: the object may exist, so it is looked for before anything is made again.

use serde_json::Value as Json;

use super::apply::{Session, fits};
use super::diagnostic::Diagnostics;
use super::wire;
use crate::client::{Answer, Effect, Error, ErrorKind, Repeat};
use crate::value::Path;

/// How often a create is sent again after the control plane does not have the object.
const REPEATS: u32 = 2;

/// Finds what a create has made whose answer was lost, or makes it again. Any other error comes back as it is.
pub async fn lost_create(
    session: &Session<'_>,
    create: &str,
    body: &Json,
    error: Error,
) -> Result<Answer, Error> {
    if error.effect == Effect::None {
        return Err(error);
    }
    let mut error = error;
    for _ in 0..REPEATS {
        // Once an answer was lost, a name that is taken may be taken by what was made.
        if error.effect == Effect::None && error.kind != ErrorKind::Conflict {
            return Err(error);
        }
        let Some(found) = find(session, body).await? else {
            match session
                .call(create, &session.request.planned, Some(body), Repeat::Unsafe)
                .await
            {
                Err(again) => error = again,
                answer => return answer,
            }
            continue;
        };
        tracing::warn!(request_id = %error.request_id, "the answer to a create was lost; the object was found by its name");
        return Ok(found);
    }
    Err(error)
}

/// The object of that name which has every value that was sent: names are unique, so it is the one that was made.
async fn find(session: &Session<'_>, body: &Json) -> Result<Option<Answer>, Error> {
    let Some(list) = &session.resource.api.list else {
        return Ok(None);
    };
    let listed = session
        .call(list, &session.request.planned, None, Repeat::Safe)
        .await?;
    let Some(name) = body.get("name") else {
        return Ok(None);
    };
    let candidates = listed.body.as_array().map(Vec::as_slice).unwrap_or_default();
    let found = candidates
        .iter()
        .find(|candidate| candidate.get("name") == Some(name) && agrees(session, candidate, body));
    Ok(found.map(|object| Answer {
        body: object.clone(),
        ..listed.clone()
    }))
}

/// Whether an object means the same as what was sent, in everything that it shows.
fn agrees(session: &Session<'_>, object: &Json, body: &Json) -> bool {
    let attributes = &session.resource.attributes;
    let planned = &session.request.planned;
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
