//! Accepts connections, authenticates the clients and counts them.
//!
//! Tests: `crates/plugin/tests/plugin/security.rs`, `crates/plugin/tests/plugin/shutdown.rs`.

use std::convert::Infallible;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls_pki_types::CertificateDer;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tonic::transport::server::Connected;

use super::listener::{Listener, Socket};

/// The time that a client has for the TLS handshake. Terraform needs milliseconds.
const TLS_HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// The wait after a failure to accept, such as when the process has no file descriptor left.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(100);

/// How clients are authenticated.
#[derive(Clone)]
pub(super) enum Acceptor {
    /// By mutual TLS.
    Tls {
        acceptor: TlsAcceptor,
        /// The certificate of this process.
        certificate: CertificateDer<'static>,
    },
    /// Clients are not authenticated.
    Plaintext,
}

impl Acceptor {
    /// The certificate of this process, which the client must trust.
    pub(super) fn certificate(&self) -> Option<&CertificateDer<'static>> {
        match self {
            Self::Tls { certificate, .. } => Some(certificate),
            Self::Plaintext => None,
        }
    }

    async fn accept(self, raw: impl Stream + 'static) -> io::Result<Box<dyn Stream>> {
        match self {
            Self::Tls { acceptor, .. } => Ok(Box::new(acceptor.accept(raw).await?)),
            Self::Plaintext => Ok(Box::new(raw)),
        }
    }
}

/// Accepts connections as long as it is polled, and sends those of authenticated clients to `accepted`.
///
/// Each TLS handshake is a task of its own, so that a client that never finishes it does not delay the others. `count` is the
/// number of open connections of authenticated clients.
pub(super) async fn accept(
    listener: &Listener,
    acceptor: Acceptor,
    accepted: mpsc::Sender<Connection>,
    count: watch::Sender<usize>,
) -> Infallible {
    let mut handshakes = JoinSet::new();
    loop {
        let raw = tokio::select! {
            raw = accept_raw(&listener.socket) => raw,
            Some(_) = handshakes.join_next() => continue,
        };
        let raw = match raw {
            Ok(raw) => raw,
            Err(error) => {
                tracing::warn!(%error, "failed to accept a connection");
                sleep(ACCEPT_RETRY_DELAY).await;
                continue;
            }
        };
        let (acceptor, accepted, count) = (acceptor.clone(), accepted.clone(), count.clone());
        handshakes.spawn(async move {
            match timeout(TLS_HANDSHAKE_TIMEOUT, acceptor.accept(raw)).await {
                Ok(Ok(stream)) => {
                    let connection = Connection {
                        stream,
                        _count: CountGuard::new(count),
                    };
                    // Sending fails only after the server has ended.
                    let _ = accepted.send(connection).await;
                }
                Ok(Err(error)) => tracing::warn!(%error, "rejected a client"),
                Err(_) => tracing::warn!("rejected a client that did not complete the TLS handshake"),
            }
        });
    }
}

async fn accept_raw(socket: &Socket) -> io::Result<Box<dyn Stream>> {
    match socket {
        #[cfg(unix)]
        Socket::Unix(socket) => Ok(Box::new(socket.listener().accept().await?.0)),
        Socket::Tcp(socket) => {
            let (stream, _) = socket.accept().await?;
            stream.set_nodelay(true)?;
            Ok(Box::new(stream))
        }
    }
}

/// A connection of any kind, with or without TLS.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// The connection of an authenticated client. It is counted until it is dropped.
pub(super) struct Connection {
    stream: Box<dyn Stream>,
    _count: CountGuard,
}

struct CountGuard(watch::Sender<usize>);

impl CountGuard {
    fn new(count: watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count = count.saturating_add(1));
        Self(count)
    }
}

impl Drop for CountGuard {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
