//! Durations as Terraform users write them: `30s`, `1m30s`, `1.5h`.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::friendly::SpanParser;

/// Parses a duration such as `90s`, `1h30m` or `250ms`; returns `None` if the string is not a duration.
///
/// The units are those of Go's [`time.ParseDuration`](https://pkg.go.dev/time#ParseDuration), which Terraform uses for
/// `timeouts`. Whatever else jiff understands (spaces, commas, `01:30:00`, `ago`, a sign) is rejected, so that a
/// configuration means the same everywhere.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use value::duration::parse;
///
/// assert_eq!(parse("1m30s"), Some(Duration::from_secs(90)));
/// assert_eq!(parse("1.5h"), Some(Duration::from_secs(5400)));
/// assert_eq!(parse("90"), None); // the unit is missing
/// assert_eq!(parse("-90s"), None);
/// ```
pub fn parse(text: &str) -> Option<Duration> {
    let is_legal = |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | 'µ');
    if !text.chars().all(is_legal) {
        return None;
    }
    SpanParser::new().parse_unsigned_duration(text).ok()
}

/// The longest timeout: one year. It can be added to any time of the next centuries.
const MAX_TIMEOUT: Duration = Duration::from_hours(8760);

/// Whether a duration can be a timeout: it is above zero and at most a year.
pub fn is_timeout(duration: Duration) -> bool {
    !duration.is_zero() && duration <= MAX_TIMEOUT
}

/// The time that passes from `from` to `to`; zero if `to` is not later than `from`.
pub fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_timeout_from_a_nanosecond_to_a_year() {
        for (text, expected) in [
            ("0s", false),
            ("1ns", true),
            ("8760h", true),
            ("8760h1ns", false),
            ("5124095576030430h", false),
        ] {
            assert_eq!(parse(text).is_some_and(is_timeout), expected, "{text}");
        }
    }

    #[test]
    fn parse_accepts_only_units_of_go() {
        let table = [
            ("30s", Some(Duration::from_secs(30))),
            ("1m30s", Some(Duration::from_secs(90))),
            ("1.5h", Some(Duration::from_mins(90))),
            ("60m", Some(Duration::from_hours(1))),
            ("250ms", Some(Duration::from_millis(250))),
            ("1h2m3s", Some(Duration::from_secs(3723))),
            ("10us", Some(Duration::from_micros(10))),
            ("10µs", Some(Duration::from_micros(10))),
            ("7ns", Some(Duration::from_nanos(7))),
            ("0s", Some(Duration::ZERO)),
            ("", None),
            ("30", None),
            ("s", None),
            ("-30s", None),
            ("+30s", None),
            ("30 s", None),
            (" 30s", None),
            ("1h, 30m", None),
            ("01:30:00", None),
            ("1h ago", None),
            ("PT30S", None),
            ("30x", None),
            ("1m30", None),
            ("99999999999999999999h", None),
        ];
        for (text, expected) in table {
            assert_eq!(parse(text), expected, "{text:?}");
        }
    }
}
