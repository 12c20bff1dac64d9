//! The blocks and files that bring an account under Terraform.
//!
//! Whatever is there stays: new files are created, and new blocks are added at the end of files that this program wrote.
//!
//! Tests: `crates/tools/tests/adopt/main.rs`, `tests/terraform/adopt.rs`.

use std::collections::{BTreeMap, BTreeSet};

use engine::diagnostic::Diagnostics;
use engine::inventory::Found;
use engine::rules::WriteOnly;
use engine::{Definition, generate, identity, naming, validate, wire};
use schema::{Attribute, Resource};
use serde_json::Value as Json;
use value::Value;

use super::account::{Account, Kind, key};
use super::existing::{Existing, HEADER, Import, LocalMap};
use super::managed::Managed;
use super::names::{Taken, identifier};
use super::references::{Map, References};
use crate::hcl::format::format;
use crate::hcl::write::{Block, Expression, Item, quote};

/// What the user wants, and what the Terraform supports that will read the result.
pub struct Options<'a> {
    /// Whether objects are adopted that are not the account's own.
    pub include_official: bool,
    /// Whether an object with this name is wanted.
    pub is_wanted: &'a (dyn Fn(&str) -> bool + Send + Sync),
    /// Whether it has write-only arguments and ephemeral variables (1.11).
    pub has_write_only: bool,
    /// Whether the ID of an import block can be an expression (1.6).
    pub has_import_expressions: bool,
    /// The source of the provider, such as `durantic/durantic`.
    pub source: &'a str,
    /// The version constraint of the provider, such as `~> 1.3`.
    pub version: &'a str,
    /// Whether a source is that of the provider.
    pub is_source: &'a (dyn Fn(&str) -> bool + Send + Sync),
    /// Reads a file of the directory that is not configuration.
    pub read: &'a (dyn Fn(&str) -> Option<Vec<u8>> + Send + Sync),
}

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

/// What is known of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Terraform manages it.
    Managed,
    /// The configuration has an import block for it, which was not applied yet.
    Written,
    /// It is not the account's own.
    Official,
    /// Its name is not wanted.
    Unwanted,
    /// It can be adopted.
    New,
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
}

/// Returns what is known of an object.
pub fn state(
    kind: &Kind,
    found: &Found,
    existing: &Existing,
    managed: &Managed,
    options: &Options<'_>,
    prefix: &str,
) -> State {
    let resource = kind.resource();
    let key = key(resource, &found.identity);
    if key.is_some_and(|key| managed.contains(&key)) {
        State::Managed
    } else if found.is_official && !options.include_official {
        State::Official
    } else if !(options.is_wanted)(&found.name) {
        State::Unwanted
    } else if written(kind, found, existing, prefix).is_some() {
        State::Written
    } else {
        State::New
    }
}

/// Returns the import block of an object.
fn written<'a>(kind: &Kind, found: &Found, existing: &'a Existing, prefix: &str) -> Option<&'a Import> {
    let resource = kind.resource();
    let id = identity::import_id(resource, &found.identity)?;
    let parts: Vec<&str> = resource
        .import_attributes()
        .filter_map(|attribute| found.identity.get(&attribute.name).as_str())
        .collect();
    existing.imports.iter().find(|import| {
        // An address in a module begins with that of the module.
        let is_kind = kind.resources.iter().any(|resource| {
            let r#type = format!("{prefix}_{}", resource.name);
            import.to.split('.').any(|part| part == r#type)
        });
        let is_part = |part: &&str| import.ids.iter().any(|id| id.eq_ignore_ascii_case(part));
        let is_named = import.ids.iter().any(|written| {
            // An import by the URL of the object's page has the identity in it.
            written.eq_ignore_ascii_case(&id)
                || *written == found.name
                // The map may be missing at the moment.
                || (written.starts_with("local.") && written.ends_with(&format!("[{}]", quote(&found.name))))
                || (written.contains("://") && written.to_lowercase().contains(&id))
        });
        is_kind && (is_named || parts.iter().all(is_part))
    })
}

/// An object to add.
struct Addition<'a> {
    kind: &'a Kind,
    found: &'a Found,
    config: Value,
    name: String,
}

/// Returns what has to be written.
///
/// # Errors
///
/// [`WriteError`], if a file would have to change that this program did not write.
pub fn plan(
    definition: &'static Definition,
    account: &Account,
    existing: &Existing,
    managed: &Managed,
    options: &Options<'_>,
) -> Result<Plan, WriteError> {
    let prefix = &definition.provider.name;
    let provider = existing.provider(options.is_source);
    if let (None, Some(file)) = (provider, &existing.required_providers) {
        return Err(WriteError::Required { file: file.clone() });
    }
    let alias = provider
        .filter(|local| *local != prefix.as_ref())
        .map(str::to_owned);
    let mut plan = Plan {
        problems: account.failures.clone(),
        ..Plan::default()
    };
    let mut references = References::new(definition, account, existing, alias.clone());
    let mut additions = Vec::new();
    for (kind, objects) in &account.objects {
        let resource = kind.resource();
        let mut names = Taken::default();
        let r#type = format!("{prefix}_{}", resource.name);
        for address in &existing.addresses {
            if let Some((_, name)) = address.split_once('.').filter(|(other, _)| *other == r#type) {
                names.add(name);
            }
        }
        for found in sorted(objects) {
            let state = state(kind, found, existing, managed, options, prefix);
            if state != State::New {
                *plan.left.entry(state).or_default() += 1;
                if let Some(address) = present(kind, found, existing, managed, prefix) {
                    references.add(resource, &found.response, &address);
                }
                continue;
            }
            match configuration(kind, found) {
                Ok(config) => {
                    // An object without a name has its identity as its name.
                    let is_named =
                        identity::import_id(resource, &found.identity).as_ref() != Some(&found.name);
                    let name = if is_named { found.name.as_str() } else { "" };
                    let name = names.take(&identifier(name, &resource.name), "_");
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
    }
    let mut writer = Writer {
        prefix: prefix.to_string(),
        alias,
        options,
        existing,
        references,
        variables: Taken::default(),
        files: BTreeMap::new(),
        texts: BTreeMap::new(),
    };
    for name in &existing.variables {
        writer.variables.add(name);
    }
    // The map gets the objects in the order of their names, whatever refers to them first.
    for addition in &additions {
        writer.import_id(addition.kind.resource(), addition.found);
    }
    for addition in &additions {
        plan.added.push(writer.add(addition));
    }
    writer.finish(provider.is_none() && !additions.is_empty(), &mut plan);
    Ok(plan)
}

/// The objects by name, so that the same account gives the same files.
fn sorted(objects: &[Found]) -> Vec<&Found> {
    let mut sorted: Vec<&Found> = objects.iter().collect();
    sorted.sort_by(|one, other| (&one.name, &one.identity).cmp(&(&other.name, &other.identity)));
    sorted
}

/// The address of an object that the configuration has already.
fn present(
    kind: &Kind,
    found: &Found,
    existing: &Existing,
    managed: &Managed,
    prefix: &str,
) -> Option<String> {
    let resource = kind.resource();
    let managed = key(resource, &found.identity).and_then(|key| managed.address(&key).map(str::to_owned));
    let written = || written(kind, found, existing, prefix).map(|import| import.to.clone());
    let address = managed.or_else(written)?;
    let without_index = address
        .split_once('[')
        .map_or(address.as_str(), |(address, _)| address);
    existing.addresses.contains(without_index).then_some(address)
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

struct Writer<'a> {
    prefix: String,
    alias: Option<String>,
    options: &'a Options<'a>,
    existing: &'a Existing,
    references: References<'a>,
    variables: Taken,
    /// Files that are not configuration.
    files: BTreeMap<String, String>,
    /// Configuration file → the blocks to add.
    texts: BTreeMap<String, String>,
}

impl Writer<'_> {
    /// Adds the blocks of an object.
    fn add(&mut self, addition: &Addition<'_>) -> Added {
        let resource = addition.kind.resource();
        let r#type = format!("{}_{}", self.prefix, resource.name);
        let address = format!("{type}.{}", addition.name, r#type = r#type);
        let mut block = Block::new("resource", &[&r#type, &addition.name]);
        if let Some(alias) = &self.alias {
            block = block.with("provider", Expression::raw(alias));
        }
        let mut variables = String::new();
        for attribute in in_order(resource) {
            if attribute.write_only && attribute.twin_of.is_some() && self.options.has_write_only {
                let variable = self.variable(addition, attribute);
                let reference = format!("var.{}", variable.labels.concat());
                variables += &variable.text();
                variables.push('\n');
                block = block.with(&attribute.name, Expression::raw(reference));
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
        let import = Block::new("import", &[])
            .with("to", Expression::raw(&address))
            .with("id", self.import_id(resource, addition.found));
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
    fn import_id(&mut self, resource: &Resource, found: &Found) -> Expression {
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
    fn variable(&mut self, addition: &Addition<'_>, attribute: &Attribute) -> Block {
        let resource = addition.kind.resource();
        let secret = attribute.twin_of.as_deref().unwrap_or(&attribute.name);
        let twins = resource.attributes.iter().filter(|other| other.write_only);
        let mut wanted = format!("{}_{}", resource.name, addition.name);
        if twins.count() > 1 {
            wanted = format!("{wanted}_{secret}");
        }
        let name = self.variables.take(&wanted, "_");
        let description = format!(
            "New `{secret}` of the {} {}. It is sent when `{}_version` changes; null keeps the present one.",
            naming::noun(resource),
            addition.found.name,
            attribute.name
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
                    Item::Block(..) => None,
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
        let candidates = std::iter::once(stem.clone())
            .chain((2_u64..).map(|number| format!("{stem}_{number}")))
            .map(|stem| format!("{stem}.{extension}"));
        for path in candidates {
            let present = (self.options.read)(&path);
            if self.files.contains_key(&path)
                || present
                    .as_ref()
                    .is_some_and(|present| *present != text.as_bytes())
            {
                continue;
            }
            let expression = format!("file({})", quote_path(&path));
            if present.is_none() {
                self.files.insert(path, text);
            }
            return Expression::raw(expression);
        }
        Expression::string(text)
    }

    /// The folder for the texts of a resource: one that is there, or a new one.
    fn folder(&self, name: &str) -> String {
        let is_free = |name: &String| self.existing.entries.get(name).is_none_or(|is_folder| *is_folder);
        numbered(name, "").find(is_free).unwrap_or_default()
    }

    /// The file to which blocks of this stem are added: one that this program wrote, or a new one.
    fn file(&self, stem: &str) -> String {
        let is_free = |name: &String| {
            let mut entries = self.existing.entries.iter();
            let same = entries.find(|(entry, _)| entry.eq_ignore_ascii_case(name));
            same.is_none_or(|(entry, _)| entry == name && self.existing.is_own(entry))
        };
        numbered(stem, ".tf").find(is_free).unwrap_or_default()
    }

    fn append(&mut self, file: &str, text: &str) {
        let texts = self.texts.entry(file.to_owned()).or_default();
        if !texts.is_empty() {
            texts.push('\n');
        }
        texts.push_str(text);
    }

    /// Adds what the objects refer to, and collects the files.
    fn finish(mut self, needs_versions: bool, plan: &mut Plan) {
        let mut data: Vec<Block> = self.references.data_blocks().collect();
        data.sort_by(|one, other| one.labels.cmp(&other.labels));
        let file = self.file("data");
        for block in data {
            self.append(&file, &block.text());
        }
        if needs_versions {
            let entry = format!(
                "{{\nsource = {}\nversion = {}\n}}",
                quote(self.options.source),
                quote(self.options.version)
            );
            let required = vec![Item::Argument(self.prefix.clone(), Expression::raw(entry))];
            let block = Block::new("terraform", &[]).with_block("required_providers", required);
            let file = self.file("versions");
            self.append(&file, &block.text());
        }
        let mut contents: BTreeMap<String, String> = BTreeMap::new();
        let maps: Vec<(String, String)> = self
            .references
            .maps()
            .map(|map| with_entries(map, self.existing, &self.file(&map.name)))
            .collect();
        contents.extend(maps);
        for (file, text) in &self.texts {
            let before = contents
                .remove(file)
                .or_else(|| self.existing.files.get(file).cloned());
            let before = before.unwrap_or_else(|| format!("{HEADER}\n"));
            let end = if before.ends_with('\n') { "" } else { "\n" };
            contents.insert(file.clone(), format!("{before}{end}\n{}", format(text)));
        }
        for (file, after) in contents {
            let before = self.existing.files.get(&file).cloned();
            plan.files.insert(file, Change { before, after });
        }
        for (file, after) in self.files {
            plan.files.insert(file, Change { before: None, after });
        }
    }
}

/// The names for a file or folder: this one, and others if it is taken.
fn numbered(stem: &str, extension: &str) -> impl Iterator<Item = String> {
    let others = (1_u64..).map(move |number| {
        let number = if number == 1 {
            String::new()
        } else {
            format!("_{number}")
        };
        format!("{stem}_adopted{number}{extension}")
    });
    std::iter::once(format!("{stem}{extension}")).chain(others)
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
        let is_required = attribute.mode == schema::Mode::Required;
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
    entries.sort();
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
    let before = existing.files.get(file).cloned();
    let before = before.unwrap_or_else(|| format!("{HEADER}\n"));
    (file.to_owned(), format!("{before}\n{}", format(&block.text())))
}
