//! Every kind of fault, seen from a client.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use harness::control_plane::{Collection, ControlPlane, Fault, FaultKind, FaultResponse};
use serde_json::{Value, json};

use crate::client::{Client, start};

const LIST: &str = "controlplane_api_list_account_variables";
const CREATE: &str = "controlplane_api_create_account_variable";

/// Sends a create over a plain socket, and returns the bytes until the end and the result of the last read.
fn raw_create(control_plane: &ControlPlane) -> (Vec<u8>, std::io::Result<()>) {
    let address = control_plane.endpoint().strip_prefix("http://").unwrap();
    let body = json!({ "name": "region", "value": "eu" }).to_string();
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST /api/controlplane/variables/ HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        control_plane.token(),
        body.len(),
    )
    .unwrap();
    let mut bytes = Vec::new();
    let end = stream.read_to_end(&mut bytes).map(drop);
    (bytes, end)
}

/// The number of variables.
fn count_variables(control_plane: &ControlPlane) -> usize {
    control_plane.objects(Collection::Variables).len()
}

#[tokio::test]
async fn reset_before_sends_a_tcp_reset_without_processing() {
    let (control_plane, _) = start().await;
    control_plane.fault(Fault::new(CREATE, FaultKind::ResetBefore).times(1));
    let (bytes, end) = raw_create(&control_plane);
    assert_eq!(bytes, b"");
    assert_eq!(end.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(count_variables(&control_plane), 0);
    let entry = control_plane.log().of(CREATE).remove(0);
    assert_eq!((entry.status, entry.processed), (None, false));
    assert_eq!(entry.fault.as_deref(), Some("reset before processing"));
}

#[tokio::test]
async fn reset_after_loses_only_the_response() {
    let (control_plane, _) = start().await;
    control_plane.fault(Fault::new(CREATE, FaultKind::ResetAfter).times(1));
    let (bytes, end) = raw_create(&control_plane);
    assert_eq!(bytes, b"");
    assert_eq!(end.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(count_variables(&control_plane), 1);
    let entry = control_plane.log().of(CREATE).remove(0);
    assert_eq!((entry.status, entry.processed), (None, true));
    assert_eq!(control_plane.log().count_processed(CREATE), 1);
}

#[tokio::test]
async fn truncated_sends_half_of_the_body() {
    let (control_plane, _) = start().await;
    control_plane.fault(Fault::new(CREATE, FaultKind::Truncated).times(1));
    let (bytes, _) = raw_create(&control_plane);
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .unwrap();
    assert_eq!(body.len(), length.parse::<usize>().unwrap() / 2);
    assert!(head.starts_with("HTTP/1.1 201 "), "{head}");
    assert_eq!(count_variables(&control_plane), 1);
}

#[tokio::test]
async fn truncated_is_an_error_for_a_client() {
    let (control_plane, client) = start().await;
    control_plane.fault(Fault::new(LIST, FaultKind::Truncated));
    control_plane.fault(Fault::new(
        "controlplane_api_delete_account_variable",
        FaultKind::Truncated,
    ));
    let response = client.send(LIST, &[], None).await.unwrap();
    assert!(response.text().await.is_err());
    // A response without a body cannot be truncated: the connection is reset instead.
    let created = client
        .ok(CREATE, &[], Some(json!({ "name": "a", "value": "" })))
        .await;
    let uuid = created["uuid"].as_str().unwrap();
    assert!(
        client
            .send("controlplane_api_delete_account_variable", &[uuid], None)
            .await
            .is_err()
    );
    assert_eq!(count_variables(&control_plane), 0);
}

#[tokio::test]
async fn respond_sends_status_headers_and_body() {
    let (control_plane, client) = start().await;
    control_plane.fault(Fault::status(LIST, 429).header("retry-after", "7").times(1));
    control_plane.fault(Fault::html(LIST, 502).times(1));
    control_plane.fault(Fault::redirect(LIST, 307, "http://127.0.0.1:9/elsewhere").times(1));
    let response = FaultResponse {
        status: http::StatusCode::OK,
        headers: vec![],
        body: b"[1".to_vec(),
        processed: false,
    };
    control_plane.fault(Fault::new(LIST, FaultKind::Respond(response)).times(1));

    let limited = client.send(LIST, &[], None).await.unwrap();
    assert_eq!(
        (limited.status().as_u16(), &limited.headers()["retry-after"]),
        (429, &"7".parse().unwrap())
    );
    assert_eq!(
        limited.text().await.unwrap(),
        "{\"detail\":\"Too Many Requests\"}"
    );
    let page = client.send(LIST, &[], None).await.unwrap();
    assert_eq!(
        (page.status().as_u16(), &page.headers()["content-type"]),
        (502, &"text/html".parse().unwrap())
    );
    assert!(page.text().await.unwrap().contains("<h1>502 Bad Gateway</h1>"));
    let redirect = reqwest::redirect::Policy::none();
    let http = reqwest::Client::builder()
        .no_proxy()
        .redirect(redirect)
        .build()
        .unwrap();
    let client = client.with_http(http);
    let moved = client.send(LIST, &[], None).await.unwrap();
    assert_eq!(moved.headers()["location"], "http://127.0.0.1:9/elsewhere");
    assert_eq!(
        client.send(LIST, &[], None).await.unwrap().text().await.unwrap(),
        "[1"
    );
    client.ok(LIST, &[], None).await;
}

#[tokio::test]
async fn respond_sends_the_chosen_detail_or_message() {
    let (control_plane, client) = start().await;
    control_plane.fault(Fault::detail(LIST, 409, "not until Monday").times(1));
    control_plane.fault(Fault::message(LIST, 404).times(1));
    control_plane.fault(Fault::status(LIST, 410).times(1));
    let bodies = [
        (409, json!({ "detail": "not until Monday" })),
        (404, json!({ "message": "Not Found: no route matched" })),
        (410, json!({ "detail": "Gone" })),
        (200, json!([])),
    ];
    for expected in bodies {
        assert_eq!(client.call(LIST, &[], None).await, expected);
    }
}

#[tokio::test]
async fn processed_performs_the_request_behind_a_504() {
    let (control_plane, client) = start().await;
    control_plane.fault(Fault::html(CREATE, 504).processed().times(1));
    let (status, _) = client
        .call(CREATE, &[], Some(json!({ "name": "a", "value": "" })))
        .await;
    assert_eq!((status, count_variables(&control_plane)), (504, 1));
    assert_eq!(control_plane.log().count_processed(CREATE), 1);
}

#[tokio::test]
async fn garbage_is_not_json() {
    let (control_plane, client) = start().await;
    control_plane.fault(Fault::new(LIST, FaultKind::Garbage).times(1));
    let response = client.send(LIST, &[], None).await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(serde_json::from_slice::<Value>(&response.bytes().await.unwrap()).is_err());
}

#[tokio::test]
async fn huge_sends_a_body_of_this_size() {
    let (control_plane, client) = start().await;
    for size in [2, 200_000] {
        control_plane.fault(Fault::new(LIST, FaultKind::Huge(size)).times(1));
        let response = client.send(LIST, &[], None).await.unwrap();
        assert_eq!(response.content_length(), None);
        let body = response.bytes().await.unwrap();
        assert_eq!(body.len(), size);
        assert!(serde_json::from_slice::<String>(&body).is_ok());
    }
}

#[tokio::test]
async fn slow_and_delay_send_the_whole_body() {
    let (control_plane, client) = start().await;
    let pause = Duration::from_millis(160);
    let created = client
        .ok(CREATE, &[], Some(json!({ "name": "a", "value": "" })))
        .await;
    for kind in [FaultKind::Slow(pause), FaultKind::Delay(pause)] {
        control_plane.fault(Fault::new(LIST, kind).times(1));
        let start = Instant::now();
        assert_eq!(client.ok(LIST, &[], None).await, json!([created]));
        assert!(start.elapsed() >= pause / 2, "{:?}", start.elapsed());
    }
}

#[tokio::test]
async fn delay_processes_a_request_that_the_client_aborts() {
    let (control_plane, client) = start().await;
    control_plane.fault(Fault::new(CREATE, FaultKind::Delay(Duration::from_hours(1))));
    let http = reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_millis(200))
        .build()
        .unwrap();
    let client = client.with_http(http);
    let body = json!({ "name": "a", "value": "" });
    assert!(
        client
            .send(CREATE, &[], Some(&body))
            .await
            .unwrap_err()
            .is_timeout()
    );
    assert_eq!(
        (
            count_variables(&control_plane),
            control_plane.log().count_processed(CREATE)
        ),
        (1, 1)
    );
}

#[tokio::test]
async fn rewrite_changes_the_response() {
    let (control_plane, client) = start().await;
    let rewrite = |body: &mut Value| body[0]["uuid"] = json!("../../x");
    let rewrite = FaultKind::Rewrite(std::sync::Arc::new(rewrite));
    control_plane.fault(Fault::new("provisioning_api_list_machines", rewrite));
    let machines = client.ok("provisioning_api_list_machines", &[], None).await;
    assert_eq!(machines[0]["uuid"], "../../x");
    assert_eq!(control_plane.violations(), [""; 0]);
}

#[tokio::test]
async fn next_fault_respects_operation_skip_and_times() {
    let (control_plane, client) = start().await;
    control_plane.fault(Fault::status(LIST, 503).skip(2).times(2));
    control_plane.fault(Fault::status("*", 500).times(1));
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(client.call(LIST, &[], None).await.0);
    }
    // The fault of the list operation skips two requests. The fault for `*` affects the first of those.
    assert_eq!(statuses, [500, 200, 503, 503, 200, 200]);
    control_plane.fault(Fault::status("*", 500));
    assert_eq!(
        client
            .send_to("GET", "/api/openapi.json", None)
            .await
            .unwrap()
            .status(),
        200
    );
    control_plane.fault(Fault::status("openapi", 503));
    assert_eq!(
        client
            .send_to("GET", "/api/openapi.json", None)
            .await
            .unwrap()
            .status(),
        503
    );
    control_plane.clear_faults();
    client.ok(LIST, &[], None).await;
}

#[tokio::test]
async fn random_faults_follow_from_the_seed() {
    async fn injected(seed: u64) -> Vec<Option<String>> {
        let fault = Fault::new("*", FaultKind::Any).probability(0.25);
        let control_plane = ControlPlane::builder()
            .fault(fault)
            .fault_seed(seed)
            .start()
            .await
            .unwrap();
        let client = Client::new(&control_plane);
        for _ in 0..80 {
            // Errors are expected here.
            if let Ok(response) = client.send(LIST, &[], None).await {
                drop(response.bytes().await);
            }
        }
        assert_eq!(control_plane.violations(), [""; 0]);
        control_plane
            .log()
            .of(LIST)
            .into_iter()
            .map(|entry| entry.fault)
            .collect()
    }
    let (first, again, other) = tokio::join!(injected(1), injected(1), injected(2));
    // The client retries a request by itself if a reused connection was reset.
    let length = first.len().min(again.len());
    assert!(length >= 80);
    assert_eq!(first[..length], again[..length]);
    assert_ne!(first[..80], other[..80]);
    let share = first.iter().flatten().count();
    assert!((10..=35).contains(&share), "{share} of {}", first.len());
}

#[tokio::test]
async fn rate_limit_returns_429_with_retry_after() {
    let control_plane = ControlPlane::builder()
        .stopped_clock()
        .rate_limit(3)
        .start()
        .await
        .unwrap();
    let client = Client::new(&control_plane);
    for _ in 0..3 {
        client.ok(LIST, &[], None).await;
    }
    let limited = client.send(LIST, &[], None).await.unwrap();
    assert_eq!(
        (limited.status().as_u16(), &limited.headers()["retry-after"]),
        (429, &"1".parse().unwrap())
    );
    control_plane.advance(Duration::from_secs(1));
    client.ok(LIST, &[], None).await;
}

#[test]
fn fault_parse_accepts_and_rejects_the_documented_syntax() {
    for (text, expected) in [
        (
            "a=503",
            "kind: status 503, skip: 0, times: None, probability: 1.0, in_a_row: None",
        ),
        (
            "a=504,html,processed",
            "kind: status 504 after processing, skip: 0, times: None, probability: 1.0, in_a_row: None",
        ),
        (
            "a=404,message,times:1",
            "kind: status 404, skip: 0, times: Some(1), probability: 1.0, in_a_row: None",
        ),
        (
            "a=429,retry-after:7,times:2,skip:1",
            "kind: status 429, skip: 1, times: Some(2), probability: 1.0, in_a_row: None",
        ),
        (
            "a=delay:1500ms,probability:0.5",
            "kind: delay 1.5s, skip: 0, times: None, probability: 0.5, in_a_row: None",
        ),
        (
            "a=reset-before",
            "kind: reset before processing, skip: 0, times: None, probability: 1.0, in_a_row: None",
        ),
        (
            "a=reset-after",
            "kind: reset after processing, skip: 0, times: None, probability: 1.0, in_a_row: None",
        ),
        (
            "a=huge:33554433",
            "kind: huge body 33554433, skip: 0, times: None, probability: 1.0, in_a_row: None",
        ),
        (
            "a=slow:2s",
            "kind: slow body 2s, skip: 0, times: None, probability: 1.0, in_a_row: None",
        ),
        (
            "a=empty:202,in-a-row:3",
            "kind: status 202 without body, skip: 0, times: None, probability: 1.0, in_a_row: Some(3)",
        ),
        (
            "a=null:address+name",
            "kind: body null in address+name, skip: 0, times: None, probability: 1.0, in_a_row: None",
        ),
        (
            "a=redirect:http://x/y",
            "kind: status 302, skip: 0, times: None, probability: 1.0, in_a_row: None",
        ),
    ] {
        let fault = format!("{:?}", Fault::parse(text).unwrap());
        assert_eq!(
            fault,
            format!("Fault {{ operation: \"a\", {expected} }}"),
            "{text}"
        );
    }
    for (text, reason) in [
        ("503", "missing `=`"),
        ("a=boom", "unknown kind"),
        ("a=7", "not an HTTP status"),
        ("a=delay:soon", "expected a duration such as `500ms`"),
        ("a=huge:big", "expected a number of bytes"),
        ("a=empty:404", "expected a status from 200 to 299"),
        ("a=503,times:x", "the value of a modifier is not a number"),
        ("a=503,probability:2", "a probability must be between 0 and 1"),
        ("a=503,sometimes", "unknown modifier"),
    ] {
        let error = Fault::parse(text).unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("invalid fault `{text}`: {reason}; write ")),
            "{error}"
        );
    }
}
