//! `on_destroy = "release"`: a plain destroy takes the roles and the network off the machine, and nothing else does.

use std::path::Path;
use std::time::Duration;

use acceptance::processes::{finish, group, start};
use acceptance::terraform::Workspace;
use harness::control_plane::{Collection, ControlPlane, Fault, FaultKind};
use nix::sys::signal::{Signal, kill};
use serde_json::{Value as Json, json};

use crate::{MACHINE, applied, control_plane, machine, quick, workspace};

const UPDATE: &str = "provisioning_api_update_machine";
const POLL: &str = "provisioning_api_get_machine_provision";
const DEPLOYMENT: &str = "durantic_machine_deployment.it";
const CONFIG: &str = "durantic_machine_config.it";
const RELEASE: &str = "on_destroy = \"release\"";
const PATIENCE: Duration = Duration::from_mins(1);

/// A resource of a type for the machine.
fn resource(kind: &str, arguments: &str) -> String {
    format!(
        "resource \"durantic_machine_{kind}\" \"it\" {{\n  machine_uuid = \"{MACHINE}\"\n  {arguments}\n}}\n"
    )
}

fn deployment(arguments: &str) -> String {
    resource("deployment", &format!("role_names = [\"base\"]\n  {arguments}"))
}

/// The roles and the network of the machine.
fn uses(control_plane: &ControlPlane) -> (Json, Json) {
    let machine = control_plane.machine(MACHINE).expect("the machine exists");
    (
        machine["role_names"].clone(),
        machine["mesh_network_uuid"].clone(),
    )
}

fn assert_kept(control_plane: &ControlPlane) {
    assert_eq!(
        uses(control_plane).0,
        json!(["base"]),
        "the machine keeps its role"
    );
    let releases = control_plane.log().of(UPDATE).into_iter().filter(|entry| {
        let body = entry.body.clone().unwrap_or_default();
        body["role_names"] == json!([])
    });
    assert_eq!(releases.count(), 0, "no request takes the roles off");
}

fn assert_released(control_plane: &ControlPlane) {
    assert_eq!(uses(control_plane), (json!([]), Json::Null));
}

async fn wait_for(control_plane: &ControlPlane, operation: &str, count: usize) {
    let waited = tokio::time::timeout(PATIENCE, control_plane.log().wait_for(operation, count)).await;
    assert!(waited.is_ok(), "`{operation}` has {count} requests");
}

#[tokio::test]
async fn example_is_applied_and_destroyed_and_leaves_nothing() {
    let control_plane = control_plane().await;
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/role-to-running-machine");
    let read = |name: &str| std::fs::read_to_string(example.join(name)).expect("a file of the example");
    let configuration = read("main.tf");
    // The workspace declares the provider itself.
    let block = configuration.find("terraform {").expect("the block");
    let end = configuration
        .find("# Endpoint and token")
        .expect("the comment after it");
    let configuration = configuration[..block].to_owned() + &configuration[end..];
    let workspace = workspace(&control_plane, &configuration);
    workspace.write("web.yaml", &read("web.yaml"));
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_eq!(control_plane.runs().len(), 1);
    assert_eq!(uses(&control_plane).0, json!(["web"]));
    workspace.destroy().await;
    assert_released(&control_plane);
    assert_eq!(control_plane.runs().len(), 1, "a release installs nothing");
    assert!(control_plane.find(Collection::MachineRoles, "web").is_none());
    assert!(control_plane.find(Collection::MeshNetworks, "internal").is_none());
    assert_eq!(workspace.instances(), []);
}

#[tokio::test]
async fn destroy_keeps_the_machine_unless_it_is_asked_to_release_it() {
    for arguments in ["", "on_destroy = \"keep\"", "on_destroy = null"] {
        let (control_plane, workspace) = applied(&deployment(arguments)).await;
        let sent = control_plane.log().changes().len();
        workspace.destroy().await;
        assert_kept(&control_plane);
        assert_eq!(
            control_plane.log().changes().len(),
            sent,
            "{arguments}: no request"
        );
    }
}

#[tokio::test]
async fn every_plain_destroy_releases_the_machine() {
    // Removed from the configuration.
    let (control_plane, workspace) = applied(&deployment(RELEASE)).await;
    workspace.configure("");
    workspace.apply().await;
    assert_released(&control_plane);

    // A saved plan of a destroy.
    let (control_plane, workspace) = applied(&deployment(RELEASE)).await;
    workspace
        .run(&["plan", "-destroy", "-out=saved"])
        .await
        .succeeds();
    workspace.run(&["apply", "saved"]).await.succeeds();
    assert_released(&control_plane);

    // A tainted object, a smaller `count`, and a machine that is only configured.
    let (control_plane, workspace) = applied(&deployment(RELEASE)).await;
    workspace.run(&["taint", DEPLOYMENT]).await.succeeds();
    workspace.destroy().await;
    assert_released(&control_plane);
    assert_eq!(control_plane.runs().len(), 1);

    let counted = |count: u32| deployment(&format!("count = {count}\n  {RELEASE}"));
    let (control_plane, workspace) = applied(&counted(1)).await;
    workspace.configure(&counted(0));
    workspace.apply().await;
    assert_released(&control_plane);

    let config = resource("config", &format!("role_names = [\"base\"]\n  {RELEASE}"));
    let (control_plane, workspace) = applied(&config).await;
    workspace.destroy().await;
    assert_released(&control_plane);
    assert_eq!(control_plane.runs().len(), 0);
}

#[tokio::test]
async fn release_takes_the_machine_out_of_its_network() {
    let network = "resource \"durantic_mesh_network\" \"it\" {\n  name = \"it\"\n  network_cidr = \"10.42.0.0/24\"\n}\n";
    let configuration = deployment(&format!(
        "mesh_network_uuid = durantic_mesh_network.it.uuid\n  {RELEASE}"
    )) + network;
    let (control_plane, workspace) = applied(&configuration).await;
    assert_ne!(uses(&control_plane).1, Json::Null);
    workspace.destroy().await;
    assert_released(&control_plane);
    assert!(control_plane.find(Collection::MeshNetworks, "it").is_none());
    assert_eq!(control_plane.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn replacement_never_releases_the_machine() {
    let with = |order: &str, arguments: &str| {
        let lifecycle = format!("lifecycle {{\n    create_before_destroy = {order}\n  }}");
        deployment(&format!("{RELEASE}\n  {arguments}\n  {lifecycle}"))
    };
    for order in ["false", "true"] {
        let (control_plane, workspace) = applied(&with(order, "")).await;
        let replace = format!("-replace={DEPLOYMENT}");
        workspace
            .run(&["apply", "-auto-approve", &replace])
            .await
            .succeeds();
        assert_kept(&control_plane);

        workspace.configure(&with(order, "force_provision = \"again\""));
        workspace.apply().await;
        assert_kept(&control_plane);

        workspace.run(&["taint", DEPLOYMENT]).await.succeeds();
        workspace.apply().await;
        assert_kept(&control_plane);
        assert_eq!(control_plane.runs().len(), 4, "create_before_destroy = {order}");
        workspace.plans_empty().await;
        workspace.destroy().await;
        assert_released(&control_plane);
    }
}

/// A replacement by a deployment of another machine is no release of the earlier one.
#[tokio::test]
async fn another_machine_does_not_release_the_earlier_one() {
    let (control_plane, workspace) = applied(&deployment(RELEASE)).await;
    workspace.configure(&deployment(RELEASE).replace(MACHINE, &machine(2)));
    workspace.apply().await;
    assert_kept(&control_plane);
}

/// The old object of an interrupted replacement is deposed. A later apply destroys it.
#[tokio::test]
async fn deposed_object_does_not_release_the_machine() {
    let lifecycle = "lifecycle {\n    create_before_destroy = true\n  }";
    let configuration = |arguments: &str| deployment(&format!("{RELEASE}\n  {arguments}\n  {lifecycle}"));
    let (control_plane, workspace) = applied(&configuration("")).await;
    workspace.configure(&configuration("force_provision = \"again\""));
    control_plane.set_install_time(Duration::from_hours(1));
    let polls = control_plane.log().count(POLL);
    let apply = start(&workspace, &["apply", "-auto-approve"]);
    wait_for(&control_plane, POLL, polls + 1).await;
    kill(group(&apply), Signal::SIGINT).expect("an interrupt is sent");
    finish(apply).await;
    let is_deposed = || workspace.state_file().contains("\"deposed\"");
    assert!(is_deposed(), "the old object is deposed");
    for run in control_plane.runs() {
        let ended = control_plane.end_run(&run.uuid, harness::control_plane::Outcome::Completed);
        ended.expect("the run ends");
    }
    workspace.apply().await;
    assert!(!is_deposed(), "it is destroyed");
    assert_kept(&control_plane);
    assert_eq!(control_plane.runs().len(), 2);
    workspace.plans_empty().await;
}

/// Another resource of the same machine keeps it, whether it changes, is new, or stays as it is.
#[tokio::test]
async fn machine_of_another_resource_is_not_released() {
    let config = |arguments: &str| resource("config", arguments);
    for (before, after) in [
        (config(""), config("")),
        (config("stun_enabled = true"), config("stun_enabled = false")),
        (String::new(), config("")),
        (
            config("role_names = [\"base\"]"),
            config("role_names = [\"base\"]"),
        ),
    ] {
        let (control_plane, workspace) = applied(&(deployment(RELEASE) + &before)).await;
        workspace.configure(&after);
        let output = workspace.apply().await.printed();
        assert!(output.contains("Object not released"), "{output}");
        assert_kept(&control_plane);
        workspace.plans_empty().await;
        assert_eq!(control_plane.runs().len(), 1);
    }
}

/// Two addresses for one machine, of which one is removed without a `moved` block.
#[tokio::test]
async fn renamed_address_keeps_the_machine_in_use() {
    let (control_plane, workspace) = applied(&deployment(RELEASE)).await;
    workspace.configure(&deployment(RELEASE).replace("\"it\"", "\"renamed\""));
    workspace.apply().await;
    assert_kept(&control_plane);
}

#[tokio::test]
async fn destroy_of_both_resources_of_a_machine_releases_it() {
    let both = deployment(RELEASE) + &resource("config", "");
    let (control_plane, workspace) = applied(&both).await;
    workspace.destroy().await;
    assert_released(&control_plane);
}

#[tokio::test]
async fn failed_release_keeps_the_object_in_state() {
    let (control_plane, workspace) = applied(&deployment(RELEASE)).await;
    control_plane.fault(Fault::detail(
        UPDATE,
        409,
        "the machine is locked for maintenance",
    ));
    let output = workspace.run(&["destroy", "-auto-approve"]).await.fails();
    assert!(output.contains("Failed to release the object"), "{output}");
    assert!(
        output.contains("the machine is locked for maintenance"),
        "{output}"
    );
    assert_eq!(workspace.state(DEPLOYMENT)["on_destroy"], "release");
    assert_eq!(uses(&control_plane).0, json!(["base"]));
    control_plane.clear_faults();
    workspace.destroy().await;
    assert_released(&control_plane);
}

#[tokio::test]
async fn lost_response_to_a_release_is_repeated() {
    let (control_plane, workspace) = applied(&deployment(RELEASE)).await;
    control_plane.fault(Fault::new(UPDATE, FaultKind::ResetAfter).times(2));
    workspace.destroy().await;
    assert_released(&control_plane);
    assert_eq!(workspace.instances(), []);
}

#[tokio::test]
async fn release_of_a_machine_that_is_gone_succeeds() {
    let configuration = deployment(RELEASE)
        + "resource \"durantic_variable\" \"other\" {\n  name = \"other\"\n  value = \"1\"\n}\n";
    let (control_plane, workspace) = applied(&configuration).await;
    control_plane
        .delete(Collection::Machines, MACHINE)
        .expect("the machine is removed");
    workspace
        .run(&["destroy", "-auto-approve", "-refresh=false"])
        .await
        .succeeds();
    assert_eq!(workspace.instances(), []);
}

/// The run goes on, and nothing follows it.
#[tokio::test]
async fn destroy_during_an_installation_releases_the_machine() {
    let control_plane = quick()
        .install_time(Duration::from_hours(1))
        .start()
        .await
        .expect("it starts");
    let workspace = workspace(&control_plane, &deployment(RELEASE));
    let apply = start(&workspace, &["apply", "-auto-approve"]);
    wait_for(&control_plane, POLL, 1).await;
    kill(group(&apply), Signal::SIGINT).expect("an interrupt is sent");
    finish(apply).await;
    workspace.destroy().await;
    assert_released(&control_plane);
    assert_eq!(control_plane.runs().len(), 1);
}

/// The value in state counts. A change of it sends nothing.
#[tokio::test]
async fn on_destroy_is_stored_without_a_request() {
    let (control_plane, workspace) = applied(&deployment("")).await;
    let sent = control_plane.log().changes().len();
    for (arguments, stored) in [
        (RELEASE, json!("release")),
        ("on_destroy = \"keep\"", json!("keep")),
        ("", Json::Null),
    ] {
        workspace.configure(&deployment(arguments));
        workspace.apply().await;
        assert_eq!(workspace.state(DEPLOYMENT)["on_destroy"], stored);
        workspace.plans_empty().await;
    }
    assert_eq!(control_plane.log().changes().len(), sent);
    workspace.configure(&deployment("on_destroy = \"relase\""));
    let output = workspace.run(&["validate"]).await.fails();
    assert!(output.contains("`on_destroy` must be one of"), "{output}");
}

#[tokio::test]
async fn imported_machine_is_kept_until_the_argument_is_applied() {
    let (control_plane, first) = applied(&deployment("")).await;
    for kind in ["deployment", "config"] {
        let address = if kind == "config" { CONFIG } else { DEPLOYMENT };
        let workspace = Workspace::new(crate::provider(), &control_plane, &resource(kind, ""));
        workspace.run(&["import", address, MACHINE]).await.succeeds();
        workspace.plans_empty().await;
        assert_eq!(workspace.state(address)["on_destroy"], Json::Null);
        workspace.destroy().await;
        assert_kept(&control_plane);
    }
    drop(first);
}

/// The uuid of the other resource is known after apply only.
#[tokio::test]
async fn machine_that_another_resource_may_manage_is_not_released() {
    let data = |trigger: u32| {
        format!(
            "resource \"terraform_data\" \"machine\" {{\n  input = \"{MACHINE}\"\n  triggers_replace = {trigger}\n}}\n"
        )
    };
    let config = resource("config", "stun_enabled = true")
        .replace(&format!("\"{MACHINE}\""), "terraform_data.machine.output");
    for before in [config.clone(), String::new()] {
        let (control_plane, workspace) = applied(&(deployment(RELEASE) + &before + &data(1))).await;
        workspace.configure(&(config.clone() + &data(2)));
        let output = workspace.apply().await.printed();
        assert!(output.contains("Object not released"), "{output}");
        assert_kept(&control_plane);
    }
}

/// With one request at a time, a plan cannot wait for another. It fails if it finds out too late.
#[tokio::test]
async fn plan_of_a_machine_that_the_plan_releases_fails() {
    let named =
        |name: &str, arguments: &str| resource("config", arguments).replace("\"it\"", &format!("\"{name}\""));
    let released = named("a", &format!("role_names = [\"base\"]\n  {RELEASE}"));
    let other = "stun_enabled = true";
    for (before, after) in [
        (released.clone(), named("b", other)),
        (released.clone() + &named("b", other), named("b", other)),
        (deployment(RELEASE), named("b", other)),
        (deployment(RELEASE) + &named("b", other), named("b", other)),
        (
            deployment(RELEASE),
            deployment("").replace("\"it\"", "\"renamed\""),
        ),
    ] {
        let (control_plane, workspace) = applied(&before).await;
        workspace.configure(&after);
        let run = workspace.run(&["apply", "-auto-approve", "-parallelism=1"]).await;
        let output = run.printed();
        let is_found =
            ["Object managed by two resources", "Object not released"].map(|text| output.contains(text));
        assert!(is_found.contains(&true), "{output}");
        assert_kept(&control_plane);
    }
}

/// More plans of destroys wait than Terraform plans at a time.
#[tokio::test]
async fn fleet_that_other_resources_take_over_keeps_its_roles() {
    let fleet = |kind: &str, arguments: &str| -> String {
        let one = |number: u32| {
            let resource = resource(kind, arguments).replace("\"it\"", &format!("\"m{number}\""));
            resource.replace(MACHINE, &machine(number))
        };
        (1..=20).map(one).collect()
    };
    for other in ["config", "deployment"] {
        let control_plane = quick().machines(20).start().await.expect("it starts");
        let workspace = workspace(
            &control_plane,
            &fleet("config", &format!("role_names = [\"base\"]\n  {RELEASE}")),
        );
        workspace.apply().await;
        let renamed = fleet(other, "stun_enabled = true").replace("\"m", "\"n");
        workspace.configure(&renamed);
        workspace.run(&["apply", "-auto-approve"]).await;
        for number in 1..=20 {
            let machine = control_plane
                .machine(&machine(number))
                .expect("the machine exists");
            assert_eq!(machine["role_names"], json!(["base"]), "node-{number}");
        }
    }
}
