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
    List(Vec<Self>),
    /// Elements sorted, known ones without duplicates: build it with [`Value::set`].
    Set(Vec<Self>),
    /// Elements by key, NFC-normalised: build it with [`Value::map`].
    Map(BTreeMap<String, Self>),
    /// Attributes and blocks by name; exactly those of its type.
    Object(BTreeMap<String, Self>),
}

static NULL: Value = Value::Null;

/// Building values.
impl Value {
    /// A text from outside Terraform, NFC-normalised as Terraform would do before it compares.
    pub fn string(text: impl Into<String>) -> Self {
        Self::String(normalise(text.into()))
    }

    /// A text from outside Terraform that must not be seen.
    pub fn secret(text: impl Into<String>) -> Self {
        Self::Secret(Secret::new(normalise(text.into())))
    }

    /// A set of these elements: sorted, known duplicates removed, those not wholly known last.
    ///
    /// Elements that are not wholly known all stay, since they may turn out to differ.
    pub fn set(elements: Vec<Self>) -> Self {
        let (mut known, mut unknown): (Vec<_>, Vec<_>) =
            elements.into_iter().partition(Self::is_wholly_known);
        known.sort_unstable();
        known.dedup();
        unknown.sort_unstable();
        known.append(&mut unknown);
        Self::Set(known)
    }

    /// A map of these entries, the keys NFC-normalised.
    pub fn map<K: Into<String>>(entries: impl IntoIterator<Item = (K, Self)>) -> Self {
        Self::Map(
            entries
                .into_iter()
                .map(|(key, value)| (normalise(key.into()), value))
                .collect(),
        )
    }

    /// An object of these attributes and blocks.
    pub fn object<N: Into<String>>(attributes: impl IntoIterator<Item = (N, Self)>) -> Self {
        Self::Object(
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
        matches!(self, Self::Null)
    }

    /// Whether this is unknown, whatever may be in it.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// Whether this is not unknown; something in it may be.
    pub fn is_known(&self) -> bool {
        !self.is_unknown()
    }

    /// Whether neither this nor anything in it is unknown.
    pub fn is_wholly_known(&self) -> bool {
        match self {
            Self::Unknown => false,
            value => {
                value.elements().iter().all(Self::is_wholly_known)
                    && value
                        .attributes()
                        .is_none_or(|entries| entries.values().all(Self::is_wholly_known))
            }
        }
    }

    /// The text, when this is one that may be seen.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The text, when this is one, secret or not.
    pub fn expose(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            Self::Secret(secret) => Some(secret.expose()),
            _ => None,
        }
    }

    /// Whether there is nothing in it: null, or a text or collection that is empty.
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Null => true,
            Self::List(elements) | Self::Set(elements) => elements.is_empty(),
            Self::Map(entries) => entries.is_empty(),
            other => other.expose() == Some(""),
        }
    }

    /// Every secret in this value.
    pub fn secrets(&self) -> Vec<&Secret> {
        match self {
            Self::Secret(secret) => vec![secret],
            value => {
                let entries = value.attributes().into_iter().flat_map(BTreeMap::values);
                let values = value.elements().iter().chain(entries);
                values.flat_map(Self::secrets).collect()
            }
        }
    }

    /// The boolean, when this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(bool) => Some(*bool),
            _ => None,
        }
    }

    /// The number as an i64, when this is one that fits.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Number(number) => number.as_i64(),
            _ => None,
        }
    }

    /// The elements of a list or set; none of anything else.
    pub fn elements(&self) -> &[Self] {
        match self {
            Self::List(elements) | Self::Set(elements) => elements,
            _ => &[],
        }
    }

    /// The attributes of an object, or the entries of a map.
    pub fn attributes(&self) -> Option<&BTreeMap<String, Self>> {
        match self {
            Self::Map(entries) | Self::Object(entries) => Some(entries),
            _ => None,
        }
    }

    /// An attribute of an object or an entry of a map; null where there is none.
    pub fn get(&self, name: &str) -> &Self {
        self.attributes()
            .and_then(|entries| entries.get(name))
            .unwrap_or(&NULL)
    }

    /// Gives an object's attribute another value. Anything but an object has no attributes and stays as it is.
    pub fn set_attribute(&mut self, name: &str, value: Self) {
        if let Self::Object(attributes) = self {
            attributes.insert(name.to_owned(), value);
        }
    }

    /// The value with every element of a list or set, and every entry of a map, altered; any other as it is.
    #[must_use]
    pub fn map_elements(self, alter: impl Fn(Self) -> Self) -> Self {
        match self {
            Self::List(elements) => Self::List(elements.into_iter().map(alter).collect()),
            Self::Set(elements) => Self::set(elements.into_iter().map(alter).collect()),
            Self::Map(entries) => Self::Map(
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
            Self::Null => "null",
            Self::Unknown => "an unknown value",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Secret(_) => "a secret string",
            Self::List(_) => "a list",
            Self::Set(_) => "a set",
            Self::Map(_) => "a map",
            Self::Object(_) => "an object",
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::string(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::string(text)
    }
}

impl From<bool> for Value {
    fn from(bool: bool) -> Self {
        Self::Bool(bool)
    }
}

impl From<i64> for Value {
    fn from(integer: i64) -> Self {
        Self::Number(integer.into())
    }
}

impl From<Number> for Value {
    fn from(number: Number) -> Self {
        Self::Number(number)
    }
}

fn normalise(text: String) -> String {
    if is_nfc(&text) { text } else { text.nfc().collect() }
}
