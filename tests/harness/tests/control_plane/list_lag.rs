//! Lists that show every collection as it was a while ago.

use std::time::Duration;

use harness::control_plane::{
    Builder, Collection, ControlPlane, Object, PageStyle, Paging, machine_uuid, sample_uuid,
};
use serde_json::{Value, json};

use crate::client::{Client, operations, uuid};

const LAG: Duration = Duration::from_secs(5);

async fn lagging(set: impl FnOnce(Builder) -> Builder) -> (ControlPlane, Client) {
    let builder = ControlPlane::builder().stopped_clock().list_lag(LAG);
    let control_plane = set(builder).start().await.unwrap();
    let client = Client::new(&control_plane);
    (control_plane, client)
}

fn variable(name: &str) -> Value {
    json!({ "name": name, "value": "v" })
}

#[tokio::test]
async fn lists_show_creates_updates_and_deletes_later() {
    let (control_plane, client) = lagging(|builder| builder).await;
    let [list, create, get, update, delete] = operations(Collection::Variables);
    let shown = async || client.ok(list, &[], None).await;

    let created = client.ok(create, &[], Some(variable("a"))).await;
    assert_eq!(client.ok(get, &[uuid(&created)], None).await, created);
    assert_eq!(shown().await, json!([]));
    control_plane.advance(Duration::from_millis(4_999));
    assert_eq!(shown().await, json!([]));
    control_plane.advance(Duration::from_millis(1));
    assert_eq!(shown().await, json!([created]));

    let changed = json!({ "value": "w" });
    let changed = client.ok(update, &[uuid(&created)], Some(changed)).await;
    assert_eq!(client.ok(get, &[uuid(&created)], None).await, changed);
    assert_eq!(shown().await, json!([created]));
    control_plane.advance(LAG / 2);
    client.ok(delete, &[uuid(&created)], None).await;
    client.rejected(get, &[uuid(&created)], None, 404).await;
    assert_eq!(shown().await, json!([created]));
    control_plane.advance(LAG / 2);
    assert_eq!(shown().await, json!([changed]));
    control_plane.advance(LAG / 2);
    assert_eq!(shown().await, json!([]));
    assert_eq!(control_plane.violations(), [""; 0]);
}

#[tokio::test]
async fn lists_show_references_as_they_were() {
    let (control_plane, client) = lagging(|builder| builder.objects(50)).await;
    let list = async |collection| {
        let [list, ..] = operations(collection);
        client.ok(list, &[], None).await
    };
    let roles = list(Collection::MachineRoles).await;
    let meshes = list(Collection::MeshNetworks).await;
    let vip = sample_uuid(Collection::Vips, 3);
    assert_eq!(roles[3]["vip"]["uuid"], vip);
    control_plane.delete(Collection::Vips, &vip).unwrap();
    let join = |machine: &mut Object| {
        let mesh = sample_uuid(Collection::MeshNetworks, 1);
        machine.insert("mesh_network_uuid".to_owned(), json!(mesh));
    };
    control_plane
        .update(Collection::Machines, &machine_uuid(1), join)
        .unwrap();
    assert_eq!(list(Collection::MachineRoles).await, roles);
    assert_eq!(list(Collection::MeshNetworks).await, meshes);
    control_plane.advance(LAG);
    assert_eq!(list(Collection::MachineRoles).await[3]["vip"], Value::Null);
    assert_eq!(list(Collection::MeshNetworks).await[0]["machine_count"], 1);
    let leave = |machine: &mut Object| {
        machine.insert("mesh_network_uuid".to_owned(), Value::Null);
    };
    control_plane
        .update(Collection::Machines, &machine_uuid(1), leave)
        .unwrap();
    control_plane.advance(LAG);
    assert_eq!(list(Collection::MeshNetworks).await, meshes);
}

#[tokio::test]
async fn lists_show_rules_of_a_set_later() {
    let (control_plane, client) = lagging(|builder| builder).await;
    let [list, create, ..] = operations(Collection::RoutePolicySets);
    let set = client.ok(create, &[], Some(json!({ "name": "edge" }))).await;
    control_plane.advance(LAG);
    let rule = Some(json!({ "action": "reject" }));
    client
        .ok("controlplane_api_create_route_policy_rule", &[uuid(&set)], rule)
        .await;
    assert_eq!(client.ok(list, &[], None).await[0]["rules"], json!([]));
    control_plane.advance(LAG);
    let sets = client.ok(list, &[], None).await;
    assert_eq!(sets[0]["rules"][0]["action"], "reject");
}

#[tokio::test]
async fn lag_starts_when_a_lingering_object_is_gone() {
    let (control_plane, client) = lagging(|builder| builder.linger_time(LAG)).await;
    let [list, create, _, _, delete] = operations(Collection::Variables);
    let created = client.ok(create, &[], Some(variable("a"))).await;
    client.ok(delete, &[uuid(&created)], None).await;
    // No request comes at the time when the object goes.
    control_plane.advance(Duration::from_millis(9_998));
    assert_eq!(client.ok(list, &[], None).await, json!([created]));
    control_plane.advance(Duration::from_millis(2));
    assert_eq!(client.ok(list, &[], None).await, json!([]));
}

#[tokio::test]
async fn pages_lag_too() {
    let paging = Paging::new(PageStyle::ItemsOffset, 2);
    let (control_plane, client) = lagging(|builder| builder.paging(paging).objects(27)).await;
    let [list, ..] = operations(Collection::Variables);
    let count = async || client.ok(list, &[], None).await["count"].clone();
    assert_eq!(count().await, 3);
    let deleted = sample_uuid(Collection::Variables, 2);
    control_plane.delete(Collection::Variables, &deleted).unwrap();
    assert_eq!(count().await, 3);
    control_plane.advance(LAG);
    assert_eq!(count().await, 2);
}

#[tokio::test]
async fn lag_can_start_and_end_later() {
    let control_plane = ControlPlane::builder().stopped_clock().start().await.unwrap();
    let client = Client::new(&control_plane);
    let [list, create, ..] = operations(Collection::Variables);
    let first = client.ok(create, &[], Some(variable("a"))).await;
    control_plane.set_list_lag(LAG);
    let second = client.ok(create, &[], Some(variable("b"))).await;
    assert_eq!(client.ok(list, &[], None).await, json!([first]));
    control_plane.set_list_lag(Duration::ZERO);
    assert_eq!(client.ok(list, &[], None).await, json!([first, second]));
}

#[tokio::test]
async fn replication_and_lag_add_up() {
    let (control_plane, client) = lagging(|builder| builder.replication_time(LAG)).await;
    let [list, create, get, ..] = operations(Collection::Variables);
    let created = client.ok(create, &[], Some(variable("a"))).await;
    control_plane.advance(LAG);
    assert_eq!(client.ok(get, &[uuid(&created)], None).await, created);
    assert_eq!(client.ok(list, &[], None).await, json!([]));
    control_plane.advance(LAG);
    assert_eq!(client.ok(list, &[], None).await, json!([created]));
}
