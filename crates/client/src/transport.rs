//! Sends one attempt of a request: connection, redirects, size limits, and the causes of a failure.
//!
//! Tests: `crates/client/src/tests/faults.rs`, `crates/client/src/tests/redirects.rs`, `crates/client/src/tests/tls.rs`.

use std::error::Error as _;
use std::fmt::Write as _;
use std::time::Duration;

use aws_lc_rs::hmac;
use bytes::Bytes;
use engine::api::{Effect, ErrorKind, Place};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use rustls::{AlertDescription, CertificateError};
use rustls_pki_types::CertificateDer;
use schema::model::Method;
use tokio::sync::OnceCell;
use url::{Host, Url};
use value::secret::Secret;

use super::error::{Failure, RequestInfo};
use super::settings::{Settings, is_loopback};

/// How many redirects one attempt follows.
const MAX_REDIRECTS: usize = 5;

/// How much of the body of an error response is read.
const MAX_ERROR_BODY_BYTES: usize = 64 * 1024;

/// The longest time to connect. It is at most half of the request's timeout, so that time for the response remains.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an idle connection is kept. A server may close a connection that was idle for longer while a request is sent on
/// it, and then it is unknown whether the request was carried out.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// The interval of HTTP/2 pings on a connection, and the time that the server has to respond to one.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(10);

/// Length of a token's fingerprint.
const FINGERPRINT_BYTES: usize = 16;

const REQUEST_ID: http::HeaderName = http::HeaderName::from_static("x-request-id");

/// Connections to the control plane.
pub(super) struct Transport {
    settings: Settings,
    authorization: HeaderValue,
    user_agent: HeaderValue,
    /// Created by the first attempt, because reading the system's certificates takes time.
    http: OnceCell<reqwest::Client>,
}

/// A request that can be sent several times.
pub(super) struct HttpRequest<'a> {
    pub info: &'a RequestInfo<'a>,
    pub url: &'a Url,
    pub body: Option<Bytes>,
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
}

impl Transport {
    /// Checks the headers that the settings contain, without any I/O.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Setup`] if the API token or the user agent contains characters that are not allowed in a header.
    pub fn new(settings: Settings) -> Result<Self, Failure> {
        let header = |text: &str, name: &str| {
            HeaderValue::from_str(text).map_err(|_| {
                setup(format!(
                    "the {name} contains characters that are not allowed in a header"
                ))
            })
        };
        let mut authorization = header(&format!("Bearer {}", settings.api_token.expose()), "API token")?;
        authorization.set_sensitive(true);
        let user_agent = header(&settings.user_agent, "user agent")?;
        Ok(Self {
            settings,
            authorization,
            user_agent,
            http: OnceCell::new(),
        })
    }

    pub fn endpoint(&self) -> &Url {
        &self.settings.endpoint
    }

    pub fn token(&self) -> &Secret {
        &self.settings.api_token
    }

    /// Where requests go: the endpoint without a trailing slash, and the HMAC-SHA256 of the key with the token as its secret.
    ///
    /// The fingerprint has half of the HMAC's digits: enough to tell tokens apart.
    pub fn place(&self, key: &str) -> Place {
        let secret = hmac::Key::new(hmac::HMAC_SHA256, self.token().expose().as_bytes());
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

    /// Sends a request and reads its response within the request's timeout.
    ///
    /// # Errors
    ///
    /// Why there is no response: the connection, TLS, a timeout, a redirect loop, or a response that is too large. A response
    /// with any status is not an error here.
    pub async fn send(&self, request: &HttpRequest<'_>) -> Result<HttpResponse, Failure> {
        let http = self
            .http
            .get_or_try_init(|| async { connections(&self.settings) })
            .await?;
        let attempt = self.follow(http, request);
        tokio::time::timeout(self.settings.request_timeout, attempt)
            .await
            .unwrap_or_else(|_| {
                Err(Failure {
                    kind: ErrorKind::RequestTimeout,
                    effect: Effect::Unknown,
                    detail: format!(
                        "{} did not respond within {:?}",
                        host(request.url),
                        self.settings.request_timeout
                    ),
                })
            })
    }

    /// Sends a request, and follows the redirects of a GET request to the same server.
    async fn follow(
        &self,
        http: &reqwest::Client,
        request: &HttpRequest<'_>,
    ) -> Result<HttpResponse, Failure> {
        let mut url = request.url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let response = self.send_once(http, request, &url).await?;
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
            detail: format!("{} redirects in a loop, last to `{}`", host(&url), url.path()),
        })
    }

    async fn send_once(
        &self,
        http: &reqwest::Client,
        request: &HttpRequest<'_>,
        url: &Url,
    ) -> Result<HttpResponse, Failure> {
        let method = match request.info.method {
            Method::Get => http::Method::GET,
            Method::Post => http::Method::POST,
            Method::Put => http::Method::PUT,
            Method::Patch => http::Method::PATCH,
            Method::Delete => http::Method::DELETE,
        };
        let mut builder = http
            .request(method, url.clone())
            .header(header::AUTHORIZATION, self.authorization.clone())
            .header(header::USER_AGENT, self.user_agent.clone())
            .header(header::ACCEPT, "application/json")
            .header(REQUEST_ID, request.info.request_id);
        if let Some(body) = &request.body {
            builder = builder
                .header(header::CONTENT_TYPE, "application/json")
                .body(body.clone());
        }
        let mut response = builder.send().await.map_err(|error| failure(&error, url))?;

        let status = response.status();
        let limit = if status.is_success() {
            request.max_bytes
        } else {
            MAX_ERROR_BODY_BYTES
        };
        let mut body = Vec::new();
        loop {
            let chunk = match response.chunk().await {
                Ok(Some(chunk)) => chunk,
                Ok(None) => break,
                // The status of an error response is worth more than its body.
                Err(_) if !status.is_success() => break,
                Err(error) => return Err(failure(&error, url)),
            };
            let room = limit.saturating_sub(body.len());
            if chunk.len() <= room {
                body.extend_from_slice(&chunk);
            } else if status.is_success() {
                return Err(Failure {
                    kind: ErrorKind::TooLarge,
                    effect: Effect::Done,
                    detail: format!("the response is larger than {} MiB", limit / 1024 / 1024),
                });
            } else {
                body.extend_from_slice(chunk.get(..room).unwrap_or_default());
                break;
            }
        }
        Ok(HttpResponse {
            status,
            headers: std::mem::take(response.headers_mut()),
            body,
            url: url.clone(),
        })
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

/// Whether the token for the server of one URL may be sent to the other URL.
fn is_same_server(one: &Url, other: &Url) -> bool {
    one.origin() == other.origin() && one.username().is_empty() && one.password().is_none()
}

/// Creates the pool of connections.
fn connections(settings: &Settings) -> Result<reqwest::Client, Failure> {
    let certificate = |der: &CertificateDer<'_>| {
        reqwest::Certificate::from_der(der)
            .map_err(|error| setup(format!("a CA certificate is invalid: {error}")))
    };
    let certificates: Vec<_> = settings
        .ca_certificates
        .iter()
        .map(certificate)
        .collect::<Result<_, _>>()?;
    let builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT.min(settings.request_timeout / 2))
        .pool_idle_timeout(IDLE_TIMEOUT)
        .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
        .http2_keep_alive_timeout(KEEP_ALIVE_INTERVAL)
        .danger_accept_invalid_certs(settings.insecure_skip_verify);
    // Without TLS no certificate is needed, so a system without trusted certificates is not an error.
    let builder = if settings.endpoint.scheme() == "https" {
        builder.tls_certs_merge(certificates)
    } else {
        builder.tls_certs_only(certificates)
    };
    // A proxy cannot reach a server that listens on the loopback interface of this machine.
    let builder = if is_loopback(&settings.endpoint) {
        builder.no_proxy()
    } else {
        builder
    };
    builder.build().map_err(|error| {
        let reason = innermost(&error);
        setup(format!(
            "{reason}. If this system has no trusted certificates, set `ca_cert_file`"
        ))
    })
}

fn setup(detail: String) -> Failure {
    Failure {
        kind: ErrorKind::Setup,
        effect: Effect::None,
        detail,
    }
}

/// The host and port of a URL, for errors.
fn host(url: &Url) -> String {
    let host = url.host().unwrap_or(Host::Domain(""));
    match url.port() {
        Some(port) => format!("`{host}:{port}`"),
        None => format!("`{host}`"),
    }
}

/// Explains an attempt that failed without a response.
fn failure(error: &reqwest::Error, url: &Url) -> Failure {
    // If connecting fails, nothing of the request was sent.
    let effect = if error.is_connect() {
        Effect::None
    } else {
        Effect::Unknown
    };
    let host = host(url);
    // A server that requires a client certificate may report that only after the handshake. Other errors of TLS after the
    // handshake are errors of the connection.
    let is_handshake = |cause: &&rustls::Error| {
        effect == Effect::None
            || matches!(
                cause,
                rustls::Error::AlertReceived(AlertDescription::CertificateRequired)
            )
    };
    let cause = find::<rustls::Error>(error).filter(is_handshake);
    if let Some(detail) = cause.and_then(|cause| explain_tls_error(cause, &host)) {
        return Failure {
            kind: ErrorKind::Tls,
            effect: Effect::None,
            detail,
        };
    }
    if error.is_builder() {
        return setup(innermost(error));
    }
    let io = find::<std::io::Error>(error).map(std::io::Error::kind);
    let detail = if error.is_dns() {
        format!("the host name {host} cannot be resolved ({})", innermost(error))
    } else if error.is_timeout() {
        format!("connecting to {host} timed out")
    } else {
        match (effect, io) {
            (_, Some(std::io::ErrorKind::ConnectionRefused)) => {
                format!("{host} refused the connection: no server listens on that port")
            }
            (_, Some(std::io::ErrorKind::HostUnreachable | std::io::ErrorKind::NetworkUnreachable)) => {
                format!("{host} is unreachable from this network")
            }
            (Effect::None, _) => format!("connecting to {host} failed ({})", innermost(error)),
            _ => format!(
                "the connection to {host} broke before the response was complete ({})",
                innermost(error)
            ),
        }
    };
    let kind = if error.is_timeout() {
        ErrorKind::RequestTimeout
    } else {
        ErrorKind::Unreachable
    };
    Failure { kind, effect, detail }
}

/// Explains an error of TLS that a retry would only repeat; `None` for other errors.
fn explain_tls_error(error: &rustls::Error, host: &str) -> Option<String> {
    let certificate = |reason: &str| format!("the certificate of {host} {reason}");
    Some(match error {
        rustls::Error::InvalidCertificate(reason) => match reason {
            CertificateError::UnknownIssuer => certificate(
                "is not trusted. If it was issued by a private authority, set `ca_cert_file` to a file with that \
                 authority's certificate",
            ),
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                certificate("was issued for another host name. Check `endpoint`")
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                certificate("has expired, or the clock of this computer is wrong")
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                certificate("is not valid yet, or the clock of this computer is wrong")
            }
            CertificateError::Revoked => certificate("has been revoked"),
            other => certificate(&format!("is invalid ({other})")),
        },
        rustls::Error::InvalidMessage(_) => {
            format!("{host} does not speak TLS. Check the scheme and the port of `endpoint`")
        }
        rustls::Error::PeerIncompatible(_)
        | rustls::Error::AlertReceived(
            AlertDescription::ProtocolVersion
            | AlertDescription::HandshakeFailure
            | AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::UnknownCA,
        ) => format!("{host} rejected the TLS handshake ({error})"),
        _ => return None,
    })
}

/// The error of a type among the causes of another.
///
/// An `io::Error` does not return the error that it wraps as its source.
fn find<T: std::error::Error + 'static>(error: &reqwest::Error) -> Option<&T> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        let wrapped = error
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref);
        cause = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    None
}

/// The message of the innermost cause, which is the most specific.
fn innermost(error: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    innermost.to_string()
}
