//! What the account has: the objects of each kind, and the objects that they refer to.
//!
//! Tests: `crates/tools/tests/adopt/main.rs`, `tests/terraform/adopt.rs`.

use std::collections::{BTreeMap, BTreeSet};

use engine::collection;
use engine::context::Context;
use engine::diagnostic::Diagnostics;
use engine::hook::{Binding, Definition};
use engine::inventory::{self, Failure, Found, Wanted};
use engine::report::{self, Action};
use schema::{Reference, Resource};
use serde_json::Value as Json;
use value::Value;

/// A connection to the account.
pub struct Connection {
    /// What the provider serves.
    pub definition: &'static Definition,
    /// The API, with the settings of the provider.
    pub context: Context,
}

/// A kind of object: the resource that adopts it, and the others that can manage it as well.
#[derive(Clone)]
pub struct Kind {
    /// The resource that adopts the objects.
    pub binding: &'static Binding,
    /// All resources that manage the same objects, with this one.
    pub resources: Vec<&'static Resource>,
}

impl Kind {
    /// The declaration of the resource that adopts the objects.
    pub fn resource(&self) -> &'static Resource {
        self.binding.schema
    }

    /// The resource of the kind that a word of the command line names, with or without the provider's prefix.
    pub fn named(&self, word: &str, prefix: &str) -> Option<&'static Resource> {
        let word = word.strip_prefix(&format!("{prefix}_")).unwrap_or(word);
        let mut resources = self.resources.iter();
        resources.find(|resource| resource.name == word).copied()
    }
}

/// Returns the kinds of objects that can be listed and imported. Of the resources that manage the same objects, the one without a job
/// adopts them, or with `jobs` the one with a job.
pub fn kinds(definition: &'static Definition, jobs: bool) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = Vec::new();
    for binding in definition.listed() {
        let resource = binding.schema;
        let mut others = kinds.iter_mut();
        let is_same =
            |kind: &&mut Kind| resource.api.read.is_some() && kind.resource().api.read == resource.api.read;
        match others.find(is_same) {
            Some(kind) => {
                kind.resources.push(resource);
                if resource.job.is_some() == jobs {
                    kind.binding = binding;
                }
            }
            None => kinds.push(Kind {
                binding,
                resources: vec![resource],
            }),
        }
    }
    kinds
}

/// The objects of the kinds that are adopted, and those that they may refer to.
#[derive(Default)]
pub struct Account {
    /// The objects of each kind, in the order of the kinds.
    pub objects: Vec<(Kind, Vec<Found>)>,
    /// The objects of other kinds, to which those refer.
    pub others: Vec<(Kind, Vec<Found>)>,
    /// What the control plane returned about the objects that a reference can name, by the name of their declaration.
    pub targets: BTreeMap<String, Vec<Json>>,
    /// The declarations among those that could not be listed.
    pub unlisted: Vec<Unlisted>,
    /// What could not be read, as sentences.
    pub failures: Vec<String>,
}

/// A declaration whose objects a reference can name, but which could not be listed.
pub struct Unlisted {
    /// The declaration.
    pub declaration: &'static Resource,
    /// What happened, as sentences.
    pub reason: String,
}

/// How an account is read.
pub struct Reading<'a> {
    /// The kinds to adopt.
    pub kinds: &'a [Kind],
    /// Whether an object is read whole: what its configuration needs.
    pub is_whole: &'a (dyn Fn(&Kind, &Found) -> bool + Send + Sync),
    /// Whether an object that could not be read would be wanted.
    pub is_wanted: &'a (dyn Fn(&Failure) -> bool + Send + Sync),
    /// Whether the objects are read that others refer to.
    pub has_targets: bool,
    /// Called after each request for one object, with the kind, the number of such requests so far, and of all.
    pub progress: &'a (dyn Fn(&Resource, usize, usize) + Send + Sync),
}

/// Reads the account. What cannot be read costs only itself, and the objects that refer to it.
///
/// # Errors
///
/// What every request would meet, such as a rejected token.
pub async fn read(connection: &Connection, reading: &Reading<'_>) -> Result<Account, String> {
    let mut account = Account::default();
    for kind in reading.kinds {
        let resource = kind.resource();
        let wanted = Wanted {
            filters: &Value::Null,
            is_whole: &|found| (reading.is_whole)(kind, found),
            has_official: true,
            limit: usize::MAX,
            progress: &|read, all| (reading.progress)(resource, read, all),
        };
        let mut problems = Diagnostics::default();
        let found = inventory::find(kind.binding, &connection.context, wanted, &mut problems).await;
        let reason = reason(problems)?;
        let Ok(Some(found)) = found else {
            account.failures.push(reason.clone());
            account.unlisted.push(Unlisted {
                declaration: resource,
                reason,
            });
            continue;
        };
        let noun = engine::naming::noun(resource);
        let failures = found.failures.into_iter().filter(reading.is_wanted);
        account
            .failures
            .extend(failures.map(|failure| format!("{noun} {:?}: {}", failure.name, failure.reason)));
        account.objects.push((kind.clone(), found.objects));
    }
    if reading.has_targets {
        for target in targets(reading.kinds) {
            read_target(connection, &target, &mut account).await?;
        }
    }
    Ok(account)
}

/// The names of the declarations that references of these kinds name.
fn targets(kinds: &[Kind]) -> BTreeSet<String> {
    let attributes = kinds.iter().flat_map(|kind| kind.resource().attributes.iter());
    let settable = attributes.filter(|attribute| attribute.mode.is_settable());
    settable
        .filter_map(|attribute| attribute.reference.as_ref())
        .map(|reference| reference.target.to_string())
        .collect()
}

/// Reads the objects that a reference can name, unless they were read already.
async fn read_target(connection: &Connection, target: &str, account: &mut Account) -> Result<(), String> {
    let mut read = account.objects.iter();
    if let Some((_, found)) = read.find(|(kind, _)| kind.resource().name == target) {
        let responses = found.iter().map(|found| found.response.clone());
        account.targets.insert(target.to_owned(), responses.collect());
        return Ok(());
    }
    let mut unlisted = account.unlisted.iter();
    if unlisted.any(|unlisted| unlisted.declaration.name == target) {
        return Ok(());
    }
    let context = &connection.context;
    let Some(declaration) = context.declarations.find(target) else {
        return Ok(());
    };
    let mut problems = Diagnostics::default();
    let mut kinds = kinds(connection.definition, false).into_iter();
    if let Some(kind) = kinds.find(|kind| kind.resource().name == target) {
        let wanted = Wanted {
            filters: &Value::Null,
            is_whole: &|_| false,
            has_official: true,
            limit: usize::MAX,
            progress: &|_, _| {},
        };
        let found = inventory::find(kind.binding, context, wanted, &mut problems).await;
        if let Ok(Some(found)) = found {
            let responses = found.objects.iter().map(|found| found.response.clone());
            account.targets.insert(target.to_owned(), responses.collect());
            account.others.push((kind, found.objects));
        }
    } else {
        match collection::objects(context, declaration, None).await {
            Some(Ok(list)) => {
                let responses = list.objects().collect();
                account.targets.insert(target.to_owned(), responses);
            }
            Some(Err(error)) => {
                report::request_error(&mut problems, Action::List, declaration, &Value::Null, &error);
            }
            // Without a list, the names and identities are written as they are.
            None => {}
        }
    }
    let reason = reason(problems)?;
    if !reason.is_empty() {
        account.unlisted.push(Unlisted { declaration, reason });
    }
    Ok(())
}

/// Why a list failed, as sentences; as an error if every request would fail so.
fn reason(problems: Diagnostics) -> Result<String, String> {
    let details = problems.into_iter().map(|problem| match problem.brief {
        Some(_) => Err(problem.detail),
        None => Ok(problem.detail),
    });
    Ok(details.collect::<Result<Vec<String>, String>>()?.join(" "))
}

/// Returns what a reference names as the attributes of its target: the label or an identity.
pub fn find_target<'a>(
    account: &'a Account,
    declaration: &Resource,
    reference: &Reference,
    value: &str,
) -> Vec<&'a Json> {
    let Some(attribute) = declaration.attribute(&reference.attribute) else {
        return Vec::new();
    };
    let targets = account.targets.get(reference.target.as_ref());
    let targets = targets.map(Vec::as_slice).unwrap_or_default().iter();
    let wanted = Json::String(value.to_owned());
    let named = targets.filter(|target| {
        engine::wire::field(attribute, target)
            .is_some_and(|field| engine::wire::is_equivalent_json(attribute, &field, &wanted))
    });
    named.collect()
}
