//! Data that the requests of one provider process share.
//!
//! Tests: `crates/engine/tests/tables/apply.rs`.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::run::Run;

/// Data of the process, which its clones share. A key identifies an object, as [`crate::identity::key`] returns it.
#[derive(Clone)]
pub struct Process(Arc<Shared>);

struct Shared {
    started: Instant,
    created: Mutex<HashSet<String>>,
    handed_over: Mutex<HashMap<String, Run>>,
}

impl Default for Process {
    fn default() -> Self {
        Self(Arc::new(Shared {
            started: Instant::now(),
            created: Mutex::default(),
            handed_over: Mutex::default(),
        }))
    }
}

impl Process {
    /// Returns the time since the process started.
    pub fn age(&self) -> Duration {
        self.0.started.elapsed()
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
