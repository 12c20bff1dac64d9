//! Writes the log in the format that Terraform parses: one JSON object of hclog per line on standard error.
//!
//! Terraform logs the line with its own level, time and fields ([`log_entry.go`]). The keys `@level`, `@message` and
//! `@timestamp` must be strings, or Terraform itself crashes; the time must have six fractional digits, or Terraform logs the
//! line unparsed. An event inherits the fields of its spans; an inner span's field replaces an outer one's. A span should
//! have the level `error`, so that no filter drops it without its events.
//!
//! Only the events of this program's own modules are logged, because those of libraries contain headers and bodies. Unless
//! the environment sets a level, no subscriber is installed and an event costs a comparison.
//!
//! [`log_entry.go`]: https://github.com/hashicorp/go-plugin/blob/main/log_entry.go

use std::error;
use std::fmt::{Debug, Write as _};
use std::io::{self, Write as _};

use environment::Environment;
use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::{LookupSpan, Scope};

use super::Options;

/// The length of the longest line. Terraform cuts lines at 64 KiB, and the parts are not JSON.
const MAX_LINE_BYTES: usize = 60 * 1024;

/// How much of its message a line that is too long keeps. A character may take six bytes in JSON.
const SHORT_MESSAGE_CHARACTERS: usize = 4000;

/// How much of each standard field a line that is too long keeps.
const SHORT_FIELD_CHARACTERS: usize = 500;

/// The name of this crate. Its level has the variables of the SDK for Go.
const TRANSPORT: &str = "plugin";

/// The first part of all modules' names in the log.
const PROVIDER: &str = "provider";

/// Logs to standard error from now on, if the environment sets a level.
pub fn install(options: &Options, environment: &Environment) {
    let Some(targets) = targets(options.name, &options.crates, environment) else {
        return;
    };
    let layer = Hclog::new(options.address, Timestamp::now, |line: &[u8]| {
        // Standard error is closed if Terraform was killed.
        let _ = io::stderr().write_all(line);
    });
    // Fails only if a test has installed another subscriber.
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(targets).with(layer));
}

/// The level of each crate that is logged; `None` if nothing is logged.
fn targets(name: &str, crates: &[&'static str], environment: &Environment) -> Option<Targets> {
    let own = format!("TF_LOG_PROVIDER_{}", name.to_uppercase());
    let level = |variables: &[&str]| variables.iter().find_map(|name| environment.get(name)).map(level);
    let provider = level(&[&own, "TF_LOG_PROVIDER", "TF_LOG"]).unwrap_or(LevelFilter::OFF);
    let transport = level(&["TF_LOG_SDK_PROTO", "TF_LOG_SDK"]).unwrap_or(provider);
    if provider.max(transport) == LevelFilter::OFF {
        return None;
    }
    let own = crates.iter().copied().chain([PROVIDER, "terraform_provider"]);
    Some(
        Targets::new()
            .with_targets(own.map(|name| (name, provider)))
            .with_target(TRANSPORT, transport),
    )
}

/// Parses a level as Terraform does: `JSON` and unknown words mean `TRACE`.
fn level(text: &str) -> LevelFilter {
    match text.to_uppercase().as_str() {
        "OFF" => LevelFilter::OFF,
        "ERROR" => LevelFilter::ERROR,
        "WARN" => LevelFilter::WARN,
        "INFO" => LevelFilter::INFO,
        "DEBUG" => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    }
}

/// A layer that writes each event as a line of hclog.
struct Hclog<C, W> {
    provider: &'static str,
    clock: C,
    write: W,
}

impl<C, W> Hclog<C, W>
where
    C: Fn() -> Timestamp,
    W: Fn(&[u8]),
{
    fn new(provider: &'static str, clock: C, write: W) -> Self {
        Self {
            provider,
            clock,
            write,
        }
    }

    fn line(&self, event: &Event<'_>, mut fields: Fields) -> String {
        let metadata = event.metadata();
        let mut time = String::new();
        let _ = DateTimePrinter::new()
            .precision(Some(6))
            .print_timestamp(&(self.clock)(), &mut time);

        let Fields { map, message } = &mut fields;
        // Last, so that no field of an event can replace these with a type that crashes Terraform.
        let mut set = |key: &str, value: String| map.insert(key.to_owned(), Value::String(value));
        set("@level", level_name(*metadata.level()).to_owned());
        set("@message", std::mem::take(message));
        set("@module", module(metadata.target()));
        set("@timestamp", time);
        set("tf_provider_addr", self.provider.to_owned());

        let line = to_line(map);
        if line.len() > MAX_LINE_BYTES {
            to_line(&shortened(map))
        } else {
            line
        }
    }
}

/// `client::retry` → `provider.client.retry`
fn module(target: &str) -> String {
    let name = target.replace("::", ".");
    if name == PROVIDER || name.starts_with("provider.") {
        name
    } else {
        format!("{PROVIDER}.{name}")
    }
}

/// The fields of a line that would be too long: only the message and the standard fields, shortened.
fn shortened(map: &Map<String, Value>) -> Map<String, Value> {
    let standard = map
        .iter()
        .filter(|(key, _)| key.starts_with('@') || key.starts_with("tf_"));
    let mut short: Map<String, Value> = standard
        .map(|(key, value)| {
            let limit = if key == "@message" {
                SHORT_MESSAGE_CHARACTERS
            } else {
                SHORT_FIELD_CHARACTERS
            };
            let value = match value {
                Value::String(text) => text.chars().take(limit).collect::<String>().into(),
                other => other.clone(),
            };
            (key.clone(), value)
        })
        .collect();
    short.insert("truncated".to_owned(), Value::Bool(true));
    short
}

/// The line with its newline, for a single write: another thread could write between two.
fn to_line(map: &Map<String, Value>) -> String {
    // Serialising cannot fail: the keys are strings and the values are JSON.
    let mut line = serde_json::to_string(map).unwrap_or_default();
    line.push('\n');
    line
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

impl<S, C, W> Layer<S> for Hclog<C, W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    C: Fn() -> Timestamp + 'static,
    W: Fn(&[u8]) + 'static,
{
    // All three methods format the values before they take a lock, because a `Debug` implementation may panic or log.

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        let mut later = Fields::default();
        record.record(&mut later);
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            fields.map.extend(later.map);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut own = Fields::default();
        event.record(&mut own);
        let mut fields = Fields {
            message: own.message,
            ..Fields::default()
        };
        for span in context.event_scope(event).into_iter().flat_map(Scope::from_root) {
            if let Some(outer) = span.extensions().get::<Fields>() {
                fields.map.extend(outer.map.clone());
            }
        }
        fields.map.extend(own.map);
        (self.write)(self.line(event, fields).as_bytes());
    }
}

/// The fields of a span or an event, with their types.
#[derive(Default)]
struct Fields {
    map: Map<String, Value>,
    message: String,
}

impl Fields {
    fn set(&mut self, field: &Field, value: impl Into<Value>) {
        self.map.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let text = format!("{value:?}");
        if field.name() == "message" {
            self.message = text;
        } else {
            self.set(field, text);
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            value.clone_into(&mut self.message);
        } else {
            self.set(field, value);
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn error::Error + 'static)) {
        let mut text = value.to_string();
        let mut cause = value.source();
        while let Some(error) = cause {
            let _ = write!(text, ": {error}");
            cause = error.source();
        }
        self.set(field, text);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing::subscriber::with_default;
    use tracing::{debug, error, error_span, info, trace};

    use super::*;

    const SOME_TIME: i64 = 1_700_000_000;

    /// The lines that are written while the function runs, with these environment variables.
    fn logged(variables: &[(&str, &str)], function: impl FnOnce()) -> Vec<String> {
        let environment = variables.iter().copied().collect();
        let Some(targets) = targets("durantic", &["engine", "client"], &environment) else {
            return Vec::new();
        };
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&lines);
        let layer = Hclog::new(
            "registry.terraform.io/durantic/durantic",
            || Timestamp::from_second(SOME_TIME).unwrap(),
            move |line: &[u8]| {
                sink.lock()
                    .unwrap()
                    .push(String::from_utf8(line.to_vec()).unwrap());
            },
        );
        with_default(tracing_subscriber::registry().with(targets).with(layer), function);
        let lines = lines.lock().unwrap();
        lines.clone()
    }

    const EVERYTHING: &[(&str, &str)] = &[("TF_LOG", "trace")];

    #[test]
    fn line_has_the_typed_fields_of_its_event_and_spans() {
        let lines = logged(EVERYTHING, || {
            let _rpc = error_span!(
                target: "engine::apply", "rpc",
                tf_rpc = "PlanResourceChange", tf_req_id = "x", tf_resource_type = tracing::field::Empty,
            )
            .entered();
            tracing::Span::current().record("tf_resource_type", "durantic_machine_role");
            let _inner = error_span!(target: "client", "request", attempt = 1u64, tf_req_id = "y").entered();
            info!(
                target: "client", attempt = 2, slow = true, seconds = 0.5, below = -1,
                what = ?Some("a\nb"), "sent {}", "it"
            );
        });
        assert_eq!(
            lines,
            [concat!(
                r#"{"@level":"info","#,
                r#""@message":"sent it","#,
                r#""@module":"provider.client","#,
                r#""@timestamp":"2023-11-14T22:13:20.000000Z","#,
                r#""attempt":2,"#,
                r#""below":-1,"#,
                r#""seconds":0.5,"#,
                r#""slow":true,"#,
                r#""tf_provider_addr":"registry.terraform.io/durantic/durantic","#,
                r#""tf_req_id":"y","#,
                r#""tf_resource_type":"durantic_machine_role","#,
                r#""tf_rpc":"PlanResourceChange","#,
                r#""what":"Some(\"a\\nb\")"}"#,
                "\n",
            )]
        );
    }

    #[test]
    fn line_fields_cannot_replace_the_keys_of_terraform() {
        let lines = logged(EVERYTHING, || {
            tracing::event!(
                target: "provider::x",
                Level::ERROR,
                { "@level" = 1, "@message" = true, "@timestamp" = 2.5, "@module" = 4, "tf_provider_addr" = 5 },
                "three {}", 3
            );
        });
        assert_eq!(
            lines,
            [concat!(
                r#"{"@level":"error","#,
                r#""@message":"three 3","#,
                r#""@module":"provider.x","#,
                r#""@timestamp":"2023-11-14T22:13:20.000000Z","#,
                r#""tf_provider_addr":"registry.terraform.io/durantic/durantic"}"#,
                "\n",
            )]
        );
    }

    #[test]
    fn line_without_message_has_an_empty_message() {
        let lines = logged(EVERYTHING, || error!(target: "provider::x", answer = 42));
        assert_eq!(
            lines,
            [concat!(
                r#"{"@level":"error","#,
                r#""@message":"","#,
                r#""@module":"provider.x","#,
                r#""@timestamp":"2023-11-14T22:13:20.000000Z","#,
                r#""answer":42,"#,
                r#""tf_provider_addr":"registry.terraform.io/durantic/durantic"}"#,
                "\n",
            )]
        );
    }

    #[test]
    fn line_has_errors_with_their_causes() {
        let lines = logged(EVERYTHING, || {
            let source = io::Error::from(io::ErrorKind::NotFound);
            let error = super::super::Error::Signals(source);
            error!(target: "provider::x", error = &error as &dyn error::Error, "failed");
        });
        assert!(
            lines
                .concat()
                .contains(r#""error":"failed to install the signal handlers: entity not found""#),
            "{lines:?}"
        );
    }

    #[test]
    fn line_over_the_limit_is_shortened_json() {
        let lines = logged(EVERYTHING, || {
            let _rpc = error_span!(target: "provider::x", "rpc", tf_rpc = "ReadResource").entered();
            error!(target: "provider::x", body = "\u{1}".repeat(MAX_LINE_BYTES), "{}", "\u{1}".repeat(MAX_LINE_BYTES));
        });
        let line: Value = serde_json::from_str(&lines[0]).unwrap();
        assert!(lines[0].len() <= MAX_LINE_BYTES, "{}", lines[0].len());
        assert_eq!(lines.len(), 1);
        assert_eq!(
            line["@message"].as_str().map(str::len),
            Some(SHORT_MESSAGE_CHARACTERS)
        );
        assert_eq!(line["tf_rpc"], "ReadResource");
        assert_eq!(line["truncated"], true);
        assert_eq!(line.get("body"), None);
    }

    #[test]
    fn libraries_are_not_logged() {
        let lines = logged(EVERYTHING, || {
            log_from_libraries();
            trace!(target: "provider", "own");
            trace!(target: "terraform_provider_durantic", "own");
        });
        assert_eq!(lines.len(), 2, "{lines:?}");
    }

    fn log_from_libraries() {
        error!(target: "h2::codec", "authorization: canary");
        error!(target: "hyper::proto", "canary");
        error!(target: "rustls::server", "canary");
        error!(target: "reqwest::connect", "canary");
    }

    /// How many events are logged: of two of the provider, and of one of the transport.
    fn counts(variables: &[(&str, &str)]) -> (usize, usize) {
        let lines = logged(variables, || {
            error!(target: "engine::apply", "provider");
            debug!(target: "engine::apply", "provider");
            debug!(target: "plugin::connections", "transport");
        });
        let of = |word: &str| {
            lines
                .iter()
                .filter(|line| line.contains(&format!(r#""@message":"{word}""#)))
                .count()
        };
        (of("provider"), of("transport"))
    }

    #[test]
    fn level_is_that_of_the_most_specific_variable() {
        for (variables, expected) in [
            (&[][..], (0, 0)),
            (&[("TF_LOG", "")], (0, 0)),
            (&[("TF_LOG", "off")], (0, 0)),
            (&[("TF_LOG", "Error")], (1, 0)),
            (&[("TF_LOG", "warn")], (1, 0)),
            (&[("TF_LOG", "INFO")], (1, 0)),
            (&[("TF_LOG", "debug")], (2, 1)),
            (&[("TF_LOG", "JSON")], (2, 1)),
            (&[("TF_LOG", "1")], (2, 1)),
            (&[("TF_LOG", "trace"), ("TF_LOG_PROVIDER", "error")], (1, 0)),
            (&[("TF_LOG", "trace"), ("TF_LOG_PROVIDER", "off")], (0, 0)),
            (
                &[
                    ("TF_LOG_PROVIDER", "error"),
                    ("TF_LOG_PROVIDER_DURANTIC", "debug"),
                ],
                (2, 1),
            ),
            (&[("TF_LOG", "trace"), ("TF_LOG_PROVIDER_OTHER", "off")], (2, 1)),
            (&[("TF_LOG", "trace"), ("TF_LOG_SDK", "off")], (2, 0)),
            (
                &[
                    ("TF_LOG", "error"),
                    ("TF_LOG_SDK", "error"),
                    ("TF_LOG_SDK_PROTO", "trace"),
                ],
                (1, 1),
            ),
            (&[("TF_LOG_SDK_PROTO", "debug")], (0, 1)),
            (&[("TF_LOG_CORE", "trace")], (0, 0)),
        ] {
            assert_eq!(counts(variables), expected, "{variables:?}");
        }
    }

    #[test]
    fn targets_are_none_without_a_level() {
        assert!(targets("durantic", &[], &Environment::default()).is_none());
        let off = Environment::from_iter([("TF_LOG_PROVIDER", "off"), ("TF_LOG_SDK_PROTO", "OFF")]);
        assert!(targets("durantic", &[], &off).is_none());
    }
}
