//! Values in JSON, as Terraform's state stores them.
//!
//! Tests: `crates/value/src/tests/codec.rs`, `crates/value/src/tests/properties.rs`, `crates/value/src/tests/wire.rs`.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::error::{DecodeError, DecodeErrorKind, Misfit};
use super::{Number, Step, Type, Value};
use crate::secret::Secret;

/// Reads a stored value as one of the type.
///
/// The type may be newer than the value: attributes it has not are ignored, attributes it has in addition are null,
/// and a string, number or boolean converts to another where its string says the same (as terraform-plugin-framework
/// does).
///
/// # Errors
///
/// What is not JSON, or not of the type, with its place. A number must have no more than
/// [`MAX_DIGITS`](super::MAX_DIGITS) digits before the point, and after it.
pub fn decode(bytes: &[u8], r#type: &Type) -> Result<Value, DecodeError> {
    // serde_json refuses more than 127 levels.
    let json = serde_json::from_slice(bytes).map_err(|error| DecodeErrorKind::Syntax {
        line: error.line(),
        column: error.column(),
    })?;
    read(json, r#type)
}

fn read(json: Json, r#type: &Type) -> Result<Value, DecodeError> {
    if json.is_null() {
        return Ok(Value::Null);
    }
    match (r#type, json) {
        (Type::Bool, Json::Bool(bool)) => Ok(Value::Bool(bool)),
        (Type::Bool, Json::String(text)) => match text.as_str() {
            "true" | "1" => Ok(Value::Bool(true)),
            "false" | "0" => Ok(Value::Bool(false)),
            _ => Err(Misfit::Kind {
                expected: r#type.noun(),
                found: "a string",
            }
            .into()),
        },
        (Type::Number, Json::Number(number)) => read_number(number.as_str()),
        (Type::Number, Json::String(text)) => read_number(&text),
        (Type::String, json) if is_text(&json) => Ok(Value::String(text(json))),
        (Type::Secret, json) if is_text(&json) => Ok(Value::Secret(Secret::new(text(json)))),
        (Type::List(element), Json::Array(elements)) => read_elements(elements, element).map(Value::List),
        (Type::Set(element), Json::Array(elements)) => read_elements(elements, element)
            .map(Value::set)
            .map_err(DecodeError::within_set),
        (Type::Map(element), Json::Object(entries)) => {
            let entries = entries.into_iter().map(|(key, json)| match read(json, element) {
                Ok(value) => Ok((key, value)),
                Err(error) => Err(error.within(Step::Key(key))),
            });
            entries.collect::<Result<_, _>>().map(Value::Map)
        }
        (Type::Object(types), Json::Object(attributes)) => read_object(attributes, types).map(Value::Object),
        (_, json) => Err(Misfit::Kind {
            expected: r#type.noun(),
            found: noun(&json),
        }
        .into()),
    }
}

/// Whether JSON can be read as a string.
fn is_text(json: &Json) -> bool {
    matches!(json, Json::String(_) | Json::Number(_) | Json::Bool(_))
}

fn text(json: Json) -> String {
    match json {
        Json::String(text) => text,
        other => other.to_string(),
    }
}

fn read_number(text: &str) -> Result<Value, DecodeError> {
    Ok(Number::parse(text)
        .map(Value::Number)
        .ok_or(DecodeErrorKind::InvalidNumber)?)
}

fn read_elements(elements: Vec<Json>, r#type: &Type) -> Result<Vec<Value>, DecodeError> {
    let elements = elements
        .into_iter()
        .enumerate()
        .map(|(index, json)| read(json, r#type).map_err(|error| error.within(Step::index(index))));
    elements.collect()
}

fn read_object(
    mut attributes: Map<String, Json>,
    types: &BTreeMap<String, Type>,
) -> Result<BTreeMap<String, Value>, DecodeError> {
    let attributes = types.iter().map(|(name, r#type)| {
        let json = attributes.remove(name).unwrap_or_default();
        match read(json, r#type) {
            Ok(value) => Ok((name.clone(), value)),
            Err(error) => Err(error.within(Step::Attribute(name.clone()))),
        }
    });
    attributes.collect()
}

fn noun(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    }
}
