//! `follow` of a job: objects whose run is repeated when the objects that they name have changed.
//!
//! Private state has fingerprints of the values of the named objects, as the account had them right before the last run was started. A plan
//! compares them with the values that the objects have, or will have after what this process has planned, and requires a replacement if
//! one differs. Where nothing is recorded, the present values are recorded, and nothing is replaced.
//!
//! Only evidence counts: an object that is not found, a list that fails, a value that the control plane does not show, and one that is only
//! known after apply are no changes.
//!
//! Tests: `crates/engine/tests/tables/follow.rs`, `tests/terraform/follow.rs`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use schema::{Attribute, Equal, Follow, Job, Resource};
use serde_json::Value as Json;
use value::{Path, Value};

use crate::api::{Error, ErrorKind};
use crate::context::Context;
use crate::declarations::Declarations;
use crate::diagnostic::Severity;
use crate::equal::{is_equivalent, normal};
use crate::list::List;
use crate::naming::{capitalised, noun, title};
use crate::object::{Known, Plan, Walk};
use crate::planned::{PlannedValues, identity_of};
use crate::private::Fingerprints;
use crate::process::Process;
use crate::report::{failure, is_gone};
use crate::session::Session;
use crate::survey::{by_value, strings};
use crate::wire::{shown, to_json};
use crate::{collection, identity, shape, summaries};

/// How long a plan waits for the plan of a named object: until Terraform sends nothing else for this time.
const QUIET: Duration = Duration::from_millis(15);

/// How long it waits at most, while Terraform sends other requests.
const PATIENCE: Duration = Duration::from_millis(300);

/// How long a request for one object may take.
const READ_PATIENCE: Duration = Duration::from_secs(15);

/// Number of bytes of a fingerprint.
const FINGERPRINT_BYTES: usize = 8;

/// Which names are recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All: a run is about to be started.
    All,
    /// Those without a record.
    Missing,
}

/// The declarations of an object that follows others.
struct Declared<'a> {
    job: &'a Job,
    follow: &'a Follow,
    /// The attribute that names the objects.
    reference: &'a Attribute,
    /// The resource of the named objects.
    target: &'static Resource,
    /// The attribute by which they are named.
    by: &'static Attribute,
}

/// Returns the attributes of a named object whose values are others than those that were recorded. A planned value counts more than that of
/// the account.
pub fn changed<'a>(
    recorded: &'a Fingerprints,
    account: &Fingerprints,
    planned: &PlannedValues,
) -> Vec<&'a str> {
    let changed = recorded.iter().filter(|(attribute, recorded)| {
        let now = match planned.get(*attribute) {
            Some(planned) => planned.as_ref(),
            None => account.get(*attribute),
        };
        now.is_some_and(|now| now != *recorded)
    });
    changed.map(|(attribute, _)| attribute.as_str()).collect()
}

/// Returns why a plan must repeat the run of its object, as clauses: the named objects that have changed since the run was started.
///
/// Terraform plans again during an apply and rejects a different result, so only the plan of a plan looks. Renamed objects keep their
/// records, in the private state of the plan.
pub async fn changes(
    context: Option<&Context>,
    process: &Process,
    declarations: &Declarations,
    resource: &Resource,
    walk: Walk,
    plan: &mut Plan,
) -> Vec<String> {
    let Some(declared) = Declared::of(declarations, resource) else {
        return Vec::new();
    };
    if plan.prior.is_null() || plan.config.is_null() {
        return Vec::new();
    }
    let is_asked = plan.config.get(&declared.follow.argument).as_bool() == Some(true);
    let reasons = if is_asked && walk == Walk::Plan && !process.has_applied() {
        declared.reasons(context, process, resource, plan).await
    } else {
        Vec::new()
    };
    declared.rename(process, plan);
    reasons
}

/// Records what a plan changes in an object that others follow.
pub fn note_planned(process: &Process, declarations: &Declarations, resource: &Resource, plan: &Plan) {
    let all = declarations.all.iter();
    let following = all.filter_map(|other| Declared::of(declarations, other));
    for declared in following.filter(|declared| declared.target.name == resource.name) {
        let Declared {
            target, by, follow, ..
        } = declared;
        let (prior, planned) = (&plan.prior, &plan.planned);
        let attributes = follow.attributes.iter();
        let attributes = attributes.filter_map(|attribute| target.attribute(attribute));
        let changed = attributes.filter(|attribute| {
            let (prior, planned) = (prior.get(&attribute.name), planned.get(&attribute.name));
            plan.prior.is_null() || !is_equivalent(attribute, prior, planned)
        });
        let values: PlannedValues = changed
            .map(|attribute| {
                let value = fingerprint(attribute, planned.get(&attribute.name));
                (attribute.name.to_string(), value)
            })
            .collect();
        // The objects that name it have its earlier name.
        let named = if prior.is_null() { planned } else { prior };
        if let Some(name) = named.get(&by.name).as_str() {
            process.note_planned_values(&target.name, &normal(by, name), values, prior.is_null());
        }
    }
}

/// Records the named objects of a change in progress as the account has them now. A failure is a warning: the next refresh records them.
pub async fn record(session: &mut Session<'_>, scope: Scope) {
    let context = session.context;
    let Some(declared) = Declared::of(&context.declarations, session.resource) else {
        return;
    };
    let mut known = session.progress.lock().clone();
    if session.request.planned.get(&declared.follow.argument).as_bool() != Some(true) {
        session.progress.lock().private.followed.clear();
        return;
    }
    let names = declared.names(&known.state);
    known.private.followed.retain(|name, _| names.contains(name));
    if scope == Scope::All {
        known.private.followed.clear();
    }
    let recorded = declared.complete(context, &mut known).await;
    session.progress.lock().private.followed = known.private.followed;
    let Err(error) = recorded else { return };
    if error.kind == ErrorKind::Cancelled {
        return;
    }
    let (path, argument) = (
        Path::root().attribute(&declared.follow.argument),
        &declared.follow.argument,
    );
    let target = noun(declared.target);
    let title = capitalised(&title(session.resource, session.request.object()));
    failure(
        &mut session.diagnostics,
        Severity::Warning,
        path,
        &summaries::NOT_RECORDED,
        &error,
        |error| {
            format!(
                "{title} has `{argument}`, but the values of its {target} objects could not be recorded. The next refresh records them: \
                 `{argument}` does not see what changes until then. {error}"
            )
        },
    );
}

/// Records the named objects of an object in state that have no record, as part of Terraform's refresh.
pub async fn refresh(context: &Context, resource: &Resource, known: &mut Known) {
    let Some(declared) = Declared::of(&context.declarations, resource) else {
        return;
    };
    let failed = format!("record of {}", declared.target.name);
    if known.state.get(&declared.follow.argument).as_bool() != Some(true)
        || context.process.has_failed_check(&failed)
    {
        return;
    }
    if let Err(error) = declared.complete(context, known).await {
        tracing::warn!(%error, "failed to record the objects that an object follows");
        context.process.note_failed_check(&failed);
    }
}

impl<'a> Declared<'a> {
    /// Returns the declarations; `None` if objects of the resource follow no others.
    fn of(declarations: &Declarations, resource: &'a Resource) -> Option<Self> {
        let job = resource.job.as_ref()?;
        let follow = job.follow.as_ref()?;
        let attribute = resource.attribute(&follow.reference)?;
        let reference = attribute.reference.as_ref()?;
        let target = declarations.find(&reference.target)?;
        Some(Self {
            job,
            follow,
            reference: attribute,
            target,
            by: target.attribute(&reference.attribute)?,
        })
    }

    fn names(&self, object: &Value) -> BTreeSet<String> {
        let names = strings(object.get(&self.reference.name)).into_iter();
        names.map(str::to_owned).collect()
    }

    async fn reasons(
        &self,
        context: Option<&Context>,
        process: &Process,
        resource: &Resource,
        plan: &mut Plan,
    ) -> Vec<String> {
        let mut names = self.names(&plan.prior);
        let renames = process.renames();
        let renames = renames.get(self.target.name.as_ref());
        let planned = plan.planned.get(&self.reference.name);
        if planned.is_wholly_known() {
            let kept = strings(planned);
            names.retain(|name| {
                let new = renames.and_then(|renames| renames.get(name));
                kept.contains(name.as_str()) || new.is_some_and(|new| kept.contains(new.as_str()))
            });
        }
        names.retain(|name| plan.private.followed.contains_key(name));
        if names.is_empty() {
            return Vec::new();
        }
        let Some((context, list)) = self.list_for_plan(context, process, resource, plan).await else {
            return Vec::new();
        };
        let mut reasons = Vec::new();
        for name in names {
            let recorded = plan.private.followed.get(&name).cloned().unwrap_or_default();
            let account = match self.item(&list, &name) {
                Some(item) if self.is_settled(context, &item).await => {
                    match self.confirmed(context, &item, &recorded).await {
                        Ok(account) => account,
                        Err(error) => {
                            self.warn(process, resource, plan, Some(&error));
                            return Vec::new();
                        }
                    }
                }
                Some(_) => continue,
                None => Fingerprints::new(),
            };
            let planned = process.planned_values(&self.target.name, &normal(self.by, &name));
            let changed = changed(&recorded, &account, &planned);
            if !changed.is_empty() {
                reasons.push(format!(
                    "the {} `{name}` changed since the last {} run: `{}`",
                    noun(self.target),
                    self.job.noun,
                    changed.join("`, `")
                ));
            }
        }
        reasons
    }

    /// Returns the list of the account. A failure is a warning.
    async fn list_for_plan<'c>(
        &self,
        context: Option<&'c Context>,
        process: &Process,
        resource: &Resource,
        plan: &mut Plan,
    ) -> Option<(&'c Context, Arc<List>)> {
        if process.has_failed_check(&self.check()) {
            return None;
        }
        let Some(context) = context else {
            self.warn(process, resource, plan, None);
            return None;
        };
        let list = collection::for_check(context, self.target);
        match collection::kept(process, self.target, list).await? {
            Ok(list) => Some((context, list)),
            Err(error) => {
                self.warn(process, resource, plan, Some(&error));
                None
            }
        }
    }

    /// The name of the check of a plan.
    fn check(&self) -> String {
        format!("changes of {}", self.target.name)
    }

    /// Warns, once in each process, that the named objects could not be read. Without an error, the provider is not configured yet.
    fn warn(&self, process: &Process, resource: &Resource, plan: &mut Plan, error: Option<&Error>) {
        if !process.note_failed_check(&self.check()) {
            return;
        }
        let detail = |cause: &str| {
            format!(
                "`{}` replaces no {} in this plan: the provider could not check whether {} objects have changed. {cause}",
                self.follow.argument,
                noun(resource),
                noun(self.target)
            )
        };
        let path = Path::root().attribute(&self.follow.argument);
        let (summary, diagnostics) = (&summaries::CHECK_SKIPPED, &mut plan.diagnostics);
        if let Some(error) = error {
            failure(diagnostics, Severity::Warning, path, summary, error, detail);
        } else {
            let cause = "The provider block has arguments that are only known after apply.";
            diagnostics.warning_at(path, summary, detail(cause));
        }
    }

    /// The only object of a list that has a name.
    fn item(&self, list: &List, name: &str) -> Option<Json> {
        let index = by_value(list, self.target, self.by);
        match index.get(&normal(self.by, name))?.as_slice() {
            [position] => Some(list.object(*position)),
            _ => None,
        }
    }

    /// Waits for the plan of a named object that Terraform has refreshed: it plans in any order, and the plan may restore the values that
    /// were recorded. Returns whether it is known what becomes of the object.
    async fn is_settled(&self, context: &Context, item: &Json) -> bool {
        let process = &context.process;
        let object = self.identified(item);
        let is_managed =
            identity::shared_key(self.target, &object).is_some_and(|shared| process.has_used(&shared));
        let key = identity_of(self.target, |attribute| {
            object.get(&attribute.name).as_str().map(str::to_owned)
        });
        let Some(key) = key.filter(|_| is_managed) else {
            return true;
        };
        let is_planned = || process.has_planned_identity(self.target, &key);
        let is_destroyed = || process.is_destroy_planned(self.target, &key);
        {
            let _waiting = process.begin_wait();
            process
                .wait_for_requests(
                    || is_planned() || is_destroyed(),
                    QUIET,
                    PATIENCE,
                    &context.cancel,
                )
                .await;
        }
        is_planned()
    }

    /// An object with the identity of an item, and nothing else.
    fn identified(&self, item: &Json) -> Value {
        let mut object = shape::empty_object(&self.target.attributes);
        for attribute in identity::attributes(self.target) {
            object.set_attribute(&attribute.name, shown(attribute, item));
        }
        object
    }

    /// Returns the present fingerprints of an object in a list, for a plan. A list may be late or abbreviated: it only shows that nothing has
    /// changed, and otherwise a request decides, one in each process.
    async fn confirmed(
        &self,
        context: &Context,
        item: &Json,
        recorded: &Fingerprints,
    ) -> Result<Fingerprints, Error> {
        let listed = self.fingerprints(item);
        if listed == *recorded {
            return Ok(listed);
        }
        let key = identity::key(self.target, &self.identified(item));
        if let Some(confirmed) = context.process.fingerprints(&key) {
            return Ok(confirmed);
        }
        let confirmed = self.read(context, item).await?;
        context.process.note_fingerprints(key, confirmed.clone());
        Ok(confirmed)
    }

    /// Reads an object of a list, and returns its fingerprints; none if it is gone.
    async fn read(&self, context: &Context, item: &Json) -> Result<Fingerprints, Error> {
        let Some(operation) = self.target.api.read.as_deref() else {
            return Ok(self.fingerprints(item));
        };
        let object = self.identified(item);
        let read = context.read(self.target, operation, &object);
        let read = tokio::time::timeout(READ_PATIENCE, read).await;
        match read.unwrap_or_else(|_| Err(Error::operation_timeout(operation))) {
            Ok(response) => Ok(self.fingerprints(&response.body)),
            Err(error) if is_gone(&error) => Ok(Fingerprints::new()),
            Err(error) => Err(error),
        }
    }

    /// The fingerprints of an object, as far as the control plane shows its values.
    fn fingerprints(&self, item: &Json) -> Fingerprints {
        let attributes = self.follow.attributes.iter();
        let attributes = attributes.filter_map(|name| self.target.attribute(name));
        let found = attributes.filter_map(|attribute| {
            let fingerprint = fingerprint(attribute, &shown(attribute, item))?;
            Some((attribute.name.to_string(), fingerprint))
        });
        found.collect()
    }

    /// Adds the records that an object lacks.
    async fn complete(&self, context: &Context, known: &mut Known) -> Result<(), Error> {
        let followed = &mut known.private.followed;
        let is_recorded = |name: &String| {
            let recorded = followed.get(name);
            recorded.is_some_and(|recorded| {
                let mut attributes = self.follow.attributes.iter();
                attributes.all(|attribute| recorded.contains_key(attribute.as_ref()))
            })
        };
        let mut missing = self.names(&known.state);
        missing.retain(|name| !is_recorded(name));
        if missing.is_empty() {
            return Ok(());
        }
        let Some(list) = collection::for_check(context, self.target).await else {
            return Ok(());
        };
        let list = list?;
        for name in missing {
            let Some(item) = self.item(&list, &name) else {
                continue;
            };
            let now = self.read(context, &item).await?;
            let recorded = followed.entry(name).or_default();
            for (attribute, fingerprint) in now {
                recorded.entry(attribute).or_insert(fingerprint);
            }
        }
        Ok(())
    }

    /// Moves the records of objects that are renamed to their new names.
    fn rename(&self, process: &Process, plan: &mut Plan) {
        let renames = process.renames();
        let Some(renames) = renames.get(self.target.name.as_ref()) else {
            return;
        };
        let planned = self.names(&plan.planned);
        let moved: Vec<_> = renames
            .iter()
            .filter(|(from, to)| planned.contains(*to) && !planned.contains(*from))
            .filter_map(|(from, to)| Some((to.clone(), plan.private.followed.remove(from)?)))
            .collect();
        plan.private.followed.extend(moved);
    }
}

/// Returns the fingerprint of a value: the first digits of the SHA-256 of its JSON, in one spelling. `None` if it is not wholly known.
fn fingerprint(attribute: &Attribute, value: &Value) -> Option<String> {
    if !value.is_wholly_known() {
        return None;
    }
    let value = match (attribute.equal, value) {
        (Equal::Set, Value::List(elements)) => to_json(&Value::set(elements.clone())),
        (_, Value::String(string)) => Json::String(normal(attribute, string)),
        (_, value) => to_json(value),
    };
    let digest = digest(&SHA256, value.to_string().as_bytes());
    let bytes = digest.as_ref().iter().take(FINGERPRINT_BYTES);
    let mut digits = String::with_capacity(2 * FINGERPRINT_BYTES);
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(digits, "{byte:02x}");
    }
    Some(digits)
}
