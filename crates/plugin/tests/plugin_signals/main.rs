//! Signals. They reach the whole process, so this is one test in a program of its own.
#![cfg(test)]
#![cfg(unix)]

#[path = "../plugin/support.rs"]
#[expect(dead_code, reason = "the other tests of the plugin server use the rest")]
mod support;

use std::time::Duration;

use environment::Environment;
use nix::sys::signal::{Signal, raise};
use plugin::Network;
use support::{Client, DEBUG, Running, environment};
use tokio::time::timeout;

#[tokio::test]
async fn sigint_is_ignored_and_sigterm_returns_partial_results() {
    // The server ignores SIGINT: Terraform receives it as well, and calls `StopProvider`.
    let server = Running::unix(environment([])).await;
    let path = server.handshake().path();
    let mut client = Client::of(&server.handshake(), None).await;
    for _ in 0..2 {
        raise(Signal::SIGINT).unwrap();
        client.assert_works().await;
    }
    assert!(!server.task.is_finished());

    // At SIGTERM the running operation is stopped, and still returns its result.
    let state = b"\xa4half".to_vec();
    let running = client.read("slow", state.clone());
    let terminated = async {
        server.started.notified().await;
        raise(Signal::SIGTERM).unwrap();
    };
    let both = async { tokio::join!(running, terminated) };
    let (result, ()) = timeout(Duration::from_secs(10), both)
        .await
        .expect("the operation was not stopped");
    assert_eq!(result.unwrap(), state);
    server.ended().await;
    assert!(!path.exists());

    // In debug mode SIGINT ends the server.
    let server = Running::start(DEBUG, Environment::default(), Network::Unix).await;
    raise(Signal::SIGINT).unwrap();
    server.ended().await;
}
