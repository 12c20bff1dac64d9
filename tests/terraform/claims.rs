//! Claims: objects in state without a uuid, because the response to their create was lost. The provider looks them up by
//! name.

use acceptance::requests::RequestKind;
use acceptance::terraform::Workspace;
use harness::control_plane::{Collection, ControlPlane, Fault, FaultKind};

use super::workspace;

const ADDRESS: &str = "durantic_variable.it";
const TEXT: &str = "provider \"durantic\" {\n  max_retries = 0\n}\n\
                    resource \"durantic_variable\" \"it\" {\n  name = \"GREETING\"\n  value = \"hello\"\n}\n";

/// A control plane with a variable, and a state with the claim to it.
async fn claimed() -> (ControlPlane, Workspace) {
    let control_plane = ControlPlane::builder()
        .start()
        .await
        .expect("the control plane starts");
    let workspace = workspace(&control_plane, TEXT);
    control_plane.fault(Fault::new(RequestKind::Create.operation(), FaultKind::ResetAfter));
    control_plane.fault(Fault::status("controlplane_api_list_account_variables", 500));
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(
        output.contains("Cannot tell whether the object was created"),
        "{output}"
    );
    control_plane.clear_faults();
    (control_plane, workspace)
}

fn uuid(control_plane: &ControlPlane) -> String {
    let object = control_plane.find(Collection::Variables, "GREETING");
    let uuid = object.as_ref().and_then(|object| object["uuid"].as_str());
    uuid.expect("there is a variable").to_owned()
}

#[tokio::test]
async fn claim_is_dropped_with_the_import_command() {
    let (control_plane, workspace) = claimed().await;
    let uuid = uuid(&control_plane);
    let import = format!("terraform import ADDRESS {uuid}");
    // The plan reports the object, the create is rejected, and nothing is adopted or deleted.
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    for expected in [
        "Object removed from state, but it may exist",
        "409 Conflict",
        &import,
    ] {
        assert!(output.contains(expected), "{output}");
    }
    assert_eq!(control_plane.objects(Collection::Variables).len(), 1);
    let output = workspace.run(&["state", "list"]).await.succeeds().printed();
    assert!(!output.contains(ADDRESS), "{output}");

    // The remedy in the error works.
    workspace.run(&["import", ADDRESS, &uuid]).await.succeeds();
    workspace.apply().await;
    workspace.plans_empty().await;
}

#[tokio::test]
async fn destroy_of_a_claim_deletes_nothing() {
    let (control_plane, workspace) = claimed().await;
    // Terraform does not print the warnings of the refresh that precedes a destroy.
    workspace.destroy().await;
    assert_eq!(control_plane.objects(Collection::Variables).len(), 1);
}

#[tokio::test]
async fn claim_without_an_object_is_dropped() {
    let (control_plane, workspace) = claimed().await;
    control_plane
        .delete(Collection::Variables, &uuid(&control_plane))
        .expect("it is deleted");
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_eq!(control_plane.objects(Collection::Variables).len(), 1);
}

#[tokio::test]
async fn duplicate_name_error_shows_the_import_command() {
    let (control_plane, _) = claimed().await;
    let uuid = uuid(&control_plane);
    let text = TEXT.replace("hello", "another");
    let other = workspace(&control_plane, &text);
    let output = other.run(&["apply", "-auto-approve"]).await.fails();
    assert!(output.contains("409 Conflict"), "{output}");
    assert!(
        output.contains(&format!("terraform import ADDRESS {uuid}")),
        "{output}"
    );
    other.run(&["import", ADDRESS, &uuid]).await.succeeds();
    other.apply().await;
    other.plans_empty().await;
}

#[tokio::test]
async fn invalid_list_response_keeps_the_claim() {
    let (control_plane, workspace) = claimed().await;
    let list = "controlplane_api_list_account_variables";
    let no_list = FaultKind::Rewrite(std::sync::Arc::new(|body| *body = serde_json::json!({})));
    control_plane.fault(Fault::new(list, no_list));
    let output = workspace.run(&["destroy", "-auto-approve"]).await.fails();
    assert!(output.contains("expected a list"), "{output}");
    control_plane.clear_faults();
    let output = workspace.run(&["state", "list"]).await.succeeds().printed();
    assert!(output.contains(ADDRESS), "{output}");
}

const SECRET: &str = "provider \"durantic\" {\n  max_retries = 0\n}\n\
                      resource \"durantic_secret\" \"it\" {\n  name = \"TOKEN\"\n  value = \"concealed-mine\"\n}\n";

/// An older secret of another client, with the same name and description.
async fn with_secret_of_another_client() -> (ControlPlane, Workspace) {
    let control_plane = ControlPlane::builder()
        .start()
        .await
        .expect("the control plane starts");
    let object = serde_json::json!({ "name": "TOKEN", "value": "concealed-theirs", "description": "" });
    let object = object.as_object().expect("an object").clone();
    let created = control_plane
        .create(Collection::Secrets, object)
        .expect("it is created");
    let uuid = created["uuid"].as_str().expect("a uuid");
    control_plane
        .update(Collection::Secrets, uuid, |object| {
            object.insert("created_at".to_owned(), "2026-01-01T00:00:00Z".into());
        })
        .expect("it is changed");
    let workspace = workspace(&control_plane, SECRET);
    (control_plane, workspace)
}

fn assert_unchanged(control_plane: &ControlPlane) {
    let secret = control_plane.find(Collection::Secrets, "TOKEN");
    assert_eq!(secret.expect("it is there")["value"], "concealed-theirs");
    assert_eq!(
        control_plane
            .log()
            .count("controlplane_api_delete_account_secret"),
        0
    );
}

#[tokio::test]
async fn lost_create_does_not_adopt_an_older_object() {
    let (control_plane, workspace) = with_secret_of_another_client().await;
    control_plane.fault(Fault::html("controlplane_api_create_account_secret", 502).times(1));
    for _ in 0..2 {
        let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
        assert!(output.contains("terraform import ADDRESS"), "{output}");
        assert_unchanged(&control_plane);
    }
}

#[tokio::test]
async fn destroy_of_a_claim_does_not_delete_an_older_object() {
    let (control_plane, workspace) = with_secret_of_another_client().await;
    // The fault of the list is for the search of the apply.
    let workspace = workspace.with("DURANTIC_SKIP_PREFLIGHT", "true");
    control_plane.fault(Fault::html("controlplane_api_create_account_secret", 502).times(1));
    control_plane.fault(Fault::status("controlplane_api_list_account_secrets", 500).times(1));
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(
        output.contains("Cannot tell whether the object was created"),
        "{output}"
    );
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(output.contains("409 Conflict"), "{output}");
    assert_unchanged(&control_plane);
    workspace.destroy().await;
    assert_unchanged(&control_plane);
}
