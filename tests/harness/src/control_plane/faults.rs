//! Injected faults, each for the requests of one operation or of all.
//!
//! A request gets the first fault that is due. Whether a fault is due depends only on the seed, the operation and the
//! number of its requests so far. A test can therefore be repeated with the seed that it printed.

mod parse;
mod response;
mod shape;

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use super::lock;

pub use parse::{FORM, FaultError, parse_duration};
pub use response::FaultResponse;
pub use shape::Shape;

/// A fault, its operation, and the requests that it affects.
#[derive(Clone, Debug)]
pub struct Fault {
    /// The operation's id, `openapi` for the document, `*` for every operation of the contract.
    operation: String,
    kind: FaultKind,
    /// The number of requests before the first fault.
    skip: u64,
    /// The highest number of affected requests.
    times: Option<u64>,
    /// The share of affected requests, from 0 to 1.
    probability: f64,
    /// The highest number of failed attempts in a row of one call.
    in_a_row: Option<u64>,
}

/// A kind of fault.
#[derive(Clone)]
pub enum FaultKind {
    /// Sends this response instead of the control plane's own.
    Respond(FaultResponse),
    /// Resets the connection before the request is processed.
    ResetBefore,
    /// Processes the request, then resets the connection: the response is lost.
    ResetAfter,
    /// Processes the request, then delays the response.
    Delay(Duration),
    /// Closes the connection in the middle of the response's body.
    Truncated,
    /// Sends a success whose body is not JSON.
    Garbage,
    /// Sends the body in small pieces over this time.
    Slow(Duration),
    /// Sends a success whose body is a JSON string of this many bytes.
    Huge(usize),
    /// Processes the request and sends this status without a body; a rejection is sent as it is.
    Empty(StatusCode),
    /// Changes the shape of a success.
    Shaped(Shape),
    /// Compresses the body, unless the request accepts `identity` only.
    Gzip,
    /// Closes the connection right after the response, without a `Connection: close`.
    CloseAfter,
    /// Sends `Connection: close`, and closes the connection.
    ConnectionClose,
    /// Changes the body of the response.
    Rewrite(Arc<dyn Fn(&mut Value) + Send + Sync>),
    /// A random one of the above for each request.
    Any,
}

/// All faults of a control plane.
#[derive(Default)]
pub struct Faults {
    seed: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    faults: Vec<Scheduled>,
    /// The number of requests of each operation so far.
    requests: BTreeMap<String, u64>,
    /// The number of failed attempts since the last success of each call.
    failures: BTreeMap<String, u64>,
}

/// A fault, and the requests so far to which it applies.
struct Scheduled {
    fault: Fault,
    /// The number of them that it skipped.
    passed: u64,
    /// The number of them that it affected.
    hit: u64,
}

impl Fault {
    /// A fault for every request of an operation; `*` means every operation of the contract.
    pub fn new(operation: impl Into<String>, kind: FaultKind) -> Self {
        Self {
            operation: operation.into(),
            kind,
            skip: 0,
            times: None,
            probability: 1.0,
            in_a_row: None,
        }
    }

    /// Sends a status and its JSON `detail`.
    pub fn status(operation: impl Into<String>, status: u16) -> Self {
        Self::new(operation, FaultKind::Respond(FaultResponse::json(status)))
    }

    /// Sends a status and an HTML page, as the web server in front does.
    pub fn html(operation: impl Into<String>, status: u16) -> Self {
        Self::new(operation, FaultKind::Respond(FaultResponse::html(status)))
    }

    /// Sends a status and this `detail`.
    pub fn detail(operation: impl Into<String>, status: u16, detail: &str) -> Self {
        let response = FaultResponse::json(status).with_body(&json!({ "detail": detail }));
        Self::new(operation, FaultKind::Respond(response))
    }

    /// Sends a status and a JSON `message`, as an API gateway in front does.
    pub fn message(operation: impl Into<String>, status: u16) -> Self {
        Self::new(operation, FaultKind::Respond(FaultResponse::message(status)))
    }

    /// Sends a redirect.
    pub fn redirect(operation: impl Into<String>, status: u16, location: &str) -> Self {
        Self::status(operation, status).header("location", location)
    }

    /// Changes the shape of each success.
    pub fn shaped(operation: impl Into<String>, shape: Shape) -> Self {
        Self::new(operation, FaultKind::Shaped(shape))
    }

    /// Adds a header to the response of the fault.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let FaultKind::Respond(response) = &mut self.kind {
            response.headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// Processes the request before the response of the fault is sent.
    #[must_use]
    pub fn processed(mut self) -> Self {
        if let FaultKind::Respond(response) = &mut self.kind {
            response.processed = true;
        }
        self
    }

    /// Affects at most this many requests.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// Skips this many requests before the first fault.
    #[must_use]
    pub fn skip(mut self, skip: u64) -> Self {
        self.skip = skip;
        self
    }

    /// Affects this share of the requests, from 0 to 1.
    #[must_use]
    pub fn probability(mut self, probability: f64) -> Self {
        self.probability = probability;
        self
    }

    /// Replaces the body by that of another response to the same status.
    fn with_page(mut self, page: fn(u16) -> FaultResponse) -> Self {
        if let FaultKind::Respond(response) = &mut self.kind {
            let page = page(response.status.as_u16());
            response.headers.retain(|(name, _)| name != "content-type");
            response.headers.extend(page.headers);
            response.body = page.body;
        }
        self
    }

    /// Affects at most this many attempts of a call before one of them succeeds.
    #[must_use]
    pub fn in_a_row(mut self, attempts: u64) -> Self {
        self.in_a_row = Some(attempts);
        self
    }

    fn affects(&self, operation: &str) -> bool {
        self.operation == operation || (self.operation == "*" && operation != super::DOCUMENT_OPERATION)
    }
}

impl Faults {
    /// An empty list of faults; random decisions follow from the seed.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            ..Self::default()
        }
    }

    /// The seed of all random decisions.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Adds a fault after the existing ones.
    pub fn add(&self, fault: Fault) {
        lock(&self.state).faults.push(Scheduled {
            fault,
            passed: 0,
            hit: 0,
        });
    }

    /// Removes every fault.
    pub fn clear(&self) {
        lock(&self.state).faults.clear();
    }

    /// A description of each fault.
    pub fn describe(&self) -> Vec<String> {
        let state = lock(&self.state);
        state
            .faults
            .iter()
            .map(|scheduled| format!("{:?}, hit {}", scheduled.fault, scheduled.hit))
            .collect()
    }

    /// The fault of the next request of an operation; never [`FaultKind::Any`]. Attempts of the same call have the same `call`.
    pub fn next(&self, operation: &str, call: &str) -> Option<FaultKind> {
        let mut state = lock(&self.state);
        let State {
            faults,
            requests,
            failures,
        } = &mut *state;
        let number = requests.entry(operation.to_owned()).or_default();
        *number = number.saturating_add(1);
        let mut chance = self.chance(operation, *number);
        let failures = failures.entry(call.to_owned()).or_default();
        let fault = next_of(faults, operation, *failures, &mut chance);
        *failures = match &fault {
            Some(fault) if fault.fails_attempt() => failures.saturating_add(1),
            _ => 0,
        };
        fault
    }

    fn chance(&self, operation: &str, number: u64) -> fastrand::Rng {
        let mut hasher = DefaultHasher::new();
        (self.seed, operation, number).hash(&mut hasher);
        fastrand::Rng::with_seed(hasher.finish())
    }
}

/// The first fault that is due for an operation, after this number of failed attempts in a row.
fn next_of(
    faults: &mut [Scheduled],
    operation: &str,
    failures: u64,
    chance: &mut fastrand::Rng,
) -> Option<FaultKind> {
    for Scheduled { fault, passed, hit } in faults {
        let is_exhausted = fault.times.is_some_and(|times| *hit >= times)
            || fault.in_a_row.is_some_and(|in_a_row| failures >= in_a_row);
        if !fault.affects(operation) || is_exhausted {
            continue;
        }
        if *passed < fault.skip {
            *passed = passed.saturating_add(1);
            continue;
        }
        if chance.f64() < fault.probability {
            *hit = hit.saturating_add(1);
            return Some(match &fault.kind {
                FaultKind::Any => any(chance),
                kind => kind.clone(),
            });
        }
    }
    None
}

/// A random fault that a client must survive.
fn any(chance: &mut fastrand::Rng) -> FaultKind {
    let respond = FaultKind::Respond;
    let with_retry_after = |status| {
        let mut response = FaultResponse::json(status);
        response.headers.push(("retry-after".to_owned(), "1".to_owned()));
        respond(response)
    };
    match chance.u8(0..13) {
        0 => respond(FaultResponse::json(429)),
        1 => with_retry_after(429),
        2 => respond(FaultResponse::json(500)),
        3 => respond(FaultResponse::html(502)),
        4 => with_retry_after(503),
        5 => respond(FaultResponse::html(504)),
        6 => respond(FaultResponse {
            processed: true,
            ..FaultResponse::html(504)
        }),
        7 => FaultKind::ResetBefore,
        8 => FaultKind::ResetAfter,
        9 => FaultKind::Truncated,
        10 => FaultKind::Garbage,
        11 => FaultKind::Delay(Duration::from_millis(chance.u64(1..200))),
        _ => FaultKind::Slow(Duration::from_millis(chance.u64(1..200))),
    }
}

impl FaultKind {
    /// Whether a client cannot use the response, so that the attempt has failed for it.
    pub fn fails_attempt(&self) -> bool {
        match self {
            Self::Respond(_)
            | Self::ResetBefore
            | Self::ResetAfter
            | Self::Truncated
            | Self::Garbage
            | Self::Huge(_)
            | Self::Any => true,
            Self::Delay(_)
            | Self::Slow(_)
            | Self::Empty(_)
            | Self::Shaped(_)
            | Self::Gzip
            | Self::CloseAfter
            | Self::ConnectionClose
            | Self::Rewrite(_) => false,
        }
    }
}

impl fmt::Debug for FaultKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Respond(response) => {
                write!(formatter, "status {}", response.status.as_u16())?;
                formatter.write_str(if response.processed {
                    " after processing"
                } else {
                    ""
                })
            }
            Self::ResetBefore => formatter.write_str("reset before processing"),
            Self::ResetAfter => formatter.write_str("reset after processing"),
            Self::Delay(delay) => write!(formatter, "delay {delay:?}"),
            Self::Truncated => formatter.write_str("truncated body"),
            Self::Garbage => formatter.write_str("garbage body"),
            Self::Slow(time) => write!(formatter, "slow body {time:?}"),
            Self::Huge(size) => write!(formatter, "huge body {size}"),
            Self::Empty(status) => write!(formatter, "status {} without body", status.as_u16()),
            Self::Shaped(shape) => write!(formatter, "body {shape}"),
            Self::Gzip => formatter.write_str("gzip"),
            Self::CloseAfter => formatter.write_str("connection closed after the response"),
            Self::ConnectionClose => formatter.write_str("connection closed as announced"),
            Self::Rewrite(_) => formatter.write_str("rewritten body"),
            Self::Any => formatter.write_str("any"),
        }
    }
}
