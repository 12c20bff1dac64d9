//! go-plugin's own services, of [`grpc_controller.proto`] and [`grpc_stdio.proto`].
//!
//! `GRPCBroker` is missing: Terraform opens its stream, but works without it after the response `UNIMPLEMENTED`.
//!
//! [`grpc_controller.proto`]: https://github.com/hashicorp/go-plugin/blob/main/internal/plugin/grpc_controller.proto
//! [`grpc_stdio.proto`]: https://github.com/hashicorp/go-plugin/blob/main/internal/plugin/grpc_stdio.proto
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

/// Ends the process when Terraform calls `Shutdown`.
#[derive(Debug)]
pub(super) struct Controller {
    shutdown: CancellationToken,
}

impl Controller {
    /// A controller that cancels the token when Terraform calls `Shutdown`.
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

/// Streams the output of the process, which has none.
///
/// The stream stays open until the server ends all the same: gRPC for Go closes a connection without a stream after half an
/// hour, which can pass between two requests, and then the process would end because it has no client.
#[derive(Debug)]
pub(super) struct Stdio {
    ended: CancellationToken,
}

impl Stdio {
    /// A service that ends its streams when the token is cancelled.
    pub(super) fn new(ended: CancellationToken) -> Self {
        Self { ended }
    }
}

#[tonic::async_trait]
impl GrpcStdio for Stdio {
    async fn stream_stdio(&self, _request: Request<()>) -> Result<Response<BoxStream<StdioData>>, Status> {
        Ok(Response::new(Box::pin(EmptyStream(Box::pin(
            self.ended.clone().cancelled_owned(),
        )))))
    }
}

/// A stream without items that ends when the server ends.
struct EmptyStream(Pin<Box<WaitForCancellationFutureOwned>>);

impl Stream for EmptyStream {
    type Item = Result<StdioData, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        ready!(self.0.as_mut().poll(context));
        Poll::Ready(None)
    }
}
