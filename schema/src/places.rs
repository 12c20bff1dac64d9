//! Where each key of a declaration was written.
//!
//! Tests: `schema/tests/ui.rs`.

use std::collections::BTreeMap;
use std::ops::Range;

/// Where a key and its value stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// Index of the file in [`crate::source::Sources`].
    pub file: usize,
    /// The key, in bytes.
    pub key: Range<usize>,
    /// The value, in bytes; a table's header, for a table.
    pub value: Range<usize>,
}

/// Places by dotted path, e.g. `attributes.name.type` or `lookup.0.by`.
///
/// The model itself carries no places, so that the same types serve as statics; a check names the path it
/// speaks of, and this finds the place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    places: BTreeMap<String, Place>,
    /// Paths whose value the grammar refused. What is checked about them would be a second opinion on one mistake.
    broken: Vec<String>,
}

impl Places {
    /// Notes where a path was written.
    pub fn insert(&mut self, path: &str, place: Place) {
        self.places.insert(path.to_owned(), place);
    }

    /// Whether the author wrote this path.
    pub fn has(&self, path: &str) -> bool {
        self.places.contains_key(path)
    }

    /// The place of a path or, where it was not written, of the nearest table around it.
    pub fn nearest(&self, path: &str) -> Place {
        let mut path = path;
        loop {
            if let Some(place) = self.places.get(path) {
                return place.clone();
            }
            match path.rsplit_once('.') {
                Some((outer, _)) => path = outer,
                None => return self.places.get("").cloned().unwrap_or_default(),
            }
        }
    }

    /// Notes that the grammar refused the value of a path.
    pub fn set_broken(&mut self, path: &str) {
        self.broken.push(path.to_owned());
    }

    /// Whether something the grammar refused makes a check of this path pointless: a broken key breaks the
    /// attribute it belongs to, for its other keys are checked against it.
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

    /// Takes over everything another file says under a path that this one does not have.
    pub fn graft(&mut self, other: &Self, path: &str) {
        let under = |candidate: &str| {
            candidate
                .strip_prefix(path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let places = other.places.iter().filter(|(candidate, _)| under(candidate));
        self.places
            .extend(places.map(|(path, place)| (path.clone(), place.clone())));
        self.broken
            .extend(other.broken.iter().filter(|candidate| under(candidate)).cloned());
    }
}
