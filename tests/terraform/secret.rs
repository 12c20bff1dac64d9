//! `durantic_secret`

use harness::control_plane::{Collection, ControlPlane, Fault, FaultKind, FaultResponse};
use serde_json::{Value as Json, json};

use super::{applied, assert_not_stored, control_plane, workspace};

const ADDRESS: &str = "durantic_secret.it";
const UPDATE: &str = "controlplane_api_update_account_secret";

fn configuration(arguments: &str) -> String {
    format!("resource \"durantic_secret\" \"it\" {{\n  name = \"TOKEN\"\n{arguments}\n}}\n")
}

/// The value in the control plane.
fn stored(control_plane: &ControlPlane) -> Json {
    let secret = control_plane.find(Collection::Secrets, "TOKEN");
    secret.expect("the secret exists")["value"].clone()
}

#[tokio::test]
async fn value_wo_is_not_stored_and_its_version_resends_it() {
    let control_plane = control_plane().await;
    let workspace = workspace(
        &control_plane,
        &configuration("value_wo = \"first-hidden-value\"\nvalue_wo_version = 1"),
    );
    workspace.run(&["plan", "-out=tfplan"]).await.succeeds();
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    assert_eq!(stored(&control_plane), "first-hidden-value");
    workspace.plans_empty().await;
    assert_not_stored(&workspace, "first-hidden-value").await;

    workspace.configure(&configuration(
        "value_wo = \"second-hidden-value\"\nvalue_wo_version = 1",
    ));
    workspace.plans_empty().await;
    workspace.configure(&configuration(
        "value_wo = \"second-hidden-value\"\nvalue_wo_version = 2",
    ));
    assert_eq!(workspace.plan().await.changes(), [format!("{ADDRESS}: update")]);
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    assert_eq!(stored(&control_plane), "second-hidden-value");
    assert_eq!(
        control_plane.log().of(UPDATE)[0].body,
        Some(json!({ "value": "second-hidden-value" }))
    );
    workspace.plans_empty().await;
    assert_not_stored(&workspace, "second-hidden-value").await;
}

#[tokio::test]
async fn changed_description_does_not_send_the_value() {
    for value in ["value = \"v\"", "value_wo = \"v\"\nvalue_wo_version = 1"] {
        let control_plane = control_plane().await;
        let workspace = workspace(&control_plane, &configuration(value));
        workspace.apply().await;
        workspace.configure(&configuration(&format!("{value}\ndescription = \"d\"")));
        workspace.apply().await;
        let sent = control_plane.log().of(UPDATE);
        assert_eq!(sent.len(), 1);
        assert_eq!(sent[0].body, Some(json!({ "description": "d" })));
    }
}

#[tokio::test]
async fn value_can_become_write_only_and_back() {
    let (control_plane, workspace) = applied(&configuration("value = \"in-the-state\"")).await;
    assert!(workspace.state_file().contains("in-the-state"));

    for write_only in [
        "value_wo = \"out-of-state\"",
        "value_wo = \"out-of-state\"\nvalue_wo_version = 1",
    ] {
        workspace.configure(&configuration(write_only));
        workspace.apply().await;
        assert_eq!(stored(&control_plane), "out-of-state");
        assert!(!workspace.state_file().contains("in-the-state"));
        workspace.plans_empty().await;

        workspace.configure(&configuration("value = \"in-the-state\""));
        workspace.apply().await;
        assert_eq!(stored(&control_plane), "in-the-state");
        workspace.plans_empty().await;
    }
}

#[tokio::test]
async fn value_wo_may_be_ephemeral() {
    let control_plane = control_plane().await;
    let text = format!(
        "variable \"token\" {{\n  type = string\n  ephemeral = true\n}}\n{}",
        configuration("value_wo = var.token\nvalue_wo_version = 1")
    );
    let workspace = workspace(&control_plane, &text).with("TF_VAR_token", "ephemeral-value");
    workspace.run(&["plan", "-out=tfplan"]).await.succeeds();
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    assert_eq!(stored(&control_plane), "ephemeral-value");
    workspace.plans_empty().await;
    assert_not_stored(&workspace, "ephemeral-value").await;
}

#[tokio::test]
async fn first_apply_after_import_sends_the_value() {
    for value in ["value = \"v\"", "value_wo = \"v\"\nvalue_wo_version = 1"] {
        let control_plane = control_plane().await;
        let secret = json!({ "name": "TOKEN", "value": "another" });
        let secret = secret.as_object().expect("an object").clone();
        let created = control_plane
            .create(Collection::Secrets, secret)
            .expect("a secret");
        let workspace = workspace(&control_plane, &configuration(value));
        let uuid = created["uuid"].as_str().expect("a uuid");
        workspace.run(&["import", ADDRESS, uuid]).await.succeeds();
        assert_eq!(workspace.plan().await.changes(), [format!("{ADDRESS}: update")]);
        workspace.run(&["apply", "tfplan"]).await.succeeds();
        assert_eq!(stored(&control_plane), "v");
        workspace.plans_empty().await;
    }
}

#[tokio::test]
async fn value_is_sensitive_in_outputs_and_plans() {
    let control_plane = control_plane().await;
    let with_output = |sensitive: &str| {
        let secret = configuration("value = \"not-to-be-seen\"");
        format!("{secret}output \"value\" {{\n  value = durantic_secret.it.value\n{sensitive}}}\n")
    };
    let workspace = workspace(&control_plane, &with_output(""));
    let output = workspace.run(&["plan"]).await.fails();
    assert!(output.contains("Output refers to sensitive values"), "{output}");
    workspace.configure(&with_output("  sensitive = true\n"));
    let output = workspace.apply().await.printed();
    assert!(output.contains("(sensitive value)"), "{output}");
    assert!(!output.contains("not-to-be-seen"), "{output}");
    assert_eq!(workspace.outputs().await["value"], "not-to-be-seen");
}

#[tokio::test]
async fn rejection_does_not_show_the_value() {
    for value in ["value = \"not-to-be-seen\"", "value_wo = \"not-to-be-seen\""] {
        let control_plane = control_plane().await;
        let echo = FaultResponse {
            body: br#"{"detail": "refused: not-to-be-seen"}"#.to_vec(),
            ..FaultResponse::json(400)
        };
        let operation = "controlplane_api_create_account_secret";
        control_plane.fault(Fault::new(operation, FaultKind::Respond(echo)));
        let workspace = workspace(&control_plane, &configuration(value)).with("TF_LOG", "TRACE");
        let run = workspace.run(&["apply", "-auto-approve"]).await;
        let output = run.fails();
        assert!(
            output.contains("The request to create secret \"TOKEN\" failed"),
            "{output}"
        );
        let detail = output
            .split("The request to create secret")
            .last()
            .unwrap_or_default();
        assert!(!detail.contains("not-to-be-seen"), "{detail}");
    }
}

#[tokio::test]
async fn value_wo_may_be_unknown_in_a_plan() {
    let control_plane = control_plane().await;
    let later = "resource \"terraform_data\" \"later\" {\n  input = sensitive(\"later-value\")\n}\n";
    let secret = configuration("value_wo = terraform_data.later.output\nvalue_wo_version = 1");
    let workspace = workspace(&control_plane, &format!("{later}{secret}"));
    workspace.apply().await;
    assert_eq!(stored(&control_plane), "later-value");
    workspace.plans_empty().await;
}
