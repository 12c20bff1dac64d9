//! What one provider process knows beyond the objects of a single request.
//!
//! Tests: `crates/engine/tests/tables/apply.rs`.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::run::Run;

/// The memory of a process; clones share it. Objects are named by [`crate::identity::key`].
#[derive(Clone)]
pub struct Process(Arc<Shared>);

struct Shared {
    began: Instant,
    created: Mutex<HashSet<String>>,
    handed_over: Mutex<HashMap<String, Run>>,
}

impl Default for Process {
    fn default() -> Self {
        Self(Arc::new(Shared {
            began: Instant::now(),
            created: Mutex::default(),
            handed_over: Mutex::default(),
        }))
    }
}

impl Process {
    /// How long ago the process began.
    pub fn age(&self) -> Duration {
        self.0.began.elapsed()
    }

    /// Notes that this process created an object.
    pub fn note_created(&self, key: String) {
        lock(&self.0.created).insert(key);
    }

    /// Whether this process created the object.
    pub fn has_created(&self, key: &str) -> bool {
        lock(&self.0.created).contains(key)
    }

    /// Hands over the run of an object that is being destroyed, until its successor takes it.
    pub fn hand_over(&self, key: String, run: Run) {
        lock(&self.0.handed_over).insert(key, run);
    }

    /// Takes the run that an object of this name has handed over.
    pub fn take_run(&self, key: &str) -> Option<Run> {
        lock(&self.0.handed_over).remove(key)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
