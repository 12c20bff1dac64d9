//! Converts the arguments of the provider block to the client's settings.
//!
//! `schema/provider.toml` declares types, bounds, defaults and environment variables. This module has the checks that a
//! declaration cannot express.

use std::path::Path as FilePath;
use std::sync::Arc;
use std::time::Duration;

use client::{ApiToken, Client, Settings, is_loopback};
use engine::Definition;
use engine::api::Api;
use engine::arguments::Arguments;
use engine::diagnostic::{Diagnostics, Reported, Summary};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use schema::{Attribute, Literal, Provider};
use url::Url;
use value::secret::Secret;
use value::{Path, duration};

use crate::remedies::remedy;
use crate::summaries;

/// The path of the control plane's `OpenAPI` document, which has the methods and paths of its operations.
const OPENAPI_PATH: &str = "/api/openapi.json";

/// The value of `read_by` with which no list serves later requests.
const READ_BY_OBJECT: &str = "object";

/// Creates the connection to the control plane. It sends no request; it only reads the files of the token and of CA certificates.
///
/// # Errors
///
/// [`Reported`], with a diagnostic at each invalid argument.
pub fn connect(
    definition: &'static Definition,
    arguments: &Arguments,
    user_agent: &str,
    diagnostics: &mut Diagnostics,
) -> Result<Arc<dyn Api>, Reported> {
    let settings = settings(definition.provider, arguments, user_agent, diagnostics)?;
    warn_insecure(&settings, diagnostics);
    Client::connect(settings, definition.operations, diagnostics)
}

/// The client's settings for these arguments.
///
/// # Errors
///
/// [`Reported`], with a diagnostic at each invalid argument.
pub fn settings(
    provider: &Provider,
    arguments: &Arguments,
    user_agent: &str,
    diagnostics: &mut Diagnostics,
) -> Result<Settings, Reported> {
    let endpoint = arguments.string("endpoint").unwrap_or_default();
    let endpoint = parse_endpoint(provider, endpoint).map_err(|problem| {
        report_invalid(
            arguments,
            "endpoint",
            &summaries::INVALID_ENDPOINT,
            &problem,
            diagnostics,
        )
    });
    let api_token = api_token(arguments, diagnostics);
    let ca_certificates = arguments
        .string("ca_cert_file")
        .map_or(Ok(Vec::new()), read_certificates)
        .map_err(|problem| {
            report_invalid(
                arguments,
                "ca_cert_file",
                &summaries::INVALID_CERTIFICATES,
                &problem,
                diagnostics,
            )
        });
    let request_timeout = arguments.duration("request_timeout");
    let problem = match request_timeout {
        Some(Duration::ZERO) => Some("must be above zero, such as `30s` or `1m30s`"),
        Some(timeout) if !duration::is_timeout(timeout) => {
            Some("must be at most 8760h, which is a year, such as `30s` or `1m30s`")
        }
        _ => None,
    };
    let request_timeout = problem.map_or(Ok(request_timeout), |problem| {
        let summary = &summaries::INVALID_DURATION;
        Err(report_invalid(
            arguments,
            "request_timeout",
            summary,
            problem,
            diagnostics,
        ))
    });
    let max_retries = arguments.integer("max_retries");
    let (endpoint, (api_token, token_source)) = (endpoint?, api_token?);
    let settings = Settings::new(endpoint, api_token, user_agent.to_owned());
    Ok(Settings {
        token_source: Some(token_source.into()),
        insecure_skip_verify: arguments.bool("insecure_skip_verify").unwrap_or_default(),
        ca_certificates: ca_certificates?,
        request_timeout: request_timeout?.unwrap_or(settings.request_timeout),
        max_retries: max_retries
            .and_then(|retries| u32::try_from(retries).ok())
            .unwrap_or(settings.max_retries),
        remedies: remedy,
        document: Some(OPENAPI_PATH),
        check_plans: arguments.bool("skip_preflight") != Some(true),
        keep_lists: arguments.string("read_by") != Some(READ_BY_OBJECT),
        ..settings
    })
}

/// The token, from the argument, or from a file; and where it comes from.
///
/// The provider block takes precedence over the environment, whichever of the two it sets.
fn api_token(arguments: &Arguments, diagnostics: &mut Diagnostics) -> Result<(ApiToken, String), Reported> {
    let is_configured = |name| !arguments.is_from_variable(name);
    let token = arguments.secret("api_token");
    let file = arguments.string("api_token_file");
    match (token, file) {
        (Some(_), Some(_)) if is_configured("api_token") && is_configured("api_token_file") => {
            Err(diagnostics.error_at(
                Path::root().attribute("api_token_file"),
                &engine::summaries::CONFLICTING_ARGUMENTS,
                "Set `api_token` or `api_token_file`, but not both.",
            ))
        }
        (Some(token), Some(_)) if is_configured("api_token") => fixed_token(token, arguments, diagnostics),
        (_, Some(path)) => ApiToken::from_file(path)
            .map(|token| {
                (
                    token,
                    format!("the file `{path}` of {}", arguments.source("api_token_file")),
                )
            })
            .map_err(|reason| {
                // The value may be the token itself by mistake.
                let directory = FilePath::new(path).parent();
                let is_path = directory
                    .is_some_and(|directory| !directory.as_os_str().is_empty() && directory.is_dir());
                let problem = if is_path && is_configured("api_token_file") {
                    format!("is set to `{path}`, which {reason}")
                } else {
                    format!("names a file that {reason}. To set the token itself, use `api_token`")
                };
                let summary = &summaries::INVALID_TOKEN_FILE;
                report_invalid(arguments, "api_token_file", summary, &problem, diagnostics)
            }),
        (_, None) => match token {
            Some(token) => fixed_token(token, arguments, diagnostics),
            None => Err(report_missing_token(arguments, diagnostics)),
        },
    }
}

fn fixed_token(
    token: &Secret,
    arguments: &Arguments,
    diagnostics: &mut Diagnostics,
) -> Result<(ApiToken, String), Reported> {
    let summary = &summaries::INVALID_TOKEN;
    match check_token(token) {
        Ok(token) => Ok((token.into(), arguments.source("api_token"))),
        Err(problem) => Err(report_invalid(
            arguments,
            "api_token",
            summary,
            problem,
            diagnostics,
        )),
    }
}

/// Reports an invalid argument. `problem` is a fragment whose subject is the argument or its environment variable.
fn report_invalid(
    arguments: &Arguments,
    name: &str,
    summary: &'static Summary,
    problem: &str,
    diagnostics: &mut Diagnostics,
) -> Reported {
    let detail = format!("{} {problem}.", arguments.origin(name));
    diagnostics.error_at(Path::root().attribute(name), summary, detail)
}

fn report_missing_token(arguments: &Arguments, diagnostics: &mut Diagnostics) -> Reported {
    let advice = "To read it from a file, set `api_token_file` or DURANTIC_API_TOKEN_FILE. Create a token on the API Tokens page of \
                  the Durantic dashboard.";
    arguments.missing("api_token", &summaries::MISSING_TOKEN, advice, diagnostics)
}

fn find_attribute<'a>(provider: &'a Provider, name: &str) -> Option<&'a Attribute> {
    provider
        .attributes
        .iter()
        .find(|attribute| attribute.name == name)
}

/// Warns of settings that expose the API token.
fn warn_insecure(settings: &Settings, diagnostics: &mut Diagnostics) {
    if settings.endpoint.scheme() == "http" && !is_loopback(&settings.endpoint) {
        diagnostics.warning_at(
            Path::root().attribute("endpoint"),
            &summaries::UNENCRYPTED,
            format!(
                "The endpoint `{}` uses http: anyone who can intercept the connection can read the API token and all secrets. \
                 Use https.",
                settings.endpoint
            ),
        );
    }
    if settings.insecure_skip_verify {
        diagnostics.warning_at(
            Path::root().attribute("insecure_skip_verify"),
            &summaries::UNVERIFIED,
            "`insecure_skip_verify` is set: anyone who can impersonate the control plane gets the API token and all \
             secrets. To trust a private certificate authority, set `ca_cert_file` instead.",
        );
    }
}

/// Parses the URL of a control plane. The error does not contain a URL that may have a password.
fn parse_endpoint(provider: &Provider, endpoint: &str) -> Result<Url, String> {
    let default = find_attribute(provider, "endpoint").and_then(|attribute| attribute.default.as_ref());
    let example = match default {
        Some(Literal::String(default)) => format!("use a URL such as `{default}`"),
        _ => "use a URL".to_owned(),
    };
    let url = Url::parse(endpoint).map_err(|_| format!("is not a valid URL: {example}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not have a user name or password: use `api_token`".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!(
            "`{endpoint}` must not have a query or a fragment: {example}"
        ));
    }
    Ok(url)
}

/// Rejects tokens that cannot be in an HTTP header, and those that a shell or a file has quoted.
fn check_token(token: &Secret) -> Result<Secret, &'static str> {
    let text = token.expose();
    if !text.chars().all(|character| character.is_ascii_graphic()) {
        return Err("has characters that are not allowed in a token: check it for spaces and line breaks");
    }
    if client::is_quoted(text) {
        return Err("has quotation marks around the token: remove them");
    }
    Ok(token.clone())
}

/// Reads the PEM-encoded certificates of a file, and checks that TLS can use them.
fn read_certificates(path: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let unreadable =
        |reason: &dyn std::fmt::Display| format!("is set to `{path}`, which cannot be read: {reason}");
    let pem = std::fs::read(FilePath::new(path)).map_err(|error| unreadable(&error))?;
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<_, _>>()
        .map_err(|error| unreadable(&error))?;
    if certificates.is_empty() {
        return Err(format!(
            "is set to `{path}`, which has no PEM-encoded certificate (`-----BEGIN CERTIFICATE-----`)"
        ));
    }
    let mut roots = rustls::RootCertStore::empty();
    for (index, certificate) in certificates.iter().enumerate() {
        roots.add(certificate.clone()).map_err(|error| {
            format!(
                "is set to `{path}`, whose certificate number {} is invalid: {error}",
                index + 1
            )
        })?;
    }
    Ok(certificates)
}

#[cfg(test)]
mod tests {
    use environment::Environment;
    use value::Value;

    use super::*;
    use crate::durantic::DEFINITION;

    /// The settings for arguments of a provider block and environment variables, or the diagnostics, one per line.
    fn settings_from(config: &[(&str, Value)], variables: &[(&str, &str)]) -> Result<Settings, String> {
        let mut block = Value::object(
            DEFINITION
                .provider
                .attributes
                .iter()
                .map(|attribute| (attribute.name.as_ref(), Value::Null)),
        );
        block.set_attribute("api_token", Value::secret("dur_token"));
        for (name, value) in config {
            block.set_attribute(name, value.clone());
        }
        let environment: Environment = variables.iter().copied().collect();
        let mut diagnostics = Diagnostics::default();
        let settings = Arguments::resolve(DEFINITION.provider, &block, &environment, &mut diagnostics)
            .and_then(|arguments| settings(DEFINITION.provider, &arguments, "agent", &mut diagnostics));
        settings.map_err(|Reported| {
            let lines = diagnostics
                .iter()
                .map(|found| format!("{}: {}: {}", found.path, found.summary, found.detail));
            lines.collect::<Vec<_>>().join("\n")
        })
    }

    fn string(content: &str) -> Value {
        Value::string(content)
    }

    fn warnings(settings: &Settings) -> Vec<String> {
        let mut diagnostics = Diagnostics::default();
        warn_insecure(settings, &mut diagnostics);
        diagnostics
            .iter()
            .map(|warning| warning.path.to_string())
            .collect()
    }

    #[test]
    fn settings_have_the_declared_defaults() {
        let settings = settings_from(&[], &[]).unwrap();
        assert_eq!(settings.endpoint.as_str(), "https://api.durantic.io/");
        assert_eq!(settings.api_token.secret().expose(), "dur_token");
        assert!(!settings.insecure_skip_verify && settings.ca_certificates.is_empty());
        assert_eq!(
            (settings.request_timeout, settings.max_retries),
            (Duration::from_secs(30), 4)
        );
        assert!(warnings(&settings).is_empty());
    }

    #[test]
    fn settings_ignore_empty_environment_variables() {
        let empty = [
            ("DURANTIC_ENDPOINT", ""),
            ("DURANTIC_INSECURE_SKIP_VERIFY", ""),
            ("DURANTIC_CA_CERT_FILE", ""),
        ];
        assert_eq!(
            settings_from(&[], &empty).unwrap().endpoint.as_str(),
            "https://api.durantic.io/"
        );
        let missing = "api_token: Missing API token: Set `api_token` in the provider configuration, or the \
                       environment variable DURANTIC_API_TOKEN. To read it from a file, set `api_token_file` or \
                       DURANTIC_API_TOKEN_FILE. Create a token on the API Tokens page of the Durantic dashboard.";
        for variables in [&[("DURANTIC_API_TOKEN", "")][..], &[]] {
            assert_eq!(
                settings_from(&[("api_token", Value::Null)], variables)
                    .err()
                    .unwrap(),
                missing
            );
        }
    }

    #[test]
    fn settings_prefer_the_provider_block_to_the_environment() {
        let settings = settings_from(
            &[("endpoint", string("https://block"))],
            &[
                ("DURANTIC_ENDPOINT", "https://variable"),
                ("DURANTIC_INSECURE_SKIP_VERIFY", "1"),
            ],
        );
        let settings = settings.unwrap();
        assert_eq!(settings.endpoint.as_str(), "https://block/");
        assert!(settings.insecure_skip_verify);
    }

    #[test]
    fn empty_string_counts_as_not_set_if_the_variable_is_set() {
        let variables = [
            ("DURANTIC_ENDPOINT", "https://variable"),
            ("DURANTIC_API_TOKEN", "dur_variable"),
        ];
        let empty = [("endpoint", string("")), ("api_token", Value::secret(""))];
        let settings = settings_from(&empty, &variables).unwrap();
        assert_eq!(settings.endpoint.as_str(), "https://variable/");
        assert_eq!(settings.api_token.secret().expose(), "dur_variable");
        let errors = settings_from(&empty[..1], &[]).err().unwrap();
        assert!(errors.starts_with("endpoint: Invalid format: "), "{errors}");
        let errors = settings_from(&empty[1..], &[]).err().unwrap();
        assert!(errors.starts_with("api_token: Missing API token: "), "{errors}");
        assert!(settings_from(&[("ca_cert_file", string(""))], &[]).is_ok());
        let errors = settings_from(
            &[("ca_cert_file", string(""))],
            &[("DURANTIC_CA_CERT_FILE", "/nonexistent")],
        );
        assert!(
            errors
                .err()
                .unwrap()
                .contains("The environment variable DURANTIC_CA_CERT_FILE is set to")
        );
    }

    #[test]
    fn token_is_that_of_the_block_before_the_environment_and_the_file() {
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str| {
            let path = directory.path().join(name);
            std::fs::write(&path, format!("{name}\n")).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let (block_file, variable_file) = (file("dur_block_file"), file("dur_variable_file"));
        let token = |config: [Option<&str>; 2], variables: [&str; 2]| {
            let mut block = vec![("api_token", config[0].map_or(Value::Null, Value::secret))];
            block.extend(config[1].map(|path| ("api_token_file", string(path))));
            let variables = [
                ("DURANTIC_API_TOKEN", variables[0]),
                ("DURANTIC_API_TOKEN_FILE", variables[1]),
            ];
            let settings = settings_from(&block, &variables)?;
            Ok::<_, String>(settings.api_token.secret().expose().to_owned())
        };
        let (block_file, variable_file) = (&*block_file, &*variable_file);
        let (both, all) = (["", ""], ["dur_variable", variable_file]);
        let table = [
            ([Some("dur_block"), None], all, "dur_block"),
            ([None, Some(block_file)], all, "dur_block_file"),
            ([None, Some(block_file)], both, "dur_block_file"),
            ([Some(""), Some(block_file)], both, "dur_block_file"),
            ([Some("dur_block"), Some("")], both, "dur_block"),
            ([Some("dur_block"), Some("")], all, "dur_block"),
            ([None, None], all, "dur_variable_file"),
            ([Some(""), Some("")], all, "dur_variable_file"),
            ([None, None], ["", variable_file], "dur_variable_file"),
            ([Some(""), None], ["", variable_file], "dur_variable_file"),
            ([None, None], ["dur_variable", ""], "dur_variable"),
        ];
        for (config, variables, expected) in table {
            assert_eq!(
                token(config, variables).as_deref(),
                Ok(expected),
                "{config:?} {variables:?}"
            );
        }
        assert_eq!(
            token([Some("dur_block"), Some(block_file)], both).unwrap_err(),
            "api_token_file: Conflicting arguments: Set `api_token` or `api_token_file`, but not both."
        );
        for config in [[None, None], [None, Some("")]] {
            let error = token(config, both).unwrap_err();
            assert!(error.starts_with("api_token: Missing API token: "), "{error}");
        }
    }

    #[test]
    fn settings_name_the_source_of_the_token() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("token");
        std::fs::write(&path, "dur_file\n").unwrap();
        let file = path.to_str().unwrap();
        let none = ("api_token", Value::Null);
        let table = [
            (
                vec![],
                vec![],
                "`api_token` in the provider configuration".to_owned(),
            ),
            (
                vec![none.clone()],
                vec![("DURANTIC_API_TOKEN", "dur_x")],
                "the environment variable DURANTIC_API_TOKEN".to_owned(),
            ),
            (
                vec![none.clone(), ("api_token_file", string(file))],
                vec![],
                format!("the file `{file}` of `api_token_file` in the provider configuration"),
            ),
            (
                vec![none],
                vec![("DURANTIC_API_TOKEN_FILE", file)],
                format!("the file `{file}` of the environment variable DURANTIC_API_TOKEN_FILE"),
            ),
        ];
        for (block, variables, expected) in table {
            let settings = settings_from(&block, &variables).unwrap();
            assert_eq!(settings.token_source.as_deref(), Some(&*expected));
        }
    }

    #[test]
    fn unusable_token_file_is_an_error_without_its_content() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("token");
        let file = path.to_str().unwrap();
        let read = |content: Option<&[u8]>| {
            match content {
                Some(content) => std::fs::write(&path, content).unwrap(),
                None => std::fs::remove_file(&path).unwrap(),
            }
            let block = [("api_token", Value::Null), ("api_token_file", string(file))];
            settings_from(&block, &[]).err().unwrap()
        };
        let expected = |reason: &str| {
            format!(
                "api_token_file: Invalid API token file: `api_token_file` is set to `{file}`, which {reason}."
            )
        };
        assert_eq!(read(Some(b" \n")), expected("is empty"));
        assert_eq!(read(Some(b"dur_\xff")), expected("is not UTF-8"));
        assert_eq!(
            read(Some(b"dur_canary canary")),
            expected("must have one line with the token, without spaces or other characters in it")
        );
        assert_eq!(read(None), expected("does not exist"));

        // The path is not shown if it may be a token, such as one with dots and slashes.
        let block = [
            ("api_token", Value::Null),
            ("api_token_file", string("canary.a/b.c")),
        ];
        assert_eq!(
            settings_from(&block, &[]).err().unwrap(),
            "api_token_file: Invalid API token file: `api_token_file` names a file that does not exist. To set the token \
             itself, use `api_token`."
        );
        let variables = [("DURANTIC_API_TOKEN_FILE", "dur_canary")];
        assert_eq!(
            settings_from(&[("api_token", Value::Null)], &variables)
                .err()
                .unwrap(),
            "api_token_file: Invalid API token file: The environment variable DURANTIC_API_TOKEN_FILE names a file that does \
             not exist. To set the token itself, use `api_token`."
        );
    }

    #[test]
    fn settings_accept_or_reject_endpoints() {
        for endpoint in [
            "https://host",
            "http://localhost:8000",
            "https://host/durantic/",
            "http://[::1]:1/a/b",
        ] {
            assert!(
                settings_from(&[("endpoint", string(endpoint))], &[]).is_ok(),
                "{endpoint}"
            );
        }
        let invalid_format = |endpoint: &str| {
            format!(
                "endpoint: Invalid format: `endpoint` must be a URL that begins with http:// or https://, \
                 got {endpoint:?}."
            )
        };
        for endpoint in ["", "api.durantic.io", "https://", "host:8000", "ftp://host"] {
            let error = settings_from(&[("endpoint", string(endpoint))], &[])
                .err()
                .unwrap();
            assert_eq!(error, invalid_format(endpoint));
        }
        let example = "use a URL such as `https://api.durantic.io`";
        for (endpoint, expected) in [
            (
                "https://host?x=1",
                format!("`https://host?x=1` must not have a query or a fragment: {example}."),
            ),
            (
                "https://host/#x",
                format!("`https://host/#x` must not have a query or a fragment: {example}."),
            ),
            (
                "https://me:secret@host",
                "must not have a user name or password: use `api_token`.".to_owned(),
            ),
        ] {
            let error = settings_from(&[("endpoint", string(endpoint))], &[])
                .err()
                .unwrap();
            assert_eq!(
                error,
                format!("endpoint: Invalid endpoint: `endpoint` {expected}")
            );
        }
    }

    #[test]
    fn settings_hide_a_password_in_the_endpoint() {
        for endpoint in ["ftp://me:canary@host", "https://me:canary@host"] {
            let error = settings_from(&[], &[("DURANTIC_ENDPOINT", endpoint)])
                .err()
                .unwrap();
            assert!(
                error.contains("DURANTIC_ENDPOINT") && !error.contains("canary"),
                "{error}"
            );
        }
    }

    #[test]
    fn invalid_endpoint_of_the_environment_is_shown() {
        for endpoint in ["api.durantic.io", "localhost:8000", "ftp://host"] {
            let error = settings_from(&[], &[("DURANTIC_ENDPOINT", endpoint)]);
            assert_eq!(
                error.err().unwrap(),
                format!(
                    "endpoint: Invalid format: `endpoint` must be a URL that begins with http:// or https://, got {endpoint:?}. The \
                     value comes from the environment variable DURANTIC_ENDPOINT."
                )
            );
        }
    }

    #[test]
    fn settings_reject_invalid_arguments() {
        let number = |number: i64| Value::Number(value::Number::from(number));
        let error = |name: &str, value: Value| settings_from(&[(name, value)], &[]).err().unwrap();
        assert_eq!(
            settings_from(
                &[("api_token", Value::Null)],
                &[("DURANTIC_API_TOKEN", "dur_x\n")]
            )
            .err()
            .unwrap(),
            "api_token: Invalid API token: The environment variable DURANTIC_API_TOKEN has characters that are not \
             allowed in a token: check it for spaces and line breaks."
        );
        for token in ["\"dur_x\"", "'dur_x'", "\"dur_x"] {
            assert_eq!(
                error("api_token", Value::secret(token)),
                "api_token: Invalid API token: `api_token` has quotation marks around the token: remove them."
            );
        }
        assert_eq!(
            settings_from(&[], &[("DURANTIC_INSECURE_SKIP_VERIFY", "yes")])
                .err()
                .unwrap(),
            "insecure_skip_verify: Invalid boolean: The environment variable DURANTIC_INSECURE_SKIP_VERIFY is `yes`, \
             but it must be `true` or `false`."
        );
        assert_eq!(
            error("request_timeout", string("30")),
            "request_timeout: Invalid format: `request_timeout` must be a duration such as 90s, 20m or \
             1h30m, got \"30\"."
        );
        assert_eq!(
            error("request_timeout", string("0s")),
            "request_timeout: Invalid duration: `request_timeout` must be above zero, such as `30s` or `1m30s`."
        );
        for timeout in ["8761h", "5124095576030430h"] {
            assert_eq!(
                error("request_timeout", string(timeout)),
                "request_timeout: Invalid duration: `request_timeout` must be at most 8760h, which is a year, such as `30s` or \
                 `1m30s`."
            );
        }
        for retries in [21, -1] {
            assert_eq!(
                error("max_retries", number(retries)),
                format!(
                    "max_retries: Number out of range: `max_retries` must be between 0 and 20, got {retries}."
                )
            );
        }
        assert_eq!(
            error("ca_cert_file", string("/nonexistent/ca.pem")),
            "ca_cert_file: Invalid CA certificate file: `ca_cert_file` is set to `/nonexistent/ca.pem`, which cannot be \
             read: No such file or directory (os error 2)."
        );
    }

    #[test]
    fn settings_report_every_invalid_argument() {
        let errors = settings_from(
            &[
                ("endpoint", string("https://host?x=1")),
                ("api_token", Value::Null),
                ("request_timeout", string("0s")),
            ],
            &[],
        );
        let errors = errors.err().unwrap();
        let names: Vec<_> = errors.lines().filter_map(|line| line.split(':').next()).collect();
        assert_eq!(names, ["endpoint", "api_token", "request_timeout"]);
    }

    #[test]
    fn read_certificates_reads_a_bundle() {
        let certificate = || {
            let key = rcgen::KeyPair::generate().unwrap();
            rcgen::CertificateParams::default()
                .self_signed(&key)
                .unwrap()
                .pem()
        };
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ca.pem");
        let file = path.to_str().unwrap();
        let read = |contents: &str| {
            std::fs::write(&path, contents).unwrap();
            settings_from(&[("ca_cert_file", string(file))], &[])
        };

        let bundle = format!("# first\n{}\n# second\n{}", certificate(), certificate());
        assert_eq!(read(&bundle).unwrap().ca_certificates.len(), 2);

        let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let table = [
            (
                "",
                "which has no PEM-encoded certificate (`-----BEGIN CERTIFICATE-----`).",
            ),
            (
                "no certificate",
                "which has no PEM-encoded certificate (`-----BEGIN CERTIFICATE-----`).",
            ),
            (
                garbage,
                "whose certificate number 1 is invalid: invalid peer certificate: BadEncoding.",
            ),
        ];
        for (contents, expected) in table {
            let error = read(contents).err().unwrap();
            assert_eq!(
                error,
                format!(
                    "ca_cert_file: Invalid CA certificate file: `ca_cert_file` is set to `{file}`, {expected}"
                )
            );
        }
    }

    #[test]
    fn warn_insecure_of_http_and_disabled_verification() {
        for endpoint in [
            "http://localhost",
            "http://127.0.0.1:8000",
            "http://[::1]",
            "http://demo.localhost",
        ] {
            let settings = settings_from(&[("endpoint", string(endpoint))], &[]).unwrap();
            assert!(warnings(&settings).is_empty(), "{endpoint}");
        }
        for endpoint in ["http://10.0.0.1", "http://localhost.example.com", "http://[::2]"] {
            let settings = settings_from(
                &[
                    ("endpoint", string(endpoint)),
                    ("insecure_skip_verify", Value::Bool(true)),
                ],
                &[],
            );
            let names = warnings(&settings.unwrap());
            assert_eq!(names, ["endpoint", "insecure_skip_verify"], "{endpoint}");
        }
    }
}
