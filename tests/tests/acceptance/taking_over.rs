//! Configurations and state files of the published Go provider: the first plan has nothing to do.

use std::path::{Path, PathBuf};

use acceptance::control_plane::{Collection, ControlPlane};
use acceptance::terraform::Workspace;
use provider::durantic::DEFINITION;
use serde_json::json;

use super::{machine, quick, workspace};

/// The configuration and the state file of each resource, and the objects that the control plane has.
const STATES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/states");

/// Where a refresh must come first: the published provider left a null for which only the control plane knows the value
/// (`description` of the variable), or Terraform 1.9 did not note what is sensitive, which is a change to later versions.
const NEEDS_REFRESH: [&str; 4] = ["variable", "secret", "secrets_backend", "registry_credential"];

async fn seeded() -> ControlPlane {
    let seed = PathBuf::from(STATES).join("seed.json");
    let started = quick().seed(seed).start().await;
    let control_plane = started.expect("the control plane starts");
    // A seed cannot name machines here: they have a role, which has this virtual IP.
    let vip = control_plane
        .find(Collection::Vips, "api")
        .expect("the virtual IP");
    let members = control_plane.update(
        Collection::Vips,
        vip["uuid"].as_str().unwrap_or_default(),
        |vip| {
            vip.insert("machine_uuids".to_owned(), json!([machine(2), machine(1)]));
        },
    );
    members.expect("the virtual IP has members");
    control_plane
}

fn taken_over(control_plane: &ControlPlane, name: &str) -> Workspace {
    let folder = Path::new(STATES).join(name);
    let read = |file: &str| {
        let text = std::fs::read_to_string(folder.join(file));
        text.unwrap_or_else(|error| panic!("`{name}` has a `{file}`: {error}"))
    };
    let workspace = workspace(control_plane, &read("main.tf"));
    workspace.write("terraform.tfstate", &read("terraform.tfstate"));
    workspace
}

fn resources() -> impl Iterator<Item = &'static str> {
    DEFINITION
        .resources
        .iter()
        .map(|binding| binding.schema.name.as_ref())
}

#[tokio::test]
async fn the_first_plan_is_empty() {
    let control_plane = seeded().await;
    for name in resources() {
        let workspace = taken_over(&control_plane, name);
        let run = workspace.run(&["plan", "-detailed-exitcode"]).await;
        assert_eq!(run.status, Some(0), "{name}: {}", run.said());
        workspace.apply().await;
        workspace.plans_empty().await;
    }
    assert_eq!(
        super::changes(&control_plane),
        Vec::<String>::new(),
        "nothing was sent"
    );
}

#[tokio::test]
async fn the_first_plan_is_empty_without_a_refresh() {
    let control_plane = seeded().await;
    for name in resources().filter(|name| !NEEDS_REFRESH.contains(name)) {
        let workspace = taken_over(&control_plane, name);
        let run = workspace
            .run(&["plan", "-detailed-exitcode", "-refresh=false"])
            .await;
        assert_eq!(run.status, Some(0), "{name}: {}", run.said());
    }
    assert_eq!(control_plane.log().all().len(), 0, "nobody was asked");
}

#[tokio::test]
async fn changes_go_on_from_there() {
    for (name, from, to, expected) in [
        (
            "machine_deployment",
            "\"worker\", \"base\"",
            "\"base\"",
            "delete,create",
        ),
        ("machine_deployment", "2025-11-03", "2025-11-04", "delete,create"),
        ("machine_deployment", "/dev/nvme0n1", "/dev/sda", "update"),
        ("machine_config", "\"base\", \"worker\"", "\"base\"", "update"),
        (
            "route_policy_set",
            "sequence             = 10",
            "sequence = 11",
            "update",
        ),
        ("secret", "abcdef.0123456789abcdef", "other", "update"),
        ("registry_credential", "https://ghcr.io/", "quay.io", "update"),
        ("route", "10.244.0.0/16", "10.245.0.0/16", "update"),
    ] {
        let control_plane = seeded().await;
        let workspace = taken_over(&control_plane, name);
        let text = std::fs::read_to_string(workspace.path().join("main.tf")).expect("the configuration");
        assert!(text.contains(from), "{name}: {from}");
        workspace.configure(&text.replace(from, to));
        let plan = workspace.plan().await;
        assert_eq!(plan.changes(), [format!("durantic_{name}.it: {expected}")]);
        workspace.run(&["apply", "tfplan"]).await.succeeds();
        workspace.plans_empty().await;
    }
}
