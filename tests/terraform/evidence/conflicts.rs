//! One machine has one owner: two objects that set it differently are an error, unless one takes the place of the other.

use acceptance::terraform::Workspace;
use harness::control_plane::{Collection, ControlPlane};
use serde_json::json;

use super::{UPDATE_MACHINE, edit_state, runs, warnings};
use crate::{MACHINE, applied, control_plane, workspace};

/// A resource of a type with this name, for the machine, with these arguments.
fn resource(kind: &str, name: &str, arguments: &str) -> String {
    format!("resource \"durantic_{kind}\" \"{name}\" {{\n  machine_uuid = \"{MACHINE}\"\n  {arguments}\n}}\n")
}

fn deployment(name: &str, arguments: &str) -> String {
    resource("machine_deployment", name, arguments)
}

fn config(arguments: &str) -> String {
    resource("machine_config", "it", arguments)
}

/// Asserts that the plan is refused with the machine's uuid.
async fn is_refused(configuration: &str) -> String {
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, configuration);
    let output = workspace.run(&["plan"]).await.fails();
    assert!(output.contains(MACHINE), "{output}");
    output
}

#[tokio::test]
async fn two_deployments_of_one_machine_are_refused() {
    is_refused(&(deployment("a", "") + &deployment("b", ""))).await;
    is_refused(&deployment("node", "count = 2")).await;
    is_refused(&(deployment("a", "role_names = []") + &deployment("b", "role_names = [\"base\"]"))).await;
}

/// Uuids that differ only in case are the same machine.
#[tokio::test]
async fn two_spellings_of_one_machine_are_refused() {
    let control_plane = control_plane().await;
    let uuid = "abcdefab-0000-4000-8000-000000000001";
    let enrolled = json!({ "uuid": uuid, "hostname": "node-4" });
    let enrolled = enrolled.as_object().expect("an object").clone();
    control_plane
        .create(Collection::Machines, enrolled)
        .expect("a machine enrolls");
    let with = |name: &str, uuid: &str| deployment(name, "").replace(MACHINE, uuid);
    let both = with("a", uuid) + &with("b", &uuid.to_uppercase());
    let workspace = workspace(&control_plane, &both);
    let output = workspace.run(&["plan"]).await.fails();
    assert!(output.to_lowercase().contains(uuid), "{output}");
}

#[tokio::test]
async fn deployment_and_config_that_differ_are_refused() {
    for (argument, first, second) in [
        ("tunnel_type", "\"wireguard\"", "\"geneve\""),
        ("stun_enabled", "true", "false"),
        ("role_names", "[]", "[\"base\"]"),
        ("target_disk", "\"/dev/sda\"", "\"/dev/sdb\""),
    ] {
        let deployment = deployment("node", &format!("{argument} = {first}"));
        let output = is_refused(&(deployment + &config(&format!("{argument} = {second}")))).await;
        assert!(output.contains(argument), "{output}");
    }
}

#[tokio::test]
async fn deployment_and_config_that_agree_are_accepted() {
    let both = deployment("node", "role_names = [\"base\"]\n  tunnel_type = \"geneve\"")
        + &config("tunnel_type = \"geneve\"\n  stun_enabled = false");
    let (control_plane, workspace) = applied(&both).await;
    workspace.plans_empty().await;
    assert_eq!(runs(&control_plane), 1);
}

/// A state with two deployments of one machine, which an earlier version accepted.
async fn two_in_state() -> (ControlPlane, Workspace) {
    let (control_plane, workspace) = applied(&deployment("a", "role_names = [\"base\"]")).await;
    edit_state(&workspace, |state| {
        let resources = state["resources"].as_array_mut().expect("resources");
        let mut second = resources[0].clone();
        second["name"] = json!("b");
        resources.push(second);
    });
    let both = deployment("a", "role_names = [\"base\"]") + &deployment("b", "role_names = [\"base\"]");
    workspace.configure(&both);
    (control_plane, workspace)
}

#[tokio::test]
async fn two_deployments_without_a_change_are_a_warning() {
    let (control_plane, workspace) = two_in_state().await;
    let plan = workspace.run(&["plan", "-out=tfplan"]).await.succeeds();
    assert!(warnings(&plan) > 0, "{}", plan.printed());
    assert!(plan.printed().contains(MACHINE), "{}", plan.printed());
    assert_eq!(workspace.show("tfplan").await.changes(), [""; 0]);
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    assert_eq!(runs(&control_plane), 1);
}

#[tokio::test]
async fn two_deployments_of_which_one_changes_are_refused() {
    let (_control_plane, workspace) = two_in_state().await;
    let changed = deployment("a", "role_names = [\"base\"]\n  tunnel_type = \"geneve\"")
        + &deployment("b", "role_names = [\"base\"]");
    workspace.configure(&changed);
    let output = workspace.run(&["plan"]).await.fails();
    assert!(output.contains(MACHINE), "{output}");
    // One of them leaves the configuration: the remedy works.
    workspace.configure(&deployment(
        "a",
        "role_names = [\"base\"]\n  tunnel_type = \"geneve\"",
    ));
    workspace.apply().await;
    workspace.plans_empty().await;
}

/// A resource with another name, and an instance with another key, without a `moved` block.
#[tokio::test]
async fn machine_that_changes_its_address_is_no_conflict() {
    let keyed = |key: &str| {
        let arguments = format!("for_each = toset([\"{key}\"])\n  tunnel_type = \"{key}\"");
        deployment("node", &arguments)
    };
    for (before, after) in [
        (deployment("a", ""), deployment("b", "")),
        (keyed("auto"), keyed("geneve")),
        (
            deployment("a", "tunnel_type = \"auto\""),
            config("tunnel_type = \"geneve\""),
        ),
        (
            config("tunnel_type = \"geneve\""),
            deployment("a", "tunnel_type = \"auto\""),
        ),
    ] {
        let (_control_plane, workspace) = applied(&before).await;
        workspace.configure(&after);
        let plan = workspace.run(&["plan", "-out=tfplan"]).await.succeeds();
        assert_eq!(warnings(&plan), 0, "{}", plan.printed());
        workspace.run(&["apply", "tfplan"]).await.succeeds();
        workspace.plans_empty().await;
    }
}

#[tokio::test]
async fn replacement_in_either_order_is_no_conflict() {
    for lifecycle in ["", "lifecycle {\n    create_before_destroy = true\n  }"] {
        let changed =
            |force: &str| deployment("node", &format!("force_provision = \"{force}\"\n  {lifecycle}"));
        let (control_plane, workspace) = applied(&changed("1")).await;
        workspace.configure(&changed("2"));
        workspace.apply().await;
        workspace.plans_empty().await;
        assert_eq!(runs(&control_plane), 2);
    }
}

/// The machine of both is unknown in the plan: the second is refused before its first request.
#[tokio::test]
async fn unknown_machine_of_two_deployments_is_refused_in_the_apply() {
    let unknown = format!("resource \"terraform_data\" \"it\" {{\n  input = \"{MACHINE}\"\n}}\n");
    let both = deployment("a", "tunnel_type = \"geneve\"") + &deployment("b", "tunnel_type = \"wireguard\"");
    let both = both.replace(&format!("\"{MACHINE}\""), "terraform_data.it.output");
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, &(unknown + &both));
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(output.contains(MACHINE), "{output}");
    assert_eq!(runs(&control_plane), 1);
    assert_eq!(control_plane.log().count(UPDATE_MACHINE), 1);
}
