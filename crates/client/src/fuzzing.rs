//! Entry points for the fuzz targets: how the client reads bytes from outside, without a connection.
//!
//! Tests: `fuzz/src/responses.rs`.

use std::sync::Arc;

use engine::api::{Body, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use schema::model::{Method, Operation};
use url::Url;
use value::secret::Secret;

use super::body;
use super::document::{DocumentLocation, Routes};
use super::error::{Error, RequestInfo};
use super::pages::{Documented, Page, Pager, Step};
use super::redact::Redactor;
use super::token::Tokens;
use super::transport::HttpResponse;

/// A response as it arrived, and what the request contained.
pub struct ReceivedResponse<'a> {
    /// The status; 500 is used instead of an invalid one.
    pub status: u16,
    /// The headers; invalid ones are left out.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The body of the response.
    pub body: &'a [u8],
    /// The token of the request.
    pub token: &'a Secret,
    /// Secrets that no error may contain.
    pub secrets: &'a [&'a Secret],
    /// The body of the request.
    pub request_body: Option<&'a Body>,
}

/// Reads a response as the client does.
///
/// # Errors
///
/// The error that the caller of the request would get.
pub fn read_response(received: &ReceivedResponse<'_>, url: &Url) -> Result<Response, Error> {
    let headers = received.headers.iter().filter_map(|(name, value)| {
        Some((
            HeaderName::try_from(*name).ok()?,
            HeaderValue::from_bytes(value).ok()?,
        ))
    });
    let tokens = Tokens::new(received.token.clone().into());
    let response = HttpResponse {
        attempt_ms: 0,
        status: StatusCode::from_u16(received.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        headers: headers.collect::<HeaderMap>(),
        body: received.body.to_vec(),
        url: url.clone(),
        token: tokens.current(),
    };
    let redactor = Redactor::new(&tokens, received.secrets, received.request_body);
    let info = RequestInfo::new("operation", Method::Post, url.path(), "request");
    if response.status.is_success() {
        body::read(&info, &response, &redactor)
    } else {
        Err(body::error(&info, &response, &redactor))
    }
}

/// The requests for all operations, if the control plane has this live document at this path, with the same value for each
/// placeholder. The result of an operation is an error if the value cannot be part of a path.
pub fn requests(
    document: &[u8],
    path: &'static str,
    endpoint: &Url,
    operations: &'static [Operation],
    argument: &str,
) -> Vec<Result<(Method, Url), String>> {
    let declared = Routes::declared(endpoint, operations);
    let routes = match Routes::live(document, &DocumentLocation::new(endpoint, path), operations) {
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

/// The result of reading a list.
pub struct ReadList {
    /// The URL of each request.
    pub urls: Vec<Url>,
    /// The JSON text of each object.
    pub objects: Vec<String>,
}

/// Reads a list whose pages have these bodies and headers `Link`, in this order and again from the first one.
pub fn read_list(pages: &[(&[u8], &[u8])], url: &Url) -> ReadList {
    let mut reader = Pager::new(Documented::default(), None, usize::MAX);
    let mut urls = vec![url.clone()];
    for (body, link) in pages.iter().cycle() {
        let link = HeaderValue::from_bytes(link).ok();
        let headers: HeaderMap = link.map(|link| (header::LINK, link)).into_iter().collect();
        let Ok(page) = Page::read(body, &headers, url) else {
            break;
        };
        let Step::Fetch(query) = reader.take(&Arc::new(page)) else {
            break;
        };
        let mut next = url.clone();
        next.set_query(Some(&query));
        urls.push(next);
    }
    let pages = reader.into_pages();
    let objects = pages.iter().flat_map(|page| &page.items);
    ReadList {
        urls,
        objects: objects.map(|object| object.get().to_owned()).collect(),
    }
}
