//! The log of requests, which tests can ask what was really sent.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::Method;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::contract::Operation;
use super::lock;
use crate::secrets::{Kind, Secrets};

/// Every request in the order in which it was answered.
pub struct Log {
    entries: Mutex<Vec<Entry>>,
    length: watch::Sender<usize>,
    in_flight: AtomicUsize,
    peak_in_flight: AtomicUsize,
    connections: AtomicUsize,
}

/// A request and what became of it.
#[derive(Clone, Serialize)]
pub struct Entry {
    /// The time since the control plane started.
    #[serde(serialize_with = "as_seconds")]
    pub time: Duration,
    /// The operation's id, `openapi` for the document; empty where nothing is behind the path.
    pub operation: String,
    /// The method.
    #[serde(serialize_with = "as_text")]
    pub method: Method,
    /// The path with its prefix.
    pub path: String,
    /// The status of the answer; none where the connection was reset instead.
    pub status: Option<u16>,
    /// Whether the operation was carried out, whatever was answered.
    pub processed: bool,
    /// The fault that was played.
    pub fault: Option<String>,
    /// The body, if it was JSON. It holds secrets; neither Debug nor a serialised entry shows them.
    #[serde(skip)]
    pub body: Option<Value>,
    /// The body without its secrets.
    #[serde(rename = "body")]
    pub shown_body: Option<Value>,
    /// `X-Request-Id`
    pub request_id: Option<String>,
    /// `User-Agent`
    pub user_agent: Option<String>,
    /// Whether there was an `Authorization`, right or wrong.
    pub has_authorization: bool,
}

/// A request that is not answered yet.
pub(super) struct InFlight<'a>(&'a Log);

impl Log {
    /// A log without entries.
    pub(super) fn new() -> Self {
        Self {
            entries: Mutex::default(),
            length: watch::Sender::new(0),
            in_flight: AtomicUsize::new(0),
            peak_in_flight: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
        }
    }

    /// Every entry.
    pub fn all(&self) -> Vec<Entry> {
        lock(&self.entries).clone()
    }

    /// The entries of an operation.
    pub fn of(&self, operation: &str) -> Vec<Entry> {
        lock(&self.entries)
            .iter()
            .filter(|entry| entry.operation == operation)
            .cloned()
            .collect()
    }

    /// How many requests an operation had.
    pub fn count(&self, operation: &str) -> usize {
        lock(&self.entries)
            .iter()
            .filter(|entry| entry.operation == operation)
            .count()
    }

    /// How many requests of an operation were carried out, even if the answer was lost.
    pub fn count_processed(&self, operation: &str) -> usize {
        let entries = lock(&self.entries);
        entries
            .iter()
            .filter(|entry| entry.operation == operation && entry.processed)
            .count()
    }

    /// The requests that were to change something: everything but GET.
    pub fn changes(&self) -> Vec<Entry> {
        lock(&self.entries)
            .iter()
            .filter(|entry| entry.method != Method::GET)
            .cloned()
            .collect()
    }

    /// Forgets every entry.
    pub fn clear(&self) {
        lock(&self.entries).clear();
    }

    /// The most requests there ever were at the same time.
    pub fn peak_in_flight(&self) -> usize {
        self.peak_in_flight.load(Ordering::SeqCst)
    }

    /// How many connections were opened.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Waits until an operation has had a number of requests.
    pub async fn wait_for(&self, operation: &str, count: usize) {
        let mut length = self.length.subscribe();
        while self.count(operation) < count {
            if length.changed().await.is_err() {
                return;
            }
        }
    }

    pub(super) fn push(&self, entry: Entry) {
        lock(&self.entries).push(entry);
        self.length.send_modify(|length| *length = length.wrapping_add(1));
    }

    pub(super) fn connected(&self) {
        self.connections.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn begin(&self) -> InFlight<'_> {
        let now = self.in_flight.fetch_add(1, Ordering::SeqCst).saturating_add(1);
        self.peak_in_flight.fetch_max(now, Ordering::SeqCst);
        InFlight(self)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::SeqCst);
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {} → {:?}", self.method, self.path, self.status)?;
        if let Some(fault) = &self.fault {
            write!(formatter, " ({fault})")?;
        }
        match &self.shown_body {
            Some(body) => write!(formatter, " {body}"),
            None => Ok(()),
        }
    }
}

/// A body without what must not be shown, of which the harness learns what to search for.
pub(super) fn without_secrets(operation: &Operation, body: &Value, secrets: &Secrets) -> Value {
    let mut shown = body.clone();
    if let (Value::Object(fields), Some(schema)) = (&mut shown, &operation.request) {
        for (name, value) in fields {
            if let Some(kind) = kind(&schema.write_only, name) {
                secrets.learn(kind, value);
                *value = json!("(sensitive)");
            }
        }
    }
    shown
}

/// What must not be shown of a field: what is never answered, a backend's free configuration, a template.
fn kind(never_answered: &BTreeSet<String>, name: &str) -> Option<Kind> {
    match name {
        _ if never_answered.contains(name) => Some(Kind::Secret),
        "config" => Some(Kind::Secret),
        "template_data" => Some(Kind::Template),
        _ => None,
    }
}

fn as_text<S: serde::Serializer>(method: &Method, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(method.as_str())
}

fn as_seconds<S: serde::Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}
