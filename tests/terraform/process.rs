//! The program, started by hand, in debug mode and by Terraform.

use std::path::Path;
use std::process::Stdio;

use acceptance::terraform::Workspace;
use harness::control_plane::{Collection, ControlPlane};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value as Json;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use super::{MACHINE, control_plane, provider, workspace};

const VARIABLE: &str = "resource \"durantic_variable\" \"it\" {\n  name = \"it\"\n  value = \"v\"\n}\n";

#[tokio::test]
async fn program_started_by_hand_explains_itself_in_two_lines() {
    let output = Command::new(provider()).output().await.expect("the program runs");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stdout, b"", "standard output is only for Terraform");
    let output = String::from_utf8(output.stderr).expect("text");
    let lines: Vec<&str> = output.lines().collect();
    let [what, how] = lines.as_slice() else {
        panic!("expected two lines: {output}");
    };
    assert!(what.contains("Terraform starts it as a plugin"), "{what}");
    assert!(
        how.contains("`durantic/durantic`") && how.contains("`terraform init`"),
        "{how}"
    );
}

#[tokio::test]
async fn provider_serves_without_plugin_tls() {
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, VARIABLE).with("TF_DISABLE_PLUGIN_TLS", "1");
    workspace.apply().await;
    workspace.plans_empty().await;
}

/// The provider in debug mode, and the value of `TF_REATTACH_PROVIDERS` that it prints.
async fn debugged() -> (Child, String) {
    let mut process = Command::new(provider())
        .arg("--debug")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the program starts");
    let stdout = process.stdout.take().expect("its output");
    let line = BufReader::new(stdout).lines().next_line().await;
    let line = line.expect("its output is read").expect("a line");
    let reattach = line
        .strip_prefix("TF_REATTACH_PROVIDERS='")
        .and_then(|rest| rest.strip_suffix('\''));
    let reattach = reattach.unwrap_or_else(|| panic!("expected a shell variable: {line}"));
    (process, reattach.to_owned())
}

/// One process plans and applies: what it knows of a replacement belongs to one command.
#[tokio::test]
async fn debug_mode_reinstalls_with_a_short_plan() {
    let (process, reattach) = debugged().await;
    let control_plane = ControlPlane::builder()
        .install_time(std::time::Duration::ZERO)
        .start()
        .await
        .expect("the control plane starts");
    let deployment = |force_provision: u32| {
        format!(
            "resource \"durantic_machine_deployment\" \"it\" {{\n  machine_uuid = \"{MACHINE}\"\n  \
             force_provision = \"{force_provision}\"\n}}\n"
        )
    };
    let workspace = attached(&control_plane, &reattach);
    workspace.write("node.tf", &deployment(1));
    workspace.apply().await;
    for round in [2, 3] {
        workspace.write("node.tf", &deployment(round));
        let plan = workspace.plan().await;
        let unknown = &plan.change("durantic_machine_deployment.it")["after_unknown"];
        assert_eq!(
            (&unknown["hostname"], &unknown["provision_uuid"]),
            (&Json::Null, &true.into())
        );
        workspace.run(&["apply", "tfplan"]).await.succeeds();
        workspace.plans_empty().await;
    }
    assert_eq!(control_plane.runs().len(), 3);
    drop(process);
}

/// A workspace that uses the running provider. The endpoint and the token are in its configuration.
fn attached(control_plane: &ControlPlane, reattach: &str) -> Workspace {
    let (endpoint, token) = (control_plane.endpoint(), control_plane.token());
    let text = format!(
        "provider \"durantic\" {{\n  endpoint = \"{endpoint}\"\n  api_token = \"{token}\"\n}}\n{VARIABLE}"
    );
    Workspace::unconfigured(provider(), &text).with("TF_REATTACH_PROVIDERS", reattach)
}

#[tokio::test]
async fn debug_mode_serves_several_commands_until_interrupted() {
    let (mut process, reattach) = debugged().await;
    let (first, second) = (control_plane().await, control_plane().await);
    for control_plane in [&first, &second, &first] {
        let workspace = attached(control_plane, &reattach);
        workspace.apply().await;
        workspace.plans_empty().await;
        assert!(control_plane.find(Collection::Variables, "it").is_some());
        workspace.destroy().await;
        assert!(control_plane.find(Collection::Variables, "it").is_none());
    }

    let id = process.id().and_then(|id| i32::try_from(id).ok());
    kill(Pid::from_raw(id.expect("it runs")), Signal::SIGINT).expect("it is interrupted");
    assert!(process.wait().await.expect("it ends").success());
    let output = attached(&first, &reattach).run(&["plan"]).await.fails();
    assert!(
        output.contains("durantic/durantic"),
        "no other process serves the provider: {output}"
    );
}

/// Runs one of these tests, and the demo, without Terraform on PATH.
#[tokio::test]
async fn missing_terraform_is_reported_by_tests_and_demo() {
    let tests = std::env::current_exe().expect("this program");
    let one = [
        "--exact",
        "variable::minimal_configuration_has_the_defaults",
        "--nocapture",
    ];
    let demo = Path::new(env!("CARGO_BIN_EXE_demo"));
    for (program, arguments, expected) in [
        (
            tests.as_path(),
            &one[..],
            "These tests drive the real Terraform: install version 1.11 or later",
        ),
        (
            demo,
            &[],
            "The demo drives the real Terraform: install version 1.11 or later",
        ),
    ] {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env("PATH", "/nowhere")
            .stdin(Stdio::null());
        let output = command.output().await.expect("the program runs");
        assert!(!output.status.success(), "{}", program.display());
        let output = String::from_utf8_lossy(&output.stderr);
        assert!(output.contains(expected), "{output}");
        assert!(
            output.contains("https://developer.hashicorp.com/terraform/install"),
            "{output}"
        );
    }
}

/// The provider's lines in Terraform's log.
fn logged(workspace: &Workspace) -> Vec<Json> {
    let log = std::fs::read_to_string(workspace.path().join("log")).expect("the log");
    let lines = log.lines().map(|line| {
        serde_json::from_str::<Json>(line).unwrap_or_else(|_| panic!("a line of the log is JSON: {line}"))
    });
    lines.filter(|line| line["tf_rpc"].is_string()).collect()
}

#[tokio::test]
async fn log_has_the_fields_of_terraform_plugin_log() {
    let control_plane = control_plane().await;
    let text = format!(
        "{VARIABLE}data \"durantic_images\" \"all\" {{}}\nresource \"durantic_variable\" \"again\" {{\n  \
         name = \"it\"\n  value = \"w\"\n  depends_on = [durantic_variable.it]\n}}\n"
    );
    let workspace = workspace(&control_plane, &text)
        .with("TF_LOG", "JSON")
        .with("TF_LOG_PATH", "log");
    workspace.run(&["apply", "-auto-approve"]).await.fails();
    let log = logged(&workspace);
    let of = |rpc: &str, message: &str| {
        let found = log
            .iter()
            .filter(|line| line["tf_rpc"] == rpc && line["@message"] == message);
        let found: Vec<&Json> = found.collect();
        assert!(!found.is_empty(), "{rpc}: {message}");
        found
    };
    for (rpc, resource, data_source) in [
        ("ConfigureProvider", Json::Null, Json::Null),
        ("ApplyResourceChange", "durantic_variable".into(), Json::Null),
        ("ReadDataSource", Json::Null, "durantic_images".into()),
    ] {
        for line in of(rpc, "sent response") {
            assert_eq!(line["tf_resource_type"], resource, "{line}");
            assert_eq!(line["tf_data_source_type"], data_source, "{line}");
            assert_eq!(
                line["tf_provider_addr"],
                "registry.terraform.io/durantic/durantic"
            );
            assert_eq!(line["tf_proto_version"], "6.11");
            assert!(
                line["tf_req_id"].is_string() && line["tf_req_duration_ms"].is_u64(),
                "{line}"
            );
            assert_eq!(line["@level"], "trace");
        }
    }
    let diagnostics = of("ApplyResourceChange", "response contains error diagnostic");
    let [diagnostic] = diagnostics.as_slice() else {
        panic!("expected one conflict: {diagnostics:?}");
    };
    assert_eq!(diagnostic["@level"], "error");
    assert_eq!(diagnostic["diagnostic_severity"], "ERROR");
    assert_eq!(diagnostic["diagnostic_summary"], "Failed to create the object");
    let detail = diagnostic["diagnostic_detail"].as_str().unwrap_or_default();
    assert!(detail.contains("409"), "{detail}");
    let text = std::fs::read_to_string(workspace.path().join("log")).expect("the log");
    assert!(!text.contains(control_plane.token()), "the token is in the log");
}

#[tokio::test]
async fn provider_logs_nothing_with_tf_log_core_only() {
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, VARIABLE)
        .with("TF_LOG", "")
        .with("TF_LOG_CORE", "TRACE")
        .with("TF_LOG_PATH", "log");
    workspace.apply().await;
    let log = std::fs::read_to_string(workspace.path().join("log")).expect("the log");
    assert!(log.contains("ApplyResourceChange"), "Terraform's own log exists");
    assert!(!log.contains("tf_rpc"), "{log}");
}
