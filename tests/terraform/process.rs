//! The program itself, as a person, a developer and Terraform start it.

use std::path::Path;
use std::process::Stdio;

use acceptance::terraform::Workspace;
use harness::control_plane::{Collection, ControlPlane};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value as Json;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use super::{control_plane, provider, workspace};

const VARIABLE: &str = "resource \"durantic_variable\" \"it\" {\n  name = \"it\"\n  value = \"v\"\n}\n";

#[tokio::test]
async fn by_hand_it_says_in_two_lines_what_it_is_and_how_to_install_it() {
    let output = Command::new(provider()).output().await.expect("the program runs");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stdout, b"", "Terraform reads standard output");
    let said = String::from_utf8(output.stderr).expect("text");
    let lines: Vec<&str> = said.lines().collect();
    let [what, how] = lines.as_slice() else {
        panic!("two lines: {said}");
    };
    assert!(what.contains("Terraform starts it as a plugin"), "{what}");
    assert!(
        how.contains("`durantic/durantic`") && how.contains("`terraform init`"),
        "{how}"
    );
}

#[tokio::test]
async fn terraform_without_tls_is_served_too() {
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, VARIABLE).with("TF_DISABLE_PLUGIN_TLS", "1");
    workspace.apply().await;
    workspace.plans_empty().await;
}

/// The provider as a developer starts it, and the variable that it says Terraform needs.
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
    let reattach = reattach.unwrap_or_else(|| panic!("a variable for a shell: {line}"));
    (process, reattach.to_owned())
}

/// A workspace that says in its configuration where the control plane is: it starts no provider of its own.
fn attached(control_plane: &ControlPlane, reattach: &str) -> Workspace {
    let (endpoint, token) = (control_plane.endpoint(), control_plane.token());
    let text = format!(
        "provider \"durantic\" {{\n  endpoint = \"{endpoint}\"\n  api_token = \"{token}\"\n}}\n{VARIABLE}"
    );
    Workspace::bare(provider(), &text).with("TF_REATTACH_PROVIDERS", reattach)
}

#[tokio::test]
async fn a_debugged_process_serves_one_run_after_the_other_until_it_is_interrupted() {
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
    let said = attached(&first, &reattach).run(&["plan"]).await.fails();
    assert!(
        said.contains("durantic/durantic"),
        "nobody else serves it: {said}"
    );
}

/// One test of these, and the demo, on a machine that lacks Terraform.
#[tokio::test]
async fn where_terraform_is_missing_the_tests_and_the_demo_say_how_to_get_it() {
    let tests = std::env::current_exe().expect("this program");
    let one = [
        "--exact",
        "variable::the_minimal_form_has_the_defaults",
        "--nocapture",
    ];
    let demo = Path::new(env!("CARGO_BIN_EXE_demo"));
    for (program, arguments, wanted) in [
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
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(wanted), "{said}");
        assert!(
            said.contains("https://developer.hashicorp.com/terraform/install"),
            "{said}"
        );
    }
}

/// The lines that the provider logged, as Terraform wrote them down.
fn logged(workspace: &Workspace) -> Vec<Json> {
    let log = std::fs::read_to_string(workspace.path().join("log")).expect("the log");
    let lines = log.lines().map(|line| {
        serde_json::from_str::<Json>(line).unwrap_or_else(|_| panic!("a line of the log is JSON: {line}"))
    });
    lines.filter(|line| line["tf_rpc"].is_string()).collect()
}

#[tokio::test]
async fn terraform_takes_the_log_with_the_fields_that_its_users_filter_by() {
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
    let told = of("ApplyResourceChange", "response contains error diagnostic");
    let [told] = told.as_slice() else {
        panic!("one conflict: {told:?}");
    };
    assert_eq!(told["@level"], "error");
    assert_eq!(told["diagnostic_severity"], "ERROR");
    assert_eq!(told["diagnostic_summary"], "Failed to create the object");
    let detail = told["diagnostic_detail"].as_str().unwrap_or_default();
    assert!(detail.contains("409"), "{detail}");
    let text = std::fs::read_to_string(workspace.path().join("log")).expect("the log");
    assert!(!text.contains(control_plane.token()), "the token is in the log");
}

#[tokio::test]
async fn without_a_level_of_its_own_the_provider_logs_nothing() {
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, VARIABLE)
        .with("TF_LOG", "")
        .with("TF_LOG_CORE", "TRACE")
        .with("TF_LOG_PATH", "log");
    workspace.apply().await;
    let log = std::fs::read_to_string(workspace.path().join("log")).expect("the log");
    assert!(
        log.contains("ApplyResourceChange"),
        "Terraform's own log is there"
    );
    assert!(!log.contains("tf_rpc"), "{log}");
}
