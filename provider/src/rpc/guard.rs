//! Runs a handler so that a bug in it is told, not suffered.

use tracing::Instrument;

use crate::engine::diagnostic::Diagnostics;
use crate::plugin::panics;

/// Runs the work of one RPC within a span (of the highest level, so that its fields are there at any) that carries the fields Terraform's users filter by. A panic comes back as
/// diagnostics.
pub async fn run<R>(
    rpc: &'static str,
    type_name: &str,
    work: impl Future<Output = R>,
) -> Result<R, Diagnostics> {
    let span = tracing::error_span!(
        "rpc",
        tf_rpc = rpc,
        tf_req_id = %uuid::Uuid::new_v4(),
        tf_resource_type = type_name,
        tf_proto_version = "6.11",
    );
    let started = std::time::Instant::now();
    async move {
        tracing::trace!("received request");
        let result = panics::catch(work).await;
        let elapsed = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::trace!(tf_req_duration_ms = elapsed, "answered request");
        result
    }
    .instrument(span)
    .await
    .map_err(|panic| {
        let mut diagnostics = Diagnostics::default();
        diagnostics.error(
            "The provider has a bug",
            format!(
                "It broke off in {rpc} of {type_name:?} ({panic}). What is known of the object is kept in state. \
                 Please report this to the provider's developers."
            ),
        );
        diagnostics
    })
}
