//! Whether the control plane is there and knows the token: the part of `doctor` that needs a connection.

use std::time::Duration;

use client::Client;
use engine::api::{ErrorKind, Request, Retry};
use engine::arguments::{Arguments, parse};
use engine::diagnostic::{Diagnostics, Reported};
use environment::Environment;
use tokio_util::sync::CancellationToken;
use tools::commands::{self, Finding, ProviderBlock};
use value::Value;

use crate::durantic::DEFINITION;
use crate::{program, remedy, settings};

/// A call that changes nothing, and that every token may make.
const OPERATION: &str = "controlplane_api_list_mesh_networks";

/// Calls the control plane as the provider would, and says what comes of it.
pub fn probe(block: &ProviderBlock, environment: &Environment) -> Vec<Finding> {
    commands::block_on(call(block, environment))
        .unwrap_or_else(|error| vec![Finding::bad(error.problem, error.remedy)])
}

async fn call(block: &ProviderBlock, environment: &Environment) -> Vec<Finding> {
    let user_agent = rpc::user_agent(&program(&DEFINITION), "doctor", None);
    let mut diagnostics = Diagnostics::default();
    let settings = values(block, &mut diagnostics)
        .and_then(|config| Arguments::resolve(DEFINITION.provider, &config, environment, &mut diagnostics))
        .and_then(|arguments| {
            settings::settings(DEFINITION.provider, &arguments, &user_agent, &mut diagnostics)
        });
    let Ok(mut settings) = settings else {
        let faults = diagnostics.errors();
        return faults
            .map(|fault| Finding::bad(fault.summary.text, &fault.detail))
            .collect();
    };
    // A person waits.
    settings.request_timeout = Duration::from_secs(10);
    settings.max_retries = 0;
    let endpoint = settings.endpoint.to_string();
    let client = match Client::new(settings, DEFINITION.operations) {
        Ok(client) => client,
        Err(error) => {
            return vec![Finding::bad(
                client::summaries::CONNECTION_SETUP_FAILED.text,
                error.to_string(),
            )];
        }
    };
    let call = Request {
        operation: OPERATION,
        path: &[],
        body: None,
        retry: Retry::Safe,
        gone: &[],
        secrets: &[],
        cancel: &CancellationToken::new(),
    };
    vec![match client.call(call).await {
        Ok(_) => Finding::good(format!("The control plane at `{endpoint}` accepts the token")),
        Err(error) => Finding::bad(meaning(error.kind, &endpoint), error.into_api(remedy).to_string()),
    }]
}

/// What a failed call says of the control plane.
fn meaning(kind: ErrorKind, endpoint: &str) -> String {
    match kind {
        ErrorKind::Unauthorized => format!("The control plane at `{endpoint}` rejected the token"),
        ErrorKind::Forbidden => format!("The token has no read permission at `{endpoint}`"),
        ErrorKind::Unreachable | ErrorKind::RequestTimeout => {
            format!("Failed to reach the control plane at `{endpoint}`")
        }
        ErrorKind::Tls => {
            format!("Failed to verify the TLS certificate of the control plane at `{endpoint}`")
        }
        ErrorKind::NotFound | ErrorKind::UnexpectedResponse => {
            format!("The server at `{endpoint}` is not a control plane")
        }
        _ => format!("Unexpected response from the control plane at `{endpoint}`"),
    }
}

/// The arguments that the configuration writes as plain values; the others count as not set.
fn values(block: &ProviderBlock, diagnostics: &mut Diagnostics) -> Result<Value, Reported> {
    // All of them before the first error counts: each is reported.
    let values: Vec<Result<(String, Value), Reported>> = DEFINITION
        .provider
        .attributes
        .iter()
        .map(|attribute| {
            let name = attribute.name.to_string();
            let value = match block.get(&name) {
                Some(text) => parse(attribute, text, &format!("`{name}`"), diagnostics)?,
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

    /// What is found of a block that cannot be used, each as its text and remedy.
    fn found(arguments: &[(&str, &str)]) -> Vec<String> {
        let block: ProviderBlock = arguments.iter().copied().collect();
        let findings = probe(&block, &Environment::default());
        let bad = findings.into_iter().map(|finding| match finding {
            Finding::Bad(problem) => format!("{}: {}", problem.text, problem.remedy),
            Finding::Good(text) | Finding::Note(text) => panic!("{text}"),
        });
        bad.collect()
    }

    #[test]
    fn a_literal_that_is_no_value_of_its_argument_is_found() {
        assert_eq!(
            found(&[("api_token", "dur_x"), ("insecure_skip_verify", "yes")]),
            ["Invalid boolean: `insecure_skip_verify` is `yes`, but it must be `true` or `false`."]
        );
    }

    #[test]
    fn a_password_in_an_endpoint_is_not_shown() {
        for endpoint in ["ftp://me:canary@host", "https://me:canary@host", "//me:canary@"] {
            let found = found(&[("api_token", "dur_x"), ("endpoint", endpoint)]).concat();
            assert!(
                found.contains("`endpoint`") && !found.contains("canary"),
                "{found}"
            );
        }
    }
}
