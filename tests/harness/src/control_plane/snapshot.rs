//! A copy of all objects and runs of a control plane, to start another one with.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::collection::Collection;
use super::contract::Contract;
use super::log::register_secrets;
use super::runs::Runs;
use super::seed::SeedError;
use super::store::{Object, Store};
use crate::secrets::Secrets;

/// The objects, runs and clock of a control plane, without tokens, faults and settings.
#[derive(Clone, Serialize, Deserialize)]
pub struct Snapshot {
    /// The time since the control plane started. The times of runs refer to it.
    time: Duration,
    /// The objects of each non-empty collection, as clients write them.
    objects: BTreeMap<String, Vec<Object>>,
    runs: Runs,
}

impl Snapshot {
    /// Copies the current content of a store.
    pub(super) fn of(store: &mut Store) -> Self {
        store.update_machines_to_now();
        let objects = Collection::ALL.into_iter().filter_map(|collection| {
            let objects: Vec<Object> = store.objects(collection).cloned().collect();
            (!objects.is_empty()).then(|| (collection.name().to_owned(), objects))
        });
        Self {
            time: store.clock.now(),
            objects: objects.collect(),
            runs: store.runs.clone(),
        }
    }

    /// Puts the content into a store, without the checks for new objects.
    pub(super) fn restore(self, store: &mut Store) -> Result<(), SeedError> {
        store.clock.advance(self.time);
        store.runs = self.runs;
        for (name, objects) in self.objects {
            let collection = Collection::from_name(&name).ok_or(SeedError::UnknownCollection(name))?;
            for object in objects {
                store.hold_address(&object);
                store.put(collection, object);
            }
        }
        Ok(())
    }

    /// Registers the secrets of all objects, as if a request had sent each of them.
    pub(super) fn register_secrets(&self, contract: &Contract, secrets: &Secrets) {
        for (name, objects) in &self.objects {
            if let Some(collection) = Collection::from_name(name) {
                register_secrets(contract, collection, objects, secrets);
            }
        }
    }
}
