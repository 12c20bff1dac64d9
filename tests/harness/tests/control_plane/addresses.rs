//! Machines: their settings, and their addresses in a mesh.

use std::time::Duration;

use harness::control_plane::{Collection, ControlPlane, machine_uuid};
use serde_json::{Value, json};

use crate::client::{Client, start, uuid};

const UPDATE: &str = "provisioning_api_update_machine";
const GET: &str = "provisioning_api_get_machine";

async fn mesh(client: &Client, name: &str, cidr: &str) -> String {
    let body = json!({ "name": name, "network_cidr": cidr });
    let mesh = client
        .ok("controlplane_api_create_mesh_network", &[], Some(body))
        .await;
    uuid(&mesh).to_owned()
}

async fn counts(client: &Client, mesh: &str) -> (Value, Value) {
    let mesh = client
        .ok("controlplane_api_get_mesh_network", &[mesh], None)
        .await;
    (mesh["machine_count"].clone(), mesh["available_ip_count"].clone())
}

async fn join(client: &Client, machine: u32, mesh: Option<&str>) -> Value {
    client
        .ok(
            UPDATE,
            &[&machine_uuid(machine)],
            Some(json!({ "mesh_network_uuid": mesh })),
        )
        .await
}

#[tokio::test]
async fn joining_a_mesh_takes_an_address_and_leaving_frees_it() {
    let (control_plane, client) = start().await;
    let mesh_uuid = mesh(&client, "prod", "10.0.0.0/29").await;
    let mesh_uuid = mesh_uuid.as_str();
    let first = join(&client, 1, Some(mesh_uuid)).await;
    assert_eq!(first["mesh_ip_address"], "10.0.0.1");
    assert_eq!(
        first["mesh_network"],
        json!({ "uuid": mesh_uuid, "name": "prod", "network_cidr": "10.0.0.0/29" })
    );
    assert_eq!(
        join(&client, 2, Some(mesh_uuid)).await["mesh_ip_address"],
        "10.0.0.2"
    );
    assert_eq!(counts(&client, mesh_uuid).await, (json!(2), json!(4)));

    // The address is stable while the machine stays. The next machine gets the freed address.
    assert_eq!(
        join(&client, 2, Some(mesh_uuid)).await["mesh_ip_address"],
        "10.0.0.2"
    );
    let left = join(&client, 1, None).await;
    assert_eq!(
        (&left["mesh_ip_address"], &left["mesh_network"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(counts(&client, mesh_uuid).await, (json!(1), json!(5)));
    assert_eq!(
        join(&client, 3, Some(mesh_uuid)).await["mesh_ip_address"],
        "10.0.0.1"
    );

    // Joining another mesh frees the address in the previous one.
    let other = mesh(&client, "other", "10.1.0.0/31").await;
    assert_eq!(
        join(&client, 3, Some(&other)).await["mesh_ip_address"],
        "10.1.0.0"
    );
    assert_eq!(counts(&client, mesh_uuid).await, (json!(1), json!(5)));

    client
        .ok("controlplane_api_delete_mesh_network", &[&other], None)
        .await;
    let machine = client.ok(GET, &[&machine_uuid(3)], None).await;
    assert_eq!(
        (&machine["mesh_ip_address"], &machine["mesh_network"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(control_plane.violations(), [""; 0]);
}

#[tokio::test]
async fn joining_a_full_mesh_is_rejected_without_a_change() {
    let (_control_plane, client) = start().await;
    let small = mesh(&client, "small", "10.0.0.0/32").await;
    assert_eq!(
        join(&client, 1, Some(&small)).await["mesh_ip_address"],
        "10.0.0.0"
    );
    let body = json!({ "mesh_network_uuid": small });
    client
        .rejected(UPDATE, &[&machine_uuid(2)], Some(body), 409)
        .await;
    assert_eq!(
        client.ok(GET, &[&machine_uuid(2)], None).await["mesh_network"],
        Value::Null
    );
    assert_eq!(counts(&client, &small).await, (json!(1), json!(0)));
}

#[tokio::test]
async fn pending_config_push_ends_when_the_agent_applies_it() {
    let control_plane = ControlPlane::builder()
        .stopped_clock()
        .config_push_time(Duration::from_secs(5))
        .start()
        .await
        .unwrap();
    let client = Client::new(&control_plane);
    let machine = machine_uuid(1);
    let changed = client
        .ok(UPDATE, &[&machine], Some(json!({ "tunnel_type": "geneve" })))
        .await;
    assert_eq!(
        (&changed["pending_config_push"], &changed["needs_provisioning"]),
        (&json!(true), &json!(false))
    );
    control_plane.advance(Duration::from_secs(4));
    assert_eq!(
        client.ok(GET, &[&machine], None).await["pending_config_push"],
        true
    );
    control_plane.advance(Duration::from_secs(1));
    let listed = client.ok("provisioning_api_list_machines", &[], None).await;
    assert_eq!(listed[0]["pending_config_push"], false);
}

#[tokio::test]
async fn needs_provisioning_ignores_the_order_of_roles() {
    let (control_plane, client) = start().await;
    client
        .ok(
            "controlplane_api_create_machine_role",
            &[],
            Some(json!({ "name": "web" })),
        )
        .await;
    let machine = machine_uuid(1);
    let assigned = client
        .ok(
            UPDATE,
            &[&machine],
            Some(json!({ "role_names": ["web", "base"] })),
        )
        .await;
    assert_eq!(
        (&assigned["role_names"], &assigned["needs_provisioning"]),
        (&json!(["web", "base"]), &json!(true))
    );
    let provisioned = |machine: &mut harness::control_plane::Object| {
        machine.insert("needs_provisioning".to_owned(), json!(false));
    };
    control_plane
        .update(Collection::Machines, &machine, provisioned)
        .unwrap();
    let reordered = client
        .ok(
            UPDATE,
            &[&machine],
            Some(json!({ "role_names": ["base", "web"] })),
        )
        .await;
    assert_eq!(
        (&reordered["role_names"], &reordered["needs_provisioning"]),
        (&json!(["base", "web"]), &json!(false))
    );
}

#[tokio::test]
async fn needs_full_reboot_overrides_kexec_installer() {
    let (_control_plane, client) = start().await;
    for (machine, returned) in [(1, true), (3, false)] {
        let changed = client
            .ok(
                UPDATE,
                &[&machine_uuid(machine)],
                Some(json!({ "kexec_installer": true })),
            )
            .await;
        assert_eq!(changed["kexec_installer"], returned);
    }
}

#[tokio::test]
async fn list_machines_returns_fewer_fields_than_get() {
    let (_control_plane, client) = start().await;
    let mesh_uuid = mesh(&client, "prod", "10.0.0.0/24").await;
    let machine = join(&client, 1, Some(&mesh_uuid)).await;
    assert_eq!(
        machine["discovered_ip_addresses"],
        json!(["198.18.0.1", "2001:2::1"])
    );
    let listed = client.ok("provisioning_api_list_machines", &[], None).await;
    let listed = listed[0].as_object().unwrap();
    for field in ["discovered_ip_addresses", "target_disk", "mesh_network"] {
        assert!(!listed.contains_key(field), "{field}");
    }
    assert_eq!(listed["mesh_network_uuid"], json!(mesh_uuid));
}

#[tokio::test]
async fn builder_machines_creates_this_many_machines() {
    let control_plane = ControlPlane::builder().machines(1000).start().await.unwrap();
    let client = Client::new(&control_plane);
    let machines = client.ok("provisioning_api_list_machines", &[], None).await;
    assert_eq!(machines.as_array().unwrap().len(), 1000);
    assert_eq!(machines[999]["hostname"], "node-1000");
    let machine = client.ok(GET, &[&machine_uuid(1000)], None).await;
    assert_eq!(machine["discovered_ip_addresses"], json!(["198.18.3.232"]));
}
