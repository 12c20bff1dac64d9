//! `moved` blocks from `durantic_machine_config` to `durantic_machine_deployment` and back, also from state of another registry and of the
//! published provider.

use std::path::Path;

use acceptance::terraform::Workspace;
use harness::control_plane::{Collection, ControlPlane};
use serde_json::{Value as Json, json};

use super::interruptions::{interrupted, stopped};
use super::{MACHINE, changes, control_plane, machine, quick, workspace};

const OPENTOFU: &str = "registry.opentofu.org/durantic/durantic";

fn address(kind: &str) -> String {
    format!("durantic_machine_{kind}.it")
}

fn resource(kind: &str, arguments: &str) -> String {
    format!(
        "resource \"durantic_machine_{kind}\" \"it\" {{\n  machine_uuid = \"{MACHINE}\"\n  role_names = [\"base\"]\n  {arguments}\n}}\n"
    )
}

fn moved(from: &str, to: &str) -> String {
    format!(
        "moved {{\n  from = {}\n  to   = {}\n}}\n",
        address(from),
        address(to)
    )
}

/// Changes the state file.
fn edit(workspace: &Workspace, change: impl FnOnce(&mut Json)) {
    let mut state: Json = serde_json::from_str(&workspace.state_file()).expect("state in JSON");
    change(&mut state);
    workspace.write("terraform.tfstate", &state.to_string());
}

/// Changes the provider of the only resource in state. Terraform requires that provider, too, so it is this program.
fn set_provider(workspace: &Workspace, address: &str) {
    edit(workspace, |state| {
        state["resources"][0]["provider"] = json!(format!("provider[{address:?}]"));
    });
    let rc = workspace.path().join("terraform.rc");
    let text = std::fs::read_to_string(&rc).expect("the CLI configuration");
    let own = text.lines().find(|line| line.contains("\"durantic/durantic\""));
    let own = own.expect("the override of the provider");
    let other = own.replace("durantic/durantic\"", &format!("{address}\""));
    let both = text.replace(own, &format!("{own}\n{other}"));
    std::fs::write(rc, both).expect("the CLI configuration is written");
}

/// Asserts that a plan moves the object and changes nothing, and applies it.
async fn moves(workspace: &Workspace, to: &str, previous: &str) {
    let plan = workspace.plan().await;
    assert_eq!(plan.changes(), Vec::<String>::new());
    let change = plan.0["resource_changes"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|change| change["address"] == address(to));
    let change = change.expect("the moved object");
    assert_eq!(change["previous_address"], address(previous));
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    workspace.plans_empty().await;
}

#[tokio::test]
async fn machines_change_their_resource_and_back_without_an_installation() {
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, &resource("config", ""));
    workspace.apply().await;
    let sent = changes(&control_plane);

    workspace.configure(&(resource("deployment", "") + &moved("config", "deployment")));
    moves(&workspace, "deployment", "config").await;
    assert_eq!(changes(&control_plane), sent, "nothing was sent");

    let forced = |value: &str| resource("deployment", &format!("force_provision = {value:?}"));
    workspace.configure(&forced("1"));
    workspace.apply().await;
    assert_eq!(control_plane.runs().len(), 0, "the first value installs nothing");
    workspace.configure(&forced("2"));
    workspace.apply().await;
    assert_eq!(control_plane.runs().len(), 1);

    workspace.configure(&(resource("config", "") + &moved("deployment", "config")));
    moves(&workspace, "config", "deployment").await;
    assert_eq!(control_plane.runs().len(), 1);
}

#[tokio::test]
async fn tainted_object_is_moved_as_tainted() {
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, &resource("config", ""));
    workspace.apply().await;
    workspace.run(&["taint", &address("config")]).await.succeeds();
    workspace.configure(&(resource("deployment", "") + &moved("config", "deployment")));
    let changes = workspace.plan().await.changes();
    assert_eq!(changes, [format!("{}: delete,create", address("deployment"))]);
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    assert_eq!(control_plane.runs().len(), 1);
    workspace.plans_empty().await;
}

#[tokio::test]
async fn state_of_another_registry_is_taken_over() {
    for (from, to) in [
        ("config", "deployment"),
        ("deployment", "config"),
        ("config", "config"),
    ] {
        let control_plane = control_plane().await;
        let workspace = workspace(&control_plane, &resource(from, ""));
        workspace.apply().await;
        let runs = control_plane.runs().len();
        let other = resource(to, "").replace("\"it\"", "\"other\"");
        let moved = format!(
            "moved {{\n  from = {}\n  to = durantic_machine_{to}.other\n}}\n",
            address(from)
        );
        workspace.configure(&(other + &moved));
        set_provider(&workspace, OPENTOFU);
        edit(&workspace, |state| {
            let attributes = &mut state["resources"][0]["instances"][0]["attributes"];
            attributes["future"] = json!({"a": [1]});
        });
        assert_eq!(
            workspace.plan().await.changes(),
            Vec::<String>::new(),
            "{from} to {to}"
        );
        workspace.run(&["apply", "tfplan"]).await.succeeds();
        workspace.plans_empty().await;
        assert_eq!(control_plane.runs().len(), runs);
    }
}

/// The state of the published provider for a resource, and the objects of the control plane.
async fn published(name: &str) -> (ControlPlane, Workspace) {
    let states = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/data/states"));
    let seeded = quick().seed(states.join("seed.json")).start().await;
    let control_plane = seeded.expect("the control plane starts");
    let read =
        |file: &str| std::fs::read_to_string(states.join(name).join(file)).expect("a file of the state");
    let workspace = workspace(&control_plane, &read("main.tf"));
    workspace.write("terraform.tfstate", &read("terraform.tfstate"));
    (control_plane, workspace)
}

#[tokio::test]
async fn state_of_the_published_provider_is_moved() {
    for (from, to) in [("config", "deployment"), ("deployment", "config")] {
        let (control_plane, workspace) = published(&format!("machine_{from}")).await;
        let state: Json = serde_json::from_str(&workspace.state_file()).expect("state in JSON");
        let attributes = &state["resources"][0]["instances"][0]["attributes"];
        let configuration = format!(
            "resource \"durantic_machine_{to}\" \"it\" {{\n  machine_uuid = \"{MACHINE}\"\n  role_names = {}\n}}\n",
            attributes["role_names"]
        );
        workspace.configure(&(configuration + &moved(from, to)));
        set_provider(&workspace, OPENTOFU);
        moves(&workspace, to, from).await;
        assert_eq!(changes(&control_plane), Vec::<String>::new());
        assert_eq!(control_plane.runs().len(), 0);
    }
}

#[tokio::test]
async fn other_moves_are_errors() {
    let control_plane = control_plane().await;
    let variable = "resource \"durantic_variable\" \"it\" {\n  name = \"a\"\n  value = \"b\"\n}\n";
    let workspace = workspace(&control_plane, variable);
    workspace.apply().await;
    let block = "moved {\n  from = durantic_variable.it\n  to = durantic_machine_config.it\n}\n";
    workspace.configure(&(resource("config", "") + block));
    let output = workspace.run(&["plan"]).await.fails();
    assert!(output.contains("Unsupported move"), "{output}");

    workspace.configure(&(resource("config", "") + &moved("deployment", "config")));
    edit(&workspace, |state| {
        let resource = &mut state["resources"][0];
        resource["type"] = json!("durantic_machine_deployment");
        resource["instances"][0]["attributes"] = json!({"machine_uuid": MACHINE});
    });
    set_provider(&workspace, "registry.terraform.io/acme/durantic");
    let output = workspace.run(&["plan"]).await.fails();
    assert!(output.contains("Unsupported move"), "{output}");
}

#[tokio::test]
async fn active_run_is_left_with_a_warning() {
    let control_plane = stopped().await;
    let workspace = workspace(&control_plane, &resource("deployment", ""));
    interrupted(&control_plane, &workspace).await;
    // Without the taint, the move is that of an object that an update in place has yet to wait for.
    workspace.run(&["untaint", &address("deployment")]).await;
    workspace.configure(&(resource("config", "") + &moved("deployment", "config")));
    let run = workspace.run(&["plan", "-out=tfplan"]).await.succeeds();
    assert!(
        run.printed().contains("Run no longer followed"),
        "{}",
        run.printed()
    );
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    assert_eq!(control_plane.runs().len(), 1);
}

/// The fingerprint of the token in private state belongs to the earlier resource: it still shows that the token is the same.
#[tokio::test]
async fn object_that_is_gone_at_the_move_is_known_to_be_gone() {
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, &resource("config", ""));
    workspace.apply().await;
    let deleted = control_plane.delete(Collection::Machines, &machine(1));
    deleted.expect("the machine is deleted");
    workspace.configure(&(resource("deployment", "") + &moved("config", "deployment")));
    let run = workspace.run(&["plan", "-refresh-only"]).await.succeeds();
    assert!(run.printed().contains("has been deleted"), "{}", run.printed());
}
