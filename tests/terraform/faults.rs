//! Faults that every request of a command meets: one error explains them, and the others are short.

use std::fmt::Write as _;

use acceptance::terraform::Workspace;
use harness::control_plane::{ControlPlane, Fault};

use super::{machine, quick, workspace};

/// The number of machines of the fleet.
const MACHINES: u32 = 20;

/// A fleet whose machines have a role of their own each.
fn fleet() -> String {
    let mut text = "data \"durantic_machine\" \"first\" {\n  hostname = \"node-1\"\n}\n".to_owned();
    for number in 1..=MACHINES {
        let uuid = machine(number);
        let _ = write!(
            text,
            "resource \"durantic_machine_config\" \"node_{number}\" {{\n  machine_uuid = \"{uuid}\"\n  target_disk = \"/dev/sda\"\n}}\n"
        );
    }
    text
}

/// A control plane, and a workspace in which the fleet is applied.
async fn applied_fleet() -> (ControlPlane, Workspace) {
    let control_plane = quick()
        .machines(MACHINES)
        .start()
        .await
        .expect("the control plane starts");
    let workspace = workspace(&control_plane, &fleet());
    workspace.apply().await;
    (control_plane, workspace)
}

/// The errors of a plan that fails, without the lines that Terraform adds: the summary and the detail of each.
async fn errors(workspace: &Workspace) -> Vec<(String, String)> {
    let run = workspace.run(&["plan", "-json"]).await;
    let lines = run
        .stdout
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let errors = lines.filter(|line| line["@level"] == "error").map(|line| {
        let text = |key: &str| line["diagnostic"][key].as_str().unwrap_or_default().to_owned();
        (text("summary"), text("detail"))
    });
    let errors: Vec<_> = errors.collect();
    let characters: usize = errors.iter().map(|(_, detail)| detail.len()).sum();
    println!(
        "{} errors with {characters} characters: {errors:#?}",
        errors.len()
    );
    errors
}

/// Asserts that one error of each machine and the data source explains the fault, and that the others are short.
fn assert_explained_once(errors: &[(String, String)], brief: &str, full: &[&str]) {
    assert_eq!(errors.len(), 1 + usize::try_from(MACHINES).expect("a number"));
    let (short, long): (Vec<_>, Vec<_>) = errors.iter().partition(|(_, detail)| detail.contains(brief));
    let [(_, explanation)] = long[..] else {
        panic!("one error explains the fault: {long:#?}");
    };
    for part in full {
        assert!(explanation.contains(part), "{part}: {explanation}");
    }
    for (summary, detail) in short {
        assert!(
            detail.chars().count() <= 150 && !detail.contains('\n'),
            "{detail}"
        );
        let object = if summary.contains("look up") {
            "machine \"node-1\""
        } else {
            "machine config \""
        };
        assert!(
            detail.starts_with("The request to ") && detail.contains(object),
            "{detail}"
        );
    }
}

#[tokio::test]
async fn rejected_token_is_explained_once() {
    let (_control_plane, workspace) = applied_fleet().await;
    let workspace = workspace.with("DURANTIC_API_TOKEN", "dur_wrong_token_value");
    let full = [
        "401 Unauthorized for `GET ",
        ": the API token is from the environment variable DURANTIC_API_TOKEN. ",
        "replace it by a new one",
    ];
    assert_explained_once(
        &errors(&workspace).await,
        "The API token was rejected: another error has the remedy.",
        &full,
    );
}

#[tokio::test]
async fn unreachable_endpoint_is_explained_once() {
    let (control_plane, workspace) = applied_fleet().await;
    drop(control_plane);
    let full = ["refused the connection", "Check `endpoint`"];
    assert_explained_once(
        &errors(&workspace).await,
        "The control plane is unreachable: another error has the remedy.",
        &full,
    );
}

#[tokio::test]
async fn fault_of_one_request_is_explained_each_time() {
    let (control_plane, workspace) = applied_fleet().await;
    control_plane.fault(Fault::detail("*", 403, "not yours"));
    let errors = errors(&workspace).await;
    assert!(
        errors.iter().all(|(_, detail)| detail.contains("not yours")),
        "{errors:#?}"
    );
}

#[tokio::test]
async fn rejected_value_is_reported_on_its_argument() {
    let control_plane = quick().start().await.expect("the control plane starts");
    let missing = "0b8e5a7c-4a53-4d1b-9c5e-3f1f6f0f2d11";
    for (resource, arguments, line) in [
        (
            "machine_role",
            format!("  name       = \"web\"\n  image_uuid = \"{missing}\"\n"),
            "3: image_uuid = ",
        ),
        (
            "machine_config",
            format!(
                "  machine_uuid      = \"{}\"\n  mesh_network_uuid = \"{missing}\"\n",
                machine(1)
            ),
            "3: mesh_network_uuid = ",
        ),
        (
            "machine_config",
            format!(
                "  machine_uuid = \"{}\"\n  role_names   = [\"missing\"]\n",
                machine(1)
            ),
            "3: role_names = ",
        ),
        (
            "vip",
            format!(
                "  name          = \"vip\"\n  address       = \"10.9.1.1\"\n  machine_uuids = [\"{missing}\"]\n"
            ),
            "4: machine_uuids = ",
        ),
    ] {
        let text = format!("resource \"durantic_{resource}\" \"it\" {{\n{arguments}}}\n");
        let workspace = workspace(&control_plane, &text).with("DURANTIC_SKIP_PREFLIGHT", "true");
        let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
        assert!(output.contains(line), "{output}");
    }
}

#[tokio::test]
async fn server_that_is_no_control_plane_is_explained_once() {
    let (control_plane, workspace) = applied_fleet().await;
    let endpoint = format!("{}/wrong", control_plane.endpoint());
    let workspace = workspace.with("DURANTIC_ENDPOINT", &endpoint);
    let detail =
        format!("the server at `{endpoint}` responded with status 404, and it has no `/api/openapi.json`");
    let full = [&*detail, "So no Durantic control plane answers there"];
    assert_explained_once(
        &errors(&workspace).await,
        "The endpoint is no control plane: another error has the remedy.",
        &full,
    );
}

#[tokio::test]
async fn missing_machine_is_reported_on_its_uuid() {
    let control_plane = quick().start().await.expect("the control plane starts");
    for resource in ["machine_config", "machine_deployment"] {
        let text = format!(
            "resource \"durantic_{resource}\" \"it\" {{\n  machine_uuid = \"{}\"\n}}\n",
            machine(99)
        );
        let workspace = workspace(&control_plane, &text).with("DURANTIC_SKIP_PREFLIGHT", "true");
        let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
        assert!(output.contains("2: machine_uuid = "), "{output}");
        assert!(!output.contains("Not Found: Not Found"), "{output}");
        assert!(
            output.contains("The account of the API token has no such object."),
            "{output}"
        );
    }
}
