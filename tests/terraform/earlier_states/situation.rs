//! What led to each situation, for the build that writes its state. Time stands still in the control plane.

use std::time::Duration;

use acceptance::processes::{finish, group, start};
use acceptance::terraform::Workspace;
use harness::control_plane::{Answer, Collection, ControlPlane, Fault, FaultKind, Outcome};
use nix::sys::signal::{Signal, kill};
use serde_json::json;
use tokio::process::Child;

use super::super::machine;
use super::{CONFIGURATION, read};

const START: &str = "provisioning_api_provision_machine";
const POLL: &str = "provisioning_api_get_machine_provision";
const CREATE: &str = "controlplane_api_create_account_variable";
const LIST: &str = "controlplane_api_list_account_variables";
const AGAIN: [&str; 4] = [
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

/// An apply that is interrupted when it has looked at its run for the `looks`th time.
async fn interrupted(control_plane: &ControlPlane, workspace: &Workspace, looks: usize) {
    let polls = control_plane.log().count(POLL);
    let apply = start_apply(workspace);
    control_plane.log().wait_for(POLL, polls + looks).await;
    interrupt(apply).await;
}

/// An apply that is interrupted when it has asked for a run, and has no answer yet.
async fn interrupted_at_start(
    control_plane: &ControlPlane,
    workspace: &Workspace,
    arguments: &[&str],
    answer: Fault,
) {
    control_plane.fault(answer.times(1));
    let starts = control_plane.log().count(START);
    let apply = start(workspace, arguments);
    control_plane.log().wait_for(START, starts + 1).await;
    interrupt(apply).await;
    control_plane.clear_faults();
}

fn no_answer() -> Fault {
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
    let said = workspace.apply().await.said();
    assert!(said.contains("kexec_installer"), "{said}");
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

/// A create whose answer is lost, as well as that to the question for what it has made.
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

pub async fn claim_of_nothing(control_plane: &ControlPlane, workspace: &Workspace) {
    lost_create(control_plane, workspace, Fault::html(CREATE, 502)).await;
}

pub async fn run_going(control_plane: &ControlPlane, workspace: &Workspace) {
    interrupted(control_plane, workspace, 1).await;
}

pub async fn run_completed(control_plane: &ControlPlane, workspace: &Workspace) {
    run_going(control_plane, workspace).await;
    control_plane.advance(Duration::from_mins(20));
}

pub async fn run_failed_meanwhile(control_plane: &ControlPlane, workspace: &Workspace) {
    run_going(control_plane, workspace).await;
    end(control_plane);
}

fn end(control_plane: &ControlPlane) {
    let run = &control_plane.runs()[0].uuid;
    control_plane
        .end_run(run, Outcome::Error)
        .expect("the run is ended");
}

/// It fails while an update waits for it.
pub async fn run_failed(control_plane: &ControlPlane, workspace: &Workspace) {
    run_going(control_plane, workspace).await;
    let polls = control_plane.log().count(POLL);
    let apply = start_apply(workspace);
    control_plane.log().wait_for(POLL, polls + 2).await;
    end(control_plane);
    assert_eq!(finish(apply).await.0, Some(1));
}

pub async fn run_timed_out(_: &ControlPlane, workspace: &Workspace) {
    workspace.run(&["apply", "-auto-approve"]).await.fails();
}

pub async fn run_joined(control_plane: &ControlPlane, workspace: &Workspace) {
    control_plane.start_run(&machine(1)).expect("a run is started");
    interrupted(control_plane, workspace, 1).await;
}

pub async fn run_starting(control_plane: &ControlPlane, workspace: &Workspace) {
    let apply = ["apply", "-auto-approve"];
    interrupted_at_start(control_plane, workspace, &apply, no_answer()).await;
}

pub async fn run_not_started(control_plane: &ControlPlane, workspace: &Workspace) {
    let refused = Fault::new(START, FaultKind::Answer(Answer::json(429))).header("retry-after", "60");
    let apply = ["apply", "-auto-approve"];
    interrupted_at_start(control_plane, workspace, &apply, refused).await;
}

/// The machine is installed again, so that it cannot say what became of that.
pub async fn run_unconfirmed(control_plane: &ControlPlane, workspace: &Workspace) {
    installed(control_plane, workspace).await;
    interrupted_at_start(control_plane, workspace, &AGAIN, no_answer()).await;
}

pub async fn run_lost(control_plane: &ControlPlane, workspace: &Workspace) {
    run_unconfirmed(control_plane, workspace).await;
    control_plane.advance(Duration::from_mins(20));
    workspace.apply().await;
}

/// A run of another `force_provision` has to end first.
pub async fn run_waiting(control_plane: &ControlPlane, workspace: &Workspace) {
    outdated(control_plane, workspace).await;
    // One look is that of the refresh.
    interrupted(control_plane, workspace, 2).await;
}

pub async fn run_waiting_timed_out(control_plane: &ControlPlane, workspace: &Workspace) {
    outdated(control_plane, workspace).await;
    workspace.run(&["apply", "-auto-approve"]).await.fails();
}

async fn outdated(control_plane: &ControlPlane, workspace: &Workspace) {
    let wanted = read(workspace.path(), CONFIGURATION);
    workspace.configure(&wanted.replace("\"2\"", "\"1\""));
    run_going(control_plane, workspace).await;
    workspace.configure(&wanted);
}
