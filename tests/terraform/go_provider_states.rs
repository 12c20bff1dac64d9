//! Configurations and state files of the published Go provider: the first plan is empty.

use std::path::{Path, PathBuf};

use acceptance::terraform::Workspace;
use harness::control_plane::{Collection, ControlPlane};
use provider::durantic::DEFINITION;
use serde_json::{Value as Json, json};

use super::{machine, quick, workspace};

/// The configuration and the state file of each resource, and the objects of the control plane.
const STATES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/states");

async fn seeded() -> ControlPlane {
    let seed = PathBuf::from(STATES).join("seed.json");
    let started = quick().seed(seed).start().await;
    let control_plane = started.expect("the control plane starts");
    // A seed cannot set these members: the machines refer to a role, and the role to this VIP.
    let vip = control_plane.find(Collection::Vips, "api").expect("the VIP");
    let members = control_plane.update(
        Collection::Vips,
        vip["uuid"].as_str().unwrap_or_default(),
        |vip| {
            vip.insert("machine_uuids".to_owned(), json!([machine(2), machine(1)]));
        },
    );
    members.expect("the VIP has members");
    control_plane
}

fn file(name: &str, file: &str) -> String {
    let text = std::fs::read_to_string(Path::new(STATES).join(name).join(file));
    text.unwrap_or_else(|error| panic!("`{name}` has a `{file}`: {error}"))
}

/// A workspace with all configurations and states, each object in state altered.
fn workspace_with_all_states(
    control_plane: &ControlPlane,
    alter: impl Fn(&'static schema::Resource, &mut Json),
) -> Workspace {
    let (mut configuration, mut state) = (String::new(), Json::Null);
    for binding in DEFINITION.resources {
        let name = &binding.schema.name;
        configuration += &file(name, "main.tf");
        let mut own: Json = serde_json::from_str(&file(name, "terraform.tfstate")).expect("state in JSON");
        alter(binding.schema, &mut own["resources"][0]["instances"][0]);
        match state["resources"].as_array_mut() {
            Some(resources) => resources.push(own["resources"][0].take()),
            None => state = own,
        }
    }
    let workspace = workspace(control_plane, &configuration);
    workspace.write("terraform.tfstate", &state.to_string());
    workspace
}

/// Private state of another provider, in the base64 of a state file: absent, that of terraform-plugin-framework, that of
/// terraform-plugin-sdk, and bytes that are not JSON.
const PRIVATE: [Option<&str>; 4] = [
    None,
    Some("eyJkdXJhbnRpYyI6ImV5SjFkV2xrSWpvaWVDSjkiLCJsYXN0X3Byb3Zpc2lvbiI6ImV5SjkifQ=="),
    Some("eyJzY2hlbWFfdmVyc2lvbiI6IjAifQ=="),
    Some("AP8A/w=="),
];

#[tokio::test]
async fn first_plan_is_empty_with_any_private_state() {
    let control_plane = seeded().await;
    for private in PRIVATE {
        let workspace = workspace_with_all_states(&control_plane, |_, object| {
            object["private"] = json!(private);
        });
        let output = workspace.apply().await.printed();
        assert!(output.contains("No changes."), "{private:?}: {output}");
        workspace.plans_empty().await;
    }
    let sent = super::changes(&control_plane);
    assert_eq!(sent, Vec::<String>::new(), "nothing was sent");
}

fn sensitive(schema: &schema::Resource) -> impl Iterator<Item = &schema::Attribute> {
    schema.attributes.iter().filter(|attribute| attribute.sensitive)
}

#[tokio::test]
async fn first_plan_is_empty_without_a_refresh() {
    let control_plane = seeded().await;
    let workspace = workspace_with_all_states(&control_plane, |schema, object| {
        let paths =
            sensitive(schema).map(|attribute| json!([{ "type": "get_attr", "value": attribute.name }]));
        object["sensitive_attributes"] = paths.collect();
    });
    let run = workspace
        .run(&["plan", "-detailed-exitcode", "-refresh=false"])
        .await;
    assert_eq!(run.status, Some(0), "{}", run.printed());
    assert_eq!(control_plane.log().all().len(), 0, "no request was sent");
}

/// Terraform stores in the state file which attributes are sensitive, and plans an update if that differs from the schema.
/// The Go provider had fewer sensitive attributes, and no `value_wo`. A refresh updates the list.
#[tokio::test]
async fn newly_sensitive_attributes_plan_an_update_without_changes() {
    let control_plane = seeded().await;
    let workspace = workspace_with_all_states(&control_plane, |_, object| {
        assert_eq!(object["sensitive_attributes"], json!([]));
    });
    workspace
        .run(&["plan", "-refresh=false", "-out=tfplan"])
        .await
        .succeeds();
    let plan = workspace.show("tfplan").await;
    let expected: Vec<String> = DEFINITION
        .resources
        .iter()
        .filter(|binding| sensitive(binding.schema).next().is_some())
        .map(|binding| format!("durantic_{}.it: update", binding.schema.name))
        .collect();
    assert_eq!(plan.changes(), expected);
    for binding in DEFINITION.resources {
        let change = plan.change(&format!("durantic_{}.it", binding.schema.name));
        assert_eq!(change["before"], change["after"], "{}", binding.schema.name);
    }
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    assert_eq!(control_plane.log().all().len(), 0, "no request was sent");
    let run = workspace
        .run(&["plan", "-detailed-exitcode", "-refresh=false"])
        .await;
    assert_eq!(run.status, Some(0), "{}", run.printed());
}

/// A change of a configuration: the resource, the replaced text, its replacement, and the planned actions.
type Row = (&'static str, &'static str, &'static str, &'static str);

/// Tables of changes. The rows of one table go into one plan.
const CHANGES: [&[Row]; 3] = [
    &[
        (
            "machine_deployment",
            "\"worker\", \"base\"",
            "\"base\"",
            "delete,create",
        ),
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
    ],
    &[("machine_deployment", "2025-11-03", "2025-11-04", "delete,create")],
    &[("machine_deployment", "/dev/nvme0n1", "/dev/sda", "update")],
];

#[tokio::test]
async fn changes_after_the_migration_are_planned_and_applied() {
    for rows in CHANGES {
        let control_plane = seeded().await;
        let workspace = workspace_with_all_states(&control_plane, |_, _| {});
        let mut text = std::fs::read_to_string(workspace.path().join("main.tf")).expect("the configuration");
        let mut expected = Vec::new();
        for (name, from, to, actions) in rows {
            let before = file(name, "main.tf");
            assert!(before.contains(from), "{name}: {from}");
            text = text.replace(&before, &before.replace(from, to));
            expected.push(format!("durantic_{name}.it: {actions}"));
        }
        expected.sort();
        workspace.configure(&text);
        assert_eq!(workspace.plan().await.changes(), expected);
        workspace.run(&["apply", "tfplan"]).await.succeeds();
        workspace.plans_empty().await;
    }
}

/// The published provider treats an empty string as not set.
#[tokio::test]
async fn empty_string_in_a_lookup_is_an_error_and_null_is_not() {
    let lookup = |uuid: &str, name: &str| {
        format!(
            "data \"durantic_machine\" \"it\" {{\n  hostname = \"node-1\"\n  uuid = {uuid}\n}}\n\
             data \"durantic_image\" \"it\" {{\n  name = \"Ubuntu 24.04\"\n  docker_image_url = {name}\n}}\n"
        )
    };
    let control_plane = super::control_plane().await;
    let workspace = workspace(&control_plane, &lookup("\"\"", "\"\""));
    let output = workspace.run(&["plan"]).await.fails();
    assert_eq!(
        output.matches("Error: Conflicting arguments").count(),
        2,
        "{output}"
    );
    workspace.configure(&lookup("null", "null"));
    workspace.apply().await;
}

/// `machine_uuids` was a list, and `config` was not sensitive.
#[tokio::test]
async fn index_of_members_and_output_of_settings_need_a_change() {
    let outputs = |member: &str, flag: &str| {
        format!(
            "output \"member\" {{\n  value = {member}\n}}\noutput \"config\" {{\n  value = \
             durantic_secrets_backend.it.config\n{flag}}}\n"
        )
    };
    let control_plane = seeded().await;
    let workspace = workspace_with_all_states(&control_plane, |_, _| {});
    let members = "durantic_vip.it.machine_uuids";
    workspace.write("outputs.tf", &outputs(&format!("{members}[0]"), ""));
    let output = workspace.run(&["plan"]).await.fails();
    assert!(output.contains("Invalid index"), "{output}");
    workspace.write("outputs.tf", &outputs(&format!("tolist({members})[0]"), ""));
    let output = workspace.run(&["plan"]).await.fails();
    assert!(output.contains("Output refers to sensitive values"), "{output}");
    workspace.write(
        "outputs.tf",
        &outputs(&format!("tolist({members})[0]"), "  sensitive = true\n"),
    );
    workspace.apply().await;
    assert_eq!(workspace.outputs().await["member"], json!(machine(1)));
    let sent = super::changes(&control_plane);
    assert_eq!(sent, Vec::<String>::new(), "nothing was sent");
}
