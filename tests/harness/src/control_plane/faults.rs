//! Injected faults, each for the requests of one operation or of all.
//!
//! A request gets the first fault that is due. Whether a fault is due depends only on the seed, the operation and the
//! number of its requests so far. A test can therefore be repeated with the seed that it printed.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use super::lock;

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
    /// Changes the body of the response.
    Rewrite(Arc<dyn Fn(&mut Value) + Send + Sync>),
    /// A random one of the above for each request.
    Any,
}

/// A response that a fault sends.
#[derive(Clone)]
pub struct FaultResponse {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// Whether the request is processed nevertheless, as behind a gateway that timed out.
    pub processed: bool,
}

/// The fault on a command line is invalid.
#[derive(Debug, thiserror::Error)]
#[error("invalid fault `{text}`: {reason}; write `{FORM}`")]
pub struct FaultError {
    text: String,
    reason: String,
}

/// The syntax of a fault on a command line.
pub const FORM: &str = "OPERATION=KIND[,MODIFIER…] with KIND one of STATUS, reset-before, reset-after, delay:TIME, \
    truncated, garbage, slow:TIME, huge:BYTES, redirect:URL, any and MODIFIER one of times:N, skip:N, \
    probability:P, retry-after:VALUE, html, message, processed";

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

    /// Parses a fault of a command line, see [`FORM`].
    ///
    /// # Errors
    /// If the text does not follow that syntax.
    pub fn parse(text: &str) -> Result<Self, FaultError> {
        let error = |reason: &str| FaultError {
            text: text.to_owned(),
            reason: reason.to_owned(),
        };
        let (operation, specification) = text.split_once('=').ok_or_else(|| error("missing `=`"))?;
        let mut words = specification
            .split(',')
            .map(|word| word.split_once(':').unwrap_or((word, "")));
        let (kind, value) = words.next().ok_or_else(|| error("missing kind"))?;
        let duration = || parse_duration(value).ok_or_else(|| error("expected a duration such as `500ms`"));
        let mut fault = match kind {
            "reset-before" => Self::new(operation, FaultKind::ResetBefore),
            "reset-after" => Self::new(operation, FaultKind::ResetAfter),
            "delay" => Self::new(operation, FaultKind::Delay(duration()?)),
            "truncated" => Self::new(operation, FaultKind::Truncated),
            "garbage" => Self::new(operation, FaultKind::Garbage),
            "slow" => Self::new(operation, FaultKind::Slow(duration()?)),
            "huge" => {
                let bytes = value.parse().map_err(|_| error("expected a number of bytes"))?;
                Self::new(operation, FaultKind::Huge(bytes))
            }
            "redirect" => Self::redirect(operation, 302, value),
            "any" => Self::new(operation, FaultKind::Any),
            status => {
                let status = status.parse().map_err(|_| error("unknown kind"))?;
                StatusCode::from_u16(status).map_err(|_| error("not an HTTP status"))?;
                Self::status(operation, status)
            }
        };
        for (modifier, value) in words {
            let number = || {
                value
                    .parse()
                    .map_err(|_| error("the value of a modifier is not a number"))
            };
            fault = match modifier {
                "times" => fault.times(number()?),
                "skip" => fault.skip(number()?),
                "probability" => {
                    let share = value.parse().ok().filter(|share| (0.0..=1.0).contains(share));
                    fault.probability(share.ok_or_else(|| error("a probability must be between 0 and 1"))?)
                }
                "retry-after" => fault.header("retry-after", value),
                "processed" => fault.processed(),
                "html" => fault.with_page(FaultResponse::html),
                "message" => fault.with_page(FaultResponse::message),
                _ => return Err(error("unknown modifier")),
            };
        }
        Ok(fault)
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

    fn affects(&self, operation: &str) -> bool {
        self.operation == operation || (self.operation == "*" && operation != super::DOCUMENT_OPERATION)
    }
}

impl FaultResponse {
    /// A response with a status and its JSON `detail`.
    pub fn json(status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let detail = status.canonical_reason().unwrap_or("Unknown");
        Self {
            status,
            headers: vec![(
                "content-type".to_owned(),
                "application/json; charset=utf-8".to_owned(),
            )],
            body: json!({ "detail": detail }).to_string().into_bytes(),
            processed: false,
        }
    }

    /// A response with a status and a JSON `message` without `detail`, as an API gateway in front sends it.
    pub fn message(status: u16) -> Self {
        let response = Self::json(status);
        let reason = response.status.canonical_reason().unwrap_or("Unknown");
        response.with_body(&json!({ "message": format!("{reason}: no route matched") }))
    }

    fn with_body(self, body: &Value) -> Self {
        Self {
            body: body.to_string().into_bytes(),
            ..self
        }
    }

    /// A response with a status and the HTML page of nginx for it.
    pub fn html(status: u16) -> Self {
        let response = Self::json(status);
        let reason = response.status.canonical_reason().unwrap_or("Unknown");
        let title = format!("{status} {reason}");
        Self {
            headers: vec![("content-type".to_owned(), "text/html".to_owned())],
            body: format!(
                "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n\
                 <hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
            )
            .into_bytes(),
            ..response
        }
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

    /// The fault of the next request of an operation; never [`FaultKind::Any`].
    pub fn next(&self, operation: &str) -> Option<FaultKind> {
        let mut state = lock(&self.state);
        let State { faults, requests } = &mut *state;
        let number = requests.entry(operation.to_owned()).or_default();
        *number = number.saturating_add(1);
        let mut chance = self.chance(operation, *number);
        for scheduled in faults
            .iter_mut()
            .filter(|scheduled| scheduled.fault.affects(operation))
        {
            let Scheduled { fault, passed, hit } = scheduled;
            if fault.times.is_some_and(|times| *hit >= times) {
                continue;
            }
            if *passed < fault.skip {
                *passed = passed.saturating_add(1);
                continue;
            }
            if chance.f64() < fault.probability {
                *hit = hit.saturating_add(1);
                return Some(match &fault.kind {
                    FaultKind::Any => any(&mut chance),
                    kind => kind.clone(),
                });
            }
        }
        None
    }

    fn chance(&self, operation: &str, number: u64) -> fastrand::Rng {
        let mut hasher = DefaultHasher::new();
        (self.seed, operation, number).hash(&mut hasher);
        fastrand::Rng::with_seed(hasher.finish())
    }
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

/// Parses a duration such as `500ms` or `2s`.
pub fn parse_duration(text: &str) -> Option<Duration> {
    text.parse::<jiff::SignedDuration>().ok()?.try_into().ok()
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
            Self::Rewrite(_) => formatter.write_str("rewritten body"),
            Self::Any => formatter.write_str("any"),
        }
    }
}
