//! The generated certificate of a control plane.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_rustls::TlsAcceptor;

/// A certificate for the loopback interface, and the TLS acceptor that uses it.
pub struct Identity {
    /// The certificate, PEM-encoded.
    pub certificate: String,
    /// Accepts TLS connections; offers HTTP/2.
    pub acceptor: TlsAcceptor,
}

/// TLS could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate could not be generated.
    #[error("failed to generate a certificate")]
    Certificate(#[from] rcgen::Error),
    /// The certificate could not be used.
    #[error("failed to set up TLS with the certificate")]
    Configuration(#[from] rustls::Error),
}

impl Identity {
    /// Generates a certificate.
    ///
    /// # Errors
    /// If the certificate cannot be generated or used.
    pub fn new() -> Result<Self, TlsError> {
        let certified = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
        let key = PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der());
        let mut configuration = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certified.cert.der().clone()], key.into())?;
        configuration.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self {
            certificate: certified.cert.pem(),
            acceptor: TlsAcceptor::from(Arc::new(configuration)),
        })
    }
}
