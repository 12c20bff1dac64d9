//! The way of a request: limit, fault, token, parameters, body, operation, answer.

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Extension;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use serde_json::Value;
use tokio_stream::StreamExt;
use uuid::Uuid;

use super::clock::Clock;
use super::contract::Operation;
use super::dialect::{self, Dialect, Found, Routes};
use super::faults::{Answer, FaultKind, Faults};
use super::log::{Entry, Log, without_secrets};
use super::problem::Problem;
use super::rate_limit::RateLimit;
use super::reset::Reset;
use super::store::Store;
use super::{DOCUMENT_OPERATION, lock};
use crate::secrets::Secrets;

/// More than any request needs.
const LARGEST_REQUEST: usize = 16 << 20;

/// The path of the published document.
const DOCUMENT_PATH: &str = "/api/openapi.json";

/// The header that names a request.
const REQUEST_ID: &str = "x-request-id";

/// Everything that answers requests.
pub struct Server {
    pub store: Mutex<Store>,
    pub clock: Arc<Clock>,
    pub routes: Routes,
    /// The published document.
    pub document: Option<Value>,
    pub dialect: Dialect,
    pub unknown_fields: bool,
    pub prefix: String,
    pub tokens: Mutex<BTreeSet<String>>,
    /// What nothing may show.
    pub secrets: Secrets,
    pub rate_limit: Option<RateLimit>,
    pub faults: Faults,
    pub log: Log,
    pub strict: bool,
    pub violations: Mutex<Vec<String>>,
}

/// What a request is for.
enum Target {
    Document,
    Operation(&'static Operation, Vec<String>),
    OtherMethod,
    Nothing,
}

/// What the control plane has to say, before anything goes wrong on the way.
struct Reply {
    status: StatusCode,
    body: Option<Value>,
}

/// Answers any request that is not for the control of the simulation.
pub async fn answer(
    State(server): State<Arc<Server>>,
    Extension(reset): Extension<Reset>,
    request: Request,
) -> Response {
    let _in_flight = server.log.begin();
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_REQUEST).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let target = server.target(&parts.method, parts.uri.path());
    let mut entry = server.entry(&parts, &target, &body);
    let is_admitted = server
        .rate_limit
        .as_ref()
        .is_none_or(|limit| limit.admits(server.clock.now()));
    let (mut response, fault) = if is_admitted {
        let fault = if entry.operation.is_empty() {
            None
        } else {
            server.faults.next(&entry.operation)
        };
        entry.fault = fault.as_ref().map(|fault| format!("{fault:?}"));
        (
            server.respond(&parts, &target, &body, fault.as_ref(), &reset, &mut entry),
            fault,
        )
    } else {
        let mut answer = Answer::json(429);
        answer.headers.push(("retry-after".to_owned(), "1".to_owned()));
        (made_up(&answer, &mut entry), None)
    };
    if let Some(id) = parts.headers.get(REQUEST_ID) {
        response
            .headers_mut()
            .insert(HeaderName::from_static(REQUEST_ID), id.clone());
    }
    // Nothing was waited for so far: what a client hangs up on is processed and logged all the same.
    server.log.push(entry);
    if let Some(FaultKind::Delay(delay)) = fault {
        tokio::time::sleep(delay).await;
    }
    response
}

impl Server {
    fn respond(
        &self,
        parts: &Parts,
        target: &Target,
        body: &Bytes,
        fault: Option<&FaultKind>,
        reset: &Reset,
        entry: &mut Entry,
    ) -> Response {
        match fault {
            Some(FaultKind::ResetBefore) => {
                reset.reset();
                return StatusCode::OK.into_response();
            }
            Some(FaultKind::Answer(answer)) if !answer.processed => return made_up(answer, entry),
            _ => {}
        }
        let mut reply = match target {
            Target::Nothing => return made_up(&Answer::html(404), entry),
            Target::OtherMethod => return made_up(&Answer::html(405), entry),
            Target::Document => match &self.document {
                Some(document) => Reply {
                    status: StatusCode::OK,
                    body: Some(document.clone()),
                },
                None => return made_up(&Answer::html(404), entry),
            },
            Target::Operation(operation, parameters) => {
                let reply = self.process(operation, parameters, &parts.headers, body);
                entry.processed = reply.status.is_success();
                reply
            }
        };
        entry.status = Some(reply.status.as_u16());
        match fault {
            Some(FaultKind::ResetAfter) => return lost(reset, entry),
            Some(FaultKind::Answer(answer)) => return made_up(answer, entry),
            Some(FaultKind::Rewrite(rewrite)) => reply.body.iter_mut().for_each(|body| rewrite(body)),
            Some(FaultKind::Truncated) => match reply.body {
                Some(body) => return truncated(reply.status, &body),
                None => return lost(reset, entry),
            },
            Some(FaultKind::Garbage) => {
                return json_response(reply.status, Bytes::from_static(b"\x00\xff{\"uuid\": ]"));
            }
            Some(FaultKind::Slow(time)) => return slow(&reply, *time),
            Some(FaultKind::Huge(size)) => return huge(reply.status, *size),
            _ => {}
        }
        reply.into_response()
    }

    /// What a request is for.
    fn target(&self, method: &Method, path: &str) -> Target {
        match path.strip_prefix(&self.prefix) {
            Some(DOCUMENT_PATH) if method == Method::GET => Target::Document,
            Some(path) => match self.routes.find(method, path) {
                Found::Operation(operation, parameters) => Target::Operation(operation, parameters),
                Found::OtherMethod => Target::OtherMethod,
                Found::Nothing => Target::Nothing,
            },
            None => Target::Nothing,
        }
    }

    fn entry(&self, parts: &Parts, target: &Target, body: &Bytes) -> Entry {
        let header = |name| {
            parts
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned)
        };
        let body: Option<Value> = serde_json::from_slice(body).ok();
        let (operation, shown_body) = match target {
            Target::Document => (DOCUMENT_OPERATION, body.clone()),
            Target::Operation(operation, _) => (
                operation.id.as_str(),
                body.as_ref()
                    .map(|body| without_secrets(operation, body, &self.secrets)),
            ),
            _ => ("", None),
        };
        Entry {
            time: self.clock.now(),
            operation: operation.to_owned(),
            method: parts.method.clone(),
            path: parts.uri.path().to_owned(),
            status: None,
            processed: false,
            fault: None,
            body,
            shown_body,
            request_id: header(REQUEST_ID),
            user_agent: header("user-agent"),
            has_authorization: parts.headers.contains_key(header::AUTHORIZATION),
        }
    }

    /// Does what a request asks for.
    fn process(
        &self,
        operation: &Operation,
        parameters: &[String],
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Reply {
        let (status, body) = match self.call(operation, parameters, headers, body) {
            Ok(body) => (operation.success, body),
            Err(problem) => (problem.status.as_u16(), Some(problem.body())),
        };
        if self.strict {
            self.check_answer(operation, status, body.as_ref());
        }
        let mut reply = Reply {
            status: StatusCode::from_u16(status).unwrap_or_default(),
            body,
        };
        if let Some(body) = &mut reply.body {
            self.dialect.translate(body);
            if self.unknown_fields {
                dialect::add_unknown_fields(body);
            }
        }
        reply
    }

    fn call(
        &self,
        operation: &Operation,
        parameters: &[String],
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<Option<Value>, Problem> {
        self.authorize(headers)?;
        let parameters: Vec<String> = parameters
            .iter()
            .map(|text| Uuid::parse_str(text).map(|uuid| uuid.to_string()))
            .collect::<Result<_, _>>()
            .map_err(|_| Problem::invalid_parameter("uuid"))?;
        let Some(schema) = &operation.request else {
            return lock(&self.store).call(operation, &parameters, None);
        };
        let body: Value =
            serde_json::from_slice(body).map_err(|_| Problem::bad_request("Cannot parse request body"))?;
        let faults = schema.check(&body);
        if !faults.is_empty() {
            return Err(Problem::invalid_body(faults));
        }
        let Value::Object(mut fields) = body else {
            return Err(Problem::bad_request("Cannot parse request body"));
        };
        let is_json = headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
        if self.strict && !is_json {
            self.violation(operation, "the request's content type is not `application/json`");
        }
        // The control plane ignores what it does not know; a provider that sends it has a fault all the same.
        fields.retain(|name, _| {
            let is_known = schema.properties.contains(name);
            if self.strict && !is_known {
                self.violation(
                    operation,
                    &format!("the request has a field `{name}` that the contract does not know"),
                );
            }
            is_known
        });
        lock(&self.store).call(operation, &parameters, Some(fields))
    }

    fn authorize(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let given = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let token = given.and_then(|given| given.strip_prefix("Bearer "));
        let is_accepted = token.is_some_and(|token| lock(&self.tokens).contains(token));
        if is_accepted {
            Ok(())
        } else {
            Err(Problem::unauthorized())
        }
    }

    /// Holds an answer against the contract.
    fn check_answer(&self, operation: &Operation, status: u16, body: Option<&Value>) {
        match (operation.answers.get(&status), body) {
            (None, _) => self.violation(
                operation,
                &format!("the answer's status {status} is not in the contract"),
            ),
            (Some(None), None) => {}
            (Some(Some(schema)), Some(body)) => {
                for fault in schema.check(body) {
                    let place = Value::Array(fault.path);
                    self.violation(
                        operation,
                        &format!("the answer {status} is wrong at {place}: {}", fault.message),
                    );
                }
            }
            (Some(None), Some(_)) => {
                self.violation(operation, &format!("the answer {status} must have no body"));
            }
            (Some(Some(_)), None) => {
                self.violation(operation, &format!("the answer {status} must have a body"));
            }
        }
    }

    fn violation(&self, operation: &Operation, what: &str) {
        lock(&self.violations).push(format!("{}: {what}", operation.id));
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        match &self.body {
            Some(body) => json_response(self.status, body.to_string()),
            None => self.status.into_response(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        json_response(self.status, self.body().to_string())
    }
}

fn json_response(status: StatusCode, body: impl Into<Body>) -> Response {
    (
        status,
        [(header::CONTENT_TYPE, "application/json; charset=utf-8")],
        body.into(),
    )
        .into_response()
}

/// Answers something else than the truth.
fn made_up(answer: &Answer, entry: &mut Entry) -> Response {
    entry.status = Some(answer.status.as_u16());
    let mut response = (answer.status, Body::from(answer.body.clone())).into_response();
    response.headers_mut().remove(header::CONTENT_TYPE);
    for (name, value) in &answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// The request was processed, and nobody hears of it.
fn lost(reset: &Reset, entry: &mut Entry) -> Response {
    entry.status = None;
    reset.reset();
    StatusCode::OK.into_response()
}

/// Promises the whole body, sends half of it and hangs up.
fn truncated(status: StatusCode, body: &Value) -> Response {
    let whole = Bytes::from(body.to_string());
    let half = whole.slice(..whole.len() / 2);
    // The pause lets the half leave before the error takes the connection down.
    let pieces = tokio_stream::iter([Ok(half), Err(io::Error::from(io::ErrorKind::ConnectionAborted))])
        .throttle(Duration::from_millis(20));
    let response = json_response(status, Body::from_stream(pieces));
    with_length(response, whole.len())
}

/// Sends the body in small pieces.
fn slow(reply: &Reply, time: Duration) -> Response {
    const PIECES: usize = 16;
    let Some(body) = &reply.body else {
        return reply.status.into_response();
    };
    let whole = Bytes::from(body.to_string());
    let length = whole.len();
    let size = length.div_ceil(PIECES).max(1);
    let pieces: Vec<io::Result<Bytes>> = whole
        .chunks(size)
        .map(|piece| Ok(Bytes::copy_from_slice(piece)))
        .collect();
    let pause = time / u32::try_from(PIECES).unwrap_or(1);
    let body = Body::from_stream(tokio_stream::iter(pieces).throttle(pause));
    with_length(json_response(reply.status, body), length)
}

/// Sends a JSON string of this many bytes, without saying how many beforehand.
fn huge(status: StatusCode, size: usize) -> Response {
    const PIECE: Bytes = Bytes::from_static(&[b'a'; 1 << 16]);
    let quote = || Bytes::from_static(b"\"");
    let inside = size.saturating_sub(2);
    let full = std::iter::repeat_n(PIECE, inside / PIECE.len());
    let rest = PIECE.slice(..inside % PIECE.len());
    let pieces = std::iter::once(quote())
        .chain(full)
        .chain([rest, quote()])
        .map(Ok::<_, io::Error>);
    json_response(status, Body::from_stream(tokio_stream::iter(pieces)))
}

fn with_length(mut response: Response, length: usize) -> Response {
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    response
}

/// What the control of the simulation answers.
pub fn control_answer(value: &Value) -> Response {
    json_response(StatusCode::OK, value.to_string())
}
