//! How to reach the control plane: from the provider's arguments to settings of the client.

use std::path::Path;
use std::time::Duration;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use url::{Host, Url};

use super::Backoff;
use crate::duration;
use crate::secret::Secret;

/// Where the control plane is, unless the configuration says otherwise.
const ENDPOINT: &str = "https://api.durantic.io";

const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

const MAX_RETRIES: u32 = 4;

/// How to reach the control plane.
#[derive(Clone)]
pub struct Settings {
    /// Scheme, host, and the prefix of every path.
    pub endpoint: Url,
    /// Sent with every request, to this endpoint only.
    pub api_token: Secret,
    /// Whether any certificate is accepted.
    pub insecure_skip_verify: bool,
    /// Authorities that are trusted besides the system's.
    pub ca_certificates: Vec<CertificateDer<'static>>,
    /// How long one attempt may take.
    pub request_timeout: Duration,
    /// How many attempts may follow the first.
    pub max_retries: u32,
    /// The `User-Agent`, see [`user_agent`].
    pub user_agent: String,
    /// How long to wait between attempts.
    pub backoff: Backoff,
}

/// The arguments of the provider as text; `None` where neither the configuration nor the environment has one.
#[derive(Default)]
pub struct Arguments {
    /// `endpoint`
    pub endpoint: Option<Argument>,
    /// `api_token`
    pub api_token: Option<Argument>,
    /// `insecure_skip_verify`: a boolean
    pub insecure_skip_verify: Option<Argument>,
    /// `ca_cert_file`: a path
    pub ca_cert_file: Option<Argument>,
    /// `request_timeout`: a duration
    pub request_timeout: Option<Argument>,
    /// `max_retries`: a whole number
    pub max_retries: Option<Argument>,
}

/// An argument of the provider.
#[derive(Clone)]
pub struct Argument {
    /// Its value as text: it may be the token.
    pub text: Secret,
    /// The environment variable it comes from, if it does not come from the configuration.
    pub variable: Option<String>,
}

/// What is wrong with an argument of the provider. It holds no value of a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SettingsError {
    /// Name of the argument.
    pub argument: &'static str,
    /// Title for a diagnostic, such as `Missing API token`.
    pub summary: &'static str,
    /// A sentence that says what is wrong and what to do.
    pub message: String,
}

/// Something that works but should not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Name of the argument.
    pub argument: &'static str,
    /// Title for a diagnostic.
    pub summary: &'static str,
    /// A sentence that says why.
    pub message: String,
}

impl Settings {
    /// Settings from the provider's arguments, or everything that is wrong with them.
    ///
    /// An empty environment variable is unset; an empty argument in the configuration is a mistake.
    pub fn new(arguments: Arguments, user_agent: String) -> Result<Settings, Vec<SettingsError>> {
        let mut errors = Vec::new();
        let endpoint = read(
            arguments.endpoint,
            "endpoint",
            "Invalid endpoint",
            parse_endpoint,
            &mut errors,
        );
        let endpoint = endpoint.or_else(|| Url::parse(ENDPOINT).ok());
        let api_token = read(
            arguments.api_token,
            "api_token",
            "Invalid API token",
            parse_token,
            &mut errors,
        );
        if api_token.is_none() && !errors.iter().any(|error| error.argument == "api_token") {
            errors.push(SettingsError {
                argument: "api_token",
                summary: "Missing API token",
                message: "Set `api_token` in the provider configuration, or the environment variable \
                          DURANTIC_API_TOKEN. Tokens are created on the API Tokens page of the Durantic dashboard."
                    .to_owned(),
            });
        }
        let insecure_skip_verify = read(
            arguments.insecure_skip_verify,
            "insecure_skip_verify",
            "Invalid boolean",
            parse_bool,
            &mut errors,
        );
        let ca_certificates = read(
            arguments.ca_cert_file,
            "ca_cert_file",
            "Unusable CA certificates",
            read_certificates,
            &mut errors,
        );
        let request_timeout = read(
            arguments.request_timeout,
            "request_timeout",
            "Invalid duration",
            parse_timeout,
            &mut errors,
        );
        let max_retries = read(
            arguments.max_retries,
            "max_retries",
            "Invalid number of retries",
            parse_retries,
            &mut errors,
        );
        match (endpoint, api_token) {
            (Some(endpoint), Some(api_token)) if errors.is_empty() => Ok(Settings {
                endpoint,
                api_token,
                insecure_skip_verify: insecure_skip_verify.unwrap_or_default(),
                ca_certificates: ca_certificates.unwrap_or_default(),
                request_timeout: request_timeout.unwrap_or(REQUEST_TIMEOUT),
                max_retries: max_retries.unwrap_or(MAX_RETRIES),
                user_agent,
                backoff: Backoff::default(),
            }),
            _ => Err(errors),
        }
    }

    /// What works but should not be.
    pub fn warnings(&self) -> Vec<Warning> {
        let mut warnings = Vec::new();
        if self.endpoint.scheme() == "http" && !is_loopback(&self.endpoint) {
            warnings.push(Warning {
                argument: "endpoint",
                summary: "The API token is sent without encryption",
                message: format!(
                    "The endpoint `{}` uses http: everybody on the way can read the API token and all secrets. Use \
                     https.",
                    self.endpoint
                ),
            });
        }
        if self.insecure_skip_verify {
            warnings.push(Warning {
                argument: "insecure_skip_verify",
                summary: "Certificates are not verified",
                message: "With `insecure_skip_verify`, everybody who can pose as the control plane gets the API token \
                          and all secrets. To trust a private authority, set `ca_cert_file` instead."
                    .to_owned(),
            });
        }
        warnings
    }
}

/// The `User-Agent` of requests: this provider and its version, Terraform's version, the platform, and what
/// `TF_APPEND_USER_AGENT` adds.
pub fn user_agent(terraform_version: &str, append: Option<&str>) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let (system, architecture) = (std::env::consts::OS, std::env::consts::ARCH);
    let terraform_version = if terraform_version.is_empty() {
        "unknown"
    } else {
        terraform_version
    };
    let mut text = format!(
        "terraform-provider-durantic/{version} Terraform/{terraform_version} ({system}; {architecture})"
    );
    if let Some(append) = append.map(str::trim).filter(|append| !append.is_empty()) {
        text.push(' ');
        text.push_str(append);
    }
    text.retain(|character| character == ' ' || character.is_ascii_graphic());
    text
}

/// Whether a URL leads to this very machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.to_canonical().is_loopback(),
        None => false,
    }
}

/// An argument's value, if it has one and that is legal.
fn read<T>(
    argument: Option<Argument>,
    name: &'static str,
    summary: &'static str,
    parse: impl FnOnce(&str) -> Result<T, String>,
    errors: &mut Vec<SettingsError>,
) -> Option<T> {
    let argument =
        argument.filter(|argument| argument.variable.is_none() || !argument.text.expose().is_empty())?;
    match parse(argument.text.expose()) {
        Ok(value) => Some(value),
        Err(fault) => {
            let origin = match &argument.variable {
                Some(variable) => format!("The environment variable {variable}"),
                None => format!("`{name}`"),
            };
            errors.push(SettingsError {
                argument: name,
                summary,
                message: format!("{origin} {fault}."),
            });
            None
        }
    }
}

fn parse_endpoint(text: &str) -> Result<Url, String> {
    let example = format!("it is a URL such as `{ENDPOINT}`");
    // A URL with a password is not shown.
    let url = Url::parse(text).map_err(|error| format!("is no URL ({error}): {example}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not have a user name or password: use `api_token`".to_owned());
    }
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!(
            "`{text}` must begin with `https://` or `http://`: {example}"
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!("`{text}` must not have a query or a fragment: {example}"));
    }
    Ok(url)
}

fn parse_token(text: &str) -> Result<Secret, String> {
    if text.trim().is_empty() {
        return Err("is empty".to_owned());
    }
    if !text.chars().all(|character| character.is_ascii_graphic()) {
        return Err("has characters that no token has: check it for spaces and line ends".to_owned());
    }
    Ok(Secret::new(text))
}

/// The texts that Terraform and its Go providers take for a boolean.
fn parse_bool(text: &str) -> Result<bool, String> {
    match text {
        "true" | "True" | "TRUE" | "t" | "T" | "1" => Ok(true),
        "false" | "False" | "FALSE" | "f" | "F" | "0" => Ok(false),
        _ => Err(format!("is `{text}`, but it must be `true` or `false`")),
    }
}

fn read_certificates(path: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let unreadable =
        |reason: &dyn std::fmt::Display| format!("names `{path}`, which cannot be read: {reason}");
    let pem = std::fs::read(Path::new(path)).map_err(|error| unreadable(&error))?;
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<_, _>>()
        .map_err(|error| unreadable(&error))?;
    if certificates.is_empty() {
        return Err(format!(
            "names `{path}`, which has no certificate in PEM form (`-----BEGIN CERTIFICATE-----`)"
        ));
    }
    let mut roots = rustls::RootCertStore::empty();
    for (index, certificate) in certificates.iter().enumerate() {
        roots.add(certificate.clone()).map_err(|error| {
            format!(
                "names `{path}`, whose certificate number {} is unusable: {error}",
                index + 1
            )
        })?;
    }
    Ok(certificates)
}

fn parse_timeout(text: &str) -> Result<Duration, String> {
    duration::parse(text)
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| format!("is `{text}`, but it must be a duration above zero such as `30s` or `1m30s`"))
}

fn parse_retries(text: &str) -> Result<u32, String> {
    text.parse()
        .ok()
        .filter(|retries| *retries <= 20)
        .ok_or_else(|| format!("is `{text}`, but it must be a whole number from 0 to 20"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::unnecessary_wraps, reason = "it reads like what it stands for")]
    fn configured(text: &str) -> Option<Argument> {
        Some(Argument {
            text: Secret::new(text),
            variable: None,
        })
    }

    #[expect(clippy::unnecessary_wraps, reason = "it reads like what it stands for")]
    fn environment(variable: &str, text: &str) -> Option<Argument> {
        Some(Argument {
            text: Secret::new(text),
            variable: Some(variable.to_owned()),
        })
    }

    /// A legal token, and arguments besides.
    fn arguments(change: impl FnOnce(&mut Arguments)) -> Result<Settings, Vec<SettingsError>> {
        let mut arguments = Arguments {
            api_token: configured("dur_token"),
            ..Arguments::default()
        };
        change(&mut arguments);
        Settings::new(arguments, "agent".to_owned())
    }

    /// The only error, as `argument: summary: message`.
    fn fault(change: impl FnOnce(&mut Arguments)) -> String {
        let errors = arguments(change).err().unwrap();
        let [error] = &errors[..] else {
            panic!("one error: {errors:?}")
        };
        format!("{}: {}: {error}", error.argument, error.summary)
    }

    #[test]
    fn defaults() {
        let settings = arguments(|_| ()).unwrap();
        assert_eq!(settings.endpoint.as_str(), "https://api.durantic.io/");
        assert_eq!(settings.api_token.expose(), "dur_token");
        assert!(!settings.insecure_skip_verify && settings.ca_certificates.is_empty());
        assert_eq!(
            (settings.request_timeout, settings.max_retries),
            (Duration::from_secs(30), 4)
        );
        assert_eq!(settings.warnings(), []);
    }

    #[test]
    fn an_empty_environment_variable_is_unset() {
        let settings = arguments(|arguments| {
            arguments.endpoint = environment("DURANTIC_ENDPOINT", "");
            arguments.insecure_skip_verify = environment("DURANTIC_INSECURE_SKIP_VERIFY", "");
            arguments.ca_cert_file = environment("DURANTIC_CA_CERT_FILE", "");
        });
        assert_eq!(settings.unwrap().endpoint.as_str(), "https://api.durantic.io/");
        let missing = "api_token: Missing API token: Set `api_token` in the provider configuration, or the \
                       environment variable DURANTIC_API_TOKEN. Tokens are created on the API Tokens page of the \
                       Durantic dashboard.";
        assert_eq!(
            fault(|arguments| arguments.api_token = environment("DURANTIC_API_TOKEN", "")),
            missing
        );
        assert_eq!(fault(|arguments| arguments.api_token = None), missing);
    }

    #[test]
    fn endpoints() {
        for endpoint in [
            "https://host",
            "http://localhost:8000",
            "https://host/durantic/",
            "http://[::1]:1/a/b",
        ] {
            assert!(
                arguments(|arguments| arguments.endpoint = configured(endpoint)).is_ok(),
                "{endpoint}"
            );
        }
        #[rustfmt::skip]
        let table = [
            ("", "is no URL (relative URL without a base): it is a URL such as `https://api.durantic.io`."),
            ("api.durantic.io", "is no URL (relative URL without a base): it is a URL such as `https://api.durantic.io`."),
            ("https://", "is no URL (empty host): it is a URL such as `https://api.durantic.io`."),
            ("host:8000", "`host:8000` must begin with `https://` or `http://`: it is a URL such as `https://api.durantic.io`."),
            ("ftp://host", "`ftp://host` must begin with `https://` or `http://`: it is a URL such as `https://api.durantic.io`."),
            ("https://host?x=1", "`https://host?x=1` must not have a query or a fragment: it is a URL such as `https://api.durantic.io`."),
            ("https://host/#x", "`https://host/#x` must not have a query or a fragment: it is a URL such as `https://api.durantic.io`."),
            ("https://me:secret@host", "must not have a user name or password: use `api_token`."),
        ];
        for (endpoint, expected) in table {
            let fault = fault(|arguments| arguments.endpoint = configured(endpoint));
            assert_eq!(
                fault,
                format!("endpoint: Invalid endpoint: `endpoint` {expected}")
            );
        }
    }

    /// A mistake, and what is said about it.
    type Case = (fn(&mut Arguments), &'static str);

    #[test]
    fn illegal_arguments() {
        let table: [Case; 9] = [
            (
                |arguments| arguments.api_token = configured(""),
                "api_token: Invalid API token: `api_token` is empty.",
            ),
            (
                |arguments| arguments.api_token = environment("DURANTIC_API_TOKEN", "dur_x\n"),
                "api_token: Invalid API token: The environment variable DURANTIC_API_TOKEN has characters that no \
                 token has: check it for spaces and line ends.",
            ),
            (
                |arguments| {
                    arguments.insecure_skip_verify = environment("DURANTIC_INSECURE_SKIP_VERIFY", "yes");
                },
                "insecure_skip_verify: Invalid boolean: The environment variable DURANTIC_INSECURE_SKIP_VERIFY is \
                 `yes`, but it must be `true` or `false`.",
            ),
            (
                |arguments| arguments.request_timeout = configured("30"),
                "request_timeout: Invalid duration: `request_timeout` is `30`, but it must be a duration above zero \
                 such as `30s` or `1m30s`.",
            ),
            (
                |arguments| arguments.request_timeout = configured("0s"),
                "request_timeout: Invalid duration: `request_timeout` is `0s`, but it must be a duration above zero \
                 such as `30s` or `1m30s`.",
            ),
            (
                |arguments| arguments.max_retries = configured("21"),
                "max_retries: Invalid number of retries: `max_retries` is `21`, but it must be a whole number from 0 \
                 to 20.",
            ),
            (
                |arguments| arguments.max_retries = configured("-1"),
                "max_retries: Invalid number of retries: `max_retries` is `-1`, but it must be a whole number from 0 \
                 to 20.",
            ),
            (
                |arguments| arguments.max_retries = configured("1.5"),
                "max_retries: Invalid number of retries: `max_retries` is `1.5`, but it must be a whole number from \
                 0 to 20.",
            ),
            (
                |arguments| arguments.ca_cert_file = configured("/nonexistent/ca.pem"),
                "ca_cert_file: Unusable CA certificates: `ca_cert_file` names `/nonexistent/ca.pem`, which cannot be \
                 read: No such file or directory (os error 2).",
            ),
        ];
        for (change, expected) in table {
            assert_eq!(fault(change), expected);
        }
    }

    #[test]
    fn every_fault_is_reported() {
        let errors = arguments(|arguments| {
            arguments.endpoint = configured("x");
            arguments.api_token = None;
            arguments.max_retries = configured("x");
        });
        let names: Vec<_> = errors.err().unwrap().iter().map(|error| error.argument).collect();
        assert_eq!(names, ["endpoint", "api_token", "max_retries"]);
    }

    #[test]
    fn certificates_of_a_bundle() {
        let certificate = || {
            let key = rcgen::KeyPair::generate().unwrap();
            rcgen::CertificateParams::default()
                .self_signed(&key)
                .unwrap()
                .pem()
        };
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ca.pem");
        let path_text = path.to_str().unwrap();
        let read = |contents: &str| {
            std::fs::write(&path, contents).unwrap();
            arguments(|arguments| arguments.ca_cert_file = configured(path_text))
        };

        let bundle = format!("# first\n{}\n# second\n{}", certificate(), certificate());
        assert_eq!(read(&bundle).unwrap().ca_certificates.len(), 2);

        let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let table = [
            (
                "",
                "which has no certificate in PEM form (`-----BEGIN CERTIFICATE-----`).",
            ),
            (
                "no certificate",
                "which has no certificate in PEM form (`-----BEGIN CERTIFICATE-----`).",
            ),
            (
                garbage,
                "whose certificate number 1 is unusable: invalid peer certificate: BadEncoding.",
            ),
        ];
        for (contents, expected) in table {
            let errors = read(contents).err().unwrap();
            assert_eq!(
                errors[0].message,
                format!("`ca_cert_file` names `{path_text}`, {expected}")
            );
        }
    }

    #[test]
    fn warnings_for_what_works_but_should_not_be() {
        for endpoint in [
            "http://localhost",
            "http://127.0.0.1:8000",
            "http://[::1]",
            "http://demo.localhost",
        ] {
            let settings = arguments(|arguments| arguments.endpoint = configured(endpoint)).unwrap();
            assert_eq!(settings.warnings(), [], "{endpoint}");
        }
        for endpoint in ["http://10.0.0.1", "http://localhost.example.com", "http://[::2]"] {
            let settings = arguments(|arguments| {
                arguments.endpoint = configured(endpoint);
                arguments.insecure_skip_verify = configured("true");
            });
            let warnings = settings.unwrap().warnings();
            let names: Vec<_> = warnings.iter().map(|warning| warning.argument).collect();
            assert_eq!(names, ["endpoint", "insecure_skip_verify"], "{endpoint}");
        }
    }

    #[test]
    fn user_agents() {
        let version = env!("CARGO_PKG_VERSION");
        let platform = format!("({}; {})", std::env::consts::OS, std::env::consts::ARCH);
        let base = format!("terraform-provider-durantic/{version} Terraform/1.11.4 {platform}");
        assert_eq!(user_agent("1.11.4", None), base);
        assert_eq!(user_agent("1.11.4", Some(" ")), base);
        assert_eq!(user_agent("1.11.4", Some("ci/7 ")), format!("{base} ci/7"));
        assert_eq!(
            user_agent("1.11.4", Some("a\r\nb: c\u{e4}")),
            format!("{base} ab: c")
        );
        assert!(user_agent("", None).contains(" Terraform/unknown "));
    }
}
