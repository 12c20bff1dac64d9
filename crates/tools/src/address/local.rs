//! Local names: what a resource implies, and which collide.
//!
//! Tests: `crates/tools/tests/address/main.rs`.

use std::collections::BTreeMap;

use super::error::AddressError;
use super::{Address, name};

/// The local name that a resource type implies: what comes before its first underscore.
pub fn implied_by(resource_type: &str) -> &str {
    resource_type
        .split_once('_')
        .map_or(resource_type, |(prefix, _)| prefix)
}

/// Whether a resource must say `provider = LOCAL_NAME`: its type implies another provider.
pub fn needs_reference(resource_type: &str, local_name: &str) -> bool {
    implied_by(resource_type) != local_name
}

/// Whether Terraform accepts a local name: it is a type in its normal form.
pub fn is_valid(local_name: &str) -> bool {
    name::type_name(local_name).is_ok_and(|normal| normal == local_name)
}

/// Two local names of one module that name one provider, which Terraform refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the provider `{address}` is required twice, as `{first}` and as `{second}`")]
pub struct Collision {
    /// The provider.
    pub address: Address,
    /// The local name that comes first.
    pub first: String,
    /// The other one.
    pub second: String,
}

/// What goes wrong among the entries of a `required_providers`.
#[derive(Debug, PartialEq, Eq)]
pub enum EntryError {
    /// A source is no address.
    Source {
        /// The local name.
        local_name: String,
        /// What is wrong.
        error: AddressError,
    },
    /// Two entries are the same provider.
    Collision(Collision),
}

/// The addresses of the entries of a `required_providers`, and everything that is wrong among them.
///
/// An entry without a source is the provider that its local name implies.
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

/// A local name for each provider, so that no two have the same: the type, or where several are of one type the
/// namespace and the type, as Terraform's documentation recommends, or the host as well.
pub fn suggest(addresses: &[Address]) -> Vec<String> {
    let forms: [fn(&Address) -> String; 3] = [
        |address| address.type_name.clone(),
        |address| joined(&[&address.namespace.to_string(), &address.type_name]),
        |address| {
            joined(&[
                address.host.comparison(),
                &address.namespace.to_string(),
                &address.type_name,
            ])
        },
    ];
    let mut names: Vec<String> = Vec::new();
    for address in addresses {
        let is_alone = |form: &fn(&Address) -> String| {
            let name = form(address);
            is_valid(&name)
                && !addresses
                    .iter()
                    .any(|other| other != address && form(other) == name)
        };
        let form = forms.iter().find(|form| is_alone(form)).unwrap_or(&forms[2]);
        names.push(form(address));
    }
    names
}

fn joined(parts: &[&str]) -> String {
    let text = parts.join("-").replace(['.', ':', '_'], "-");
    let pieces: Vec<&str> = text.split('-').filter(|piece| !piece.is_empty()).collect();
    pieces.join("-")
}
