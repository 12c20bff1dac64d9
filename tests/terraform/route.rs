//! `durantic_route`

use serde_json::json;

use super::{control_plane, workspace};

#[tokio::test]
async fn machine_uuids_keeps_empty_and_null_apart() {
    let control_plane = control_plane().await;
    let configuration = |machines: &str| {
        format!(
            "resource \"durantic_route\" \"it\" {{\n  name = \"it\"\n  prefixes = [\"10.0.0.0/8\"]\n{machines}}}\n"
        )
    };
    let workspace = workspace(&control_plane, &configuration(""));
    for (machines, expected) in [
        ("  machine_uuids = []\n", json!([])),
        ("", json!(null)),
        ("  machine_uuids = []\n", json!([])),
    ] {
        workspace.configure(&configuration(machines));
        workspace.apply().await;
        assert_eq!(workspace.state("durantic_route.it")["machine_uuids"], expected);
        workspace.plans_empty().await;
    }
}

#[tokio::test]
async fn another_order_of_machine_uuids_is_no_change() {
    let control_plane = control_plane().await;
    let configuration = |first: u32, second: u32| {
        format!(
            "resource \"durantic_route\" \"it\" {{\n  name = \"it\"\n  prefixes = [\"10.0.0.0/8\"]\n  \
             machine_uuids = [\"{}\", \"{}\"]\n}}\n",
            super::machine(first),
            super::machine(second)
        )
    };
    let workspace = workspace(&control_plane, &configuration(2, 1));
    workspace.apply().await;
    workspace.plans_empty().await;
    workspace.configure(&configuration(1, 2));
    workspace.plans_empty().await;
}
