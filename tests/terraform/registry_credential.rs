//! `durantic_registry_credential`

use harness::control_plane::{Collection, ControlPlane, Fault, FaultKind, Object};
use serde_json::json;

use super::{applied, assert_not_stored, control_plane, string, workspace};

const ADDRESS: &str = "durantic_registry_credential.it";
const UPDATE: &str = "provisioning_api_update_registry_credential";

fn configuration(url: &str, password: &str) -> String {
    format!(
        "resource \"durantic_registry_credential\" \"it\" {{\n  name = \"it\"\n  username = \"robot\"\n  \
         registry_url = \"{url}\"\n{password}\n}}\n"
    )
}

fn stored(control_plane: &ControlPlane) -> Object {
    let credential = control_plane.find(Collection::RegistryCredentials, "it");
    credential.expect("the credential exists")
}

#[tokio::test]
async fn registry_url_ignores_scheme_and_trailing_slash() {
    let control_plane = control_plane().await;
    let password = "password = \"p\"";
    let workspace = workspace(&control_plane, &configuration("https://ghcr.io/", password));
    workspace.apply().await;
    assert_eq!(stored(&control_plane)["registry_url"], "ghcr.io");
    assert_eq!(workspace.state(ADDRESS)["registry_url"], "https://ghcr.io/");
    workspace.plans_empty().await;
    for url in ["ghcr.io", "http://ghcr.io", "https://ghcr.io/"] {
        workspace.configure(&configuration(url, password));
        workspace.plans_empty().await;
    }
    workspace.configure(&configuration("https://quay.io", password));
    assert_eq!(workspace.plan().await.changes(), [format!("{ADDRESS}: update")]);
    workspace.apply().await;
    assert_eq!(stored(&control_plane)["registry_url"], "quay.io");
    workspace.plans_empty().await;

    let uuid = string(&workspace, ADDRESS, "uuid");
    workspace.run(&["state", "rm", ADDRESS]).await.succeeds();
    workspace.run(&["import", ADDRESS, &uuid]).await.succeeds();
    control_plane.log().clear();
    workspace.apply().await;
    let sent = &control_plane.log().of(UPDATE)[0];
    assert_eq!(
        sent.body,
        Some(json!({ "password": "p" })),
        "the spelling of the imported URL is kept"
    );
}

#[tokio::test]
async fn image_count_is_refreshed() {
    let (control_plane, workspace) = applied(&configuration("ghcr.io", "password = \"p\"")).await;
    assert_eq!(workspace.state(ADDRESS)["image_count"], 0, "null means 0");
    let image = json!({
        "name": "mine",
        "docker_image_url": "ghcr.io/me/mine:1",
        "registry_credential_uuid": string(&workspace, ADDRESS, "uuid"),
    });
    let image = image.as_object().expect("an object").clone();
    control_plane.create(Collection::Images, image).expect("an image");
    workspace.plans_empty().await;
    workspace
        .run(&["apply", "-refresh-only", "-auto-approve"])
        .await
        .succeeds();
    assert_eq!(workspace.state(ADDRESS)["image_count"], 1);
}

#[tokio::test]
async fn password_wo_is_not_stored_and_its_version_resends_it() {
    let control_plane = control_plane().await;
    let password = |value: &str, version: u32| {
        let password = format!("password_wo = \"{value}\"\npassword_wo_version = {version}");
        configuration("ghcr.io", &password)
    };
    let workspace = workspace(&control_plane, &password("first-hidden-value", 1));
    workspace.run(&["plan", "-out=tfplan"]).await.succeeds();
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    assert_eq!(stored(&control_plane)["password"], "first-hidden-value");
    workspace.configure(&password("second-hidden-value", 1));
    workspace.plans_empty().await;
    workspace.configure(&password("second-hidden-value", 2));
    assert_eq!(workspace.plan().await.changes(), [format!("{ADDRESS}: update")]);
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    assert_eq!(stored(&control_plane)["password"], "second-hidden-value");
    for value in ["first-hidden-value", "second-hidden-value"] {
        assert_not_stored(&workspace, value).await;
    }

    workspace.configure(&configuration("ghcr.io", "password = \"in-the-state\""));
    workspace.apply().await;
    assert_eq!(stored(&control_plane)["password"], "in-the-state");
    workspace.plans_empty().await;
}

/// The control plane never returns the password. Its time shows that the credential is the one of the lost create, and the
/// password is sent once more.
#[tokio::test]
async fn lost_create_is_recovered_and_sends_the_password_again() {
    let control_plane = control_plane().await;
    let operation = "provisioning_api_create_registry_credential";
    control_plane.fault(Fault::new(operation, FaultKind::ResetAfter).times(1));
    let workspace = workspace(
        &control_plane,
        &configuration("https://ghcr.io/", "password = \"p\""),
    );
    workspace.apply().await;
    assert_eq!(control_plane.log().count_processed(operation), 1);
    let update = "provisioning_api_update_registry_credential";
    assert_eq!(control_plane.log().count_processed(update), 1);
    assert_eq!(stored(&control_plane)["password"], "p");
    workspace.plans_empty().await;
}
