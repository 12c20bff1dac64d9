//! The limits of concurrent requests and of connections.

use std::sync::Arc;
use std::time::Duration;

use harness::control_plane::{Builder, ControlPlane, Fault, FaultKind, machine_uuid};
use harness::fake_core::Core;
use serde_json::json;
use tokio::task::JoinSet;

use super::certificate;

/// The number of machines that are read at the same time.
const MACHINES: u32 = 100;

/// The limit of concurrent requests.
const MAX_CONCURRENT_REQUESTS: usize = 32;

/// Reads all machines at the same time; returns their control plane.
async fn read_all(builder: Builder) -> ControlPlane {
    let control_plane = builder.machines(MACHINES).start().await.unwrap();
    let certificate = certificate(&control_plane);
    let service = rpc::Service::new(provider::program(&provider::durantic::DEFINITION));
    let core = Core::unconfigured(Arc::new(service)).await.unwrap();
    let config = json!({
        "endpoint": control_plane.endpoint(),
        "api_token": control_plane.token(),
        "ca_cert_file": certificate.as_ref().map(tempfile::NamedTempFile::path),
    });
    core.configure(&config).await.unwrap();
    // The delay is long enough for all other allowed requests to be sent.
    control_plane.fault(Fault::new("*", FaultKind::Delay(Duration::from_millis(500))));
    let core = Arc::new(core);
    let mut reads = JoinSet::new();
    for number in 1..=MACHINES {
        let core = Arc::clone(&core);
        reads.spawn(async move {
            let config = json!({ "uuid": machine_uuid(number) });
            core.read_data_source("durantic_machine", &config).await.unwrap();
        });
    }
    while let Some(read) = reads.join_next().await {
        read.unwrap();
    }
    control_plane
}

#[tokio::test]
async fn concurrent_requests_are_limited_and_reuse_connections() {
    let control_plane = read_all(ControlPlane::builder()).await;
    let log = control_plane.log();
    assert_eq!(log.peak_in_flight(), MAX_CONCURRENT_REQUESTS);
    // A connection becomes free a moment after its response, and the next request does not wait for that.
    assert!(
        log.connections() < 2 * MAX_CONCURRENT_REQUESTS,
        "{} connections",
        log.connections()
    );
}

#[tokio::test]
async fn http_2_needs_a_single_connection() {
    let control_plane = read_all(ControlPlane::builder().tls()).await;
    let log = control_plane.log();
    assert_eq!(log.peak_in_flight(), MAX_CONCURRENT_REQUESTS);
    assert_eq!(log.connections(), 1);
}
