//! Reading what the grammar let through.
//!
//! Tests: `schema/tests/ui/grammar/`.

use std::borrow::Cow;

use crate::model::{List, Literal, Text};

/// Access by key to a table of the language.
///
/// The grammar has already refused what has the wrong shape, with a message. What is not there is `None` or empty here,
/// so that the rest of the file is still read and checked.
impl Literal {
    /// The entries of a table, none for anything else.
    pub(crate) fn entries(&self) -> &[(Text, Self)] {
        match self {
            Self::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The elements of a list, none for anything else.
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

    /// This text.
    pub(crate) fn as_text(&self) -> Option<Text> {
        match self {
            Self::String(text) => Some(text.clone()),
            _ => None,
        }
    }

    /// This whole number.
    pub(crate) fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(int) => Some(*int),
            _ => None,
        }
    }

    /// The text of a key.
    pub(crate) fn text(&self, key: &str) -> Option<Text> {
        self.get(key)?.as_text()
    }

    /// Whether a key is `true`.
    pub(crate) fn is_true(&self, key: &str) -> bool {
        self.get(key) == Some(&Self::Bool(true))
    }

    /// The texts of a key's list.
    pub(crate) fn texts(&self, key: &str) -> List<Text> {
        self.get(key)
            .map_or_else(Vec::new, |list| {
                list.elements().iter().filter_map(Self::as_text).collect()
            })
            .into()
    }

    /// The names and texts of a key's table.
    pub(crate) fn text_by_name(&self, key: &str) -> List<(Text, Text)> {
        let entries = self.get(key).map_or(&[][..], Self::entries);
        let texts = entries
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), value.as_text()?)));
        Cow::Owned(texts.collect())
    }

    /// The tables of a key's list of tables, each with its path.
    pub(crate) fn tables(&self, key: &str) -> &[Self] {
        self.get(key).map_or(&[], Self::elements)
    }
}
