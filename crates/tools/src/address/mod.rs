//! Addresses of providers: `[HOST/][NAMESPACE/]TYPE`, as Terraform reads them since 0.13.
//!
//! A source string is parsed into host, namespace and type. The rules, and what is said of a string that breaks one,
//! are those of Terraform's registry-address and svchost libraries; every error has a suggestion besides.
//!
//! | module | knows |
//! |---|---|
//! | `parse` | the parts of a source string, in the order Terraform checks them |
//! | `host` | host names and ports |
//! | `name` | what a namespace or type may be |
//! | [`local`] | local names: what a resource implies, and which collide |
//! | [`pattern`] | `include` and `exclude` of installation methods |
//! | `error` | what may be wrong |
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

/// The namespace that a source of one part is taken to be in.
pub const DEFAULT_NAMESPACE: &str = "hashicorp";

/// The host of providers that are part of Terraform itself.
pub const BUILT_IN_HOST: &str = "terraform.io";

/// The namespace of providers that are part of Terraform itself.
pub const BUILT_IN_NAMESPACE: &str = "builtin";

/// The fully-qualified name of a provider.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    host: Host,
    namespace: Namespace,
    type_name: String,
}

/// Who publishes a provider.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Namespace {
    /// `-`: what Terraform 0.12 knew by its type alone. Only the public registry can say what that became.
    Legacy,
    /// `?`: the source names none. Terraform takes it for [`DEFAULT_NAMESPACE`], see [`Address::resolved`].
    Unknown,
    /// An organisation or a person.
    Named(String),
}

impl Address {
    /// Parses a source string. A single part leaves the namespace [`Namespace::Unknown`].
    pub fn parse(source: &str) -> Result<Self, AddressError> {
        parse::source(source)
    }

    /// Parses a fully-qualified name, as in a lock file: three parts, and a namespace that is known.
    pub fn parse_full(address: &str) -> Result<Self, AddressError> {
        parse::full(address)
    }

    /// An address of three parts that are given apart.
    pub fn from_parts(host: &str, namespace: &str, type_name: &str) -> Result<Self, AddressError> {
        parse::parts(host, namespace, type_name)
    }

    /// What Terraform takes for the source of a provider that no `required_providers` declares.
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

    /// The same address; where no namespace was given, in the one that Terraform then assumes.
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

    /// The host, and perhaps its port.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The namespace.
    pub fn namespace(&self) -> &Namespace {
        &self.namespace
    }

    /// The type, which is also the local name that most configurations give it.
    pub fn type_name(&self) -> &str {
        &self.type_name
    }

    /// Host, namespace and type, whatever they are: `registry.terraform.io/durantic/durantic`.
    pub fn full(&self) -> String {
        format!("{}/{}/{}", self.host.display(), self.namespace, self.type_name)
    }

    /// The parts of the path below a plugin directory.
    pub fn path(&self) -> [String; 3] {
        [
            self.host.display(),
            self.namespace.to_string(),
            self.type_name.clone(),
        ]
    }

    /// Whether the provider is part of Terraform: never installed, never in a lock file.
    pub fn is_built_in(&self) -> bool {
        self.host == Host::built_in() && self.namespace == Namespace::Named(BUILT_IN_NAMESPACE.to_owned())
    }

    /// Whether the address is of the time before 0.13.
    pub fn is_legacy(&self) -> bool {
        self.namespace == Namespace::Legacy
    }

    /// Why some versions of Terraform refuse this address, if they do.
    pub fn warning(&self) -> Option<String> {
        match &self.namespace {
            Namespace::Named(name) if name.contains('_') => Some(format!(
                "the namespace `{name}` contains an underscore, which requires Terraform 1.16 or later; OpenTofu rejects it"
            )),
            _ => None,
        }
    }

    /// The name of the program, without its version and extension.
    pub fn program(&self) -> String {
        format!("terraform-provider-{}", self.type_name)
    }
}

/// The display form: a host that is the default is left out.
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
