//! Proxies for HTTP and SOCKS, those that work and those that do not.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use engine::api::{Effect, ErrorKind};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use url::Url;

use super::server::{Action, Server, receive_head, refusing};
use super::tls::{Identity, identity, start};
use super::{OPERATIONS, call, settings};
use crate::{Client, Error, ProxyVariables};

/// Connects to the port of an authority, but always on this machine.
async fn dial(authority: &str) -> TcpStream {
    let port: u16 = authority.rsplit_once(':').unwrap().1.parse().unwrap();
    TcpStream::connect(("127.0.0.1", port)).await.unwrap()
}

/// What a proxy for HTTP does with `CONNECT`.
#[derive(Clone, Copy)]
enum Connect {
    Allow,
    Respond(&'static str),
    Stall,
    Close,
}

/// What a proxy speaks.
#[derive(Clone, Copy)]
enum Protocol {
    Http(Connect),
    /// SOCKS 5 without authentication, see RFC 1928.
    Socks,
}

/// A proxy that records what it is asked for.
struct Proxy {
    address: SocketAddr,
    requests: watch::Receiver<Vec<String>>,
}

impl Proxy {
    async fn start(protocol: Protocol) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (record, requests) = watch::channel(Vec::new());
        let record = Arc::new(record);
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let record = Arc::clone(&record);
                tokio::spawn(async move {
                    let authority = match protocol {
                        Protocol::Http(connect) => accept_http(connect, &mut stream, &record).await,
                        Protocol::Socks => accept_socks(&mut stream, &record).await,
                    };
                    if let Some(authority) = authority {
                        drop(copy_bidirectional(&mut stream, &mut dial(&authority).await).await);
                    }
                });
            }
        });
        Self { address, requests }
    }

    async fn http(connect: Connect) -> Self {
        Self::start(Protocol::Http(connect)).await
    }

    fn requests(&self) -> Vec<String> {
        self.requests.borrow().clone()
    }
}

/// Returns the authority to connect to, if the proxy wants to.
async fn accept_http(
    connect: Connect,
    stream: &mut TcpStream,
    record: &watch::Sender<Vec<String>>,
) -> Option<String> {
    let head = receive_head(stream).await?;
    record.send_modify(|requests| requests.push(head.clone()));
    match connect {
        Connect::Close => None,
        Connect::Stall => {
            stream.read_u8().await.ok()?;
            None
        }
        Connect::Respond(status) => {
            let response = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(response.as_bytes()).await.ok()?;
            None
        }
        Connect::Allow => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.ok()?;
            head.split(' ').nth(1).map(str::to_owned)
        }
    }
}

async fn accept_socks(stream: &mut TcpStream, record: &watch::Sender<Vec<String>>) -> Option<String> {
    let (_version, methods) = (stream.read_u8().await.ok()?, stream.read_u8().await.ok()?);
    stream.read_exact(&mut vec![0; usize::from(methods)]).await.ok()?;
    stream.write_all(&[5, 0]).await.ok()?;
    let mut request = [0; 4];
    stream.read_exact(&mut request).await.ok()?;
    let host = match request[3] {
        1 => Ipv4Addr::from(stream.read_u32().await.ok()?).to_string(),
        3 => {
            let mut name = vec![0; usize::from(stream.read_u8().await.ok()?)];
            stream.read_exact(&mut name).await.ok()?;
            String::from_utf8(name).ok()?
        }
        _ => return None,
    };
    let authority = format!("{host}:{}", stream.read_u16().await.ok()?);
    record.send_modify(|requests| requests.push(authority.clone()));
    stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.ok()?;
    Some(authority)
}

/// A client for an endpoint that is not this machine's, and that trusts the authority of this certificate.
fn client(endpoint: &Url, trusted: Option<&Identity>, variables: &[(&str, &str)]) -> Client {
    let mut settings = settings(endpoint);
    settings.document = None;
    settings.proxies = variables.iter().copied().collect::<ProxyVariables>();
    settings.ca_certificates = trusted
        .iter()
        .map(|identity| identity.authority.clone())
        .collect();
    Client::new(settings, &OPERATIONS).unwrap()
}

/// The URL of a server of this machine at another host name.
fn at(url: &Url, host: &str) -> Url {
    format!("https://{host}:{}", url.port().unwrap()).parse().unwrap()
}

async fn create(client: &Client) -> Result<(), Error> {
    call(client, "create", Some(&json!({}))).await.map(|_| ())
}

/// The error of a request through a proxy, without its shown password.
async fn proxy_error(endpoint: &str, variables: &[(&str, &str)]) -> String {
    let client = client(&endpoint.parse().unwrap(), None, variables);
    let error = create(&client).await.unwrap_err();
    assert_eq!(
        (error.kind, error.effect),
        (ErrorKind::Proxy, Effect::None),
        "{error}"
    );
    assert!(!error.to_string().contains("canary"), "{error}");
    error.detail.unwrap().into()
}

#[tokio::test]
async fn https_uses_a_tunnel_with_the_password_of_the_variable() {
    let identity = identity("control-plane.test", |_| ());
    let (url, _) = start(&identity, &["h2", "http/1.1"]).await;
    let endpoint = at(&url, "control-plane.test");
    let proxy = Proxy::http(Connect::Allow).await;
    let variable = format!("http://me:can%61ry@{}", proxy.address);
    create(&client(&endpoint, Some(&identity), &[("https_proxy", &variable)]))
        .await
        .unwrap();
    let [request] = &proxy.requests()[..] else {
        panic!("one request")
    };
    let authority = format!("CONNECT control-plane.test:{} HTTP/1.1", url.port().unwrap());
    assert!(request.starts_with(&authority), "{request}");
    let header = "proxy-authorization: Basic bWU6Y2FuYXJ5";
    assert!(
        request.lines().any(|line| line.eq_ignore_ascii_case(header)),
        "{request}"
    );
}

#[tokio::test]
async fn socks_proxies_are_used() {
    let identity = identity("control-plane.test", |params| {
        params
            .subject_alt_names
            .push(rcgen::SanType::IpAddress([192, 0, 2, 1].into()));
    });
    let (url, _) = start(&identity, &[]).await;
    let port = url.port().unwrap();
    // With `socks5`, the client looks up the name; an address needs no name server.
    for (scheme, host) in [
        ("socks5h", "control-plane.test"),
        ("socks5h", "192.0.2.1"),
        ("socks5", "192.0.2.1"),
    ] {
        let proxy = Proxy::start(Protocol::Socks).await;
        let variable = format!("{scheme}://{}", proxy.address);
        create(&client(
            &at(&url, host),
            Some(&identity),
            &[("ALL_PROXY", &variable)],
        ))
        .await
        .unwrap();
        assert_eq!(proxy.requests(), [format!("{host}:{port}")], "{scheme}");
    }
}

#[tokio::test]
async fn tls_error_behind_a_proxy_is_that_of_the_endpoint() {
    let identity = identity("other.test", |_| ());
    let (url, _) = start(&identity, &[]).await;
    let proxy = Proxy::http(Connect::Allow).await;
    let variable = format!("http://{}", proxy.address);
    let endpoint = at(&url, "control-plane.test");
    let error = create(&client(&endpoint, Some(&identity), &[("HTTPS_PROXY", &variable)]))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Tls);
    let expected = format!(
        "the certificate of `control-plane.test:{}` was issued for another host name. Check `endpoint`",
        url.port().unwrap()
    );
    assert_eq!(error.detail.as_deref(), Some(&*expected));
}

#[tokio::test]
async fn dead_proxy_is_at_fault() {
    let refusing = refusing().await;
    let address = format!("{}:{}", refusing.host_str().unwrap(), refusing.port().unwrap());
    for endpoint in ["https://control-plane.test", "http://control-plane.test"] {
        for scheme in ["http", "socks5h"] {
            let variable = format!("{scheme}://me:canary@{address}");
            let error = proxy_error(endpoint, &[("ALL_PROXY", &variable)]).await;
            // The library for SOCKS does not pass on why it cannot connect.
            let reason = match scheme {
                "http" => "refused the connection: no server listens on that port",
                _ => {
                    "did not connect to `control-plane.test` (SOCKS error: failed to create underlying connection)"
                }
            };
            let expected = format!("the proxy `{address}` of ALL_PROXY {reason}");
            assert_eq!(error, expected);
        }
    }
}

#[tokio::test]
async fn unresolvable_proxy_is_at_fault() {
    // A label of a host name has at most 63 characters, so this name is invalid and no server is asked for it.
    let host = format!("{}.invalid", "a".repeat(64));
    let variable = format!("http://me:canary@{host}:3128");
    let error = proxy_error("https://control-plane.test", &[("HTTPS_PROXY", &variable)]).await;
    let expected = format!("the host name of the proxy `{host}:3128` of HTTPS_PROXY cannot be resolved (");
    assert!(error.starts_with(&expected), "{error}");
}

#[tokio::test]
async fn proxy_that_rejects_the_tunnel_is_at_fault() {
    for connect in [
        Connect::Respond("407 Proxy Authentication Required"),
        Connect::Respond("403 Forbidden"),
        Connect::Respond("502 Bad Gateway"),
        Connect::Close,
    ] {
        let proxy = Proxy::http(connect).await;
        let variable = format!("http://me:canary@{}", proxy.address);
        let error = proxy_error("https://control-plane.test", &[("HTTPS_PROXY", &variable)]).await;
        let expected = format!(
            "the proxy `{}` of HTTPS_PROXY did not connect to `control-plane.test` (",
            proxy.address
        );
        assert!(error.starts_with(&expected), "{error}");
    }
}

#[tokio::test]
async fn proxy_that_requires_a_password_for_http_is_at_fault() {
    let proxy = Server::start(|_, _| Action::response(407, "<html>")).await;
    let variable = proxy.url.as_str();
    let error = proxy_error("http://control-plane.test", &[("HTTP_PROXY", variable)]).await;
    assert!(
        error.ends_with(
            "of HTTP_PROXY requires a user name and a password, or rejected those in the variable"
        )
    );
    assert_eq!(proxy.requests().len(), 1);
}

#[tokio::test]
async fn slow_proxy_is_at_fault() {
    let proxy = Proxy::http(Connect::Stall).await;
    let variable = format!("http://{}", proxy.address);
    let mut settings = settings(&"https://control-plane.test".parse().unwrap());
    settings.document = None;
    settings.max_retries = 0;
    settings.proxies = [("HTTPS_PROXY", &*variable)].into_iter().collect();
    let client = Client::new(settings, &OPERATIONS).unwrap();
    let mut requests = proxy.requests.clone();
    let (result, ()) = tokio::join!(create(&client), async {
        requests.wait_for(|requests| !requests.is_empty()).await.unwrap();
        // While time is paused, tokio advances it as soon as all tasks wait.
        tokio::time::pause();
    });
    tokio::time::resume();
    let error = result.unwrap_err();
    assert_eq!((error.kind, error.effect), (ErrorKind::Proxy, Effect::None));
    let expected = format!(
        "connecting to the proxy `{}` of HTTPS_PROXY, or from there to `control-plane.test`, took longer than 15s",
        proxy.address
    );
    assert_eq!(error.detail.as_deref(), Some(&*expected));
}

#[tokio::test]
async fn no_proxy_with_a_port_connects_directly() {
    let proxy = Proxy::http(Connect::Respond("403 Forbidden")).await;
    let variable = format!("http://{}", proxy.address);
    // No server is asked for this name, and an attempt without the proxy shows that.
    let host = format!("{}.invalid", "a".repeat(64));
    let no_proxy = format!("{host}:8443");
    let variables = [("HTTPS_PROXY", &*variable), ("NO_PROXY", &*no_proxy)];
    for (port, expected) in [(8443, ErrorKind::Unreachable), (443, ErrorKind::Proxy)] {
        let endpoint = format!("https://{host}:{port}").parse().unwrap();
        let error = create(&client(&endpoint, None, &variables)).await.unwrap_err();
        assert_eq!(error.kind, expected, "{error}");
    }
}

#[tokio::test]
async fn invalid_proxy_variable_is_a_setup_error() {
    let mut settings = settings(&"https://control-plane.test".parse().unwrap());
    settings.proxies = [("HTTPS_PROXY", "ftp://me:canary@proxy.test")]
        .into_iter()
        .collect();
    let error = Client::new(settings, &OPERATIONS).err().unwrap();
    assert_eq!(error.kind, ErrorKind::Setup);
    let detail = error.detail.unwrap();
    assert!(
        detail.starts_with("the environment variable HTTPS_PROXY is not the URL of a proxy"),
        "{detail}"
    );
    assert!(!detail.contains("canary"), "{detail}");
}
