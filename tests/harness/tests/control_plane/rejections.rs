//! Every documented error response.

use harness::control_plane::{Collection, machine_uuid};
use serde_json::{Value, json};

use crate::client::{Client, operations, plain_collections, start, uuid};

const MISSING_UUID: &str = "ffffffff-ffff-4fff-8fff-ffffffffffff";

#[tokio::test]
async fn duplicate_name_is_a_conflict() {
    let (_control_plane, client) = start().await;
    for (collection, least) in plain_collections() {
        let [_, create, _, update, _] = operations(collection);
        client.ok(create, &[], Some(least.clone())).await;
        let mut other = least.clone();
        if collection == Collection::MeshNetworks {
            other["network_cidr"] = json!("10.9.0.0/24");
        }
        let detail = client.rejected(create, &[], Some(other.clone()), 409).await;
        let name = least["name"].as_str().unwrap();
        assert!(
            detail
                .as_str()
                .unwrap()
                .ends_with(&format!("with the name '{name}' exists already")),
            "{detail}"
        );
        other["name"] = json!("other");
        let created = client.ok(create, &[], Some(other)).await;
        client
            .rejected(update, &[uuid(&created)], Some(json!({ "name": name })), 409)
            .await;
        // A renamed object leaves its name to others.
        client
            .ok(update, &[uuid(&created)], Some(json!({ "name": "renamed" })))
            .await;
        let mut third = least;
        third["name"] = json!("other");
        if collection == Collection::MeshNetworks {
            third["network_cidr"] = json!("10.10.0.0/24");
        }
        client.ok(create, &[], Some(third)).await;
    }
}

#[tokio::test]
async fn missing_object_is_not_found() {
    let (_control_plane, client) = start().await;
    for (collection, _) in plain_collections() {
        let [_, _, get, update, delete] = operations(collection);
        assert_eq!(
            client.rejected(get, &[MISSING_UUID], None, 404).await,
            "Not Found"
        );
        client
            .rejected(update, &[MISSING_UUID], Some(json!({})), 404)
            .await;
        client.rejected(delete, &[MISSING_UUID], None, 404).await;
    }
    let machine = machine_uuid(1);
    client
        .rejected("provisioning_api_get_image", &[MISSING_UUID], None, 404)
        .await;
    client
        .rejected("provisioning_api_get_machine", &[MISSING_UUID], None, 404)
        .await;
    client
        .rejected(
            "provisioning_api_update_machine",
            &[MISSING_UUID],
            Some(json!({})),
            404,
        )
        .await;
    let mode = || Some(json!({ "mode": "rebuild" }));
    client
        .rejected("provisioning_api_provision_machine", &[MISSING_UUID], mode(), 404)
        .await;
    client
        .rejected(
            "provisioning_api_get_machine_provision",
            &[&machine, MISSING_UUID],
            None,
            404,
        )
        .await;
    let rule = Some(json!({ "action": "accept" }));
    client
        .rejected(
            "controlplane_api_create_route_policy_rule",
            &[MISSING_UUID],
            rule,
            404,
        )
        .await;
}

#[tokio::test]
async fn invalid_token_is_unauthorized() {
    let (control_plane, client) = start().await;
    control_plane.accept_token("dur_second");
    let list = "provisioning_api_list_images";
    client.ok(list, &[], None).await;
    let second = Client::new(&control_plane).with_token("dur_second");
    second.ok(list, &[], None).await;
    control_plane.revoke_token("dur_second");
    assert_eq!(second.rejected(list, &[], None, 401).await, "Unauthorized");
    client.ok(list, &[], None).await;
    let url = format!("{}/api/provisioning/images/", control_plane.endpoint());
    let bare = reqwest::Client::builder()
        .no_proxy()
        .build()
        .unwrap()
        .get(url)
        .send()
        .await
        .unwrap();
    assert_eq!(bare.status(), 401);
    let entries = control_plane.log().of(list);
    assert_eq!(
        entries
            .iter()
            .map(|entry| entry.has_authorization)
            .collect::<Vec<_>>(),
        [true, true, true, true, false]
    );
}

#[tokio::test]
async fn invalid_body_reports_every_fault() {
    let (control_plane, client) = start().await;
    let vip = |body| client.rejected("controlplane_api_create_vip", &[], Some(body), 422);
    let fault = |kind: &str, field: Value, message: &str| {
        let mut location = vec![json!("body"), json!("payload")];
        location.extend(field.as_array().unwrap().clone());
        json!({ "type": kind, "loc": location, "msg": message })
    };
    assert_eq!(
        vip(json!({})).await,
        json!([
            fault("missing", json!(["name"]), "Field required"),
            fault("missing", json!(["address"]), "Field required"),
        ])
    );
    let with = |field: &str, value: Value| {
        let mut body = json!({ "name": "a", "address": "192.0.2.1" });
        body[field] = value;
        vip(body)
    };
    assert_eq!(
        with("name", json!(7)).await,
        json!([fault(
            "string_type",
            json!(["name"]),
            "Input should be a valid string"
        )])
    );
    assert_eq!(with("name", Value::Null).await[0]["type"], "string_type");
    assert_eq!(
        with("health_check_type", json!("icmp")).await[0]["type"],
        "literal_error"
    );
    assert_eq!(
        with("health_check_interval_seconds", json!(2_147_483_648_u32)).await,
        json!([fault(
            "less_than_equal",
            json!(["health_check_interval_seconds"]),
            "Input should be less than or equal to 2147483647"
        )])
    );
    assert_eq!(
        with("health_check_interval_seconds", json!(-2_147_483_649_i64)).await[0]["type"],
        "greater_than_equal"
    );
    assert_eq!(
        with("machine_uuids", json!([machine_uuid(1), "node-1"])).await,
        json!([fault(
            "value_error",
            json!(["machine_uuids", 1]),
            "Input should be a valid uuid"
        )])
    );
    // For a nullable value the fault of the value is reported, not that no schema of the union matches.
    let role = json!({ "name": "web", "image_uuid": 7 });
    let detail = client
        .rejected("controlplane_api_create_machine_role", &[], Some(role), 422)
        .await;
    assert_eq!(detail[0]["loc"], json!(["body", "payload", "image_uuid"]));
    assert_eq!(detail[0]["type"], "string_type");
    let mode = json!({ "mode": "explode" });
    let detail = client
        .rejected(
            "provisioning_api_provision_machine",
            &[&machine_uuid(1)],
            Some(mode),
            422,
        )
        .await;
    assert_eq!(detail[0]["loc"], json!(["body", "payload", "mode"]));
    assert_eq!(control_plane.violations(), [""; 0]);
}

#[tokio::test]
async fn malformed_body_or_parameter_is_rejected() {
    let (control_plane, client) = start().await;
    let detail = client
        .rejected("controlplane_api_get_vip", &["not-a-uuid"], None, 422)
        .await;
    assert_eq!(detail[0]["loc"], json!(["path", "uuid"]));
    let url = format!("{}/api/controlplane/vips/", control_plane.endpoint());
    let request = reqwest::Client::builder()
        .no_proxy()
        .build()
        .unwrap()
        .post(url)
        .bearer_auth(control_plane.token());
    let response = request.body("{\"name\": ").send().await.unwrap();
    assert_eq!(response.status(), 400);
    assert_eq!(
        response.text().await.unwrap(),
        "{\"detail\":\"Cannot parse request body\"}"
    );
}

#[tokio::test]
async fn invalid_value_is_a_bad_request() {
    let (control_plane, client) = start().await;
    let create = |collection| operations(collection)[1];
    let mesh = |cidr: &str| {
        (
            create(Collection::MeshNetworks),
            json!({ "name": "m", "network_cidr": cidr }),
        )
    };
    let cases = [
        mesh("10.0.0.5/24"),
        mesh("198.51.100.0/24"),
        mesh("172.32.0.0/16"),
        mesh("10.0.0.0"),
        mesh("fd00::/8"),
        mesh("prod"),
        (
            create(Collection::Vips),
            json!({ "name": "v", "address": "10.0.0" }),
        ),
        (create(Collection::Routes), json!({ "name": "r", "prefixes": [] })),
        (
            create(Collection::Routes),
            json!({ "name": "r", "prefixes": ["192.0.2.0/24", "192.0.2.0/33"] }),
        ),
        (
            create(Collection::Routes),
            json!({ "name": "r", "prefixes": ["::/0"], "machine_uuids": [MISSING_UUID] }),
        ),
        (
            create(Collection::MachineRoles),
            json!({ "name": "r", "image_uuid": MISSING_UUID }),
        ),
        (
            create(Collection::MachineRoles),
            json!({ "name": "r", "vip_uuid": MISSING_UUID }),
        ),
        (
            create(Collection::Images),
            json!({ "name": "i", "docker_image_url": "u", "registry_credential_uuid": MISSING_UUID }),
        ),
    ];
    for (operation, body) in cases {
        let detail = client.rejected(operation, &[], Some(body.clone()), 400).await;
        assert!(detail.is_string(), "{body} is rejected with {detail}");
    }
    for body in [
        json!({ "role_names": ["missing"] }),
        json!({ "mesh_network_uuid": MISSING_UUID }),
    ] {
        client
            .rejected(
                "provisioning_api_update_machine",
                &[&machine_uuid(1)],
                Some(body),
                400,
            )
            .await;
    }
    assert_eq!(control_plane.violations(), [""; 0]);
}

#[tokio::test]
async fn duplicate_cidr_is_a_conflict() {
    let (_control_plane, client) = start().await;
    let create = |name: &str| json!({ "name": name, "network_cidr": "192.168.0.0/16" });
    client
        .ok("controlplane_api_create_mesh_network", &[], Some(create("a")))
        .await;
    let detail = client
        .rejected(
            "controlplane_api_create_mesh_network",
            &[],
            Some(create("b")),
            409,
        )
        .await;
    assert_eq!(
        detail,
        "a mesh network with the CIDR '192.168.0.0/16' exists already"
    );
}

#[tokio::test]
async fn network_and_vip_in_use_cannot_be_deleted_if_guarded() {
    let (control_plane, client) = start().await;
    let network = json!({ "name": "mesh", "network_cidr": "10.9.0.0/24" });
    let network = client
        .ok("controlplane_api_create_mesh_network", &[], Some(network))
        .await;
    let vip = json!({ "name": "vip", "address": "192.0.2.9" });
    let vip = client.ok("controlplane_api_create_vip", &[], Some(vip)).await;
    let joined = json!({ "mesh_network_uuid": uuid(&network) });
    client
        .ok(
            "provisioning_api_update_machine",
            &[&machine_uuid(2)],
            Some(joined),
        )
        .await;
    let role = json!({ "name": "web", "vip_uuid": uuid(&vip) });
    client
        .ok("controlplane_api_create_machine_role", &[], Some(role))
        .await;
    control_plane.guard_everything();
    for (delete, object, expected) in [
        (
            "controlplane_api_delete_mesh_network",
            &network,
            "the mesh network 'mesh' is used by a machine 'node-2' and cannot be deleted",
        ),
        (
            "controlplane_api_delete_vip",
            &vip,
            "the VIP 'vip' is used by a machine role 'web' and cannot be deleted",
        ),
    ] {
        assert_eq!(
            client.rejected(delete, &[uuid(object)], None, 409).await,
            expected
        );
    }
}

#[tokio::test]
async fn role_in_use_or_official_cannot_be_deleted() {
    let (_control_plane, client) = start().await;
    let delete = "controlplane_api_delete_machine_role";
    let role = client
        .ok(
            "controlplane_api_create_machine_role",
            &[],
            Some(json!({ "name": "web" })),
        )
        .await;
    let assign = |roles: Value| Some(json!({ "role_names": roles }));
    client
        .ok(
            "provisioning_api_update_machine",
            &[&machine_uuid(2)],
            assign(json!(["web"])),
        )
        .await;
    let detail = client.rejected(delete, &[uuid(&role)], None, 409).await;
    assert_eq!(
        detail,
        "the role 'web' is assigned to the machine 'node-2' and cannot be deleted"
    );
    client
        .ok(
            "provisioning_api_update_machine",
            &[&machine_uuid(2)],
            assign(json!([])),
        )
        .await;
    client.ok(delete, &[uuid(&role)], None).await;

    let official = "30000000-0000-4000-8000-000000000001";
    client.rejected(delete, &[official], None, 400).await;
    let change = Some(json!({ "merge_priority": 1 }));
    client
        .rejected("controlplane_api_update_machine_role", &[official], change, 400)
        .await;
}

#[tokio::test]
async fn unknown_path_or_method_returns_an_html_page() {
    let (_control_plane, client) = start().await;
    for (method, path, status) in [
        ("GET", "/api/provisioning/machines", 404),
        ("GET", "/api/provisioning/machines/x/", 404),
        ("GET", "/nowhere", 404),
        (
            "DELETE",
            "/api/provisioning/machines/00000000-0000-4000-8000-000000000001",
            405,
        ),
        ("POST", "/api/provisioning/machines/", 405),
    ] {
        let response = client.send_to(method, path, None).await.unwrap();
        assert_eq!(response.status(), status, "{method} {path}");
        assert_eq!(response.headers()["content-type"], "text/html");
    }
}
