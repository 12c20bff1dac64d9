//! Tests of the client with real servers on the loopback interface, most of which misbehave.

mod attempts;
mod certificates;
mod closing;
mod document;
mod encodings;
mod faults;
mod lists;
mod live_document;
mod pages;
mod proxies;
mod reach;
mod redirects;
mod requests;
mod secrets;
mod server;
mod tls;
mod token_file;

use std::borrow::Cow;
use std::time::Duration;

use engine::api::{Body, Request, Response, Retry};
use schema::model::{Method, Operation};
use serde_json::Value;
use server::{Action, Server};
use tokio_util::sync::CancellationToken;
use url::Url;
use value::secret::Secret;

use crate::{Backoff, Client, Error, ProxyVariables, Settings};

const TOKEN: &str = "dur_0123456789abcdef";

static OPERATIONS: [Operation; 5] = [
    operation("list", Method::Get, "/api/things/"),
    operation("create", Method::Post, "/api/things/"),
    operation("get", Method::Get, "/api/things/{uuid}"),
    operation("update", Method::Patch, "/api/things/{uuid}"),
    operation("delete", Method::Delete, "/api/things/{uuid}"),
];

const fn operation(id: &'static str, method: Method, path: &'static str) -> Operation {
    Operation {
        id: Cow::Borrowed(id),
        method,
        path: Cow::Borrowed(path),
    }
}

/// Settings with waits of a millisecond at most.
fn settings(endpoint: &Url) -> Settings {
    Settings {
        endpoint: endpoint.clone(),
        api_token: Secret::new(TOKEN).into(),
        token_source: Some("the environment variable TOKEN".into()),
        insecure_skip_verify: false,
        ca_certificates: Vec::new(),
        proxies: ProxyVariables::default(),
        request_timeout: Duration::from_secs(30),
        max_retries: 2,
        user_agent: "terraform-provider-durantic/test".to_owned(),
        backoff: Backoff {
            base: Duration::from_millis(1),
            cap: Duration::from_millis(1),
            retry_after_cap: Duration::from_millis(1),
        },
        remedies: |_| None,
        document: Some("/api/openapi.json"),
        keep_lists: true,
        check_plans: true,
    }
}

fn client(endpoint: &Url) -> Client {
    Client::new(settings(endpoint), &OPERATIONS).unwrap()
}

/// Sends a request about the object `7`, with or without a body.
async fn call(client: &Client, operation: &str, body: Option<&Value>) -> Result<Response, Error> {
    call_with_cancel(client, operation, body, &CancellationToken::new()).await
}

async fn call_with_cancel(
    client: &Client,
    operation: &str,
    body: Option<&Value>,
    cancel: &CancellationToken,
) -> Result<Response, Error> {
    let retry = if operation == "create" {
        Retry::Unsafe
    } else {
        Retry::Safe
    };
    let body = body.map(|json| Body::new(json.clone(), Vec::new()));
    client
        .send(Request {
            operation,
            path: &[("uuid", "7")],
            body: body.as_ref(),
            retry,
            attempts: 0,
            gone: &[],
            secrets: &[],
            cancel,
        })
        .await
}

/// Whether the test runs in a process of its own. If not, runs it in one, with more environment variables, and asserts that
/// it passes there.
///
/// For tests that depend on the environment or the log of the process.
async fn has_own_process(test: &str, environment: &[(&str, &str)]) -> bool {
    const MARKER: &str = "CLIENT_TEST_HAS_OWN_PROCESS";
    if std::env::var_os(MARKER).is_some() {
        return true;
    }
    let output = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test])
        .envs(environment.iter().copied())
        .env(MARKER, "1")
        .output()
        .await
        .unwrap();
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && report.contains("1 passed"), "{report}");
    false
}

/// Sends twenty requests at the same time, all of which succeed.
async fn call_concurrently(client: &Client) {
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { call(&client, "get", None).await })
        })
        .collect();
    for call in calls {
        assert!(call.await.unwrap().is_ok());
    }
}

/// The result of a request without retries whose response stops after these bytes.
async fn call_stalled(beginning: &[u8], operation: &str) -> Result<Response, Error> {
    let beginning = beginning.to_vec();
    let server = Server::start(move |_, _| Action::Stall(beginning.clone())).await;
    let mut settings = settings(&server.url);
    settings.max_retries = 0;
    let client = Client::new(settings, &OPERATIONS).unwrap();
    let (result, ()) = tokio::join!(call(&client, operation, None), async {
        server.wait_for_requests(2).await;
        // While time is paused, tokio advances it as soon as all tasks wait and no bytes have arrived.
        tokio::time::pause();
    });
    tokio::time::resume();
    result
}
