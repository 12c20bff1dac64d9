//! Decides which proxy the connections to the endpoint use, from the environment.
//!
//! The rules are those of curl and Go: `HTTPS_PROXY` or `HTTP_PROXY` by the scheme of the endpoint, else `ALL_PROXY`, each also in
//! lower case, unless `NO_PROXY` has the host.
//!
//! Tests: `crates/client/src/tests/proxies.rs`.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use url::{Host, Url};

/// The port of a SOCKS proxy whose URL has none.
const SOCKS_PORT: u16 = 1080;

const HTTP_PROXY: &str = "HTTP_PROXY";
const HTTPS_PROXY: &str = "HTTPS_PROXY";
const ALL_PROXY: &str = "ALL_PROXY";
const NO_PROXY: &str = "NO_PROXY";

/// A program that serves CGI has this variable, and then a client of the web server can set `HTTP_PROXY`.
const REQUEST_METHOD: &str = "REQUEST_METHOD";

/// The environment variables that select a proxy.
#[derive(Clone, Default)]
pub struct ProxyVariables(BTreeMap<String, String>);

/// How connections to the endpoint are made.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// Without a proxy.
    Direct,
    /// With the proxy of an environment variable.
    Via(Proxy),
    /// With the proxy of the operating system's settings, if there is one.
    System,
}

/// A proxy, and the environment variable that has it. Displayed without user name and password.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Proxy {
    url: Url,
    variable: String,
}

impl ProxyVariables {
    /// The variables of this process. A variable that is not Unicode is ignored.
    pub fn from_process() -> Self {
        let names = [HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY].into_iter();
        let names = names.flat_map(|name| [name.to_owned(), name.to_ascii_lowercase()]);
        names
            .chain([REQUEST_METHOD.to_owned()])
            .filter_map(|name| Some((name.clone(), std::env::var(&name).ok()?)))
            .collect()
    }

    /// The name and value of a variable, in upper or lower case, that is not empty.
    fn get(&self, name: &str) -> Option<(String, &str)> {
        [name.to_owned(), name.to_ascii_lowercase()]
            .into_iter()
            .find_map(|name| {
                let value = self.0.get(&name)?.trim();
                (!value.is_empty()).then_some((name, value))
            })
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for ProxyVariables {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        let variables = variables.into_iter();
        Self(
            variables
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

impl Route {
    /// The route to an endpoint. A proxy cannot reach a server that listens on the loopback interface of this machine.
    ///
    /// # Errors
    ///
    /// The reason, as a clause, if the variable that counts does not have the URL of a proxy.
    pub fn new(endpoint: &Url, variables: &ProxyVariables) -> Result<Self, String> {
        let is_cgi = variables.0.contains_key(REQUEST_METHOD);
        let is_exempt = variables.get(NO_PROXY).is_some_and(|(_, list)| {
            list.split([',', ' ', '\t'])
                .any(|entry| is_match(entry, endpoint))
        });
        if is_cgi || is_exempt || is_loopback(endpoint) {
            return Ok(Self::Direct);
        }
        let by_scheme = match endpoint.scheme() {
            "https" => HTTPS_PROXY,
            _ => HTTP_PROXY,
        };
        let variable = variables.get(by_scheme).or_else(|| variables.get(ALL_PROXY));
        match variable {
            Some((variable, value)) => Proxy::parse(variable, value).map(Self::Via),
            None => Ok(Self::System),
        }
    }

    /// The proxy of an environment variable.
    pub fn proxy(&self) -> Option<&Proxy> {
        match self {
            Self::Via(proxy) => Some(proxy),
            Self::Direct | Self::System => None,
        }
    }
}

impl Proxy {
    /// Parses the value of a variable. Without a scheme, it is that of a proxy for HTTP.
    fn parse(variable: String, value: &str) -> Result<Self, String> {
        let invalid = |reason: &dyn fmt::Display| {
            format!(
                "the environment variable {variable} is not the URL of a proxy, such as `http://proxy.example.com:3128`: {reason}"
            )
        };
        let url = if value.contains("://") {
            Url::parse(value)
        } else {
            Url::parse(&format!("http://{value}"))
        };
        let mut url = url.map_err(|error| invalid(&error))?;
        match url.scheme() {
            "http" | "https" => {}
            "socks4" | "socks4a" | "socks5" | "socks5h" => {
                if url.port().is_none() && url.set_port(Some(SOCKS_PORT)).is_err() {
                    return Err(invalid(&"it has no host"));
                }
            }
            scheme => {
                let scheme = format!("its scheme is `{scheme}`, not http, https, socks5 or socks5h");
                return Err(invalid(&scheme));
            }
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(invalid(&"it has no host"));
        }
        // A password with a `/`, `?` or `#` that is not escaped would be taken for one of these.
        if url.query().is_some() || url.fragment().is_some() || !matches!(url.path(), "" | "/") {
            let reason = "it has a path, a query or a fragment. Escape special characters of the password, such as `%23` for `#`";
            return Err(invalid(&reason));
        }
        Ok(Self { url, variable })
    }

    /// The URL of the proxy, which may have a password.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Whether the connection to the proxy uses TLS.
    pub fn is_encrypted(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Whether the client looks up the address of the endpoint, not the proxy.
    pub fn needs_address(&self) -> bool {
        matches!(self.url.scheme(), "socks4" | "socks5")
    }

    /// Whether the client must look up the address of the proxy.
    pub fn has_name(&self) -> bool {
        // In a URL with another scheme than http, an IPv4 address is parsed as a name.
        let is_address = |name: &str| name.parse::<IpAddr>().is_ok();
        matches!(self.url.host(), Some(Host::Domain(name)) if !is_address(name))
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.url.host_str().unwrap_or_default();
        let port = self.url.port().map(|port| format!(":{port}"));
        write!(
            formatter,
            "the proxy `{host}{}` of {}",
            port.unwrap_or_default(),
            self.variable
        )
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self}")
    }
}

/// Whether the host of a URL is this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.to_canonical().is_loopback(),
        None => false,
    }
}

/// Whether an entry of `NO_PROXY` has the endpoint: `*`, a host name, also for the names below it, an address, or a network. A
/// name or an address can have a port, and then the entry is for that port only.
fn is_match(entry: &str, endpoint: &Url) -> bool {
    let entry = entry.trim();
    let Some(host) = endpoint.host() else {
        return false;
    };
    let host = match host {
        Host::Domain(name) => name.parse().map_err(|_| name.trim_end_matches('.')),
        Host::Ipv4(address) => Ok(IpAddr::from(address)),
        Host::Ipv6(address) => Ok(IpAddr::from(address)),
    };
    if entry == "*" {
        return true;
    }
    if let (Ok(address), Ok(network)) = (&host, entry.parse::<IpNet>()) {
        return network.contains(&address.to_canonical());
    }
    let (name, port) = split_port(entry);
    if port.is_some_and(|port| endpoint.port_or_known_default() != Some(port)) {
        return false;
    }
    match host {
        Ok(address) => name
            .parse::<IpAddr>()
            .is_ok_and(|other| other.to_canonical() == address.to_canonical()),
        Err(host) => {
            let name = name.strip_prefix('*').unwrap_or(name).trim_matches('.');
            let above = host.len().checked_sub(name.len());
            !name.is_empty()
                && above.is_some_and(|length| {
                    let is_whole = length == 0 || host.get(..length).is_some_and(|rest| rest.ends_with('.'));
                    is_whole
                        && host
                            .get(length..)
                            .is_some_and(|end| end.eq_ignore_ascii_case(name))
                })
        }
    }
}

/// Splits an entry into a name or an address, and a port.
fn split_port(entry: &str) -> (&str, Option<u16>) {
    let is_address = entry.parse::<IpAddr>().is_ok();
    let split = entry.rsplit_once(':').filter(|_| !is_address);
    let (name, port) = match split.and_then(|(name, port)| Some((name, port.parse().ok()?))) {
        Some((name, port)) => (name, Some(port)),
        None => (entry, None),
    };
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    (address.unwrap_or(name), port)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An endpoint, the variables, and the expected route.
    type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);

    /// The proxy for an endpoint as errors show it, or `direct` or `system`.
    fn route(endpoint: &str, variables: &[(&str, &str)]) -> Result<String, String> {
        let variables: ProxyVariables = variables.iter().copied().collect();
        let route = Route::new(&endpoint.parse().unwrap(), &variables)?;
        Ok(match route {
            Route::Direct => "direct".to_owned(),
            Route::System => "system".to_owned(),
            Route::Via(proxy) => format!("{} {proxy}", proxy.url().scheme()),
        })
    }

    #[test]
    fn route_is_chosen_by_scheme_and_variable() {
        let http = ("HTTP_PROXY", "http://h:1");
        let https = ("HTTPS_PROXY", "http://s:2");
        let all = ("ALL_PROXY", "socks5://a");
        let table: [Row<'_>; 17] = [
            ("https://c.test", &[], "system"),
            ("https://c.test", &[http], "system"),
            (
                "https://c.test",
                &[http, https, all],
                "http the proxy `s:2` of HTTPS_PROXY",
            ),
            (
                "http://c.test",
                &[http, https, all],
                "http the proxy `h:1` of HTTP_PROXY",
            ),
            (
                "https://c.test",
                &[http, all],
                "socks5 the proxy `a:1080` of ALL_PROXY",
            ),
            (
                "https://c.test",
                &[("https_proxy", "p:3")],
                "http the proxy `p:3` of https_proxy",
            ),
            (
                "https://c.test",
                &[("all_proxy", "p")],
                "http the proxy `p` of all_proxy",
            ),
            (
                "https://c.test",
                &[https, ("https_proxy", "p")],
                "http the proxy `s:2` of HTTPS_PROXY",
            ),
            (
                "https://c.test",
                &[("HTTPS_PROXY", ""), ("https_proxy", "p")],
                "http the proxy `p` of https_proxy",
            ),
            (
                "https://c.test",
                &[("HTTPS_PROXY", " "), all],
                "socks5 the proxy `a:1080` of ALL_PROXY",
            ),
            (
                "https://c.test",
                &[("HTTPS_PROXY", "https://me:canary@p")],
                "https the proxy `p` of HTTPS_PROXY",
            ),
            (
                "https://c.test",
                &[("HTTPS_PROXY", "socks5h://[::1]:9")],
                "socks5h the proxy `[::1]:9` of HTTPS_PROXY",
            ),
            ("https://localhost", &[https, all], "direct"),
            ("https://127.0.0.2", &[https, all], "direct"),
            ("https://[::1]", &[("HTTPS_PROXY", "ftp://x")], "direct"),
            ("https://c.test", &[https, ("REQUEST_METHOD", "GET")], "direct"),
            ("https://c.test", &[https, ("no_proxy", "c.test")], "direct"),
        ];
        for (endpoint, variables, expected) in table {
            assert_eq!(
                route(endpoint, variables).unwrap(),
                expected,
                "{endpoint} {variables:?}"
            );
        }
    }

    #[test]
    fn route_explains_an_invalid_variable() {
        let table = [
            (
                "ftp://me:canary@p",
                "its scheme is `ftp`, not http, https, socks5 or socks5h",
            ),
            ("http://p:canary", "invalid port number"),
            ("http://", "empty host"),
            ("socks5://", "it has no host"),
            ("not a host", "invalid international domain name"),
            (
                "http://me:77#canary@p",
                "it has a path, a query or a fragment. Escape special characters of the password, such as `%23` for `#`",
            ),
        ];
        for (value, reason) in table {
            let error = route("https://c.test", &[("https_proxy", value)]);
            let expected = format!(
                "the environment variable https_proxy is not the URL of a proxy, such as \
                 `http://proxy.example.com:3128`: {reason}"
            );
            assert_eq!(error.unwrap_err(), expected, "{value}");
        }
        // Variables that do not count are not read.
        assert!(route("https://c.test", &[("HTTP_PROXY", "ftp://x")]).is_ok());
        assert!(route("https://c.test", &[("HTTPS_PROXY", "ftp://x"), ("NO_PROXY", "*")]).is_ok());
    }

    #[test]
    fn no_proxy_entries_match_hosts_addresses_and_ports() {
        let (name, port, address, other) = (
            "https://api.example.com",
            "https://api.example.com:8443",
            "https://10.0.0.1:8443",
            "https://[fd00::1]:8443",
        );
        let table = [
            // entry, endpoints that it has
            ("*", vec![name, port, address, other]),
            ("api.example.com", vec![name, port]),
            ("API.Example.Com.", vec![name, port]),
            ("example.com", vec![name, port]),
            (".example.com", vec![name, port]),
            ("*.example.com", vec![name, port]),
            (".api.example.com", vec![name, port]),
            ("pi.example.com", vec![]),
            ("com", vec![name, port]),
            (".", vec![]),
            ("", vec![]),
            ("api.example.com:443", vec![name]),
            ("api.example.com:8443", vec![port]),
            (".example.com:8443", vec![port]),
            ("*.example.com:8443", vec![port]),
            ("example.com:80", vec![]),
            ("example.com:x", vec![]),
            ("10.0.0.1", vec![address]),
            ("10.0.0.1:8443", vec![address]),
            ("10.0.0.1:443", vec![]),
            ("10.0.0.0/8", vec![address]),
            ("11.0.0.0/8", vec![]),
            ("::ffff:10.0.0.1", vec![address]),
            ("0.0.1", vec![]),
            ("fd00::1", vec![other]),
            ("[fd00::1]", vec![other]),
            ("[fd00::1]:8443", vec![other]),
            ("[fd00::1]:443", vec![]),
            ("fd00::/8", vec![other]),
            (
                "localhost, 10.0.0.1:8443 ,api.example.com:443",
                vec![name, address],
            ),
            ("localhost example.com", vec![name, port]),
        ];
        for (entry, expected) in table {
            let variables = [("ALL_PROXY", "http://p"), ("NO_PROXY", entry)];
            let endpoints = [name, port, address, other].into_iter();
            let direct: Vec<_> = endpoints
                .filter(|endpoint| route(endpoint, &variables).unwrap() == "direct")
                .collect();
            assert_eq!(direct, expected, "{entry}");
        }
    }
}
