//! Data that the requests of one provider process share.
//!
//! Tests: `crates/engine/tests/tables/apply.rs`.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::api::Place;
use crate::private::Reference;
use crate::run::Run;

/// Data of the process, which its clones share. A key identifies an object, as [`crate::identity::key`] returns it.
#[derive(Clone, Default)]
pub struct Process(Arc<Shared>);

#[derive(Default)]
struct Shared {
    created: Mutex<HashSet<String>>,
    handed_over: Mutex<HashMap<String, Run>>,
    found: Mutex<HashMap<String, Found>>,
    /// Notified of each object in `found`.
    has_found: Notify,
    /// Time of the first doubt about an object that was not found.
    doubted: Mutex<Option<Instant>>,
}

/// An object that was found.
struct Found {
    here: Place,
    reference: Reference,
    is_evidence: bool,
}

impl Process {
    /// Forgets what belongs to one command of Terraform: in debug mode, one process serves many.
    pub fn begin(&self) {
        lock(&self.0.found).clear();
        *lock(&self.0.doubted) = None;
    }

    /// Records an object that was found at a place. `is_evidence` if it was last seen elsewhere, so that both places are the same
    /// account.
    pub fn note_found(&self, here: Place, key: String, reference: Reference, is_evidence: bool) {
        let mut found = lock(&self.0.found);
        let was_evidence = found
            .get(&key)
            .is_some_and(|found| found.here == here && found.is_evidence);
        let is_evidence = is_evidence || was_evidence;
        found.insert(
            key,
            Found {
                here,
                reference,
                is_evidence,
            },
        );
        drop(found);
        self.0.has_found.notify_waiters();
    }

    /// Completes a list of references to at most `length`, with objects other than `key` that were found here.
    pub fn complete(
        &self,
        mut references: Vec<Reference>,
        here: &Place,
        key: &str,
        length: usize,
    ) -> Vec<Reference> {
        let found = lock(&self.0.found);
        for (_, other) in found
            .iter()
            .filter(|(other, found)| found.here == *here && *other != key)
        {
            if references.len() >= length {
                break;
            }
            if !references.contains(&other.reference) {
                references.push(other.reference.clone());
            }
        }
        references
    }

    /// Waits until an object other than `key` is found here that is evidence. Returns false after `patience`, counted from the first
    /// call of the process.
    pub async fn wait_for_evidence(&self, here: &Place, key: &str, patience: Duration) -> bool {
        let deadline = *lock(&self.0.doubted).get_or_insert_with(Instant::now) + patience;
        loop {
            let notified = self.0.has_found.notified();
            let is_found = lock(&self.0.found)
                .iter()
                .any(|(other, found)| found.is_evidence && found.here == *here && other != key);
            if is_found {
                return true;
            }
            if tokio::time::timeout_at(deadline, notified).await.is_err() {
                return false;
            }
        }
    }

    /// Records that this process created an object.
    pub fn note_created(&self, key: String) {
        lock(&self.0.created).insert(key);
    }

    /// Whether this process created the object.
    pub fn has_created(&self, key: &str) -> bool {
        lock(&self.0.created).contains(key)
    }

    /// Keeps the run of an object that is destroyed until its replacement takes it.
    pub fn hand_over(&self, key: String, run: Run) {
        lock(&self.0.handed_over).insert(key, run);
    }

    /// Takes the run that an object with this key handed over.
    pub fn take_run(&self, key: &str) -> Option<Run> {
        lock(&self.0.handed_over).remove(key)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
