//! How much a plan knows: a reinstallation changes four attributes of a machine, and the others are as the machine has them.
//!
//! Terraform rejects an apply whose values differ from those that the plan knows.

use acceptance::processes::start;
use acceptance::terraform::{Plan, Workspace};
use harness::control_plane::{Collection, ControlPlane, Fault};
use serde_json::{Map, Value as Json, json};

use super::interruptions::{interrupt, stopped, succeeds_after_the_run};
use super::{applied, control_plane, machine, workspace};

const ADDRESS: &str = "durantic_machine_deployment.node";
const READ: &str = "provisioning_api_get_machine";
const POLL: &str = "provisioning_api_get_machine_provision";
const UPDATE: &str = "provisioning_api_update_machine";

/// The attributes that an installation determines.
const INSTALLED: [&str; 4] = [
    "discovered_ip_addresses",
    "provision_status",
    "provision_uuid",
    "public_ip_addresses",
];

const CREATE_FIRST: &str = "lifecycle {\n    create_before_destroy = true\n  }";

/// A deployment of `node-1` with a role, a network and these arguments.
fn configuration(arguments: &str) -> String {
    format!(
        r#"
resource "durantic_mesh_network" "a" {{
  name         = "a"
  network_cidr = "10.42.0.0/24"
}}
resource "durantic_mesh_network" "b" {{
  name         = "b"
  network_cidr = "10.43.0.0/24"
}}
resource "durantic_machine_role" "web" {{
  name = "web"
}}
resource "durantic_machine_role" "db" {{
  name = "db"
}}
resource "durantic_machine_deployment" "node" {{
  machine_uuid = "{}"
{arguments}
  depends_on = [durantic_machine_role.web, durantic_machine_role.db, durantic_mesh_network.b]
}}
"#,
        machine(1)
    )
}

/// A machine in the network `a` with the role `web`.
fn deployed(force_provision: &str) -> String {
    configuration(&format!(
        "role_names = [\"web\"]\nmesh_network_uuid = durantic_mesh_network.a.uuid\nforce_provision = \"{force_provision}\""
    ))
}

/// The attributes of the deployment that a plan does not know.
fn unknown(plan: &Plan) -> Vec<String> {
    let unknown = &plan.change(ADDRESS)["after_unknown"];
    let unknown = unknown.as_object().into_iter().flatten();
    let names = unknown.filter(|(_, value)| **value == json!(true));
    names.map(|(name, _)| name.clone()).collect()
}

/// Plans twice, asserts that both plans are equal, and returns the second one.
async fn plan_twice(workspace: &Workspace, options: &[&str]) -> Plan {
    let mut plans = Vec::new();
    for file in ["first", "tfplan"] {
        let out = format!("-out={file}");
        let arguments: Vec<&str> = ["plan", &out]
            .into_iter()
            .chain(options.iter().copied())
            .collect();
        workspace.run(&arguments).await.succeeds();
        plans.push(workspace.show(file).await);
    }
    assert_eq!(plans[0].change(ADDRESS), plans[1].change(ADDRESS));
    plans.remove(1)
}

/// Applies the saved plan. The next plan is empty.
async fn apply_plan(workspace: &Workspace) {
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    workspace.plans_empty().await;
}

fn change_machine(control_plane: &ControlPlane, attribute: &str, value: Json) {
    let changed = control_plane.update(
        Collection::Machines,
        &machine(1),
        |machine: &mut Map<String, Json>| {
            machine.insert(attribute.to_owned(), value);
        },
    );
    changed.expect("the machine exists");
}

#[tokio::test]
async fn reinstallation_leaves_four_attributes_unknown() {
    let (control_plane, workspace) = applied(&deployed("1")).await;
    let before = workspace.state(ADDRESS);
    workspace.configure(&deployed("2"));
    let plan = plan_twice(&workspace, &[]).await;
    assert_eq!(plan.changes(), [format!("{ADDRESS}: delete,create")]);
    assert_eq!(unknown(&plan), INSTALLED);
    let after = &plan.change(ADDRESS)["after"];
    for name in [
        "uuid",
        "hostname",
        "mesh_ip_address",
        "private_ip_addresses",
        "tunnel_type",
    ] {
        assert_eq!(after[name], before[name], "`{name}`");
    }
    apply_plan(&workspace).await;
    assert_eq!(control_plane.runs().len(), 2);

    let replace = format!("-replace={ADDRESS}");
    assert_eq!(
        unknown(&plan_twice(&workspace, &[&replace, "-parallelism=1"]).await),
        INSTALLED
    );
    workspace
        .run(&["apply", "-parallelism=1", "tfplan"])
        .await
        .succeeds();
    workspace.plans_empty().await;
    assert_eq!(control_plane.runs().len(), 3);
    assert_eq!(control_plane.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn other_causes_of_a_reinstallation_leave_the_same_unknown() {
    let trigger = "resource \"terraform_data\" \"wave\" {\n  input = \"WAVE\"\n}\n";
    let text = |wave: &str, role: &str| {
        let lifecycle = "lifecycle {\n    replace_triggered_by = [terraform_data.wave]\n  }";
        let node = configuration(&format!("role_names = [\"{role}\"]\n{lifecycle}"));
        trigger.replace("WAVE", wave) + &node
    };
    let (control_plane, workspace) = applied(&text("1", "web")).await;
    for (wave, role) in [("2", "web"), ("2", "db")] {
        workspace.configure(&text(wave, role));
        assert_eq!(
            unknown(&plan_twice(&workspace, &[]).await),
            INSTALLED,
            "{wave} {role}"
        );
        apply_plan(&workspace).await;
    }
    assert_eq!(control_plane.runs().len(), 3);
}

#[tokio::test]
async fn network_that_changes_with_a_reinstallation_leaves_its_addresses_unknown() {
    let (control_plane, workspace) = applied(&deployed("1")).await;
    workspace.configure(&deployed("2").replace("mesh_network.a.uuid", "mesh_network.b.uuid"));
    let plan = plan_twice(&workspace, &[]).await;
    let mut expected = INSTALLED.to_vec();
    expected.extend(["mesh_ip_address", "private_ip_addresses", "wg_ip_address"]);
    expected.sort_unstable();
    assert_eq!(unknown(&plan), expected);
    apply_plan(&workspace).await;
    assert_eq!(workspace.state(ADDRESS)["mesh_ip_address"], "10.43.0.1");
    assert_eq!(control_plane.runs().len(), 2);
}

/// A create does not clear what its configuration omits.
#[tokio::test]
async fn removed_argument_is_unknown_in_a_reinstallation() {
    for lifecycle in ["", CREATE_FIRST] {
        let (control_plane, workspace) = applied(&deployed("1")).await;
        workspace.configure(&configuration(&format!(
            "role_names = [\"web\"]\nforce_provision = \"2\"\n{lifecycle}"
        )));
        let plan = plan_twice(&workspace, &[]).await;
        assert!(unknown(&plan).contains(&"mesh_network_uuid".to_owned()));
        apply_plan(&workspace).await;
        assert_eq!(workspace.state(ADDRESS)["mesh_ip_address"], "10.42.0.1");
        assert_eq!(control_plane.runs().len(), 2);
    }
}

/// Applies a plan after the machine was changed outside of Terraform.
async fn changed_between_plan_and_apply(lifecycle: &str) -> (ControlPlane, Workspace, i32, String) {
    let text = |force_provision: &str| {
        configuration(&format!(
            "role_names = [\"web\"]\nforce_provision = \"{force_provision}\"\n{lifecycle}"
        ))
    };
    let (control_plane, workspace) = applied(&text("1")).await;
    workspace.configure(&text("2"));
    plan_twice(&workspace, &[]).await;
    change_machine(&control_plane, "hostname", json!("renamed"));
    change_machine(&control_plane, "tunnel_type", json!("geneve"));
    change_machine(&control_plane, "mesh_ip_address", json!("10.42.0.77"));
    let run = workspace.run(&["apply", "tfplan"]).await;
    (
        control_plane,
        workspace,
        run.status.unwrap_or(-1),
        run.stdout + &run.stderr,
    )
}

#[tokio::test]
async fn machine_that_changes_between_plan_and_apply_is_reinstalled() {
    let (control_plane, workspace, status, output) = changed_between_plan_and_apply("").await;
    assert_eq!(status, 0, "{output}");
    assert!(!output.contains("overridden by the control plane"), "{output}");
    assert_eq!(control_plane.runs().len(), 2);
    workspace
        .run(&["apply", "-refresh-only", "-auto-approve"])
        .await
        .succeeds();
    let state = workspace.state(ADDRESS);
    assert_eq!(
        (&state["hostname"], &state["tunnel_type"]),
        (&json!("renamed"), &json!("geneve"))
    );
    workspace.plans_empty().await;
}

#[tokio::test]
async fn machine_that_changes_before_a_create_first_is_left_as_it_is() {
    let (control_plane, workspace, status, output) = changed_between_plan_and_apply(CREATE_FIRST).await;
    assert_eq!(status, 1, "{output}");
    assert!(output.contains("inconsistent final plan"), "{output}");
    assert_eq!(control_plane.runs().len(), 1, "nothing was started");
    assert_eq!(workspace.state(ADDRESS)["provision_status"], "completed");
    workspace.apply().await;
    assert_eq!(control_plane.runs().len(), 2);
    workspace.plans_empty().await;
}

#[tokio::test]
async fn create_first_reads_the_machine_once_more() {
    let text = |force_provision: &str| {
        configuration(&format!(
            "role_names = [\"web\"]\nforce_provision = \"{force_provision}\"\n{CREATE_FIRST}"
        ))
    };
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, &text("1"));
    workspace.plan().await;
    let reads = control_plane.log().count(READ);
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    let of_create = control_plane.log().count(READ) - reads;
    // The plan of the apply, the evidence before the update, and the refresh after the run.
    assert_eq!(of_create, 3);

    workspace.configure(&text("2"));
    assert_eq!(unknown(&plan_twice(&workspace, &[]).await), INSTALLED);
    apply_plan(&workspace).await;
    assert_eq!(control_plane.runs().len(), 2);
}

/// Names of roles that are not configured are the control plane's own, and are not checked.
#[tokio::test]
async fn renamed_role_of_a_reinstalled_machine_needs_no_configuration() {
    let text = |name: &str, force_provision: &str| {
        configuration(&format!("force_provision = \"{force_provision}\""))
            .replace("\"web\"\n}", &format!("\"{name}\"\n}}"))
    };
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, &deployed("1"));
    workspace.apply().await;
    workspace.configure(&text("www", "2"));
    let plan = plan_twice(&workspace, &[]).await;
    assert_eq!(plan.change(ADDRESS)["after"]["role_names"], json!(["web"]));
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    workspace.plans_empty().await;
    assert_eq!(workspace.state(ADDRESS)["provision_status"], "completed");
    assert_eq!(control_plane.runs().len(), 2);
}

#[tokio::test]
async fn tainted_machine_is_planned_as_a_new_one() {
    let (control_plane, workspace) = applied(&deployed("1")).await;
    workspace.run(&["taint", ADDRESS]).await.succeeds();
    let plan = plan_twice(&workspace, &[]).await;
    assert!(unknown(&plan).contains(&"hostname".to_owned()));
    assert_eq!(plan.change(ADDRESS)["after"]["uuid"], machine(1));
    apply_plan(&workspace).await;
    assert_eq!(control_plane.runs().len(), 2);
}

#[tokio::test]
async fn failed_create_half_gives_the_machine_back() {
    let (control_plane, workspace) = applied(&deployed("1")).await;
    let before = workspace.state(ADDRESS);
    workspace.configure(&deployed("2"));
    plan_twice(&workspace, &[]).await;
    control_plane.fault(Fault::status(UPDATE, 403));
    let run = workspace.run(&["apply", "tfplan"]).await;
    assert_eq!(run.status, Some(1));
    control_plane.clear_faults();
    let state = workspace.state(ADDRESS);
    assert_eq!(
        (&state["hostname"], &state["force_provision"]),
        (&before["hostname"], &json!("1"))
    );
    workspace.apply().await;
    assert_eq!(control_plane.runs().len(), 2);
    workspace.plans_empty().await;
}

#[tokio::test]
async fn interrupted_reinstallation_has_the_planned_result_until_the_next_refresh() {
    let control_plane = stopped().await;
    control_plane.set_install_time(std::time::Duration::ZERO);
    let workspace = workspace(&control_plane, &deployed("1"));
    workspace.apply().await;
    control_plane.set_install_time(std::time::Duration::from_mins(10));
    workspace.configure(&deployed("2"));
    let polls = control_plane.log().count(POLL);
    let apply = start(&workspace, &["apply", "-auto-approve"]);
    control_plane.log().wait_for(POLL, polls + 1).await;
    let output = interrupt(apply).await;
    assert!(output.contains("Interrupted during the run"), "{output}");
    assert!(!output.contains("inconsistent"), "{output}");
    assert_eq!(workspace.state(ADDRESS)["is_online"], true);

    workspace
        .run(&["apply", "-refresh-only", "-auto-approve"])
        .await
        .succeeds();
    let machine = control_plane.machine(&machine(1)).expect("the machine exists");
    assert_eq!(
        workspace.state(ADDRESS)["needs_provisioning"],
        machine["needs_provisioning"]
    );
    let plan = plan_twice(&workspace, &[]).await;
    assert_eq!(plan.changes(), [format!("{ADDRESS}: update")]);
    assert_eq!(unknown(&plan), INSTALLED);
    let apply = start(&workspace, &["apply", "-auto-approve"]);
    succeeds_after_the_run(&control_plane, apply).await;
    assert_eq!(control_plane.runs().len(), 2, "the run is resumed");
    workspace.plans_empty().await;
}

#[tokio::test]
async fn uuid_of_a_new_machine_is_a_key_of_for_each() {
    let control_plane = control_plane().await;
    let text = format!(
        "resource \"durantic_machine_deployment\" \"node\" {{\n  machine_uuid = \"{}\"\n}}\n\
         resource \"terraform_data\" \"each\" {{\n  for_each = toset([durantic_machine_deployment.node.uuid])\n}}\n\
         resource \"durantic_machine_config\" \"other\" {{\n  machine_uuid = upper(\"{}\")\n}}\n",
        machine(1),
        machine(2)
    );
    let workspace = workspace(&control_plane, &text);
    let plan = workspace.plan().await;
    for (address, uuid) in [
        (ADDRESS, machine(1)),
        ("durantic_machine_config.other", machine(2)),
    ] {
        assert_eq!(plan.change(address)["after"]["uuid"], uuid);
    }
    let after = &plan.change(ADDRESS)["after"];
    assert_eq!(
        (&after["is_online"], &after["needs_provisioning"]),
        (&json!(true), &json!(false))
    );
    apply_plan(&workspace).await;
}

#[tokio::test]
async fn role_that_changes_leaves_only_its_time_unknown() {
    let text = |description: &str| {
        format!(
            "resource \"durantic_machine_role\" \"web\" {{\n  name = \"web\"\n  description = \"{description}\"\n}}\n"
        )
    };
    let (_control_plane, workspace) = applied(&text("a")).await;
    workspace.configure(&text("b"));
    let plan = workspace.plan().await;
    assert_eq!(
        plan.change("durantic_machine_role.web")["after_unknown"],
        json!({"updated_at": true})
    );
    apply_plan(&workspace).await;
}
