//! The provider of `examples/another-provider/` under the real Terraform, against a to-do service: declarations alone are
//! enough for an API other than Durantic's.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use acceptance::terraform::{Provider, Workspace};
use acceptance::todo::Todo;
use another_provider::DEFINITION;
use engine::schema::Operation;
use serde_json::{Value as Json, json};

const HOUSE: &str = "todo_list.house";
const GARDEN: &str = "todo_list.garden";
const PAINT: &str = "todo_task.paint";

/// A configuration with one list.
const A_LIST: &str = "resource \"todo_list\" \"house\" {\n  title = \"House\"\n}\n";

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/another-provider")
}

/// The resources of the example. The workspace adds `required_providers` to every configuration.
fn configuration() -> String {
    let text =
        fs::read_to_string(example().join("configuration/main.tf")).expect("the configuration is read");
    let (_, resources) = text.split_once("\n\n").expect("`terraform` comes first");
    resources.to_owned()
}

async fn service() -> Todo {
    let at = "127.0.0.1:0".parse().expect("this is an address");
    Todo::start(at).await.expect("the service starts")
}

fn unconfigured(configuration: &str) -> Workspace {
    let provider = Provider {
        binary: Path::new(env!("CARGO_BIN_EXE_another-provider")),
        address: "example/todo",
    };
    Workspace::for_provider(provider, configuration)
}

fn workspace(service: &Todo, configuration: &str) -> Workspace {
    unconfigured(configuration)
        .with_secrets(&service.secrets())
        .with("TODO_URL", service.url())
        .with("TODO_TOKEN", service.token())
}

/// Asserts that the plan has exactly these changes, applies it, and asserts that the next plan is empty.
async fn plans_and_applies(workspace: &Workspace, configuration: &str, changes: &[&str]) {
    workspace.configure(configuration);
    assert_eq!(workspace.plan().await.changes(), changes);
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    workspace.plans_empty().await;
}

fn id(workspace: &Workspace, address: &str) -> String {
    let state = workspace.state(address);
    state["id"].as_str().expect("it has an id").to_owned()
}

/// The ids of all requested operations.
fn requested_operations(service: &Todo) -> BTreeSet<&'static str> {
    let requests = service.requests();
    let operations = requests.iter().map(|(method, path)| {
        let mut operations = DEFINITION.operations.iter();
        let found = operations.find(|operation| matches(operation, method, path));
        let found = found.unwrap_or_else(|| panic!("no operation has the path {method} {path}"));
        found.id.as_ref()
    });
    operations.collect()
}

fn matches(operation: &Operation, method: &str, path: &str) -> bool {
    let (declared, requested) = (operation.path.split('/'), path.split('/'));
    operation.method.name() == method
        && declared.clone().count() == requested.clone().count()
        && declared
            .zip(requested)
            .all(|(declared, requested)| declared.starts_with('{') || declared == requested)
}

#[test]
fn example_declarations_are_valid() {
    let sources = schema::Sources::read(&example().join("schema"), "schema").expect("the folder is read");
    let (_, problems) = schema::load(&sources);
    assert!(problems.is_empty(), "{problems:#?}");
}

#[tokio::test]
async fn example_lifecycle_requests_every_operation() {
    let service = service().await;
    let initial = configuration();
    let workspace = workspace(&service, &initial);

    // The response to the create of the task is lost: the provider finds the task by its title.
    service.lose_response("/tasks");
    let creates = [
        "todo_list.garden: create",
        "todo_list.house: create",
        "todo_task.paint: create",
    ];
    plans_and_applies(&workspace, &initial, &creates).await;
    assert_eq!(service.titles(), ["Garden", "House", "Paint the door"]);
    let task = workspace.state(PAINT);
    assert_eq!(
        (&task["due"], &task["estimate"], &task["done_at"]),
        (&json!("2030-05-01T18:00:00+02:00"), &json!("1h30m"), &Json::Null),
    );

    let changed = initial
        .replace("colour  = \"green\"", "colour  = \"blue\"")
        .replace(
            "  notes    = \"The blue of the windows.\"\n",
            "  done     = true\n",
        )
        .replace("\"weekend\", \"outside\"", "\"outside\"")
        .replace("  steps {\n    title = \"Sand it\"\n  }\n", "");
    let updates = ["todo_list.house: update", "todo_task.paint: update"];
    plans_and_applies(&workspace, &changed, &updates).await;
    let task = workspace.state(PAINT);
    assert_eq!(
        (&task["notes"], &task["labels"]),
        (&Json::Null, &json!(["outside"]))
    );
    assert!(task["done_at"].is_string(), "{task}");
    assert_eq!(task["steps"], json!([{ "done": false, "title": "Paint it" }]));

    let before = id(&workspace, PAINT);
    let moved = changed.replace("todo_list.house.id", "todo_list.garden.id");
    plans_and_applies(&workspace, &moved, &["todo_task.paint: delete,create"]).await;
    assert_ne!(id(&workspace, PAINT), before);
    assert_eq!(workspace.state(PAINT)["list_id"], id(&workspace, GARDEN).as_str());

    for address in [HOUSE, PAINT] {
        let id = match address {
            PAINT => format!("{}/{}", id(&workspace, GARDEN), id(&workspace, PAINT)),
            _ => id(&workspace, address),
        };
        workspace.run(&["state", "rm", address]).await.succeeds();
        workspace.run(&["import", address, &id]).await.succeeds();
        workspace.plans_empty().await;
        workspace.run(&["state", "rm", address]).await.succeeds();
        workspace.write(
            "import.tf",
            &format!("import {{\n  to = {address}\n  id = {id:?}\n}}\n"),
        );
        workspace.apply().await;
        workspace.plans_empty().await;
        workspace.write("import.tf", "");
    }

    let looked_up = format!(
        "{moved}\ndata \"todo_list\" \"by_title\" {{\n  title = \"House\"\n}}\n\ndata \"todo_list\" \"by_id\" {{\n  \
         id = todo_list.garden.id\n}}\n"
    );
    plans_and_applies(&workspace, &looked_up, &[]).await;
    workspace.apply().await;
    assert_eq!(
        workspace.state("data.todo_list.by_title")["id"],
        id(&workspace, HOUSE).as_str()
    );
    assert_eq!(workspace.state("data.todo_list.by_id")["title"], "Garden");

    workspace.configure(&moved);
    service.change("Paint the door", "priority", &json!(5));
    assert_eq!(workspace.plan().await.changes(), ["todo_task.paint: update"]);
    workspace.apply().await;
    workspace.plans_empty().await;

    workspace.destroy().await;
    assert!(service.titles().is_empty());

    let declared: BTreeSet<&str> = DEFINITION
        .operations
        .iter()
        .map(|operation| operation.id.as_ref())
        .collect();
    assert_eq!(requested_operations(&service), declared);
}

#[tokio::test]
async fn missing_list_is_an_error_with_similar_titles() {
    let service = service().await;
    let workspace = workspace(&service, A_LIST);
    workspace.apply().await;
    workspace.configure(&format!(
        "{A_LIST}\ndata \"todo_list\" \"other\" {{\n  title = \"Hose\"\n}}\n"
    ));
    let output = workspace.run(&["plan"]).await.fails();
    assert!(output.contains("no list with title \"Hose\""), "{output}");
    assert!(output.contains("Closest: \"House\"."), "{output}");
}

#[tokio::test]
async fn rejection_shows_the_detail_of_the_service() {
    let service = service().await;
    let workspace = workspace(&service, A_LIST);
    workspace.apply().await;
    let second = "resource \"todo_list\" \"second\" {\n  title  = \"House\"\n  colour = \"red\"\n}\n";
    workspace.configure(&format!("{A_LIST}{second}"));
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(output.contains("the title is taken"), "{output}");
}

#[tokio::test]
async fn missing_provider_arguments_are_named() {
    let output = unconfigured(A_LIST).run(&["plan"]).await.fails();
    for sentence in [
        "Missing URL",
        "Set `url` in the provider configuration, or the environment variable TODO_URL.",
        "Missing token",
        "Set `token` in the provider configuration, or the environment variable TODO_TOKEN.",
    ] {
        assert!(output.contains(sentence), "{sentence}: {output}");
    }
}
