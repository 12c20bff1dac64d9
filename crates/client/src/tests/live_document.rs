//! The live API document decides the methods and paths of operations.

use engine::api::ErrorKind;
use serde_json::{Value, json};

use super::server::{Action, Server};
use super::{OPERATIONS, call, call_concurrently, client, settings};
use crate::{Client, Settings};

/// A document with other paths, and another method for one operation, than the declarations have.
fn other_document() -> Value {
    json!({
        "openapi": "3.1.0",
        "paths": {
            "/api/v2/thing": {"get": {"operationId": "list"}, "post": {"operationId": "create"}},
            "/api/v2/thing/{thing_id}/": {
                "parameters": [{"name": "thing_id", "in": "path"}],
                "get": {"operationId": "get"},
                "put": {"operationId": "update"}
            }
        }
    })
}

/// Sends a request for each operation, and returns the received ones without that for the document.
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
async fn live_document_changes_methods_and_paths() {
    let server = Server::start_with_document(Action::response(200, other_document().to_string()), |_, _| {
        Action::response(200, "{}")
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
async fn unusable_document_falls_back_to_declared_paths() {
    let large = format!("{{\"x\": \"{}\", \"paths\": {{}}}}", "x".repeat(9 * 1024 * 1024));
    let deep = format!("{{\"paths\": {}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let documents = [
        Action::response(404, r#"{"detail": "Not Found"}"#),
        Action::response(401, ""),
        Action::response(403, ""),
        Action::response(204, ""),
        Action::response(200, ""),
        Action::response(200, "<!doctype html><html></html>"),
        Action::response(200, r#"{"paths": {"#),
        Action::response(200, r#"{"paths": {}}"#),
        Action::response(200, "[]"),
        Action::response(200, large),
        Action::response(200, deep),
        Action::response(302, "").with("Location", "/login"),
        Action::response(302, "").with("Location", "https://login.test/"),
    ];
    for document in documents {
        let context = format!("{document:?}").chars().take(100).collect::<String>();
        let server = Server::start_with_document(document, |seen, _| match &*seen.path {
            "/login" => Action::response(200, "<html>"),
            _ => Action::response(200, "{}"),
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
async fn concurrent_requests_read_the_document_once() {
    let server = Server::start_with_document(Action::response(200, other_document().to_string()), |_, _| {
        Action::response(200, "{}")
    })
    .await;
    let client = client(&server.url);
    call_concurrently(&client).await;
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
async fn document_is_not_requested_if_not_configured() {
    let server = Server::start(|_, _| Action::response(200, "{}")).await;
    let settings = Settings {
        document: None,
        ..settings(&server.url)
    };
    let client = Client::new(settings, &OPERATIONS).unwrap();
    call(&client, "get", None).await.unwrap();
    let seen: Vec<_> = server.all_requests().into_iter().map(|seen| seen.path).collect();
    assert_eq!(seen, ["/api/things/7"]);
}

#[tokio::test]
async fn not_found_shows_whether_the_server_is_the_control_plane() {
    let page = || Action::response(404, "<html>");
    let message = || Action::response(404, r#"{"detail": "Not Found"}"#);
    let document = || Action::response(200, other_document().to_string());
    let other = "this server has no `/api/openapi.json`, so it may be another one than the control plane";
    #[rustfmt::skip]
    let table = [
        // the document, an earlier response, the response, the kind, the detail
        (page(), None, page(), ErrorKind::OtherServer, Some("the server at `ENDPOINT` responded with status 404, and it has no `/api/openapi.json`")),
        (message(), None, page(), ErrorKind::OtherServer, Some("the server at `ENDPOINT` responded with status 404, and it has no `/api/openapi.json`")),
        (Action::response(200, "<html>"), None, page(), ErrorKind::OtherServer, Some("the server at `ENDPOINT` responded with status 404, and it has no `/api/openapi.json`")),
        (message(), None, message(), ErrorKind::NotFound, Some(other)),
        (message(), Some(page()), page(), ErrorKind::OtherServer, Some("the server at `ENDPOINT` responded with status 404, and it has no `/api/openapi.json`")),
        (message(), Some(Action::response(200, "{}")), page(), ErrorKind::NoSuchPath, None),
        (message(), Some(Action::response(409, r#"{"detail": "taken"}"#)), page(), ErrorKind::NoSuchPath, None),
        (message(), Some(Action::response(200, "{}")), message(), ErrorKind::NotFound, None),
        (Action::response(500, ""), None, page(), ErrorKind::NoSuchPath, None),
        (Action::response(401, ""), None, page(), ErrorKind::NoSuchPath, None),
        (Action::Reset(Vec::new()), None, page(), ErrorKind::NoSuchPath, None),
        (document(), None, page(), ErrorKind::NoSuchPath, None),
        (document(), None, message(), ErrorKind::NotFound, None),
    ];
    for (number, (document, earlier, response, kind, detail)) in table.into_iter().enumerate() {
        let actions = [earlier.clone().unwrap_or_else(|| response.clone()), response];
        let server =
            Server::start_with_document(document, move |_, number| actions[number.min(1)].clone()).await;
        let client = client(&server.url);
        if earlier.is_some() {
            let _ = call(&client, "get", None).await;
        }
        let error = call(&client, "get", None).await.err().unwrap();
        let endpoint = server.url.as_str().trim_end_matches('/');
        let detail = detail.map(|detail| detail.replace("ENDPOINT", endpoint));
        assert_eq!(
            (error.kind, error.detail.as_deref()),
            (kind, detail.as_deref()),
            "row {number}"
        );
    }
}
