//! The way back: the published provider reads a state that this provider wrote.
//!
//! `tests/data/published-schema.json` has the attributes of the published provider 1.2, with their types. The tests read states as Terraform
//! and terraform-plugin-framework do: <https://developer.hashicorp.com/terraform/plugin/framework/resources/state-upgrade>. The schema
//! versions are equal, so Terraform drops attributes that the schema lacks; the framework decodes the others by their types.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use acceptance::resources::fields;
use acceptance::terraform::Workspace;
use base64::Engine;
use harness::control_plane::{Collection, Fault, Outcome};
use provider::durantic::DEFINITION;
use schema::{Attribute, Collection as Nesting, Scalar};
use serde_json::{Value as Json, json};

use super::{MACHINE, applied, earlier_states, everything, machine};

/// The schemas of the published provider: `provider`, `resources` and `data_sources`. An attribute is a mode and a type; an object has the
/// attributes of a list of objects.
fn published() -> Json {
    serde_json::from_str(include_str!("../data/published-schema.json")).expect("the schemas in JSON")
}

/// Decodes a value as the framework does. An error names the path.
fn decode(path: &str, declared: &Json, value: &Json) -> Result<(), String> {
    let Some(declared) = declared.as_str() else {
        let elements = value
            .as_array()
            .ok_or_else(|| format!("{path} is not a list: {value}"))?;
        let decoded = elements.iter().map(|element| object(path, declared, element));
        return decoded.collect();
    };
    let (mode, kind) = declared.split_once(' ').expect("a mode and a type");
    let is_null_allowed = mode != "required";
    let is_string = Json::is_string;
    let is_valid = match (kind, value) {
        (_, Json::Null) => is_null_allowed,
        ("string", value) => value.is_string(),
        ("number", value) => value.is_i64(),
        ("bool", value) => value.is_boolean(),
        ("list(string)", Json::Array(elements)) => elements.iter().all(is_string),
        ("map(string)", Json::Object(entries)) => entries.values().all(is_string),
        _ => false,
    };
    if is_valid {
        Ok(())
    } else {
        Err(format!("{path} is no {declared}: {value}"))
    }
}

/// Decodes an object: every attribute of the schema must be present. Others are dropped.
fn object(path: &str, schema: &Json, value: &Json) -> Result<(), String> {
    for (name, declared) in fields(schema) {
        let path = format!("{path}.{name}");
        let value = value.get(name).ok_or_else(|| format!("{path} is missing"))?;
        decode(&path, declared, value)?;
    }
    Ok(())
}

/// What the framework does with private state.
#[derive(Debug, PartialEq, Eq)]
enum PrivateState {
    /// It has none.
    Absent,
    /// It is a JSON object that is not the framework's own: the framework drops it with a warning in its log.
    Dropped,
    /// Every value is a string or null, so the framework takes it for its own, and fails if one is not base64 of JSON.
    TakenForItsOwn,
    /// It is not a JSON object: an error.
    Invalid,
}

fn private_state(stored: &Json) -> PrivateState {
    let Some(stored) = stored.as_str().filter(|stored| !stored.is_empty()) else {
        return PrivateState::Absent;
    };
    let bytes = base64::prelude::BASE64_STANDARD.decode(stored).expect("base64");
    let Ok(Json::Object(entries)) = serde_json::from_slice(&bytes) else {
        return PrivateState::Invalid;
    };
    // Go decodes strings, null and lists of numbers as bytes.
    let is_foreign = entries
        .values()
        .any(|value| value.is_object() || value.is_boolean() || value.is_number());
    if is_foreign {
        PrivateState::Dropped
    } else {
        PrivateState::TakenForItsOwn
    }
}

/// Reads a state file as the published provider does, and returns what it cannot read, and the statuses of runs.
fn read(state: &str) -> (Vec<String>, BTreeSet<String>) {
    let published = published();
    let state: Json = serde_json::from_str(state).expect("state in JSON");
    let (mut problems, mut statuses) = (Vec::new(), BTreeSet::new());
    let resources = state["resources"].as_array().into_iter().flatten();
    for resource in resources.filter(|resource| resource["mode"] == "managed") {
        let kind = resource["type"]
            .as_str()
            .and_then(|kind| kind.strip_prefix("durantic_"));
        let Some(kind) = kind else { continue };
        for instance in resource["instances"].as_array().into_iter().flatten() {
            assert_eq!(instance["schema_version"], 0, "{kind}");
            problems.extend(object(kind, &published["resources"][kind], &instance["attributes"]).err());
            let private = private_state(&instance["private"]);
            if !matches!(private, PrivateState::Absent | PrivateState::Dropped) {
                problems.push(format!("private state of {kind} is {private:?}"));
            }
            let status = instance["attributes"]["provision_status"].as_str();
            statuses.extend(status.map(str::to_owned));
        }
    }
    (problems, statuses)
}

fn assert_readable(workspace: &Workspace) -> BTreeSet<String> {
    let (problems, statuses) = read(&workspace.state_file());
    assert_eq!(problems, Vec::<String>::new());
    statuses
}

#[test]
fn reader_rejects_what_the_published_provider_cannot_read() {
    let schema = &published()["resources"]["variable"];
    let valid = || {
        json!({
            "uuid": "u", "name": "n", "value": "v", "description": null, "created_at": "t", "updated_at": "t", "further": [1]
        })
    };
    assert_eq!(object("variable", schema, &valid()), Ok(()));
    for (name, value) in [
        ("value", json!(null)),
        ("value", json!(1)),
        ("uuid", json!(["u"])),
    ] {
        let mut invalid = valid();
        invalid[name] = value;
        object("variable", schema, &invalid).expect_err(name);
    }
    let mut short = valid();
    short.as_object_mut().expect("an object").remove("description");
    object("variable", schema, &short).expect_err("an attribute is missing");

    for (stored, expected) in [
        ("", PrivateState::Absent),
        ("{\"durantic\":{}}", PrivateState::Dropped),
        ("{}", PrivateState::TakenForItsOwn),
        ("{\"durantic\":\"e30=\"}", PrivateState::TakenForItsOwn),
        ("{\"durantic\":null}", PrivateState::TakenForItsOwn),
        ("[]", PrivateState::Invalid),
        ("x", PrivateState::Invalid),
    ] {
        let encoded = base64::prelude::BASE64_STANDARD.encode(stored);
        assert_eq!(private_state(&json!(encoded)), expected, "{stored}");
    }
}

#[tokio::test]
async fn states_of_every_resource_are_readable() {
    let (_control_plane, workspace) = applied(everything::EVERYTHING).await;
    assert_readable(&workspace);
    let kinds: BTreeSet<String> = workspace
        .instances()
        .iter()
        .filter_map(|(address, _)| Some(address.strip_suffix(".it")?.to_owned()))
        .collect();
    assert_eq!(kinds.len(), DEFINITION.resources.len(), "{kinds:?}");

    workspace.configure(&everything::changed());
    workspace.apply().await;
    assert_readable(&workspace);
}

/// The problem of a secret with a write-only value.
const NO_VALUE: &str = "secret.value is no required string: null";

/// Active, failed, lost and unconfirmed runs, claims and overrides: the states of the tests of earlier states, as this build stores them.
#[tokio::test]
async fn states_of_every_situation_are_readable() {
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/earlier-states");
    let mut seen = BTreeSet::new();
    for entry in std::fs::read_dir(folders).expect("the situations").flatten() {
        if !entry.path().is_dir() {
            continue;
        }
        let (_control_plane, workspace) = earlier_states::recorded(&entry.path()).await;
        let recorded = workspace.state_file();
        let refresh = ["apply", "-refresh-only", "-auto-approve"];
        workspace.run(&refresh).await.succeeds();
        for state in [recorded, workspace.state_file()] {
            let (mut problems, statuses) = read(&state);
            problems.retain(|problem| problem != NO_VALUE);
            assert_eq!(problems, Vec::<String>::new(), "{}", entry.path().display());
            seen.extend(statuses);
        }
    }
    for status in ["completed", "error", "lost", "starting", "waiting"] {
        assert!(seen.contains(status), "{status} is not one of {seen:?}");
    }
}

#[tokio::test]
async fn states_of_failed_replacements_are_readable() {
    let configuration = |force: &str| {
        format!(
            "provider \"durantic\" {{\n  max_retries = 0\n}}\nresource \"durantic_machine_deployment\" \"it\" {{\n  machine_uuid = \
             \"{MACHINE}\"\n  role_names = [\"base\"]\n  force_provision = \"{force}\"\n  timeouts {{\n    create = \"5m\"\n  }}\n}}\n"
        )
    };
    let (control_plane, workspace) = applied(&configuration("1")).await;
    control_plane.fault(Fault::detail("provisioning_api_update_machine", 400, "no"));
    workspace.configure(&configuration("2"));
    workspace.run(&["apply", "-auto-approve"]).await.fails();
    let statuses = assert_readable(&workspace);
    assert_eq!(statuses, BTreeSet::from(["untouched (completed)".to_owned()]));

    control_plane.clear_faults();
    control_plane.script_run(MACHINE, Outcome::Error);
    workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert_eq!(assert_readable(&workspace), BTreeSet::from(["error".to_owned()]));
}

/// The published provider requires the values in the configuration. State has null for them, so its plan updates the objects in place.
#[tokio::test]
async fn states_with_write_only_values_lack_only_the_values() {
    let configuration = "resource \"durantic_secret\" \"it\" {\n  name = \"TOKEN\"\n  value_wo = \"v\"\n  value_wo_version = 1\n}\n\
                         resource \"durantic_registry_credential\" \"it\" {\n  name = \"ghcr\"\n  registry_url = \"ghcr.io\"\n  username \
                         = \"robot\"\n  password_wo = \"p\"\n  password_wo_version = 1\n}\n";
    let (control_plane, workspace) = applied(configuration).await;
    let (mut problems, _) = read(&workspace.state_file());
    problems.sort();
    assert_eq!(
        problems,
        [
            "registry_credential.password is no required string: null",
            NO_VALUE
        ]
    );

    // The step that the guide describes: with a value in the configuration, state has it.
    let plain = configuration
        .replace("  value_wo_version = 1\n", "")
        .replace("  password_wo_version = 1\n", "")
        .replace("_wo =", " =");
    workspace.configure(&plain);
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_readable(&workspace);
    let stored = control_plane
        .find(Collection::Secrets, "TOKEN")
        .expect("the secret");
    assert_eq!(stored["value"], "v");
}

/// Sets are stored in the order of their elements; the published provider reads them as lists, whose order counts.
#[tokio::test]
async fn members_are_stored_in_the_order_of_their_uuids() {
    let members = format!("[\"{}\", \"{}\"]", machine(2), machine(1));
    let configuration = format!(
        "resource \"durantic_route\" \"it\" {{\n  name = \"it\"\n  prefixes = [\"10.0.0.0/8\"]\n  machine_uuids = {members}\n}}\n"
    );
    let (_control_plane, workspace) = applied(&configuration).await;
    assert_readable(&workspace);
    let state = workspace.state("durantic_route.it");
    assert_eq!(state["machine_uuids"], json!([machine(1), machine(2)]));
}

/// The published provider removes settings of a secrets backend that the configuration omits; here state has them.
#[tokio::test]
async fn omitted_settings_of_a_backend_are_in_state() {
    let backend = |config: &str| {
        format!(
            "resource \"durantic_secrets_backend\" \"it\" {{\n  name = \"it\"\n  backend_type = \"vault\"\n  url = \
             \"https://vault.example.com\"\n{config}}}\n"
        )
    };
    let (_control_plane, workspace) = applied(&backend("  config = { role_id = \"r\" }\n")).await;
    workspace.configure(&backend(""));
    workspace.apply().await;
    assert_readable(&workspace);
    let state = workspace.state("durantic_secrets_backend.it");
    assert_eq!(state["config"], json!({ "role_id": "r" }));
}

/// The type of an attribute, as in the file of the published schemas. Integers are numbers, and sets are lists in state.
fn kind(attribute: &Attribute) -> String {
    let scalar = match attribute.r#type.scalar {
        Scalar::Bool => "bool",
        Scalar::Int | Scalar::Number => "number",
        Scalar::String => "string",
        Scalar::Object => "object",
    };
    match *attribute.r#type.collections {
        [] => scalar.to_owned(),
        [Nesting::Map] => format!("map({scalar})"),
        [Nesting::List | Nesting::Set] => format!("list({scalar})"),
        _ => panic!("{} is nested", attribute.name),
    }
}

/// The settable attributes that only this provider has, by the path of their object. Every other attribute must have the type of the
/// published one.
fn additions(
    place: &str,
    attributes: &[Attribute],
    published: &Json,
    added: &mut BTreeMap<String, BTreeSet<String>>,
) {
    for attribute in attributes {
        let name = attribute.name.as_ref();
        match &published[name] {
            Json::Null => {
                assert!(
                    attribute.mode.is_settable(),
                    "{place}.{name} cannot be removed from references"
                );
                added.entry(place.to_owned()).or_default().insert(name.to_owned());
            }
            Json::String(declared) => assert!(
                declared.ends_with(&format!(" {}", kind(attribute))),
                "{place}.{name}: {declared}"
            ),
            nested => additions(&format!("{place}.{name}"), &attribute.attributes, nested, added),
        }
    }
    for (name, _) in fields(published) {
        let is_declared = attributes.iter().any(|attribute| attribute.name == *name);
        assert!(is_declared, "{place}.{name} of the published provider is missing");
    }
}

#[test]
fn guide_lists_what_the_published_provider_lacks() {
    let published = published();
    let (mut added, mut added_types) = (BTreeMap::new(), BTreeSet::new());
    let provider = &DEFINITION.provider.attributes;
    additions("provider", provider, &published["provider"], &mut added);
    for (prefix, bindings, published) in [
        ("", DEFINITION.resources, &published["resources"]),
        ("data.", DEFINITION.data_sources, &published["data_sources"]),
    ] {
        for binding in bindings {
            let schema = binding.schema;
            let place = format!("{prefix}durantic_{}", schema.name);
            if published[schema.name.as_ref()].is_null() {
                added_types.insert(place);
                continue;
            }
            additions(
                &place,
                &schema.attributes,
                &published[schema.name.as_ref()],
                &mut added,
            );
            if schema.timeouts.is_some() {
                added.entry(place).or_default().insert("timeouts".to_owned());
            }
        }
    }

    let guide =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../templates/guides/from-the-published-provider.md");
    let guide = std::fs::read_to_string(guide).expect("the guide");
    let (_, section) = guide.split_once("## Going back").expect("the section");
    // The types in the steps above the table.
    let (steps, _) = section.split_once("\n| ").expect("the table");
    let listed_types = steps.split('`').skip(1).step_by(2);
    let listed_types = listed_types.filter(|span| span.starts_with("data.durantic_"));
    assert_eq!(
        listed_types.map(str::to_owned).collect::<BTreeSet<String>>(),
        added_types
    );

    let rows = section.lines().filter_map(|line| {
        let (block, arguments) = line.strip_prefix("| ")?.split_once(" | ")?;
        let spans =
            |cell: &str| -> Vec<String> { cell.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
        let block = spans(block).pop()?;
        Some((
            block.clone(),
            spans(arguments).into_iter().collect::<BTreeSet<String>>(),
        ))
    });
    let listed: BTreeMap<String, BTreeSet<String>> =
        rows.filter(|(_, arguments)| !arguments.is_empty()).collect();
    assert_eq!(listed, added);
}
