//! What the control plane knows: the objects of every collection. [`operations`] is the one engine that changes them.
//!
//! An object is kept in the form in which it is *written* (`image_uuid`, `machine_uuids`, a secret's `value`)
//! and answered in the form of the operation's schema: its own fields and those its collection adds
//! (`image`, `machines`), without the fields the schema does not name.

mod operations;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::clock::Clock;
use super::collection::Collection;
use super::runs::Runs;

/// An object in the form in which it is written.
pub type Object = Map<String, Value>;

/// Everything the control plane knows.
pub struct Store {
    /// The time.
    pub clock: Arc<Clock>,
    /// How long things take.
    pub times: Times,
    /// The provision runs.
    pub runs: Runs,
    /// The addresses that are taken in each mesh network.
    pub addresses: BTreeMap<String, BTreeSet<u32>>,
    tables: BTreeMap<Collection, Table>,
}

/// How long the control plane takes for what it does.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// From the start of a provision run to its end.
    pub install: Duration,
    /// Until an agent has taken a change of its configuration.
    pub config_push: Duration,
}

/// The objects of a collection in the order in which they were made.
#[derive(Default)]
struct Table {
    objects: BTreeMap<u64, Object>,
    positions: BTreeMap<String, u64>,
}

static EMPTY: Table = Table {
    objects: BTreeMap::new(),
    positions: BTreeMap::new(),
};

impl Store {
    /// A control plane that knows nothing yet.
    pub fn new(clock: Arc<Clock>, times: Times) -> Self {
        Self {
            clock,
            times,
            runs: Runs::default(),
            addresses: BTreeMap::new(),
            tables: BTreeMap::new(),
        }
    }

    /// The objects of a collection in the order in which they were made.
    pub fn objects(&self, collection: Collection) -> impl Iterator<Item = &Object> {
        self.table(collection).objects.values()
    }

    /// An object of a collection, as it was when it was last looked at.
    pub fn peek(&self, collection: Collection, uuid: &str) -> Option<&Object> {
        let table = self.table(collection);
        table.objects.get(table.positions.get(uuid)?)
    }

    /// The first object of a collection with a value in a field.
    pub fn find(&self, collection: Collection, field: &str, value: &str) -> Option<&Object> {
        self.objects(collection)
            .find(|object| text(object, field) == value)
    }

    /// Keeps an object as it is, without any check.
    pub fn put(&mut self, collection: Collection, object: Object) {
        let table = self.tables.entry(collection).or_default();
        let next = table
            .objects
            .last_key_value()
            .map_or(0, |(last, _)| last.saturating_add(1));
        let position = *table
            .positions
            .entry(text(&object, "uuid").to_owned())
            .or_insert(next);
        table.objects.insert(position, object);
    }

    /// Sets a field of every object of a collection that has a certain value in it.
    pub fn replace(&mut self, collection: Collection, field: &str, from: &Value, to: &Value) {
        let table = self.tables.entry(collection).or_default();
        for object in table.objects.values_mut() {
            match object.get_mut(field) {
                Some(Value::Array(items)) => {
                    items
                        .iter_mut()
                        .filter(|item| *item == from)
                        .for_each(|item| *item = to.clone());
                }
                Some(value) if value == from => *value = to.clone(),
                _ => {}
            }
        }
    }

    fn table(&self, collection: Collection) -> &Table {
        self.tables.get(&collection).unwrap_or(&EMPTY)
    }
}

/// A text in an object; empty where there is none.
pub fn text<'a>(object: &'a Object, field: &str) -> &'a str {
    object.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// A switch in an object; off where there is none.
pub fn is_set(object: &Object, field: &str) -> bool {
    object.get(field).and_then(Value::as_bool).unwrap_or_default()
}

/// The texts of a list in an object; none where there is no list.
pub fn texts<'a>(object: &'a Object, field: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    object
        .get(field)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}
