//! The dialects, the path prefix, unknown fields, and TLS.

use harness::control_plane::{Collection, ControlPlane, Dialect, FaultResponse, machine_uuid};
use serde_json::{Value, json};

use crate::client::{Client, operations, plain_collections, uuid};

#[tokio::test]
async fn default_dialect_publishes_the_contract() {
    let control_plane = ControlPlane::builder().start().await.unwrap();
    let client = Client::new(&control_plane);
    let response = client.send_to("GET", "/api/openapi.json", None).await.unwrap();
    let document: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    let contract: Value = serde_json::from_str(include_str!("../../../data/openapi.json")).unwrap();
    assert_eq!(document, contract);
    assert_eq!(control_plane.log().count("openapi"), 1);
}

#[tokio::test]
async fn other_dialect_is_described_by_its_document() {
    let control_plane = ControlPlane::builder()
        .dialect(Dialect::Other)
        .start()
        .await
        .unwrap();
    let default = Client::new(&control_plane);
    let default_path = default
        .send("provisioning_api_list_machines", &[], None)
        .await
        .unwrap();
    assert_eq!(default_path.status(), 404);

    let response = default.send_to("GET", "/api/openapi.json", None).await.unwrap();
    let document: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    let client = default.with_document(document);
    let place = |operation: &str, parameters: &[&str]| client.place(operation, parameters);
    assert_eq!(
        place("provisioning_api_list_machines", &[]),
        ("GET".to_owned(), "/api/v2/provisioning/machines".to_owned())
    );
    assert_eq!(
        place("controlplane_api_update_route_policy_rule", &["a", "b"]),
        (
            "PUT".to_owned(),
            "/api/v2/controlplane/route-policy-sets/a/rules/b/".to_owned()
        )
    );
    assert_eq!(
        place("controlplane_api_update_account_variable", &["a"]),
        ("POST".to_owned(), "/api/v2/controlplane/variables/a/".to_owned())
    );
    for (collection, least) in plain_collections() {
        let [_, create, get, update, delete] = operations(collection);
        let created = client.ok(create, &[], Some(least)).await;
        client
            .ok(update, &[uuid(&created)], Some(json!({ "name": "renamed" })))
            .await;
        assert_eq!(client.ok(get, &[uuid(&created)], None).await["name"], "renamed");
        client.ok(delete, &[uuid(&created)], None).await;
    }
    assert_eq!(control_plane.violations(), [""; 0]);
}

#[tokio::test]
async fn old_dialect_has_old_names_and_no_document() {
    let control_plane = ControlPlane::builder()
        .dialect(Dialect::Old)
        .start()
        .await
        .unwrap();
    let client = Client::new(&control_plane);
    assert_eq!(
        client
            .send_to("GET", "/api/openapi.json", None)
            .await
            .unwrap()
            .status(),
        404
    );
    let roles = client.ok("controlplane_api_list_machine_roles", &[], None).await;
    assert_eq!(roles[0]["required_image_url"], "Ubuntu 24.04");
    assert_eq!(roles[0].get("required_image_name"), None);

    let mesh = json!({ "name": "prod", "network_cidr": "10.0.0.0/24" });
    let mesh = client
        .ok("controlplane_api_create_mesh_network", &[], Some(mesh))
        .await;
    let join = json!({ "mesh_network_uuid": mesh["uuid"] });
    let machine = client
        .ok("provisioning_api_update_machine", &[&machine_uuid(1)], Some(join))
        .await;
    assert_eq!(
        (machine.get("mesh_ip_address"), &machine["wg_ip_address"]),
        (None, &json!("10.0.0.1"))
    );

    let mode = Some(json!({ "mode": "rebuild" }));
    let run = client
        .ok("provisioning_api_provision_machine", &[&machine_uuid(1)], mode)
        .await;
    let run = run["provision_uuid"].as_str().unwrap();
    let run = client
        .ok(
            "provisioning_api_get_machine_provision",
            &[&machine_uuid(1), run],
            None,
        )
        .await;
    assert_eq!(
        (run.get("is_terminal"), &run["status"]),
        (None, &json!("completed"))
    );
}

#[tokio::test]
async fn prefix_applies_to_every_path_but_not_to_the_document() {
    let control_plane = ControlPlane::builder().prefix("durantic/").start().await.unwrap();
    assert!(
        control_plane.endpoint().ends_with("/durantic"),
        "{}",
        control_plane.endpoint()
    );
    let client = Client::new(&control_plane);
    client.ok("provisioning_api_list_machines", &[], None).await;
    assert_eq!(
        client
            .send_to("GET", "/api/openapi.json", None)
            .await
            .unwrap()
            .status(),
        200
    );
    let bare = control_plane.endpoint().trim_end_matches("/durantic");
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    assert_eq!(
        http.get(format!("{bare}/api/openapi.json"))
            .send()
            .await
            .unwrap()
            .status(),
        404
    );
}

#[tokio::test]
async fn path_outside_of_the_prefix_has_a_chosen_response() {
    let control_plane = ControlPlane::builder().prefix("durantic").start().await.unwrap();
    let client = Client::new(&control_plane);
    let root = control_plane.endpoint().replace("/durantic", "");
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let list = "/api/controlplane/variables/";
    let responses = [
        (None, "<html>"),
        (Some(FaultResponse::message(404)), "{\"message\":"),
        (Some(FaultResponse::json(404)), "{\"detail\":"),
    ];
    for (response, body) in responses {
        if let Some(response) = response {
            control_plane.answer_elsewhere(response);
        }
        let outside = http
            .get(format!("{root}/other{list}"))
            .bearer_auth(control_plane.token());
        let outside = outside.send().await.unwrap();
        assert_eq!(outside.status(), 404);
        assert!(outside.text().await.unwrap().starts_with(body), "{body}");
    }
    assert_eq!(client.send_to("GET", list, None).await.unwrap().status(), 200);
}

#[tokio::test]
async fn unknown_fields_are_added_to_every_object() {
    let control_plane = ControlPlane::builder().unknown_fields().start().await.unwrap();
    let client = Client::new(&control_plane);
    let config = json!({ "inner": { "a": 1 } });
    let body = json!({ "name": "v", "backend_type": "vault", "url": "u", "config": config });
    let backend = client
        .ok("controlplane_api_create_secrets_backend", &[], Some(body))
        .await;
    assert_eq!(backend["config"], config);
    assert!(backend.get("field_of_a_later_version").is_some());
    let body = json!({ "name": "a", "address": "::1", "machine_uuids": [machine_uuid(1)] });
    let vip = client.ok("controlplane_api_create_vip", &[], Some(body)).await;
    assert!(vip["machines"][0].get("field_of_a_later_version").is_some());
    assert_eq!(control_plane.violations(), [""; 0]);
}

#[tokio::test]
async fn tls_offers_http_2() {
    let control_plane = ControlPlane::builder().tls().start().await.unwrap();
    let certificate =
        reqwest::Certificate::from_pem(control_plane.certificate().unwrap().as_bytes()).unwrap();
    let client = Client::new(&control_plane);
    let distrusted = client
        .send("provisioning_api_list_images", &[], None)
        .await
        .unwrap_err();
    assert!(distrusted.is_connect(), "{distrusted}");
    let http = reqwest::Client::builder()
        .no_proxy()
        .add_root_certificate(certificate)
        .build()
        .unwrap();
    let client = client.with_http(http);
    let response = client
        .send("provisioning_api_list_images", &[], None)
        .await
        .unwrap();
    assert_eq!(response.version(), reqwest::Version::HTTP_2);
    assert_eq!(control_plane.log().all()[0].http_version, "HTTP/2.0");
    assert_eq!(control_plane.objects(Collection::Images).len(), 4);
}
