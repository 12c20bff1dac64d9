//! A server that closes each connection after one response, without announcing it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use engine::api::{Effect, ErrorKind};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use url::Url;

use super::server::receive;
use super::{call, client};

/// Starts the server, and counts the requests that it does not respond to. A connection ends when a second request arrives on
/// it, so the client cannot know it before.
async fn start() -> (Url, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let lost = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&lost);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let lost = Arc::clone(&count);
            tokio::spawn(async move {
                if receive(&mut stream).await.is_some() {
                    let response = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
                    stream.write_all(response).await.unwrap();
                }
                if receive(&mut stream).await.is_some() {
                    lost.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
    });
    (url.parse().unwrap(), lost)
}

#[tokio::test]
async fn create_after_a_broken_connection_uses_a_new_one() {
    let (url, lost) = start().await;
    let client = client(&url);
    // The connection of the document breaks under this request, which is repeated.
    call(&client, "get", None).await.unwrap();
    let before = lost.load(Ordering::SeqCst);
    for _ in 0..5 {
        call(&client, "create", Some(&json!({}))).await.unwrap();
    }
    assert_eq!(lost.load(Ordering::SeqCst), before);
}

#[tokio::test]
async fn create_on_a_connection_that_breaks_is_ambiguous_once() {
    let (url, lost) = start().await;
    let mut settings = super::settings(&url);
    settings.document = None;
    let client = crate::Client::new(settings, &super::OPERATIONS).unwrap();
    call(&client, "get", None).await.unwrap();
    assert_eq!(lost.load(Ordering::SeqCst), 0);
    let error = call(&client, "create", Some(&json!({}))).await.err().unwrap();
    assert_eq!(
        (error.kind, error.effect),
        (ErrorKind::Ambiguous, Effect::Unknown)
    );
    for _ in 0..5 {
        call(&client, "create", Some(&json!({}))).await.unwrap();
    }
    assert_eq!(lost.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn other_requests_succeed_with_one_retry() {
    let (url, lost) = start().await;
    let client = client(&url);
    for operation in ["get", "update", "delete", "list", "get"] {
        call(&client, operation, None).await.unwrap();
    }
    assert!(lost.load(Ordering::SeqCst) > 0);
}
