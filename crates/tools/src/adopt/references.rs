//! The expressions for the names and identities of other objects: a resource, an entry of a map, a data source, or the text itself.
//!
//! Tests: `crates/tools/tests/adopt/main.rs`.

use std::collections::BTreeMap;

use engine::{Definition, equal, inventory, wire};
use schema::{Attribute, Expect, Kind, Lookup, Reference, Resource};
use serde_json::Value as Json;

use super::account::{Account, find_target};
use super::existing::{Data, Existing, entry_of};
use super::names::{Taken, composed, identifier};
use crate::hcl::write::{Block, Expression};

/// What an argument can refer to.
pub struct References<'a> {
    definition: &'static Definition,
    account: &'a Account,
    existing: &'a Existing,
    /// Declaration, attribute and value → the attribute of a resource.
    handles: BTreeMap<(String, String, String), String>,
    /// The declarations whose identities are the entries of a map, because resources take them from it.
    mapped: BTreeMap<String, Map>,
    /// The data sources to add.
    data: Vec<Data>,
    /// The names of data sources, by type.
    taken: BTreeMap<String, Taken>,
    /// Local name of the provider, if it differs from the prefix of the types.
    provider: Option<&'a str>,
}

/// A local map of identities by name.
#[derive(Debug)]
pub struct Map {
    /// Name of the local value.
    pub name: String,
    /// Entries to add: the name and the identity.
    pub added: Vec<(String, String)>,
    keys: Taken,
}

impl<'a> References<'a> {
    /// The references of an account. Those to resources follow with [`References::add`].
    pub fn new(
        definition: &'static Definition,
        account: &'a Account,
        existing: &'a Existing,
        provider: Option<&'a str>,
    ) -> Self {
        let mut locals = Taken::default();
        for name in &existing.locals {
            locals.add(name);
        }
        let mut mapped = BTreeMap::new();
        for binding in definition.listed() {
            let mut identities = binding.schema.import_attributes();
            if let (Some(identity), None) = (identities.next(), identities.next())
                && let Some(reference) = &identity.reference
                && !mapped.contains_key(reference.target.as_ref())
            {
                let map = Map::new(reference, existing, &mut locals);
                mapped.insert(reference.target.to_string(), map);
            }
        }
        Self {
            definition,
            account,
            existing,
            handles: BTreeMap::new(),
            mapped,
            data: Vec::new(),
            taken: BTreeMap::new(),
            provider,
        }
    }

    /// Adds a resource with this address, to which arguments can refer by its name and its identity.
    pub fn add(&mut self, resource: &Resource, response: &Json, address: &str) {
        let label = resource
            .label
            .as_deref()
            .and_then(|name| resource.attribute(name));
        for attribute in resource.import_attributes().chain(label) {
            if let Some(Json::String(value)) = wire::field(attribute, response) {
                let key = handle(&resource.name, attribute, &value);
                self.handles
                    .entry(key)
                    .or_insert_with(|| format!("{address}.{}", attribute.name));
            }
        }
    }

    /// Returns the expression for a string that names another object.
    pub fn resolve(&mut self, reference: &Reference, value: &str) -> Expression {
        let declarations = self.definition.declarations();
        let target = declarations.find(&reference.target);
        let Some((target, attribute)) =
            target.and_then(|target| Some((target, target.attribute(&reference.attribute)?)))
        else {
            return Expression::string(value);
        };
        if let Some(handle) = self.handles.get(&handle(&reference.target, attribute, value)) {
            return Expression::raw(handle);
        }
        let found = find_target(self.account, target, reference, value);
        let [found] = found.as_slice() else {
            return Expression::string(value);
        };
        let is_identity = target
            .identity()
            .is_some_and(|identity| identity.name == attribute.name);
        if let Some(map) = self
            .mapped
            .get_mut(reference.target.as_ref())
            .filter(|_| is_identity)
        {
            let normal = equal::normal(attribute, value);
            return map.entry(self.existing, &normal, &inventory::name(target, found));
        }
        match self.data_source(reference, found) {
            Some(address) => Expression::raw(format!("{address}.{}", attribute.name)),
            None => Expression::string(value),
        }
    }

    /// The data sources of the configuration that find an object by name which has a resource: the addresses of both.
    pub fn replaceable(&self) -> Vec<(String, &str)> {
        let declarations = self.definition.declarations();
        let prefix = format!("{}_", self.definition.provider.name);
        let found = self.existing.data.iter().filter_map(|data| {
            let declaration = declarations.data_source(data.r#type.strip_prefix(&prefix)?)?;
            let resource = data.arguments.iter().find_map(|(argument, value)| {
                let attribute = declaration.attribute(argument)?;
                self.handles
                    .get(&handle(&declaration.name, attribute, value.as_str()?))
            });
            let (resource, _) = resource?.rsplit_once('.')?;
            Some((format!("data.{}.{}", data.r#type, data.name), resource))
        });
        found.collect()
    }

    /// The data sources to add, as blocks.
    pub fn data_blocks(&self) -> impl Iterator<Item = Block> {
        self.data.iter().map(|data| {
            let mut block = Block::new("data", &[&data.r#type, &data.name]);
            if let Some(provider) = self.provider {
                block = block.with("provider", Expression::raw(provider));
            }
            data.arguments.iter().fold(block, |block, (name, value)| {
                let value = match value {
                    Json::String(text) => Expression::string(text),
                    other => Expression::raw(other.to_string()),
                };
                block.with(name, value)
            })
        })
    }

    /// The maps to which entries are added.
    pub fn maps(&self) -> impl Iterator<Item = &Map> {
        self.mapped.values().filter(|map| !map.added.is_empty())
    }

    /// Returns the address of the data source that finds an object, which is added if it is not there. `None` if no data source finds it
    /// and no other.
    fn data_source(&mut self, reference: &Reference, object: &Json) -> Option<String> {
        let declarations = self.definition.declarations();
        let declaration = declarations.data_source(&reference.target)?;
        debug_assert_eq!(declaration.kind, Kind::DataSource);
        let all = self.account.targets.get(reference.target.as_ref())?;
        let mut lookups = declaration.lookups.iter();
        let arguments = lookups.find_map(|lookup| by_name(declaration, lookup, object, all));
        let arguments = arguments.or_else(|| {
            let mut lookups = declaration.lookups.iter();
            lookups.find_map(|lookup| by_identity(declaration, lookup, object))
        })?;
        let r#type = format!("{}_{}", self.definition.provider.name, declaration.name);
        let provider = self.provider.map(str::to_owned);
        let is_same =
            |data: &&Data| data.r#type == r#type && data.arguments == arguments && data.provider == provider;
        if let Some(data) = self.existing.data.iter().chain(&self.data).find(is_same) {
            return Some(format!("data.{}.{}", data.r#type, data.name));
        }
        let wanted = identifier(&inventory::name(declaration, object), &declaration.name);
        let taken = self.taken.entry(r#type.clone()).or_insert_with(|| {
            let mut taken = Taken::default();
            for name in self.existing.names(&format!("data.{type}", r#type = r#type)) {
                taken.add(name);
            }
            taken
        });
        let name = taken.take(&wanted, "_");
        let address = format!("data.{type}.{name}", r#type = r#type);
        self.data.push(Data {
            r#type,
            name,
            provider,
            arguments,
        });
        Some(address)
    }
}

impl Map {
    fn new(reference: &Reference, existing: &Existing, locals: &mut Taken) -> Self {
        let plural = format!("{}s", reference.target);
        let mut own = existing.maps.iter().filter(|map| existing.is_own(&map.file));
        let own = own.find(|map| {
            let number = map.name.strip_prefix(&plural);
            let number = number.map(|rest| rest.strip_prefix('_').unwrap_or(rest));
            let is_of = number.is_some_and(|number| number.chars().all(|digit| digit.is_ascii_digit()));
            is_of && map.keys.is_some() && !existing.whole.contains(&map.name)
        });
        let mut keys = Taken::default();
        for key in own.and_then(|map| map.keys.as_deref()).unwrap_or_default() {
            keys.add(key);
        }
        Self {
            name: own.map_or_else(|| locals.take(&plural, "_"), |map| map.name.clone()),
            added: Vec::new(),
            keys,
        }
    }

    /// Returns the entry of an identity, which is added if no map has it.
    fn entry(&mut self, existing: &Existing, identity: &str, name: &str) -> Expression {
        let present = existing.maps.iter().find_map(|map| {
            let mut entries = map.entries.iter();
            let (key, _) = entries.find(|(_, value)| value.eq_ignore_ascii_case(identity))?;
            Some(entry_of(&map.name, key))
        });
        if let Some(present) = present {
            return Expression::raw(present);
        }
        let mut added = self.added.iter();
        if let Some((key, _)) = added.find(|(_, value)| value == identity) {
            return Expression::raw(entry_of(&self.name, key));
        }
        let is_unnamed = name.is_empty() || name.eq_ignore_ascii_case(identity);
        let name = if is_unnamed { "unnamed" } else { name };
        let key = self.keys.take(&composed(name), "#");
        let entry = entry_of(&self.name, &key);
        self.added.push((key, identity.to_owned()));
        Expression::raw(entry)
    }
}

fn handle(declaration: &str, attribute: &Attribute, value: &str) -> (String, String, String) {
    (
        declaration.to_owned(),
        attribute.name.to_string(),
        equal::normal(attribute, value),
    )
}

/// The arguments that find an object in a list by its name, and no other: with those that narrow the lookup, if the name is not enough.
fn by_name(
    declaration: &Resource,
    lookup: &Lookup,
    object: &Json,
    all: &[Json],
) -> Option<BTreeMap<String, Json>> {
    let (field, by) = (lookup.pick.as_deref()?, lookup.by.as_deref()?);
    if lookup.expect != Expect::One {
        return None;
    }
    let name = wire::find(object, field).filter(|name| name.as_str().is_some_and(|name| !name.is_empty()))?;
    let named = all
        .iter()
        .filter(|other| wire::find(other, field).as_ref() == Some(&name));
    let named: Vec<&Json> = named.collect();
    let mut arguments = BTreeMap::from([(by.to_owned(), name)]);
    if named.len() == 1 {
        return Some(arguments);
    }
    let narrow = lookup
        .narrow
        .iter()
        .filter_map(|name| declaration.attribute(name));
    let narrow: Vec<(&Attribute, Json)> = narrow
        .filter_map(|attribute| Some((attribute, wire::field(attribute, object)?)))
        .filter(|(_, value)| value.is_string() || value.is_boolean())
        .collect();
    let same = named.iter().filter(|other| {
        narrow
            .iter()
            .all(|(attribute, value)| wire::field(attribute, other).as_ref() == Some(value))
    });
    if same.count() != 1 {
        return None;
    }
    arguments.extend(
        narrow
            .into_iter()
            .map(|(attribute, value)| (attribute.name.to_string(), value)),
    );
    Some(arguments)
}

/// The argument that identifies an object.
fn by_identity(declaration: &Resource, lookup: &Lookup, object: &Json) -> Option<BTreeMap<String, Json>> {
    let by = lookup.by.as_deref().filter(|_| lookup.pick.is_none())?;
    let identity = wire::field(declaration.attribute(by)?, object)?;
    identity
        .is_string()
        .then(|| BTreeMap::from([(by.to_owned(), identity)]))
}
