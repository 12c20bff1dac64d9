//! `reinstall_protection` and `max_reinstalls`: plans and applies that would reinstall machines are refused.

use acceptance::terraform::Workspace;
use harness::control_plane::{ControlPlane, Fault, Outcome};
use serde_json::json;

use crate::{MACHINE, applied, control_plane, machine, workspace};

const UPDATE: &str = "provisioning_api_update_machine";
const GET: &str = "provisioning_api_get_machine";
const DEPLOYMENT: &str = "durantic_machine_deployment.it";
const PROTECTED: &str = "reinstall_protection = true";
const BASE: &str = "role_names = [\"base\"]";

fn deployment(arguments: &[&str]) -> String {
    let arguments = arguments.join("\n  ");
    format!(
        "resource \"durantic_machine_deployment\" \"it\" {{\n  machine_uuid = \"{MACHINE}\"\n  {arguments}\n}}\n"
    )
}

/// Asserts that the plan fails because of the protection, with these words, and that the apply of the same sends nothing.
async fn is_refused(control_plane: &ControlPlane, workspace: &Workspace, arguments: &[&str], words: &[&str]) {
    let (before, sent) = (workspace.state(DEPLOYMENT), control_plane.log().changes().len());
    for command in [&["plan"][..], &["apply", "-auto-approve"]] {
        let output = workspace.run(&[command, arguments].concat()).await.fails();
        for word in [&["Object is protected", "`reinstall_protection`"], words].concat() {
            assert!(output.contains(word), "{word}: {output}");
        }
    }
    assert_eq!(workspace.state(DEPLOYMENT), before);
    assert_eq!(control_plane.log().changes().len(), sent, "nothing was sent");
}

#[tokio::test]
async fn every_plan_that_reinstalls_a_protected_machine_fails() {
    let (control_plane, workspace) = applied(&deployment(&[BASE, PROTECTED])).await;
    workspace.plans_empty().await;
    let replace = format!("-replace={DEPLOYMENT}");
    is_refused(&control_plane, &workspace, &[&replace], &["node-1", "`-replace`"]).await;
    for (arguments, word) in [
        ("role_names = []", "`role_names` changes"),
        (
            "role_names = [\"base\"]\n  force_provision = \"again\"",
            "`force_provision` changes",
        ),
    ] {
        workspace.configure(&deployment(&[arguments, PROTECTED]));
        is_refused(&control_plane, &workspace, &[], &["node-1", word]).await;
        is_refused(&control_plane, &workspace, &["-refresh=false"], &["node-1", word]).await;
    }
    workspace.configure(&deployment(&[BASE, PROTECTED]));
    workspace.run(&["taint", DEPLOYMENT]).await.succeeds();
    is_refused(&control_plane, &workspace, &[], &["node-1", "terraform untaint"]).await;
    is_refused(
        &control_plane,
        &workspace,
        &["-refresh=false"],
        &["node-1", "terraform untaint"],
    )
    .await;
    workspace.run(&["untaint", DEPLOYMENT]).await.succeeds();
    workspace.plans_empty().await;
    assert_eq!(control_plane.runs().len(), 1);
}

#[tokio::test]
async fn trigger_does_not_reinstall_a_protected_machine() {
    let trigger = "lifecycle {\n    replace_triggered_by = [terraform_data.it]\n  }";
    let with = |input: u32| {
        deployment(&[BASE, PROTECTED, trigger])
            + &format!("resource \"terraform_data\" \"it\" {{\n  input = {input}\n}}\n")
    };
    let (control_plane, workspace) = applied(&with(1)).await;
    workspace.configure(&with(2));
    is_refused(
        &control_plane,
        &workspace,
        &[],
        &["node-1", "`replace_triggered_by`"],
    )
    .await;
}

#[tokio::test]
async fn failed_run_of_a_protected_machine_is_not_repeated() {
    let control_plane = control_plane().await;
    control_plane.script_run(MACHINE, Outcome::Error);
    let workspace = workspace(&control_plane, &deployment(&[BASE, PROTECTED]));
    workspace.run(&["apply", "-auto-approve"]).await.fails();
    is_refused(&control_plane, &workspace, &[], &["node-1"]).await;
    workspace.configure(&deployment(&[BASE, "reinstall_protection = false"]));
    workspace.apply().await;
    assert_eq!(control_plane.runs().len(), 2);
}

#[tokio::test]
async fn protected_machine_with_roles_is_not_created_again() {
    let (control_plane, first) = applied(&deployment(&[BASE])).await;
    let workspace = workspace(&control_plane, &deployment(&[BASE, PROTECTED]));
    let import = format!("terraform import ADDRESS {MACHINE}");
    is_refused(
        &control_plane,
        &workspace,
        &[],
        &["node-1", "`role_names`", &import],
    )
    .await;
    workspace.run(&["import", DEPLOYMENT, MACHINE]).await.succeeds();
    // The argument itself is stored, without a request.
    let sent = control_plane.log().changes().len();
    assert_eq!(
        workspace.plan().await.changes(),
        [format!("{DEPLOYMENT}: update")]
    );
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    workspace.plans_empty().await;
    assert_eq!(workspace.state(DEPLOYMENT)["reinstall_protection"], true);
    assert_eq!(control_plane.log().changes().len(), sent);
    assert_eq!(control_plane.runs().len(), 1);

    // Under another address, with a `moved` block and without.
    let renamed = deployment(&[BASE, PROTECTED]).replace("\"it\"", "\"renamed\"");
    workspace.configure(&renamed);
    is_refused(&control_plane, &workspace, &[], &["node-1", "`moved`"]).await;
    workspace.configure(&format!(
        "{renamed}moved {{\n  from = {DEPLOYMENT}\n  to = durantic_machine_deployment.renamed\n}}\n"
    ));
    workspace.apply().await;
    assert_eq!(control_plane.runs().len(), 1);
    drop(first);
}

#[tokio::test]
async fn protection_allows_everything_that_does_not_reinstall() {
    // The first installation of a machine without roles.
    let (control_plane, workspace) = applied(&deployment(&[BASE, PROTECTED])).await;
    for arguments in ["stun_enabled = false", "target_disk = \"/dev/sdb\""] {
        workspace.configure(&deployment(&[BASE, PROTECTED, arguments]));
        workspace.apply().await;
        workspace.plans_empty().await;
    }
    assert_eq!(control_plane.runs().len(), 1);
    // A change that is made together with the end of the protection.
    workspace.configure(&deployment(&["role_names = []", "reinstall_protection = false"]));
    workspace.apply().await;
    assert_eq!(control_plane.runs().len(), 2);
    // A protection and a replacement in one apply: the configuration counts.
    workspace.configure(&deployment(&[BASE, PROTECTED]));
    is_refused(&control_plane, &workspace, &[], &["node-1"]).await;
    workspace.configure(&deployment(&["role_names = []", PROTECTED]));
    workspace.apply().await;
    workspace.destroy().await;
    assert_eq!(control_plane.runs().len(), 2);
}

#[tokio::test]
async fn protected_machine_that_would_be_reinstalled_can_be_destroyed() {
    let (_control_plane, workspace) = applied(&deployment(&[BASE, PROTECTED])).await;
    workspace.configure(&deployment(&["role_names = []", PROTECTED]));
    let output = workspace.run(&["destroy", "-auto-approve"]).await.fails();
    assert!(output.contains("terraform destroy -refresh=false"), "{output}");
    workspace
        .run(&["destroy", "-auto-approve", "-refresh=false"])
        .await
        .succeeds();
    assert_eq!(workspace.instances(), []);
}

/// The roles are known after apply only, so the apply refuses: the delete half in the default order, the create with
/// `create_before_destroy`.
#[tokio::test]
async fn apply_refuses_what_the_plan_could_not_know() {
    for order in ["false", "true"] {
        let lifecycle = format!("lifecycle {{\n    create_before_destroy = {order}\n  }}");
        let (control_plane, workspace) = applied(&deployment(&[BASE, PROTECTED, &lifecycle])).await;
        let before = workspace.state(DEPLOYMENT);
        let sent = control_plane.log().changes().len();
        let data = "resource \"terraform_data\" \"role\" {\n  input = \"base\"\n}\n";
        workspace.configure(
            &(deployment(&["role_names = [terraform_data.role.output]", PROTECTED, &lifecycle]) + data),
        );
        workspace.run(&["plan", "-out=saved"]).await.succeeds();
        control_plane.log().clear();
        let output = workspace.run(&["apply", "saved"]).await.fails();
        assert!(output.contains("Object is protected"), "{output}");
        assert_eq!(control_plane.log().changes().len(), 0, "{sent} requests before");
        if order == "false" {
            assert_eq!(control_plane.log().count(GET), 0, "no call for the machine");
        }
        assert_eq!(workspace.state(DEPLOYMENT), before, "state keeps the object");
        assert!(!workspace.state_file().contains("deposed"), "{output}");
        assert!(!workspace.state_file().contains("tainted"), "{output}");
        // Once the roles are known, they are the same.
        assert!(output.contains("-target"), "{output}");
        workspace
            .run(&["apply", "-auto-approve", "-target=terraform_data.role"])
            .await
            .succeeds();
        workspace.plans_empty().await;
        assert_eq!(control_plane.runs().len(), 1);
    }
}

/// The machine is known after apply only.
#[tokio::test]
async fn apply_refuses_a_create_for_a_machine_with_roles() {
    let (control_plane, first) = applied(&deployment(&[BASE])).await;
    let data = format!("resource \"terraform_data\" \"machine\" {{\n  input = \"{MACHINE}\"\n}}\n");
    let unknown =
        deployment(&[BASE, PROTECTED]).replace(&format!("\"{MACHINE}\""), "terraform_data.machine.output");
    let workspace = workspace(&control_plane, &(unknown + &data));
    workspace.run(&["plan"]).await.succeeds();
    let sent = control_plane.log().changes().len();
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(output.contains("Object is protected"), "{output}");
    assert_eq!(control_plane.log().changes().len(), sent);
    assert_eq!(workspace.state(DEPLOYMENT), json!(null));
    drop(first);
}

/// Without an answer, the provider does not know whether the machine has roles.
#[tokio::test]
async fn protected_create_needs_an_answer_about_the_machine() {
    let control_plane = control_plane().await;
    control_plane.fault(Fault::status(GET, 403));
    let workspace = workspace(&control_plane, &deployment(&[BASE, PROTECTED]));
    workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert_eq!(control_plane.log().count(UPDATE), 0);
}

#[tokio::test]
async fn unknown_protection_of_a_replacement_fails_the_plan() {
    let (control_plane, workspace) = applied(&deployment(&[BASE])).await;
    let data = "resource \"terraform_data\" \"it\" {\n  input = true\n}\n";
    let unknown = "reinstall_protection = terraform_data.it.output";
    workspace.configure(&(deployment(&["role_names = []", unknown]) + data));
    is_refused(
        &control_plane,
        &workspace,
        &[],
        &["is not known before the apply"],
    )
    .await;
}

/// Deployments of the first machines, with these arguments.
fn fleet(count: u32, arguments: &str) -> String {
    let deployments = (1..=count).map(|number| {
        deployment(&[BASE, arguments])
            .replace(MACHINE, &machine(number))
            .replace("\"it\"", &format!("\"m{number}\""))
    });
    deployments.collect()
}

fn limited(workspace: Workspace, limit: &str) -> Workspace {
    workspace.with("DURANTIC_MAX_REINSTALLS", limit)
}

#[tokio::test]
async fn plan_that_reinstalls_too_many_machines_names_each() {
    let (control_plane, workspace) = applied(&fleet(3, "")).await;
    let workspace = limited(workspace, "1");
    workspace.plans_empty().await;
    workspace.configure(&fleet(3, "force_provision = \"again\""));
    let sent = control_plane.log().changes().len();
    for command in [&["plan"][..], &["apply", "-auto-approve"]] {
        let output = workspace.run(command).await.fails();
        assert_eq!(
            output.matches("Error: Plan exceeds a limit").count(),
            2,
            "{output}"
        );
        assert_eq!(output.matches("`max_reinstalls` is 1").count(), 2, "{output}");
        assert_eq!(output.matches("Counted so far: ").count(), 2, "{output}");
        for number in 1..=3 {
            assert!(output.contains(&format!("node-{number}")), "{output}");
        }
    }
    assert_eq!(control_plane.log().changes().len(), sent);

    // Within the limit, the apply plans again and succeeds.
    let workspace = limited(workspace, "3");
    workspace.apply().await;
    assert_eq!(control_plane.runs().len(), 6);
    workspace.plans_empty().await;
}

#[tokio::test]
async fn limit_counts_every_reinstallation_and_nothing_else() {
    // Machines without roles are installed, not reinstalled.
    let control_plane = control_plane().await;
    let workspace = limited(workspace(&control_plane, &fleet(2, "")), "0");
    workspace.apply().await;
    let replace = "-replace=durantic_machine_deployment.m1";
    let is_refused = async |arguments: &[&str]| {
        let output = workspace.run(&[&["plan"], arguments].concat()).await.fails();
        assert!(output.contains("`max_reinstalls` is 0"), "{output}");
        assert_eq!(output.matches("Error: ").count(), 1, "{output}");
    };
    is_refused(&[replace]).await;
    workspace
        .run(&["taint", "durantic_machine_deployment.m2"])
        .await
        .succeeds();
    is_refused(&[]).await;
    workspace
        .run(&["untaint", "durantic_machine_deployment.m2"])
        .await
        .succeeds();
    workspace
        .run(&["state", "rm", "durantic_machine_deployment.m2"])
        .await
        .succeeds();
    is_refused(&[]).await;
    workspace.configure(&fleet(1, "stun_enabled = false"));
    workspace.apply().await;
    workspace.destroy().await;
    assert_eq!(control_plane.runs().len(), 2);
}

#[tokio::test]
async fn limit_of_the_provider_block_holds_in_either_order() {
    for order in ["false", "true"] {
        let lifecycle = format!("lifecycle {{\n    create_before_destroy = {order}\n  }}");
        let block = |limit: u32| format!("provider \"durantic\" {{\n  max_reinstalls = {limit}\n}}\n");
        let again = format!("force_provision = \"again\"\n  {lifecycle}");
        let (control_plane, workspace) = applied(&(block(2) + &fleet(2, &lifecycle))).await;
        workspace.configure(&(block(1) + &fleet(2, &again)));
        let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
        assert!(output.contains("`max_reinstalls` is 1"), "{output}");
        assert_eq!(control_plane.runs().len(), 2);
        workspace.configure(&(block(2) + &fleet(2, &again)));
        workspace.apply().await;
        workspace.plans_empty().await;
        assert_eq!(control_plane.runs().len(), 4);
    }
}

#[tokio::test]
async fn invalid_limit_is_an_error() {
    let control_plane = control_plane().await;
    let block = "provider \"durantic\" {\n  max_reinstalls = -1\n}\n";
    let workspace = workspace(&control_plane, &(block.to_owned() + &fleet(1, "")));
    let output = workspace.run(&["plan"]).await.fails();
    assert!(output.contains("max_reinstalls"), "{output}");
    workspace.configure(&fleet(1, ""));
    let workspace = limited(workspace, "some");
    let output = workspace.run(&["plan"]).await.fails();
    assert!(output.contains("DURANTIC_MAX_REINSTALLS"), "{output}");
}

/// A limit holds while another argument is known after apply only.
#[tokio::test]
async fn limit_holds_for_a_provider_that_is_not_configured_yet() {
    let (_control_plane, workspace) = applied(&fleet(2, "")).await;
    let block = "resource \"terraform_data\" \"timeout\" {\n  input = \"20s\"\n}\nprovider \"durantic\" {\n  \
                 request_timeout = terraform_data.timeout.output\n  max_reinstalls  = 0\n}\n";
    workspace.configure(&(block.to_owned() + &fleet(2, "force_provision = \"again\"")));
    let output = workspace.run(&["plan", "-refresh=false"]).await.fails();
    assert!(output.contains("`max_reinstalls` is 0"), "{output}");
}

/// The machines are known after apply only.
#[tokio::test]
async fn limit_holds_for_machines_that_the_plan_does_not_know() {
    let (control_plane, first) = applied(&fleet(2, "")).await;
    let data = (1..=2).map(|number| {
        let uuid = machine(number);
        format!("resource \"terraform_data\" \"m{number}\" {{\n  input = \"{uuid}\"\n}}\n")
    });
    let data: Vec<String> = data.collect();
    let data = data.concat();
    let unknown = (1..=2).fold(fleet(2, ""), |text, number| {
        text.replace(
            &format!("\"{}\"", machine(number)),
            &format!("terraform_data.m{number}.output"),
        )
    });
    let workspace = limited(workspace(&control_plane, &(unknown + &data)), "1");
    workspace.run(&["plan"]).await.succeeds();
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert_eq!(
        output.matches("Error: Plan exceeds a limit").count(),
        1,
        "{output}"
    );
    assert_eq!(control_plane.runs().len(), 3, "two at first, and one more");
    drop(first);
}

/// The plain destroy of one deployment is no half of the replacement by another one.
#[tokio::test]
async fn deployment_that_takes_the_place_of_a_destroyed_one_is_refused() {
    let data = format!("resource \"terraform_data\" \"machine\" {{\n  input = \"{MACHINE}\"\n}}\n");
    let successor = |arguments: &str| {
        let unknown = deployment(&[BASE, arguments])
            .replace(&format!("\"{MACHINE}\""), "terraform_data.machine.output");
        unknown.replace("\"it\"", "\"successor\"") + &data
    };
    for (arguments, limit) in [(PROTECTED, "9"), ("", "0")] {
        let (control_plane, workspace) = applied(&deployment(&[BASE])).await;
        let workspace = limited(workspace, limit);
        workspace.configure(&successor(arguments));
        workspace.run(&["apply", "-auto-approve"]).await.fails();
        assert_eq!(control_plane.runs().len(), 1);
    }
}

/// With `create_before_destroy`, the roles of the machine would not show its installation.
#[tokio::test]
async fn unknown_roles_of_a_machine_without_roles_fail_the_plan() {
    for order in ["false", "true"] {
        let lifecycle = format!("lifecycle {{\n    create_before_destroy = {order}\n  }}");
        let (control_plane, workspace) =
            applied(&deployment(&["role_names = []", PROTECTED, &lifecycle])).await;
        let data = "resource \"terraform_data\" \"role\" {\n  input = \"base\"\n}\n";
        let unknown = deployment(&["role_names = [terraform_data.role.output]", PROTECTED, &lifecycle]);
        workspace.configure(&(unknown + data));
        is_refused(
            &control_plane,
            &workspace,
            &[],
            &["is only known after apply", "-target"],
        )
        .await;
        assert_eq!(control_plane.runs().len(), 1);
    }
}

/// Another machine is installed, not this one reinstalled.
#[tokio::test]
async fn deployment_may_move_to_a_machine_without_roles() {
    let moved = deployment(&[BASE, PROTECTED]).replace(MACHINE, &machine(2));
    let (control_plane, workspace) = applied(&deployment(&[BASE, PROTECTED])).await;
    let workspace = limited(workspace, "0");
    workspace.configure(&moved);
    workspace.apply().await;
    assert_eq!(control_plane.runs().len(), 2);
    // Back: node-1 still has its role.
    workspace.configure(&deployment(&[BASE, PROTECTED]));
    is_refused(&control_plane, &workspace, &[], &["node-1", "`role_names`"]).await;
}

/// The delete half counts what the plan could not know.
#[tokio::test]
async fn limit_holds_for_tainted_machines_that_the_plan_does_not_know() {
    let data = |number: u32, trigger: u32| {
        let uuid = machine(number);
        format!(
            "resource \"terraform_data\" \"m{number}\" {{\n  input = \"{uuid}\"\n  triggers_replace = {trigger}\n}}\n"
        )
    };
    let both = |trigger: u32| {
        let unknown = (1..=2).fold(fleet(2, ""), |text, number| {
            text.replace(
                &format!("\"{}\"", machine(number)),
                &format!("terraform_data.m{number}.output"),
            )
        });
        unknown + &data(1, trigger) + &data(2, trigger)
    };
    let (control_plane, workspace) = applied(&both(1)).await;
    for name in ["m1", "m2"] {
        workspace
            .run(&["taint", &format!("durantic_machine_deployment.{name}")])
            .await
            .succeeds();
    }
    let workspace = limited(workspace, "0");
    workspace.configure(&both(2));
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert_eq!(
        output.matches("Error: Plan exceeds a limit").count(),
        2,
        "{output}"
    );
    assert_eq!(control_plane.runs().len(), 2);
    assert_eq!(
        workspace.state_file().matches("\"tainted\"").count(),
        2,
        "state keeps both"
    );
}

/// A timeout taints the new object. Without the taint, the next apply waits for the run.
#[tokio::test]
async fn protected_machine_resumes_its_installation_after_a_timeout() {
    let control_plane = control_plane().await;
    control_plane.set_install_time(std::time::Duration::from_hours(1));
    let short = "timeouts {\n    create = \"3s\"\n  }";
    let workspace = limited(
        workspace(&control_plane, &deployment(&[BASE, PROTECTED, short])),
        "0",
    );
    workspace.run(&["apply", "-auto-approve"]).await.fails();
    for run in control_plane.runs() {
        control_plane
            .end_run(&run.uuid, Outcome::Completed)
            .expect("the run ends");
    }
    is_refused(&control_plane, &workspace, &[], &["terraform untaint"]).await;
    workspace.run(&["untaint", DEPLOYMENT]).await.succeeds();
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_eq!(control_plane.runs().len(), 1);
}

/// The control plane refused a replacement, and the configuration is as before: nothing is installed.
#[tokio::test]
async fn untouched_machine_is_not_counted() {
    let (control_plane, workspace) = applied(&deployment(&[BASE, PROTECTED])).await;
    workspace.configure(&deployment(&["role_names = []"]));
    control_plane.fault(Fault::detail(UPDATE, 409, "the machine is locked"));
    workspace.run(&["apply", "-auto-approve"]).await.fails();
    control_plane.clear_faults();
    let workspace = limited(workspace, "0");
    workspace.configure(&deployment(&[BASE, PROTECTED]));
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_eq!(control_plane.runs().len(), 1);
}
