//! Verifies the certificate of the server.
//!
//! A certificate is accepted if an authority issued it that the system or the settings trust. Also, the very certificate is
//! accepted that the settings or `SSL_CERT_FILE` name, for a server that uses the certificate of an authority as its own:
//! `openssl req -x509` creates such certificates.
//!
//! Tests: `crates/client/src/tests/certificates.rs`.

use std::ffi::OsString;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use rustls_platform_verifier::Verifier as PlatformVerifier;
use webpki::EndEntityCert;

use super::error::Failure;
use super::settings::Settings;
use super::subject::Subject;

/// The variable with the path of a file of trusted certificates. On Linux, these replace the system's.
const SSL_CERT_FILE: &str = "SSL_CERT_FILE";

/// The settings of TLS, with the trusted certificates.
///
/// # Errors
///
/// The reason if no certificate is trusted, or the settings have an invalid one.
pub(super) fn tls(settings: &Settings) -> Result<ClientConfig, Failure> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = Verifier::new(settings, &provider)?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::setup(error.to_string()))?;
    let mut tls = builder
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(tls)
}

/// Why a certificate is not trusted, as a clause whose subject is the certificate.
#[derive(Debug)]
pub(super) struct Untrusted(String);

impl fmt::Display for Untrusted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Untrusted {}

#[derive(Debug)]
struct Verifier {
    authorities: PlatformVerifier,
    named: Option<Named>,
    /// Why the file of `SSL_CERT_FILE` is not used, as a sentence.
    unusable: Option<String>,
}

/// The certificates that the settings and `SSL_CERT_FILE` name.
#[derive(Debug)]
struct Named {
    certificates: Vec<CertificateDer<'static>>,
    /// Trusts these certificates only.
    verifier: Arc<WebPkiServerVerifier>,
}

impl Verifier {
    fn new(settings: &Settings, provider: &Arc<CryptoProvider>) -> Result<Self, Failure> {
        let variable = std::env::var_os(SSL_CERT_FILE).filter(|path| !path.is_empty());
        let (from_file, unusable) = match variable.map(|path| read(&path)).transpose() {
            Ok(certificates) => (certificates.unwrap_or_default(), None),
            Err(reason) => (Vec::new(), Some(reason)),
        };
        let configured = settings.ca_certificates.clone();
        let authorities = PlatformVerifier::new_with_extra_roots(configured.clone(), Arc::clone(provider));
        let authorities = authorities.map_err(|error| match &unusable {
            Some(reason) => Failure::setup(format!("no certificate is trusted. {reason}")),
            None => Failure::setup(format!(
                "{error}. If this system has no trusted certificates, set `ca_cert_file`"
            )),
        })?;
        Ok(Self {
            authorities,
            named: Named::new([configured, from_file].concat(), provider),
            unusable,
        })
    }

    /// Replaces the error for a certificate that is not trusted by one that says why.
    fn explain(&self, error: rustls::Error, certificate: &CertificateDer<'_>) -> rustls::Error {
        let is_authority = is_authority(&error);
        if !is_authority && error != CertificateError::UnknownIssuer.into() {
            return error;
        }
        let Ok(certificate) = EndEntityCert::try_from(certificate) else {
            return error;
        };
        let subject = Subject::parse(certificate.subject());
        let mut reason = if certificate.issuer() == certificate.subject() {
            format!(
                "(`{subject}`) is self-signed and not trusted. If it is the right one, set `ca_cert_file` to a file with this \
                 very certificate"
            )
        } else if is_authority {
            format!(
                "(`{subject}`) is that of a certificate authority, which only a trusted server may use. If it is the right \
                 one, set `ca_cert_file` to a file with this very certificate"
            )
        } else {
            "is not trusted. If it was issued by a private authority, set `ca_cert_file` to a file with that authority's \
             certificate"
                .to_owned()
        };
        if let Some(unusable) = &self.unusable {
            reason = format!("{reason}. {unusable}");
        }
        CertificateError::Other(OtherError(Arc::new(Untrusted(reason)))).into()
    }
}

/// Reads the certificates of the file that `SSL_CERT_FILE` names. Invalid entries are left out, as for the system's certificates.
///
/// # Errors
///
/// A sentence if the file has none.
fn read(path: &OsString) -> Result<Vec<CertificateDer<'static>>, String> {
    let sentence = |reason: &dyn fmt::Display| {
        let path = path.display();
        format!("The environment variable {SSL_CERT_FILE} is set to `{path}`, which {reason}")
    };
    let pem = std::fs::read(path).map_err(|error| sentence(&format_args!("cannot be read: {error}")))?;
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&pem)
        .filter_map(Result::ok)
        .collect();
    if certificates.is_empty() {
        return Err(sentence(
            &"has no PEM-encoded certificate (`-----BEGIN CERTIFICATE-----`)",
        ));
    }
    Ok(certificates)
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified =
            self.authorities
                .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        let error = match verified {
            Ok(verified) => return Ok(verified),
            Err(error) => error,
        };
        match &self.named {
            Some(named) if named.certificates.contains(end_entity) => {
                named.verify(end_entity, server_name, now)
            }
            _ => Err(self.explain(error, end_entity)),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.authorities
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.authorities
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authorities.supported_verify_schemes()
    }
}

impl Named {
    fn new(certificates: Vec<CertificateDer<'static>>, provider: &Arc<CryptoProvider>) -> Option<Self> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(certificates.iter().cloned());
        let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
        // There is no verifier without certificates.
        let verifier = builder.build().ok()?;
        Some(Self {
            certificates,
            verifier,
        })
    }

    /// Verifies one of these certificates. Its own signature proves nothing, but its validity and its name count.
    fn verify(
        &self,
        certificate: &CertificateDer<'_>,
        server_name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match self
            .verifier
            .verify_server_cert(certificate, &[], server_name, &[], now)
        {
            // The validity was verified before.
            Err(error) if is_authority(&error) => {}
            result => return result,
        }
        match verify_server_name(&ParsedCertificate::try_from(certificate)?, server_name) {
            Err(error) if has_no_names(&error) && common_name_is(certificate, server_name) => {}
            result => result?,
        }
        Ok(ServerCertVerified::assertion())
    }
}

/// Whether a certificate was rejected because it is that of an authority.
fn is_authority(error: &rustls::Error) -> bool {
    let rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(cause))) = error else {
        return false;
    };
    matches!(
        cause.downcast_ref::<webpki::Error>(),
        Some(webpki::Error::CaUsedAsEndEntity)
    )
}

/// Whether a name was not found because the certificate has none: no subject alternative name.
fn has_no_names(error: &rustls::Error) -> bool {
    matches!(
        error,
        rustls::Error::InvalidCertificate(CertificateError::NotValidForNameContext { presented, .. })
            if presented.is_empty()
    )
}

/// Whether the common name of a certificate is the name of the server. Old certificates have no other name.
fn common_name_is(certificate: &CertificateDer<'_>, server_name: &ServerName<'_>) -> bool {
    let Ok(certificate) = EndEntityCert::try_from(certificate) else {
        return false;
    };
    let subject = Subject::parse(certificate.subject());
    subject.common_names().any(|name| match server_name {
        ServerName::DnsName(server) => server.as_ref().eq_ignore_ascii_case(name),
        ServerName::IpAddress(server) => name.parse() == Ok(IpAddr::from(*server)),
        _ => false,
    })
}
