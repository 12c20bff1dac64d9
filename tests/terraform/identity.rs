//! Identities of objects in Terraform from version 1.12 on, which `TERRAFORM=/path` names: without it, these tests are skipped.

use std::path::{Path, PathBuf};

use acceptance::terraform::{Workspace, newer};
use harness::control_plane::{Collection, ControlPlane};
use provider::durantic::DEFINITION;
use serde_json::{Value as Json, json};

use crate::{MACHINE, control_plane, workspace};

const WANTED: (u32, u32) = (1, 12);
const NETWORK: &str =
    "resource \"durantic_mesh_network\" \"it\" {\n  name = \"it\"\n  network_cidr = \"10.42.0.0/24\"\n}\n";
const CONFIG: &str = "durantic_machine_config.it";

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

fn machine_config() -> String {
    format!("resource \"durantic_machine_config\" \"it\" {{\n  machine_uuid = \"{MACHINE}\"\n}}\n")
}

/// Returns the identity of the only object in the state file.
fn identity(workspace: &Workspace) -> Json {
    let state: Json = serde_json::from_str(&workspace.state_file()).expect("state in JSON");
    state["resources"][0]["instances"][0]["identity"].clone()
}

/// A state that an earlier version of Terraform wrote.
#[tokio::test]
async fn state_of_an_earlier_terraform_gets_identities() {
    let Some(terraform) = newer("state_of_an_earlier_terraform_gets_identities", WANTED) else {
        return;
    };
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, &machine_config());
    workspace.apply().await;
    assert_eq!(identity(&workspace), Json::Null, "Terraform 1.11 stores none");
    let workspace = workspace.with_terraform(&terraform);
    workspace.plans_empty().await;
    workspace
        .run(&["apply", "-refresh-only", "-auto-approve"])
        .await
        .succeeds();
    // Terraform writes the state only if something has changed.
    workspace.configure(&machine_config().replace("}\n", "  tunnel_type = \"geneve\"\n}\n"));
    workspace.apply().await;
    assert_eq!(identity(&workspace), json!({"machine_uuid": MACHINE}));
    workspace.plans_empty().await;
}

#[tokio::test]
async fn objects_are_imported_by_their_identities() {
    let Some(terraform) = newer("objects_are_imported_by_their_identities", WANTED) else {
        return;
    };
    for binding in DEFINITION.resources {
        let name = &binding.schema.name;
        let control_plane = super::examples::account().await;
        let folder = examples().join(format!("resources/durantic_{name}"));
        let read = |file: &str| std::fs::read_to_string(folder.join(file)).expect("an example");
        let configuration = read("resource.tf");
        let workspace = super::examples::workspace(&control_plane, &folder, &configuration);
        let workspace = workspace.with_terraform(&terraform);
        workspace.apply().await;
        let block = read("import-by-identity.tf");
        let address = block.lines().find_map(|line| line.trim().strip_prefix("to = "));
        let address = address.expect("an address");
        let uuid = workspace.state(address)["uuid"]
            .as_str()
            .expect("a uuid")
            .to_owned();
        workspace.run(&["state", "rm", address]).await.succeeds();
        let documented = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
        workspace.write("import.tf", &block.replace(documented, &uuid));
        let plan = workspace.plan().await;
        assert!(plan.0.to_string().contains("\"importing\""), "{name}");
        workspace.run(&["apply", "tfplan"]).await.succeeds();
        assert_eq!(workspace.state(address)["uuid"], uuid.as_str());
        let runs = usize::from(name == "machine_deployment");
        assert_eq!(control_plane.runs().len(), runs, "an import installs nothing");
    }
}

#[tokio::test]
async fn invalid_and_missing_identities_are_errors() {
    let Some(terraform) = newer("invalid_and_missing_identities_are_errors", WANTED) else {
        return;
    };
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, "").with_terraform(&terraform);
    for (uuid, words) in [
        ("node-1", "has no valid `machine_uuid`"),
        (
            "00000000-0000-4000-8000-000000000009",
            "Cannot import non-existent remote object",
        ),
    ] {
        workspace.configure(&format!(
            "{}import {{\n  to = {CONFIG}\n  identity = {{\n    machine_uuid = \"{uuid}\"\n  }}\n}}\n",
            machine_config().replace(MACHINE, "00000000-0000-4000-8000-000000000001")
        ));
        let output = workspace.run(&["plan"]).await.fails();
        assert!(output.contains(words), "{words}: {output}");
    }
}

async fn is_created_again(control_plane: &ControlPlane, workspace: &Workspace) {
    let uuid = workspace.state("durantic_mesh_network.it")["uuid"]
        .as_str()
        .expect("a uuid")
        .to_owned();
    control_plane
        .delete(Collection::MeshNetworks, &uuid)
        .expect("the network is there");
    assert_eq!(
        workspace.plan().await.changes(),
        ["durantic_mesh_network.it: create"]
    );
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    workspace.plans_empty().await;
}

/// An object that was deleted outside Terraform, with and without an identity in state.
#[tokio::test]
async fn deleted_object_is_created_again() {
    let Some(terraform) = newer("deleted_object_is_created_again", WANTED) else {
        return;
    };
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, NETWORK);
    workspace.apply().await;
    let workspace = workspace.with_terraform(&terraform);
    is_created_again(&control_plane, &workspace).await;
    assert_ne!(identity(&workspace), Json::Null);
    is_created_again(&control_plane, &workspace).await;
    // A replacement has another identity.
    let before = identity(&workspace);
    workspace.configure(&NETWORK.replace("10.42", "10.43"));
    workspace.apply().await;
    assert_ne!(identity(&workspace), before);
    workspace.plans_empty().await;
    workspace.destroy().await;
}

#[tokio::test]
async fn documented_identities_equal_the_served_ones() {
    let Some(terraform) = newer("documented_identities_equal_the_served_ones", WANTED) else {
        return;
    };
    let control_plane = control_plane().await;
    let workspace =
        workspace(&control_plane, "data \"durantic_images\" \"all\" {}\n").with_terraform(&terraform);
    let printed = workspace
        .run(&["providers", "schema", "-json"])
        .await
        .succeeds()
        .stdout;
    let served: Json = serde_json::from_str(&printed).expect("a schema in JSON");
    let documented = docs_gen::served::document(&DEFINITION).expect("the declarations can be described");
    let documented = serde_json::to_value(&documented).expect("JSON");
    let of = |document: &Json| {
        let providers = document["provider_schemas"].as_object().expect("providers");
        let provider = providers.values().next().expect("a provider");
        provider["resource_identity_schemas"].clone()
    };
    assert_eq!(
        of(&served).as_object().map(serde_json::Map::len),
        Some(DEFINITION.resources.len())
    );
    assert_eq!(of(&served), of(&documented));
}
