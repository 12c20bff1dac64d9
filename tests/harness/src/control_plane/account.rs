//! An account of a control plane: its objects, machines and runs.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::collection::Collection;
use super::lock;
use super::problem::Problem;
use super::runs::{Outcome, RunView};
use super::store::{Guard, Object, Store};

/// The objects, machines and runs that the tokens of one account show. Tests use it as another client would, without API
/// requests.
#[derive(Clone)]
pub struct Account {
    /// Its content.
    pub(super) store: Arc<Mutex<Store>>,
}

impl Account {
    /// An account with this content.
    pub(super) fn new(store: Store) -> Self {
        Self {
            store: Arc::new(Mutex::new(store)),
        }
    }

    /// Sets the duration of all runs that start from now on.
    pub fn set_install_time(&self, time: Duration) {
        lock(&self.store).times.install = time;
    }

    /// The objects of a collection as clients write them, including secrets.
    pub fn objects(&self, collection: Collection) -> Vec<Object> {
        let mut store = lock(&self.store);
        store.remove_deleted();
        store.update_machines_to_now();
        store.objects(collection).cloned().collect()
    }

    /// The first object of a collection with this name; for machines, with this host name.
    pub fn find(&self, collection: Collection, name: &str) -> Option<Object> {
        let mut store = lock(&self.store);
        store.remove_deleted();
        store.update_machines_to_now();
        store.find(collection, name).cloned()
    }

    /// The machine with this uuid.
    pub fn machine(&self, uuid: &str) -> Option<Object> {
        lock(&self.store).get(Collection::Machines, uuid).ok().cloned()
    }

    /// Creates an object outside of Terraform, without an API request.
    ///
    /// # Errors
    /// If the control plane would reject the object.
    pub fn create(&self, collection: Collection, object: Object) -> Result<Object, Problem> {
        lock(&self.store).create(collection, object)
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
        lock(&self.store).update(collection, uuid, change)
    }

    /// Deletes an object outside of Terraform, without an API request, even if it is in use.
    ///
    /// # Errors
    /// If the object does not exist.
    pub fn delete(&self, collection: Collection, uuid: &str) -> Result<Object, Problem> {
        let mut store = lock(&self.store);
        let object = store.get(collection, uuid)?.clone();
        Ok(store.remove(collection, object))
    }

    /// Every provision run in the order of the requests, with its current status.
    pub fn runs(&self) -> Vec<RunView> {
        lock(&self.store).run_views()
    }

    /// The largest number of these machines that were offline, or had an active run, when a run was started.
    pub fn most_unavailable(&self, is_member: impl Fn(&str) -> bool) -> usize {
        lock(&self.store).most_unavailable(is_member)
    }

    /// Starts a run outside of Terraform and returns its uuid.
    ///
    /// # Errors
    /// If the machine does not exist or has an active run.
    pub fn start_run(&self, machine_uuid: &str) -> Result<String, Problem> {
        let mut body = Object::new();
        body.insert("mode".to_owned(), "rebuild".into());
        lock(&self.store).start_run(machine_uuid, &body)
    }

    /// Sets the outcome of the machine's next run. Further calls set the outcomes of the runs after it.
    pub fn script_run(&self, machine_uuid: &str, outcome: Outcome) {
        lock(&self.store).script_run(machine_uuid, outcome);
    }

    /// Removes the outcomes that were set for later runs: they succeed.
    pub fn clear_scripts(&self) {
        lock(&self.store).clear_scripts();
    }

    /// Ends an active run now. A run that has already ended does not change.
    ///
    /// # Errors
    /// If the run does not exist.
    pub fn end_run(&self, uuid: &str, outcome: Outcome) -> Result<(), Problem> {
        lock(&self.store).end_run(uuid, outcome)
    }

    /// Rejects the start of any run of a machine with status 409 and this detail.
    pub fn lock_machine(&self, machine_uuid: &str, detail: &str) {
        lock(&self.store)
            .locks
            .insert(machine_uuid.to_owned(), detail.to_owned());
    }

    /// Ends a lock of [`Account::lock_machine`].
    pub fn unlock_machine(&self, machine_uuid: &str) {
        lock(&self.store).locks.remove(machine_uuid);
    }

    /// Rejects the deletion of mesh networks and VIPs in use from now on, like that of roles.
    pub fn guard_everything(&self) {
        lock(&self.store).guard = Guard::Everything;
    }

    /// Hides each object that a request creates from now on: for this time, reads have status 404 and lists omit it.
    pub fn set_replication_time(&self, time: Duration) {
        lock(&self.store).times.replication = time;
    }

    /// Lets each deleted object and rule stay for this time from now on: a delete has status 202, and the name remains taken.
    pub fn set_linger_time(&self, time: Duration) {
        lock(&self.store).times.linger = time;
    }

    /// Rejects the changes of each object that a request creates from now on, for this time, as if it did not exist.
    pub fn set_propagation_time(&self, time: Duration) {
        lock(&self.store).times.propagation = time;
    }

    /// Lets lists show each change this much later from now on. They show the current objects until then.
    pub fn set_list_lag(&self, time: Duration) {
        lock(&self.store).set_list_lag(time);
    }

    /// Lets `needs_provisioning` stay for this time after the end of each run.
    pub fn set_provisioning_lag(&self, time: Duration) {
        lock(&self.store).times.provisioning_lag = time;
    }
}
