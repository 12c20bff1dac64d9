//! The objects of a resource that the account has: what a list resource returns, and what a configuration of the account is written from.
//!
//! One list has all objects. A request reads each object whose item lacks what is wanted. An object that cannot be read costs only
//! itself: it is reported, and the others are returned.
//!
//! Tests: `crates/engine/tests/tables/inventory.rs`, `tests/protocol/lists.rs`.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use schema::{Attribute, Resource};
use serde_json::Value as Json;
use tokio::time::Instant;
use value::{Path, Value};

use crate::api::Error;
use crate::context::Context;
use crate::diagnostic::{Diagnostics, Reported};
use crate::filter::{self, Match};
use crate::hook::Binding;
use crate::naming::noun;
use crate::object::Known;
use crate::report::{self, Action, is_gone};
use crate::{collection, identity, read, shape, summaries, wire};

/// Number of objects that a diagnostic names.
const MAX_NAMES: usize = 10;

/// Why an object is missing that a later list has.
const LISTED_AGAIN: &str = "The control plane lists it, but the request for it found nothing. The API token may not be allowed to read it.";

/// Which objects are wanted, and what of them.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// The declared filters, by name; null or an omitted one matches every object.
    pub filters: &'a Value,
    /// Whether an object is wanted whole, as a refresh would return it.
    pub is_whole: &'a (dyn Fn(&Found) -> bool + Send + Sync),
    /// Whether objects are wanted that are not the account's own (`official`).
    pub has_official: bool,
    /// Number of objects at most.
    pub limit: usize,
    /// Called after each request for one object, with the number of such requests so far, and of all.
    pub progress: &'a (dyn Fn(usize, usize) + Send + Sync),
}

/// The objects of a resource.
#[derive(Default)]
pub struct Inventory {
    /// The objects that were wanted, in the order of the list.
    pub objects: Vec<Found>,
    /// The objects that could not be read.
    pub failures: Vec<Failure>,
    /// Number of objects that match, without regard to the limit.
    pub total: usize,
}

/// One object.
pub struct Found {
    /// Its identity, in one spelling.
    pub identity: Value,
    /// Its name: the label of the resource, or else the identity.
    pub name: String,
    /// Whether it is not the account's own.
    pub is_official: bool,
    /// The object as a refresh would return it, if it was wanted whole.
    pub object: Option<Value>,
    /// What the control plane returned about it.
    pub response: Json,
}

/// An object that could not be read.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its name, as far as the list shows it.
    pub name: String,
    /// Whether it is not the account's own, as far as the list shows it.
    pub is_official: bool,
    /// What happened, as sentences.
    pub reason: String,
}

/// An object that matches, and what is known of it.
struct Candidate {
    known: Known,
    response: Json,
    is_read: bool,
    is_whole: bool,
}

/// Why an object was not read.
enum Unread {
    /// It is gone meanwhile, as far as its request shows.
    Gone(Found),
    Failed(Failure),
}

/// The search for the objects of one resource.
struct Search<'a> {
    binding: &'a Binding,
    context: &'a Context,
    filters: Vec<(&'a Attribute, &'a Value)>,
    wanted: Wanted<'a>,
    requests: AtomicUsize,
    expected: AtomicUsize,
}

/// Returns the objects of a resource; `None` if its objects cannot be listed.
///
/// # Errors
///
/// [`Reported`] if the list itself cannot be read.
pub async fn find(
    binding: &Binding,
    context: &Context,
    wanted: Wanted<'_>,
    diagnostics: &mut Diagnostics,
) -> Result<Option<Inventory>, Reported> {
    let resource = binding.schema;
    let Some(lister) = context.declarations.lister(resource) else {
        return Ok(None);
    };
    let report = |error: &Error, diagnostics: &mut Diagnostics| {
        report::request_error(diagnostics, Action::List, lister, &Value::Null, error)
    };
    let list = match collection::objects(context, lister, None).await {
        Some(Ok(list)) => list,
        Some(Err(error)) => return Err(report(&error, diagnostics)),
        None => return Ok(None),
    };
    let filters = resource.filters.iter();
    let search = Search {
        binding,
        context,
        filters: filters
            .map(|filter| (filter, wanted.filters.get(&filter.name)))
            .filter(|(_, value)| !value.is_null())
            .collect(),
        wanted,
        requests: AtomicUsize::new(0),
        expected: AtomicUsize::new(0),
    };
    let (mut inventory, gone) = search.run(list.objects()).await;
    if !gone.is_empty() {
        // An object that was deleted meanwhile is in no later list.
        match collection::objects(context, lister, Some(Instant::now())).await {
            Some(Ok(list)) => {
                let failures = search.listed_again(list.objects(), &gone);
                inventory.failures.extend(failures);
            }
            Some(Err(error)) => {
                let mut problems = Diagnostics::default();
                report(&error, &mut problems);
                let reason = format!(
                    "The request for it found nothing, and whether it was deleted is not known. {}",
                    details(problems)
                );
                let failures = gone.iter().map(|found| found.failure(reason.clone()));
                inventory.failures.extend(failures);
            }
            None => {}
        }
    }
    Ok(Some(inventory))
}

impl Found {
    /// The failure of this object.
    pub fn failure(&self, reason: String) -> Failure {
        Failure {
            name: self.name.clone(),
            is_official: self.is_official,
            reason,
        }
    }
}

impl Inventory {
    /// Warns of objects that are missing: those beyond the limit, and those that could not be read.
    pub fn warn(&self, resource: &Resource, limit: usize, diagnostics: &mut Diagnostics) {
        if self.total > limit {
            let detail = format!(
                "Showing {limit} of {} {} objects. Set `limit` in the `list` block to at least {}.",
                self.total,
                noun(resource),
                self.total
            );
            diagnostics.warning_at(Path::root(), &summaries::LIST_CUT, detail);
        }
        if !self.failures.is_empty() {
            let shown = self.failures.iter().take(MAX_NAMES);
            let shown: Vec<String> = shown
                .map(|failure| format!("{:?}: {}", failure.name, failure.reason))
                .collect();
            let rest = self.failures.len().saturating_sub(MAX_NAMES);
            let rest = if rest == 0 {
                String::new()
            } else {
                format!("\n\nThe same is true of {rest} other{}.", plural(rest))
            };
            let detail = format!(
                "The list lacks {} {} object{}, which could not be read.\n\n{}{rest}",
                self.failures.len(),
                noun(resource),
                plural(self.failures.len()),
                shown.join("\n\n")
            );
            diagnostics.warning_at(Path::root(), &summaries::LIST_INCOMPLETE, detail);
        }
    }
}

/// The ending of a noun after this number.
fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

impl<'a> Search<'a> {
    /// Returns the objects, and those that are gone.
    async fn run(&self, items: impl Iterator<Item = Json>) -> (Inventory, Vec<Found>) {
        let resource = self.binding.schema;
        let mut inventory = Inventory::default();
        let mut gone = Vec::new();
        let mut seen = BTreeSet::new();
        let mut candidates = Vec::new();
        // An item without a valid identity is a failure only if its object may be wanted.
        for item in items.filter(|item| self.may_match(item)) {
            match self.candidate(item) {
                // A list of several pages can have an object twice.
                Ok(candidate) if !seen.insert(identity::key(resource, &candidate.known.state)) => {}
                Ok(candidate) => candidates.push(candidate),
                Err(failure) => inventory.failures.push(failure),
            }
        }
        // What the items do not show decides which objects count.
        let undecided = |candidate: &Candidate| self.match_of(&candidate.response) != Match::Yes;
        self.read_all(&mut candidates, &mut inventory, &mut gone, undecided)
            .await;
        candidates.retain(|candidate| self.may_match(&candidate.response));
        let mut decided = Vec::new();
        for candidate in candidates {
            match self.match_of(&candidate.response) {
                Match::NotShown(filter) => inventory
                    .failures
                    .push(self.not_shown(&candidate.response, filter)),
                _ => decided.push(candidate),
            }
        }
        inventory.total = decided.len();
        decided.truncate(self.wanted.limit);
        for candidate in &mut decided {
            candidate.is_whole = (self.wanted.is_whole)(&self.shown(candidate));
        }
        let incomplete = |candidate: &Candidate| candidate.is_whole && !self.is_complete(candidate);
        self.read_all(&mut decided, &mut inventory, &mut gone, incomplete)
            .await;
        for candidate in decided {
            match self.found(candidate) {
                Ok(found) => inventory.objects.push(found),
                Err(failure) => inventory.failures.push(failure),
            }
        }
        (inventory, gone)
    }

    /// The objects of a later list that were not found: the control plane lists them, and denies that they exist.
    fn listed_again(&self, items: impl Iterator<Item = Json>, gone: &[Found]) -> Vec<Failure> {
        let gone: BTreeSet<&Value> = gone.iter().map(|found| &found.identity).collect();
        let items = items.filter_map(|item| {
            let found = self.shown(&self.candidate(item).ok()?);
            gone.contains(&found.identity).then_some(found)
        });
        items
            .map(|found| found.failure(LISTED_AGAIN.to_owned()))
            .collect()
    }

    /// Identifies the object of an item.
    fn candidate(&self, response: Json) -> Result<Candidate, Failure> {
        let resource = self.binding.schema;
        let mut state = shape::empty_object(&resource.attributes);
        let mut problems = Diagnostics::default();
        let api = &*self.context.api;
        if identity::check(resource, &response, &state, api, &mut problems).is_err() {
            return Err(self.failure(&response, details(problems)));
        }
        for attribute in identity::attributes(resource) {
            if let Some(Json::String(part)) = wire::field(attribute, &response) {
                let part = shape::string_value(attribute, &part);
                state.set_attribute(&attribute.name, identity::canonical(attribute, &part, attribute));
            }
        }
        let known = Known {
            state,
            ..Known::default()
        };
        Ok(Candidate {
            known,
            response,
            is_read: false,
            is_whole: false,
        })
    }

    fn match_of(&self, response: &Json) -> Match<'a> {
        filter::all(self.filters.iter().copied(), response)
    }

    /// Whether an object is wanted, as far as the response shows.
    fn may_match(&self, response: &Json) -> bool {
        let is_wanted = self.wanted.has_official || !is_official(self.binding.schema, response);
        is_wanted && self.match_of(response) != Match::No
    }

    /// Whether a response has everything that a refresh would return, as the codec rewrites it.
    fn is_complete(&self, candidate: &Candidate) -> bool {
        let (resource, known) = (self.binding.schema, &candidate.known);
        candidate.is_read
            || collection::is_complete(resource, self.binding.codec(), known, &candidate.response)
    }

    /// Reads each of the objects for which `is_needed`. One that is gone is dropped, and one that cannot be read becomes a failure.
    async fn read_all(
        &self,
        candidates: &mut Vec<Candidate>,
        inventory: &mut Inventory,
        gone: &mut Vec<Found>,
        is_needed: impl Fn(&Candidate) -> bool,
    ) {
        let needed = candidates.iter().filter(|candidate| is_needed(candidate)).count();
        self.expected.fetch_add(needed, Ordering::Relaxed);
        let read = std::mem::take(candidates).into_iter().map(|candidate| {
            let is_needed = is_needed(&candidate);
            async move {
                if is_needed {
                    self.read(candidate).await
                } else {
                    Ok(candidate)
                }
            }
        });
        // All at once: the API limits how many requests it gets at a time.
        for result in join_all(read).await {
            match result {
                Ok(candidate) => candidates.push(candidate),
                Err(Unread::Gone(found)) => gone.push(found),
                Err(Unread::Failed(failure)) => inventory.failures.push(failure),
            }
        }
    }

    /// Reads the object.
    async fn read(&self, candidate: Candidate) -> Result<Candidate, Unread> {
        let resource = self.binding.schema;
        let Some(operation) = &resource.api.read else {
            return Ok(candidate);
        };
        let response = self.context.read(resource, operation, &candidate.known.state);
        let response = response.await;
        let count = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        (self.wanted.progress)(count, self.expected.load(Ordering::Relaxed));
        match response {
            Ok(response) => {
                let mut problems = Diagnostics::default();
                let (known, api) = (&candidate.known.state, &*self.context.api);
                let checked = identity::check(resource, &response.body, known, api, &mut problems);
                if checked.is_err() {
                    let failure = self.failure(&candidate.response, details(problems));
                    return Err(Unread::Failed(failure));
                }
                Ok(Candidate {
                    response: response.body.clone(),
                    is_read: true,
                    ..candidate
                })
            }
            Err(error) if is_gone(&error) => Err(Unread::Gone(self.shown(&candidate))),
            Err(error) => {
                let mut problems = Diagnostics::default();
                let object = identity::labelled(resource, &candidate.known.state, &candidate.response);
                report::request_error(&mut problems, Action::Read, resource, &object, &error);
                let failure = self.failure(&candidate.response, details(problems));
                Err(Unread::Failed(failure))
            }
        }
    }

    fn not_shown(&self, response: &Json, filter: &Attribute) -> Failure {
        let field = filter.wire.read.first().map(AsRef::as_ref).unwrap_or_default();
        let reason = format!(
            "The control plane's response does not have the field `{field}`, with which `{}` is compared.",
            filter.name
        );
        self.failure(response, reason)
    }

    fn failure(&self, response: &Json, reason: String) -> Failure {
        let resource = self.binding.schema;
        Failure {
            name: name(resource, response),
            is_official: is_official(resource, response),
            reason,
        }
    }

    /// What the response shows about an object.
    fn shown(&self, candidate: &Candidate) -> Found {
        let resource = self.binding.schema;
        Found {
            identity: identity::of(resource, &candidate.known.state).unwrap_or_default(),
            name: name(resource, &candidate.response),
            is_official: is_official(resource, &candidate.response),
            object: None,
            response: candidate.response.clone(),
        }
    }

    fn found(&self, mut candidate: Candidate) -> Result<Found, Failure> {
        let mut found = self.shown(&candidate);
        if candidate.is_whole {
            let mut problems = Diagnostics::default();
            let (known, response) = (&mut candidate.known, candidate.response);
            if read::merge(self.binding, self.context, known, response, &mut problems).is_err() {
                return Err(found.failure(details(problems)));
            }
            found.object = Some(candidate.known.state);
        }
        Ok(found)
    }
}

fn details(problems: Diagnostics) -> String {
    let details: Vec<String> = problems.into_iter().map(|problem| problem.detail).collect();
    details.join(" ")
}

/// Whether a response shows that an object is not the account's own.
fn is_official(resource: &Resource, response: &Json) -> bool {
    let official = resource
        .official
        .as_deref()
        .and_then(|name| resource.attribute(name));
    let field = official.and_then(|attribute| wire::field(attribute, response));
    field.and_then(|field| wire::boolean(&field)).unwrap_or_default()
}

/// Returns the name of the object of a response: its label, or else its identity.
pub fn name(resource: &Resource, response: &Json) -> String {
    let string = |attribute: &Attribute| match wire::field(attribute, response) {
        Some(Json::String(string)) if !string.is_empty() => Some(string),
        _ => None,
    };
    let label = resource.label.as_deref();
    let label = label.and_then(|label| string(resource.attribute(label)?));
    label.unwrap_or_else(|| {
        let parts: Vec<String> = identity::attributes(resource).filter_map(string).collect();
        parts.join("/")
    })
}
