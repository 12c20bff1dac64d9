//! A certificate made for one control plane.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_rustls::TlsAcceptor;

/// A certificate for the loopback interface and what serves with it.
pub struct Identity {
    /// The certificate in PEM.
    pub certificate: String,
    /// What takes TLS connections; it offers HTTP/2.
    pub acceptor: TlsAcceptor,
}

/// A certificate cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate cannot be made.
    #[error("failed to generate a certificate")]
    Certificate(#[from] rcgen::Error),
    /// It cannot be served.
    #[error("failed to set up TLS with the certificate")]
    Configuration(#[from] rustls::Error),
}

impl Identity {
    /// A new certificate.
    pub fn new() -> Result<Self, TlsError> {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let mut configuration = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key.into())?;
        configuration.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self {
            certificate: made.cert.pem(),
            acceptor: TlsAcceptor::from(Arc::new(configuration)),
        })
    }
}
