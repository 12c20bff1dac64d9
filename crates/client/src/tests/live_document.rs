//! The live API document decides where operations are.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::server::{Act, Server};
use super::{OPERATIONS, call, client, settings};
use crate::{Backoff, Client, Settings};

fn dialect() -> Value {
    json!({
        "openapi": "3.1.0",
        "paths": {
            "/api/v2/thing": {"get": {"operationId": "list"}, "post": {"operationId": "make"}},
            "/api/v2/thing/{thing_id}/": {
                "parameters": [{"name": "thing_id", "in": "path"}],
                "get": {"operationId": "get"},
                "put": {"operationId": "change"}
            }
        }
    })
}

/// The requests that calls of all operations make, without the document's own.
async fn requests(server: &Server, client: &Client) -> Vec<String> {
    for operation in &OPERATIONS {
        call(client, &operation.id, None).await.unwrap();
    }
    server
        .requests()
        .iter()
        .map(|request| format!("{} {}", request.method, request.path))
        .collect()
}

const DECLARED: [&str; 5] = [
    "GET /api/things/",
    "POST /api/things/",
    "GET /api/things/7",
    "PATCH /api/things/7",
    "DELETE /api/things/7",
];

#[tokio::test]
async fn another_dialect_is_spoken() {
    let server = Server::start_with_document(Act::answer(200, dialect().to_string()), |_, _| {
        Act::answer(200, "{}")
    })
    .await;
    assert_eq!(
        requests(&server, &client(&server.url)).await,
        [
            "GET /api/v2/thing",
            "POST /api/v2/thing",
            "GET /api/v2/thing/7/",
            "PUT /api/v2/thing/7/",
            DECLARED[4]
        ]
    );
    assert_eq!(server.document_requests(), 1);
    let document = &server.all_requests()[0];
    assert_eq!((&*document.method, &*document.path), ("GET", "/api/openapi.json"));
    assert!(document.header("authorization").is_some());
}

#[tokio::test]
async fn declared_paths_serve_where_there_is_no_usable_document() {
    let large = format!("{{\"x\": \"{}\", \"paths\": {{}}}}", "x".repeat(9 * 1024 * 1024));
    let deep = format!("{{\"paths\": {}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let documents = [
        Act::answer(404, r#"{"detail": "Not Found"}"#),
        Act::answer(401, ""),
        Act::answer(403, ""),
        Act::answer(204, ""),
        Act::answer(200, ""),
        Act::answer(200, "<!doctype html><html></html>"),
        Act::answer(200, r#"{"paths": {"#),
        Act::answer(200, r#"{"paths": {}}"#),
        Act::answer(200, "[]"),
        Act::answer(200, large),
        Act::answer(200, deep),
        Act::answer(302, "").with("Location", "/login"),
        Act::answer(302, "").with("Location", "https://login.test/"),
    ];
    for document in documents {
        let context = format!("{document:?}").chars().take(100).collect::<String>();
        let server = Server::start_with_document(document, |seen, _| match &*seen.path {
            "/login" => Act::answer(200, "<html>"),
            _ => Act::answer(200, "{}"),
        })
        .await;
        let requests = requests(&server, &client(&server.url)).await;
        let requests: Vec<_> = requests
            .iter()
            .filter(|request| *request != "GET /login")
            .collect();
        assert_eq!(requests, DECLARED.each_ref(), "{context}");
        assert_eq!(server.document_requests(), 1, "{context}");
    }
}

#[tokio::test]
async fn a_failure_that_passes_is_retried() {
    let failures = AtomicUsize::new(0);
    let server = Server::start_raw(move |seen| match &*seen.path {
        "/api/openapi.json" => match failures.fetch_add(1, Ordering::SeqCst) {
            0 => Act::answer(503, ""),
            1 => Act::Reset(Vec::new()),
            _ => Act::answer(200, dialect().to_string()),
        },
        _ => Act::answer(200, "{}"),
    })
    .await;
    call(&client(&server.url), "get", None).await.unwrap();
    assert_eq!(server.requests()[0].path, "/api/v2/thing/7/");
    assert_eq!(server.document_requests(), 3);
}

#[tokio::test]
async fn a_failure_that_lasts_is_passed_over_and_tried_again_later() {
    let failures = AtomicUsize::new(0);
    let server = Server::start_raw(move |seen| match &*seen.path {
        "/api/openapi.json" if failures.fetch_add(1, Ordering::SeqCst) < 1 => Act::answer(503, ""),
        "/api/openapi.json" => Act::answer(200, dialect().to_string()),
        _ => Act::answer(200, "{}"),
    })
    .await;
    let mut settings = settings(&server.url);
    settings.max_retries = 0;
    settings.backoff = Backoff::default();
    let client = Client::new(settings, &OPERATIONS).unwrap();
    call(&client, "get", None).await.unwrap();
    call(&client, "get", None).await.unwrap();
    assert_eq!(server.document_requests(), 1);
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(31)).await;
    tokio::time::resume();
    call(&client, "get", None).await.unwrap();
    call(&client, "get", None).await.unwrap();
    assert_eq!(server.document_requests(), 2);
    let paths: Vec<_> = server
        .requests()
        .into_iter()
        .map(|request| request.path)
        .collect();
    assert_eq!(
        paths,
        [
            "/api/things/7",
            "/api/things/7",
            "/api/v2/thing/7/",
            "/api/v2/thing/7/"
        ]
    );
}

#[tokio::test]
async fn the_document_is_read_once_by_many_at_a_time() {
    let server = Server::start_with_document(Act::answer(200, dialect().to_string()), |_, _| {
        Act::answer(200, "{}")
    })
    .await;
    let client = client(&server.url);
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { call(&client, "get", None).await })
        })
        .collect();
    for call in calls {
        assert!(call.await.unwrap().is_ok());
    }
    assert_eq!(server.document_requests(), 1);
    assert!(
        server
            .requests()
            .iter()
            .all(|request| request.path == "/api/v2/thing/7/")
    );
    assert_eq!(server.requests().len(), 20);
}

#[tokio::test]
async fn an_api_that_publishes_none_is_not_asked_for_one() {
    let server = Server::start(|_, _| Act::answer(200, "{}")).await;
    let settings = Settings {
        document: None,
        ..settings(&server.url)
    };
    let client = Client::new(settings, &OPERATIONS).unwrap();
    call(&client, "get", None).await.unwrap();
    let seen: Vec<_> = server.all_requests().into_iter().map(|seen| seen.path).collect();
    assert_eq!(seen, ["/api/things/7"]);
}
