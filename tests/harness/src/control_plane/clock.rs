//! The control plane's clock, which a test can move.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use jiff::{Timestamp, Unit};

use super::lock;

/// The time since the control plane started: the elapsed time plus what was added, or only what was added.
///
/// The progress of runs and agents is computed from this time at each request; nothing runs in the background.
pub struct Clock {
    origin: Timestamp,
    running_since: Option<Instant>,
    added: Mutex<Duration>,
}

impl Clock {
    /// A clock that runs in real time.
    pub fn running() -> Self {
        Self {
            origin: Timestamp::now(),
            running_since: Some(Instant::now()),
            added: Mutex::default(),
        }
    }

    /// A clock that only [`Clock::advance`] moves.
    pub fn stopped() -> Self {
        Self {
            running_since: None,
            ..Self::running()
        }
    }

    /// The time since the start.
    pub fn now(&self) -> Duration {
        let ran = self.running_since.map_or(Duration::ZERO, |start| start.elapsed());
        ran.saturating_add(*lock(&self.added))
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        let mut added = lock(&self.added);
        *added = added.saturating_add(by);
    }

    /// A time since the start as a timestamp of the API, with microseconds.
    pub fn timestamp(&self, moment: Duration) -> String {
        let moment = self.origin.checked_add(moment).unwrap_or(Timestamp::MAX);
        moment.round(Unit::Microsecond).unwrap_or(moment).to_string()
    }
}
