//! The blocks and files that bring an account under Terraform.
//!
//! Whatever is there stays: new files are created, and new blocks are added at the end of files that this program wrote.
//!
//! Tests: `crates/tools/tests/adopt/main.rs`, `tests/terraform/adopt.rs`.

use std::collections::BTreeMap;

use alphanumeric_sort::compare_str;
use engine::diagnostic::Diagnostics;
use engine::inventory::Found;
use engine::rules::WriteOnly;
use engine::{Definition, generate, identity, naming, validate};
use schema::{Attribute, Resource};
use url::Url;
use value::Value;

use super::account::{Account, Kind, Unlisted};
use super::blocks::{Added, Addition, Change, Options, Writer};
use super::names::{Taken, identifier};
use super::present::{Present, State};
use super::references::References;

/// What has to be written.
#[derive(Debug, Default)]
pub struct Plan {
    /// The files, by their path in the directory.
    pub files: BTreeMap<String, Change>,
    /// The resources that are added, in the order of the files.
    pub added: Vec<Added>,
    /// How many objects of each state there are that are not added.
    pub left: BTreeMap<State, usize>,
    /// The objects that cannot be adopted, as sentences.
    pub problems: Vec<String>,
    /// What the user may want to change, as sentences.
    pub notes: Vec<String>,
}

impl Plan {
    /// The files in the order in which they are written: those with resources last, so that a run that was killed can be repeated.
    pub fn in_order(&self) -> impl Iterator<Item = (&String, &Change)> {
        let has_resources = |file: &str| self.added.iter().any(|added| added.file == file);
        let files = self.files.iter();
        let (last, first): (Vec<_>, Vec<_>) = files.partition(|(file, _)| has_resources(file));
        first.into_iter().chain(last)
    }
}

/// Why nothing can be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// A module can have one `required_providers` block, and it lacks the provider.
    #[error("the `required_providers` block in `{file}` has no entry for the provider")]
    Required {
        /// The file with the block.
        file: String,
    },
    /// The entry with the usual local name is that of another provider, or has no source.
    #[error(
        "the source of `{name}` in the `required_providers` block in `{file}` is not that of the provider"
    )]
    Source {
        /// The local name.
        name: String,
        /// The file with the block.
        file: String,
    },
}

/// Returns what has to be written.
///
/// # Errors
///
/// [`WriteError`], if a file would have to change that this program did not write.
pub fn plan(
    definition: &'static Definition,
    account: &Account,
    present: &Present<'_>,
    options: &Options<'_>,
) -> Result<Plan, WriteError> {
    let existing = present.existing;
    let provider = present.provider;
    let alias = provider.filter(|local| *local != present.prefix);
    let mut plan = Plan {
        problems: account.failures.clone(),
        ..Plan::default()
    };
    let mut references = References::new(definition, account, existing, alias);
    let additions = additions(account, present, &mut references, &mut plan);
    if let (None, Some(file), false) = (provider, &existing.required_providers, additions.is_empty()) {
        let file = file.clone();
        let mut required = existing.required.iter();
        return Err(match required.find(|(name, _)| name == present.prefix) {
            Some((name, _)) => WriteError::Source {
                name: name.clone(),
                file,
            },
            None => WriteError::Required { file },
        });
    }
    let mut writer = Writer::new(present, options, references, alias);
    // The map gets the objects in the order of their names, whatever refers to them first.
    for addition in &additions {
        writer.import_id(addition.kind.resource(), addition.found);
    }
    for addition in &additions {
        plan.added.push(writer.add(addition));
    }
    plan.notes = writer.replaceable();
    for (addition, added) in additions.iter().zip(&plan.added) {
        if has_password(&addition.config) {
            let (address, file) = (&added.address, &added.file);
            let note = format!("`{file}` has the password that is in a URL of `{address}`.");
            plan.notes.push(note);
        }
    }
    plan.files = writer.files(provider.is_none() && !additions.is_empty());
    Ok(plan)
}

/// Whether a value has a URL with a password. The URL of a registry has no scheme.
fn has_password(value: &Value) -> bool {
    let has_one = |text: &str| Url::parse(text).is_ok_and(|url| url.password().is_some());
    let is_one = |text: &str| {
        !text.contains(char::is_whitespace) && (has_one(text) || has_one(&format!("https://{text}")))
    };
    match value {
        Value::String(text) => is_one(text),
        Value::List(elements) | Value::Set(elements) => elements.iter().any(has_password),
        Value::Map(entries) | Value::Object(entries) => entries.values().any(has_password),
        _ => false,
    }
}

/// Returns the objects to add with their names, and adds all objects to `references`.
fn additions<'a>(
    account: &'a Account,
    present: &Present<'_>,
    references: &mut References<'_>,
    plan: &mut Plan,
) -> Vec<Addition<'a>> {
    for (kind, objects) in &account.others {
        for found in objects {
            if let Some(address) = present.address(kind, found) {
                references.add(kind.resource(), &found.response, address);
            }
        }
    }
    let mut additions = Vec::new();
    for (kind, objects) in &account.objects {
        let resource = kind.resource();
        let r#type = format!("{}_{}", present.prefix, resource.name);
        let mut names = Taken::default();
        // An address that only the state has is that of another object.
        for name in present
            .existing
            .names(&r#type)
            .chain(present.managed.names(&r#type))
        {
            names.add(name);
        }
        let unknown = present.unknown_import(kind);
        let mut unclear = Vec::new();
        for found in sorted(objects) {
            let state = present.state(kind, found);
            if state != State::New {
                *plan.left.entry(state).or_default() += 1;
                if let Some(address) = present.address(kind, found) {
                    references.add(resource, &found.response, address);
                }
                continue;
            }
            if unknown.is_some() {
                unclear.push(found);
                continue;
            }
            match configuration(kind, found) {
                Ok(config) => {
                    if let Some(unlisted) = unlisted(resource, &config, account) {
                        plan.problems.push(format!(
                            "{} {:?} refers to {} objects, which could not be listed.",
                            naming::noun(resource),
                            found.name,
                            naming::noun(unlisted.declaration)
                        ));
                        if !plan.problems.contains(&unlisted.reason) {
                            plan.problems.push(unlisted.reason.clone());
                        }
                        continue;
                    }
                    let name = names.take(&identifier(own_name(kind, found), &resource.name), "_");
                    references.add(resource, &found.response, &format!("{type}.{name}"));
                    additions.push(Addition {
                        kind,
                        found,
                        config,
                        name,
                    });
                }
                Err(problem) => plan.problems.push(problem),
            }
        }
        let noun = naming::noun(resource);
        let subject = match unclear.as_slice() {
            [found] => format!("{noun} {:?}", found.name),
            several => format!("{} {noun} objects", several.len()),
        };
        if let (Some(import), false) = (unknown, unclear.is_empty()) {
            plan.problems.push(format!(
                "{subject} may be what the import block of `{}` in `{}` imports, which only Terraform can evaluate. Apply that block and \
                 remove it, or write its `id` as a string.",
                import.to, import.file
            ));
        }
    }
    additions
}

/// The name of an object; empty if it has only its identity.
fn own_name<'a>(kind: &Kind, found: &'a Found) -> &'a str {
    let identity = identity::import_id(kind.resource(), &found.identity);
    match identity {
        Some(identity) if identity.eq_ignore_ascii_case(&found.name) => "",
        _ => &found.name,
    }
}

/// The objects by name, with numbers in their order, so that the same account gives the same files.
pub fn sorted(objects: &[Found]) -> Vec<&Found> {
    let mut sorted: Vec<&Found> = objects.iter().collect();
    sorted.sort_by(|one, other| {
        let by_name = compare_str(&one.name, &other.name);
        by_name.then_with(|| (&one.name, &one.identity).cmp(&(&other.name, &other.identity)))
    });
    sorted
}

/// The configuration of an object.
fn configuration(kind: &Kind, found: &Found) -> Result<Value, String> {
    let resource = kind.resource();
    let title = format!("{} {:?}", naming::noun(resource), found.name);
    let Some(object) = &found.object else {
        return Err(format!("{title} was not read."));
    };
    let config = generate::config(resource, object);
    let mut problems = Diagnostics::default();
    validate::config(kind.binding, &config, WriteOnly::Allowed, &mut problems);
    let errors: Vec<&str> = problems.errors().map(|error| error.detail.as_str()).collect();
    if errors.is_empty() {
        Ok(config)
    } else {
        Err(format!(
            "{title} has no valid configuration: {}",
            errors.join(" ")
        ))
    }
}

/// The objects to which a configuration refers, if they could not be listed. Their identities would be written, and no later run changes
/// a block.
fn unlisted<'a>(resource: &Resource, config: &Value, account: &'a Account) -> Option<&'a Unlisted> {
    account.unlisted.iter().find(|unlisted| {
        let mut attributes = resource.attributes.iter();
        attributes.any(|attribute| {
            let value = config.get(&attribute.name);
            refers_to(attribute, value, &unlisted.declaration.name)
        })
    })
}

/// Whether a value names an object of a declaration.
fn refers_to(attribute: &Attribute, value: &Value, declaration: &str) -> bool {
    let refers = |value: &Value| refers_to(attribute, value, declaration);
    match value {
        Value::String(text) => {
            let reference = attribute.reference.as_ref();
            !text.is_empty() && reference.is_some_and(|reference| reference.target == declaration)
        }
        Value::List(elements) | Value::Set(elements) => elements.iter().any(refers),
        Value::Map(entries) => entries.values().any(refers),
        Value::Object(_) => {
            let mut attributes = attribute.attributes.iter();
            attributes.any(|attribute| refers_to(attribute, value.get(&attribute.name), declaration))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::has_password;
    use value::Value;

    #[test]
    fn passwords_are_seen_in_urls() {
        for (text, expected) in [
            ("https://user:secret@host/path", true),
            ("user:secret@registry.example.com", true),
            ("https://user@host", false),
            ("registry.example.com:5000", false),
            ("#cloud-config\nurl: a:b@c", false),
            ("ssh-ed25519 AAAA root@host", false),
        ] {
            let value = Value::List([Value::string(text)].into());
            assert_eq!(has_password(&value), expected, "{text:?}");
        }
    }
}
