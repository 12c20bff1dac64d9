//! A forward proxy that counts its connections: HTTP's `CONNECT` and absolute form, and SOCKS5.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

/// The first byte of a SOCKS5 connection.
const SOCKS: u8 = 5;

/// The longest head of a request, in bytes.
const LONGEST_HEAD: usize = 64 << 10;

/// A proxy on a loopback port. For it, every host is this machine. It runs on threads of its own until it is dropped.
pub struct Proxy {
    address: SocketAddr,
    counts: Arc<Counts>,
    /// `None` only while the proxy is dropped.
    runtime: Option<Runtime>,
}

/// The connections to the proxy so far.
#[derive(Default)]
struct Counts {
    tunnels: AtomicUsize,
    forwarded: AtomicUsize,
    socks: AtomicUsize,
}

impl Proxy {
    /// Starts a proxy.
    ///
    /// # Errors
    /// If no port or no thread is available.
    pub fn start() -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("proxy")
            .enable_all()
            .build()?;
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let counts = Arc::new(Counts::default());
        runtime.spawn(serve(listener, Arc::clone(&counts)));
        Ok(Self {
            address,
            counts,
            runtime: Some(runtime),
        })
    }

    /// Its host and port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The number of connections that `CONNECT` opened.
    pub fn tunnels(&self) -> usize {
        self.counts.tunnels.load(Ordering::SeqCst)
    }

    /// The number of connections whose requests have an absolute URL.
    pub fn forwarded(&self) -> usize {
        self.counts.forwarded.load(Ordering::SeqCst)
    }

    /// The number of SOCKS5 connections.
    pub fn socks(&self) -> usize {
        self.counts.socks.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn serve(listener: std::net::TcpListener, counts: Arc<Counts>) {
    let Ok(listener) = TcpListener::from_std(listener) else {
        return;
    };
    while let Ok((client, _)) = listener.accept().await {
        let counts = Arc::clone(&counts);
        // The client sees every error.
        tokio::spawn(async move { connection(client, &counts).await.ok() });
    }
}

async fn connection(mut client: TcpStream, counts: &Counts) -> io::Result<()> {
    client.set_nodelay(true)?;
    let mut first = [0];
    client.read_exact(&mut first).await?;
    if first == [SOCKS] {
        return socks(client, counts).await;
    }
    let mut head = first.to_vec();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() > LONGEST_HEAD {
            return Err(io::ErrorKind::InvalidData.into());
        }
        head.push(client.read_u8().await?);
    }
    let text = String::from_utf8_lossy(&head).into_owned();
    let mut words = text.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if method == "CONNECT" {
        counts.tunnels.fetch_add(1, Ordering::SeqCst);
        let server = connect(&mut client, target).await?;
        client
            .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
            .await?;
        return copy(client, server).await;
    }
    counts.forwarded.fetch_add(1, Ordering::SeqCst);
    let authority = target
        .strip_prefix("http://")
        .and_then(|rest| rest.split('/').next())
        .unwrap_or_default();
    let mut server = connect(&mut client, authority).await?;
    // A server accepts an absolute URL, too.
    server.write_all(&head).await?;
    copy(client, server).await
}

/// The port in an authority such as `host:80`.
fn port(authority: &str) -> u16 {
    let port = authority.rsplit(':').next();
    port.and_then(|port| port.parse().ok()).unwrap_or(80)
}

/// Connects to a server. If that fails, the client gets status 502.
async fn connect(client: &mut TcpStream, authority: &str) -> io::Result<TcpStream> {
    match TcpStream::connect((Ipv4Addr::LOCALHOST, port(authority))).await {
        Ok(server) => Ok(server),
        Err(error) => {
            client
                .write_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                .await?;
            Err(error)
        }
    }
}

/// Handles a SOCKS5 connection without authentication, after its first byte: RFC 1928.
async fn socks(mut client: TcpStream, counts: &Counts) -> io::Result<()> {
    counts.socks.fetch_add(1, Ordering::SeqCst);
    let methods = client.read_u8().await?;
    skip(&mut client, usize::from(methods)).await?;
    client.write_all(&[SOCKS, 0]).await?;
    // The version, the command and a reserved byte.
    skip(&mut client, 3).await?;
    let length = match client.read_u8().await? {
        1 => 4,
        3 => usize::from(client.read_u8().await?),
        _ => 16,
    };
    skip(&mut client, length).await?;
    let port = client.read_u16().await?;
    let server = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await;
    let status = u8::from(server.is_err());
    client.write_all(&[SOCKS, status, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
    copy(client, server?).await
}

async fn skip(client: &mut TcpStream, bytes: usize) -> io::Result<()> {
    client.read_exact(&mut vec![0; bytes]).await.map(drop)
}

async fn copy(mut client: TcpStream, mut server: TcpStream) -> io::Result<()> {
    server.set_nodelay(true)?;
    tokio::io::copy_bidirectional(&mut client, &mut server)
        .await
        .map(drop)
}
