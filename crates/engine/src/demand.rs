//! Whether reads of objects of one resource are worth a list.
//!
//! One object is read with one request. As soon as several are wanted, one list answers all of them, unless it takes more requests
//! than the objects, or its items cannot replace responses about the objects.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The number of reads from which on a list of one page is worth its request.
const SEVERAL: usize = 2;

/// The reads of objects of one resource in this process, and what is known of its list.
#[derive(Default)]
pub struct Demand(Mutex<State>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    /// Number of lists so far.
    lists: usize,
    /// Number of reads since the last list.
    wanted: usize,
    /// Number of requests that the list takes, as far as is known.
    pages: usize,
    /// Whether its items lack values, so that they cannot replace responses about the objects.
    is_incomplete: bool,
    has_failed: bool,
}

impl Default for State {
    fn default() -> Self {
        Self {
            lists: 0,
            wanted: 0,
            pages: 1,
            is_incomplete: false,
            has_failed: false,
        }
    }
}

impl State {
    fn is_worth_a_list(self) -> bool {
        self.wanted >= self.pages.max(SEVERAL)
    }

    fn is_usable(self) -> bool {
        !self.is_incomplete && !self.has_failed
    }
}

impl Demand {
    /// Whether the list can serve reads, as far as is known.
    pub fn is_usable(&self) -> bool {
        self.state().is_usable()
    }

    /// Whether the list could not be read.
    pub fn has_failed(&self) -> bool {
        self.state().has_failed
    }

    /// Counts a read that no list serves so far. Returns the number of lists so far.
    pub fn add(&self) -> usize {
        let mut state = self.state();
        state.wanted = state.wanted.saturating_add(1);
        state.lists
    }

    /// Returns the number of requests that a list is worth now; `None` if the reads so far are not worth any list.
    pub fn worth(&self) -> Option<usize> {
        let state = self.state();
        state.is_worth_a_list().then_some(state.wanted)
    }

    /// Whether there is a list after this many, one is worth its requests now, or none will be used.
    pub fn has_news(&self, lists: usize) -> bool {
        let state = self.state();
        state.lists != lists || state.is_worth_a_list() || !state.is_usable()
    }

    /// Notes that the list was read.
    pub fn note_list(&self, pages: usize) {
        let mut state = self.state();
        state.lists = state.lists.wrapping_add(1);
        state.wanted = 0;
        state.pages = pages;
    }

    /// Notes that the list takes at least this many requests, which the reads so far are not worth. If that is all that is known, the
    /// next attempt waits for twice as many reads as this one.
    pub fn note_too_long(&self, pages: usize) {
        let mut state = self.state();
        state.pages = pages.max(state.wanted.saturating_mul(2));
    }

    /// Notes that the list could not be read: objects are read one by one.
    pub fn note_failure(&self) {
        let mut state = self.state();
        state.has_failed = true;
    }

    /// Notes that an item lacks values. What one item lacks, others may lack.
    pub fn note_incomplete(&self) {
        self.state().is_incomplete = true;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(demand: &Demand, reads: usize) {
        for _ in 0..reads {
            demand.add();
        }
    }

    fn wanted(reads: usize) -> Demand {
        let demand = Demand::default();
        add(&demand, reads);
        demand
    }

    #[test]
    fn several_reads_are_worth_a_list() {
        let worth: Vec<_> = (0..4).map(|reads| wanted(reads).worth()).collect();
        assert_eq!(worth, [None, None, Some(2), Some(3)]);
    }

    #[test]
    fn reads_are_counted_since_the_last_list() {
        let demand = wanted(5);
        demand.note_list(1);
        assert_eq!(demand.worth(), None);
        demand.add();
        demand.add();
        assert_eq!(demand.worth(), Some(2));
    }

    #[test]
    fn long_list_is_worth_as_many_reads_as_it_takes_requests() {
        let demand = wanted(2);
        demand.note_too_long(10);
        add(&demand, 7);
        assert_eq!(demand.worth(), None);
        demand.add();
        assert_eq!(demand.worth(), Some(10));
        demand.note_list(10);
        add(&demand, 9);
        assert_eq!(demand.worth(), None);
        // Its length is not known: each attempt is worth twice the one before.
        let demand = wanted(4);
        demand.note_too_long(5);
        add(&demand, 3);
        assert_eq!(demand.worth(), None);
        demand.add();
        assert_eq!(demand.worth(), Some(8));
    }

    #[test]
    fn list_that_lacks_values_or_fails_is_not_used() {
        let demand = wanted(1);
        assert!(demand.is_usable() && !demand.has_failed() && !demand.has_news(0));
        demand.note_incomplete();
        assert!(!demand.is_usable() && !demand.has_failed() && demand.has_news(0));
        let demand = wanted(1);
        demand.note_failure();
        assert!(!demand.is_usable() && demand.has_failed() && demand.has_news(0));
    }
}
