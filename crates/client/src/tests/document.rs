//! The live API document is optional, and read once more if a response suggests a wrong path.

use std::sync::Mutex;

use engine::api::{Api as _, ErrorKind};
use serde_json::json;

use super::server::{Action, ReceivedRequest, Server};
use super::{OPERATIONS, call, call_concurrently, client, settings};
use crate::Client;

const DECLARED: &str = "/api/things/7";
const LIVE: &str = "/api/v2/thing/7/";

/// A document with another path for each operation about one object.
fn document() -> Action {
    let operations = json!({
        "get": {"operationId": "get"},
        "patch": {"operationId": "update"},
        "delete": {"operationId": "delete"}
    });
    let things = json!({"post": {"operationId": "create"}});
    let paths = json!({"/api/v2/thing/{id}/": operations, "/api/v2/thing/": things});
    Action::response(200, json!({ "paths": paths }).to_string())
}

fn own_404() -> Action {
    Action::response(404, r#"{"detail": "Not Found"}"#)
}

fn page_404() -> Action {
    Action::response(404, "<html>404</html>")
}

/// A server that responds to the requests for the document with these actions in turn, and to others with their own.
async fn start(
    documents: impl IntoIterator<Item = Action>,
    other: impl Fn(&ReceivedRequest) -> Action + Send + Sync + 'static,
) -> Server {
    let documents = Mutex::new(documents.into_iter().collect::<Vec<_>>().into_iter());
    Server::start_raw(move |seen| match &*seen.path {
        "/api/openapi.json" => documents
            .lock()
            .unwrap()
            .next()
            .unwrap_or(Action::response(500, "")),
        _ => other(seen),
    })
    .await
}

/// The paths of all requests in their order, with `document` for that of the document.
fn paths(server: &Server) -> Vec<String> {
    let requests = server.all_requests().into_iter();
    requests
        .map(|seen| match &*seen.path {
            "/api/openapi.json" => "document".to_owned(),
            path => path.to_owned(),
        })
        .collect()
}

/// Responds with success at the live paths, and otherwise as a server does that does not know the path.
fn only_live(unknown: Action) -> impl Fn(&ReceivedRequest) -> Action + Send + Sync + 'static {
    move |seen| {
        if seen.path.starts_with("/api/v2/") {
            Action::response(200, "{}")
        } else {
            unknown.clone()
        }
    }
}

#[tokio::test]
async fn hanging_document_gets_one_short_attempt() {
    for stall in [
        b"".to_vec(),
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{".to_vec(),
    ] {
        let server = start([Action::Stall(stall)], |_| page_404()).await;
        let client = client(&server.url);
        let (result, ()) = tokio::join!(call(&client, "get", None), async {
            server.wait_for_requests(1).await;
            // While time is paused, tokio advances it as soon as all tasks wait.
            tokio::time::pause();
            let started = tokio::time::Instant::now();
            server.wait_for_requests(2).await;
            assert!(started.elapsed() < 2 * crate::live::FIRST_LOOK_TIMEOUT);
            tokio::time::resume();
        });
        assert_eq!(result.err().unwrap().kind, ErrorKind::NoSuchPath);
        assert!(call(&client, "get", None).await.is_err());
        assert_eq!(paths(&server), ["document", DECLARED, DECLARED]);
    }
}

#[tokio::test]
async fn failing_document_gets_one_attempt() {
    let refused = Action::Reset(Vec::new());
    for failure in [
        Action::response(503, ""),
        Action::response(429, "").with("Retry-After", "60"),
        Action::response(500, "oops"),
        Action::response(200, "{"),
        refused,
    ] {
        let server = start([failure], |_| Action::response(200, "{}")).await;
        let client = client(&server.url);
        for _ in 0..3 {
            call(&client, "get", None).await.unwrap();
        }
        assert_eq!(paths(&server), ["document", DECLARED, DECLARED, DECLARED]);
        assert!(!client.place("key").is_documented);
    }
}

#[tokio::test]
async fn unknown_path_makes_the_client_read_the_document_again() {
    let unknown = [
        page_404(),
        own_404(),
        Action::response(405, ""),
        Action::response(404, ""),
    ];
    for unknown in unknown {
        for operation in ["get", "update", "delete"] {
            let documents = [Action::response(503, ""), Action::response(502, ""), document()];
            let server = start(documents, only_live(unknown.clone())).await;
            let client = client(&server.url);
            call(&client, operation, None).await.unwrap();
            assert!(client.place("key").is_documented);
            call(&client, operation, None).await.unwrap();
            assert_eq!(
                paths(&server),
                ["document", DECLARED, "document", "document", LIVE, LIVE],
                "{operation} {unknown:?}"
            );
        }
        let server = start([Action::response(503, ""), document()], only_live(unknown)).await;
        call(&client(&server.url), "create", Some(&json!({})))
            .await
            .unwrap();
        assert_eq!(
            paths(&server),
            ["document", "/api/things/", "document", "/api/v2/thing/"]
        );
    }
}

#[tokio::test]
async fn document_that_changed_is_used() {
    let old = json!({"paths": {"/api/v1/thing/{id}": {"get": {"operationId": "get"}}}}).to_string();
    let server = start([Action::response(200, old), document()], only_live(page_404())).await;
    call(&client(&server.url), "get", None).await.unwrap();
    assert_eq!(paths(&server), ["document", "/api/v1/thing/7", "document", LIVE]);
}

#[tokio::test]
async fn own_404_at_a_documented_path_is_final() {
    let server = start([document()], |_| own_404()).await;
    let client = client(&server.url);
    for _ in 0..2 {
        let error = call(&client, "get", None).await.err().unwrap();
        assert_eq!(error.kind, ErrorKind::NotFound);
    }
    assert_eq!(paths(&server), ["document", LIVE, LIVE]);
}

#[tokio::test]
async fn second_look_happens_once_and_keeps_the_error() {
    for (unknown, kind) in [
        (page_404(), ErrorKind::OtherServer),
        (own_404(), ErrorKind::NotFound),
    ] {
        let missing = Action::response(404, "");
        let server = start([missing.clone(), missing.clone(), missing], move |_| {
            unknown.clone()
        })
        .await;
        let client = client(&server.url);
        for _ in 0..3 {
            let error = call(&client, "get", None).await.err().unwrap();
            assert_eq!((error.kind, error.status), (kind, Some(404)));
        }
        assert_eq!(
            paths(&server),
            ["document", DECLARED, "document", DECLARED, DECLARED]
        );
    }
}

#[tokio::test]
async fn concurrent_404_share_the_second_look() {
    let server = start([Action::response(503, ""), document()], only_live(page_404())).await;
    let client = Client::new(settings(&server.url), &OPERATIONS).unwrap();
    call_concurrently(&client).await;
    assert_eq!(server.document_requests(), 2);
    let live = paths(&server).into_iter().filter(|path| path == LIVE).count();
    assert_eq!(live, 20);
}
