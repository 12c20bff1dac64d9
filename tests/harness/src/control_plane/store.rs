//! The objects of every collection. Only [`operations`] changes them.
//!
//! Objects are stored as clients *write* them (`image_uuid`, `machine_uuids`, a secret's `value`). A response has the
//! fields of the operation's schema: stored ones and those that the collection adds (`image`, `machines`).

mod operations;
mod past;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::clock::Clock;
use super::collection::Collection;
use super::problem::Problem;
use super::runs::Runs;
use past::Past;

/// An object as clients write it.
pub type Object = Map<String, Value>;

/// The content of the control plane.
pub struct Store {
    /// The clock.
    pub clock: Arc<Clock>,
    /// The durations of installations and configuration changes.
    pub times: Times,
    /// The provision runs.
    pub runs: Runs,
    /// The assigned addresses of each mesh network, by its uuid.
    pub addresses: BTreeMap<String, BTreeSet<u32>>,
    /// Why a machine cannot be installed, by its uuid.
    pub locks: BTreeMap<String, String>,
    /// Whether mesh networks and VIPs in use can be deleted. The contract leaves this open.
    pub guard: Guard,
    /// The time at which a read shows a new object, by its uuid. Objects that are not here are shown.
    visible_at: BTreeMap<String, Duration>,
    /// The time at which requests may change a new object, by its uuid.
    usable_at: BTreeMap<String, Duration>,
    /// The deleted objects and rules that are not gone yet.
    leaving: BTreeSet<Leaving>,
    /// The time of the change in progress, if it is not the current one.
    change_at: Option<Duration>,
    /// What lists show; `None` unless they lag.
    past: Option<Past>,
    tables: BTreeMap<Collection, Table>,
}

/// The durations of what takes time in the control plane.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// From the start of a provision run to its end.
    pub install: Duration,
    /// Until an agent has applied a change of its configuration.
    pub config_push: Duration,
    /// Until reads and lists show an object that a request created.
    pub replication: Duration,
    /// Until requests may change an object that a request created.
    pub propagation: Duration,
    /// From the delete of an object until it is gone.
    pub linger: Duration,
    /// From the end of a provision run until the machine shows it.
    pub provisioning_lag: Duration,
    /// From any change until lists show it.
    pub list_lag: Duration,
}

/// Which objects cannot be deleted while others refer to them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Guard {
    /// Only roles.
    #[default]
    Roles,
    /// Roles, mesh networks and VIPs.
    Everything,
}

/// A deleted object, or a deleted rule of a route policy set. The next one to go is the least.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Leaving {
    gone_at: Duration,
    collection: Collection,
    uuid: String,
    rule: Option<String>,
}

/// The objects of a collection in the order of their creation.
#[derive(Clone, Default)]
struct Table {
    objects: BTreeMap<u64, Object>,
    positions: BTreeMap<String, u64>,
    /// The positions of the objects with each name.
    names: BTreeMap<String, BTreeSet<u64>>,
    /// The position of the next new object. No object gets the position of a deleted one.
    next: u64,
    /// The time of the last change of each object.
    changed: BTreeMap<u64, Duration>,
    /// The time of the last change, also if it deleted an object.
    last_change: Duration,
}

/// The objects that a list operation shows, in the order of their creation.
pub struct List<'a> {
    store: &'a Store,
    /// The key of each object, in ascending order. No object gets the key of a deleted one.
    pub keys: Vec<u64>,
    objects: Vec<&'a Object>,
    /// The time of the last change that it shows.
    pub last_change: Duration,
}

static EMPTY: Table = Table {
    objects: BTreeMap::new(),
    positions: BTreeMap::new(),
    names: BTreeMap::new(),
    next: 0,
    changed: BTreeMap::new(),
    last_change: Duration::ZERO,
};

impl Store {
    /// An empty store.
    pub fn new(clock: Arc<Clock>, times: Times) -> Self {
        Self {
            clock,
            times,
            runs: Runs::default(),
            addresses: BTreeMap::new(),
            locks: BTreeMap::new(),
            guard: Guard::default(),
            visible_at: BTreeMap::new(),
            usable_at: BTreeMap::new(),
            leaving: BTreeSet::new(),
            change_at: None,
            past: None,
            tables: BTreeMap::new(),
        }
    }

    /// The objects of a collection in the order of their creation.
    pub fn objects(&self, collection: Collection) -> impl Iterator<Item = &Object> {
        self.table(collection).objects.values()
    }

    /// An object of a collection, without updating it to the current time.
    pub fn peek(&self, collection: Collection, uuid: &str) -> Option<&Object> {
        let table = self.table(collection);
        table.objects.get(table.positions.get(uuid)?)
    }

    /// The time of the last change that a response shows: of one object or else of the collection, and of the collections that it
    /// shows a part of.
    pub fn last_change(&self, collection: Collection, uuid: Option<&str>) -> Duration {
        let table = self.table(collection);
        let own = match uuid {
            Some(uuid) => table
                .positions
                .get(uuid)
                .and_then(|position| table.changed.get(position)),
            None => Some(&table.last_change),
        };
        let shown = collection.behaviour().shows().iter();
        let changes = shown.map(|collection| self.table(*collection).last_change);
        changes.chain(own.copied()).max().unwrap_or_default()
    }

    /// The objects of a collection with this name, in the order of their creation.
    pub fn named(&self, collection: Collection, name: &str) -> impl Iterator<Item = &Object> {
        let table = self.table(collection);
        let positions = table.names.get(name).into_iter().flatten();
        positions.filter_map(|position| table.objects.get(position))
    }

    /// The first object of a collection with this name.
    pub fn find(&self, collection: Collection, name: &str) -> Option<&Object> {
        self.named(collection, name).next()
    }

    /// Stores an object without any check.
    pub fn put(&mut self, collection: Collection, object: Object) {
        let at = self.change_time();
        let table = self.tables.entry(collection).or_default();
        let position = *table
            .positions
            .get(string(&object, "uuid"))
            .unwrap_or(&table.next);
        if table.objects.get(&position) != Some(&object) {
            table.set(position, object, at);
            self.record(collection, position, at);
        }
    }

    /// Assigns the address of a machine that was assigned elsewhere.
    pub fn hold_address(&mut self, machine: &Object) {
        if let Ok(address) = string(machine, "mesh_ip_address").parse::<Ipv4Addr>() {
            let mesh = string(machine, "mesh_network_uuid").to_owned();
            self.addresses.entry(mesh).or_default().insert(address.to_bits());
        }
    }

    /// Frees the address of a machine.
    pub fn free_address(&mut self, machine: &Object) {
        let taken = self.addresses.get_mut(string(machine, "mesh_network_uuid"));
        if let (Some(taken), Ok(address)) = (taken, string(machine, "mesh_ip_address").parse::<Ipv4Addr>()) {
            taken.remove(&address.to_bits());
        }
    }

    /// Lets lists show each change this much later from now on.
    pub fn set_list_lag(&mut self, lag: Duration) {
        self.times.list_lag = lag;
        if lag.is_zero() {
            self.past = None;
        } else if self.past.is_none() {
            self.past = Some(Past::new(self));
        }
    }

    /// The time of a change.
    fn change_time(&self) -> Duration {
        self.change_at.unwrap_or_else(|| self.clock.now())
    }

    /// Records that the object at a position has changed in place.
    fn touch(&mut self, collection: Collection, position: u64, at: Duration) {
        self.tables.entry(collection).or_default().touch(position, at);
        self.record(collection, position, at);
    }

    /// Records the change of the object at a position, for lists that lag.
    fn record(&mut self, collection: Collection, position: u64, at: Duration) {
        if let Some(past) = &mut self.past {
            let table = self.tables.get(&collection);
            let object = table.and_then(|table| table.objects.get(&position));
            past.record(at, collection, position, object.cloned());
        }
    }

    /// Rejects the deletion of an object that another collection refers to, if the control plane guards such objects.
    ///
    /// # Errors
    /// If an object of `by` has the uuid in this field. The error names the first one by `name`.
    pub fn check_unused(
        &self,
        object: &Object,
        noun: &str,
        (by, field, name): (Collection, &str, &str),
    ) -> Result<(), Problem> {
        let mut users = self
            .objects(by)
            .filter(|user| string(user, field) == string(object, "uuid"));
        match users.next() {
            Some(user) if self.guard == Guard::Everything => Err(Problem::conflict(format!(
                "the {noun} '{}' is used by {} '{}' and cannot be deleted",
                string(object, "name"),
                by.noun(),
                string(user, name)
            ))),
            _ => Ok(()),
        }
    }

    /// Replaces a value in a field of every object of a collection, also as an element of a list.
    pub fn replace(&mut self, collection: Collection, field: &str, from: &Value, to: &Value) {
        let at = self.change_time();
        let table = self.tables.entry(collection).or_default();
        let mut changed = Vec::new();
        for (position, object) in &mut table.objects {
            let values = match object.get_mut(field) {
                Some(Value::Array(items)) => items.as_mut_slice(),
                Some(value) => std::slice::from_mut(value),
                None => continue,
            };
            for value in values.iter_mut().filter(|value| *value == from) {
                *value = to.clone();
                changed.push(*position);
            }
        }
        for position in changed {
            self.touch(collection, position, at);
        }
    }

    fn table(&self, collection: Collection) -> &Table {
        self.tables.get(&collection).unwrap_or(&EMPTY)
    }
}

impl Table {
    /// Stores an object at a position, and returns the earlier one, which has the same uuid.
    fn set(&mut self, position: u64, object: Object, at: Duration) -> Option<Object> {
        let previous = self.take(position, at);
        self.positions
            .insert(string(&object, "uuid").to_owned(), position);
        self.names.entry(name(&object)).or_default().insert(position);
        self.objects.insert(position, object);
        self.next = self.next.max(position.saturating_add(1));
        self.touch(position, at);
        previous
    }

    /// Records the time of a change.
    fn touch(&mut self, position: u64, at: Duration) {
        self.changed.insert(position, at);
        self.last_change = self.last_change.max(at);
    }

    /// Removes the object at a position.
    fn take(&mut self, position: u64, at: Duration) -> Option<Object> {
        let object = self.objects.remove(&position)?;
        self.changed.remove(&position);
        self.last_change = self.last_change.max(at);
        self.positions.remove(string(&object, "uuid"));
        if let Entry::Occupied(mut positions) = self.names.entry(name(&object)) {
            positions.get_mut().remove(&position);
            if positions.get().is_empty() {
                positions.remove();
            }
        }
        Some(object)
    }
}

/// The name of an object; for machines, the host name.
fn name(object: &Object) -> String {
    let name = object.get("name").or_else(|| object.get("hostname"));
    name.and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The string in a field of an object; empty if the field is missing.
pub fn string<'a>(object: &'a Object, field: &str) -> &'a str {
    object.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// The boolean in a field of an object; `false` if the field is missing.
pub fn is_set(object: &Object, field: &str) -> bool {
    object.get(field).and_then(Value::as_bool).unwrap_or_default()
}

/// The strings of the list in a field of an object; empty if the field is missing.
pub fn strings<'a>(object: &'a Object, field: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    object
        .get(field)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}
