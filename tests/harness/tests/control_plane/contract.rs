//! The contract: it has the declared operations, and every response follows it.

use std::collections::{BTreeMap, BTreeSet};

use harness::control_plane::{Action, Collection, Contract, Operation, machine_uuid};
use serde_json::{Value, json};

use crate::client::{Client, operations, plain_collections, start, uuid};

#[test]
fn contract_has_exactly_the_declared_operations() {
    let declared: BTreeMap<String, String> =
        toml::from_str(include_str!("../../../../schema/operations.toml")).unwrap();
    let contract = Contract::get().unwrap().operations.iter();
    let contract: BTreeMap<String, String> = contract
        .map(|operation| {
            (
                operation.id.clone(),
                format!("{} {}", operation.method, operation.path),
            )
        })
        .collect();
    assert_eq!(declared, contract);
}

/// A valid value of the property that differs from its default.
fn another(operation: &Operation, property: &str) -> Value {
    match property {
        "network_cidr" => json!("10.77.0.0/16"),
        "prefixes" | "match_prefixes" => json!(["198.51.100.0/24", "2001:db8::/32"]),
        "address" => json!("2001:db8::7"),
        "machine_uuids" => json!([machine_uuid(2)]),
        "image_uuid" => json!("10000000-0000-4000-8000-000000000002"),
        "vip_uuid" | "mesh_network_uuid" | "registry_credential_uuid" => Value::Null,
        "role_names" => json!(["base"]),
        "config" => json!({ "role_id": "x", "n": 1 }),
        "health_check_type" => json!("tcp"),
        "default_action" | "action" => json!("reject"),
        "match_type" => json!("community"),
        "backend_type" => json!("http"),
        "tunnel_type" => json!("wireguard"),
        "match_communities" | "set_communities" | "add_communities" | "remove_communities" => {
            json!(["65000:1"])
        }
        "merge_priority" | "sequence" | "local_pref" | "set_local_pref" | "set_med" | "prepend_as_count" => {
            json!(7)
        }
        _ if property.ends_with("_seconds")
            || property.ends_with("_threshold")
            || property.contains("_len_") =>
        {
            json!(9)
        }
        "requires_mesh"
        | "is_default"
        | "route_reflector_mode"
        | "enabled"
        | "advanced_mode"
        | "stun_enabled"
        | "auto_update"
        | "inject_agent"
        | "kexec_installer" => json!(false),
        _ => json!(format!("another {property} of {}", operation.id)),
    }
}

/// Updates every property, one by one, and checks that the response has the new value.
async fn change_everything(client: &Client, operation: &Operation, parameters: &[&str]) {
    for property in &operation.request.as_ref().unwrap().properties {
        let value = another(operation, property);
        let response = client
            .ok(&operation.id, parameters, Some(json!({ property: value })))
            .await;
        if let Some(read) = response.get(property) {
            assert_eq!(*read, value, "{property} of {}", operation.id);
        }
    }
}

#[tokio::test]
async fn every_operation_follows_the_contract() {
    let (control_plane, client) = start().await;
    let contract = Contract::get().unwrap();
    for (collection, least) in plain_collections() {
        let [list, create, get, update, delete] = operations(collection);
        let created = client.ok(create, &[], Some(least)).await;
        let created = uuid(&created);
        if collection == Collection::RoutePolicySets {
            let rule = Some(json!({ "action": "accept" }));
            let rule = client
                .ok("controlplane_api_create_route_policy_rule", &[created], rule)
                .await;
            let change = contract
                .operation("controlplane_api_update_route_policy_rule")
                .unwrap();
            change_everything(&client, change, &[created, uuid(&rule)]).await;
            client
                .ok(
                    "controlplane_api_delete_route_policy_rule",
                    &[created, uuid(&rule)],
                    None,
                )
                .await;
        }
        change_everything(&client, contract.operation(update).unwrap(), &[created]).await;
        client.ok(get, &[created], None).await;
        client.ok(list, &[], None).await;
        client.ok(delete, &[created], None).await;
    }
    let machine = machine_uuid(1);
    let change = contract.operation("provisioning_api_update_machine").unwrap();
    change_everything(&client, change, &[&machine]).await;
    client.ok("provisioning_api_get_machine", &[&machine], None).await;
    client.ok("provisioning_api_list_machines", &[], None).await;
    let run = Some(json!({ "mode": "rebuild" }));
    let run = client
        .ok("provisioning_api_provision_machine", &[&machine], run)
        .await;
    let run = run["provision_uuid"].as_str().unwrap();
    client
        .ok("provisioning_api_get_machine_provision", &[&machine, run], None)
        .await;
    let image = Some(json!({ "name": "own", "docker_image_url": "r.example/own:1" }));
    let image = client.ok("provisioning_api_create_image", &[], image).await;
    client
        .ok("provisioning_api_get_image", &[uuid(&image)], None)
        .await;
    client.ok("provisioning_api_list_images", &[], None).await;

    let called: BTreeSet<String> = control_plane
        .log()
        .all()
        .into_iter()
        .map(|entry| entry.operation)
        .collect();
    let known: BTreeSet<String> = contract
        .operations
        .iter()
        .map(|operation| operation.id.clone())
        .collect();
    assert_eq!(called, known);
    assert_eq!(control_plane.violations(), [""; 0]);
}

#[tokio::test]
async fn violations_lists_unknown_fields_and_invalid_responses() {
    let (control_plane, client) = start().await;
    let body = json!({ "name": "a", "value": "b", "force_provision": "now" });
    let created = client
        .ok("controlplane_api_create_account_variable", &[], Some(body))
        .await;
    assert_eq!(
        control_plane.violations(),
        ["controlplane_api_create_account_variable: the request has the unknown field `force_provision`"]
    );
    control_plane
        .update(Collection::Variables, uuid(&created), |variable| {
            variable.insert("value".to_owned(), json!(7));
        })
        .unwrap();
    client
        .ok("controlplane_api_get_account_variable", &[uuid(&created)], None)
        .await;
    assert_eq!(
        control_plane.violations()[1],
        "controlplane_api_get_account_variable: the response 200 is invalid at [\"value\"]: Input should be a valid string"
    );
}

#[test]
fn classify_derives_the_action_from_the_path() {
    use Action::{Create, CreateRule, Delete, DeleteRule, Get, GetRun, List, Provision, Update, UpdateRule};
    let of = |collection: Collection| -> Vec<Action> {
        let operations = Contract::get().unwrap().operations.iter();
        operations
            .filter(|operation| operation.collection == collection)
            .map(|operation| operation.action)
            .collect()
    };
    // In the order of the document: by path, then by method.
    let plain = vec![List, Create, Delete, Get, Update];
    for (collection, _) in plain_collections() {
        let rules: &[Action] = match collection {
            Collection::RoutePolicySets => &[CreateRule, DeleteRule, UpdateRule],
            _ => &[],
        };
        assert_eq!(of(collection), [&plain, rules].concat(), "{}", collection.name());
    }
    assert_eq!(of(Collection::Images), [List, Create, Get]);
    assert_eq!(of(Collection::Machines), [List, Get, Update, Provision, GetRun]);
}
