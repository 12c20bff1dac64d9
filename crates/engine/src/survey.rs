//! What a check of a plan sees: the plan, the account, and what this process has planned so far.
//!
//! A check never refuses what it is not sure of: a value that is not known has no objects, and a request that fails is one warning for
//! each collection and process.
//!
//! Tests: `crates/engine/tests/tables/preflight.rs`.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use schema::{Attribute, Phase, Resource};
use serde_json::Value as Json;
use value::{Path, Value};

use crate::api::Error;
use crate::context::Context;
use crate::declarations::Declarations;
use crate::diagnostic::{Severity, Summary};
use crate::equal::{is_equivalent, normal};
use crate::list::{Index, List};
use crate::object::{Creation, Plan};
use crate::planned::{identity_of, own_identity};
use crate::process::Process;
use crate::report::{failure, is_gone};
use crate::{collection, identity, naming, shape, summaries, wire};

/// How long a check waits for one object.
const READ_PATIENCE: Duration = Duration::from_secs(15);

/// How long a check waits for the plans of other objects: until Terraform sends nothing else for this time.
const QUIET: Duration = Duration::from_millis(15);

/// How long it waits at most, while Terraform sends other requests.
const PLAN_PATIENCE: Duration = Duration::from_millis(300);

/// Which attributes of a plan a check concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All: the plan creates or replaces the object.
    All,
    /// Those that an update changes.
    Changed,
}

/// A plan, with access to the objects that it depends on.
pub struct Survey<'a> {
    /// `None` if the provider is not configured yet, or checks may send no requests.
    context: Option<&'a Context>,
    process: &'a Process,
    declarations: &'a Declarations,
    /// The declaration of the planned object.
    pub resource: &'a Resource,
    plan: &'a mut Plan,
    scope: Scope,
    /// Position of the planned object among those of its resource.
    position: Option<usize>,
}

/// An object that exists in the account, or will exist after what this process has planned.
pub struct Existing {
    declaration: &'static Resource,
    source: Source,
}

enum Source {
    Planned(Value),
    /// As the control plane returned it, possibly abbreviated.
    Returned(Json),
}

/// The result of a search by one value.
pub enum Search {
    /// The object exists, or will.
    Found(Existing),
    /// It certainly does not exist in the account, and was not planned so far. The list, if there is one, has similar ones.
    Missing(Option<Arc<List>>),
    /// It is not certain whether it exists.
    Unknown,
}

impl Existing {
    /// The value of an attribute; unknown if neither the plan nor the control plane shows it.
    pub fn get(&self, name: &str) -> Value {
        match &self.source {
            Source::Planned(object) => object.get(name).clone(),
            Source::Returned(response) => {
                let attribute = self.declaration.attribute(name);
                attribute.map_or(Value::Unknown, |attribute| wire::shown(attribute, response))
            }
        }
    }

    /// The string of an attribute, if it is known.
    pub fn string(&self, name: &str) -> Option<String> {
        self.get(name).as_str().map(str::to_owned)
    }

    /// How diagnostics name the object: `machine role "web"`.
    pub fn title(&self) -> String {
        let noun = naming::noun(self.declaration);
        let label = self.declaration.label.as_deref();
        match label.and_then(|label| self.string(label)) {
            Some(name) => format!("{noun} {name:?}"),
            None => noun,
        }
    }

    /// Whether a plan of this process has it, so that it may not exist yet.
    pub fn is_planned(&self) -> bool {
        matches!(self.source, Source::Planned(_))
    }

    /// An object as the control plane returned it.
    pub fn returned(declaration: &'static Resource, response: Json) -> Self {
        Self {
            declaration,
            source: Source::Returned(response),
        }
    }

    /// Returns its identity as it is in an import ID; `None` if it has none yet.
    pub fn string_of_identity(&self) -> Option<String> {
        self.string(&self.declaration.identity()?.name)
    }

    /// Returns its identity in a normal form; `None` if it has none yet.
    pub fn key(&self) -> Option<String> {
        identity_of(self.declaration, |attribute| self.string(&attribute.name))
    }
}

impl<'a> Survey<'a> {
    /// Looks at a plan. Without a context, only what this process has planned is known.
    pub fn new(
        context: Option<&'a Context>,
        process: &'a Process,
        declarations: &'a Declarations,
        resource: &'a Resource,
        plan: &'a mut Plan,
        scope: Scope,
    ) -> Self {
        Self {
            context: context.filter(|context| context.api.checks_plans()),
            process,
            declarations,
            resource,
            plan,
            scope,
            position: None,
        }
    }

    /// Sets the position of the planned object among those of its resource, see [`Process::add_planned`].
    #[must_use]
    pub fn at(self, position: Option<usize>) -> Self {
        Self { position, ..self }
    }

    /// The object before the change; null for a create.
    pub fn prior(&self) -> &Value {
        &self.plan.prior
    }

    /// The object after the change.
    pub fn planned(&self) -> &Value {
        &self.plan.planned
    }

    /// The configuration.
    pub fn config(&self) -> &Value {
        &self.plan.config
    }

    /// How diagnostics name the object.
    pub fn title(&self) -> String {
        let object = if self.plan.prior.is_null() {
            &self.plan.planned
        } else {
            &self.plan.prior
        };
        naming::title(self.resource, object)
    }

    /// Whether the plan creates or replaces the object.
    pub fn is_new(&self) -> bool {
        self.scope == Scope::All
    }

    /// The object in state, if the plan is about the same one: a replacement can be another. Null otherwise.
    pub fn same_prior(&self) -> &Value {
        let key = |object| identity::key(self.resource, object);
        if self.plan.prior.is_null() || key(&self.plan.prior) == key(&self.plan.planned) {
            &self.plan.prior
        } else {
            &Value::Null
        }
    }

    /// Waits until a plan of this process has the object, or Terraform plans nothing else: it plans in any order. Returns the object as it
    /// is planned, or else as it was found.
    pub async fn settled(&mut self, found: Existing) -> Existing {
        if found.is_planned() {
            return found;
        }
        let (Some(context), Some(identity)) = (self.context, found.key()) else {
            return found;
        };
        let declaration = found.declaration;
        self.wait_for_plan(context, declaration, &identity).await;
        let by = declaration.identity();
        let planned = by.and_then(|by| self.process.find_planned(declaration, by, &identity).pop());
        planned.map_or(found, |(_, object)| Existing {
            declaration,
            source: Source::Planned(object),
        })
    }

    async fn wait_for_plan(&self, context: &Context, declaration: &Resource, identity: &str) {
        let _waiting = self.process.begin_wait();
        let is_there = || {
            self.process.has_planned_identity(declaration, identity)
                || self.process.is_destroy_planned(declaration, identity)
        };
        self.process
            .wait_for_requests(is_there, QUIET, PLAN_PATIENCE, &context.cancel)
            .await;
    }

    /// Whether an object is one of a resource of the configuration, whose plan says more: it may also be this one, because an object that is
    /// tainted has no prior object. Waits for the plan.
    pub async fn is_managed(&self, object: &Existing) -> bool {
        let is_in_state = self.is_in_state(object);
        if is_in_state {
            self.wait_for_managed(object).await;
        }
        is_in_state
    }

    async fn wait_for_managed(&self, object: &Existing) {
        if let (Some(context), Some(identity)) = (self.context, object.key()) {
            self.wait_for_plan(context, object.declaration, &identity).await;
        }
    }

    /// Whether Terraform has refreshed an object in this process.
    fn is_in_state(&self, object: &Existing) -> bool {
        let declaration = object.declaration;
        let mut known = shape::empty_object(&declaration.attributes);
        for attribute in identity::attributes(declaration) {
            known.set_attribute(&attribute.name, object.get(&attribute.name));
        }
        let shared = identity::shared_key(declaration, &known);
        shared.is_some_and(|shared| self.process.has_used(&shared))
    }

    /// Whether the plan creates an object that it takes over.
    pub fn takes_over(&self) -> bool {
        self.plan.creation == Creation::TakesOver
    }

    /// Whether a run follows the change.
    pub fn starts_run(&self) -> bool {
        let phase = if self.is_new() {
            Phase::Create
        } else {
            Phase::Update
        };
        let job = self.resource.job.as_ref();
        self.plan.creation == Creation::Runs && job.is_some_and(|job| job.after.contains(&phase))
    }

    /// Whether the plan sets a root attribute: to another value than before, or to any value of a new object.
    pub fn sets(&self, name: &str) -> bool {
        let planned = self.plan.planned.get(name);
        let is_same = || {
            let attribute = self.resource.attribute(name);
            attribute.is_none_or(|attribute| is_equivalent(attribute, self.plan.prior.get(name), planned))
        };
        !planned.is_null() && (self.is_new() || !is_same())
    }

    /// Whether the plan sets any of these attributes.
    pub fn sets_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.sets(name))
    }

    /// Adds a warning about an attribute.
    pub fn warn(&mut self, path: Path, summary: &'static Summary, detail: impl Into<String>) {
        self.plan.diagnostics.warning_at(path, summary, detail);
    }

    /// Adds an error about an attribute.
    pub fn refuse(&mut self, path: Path, summary: &'static Summary, detail: impl Into<String>) {
        let mut detail = detail.into();
        // A destroy plans the changes first, to refresh.
        if !self.plan.prior.is_null() {
            detail.push_str(" `terraform destroy` needs `-refresh=false` then.");
        }
        self.plan.diagnostics.error_at(path, summary, detail);
    }

    /// Counts this object under a key, once. Returns the number of objects of this process that were counted under it before.
    pub fn count(&self, key: &str) -> usize {
        let own = identity::key(self.resource, &self.plan.planned);
        self.process.count_under(key, own)
    }

    /// Returns the objects that an attribute names, as far as they were found.
    pub async fn referenced(&mut self, name: &str) -> Vec<Existing> {
        let attribute = self.resource.attribute(name);
        let Some((attribute, reference)) =
            attribute.and_then(|attribute| Some((attribute, attribute.reference.as_ref()?)))
        else {
            return Vec::new();
        };
        let mut found = Vec::new();
        let planned = self.plan.planned.get(&attribute.name).clone();
        for value in strings(&planned) {
            if let Search::Found(object) = self.find(&reference.target, &reference.attribute, value).await {
                found.push(object);
            }
        }
        found
    }

    /// Looks for the object of a resource, or of a data source, in which an attribute has this value.
    pub async fn find(&mut self, target: &str, attribute: &str, value: &str) -> Search {
        let Some(declaration) = self.declarations.find(target) else {
            return Search::Unknown;
        };
        let Some(attribute) = declaration.attribute(attribute) else {
            return Search::Unknown;
        };
        let mut planned = self.process.find_planned(declaration, attribute, value);
        if let Some((_, object)) = planned.pop() {
            return Search::Found(Existing {
                declaration,
                source: Source::Planned(object),
            });
        }
        let list = self.list(declaration).await;
        if let Some(list) = &list {
            let index = by_value(list, declaration, attribute);
            let positions = index.get(&normal(attribute, value));
            if let Some(position) = positions.and_then(|positions| positions.first()) {
                return Search::Found(Existing::returned(declaration, list.object(*position)));
            }
        }
        // A list may be abbreviated or late: only a request for the object shows that an identity does not exist.
        match declaration.read_operation_by(&attribute.name) {
            Some(operation) => self.read(declaration, attribute, operation, value, list).await,
            None if list.is_some() => Search::Missing(list),
            None => Search::Unknown,
        }
    }

    async fn read(
        &mut self,
        declaration: &'static Resource,
        attribute: &Attribute,
        operation: &str,
        value: &str,
        list: Option<Arc<List>>,
    ) -> Search {
        let Some(context) = self.context else {
            return Search::Unknown;
        };
        // What no list shows in time, no request shall: there may be hundreds of objects.
        if self.process.has_failed_check(&declaration.name) {
            return Search::Unknown;
        }
        let mut object = shape::empty_object(&declaration.attributes);
        object.set_attribute(&attribute.name, Value::string(value));
        let read = context.read(declaration, operation, &object);
        let read = tokio::time::timeout(READ_PATIENCE, read).await;
        match read.unwrap_or_else(|_| Err(Error::operation_timeout(operation))) {
            Ok(response) => Search::Found(Existing::returned(declaration, response.body.clone())),
            Err(error) if is_gone(&error) => Search::Missing(list),
            Err(error) => {
                self.note_failure(declaration, &error);
                Search::Unknown
            }
        }
    }

    /// Returns the objects of a resource, or those that a data source finds, as the account has them. `None` if they cannot be listed.
    pub async fn account(&mut self, target: &str) -> Option<Vec<Existing>> {
        let declaration = self.declarations.find(target)?;
        let list = self.list(declaration).await?;
        let objects = list.objects();
        Some(
            objects
                .map(|object| Existing::returned(declaration, object))
                .collect(),
        )
    }

    /// Returns all objects of a resource, or those that a data source finds: as planned, else as in the account. Those that plans of this
    /// process destroy are left out, and this object. `None` if they cannot be listed.
    pub async fn all(&mut self, target: &str) -> Option<Vec<Existing>> {
        let declaration = self.declarations.find(target)?;
        let mut account = self.account(target).await?;
        let is_unplanned = |object: &&Existing| {
            let is_planned = |key: String| self.process.has_planned_identity(declaration, &key);
            self.is_in_state(object) && !object.key().is_some_and(is_planned)
        };
        // One wait is enough for all of them.
        if let Some(object) = account.iter().find(is_unplanned) {
            self.wait_for_managed(object).await;
        }
        account.retain(|object| !self.is_in_state(object));
        let is_same = self.resource.name == declaration.name;
        let own = self.own_identity().filter(|_| is_same);
        let planned = self.process.all_planned(declaration).into_iter();
        let planned = planned.filter(|(position, _)| !is_same || self.position != Some(*position));
        let mut objects: Vec<Existing> = planned
            .map(|(_, object)| Existing {
                declaration,
                source: Source::Planned(object),
            })
            .collect();
        let known: BTreeSet<String> = objects.iter().filter_map(Existing::key).collect();
        let returned = account.into_iter().filter(|object| {
            object.key().is_none_or(|key| {
                !known.contains(&key) && !self.process.is_destroy_planned(declaration, &key)
            })
        });
        objects.extend(returned);
        objects.retain(|object| own.is_none() || object.key() != own);
        Some(objects)
    }

    /// Waits until this process has planned an object of a resource with this name: Terraform plans in any order. All waits of a command
    /// take a few seconds at most.
    pub async fn wait_for_name(&self, target: &str, name: &str) {
        self.process.wait_for_name(target, name).await;
    }

    /// Returns the objects of the account, of the same resource, in which an attribute has this value.
    pub async fn returned_with(&mut self, attribute: &Attribute, value: &str) -> Vec<Existing> {
        let Some(declaration) = self.declarations.find(&self.resource.name) else {
            return Vec::new();
        };
        let Some(list) = self.list(declaration).await else {
            return Vec::new();
        };
        let index = by_value(&list, declaration, attribute);
        let positions = index.get(&normal(attribute, value)).into_iter().flatten();
        positions
            .map(|position| Existing::returned(declaration, list.object(*position)))
            .collect()
    }

    /// The identity of this object in the form of [`Existing::key`]; `None` of one that does not exist yet.
    pub fn own_identity(&self) -> Option<String> {
        own_identity(self.resource, &self.plan.prior)
    }

    /// Returns a recent list of the objects of a declaration. A failure is one warning in each process.
    async fn list(&mut self, declaration: &'static Resource) -> Option<Arc<List>> {
        let context = self.context?;
        if self.process.has_failed_check(&declaration.name) {
            return None;
        }
        let list = collection::for_check(context, declaration);
        match collection::kept(self.process, declaration, list).await? {
            Ok(list) => Some(list),
            Err(error) => {
                self.note_failure(declaration, &error);
                None
            }
        }
    }

    fn note_failure(&mut self, declaration: &Resource, error: &Error) {
        if !self.process.note_failed_check(&declaration.name) {
            return;
        }
        let noun = naming::noun(declaration);
        let summary = &summaries::CHECK_SKIPPED;
        let diagnostics = &mut self.plan.diagnostics;
        failure(
            diagnostics,
            Severity::Warning,
            Path::root(),
            summary,
            error,
            |error| format!("The plan is complete, but its {noun} objects were not checked. {error}"),
        );
    }
}

/// Returns an index of a list by the value of an attribute, in one spelling.
pub fn by_value(list: &List, declaration: &Resource, attribute: &Attribute) -> Arc<Index> {
    list.index(&format!("{} of {}", attribute.name, declaration.name), |item| {
        let field = wire::field(attribute, item)?;
        Some(normal(attribute, field.as_str()?))
    })
}

/// The known strings in a value: a string, or a collection of strings.
pub fn strings(value: &Value) -> BTreeSet<&str> {
    let elements = value.elements().iter();
    elements.chain([value]).filter_map(Value::as_str).collect()
}
