//! Explains why an attempt got no complete response.
//!
//! Tests: `crates/client/src/tests/faults.rs`, `crates/client/src/tests/tls.rs`.

use std::error::Error as _;
use std::time::Duration;
use std::{fmt, io};

use engine::api::{Effect, ErrorKind};
use http::StatusCode;
use rustls::{AlertDescription, CertificateError, OtherError};
use url::{Host, Url};

use super::certificates::Untrusted;
use super::encoding::UndecodableBody;
use super::error::Failure;
use super::proxies::Proxy;

/// Where an attempt went. Displayed as the host and port, with the proxy.
pub(super) struct Target<'a> {
    pub url: &'a Url,
    pub proxy: Option<&'a Proxy>,
    pub connect_timeout: Duration,
}

impl fmt::Display for Target<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&host(self.url))?;
        match self.proxy {
            Some(proxy) => write!(formatter, " through {proxy}"),
            None => Ok(()),
        }
    }
}

/// The host and port of a URL, for errors.
pub(super) fn host(url: &Url) -> String {
    let host = url.host().unwrap_or(Host::Domain(""));
    match url.port() {
        Some(port) => format!("`{host}:{port}`"),
        None => format!("`{host}`"),
    }
}

/// Explains an attempt that failed before the status of its response.
pub(super) fn failure(error: &reqwest::Error, target: &Target<'_>) -> Failure {
    // If connecting fails, nothing of the request was sent.
    let effect = if error.is_connect() {
        Effect::None
    } else {
        Effect::Unknown
    };
    let host = host(target.url);
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
    let peer = match target.proxy {
        Some(proxy) if proxy.is_encrypted() => format!("{host}, or of {proxy},"),
        _ => host.clone(),
    };
    if let Some(detail) = cause.and_then(|cause| explain_tls_error(cause, &peer)) {
        return Failure {
            kind: ErrorKind::Tls,
            effect: Effect::None,
            status: None,
            detail,
        };
    }
    if error.is_builder() {
        return Failure::setup(innermost(error));
    }
    if let (Effect::None, Some(proxy)) = (effect, target.proxy) {
        return proxy_failure(error, target, proxy);
    }
    let io = find::<io::Error>(error).map(io::Error::kind);
    let detail = if error.is_dns() {
        format!("the host name {host} cannot be resolved ({})", innermost(error))
    } else if error.is_timeout() {
        let phase = phase(matches!(target.url.host(), Some(Host::Domain(_))));
        format!("{phase} {host} took longer than {:?}", target.connect_timeout)
    } else {
        match (effect, io) {
            (_, Some(io::ErrorKind::ConnectionRefused)) => {
                format!("{host} refused the connection: no server listens on that port")
            }
            (_, Some(io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable)) => {
                format!("{host} is unreachable from this network")
            }
            (Effect::None, _) => format!("connecting to {host} failed ({})", innermost(error)),
            _ => broken(error, target),
        }
    };
    let kind = if error.is_dns() {
        ErrorKind::UnknownHost
    } else if error.is_timeout() {
        ErrorKind::RequestTimeout
    } else {
        ErrorKind::Unreachable
    };
    Failure {
        kind,
        effect,
        status: None,
        detail,
    }
}

/// Explains why no connection through a proxy was made. Apart from errors of TLS, only the proxy knows what failed.
fn proxy_failure(error: &reqwest::Error, target: &Target<'_>, proxy: &Proxy) -> Failure {
    let host = host(target.url);
    let needs_address = proxy.needs_address() && matches!(target.url.host(), Some(Host::Domain(_)));
    let (kind, detail) = if error.is_dns() {
        let reason = innermost(error);
        match (proxy.has_name(), needs_address) {
            (false, true) => (
                ErrorKind::UnknownHost,
                format!("the host name {host} cannot be resolved ({reason})"),
            ),
            (true, true) => (
                ErrorKind::Proxy,
                format!("the host name of {proxy}, or {host}, cannot be resolved ({reason})"),
            ),
            (_, false) => (
                ErrorKind::Proxy,
                format!("the host name of {proxy} cannot be resolved ({reason})"),
            ),
        }
    } else if error.is_timeout() {
        let phase = phase(proxy.has_name() || needs_address);
        let timeout = target.connect_timeout;
        let detail = format!("{phase} {proxy}, or from there to {host}, took longer than {timeout:?}");
        (ErrorKind::Proxy, detail)
    } else {
        let detail = match find::<io::Error>(error).map(io::Error::kind) {
            Some(io::ErrorKind::ConnectionRefused) => {
                format!("{proxy} refused the connection: no server listens on that port")
            }
            Some(io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable) => {
                format!("{proxy} is unreachable from this network")
            }
            _ => format!("{proxy} did not connect to {host} ({})", innermost(error)),
        };
        (ErrorKind::Proxy, detail)
    };
    Failure {
        kind,
        effect: Effect::None,
        status: None,
        detail,
    }
}

/// What takes time when a connection is made.
fn phase(is_looked_up: bool) -> &'static str {
    if is_looked_up {
        "looking up or connecting to"
    } else {
        "connecting to"
    }
}

/// Explains an attempt whose connection broke in the body of the response.
pub(super) fn broken_body(error: &reqwest::Error, target: &Target<'_>, status: StatusCode) -> Failure {
    Failure {
        kind: ErrorKind::Unreachable,
        effect: effect_after(Some(status)),
        status: Some(status),
        detail: broken(error, target),
    }
}

fn broken(error: &reqwest::Error, target: &Target<'_>) -> String {
    format!(
        "the connection to {target} broke before the response was complete ({})",
        innermost(error)
    )
}

/// Explains a body that cannot be decoded. `limit` is the size of the largest one that is accepted, in bytes.
pub(super) fn undecodable_body(reason: &UndecodableBody, status: StatusCode, limit: usize) -> Failure {
    Failure {
        kind: reason.kind(),
        effect: effect_after(Some(status)),
        status: Some(status),
        detail: match reason {
            UndecodableBody::TooLarge => format!("the response is larger than {} MiB", limit / 1024 / 1024),
            reason => reason.to_string(),
        },
    }
}

/// Whether a request was carried out whose response ended after this status, or before it.
pub(super) fn effect_after(status: Option<StatusCode>) -> Effect {
    match status {
        Some(status) if status.is_success() => Effect::Done,
        _ => Effect::Unknown,
    }
}

/// Explains an error of TLS that a retry would only repeat; `None` for other errors.
fn explain_tls_error(error: &rustls::Error, host: &str) -> Option<String> {
    let certificate = |reason: &str| format!("the certificate of {host} {reason}");
    Some(match error {
        rustls::Error::InvalidCertificate(reason) => match reason {
            CertificateError::NotValidForNameContext { presented, .. } if presented.is_empty() => {
                certificate(
                    "has no subject alternative name. Issue it again, with the host name or IP address of `endpoint` as such a name",
                )
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                certificate("was issued for another host name. Check `endpoint`")
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                certificate("has expired, or the clock of this computer is wrong")
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                certificate("is not valid yet, or the clock of this computer is wrong")
            }
            CertificateError::Other(OtherError(reason)) if reason.is::<Untrusted>() => {
                certificate(&reason.to_string())
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
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        cause = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    None
}

/// The message of the innermost cause, which is the most specific.
pub(super) fn innermost(error: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    innermost.to_string()
}
