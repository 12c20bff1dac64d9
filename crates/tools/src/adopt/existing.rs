//! What the configuration in the directory has already: names, import blocks, the maps of identities.
//!
//! Tests: `crates/tools/tests/adopt/main.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};

use hcl_edit::Span;
use hcl_edit::expr::{Expression, Traversal, TraversalOperator};
use hcl_edit::structure::{Block, Body};
use serde_json::Value as Json;

use super::uses::WholeLocals;
use crate::hcl::write::quote;
use crate::upgrade::module::key_name;

/// The first line of a file that this program wrote, by which it recognises the file.
pub const HEADER: &str = "# `adopt` wrote this file, and adds to it. It changes no block. Without this line, it leaves the file as it is.";

/// The index of an address that differs for each element of a `for_each`.
pub const EACH: &str = "[…]";

/// A configuration in one directory.
#[derive(Debug, Default)]
pub struct Existing {
    /// Everything in the directory → whether it is a folder.
    pub entries: BTreeMap<String, bool>,
    /// The configuration files → their content.
    pub files: BTreeMap<String, String>,
    /// The resources and data sources, as `TYPE.NAME` and `data.TYPE.NAME`.
    pub addresses: BTreeSet<String>,
    /// The names of the variables.
    pub variables: BTreeSet<String>,
    /// The names of the local values.
    pub locals: BTreeSet<String>,
    /// The local values that are strings.
    strings: BTreeMap<String, String>,
    /// The local values that are maps of strings.
    pub maps: Vec<LocalMap>,
    /// The local values that are used as a whole.
    pub whole: WholeLocals,
    /// The addresses of `moved` and `removed` blocks, without an index: no other object can have them.
    reserved: BTreeSet<String>,
    /// The resources, with their constant arguments.
    pub resources: Vec<ResourceBlock>,
    /// The import blocks.
    pub imports: Vec<Import>,
    /// The data sources in files that are not JSON whose arguments are all strings or bools.
    pub data: Vec<Data>,
    /// The local names of the providers in `required_providers`, each with its source if it has one.
    pub required: Vec<(String, Option<String>)>,
    /// The file with a `required_providers` block.
    pub required_providers: Option<String>,
    /// The file with a `backend` or `cloud` block: the state is elsewhere.
    pub backend: Option<String>,
    /// The provider blocks without an alias, by local name. A block of a later file changes that of an earlier one.
    pub providers: BTreeMap<String, BTreeMap<String, Argument>>,
}

/// An argument of a provider block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// The file that it is in.
    pub file: String,
    /// Its value: the content of a string, a number, or `true` or `false`. `None` if it is an expression that only Terraform can evaluate.
    pub value: Option<String>,
}

/// A local value that is a map of strings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalMap {
    /// Its name.
    pub name: String,
    /// The file that it is in.
    pub file: String,
    /// The bytes of the map in the file, with its braces.
    pub span: Range<usize>,
    /// Its entries in order, of those that are strings.
    pub entries: Vec<(String, String)>,
    /// Its keys; `None` if only Terraform can evaluate them.
    pub keys: Option<Vec<String>>,
}

/// A resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceBlock {
    /// Its address, such as `durantic_vip.web`; with [`EACH`] if there are several.
    pub address: String,
    /// The local name of its provider, if it names one.
    pub provider: Option<String>,
    /// Its arguments that are strings, or of all objects with `for_each`.
    pub arguments: BTreeMap<String, Vec<String>>,
    /// The local map of `for_each`.
    each: Option<String>,
}

/// An import block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The address that it imports to, such as `durantic_vip.web`.
    pub to: String,
    /// The ID, or the parts of the identity; empty if they are expressions that only Terraform can evaluate. With `for_each`, those of
    /// all objects.
    pub ids: Vec<String>,
    /// The local map of `for_each`.
    each: Option<String>,
    /// The file that it is in.
    pub file: String,
}

impl Import {
    /// Whether only Terraform can evaluate what it imports.
    pub fn is_unknown(&self) -> bool {
        self.ids.is_empty()
    }
}

/// A data source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Data {
    /// Its type.
    pub r#type: String,
    /// Its name.
    pub name: String,
    /// The local name of its provider, if it names one.
    pub provider: Option<String>,
    /// Its arguments, which are strings or bools, as JSON.
    pub arguments: BTreeMap<String, Json>,
}

/// Why a configuration cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ExistingError {
    /// A file or the directory cannot be read.
    #[error("failed to read `{}`: {error}", path.display())]
    File {
        /// The file or directory.
        path: PathBuf,
        /// The system's error.
        error: std::io::Error,
    },
    /// A file is not valid.
    #[error("`{name}` has a syntax error: {error}")]
    Syntax {
        /// The name of the file.
        name: String,
        /// The parser's error.
        error: String,
    },
}

impl Existing {
    /// Reads the configuration files of a directory, which may not exist yet. `OpenTofu` reads `x.tofu` in place of `x.tf`; Terraform ignores
    /// it.
    ///
    /// # Errors
    ///
    /// [`ExistingError`], if a file cannot be read or is not valid.
    pub fn load(directory: &Path, reader: Reader) -> Result<Self, ExistingError> {
        let mut existing = Self::default();
        let failure = |path: &Path| {
            let path = path.to_owned();
            move |error| ExistingError::File { path, error }
        };
        if !directory.exists() {
            return Ok(existing);
        }
        let entries = std::fs::read_dir(directory).map_err(failure(directory))?;
        for entry in entries {
            let name = entry.map_err(failure(directory))?.file_name();
            let Some(name) = name.to_str() else {
                if reader.reads(&name.to_string_lossy()) {
                    let error = std::io::Error::new(ErrorKind::InvalidData, "its name is not UTF-8");
                    return Err(failure(&directory.join(&name))(error));
                }
                continue;
            };
            let is_folder = directory.join(name).is_dir();
            existing.entries.insert(name.to_owned(), is_folder);
        }
        let is_folder = |name: &String| existing.entries.get(name) == Some(&true);
        let mut names: Vec<String> = existing
            .entries
            .keys()
            .filter(|name| reader.reads(name))
            .cloned()
            .collect();
        names.retain(|name| !is_folder(name) && !reader.has_other(name, &existing.entries));
        // Override files change what the others have.
        names.sort_by_key(|name| (is_override(name), name.clone()));
        for name in names {
            let path = directory.join(&name);
            let text = std::fs::read_to_string(&path).map_err(failure(&path))?;
            existing.add(&name, &text)?;
        }
        Ok(existing)
    }

    /// Adds a file with this content.
    ///
    /// # Errors
    ///
    /// [`ExistingError::Syntax`], if the content is not valid.
    pub fn add(&mut self, name: &str, text: &str) -> Result<(), ExistingError> {
        let syntax = |error: String| ExistingError::Syntax {
            name: name.to_owned(),
            error,
        };
        if Path::new(name)
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            let json: Json = serde_json::from_str(text).map_err(|error| syntax(error.to_string()))?;
            self.whole.add_json(&json);
            self.add_json(name, &json);
        } else {
            let body = hcl_edit::parser::parse_body(text.trim_start_matches('\u{feff}'))
                .map_err(|error| syntax(error.message().to_owned()))?;
            self.whole.add(&body);
            for block in body.blocks() {
                self.add_block(name, block);
            }
        }
        self.entries.insert(name.to_owned(), false);
        self.files.insert(name.to_owned(), text.to_owned());
        Ok(())
    }

    /// The names that resources of a type, or with `data.` data sources, cannot have any more.
    pub fn names<'a>(&'a self, r#type: &'a str) -> impl Iterator<Item = &'a str> {
        let addresses = self.addresses.iter().chain(&self.reserved);
        addresses.filter_map(move |address| address.strip_prefix(r#type)?.strip_prefix('.'))
    }

    /// Whether this program wrote a file.
    pub fn is_own(&self, file: &str) -> bool {
        self.files.get(file).is_some_and(|text| is_own(text))
    }

    /// The local name of a provider in `required_providers`, if it is there.
    pub fn provider(&self, is_source: impl Fn(&str) -> bool) -> Option<&str> {
        let mut required = self.required.iter();
        let found = required.find(|(_, source)| source.as_deref().is_some_and(&is_source));
        found.map(|(name, _)| name.as_str())
    }

    /// Resolves the IDs and arguments that are entries of a local map. Call it once all files are there.
    pub fn resolve(&mut self) {
        let mut imports = std::mem::take(&mut self.imports);
        for import in &mut imports {
            import.ids = self.resolved(import.each.as_deref(), &import.ids);
        }
        self.imports = imports;
        let mut resources = std::mem::take(&mut self.resources);
        for resource in &mut resources {
            for values in resource.arguments.values_mut() {
                *values = self.resolved(resource.each.as_deref(), values);
            }
        }
        self.resources = resources;
    }

    /// The values of constants. `each` is the local map of `for_each`.
    fn resolved(&self, each: Option<&str>, constants: &[String]) -> Vec<String> {
        let mut maps = self.maps.iter();
        let each = maps.find(|map| each == Some(&map.name));
        let each = each.map(|map| map.entries.as_slice()).unwrap_or_default();
        let values = constants.iter().flat_map(|constant| -> Vec<String> {
            match constant.as_str() {
                EACH_KEY => each.iter().map(|(key, _)| key.clone()).collect(),
                EACH_VALUE => each.iter().map(|(_, value)| value.clone()).collect(),
                _ => {
                    let name = constant.strip_prefix("local.");
                    let string = name.and_then(|name| self.strings.get(name));
                    let value = string.cloned().or_else(|| lookup(&self.maps, constant));
                    // An entry of a map that is missing may name the object.
                    let is_entry = name.is_none() || constant.contains('[');
                    let value = value.or_else(|| is_entry.then(|| constant.clone()));
                    value.into_iter().collect()
                }
            }
        });
        values.collect()
    }

    fn add_block(&mut self, file: &str, block: &Block) {
        let mut labels = block.labels.iter().map(hcl_edit::structure::BlockLabel::as_str);
        let (first, second) = (labels.next(), labels.next());
        match (block.ident.as_str(), first, second) {
            ("resource", Some(r#type), Some(name)) => {
                let address = format!("{type}.{name}");
                let count = block.body.get_attribute("count");
                if count.is_some_and(|count| count.value.as_number() == Some(&0.into())) {
                    self.addresses.insert(address);
                    return;
                }
                let is_repeated = ["for_each", "count"]
                    .iter()
                    .any(|name| block.body.has_attribute(name));
                let arguments = block.body.attributes().filter_map(|attribute| {
                    let value = constant(&attribute.value)?;
                    Some((attribute.key.as_str().to_owned(), vec![value]))
                });
                self.resources.push(ResourceBlock {
                    address: if is_repeated {
                        format!("{address}{EACH}")
                    } else {
                        address.clone()
                    },
                    provider: provider(&block.body),
                    arguments: arguments.collect(),
                    each: local_map(&block.body),
                });
                self.addresses.insert(address);
            }
            ("moved" | "removed", ..) => {
                let ends = ["from", "to"]
                    .iter()
                    .filter_map(|end| block.body.get_attribute(end));
                let addresses = ends.filter_map(|attribute| address(&attribute.value));
                self.reserved
                    .extend(addresses.map(|address| without_index(&address).to_owned()));
            }
            ("data", Some(r#type), Some(name)) => {
                // An override file changes its arguments.
                if !self.addresses.insert(format!("data.{type}.{name}")) {
                    self.data
                        .retain(|data| (data.r#type.as_str(), data.name.as_str()) != (r#type, name));
                } else if let Some(data) = data(r#type, name, &block.body) {
                    self.data.push(data);
                }
            }
            ("check", ..) => {
                for block in block.body.get_blocks("data") {
                    let labels = block.labels.iter().map(hcl_edit::structure::BlockLabel::as_str);
                    let labels: Vec<&str> = labels.collect();
                    self.addresses.insert(format!("data.{}", labels.join(".")));
                }
            }
            ("variable", Some(name), _) => {
                self.variables.insert(name.to_owned());
            }
            ("locals", ..) => self.add_locals(file, &block.body),
            ("import", ..) => self.imports.extend(import(file, &block.body)),
            ("provider", Some(name), _) if !block.body.has_attribute("alias") => {
                let arguments = block.body.attributes().map(|attribute| {
                    let value = &attribute.value;
                    let string = value.as_str().map(str::to_owned);
                    let bool = || value.as_bool().map(|bool| bool.to_string());
                    let number = || value.as_number().map(ToString::to_string);
                    let value = string.or_else(bool).or_else(number);
                    (attribute.key.as_str().to_owned(), value)
                });
                self.add_provider(file, name, arguments.collect());
            }
            ("terraform", ..) => {
                for block in block.body.blocks() {
                    if matches!(block.ident.as_str(), "backend" | "cloud") {
                        self.backend = Some(file.to_owned());
                    }
                    if block.ident.as_str() == "required_providers" {
                        self.required_providers = Some(file.to_owned());
                        self.required.extend(block.body.attributes().map(|attribute| {
                            let source = member(&attribute.value, "source");
                            (attribute.key.as_str().to_owned(), source)
                        }));
                    }
                }
            }
            _ => {}
        }
    }

    fn add_provider(&mut self, file: &str, name: &str, arguments: Vec<(String, Option<String>)>) {
        let provider = self.providers.entry(name.to_owned()).or_default();
        for (name, value) in arguments {
            let file = file.to_owned();
            provider.insert(name, Argument { file, value });
        }
    }

    fn add_locals(&mut self, file: &str, body: &Body) {
        for attribute in body.attributes() {
            let name = attribute.key.as_str().to_owned();
            if let Some(text) = attribute.value.as_str() {
                self.strings.insert(name.clone(), text.to_owned());
            }
            if let (Some(object), Some(span)) = (attribute.value.as_object(), attribute.value.span()) {
                let entries = object.iter().filter_map(|(key, value)| {
                    Some((key_name(key)?.to_owned(), value.expr().as_str()?.to_owned()))
                });
                let keys = object.iter().map(|(key, _)| key_name(key).map(str::to_owned));
                self.maps.push(LocalMap {
                    name: name.clone(),
                    file: file.to_owned(),
                    span,
                    entries: entries.collect(),
                    keys: keys.collect(),
                });
            }
            self.locals.insert(name);
        }
    }

    /// Adds a file in JSON, in which each block may be an object or a list of objects.
    fn add_json(&mut self, file: &str, json: &Json) {
        let tables = |key: &str| {
            let roots = objects(json).into_iter();
            roots
                .filter_map(|root| root.get(key))
                .flat_map(objects)
                .collect::<Vec<_>>()
        };
        let labelled = |key: &str| {
            let entries = tables(key).into_iter().flatten();
            entries.flat_map(|(label, body)| objects(body).into_iter().map(move |body| (label, body)))
        };
        let text = |body: &serde_json::Map<String, Json>, key: &str| {
            let text = body
                .get(key)
                .and_then(Json::as_str)
                .filter(|text| !text.contains("${"));
            text.map(str::to_owned)
        };
        for (key, prefix) in [("resource", ""), ("data", "data.")] {
            for (r#type, named) in labelled(key) {
                for (name, bodies) in named {
                    let address = format!("{prefix}{type}.{name}");
                    let has_instances = |body: &&serde_json::Map<String, Json>| {
                        body.get("count").and_then(Json::as_u64) != Some(0)
                    };
                    let bodies = objects(bodies).into_iter().filter(has_instances);
                    for body in bodies.filter(|_| prefix.is_empty()) {
                        let arguments = body
                            .keys()
                            .filter_map(|key| Some((key.clone(), vec![text(body, key)?])));
                        self.resources.push(ResourceBlock {
                            address: if body.contains_key("for_each") || body.contains_key("count") {
                                format!("{address}{EACH}")
                            } else {
                                address.clone()
                            },
                            provider: text(body, "provider"),
                            arguments: arguments.collect(),
                            each: None,
                        });
                    }
                    self.addresses.insert(address);
                }
            }
        }
        self.variables
            .extend(labelled("variable").map(|(name, _)| name.clone()));
        self.locals.extend(
            tables("locals")
                .into_iter()
                .flatten()
                .map(|(name, _)| name.clone()),
        );
        for block in tables("moved").into_iter().chain(tables("removed")) {
            let ends = ["from", "to"].iter().filter_map(|end| text(block, end));
            self.reserved
                .extend(ends.map(|address| without_index(&address).to_owned()));
        }
        for import in tables("import") {
            let parts = import.get("identity").map(objects).unwrap_or_default();
            let parts = parts
                .into_iter()
                .flat_map(|part| part.keys().filter_map(move |key| text(part, key)));
            self.imports.extend(text(import, "to").map(|to| Import {
                to,
                ids: text(import, "id").into_iter().chain(parts).collect(),
                each: None,
                file: file.to_owned(),
            }));
        }
        for (name, block) in labelled("provider").filter(|(_, block)| !block.contains_key("alias")) {
            let arguments = block.iter().map(|(name, value)| {
                let literal = (value.is_boolean() || value.is_number()).then(|| value.to_string());
                (name.clone(), text(block, name).or(literal))
            });
            self.add_provider(file, name, arguments.collect());
        }
        for terraform in tables("terraform") {
            if terraform.contains_key("backend") || terraform.contains_key("cloud") {
                self.backend = Some(file.to_owned());
            }
            let required = terraform
                .get("required_providers")
                .map(objects)
                .unwrap_or_default();
            for (name, entry) in required.into_iter().flatten() {
                self.required_providers = Some(file.to_owned());
                let source = entry.get("source").and_then(Json::as_str);
                self.required.push((name.clone(), source.map(str::to_owned)));
            }
        }
    }
}

/// A data source; `None` if it has an argument that only Terraform can evaluate, such as `count`.
fn data(r#type: &str, name: &str, body: &Body) -> Option<Data> {
    let mut data = Data {
        r#type: r#type.to_owned(),
        name: name.to_owned(),
        provider: provider(body),
        arguments: BTreeMap::new(),
    };
    for attribute in body.attributes() {
        let value = &attribute.value;
        if attribute.key.as_str() == "provider" {
            continue;
        }
        let text = value.as_str().map(|text| Json::String(text.to_owned()));
        let json = text.or_else(|| value.as_bool().map(Json::Bool))?;
        data.arguments.insert(attribute.key.as_str().to_owned(), json);
    }
    Some(data)
}

/// The local name of the provider that a block names, such as `durantic` or `durantic.other`.
fn provider(body: &Body) -> Option<String> {
    let value = &body.get_attribute("provider")?.value;
    let name = value.as_variable().map(|name| name.as_str().to_owned());
    // Early versions of Terraform had it in quotes.
    let quoted = || value.as_str().map(str::to_owned);
    name.or_else(|| address(value)).or_else(quoted)
}

/// The objects that a block is in JSON: one, or a list of several.
fn objects(json: &Json) -> Vec<&serde_json::Map<String, Json>> {
    match json {
        Json::Object(object) => vec![object],
        Json::Array(elements) => elements.iter().filter_map(Json::as_object).collect(),
        _ => Vec::new(),
    }
}

/// Whether this program wrote a file with this content.
pub fn is_own(text: &str) -> bool {
    text.lines().next().is_some_and(|line| line.trim_end() == HEADER)
}

/// The program that reads the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Terraform, which reads `.tf` and `.tf.json`.
    Terraform,
    /// `OpenTofu`, which reads `.tofu` and `.tofu.json` as well.
    OpenTofu,
}

impl Reader {
    /// Whether it reads a file as configuration.
    fn reads(self, name: &str) -> bool {
        let extensions: &[&str] = match self {
            Self::Terraform => &[".tf", ".tf.json"],
            Self::OpenTofu => &[".tf", ".tf.json", ".tofu", ".tofu.json"],
        };
        let is_ignored =
            name.starts_with('.') || name.ends_with('~') || (name.starts_with('#') && name.ends_with('#'));
        !is_ignored && extensions.iter().any(|extension| name.ends_with(extension))
    }

    /// Whether it reads another file in place of this one.
    fn has_other(self, name: &str, entries: &BTreeMap<String, bool>) -> bool {
        self == Self::OpenTofu && other(name).is_some_and(|other| entries.contains_key(&other))
    }
}

/// The file that `OpenTofu` reads in place of this one: `x.tofu` for `x.tf`.
pub fn other(name: &str) -> Option<String> {
    let (stem, extension) = match name.strip_suffix(".json") {
        Some(name) => (name, ".json"),
        None => (name, ""),
    };
    Some(format!("{}.tofu{extension}", stem.strip_suffix(".tf")?))
}

fn is_override(name: &str) -> bool {
    let stem = name.strip_suffix(".json").unwrap_or(name);
    let stem = stem.strip_suffix(".tf").or_else(|| stem.strip_suffix(".tofu"));
    stem.is_some_and(|stem| stem == "override" || stem.ends_with("_override"))
}

fn import(file: &str, body: &Body) -> Option<Import> {
    let to = &body.get_attribute("to")?.value;
    let id = body.get_attribute("id").map(|attribute| &attribute.value);
    let identity = body.get_attribute("identity").map(|attribute| &attribute.value);
    let parts = identity.and_then(Expression::as_object).into_iter();
    let parts = parts.flat_map(|object| object.iter().map(|(_, value)| value.expr()));
    Some(Import {
        to: address(to)?,
        ids: id.into_iter().chain(parts).filter_map(constant).collect(),
        each: local_map(body),
        file: file.to_owned(),
    })
}

/// The local map of `for_each`.
fn local_map(body: &Body) -> Option<String> {
    let each = address(&body.get_attribute("for_each")?.value)?;
    each.strip_prefix("local.").map(str::to_owned)
}

/// The address of a resource, without the index of an object.
pub fn without_index(address: &str) -> &str {
    address.split_once('[').map_or(address, |(address, _)| address)
}

/// The text of a reference such as `durantic_vip.web` or `durantic_vip.web["a"]`.
fn address(expression: &Expression) -> Option<String> {
    let traversal = expression.as_traversal()?;
    let mut text = traversal.expr.as_variable()?.as_str().to_owned();
    for operator in &traversal.operators {
        match operator.value() {
            TraversalOperator::GetAttr(name) => {
                text.push('.');
                text.push_str(name.as_str());
            }
            TraversalOperator::Index(Expression::String(key)) => {
                let _ = write!(text, "[{}]", quote(key));
            }
            TraversalOperator::Index(Expression::Number(index)) => {
                let _ = write!(text, "[{index}]");
            }
            // Such as `each.key`.
            TraversalOperator::Index(_) => text.push_str(EACH),
            _ => return None,
        }
    }
    Some(text)
}

/// The key and the value of an element of `for_each`.
const EACH_KEY: &str = "each.key";
const EACH_VALUE: &str = "each.value";

/// A string; or an entry of a local map as `local.NAME["KEY"]`, or an element of `for_each`, which [`Existing::resolve`] replaces.
fn constant(expression: &Expression) -> Option<String> {
    match expression {
        Expression::Traversal(traversal) => entry(traversal).or_else(|| {
            let address = address(expression)?;
            let is_local = address.starts_with("local.") && !address.contains('[');
            (is_local || matches!(address.as_str(), EACH_KEY | EACH_VALUE)).then_some(address)
        }),
        other => other.as_str().map(str::to_owned),
    }
}

fn entry(traversal: &Traversal) -> Option<String> {
    let is_local = traversal
        .expr
        .as_variable()
        .is_some_and(|name| name.as_str() == "local");
    let mut operators = traversal.operators.iter().map(hcl_edit::Decorated::value);
    match (is_local, operators.next()?, operators.next()?, operators.next()) {
        (true, TraversalOperator::GetAttr(name), TraversalOperator::Index(Expression::String(key)), None) => {
            Some(entry_of(name.as_str(), key))
        }
        (true, TraversalOperator::GetAttr(name), TraversalOperator::GetAttr(key), None) => {
            Some(entry_of(name.as_str(), key.as_str()))
        }
        _ => None,
    }
}

/// The expression for an entry of a local map.
pub fn entry_of(map: &str, key: &str) -> String {
    format!("local.{map}[{}]", quote(key))
}

fn lookup(maps: &[LocalMap], expression: &str) -> Option<String> {
    maps.iter().find_map(|map| {
        let mut entries = map.entries.iter();
        let found = entries.find(|(key, _)| entry_of(&map.name, key) == expression);
        found.map(|(_, value)| value.clone())
    })
}

/// A member of an object that is a string.
fn member(value: &Expression, name: &str) -> Option<String> {
    let (_, found) = value
        .as_object()?
        .iter()
        .find(|(key, _)| key_name(key) == Some(name))?;
    found.expr().as_str().map(str::to_owned)
}
