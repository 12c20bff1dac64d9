//! Terraform's values: null, unknown, exact numbers, strings, and the collections and objects that a declaration can
//! declare.
//!
//! [cty's tuples and dynamic values](https://github.com/zclconf/go-cty/blob/main/docs/types.md) are not supported, because
//! no declaration can declare them: decoding rejects them. Only arguments of functions can be dynamic: [`dynamic`] decodes them to
//! JSON. [`msgpack`] is the encoding in messages, [`json`] the encoding in stored state. Both follow a [`Type`], so no value is
//! nested deeper than its type. A sensitive string is a
//! [`secret::Secret`]; [`duration`] parses durations as users write them.

mod conform;
mod debug;
pub mod duration;
pub mod dynamic;
mod error;
pub mod glob;
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
    ConformError, DecodeError, DecodeErrorKind, EncodeError, EncodeErrorKind, Mismatch, ValueError,
};
pub use number::{MAX_DIGITS, Number};
pub use path::{Path, Step};
pub use types::Type;

/// A value of Terraform's type system.
///
/// Its `Debug` form hides every string, because a string may be a secret even if its type is not [`Type::Secret`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Value {
    /// No value, of any type.
    #[default]
    Null,
    /// Known after apply. [Refinements](https://github.com/zclconf/go-cty/blob/main/docs/refinements.md) are dropped.
    Unknown,
    /// A boolean.
    Bool(bool),
    /// An exact number.
    Number(Number),
    /// A string in Unicode normalisation form NFC, as Terraform stores strings. Create it with [`Value::string`].
    String(String),
    /// A sensitive string, in form NFC as well. Create it with [`Value::secret`].
    Secret(Secret),
    /// Elements in order.
    List(Vec<Self>),
    /// Sorted elements, without duplicates among the known ones. Create it with [`Value::set`].
    Set(Vec<Self>),
    /// Elements by key; keys are in form NFC. Create it with [`Value::map`].
    Map(BTreeMap<String, Self>),
    /// Attributes and blocks by name, exactly those of the object's type.
    Object(BTreeMap<String, Self>),
}

static NULL: Value = Value::Null;

/// Constructors.
impl Value {
    /// A string that does not come from Terraform. It is brought into form NFC, as Terraform does before it compares strings.
    pub fn string(text: impl Into<String>) -> Self {
        Self::String(normalise(text.into()))
    }

    /// A sensitive string that does not come from Terraform, brought into form NFC as well.
    pub fn secret(text: impl Into<String>) -> Self {
        Self::Secret(Secret::new(normalise(text.into())))
    }

    /// A set of these elements: sorted, without duplicates, elements that are not wholly known last.
    ///
    /// Elements that are not wholly known are never duplicates, because they may turn out to differ.
    pub fn set(elements: Vec<Self>) -> Self {
        let (mut known, mut unknown): (Vec<_>, Vec<_>) =
            elements.into_iter().partition(Self::is_wholly_known);
        known.sort_unstable();
        known.dedup();
        unknown.sort_unstable();
        known.append(&mut unknown);
        Self::Set(known)
    }

    /// A map of these entries; the keys are brought into form NFC.
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

/// Accessors.
impl Value {
    /// Whether the value is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether the value itself is unknown. A known collection or object may still contain unknown values.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// Whether the value itself is known. A known collection or object may still contain unknown values.
    pub fn is_known(&self) -> bool {
        !self.is_unknown()
    }

    /// Whether the value is known and contains no unknown value.
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

    /// The string, if the value is a string that is not sensitive.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The string, if the value is a string, sensitive or not.
    pub fn expose(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            Self::Secret(secret) => Some(secret.expose()),
            _ => None,
        }
    }

    /// Whether the value is null, an empty string or an empty collection.
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Null => true,
            Self::List(elements) | Self::Set(elements) => elements.is_empty(),
            Self::Map(entries) => entries.is_empty(),
            other => other.expose() == Some(""),
        }
    }

    /// All sensitive strings in the value.
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

    /// The boolean, if the value is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(bool) => Some(*bool),
            _ => None,
        }
    }

    /// The number, if the value is an integer in the range of an `i64`.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Number(number) => number.as_i64(),
            _ => None,
        }
    }

    /// The elements of a list or set; an empty slice for any other value.
    pub fn elements(&self) -> &[Self] {
        match self {
            Self::List(elements) | Self::Set(elements) => elements,
            _ => &[],
        }
    }

    /// The attributes of an object or the entries of a map; `None` for any other value.
    pub fn attributes(&self) -> Option<&BTreeMap<String, Self>> {
        match self {
            Self::Map(entries) | Self::Object(entries) => Some(entries),
            _ => None,
        }
    }

    /// The attribute of an object or the entry of a map with this name; null if there is no such attribute or entry.
    pub fn get(&self, name: &str) -> &Self {
        self.attributes()
            .and_then(|entries| entries.get(name))
            .unwrap_or(&NULL)
    }

    /// Sets an attribute of an object. A value that is not an object does not change.
    pub fn set_attribute(&mut self, name: &str, value: Self) {
        if let Self::Object(attributes) = self {
            attributes.insert(name.to_owned(), value);
        }
    }

    /// Returns an attribute of an object for changes; `None` if there is no such attribute.
    pub fn attribute_mut(&mut self, name: &str) -> Option<&mut Self> {
        match self {
            Self::Object(attributes) => attributes.get_mut(name),
            _ => None,
        }
    }

    /// Applies a function to every element of a list, set or map. Any other value is returned unchanged.
    #[must_use]
    pub fn map_elements(self, function: impl Fn(Self) -> Self) -> Self {
        match self {
            Self::List(elements) => Self::List(elements.into_iter().map(function).collect()),
            Self::Set(elements) => Self::set(elements.into_iter().map(function).collect()),
            Self::Map(entries) => Self::Map(
                entries
                    .into_iter()
                    .map(|(key, value)| (key, function(value)))
                    .collect(),
            ),
            other => other,
        }
    }

    /// The type of the value, with its article, for messages.
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

/// Brings a string into form NFC, as [cty](https://github.com/zclconf/go-cty/blob/main/docs/types.md#ctystring) does.
fn normalise(text: String) -> String {
    if is_nfc(&text) { text } else { text.nfc().collect() }
}
