//! Decides whether a request is retried, and when.

use std::time::Duration;

use engine::api::{Effect, ErrorKind, Retry};
use http::{HeaderMap, HeaderName, header};
use jiff::Timestamp;
use value::duration;

use super::error::Error;

/// The waits between attempts: exponential backoff with full jitter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The longest wait before the first retry. It doubles with each retry.
    pub base: Duration,
    /// The longest wait before any retry.
    pub cap: Duration,
    /// The longest wait that the control plane can ask for with `Retry-After`.
    pub retry_after_cap: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            base: Duration::from_secs(1),
            cap: Duration::from_secs(30),
            retry_after_cap: Duration::from_mins(1),
        }
    }
}

impl Backoff {
    /// The wait before the retry with this number, counted from 1.
    ///
    /// It is at least what the control plane asks for. The jitter keeps requests that were rejected together from being
    /// retried together.
    pub(super) fn wait(self, retry: u32, retry_after: Option<Duration>) -> Duration {
        if let Some(asked) = retry_after {
            return asked.min(self.retry_after_cap) + jitter(self.base / 2);
        }
        jitter(self.longest(retry))
    }

    /// The longest wait before the retry with this number, counted from 1.
    fn longest(self, retry: u32) -> Duration {
        let factor = 1_u32.checked_shl(retry.saturating_sub(1)).unwrap_or(u32::MAX);
        self.base.saturating_mul(factor).min(self.cap)
    }
}

/// A random duration of at most `longest`.
fn jitter(longest: Duration) -> Duration {
    longest.mul_f64(fastrand::f64())
}

/// The retries of one request.
pub(super) struct Retries {
    backoff: Backoff,
    limit: u32,
    retry: Retry,
    attempt: u32,
}

/// The wait before a retry.
#[derive(Debug)]
pub(super) struct Pause {
    /// The length of the wait.
    pub wait: Duration,
    /// Whether all requests should wait.
    pub is_rate_limit: bool,
    /// The error of the last attempt, for the case that the wait is interrupted.
    pub error: Error,
}

impl Retries {
    pub fn new(backoff: Backoff, max_retries: u32, retry: Retry) -> Self {
        Self {
            backoff,
            limit: max_retries,
            retry,
            attempt: 1,
        }
    }

    /// Counts attempts that were made before.
    pub fn after(mut self, attempts: u32) -> Self {
        self.attempt = attempts.saturating_add(1);
        self
    }

    /// The number of the current attempt, counted from 1.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The longest wait before the current attempt, which is a retry.
    pub fn longest_wait(&self) -> Duration {
        self.backoff.longest(self.attempt.saturating_sub(1))
    }

    /// Whether half of the retries are spent.
    pub fn is_half_spent(&self) -> bool {
        self.attempt > self.limit.div_ceil(2)
    }

    /// The error for the caller if no attempt follows.
    pub fn last(&self, error: Error) -> Error {
        let attempts = self.attempt;
        final_error(Error { attempts, ..error }, self.retry)
    }

    /// The wait before the next attempt, after an attempt has failed with this error.
    ///
    /// # Errors
    ///
    /// The error for the caller of the request if there is no further attempt.
    pub fn next(&mut self, mut error: Error) -> Result<Pause, Error> {
        if !is_retriable(&error, self.retry) || self.attempt > self.limit {
            return Err(self.last(error));
        }
        error.attempts = self.attempt;
        let wait = self.backoff.wait(self.attempt, error.times.retry_after);
        self.attempt += 1;
        Ok(Pause {
            wait,
            is_rate_limit: error.kind == ErrorKind::RateLimited,
            error,
        })
    }
}

/// Whether a retry may succeed and cannot apply a write twice.
fn is_retriable(error: &Error, retry: Retry) -> bool {
    is_passing(error) && (retry == Retry::Safe || error.effect == Effect::None)
}

/// Whether another attempt may have another result.
fn is_passing(error: &Error) -> bool {
    match error.status {
        // Not implemented, the version of HTTP, the login page of a network.
        Some(501 | 505 | 511) => false,
        Some(408 | 429 | 500..=599) => true,
        // The body of a response with a status of success did not arrive, or is not JSON.
        Some(200..=299) | None => matches!(
            error.kind,
            ErrorKind::Proxy
                | ErrorKind::RequestTimeout
                | ErrorKind::UnexpectedResponse
                | ErrorKind::UnknownHost
                | ErrorKind::Unreachable
        ),
        Some(_) => false,
    }
}

/// The error for the caller: [`ErrorKind::Ambiguous`] if the request must not be repeated and its effect is unknown.
///
/// With a status 500, the application itself reports that it failed.
fn final_error(error: Error, retry: Retry) -> Error {
    match (retry, error.effect) {
        (Retry::Unsafe, Effect::Unknown) if is_passing(&error) && error.status != Some(500) => Error {
            kind: ErrorKind::Ambiguous,
            ..error
        },
        _ => error,
    }
}

/// Whether the control plane carried out a request to which it responded with this status.
pub(super) fn effect_of(status: u16, retry_after: Option<Duration>) -> Effect {
    match status {
        200..=299 => Effect::Done,
        // With `Retry-After` it was rejected. Without it, a proxy may have lost the response of the server.
        503 if retry_after.is_some() => Effect::None,
        501 | 505 | 511 => Effect::None,
        // A redirect after a write, a proxy that no longer waits for the server, an application that failed halfway.
        302 | 303 | 408 | 500..=599 => Effect::Unknown,
        _ => Effect::None,
    }
}

/// The time of a response, by its `Date` header.
pub(super) fn date(headers: &HeaderMap) -> Option<Timestamp> {
    header_date(headers, &header::DATE)
}

/// The date in a header.
pub(super) fn header_date(headers: &HeaderMap, name: &HeaderName) -> Option<Timestamp> {
    header_text(headers, name).and_then(parse_date)
}

/// The wait that a response asks for with `Retry-After`: seconds, or a date, which is relative to the response's `Date`.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let now = date(headers);
    let text = header_text(headers, &header::RETRY_AFTER)?;
    parse_retry_after(text, now.unwrap_or_else(Timestamp::now))
}

fn header_text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

fn parse_retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    Some(duration::between(now, parse_date(text)?))
}

/// Parses a date such as `Sun, 06 Nov 1994 08:49:37 GMT`.
fn parse_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(text)
        .ok()
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use schema::model::Method;

    use super::super::error::{RequestInfo, kind_of};
    use super::*;

    /// What follows a failed attempt.
    #[derive(Debug, PartialEq, Eq)]
    enum Outcome {
        Retried,
        Fails(ErrorKind),
    }
    use Outcome::{Fails, Retried};

    fn outcome(error: Error, retry: Retry) -> Outcome {
        match Retries::new(Backoff::default(), 4, retry).next(error) {
            Ok(_) => Retried,
            Err(error) => Fails(error.kind),
        }
    }

    fn response_error(status: u16, retry_after: Option<Duration>) -> Error {
        let status = StatusCode::from_u16(status).unwrap();
        let info = RequestInfo::new("operation", Method::Get, "/", "id");
        let mut error = info
            .error(kind_of(status), effect_of(status.as_u16(), retry_after))
            .with_status(status);
        error.times.retry_after = retry_after;
        error
    }

    #[test]
    fn retry_rules_for_statuses() {
        let second = Some(Duration::from_secs(1));
        #[rustfmt::skip]
        let table = [
            // status, Retry-After, safe, unsafe
            (301, None, Fails(ErrorKind::Redirect), Fails(ErrorKind::Redirect)),
            (400, None, Fails(ErrorKind::Invalid), Fails(ErrorKind::Invalid)),
            (401, None, Fails(ErrorKind::Unauthorized), Fails(ErrorKind::Unauthorized)),
            (403, None, Fails(ErrorKind::Forbidden), Fails(ErrorKind::Forbidden)),
            (404, None, Fails(ErrorKind::NotFound), Fails(ErrorKind::NotFound)),
            (405, None, Fails(ErrorKind::Rejected), Fails(ErrorKind::Rejected)),
            (408, None, Retried, Fails(ErrorKind::Ambiguous)),
            (409, None, Fails(ErrorKind::Conflict), Fails(ErrorKind::Conflict)),
            (410, None, Fails(ErrorKind::NotFound), Fails(ErrorKind::NotFound)),
            (418, None, Fails(ErrorKind::Rejected), Fails(ErrorKind::Rejected)),
            (422, None, Fails(ErrorKind::Invalid), Fails(ErrorKind::Invalid)),
            (429, None, Retried, Retried),
            (429, second, Retried, Retried),
            (500, None, Retried, Fails(ErrorKind::Server)),
            (501, None, Fails(ErrorKind::Server), Fails(ErrorKind::Server)),
            (502, None, Retried, Fails(ErrorKind::Ambiguous)),
            (503, None, Retried, Fails(ErrorKind::Ambiguous)),
            (503, second, Retried, Retried),
            (504, None, Retried, Fails(ErrorKind::Ambiguous)),
            (504, second, Retried, Fails(ErrorKind::Ambiguous)),
            (505, None, Fails(ErrorKind::Server), Fails(ErrorKind::Server)),
            (507, None, Retried, Fails(ErrorKind::Ambiguous)),
            (511, None, Fails(ErrorKind::Server), Fails(ErrorKind::Server)),
            (520, None, Retried, Fails(ErrorKind::Ambiguous)),
            (599, None, Retried, Fails(ErrorKind::Ambiguous)),
        ];
        for (status, retry_after, safe, not_safe) in table {
            let outcome = |retry| outcome(response_error(status, retry_after), retry);
            assert_eq!(outcome(Retry::Safe), safe, "{status}");
            assert_eq!(outcome(Retry::Unsafe), not_safe, "{status}");
        }
    }

    #[test]
    fn retry_rules_for_failures() {
        #[rustfmt::skip]
        let table = [
            // kind, effect, status, safe, unsafe
            (ErrorKind::UnknownHost, Effect::None, None, Retried, Retried),
            (ErrorKind::Unreachable, Effect::None, None, Retried, Retried),
            (ErrorKind::Unreachable, Effect::Unknown, None, Retried, Fails(ErrorKind::Ambiguous)),
            (ErrorKind::Unreachable, Effect::Done, Some(200), Retried, Fails(ErrorKind::Unreachable)),
            (ErrorKind::Proxy, Effect::None, None, Retried, Retried),
            (ErrorKind::Proxy, Effect::None, Some(407), Fails(ErrorKind::Proxy), Fails(ErrorKind::Proxy)),
            (ErrorKind::RequestTimeout, Effect::None, None, Retried, Retried),
            (ErrorKind::RequestTimeout, Effect::Unknown, None, Retried, Fails(ErrorKind::Ambiguous)),
            (ErrorKind::RequestTimeout, Effect::Done, Some(201), Retried, Fails(ErrorKind::RequestTimeout)),
            (ErrorKind::UnexpectedResponse, Effect::Done, Some(200), Retried, Fails(ErrorKind::UnexpectedResponse)),
            (ErrorKind::TooLarge, Effect::Done, Some(200), Fails(ErrorKind::TooLarge), Fails(ErrorKind::TooLarge)),
            (ErrorKind::Tls, Effect::None, None, Fails(ErrorKind::Tls), Fails(ErrorKind::Tls)),
            (ErrorKind::Redirect, Effect::None, None, Fails(ErrorKind::Redirect), Fails(ErrorKind::Redirect)),
            (ErrorKind::Cancelled, Effect::Unknown, None, Fails(ErrorKind::Cancelled), Fails(ErrorKind::Cancelled)),
            (ErrorKind::Setup, Effect::None, None, Fails(ErrorKind::Setup), Fails(ErrorKind::Setup)),
        ];
        for (kind, effect, status, safe, not_safe) in table {
            let error = || {
                let error = RequestInfo::new("operation", Method::Get, "/", "id").error(kind, effect);
                Error { status, ..error }
            };
            let context = format!("{kind:?} {effect:?} {status:?}");
            assert_eq!(outcome(error(), Retry::Safe), safe, "{context}");
            assert_eq!(outcome(error(), Retry::Unsafe), not_safe, "{context}");
        }
    }

    #[test]
    fn retries_count_attempts() {
        for max_retries in [0, 1, 4, 20] {
            let mut retries = Retries::new(Backoff::default(), max_retries, Retry::Safe);
            for _ in 0..max_retries {
                retries.next(response_error(503, None)).unwrap();
            }
            assert_eq!(
                retries.next(response_error(503, None)).unwrap_err().attempts,
                max_retries + 1
            );
        }
    }

    #[test]
    fn longest_wait_is_that_of_the_current_retry() {
        let mut retries = Retries::new(Backoff::default(), 6, Retry::Safe);
        let mut waits = Vec::new();
        for _ in 0..6 {
            retries.next(response_error(503, None)).unwrap();
            waits.push(retries.longest_wait().as_secs());
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 30]);
    }

    #[test]
    fn backoff_doubles_up_to_its_cap_with_full_jitter() {
        let backoff = Backoff::default();
        for (retry, longest) in [
            (1, 1),
            (2, 2),
            (3, 4),
            (4, 8),
            (5, 16),
            (6, 30),
            (20, 30),
            (40, 30),
        ] {
            let longest = Duration::from_secs(longest);
            let waits: Vec<Duration> = (0..1000).map(|_| backoff.wait(retry, None)).collect();
            assert!(waits.iter().all(|wait| *wait <= longest), "retry {retry}");
            assert!(waits.iter().any(|wait| *wait < longest / 10), "retry {retry}");
            assert!(waits.iter().any(|wait| *wait > longest * 9 / 10), "retry {retry}");
        }
    }

    #[test]
    fn backoff_obeys_retry_after_up_to_its_cap() {
        let backoff = Backoff::default();
        for (asked, expected) in [(0, 0), (1, 1), (59, 59), (3600, 60), (u64::MAX, 60)] {
            for _ in 0..100 {
                let wait = backoff.wait(1, Some(Duration::from_secs(asked)));
                let expected = Duration::from_secs(expected);
                assert!(
                    wait >= expected && wait <= expected + Duration::from_secs(1),
                    "{asked}: {wait:?}"
                );
            }
        }
    }

    #[test]
    fn parse_retry_after_reads_seconds_and_dates() {
        let now: Timestamp = "1994-11-06T08:49:37Z".parse().unwrap();
        let table = [
            ("0", Some(0)),
            ("120", Some(120)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("Sun, 06 Nov 1994 08:50:07 GMT", Some(30)),
            ("Sun, 06 Nov 1994 08:49:00 GMT", Some(0)),
            ("Mon, 07 Nov 1994 08:49:37 GMT", Some(86400)),
            ("", None),
            ("-1", None),
            ("soon", None),
            ("1.5", None),
        ];
        for (text, seconds) in table {
            assert_eq!(
                parse_retry_after(text, now),
                seconds.map(Duration::from_secs),
                "{text:?}"
            );
        }
    }

    #[test]
    fn retry_after_date_is_relative_to_the_date_header() {
        let mut headers = HeaderMap::new();
        headers.insert(header::DATE, "Sun, 06 Nov 1994 08:49:37 GMT".parse().unwrap());
        headers.insert(
            header::RETRY_AFTER,
            "Sun, 06 Nov 1994 08:50:07 GMT".parse().unwrap(),
        );
        assert_eq!(retry_after(&headers), Some(Duration::from_secs(30)));
        headers.remove(header::DATE);
        assert_eq!(retry_after(&headers), Some(Duration::ZERO));
    }

    #[test]
    fn date_is_the_header_if_it_is_valid() {
        let dated = |text: &str| date(&[(header::DATE, text.parse().unwrap())].into_iter().collect());
        let expected: Timestamp = "1994-11-06T08:49:37Z".parse().unwrap();
        assert_eq!(dated("Sun, 06 Nov 1994 08:49:37 GMT"), Some(expected));
        assert_eq!(dated("yesterday"), None);
        assert_eq!(date(&HeaderMap::new()), None);
    }
}
