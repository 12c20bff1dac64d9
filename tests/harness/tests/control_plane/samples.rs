//! An account with many sample objects.

use harness::control_plane::{Collection, ControlPlane, SAMPLE_COLLECTIONS, Seed, sample_uuid};
use harness::secrets::Place;
use serde_json::json;

use crate::client::{Client, operations};

#[tokio::test]
async fn samples_are_spread_over_all_collections() {
    let control_plane = ControlPlane::builder().objects(100).start().await.unwrap();
    let client = Client::new(&control_plane);
    let mut total = 0;
    for (position, collection) in SAMPLE_COLLECTIONS.into_iter().enumerate() {
        let [list, _, get, ..] = operations(collection);
        let list = client.ok(list, &[], None).await;
        let list = list.as_array().unwrap();
        let samples = list.iter().filter(|object| {
            let uuid = object["uuid"].as_str().unwrap();
            (1..=12).any(|number| uuid == sample_uuid(collection, number))
        });
        let samples: Vec<_> = samples.collect();
        total += samples.len();
        assert_eq!(
            samples.len(),
            if position < 1 { 12 } else { 11 },
            "{collection:?}"
        );
        let read = client.ok(get, &[&sample_uuid(collection, 3)], None).await;
        assert_eq!(&read, samples[2], "{collection:?}");
        assert!(samples[0]["name"] != samples[1]["name"]);
    }
    assert_eq!(total, 100);
    let [_, _, get, ..] = operations(Collection::MachineRoles);
    let role = client
        .ok(get, &[&sample_uuid(Collection::MachineRoles, 3)], None)
        .await;
    assert_eq!(role["vip"]["name"], "vip-3");
    let [_, _, get, ..] = operations(Collection::Routes);
    let route = client.ok(get, &[&sample_uuid(Collection::Routes, 3)], None).await;
    assert_eq!(route["machine_count"], 1);
    assert_eq!(control_plane.violations(), [""; 0]);
}

#[tokio::test]
async fn secrets_of_samples_are_known() {
    let control_plane = ControlPlane::builder().objects(9).start().await.unwrap();
    let found = control_plane.secrets().leak(Place::Log, "a sample-secret-1 b");
    assert!(found.is_some());
}

#[tokio::test]
async fn further_account_has_samples() {
    let control_plane = ControlPlane::builder().start().await.unwrap();
    let account = control_plane
        .add_account("other-token", Seed::empty().with_objects(18))
        .unwrap();
    let names: Vec<_> = account
        .objects(Collection::Variables)
        .into_iter()
        .map(|variable| variable["name"].clone())
        .collect();
    assert_eq!(json!(names), json!(["variable_1", "variable_2"]));
}
