//! The plugin server: everything between the operating system and the RPCs of [`Provider`].
//!
//! Terraform starts a process for each walk of its graph and calls it with gRPC over a socket, as [go-plugin] specifies: it
//! sets a cookie in the environment, both sides exchange certificates in the environment and in the first line of standard
//! output, and Terraform calls `Shutdown` at the end. This crate does not know the resources of the provider.
//!
//! [go-plugin]: https://github.com/hashicorp/go-plugin/blob/main/docs/internals.md
//!
//! | module | implements |
//! |---|---|
//! | `handshake` | the cookie, the protocol version, the line on standard output |
//! | `tls` | mutual TLS: the certificate of this process, and the only client certificate that it accepts |
//! | `listener` | the socket and its file |
//! | `connections` | accepting, authenticating and counting connections |
//! | `services` | go-plugin's own RPCs |
//! | `shutdown` | the reasons for which the process ends, and the time that running operations have left |
//! | [`logging`] | the log in the format that Terraform parses |
//! | [`panics`] | panics as values, and the crash report |
//!
//! After the handshake nothing is written to standard output, and only [`logging`] writes to standard error.

mod connections;
mod error;
mod handshake;
mod listener;
pub mod logging;
pub mod panics;
mod services;
mod shutdown;
mod tls;

use std::convert::Infallible;
use std::io::{self, Write};
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;

use environment::Environment;
use handshake::Announcement;
use listener::Listener;
use proto::plugin::grpc_controller_server::GrpcControllerServer;
use proto::plugin::grpc_stdio_server::GrpcStdioServer;
use proto::tfplugin6::provider_server::{Provider, ProviderServer};
use proto::tfplugin6::stop_provider;
use services::{Controller, Stdio};
use shutdown::{ShutdownReason, Signals};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;

pub use error::Error;
pub use listener::Network;

/// The size of the largest message in either direction, as in the SDK for Go. The state of a large object can be larger than
/// the default of 4 MiB.
const MAX_MESSAGE_BYTES: usize = 256 << 20;

/// The identity of the provider, and how it is run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The full address of the provider, such as `registry.terraform.io/durantic/durantic`.
    pub address: &'static str,
    /// The name of the provider, such as `durantic`.
    pub name: &'static str,
    /// The version of the provider, such as `1.3.0`.
    pub version: &'static str,
    /// The crates whose events are logged as the provider's, without this crate and libraries.
    pub crates: Vec<&'static str>,
    /// Whether Terraform or a developer starts the process.
    pub mode: Mode,
}

/// Whether Terraform or a developer starts and ends the process.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// Terraform starts the process, reads the handshake and calls `Shutdown`.
    Managed,
    /// A developer starts the process and sets `TF_REATTACH_PROVIDERS` for Terraform. There is no cookie and no TLS, and the
    /// process serves any number of Terraform runs until Ctrl-C.
    Debug,
}

/// Runs the process of a provider and returns its exit code.
///
/// The process has one thread: handlers mostly wait for the network, and more threads would cost memory in each of the
/// processes that Terraform starts for one command.
pub fn run<P: Provider>(options: &Options, provider: P) -> ExitCode {
    let environment = Environment::from_process();
    panics::install();
    logging::install(options, &environment);

    let outcome = panics::catch_blocking(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(Error::Runtime)?;
        let server = Server {
            options: options.clone(),
            environment,
            network: Network::default(),
            stdout: io::stdout(),
        };
        let outcome = runtime.block_on(server.serve(provider));
        // A blocked name lookup must not hold up the exit.
        runtime.shutdown_background();
        outcome
    });
    match outcome {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(Error::NotStartedByTerraform)) => {
            write_to_stderr(&options.introduction());
            ExitCode::FAILURE
        }
        Ok(Err(error)) => {
            // Terraform logs the line with the level in brackets.
            write_to_stderr(&format!(
                "[ERROR] {}: failed to serve: {}\n",
                options.program(),
                error.chain()
            ));
            ExitCode::FAILURE
        }
        Err(panic) => {
            write_to_stderr(&panic.report());
            ExitCode::from(panics::EXIT_CODE)
        }
    }
}

/// A server that has not started yet. A test can replace what [`run`] takes from the process.
#[derive(Debug)]
pub struct Server<W> {
    /// The identity of the provider.
    pub options: Options,
    /// The environment variables of the process.
    pub environment: Environment,
    /// The kind of socket.
    pub network: Network,
    /// Receives the handshake, or in debug mode the line with `TF_REATTACH_PROVIDERS`.
    pub stdout: W,
}

impl<W: Write> Server<W> {
    /// Serves until Terraform calls `Shutdown`, all clients are gone, or a signal ends the process.
    ///
    /// The socket exists before the handshake is written. It is removed when this returns or is dropped.
    ///
    /// # Errors
    ///
    /// [`Error`] if the server cannot start, or if its transport fails later.
    pub async fn serve<P: Provider>(mut self, provider: P) -> Result<(), Error> {
        let (listener, acceptor, mut signals) = self.start()?;
        let provider = Arc::new(provider);

        let shutdown = CancellationToken::new();
        let ended = CancellationToken::new();
        let router = tonic::transport::Server::builder()
            .add_service(
                ProviderServer::from_arc(Arc::clone(&provider))
                    .max_decoding_message_size(MAX_MESSAGE_BYTES)
                    .max_encoding_message_size(MAX_MESSAGE_BYTES),
            )
            .add_service(GrpcControllerServer::new(Controller::new(shutdown.clone())))
            .add_service(GrpcStdioServer::new(Stdio::new(ended.clone())));

        let (sender, receiver) = mpsc::channel(1);
        let count = watch::Sender::new(0);
        let clients = count.subscribe();
        let accepting = connections::accept(&listener, acceptor, sender, count);
        let incoming = ReceiverStream::new(receiver).map(Ok::<_, Infallible>);
        let mut serving =
            pin!(router.serve_with_incoming_shutdown(incoming, ended.clone().cancelled_owned()));

        let reason = tokio::select! {
            served = &mut serving => return served.map_err(Error::Transport),
            never = accepting => match never {},
            () = shutdown.cancelled() => ShutdownReason::Shutdown,
            reason = signals.wait(self.options.mode) => reason,
            () = shutdown::wait_until_abandoned(clients), if self.options.mode == Mode::Managed => {
                ShutdownReason::Abandoned
            }
        };
        tracing::debug!(?reason, "shutting down");

        let rest = async {
            if reason == ShutdownReason::Terminated {
                // Running operations return their partial results, so that Terraform can store them.
                let request = tonic::Request::new(stop_provider::Request {});
                if let Err(status) = provider.stop_provider(request).await {
                    tracing::warn!(code = ?status.code(), "failed to stop the running operations");
                }
            }
            ended.cancel();
            serving.await
        };
        timeout(reason.grace_period(), rest)
            .await
            .unwrap_or_else(|_| {
                tracing::warn!(?reason, "timed out waiting for running operations, shutting down");
                Ok(())
            })
            .map_err(Error::Transport)
    }

    /// Does what must be done before the first connection, and nothing else, because Terraform waits for the handshake.
    fn start(&mut self) -> Result<(Listener, connections::Acceptor, Signals), Error> {
        let Self {
            options,
            environment,
            network,
            stdout,
        } = self;
        let acceptor = match options.mode {
            Mode::Managed => {
                handshake::check_cookie(environment)?;
                handshake::negotiate(environment, stdout)?;
                tls::acceptor(environment)?
            }
            Mode::Debug => connections::Acceptor::Plaintext,
        };
        // After the handshake Ctrl-C must not kill the process.
        let signals = Signals::install().map_err(Error::Signals)?;
        let listener = Listener::bind(*network, environment)?;
        let announcement = Announcement {
            address: listener.address(),
            certificate: acceptor.certificate(),
        };
        let line = match options.mode {
            Mode::Managed => announcement.handshake(environment),
            Mode::Debug => announcement.reattach(options.address),
        };
        handshake::write(stdout, &line)?;
        Ok((listener, acceptor, signals))
    }
}

impl Options {
    /// The name of the program, by which Terraform finds it.
    fn program(&self) -> String {
        format!("terraform-provider-{}", self.name)
    }

    /// The message for a user who starts the program without arguments.
    fn introduction(&self) -> String {
        let (host, source) = self
            .address
            .split_once('/')
            .unwrap_or(("registry.terraform.io", self.address));
        format!(
            "{} {} is a Terraform provider: Terraform starts it as a plugin. Run it with `--help` to list its commands.\n\
             To install it, add `{source}` to `required_providers` and run `terraform init`: https://{host}/providers/{source}\n",
            self.program(),
            self.version,
        )
    }
}

/// Writes to standard error. It may be closed, which must not panic.
fn write_to_stderr(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn introduction_names_the_program_and_its_installation() {
        let options = Options {
            address: "registry.terraform.io/durantic/durantic",
            name: "durantic",
            version: "1.3.0",
            crates: Vec::new(),
            mode: Mode::Managed,
        };
        insta::assert_snapshot!(options.introduction(), @"
        terraform-provider-durantic 1.3.0 is a Terraform provider: Terraform starts it as a plugin. Run it with `--help` to list its commands.
        To install it, add `durantic/durantic` to `required_providers` and run `terraform init`: https://registry.terraform.io/providers/durantic/durantic
        ");
    }
}
