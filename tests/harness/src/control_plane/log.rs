//! The log of requests, for tests that check what the provider sent.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::collection::Collection;
use super::contract::{Action, Contract, Operation};
use super::lock;
use super::store::Object;
use crate::secrets::{Kind, Secrets};

/// Every request in the order of the responses.
pub struct Log {
    entries: Mutex<Vec<Entry>>,
    length: watch::Sender<usize>,
    in_flight: AtomicUsize,
    peak_in_flight: AtomicUsize,
    connections: AtomicUsize,
}

/// A request and its result.
#[derive(Clone, Serialize)]
pub struct Entry {
    /// The time since the control plane started.
    #[serde(serialize_with = "as_seconds")]
    pub time: Duration,
    /// The operation's id, `openapi` for the document; empty if the path does not exist.
    pub operation: String,
    /// What the attempts of one call have in common.
    pub call: String,
    /// Whether a fault or the rate limit made this attempt fail.
    pub has_failed: bool,
    /// The method.
    #[serde(serialize_with = "as_string")]
    pub method: Method,
    /// The path with its prefix.
    pub path: String,
    /// The query string.
    pub query: Option<String>,
    /// The version of HTTP, such as `HTTP/2.0`.
    pub http_version: String,
    /// The status of the response; `None` if the connection was reset instead.
    pub status: Option<u16>,
    /// Whether the operation was performed. A fault may have replaced its response.
    pub processed: bool,
    /// The injected fault.
    pub fault: Option<String>,
    /// The body, if it was JSON. It contains secrets, so Debug and serialised entries omit it.
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

/// The number of requests of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Count {
    /// All.
    pub requests: usize,
    /// Those that were answered with status 304.
    pub not_modified: usize,
}

/// A request without a response yet.
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

    /// The number of requests of an operation.
    pub fn count(&self, operation: &str) -> usize {
        lock(&self.entries)
            .iter()
            .filter(|entry| entry.operation == operation)
            .count()
    }

    /// The number of performed requests of an operation, including those whose response was lost.
    pub fn count_processed(&self, operation: &str) -> usize {
        let entries = lock(&self.entries);
        entries
            .iter()
            .filter(|entry| entry.operation == operation && entry.processed)
            .count()
    }

    /// The number of requests of each operation that had any.
    pub fn counts(&self) -> BTreeMap<String, Count> {
        let mut counts: BTreeMap<String, Count> = BTreeMap::new();
        for entry in lock(&self.entries).iter() {
            let count = counts.entry(entry.operation.clone()).or_default();
            count.requests = count.requests.saturating_add(1);
            let not_modified = usize::from(entry.is_not_modified());
            count.not_modified = count.not_modified.saturating_add(not_modified);
        }
        counts
    }

    /// The requests that may change something: all but GET.
    pub fn changes(&self) -> Vec<Entry> {
        lock(&self.entries)
            .iter()
            .filter(|entry| entry.method != Method::GET)
            .cloned()
            .collect()
    }

    /// The highest number of failed attempts in a row of each call that had any.
    pub fn failures_in_a_row(&self) -> BTreeMap<String, usize> {
        let (mut current, mut highest) = (BTreeMap::new(), BTreeMap::new());
        for entry in lock(&self.entries).iter() {
            let failures: &mut usize = current.entry(entry.call.clone()).or_default();
            if entry.has_failed {
                *failures = failures.saturating_add(1);
                let highest = highest.entry(entry.call.clone()).or_default();
                *highest = (*failures).max(*highest);
            } else {
                *failures = 0;
            }
        }
        highest
    }

    /// Removes every entry.
    pub fn clear(&self) {
        lock(&self.entries).clear();
    }

    /// The highest number of requests at the same time.
    pub fn peak_in_flight(&self) -> usize {
        self.peak_in_flight.load(Ordering::SeqCst)
    }

    /// The number of opened connections.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Waits until an operation has had this many requests.
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

impl Entry {
    /// Whether the response was 304: the client's copy is still valid.
    pub fn is_not_modified(&self) -> bool {
        self.status == Some(StatusCode::NOT_MODIFIED.as_u16())
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.method, self.path)?;
        if let Some(query) = &self.query {
            write!(formatter, "?{query}")?;
        }
        write!(formatter, " → {:?}", self.status)?;
        if let Some(fault) = &self.fault {
            write!(formatter, " ({fault})")?;
        }
        match &self.shown_body {
            Some(body) => write!(formatter, " {body}"),
            None => Ok(()),
        }
    }
}

/// Registers the secrets of objects of a collection, as if a request had sent each of them.
pub(super) fn register_secrets(
    contract: &Contract,
    collection: Collection,
    objects: &[Object],
    secrets: &Secrets,
) {
    let mut operations = contract.operations.iter();
    let create =
        operations.find(|operation| operation.collection == collection && operation.action == Action::Create);
    if let Some(create) = create {
        for object in objects {
            without_secrets(create, &Value::Object(object.clone()), secrets);
        }
    }
}

/// A body without its secrets. The harness registers them, to search all output for them.
pub(super) fn without_secrets(operation: &Operation, body: &Value, secrets: &Secrets) -> Value {
    let mut shown = body.clone();
    if let (Value::Object(fields), Some(schema)) = (&mut shown, &operation.request) {
        for (name, value) in fields {
            if let Some(kind) = kind(&schema.write_only, name) {
                secrets.register(kind, value);
                *value = json!("(sensitive)");
            }
        }
    }
    shown
}

/// The kind of secret in a field: a write-only field, the configuration of a backend, or a template.
fn kind(write_only: &BTreeSet<String>, name: &str) -> Option<Kind> {
    match name {
        _ if write_only.contains(name) => Some(Kind::Secret),
        "config" => Some(Kind::Secret),
        "template_data" => Some(Kind::Template),
        _ => None,
    }
}

fn as_string<S: serde::Serializer>(method: &Method, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(method.as_str())
}

fn as_seconds<S: serde::Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}
