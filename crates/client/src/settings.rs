//! How to reach an API.
//!
//! Tests: `crates/client/src/tests/calls.rs`.

use std::time::Duration;

use rustls_pki_types::CertificateDer;
use url::{Host, Url};
use value::secret::Secret;

use crate::error::Remedies;
use crate::retry::Backoff;

/// How to reach an API.
#[derive(Clone)]
pub struct Settings {
    /// Scheme, host, and the prefix of every path.
    pub endpoint: Url,
    /// Sent as a bearer token with every request, to this endpoint only.
    pub api_token: Secret,
    /// Whether any certificate is accepted.
    pub insecure_skip_verify: bool,
    /// Authorities that are trusted besides the system's.
    pub ca_certificates: Vec<CertificateDer<'static>>,
    /// How long one attempt may take.
    pub request_timeout: Duration,
    /// How many attempts may follow the first.
    pub max_retries: u32,
    /// The `User-Agent` of every request.
    pub user_agent: String,
    /// How long to wait between attempts.
    pub backoff: Backoff,
    /// What errors advise.
    pub remedies: Remedies,
    /// Path under the endpoint of the live API document; `None` where the API publishes none.
    pub document: Option<&'static str>,
}

impl Settings {
    /// Settings with 30 seconds and four repeats for each request, the system's certificates, no remedies and no live API
    /// document.
    pub fn new(endpoint: Url, api_token: Secret, user_agent: String) -> Self {
        Self {
            endpoint,
            api_token,
            insecure_skip_verify: false,
            ca_certificates: Vec::new(),
            request_timeout: Duration::from_secs(30),
            max_retries: 4,
            user_agent,
            backoff: Backoff::default(),
            remedies: |_| None,
            document: None,
        }
    }
}

/// Whether a URL leads to this very machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.to_canonical().is_loopback(),
        None => false,
    }
}
