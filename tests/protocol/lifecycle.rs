//! The lifecycle of every resource, from create to destroy, derived from its declaration: a new resource gets this test
//! automatically. `workflows` tests with hand-written data instead.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::{Binding, Definition};
use harness::fake_core::json::to_json;
use harness::fake_core::{Action, Core, Mode as PlanMode, Named, Planned};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use schema::{
    Attribute, Collection, Delete, Format, Import, Mode, Phase, Resource, Rule, Scalar, Stable, Text, Unset,
};
use serde_json::{Map, Value as Json, json};

use super::declared_server::{DeclaredServer, Request};
use super::generate::{World, is_protection, literal_json, only, value};
use super::properties::{difference, import_id, is_empty, unexpected_changes, validator};

const NAME: &str = "it";

#[tokio::test]
async fn every_resource_has_a_working_lifecycle() {
    run_lifecycles(&provider::durantic::DEFINITION).await;
}

#[tokio::test]
async fn every_key_of_the_language_has_a_working_lifecycle() {
    run_lifecycles(&super::every_key::DEFINITION).await;
}

pub async fn run_lifecycles(definition: &'static Definition) {
    for binding in definition.resources {
        let server = DeclaredServer::start(definition, binding.schema).await;
        let service = rpc::Service::new(provider::program(definition));
        let core = Core::unconfigured(Arc::new(service)).await.unwrap();
        // The server has only one collection, and not what its objects refer to.
        let mut block = json!({ "endpoint": server.endpoint, "api_token": "token" });
        let mut arguments = definition.provider.attributes.iter();
        if arguments.any(|argument| argument.name == "skip_preflight") {
            block["skip_preflight"] = json!(true);
        }
        core.configure(&block).await.unwrap();
        let type_name = format!("{}_{}", definition.provider.name, binding.schema.name);
        let life = Lifecycle::new(binding, type_name, server, core);
        life.run().await;
    }
}

/// One resource and its expected values during the lifecycle.
struct Lifecycle {
    resource: &'static Resource,
    type_name: String,
    server: DeclaredServer,
    core: Core,
    runner: TestRunner,
    is_valid: Box<dyn Fn(&Json) -> bool>,
    /// The value of each attribute, if it is set.
    values: BTreeMap<Text, Json>,
    config: Json,
}

impl Lifecycle {
    fn new(binding: &'static Binding, type_name: String, server: DeclaredServer, core: Core) -> Self {
        Self {
            resource: binding.schema,
            is_valid: Box::new(validator(binding, &type_name, &core)),
            type_name,
            server,
            core,
            runner: TestRunner::deterministic(),
            values: BTreeMap::new(),
            config: Json::Null,
        }
    }

    async fn run(mut self) {
        let settable: Vec<&'static Attribute> = self
            .resource
            .attributes
            .iter()
            .filter(|attribute| {
                attribute.mode.is_settable() && !is_protection(self.resource, &attribute.name)
            })
            .collect();
        self.create(&settable).await;
        for attribute in &settable {
            self.change(attribute).await;
        }
        self.change_in_depth(&settable).await;
        for attribute in settable
            .iter()
            .filter(|attribute| attribute.mode != Mode::Required)
        {
            self.remove(attribute).await;
        }
        self.omit_after_create().await;
        for attribute in &settable {
            self.change(attribute).await;
        }
        for attribute in &settable {
            self.respell(attribute).await;
            self.drift(attribute).await;
        }
        self.change_computed().await;
        self.delete_remotely().await;
        self.replace().await;
        self.import().await;
        self.destroy().await;
    }

    /// Creates the object with the required arguments only.
    async fn create(&mut self, settable: &[&'static Attribute]) {
        let drawn = (0..300).find_map(|choice| {
            for attribute in settable {
                let value = self.draw(attribute, &Json::Null);
                self.values.insert(attribute.name.clone(), value);
            }
            only(self.resource, &self.values, |_| false, choice).filter(&self.is_valid)
        });
        let config = drawn.unwrap_or_else(|| panic!("{} has no minimal configuration", self.type_name));
        let plan = self.core.plan(&self.type_name, NAME, &config).await.unwrap();
        assert_eq!(plan.action, Action::Create, "{}", self.type_name);
        self.core
            .apply(plan)
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", self.type_name));
        self.config = config;
        let requests = self.declared(self.server.take_changes());
        self.expect_create(&requests);
        self.expect_empty_plan("create").await;
    }

    async fn change(&mut self, attribute: &'static Attribute) {
        let state = self.core.state(&self.type_name, NAME);
        let version = self.version_of(attribute);
        for choice in 0..300 {
            let mut values = self.values.clone();
            values.insert(
                attribute.name.clone(),
                self.draw(attribute, &state[attribute.name.as_ref()]),
            );
            // A change of a write-only value is not visible, so its version changes, too.
            if let Some(version) = version {
                values.insert(
                    version.name.clone(),
                    self.draw(version, &state[version.name.as_ref()]),
                );
            }
            let is_selected = |candidate: &Attribute| {
                candidate.name == attribute.name
                    || version.is_some_and(|version| version.name == candidate.name)
                    || self.config.get(candidate.name.as_ref()).is_some()
            };
            let next = only(self.resource, &values, is_selected, choice)
                .filter(|next| next.get(attribute.name.as_ref()).is_some() && (self.is_valid)(next));
            if let Some(next) = next {
                self.values = values;
                return self.step(&format!("change of `{}`", attribute.name), next).await;
            }
        }
        panic!("{}.{} cannot be set", self.type_name, attribute.name);
    }

    /// Changes each attribute within nested objects.
    async fn change_in_depth(&mut self, settable: &[&'static Attribute]) {
        for attribute in settable
            .iter()
            .filter(|attribute| attribute.r#type.scalar == Scalar::Object)
        {
            for nested in attribute
                .attributes
                .iter()
                .filter(|nested| nested.mode.is_settable())
            {
                let Some(before) = self.config.get(attribute.name.as_ref()).cloned() else {
                    continue;
                };
                let mut after = before.clone();
                let Some(object) = first_object(attribute, &mut after) else {
                    continue;
                };
                let current = object.get(nested.name.as_ref()).cloned().unwrap_or_default();
                object.insert(nested.name.to_string(), self.draw(nested, &current));
                let mut next = self.config.clone();
                next[attribute.name.as_ref()] = after.clone();
                if (self.is_valid)(&next) {
                    self.values.insert(attribute.name.clone(), after);
                    self.step(&format!("change of `{}.{}`", attribute.name, nested.name), next)
                        .await;
                }
            }
        }
    }

    async fn remove(&mut self, attribute: &'static Attribute) {
        if self.config.get(attribute.name.as_ref()).is_none() {
            return;
        }
        let is_selected = |candidate: &Attribute| {
            candidate.name != attribute.name && self.config.get(candidate.name.as_ref()).is_some()
        };
        let next = (0..30).find_map(|choice| {
            only(self.resource, &self.values, is_selected, choice)
                .filter(|next| next.get(attribute.name.as_ref()).is_none() && (self.is_valid)(next))
        });
        // Constraints may demand it.
        if let Some(next) = next {
            self.step(&format!("removal of `{}`", attribute.name), next).await;
        }
    }

    /// Omits what only a create needs: the object keeps its value, and a plan that creates it again is an error.
    async fn omit_after_create(&mut self) {
        let next = self.omitted_after_create();
        if next == self.config {
            return;
        }
        let before = self.config.clone();
        self.step("omission after the create", next).await;
        let mode = PlanMode::Replace;
        let planned = self
            .core
            .plan_with(&self.type_name, NAME, &self.config, mode)
            .await;
        let error = planned.unwrap_err().to_string();
        assert!(error.contains("is required to create"), "{error}");
        self.step("end of the omission", before).await;
    }

    /// The configuration without the arguments that only a create needs.
    fn omitted_after_create(&self) -> Json {
        let mut config = self.config.clone();
        for constraint in self.resource.constraints.iter() {
            let Rule::OneOfToCreate(names) = &constraint.rule else {
                continue;
            };
            let twins = self.resource.attributes.iter().filter(|attribute| {
                let twin_of = attribute.twin_of.as_ref();
                names.contains(&attribute.name) || twin_of.is_some_and(|twin| names.contains(twin))
            });
            for attribute in twins {
                if let Some(config) = config.as_object_mut() {
                    config.remove(attribute.name.as_ref());
                }
            }
        }
        config
    }

    /// An equivalent spelling of a value is no change.
    async fn respell(&self, attribute: &'static Attribute) {
        let Some(value) = self.config.get(attribute.name.as_ref()) else {
            return;
        };
        let Some(other) = respelled(attribute, value) else {
            return;
        };
        let mut next = self.config.clone();
        next[attribute.name.as_ref()] = other;
        if (self.is_valid)(&next) {
            let plan = self.core.plan(&self.type_name, NAME, &next).await.unwrap();
            assert_eq!(
                plan.action,
                Action::NoOp,
                "{}: {}",
                self.type_name,
                difference(&plan)
            );
        }
    }

    /// A changed computed value is read into state and plans no change.
    async fn change_computed(&mut self) {
        // Several attributes may read one field: the server stores the first of them.
        let mut fields: BTreeMap<&str, Vec<&'static Attribute>> = BTreeMap::new();
        for attribute in self.resource.attributes.iter() {
            if let Some(field) = attribute.wire.read.first() {
                fields.entry(field.as_ref()).or_default().push(attribute);
            }
        }
        // A changed identity would be another object.
        fields.retain(|_, attributes| {
            attributes.iter().all(|attribute| {
                attribute.mode == Mode::Computed && !self.server.identity().any(|name| name == attribute.name)
            })
        });
        for attributes in fields.values() {
            let before = self.core.state(&self.type_name, NAME);
            let is_new = |state: &Json, attribute: &Attribute| {
                state[attribute.name.as_ref()] != before[attribute.name.as_ref()]
            };
            // A random bool keeps its value half of the time.
            for _ in 0..100 {
                self.server.change_computed(attributes[0]);
                self.core.refresh(&self.type_name, NAME).await.unwrap();
                if is_new(&self.core.state(&self.type_name, NAME), attributes[0]) {
                    break;
                }
            }
            let state = self.core.state(&self.type_name, NAME);
            for attribute in attributes {
                assert!(is_new(&state, attribute), "{}.{}", self.type_name, attribute.name);
            }
            self.expect_empty_plan(&format!("another `{}`", attributes[0].name))
                .await;
        }
    }

    /// Another client changes a configured value: the plan undoes it.
    async fn drift(&mut self, attribute: &'static Attribute) {
        let is_returned = attribute.returned && !attribute.write_only && !attribute.wire.read.is_empty();
        let is_configured = self.config.get(attribute.name.as_ref()).is_some();
        let is_identity = self.server.identity().any(|name| name == attribute.name);
        if !is_returned || !is_configured || is_identity {
            return;
        }
        let state = self.core.state(&self.type_name, NAME);
        let present = &state[attribute.name.as_ref()];
        // If no other value is valid together with the rest, it can still drift to its default.
        let default = attribute.default.as_ref().map(literal_json);
        let default = default.filter(|default| !is_same(attribute, default, present));
        let drawn: Vec<Json> = (0..300).map(|_| self.draw(attribute, present)).collect();
        let value = drawn.into_iter().chain(default).find_map(|value| {
            let mut drifted = self.config.clone();
            drifted[attribute.name.as_ref()] = value.clone();
            (self.is_valid)(&drifted).then_some(value)
        });
        let Some(value) = value else {
            panic!("{}.{} cannot drift", self.type_name, attribute.name)
        };
        self.server.drift(attribute, &written(attribute, &value));
        let what = format!("drift of `{}`", attribute.name);
        let plan = self.core.plan(&self.type_name, NAME, &self.config).await.unwrap();
        let action = if attribute.force_new {
            Action::Replace
        } else {
            Action::Update
        };
        let difference = difference(&plan);
        assert_eq!(plan.action, action, "{}, {what}: {difference}", self.type_name);
        let applied = self.core.apply(plan).await;
        applied.unwrap_or_else(|error| panic!("{}, {what}: {error}", self.type_name));
        self.expect_empty_plan(&what).await;
        self.server.take_changes();
    }

    /// Another client deletes the object: the plan creates it.
    async fn delete_remotely(&mut self) {
        if self.resource.api.delete == Delete::Forget {
            return;
        }
        self.server.delete_all();
        let plan = self.core.plan(&self.type_name, NAME, &self.config).await.unwrap();
        assert_eq!(plan.action, Action::Create, "{}", self.type_name);
        self.core.apply(plan).await.unwrap();
        self.expect_empty_plan("loss").await;
        self.server.take_changes();
    }

    /// Changes the configuration: checks the plan, the requests, and that the next plan is empty.
    async fn step(&mut self, what: &str, next: Json) {
        let plan = self.core.plan(&self.type_name, NAME, &next).await;
        let plan = plan.unwrap_or_else(|error| panic!("{}, {what}: {error}", self.type_name));
        let expected = self.expected_changes(&next);
        let is_replaced = expected.iter().any(|attribute| attribute.force_new);
        let action = match (expected.is_empty(), is_replaced) {
            (true, _) => Action::NoOp,
            (false, true) => Action::Replace,
            (false, false) => Action::Update,
        };
        let difference = difference(&plan);
        assert_eq!(plan.action, action, "{}, {what}: {difference}", self.type_name);
        if action == Action::Update {
            self.expect_stability(what, &plan, &next, &expected);
        }
        let applied = self.core.apply(plan).await;
        applied.unwrap_or_else(|error| panic!("{}, {what}: {error}", self.type_name));
        let before = std::mem::replace(&mut self.config, next);
        let requests = self.server.take_changes();
        let has_parts = expected
            .iter()
            .any(|attribute| attribute.r#type.scalar == Scalar::Object);
        let requests = if has_parts {
            self.declared(requests)
        } else {
            requests
        };
        match action {
            Action::NoOp => assert_eq!(requests, [], "{}, {what}", self.type_name),
            Action::Replace => {
                let requests = self.expect_delete(&requests);
                self.expect_create(requests);
            }
            _ => self.expect_update(what, &before, &expected, &requests),
        }
        self.expect_empty_plan(what).await;
    }

    /// `-replace`, and the replacement of a tainted object.
    async fn replace(&mut self) {
        for mode in [PlanMode::Replace, PlanMode::Normal] {
            if mode == PlanMode::Normal {
                self.core.taint(&self.type_name, NAME);
            }
            let plan = self
                .core
                .plan_with(&self.type_name, NAME, &self.config, mode)
                .await
                .unwrap();
            assert_eq!(plan.action, Action::Replace);
            self.core.apply(plan).await.unwrap();
            let requests = self.declared(self.server.take_changes());
            let requests = self.expect_delete(&requests);
            self.expect_create(requests);
            self.expect_empty_plan("replacement").await;
        }
    }

    async fn import(&mut self) {
        let Import::By(pattern) = &self.resource.import else {
            self.core
                .fresh()
                .import(&self.type_name, NAME, "x")
                .await
                .unwrap_err();
            return;
        };
        let id = import_id(pattern, &self.core.state(&self.type_name, NAME));
        let identity = self
            .core
            .stored(&self.type_name, NAME)
            .unwrap()
            .identity
            .clone()
            .unwrap();
        for (named, config) in [
            (Named::Id(&id), self.config.clone()),
            (Named::Identity(&identity), self.omitted_after_create()),
        ] {
            self.config = config;
            self.core.forget(&self.type_name, NAME);
            let imported = self.core.import_named(&self.type_name, NAME, named).await;
            imported.unwrap();
            let plan = self.core.plan(&self.type_name, NAME, &self.config).await.unwrap();
            let unexpected = unexpected_changes(self.resource, &plan);
            assert_eq!(
                unexpected,
                Vec::<&str>::new(),
                "{} after import: {}",
                self.type_name,
                difference(&plan)
            );
            self.core.apply(plan).await.unwrap();
            self.expect_empty_plan("import").await;
            self.server.take_changes();
        }
    }

    async fn destroy(mut self) {
        let state = self.core.state(&self.type_name, NAME);
        self.core.destroy(&self.type_name, NAME).await.unwrap();
        let requests = self.server.take_changes();
        assert_eq!(self.expect_delete(&requests), []);
        if let (Delete::Call(_), Import::By(pattern)) = (&self.resource.api.delete, &self.resource.import) {
            assert_eq!(self.server.count(), 0);
            self.core
                .import(&self.type_name, NAME, &import_id(pattern, &state))
                .await
                .unwrap_err();
        }
    }

    /// A plan keeps exactly the computed values that neither the change nor the run after it can alter.
    fn expect_stability(&self, what: &str, plan: &Planned, next: &Json, changed: &[&'static Attribute]) {
        let is_changed = |name: &str| changed.iter().any(|attribute| attribute.name == name);
        let run = self.resource.job.as_ref();
        let run = run.filter(|job| job.after.contains(&Phase::Update));
        for attribute in self.resource.attributes.iter() {
            let name = attribute.name.as_ref();
            let is_computed = attribute.mode.is_computed() && attribute.default.is_none();
            if !is_computed || next.get(name).is_some() || is_changed(name) {
                continue;
            }
            let is_kept = match &attribute.stable {
                Stable::No => false,
                Stable::Yes => true,
                Stable::Unless(causes) => !causes.iter().any(|cause| is_changed(cause)),
            };
            let planned = plan.planned.get(name);
            let result = run.and_then(|job| job.result.iter().find(|(known, _)| known == name));
            let is_altered = run.is_some_and(|job| {
                let outputs = job.save.iter().map(|(output, _)| output);
                let mut altered = outputs.chain([&job.into]).chain(job.changes.iter());
                altered.any(|altered| altered == name)
            });
            let is_right = if let Some((_, value)) = result {
                to_json(planned) == literal_json(value)
            } else if is_kept && !is_altered {
                planned == plan.prior.get(name)
            } else {
                planned.is_unknown()
            };
            assert!(
                is_right,
                "{}, {what}: `{name}` is planned as {}",
                self.type_name,
                to_json(planned)
            );
        }
    }

    async fn expect_empty_plan(&mut self, what: &str) {
        let state = self.core.state(&self.type_name, NAME);
        self.core.refresh(&self.type_name, NAME).await.unwrap();
        let refreshed = self.core.state(&self.type_name, NAME);
        assert_eq!(state, refreshed, "{}: refreshed after {what}", self.type_name);
        let plan = self.core.plan(&self.type_name, NAME, &self.config).await.unwrap();
        let difference = difference(&plan);
        assert_eq!(
            plan.action,
            Action::NoOp,
            "{}, after {what}: {difference}",
            self.type_name
        );
    }

    /// The attributes that this configuration changes, according to the declaration.
    fn expected_changes(&self, next: &Json) -> Vec<&'static Attribute> {
        let state = self.core.state(&self.type_name, NAME);
        let is_changed = |attribute: &&'static Attribute| {
            let name = attribute.name.as_ref();
            let (before, after) = (self.config.get(name), next.get(name));
            match after {
                _ if !attribute.mode.is_settable() || attribute.write_only || before == after => false,
                Some(after) if attribute.r#type.scalar != Scalar::Object => {
                    !is_same(attribute, after, &state[name])
                }
                Some(_) => true,
                None => match (&attribute.default, attribute.mode, attribute.unset) {
                    (Some(default), ..) => state[name] != literal_json(default),
                    (None, Mode::OptionalComputed, Unset::Omit) => false,
                    _ => !is_unset(attribute, &state[name]),
                },
            }
        };
        self.resource.attributes.iter().filter(is_changed).collect()
    }

    /// One create with exactly the configured values and the defaults, then the job.
    fn expect_create(&self, requests: &[Request]) {
        let [create, rest @ ..] = requests else {
            panic!("{}: nothing was created", self.type_name)
        };
        assert_eq!(
            Some(create.operation.as_str()),
            self.resource.api.create.as_deref()
        );
        let mut expected = Map::new();
        for attribute in self.resource.attributes.iter() {
            let Some(key) = &attribute.wire.write else {
                continue;
            };
            if let Some(value) = configured(attribute, &self.config) {
                expected.insert(key.to_string(), written(attribute, &value));
            }
        }
        let body = create
            .body
            .clone()
            .map(|body| sorted(&self.resource.attributes, body));
        assert_eq!(
            body,
            Some(sorted(&self.resource.attributes, expected.into())),
            "{}",
            self.type_name
        );
        self.expect_job(Phase::Create, rest);
    }

    /// One update with exactly the changed attributes, or none if the API has none of them.
    fn expect_update(
        &self,
        what: &str,
        before: &Json,
        expected: &[&'static Attribute],
        requests: &[Request],
    ) {
        let mut body = Map::new();
        for attribute in expected {
            let Some(key) = &attribute.wire.write else {
                continue;
            };
            match (configured(attribute, &self.config), attribute.unset) {
                (Some(value), _) => body.insert(key.to_string(), written(attribute, &value)),
                (None, Unset::Null) => body.insert(key.to_string(), Json::Null),
                (None, Unset::Empty) => body.insert(key.to_string(), emptied(attribute)),
                (None, Unset::Omit) => None,
            };
        }
        // A write-only value is sent with its version, or with the attribute that it replaces.
        for attribute in self
            .resource
            .attributes
            .iter()
            .filter(|attribute| attribute.write_only)
        {
            let is_sent = expected.iter().any(|changed| {
                changed.twin_of == attribute.twin_of || Some(&changed.name) == attribute.twin_of.as_ref()
            });
            if let (true, Some(key), Some(value)) = (
                is_sent,
                &attribute.wire.write,
                self.config.get(attribute.name.as_ref()),
            ) {
                body.insert(key.to_string(), value.clone());
            }
        }
        let (updates, rest) = requests.split_at(usize::from(!body.is_empty()).min(requests.len()));
        let attributes = &self.resource.attributes;
        if let [update] = updates {
            assert_eq!(
                Some(update.operation.as_str()),
                self.resource.api.update.as_deref()
            );
            let sent = update.body.clone().map(|body| sorted(attributes, body));
            assert_eq!(
                sent,
                Some(sorted(attributes, body.into())),
                "{}, {what}, before {before}",
                self.type_name
            );
        } else {
            assert!(
                body.is_empty(),
                "{}, {what}: {body:?} was not sent",
                self.type_name
            );
        }
        self.expect_job(Phase::Update, rest);
    }

    fn expect_job(&self, phase: Phase, requests: &[Request]) {
        let job = self.resource.job.iter().find(|job| job.after.contains(&phase));
        let expected: Vec<&str> = job.map(|job| job.start.as_ref()).into_iter().collect();
        let sent: Vec<&str> = requests
            .iter()
            .map(|request| request.operation.as_str())
            .collect();
        assert_eq!(sent, expected, "{}", self.type_name);
    }

    /// The requests of declared operations. A hook may send others, for parts of the object.
    fn declared(&self, requests: Vec<Request>) -> Vec<Request> {
        requests
            .into_iter()
            .filter(|request| {
                self.resource
                    .operations()
                    .any(|operation| operation == request.operation)
            })
            .collect()
    }

    /// The requests after the one that deletes.
    fn expect_delete<'a>(&self, requests: &'a [Request]) -> &'a [Request] {
        match (&self.resource.api.delete, requests) {
            (Delete::Call(operation), [delete, rest @ ..]) => {
                assert_eq!(delete.operation, operation.as_ref());
                rest
            }
            (Delete::Call(_), []) => panic!("{}: nothing was deleted", self.type_name),
            (Delete::Forget | Delete::None, requests) => requests,
        }
    }

    fn version_of(&self, attribute: &Attribute) -> Option<&'static Attribute> {
        let mut siblings = self.resource.attributes.iter();
        siblings.find(|sibling| {
            attribute.write_only
                && attribute.twin_of.is_some()
                && sibling.twin_of == attribute.twin_of
                && !sibling.write_only
        })
    }

    /// A valid value that is neither this one nor empty; the default only if there is no other.
    fn draw(&mut self, attribute: &'static Attribute, other: &Json) -> Json {
        let strategy = value(attribute, &self.resource.constraints, &World::default());
        for attempt in 0..200 {
            let value = normalised(strategy.new_tree(&mut self.runner).unwrap().current());
            let is_default = attribute
                .default
                .as_ref()
                .is_some_and(|default| literal_json(default) == value);
            if (!is_default || attempt > 60) && !is_empty(&value) && !is_same(attribute, &value, other) {
                return value;
            }
        }
        panic!(
            "{}.{} has no other value than {other}",
            self.type_name, attribute.name
        )
    }
}

/// The configured value or the default.
fn configured(attribute: &Attribute, config: &Json) -> Option<Json> {
    let configured = config.get(attribute.name.as_ref()).cloned();
    let empty = || {
        attribute
            .block
            .then(|| attribute.r#type.collections.first())
            .flatten()
            .map(|_| emptied(attribute))
    };
    configured
        .or_else(|| attribute.default.as_ref().map(literal_json))
        .or_else(empty)
}

/// A value as a request body has it: objects with wire names and defaults.
fn written(attribute: &Attribute, value: &Json) -> Json {
    if attribute.r#type.scalar != Scalar::Object {
        return normalised(value.clone());
    }
    let object = |object: &Json| -> Json {
        let entries = attribute.attributes.iter().filter_map(|nested| {
            let key = nested.wire.write.as_ref()?;
            Some((key.to_string(), written(nested, &configured(nested, object)?)))
        });
        entries.collect::<Map<String, Json>>().into()
    };
    match value {
        Json::Array(elements) => elements.iter().map(object).collect(),
        Json::Object(entries) if attribute.r#type.collections.first() == Some(&Collection::Map) => entries
            .iter()
            .map(|(key, value)| (key.clone(), object(value)))
            .collect(),
        other => object(other),
    }
}

fn emptied(attribute: &Attribute) -> Json {
    match attribute.r#type.collections.first() {
        Some(Collection::Map) => Json::Object(Map::new()),
        Some(_) => Json::Array(Vec::new()),
        None => Json::from(""),
    }
}

/// An equivalent spelling of a value, according to its format or comparison; `None` without one.
fn respelled(attribute: &Attribute, value: &Json) -> Option<Json> {
    match value {
        Json::Array(elements) if attribute.equal == schema::Equal::Set => {
            (elements.len() > 1).then(|| elements.iter().rev().cloned().collect())
        }
        Json::Array(elements) => {
            let (first, rest) = elements.split_first()?;
            Some(
                std::iter::once(respelled(attribute, first)?)
                    .chain(rest.iter().cloned())
                    .collect(),
            )
        }
        Json::String(text) => respelled_string(attribute, text).map(Json::from),
        _ => None,
    }
}

fn respelled_string(attribute: &Attribute, text: &str) -> Option<String> {
    if attribute.equal == schema::Equal::Scheme {
        let bare = text.split_once("://").map_or(text, |(_, rest)| rest);
        return Some(format!("http://{bare}/"));
    }
    match attribute.format? {
        Format::Uuid => Some(text.to_uppercase()),
        Format::Url => Some(text.replace("example", "EXAMPLE")),
        Format::Duration if text.ends_with('m') => Some(format!("{text}0s")),
        Format::Timestamp => Some(text.replace('Z', "+00:00")),
        Format::Json => Some(text.replace(':', " :  ")),
        Format::Ip if text.contains("::") => Some(text.replace("::", ":0::")),
        Format::Duration | Format::Ip | Format::Cidr | Format::Glob => None,
    }
}

/// The body with every set sorted.
fn sorted(attributes: &[Attribute], body: Json) -> Json {
    let Json::Object(entries) = body else { return body };
    let entries = entries.into_iter().map(|(key, value)| {
        let attribute = attributes
            .iter()
            .find(|attribute| attribute.wire.write.as_deref() == Some(&key));
        let value = attribute.map_or(value.clone(), |attribute| sorted_value(attribute, value));
        (key, value)
    });
    entries.collect::<Map<String, Json>>().into()
}

fn sorted_value(attribute: &Attribute, value: Json) -> Json {
    let is_set = attribute.r#type.collections.first() == Some(&Collection::Set);
    let is_map = attribute.r#type.collections.first() == Some(&Collection::Map);
    match value {
        Json::Array(elements) => {
            let mut elements: Vec<Json> = elements
                .into_iter()
                .map(|element| sorted(&attribute.attributes, element))
                .collect();
            if is_set {
                elements.sort_by_key(Json::to_string);
            }
            elements.into()
        }
        Json::Object(entries) if is_map => {
            let entries = entries
                .into_iter()
                .map(|(key, value)| (key, sorted(&attribute.attributes, value)));
            entries.collect::<Map<String, Json>>().into()
        }
        other => sorted(&attribute.attributes, other),
    }
}

/// Strings and numbers as Terraform sends them to a provider.
fn normalised(value: Json) -> Json {
    match value {
        Json::String(text) => to_json(&value::Value::string(text)),
        Json::Number(number) => {
            let number = value::Number::from_json(&number).expect("no generated number has too many digits");
            Json::Number(number.to_json())
        }
        Json::Array(elements) => elements.into_iter().map(normalised).collect(),
        Json::Object(entries) => entries
            .into_iter()
            .map(|(key, value)| (key, normalised(value)))
            .collect::<Map<String, Json>>()
            .into(),
        other => other,
    }
}

fn first_object<'a>(attribute: &Attribute, value: &'a mut Json) -> Option<&'a mut Map<String, Json>> {
    let object = match attribute.r#type.collections.first() {
        None => Some(value),
        Some(Collection::Map) => value.as_object_mut()?.iter_mut().next().map(|(_, value)| value),
        Some(_) => value.as_array_mut()?.first_mut(),
    };
    object?.as_object_mut()
}

fn is_same(attribute: &Attribute, left: &Json, right: &Json) -> bool {
    let has_order = attribute.equal != schema::Equal::Set
        && attribute.r#type.collections.first() != Some(&Collection::Set);
    match (left, right) {
        (Json::Array(left), Json::Array(right)) if !has_order => {
            left.len() == right.len() && left.iter().all(|element| right.contains(element))
        }
        _ => left == right,
    }
}

fn is_unset(attribute: &Attribute, value: &Json) -> bool {
    if attribute.block {
        is_empty(value)
    } else {
        value.is_null()
    }
}
