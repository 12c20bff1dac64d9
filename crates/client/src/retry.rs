//! Whether a request is sent again, and when.

use std::time::Duration;

use engine::api::{Effect, ErrorKind, Retry};
use http::{HeaderMap, HeaderName, header};
use jiff::{SignedDuration, Timestamp};
use schema::model::Method;
use value::duration;

use super::error::Error;

/// How long to wait between attempts: exponentially longer, with full jitter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// Longest wait before the first retry; it doubles with each one.
    pub base: Duration,
    /// Longest wait before any retry, and before the live document is tried again.
    pub cap: Duration,
    /// Longest wait that the control plane can ask for.
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
    /// The wait before the retry of that number, counting from 1.
    ///
    /// What the control plane asks for is the least; some jitter on top keeps those that were refused
    /// together from coming back together.
    fn wait(self, retry: u32, retry_after: Option<Duration>) -> Duration {
        if let Some(asked) = retry_after {
            return asked.min(self.retry_after_cap) + jitter(self.base / 2);
        }
        let factor = 1_u32.checked_shl(retry.saturating_sub(1)).unwrap_or(u32::MAX);
        jitter(self.base.saturating_mul(factor).min(self.cap))
    }
}

/// A random duration up to that one.
fn jitter(longest: Duration) -> Duration {
    longest.mul_f64(fastrand::f64())
}

/// The attempts of one call.
pub(super) struct Retries {
    backoff: Backoff,
    /// Attempts that are allowed.
    most: u32,
    method: Method,
    retry: Retry,
    attempt: u32,
}

/// A wait before another attempt.
#[derive(Debug)]
pub(super) struct Pause {
    /// How long.
    pub wait: Duration,
    /// Whether all requests should wait.
    pub is_rate_limit: bool,
    /// What the last attempt came to, in case that there is no other after all.
    pub error: Error,
}

impl Retries {
    pub fn new(backoff: Backoff, max_retries: u32, method: Method, retry: Retry) -> Self {
        Self {
            backoff,
            most: max_retries.saturating_add(1),
            method,
            retry,
            attempt: 1,
        }
    }

    /// The number of the attempt that is due, counting from 1.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// After an attempt that failed: the wait before another, or the error where there is none.
    pub fn after(&mut self, mut error: Error) -> Result<Pause, Error> {
        error.attempts = self.attempt;
        if !is_retriable(&error, self.method, self.retry) || self.attempt >= self.most {
            return Err(settle(error, self.retry));
        }
        let wait = self.backoff.wait(self.attempt, error.retry_after);
        self.attempt += 1;
        Ok(Pause {
            wait,
            is_rate_limit: error.kind == ErrorKind::RateLimited,
            error,
        })
    }
}

/// Whether another attempt makes sense and can do no harm.
fn is_retriable(error: &Error, method: Method, retry: Retry) -> bool {
    let is_harmless = retry == Retry::Safe || error.effect == Effect::None;
    match error.status {
        Some(429) => true,
        Some(408 | 502 | 503 | 504) => is_harmless,
        // The application itself failed: a write may have been half done.
        Some(500) => method == Method::Get,
        Some(_) => false,
        None => matches!(error.kind, ErrorKind::Unreachable | ErrorKind::RequestTimeout) && is_harmless,
    }
}

/// The error that the caller sees: where a request must not be repeated, not knowing is what matters.
fn settle(error: Error, retry: Retry) -> Error {
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

/// Whether an answer with this status means that the request was carried out.
pub(super) fn effect_of(status: u16, retry_after: Option<Duration>) -> Effect {
    match status {
        200..=299 => Effect::Done,
        // Who says when to come back has refused; without that it may be a proxy that lost the server's
        // answer.
        503 if retry_after.is_some() => Effect::None,
        501 => Effect::None,
        // A redirect after the fact; a proxy that gave up on the server; an application that failed half way.
        302 | 303 | 408 | 500..=599 => Effect::Unknown,
        _ => Effect::None,
    }
}

/// The difference at which two clocks count as the same: a header has whole seconds.
const SAME: SignedDuration = SignedDuration::from_secs(2);

/// When an answer was made, by the clock of whoever made it; by ours, which is finer, where it says the same or nothing.
pub(super) fn date(headers: &HeaderMap) -> Timestamp {
    let now = Timestamp::now();
    let date = header_text(headers, &header::DATE).and_then(parse_date);
    date.filter(|date| date.duration_since(now).abs() > SAME)
        .unwrap_or(now)
}

/// The wait that an answer asks for: seconds, or a date, which is compared with the answer's own.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let now = header_text(headers, &header::DATE).and_then(parse_date);
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

/// A date such as `Sun, 06 Nov 1994 08:49:37 GMT`.
fn parse_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(text)
        .ok()
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::super::error::{Exchange, kind_of};
    use super::*;

    /// What becomes of an attempt.
    #[derive(Debug, PartialEq, Eq)]
    enum Verdict {
        Again,
        Fails(ErrorKind),
    }
    use Verdict::{Again, Fails};

    fn verdict(error: Error, method: Method, retry: Retry) -> Verdict {
        match Retries::new(Backoff::default(), 4, method, retry).after(error) {
            Ok(_) => Again,
            Err(error) => Fails(error.kind),
        }
    }

    fn answered(status: u16, retry_after: Option<Duration>) -> Error {
        let status = StatusCode::from_u16(status).unwrap();
        let exchange = Exchange::new("operation", Method::Get, "/", "id");
        let mut error = exchange
            .error(kind_of(status), effect_of(status.as_u16(), retry_after))
            .with_status(status);
        error.retry_after = retry_after;
        error
    }

    #[test]
    fn rules_for_statuses() {
        let second = Some(Duration::from_secs(1));
        #[rustfmt::skip]
        let table = [
            // status, Retry-After, GET, PATCH (safe), POST (unsafe)
            (301, None, Fails(ErrorKind::Redirect), Fails(ErrorKind::Redirect), Fails(ErrorKind::Redirect)),
            (400, None, Fails(ErrorKind::Invalid), Fails(ErrorKind::Invalid), Fails(ErrorKind::Invalid)),
            (401, None, Fails(ErrorKind::Unauthorized), Fails(ErrorKind::Unauthorized), Fails(ErrorKind::Unauthorized)),
            (403, None, Fails(ErrorKind::Forbidden), Fails(ErrorKind::Forbidden), Fails(ErrorKind::Forbidden)),
            (404, None, Fails(ErrorKind::NotFound), Fails(ErrorKind::NotFound), Fails(ErrorKind::NotFound)),
            (408, None, Again, Again, Fails(ErrorKind::Ambiguous)),
            (409, None, Fails(ErrorKind::Conflict), Fails(ErrorKind::Conflict), Fails(ErrorKind::Conflict)),
            (410, None, Fails(ErrorKind::NotFound), Fails(ErrorKind::NotFound), Fails(ErrorKind::NotFound)),
            (418, None, Fails(ErrorKind::Rejected), Fails(ErrorKind::Rejected), Fails(ErrorKind::Rejected)),
            (422, None, Fails(ErrorKind::Invalid), Fails(ErrorKind::Invalid), Fails(ErrorKind::Invalid)),
            (429, None, Again, Again, Again),
            (429, second, Again, Again, Again),
            (500, None, Again, Fails(ErrorKind::Server), Fails(ErrorKind::Server)),
            (501, None, Fails(ErrorKind::Server), Fails(ErrorKind::Server), Fails(ErrorKind::Server)),
            (502, None, Again, Again, Fails(ErrorKind::Ambiguous)),
            (503, None, Again, Again, Fails(ErrorKind::Ambiguous)),
            (503, second, Again, Again, Again),
            (504, None, Again, Again, Fails(ErrorKind::Ambiguous)),
            (504, second, Again, Again, Fails(ErrorKind::Ambiguous)),
        ];
        for (status, retry_after, get, patch, post) in table {
            let verdict = |method, retry| verdict(answered(status, retry_after), method, retry);
            assert_eq!(verdict(Method::Get, Retry::Safe), get, "GET {status}");
            assert_eq!(verdict(Method::Patch, Retry::Safe), patch, "PATCH {status}");
            assert_eq!(verdict(Method::Post, Retry::Unsafe), post, "POST {status}");
        }
    }

    #[test]
    fn rules_for_failures() {
        #[rustfmt::skip]
        let table = [
            // kind, effect, safe, unsafe
            (ErrorKind::Unreachable, Effect::None, Again, Again),
            (ErrorKind::Unreachable, Effect::Unknown, Again, Fails(ErrorKind::Ambiguous)),
            (ErrorKind::RequestTimeout, Effect::None, Again, Again),
            (ErrorKind::RequestTimeout, Effect::Unknown, Again, Fails(ErrorKind::Ambiguous)),
            (ErrorKind::Tls, Effect::None, Fails(ErrorKind::Tls), Fails(ErrorKind::Tls)),
            (ErrorKind::Redirect, Effect::None, Fails(ErrorKind::Redirect), Fails(ErrorKind::Redirect)),
            (ErrorKind::TooLarge, Effect::Done, Fails(ErrorKind::TooLarge), Fails(ErrorKind::TooLarge)),
            (ErrorKind::UnexpectedResponse, Effect::Done, Fails(ErrorKind::UnexpectedResponse), Fails(ErrorKind::UnexpectedResponse)),
            (ErrorKind::Cancelled, Effect::Unknown, Fails(ErrorKind::Cancelled), Fails(ErrorKind::Cancelled)),
            (ErrorKind::Setup, Effect::None, Fails(ErrorKind::Setup), Fails(ErrorKind::Setup)),
        ];
        for (kind, effect, safe, not_safe) in table {
            let error = || Exchange::new("operation", Method::Get, "/", "id").error(kind, effect);
            assert_eq!(
                verdict(error(), Method::Delete, Retry::Safe),
                safe,
                "{kind:?} {effect:?}"
            );
            assert_eq!(
                verdict(error(), Method::Post, Retry::Unsafe),
                not_safe,
                "{kind:?} {effect:?}"
            );
        }
    }

    #[test]
    fn attempts_are_counted() {
        for max_retries in [0, 1, 4, 20] {
            let mut retries = Retries::new(Backoff::default(), max_retries, Method::Get, Retry::Safe);
            for _ in 0..max_retries {
                retries.after(answered(503, None)).unwrap();
            }
            assert_eq!(
                retries.after(answered(503, None)).unwrap_err().attempts,
                max_retries + 1
            );
        }
    }

    #[test]
    fn waits_double_up_to_the_cap_and_are_drawn_from_the_whole_range() {
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
    fn waits_that_are_asked_for_are_kept_and_capped() {
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
    fn forms_of_retry_after() {
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
    fn a_date_is_measured_by_the_clock_of_the_server() {
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
    fn an_answer_is_dated_by_the_clock_of_whoever_made_it() {
        let headers = |date: Option<Timestamp>| {
            let text = date.map(|date| date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string());
            text.map(|text| (header::DATE, text.parse().unwrap()))
                .into_iter()
                .collect::<HeaderMap>()
        };
        let second = SignedDuration::from_secs(1);
        let differs = |date: Timestamp| date.duration_since(Timestamp::now()).abs() > second;
        let behind = Timestamp::now() - SignedDuration::from_hours(1);
        let dated = date(&headers(Some(behind)));
        assert!(
            dated.duration_since(behind).abs() < second,
            "{dated}, not {behind}"
        );
        // Where both say the same, ours is finer; a header that is none says nothing.
        assert!(!differs(date(&headers(Some(Timestamp::now())))));
        assert!(!differs(date(&headers(None))));
        let garbage = [(header::DATE, "yesterday".parse().unwrap())];
        assert!(!differs(date(&garbage.into_iter().collect())));
    }
}
