//! Times by the API's clock, from the dates of its responses.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use value::duration;

use crate::api::Response;

/// Resolution of the date of a response.
const DATE_RESOLUTION: SignedDuration = SignedDuration::from_secs(1);

/// The time by the control plane's clock at which something began, as far as the dates of responses show it.
pub struct Start {
    /// It did not begin before this time.
    pub earliest: Timestamp,
    /// It did not begin after this time.
    pub latest: Timestamp,
}

impl Start {
    /// Returns the time at which something began that lasted for `elapsed` when this response arrived. The date of a response has whole
    /// seconds; `None` if it has none.
    pub fn of(response: &Response, elapsed: Duration) -> Option<Self> {
        let date = response.date?;
        let sent = elapsed.saturating_sub(Duration::from_millis(response.attempt_ms.into()));
        let before = |time: Timestamp, duration| Some(time - SignedDuration::try_from(duration).ok()?);
        Some(Self {
            earliest: before(date, elapsed)?,
            latest: before(date + DATE_RESOLUTION, sent)?,
        })
    }

    /// Combines two observations of the same start.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        Self {
            earliest: self.earliest.max(other.earliest),
            latest: self.latest.min(other.latest),
        }
    }

    /// Whether the start is known within this time.
    pub fn is_within(&self, imprecision: Duration) -> bool {
        duration::between(self.earliest, self.latest) <= imprecision
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::*;

    #[test]
    fn start_is_narrowed_by_the_dates_of_responses() {
        let at = |millisecond: i64| Timestamp::from_millisecond(millisecond).unwrap();
        let observed = |date, attempt_ms, elapsed| {
            let response = Response {
                body: Json::Null,
                request_id: String::new(),
                date: Some(at(date)),
                is_accepted: false,
                attempt_ms,
            };
            Start::of(&response, Duration::from_millis(elapsed)).unwrap()
        };
        // The response was sent between 10.0 s and 11.0 s, so the start was between 7.5 s and 8.5 s.
        let first = observed(10_000, 0, 2_500);
        assert_eq!((first.earliest, first.latest), (at(7_500), at(8_500)));
        // A slow response leaves more room: it was sent in the 300 ms before.
        let slow = observed(10_000, 300, 2_500);
        assert_eq!((slow.earliest, slow.latest), (at(7_500), at(8_800)));
        // Just after the next second began: the start was a little before.
        let both = first.and(&observed(11_000, 20, 2_600));
        assert_eq!((both.earliest, both.latest), (at(8_400), at(8_500)));
        assert!(both.is_within(Duration::from_millis(100)) && !both.is_within(Duration::from_millis(99)));
    }
}
