//! Host names and ports of registries.
//!
//! Source: <https://github.com/hashicorp/terraform-svchost/blob/main/svchost.go>.
//!
//! Tests: `crates/tools/tests/address/main.rs`.

use std::borrow::Cow;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

use super::BUILT_IN_HOST;
use super::error::HostFault;

/// The public registry: the host of a source that names none.
const DEFAULT_HOST: &str = "registry.terraform.io";

/// The host of a registry, in its form for comparison: ASCII, lower case, without the default port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Host(Cow<'static, str>);

impl Host {
    /// Parses `NAME[:PORT]`.
    ///
    /// # Errors
    ///
    /// [`HostFault`], the first rule that the name or port breaks.
    pub fn parse(given: &str) -> Result<Self, HostFault> {
        let (name, port) = match given.split_once(':') {
            Some((name, port)) => {
                let port = parse_port(port).map_err(|fault| match name.to_ascii_lowercase().as_str() {
                    // The colon belongs to a URL.
                    "http" | "https" => HostFault::Url,
                    _ => fault,
                })?;
                (name, port)
            }
            None => (given, None),
        };
        if name.is_empty() {
            return Err(HostFault::Empty);
        }
        // A single dot at the end is the DNS root, and is allowed.
        for label in name.strip_suffix('.').unwrap_or(name).split('.') {
            if label.is_empty() {
                return Err(HostFault::EmptyLabel);
            }
            if label.starts_with("xn--") {
                return Err(HostFault::Punycode);
            }
        }
        let ascii = Uts46::new()
            .to_ascii(
                name.as_bytes(),
                AsciiDenyList::STD3,
                Hyphens::Check,
                DnsLength::Ignore,
            )
            .map_err(|_| HostFault::Characters)?;
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        Ok(Self(Cow::Owned(format!("{ascii}{port}"))))
    }

    /// The form for comparison and in URLs: punycode in lower case.
    pub fn comparison(&self) -> &str {
        &self.0
    }

    /// The form for display and in directory names: Unicode.
    pub fn display(&self) -> String {
        let (name, port) = match self.0.split_once(':') {
            Some((name, port)) => (name, format!(":{port}")),
            None => (&*self.0, String::new()),
        };
        let (unicode, _) = Uts46::new().to_unicode(name.as_bytes(), AsciiDenyList::STD3, Hyphens::Check);
        format!("{unicode}{port}")
    }

    /// Whether it is the public registry.
    pub fn is_default(&self) -> bool {
        self.0 == DEFAULT_HOST
    }

    pub(super) fn built_in() -> Self {
        Self(Cow::Borrowed(BUILT_IN_HOST))
    }
}

impl Default for Host {
    fn default() -> Self {
        Self(Cow::Borrowed(DEFAULT_HOST))
    }
}

/// The port; `None` if it is the default, 443. Terraform parses it with Go's `strconv.Atoi`, which accepts a sign.
fn parse_port(text: &str) -> Result<Option<i64>, HostFault> {
    let is_number = text
        .strip_prefix(['+', '-'])
        .unwrap_or(text)
        .bytes()
        .all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(443) => Ok(None),
        Ok(port) if port > 65_535 => Err(HostFault::PortRange),
        Ok(port) => Ok(Some(port)),
        Err(_) if is_number && text.len() > 1 => Err(HostFault::PortRange),
        Err(_) => Err(HostFault::Port),
    }
}
