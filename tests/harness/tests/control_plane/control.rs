//! The log, the control over HTTP, changes outside of the API, and the start and end of a control plane.

use std::sync::Arc;
use std::time::{Duration, Instant};

use harness::control_plane::{Collection, ControlPlane, Object, Outcome, machine_uuid};
use serde_json::{Value, json};

use crate::client::{Client, start, stored, uuid};

const LIST: &str = "provisioning_api_list_images";
const CREATE: &str = "controlplane_api_create_account_secret";

async fn control(client: &Client, method: &str, path: &str, body: Option<Value>) -> Value {
    let response = client.send_to(method, path, body.as_ref()).await.unwrap();
    assert!(
        response.status().is_success(),
        "{method} {path}: {}",
        response.status()
    );
    serde_json::from_str(&response.text().await.unwrap()).unwrap_or(Value::Null)
}

#[tokio::test]
async fn log_has_the_sent_body_and_redacts_secrets() {
    let (control_plane, client) = start().await;
    let http = reqwest::Client::builder()
        .no_proxy()
        .user_agent("provider/1")
        .build()
        .unwrap();
    let url = format!("{}/api/controlplane/secrets/", control_plane.endpoint());
    let body = json!({ "name": "ROOT", "value": "hunter2" });
    let request = http
        .post(url)
        .bearer_auth(control_plane.token())
        .header("x-request-id", "r-1");
    let response = request
        .header("content-type", "application/json")
        .body(body.to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(response.headers()["x-request-id"], "r-1");

    let entry = control_plane.log().of(CREATE).remove(0);
    assert_eq!(entry.body, Some(body));
    assert_eq!(
        (entry.method.as_str(), entry.path.as_str()),
        ("POST", "/api/controlplane/secrets/")
    );
    assert_eq!(
        (entry.status, entry.processed, entry.has_authorization),
        (Some(201), true, true)
    );
    assert_eq!(
        (entry.request_id.as_deref(), entry.user_agent.as_deref()),
        (Some("r-1"), Some("provider/1"))
    );
    assert_eq!(
        format!("{entry:?}"),
        "POST /api/controlplane/secrets/ → Some(201) {\"name\":\"ROOT\",\"value\":\"(sensitive)\"}"
    );
    let shown = control(&client, "GET", &format!("/_control/log?operation={CREATE}"), None).await;
    assert_eq!(
        shown[0]["body"],
        json!({ "name": "ROOT", "value": "(sensitive)" })
    );
    assert_eq!(control_plane.log().changes().len(), 1);
    control(&client, "DELETE", "/_control/log", None).await;
    assert!(control_plane.log().all().is_empty());
}

#[tokio::test]
async fn wait_for_returns_after_the_expected_requests() {
    let (control_plane, client) = start().await;
    let control_plane = Arc::new(control_plane);
    let waiting = tokio::spawn({
        let control_plane = Arc::clone(&control_plane);
        async move {
            control_plane.log().wait_for(LIST, 3).await;
            control_plane.log().count(LIST)
        }
    });
    for _ in 0..3 {
        client.ok(LIST, &[], None).await;
    }
    assert_eq!(waiting.await.unwrap(), 3);
    assert_eq!(
        (
            control_plane.log().connections(),
            control_plane.log().peak_in_flight()
        ),
        (1, 1)
    );
}

#[tokio::test]
async fn control_endpoints_set_faults_outcomes_and_time() {
    let control_plane = ControlPlane::builder()
        .stopped_clock()
        .install_time(Duration::from_mins(1))
        .start()
        .await
        .unwrap();
    let client = Client::new(&control_plane);
    let fault = json!({ "fault": format!("{LIST}=503,times:1") });
    control(&client, "POST", "/_control/faults", Some(fault)).await;
    client.rejected(LIST, &[], None, 503).await;
    let faults = control(&client, "GET", "/_control/faults", None).await;
    assert!(
        faults["faults"][0].as_str().unwrap().ends_with("hit 1"),
        "{faults}"
    );
    control(&client, "DELETE", "/_control/faults", None).await;
    assert_eq!(
        control(&client, "GET", "/_control/faults", None).await["faults"],
        json!([])
    );
    let rejected = client
        .send_to("POST", "/_control/faults", Some(&json!({ "fault": "nonsense" })))
        .await
        .unwrap();
    assert_eq!(rejected.status(), 400);

    let machine = machine_uuid(1);
    let outcome = json!({ "outcome": "degraded" });
    control(
        &client,
        "POST",
        &format!("/_control/machines/{machine}/outcome"),
        Some(outcome),
    )
    .await;
    client
        .ok(
            "provisioning_api_provision_machine",
            &[&machine],
            Some(json!({ "mode": "rebuild" })),
        )
        .await;
    control(
        &client,
        "POST",
        "/_control/advance",
        Some(json!({ "time": "1m" })),
    )
    .await;
    let runs = control(&client, "GET", "/_control/runs", None).await;
    assert_eq!(
        (&runs[0]["hostname"], &runs[0]["status"]),
        (&json!("node-1"), &json!("degraded"))
    );
    let machines = control(&client, "GET", "/_control/machines", None).await;
    assert_eq!(machines[2]["needs_full_reboot"], true);
    assert_eq!(
        control(&client, "GET", "/_control/violations", None).await,
        json!([])
    );
}

#[tokio::test]
async fn changes_outside_of_the_api_take_effect() {
    let (control_plane, client) = start().await;
    let mut object = Object::new();
    object.insert("name".to_owned(), json!("region"));
    object.insert("value".to_owned(), json!("eu"));
    let created = control_plane
        .create(Collection::Variables, object.clone())
        .unwrap();
    assert_eq!(
        control_plane
            .create(Collection::Variables, object)
            .unwrap_err()
            .status,
        409
    );
    let variable = stored(&created, "uuid").as_str().unwrap();
    let change = |variable: &mut Object| {
        variable.insert("value".to_owned(), json!("us"));
    };
    control_plane
        .update(Collection::Variables, variable, change)
        .unwrap();
    let read = client
        .ok("controlplane_api_get_account_variable", &[variable], None)
        .await;
    assert_eq!((uuid(&read), &read["value"]), (variable, &json!("us")));
    assert!(control_plane.find(Collection::Variables, "region").is_some());
    control_plane.delete(Collection::Variables, variable).unwrap();
    client
        .rejected("controlplane_api_get_account_variable", &[variable], None, 404)
        .await;
    assert_eq!(
        control_plane
            .delete(Collection::Variables, variable)
            .unwrap_err()
            .status,
        404
    );

    // Even a role in use can be deleted, as with access to the database.
    let mut role = Object::new();
    role.insert("name".to_owned(), json!("web"));
    let role = control_plane.create(Collection::MachineRoles, role).unwrap();
    let assign = |machine: &mut Object| {
        machine.insert("role_names".to_owned(), json!(["web"]));
    };
    control_plane
        .update(Collection::Machines, &machine_uuid(1), assign)
        .unwrap();
    control_plane
        .delete(Collection::MachineRoles, stored(&role, "uuid").as_str().unwrap())
        .unwrap();

    let run = control_plane.start_run(&machine_uuid(1)).unwrap();
    control_plane.end_run(&run, Outcome::Completed).unwrap();
    assert_eq!(control_plane.runs()[0].status, "completed");
    assert_eq!(
        control_plane.find(Collection::Machines, "node-2"),
        control_plane.machine(&machine_uuid(2))
    );
}

#[tokio::test]
async fn seed_is_read_from_a_file_and_reports_errors() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("seed.json");
    let seed = |text: &str| {
        std::fs::write(&file, text).unwrap();
        ControlPlane::builder().seed(&file).start()
    };
    let uuid = machine_uuid(7);
    let started = seed(&json!({ "machines": [{ "uuid": uuid, "hostname": "lone" }] }).to_string())
        .await
        .unwrap();
    assert_eq!(started.objects(Collection::Machines).len(), 1);
    assert_eq!(started.objects(Collection::Images).len(), 0);
    for (text, message) in [
        (
            "[]",
            "the seed is not a JSON object with a list of objects for each collection",
        ),
        (
            "{\"machine\": []}",
            "the seed has an unknown collection `machine`",
        ),
        (
            "{\"machines\": [{\"hostname\": \"a\", \"role_names\": [\"x\"]}]}",
            "the seed has an invalid object",
        ),
    ] {
        assert_eq!(seed(text).await.err().unwrap().to_string(), message);
    }
}

#[tokio::test]
async fn drop_closes_all_connections() {
    let (control_plane, client) = start().await;
    client.ok(LIST, &[], None).await;
    drop(control_plane);
    assert!(client.send(LIST, &[], None).await.is_err());
}

#[test]
fn control_plane_responds_to_a_blocked_test_thread() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let control_plane = runtime.block_on(ControlPlane::builder().start()).unwrap();
    let other = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    other.block_on(async { Client::new(&control_plane).ok(LIST, &[], None).await });
}

/// A thousand machines poll at the same time. The control plane must not be the bottleneck.
#[tokio::test]
async fn a_thousand_machines_poll_in_parallel() {
    let control_plane = ControlPlane::builder()
        .machines(1000)
        .stopped_clock()
        .install_time(Duration::from_mins(1))
        .start()
        .await
        .unwrap();
    let client = Arc::new(Client::new(&control_plane));
    let start = Instant::now();
    let mut machines = tokio::task::JoinSet::new();
    for number in 1..=1000 {
        let client = Arc::clone(&client);
        machines.spawn(async move {
            let machine = machine_uuid(number);
            let mode = Some(json!({ "mode": "rebuild" }));
            let run = client
                .ok("provisioning_api_provision_machine", &[&machine], mode)
                .await;
            let run = run["provision_uuid"].as_str().unwrap();
            for _ in 0..3 {
                let run = client
                    .ok("provisioning_api_get_machine_provision", &[&machine, run], None)
                    .await;
                assert_eq!(run["status"], "pending");
            }
        });
    }
    machines.join_all().await;
    assert_eq!(
        control_plane
            .log()
            .count("provisioning_api_get_machine_provision"),
        3000
    );
    println!("4000 requests in {:?}", start.elapsed());
    assert_eq!(control_plane.violations(), [""; 0]);
}
