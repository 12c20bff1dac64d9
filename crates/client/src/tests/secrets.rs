//! Errors and logs contain no secret, whatever the server sends.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use engine::api::{Body, ErrorKind, Request, Retry};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use tracing::field::{Field, Visit};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};
use value::secret::Secret;

use super::server::{Action, Server};
use super::{TOKEN, call, client, has_own_process};

/// Collects everything that any crate logs, at every level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Log {
    fn record(&self, fields: impl FnOnce(&mut dyn Visit)) {
        struct Writer<'a>(&'a mut String);
        impl Visit for Writer<'_> {
            fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
                write!(self.0, " {}={value:?}", field.name()).unwrap();
            }
        }
        let mut text = self.0.lock().unwrap();
        fields(&mut Writer(&mut text));
        text.push('\n');
    }

    fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}

impl<S: tracing::Subscriber> Layer<S> for Log {
    fn on_new_span(&self, attributes: &tracing::span::Attributes<'_>, _: &tracing::Id, _: Context<'_, S>) {
        self.record(|visit| attributes.record(visit));
    }

    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        self.record(|visit| event.record(visit));
    }
}

#[tokio::test]
async fn errors_and_logs_contain_no_secret() {
    if !has_own_process("tests::secrets::errors_and_logs_contain_no_secret", &[]).await {
        return;
    }
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(log.clone()));
    let secrets = [
        "hunter2hunter2",
        "line one\nline \"two\"",
        "{{ secrets.db }}",
        TOKEN,
    ];
    let body = json!({"value": secrets[0], "nested": [{"key": secrets[1]}], "template_data": secrets[2]});
    let echo = json!({"detail": format!("{} and {body}", secrets.join(" | "))}).to_string();
    let problem = json!({"detail": [{"loc": ["body", secrets[0]], "msg": echo, "input": body}]}).to_string();
    let plain = secrets.join(" | ");
    let actions = [
        Action::response(200, plain.clone()),
        Action::response(200, body.to_string().trim_end_matches('}')),
        Action::response(400, echo.clone()),
        Action::response(409, plain.clone()),
        Action::response(409, body.to_string()),
        Action::response(422, problem),
        Action::response(500, format!("<html>{plain}")),
        Action::response(409, "{}").with("X-Request-Id", format!("id {TOKEN}")),
        Action::response(302, "").with("Location", format!("http://other.test/?token={TOKEN}")),
        Action::Raw(plain.into_bytes()),
    ];
    for action in actions {
        let context = format!("{action:?}");
        let server = Server::start(move |_, _| action.clone()).await;
        let cancel = CancellationToken::new();
        let known = [Secret::new(secrets[0]), Secret::new(secrets[2])];
        let body = Body::new(body.clone(), Vec::new());
        let request = Request {
            operation: "update",
            path: &[("uuid", "7")],
            body: Some(&body),
            retry: Retry::Safe,
            attempts: 0,
            gone: &[],
            secrets: &[&known[0], &known[1]],
            cancel: &cancel,
        };
        let error = client(&server.url).send(request).await.err().unwrap();
        let shown = format!("{error}\n{error:?}");
        for secret in ["hunter2", "line one", "line \\\"two", "secrets.db", TOKEN] {
            assert!(!shown.contains(secret), "{context} shows {secret}: {shown}");
        }
    }
    let log = log.text();
    assert!(log.contains("operation=update"), "{log}");
    for secret in ["hunter2", "line one", "secrets.db", TOKEN, "Bearer"] {
        assert!(!log.contains(secret), "the log has {secret}");
    }
}

#[tokio::test]
async fn request_log_has_operation_status_and_request_id() {
    if !has_own_process(
        "tests::secrets::request_log_has_operation_status_and_request_id",
        &[],
    )
    .await
    {
        return;
    }
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(log.clone()));
    let server = Server::start(|_, number| match number {
        0 => Action::response(502, ""),
        1 => Action::Reset(Vec::new()),
        _ => Action::response(200, "{}"),
    })
    .await;
    let response = call(&client(&server.url), "get", None).await.unwrap();
    let log = log.text();
    let lines: Vec<_> = log
        .lines()
        .filter(|line| line.contains("operation=get"))
        .collect();
    assert_eq!(lines.len(), 3, "{log}");
    for (line, result) in lines
        .iter()
        .zip(["status=502", "failure=Unreachable", "status=200"])
    {
        for part in [
            result,
            "method=\"GET\"",
            "path=/api/things/7",
            "duration_ms=",
            "attempt=",
        ] {
            assert!(line.contains(part), "{line} lacks {part}");
        }
        assert!(
            line.contains(&format!("request_id={}", response.request_id)),
            "{line}"
        );
    }
}

#[tokio::test]
async fn unreadable_response_is_shown_in_part() {
    let server =
        Server::start(|_, _| Action::response(200, format!("<html>\r\n\u{1b}[2J{}", "x".repeat(1000)))).await;
    let error = call(&client(&server.url), "get", None).await.err().unwrap();
    assert_eq!(
        (error.kind, error.status),
        (ErrorKind::UnexpectedResponse, Some(200))
    );
    let expected = format!(
        "The control plane returned 200 OK for `GET /api/things/7`: the body is not JSON (expected value at line 1 \
         column 1): `<html> [2J{}…`.\n\nRequest id: {} (the last of 3 attempts)",
        "x".repeat(190),
        error.request_id
    );
    assert_eq!(error.to_string(), expected);
}
