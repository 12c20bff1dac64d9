//! No secret in an error or a log, whatever the server sends back.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use engine::api::{Body, ErrorKind, Request, Retry};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use tracing::field::{Field, Visit};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};
use value::secret::Secret;

use super::server::{Act, Server};
use super::{TOKEN, call, client, is_alone};

/// Everything that is logged, at every level, by whomever.
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
async fn whatever_comes_back_no_secret_is_shown_or_logged() {
    if !is_alone(
        "tests::secrets::whatever_comes_back_no_secret_is_shown_or_logged",
        &[],
    )
    .await
    {
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
    let acts = [
        Act::answer(200, plain.clone()),
        Act::answer(200, body.to_string().trim_end_matches('}')),
        Act::answer(400, echo.clone()),
        Act::answer(409, plain.clone()),
        Act::answer(409, body.to_string()),
        Act::answer(422, problem),
        Act::answer(500, format!("<html>{plain}")),
        Act::answer(409, "{}").with("X-Request-Id", format!("id {TOKEN}")),
        Act::answer(302, "").with("Location", format!("http://other.test/?token={TOKEN}")),
        Act::Raw(plain.into_bytes()),
    ];
    for act in acts {
        let context = format!("{act:?}");
        let server = Server::start(move |_, _| act.clone()).await;
        let cancel = CancellationToken::new();
        let known = [Secret::new(secrets[0]), Secret::new(secrets[2])];
        let body = Body::new(body.clone(), Vec::new());
        let call = Request {
            operation: "change",
            path: &[("uuid", "7")],
            body: Some(&body),
            retry: Retry::Safe,
            gone: &[],
            secrets: &[&known[0], &known[1]],
            cancel: &cancel,
        };
        let error = client(&server.url).call(call).await.err().unwrap();
        let shown = format!("{error}\n{error:?}");
        for secret in ["hunter2", "line one", "line \\\"two", "secrets.db", TOKEN] {
            assert!(!shown.contains(secret), "{context} shows {secret}: {shown}");
        }
    }
    let log = log.text();
    assert!(log.contains("operation=change"), "{log}");
    for secret in ["hunter2", "line one", "secrets.db", TOKEN, "Bearer"] {
        assert!(!log.contains(secret), "the log has {secret}");
    }
}

#[tokio::test]
async fn a_request_is_logged_with_what_helps_to_find_it() {
    if !is_alone(
        "tests::secrets::a_request_is_logged_with_what_helps_to_find_it",
        &[],
    )
    .await
    {
        return;
    }
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(log.clone()));
    let server = Server::start(|_, number| match number {
        0 => Act::answer(502, ""),
        1 => Act::Reset(Vec::new()),
        _ => Act::answer(200, "{}"),
    })
    .await;
    let answer = call(&client(&server.url), "get", None).await.unwrap();
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
            line.contains(&format!("request_id={}", answer.request_id)),
            "{line}"
        );
    }
}

#[tokio::test]
async fn what_does_not_parse_is_shown_in_part() {
    let server =
        Server::start(|_, _| Act::answer(200, format!("<html>\r\n\u{1b}[2J{}", "x".repeat(1000)))).await;
    let error = call(&client(&server.url), "get", None).await.err().unwrap();
    assert_eq!(
        (error.kind, error.status),
        (ErrorKind::UnexpectedResponse, Some(200))
    );
    let expected = format!(
        "The control plane returned 200 OK for `GET /api/things/7`: the body is not JSON (expected value at line 1 \
         column 1): `<html> [2J{}…`.\n\nRequest id: {}",
        "x".repeat(190),
        error.request_id
    );
    assert_eq!(error.to_string(), expected);
}
