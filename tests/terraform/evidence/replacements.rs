//! What installs a machine again is decided by the plan alone: a replacement never joins the run of the object that it replaces,
//! and without a replacement an unfinished run is continued.

use std::sync::Arc;
use std::time::Duration;

use acceptance::processes::{finish, start};
use acceptance::terraform::Workspace;
use harness::control_plane::{Collection, ControlPlane, Fault, FaultKind, Outcome};
use serde_json::json;

use super::{DEPLOYMENT, POLL, runs, wait_for};
use crate::interruptions::{interrupted, start_apply, stopped, succeeds_after_the_run};
use crate::{MACHINE, control_plane, workspace};

const WRONG: &str = "#cloud-config\nhostname: wrong\n";
const MENDED: &str = "#cloud-config\nhostname: mended\n";
const TRIGGER: &str =
    "lifecycle {\n    replace_triggered_by = [durantic_machine_role.web.template_data]\n  }";
const TRIGGER_BEFORE_DESTROY: &str = "lifecycle {\n    create_before_destroy = true\n    replace_triggered_by = \
                                      [durantic_machine_role.web.template_data]\n  }";

/// A deployment with these arguments, and its role with this template.
fn configuration(template: &str, arguments: &str) -> String {
    format!(
        "resource \"durantic_machine_role\" \"web\" {{\n  name = \"web\"\n  template_data = {template:?}\n}}\n\
         resource \"durantic_machine_deployment\" \"node\" {{\n  machine_uuid = \"{MACHINE}\"\n  \
         role_names = [durantic_machine_role.web.name]\n  {arguments}\n}}\n"
    )
}

/// A deployment whose installation with the wrong template was interrupted.
async fn interrupted_installation(arguments: &str) -> (ControlPlane, Workspace) {
    let control_plane = stopped().await;
    let workspace = workspace(&control_plane, &configuration(WRONG, arguments));
    interrupted(&control_plane, &workspace).await;
    (control_plane, workspace)
}

/// Applies while the run is active: the apply waits for the run, then starts one of its own.
async fn waits_then_installs(control_plane: &ControlPlane, workspace: &Workspace, arguments: &[&str]) {
    let polls = control_plane.log().count(POLL);
    let command: Vec<&str> = ["apply", "-auto-approve"]
        .iter()
        .chain(arguments)
        .copied()
        .collect();
    let apply = start(workspace, &command);
    // One poll in the refresh, if the object is not tainted, and one in the wait.
    wait_for(control_plane, POLL, polls + 2).await;
    assert_eq!(runs(control_plane), 1, "the first run is still active");
    control_plane.set_install_time(Duration::ZERO);
    succeeds_after_the_run(control_plane, apply).await;
    assert_eq!(runs(control_plane), 2, "the machine is installed again");
    let last = control_plane.runs().pop().expect("a run");
    assert_eq!(workspace.state(DEPLOYMENT)["provision_uuid"], last.uuid.as_str());
    workspace.plans_empty().await;
}

#[tokio::test]
async fn trigger_after_an_interrupt_installs_the_mended_template() {
    let (control_plane, workspace) = interrupted_installation(TRIGGER).await;
    workspace.configure(&configuration(MENDED, TRIGGER));
    waits_then_installs(&control_plane, &workspace, &[]).await;
}

#[tokio::test]
async fn replace_option_after_an_interrupt_installs_the_mended_template() {
    let (control_plane, workspace) = interrupted_installation("").await;
    workspace.configure(&configuration(MENDED, ""));
    let replace = format!("-replace={DEPLOYMENT}");
    waits_then_installs(&control_plane, &workspace, &[&replace]).await;
}

#[tokio::test]
async fn replace_option_after_an_interrupt_installs_an_unchanged_configuration() {
    let (control_plane, workspace) = interrupted_installation("").await;
    let replace = format!("-replace={DEPLOYMENT}");
    waits_then_installs(&control_plane, &workspace, &[&replace]).await;
}

#[tokio::test]
async fn force_provision_after_an_interrupt_installs_the_mended_template() {
    let (control_plane, workspace) = interrupted_installation("").await;
    workspace.configure(&configuration(MENDED, "force_provision = \"1\""));
    waits_then_installs(&control_plane, &workspace, &[]).await;
}

/// Before Terraform 1.16, nothing shows the create that it replaces an object: the times of the run and of the role decide.
#[tokio::test]
async fn create_before_destroy_after_an_interrupt_installs_the_mended_template() {
    let (control_plane, workspace) = interrupted_installation(TRIGGER_BEFORE_DESTROY).await;
    workspace.configure(&configuration(MENDED, TRIGGER_BEFORE_DESTROY));
    waits_then_installs(&control_plane, &workspace, &[]).await;
}

/// A deployment that is tainted, because the timeout of its create ended before the run.
async fn tainted() -> (ControlPlane, Workspace) {
    let control_plane = stopped().await;
    let timeouts = "timeouts {\n    create = \"2s\"\n  }";
    let workspace = workspace(&control_plane, &configuration(WRONG, timeouts));
    workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(workspace.state_file().contains("\"tainted\""), "it is tainted");
    (control_plane, workspace)
}

#[tokio::test]
async fn tainted_deployment_joins_its_run_if_the_roles_are_unchanged() {
    let (control_plane, workspace) = tainted().await;
    workspace.configure(&configuration(WRONG, ""));
    let polls = control_plane.log().count(POLL);
    let apply = start_apply(&workspace);
    wait_for(&control_plane, POLL, polls + 1).await;
    succeeds_after_the_run(&control_plane, apply).await;
    assert_eq!(runs(&control_plane), 1, "one installation, not two");
    workspace.plans_empty().await;
}

#[tokio::test]
async fn tainted_deployment_does_not_join_a_run_that_is_older_than_its_roles() {
    let (control_plane, workspace) = tainted().await;
    workspace.configure(&configuration(MENDED, ""));
    let polls = control_plane.log().count(POLL);
    let apply = start_apply(&workspace);
    wait_for(&control_plane, POLL, polls + 1).await;
    control_plane.set_install_time(Duration::ZERO);
    succeeds_after_the_run(&control_plane, apply).await;
    assert_eq!(runs(&control_plane), 2, "the mended template is installed");
    workspace.plans_empty().await;
}

#[tokio::test]
async fn taint_command_installs_an_installed_machine_again() {
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, &configuration(WRONG, ""));
    workspace.apply().await;
    workspace.run(&["taint", DEPLOYMENT]).await.succeeds();
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_eq!(runs(&control_plane), 2);
}

#[tokio::test]
async fn untaint_after_a_degraded_run_keeps_the_machine() {
    let control_plane = control_plane().await;
    control_plane.script_run(MACHINE, Outcome::Degraded);
    let workspace = workspace(&control_plane, &configuration(WRONG, ""));
    workspace.run(&["apply", "-auto-approve"]).await.fails();
    workspace.run(&["untaint", DEPLOYMENT]).await.succeeds();
    workspace.plans_empty().await;
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_eq!(runs(&control_plane), 1, "nothing is installed again");
}

/// Changes in place: of the deployment, and of its role.
#[tokio::test]
async fn change_in_place_after_an_interrupt_continues_the_run() {
    let role = "name = \"web\"\n  description = \"later\"";
    for changed in [
        configuration(WRONG, "tunnel_type = \"geneve\""),
        configuration(WRONG, "").replace("name = \"web\"", role),
        configuration(MENDED, ""),
    ] {
        let (control_plane, workspace) = interrupted_installation("").await;
        workspace.configure(&changed);
        let polls = control_plane.log().count(POLL);
        let apply = start_apply(&workspace);
        wait_for(&control_plane, POLL, polls + 2).await;
        succeeds_after_the_run(&control_plane, apply).await;
        assert_eq!(runs(&control_plane), 1, "one installation, not two:\n{changed}");
        workspace.plans_empty().await;
    }
}

/// Waits until an apply waits for the active run, ends the run, and asserts that the apply then starts a run of its own.
async fn own_run_follows(control_plane: &ControlPlane, workspace: &Workspace) {
    let before = control_plane.runs();
    let apply = start_apply(workspace);
    let polls = control_plane.log().count(POLL);
    wait_for(control_plane, POLL, polls + 1).await;
    assert_eq!(control_plane.runs().len(), before.len(), "the run is waited for");
    control_plane.set_install_time(Duration::ZERO);
    succeeds_after_the_run(control_plane, apply).await;
    assert_eq!(runs(control_plane), before.len() + 1, "an own run follows");
    let last = control_plane.runs().pop().expect("a run");
    assert_eq!(workspace.state(DEPLOYMENT)["provision_uuid"], last.uuid.as_str());
    workspace.plans_empty().await;
}

/// A replacement with other roles, while a run of another client is active. The second control plane does not notice that
/// the run has installed the former roles.
#[tokio::test]
async fn run_from_before_the_change_of_roles_is_not_joined() {
    for is_unnoticed in [false, true] {
        let control_plane = stopped().await;
        control_plane.set_install_time(Duration::ZERO);
        let roles = "resource \"durantic_machine_role\" \"db\" {\n  name = \"db\"\n}\n";
        let before = format!("{roles}{}", configuration(WRONG, ""));
        let workspace = workspace(&control_plane, &before);
        workspace.apply().await;
        control_plane.set_install_time(Duration::from_mins(10));
        control_plane.start_run(MACHINE).expect("a run is started");
        if is_unnoticed {
            let unneeded =
                FaultKind::Rewrite(Arc::new(|machine| machine["needs_provisioning"] = json!(false)));
            control_plane.fault(Fault::new("provisioning_api_get_machine", unneeded));
        }
        workspace.configure(&before.replace(
            "[durantic_machine_role.web.name]",
            "[durantic_machine_role.db.name]",
        ));
        own_run_follows(&control_plane, &workspace).await;
    }
}

/// The machine has the roles already, and the update of this apply changes only the disk.
#[tokio::test]
async fn run_from_before_the_change_of_the_disk_is_not_joined() {
    let control_plane = stopped().await;
    let assigned = control_plane.update(Collection::Machines, MACHINE, |machine| {
        machine.insert("role_names".to_owned(), json!(["base"]));
    });
    assigned.expect("the machine has a role");
    control_plane.start_run(MACHINE).expect("a run is started");
    let workspace = workspace(
        &control_plane,
        &format!(
            "resource \"durantic_machine_deployment\" \"node\" {{\n  machine_uuid = \"{MACHINE}\"\n  \
             role_names = [\"base\"]\n  target_disk = \"/dev/sdb\"\n}}\n"
        ),
    );
    own_run_follows(&control_plane, &workspace).await;
}

#[tokio::test]
async fn roles_that_differ_at_the_end_of_the_run_are_an_error() {
    let control_plane = stopped().await;
    let role = json!({ "name": "from-outside" });
    let role = role.as_object().expect("an object").clone();
    control_plane
        .create(Collection::MachineRoles, role)
        .expect("a role is created");
    let workspace = workspace(&control_plane, &configuration(WRONG, ""));
    let apply = start_apply(&workspace);
    wait_for(&control_plane, POLL, 1).await;
    let changed = control_plane.update(Collection::Machines, MACHINE, |machine| {
        machine.insert("role_names".to_owned(), json!(["from-outside"]));
    });
    changed.expect("the machine is changed");
    control_plane.advance(Duration::from_mins(20));
    let (status, output) = finish(apply).await;
    assert_eq!(status, Some(1), "{output}");
    for name in ["\"web\"", "\"from-outside\""] {
        assert!(output.contains(name), "{name}: {output}");
    }
    assert_eq!(runs(&control_plane), 1);
}
