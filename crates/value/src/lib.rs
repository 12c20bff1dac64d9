//! Values as Terraform knows them: null, unknown, exact numbers, and every shape that a declaration can make.
//!
//! cty's tuples and dynamic values are no such shapes: decoding refuses them. [`msgpack`] is the form on the wire,
//! [`json`] that of stored state; a [`Type`] directs both, so no value is nested deeper than its type. A string that must not be seen is a
//! [`secret::Secret`]; [`duration`] reads durations as users write them.

mod conform;
mod debug;
pub mod duration;
mod error;
pub mod json;
pub mod msgpack;
mod number;
mod path;
pub mod secret;
#[cfg(test)]
mod tests;
mod types;

use std::collections::BTreeMap;

use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::secret::Secret;

pub use error::{
    ConformError, DecodeError, DecodeErrorKind, EncodeError, EncodeErrorKind, Misfit, ValueError,
};
pub use number::{MAX_DIGITS, Number};
pub use path::{Path, Step};
pub use types::Type;

/// A value of Terraform's type system.
///
/// Its `Debug` form hides every text, whether it is known to be a secret or not.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Value {
    /// No value, of any type.
    #[default]
    Null,
    /// Not known yet (refinements are not kept).
    Unknown,
    /// A boolean.
    Bool(bool),
    /// A number, exact.
    Number(Number),
    /// A text, NFC-normalised by Terraform: build it with [`Value::string`].
    String(String),
    /// A text that must not be seen, NFC-normalised as well: build it with [`Value::secret`].
    Secret(Secret),
    /// Elements in order.
    List(Vec<Value>),
    /// Elements sorted, known ones without duplicates: build it with [`Value::set`].
    Set(Vec<Value>),
    /// Elements by key, NFC-normalised: build it with [`Value::map`].
    Map(BTreeMap<String, Value>),
    /// Attributes and blocks by name; exactly those of its type.
    Object(BTreeMap<String, Value>),
}

static NULL: Value = Value::Null;

/// Building values.
impl Value {
    /// A text from outside Terraform, NFC-normalised as Terraform would do before it compares.
    pub fn string(text: impl Into<String>) -> Value {
        Value::String(normalise(text.into()))
    }

    /// A text from outside Terraform that must not be seen.
    pub fn secret(text: impl Into<String>) -> Value {
        Value::Secret(Secret::new(normalise(text.into())))
    }

    /// A set of these elements: sorted, known duplicates removed, those not wholly known last.
    ///
    /// Elements that are not wholly known all stay, since they may turn out to differ.
    pub fn set(elements: Vec<Value>) -> Value {
        let (mut known, mut unknown): (Vec<_>, Vec<_>) =
            elements.into_iter().partition(Value::is_wholly_known);
        known.sort_unstable();
        known.dedup();
        unknown.sort_unstable();
        known.append(&mut unknown);
        Value::Set(known)
    }

    /// A map of these entries, the keys NFC-normalised.
    pub fn map<K: Into<String>>(entries: impl IntoIterator<Item = (K, Value)>) -> Value {
        Value::Map(
            entries
                .into_iter()
                .map(|(key, value)| (normalise(key.into()), value))
                .collect(),
        )
    }

    /// An object of these attributes and blocks.
    pub fn object<N: Into<String>>(attributes: impl IntoIterator<Item = (N, Value)>) -> Value {
        Value::Object(
            attributes
                .into_iter()
                .map(|(name, value)| (name.into(), value))
                .collect(),
        )
    }
}

/// Reading values.
impl Value {
    /// Whether this is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// Whether this is unknown, whatever may be in it.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Value::Unknown)
    }

    /// Whether this is not unknown; something in it may be.
    pub fn is_known(&self) -> bool {
        !self.is_unknown()
    }

    /// Whether neither this nor anything in it is unknown.
    pub fn is_wholly_known(&self) -> bool {
        match self {
            Value::Unknown => false,
            value => {
                value.elements().iter().all(Value::is_wholly_known)
                    && value
                        .attributes()
                        .is_none_or(|entries| entries.values().all(Value::is_wholly_known))
            }
        }
    }

    /// The text, when this is one that may be seen.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The text, when this is one, secret or not.
    pub fn expose(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            Value::Secret(secret) => Some(secret.expose()),
            _ => None,
        }
    }

    /// Whether there is nothing in it: null, or a text or collection that is empty.
    pub fn is_blank(&self) -> bool {
        match self {
            Value::Null => true,
            Value::List(elements) | Value::Set(elements) => elements.is_empty(),
            Value::Map(entries) => entries.is_empty(),
            other => other.expose() == Some(""),
        }
    }

    /// Every secret in this value.
    pub fn secrets(&self) -> Vec<&Secret> {
        match self {
            Value::Secret(secret) => vec![secret],
            value => {
                let entries = value.attributes().into_iter().flat_map(BTreeMap::values);
                let values = value.elements().iter().chain(entries);
                values.flat_map(Value::secrets).collect()
            }
        }
    }

    /// The boolean, when this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(bool) => Some(*bool),
            _ => None,
        }
    }

    /// The number as an i64, when this is one that fits.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Value::Number(number) => number.as_i64(),
            _ => None,
        }
    }

    /// The elements of a list or set; none of anything else.
    pub fn elements(&self) -> &[Value] {
        match self {
            Value::List(elements) | Value::Set(elements) => elements,
            _ => &[],
        }
    }

    /// The attributes of an object, or the entries of a map.
    pub fn attributes(&self) -> Option<&BTreeMap<String, Value>> {
        match self {
            Value::Map(entries) | Value::Object(entries) => Some(entries),
            _ => None,
        }
    }

    /// An attribute of an object or an entry of a map; null where there is none.
    pub fn get(&self, name: &str) -> &Value {
        self.attributes()
            .and_then(|entries| entries.get(name))
            .unwrap_or(&NULL)
    }

    /// Gives an object's attribute another value. Anything but an object has no attributes and stays as it is.
    pub fn set_attribute(&mut self, name: &str, value: Value) {
        if let Value::Object(attributes) = self {
            attributes.insert(name.to_owned(), value);
        }
    }

    /// The value with every element of a list or set, and every entry of a map, altered; any other as it is.
    #[must_use]
    pub fn map_elements(self, alter: impl Fn(Value) -> Value) -> Value {
        match self {
            Value::List(elements) => Value::List(elements.into_iter().map(alter).collect()),
            Value::Set(elements) => Value::set(elements.into_iter().map(alter).collect()),
            Value::Map(entries) => Value::Map(
                entries
                    .into_iter()
                    .map(|(key, value)| (key, alter(value)))
                    .collect(),
            ),
            other => other,
        }
    }

    /// The kind of value this is, for messages.
    fn noun(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Unknown => "an unknown value",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Secret(_) => "a secret string",
            Value::List(_) => "a list",
            Value::Set(_) => "a set",
            Value::Map(_) => "a map",
            Value::Object(_) => "an object",
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::string(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::string(text)
    }
}

impl From<bool> for Value {
    fn from(bool: bool) -> Value {
        Value::Bool(bool)
    }
}

impl From<i64> for Value {
    fn from(integer: i64) -> Value {
        Value::Number(integer.into())
    }
}

impl From<Number> for Value {
    fn from(number: Number) -> Value {
        Value::Number(number)
    }
}

fn normalise(text: String) -> String {
    if is_nfc(&text) { text } else { text.nfc().collect() }
}
