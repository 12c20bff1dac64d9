//! `ConfigureProvider`: from the provider block and the environment to a client of the control plane.

use crate::client::{Argument, Arguments, Client, Settings, user_agent};
use crate::engine::diagnostic::Diagnostics;
use crate::engine::hook::Definition;
use crate::rpc::Connection;
use crate::secret::Secret;
use crate::value::{Path, Value};

/// Settles how to reach the control plane, without any I/O beyond reading the CA file. `None` where that fails.
pub fn configure(
    definition: &Definition,
    config: &Value,
    terraform_version: &str,
) -> (Option<Connection>, Diagnostics) {
    let mut diagnostics = Diagnostics::default();
    let names = definition
        .provider
        .attributes
        .iter()
        .map(|attribute| attribute.name.as_ref());
    let unknown: Vec<&'static str> = names.filter(|name| config.get(name).is_unknown()).collect();
    if !unknown.is_empty() {
        return (Some(Connection::Deferred(unknown)), diagnostics);
    }
    let argument = |name: &str| argument(definition, config, name);
    let arguments = Arguments {
        endpoint: argument("endpoint"),
        api_token: argument("api_token"),
        insecure_skip_verify: argument("insecure_skip_verify"),
        ca_cert_file: argument("ca_cert_file"),
        request_timeout: argument("request_timeout"),
        max_retries: argument("max_retries"),
    };
    let append = std::env::var("TF_APPEND_USER_AGENT").ok();
    let settings = match Settings::new(arguments, user_agent(terraform_version, append.as_deref())) {
        Ok(settings) => settings,
        Err(errors) => {
            for error in errors {
                let path = Path::root().attribute(error.argument);
                diagnostics.error_at(path, error.summary, error.message);
            }
            return (None, diagnostics);
        }
    };
    for warning in settings.warnings() {
        diagnostics.warning_at(
            Path::root().attribute(warning.argument),
            warning.summary,
            warning.message,
        );
    }
    match Client::new(settings, definition.operations) {
        Ok(client) => (Some(Connection::Ready(client)), diagnostics),
        Err(error) => {
            diagnostics.error("The control plane cannot be called", error.to_string());
            (None, diagnostics)
        }
    }
}

/// What the configuration says, else the environment. An empty variable is unset.
fn argument(definition: &Definition, config: &Value, name: &str) -> Option<Argument> {
    let text = match config.get(name) {
        Value::Secret(secret) => Some(secret.clone()),
        Value::String(text) => Some(Secret::new(text)),
        Value::Bool(bool) => Some(Secret::new(bool.to_string())),
        Value::Number(number) => Some(Secret::new(number.to_string())),
        _ => None,
    };
    if let Some(text) = text {
        return Some(Argument { text, variable: None });
    }
    let declared = definition
        .provider
        .attributes
        .iter()
        .find(|attribute| attribute.name == name)?;
    let variable = declared.env.as_deref()?;
    let text = std::env::var(variable).ok().filter(|text| !text.is_empty())?;
    Some(Argument {
        text: Secret::new(text),
        variable: Some(variable.to_owned()),
    })
}
