//! Nobody gets in but the client that started the process.

use std::os::unix::fs::MetadataExt as _;
use std::time::Duration;

use plugin::{Error, Network, Server};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{Client, Handshake, Identity, OPTIONS, Running, environment};

/// A client is refused if no call of it is answered; TLS 1.3 tells a client only after its own handshake.
async fn assert_refused(handshake: &Handshake, identity: Option<&Identity>) {
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
async fn the_certificate_of_the_environment_gets_in() {
    let terraform = Identity::of_terraform();
    let server = Running::unix(terraform.environment()).await;
    Client::of(&server.handshake(), Some(&terraform))
        .await
        .assert_works()
        .await;
}

#[tokio::test]
async fn it_gets_in_over_tcp_too() {
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
async fn without_a_certificate_with_another_and_without_the_key_nobody_gets_in() {
    let terraform = Identity::of_terraform();
    let other = Identity::of_terraform();
    let server = Running::unix(terraform.environment()).await;
    let handshake = server.handshake();
    assert_refused(&handshake, None).await;
    assert_refused(&handshake, Some(&other)).await;
    assert_refused(&handshake, Some(&terraform.with_key_of(&other))).await;
    // Nor does anybody keep the right one out.
    Client::of(&handshake, Some(&terraform))
        .await
        .assert_works()
        .await;
}

#[tokio::test]
async fn plaintext_is_not_answered_where_there_is_a_certificate() {
    let terraform = Identity::of_terraform();
    let server = Running::unix(terraform.environment()).await;
    let mut stream = server.handshake().connect().await;
    stream
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert_eq!(
        answer.first(),
        Some(&0x15),
        "a TLS alert and nothing else: {answer:?}"
    );
    assert_eq!(answer.len(), 7);
}

#[tokio::test]
async fn a_client_that_says_nothing_keeps_no_other_waiting_and_is_sent_away() {
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
async fn without_tls_the_handshake_has_no_certificate() {
    let server = Running::unix(environment([])).await;
    let handshake = server.handshake();
    assert_eq!(handshake.fields[5], "");
    Client::of(&handshake, None).await.assert_works().await;
}

#[tokio::test]
async fn garbage_for_a_certificate_ends_the_process_before_it_says_anything() {
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
async fn no_other_user_can_reach_the_socket() {
    let server = Running::unix(environment([])).await;
    let path = server.handshake().path();
    assert_eq!(
        std::fs::metadata(path.parent().unwrap()).unwrap().mode() & 0o777,
        0o700
    );
}
