//! Serves the functions of a definition, which need no configured provider.
//!
//! Tests: `provider/tests/functions.rs`.

use std::collections::HashMap;

use engine::diagnostic::{Diagnostics, Reported};
use engine::function::{Function, FunctionError};
use engine::hook::Definition;
use proto::tfplugin6;
use proto::tfplugin6::call_function::{Request, Response};
use serde_json::Value as Json;

use super::convert;
use super::handler::{self, Subject};

/// The messages that describe all functions, by name.
pub fn describe(definition: &Definition) -> HashMap<String, tfplugin6::Function> {
    let functions = definition.functions.iter();
    functions
        .map(|function| (function.name.to_owned(), convert::function(function)))
        .collect()
}

/// Calls a function. A failure, also a panic, is an error in the response.
pub async fn call(definition: &'static Definition, request: Request) -> Response {
    let subject = Subject::Function(request.name.clone());
    let called = handler::run("CallFunction", &subject, async |diagnostics: &mut Diagnostics| {
        let mut functions = definition.functions.iter();
        Ok(match functions.find(|function| function.name == request.name) {
            Some(function) => call_known(function, &request, diagnostics)?,
            None => Err(FunctionError {
                argument: None,
                message: format!(
                    "This version of the provider does not support {subject}. Check `required_providers` for a newer version."
                ),
            }),
        })
    });
    let (called, diagnostics) = called.await;
    let details = diagnostics.errors().map(|error| error.detail.as_str());
    let failed = FunctionError {
        argument: None,
        message: details.collect::<Vec<&str>>().join("\n\n"),
    };
    match called.unwrap_or(Err(failed)) {
        Ok(result) => Response {
            result: Some(result),
            error: None,
        },
        Err(error) => Response {
            result: None,
            error: Some(tfplugin6::FunctionError {
                // Terraform adds the last full stop.
                text: error.message.trim_end_matches('.').to_owned(),
                function_argument: error.argument.and_then(|index| i64::try_from(index).ok()),
            }),
        },
    }
}

fn call_known(
    function: &Function,
    request: &Request,
    diagnostics: &mut Diagnostics,
) -> Result<Result<tfplugin6::DynamicValue, FunctionError>, Reported> {
    match arguments(function, request).and_then(|arguments| (function.call)(&arguments)) {
        Ok(result) => convert::to_dynamic_value(&result, &function.returns, diagnostics).map(Ok),
        Err(error) => Ok(Err(error)),
    }
}

/// Decodes the arguments.
fn arguments(function: &Function, request: &Request) -> Result<Vec<Json>, FunctionError> {
    let (expected, found) = (function.parameters.len(), request.arguments.len());
    if expected != found {
        return Err(FunctionError {
            argument: None,
            message: format!(
                "The function `{}` has {expected} parameters, but got {found} arguments.",
                function.name
            ),
        });
    }
    let pairs = function.parameters.iter().zip(&request.arguments).enumerate();
    let decoded = pairs.map(|(index, (parameter, argument))| {
        value::dynamic::decode(&argument.msgpack, &parameter.accepts.to_json()).map_err(|error| {
            FunctionError {
                argument: Some(index),
                message: format!("The argument `{}` cannot be read: {error}.", parameter.name),
            }
        })
    });
    decoded.collect()
}
