//! A sensitive argument that is omitted keeps its value.

use harness::control_plane::Collection;
use serde_json::json;

use crate::{control_plane, workspace};

#[tokio::test]
async fn generated_configuration_of_an_imported_backend_keeps_its_settings() {
    let control_plane = control_plane().await;
    let backend = json!({
        "name": "vault", "backend_type": "vault", "url": "https://vault.example.com", "config": {"role_id": "r"},
    });
    let backend = backend.as_object().expect("an object").clone();
    let created = control_plane.create(Collection::SecretsBackends, backend);
    let uuid = created.expect("a backend")["uuid"]
        .as_str()
        .expect("a uuid")
        .to_owned();
    let import = format!("import {{\n  to = durantic_secrets_backend.it\n  id = \"{uuid}\"\n}}\n");
    let workspace = workspace(&control_plane, &import);
    let settings = || {
        let backend = control_plane.find(Collection::SecretsBackends, "vault");
        backend.expect("the backend")["config"].clone()
    };
    let generate = ["plan", "-generate-config-out=generated.tf"];
    workspace.run(&generate).await.succeeds();
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_eq!(settings(), json!({"role_id": "r"}));

    let generated = std::fs::read_to_string(workspace.path().join("generated.tf")).expect("a file");
    let cleared: String = generated
        .lines()
        .map(|line| {
            if line.trim_start().starts_with("config") {
                "  config = {}\n".to_owned()
            } else {
                format!("{line}\n")
            }
        })
        .collect();
    workspace.write("generated.tf", &cleared);
    workspace.apply().await;
    assert_eq!(settings(), json!({}), "an empty map clears the settings");
}
