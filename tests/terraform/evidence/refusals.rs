//! An object is not forgotten before its successor is accepted, and each refusal is reported with the control plane's reason.

use std::time::{Duration, Instant};

use acceptance::terraform::Workspace;
use harness::control_plane::{Collection, ControlPlane, Fault};
use serde_json::{Value as Json, json};

use super::{DEPLOYMENT, UPDATE_MACHINE, runs, warnings};
use crate::{MACHINE, applied, control_plane, workspace};

/// A deployment with these roles. Failed requests are not repeated.
fn configuration(role_names: &str) -> String {
    format!(
        "provider \"durantic\" {{\n  max_retries = 0\n}}\n\
         resource \"durantic_machine_deployment\" \"node\" {{\n  machine_uuid = \"{MACHINE}\"\n  role_names = {role_names}\n}}\n"
    )
}

const INSTALLED: &str = "[\"base\"]";
const TYPO: &str = "[\"bsae\"]";

/// Asserts that the installed configuration changes nothing, and that the deployment is still in state.
async fn installs_nothing(control_plane: &ControlPlane, workspace: &Workspace) {
    assert_ne!(workspace.state(DEPLOYMENT), Json::Null, "the state keeps it");
    workspace.configure(&configuration(INSTALLED));
    workspace.apply().await;
    assert_eq!(runs(control_plane), 1, "nothing is installed again");
    workspace.plans_empty().await;
    assert_eq!(workspace.state(DEPLOYMENT)["provision_status"], "completed");
}

#[tokio::test]
async fn misspelled_role_is_a_warning_in_the_plan() {
    let (_control_plane, workspace) = applied(&configuration(INSTALLED)).await;
    for role_names in [TYPO, "[\"base\", \"bsae\"]"] {
        workspace.configure(&configuration(role_names));
        let plan = workspace.run(&["plan"]).await.succeeds();
        assert_eq!(warnings(&plan), 1, "{}", plan.printed());
        let output = plan.printed();
        assert!(output.contains("No machine role named `bsae`"), "{output}");
    }
}

#[tokio::test]
async fn misspelled_role_is_refused_before_the_deployment_is_forgotten() {
    for lifecycle in ["", "\n  lifecycle {\n    create_before_destroy = true\n  }"] {
        let with = |role_names: &str| configuration(&format!("{role_names}{lifecycle}"));
        let (control_plane, workspace) = applied(&with(INSTALLED)).await;
        let before = workspace.state(DEPLOYMENT);
        workspace.configure(&with(TYPO));
        let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
        assert!(output.contains("bsae"), "{output}");
        assert_eq!(workspace.state(DEPLOYMENT), before);

        workspace.configure(&with(INSTALLED));
        workspace.plans_empty().await;
        installs_nothing(&control_plane, &workspace).await;
    }
}

/// The deployment that was handed back has not got the new roles: they are installed once they are accepted.
#[tokio::test]
async fn refused_successor_is_installed_by_the_next_apply() {
    let (control_plane, workspace) = applied(&configuration(INSTALLED)).await;
    workspace.configure(&configuration("[]"));
    control_plane.fault(Fault::status(UPDATE_MACHINE, 403));
    workspace.run(&["apply", "-auto-approve"]).await.fails();
    control_plane.clear_faults();
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_eq!(runs(&control_plane), 2, "the machine is installed again");
}

#[tokio::test]
async fn refused_successor_hands_the_deployment_back() {
    let role = json!({ "name": "later" });
    let role = role.as_object().expect("an object");
    for (status, detail) in [
        (400, "a role 'later' does not exist"),
        (403, "the token may not change machines"),
        (503, "in maintenance"),
    ] {
        let (control_plane, workspace) = applied(&configuration(INSTALLED)).await;
        control_plane
            .create(Collection::MachineRoles, role.clone())
            .expect("a role is created");
        workspace.configure(&configuration("[\"base\", \"later\"]"));
        workspace.plan().await;
        let message = if status == 400 {
            format!("role_names: {detail}")
        } else {
            detail.to_owned()
        };
        control_plane.fault(Fault::detail(UPDATE_MACHINE, status, &message));
        let output = workspace.run(&["apply", "tfplan"]).await.fails();
        assert!(output.contains(detail), "{output}");
        control_plane.clear_faults();
        installs_nothing(&control_plane, &workspace).await;
    }
}

/// The delete of the old deployment finds the role, and the create does not.
#[tokio::test]
async fn role_deleted_between_plan_and_apply_hands_the_deployment_back() {
    let (control_plane, workspace) = applied(&configuration(INSTALLED)).await;
    let role = json!({ "name": "later" });
    let role = role.as_object().expect("an object").clone();
    let created = control_plane.create(Collection::MachineRoles, role);
    let role = created.expect("a role is created");
    workspace.configure(&configuration("[\"base\", \"later\"]"));
    workspace.plan().await;
    control_plane
        .delete(Collection::MachineRoles, role["uuid"].as_str().expect("a uuid"))
        .expect("the role is deleted");
    let output = workspace.run(&["apply", "tfplan"]).await.fails();
    assert!(output.contains("later"), "{output}");
    installs_nothing(&control_plane, &workspace).await;
}

/// A whole fleet: one refusal must not lose the others.
#[tokio::test]
async fn refused_successors_of_many_machines_are_all_handed_back() {
    let fleet = |role_names: &str| {
        format!(
            "resource \"durantic_machine_deployment\" \"node\" {{\n  count = 3\n  \
             machine_uuid = format(\"00000000-0000-4000-8000-%012d\", count.index + 1)\n  role_names = {role_names}\n}}\n"
        )
    };
    let (control_plane, workspace) = applied(&fleet(INSTALLED)).await;
    workspace.configure(&fleet("[]"));
    workspace.plan().await;
    control_plane.fault(Fault::status(UPDATE_MACHINE, 403));
    workspace.run(&["apply", "tfplan"]).await.fails();
    control_plane.clear_faults();
    assert_eq!(workspace.instances().len(), 3, "the state keeps them");
    workspace.configure(&fleet(INSTALLED));
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_eq!(runs(&control_plane), 3, "nothing is installed again");
}

#[tokio::test]
async fn misspelled_role_of_a_new_deployment_leaves_nothing_in_state() {
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, &configuration(TYPO));
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(output.contains("bsae"), "{output}");
    assert_eq!(workspace.instances(), []);
    assert_eq!(runs(&control_plane), 0);
    workspace.configure(&configuration(INSTALLED));
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_eq!(runs(&control_plane), 1);
}

/// By reference, by name with `depends_on`, and for an installed machine.
#[tokio::test]
async fn role_of_the_same_plan_is_no_warning() {
    let role = "resource \"durantic_machine_role\" \"new\" {\n  name = \"new\"\n}\n";
    let reference = configuration("[durantic_machine_role.new.name]");
    let by_name = configuration("[\"new\"]\n  depends_on = [durantic_machine_role.new]");
    for deployment in [reference, by_name] {
        for before in [String::new(), configuration(INSTALLED)] {
            let (control_plane, workspace) = applied(&before).await;
            let already = runs(&control_plane);
            workspace.configure(&format!("{role}{deployment}"));
            let plan = workspace.run(&["plan", "-out=tfplan"]).await.succeeds();
            assert_eq!(warnings(&plan), 0, "{}", plan.printed());
            workspace.run(&["apply", "tfplan"]).await.succeeds();
            workspace.plans_empty().await;
            assert_eq!(runs(&control_plane), already + 1);
        }
    }
}

const LOCKED: &str = "the machine is locked for maintenance until Monday";

#[tokio::test]
async fn refused_start_ends_the_apply_with_its_reason() {
    let control_plane = control_plane().await;
    control_plane.lock_machine(MACHINE, LOCKED);
    let limited =
        configuration(INSTALLED).replace(INSTALLED, "[\"base\"]\n  timeouts {\n    create = \"15s\"\n  }");
    let workspace = workspace(&control_plane, &limited).with("TF_LOG", "INFO");
    let started = Instant::now();
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    let elapsed = started.elapsed();
    assert!(output.contains(LOCKED), "{output}");
    assert!(elapsed < Duration::from_secs(10), "it took {elapsed:?}");
    let log = std::fs::read_to_string(workspace.path().join("terraform.log")).expect("a log");
    let is_logged = |line: &str| line.contains("provider.terraform-provider") && line.contains(LOCKED);
    assert!(log.lines().any(is_logged), "the provider logs the reason:\n{log}");

    control_plane.unlock_machine(MACHINE);
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_eq!(runs(&control_plane), 1);
}

#[tokio::test]
async fn refused_start_with_another_status_has_its_reason() {
    for status in [400, 403, 409, 423] {
        let control_plane = control_plane().await;
        let reason = format!("not before Monday ({status})");
        control_plane.fault(Fault::detail(
            "provisioning_api_provision_machine",
            status,
            &reason,
        ));
        let arguments = format!("{INSTALLED}\n  timeouts {{\n    create = \"5s\"\n  }}");
        let workspace = workspace(&control_plane, &configuration(&arguments));
        let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
        assert!(output.contains(&reason), "{output}");
        assert_eq!(runs(&control_plane), 0);
    }
}

#[tokio::test]
async fn refused_start_of_a_replacement_ends_the_apply_with_its_reason() {
    let limited = |force: &str| {
        let arguments = format!(
            "{INSTALLED}\n  force_provision = \"{force}\"\n  timeouts {{\n    create = \"15s\"\n  }}"
        );
        configuration(&arguments)
    };
    let (control_plane, workspace) = applied(&limited("1")).await;
    control_plane.lock_machine(MACHINE, LOCKED);
    workspace.configure(&limited("2"));
    let started = Instant::now();
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    let elapsed = started.elapsed();
    assert!(output.contains(LOCKED), "{output}");
    assert!(elapsed < Duration::from_secs(10), "it took {elapsed:?}");
    control_plane.unlock_machine(MACHINE);
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_eq!(runs(&control_plane), 2);
}
