//! Source addresses of providers, `[HOST/][NAMESPACE/]TYPE`, as of Terraform 0.13.
//!
//! A source address is parsed into host, namespace and type. The rules and messages are those of Terraform's libraries
//! [registry-address](https://github.com/hashicorp/terraform-registry-address/blob/main/provider.go) and
//! [svchost](https://github.com/hashicorp/terraform-svchost/blob/main/svchost.go). In addition, every error has a
//! suggestion.
//!
//! Source: <https://developer.hashicorp.com/terraform/language/providers/requirements#source-addresses>.
//!
//! | module | knows |
//! |---|---|
//! | `parse` | the parts of an address, checked in Terraform's order |
//! | `host` | host names and ports |
//! | `name` | the names that a namespace or type may have |
//! | [`local`] | local names: the implied ones, duplicates and suggestions |
//! | [`pattern`] | the patterns in `include` and `exclude` of installation methods |
//! | `error` | the errors, with suggestions |
//!
//! Tests: `crates/tools/tests/address/main.rs`.

mod error;
mod host;
pub mod local;
mod name;
mod parse;
pub mod pattern;

use std::fmt;

pub use error::{AddressError, ErrorKind, HostFault, NameFault};
pub use host::Host;

/// The namespace that Terraform assumes for a source address of one part.
pub const DEFAULT_NAMESPACE: &str = "hashicorp";

/// The host of providers that are part of Terraform itself.
pub const BUILT_IN_HOST: &str = "terraform.io";

/// The namespace of providers that are part of Terraform itself.
pub const BUILT_IN_NAMESPACE: &str = "builtin";

/// The address of a provider: host, namespace and type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    host: Host,
    namespace: Namespace,
    type_name: String,
}

/// The namespace of a provider.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Namespace {
    /// `-`: a provider that Terraform 0.12 knew by its type alone. Only the public registry has its present address.
    Legacy,
    /// `?`: the source has no namespace. Terraform assumes [`DEFAULT_NAMESPACE`], see [`Address::resolved`].
    Unknown,
    /// The organisation or person that publishes the provider.
    Named(String),
}

impl Address {
    /// Parses a source address. If it has only one part, the namespace is [`Namespace::Unknown`].
    ///
    /// # Errors
    ///
    /// [`AddressError`], the first rule that the address breaks, with a suggestion.
    pub fn parse(source: &str) -> Result<Self, AddressError> {
        parse::source(source)
    }

    /// Parses a fully-qualified address, as in a lock file: it must have three parts and a known namespace.
    ///
    /// # Errors
    ///
    /// [`AddressError`], the first rule that the address breaks, with a suggestion.
    pub fn parse_full(address: &str) -> Result<Self, AddressError> {
        parse::full(address)
    }

    /// The address of three separate parts.
    ///
    /// # Errors
    ///
    /// [`AddressError`], the first rule that the parts break, with a suggestion.
    pub fn from_parts(host: &str, namespace: &str, type_name: &str) -> Result<Self, AddressError> {
        parse::parts(host, namespace, type_name)
    }

    /// The address that Terraform assumes for a local name without a `required_providers` entry.
    ///
    /// # Errors
    ///
    /// [`AddressError`], if the local name is not a valid type.
    pub fn implied(local_name: &str) -> Result<Self, AddressError> {
        let parsed = parse::source(local_name)?;
        if parsed.type_name == "terraform" {
            return Ok(Self {
                host: Host::built_in(),
                namespace: Namespace::Named(BUILT_IN_NAMESPACE.to_owned()),
                type_name: parsed.type_name,
            });
        }
        Ok(parsed.resolved())
    }

    /// The address with [`DEFAULT_NAMESPACE`] if it has no namespace.
    #[must_use]
    pub fn resolved(self) -> Self {
        match self.namespace {
            Namespace::Unknown => Self {
                namespace: Namespace::Named(DEFAULT_NAMESPACE.to_owned()),
                ..self
            },
            _ => self,
        }
    }

    /// The host, with its port if that is not 443.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The namespace.
    pub fn namespace(&self) -> &Namespace {
        &self.namespace
    }

    /// The type, which is also the usual local name.
    pub fn type_name(&self) -> &str {
        &self.type_name
    }

    /// The full form, which always has the host: `registry.terraform.io/durantic/durantic`.
    pub fn full(&self) -> String {
        format!("{}/{}/{}", self.host.display(), self.namespace, self.type_name)
    }

    /// The directory names of the provider below a plugin directory: host, namespace and type.
    pub fn path(&self) -> [String; 3] {
        [
            self.host.display(),
            self.namespace.to_string(),
            self.type_name.clone(),
        ]
    }

    /// Whether the provider is built into Terraform, so that it is never installed nor in a lock file.
    pub fn is_built_in(&self) -> bool {
        self.host == Host::built_in() && self.namespace == Namespace::Named(BUILT_IN_NAMESPACE.to_owned())
    }

    /// Whether it is an address of Terraform 0.12, with the namespace `-`.
    pub fn is_legacy(&self) -> bool {
        self.namespace == Namespace::Legacy
    }

    /// Why some versions of Terraform reject this address; `None` if all accept it.
    pub fn warning(&self) -> Option<String> {
        match &self.namespace {
            Namespace::Named(name) if name.contains('_') => Some(format!(
                "the namespace `{name}` contains an underscore, which requires Terraform 1.16 or later; OpenTofu rejects it"
            )),
            _ => None,
        }
    }

    /// The file name of the program, without version and extension.
    pub fn program(&self) -> String {
        format!("terraform-provider-{}", self.type_name)
    }
}

/// The display form, without the host if that is the public registry.
impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.host.is_default() {
            write!(formatter, "{}/", self.host.display())?;
        }
        write!(formatter, "{}/{}", self.namespace, self.type_name)
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Legacy => "-",
            Self::Unknown => "?",
            Self::Named(name) => name,
        })
    }
}
