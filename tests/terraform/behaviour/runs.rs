//! `needs_provisioning` lags some seconds behind the run: no machine is installed twice.

use std::time::Duration;

use acceptance::processes::{finish, group, kill_terraform, providers, start};
use acceptance::terraform::Workspace;
use harness::control_plane::{ControlPlane, Fault, FaultKind};
use nix::sys::signal::{Signal, kill};

use super::{parsed, started, wait_for, workspace};
use crate::MACHINE;

const START: &str = "provisioning_api_provision_machine";
const POLL: &str = "provisioning_api_get_machine_provision";
const ADDRESS: &str = "durantic_machine_deployment.it";

/// The time by which the machine lags behind its run.
const LAG: Duration = Duration::from_secs(6);

/// The time of an installation that the test itself ends.
const NEVER: Duration = Duration::from_hours(1);

fn deployment() -> String {
    format!(
        "resource \"durantic_machine_role\" \"web\" {{\n  name = \"web\"\n}}\n\
         resource \"durantic_machine_deployment\" \"it\" {{\n  machine_uuid = \"{MACHINE}\"\n  \
         role_names = [durantic_machine_role.web.name]\n}}\n"
    )
}

async fn lagging(install: Duration) -> (ControlPlane, Workspace) {
    let control_plane = started(|builder| builder.install_time(install).provisioning_lag(LAG)).await;
    let workspace = workspace(&control_plane, &deployment());
    (control_plane, workspace)
}

/// Applies again and asserts that the only run has installed the machine.
async fn converges_with_one_run(control_plane: &ControlPlane, workspace: &Workspace) {
    workspace.apply().await;
    assert_eq!(control_plane.runs().len(), 1, "one installation, not two");
    assert_eq!(workspace.state(ADDRESS)["provision_status"], "completed");
    tokio::time::sleep(LAG).await;
    workspace.plans_empty().await;
    workspace.apply().await;
    assert_eq!(control_plane.runs().len(), 1);
}

#[tokio::test]
async fn lag_does_not_install_a_machine_twice() {
    let (control_plane, workspace) = lagging(Duration::ZERO).await;
    workspace.apply().await;
    workspace.apply().await;
    converges_with_one_run(&control_plane, &workspace).await;
}

/// Terraform and the provider are killed. The next apply finds the run active, and the machine lags behind its end.
async fn killed_run_is_not_repeated(control_plane: &ControlPlane, workspace: &Workspace, killed_after: &str) {
    let apply = start(workspace, &["apply", "-auto-approve"]);
    wait_for(control_plane, killed_after, 1).await;
    for provider in providers(apply.id().expect("terraform runs")) {
        kill(provider, Signal::SIGKILL).expect("the provider is killed");
    }
    kill_terraform(workspace, apply).await;

    let polls = control_plane.log().count(POLL);
    let apply = start(workspace, &["apply", "-auto-approve"]);
    wait_for(control_plane, POLL, polls + 1).await;
    end_run(control_plane);
    let (status, output) = finish(apply).await;
    assert_eq!(status, Some(0), "{output}");
    converges_with_one_run(control_plane, workspace).await;
}

fn end_run(control_plane: &ControlPlane) {
    let run = control_plane.runs().remove(0).uuid;
    let ended = control_plane.end_run(&run, harness::control_plane::Outcome::Completed);
    ended.expect("the run ends");
}

#[tokio::test]
async fn killed_installation_is_not_repeated() {
    let (control_plane, workspace) = lagging(NEVER).await;
    killed_run_is_not_repeated(&control_plane, &workspace, POLL).await;
}

/// The response to the start never arrived, so that no process knows the run.
#[tokio::test]
async fn killed_start_is_not_repeated() {
    let (control_plane, workspace) = lagging(NEVER).await;
    let late = FaultKind::Delay(Duration::from_mins(10));
    control_plane.fault(Fault::new(START, late).times(1));
    killed_run_is_not_repeated(&control_plane, &workspace, START).await;
}

#[tokio::test]
async fn start_whose_response_was_lost_is_not_repeated() {
    for fault in [
        "reset-after",
        "504,html,processed",
        "truncated",
        "garbage",
        "empty:204",
    ] {
        let (control_plane, workspace) = lagging(Duration::ZERO).await;
        control_plane.fault(parsed(&format!("{START}={fault},times:1")));
        workspace.apply().await;
        assert_eq!(control_plane.runs().len(), 1, "{fault}");
        converges_with_one_run(&control_plane, &workspace).await;
    }
}

#[tokio::test]
async fn interrupted_installation_that_has_just_ended_is_not_repeated() {
    let (control_plane, workspace) = lagging(NEVER).await;
    let apply = start(&workspace, &["apply", "-auto-approve"]);
    wait_for(&control_plane, POLL, 1).await;
    kill(group(&apply), Signal::SIGINT).expect("an interrupt is sent");
    finish(apply).await;
    end_run(&control_plane);
    converges_with_one_run(&control_plane, &workspace).await;
}

/// The user asks for another installation while the machine still lags behind the first one.
#[tokio::test]
async fn replacement_during_the_lag_installs_again() {
    let (control_plane, workspace) = lagging(Duration::ZERO).await;
    workspace.apply().await;
    workspace
        .run(&["apply", "-auto-approve", "-replace", ADDRESS])
        .await
        .succeeds();
    assert_eq!(control_plane.runs().len(), 2);
    assert_eq!(workspace.state(ADDRESS)["provision_status"], "completed");
    tokio::time::sleep(LAG).await;
    workspace.plans_empty().await;
}
