//! `data.durantic_machine`

use acceptance::resources::assert_contains;
use harness::control_plane::Collection;
use serde_json::json;

use super::{control_plane, machine, workspace};

#[tokio::test]
async fn machine_is_found_by_hostname_and_by_uuid() {
    let control_plane = control_plane().await;
    let text = format!(
        "data \"durantic_machine\" \"host\" {{\n  hostname = \"node-2\"\n}}\n\
         data \"durantic_machine\" \"uuid\" {{\n  uuid = \"{}\"\n}}\n",
        machine(2)
    );
    let workspace = workspace(&control_plane, &text);
    workspace.apply().await;
    let by_host = workspace.state("data.durantic_machine.host");
    assert_eq!(by_host, workspace.state("data.durantic_machine.uuid"));
    assert_eq!(by_host["uuid"], machine(2));
    assert_eq!(
        by_host["discovered_ip_addresses"],
        json!(["198.18.0.2"]),
        "the machine is read by its uuid, because the list omits the addresses"
    );
}

#[tokio::test]
async fn missing_machine_is_null_unless_not_found_ok_is_false() {
    let control_plane = control_plane().await;
    let text = "data \"durantic_machine\" \"all\" {\n  for_each = toset([\"node-1\", \"node-9\"])\n  hostname = each.key\n}\n\
                output \"found\" {\n  value = [for name, machine in data.durantic_machine.all : name if machine.uuid != null]\n}\n";
    let workspace = workspace(&control_plane, text);
    let output = workspace.apply().await.printed();
    assert!(
        output.contains("no machine with hostname \"node-9\". Closest: \"node-1\""),
        "{output}"
    );
    assert_eq!(workspace.outputs().await["found"], json!(["node-1"]));

    workspace
        .configure("data \"durantic_machine\" \"x\" {\n  hostname = \"node-9\"\n  not_found_ok = false\n}\n");
    let output = workspace.run(&["plan"]).await.fails();
    assert!(output.contains("no machine with hostname \"node-9\""), "{output}");
    assert!(
        output.contains("\"node-1\""),
        "the error has the closest names: {output}"
    );

    workspace.configure(&format!("data \"durantic_machine\" \"x\" {{\n  uuid = \"{}\"\n}}\noutput \"name\" {{\n  value = data.durantic_machine.x.hostname == null\n}}\n", machine(99)));
    workspace.apply().await;
    assert_eq!(workspace.outputs().await["name"], true);
}

#[tokio::test]
async fn machine_needs_exactly_one_of_uuid_and_hostname() {
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, "");
    for (arguments, expected) in [
        ("", "Exactly one of `uuid`, `hostname` must be set"),
        (
            "hostname = \"a\"\n  uuid = \"00000000-0000-4000-8000-000000000001\"",
            "Only one of `uuid`, `hostname` can be set",
        ),
        ("uuid = \"node-1\"", "must be a UUID"),
    ] {
        workspace.configure(&format!(
            "data \"durantic_machine\" \"x\" {{\n  {arguments}\n}}\n"
        ));
        let output = workspace.run(&["plan"]).await.fails();
        assert!(output.contains(expected), "{arguments}: {output}");
    }
}

#[tokio::test]
async fn every_attribute_is_read_from_the_machine() {
    let control_plane = control_plane().await;
    let network = json!({ "name": "mesh", "network_cidr": "10.9.0.0/24" });
    let network = network.as_object().expect("an object").clone();
    let network = control_plane
        .create(Collection::MeshNetworks, network)
        .expect("a network");
    let outside = json!({
        "role_names": ["base"],
        "mesh_network_uuid": network["uuid"],
        "tunnel_type": "geneve",
        "stun_enabled": false,
        "auto_update": false,
        "inject_agent": false,
        "kexec_installer": false,
        "target_disk": "/dev/sda",
        "is_online": false,
    });
    let changed = control_plane.update(Collection::Machines, &machine(1), |machine| {
        machine.extend(outside.as_object().expect("an object").clone());
    });
    changed.expect("the machine is changed");
    let text = "data \"durantic_machine\" \"it\" {\n  hostname = \"node-1\"\n}\n";
    let workspace = workspace(&control_plane, text);
    workspace.apply().await;
    let state = workspace.state("data.durantic_machine.it");
    assert_contains(&state, &outside, "machine");
    let facts = json!({
        "uuid": machine(1),
        "mesh_ip_address": "10.9.0.1",
        "wg_ip_address": "10.9.0.1",
        "private_ip_addresses": ["10.9.0.1"],
        "discovered_ip_addresses": ["198.18.0.1", "2001:2::1"],
        "public_ip_addresses": ["198.18.0.1", "2001:2::1"],
        "needs_provisioning": true,
        "pending_config_push": true,
        "not_found_ok": null,
    });
    assert_contains(&state, &facts, "machine");
}

#[tokio::test]
async fn ambiguous_hostname_error_lists_the_machines() {
    let control_plane = control_plane().await;
    let twin = json!({ "uuid": machine(8), "hostname": "node-1" });
    let twin = twin.as_object().expect("an object").clone();
    control_plane
        .create(Collection::Machines, twin)
        .expect("a second node-1");
    let text = "data \"durantic_machine\" \"it\" {\n  hostname = \"node-1\"\n}\n";
    let workspace = workspace(&control_plane, text);
    let output = workspace.run(&["plan"]).await.fails();
    assert!(
        output.contains(&machine(1)) && output.contains(&machine(8)),
        "{output}"
    );
    assert!(output.contains("on main.tf line 2"), "{output}");
    assert!(
        output.contains("2 machines have the hostname \"node-1\"."),
        "{output}"
    );
    assert!(output.contains("Look it up by `uuid`"), "{output}");
}

#[tokio::test]
async fn hostname_is_matched_exactly() {
    let control_plane = control_plane().await;
    let text = "data \"durantic_machine\" \"it\" {\n  for_each = toset([\"NODE-1\", \"node\", \"node-1.example.com\", \" node-1\"])\n  \
                hostname = each.key\n}\noutput \"found\" {\n  value = [for machine in data.durantic_machine.it : machine.uuid if machine.uuid != null]\n}\n";
    let workspace = workspace(&control_plane, text);
    workspace.apply().await;
    assert_eq!(workspace.outputs().await["found"], json!([]));
}

/// A deployment of the machine that the data source finds, whose further arguments are these.
fn deployment(host: &str, arguments: &str) -> String {
    format!(
        "data \"durantic_machine\" \"it\" {{\n  hostname = \"{host}\"\n{arguments}}}\n\
         resource \"durantic_machine_config\" \"it\" {{\n  machine_uuid = data.durantic_machine.it.uuid\n}}\n"
    )
}

#[tokio::test]
async fn misspelt_hostname_is_a_warning_and_explains_the_missing_machine() {
    let control_plane = control_plane().await;
    for host in ["nod-1", "NODE-1", "node-1.example.com"] {
        let workspace = workspace(&control_plane, &deployment(host, ""));
        let output = workspace.run(&["plan"]).await.fails();
        let warning = format!("no machine with hostname \"{host}\". Closest: \"node-1\"");
        assert!(
            output.contains("Warning: Nothing found, so the attributes are null"),
            "{output}"
        );
        assert!(
            output.contains("on main.tf line 2, in data \"durantic_machine\" \"it\""),
            "{output}"
        );
        assert!(output.contains(&warning), "{output}");
        let error = format!(
            "The argument `machine_uuid` is required, but no value was given. The value may come from `data.durantic_machine`, which \
             found no machine with hostname \"{host}\" (closest: \"node-1\""
        );
        assert!(output.contains(&error), "{output}");
    }
    let workspace = workspace(&control_plane, &deployment("nod-1", "  not_found_ok = true\n"));
    let output = workspace.run(&["plan"]).await.fails();
    assert!(!output.contains("Warning: Nothing found"), "{output}");
    assert!(
        output.contains("which found no machine with hostname \"nod-1\""),
        "{output}"
    );
}

#[tokio::test]
async fn lookup_that_is_not_read_yet_is_no_warning() {
    let control_plane = control_plane().await;
    let text = "resource \"terraform_data\" \"host\" {\n  input = \"nod-1\"\n}\n\
                data \"durantic_machine\" \"it\" {\n  hostname = terraform_data.host.output\n}\n\
                output \"uuid\" {\n  value = data.durantic_machine.it.uuid == null\n}\n";
    let workspace = workspace(&control_plane, text);
    let output = workspace.run(&["plan"]).await.succeeds().printed();
    assert!(!output.contains("Warning: Nothing found"), "{output}");
    let output = workspace.apply().await.printed();
    assert!(output.contains("Warning: Nothing found"), "{output}");
}
