//! Searches all output and logs of a test for its secrets.
//!
//! The simulated control plane registers its tokens and the secrets that it receives, the fake core the sensitive values
//! of its configurations. The code that runs the provider searches what was printed or logged.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};

use serde_json::Value as Json;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};

/// The minimum length of a secret, in bytes. Shorter strings occur in any output by chance.
const MIN_SECRET_BYTES: usize = 6;

/// The strings that no output may contain. Clones share them.
#[derive(Clone, Default)]
pub struct Secrets(Arc<Mutex<Known>>);

/// All known secrets, indexed so that one pass over the output finds any of them.
#[derive(Default)]
struct Known {
    /// By their first bytes.
    strings: HashMap<[u8; MIN_SECRET_BYTES], BTreeMap<String, Kind>>,
    /// The first byte of each string, to skip most positions quickly.
    starts: BTreeSet<u8>,
}

/// The kind of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// May be shown nowhere.
    Secret,
    /// A template: only Terraform's plan may show it.
    Template,
}

/// The origin of the searched output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The output of a command.
    Output,
    /// A log or a diagnostic.
    Log,
}

impl Secrets {
    /// Registers a secret, or every string in a list or an object.
    pub fn register(&self, kind: Kind, value: &Json) {
        match value {
            Json::String(text) => self.register_string(kind, text),
            Json::Array(elements) => elements.iter().for_each(|element| self.register(kind, element)),
            Json::Object(fields) => fields.values().for_each(|value| self.register(kind, value)),
            Json::Null | Json::Bool(_) | Json::Number(_) => {}
        }
    }

    /// Registers one secret, also with the escapes of JSON.
    pub fn register_string(&self, kind: Kind, text: &str) {
        let text = text.trim();
        if text.len() < MIN_SECRET_BYTES {
            return;
        }
        let escaped = Json::from(text).to_string();
        let escaped = escaped.trim_matches('"').to_owned();
        let mut known = self.known();
        known.add(text.to_owned(), kind);
        known.add(escaped, kind);
    }

    /// The text before the first secret; `None` if no secret is found.
    pub fn leak(&self, place: Place, text: &str) -> Option<String> {
        let at = self.known().find(place, text)?;
        let before: String = text
            .get(..at)
            .unwrap_or_default()
            .chars()
            .rev()
            .take(200)
            .collect();
        Some(before.chars().rev().collect())
    }

    /// Asserts that an output contains no secret.
    ///
    /// # Panics
    /// If it contains one.
    #[track_caller]
    pub fn assert_absent(&self, place: Place, name: &str, text: &str) {
        let leak = self.leak(place, text);
        assert!(
            leak.is_none(),
            "{name} shows a secret, after: …{}",
            leak.unwrap_or_default()
        );
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn add(&mut self, text: String, kind: Kind) {
        if let Some(first) = text.as_bytes().first_chunk() {
            self.starts.insert(first[0]);
            self.strings.entry(*first).or_default().insert(text, kind);
        }
    }

    /// The position of the first secret in an output.
    fn find(&self, place: Place, text: &str) -> Option<usize> {
        let bytes = text.as_bytes();
        let is_here = |at: &usize| {
            let rest = bytes.get(*at..).unwrap_or_default();
            let first = rest.first_chunk();
            let known = first.and_then(|first| self.strings.get(first));
            known.into_iter().flatten().any(|(secret, kind)| {
                let is_hidden = place == Place::Log || *kind == Kind::Secret;
                is_hidden && rest.starts_with(secret.as_bytes())
            })
        };
        let starts = bytes
            .iter()
            .enumerate()
            .filter(|(_, byte)| self.starts.contains(byte));
        starts.map(|(at, _)| at).find(is_here)
    }
}

/// The crates whose logs are searched: those of the provider's process.
const CRATES: [&str; 7] = ["client", "engine", "plugin", "provider", "rpc", "tools", "value"];

/// The logs of the provider in this process, and the secrets of every test in it.
#[derive(Clone, Default)]
pub struct Logs {
    secrets: Secrets,
    leaks: Arc<Mutex<Vec<String>>>,
}

impl Logs {
    /// Searches everything that is logged in this process from now on, down to TRACE.
    pub fn watched() -> &'static Self {
        static INSTALLED: Once = Once::new();
        static LOGS: std::sync::LazyLock<Logs> = std::sync::LazyLock::new(Logs::default);
        INSTALLED.call_once(|| {
            let subscriber = tracing_subscriber::registry().with(Watch(LOGS.clone()));
            // Fails only if a test has already installed a subscriber of its own.
            let _ = tracing::subscriber::set_global_default(subscriber);
        });
        &LOGS
    }

    /// The secrets to search for.
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Asserts that no log so far contains a secret.
    ///
    /// # Panics
    /// If one does.
    pub fn assert_clean(&self) {
        let leaks = self.leaks.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(leaks.is_empty(), "a log shows a secret:\n{}", leaks.join("\n"));
    }

    fn search(&self, metadata: &Metadata<'_>, record: impl FnOnce(&mut Fields)) {
        let mut fields = Fields(String::new());
        record(&mut fields);
        if let Some(leak) = self.secrets.leak(Place::Log, &fields.0) {
            let mut leaks = self.leaks.lock().unwrap_or_else(PoisonError::into_inner);
            leaks.push(format!("{} after …{leak}", metadata.target()));
        }
    }
}

struct Watch(Logs);

impl<S: Subscriber> Layer<S> for Watch {
    /// Ignores the logs of libraries.
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        let crate_name = metadata.target().split("::").next().unwrap_or_default();
        if CRATES.contains(&crate_name) {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        self.0
            .search(attributes.metadata(), |fields| attributes.record(fields));
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        self.0.search(event.metadata(), |fields| event.record(fields));
    }
}

/// The fields of an event or span as one line.
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, "{}={value:?} ", field.name());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let _ = write!(self.0, "{}={value} ", field.name());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn leak_finds_secrets_verbatim_and_json_escaped() {
        let secrets = Secrets::default();
        secrets.register(Kind::Secret, &json!({ "a": ["first\nsecond \"third\"", 7] }));
        secrets.register(Kind::Template, &json!("#cloud-config"));
        secrets.register(Kind::Secret, &json!("short"));
        let table = [
            (Place::Output, "all is well, in short", None),
            (Place::Output, "it is first\nsecond \"third\"", Some("it is ")),
            (
                Place::Log,
                r#"{"a":"first\nsecond \"third\""}"#,
                Some(r#"{"a":""#),
            ),
            (Place::Output, "+ template = #cloud-config", None),
            (Place::Log, "sent #cloud-config", Some("sent ")),
        ];
        for (place, text, leak) in table {
            assert_eq!(secrets.leak(place, text).as_deref(), leak, "{text}");
        }
    }

    #[test]
    fn logs_watched_searches_every_event() {
        let logs = Logs::watched();
        logs.secrets()
            .register_string(Kind::Secret, "a-secret-of-this-test");
        tracing::info!(target: "client", body = "nothing of note", "called");
        logs.assert_clean();
        tracing::trace!(target: "client", body = "has a-secret-of-this-test", "called");
        let leaks = std::mem::take(&mut *logs.leaks.lock().unwrap());
        assert_eq!(leaks.len(), 1, "{leaks:?}");
    }
}
