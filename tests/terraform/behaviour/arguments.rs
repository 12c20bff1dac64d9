//! Arguments of the provider block, timeouts, and write-only values after an import.

use std::time::Duration;

use acceptance::processes::{finish, start};
use acceptance::terraform::Workspace;
use harness::control_plane::{Collection, ControlPlane};
use serde_json::json;

use super::{count, started, variable, wait_for, with_block, workspace};
use crate::{MACHINE, provider};

const POLL: &str = "provisioning_api_get_machine_provision";

/// `""` in the provider block is unset while the environment has a value, or if the argument has no default: modules pass variables
/// with the default `""`.
#[tokio::test]
async fn empty_provider_argument_is_unset() {
    for argument in ["endpoint", "api_token", "ca_cert_file", "api_token_file"] {
        let control_plane = started(|builder| builder).await;
        let text = format!(
            "variable \"it\" {{\n  type = string\n  default = \"\"\n}}\n{}",
            variable("a", "1")
        );
        let workspace = workspace(
            &control_plane,
            &with_block(&format!("{argument} = var.it"), &text),
        );
        workspace.apply().await;
        workspace.plans_empty().await;
        assert_eq!(count(&control_plane, "a"), 1, "{argument}");
    }
}

#[tokio::test]
async fn all_provider_arguments_may_be_empty() {
    let control_plane = started(|builder| builder).await;
    let block = "endpoint = \"\"\n  api_token = \"\"\n  ca_cert_file = \"\"";
    let workspace = workspace(&control_plane, &with_block(block, &variable("a", "1")));
    workspace.apply().await;
    assert_eq!(count(&control_plane, "a"), 1);
}

#[tokio::test]
async fn empty_api_token_without_an_environment_is_missing() {
    let text = with_block("api_token = \"\"", &variable("a", "1"));
    let output = Workspace::unconfigured(provider(), &text)
        .run(&["plan"])
        .await
        .fails();
    assert!(output.contains("Missing API token"), "{output}");
    assert!(output.contains("DURANTIC_API_TOKEN"), "{output}");
}

/// The secret or credential of another client, and its import without a version of the write-only value.
async fn imported(kind: &str) -> (ControlPlane, Workspace, &'static str, Box<dyn Fn(&str) -> String>) {
    let control_plane = started(|builder| builder).await;
    let (collection, fields, address) = match kind {
        "secret" => (
            Collection::Secrets,
            json!({ "name": "IMPORTED", "value": "concealed-theirs" }),
            "durantic_secret.it",
        ),
        _ => (
            Collection::RegistryCredentials,
            json!({
                "name": "IMPORTED",
                "registry_url": "ghcr.io",
                "username": "robot",
                "password": "concealed-theirs",
            }),
            "durantic_registry_credential.it",
        ),
    };
    let object = fields.as_object().expect("an object").clone();
    let created = control_plane.create(collection, object).expect("it is created");
    let is_secret = kind == "secret";
    let configuration = move |value: &str| {
        if is_secret {
            format!("resource \"durantic_secret\" \"it\" {{\n  name = \"IMPORTED\"\n  {value}\n}}\n")
        } else {
            let value = value.replace("value_wo", "password_wo");
            format!(
                "resource \"durantic_registry_credential\" \"it\" {{\n  name = \"IMPORTED\"\n  registry_url = \"ghcr.io\"\n  \
                 username = \"robot\"\n  {value}\n}}\n"
            )
        }
    };
    let workspace = workspace(&control_plane, &configuration("value_wo = \"concealed-mine\""));
    let uuid = created["uuid"].as_str().expect("a uuid");
    workspace.run(&["import", address, uuid]).await.succeeds();
    (control_plane, workspace, address, Box::new(configuration))
}

fn value(control_plane: &ControlPlane, kind: &str) -> serde_json::Value {
    let (collection, field) = match kind {
        "secret" => (Collection::Secrets, "value"),
        _ => (Collection::RegistryCredentials, "password"),
    };
    control_plane.find(collection, "IMPORTED").expect("it exists")[field].clone()
}

#[tokio::test]
async fn write_only_value_without_a_version_after_an_import_is_reported() {
    for (kind, argument) in [("secret", "value_wo"), ("credential", "password_wo")] {
        let (control_plane, workspace, address, configuration) = imported(kind).await;
        let plan = workspace.run(&["plan"]).await.succeeds().printed();
        assert!(plan.contains(argument), "{plan}");
        assert!(plan.contains(&format!("{argument}_version")), "{plan}");
        assert!(plan.contains(address), "{plan}");
        workspace.apply().await;
        assert_eq!(value(&control_plane, kind), "concealed-theirs");

        workspace.configure(&configuration(
            "value_wo = \"concealed-mine\"\n  value_wo_version = 1",
        ));
        let apply = workspace.apply().await.printed();
        assert_eq!(value(&control_plane, kind), "concealed-mine");
        assert!(!apply.contains("not sent"), "{apply}");
        let plan = workspace
            .run(&["plan", "-detailed-exitcode"])
            .await
            .succeeds()
            .printed();
        assert!(!plan.contains(argument), "{plan}");
    }
}

/// An object that this configuration created has the value already: there is no warning.
#[tokio::test]
async fn write_only_value_without_a_version_of_an_own_object_is_quiet() {
    let control_plane = started(|builder| builder).await;
    let text =
        "resource \"durantic_secret\" \"it\" {\n  name = \"OWN\"\n  value_wo = \"concealed-mine\"\n}\n";
    let workspace = workspace(&control_plane, text);
    let run = workspace.run(&["apply", "-auto-approve"]).await;
    if run.status == Some(0) {
        let secret = control_plane.find(Collection::Secrets, "OWN");
        assert_eq!(secret.expect("it exists")["value"], "concealed-mine");
        workspace.plans_empty().await;
        let plan = workspace.run(&["plan"]).await.printed();
        assert!(!plan.contains("not sent"), "{plan}");
    }
}

fn deployment(timeouts: &str) -> String {
    format!(
        "resource \"durantic_machine_deployment\" \"it\" {{\n  machine_uuid = \"{MACHINE}\"\n  role_names = [\"base\"]\n  \
         timeouts {{\n    {timeouts}\n  }}\n}}\n"
    )
}

#[tokio::test]
async fn zero_and_huge_timeouts_are_refused_by_validate() {
    let control_plane = started(|builder| builder).await;
    for name in ["create", "update", "delete"] {
        for length in [
            "0s",
            "0",
            "0h0m0s",
            "5124095576030430h",
            "99999999999999999999h",
            "2562048h",
        ] {
            let workspace = workspace(&control_plane, &deployment(&format!("{name} = \"{length}\"")));
            let output = workspace.run(&["validate"]).await.fails();
            assert!(output.contains(name), "{name} = {length}: {output}");
            assert!(output.contains("on main.tf line"), "{output}");
            assert!(!output.contains("has a bug"), "{output}");
            assert!(!output.contains("panic"), "{output}");
        }
    }
}

/// The value is the output of another resource, so that only the apply knows it.
#[tokio::test]
async fn zero_and_huge_timeouts_are_refused_before_any_request() {
    for timeout in ["0s", "0h0m0s", "999999999h"] {
        let control_plane = started(|builder| builder).await;
        let text = format!(
            "resource \"terraform_data\" \"it\" {{\n  input = \"{timeout}\"\n}}\n{}",
            deployment("create = terraform_data.it.output")
        );
        let workspace = workspace(&control_plane, &text);
        let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
        assert!(output.contains("must be above zero"), "{output}");
        assert!(control_plane.log().changes().is_empty(), "{timeout}");
    }
}

#[tokio::test]
async fn usual_and_long_timeouts_are_accepted() {
    let control_plane = started(|builder| builder).await;
    for length in ["1s", "90m", "1h30m", "24h", "720h"] {
        let workspace = workspace(&control_plane, &deployment(&format!("create = \"{length}\"")));
        workspace.run(&["validate"]).await.succeeds();
        workspace.apply().await;
    }
    assert_eq!(control_plane.runs().len(), 5);
}

#[tokio::test]
async fn zero_and_huge_request_timeouts_are_refused() {
    let control_plane = started(|builder| builder).await;
    for length in ["0s", "0ms", "5124095576030430h", "99999999999999999999h"] {
        let block = format!("request_timeout = \"{length}\"");
        let workspace = workspace(&control_plane, &with_block(&block, &variable("a", "1")));
        let output = workspace.run(&["plan"]).await.fails();
        assert!(output.contains("request_timeout"), "{length}: {output}");
        assert!(output.contains("on main.tf line 2"), "{length}: {output}");
        assert!(!output.contains("has a bug"), "{output}");
    }
}

/// A workspace whose token is in the file `token`, named by the provider block.
fn with_file(control_plane: &ControlPlane, configuration: &str) -> Workspace {
    let text = with_block("api_token_file = \"token\"", configuration);
    let workspace = Workspace::unconfigured(provider(), &text)
        .with_secrets(control_plane.secrets())
        .with("DURANTIC_ENDPOINT", control_plane.endpoint());
    workspace.write("token", control_plane.token());
    workspace
}

#[tokio::test]
async fn api_token_file_has_the_token() {
    for end in ["", "\n", "\r\n", " \n"] {
        let control_plane = started(|builder| builder).await;
        let workspace = with_file(&control_plane, &variable("a", "1"));
        workspace.write("token", &format!("{}{end}", control_plane.token()));
        workspace.apply().await;
        workspace.plans_empty().await;
        assert_eq!(count(&control_plane, "a"), 1);
    }
}

#[tokio::test]
async fn api_token_file_of_the_environment_has_the_token() {
    let control_plane = started(|builder| builder).await;
    let workspace = Workspace::unconfigured(provider(), &variable("a", "1"))
        .with("DURANTIC_ENDPOINT", control_plane.endpoint());
    workspace.write("token", control_plane.token());
    let file = workspace.path().join("token").display().to_string();
    let workspace = workspace.with("DURANTIC_API_TOKEN_FILE", &file);
    workspace.apply().await;
    assert_eq!(count(&control_plane, "a"), 1);
    // The file takes precedence over a token that may be old.
    let workspace = workspace.with("DURANTIC_API_TOKEN", "dur_old_token");
    workspace.plans_empty().await;
}

/// The token is replaced during the installation, and the old one is revoked.
#[tokio::test]
async fn replaced_api_token_file_is_read_again_after_a_401() {
    let control_plane =
        started(|builder| builder.stopped_clock().install_time(Duration::from_mins(10))).await;
    let workspace = with_file(&control_plane, &deployment("create = \"30m\""));
    let apply = start(&workspace, &["apply", "-auto-approve"]);
    wait_for(&control_plane, POLL, 1).await;
    for token in ["dur_second_token", "dur_third_token"] {
        let polls = control_plane.log().count(POLL);
        control_plane.accept_token(token);
        let staged = workspace.path().join("staged");
        std::fs::write(&staged, format!("{token}\n")).expect("the token is written");
        std::fs::rename(&staged, workspace.path().join("token")).expect("the token is replaced");
        match token {
            "dur_second_token" => control_plane.revoke_token(control_plane.token()),
            _ => control_plane.revoke_token("dur_second_token"),
        }
        wait_for(&control_plane, POLL, polls + 3).await;
    }
    control_plane.advance(Duration::from_mins(20));
    let (status, output) = finish(apply).await;
    assert_eq!(status, Some(0), "{output}");
    assert_eq!(control_plane.runs().len(), 1);
    workspace.plans_empty().await;
}

/// Creates and updates go on with the new token, too.
#[tokio::test]
async fn create_with_an_expired_token_is_sent_again_with_the_new_one() {
    let control_plane = started(|builder| builder).await;
    let workspace = with_file(&control_plane, &variable("a", "1"));
    let text = with_block("api_token_file = \"token\"", &variable("a", "1"));
    workspace.apply().await;
    workspace.configure(
        &(text
            + "resource \"terraform_data\" \"rotation\" {\n  provisioner \"local-exec\" {\n    \
               command = \"printf dur_new_token > token\"\n  }\n}\n\
               resource \"durantic_variable\" \"b\" {\n  name = \"b\"\n  value = \"1\"\n  \
               depends_on = [durantic_variable.a, terraform_data.rotation]\n}\n"),
    );
    control_plane.accept_token("dur_new_token");
    let old = control_plane.token().to_owned();
    let apply = start(&workspace, &["apply", "-auto-approve"]);
    // The refresh and the plan use the old token.
    wait_for(&control_plane, "controlplane_api_get_account_variable", 1).await;
    while std::fs::read_to_string(workspace.path().join("token")).unwrap_or_default() != "dur_new_token" {
        tokio::task::yield_now().await;
    }
    control_plane.revoke_token(&old);
    let (status, output) = finish(apply).await;
    assert_eq!(status, Some(0), "{output}");
    assert_eq!((count(&control_plane, "a"), count(&control_plane, "b")), (1, 1));
}

#[tokio::test]
async fn revoked_token_without_a_new_one_is_reported() {
    let control_plane = started(|builder| builder).await;
    let workspace = with_file(&control_plane, &variable("a", "1"));
    control_plane.revoke_token(control_plane.token());
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(output.contains("401"), "{output}");
    let creates = control_plane
        .log()
        .count("controlplane_api_create_account_variable");
    assert!(creates <= 2, "{creates}");
}

#[tokio::test]
async fn missing_or_empty_api_token_file_is_reported() {
    let control_plane = started(|builder| builder).await;
    let workspace = with_file(&control_plane, &variable("a", "1"));
    for content in [Some(""), Some(" \n"), Some("two\nlines\n"), None] {
        match content {
            Some(content) => workspace.write("token", content),
            None => std::fs::remove_file(workspace.path().join("token")).expect("the file is removed"),
        }
        let output = workspace.run(&["plan"]).await.fails();
        assert!(!output.contains("Unsupported argument"), "{output}");
        assert!(output.contains("api_token_file"), "{content:?}: {output}");
        assert!(output.contains("token"), "{content:?}: {output}");
        assert!(output.contains("on main.tf line 2"), "{content:?}: {output}");
        assert!(!output.contains("two"), "{output}");
    }
}

#[tokio::test]
async fn missing_api_token_file_of_the_environment_is_reported() {
    let workspace = Workspace::unconfigured(provider(), &variable("a", "1"))
        .with("DURANTIC_API_TOKEN_FILE", "/nowhere/token")
        .with("DURANTIC_API_TOKEN", "dur_x");
    let output = workspace.run(&["plan"]).await.fails();
    let expected = "DURANTIC_API_TOKEN_FILE names a file that does not exist";
    assert!(output.contains(expected), "{output}");
    // It may be a token by mistake.
    assert!(!output.contains("/nowhere/token"), "{output}");
}

#[tokio::test]
async fn api_token_and_api_token_file_conflict() {
    let control_plane = started(|builder| builder).await;
    let workspace = with_file(&control_plane, "");
    let block = format!(
        "api_token = \"{}\"\n  api_token_file = \"token\"",
        control_plane.token()
    );
    workspace.configure(&with_block(&block, &variable("a", "1")));
    let output = workspace.run(&["plan"]).await.fails();
    assert!(output.contains("api_token_file"), "{output}");
    assert!(output.contains("`api_token`"), "{output}");
    assert!(!output.contains("Unsupported argument"), "{output}");
}

/// The block takes precedence over the environment, for both ways.
#[tokio::test]
async fn provider_block_overrides_the_token_of_the_environment() {
    let control_plane = started(|builder| builder).await;
    let workspace = with_file(&control_plane, &variable("a", "1")).with("DURANTIC_API_TOKEN", "dur_wrong");
    workspace.apply().await;
    let block = format!("api_token = \"{}\"", control_plane.token());
    workspace.configure(&with_block(&block, &variable("a", "1")));
    workspace.write("wrong", "dur_wrong");
    let file = workspace.path().join("wrong").display().to_string();
    let workspace = workspace.with("DURANTIC_API_TOKEN_FILE", &file);
    workspace.plans_empty().await;
}
