//! A simulated control plane: the contract of `tests/data/openapi.json` on a loopback port.
//!
//! It is driven by that document, keeps every object in memory, and does to a client what networks and
//! servers do: see [`faults`]. Time is computed, never waited for: [`ControlPlane::advance`] moves it.

mod builder;
mod clock;
mod collection;
pub mod collections;
mod contract;
mod control;
mod dialect;
pub mod faults;
mod log;
mod problem;
mod rate_limit;
mod requests;
mod reset;
mod runs;
mod seed;
mod snapshot;
mod socket;
mod steps;
mod store;
mod templates;
mod tls;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use requests::Server;
use tokio::runtime::Runtime;

use crate::secrets::{Kind, Secrets};

pub use builder::{Builder, StartError};
pub use collection::Collection;
pub use contract::{Action, Contract, ContractError, Operation, Schema};
pub use dialect::Dialect;
pub use faults::{Answer, Fault, FaultError, FaultKind};
pub use log::{Entry, Log};
pub use problem::Problem;
pub use runs::{Outcome, RunView};
pub use seed::{Seed, SeedError, machine_uuid};
pub use snapshot::Snapshot;
pub use store::Object;

/// The name under which the published document is logged and given faults, as it has no operation id.
pub const DOCUMENT_OPERATION: &str = "openapi";

/// A control plane that runs until it is dropped, on threads of its own.
pub struct ControlPlane {
    server: Arc<Server>,
    endpoint: String,
    token: String,
    certificate: Option<String>,
    /// Only taken when the control plane is dropped.
    runtime: Option<Runtime>,
}

impl ControlPlane {
    /// A control plane that is still to be set up.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The address for the provider's `endpoint`, with its prefix.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// A token that is accepted.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The certificate to trust, in PEM, where it speaks TLS.
    pub fn certificate(&self) -> Option<&str> {
        self.certificate.as_deref()
    }

    /// The requests so far.
    pub fn log(&self) -> &Log {
        &self.server.log
    }

    /// Adds a fault behind those there are.
    pub fn fault(&self, fault: Fault) {
        self.server.faults.add(fault);
    }

    /// Removes every fault.
    pub fn clear_faults(&self) {
        self.server.faults.clear();
    }

    /// The seed that faults by chance follow from.
    pub fn fault_seed(&self) -> u64 {
        self.server.faults.seed()
    }

    /// Accepts one more token.
    pub fn accept_token(&self, token: &str) {
        self.server.secrets.learn_text(Kind::Secret, token);
        lock(&self.server.tokens).insert(token.to_owned());
    }

    /// Accepts a token no longer.
    pub fn revoke_token(&self, token: &str) {
        lock(&self.server.tokens).remove(token);
    }

    /// What nothing may show: its tokens, and the secrets and templates that it was sent.
    pub fn secrets(&self) -> &Secrets {
        &self.server.secrets
    }

    /// Moves the control plane's time on.
    pub fn advance(&self, by: Duration) {
        self.server.clock.advance(by);
    }

    /// Sets how long the runs take that start from now on.
    pub fn set_install_time(&self, time: Duration) {
        lock(&self.server.store).times.install = time;
    }

    /// The objects of a collection in the form in which they are written, secrets included.
    pub fn objects(&self, collection: Collection) -> Vec<Object> {
        let mut store = lock(&self.server.store);
        store.settle();
        store.objects(collection).cloned().collect()
    }

    /// The first object of a collection with a name, or a host name.
    pub fn find(&self, collection: Collection, name: &str) -> Option<Object> {
        let field = if collection == Collection::Machines {
            "hostname"
        } else {
            "name"
        };
        let mut store = lock(&self.server.store);
        store.settle();
        store.find(collection, field, name).cloned()
    }

    /// A machine, if there is one with that uuid.
    pub fn machine(&self, uuid: &str) -> Option<Object> {
        lock(&self.server.store)
            .get(Collection::Machines, uuid)
            .ok()
            .cloned()
    }

    /// Makes an object as somebody else would, past the API.
    pub fn create(&self, collection: Collection, object: Object) -> Result<Object, Problem> {
        lock(&self.server.store).create(collection, object)
    }

    /// Changes an object as somebody else would, past the API.
    pub fn update(
        &self,
        collection: Collection,
        uuid: &str,
        change: impl FnOnce(&mut Object),
    ) -> Result<Object, Problem> {
        lock(&self.server.store).update(collection, uuid, change)
    }

    /// Deletes an object as somebody else would, past the API and even while it is in use.
    pub fn delete(&self, collection: Collection, uuid: &str) -> Result<Object, Problem> {
        let mut store = lock(&self.server.store);
        let object = store.get(collection, uuid)?.clone();
        Ok(store.remove(collection, object))
    }

    /// Every provision run in the order in which they were asked for, as they stand now.
    pub fn runs(&self) -> Vec<RunView> {
        lock(&self.server.store).run_views()
    }

    /// Starts a run as somebody else would, and gives its uuid.
    pub fn start_run(&self, machine_uuid: &str) -> Result<String, Problem> {
        let mut body = Object::new();
        body.insert("mode".to_owned(), "rebuild".into());
        lock(&self.server.store).start_run(machine_uuid, &body)
    }

    /// Says how the next run of a machine that has no outcome yet is to end.
    pub fn script_run(&self, machine_uuid: &str, outcome: Outcome) {
        lock(&self.server.store).script_run(machine_uuid, outcome);
    }

    /// Ends an active run now; one that has ended stays as it is.
    pub fn end_run(&self, uuid: &str, outcome: Outcome) -> Result<(), Problem> {
        lock(&self.server.store).end_run(uuid, outcome)
    }

    /// What it knows now, for [`Builder::snapshot`].
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::of(&mut lock(&self.server.store))
    }

    /// Where requests or answers broke the contract; a control plane that is not strict does not look.
    pub fn violations(&self) -> Vec<String> {
        lock(&self.server.violations).clone()
    }
}

impl Drop for ControlPlane {
    /// Closes every connection. Nothing is waited for, so this is allowed in asynchronous code.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Locks what a thread that panicked left behind as well: a test's panic must not hide behind another.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
