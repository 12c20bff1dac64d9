//! The generated certificate of a control plane.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, KeyPair};
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

/// The kind of a certificate. Each signs itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certificate {
    /// The certificate of a server.
    Server,
    /// An authority, as `openssl req -x509` makes it. Strict clients do not accept it from a server.
    Authority,
}

impl Certificate {
    fn parameters(self) -> Result<CertificateParams, rcgen::Error> {
        let mut parameters = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
        if self == Self::Authority {
            let mut name = DistinguishedName::new();
            name.push(DnType::CommonName, "localhost");
            parameters.distinguished_name = name;
            parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            parameters.use_authority_key_identifier_extension = true;
        }
        Ok(parameters)
    }
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
    pub fn new(kind: Certificate) -> Result<Self, TlsError> {
        let key = KeyPair::generate()?;
        let certificate = kind.parameters()?.self_signed(&key)?;
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        let mut configuration = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key.into())?;
        configuration.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self {
            certificate: certificate.pem(),
            acceptor: TlsAcceptor::from(Arc::new(configuration)),
        })
    }
}
