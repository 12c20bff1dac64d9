//! `durantic_machine_config`

use harness::control_plane::Collection;
use serde_json::json;

use super::{applied, changes, control_plane, machine, workspace};

const ADDRESS: &str = "durantic_machine_config.it";

fn configuration(number: u32, arguments: &str) -> String {
    let machine = machine(number);
    format!(
        "resource \"durantic_machine_config\" \"it\" {{\n  machine_uuid = \"{machine}\"\n{arguments}\n}}\n"
    )
}

#[tokio::test]
async fn omitted_settings_are_not_sent() {
    let (control_plane, workspace) = applied(&configuration(1, "auto_update = false")).await;
    let sent = control_plane.log().of("provisioning_api_update_machine");
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].body, Some(json!({ "auto_update": false })));

    control_plane.log().clear();
    workspace.destroy().await;
    assert_eq!(
        changes(&control_plane),
        Vec::<String>::new(),
        "destroy sends no change"
    );
}

#[tokio::test]
async fn empty_role_names_differ_from_omitted_ones() {
    let control_plane = control_plane().await;
    let outside = control_plane.update(Collection::Machines, &machine(1), |machine| {
        machine.insert("role_names".to_owned(), json!(["base"]));
    });
    outside.expect("the machine has a role");
    let workspace = workspace(&control_plane, &configuration(1, ""));
    workspace.apply().await;
    assert_eq!(workspace.state(ADDRESS)["role_names"], json!(["base"]));
    workspace.plans_empty().await;
    workspace.configure(&configuration(1, "role_names = []"));
    assert_eq!(workspace.plan().await.changes(), [format!("{ADDRESS}: update")]);
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    assert_eq!(
        control_plane.machine(&machine(1)).expect("it")["role_names"],
        json!([])
    );
    workspace.plans_empty().await;
}

#[tokio::test]
async fn override_is_a_warning_and_plans_no_change() {
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, &configuration(3, "kexec_installer = true"));
    let output = workspace.apply().await.printed();
    assert!(
        output.contains("Value overridden by the control plane"),
        "{output}"
    );
    assert_eq!(
        control_plane.machine(&machine(3)).expect("it")["kexec_installer"],
        false
    );
    workspace.plans_empty().await;
    workspace.configure(&configuration(3, "kexec_installer = true\nauto_update = false"));
    workspace.apply().await;
    workspace.plans_empty().await;
    workspace.configure(&configuration(3, "kexec_installer = false"));
    workspace.apply().await;
    workspace.plans_empty().await;
}

#[tokio::test]
async fn changed_mesh_network_plans_unknown_addresses() {
    let control_plane = control_plane().await;
    let networks = "resource \"durantic_mesh_network\" \"net\" {\n  count = 2\n  name = \"net-${count.index}\"\n  \
                    network_cidr = \"10.${count.index}.0.0/24\"\n}\n";
    let joined = |index: usize| {
        let network = format!("mesh_network_uuid = durantic_mesh_network.net[{index}].uuid");
        networks.to_owned() + &configuration(1, &network)
    };
    let workspace = workspace(&control_plane, &joined(0));
    workspace.apply().await;
    assert_eq!(workspace.state(ADDRESS)["mesh_ip_address"], "10.0.0.1");
    workspace.configure(&joined(1));
    let plan = workspace.plan().await;
    let unknown = &plan.change(ADDRESS)["after_unknown"];
    for (name, expected) in [
        ("mesh_ip_address", json!(true)),
        ("wg_ip_address", json!(true)),
        ("private_ip_addresses", json!(true)),
        ("hostname", json!(null)),
        ("tunnel_type", json!(null)),
    ] {
        assert_eq!(unknown[name], expected, "{name}");
    }
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    assert_eq!(
        workspace.state(ADDRESS)["private_ip_addresses"],
        json!(["10.1.0.1"])
    );
    workspace.plans_empty().await;
}
