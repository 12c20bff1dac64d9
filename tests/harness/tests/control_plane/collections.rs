//! Create, read, update and delete in every collection.

use harness::control_plane::{Collection, machine_uuid};
use serde_json::{Value, json};

use crate::client::{operations, plain_collections, start, stored, uuid};

const UBUNTU: &str = "10000000-0000-4000-8000-000000000001";

/// The response to a create with the required fields only, without uuid and times.
fn expected_object(collection: Collection) -> Value {
    match collection {
        Collection::MeshNetworks => json!({
            "name": "prod", "network_cidr": "10.0.0.0/24", "is_default": false, "route_reflector_mode": false,
            "available_ip_count": 254, "machine_count": 0,
        }),
        Collection::MachineRoles => json!({
            "name": "web", "merge_priority": 100, "template_data": "", "description": "", "requires_mesh": false,
            "image": null, "vip": null, "required_image_name": null, "is_official": false, "forked_from_uuid": null,
        }),
        Collection::Routes => json!({
            "name": "lan", "enabled": true, "prefixes": ["192.0.2.0/24"], "machines": [], "machine_count": 0,
        }),
        Collection::Vips => json!({
            "name": "api", "address": "192.0.2.10", "enabled": true, "health_check_type": "",
            "health_check_target": "", "health_check_interval_seconds": 5, "health_check_timeout_seconds": 3,
            "health_check_healthy_threshold": 2, "health_check_unhealthy_threshold": 3,
            "health_check_holdoff_seconds": 0, "machines": [], "machine_count": 0,
        }),
        Collection::Secrets => json!({ "name": "ROOT", "description": "" }),
        Collection::Variables => json!({ "name": "region", "value": "eu", "description": "" }),
        Collection::SecretsBackends => json!({
            "name": "vault", "backend_type": "vault", "url": "https://vault.example.com", "config": {},
            "ca_cert": "", "enabled": true,
        }),
        Collection::RoutePolicySets => json!({
            "name": "edge", "description": "", "default_action": "accept", "local_pref": null,
            "advanced_mode": false, "rules": [],
        }),
        Collection::RegistryCredentials => json!({
            "name": "ghcr", "registry_url": "ghcr.io", "username": "robot", "description": "", "image_count": null,
        }),
        Collection::Images | Collection::Machines => Value::Null,
    }
}

fn without_identity(object: &Value) -> Value {
    let mut object = object.as_object().unwrap().clone();
    for field in ["uuid", "created_at", "updated_at"] {
        assert!(object.remove(field).unwrap().is_string(), "{field}");
    }
    Value::Object(object)
}

#[tokio::test]
async fn every_plain_collection_has_create_read_update_delete() {
    let (control_plane, client) = start().await;
    for (collection, least) in plain_collections() {
        let [list, create, get, update, delete] = operations(collection);
        let before = client.ok(list, &[], None).await.as_array().unwrap().len();
        let created = client.ok(create, &[], Some(least.clone())).await;
        assert_eq!(
            without_identity(&created),
            expected_object(collection),
            "{create}"
        );
        assert_eq!(client.ok(get, &[uuid(&created)], None).await, created, "{get}");
        let listed = client.ok(list, &[], None).await;
        assert_eq!(listed.as_array().unwrap().len(), before + 1, "{list}");
        assert_eq!(listed.as_array().unwrap().last(), Some(&created), "{list}");

        // A partial update keeps the omitted fields and otherwise changes only `updated_at`.
        let renamed = client
            .ok(update, &[uuid(&created)], Some(json!({ "name": "renamed" })))
            .await;
        let mut expected = created.clone();
        expected["name"] = json!("renamed");
        expected["updated_at"] = renamed["updated_at"].clone();
        assert_eq!(renamed, expected, "{update}");
        assert_ne!(renamed["updated_at"], created["updated_at"], "{update}");
        let unchanged = client
            .ok(update, &[uuid(&created)], Some(json!({ "name": "renamed" })))
            .await;
        assert_eq!(unchanged, renamed, "{update}");

        assert_eq!(
            client.ok(delete, &[uuid(&created)], None).await,
            Value::Null,
            "{delete}"
        );
        client.rejected(get, &[uuid(&created)], None, 404).await;
        client.rejected(delete, &[uuid(&created)], None, 404).await;
    }
    assert_eq!(control_plane.violations(), [""; 0]);
}

#[tokio::test]
async fn role_returns_image_and_vip_as_objects_null_clears_them() {
    let (_control_plane, client) = start().await;
    let [_, create, _, update, _] = operations(Collection::MachineRoles);
    let vip = client
        .ok(
            "controlplane_api_create_vip",
            &[],
            Some(json!({ "name": "a", "address": "::1" })),
        )
        .await;
    let template = "#cloud-config\n{% if x %}{{ y }}${z}{% endif %}\n\n";
    let body =
        json!({ "name": "web", "image_uuid": UBUNTU, "vip_uuid": uuid(&vip), "template_data": template });
    let role = client.ok(create, &[], Some(body)).await;
    assert_eq!(role["image"], json!({ "uuid": UBUNTU, "name": "Ubuntu 24.04" }));
    assert_eq!(role["vip"], json!({ "uuid": uuid(&vip), "name": "a" }));
    assert_eq!(role["template_data"], template);
    let cleared = client
        .ok(update, &[uuid(&role)], Some(json!({ "image_uuid": null })))
        .await;
    assert_eq!((&cleared["image"], &cleared["vip"]), (&Value::Null, &role["vip"]));
    client
        .ok("controlplane_api_delete_vip", &[uuid(&vip)], None)
        .await;
    assert_eq!(
        client
            .ok("controlplane_api_get_machine_role", &[uuid(&role)], None)
            .await["vip"],
        Value::Null
    );
}

#[tokio::test]
async fn renaming_a_role_changes_its_machines() {
    let (_control_plane, client) = start().await;
    let role = client
        .ok(
            "controlplane_api_create_machine_role",
            &[],
            Some(json!({ "name": "web" })),
        )
        .await;
    let machine = machine_uuid(1);
    let body = json!({ "role_names": ["base", "web"] });
    client
        .ok("provisioning_api_update_machine", &[&machine], Some(body))
        .await;
    client
        .ok(
            "controlplane_api_update_machine_role",
            &[uuid(&role)],
            Some(json!({ "name": "www" })),
        )
        .await;
    let machine = client.ok("provisioning_api_get_machine", &[&machine], None).await;
    assert_eq!(machine["role_names"], json!(["base", "www"]));
}

#[tokio::test]
async fn routes_and_vips_return_their_machines() {
    let (control_plane, client) = start().await;
    let (first, second) = (machine_uuid(1), machine_uuid(2));
    for (collection, least) in plain_collections() {
        if !matches!(collection, Collection::Routes | Collection::Vips) {
            continue;
        }
        let [_, create, get, update, _] = operations(collection);
        let mut body = least;
        body["machine_uuids"] = json!([first, second, first]);
        let created = client.ok(create, &[], Some(body)).await;
        let members = json!([{ "uuid": first, "name": "node-1" }, { "uuid": second, "name": "node-2" }]);
        assert_eq!(
            (&created["machines"], &created["machine_count"]),
            (&members, &json!(2))
        );
        let changed = client
            .ok(
                update,
                &[uuid(&created)],
                Some(json!({ "machine_uuids": [second] })),
            )
            .await;
        assert_eq!(changed["machines"], json!([{ "uuid": second, "name": "node-2" }]));
        control_plane
            .update(Collection::Machines, &second, |machine| {
                machine.insert("hostname".to_owned(), json!("moved"));
            })
            .unwrap();
        assert_eq!(
            client.ok(get, &[uuid(&created)], None).await["machines"][0]["name"],
            "moved"
        );
        control_plane
            .update(Collection::Machines, &second, |machine| {
                machine.insert("hostname".to_owned(), json!("node-2"));
            })
            .unwrap();
    }
    control_plane.delete(Collection::Machines, &second).unwrap();
    let routes = client.ok("controlplane_api_list_routes", &[], None).await;
    assert_eq!(
        (&routes[0]["machines"], &routes[0]["machine_count"]),
        (&json!([]), &json!(0))
    );
}

#[tokio::test]
async fn secrets_and_passwords_are_stored_and_never_returned() {
    let (control_plane, client) = start().await;
    for (collection, field) in [
        (Collection::Secrets, "value"),
        (Collection::RegistryCredentials, "password"),
    ] {
        let (_, least) = plain_collections()
            .into_iter()
            .find(|(plain, _)| *plain == collection)
            .unwrap();
        let [list, create, get, update, _] = operations(collection);
        let created = client.ok(create, &[], Some(least)).await;
        let changed = client
            .ok(update, &[uuid(&created)], Some(json!({ field: "s3cret" })))
            .await;
        let read = client.ok(get, &[uuid(&created)], None).await;
        let listed = client.ok(list, &[], None).await;
        for response in [&created, &changed, &read, &listed] {
            let response = response.to_string();
            assert!(
                !response.contains("hunter2") && !response.contains("s3cret"),
                "{response}"
            );
        }
        let object = control_plane
            .find(collection, created["name"].as_str().unwrap())
            .unwrap();
        assert_eq!(stored(&object, field), "s3cret");
    }
}

#[tokio::test]
async fn registry_url_loses_its_scheme_and_images_are_counted() {
    let (_control_plane, client) = start().await;
    let [_, create, get, update, delete] = operations(Collection::RegistryCredentials);
    let body = json!({ "name": "a", "registry_url": "https://ghcr.io/", "username": "u", "password": "p" });
    let credential = client.ok(create, &[], Some(body)).await;
    assert_eq!(
        (&credential["registry_url"], &credential["image_count"]),
        (&json!("ghcr.io"), &Value::Null)
    );
    let moved = client
        .ok(
            update,
            &[uuid(&credential)],
            Some(json!({ "registry_url": "http://r.example/x" })),
        )
        .await;
    assert_eq!(moved["registry_url"], "r.example/x");
    let image = json!({
        "name": "own", "docker_image_url": "r.example/x:1", "registry_credential_uuid": uuid(&credential),
    });
    let image = client.ok("provisioning_api_create_image", &[], Some(image)).await;
    assert_eq!(image["registry_credential_name"], "a");
    assert_eq!(client.ok(get, &[uuid(&credential)], None).await["image_count"], 1);
    client.ok(delete, &[uuid(&credential)], None).await;
    let image = client
        .ok("provisioning_api_get_image", &[uuid(&image)], None)
        .await;
    assert_eq!(
        (
            &image["registry_credential_uuid"],
            &image["registry_credential_name"]
        ),
        (&Value::Null, &Value::Null)
    );
}

#[tokio::test]
async fn secrets_backend_config_is_returned_unchanged() {
    let (_control_plane, client) = start().await;
    let config = json!({ "auth_path": "kubernetes", "retries": 3, "tls": { "verify": true }, "ratio": 1.50 });
    let body = json!({ "name": "v", "backend_type": "http", "url": "https://s.example", "config": config });
    let created = client
        .ok("controlplane_api_create_secrets_backend", &[], Some(body))
        .await;
    assert_eq!(created["config"], config);
}

#[tokio::test]
async fn seed_has_two_images_with_one_name() {
    let (_control_plane, client) = start().await;
    let images = client.ok("provisioning_api_list_images", &[], None).await;
    let of_name = images
        .as_array()
        .unwrap()
        .iter()
        .filter(|image| image["name"] == "Debian 13");
    let official: Vec<&Value> = of_name.map(|image| &image["is_official"]).collect();
    assert_eq!(official, [true, false]);
}

#[tokio::test]
async fn rules_are_sorted_by_sequence_inside_their_set() {
    let (control_plane, client) = start().await;
    let set = client
        .ok(
            "controlplane_api_create_route_policy_set",
            &[],
            Some(json!({ "name": "edge" })),
        )
        .await;
    let set = uuid(&set);
    let rule = |sequence: u32| json!({ "sequence": sequence, "action": "reject" });
    let create = "controlplane_api_create_route_policy_rule";
    let last = client.ok(create, &[set], Some(rule(20))).await;
    let first = client.ok(create, &[set], Some(rule(10))).await;
    let expected = json!({
        "uuid": uuid(&first), "sequence": 10, "enabled": true, "description": "", "match_type": "any",
        "match_prefixes": [], "match_prefix_len_min": null, "match_prefix_len_max": null, "match_communities": [],
        "match_as_path_regex": "", "action": "reject", "set_local_pref": null, "set_med": null,
        "set_communities": [], "add_communities": [], "remove_communities": [], "prepend_as_count": 0,
    });
    assert_eq!(first, expected);
    let parameters = [set];
    let read = || client.ok("controlplane_api_get_route_policy_set", &parameters, None);
    let sequences = |set: &Value| {
        set["rules"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| r["sequence"].clone())
            .collect::<Value>()
    };
    assert_eq!(sequences(&read().await), json!([10, 20]));

    let detail = client.rejected(create, &[set], Some(rule(20)), 409).await;
    assert_eq!(detail, "a rule with the sequence 20 exists already");
    let update = "controlplane_api_update_route_policy_rule";
    client
        .rejected(update, &[set, uuid(&last)], Some(json!({ "sequence": 10 })), 409)
        .await;
    let moved = client
        .ok(
            update,
            &[set, uuid(&last)],
            Some(json!({ "sequence": 5, "set_med": 7 })),
        )
        .await;
    assert_eq!(
        (&moved["sequence"], &moved["set_med"], &moved["action"]),
        (&json!(5), &json!(7), &json!("reject"))
    );
    assert_eq!(sequences(&read().await), json!([5, 10]));

    let delete = "controlplane_api_delete_route_policy_rule";
    let other = client
        .ok(
            "controlplane_api_create_route_policy_set",
            &[],
            Some(json!({ "name": "core" })),
        )
        .await;
    client
        .rejected(delete, &[uuid(&other), uuid(&first)], None, 404)
        .await;
    client.ok(delete, &[set, uuid(&first)], None).await;
    client.rejected(delete, &[set, uuid(&first)], None, 404).await;
    assert_eq!(sequences(&read().await), json!([5]));

    client
        .ok("controlplane_api_delete_route_policy_set", &[set], None)
        .await;
    client
        .rejected(update, &[set, uuid(&last)], Some(json!({})), 404)
        .await;
    assert_eq!(control_plane.objects(Collection::RoutePolicySets).len(), 1);
    assert_eq!(control_plane.violations(), [""; 0]);
}
