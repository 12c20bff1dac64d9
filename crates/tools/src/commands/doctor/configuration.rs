//! What the configuration asks for.
//!
//! Tests: `tests/cli/doctor.rs`.

use std::path::Path;

use super::super::context::{CommandError, Context};
use super::Findings;
use crate::address::{Address, local};
use crate::package::lock;
use crate::package::version::{Constraints, Version};
use crate::upgrade::module::{Module, ModuleError};

/// A provider that Terraform would look for.
pub struct Wanted {
    /// Its address.
    pub address: Address,
    /// The constraints of the configuration.
    pub constraints: Constraints,
}

impl Wanted {
    /// Whether Terraform would take a version: the one in the lock file, or one that meets the constraints.
    pub fn accepts(&self, version: &Version, locked: Option<&lock::Entry>) -> bool {
        match locked {
            Some(entry) => entry.version == *version,
            None => self.constraints.allow(version),
        }
    }
}

/// The providers of this kind that the configuration asks for; where there is none, the one that is published.
pub fn check(
    context: &Context,
    directory: &Path,
    findings: &mut Findings,
) -> Result<Vec<Wanted>, CommandError> {
    let own = context.own_address()?;
    let published = || {
        vec![Wanted {
            address: own.clone(),
            constraints: Constraints::default(),
        }]
    };
    let module = match Module::load(directory) {
        Ok(module) => module,
        Err(ModuleError::NotAModule(_)) => {
            findings.note(format!(
                "No configuration in `{}`: checking the published provider `{own}`",
                directory.display()
            ));
            return Ok(published());
        }
        Err(error) => {
            findings.bad(
                format!("Failed to read the configuration: {error}"),
                "Correct the file. `terraform validate` shows the location.",
            );
            return Ok(published());
        }
    };
    let name = context.identity.name;
    let (addresses, errors) = local::resolve(module.entries().map(|entry| (entry.name, entry.source)));
    for error in errors {
        match error {
            local::EntryError::Source { local_name, error } => findings.bad(
                format!("The entry `{local_name}` of `required_providers` has an invalid source: {error}"),
                error.suggestion,
            ),
            local::EntryError::Collision(collision) => findings.bad(
                format!("In `required_providers`, {collision}"),
                "Keep one of the two entries. Terraform rejects both.",
            ),
        }
    }
    let is_ours = |local_name: &str, address: &Address| {
        let is_used = || {
            module
                .resources()
                .any(|(resource, used)| used == local_name && local::implied_by(&resource) == name)
        };
        local_name == name || address.type_name() == own.type_name() || is_used()
    };
    let mut wanted = Vec::new();
    for (local_name, address) in addresses
        .iter()
        .filter(|(local_name, address)| is_ours(local_name, address))
    {
        if *address == (Address::implied(own.type_name()).unwrap_or_else(|_| own.clone())) && *address != own
        {
            findings.bad(
                format!("The entry `{local_name}` of `required_providers` has no source, so Terraform uses `{address}`"),
                format!("Add `source = \"{own}\"` to the entry, or run `0.13upgrade`."),
            );
            continue;
        }
        let texts = module
            .entries()
            .filter(|entry| entry.name == local_name)
            .filter_map(|entry| entry.version);
        let text = texts.collect::<Vec<_>>().join(", ");
        match Constraints::parse(&text) {
            Ok(constraints) => {
                findings.good(
                    format!("The configuration requires `{address}` {text}")
                        .trim_end()
                        .to_owned(),
                );
                wanted.push(Wanted {
                    address: address.clone(),
                    constraints,
                });
            }
            Err(error) => findings.bad(
                format!("The entry `{local_name}` of `required_providers` has an invalid version: {error}"),
                "Correct the version constraint.",
            ),
        }
    }
    let is_undeclared = |used: &str| used == name && !addresses.contains_key(used);
    if module.resources().any(|(_, used)| is_undeclared(&used))
        || module.used().keys().any(|used| is_undeclared(used))
    {
        findings.bad(
            format!("`required_providers` has no entry `{name}`, so Terraform uses `hashicorp/{name}`"),
            format!("Add an entry with `source = \"{own}\"`, or run `0.13upgrade`."),
        );
    }
    if wanted.is_empty() {
        return Ok(published());
    }
    Ok(wanted)
}
