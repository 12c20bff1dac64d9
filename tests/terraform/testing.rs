//! `terraform test` with the generated mocks: no value of a mock fails the provider's own validation.

use std::fs;
use std::path::{Path, PathBuf};

use acceptance::terraform::Workspace;
use provider::durantic::DEFINITION;

use super::examples::variables;
use super::guides::blocks;
use super::provider;

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

fn read(path: &str) -> String {
    fs::read_to_string(examples().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A workspace without a control plane, with the mocks.
fn mocked(configuration: &str, tests: &str) -> Workspace {
    let workspace = Workspace::unconfigured(provider(), configuration);
    for folder in ["mocks", "tests"] {
        fs::create_dir(workspace.path().join(folder)).expect("a folder");
    }
    workspace.write(
        "mocks/durantic.tfmock.hcl",
        &read("testing/mocks/durantic.tfmock.hcl"),
    );
    workspace.write("tests/it.tftest.hcl", tests);
    if configuration.contains("required_providers") {
        workspace.write("versions.tf", "");
    }
    workspace
}

const APPLY: &str = "mock_provider \"durantic\" {\n  source = \"./mocks\"\n}\nrun \"apply\" {}\n";

#[tokio::test]
async fn example_passes_its_tests() {
    let workspace = mocked(
        &read("testing/main.tf"),
        &read("testing/tests/machines.tftest.hcl"),
    );
    let output = workspace.run(&["test"]).await.succeeds().stdout;
    assert!(output.contains("4 passed, 0 failed"), "{output}");
}

/// The blocks of the guide are those of the example, or a part of them.
#[tokio::test]
async fn guide_works_with_the_example() {
    let guide = fs::read_to_string(examples().join("../docs/guides/testing.md")).expect("the guide");
    let blocks = blocks(&guide, "hcl");
    let [test, two_machines, file] = &blocks[..] else {
        panic!("the guide has three blocks: {blocks:?}");
    };
    let workspace = mocked(&read("testing/main.tf"), &format!("{test}{two_machines}"));
    workspace.write("mocks/durantic.tfmock.hcl", file);
    let output = workspace.run(&["test"]).await.succeeds().stdout;
    assert!(output.contains("2 passed, 0 failed"), "{output}");
}

#[tokio::test]
async fn example_fails_without_the_mocks() {
    let workspace = mocked(
        &read("testing/main.tf"),
        "mock_provider \"durantic\" {}\nrun \"apply\" {\n  variables {\n    hostnames = [\"node-1\"]\n  }\n}\n",
    );
    let output = workspace.run(&["test"]).await.fails();
    assert!(output.contains("must be a UUID"), "{output}");
}

#[tokio::test]
async fn every_resource_can_be_mocked() {
    for binding in DEFINITION.resources {
        let path = format!("resources/durantic_{}/resource.tf", binding.schema.name);
        eprintln!("{path}");
        let configuration = read(&path);
        let workspace = variables(&configuration)
            .into_iter()
            .fold(mocked(&configuration, APPLY), |workspace, name| {
                workspace.with(&format!("TF_VAR_{name}"), "an-example")
            });
        workspace.run(&["test"]).await.succeeds();
    }
}

#[tokio::test]
async fn values_of_every_data_source_are_valid_arguments() {
    let names = [
        "machine",
        "image",
        "machine_role",
        "mesh_network",
        "registry_credential",
        "secret",
        "variable",
        "vip",
    ];
    let lookups = names.map(|name| {
        let by = if name == "machine" { "hostname" } else { "name" };
        format!("data \"durantic_{name}\" \"it\" {{\n  {by} = \"it\"\n}}\n")
    });
    let text = lookups.concat()
        + r#"
data "durantic_images" "all" {
}
output "images" {
  value = data.durantic_images.all.images
}
data "durantic_machines" "all" {
}
output "machines" {
  value = data.durantic_machines.all.machines
}
resource "durantic_mesh_network" "it" {
  name         = "it"
  network_cidr = data.durantic_mesh_network.it.network_cidr
}
resource "durantic_vip" "it" {
  name          = "it"
  address       = data.durantic_vip.it.address
  machine_uuids = [data.durantic_machine.it.uuid]
}
resource "durantic_machine_role" "it" {
  name       = "it"
  image_uuid = data.durantic_image.it.uuid
  vip_uuid   = data.durantic_machine_role.it.vip_uuid
}
resource "durantic_machine_config" "it" {
  machine_uuid      = data.durantic_machine.it.uuid
  mesh_network_uuid = data.durantic_machine.it.mesh_network_uuid
  target_disk       = data.durantic_machine.it.target_disk
  tunnel_type       = data.durantic_machine.it.tunnel_type
}
resource "durantic_registry_credential" "it" {
  name         = "it"
  registry_url = data.durantic_registry_credential.it.registry_url
  username     = data.durantic_registry_credential.it.username
  password     = "secret"
}
resource "durantic_variable" "it" {
  name  = "it"
  value = "${data.durantic_variable.it.value} ${data.durantic_secret.it.name} ${data.durantic_image.it.name}"
}
"#;
    mocked(&text, APPLY).run(&["test"]).await.succeeds();
}
