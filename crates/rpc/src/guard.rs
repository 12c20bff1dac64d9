//! Runs a handler so that a bug in it is told, not suffered.
//!
//! Tests: `tests/protocol/broken_hook.rs`.

use engine::diagnostic::{Diagnostics, Reported, Severity};
use engine::summaries;
use plugin::panics;
use tracing::Instrument;

/// The newest protocol whose messages are understood.
const PROTOCOL: &str = "6.11";

/// What a request is about.
#[derive(Clone, Debug)]
pub enum Subject {
    /// The provider's own configuration.
    Provider,
    /// The resource of this type name.
    Resource(String),
    /// The data source of this type name.
    DataSource(String),
}

impl Subject {
    fn resource(&self) -> Option<&str> {
        match self {
            Self::Resource(name) => Some(name),
            Self::Provider | Self::DataSource(_) => None,
        }
    }

    fn data_source(&self) -> Option<&str> {
        match self {
            Self::DataSource(name) => Some(name),
            Self::Provider | Self::Resource(_) => None,
        }
    }
}

impl std::fmt::Display for Subject {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Provider => formatter.write_str("the provider"),
            Self::Resource(name) => write!(formatter, "`{name}`"),
            Self::DataSource(name) => write!(formatter, "`data.{name}`"),
        }
    }
}

/// Runs the work of one RPC and gives its result, if it has one, with all diagnostics.
///
/// It runs within a span that carries the fields Terraform's users filter by; the span is of the highest level, so that
/// its fields are there at any. A panic becomes a diagnostic, and all diagnostics are logged.
pub async fn run<T>(
    rpc: &'static str,
    subject: &Subject,
    work: impl AsyncFnOnce(&mut Diagnostics) -> Result<T, Reported>,
) -> (Option<T>, Diagnostics) {
    let span = tracing::error_span!(
        "rpc",
        tf_rpc = rpc,
        tf_req_id = %uuid::Uuid::new_v4(),
        tf_resource_type = subject.resource(),
        tf_data_source_type = subject.data_source(),
        tf_proto_version = PROTOCOL,
    );
    let started = std::time::Instant::now();
    async move {
        tracing::trace!("received request");
        let mut diagnostics = Diagnostics::default();
        let result = match panics::catch(work(&mut diagnostics)).await {
            Ok(result) => result.ok(),
            Err(panic) => {
                bug(rpc, subject, &panic, &mut diagnostics);
                None
            }
        };
        log(&diagnostics);
        let elapsed = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::trace!(tf_req_duration_ms = elapsed, "sent response");
        (result, diagnostics)
    }
    .instrument(span)
    .await
}

fn bug(rpc: &'static str, subject: &Subject, panic: &panics::Panic, diagnostics: &mut Diagnostics) {
    diagnostics.error(
        &summaries::BUG,
        format!(
            "The provider panicked in {rpc} of {subject} ({panic}). State keeps what is known of the object. Please \
             report this to the provider's developers."
        ),
    );
}

/// Logs what the user is told, under the names that providers in Go use.
fn log(diagnostics: &Diagnostics) {
    for diagnostic in diagnostics.iter() {
        let path = (!diagnostic.path.is_root()).then(|| diagnostic.path.to_string());
        match diagnostic.severity {
            Severity::Error => tracing::error!(
                diagnostic_severity = "ERROR",
                diagnostic_summary = diagnostic.summary.text,
                diagnostic_detail = diagnostic.detail,
                tf_attribute_path = path,
                "response contains error diagnostic"
            ),
            Severity::Warning => tracing::warn!(
                diagnostic_severity = "WARNING",
                diagnostic_summary = diagnostic.summary.text,
                diagnostic_detail = diagnostic.detail,
                tf_attribute_path = path,
                "response contains warning diagnostic"
            ),
        }
    }
}
