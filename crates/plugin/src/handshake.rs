//! go-plugin's handshake: the magic cookie, the protocol version, and the line on standard output that tells Terraform where
//! to connect.
//!
//! go-plugin describes it in [Writing Plugins Without Go] and implements it in [`server.go`].
//!
//! [Writing Plugins Without Go]: https://github.com/hashicorp/go-plugin/blob/main/docs/guide-plugin-write-non-go.md
//! [`server.go`]: https://github.com/hashicorp/go-plugin/blob/main/server.go

use std::fmt::Write as _;
use std::io::Write;
use std::process;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use environment::{COOKIE, Environment};
use rustls_pki_types::CertificateDer;
use serde_json::json;

use super::Error;
use super::listener::Address;

/// The version of go-plugin's handshake itself.
const CORE_VERSION: u32 = 1;

/// The major version of Terraform's plugin protocol that is served.
const PROTOCOL_VERSION: u32 = 6;

/// How a client reaches the server.
#[derive(Debug)]
pub(super) struct Announcement<'a> {
    pub(super) address: &'a Address,
    pub(super) certificate: Option<&'a CertificateDer<'static>>,
}

impl Announcement<'_> {
    /// The line of the handshake: `1|6|NETWORK|ADDRESS|grpc|CERTIFICATE`.
    pub(super) fn handshake(&self, environment: &Environment) -> String {
        // go-plugin rejects padding.
        let certificate = self.certificate.map(|der| BASE64_STANDARD_NO_PAD.encode(der));
        let mut line = line(self.address, &certificate.unwrap_or_default());
        // A client that asks for multiplexing expects a field with the answer. An older client would take the field for a
        // part of the certificate.
        if environment.get("PLUGIN_MULTIPLEX_GRPC").is_some() {
            line.push_str("|false");
        }
        line
    }

    /// The variable that makes Terraform use this process, quoted for a shell.
    pub(super) fn reattach(&self, provider: &str) -> String {
        let reattach = json!({
            provider: {
                "Protocol": "grpc",
                "ProtocolVersion": PROTOCOL_VERSION,
                "Pid": process::id(),
                // Terraform crashes without it, because it has negotiated no version.
                "Test": true,
                "Addr": { "Network": self.address.network(), "String": self.address.string() },
            }
        });
        // A single quote is always within a JSON string, where it can be escaped.
        format!(
            "TF_REATTACH_PROVIDERS='{}'",
            reattach.to_string().replace('\'', "\\u0027")
        )
    }
}

/// Checks that Terraform started the process.
///
/// # Errors
///
/// [`Error::NotStartedByTerraform`] if the magic cookie is missing or wrong.
pub(super) fn check_cookie(environment: &Environment) -> Result<(), Error> {
    let (name, value) = COOKIE;
    if environment.get(name) == Some(value) {
        Ok(())
    } else {
        Err(Error::NotStartedByTerraform)
    }
}

/// Checks that Terraform supports the version of the protocol that is served. If it does not list its versions, it is
/// assumed to support it.
///
/// Otherwise this writes a handshake without an address. Terraform reads the version first and reports that the versions do
/// not match; without the line it would report a broken executable.
///
/// # Errors
///
/// [`Error::ProtocolVersion`] if Terraform does not support the version, [`Error::Handshake`] if standard output is closed.
pub(super) fn negotiate(environment: &Environment, stdout: &mut impl Write) -> Result<(), Error> {
    let Some(offered) = environment.get("PLUGIN_PROTOCOL_VERSIONS") else {
        return Ok(());
    };
    if offered
        .split(',')
        .any(|version| version.trim().parse() == Ok(PROTOCOL_VERSION))
    {
        return Ok(());
    }
    write(stdout, &line(&Address::empty(), ""))?;
    Err(Error::ProtocolVersion {
        offered: offered.to_owned(),
    })
}

/// Writes a line and flushes it.
///
/// # Errors
///
/// [`Error::Handshake`] if standard output is closed.
pub(super) fn write(stdout: &mut impl Write, line: &str) -> Result<(), Error> {
    stdout
        .write_all(format!("{line}\n").as_bytes())
        .and_then(|()| stdout.flush())
        .map_err(Error::Handshake)
}

fn line(address: &Address, certificate: &str) -> String {
    let mut line = format!("{CORE_VERSION}|{PROTOCOL_VERSION}|{}|", address.network());
    let _ = write!(line, "{}|grpc|{certificate}", address.string());
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offering(versions: &str) -> Environment {
        Environment::from_iter([("PLUGIN_PROTOCOL_VERSIONS", versions)])
    }

    #[test]
    fn negotiate_accepts_version_6_at_any_position() {
        for versions in ["6", "5,6", "6,5", "7, 6 ,5"] {
            let mut stdout = Vec::new();
            assert!(negotiate(&offering(versions), &mut stdout).is_ok(), "{versions}");
            assert!(stdout.is_empty());
        }
        assert!(negotiate(&Environment::default(), &mut Vec::new()).is_ok());
    }

    #[test]
    fn negotiate_reports_a_missing_version_6() {
        for versions in ["5", "4,5", "66", "six", ","] {
            let mut stdout = Vec::new();
            let error = negotiate(&offering(versions), &mut stdout).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!(
                    "Terraform offers plugin protocol `{versions}`, but the provider supports only `6`; use Terraform 1.0 or later"
                )
            );
            assert_eq!(String::from_utf8(stdout).unwrap(), "1|6|unix||grpc|\n");
        }
    }

    #[test]
    fn check_cookie_needs_the_exact_value() {
        let (name, value) = COOKIE;
        assert!(check_cookie(&Environment::from_iter([(name, value)])).is_ok());
        for wrong in ["", "d602bf8f", "x"] {
            assert!(check_cookie(&Environment::from_iter([(name, wrong)])).is_err());
        }
        assert!(check_cookie(&Environment::default()).is_err());
    }

    #[test]
    fn handshake_certificate_is_base64_without_padding() {
        let certificate = CertificateDer::from(vec![1, 2, 3, 4]);
        let address = Address::Unix("/tmp/x/socket".into());
        let announcement = Announcement {
            address: &address,
            certificate: Some(&certificate),
        };
        assert_eq!(
            announcement.handshake(&Environment::default()),
            "1|6|unix|/tmp/x/socket|grpc|AQIDBA"
        );
    }

    #[test]
    fn handshake_fields_without_tls_and_with_multiplexing() {
        let address = Address::Tcp(([127, 0, 0, 1], 10_000).into());
        let announcement = Announcement {
            address: &address,
            certificate: None,
        };
        assert_eq!(
            announcement.handshake(&Environment::default()),
            "1|6|tcp|127.0.0.1:10000|grpc|"
        );
        let asking = Environment::from_iter([("PLUGIN_MULTIPLEX_GRPC", "true")]);
        assert_eq!(
            announcement.handshake(&asking),
            "1|6|tcp|127.0.0.1:10000|grpc||false"
        );
    }

    #[test]
    fn reattach_is_quoted_for_a_shell() {
        let address = Address::Unix("/tmp/it's/socket".into());
        let announcement = Announcement {
            address: &address,
            certificate: None,
        };
        let line = announcement.reattach("registry.terraform.io/durantic/durantic");
        let json = line
            .strip_prefix("TF_REATTACH_PROVIDERS='")
            .unwrap()
            .strip_suffix('\'')
            .unwrap();
        assert!(!json.contains('\''));
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(json).unwrap(),
            json!({"registry.terraform.io/durantic/durantic": {
                "Protocol": "grpc", "ProtocolVersion": 6, "Pid": process::id(), "Test": true,
                "Addr": {"Network": "unix", "String": "/tmp/it's/socket"},
            }})
        );
    }
}
