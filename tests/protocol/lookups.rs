//! Every data source, with existing and missing objects.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use harness::control_plane::{Collection, ControlPlane, Fault, FaultKind};
use harness::fake_core::json::to_json;
use harness::fake_core::{Core, UNKNOWN};
use provider::durantic::DEFINITION;
use schema::{Expect, Format};
use serde_json::json;
use tokio::task::JoinSet;

#[tokio::test]
async fn every_data_source_follows_terraforms_rules() {
    let control_plane = ControlPlane::builder().start().await.unwrap();
    for (collection, object) in [
        (
            Collection::MeshNetworks,
            json!({ "name": "mesh", "network_cidr": "10.9.0.0/24" }),
        ),
        (Collection::Vips, json!({ "name": "vip", "address": "10.9.1.1" })),
        (
            Collection::Secrets,
            json!({ "name": "SECRET", "value": "hidden" }),
        ),
        (
            Collection::Variables,
            json!({ "name": "VARIABLE", "value": "shown" }),
        ),
    ] {
        let object = object.as_object().unwrap().clone();
        control_plane.create(collection, object).unwrap();
    }
    let core = Core::start(&DEFINITION, control_plane.endpoint(), control_plane.token())
        .await
        .unwrap();
    for binding in DEFINITION.data_sources {
        let type_name = format!("durantic_{}", binding.schema.name);
        let collection = format!("{}s", binding.schema.name.trim_end_matches('s').replace('_', "-"));
        let objects = control_plane.objects(Collection::from_name(&collection).unwrap());
        for lookup in binding.schema.lookups.iter() {
            let Some(by) = lookup.by.as_deref() else {
                let found = core.read_data_source(&type_name, &json!({})).await.unwrap();
                let into = lookup.into.as_deref().unwrap();
                assert_eq!(lookup.expect, Expect::Many);
                let found = found.get(into);
                let count = found.attributes().map_or(found.elements().len(), BTreeMap::len);
                assert_eq!(count, objects.len(), "{type_name}");
                continue;
            };
            let mut found = 0;
            for object in &objects {
                let config = json!({ by: object[by] });
                match core.read_data_source(&type_name, &config).await {
                    Ok(value) => {
                        assert_eq!(value.get(by).as_str(), object[by].as_str());
                        assert!(!value.get("uuid").is_null(), "{type_name} by {by}");
                        found += 1;
                    }
                    // Several objects may have the same name.
                    Err(error) => assert!(!error.is_violation(), "{type_name} by {by}: {error}"),
                }
            }
            assert!(found > 0, "{type_name} by {by} finds nothing");
            let is_uuid = binding.schema.attribute(by).unwrap().format == Some(Format::Uuid);
            let missing = if is_uuid {
                json!("0b8e5a7c-4a53-4d1b-9c5e-3f1f6f0f2d11")
            } else {
                json!("missing")
            };
            let result = core.read_data_source(&type_name, &json!({ by: missing })).await;
            match (result, &lookup.missing_ok) {
                (Ok(value), Some(_)) => assert_eq!(to_json(value.get(by)), missing),
                (Err(error), None) => assert!(!error.is_violation(), "{type_name} by {by}: {error}"),
                (outcome, _) => panic!("{type_name} by {by}: {:?}", outcome.map(|value| to_json(&value))),
            }
            let unknown = core.read_data_source(&type_name, &json!({ by: UNKNOWN })).await;
            assert!(unknown.unwrap().is_unknown(), "it is read during apply only");
        }
    }
}

#[tokio::test]
async fn concurrent_lookups_share_one_list_request() {
    let list = "provisioning_api_list_machines";
    let control_plane = ControlPlane::builder().start().await.unwrap();
    let core = Core::start(&DEFINITION, control_plane.endpoint(), control_plane.token())
        .await
        .unwrap();
    let core = Arc::new(core);
    // All of them start before the first response.
    control_plane.fault(Fault::new("*", FaultKind::Delay(Duration::from_secs(1))));
    let mut lookups = JoinSet::new();
    for number in 0..30 {
        let core = Arc::clone(&core);
        lookups.spawn(async move {
            let config = json!({ "hostname": format!("node-{}", number % 3 + 1) });
            core.read_data_source("durantic_machine", &config).await.unwrap();
        });
    }
    while let Some(lookup) = lookups.join_next().await {
        lookup.unwrap();
    }
    let log = control_plane.log();
    assert_eq!(log.count(list), 1);
    assert_eq!(
        log.count("provisioning_api_get_machine"),
        3,
        "each machine is read once"
    );
}
