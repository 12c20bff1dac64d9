//! What becomes of a call when the server, or what is in between, fails.

use engine::api::{Effect, ErrorKind};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::server::{Act, Server, refusing};
use super::{OPERATIONS, call, call_until, client, settings};
use crate::{Backoff, Client};

const MAX_RETRIES: usize = 2;

/// What is expected of a call whose first attempt fails, and of one whose every attempt does.
#[derive(Clone, Copy, Debug)]
enum Expect {
    /// Tried again; if that does not help, this error.
    Retried(ErrorKind),
    /// This error at once.
    Fails(ErrorKind),
}
use Expect::{Fails, Retried};

#[tokio::test]
async fn faults_and_operations() {
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
        // fault, GET, PATCH, DELETE, POST that must not be repeated
        ("408", Act::answer(408, ""), Retried(RequestTimeout), Retried(RequestTimeout), Retried(RequestTimeout), Fails(Ambiguous)),
        ("429", Act::answer(429, "{}"), Retried(RateLimited), Retried(RateLimited), Retried(RateLimited), Retried(RateLimited)),
        ("429 seconds", Act::answer(429, "").with("Retry-After", "1"), Retried(RateLimited), Retried(RateLimited), Retried(RateLimited), Retried(RateLimited)),
        ("429 past date", Act::answer(429, "").with("Retry-After", past), Retried(RateLimited), Retried(RateLimited), Retried(RateLimited), Retried(RateLimited)),
        ("429 far date", Act::answer(429, "").with("Retry-After", far), Retried(RateLimited), Retried(RateLimited), Retried(RateLimited), Retried(RateLimited)),
        ("500", Act::answer(500, "{}"), Retried(Failed), Fails(Failed), Fails(Failed), Fails(Failed)),
        ("501", Act::answer(501, "{}"), Fails(Failed), Fails(Failed), Fails(Failed), Fails(Failed)),
        ("502 page", Act::answer(502, html), Retried(Failed), Retried(Failed), Retried(Failed), Fails(Ambiguous)),
        ("503", Act::answer(503, ""), Retried(Failed), Retried(Failed), Retried(Failed), Fails(Ambiguous)),
        ("503 seconds", Act::answer(503, "").with("Retry-After", "1"), Retried(Failed), Retried(Failed), Retried(Failed), Retried(Failed)),
        ("503 nonsense", Act::answer(503, "").with("Retry-After", "soon"), Retried(Failed), Retried(Failed), Retried(Failed), Fails(Ambiguous)),
        ("504", Act::answer(504, html), Retried(Failed), Retried(Failed), Retried(Failed), Fails(Ambiguous)),
        ("closed", Act::Raw(Vec::new()), Retried(Unreachable), Retried(Unreachable), Retried(Unreachable), Fails(Ambiguous)),
        ("reset", Act::Reset(Vec::new()), Retried(Unreachable), Retried(Unreachable), Retried(Unreachable), Fails(Ambiguous)),
        ("reset in the body", Act::Reset(partial.clone()), Retried(Unreachable), Retried(Unreachable), Retried(Unreachable), Fails(Ambiguous)),
        ("truncated body", Act::Raw(partial), Retried(Unreachable), Retried(Unreachable), Retried(Unreachable), Fails(Ambiguous)),
        ("truncated chunks", Act::Raw(chunked), Retried(Unreachable), Retried(Unreachable), Retried(Unreachable), Fails(Ambiguous)),
        ("no HTTP", Act::Raw(b"SSH-2.0-OpenSSH\r\n\r\n".to_vec()), Retried(Unreachable), Retried(Unreachable), Retried(Unreachable), Fails(Ambiguous)),
        ("truncated JSON", Act::answer(200, r#"{"uuid": "#), Fails(UnexpectedResponse), Fails(UnexpectedResponse), Fails(UnexpectedResponse), Fails(UnexpectedResponse)),
        ("HTML", Act::answer(200, html), Fails(UnexpectedResponse), Fails(UnexpectedResponse), Fails(UnexpectedResponse), Fails(UnexpectedResponse)),
        ("not UTF-8", Act::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\"\xff\"".to_vec()), Fails(UnexpectedResponse), Fails(UnexpectedResponse), Fails(UnexpectedResponse), Fails(UnexpectedResponse)),
    ];
    for (name, fault, get, patch, delete, post) in table {
        for (operation, expect) in [
            ("get", get),
            ("list", get),
            ("change", patch),
            ("end", delete),
            ("make", post),
        ] {
            let body = matches!(operation, "make" | "change").then(|| json!({"name": "a"}));
            let context = format!("{operation} {name}");

            let act = fault.clone();
            let server = Server::start(move |_, number| match number {
                0 => act.clone(),
                _ => Act::answer(200, r#"{"ok": true}"#),
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
                        result.map(|answer| answer.body).unwrap_err().kind,
                        kind,
                        "{context}"
                    );
                    assert_eq!(server.requests().len(), 1, "{context}");
                }
            }

            let act = fault.clone();
            let server = Server::start(move |_, _| act.clone()).await;
            let error = call(&client(&server.url), operation, body.as_ref())
                .await
                .err()
                .unwrap();
            let (kind, attempts) = match expect {
                Retried(kind) => (kind, MAX_RETRIES + 1),
                Fails(kind) => (kind, 1),
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
async fn an_error_says_whether_the_request_was_carried_out() {
    let table = [
        (Act::answer(409, ""), Effect::None),
        (Act::answer(429, ""), Effect::None),
        (Act::answer(503, "").with("Retry-After", "0"), Effect::None),
        (Act::answer(503, ""), Effect::Unknown),
        (Act::answer(500, ""), Effect::Unknown),
        (Act::Reset(Vec::new()), Effect::Unknown),
        (Act::answer(201, "garbage"), Effect::Done),
    ];
    for (act, effect) in table {
        let context = format!("{act:?}");
        let server = Server::start(move |_, _| act.clone()).await;
        let error = call(&client(&server.url), "make", Some(&json!({})))
            .await
            .err()
            .unwrap();
        assert_eq!(error.effect, effect, "{context}");
    }
}

#[tokio::test]
async fn a_refused_connection_is_retried_for_every_call_and_explained() {
    let url = refusing().await;
    for operation in ["get", "make"] {
        let error = call(&client(&url), operation, None).await.err().unwrap();
        assert_eq!((error.kind, error.effect), (ErrorKind::Unreachable, Effect::None));
        assert_eq!(error.attempts as usize, MAX_RETRIES + 1);
        let authority = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
        let expected = format!("`{authority}` refused the connection: no server listens on that port");
        assert_eq!(error.detail.as_deref(), Some(&*expected));
    }
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_explained() {
    // A label may have 63 characters, so that no server needs to be asked for this one.
    let host = format!("{}.invalid", "a".repeat(64));
    let url: Url = format!("http://{host}").parse().unwrap();
    let error = call(&client(&url), "make", None).await.err().unwrap();
    assert_eq!((error.kind, error.effect), (ErrorKind::Unreachable, Effect::None));
    let detail = error.detail.unwrap();
    assert!(
        detail.starts_with(&format!("the host name `{host}` cannot be resolved (")),
        "{detail}"
    );
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_a_timeout() {
    let stalls = [
        Vec::new(),
        b"HTTP/1.1 200 OK\r\nContent-Le".to_vec(),
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{".to_vec(),
    ];
    for stall in stalls {
        for (operation, kind) in [
            ("get", ErrorKind::RequestTimeout),
            ("change", ErrorKind::RequestTimeout),
            ("make", ErrorKind::Ambiguous),
        ] {
            let stall = stall.clone();
            let server = Server::start(move |_, _| Act::Stall(stall.clone())).await;
            let mut settings = settings(&server.url);
            settings.max_retries = 0;
            let client = Client::new(settings, &OPERATIONS).unwrap();
            let (result, ()) = tokio::join!(call(&client, operation, None), async {
                server.wait_for_requests(2).await;
                // Time moves on when nothing else is left to do.
                tokio::time::pause();
            });
            tokio::time::resume();
            let error = result.err().unwrap();
            assert_eq!((error.kind, error.effect), (kind, Effect::Unknown));
            assert!(error.detail.unwrap().ends_with("did not respond within 30s"));
        }
    }
}

#[tokio::test]
async fn an_answer_of_more_than_32_mib_is_not_read() {
    const LIMIT: usize = 32 * 1024 * 1024;
    let body = |length: usize| format!("\"{}\"", "x".repeat(length - 2));
    let server = Server::start(move |_, _| Act::answer(200, body(LIMIT))).await;
    let answer = call(&client(&server.url), "get", None).await.unwrap();
    assert_eq!(answer.body.as_str().map(str::len), Some(LIMIT - 2));

    let server = Server::start(move |_, _| Act::answer(200, body(LIMIT + 1))).await;
    let error = call(&client(&server.url), "get", None).await.err().unwrap();
    assert_eq!((error.kind, error.attempts), (ErrorKind::TooLarge, 1));
    assert_eq!(
        error.detail.as_deref(),
        Some("the response is larger than 32 MiB")
    );
}

#[tokio::test]
async fn a_refusal_without_end_is_still_a_refusal() {
    let server = Server::start(|_, _| {
        let mut bytes = b"HTTP/1.1 409 Conflict\r\nContent-Length: 100000000\r\n\r\n".to_vec();
        bytes.extend(std::iter::repeat_n(b'<', 200_000));
        Act::Stall(bytes)
    })
    .await;
    let error = call(&client(&server.url), "make", None).await.err().unwrap();
    assert_eq!((error.kind, error.detail), (ErrorKind::Conflict, None));
}

#[tokio::test]
async fn an_interrupt_ends_the_wait_between_attempts() {
    let server = Server::start(|_, _| Act::answer(503, "").with("Retry-After", "3600")).await;
    let mut settings = settings(&server.url);
    settings.backoff = Backoff::default();
    let client = Client::new(settings, &OPERATIONS).unwrap();
    let cancel = CancellationToken::new();
    let (result, ()) = tokio::join!(call_until(&client, "change", None, &cancel), async {
        server.wait_for_requests(2).await;
        cancel.cancel();
    });
    let error = result.err().unwrap();
    assert_eq!((error.kind, error.effect), (ErrorKind::Cancelled, Effect::None));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn an_interrupt_drops_a_read_at_once_and_a_write_after_a_grace() {
    for (operation, effect) in [("get", Effect::Unknown), ("make", Effect::Unknown)] {
        let server = Server::start(|_, _| Act::Stall(Vec::new())).await;
        let client = client(&server.url);
        let cancel = CancellationToken::new();
        let (result, ()) = tokio::join!(call_until(&client, operation, None, &cancel), async {
            server.wait_for_requests(2).await;
            // The grace passes as soon as nothing else is left to do.
            tokio::time::pause();
            cancel.cancel();
        });
        let error = result.err().unwrap();
        assert_eq!((error.kind, error.effect), (ErrorKind::Cancelled, effect));
        tokio::time::resume();
    }
}

#[tokio::test]
async fn a_write_that_is_answered_after_the_interrupt_is_not_lost() {
    let cancel = CancellationToken::new();
    let interrupt = cancel.clone();
    let server = Server::start(move |_, _| {
        interrupt.cancel();
        Act::answer(201, r#"{"uuid": "7"}"#)
    })
    .await;
    let answer = call_until(&client(&server.url), "make", Some(&json!({})), &cancel)
        .await
        .unwrap();
    assert_eq!(answer.body, json!({"uuid": "7"}));
}

#[tokio::test]
async fn nothing_is_sent_after_an_interrupt() {
    let server = Server::start(|_, _| Act::answer(200, "{}")).await;
    let cancel = CancellationToken::new();
    cancel.cancel();
    let error = call_until(&client(&server.url), "get", None, &cancel)
        .await
        .err()
        .unwrap();
    assert_eq!((error.kind, error.effect), (ErrorKind::Cancelled, Effect::None));
    assert_eq!(server.connections(), 0);
}
