//! Identities of objects in Terraform from version 1.12 on, which `TERRAFORM=/path` names: without it, these tests are skipped.

use std::path::{Path, PathBuf};

use acceptance::terraform::{Workspace, newer};
use harness::control_plane::{Collection, ControlPlane, Fault, Outcome};
use provider::durantic::DEFINITION;
use serde_json::{Value as Json, json};

use crate::everything::{EVERYTHING, changed};
use crate::{MACHINE, changes, control_plane, workspace};

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

/// Asserts that `terraform show` prints the identity of every object of [`EVERYTHING`], and returns them by address.
async fn assert_identities(workspace: &Workspace) -> Vec<(String, Json)> {
    let shown = workspace.run(&["show", "-json"]).await.succeeds();
    let shown: Json = serde_json::from_str(&shown.stdout).expect("JSON");
    let shown = shown["values"]["root_module"]["resources"]
        .as_array()
        .expect("resources");
    let identities = DEFINITION.resources.iter().map(|binding| {
        let address = format!("durantic_{}.it", binding.schema.name);
        let object = shown.iter().find(|object| object["address"] == address.as_str());
        let object = object.expect("the object is in state");
        let parts = engine::identity::attributes(binding.schema)
            .map(|part| (part.name.to_string(), object["values"][&*part.name].clone()));
        let expected = Json::Object(parts.collect());
        assert_eq!(object["identity"], expected, "{address}");
        (address, expected)
    });
    identities.collect()
}

#[tokio::test]
async fn every_object_keeps_its_identity_when_it_changes() {
    let Some(terraform) = newer("every_object_keeps_its_identity_when_it_changes", WANTED) else {
        return;
    };
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, EVERYTHING).with_terraform(&terraform);
    workspace.apply().await;
    let before = assert_identities(&workspace).await;
    workspace.configure(&changed());
    workspace.apply().await;
    assert_eq!(assert_identities(&workspace).await, before);
}

/// Terraform 1.16 looks for the provider of a resource without configuration under `hashicorp/`, unless the block names it.
#[tokio::test]
async fn every_resource_is_imported_by_identity_with_generated_configuration() {
    let name = "every_resource_is_imported_by_identity_with_generated_configuration";
    let Some(terraform) = newer(name, WANTED) else {
        return;
    };
    let control_plane = control_plane().await;
    let applied = workspace(&control_plane, EVERYTHING).with_terraform(&terraform);
    applied.apply().await;
    let identities = assert_identities(&applied).await;
    let blocks = identities.iter().map(|(address, identity)| {
        let parts = identity.as_object().expect("an object").iter();
        // Both spellings of a UUID are the same.
        let parts = parts.map(|(name, part)| format!("{name} = {}", part.to_string().to_uppercase()));
        let parts = parts.collect::<Vec<_>>().join(", ");
        format!("import {{\n  provider = durantic\n  to = {address}\n  identity = {{ {parts} }}\n}}\n")
    });
    let workspace = workspace(&control_plane, &blocks.collect::<String>()).with_terraform(&terraform);
    let sent = changes(&control_plane);
    let generate = ["plan", "-generate-config-out=generated.tf", "-out=tfplan"];
    workspace.run(&generate).await.succeeds();
    assert_eq!(workspace.show("tfplan").await.changes(), Vec::<String>::new());
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    // A block for a resource with configuration must not name the provider.
    workspace.configure("");
    assert_eq!(assert_identities(&workspace).await, identities);
    workspace.plans_empty().await;
    assert_eq!(changes(&control_plane), sent, "nothing was sent");
}

#[tokio::test]
async fn failed_changes_keep_the_identity() {
    let Some(terraform) = newer("failed_changes_keep_the_identity", WANTED) else {
        return;
    };
    let control_plane = control_plane().await;
    let deployment = machine_config()
        .replace("_config", "_deployment")
        .replace("}\n", "  role_names = [\"base\"]\n}\n");
    let machine = workspace(&control_plane, &deployment).with_terraform(&terraform);
    for step in ["created", "replaced"] {
        control_plane.script_run(MACHINE, Outcome::Error);
        machine.run(&["apply", "-auto-approve"]).await.fails();
        assert_eq!(
            identity(&machine),
            json!({"machine_uuid": MACHINE}),
            "{step} in vain"
        );
    }
    machine.apply().await;
    machine.plans_empty().await;

    let network = workspace(&control_plane, NETWORK).with_terraform(&terraform);
    network.apply().await;
    let before = identity(&network);
    network.configure(&NETWORK.replace("10.42", "10.43"));
    for command in ["apply", "destroy"] {
        let delete = "controlplane_api_delete_mesh_network";
        control_plane.fault(Fault::detail(delete, 409, "not now").times(1));
        network.run(&[command, "-auto-approve"]).await.fails();
        assert_eq!(identity(&network), before, "{command} deletes nothing");
    }
    network.apply().await;
    assert_ne!(identity(&network), before);
    network.plans_empty().await;
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
