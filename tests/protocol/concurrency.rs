//! How many requests are under way at a time, and over how many connections.

use std::sync::Arc;
use std::time::Duration;

use harness::control_plane::{Builder, ControlPlane, Fault, FaultKind, machine_uuid};
use harness::fake_core::Core;
use serde_json::json;
use tokio::task::JoinSet;

use super::certificate;

/// Requests that are wanted at the same time.
const WANTED: u32 = 100;

/// Requests that are under way at the same time, at most.
const LIMIT: usize = 32;

/// Reads as many machines at once; gives the control plane that was asked.
async fn read_all(builder: Builder) -> ControlPlane {
    let control_plane = builder.machines(WANTED).start().await.unwrap();
    let certificate = certificate(&control_plane);
    let service = rpc::Service::new(provider::program(&provider::durantic::DEFINITION));
    let core = Core::unconfigured(Arc::new(service)).await.unwrap();
    let config = json!({
        "endpoint": control_plane.endpoint(),
        "api_token": control_plane.token(),
        "ca_cert_file": certificate.as_ref().map(tempfile::NamedTempFile::path),
    });
    core.configure(&config).await.unwrap();
    // So late that all the others that are allowed have been sent by then.
    control_plane.fault(Fault::new("*", FaultKind::Delay(Duration::from_millis(500))));
    let core = Arc::new(core);
    let mut reads = JoinSet::new();
    for number in 1..=WANTED {
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
async fn no_more_requests_are_under_way_than_the_limit_and_connections_are_used_again() {
    let control_plane = read_all(ControlPlane::builder()).await;
    let log = control_plane.log();
    assert_eq!(log.peak_in_flight(), LIMIT);
    // One is free again a moment after its answer has come, and the next request does not wait for it.
    assert!(log.connections() < 2 * LIMIT, "{} connections", log.connections());
}

#[tokio::test]
async fn where_http_2_is_offered_one_connection_is_enough() {
    let control_plane = read_all(ControlPlane::builder().tls()).await;
    let log = control_plane.log();
    assert_eq!(log.peak_in_flight(), LIMIT);
    assert_eq!(log.connections(), 1);
}
