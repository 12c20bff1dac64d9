//! The rollouts of one provider process, which its requests share.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::time::Instant;

use super::board::{Board, Queue, Ticket, Verdict};
use super::lease::Lease;
use super::policy::{Clash, Policy};

/// Shortest time between two looks of objects that wait, unless something changed.
const INTERVAL: Duration = Duration::from_millis(200);

/// The same while objects arrive.
const SHORT_INTERVAL: Duration = Duration::from_millis(10);

/// Time between two log lines about what waits.
const LOG_INTERVAL: Duration = Duration::from_mins(1);

/// The rollouts of this process: what waits, and the policies of its plans.
#[derive(Default)]
pub struct Rollouts {
    inner: Mutex<Inner>,
    changed: Notify,
}

#[derive(Default)]
struct Inner {
    board: Board<Lease>,
    /// The groups of plans.
    planned: Vec<PlannedGroup>,
    /// When [`Board::advance`] was called last; `None` if something changed since.
    advanced: Option<Instant>,
    logged: Option<Instant>,
}

struct PlannedGroup {
    policy: Policy,
    /// How diagnostics name the object that brought the policy.
    title: String,
    /// The keys of the objects.
    keys: BTreeSet<String>,
}

impl Rollouts {
    /// Forgets what belongs to one command of Terraform. Objects that still wait or have their run stay.
    pub fn begin(&self) {
        let mut inner = self.lock();
        inner.board.begin();
        inner.planned.clear();
    }

    /// Adds a planned object with its key. Returns why its policy cannot hold, with the group and the title of the object that has the other
    /// one.
    pub fn plan(&self, policy: &Policy, key: &str, title: &str) -> Option<(Clash, String, String)> {
        let mut inner = self.lock();
        let clash = inner.planned.iter().find_map(|other| {
            let clash = other.policy.clash_with(&other.keys, policy, key)?;
            Some((clash, other.policy.group.clone(), other.title.clone()))
        });
        let mut planned = inner.planned.iter_mut();
        if let Some(group) = planned.find(|other| other.policy.group == policy.group) {
            group.keys.insert(key.to_owned());
        } else {
            inner.planned.push(PlannedGroup {
                policy: policy.clone(),
                title: title.to_owned(),
                keys: BTreeSet::from([key.to_owned()]),
            });
        }
        clash
    }

    /// Changes the board, and wakes those that wait.
    pub fn change<T>(&self, change: impl FnOnce(&mut Board<Lease>) -> T) -> T {
        let mut inner = self.lock();
        let changed = change(&mut inner.board);
        inner.advanced = None;
        drop(inner);
        self.changed.notify_waiters();
        changed
    }

    /// Begins a list, see [`Board::begin_list`].
    pub fn begin_list(&self, now: Instant) -> Option<Policy> {
        self.lock().board.begin_list(now)
    }

    /// Admits those that have room, unless that was done a moment ago, and returns what one object may do. `limit` and `acquire` are those
    /// of [`Board::advance`].
    pub fn look(
        &self,
        ticket: Ticket,
        now: Instant,
        limit: Option<usize>,
        acquire: impl FnMut(&str, usize) -> Option<Lease>,
    ) -> Verdict {
        let mut inner = self.lock();
        let interval = if inner.board.is_settling(now) {
            SHORT_INTERVAL
        } else {
            INTERVAL
        };
        if inner.advanced.is_none_or(|advanced| now >= advanced + interval) {
            inner.advanced = Some(now);
            if inner.board.advance(now, limit, acquire) {
                self.changed.notify_waiters();
            }
        }
        inner.board.verdict(ticket)
    }

    /// Whether objects arrive at the moment.
    pub fn is_settling(&self, now: Instant) -> bool {
        self.lock().board.is_settling(now)
    }

    /// Returns what waits, once a minute.
    pub fn to_log(&self, now: Instant) -> Vec<Queue> {
        let mut inner = self.lock();
        let logged = *inner.logged.get_or_insert(now);
        if now < logged + LOG_INTERVAL {
            return Vec::new();
        }
        inner.logged = Some(now);
        inner.board.queues(now)
    }

    /// Returns what holds the objects of a group back, or those without one.
    pub fn queue(&self, group: Option<&str>, now: Instant) -> Queue {
        let queues = self.lock().board.queues(now).into_iter();
        let mut queues = queues.filter(|queue| queue.group.as_deref() == group);
        queues.next().unwrap_or_default()
    }

    /// Resolves at the next change after this call.
    pub fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
