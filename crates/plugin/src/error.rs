//! What can keep the server from serving.

use std::path::PathBuf;
use std::{error, io};

/// Why the process does not serve. None of these can happen once the handshake is written, but `Transport`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The cookie of Terraform is missing: a person started the program.
    #[error("the process was not started by Terraform")]
    RunByHand,
    /// Terraform is too old.
    #[error(
        "Terraform offers plugin protocol `{offered}`, but the provider supports only `6`; use Terraform 1.0 or later"
    )]
    ProtocolVersion {
        /// The versions, as Terraform wrote them.
        offered: String,
    },
    /// The certificate of the client cannot be read. Serving without it would let anyone in.
    #[error("`PLUGIN_CLIENT_CERT` is not a valid certificate: {reason}")]
    ClientCertificate {
        /// What is wrong with it.
        reason: String,
    },
    /// The key or the certificate of the server cannot be made.
    #[error("failed to generate a certificate")]
    Certificate(#[source] rcgen::Error),
    /// The key or the certificate of the server cannot be used.
    #[error("failed to set up TLS")]
    Tls(#[source] rustls::Error),
    /// The socket cannot be made.
    #[error("failed to listen on a socket in `{}`", directory.display())]
    Socket {
        /// Where it should be.
        directory: PathBuf,
        /// Why it cannot.
        source: io::Error,
    },
    /// The group that shall have the socket is not known to the system.
    #[error("the group `{0}` in `PLUGIN_UNIX_SOCKET_GROUP` does not exist")]
    Group(String),
    /// One of the two variables of the range of ports is not a port.
    #[error("`{variable}` is `{value}`, which is not a valid port")]
    Port {
        /// The variable.
        variable: &'static str,
        /// Its value.
        value: String,
    },
    /// No port of the range can be used.
    #[error("no port from `{first}` to `{last}` is free")]
    Ports {
        /// The first of the range.
        first: u16,
        /// The last of the range.
        last: u16,
        /// Why the last that was tried cannot be used, unless the range is empty.
        source: Option<io::Error>,
    },
    /// The handlers of signals cannot be set.
    #[error("failed to install the signal handlers")]
    Signals(#[source] io::Error),
    /// Nobody reads the standard output.
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
    /// The error with its causes, in one line.
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
    fn causes_stand_behind_the_error() {
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
