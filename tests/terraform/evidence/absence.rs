//! Absence needs evidence: only the control plane's own 404, from the place and the account where the object was last seen, means
//! that an object is gone.

use std::time::Duration;

use acceptance::terraform::Workspace;
use base64::Engine;
use harness::control_plane::{Account, Collection, ControlPlane, Fault, FaultResponse, Seed};
use serde_json::Value as Json;

use super::{remove_private_state, runs};
use crate::{applied, control_plane, machine, quick, string, workspace};

const EVERYTHING: &str = include_str!("../../data/everything.tf");
const GET: &str = "controlplane_api_get_account_variable";
const DELETE: &str = "controlplane_api_delete_account_variable";
const OTHER_TOKEN: &str = "dur_other_account";

/// Every resource, without data sources, whose lookups would fail first.
fn every_resource() -> String {
    let blocks = EVERYTHING.split("\n\n");
    let resources: Vec<&str> = blocks.filter(|block| block.starts_with("resource")).collect();
    let text = resources.join("\n\n");
    let image = "\"10000000-0000-4000-8000-000000000001\"";
    let text = text.replace("data.durantic_image.ubuntu.uuid", image);
    (1..=2).fold(text, |text, number| {
        let lookup = format!("data.durantic_machine.node[\"node-{number}\"].uuid");
        text.replace(&lookup, &format!("\"{}\"", machine(number)))
    })
}

/// Variables with these names, also as names of the resources.
fn variables(names: &[&str]) -> String {
    let blocks = names.iter().map(|name| {
        format!("resource \"durantic_variable\" \"{name}\" {{\n  name = \"{name}\"\n  value = \"v\"\n}}\n")
    });
    blocks.collect()
}

/// Objects that are older than a minute are gone at the first 404.
fn age(control_plane: &ControlPlane) {
    control_plane.advance(Duration::from_mins(2));
}

/// Deletes a variable outside Terraform.
fn delete(control_plane: &ControlPlane, name: &str) {
    let variable = control_plane
        .find(Collection::Variables, name)
        .expect("the variable");
    let uuid = variable["uuid"].as_str().expect("a uuid");
    control_plane
        .delete(Collection::Variables, uuid)
        .expect("it is deleted");
    age(control_plane);
}

/// The token of an account without objects and machines.
fn other_account(control_plane: &ControlPlane) -> Account {
    age(control_plane);
    let added = control_plane.add_account(OTHER_TOKEN, Seed::empty());
    added.expect("an account is added")
}

/// Plans and applies, and asserts that both fail and keep every object in state. Returns the output of the plan.
async fn fails_and_keeps_state(workspace: &Workspace) -> String {
    let before = workspace.instances();
    assert!(!before.is_empty(), "the state has objects");
    let output = workspace.run(&["plan"]).await.fails();
    workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert_eq!(workspace.instances(), before);
    output
}

/// Applies every resource, then applies with a wrong prefix, outside of which this is the response, then with the right one.
async fn wrong_prefix_keeps_state(elsewhere: FaultResponse, is_api: bool) {
    let control_plane = quick().prefix("durantic").start().await;
    let control_plane = control_plane.expect("the control plane starts");
    control_plane.answer_elsewhere(elsewhere);
    let workspace = workspace(&control_plane, &every_resource());
    workspace.apply().await;
    assert_eq!(runs(&control_plane), 1);
    age(&control_plane);

    let wrong = control_plane.endpoint().replace("/durantic", "/durantik");
    let workspace = workspace.with("DURANTIC_ENDPOINT", &wrong);
    let output = fails_and_keeps_state(&workspace).await;
    assert!(output.contains("/durantik"), "the error names the path: {output}");
    assert!(output.contains("endpoint"), "{output}");
    if is_api {
        assert!(output.contains(&wrong), "it names the endpoint: {output}");
        assert!(
            output.contains(control_plane.endpoint()),
            "it names the former endpoint: {output}"
        );
        assert!(output.contains("terraform state rm"), "{output}");
    }

    let workspace = workspace.with("DURANTIC_ENDPOINT", control_plane.endpoint());
    workspace.plans_empty().await;
    assert_eq!(runs(&control_plane), 1, "nothing is installed");
}

#[tokio::test]
async fn page_outside_of_the_prefix_is_not_absence() {
    wrong_prefix_keeps_state(FaultResponse::html(404), false).await;
}

#[tokio::test]
async fn message_of_a_gateway_is_not_absence() {
    wrong_prefix_keeps_state(FaultResponse::message(404), false).await;
}

#[tokio::test]
async fn detail_from_another_prefix_is_not_absence() {
    wrong_prefix_keeps_state(FaultResponse::json(404), true).await;
}

#[tokio::test]
async fn detail_from_another_control_plane_is_not_absence() {
    let (control_plane, workspace) = applied(&variables(&["a", "b"])).await;
    let other = self::control_plane().await;
    age(&other);
    let workspace = workspace.connected_to(&other);
    let output = fails_and_keeps_state(&workspace).await;
    for endpoint in [control_plane.endpoint(), other.endpoint()] {
        assert!(output.contains(endpoint), "{endpoint}: {output}");
    }
    workspace.connected_to(&control_plane).plans_empty().await;
}

/// A page of a web server, the message of a gateway, and a page with status 410.
#[tokio::test]
async fn response_without_detail_to_one_read_is_not_absence() {
    let (control_plane, workspace) = applied(&variables(&["a", "b"])).await;
    let workspace = workspace.with("DURANTIC_READ_BY", "object");
    for fault in [
        Fault::html(GET, 404),
        Fault::message(GET, 404),
        Fault::html(GET, 410),
    ] {
        control_plane.fault(fault.times(1));
        workspace.run(&["plan"]).await.fails();
        workspace.plans_empty().await;
    }
}

#[tokio::test]
async fn response_without_detail_to_a_delete_is_not_absence() {
    let (control_plane, workspace) = applied(&variables(&["a"])).await;
    for fault in [
        Fault::html(DELETE, 404),
        Fault::message(DELETE, 404),
        Fault::html(DELETE, 410),
    ] {
        control_plane.fault(fault.times(1));
        workspace.run(&["destroy", "-auto-approve"]).await.fails();
        assert_eq!(workspace.instances().len(), 1, "the state keeps it");
    }
    workspace.destroy().await;
    assert_eq!(control_plane.objects(Collection::Variables), []);
}

#[tokio::test]
async fn token_of_another_account_is_not_absence() {
    let (control_plane, workspace) = applied(&every_resource()).await;
    let other = other_account(&control_plane);
    let workspace = workspace.with("DURANTIC_API_TOKEN", OTHER_TOKEN);
    let output = fails_and_keeps_state(&workspace).await;
    assert!(output.contains("token"), "{output}");
    assert!(output.contains("terraform state rm"), "{output}");
    assert_eq!(other.objects(Collection::Variables), []);

    let workspace = workspace.with("DURANTIC_API_TOKEN", control_plane.token());
    workspace.plans_empty().await;
    assert_eq!(runs(&control_plane), 1, "nothing is installed");
}

#[tokio::test]
async fn token_of_another_account_destroys_nothing() {
    let (control_plane, workspace) = applied(&variables(&["a", "b"])).await;
    other_account(&control_plane);
    let workspace = workspace.with("DURANTIC_API_TOKEN", OTHER_TOKEN);
    let destroy = ["destroy", "-auto-approve", "-refresh=false"];
    workspace.run(&destroy).await.fails();
    assert_eq!(workspace.instances().len(), 2, "the state keeps them");
    let workspace = workspace.with("DURANTIC_API_TOKEN", control_plane.token());
    workspace.destroy().await;
    assert_eq!(control_plane.objects(Collection::Variables), []);
}

#[tokio::test]
async fn wrong_prefix_destroys_nothing() {
    for elsewhere in [FaultResponse::html(404), FaultResponse::json(404)] {
        let control_plane = quick().prefix("durantic").start().await;
        let control_plane = control_plane.expect("the control plane starts");
        control_plane.answer_elsewhere(elsewhere);
        let workspace = workspace(&control_plane, &variables(&["a", "b"]));
        workspace.apply().await;
        age(&control_plane);
        let wrong = control_plane.endpoint().replace("/durantic", "");
        let workspace = workspace.with("DURANTIC_ENDPOINT", &wrong);
        for refresh in ["-refresh=true", "-refresh=false"] {
            workspace
                .run(&["destroy", "-auto-approve", refresh])
                .await
                .fails();
            assert_eq!(workspace.instances().len(), 2, "the state keeps them");
        }
    }
}

#[tokio::test]
async fn token_of_another_account_changes_nothing() {
    let (control_plane, workspace) = applied(&variables(&["a", "b"])).await;
    let other = other_account(&control_plane);
    workspace.configure(&variables(&["a", "b"]).replace("\"v\"", "\"w\""));
    let workspace = workspace.with("DURANTIC_API_TOKEN", OTHER_TOKEN);
    workspace
        .run(&["apply", "-auto-approve", "-refresh=false"])
        .await
        .fails();
    assert_eq!(workspace.instances().len(), 2, "the state keeps them");
    assert_eq!(other.objects(Collection::Variables), []);
    let workspace = workspace.with("DURANTIC_API_TOKEN", control_plane.token());
    let updates = ["durantic_variable.a: update", "durantic_variable.b: update"];
    assert_eq!(workspace.plan().await.changes(), updates);
}

/// An object that a mistaken apply created in the other account is no evidence for the older objects.
#[tokio::test]
async fn object_created_in_another_account_is_no_evidence() {
    let (control_plane, workspace) = applied(&variables(&["a", "b"])).await;
    let other = other_account(&control_plane);
    workspace.configure(&variables(&["a", "b", "c"]));
    let workspace = workspace.with("DURANTIC_API_TOKEN", OTHER_TOKEN);
    let target = ["apply", "-auto-approve", "-target=durantic_variable.c"];
    workspace.run(&target).await.succeeds();
    assert_eq!(other.objects(Collection::Variables).len(), 1);

    fails_and_keeps_state(&workspace).await;
    assert_eq!(other.objects(Collection::Variables).len(), 1);
}

#[tokio::test]
async fn rotated_token_shows_which_object_is_gone() {
    let (control_plane, workspace) = applied(&variables(&["a", "b", "c"])).await;
    control_plane.accept_token("dur_rotated");
    control_plane.revoke_token(control_plane.token());
    let workspace = workspace.with("DURANTIC_API_TOKEN", "dur_rotated");
    delete(&control_plane, "b");
    let expected = ["durantic_variable.b: create"];
    assert_eq!(workspace.plan().await.changes(), expected);
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    workspace.plans_empty().await;
}

/// The rotated token is the known one as soon as an apply has seen the objects with it.
#[tokio::test]
async fn rotated_token_becomes_the_known_one() {
    let (control_plane, workspace) = applied(&variables(&["a"])).await;
    control_plane.accept_token("dur_rotated");
    control_plane.revoke_token(control_plane.token());
    let workspace = workspace.with("DURANTIC_API_TOKEN", "dur_rotated");
    workspace.configure(&variables(&["a"]).replace("\"v\"", "\"w\""));
    workspace.apply().await;
    delete(&control_plane, "a");
    let expected = ["durantic_variable.a: create"];
    assert_eq!(workspace.plan().await.changes(), expected);
}

#[tokio::test]
async fn state_has_the_endpoint_and_no_token() {
    let (control_plane, workspace) = applied(&variables(&["a", "b"])).await;
    let state: Json = serde_json::from_str(&workspace.state_file()).expect("state in JSON");
    let resources = state["resources"].as_array().expect("resources");
    for resource in resources {
        let private = resource["instances"][0]["private"]
            .as_str()
            .expect("private state");
        let private = base64::prelude::BASE64_STANDARD.decode(private).expect("base64");
        let private = String::from_utf8(private).expect("UTF-8");
        assert!(private.contains(control_plane.endpoint()), "{private}");
        assert!(!private.contains(control_plane.token()), "{private}");
    }
    assert!(!workspace.state_file().contains(control_plane.token()));
}

#[tokio::test]
async fn state_without_private_state_shows_which_object_is_gone() {
    let (control_plane, workspace) = applied(&variables(&["a", "b", "c"])).await;
    remove_private_state(&workspace);
    workspace.plans_empty().await;
    remove_private_state(&workspace);
    delete(&control_plane, "b");
    let expected = ["durantic_variable.b: create"];
    assert_eq!(workspace.plan().await.changes(), expected);
}

#[tokio::test]
async fn state_without_private_state_and_another_account_is_not_absence() {
    let (control_plane, workspace) = applied(&every_resource()).await;
    remove_private_state(&workspace);
    other_account(&control_plane);
    let workspace = workspace.with("DURANTIC_API_TOKEN", OTHER_TOKEN);
    let output = fails_and_keeps_state(&workspace).await;
    assert!(output.contains("terraform state rm"), "{output}");
    let workspace = workspace.with("DURANTIC_API_TOKEN", control_plane.token());
    workspace.plans_empty().await;
    assert_eq!(runs(&control_plane), 1);
}

#[tokio::test]
async fn only_object_is_gone_for_the_same_token() {
    let (control_plane, workspace) = applied(&variables(&["a"])).await;
    delete(&control_plane, "a");
    let expected = ["durantic_variable.a: create"];
    assert_eq!(workspace.plan().await.changes(), expected);
}

#[tokio::test]
async fn object_that_is_deleted_while_it_is_new_is_gone() {
    let (control_plane, workspace) = applied(&variables(&["a"])).await;
    let uuid = string(&workspace, "durantic_variable.a", "uuid");
    let deleted = control_plane.delete(Collection::Variables, &uuid);
    deleted.expect("it is deleted");
    let expected = ["durantic_variable.a: create"];
    assert_eq!(workspace.plan().await.changes(), expected);
}

/// Reads do not show a new object for some seconds, whatever the difference between the clocks.
#[tokio::test]
async fn new_object_that_reads_do_not_show_yet_is_not_gone() {
    for hours in [-7, 7] {
        let shift = jiff::SignedDuration::from_hours(hours);
        let control_plane = quick().clock_shift(shift).start().await;
        let control_plane = control_plane.expect("the control plane starts");
        control_plane.set_replication_time(Duration::from_secs(5));
        let workspace = workspace(&control_plane, &variables(&["a"]));
        workspace.apply().await;
        workspace.plans_empty().await;
    }
}
