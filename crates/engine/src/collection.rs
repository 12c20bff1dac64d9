//! Lists of the objects of a resource: the one place where lists are read, for refreshes, data sources, checks of plans and the
//! recovery of lost creates.
//!
//! A refresh may be answered from a list, see [`find`]. A list only shows that an object has not changed: a request for the object shows
//! what it is now, and whether it is gone.
//!
//! Tests: `crates/engine/tests/tables/collection.rs`, `tests/protocol/collections.rs`, `tests/terraform/collections.rs`.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use schema::{Attribute, Resource};
use serde_json::Value as Json;
use tokio::time::Instant;
use value::Value;

use crate::api::{Error, Listed, Wanted};
use crate::codec::Codec;
use crate::context::Context;
use crate::demand::Demand;
use crate::list::{Index, List};
use crate::object::Known;
use crate::process::Process;
use crate::{identity, wire};

/// How long the first read of a resource waits for others, unless Terraform is busy: it reads objects at the same time.
const QUIET: Duration = Duration::from_millis(15);

/// How long it waits while Terraform is busy with other requests.
const PATIENCE: Duration = Duration::from_millis(300);

/// How long a read waits for a list.
const LIST_PATIENCE: Duration = Duration::from_secs(15);

/// How long a list serves for checks and imports. A plan changes nothing, and an apply ends it.
const KEPT_LIFETIME: Duration = Duration::from_mins(1);

/// Number of requests that a list for a check may take.
const MAX_PAGES_OF_CHECK: usize = 100;

/// Returns the item of an object in a list, if the item can replace the response to a read of the object.
///
/// It cannot if only this object of the resource is wanted, state was never refreshed (import), the list is longer than what it is worth,
/// the item lacks anything that the declaration reads, or it is older than state.
pub async fn find(context: &Context, resource: &Resource, codec: &dyn Codec, known: &Known) -> Option<Json> {
    let demand = context.process.demand(&resource.name);
    if !context.api.keeps_lists() || !demand.is_usable() {
        return None;
    }
    // An object that state has not seen yet is no unchanged one.
    let updated = updated(resource);
    if updated.is_some_and(|updated| known.state.get(&updated.name).is_null()) {
        return None;
    }
    let list = tokio::time::timeout(LIST_PATIENCE, list_for_reads(context, resource, &demand)).await;
    let Ok(list) = list else {
        tracing::warn!(resource = %resource.name, "a list takes too long; reading the objects one by one");
        demand.note_failure();
        return None;
    };
    let list = list?;
    let index = list.index(&format!("identity of {}", resource.name), |item| {
        identity::key_of_response(resource, item)
    });
    // Without an item, or with several, only a request shows what the object is.
    let [position] = index.get(&identity::key(resource, &known.state))?.as_slice() else {
        return None;
    };
    let item = list.object(*position);
    if !is_complete(resource, codec, known, &item) {
        tracing::debug!(resource = %resource.name, "the items of a list lack fields; reading the objects one by one");
        demand.note_incomplete();
        return None;
    }
    (!is_older(resource, &item, &known.state)).then_some(item)
}

/// Returns the list that serves a read, if one is there or is worth its requests.
async fn list_for_reads(context: &Context, resource: &Resource, demand: &Demand) -> Option<Arc<List>> {
    let operation = resource.api.list.as_deref()?;
    let present = async || {
        let listed = context.list(resource, operation, &Value::Null, Wanted::PRESENT);
        match listed.await {
            Ok(Listed::Whole(list)) => Some(list),
            Ok(Listed::TooLong { .. }) | Err(_) => None,
        }
    };
    if let Some(list) = present().await {
        return Some(list);
    }
    let lists = demand.add();
    wait_for_others(context, demand, lists).await;
    if !demand.is_usable() {
        return None;
    }
    let Some(max_pages) = demand.worth() else {
        // Another read may have got it meanwhile.
        return present().await;
    };
    let wanted = Wanted {
        max_pages,
        ..Wanted::RECENT
    };
    match context.list(resource, operation, &Value::Null, wanted).await {
        Ok(Listed::Whole(list)) => {
            demand.note_list(list.pages);
            Some(list)
        }
        Ok(Listed::TooLong { pages }) => {
            demand.note_too_long(pages);
            None
        }
        Err(error) => {
            tracing::warn!(%error, resource = %resource.name, "failed to list objects; reading them one by one");
            demand.note_failure();
            None
        }
    }
}

/// Waits for further reads of the resource, if none is known: until a list is worth its requests, or all other requests of Terraform
/// wait, too, and no further one arrives. `lists` is the number of lists before.
async fn wait_for_others(context: &Context, demand: &Demand, lists: usize) {
    let _waiting = context.process.begin_wait();
    let has_news = || demand.has_news(lists);
    context
        .process
        .wait_for_requests(has_news, QUIET, PATIENCE, &context.cancel)
        .await;
}

/// Lists the objects of a resource; `None` if it has no list. `since` is the earliest time that the list may show; without it, a recent
/// list will do.
pub async fn objects(
    context: &Context,
    resource: &Resource,
    since: Option<Instant>,
) -> Option<Result<Arc<List>, Error>> {
    let operation = resource.list_operation()?;
    Some(context.whole_list(resource, operation, &Value::Null, since).await)
}

/// Lists the objects of a resource for a check, which is left out rather than wait long; `None` if it has no list.
pub async fn for_check(context: &Context, resource: &Resource) -> Option<Result<Arc<List>, Error>> {
    let operation = resource.list_operation()?;
    let wanted = Wanted {
        max_pages: MAX_PAGES_OF_CHECK,
        ..Wanted::RECENT
    };
    let list = context.list(resource, operation, &Value::Null, wanted);
    let listed = tokio::time::timeout(LIST_PATIENCE, list).await;
    Some(match listed {
        Ok(Ok(Listed::Whole(list))) => Ok(list),
        Ok(Ok(Listed::TooLong { pages })) => {
            let detail = format!("the list has {pages} pages");
            Err(Error::unexpected_response(operation, detail))
        }
        Ok(Err(error)) => Err(error),
        Err(_) => Err(Error::operation_timeout(operation)),
    })
}

/// Returns the list that checks and imports share, or else keeps the result of `list` as such.
pub async fn kept(
    process: &Process,
    resource: &Resource,
    list: impl Future<Output = Option<Result<Arc<List>, Error>>>,
) -> Option<Result<Arc<List>, Error>> {
    if let Some(list) = process.check_list(&resource.name, KEPT_LIFETIME) {
        return Some(Ok(list));
    }
    let list = list.await?;
    if let Ok(list) = &list {
        process.keep_check_list(&resource.name, Arc::clone(list));
    }
    Some(list)
}

/// Returns an index of the objects of a resource by their names (`label`); `None` if it has no list.
pub async fn names(
    context: &Context,
    resource: &Resource,
    since: Option<Instant>,
) -> Option<Result<Arc<Index>, Error>> {
    let objects = objects(context, resource, since).await?;
    Some(objects.map(|list| by_name(&list, resource)))
}

/// Returns the objects of a list that have a name.
pub fn named(list: &List, resource: &Resource, name: &str) -> impl Iterator<Item = Json> {
    let positions = by_name(list, resource).get(name).cloned();
    let positions = positions.unwrap_or_default().into_iter();
    positions.map(|position| list.object(position))
}

fn by_name(list: &List, resource: &Resource) -> Arc<Index> {
    let label = resource
        .label
        .as_deref()
        .and_then(|name| resource.attribute(name));
    list.index(&format!("name of {}", resource.name), |item| {
        Some(wire::field(label?, item)?.as_str()?.to_owned())
    })
}

/// Whether an item has everything that the declaration reads, as the codec rewrites it.
pub(crate) fn is_complete(resource: &Resource, codec: &dyn Codec, known: &Known, item: &Json) -> bool {
    let mut item = item.clone();
    let mut memory = known.private.memory.clone();
    codec.read_response(resource, &mut item, &known.state, &mut memory);
    wire::is_complete(&resource.attributes, &item)
}

/// Whether the object of an item last changed before the one in state: the list is behind.
fn is_older(resource: &Resource, item: &Json, state: &Value) -> bool {
    let Some(updated) = resource
        .updated
        .as_deref()
        .and_then(|name| resource.attribute(name))
    else {
        return false;
    };
    let time = |text: &str| text.parse::<Timestamp>().ok();
    let in_item = wire::field(updated, item).and_then(|field| time(field.as_str()?));
    let in_state = state.get(&updated.name).as_str().and_then(time);
    match (in_item, in_state) {
        (Some(in_item), Some(in_state)) => in_item < in_state,
        // Both must have it.
        (None, Some(_)) => true,
        (_, None) => false,
    }
}

/// The attribute with the time of the last change.
fn updated(resource: &Resource) -> Option<&Attribute> {
    resource.attribute(resource.updated.as_deref()?)
}
