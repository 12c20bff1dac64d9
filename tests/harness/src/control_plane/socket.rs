//! The accept loop, and a socket that can be reset in the middle of a request.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::{Extension, Router};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::control;
use super::requests::Server;
use super::reset::Reset;

/// A connection that closes with a TCP reset once its [`Reset`] is requested.
struct Socket {
    stream: TcpStream,
    reset: Reset,
}

/// Accepts connections until the runtime ends.
pub async fn serve(listener: std::net::TcpListener, server: Arc<Server>, tls: Option<TlsAcceptor>) {
    let Ok(listener) = TcpListener::from_std(listener) else {
        return;
    };
    let app = control::router(Arc::clone(&server));
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                server.log.connected();
                tokio::spawn(connection(stream, app.clone(), tls.clone()));
            }
            // Out of file descriptors: wait until some are free again.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

/// Serves one connection. Errors are ignored: the client sees them.
async fn connection(stream: TcpStream, app: Router, tls: Option<TlsAcceptor>) {
    // Without this, a small response would wait for the acknowledgement of the previous one.
    let _ = stream.set_nodelay(true);
    let reset = Reset::default();
    let service = TowerToHyperService::new(app.layer(Extension(reset.clone())));
    let socket = Socket { stream, reset };
    let builder = auto::Builder::new(TokioExecutor::new());
    let _ = match tls {
        None => builder.serve_connection(TokioIo::new(socket), service).await,
        Some(tls) => match tls.accept(socket).await {
            Ok(socket) => builder.serve_connection(TokioIo::new(socket), service).await,
            Err(_) => return,
        },
    };
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.reset.check().is_err() {
            // Without lingering, closing sends RST rather than FIN.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.reset.is_closed() {
            // The server takes this for the end of the requests, and closes the connection.
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.reset.check()?;
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        if matches!(written, Poll::Ready(Ok(_))) {
            self.reset.written();
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.reset.check()?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
