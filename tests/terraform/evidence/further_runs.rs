//! Replacements that are refused, repeated or interrupted.

use std::time::Duration;

use acceptance::processes::{finish, group, kill_terraform, start};
use acceptance::terraform::Workspace;
use harness::control_plane::{ControlPlane, Fault, FaultKind};
use nix::sys::signal::{Signal, kill};
use serde_json::json;

use super::{DEPLOYMENT, POLL, UPDATE_MACHINE, runs, wait_for};
use crate::interruptions::{interrupted, start_apply, stopped, succeeds_after_the_run};
use crate::{MACHINE, applied, control_plane, workspace};

const START: &str = "provisioning_api_provision_machine";
const LIST_ROLES: &str = "controlplane_api_list_machine_roles";
const REPLACE: [&str; 3] = [
    "apply",
    "-auto-approve",
    "-replace=durantic_machine_deployment.node",
];
const NO_RETRIES: &str = "provider \"durantic\" {\n  max_retries = 0\n}\n";

/// A deployment with these arguments; failed requests are not repeated.
fn literal(arguments: &str) -> String {
    format!(
        "{NO_RETRIES}resource \"durantic_machine_deployment\" \"node\" {{\n  machine_uuid = \"{MACHINE}\"\n  {arguments}\n}}\n"
    )
}

/// A deployment with these arguments, and its role with this template.
fn templated(template: &str, arguments: &str) -> String {
    format!(
        "{NO_RETRIES}resource \"durantic_machine_role\" \"web\" {{\n  name = \"web\"\n  template_data = {template:?}\n}}\n\
         resource \"durantic_machine_deployment\" \"node\" {{\n  machine_uuid = \"{MACHINE}\"\n  \
         role_names = [durantic_machine_role.web.name]\n  {arguments}\n}}\n"
    )
}

const TRIGGER: &str =
    "lifecycle {\n    replace_triggered_by = [durantic_machine_role.web.template_data]\n  }";

#[tokio::test]
async fn lost_start_of_a_replacement_installs_once() {
    let (control_plane, workspace) = applied(&literal("role_names = [\"base\"]")).await;
    control_plane.set_install_time(Duration::from_secs(3));
    control_plane.fault(Fault::new(START, FaultKind::ResetAfter).times(1));
    workspace.run(&REPLACE).await.succeeds();
    assert_eq!(runs(&control_plane), 2, "one reinstallation, not two");
}

#[tokio::test]
async fn lost_start_without_a_list_of_roles_installs_once() {
    let control_plane = control_plane().await;
    control_plane.set_install_time(Duration::from_secs(3));
    control_plane.fault(Fault::new(START, FaultKind::ResetAfter).times(1));
    control_plane.fault(Fault::detail(LIST_ROLES, 403, "the token may not list roles"));
    let workspace = workspace(&control_plane, &literal("role_names = [\"base\"]"));
    workspace.run(&["apply", "-auto-approve"]).await.succeeds();
    assert_eq!(runs(&control_plane), 1, "one installation, not two");
}

#[tokio::test]
async fn refused_trigger_is_installed_by_the_next_apply() {
    let (control_plane, workspace) = applied(&templated("#1", TRIGGER)).await;
    workspace.configure(&templated("#2", TRIGGER));
    control_plane.fault(Fault::status(UPDATE_MACHINE, 503));
    workspace.run(&["apply", "-auto-approve"]).await.fails();
    control_plane.clear_faults();
    workspace.apply().await;
    assert_eq!(runs(&control_plane), 2, "the mended template is installed");
}

#[tokio::test]
async fn refused_replace_option_that_is_repeated_installs() {
    let (control_plane, workspace) = applied(&literal("role_names = [\"base\"]")).await;
    control_plane.fault(Fault::status(UPDATE_MACHINE, 503));
    workspace.run(&REPLACE).await.fails();
    control_plane.clear_faults();
    let output = workspace.run(&REPLACE).await.succeeds().printed();
    assert!(
        runs(&control_plane) == 2 || output.contains("Warning: Not"),
        "the request is not dropped in silence: {output}"
    );
}

/// The request was carried out, and each response was lost.
#[tokio::test]
async fn lost_update_of_a_replacement_is_not_untouched() {
    let (control_plane, workspace) = applied(&literal("role_names = [\"base\"]")).await;
    workspace.configure(&literal("role_names = []"));
    control_plane.fault(Fault::new(UPDATE_MACHINE, FaultKind::ResetAfter));
    workspace.run(&["apply", "-auto-approve"]).await.fails();
    control_plane.clear_faults();
    let before = workspace.state(DEPLOYMENT);
    workspace.apply().await;
    assert_eq!(runs(&control_plane), 2, "the new roles are installed: {before}");
}

/// Its status shows that the machine was changed, and a read what it has.
#[tokio::test]
async fn invalid_response_to_the_update_of_a_replacement_is_read_back() {
    let (control_plane, workspace) = applied(&literal("role_names = [\"base\"]")).await;
    workspace.configure(&literal("role_names = []"));
    control_plane.fault(Fault::new(UPDATE_MACHINE, FaultKind::Garbage));
    workspace.apply().await;
    assert_eq!(runs(&control_plane), 2, "the new roles are installed");
    assert_eq!(workspace.state(DEPLOYMENT)["role_names"], serde_json::json!([]));
    control_plane.clear_faults();
    workspace.plans_empty().await;
}

#[tokio::test]
async fn replacement_without_permission_to_list_roles_is_applied() {
    let (control_plane, workspace) = applied(&literal("role_names = [\"base\"]")).await;
    control_plane.fault(Fault::detail(LIST_ROLES, 403, "the token may not list roles"));
    workspace.run(&REPLACE).await.succeeds();
    assert_eq!(runs(&control_plane), 2);
}

/// A deployment that is tainted, because the timeout of its create ended before the run.
async fn timed_out(arguments: &str) -> (ControlPlane, Workspace) {
    let control_plane = stopped().await;
    let limited = format!("{arguments}\n  timeouts {{\n    create = \"3s\"\n  }}");
    let workspace = workspace(&control_plane, &literal(&limited));
    workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(workspace.state_file().contains("\"tainted\""), "it is tainted");
    workspace.configure(&literal(arguments));
    (control_plane, workspace)
}

/// One failed request is no evidence that the run is outdated: each of these is the only one of its kind that fails.
async fn joins_despite(fault: Fault) {
    let (control_plane, workspace) = timed_out("role_names = [\"base\"]").await;
    control_plane.set_install_time(Duration::ZERO);
    control_plane.advance(Duration::from_mins(20));
    control_plane.fault(fault);
    let run = workspace.run(&["apply", "-auto-approve"]).await;
    assert_eq!(
        runs(&control_plane),
        1,
        "one installation, not two: {}",
        run.printed()
    );
}

#[tokio::test]
async fn failed_list_of_roles_does_not_make_a_run_outdated() {
    joins_despite(Fault::status(LIST_ROLES, 503).skip(2).times(1)).await;
}

#[tokio::test]
async fn failed_poll_does_not_make_a_run_outdated() {
    joins_despite(Fault::status(POLL, 503).skip(1).times(1)).await;
}

#[tokio::test]
async fn failed_read_of_the_machine_does_not_make_a_run_outdated() {
    joins_despite(
        Fault::status("provisioning_api_get_machine", 503)
            .skip(1)
            .times(1),
    )
    .await;
}

fn fleet(count: u32, arguments: &str) -> String {
    format!(
        "resource \"durantic_machine_deployment\" \"node\" {{\n  count = {count}\n  \
         machine_uuid = format(\"00000000-0000-4000-8000-%012d\", count.index + 1)\n  {arguments}\n}}\n"
    )
}

/// The number of requests so far, by operation.
fn counts(control_plane: &ControlPlane) -> std::collections::BTreeMap<String, usize> {
    let mut counts = std::collections::BTreeMap::new();
    for entry in control_plane.log().all() {
        *counts.entry(entry.operation).or_insert(0) += 1;
    }
    control_plane.log().clear();
    counts
}

/// A list that fails is not requested again by each of 40 plans: only one request and its retry are sent.
#[tokio::test]
async fn plan_lists_roles_once() {
    let control_plane = crate::quick().machines(40).start().await.expect("it starts");
    let workspace = workspace(&control_plane, &fleet(40, "role_names = [\"base\"]"));
    control_plane.fault(Fault::status(LIST_ROLES, 503));
    workspace.run(&["plan", "-refresh=false"]).await.succeeds();
    assert_eq!(counts(&control_plane).get(LIST_ROLES), Some(&2));
}

#[tokio::test]
async fn literal_name_of_a_renamed_role_is_deterministic() {
    for _ in 0..2 {
        let configuration = |name: &str| {
            format!(
                "resource \"durantic_machine_role\" \"it\" {{\n  name = \"{name}\"\n}}\n{}",
                literal(&format!(
                    "role_names = [\"{name}\"]\n  depends_on = [durantic_machine_role.it]"
                ))
            )
        };
        let (control_plane, workspace) = applied(&configuration("before")).await;
        workspace.configure(&configuration("after"));
        let run = workspace.run(&["apply", "-auto-approve"]).await;
        run.succeeds();
        assert_eq!(runs(&control_plane), 1);
    }
}

/// Terraform plans the role and the deployment in any order.
#[tokio::test]
async fn renamed_role_is_known_without_a_dependency() {
    let configuration = |name: &str, role: &str| {
        format!(
            "resource \"durantic_machine_role\" \"it\" {{\n  name = \"{role}\"\n}}\n{}",
            literal(&format!("role_names = [\"{name}\"]"))
        )
    };
    for _ in 0..3 {
        let (control_plane, workspace) = applied(&configuration("base", "before")).await;
        workspace.configure(&configuration("before", "before"));
        workspace.apply().await;
        workspace.configure(&configuration("after", "after"));
        // Without a dependency, the machine may be updated before the role has its new name.
        let output = workspace.run(&["apply", "-auto-approve"]).await.printed();
        assert!(!output.contains("inconsistent final plan"), "{output}");
        workspace.apply().await;
        workspace.plans_empty().await;
        assert_eq!(runs(&control_plane), 2, "the rename installs nothing");
    }
}

/// Refused twice, then the former configuration.
#[tokio::test]
async fn refused_twice_then_reverted_installs_nothing() {
    for status in [400, 401, 403, 409, 422, 503] {
        let before = "role_names = [\"base\"]\n  tunnel_type = \"geneve\"";
        let (control_plane, workspace) = applied(&literal(before)).await;
        workspace.configure(&literal("role_names = []\n  tunnel_type = \"geneve\""));
        control_plane.fault(Fault::detail(UPDATE_MACHINE, status, "not today"));
        for _ in 0..2 {
            let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
            assert!(output.contains("not today"), "{output}");
        }
        control_plane.clear_faults();
        workspace.configure(&literal(before));
        workspace.apply().await;
        workspace.plans_empty().await;
        assert_eq!(runs(&control_plane), 1, "{status}");
        assert_eq!(workspace.state(DEPLOYMENT)["provision_status"], "completed");
    }
}

#[tokio::test]
async fn timeouts_in_the_wait_for_an_outdated_run_lose_nothing() {
    let control_plane = stopped().await;
    let workspace = workspace(&control_plane, &templated("#1", TRIGGER));
    interrupted(&control_plane, &workspace).await;
    let limited = format!("timeouts {{\n    create = \"4s\"\n  }}\n  {TRIGGER}");
    workspace.configure(&templated("#2", &limited));
    for _ in 0..2 {
        workspace.run(&["apply", "-auto-approve"]).await.fails();
        assert_eq!(runs(&control_plane), 1);
    }
    workspace.configure(&templated("#3", TRIGGER));
    let polls = control_plane.log().count(POLL);
    let apply = start_apply(&workspace);
    wait_for(&control_plane, POLL, polls + 1).await;
    control_plane.set_install_time(Duration::ZERO);
    succeeds_after_the_run(&control_plane, apply).await;
    assert_eq!(runs(&control_plane), 2);
    workspace.plans_empty().await;
}

#[tokio::test]
async fn interrupts_in_the_wait_for_an_outdated_run_lose_nothing() {
    let control_plane = stopped().await;
    let workspace = workspace(&control_plane, &templated("#1", TRIGGER));
    interrupted(&control_plane, &workspace).await;
    workspace.configure(&templated("#2", TRIGGER));
    for _ in 0..2 {
        let polls = control_plane.log().count(POLL);
        let apply = start(&workspace, &["apply", "-auto-approve"]);
        wait_for(&control_plane, POLL, polls + 1).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        kill(group(&apply), Signal::SIGINT).expect("sent");
        let (_, output) = finish(apply).await;
        assert!(output.contains("continues without Terraform"), "{output}");
        assert_eq!(runs(&control_plane), 1);
    }
    let polls = control_plane.log().count(POLL);
    let apply = start_apply(&workspace);
    wait_for(&control_plane, POLL, polls + 1).await;
    control_plane.set_install_time(Duration::ZERO);
    succeeds_after_the_run(&control_plane, apply).await;
    assert_eq!(runs(&control_plane), 2);
    workspace.plans_empty().await;
}

/// The machine changes its address while its run is active.
#[tokio::test]
async fn resource_renamed_during_its_run_joins_it() {
    let (control_plane, workspace) = {
        let control_plane = stopped().await;
        let workspace = workspace(&control_plane, &literal("role_names = [\"base\"]"));
        interrupted(&control_plane, &workspace).await;
        (control_plane, workspace)
    };
    workspace.configure(&literal("role_names = [\"base\"]").replace("\"node\"", "\"other\""));
    let polls = control_plane.log().count(POLL);
    let apply = start_apply(&workspace);
    wait_for(&control_plane, POLL, polls + 2).await;
    control_plane.set_install_time(Duration::ZERO);
    succeeds_after_the_run(&control_plane, apply).await;
    assert_eq!(runs(&control_plane), 1);
    workspace.plans_empty().await;
}

#[tokio::test]
async fn untainted_after_a_refusal_can_be_replaced() {
    let (control_plane, workspace) = applied(&literal("role_names = [\"base\"]")).await;
    control_plane.fault(Fault::status(UPDATE_MACHINE, 503));
    workspace.run(&REPLACE).await.fails();
    control_plane.clear_faults();
    workspace.run(&["untaint", DEPLOYMENT]).await.succeeds();
    workspace.run(&REPLACE).await.succeeds();
    assert_eq!(runs(&control_plane), 2);
    workspace.plans_empty().await;
}

#[tokio::test]
async fn refused_then_destroyed_then_created_installs() {
    let (control_plane, workspace) = applied(&literal("role_names = [\"base\"]")).await;
    workspace.configure(&literal("role_names = []"));
    control_plane.fault(Fault::detail(UPDATE_MACHINE, 403, "not today"));
    workspace.run(&["apply", "-auto-approve"]).await.fails();
    control_plane.clear_faults();
    workspace.configure("");
    workspace.apply().await;
    workspace.configure(&literal("role_names = [\"base\"]"));
    workspace.apply().await;
    assert_eq!(runs(&control_plane), 2);
    workspace.plans_empty().await;
}

/// A second interrupt ends Terraform while it waits for the outdated run.
#[tokio::test]
async fn two_interrupts_in_the_wait_for_an_outdated_run() {
    let control_plane = stopped().await;
    let workspace = workspace(&control_plane, &templated("#1", "force_provision = \"1\""));
    interrupted(&control_plane, &workspace).await;
    workspace.configure(&templated("#2", "force_provision = \"2\""));
    let polls = control_plane.log().count(POLL);
    let apply = start_apply(&workspace);
    wait_for(&control_plane, POLL, polls + 2).await;
    let processes = group(&apply);
    for _ in 0..2 {
        kill(processes, Signal::SIGINT).expect("sent");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    finish(apply).await;
    std::fs::remove_file(workspace.path().join(".terraform.tfstate.lock.info")).ok();
    let polls = control_plane.log().count(POLL);
    let apply = start_apply(&workspace);
    wait_for(&control_plane, POLL, polls + 1).await;
    control_plane.set_install_time(Duration::ZERO);
    succeeds_after_the_run(&control_plane, apply).await;
    assert_eq!(runs(&control_plane), 2);
    workspace.plans_empty().await;
}

/// Two deployments swap their machines and are refused; then the former configuration.
#[tokio::test]
async fn refused_swap_that_is_reverted_installs_nothing() {
    let pair = |first: u32, second: u32| {
        let one = |name: &str, number: u32| {
            format!(
                "resource \"durantic_machine_deployment\" \"{name}\" {{\n  machine_uuid = \"{}\"\n  role_names = [\"base\"]\n}}\n",
                crate::machine(number)
            )
        };
        format!("{NO_RETRIES}{}{}", one("a", first), one("b", second))
    };
    let (control_plane, workspace) = applied(&pair(1, 2)).await;
    workspace.configure(&pair(2, 1));
    control_plane.fault(Fault::detail(UPDATE_MACHINE, 403, "not today"));
    workspace.run(&["apply", "-auto-approve"]).await.fails();
    control_plane.clear_faults();
    workspace.configure(&pair(1, 2));
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_eq!(runs(&control_plane), 2);
}

/// 20 machines whose role changes; the start of every third run is lost.
#[tokio::test]
async fn triggered_fleet_installs_each_machine_once() {
    for parallelism in ["-parallelism=1", "-parallelism=10"] {
        let control_plane = crate::quick().machines(12).start().await.expect("it starts");
        let fleet = |template: &str| {
            templated(template, TRIGGER)
                .replace("role_names", "count = 12\n  role_names")
                .replace(
                    &format!("\"{MACHINE}\""),
                    "format(\"00000000-0000-4000-8000-%012d\", count.index + 1)",
                )
        };
        let workspace = workspace(&control_plane, &fleet("#1"));
        workspace.apply().await;
        assert_eq!(runs(&control_plane), 12);
        control_plane.fault(Fault::status(UPDATE_MACHINE, 403).skip(4).times(2));
        workspace.configure(&fleet("#2"));
        workspace
            .run(&["apply", "-auto-approve", parallelism])
            .await
            .fails();
        let after = runs(&control_plane);
        workspace.apply().await;
        assert_eq!(
            runs(&control_plane),
            24,
            "{parallelism}: {after} after the refusals"
        );
    }
}

/// The response to a poll has no time: nothing shows that the run of the lost start is another one.
#[tokio::test]
async fn lost_start_without_a_time_installs_once() {
    let control_plane = control_plane().await;
    control_plane.set_install_time(Duration::from_secs(3));
    control_plane.fault(Fault::new(START, FaultKind::ResetAfter).times(1));
    let without_time = FaultKind::Rewrite(std::sync::Arc::new(|run| {
        if let Some(run) = run.as_object_mut() {
            run.remove("created_at");
        }
    }));
    control_plane.fault(Fault::new(POLL, without_time));
    let workspace = workspace(&control_plane, &literal("role_names = [\"base\"]"));
    workspace.run(&["apply", "-auto-approve"]).await.succeeds();
    assert_eq!(runs(&control_plane), 1, "one installation, not two");
}

/// A poll fails just after the lost start.
#[tokio::test]
async fn lost_start_and_a_failed_poll_install_once() {
    let control_plane = control_plane().await;
    control_plane.set_install_time(Duration::from_secs(3));
    control_plane.fault(Fault::new(START, FaultKind::ResetAfter).times(1));
    control_plane.fault(Fault::status(POLL, 503).times(1));
    let workspace = workspace(&control_plane, &literal("role_names = [\"base\"]"));
    workspace.run(&["apply", "-auto-approve"]).await.succeeds();
    assert_eq!(runs(&control_plane), 1, "one installation, not two");
}

/// A killed apply of a new `force_provision`: the guide says that the next apply waits for the active run.
#[tokio::test]
async fn killed_force_provision_is_waited_for() {
    for lifecycle in ["", "\n  lifecycle {\n    create_before_destroy = true\n  }"] {
        let with = |force: &str| {
            literal(&format!(
                "role_names = [\"base\"]\n  force_provision = \"{force}\"{lifecycle}"
            ))
        };
        let control_plane = stopped().await;
        control_plane.set_install_time(Duration::ZERO);
        let workspace = workspace(&control_plane, &with("1"));
        workspace.apply().await;
        control_plane.set_install_time(Duration::from_mins(10));
        workspace.configure(&with("2"));
        let polls = control_plane.log().count(POLL);
        let apply = start_apply(&workspace);
        wait_for(&control_plane, POLL, polls + 1).await;
        kill_terraform(&workspace, apply).await;
        let starts = control_plane.log().count(START);
        let apply = start_apply(&workspace);
        wait_for(&control_plane, START, starts + 1).await;
        control_plane.set_install_time(Duration::ZERO);
        succeeds_after_the_run(&control_plane, apply).await;
        workspace.plans_empty().await;
        assert_eq!(runs(&control_plane), 2, "one reinstallation, not two");
    }
}

/// Another machine, known only in the apply.
#[tokio::test]
async fn unknown_machine_that_is_another_one_is_installed() {
    let with = |number: u32, other: u32| {
        format!(
            "resource \"terraform_data\" \"it\" {{\n  input = {{ uuid = \"{}\", other = {other} }}\n}}\n",
            crate::machine(number)
        ) + &literal("role_names = [\"base\"]")
            .replace(&format!("\"{MACHINE}\""), "terraform_data.it.output.uuid")
    };
    let (control_plane, workspace) = applied(&with(1, 1)).await;
    workspace.configure(&with(1, 2));
    workspace.apply().await;
    assert_eq!(runs(&control_plane), 1);
    workspace.configure(&with(2, 3));
    let first = workspace.run(&["apply", "-auto-approve"]).await;
    first.fails();
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_eq!(runs(&control_plane), 2);
}

/// A token that may not list roles: names that the configuration's own roles have are known.
#[tokio::test]
async fn role_change_without_permission_to_list_roles_is_applied() {
    let (control_plane, workspace) = applied(&literal("role_names = [\"base\"]")).await;
    control_plane.fault(Fault::detail(LIST_ROLES, 403, "the token may not list roles"));
    workspace.configure(&literal("role_names = [\"base\"]\n  force_provision = \"1\""));
    workspace.apply().await;
    assert_eq!(runs(&control_plane), 2);
}

#[tokio::test]
async fn lost_start_with_create_before_destroy_installs_once() {
    let configuration =
        literal("role_names = [\"base\"]\n  lifecycle {\n    create_before_destroy = true\n  }");
    let (control_plane, workspace) = applied(&configuration).await;
    control_plane.set_install_time(Duration::from_secs(3));
    control_plane.fault(Fault::new(START, FaultKind::ResetAfter).times(1));
    workspace.run(&REPLACE).await.succeeds();
    assert_eq!(runs(&control_plane), 2, "one reinstallation, not two");
}

/// An imported machine whose replacement was refused: `force_provision` for the first time still installs nothing.
#[tokio::test]
async fn first_force_provision_after_a_refusal_installs_nothing() {
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, &literal("role_names = []"));
    workspace.run(&["import", DEPLOYMENT, MACHINE]).await.succeeds();
    workspace.apply().await;
    control_plane.fault(Fault::detail(UPDATE_MACHINE, 403, "not today"));
    workspace.configure(&literal("role_names = [\"base\"]"));
    workspace.run(&["apply", "-auto-approve"]).await.fails();
    control_plane.clear_faults();
    workspace.run(&["untaint", DEPLOYMENT]).await.succeeds();
    workspace.configure(&literal("role_names = []\n  force_provision = \"1\""));
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_eq!(runs(&control_plane), 0);
}

/// The response to the update is about another machine.
#[tokio::test]
async fn update_with_a_foreign_response_is_not_untouched() {
    let (control_plane, workspace) = applied(&literal("role_names = [\"base\"]")).await;
    workspace.configure(&literal("role_names = []"));
    let foreign = FaultKind::Rewrite(std::sync::Arc::new(|machine| {
        machine["uuid"] = json!(crate::machine(2));
    }));
    control_plane.fault(Fault::new(UPDATE_MACHINE, foreign));
    workspace.run(&["apply", "-auto-approve"]).await.fails();
    control_plane.clear_faults();
    workspace.apply().await;
    assert_eq!(runs(&control_plane), 2, "the new roles are installed");
}

/// A run that fails is reported once: the apply after it installs, also if the wait was a resumed one of a replacement.
#[tokio::test]
async fn locked_after_the_wait_for_an_outdated_run_installs_later() {
    let control_plane = stopped().await;
    let workspace = workspace(&control_plane, &templated("#1", "force_provision = \"1\""));
    interrupted(&control_plane, &workspace).await;
    workspace.configure(&templated("#2", "force_provision = \"2\""));
    let polls = control_plane.log().count(POLL);
    let apply = start_apply(&workspace);
    wait_for(&control_plane, POLL, polls + 2).await;
    control_plane.lock_machine(MACHINE, "locked until Monday");
    control_plane.advance(Duration::from_mins(20));
    let (status, output) = finish(apply).await;
    assert_eq!(status, Some(1), "{output}");
    assert!(output.contains("locked until Monday"), "{output}");
    control_plane.unlock_machine(MACHINE);
    control_plane.set_install_time(Duration::ZERO);
    workspace.apply().await;
    assert_eq!(runs(&control_plane), 2);
    workspace.plans_empty().await;
}

/// The machine gets the roles of an object that was given back after its destroy half: 12 machines, one refusal each way.
#[tokio::test]
async fn connection_lost_before_the_update_gives_ten_machines_back() {
    let control_plane = crate::quick().machines(10).start().await.expect("it starts");
    let ten = |arguments: &str| format!("{NO_RETRIES}{}", fleet(10, arguments));
    let workspace = workspace(&control_plane, &ten("role_names = [\"base\"]"));
    workspace.apply().await;
    workspace.configure(&ten("role_names = []"));
    control_plane.fault(Fault::new(UPDATE_MACHINE, FaultKind::ResetBefore));
    workspace.run(&["apply", "-auto-approve"]).await.fails();
    control_plane.clear_faults();
    workspace.configure(&ten("role_names = [\"base\"]"));
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_eq!(runs(&control_plane), 10);
}

/// Refused because of roles and an argument that is changed in place: the next apply has the argument only.
#[tokio::test]
async fn refused_roles_then_a_change_in_place_installs_nothing() {
    let (control_plane, workspace) = applied(&literal("role_names = [\"base\"]")).await;
    workspace.configure(&literal("role_names = []"));
    control_plane.fault(Fault::detail(UPDATE_MACHINE, 422, "not today"));
    workspace.run(&["apply", "-auto-approve"]).await.fails();
    control_plane.clear_faults();
    workspace.configure(&literal("role_names = [\"base\"]\n  tunnel_type = \"geneve\""));
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_eq!(runs(&control_plane), 1);
    assert_eq!(
        control_plane.machine(MACHINE).expect("it")["tunnel_type"],
        "geneve"
    );
}

/// The role's template changes while the deployment is given back, without a trigger: nothing is installed.
#[tokio::test]
async fn refused_force_provision_is_installed_later_with_the_latest_template() {
    let (control_plane, workspace) = applied(&templated("#1", "force_provision = \"1\"")).await;
    workspace.configure(&templated("#2", "force_provision = \"2\""));
    control_plane.fault(Fault::detail(UPDATE_MACHINE, 403, "not today"));
    for _ in 0..2 {
        workspace.run(&["apply", "-auto-approve"]).await.fails();
    }
    control_plane.clear_faults();
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_eq!(runs(&control_plane), 2);
}

/// A tainted deployment whose run is active: `force_provision` asks for another run.
#[tokio::test]
async fn tainted_deployment_with_a_new_force_provision_does_not_join() {
    let (control_plane, workspace) = timed_out("role_names = [\"base\"]").await;
    workspace.configure(&literal("role_names = [\"base\"]\n  force_provision = \"1\""));
    control_plane.set_install_time(Duration::ZERO);
    control_plane.advance(Duration::from_mins(20));
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_eq!(runs(&control_plane), 2);
}
