//! A resource that is one TOML file and one line of `provider!` works in Terraform without another line of Rust.

use std::path::Path;

use acceptance::control_plane::Collection;
use acceptance::terraform::Workspace;

use super::control_plane;

const ADDRESS: &str = "durantic_note.greeting";

fn configuration(value: &str) -> String {
    format!("resource \"durantic_note\" \"greeting\" {{\n  name = \"greeting\"\n  value = \"{value}\"\n}}\n")
}

#[tokio::test]
async fn it_is_created_changed_imported_and_destroyed() {
    let control_plane = control_plane().await;
    let binary = Path::new(env!("CARGO_BIN_EXE_one-more-resource"));
    let workspace = Workspace::new(binary, &control_plane, &configuration("hello"));
    workspace.apply().await;
    workspace.plans_empty().await;
    let stored = || control_plane.find(Collection::Variables, "greeting");
    assert_eq!(stored().expect("it exists")["value"], "hello");

    workspace.configure(&configuration("good day"));
    assert_eq!(workspace.plan().await.changes(), [format!("{ADDRESS}: update")]);
    workspace.apply().await;
    assert_eq!(stored().expect("it exists")["value"], "good day");

    let uuid = workspace.state(ADDRESS)["uuid"]
        .as_str()
        .expect("a uuid")
        .to_owned();
    workspace.run(&["state", "rm", ADDRESS]).await.succeeds();
    workspace.run(&["import", ADDRESS, &uuid]).await.succeeds();
    workspace.plans_empty().await;

    workspace.destroy().await;
    assert!(stored().is_none());
}
