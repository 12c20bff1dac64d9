//! The plan of the upgrade: the requirement of each provider, and the warnings.
//!
//! Tests: `crates/tools/tests/upgrade/main.rs`.

use std::collections::BTreeMap;

use super::edit::{self, Change};
use super::module::{Entry, Module};
use super::registry::{LookupError, Registry};
use super::requirement::{PlanError, Requirement};
use super::{TERRAFORM, VERSIONS_FILE};
use crate::address::Address;
use crate::package::version::{Constraints, Version};

/// The changes and warnings of an upgrade.
#[derive(Debug)]
pub struct Plan {
    /// The files to change.
    pub changes: Vec<Change>,
    /// The warnings to print.
    pub warnings: Vec<Warning>,
}

/// A warning, with Terraform's summary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The summary.
    pub summary: &'static str,
    /// What happened, and what to do.
    pub detail: String,
}

/// Plans the upgrade of a module. `own` is the address of this provider, which is not looked up in the registry.
///
/// # Errors
///
/// [`PlanError`], if a `required_version` excludes Terraform 0.13, or an entry is invalid.
pub async fn plan(module: &Module, registry: &Registry, own: &Address) -> Result<Plan, PlanError> {
    let mut warnings = ignored_files(module);
    check_required_version(module)?;
    let mut requirements = declared_requirements(module, &mut warnings)?;
    let used = module.used_providers();
    for name in used.keys() {
        requirements.entry(name.clone()).or_default();
    }
    for (name, requirement) in &mut requirements {
        if requirement.source.is_none() {
            let constraints = constraints(requirement, used.get(name));
            requirement.source = find_source(name, &constraints, registry, own, &mut warnings).await;
        }
    }
    let changes = if requirements.is_empty() {
        Vec::new()
    } else {
        edit::changes(module, &requirements)?
    };
    Ok(Plan { changes, warnings })
}

/// Warnings of the files that the upgrade neither reads nor changes.
fn ignored_files(module: &Module) -> Vec<Warning> {
    let warning = |summary, name: &String, kind: &str| Warning {
        summary,
        detail: format!("The {kind} file `{name}` was not changed. Check the providers in it by hand."),
    };
    let json = module
        .json_files
        .iter()
        .map(|name| warning("JSON configuration file ignored", name, "JSON"));
    let overrides = module
        .override_files
        .iter()
        .map(|name| warning("Override configuration file ignored", name, "override"));
    json.chain(overrides).collect()
}

fn check_required_version(module: &Module) -> Result<(), PlanError> {
    for (file, constraint) in module.required_versions() {
        let is_allowed = Constraints::parse(constraint).is_ok_and(|parsed| parsed.allow(&TERRAFORM));
        if !is_allowed {
            return Err(PlanError::Core {
                file: file.name.clone(),
                constraint: constraint.to_owned(),
            });
        }
    }
    Ok(())
}

/// The requirements of the present entries, one for each local name.
fn declared_requirements(
    module: &Module,
    warnings: &mut Vec<Warning>,
) -> Result<BTreeMap<String, Requirement>, PlanError> {
    let mut requirements: BTreeMap<String, Requirement> = BTreeMap::new();
    let mut first_files: BTreeMap<&str, &str> = BTreeMap::new();
    let entries: Vec<Entry<'_>> = module.entries().collect();
    for entry in &entries {
        let invalid = |problem: String| PlanError::Entry {
            file: entry.file.name.clone(),
            name: entry.name.to_owned(),
            problem,
        };
        let source = match entry.source {
            Some(source) => {
                let address = Address::parse(source)
                    .map_err(|error| invalid(format!("{error}. {}", error.suggestion)))?;
                Some(address.resolved().to_string())
            }
            None => None,
        };
        if let Some(version) = entry.version {
            Constraints::parse(version).map_err(|error| invalid(error.to_string()))?;
        }
        let Some(first) = first_files.get(entry.name) else {
            first_files.insert(entry.name, &entry.file.name);
            requirements.insert(
                entry.name.to_owned(),
                Requirement {
                    source,
                    version: entry.version.map(str::to_owned),
                    comments: edit::comments_of(entry),
                },
            );
            continue;
        };
        let Some(requirement) = requirements.get_mut(entry.name) else {
            continue;
        };
        let mut detail = format!(
            "`{}` is required in `{first}` and again in `{}`. The first entry was kept.",
            entry.name, entry.file.name
        );
        // No constraint is lost: the kept entry gets those of both.
        if let Some(added) = merge_constraints(requirement.version.as_deref(), entry.version) {
            detail = format!("{detail} The version constraints of both were merged: `{added}`.");
            requirement.version = Some(added);
        }
        if requirement.source.is_none() {
            requirement.source = source;
        }
        requirement.comments.extend(edit::comments_of(entry));
        warnings.push(Warning {
            summary: "Duplicate required provider configuration",
            detail,
        });
    }
    Ok(requirements)
}

/// The constraints of both entries; `None` if the first has all of the second.
fn merge_constraints(first: Option<&str>, second: Option<&str>) -> Option<String> {
    let normal = |part: &str| Constraints::parse(part).map(|parsed| parsed.to_string()).ok();
    let present: Vec<Option<String>> = first
        .into_iter()
        .flat_map(|text| text.split(','))
        .map(normal)
        .collect();
    let added: Vec<&str> = second
        .into_iter()
        .flat_map(|text| text.split(','))
        .map(str::trim)
        .filter(|part| !part.is_empty() && !present.contains(&normal(part)))
        .collect();
    if added.is_empty() {
        return None;
    }
    let parts: Vec<&str> = first.into_iter().chain(added).collect();
    Some(parts.join(", "))
}

/// The constraints of an entry and of the provider's blocks. They decide which address a provider that moved gets.
fn constraints(requirement: &Requirement, blocks: Option<&Vec<String>>) -> Vec<Constraints> {
    let written = requirement.version.iter().chain(blocks.into_iter().flatten());
    written
        .filter_map(|constraints| Constraints::parse(constraints).ok())
        .collect()
}

/// The source address of a provider, from the registry; `None`, with a warning, if the registry does not return it.
async fn find_source(
    name: &str,
    constraints: &[Constraints],
    registry: &Registry,
    own: &Address,
    warnings: &mut Vec<Warning>,
) -> Option<String> {
    if name == own.type_name() {
        return Some(own.to_string());
    }
    let provider = match registry.find_legacy(name).await {
        Ok(provider) => provider,
        Err(error) => {
            warnings.push(Warning {
                summary: "Could not detect provider source",
                detail: unknown_source_detail(name, &error),
            });
            return None;
        }
    };
    let Some(moved_to) = provider.moved_to else {
        return Some(provider.address.to_string());
    };
    if constraints.iter().all(Constraints::is_empty) {
        return Some(moved_to.to_string());
    }
    let allowed = |version: &Version| constraints.iter().all(|constraints| constraints.allow(version));
    match registry.list_versions(&moved_to).await {
        Ok(versions) if versions.iter().any(allowed) => return Some(moved_to.to_string()),
        Ok(_) => {
            let last = provider.versions.last().map(ToString::to_string);
            warnings.push(Warning {
                summary: "Provider has moved",
                detail: format!(
                    "`{name}` has moved to `{moved_to}`, which has no version that matches the constraints. The source `{}`{} was \
                     kept. Change the constraints first, then the source.",
                    provider.address,
                    last.map(|last| format!(" (latest version {last})")).unwrap_or_default()
                ),
            });
        }
        Err(error) => warnings.push(Warning {
            summary: "Failed to query available provider packages",
            detail: format!(
                "`{name}` has moved to `{moved_to}`, but the request for its versions failed: {error}. The source `{}` was \
                 kept. Change the source if a version there matches the constraints.",
                provider.address
            ),
        }),
    }
    Some(provider.address.to_string())
}

fn unknown_source_detail(name: &str, error: &LookupError) -> String {
    format!(
        "The source of `{name}` is unknown: {error}. Replace the TODO comment of its entry in `required_providers` (in \
         `{VERSIONS_FILE}`, unless the configuration has it elsewhere) with a source."
    )
}
