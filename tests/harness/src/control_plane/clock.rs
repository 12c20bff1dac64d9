//! The control plane's clock, which a test can move.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::{SignedDuration, Timestamp, Unit};

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
    /// A clock that runs in real time, but differs from the clock of this machine.
    pub fn running(shift: SignedDuration) -> Self {
        let now = Timestamp::now();
        Self {
            origin: now.checked_add(shift).unwrap_or(now),
            running_since: Some(Instant::now()),
            added: Mutex::default(),
        }
    }

    /// A clock that only [`Clock::advance`] moves.
    pub fn stopped(shift: SignedDuration) -> Self {
        Self {
            running_since: None,
            ..Self::running(shift)
        }
    }

    /// The time since the start.
    pub fn now(&self) -> Duration {
        let ran = self.running_since.map_or(Duration::ZERO, |start| start.elapsed());
        ran.saturating_add(*lock(&self.added))
    }

    /// The time of a change. A stopped clock moves a millisecond for each, so that timestamps have the order of the changes.
    pub fn change(&self) -> Duration {
        if self.running_since.is_none() {
            self.advance(Duration::from_millis(1));
        }
        self.now()
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        let mut added = lock(&self.added);
        *added = added.saturating_add(by);
    }

    /// A time since the start as a timestamp of the API, with microseconds.
    pub fn timestamp(&self, moment: Duration) -> String {
        let moment = self.moment(moment);
        moment.round(Unit::Microsecond).unwrap_or(moment).to_string()
    }

    /// The current time as the `Date` of a response.
    pub fn date(&self) -> String {
        self.http_date(self.now())
    }

    /// A time since the start as a date in a header, in seconds.
    pub fn http_date(&self, moment: Duration) -> String {
        let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&self.moment(moment));
        date.unwrap_or_default()
    }

    fn moment(&self, since_start: Duration) -> Timestamp {
        self.origin.checked_add(since_start).unwrap_or(Timestamp::MAX)
    }
}
