//! The backoff between the polls of a run.

use std::time::Duration;

/// Pause before the second poll.
const FIRST_PAUSE: Duration = Duration::from_secs(2);

/// Longest pause.
const MAX_PAUSE: Duration = Duration::from_secs(10);

/// Backoff between polls: each is half as long again as the one before, up to [`MAX_PAUSE`], plus or minus 20 % so that
/// many waits do not poll at the same moment.
pub struct Backoff(Duration);

impl Default for Backoff {
    fn default() -> Self {
        Self(FIRST_PAUSE)
    }
}

impl Backoff {
    /// Returns the next pause.
    pub fn next_pause(&mut self) -> Duration {
        let pause = self.0;
        self.0 = (pause * 3 / 2).min(MAX_PAUSE);
        pause.mul_f64(0.8 + 0.4 * fastrand::f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_grows_to_ten_seconds_with_jitter() {
        let expected = [2.0, 3.0, 4.5, 6.75, 10.0, 10.0, 10.0];
        let mut seen = Vec::new();
        for _ in 0..100 {
            let mut backoff = Backoff::default();
            for seconds in expected {
                let pause = backoff.next_pause().as_secs_f64();
                assert!(
                    (seconds * 0.8..=seconds * 1.2).contains(&pause),
                    "{pause} for {seconds}"
                );
                seen.push(pause.to_bits());
            }
        }
        seen.sort_unstable();
        seen.dedup();
        assert!(seen.len() > 600, "{} different pauses of 700", seen.len());
    }

    #[test]
    fn backoff_polls_a_run_of_45_minutes_about_300_times() {
        let mut backoff = Backoff::default();
        let mut left = Duration::from_mins(45);
        let mut polls = 0;
        while let Some(rest) = left.checked_sub(backoff.next_pause()) {
            left = rest;
            polls += 1;
        }
        assert!((225..=345).contains(&polls), "{polls} polls");
    }
}
