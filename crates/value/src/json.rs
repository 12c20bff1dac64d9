//! Values in JSON, as Terraform's state stores them.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::conform::deeper;
use super::error::{DecodeError, DecodeErrorKind, EncodeError, EncodeErrorKind, Misfit};
use super::{Number, Step, Type, Value};
use crate::secret::Secret;

/// Reads a stored value as one of the type.
///
/// The type may be newer than the value: attributes it has not are ignored, attributes it has in addition are null,
/// and a text, number or boolean converts to another where its text says the same (as terraform-plugin-framework does).
pub fn decode(bytes: &[u8], r#type: &Type) -> Result<Value, DecodeError> {
    // serde_json refuses more than 127 levels.
    let json = serde_json::from_slice(bytes).map_err(|error| DecodeErrorKind::Syntax {
        line: error.line(),
        column: error.column(),
    })?;
    read(json, r#type, 0)
}

/// Writes a wholly known value of the type as Terraform stores it.
pub fn encode(value: &Value, r#type: &Type) -> Result<Json, EncodeError> {
    value.conforms(r#type)?;
    write(value)
}

fn read(json: Json, r#type: &Type, depth: usize) -> Result<Value, DecodeError> {
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
        (Type::List(element), Json::Array(elements)) => {
            read_elements(elements, std::iter::repeat(&**element), deeper(depth)?).map(Value::List)
        }
        (Type::Set(element), Json::Array(elements)) => {
            let elements = read_elements(elements, std::iter::repeat(&**element), deeper(depth)?);
            elements.map(Value::set).map_err(DecodeError::within_set)
        }
        (Type::Tuple(types), Json::Array(elements)) if types.len() == elements.len() => {
            read_elements(elements, types, deeper(depth)?).map(Value::Tuple)
        }
        (Type::Tuple(types), Json::Array(elements)) => Err(Misfit::Length {
            expected: types.len(),
            found: elements.len(),
        }
        .into()),
        (Type::Map(element), Json::Object(entries)) => {
            let depth = deeper(depth)?;
            let entries = entries
                .into_iter()
                .map(|(key, json)| match read(json, element, depth) {
                    Ok(value) => Ok((key, value)),
                    Err(error) => Err(error.within(Step::Key(key))),
                });
            entries.collect::<Result<_, _>>().map(Value::Map)
        }
        (Type::Object(types), Json::Object(attributes)) => {
            read_object(attributes, types, deeper(depth)?).map(Value::Object)
        }
        (Type::Dynamic, Json::Object(parts)) => read_dynamic(parts, deeper(depth)?),
        (_, json) => Err(Misfit::Kind {
            expected: r#type.noun(),
            found: noun(&json),
        }
        .into()),
    }
}

/// Whether JSON can be read as a text.
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
    let number = Number::parse(text).filter(Number::is_finite);
    Ok(number.map(Value::Number).ok_or(DecodeErrorKind::InvalidNumber)?)
}

fn read_elements<'t>(
    elements: Vec<Json>,
    types: impl IntoIterator<Item = &'t Type>,
    depth: usize,
) -> Result<Vec<Value>, DecodeError> {
    let elements = elements
        .into_iter()
        .zip(types)
        .enumerate()
        .map(|(index, (json, r#type))| {
            read(json, r#type, depth).map_err(|error| error.within(Step::index(index)))
        });
    elements.collect()
}

fn read_object(
    mut attributes: Map<String, Json>,
    types: &BTreeMap<String, Type>,
    depth: usize,
) -> Result<BTreeMap<String, Value>, DecodeError> {
    let attributes = types.iter().map(|(name, r#type)| {
        let json = attributes.remove(name).unwrap_or_default();
        match read(json, r#type, depth) {
            Ok(value) => Ok((name.clone(), value)),
            Err(error) => Err(error.within(Step::Attribute(name.clone()))),
        }
    });
    attributes.collect()
}

/// `{"type": …, "value": …}`.
fn read_dynamic(mut parts: Map<String, Json>, depth: usize) -> Result<Value, DecodeError> {
    let mut part = |name: &str| {
        let missing = || DecodeError::from(Misfit::MissingAttribute).within(Step::Attribute(name.to_owned()));
        parts.remove(name).ok_or_else(missing)
    };
    let r#type = Type::parse(&part("type")?).map_err(DecodeErrorKind::from)?;
    if r#type == Type::Dynamic {
        return Err(Misfit::DynamicType.into());
    }
    let value = read(part("value")?, &r#type, depth)?;
    Ok(Value::Dynamic(Box::new((r#type, value))))
}

/// Writes a value that conforms to its type: what the type adds is in [`Value::Dynamic`] already.
fn write(value: &Value) -> Result<Json, EncodeError> {
    match value {
        Value::Null => Ok(Json::Null),
        Value::Unknown => Err(EncodeErrorKind::Unknown.into()),
        Value::Bool(bool) => Ok(Json::Bool(*bool)),
        Value::Number(number) if number.is_finite() => Ok(Json::Number(number.to_json())),
        Value::Number(_) => Err(EncodeErrorKind::Infinite.into()),
        Value::String(text) => Ok(Json::String(text.clone())),
        Value::Secret(secret) => Ok(Json::String(secret.expose().to_owned())),
        Value::List(elements) | Value::Set(elements) | Value::Tuple(elements) => {
            let elements = elements.iter().enumerate().map(|(index, element)| {
                write(element).map_err(|error| match value {
                    Value::Set(_) => error.within_set(),
                    _ => error.within(Step::index(index)),
                })
            });
            elements.collect()
        }
        Value::Map(entries) | Value::Object(entries) => {
            let entries = entries.iter().map(|(name, entry)| match write(entry) {
                Ok(json) => Ok((name.clone(), json)),
                Err(error) if matches!(value, Value::Map(_)) => Err(error.within(Step::Key(name.clone()))),
                Err(error) => Err(error.within(Step::Attribute(name.clone()))),
            });
            entries.collect()
        }
        Value::Dynamic(typed) => Ok(json!({ "type": typed.0.to_json(), "value": write(&typed.1)? })),
    }
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
