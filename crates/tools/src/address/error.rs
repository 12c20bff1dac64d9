//! The errors of source addresses.
//!
//! Tests: `crates/tools/tests/address/main.rs`.

use std::fmt;

/// Why a string is not a provider address, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct AddressError {
    /// The error.
    pub kind: ErrorKind,
    /// The remedy, as a sentence.
    pub suggestion: String,
}

/// The rule that an address breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ErrorKind {
    /// A source does not have one to three parts, or a part is empty.
    #[error("the source `{0}` is not of the form `[hostname/][namespace/]name`")]
    Format(String),
    /// The type is not a valid name.
    #[error("the type `{name}` in the source `{source_string}` {fault}")]
    Type {
        /// The type.
        name: String,
        /// The whole source.
        source_string: String,
        /// The rule.
        fault: NameFault,
    },
    /// The namespace is not a valid name.
    #[error("the namespace `{name}` in the source `{source_string}` {fault}")]
    Namespace {
        /// The namespace.
        name: String,
        /// The whole source.
        source_string: String,
        /// The rule.
        fault: NameFault,
    },
    /// The host is not a valid host name.
    #[error("the hostname `{name}` in the source `{source_string}` {fault}")]
    Hostname {
        /// The host.
        name: String,
        /// The whole source.
        source_string: String,
        /// The rule.
        fault: HostFault,
    },
    /// `-` on a host that is not the public registry.
    #[error(
        "the legacy provider namespace `-` can be used only with hostname `registry.terraform.io`, not `{0}`"
    )]
    LegacyHost(String),
    /// The type begins with `terraform-provider-`, as the names of programs and repositories do.
    #[error(
        "the source `{given}` has a type with the prefix `terraform-provider-`, which is not part of the name"
    )]
    ProgramName {
        /// The whole source.
        given: String,
        /// The address without the prefix.
        meant: String,
    },
    /// The type begins with `terraform-`.
    #[error("the source `{0}` has a type with the redundant prefix `terraform-`")]
    RedundantPrefix(String),
    /// A fully-qualified address does not have three parts.
    #[error("the address `{0}` is not of the form `hostname/namespace/name`")]
    FullFormat(String),
    /// A fully-qualified address has the namespace `?`.
    #[error("the address `{0}` has no known namespace")]
    UnknownNamespace(String),
    /// A fully-qualified address has the namespace `-`.
    #[error("the address `{0}` has the legacy namespace `-` of Terraform 0.12")]
    LegacyNamespace(String),
    /// All parts are empty.
    #[error("the address is empty")]
    Empty,
    /// The host is missing.
    #[error("the address has no hostname")]
    NoHostname,
    /// The type is missing.
    #[error("the address has no type")]
    NoType,
}

impl ErrorKind {
    /// The summary of Terraform's diagnostic for this error.
    pub fn summary(&self) -> &'static str {
        match self {
            Self::Format(_) => "Invalid provider source string",
            Self::Type { .. } | Self::ProgramName { .. } | Self::RedundantPrefix(_) => {
                "Invalid provider type"
            }
            Self::Namespace { .. } | Self::LegacyHost(_) => "Invalid provider namespace",
            Self::Hostname { .. } => "Invalid provider source hostname",
            Self::FullFormat(_) => "Invalid provider address format",
            Self::UnknownNamespace(_) => "Unknown provider namespace",
            Self::LegacyNamespace(_) => "Invalid legacy provider namespace",
            Self::Empty => "Empty provider address",
            Self::NoHostname => "Unknown hostname",
            Self::NoType => "Unknown provider type",
        }
    }
}

/// The rule that a namespace or type breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameFault {
    /// It is empty.
    Empty,
    /// It has a dot.
    Dot,
    /// It has two dashes in a row, as punycode does.
    Dashes,
    /// It has a character that is not allowed, or begins or ends with a dash.
    Characters,
}

impl fmt::Display for NameFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Empty => "must have at least one character",
            Self::Dot => "must not contain dots",
            Self::Dashes => "cannot use multiple consecutive dashes",
            Self::Characters => {
                "must contain only letters, digits, and dashes, and may not use leading or trailing dashes"
            }
        })
    }
}

/// The rule that a host breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostFault {
    /// It has no name before the port.
    Empty,
    /// It is the beginning of a URL.
    Url,
    /// The port is not a number.
    Port,
    /// The port is above 65535.
    PortRange,
    /// It has two dots in a row, or begins with one.
    EmptyLabel,
    /// A label is written in punycode.
    Punycode,
    /// It has a character that is not allowed in a host name.
    Characters,
}

impl fmt::Display for HostFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Empty => "has no name before the port",
            Self::Url => "must be just a hostname and optional port number, not a full URL",
            Self::Port => "has a port that is not a number",
            Self::PortRange => "has a port number greater than 65535",
            Self::EmptyLabel => "contains an empty label (two consecutive periods)",
            Self::Punycode => "has a label in punycode: service hostnames must be given in Unicode",
            Self::Characters => "is not a valid hostname",
        })
    }
}
