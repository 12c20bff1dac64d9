//! The connections of the commands, with the settings that the provider would have.
//!
//! | function | for |
//! |---|---|
//! | [`connect`] | `adopt`, which reads the account |
//! | [`probe`] | `doctor`: whether the control plane can be reached and accepts the token |
//! | [`variable`] | an argument that only Terraform can evaluate |

use std::time::Duration;

use client::Client;
use engine::api::{ErrorKind, Request, Retry};
use engine::arguments::{Arguments, parse};
use engine::context::Context;
use engine::diagnostic::{Diagnostics, Reported};
use engine::process::Process;
use environment::Environment;
use tokio_util::sync::CancellationToken;
use tools::adopt::account::Connection;
use tools::commands::{self, Doubt, Finding, KnownHost, KnownHosts, Problem, ProviderBlock};
use value::Value;

use crate::durantic::DEFINITION;
use crate::{program, remedy, settings};

/// An operation that changes nothing and that every token is allowed to request.
const OPERATION: &str = "controlplane_api_list_mesh_networks";

/// Sends a request to the control plane, with the settings that the provider would have.
pub fn probe(block: &ProviderBlock, environment: &Environment) -> Vec<Finding> {
    commands::block_on(send_request(block, environment))
        .unwrap_or_else(|error| vec![Finding::problem(error.problem, error.remedy)])
}

/// Returns the environment variable of an argument of the provider block, if it has one.
pub fn variable(argument: &str) -> Option<&'static str> {
    let mut attributes = DEFINITION.provider.attributes.iter();
    attributes
        .find(|attribute| attribute.name == argument)?
        .env
        .as_deref()
}

/// Connects to the control plane, with the settings that the provider would have. It sends no request.
///
/// # Errors
///
/// The first invalid or missing argument.
pub fn connect(block: &ProviderBlock, environment: &Environment) -> Result<Connection, Problem> {
    let program = program(&DEFINITION);
    let user_agent = rpc::user_agent(&program, "adopt", None);
    let mut diagnostics = Diagnostics::default();
    let api = literal_arguments(block, &mut diagnostics)
        .and_then(|config| Arguments::resolve(DEFINITION.provider, &config, environment, &mut diagnostics))
        .and_then(|arguments| (program.connect)(&DEFINITION, &arguments, &user_agent, &mut diagnostics));
    let Ok(api) = api else {
        let mut errors = diagnostics.errors();
        let problem = errors
            .next()
            .map(|error| Problem::new(error.summary.text, &error.detail));
        return Err(problem.unwrap_or_else(|| {
            let summary = &client::summaries::CONNECTION_SETUP_FAILED;
            Problem::new(summary.text, summary.remedy)
        }));
    };
    Ok(Connection {
        definition: &DEFINITION,
        context: Context {
            api,
            cancel: CancellationToken::new(),
            deadline: None,
            process: Process::default(),
            declarations: DEFINITION.declarations(),
        },
    })
}

async fn send_request(block: &ProviderBlock, environment: &Environment) -> Vec<Finding> {
    let user_agent = rpc::user_agent(&program(&DEFINITION), "doctor", None);
    let mut diagnostics = Diagnostics::default();
    let settings = literal_arguments(block, &mut diagnostics)
        .and_then(|config| Arguments::resolve(DEFINITION.provider, &config, environment, &mut diagnostics))
        .and_then(|arguments| {
            settings::settings(DEFINITION.provider, &arguments, &user_agent, &mut diagnostics)
        });
    let Ok(mut settings) = settings else {
        let errors = diagnostics.errors();
        return errors
            .map(|error| Finding::problem(error.summary.text, &error.detail))
            .collect();
    };
    // The command is interactive: it reports a failure soon instead of retrying.
    settings.request_timeout = Duration::from_secs(10);
    settings.max_retries = 0;
    let endpoint = settings.endpoint.to_string();
    let host = settings.endpoint.host_str().unwrap_or_default().to_owned();
    let client = match Client::new(settings, DEFINITION.operations) {
        Ok(client) => client,
        Err(error) => {
            return vec![Finding::problem(
                client::summaries::CONNECTION_SETUP_FAILED.text,
                error.to_string(),
            )];
        }
    };
    let request = Request {
        operation: OPERATION,
        path: &[],
        body: None,
        retry: Retry::Safe,
        attempts: 0,
        gone: &[],
        secrets: &[],
        cancel: &CancellationToken::new(),
    };
    vec![match client.send(request).await {
        Ok(_) => Finding::passed(format!("The control plane at `{endpoint}` accepts the token")),
        Err(error) => {
            let (kind, explanation) = (error.kind, error.into_api(remedy).to_string());
            let others = doubt(kind).and_then(|doubt| HOSTS.others(&host, doubt));
            let explanation = match others {
                Some(others) => format!("{explanation}\n\n{others}"),
                None => explanation,
            };
            Finding::problem(connection_problem(kind, &endpoint), explanation)
        }
    }]
}

/// The hosts of Durantic's control planes. The defaults of the published provider are those in its changelog.
const HOSTS: KnownHosts = KnownHosts {
    hosts: &[
        KnownHost {
            name: "api.durantic.io",
            meaning: "the default of this version",
        },
        KnownHost {
            name: "api.app.durantic.dev",
            meaning: "the default of the published provider 1.1 and 1.2",
        },
        KnownHost {
            name: "api.demo.durantic.dev",
            meaning: "the default of the published provider 1.0",
        },
    ],
    setting: "`endpoint` or in DURANTIC_ENDPOINT",
};

/// Why the endpoint may be the wrong one, if a failed request suggests that.
fn doubt(kind: ErrorKind) -> Option<Doubt> {
    match kind {
        ErrorKind::Unauthorized => Some(Doubt::TokenRejected),
        ErrorKind::UnknownHost => Some(Doubt::NameNotResolved),
        _ => None,
    }
}

/// The problem with the connection that a failed request shows.
fn connection_problem(kind: ErrorKind, endpoint: &str) -> String {
    match kind {
        ErrorKind::Unauthorized => format!("The control plane at `{endpoint}` rejected the token"),
        ErrorKind::Forbidden => format!("The token has no read permission at `{endpoint}`"),
        ErrorKind::UnknownHost | ErrorKind::Unreachable | ErrorKind::Proxy | ErrorKind::RequestTimeout => {
            format!("Failed to reach the control plane at `{endpoint}`")
        }
        ErrorKind::Tls => {
            format!("Failed to verify the TLS certificate of the control plane at `{endpoint}`")
        }
        ErrorKind::NotFound | ErrorKind::OtherServer | ErrorKind::UnexpectedResponse => {
            format!("The server at `{endpoint}` is not a control plane")
        }
        _ => format!("Unexpected response from the control plane at `{endpoint}`"),
    }
}

/// The arguments that are literals in the configuration; the others are null.
fn literal_arguments(block: &ProviderBlock, diagnostics: &mut Diagnostics) -> Result<Value, Reported> {
    // All arguments are parsed before the first error is returned, so that each error is reported.
    let values: Vec<Result<(String, Value), Reported>> = DEFINITION
        .provider
        .attributes
        .iter()
        .map(|attribute| {
            let name = attribute.name.to_string();
            let value = match block.get(&name) {
                Some(literal) => parse(attribute, literal, &format!("`{name}`"), diagnostics)?,
                None => Value::Null,
            };
            Ok((name, value))
        })
        .collect();
    Ok(Value::Object(values.into_iter().collect::<Result<_, _>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The problems of an invalid provider block, each with its remedy.
    fn problems(arguments: &[(&str, &str)]) -> Vec<String> {
        let block: ProviderBlock = arguments.iter().copied().collect();
        let findings = probe(&block, &Environment::default());
        let problems = findings.into_iter().map(|finding| match finding {
            Finding::Problem(problem) => format!("{}: {}", problem.message, problem.remedy),
            Finding::Passed(message) | Finding::Note(message) => panic!("{message}"),
        });
        problems.collect()
    }

    #[test]
    fn probe_reports_a_literal_of_the_wrong_type() {
        assert_eq!(
            problems(&[("api_token", "dur_x"), ("insecure_skip_verify", "yes")]),
            ["Invalid boolean: `insecure_skip_verify` is `yes`, but it must be `true` or `false`."]
        );
    }

    #[test]
    fn known_hosts_have_the_declared_default_and_variable() {
        let mut attributes = DEFINITION.provider.attributes.iter();
        let endpoint = attributes.find(|attribute| attribute.name == "endpoint").unwrap();
        let default = endpoint.default.as_ref().map(|default| format!("{default:?}"));
        let first = HOSTS.hosts[0];
        assert!(default.unwrap().contains(&format!("https://{}", first.name)));
        assert_eq!(first.meaning, "the default of this version");
        assert!(HOSTS.setting.ends_with(endpoint.env.as_deref().unwrap()));
    }

    #[test]
    fn doubt_is_about_the_endpoint_only() {
        assert_eq!(doubt(ErrorKind::Unauthorized), Some(Doubt::TokenRejected));
        assert_eq!(doubt(ErrorKind::UnknownHost), Some(Doubt::NameNotResolved));
        for kind in [
            ErrorKind::Unreachable,
            ErrorKind::Proxy,
            ErrorKind::Forbidden,
            ErrorKind::NotFound,
        ] {
            assert_eq!(doubt(kind), None, "{kind:?}");
        }
        let rejected = HOSTS.others("api.durantic.io", Doubt::TokenRejected).unwrap();
        assert!(
            rejected.contains(
                "`https://api.app.durantic.dev` (the default of the published provider 1.1 and 1.2)"
            )
        );
        assert!(rejected.contains("DURANTIC_ENDPOINT"));
        let reverse = HOSTS
            .others("api.app.durantic.dev", Doubt::TokenRejected)
            .unwrap();
        assert!(reverse.contains("`https://api.durantic.io` (the default of this version)"));
    }

    #[test]
    fn probe_hides_a_password_in_the_endpoint() {
        for endpoint in ["ftp://me:canary@host", "https://me:canary@host", "//me:canary@"] {
            let found = problems(&[("api_token", "dur_x"), ("endpoint", endpoint)]).concat();
            assert!(
                found.contains("`endpoint`") && !found.contains("canary"),
                "{found}"
            );
        }
    }
}
