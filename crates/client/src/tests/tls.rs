//! TLS, certificates, HTTP/2 and proxies.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use engine::api::{Effect, ErrorKind};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use url::Url;

use super::server::{Action, Server};
use super::{OPERATIONS, TOKEN, call, has_own_process, settings};
use crate::{Client, ProxyVariables};

/// A certificate for a host name, and the authority that issued it.
pub struct Identity {
    pub authority: CertificateDer<'static>,
    pub certificate: CertificateDer<'static>,
    pub pem: String,
    pub key: PrivateKeyDer<'static>,
}

pub fn identity(name: &str, change: impl FnOnce(&mut CertificateParams)) -> Identity {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "authority");
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    Identity {
        authority: authority.der().clone(),
        certificate: certificate.der().clone(),
        pem: certificate.pem(),
        key: PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
    }
}

/// A listener for TLS that counts connections.
struct TlsListener {
    listener: TcpListener,
    acceptor: TlsAcceptor,
    connections: Arc<AtomicUsize>,
}

impl axum::serve::Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, address) = self.listener.accept().await.unwrap();
            self.connections.fetch_add(1, Ordering::SeqCst);
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// A server that responds with the HTTP version of the request.
pub async fn start(identity: &Identity, protocols: &[&str]) -> (Url, Arc<AtomicUsize>) {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![identity.certificate.clone()], identity.key.clone_key())
        .unwrap();
    config.alpn_protocols = protocols
        .iter()
        .map(|protocol| protocol.as_bytes().to_vec())
        .collect();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port())
        .parse()
        .unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let listener = TlsListener {
        listener,
        acceptor: TlsAcceptor::from(Arc::new(config)),
        connections: connections.clone(),
    };
    let app = axum::Router::new().fallback(|request: axum::extract::Request| async move {
        axum::Json(serde_json::json!({"version": format!("{:?}", request.version())}))
    });
    tokio::spawn(axum::serve(listener, app).into_future());
    (url, connections)
}

/// A client that trusts these certificates in addition to the system's.
pub fn client(url: &Url, authorities: &[&CertificateDer<'static>]) -> Client {
    let mut settings = settings(url);
    settings.ca_certificates = authorities.iter().map(|&authority| authority.clone()).collect();
    Client::new(settings, &OPERATIONS).unwrap()
}

#[tokio::test]
async fn configured_ca_certificate_is_trusted() {
    let identity = identity("localhost", |_| ());
    let (url, _) = start(&identity, &["http/1.1"]).await;
    let response = call(&client(&url, &[&identity.authority]), "get", None)
        .await
        .unwrap();
    assert_eq!(response.body["version"], "HTTP/1.1");
}

#[tokio::test]
async fn http2_is_used_if_offered() {
    let identity = identity("localhost", |_| ());
    let (url, connections) = start(&identity, &["h2", "http/1.1"]).await;
    let client = client(&url, &[&identity.authority]);
    for _ in 0..3 {
        assert_eq!(
            call(&client, "get", None).await.unwrap().body["version"],
            "HTTP/2.0"
        );
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn rejected_certificates_are_explained_and_not_retried() {
    let expired = |params: &mut CertificateParams| params.not_after = date_time_ymd(2001, 1, 1);
    let early = |params: &mut CertificateParams| params.not_before = date_time_ymd(2999, 1, 1);
    #[rustfmt::skip]
    let table: [(Identity, bool, &str); 4] = [
        (identity("localhost", |_| ()), false, "is not trusted. If it was issued by a private authority, set `ca_cert_file` to a file with that authority's certificate"),
        (identity("other.test", |_| ()), true, "was issued for another host name. Check `endpoint`"),
        (identity("localhost", expired), true, "has expired, or the clock of this computer is wrong"),
        (identity("localhost", early), true, "is not valid yet, or the clock of this computer is wrong"),
    ];
    for (identity, is_trusted, expected) in table {
        let (url, connections) = start(&identity, &[]).await;
        let authorities = [&identity.authority];
        let client = client(&url, if is_trusted { &authorities } else { &[] });
        let error = call(&client, "get", None).await.err().unwrap();
        let port = url.port().unwrap();
        let expected = format!("the certificate of `localhost:{port}` {expected}");
        assert_eq!(
            (error.kind, error.detail.as_deref()),
            (ErrorKind::Tls, Some(&*expected))
        );
        assert_eq!(error.attempts, 1);
        // One for the live document and one for the operation.
        assert_eq!(connections.load(Ordering::SeqCst), 2);
    }
}

#[tokio::test]
async fn insecure_skip_verify_accepts_any_certificate() {
    let identity = identity("other.test", |params| {
        params.not_after = date_time_ymd(2001, 1, 1);
    });
    let (url, _) = start(&identity, &[]).await;
    let mut settings = settings(&url);
    settings.insecure_skip_verify = true;
    let client = Client::new(settings, &OPERATIONS).unwrap();
    assert!(call(&client, "get", None).await.is_ok());
}

#[tokio::test]
async fn server_without_tls_is_explained_and_not_retried() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let response = b"HTTP/1.1 400 Bad Request\r\n\r\n";
                tokio::io::AsyncWriteExt::write_all(&mut stream, response)
                    .await
                    .unwrap();
                drop(tokio::io::copy(&mut stream, &mut tokio::io::sink()).await);
            });
        }
    });
    let url = format!("https://localhost:{port}").parse().unwrap();
    let error = call(&client(&url, &[]), "get", None).await.err().unwrap();
    assert_eq!((error.kind, error.attempts), (ErrorKind::Tls, 1));
    let expected =
        format!("`localhost:{port}` does not speak TLS. Check the scheme and the port of `endpoint`");
    assert_eq!(error.detail.as_deref(), Some(&*expected));
}

#[tokio::test]
async fn connecting_may_take_half_of_the_request_timeout() {
    let server = Server::start_raw(|_| Action::Stall(Vec::new())).await;
    let port = server.url.port().unwrap();
    for (host, phase) in [
        ("localhost", "looking up or connecting to"),
        ("127.0.0.1", "connecting to"),
    ] {
        let mut settings = settings(&format!("https://{host}:{port}").parse().unwrap());
        settings.request_timeout = Duration::from_mins(2);
        settings.max_retries = 0;
        settings.document = None;
        let client = Client::new(settings, &OPERATIONS).unwrap();
        let connections = server.connections();
        let (result, ()) = tokio::join!(call(&client, "create", None), async {
            server.wait_for_connections(connections + 1).await;
            // While time is paused, tokio advances it as soon as all tasks wait.
            tokio::time::pause();
        });
        tokio::time::resume();
        let error = result.err().unwrap();
        assert_eq!(
            (error.kind, error.effect),
            (ErrorKind::RequestTimeout, Effect::None)
        );
        let expected = format!("{phase} `{host}:{port}` took longer than 60s");
        assert_eq!(error.detail.as_deref(), Some(&*expected));
    }
}

#[tokio::test]
async fn proxy_environment_variables_are_used() {
    for mode in ["secure", "insecure"] {
        let proxy = Server::start(|_, _| Action::response(200, "\"from the proxy\"")).await;
        let environment = [
            ("TEST_MODE", mode),
            ("http_proxy", proxy.url.as_str()),
            ("no_proxy", ""),
            ("NO_PROXY", ""),
        ];
        if has_own_process("tests::tls::proxy_environment_variables_are_used", &environment).await {
            let mut settings = settings(&"http://control-plane.test/durantic".parse().unwrap());
            settings.proxies = ProxyVariables::from_process();
            settings.insecure_skip_verify = std::env::var("TEST_MODE").unwrap() == "insecure";
            let client = Client::new(settings, &OPERATIONS).unwrap();
            assert_eq!(call(&client, "get", None).await.unwrap().body, "from the proxy");

            let server = Server::start(|_, _| Action::response(200, "\"direct\"")).await;
            assert_eq!(
                call(&super::client(&server.url), "get", None).await.unwrap().body,
                "direct"
            );
            return;
        }
        let requests = proxy.requests();
        let [request] = &requests[..] else {
            panic!("one request: {requests:?}")
        };
        assert_eq!(request.path, "http://control-plane.test/durantic/api/things/7");
        assert_eq!(request.header("authorization"), Some(&*format!("Bearer {TOKEN}")));
    }
}
