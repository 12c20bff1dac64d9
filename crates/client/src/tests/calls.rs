//! What a request looks like, and what becomes of its answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use engine::api::{Effect, ErrorKind, Problem, Request, Retry};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use url::Url;
use value::secret::Secret;

use super::server::{Act, Server};
use super::{OPERATIONS, TOKEN, call, client, settings};
use crate::Client;

#[tokio::test]
async fn a_request_has_what_the_api_needs_and_nothing_more() {
    let server = Server::start(|_, _| Act::answer(200, r#"{"uuid": "7"}"#)).await;
    let answer = call(&client(&server.url), "change", Some(&json!({"name": "a"})))
        .await
        .unwrap();
    assert_eq!(answer.body, json!({"uuid": "7"}));

    let [request] = &server.requests()[..] else {
        panic!("one request")
    };
    assert_eq!((&*request.method, &*request.path), ("PATCH", "/api/things/7"));
    assert_eq!(request.body, r#"{"name":"a"}"#);
    assert_eq!(request.header("authorization"), Some(&*format!("Bearer {TOKEN}")));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("accept"), Some("application/json"));
    assert_eq!(
        request.header("user-agent"),
        Some("terraform-provider-durantic/test")
    );
    assert_eq!(request.header("x-request-id"), Some(&*answer.request_id));
    assert!(uuid::Uuid::parse_str(&answer.request_id).is_ok());
    assert_eq!(request.header("accept-encoding"), None);
    assert_eq!(request.header("cookie"), None);
}

#[tokio::test]
async fn a_get_has_no_body() {
    let server = Server::start(|_, _| Act::answer(200, "[]")).await;
    call(&client(&server.url), "list", None).await.unwrap();
    let [request] = &server.requests()[..] else {
        panic!("one request")
    };
    assert_eq!(
        (&*request.method, &*request.path, &*request.body),
        ("GET", "/api/things/", "")
    );
    assert_eq!(request.header("content-type"), None);
}

#[tokio::test]
async fn every_2xx_is_a_success() {
    let table = [
        (200, r#"{"a": 1}"#, json!({"a": 1})),
        (200, "", Value::Null),
        (200, "null", Value::Null),
        (201, "[1]", json!([1])),
        (202, "\u{feff}{}", json!({})),
        (204, "", Value::Null),
    ];
    for (status, body, expected) in table {
        let server = Server::start(move |_, _| Act::answer(status, body)).await;
        let answer = call(&client(&server.url), "end", None).await.unwrap();
        assert_eq!(answer.body, expected, "{status}");
    }
}

#[tokio::test]
async fn refusals_say_what_the_api_says() {
    let table = [
        (
            400,
            r#"{"detail": "bad address"}"#,
            ErrorKind::Invalid,
            Some("bad address"),
        ),
        (
            401,
            r#"{"detail": "Unauthorized"}"#,
            ErrorKind::Unauthorized,
            Some("Unauthorized"),
        ),
        (403, "", ErrorKind::Forbidden, None),
        (
            404,
            r#"{"detail": "Not Found"}"#,
            ErrorKind::NotFound,
            Some("Not Found"),
        ),
        (
            409,
            r#"{"detail": "the name is taken"}"#,
            ErrorKind::Conflict,
            Some("the name is taken"),
        ),
        (409, r#"{"message": "taken"}"#, ErrorKind::Conflict, Some("taken")),
        (
            409,
            r#"{"detail": null, "error": "taken"}"#,
            ErrorKind::Conflict,
            Some("taken"),
        ),
        (409, r#"{"code": 7}"#, ErrorKind::Conflict, Some(r#"{"code":7}"#)),
        (
            409,
            r#"{"detail": {"code": 7}}"#,
            ErrorKind::Conflict,
            Some(r#"{"detail":{"code":7}}"#),
        ),
        (
            409,
            "plain\r\n\u{1b}[31mtext",
            ErrorKind::Conflict,
            Some("plain [31mtext"),
        ),
        (413, "<html><h1>Too large</h1></html>", ErrorKind::Rejected, None),
        (501, r#"{"detail": "later"}"#, ErrorKind::Server, Some("later")),
    ];
    for (status, body, kind, detail) in table {
        let server =
            Server::start(move |_, _| Act::answer(status, body).with("X-Request-Id", "of the server")).await;
        let error = call(&client(&server.url), "change", Some(&json!({})))
            .await
            .err()
            .unwrap();
        assert_eq!(
            (error.kind, error.status, error.detail.as_deref()),
            (kind, Some(status), detail),
            "{body}"
        );
        assert_eq!(
            (error.effect, error.attempts, &*error.request_id),
            (Effect::None, 1, "of the server")
        );
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn problems_of_fields_keep_their_location() {
    let body = json!({"detail": [
        {"type": "string_type", "loc": ["body", "payload", "rules", 1, "name"], "msg": "not\r\na string", "input": "x"},
        {"msg": "no location"},
        "a text",
    ]});
    let server = Server::start(move |_, _| Act::answer(422, body.to_string())).await;
    let error = call(&client(&server.url), "make", Some(&json!({})))
        .await
        .err()
        .unwrap();
    assert_eq!(error.kind, ErrorKind::Invalid);
    let problem = |location: &[&str], message: &str| Problem {
        location: location.iter().map(|&part| part.to_owned()).collect(),
        message: message.to_owned(),
    };
    assert_eq!(
        *error.problems,
        [
            problem(&["body", "payload", "rules", "1", "name"], "not a string"),
            problem(&[], "no location"),
            problem(&[], "a text"),
        ]
    );
}

#[tokio::test]
async fn what_cannot_be_called_is_never_sent() {
    let server = Server::start(|_, _| Act::answer(200, "{}")).await;
    let client = client(&server.url);
    let cancel = CancellationToken::new();
    let call = async |operation, value| {
        let call = Request {
            operation,
            path: &[("uuid", value)],
            body: None,
            retry: Retry::Safe,
            gone: &[],
            secrets: &[],
            cancel: &cancel,
        };
        client.call(call).await.map(|answer| answer.body)
    };
    assert_eq!(
        call("nothing", "7").await.unwrap_err().kind,
        ErrorKind::UnknownOperation
    );
    for value in ["../../x", "..", "", "a/b"] {
        let error = call("get", value).await.err().unwrap();
        assert_eq!(error.kind, ErrorKind::Parameter);
        assert_eq!(
            error.to_string(),
            format!("The operation `get` cannot be called: {value:?} is no valid `uuid`.")
        );
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn the_prefix_of_the_endpoint_is_kept() {
    for prefix in ["/durantic", "/durantic/"] {
        let server = Server::start(|_, _| Act::answer(200, "{}")).await;
        call(&client(&server.url.join(prefix).unwrap()), "get", None)
            .await
            .unwrap();
        let paths: Vec<_> = server
            .all_requests()
            .into_iter()
            .map(|request| request.path)
            .collect();
        assert_eq!(paths, ["/durantic/api/openapi.json", "/durantic/api/things/7"]);
    }
}

#[tokio::test]
async fn a_new_client_connects_to_nothing() {
    let server = Server::start(|_, _| Act::answer(200, "{}")).await;
    drop(client(&server.url));
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_token_that_is_no_header_is_an_error_without_it() {
    let mut settings = settings(&"http://127.0.0.1/".parse().unwrap());
    settings.api_token = Secret::new("dur_\nx");
    let error = Client::new(settings, &OPERATIONS).err().unwrap();
    assert_eq!(error.kind, ErrorKind::Setup);
    assert_eq!(
        error.to_string(),
        "The connection to the control plane could not be set up: the API token has characters that a header cannot hold."
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_than_32_requests_are_under_way() {
    let under_way = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let (open, gate) = watch::channel(false);
    let (arrive, mut arrivals) = watch::channel(0);
    let app = axum::Router::new()
        .route("/api/openapi.json", axum::routing::get(|| async { "{}" }))
        .fallback({
            let (under_way, most) = (under_way.clone(), most.clone());
            move || async move {
                let now = under_way.fetch_add(1, Ordering::SeqCst) + 1;
                most.fetch_max(now, Ordering::SeqCst);
                arrive.send_replace(now);
                gate.clone().wait_for(|is_open| *is_open).await.unwrap();
                under_way.fetch_sub(1, Ordering::SeqCst);
                "{}"
            }
        });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url: Url = format!("http://{}", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    tokio::spawn(axum::serve(listener, app).into_future());

    let client = client(&url);
    let calls: Vec<_> = (0..100)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { call(&client, "get", None).await })
        })
        .collect();
    arrivals.wait_for(|count| *count == 32).await.unwrap();
    open.send_replace(true);
    for call in calls {
        assert!(call.await.unwrap().is_ok());
    }
    assert_eq!(most.load(Ordering::SeqCst), 32);
}
