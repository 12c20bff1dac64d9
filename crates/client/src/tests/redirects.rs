//! Redirects, which must not send the token to another server.

use engine::api::{Effect, ErrorKind};
use serde_json::json;

use super::server::{Action, Server};
use super::{TOKEN, call, client};

#[tokio::test]
async fn get_follows_redirects_on_the_same_server() {
    for status in [301, 302, 303, 307, 308] {
        let server = Server::start(move |seen, _| match &*seen.path {
            "/api/things/7" => Action::response(status, "").with("Location", "/api/things/7/"),
            "/api/things/7/" => Action::response(status, "").with("Location", "../7/at-last?x=1"),
            _ => Action::response(200, r#"{"ok": true}"#),
        })
        .await;
        let response = call(&client(&server.url), "get", None).await.unwrap();
        assert_eq!(response.body, json!({"ok": true}));
        let requests = server.requests();
        assert_eq!(requests.last().unwrap().path, "/api/things/7/at-last?x=1");
        let authorization = format!("Bearer {TOKEN}");
        assert!(
            requests
                .iter()
                .all(|request| request.header("authorization") == Some(&authorization))
        );
    }
}

#[tokio::test]
async fn redirect_never_sends_the_token_to_another_server() {
    let other = Server::start(|_, _| Action::response(200, r#"{"stolen": true}"#)).await;
    let (host, port) = ("127.0.0.1", other.url.port().unwrap());
    let table = [
        format!("http://{host}:{port}/api/things/7?secret=1"),
        format!("//{host}:{port}/"),
        format!("http://localhost:{port}/"),
    ];
    for target in table {
        for status in [301, 302, 303, 307, 308] {
            for operation in ["get", "create", "update", "delete"] {
                let location = target.clone();
                let server =
                    Server::start(move |_, _| Action::response(status, "").with("Location", &*location))
                        .await;
                let error = call(&client(&server.url), operation, None).await.err().unwrap();
                assert_eq!(
                    (error.kind, error.status),
                    (ErrorKind::Redirect, Some(status)),
                    "{operation} {target}"
                );
                let detail = error.detail.as_deref().unwrap();
                assert!(
                    detail.contains(&format!(":{port}`")) && !detail.contains("secret"),
                    "{detail}"
                );
                assert_eq!(server.requests().len(), 1);
            }
        }
    }
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn redirect_to_another_scheme_or_user_is_an_error() {
    let server = Server::start(|seen, _| {
        let host = seen.header("host").unwrap();
        match &*seen.path {
            "/api/things/7" => Action::response(301, "").with("Location", format!("https://{host}/")),
            "/api/things/" => Action::response(301, "").with("Location", format!("http://me:secret@{host}/")),
            _ => Action::response(200, "{}"),
        }
    })
    .await;
    let client = client(&server.url);
    for operation in ["get", "list"] {
        let error = call(&client, operation, None).await.err().unwrap();
        assert_eq!(error.kind, ErrorKind::Redirect);
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn redirect_of_a_write_is_an_error() {
    for (status, effect) in [(301, Effect::None), (303, Effect::Unknown), (307, Effect::None)] {
        let server =
            Server::start(move |_, _| Action::response(status, "").with("Location", "/elsewhere")).await;
        for operation in ["create", "update", "delete"] {
            let error = call(&client(&server.url), operation, None).await.err().unwrap();
            assert_eq!((error.kind, error.effect), (ErrorKind::Redirect, effect));
            let expected = "the redirect leads to `/elsewhere`, but only a GET request follows a redirect to another path";
            assert_eq!(error.detail.as_deref(), Some(expected));
        }
        assert_eq!(server.requests().len(), 3);
    }
}

#[tokio::test]
async fn redirect_loop_is_an_error() {
    let server = Server::start(|seen, _| Action::response(302, "").with("Location", &*seen.path)).await;
    let error = call(&client(&server.url), "get", None).await.err().unwrap();
    assert_eq!(error.kind, ErrorKind::Redirect);
    assert!(
        error
            .detail
            .unwrap()
            .contains("redirects in a loop, last to `/api/things/7`")
    );
    assert_eq!(server.requests().len(), 6);
}

#[tokio::test]
async fn redirect_error_hides_the_token() {
    for (operation, location) in [
        ("get", format!("http://{TOKEN}.test/")),
        ("create", format!("/{TOKEN}")),
        ("get", format!("/{TOKEN}")),
    ] {
        let server = Server::start(move |_, _| Action::response(302, "").with("Location", &*location)).await;
        let error = call(&client(&server.url), operation, None).await.err().unwrap();
        assert_eq!(error.kind, ErrorKind::Redirect);
        let message = error.to_string();
        assert!(
            message.contains("(redacted)") && !message.contains(TOKEN),
            "{message}"
        );
    }
}

#[tokio::test]
async fn redirect_without_usable_location_is_an_error() {
    for action in [
        Action::response(302, ""),
        Action::response(304, ""),
        Action::response(302, "").with("Location", "http://["),
        Action::response(302, "").with("Location", "javascript:alert(1)"),
    ] {
        let server = Server::start(move |_, _| action.clone()).await;
        let error = call(&client(&server.url), "get", None).await.err().unwrap();
        assert_eq!(error.kind, ErrorKind::Redirect);
        assert_eq!(server.requests().len(), 1);
    }
}
