//! `durantic_secrets_backend`

use harness::control_plane::Collection;
use serde_json::json;

use super::{applied, control_plane, workspace};

const ADDRESS: &str = "durantic_secrets_backend.it";
const UPDATE: &str = "controlplane_api_update_secrets_backend";

fn configuration(config: &str) -> String {
    format!(
        "resource \"durantic_secrets_backend\" \"it\" {{\n  name = \"it\"\n  backend_type = \"vault\"\n  \
         url = \"https://vault.example.com\"\n{config}\n}}\n"
    )
}

#[tokio::test]
async fn config_keeps_the_json_types_of_imported_values() {
    let control_plane = control_plane().await;
    let backend = json!({
        "name": "it",
        "backend_type": "vault",
        "url": "https://vault.example.com",
        "config": { "timeout": 30, "verify": true, "paths": ["a", "b"], "role": "r", "number": "7" },
    });
    let backend = backend.as_object().expect("an object").clone();
    let created = control_plane
        .create(Collection::SecretsBackends, backend)
        .expect("a backend");
    let workspace = workspace(
        &control_plane,
        &configuration(
            "config = {\n timeout = 30\n verify = true\n paths = jsonencode([\"a\", \"b\"])\n role = \"r\"\n number = 7\n}",
        ),
    );
    let uuid = created["uuid"].as_str().expect("a uuid");
    workspace.run(&["import", ADDRESS, uuid]).await.succeeds();
    assert_eq!(
        workspace.state(ADDRESS)["config"],
        json!({ "timeout": "30", "verify": "true", "paths": "[\"a\",\"b\"]", "role": "r", "number": "7" })
    );
    workspace.plans_empty().await;

    workspace.configure(&configuration(
        "config = {\n timeout = 60\n verify = true\n paths = jsonencode([\"a\"])\n role = \"s\"\n number = 8\n}",
    ));
    workspace.apply().await;
    assert_eq!(
        control_plane.log().of(UPDATE)[0].body,
        Some(json!({
            "config": { "timeout": 60, "verify": true, "paths": ["a"], "role": "s", "number": "8" }
        }))
    );
    workspace.plans_empty().await;
}

#[tokio::test]
async fn config_ignores_the_spelling_of_json() {
    let control_plane = control_plane().await;
    let backend = json!({
        "name": "it",
        "backend_type": "vault",
        "url": "https://vault.example.com",
        "config": { "paths": ["a"], "limits": { "a": 1, "b": 2 } },
    });
    let backend = backend.as_object().expect("an object").clone();
    let created = control_plane
        .create(Collection::SecretsBackends, backend)
        .expect("a backend");
    let uuid = created["uuid"].as_str().expect("a uuid");
    // `jsonencode` escapes `<`, and a user may write JSON with spaces.
    let text = "config = {\n paths = jsonencode([\"<a>\"])\n limits = \"{ \\\"b\\\": 2, \\\"a\\\": 1 }\"\n}";
    let workspace = workspace(&control_plane, &configuration(text));
    workspace.run(&["import", ADDRESS, uuid]).await.succeeds();
    let output = workspace.apply().await.printed();
    assert!(!output.contains("Value overridden"), "{output}");
    let stored = control_plane.find(Collection::SecretsBackends, "it");
    assert_eq!(
        stored.expect("the backend")["config"],
        json!({ "paths": ["<a>"], "limits": { "a": 1, "b": 2 } })
    );
    workspace.plans_empty().await;
}

#[tokio::test]
async fn config_strings_that_look_like_json_stay_strings() {
    let (control_plane, workspace) =
        applied(&configuration("config = {\n timeout = 30\n empty = \"\"\n}")).await;
    let stored = |name: &str| {
        let backend = control_plane
            .find(Collection::SecretsBackends, "it")
            .expect("the backend");
        backend["config"][name].clone()
    };
    assert_eq!((stored("timeout"), stored("empty")), (json!("30"), json!("")));
    workspace.plans_empty().await;

    workspace.configure(&configuration("config = {}"));
    workspace.apply().await;
    assert_eq!(stored("timeout"), json!(null));
    assert_eq!(workspace.state(ADDRESS)["config"], json!({}), "empty stays empty");
    workspace.plans_empty().await;
    workspace.configure(&configuration(""));
    workspace.plans_empty().await;
    assert_eq!(workspace.state(ADDRESS)["config"], json!({}), "omitted is kept");
}

#[tokio::test]
async fn config_is_sensitive_in_plans_and_outputs() {
    let control_plane = control_plane().await;
    let text = configuration("config = {\n token = \"not-to-be-seen\"\n}");
    let workspace = workspace(&control_plane, &text);
    let output = workspace.apply().await.printed();
    assert!(!output.contains("not-to-be-seen"), "{output}");
    workspace.write(
        "output.tf",
        "output \"config\" {\n  value = durantic_secrets_backend.it.config\n}\n",
    );
    let output = workspace.run(&["plan"]).await.fails();
    assert!(output.contains("Output refers to sensitive values"), "{output}");
}
