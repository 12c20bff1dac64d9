//! The signature and the parameters of a function.
//!
//! Tests: `docs-gen/tests/registry.rs`.

use super::{Function, Parameter};
use crate::compat::{self, Error};
use crate::json;
use crate::types::Type;

/// The facts of a function.
///
/// # Errors
///
/// If a type is not in cty's JSON form.
pub(super) fn function(name: &str, function: &json::Function) -> Result<Function, Error> {
    let parameter = |from: &json::Parameter, is_variadic: bool| {
        let mut words = Type::parse(&from.r#type)?.argument_type_name();
        if is_variadic {
            words = format!("Variadic, {words}");
        }
        if from.is_nullable {
            words.push_str(", Nullable");
        }
        Ok::<_, Error>(Parameter {
            name: from.name.clone(),
            r#type: words,
            description: from.description.trim().to_owned(),
        })
    };
    let fixed = function
        .parameters
        .iter()
        .flatten()
        .map(|from| parameter(from, false));
    let variadic = function
        .variadic_parameter
        .iter()
        .map(|from| parameter(from, true));
    Ok(Function {
        signature: compat::signature(name, function)?,
        parameters: fixed.chain(variadic).collect::<Result<_, _>>()?,
    })
}
