//! A simulated control plane: the contract of `tests/data/openapi.json` on a loopback port.
//!
//! That document defines its operations. Objects are kept in memory. [`faults`] injects the failures of networks and
//! servers. Nothing waits for time to pass: [`ControlPlane::advance`] moves the clock.

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
pub use faults::{Fault, FaultError, FaultKind, FaultResponse};
pub use log::{Entry, Log};
pub use problem::Problem;
pub use runs::{Outcome, RunView};
pub use seed::{Seed, SeedError, machine_uuid};
pub use snapshot::Snapshot;
pub use store::Object;

/// The name of the published document in the log and in faults. It has no operation id.
pub const DOCUMENT_OPERATION: &str = "openapi";

/// A simulated control plane. It runs on threads of its own until it is dropped.
pub struct ControlPlane {
    server: Arc<Server>,
    endpoint: String,
    token: String,
    certificate: Option<String>,
    /// `None` only while the control plane is dropped.
    runtime: Option<Runtime>,
}

impl ControlPlane {
    /// A builder with the default settings.
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

    /// The PEM-encoded certificate that a client must trust; `None` without TLS.
    pub fn certificate(&self) -> Option<&str> {
        self.certificate.as_deref()
    }

    /// The log of all requests so far.
    pub fn log(&self) -> &Log {
        &self.server.log
    }

    /// Adds a fault after the existing ones.
    pub fn fault(&self, fault: Fault) {
        self.server.faults.add(fault);
    }

    /// Removes every fault.
    pub fn clear_faults(&self) {
        self.server.faults.clear();
    }

    /// The seed of the random faults.
    pub fn fault_seed(&self) -> u64 {
        self.server.faults.seed()
    }

    /// Accepts another token from now on.
    pub fn accept_token(&self, token: &str) {
        self.server.secrets.register_string(Kind::Secret, token);
        lock(&self.server.tokens).insert(token.to_owned());
    }

    /// Rejects a token from now on.
    pub fn revoke_token(&self, token: &str) {
        lock(&self.server.tokens).remove(token);
    }

    /// The values that no output may contain: the tokens, and the secrets and templates of all requests.
    pub fn secrets(&self) -> &Secrets {
        &self.server.secrets
    }

    /// Moves the clock of the control plane forward.
    pub fn advance(&self, by: Duration) {
        self.server.clock.advance(by);
    }

    /// Sets the duration of all runs that start from now on.
    pub fn set_install_time(&self, time: Duration) {
        lock(&self.server.store).times.install = time;
    }

    /// The objects of a collection as clients write them, including secrets.
    pub fn objects(&self, collection: Collection) -> Vec<Object> {
        let mut store = lock(&self.server.store);
        store.update_machines_to_now();
        store.objects(collection).cloned().collect()
    }

    /// The first object of a collection with this name; for machines, with this host name.
    pub fn find(&self, collection: Collection, name: &str) -> Option<Object> {
        let field = if collection == Collection::Machines {
            "hostname"
        } else {
            "name"
        };
        let mut store = lock(&self.server.store);
        store.update_machines_to_now();
        store.find(collection, field, name).cloned()
    }

    /// The machine with this uuid.
    pub fn machine(&self, uuid: &str) -> Option<Object> {
        lock(&self.server.store)
            .get(Collection::Machines, uuid)
            .ok()
            .cloned()
    }

    /// Creates an object outside of Terraform, without an API request.
    ///
    /// # Errors
    /// If the control plane would reject the object.
    pub fn create(&self, collection: Collection, object: Object) -> Result<Object, Problem> {
        lock(&self.server.store).create(collection, object)
    }

    /// Changes an object outside of Terraform, without an API request.
    ///
    /// # Errors
    /// If the object does not exist, or if the control plane would reject the change.
    pub fn update(
        &self,
        collection: Collection,
        uuid: &str,
        change: impl FnOnce(&mut Object),
    ) -> Result<Object, Problem> {
        lock(&self.server.store).update(collection, uuid, change)
    }

    /// Deletes an object outside of Terraform, without an API request, even if it is in use.
    ///
    /// # Errors
    /// If the object does not exist.
    pub fn delete(&self, collection: Collection, uuid: &str) -> Result<Object, Problem> {
        let mut store = lock(&self.server.store);
        let object = store.get(collection, uuid)?.clone();
        Ok(store.remove(collection, object))
    }

    /// Every provision run in the order of the requests, with its current status.
    pub fn runs(&self) -> Vec<RunView> {
        lock(&self.server.store).run_views()
    }

    /// Starts a run outside of Terraform and returns its uuid.
    ///
    /// # Errors
    /// If the machine does not exist or has an active run.
    pub fn start_run(&self, machine_uuid: &str) -> Result<String, Problem> {
        let mut body = Object::new();
        body.insert("mode".to_owned(), "rebuild".into());
        lock(&self.server.store).start_run(machine_uuid, &body)
    }

    /// Sets the outcome of the machine's next run. Further calls set the outcomes of the runs after it.
    pub fn script_run(&self, machine_uuid: &str, outcome: Outcome) {
        lock(&self.server.store).script_run(machine_uuid, outcome);
    }

    /// Ends an active run now. A run that has already ended does not change.
    ///
    /// # Errors
    /// If the run does not exist.
    pub fn end_run(&self, uuid: &str, outcome: Outcome) -> Result<(), Problem> {
        lock(&self.server.store).end_run(uuid, outcome)
    }

    /// A copy of all current objects and runs, for [`Builder::snapshot`].
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::of(&mut lock(&self.server.store))
    }

    /// The requests and responses that violated the contract; always empty unless the control plane is strict.
    pub fn violations(&self) -> Vec<String> {
        lock(&self.server.violations).clone()
    }
}

impl Drop for ControlPlane {
    /// Closes every connection. This does not block, so it is allowed in asynchronous code.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Locks a mutex even if it is poisoned: the panic of a test must not be hidden by a second one.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
