//! Responses that are compressed, also if the request did not allow it.

use std::io::Write as _;

use engine::api::{Effect, ErrorKind};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use super::server::{Action, Server};
use super::{call, client};

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

/// A response with this `Content-Encoding`.
fn encoded(status: u16, encoding: &str, body: &[u8]) -> Action {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} Status\r\nContent-Encoding: {encoding}\r\nContent-Length: {length}\r\n\r\n"
    );
    Action::Raw([head.as_bytes(), body].concat())
}

#[tokio::test]
async fn compressed_response_is_decoded() {
    let server = Server::start(|_, _| encoded(200, "gzip", &gzip(br#"{"name": "a"}"#))).await;
    let response = call(&client(&server.url), "get", None).await.unwrap();
    assert_eq!(response.body, json!({"name": "a"}));
    assert_eq!(server.requests()[0].header("accept-encoding"), Some("gzip"));
}

#[tokio::test]
async fn compressed_document_is_decoded() {
    let document = br#"{"paths": {"/api/v2/thing/{id}": {"get": {"operationId": "get"}}}}"#;
    let document = encoded(200, "gzip", &gzip(document));
    let server = Server::start_with_document(document, |_, _| Action::response(200, "{}")).await;
    call(&client(&server.url), "get", None).await.unwrap();
    assert_eq!(server.requests()[0].path, "/api/v2/thing/7");
}

#[tokio::test]
async fn compressed_error_shows_its_message() {
    let body = gzip(br#"{"detail": "the name is taken"}"#);
    let server = Server::start(move |_, _| encoded(409, "gzip", &body)).await;
    let error = call(&client(&server.url), "create", None).await.err().unwrap();
    assert_eq!(
        (error.kind, error.detail.as_deref()),
        (ErrorKind::Conflict, Some("the name is taken"))
    );
    let server = Server::start(|_, _| encoded(409, "br", b"\x0b\x02\x80")).await;
    let error = call(&client(&server.url), "create", None).await.err().unwrap();
    assert_eq!((error.kind, error.detail), (ErrorKind::Conflict, None));
}

#[tokio::test]
async fn incomplete_compressed_body_is_repeated() {
    let whole = gzip(br#"{"name": "a name that is long enough"}"#);
    let cut = whole[..whole.len() - 10].to_vec();
    let server = Server::start(move |_, number| match number {
        0 => encoded(200, "gzip", &cut),
        _ => encoded(200, "gzip", &whole),
    })
    .await;
    assert!(call(&client(&server.url), "get", None).await.is_ok());

    let server = Server::start(|_, _| encoded(201, "gzip", b"\x1f\x8b\x08")).await;
    let error = call(&client(&server.url), "create", None).await.err().unwrap();
    assert_eq!(
        (error.kind, error.effect),
        (ErrorKind::UnexpectedResponse, Effect::Done)
    );
    assert_eq!(
        error.detail.as_deref(),
        Some("the gzip body of the response is cut off")
    );
    assert!(call(&client(&server.url), "delete", None).await.is_ok());
}

#[tokio::test]
async fn unknown_encoding_is_explained() {
    let server = Server::start(|_, _| encoded(200, "br", b"\x0b\x02\x80")).await;
    let error = call(&client(&server.url), "create", None).await.err().unwrap();
    assert_eq!(
        (error.kind, error.effect),
        (ErrorKind::UnexpectedResponse, Effect::Done)
    );
    let expected =
        "the response has the `Content-Encoding` \"br\", which was not asked for and cannot be decoded";
    assert_eq!(error.detail.as_deref(), Some(expected));
}

#[tokio::test]
async fn size_limit_is_that_of_the_decoded_body() {
    const LIMIT: usize = 32 * 1024 * 1024;
    let bomb = gzip(&vec![b' '; LIMIT + 1]);
    assert!(bomb.len() < 100_000);
    let server = Server::start(move |_, _| encoded(200, "gzip", &bomb)).await;
    let error = call(&client(&server.url), "get", None).await.err().unwrap();
    assert_eq!((error.kind, error.attempts), (ErrorKind::TooLarge, 1));
    assert_eq!(
        error.detail.as_deref(),
        Some("the response is larger than 32 MiB")
    );
}
