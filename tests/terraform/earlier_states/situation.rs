//! The steps that lead to each situation, for the build that records its state. The control plane's clock is stopped.

use std::time::Duration;

use acceptance::processes::{finish, group, start};
use acceptance::terraform::Workspace;
use harness::control_plane::{Collection, ControlPlane, Fault, FaultKind, FaultResponse, Outcome};
use nix::sys::signal::{Signal, kill};
use serde_json::json;
use tokio::process::Child;

use super::super::machine;
use super::{CONFIGURATION, read};

const START: &str = "provisioning_api_provision_machine";
const POLL: &str = "provisioning_api_get_machine_provision";
const CREATE: &str = "controlplane_api_create_account_variable";
const LIST: &str = "controlplane_api_list_account_variables";
const REPLACE: [&str; 4] = [
    "apply",
    "-auto-approve",
    "-replace",
    "durantic_machine_deployment.it",
];

fn start_apply(workspace: &Workspace) -> Child {
    start(workspace, &["apply", "-auto-approve"])
}

async fn interrupt(apply: Child) {
    kill(group(&apply), Signal::SIGINT).expect("an interrupt is sent");
    finish(apply).await;
}

/// Interrupts an apply after it has polled its run this many times.
async fn interrupted(control_plane: &ControlPlane, workspace: &Workspace, count: usize) {
    let polls = control_plane.log().count(POLL);
    let apply = start_apply(workspace);
    control_plane.log().wait_for(POLL, polls + count).await;
    interrupt(apply).await;
}

/// Interrupts an apply after it has sent a start, and before the response.
async fn interrupted_at_start(
    control_plane: &ControlPlane,
    workspace: &Workspace,
    arguments: &[&str],
    fault: Fault,
) {
    control_plane.fault(fault.times(1));
    let starts = control_plane.log().count(START);
    let apply = start(workspace, arguments);
    control_plane.log().wait_for(START, starts + 1).await;
    interrupt(apply).await;
    control_plane.clear_faults();
}

fn no_response() -> Fault {
    Fault::new(START, FaultKind::Delay(Duration::from_mins(10)))
}

async fn installed(control_plane: &ControlPlane, workspace: &Workspace) {
    control_plane.set_install_time(Duration::ZERO);
    workspace.apply().await;
    control_plane.set_install_time(Duration::from_mins(10));
}

pub async fn all_resources(control_plane: &ControlPlane, workspace: &Workspace) {
    installed(control_plane, workspace).await;
}

pub async fn overridden(_: &ControlPlane, workspace: &Workspace) {
    let output = workspace.apply().await.printed();
    assert!(output.contains("kexec_installer"), "{output}");
}

pub async fn json_config(control_plane: &ControlPlane, workspace: &Workspace) {
    let backend = json!({
        "uuid": "40000000-0000-4000-8000-000000000001",
        "name": "vault",
        "backend_type": "vault",
        "url": "https://vault.example.com",
        "config": { "role": "reader", "timeout": 30, "paths": ["a"] },
    });
    let backend = backend.as_object().expect("an object").clone();
    control_plane
        .create(Collection::SecretsBackends, backend)
        .expect("a backend");
    workspace.apply().await;
}

pub async fn imported_deployment(_: &ControlPlane, workspace: &Workspace) {
    workspace.apply().await;
}

/// A create whose response is lost, and so is that of the lookup of its object.
async fn lost_create(control_plane: &ControlPlane, workspace: &Workspace, lost: Fault) {
    control_plane.fault(lost);
    control_plane.fault(Fault::status(LIST, 500));
    workspace.run(&["apply", "-auto-approve"]).await.fails();
    control_plane.clear_faults();
}

pub async fn claim(control_plane: &ControlPlane, workspace: &Workspace) {
    lost_create(
        control_plane,
        workspace,
        Fault::new(CREATE, FaultKind::ResetAfter),
    )
    .await;
}

pub async fn claim_changed(control_plane: &ControlPlane, workspace: &Workspace) {
    claim(control_plane, workspace).await;
    let found = control_plane.find(Collection::Variables, "GREETING");
    let uuid = found.expect("the variable")["uuid"].clone();
    let changed = control_plane.update(
        Collection::Variables,
        uuid.as_str().expect("a uuid"),
        |variable| {
            variable.insert("value".to_owned(), json!("edited"));
        },
    );
    changed.expect("the variable is changed");
}

pub async fn claim_without_object(control_plane: &ControlPlane, workspace: &Workspace) {
    lost_create(control_plane, workspace, Fault::html(CREATE, 502)).await;
}

pub async fn run_active(control_plane: &ControlPlane, workspace: &Workspace) {
    interrupted(control_plane, workspace, 1).await;
}

pub async fn run_completed(control_plane: &ControlPlane, workspace: &Workspace) {
    run_active(control_plane, workspace).await;
    control_plane.advance(Duration::from_mins(20));
}

pub async fn run_failed_between_applies(control_plane: &ControlPlane, workspace: &Workspace) {
    run_active(control_plane, workspace).await;
    fail_run(control_plane);
}

fn fail_run(control_plane: &ControlPlane) {
    let run = &control_plane.runs()[0].uuid;
    control_plane
        .end_run(run, Outcome::Error)
        .expect("the run is ended");
}

/// The run fails while an update waits for it.
pub async fn run_failed(control_plane: &ControlPlane, workspace: &Workspace) {
    run_active(control_plane, workspace).await;
    let polls = control_plane.log().count(POLL);
    let apply = start_apply(workspace);
    control_plane.log().wait_for(POLL, polls + 2).await;
    fail_run(control_plane);
    assert_eq!(finish(apply).await.0, Some(1));
}

pub async fn run_timed_out(_: &ControlPlane, workspace: &Workspace) {
    workspace.run(&["apply", "-auto-approve"]).await.fails();
}

pub async fn run_of_another_client(control_plane: &ControlPlane, workspace: &Workspace) {
    control_plane.start_run(&machine(1)).expect("a run is started");
    interrupted(control_plane, workspace, 1).await;
}

pub async fn run_starting(control_plane: &ControlPlane, workspace: &Workspace) {
    let apply = ["apply", "-auto-approve"];
    interrupted_at_start(control_plane, workspace, &apply, no_response()).await;
}

pub async fn run_not_started(control_plane: &ControlPlane, workspace: &Workspace) {
    let rejected =
        Fault::new(START, FaultKind::Respond(FaultResponse::json(429))).header("retry-after", "60");
    let apply = ["apply", "-auto-approve"];
    interrupted_at_start(control_plane, workspace, &apply, rejected).await;
}

/// The machine is reinstalled with the same roles, so its attributes do not show whether the run took place.
pub async fn run_unconfirmed(control_plane: &ControlPlane, workspace: &Workspace) {
    installed(control_plane, workspace).await;
    interrupted_at_start(control_plane, workspace, &REPLACE, no_response()).await;
}

pub async fn run_lost(control_plane: &ControlPlane, workspace: &Workspace) {
    run_unconfirmed(control_plane, workspace).await;
    control_plane.advance(Duration::from_mins(20));
    workspace.apply().await;
}

/// A run for another `force_provision` must end first.
pub async fn outdated_run(control_plane: &ControlPlane, workspace: &Workspace) {
    start_outdated_run(control_plane, workspace).await;
    // One poll is that of the refresh.
    interrupted(control_plane, workspace, 2).await;
}

pub async fn outdated_run_timed_out(control_plane: &ControlPlane, workspace: &Workspace) {
    start_outdated_run(control_plane, workspace).await;
    workspace.run(&["apply", "-auto-approve"]).await.fails();
}

async fn start_outdated_run(control_plane: &ControlPlane, workspace: &Workspace) {
    let configuration = read(workspace.path(), CONFIGURATION);
    workspace.configure(&configuration.replace("\"2\"", "\"1\""));
    run_active(control_plane, workspace).await;
    workspace.configure(&configuration);
}
