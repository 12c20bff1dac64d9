//! `data.durantic_machines`

use acceptance::resources::assert_contains;
use harness::control_plane::{Collection, ControlPlane, Fault, PageStyle, Paging, Shape};
use serde_json::{Value as Json, json};

use super::{control_plane, machine, quick, workspace};

const ADDRESS: &str = "data.durantic_machines.it";
const LIST: &str = "provisioning_api_list_machines";
const GET: &str = "provisioning_api_get_machine";

/// Changes a machine.
fn change(control_plane: &ControlPlane, number: u32, fields: &Json) {
    let changed = control_plane.update(Collection::Machines, &machine(number), |machine| {
        machine.extend(fields.as_object().expect("an object").clone());
    });
    changed.expect("the machine is changed");
}

/// Creates a mesh network and returns its UUID.
fn mesh(control_plane: &ControlPlane) -> Json {
    let network = json!({ "name": "mesh", "network_cidr": "10.9.0.0/24" });
    let network = network.as_object().expect("an object").clone();
    let network = control_plane.create(Collection::MeshNetworks, network);
    network.expect("a network")["uuid"].clone()
}

#[tokio::test]
async fn machines_are_filtered_by_each_argument() {
    let control_plane = control_plane().await;
    let network = mesh(&control_plane);
    change(
        &control_plane,
        1,
        &json!({ "role_names": ["base"], "mesh_network_uuid": network }),
    );
    change(&control_plane, 2, &json!({ "is_online": false }));
    change(&control_plane, 3, &json!({ "hostname": "db-1" }));
    let workspace = workspace(&control_plane, "");
    for (arguments, expected) in [
        (String::new(), &["db-1", "node-1", "node-2"][..]),
        ("hostname = \"node-*\"".to_owned(), &["node-1", "node-2"]),
        ("hostname = \"*-[13]\"".to_owned(), &["db-1", "node-1"]),
        ("hostname = \"node\"".to_owned(), &[]),
        ("role_name = \"base\"".to_owned(), &["node-1"]),
        (format!("mesh_network_uuid = {network}"), &["node-1"]),
        ("is_online = true".to_owned(), &["db-1", "node-1"]),
        ("is_online = false".to_owned(), &["node-2"]),
        ("needs_provisioning = true".to_owned(), &["node-1"]),
        (
            "needs_provisioning = false\n  hostname = \"node-?\"".to_owned(),
            &["node-2"],
        ),
        (
            "hostname = null\n  is_online = null\n  role_name = null".to_owned(),
            &["db-1", "node-1", "node-2"],
        ),
    ] {
        workspace.configure(&format!(
            "data \"durantic_machines\" \"it\" {{\n  {arguments}\n}}\n\
             output \"keys\" {{\n  value = keys(data.durantic_machines.it.machines)\n}}\n"
        ));
        control_plane.log().clear();
        let output = workspace.run(&["plan", "-out=tfplan"]).await.succeeds();
        let output = output.printed();
        assert_eq!(
            output.matches("Warning: ").count(),
            1,
            "Terraform's own: {output}"
        );
        let requests = (control_plane.log().count(LIST), control_plane.log().count(GET));
        assert_eq!(requests, (1, 0), "{arguments}");
        workspace.run(&["apply", "tfplan"]).await.succeeds();
        assert_eq!(workspace.outputs().await["keys"], json!(expected), "{arguments}");
        workspace.plans_empty().await;
    }
}

#[tokio::test]
async fn machines_have_every_attribute_of_the_list() {
    let control_plane = control_plane().await;
    let network = mesh(&control_plane);
    let outside = json!({
        "role_names": ["base"],
        "mesh_network_uuid": network,
        "tunnel_type": "geneve",
        "stun_enabled": false,
        "auto_update": false,
        "inject_agent": false,
        "kexec_installer": false,
        "is_online": false,
    });
    change(&control_plane, 1, &outside);
    let workspace = workspace(&control_plane, "data \"durantic_machines\" \"it\" {}\n");
    workspace.apply().await;
    let found = workspace.state(ADDRESS)["machines"]["node-1"].clone();
    assert_contains(&found, &outside, "machine");
    let facts = json!({
        "uuid": machine(1),
        "hostname": "node-1",
        "mesh_ip_address": "10.9.0.1",
        "wg_ip_address": "10.9.0.1",
        "needs_provisioning": true,
        "pending_config_push": true,
    });
    assert_contains(&found, &facts, "machine");
}

#[tokio::test]
async fn machines_can_be_used_in_for_each() {
    let control_plane = control_plane().await;
    change(&control_plane, 3, &json!({ "hostname": "db-1" }));
    let text = r#"
data "durantic_machines" "it" {
  hostname = "node-*"
}
resource "durantic_machine_config" "it" {
  for_each     = data.durantic_machines.it.machines
  machine_uuid = each.value.uuid
  auto_update  = false
}
"#;
    let workspace = workspace(&control_plane, text);
    let created = ["1", "2"].map(|number| format!("durantic_machine_config.it[\"node-{number}\"]: create"));
    assert_eq!(
        workspace.plan().await.changes(),
        created,
        "the plan knows the keys"
    );
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    workspace.plans_empty().await;

    change(&control_plane, 3, &json!({ "hostname": "node-3" }));
    let created = ["durantic_machine_config.it[\"node-3\"]: create"];
    assert_eq!(workspace.plan().await.changes(), created);
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    workspace.plans_empty().await;
}

#[tokio::test]
async fn machines_with_the_same_host_name_have_keys_with_their_uuids() {
    let control_plane = control_plane().await;
    change(&control_plane, 3, &json!({ "hostname": "node-1" }));
    let workspace = workspace(&control_plane, "data \"durantic_machines\" \"it\" {}\n");
    workspace.apply().await;
    let found = workspace.state(ADDRESS)["machines"].clone();
    let keys: Vec<String> = found.as_object().expect("a map").keys().cloned().collect();
    let shared = |number| format!("node-1/{}", machine(number));
    assert_eq!(keys, [shared(1), shared(3), "node-2".to_owned()]);
    assert_eq!(found[shared(3)]["uuid"], machine(3));
    workspace.plans_empty().await;
}

#[tokio::test]
async fn machines_are_read_during_apply_if_a_filter_is_unknown() {
    let control_plane = control_plane().await;
    let text = r#"
resource "durantic_mesh_network" "it" {
  name         = "it"
  network_cidr = "10.9.0.0/24"
}
data "durantic_machines" "it" {
  mesh_network_uuid = durantic_mesh_network.it.uuid
}
output "found" {
  value = length(data.durantic_machines.it.machines)
}
"#;
    let workspace = workspace(&control_plane, text);
    workspace.plan().await;
    assert_eq!(control_plane.log().count(LIST), 0);
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    assert_eq!(workspace.outputs().await["found"], 0);
    workspace.plans_empty().await;
}

#[tokio::test]
async fn machines_of_all_pages_are_found_with_one_list_for_all_data_sources() {
    let paging = Paging::new(PageStyle::ResultsCursor, 7);
    let control_plane = quick().machines(40).paging(paging).start().await;
    let control_plane = control_plane.expect("the control plane starts");
    let text = r#"
resource "durantic_variable" "it" {
  name  = "it"
  value = "node-"
}
data "durantic_machines" "it" {
  count    = 10
  hostname = "${durantic_variable.it.value}*${count.index}"
}
output "counts" {
  value = [for found in data.durantic_machines.it : length(found.machines)]
}
"#;
    let workspace = workspace(&control_plane, text);
    workspace.apply().await;
    assert_eq!(workspace.outputs().await["counts"], json!(vec![4; 10]));
    control_plane.log().clear();
    // The refreshed variable shows that it is a plan, in which nothing changes between two lookups.
    let plan = workspace.run(&["plan", "-parallelism=1"]).await.succeeds();
    assert!(plan.printed().contains("No changes"), "{}", plan.printed());
    assert_eq!(control_plane.log().count(LIST), 6, "one request for each page");
    assert_eq!(control_plane.log().count(GET), 0);
}

/// Only `uuid` and `hostname` are required in the control plane's list.
#[tokio::test]
async fn machines_are_read_one_by_one_if_their_list_is_abbreviated() {
    let control_plane = control_plane().await;
    change(&control_plane, 2, &json!({ "is_online": false }));
    change(&control_plane, 3, &json!({ "hostname": "db-1" }));
    let fields = ["is_online", "tunnel_type"].map(str::to_owned);
    control_plane.fault(Fault::shaped(LIST, Shape::Without(fields.into())));
    let text = "data \"durantic_machines\" \"it\" {\n  hostname = \"node-*\"\n  is_online = false\n}\n";
    let workspace = workspace(&control_plane, text);
    workspace.plan().await;
    let requests = (control_plane.log().count(LIST), control_plane.log().count(GET));
    assert_eq!(
        requests,
        (1, 2),
        "no machine that another filter excludes is read"
    );
    workspace.run(&["apply", "tfplan"]).await.succeeds();
    let found = workspace.state(ADDRESS)["machines"].clone();
    let expected = json!({ "is_online": false, "tunnel_type": "auto", "uuid": machine(2) });
    assert_contains(&found["node-2"], &expected, "machine");
    assert_eq!(found.as_object().map(serde_json::Map::len), Some(1));

    // The responses for single machines lack it, too.
    let field = || Shape::Without(vec!["is_online".to_owned()]);
    control_plane.fault(Fault::shaped(GET, field()));
    let output = workspace.run(&["plan"]).await.fails();
    assert!(
        output.contains("Remove `is_online` from the configuration"),
        "{output}"
    );
    assert!(output.contains("on main.tf line 3"), "{output}");
}
