//! `durantic_machine_deployment`: the changes that install a machine, and those that do not.

use harness::control_plane::{Collection, ControlPlane, Outcome};
use serde_json::json;

use super::{applied, control_plane, machine, workspace};

const START: &str = "provisioning_api_provision_machine";
const UPDATE: &str = "provisioning_api_update_machine";

/// A deployment of `node-1` with these arguments, two roles and a network.
fn configuration(arguments: &str) -> String {
    format!(
        r#"
resource "durantic_mesh_network" "internal" {{
  name         = "internal"
  network_cidr = "10.42.0.0/24"
}}
resource "durantic_machine_role" "a" {{
  name = "a"
}}
resource "durantic_machine_role" "b" {{
  name = "b"
}}
resource "durantic_machine_deployment" "node" {{
  machine_uuid = "{}"
{arguments}
  depends_on = [durantic_machine_role.a, durantic_machine_role.b]
}}
"#,
        machine(1)
    )
}

const ADDRESS: &str = "durantic_machine_deployment.node";

fn runs(control_plane: &ControlPlane) -> usize {
    control_plane.runs().len()
}

#[tokio::test]
async fn create_installs_the_machine_and_waits_for_it() {
    let (control_plane, workspace) = applied(&configuration(
        "role_names = [\"b\", \"a\"]\nmesh_network_uuid = durantic_mesh_network.internal.uuid",
    ))
    .await;

    let state = workspace.state(ADDRESS);
    assert_eq!(state["provision_status"], "completed");
    assert_eq!(state["role_names"], json!(["b", "a"]));
    assert_eq!(state["hostname"], "node-1");
    assert_eq!(state["mesh_ip_address"], "10.42.0.1");
    assert_eq!(state["wg_ip_address"], "10.42.0.1");
    assert_eq!(state["private_ip_addresses"], json!(["10.42.0.1"]));
    assert_eq!(state["public_ip_addresses"], state["discovered_ip_addresses"]);
    assert_eq!(state["needs_provisioning"], false);
    assert_eq!(state["is_online"], true);
    let run = &control_plane.runs()[0];
    assert_eq!((runs(&control_plane), run.mode.as_str()), (1, "rebuild"));
    assert_eq!(state["provision_uuid"], run.uuid.as_str());
    workspace.plans_empty().await;
    assert_eq!(control_plane.violations(), Vec::<String>::new());
}

/// Applies `before`, then `after`. Returns the changes of the second plan and the number of runs afterwards.
async fn change(before: &str, after: &str) -> (Vec<String>, usize) {
    let (control_plane, workspace) = applied(&configuration(before)).await;
    assert_eq!(runs(&control_plane), 1);

    workspace.configure(&configuration(after));
    let changes = workspace.plan().await.changes();
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    workspace.plans_empty().await;
    (changes, runs(&control_plane))
}

fn replaced() -> (Vec<String>, usize) {
    (vec![format!("{ADDRESS}: delete,create")], 2)
}

fn in_place() -> (Vec<String>, usize) {
    (vec![format!("{ADDRESS}: update")], 1)
}

fn no_change() -> (Vec<String>, usize) {
    (Vec::new(), 1)
}

#[tokio::test]
async fn another_set_of_role_names_replaces_the_deployment() {
    assert_eq!(
        change("role_names = [\"a\"]", "role_names = [\"a\", \"b\"]").await,
        replaced()
    );
}

#[tokio::test]
async fn another_order_of_role_names_is_no_change() {
    assert_eq!(
        change("role_names = [\"a\", \"b\"]", "role_names = [\"b\", \"a\"]").await,
        no_change()
    );
}

#[tokio::test]
async fn changed_force_provision_replaces_the_deployment() {
    assert_eq!(
        change("force_provision = \"1\"", "force_provision = \"2\"").await,
        replaced()
    );
}

#[tokio::test]
async fn first_force_provision_replaces_the_deployment() {
    assert_eq!(change("", "force_provision = \"1\"").await, replaced());
}

#[tokio::test]
async fn settings_are_updated_in_place() {
    let before =
        "role_names = [\"a\"]\ntunnel_type = \"auto\"\nstun_enabled = true\ntarget_disk = \"/dev/sda\"";
    let after = "role_names = [\"a\"]\ntunnel_type = \"geneve\"\nstun_enabled = false\nauto_update = false\n\
                 inject_agent = false\nkexec_installer = false\ntarget_disk = \"/dev/nvme0n1\"\n\
                 mesh_network_uuid = durantic_mesh_network.internal.uuid";
    assert_eq!(change(before, after).await, in_place());
}

#[tokio::test]
async fn timeouts_are_updated_without_a_request() {
    let (control_plane, workspace) = applied(&configuration("timeouts {\n create = \"30m\"\n}")).await;
    let requests = control_plane.log().count(UPDATE);

    workspace.configure(&configuration("timeouts {\n create = \"45m\"\n}"));
    assert_eq!(workspace.plan().await.changes(), in_place().0);
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    workspace.plans_empty().await;
    assert_eq!(control_plane.log().count(UPDATE), requests);
}

#[tokio::test]
async fn omitted_role_names_keep_their_value_in_an_update() {
    let control_plane = control_plane().await;
    control_plane
        .update(Collection::Machines, &machine(1), |machine| {
            machine.insert("role_names".to_owned(), json!(["base"]));
        })
        .expect("the machine has a role");
    let workspace = workspace(&control_plane, &configuration("tunnel_type = \"auto\""));
    workspace.apply().await;
    assert_eq!(workspace.state(ADDRESS)["role_names"], json!(["base"]));

    workspace.configure(&configuration("tunnel_type = \"geneve\""));
    let plan = workspace.plan().await;
    assert_eq!(plan.changes(), in_place().0);
    let unknown = &plan.change(ADDRESS)["after_unknown"];
    for kept in [
        "role_names",
        "stun_enabled",
        "mesh_ip_address",
        "provision_uuid",
        "provision_status",
        "hostname",
    ] {
        assert!(unknown[kept] != true, "the plan should keep `{kept}`");
    }
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    assert_eq!(runs(&control_plane), 1);
}

#[tokio::test]
async fn removed_mesh_network_uuid_leaves_the_network() {
    let (control_plane, workspace) = applied(&configuration(
        "target_disk = \"/dev/sda\"\nmesh_network_uuid = durantic_mesh_network.internal.uuid",
    ))
    .await;
    workspace.configure(&configuration(""));
    assert_eq!(workspace.plan().await.changes(), in_place().0);
    workspace.run(&["apply", "tfplan"]).await.succeeds();

    let state = workspace.state(ADDRESS);
    assert_eq!(state["mesh_network_uuid"], json!(null));
    assert_eq!(state["target_disk"], json!(null));
    assert_eq!(state["mesh_ip_address"], json!(null));
    assert_eq!(state["private_ip_addresses"], json!([]));
    assert_eq!(runs(&control_plane), 1);
    workspace.plans_empty().await;
}

#[tokio::test]
async fn replace_option_installs_only_its_machine() {
    let control_plane = control_plane().await;
    let text = format!(
        "resource \"durantic_machine_deployment\" \"node\" {{\n  for_each = toset([\"{}\", \"{}\"])\n  \
         machine_uuid = each.key\n}}\n",
        machine(1),
        machine(2)
    );
    let workspace = workspace(&control_plane, &text);
    workspace.apply().await;
    assert_eq!(runs(&control_plane), 2);

    let target = format!("-replace=durantic_machine_deployment.node[\"{}\"]", machine(2));
    workspace
        .run(&["apply", "-auto-approve", &target])
        .await
        .succeeds();
    let run_machines: Vec<String> = control_plane
        .runs()
        .into_iter()
        .map(|run| run.machine_uuid)
        .collect();
    assert_eq!(run_machines.len(), 3);
    assert_eq!(run_machines.last(), Some(&machine(2)));
    workspace.plans_empty().await;
}

#[tokio::test]
async fn first_force_provision_after_import_installs_nothing() {
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, &configuration(""));
    workspace
        .run(&[
            "apply",
            "-auto-approve",
            "-target=durantic_mesh_network.internal",
            "-target=durantic_machine_role.a",
            "-target=durantic_machine_role.b",
        ])
        .await
        .succeeds();
    workspace.run(&["import", ADDRESS, &machine(1)]).await.succeeds();
    workspace.plans_empty().await;

    workspace.configure(&configuration("force_provision = \"1\""));
    assert_eq!(workspace.plan().await.changes(), in_place().0);
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    workspace.plans_empty().await;
    assert_eq!(runs(&control_plane), 0);

    workspace.configure(&configuration("force_provision = \"2\""));
    assert_eq!(workspace.plan().await.changes(), replaced().0);
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    assert_eq!(runs(&control_plane), 1);
}

#[tokio::test]
async fn destroy_removes_the_deployment_without_a_request() {
    let (control_plane, workspace) = applied(&configuration("role_names = [\"a\"]")).await;
    let before = control_plane.machine(&machine(1));
    control_plane.log().clear();

    workspace
        .run(&["destroy", "-auto-approve", &format!("-target={ADDRESS}")])
        .await
        .succeeds();
    assert_eq!(control_plane.machine(&machine(1)), before);
    let changes: Vec<String> = control_plane
        .log()
        .changes()
        .into_iter()
        .map(|entry| entry.path)
        .collect();
    assert_eq!(changes, Vec::<String>::new());
}

#[tokio::test]
async fn drift_is_detected() {
    let (control_plane, workspace) =
        applied(&configuration("role_names = [\"a\"]\ntunnel_type = \"auto\"")).await;
    let outside = |name: &'static str, value: serde_json::Value| {
        control_plane
            .update(Collection::Machines, &machine(1), move |machine| {
                machine.insert(name.to_owned(), value);
            })
            .expect("the machine is changed");
    };
    outside("tunnel_type", json!("geneve"));
    assert_eq!(workspace.plan().await.changes(), in_place().0);
    outside("tunnel_type", json!("auto"));
    outside("role_names", json!(["b"]));
    assert_eq!(workspace.plan().await.changes(), replaced().0);
}

#[tokio::test]
async fn missing_machine_is_an_error_of_the_plan() {
    let (control_plane, workspace) = applied(&configuration("")).await;
    control_plane
        .delete(Collection::Machines, &machine(1))
        .expect("the machine is removed");
    let output = workspace.run(&["plan"]).await.fails();
    assert!(output.contains("No machine with the `uuid`"), "{output}");
    let workspace = workspace.with("DURANTIC_SKIP_PREFLIGHT", "true");
    assert_eq!(workspace.plan().await.changes(), [format!("{ADDRESS}: create")]);
    let output = workspace.run(&["apply", "tfplan"]).await.fails();
    assert!(
        output.contains("The request to create machine deployment"),
        "{output}"
    );
    assert!(output.contains("404"), "{output}");
}

#[tokio::test]
async fn failed_run_is_reported_and_replaced() {
    let outcomes = [
        (Outcome::Error, "error"),
        (Outcome::Degraded, "degraded"),
        (Outcome::RenderFailed, "render_failed"),
        (Outcome::Other("melted".to_owned()), "melted"),
    ];
    let control_plane = super::quick()
        .machines(4)
        .start()
        .await
        .expect("the control plane starts");
    for (number, (outcome, _)) in (1..).zip(&outcomes) {
        control_plane.script_run(&machine(number), outcome.clone());
    }
    let text = "resource \"durantic_machine_deployment\" \"node\" {\n  count = 4\n  \
                machine_uuid = format(\"00000000-0000-4000-8000-%012d\", count.index + 1)\n  role_names = [\"base\"]\n}\n";
    let workspace = workspace(&control_plane, text);
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    for (index, (_, status)) in outcomes.iter().enumerate() {
        assert!(
            output.contains(&format!("ended with the status `{status}`")),
            "{output}"
        );
        let host = format!("node-{}", index + 1);
        let runs = control_plane.runs();
        let run = runs.iter().find(|run| run.hostname == host).expect("a run");
        assert!(
            output.contains(&run.uuid),
            "the error has the run's uuid: {output}"
        );
        assert!(output.contains(&host), "the error has the host name: {output}");
        let state = workspace.state(&format!("{ADDRESS}[{index}]"));
        assert_eq!(state["provision_status"], *status);
    }

    let replaced: Vec<String> = (0..4)
        .map(|index| format!("{ADDRESS}[{index}]: delete,create"))
        .collect();
    assert_eq!(workspace.plan().await.changes(), replaced, "tainted");
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    for index in 0..4 {
        let state = workspace.state(&format!("{ADDRESS}[{index}]"));
        assert_eq!(state["provision_status"], "completed");
    }
    assert_eq!(runs(&control_plane), 8);
    workspace.plans_empty().await;
}

#[tokio::test]
async fn another_active_run_is_waited_for_and_named() {
    let control_plane = super::quick()
        .stopped_clock()
        .start()
        .await
        .expect("the control plane starts");
    control_plane.script_run(&machine(1), Outcome::NeverEnding);
    let run = control_plane.start_run(&machine(1)).expect("a run is started");
    let workspace = workspace(
        &control_plane,
        &configuration("timeouts {\n    create = \"3s\"\n  }"),
    );
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(output.contains("was active already"), "{output}");
    assert!(output.contains("Timeout while waiting for the run"), "{output}");
    assert!(output.contains(&run), "the run is named: {output}");
    assert_eq!(control_plane.log().count_processed(START), 0);
}

#[tokio::test]
async fn invalid_values_are_reported_with_their_line() {
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, "");
    for (arguments, expected) in [
        ("tunnel_type = \"genave\"", "Did you mean \"geneve\"?"),
        ("mesh_network_uuid = \"x\"", "must be a UUID"),
        ("timeouts {\n create = \"an hour\"\n}", "must be a duration"),
        ("role_names = [null]", "Null collection element"),
    ] {
        workspace.configure(&configuration(arguments));
        let output = workspace.run(&["plan"]).await.fails();
        assert!(output.contains(expected), "{arguments}: {output}");
        assert!(output.contains("on main.tf line"), "{arguments}: {output}");
    }
    workspace
        .configure("resource \"durantic_machine_deployment\" \"node\" {\n  machine_uuid = \"node-1\"\n}\n");
    let output = workspace.run(&["plan"]).await.fails();
    assert!(output.contains("must be a UUID"), "{output}");
}

#[tokio::test]
async fn import_rejects_an_invalid_id_and_a_missing_machine() {
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, &configuration(""));
    let output = workspace
        .run(&["import", ADDRESS, "https://app.test/node-1"])
        .await
        .fails();
    assert!(output.contains("Invalid import ID"), "{output}");
    for missing in ["node-99", &machine(99)] {
        let output = workspace.run(&["import", ADDRESS, missing]).await.fails();
        assert!(
            output.contains("Cannot import non-existent remote object"),
            "{missing}: {output}"
        );
    }
}
