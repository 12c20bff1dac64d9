//! What the client does when the server, or the connection to it, fails.

use engine::api::{Effect, ErrorKind};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::server::{Action, Server, refusing};
use super::{OPERATIONS, call, call_stalled, call_with_cancel, client, settings};
use crate::{Backoff, Client};

const MAX_RETRIES: usize = 2;

/// The expected result of a request whose first attempt fails, or all of whose attempts fail.
#[derive(Clone, Copy, Debug)]
enum Expect {
    /// The request is retried; if all attempts fail, it fails with this error.
    Retried(ErrorKind),
    /// The request fails at once with this error.
    Fails(ErrorKind),
    /// The request succeeds at once.
    Succeeds,
}
use Expect::{Fails, Retried, Succeeds};

#[tokio::test]
async fn retry_and_error_for_each_fault_and_operation() {
    use ErrorKind::{
        Ambiguous, RateLimited, RequestTimeout, Server as Failed, UnexpectedResponse, Unreachable,
    };

    let partial = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"uuid\": ".to_vec();
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":".to_vec();
    let html = "<html><head><title>502 Bad Gateway</title></head></html>";
    let past = "Sun, 06 Nov 1994 08:49:37 GMT";
    let far = "Fri, 06 Nov 2099 08:49:37 GMT";
    #[rustfmt::skip]
    let table = [
        // fault, GET, PATCH, DELETE, POST that must not be retried
        ("408", Action::response(408, ""), Retried(RequestTimeout), Retried(RequestTimeout), Retried(RequestTimeout), Fails(Ambiguous)),
        ("429", Action::response(429, "{}"), Retried(RateLimited), Retried(RateLimited), Retried(RateLimited), Retried(RateLimited)),
        ("429 seconds", Action::response(429, "").with("Retry-After", "1"), Retried(RateLimited), Retried(RateLimited), Retried(RateLimited), Retried(RateLimited)),
        ("429 past date", Action::response(429, "").with("Retry-After", past), Retried(RateLimited), Retried(RateLimited), Retried(RateLimited), Retried(RateLimited)),
        ("429 far date", Action::response(429, "").with("Retry-After", far), Retried(RateLimited), Retried(RateLimited), Retried(RateLimited), Retried(RateLimited)),
        ("500", Action::response(500, "{}"), Retried(Failed), Retried(Failed), Retried(Failed), Fails(Failed)),
        ("501", Action::response(501, "{}"), Fails(Failed), Fails(Failed), Fails(Failed), Fails(Failed)),
        ("505", Action::response(505, "{}"), Fails(Failed), Fails(Failed), Fails(Failed), Fails(Failed)),
        ("511 page", Action::response(511, html), Fails(Failed), Fails(Failed), Fails(Failed), Fails(Failed)),
        ("520", Action::response(520, html), Retried(Failed), Retried(Failed), Retried(Failed), Fails(Ambiguous)),
        ("502 page", Action::response(502, html), Retried(Failed), Retried(Failed), Retried(Failed), Fails(Ambiguous)),
        ("503", Action::response(503, ""), Retried(Failed), Retried(Failed), Retried(Failed), Fails(Ambiguous)),
        ("503 seconds", Action::response(503, "").with("Retry-After", "1"), Retried(Failed), Retried(Failed), Retried(Failed), Retried(Failed)),
        ("503 nonsense", Action::response(503, "").with("Retry-After", "soon"), Retried(Failed), Retried(Failed), Retried(Failed), Fails(Ambiguous)),
        ("504", Action::response(504, html), Retried(Failed), Retried(Failed), Retried(Failed), Fails(Ambiguous)),
        ("closed", Action::Raw(Vec::new()), Retried(Unreachable), Retried(Unreachable), Retried(Unreachable), Fails(Ambiguous)),
        ("reset", Action::Reset(Vec::new()), Retried(Unreachable), Retried(Unreachable), Retried(Unreachable), Fails(Ambiguous)),
        ("reset in the body", Action::Reset(partial.clone()), Retried(Unreachable), Retried(Unreachable), Succeeds, Fails(Unreachable)),
        ("truncated body", Action::Raw(partial), Retried(Unreachable), Retried(Unreachable), Succeeds, Fails(Unreachable)),
        ("truncated chunks", Action::Raw(chunked), Retried(Unreachable), Retried(Unreachable), Succeeds, Fails(Unreachable)),
        ("no HTTP", Action::Raw(b"SSH-2.0-OpenSSH\r\n\r\n".to_vec()), Retried(Unreachable), Retried(Unreachable), Retried(Unreachable), Fails(Ambiguous)),
        ("truncated JSON", Action::response(200, r#"{"uuid": "#), Retried(UnexpectedResponse), Retried(UnexpectedResponse), Succeeds, Fails(UnexpectedResponse)),
        ("HTML", Action::response(200, html), Retried(UnexpectedResponse), Retried(UnexpectedResponse), Succeeds, Fails(UnexpectedResponse)),
        ("not UTF-8", Action::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\"\xff\"".to_vec()), Retried(UnexpectedResponse), Retried(UnexpectedResponse), Succeeds, Fails(UnexpectedResponse)),
    ];
    for (name, fault, get, patch, delete, post) in table {
        for (operation, expect) in [
            ("get", get),
            ("list", get),
            ("update", patch),
            ("delete", delete),
            ("create", post),
        ] {
            let body = matches!(operation, "create" | "update").then(|| json!({"name": "a"}));
            let context = format!("{operation} {name}");

            let action = fault.clone();
            let server = Server::start(move |_, number| match number {
                0 => action.clone(),
                _ => Action::response(200, r#"{"ok": true}"#),
            })
            .await;
            let result = call(&client(&server.url), operation, body.as_ref()).await;
            match expect {
                Retried(_) => {
                    assert_eq!(result.unwrap().body, json!({"ok": true}), "{context}");
                    assert_eq!(server.requests().len(), 2, "{context}");
                }
                Fails(kind) => {
                    assert_eq!(
                        result.map(|response| response.body).unwrap_err().kind,
                        kind,
                        "{context}"
                    );
                    assert_eq!(server.requests().len(), 1, "{context}");
                }
                Succeeds => {
                    assert_eq!(result.unwrap().body, json!(null), "{context}");
                    assert_eq!(server.requests().len(), 1, "{context}");
                    continue;
                }
            }

            let action = fault.clone();
            let server = Server::start(move |_, _| action.clone()).await;
            let error = call(&client(&server.url), operation, body.as_ref())
                .await
                .err()
                .unwrap();
            let (kind, attempts) = match expect {
                Retried(kind) => (kind, MAX_RETRIES + 1),
                Fails(kind) => (kind, 1),
                Succeeds => continue,
            };
            let requests = server.requests();
            assert_eq!(
                (error.kind, requests.len()),
                (kind, attempts),
                "{context}: {error}"
            );
            assert_eq!(error.attempts as usize, attempts, "{context}");
            assert!(
                requests
                    .iter()
                    .all(|request| request.header("x-request-id") == Some(&*error.request_id)),
                "{context}"
            );
        }
    }
}

#[tokio::test]
async fn error_effect_for_each_fault() {
    let partial = b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{\"uuid\": ".to_vec();
    let table = [
        (Action::response(409, ""), Effect::None),
        (Action::response(429, ""), Effect::None),
        (Action::response(503, "").with("Retry-After", "0"), Effect::None),
        (Action::response(503, ""), Effect::Unknown),
        (Action::response(500, ""), Effect::Unknown),
        (Action::response(501, ""), Effect::None),
        (Action::response(505, ""), Effect::None),
        (Action::response(511, "<html>"), Effect::None),
        (Action::Reset(Vec::new()), Effect::Unknown),
        (Action::response(201, "garbage"), Effect::Done),
        (Action::Raw(partial.clone()), Effect::Done),
        (Action::Reset(partial), Effect::Done),
    ];
    for (action, effect) in table {
        let context = format!("{action:?}");
        let server = Server::start(move |_, _| action.clone()).await;
        let error = call(&client(&server.url), "create", Some(&json!({})))
            .await
            .err()
            .unwrap();
        assert_eq!(error.effect, effect, "{context}");
    }
}

#[tokio::test]
async fn refused_connection_is_retried_and_explained() {
    let url = refusing().await;
    for operation in ["get", "create"] {
        let error = call(&client(&url), operation, None).await.err().unwrap();
        assert_eq!((error.kind, error.effect), (ErrorKind::Unreachable, Effect::None));
        let authority = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
        let expected = format!("`{authority}` refused the connection: no server listens on that port");
        assert_eq!(error.detail.as_deref(), Some(&*expected));
    }
}

#[tokio::test]
async fn unresolvable_host_is_explained() {
    // A label of a host name has at most 63 characters, so this name is invalid and no server is asked for it.
    let host = format!("{}.invalid", "a".repeat(64));
    let url: Url = format!("http://{host}").parse().unwrap();
    let error = call(&client(&url), "create", None).await.err().unwrap();
    assert_eq!((error.kind, error.effect), (ErrorKind::UnknownHost, Effect::None));
    let detail = error.detail.unwrap();
    assert!(
        detail.starts_with(&format!("the host name `{host}` cannot be resolved (")),
        "{detail}"
    );
}

#[tokio::test]
async fn missing_response_is_a_request_timeout() {
    let stalls = [Vec::new(), b"HTTP/1.1 200 OK\r\nContent-Le".to_vec()];
    for stall in stalls {
        for (operation, kind) in [
            ("get", ErrorKind::RequestTimeout),
            ("update", ErrorKind::RequestTimeout),
            ("create", ErrorKind::Ambiguous),
        ] {
            let result = call_stalled(&stall, operation).await;
            let error = result.err().unwrap();
            assert_eq!((error.kind, error.effect), (kind, Effect::Unknown));
            assert!(error.detail.unwrap().ends_with("did not respond within 30s"));
        }
    }
}

#[tokio::test]
async fn response_over_32_mib_is_too_large() {
    const LIMIT: usize = 32 * 1024 * 1024;
    let body = |length: usize| format!("\"{}\"", "x".repeat(length - 2));
    let server = Server::start(move |_, _| Action::response(200, body(LIMIT))).await;
    let response = call(&client(&server.url), "get", None).await.unwrap();
    assert_eq!(response.body.as_str().map(str::len), Some(LIMIT - 2));

    let server = Server::start(move |_, _| Action::response(200, body(LIMIT + 1))).await;
    let error = call(&client(&server.url), "get", None).await.err().unwrap();
    assert_eq!((error.kind, error.attempts), (ErrorKind::TooLarge, 1));
    assert_eq!(
        error.detail.as_deref(),
        Some("the response is larger than 32 MiB")
    );
}

#[tokio::test]
async fn endless_error_body_keeps_its_status() {
    let server = Server::start(|_, _| {
        let mut bytes = b"HTTP/1.1 409 Conflict\r\nContent-Length: 100000000\r\n\r\n".to_vec();
        bytes.extend(std::iter::repeat_n(b'<', 200_000));
        Action::Stall(bytes)
    })
    .await;
    let error = call(&client(&server.url), "create", None).await.err().unwrap();
    assert_eq!((error.kind, error.detail), (ErrorKind::Conflict, None));
}

#[tokio::test]
async fn cancel_ends_the_wait_between_attempts() {
    let server = Server::start(|_, _| Action::response(503, "").with("Retry-After", "3600")).await;
    let mut settings = settings(&server.url);
    settings.backoff = Backoff::default();
    let client = Client::new(settings, &OPERATIONS).unwrap();
    let cancel = CancellationToken::new();
    let (result, ()) = tokio::join!(call_with_cancel(&client, "update", None, &cancel), async {
        server.wait_for_requests(2).await;
        cancel.cancel();
    });
    let error = result.err().unwrap();
    assert_eq!((error.kind, error.effect), (ErrorKind::Cancelled, Effect::None));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn cancel_drops_a_read_at_once_and_a_write_after_grace() {
    for (operation, effect) in [("get", Effect::Unknown), ("create", Effect::Unknown)] {
        let server = Server::start(|_, _| Action::Stall(Vec::new())).await;
        let client = client(&server.url);
        let cancel = CancellationToken::new();
        let (result, ()) = tokio::join!(call_with_cancel(&client, operation, None, &cancel), async {
            server.wait_for_requests(2).await;
            // While time is paused, tokio advances it as soon as all tasks wait.
            tokio::time::pause();
            cancel.cancel();
        });
        let error = result.err().unwrap();
        assert_eq!((error.kind, error.effect), (ErrorKind::Cancelled, effect));
        tokio::time::resume();
    }
}

#[tokio::test]
async fn cancel_still_returns_the_response_to_a_write() {
    let cancel = CancellationToken::new();
    let interrupt = cancel.clone();
    let server = Server::start(move |_, _| {
        interrupt.cancel();
        Action::response(201, r#"{"uuid": "7"}"#)
    })
    .await;
    let response = call_with_cancel(&client(&server.url), "create", Some(&json!({})), &cancel)
        .await
        .unwrap();
    assert_eq!(response.body, json!({"uuid": "7"}));
}

#[tokio::test]
async fn cancelled_request_is_never_sent() {
    let server = Server::start(|_, _| Action::response(200, "{}")).await;
    let cancel = CancellationToken::new();
    cancel.cancel();
    let error = call_with_cancel(&client(&server.url), "get", None, &cancel)
        .await
        .err()
        .unwrap();
    assert_eq!((error.kind, error.effect), (ErrorKind::Cancelled, Effect::None));
    assert_eq!(server.connections(), 0);
}
