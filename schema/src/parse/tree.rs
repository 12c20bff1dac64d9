//! Access to the trees that conform to the grammar.
//!
//! Tests: `schema/tests/ui/grammar/`.

use std::borrow::Cow;

use crate::model::{List, Literal, Text};

/// Access to a table by key.
///
/// A missing value, or a value that the grammar rejected and reported, is `None` or empty. The rest of the file is still read
/// and checked.
impl Literal {
    /// The entries of a table; empty for any other value.
    pub(crate) fn entries(&self) -> &[(Text, Self)] {
        match self {
            Self::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The elements of a list; empty for any other value.
    pub(crate) fn elements(&self) -> &[Self] {
        match self {
            Self::List(elements) => elements,
            _ => &[],
        }
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.entries()
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value)
    }

    /// The value as a string.
    pub(crate) fn as_string(&self) -> Option<Text> {
        match self {
            Self::String(text) => Some(text.clone()),
            _ => None,
        }
    }

    /// The value as an integer.
    pub(crate) fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(int) => Some(*int),
            _ => None,
        }
    }

    /// The string of a key.
    pub(crate) fn string(&self, key: &str) -> Option<Text> {
        self.get(key)?.as_string()
    }

    /// Whether a key is `true`.
    pub(crate) fn is_true(&self, key: &str) -> bool {
        self.get(key) == Some(&Self::Bool(true))
    }

    /// The strings of a key's list.
    pub(crate) fn strings(&self, key: &str) -> List<Text> {
        self.get(key)
            .map_or_else(Vec::new, |list| {
                list.elements().iter().filter_map(Self::as_string).collect()
            })
            .into()
    }

    /// The names and strings of a key's table.
    pub(crate) fn strings_by_name(&self, key: &str) -> List<(Text, Text)> {
        let entries = self.get(key).map_or(&[][..], Self::entries);
        let strings = entries
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), value.as_string()?)));
        Cow::Owned(strings.collect())
    }

    /// The tables of a key's list of tables.
    pub(crate) fn tables(&self, key: &str) -> &[Self] {
        self.get(key).map_or(&[], Self::elements)
    }
}
