//! The configuration files of a directory, and the providers that they require, configure and use.
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
    /// The directory.
    pub directory: PathBuf,
    /// The `.tf` files, which may be changed, sorted by name.
    pub files: Vec<File>,
    /// The names of `.tf.json` files, which are neither read nor changed.
    pub json_files: Vec<String>,
    /// The names of override files, which are neither read nor changed.
    pub override_files: Vec<String>,
}

/// A file of a module.
#[derive(Debug)]
pub struct File {
    /// Its name in the directory.
    pub name: String,
    /// Its content.
    pub text: String,
    /// Its parsed content, with spans into `text`.
    pub body: Body,
}

/// Why a module cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ModuleError {
    /// The directory has no configuration files.
    #[error("`{}` is not a module directory: it contains no configuration files", .0.display())]
    NotAModule(PathBuf),
    /// A file cannot be read.
    #[error("failed to read `{}`: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's error.
        error: std::io::Error,
    },
    /// A file is not valid HCL.
    #[error("failed to load the configuration: `{name}` has a syntax error: {error}")]
    Syntax {
        /// The name of the file.
        name: String,
        /// The parser's error.
        error: Box<hcl_edit::parser::Error>,
    },
}

/// An entry of a `required_providers` block.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// The file it is in.
    pub file: &'a File,
    /// Its local name.
    pub name: &'a str,
    /// Its value.
    pub value: &'a Expression,
    /// The bytes of key and value in the file.
    pub span: Range<usize>,
    /// The source, if it is a string without templates.
    pub source: Option<&'a str>,
    /// The version constraints, if they are a string without templates.
    pub version: Option<&'a str>,
}

impl Module {
    /// Reads the configuration files of a directory.
    ///
    /// # Errors
    ///
    /// [`ModuleError`], if there are no configuration files, or one cannot be read or is not valid HCL.
    pub fn load(directory: &Path) -> Result<Self, ModuleError> {
        let mut module = Self {
            directory: directory.to_owned(),
            files: Vec::new(),
            json_files: Vec::new(),
            override_files: Vec::new(),
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
                module.override_files.push(name);
            } else if is_json {
                module.json_files.push(name);
            } else {
                module.files.push(File::load(directory, name)?);
            }
        }
        if module.files.is_empty() && module.json_files.is_empty() && module.override_files.is_empty() {
            return Err(not_a_module());
        }
        Ok(module)
    }

    /// The entries of all `required_providers` blocks, in the order of the files.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.files.iter().flat_map(File::entries)
    }

    /// The `required_version` constraints, each with its file.
    pub fn required_versions(&self) -> impl Iterator<Item = (&File, &str)> {
        self.files.iter().flat_map(|file| {
            let terraform = file.body.get_blocks("terraform");
            terraform
                .filter_map(move |block| Some((file, string_attribute(&block.body, "required_version")?)))
        })
    }

    /// The local names of the providers that `provider` blocks configure or resources use, each with the `version`
    /// arguments of its `provider` blocks.
    ///
    /// The provider `terraform` is omitted, because it is built into Terraform.
    pub fn used_providers(&self) -> BTreeMap<String, Vec<String>> {
        let mut used: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for block in self.files.iter().flat_map(|file| file.body.blocks()) {
            let label = block
                .labels
                .first()
                .map(hcl_edit::structure::BlockLabel::as_str)
                .unwrap_or_default();
            match block.ident.as_str() {
                "provider" => {
                    let version = string_attribute(&block.body, "version").map(str::to_owned);
                    used.entry(label.to_owned()).or_default().extend(version);
                }
                "resource" | "data" => {
                    let name = provider_argument(block)
                        .unwrap_or_else(|| local::implied_local_name(label).to_owned());
                    used.entry(name).or_default();
                }
                _ => {}
            }
        }
        used.remove("terraform");
        used.remove("");
        used
    }

    /// The types of the resources and data sources, each with the local name of its provider.
    pub fn resources(&self) -> impl Iterator<Item = (String, String)> {
        let blocks = self.files.iter().flat_map(|file| file.body.blocks());
        blocks
            .filter(|block| matches!(block.ident.as_str(), "resource" | "data"))
            .filter_map(|block| {
                let label = block.labels.first()?.as_str();
                let name =
                    provider_argument(block).unwrap_or_else(|| local::implied_local_name(label).to_owned());
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

    /// Parses a file with this name and content.
    ///
    /// # Errors
    ///
    /// [`ModuleError::Syntax`], if the content is not valid HCL.
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

    /// The entry that an attribute of a `required_providers` block is.
    pub fn entry<'a>(&'a self, attribute: &'a Attribute) -> Option<Entry<'a>> {
        let value = &attribute.value;
        let member = |name: &str| {
            let (_, found) = value
                .as_object()?
                .iter()
                .find(|(key, _)| key_name(key) == Some(name))?;
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

/// The name of a key of an object, if it is an identifier or a string without templates.
pub fn key_name(key: &hcl_edit::expr::ObjectKey) -> Option<&str> {
    match key {
        hcl_edit::expr::ObjectKey::Ident(name) => Some(name.as_str()),
        hcl_edit::expr::ObjectKey::Expression(expression) => match expression.as_variable() {
            Some(name) => Some(name.as_str()),
            None => expression.as_str(),
        },
    }
}

/// The local name in `provider = NAME.ALIAS`, which was a string before Terraform 0.12.
fn provider_argument(block: &Block) -> Option<String> {
    let value = &block.body.get_attribute("provider")?.value;
    let name = match value {
        Expression::Variable(name) => name.as_str(),
        Expression::Traversal(traversal) => traversal.expr.as_variable()?.as_str(),
        _ => value.as_str()?.split('.').next()?,
    };
    Some(name.to_owned())
}

fn string_attribute<'a>(body: &'a Body, key: &str) -> Option<&'a str> {
    body.get_attribute(key)?.value.as_str()
}

/// Whether Terraform ignores a file: backups of editors and hidden files.
fn is_ignored(name: &str) -> bool {
    name.starts_with('.') || name.ends_with('~') || (name.starts_with('#') && name.ends_with('#'))
}
