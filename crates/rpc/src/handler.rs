//! Runs the handler of an RPC: catches panics, and logs the request and its diagnostics.
//!
//! Tests: `tests/protocol/broken_hook.rs`.

use engine::diagnostic::{Diagnostics, Reported, Severity};
use engine::summaries;
use plugin::panics;
use tracing::Instrument;

/// The newest version of the protocol whose messages the provider can decode.
const PROTOCOL_VERSION: &str = "6.11";

/// The declaration that a request is about.
#[derive(Clone, Debug)]
pub enum Subject {
    /// The provider block.
    Provider,
    /// The resource of this type name.
    Resource(String),
    /// The list of the objects of this resource.
    List(String),
    /// The data source of this type name.
    DataSource(String),
    /// The function of this name.
    Function(String),
}

impl Subject {
    fn resource(&self) -> Option<&str> {
        match self {
            Self::Resource(name) | Self::List(name) => Some(name),
            Self::Provider | Self::DataSource(_) | Self::Function(_) => None,
        }
    }

    fn data_source(&self) -> Option<&str> {
        match self {
            Self::DataSource(name) => Some(name),
            Self::Provider | Self::Resource(_) | Self::List(_) | Self::Function(_) => None,
        }
    }
}

impl std::fmt::Display for Subject {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Provider => formatter.write_str("the provider"),
            Self::Resource(name) => write!(formatter, "`{name}`"),
            Self::List(name) => write!(formatter, "`list.{name}`"),
            Self::DataSource(name) => write!(formatter, "`data.{name}`"),
            Self::Function(name) => write!(formatter, "the function `{name}`"),
        }
    }
}

/// Runs the handler of one RPC. Returns its result, or `None` if it reported an error, and all diagnostics.
///
/// A panic becomes a diagnostic. All diagnostics are logged. The handler runs within a span with the fields that providers
/// in Go log; the span has the highest level, so that its fields are logged at every level.
pub async fn run<T>(
    rpc: &'static str,
    subject: &Subject,
    handler: impl AsyncFnOnce(&mut Diagnostics) -> Result<T, Reported>,
) -> (Option<T>, Diagnostics) {
    let span = tracing::error_span!(
        "rpc",
        tf_rpc = rpc,
        tf_req_id = %uuid::Uuid::new_v4(),
        tf_resource_type = subject.resource(),
        tf_data_source_type = subject.data_source(),
        tf_proto_version = PROTOCOL_VERSION,
    );
    let started = std::time::Instant::now();
    async move {
        tracing::trace!("received request");
        let mut diagnostics = Diagnostics::default();
        let result = match panics::catch(handler(&mut diagnostics)).await {
            Ok(result) => result.ok(),
            Err(panic) => {
                report_panic(rpc, subject, &panic, &mut diagnostics);
                None
            }
        };
        log_diagnostics(&diagnostics);
        let elapsed = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::trace!(tf_req_duration_ms = elapsed, "sent response");
        (result, diagnostics)
    }
    .instrument(span)
    .await
}

fn report_panic(rpc: &'static str, subject: &Subject, panic: &panics::Panic, diagnostics: &mut Diagnostics) {
    diagnostics.error(
        &summaries::BUG,
        format!(
            "The provider panicked in {rpc} of {subject} ({panic}). State keeps everything that the provider knew about the \
             object. Please report this to the provider's developers."
        ),
    );
}

/// Logs the diagnostics, with the names of fields that providers in Go use.
fn log_diagnostics(diagnostics: &Diagnostics) {
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
