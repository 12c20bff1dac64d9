//! The patterns in `include` and `exclude` of installation methods: addresses in which a part may be `*`.
//!
//! Source: <https://developer.hashicorp.com/terraform/cli/config/config-file#provider-installation> and
//! <https://github.com/hashicorp/terraform/blob/main/internal/getproviders/multi_source.go>.
//!
//! Tests: `crates/tools/tests/address/main.rs`.

use super::error::AddressError;
use super::{Address, Host, Namespace};

/// A set of providers, e.g. `*/*` or `example.com/myorg/*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// `None` for every host.
    host: Option<Host>,
    /// `None` for every namespace.
    namespace: Option<Namespace>,
    /// `None` for every type.
    type_name: Option<String>,
}

/// Why a string is not a pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It has one part, or more than three.
    #[error(
        "the pattern `{0}` does not have two or three parts: write `NAMESPACE/TYPE` or `HOST/NAMESPACE/TYPE`"
    )]
    Format(String),
    /// The host is `*`, but the namespace or the type is not.
    #[error("the pattern `{0}` has `*` as the hostname, which is allowed only in `*/*/*`")]
    Host(String),
    /// The namespace is `*`, but the type is not.
    #[error("the pattern `{0}` has `*` as the namespace, which is allowed only if the type is `*` too")]
    Namespace(String),
    /// A part that is not `*` is not valid in an address.
    #[error("the pattern `{given}` is invalid: {error}")]
    Part {
        /// The pattern.
        given: String,
        /// The error of the address.
        error: AddressError,
    },
}

impl Pattern {
    /// Parses `[HOST/]NAMESPACE/TYPE`. Without a host, the pattern is for the public registry: `*/*` does not match other
    /// hosts.
    ///
    /// # Errors
    ///
    /// [`PatternError`], the first rule that the pattern breaks.
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
        // The parts that are not `*` are checked in an address whose other parts are valid.
        let replace_star = |part: &str, valid: &str| {
            if part == "*" {
                valid.to_owned()
            } else {
                part.to_owned()
            }
        };
        let namespace_and_type = format!(
            "{}/{}",
            replace_star(namespace, "any"),
            replace_star(type_name, "any")
        );
        let without_stars = match host {
            Some(host) => format!("{}/{namespace_and_type}", replace_star(host, "example.com")),
            None => namespace_and_type,
        };
        let address = Address::parse(&without_stars).map_err(|error| PatternError::Part {
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
        fn part_matches<T: PartialEq>(pattern: Option<&T>, part: &T) -> bool {
            pattern.is_none_or(|pattern| pattern == part)
        }
        part_matches(self.host.as_ref(), &address.host)
            && part_matches(self.namespace.as_ref(), &address.namespace)
            && part_matches(self.type_name.as_ref(), &address.type_name)
    }
}

/// The providers that an installation method may install.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The patterns of `include`; empty if the method includes all providers.
    pub include: Vec<Pattern>,
    /// The patterns of `exclude`, which take precedence over `include`.
    pub exclude: Vec<Pattern>,
}

impl Selection {
    /// Whether the method may install a provider.
    pub fn allows(&self, address: &Address) -> bool {
        let matches_any = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.matches(address));
        (self.include.is_empty() || matches_any(&self.include)) && !matches_any(&self.exclude)
    }
}
