//! The check of the configuration: the providers that it requires.
//!
//! Tests: `tests/cli/doctor.rs`.

use std::path::Path;

use super::super::context::{CommandError, Context};
use super::Findings;
use crate::address::{Address, local};
use crate::package::lock;
use crate::package::version::{Constraints, Version};
use crate::upgrade::module::{Module, ModuleError};

/// A provider that the configuration requires.
pub struct RequiredProvider {
    /// Its address.
    pub address: Address,
    /// The version constraints of the configuration.
    pub constraints: Constraints,
}

impl RequiredProvider {
    /// Whether Terraform may select a version: only the version in the lock file, or else one that matches the
    /// constraints.
    pub fn accepts(&self, version: &Version, locked: Option<&lock::Entry>) -> bool {
        match locked {
            Some(entry) => entry.version == *version,
            None => self.constraints.allow(version),
        }
    }
}

/// The entries for this provider in the configuration; without an entry, the published address.
///
/// # Errors
///
/// [`CommandError`], if the provider has no valid address.
pub fn check(
    context: &Context,
    directory: &Path,
    findings: &mut Findings,
) -> Result<Vec<RequiredProvider>, CommandError> {
    let own = context.own_address()?;
    let published = || {
        vec![RequiredProvider {
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
            findings.problem(
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
            local::EntryError::Source { local_name, error } => findings.problem(
                format!("The entry `{local_name}` of `required_providers` has an invalid source: {error}"),
                error.suggestion,
            ),
            local::EntryError::Collision(collision) => findings.problem(
                format!("In `required_providers`, {collision}"),
                "Keep one of the two entries. Terraform rejects both.",
            ),
        }
    }
    let is_this_provider = |local_name: &str, address: &Address| {
        let is_used = || {
            module
                .resources()
                .any(|(resource, used)| used == local_name && local::implied_local_name(&resource) == name)
        };
        local_name == name || address.type_name() == own.type_name() || is_used()
    };
    let mut required = Vec::new();
    for (local_name, address) in addresses
        .iter()
        .filter(|(local_name, address)| is_this_provider(local_name, address))
    {
        if *address == (Address::implied(own.type_name()).unwrap_or_else(|_| own.clone())) && *address != own
        {
            findings.problem(
                format!("The entry `{local_name}` of `required_providers` has no source, so Terraform uses `{address}`"),
                format!("Add `source = \"{own}\"` to the entry, or run `0.13upgrade`."),
            );
            continue;
        }
        let versions = module
            .entries()
            .filter(|entry| entry.name == local_name)
            .filter_map(|entry| entry.version);
        let versions = versions.collect::<Vec<_>>().join(", ");
        match Constraints::parse(&versions) {
            Ok(constraints) => {
                findings.passed(
                    format!("The configuration requires `{address}` {versions}")
                        .trim_end()
                        .to_owned(),
                );
                required.push(RequiredProvider {
                    address: address.clone(),
                    constraints,
                });
            }
            Err(error) => findings.problem(
                format!("The entry `{local_name}` of `required_providers` has an invalid version: {error}"),
                "Correct the version constraint.",
            ),
        }
    }
    let is_undeclared = |used: &str| used == name && !addresses.contains_key(used);
    if module.resources().any(|(_, used)| is_undeclared(&used))
        || module.used_providers().keys().any(|used| is_undeclared(used))
    {
        findings.problem(
            format!("`required_providers` has no entry `{name}`, so Terraform uses `hashicorp/{name}`"),
            format!("Add an entry with `source = \"{own}\"`, or run `0.13upgrade`."),
        );
    }
    if required.is_empty() {
        return Ok(published());
    }
    Ok(required)
}
