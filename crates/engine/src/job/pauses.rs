//! How often a run is looked at.

use std::time::Duration;

/// The first pause.
const FIRST: Duration = Duration::from_secs(2);

/// The longest pause.
const LONGEST: Duration = Duration::from_secs(10);

/// The pauses between two looks: longer and longer, each a fifth more or less, so that many waits do not ask all at once.
pub struct Pauses(Duration);

impl Default for Pauses {
    fn default() -> Self {
        Self(FIRST)
    }
}

impl Pauses {
    /// The pause that is due.
    pub fn next(&mut self) -> Duration {
        let pause = self.0;
        self.0 = (pause * 3 / 2).min(LONGEST);
        pause.mul_f64(0.8 + 0.4 * fastrand::f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_grow_to_ten_seconds_and_differ() {
        let expected = [2.0, 3.0, 4.5, 6.75, 10.0, 10.0, 10.0];
        let mut seen = Vec::new();
        for _ in 0..100 {
            let mut pauses = Pauses::default();
            for seconds in expected {
                let pause = pauses.next().as_secs_f64();
                assert!(
                    (seconds * 0.8..=seconds * 1.2).contains(&pause),
                    "{pause} for {seconds}"
                );
                seen.push(pause.to_bits());
            }
        }
        seen.sort_unstable();
        seen.dedup();
        assert!(seen.len() > 600, "{} different ones of 700", seen.len());
    }

    #[test]
    fn a_run_of_45_minutes_is_looked_at_some_300_times() {
        let mut pauses = Pauses::default();
        let mut left = Duration::from_mins(45);
        let mut looks = 0;
        while let Some(rest) = left.checked_sub(pauses.next()) {
            left = rest;
            looks += 1;
        }
        assert!((225..=345).contains(&looks), "{looks} looks");
    }
}
