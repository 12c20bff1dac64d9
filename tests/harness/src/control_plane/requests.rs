//! The handling of a request: rate limit, fault, token, parameters, body, operation, response.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Extension;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use serde_json::Value;
use tokio_stream::StreamExt;
use uuid::Uuid;

use super::account::Account;
use super::clock::Clock;
use super::contract::{Action, Operation};
use super::dialect::{self, Dialect, Found, Routes};
use super::faults::{FaultKind, FaultResponse, Faults};
use super::hooks::Hooks;
use super::log::{Entry, Log, without_secrets};
use super::paging::{Page, Paging, Parameters, UnknownParameters};
use super::problem::Problem;
use super::rate_limit::RateLimit;
use super::reset::Reset;
use super::validators::{self, Validators};
use super::{DOCUMENT_OPERATION, lock};
use crate::secrets::Secrets;

/// The limit of a request body, in bytes. No request comes near it.
const LARGEST_REQUEST: usize = 16 << 20;

/// The path of the published document.
const DOCUMENT_PATH: &str = "/api/openapi.json";

/// The status of a delete whose object stays for a while.
const ACCEPTED: u16 = 202;

/// The header with the request id. The response repeats it.
const REQUEST_ID: &str = "x-request-id";

/// The state that handles requests.
pub struct Server {
    /// The account of the first token.
    pub account: Account,
    pub clock: Arc<Clock>,
    pub routes: Routes,
    /// The published document.
    pub document: Option<Value>,
    pub dialect: Dialect,
    pub unknown_fields: bool,
    /// The changes before certain requests.
    pub hooks: Hooks,
    pub validators: Option<Validators>,
    /// Whether each response is compressed if its request accepts that.
    pub gzip: bool,
    /// `None` if a list has every object.
    pub paging: Option<Paging>,
    pub unknown_parameters: UnknownParameters,
    /// `http` or `https`
    pub scheme: &'static str,
    pub prefix: String,
    /// The response to any path outside of the prefix.
    pub elsewhere: Mutex<FaultResponse>,
    /// The accepted tokens, each with its account.
    pub tokens: Mutex<BTreeMap<String, Account>>,
    /// The values that no output may contain.
    pub secrets: Secrets,
    pub rate_limit: Mutex<Option<RateLimit>>,
    pub faults: Faults,
    pub log: Log,
    pub strict: bool,
    pub violations: Mutex<Vec<String>>,
}

/// The target of a request.
enum Target {
    Document,
    Operation(&'static Operation, Vec<String>),
    OtherMethod,
    Nothing,
    Elsewhere,
}

/// The response before a fault changes it.
struct IntactResponse {
    status: StatusCode,
    headers: HeaderMap,
    body: Option<Value>,
    /// The time of the last change that the body shows, if it is known.
    last_change: Option<Duration>,
}

/// The result of an operation.
#[derive(Default)]
struct Performed {
    /// The body; of a page, only its items.
    body: Option<Value>,
    page: Option<Page>,
    last_change: Option<Duration>,
}

/// Handles any request to the simulated API.
pub async fn handle(
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
    let is_admitted = lock(&server.rate_limit)
        .as_ref()
        .is_none_or(|limit| limit.admits(server.clock.now()));
    let (mut response, fault) = if is_admitted {
        let fault = if entry.operation.is_empty() {
            None
        } else {
            server.faults.next(&entry.operation, &entry.call)
        };
        entry.fault = fault.as_ref().map(|fault| format!("{fault:?}"));
        entry.has_failed = fault.as_ref().is_some_and(FaultKind::fails_attempt);
        (
            server.respond(&parts, &target, &body, fault.as_ref(), &reset, &mut entry),
            fault,
        )
    } else {
        let mut limited = FaultResponse::json(429);
        limited.headers.push(("retry-after".to_owned(), "1".to_owned()));
        entry.has_failed = true;
        (fault_response(&limited, &mut entry), None)
    };
    if let Some(id) = parts.headers.get(REQUEST_ID) {
        response
            .headers_mut()
            .insert(HeaderName::from_static(REQUEST_ID), id.clone());
    }
    if let Ok(date) = HeaderValue::try_from(server.clock.date()) {
        response.headers_mut().insert(header::DATE, date);
    }
    // No await before this line: the request is processed and logged even if the client closes the connection.
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
            Some(FaultKind::Respond(response)) if !response.processed => {
                return fault_response(response, entry);
            }
            _ => {}
        }
        let mut intact = match target {
            Target::Nothing | Target::Elsewhere => return fault_response(&lock(&self.elsewhere), entry),
            Target::OtherMethod => return fault_response(&FaultResponse::html(405), entry),
            Target::Document => match &self.document {
                Some(document) => IntactResponse {
                    status: StatusCode::OK,
                    headers: HeaderMap::new(),
                    body: Some(document.clone()),
                    last_change: None,
                },
                None => return fault_response(&FaultResponse::html(404), entry),
            },
            Target::Operation(operation, parameters) => {
                let intact = self.process(operation, parameters, parts, body);
                entry.processed = intact.status.is_success();
                intact
            }
        };
        entry.status = Some(intact.status.as_u16());
        match fault {
            Some(FaultKind::ResetAfter) => return reset_after_processing(reset, entry),
            Some(FaultKind::Respond(response)) => return fault_response(response, entry),
            Some(FaultKind::Rewrite(rewrite)) => intact.body.iter_mut().for_each(|body| rewrite(body)),
            Some(FaultKind::Shaped(shape)) if intact.status.is_success() => {
                let body = intact.body.as_mut();
                if let Some(objects) = body.and_then(|body| self.objects_mut(target, body)) {
                    shape.apply(objects);
                }
            }
            _ => {}
        }
        if parts.method == Method::GET && intact.status.is_success() {
            self.validate(&parts.headers, &mut intact);
            entry.status = Some(intact.status.as_u16());
        }
        match fault {
            Some(FaultKind::Truncated) => match &intact.body {
                Some(body) => return truncated(&intact, body),
                None => return reset_after_processing(reset, entry),
            },
            Some(FaultKind::Garbage) if intact.status.is_success() => {
                return json_response(intact.status, Bytes::from_static(b"\x00\xff{\"uuid\": ]"));
            }
            Some(FaultKind::Slow(time)) => return slow(&intact, *time),
            Some(FaultKind::Huge(size)) => return huge(intact.status, *size),
            Some(FaultKind::Empty(status)) if intact.status.is_success() => {
                entry.status = Some(status.as_u16());
                return status.into_response();
            }
            Some(FaultKind::Gzip) if !accepts_only_identity(&parts.headers) => return gzip(intact),
            Some(FaultKind::CloseAfter) => reset.close_after_response(),
            Some(FaultKind::ConnectionClose) => {
                let closing = [(header::CONNECTION, HeaderValue::from_static("close"))];
                return (closing, intact).into_response();
            }
            _ => {}
        }
        if self.gzip && accepts_gzip(&parts.headers) {
            return gzip(intact);
        }
        intact.into_response()
    }

    /// Adds the validators to a response, and replaces it by a 304 if the client's copy is still valid.
    fn validate(&self, request: &HeaderMap, intact: &mut IntactResponse) {
        let (Some(validators), Some(body)) = (self.validators, &intact.body) else {
            return;
        };
        let modified = intact.last_change.map(|moment| self.clock.http_date(moment));
        intact
            .headers
            .extend(validators.of(&body.to_string(), modified.as_deref()));
        if validators::is_valid(request, &intact.headers) {
            intact.status = StatusCode::NOT_MODIFIED;
            intact.body = None;
        }
    }

    /// The target of a request.
    fn target(&self, method: &Method, path: &str) -> Target {
        match path.strip_prefix(&self.prefix) {
            Some(DOCUMENT_PATH) if method == Method::GET => Target::Document,
            Some(path) => match self.routes.find(method, path) {
                Found::Operation(operation, parameters) => Target::Operation(operation, parameters),
                Found::OtherMethod => Target::OtherMethod,
                Found::Nothing => Target::Nothing,
            },
            None => Target::Elsewhere,
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
        let request_id = header(REQUEST_ID);
        Entry {
            time: self.clock.now(),
            operation: operation.to_owned(),
            call: call(parts, body.as_ref(), request_id.as_deref()),
            has_failed: false,
            method: parts.method.clone(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().map(str::to_owned),
            http_version: format!("{:?}", parts.version),
            status: None,
            processed: false,
            fault: None,
            body,
            shown_body,
            request_id,
            user_agent: header("user-agent"),
            has_authorization: parts.headers.contains_key(header::AUTHORIZATION),
        }
    }

    /// Performs an operation, and checks and translates its response.
    fn process(
        &self,
        operation: &Operation,
        parameters: &[String],
        parts: &Parts,
        body: &Bytes,
    ) -> IntactResponse {
        let (status, performed) = match self.perform(operation, parameters, parts, body) {
            // The contract does not know the status of a delete that takes a while.
            Ok(Performed { body: None, .. }) if self.deletes_later(operation) => {
                (ACCEPTED, Performed::default())
            }
            Ok(performed) => (operation.success, performed),
            Err(problem) => (problem.status.as_u16(), Performed::from(Some(problem.body()))),
        };
        let Performed {
            body,
            page,
            last_change,
        } = performed;
        // The contract knows the items of a page, but no page.
        if self.strict && status != ACCEPTED {
            self.check_response(operation, status, body.as_ref());
        }
        let mut intact = IntactResponse {
            status: StatusCode::from_u16(status).unwrap_or_default(),
            headers: HeaderMap::new(),
            body,
            last_change,
        };
        if let Some(page) = &page {
            intact.body = intact.body.map(|items| page.body(items));
            let links = page
                .link_header()
                .and_then(|links| HeaderValue::try_from(links).ok());
            intact.headers.extend(links.map(|links| (header::LINK, links)));
        }
        if let Some(body) = &mut intact.body {
            self.dialect.translate(body);
            if self.unknown_fields {
                dialect::add_unknown_fields(body);
            }
        }
        intact
    }

    fn perform(
        &self,
        operation: &Operation,
        parameters: &[String],
        parts: &Parts,
        body: &Bytes,
    ) -> Result<Performed, Problem> {
        let account = self.authorize(&parts.headers)?;
        for change in self.hooks.due(&operation.id) {
            change(&account);
        }
        if operation.action == Action::List {
            return self.list(&account, operation, parts);
        }
        let parameters: Vec<String> = parameters
            .iter()
            .map(|text| Uuid::parse_str(text).map(|uuid| uuid.to_string()))
            .collect::<Result<_, _>>()
            .map_err(|_| Problem::invalid_parameter("uuid"))?;
        let Some(schema) = &operation.request else {
            let mut store = lock(&account.store);
            let body = store.perform(operation, &parameters, None)?;
            let uuid = parameters.first().filter(|_| operation.action == Action::Get);
            return Ok(Performed {
                last_change: uuid.map(|uuid| store.last_change(operation.collection, Some(uuid))),
                ..Performed::from(body)
            });
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
        let is_json = parts
            .headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
        if self.strict && !is_json {
            self.violation(operation, "the request's content type is not `application/json`");
        }
        // The control plane ignores unknown fields, but a provider that sends one has a fault.
        fields.retain(|name, _| {
            let is_known = schema.properties.contains(name);
            if self.strict && !is_known {
                self.violation(operation, &format!("the request has the unknown field `{name}`"));
            }
            is_known
        });
        let body = lock(&account.store).perform(operation, &parameters, Some(fields))?;
        Ok(body.into())
    }

    /// The objects of a collection, or a page of them.
    fn list(&self, account: &Account, operation: &Operation, parts: &Parts) -> Result<Performed, Problem> {
        let parameters = Parameters::of(&parts.uri);
        let names = self.paging.as_ref().map(Paging::parameters);
        parameters.check(names.as_ref().map_or(&[], |names| names), self.unknown_parameters)?;
        let mut store = lock(&account.store);
        let list = store.list(operation.collection);
        let Some(paging) = &self.paging else {
            return Ok(Performed {
                body: Some(list.representations(operation, 0..list.keys.len())),
                page: None,
                last_change: Some(list.last_change),
            });
        };
        let page = paging.page(&list.keys, &parameters, &self.url(paging, parts))?;
        Ok(Performed {
            body: Some(list.representations(operation, page.items.clone())),
            page: Some(page),
            last_change: Some(list.last_change),
        })
    }

    /// The URL of a request for links.
    fn url(&self, paging: &Paging, parts: &Parts) -> String {
        let host = parts
            .headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok());
        let authority = parts.uri.authority().map(http::uri::Authority::as_str);
        let host = authority.or(host).unwrap_or_default();
        let real = format!("{}://{host}{}", self.scheme, self.prefix);
        let path = parts.uri.path();
        paging.url(&real, path.strip_prefix(&self.prefix).unwrap_or(path))
    }

    /// The object or the objects in the body of a success.
    fn objects_mut<'a>(&self, target: &Target, body: &'a mut Value) -> Option<&'a mut Value> {
        match (target, &self.paging) {
            (Target::Operation(operation, _), Some(paging)) if operation.action == Action::List => {
                paging.items_mut(body)
            }
            _ => Some(body),
        }
    }

    /// Whether the object of a delete stays for a while.
    fn deletes_later(&self, operation: &Operation) -> bool {
        let is_delete = matches!(operation.action, Action::Delete | Action::DeleteRule);
        is_delete && !lock(&self.account.store).times.linger.is_zero()
    }

    /// The account of the request's token.
    fn authorize(&self, headers: &HeaderMap) -> Result<Account, Problem> {
        let given = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let token = given.and_then(|given| given.strip_prefix("Bearer "));
        let account = token.and_then(|token| lock(&self.tokens).get(token).cloned());
        account.ok_or_else(Problem::unauthorized)
    }

    /// Checks a response against the contract.
    fn check_response(&self, operation: &Operation, status: u16, body: Option<&Value>) {
        match (operation.responses.get(&status), body) {
            (None, _) => self.violation(
                operation,
                &format!("the contract has no response with status {status}"),
            ),
            (Some(None), None) => {}
            (Some(Some(schema)), Some(body)) => {
                for fault in schema.check(body) {
                    let place = Value::Array(fault.path);
                    self.violation(
                        operation,
                        &format!("the response {status} is invalid at {place}: {}", fault.message),
                    );
                }
            }
            (Some(None), Some(_)) => {
                self.violation(operation, &format!("the response {status} must have no body"));
            }
            (Some(Some(_)), None) => {
                self.violation(operation, &format!("the response {status} must have a body"));
            }
        }
    }

    fn violation(&self, operation: &Operation, what: &str) {
        lock(&self.violations).push(format!("{}: {what}", operation.id));
    }
}

impl From<Option<Value>> for Performed {
    fn from(body: Option<Value>) -> Self {
        Self {
            body,
            page: None,
            last_change: None,
        }
    }
}

impl IntoResponse for IntactResponse {
    fn into_response(self) -> Response {
        match &self.body {
            Some(body) => self.with_body(body.to_string()),
            None => (self.status, self.headers).into_response(),
        }
    }
}

impl IntactResponse {
    /// The response with its JSON in this form.
    fn with_body(&self, body: impl Into<Body>) -> Response {
        let mut response = json_response(self.status, body);
        response.headers_mut().extend(self.headers.clone());
        response
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

/// Sends the response of a fault instead of the control plane's own.
fn fault_response(fault: &FaultResponse, entry: &mut Entry) -> Response {
    entry.status = Some(fault.status.as_u16());
    let mut response = (fault.status, Body::from(fault.body.clone())).into_response();
    response.headers_mut().remove(header::CONTENT_TYPE);
    for (name, value) in &fault.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// Resets the connection instead of sending the response of a processed request.
fn reset_after_processing(reset: &Reset, entry: &mut Entry) -> Response {
    entry.status = None;
    reset.reset();
    StatusCode::OK.into_response()
}

/// Sends the length of the whole body and half of its bytes, then closes the connection.
fn truncated(intact: &IntactResponse, body: &Value) -> Response {
    let whole = Bytes::from(body.to_string());
    let half = whole.slice(..whole.len() / 2);
    // The pause lets the first half leave before the error closes the connection.
    let pieces = tokio_stream::iter([Ok(half), Err(io::Error::from(io::ErrorKind::ConnectionAborted))])
        .throttle(Duration::from_millis(20));
    let response = intact.with_body(Body::from_stream(pieces));
    with_length(response, whole.len())
}

/// Sends the body in small pieces.
fn slow(intact: &IntactResponse, time: Duration) -> Response {
    const PIECES: usize = 16;
    let Some(body) = &intact.body else {
        return (intact.status, intact.headers.clone()).into_response();
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
    with_length(intact.with_body(body), length)
}

/// Sends a JSON string of this many bytes, without a `Content-Length`.
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

/// What the attempts of one call have in common: the request id of a read, because several calls read the same object at once;
/// or else the object.
fn call(parts: &Parts, body: Option<&Value>, request_id: Option<&str>) -> String {
    let name = body.and_then(|body| body.get("name").or_else(|| body.get("sequence")));
    let object = match (&parts.method, request_id, name) {
        (&Method::GET, Some(id), _) => id.to_owned(),
        (&Method::POST, _, Some(name)) => name.to_string(),
        _ => String::new(),
    };
    format!("{} {} {object}", parts.method, parts.uri.path())
}

/// Whether a client accepts no compressed body.
fn accepts_only_identity(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT_ENCODING);
    accepted.is_some_and(|accepted| accepted.as_bytes() == b"identity")
}

/// Whether a client accepts a body that is compressed with gzip.
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT_ENCODING).iter();
    let mut accepted = accepted
        .filter_map(|accepted| accepted.to_str().ok())
        .flat_map(|accepted| accepted.split(','));
    accepted.any(|coding| {
        let (coding, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let is_zero = weight
            .trim()
            .strip_prefix("q=0")
            .is_some_and(|rest| rest.trim_matches(['.', '0']).is_empty());
        matches!(coding.trim(), "gzip" | "*") && !is_zero
    })
}

/// Sends the body compressed.
fn gzip(mut intact: IntactResponse) -> Response {
    let Some(body) = intact.body.take() else {
        return intact.into_response();
    };
    validators::weaken(&mut intact.headers);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let compressed = encoder
        .write_all(body.to_string().as_bytes())
        .and_then(|()| encoder.finish());
    let mut response = intact.with_body(compressed.unwrap_or_default());
    response
        .headers_mut()
        .insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    response
}

fn with_length(mut response: Response, length: usize) -> Response {
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    response
}

/// A response of the `/_control/` endpoints.
pub fn control_response(value: &Value) -> Response {
    json_response(StatusCode::OK, value.to_string())
}
