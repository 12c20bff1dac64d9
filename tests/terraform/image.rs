//! `data.durantic_image`

use harness::control_plane::Collection;
use serde_json::json;

use super::{control_plane, workspace};

#[tokio::test]
async fn image_is_found_by_uuid_name_and_url() {
    let control_plane = control_plane().await;
    let workspace = workspace(
        &control_plane,
        r#"
data "durantic_image" "uuid" {
  uuid = "10000000-0000-4000-8000-000000000001"
}
data "durantic_image" "name" {
  name = "Ubuntu 24.04"
}
data "durantic_image" "url" {
  docker_image_url = "ghcr.io/durantic/ubuntu:24.04"
}
data "durantic_image" "official" {
  name        = "Debian 13"
  is_official = true
}
data "durantic_image" "own" {
  name        = "Debian 13"
  is_official = false
}
"#,
    );
    workspace.apply().await;
    let by_uuid = workspace.state("data.durantic_image.uuid");
    assert_eq!(by_uuid["name"], "Ubuntu 24.04");
    assert_eq!(by_uuid["is_official"], true);
    assert_eq!(by_uuid, workspace.state("data.durantic_image.name"));
    assert_eq!(by_uuid, workspace.state("data.durantic_image.url"));
    let official = workspace.state("data.durantic_image.official");
    let own = workspace.state("data.durantic_image.own");
    assert_ne!(official["uuid"], own["uuid"]);
    assert_eq!(own["registry_credential_name"], json!("platform"));
}

#[tokio::test]
async fn missing_and_ambiguous_image_errors_have_a_remedy() {
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, "");
    for (arguments, expected) in [
        ("name = \"Ubuntu 24.4\"", "Closest: \"Ubuntu 24.04\""),
        ("name = \"Debian 13\"", "Narrow the search with `is_official`"),
        (
            "uuid = \"10000000-0000-4000-8000-000000000099\"",
            "The control plane has no image with uuid",
        ),
        (
            "name = \"Ubuntu 24.04\"\n  is_official = false",
            "and is_official = false",
        ),
        ("", "Exactly one of"),
    ] {
        workspace.configure(&format!("data \"durantic_image\" \"x\" {{\n  {arguments}\n}}\n"));
        let output = workspace.run(&["plan"]).await.fails();
        assert!(output.contains(expected), "{arguments}: {output}");
    }
}

#[tokio::test]
async fn image_with_an_unknown_name_is_read_during_apply() {
    let control_plane = control_plane().await;
    let text = "resource \"terraform_data\" \"later\" {\n  input = \"gpu-node\"\n}\n\
                data \"durantic_image\" \"it\" {\n  name = terraform_data.later.output\n}\n\
                resource \"durantic_machine_role\" \"it\" {\n  name = \"it\"\n  image_uuid = data.durantic_image.it.uuid\n}\n";
    let workspace = workspace(&control_plane, text);
    workspace.apply().await;
    let image = "10000000-0000-4000-8000-000000000004";
    assert_eq!(workspace.state("durantic_machine_role.it")["image_uuid"], image);
    workspace.plans_empty().await;
}

#[tokio::test]
async fn image_with_another_uuid_updates_its_role() {
    let control_plane = control_plane().await;
    let text = "data \"durantic_image\" \"it\" {\n  name = \"gpu-node\"\n}\n\
                resource \"durantic_machine_role\" \"it\" {\n  name = \"it\"\n  image_uuid = data.durantic_image.it.uuid\n}\n";
    let workspace = workspace(&control_plane, text);
    workspace.apply().await;
    let old = "10000000-0000-4000-8000-000000000004";
    control_plane
        .delete(Collection::Images, old)
        .expect("the image is deleted");
    let image = json!({ "name": "gpu-node", "docker_image_url": "registry.example.com/platform/gpu-node:8" });
    let created = control_plane.create(Collection::Images, image.as_object().expect("an object").clone());
    let created = created.expect("an image");
    assert_eq!(
        workspace.plan().await.changes(),
        ["durantic_machine_role.it: update"]
    );
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    assert_eq!(
        workspace.state("durantic_machine_role.it")["image_uuid"],
        created["uuid"]
    );
    workspace.plans_empty().await;
}
