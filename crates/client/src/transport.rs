//! Sends one attempt of a request: connection, redirects and size limits.
//!
//! Tests: `crates/client/src/tests/faults.rs`, `crates/client/src/tests/redirects.rs`, `crates/client/src/tests/tls.rs`.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_lc_rs::hmac;
use bytes::Bytes;
use engine::api::{Effect, ErrorKind, Place, Retry};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use schema::model::Method;
use tokio::sync::OnceCell;
use tokio::time::Instant;
use url::Url;
use value::secret::Secret;

use super::connections::{Connections, connect_timeout};
use super::encoding::{self, UndecodableBody};
use super::error::{Failure, RequestInfo};
use super::failure::{Target, broken_body, effect_after, failure, host, undecodable_body};
use super::proxies::Route;
use super::settings::Settings;
use super::token::Tokens;

/// How many redirects one attempt follows.
const MAX_REDIRECTS: usize = 5;

/// How much of the body of an error response is read.
const MAX_ERROR_BODY_BYTES: usize = 64 * 1024;

/// Length of a token's fingerprint.
const FINGERPRINT_BYTES: usize = 16;

const REQUEST_ID: http::HeaderName = http::HeaderName::from_static("x-request-id");

/// Connections to the control plane.
pub(super) struct Transport {
    settings: Settings,
    route: Route,
    tokens: Tokens,
    user_agent: HeaderValue,
    /// Created by the first attempt, because reading the system's certificates takes time.
    connections: OnceCell<Connections>,
    /// Whether a connection broke before a response.
    has_broken: AtomicBool,
}

/// A request that can be sent several times.
pub(super) struct HttpRequest<'a> {
    pub info: &'a RequestInfo<'a>,
    pub url: &'a Url,
    /// Headers beside those of every request.
    pub headers: HeaderMap,
    pub body: Option<Bytes>,
    /// Whether the request may be sent again.
    pub retry: Retry,
    /// The size of the largest response that is accepted.
    pub max_bytes: usize,
}

/// A complete response with any status.
pub(super) struct HttpResponse {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    /// The URL of the last request, after redirects.
    pub url: Url,
    /// The duration of the attempt, in milliseconds.
    pub attempt_ms: u32,
    /// The token of the request.
    pub token: Arc<Secret>,
}

impl HttpRequest<'_> {
    /// Whether a response says that nothing has changed, and the request allows that.
    pub fn is_unchanged(&self, response: &HttpResponse) -> bool {
        response.status == StatusCode::NOT_MODIFIED && !self.headers.is_empty()
    }
}

impl Transport {
    /// Checks the headers that the settings contain, without any I/O.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Setup`] if the API token or the user agent contains characters that are not allowed in a header, or an
    /// environment variable does not have the URL of a proxy.
    pub fn new(settings: Settings) -> Result<Self, Failure> {
        authorization(settings.api_token.secret())?;
        let tokens = Tokens::new(settings.api_token.clone());
        let user_agent =
            HeaderValue::from_str(&settings.user_agent).map_err(|_| invalid_header("user agent"))?;
        let route = Route::new(&settings.endpoint, &settings.proxies).map_err(Failure::setup)?;
        Ok(Self {
            settings,
            route,
            tokens,
            user_agent,
            connections: OnceCell::new(),
            has_broken: AtomicBool::new(false),
        })
    }

    pub fn endpoint(&self) -> &Url {
        &self.settings.endpoint
    }

    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Where the token comes from.
    pub fn token_source(&self) -> Option<&str> {
        self.settings.token_source.as_deref()
    }

    /// Where requests go: the endpoint without a trailing slash, and the HMAC-SHA256 of the key with the token as its secret.
    ///
    /// The fingerprint has half of the HMAC's digits: enough to tell tokens apart.
    pub fn place(&self, key: &str) -> Place {
        let secret = hmac::Key::new(hmac::HMAC_SHA256, self.tokens.current().expose().as_bytes());
        let tag = hmac::sign(&secret, key.as_bytes());
        let token = tag.as_ref().iter().take(FINGERPRINT_BYTES).fold(
            String::with_capacity(2 * FINGERPRINT_BYTES),
            |mut digits, byte| {
                // Writing to a string cannot fail.
                let _ = write!(digits, "{byte:02x}");
                digits
            },
        );
        let url = self.endpoint();
        let endpoint = url.origin().ascii_serialization() + url.path().trim_end_matches('/');
        Place {
            endpoint,
            token,
            is_documented: false,
        }
    }

    /// Prepares the connections, which reads the system's certificates.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Setup`] if the settings are unusable.
    pub async fn prepare(&self) -> Result<&Connections, Failure> {
        let connections = || async { Connections::new(&self.settings, &self.route) };
        self.connections.get_or_try_init(connections).await
    }

    /// Sends a request and reads its response within the request's timeout. `attempt` counts from 1.
    ///
    /// # Errors
    ///
    /// Why there is no response: the connection, TLS, a timeout, a redirect loop, or a response that is too large. A response
    /// with any status is not an error here.
    pub async fn send(&self, request: &HttpRequest<'_>, attempt: u32) -> Result<HttpResponse, Failure> {
        let connections = self.prepare().await?;
        // Some servers close each connection after a response, without announcing it. A request on it is lost, and then it
        // is unknown whether it was carried out.
        let is_delicate = request.retry == Retry::Unsafe || attempt > 1;
        let http = if is_delicate && self.has_broken.load(Ordering::Relaxed) {
            &connections.fresh
        } else {
            &connections.pooled
        };
        let deadline = Instant::now().checked_add(self.settings.request_timeout);
        let result = self.follow(http, request, deadline).await;
        if result.as_ref().is_err_and(Failure::is_broken_connection) {
            self.has_broken.store(true, Ordering::Relaxed);
        }
        result
    }

    fn target<'a>(&'a self, url: &'a Url) -> Target<'a> {
        Target {
            url,
            proxy: self.route.proxy(),
            connect_timeout: connect_timeout(&self.settings),
        }
    }

    /// The failure of an attempt that took too long: before the response, or after its status.
    fn timed_out(&self, url: &Url, status: Option<StatusCode>) -> Failure {
        let outcome = match status {
            Some(_) => "did not complete its response",
            None => "did not respond",
        };
        Failure {
            kind: ErrorKind::RequestTimeout,
            effect: effect_after(status),
            status,
            detail: format!(
                "{} {outcome} within {:?}",
                self.target(url),
                self.settings.request_timeout
            ),
        }
    }

    /// Sends a request, and follows the redirects of a GET request to the same server.
    async fn follow(
        &self,
        http: &reqwest::Client,
        request: &HttpRequest<'_>,
        deadline: Option<Instant>,
    ) -> Result<HttpResponse, Failure> {
        let mut url = request.url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let response = self.send_once(http, request, &url, deadline).await?;
            match response.target() {
                Some(target) if request.info.method == Method::Get && is_same_server(&target, &url) => {
                    url = target;
                }
                _ => return Ok(response),
            }
        }
        Err(Failure {
            kind: ErrorKind::Redirect,
            effect: Effect::None,
            status: None,
            detail: format!("{} redirects in a loop, last to `{}`", host(&url), url.path()),
        })
    }

    async fn send_once(
        &self,
        http: &reqwest::Client,
        request: &HttpRequest<'_>,
        url: &Url,
        deadline: Option<Instant>,
    ) -> Result<HttpResponse, Failure> {
        let method = match request.info.method {
            Method::Get => http::Method::GET,
            Method::Post => http::Method::POST,
            Method::Put => http::Method::PUT,
            Method::Patch => http::Method::PATCH,
            Method::Delete => http::Method::DELETE,
        };
        let token = self.tokens.current();
        let mut builder = http
            .request(method, url.clone())
            .header(header::AUTHORIZATION, authorization(&token)?)
            .header(header::USER_AGENT, self.user_agent.clone())
            .header(header::ACCEPT, "application/json")
            .header(header::ACCEPT_ENCODING, encoding::ACCEPTED)
            .header(REQUEST_ID, request.info.request_id)
            .headers(request.headers.clone());
        if let Some(body) = &request.body {
            builder = builder
                .header(header::CONTENT_TYPE, "application/json")
                .body(body.clone());
        }
        let mut response = until(deadline, builder.send())
            .await
            .ok_or_else(|| self.timed_out(url, None))?
            .map_err(|error| failure(&error, &self.target(url)))?;

        let status = response.status();
        if let Some(proxy) = self.route.proxy()
            && status == StatusCode::PROXY_AUTHENTICATION_REQUIRED
        {
            return Err(Failure {
                kind: ErrorKind::Proxy,
                effect: Effect::None,
                status: Some(status),
                detail: format!(
                    "{proxy} requires a user name and a password, or rejected those in the variable"
                ),
            });
        }
        let limit = if status.is_success() {
            request.max_bytes
        } else {
            MAX_ERROR_BODY_BYTES
        };
        let body = match receive(&mut response, limit, deadline).await {
            (body, End::Complete) => {
                let decoded = encoding::decode(response.headers(), body, limit);
                decoded.map_err(|reason| undecodable_body(&reason, status, limit))
            }
            (_, End::Broken(error)) => Err(broken_body(&error, &self.target(url), status)),
            (_, End::TimedOut) => Err(self.timed_out(url, Some(status))),
            (body, End::TooLarge) if !status.is_success() => Ok(body),
            (_, End::TooLarge) => Err(undecodable_body(&UndecodableBody::TooLarge, status, limit)),
        };
        // The status of an error response is worth more than its body, and the status of a deletion is enough.
        let body = match body {
            Err(failure) if status.is_success() && request.info.method != Method::Delete => {
                return Err(failure);
            }
            // Only its body shows whether the control plane itself did not find the object.
            Err(failure) if matches!(status, StatusCode::NOT_FOUND | StatusCode::GONE) => {
                return Err(Failure {
                    effect: Effect::None,
                    status: None,
                    ..failure
                });
            }
            body => body.unwrap_or_default(),
        };
        Ok(HttpResponse {
            status,
            headers: std::mem::take(response.headers_mut()),
            body,
            url: url.clone(),
            attempt_ms: 0,
            token,
        })
    }
}

/// How the body of a response ended.
enum End {
    Complete,
    Broken(reqwest::Error),
    TimedOut,
    TooLarge,
}

/// Receives the body of a response, up to that many bytes.
async fn receive(
    response: &mut reqwest::Response,
    limit: usize,
    deadline: Option<Instant>,
) -> (Vec<u8>, End) {
    let mut body = Vec::new();
    loop {
        let chunk = match until(deadline, response.chunk()).await {
            Some(Ok(Some(chunk))) => chunk,
            Some(Ok(None)) => return (body, End::Complete),
            Some(Err(error)) => return (body, End::Broken(error)),
            None => return (body, End::TimedOut),
        };
        let room = limit.saturating_sub(body.len());
        body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
        if chunk.len() > room {
            return (body, End::TooLarge);
        }
    }
}

/// The output of a future, unless the deadline passes before.
async fn until<T>(deadline: Option<Instant>, future: impl Future<Output = T>) -> Option<T> {
    match deadline {
        Some(deadline) => tokio::time::timeout_at(deadline, future).await.ok(),
        None => Some(future.await),
    }
}

impl HttpResponse {
    /// The request's id in the control plane's logs.
    pub fn request_id(&self) -> Option<&str> {
        self.headers
            .get(REQUEST_ID)?
            .to_str()
            .ok()
            .filter(|id| !id.is_empty())
    }

    /// The target of a redirect.
    fn target(&self) -> Option<Url> {
        if !matches!(self.status.as_u16(), 301 | 302 | 303 | 307 | 308) {
            return None;
        }
        let location = self.headers.get(header::LOCATION)?;
        self.url.join(std::str::from_utf8(location.as_bytes()).ok()?).ok()
    }

    /// Why the redirect was not followed.
    pub fn redirect_error(&self) -> String {
        match self.target() {
            None => "the redirect has no target".to_owned(),
            Some(target) if is_same_server(&target, &self.url) => {
                format!(
                    "the redirect leads to `{}`, but only a GET request follows a redirect to another path",
                    target.path()
                )
            }
            Some(target) => {
                let origin = target.origin().ascii_serialization();
                format!(
                    "the redirect leads to `{origin}`, but the client sends the token only to the configured endpoint. If \
                     the control plane is at that address, configure it as the endpoint"
                )
            }
        }
    }
}

/// The header with a token.
fn authorization(token: &Secret) -> Result<HeaderValue, Failure> {
    let header = HeaderValue::from_str(&format!("Bearer {}", token.expose()));
    let mut header = header.map_err(|_| invalid_header("API token"))?;
    header.set_sensitive(true);
    Ok(header)
}

fn invalid_header(name: &str) -> Failure {
    Failure::setup(format!(
        "the {name} contains characters that are not allowed in a header"
    ))
}

/// Whether the token for the server of one URL may be sent to the other URL.
fn is_same_server(one: &Url, other: &Url) -> bool {
    one.origin() == other.origin() && one.username().is_empty() && one.password().is_none()
}
