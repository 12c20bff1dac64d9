//! `on_create = "adopt"`: machines that are taken over as they are, and never reinstalled by a lost state.

use acceptance::terraform::Workspace;
use harness::control_plane::{Collection, ControlPlane, Fault, Outcome};
use serde_json::{Value as Json, json};

use crate::{MACHINE, applied, changes, machine, quick, workspace};

const DEPLOYMENT: &str = "durantic_machine_deployment.it";
const GET: &str = "provisioning_api_get_machine";
const UPDATE: &str = "provisioning_api_update_machine";
const BASE: &str = "role_names = [\"base\"]";
const ADOPT: &str = "on_create = \"adopt\"";
const REFUSED: &str = "Object is not as it is configured";

fn deployment(arguments: &[&str]) -> String {
    named("it", arguments)
}

fn named(name: &str, arguments: &[&str]) -> String {
    let arguments = arguments.join("\n  ");
    format!(
        "resource \"durantic_machine_deployment\" \"{name}\" {{\n  machine_uuid = \"{MACHINE}\"\n  {arguments}\n}}\n"
    )
}

/// Deployments of the machines 1 to 20.
fn fleet(arguments: &[&str]) -> String {
    format!(
        "resource \"durantic_machine_deployment\" \"node\" {{\n  count = 20\n  \
         machine_uuid = format(\"00000000-0000-4000-8000-%012d\", count.index + 1)\n  {}\n}}\n",
        arguments.join("\n  ")
    )
}

fn change(control_plane: &ControlPlane, number: u32, field: &str, value: Json) {
    control_plane
        .update(Collection::Machines, &machine(number), |machine| {
            machine.insert(field.to_owned(), value);
        })
        .expect("the machine is there");
}

/// A control plane whose first machine was installed with the role `base`, and a workspace without state.
async fn installed(configuration: &str) -> (ControlPlane, Workspace) {
    let (control_plane, _) = applied(&deployment(&[BASE])).await;
    let workspace = workspace(&control_plane, configuration);
    (control_plane, workspace)
}

fn lose_state(workspace: &Workspace) {
    std::fs::remove_file(workspace.path().join("terraform.tfstate")).expect("the state is there");
}

/// Two roles, in another order than the control plane's; 20 machines that lost their state.
#[tokio::test]
async fn lost_state_reinstalls_no_machine() {
    let control_plane = quick()
        .machines(20)
        .start()
        .await
        .expect("the control plane starts");
    let roles = "role_names = [\"web\", \"base\"]";
    let role = "resource \"durantic_machine_role\" \"web\" {\n  name = \"web\"\n}\n";
    workspace(&control_plane, role).apply().await;
    let workspace = workspace(&control_plane, &fleet(&[roles]));
    workspace.apply().await;
    assert_eq!(control_plane.runs().len(), 20);
    let sent = changes(&control_plane).len();

    lose_state(&workspace);
    let reversed = "role_names = [\"base\", \"web\"]";
    let protected = [
        reversed,
        ADOPT,
        "reinstall_protection = true",
        "force_provision = \"7\"",
    ];
    workspace.configure(&(fleet(&protected) + "provider \"durantic\" {\n  max_reinstalls = 0\n}\n"));
    let planned = workspace.run(&["plan", "-out=tfplan"]).await.succeeds().printed();
    assert!(!planned.contains("reinstalls"), "{planned}");
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    assert_eq!(control_plane.runs().len(), 20, "no run");
    assert_eq!(changes(&control_plane).len(), sent, "nothing was sent");
    workspace.plans_empty().await;
    let state = workspace.state("durantic_machine_deployment.node[3]");
    assert_eq!(state["hostname"], "node-4");
    assert_eq!(state["provision_uuid"], Json::Null);
    assert_eq!(state["force_provision"], "7");
}

#[tokio::test]
async fn machine_with_another_role_is_refused_and_the_others_are_adopted() {
    let control_plane = quick()
        .machines(20)
        .start()
        .await
        .expect("the control plane starts");
    workspace(
        &control_plane,
        "resource \"durantic_machine_role\" \"it\" {\n  name = \"other\"\n}\n",
    )
    .apply()
    .await;
    let workspace = workspace(&control_plane, &fleet(&[BASE]));
    workspace.apply().await;
    change(&control_plane, 7, "role_names", json!(["base", "other"]));
    lose_state(&workspace);
    workspace.configure(&fleet(&[BASE, ADOPT]));
    let sent = changes(&control_plane).len();

    let planned = workspace.run(&["plan"]).await.succeeds().printed();
    assert!(
        planned.contains(REFUSED) && planned.contains("node-7"),
        "{planned}"
    );
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    let shown = output.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        REFUSED,
        "\"node-7\" was not taken over",
        "its `role_names` is [\"base\",\"other\"], and the configuration has [\"base\"]",
        "Nothing was sent, the object stays as it is",
        "Configure what it has. To reinstall it instead, remove `on_create = \"adopt\"`",
    ] {
        assert!(shown.contains(words), "{words}: {output}");
    }
    assert_eq!(output.matches("Error:").count(), 1, "{output}");
    assert_eq!(workspace.instances().len(), 19);
    assert_eq!(control_plane.runs().len(), 20);
    assert_eq!(changes(&control_plane).len(), sent, "nothing was sent");

    change(&control_plane, 7, "role_names", json!(["base"]));
    change(&control_plane, 7, "needs_provisioning", json!(false));
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_eq!(control_plane.runs().len(), 20);
}

#[tokio::test]
async fn machine_that_needs_provisioning_is_refused() {
    let (control_plane, workspace) = installed(&deployment(&[BASE, ADOPT])).await;
    change(&control_plane, 1, "needs_provisioning", json!(true));
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(output.contains("`needs_provisioning` is true"), "{output}");
    assert!(output.contains("on_create = \"adopt\""), "{output}");
    assert_eq!(control_plane.runs().len(), 1);
    assert!(workspace.instances().is_empty());
    // A machine without roles, too.
    let fresh = format!("machine_uuid = \"{}\"", machine(2));
    workspace
        .configure(&deployment(&[BASE, ADOPT]).replace(&format!("machine_uuid = \"{MACHINE}\""), &fresh));
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(output.contains("`role_names` is []"), "{output}");
    assert_eq!(control_plane.runs().len(), 1);
}

/// Without roles in the configuration, the machine keeps those that it has.
#[tokio::test]
async fn other_settings_are_applied_without_a_run() {
    let (control_plane, workspace) = installed(&deployment(&[ADOPT, "tunnel_type = \"geneve\""])).await;
    let sent = changes(&control_plane).len();
    workspace.apply().await;
    assert_eq!(changes(&control_plane).split_off(sent), ["update_machine"]);
    let log = control_plane.log().changes();
    let body = log.last().and_then(|entry| entry.body.clone());
    assert_eq!(body, Some(json!({"tunnel_type": "geneve"})));
    assert_eq!(control_plane.runs().len(), 1);
    assert_eq!(workspace.state(DEPLOYMENT)["role_names"], json!(["base"]));
    workspace.plans_empty().await;
}

#[tokio::test]
async fn adopted_machine_is_managed_like_any_other() {
    let (control_plane, workspace) = installed(&deployment(&[BASE, ADOPT])).await;
    workspace.apply().await;
    // As after an import, nothing was installed by Terraform, so that there is nothing to repeat.
    workspace.configure(&deployment(&[BASE, ADOPT, "force_provision = \"1\""]));
    workspace.apply().await;
    assert_eq!(control_plane.runs().len(), 1);
    workspace.plans_empty().await;
    // From here on, a change reinstalls.
    workspace.configure(&deployment(&[BASE, ADOPT, "force_provision = \"2\""]));
    let planned = workspace.run(&["plan"]).await.succeeds().printed();
    assert!(planned.contains("This plan reinstalls machines"), "{planned}");
    workspace.apply().await;
    assert_eq!(control_plane.runs().len(), 2);
    workspace.configure(&deployment(&[
        "role_names = []",
        ADOPT,
        "force_provision = \"2\"",
    ]));
    workspace.apply().await;
    assert_eq!(control_plane.runs().len(), 3);
    workspace
        .run(&["apply", "-auto-approve", &format!("-replace={DEPLOYMENT}")])
        .await
        .succeeds();
    assert_eq!(control_plane.runs().len(), 4);
    // A change of the argument itself changes nothing else.
    workspace.configure(&deployment(&["role_names = []", "force_provision = \"2\""]));
    let sent = changes(&control_plane).len();
    workspace.apply().await;
    assert_eq!(changes(&control_plane).len(), sent);
    workspace.plans_empty().await;
}

/// State has a tainted machine, so the user demands the installation.
#[tokio::test]
async fn tainted_machines_are_reinstalled() {
    let (control_plane, workspace) = installed(&deployment(&[BASE, ADOPT])).await;
    workspace.apply().await;
    workspace.run(&["taint", DEPLOYMENT]).await.succeeds();
    let planned = workspace.run(&["plan"]).await.succeeds().printed();
    assert!(planned.contains("This plan reinstalls machines"), "{planned}");
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_eq!(control_plane.runs().len(), 2);

    let replace = format!("-replace={DEPLOYMENT}");
    control_plane.script_run(MACHINE, Outcome::Error);
    workspace.run(&["apply", "-auto-approve", &replace]).await.fails();
    assert_eq!(control_plane.runs().len(), 3);
    workspace.apply().await;
    assert_eq!(control_plane.runs().len(), 4);
    workspace.plans_empty().await;
}

/// A replacement that fails before its run still owes it.
#[tokio::test]
async fn demanded_installation_is_not_lost_by_a_failure() {
    for (operation, status) in [
        (UPDATE, 403),
        ("provisioning_api_provision_machine", 403),
        (UPDATE, 500),
    ] {
        for demand in [
            ["force_provision = \"2\"", ""],
            [
                "force_provision = \"1\"",
                "-replace=durantic_machine_deployment.it",
            ],
        ] {
            let [force, option] = demand;
            let (control_plane, workspace) =
                installed(&deployment(&[BASE, ADOPT, "force_provision = \"1\""])).await;
            workspace.apply().await;
            workspace.configure(&deployment(&[BASE, ADOPT, force]));
            control_plane.fault(Fault::status(operation, status));
            let apply = ["apply", "-auto-approve", option];
            let apply: Vec<&str> = apply.into_iter().filter(|part| !part.is_empty()).collect();
            workspace.run(&apply).await.fails();
            assert_eq!(workspace.instances().len(), 1, "{operation} {demand:?}");
            control_plane.clear_faults();
            workspace.apply().await;
            assert_eq!(control_plane.runs().len(), 2, "{operation} {demand:?}");
            workspace.plans_empty().await;
        }
    }
}

/// Three deployments of these machines.
fn of_machines(machines: &[u32], arguments: &[&str]) -> String {
    let uuids: Vec<String> = machines
        .iter()
        .map(|number| format!("{:?}", machine(*number)))
        .collect();
    format!(
        "resource \"durantic_machine_deployment\" \"node\" {{\n  count = {}\n  machine_uuid = [{}][count.index]\n  {}\n}}\n",
        machines.len(),
        uuids.join(", "),
        arguments.join("\n  ")
    )
}

/// Machines that move from one address to another are replacements of one machine by another.
#[tokio::test]
async fn machines_that_move_between_addresses_are_adopted() {
    for (rule, after, order) in [
        ("shifted", &[2, 3, 4][..], ""),
        ("swapped", &[2, 1, 3, 4], ""),
        ("shifted, in order", &[2, 3, 4], "-parallelism=1"),
        ("swapped, in order", &[2, 1, 3, 4], "-parallelism=1"),
    ] {
        for adopted in [true, false] {
            let control_plane = quick()
                .machines(4)
                .start()
                .await
                .expect("the control plane starts");
            workspace(&control_plane, &of_machines(&[1, 2, 3, 4], &[BASE]))
                .apply()
                .await;
            let first = if adopted { &[BASE, ADOPT][..] } else { &[BASE] };
            let workspace = workspace(&control_plane, &of_machines(&[1, 2, 3, 4], first));
            workspace.apply().await;
            let before = control_plane.runs().len();
            let protected = [BASE, ADOPT, "reinstall_protection = true"];
            workspace.configure(&of_machines(after, &protected));
            let apply = ["apply", "-auto-approve", order];
            let apply: Vec<&str> = apply.into_iter().filter(|part| !part.is_empty()).collect();
            let printed = workspace.run(&apply).await.succeeds().printed();
            assert!(!printed.contains("reinstalls"), "{rule}: {printed}");
            assert_eq!(control_plane.runs().len(), before, "{rule}");
            assert_eq!(workspace.instances().len(), after.len(), "{rule}");
            workspace.plans_empty().await;
        }
    }
}

/// The address of a tainted machine gets another machine, and the tainted one gets another address: nothing is its replacement.
#[tokio::test]
async fn tainted_machine_that_changes_its_address_is_adopted() {
    for (after, order) in [
        (&[2, 3][..], "-parallelism=10"),
        (&[2, 3], "-parallelism=1"),
        (&[2, 1, 3], "-parallelism=10"),
        (&[3, 1, 2], "-parallelism=10"),
    ] {
        let control_plane = quick()
            .machines(3)
            .start()
            .await
            .expect("the control plane starts");
        let arguments = [BASE, ADOPT, "reinstall_protection = true"];
        workspace(&control_plane, &of_machines(&[1, 2, 3], &[BASE]))
            .apply()
            .await;
        let workspace = workspace(&control_plane, &of_machines(&[1, 2, 3], &arguments));
        workspace.apply().await;
        workspace
            .run(&["taint", "durantic_machine_deployment.node[1]"])
            .await
            .succeeds();
        workspace.configure(&of_machines(after, &arguments));
        let run = workspace.run(&["apply", "-auto-approve", order]).await;
        assert_eq!(control_plane.runs().len(), 3, "{after:?} {order}");
        // A plan may take it for a tainted machine under its own address, which is protected.
        if run.status != Some(0) {
            assert!(run.fails().contains("Object is protected"), "{after:?} {order}");
        }
    }
}

/// One resource takes over the machines that another one gives up for others.
#[tokio::test]
async fn machines_that_another_resource_gives_up_are_adopted() {
    let with = |first: &[u32], second: &[u32]| {
        let of = |name: &str, machines: &[u32]| {
            of_machines(machines, &[BASE, ADOPT]).replace("\"node\"", &format!("{name:?}"))
        };
        of("b", first) + &of("aaa", second)
    };
    let control_plane = quick()
        .machines(6)
        .start()
        .await
        .expect("the control plane starts");
    workspace(&control_plane, &of_machines(&[1, 2, 3, 4, 5, 6], &[BASE]))
        .apply()
        .await;
    let workspace = workspace(&control_plane, &with(&[1, 2, 3], &[]));
    workspace.apply().await;
    workspace.configure(&with(&[4, 5, 6], &[1, 2, 3]));
    workspace.apply().await;
    assert_eq!(control_plane.runs().len(), 6);
    workspace.plans_empty().await;
    assert_eq!(workspace.instances().len(), 6);
}

/// The plan shows that the new machine will be refused, and does not count it as a reinstallation.
#[tokio::test]
async fn another_machine_is_adopted_or_refused() {
    let other = |number: u32| format!("machine_uuid = \"{}\"", machine(number));
    let own = format!("machine_uuid = \"{MACHINE}\"");
    let text = deployment(&[BASE, ADOPT, "reinstall_protection = true"]);
    let (control_plane, workspace) = installed(&text).await;
    workspace.apply().await;
    workspace.configure(&text.replace(&own, &other(2)));
    let planned = workspace.run(&["plan"]).await.succeeds().printed();
    assert!(
        planned.contains(REFUSED) && planned.contains("node-2"),
        "{planned}"
    );
    change(&control_plane, 2, "role_names", json!(["base"]));
    change(&control_plane, 2, "needs_provisioning", json!(false));
    let printed = workspace.apply().await.printed();
    assert!(!printed.contains("reinstalls"), "{printed}");
    assert_eq!(control_plane.runs().len(), 1);
    workspace.plans_empty().await;
}

/// Another address without a `moved` block is a destroy, which forgets, and a create.
#[tokio::test]
async fn changed_address_reinstalls_nothing() {
    let (control_plane, workspace) =
        applied(&deployment(&[BASE, ADOPT.replace("adopt", "install").as_str()])).await;
    for (name, protection) in [("other", ""), ("third", "reinstall_protection = true")] {
        workspace.configure(&named(name, &[BASE, ADOPT, protection]));
        let planned = workspace.run(&["plan"]).await.succeeds().printed();
        assert!(!planned.contains("reinstalls"), "{planned}");
        workspace.apply().await;
        workspace.plans_empty().await;
        assert_eq!(control_plane.runs().len(), 1, "{name}");
    }
}

/// Terraform before 1.16 does not show that a create replaces an object with `create_before_destroy`.
#[tokio::test]
async fn replacement_that_terraform_does_not_show_is_reported() {
    let lifecycle = "lifecycle {\n    create_before_destroy = true\n  }";
    let (control_plane, workspace) = installed(&deployment(&[BASE, ADOPT, lifecycle])).await;
    workspace.apply().await;
    let replace = format!("-replace={DEPLOYMENT}");
    let run = workspace.run(&["apply", "-auto-approve", &replace]).await;
    if control_plane.runs().len() == 1 {
        let output = run.fails();
        assert!(
            output.contains("Object was taken over instead of replaced"),
            "{output}"
        );
    }
    workspace.apply().await;
    workspace.plans_empty().await;
    let before = control_plane.runs().len();
    workspace.configure(&deployment(&[BASE, lifecycle]));
    workspace.apply().await;
    workspace
        .run(&["apply", "-auto-approve", &replace])
        .await
        .succeeds();
    assert_eq!(control_plane.runs().len(), before + 1);
    // A changed role is refused before anything is sent, and state keeps the object.
    workspace.configure(&deployment(&["role_names = []", ADOPT, lifecycle]));
    let run = workspace.run(&["apply", "-auto-approve"]).await;
    if control_plane.runs().len() == before + 1 {
        let output = run.fails();
        assert!(output.contains(REFUSED), "{output}");
        assert_eq!(workspace.state(DEPLOYMENT)["role_names"], json!(["base"]));
    }
}

#[tokio::test]
async fn failed_adoption_leaves_nothing_in_state() {
    let (control_plane, workspace) = installed(&deployment(&[BASE, ADOPT, "tunnel_type = \"geneve\""])).await;
    for operation in [GET, UPDATE] {
        control_plane.fault(Fault::status(operation, 403));
        workspace.run(&["apply", "-auto-approve"]).await.fails();
        assert!(workspace.instances().is_empty(), "{operation}");
        control_plane.clear_faults();
    }
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_eq!(control_plane.runs().len(), 1);
    let missing = "role_names = [\"base\"]\n  machine_uuid = \"00000000-0000-4000-8000-000000000999\"";
    workspace.configure(&format!(
        "resource \"durantic_machine_deployment\" \"it\" {{\n  {missing}\n  {ADOPT}\n}}\n"
    ));
    let unchecked = workspace.with("DURANTIC_SKIP_PREFLIGHT", "true");
    let output = unchecked.run(&["apply", "-auto-approve"]).await.fails();
    assert!(output.contains("999"), "{output}");
    assert_eq!(control_plane.runs().len(), 1);
}

/// A value that is only known after apply decides in the apply.
#[tokio::test]
async fn unknown_arguments_decide_in_the_apply() {
    let known_later = |value: &str| format!("resource \"terraform_data\" \"it\" {{\n  input = {value}\n}}\n");
    let later = "on_create = terraform_data.it.output";
    let (control_plane, workspace) =
        installed(&(deployment(&[BASE, later]) + &known_later("\"adopt\""))).await;
    workspace.apply().await;
    assert_eq!(control_plane.runs().len(), 1);
    workspace.plans_empty().await;
    lose_state(&workspace);
    let uuid = "machine_uuid = terraform_data.it.output";
    let text =
        format!("resource \"durantic_machine_deployment\" \"it\" {{\n  {uuid}\n  {BASE}\n  {ADOPT}\n}}\n");
    workspace.configure(&(text + &known_later(&format!("{MACHINE:?}"))));
    workspace.apply().await;
    assert_eq!(control_plane.runs().len(), 1);
    workspace.plans_empty().await;
}

/// A renamed role is the same one.
#[tokio::test]
async fn role_that_the_same_plan_renames_is_the_same() {
    let role =
        |name: &str| format!("resource \"durantic_machine_role\" \"it\" {{\n  name = \"{name}\"\n}}\n");
    let roles = "role_names = [durantic_machine_role.it.name]";
    let (control_plane, workspace) = applied(&(role("first") + &deployment(&[roles]))).await;
    workspace.run(&["state", "rm", DEPLOYMENT]).await.succeeds();
    workspace.configure(&(role("second") + &deployment(&[roles, ADOPT])));
    let planned = workspace.run(&["plan"]).await.succeeds().printed();
    assert!(!planned.contains(REFUSED), "{planned}");
    workspace.apply().await;
    assert_eq!(control_plane.runs().len(), 1);
    workspace.plans_empty().await;
}
