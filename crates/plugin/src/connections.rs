//! Accepting connections, and counting who is there.
//!
//! Tests: `crates/plugin/tests/plugin/ending.rs`.

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

/// How long a client may take to prove who it is; Terraform takes milliseconds.
const PROOF: Duration = Duration::from_secs(10);

/// How long to wait when the system gives out no more sockets.
const EXHAUSTED: Duration = Duration::from_millis(100);

/// How a client proves who it is.
#[derive(Clone)]
pub(super) enum Acceptor {
    /// By its certificate; the other one is of this process.
    Tls {
        acceptor: TlsAcceptor,
        certificate: CertificateDer<'static>,
    },
    /// Not at all.
    Plaintext,
}

impl Acceptor {
    /// The certificate that the client is to trust.
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

/// Accepts connections as long as it is polled and passes on those that proved who they are.
///
/// Each proof is a task: a client that never finishes, or that is nobody, keeps no other one waiting. `count` says how
/// many connections are open that got in.
pub(super) async fn accept(
    listener: &Listener,
    acceptor: Acceptor,
    accepted: mpsc::Sender<Connection>,
    count: watch::Sender<usize>,
) -> Infallible {
    let mut proofs = JoinSet::new();
    loop {
        let raw = tokio::select! {
            raw = next(&listener.socket) => raw,
            Some(_) = proofs.join_next() => continue,
        };
        let raw = match raw {
            Ok(raw) => raw,
            Err(error) => {
                tracing::warn!(%error, "failed to accept a connection");
                sleep(EXHAUSTED).await;
                continue;
            }
        };
        let (acceptor, accepted, count) = (acceptor.clone(), accepted.clone(), count.clone());
        proofs.spawn(async move {
            match timeout(PROOF, acceptor.accept(raw)).await {
                Ok(Ok(stream)) => {
                    let connection = Connection {
                        stream,
                        _counted: Counted::new(count),
                    };
                    // Nobody receives once the server ends.
                    let _ = accepted.send(connection).await;
                }
                Ok(Err(error)) => tracing::warn!(%error, "refused a client"),
                Err(_) => tracing::warn!("refused a client that did not complete the TLS handshake"),
            }
        });
    }
}

async fn next(socket: &Socket) -> io::Result<Box<dyn Stream>> {
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

/// A connection that got in, which counts as long as it exists.
pub(super) struct Connection {
    stream: Box<dyn Stream>,
    _counted: Counted,
}

struct Counted(watch::Sender<usize>);

impl Counted {
    fn new(count: watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count = count.saturating_add(1));
        Self(count)
    }
}

impl Drop for Counted {
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
