//! Values for people who debug: without secrets, or, in tests, with everything.

use std::fmt;

use serde_json::{Value as Json, json};

use super::Value;

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Unknown => f.write_str("unknown"),
            Value::Bool(bool) => fmt::Debug::fmt(bool, f),
            Value::Number(number) => fmt::Debug::fmt(number, f),
            Value::String(_) => f.write_str("\"…\""),
            Value::Secret(_) => f.write_str("(secret)"),
            Value::List(elements) | Value::Tuple(elements) => f.debug_list().entries(elements).finish(),
            Value::Set(elements) => f.debug_set().entries(elements).finish(),
            Value::Map(entries) | Value::Object(entries) => f.debug_map().entries(entries).finish(),
            Value::Dynamic(typed) => write!(f, "{}: {:?}", typed.0, typed.1),
        }
    }
}

impl Value {
    /// This value as JSON, secrets and all: only for the assertions and goldens of tests.
    ///
    /// An unknown value is the text `(unknown)`, an infinity its text, and a dynamic value has its `type` beside its
    /// `value`.
    pub fn debug_json(&self) -> Json {
        match self {
            Value::Null => Json::Null,
            Value::Unknown => json!("(unknown)"),
            Value::Bool(bool) => json!(bool),
            Value::Number(number) if number.is_finite() => Json::Number(number.to_json()),
            Value::Number(number) => json!(number.to_string()),
            Value::String(text) => json!(text),
            Value::Secret(secret) => json!(secret.expose()),
            Value::List(elements) | Value::Set(elements) | Value::Tuple(elements) => {
                elements.iter().map(Value::debug_json).collect()
            }
            Value::Map(entries) | Value::Object(entries) => entries
                .iter()
                .map(|(name, value)| (name.clone(), value.debug_json()))
                .collect(),
            Value::Dynamic(typed) => json!({ "type": typed.0.to_json(), "value": typed.1.debug_json() }),
        }
    }
}
