//! Applies every example with the real Terraform and the simulated control plane, and compares the documented schema with the
//! served one.

use std::fs;
use std::path::{Path, PathBuf};

use acceptance::terraform::{Workspace, newer};
use docs_gen::json::Document;
use harness::control_plane::{Collection, ControlPlane};
use provider::durantic::DEFINITION;
use serde_json::{Value as Json, json};

use super::{control_plane, machine};

/// The first version of Terraform with list resources.
const WITH_LISTS: (u32, u32) = (1, 14);

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

/// A workspace with one configuration and the files beside it. Variables without a default get a value.
pub fn workspace(control_plane: &ControlPlane, folder: &Path, configuration: &str) -> Workspace {
    let workspace = super::workspace(control_plane, configuration);
    for entry in fs::read_dir(folder).expect("the folder of the example").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_file()
            && Path::new(&name)
                .extension()
                .is_none_or(|extension| extension != "tf")
        {
            fs::copy(entry.path(), workspace.path().join(&name)).expect("a file beside the example");
        }
    }
    if configuration.contains("required_providers") {
        workspace.write("versions.tf", "");
    }
    variables(configuration)
        .into_iter()
        .fold(workspace, |workspace, name| {
            workspace.with(&format!("TF_VAR_{name}"), "an-example")
        })
}

/// Names of the variables that have no default.
pub fn variables(configuration: &str) -> Vec<String> {
    let blocks = configuration.split("\nvariable \"").skip(1);
    blocks
        .filter(|block| !block.split("\n}").next().unwrap_or_default().contains("default"))
        .filter_map(|block| block.split('"').next().map(str::to_owned))
        .collect()
}

/// A control plane with machines that wait for their first installation.
pub async fn account() -> ControlPlane {
    let control_plane = control_plane().await;
    for number in 1..=3 {
        control_plane
            .update(Collection::Machines, &machine(number), |machine| {
                machine.insert("needs_provisioning".to_owned(), true.into());
            })
            .expect("the machine is there");
    }
    control_plane
}

/// Applies a configuration, asserts that the next plan is empty, and destroys it.
///
/// The destroy may fail only because a role is in use: destroying a deployment does not change its machine, as the guide on
/// provisioning explains.
async fn check_lifecycle(folder: &Path, configuration: &str) {
    check_lifecycle_with(&account().await, folder, configuration).await;
}

pub async fn check_lifecycle_with(control_plane: &ControlPlane, folder: &Path, configuration: &str) {
    let workspace = workspace(control_plane, folder, configuration);
    let apply = workspace.apply().await.stdout;
    // One warning is Terraform's own, about the development override.
    let mut warnings = apply.matches("Warning: ").count();
    // The official role of the simulator has no image.
    if configuration.contains("\"base\"") {
        warnings -= apply.matches("Warning: No role has an image").count();
    }
    assert_eq!(warnings, 1, "an example warns:\n{apply}");
    workspace.plans_empty().await;
    let destroy = workspace.run(&["destroy", "-auto-approve"]).await;
    if destroy.status != Some(0) {
        let output = destroy.printed();
        let is_in_use =
            output.matches("Error: ").count() == output.matches("is assigned to the machine").count();
        assert!(
            configuration.contains("durantic_machine_") && is_in_use,
            "{output}"
        );
    }
    assert_eq!(control_plane.violations(), Vec::<String>::new());
}

/// All files of `folder/NAME/` whose name starts with `stem` and ends with `extension`, sorted.
fn files(folder: &str, stem: &str, extension: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(examples().join(folder))
        .expect("the folder of the kind")
        .flatten()
        .flat_map(|entry| {
            fs::read_dir(entry.path())
                .expect("the folder of the object")
                .flatten()
        })
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            name.starts_with(stem) && name.ends_with(extension)
        })
        .collect();
    found.sort();
    found
}

async fn each(files: &[PathBuf]) {
    for file in files {
        each_with(file, &account().await).await;
    }
}

async fn each_with(file: &Path, control_plane: &ControlPlane) {
    eprintln!("{}", file.display());
    let configuration = fs::read_to_string(file).expect("the example");
    check_lifecycle_with(control_plane, file.parent().expect("a folder"), &configuration).await;
}

#[tokio::test]
async fn every_resource_has_a_working_minimal_example() {
    let files = files("resources", "resource.tf", ".tf");
    assert_eq!(files.len(), DEFINITION.resources.len(), "one for each resource");
    each(&files).await;
}

#[tokio::test]
async fn every_resource_has_a_working_full_example() {
    let files = files("resources", "resource_full", ".tf");
    assert_eq!(files.len(), DEFINITION.resources.len(), "one for each resource");
    each(&files).await;
}

#[tokio::test]
async fn full_examples_set_every_argument() {
    for binding in DEFINITION.resources {
        let folder = examples().join(format!("resources/durantic_{}", binding.schema.name));
        let text = |file: &str| fs::read_to_string(folder.join(file)).expect("an example");
        let both = format!("{}\n{}", text("resource.tf"), text("resource_full.tf"));
        for attribute in binding.schema.attributes.iter() {
            let is_there = both.lines().any(|line| {
                line.trim_start()
                    .strip_prefix(&*attribute.name)
                    .is_some_and(|rest| rest.trim_start().starts_with(['=', '{']))
            });
            assert!(
                is_there || !attribute.mode.is_settable(),
                "no example of {} sets `{}`",
                binding.schema.name,
                attribute.name
            );
        }
    }
}

#[tokio::test]
async fn every_data_source_has_working_examples() {
    let files = files("data-sources", "data-source", ".tf");
    assert!(
        files.len() >= DEFINITION.data_sources.len(),
        "one for each data source"
    );
    for file in files {
        let control_plane = account_of_others().await;
        each_with(&file, &control_plane).await;
    }
}

/// A control plane with the objects that another configuration manages.
async fn account_of_others() -> ControlPlane {
    let control_plane = account().await;
    for (collection, object) in [
        (
            Collection::MeshNetworks,
            json!({ "name": "production", "network_cidr": "10.9.0.0/24" }),
        ),
        (Collection::Vips, json!({ "name": "api", "address": "10.9.1.1" })),
        (
            Collection::Secrets,
            json!({ "name": "database_password", "value": "hidden" }),
        ),
        (
            Collection::Variables,
            json!({ "name": "domain", "value": "example.com" }),
        ),
    ] {
        create(&control_plane, collection, &object);
    }
    control_plane
}

fn create(control_plane: &ControlPlane, collection: Collection, object: &Json) {
    let object = object.as_object().expect("an object").clone();
    control_plane.create(collection, object).expect("it is created");
}

/// The names of what each example of a list resource finds.
const LISTED: [(&str, &[&str]); 11] = [
    ("machine_config", &["web-1"]),
    ("machine_deployment", &["db-1"]),
    ("machine_role", &["database"]),
    ("mesh_network", &["production-2"]),
    ("registry_credential", &["platform"]),
    ("route", &["default"]),
    ("route_policy_set", &["edge-1"]),
    ("secret", &["database_password"]),
    ("secrets_backend", &["vault"]),
    ("variable", &["web_port"]),
    ("vip", &["api-1"]),
];

/// A control plane with objects that the examples of list resources find, and others that they do not find.
async fn account_with_all_kinds() -> ControlPlane {
    let control_plane = account_of_others().await;
    let role = json!({ "name": "database" });
    let network = json!({ "name": "production-2", "network_cidr": "10.9.2.0/24" });
    let vip = json!({ "name": "api-1", "address": "10.9.1.2" });
    let backend = json!({ "name": "vault", "backend_type": "vault", "url": "https://vault.example.com" });
    for (collection, object) in [
        (Collection::MachineRoles, role),
        (Collection::MeshNetworks, network),
        (
            Collection::Routes,
            json!({ "name": "default", "prefixes": ["0.0.0.0/0"] }),
        ),
        (Collection::RoutePolicySets, json!({ "name": "edge-1" })),
        (Collection::RoutePolicySets, json!({ "name": "core-1" })),
        (Collection::Secrets, json!({ "name": "token", "value": "hidden" })),
        (Collection::SecretsBackends, backend),
        (
            Collection::Variables,
            json!({ "name": "web_port", "value": "80" }),
        ),
        (Collection::Vips, vip),
    ] {
        create(&control_plane, collection, &object);
    }
    for (number, field, value) in [
        (1, "hostname", json!("web-1")),
        (2, "hostname", json!("db-1")),
        (2, "role_names", json!(["database"])),
    ] {
        control_plane
            .update(Collection::Machines, &machine(number), |machine| {
                machine.insert(field.to_owned(), value);
            })
            .expect("the machine is there");
    }
    control_plane
}

/// Runs each query. The configuration that it generates must import what was found and change nothing.
#[tokio::test]
async fn every_list_resource_has_a_working_example() {
    let Some(terraform) = newer("every_list_resource_has_a_working_example", WITH_LISTS) else {
        return;
    };
    let control_plane = account_with_all_kinds().await;
    let files = files("list-resources", "list-resource", ".tfquery.hcl");
    assert_eq!(
        files.len(),
        DEFINITION.listed().count(),
        "one for each list resource"
    );
    for (file, (name, expected)) in files.iter().zip(LISTED) {
        eprintln!("{}", file.display());
        let folder = file.parent().expect("a folder");
        assert!(
            folder.ends_with(format!("durantic_{name}")),
            "a row for each example"
        );
        let workspace = workspace(&control_plane, folder, "").with_terraform(&terraform);
        let query = ["query", "-json", "-generate-config-out=generated.tf"];
        let printed = workspace.run(&query).await.succeeds().stdout;
        assert_eq!(found(&printed), expected);
        // One warning is Terraform's own, about the development override.
        assert_eq!(
            printed.matches("\"severity\":\"warning\"").count(),
            1,
            "{printed}"
        );
        let plan = workspace.plan().await;
        assert_eq!(plan.changes(), Vec::<String>::new());
        let importing = plan.0["resource_changes"]
            .to_string()
            .matches("\"importing\"")
            .count();
        assert_eq!(importing, expected.len(), "each object is imported");
    }
}

/// The names of the objects that `terraform query -json` printed.
fn found(printed: &str) -> Vec<String> {
    let lines = printed
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    let found = lines.filter(|line: &Json| line["type"] == "list_resource_found");
    let name = |line: Json| {
        line["list_resource_found"]["display_name"]
            .as_str()
            .map(str::to_owned)
    };
    found.filter_map(name).collect()
}

/// Terraform before 1.14 does not know the files with queries.
#[tokio::test]
async fn examples_have_the_format_of_terraform() {
    let workspace = super::workspace(&control_plane().await, "");
    let folder = examples();
    let check = ["fmt", "-check", "-recursive", &folder.display().to_string()];
    workspace.run(&check).await.succeeds();
    let Some(terraform) = newer("examples_have_the_format_of_terraform", WITH_LISTS) else {
        return;
    };
    workspace.with_terraform(&terraform).run(&check).await.succeeds();
}

#[tokio::test]
async fn every_function_has_a_working_example() {
    let files = files("functions", "function", ".tf");
    assert_eq!(files.len(), DEFINITION.functions.len(), "one for each function");
    each(&files).await;
}

#[tokio::test]
async fn every_scenario_works() {
    let scenarios: Vec<PathBuf> = fs::read_dir(examples())
        .expect("the examples")
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.join("main.tf").is_file())
        .collect();
    assert!(scenarios.len() >= 3, "{scenarios:?}");
    for folder in scenarios {
        eprintln!("{}", folder.display());
        assert!(
            folder.join("README.md").is_file(),
            "{} has no README",
            folder.display()
        );
        let configuration = fs::read_to_string(folder.join("main.tf")).expect("the scenario");
        check_lifecycle(&folder, &configuration).await;
    }
}

/// Removes the objects of the minimal examples from state and imports them with the documented commands and blocks.
#[tokio::test]
async fn every_import_example_works() {
    let names = DEFINITION.resources.iter().map(|binding| &*binding.schema.name);
    // Separate, because its machine and the name of its role are also in other examples.
    let (deployment, others): (Vec<&str>, _) = names.partition(|name| *name == "machine_deployment");
    assert_eq!(deployment.len(), 1);
    tokio::join!(import(&deployment), import(&others));
}

/// The import examples of one resource.
struct Import {
    address: String,
    /// The id in both examples.
    id: String,
    block: String,
}

impl Import {
    fn read(name: &str) -> Self {
        let command = example_of(name, "import.sh");
        let words: Vec<&str> = command.split_whitespace().collect();
        let ["terraform", "import", address, id] = words.as_slice() else {
            panic!("not a command of `terraform import`: {command}");
        };
        let block = example_of(name, "import-by-string-id.tf");
        assert!(
            block.contains(id),
            "both examples of {name} import the same object"
        );
        Self {
            address: (*address).to_owned(),
            id: (*id).to_owned(),
            block,
        }
    }
}

/// A file of the example of a resource.
fn example_of(name: &str, file: &str) -> String {
    let folder = examples().join(format!("resources/durantic_{name}"));
    fs::read_to_string(folder.join(file)).expect("an example")
}

async fn import(names: &[&str]) {
    let imports: Vec<Import> = names.iter().map(|name| Import::read(name)).collect();
    let configurations: Vec<String> = names.iter().map(|name| example_of(name, "resource.tf")).collect();
    let control_plane = account().await;
    let workspace = workspace(&control_plane, &examples(), &configurations.join("\n"));
    workspace.apply().await;
    let uuid = |import: &Import| {
        let uuid = workspace.state(&import.address)["uuid"].clone();
        uuid.as_str().expect("a uuid").to_owned()
    };
    let uuids: Vec<String> = imports.iter().map(uuid).collect();
    let addresses = imports.iter().map(|import| import.address.as_str());
    let forget: Vec<&str> = ["state", "rm"].into_iter().chain(addresses).collect();

    workspace.run(&forget).await.succeeds();
    for (import, uuid) in imports.iter().zip(&uuids) {
        workspace.run(&["import", &import.address, uuid]).await.succeeds();
    }
    assert_eq!(imports.iter().map(uuid).collect::<Vec<_>>(), uuids);

    workspace.run(&forget).await.succeeds();
    let blocks = imports.iter().zip(&uuids);
    let blocks = blocks.map(|(import, uuid)| import.block.replace(&import.id, uuid));
    workspace.write("import.tf", &blocks.collect::<String>());
    let plan = workspace.plan().await;
    let importing = plan.0["resource_changes"]
        .to_string()
        .matches("\"importing\"")
        .count();
    assert_eq!(importing, imports.len(), "each block imports");
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    assert_eq!(imports.iter().map(uuid).collect::<Vec<_>>(), uuids);
}

#[tokio::test]
async fn documented_schema_equals_the_served_schema() {
    let mut documented = docs_gen::served::document(&DEFINITION).expect("the declarations can be described");
    // Terraform before 1.12 prints no identities, and before 1.14 no list resources.
    for provider in documented.provider_schemas.values_mut() {
        provider.resource_identity_schemas.clear();
        provider.list_resource_schemas.clear();
    }
    let workspace = workspace(&account().await, &examples(), "");
    assert_is_printed(&documented, &workspace).await;
}

#[tokio::test]
async fn documented_schema_equals_the_served_schema_of_terraform_1_14() {
    let name = "documented_schema_equals_the_served_schema_of_terraform_1_14";
    let Some(terraform) = newer(name, WITH_LISTS) else {
        return;
    };
    let documented = docs_gen::served::document(&DEFINITION).expect("the declarations can be described");
    let workspace = workspace(&account().await, &examples(), "").with_terraform(&terraform);
    assert_is_printed(&documented, &workspace).await;
}

/// Compares the bytes with those that Terraform prints, and on failure prints the lines that differ.
async fn assert_is_printed(documented: &Document, workspace: &Workspace) {
    let printed = workspace.run(&["providers", "schema", "-json"]).await;
    let printed = printed.succeeds().stdout;
    let documented = serde_json::to_string(documented).expect("JSON");
    if printed.trim_end() != documented {
        let pretty = |text: &str| {
            let json: Json = serde_json::from_str(text).expect("a schema in JSON");
            serde_json::to_string_pretty(&json).expect("JSON")
        };
        let (served, documented) = (pretty(&printed), pretty(&documented));
        let differing: Vec<_> = served
            .lines()
            .zip(documented.lines())
            .filter(|(one, other)| one != other)
            .take(5)
            .collect();
        panic!("the output of Terraform differs from `docs-gen schema`: {differing:#?}");
    }
}
