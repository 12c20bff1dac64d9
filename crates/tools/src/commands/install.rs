//! `install` and `uninstall`: put the program into a plugin directory, and remove it.
//!
//! Tests: `tests/cli/install.rs`.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::context::{CommandError, Console, Context, Status, parse_source};
use super::installation::{Location, ProviderInstallation};
use crate::address::{Address, local};
use crate::package::layout::{self, Form, Package};
use crate::package::version::Version;
use crate::package::{PackageError, archive, files, hash, lock};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Install under this source address instead of the published one; a provider that no registry has can use any host
    /// and namespace [default: the published address]
    #[arg(long)]
    source: Option<String>,
    /// Plugin directory to install into [default: the user's plugin directory, which Terraform searches]
    #[arg(long, value_name = "DIR")]
    plugin_dir: Option<PathBuf>,
    /// Install under this version number [default: the version of this program]
    #[arg(long, value_name = "VERSION", value_parser = Version::parse)]
    version: Option<Version>,
    /// Install a zip archive, as in a mirror, instead of an unpacked directory
    #[arg(long)]
    packed: bool,
}

#[derive(Debug, clap::Args)]
pub struct UninstallArguments {
    /// Source address of the installed provider [default: the published address]
    #[arg(long)]
    source: Option<String>,
    /// Plugin directory to remove from [default: the user's plugin directory]
    #[arg(long, value_name = "DIR")]
    plugin_dir: Option<PathBuf>,
    /// Version to remove [default: the version of this program]
    #[arg(long, value_name = "VERSION", value_parser = Version::parse, conflicts_with = "all_versions")]
    version: Option<Version>,
    /// Remove all versions
    #[arg(long)]
    all_versions: bool,
}

impl From<PackageError> for CommandError {
    fn from(error: PackageError) -> Self {
        let remedy = match &error {
            PackageError::File { error, .. }
                if matches!(
                    error.kind(),
                    io::ErrorKind::PermissionDenied
                        | io::ErrorKind::ReadOnlyFilesystem
                        | io::ErrorKind::NotFound
                        | io::ErrorKind::Unsupported
                ) =>
            {
                "Choose a directory that you can write to with --plugin-dir, or change its permissions."
            }
            PackageError::File { error, .. } if error.kind() == io::ErrorKind::StorageFull => {
                "Free some disk space, then run the command again. No partial file was left."
            }
            _ => {
                "Check the path, and remove a file or directory that is in the way. Then run the command again."
            }
        };
        Self::new(error, remedy)
    }
}

/// Writes this program as a package into a plugin directory, and prints the `required_providers` block and warnings.
///
/// # Errors
///
/// [`CommandError`], if the address cannot be used, the package cannot be written or the output is closed.
pub fn install(
    context: &Context,
    arguments: &Arguments,
    console: &mut Console<'_>,
) -> Result<Status, CommandError> {
    let address = installable_address(context, arguments.source.as_deref())?;
    let root = plugin_directory(context, arguments.plugin_dir.as_deref())?;
    let version = arguments
        .version
        .clone()
        .unwrap_or_else(|| context.version.clone());
    let form = if arguments.packed {
        Form::Packed
    } else {
        Form::Unpacked
    };
    let path = layout::package_path(&root, &address, &version, &context.platform, form);
    let package = Package {
        root: root.clone(),
        path,
        version,
        platform: context.platform.clone(),
        form,
    };

    let outcome = write_package(context, &address, &package);
    if outcome.is_err() {
        remove_empty_parents(&package);
    }
    let is_new = outcome?;
    let hash = package.hash()?;
    let done = if is_new { "Installed" } else { "Already installed" };
    writeln!(
        console.output,
        "{done}: {} {} ({})",
        address, package.version, package.platform
    )?;
    writeln!(console.output, "  {}\n  {hash}\n", package.path.display())?;
    writeln!(
        console.output,
        "Add this block to the configuration, then run `terraform init`:\n\n{}",
        required_providers_block(context, &address, &package.version)
    )?;
    for warning in warnings(context, &address, &package, &hash, arguments.plugin_dir.is_some()) {
        writeln!(console.errors, "warning: {warning}")?;
    }
    Ok(Status::Success)
}

/// Removes packages for this platform from a plugin directory.
///
/// # Errors
///
/// [`CommandError`], if the address cannot be used, a package cannot be removed or the output is closed.
pub fn uninstall(
    context: &Context,
    arguments: &UninstallArguments,
    console: &mut Console<'_>,
) -> Result<Status, CommandError> {
    let address = installable_address(context, arguments.source.as_deref())?;
    let root = plugin_directory(context, arguments.plugin_dir.as_deref())?;
    let version = arguments
        .version
        .clone()
        .unwrap_or_else(|| context.version.clone());
    let (packages, _) = layout::scan(&root, &address);
    let mut count = 0;
    for package in packages {
        let is_selected = arguments.all_versions || package.version == version;
        if !is_selected || package.platform != context.platform {
            continue;
        }
        remove(&package)?;
        writeln!(console.output, "Removed: {}", package.path.display())?;
        count += 1;
    }
    if count == 0 {
        let shown_version = if arguments.all_versions {
            String::new()
        } else {
            format!(" {version}")
        };
        writeln!(
            console.output,
            "Nothing to remove: {address}{shown_version} is not installed in {}",
            root.display()
        )?;
    }
    Ok(Status::Success)
}

/// Writes the package, and returns whether anything on disk was changed.
fn write_package(context: &Context, address: &Address, package: &Package) -> Result<bool, CommandError> {
    let name = layout::program_name(address, &package.version, &package.platform);
    let program = |action| PackageError::file(action, &context.program);
    let open = || File::open(&context.program).map_err(program("failed to open"));
    let is_new = match package.form {
        Form::Unpacked => {
            let path = package.path.join(&name);
            let is_same = path.is_file()
                && files::is_executable(&path)
                && file_sha256(&path)? == hash::sha256(open()?).map_err(program("failed to read"))?;
            if !is_same {
                let mut source = open()?;
                files::write_directory(&package.path, &name, files::Mode::Executable, |file| {
                    io::copy(&mut source, file).map(|_| ())
                })?;
            }
            // Other files would be part of the checksum, or Terraform might start one of them.
            let others = other_files(&package.path, &name)?;
            for other in &others {
                remove_path(other)?;
            }
            !is_same || !others.is_empty()
        }
        Form::Packed => {
            // The same program gives the same zip archive, so that comparing the bytes is enough.
            let mut source = open()?;
            let zip = archive::write(io::Cursor::new(Vec::new()), &name, &mut source)
                .map_err(|error| PackageError::Zip {
                    path: package.path.clone(),
                    error,
                })?
                .into_inner();
            let is_same = fs::read(&package.path).is_ok_and(|present| present == zip);
            if !is_same {
                files::write(&package.path, files::Mode::Plain, |file| file.write_all(&zip))?;
            }
            !is_same
        }
    };
    // The other form of the same version is removed, so that it is clear which one Terraform uses.
    let (present, _) = layout::scan(&package.root, address);
    let twin = present.iter().find(|other| {
        other.version == package.version && other.platform == package.platform && other.form != package.form
    });
    if let Some(twin) = twin {
        remove(twin)?;
        return Ok(true);
    }
    Ok(is_new)
}

fn file_sha256(path: &Path) -> Result<String, PackageError> {
    let file = File::open(path).map_err(PackageError::file("failed to open", path))?;
    hash::sha256(file).map_err(PackageError::file("failed to read", path))
}

/// The paths in a package's directory, except for its program.
fn other_files(directory: &Path, name: &str) -> Result<Vec<PathBuf>, PackageError> {
    let entries = fs::read_dir(directory).map_err(PackageError::file("failed to read", directory))?;
    Ok(entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.file_name().is_none_or(|present| present != name))
        .collect())
}

fn remove(package: &Package) -> Result<(), PackageError> {
    remove_path(&package.path)?;
    let parent = package.path.parent().unwrap_or(&package.root);
    for leftover in files::leftovers(parent) {
        remove_path(&leftover)?;
    }
    remove_empty_parents(package);
    Ok(())
}

/// Removes the empty directories between a package and its plugin directory.
fn remove_empty_parents(package: &Package) {
    if let Some(parent) = package.path.parent() {
        files::remove_empty_directories(parent, &package.root);
    }
}

fn remove_path(path: &Path) -> Result<(), PackageError> {
    let outcome = if path.is_dir() && !path.is_symlink() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
    match outcome {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(PackageError::file("failed to remove", path)(error))
        }
        _ => Ok(()),
    }
}

/// The address of the command line, or the published one, if a provider can be installed under it.
fn installable_address(context: &Context, source: Option<&str>) -> Result<Address, CommandError> {
    let address = match source {
        Some(source) => parse_source(source)?,
        None => context.own_address()?,
    };
    if address.is_built_in() || address.is_legacy() {
        return Err(CommandError::new(
            format!(
                "`{address}` cannot be installed: the provider is built into Terraform, or the address is from before Terraform 0.13"
            ),
            format!(
                "Use an address with your own namespace, for example `example.com/myorg/{}`.",
                context.identity.name
            ),
        ));
    }
    if cfg!(windows) && address.host().display().contains(':') {
        return Err(CommandError::new(
            format!(
                "`{address}` cannot be installed on Windows: directory names cannot contain the `:` before a port"
            ),
            "Use a host without a port. Any hostname works for a provider that no registry has.",
        ));
    }
    Ok(address)
}

/// The directory of the command line, or the user's plugin directory, which Terraform searches on every system.
fn plugin_directory(context: &Context, given: Option<&Path>) -> Result<PathBuf, CommandError> {
    if let Some(given) = given {
        return Ok(context.directory.join(given));
    }
    let settings = context.system.settings_directory(&context.environment);
    settings.map(|settings| settings.join("plugins")).ok_or_else(|| {
        CommandError::new(
            "failed to find the user's plugin directory: there is no home directory",
            "Set HOME (APPDATA on Windows), or choose a directory with --plugin-dir.",
        )
    })
}

/// The `required_providers` block for the package. With the provider's own local name, its resources need no `provider`
/// argument.
fn required_providers_block(context: &Context, address: &Address, version: &Version) -> String {
    let name = &context.identity.name;
    let local_name = if local::is_valid(name) {
        name
    } else {
        address.type_name()
    };
    format!(
        "terraform {{\n  required_providers {{\n    {local_name} = {{\n      source  = \"{address}\"\n      version = \
         \"{version}\"\n    }}\n  }}\n}}"
    )
}

/// Warnings of everything that takes precedence over the package, or over which the package takes precedence.
fn warnings(
    context: &Context,
    address: &Address,
    package: &Package,
    hash: &str,
    is_elsewhere: bool,
) -> Vec<String> {
    let installation = ProviderInstallation::read(context);
    let mut warnings: Vec<String> = address.warning().into_iter().collect();
    warnings.extend(
        installation
            .problems
            .iter()
            .map(|problem| format!("{}. {}", problem.message, problem.remedy)),
    );
    if let Some(directory) = installation.dev_override(address) {
        warnings.push(format!(
            "`dev_overrides` takes precedence over this package: Terraform starts the program in `{}`. Remove the entry for \
             `{address}` to use the installed package.",
            directory.display()
        ));
    }
    let is_searched = installation
        .methods_for(address)
        .iter()
        .any(|method| match &method.location {
            Location::Directory(directory) => same_directory(directory, &package.root),
            Location::Network(_) | Location::Direct => false,
        });
    match &installation.explicit_file {
        _ if is_searched => {}
        Some(file) => warnings.push(format!(
            "Terraform will not find this package: `provider_installation` in `{}` replaces the default plugin \
             directories. Add `filesystem_mirror {{ path = {:?} }}` to it.",
            file.display(),
            package.root.display().to_string()
        )),
        None if is_elsewhere => warnings.push(format!(
            "Terraform does not search `{}` by default: run `terraform init -plugin-dir={}`, or add a \
             `filesystem_mirror` with this path to `provider_installation`.",
            package.root.display(),
            package.root.display()
        )),
        None => {}
    }
    let (packages, _) = installation.local_packages(address);
    let is_searched_before = |other: &Package| {
        let position = |root: &Path| {
            installation
                .methods
                .iter()
                .position(|method| match &method.location {
                    Location::Directory(directory) => same_directory(directory, root),
                    Location::Network(_) | Location::Direct => false,
                })
        };
        position(&other.root) < position(&package.root)
    };
    for other in packages
        .iter()
        .filter(|other| !same_directory(&other.root, &package.root) || other.version != package.version)
    {
        let place = other.path.display();
        if other.platform != package.platform && other.version <= package.version {
            continue;
        }
        if other.version > package.version {
            warnings.push(format!(
                "Terraform prefers the newer version {} in `{place}` to this package, unless the configuration requires `{}`.",
                other.version, package.version
            ));
        } else if other.version < package.version {
            warnings.push(format!(
                "Terraform prefers this package to the older version {} in `{place}`, unless the configuration requires that version.",
                other.version
            ));
        } else if is_searched_before(other) {
            warnings.push(format!(
                "Terraform prefers the same version in `{place}` to this package: it searches that directory first. Remove one of them."
            ));
        } else {
            warnings.push(format!(
                "Terraform prefers this package to the same version in `{place}`. Remove one of them."
            ));
        }
    }
    match lock::read(&context.directory) {
        Err(error) => warnings.push(format!(
            "{error}. Remove `{}` and run `terraform init`.",
            lock::FILE
        )),
        Ok(entries) => {
            for entry in entries.iter().filter(|entry| entry.address == *address) {
                if entry.version != package.version {
                    warnings.push(format!(
                        "the lock file in this directory locks {address} to version {}: run `terraform init -upgrade` to use {}.",
                        entry.version, package.version
                    ));
                } else if !entry.hashes.iter().any(|accepted| accepted == hash) {
                    warnings.push(format!(
                        "the lock file in this directory does not have the checksum of this package ({hash}): if you \
                         trust the package, remove the entry of {address} from `{}` and run `terraform init`.",
                        lock::FILE
                    ));
                }
            }
        }
    }
    warnings
}

fn same_directory(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    real(one) == real(other)
}
