//! The check of the packages on disk: whether Terraform selects one, and whether its program starts.
//!
//! Tests: `tests/cli/doctor.rs`.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use environment::COOKIE;
use tokio::io::AsyncReadExt;

use super::super::context::Context;
use super::super::installation::{Location, ProviderInstallation};
use super::configuration::RequiredProvider;
use super::{Findings, remote};
use crate::address::Address;
use crate::package::layout::{self, Form, Package};
use crate::package::platform::Platform;
use crate::package::{files, hash, lock};

/// The time that a program has to print its handshake line.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Whether the check may query registries and mirrors.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// It reads only the disk.
    Offline,
    /// It queries the registries and mirrors that Terraform would query.
    Online,
}

/// Checks the package that Terraform would use for a provider.
pub async fn check(
    context: &Context,
    directory: &Path,
    installation: &ProviderInstallation,
    required: &RequiredProvider,
    network: Network,
    findings: &mut Findings,
) {
    let address = &required.address;
    if let Some(directory) = installation.dev_override(address) {
        check_dev_override(context, directory, address, findings).await;
        return;
    }
    let (packages, ignored) = installation.local_packages(address);
    for ignored in ignored {
        findings.problem(
            format!("Terraform ignores `{}`", ignored.path.display()),
            format!("{}.", capitalise(&ignored.reason)),
        );
    }
    let methods = installation.methods_for(address);
    if methods.is_empty() {
        findings.problem(
            format!("No block of `provider_installation` allows `{address}`"),
            "Add a `direct {}` block, or a mirror whose `include` matches the address.",
        );
        return;
    }
    let is_remote = methods
        .iter()
        .any(|method| !matches!(method.location, Location::Directory(_)));
    for method in &methods {
        match &method.location {
            Location::Directory(root) => {
                let found: Vec<String> = packages
                    .iter()
                    .filter(|package| package.root == *root)
                    .map(describe)
                    .collect();
                findings.note(match found.as_slice() {
                    [] => format!("Terraform searches `{}`: `{address}` not found", root.display()),
                    found => format!("Terraform searches `{}`: {}", root.display(), found.join(", ")),
                });
            }
            Location::Network(url) => findings.note(format!("Terraform queries the mirror `{url}`")),
            Location::Direct => findings.note(format!(
                "Terraform queries the registry at `{}`",
                address.host().display()
            )),
        }
    }
    if installation.explicit_file.is_none() && !packages.is_empty() {
        findings.note(format!(
            "Terraform does not query the registry for `{address}` while a copy is in a plugin directory: install newer \
             versions by hand"
        ));
    }
    let locked = find_locked(directory, required, findings);
    let selected = select_package(
        context,
        installation,
        required,
        &packages,
        is_remote,
        locked.as_ref(),
        findings,
    );
    if let Some(package) = selected {
        check_package(context, package, address, findings).await;
        if let Some(entry) = &locked {
            check_checksum(package, entry, findings);
        }
    } else if is_remote {
        match network {
            Network::Online => remote::check(context, &methods, required, locked.as_ref(), findings).await,
            Network::Offline => findings.note(format!(
                "`{address}` is not on disk; registries and mirrors were not checked (--offline)"
            )),
        }
    }
}

/// A package in a list, e.g. `1.3.0 (linux_amd64)`.
fn describe(package: &Package) -> String {
    let form = match package.form {
        Form::Unpacked => "",
        Form::Packed => ", zip",
    };
    format!("{} ({}{form})", package.version, package.platform)
}

/// Checks that the program of `dev_overrides` starts. Terraform does not check its version or checksum.
async fn check_dev_override(context: &Context, directory: &Path, address: &Address, findings: &mut Findings) {
    findings.note(format!(
        "`dev_overrides` uses the program for `{address}` in `{}`: versions and checksums are not checked",
        directory.display()
    ));
    // Terraform accepts the path of the program as well.
    let program = if directory.is_file() {
        Some(directory.to_owned())
    } else {
        layout::program_in(directory, address)
    };
    match program {
        Some(program) => check_start(context, &program, findings).await,
        None => findings.problem(
            format!(
                "The `dev_overrides` directory `{}` does not contain `{}`",
                directory.display(),
                address.program()
            ),
            "Build the provider into that directory, or remove the entry from `dev_overrides`.",
        ),
    }
}

/// The provider's entry in the lock file, if its version matches the constraints of the configuration.
fn find_locked(
    directory: &Path,
    required: &RequiredProvider,
    findings: &mut Findings,
) -> Option<lock::Entry> {
    let entries = match lock::read(directory) {
        Ok(entries) => entries,
        Err(error) => {
            findings.problem(
                error.to_string(),
                format!(
                    "Restore `{}` from version control, or remove it and run `terraform init`.",
                    lock::FILE
                ),
            );
            return None;
        }
    };
    let entry = entries
        .into_iter()
        .find(|entry| entry.address == required.address)?;
    if !required.constraints.allow(&entry.version) {
        findings.problem(
            format!(
                "The lock file has version {1} of `{0}`, but the configuration requires `{2}`",
                entry.address, entry.version, required.constraints
            ),
            "Run `terraform init -upgrade`.",
        );
        return None;
    }
    Some(entry)
}

/// The package on disk that Terraform would select.
fn select_package<'a>(
    context: &Context,
    installation: &ProviderInstallation,
    required: &RequiredProvider,
    packages: &'a [Package],
    is_remote: bool,
    locked: Option<&lock::Entry>,
    findings: &mut Findings,
) -> Option<&'a Package> {
    let address = &required.address;
    if packages.is_empty() {
        if !is_remote {
            findings.problem(
                format!("`{address}` is not in any directory that Terraform searches"),
                format!("Run `{} install --source {address}`.", context.program_name()),
            );
        }
        return None;
    }
    let versions = installation.local_versions(address);
    let version_list = || {
        versions
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", ")
    };
    if let Some(entry) = locked.filter(|entry| !versions.contains(&entry.version)) {
        if !is_remote {
            findings.problem(
                format!(
                    "The lock file has version {} of `{address}`, but the only version on disk is {}",
                    entry.version,
                    version_list()
                ),
                "Run `terraform init -upgrade`, or install the locked version.",
            );
        }
        return None;
    }
    let Some(version) = versions.iter().find(|version| required.accepts(version, locked)) else {
        if !is_remote {
            findings.problem(
                format!(
                    "The configuration requires `{address}` {}, but the only version on disk is {}{}",
                    required.constraints,
                    version_list(),
                    if installation.explicit_file.is_none() {
                        "; Terraform does not query the registry for a provider on disk"
                    } else {
                        ""
                    }
                ),
                "Install a matching version, remove the old one with `uninstall`, or change the constraint.",
            );
        }
        return None;
    };
    let candidates = || packages.iter().filter(|package| package.version == *version);
    let Some(package) = candidates().find(|package| package.platform == context.platform) else {
        let platforms: Vec<String> = candidates().map(|package| package.platform.to_string()).collect();
        findings.problem(
            format!(
                "`{address}` {version} is installed for {}, but not for {}",
                platforms.join(", "),
                context.platform
            ),
            "Install the package for this platform as well. Terraform selects the newest version, even if it is for another platform.",
        );
        return None;
    };
    let condition = if is_remote && locked.is_none() {
        ", unless a registry or mirror has a newer matching version"
    } else {
        ""
    };
    findings.passed(format!(
        "Terraform uses {version} from `{}`{condition}",
        package.path.display()
    ));
    for other in candidates().filter(|other| *other != package && other.platform == package.platform) {
        findings.note(format!(
            "Terraform does not use the same version in `{}`",
            other.path.display()
        ));
    }
    Some(package)
}

/// Checks that a package is complete, and that its program is for this platform and starts.
async fn check_package(context: &Context, package: &Package, address: &Address, findings: &mut Findings) {
    let shown = package.path.display();
    let head = match package.program_head(address) {
        Ok(Some(head)) => head,
        Ok(None) => {
            findings.problem(
                format!(
                    "`{shown}` does not contain a program whose name begins with `{}`",
                    address.program()
                ),
                "Install the package again. Terraform finds the program by its name.",
            );
            return;
        }
        Err(error) => {
            findings.problem(
                format!("The package is damaged: {error}"),
                "Install the package again.",
            );
            return;
        }
    };
    match Platform::of_program(&head) {
        Some(platform) if platform != context.platform => {
            findings.problem(
                format!(
                    "The program in `{shown}` is for {platform}, but this machine is {}",
                    context.platform
                ),
                format!("Install the package for {}.", context.platform),
            );
            return;
        }
        None if !head.starts_with(b"#!") => {
            findings.problem(
                format!("The program in `{shown}` is not executable on any platform"),
                "Install the package again. The download may be incomplete.",
            );
            return;
        }
        _ => {}
    }
    if let (Form::Unpacked, Some(program)) = (package.form, package.program(address)) {
        check_start(context, &program, findings).await;
    }
}

/// Starts a program as Terraform does, and checks its handshake line.
///
/// Source: <https://github.com/hashicorp/go-plugin/blob/main/docs/internals.md>.
async fn check_start(context: &Context, program: &Path, findings: &mut Findings) {
    let shown = program.display();
    if !files::is_executable(program) {
        findings.problem(
            format!("`{shown}` is not executable"),
            format!("Run `chmod +x {shown}`."),
        );
        return;
    }
    let spawned = tokio::process::Command::new(program)
        .env(COOKIE.0, COOKIE.1)
        .env("PLUGIN_PROTOCOL_VERSIONS", "5,6")
        .env_remove("PLUGIN_CLIENT_CERT")
        .current_dir(&context.directory)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn();
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) => {
            findings.problem(
                format!("Failed to start `{shown}`: {error}"),
                "Check that the file system is not mounted with `noexec`, and that the package is for this platform.",
            );
            return;
        }
    };
    let Some(mut output) = child.stdout.take() else {
        return;
    };
    let mut line = Vec::new();
    let read = async {
        while !line.contains(&b'\n') && line.len() < 8192 {
            match output.read_u8().await {
                Ok(byte) => line.push(byte),
                Err(_) => break,
            }
        }
    };
    let is_late = tokio::time::timeout(HANDSHAKE_TIMEOUT, read).await.is_err();
    let line = String::from_utf8_lossy(&line);
    match line.split('|').nth(1) {
        Some(protocol) if line.starts_with("1|") => {
            findings.passed(format!("`{shown}` starts and uses plugin protocol {protocol}"));
        }
        _ if is_late => findings.problem(
            format!(
                "`{shown}` starts, but printed no handshake within {} seconds",
                HANDSHAKE_TIMEOUT.as_secs()
            ),
            "Check whether something delays new programs on this machine, such as a virus scanner.",
        ),
        _ => findings.problem(
            format!("`{shown}` starts, but printed no plugin handshake"),
            "Install the package again. It may be for another platform, or not be a provider.",
        ),
    }
    let _ = child.kill().await;
}

/// Checks that the lock file has a checksum of a package.
fn check_checksum(package: &Package, entry: &lock::Entry, findings: &mut Findings) {
    let shown = package.path.display();
    let mut hashes = Vec::new();
    match package.hash() {
        Ok(hash) => hashes.push(hash),
        Err(error) => {
            findings.problem(
                format!("The package is damaged: {error}"),
                "Install the package again.",
            );
            return;
        }
    }
    if package.form == Form::Packed {
        hashes.extend(hash::of_archive(&package.path));
    }
    if hashes.iter().any(|hash| entry.hashes.contains(hash)) {
        findings.passed(format!("The lock file has the checksum of `{shown}`"));
        return;
    }
    let found = hashes.join(" and ");
    findings.problem(
        format!("The lock file does not have the checksum of `{shown}` ({found})"),
        format!(
            "If you trust the package, run `terraform providers lock -fs-mirror={}`, or remove its entry from `{}` and \
             run `terraform init`.",
            package.root.display(),
            lock::FILE
        ),
    );
}

/// The fragment with an upper-case first letter.
fn capitalise(fragment: &str) -> String {
    let mut characters = fragment.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}
