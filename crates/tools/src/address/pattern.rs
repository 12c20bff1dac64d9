//! `include` and `exclude` of installation methods: addresses in which a part may be `*`.
//!
//! Tests: `crates/tools/tests/address/main.rs`.

use super::error::AddressError;
use super::{Address, Host, Namespace};

/// A set of providers, as `*/*` or `example.com/myorg/*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// `None` for every host.
    host: Option<Host>,
    /// `None` for every namespace.
    namespace: Option<Namespace>,
    /// `None` for every type.
    type_name: Option<String>,
}

/// Why a text is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It has one part, or more than three.
    #[error(
        "the pattern `{0}` does not have two or three parts: write `NAMESPACE/TYPE` or `HOST/NAMESPACE/TYPE`"
    )]
    Format(String),
    /// Every host, but not every namespace and type of it.
    #[error("the pattern `{0}` has `*` as the hostname, which is allowed only in `*/*/*`")]
    Host(String),
    /// Every namespace, but not every type in it.
    #[error("the pattern `{0}` has `*` as the namespace, which is allowed only if the type is `*` too")]
    Namespace(String),
    /// A part that is not `*` is no part of an address either.
    #[error("the pattern `{given}` is invalid: {error}")]
    Part {
        /// The pattern.
        given: String,
        /// What is wrong.
        error: AddressError,
    },
}

impl Pattern {
    /// Parses `[HOST/]NAMESPACE/TYPE`. Without a host it is the public registry, so that `*/*` is not everything.
    pub fn parse(given: &str) -> Result<Self, PatternError> {
        let parts: Vec<&str> = given.split('/').collect();
        let (host, namespace, type_name) = match *parts.as_slice() {
            [namespace, type_name] => (None, namespace, type_name),
            [host, namespace, type_name] => (Some(host), namespace, type_name),
            _ => return Err(PatternError::Format(given.to_owned())),
        };
        if host == Some("*") && (namespace != "*" || type_name != "*") {
            return Err(PatternError::Host(given.to_owned()));
        }
        if namespace == "*" && type_name != "*" {
            return Err(PatternError::Namespace(given.to_owned()));
        }
        // The parts that are not `*` are checked as parts of an address whose other parts are certainly right.
        let or = |part: &str, other: &str| {
            if part == "*" {
                other.to_owned()
            } else {
                part.to_owned()
            }
        };
        let stand_in = match host {
            Some(host) => format!(
                "{}/{}/{}",
                or(host, "example.com"),
                or(namespace, "any"),
                or(type_name, "any")
            ),
            None => format!("{}/{}", or(namespace, "any"), or(type_name, "any")),
        };
        let address = Address::parse(&stand_in).map_err(|error| PatternError::Part {
            given: given.to_owned(),
            error,
        })?;
        let is_any = |part: &str| part == "*";
        Ok(Self {
            host: (!host.is_some_and(is_any)).then_some(address.host),
            namespace: (!is_any(namespace)).then_some(address.namespace),
            type_name: (!is_any(type_name)).then_some(address.type_name),
        })
    }

    /// Whether a provider is in the set.
    pub fn matches(&self, address: &Address) -> bool {
        fn fits<T: PartialEq>(wanted: Option<&T>, part: &T) -> bool {
            wanted.is_none_or(|wanted| wanted == part)
        }
        fits(self.host.as_ref(), &address.host)
            && fits(self.namespace.as_ref(), &address.namespace)
            && fits(self.type_name.as_ref(), &address.type_name)
    }
}

/// The providers of one installation method: those that are included, or all, without those that are excluded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Empty for all.
    pub include: Vec<Pattern>,
    /// Beats what is included.
    pub exclude: Vec<Pattern>,
}

impl Selection {
    /// Whether the method may supply a provider.
    pub fn allows(&self, address: &Address) -> bool {
        let among = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.matches(address));
        (self.include.is_empty() || among(&self.include)) && !among(&self.exclude)
    }
}
