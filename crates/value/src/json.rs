//! Decodes values from JSON, the format in which Terraform stores state.
//!
//! Tests: `crates/value/src/tests/codec.rs`, `crates/value/src/tests/properties.rs`.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::error::{DecodeError, DecodeErrorKind, Mismatch};
use super::{Number, Step, Type, Value};
use crate::secret::Secret;

/// Decodes a stored value as a value of the type.
///
/// The type may be newer than the stored value: attributes that the type does not have are ignored, attributes that only
/// the type has become null, and strings, numbers and booleans convert to each other if their string form is the same, as
/// in terraform-plugin-framework. The format is described in [Terraform's protocol].
///
/// [Terraform's protocol]: https://github.com/hashicorp/terraform/blob/main/docs/plugin-protocol/object-wire-format.md#json-serialization-rules
///
/// # Errors
///
/// A [`DecodeError`] with the path of the value if the bytes are not JSON, if the value does not conform to the type, or if
/// a number has more than [`MAX_DIGITS`](super::MAX_DIGITS) digits before or after its decimal point.
///
/// # Examples
///
/// ```
/// use value::{Type, Value, json};
///
/// let r#type = Type::object([("name", Type::String), ("tags", Type::set(Type::String))]);
/// let state = json::decode(br#"{"name": "web", "removed": 1}"#, &r#type)?;
/// assert_eq!(state, Value::object([("name", "web".into()), ("tags", Value::Null)]));
/// # Ok::<(), value::DecodeError>(())
/// ```
pub fn decode(bytes: &[u8], r#type: &Type) -> Result<Value, DecodeError> {
    // serde_json rejects JSON that is nested more than 127 levels deep.
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
            _ => Err(Mismatch::Type {
                expected: r#type.noun(),
                found: "a string",
            }
            .into()),
        },
        (Type::Number, Json::Number(number)) => read_number(number.as_str()),
        (Type::Number, Json::String(text)) => read_number(&text),
        (Type::String, json) if converts_to_string(&json) => Ok(Value::String(into_string(json))),
        (Type::Secret, json) if converts_to_string(&json) => {
            Ok(Value::Secret(Secret::new(into_string(json))))
        }
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
        (_, json) => Err(Mismatch::Type {
            expected: r#type.noun(),
            found: json_type(&json),
        }
        .into()),
    }
}

/// Whether the JSON value can be read as a string.
fn converts_to_string(json: &Json) -> bool {
    matches!(json, Json::String(_) | Json::Number(_) | Json::Bool(_))
}

fn into_string(json: Json) -> String {
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

/// Returns the type of a JSON value in Terraform's words, with its article, for messages.
pub fn json_type(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}
