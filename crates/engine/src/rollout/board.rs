//! Which objects may have their run now: the groups of a rollout as plain data, and the rules that admit, hold back and refuse.
//!
//! Terraform runs the two halves of a replacement as two steps, first come, first served, and a limited number at once. So a delete half
//! does not hold its place until its create half begins: it is a gate. It passes when its group has room, and its create half takes the
//! place. If that does not arrive in time, delete halves that wait occupy all of Terraform's steps, or the create half depends on one of
//! them: the gate opens for all, and from then on each create half waits for its own place. Decision: `decisions/6-rollouts.md`.
//!
//! A group whose unavailable members leave no room is stuck, unless one of them gets its own run. That may stand behind all that wait, so
//! these then make way: delete halves pass, one after another, and create halves are refused if an unavailable member is to come.
//!
//! Tests: `crates/engine/src/rollout/board/table.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use super::policy::{Clash, Policy, Setting};

#[cfg(test)]
mod table;

/// How long the create half of a replacement may take to arrive after its delete half has passed.
pub const ARRIVAL: Duration = Duration::from_secs(10);

/// Shortest time between two objects of a stuck group that make way.
const WAY: Duration = Duration::from_secs(1);

/// How old the list of the members may be, and the shortest time between two of them.
pub const LIST_AGE: Duration = Duration::from_secs(10);

/// How long nothing may arrive before one is admitted: what failed last time goes first.
pub const QUIET: Duration = Duration::from_millis(600);

/// How long arrivals may delay an admission.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// Identifies an object that waits for its run, or has it.
pub type Ticket = u64;

/// The objects of this process that wait for their run, or have it. `L` is what an object of a group holds while it has its place.
pub struct Board<L> {
    groups: BTreeMap<String, Group>,
    entries: BTreeMap<Ticket, Entry<L>>,
    /// Whether the gate is open: delete halves no longer wait.
    is_open: bool,
    last_ticket: Ticket,
    last_arrival: Option<Instant>,
}

/// The objects with one policy.
struct Group {
    policy: Policy,
    /// How diagnostics name the object that brought the policy.
    title: String,
    /// The keys of the objects that arrived.
    keys: BTreeSet<String>,
    succeeded: usize,
    /// The objects whose runs failed: key and title.
    failed: Vec<(String, String)>,
    stop: Option<Stop>,
    list: Option<Members>,
    /// When the last list was requested.
    listed: Option<Instant>,
    /// Whether its response is missing.
    is_listing: bool,
    /// Whether objects were available when their runs ended. Without members, only those are counted whose runs may be active.
    ended: BTreeMap<String, (Instant, bool)>,
    /// If the group is stuck: when the next object makes way.
    way: Option<Instant>,
    /// The delete half that made way last: its key, and the last ticket then.
    probe: Option<(String, Ticket)>,
    /// Whether all steps of Terraform's queue have arrived: its create half came, and no further delete half before that.
    is_complete: bool,
}

/// The members that the control plane shows as unavailable.
struct Members {
    began: Instant,
    ended: Instant,
    unavailable: BTreeSet<String>,
}

/// Why no further run of a group is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// More runs failed than the policy allows.
    Failures {
        /// The objects.
        failed: Vec<String>,
        /// The number that is allowed.
        allowed: u64,
    },
    /// Two objects of the group have other values of a setting.
    Differs {
        /// The setting.
        setting: Setting,
        /// The objects.
        titles: [String; 2],
    },
    /// Another group has the same members.
    Overlaps {
        /// The groups.
        groups: [String; 2],
    },
    /// The objects whose runs failed are unavailable, and leave no room.
    NoRoom {
        /// The objects.
        failed: Vec<String>,
    },
    /// It makes way for an unavailable object that is to come. Only this one is refused.
    Way {
        /// That object.
        title: String,
    },
    /// The members cannot be listed.
    Unlisted {
        /// The error.
        reason: String,
    },
}

/// Which objects go first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// Its run failed last time, or it is unavailable.
    Broken,
    /// State does not have it: a killed apply may have started its run.
    New,
    /// It replaces an object.
    Sound,
}

/// An object that arrives.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// [`crate::identity::key`] of the object that gets the run.
    pub key: String,
    /// How diagnostics name it.
    pub title: String,
    /// `None` if only the limit of the provider block concerns it.
    pub policy: Option<Policy>,
    /// Whether it is the delete half of a replacement.
    pub is_delete: bool,
    /// Its place in the order.
    pub rank: Rank,
    /// Whether it has a run already: it takes its place without waiting.
    pub has_run: bool,
}

struct Entry<L> {
    key: String,
    title: String,
    group: Option<String>,
    is_delete: bool,
    rank: Rank,
    has_run: bool,
    arrived: Instant,
    stage: Stage<L>,
}

enum Stage<L> {
    Waiting,
    /// The delete half has passed, and the create half has not arrived.
    Passed {
        /// When the delete half ended; `None` while it is in progress.
        since: Option<Instant>,
        lease: Option<L>,
    },
    Running {
        _lease: Option<L>,
    },
    /// It was let through without a place.
    Through,
    /// The delete half has ended without a place, and the create half has not arrived.
    Expected,
    /// It makes way.
    Refused(Stop),
}

/// What an object may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may go on.
    Admitted,
    /// It may not, and nothing is sent.
    Refused(Stop),
    /// It has to wait.
    Waiting,
}

/// How the run of an object ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It succeeded, and the object is available.
    Succeeded,
    /// It failed, or the object is not available.
    Failed,
    /// The change failed, and its run may still be active.
    Unfinished,
    /// It was interrupted, or there was none.
    Neither,
}

/// What holds objects of a group back, for diagnostics and log lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// The name of the group; `None` for objects without one.
    pub group: Option<String>,
    /// Number of objects that wait.
    pub waiting: usize,
    /// The objects that have their run.
    pub running: Vec<String>,
    /// The keys of the members that the control plane shows as unavailable.
    pub unavailable: Vec<String>,
}

impl<L> Default for Board<L> {
    fn default() -> Self {
        Self {
            groups: BTreeMap::new(),
            entries: BTreeMap::new(),
            is_open: false,
            last_ticket: 0,
            last_arrival: None,
        }
    }
}

impl<L> Entry<L> {
    fn is_waiting(&self) -> bool {
        matches!(self.stage, Stage::Waiting)
    }

    fn has_place(&self) -> bool {
        matches!(self.stage, Stage::Passed { .. } | Stage::Running { .. })
    }

    /// Whether it is a delete half that has ended.
    fn is_half(&self) -> bool {
        matches!(self.stage, Stage::Passed { since: Some(_), .. } | Stage::Expected)
    }
}

impl Group {
    /// The members that are unavailable, as far as is known; `None` if the list is missing or too old.
    fn unavailable(&self, now: Instant) -> Option<BTreeSet<&str>> {
        if self.policy.members.is_empty() {
            let ended = self.ended.iter().filter(|(_, (_, is_available))| !is_available);
            return Some(ended.map(|(key, _)| key.as_str()).collect());
        }
        let list = self.list.as_ref().filter(|list| now < list.ended + LIST_AGE)?;
        let later = |key: &str| self.ended.get(key).filter(|(time, _)| *time > list.began);
        let listed = list.unavailable.iter().map(String::as_str);
        let listed = listed.filter(|key| later(key).is_none());
        let ended = self.ended.keys().map(String::as_str);
        let ended = ended.filter(|key| later(key).is_some_and(|(_, is_available)| !is_available));
        Some(listed.chain(ended).collect())
    }
}

/// The load of a group during one [`Board::advance`].
struct Load<'a> {
    /// Number of objects with a place.
    placed: usize,
    /// Number of unavailable members without a place.
    unplaced: usize,
    unavailable: BTreeSet<&'a str>,
    capacity: usize,
    /// Whether the list of the members is not too old.
    is_known: bool,
    /// Whether other processes have the last place.
    is_closed: bool,
}

impl Load<'_> {
    /// Whether an object may have a place. One that is unavailable already makes no further one so: otherwise two broken ones would
    /// block each other.
    fn has_room_for(&self, key: &str) -> bool {
        let others = if self.unavailable.contains(key) {
            self.placed
        } else {
            self.placed + self.unplaced
        };
        self.is_known && !self.is_closed && others < self.capacity
    }

    /// Whether nothing of the group has a place, and unavailable members leave no room.
    fn is_stuck(&self) -> bool {
        self.placed == 0 && self.unplaced >= self.capacity
    }
}

impl<L> Board<L> {
    /// Forgets what earlier commands left. Objects that still wait or have their run stay.
    pub fn begin(&mut self) {
        self.entries.retain(|_, entry| !entry.is_half());
        let groups: BTreeSet<&str> = self
            .entries
            .values()
            .filter_map(|entry| entry.group.as_deref())
            .collect();
        self.groups.retain(|name, _| groups.contains(name.as_str()));
        self.is_open &= !self.entries.is_empty();
    }

    /// Adds an object that waits. A create half takes the place that its delete half left, unless its group was not known then.
    pub fn arrive(&mut self, arrival: Arrival, now: Instant) -> Ticket {
        let Arrival {
            key,
            title,
            policy,
            is_delete,
            rank,
            has_run,
        } = arrival;
        if let Some(policy) = &policy {
            self.join(policy, &key, &title);
        }
        let group = policy.map(|policy| policy.group);
        let is_stopped = self.stop(group.as_deref()).is_some();
        let passed = self
            .entries
            .extract_if(.., |_, entry| !is_delete && entry.is_half() && entry.key == key);
        let stage = match passed.last() {
            Some((
                _,
                Entry {
                    stage: Stage::Passed { lease, .. },
                    group: before,
                    ..
                },
            )) if !is_stopped && before == group => Stage::Running { _lease: lease },
            _ => Stage::Waiting,
        };
        let entry = Entry {
            key,
            title,
            group,
            is_delete,
            rank,
            has_run,
            arrived: now,
            stage,
        };
        self.look_at_queue(&entry);
        self.last_arrival = Some(now);
        self.last_ticket += 1;
        self.entries.insert(self.last_ticket, entry);
        self.last_ticket
    }

    /// Finds out whether objects stand behind those that wait: Terraform's queue is first come, first served.
    fn look_at_queue(&mut self, entry: &Entry<L>) {
        for group in self.groups.values_mut() {
            match &group.probe {
                Some((key, last)) if *key == entry.key && !entry.is_delete => {
                    let mut later = self.entries.range(last + 1..);
                    group.is_complete = !later.any(|(_, entry)| entry.is_delete);
                    group.probe = None;
                }
                _ if entry.is_delete => group.is_complete = false,
                _ => {}
            }
        }
    }

    /// Adds an object to its group. A policy that clashes with another stops the group.
    fn join(&mut self, policy: &Policy, key: &str, title: &str) {
        let mut stop = None;
        for (name, group) in self.groups.iter_mut().filter(|(name, _)| **name != policy.group) {
            if group.policy.clash_with(&group.keys, policy, key).is_some() {
                let overlap = Stop::Overlaps {
                    groups: [name.clone(), policy.group.clone()],
                };
                group.stop.get_or_insert(overlap.clone());
                stop = Some(overlap);
            }
        }
        if let Some(group) = self.groups.get_mut(&policy.group) {
            if let Some(Clash::Differs(setting)) = group.policy.clash_with(&group.keys, policy, key) {
                group.stop.get_or_insert_with(|| Stop::Differs {
                    setting,
                    titles: [group.title.clone(), title.to_owned()],
                });
            }
            if group.policy.is_provisional {
                (group.policy, group.title) = (policy.clone(), title.to_owned());
            }
            group.keys.insert(key.to_owned());
            group.stop = group.stop.take().or(stop);
            return;
        }
        let group = Group {
            policy: policy.clone(),
            title: title.to_owned(),
            keys: BTreeSet::from([key.to_owned()]),
            succeeded: 0,
            failed: Vec::new(),
            stop,
            list: None,
            listed: None,
            is_listing: false,
            ended: BTreeMap::new(),
            way: None,
            probe: None,
            is_complete: false,
        };
        self.groups.insert(policy.group.clone(), group);
    }

    fn stop(&self, group: Option<&str>) -> Option<&Stop> {
        self.groups.get(group?)?.stop.as_ref()
    }

    /// Changes the place of an object in the order.
    pub fn set_rank(&mut self, ticket: Ticket, rank: Rank) {
        if let Some(entry) = self.entries.get_mut(&ticket) {
            entry.rank = rank;
        }
    }

    /// Returns what an object may do.
    pub fn verdict(&self, ticket: Ticket) -> Verdict {
        let Some(entry) = self.entries.get(&ticket) else {
            return Verdict::Admitted;
        };
        match (&entry.stage, self.stop(entry.group.as_deref())) {
            (Stage::Waiting, Some(stop)) if !entry.has_run => Verdict::Refused(stop.clone()),
            (Stage::Waiting, _) => Verdict::Waiting,
            (Stage::Refused(stop), _) => Verdict::Refused(stop.clone()),
            _ => Verdict::Admitted,
        }
    }

    /// Admits those that have room, in the order of their ranks and of their arrival. `limit` is that of the provider block. `acquire`
    /// returns what the object of a group with this number of places holds; `None` if other processes have all of them. Returns whether any
    /// was admitted.
    pub fn advance(
        &mut self,
        now: Instant,
        limit: Option<usize>,
        mut acquire: impl FnMut(&str, usize) -> Option<L>,
    ) -> bool {
        self.open_late(now);
        let mut loads = self.loads(now);
        let mut waiting: Vec<_> = self
            .entries
            .iter()
            .filter(|(_, entry)| entry.is_waiting())
            .map(|(ticket, entry)| {
                let load = entry.group.as_ref().and_then(|group| loads.get(group));
                let is_unavailable = load.is_some_and(|load| load.unavailable.contains(entry.key.as_str()));
                let rank = if is_unavailable { Rank::Broken } else { entry.rank };
                (!entry.has_run, rank, *ticket)
            })
            .collect();
        if waiting.is_empty() {
            return false;
        }
        waiting.sort_unstable();
        let mut placed = self.entries.values().filter(|entry| entry.has_place()).count();
        let mut stages = Vec::new();
        for (.., ticket) in waiting {
            let Some(entry) = self.entries.get(&ticket) else {
                continue;
            };
            let is_stopped = self.stop(entry.group.as_deref()).is_some();
            if entry.is_delete && self.is_open && !is_stopped {
                stages.push((ticket, Stage::Through));
                continue;
            }
            let load = entry.group.as_deref().and_then(|group| loads.get_mut(group));
            let has_room = !is_stopped
                && self.is_settled(entry, now)
                && limit.is_none_or(|limit| placed < limit)
                && load.as_ref().is_none_or(|load| load.has_room_for(&entry.key));
            if !has_room && !entry.has_run {
                continue;
            }
            let mut lease = None;
            if let Some(load) = load {
                lease = acquire(entry.group.as_deref().unwrap_or_default(), load.capacity);
                if lease.is_none() {
                    load.is_closed = true;
                    if !entry.has_run {
                        continue;
                    }
                }
                load.placed += 1;
                load.unplaced -= usize::from(load.unavailable.remove(entry.key.as_str()));
            }
            placed += 1;
            let stage = if entry.is_delete {
                Stage::Passed { since: None, lease }
            } else {
                Stage::Running { _lease: lease }
            };
            stages.push((ticket, stage));
        }
        let known = loads.iter().filter(|(_, load)| load.is_known);
        let known: Vec<(String, bool)> = known
            .map(|(name, load)| (name.clone(), load.is_stuck()))
            .collect();
        let mut is_any = !stages.is_empty();
        for (ticket, stage) in stages {
            if let Some(entry) = self.entries.get_mut(&ticket) {
                entry.stage = stage;
            }
        }
        for (name, is_stuck) in known {
            if is_stuck {
                is_any |= self.make_way(&name, now);
            } else if let Some(group) = self.groups.get_mut(&name) {
                group.way = None;
            }
        }
        is_any
    }

    /// Lets an object of a stuck group make way, when it is time. Returns whether one did.
    fn make_way(&mut self, name: &str, now: Instant) -> bool {
        let Some(group) = self.groups.get_mut(name).filter(|group| group.stop.is_none()) else {
            return false;
        };
        let way = *group.way.get_or_insert(now + ARRIVAL);
        if now < way {
            return false;
        }
        let unavailable = group.unavailable(now).unwrap_or_default();
        let broken = group
            .failed
            .iter()
            .filter(|(key, _)| unavailable.contains(key.as_str()));
        let failed: Vec<String> = broken.map(|(_, title)| title.clone()).collect();
        if failed.len() >= group.policy.capacity(group.succeeded) {
            group.stop = Some(Stop::NoRoom { failed });
            return true;
        }
        let mut expected = self
            .entries
            .values()
            .filter(|entry| matches!(entry.stage, Stage::Expected));
        let expected = expected
            .find(|entry| entry.group.as_deref() == Some(name) && unavailable.contains(entry.key.as_str()));
        let expected = expected.map(|entry| entry.title.clone());
        let is_complete = group.is_complete;
        let waiting = self.entries.values_mut().filter(|entry| {
            let is_waiting = matches!(entry.stage, Stage::Waiting) && entry.group.as_deref() == Some(name);
            is_waiting && (expected.is_some() || entry.is_delete && !is_complete)
        });
        // Delete halves first: they lose nothing.
        let Some(entry) = waiting.max_by_key(|entry| entry.is_delete) else {
            return false;
        };
        let is_delete = entry.is_delete;
        let probe = (entry.key.clone(), self.last_ticket);
        entry.stage = match expected {
            Some(title) if !is_delete => Stage::Refused(Stop::Way { title }),
            _ => Stage::Through,
        };
        if let Some(group) = self.groups.get_mut(name) {
            group.way = Some(now + WAY);
            if is_delete {
                group.probe.get_or_insert(probe);
            }
        }
        true
    }

    /// Opens the gate if a create half did not arrive in time. Delete halves that have ended lose their places.
    fn open_late(&mut self, now: Instant) {
        let is_late = |entry: &Entry<L>| match entry.stage {
            Stage::Passed { since, .. } => since.is_some_and(|since| now >= since + ARRIVAL),
            _ => false,
        };
        if !self.is_open && self.entries.values().any(is_late) {
            self.is_open = true;
            for entry in self.entries.values_mut().filter(|entry| entry.is_half()) {
                entry.stage = Stage::Expected;
            }
        }
    }

    fn loads(&self, now: Instant) -> BTreeMap<String, Load<'_>> {
        let loads = self.groups.iter().map(|(name, group)| {
            let unavailable = group.unavailable(now);
            let load = Load {
                placed: 0,
                unplaced: unavailable.as_ref().map_or(0, BTreeSet::len),
                capacity: group.policy.capacity(group.succeeded),
                is_known: unavailable.is_some(),
                is_closed: false,
                unavailable: unavailable.unwrap_or_default(),
            };
            (name.clone(), load)
        });
        let mut loads: BTreeMap<String, Load<'_>> = loads.collect();
        for entry in self.entries.values().filter(|entry| entry.has_place()) {
            if let Some(load) = entry.group.as_ref().and_then(|group| loads.get_mut(group)) {
                load.placed += 1;
                load.unplaced -= usize::from(load.unavailable.remove(entry.key.as_str()));
            }
        }
        loads
    }

    /// Whether nothing arrives at the moment, or the object has waited for that long enough.
    fn is_settled(&self, entry: &Entry<L>, now: Instant) -> bool {
        let is_quiet = self.last_arrival.is_none_or(|last| now >= last + QUIET);
        is_quiet || now >= entry.arrived + PATIENCE
    }

    /// Begins a list of the members of a group that waits for one. Returns the policy of the group.
    pub fn begin_list(&mut self, now: Instant) -> Option<Policy> {
        let waiting = self.entries.values().filter(|entry| entry.is_waiting());
        let waiting: BTreeSet<&str> = waiting.filter_map(|entry| entry.group.as_deref()).collect();
        let mut groups = self.groups.iter_mut();
        let (_, group) = groups.find(|(name, group)| {
            let is_due = !group.is_listing && group.listed.is_none_or(|listed| now >= listed + LIST_AGE);
            is_due
                && !group.policy.members.is_empty()
                && group.stop.is_none()
                && waiting.contains(name.as_str())
        })?;
        group.listed = Some(now);
        group.is_listing = true;
        Some(group.policy.clone())
    }

    /// Ends the list that is in progress. `listed` has the unavailable members, or why there will be no list later, either; `None` if
    /// there may be one.
    pub fn end_list(&mut self, group: &str, now: Instant, listed: Option<Result<BTreeSet<String>, String>>) {
        let Some(group) = self.groups.get_mut(group) else {
            return;
        };
        group.is_listing = false;
        match listed {
            Some(Ok(unavailable)) => {
                let began = group.listed.unwrap_or(now);
                group.ended.retain(|_, (time, _)| *time > began);
                group.list = Some(Members {
                    began,
                    ended: now,
                    unavailable,
                });
            }
            Some(Err(reason)) => {
                group.stop.get_or_insert(Stop::Unlisted { reason });
            }
            None => {}
        }
    }

    /// Ends a delete half that was admitted. Its place stays for the create half, unless the delete failed.
    pub fn end_delete(&mut self, ticket: Ticket, is_deleted: bool, now: Instant) {
        match self.entries.get_mut(&ticket) {
            Some(entry) if is_deleted => match &mut entry.stage {
                Stage::Passed { since, .. } if !self.is_open => *since = Some(now),
                stage => *stage = Stage::Expected,
            },
            _ => drop(self.entries.remove(&ticket)),
        }
    }

    /// Ends the run of an object, or its wait. `title` is how diagnostics name it now.
    pub fn end(&mut self, ticket: Ticket, end: End, title: String, now: Instant) {
        let Some(Entry { key, group, .. }) = self.entries.remove(&ticket) else {
            return;
        };
        let Some(group) = group.and_then(|group| self.groups.get_mut(&group)) else {
            return;
        };
        match end {
            End::Succeeded => {
                group.succeeded += 1;
                group.ended.insert(key, (now, true));
            }
            End::Failed | End::Unfinished => {
                if end == End::Unfinished || !group.policy.members.is_empty() {
                    group.ended.insert(key.clone(), (now, false));
                }
                group.failed.push((key, title));
                let allowed = group.policy.failures;
                if u64::try_from(group.failed.len()).unwrap_or(u64::MAX) > allowed {
                    let failed = group.failed.iter().map(|(_, title)| title.clone()).collect();
                    group.stop.get_or_insert(Stop::Failures { failed, allowed });
                }
            }
            End::Neither => {}
        }
    }

    /// Whether something arrived a short time ago.
    pub fn is_settling(&self, now: Instant) -> bool {
        self.last_arrival.is_some_and(|last| now < last + PATIENCE)
    }

    /// Returns what waits.
    pub fn queues(&self, now: Instant) -> Vec<Queue> {
        let mut queues: BTreeMap<Option<&str>, Queue> = BTreeMap::new();
        for entry in self.entries.values() {
            let name = entry.group.as_deref();
            let queue = queues.entry(name).or_insert_with(|| Queue {
                group: name.map(str::to_owned),
                waiting: 0,
                running: Vec::new(),
                unavailable: name
                    .and_then(|name| self.groups.get(name)?.unavailable(now))
                    .map(|unavailable| unavailable.into_iter().map(str::to_owned).collect())
                    .unwrap_or_default(),
            });
            if entry.is_waiting() {
                queue.waiting += 1;
            } else if entry.has_place() {
                queue.running.push(entry.title.clone());
            }
        }
        queues.into_values().filter(|queue| queue.waiting > 0).collect()
    }
}
