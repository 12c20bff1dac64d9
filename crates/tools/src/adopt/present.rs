//! What is known of an object before anything is written: whether Terraform manages it, and whether the configuration has it.
//!
//! Tests: `crates/tools/tests/adopt/main.rs`.

use engine::inventory::Found;
use engine::{equal, identity};
use schema::Attribute;

use super::account::Kind;
use super::existing::{EACH, Existing, Import, ResourceBlock, without_index};
use super::managed::Managed;
use crate::hcl::write::quote;

/// What is known of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Terraform manages it.
    Managed,
    /// The configuration has it, but that was not applied yet.
    Written,
    /// It is not the account's own.
    Official,
    /// Its name is not wanted.
    Unwanted,
    /// It can be adopted.
    New,
}

/// The configuration and the state of a directory, and what the user wants of it.
pub struct Present<'a> {
    /// Prefix of the type names, such as `durantic`.
    pub prefix: &'a str,
    /// The local name of the provider in `required_providers`, if it is there.
    pub provider: Option<&'a str>,
    /// The configuration.
    pub existing: &'a Existing,
    /// The state.
    pub managed: &'a Managed,
    /// Whether objects are wanted that are not the account's own.
    pub include_official: bool,
    /// Whether an object with this name is wanted.
    pub is_wanted: &'a (dyn Fn(&str) -> bool + Send + Sync),
}

impl<'a> Present<'a> {
    /// Returns what is known of an object.
    pub fn state(&self, kind: &Kind, found: &Found) -> State {
        let key = identity::shared_key(kind.resource(), &found.identity);
        if key.is_some_and(|key| self.managed.contains(&key)) {
            State::Managed
        } else if found.is_official && !self.include_official {
            State::Official
        } else if !(self.is_wanted)(&found.name) {
            State::Unwanted
        } else if self.import(kind, found).is_some() || self.resource(kind, found).is_some() {
            State::Written
        } else {
            State::New
        }
    }

    /// Returns the address of an object to which other blocks can refer; `None` if the configuration has no resource for it.
    pub fn address(&self, kind: &Kind, found: &Found) -> Option<&'a str> {
        let key = identity::shared_key(kind.resource(), &found.identity);
        let managed = key.and_then(|key| self.managed.address(&key));
        let imported = || Some(self.import(kind, found)?.to.as_str());
        let declared = || Some(self.resource(kind, found)?.address.as_str());
        let address = managed.or_else(imported).or_else(declared)?;
        let is_there = self.existing.addresses.contains(without_index(address)) && !address.contains(EACH);
        is_there.then_some(address)
    }

    /// Returns the resource of an object that is not in the state: one that has its identity, or a name that no two objects have.
    /// That of another provider block is an object of another account.
    fn resource(&self, kind: &Kind, found: &Found) -> Option<&'a ResourceBlock> {
        let mut blocks = self.existing.resources.iter();
        blocks.find(|block| {
            let address = without_index(&block.address);
            let mut resources = kind.resources.iter();
            let resource = resources.find(|resource| {
                let name = address
                    .strip_prefix(self.prefix)
                    .and_then(|rest| rest.strip_prefix('_'));
                name.and_then(|name| name.split('.').next()) == Some(&*resource.name)
            });
            let has = |attribute: &Attribute, value: &str| {
                let values = block.arguments.get(attribute.name.as_ref());
                values.is_some_and(|values| {
                    values
                        .iter()
                        .any(|found| equal::normal(attribute, found) == value)
                })
            };
            let is_it = resource.is_some_and(|resource| {
                let mut identity = resource.import_attributes();
                let has_identity = identity.all(|attribute| {
                    let value = found.identity.get(&attribute.name).as_str();
                    value.is_some_and(|value| has(attribute, value))
                });
                let label = resource
                    .label
                    .as_deref()
                    .and_then(|label| resource.attribute(label));
                has_identity || label.is_some_and(|label| label.unique && has(label, &found.name))
            });
            let provider = block.provider.as_deref().unwrap_or(self.prefix);
            let is_ours = provider == self.provider.unwrap_or(self.prefix);
            is_it && is_ours && !self.managed.resources().any(|managed| managed == address)
        })
    }

    /// Returns an import block for objects of this kind of which only Terraform knows what it imports. One that was applied does not count;
    /// of one for several objects, only Terraform knows that.
    pub fn unknown_import(&self, kind: &Kind) -> Option<&'a Import> {
        let mut imports = self.existing.imports.iter();
        imports
            .find(|import| import.is_unknown() && self.is_of(import, kind) && !self.managed.has(&import.to))
    }

    /// Whether an import block is for objects of this kind. An address in a module begins with that of the module.
    fn is_of(&self, import: &Import, kind: &Kind) -> bool {
        kind.resources.iter().any(|resource| {
            let r#type = format!("{}_{}", self.prefix, resource.name);
            import.to.split('.').any(|part| part == r#type)
        })
    }

    /// Returns the import block of an object.
    fn import(&self, kind: &Kind, found: &Found) -> Option<&'a Import> {
        let resource = kind.resource();
        let id = identity::import_id(resource, &found.identity)?;
        let parts: Vec<&str> = resource
            .import_attributes()
            .filter_map(|attribute| found.identity.get(&attribute.name).as_str())
            .collect();
        self.existing.imports.iter().find(|import| {
            let is_part = |part: &&str| import.ids.iter().any(|id| id.eq_ignore_ascii_case(part));
            let is_named = || import.ids.iter().any(|written| names(written, &id, &found.name));
            self.is_of(import, kind) && (parts.iter().all(is_part) || is_named())
        })
    }
}

/// Whether the ID of an import names the object with this identity and this name.
fn names(written: &str, id: &str, name: &str) -> bool {
    let is_url = written.contains("://") && written.to_lowercase().contains(id);
    // The map with the identity may be missing at the moment.
    let is_entry = written.starts_with("local.") && written.ends_with(&format!("[{}]", quote(name)));
    written.eq_ignore_ascii_case(id) || written == name || is_url || is_entry
}
