//! Control planes that answer late or otherwise than the contract says: the settings and faults for it, seen from a client.

use std::io::Read as _;
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use harness::control_plane::{Builder, Collection, ControlPlane, Fault, FaultKind, Shape, machine_uuid};
use serde_json::{Value, json};

use crate::client::{Client, operations, start, uuid};

const LIST: &str = "controlplane_api_list_account_variables";
const CREATE: &str = "controlplane_api_create_account_variable";
const GET: &str = "controlplane_api_get_account_variable";
const UPDATE: &str = "controlplane_api_update_account_variable";
const DELETE: &str = "controlplane_api_delete_account_variable";
const CREATE_SET: &str = "controlplane_api_create_route_policy_set";
const GET_SET: &str = "controlplane_api_get_route_policy_set";
const CREATE_RULE: &str = "controlplane_api_create_route_policy_rule";
const DELETE_RULE: &str = "controlplane_api_delete_route_policy_rule";
const MACHINE: &str = "provisioning_api_get_machine";
const UPDATE_MACHINE: &str = "provisioning_api_update_machine";
const PROVISION: &str = "provisioning_api_provision_machine";
const RUN: &str = "provisioning_api_get_machine_provision";

const TIME: Duration = Duration::from_secs(5);

fn variable(name: &str) -> Value {
    json!({ "name": name, "value": "v" })
}

async fn stopped(set: impl FnOnce(Builder) -> Builder) -> (ControlPlane, Client) {
    let control_plane = set(ControlPlane::builder().stopped_clock())
        .start()
        .await
        .unwrap();
    let client = Client::new(&control_plane);
    (control_plane, client)
}

#[tokio::test]
async fn empty_processes_and_sends_the_status_alone() {
    let (control_plane, client) = start().await;
    for status in [200, 201, 202, 204] {
        control_plane.fault(Fault::parse(&format!("{CREATE}=empty:{status},times:1")).unwrap());
        let name = format!("v{status}");
        let response = client.send(CREATE, &[], Some(&variable(&name))).await.unwrap();
        assert_eq!(response.status().as_u16(), status);
        assert_eq!(response.bytes().await.unwrap().len(), 0);
        assert!(control_plane.find(Collection::Variables, &name).is_some());
    }
    // A rejection has its own status and body.
    control_plane.fault(Fault::parse(&format!("{CREATE}=empty:202")).unwrap());
    client.rejected(CREATE, &[], Some(variable("v200")), 409).await;
}

#[tokio::test]
async fn shapes_change_each_object_of_a_success() {
    let (control_plane, client) = start().await;
    let set = json!({ "name": "edge", "local_pref": 100, "advanced_mode": true });
    let created = client.ok(CREATE_SET, &[], Some(set)).await;
    client
        .ok(
            CREATE_RULE,
            &[uuid(&created)],
            Some(json!({ "sequence": 7, "action": "reject" })),
        )
        .await;
    let shaped = async |kind: &str| {
        control_plane.clear_faults();
        control_plane.fault(Fault::parse(&format!("*={kind}")).unwrap());
        client.ok(GET_SET, &[uuid(&created)], None).await
    };
    assert_eq!(shaped("only:uuid").await, json!({ "uuid": created["uuid"] }));
    let without = shaped("without:name+rules").await;
    assert_eq!((&without["name"], without.get("rules")), (&Value::Null, None));
    assert_eq!(without["local_pref"], 100);
    let null = shaped("null:name").await;
    assert_eq!(null.get("name"), Some(&Value::Null));
    let strings = shaped("numbers-as-strings").await;
    assert_eq!(
        (&strings["local_pref"], &strings["rules"][0]["sequence"]),
        (&json!("100"), &json!("7"))
    );
    assert_eq!(strings["advanced_mode"], true);
    let numbers = shaped("booleans-as-numbers").await;
    assert_eq!(
        (&numbers["advanced_mode"], &numbers["rules"][0]["enabled"]),
        (&json!(1), &json!(1))
    );
    let floats = shaped("integers-as-floats").await;
    assert_eq!(floats["local_pref"].to_string(), "100.0");
    // Lists and rejections.
    control_plane.clear_faults();
    control_plane.fault(Fault::shaped("*", Shape::Only(vec!["uuid".to_owned()])));
    let list = client
        .ok("controlplane_api_list_route_policy_sets", &[], None)
        .await;
    assert_eq!(list, json!([{ "uuid": created["uuid"] }]));
    let detail = client
        .rejected(CREATE_SET, &[], Some(json!({ "name": "edge" })), 409)
        .await;
    assert!(detail.is_string());
}

#[tokio::test]
async fn shapes_keep_the_config_of_a_secrets_backend() {
    let (control_plane, client) = start().await;
    let [_, create, get, ..] = operations(Collection::SecretsBackends);
    let backend = json!({ "name": "b", "backend_type": "http", "url": "https://x", "config": { "port": 8 } });
    let created = client.ok(create, &[], Some(backend)).await;
    control_plane.fault(Fault::shaped("*", Shape::NumbersAsStrings));
    let read = client.ok(get, &[uuid(&created)], None).await;
    assert_eq!(read["config"], json!({ "port": 8 }));
}

#[tokio::test]
async fn gzip_compresses_unless_only_identity_is_accepted() {
    let (control_plane, _) = start().await;
    control_plane.fault(Fault::new(LIST, FaultKind::Gzip));
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let get = async |accepted: Option<&str>| {
        let request = http
            .get(format!(
                "{}/api/controlplane/variables/",
                control_plane.endpoint()
            ))
            .bearer_auth(control_plane.token());
        let request = match accepted {
            Some(accepted) => request.header("accept-encoding", accepted),
            None => request,
        };
        let response = request.send().await.unwrap();
        let encoding = response.headers().get("content-encoding").cloned();
        (encoding, response.bytes().await.unwrap())
    };
    for accepted in [None, Some("gzip"), Some("identity, gzip")] {
        let (encoding, bytes) = get(accepted).await;
        assert_eq!(encoding.unwrap(), "gzip", "{accepted:?}");
        let mut body = String::new();
        GzDecoder::new(&*bytes).read_to_string(&mut body).unwrap();
        assert_eq!(body, "[]");
    }
    let (encoding, bytes) = get(Some("identity")).await;
    assert_eq!((encoding, &*bytes), (None, &b"[]"[..]));
}

#[tokio::test]
async fn connections_close_after_a_response() {
    for (kind, is_announced) in [("close-after", false), ("connection-close", true)] {
        let (control_plane, client) = start().await;
        control_plane.fault(Fault::parse(&format!("*={kind}")).unwrap());
        for number in 0..3 {
            let name = format!("v{number}");
            let response = client.send(CREATE, &[], Some(&variable(&name))).await.unwrap();
            assert_eq!(
                response.headers().contains_key("connection"),
                is_announced,
                "{kind}"
            );
            let body: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
            assert_eq!(body["name"], name);
            // The client notices the end of the connection.
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(control_plane.log().connections(), 3, "{kind}");
    }
}

#[tokio::test]
async fn document_can_fail_in_every_way() {
    let (control_plane, client) = start().await;
    let fetch = || client.send_to("GET", "/api/openapi.json", None);
    for (kind, status) in [("500", 500), ("503,html", 503), ("404,html", 404), ("404", 404)] {
        control_plane.fault(Fault::parse(&format!("openapi={kind},times:1")).unwrap());
        assert_eq!(fetch().await.unwrap().status().as_u16(), status, "{kind}");
    }
    control_plane.fault(Fault::parse("openapi=garbage,times:1").unwrap());
    let bytes = fetch().await.unwrap().bytes().await.unwrap();
    assert!(serde_json::from_slice::<Value>(&bytes).is_err());
    control_plane.fault(Fault::parse("openapi=reset-before,times:1").unwrap());
    assert!(fetch().await.is_err());
    for kind in ["delay:300ms", "slow:300ms"] {
        control_plane.fault(Fault::parse(&format!("openapi={kind},times:1")).unwrap());
        let started = Instant::now();
        fetch().await.unwrap().bytes().await.unwrap();
        assert!(started.elapsed() >= Duration::from_millis(200), "{kind}");
    }
    control_plane.fault(Fault::parse("openapi=delay:1h").unwrap());
    let hanging = tokio::time::timeout(Duration::from_millis(300), fetch()).await;
    assert!(hanging.is_err());
}

#[tokio::test]
async fn deleted_object_lingers_and_keeps_its_name() {
    let (control_plane, client) = stopped(|builder| builder.linger_time(TIME)).await;
    let created = client.ok(CREATE, &[], Some(variable("a"))).await;
    for _ in 0..2 {
        let response = client.send(DELETE, &[uuid(&created)], None).await.unwrap();
        assert_eq!(response.status().as_u16(), 202);
    }
    client.ok(GET, &[uuid(&created)], None).await;
    assert_eq!(client.ok(LIST, &[], None).await, json!([created]));
    client.rejected(CREATE, &[], Some(variable("a")), 409).await;
    control_plane.advance(TIME);
    client.rejected(GET, &[uuid(&created)], None, 404).await;
    assert_eq!(client.ok(LIST, &[], None).await, json!([]));
    assert!(control_plane.objects(Collection::Variables).is_empty());
    client.ok(CREATE, &[], Some(variable("a"))).await;
    assert_eq!(control_plane.violations(), [""; 0]);
}

#[tokio::test]
async fn deleted_rule_lingers_and_keeps_its_sequence() {
    let (control_plane, client) = stopped(|builder| builder.linger_time(TIME)).await;
    let set = client.ok(CREATE_SET, &[], Some(json!({ "name": "edge" }))).await;
    let body = json!({ "sequence": 10, "action": "reject" });
    let rule = client.ok(CREATE_RULE, &[uuid(&set)], Some(body.clone())).await;
    let place = [uuid(&set), uuid(&rule)];
    assert_eq!(client.call(DELETE_RULE, &place, None).await.0, 202);
    assert_eq!(
        client.ok(GET_SET, &[uuid(&set)], None).await["rules"],
        json!([rule])
    );
    client
        .rejected(CREATE_RULE, &[uuid(&set)], Some(body.clone()), 409)
        .await;
    control_plane.advance(TIME);
    client.rejected(DELETE_RULE, &place, None, 404).await;
    assert_eq!(client.ok(GET_SET, &[uuid(&set)], None).await["rules"], json!([]));
    client.ok(CREATE_RULE, &[uuid(&set)], Some(body)).await;
}

#[tokio::test]
async fn propagation_rejects_changes_of_a_new_object() {
    let (control_plane, client) = stopped(|builder| builder.propagation_time(TIME)).await;
    let created = client.ok(CREATE, &[], Some(variable("a"))).await;
    client.ok(GET, &[uuid(&created)], None).await;
    client
        .rejected(UPDATE, &[uuid(&created)], Some(json!({ "value": "w" })), 404)
        .await;
    client.rejected(DELETE, &[uuid(&created)], None, 404).await;
    let set = client.ok(CREATE_SET, &[], Some(json!({ "name": "edge" }))).await;
    client
        .rejected(
            CREATE_RULE,
            &[uuid(&set)],
            Some(json!({ "action": "reject" })),
            404,
        )
        .await;
    control_plane.advance(TIME);
    client
        .ok(CREATE_RULE, &[uuid(&set)], Some(json!({ "action": "reject" })))
        .await;
    client.ok(DELETE, &[uuid(&created)], None).await;
}

#[tokio::test]
async fn replication_hides_a_new_run() {
    let (control_plane, client) = stopped(|builder| builder.replication_time(TIME)).await;
    let node = machine_uuid(1);
    let started = client
        .ok(PROVISION, &[&node], Some(json!({ "mode": "rebuild" })))
        .await;
    let run = started["provision_uuid"].as_str().unwrap();
    client.rejected(RUN, &[&node, run], None, 404).await;
    control_plane.advance(TIME);
    client.ok(RUN, &[&node, run], None).await;
}

#[tokio::test]
async fn needs_provisioning_lags_behind_the_run() {
    let (control_plane, client) = stopped(|builder| builder.provisioning_lag(TIME)).await;
    let node = machine_uuid(1);
    client
        .ok(UPDATE_MACHINE, &[&node], Some(json!({ "role_names": ["base"] })))
        .await;
    let started = client
        .ok(PROVISION, &[&node], Some(json!({ "mode": "rebuild" })))
        .await;
    let run = started["provision_uuid"].as_str().unwrap();
    assert_eq!(client.ok(RUN, &[&node, run], None).await["is_terminal"], true);
    for expected in [true, false] {
        let machine = client.ok(MACHINE, &[&node], None).await;
        assert_eq!(machine["needs_provisioning"], expected);
        control_plane.advance(TIME);
    }
    // Other roles need another run, whatever the earlier one did.
    client
        .ok(PROVISION, &[&node], Some(json!({ "mode": "rebuild" })))
        .await;
    client.ok(MACHINE, &[&node], None).await;
    client
        .ok(UPDATE_MACHINE, &[&node], Some(json!({ "role_names": [] })))
        .await;
    control_plane.advance(2 * TIME);
    assert_eq!(
        client.ok(MACHINE, &[&node], None).await["needs_provisioning"],
        true
    );
}

#[tokio::test]
async fn faults_in_a_row_are_bounded_and_counted() {
    let (control_plane, client) = start().await;
    let fault = FaultKind::Respond(harness::control_plane::FaultResponse::json(503));
    control_plane.fault(Fault::new("*", fault).in_a_row(2));
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(client.call(LIST, &[], None).await.0);
    }
    assert_eq!(statuses, [503, 503, 200, 503, 503, 200]);
    // Creates of different names are different calls.
    for name in ["a", "b"] {
        assert_eq!(client.call(CREATE, &[], Some(variable(name))).await.0, 503);
    }
    let counted: Vec<usize> = control_plane.log().failures_in_a_row().into_values().collect();
    assert_eq!(counted, [2, 1, 1]);
}

#[tokio::test]
async fn certificate_of_openssl_is_its_own_authority() {
    let control_plane = ControlPlane::builder().tls_of_openssl().start().await.unwrap();
    let pem = control_plane.certificate().unwrap();
    let certificate = reqwest::Certificate::from_pem(pem.as_bytes()).unwrap();
    let http = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([certificate])
        .build()
        .unwrap();
    let client = Client::new(&control_plane).with_http(http);
    let error = client.send(LIST, &[], None).await.unwrap_err();
    assert!(format!("{error:?}").contains("CaUsedAsEndEntity"), "{error:?}");
    let http = reqwest::Client::builder()
        .no_proxy()
        .tls_danger_accept_invalid_certs(true)
        .build()
        .unwrap();
    Client::new(&control_plane)
        .with_http(http)
        .ok(LIST, &[], None)
        .await;
}
