//! The content of the control plane at an earlier time, which lists show if they lag.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{Object, Store};
use crate::control_plane::collection::Collection;

/// A copy of the store that gets every change later.
pub struct Past {
    /// The store at that time. It has objects only.
    pub content: Box<Store>,
    /// The changes that it does not have yet, by their times.
    changes: BTreeMap<(Duration, u64), Change>,
    /// The number of changes so far.
    count: u64,
}

/// A change of one object.
struct Change {
    collection: Collection,
    position: u64,
    /// `None` if it was deleted.
    object: Option<Object>,
}

impl Past {
    /// A past that equals the present.
    pub fn new(present: &Store) -> Self {
        let mut content = Store::new(Arc::clone(&present.clock), present.times);
        content.tables.clone_from(&present.tables);
        content.addresses.clone_from(&present.addresses);
        Self {
            content: Box::new(content),
            changes: BTreeMap::new(),
            count: 0,
        }
    }

    /// Records that an object has changed, or was deleted.
    pub fn record(&mut self, at: Duration, collection: Collection, position: u64, object: Option<Object>) {
        let change = Change {
            collection,
            position,
            object,
        };
        self.changes.insert((at, self.count), change);
        self.count = self.count.saturating_add(1);
    }

    /// Performs the changes up to a time.
    pub fn move_to(&mut self, moment: Duration) {
        while let Some(change) = self.changes.first_entry()
            && change.key().0 <= moment
        {
            let ((at, _), change) = change.remove_entry();
            self.perform(at, change);
        }
    }

    fn perform(&mut self, at: Duration, change: Change) {
        let Change {
            collection,
            position,
            object,
        } = change;
        let table = self.content.tables.entry(collection).or_default();
        let previous = match &object {
            Some(object) => table.set(position, object.clone(), at),
            None => table.take(position, at),
        };
        if collection == Collection::Machines {
            if let Some(previous) = previous {
                self.content.free_address(&previous);
            }
            if let Some(object) = object {
                self.content.hold_address(&object);
            }
        }
    }
}
