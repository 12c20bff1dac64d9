//! The settings of a client.
//!
//! Tests: `crates/client/src/tests/requests.rs`.

use std::time::Duration;

use rustls_pki_types::CertificateDer;
use url::Url;

use crate::error::Remedies;
use crate::proxies::ProxyVariables;
use crate::retry::Backoff;
use crate::token::ApiToken;

/// The settings of a client: how to reach and use one API.
#[derive(Clone)]
pub struct Settings {
    /// The scheme, the host, and the prefix of every path.
    pub endpoint: Url,
    /// The bearer token of every request. It is sent to the endpoint only.
    pub api_token: ApiToken,
    /// Where the token comes from, such as `the file of SOME_VARIABLE`; the error of a rejected token has it.
    pub token_source: Option<Box<str>>,
    /// Whether the client accepts any certificate.
    pub insecure_skip_verify: bool,
    /// CA certificates that are trusted in addition to the system's.
    pub ca_certificates: Vec<CertificateDer<'static>>,
    /// The environment variables that select a proxy.
    pub proxies: ProxyVariables,
    /// The timeout of one attempt.
    pub request_timeout: Duration,
    /// The maximum number of retries of one request.
    pub max_retries: u32,
    /// The `User-Agent` of every request.
    pub user_agent: String,
    /// The waits between attempts.
    pub backoff: Backoff,
    /// What a user can do about an error, by its kind.
    pub remedies: Remedies,
    /// The path of the live API document, without the endpoint's prefix; `None` if the API publishes no document.
    pub document: Option<&'static str>,
    /// Whether a list serves for a while after it was read. Otherwise it serves only those that wait for it.
    pub keep_lists: bool,
    /// Whether checks of plans may send requests.
    pub check_plans: bool,
}

impl Settings {
    /// Settings with a timeout of 30 seconds, four retries, the system's certificates, the proxies of this process, no source of
    /// the token, no remedies, no live API document, and lists that are kept.
    pub fn new(endpoint: Url, api_token: impl Into<ApiToken>, user_agent: String) -> Self {
        Self {
            endpoint,
            api_token: api_token.into(),
            token_source: None,
            insecure_skip_verify: false,
            ca_certificates: Vec::new(),
            proxies: ProxyVariables::from_process(),
            request_timeout: Duration::from_secs(30),
            max_retries: 4,
            user_agent,
            backoff: Backoff::default(),
            remedies: |_| None,
            document: None,
            keep_lists: true,
            check_plans: true,
        }
    }
}
