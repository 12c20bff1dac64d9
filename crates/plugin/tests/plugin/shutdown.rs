//! The server ends for each reason, and removes its socket.

use std::time::Duration;

use environment::Environment;
use plugin::Network;
use proto::plugin::Empty;
use tokio::time::Instant;

use crate::support::{Client, DEBUG, Identity, Running, environment};

#[tokio::test]
async fn shutdown_responds_and_removes_the_socket() {
    let terraform = Identity::of_terraform();
    let server = Running::unix(terraform.environment()).await;
    let path = server.handshake().path();
    let mut client = Client::of(&server.handshake(), Some(&terraform)).await;
    client.assert_works().await;
    let mut output = client.stdio.stream_stdio(()).await.unwrap().into_inner();

    client.controller.shutdown(Empty {}).await.unwrap();
    // The client stays connected; the stream ends without an item.
    assert_eq!(output.message().await.unwrap(), None);
    server.ended().await;
    assert!(!path.parent().unwrap().exists());
}

#[tokio::test]
async fn stream_stdio_stays_open_without_items() {
    let server = Running::unix(environment([])).await;
    let mut client = Client::of(&server.handshake(), None).await;
    let mut output = client.stdio.stream_stdio(()).await.unwrap().into_inner();
    let mut message = Box::pin(output.message());
    tokio::select! {
        biased;
        message = &mut message => panic!("{message:?}"),
        () = client.assert_works() => {}
    }
}

#[tokio::test]
async fn shutdown_does_not_wait_for_a_stuck_operation() {
    let server = Running::unix(environment([])).await;
    let path = server.handshake().path();
    let client = Client::of(&server.handshake(), None).await;
    let mut controller = client.controller.clone();
    let mut provider = client.provider.clone();
    let request = proto::tfplugin6::read_resource::Request {
        type_name: "stuck".to_owned(),
        ..Default::default()
    };
    let _stuck = tokio::spawn(async move { provider.read_resource(request).await });
    server.started.notified().await;

    controller.shutdown(Empty {}).await.unwrap();
    tokio::time::pause();
    let start = Instant::now();
    server.ended().await;
    assert!(
        start.elapsed() <= Duration::from_secs(2),
        "Terraform kills after two seconds"
    );
    assert!(!path.exists());
}

#[tokio::test]
async fn server_ends_seconds_after_its_client_was_killed() {
    let terraform = Identity::of_terraform();
    let server = Running::unix(terraform.environment()).await;
    let path = server.handshake().path();
    let mut client = Client::of(&server.handshake(), Some(&terraform)).await;
    client.assert_works().await;

    tokio::time::pause();
    let start = Instant::now();
    client.kill();
    server.ended().await;
    let elapsed = start.elapsed();
    assert!(
        (Duration::from_secs(3)..Duration::from_secs(10)).contains(&elapsed),
        "{elapsed:?}"
    );
    assert!(!path.exists());
}

#[tokio::test]
async fn unauthenticated_client_does_not_keep_the_server_alive() {
    let terraform = Identity::of_terraform();
    let server = Running::unix(terraform.environment()).await;
    let stranger = server.handshake().connect().await;
    tokio::time::pause();
    let start = Instant::now();
    server.ended().await;
    assert!(start.elapsed() <= Duration::from_mins(2));
    drop(stranger);
}

#[tokio::test]
async fn debug_server_outlives_its_clients() {
    let server = Running::start(DEBUG, Environment::default(), Network::Unix).await;
    let json = server
        .line
        .trim()
        .trim_start_matches("TF_REATTACH_PROVIDERS='")
        .trim_end_matches('\'');
    let json: serde_json::Value = serde_json::from_str(json).unwrap();
    let path = json["registry.terraform.io/durantic/durantic"]["Addr"]["String"]
        .as_str()
        .unwrap()
        .to_owned();
    for _ in 0..2 {
        let stream = tokio::net::UnixStream::connect(&path).await.unwrap();
        let mut client = Client::over(Box::new(stream)).await.unwrap();
        client.assert_works().await;
        client.kill();
        tokio::time::pause();
        tokio::time::advance(Duration::from_hours(1)).await;
        tokio::time::resume();
    }
    assert!(!server.task.is_finished());
    server.task.abort();
    assert!(server.task.await.unwrap_err().is_cancelled());
    assert!(!std::path::Path::new(&path).exists());
}
