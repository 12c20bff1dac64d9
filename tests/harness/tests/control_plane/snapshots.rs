//! Control planes that start from the snapshot of another one.

use std::time::Duration;

use harness::control_plane::{Collection, ControlPlane, Snapshot, machine_uuid};
use serde_json::json;

use crate::client::Client;

const UPDATE: &str = "provisioning_api_update_machine";

#[tokio::test]
async fn snapshot_restores_objects_runs_and_addresses() {
    let first = ControlPlane::builder()
        .stopped_clock()
        .install_time(Duration::from_secs(100))
        .start()
        .await
        .unwrap();
    let client = Client::new(&first);
    let mesh = json!({ "name": "mesh", "network_cidr": "10.1.0.0/24" });
    let mesh = client
        .ok("controlplane_api_create_mesh_network", &[], Some(mesh))
        .await;
    let joins = json!({ "mesh_network_uuid": mesh["uuid"] });
    client.ok(UPDATE, &[&machine_uuid(2)], Some(joins.clone())).await;
    first.start_run(&machine_uuid(1)).unwrap();
    first.advance(Duration::from_secs(40));

    let text = serde_json::to_string(&first.snapshot()).unwrap();
    let snapshot: Snapshot = serde_json::from_str(&text).unwrap();
    let second = ControlPlane::builder().snapshot(snapshot).start().await.unwrap();
    for collection in Collection::ALL {
        assert_eq!(
            second.objects(collection),
            first.objects(collection),
            "{collection:?}"
        );
    }
    let run = |control_plane: &ControlPlane| {
        let run = control_plane.runs().remove(0);
        (run.uuid, run.status, run.progress_percent)
    };
    assert_eq!(run(&second), run(&first));

    second.advance(Duration::from_mins(1));
    assert_eq!(run(&second).1, "completed");
    let machine = Client::new(&second)
        .ok(UPDATE, &[&machine_uuid(1)], Some(joins))
        .await;
    assert_eq!(
        machine["mesh_ip_address"], "10.1.0.2",
        "the first address is taken"
    );
}

#[tokio::test]
async fn snapshot_registers_its_secrets() {
    let first = ControlPlane::builder().start().await.unwrap();
    let secret = json!({ "name": "TOKEN", "value": "concealed-1" });
    first
        .create(Collection::Secrets, secret.as_object().unwrap().clone())
        .unwrap();
    let second = ControlPlane::builder()
        .snapshot(first.snapshot())
        .start()
        .await
        .unwrap();
    let place = harness::secrets::Place::Output;
    assert!(second.secrets().leak(place, "it is concealed-1").is_some());
}
