//! The client against real servers on the loopback, most of which misbehave.

mod calls;
mod faults;
mod live_document;
mod redirects;
mod secrets;
mod server;
mod tls;

use std::borrow::Cow;
use std::time::Duration;

use engine::api::{Body, Request, Response, Retry};
use schema::model::{Method, Operation};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use url::Url;
use value::secret::Secret;

use crate::{Backoff, Client, Error, Settings};

const TOKEN: &str = "dur_0123456789abcdef";

static OPERATIONS: [Operation; 5] = [
    operation("list", Method::Get, "/api/things/"),
    operation("make", Method::Post, "/api/things/"),
    operation("get", Method::Get, "/api/things/{uuid}"),
    operation("change", Method::Patch, "/api/things/{uuid}"),
    operation("end", Method::Delete, "/api/things/{uuid}"),
];

const fn operation(id: &'static str, method: Method, path: &'static str) -> Operation {
    Operation {
        id: Cow::Borrowed(id),
        method,
        path: Cow::Borrowed(path),
    }
}

/// Settings under which nothing waits.
fn settings(endpoint: &Url) -> Settings {
    Settings {
        endpoint: endpoint.clone(),
        api_token: Secret::new(TOKEN),
        insecure_skip_verify: false,
        ca_certificates: Vec::new(),
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
    }
}

fn client(endpoint: &Url) -> Client {
    Client::new(settings(endpoint), &OPERATIONS).unwrap()
}

/// Calls an operation on the thing `7`, with a body where it takes one.
async fn call(client: &Client, operation: &str, body: Option<&Value>) -> Result<Response, Error> {
    call_until(client, operation, body, &CancellationToken::new()).await
}

async fn call_until(
    client: &Client,
    operation: &str,
    body: Option<&Value>,
    cancel: &CancellationToken,
) -> Result<Response, Error> {
    let retry = if operation == "make" {
        Retry::Unsafe
    } else {
        Retry::Safe
    };
    let body = body.map(|json| Body::new(json.clone(), Vec::new()));
    client
        .call(Request {
            operation,
            path: &[("uuid", "7")],
            body: body.as_ref(),
            retry,
            gone: &[],
            secrets: &[],
            cancel,
        })
        .await
}

/// Whether this is a process of its own; if it is not, runs the test of that name in one, which must pass.
///
/// For what belongs to a whole process: its environment, and what it logs.
async fn is_alone(test: &str, environment: &[(&str, &str)]) -> bool {
    const ALONE: &str = "CLIENT_TEST_ALONE";
    if std::env::var_os(ALONE).is_some() {
        return true;
    }
    let output = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test])
        .envs(environment.iter().copied())
        .env(ALONE, "1")
        .output()
        .await
        .unwrap();
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && report.contains("1 passed"), "{report}");
    false
}
