//! go-plugin's own services.
//!
//! `GRPCBroker` is not among them: Terraform opens its stream, and does without when it is answered UNIMPLEMENTED.
//!
//! Tests: `crates/plugin/tests/plugin/serving.rs`.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use proto::plugin::grpc_controller_server::GrpcController;
use proto::plugin::grpc_stdio_server::GrpcStdio;
use proto::plugin::{Empty, StdioData};
use tokio_stream::Stream;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status};

/// Lets Terraform end the process.
#[derive(Debug)]
pub(super) struct Controller {
    shutdown: CancellationToken,
}

impl Controller {
    /// Cancels the token when Terraform says so.
    pub(super) fn new(shutdown: CancellationToken) -> Self {
        Self { shutdown }
    }
}

#[tonic::async_trait]
impl GrpcController for Controller {
    async fn shutdown(&self, _request: Request<Empty>) -> Result<Response<Empty>, Status> {
        self.shutdown.cancel();
        Ok(Response::new(Empty {}))
    }
}

/// The output of the process, of which there is none.
///
/// The stream stays open until the end nevertheless: a connection on which nothing runs for half an hour, as during a
/// long reinstallation between two calls, would be closed by gRPC for Go, and the process would take itself
/// for abandoned.
#[derive(Debug)]
pub(super) struct Stdio {
    ended: CancellationToken,
}

impl Stdio {
    /// Ends the streams when the token is cancelled.
    pub(super) fn new(ended: CancellationToken) -> Self {
        Self { ended }
    }
}

#[tonic::async_trait]
impl GrpcStdio for Stdio {
    async fn stream_stdio(&self, _request: Request<()>) -> Result<Response<BoxStream<StdioData>>, Status> {
        Ok(Response::new(Box::pin(Silence(Box::pin(
            self.ended.clone().cancelled_owned(),
        )))))
    }
}

/// A stream of nothing that lasts until the end.
struct Silence(Pin<Box<WaitForCancellationFutureOwned>>);

impl Stream for Silence {
    type Item = Result<StdioData, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        ready!(self.0.as_mut().poll(context));
        Poll::Ready(None)
    }
}
