//! The life of a resource, from a table: what each resource has in common with every other.
//!
//! A module says with [`Resource`] what its resource looks like, and `life!` makes the tests. The declarations say what
//! the table must cover, so that an attribute without a row is a failure.

use std::fmt::Display;

use acceptance::control_plane::{Collection, ControlPlane, Object};
use acceptance::terraform::Workspace;
use provider::durantic::DEFINITION;
use schema::{self, Attribute, Mode, Unset};
use serde_json::{Map, Value as Json, json};

use super::{quick, workspace};

/// What a resource looks like. Arguments are JSON, which is HCL too.
pub struct Resource {
    /// Its name without the provider's prefix.
    pub name: &'static str,
    /// Where the control plane keeps its objects.
    pub collection: Collection,
    /// Arguments that tell several of it apart, with `NUMBER` for the number of each, counted from 1.
    pub identity: &'static [(&'static str, &'static str)],
    /// What must be configured besides.
    pub minimal: Json,
    /// What state has besides where no more is configured.
    pub defaults: Json,
    /// Everything that can be configured, in place of the minimal form.
    pub full: Json,
    /// Attribute → what somebody else writes into the object, on top of the full form, so that it differs.
    pub drift: Json,
    /// What the control plane has besides, because the full form refers to it.
    pub seed: Vec<(Collection, Json)>,
}

/// The tests of a resource's life.
macro_rules! life {
    ($resource:expr) => {
        #[tokio::test]
        async fn the_minimal_form_has_the_defaults() {
            super::life::minimal(&$resource).await;
        }

        #[tokio::test]
        async fn everything_changes_in_place_and_is_cleared_again() {
            super::life::changes(&$resource).await;
        }

        #[tokio::test]
        async fn every_change_outside_is_seen_and_undone() {
            super::life::drifts(&$resource).await;
        }

        #[tokio::test]
        async fn it_is_imported_by_command_and_by_block() {
            super::life::imports(&$resource).await;
        }

        #[tokio::test]
        async fn it_is_counted_and_moved() {
            super::life::counts_and_moves(&$resource).await;
        }

        #[tokio::test]
        async fn every_argument_may_be_unknown_in_a_plan() {
            super::life::unknowns(&$resource).await;
        }
    };
}
pub(crate) use life;

impl Resource {
    /// The declaration.
    fn schema(&self) -> &'static schema::Resource {
        let bindings = DEFINITION.resources.iter().map(|binding| binding.schema);
        let mut found = bindings.filter(|schema| schema.name == self.name);
        found.next().expect("the resource is declared")
    }

    fn attribute(&self, name: &str) -> &'static Attribute {
        let found = self.schema().attribute(name);
        found.unwrap_or_else(|| panic!("`{name}` is declared"))
    }

    /// The arguments that can be read back: what somebody else can change.
    fn visible(&self) -> impl Iterator<Item = &'static Attribute> {
        self.schema().attributes.iter().filter(|attribute| {
            attribute.mode.is_settable()
                && attribute.returned
                && !attribute.write_only
                && !attribute.wire.read.is_empty()
                && attribute.name != "machine_uuid"
        })
    }

    /// Arguments that the control plane never answers with.
    fn hidden(&self) -> impl Iterator<Item = &'static Attribute> {
        let attributes = self.schema().attributes.iter();
        attributes.filter(|attribute| !attribute.returned && !attribute.write_only)
    }

    /// The address of an instance that is alone.
    pub fn address(&self) -> String {
        format!("durantic_{}.it", self.name)
    }

    fn import_id<'a>(&self, state: &'a Json) -> &'a str {
        let by = match &self.schema().import {
            schema::Import::By(pattern) => pattern.trim_matches(['{', '}']),
            schema::Import::Never => panic!("`{}` can be imported", self.name),
        };
        state[by].as_str().expect("an identity in state")
    }

    /// A resource block: the identity of `number`, further lines such as `count`, and arguments.
    fn block(&self, label: &str, number: &str, lines: &str, arguments: &Json) -> String {
        let identity = self.identity.iter();
        let identity = identity.map(|(name, expression)| (*name, expression.replace("NUMBER", number)));
        let identity: Vec<String> = identity.map(|(name, value)| line(name, &value)).collect();
        let arguments = fields(arguments).map(|(name, value)| self.argument(name, value));
        let arguments: Vec<String> = arguments.collect();
        let (name, identity, arguments) = (self.name, identity.concat(), arguments.concat());
        format!("resource \"durantic_{name}\" \"{label}\" {{\n{lines}{identity}{arguments}}}\n")
    }

    fn argument(&self, name: &str, value: &Json) -> String {
        if !self.attribute(name).block {
            return line(name, value);
        }
        let blocks = value.as_array().into_iter().flatten().map(|block| {
            let lines: Vec<String> = fields(block).map(|(name, value)| line(name, value)).collect();
            format!("  {name} {{\n{}  }}\n", lines.concat())
        });
        blocks.collect()
    }

    pub fn minimal_text(&self) -> String {
        self.block("it", "1", "", &self.minimal)
    }

    pub fn full_text(&self) -> String {
        self.block("it", "1", "", &self.full)
    }

    fn full_count(&self, count: usize) -> String {
        let lines = format!("  count = {count}\n");
        let number = "(count.index + 1)";
        self.block("it", number, &lines, &self.full)
    }

    async fn control_plane(&self) -> ControlPlane {
        let started = quick().machines(30).start().await;
        let control_plane = started.expect("the control plane starts");
        for (collection, object) in &self.seed {
            let object = object.as_object().cloned().unwrap_or_default();
            let created = control_plane.create(*collection, object);
            created.expect("what the full form refers to is created");
        }
        control_plane
    }

    fn uuids(&self, control_plane: &ControlPlane) -> Vec<String> {
        let objects = control_plane.objects(self.collection);
        objects.iter().map(|object| text(object, "uuid")).collect()
    }
}

/// An argument in HCL.
fn line(name: &str, expression: &impl Display) -> String {
    format!("  {name} = {expression}\n")
}

fn fields(object: &Json) -> impl Iterator<Item = (&String, &Json)> {
    object.as_object().into_iter().flatten()
}

fn text(object: &Object, field: &str) -> String {
    object[field].as_str().unwrap_or_default().to_owned()
}

/// Asserts that `actual` has everything that `expected` has; objects may have more.
#[track_caller]
pub fn assert_contains(actual: &Json, expected: &Json, place: &str) {
    match (actual, expected) {
        (Json::Object(_), Json::Object(_)) => {
            for (name, expected) in fields(expected) {
                assert_contains(&actual[name], expected, &format!("{place}.{name}"));
            }
        }
        (Json::Array(actual), Json::Array(expected)) if actual.len() == expected.len() => {
            for (index, (actual, expected)) in actual.iter().zip(expected).enumerate() {
                assert_contains(actual, expected, &format!("{place}[{index}]"));
            }
        }
        _ => assert_eq!(actual, expected, "{place}"),
    }
}

/// What the control plane changes by itself.
const RESTLESS: [&str; 3] = ["updated_at", "needs_provisioning", "pending_config_push"];

/// Asserts that two states are the same, but for what changes by itself and for what the control plane does not have.
#[track_caller]
fn assert_same(resource: &Resource, actual: &Json, expected: &Json) {
    for attribute in resource.schema().attributes.iter() {
        let name = attribute.name.as_ref();
        let is_settled =
            !RESTLESS.contains(&name) && (attribute.mode.is_settable() || !attribute.wire.read.is_empty());
        if is_settled {
            assert_eq!(actual[name], expected[name], "{name}: {actual}");
        }
    }
}

/// Asserts that the control plane was sent nothing that its contract does not know.
fn assert_lawful(control_plane: &ControlPlane) {
    assert_eq!(control_plane.violations(), Vec::<String>::new());
}

pub async fn minimal(resource: &Resource) {
    let control_plane = resource.control_plane().await;
    let before = resource.uuids(&control_plane);
    let workspace = workspace(&control_plane, &resource.minimal_text());
    workspace.apply().await;
    let state = workspace.state(&resource.address());
    assert_contains(&state, &resource.minimal, "state");
    assert_contains(&state, &resource.defaults, "state");
    workspace.plans_empty().await;
    workspace.destroy().await;
    assert_eq!(resource.uuids(&control_plane), before);
    assert_lawful(&control_plane);
}

pub async fn changes(resource: &Resource) {
    for attribute in resource.visible() {
        let is_covered = resource.full.get(attribute.name.as_ref()).is_some()
            || resource.identity.iter().any(|(name, _)| *name == attribute.name);
        assert!(
            is_covered,
            "the full form of `{}` lacks `{}`",
            resource.name, attribute.name
        );
    }
    let control_plane = resource.control_plane().await;
    let workspace = workspace(&control_plane, &resource.minimal_text());
    workspace.apply().await;
    let address = resource.address();
    let first = workspace.state(&address);

    workspace.configure(&resource.full_text());
    let plan = workspace.plan().await;
    assert!(
        plan.changes().contains(&format!("{address}: update")),
        "{:?}",
        plan.changes()
    );
    let unknown = &plan.change(&address)["after_unknown"];
    for stable in ["uuid", "created_at"] {
        assert_eq!(unknown[stable], json!(null), "`{stable}` is known in the plan");
    }
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    let state = workspace.state(&address);
    assert_contains(&state, &resource.full, "state");
    assert_contains(
        &stored(resource, &control_plane, &state),
        &written(resource),
        "stored",
    );
    workspace.plans_empty().await;

    workspace.configure(&resource.minimal_text());
    workspace.apply().await;
    let last = workspace.state(&address);
    let mut expected = first;
    for (name, value) in fields(&resource.full) {
        // What is not configured and has no default keeps its value, unless removing it sends something.
        let attribute = resource.attribute(name);
        let is_kept = attribute.mode == Mode::OptionalComputed
            && attribute.default.is_none()
            && attribute.unset == Unset::Omit;
        if is_kept {
            expected[name] = value.clone();
        }
    }
    assert_same(resource, &last, &expected);
    workspace.plans_empty().await;
    assert_lawful(&control_plane);
}

/// What the control plane keeps of the object in this state.
fn stored(resource: &Resource, control_plane: &ControlPlane, state: &Json) -> Json {
    let objects = control_plane.objects(resource.collection);
    let found = objects.into_iter().find(|object| object["uuid"] == state["uuid"]);
    Json::Object(found.expect("the object exists"))
}

/// What the full form is to the control plane.
fn written(resource: &Resource) -> Json {
    let written = fields(&resource.full).filter_map(|(name, value)| {
        let attribute = resource.attribute(name);
        let key = attribute.wire.write.as_ref().map(ToString::to_string);
        key.or_else(|| attribute.block.then(|| name.clone()))
            .map(|key| (key, value.clone()))
    });
    written.collect::<Map<_, _>>().into()
}

/// One instance for each attribute that somebody else changes: one plan shows them all.
pub async fn drifts(resource: &Resource) {
    for attribute in resource.visible() {
        let has_row = resource.drift.get(attribute.name.as_ref()).is_some();
        assert!(
            has_row,
            "the drift of `{}` lacks `{}`",
            resource.name, attribute.name
        );
    }
    let control_plane = resource.control_plane().await;
    let rows: Vec<(&String, &Json)> = fields(&resource.drift).collect();
    let workspace = workspace(&control_plane, &resource.full_count(rows.len()));
    workspace.apply().await;
    let at = |index: usize| format!("{}[{index}]", resource.address());
    let uuid = |index: usize| {
        workspace.state(&at(index))["uuid"]
            .as_str()
            .expect("a uuid")
            .to_owned()
    };
    for (index, (name, outside)) in rows.iter().enumerate() {
        let changed = control_plane.update(resource.collection, &uuid(index), |object| {
            object.extend(fields(outside).map(|(field, value)| (field.clone(), value.clone())));
        });
        changed.unwrap_or_else(|problem| panic!("`{name}` is changed: {problem:?}"));
    }
    let plan = workspace.plan().await;
    for (index, (name, _)) in rows.iter().enumerate() {
        let address = at(index);
        let change = plan.change(&address);
        let expected = if resource.attribute(name).force_new {
            json!(["delete", "create"])
        } else {
            json!(["update"])
        };
        assert_eq!(change["actions"], expected, "{name}: {change}");
        for attribute in resource.visible() {
            let other = attribute.name.as_ref();
            let differs = change["before"][other] != change["after"][other];
            assert_eq!(
                differs,
                other == name.as_str(),
                "`{other}` with another `{name}`: {change}"
            );
        }
    }
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    workspace.plans_empty().await;

    let gone = control_plane.delete(resource.collection, &uuid(0));
    gone.expect("the object is deleted");
    let plan = workspace.plan().await;
    assert!(
        plan.changes().contains(&format!("{}: create", at(0))),
        "{:?}",
        plan.changes()
    );
    let destroy = ["destroy", "-auto-approve", "-refresh=false"];
    workspace.run(&destroy).await.succeeds();
    assert_eq!(workspace.state(&at(0)), json!(null));
    assert_lawful(&control_plane);
}

pub async fn imports(resource: &Resource) {
    let control_plane = resource.control_plane().await;
    let workspace = workspace(&control_plane, &resource.full_text());
    workspace.apply().await;
    let address = resource.address();
    let state = workspace.state(&address);
    let id = resource.import_id(&state).to_owned();

    workspace.run(&["state", "rm", &address]).await.succeeds();
    let said = workspace.run(&["import", &address, "x"]).await.fails();
    assert!(said.contains("The import ID has the wrong form"), "{said}");
    let nobody = "00000000-0000-4000-8000-999999999999";
    let said = workspace.run(&["import", &address, nobody]).await.fails();
    assert!(
        said.contains("Cannot import non-existent remote object"),
        "{said}"
    );
    workspace.run(&["import", &address, &id]).await.succeeds();
    settle(resource, &workspace).await;
    assert_same(resource, &workspace.state(&address), &state);

    workspace.run(&["state", "rm", &address]).await.succeeds();
    let import = format!("import {{\n  to = {address}\n  id = \"{id}\"\n}}\n");
    workspace.configure(&import);
    // Where a secret is missing, Terraform writes the file all the same and then says so.
    let generated = workspace
        .run(&["plan", "-generate-config-out=generated.tf"])
        .await;
    let text = std::fs::read_to_string(workspace.path().join("generated.tf"));
    let text = text.unwrap_or_else(|_| panic!("a configuration is generated: {}", generated.said()));
    workspace.write("generated.tf", &with_secrets(resource, &text));
    settle(resource, &workspace).await;
    workspace.plans_empty().await;
    assert_lawful(&control_plane);
}

/// The generated configuration, with the secrets that Terraform does not write into it.
fn with_secrets(resource: &Resource, generated: &str) -> String {
    let schema = resource.schema();
    let lines = generated.lines().map(|line| {
        let name = line.split_whitespace().next().unwrap_or_default();
        let is_secret = schema
            .attribute(name)
            .is_some_and(|attribute| attribute.sensitive && !attribute.write_only);
        if is_secret {
            format!("  {name} = {}\n", resource.full[name])
        } else {
            format!("{line}\n")
        }
    });
    lines.collect()
}

/// After an import there is nothing to do, but to send the secrets that the control plane does not tell.
async fn settle(resource: &Resource, workspace: &Workspace) {
    let plan = workspace.plan().await;
    if resource.hidden().next().is_some() {
        let change = plan.change(&resource.address());
        assert_eq!(change["actions"], json!(["update"]), "{change}");
        for attribute in resource.visible() {
            let name = attribute.name.as_ref();
            assert_eq!(change["before"][name], change["after"][name], "{name}: {change}");
        }
    } else {
        assert_eq!(
            plan.changes(),
            Vec::<String>::new(),
            "{:#}",
            plan.change(&resource.address())
        );
    }
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    workspace.plans_empty().await;
}

pub async fn counts_and_moves(resource: &Resource) {
    let control_plane = resource.control_plane().await;
    let before = resource.uuids(&control_plane);
    let count = |count: usize, label: &str| {
        let lines = format!("  count = {count}\n  depends_on = [terraform_data.first]\n");
        let block = resource.block(label, "(count.index + 1)", &lines, &resource.minimal);
        format!("resource \"terraform_data\" \"first\" {{}}\n{block}")
    };
    let workspace = workspace(&control_plane, &count(0, "it"));
    workspace.apply().await;
    assert_eq!(workspace.instances().len(), 1);
    workspace.configure(&count(2, "it"));
    workspace.apply().await;
    assert_eq!(workspace.instances().len(), 3);
    workspace.plans_empty().await;

    let name = format!("durantic_{}", resource.name);
    let moved = format!("moved {{\n  from = {name}.it\n  to = {name}.other\n}}\n");
    workspace.configure(&(count(2, "other") + &moved));
    assert_eq!(workspace.plan().await.changes(), Vec::<String>::new());
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    workspace.configure(&(count(0, "other") + &moved));
    workspace.apply().await;
    assert_eq!(workspace.instances().len(), 1);
    assert_eq!(resource.uuids(&control_plane), before);
}

/// Every argument comes from a resource that does not exist yet.
pub async fn unknowns(resource: &Resource) {
    let control_plane = resource.control_plane().await;
    let (mut inputs, mut arguments) = (Vec::new(), Vec::new());
    let literal = fields(&resource.full).map(|(name, value)| (name.clone(), value.to_string()));
    let identity = resource.identity.iter();
    let identity = identity.map(|(name, expression)| ((*name).to_owned(), expression.replace("NUMBER", "1")));
    for (name, expression) in literal.chain(identity) {
        if resource.attribute(&name).block {
            arguments.push(resource.argument(&name, &resource.full[&name]));
            continue;
        }
        let is_sensitive = resource.attribute(&name).sensitive;
        let input = if is_sensitive {
            format!("sensitive({expression})")
        } else {
            expression
        };
        inputs.push(line(&name, &input));
        arguments.push(line(&name, &format!("terraform_data.later.output.{name}")));
    }
    let text = format!(
        "resource \"terraform_data\" \"later\" {{\n  input = {{\n{}  }}\n}}\n\
         resource \"durantic_{}\" \"it\" {{\n{}}}\n",
        inputs.concat(),
        resource.name,
        arguments.concat()
    );
    let workspace = workspace(&control_plane, &text);
    workspace.apply().await;
    let state = workspace.state(&resource.address());
    assert_contains(&state, &resource.full, "state");
    assert_contains(
        &stored(resource, &control_plane, &state),
        &written(resource),
        "stored",
    );
    workspace.plans_empty().await;
}
