//! Mutual TLS as in go-plugin: each side trusts exactly one certificate, the other's.
//!
//! Terraform's certificate is self-signed, is marked as a CA, and has a P-521 key ([`mtls.go`]). A verifier of certificate
//! chains rejects it, so it is compared byte by byte, and the signature in the handshake proves that the client has the key.
//!
//! [`mtls.go`]: https://github.com/hashicorp/go-plugin/blob/main/mtls.go
//!
//! Tests: `crates/plugin/tests/plugin/security.rs`.

use std::sync::Arc;

use environment::Environment;
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::server::ParsedCertificate;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer, UnixTime};

use super::Error;
use super::connections::Acceptor;

/// The acceptor for the client whose certificate is in `PLUGIN_CLIENT_CERT`. Without the variable it is plaintext, which is
/// what a user requests with `TF_DISABLE_PLUGIN_TLS`.
///
/// # Errors
///
/// [`Error::ClientCertificate`] if the variable is not a certificate, [`Error::Certificate`] or [`Error::Tls`] if this
/// process cannot create its own.
pub(super) fn acceptor(environment: &Environment) -> Result<Acceptor, Error> {
    let Some(pem) = environment.get("PLUGIN_CLIENT_CERT") else {
        return Ok(Acceptor::Plaintext);
    };
    let client = client_certificate(pem)?;
    let (certificate, key) = own_certificate().map_err(Error::Certificate)?;

    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Arc::new(PinnedCertificateVerifier {
        client,
        provider: Arc::clone(&provider),
    });
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(Error::Tls)?
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![certificate.clone()], key.into())
        .map_err(Error::Tls)?;
    // Terraform 1.12 and later reject a server that does not select HTTP/2.
    config.alpn_protocols = vec![b"h2".to_vec()];
    // A client connects only once and resumes no session.
    config.send_tls13_tickets = 0;
    Ok(Acceptor::Tls {
        acceptor: Arc::new(config).into(),
        certificate,
    })
}

/// Parses the first certificate of a PEM file's content.
fn client_certificate(pem: &str) -> Result<CertificateDer<'static>, Error> {
    let refuse = |reason: String| Error::ClientCertificate { reason };
    let certificate =
        CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|error| refuse(error.to_string()))?;
    ParsedCertificate::try_from(&certificate).map_err(|error| refuse(error.to_string()))?;
    Ok(certificate)
}

/// Creates a self-signed certificate for this process. P-256 is the fastest algorithm to generate and use, and Terraform
/// expects the host name `localhost`.
fn own_certificate() -> Result<(CertificateDer<'static>, PrivatePkcs8KeyDer<'static>), rcgen::Error> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let certificate = CertificateParams::new(["localhost".to_owned()])?.self_signed(&key)?;
    Ok((certificate.into(), key.serialize_der().into()))
}

/// Accepts only the certificate of the client that started the process.
#[derive(Debug)]
struct PinnedCertificateVerifier {
    client: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ClientCertVerifier for PinnedCertificateVerifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        if *end_entity == self.client {
            Ok(ClientCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acceptor_without_client_certificate_is_plaintext() {
        assert!(matches!(
            acceptor(&Environment::default()),
            Ok(Acceptor::Plaintext)
        ));
    }

    #[test]
    fn acceptor_rejects_an_invalid_client_certificate() {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)
            .unwrap()
            .serialize_pem();
        let truncated = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
        let open = "-----BEGIN CERTIFICATE-----\nMIIB\n";
        for garbage in ["garbage", " ", key.as_str(), truncated, open] {
            let environment = Environment::from_iter([("PLUGIN_CLIENT_CERT", garbage)]);
            let error = acceptor(&environment).err().unwrap();
            assert!(
                matches!(error, Error::ClientCertificate { .. }),
                "{garbage}: {error}"
            );
            assert!(
                error
                    .to_string()
                    .starts_with("`PLUGIN_CLIENT_CERT` is not a valid certificate: "),
                "{error}"
            );
        }
    }
}
