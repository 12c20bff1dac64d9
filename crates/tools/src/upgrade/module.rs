//! The files of a directory, and what they say of providers.
//!
//! Tests: `crates/tools/tests/upgrade/main.rs`.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use hcl_edit::Span;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Attribute, Block, Body};

use crate::address::local;

/// The configuration in one directory.
#[derive(Debug)]
pub struct Module {
    /// Where it is.
    pub directory: PathBuf,
    /// Files that are read and may be changed, by name.
    pub files: Vec<File>,
    /// Files in JSON, which are left alone.
    pub json: Vec<String>,
    /// Override files, which are left alone.
    pub overrides: Vec<String>,
}

/// A file of a module.
#[derive(Debug)]
pub struct File {
    /// Its name in the directory.
    pub name: String,
    /// What is in it.
    pub text: String,
    /// The same, parsed.
    pub body: Body,
}

/// Why a module cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ModuleError {
    /// There is no configuration.
    #[error("`{}` is not a module directory: it contains no configuration files", .0.display())]
    NotAModule(PathBuf),
    /// A file cannot be read.
    #[error("failed to read `{}`: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// A file is no HCL.
    #[error("failed to load the configuration: `{name}` has a syntax error: {error}")]
    Syntax {
        /// Which.
        name: String,
        /// What is wrong.
        error: Box<hcl_edit::parser::Error>,
    },
}

/// An entry of a `required_providers`.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// The file it is in.
    pub file: &'a File,
    /// Its local name.
    pub name: &'a str,
    /// Its value.
    pub value: &'a Expression,
    /// Where key and value are in the file.
    pub span: Range<usize>,
    /// The source, if it is a plain text.
    pub source: Option<&'a str>,
    /// The constraints, if they are a plain text.
    pub version: Option<&'a str>,
}

impl Module {
    /// Reads a directory.
    pub fn load(directory: &Path) -> Result<Self, ModuleError> {
        let mut module = Self {
            directory: directory.to_owned(),
            files: Vec::new(),
            json: Vec::new(),
            overrides: Vec::new(),
        };
        let not_a_module = || ModuleError::NotAModule(directory.to_owned());
        let entries = std::fs::read_dir(directory).map_err(|_| not_a_module())?;
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| !is_ignored(name) && directory.join(name).is_file())
            .collect();
        names.sort();
        for name in names {
            let (stem, is_json) = match (name.strip_suffix(".tf"), name.strip_suffix(".tf.json")) {
                (Some(stem), _) => (stem, false),
                (None, Some(stem)) => (stem, true),
                (None, None) => continue,
            };
            if stem == "override" || stem.ends_with("_override") {
                module.overrides.push(name);
            } else if is_json {
                module.json.push(name);
            } else {
                module.files.push(File::load(directory, name)?);
            }
        }
        if module.files.is_empty() && module.json.is_empty() && module.overrides.is_empty() {
            return Err(not_a_module());
        }
        Ok(module)
    }

    /// Every entry of every `required_providers`, in the order of the files.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.files.iter().flat_map(File::entries)
    }

    /// Every `required_version`, with the file it is in.
    pub fn required_versions(&self) -> impl Iterator<Item = (&File, &str)> {
        self.files.iter().flat_map(|file| {
            let terraform = file.body.get_blocks("terraform");
            terraform.filter_map(move |block| Some((file, text(&block.body, "required_version")?)))
        })
    }

    /// The local names of providers that are configured or used, each with the `version` of its blocks.
    ///
    /// `terraform` is not among them: it is part of Terraform.
    pub fn used(&self) -> BTreeMap<String, Vec<String>> {
        let mut used: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for block in self.files.iter().flat_map(|file| file.body.blocks()) {
            let label = block
                .labels
                .first()
                .map(hcl_edit::structure::BlockLabel::as_str)
                .unwrap_or_default();
            match block.ident.as_str() {
                "provider" => {
                    let version = text(&block.body, "version").map(str::to_owned);
                    used.entry(label.to_owned()).or_default().extend(version);
                }
                "resource" | "data" => {
                    let name = referenced(block).unwrap_or_else(|| local::implied_by(label).to_owned());
                    used.entry(name).or_default();
                }
                _ => {}
            }
        }
        used.remove("terraform");
        used.remove("");
        used
    }

    /// The types of resources and data sources, with the local name of the provider that each is of.
    pub fn resources(&self) -> impl Iterator<Item = (String, String)> {
        let blocks = self.files.iter().flat_map(|file| file.body.blocks());
        blocks
            .filter(|block| matches!(block.ident.as_str(), "resource" | "data"))
            .filter_map(|block| {
                let label = block.labels.first()?.as_str();
                let name = referenced(block).unwrap_or_else(|| local::implied_by(label).to_owned());
                Some((label.to_owned(), name))
            })
    }
}

impl File {
    fn load(directory: &Path, name: String) -> Result<Self, ModuleError> {
        let path = directory.join(&name);
        let text = std::fs::read_to_string(&path).map_err(|error| ModuleError::File { path, error })?;
        Self::parse(name, text)
    }

    /// Parses a file.
    pub fn parse(name: String, text: String) -> Result<Self, ModuleError> {
        match hcl_edit::parser::parse_body(&text) {
            Ok(body) => Ok(Self { name, text, body }),
            Err(error) => Err(ModuleError::Syntax {
                name,
                error: Box::new(error),
            }),
        }
    }

    /// The `terraform` blocks.
    pub fn terraform_blocks(&self) -> impl Iterator<Item = &Block> {
        self.body
            .blocks()
            .filter(|block| block.ident.as_str() == "terraform")
    }

    /// The `required_providers` blocks.
    pub fn required_providers(&self) -> impl Iterator<Item = &Block> {
        self.terraform_blocks()
            .flat_map(|block| block.body.blocks())
            .filter(|block| block.ident.as_str() == "required_providers")
    }

    /// The entries of its `required_providers` blocks.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.required_providers()
            .flat_map(|block| block.body.attributes())
            .filter_map(|attribute| self.entry(attribute))
    }

    /// An attribute of a `required_providers` block.
    pub fn entry<'a>(&'a self, attribute: &'a Attribute) -> Option<Entry<'a>> {
        let value = &attribute.value;
        let member = |wanted: &str| {
            let (_, found) = value
                .as_object()?
                .iter()
                .find(|(key, _)| key_text(key) == Some(wanted))?;
            found.expr().as_str()
        };
        Some(Entry {
            file: self,
            name: attribute.key.as_str(),
            value,
            span: attribute.span()?,
            source: member("source"),
            version: value.as_str().or_else(|| member("version")),
        })
    }
}

/// The text of a key of an object, if it is a plain one.
pub fn key_text(key: &hcl_edit::expr::ObjectKey) -> Option<&str> {
    match key {
        hcl_edit::expr::ObjectKey::Ident(name) => Some(name.as_str()),
        hcl_edit::expr::ObjectKey::Expression(expression) => match expression.as_variable() {
            Some(name) => Some(name.as_str()),
            None => expression.as_str(),
        },
    }
}

/// The local name in `provider = NAME.ALIAS`; before 0.12 that was a string.
fn referenced(block: &Block) -> Option<String> {
    let value = &block.body.get_attribute("provider")?.value;
    let name = match value {
        Expression::Variable(name) => name.as_str(),
        Expression::Traversal(traversal) => traversal.expr.as_variable()?.as_str(),
        _ => value.as_str()?.split('.').next()?,
    };
    Some(name.to_owned())
}

fn text<'a>(body: &'a Body, key: &str) -> Option<&'a str> {
    body.get_attribute(key)?.value.as_str()
}

/// What editors leave behind, and what is hidden.
fn is_ignored(name: &str) -> bool {
    name.starts_with('.') || name.ends_with('~') || (name.starts_with('#') && name.ends_with('#'))
}
