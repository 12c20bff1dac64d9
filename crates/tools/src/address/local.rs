//! Local names of providers in a module: the implied ones, duplicates and suggestions.
//!
//! Source: <https://developer.hashicorp.com/terraform/language/providers/requirements#local-names>.
//!
//! Tests: `crates/tools/tests/address/main.rs`.

use std::collections::BTreeMap;

use super::error::AddressError;
use super::{Address, name};

/// The local name that a resource type implies: its part before the first underscore.
pub fn implied_local_name(resource_type: &str) -> &str {
    resource_type
        .split_once('_')
        .map_or(resource_type, |(prefix, _)| prefix)
}

/// Whether a resource needs the argument `provider = LOCAL_NAME`, because its type implies another local name.
pub fn needs_provider_argument(resource_type: &str, local_name: &str) -> bool {
    implied_local_name(resource_type) != local_name
}

/// Whether Terraform accepts a local name: it is a type in its normal form.
pub fn is_valid(local_name: &str) -> bool {
    name::type_name(local_name).is_ok_and(|normal| normal == local_name)
}

/// Two local names in a module for the same provider, which Terraform rejects.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the provider `{address}` is required twice, as `{first}` and as `{second}`")]
pub struct Collision {
    /// The provider.
    pub address: Address,
    /// The local name of the first entry.
    pub first: String,
    /// The local name of the second entry.
    pub second: String,
}

/// Why Terraform rejects an entry of a `required_providers` block.
#[derive(Debug, PartialEq, Eq)]
pub enum EntryError {
    /// The source is not a valid address.
    Source {
        /// The local name.
        local_name: String,
        /// The error of the address.
        error: AddressError,
    },
    /// An earlier entry is for the same provider.
    Collision(Collision),
}

/// The addresses of `required_providers` entries by local name, and the errors of the entries.
///
/// The entries are pairs of local name and source. Without a source, the local name implies the address.
pub fn resolve<'a>(
    entries: impl IntoIterator<Item = (&'a str, Option<&'a str>)>,
) -> (BTreeMap<String, Address>, Vec<EntryError>) {
    let mut addresses = BTreeMap::new();
    let mut errors = Vec::new();
    for (local_name, source) in entries {
        let parsed = match source {
            Some(source) => Address::parse(source).map(Address::resolved),
            None => Address::implied(local_name),
        };
        let address = match parsed {
            Ok(address) => address,
            Err(error) => {
                let local_name = local_name.to_owned();
                errors.push(EntryError::Source { local_name, error });
                continue;
            }
        };
        let twin = addresses.iter().find(|(_, other)| **other == address);
        if let Some((first, _)) = twin.filter(|(name, _)| *name != local_name) {
            errors.push(EntryError::Collision(Collision {
                address: address.clone(),
                first: String::clone(first),
                second: local_name.to_owned(),
            }));
        }
        addresses.insert(local_name.to_owned(), address);
    }
    (addresses, errors)
}

/// A unique local name for each provider: the type. If several providers have the same type, it is the namespace and
/// the type, as Terraform's documentation recommends; if these are the same too, the host is added.
pub fn suggest(addresses: &[Address]) -> Vec<String> {
    let forms: [fn(&Address) -> String; 3] = [
        |address| address.type_name.clone(),
        |address| join_with_dashes(&[&address.namespace.to_string(), &address.type_name]),
        |address| {
            join_with_dashes(&[
                address.host.comparison(),
                &address.namespace.to_string(),
                &address.type_name,
            ])
        },
    ];
    let mut names: Vec<String> = Vec::new();
    for address in addresses {
        let is_unique = |form: &fn(&Address) -> String| {
            let name = form(address);
            is_valid(&name)
                && !addresses
                    .iter()
                    .any(|other| other != address && form(other) == name)
        };
        let form = forms.iter().find(|form| is_unique(form)).unwrap_or(&forms[2]);
        names.push(form(address));
    }
    names
}

fn join_with_dashes(parts: &[&str]) -> String {
    let joined = parts.join("-").replace(['.', ':', '_'], "-");
    let pieces: Vec<&str> = joined.split('-').filter(|piece| !piece.is_empty()).collect();
    pieces.join("-")
}
