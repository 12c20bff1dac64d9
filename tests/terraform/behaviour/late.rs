//! Changes that take a while: deleted objects that linger, new objects that are not found yet.

use std::time::Duration;

use acceptance::processes::{finish, group, start};
use acceptance::terraform::Workspace;
use harness::control_plane::{Collection, ControlPlane};
use nix::sys::signal::{Signal, kill};

use super::{check_lifecycle, count, parsed, started, string, variable, wait_for, workspace};

const GET: &str = "controlplane_api_get_account_variable";
const DELETE: &str = "controlplane_api_delete_account_variable";
const LINGER: Duration = Duration::from_secs(3);

/// Every delete is accepted, and its object stays for some seconds.
#[tokio::test]
async fn deleted_objects_of_every_kind_are_waited_for() {
    let control_plane = started(|builder| builder.linger_time(LINGER)).await;
    check_lifecycle(&control_plane, "").await;
}

#[tokio::test]
async fn destroy_ends_once_the_object_is_gone() {
    let control_plane = started(|builder| builder.stopped_clock().linger_time(LINGER)).await;
    let workspace = workspace(&control_plane, &variable("a", "1"));
    workspace.apply().await;
    let reads = control_plane.log().count(GET);
    let destroy = start(&workspace, &["destroy", "-auto-approve"]);
    // The refresh, and two reads after the delete.
    wait_for(&control_plane, GET, reads + 3).await;
    assert_eq!(count(&control_plane, "a"), 1);
    control_plane.advance(LINGER);
    let (status, output) = finish(destroy).await;
    assert_eq!(status, Some(0), "{output}");
    assert_eq!(count(&control_plane, "a"), 0);
    assert_eq!(control_plane.log().count(DELETE), 1);
}

#[tokio::test]
async fn interrupt_during_the_wait_keeps_the_object_in_state() {
    let control_plane = started(|builder| builder.stopped_clock().linger_time(LINGER)).await;
    let workspace = workspace(&control_plane, &variable("a", "1"));
    workspace.apply().await;
    let uuid = string(&workspace, "durantic_variable.a", "uuid");
    let reads = control_plane.log().count(GET);
    let destroy = start(&workspace, &["destroy", "-auto-approve"]);
    wait_for(&control_plane, GET, reads + 3).await;
    kill(group(&destroy), Signal::SIGINT).expect("an interrupt is sent");
    let (status, output) = finish(destroy).await;
    assert_eq!(status, Some(1), "{output}");
    assert_eq!(string(&workspace, "durantic_variable.a", "uuid"), uuid);
    control_plane.advance(LINGER);
    workspace.destroy().await;
    assert_eq!(count(&control_plane, "a"), 0);
}

/// The network is replaced because of its range, and keeps its name.
#[tokio::test]
async fn replacement_waits_until_its_name_is_free() {
    let network = |range: &str| {
        format!(
            "resource \"durantic_mesh_network\" \"it\" {{\n  name = \"net\"\n  network_cidr = \"{range}\"\n}}\n"
        )
    };
    let control_plane = started(|builder| builder.linger_time(LINGER)).await;
    let workspace = workspace(&control_plane, &network("10.1.0.0/24"));
    workspace.apply().await;
    workspace.configure(&network("10.2.0.0/24"));
    workspace.apply().await;
    let networks = control_plane.objects(Collection::MeshNetworks);
    assert_eq!(networks.len(), 1);
    assert_eq!(networks[0]["network_cidr"], "10.2.0.0/24");
    workspace.plans_empty().await;
}

#[tokio::test]
async fn replacement_of_every_kind_waits_until_its_name_is_free() {
    let control_plane = started(|builder| builder.linger_time(LINGER)).await;
    let workspace = workspace(&control_plane, super::EVERYTHING);
    workspace.apply().await;
    let replaced = [
        "durantic_route.it",
        "durantic_route_policy_set.it",
        "durantic_secret.it",
        "durantic_variable.it",
        "durantic_secrets_backend.it",
        "durantic_registry_credential.it",
    ];
    let before = replaced.map(|address| string(&workspace, address, "uuid"));
    let replace = replaced.map(|address| format!("-replace={address}"));
    let mut arguments = vec!["apply", "-auto-approve"];
    arguments.extend(replace.iter().map(String::as_str));
    workspace.run(&arguments).await.succeeds();
    for (address, before) in replaced.iter().zip(before) {
        assert_ne!(string(&workspace, address, "uuid"), before, "{address}");
    }
    workspace.plans_empty().await;
    assert_eq!(control_plane.runs().len(), 1);
}

/// A rule gives its sequence to another rule. The deleted rule stays for a while.
#[tokio::test]
async fn deleted_rule_is_waited_for() {
    let set = |rules: &str| {
        format!("resource \"durantic_route_policy_set\" \"it\" {{\n  name = \"set\"\n{rules}}}\n")
    };
    let rule =
        |sequence: u32| format!("  rules {{\n    sequence = {sequence}\n    action = \"reject\"\n  }}\n");
    let control_plane = started(|builder| builder.linger_time(LINGER)).await;
    let workspace = workspace(&control_plane, &set(&(rule(10) + &rule(20))));
    workspace.apply().await;
    for rules in [rule(20), rule(10) + &rule(20) + &rule(30), String::new()] {
        workspace.configure(&set(&rules));
        workspace.apply().await;
        workspace.plans_empty().await;
    }
    let stored = control_plane.find(Collection::RoutePolicySets, "set");
    assert_eq!(stored.expect("the set exists")["rules"], serde_json::json!([]));
}

/// An apply right after a destroy: the name is still taken by the object that leaves.
#[tokio::test]
async fn delete_of_an_object_that_lingers_already_succeeds() {
    let control_plane = started(|builder| builder.linger_time(LINGER)).await;
    let workspace = workspace(&control_plane, &variable("a", "1"));
    workspace.apply().await;
    control_plane.fault(parsed(&format!("{DELETE}=reset-after,times:1")));
    workspace.destroy().await;
    assert_eq!(count(&control_plane, "a"), 0);
    workspace.apply().await;
    workspace.plans_empty().await;
}

async fn check_new_objects(control_plane: &ControlPlane) -> Workspace {
    check_lifecycle(control_plane, "").await
}

/// Reads and lists do not show a new object for some seconds.
#[tokio::test]
async fn new_objects_that_are_not_found_yet_are_waited_for() {
    let time = Duration::from_secs(3);
    check_new_objects(&started(|builder| builder.replication_time(time)).await).await;
}

/// Changes of a new object, such as a new rule of a set, are rejected for some seconds.
#[tokio::test]
async fn new_objects_that_cannot_be_used_yet_are_waited_for() {
    let time = Duration::from_secs(3);
    check_new_objects(&started(|builder| builder.propagation_time(time)).await).await;
}

#[tokio::test]
async fn new_objects_of_a_slow_cluster_are_waited_for() {
    let time = Duration::from_secs(3);
    let slow = started(|builder| {
        builder
            .replication_time(time)
            .propagation_time(time)
            .linger_time(time)
    });
    check_new_objects(&slow.await).await;
}

/// The response to a create has no body, and the object is not found yet.
#[tokio::test]
async fn create_without_a_body_waits_until_the_object_is_found() {
    // Shorter than the pauses between all attempts.
    let control_plane = started(|builder| builder.replication_time(Duration::from_secs(1))).await;
    control_plane.fault(parsed("controlplane_api_create_account_variable=empty:201"));
    let workspace = workspace(&control_plane, &variable("a", "1"));
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_eq!(count(&control_plane, "a"), 1);
}
