//! Terraform's workflows (defaults, update, drift, import, `count` and `moved`, unknown values) with a resource and the real
//! Terraform, with the test data of `tests/src/resources.rs`.
//!
//! `workflow_tests!` generates the tests for a plain resource and for one with nested blocks. `tests/protocol/workflows.rs`
//! tests every resource with the fake core, which is faster.

use std::fmt::Display;

use acceptance::resources::{Resource, assert_contains, fields};
use acceptance::terraform::Workspace;
use harness::control_plane::ControlPlane;
use serde_json::{Value as Json, json};

use super::workspace;

/// The tests of the workflows with a resource.
macro_rules! workflow_tests {
    ($resource:expr) => {
        #[tokio::test]
        async fn minimal_configuration_has_the_defaults() {
            super::workflows::minimal(&$resource).await;
        }

        #[tokio::test]
        async fn every_argument_is_updated_in_place_and_cleared() {
            super::workflows::changes(&$resource).await;
        }

        #[tokio::test]
        async fn drift_is_detected_and_undone() {
            super::workflows::drifts(&$resource).await;
        }

        #[tokio::test]
        async fn import_works_by_command_and_by_block() {
            super::workflows::imports(&$resource).await;
        }

        #[tokio::test]
        async fn count_and_moved_blocks_work() {
            super::workflows::counts_and_moves(&$resource).await;
        }

        #[tokio::test]
        async fn unknown_arguments_are_resolved_in_apply() {
            super::workflows::unknowns(&$resource).await;
        }
    };
}
pub(crate) use workflow_tests;

/// The address of the only instance.
fn address(resource: &Resource) -> String {
    format!("durantic_{}.it", resource.name)
}

/// A resource block: the identity of `number`, further lines such as `count`, and arguments.
fn block(resource: &Resource, label: &str, number: &str, lines: &str, arguments: &Json) -> String {
    let identity = resource.identity.iter();
    let identity: Vec<String> = identity
        .map(|(name, value)| line(name, &Json::from(value.replace("NUMBER", number))))
        .collect();
    let arguments = fields(arguments).map(|(name, value)| argument(resource, name, value));
    let arguments: Vec<String> = arguments.collect();
    let (name, identity, arguments) = (resource.name, identity.concat(), arguments.concat());
    format!("resource \"durantic_{name}\" \"{label}\" {{\n{lines}{identity}{arguments}}}\n")
}

fn argument(resource: &Resource, name: &str, value: &Json) -> String {
    if !resource.attribute(name).block {
        return line(name, value);
    }
    let blocks = value.as_array().into_iter().flatten().map(|block| {
        let lines: Vec<String> = fields(block).map(|(name, value)| line(name, value)).collect();
        format!("  {name} {{\n{}  }}\n", lines.concat())
    });
    blocks.collect()
}

/// An argument in HCL. JSON values are valid HCL expressions.
fn line(name: &str, expression: &impl Display) -> String {
    format!("  {name} = {expression}\n")
}

fn minimal_text(resource: &Resource) -> String {
    block(resource, "it", "1", "", &resource.minimal)
}

fn full_text(resource: &Resource) -> String {
    block(resource, "it", "1", "", &resource.full)
}

/// The full configuration of this many instances.
fn full_count(resource: &Resource, count: usize) -> String {
    let lines = format!("  count = {count}\n");
    block(resource, "it", COUNTED, &lines, &resource.full)
}

/// The number of an instance with `count`.
const COUNTED: &str = "${count.index + 1}";

/// Asserts that all requests followed the contract.
fn assert_no_violations(control_plane: &ControlPlane) {
    assert_eq!(control_plane.violations(), Vec::<String>::new());
}

pub async fn minimal(resource: &Resource) {
    let control_plane = resource.control_plane().await;
    let before = resource.uuids(&control_plane);
    let workspace = workspace(&control_plane, &minimal_text(resource));
    workspace.apply().await;
    let state = workspace.state(&address(resource));
    assert_contains(&state, &resource.minimal, "state");
    assert_contains(&state, &resource.defaults, "state");
    workspace.plans_empty().await;
    workspace.destroy().await;
    assert_eq!(resource.uuids(&control_plane), before);
    assert_no_violations(&control_plane);
}

pub async fn changes(resource: &Resource) {
    let control_plane = resource.control_plane().await;
    let workspace = workspace(&control_plane, &minimal_text(resource));
    workspace.apply().await;
    let address = address(resource);
    let first = workspace.state(&address);

    workspace.configure(&full_text(resource));
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
    resource.assert_stored(&control_plane, &state);
    workspace.plans_empty().await;

    workspace.configure(&minimal_text(resource));
    workspace.apply().await;
    let last = workspace.state(&address);
    resource.assert_same(&last, &resource.after_clearing(first));
    workspace.plans_empty().await;
    assert_no_violations(&control_plane);
}

/// One instance for each attribute that another client changes, all in one plan.
pub async fn drifts(resource: &Resource) {
    let control_plane = resource.control_plane().await;
    let rows: Vec<(&String, &Json)> = fields(&resource.drift).collect();
    let workspace = workspace(&control_plane, &full_count(resource, rows.len()));
    workspace.apply().await;
    let at = |index: usize| format!("{}[{index}]", address(resource));
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
        for attribute in resource.readable_arguments() {
            let other = attribute.name.as_ref();
            let differs = change["before"][other] != change["after"][other];
            assert_eq!(
                differs,
                other == name.as_str(),
                "`{other}` after a change of `{name}`: {change}"
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
    assert_no_violations(&control_plane);
}

pub async fn imports(resource: &Resource) {
    let control_plane = resource.control_plane().await;
    let workspace = workspace(&control_plane, &full_text(resource));
    workspace.apply().await;
    let address = address(resource);
    let state = workspace.state(&address);
    let id = resource.import_id(&state).to_owned();

    workspace.run(&["state", "rm", &address]).await.succeeds();
    for (id, expected) in [
        ("x", "Cannot import non-existent remote object"),
        ("https://app.test/x", "Invalid import ID"),
        (
            "00000000-0000-4000-8000-999999999999",
            "Cannot import non-existent remote object",
        ),
    ] {
        let output = workspace.run(&["import", &address, id]).await.fails();
        assert!(output.contains(expected), "{id}: {output}");
    }
    workspace.run(&["import", &address, &id]).await.succeeds();
    apply_after_import(resource, &workspace).await;
    resource.assert_same(&workspace.state(&address), &state);

    workspace.run(&["state", "rm", &address]).await.succeeds();
    let import = format!("import {{\n  to = {address}\n  id = \"{id}\"\n}}\n");
    workspace.configure(&import);
    let generate = ["plan", "-generate-config-out=generated.tf"];
    workspace.run(&generate).await.succeeds();
    apply_after_import(resource, &workspace).await;
    assert_no_violations(&control_plane);
}

/// Asserts that the plan after an import is empty.
async fn apply_after_import(resource: &Resource, workspace: &Workspace) {
    let plan = workspace.plan().await;
    let change = plan.change(&address(resource));
    assert_eq!(plan.changes(), Vec::<String>::new(), "{change:#}");
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    workspace.plans_empty().await;
}

pub async fn counts_and_moves(resource: &Resource) {
    let control_plane = resource.control_plane().await;
    let before = resource.uuids(&control_plane);
    let count = |count: usize, label: &str| {
        let lines = format!("  count = {count}\n  depends_on = [terraform_data.first]\n");
        let block = block(resource, label, COUNTED, &lines, &resource.minimal);
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

/// Every argument refers to a resource that does not exist yet.
pub async fn unknowns(resource: &Resource) {
    let control_plane = resource.control_plane().await;
    let (mut inputs, mut arguments) = (Vec::new(), Vec::new());
    let literal = fields(&resource.full).map(|(name, value)| (name.clone(), value.to_string()));
    let identity = resource.identity.iter();
    let identity = identity.map(|(name, value)| {
        let value = Json::from(value.replace("NUMBER", "1"));
        ((*name).to_owned(), value.to_string())
    });
    for (name, expression) in literal.chain(identity) {
        if resource.attribute(&name).block {
            arguments.push(argument(resource, &name, &resource.full[&name]));
            continue;
        }
        inputs.push(line(&name, &expression));
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
    let state = workspace.state(&address(resource));
    assert_contains(&state, &resource.full, "state");
    resource.assert_stored(&control_plane, &state);
    workspace.plans_empty().await;
}
