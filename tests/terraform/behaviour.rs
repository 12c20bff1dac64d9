//! The control plane as it behaves: it fails, answers late or half, stands behind proxies, and changes between versions.
//!
//! Most tests apply the configuration of every resource and data source, change it and destroy it, and compare what is left in
//! the control plane.

mod arguments;
mod attempts;
mod connections;
mod document;
mod late;
mod mismatches;
mod responses;
mod rules;
mod runs;
mod seeds;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use acceptance::terraform::Workspace;
use harness::control_plane::{Action, Builder, Collection, Contract, ControlPlane, Fault, FaultKind};
use serde_json::{Value as Json, json};

use super::everything::{EVERYTHING, changed};
use super::{machine, quick, string, workspace};

/// The runs after the configuration of everything is applied, and after it has changed.
const RUNS: [usize; 2] = [1, 2];

/// A control plane with these settings.
async fn started(set: impl FnOnce(Builder) -> Builder) -> ControlPlane {
    let started = set(quick()).start().await;
    started.expect("the control plane starts")
}

/// A configuration whose provider block has these arguments.
fn with_block(arguments: &str, configuration: &str) -> String {
    format!("provider \"durantic\" {{\n  {arguments}\n}}\n{configuration}")
}

/// A variable with this name and value.
fn variable(name: &str, value: &str) -> String {
    format!("resource \"durantic_variable\" \"{name}\" {{\n  name = \"{name}\"\n  value = \"{value}\"\n}}\n")
}

/// The ids of all operations with these actions. The start of a run is not a create.
fn operations(actions: &[Action]) -> Vec<&'static str> {
    let contract = Contract::get().expect("the contract is valid");
    let operations = contract.operations.iter();
    operations
        .filter(|operation| actions.contains(&operation.action))
        .map(|operation| operation.id.as_str())
        .collect()
}

/// Adds a fault, as on a command line, to each operation with these actions.
fn fault_each(control_plane: &ControlPlane, actions: &[Action], fault: &str) {
    for operation in operations(actions) {
        control_plane.fault(parsed(&format!("{operation}={fault}")));
    }
}

fn parsed(fault: &str) -> Fault {
    Fault::parse(fault).expect("the fault is valid")
}

/// A fault that changes the body of the response.
fn rewrite(operation: &str, rewrite: impl Fn(&mut Json) + Send + Sync + 'static) -> Fault {
    Fault::new(operation, FaultKind::Rewrite(Arc::new(rewrite)))
}

/// The names of the objects of each collection. The name of a machine includes its roles.
fn objects(control_plane: &ControlPlane) -> BTreeMap<&'static str, Vec<String>> {
    let name = |object: &harness::control_plane::Object| match object.get("name") {
        Some(name) => name.as_str().unwrap_or_default().to_owned(),
        None => format!("{} {}", object["hostname"], object["role_names"]),
    };
    let collections = Collection::ALL.into_iter();
    let named = collections.map(|collection| {
        let mut names: Vec<String> = control_plane.objects(collection).iter().map(name).collect();
        names.sort();
        (collection.name(), names)
    });
    named.collect()
}

/// The objects of a control plane without faults after the first and the second apply of everything.
async fn expected_objects() -> [BTreeMap<&'static str, Vec<String>>; 2] {
    static EXPECTED: tokio::sync::OnceCell<[BTreeMap<&'static str, Vec<String>>; 2]> =
        tokio::sync::OnceCell::const_new();
    let expected = EXPECTED.get_or_init(|| async {
        let control_plane = started(|builder| builder).await;
        let workspace = workspace(&control_plane, EVERYTHING);
        workspace.apply().await;
        let first = objects(&control_plane);
        workspace.configure(&changed());
        workspace.apply().await;
        [first, objects(&control_plane)]
    });
    expected.await.clone()
}

/// Takes the roles off the machines, as a user must before the roles can be deleted.
fn release_machines(control_plane: &ControlPlane) {
    for number in [1, 2] {
        let released = control_plane.update(Collection::Machines, &machine(number), |machine| {
            machine.insert("role_names".to_owned(), json!([]));
        });
        released.expect("the machine is released");
    }
}

/// Asserts that only the seeded objects are left.
#[track_caller]
fn assert_nothing_left(control_plane: &ControlPlane) {
    let left = objects(control_plane);
    let left: BTreeSet<(&str, &str)> = left
        .iter()
        .filter(|(collection, _)| !matches!(**collection, "images" | "machines"))
        .flat_map(|(collection, names)| names.iter().map(|name| (*collection, name.as_str())))
        .collect();
    let seeded = BTreeSet::from([("machine-roles", "base"), ("registry-credentials", "platform")]);
    assert_eq!(left, seeded);
}

/// Applies everything, changes it and destroys it. After each, the objects and the runs are those of a control plane without
/// faults, and the plan is empty.
async fn check_lifecycle(control_plane: &ControlPlane, block: &str) -> Workspace {
    let expected = expected_objects().await;
    let workspace = workspace(control_plane, &with_block(block, EVERYTHING));
    for (step, configuration) in [EVERYTHING.to_owned(), changed()].iter().enumerate() {
        workspace.configure(&with_block(block, configuration));
        workspace.apply().await;
        assert_eq!(objects(control_plane), expected[step]);
        assert_eq!(control_plane.runs().len(), RUNS[step]);
        workspace.plans_empty().await;
    }
    release_machines(control_plane);
    workspace.destroy().await;
    assert_nothing_left(control_plane);
    assert_eq!(control_plane.runs().len(), RUNS[1]);
    workspace
}

/// The number of variables with this name.
fn count(control_plane: &ControlPlane, name: &str) -> usize {
    let variables = control_plane.objects(Collection::Variables);
    variables
        .iter()
        .filter(|variable| variable["name"] == name)
        .count()
}

/// A stored field of a variable.
fn stored(control_plane: &ControlPlane, name: &str, field: &str) -> Json {
    let found = control_plane.find(Collection::Variables, name);
    found.map(|object| object[field].clone()).unwrap_or_default()
}

/// Changes each value of a body that is neither an object nor a list.
fn each_value(body: &mut Json, change: &dyn Fn(&mut Json)) {
    match body {
        Json::Array(items) => items.iter_mut().for_each(|item| each_value(item, change)),
        Json::Object(object) => object
            .iter_mut()
            .filter(|(name, _)| *name != "config")
            .for_each(|(_, value)| each_value(value, change)),
        value => change(value),
    }
}

/// The longest wait of a test for a request.
const PATIENCE: Duration = Duration::from_mins(1);

/// Waits until an operation has had this many requests.
///
/// # Panics
/// If that takes too long.
async fn wait_for(control_plane: &ControlPlane, operation: &str, count: usize) {
    let waited = tokio::time::timeout(PATIENCE, control_plane.log().wait_for(operation, count)).await;
    assert!(
        waited.is_ok(),
        "`{operation}` has {} of {count} requests",
        control_plane.log().count(operation)
    );
}
