//! Connections to the control plane.
//!
//! Tests: `crates/client/src/tests/closing.rs`, `crates/client/src/tests/tls.rs`.

use std::time::Duration;

use rustls::ClientConfig;

use super::certificates;
use super::error::Failure;
use super::failure::innermost;
use super::proxies::{Proxy, Route};
use super::settings::Settings;

/// How long an idle connection is kept. A server may close a connection that was idle for longer while a request is sent on
/// it, and then it is unknown whether the request was carried out.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// The interval of HTTP/2 pings on a connection, and the time that the server has to respond to one.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(10);

/// Two ways to connect.
pub(super) struct Connections {
    /// Uses a connection for several requests.
    pub pooled: reqwest::Client,
    /// Uses a new connection for each request.
    pub fresh: reqwest::Client,
}

impl Connections {
    /// Prepares the connections, without opening one.
    ///
    /// # Errors
    ///
    /// The reason if the settings are unusable.
    pub fn new(settings: &Settings, route: &Route) -> Result<Self, Failure> {
        // Without TLS no certificate is needed, so a system without trusted certificates is not an error.
        let is_encrypted =
            settings.endpoint.scheme() == "https" || route.proxy().is_some_and(Proxy::is_encrypted);
        let is_verified = is_encrypted && !settings.insecure_skip_verify;
        let tls = is_verified.then(|| certificates::tls(settings)).transpose()?;
        let client = |builder: reqwest::ClientBuilder| {
            let client = builder.build();
            client.map_err(|error| Failure::setup(innermost(&error)))
        };
        let proxy = route
            .proxy()
            .map(|proxy| reqwest::Proxy::all(proxy.url().clone()));
        let proxy = proxy
            .transpose()
            .map_err(|error| Failure::setup(innermost(&error)))?;
        let builder = || match (route, proxy.clone()) {
            (Route::Direct, _) => builder(settings, tls.as_ref()).no_proxy(),
            (_, Some(proxy)) => builder(settings, tls.as_ref()).proxy(proxy),
            (_, None) => builder(settings, tls.as_ref()),
        };
        Ok(Self {
            pooled: client(builder().pool_idle_timeout(IDLE_TIMEOUT))?,
            fresh: client(builder().pool_max_idle_per_host(0))?,
        })
    }
}

/// The settings of all connections. `tls` is `None` if no certificate is verified.
fn builder(settings: &Settings, tls: Option<&ClientConfig>) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(connect_timeout(settings))
        .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
        .http2_keep_alive_timeout(KEEP_ALIVE_INTERVAL);
    match tls {
        Some(tls) => builder.tls_backend_preconfigured(tls.clone()),
        None => builder
            .tls_certs_only([])
            .danger_accept_invalid_certs(settings.insecure_skip_verify),
    }
}

/// The longest time to look up the host and to connect. It leaves time for the response.
pub(super) fn connect_timeout(settings: &Settings) -> Duration {
    settings.request_timeout / 2
}
