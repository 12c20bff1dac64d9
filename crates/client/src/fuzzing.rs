//! What the client makes of bytes from outside, without a connection: for tools that try hostile ones.
//!
//! Tests: `fuzz/src/answers.rs`.

use engine::api::{Body, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use schema::model::{Method, Operation};
use url::Url;
use value::secret::Secret;

use super::body;
use super::document::{Place, Routes};
use super::error::{Error, Exchange};
use super::redact::Redactor;
use super::transport::HttpResponse;

/// An answer as it arrived, and what was asked.
pub struct Received<'a> {
    /// Status; one that no answer can have is taken for 500.
    pub status: u16,
    /// Headers; those that no answer can have are left out.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// Body.
    pub body: &'a [u8],
    /// The token of the request.
    pub token: &'a Secret,
    /// Texts that no error may show.
    pub secrets: &'a [&'a Secret],
    /// Body of the request.
    pub sent: Option<&'a Body>,
}

/// What a call comes to that is answered so.
pub fn answer(received: &Received<'_>, url: &Url) -> Result<Response, Error> {
    let headers = received.headers.iter().filter_map(|(name, value)| {
        Some((
            HeaderName::try_from(*name).ok()?,
            HeaderValue::from_bytes(value).ok()?,
        ))
    });
    let reply = HttpResponse {
        status: StatusCode::from_u16(received.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        headers: headers.collect::<HeaderMap>(),
        body: received.body.to_vec(),
        url: url.clone(),
    };
    let redactor = Redactor::new(received.token, received.secrets, received.sent);
    let exchange = Exchange::new("operation", Method::Post, url.path(), "request");
    if reply.status.is_success() {
        body::read(&exchange, &reply, &redactor)
    } else {
        Err(body::explain(&exchange, &reply, &redactor))
    }
}

/// The requests for all operations of a control plane that has such a live document at this path, with the same text
/// for each placeholder. An operation that cannot be requested is an error, as is a text that is not part of a path.
pub fn requests(
    document: &[u8],
    path: &'static str,
    endpoint: &Url,
    operations: &'static [Operation],
    argument: &str,
) -> Vec<Result<(Method, Url), String>> {
    let declared = Routes::declared(endpoint, operations);
    let routes = match Routes::live(document, &Place::new(endpoint, path), operations) {
        Ok(live) => live.or(&declared),
        Err(_) => declared,
    };
    let request = |operation: &'static Operation| {
        let arguments: Vec<_> = operation.placeholders().map(|name| (name, argument)).collect();
        let values = super::document::arguments(operation, &arguments)?;
        routes.request(operation, endpoint, &values)
    };
    operations.iter().map(request).collect()
}
