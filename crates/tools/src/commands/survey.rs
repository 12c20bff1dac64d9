//! Where Terraform would look for a provider: the CLI configuration, or the directories it looks in untold.
//!
//! Tests: `tests/cli/doctor.rs`.

use std::path::{Path, PathBuf};

use super::context::Context;
use super::probe::Problem;
use crate::address::Address;
use crate::address::pattern::{Pattern, Selection};
use crate::hcl::config::{self, Block};
use crate::package::layout::{self, Package, Stray};
use crate::package::version::Version;

/// What Terraform knows of installing providers.
#[derive(Debug, Default)]
pub struct Survey {
    /// The file with `provider_installation`, if there is one.
    pub explicit: Option<PathBuf>,
    /// Directories with a program that is used as it is.
    pub overrides: Vec<(Address, PathBuf)>,
    /// Ways to install, in Terraform's order.
    pub methods: Vec<Method>,
    /// What is wrong with the CLI configuration itself.
    pub problems: Vec<Problem>,
}

/// A way to install providers.
#[derive(Clone, Debug)]
pub struct Method {
    /// Where from.
    pub place: Place,
    /// Which providers.
    pub selection: Selection,
}

/// Where providers come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A plugin directory.
    Directory(PathBuf),
    /// A network mirror.
    Network(String),
    /// The registry of the provider's host.
    Direct,
}

impl Survey {
    /// Reads the CLI configuration, and what is there where it says nothing.
    pub fn take(context: &Context) -> Self {
        let mut survey = Self::default();
        for file in survey.config_files(context) {
            survey.read(&file, context);
        }
        if survey.explicit.is_none() {
            survey.imply(context);
        }
        survey
    }

    /// Whether a program is used instead of an installed one.
    pub fn override_of(&self, address: &Address) -> Option<&Path> {
        let found = self
            .overrides
            .iter()
            .find(|(overridden, _)| overridden == address);
        found.map(|(_, directory)| directory.as_path())
    }

    /// The methods that may supply a provider.
    pub fn methods_of(&self, address: &Address) -> Vec<&Method> {
        // What is found in a directory that Terraform looks in untold is never asked of the registry.
        let is_local = self.explicit.is_none() && !self.local_packages(address).0.is_empty();
        self.methods
            .iter()
            .filter(|method| method.selection.allows(address) && !(is_local && method.place == Place::Direct))
            .collect()
    }

    /// The packages that are found on disk, in the order of the methods, and what only looks like one.
    pub fn local_packages(&self, address: &Address) -> (Vec<Package>, Vec<Stray>) {
        let mut found = (Vec::new(), Vec::new());
        for method in self
            .methods
            .iter()
            .filter(|method| method.selection.allows(address))
        {
            if let Place::Directory(root) = &method.place {
                let (packages, strays) = layout::scan(root, address);
                found.0.extend(packages);
                found.1.extend(strays);
            }
        }
        found
    }

    /// The versions that are found on disk, newest first.
    pub fn local_versions(&self, address: &Address) -> Vec<Version> {
        let mut versions: Vec<Version> = self
            .local_packages(address)
            .0
            .into_iter()
            .map(|package| package.version)
            .collect();
        versions.sort_by(|one, other| other.cmp(one));
        versions.dedup();
        versions
    }

    fn config_files(&mut self, context: &Context) -> Vec<PathBuf> {
        let environment = &context.environment;
        let named = environment
            .get("TF_CLI_CONFIG_FILE")
            .or_else(|| environment.get("TERRAFORM_CONFIG"));
        if let Some(named) = named {
            let path = context.directory.join(named);
            if path.is_file() {
                return vec![path];
            }
            self.problems.push(Problem::new(
                format!("The CLI configuration `{named}` (TF_CLI_CONFIG_FILE) does not exist"),
                "Unset TF_CLI_CONFIG_FILE, or set it to the path of the CLI configuration.",
            ));
            return Vec::new();
        }
        let mut files: Vec<PathBuf> = context
            .system
            .config_file(environment)
            .into_iter()
            .filter(|path| path.is_file())
            .collect();
        let settings = context.system.settings(environment);
        let entries = settings.and_then(|settings| std::fs::read_dir(settings).ok());
        let mut more: Vec<PathBuf> = entries
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "tfrc"))
            .collect();
        more.sort();
        files.append(&mut more);
        files
    }

    fn read(&mut self, file: &Path, context: &Context) {
        let shown = file.display();
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) => {
                self.problems.push(Problem::new(
                    format!("Failed to read the CLI configuration `{shown}`: {error}"),
                    "Make the file readable, or remove it.",
                ));
                return;
            }
        };
        let block = match config::parse(&text) {
            Ok(block) => block,
            Err(error) => {
                self.problems.push(Problem::new(
                    format!("The CLI configuration `{shown}` has a syntax error: {error}"),
                    "Correct that line. Terraform ignores a file that it cannot parse.",
                ));
                return;
            }
        };
        for installation in block.blocks("provider_installation") {
            if let Some(first) = &self.explicit {
                self.problems.push(Problem::new(
                    format!(
                        "`{shown}` has a second `provider_installation` block; the first is in `{}`",
                        first.display()
                    ),
                    "Keep one of the two blocks. Terraform accepts only one.",
                ));
                return;
            }
            self.explicit = Some(file.to_owned());
            self.installation(installation, file, context);
        }
    }

    fn installation(&mut self, block: &Block, file: &Path, context: &Context) {
        if block.keys.iter().skip(1).any(|key| key == "dev_overrides") {
            self.problems.push(Problem::new(
                format!(
                    "`dev_overrides` is not the first block of `provider_installation` in `{}`",
                    file.display()
                ),
                "Move `dev_overrides` before the other blocks, as Terraform requires.",
            ));
        }
        for key in &block.keys {
            for method in block.blocks(key) {
                match key.as_str() {
                    "dev_overrides" => self.dev_overrides(method, context),
                    "direct" => self.method(Place::Direct, method),
                    "filesystem_mirror" => match method.text("path") {
                        Some(path) => {
                            let path = context.directory.join(path);
                            if !path.is_dir() {
                                self.problems.push(Problem::new(
                                    format!("The filesystem mirror `{}` does not exist", path.display()),
                                    format!(
                                        "Create the directory, or correct the path in `{}`.",
                                        file.display()
                                    ),
                                ));
                            }
                            self.method(Place::Directory(path), method);
                        }
                        None => self.missing(key, "path", file),
                    },
                    "network_mirror" => match method.text("url") {
                        Some(url) => {
                            if !url.starts_with("https://") || !url.ends_with('/') {
                                self.problems.push(Problem::new(
                                    format!("The URL of the network mirror `{url}` does not start with `https://` or does not end with a slash"),
                                    format!("Correct the URL in `{}`. Terraform rejects it.", file.display()),
                                ));
                            }
                            self.method(Place::Network(url.to_owned()), method);
                        }
                        None => self.missing(key, "url", file),
                    },
                    other => self.problems.push(Problem::new(
                        format!(
                            "`provider_installation` in `{}` has an unknown block `{other}`",
                            file.display()
                        ),
                        "Use only `dev_overrides`, `filesystem_mirror`, `network_mirror` and `direct`.",
                    )),
                }
            }
        }
    }

    fn missing(&mut self, block: &str, argument: &str, file: &Path) {
        self.problems.push(Problem::new(
            format!(
                "A `{block}` block in `{}` has no `{argument}` argument",
                file.display()
            ),
            format!("Add the argument `{argument}`."),
        ));
    }

    fn dev_overrides(&mut self, block: &Block, context: &Context) {
        for key in &block.keys {
            let Some(path) = block.text(key) else { continue };
            let address = match Address::parse(key) {
                Ok(address) => address.resolved(),
                Err(error) => {
                    self.problems.push(Problem::new(
                        format!("`dev_overrides` has an invalid source address: {error}"),
                        error.suggestion,
                    ));
                    continue;
                }
            };
            match expand(path, context) {
                Ok(path) => self.overrides.push((address, context.directory.join(path))),
                Err(variable) => self.problems.push(Problem::new(
                    format!("The directory of `{key}` in `dev_overrides` uses the environment variable `{variable}`, which is not set"),
                    format!("Set {variable}, or write the path without it."),
                )),
            }
        }
    }

    fn method(&mut self, place: Place, block: &Block) {
        let mut selection = Selection::default();
        for (key, patterns) in [
            ("include", &mut selection.include),
            ("exclude", &mut selection.exclude),
        ] {
            for text in block.texts(key) {
                match Pattern::parse(text) {
                    Ok(pattern) => patterns.push(pattern),
                    Err(error) => self.problems.push(Problem::new(
                        format!("A block of `provider_installation` has an invalid `{key}`: {error}"),
                        "Correct the pattern. Until then, Terraform rejects the whole CLI configuration.",
                    )),
                }
            }
        }
        self.methods.push(Method { place, selection });
    }

    fn imply(&mut self, context: &Context) {
        let directories = context
            .system
            .implied_directories(&context.environment, &context.directory);
        let existing = directories.into_iter().filter(|directory| directory.is_dir());
        self.methods.extend(
            existing
                .map(Place::Directory)
                .chain([Place::Direct])
                .map(|place| Method {
                    place,
                    selection: Selection::default(),
                }),
        );
    }
}

/// `$NAME` and `${NAME}`; the name of a variable that is not set is the error.
fn expand(text: &str, context: &Context) -> Result<String, String> {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        expanded.push_str(before);
        let (name, remainder) = if let Some((name, remainder)) =
            after.strip_prefix('{').and_then(|braced| braced.split_once('}'))
        {
            (name, remainder)
        } else {
            let end = after
                .find(|character: char| !character.is_ascii_alphanumeric() && character != '_')
                .unwrap_or(after.len());
            after.split_at_checked(end).unwrap_or((after, ""))
        };
        expanded.push_str(context.environment.get(name).ok_or_else(|| name.to_owned())?);
        rest = remainder;
    }
    expanded.push_str(rest);
    Ok(expanded)
}
