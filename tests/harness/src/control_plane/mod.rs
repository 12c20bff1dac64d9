//! A simulated control plane: the contract of `tests/data/openapi.json` on a loopback port.
//!
//! That document defines its operations. Objects are kept in memory. [`faults`] injects the failures of networks and
//! servers. Nothing waits for time to pass: [`ControlPlane::advance`] moves the clock.

mod account;
mod builder;
mod clock;
mod collection;
pub mod collections;
mod contract;
mod control;
mod dialect;
pub mod faults;
mod hooks;
mod log;
mod paging;
mod problem;
pub mod random;
mod rate_limit;
mod requests;
mod reset;
mod runs;
mod samples;
mod seed;
mod snapshot;
mod socket;
mod steps;
mod store;
mod templates;
mod tls;
mod validators;

use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rate_limit::RateLimit;
use requests::Server;
use store::Store;
use tokio::runtime::Runtime;

use crate::secrets::{Kind, Secrets};

pub use account::Account;
pub use builder::{Builder, StartError};
pub use collection::Collection;
pub use contract::{Action, Contract, ContractError, Operation, Schema};
pub use dialect::Dialect;
pub use faults::{Fault, FaultError, FaultKind, FaultResponse, Shape};
pub use log::{Count, Entry, Log};
pub use paging::{PageStyle, Paging, UnknownParameters};
pub use problem::Problem;
pub use runs::{Outcome, RunView};
pub use samples::{COLLECTIONS as SAMPLE_COLLECTIONS, uuid as sample_uuid};
pub use seed::{Seed, SeedError, machine_uuid};
pub use snapshot::Snapshot;
pub use store::Object;
pub use validators::Validators;

/// The name of the published document in the log and in faults. It has no operation id.
pub const DOCUMENT_OPERATION: &str = "openapi";

/// A simulated control plane. It runs on threads of its own until it is dropped.
///
/// Its objects are those of its first [`Account`]; [`ControlPlane::add_account`] adds further accounts.
pub struct ControlPlane {
    server: Arc<Server>,
    account: Account,
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

    /// Changes the account right before the request of an operation with this number is performed. The next request has the
    /// number 1. Requests that a fault, the rate limit or an invalid token keeps from the control plane do not count.
    ///
    /// With pages, each page of a list is one request, so this changes a list while a client reads it.
    pub fn before(&self, operation: &str, number: u64, change: impl FnOnce(&Account) + Send + 'static) {
        self.server.hooks.add(operation, number, Box::new(change));
    }

    /// Accepts another token of the first account from now on.
    pub fn accept_token(&self, token: &str) {
        self.accept_token_of(token, self.account.clone());
    }

    /// Accepts the token of another account from now on. The account has the objects of the seed, and shares only the clock.
    ///
    /// # Errors
    /// If the seed is invalid.
    pub fn add_account(&self, token: &str, seed: Seed) -> Result<Account, SeedError> {
        let times = lock(&self.account.store).times;
        let mut store = Store::new(Arc::clone(&self.server.clock), times);
        seed.create_all(&mut store)?;
        store.set_list_lag(times.list_lag);
        let account = Account::new(store);
        self.accept_token_of(token, account.clone());
        Ok(account)
    }

    fn accept_token_of(&self, token: &str, account: Account) {
        self.server.secrets.register_string(Kind::Secret, token);
        lock(&self.server.tokens).insert(token.to_owned(), account);
    }

    /// Rejects a token from now on.
    pub fn revoke_token(&self, token: &str) {
        lock(&self.server.tokens).remove(token);
    }

    /// Rejects requests above this number in any second with status 429 from now on; `None` means no limit.
    pub fn set_rate_limit(&self, requests_per_second: Option<usize>) {
        *lock(&self.server.rate_limit) = requests_per_second.map(RateLimit::new);
    }

    /// Sets the response to every path that is not one of an operation. Default: [`FaultResponse::html`] with status 404.
    pub fn answer_elsewhere(&self, response: FaultResponse) {
        *lock(&self.server.elsewhere) = response;
    }

    /// The values that no output may contain: the tokens, and the secrets and templates of all requests.
    pub fn secrets(&self) -> &Secrets {
        &self.server.secrets
    }

    /// Moves the clock of the control plane forward.
    pub fn advance(&self, by: Duration) {
        self.server.clock.advance(by);
    }

    /// A copy of all current objects and runs, for [`Builder::snapshot`].
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::of(&mut lock(&self.account.store))
    }

    /// The requests and responses that violated the contract; always empty unless the control plane is strict.
    pub fn violations(&self) -> Vec<String> {
        lock(&self.server.violations).clone()
    }
}

/// The objects of a control plane are those of its first account.
impl Deref for ControlPlane {
    type Target = Account;

    fn deref(&self) -> &Account {
        &self.account
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
