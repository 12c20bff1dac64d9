//! `follow_roles`: machines that are reinstalled when their roles have changed since the last installation, and `replace_triggered_by`,
//! which does the same for changes by the same configuration.

use std::time::Duration;

use acceptance::terraform::Workspace;
use harness::control_plane::{Collection, ControlPlane, Fault, Outcome};
use serde_json::{Value as Json, json};

use super::interruptions::{interrupted, start_apply, stopped, succeeds_after_the_run};
use crate::{MACHINE, applied, changes, control_plane, workspace};

const ROLE: &str = "durantic_machine_role.web";
const DEPLOYMENT: &str = "durantic_machine_deployment.it";
const LIST: &str = "controlplane_api_list_machine_roles";
const START: &str = "provisioning_api_provision_machine";
const POLL: &str = "provisioning_api_get_machine_provision";
const FOLLOW: &str = "follow_roles = true";
const TEMPLATE: &str = "#cloud-config\nhostname: a\n";
const OTHER: &str = "#cloud-config\nhostname: b\n";
const REASON: &str = "the machine role `web` changed since the last provision run: `template_data`";

fn role(template: &str, arguments: &str) -> String {
    format!(
        "resource \"durantic_machine_role\" \"web\" {{\n  name = \"web\"\n  template_data = {template:?}\n  {arguments}\n}}\n"
    )
}

/// A deployment that refers to the role.
fn deployment(arguments: &[&str]) -> String {
    let arguments = arguments.join("\n  ");
    format!(
        "resource \"durantic_machine_deployment\" \"it\" {{\n  machine_uuid = \"{MACHINE}\"\n  \
         role_names = [{ROLE}.name]\n  {arguments}\n}}\n"
    )
}

/// A deployment whose role is not in the configuration.
fn alone(arguments: &[&str]) -> String {
    deployment(arguments).replace(&format!("{ROLE}.name"), "\"web\"")
}

fn both(template: &str, arguments: &[&str]) -> String {
    role(template, "") + &deployment(arguments)
}

fn uuid(control_plane: &ControlPlane) -> String {
    let role = control_plane.find(Collection::MachineRoles, "web");
    let role = role.expect("the role is there");
    role["uuid"].as_str().expect("a UUID").to_owned()
}

/// Changes the role outside of Terraform.
fn change(control_plane: &ControlPlane, field: &str, value: Json) {
    control_plane
        .update(Collection::MachineRoles, &uuid(control_plane), |role| {
            role.insert(field.to_owned(), value);
        })
        .expect("the role is there");
}

/// A role outside of the configuration.
fn create(control_plane: &ControlPlane, template: &str) {
    let role = json!({"name": "web", "template_data": template});
    let role = role.as_object().expect("an object").clone();
    control_plane
        .create(Collection::MachineRoles, role)
        .expect("the role is valid");
}

/// A control plane with the role, and the applied configuration of a machine that has it.
async fn installed(arguments: &[&str]) -> (ControlPlane, Workspace) {
    let control_plane = control_plane().await;
    create(&control_plane, TEMPLATE);
    let workspace = workspace(&control_plane, &alone(arguments));
    workspace.apply().await;
    (control_plane, workspace)
}

/// The changes of a plan.
async fn planned(workspace: &Workspace) -> Vec<String> {
    workspace.plan().await.changes()
}

fn replaced() -> Vec<String> {
    vec![format!("{DEPLOYMENT}: delete,create")]
}

/// Applies, and asserts how many runs there were in all, and that nothing is left to do.
async fn applies(control_plane: &ControlPlane, workspace: &Workspace, runs: usize) {
    workspace.apply().await;
    assert_eq!(control_plane.runs().len(), runs);
    workspace.plans_empty().await;
}

fn one_line(text: &str) -> String {
    text.replace('│', " ")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

#[tokio::test]
async fn change_of_a_role_in_the_same_apply_reinstalls_its_machines() {
    let (control_plane, workspace) = applied(&both(TEMPLATE, &[FOLLOW])).await;
    workspace.plans_empty().await;
    workspace.configure(&both(OTHER, &[FOLLOW]));
    let shown = workspace.run(&["plan"]).await.succeeds().printed();
    assert!(one_line(&shown).contains(REASON), "{shown}");
    applies(&control_plane, &workspace, 2).await;
    let sent = changes(&control_plane);
    let last: Vec<&str> = sent.iter().rev().take(3).rev().map(String::as_str).collect();
    assert_eq!(
        last,
        ["update_machine_role", "update_machine", "provision_machine"]
    );

    // Neither is what an installation does not use, nor what is only written in another way.
    workspace.configure(&(role(OTHER, "description = \"d\"") + &deployment(&[FOLLOW])));
    applies(&control_plane, &workspace, 2).await;
}

#[tokio::test]
async fn change_elsewhere_reinstalls_machines() {
    let (control_plane, workspace) = installed(&[FOLLOW]).await;
    workspace.plans_empty().await;
    let runs = [
        ("template_data", json!(OTHER)),
        ("merge_priority", json!(7)),
        ("image_uuid", json!(image(&control_plane))),
    ];
    for ((field, value), runs) in runs.into_iter().zip(2..) {
        change(&control_plane, field, value);
        let shown = workspace.run(&["plan"]).await.succeeds().printed();
        let reason = format!("the machine role `web` changed since the last provision run: `{field}`");
        assert!(one_line(&shown).contains(&reason), "{shown}");
        assert_eq!(planned(&workspace).await, replaced());
        applies(&control_plane, &workspace, runs).await;
    }
    change(&control_plane, "description", json!("other"));
    workspace.plans_empty().await;
    // Without the argument, and with it again, the machine stays as it is.
    change(&control_plane, "template_data", json!(TEMPLATE));
    for follow in ["follow_roles = false", FOLLOW] {
        workspace.configure(&alone(&[follow]));
        applies(&control_plane, &workspace, 4).await;
    }
}

fn image(control_plane: &ControlPlane) -> String {
    let image = &control_plane.objects(Collection::Images)[0];
    image["uuid"].as_str().expect("a UUID").to_owned()
}

/// The configuration restores what was changed elsewhere, whichever of both Terraform plans first.
#[tokio::test]
async fn change_elsewhere_that_the_plan_undoes_reinstalls_nothing() {
    for roles in [deployment(&[FOLLOW]), alone(&[FOLLOW])] {
        let (control_plane, workspace) = applied(&(role(TEMPLATE, "") + &deployment(&[FOLLOW]))).await;
        workspace.configure(&(role(TEMPLATE, "") + &roles));
        change(&control_plane, "template_data", json!(OTHER));
        assert_eq!(planned(&workspace).await, [format!("{ROLE}: update")]);
        applies(&control_plane, &workspace, 1).await;
    }
}

#[tokio::test]
async fn argument_that_is_set_for_the_first_time_records_and_reinstalls_nothing() {
    let (control_plane, workspace) = installed(&[]).await;
    change(&control_plane, "template_data", json!(OTHER));
    workspace.plans_empty().await;
    workspace.configure(&alone(&[FOLLOW]));
    assert_eq!(planned(&workspace).await, [format!("{DEPLOYMENT}: update")]);
    applies(&control_plane, &workspace, 1).await;
    change(&control_plane, "template_data", json!(TEMPLATE));
    assert_eq!(planned(&workspace).await, replaced());
}

#[tokio::test]
async fn imports_takeovers_and_moves_record_and_reinstall_nothing() {
    let (control_plane, _first) = installed(&[]).await;
    let import = format!("import {{\n  to = {DEPLOYMENT}\n  id = \"{MACHINE}\"\n}}\n");
    let adopt = alone(&[FOLLOW, "on_create = \"adopt\""]);
    let config = alone(&[]).replace("machine_deployment", "machine_config");
    let moved = "moved {\n  from = durantic_machine_config.it\n  to = durantic_machine_deployment.it\n}\n";
    let rows: [(&str, Vec<String>); 3] = [
        ("import", vec![alone(&[FOLLOW]) + &import]),
        ("takeover", vec![adopt]),
        ("move", vec![config, alone(&[FOLLOW]) + moved]),
    ];
    for (name, configurations) in rows {
        change(&control_plane, "template_data", json!(OTHER));
        let workspace = workspace(&control_plane, "");
        for configuration in configurations {
            workspace.configure(&configuration);
            workspace.apply().await;
        }
        workspace.plans_empty().await;
        assert_eq!(control_plane.runs().len(), 1, "{name}");
        change(&control_plane, "template_data", json!(TEMPLATE));
        assert_eq!(planned(&workspace).await, replaced(), "{name}");
    }
}

#[tokio::test]
async fn renamed_role_is_the_same_one() {
    let (control_plane, workspace) = applied(&both(TEMPLATE, &[FOLLOW])).await;
    let renamed = |template: &str| role(template, "").replace("name = \"web\"", "name = \"new\"");
    workspace.configure(&(renamed(TEMPLATE) + &deployment(&[FOLLOW])));
    assert!(!planned(&workspace).await.contains(&replaced()[0]));
    applies(&control_plane, &workspace, 1).await;
    // The record has the new name.
    workspace.configure(&(renamed(OTHER) + &deployment(&[FOLLOW])));
    applies(&control_plane, &workspace, 2).await;
    // With another template at once.
    workspace.configure(&both(TEMPLATE, &[FOLLOW]));
    applies(&control_plane, &workspace, 3).await;
}

/// A role that was deleted and created again counts by its values.
#[tokio::test]
async fn recreated_role_with_the_same_values_is_no_change() {
    let (control_plane, workspace) = installed(&[FOLLOW]).await;
    for (template, expected) in [(TEMPLATE, Vec::new()), (OTHER, replaced())] {
        let before = uuid(&control_plane);
        control_plane
            .delete(Collection::MachineRoles, &before)
            .expect("the role is there");
        // A role that does not exist is no evidence.
        workspace.plans_empty().await;
        create(&control_plane, template);
        assert_ne!(uuid(&control_plane), before);
        assert_eq!(planned(&workspace).await, expected);
    }
}

#[tokio::test]
async fn protected_machine_is_not_reinstalled_and_the_error_has_the_reason() {
    let protected = [FOLLOW, "reinstall_protection = true"];
    let (control_plane, workspace) = applied(&both(TEMPLATE, &protected)).await;
    workspace.configure(&both(OTHER, &protected));
    let output = one_line(&workspace.run(&["plan"]).await.fails());
    for words in ["Object is protected", REASON, "set `follow_roles` to false"] {
        assert!(output.contains(words), "{words}: {output}");
    }
    assert!(!output.contains("failed or was not started"), "{output}");
    let limited = "provider \"durantic\" {\n  max_reinstalls = 0\n}\n";
    workspace.configure(&(both(OTHER, &[FOLLOW]) + limited));
    let output = one_line(&workspace.run(&["plan"]).await.fails());
    assert!(output.contains("`max_reinstalls` is 0"), "{output}");
    assert_eq!(control_plane.runs().len(), 1);
}

#[tokio::test]
async fn roles_that_cannot_be_read_reinstall_nothing() {
    let (control_plane, workspace) = installed(&[FOLLOW]).await;
    change(&control_plane, "template_data", json!(OTHER));
    control_plane.fault(Fault::status(LIST, 500));
    let shown = workspace.run(&["plan"]).await.succeeds().printed();
    let shown = one_line(&shown);
    assert!(shown.contains("No changes."), "{shown}");
    assert!(
        shown.contains("could not check whether machine role objects have changed"),
        "{shown}"
    );
    control_plane.clear_faults();
    assert_eq!(planned(&workspace).await, replaced());
    // Without a record of the start, the next refresh records.
    workspace.run(&["plan", "-out=tfplan"]).await.succeeds();
    control_plane.fault(Fault::status(LIST, 500));
    let shown = workspace.run(&["apply", "tfplan"]).await.succeeds().printed();
    assert!(
        one_line(&shown).contains("Referenced objects not recorded"),
        "{shown}"
    );
    control_plane.clear_faults();
    workspace.apply().await;
    change(&control_plane, "template_data", json!(TEMPLATE));
    assert_eq!(planned(&workspace).await, replaced());
}

/// A change during an installation counts for the next plan: the record is from its start.
#[tokio::test]
async fn change_during_an_installation_is_one_since_its_start() {
    let (control_plane, workspace) = installed(&[FOLLOW]).await;
    change(&control_plane, "template_data", json!(OTHER));
    let role = uuid(&control_plane);
    control_plane.before(POLL, 1, move |account| {
        let changed = account.update(Collection::MachineRoles, &role, |role| {
            role.insert("template_data".to_owned(), json!(TEMPLATE));
        });
        changed.expect("the role is there");
    });
    workspace.apply().await;
    assert_eq!(control_plane.runs().len(), 2);
    assert_eq!(planned(&workspace).await, replaced());
    applies(&control_plane, &workspace, 3).await;
}

/// A create that fails before it starts a run gives the machine back. The next apply still reinstalls it.
#[tokio::test]
async fn replacement_that_failed_before_its_run_is_repeated() {
    let (control_plane, workspace) = installed(&[FOLLOW]).await;
    change(&control_plane, "template_data", json!(OTHER));
    control_plane.fault(Fault::detail("provisioning_api_update_machine", 400, "no"));
    workspace.run(&["apply", "-auto-approve"]).await.fails();
    control_plane.clear_faults();
    assert_eq!(control_plane.runs().len(), 1);
    applies(&control_plane, &workspace, 2).await;
    // Nor does a run that fails lose the change.
    change(&control_plane, "template_data", json!(TEMPLATE));
    control_plane.script_run(MACHINE, Outcome::Error);
    workspace.run(&["apply", "-auto-approve"]).await.fails();
    applies(&control_plane, &workspace, 4).await;
}

/// An apply that only waits for an installation keeps the record of its start.
#[tokio::test]
async fn installation_that_another_apply_ends_keeps_its_record() {
    let control_plane = stopped().await;
    create(&control_plane, TEMPLATE);
    let workspace = workspace(&control_plane, &alone(&[FOLLOW]));
    interrupted(&control_plane, &workspace).await;
    change(&control_plane, "template_data", json!(OTHER));
    assert_eq!(planned(&workspace).await, replaced());
    change(&control_plane, "template_data", json!(TEMPLATE));
    assert_eq!(planned(&workspace).await, [format!("{DEPLOYMENT}: update")]);
    control_plane.advance(Duration::from_mins(20));
    applies(&control_plane, &workspace, 1).await;
    change(&control_plane, "template_data", json!(OTHER));
    assert_eq!(planned(&workspace).await, replaced());
}

/// The replacement waits for another run, and the record is from the start of its own.
#[tokio::test]
async fn change_before_the_start_is_part_of_the_installation() {
    let control_plane = stopped().await;
    create(&control_plane, TEMPLATE);
    let workspace = workspace(&control_plane, &alone(&[FOLLOW]));
    let first = start_apply(&workspace);
    control_plane.log().wait_for(POLL, 1).await;
    succeeds_after_the_run(&control_plane, first).await;
    change(&control_plane, "template_data", json!(OTHER));
    control_plane.start_run(MACHINE).expect("the machine is free");
    let polls = control_plane.log().count(POLL);
    let second = start_apply(&workspace);
    control_plane.log().wait_for(POLL, polls + 1).await;
    change(
        &control_plane,
        "template_data",
        json!("#cloud-config\nhostname: c\n"),
    );
    control_plane.advance(Duration::from_mins(20));
    control_plane.log().wait_for(START, 3).await;
    succeeds_after_the_run(&control_plane, second).await;
    assert_eq!(control_plane.runs().len(), 3);
    workspace.plans_empty().await;
}

/// The resources of README's example, and its other way to the same.
fn readme() -> (String, String) {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = std::fs::read_to_string(root.join("README.md")).expect("the README");
    assert!(text.contains(
        "Change a role, run `terraform apply`, and your fleet rolls over to the new operating system."
    ));
    let mut blocks = text
        .split("```hcl\n")
        .skip(1)
        .map(|block| block.split("```").next().unwrap_or_default());
    let example = blocks.next().expect("the example");
    let start = example.find("data \"durantic_machine\"").expect("the machine");
    let example = example[start..].replace("web-1", "node-1");
    let trigger = blocks.find(|block| block.contains("replace_triggered_by"));
    (example, trigger.expect("the trigger").to_owned())
}

#[tokio::test]
async fn example_of_the_readme_rolls_over_in_both_ways() {
    let (followed, trigger) = readme();
    let line = "  follow_roles = true\n";
    assert!(followed.contains(line), "{followed}");
    let triggered = followed.replace(line, &trigger);
    for (name, configuration) in [("follow_roles", followed), ("replace_triggered_by", triggered)] {
        let control_plane = control_plane().await;
        let workspace = workspace(&control_plane, &configuration);
        workspace.write("web.yaml", TEMPLATE);
        workspace.apply().await;
        workspace.plans_empty().await;
        workspace.write("web.yaml", OTHER);
        applies(&control_plane, &workspace, 2).await;
        // Neither way counts what an installation does not use.
        let described = configuration.replace(
            "  template_data = file",
            "  description   = \"d\"\n  template_data = file",
        );
        assert_ne!(described, configuration, "{name}");
        workspace.configure(&described);
        applies(&control_plane, &workspace, 2).await;
    }
}
