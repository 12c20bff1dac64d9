//! What the client sends, and what it returns for each response.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use engine::api::{Api, Effect, ErrorKind, Problem, Request, Retry};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use url::Url;
use value::secret::Secret;

use super::server::{Action, Server};
use super::{OPERATIONS, TOKEN, call, client, settings};
use crate::{Client, Settings};

#[tokio::test]
async fn request_has_only_the_expected_headers_and_body() {
    let server = Server::start(|_, _| Action::response(200, r#"{"uuid": "7"}"#)).await;
    let response = call(&client(&server.url), "update", Some(&json!({"name": "a"})))
        .await
        .unwrap();
    assert_eq!(response.body, json!({"uuid": "7"}));

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
    assert_eq!(request.header("x-request-id"), Some(&*response.request_id));
    assert!(uuid::Uuid::parse_str(&response.request_id).is_ok());
    assert_eq!(request.header("accept-encoding"), Some("gzip"));
    assert_eq!(request.header("cookie"), None);
}

#[tokio::test]
async fn get_request_has_no_body() {
    let server = Server::start(|_, _| Action::response(200, "[]")).await;
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
async fn send_succeeds_for_every_2xx() {
    let table = [
        (200, r#"{"a": 1}"#, json!({"a": 1})),
        (200, "", Value::Null),
        (200, "null", Value::Null),
        (201, "[1]", json!([1])),
        (202, "\u{feff}{}", json!({})),
        (204, "", Value::Null),
    ];
    for (status, body, expected) in table {
        let server = Server::start(move |_, _| Action::response(status, body)).await;
        let response = call(&client(&server.url), "delete", None).await.unwrap();
        assert_eq!(response.body, expected, "{status}");
    }
}

#[tokio::test]
async fn error_has_kind_and_message_of_the_response() {
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
            Some("the API token is from the environment variable TOKEN"),
        ),
        (403, "", ErrorKind::Forbidden, None),
        (404, r#"{"detail": "Not Found"}"#, ErrorKind::NotFound, None),
        (404, r#"{"detail": "not found."}"#, ErrorKind::NotFound, None),
        (410, r#"{"detail": "Gone"}"#, ErrorKind::NotFound, None),
        (
            401,
            r#"{"detail": "Token expired."}"#,
            ErrorKind::Unauthorized,
            Some("Token expired; the API token is from the environment variable TOKEN"),
        ),
        // Only the control plane's own message shows that the object does not exist.
        (
            404,
            "<html><h1>Not Found</h1></html>",
            ErrorKind::NoSuchPath,
            None,
        ),
        (404, "", ErrorKind::NoSuchPath, None),
        (
            404,
            r#"{"message": "no Route matched"}"#,
            ErrorKind::NoSuchPath,
            Some("no Route matched"),
        ),
        (
            404,
            r#"{"detail": null}"#,
            ErrorKind::NoSuchPath,
            Some(r#"{"detail":null}"#),
        ),
        (404, r#"["detail"]"#, ErrorKind::NoSuchPath, Some(r#"["detail"]"#)),
        (410, "gone", ErrorKind::NoSuchPath, Some("gone")),
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
            Server::start(move |_, _| Action::response(status, body).with("X-Request-Id", "of the server"))
                .await;
        // Without a document, a 404 does not show whether the server is another one.
        let mut settings = settings(&server.url);
        settings.document = None;
        let client = Client::new(settings, &OPERATIONS).unwrap();
        let error = call(&client, "update", Some(&json!({}))).await.err().unwrap();
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
async fn error_problems_keep_their_location() {
    let body = json!({"detail": [
        {"type": "string_type", "loc": ["body", "payload", "rules", 1, "name"], "msg": "not\r\na string", "input": "x"},
        {"msg": "no location"},
        "only a string",
    ]});
    let server = Server::start(move |_, _| Action::response(422, body.to_string())).await;
    let error = call(&client(&server.url), "create", Some(&json!({})))
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
            problem(&[], "only a string"),
        ]
    );
}

#[tokio::test]
async fn invalid_operation_or_parameter_is_never_sent() {
    let server = Server::start(|_, _| Action::response(200, "{}")).await;
    let client = client(&server.url);
    let cancel = CancellationToken::new();
    let call = async |operation, value| {
        let request = Request {
            operation,
            path: &[("uuid", value)],
            body: None,
            retry: Retry::Safe,
            attempts: 0,
            gone: &[],
            secrets: &[],
            cancel: &cancel,
        };
        client.send(request).await.map(|response| response.body)
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
            format!("The operation `get` cannot be called: {value:?} is not a valid `uuid`.")
        );
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn endpoint_prefix_is_kept() {
    for prefix in ["/durantic", "/durantic/"] {
        let server = Server::start(|_, _| Action::response(200, "{}")).await;
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
async fn new_client_opens_no_connection() {
    let server = Server::start(|_, _| Action::response(200, "{}")).await;
    drop(client(&server.url));
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn invalid_token_error_does_not_contain_the_token() {
    let mut settings = settings(&"http://127.0.0.1/".parse().unwrap());
    settings.api_token = Secret::new("dur_\nx").into();
    let error = Client::new(settings, &OPERATIONS).err().unwrap();
    assert_eq!(error.kind, ErrorKind::Setup);
    assert_eq!(
        error.to_string(),
        "The connection to the control plane could not be set up: the API token contains characters that are not allowed in a header."
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn client_sends_at_most_32_requests_at_once() {
    let in_flight = Arc::new(AtomicUsize::new(0));
    let max_in_flight = Arc::new(AtomicUsize::new(0));
    let (open, gate) = watch::channel(false);
    let (arrive, mut arrivals) = watch::channel(0);
    let app = axum::Router::new()
        .route("/api/openapi.json", axum::routing::get(|| async { "{}" }))
        .fallback({
            let (in_flight, max_in_flight) = (in_flight.clone(), max_in_flight.clone());
            move || async move {
                let now = in_flight.fetch_add(1, Ordering::SeqCst) + 1;
                max_in_flight.fetch_max(now, Ordering::SeqCst);
                arrive.send_replace(now);
                gate.clone().wait_for(|is_open| *is_open).await.unwrap();
                in_flight.fetch_sub(1, Ordering::SeqCst);
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
    assert_eq!(max_in_flight.load(Ordering::SeqCst), 32);
}

#[test]
fn place_has_the_endpoint_and_a_fingerprint_for_each_object() {
    let place = |endpoint: &str, token: &str, key: &str| {
        let settings = Settings {
            api_token: Secret::new(token).into(),
            ..settings(&endpoint.parse().unwrap())
        };
        Client::new(settings, &OPERATIONS).unwrap().place(key)
    };
    let here = place("https://API.test:443/prefix/", TOKEN, "thing/1");
    assert_eq!(here.endpoint, "https://api.test/prefix");
    assert_eq!(
        place("https://api.test", TOKEN, "thing/1").endpoint,
        "https://api.test"
    );
    assert_eq!(here, place("https://api.test/prefix", TOKEN, "thing/1"));
    assert_ne!(
        here.token,
        place("https://api.test/prefix", TOKEN, "thing/2").token
    );
    assert_ne!(
        here.token,
        place("https://api.test/prefix", "another", "thing/1").token
    );
    assert_eq!(here.token.len(), 32);
    assert!(!here.token.contains(TOKEN));
}

#[tokio::test]
async fn error_has_the_problem_of_each_field() {
    let table = [
        (
            json!([{"type": "too_long", "loc": ["body", "rules", 1, "name"], "msg": "too long"}]),
            json!([["body.rules.1.name", "too long"]]),
        ),
        (
            json!({"role_names": ["no role `a`", "no role `b`"], "image_uuid": "no image"}),
            json!([
                ["image_uuid", "no image"],
                ["role_names", "no role `a`"],
                ["role_names", "no role `b`"]
            ]),
        ),
        (
            json!({"rules": [{}, {"name": ["too long"]}]}),
            json!([["rules.1.name", "too long"]]),
        ),
        (json!({"size": 7, "name": "too long"}), json!([])),
        (json!({}), json!([])),
    ];
    for (detail, expected) in table {
        let body = json!({ "detail": detail }).to_string();
        let server = Server::start(move |_, _| Action::response(400, body.clone())).await;
        let error = call(&client(&server.url), "create", Some(&json!({})))
            .await
            .err()
            .unwrap();
        let problems = error.problems.iter();
        let problems: Value = problems
            .map(|problem| json!([problem.location.join("."), problem.message]))
            .collect();
        assert_eq!(problems, expected);
    }
    let deep = (0..100).fold(json!("deep"), |detail, _| json!({ "a": detail }));
    let many: Value = (0..100)
        .map(|number| json!(format!("problem {number}")))
        .collect();
    for (detail, expected) in [(deep, 0), (json!({ "a": many }), 50)] {
        let body = json!({ "detail": detail }).to_string();
        let server = Server::start(move |_, _| Action::response(400, body.clone())).await;
        let error = call(&client(&server.url), "create", Some(&json!({})))
            .await
            .err()
            .unwrap();
        assert_eq!(error.problems.len(), expected);
    }
}
