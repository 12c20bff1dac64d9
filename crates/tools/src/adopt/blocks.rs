//! The blocks of an object and the files that they are in.
//!
//! Tests: `crates/tools/tests/adopt/main.rs`.

use std::collections::{BTreeMap, BTreeSet};

use alphanumeric_sort::compare_str;
use engine::inventory::Found;
use engine::{identity, naming, rules, wire};
use schema::{Attribute, Mode, Resource};
use serde_json::Value as Json;
use value::Value;

use super::account::Kind;
use super::existing::{Existing, HEADER, LocalMap, other};
use super::names::{Taken, numbered};
use super::present::Present;
use super::references::{Map, References};
use crate::hcl::format::format;
use crate::hcl::write::{Block, Expression, Item, quote};

/// What the provider is called, and what the Terraform supports that will read the result.
pub struct Options<'a> {
    /// Whether it has write-only arguments and ephemeral variables (1.11).
    pub has_write_only: bool,
    /// Whether the ID of an import block can be an expression (1.6).
    pub has_import_expressions: bool,
    /// The source of the provider, such as `durantic/durantic`.
    pub source: &'a str,
    /// The version constraint of the provider, such as `~> 1.3`.
    pub version: &'a str,
    /// Reads a file of the directory that is not configuration.
    pub read: &'a dyn Fn(&str) -> Option<Vec<u8>>,
}

/// A file to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The content that it has; `None` if it does not exist.
    pub before: Option<String>,
    /// The content that it gets.
    pub after: String,
}

/// A resource that is added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Added {
    /// Its address.
    pub address: String,
    /// The kind of the object, such as `mesh network`.
    pub noun: String,
    /// The name of the object.
    pub name: String,
    /// The file that it is in.
    pub file: String,
}

/// An object to add.
pub struct Addition<'a> {
    /// Its kind.
    pub kind: &'a Kind,
    /// What the control plane returned.
    pub found: &'a Found,
    /// Its configuration.
    pub config: Value,
    /// The name of its resource.
    pub name: String,
}

/// What is written so far.
pub struct Writer<'a> {
    prefix: &'a str,
    /// Local name of the provider, if it differs from the prefix of the types.
    alias: Option<&'a str>,
    options: &'a Options<'a>,
    existing: &'a Existing,
    references: References<'a>,
    variables: Taken,
    /// Files that are not configuration.
    texts: BTreeMap<String, String>,
    /// Configuration file → the blocks to add.
    blocks: BTreeMap<String, String>,
}

impl<'a> Writer<'a> {
    /// A writer for a directory, without any block.
    pub fn new(
        present: &Present<'a>,
        options: &'a Options<'a>,
        references: References<'a>,
        alias: Option<&'a str>,
    ) -> Self {
        let mut variables = Taken::default();
        for name in &present.existing.variables {
            variables.add(name);
        }
        Self {
            prefix: present.prefix,
            alias,
            options,
            existing: present.existing,
            references,
            variables,
            texts: BTreeMap::new(),
            blocks: BTreeMap::new(),
        }
    }

    /// Adds the blocks of an object.
    pub fn add(&mut self, addition: &Addition<'_>) -> Added {
        let resource = addition.kind.resource();
        let r#type = format!("{}_{}", self.prefix, resource.name);
        let address = format!("{type}.{}", addition.name, r#type = r#type);
        let mut block = Block::new("resource", &[&r#type, &addition.name]);
        if let Some(alias) = self.alias {
            block = block.with("provider", Expression::raw(alias));
        }
        let mut variables = String::new();
        for attribute in in_order(resource) {
            let version = rules::version_of(attribute, &resource.attributes);
            if let Some(version) = version.filter(|_| self.options.has_write_only) {
                let variable = self.variable(addition, attribute, version);
                let reference = format!("var.{}", variable.labels.concat());
                variables += &variable.text();
                variables.push('\n');
                block = block
                    .with(&attribute.name, Expression::raw(reference))
                    .with_comment(format!("{} = 1", version.name));
            }
            let value = addition.config.get(&attribute.name);
            if attribute.block {
                for element in blocks(value) {
                    let items = self.items(&attribute.attributes, element);
                    block = block.with_block(&attribute.name, items);
                }
            } else if let Some(expression) = self.expression(addition, attribute, value) {
                block = block.with(&attribute.name, expression);
            }
        }
        let mut import = Block::new("import", &[])
            .with("to", Expression::raw(&address))
            .with("id", self.import_id(resource, addition.found));
        if let Some(alias) = self.alias {
            import = import.with("provider", Expression::raw(alias));
        }
        let file = self.file(&resource.name);
        let text = format!("{variables}{}\n{}", block.text(), import.text());
        self.append(&file, &text);
        Added {
            address,
            noun: naming::noun(resource),
            name: addition.found.name.clone(),
            file,
        }
    }

    /// The ID of an import: what the map of identities has, or the ID itself.
    pub fn import_id(&mut self, resource: &Resource, found: &Found) -> Expression {
        let mut identities = resource.import_attributes();
        if let (Some(attribute), None) = (identities.next(), identities.next())
            && let Some(reference) = &attribute.reference
            && let Some(value) = found.identity.get(&attribute.name).as_str()
        {
            let expression = self.references.resolve(reference, value);
            if self.options.has_import_expressions {
                return expression;
            }
        }
        Expression::string(identity::import_id(resource, &found.identity).unwrap_or_default())
    }

    /// The variable for a secret, which is null: the object keeps what it has.
    fn variable(&mut self, addition: &Addition<'_>, attribute: &Attribute, version: &Attribute) -> Block {
        let resource = addition.kind.resource();
        let secret = attribute.twin_of.as_deref().unwrap_or(&attribute.name);
        let twins = resource.attributes.iter().filter(|other| other.write_only);
        let prefix = format!("{}_", resource.name);
        let mut wanted = addition.name.clone();
        if !wanted.starts_with(&prefix) {
            wanted.insert_str(0, &prefix);
        }
        if twins.count() > 1 {
            wanted = format!("{wanted}_{secret}");
        }
        let name = self.variables.take(&wanted, "_");
        let description = format!(
            "New `{secret}` of the {} {}. It is sent when `{}` changes, and may be null otherwise.",
            naming::noun(resource),
            addition.found.name,
            version.name
        );
        Block::new("variable", &[&name])
            .with("description", Expression::string(description))
            .with("type", Expression::raw("string"))
            .with("default", Expression::raw("null"))
            .with("ephemeral", Expression::raw("true"))
            .with("sensitive", Expression::raw("true"))
    }

    /// The expression for a value; `None` if it is not set.
    fn expression(
        &mut self,
        addition: &Addition<'_>,
        attribute: &Attribute,
        value: &Value,
    ) -> Option<Expression> {
        if let (Some(extension), Value::String(text)) = (&attribute.file, value)
            && !text.is_empty()
        {
            return Some(self.text_file(addition, attribute, extension, text));
        }
        self.value(attribute, value)
    }

    fn value(&mut self, attribute: &Attribute, value: &Value) -> Option<Expression> {
        Some(match value {
            Value::Null | Value::Unknown | Value::Secret(_) => return None,
            Value::String(text) => match &attribute.reference {
                Some(reference) => self.references.resolve(reference, text),
                None => Expression::string(text),
            },
            Value::Bool(bool) => Expression::raw(bool.to_string()),
            Value::Number(number) => Expression::raw(number.to_string()),
            Value::List(elements) | Value::Set(elements) => {
                let elements = elements
                    .iter()
                    .filter_map(|element| self.value(attribute, element));
                Expression::List(elements.collect())
            }
            Value::Map(entries) => {
                let entries = entries
                    .iter()
                    .filter_map(|(key, value)| Some((key.clone(), self.value(attribute, value)?)));
                Expression::Map(entries.collect())
            }
            Value::Object(_) => {
                let items = self.items(&attribute.attributes, value).into_iter();
                let entries = items.filter_map(|item| match item {
                    Item::Argument(name, value) => Some((name, value)),
                    Item::Block(..) | Item::Comment(_) => None,
                });
                Expression::Map(entries.collect())
            }
        })
    }

    /// The arguments and blocks of a nested object.
    fn items(&mut self, attributes: &[Attribute], object: &Value) -> Vec<Item> {
        let mut items = Vec::new();
        for attribute in attributes {
            let value = object.get(&attribute.name);
            if attribute.block {
                for element in blocks(value) {
                    let nested = self.items(&attribute.attributes, element);
                    items.push(Item::Block(attribute.name.to_string(), nested));
                }
            } else if let Some(expression) = self.value(attribute, value) {
                items.push(Item::Argument(attribute.name.to_string(), expression));
            }
        }
        items
    }

    /// The expression that reads a file with exactly this text, which is added.
    fn text_file(
        &mut self,
        addition: &Addition<'_>,
        attribute: &Attribute,
        extension: &str,
        text: &str,
    ) -> Expression {
        let resource = addition.kind.resource();
        // The state has Unicode's composed form.
        let text = match wire::field(attribute, &addition.found.response) {
            Some(Json::String(original)) if Value::string(original.as_str()).as_str() == Some(text) => {
                original
            }
            _ => text.to_owned(),
        };
        let folder = self.folder(&resource.name);
        let in_files = resource.attributes.iter().filter(|other| other.file.is_some());
        let stem = if in_files.count() > 1 {
            format!("{folder}/{}_{}", addition.name, attribute.name)
        } else {
            format!("{folder}/{}", addition.name)
        };
        for path in numbered(&stem, "_").map(|stem| format!("{stem}.{extension}")) {
            let present = (self.options.read)(&path);
            if self.texts.contains_key(&path)
                || present
                    .as_ref()
                    .is_some_and(|present| *present != text.as_bytes())
            {
                continue;
            }
            let expression = format!("file({})", quote_path(&path));
            if present.is_none() {
                self.texts.insert(path, text);
            }
            return Expression::raw(expression);
        }
        Expression::string(text)
    }

    /// The folder for the texts of a resource: one that is there, or a new one.
    fn folder(&self, name: &str) -> String {
        let is_free = |name: &String| self.existing.entries.get(name).is_none_or(|is_folder| *is_folder);
        candidates(name, "").find(is_free).unwrap_or_default()
    }

    /// The file to which blocks of this stem are added: one that this program wrote, or a new one.
    fn file(&self, stem: &str) -> String {
        let is_free = |name: &String| {
            let mut entries = self.existing.entries.iter();
            let same = entries.find(|(entry, _)| entry.eq_ignore_ascii_case(name));
            let is_read = other(name).is_none_or(|other| !self.existing.entries.contains_key(&other));
            is_read && same.is_none_or(|(entry, _)| entry == name && self.existing.is_own(entry))
        };
        candidates(stem, ".tf").find(is_free).unwrap_or_default()
    }

    fn append(&mut self, file: &str, text: &str) {
        let blocks = self.blocks.entry(file.to_owned()).or_default();
        if !blocks.is_empty() {
            blocks.push('\n');
        }
        blocks.push_str(text);
    }

    /// The references of the configuration that break when an object gets another name, as sentences.
    pub fn replaceable(&self) -> Vec<String> {
        let replaceable = self.references.replaceable().into_iter();
        let sentences = replaceable.map(|(data, resource)| {
            format!("`{data}` finds an object by its name that is `{resource}`: refer to that instead.")
        });
        sentences.collect()
    }

    /// Adds what the objects refer to, and returns all files.
    pub fn files(mut self, needs_requirement: bool) -> BTreeMap<String, Change> {
        let mut data: Vec<Block> = self.references.data_blocks().collect();
        data.sort_by(|one, other| one.labels.cmp(&other.labels));
        let file = self.file("data");
        for block in data {
            self.append(&file, &block.text());
        }
        if needs_requirement {
            let file = self.file("versions");
            let block = self.requirement();
            self.append(&file, &block.text());
        }
        let maps = self.references.maps();
        let mut contents: BTreeMap<String, String> = maps
            .map(|map| with_entries(map, self.existing, &self.file(&map.name)))
            .collect();
        for (file, blocks) in &self.blocks {
            let before = contents
                .remove(file)
                .unwrap_or_else(|| before(self.existing, file));
            let end = if before.ends_with('\n') { "" } else { "\n" };
            contents.insert(file.clone(), format!("{before}{end}\n{}", format(blocks)));
        }
        let configuration = contents.into_iter().map(|(file, after)| {
            let before = self.existing.files.get(&file).cloned();
            (file, Change { before, after })
        });
        let texts = self
            .texts
            .into_iter()
            .map(|(file, after)| (file, Change { before: None, after }));
        configuration.chain(texts).collect()
    }

    /// The block that requires the provider.
    fn requirement(&self) -> Block {
        let entry = format!(
            "{{\nsource = {}\nversion = {}\n}}",
            quote(self.options.source),
            quote(self.options.version)
        );
        let entry = Item::Argument(self.prefix.to_owned(), Expression::raw(entry));
        Block::new("terraform", &[]).with_block("required_providers", vec![entry])
    }
}

/// The content of a file to which blocks are added.
fn before(existing: &Existing, file: &str) -> String {
    let before = existing.files.get(file).cloned();
    before.unwrap_or_else(|| format!("{HEADER}\n"))
}

/// The names for a file or folder: this one, and others if it is taken.
fn candidates(stem: &str, extension: &str) -> impl Iterator<Item = String> {
    let others = numbered(format!("{stem}_adopted"), "_");
    let stems = std::iter::once(stem.to_owned()).chain(others);
    stems.map(move |stem| format!("{stem}{extension}"))
}

/// The attributes in the order of the block: the identity and the name, then those that are required, the others, and the blocks.
fn in_order(resource: &Resource) -> Vec<&Attribute> {
    let first: BTreeSet<&str> = resource
        .import_attributes()
        .map(|attribute| attribute.name.as_ref())
        .collect();
    let label = resource.label.as_deref();
    let mut attributes: Vec<&Attribute> = resource.attributes.iter().collect();
    attributes.sort_by_key(|attribute| {
        let name = attribute.name.as_ref();
        let is_required = attribute.mode == Mode::Required;
        let rank = match () {
            () if attribute.block => 4,
            () if first.contains(name) => 0,
            () if label == Some(name) => 1,
            () if is_required => 2,
            () => 3,
        };
        (rank, name)
    });
    attributes
}

/// The objects of a block or of several.
fn blocks(value: &Value) -> &[Value] {
    match value {
        Value::Object(_) => std::slice::from_ref(value),
        other => other.elements(),
    }
}

/// The path of a file of the module, as a template.
fn quote_path(path: &str) -> String {
    let quoted = quote(path);
    format!(
        "\"${{path.module}}/{}",
        quoted.strip_prefix('"').unwrap_or_default()
    )
}

/// The file of a map with its new entries, and its content.
fn with_entries(map: &Map, existing: &Existing, file: &str) -> (String, String) {
    let mut entries = map.added.clone();
    entries.sort_by(|(one, _), (other, _)| compare_str(one, other));
    let is_same = |present: &&LocalMap| present.name == map.name && existing.is_own(&present.file);
    if let Some(present) = existing.maps.iter().find(is_same)
        && let Some(text) = existing.files.get(&present.file)
        && let Some((before, after)) = text.split_at_checked(present.span.end - 1)
    {
        let before = before.trim_end_matches([' ', '\t']);
        let newline = if before.ends_with('\n') { "" } else { "\n" };
        let lines = entries
            .iter()
            .map(|(key, value)| format!("{} = {}\n", quote(key), quote(value)));
        let changed = format!("{before}{newline}{}{after}", lines.collect::<String>());
        let is_formatted = format(text) == *text;
        let changed = if is_formatted { format(&changed) } else { changed };
        return (present.file.clone(), changed);
    }
    let values = entries
        .into_iter()
        .map(|(key, value)| (key, Expression::String(value)));
    let block = Block::new("locals", &[]).with(&map.name, Expression::Map(values.collect()));
    let before = before(existing, file);
    (file.to_owned(), format!("{before}\n{}", format(&block.text())))
}
