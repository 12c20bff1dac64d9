//! `durantic_route`

use acceptance::control_plane::Collection;
use serde_json::json;

use super::life::{Resource, life};
use super::{control_plane, workspace};

fn resource() -> Resource {
    Resource {
        name: "route",
        collection: Collection::Routes,
        identity: &[("name", "\"route-${NUMBER}\"")],
        minimal: json!({ "prefixes": ["192.0.2.0/24"] }),
        defaults: json!({ "enabled": true, "machine_uuids": null, "machine_count": 0 }),
        full: json!({
            "prefixes": ["198.51.100.0/24", "2001:db8::/48"],
            "enabled": false,
            "machine_uuids": [super::machine(1), super::machine(2)],
        }),
        drift: json!({
            "name": { "name": "outside" },
            "prefixes": { "prefixes": ["198.51.100.0/24"] },
            "enabled": { "enabled": true },
            "machine_uuids": { "machine_uuids": [] },
        }),
        seed: Vec::new(),
    }
}

life!(resource());

#[tokio::test]
async fn an_empty_set_of_machines_stays_empty_and_an_absent_one_absent() {
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
async fn another_order_of_machines_is_no_difference() {
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
