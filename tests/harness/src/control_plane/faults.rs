//! Scripted faults: what goes wrong with which request.
//!
//! The first fault that is due for a request is played. Whether a fault is due depends only on the seed, the
//! operation and how many requests it has had, so a run can be repeated from the seed it printed.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::StatusCode;
use serde_json::Value;

use super::lock;

/// A fault, for which operation, and when.
#[derive(Clone, Debug)]
pub struct Fault {
    /// The operation's id, `openapi` for the document, `*` for every operation of the contract.
    operation: String,
    kind: FaultKind,
    /// How many requests pass before the first fault.
    skip: u64,
    /// How many requests are hit at most.
    times: Option<u64>,
    /// The share of requests that are hit.
    probability: f64,
}

/// What goes wrong.
#[derive(Clone)]
pub enum FaultKind {
    /// Answers this instead of the truth.
    Answer(Answer),
    /// Resets the connection before the request is processed.
    ResetBefore,
    /// Processes the request, then resets the connection: the answer is lost.
    ResetAfter,
    /// Processes the request, then keeps the answer back for a while.
    Delay(Duration),
    /// Ends the connection in the middle of the answer's body.
    Truncated,
    /// Answers with success and a body that is no JSON.
    Garbage,
    /// Sends the body in small pieces over this time.
    Slow(Duration),
    /// Answers with success and a JSON string of this many bytes.
    Huge(usize),
    /// Changes the body of the answer.
    Rewrite(Arc<dyn Fn(&mut Value) + Send + Sync>),
    /// One of the above, another each time.
    Any,
}

/// An answer that is made up.
#[derive(Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// Whether the request is processed all the same, as behind a gateway that gave up waiting.
    pub processed: bool,
}

/// The text of a fault on a command line is not one.
#[derive(Debug, thiserror::Error)]
#[error("invalid fault `{text}`: {reason}; write `{FORM}`")]
pub struct FaultError {
    text: String,
    reason: String,
}

/// How a fault is written on a command line.
pub const FORM: &str = "OPERATION=KIND[,MODIFIER…] with KIND one of STATUS, reset-before, reset-after, delay:TIME, \
    truncated, garbage, slow:TIME, huge:BYTES, redirect:URL, any and MODIFIER one of times:N, skip:N, \
    probability:P, retry-after:VALUE, html, processed";

/// The faults that are to be played.
#[derive(Default)]
pub struct Faults {
    seed: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    faults: Vec<Scheduled>,
    /// How many requests each operation has had.
    requests: BTreeMap<String, u64>,
}

struct Scheduled {
    fault: Fault,
    passed: u64,
    hit: u64,
}

impl Fault {
    /// A fault of a kind, for every request of an operation; `*` is every operation of the contract.
    pub fn new(operation: impl Into<String>, kind: FaultKind) -> Self {
        Self {
            operation: operation.into(),
            kind,
            skip: 0,
            times: None,
            probability: 1.0,
        }
    }

    /// Answers with a status and the JSON `detail` of that status.
    pub fn status(operation: impl Into<String>, status: u16) -> Self {
        Self::new(operation, FaultKind::Answer(Answer::json(status)))
    }

    /// Answers with a status and a page of HTML, as the web server in front does.
    pub fn html(operation: impl Into<String>, status: u16) -> Self {
        Self::new(operation, FaultKind::Answer(Answer::html(status)))
    }

    /// Answers with a redirect to another place.
    pub fn redirect(operation: impl Into<String>, status: u16, location: &str) -> Self {
        Self::status(operation, status).header("location", location)
    }

    /// Adds a header to a made up answer.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let FaultKind::Answer(answer) = &mut self.kind {
            answer.headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// Processes the request although the answer is made up.
    #[must_use]
    pub fn processed(mut self) -> Self {
        if let FaultKind::Answer(answer) = &mut self.kind {
            answer.processed = true;
        }
        self
    }

    /// Hits this many requests only.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// Lets this many requests pass before the first is hit.
    #[must_use]
    pub fn skip(mut self, skip: u64) -> Self {
        self.skip = skip;
        self
    }

    /// Hits this share of the requests, 0 to 1.
    #[must_use]
    pub fn probability(mut self, probability: f64) -> Self {
        self.probability = probability;
        self
    }

    /// Reads a fault as it is written on a command line, see [`FORM`].
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
                "html" => fault.in_html(),
                _ => return Err(error("unknown modifier")),
            };
        }
        Ok(fault)
    }

    fn in_html(mut self) -> Self {
        if let FaultKind::Answer(answer) = &mut self.kind {
            let page = Answer::html(answer.status.as_u16());
            answer.headers.extend(page.headers);
            answer.body = page.body;
        }
        self
    }

    fn concerns(&self, operation: &str) -> bool {
        self.operation == operation || (self.operation == "*" && operation != super::DOCUMENT_OPERATION)
    }
}

impl Answer {
    /// A status with the JSON `detail` of that status.
    pub fn json(status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let detail = status.canonical_reason().unwrap_or("Unknown");
        Self {
            status,
            headers: vec![(
                "content-type".to_owned(),
                "application/json; charset=utf-8".to_owned(),
            )],
            body: serde_json::json!({ "detail": detail }).to_string().into_bytes(),
            processed: false,
        }
    }

    /// A status with the page of HTML that nginx makes for it.
    pub fn html(status: u16) -> Self {
        let answer = Self::json(status);
        let reason = answer.status.canonical_reason().unwrap_or("Unknown");
        let title = format!("{status} {reason}");
        Self {
            headers: vec![("content-type".to_owned(), "text/html".to_owned())],
            body: format!(
                "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n\
                 <hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
            )
            .into_bytes(),
            ..answer
        }
    }
}

impl Faults {
    /// No faults yet; what is left to chance follows from the seed.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            ..Self::default()
        }
    }

    /// The seed that what is left to chance follows from.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Adds a fault behind those there are.
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

    /// The faults there are, in words.
    pub fn describe(&self) -> Vec<String> {
        let state = lock(&self.state);
        state
            .faults
            .iter()
            .map(|scheduled| format!("{:?}, hit {}", scheduled.fault, scheduled.hit))
            .collect()
    }

    /// The fault to play for the next request of an operation; never [`FaultKind::Any`].
    pub fn next(&self, operation: &str) -> Option<FaultKind> {
        let mut state = lock(&self.state);
        let State { faults, requests } = &mut *state;
        let number = requests.entry(operation.to_owned()).or_default();
        *number = number.saturating_add(1);
        let mut chance = self.chance(operation, *number);
        for scheduled in faults
            .iter_mut()
            .filter(|scheduled| scheduled.fault.concerns(operation))
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

/// One of the faults that a client has to live with.
fn any(chance: &mut fastrand::Rng) -> FaultKind {
    let answer = |answer: Answer| FaultKind::Answer(answer);
    let with_retry_after = |status| {
        let mut made_up = Answer::json(status);
        made_up.headers.push(("retry-after".to_owned(), "1".to_owned()));
        answer(made_up)
    };
    match chance.u8(0..13) {
        0 => answer(Answer::json(429)),
        1 => with_retry_after(429),
        2 => answer(Answer::json(500)),
        3 => answer(Answer::html(502)),
        4 => with_retry_after(503),
        5 => answer(Answer::html(504)),
        6 => answer(Answer {
            processed: true,
            ..Answer::html(504)
        }),
        7 => FaultKind::ResetBefore,
        8 => FaultKind::ResetAfter,
        9 => FaultKind::Truncated,
        10 => FaultKind::Garbage,
        11 => FaultKind::Delay(Duration::from_millis(chance.u64(1..200))),
        _ => FaultKind::Slow(Duration::from_millis(chance.u64(1..200))),
    }
}

/// A time such as `500ms` or `2s`.
pub fn parse_duration(text: &str) -> Option<Duration> {
    text.parse::<jiff::SignedDuration>().ok()?.try_into().ok()
}

impl fmt::Debug for FaultKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(answer) => {
                write!(formatter, "answer {}", answer.status.as_u16())?;
                formatter.write_str(if answer.processed { " after processing" } else { "" })
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
