//! Values and types as JSON.

use serde_json::Value as Json;
use value::{Type, Value};

/// The string that represents an unknown value in JSON.
pub const UNKNOWN: &str = "(known after apply)";

/// Converts a value to JSON, including secrets.
pub fn to_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Unknown => Json::from(UNKNOWN),
        Value::Bool(bool) => Json::Bool(*bool),
        Value::Number(number) => Json::Number(number.to_json()),
        Value::String(_) | Value::Secret(_) => value.expose().into(),
        Value::List(elements) | Value::Set(elements) => elements.iter().map(to_json).collect(),
        Value::Map(entries) | Value::Object(entries) => entries
            .iter()
            .map(|(name, entry)| (name.clone(), to_json(entry)))
            .collect(),
    }
}

/// Converts a value of this type to the JSON of a state file.
///
/// # Errors
/// If the value has another type or contains unknown values.
pub fn stored(value: &Value, r#type: &Type) -> Result<Json, String> {
    value.conforms(r#type).map_err(|error| error.to_string())?;
    if value.is_wholly_known() {
        Ok(to_json(value))
    } else {
        Err(format!("state cannot contain unknown values: {}", to_json(value)))
    }
}

/// Parses a type in the form of [`Type::to_json`]. `None` for anything else, including `dynamic` and tuples, which no
/// declaration can have.
pub fn parse_type(json: &Json) -> Option<Type> {
    match json {
        Json::String(name) => match name.as_str() {
            "bool" => Some(Type::Bool),
            "number" => Some(Type::Number),
            "string" => Some(Type::String),
            _ => None,
        },
        Json::Array(parts) => match parts.as_slice() {
            [kind, element] if kind == "list" => parse_type(element).map(Type::list),
            [kind, element] if kind == "set" => parse_type(element).map(Type::set),
            [kind, element] if kind == "map" => parse_type(element).map(Type::map),
            [kind, Json::Object(attributes)] if kind == "object" => {
                let attributes = attributes
                    .iter()
                    .map(|(name, json)| Some((name.clone(), parse_type(json)?)));
                attributes.collect::<Option<_>>().map(Type::Object)
            }
            _ => None,
        },
        _ => None,
    }
}
