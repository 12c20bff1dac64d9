//! Attempts whose response ends in the middle: what is repeated, and what counts as done.

use engine::api::{Effect, ErrorKind};
use serde_json::json;

use super::server::{Action, Server};
use super::{call, call_stalled, client};
use crate::Error;

/// The status and the beginning of the body of a response to a write.
const BEGINNING: &[u8] = b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{\"uuid\"";

/// The error of a request whose response stops in the middle of its body.
async fn stalled(operation: &str) -> Result<(), Error> {
    call_stalled(BEGINNING, operation).await.map(|_| ())
}

#[tokio::test]
async fn timeout_in_the_body_of_a_success_means_done() {
    for operation in ["get", "update", "create"] {
        let error = stalled(operation).await.unwrap_err();
        assert_eq!(
            (error.kind, error.effect, error.status),
            (ErrorKind::RequestTimeout, Effect::Done, Some(201)),
            "{operation}"
        );
        assert!(
            error
                .detail
                .unwrap()
                .ends_with("did not complete its response within 30s")
        );
    }
}

#[tokio::test]
async fn delete_needs_no_body() {
    stalled("delete").await.unwrap();
    for action in [
        Action::response(204, ""),
        Action::response(202, "<html>"),
        Action::response(200, r#"{"uuid": "#),
        Action::Raw(BEGINNING.to_vec()),
        Action::Reset(BEGINNING.to_vec()),
    ] {
        let context = format!("{action:?}");
        let server = Server::start(move |_, _| action.clone()).await;
        call(&client(&server.url), "delete", None).await.expect(&context);
        assert_eq!(server.requests().len(), 1, "{context}");
    }
}

#[tokio::test]
async fn every_request_but_a_create_is_repeated_after_500() {
    for (operation, attempts) in [
        ("get", 3),
        ("list", 3),
        ("update", 3),
        ("delete", 3),
        ("create", 1),
    ] {
        let server = Server::start(|_, _| Action::response(500, "oops")).await;
        let error = call(&client(&server.url), operation, Some(&json!({})))
            .await
            .err()
            .unwrap();
        assert_eq!(
            (error.attempts, server.requests().len()),
            (attempts, attempts as usize),
            "{operation}"
        );
        assert_eq!((error.kind, error.effect), (ErrorKind::Server, Effect::Unknown));
    }
}
