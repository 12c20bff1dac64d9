//! A limit of requests per second, as the web server in front enforces it.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use super::lock;

const WINDOW: Duration = Duration::from_secs(1);

/// Admits at most a number of requests in any second.
pub struct RateLimit {
    limit: usize,
    admitted: Mutex<VecDeque<Duration>>,
}

impl RateLimit {
    /// A limit in requests per second.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            admitted: Mutex::default(),
        }
    }

    /// Whether a request at this time is admitted. An admitted request counts from now on.
    pub fn admits(&self, now: Duration) -> bool {
        let mut admitted = lock(&self.admitted);
        while admitted
            .front()
            .is_some_and(|first| now.saturating_sub(*first) >= WINDOW)
        {
            admitted.pop_front();
        }
        let is_free = admitted.len() < self.limit;
        if is_free {
            admitted.push_back(now);
        }
        is_free
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, RateLimit};

    #[test]
    fn rate_limit_window_slides() {
        let limit = RateLimit::new(2);
        let admitted =
            [0, 400, 500, 999, 1000, 1001, 1399, 1400].map(|ms| limit.admits(Duration::from_millis(ms)));
        assert_eq!(admitted, [true, true, false, false, true, false, false, true]);
    }
}
