//! `data.durantic_images`

use harness::control_plane::Collection;
use serde_json::json;

use super::{control_plane, machine, workspace};

const ADDRESS: &str = "data.durantic_images.all";

#[tokio::test]
async fn images_have_every_attribute() {
    let control_plane = control_plane().await;
    let text = "data \"durantic_images\" \"all\" {}\n";
    let workspace = workspace(&control_plane, text);
    workspace.apply().await;
    let images = workspace.state(ADDRESS)["images"].clone();
    assert_eq!(images.as_array().map(Vec::len), Some(4));
    let own = &images[2];
    for (name, expected) in [
        ("uuid", json!("10000000-0000-4000-8000-000000000003")),
        ("name", json!("Debian 13")),
        (
            "docker_image_url",
            json!("registry.example.com/platform/debian:13"),
        ),
        (
            "registry_credential_uuid",
            json!("20000000-0000-4000-8000-000000000001"),
        ),
        ("registry_credential_name", json!("platform")),
        ("is_official", json!(false)),
        ("description", json!(null)),
    ] {
        assert_eq!(own[name], expected, "{name}");
    }
    assert!(own["created_at"].is_string() && own["updated_at"].is_string());
    assert_eq!(images[0]["registry_credential_uuid"], json!(null));
    workspace.plans_empty().await;
}

#[tokio::test]
async fn images_can_be_used_in_for_each() {
    let control_plane = control_plane().await;
    let text = r#"
data "durantic_images" "all" {}
resource "durantic_machine_role" "it" {
  for_each   = { for image in data.durantic_images.all.images : image.name => image.uuid if image.is_official }
  name       = each.key
  image_uuid = each.value
}
"#;
    let workspace = workspace(&control_plane, text);
    workspace.apply().await;
    assert_eq!(workspace.instances().len(), 3);
    workspace.plans_empty().await;
    let image =
        json!({ "name": "Fedora", "docker_image_url": "ghcr.io/durantic/fedora", "is_official": true });
    let created = control_plane.create(Collection::Images, image.as_object().expect("an object").clone());
    created.expect("an image");
    let expected = ["durantic_machine_role.it[\"Fedora\"]: create"];
    assert_eq!(workspace.plan().await.changes(), expected);
}

#[tokio::test]
async fn images_is_empty_without_images() {
    let control_plane = control_plane().await;
    for image in control_plane.objects(Collection::Images) {
        let uuid = image["uuid"].as_str().unwrap_or_default();
        control_plane
            .delete(Collection::Images, uuid)
            .expect("the image is deleted");
    }
    let workspace = workspace(&control_plane, "data \"durantic_images\" \"all\" {}\n");
    workspace.apply().await;
    assert_eq!(workspace.state(ADDRESS)["images"], json!([]));
}

#[tokio::test]
async fn images_with_depends_on_are_read_during_apply() {
    let control_plane = control_plane().await;
    let text = format!(
        "resource \"durantic_machine_config\" \"it\" {{\n  machine_uuid = \"{}\"\n}}\n\
         data \"durantic_images\" \"all\" {{\n  depends_on = [durantic_machine_config.it]\n}}\n\
         output \"count\" {{\n  value = length(data.durantic_images.all.images)\n}}\n",
        machine(1)
    );
    let workspace = workspace(&control_plane, &text);
    workspace.plan().await;
    assert_eq!(
        control_plane.log().count("provisioning_api_list_images"),
        0,
        "the list is not read before apply"
    );
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    assert_eq!(workspace.outputs().await["count"], 4);
    workspace.plans_empty().await;
}
