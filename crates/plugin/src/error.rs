//! The errors of the server.

use std::path::PathBuf;
use std::{error, io};

/// Why the process does not serve. After the handshake is written, only `Transport` can happen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The variable that Terraform sets for plugins is missing: a user started the program.
    #[error("the process was not started by Terraform")]
    NotStartedByTerraform,
    /// Terraform does not support version 6 of the plugin protocol.
    #[error(
        "Terraform offers plugin protocol `{offered}`, but the provider supports only `6`; use Terraform 1.0 or later"
    )]
    ProtocolVersion {
        /// The versions that Terraform supports, as it wrote them.
        offered: String,
    },
    /// The certificate of the client cannot be parsed. Serving without it would give any client access.
    #[error("`PLUGIN_CLIENT_CERT` is not a valid certificate: {reason}")]
    ClientCertificate {
        /// The error of the parser.
        reason: String,
    },
    /// The key or the certificate of the server cannot be generated.
    #[error("failed to generate a certificate")]
    Certificate(#[source] rcgen::Error),
    /// The key or the certificate of the server cannot be used.
    #[error("failed to set up TLS")]
    Tls(#[source] rustls::Error),
    /// The socket cannot be created.
    #[error("failed to listen on a socket in `{}`", directory.display())]
    Socket {
        /// The directory of the socket.
        directory: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The system does not know the group that should have access to the socket.
    #[error("the group `{0}` in `PLUGIN_UNIX_SOCKET_GROUP` does not exist")]
    Group(String),
    /// `PLUGIN_MIN_PORT` or `PLUGIN_MAX_PORT` is not a port.
    #[error("`{variable}` is `{value}`, which is not a valid port")]
    Port {
        /// The name of the variable.
        variable: &'static str,
        /// The value of the variable.
        value: String,
    },
    /// No port of the range can be used.
    #[error("no port from `{first}` to `{last}` is free")]
    Ports {
        /// The first port of the range.
        first: u16,
        /// The last port of the range.
        last: u16,
        /// The error of the last port that was tried; `None` if the range is empty.
        source: Option<io::Error>,
    },
    /// The signal handlers cannot be installed.
    #[error("failed to install the signal handlers")]
    Signals(#[source] io::Error),
    /// Standard output is closed.
    #[error("failed to write the handshake to standard output")]
    Handshake(#[source] io::Error),
    /// The asynchronous runtime cannot start.
    #[error("failed to start the asynchronous runtime")]
    Runtime(#[source] io::Error),
    /// The gRPC server failed.
    #[error("the gRPC server failed")]
    Transport(#[source] tonic::transport::Error),
}

impl Error {
    /// The error and its causes in one line.
    pub(super) fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = error::Error::source(self);
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chain_has_the_error_and_its_causes() {
        let error = Error::Socket {
            directory: "/none".into(),
            source: io::ErrorKind::NotFound.into(),
        };
        assert_eq!(
            error.chain(),
            "failed to listen on a socket in `/none`: entity not found"
        );
    }
}
