//! Decides whether a request is retried, and when.

use std::time::Duration;

use engine::api::{Effect, ErrorKind, Retry};
use http::{HeaderMap, HeaderName, header};
use jiff::Timestamp;
use schema::model::Method;
use value::duration;

use super::error::Error;

/// The waits between attempts: exponential backoff with full jitter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The longest wait before the first retry. It doubles with each retry.
    pub base: Duration,
    /// The longest wait before any retry, and before the client tries to read the live document again.
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
        let factor = 1_u32.checked_shl(retry.saturating_sub(1)).unwrap_or(u32::MAX);
        jitter(self.base.saturating_mul(factor).min(self.cap))
    }
}

/// A random duration of at most `longest`.
fn jitter(longest: Duration) -> Duration {
    longest.mul_f64(fastrand::f64())
}

/// The retries of one request.
pub(super) struct Retries {
    backoff: Backoff,
    max_attempts: u32,
    method: Method,
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
    pub fn new(backoff: Backoff, max_retries: u32, method: Method, retry: Retry) -> Self {
        Self {
            backoff,
            max_attempts: max_retries.saturating_add(1),
            method,
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

    /// The wait before the next attempt, after an attempt has failed with this error.
    ///
    /// # Errors
    ///
    /// The error for the caller of the request if there is no further attempt.
    pub fn next(&mut self, mut error: Error) -> Result<Pause, Error> {
        error.attempts = self.attempt;
        if !is_retriable(&error, self.method, self.retry) || self.attempt >= self.max_attempts {
            return Err(final_error(error, self.retry));
        }
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
fn is_retriable(error: &Error, method: Method, retry: Retry) -> bool {
    let is_harmless = retry == Retry::Safe || error.effect == Effect::None;
    match error.status {
        Some(429) => true,
        Some(408 | 502 | 503 | 504) => is_harmless,
        // The application itself failed, possibly in the middle of a write.
        Some(500) => method == Method::Get,
        Some(_) => false,
        None => matches!(error.kind, ErrorKind::Unreachable | ErrorKind::RequestTimeout) && is_harmless,
    }
}

/// The error for the caller: [`ErrorKind::Ambiguous`] if the request must not be repeated and its effect is unknown.
fn final_error(error: Error, retry: Retry) -> Error {
    let is_lost = match error.status {
        Some(status) => matches!(status, 408 | 502 | 503 | 504),
        None => matches!(error.kind, ErrorKind::Unreachable | ErrorKind::RequestTimeout),
    };
    match (retry, error.effect) {
        (Retry::Unsafe, Effect::Unknown) if is_lost => Error {
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
        501 => Effect::None,
        // A redirect after a write, a proxy that no longer waits for the server, an application that failed halfway.
        302 | 303 | 408 | 500..=599 => Effect::Unknown,
        _ => Effect::None,
    }
}

/// The time of a response, by its `Date` header.
pub(super) fn date(headers: &HeaderMap) -> Option<Timestamp> {
    header_text(headers, &header::DATE).and_then(parse_date)
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

    use super::super::error::{RequestInfo, kind_of};
    use super::*;

    /// What follows a failed attempt.
    #[derive(Debug, PartialEq, Eq)]
    enum Outcome {
        Retried,
        Fails(ErrorKind),
    }
    use Outcome::{Fails, Retried};

    fn outcome(error: Error, method: Method, retry: Retry) -> Outcome {
        match Retries::new(Backoff::default(), 4, method, retry).next(error) {
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
            // status, Retry-After, GET, PATCH (safe), POST (unsafe)
            (301, None, Fails(ErrorKind::Redirect), Fails(ErrorKind::Redirect), Fails(ErrorKind::Redirect)),
            (400, None, Fails(ErrorKind::Invalid), Fails(ErrorKind::Invalid), Fails(ErrorKind::Invalid)),
            (401, None, Fails(ErrorKind::Unauthorized), Fails(ErrorKind::Unauthorized), Fails(ErrorKind::Unauthorized)),
            (403, None, Fails(ErrorKind::Forbidden), Fails(ErrorKind::Forbidden), Fails(ErrorKind::Forbidden)),
            (404, None, Fails(ErrorKind::NotFound), Fails(ErrorKind::NotFound), Fails(ErrorKind::NotFound)),
            (408, None, Retried, Retried, Fails(ErrorKind::Ambiguous)),
            (409, None, Fails(ErrorKind::Conflict), Fails(ErrorKind::Conflict), Fails(ErrorKind::Conflict)),
            (410, None, Fails(ErrorKind::NotFound), Fails(ErrorKind::NotFound), Fails(ErrorKind::NotFound)),
            (418, None, Fails(ErrorKind::Rejected), Fails(ErrorKind::Rejected), Fails(ErrorKind::Rejected)),
            (422, None, Fails(ErrorKind::Invalid), Fails(ErrorKind::Invalid), Fails(ErrorKind::Invalid)),
            (429, None, Retried, Retried, Retried),
            (429, second, Retried, Retried, Retried),
            (500, None, Retried, Fails(ErrorKind::Server), Fails(ErrorKind::Server)),
            (501, None, Fails(ErrorKind::Server), Fails(ErrorKind::Server), Fails(ErrorKind::Server)),
            (502, None, Retried, Retried, Fails(ErrorKind::Ambiguous)),
            (503, None, Retried, Retried, Fails(ErrorKind::Ambiguous)),
            (503, second, Retried, Retried, Retried),
            (504, None, Retried, Retried, Fails(ErrorKind::Ambiguous)),
            (504, second, Retried, Retried, Fails(ErrorKind::Ambiguous)),
        ];
        for (status, retry_after, get, patch, post) in table {
            let outcome = |method, retry| outcome(response_error(status, retry_after), method, retry);
            assert_eq!(outcome(Method::Get, Retry::Safe), get, "GET {status}");
            assert_eq!(outcome(Method::Patch, Retry::Safe), patch, "PATCH {status}");
            assert_eq!(outcome(Method::Post, Retry::Unsafe), post, "POST {status}");
        }
    }

    #[test]
    fn retry_rules_for_failures() {
        #[rustfmt::skip]
        let table = [
            // kind, effect, safe, unsafe
            (ErrorKind::Unreachable, Effect::None, Retried, Retried),
            (ErrorKind::Unreachable, Effect::Unknown, Retried, Fails(ErrorKind::Ambiguous)),
            (ErrorKind::RequestTimeout, Effect::None, Retried, Retried),
            (ErrorKind::RequestTimeout, Effect::Unknown, Retried, Fails(ErrorKind::Ambiguous)),
            (ErrorKind::Tls, Effect::None, Fails(ErrorKind::Tls), Fails(ErrorKind::Tls)),
            (ErrorKind::Redirect, Effect::None, Fails(ErrorKind::Redirect), Fails(ErrorKind::Redirect)),
            (ErrorKind::TooLarge, Effect::Done, Fails(ErrorKind::TooLarge), Fails(ErrorKind::TooLarge)),
            (ErrorKind::UnexpectedResponse, Effect::Done, Fails(ErrorKind::UnexpectedResponse), Fails(ErrorKind::UnexpectedResponse)),
            (ErrorKind::Cancelled, Effect::Unknown, Fails(ErrorKind::Cancelled), Fails(ErrorKind::Cancelled)),
            (ErrorKind::Setup, Effect::None, Fails(ErrorKind::Setup), Fails(ErrorKind::Setup)),
        ];
        for (kind, effect, safe, not_safe) in table {
            let error = || RequestInfo::new("operation", Method::Get, "/", "id").error(kind, effect);
            assert_eq!(
                outcome(error(), Method::Delete, Retry::Safe),
                safe,
                "{kind:?} {effect:?}"
            );
            assert_eq!(
                outcome(error(), Method::Post, Retry::Unsafe),
                not_safe,
                "{kind:?} {effect:?}"
            );
        }
    }

    #[test]
    fn retries_count_attempts() {
        for max_retries in [0, 1, 4, 20] {
            let mut retries = Retries::new(Backoff::default(), max_retries, Method::Get, Retry::Safe);
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
