//! The plugin server: everything between the operating system and the RPCs of [`Provider`].
//!
//! Terraform starts a process per walk of its graph and speaks gRPC with it over a socket, as go-plugin lays
//! down: a cookie in the environment, certificates of both sides exchanged through the environment and
//! the first line of standard output, and a `Shutdown` at the end. Nothing here knows what the provider
//! offers.
//!
//! | module | knows |
//! |---|---|
//! | `handshake` | the cookie, the protocol version, the line on standard output |
//! | `tls` | the certificate of this process, and the only one it lets in |
//! | `listener` | sockets and where they are kept |
//! | `connections` | accepting, and counting who is there |
//! | `services` | go-plugin's own RPCs |
//! | `ending` | what ends the process, and how long that may take |
//! | [`logging`] | the log as Terraform reads it |
//! | [`panics`] | panics as values, and the report of a crash |
//!
//! After the handshake standard output belongs to nobody, and standard error to [`logging`].

mod connections;
mod ending;
mod error;
mod handshake;
mod listener;
pub mod logging;
pub mod panics;
mod services;
mod tls;

use std::convert::Infallible;
use std::io::{self, Write};
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;

use ending::{Ending, Signals};
use environment::Environment;
use handshake::Announcement;
use listener::Listener;
use proto::plugin::grpc_controller_server::GrpcControllerServer;
use proto::plugin::grpc_stdio_server::GrpcStdioServer;
use proto::tfplugin6::provider_server::{Provider, ProviderServer};
use proto::tfplugin6::stop_provider;
use services::{Controller, Stdio};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;

pub use error::Error;
pub use listener::Network;

/// The largest message in either direction, as in the SDK for Go; the default of 4 MiB is less than the
/// state of a large object.
const MESSAGE_LIMIT: usize = 256 << 20;

/// Who the provider is, and how it is run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The whole address in a registry, as `registry.terraform.io/durantic/durantic`.
    pub address: &'static str,
    /// The name of the provider, as `durantic`.
    pub name: &'static str,
    /// The version of the provider, as `1.3.0`.
    pub version: &'static str,
    /// The crates whose events are logged as the provider's: the transport and libraries are not among them.
    pub crates: Vec<&'static str>,
    /// Who starts and ends the process.
    pub mode: Mode,
}

/// Who starts and ends the process.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// Terraform does: it hands over the environment, reads the handshake and calls `Shutdown`.
    Managed,
    /// A developer does, and Terraform is told by `TF_REATTACH_PROVIDERS`: no cookie, no TLS, and one process
    /// serves many runs until Ctrl-C.
    Debug,
}

/// Runs the process of a provider from its start to its exit code.
///
/// One thread is enough: the handlers wait for the network, and a second thread would only cost memory in each of
/// the processes that Terraform starts per command.
pub fn run<P: Provider>(options: &Options, provider: P) -> ExitCode {
    let environment = Environment::of_process();
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
        Ok(Err(Error::RunByHand)) => {
            complain(&options.introduction());
            ExitCode::FAILURE
        }
        Ok(Err(error)) => {
            // Terraform logs the line at the level in brackets.
            complain(&format!(
                "[ERROR] {}: failed to serve: {}\n",
                options.program(),
                error.chain()
            ));
            ExitCode::FAILURE
        }
        Err(panic) => {
            complain(&panic.report());
            ExitCode::from(panics::EXIT_CODE)
        }
    }
}

/// A server that has not started: what it takes from the process, so that a test can hand it something else.
#[derive(Debug)]
pub struct Server<W> {
    /// Who the provider is.
    pub options: Options,
    /// The variables that Terraform handed over.
    pub environment: Environment,
    /// The kind of socket.
    pub network: Network,
    /// Where the handshake goes, or in debug mode the variable that Terraform needs.
    pub stdout: W,
}

impl<W: Write> Server<W> {
    /// Serves until Terraform says `Shutdown` or is gone, or a signal ends it.
    ///
    /// The socket exists before the handshake is written and is removed when this returns or is dropped.
    pub async fn serve<P: Provider>(mut self, provider: P) -> Result<(), Error> {
        let (listener, acceptor, mut signals) = self.start()?;
        let provider = Arc::new(provider);

        let shutdown = CancellationToken::new();
        let ended = CancellationToken::new();
        let router = tonic::transport::Server::builder()
            .add_service(
                ProviderServer::from_arc(Arc::clone(&provider))
                    .max_decoding_message_size(MESSAGE_LIMIT)
                    .max_encoding_message_size(MESSAGE_LIMIT),
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

        let ending = tokio::select! {
            served = &mut serving => return served.map_err(Error::Transport),
            never = accepting => match never {},
            () = shutdown.cancelled() => Ending::Shutdown,
            ending = signals.ending(self.options.mode) => ending,
            () = ending::abandoned(clients), if self.options.mode == Mode::Managed => Ending::Abandoned,
        };
        tracing::debug!(?ending, "shutting down");

        let rest = async {
            if ending == Ending::Terminated {
                // Operations that run now return what they have, so that Terraform can store it.
                let request = tonic::Request::new(stop_provider::Request {});
                if let Err(status) = provider.stop_provider(request).await {
                    tracing::warn!(code = ?status.code(), "failed to stop the running operations");
                }
            }
            ended.cancel();
            serving.await
        };
        timeout(ending.patience(), rest)
            .await
            .unwrap_or_else(|_| {
                tracing::warn!(?ending, "timed out waiting for running operations, shutting down");
                Ok(())
            })
            .map_err(Error::Transport)
    }

    /// Does what must come before the first connection, and nothing else: Terraform waits for the line.
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
        // From the moment Terraform knows of the process, Ctrl-C must not kill it.
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
    /// The name of the program, which Terraform finds it by.
    fn program(&self) -> String {
        format!("terraform-provider-{}", self.name)
    }

    /// What to say to someone who runs the program by hand.
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

/// Writes to standard error, which may be closed: that must not be a panic.
fn complain(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand_it_says_in_two_lines_what_it_is_and_how_to_install_it() {
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
