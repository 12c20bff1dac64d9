//! Imports by a name, by a host name and by a URL, with blocks and with commands, and what an import of something unknown shows.

use acceptance::terraform::Workspace;
use harness::control_plane::ControlPlane;
use serde_json::{Value as Json, json};

use super::everything::EVERYTHING;
use super::{changes, control_plane, machine, quick, workspace};

const LIST_MACHINES: &str = "provisioning_api_list_machines";

/// An import block.
fn block(address: &str, id: &str) -> String {
    format!("import {{\n  to = {address}\n  id = {id:?}\n}}\n")
}

/// The name or the host name of an object in state.
fn name(object: &Json) -> &str {
    let name = object["name"].as_str().or(object["hostname"].as_str());
    name.expect("a name")
}

/// A workspace in which every resource is applied, and its managed objects: address and attributes.
async fn everything() -> (ControlPlane, Workspace, Vec<(String, Json)>) {
    let control_plane = quick().start().await.expect("the control plane starts");
    let workspace = workspace(&control_plane, EVERYTHING);
    workspace.apply().await;
    let mut objects = workspace.instances();
    objects.retain(|(address, _)| !address.starts_with("data."));
    assert_eq!(objects.len(), 11);
    (control_plane, workspace, objects)
}

/// Asserts that state has the same objects, and that a plan is empty.
async fn assert_imported(workspace: &Workspace, objects: &[(String, Json)]) {
    for (address, before) in objects {
        assert_eq!(workspace.state(address)["uuid"], before["uuid"], "{address}");
    }
    workspace.plans_empty().await;
}

#[tokio::test]
async fn every_resource_is_imported_by_name_with_commands() {
    let (control_plane, workspace, objects) = everything().await;
    std::fs::remove_file(workspace.path().join("terraform.tfstate")).expect("the state is lost");
    for (address, object) in &objects {
        workspace.run(&["import", address, name(object)]).await.succeeds();
    }
    // The first apply after the import sends the values that the API never returns.
    workspace.apply().await;
    assert_imported(&workspace, &objects).await;
    assert_eq!(control_plane.runs().len(), 1, "an import installs nothing");
}

#[tokio::test]
async fn every_resource_is_imported_by_name_with_blocks_and_generated_configuration() {
    let (control_plane, _, objects) = everything().await;
    let blocks: Vec<String> = objects
        .iter()
        .map(|(address, object)| block(address, name(object)))
        .collect();
    let workspace = workspace(&control_plane, &blocks.concat());
    let sent = changes(&control_plane);
    let generate = ["plan", "-generate-config-out=generated.tf"];
    workspace.run(&generate).await.succeeds();
    let plan = workspace.plan().await;
    assert_eq!(plan.changes(), Vec::<String>::new());
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    assert_imported(&workspace, &objects).await;
    assert_eq!(changes(&control_plane), sent, "nothing was sent");
}

#[tokio::test]
async fn urls_of_pages_are_accepted() {
    let control_plane = control_plane().await;
    let node = machine(2);
    let organization = "5f64b1b8-3b0c-4c4d-9c55-0b6b9f3a2a10";
    for url in [
        format!("https://app.test/machines/{node}/"),
        format!(
            "https://app.test/orgs/{organization}/machines/{}?tab=disks",
            node.to_uppercase()
        ),
        format!("https://app.test/#/machines/{node}"),
    ] {
        let workspace = workspace(&control_plane, &block("durantic_machine_config.node", &url));
        let generate = ["plan", "-generate-config-out=generated.tf"];
        workspace.run(&generate).await.succeeds();
        workspace.apply().await;
        let state = workspace.state("durantic_machine_config.node");
        assert_eq!(state["machine_uuid"], json!(node), "{url}");
    }
}

#[tokio::test]
async fn thirty_import_blocks_by_host_name_need_one_list() {
    let control_plane = quick()
        .machines(30)
        .start()
        .await
        .expect("the control plane starts");
    let blocks: Vec<String> = (1..=30)
        .map(|number| {
            block(
                &format!("durantic_machine_config.node_{number}"),
                &format!("node-{number}"),
            )
        })
        .collect();
    let workspace = workspace(&control_plane, &blocks.concat());
    let generate = ["plan", "-generate-config-out=generated.tf"];
    workspace.run(&generate).await.succeeds();
    assert_eq!(control_plane.log().count(LIST_MACHINES), 1);
}

#[tokio::test]
async fn unknown_ambiguous_and_missing_objects_are_explained() {
    let control_plane = control_plane().await;
    let address = "durantic_machine_config.node";
    let workspace = workspace(
        &control_plane,
        &format!(
            "resource \"durantic_machine_config\" \"node\" {{\n  machine_uuid = \"{}\"\n}}\n",
            machine(1)
        ),
    );
    let missing = "Cannot import non-existent remote object";
    let import = async |id: &str, expected: &[&str]| {
        let output = workspace.run(&["import", address, id]).await.fails();
        // Terraform breaks lines and draws a frame.
        let words = |text: &str| {
            text.replace(['│', '\n'], " ")
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
        };
        for expected in expected {
            assert!(
                words(&output).contains(&words(expected)),
                "{id}: {expected:?} is missing: {output}"
            );
        }
    };
    let closest = format!("node-1 ({})", machine(1));
    import(
        "node-9",
        &[
            missing,
            "no machine with the `hostname` \"node-9\"",
            &closest,
            "its `hostname` or",
        ],
    )
    .await;
    let similar = format!("{} (node-1)", machine(1));
    import(
        &machine(99),
        &[missing, &similar, "the API token belongs to the account"],
    )
    .await;
    import(
        "https://app.test/machines",
        &["Invalid import ID", "it must contain `machine_uuid`"],
    )
    .await;

    let renamed = control_plane.update(
        harness::control_plane::Collection::Machines,
        &machine(2),
        |machine| {
            machine.insert("hostname".to_owned(), json!("node-1"));
        },
    );
    renamed.expect("the machine is renamed");
    import("node-1", &["Multiple objects match", &machine(1), &machine(2)]).await;
}
