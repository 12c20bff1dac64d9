//! Thousands of random configurations, checked against all rules of Terraform.
//!
//! `PROPTEST_CASES` sets the number for each resource, `PROPTEST_RNG_SEED` the seed. A failure prints both.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use engine::diagnostic::Diagnostics;
use engine::rules::{self, WriteOnly};
use engine::{Binding, Definition, identity, validate};
use harness::control_plane::{Collection, ControlPlane};
use harness::fake_core::json::to_json;
use harness::fake_core::{Action, Core, Error, Mode as Order, Planned, UNKNOWN, configuration};
use proptest::test_runner::{TestCaseError, TestRunner};
use schema::{Delete, Import, Mode, Resource, Stable, placeholders};
use serde_json::{Value as Json, json};
use tokio::runtime::Runtime;

use super::declared_server::DeclaredServer;
use super::generate::{Generated, Scenario, World, scenarios};

/// The number of scenarios for each resource without `PROPTEST_CASES`. Each has two configurations.
const CASES: u32 = 120;

/// The seed without `PROPTEST_RNG_SEED`.
const SEED: u64 = 1;

/// The highest share of scenarios that the control plane may reject, in percent.
const MAX_REJECTED_PERCENT: u32 = 10;

const NAME: &str = "it";

#[test]
fn every_resource_follows_terraforms_rules() {
    let runtime = Runtime::new().unwrap();
    let definition = &provider::durantic::DEFINITION;
    check_all(definition, |binding, type_name| {
        // One control plane for each resource, because several resources configure the same machines.
        let control_plane = runtime.block_on(populated());
        let started = Core::start(definition, control_plane.endpoint(), control_plane.token());
        let core = runtime.block_on(started).unwrap();
        check(binding, type_name, &core, &World::of(&control_plane));
        assert_eq!(control_plane.violations(), Vec::<String>::new());
    });
}

#[test]
fn every_key_of_the_language_follows_terraforms_rules() {
    let runtime = Runtime::new().unwrap();
    let definition = &super::every_key::DEFINITION;
    check_all(definition, |binding, type_name| {
        let server = runtime.block_on(DeclaredServer::start(definition, binding.schema));
        let core = runtime
            .block_on(Core::start(definition, &server.endpoint, "token"))
            .unwrap();
        check(binding, type_name, &core, &World::default());
    });
}

/// A control plane with objects of every kind that attributes can refer to.
async fn populated() -> ControlPlane {
    let control_plane = ControlPlane::builder().machines(5).start().await.unwrap();
    let make = |collection, object: Json| {
        control_plane
            .create(collection, object.as_object().unwrap().clone())
            .unwrap();
    };
    for number in 1..=3 {
        make(
            Collection::MachineRoles,
            json!({"name": format!("role-{number}")}),
        );
        make(
            Collection::MeshNetworks,
            json!({"name": format!("mesh-{number}"), "network_cidr": format!("172.16.{number}.0/24")}),
        );
        make(
            Collection::Vips,
            json!({"name": format!("vip-{number}"), "address": format!("10.9.9.{number}")}),
        );
    }
    control_plane
}

/// Checks every resource of a definition, each in a thread of its own.
fn check_all(definition: &'static Definition, check: impl Fn(&'static Binding, &str) + Sync) {
    std::thread::scope(|scope| {
        for binding in definition.resources {
            let check = &check;
            let type_name = format!("{}_{}", definition.provider.name, binding.schema.name);
            let thread = std::thread::Builder::new().name(type_name.clone());
            thread
                .spawn_scoped(scope, move || check(binding, &type_name))
                .unwrap();
        }
    });
}

fn check(binding: &'static Binding, type_name: &str, core: &Core, world: &World) {
    let config = super::proptest_config(CASES, SEED);
    let (cases, seed) = (config.cases, config.rng_seed);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let rejected = Arc::new(AtomicU32::new(0));
    let result = TestRunner::new(config).run(
        &scenarios(binding.schema, world, validator(binding, type_name, core)),
        |scenario| {
            let life = Lifecycle {
                binding,
                type_name,
                core: core.fresh(),
            };
            match runtime.block_on(life.run(&scenario)) {
                Ok(()) => Ok(()),
                Err(Fault::Rejected(_)) => {
                    rejected.fetch_add(1, Ordering::Relaxed);
                    Ok(())
                }
                Err(Fault::Broken(text)) => Err(TestCaseError::fail(text)),
            }
        },
    );
    if let Err(error) = result {
        panic!("{type_name}, PROPTEST_CASES={cases} PROPTEST_RNG_SEED={seed:?}: {error}");
    }
    let rejected = rejected.load(Ordering::Relaxed);
    assert!(
        rejected * 100 <= cases * MAX_REJECTED_PERCENT,
        "{type_name}: {rejected} of {cases} scenarios were rejected"
    );
    println!("{type_name}: {cases} scenarios, {rejected} rejected");
}

/// Returns a function that runs the provider's own validation on a configuration.
pub fn validator(
    binding: &'static Binding,
    type_name: &str,
    core: &Core,
) -> impl Fn(&Json) -> bool + 'static {
    let block = core.plugin().resource(type_name).unwrap().block.clone();
    move |config| {
        let config = configuration::read(&block, config).unwrap();
        let mut diagnostics = Diagnostics::default();
        validate::config(binding, &config, WriteOnly::Allowed, &mut diagnostics);
        rules::change(binding.schema, &value::Value::Null, &config, &mut diagnostics);
        !diagnostics.has_errors()
    }
}

/// The reason why a scenario ended early.
enum Fault {
    /// The control plane or the provider's validation rejected a value. This is allowed for a few scenarios.
    Rejected(#[expect(dead_code, reason = "seen in a debugger")] String),
    /// The provider is faulty.
    Broken(String),
}

struct Lifecycle<'a> {
    binding: &'static Binding,
    type_name: &'a str,
    core: Core,
}

impl Lifecycle<'_> {
    async fn run(mut self, scenario: &Scenario) -> Result<(), Fault> {
        let lived = self.live(scenario).await;
        let ended = self.core.destroy(self.type_name, NAME).await;
        if matches!(lived, Err(Fault::Rejected(_))) {
            return lived;
        }
        lived?;
        ended.map_err(|error| Fault::Broken(format!("destroy: {error}")))
    }

    async fn live(&mut self, scenario: &Scenario) -> Result<(), Fault> {
        let Scenario { first, second } = scenario;
        self.converge("create", &first.planned, &first.known).await?;
        let state = self.core.state(self.type_name, NAME);
        self.core
            .refresh(self.type_name, NAME)
            .await
            .map_err(|error| broken("refresh", &error))?;
        let refreshed = self.core.state(self.type_name, NAME);
        for attribute in self.binding.schema.attributes.iter() {
            let (before, after) = (
                &state[attribute.name.as_ref()],
                &refreshed[attribute.name.as_ref()],
            );
            let may_change = attribute.mode == Mode::Computed && attribute.stable == Stable::No;
            if before != after && !may_change {
                let text = format!("a refresh changed `{}` from {before} to {after}", attribute.name);
                return Err(Fault::Broken(text));
            }
        }
        self.expect_empty_plan("after a refresh", &first.known).await?;
        let planned = self.with_changed_identity(&first.known, second);
        self.converge("change", &planned, &second.known).await?;
        self.converge_back(&first.known, &second.known).await?;
        self.import(&second.known).await?;
        self.end().await
    }

    /// Plans with unknown values, applies with all values known, and checks that the next plan is empty.
    async fn converge(&mut self, what: &str, planned: &Json, known: &Json) -> Result<(), Fault> {
        self.core
            .validate(self.type_name, planned)
            .await
            .map_err(|error| broken(what, &error))?;
        let plan = self
            .core
            .plan(self.type_name, NAME, planned)
            .await
            .map_err(|error| broken(what, &error))?;
        self.core
            .apply_resolved(plan, known)
            .await
            .map_err(|error| broken(what, &error))?;
        self.expect_empty_plan(what, known).await
    }

    /// The second plan, in which a changed identity is known: an unknown one requires no replacement, because it may turn out to
    /// be the same.
    fn with_changed_identity(&self, first: &Json, second: &Generated) -> Json {
        let mut planned = second.planned.clone();
        for attribute in identity::attributes(self.binding.schema) {
            let name = attribute.name.as_ref();
            if planned[name] == UNKNOWN && first[name] != second.known[name] {
                planned[name] = second.known[name].clone();
            }
        }
        planned
    }

    /// Changes back and forth without unknown values.
    async fn converge_back(&mut self, first: &Json, second: &Json) -> Result<(), Fault> {
        self.converge("change back", first, first).await?;
        self.converge("change again", second, second).await?;
        self.replace(first, Order::CreateFirst).await?;
        for mode in [Order::Replace, Order::ReplaceCreateFirst] {
            self.replace(second, mode).await?;
        }
        Ok(())
    }

    /// Replaces the object in both orders. Terraform demands that the apply has each value that the plan knows. An object with a name of
    /// its own cannot exist twice.
    async fn replace(&mut self, config: &Json, mode: Order) -> Result<(), Fault> {
        let what = format!("{mode:?}");
        if mode.creates_first() && !self.binding.schema.creates_by_update() {
            return self.converge(&what, config, config).await;
        }
        let plan = self.core.plan_with(self.type_name, NAME, config, mode).await;
        let again = self.core.plan_with(self.type_name, NAME, config, mode).await;
        let (plan, again) = (
            plan.map_err(|error| broken(&what, &error))?,
            again.map_err(|error| broken(&what, &error))?,
        );
        if plan.planned != again.planned {
            return Err(Fault::Broken(format!(
                "{what}: two plans differ: {} and {}",
                difference(&plan),
                difference(&again)
            )));
        }
        let applied = self.core.apply(plan).await;
        applied.map_err(|error| broken(&what, &error))?;
        self.expect_empty_plan(&what, config).await
    }

    async fn expect_empty_plan(&self, what: &str, config: &Json) -> Result<(), Fault> {
        let plan = self
            .core
            .plan(self.type_name, NAME, config)
            .await
            .map_err(|error| broken(what, &error))?;
        if plan.action == Action::NoOp {
            return Ok(());
        }
        Err(Fault::Broken(format!(
            "{what}: the plan should be empty, but is {}",
            difference(&plan)
        )))
    }

    /// Checks that an imported object differs only in attributes that the API does not return.
    async fn import(&mut self, config: &Json) -> Result<(), Fault> {
        let Import::By(pattern) = &self.binding.schema.import else {
            return Ok(());
        };
        let id = import_id(pattern, &self.core.state(self.type_name, NAME));
        let mut imported = self.core.fresh();
        imported
            .import(self.type_name, NAME, &id)
            .await
            .map_err(|error| broken("import", &error))?;
        let plan = imported
            .plan(self.type_name, NAME, config)
            .await
            .map_err(|error| broken("import", &error))?;
        if plan.action == Action::NoOp {
            return Ok(());
        }
        match unexpected_changes(self.binding.schema, &plan).first() {
            Some(name) => Err(Fault::Broken(format!(
                "an imported object differs in `{name}`: {}",
                difference(&plan)
            ))),
            None => Ok(()),
        }
    }

    async fn end(&mut self) -> Result<(), Fault> {
        let Import::By(pattern) = &self.binding.schema.import else {
            return Ok(());
        };
        let id = import_id(pattern, &self.core.state(self.type_name, NAME));
        self.core
            .destroy(self.type_name, NAME)
            .await
            .map_err(|error| broken("destroy", &error))?;
        let exists = self.core.import(self.type_name, NAME, &id).await.is_ok();
        self.core.forget(self.type_name, NAME);
        if exists == (self.binding.schema.api.delete == Delete::Forget) {
            Ok(())
        } else {
            Err(Fault::Broken(format!(
                "after destroy, the object {}",
                if exists {
                    "still exists"
                } else {
                    "no longer exists"
                }
            )))
        }
    }
}

/// The import id of the object in this state.
pub fn import_id(pattern: &str, state: &Json) -> String {
    placeholders(pattern).fold(pattern.to_owned(), |id, name| {
        id.replace(&format!("{{{name}}}"), state[name].as_str().unwrap_or_default())
    })
}

/// Names of the attributes that a plan changes.
pub fn changed(plan: &Planned) -> Vec<&str> {
    let attributes = plan.planned.attributes().into_iter().flatten();
    attributes
        .filter(|(name, value)| plan.prior.get(name) != *value)
        .map(|(name, _)| name.as_str())
        .collect()
}

/// The changes of a plan, for a message.
pub fn difference(plan: &Planned) -> String {
    let lines = changed(plan).into_iter().map(|name| {
        let (from, to) = (to_json(plan.prior.get(name)), to_json(plan.planned.get(name)));
        format!("\n  {name}: {from} -> {to}")
    });
    format!("{:?}{}", plan.action, lines.collect::<String>())
}

/// The attributes that a plan changes right after an import although the API returns them.
pub fn unexpected_changes<'a>(resource: &Resource, plan: &'a Planned) -> Vec<&'a str> {
    let is_unexpected = |name: &&str| {
        let attribute = resource.attribute(name).unwrap();
        let is_returned = attribute.returned && !attribute.write_only && !attribute.wire.read.is_empty();
        is_returned && !is_equivalent(&to_json(plan.prior.get(name)), &to_json(plan.planned.get(name)))
    };
    changed(plan).into_iter().filter(is_unexpected).collect()
}

/// Whether a planned value adds nothing to the prior one. All empty values are equivalent, and so is any unknown value.
fn is_equivalent(prior: &Json, planned: &Json) -> bool {
    match (prior, planned) {
        _ if *planned == UNKNOWN || prior == planned || (is_empty(prior) && is_empty(planned)) => true,
        (Json::Array(prior), Json::Array(planned)) => {
            prior.len() == planned.len()
                && planned
                    .iter()
                    .all(|planned| prior.iter().any(|prior| is_equivalent(prior, planned)))
        }
        (Json::Object(prior), Json::Object(planned)) => {
            prior.len() == planned.len()
                && prior.iter().all(|(name, prior)| {
                    planned
                        .get(name)
                        .is_some_and(|planned| is_equivalent(prior, planned))
                })
        }
        _ => false,
    }
}

/// Whether a value is null or empty.
pub fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::String(text) => text.is_empty(),
        Json::Array(elements) => elements.is_empty(),
        Json::Object(entries) => entries.is_empty(),
        Json::Bool(_) | Json::Number(_) => false,
    }
}

fn broken(what: &str, error: &Error) -> Fault {
    match error {
        Error::Reported(_) => Fault::Rejected(format!("{what}: {error}")),
        Error::Violation(_) | Error::Configuration(_) => Fault::Broken(format!("{what}: {error}")),
    }
}
