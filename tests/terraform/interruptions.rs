//! A wait never costs a second installation: interrupts, timeouts, expired tokens, killed processes.
//!
//! What becomes of a run in each case is proved in the engine's `job/machine/table.rs` and `exploration.rs`; here the real
//! Terraform proves that the parts fit together.

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

/// A control plane whose clock stands still: an installation goes on until a test advances it.
async fn stopped() -> ControlPlane {
    let builder = ControlPlane::builder()
        .install_time(Duration::from_mins(10))
        .stopped_clock();
    builder.start().await.expect("the control plane starts")
}

/// An apply under way.
fn start_apply(workspace: &Workspace) -> Child {
    start(workspace, &["apply", "-auto-approve"])
}

/// An apply that was interrupted in the middle of the installation: what it said.
async fn interrupted(control_plane: &ControlPlane, workspace: &Workspace) -> String {
    let apply = start_apply(workspace);
    is_installing(control_plane).await;
    interrupt(apply).await
}

/// Interrupts a command: what it said.
async fn interrupt(command: Child) -> String {
    kill(group(&command), Signal::SIGINT).expect("an interrupt is sent");
    finish(command).await.1
}

async fn is_installing(control_plane: &ControlPlane) {
    control_plane.log().wait_for(POLL, 1).await;
}

/// Lets every run end, and with it this apply.
async fn ends_with_the_run(control_plane: &ControlPlane, apply: Child) {
    control_plane.advance(Duration::from_mins(20));
    let (status, said) = finish(apply).await;
    assert_eq!(status, Some(0), "{said}");
}

/// Applies once more and expects the machine to be installed by the one run there is.
async fn converges_with_one_run(control_plane: &ControlPlane, workspace: &Workspace) {
    workspace.apply().await;
    let state = workspace.state(ADDRESS);
    assert_eq!(state["provision_status"], "completed");
    assert_eq!(control_plane.runs().len(), 1, "one installation, not two");
    workspace.plans_empty().await;
}

#[tokio::test]
async fn an_interrupt_ends_quickly_without_a_taint_and_the_next_apply_waits_on() {
    let control_plane = stopped().await;
    let workspace = workspace(&control_plane, &configuration(""));
    let apply = start_apply(&workspace);
    is_installing(&control_plane).await;

    let asked = Instant::now();
    let said = interrupt(apply).await;
    assert!(
        asked.elapsed() < Duration::from_secs(4),
        "it took {:?}",
        asked.elapsed()
    );
    assert!(said.contains("Interrupted during the run"), "{said}");
    assert!(said.contains("continues without Terraform"), "{said}");

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
        "it is picked up in place"
    );
    control_plane.advance(Duration::from_mins(20));
    converges_with_one_run(&control_plane, &workspace).await;
}

#[tokio::test]
async fn a_run_that_failed_meanwhile_is_replaced() {
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
async fn a_timeout_is_an_error_and_the_replacement_waits_for_the_same_run() {
    let control_plane = stopped().await;
    let workspace = workspace(
        &control_plane,
        &configuration("timeouts {\n    create = \"3s\"\n  }"),
    );
    let said = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(said.contains("Timeout while waiting for the run"), "{said}");
    assert!(said.contains(&control_plane.runs()[0].uuid), "{said}");

    let said = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(
        said.contains("Timeout while waiting for the run"),
        "still the same run: {said}"
    );
    assert_eq!(control_plane.runs().len(), 1);

    control_plane.advance(Duration::from_mins(20));
    converges_with_one_run(&control_plane, &workspace).await;
}

#[tokio::test]
async fn a_token_that_expires_in_mid_run_fails_at_once_and_the_run_is_picked_up() {
    let control_plane = stopped().await;
    let workspace = workspace(&control_plane, &configuration(""));
    let apply = start_apply(&workspace);
    is_installing(&control_plane).await;
    control_plane.revoke_token(control_plane.token());
    let (status, said) = finish(apply).await;
    assert_eq!(status, Some(1));
    assert!(said.contains("401"), "{said}");

    control_plane.accept_token("dur_fresh");
    let workspace = workspace.with("DURANTIC_API_TOKEN", "dur_fresh");
    control_plane.advance(Duration::from_mins(20));
    converges_with_one_run(&control_plane, &workspace).await;
}

#[tokio::test]
async fn another_configuration_waits_for_the_old_run_before_it_starts_its_own() {
    let control_plane = stopped().await;
    let workspace = workspace(&control_plane, &configuration(""));
    interrupted(&control_plane, &workspace).await;

    workspace.configure(&configuration("force_provision = \"1\""));
    let polls = control_plane.log().count(POLL);
    let apply = start_apply(&workspace);
    // One look in the refresh, one in the wait for the old run.
    control_plane.log().wait_for(POLL, polls + 2).await;
    assert_eq!(control_plane.runs().len(), 1, "the old run goes on");
    control_plane.set_install_time(Duration::ZERO);
    ends_with_the_run(&control_plane, apply).await;
    assert_eq!(
        control_plane.runs().len(),
        2,
        "the changed trigger has a run of its own"
    );
    workspace.plans_empty().await;
}

#[tokio::test]
async fn a_terraform_that_is_killed_leaves_no_provider_and_its_run_is_waited_for() {
    let control_plane = stopped().await;
    let workspace = workspace(&control_plane, &configuration(""));
    let apply = start_apply(&workspace);
    is_installing(&control_plane).await;
    let orphans = providers(apply.id().expect("terraform runs"));
    assert!(!orphans.is_empty(), "the provider runs");
    kill_terraform(&workspace, apply).await;

    // The run is still going when the next apply comes: it is waited for, and does the work.
    let apply = start_apply(&workspace);
    control_plane.log().wait_for(START, 2).await;
    ends_with_the_run(&control_plane, apply).await;
    assert_eq!(control_plane.runs().len(), 1, "one installation, not two");
    workspace.plans_empty().await;
    // It notices within a few seconds that nobody is there any more.
    let given_up = Instant::now() + Duration::from_secs(15);
    while orphans.iter().any(|orphan| kill(*orphan, None).is_ok()) {
        assert!(Instant::now() < given_up, "a provider is left behind");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_run_of_somebody_else_with_other_roles_is_not_taken_for_the_wanted_one() {
    let control_plane = stopped().await;
    control_plane.start_run(MACHINE).expect("a run is started");
    let workspace = workspace(&control_plane, &configuration(""));
    let apply = start_apply(&workspace);
    is_installing(&control_plane).await;
    control_plane.set_install_time(Duration::ZERO);
    ends_with_the_run(&control_plane, apply).await;
    let runs = control_plane.runs();
    assert_eq!(runs.len(), 2, "the wanted one is started after the other one");
    assert_eq!(workspace.state(ADDRESS)["provision_uuid"], runs[1].uuid.as_str());
    workspace.plans_empty().await;
}

#[tokio::test]
async fn create_before_destroy_waits_for_the_old_run_and_starts_its_own() {
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
    ends_with_the_run(&control_plane, apply).await;
    assert_eq!(control_plane.runs().len(), 2, "one for each set of roles");
    assert_eq!(workspace.state(ADDRESS)["needs_provisioning"], false);
    workspace.plans_empty().await;
}

const AGAIN: [&str; 4] = ["apply", "-auto-approve", "-replace", ADDRESS];

/// A machine that is installed, and a control plane whose next run goes on until a test advances the clock. To install
/// it once more changes nothing that the machine could tell of.
async fn installed() -> (ControlPlane, Workspace) {
    let control_plane = stopped().await;
    control_plane.set_install_time(Duration::ZERO);
    let workspace = workspace(&control_plane, &configuration(""));
    workspace.apply().await;
    control_plane.set_install_time(Duration::from_mins(10));
    (control_plane, workspace)
}

/// An apply that installs it once more, and looks at the run.
async fn installing_again(control_plane: &ControlPlane, workspace: &Workspace) -> Child {
    let polls = control_plane.log().count(POLL);
    let apply = start(workspace, &AGAIN);
    control_plane.log().wait_for(POLL, polls + 1).await;
    apply
}

#[tokio::test]
async fn installing_again_that_is_killed_is_waited_for() {
    let (control_plane, workspace) = installed().await;
    let apply = installing_again(&control_plane, &workspace).await;
    kill_terraform(&workspace, apply).await;

    let starts = control_plane.log().count(START);
    let apply = start_apply(&workspace);
    control_plane.log().wait_for(START, starts + 1).await;
    control_plane.advance(Duration::from_mins(20));
    let (status, said) = finish(apply).await;
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("was active already"), "{said}");
    assert_eq!(control_plane.runs().len(), 2, "one installation again, not two");
    workspace.plans_empty().await;
}

#[tokio::test]
async fn installing_again_that_may_have_been_started_is_not_started_twice() {
    let (control_plane, workspace) = installed().await;
    let late = FaultKind::Delay(Duration::from_mins(10));
    control_plane.fault(Fault::new(START, late).times(1));
    let starts = control_plane.log().count(START);
    let apply = start(&workspace, &AGAIN);
    control_plane.log().wait_for(START, starts + 1).await;
    interrupt(apply).await;
    assert_eq!(workspace.state(ADDRESS)["provision_status"], "unconfirmed");
    control_plane.advance(Duration::from_mins(20));

    let said = workspace.apply().await.said();
    assert!(said.contains("Cannot tell whether the run took place"), "{said}");
    assert_eq!(control_plane.runs().len(), 2, "nothing is started again");
    assert_eq!(workspace.state(ADDRESS)["provision_status"], "lost");
    workspace.plans_empty().await;

    control_plane.set_install_time(Duration::ZERO);
    workspace.run(&AGAIN).await.succeeds();
    assert_eq!(control_plane.runs().len(), 3, "but on demand it is");
    assert_eq!(workspace.state(ADDRESS)["provision_status"], "completed");
    workspace.plans_empty().await;
}

#[tokio::test]
async fn a_timeout_ends_a_call_that_is_not_answered() {
    let control_plane = stopped().await;
    control_plane.set_install_time(Duration::ZERO);
    let settings = "provisioning_api_update_machine";
    let late = FaultKind::Delay(Duration::from_mins(10));
    control_plane.fault(Fault::new(settings, late));
    let workspace = workspace(
        &control_plane,
        &configuration("timeouts {\n    create = \"2s\"\n  }"),
    );
    let asked = Instant::now();
    let said = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(said.contains("The timeout ended before"), "{said}");
    assert!(
        asked.elapsed() < Duration::from_secs(15),
        "it took {:?}, of `request_timeout`'s 30 s",
        asked.elapsed()
    );
    control_plane.clear_faults();
    converges_with_one_run(&control_plane, &workspace).await;
}

const SHORT: &str = "timeouts {\n    create = \"3s\"\n    update = \"3s\"\n  }";

#[tokio::test]
async fn another_force_provision_is_not_forgotten_by_a_timeout() {
    let control_plane = stopped().await;
    let workspace = workspace(&control_plane, &configuration(SHORT));
    interrupted(&control_plane, &workspace).await;

    workspace.configure(&configuration(&format!("force_provision = \"1\"\n  {SHORT}")));
    let said = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(said.contains("Timeout while waiting for the run"), "{said}");
    let tainted: serde_json::Value = serde_json::from_str(&workspace.state_file()).expect("a state file");
    assert!(tainted.to_string().contains("\"waiting\""), "{tainted}");

    control_plane.advance(Duration::from_mins(20));
    control_plane.set_install_time(Duration::ZERO);
    workspace.apply().await;
    assert_eq!(
        control_plane.runs().len(),
        2,
        "the old run does not count as the new one"
    );
    assert_eq!(workspace.state(ADDRESS)["provision_status"], "completed");
    workspace.plans_empty().await;
}

#[tokio::test]
async fn a_replacement_that_fails_does_not_forget_the_run() {
    let open = format!(
        "resource \"durantic_machine_deployment\" \"node\" {{\n  machine_uuid = \"{MACHINE}\"\n  {SHORT}\n}}\n"
    );
    let no_name = FaultKind::Rewrite(Arc::new(|machine| machine["hostname"] = json!(7)));
    for (configuration, fault) in [
        (configuration(SHORT), FaultKind::Respond(FaultResponse::json(422))),
        (open, FaultKind::Respond(FaultResponse::json(422))),
        (configuration(SHORT), no_name),
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
