//! Only the client that started the process can use the server.

use std::os::unix::fs::MetadataExt as _;
use std::time::Duration;

use plugin::{Error, Network, Server};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{Client, Handshake, Identity, OPTIONS, Running, environment};

/// Asserts that the server rejects a client: connecting fails, or the first RPC does, because with TLS 1.3 a client learns of
/// the rejection only after its own handshake.
async fn assert_rejected(handshake: &Handshake, identity: Option<&Identity>) {
    let Ok(stream) = handshake.connect_tls(identity).await else {
        return;
    };
    let Ok(mut client) = Client::over(stream).await else {
        return;
    };
    let status = client.read("any", Vec::new()).await.unwrap_err();
    assert_ne!(status.code(), tonic::Code::Ok);
}

#[tokio::test]
async fn client_with_the_certificate_of_the_environment_is_served() {
    let terraform = Identity::of_terraform();
    let server = Running::unix(terraform.environment()).await;
    Client::of(&server.handshake(), Some(&terraform))
        .await
        .assert_works()
        .await;
}

#[tokio::test]
async fn client_is_served_over_tcp() {
    let terraform = Identity::of_terraform();
    let server = Running::start(OPTIONS, terraform.environment(), Network::Tcp).await;
    let handshake = server.handshake();
    assert!(handshake.fields[3].starts_with("127.0.0.1:"), "{handshake:?}");
    Client::of(&handshake, Some(&terraform))
        .await
        .assert_works()
        .await;
}

#[tokio::test]
async fn client_without_certificate_or_key_is_rejected() {
    let terraform = Identity::of_terraform();
    let other = Identity::of_terraform();
    let server = Running::unix(terraform.environment()).await;
    let handshake = server.handshake();
    assert_rejected(&handshake, None).await;
    assert_rejected(&handshake, Some(&other)).await;
    assert_rejected(&handshake, Some(&terraform.with_key_of(&other))).await;
    // The rejected clients do not keep the right one from connecting.
    Client::of(&handshake, Some(&terraform))
        .await
        .assert_works()
        .await;
}

#[tokio::test]
async fn plaintext_client_gets_a_tls_alert() {
    let terraform = Identity::of_terraform();
    let server = Running::unix(terraform.environment()).await;
    let mut stream = server.handshake().connect().await;
    stream
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        .await
        .unwrap();
    let mut response = Vec::new();
    stream.read_to_end(&mut response).await.unwrap();
    assert_eq!(
        response.first(),
        Some(&0x15),
        "a TLS alert and nothing else: {response:?}"
    );
    assert_eq!(response.len(), 7);
}

#[tokio::test]
async fn silent_client_is_disconnected_and_delays_no_other() {
    let terraform = Identity::of_terraform();
    let server = Running::unix(terraform.environment()).await;
    let handshake = server.handshake();
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(handshake.connect().await);
    }
    let mut client = Client::of(&handshake, Some(&terraform)).await;
    client.assert_works().await;

    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(11)).await;
    for mut stream in silent {
        assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
    }
    client.assert_works().await;
}

#[tokio::test]
async fn handshake_without_tls_has_no_certificate() {
    let server = Running::unix(environment([])).await;
    let handshake = server.handshake();
    assert_eq!(handshake.fields[5], "");
    Client::of(&handshake, None).await.assert_works().await;
}

#[tokio::test]
async fn invalid_client_certificate_ends_without_handshake() {
    let mut stdout = Vec::new();
    let environment = environment([("PLUGIN_CLIENT_CERT", "garbage".to_owned())]);
    let server = Server {
        options: OPTIONS,
        environment,
        network: Network::Unix,
        stdout: &mut stdout,
    };
    let error = server.serve(crate::support::Echo::default()).await.unwrap_err();
    assert!(matches!(error, Error::ClientCertificate { .. }), "{error}");
    assert_eq!(stdout, b"");
}

#[tokio::test]
async fn socket_directory_is_private_to_its_user() {
    let server = Running::unix(environment([])).await;
    let path = server.handshake().path();
    assert_eq!(
        std::fs::metadata(path.parent().unwrap()).unwrap().mode() & 0o777,
        0o700
    );
}
