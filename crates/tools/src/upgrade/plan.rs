//! Which entry each provider shall have, and what to warn of.
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

/// What the upgrade comes to.
#[derive(Debug)]
pub struct Plan {
    /// Files that shall have another text.
    pub changes: Vec<Change>,
    /// What a person should look at.
    pub warnings: Vec<Warning>,
}

/// Something a person should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The title.
    pub summary: &'static str,
    /// What it is about, and what to do.
    pub detail: String,
}

/// Plans the upgrade of a module. `own` is the provider that this program is: nobody needs to be asked for it.
pub async fn plan(module: &Module, registry: &Registry, own: &Address) -> Result<Plan, PlanError> {
    let mut warnings = left_alone(module);
    check_core(module)?;
    let mut requirements = declared(module, &mut warnings)?;
    let used = module.used();
    for name in used.keys() {
        requirements.entry(name.clone()).or_default();
    }
    for (name, requirement) in &mut requirements {
        if requirement.source.is_none() {
            let constraints = constraints(requirement, used.get(name));
            requirement.source = source(name, &constraints, registry, own, &mut warnings).await;
        }
    }
    let changes = if requirements.is_empty() {
        Vec::new()
    } else {
        edit::changes(module, &requirements)?
    };
    Ok(Plan { changes, warnings })
}

fn left_alone(module: &Module) -> Vec<Warning> {
    let warning = |summary, name: &String, what: &str| Warning {
        summary,
        detail: format!("The {what} file `{name}` was not changed. Check the providers in it by hand."),
    };
    let json = module
        .json
        .iter()
        .map(|name| warning("JSON configuration file ignored", name, "JSON"));
    let overrides = module
        .overrides
        .iter()
        .map(|name| warning("Override configuration file ignored", name, "override"));
    json.chain(overrides).collect()
}

fn check_core(module: &Module) -> Result<(), PlanError> {
    for (file, constraint) in module.required_versions() {
        let is_admitted = Constraints::parse(constraint).is_ok_and(|parsed| parsed.allow(&TERRAFORM));
        if !is_admitted {
            return Err(PlanError::Core {
                file: file.name.clone(),
                constraint: constraint.to_owned(),
            });
        }
    }
    Ok(())
}

/// What the entries that are there say, one requirement for each local name.
fn declared(
    module: &Module,
    warnings: &mut Vec<Warning>,
) -> Result<BTreeMap<String, Requirement>, PlanError> {
    let mut requirements: BTreeMap<String, Requirement> = BTreeMap::new();
    let mut first_files: BTreeMap<&str, &str> = BTreeMap::new();
    let entries: Vec<Entry<'_>> = module.entries().collect();
    for entry in &entries {
        let wrong = |problem: String| PlanError::Entry {
            file: entry.file.name.clone(),
            name: entry.name.to_owned(),
            problem,
        };
        let source = match entry.source {
            Some(source) => {
                let address = Address::parse(source)
                    .map_err(|error| wrong(format!("{error}. {}", error.suggestion)))?;
                Some(address.resolved().to_string())
            }
            None => None,
        };
        if let Some(version) = entry.version {
            Constraints::parse(version).map_err(|error| wrong(error.to_string()))?;
        }
        let Some(first) = first_files.get(entry.name) else {
            first_files.insert(entry.name, &entry.file.name);
            requirements.insert(
                entry.name.to_owned(),
                Requirement {
                    source,
                    version: entry.version.map(str::to_owned),
                    comments: edit::comments_before(entry),
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
        // No constraint is lost: one entry has those of both.
        if let Some(added) = merged(requirement.version.as_deref(), entry.version) {
            detail = format!("{detail} The version constraints of both were merged: `{added}`.");
            requirement.version = Some(added);
        }
        if requirement.source.is_none() {
            requirement.source = source;
        }
        requirement.comments.extend(edit::comments_before(entry));
        warnings.push(Warning {
            summary: "Duplicate required provider configuration",
            detail,
        });
    }
    Ok(requirements)
}

/// The constraints of two entries, if the second has any that the first has not.
fn merged(first: Option<&str>, second: Option<&str>) -> Option<String> {
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

/// The constraints that decide where a provider that moved is taken from: those of its blocks count as well.
fn constraints(requirement: &Requirement, blocks: Option<&Vec<String>>) -> Vec<Constraints> {
    let texts = requirement.version.iter().chain(blocks.into_iter().flatten());
    texts.filter_map(|text| Constraints::parse(text).ok()).collect()
}

async fn source(
    name: &str,
    constraints: &[Constraints],
    registry: &Registry,
    own: &Address,
    warnings: &mut Vec<Warning>,
) -> Option<String> {
    if name == own.type_name() {
        return Some(own.to_string());
    }
    let answer = match registry.legacy(name).await {
        Ok(answer) => answer,
        Err(error) => {
            warnings.push(Warning {
                summary: "Could not detect provider source",
                detail: undetected(name, &error),
            });
            return None;
        }
    };
    let Some(moved_to) = answer.moved_to else {
        return Some(answer.address.to_string());
    };
    if constraints.iter().all(Constraints::is_empty) {
        return Some(moved_to.to_string());
    }
    let allowed = |version: &Version| constraints.iter().all(|constraints| constraints.allow(version));
    match registry.versions_of(&moved_to).await {
        Ok(versions) if versions.iter().any(allowed) => return Some(moved_to.to_string()),
        Ok(_) => {
            let last = answer.versions.last().map(ToString::to_string);
            warnings.push(Warning {
                summary: "Provider has moved",
                detail: format!(
                    "`{name}` has moved to `{moved_to}`, which has no version that matches the constraints. The source `{}`{} was \
                     kept. Change the constraints first, then the source.",
                    answer.address,
                    last.map(|last| format!(" (latest version {last})")).unwrap_or_default()
                ),
            });
        }
        Err(error) => warnings.push(Warning {
            summary: "Failed to query available provider packages",
            detail: format!(
                "`{name}` has moved to `{moved_to}`, but the request for its versions failed: {error}. The source `{}` was \
                 kept. Change the source if a version there matches the constraints.",
                answer.address
            ),
        }),
    }
    Some(answer.address.to_string())
}

fn undetected(name: &str, error: &LookupError) -> String {
    format!(
        "The source of `{name}` is unknown: {error}. Replace the TODO comment of its entry in `required_providers` (in \
         `{VERSIONS_FILE}`, unless the configuration has it elsewhere) with a source."
    )
}
