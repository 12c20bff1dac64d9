//! Responses in a shape that the contract does not have, as other versions and proxies of a control plane send them.

use std::fmt;

use serde_json::{Number, Value, json};

/// A change of every object of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// Has only these fields.
    Only(Vec<String>),
    /// Lacks these fields.
    Without(Vec<String>),
    /// Has null in these fields.
    Null(Vec<String>),
    /// Writes numbers as strings.
    NumbersAsStrings,
    /// Writes booleans as 0 and 1.
    BooleansAsNumbers,
    /// Writes integers with a fraction of zero, such as `100.0`.
    IntegersAsFloats,
}

impl Shape {
    /// Changes the body of a response: the object, or each object of the list. The `config` of a secrets backend is the user's
    /// own JSON, whose values do not change.
    pub fn apply(&self, body: &mut Value) {
        match self {
            Self::Only(fields) => each_object(body, &|object| object.retain(|name, _| fields.contains(name))),
            Self::Without(fields) => {
                each_object(body, &|object| object.retain(|name, _| !fields.contains(name)));
            }
            Self::Null(fields) => each_object(body, &|object| {
                let named = object.iter_mut().filter(|(name, _)| fields.contains(name));
                named.for_each(|(_, value)| *value = Value::Null);
            }),
            Self::NumbersAsStrings => each_value(body, &|value| {
                if let Value::Number(number) = value {
                    *value = json!(number.to_string());
                }
            }),
            Self::BooleansAsNumbers => each_value(body, &|value| {
                if let Value::Bool(flag) = value {
                    *value = json!(u8::from(*flag));
                }
            }),
            Self::IntegersAsFloats => each_value(body, &|value| {
                if let Value::Number(number) = value
                    && let Some(float) = number.as_f64().and_then(Number::from_f64)
                {
                    *value = Value::Number(float);
                }
            }),
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Only(fields) => write!(formatter, "only {}", fields.join("+")),
            Self::Without(fields) => write!(formatter, "without {}", fields.join("+")),
            Self::Null(fields) => write!(formatter, "null in {}", fields.join("+")),
            Self::NumbersAsStrings => formatter.write_str("numbers as strings"),
            Self::BooleansAsNumbers => formatter.write_str("booleans as numbers"),
            Self::IntegersAsFloats => formatter.write_str("integers as floats"),
        }
    }
}

fn each_object(body: &mut Value, change: &dyn Fn(&mut serde_json::Map<String, Value>)) {
    match body {
        Value::Array(items) => items.iter_mut().for_each(|item| each_object(item, change)),
        Value::Object(object) => change(object),
        _ => {}
    }
}

fn each_value(body: &mut Value, change: &dyn Fn(&mut Value)) {
    match body {
        Value::Array(items) => items.iter_mut().for_each(|item| each_value(item, change)),
        Value::Object(object) => {
            let inner = object.iter_mut().filter(|(name, _)| *name != "config");
            inner.for_each(|(_, value)| each_value(value, change));
        }
        value => change(value),
    }
}
