//! Changes that happen right before a request is performed, such as between two pages of a list.

use std::sync::Mutex;

use super::account::Account;
use super::lock;

/// A change of an account, as another client makes it.
pub type Change = Box<dyn FnOnce(&Account) + Send>;

/// The changes that wait for their requests.
#[derive(Default)]
pub struct Hooks(Mutex<Vec<Hook>>);

struct Hook {
    operation: String,
    /// The number of requests until the change, that of the change included.
    remaining: u64,
    change: Change,
}

impl Hooks {
    /// Adds a change before the request of an operation with this number. The next one is 1.
    pub fn add(&self, operation: &str, number: u64, change: Change) {
        lock(&self.0).push(Hook {
            operation: operation.to_owned(),
            remaining: number.max(1),
            change,
        });
    }

    /// Counts a request, and returns the changes before it in the order in which they were added.
    pub fn due(&self, operation: &str) -> Vec<Change> {
        let mut hooks = lock(&self.0);
        for hook in hooks.iter_mut().filter(|hook| hook.operation == operation) {
            hook.remaining = hook.remaining.saturating_sub(1);
        }
        let due = hooks.extract_if(.., |hook| hook.remaining == 0);
        due.map(|hook| hook.change).collect()
    }
}
