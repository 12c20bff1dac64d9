//! Several tokens and accounts of one control plane.

use harness::control_plane::{Collection, ControlPlane, Seed, machine_uuid};
use serde_json::json;

use crate::client::{Client, start, uuid};

const CREATE: &str = "controlplane_api_create_account_variable";
const LIST: &str = "controlplane_api_list_account_variables";
const GET: &str = "controlplane_api_get_account_variable";
const UPDATE: &str = "controlplane_api_update_account_variable";
const DELETE: &str = "controlplane_api_delete_account_variable";
const MACHINE: &str = "provisioning_api_get_machine";

fn variable(name: &str) -> serde_json::Value {
    json!({ "name": name, "value": "" })
}

#[tokio::test]
async fn second_token_of_an_account_shows_the_same_objects() {
    let (control_plane, client) = start().await;
    let created = client.ok(CREATE, &[], Some(variable("a"))).await;
    control_plane.accept_token("dur_second");
    control_plane.revoke_token(control_plane.token());
    client.rejected(GET, &[uuid(&created)], None, 401).await;
    let client = client.with_token("dur_second");
    assert_eq!(client.ok(GET, &[uuid(&created)], None).await, created);
}

#[tokio::test]
async fn token_of_another_account_shows_other_objects() {
    let (control_plane, client) = start().await;
    let created = client.ok(CREATE, &[], Some(variable("a"))).await;
    let other = control_plane.add_account("dur_other", Seed::empty()).unwrap();
    let client = client.with_token("dur_other");

    assert_eq!(client.ok(LIST, &[], None).await, json!([]));
    for (operation, body) in [(GET, None), (UPDATE, Some(json!({}))), (DELETE, None)] {
        let detail = client.rejected(operation, &[uuid(&created)], body, 404).await;
        assert_eq!(detail, "Not Found");
    }
    client.rejected(MACHINE, &[&machine_uuid(1)], None, 404).await;

    // A name is unique in its account.
    client.ok(CREATE, &[], Some(variable("a"))).await;
    for account in [&other, &*control_plane] {
        assert_eq!(account.objects(Collection::Variables).len(), 1);
    }
    assert_eq!(control_plane.violations(), [""; 0]);
}

#[tokio::test]
async fn another_account_can_have_chosen_machines_and_runs() {
    let (control_plane, client) = start().await;
    let seed = Seed::empty().with_machines(1);
    let other = control_plane.add_account("dur_other", seed).unwrap();
    other.start_run(&machine_uuid(1)).unwrap();
    assert_eq!((other.runs().len(), control_plane.runs().len()), (1, 0));
    let client = client.with_token("dur_other");
    client.ok(MACHINE, &[&machine_uuid(1)], None).await;
    client.rejected(MACHINE, &[&machine_uuid(2)], None, 404).await;
}

#[tokio::test]
async fn replication_time_hides_a_new_object() {
    let control_plane = ControlPlane::builder().stopped_clock().start().await.unwrap();
    let client = Client::new(&control_plane);
    let time = std::time::Duration::from_secs(5);
    control_plane.set_replication_time(time);
    let created = client.ok(CREATE, &[], Some(variable("a"))).await;
    client.rejected(GET, &[uuid(&created)], None, 404).await;
    assert_eq!(client.ok(LIST, &[], None).await, json!([]));
    client.rejected(CREATE, &[], Some(variable("a")), 409).await;
    control_plane.advance(time);
    client.ok(GET, &[uuid(&created)], None).await;
    assert_eq!(client.ok(LIST, &[], None).await, json!([created]));
}
