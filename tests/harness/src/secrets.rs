//! Watches that no secret is ever shown: the harness searches all that a test prints and logs for every secret of it.
//!
//! Secrets are learnt where they pass by: the control plane knows its tokens and what it was sent, the fake core what it
//! was configured with. Whoever runs the provider searches what came out.

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

/// Shorter texts are found in anything.
const SHORTEST: usize = 6;

/// Texts that must not be shown; clones share them.
#[derive(Clone, Default)]
pub struct Secrets(Arc<Mutex<Known>>);

/// All that must not be shown. Everything is searched for all of it, so one pass over a text has to be enough.
#[derive(Default)]
struct Known {
    /// By their first bytes.
    texts: HashMap<[u8; SHORTEST], BTreeMap<String, Kind>>,
    /// Every first byte of a text. Most others are no start of any.
    starts: BTreeSet<u8>,
}

/// What kind of text it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Shown nowhere.
    Secret,
    /// A template: Terraform shows it in a plan, and nothing else does.
    Template,
}

/// Where a text comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// What a command prints for its user.
    Output,
    /// A log, or what goes wrong.
    Log,
}

impl Secrets {
    /// Learns a secret, or every text in a list or map of them.
    pub fn learn(&self, kind: Kind, value: &Json) {
        match value {
            Json::String(text) => self.learn_text(kind, text),
            Json::Array(elements) => elements.iter().for_each(|element| self.learn(kind, element)),
            Json::Object(fields) => fields.values().for_each(|value| self.learn(kind, value)),
            Json::Null | Json::Bool(_) | Json::Number(_) => {}
        }
    }

    /// Learns one secret, and how JSON writes it.
    pub fn learn_text(&self, kind: Kind, text: &str) {
        let text = text.trim();
        if text.len() < SHORTEST {
            return;
        }
        let escaped = Json::from(text).to_string();
        let escaped = escaped.trim_matches('"').to_owned();
        let mut known = self.known();
        known.add(text.to_owned(), kind);
        known.add(escaped, kind);
    }

    /// Where a text shows a secret: what stands before it.
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

    /// Asserts that a text shows no secret.
    ///
    /// # Panics
    /// Where it does.
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
            self.texts.entry(*first).or_default().insert(text, kind);
        }
    }

    /// Where the first of them begins in a text.
    fn find(&self, place: Place, text: &str) -> Option<usize> {
        let bytes = text.as_bytes();
        let is_here = |at: &usize| {
            let rest = bytes.get(*at..).unwrap_or_default();
            let first = rest.first_chunk();
            let known = first.and_then(|first| self.texts.get(first));
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

/// The crates that a provider's process runs.
const OWN: [&str; 7] = ["client", "engine", "plugin", "provider", "rpc", "tools", "value"];

/// What the provider logs in this process, and the secrets of every test in it.
#[derive(Clone, Default)]
pub struct Logs {
    secrets: Secrets,
    leaks: Arc<Mutex<Vec<String>>>,
}

impl Logs {
    /// Reads everything that is logged in this process from now on, down to TRACE.
    pub fn watched() -> &'static Self {
        static INSTALLED: Once = Once::new();
        static LOGS: std::sync::LazyLock<Logs> = std::sync::LazyLock::new(Logs::default);
        INSTALLED.call_once(|| {
            let subscriber = tracing_subscriber::registry().with(Watch(LOGS.clone()));
            // Fails only where the process has another subscriber, which then is what its test is about.
            let _ = tracing::subscriber::set_global_default(subscriber);
        });
        &LOGS
    }

    /// The secrets that are searched for.
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Asserts that nothing logged so far shows a secret.
    ///
    /// # Panics
    /// Where it does.
    pub fn assert_clean(&self) {
        let leaks = self.leaks.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(leaks.is_empty(), "a log shows a secret:\n{}", leaks.join("\n"));
    }

    fn read(&self, metadata: &Metadata<'_>, record: impl FnOnce(&mut Text)) {
        let mut text = Text(String::new());
        record(&mut text);
        if let Some(leak) = self.secrets.leak(Place::Log, &text.0) {
            let mut leaks = self.leaks.lock().unwrap_or_else(PoisonError::into_inner);
            leaks.push(format!("{} after …{leak}", metadata.target()));
        }
    }
}

struct Watch(Logs);

impl<S: Subscriber> Layer<S> for Watch {
    /// The libraries' own logs are never installed.
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        let crate_name = metadata.target().split("::").next().unwrap_or_default();
        if OWN.contains(&crate_name) {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        self.0.read(attributes.metadata(), |text| attributes.record(text));
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        self.0.read(event.metadata(), |text| event.record(text));
    }
}

/// The fields of an event, one after the other.
struct Text(String);

impl Visit for Text {
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
    fn secrets_are_found_as_they_are_and_as_json_writes_them() {
        let secrets = Secrets::default();
        secrets.learn(Kind::Secret, &json!({ "a": ["first\nsecond \"third\"", 7] }));
        secrets.learn(Kind::Template, &json!("#cloud-config"));
        secrets.learn(Kind::Secret, &json!("short"));
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
    fn logs_are_read() {
        let logs = Logs::watched();
        logs.secrets().learn_text(Kind::Secret, "a-secret-of-this-test");
        tracing::info!(target: "client", body = "nothing of note", "called");
        logs.assert_clean();
        tracing::trace!(target: "client", body = "has a-secret-of-this-test", "called");
        let leaks = std::mem::take(&mut *logs.leaks.lock().unwrap());
        assert_eq!(leaks.len(), 1, "{leaks:?}");
    }
}
