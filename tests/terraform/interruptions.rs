//! Interruptions of a wait never cause a second installation: interrupts, timeouts, expired tokens, killed processes.
//!
//! The engine's `job/machine/table.rs` and `exploration.rs` test every case. These tests show with the real Terraform that
//! the parts work together.

use std::sync::Arc;
use std::time::{Duration, Instant};

use acceptance::processes::{finish, group, kill_terraform, providers, start};
use acceptance::terraform::Workspace;
use harness::control_plane::{ControlPlane, Fault, FaultKind, FaultResponse, Outcome};
use nix::sys::signal::{Signal, kill};
use serde_json::json;
use tokio::process::Child;

use super::{MACHINE, workspace};

const ADDRESS: &str = "durantic_machine_deployment.node";
const START: &str = "provisioning_api_provision_machine";
const POLL: &str = "provisioning_api_get_machine_provision";

fn configuration(arguments: &str) -> String {
    format!(
        "resource \"durantic_machine_role\" \"web\" {{\n  name = \"web\"\n}}\n\
         resource \"durantic_machine_deployment\" \"node\" {{\n  machine_uuid = \"{MACHINE}\"\n  \
         role_names = [durantic_machine_role.web.name]\n  {arguments}\n}}\n"
    )
}

/// A control plane with a stopped clock: an installation lasts until a test advances the clock.
pub(super) async fn stopped() -> ControlPlane {
    let builder = ControlPlane::builder()
        .install_time(Duration::from_mins(10))
        .stopped_clock();
    builder.start().await.expect("the control plane starts")
}

/// Starts an apply.
pub(super) fn start_apply(workspace: &Workspace) -> Child {
    start(workspace, &["apply", "-auto-approve"])
}

/// Interrupts an apply during the installation, and returns its output.
pub(super) async fn interrupted(control_plane: &ControlPlane, workspace: &Workspace) -> String {
    let apply = start_apply(workspace);
    wait_for_poll(control_plane).await;
    interrupt(apply).await
}

/// Interrupts a command, and returns its output.
pub(super) async fn interrupt(command: Child) -> String {
    kill(group(&command), Signal::SIGINT).expect("an interrupt is sent");
    finish(command).await.1
}

async fn wait_for_poll(control_plane: &ControlPlane) {
    control_plane.log().wait_for(POLL, 1).await;
}

/// Ends every run, and asserts that the apply then succeeds.
pub(super) async fn succeeds_after_the_run(control_plane: &ControlPlane, apply: Child) {
    control_plane.advance(Duration::from_mins(20));
    let (status, output) = finish(apply).await;
    assert_eq!(status, Some(0), "{output}");
}

/// Applies again and asserts that the single run has installed the machine.
async fn converges_with_one_run(control_plane: &ControlPlane, workspace: &Workspace) {
    workspace.apply().await;
    let state = workspace.state(ADDRESS);
    assert_eq!(state["provision_status"], "completed");
    assert_eq!(control_plane.runs().len(), 1, "one installation, not two");
    workspace.plans_empty().await;
}

#[tokio::test]
async fn interrupt_keeps_the_run_for_the_next_apply() {
    let control_plane = stopped().await;
    let workspace = workspace(&control_plane, &configuration(""));
    let apply = start_apply(&workspace);
    wait_for_poll(&control_plane).await;

    let started = Instant::now();
    let output = interrupt(apply).await;
    assert!(
        started.elapsed() < Duration::from_secs(4),
        "it took {:?}",
        started.elapsed()
    );
    assert!(output.contains("Interrupted during the run"), "{output}");
    assert!(output.contains("continues without Terraform"), "{output}");

    let state: serde_json::Value = serde_json::from_str(&workspace.state_file()).expect("a state file");
    let deployment = state["resources"]
        .as_array()
        .and_then(|resources| {
            resources
                .iter()
                .find(|resource| resource["type"] == "durantic_machine_deployment")
        })
        .expect("the deployment is in state");
    assert_eq!(
        deployment["instances"][0]["status"],
        json!(null),
        "it is not tainted"
    );
    assert_eq!(
        deployment["instances"][0]["attributes"]["provision_uuid"],
        control_plane.runs()[0].uuid.as_str()
    );

    assert_eq!(
        workspace.plan().await.changes(),
        [format!("{ADDRESS}: update")],
        "the next apply continues the wait in place"
    );
    control_plane.advance(Duration::from_mins(20));
    converges_with_one_run(&control_plane, &workspace).await;
}

#[tokio::test]
async fn run_that_failed_between_applies_is_replaced() {
    let control_plane = stopped().await;
    let workspace = workspace(&control_plane, &configuration(""));
    interrupted(&control_plane, &workspace).await;

    control_plane
        .end_run(&control_plane.runs()[0].uuid, Outcome::Error)
        .expect("the run is ended");
    assert_eq!(
        workspace.plan().await.changes(),
        [format!("{ADDRESS}: delete,create")]
    );
    control_plane.set_install_time(Duration::ZERO);
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    assert_eq!(control_plane.runs().len(), 2);
    workspace.plans_empty().await;
}

#[tokio::test]
async fn replacement_after_a_timeout_waits_for_the_same_run() {
    let control_plane = stopped().await;
    let workspace = workspace(
        &control_plane,
        &configuration("timeouts {\n    create = \"3s\"\n  }"),
    );
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(output.contains("Timeout while waiting for the run"), "{output}");
    assert!(output.contains(&control_plane.runs()[0].uuid), "{output}");

    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(
        output.contains("Timeout while waiting for the run"),
        "it waits for the same run: {output}"
    );
    assert_eq!(control_plane.runs().len(), 1);

    control_plane.advance(Duration::from_mins(20));
    converges_with_one_run(&control_plane, &workspace).await;
}

#[tokio::test]
async fn expired_token_fails_at_once_and_keeps_the_run() {
    let control_plane = stopped().await;
    let workspace = workspace(&control_plane, &configuration(""));
    let apply = start_apply(&workspace);
    wait_for_poll(&control_plane).await;
    control_plane.revoke_token(control_plane.token());
    let (status, output) = finish(apply).await;
    assert_eq!(status, Some(1));
    assert!(output.contains("401"), "{output}");

    control_plane.accept_token("dur_fresh");
    let workspace = workspace.with("DURANTIC_API_TOKEN", "dur_fresh");
    control_plane.advance(Duration::from_mins(20));
    converges_with_one_run(&control_plane, &workspace).await;
}

#[tokio::test]
async fn changed_configuration_waits_for_the_outdated_run() {
    let control_plane = stopped().await;
    let workspace = workspace(&control_plane, &configuration(""));
    interrupted(&control_plane, &workspace).await;

    workspace.configure(&configuration("force_provision = \"1\""));
    let polls = control_plane.log().count(POLL);
    let apply = start_apply(&workspace);
    // One poll in the refresh, one in the wait for the outdated run.
    control_plane.log().wait_for(POLL, polls + 2).await;
    assert_eq!(control_plane.runs().len(), 1, "the outdated run is still active");
    control_plane.set_install_time(Duration::ZERO);
    succeeds_after_the_run(&control_plane, apply).await;
    assert_eq!(
        control_plane.runs().len(),
        2,
        "the changed `force_provision` starts a run"
    );
    workspace.plans_empty().await;
}

#[tokio::test]
async fn killed_terraform_leaves_no_provider_and_keeps_its_run() {
    let control_plane = stopped().await;
    let workspace = workspace(&control_plane, &configuration(""));
    let apply = start_apply(&workspace);
    wait_for_poll(&control_plane).await;
    let orphans = providers(apply.id().expect("terraform runs"));
    assert!(!orphans.is_empty(), "the provider runs");
    kill_terraform(&workspace, apply).await;

    // The run is still active: the next apply waits for it instead of starting another.
    let apply = start_apply(&workspace);
    control_plane.log().wait_for(START, 2).await;
    succeeds_after_the_run(&control_plane, apply).await;
    assert_eq!(control_plane.runs().len(), 1, "one installation, not two");
    workspace.plans_empty().await;
    // The provider notices within a few seconds that Terraform has ended.
    let deadline = Instant::now() + Duration::from_secs(15);
    while orphans.iter().any(|orphan| kill(*orphan, None).is_ok()) {
        assert!(Instant::now() < deadline, "a provider still runs");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn another_run_with_other_roles_is_followed_by_an_own_run() {
    let control_plane = stopped().await;
    control_plane.start_run(MACHINE).expect("a run is started");
    let workspace = workspace(&control_plane, &configuration(""));
    let apply = start_apply(&workspace);
    wait_for_poll(&control_plane).await;
    control_plane.set_install_time(Duration::ZERO);
    succeeds_after_the_run(&control_plane, apply).await;
    let runs = control_plane.runs();
    assert_eq!(
        runs.len(),
        2,
        "the provider starts its own run after the other run"
    );
    assert_eq!(workspace.state(ADDRESS)["provision_uuid"], runs[1].uuid.as_str());
    workspace.plans_empty().await;
}

#[tokio::test]
async fn create_before_destroy_waits_for_the_outdated_run() {
    let control_plane = stopped().await;
    let lifecycle = "lifecycle {\n    create_before_destroy = true\n  }";
    let workspace = workspace(&control_plane, &configuration(lifecycle));
    interrupted(&control_plane, &workspace).await;

    let roles = "resource \"durantic_machine_role\" \"db\" {\n  name = \"db\"\n}\n";
    let changed = configuration(lifecycle).replace(
        "[durantic_machine_role.web.name]",
        "[durantic_machine_role.db.name]",
    );
    workspace.configure(&format!("{roles}{changed}"));
    let polls = control_plane.log().count(POLL);
    let apply = start_apply(&workspace);
    control_plane.log().wait_for(POLL, polls + 2).await;
    control_plane.set_install_time(Duration::ZERO);
    succeeds_after_the_run(&control_plane, apply).await;
    assert_eq!(control_plane.runs().len(), 2, "one run for each set of roles");
    assert_eq!(workspace.state(ADDRESS)["needs_provisioning"], false);
    workspace.plans_empty().await;
}

const REPLACE: [&str; 4] = ["apply", "-auto-approve", "-replace", ADDRESS];

/// An installed machine, and a control plane whose next run lasts until a test advances the clock. A reinstallation does not
/// change the attributes of the machine.
async fn installed() -> (ControlPlane, Workspace) {
    let control_plane = stopped().await;
    control_plane.set_install_time(Duration::ZERO);
    let workspace = workspace(&control_plane, &configuration(""));
    workspace.apply().await;
    control_plane.set_install_time(Duration::from_mins(10));
    (control_plane, workspace)
}

/// Starts an apply that reinstalls the machine, and waits until it polls the run.
async fn start_reinstall(control_plane: &ControlPlane, workspace: &Workspace) -> Child {
    let polls = control_plane.log().count(POLL);
    let apply = start(workspace, &REPLACE);
    control_plane.log().wait_for(POLL, polls + 1).await;
    apply
}

#[tokio::test]
async fn killed_reinstall_is_waited_for() {
    let (control_plane, workspace) = installed().await;
    let apply = start_reinstall(&control_plane, &workspace).await;
    kill_terraform(&workspace, apply).await;

    let starts = control_plane.log().count(START);
    let apply = start_apply(&workspace);
    control_plane.log().wait_for(START, starts + 1).await;
    control_plane.advance(Duration::from_mins(20));
    let (status, output) = finish(apply).await;
    assert_eq!(status, Some(0), "{output}");
    assert!(output.contains("was active already"), "{output}");
    assert_eq!(control_plane.runs().len(), 2, "one reinstallation, not two");
    workspace.plans_empty().await;
}

#[tokio::test]
async fn unconfirmed_reinstall_is_never_started_twice() {
    let (control_plane, workspace) = installed().await;
    let late = FaultKind::Delay(Duration::from_mins(10));
    control_plane.fault(Fault::new(START, late).times(1));
    let starts = control_plane.log().count(START);
    let apply = start(&workspace, &REPLACE);
    control_plane.log().wait_for(START, starts + 1).await;
    interrupt(apply).await;
    assert_eq!(workspace.state(ADDRESS)["provision_status"], "unconfirmed");
    control_plane.advance(Duration::from_mins(20));

    let output = workspace.apply().await.printed();
    assert!(
        output.contains("Cannot tell whether the run took place"),
        "{output}"
    );
    assert_eq!(control_plane.runs().len(), 2, "no run is started");
    assert_eq!(workspace.state(ADDRESS)["provision_status"], "lost");
    workspace.plans_empty().await;

    control_plane.set_install_time(Duration::ZERO);
    workspace.run(&REPLACE).await.succeeds();
    assert_eq!(control_plane.runs().len(), 3, "`-replace` starts a run");
    assert_eq!(workspace.state(ADDRESS)["provision_status"], "completed");
    workspace.plans_empty().await;
}

#[tokio::test]
async fn create_timeout_ends_a_request_without_a_response() {
    let control_plane = stopped().await;
    control_plane.set_install_time(Duration::ZERO);
    let settings = "provisioning_api_update_machine";
    let late = FaultKind::Delay(Duration::from_mins(10));
    control_plane.fault(Fault::new(settings, late));
    let workspace = workspace(
        &control_plane,
        &configuration("timeouts {\n    create = \"2s\"\n  }"),
    );
    let started = Instant::now();
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(output.contains("The timeout ended before"), "{output}");
    assert!(
        started.elapsed() < Duration::from_secs(15),
        "it took {:?}; `request_timeout` is 30 s",
        started.elapsed()
    );
    control_plane.clear_faults();
    converges_with_one_run(&control_plane, &workspace).await;
}

const SHORT: &str = "timeouts {\n    create = \"3s\"\n    update = \"3s\"\n  }";

#[tokio::test]
async fn timeout_keeps_a_changed_force_provision() {
    let control_plane = stopped().await;
    let workspace = workspace(&control_plane, &configuration(SHORT));
    interrupted(&control_plane, &workspace).await;

    workspace.configure(&configuration(&format!("force_provision = \"1\"\n  {SHORT}")));
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(output.contains("Timeout while waiting for the run"), "{output}");
    let tainted: serde_json::Value = serde_json::from_str(&workspace.state_file()).expect("a state file");
    assert!(tainted.to_string().contains("\"waiting\""), "{tainted}");

    control_plane.advance(Duration::from_mins(20));
    control_plane.set_install_time(Duration::ZERO);
    workspace.apply().await;
    assert_eq!(
        control_plane.runs().len(),
        2,
        "the outdated run does not count as the new one"
    );
    assert_eq!(workspace.state(ADDRESS)["provision_status"], "completed");
    workspace.plans_empty().await;
}

#[tokio::test]
async fn failed_replacement_keeps_the_run() {
    let without_roles = format!(
        "resource \"durantic_machine_deployment\" \"node\" {{\n  machine_uuid = \"{MACHINE}\"\n  {SHORT}\n}}\n"
    );
    let invalid_hostname = FaultKind::Rewrite(Arc::new(|machine| machine["hostname"] = json!(7)));
    for (configuration, fault) in [
        (configuration(SHORT), FaultKind::Respond(FaultResponse::json(422))),
        (without_roles, FaultKind::Respond(FaultResponse::json(422))),
        (configuration(SHORT), invalid_hostname),
    ] {
        let control_plane = stopped().await;
        let workspace = workspace(&control_plane, &configuration);
        workspace.run(&["apply", "-auto-approve"]).await.fails();
        control_plane.advance(Duration::from_mins(20));

        control_plane.fault(Fault::new("provisioning_api_update_machine", fault).times(1));
        workspace.run(&["apply", "-auto-approve"]).await.fails();
        converges_with_one_run(&control_plane, &workspace).await;
    }
}
