//! Ownership needs evidence: a taken name is never adopted, except by the create whose own response was lost.

use std::path::Path;
use std::slice::from_ref;

use acceptance::terraform::Workspace;
use harness::control_plane::{Collection, ControlPlane, Fault, FaultKind, Object};
use jiff::SignedDuration;
use serde_json::{Value as Json, json};

use crate::earlier_states::recorded;
use crate::{applied, changes, control_plane, machine, quick, string, workspace};

const CREATE_VARIABLE: &str = "controlplane_api_create_account_variable";
const LIFECYCLE: &str = "lifecycle {\n    create_before_destroy = true\n  }";

fn variable(arguments: &str) -> String {
    format!("resource \"durantic_variable\" \"it\" {{\n  name = \"it\"\n  value = \"v\"\n  {arguments}\n}}\n")
}

fn policy_set(rules: &str) -> String {
    format!("resource \"durantic_route_policy_set\" \"it\" {{\n  name = \"it\"\n{rules}}}\n")
}

fn rule(sequence: u32, action: &str) -> String {
    format!("  rules {{\n    sequence = {sequence}\n    action = \"{action}\"\n  }}\n")
}

fn vip(arguments: &str) -> String {
    format!(
        "resource \"durantic_vip\" \"it\" {{\n  name = \"it\"\n  address = \"192.0.2.1\"\n{arguments}}}\n"
    )
}

/// The object with the name `it`.
fn object(control_plane: &ControlPlane, collection: Collection) -> Object {
    control_plane.find(collection, "it").expect("the object exists")
}

fn uuid(object: &Object) -> &str {
    object["uuid"].as_str().expect("a uuid")
}

fn assert_import_command(output: &str, uuid: &str) {
    assert!(output.contains("409"), "{output}");
    assert!(output.contains("terraform import "), "{output}");
    assert!(output.contains(uuid), "the command has the uuid: {output}");
}

/// Asserts that a replacement with `create_before_destroy` meets the name of the object that it replaces.
async fn meets_the_replaced_object(configuration: &str, address: &str, collection: Collection) {
    let (control_plane, workspace) = applied(configuration).await;
    let before = object(&control_plane, collection);
    let replace = format!("-replace={address}");
    let output = workspace.run(&["apply", "-auto-approve", &replace]).await.fails();
    assert_import_command(&output, uuid(&before));
    assert_eq!(control_plane.objects(collection), from_ref(&before));
    assert_eq!(string(&workspace, address, "uuid"), uuid(&before));
    workspace.plans_empty().await;
}

#[tokio::test]
async fn replacement_of_a_variable_does_not_adopt_the_replaced_one() {
    meets_the_replaced_object(
        &variable(LIFECYCLE),
        "durantic_variable.it",
        Collection::Variables,
    )
    .await;
}

#[tokio::test]
async fn replacement_of_a_network_does_not_adopt_the_replaced_one() {
    let network = format!(
        "resource \"durantic_mesh_network\" \"it\" {{\n  name = \"it\"\n  network_cidr = \"10.42.0.0/24\"\n  {LIFECYCLE}\n}}\n"
    );
    meets_the_replaced_object(&network, "durantic_mesh_network.it", Collection::MeshNetworks).await;
}

/// The required arguments of each other kind of object with a unique name.
const KINDS: [(&str, &str); 7] = [
    ("machine_role", ""),
    ("route", "prefixes = [\"192.0.2.0/24\"]"),
    ("vip", "address = \"192.0.2.1\""),
    ("secret", "value = \"concealed\""),
    (
        "secrets_backend",
        "backend_type = \"vault\"\n  url = \"https://vault.example.com\"",
    ),
    (
        "registry_credential",
        "registry_url = \"ghcr.io\"\n  username = \"u\"\n  password = \"concealed\"",
    ),
    (
        "route_policy_set",
        "rules {\n    sequence = 10\n    action = \"reject\"\n  }",
    ),
];

#[tokio::test]
async fn replacement_of_each_kind_does_not_adopt_the_replaced_object() {
    let resources = KINDS.map(|(kind, arguments)| {
        format!("resource \"durantic_{kind}\" \"it\" {{\n  name = \"it\"\n  {arguments}\n  {LIFECYCLE}\n}}\n")
    });
    let (control_plane, workspace) = applied(&resources.concat()).await;
    let all = || Collection::ALL.map(|collection| control_plane.objects(collection));
    let uuids = || {
        let instances = workspace.instances().into_iter();
        let uuids = instances.map(|(address, state)| (address, state["uuid"].clone()));
        uuids.collect::<Vec<_>>()
    };
    let (before, in_state) = (all(), uuids());
    let options = KINDS.map(|(kind, _)| format!("-replace=durantic_{kind}.it"));
    let options = options.iter().map(String::as_str);
    let apply: Vec<&str> = ["apply", "-auto-approve"].into_iter().chain(options).collect();
    let output = workspace.run(&apply).await.fails();
    assert_eq!(all(), before);
    assert_eq!(uuids(), in_state);
    for (address, uuid) in in_state {
        let uuid = uuid.as_str().expect("a uuid");
        let command = format!("terraform import ADDRESS {uuid}");
        assert!(output.contains(&command), "{address}: {output}");
    }
    workspace.plans_empty().await;
}

/// Asserts that the create of another workspace is rejected, and changes nothing.
async fn is_not_adopted(first: &str, second: &str, collection: Collection) {
    let (control_plane, _workspace) = applied(first).await;
    let before = object(&control_plane, collection);
    let other = workspace(&control_plane, second);
    control_plane.log().clear();
    let output = other.run(&["apply", "-auto-approve"]).await.fails();
    assert_import_command(&output, uuid(&before));
    assert_eq!(control_plane.objects(collection), [before]);
    assert_eq!(other.instances(), []);
    assert_eq!(changes(&control_plane).len(), 1, "only the create is sent");
}

#[tokio::test]
async fn policy_set_of_another_workspace_with_other_rules_is_not_adopted() {
    let first = policy_set(&rule(10, "accept"));
    let second = policy_set(&rule(10, "reject"));
    is_not_adopted(&first, &second, Collection::RoutePolicySets).await;
}

#[tokio::test]
async fn policy_set_of_another_workspace_with_equal_rules_is_not_adopted() {
    let set = policy_set(&rule(10, "accept"));
    is_not_adopted(&set, &set, Collection::RoutePolicySets).await;
}

#[tokio::test]
async fn vip_of_another_workspace_with_other_machines_is_not_adopted() {
    let with = |number| vip(&format!("  machine_uuids = [\"{}\"]\n", machine(number)));
    is_not_adopted(&with(1), &with(2), Collection::Vips).await;
    is_not_adopted(&with(1), &vip(""), Collection::Vips).await;
}

#[tokio::test]
async fn equal_variable_of_another_workspace_is_not_adopted() {
    is_not_adopted(&variable(""), &variable(""), Collection::Variables).await;
}

/// A state with a claim of an earlier process, and the variable that it may have created.
async fn claim() -> (ControlPlane, Workspace, Object) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/earlier-states/claim");
    let (control_plane, workspace) = recorded(&folder).await;
    let mut variables = control_plane.objects(Collection::Variables);
    let variable = variables.pop().expect("a variable");
    (control_plane, workspace, variable)
}

fn assert_kept(control_plane: &ControlPlane, variable: &Object) {
    let variables = control_plane.objects(Collection::Variables);
    assert_eq!(variables, from_ref(variable));
    let creates_only = changes(control_plane)
        .iter()
        .all(|change| change.starts_with("create"));
    assert!(creates_only, "{:?}", changes(control_plane));
}

#[tokio::test]
async fn claim_of_an_earlier_process_is_reported_and_dropped() {
    let (control_plane, workspace, variable) = claim().await;
    let output = workspace.run(&["plan"]).await.printed();
    assert!(output.contains("terraform import "), "{output}");
    assert!(output.contains(uuid(&variable)), "{output}");

    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(output.contains(uuid(&variable)), "{output}");
    assert_kept(&control_plane, &variable);
    let claims = workspace.instances();
    assert_eq!(claims, [], "the claim is dropped");
}

#[tokio::test]
async fn claim_of_an_earlier_process_deletes_nothing() {
    for arguments in [
        &["destroy", "-auto-approve"][..],
        &["destroy", "-auto-approve", "-refresh=false"],
    ] {
        let (control_plane, workspace, variable) = claim().await;
        workspace.run(arguments).await;
        assert_kept(&control_plane, &variable);
    }
}

/// A control plane whose clock differs by this many hours.
async fn shifted(hours: i64) -> ControlPlane {
    let started = quick()
        .clock_shift(SignedDuration::from_hours(hours))
        .start()
        .await;
    started.expect("the control plane starts")
}

#[tokio::test]
async fn own_create_with_a_lost_response_is_found() {
    for hours in [-7, 0, 7] {
        let control_plane = shifted(hours).await;
        control_plane.fault(Fault::new(CREATE_VARIABLE, FaultKind::ResetAfter).times(1));
        let workspace = workspace(&control_plane, &variable(""));
        workspace.apply().await;
        assert_eq!(control_plane.objects(Collection::Variables).len(), 1);
        workspace.plans_empty().await;
    }
}

#[tokio::test]
async fn own_policy_set_with_a_lost_response_gets_its_rules_once() {
    let control_plane = control_plane().await;
    let create = "controlplane_api_create_route_policy_set";
    control_plane.fault(Fault::new(create, FaultKind::ResetAfter).times(1));
    let rules = rule(10, "accept") + &rule(20, "reject");
    let workspace = workspace(&control_plane, &policy_set(&rules));
    workspace.apply().await;
    assert_eq!(control_plane.log().count_processed(create), 1);
    let create_rule = "controlplane_api_create_route_policy_rule";
    assert_eq!(control_plane.log().count_processed(create_rule), 2);
    workspace.plans_empty().await;
}

/// The older object is equal, and another client created it just before the create whose response is lost.
#[tokio::test]
async fn lost_create_does_not_adopt_an_equal_older_object() {
    for hours in [-7, 0, 7] {
        let control_plane = shifted(hours).await;
        let theirs = json!({ "name": "it", "value": "v", "description": "" });
        let theirs = theirs.as_object().expect("an object").clone();
        let created = control_plane.create(Collection::Variables, theirs);
        let older = created.expect("it is created");
        control_plane.fault(Fault::html(CREATE_VARIABLE, 502).times(1));
        let workspace = workspace(&control_plane, &variable(""));
        let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
        assert!(output.contains("terraform import "), "{output}");
        assert!(output.contains(uuid(&older)), "{output}");
        assert_kept(&control_plane, &older);
        let owned = workspace
            .instances()
            .into_iter()
            .filter(|(_, state)| state["uuid"] != Json::Null);
        assert_eq!(owned.count(), 0, "it is not adopted");
    }
}
