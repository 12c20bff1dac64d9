//! The life of each resource against the simulated control plane, from its table in `tests/src/resources.rs`.
//!
//! What a test promises here for every resource, `tests/terraform/life.rs` promises for two of them as Terraform's user sees
//! it. `lifecycle` makes the tables out of the declarations, and the control plane too.

use acceptance::resources::{self, Resource, assert_contains, fields};
use harness::control_plane::ControlPlane;
use harness::fake_core::json::to_json;
use harness::fake_core::{Action, Core, Mode, Planned, UNKNOWN};
use provider::durantic::DEFINITION;
use schema::Attribute;
use serde_json::{Map, Value as Json, json};

/// The tests of each resource's life.
macro_rules! lives {
    ($($resource:ident)*) => {
        $(mod $resource {
            use acceptance::resources::$resource as resource;

            #[tokio::test]
            async fn the_minimal_form_has_the_defaults() {
                super::minimal(resource()).await;
            }

            #[tokio::test]
            async fn every_change_outside_is_seen_and_undone() {
                super::drifts(resource()).await;
            }

            #[tokio::test]
            async fn it_is_imported_and_so_is_its_generated_configuration() {
                super::imports(resource()).await;
            }

            #[tokio::test]
            async fn several_are_made_at_once_and_one_is_renamed_in_state() {
                super::counts_and_moves(resource()).await;
            }

            #[tokio::test]
            async fn every_argument_may_be_unknown_in_a_plan() {
                super::unknowns(resource()).await;
            }
        })*
    };
}

lives! {
    machine_config machine_deployment machine_role mesh_network registry_credential route route_policy_set secret
    secrets_backend variable vip
}

/// The tests of what changes in place; another set of roles installs a deployed machine again.
macro_rules! changes_in_place {
    ($($resource:ident)*) => {
        mod everything_changes_in_place_and_is_cleared_again {
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
fn every_resource_has_a_table() {
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

/// A resource with a control plane and a Terraform of its own.
struct Life {
    resource: Resource,
    type_name: String,
    control_plane: ControlPlane,
    core: Core,
}

impl Life {
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

    /// A configuration of the instance with that number.
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
        self.expect_nothing(name, config).await;
    }

    async fn expect_nothing(&self, name: &str, config: &Json) {
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

    /// Asserts that the control plane was sent nothing that its contract does not know.
    fn assert_lawful(&self) {
        assert_eq!(self.control_plane.violations(), Vec::<String>::new());
    }

    /// After an import there is nothing to do, but to send the secrets that the control plane does not answer with.
    async fn settle(&mut self, name: &str, config: &Json) {
        let plan = self.plan(name, config).await;
        if self.resource.has_hidden() {
            assert_eq!(plan.action, Action::Update);
            assert_eq!(self.differing(&plan), Vec::<&str>::new());
        } else {
            assert_eq!(
                plan.action,
                Action::NoOp,
                "{}",
                super::properties::difference(&plan)
            );
        }
        self.apply(plan).await;
        self.expect_nothing(name, config).await;
    }

    /// The arguments that somebody else can change and that a plan changes.
    fn differing(&self, plan: &Planned) -> Vec<&'static str> {
        let visible = self.resource.visible().map(|attribute| attribute.name.as_ref());
        let differs = |name: &&str| plan.prior.get(name) != plan.planned.get(name);
        visible.filter(differs).collect()
    }
}

async fn minimal(resource: Resource) {
    let mut life = Life::of(resource).await;
    let before = life.resource.uuids(&life.control_plane);
    let config = life.minimal();
    life.converge("it", &config).await;
    let state = life.state("it");
    assert_contains(&state, &life.resource.minimal, "state");
    assert_contains(&state, &life.resource.defaults, "state");
    life.core.destroy(&life.type_name, "it").await.unwrap();
    assert_eq!(life.resource.uuids(&life.control_plane), before);
    life.assert_lawful();
}

async fn changes(resource: Resource) {
    let mut life = Life::of(resource).await;
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
    life.expect_nothing("it", &full).await;

    life.converge("it", &minimal).await;
    life.resource
        .assert_same(&life.state("it"), &life.resource.cleared(first));
    life.assert_lawful();
}

/// One object for each attribute that somebody else changes.
async fn drifts(resource: Resource) {
    let mut life = Life::of(resource).await;
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
        assert_eq!(life.differing(&plan), [name]);
        life.apply(plan).await;
        life.expect_nothing(name, &config).await;
    }

    let (first, _) = &rows[0];
    let state = life.state(first);
    let uuid = state["uuid"].as_str().unwrap();
    life.control_plane.delete(life.resource.collection, uuid).unwrap();
    let config = life.config(1, &life.resource.full);
    assert_eq!(life.plan(first, &config).await.action, Action::Create);
    for (name, _) in &rows {
        let mode = Mode::WithoutRefresh;
        life.core.destroy_with(&life.type_name, name, mode).await.unwrap();
        assert_eq!(life.state(name), json!(null));
    }
    life.assert_lawful();
}

async fn imports(resource: Resource) {
    let mut life = Life::of(resource).await;
    let (full, type_name) = (life.full(), life.type_name.clone());
    life.converge("it", &full).await;
    let state = life.state("it");
    let id = life.resource.import_id(&state).to_owned();

    life.core.forget(&type_name, "it");
    let nobody = "00000000-0000-4000-8000-999999999999";
    for (id, wanted) in [
        ("x", "Invalid import ID"),
        (nobody, "Cannot import non-existent remote object"),
    ] {
        let error = life
            .core
            .import(&type_name, "it", id)
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains(wanted), "{id}: {error}");
    }
    life.core.import(&type_name, "it", &id).await.unwrap();
    life.settle("it", &full).await;
    life.resource.assert_same(&life.state("it"), &state);

    // As `-generate-config-out` does it.
    life.core.forget(&type_name, "it");
    life.core.import(&type_name, "it", &id).await.unwrap();
    let generated = generated(
        &life.resource.schema().attributes,
        &life.state("it"),
        &life.resource.full,
    );
    life.settle("it", &generated).await;
    life.assert_lawful();
}

/// The configuration that Terraform generates for an object: what can be configured of it, with its values. It leaves the
/// secrets to the user.
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
    let mut life = Life::of(resource).await;
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
    life.expect_nothing("renamed", &first).await;

    life.core.destroy(&type_name, "renamed").await.unwrap();
    other.destroy(&type_name, "it").await.unwrap();
    assert_eq!(life.resource.uuids(&life.control_plane), before);
}

async fn unknowns(resource: Resource) {
    let mut life = Life::of(resource).await;
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
            "`{name}` is {planned}, not yet {value}"
        );
    }
    life.core.apply_resolved(plan, &full).await.unwrap();
    life.assert_full("it");
    life.expect_nothing("it", &full).await;
}
