//! Everything that a control plane knows, to start another one that knows the same.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::collection::Collection;
use super::contract::{Action, Contract};
use super::log::without_secrets;
use super::runs::Runs;
use super::seed::SeedError;
use super::store::{Object, Store, text};
use crate::secrets::Secrets;

/// The objects, runs and time of a control plane. Tokens, faults and settings are not part of it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Snapshot {
    /// The time since the control plane started, which runs are measured by.
    time: Duration,
    /// The objects of each collection that has any, in the form in which they are written.
    objects: BTreeMap<String, Vec<Object>>,
    runs: Runs,
}

impl Snapshot {
    /// What a store knows now.
    pub(super) fn of(store: &mut Store) -> Self {
        store.settle();
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

    /// Puts everything into a store as it was, without the checks for new objects.
    pub(super) fn restore(self, store: &mut Store) -> Result<(), SeedError> {
        store.clock.advance(self.time);
        store.runs = self.runs;
        for (name, objects) in self.objects {
            let collection = Collection::from_name(&name).ok_or(SeedError::UnknownCollection(name))?;
            for object in objects {
                if let Ok(address) = text(&object, "mesh_ip_address").parse::<Ipv4Addr>() {
                    let mesh = text(&object, "mesh_network_uuid").to_owned();
                    store.addresses.entry(mesh).or_default().insert(address.to_bits());
                }
                store.put(collection, object);
            }
        }
        Ok(())
    }

    /// Lets the harness learn what nothing may show, as if every object had been sent by a request.
    pub(super) fn learn_secrets(&self, contract: &Contract, secrets: &Secrets) {
        let creates = contract
            .operations
            .iter()
            .filter(|operation| operation.action == Action::Create);
        for operation in creates {
            for object in self
                .objects
                .get(operation.collection.name())
                .into_iter()
                .flatten()
            {
                without_secrets(operation, &Value::Object(object.clone()), secrets);
            }
        }
    }
}
