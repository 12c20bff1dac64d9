//! What may be wrong with an address.
//!
//! Tests: `crates/tools/tests/address/main.rs`.

use std::fmt;

/// Why a text is no address of a provider, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct AddressError {
    /// What is wrong.
    pub kind: ErrorKind,
    /// What to do, as a sentence.
    pub suggestion: String,
}

/// What is wrong with an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ErrorKind {
    /// A source has not one to three parts, or an empty one.
    #[error("the source `{0}` is not of the form `[hostname/][namespace/]name`")]
    Format(String),
    /// The type breaks a rule of names.
    #[error("the type `{name}` in the source `{source_string}` {fault}")]
    Type {
        /// The type.
        name: String,
        /// The whole source.
        source_string: String,
        /// The rule.
        fault: NameFault,
    },
    /// The namespace breaks a rule of names.
    #[error("the namespace `{name}` in the source `{source_string}` {fault}")]
    Namespace {
        /// The namespace.
        name: String,
        /// The whole source.
        source_string: String,
        /// The rule.
        fault: NameFault,
    },
    /// The host breaks a rule of hosts.
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
    /// The type begins with `terraform-provider-`: a name of a program or repository, not of a provider.
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
    /// A fully-qualified name has not three parts.
    #[error("the address `{0}` is not of the form `hostname/namespace/name`")]
    FullFormat(String),
    /// A fully-qualified name with the namespace `?`.
    #[error("the address `{0}` has no known namespace")]
    UnknownNamespace(String),
    /// A fully-qualified name with the namespace `-`.
    #[error("the address `{0}` has the legacy namespace `-` of Terraform 0.12")]
    LegacyNamespace(String),
    /// Nothing at all was given.
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
    /// What Terraform calls it: the title of its diagnostic.
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
    /// There is nothing.
    Empty,
    /// It has a dot.
    Dot,
    /// It has two dashes in a row, as punycode has.
    Dashes,
    /// It has another character, or a dash at an end.
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
    /// There is nothing before the port.
    Empty,
    /// It is the beginning of a URL.
    Url,
    /// What follows the colon is no number.
    Port,
    /// The port is above 65535.
    PortRange,
    /// It has two dots in a row, or begins with one.
    EmptyLabel,
    /// A label is written in punycode.
    Punycode,
    /// It is no host name in any language.
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
