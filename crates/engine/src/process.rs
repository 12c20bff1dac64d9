//! Data that the requests of one provider process share.
//!
//! Tests: `crates/engine/tests/tables/apply.rs`, `crates/engine/tests/tables/report.rs`.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use schema::{Attribute, Resource};
use serde_json::Value as Json;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use value::Value;

use crate::api::Place;
use crate::demand::Demand;
use crate::diagnostic::Diagnostics;
use crate::list::{Index, List};
use crate::misses::Miss;
use crate::object::{Known, Renames};
use crate::planned::{PlannedObjects, PlannedValues};
use crate::private::{Fingerprints, Reference};
use crate::rollout::shared::Rollouts;
use crate::run::Run;

/// Data of the process, which its clones share. A key identifies an object, as [`crate::identity::key`] returns it.
#[derive(Clone, Default)]
pub struct Process(Arc<Shared>);

#[derive(Default)]
struct Shared {
    /// Identifies the process.
    id: Id,
    /// Terraform's requests that may be followed by others.
    activity: Mutex<Activity>,
    /// Number of times that the process was configured.
    begins: AtomicUsize,
    /// Argument of the provider block → its value, of those that limit what a plan may do.
    limits: Mutex<BTreeMap<String, u64>>,
    /// The objects that state has, as Terraform passed them to this process. Those with one key are of several addresses, or deposed.
    stored: Mutex<HashMap<String, Vec<Box<[u8]>>>>,
    /// The prior objects of the plans of this process, of those that a create adopts.
    priors: Mutex<HashMap<String, Box<[u8]>>>,
    /// Whether Terraform has planned again for an apply, and has shown it.
    has_shown_apply: AtomicBool,
    /// Shared keys of the objects that this process read, planned, created or updated.
    used: Mutex<HashSet<String>>,
    /// The objects whose runs the plans of this process repeat: key and title.
    repeated: Mutex<Vec<(String, String)>>,
    /// Those whose plans warn of it: key and title.
    warned: Mutex<Vec<(String, String)>>,
    /// The objects that plans and deletes of this process remove from state, once for each.
    removed: Mutex<Vec<String>>,
    /// The objects that creates of this process have taken over.
    taken_over: Mutex<HashSet<String>>,
    /// The objects that this process created, each with the time.
    created: Mutex<HashMap<String, Instant>>,
    /// Number of creates of this process, by resource and name.
    creates: Mutex<HashMap<String, usize>>,
    handed_over: Mutex<HashMap<String, Handover>>,
    found: Mutex<HashMap<String, Found>>,
    /// Announces each object in `found`.
    has_found: Arrivals,
    planned: Mutex<Planned>,
    /// Announces each name in `planned`.
    has_planned: Arrivals,
    /// Whether Terraform has applied a change.
    has_applied: AtomicBool,
    /// Whether Terraform has refreshed an object.
    has_refreshed: AtomicBool,
    /// Resource → the reads of its objects.
    demands: Mutex<HashMap<String, Arc<Demand>>>,
    /// Resource → names of its objects, as they were listed last.
    names: Mutex<HashMap<String, Arc<Index>>>,
    /// The lookups that found nothing.
    misses: Mutex<BTreeSet<Miss>>,
    /// The faults that a diagnostic explains.
    explained: Mutex<HashSet<String>>,
    /// The objects that this process has planned.
    planned_objects: Mutex<PlannedObjects>,
    /// Key → fingerprints of an object that others follow, as a plan has read it.
    fingerprints: Mutex<HashMap<String, Fingerprints>>,
    /// The resources and data sources whose objects could not be checked.
    failed_checks: Mutex<BTreeSet<String>>,
    /// Resource or data source → the list of its objects that checks of plans and imports use.
    check_lists: Mutex<HashMap<String, (Instant, Arc<List>)>>,
    /// Key → the objects that were counted under it.
    counts: Mutex<HashMap<String, BTreeSet<String>>>,
    rollouts: Rollouts,
}

/// How long a plan waits for the plans of objects that it names, counted from the first such wait of the process.
const NAME_PATIENCE: Duration = Duration::from_secs(3);

/// Pause between two looks at the other requests of the process.
const POLL_INTERVAL: Duration = Duration::from_millis(3);

/// The requests of Terraform, as far as a wait for further ones depends on them.
struct Activity {
    in_progress: usize,
    /// Number of those in progress that wait for others.
    waiting: usize,
    /// When one began or ended last.
    last: Instant,
}

impl Default for Activity {
    fn default() -> Self {
        Self {
            in_progress: 0,
            waiting: 0,
            last: Instant::now(),
        }
    }
}

/// A request of Terraform in progress.
pub struct ActiveRequest(Process);

impl Drop for ActiveRequest {
    fn drop(&mut self) {
        let mut activity = lock(&self.0.0.activity);
        activity.in_progress = activity.in_progress.saturating_sub(1);
        activity.last = Instant::now();
    }
}

/// A request of Terraform that waits for others.
pub struct Wait(Process);

impl Drop for Wait {
    fn drop(&mut self) {
        let mut activity = lock(&self.0.0.activity);
        activity.waiting = activity.waiting.saturating_sub(1);
    }
}

/// A random identifier.
struct Id(String);

impl Default for Id {
    fn default() -> Self {
        Self(uuid::Uuid::new_v4().to_string())
    }
}

/// Announces what other requests of the process find, to those that wait for it. All waits of a command share one patience.
#[derive(Default)]
struct Arrivals {
    arrived: Notify,
    /// Time of the first wait.
    first_wait: Mutex<Option<Instant>>,
}

impl Arrivals {
    fn announce(&self) {
        self.arrived.notify_waiters();
    }

    fn reset(&self) {
        *lock(&self.first_wait) = None;
    }

    /// Waits until `is_there`. Returns false after `patience`, counted from the first wait.
    async fn wait(&self, patience: Duration, is_there: impl Fn() -> bool) -> bool {
        let deadline = *lock(&self.first_wait).get_or_insert_with(Instant::now) + patience;
        loop {
            let arrived = self.arrived.notified();
            if is_there() {
                return true;
            }
            if tokio::time::timeout_at(deadline, arrived).await.is_err() {
                return false;
            }
        }
    }
}

/// What an object that is destroyed leaves to the one that replaces it.
#[derive(Clone)]
pub struct Handover {
    /// The destroyed object.
    pub object: Known,
    /// Its run, if that may be active.
    pub run: Option<Run>,
    /// Whether the plan replaces an object that was not tainted.
    pub is_on_purpose: bool,
    /// Whether arguments alone force the replacement.
    pub is_forced: bool,
    /// Whether another object replaces it.
    pub is_moved: bool,
    /// If it was destroyed as the delete half of a replacement: [`Process::begins`] at that time.
    pub half: Option<usize>,
}

/// What this process has planned.
#[derive(Default)]
struct Planned {
    /// Resource → names of its planned objects.
    names: HashMap<String, HashSet<String>>,
    renames: Renames,
    replaced: Vec<ReplacedForNames>,
    /// Key that resources of the same object share → its plans.
    objects: HashMap<String, Vec<PlannedObject>>,
    managed: Vec<Managed>,
    /// Read operation, shared key and resource of each object that a destroy releases.
    released: Vec<(String, String, &'static Resource)>,
}

/// The plan of a resource of an object.
struct Managed {
    /// Operation that reads the object.
    read: String,
    /// `None` if the identity of the object is unknown.
    shared_key: Option<String>,
    resource: String,
}

/// An object that is replaced because it names other objects.
struct ReplacedForNames {
    /// The resource of the named objects.
    referenced: String,
    removed: BTreeSet<String>,
    added: BTreeSet<String>,
    title: String,
}

/// A planned object, as far as a conflict with another one depends on it.
#[derive(Clone)]
pub struct PlannedObject {
    /// How diagnostics name it.
    pub title: String,
    /// Whether runs of a job follow its changes.
    pub has_job: bool,
    /// Whether the plan changes it.
    pub is_changed: bool,
    /// Configured argument → known value.
    pub configured: BTreeMap<String, Value>,
}

/// An object that was found.
struct Found {
    here: Place,
    reference: Reference,
    is_evidence: bool,
}

impl Process {
    /// Identifies this process among those of one command of Terraform.
    pub fn id(&self) -> &str {
        &self.0.id.0
    }

    /// Whether this process was configured more than once. In debug mode, one process serves many commands; otherwise, Terraform
    /// starts a process for each step of a command.
    pub fn serves_many(&self) -> bool {
        self.begins() > 1
    }

    /// Number of times that the process was configured.
    pub fn begins(&self) -> usize {
        self.0.begins.load(Ordering::Relaxed)
    }

    /// Forgets what belongs to one command of Terraform: in debug mode, one process serves many. `limits` are arguments of the
    /// provider block.
    pub fn begin(&self, limits: BTreeMap<String, u64>) {
        self.0.begins.fetch_add(1, Ordering::Relaxed);
        *lock(&self.0.limits) = limits;
        lock(&self.0.stored).clear();
        lock(&self.0.priors).clear();
        self.0.has_shown_apply.store(false, Ordering::Relaxed);
        lock(&self.0.used).clear();
        lock(&self.0.repeated).clear();
        lock(&self.0.warned).clear();
        lock(&self.0.removed).clear();
        lock(&self.0.taken_over).clear();
        lock(&self.0.created).clear();
        lock(&self.0.found).clear();
        lock(&self.0.creates).clear();
        self.0.has_found.reset();
        *lock(&self.0.planned) = Planned::default();
        self.0.has_planned.reset();
        self.0.has_refreshed.store(false, Ordering::Relaxed);
        self.0.has_applied.store(false, Ordering::Relaxed);
        lock(&self.0.demands).clear();
        lock(&self.0.names).clear();
        lock(&self.0.explained).clear();
        *lock(&self.0.planned_objects) = PlannedObjects::default();
        lock(&self.0.fingerprints).clear();
        lock(&self.0.failed_checks).clear();
        self.forget_check_lists();
        lock(&self.0.counts).clear();
        lock(&self.0.misses).clear();
        self.0.rollouts.begin();
    }

    /// Returns the rollouts of this process.
    pub fn rollouts(&self) -> &Rollouts {
        &self.0.rollouts
    }

    /// Keeps a list for further checks of plans and imports.
    pub fn keep_check_list(&self, name: &str, list: Arc<List>) {
        lock(&self.0.check_lists).insert(name.to_owned(), (Instant::now(), list));
    }

    /// Returns the list that checks and imports keep, if it is not older than `max_age`.
    pub fn check_list(&self, name: &str, max_age: Duration) -> Option<Arc<List>> {
        let lists = lock(&self.0.check_lists);
        let (began, list) = lists.get(name)?;
        (began.elapsed() <= max_age).then(|| Arc::clone(list))
    }

    /// Ends the lists that checks and imports keep: an apply changes objects.
    pub fn forget_check_lists(&self) {
        lock(&self.0.check_lists).clear();
    }

    /// Records a lookup that found nothing.
    pub fn note_miss(&self, miss: Miss) {
        lock(&self.0.misses).insert(miss);
    }

    /// Returns the lookups that found nothing.
    pub fn misses(&self) -> BTreeSet<Miss> {
        lock(&self.0.misses).clone()
    }

    /// Returns the diagnostics of a response to Terraform. A fault that many requests meet is explained by the first diagnostic about it,
    /// and the others are short.
    pub fn abbreviate(&self, diagnostics: Diagnostics) -> Diagnostics {
        diagnostics.abbreviate(|fault| !lock(&self.0.explained).insert(fault.to_owned()))
    }

    /// Returns the limit that an argument of the provider block sets.
    pub fn limit(&self, argument: &str) -> Option<u64> {
        lock(&self.0.limits).get(argument).copied()
    }

    /// Records an object that state has, as `MessagePack`: thousands of them take less memory so.
    pub fn note_stored(&self, key: String, object: Box<[u8]>) {
        lock(&self.0.stored).entry(key).or_default().push(object);
    }

    /// Records that a refresh found that an object of the state no longer exists.
    pub fn note_gone(&self, key: &str) {
        lock(&self.0.stored).remove(key);
    }

    /// Returns the objects that state has with this key.
    pub fn stored(&self, key: &str) -> Vec<Box<[u8]>> {
        lock(&self.0.stored).get(key).cloned().unwrap_or_default()
    }

    /// Records the prior object of a plan, as `MessagePack`.
    pub fn note_prior(&self, key: String, object: Box<[u8]>) {
        lock(&self.0.priors).insert(key, object);
    }

    /// Returns the prior object of the last plan for this key.
    pub fn prior(&self, key: &str) -> Option<Box<[u8]>> {
        lock(&self.0.priors).get(key).cloned()
    }

    /// Records that Terraform plans again for an apply, and shows it.
    pub fn note_apply(&self) {
        self.0.has_shown_apply.store(true, Ordering::Relaxed);
    }

    /// Whether Terraform has planned again for an apply, and has shown it.
    pub fn has_shown_apply(&self) -> bool {
        self.0.has_shown_apply.load(Ordering::Relaxed)
    }

    /// Records that this process reads, plans, creates or updates an object.
    pub fn note_used(&self, shared_key: String) {
        lock(&self.0.used).insert(shared_key);
    }

    /// Whether this process has read, planned, created or updated an object.
    pub fn has_used(&self, shared_key: &str) -> bool {
        lock(&self.0.used).contains(shared_key)
    }

    /// Records an object whose run the plans of this process repeat. Returns the titles of those before it, in order.
    pub fn note_repeated(&self, key: String, title: String) -> Vec<String> {
        note_in_order(&self.0.repeated, key, title)
    }

    /// Records an object whose plan warns that it repeats a run. Returns the titles of those before it, in order.
    pub fn note_warned(&self, key: String, title: String) -> Vec<String> {
        note_in_order(&self.0.warned, key, title)
    }

    /// Records that Terraform applies a change.
    pub fn note_change(&self) {
        self.0.has_applied.store(true, Ordering::Relaxed);
    }

    /// Whether Terraform has applied a change, so that it no longer plans for a plan.
    pub fn has_applied(&self) -> bool {
        self.0.has_applied.load(Ordering::Relaxed)
    }

    /// Records an object that a plan or a delete removes from state.
    pub fn note_removed(&self, key: String) {
        lock(&self.0.removed).push(key);
    }

    /// Number of objects with this key that plans and deletes remove from state.
    pub fn removed(&self, key: &str) -> usize {
        lock(&self.0.removed).iter().filter(|other| *other == key).count()
    }

    /// Records an object that a create has taken over.
    pub fn note_taken_over(&self, key: String) {
        lock(&self.0.taken_over).insert(key);
    }

    /// Whether a create of this process has taken over the object with this key.
    pub fn has_taken_over(&self, key: &str) -> bool {
        lock(&self.0.taken_over).contains(key)
    }

    /// Whether the delete half of a replacement has destroyed the object with this key, and its create half has not begun.
    pub fn has_half(&self, key: &str) -> bool {
        lock(&self.0.handed_over)
            .get(key)
            .is_some_and(|handover| self.is_present_half(handover))
    }

    /// Returns what the object with this key left that the delete half of a replacement has destroyed, until its create half takes it.
    pub fn half(&self, key: &str) -> Option<Handover> {
        let handed_over = lock(&self.0.handed_over);
        let handover = handed_over.get(key)?;
        self.is_present_half(handover).then(|| handover.clone())
    }

    /// Whether the delete half of any replacement of a resource waits for its create half.
    pub fn has_any_half(&self, resource: &str) -> bool {
        lock(&self.0.handed_over).iter().any(|(key, handover)| {
            let (of, _) = key.split_once('/').unwrap_or_default();
            of == resource && self.is_present_half(handover)
        })
    }

    fn is_present_half(&self, handover: &Handover) -> bool {
        handover.half == Some(self.begins())
    }

    /// Records the plan of a resource of an object. `shared_key` is `None` if the identity of the object is unknown, but for its read
    /// operation.
    pub fn note_managed(&self, read: &str, shared_key: Option<String>, resource: &str) {
        let managed = Managed {
            shared_key,
            read: read.to_owned(),
            resource: resource.to_owned(),
        };
        lock(&self.0.planned).managed.push(managed);
    }

    /// Returns the resources whose plans manage an object, or may manage it.
    pub fn managed_by(&self, read: &str, shared_key: &str) -> Vec<String> {
        let planned = lock(&self.0.planned);
        let managing = planned.managed.iter().filter(|managed| {
            let known = managed.shared_key.as_deref();
            managed.read == read && known.is_none_or(|known| known == shared_key)
        });
        managing.map(|managed| managed.resource.clone()).collect()
    }

    /// Records that the plan of a destroy of a resource releases an object.
    pub fn note_released(&self, read: &str, shared_key: String, resource: &'static Resource) {
        lock(&self.0.planned)
            .released
            .push((read.to_owned(), shared_key, resource));
    }

    /// Returns the resources whose destroys release an object; with `None`, any object of this read operation.
    pub fn released_by(&self, read: &str, shared_key: Option<&str>) -> Vec<&'static Resource> {
        let planned = lock(&self.0.planned);
        let released = planned.released.iter().filter(|(released_read, released, _)| {
            released_read == read && shared_key.is_none_or(|key| key == released)
        });
        released.map(|(_, _, resource)| *resource).collect()
    }

    /// Counts a request of Terraform that others may follow, until the result is dropped.
    pub fn begin_request(&self) -> ActiveRequest {
        let mut activity = lock(&self.0.activity);
        activity.in_progress += 1;
        activity.last = Instant::now();
        drop(activity);
        ActiveRequest(self.clone())
    }

    /// Waits until `is_there`. Ends once there was no request of Terraform for the time `quiet`, but for those that wait, or after
    /// `patience`, or when `cancel` is cancelled.
    pub async fn wait_for_requests(
        &self,
        is_there: impl Fn() -> bool,
        quiet: Duration,
        patience: Duration,
        cancel: &CancellationToken,
    ) {
        let started = Instant::now();
        loop {
            let is_late = started.elapsed() > patience;
            if is_there() || self.is_quiet_for(quiet) || is_late || cancel.is_cancelled() {
                return;
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// Counts a request of Terraform that waits for others, until the result is dropped.
    pub fn begin_wait(&self) -> Wait {
        lock(&self.0.activity).waiting += 1;
        Wait(self.clone())
    }

    /// Whether no request of Terraform has begun or ended for a time, and all that are in progress wait.
    fn is_quiet_for(&self, time: Duration) -> bool {
        let activity = lock(&self.0.activity);
        activity.in_progress <= activity.waiting && activity.last.elapsed() > time
    }

    /// Records that Terraform refreshes an object.
    pub fn note_refresh(&self) {
        self.0.has_refreshed.store(true, Ordering::Relaxed);
    }

    /// Whether this process plans: Terraform refreshes objects for plans only, and nothing is changed meanwhile. `false` says nothing.
    pub fn is_planning(&self) -> bool {
        self.0.has_refreshed.load(Ordering::Relaxed)
    }

    /// Returns the reads of the objects of a resource.
    pub fn demand(&self, resource: &str) -> Arc<Demand> {
        Arc::clone(lock(&self.0.demands).entry(resource.to_owned()).or_default())
    }

    /// Records the names of all objects of a resource.
    pub fn note_names(&self, resource: &str, names: Arc<Index>) {
        lock(&self.0.names).insert(resource.to_owned(), names);
    }

    /// Whether an object of a resource had the name when they were listed last.
    pub fn has_listed_name(&self, resource: &str, name: &str) -> bool {
        lock(&self.0.names)
            .get(resource)
            .is_some_and(|names| names.contains_key(name))
    }

    /// Records the values that a plan gives an object that others follow, by its name. `is_new` if the plan creates it.
    pub fn note_planned_values(&self, resource: &str, name: &str, values: PlannedValues, is_new: bool) {
        lock(&self.0.planned_objects).note_values(resource, name, values, is_new);
    }

    /// Keeps the fingerprints of an object that others follow, for the plans of this process.
    pub fn note_fingerprints(&self, key: String, fingerprints: Fingerprints) {
        lock(&self.0.fingerprints).insert(key, fingerprints);
    }

    /// Returns the fingerprints of an object that a plan of this process has read.
    pub fn fingerprints(&self, key: &str) -> Option<Fingerprints> {
        lock(&self.0.fingerprints).get(key).cloned()
    }

    /// Returns the values that plans give the object with a name: those that they change.
    pub fn planned_values(&self, resource: &str, name: &str) -> PlannedValues {
        lock(&self.0.planned_objects).values(resource, name)
    }

    /// Records a planned object, and returns its position among those of its resource; `None` if it cannot be encoded.
    pub fn add_planned(&self, resource: &Resource, object: &Value) -> Option<usize> {
        lock(&self.0.planned_objects).add(resource, object)
    }

    /// Records that a plan destroys the object with this identity.
    pub fn add_destroyed(&self, resource: &Resource, identity: String) {
        lock(&self.0.planned_objects).add_destroyed(resource, identity);
    }

    /// Whether a plan destroys the object with this identity.
    pub fn is_destroy_planned(&self, resource: &Resource, identity: &str) -> bool {
        lock(&self.0.planned_objects).is_destroyed(resource, identity)
    }

    /// Whether a plan has the object with this identity.
    pub fn has_planned_identity(&self, resource: &Resource, identity: &str) -> bool {
        lock(&self.0.planned_objects).has(resource, identity)
    }

    /// Returns the planned objects in which an attribute has this value, each with its position.
    pub fn find_planned(
        &self,
        resource: &Resource,
        attribute: &Attribute,
        value: &str,
    ) -> Vec<(usize, Value)> {
        lock(&self.0.planned_objects).find(resource, attribute, value)
    }

    /// Returns all planned objects of a resource, each with its position.
    pub fn all_planned(&self, resource: &Resource) -> Vec<(usize, Value)> {
        lock(&self.0.planned_objects).all(resource)
    }

    /// Records that the objects of a resource or data source cannot be checked. Returns whether this is the first time.
    pub fn note_failed_check(&self, name: &str) -> bool {
        lock(&self.0.failed_checks).insert(name.to_owned())
    }

    /// Whether the objects of a resource or data source cannot be checked.
    pub fn has_failed_check(&self, name: &str) -> bool {
        lock(&self.0.failed_checks).contains(name)
    }

    /// Counts an object under a key. Returns the number of other objects that were counted under it before.
    pub fn count_under(&self, key: &str, object: String) -> usize {
        let mut counts = lock(&self.0.counts);
        let counted = counts.entry(key.to_owned()).or_default();
        counted.insert(object);
        counted.len() - 1
    }

    /// Records the name of a planned object.
    pub fn note_planned_name(&self, resource: &str, name: &str) {
        let mut planned = lock(&self.0.planned);
        planned
            .names
            .entry(resource.to_owned())
            .or_default()
            .insert(name.to_owned());
        drop(planned);
        self.0.has_planned.announce();
    }

    /// Waits until this process has planned an object with the name, for [`NAME_PATIENCE`] at most.
    pub async fn wait_for_name(&self, resource: &str, name: &str) {
        let is_planned = || self.has_planned_name(resource, name);
        self.0.has_planned.wait(NAME_PATIENCE, is_planned).await;
    }

    /// Whether this process has planned an object with the name.
    pub fn has_planned_name(&self, resource: &str, name: &str) -> bool {
        lock(&self.0.planned)
            .names
            .get(resource)
            .is_some_and(|names| names.contains(name))
    }

    /// Records that an object is renamed.
    pub fn note_rename(&self, resource: &str, from: &str, to: &str) {
        let mut planned = lock(&self.0.planned);
        let renames = planned.renames.entry(resource.to_owned()).or_default();
        renames.insert(from.to_owned(), to.to_owned());
    }

    /// Returns the planned renames.
    pub fn renames(&self) -> Renames {
        lock(&self.0.planned).renames.clone()
    }

    /// Records an object that is replaced because it names other objects of a resource.
    pub fn note_replaced(
        &self,
        referenced: &str,
        removed: BTreeSet<String>,
        added: BTreeSet<String>,
        title: String,
    ) {
        lock(&self.0.planned).replaced.push(ReplacedForNames {
            referenced: referenced.to_owned(),
            removed,
            added,
            title,
        });
    }

    /// Returns the titles of the objects that were replaced because of one name instead of another.
    pub fn replaced_for(&self, referenced: &str, removed: &str, added: &str) -> Vec<String> {
        let planned = lock(&self.0.planned);
        let replaced = planned.replaced.iter().filter(|object| {
            object.referenced == referenced
                && object.removed.contains(removed)
                && object.added.contains(added)
        });
        replaced.map(|object| object.title.clone()).collect()
    }

    /// Records a planned object, and returns those that were planned before with the same key.
    pub fn note_planned_object(&self, key: String, object: PlannedObject) -> Vec<PlannedObject> {
        let mut planned = lock(&self.0.planned);
        let objects = planned.objects.entry(key).or_default();
        let earlier = objects.clone();
        objects.push(object);
        earlier
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
        self.0.has_found.announce();
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
        let is_found = || {
            lock(&self.0.found)
                .iter()
                .any(|(other, found)| found.is_evidence && found.here == *here && other != key)
        };
        self.0.has_found.wait(patience, is_found).await
    }

    /// Records that this process created an object.
    pub fn note_created(&self, key: String) {
        lock(&self.0.created).insert(key, Instant::now());
    }

    /// Records that a create is sent. `name` is null for an object without a name.
    pub fn note_create(&self, resource: &str, name: &Json) {
        let key = format!("{resource}/{name}");
        *lock(&self.0.creates).entry(key).or_default() += 1;
    }

    /// Returns the number of creates of objects of a resource with a name.
    pub fn creates_of(&self, resource: &str, name: &Json) -> usize {
        let key = format!("{resource}/{name}");
        lock(&self.0.creates).get(&key).copied().unwrap_or_default()
    }

    /// Whether this process created the object.
    pub fn has_created(&self, key: &str) -> bool {
        lock(&self.0.created).contains_key(key)
    }

    /// Returns the time since this process created the object.
    pub fn age(&self, key: &str) -> Option<Duration> {
        lock(&self.0.created).get(key).map(Instant::elapsed)
    }

    /// Keeps what an object leaves that is destroyed until its replacement takes it.
    pub fn hand_over(&self, key: String, handover: Handover) {
        lock(&self.0.handed_over).insert(key, handover);
    }

    /// Takes what the destroyed object with this key left.
    pub fn take_handover(&self, key: &str) -> Option<Handover> {
        lock(&self.0.handed_over).remove(key)
    }
}

/// Adds an object unless it is there, and returns the titles of those before it.
fn note_in_order(objects: &Mutex<Vec<(String, String)>>, key: String, title: String) -> Vec<String> {
    let mut objects = lock(objects);
    let position = objects.iter().position(|(other, _)| *other == key);
    let earlier = objects.iter().take(position.unwrap_or(objects.len()));
    let titles = earlier.map(|(_, title)| title.clone()).collect();
    if position.is_none() {
        objects.push((key, title));
    }
    titles
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
