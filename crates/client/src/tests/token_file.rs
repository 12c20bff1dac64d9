//! A token in a file, which another program renews while requests are sent.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use engine::api::{Api as _, ErrorKind};
use serde_json::json;
use tempfile::TempDir;
use url::Url;

use super::server::{Action, Server};
use super::{OPERATIONS, call, settings};
use crate::{ApiToken, Client};

/// A server that accepts one token, and a client whose token is in a file.
struct Setup {
    server: Server,
    client: Client,
    valid: Arc<Mutex<String>>,
    file: PathBuf,
    _directory: TempDir,
}

impl Setup {
    /// The server accepts `dur_first`, which the file has.
    async fn new() -> Self {
        let valid = Arc::new(Mutex::new("dur_first".to_owned()));
        let accepted = Arc::clone(&valid);
        let server = Server::start(move |seen, _| {
            let expected = format!("Bearer {}", accepted.lock().unwrap());
            let token = seen.header("authorization").unwrap();
            if token == expected {
                Action::response(200, "{}")
            } else {
                Action::response(401, json!({"detail": format!("expired: {token}")}).to_string())
            }
        })
        .await;
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("token");
        std::fs::write(&file, "dur_first\n").unwrap();
        let client = client(&server.url, &file);
        Self {
            server,
            client,
            valid,
            file,
            _directory: directory,
        }
    }

    /// Changes the token that the server accepts, and that of the file.
    fn renew(&self, token: &str) {
        token.clone_into(&mut self.valid.lock().unwrap());
        std::fs::write(&self.file, format!("{token}\n")).unwrap();
    }
}

fn client(endpoint: &Url, file: &Path) -> Client {
    let mut settings = settings(endpoint);
    settings.api_token = ApiToken::from_file(file).unwrap();
    settings.max_retries = 0;
    settings.document = None;
    Client::new(settings, &OPERATIONS).unwrap()
}

#[tokio::test]
async fn rejected_token_is_read_again_for_every_request() {
    let setup = Setup::new().await;
    for (number, operation) in ["get", "list", "create", "update", "delete"]
        .into_iter()
        .enumerate()
    {
        call(&setup.client, operation, Some(&json!({}))).await.unwrap();
        setup.renew(&format!("dur_number_{number}"));
        let response = call(&setup.client, operation, Some(&json!({}))).await;
        assert!(response.is_ok(), "{operation}");
    }
    // Two requests of each operation, and one more for each rejected token.
    assert_eq!(setup.server.requests().len(), 15);
}

#[tokio::test]
async fn unchanged_token_is_final() {
    let setup = Setup::new().await;
    "dur_other".clone_into(&mut setup.valid.lock().unwrap());
    let error = call(&setup.client, "get", None).await.err().unwrap();
    assert_eq!((error.kind, error.attempts), (ErrorKind::Unauthorized, 1));
    assert_eq!(setup.server.requests().len(), 1);
}

#[tokio::test]
async fn new_token_that_is_rejected_too_is_final() {
    let setup = Setup::new().await;
    setup.renew("dur_second");
    "dur_other".clone_into(&mut setup.valid.lock().unwrap());
    let error = call(&setup.client, "create", None).await.err().unwrap();
    assert_eq!((error.kind, error.attempts), (ErrorKind::Unauthorized, 1));
    assert_eq!(setup.server.requests().len(), 2);
}

#[tokio::test]
async fn unreadable_file_is_explained() {
    let setup = Setup::new().await;
    setup.renew("dur_second");
    for (content, expected) in [
        (Some("two words"), "must have one line"),
        (None, "does not exist"),
    ] {
        match content {
            Some(content) => std::fs::write(&setup.file, content).unwrap(),
            None => std::fs::remove_file(&setup.file).unwrap(),
        }
        let error = call(&setup.client, "get", None).await.err().unwrap();
        assert_eq!(error.kind, ErrorKind::Unauthorized);
        let detail = error.detail.unwrap();
        let start = format!(
            "expired: Bearer (redacted); the file `{}` of the token {expected}",
            setup.file.display()
        );
        assert!(detail.starts_with(&start), "{detail}");
        assert!(!detail.contains("two words"), "{detail}");
    }
    // The file may be complete again later.
    setup.renew("dur_second");
    assert!(call(&setup.client, "get", None).await.is_ok());
}

#[tokio::test]
async fn concurrent_requests_survive_a_renewal() {
    let setup = Setup::new().await;
    call(&setup.client, "get", None).await.unwrap();
    setup.renew("dur_second");
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let client = setup.client.clone();
            tokio::spawn(async move { call(&client, "update", Some(&json!({}))).await })
        })
        .collect();
    for call in calls {
        assert!(call.await.unwrap().is_ok());
    }
}

#[tokio::test]
async fn errors_hide_every_token_that_was_used() {
    let setup = Setup::new().await;
    setup.renew("dur_second");
    call(&setup.client, "get", None).await.unwrap();
    let text = setup.client.clean("dur_first and dur_second", &[]);
    assert_eq!(text, "(redacted) and (redacted)");
}

#[tokio::test]
async fn place_follows_the_current_token() {
    let setup = Setup::new().await;
    let first = setup.client.place("key");
    setup.renew("dur_second");
    call(&setup.client, "get", None).await.unwrap();
    let second = setup.client.place("key");
    assert_ne!(first.token, second.token);
    assert_eq!(first.endpoint, second.endpoint);
    assert_eq!(
        second.token,
        client(&setup.server.url, &setup.file).place("key").token
    );
}
