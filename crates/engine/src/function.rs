//! Functions that a configuration can call as `provider::NAME::FUNCTION(…)`, with Terraform 1.8 or later.
//!
//! Terraform calls them in processes that it does not configure, so a function depends on its arguments only:
//! <https://github.com/hashicorp/terraform/blob/main/docs/plugin-protocol/README.md>.
//!
//! Tests: `provider/tests/functions.rs`.

use serde_json::Value as Json;
use value::{Type, Value};

/// A function.
pub struct Function {
    /// Its name in configurations.
    pub name: &'static str,
    /// A sentence for lists of functions.
    pub summary: &'static str,
    /// The rest of its documentation, in Markdown.
    pub description: &'static str,
    /// Its parameters, in order.
    pub parameters: &'static [Parameter],
    /// The type of its result.
    pub returns: Type,
    /// Computes the result from the arguments, one for each parameter.
    pub call: fn(&[Json]) -> Result<Value, FunctionError>,
}

/// A parameter. Its argument is known, and is not null.
pub struct Parameter {
    /// Its name, for the documentation: arguments have no names.
    pub name: &'static str,
    /// Description in Markdown.
    pub doc: &'static str,
    /// The values that it accepts.
    pub accepts: Accepts,
}

/// The values that a parameter accepts.
pub enum Accepts {
    /// Values of any type.
    Any,
    /// Values of this type.
    Type(Type),
}

impl Accepts {
    /// The JSON form of the type in the plugin protocol.
    pub fn to_json(&self) -> Json {
        match self {
            Self::Any => Json::from("dynamic"),
            Self::Type(r#type) => r#type.to_json(),
        }
    }
}

/// Why a call of a function failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionError {
    /// The index of the argument that is the cause, if it is one of them.
    pub argument: Option<usize>,
    /// The cause, as sentences. Terraform shows it even if an argument is sensitive, so it must not contain an argument's value.
    pub message: String,
}
