//! The position of each key of a declaration.
//!
//! Tests: `schema/tests/ui.rs`.

use std::collections::BTreeMap;
use std::ops::Range;

/// The position of a key and its value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Position {
    /// Index of the file in [`crate::source::Sources`].
    pub file: usize,
    /// Range of the key in bytes.
    pub key: Range<usize>,
    /// Range of the value in bytes; for a table, of its header.
    pub value: Range<usize>,
}

/// Positions by dotted path, e.g. `attributes.name.type` or `lookup.0.by`.
///
/// The model has no positions, because its types are also used for statics. A rule reports the path of a mistake, and this type
/// finds the position.
#[derive(Clone, Debug, Default)]
pub(crate) struct Positions {
    positions: BTreeMap<String, Position>,
    /// Paths whose value the grammar rejected. Other rules ignore them, to report each mistake once.
    broken: Vec<String>,
}

impl Positions {
    /// Adds the position of a path.
    pub fn insert(&mut self, path: &str, position: Position) {
        self.positions.insert(path.to_owned(), position);
    }

    /// Whether the declaration contains this path.
    pub fn has(&self, path: &str) -> bool {
        self.positions.contains_key(path)
    }

    /// The position of a path. If the declaration does not contain it, the position of the innermost table around it.
    pub fn nearest(&self, path: &str) -> Position {
        let mut path = path;
        loop {
            if let Some(position) = self.positions.get(path) {
                return position.clone();
            }
            match path.rsplit_once('.') {
                Some((outer, _)) => path = outer,
                None => return self.positions.get("").cloned().unwrap_or_default(),
            }
        }
    }

    /// Marks a path whose value the grammar rejected.
    pub fn set_broken(&mut self, path: &str) {
        self.broken.push(path.to_owned());
    }

    /// Whether rules must ignore this path, because the grammar rejected it or a table around it. A rejected key of an
    /// attribute marks the whole attribute, because its keys are checked against each other.
    pub fn is_broken(&self, path: &str) -> bool {
        self.broken.iter().any(|broken| {
            let scope = match broken.rsplit_once('.') {
                Some((attribute, _)) if attribute.starts_with("attributes.") => attribute,
                _ => broken,
            };
            path.strip_prefix(scope)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }

    /// Copies the positions below a path from another file.
    pub fn copy_below(&mut self, other: &Self, path: &str) {
        let is_below = |candidate: &str| {
            candidate
                .strip_prefix(path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let positions = other
            .positions
            .iter()
            .filter(|(candidate, _)| is_below(candidate));
        self.positions
            .extend(positions.map(|(path, position)| (path.clone(), position.clone())));
        self.broken.extend(
            other
                .broken
                .iter()
                .filter(|candidate| is_below(candidate))
                .cloned(),
        );
    }
}
