//! Objects that may have been made: state has them without their uuid, and what they stand for is looked for by name.

use acceptance::requests::With;
use acceptance::terraform::Workspace;
use harness::control_plane::{Collection, ControlPlane, Fault, FaultKind};

use super::workspace;

const ADDRESS: &str = "durantic_variable.it";
const TEXT: &str = "provider \"durantic\" {\n  max_retries = 0\n}\n\
                    resource \"durantic_variable\" \"it\" {\n  name = \"GREETING\"\n  value = \"hello\"\n}\n";

/// A variable that was made, with a state that does not know whether it was.
async fn claimed() -> (ControlPlane, Workspace) {
    let control_plane = ControlPlane::builder()
        .start()
        .await
        .expect("the control plane starts");
    let workspace = workspace(&control_plane, TEXT);
    control_plane.fault(Fault::new(With::Create.operation(), FaultKind::ResetAfter));
    control_plane.fault(Fault::status("controlplane_api_list_account_variables", 500));
    let said = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(
        said.contains("Cannot tell whether the object was created"),
        "{said}"
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
async fn what_was_made_is_found_and_destroyed() {
    let (control_plane, workspace) = claimed().await;
    assert_eq!(control_plane.objects(Collection::Variables).len(), 1);
    workspace.destroy().await;
    assert_eq!(control_plane.objects(Collection::Variables).len(), 0);
}

#[tokio::test]
async fn what_was_changed_meanwhile_is_neither_forgotten_nor_deleted() {
    let (control_plane, workspace) = claimed().await;
    let uuid = uuid(&control_plane);
    control_plane
        .update(Collection::Variables, &uuid, |object| {
            object.insert("value".to_owned(), "edited".into());
        })
        .expect("it is changed");

    for command in ["destroy", "apply"] {
        let said = workspace.run(&[command, "-auto-approve"]).await.fails();
        assert!(
            said.contains("Cannot tell whether Terraform created this object"),
            "{said}"
        );
        assert!(
            said.contains(&format!("terraform import ADDRESS {uuid}")),
            "{said}"
        );
        assert_eq!(control_plane.objects(Collection::Variables).len(), 1);
    }

    // What the error says helps.
    workspace.run(&["state", "rm", ADDRESS]).await.succeeds();
    workspace.run(&["import", ADDRESS, &uuid]).await.succeeds();
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_eq!(
        control_plane
            .find(Collection::Variables, "GREETING")
            .expect("it is there")["value"],
        "hello"
    );
}

#[tokio::test]
async fn a_name_that_is_taken_says_how_to_import_what_has_it() {
    let (control_plane, _) = claimed().await;
    let uuid = uuid(&control_plane);
    let text = TEXT.replace("hello", "another");
    let other = workspace(&control_plane, &text);
    let said = other.run(&["apply", "-auto-approve"]).await.fails();
    assert!(said.contains("409 Conflict"), "{said}");
    assert!(
        said.contains(&format!("terraform import ADDRESS {uuid}")),
        "{said}"
    );
    other.run(&["import", ADDRESS, &uuid]).await.succeeds();
    other.apply().await;
    other.plans_empty().await;
}

#[tokio::test]
async fn a_list_that_is_none_does_not_mean_that_nothing_was_made() {
    let (control_plane, workspace) = claimed().await;
    let list = "controlplane_api_list_account_variables";
    let nothing = FaultKind::Rewrite(std::sync::Arc::new(|body| *body = serde_json::json!({})));
    control_plane.fault(Fault::new(list, nothing));
    let said = workspace.run(&["destroy", "-auto-approve"]).await.fails();
    assert!(said.contains("expected a list"), "{said}");
    control_plane.clear_faults();
    workspace.destroy().await;
    assert_eq!(control_plane.objects(Collection::Variables).len(), 0);
}

const SECRET: &str = "provider \"durantic\" {\n  max_retries = 0\n}\n\
                      resource \"durantic_secret\" \"it\" {\n  name = \"TOKEN\"\n  value = \"concealed-mine\"\n}\n";

/// A secret of somebody else, of the same name and description, that was there long before.
async fn somebody_elses() -> (ControlPlane, Workspace) {
    let control_plane = ControlPlane::builder()
        .start()
        .await
        .expect("the control plane starts");
    let object = serde_json::json!({ "name": "TOKEN", "value": "concealed-theirs", "description": "" });
    let object = object.as_object().expect("an object").clone();
    let made = control_plane
        .create(Collection::Secrets, object)
        .expect("it is made");
    let uuid = made["uuid"].as_str().expect("a uuid");
    control_plane
        .update(Collection::Secrets, uuid, |object| {
            object.insert("created_at".to_owned(), "2026-01-01T00:00:00Z".into());
        })
        .expect("it is changed");
    let workspace = workspace(&control_plane, SECRET);
    (control_plane, workspace)
}

fn is_untouched(control_plane: &ControlPlane) {
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
async fn what_was_there_before_a_lost_create_is_not_taken_for_what_it_made() {
    let (control_plane, workspace) = somebody_elses().await;
    control_plane.fault(Fault::html("controlplane_api_create_account_secret", 502).times(1));
    for _ in 0..2 {
        let said = workspace.run(&["apply", "-auto-approve"]).await.fails();
        assert!(said.contains("terraform import ADDRESS"), "{said}");
        is_untouched(&control_plane);
    }
}

#[tokio::test]
async fn what_was_there_before_a_claim_is_not_deleted_with_it() {
    let (control_plane, workspace) = somebody_elses().await;
    control_plane.fault(Fault::html("controlplane_api_create_account_secret", 502).times(1));
    control_plane.fault(Fault::status("controlplane_api_list_account_secrets", 500).times(1));
    let said = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(
        said.contains("Cannot tell whether the object was created"),
        "{said}"
    );
    let said = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(said.contains("409 Conflict"), "{said}");
    is_untouched(&control_plane);
    workspace.destroy().await;
    is_untouched(&control_plane);
}
