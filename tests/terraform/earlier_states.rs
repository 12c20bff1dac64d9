//! State and private state that an earlier build wrote. This build must plan and apply the same as that build: no changes,
//! except for an active run or a claim.
//!
//! To add a situation, write `main.tf` into a folder of its own in `tests/data/earlier-states`, add a function of the same
//! name to `situation.rs` that leads to the situation, and run its test once with the build that must write the state:
//! `RECORD_STATES=1 INSTA_UPDATE=always PROVIDER=/path/to/it cargo test -p acceptance --test terraform earlier_states::NAME`.
//! Existing states are not overwritten.

mod situation;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use acceptance::terraform::{Run, Workspace};
use base64::Engine;
use harness::control_plane::{ControlPlane, Snapshot};
use serde_json::{Value as Json, json};

use super::{changes, quick, workspace};

const STATES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/earlier-states");

/// One test per situation. The function of the same name in `situation` leads to it.
macro_rules! situations {
    ($($name:ident)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                let folder = Path::new(STATES).join(stringify!($name));
                if std::env::var_os("RECORD_STATES").is_some() && !folder.join(STATE).exists() {
                    let (control_plane, workspace) = new(&folder).await;
                    situation::$name(&control_plane, &workspace).await;
                    record(&folder, &control_plane, &workspace);
                }
                plans_and_applies_as_recorded(&folder).await;
            }
        )*

        #[test]
        fn every_folder_has_a_test() {
            let entries = std::fs::read_dir(STATES).expect("the folder of the states").flatten();
            let mut folders: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
            folders.sort();
            let mut tests = [$(stringify!($name)),*].map(|name| Path::new(STATES).join(name));
            tests.sort();
            assert_eq!(folders, tests);
        }
    };
}

situations! {
    all_resources
    claim
    claim_changed
    claim_without_object
    imported_deployment
    json_config
    overridden
    run_completed
    run_failed
    run_failed_between_applies
    run_active
    run_of_another_client
    run_lost
    run_not_started
    run_starting
    run_timed_out
    run_unconfirmed
    outdated_run
    outdated_run_timed_out
}

const CONFIGURATION: &str = "main.tf";
const CHANGED: &str = "changed.tf";
const STATE: &str = "terraform.tfstate";
const CONTROL_PLANE: &str = "control-plane.json";

fn read(folder: &Path, name: &str) -> String {
    let file = folder.join(name);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The workspace of a situation, with the control plane that it was recorded with.
pub(super) async fn recorded(folder: &Path) -> (ControlPlane, Workspace) {
    let snapshot: Snapshot = serde_json::from_str(&read(folder, CONTROL_PLANE)).expect("a snapshot");
    let started = quick().snapshot(snapshot).start().await;
    let control_plane = started.expect("the control plane starts");
    let workspace = workspace(&control_plane, &read(folder, CONFIGURATION));
    workspace.write(STATE, &read(folder, STATE));
    (control_plane, workspace)
}

/// In this situation an apply waits 15 seconds until it is sure that the run did not do the work. The test skips that apply,
/// because the plan already shows that the run belongs to another client.
const SLOW: &str = "run_of_another_client";

/// Plans both configurations. After the end of every run, plans and applies the first one.
async fn plans_and_applies_as_recorded(folder: &Path) {
    let (control_plane, workspace) = recorded(folder).await;
    let mut seen = vec![section("private state", &private(&workspace))];
    let first = plan(&workspace).await;
    seen.push(section(&format!("plan of {CONFIGURATION}"), &first));
    if folder.join(CHANGED).exists() {
        workspace.configure(&read(folder, CHANGED));
        seen.push(section(&format!("plan of {CHANGED}"), &plan(&workspace).await));
    }

    // The short timeout was for the recording; here it must not pass.
    workspace.configure(&read(folder, CONFIGURATION).replace("\"3s\"", "\"30m\""));
    control_plane.advance(Duration::from_mins(20));
    let later = plan(&workspace).await;
    if later != first {
        seen.push(section(
            &format!("plan of {CONFIGURATION}, 20 minutes later"),
            &later,
        ));
    }
    let sent = changes(&control_plane);
    assert_eq!(sent, Vec::<String>::new(), "a plan sends no changes");
    if !folder.ends_with(SLOW) {
        let applied = apply_plan(&control_plane, &workspace).await;
        seen.push(section(
            &format!("apply of {CONFIGURATION}, 20 minutes later"),
            &applied,
        ));
    }

    insta::with_settings!(
        { snapshot_path => folder, prepend_module_to_snapshot => false, omit_expression => true },
        { insta::assert_snapshot!("expected", seen.join("\n")) }
    );
}

fn section(title: &str, text: &str) -> String {
    let text = if text.is_empty() { "  nothing\n" } else { text };
    format!("{title}\n{text}")
}

/// The private state of each object.
fn private(workspace: &Workspace) -> String {
    let state: Json = serde_json::from_str(&workspace.state_file()).expect("state in JSON");
    let resources = state["resources"].as_array().into_iter().flatten();
    let private = resources.filter_map(|resource| {
        let private = resource["instances"][0]["private"].as_str()?;
        let bytes = base64::prelude::BASE64_STANDARD.decode(private).expect("base64");
        let private: Json = serde_json::from_slice(&bytes).expect("private state in JSON");
        let name = |key: &str| resource[key].as_str().unwrap_or_default();
        Some(format!("  {}.{}: {private}\n", name("type"), name("name")))
    });
    private.collect()
}

/// The planned changes and the diagnostics.
async fn plan(workspace: &Workspace) -> String {
    let run = workspace.run(&["plan", "-json", "-out=tfplan"]).await.succeeds();
    let plan = workspace.show("tfplan").await.0;
    differences("drift of", &plan["resource_drift"])
        + &differences("change of", &plan["resource_changes"])
        + &diagnostics(&run)
}

/// The requests of an apply of the last plan, and the status of each run afterwards.
async fn apply_plan(control_plane: &ControlPlane, workspace: &Workspace) -> String {
    let run = workspace.run(&["apply", "-json", "tfplan"]).await;
    let sent = changes(control_plane).into_iter();
    let sent = sent.map(|sent| format!("  sent {sent}\n"));
    let instances = workspace.instances().into_iter();
    let statuses = instances.filter_map(|(address, attributes)| {
        let status = attributes["provision_status"].as_str()?;
        Some(format!("  {address} is {status}\n"))
    });
    sent.chain(statuses).collect::<String>() + &diagnostics(&run)
}

/// The errors, and the warnings about objects, without Terraform's warning about the development override.
fn diagnostics(run: &Run) -> String {
    let lines = run.stdout.lines();
    let lines = lines.map(|line| serde_json::from_str(line).expect("a line of JSON"));
    let diagnostics = lines.filter_map(|line: Json| {
        let [severity, address, summary] =
            ["severity", "address", "summary"].map(|part| line["diagnostic"][part].as_str());
        let (severity, summary) = (severity?, summary?);
        let place = match address {
            None if severity == "warning" => return None,
            None => String::new(),
            Some(address) => format!(" at {address}"),
        };
        Some(format!("  {severity}{place}: {summary}\n"))
    });
    diagnostics.collect()
}

/// The changed objects.
fn differences(title: &str, changes: &Json) -> String {
    let changes = changes.as_array().into_iter().flatten();
    let changes = changes.filter(|change| change["change"]["actions"] != json!(["no-op"]));
    let seen = changes.map(|resource| {
        let change = &resource["change"];
        let what = [
            &change["actions"],
            &resource["action_reason"],
            &change["replace_paths"],
        ];
        let what = what.into_iter().filter(|part| !part.is_null());
        let what: Vec<String> = what.map(ToString::to_string).collect();
        let address = resource["address"].as_str().unwrap_or_default();
        format!("  {title} {address}: {}\n{}", what.join(", "), attributes(change))
    });
    seen.collect()
}

/// The changed attributes.
fn attributes(change: &Json) -> String {
    let sides = ["before", "after", "after_unknown"].map(|side| change[side].as_object());
    let names: BTreeSet<&String> = sides.into_iter().flatten().flat_map(|side| side.keys()).collect();
    let seen = names.into_iter().filter_map(|name| {
        let before = &change["before"][name];
        let after = &change["after"][name];
        if change["after_unknown"][name] == true {
            return Some(format!("    {name}: {before} -> unknown\n"));
        }
        (before != after).then(|| format!("    {name}: {before} -> {after}\n"))
    });
    seen.collect()
}

/// The workspace of a situation that is not recorded yet.
async fn new(folder: &Path) -> (ControlPlane, Workspace) {
    let builder = ControlPlane::builder()
        .seed(Path::new(STATES).join("seed.json"))
        .install_time(Duration::from_mins(10))
        .stopped_clock();
    let control_plane = builder.start().await.expect("the control plane starts");
    let workspace = workspace(&control_plane, &read(folder, CONFIGURATION));
    (control_plane, workspace)
}

fn record(folder: &Path, control_plane: &ControlPlane, workspace: &Workspace) {
    let mut known = serde_json::to_string_pretty(&control_plane.snapshot()).expect("JSON");
    known.push('\n');
    for (name, text) in [(STATE, workspace.state_file()), (CONTROL_PLANE, known)] {
        std::fs::write(folder.join(name), text).expect("a file is recorded");
    }
}

/// The private state of a hook affects only the requests, so a plan does not show it.
#[tokio::test]
async fn json_config_keeps_the_types_in_private_state() {
    let folder = Path::new(STATES).join("json_config");
    let (control_plane, workspace) = recorded(&folder).await;
    workspace.configure(&read(&folder, CHANGED));
    let apply = ["apply", "-auto-approve", "-refresh=false"];
    workspace.run(&apply).await.succeeds();
    let log = control_plane.log();
    let sent = &log.of("controlplane_api_update_secrets_backend")[0].body;
    let config = json!({ "role": "reader", "timeout": 60, "paths": ["a"] });
    assert_eq!(sent, &Some(json!({ "config": config })));
}
