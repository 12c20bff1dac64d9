//! An endpoint that cannot be reached.

use std::time::Duration;

use engine::api::ErrorKind;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use super::server::{receive_head, refusing};
use super::{OPERATIONS, call, client, settings};
use crate::Client;

#[tokio::test]
async fn endpoint_that_never_responded_has_half_of_the_retries() {
    for (max_retries, attempts) in [(0, 1), (1, 2), (2, 2), (4, 3), (20, 11)] {
        let mut settings = settings(&refusing().await);
        settings.max_retries = max_retries;
        let client = Client::new(settings, &OPERATIONS).unwrap();
        for (operation, attempts) in [("get", attempts), ("create", 1), ("list", 1)] {
            let error = call(&client, operation, None).await.err().unwrap();
            assert_eq!(error.kind, ErrorKind::Unreachable);
            assert_eq!(error.attempts, attempts, "{max_retries} {operation}");
        }
    }
}

#[tokio::test]
async fn first_request_that_gives_up_ends_the_waits_of_the_others() {
    let endpoint = refusing().await;
    let hour = Duration::from_hours(1);
    let mut patient = settings(&endpoint);
    (patient.backoff.base, patient.backoff.cap) = (hour, hour);
    patient.max_retries = 20;
    patient.document = None;
    let patient = Client::new(patient, &OPERATIONS).unwrap();
    let waiting: Vec<_> = (0..20)
        .map(|_| {
            let patient = patient.clone();
            tokio::spawn(async move { call(&patient, "get", None).await.err().unwrap() })
        })
        .collect();
    // Meanwhile, all of them fail for the first time, and wait.
    let other = client(&endpoint);
    for _ in 0..50 {
        call(&other, "get", None).await.err().unwrap();
    }
    patient.shared.reach.give_up();
    for error in waiting {
        let error = error.await.unwrap();
        assert_eq!((error.kind, error.attempts), (ErrorKind::Unreachable, 1));
    }
    let later = call(&patient, "get", None).await.err().unwrap();
    assert_eq!(later.attempts, 1);
}

#[tokio::test]
async fn endpoint_that_responded_before_has_all_retries() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    let mut settings = settings(&endpoint);
    settings.document = None;
    let client = Client::new(settings, &OPERATIONS).unwrap();
    // It responds once, and then refuses connections.
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        drop(listener);
        receive_head(&mut stream).await.unwrap();
        let response = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        stream.write_all(response).await.unwrap();
    });
    let error = call(&client, "get", None).await.err().unwrap();
    assert_eq!(error.kind, ErrorKind::Forbidden);
    for _ in 0..2 {
        let error = call(&client, "get", None).await.err().unwrap();
        assert_eq!((error.kind, error.attempts), (ErrorKind::Unreachable, 3));
    }
}
