//! The provider installation methods of Terraform: those of the CLI configuration, or else the implied ones.
//!
//! Source: <https://developer.hashicorp.com/terraform/cli/config/config-file#provider-installation> and
//! <https://github.com/hashicorp/terraform/blob/main/internal/command/cliconfig/provider_installation.go>.
//!
//! Tests: `tests/cli/doctor.rs`.

use std::path::{Path, PathBuf};

use super::context::Context;
use super::probe::Problem;
use crate::address::Address;
use crate::address::pattern::{Pattern, Selection};
use crate::hcl::config::{self, Block};
use crate::package::layout::{self, IgnoredPath, Package};
use crate::package::version::Version;

/// How Terraform installs providers.
#[derive(Debug, Default)]
pub struct ProviderInstallation {
    /// The file with the `provider_installation` block; `None` if the methods are the implied ones.
    pub explicit_file: Option<PathBuf>,
    /// The directories in `dev_overrides`, by provider.
    pub dev_overrides: Vec<(Address, PathBuf)>,
    /// The installation methods, in Terraform's order.
    pub methods: Vec<Method>,
    /// The problems of the CLI configuration.
    pub problems: Vec<Problem>,
}

/// An installation method.
#[derive(Clone, Debug)]
pub struct Method {
    /// Where the method installs providers from.
    pub location: Location,
    /// The providers that it may install.
    pub selection: Selection,
}

/// A place from which Terraform installs providers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A plugin directory: a filesystem mirror, explicit or implied.
    Directory(PathBuf),
    /// The URL of a network mirror.
    Network(String),
    /// The registry at the host of the provider's address.
    Direct,
}

impl ProviderInstallation {
    /// Reads the CLI configuration. Without a `provider_installation` block, the methods are the implied ones.
    pub fn read(context: &Context) -> Self {
        let mut installation = Self::default();
        for file in installation.config_files(context) {
            installation.read_file(&file, context);
        }
        if installation.explicit_file.is_none() {
            installation.add_implied_methods(context);
        }
        installation
    }

    /// The directory or program that Terraform uses for a provider instead of an installed package.
    ///
    /// Source: <https://developer.hashicorp.com/terraform/cli/config/config-file#development-overrides-for-provider-developers>.
    pub fn dev_override(&self, address: &Address) -> Option<&Path> {
        let found = self
            .dev_overrides
            .iter()
            .find(|(overridden, _)| overridden == address);
        found.map(|(_, directory)| directory.as_path())
    }

    /// The methods by which Terraform may install a provider.
    pub fn methods_for(&self, address: &Address) -> Vec<&Method> {
        // Without a `provider_installation` block, Terraform does not query the registry for a provider that is in an
        // implied directory.
        let is_local = self.explicit_file.is_none() && !self.local_packages(address).0.is_empty();
        self.methods
            .iter()
            .filter(|method| {
                method.selection.allows(address) && !(is_local && method.location == Location::Direct)
            })
            .collect()
    }

    /// The packages of a provider on disk, in the order of the methods, and the paths there that Terraform ignores.
    pub fn local_packages(&self, address: &Address) -> (Vec<Package>, Vec<IgnoredPath>) {
        let mut found = (Vec::new(), Vec::new());
        for method in self
            .methods
            .iter()
            .filter(|method| method.selection.allows(address))
        {
            if let Location::Directory(root) = &method.location {
                let (packages, ignored) = layout::scan(root, address);
                found.0.extend(packages);
                found.1.extend(ignored);
            }
        }
        found
    }

    /// The versions of a provider on disk, newest first.
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

    /// The paths of the CLI configuration files that exist.
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
        let settings = context.system.settings_directory(environment);
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

    fn read_file(&mut self, file: &Path, context: &Context) {
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
            if let Some(first) = &self.explicit_file {
                self.problems.push(Problem::new(
                    format!(
                        "`{shown}` has a second `provider_installation` block; the first is in `{}`",
                        first.display()
                    ),
                    "Keep one of the two blocks. Terraform accepts only one.",
                ));
                return;
            }
            self.explicit_file = Some(file.to_owned());
            self.read_block(installation, file, context);
        }
    }

    fn read_block(&mut self, block: &Block, file: &Path, context: &Context) {
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
                    "dev_overrides" => self.read_dev_overrides(method, context),
                    "direct" => self.add_method(Location::Direct, method),
                    "filesystem_mirror" => match method.string("path") {
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
                            self.add_method(Location::Directory(path), method);
                        }
                        None => self.report_missing_argument(key, "path", file),
                    },
                    "network_mirror" => match method.string("url") {
                        Some(url) => {
                            if !url.starts_with("https://") || !url.ends_with('/') {
                                self.problems.push(Problem::new(
                                    format!("The URL of the network mirror `{url}` does not start with `https://` or does not end with a slash"),
                                    format!("Correct the URL in `{}`. Terraform rejects it.", file.display()),
                                ));
                            }
                            self.add_method(Location::Network(url.to_owned()), method);
                        }
                        None => self.report_missing_argument(key, "url", file),
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

    fn report_missing_argument(&mut self, block: &str, argument: &str, file: &Path) {
        self.problems.push(Problem::new(
            format!(
                "A `{block}` block in `{}` has no `{argument}` argument",
                file.display()
            ),
            format!("Add the argument `{argument}`."),
        ));
    }

    fn read_dev_overrides(&mut self, block: &Block, context: &Context) {
        for key in &block.keys {
            let Some(path) = block.string(key) else { continue };
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
            match expand_variables(path, context) {
                Ok(path) => self.dev_overrides.push((address, context.directory.join(path))),
                Err(variable) => self.problems.push(Problem::new(
                    format!("The directory of `{key}` in `dev_overrides` uses the environment variable `{variable}`, which is not set"),
                    format!("Set {variable}, or write the path without it."),
                )),
            }
        }
    }

    fn add_method(&mut self, location: Location, block: &Block) {
        let mut selection = Selection::default();
        for (key, patterns) in [
            ("include", &mut selection.include),
            ("exclude", &mut selection.exclude),
        ] {
            for pattern in block.strings(key) {
                match Pattern::parse(pattern) {
                    Ok(pattern) => patterns.push(pattern),
                    Err(error) => self.problems.push(Problem::new(
                        format!("A block of `provider_installation` has an invalid `{key}`: {error}"),
                        "Correct the pattern. Until then, Terraform rejects the whole CLI configuration.",
                    )),
                }
            }
        }
        self.methods.push(Method { location, selection });
    }

    /// Adds the existing implied directories and the registry.
    fn add_implied_methods(&mut self, context: &Context) {
        let directories = context
            .system
            .implied_directories(&context.environment, &context.directory);
        let existing = directories.into_iter().filter(|directory| directory.is_dir());
        self.methods.extend(
            existing
                .map(Location::Directory)
                .chain([Location::Direct])
                .map(|location| Method {
                    location,
                    selection: Selection::default(),
                }),
        );
    }
}

/// Replaces `$NAME` and `${NAME}` by environment variables.
///
/// # Errors
///
/// The name of the first variable that is not set.
fn expand_variables(path: &str, context: &Context) -> Result<String, String> {
    let mut expanded = String::new();
    let mut rest = path;
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
