//! Terraform's workflows (defaults, update, drift, import, `count` and `moved`, unknown values) with each resource, against
//! the simulated control plane, with the test data of `tests/src/resources.rs`.
//!
//! `tests/terraform/workflows.rs` has the same tests for two resources with the real Terraform. `lifecycle` derives the test
//! data and the server from the declarations instead.

use acceptance::resources::{self, Resource, assert_contains, fields};
use harness::control_plane::{Collection, ControlPlane};
use harness::fake_core::json::to_json;
use harness::fake_core::{Action, Core, Mode, Planned, UNKNOWN};
use provider::durantic::DEFINITION;
use schema::Attribute;
use serde_json::{Map, Value as Json, json};

/// The tests of the workflows with each resource.
macro_rules! workflow_tests {
    ($($resource:ident)*) => {
        $(mod $resource {
            use acceptance::resources::$resource as resource;

            #[tokio::test]
            async fn minimal_configuration_has_the_defaults() {
                super::minimal(resource()).await;
            }

            #[tokio::test]
            async fn drift_is_detected_and_undone() {
                super::drifts(resource()).await;
            }

            #[tokio::test]
            async fn import_needs_no_change_and_generates_configuration() {
                super::imports(resource()).await;
            }

            #[tokio::test]
            async fn concurrent_creates_and_a_moved_address_need_no_change() {
                super::counts_and_moves(resource()).await;
            }

            #[tokio::test]
            async fn unknown_arguments_are_planned_as_unknown() {
                super::unknowns(resource()).await;
            }
        })*
    };
}

workflow_tests! {
    machine_config machine_deployment machine_role mesh_network registry_credential route route_policy_set secret
    secrets_backend variable vip
}

/// The tests of updates in place. Deployments are excluded: another set of roles reinstalls the machine.
macro_rules! changes_in_place {
    ($($resource:ident)*) => {
        mod update_in_place_and_clear_every_argument {
            $(#[tokio::test]
            async fn $resource() {
                super::changes(acceptance::resources::$resource()).await;
            })*
        }
    };
}

changes_in_place! {
    machine_config machine_role mesh_network registry_credential route route_policy_set secret secrets_backend variable vip
}

#[test]
fn every_resource_has_test_data() {
    let tables = resources::all();
    let mut known: Vec<&str> = tables.iter().map(|resource| resource.name).collect();
    known.sort_unstable();
    let mut declared: Vec<&str> = DEFINITION
        .resources
        .iter()
        .map(|binding| &*binding.schema.name)
        .collect();
    declared.sort_unstable();
    assert_eq!(known, declared);
    tables.iter().for_each(Resource::assert_covered);
}

/// A resource with a control plane and a core of its own.
struct Workflow {
    resource: Resource,
    type_name: String,
    control_plane: ControlPlane,
    core: Core,
}

impl Workflow {
    async fn of(resource: Resource) -> Self {
        let control_plane = resource.control_plane().await;
        let started = Core::start(&DEFINITION, control_plane.endpoint(), control_plane.token()).await;
        Self {
            type_name: format!("durantic_{}", resource.name),
            core: started.unwrap(),
            resource,
            control_plane,
        }
    }

    /// A configuration of the instance with this number.
    fn config(&self, number: usize, arguments: &Json) -> Json {
        let identity = self.resource.identity.iter();
        let identity = identity.map(|(name, value)| {
            (
                (*name).to_owned(),
                value.replace("NUMBER", &number.to_string()).into(),
            )
        });
        let arguments = fields(arguments).map(|(name, value)| (name.clone(), value.clone()));
        identity.chain(arguments).collect::<Map<_, _>>().into()
    }

    fn minimal(&self) -> Json {
        self.config(1, &self.resource.minimal)
    }

    fn full(&self) -> Json {
        self.config(1, &self.resource.full)
    }

    async fn plan(&self, name: &str, config: &Json) -> Planned {
        self.core.plan(&self.type_name, name, config).await.unwrap()
    }

    async fn apply(&mut self, planned: Planned) {
        self.core.apply(planned).await.unwrap();
    }

    async fn converge(&mut self, name: &str, config: &Json) {
        self.core.converge(&self.type_name, name, config).await.unwrap();
        self.expect_empty_plan(name, config).await;
    }

    async fn expect_empty_plan(&self, name: &str, config: &Json) {
        let plan = self.plan(name, config).await;
        assert_eq!(
            plan.action,
            Action::NoOp,
            "{}",
            super::properties::difference(&plan)
        );
    }

    fn state(&self, name: &str) -> Json {
        self.core.state(&self.type_name, name)
    }

    fn assert_full(&self, name: &str) {
        let state = self.state(name);
        assert_contains(&state, &self.resource.full, "state");
        self.resource.assert_stored(&self.control_plane, &state);
    }

    /// Asserts that all requests followed the contract.
    fn assert_no_violations(&self) {
        assert_eq!(self.control_plane.violations(), Vec::<String>::new());
    }

    /// Applies after an import. Only arguments that the API never returns may change.
    async fn apply_after_import(&mut self, name: &str, config: &Json) {
        let plan = self.plan(name, config).await;
        if self.resource.has_unreturned() {
            assert_eq!(plan.action, Action::Update);
            assert_eq!(self.changed_arguments(&plan), Vec::<&str>::new());
        } else {
            assert_eq!(
                plan.action,
                Action::NoOp,
                "{}",
                super::properties::difference(&plan)
            );
        }
        self.apply(plan).await;
        self.expect_empty_plan(name, config).await;
    }

    /// The arguments that the API returns and that the plan changes.
    fn changed_arguments(&self, plan: &Planned) -> Vec<&'static str> {
        let names = self
            .resource
            .readable_arguments()
            .map(|attribute| attribute.name.as_ref());
        let differs = |name: &&str| plan.prior.get(name) != plan.planned.get(name);
        names.filter(differs).collect()
    }
}

async fn minimal(resource: Resource) {
    let mut life = Workflow::of(resource).await;
    let before = life.resource.uuids(&life.control_plane);
    let config = life.minimal();
    life.converge("it", &config).await;
    let state = life.state("it");
    assert_contains(&state, &life.resource.minimal, "state");
    assert_contains(&state, &life.resource.defaults, "state");
    life.core.destroy(&life.type_name, "it").await.unwrap();
    assert_eq!(life.resource.uuids(&life.control_plane), before);
    life.assert_no_violations();
}

async fn changes(resource: Resource) {
    let mut life = Workflow::of(resource).await;
    let (minimal, full) = (life.minimal(), life.full());
    life.converge("it", &minimal).await;
    let first = life.state("it");

    let plan = life.plan("it", &full).await;
    assert_eq!(plan.action, Action::Update);
    for stable in ["uuid", "created_at"] {
        assert!(
            !plan.planned.get(stable).is_unknown(),
            "`{stable}` is known in the plan"
        );
    }
    life.apply(plan).await;
    life.assert_full("it");
    life.expect_empty_plan("it", &full).await;

    life.converge("it", &minimal).await;
    life.resource
        .assert_same(&life.state("it"), &life.resource.after_clearing(first));
    life.assert_no_violations();
}

/// One object for each attribute that another client changes.
async fn drifts(resource: Resource) {
    let mut life = Workflow::of(resource).await;
    let rows: Vec<(String, Json)> = fields(&life.resource.drift)
        .map(|(name, outside)| (name.clone(), outside.clone()))
        .collect();
    for (index, (name, outside)) in rows.iter().enumerate() {
        let config = life.config(index + 1, &life.resource.full);
        life.core.converge(&life.type_name, name, &config).await.unwrap();
        let state = life.state(name);
        let uuid = state["uuid"].as_str().unwrap();
        let changed = life
            .control_plane
            .update(life.resource.collection, uuid, |object| {
                object.extend(fields(outside).map(|(field, value)| (field.clone(), value.clone())));
            });
        changed.unwrap();
        let plan = life.plan(name, &config).await;
        let expected = if life.resource.attribute(name).force_new {
            Action::Replace
        } else {
            Action::Update
        };
        assert_eq!(plan.action, expected, "{name}");
        assert_eq!(life.changed_arguments(&plan), [name]);
        life.apply(plan).await;
        life.expect_empty_plan(name, &config).await;
    }

    let (first, _) = &rows[0];
    let state = life.state(first);
    let uuid = state["uuid"].as_str().unwrap();
    life.control_plane.delete(life.resource.collection, uuid).unwrap();
    let config = life.config(1, &life.resource.full);
    if life.resource.collection == Collection::Machines {
        // Agents enroll machines, so no apply can create one.
        let error = life.core.plan(&life.type_name, first, &config).await.unwrap_err();
        assert!(
            error.to_string().contains("No machine with the `uuid`"),
            "{error}"
        );
    } else {
        assert_eq!(life.plan(first, &config).await.action, Action::Create);
    }
    for (name, _) in &rows {
        let mode = Mode::WithoutRefresh;
        life.core.destroy_with(&life.type_name, name, mode).await.unwrap();
        assert_eq!(life.state(name), json!(null));
    }
    life.assert_no_violations();
}

async fn imports(resource: Resource) {
    let mut life = Workflow::of(resource).await;
    let (full, type_name) = (life.full(), life.type_name.clone());
    life.converge("it", &full).await;
    let state = life.state("it");
    let id = life.resource.import_id(&state).to_owned();

    life.core.forget(&type_name, "it");
    let missing = "00000000-0000-4000-8000-999999999999";
    for (id, expected) in [
        ("x", "Cannot import non-existent remote object"),
        ("https://app.test/x", "Invalid import ID"),
        (missing, "Cannot import non-existent remote object"),
    ] {
        let error = life
            .core
            .import(&type_name, "it", id)
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{id}: {error}");
    }
    life.core.import(&type_name, "it", &id).await.unwrap();
    life.apply_after_import("it", &full).await;
    life.resource.assert_same(&life.state("it"), &state);

    // As `-generate-config-out` does.
    life.core.forget(&type_name, "it");
    life.core.import(&type_name, "it", &id).await.unwrap();
    let generated = generated(
        &life.resource.schema().attributes,
        &life.state("it"),
        &life.resource.full,
    );
    life.apply_after_import("it", &generated).await;
    life.assert_no_violations();
}

/// The configuration that Terraform generates for an object: every argument with its value in state. The user adds the
/// secrets.
fn generated(attributes: &[Attribute], state: &Json, secrets: &Json) -> Json {
    let settable = attributes
        .iter()
        .filter(|attribute| attribute.mode.is_settable() && !attribute.write_only);
    let argument = |attribute: &Attribute| {
        let name = attribute.name.as_ref();
        let value = if attribute.sensitive {
            &secrets[name]
        } else {
            &state[name]
        };
        let value = match value {
            Json::Array(elements) if !attribute.attributes.is_empty() => {
                let element = |element| generated(&attribute.attributes, element, element);
                elements.iter().map(element).collect()
            }
            Json::Object(_) if !attribute.attributes.is_empty() => {
                generated(&attribute.attributes, value, value)
            }
            value => value.clone(),
        };
        (!value.is_null()).then(|| (name.to_owned(), value))
    };
    settable.filter_map(argument).collect::<Map<_, _>>().into()
}

async fn counts_and_moves(resource: Resource) {
    let mut life = Workflow::of(resource).await;
    let before = life.resource.uuids(&life.control_plane);
    let (type_name, mut other) = (life.type_name.clone(), life.core.fresh());
    let (first, second) = (life.minimal(), life.config(2, &life.resource.minimal));
    let (one, two) = tokio::join!(
        life.core.converge(&type_name, "it", &first),
        other.converge(&type_name, "it", &second)
    );
    one.unwrap();
    two.unwrap();

    let stored = life.core.stored(&type_name, "it").unwrap().clone();
    life.core.forget(&type_name, "it");
    life.core.store(&type_name, "renamed", stored);
    life.expect_empty_plan("renamed", &first).await;

    life.core.destroy(&type_name, "renamed").await.unwrap();
    other.destroy(&type_name, "it").await.unwrap();
    assert_eq!(life.resource.uuids(&life.control_plane), before);
}

async fn unknowns(resource: Resource) {
    let mut life = Workflow::of(resource).await;
    let full = life.full();
    let hidden = fields(&full).map(|(name, value)| {
        let is_block = life.resource.attribute(name).block;
        let planned = if is_block { value.clone() } else { json!(UNKNOWN) };
        (name.clone(), planned)
    });
    let plan = life.plan("it", &hidden.collect::<Map<_, _>>().into()).await;
    for (name, value) in fields(&full) {
        let planned = to_json(plan.planned.get(name));
        let is_block = life.resource.attribute(name).block;
        assert!(
            is_block || planned == UNKNOWN,
            "`{name}` is planned as {planned} instead of unknown (later {value})"
        );
    }
    life.core.apply_resolved(plan, &full).await.unwrap();
    life.assert_full("it");
    life.expect_empty_plan("it", &full).await;
}
