//! What is on disk of a provider, whether Terraform would choose it, and whether it starts.
//!
//! Tests: `tests/cli/doctor.rs`.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use environment::COOKIE;
use tokio::io::AsyncReadExt;

use super::super::context::Context;
use super::super::survey::{Place, Survey};
use super::configuration::Wanted;
use super::{Findings, remote};
use crate::address::Address;
use crate::package::layout::{self, Form, Package};
use crate::package::platform::Platform;
use crate::package::{files, hash, lock};

/// How long a program may take to answer as a plugin.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whether registries and mirrors are asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// What is on disk counts.
    Disk,
    /// Whatever Terraform would ask is asked.
    Everywhere,
}

pub async fn check(
    context: &Context,
    directory: &Path,
    survey: &Survey,
    wanted: &Wanted,
    reach: Reach,
    findings: &mut Findings,
) {
    let address = &wanted.address;
    if let Some(directory) = survey.override_of(address) {
        overridden(context, directory, address, findings).await;
        return;
    }
    let (packages, strays) = survey.local_packages(address);
    for stray in strays {
        findings.bad(
            format!("Terraform ignores `{}`", stray.path.display()),
            format!("{}.", sentence(&stray.reason)),
        );
    }
    let methods = survey.methods_of(address);
    if methods.is_empty() {
        findings.bad(
            format!("No block of `provider_installation` allows `{address}`"),
            "Add a `direct {}` block, or a mirror whose `include` matches the address.",
        );
        return;
    }
    let is_remote = methods
        .iter()
        .any(|method| !matches!(method.place, Place::Directory(_)));
    for method in &methods {
        match &method.place {
            Place::Directory(root) => {
                let found: Vec<String> = packages
                    .iter()
                    .filter(|package| package.root == *root)
                    .map(listed)
                    .collect();
                findings.note(match found.as_slice() {
                    [] => format!("Terraform searches `{}`: `{address}` not found", root.display()),
                    found => format!("Terraform searches `{}`: {}", root.display(), found.join(", ")),
                });
            }
            Place::Network(url) => findings.note(format!("Terraform queries the mirror `{url}`")),
            Place::Direct => findings.note(format!(
                "Terraform queries the registry at `{}`",
                address.host().display()
            )),
        }
    }
    if survey.explicit.is_none() && !packages.is_empty() {
        findings.note(format!(
            "Terraform does not query the registry for `{address}` while a copy is in a plugin directory: install newer \
             versions by hand"
        ));
    }
    let locked = locked(directory, wanted, findings);
    let chosen = choose(
        context,
        survey,
        wanted,
        &packages,
        is_remote,
        locked.as_ref(),
        findings,
    );
    if let Some(package) = chosen {
        examine(context, package, address, findings).await;
        if let Some(entry) = &locked {
            accepted(package, entry, findings);
        }
    } else if is_remote {
        match reach {
            Reach::Everywhere => remote::check(context, &methods, wanted, locked.as_ref(), findings).await,
            Reach::Disk => findings.note(format!(
                "`{address}` is not on disk; registries and mirrors were not checked (--offline)"
            )),
        }
    }
}

/// A package as `1.3.0 (linux_amd64)`.
fn listed(package: &Package) -> String {
    let form = match package.form {
        Form::Unpacked => "",
        Form::Packed => ", zip",
    };
    format!("{} ({}{form})", package.version, package.platform)
}

/// A program of `dev_overrides` is used as it is: only whether it starts counts.
async fn overridden(context: &Context, directory: &Path, address: &Address, findings: &mut Findings) {
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
        Some(program) => start(context, &program, findings).await,
        None => findings.bad(
            format!(
                "The `dev_overrides` directory `{}` does not contain `{}`",
                directory.display(),
                address.program()
            ),
            "Build the provider into that directory, or remove the entry from `dev_overrides`.",
        ),
    }
}

/// The entry of the lock file, if it fits the configuration.
fn locked(directory: &Path, wanted: &Wanted, findings: &mut Findings) -> Option<lock::Entry> {
    let entries = match lock::read(directory) {
        Ok(entries) => entries,
        Err(error) => {
            findings.bad(
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
        .find(|entry| entry.address == wanted.address)?;
    if !wanted.constraints.allow(&entry.version) {
        findings.bad(
            format!(
                "The lock file has version {1} of `{0}`, but the configuration requires `{2}`",
                entry.address, entry.version, wanted.constraints
            ),
            "Run `terraform init -upgrade`.",
        );
        return None;
    }
    Some(entry)
}

/// The package that Terraform would take from disk.
fn choose<'a>(
    context: &Context,
    survey: &Survey,
    wanted: &Wanted,
    packages: &'a [Package],
    is_remote: bool,
    locked: Option<&lock::Entry>,
    findings: &mut Findings,
) -> Option<&'a Package> {
    let address = &wanted.address;
    if packages.is_empty() {
        if !is_remote {
            findings.bad(
                format!("`{address}` is not in any directory that Terraform searches"),
                format!("Run `{} install --source {address}`.", context.program_name()),
            );
        }
        return None;
    }
    let versions = survey.local_versions(address);
    let listed = || {
        versions
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", ")
    };
    if let Some(entry) = locked.filter(|entry| !versions.contains(&entry.version)) {
        if !is_remote {
            findings.bad(
                format!(
                    "The lock file has version {} of `{address}`, but the only version on disk is {}",
                    entry.version,
                    listed()
                ),
                "Run `terraform init -upgrade`, or install the locked version.",
            );
        }
        return None;
    }
    let Some(version) = versions.iter().find(|version| wanted.accepts(version, locked)) else {
        if !is_remote {
            findings.bad(
                format!(
                    "The configuration requires `{address}` {}, but the only version on disk is {}{}",
                    wanted.constraints,
                    listed(),
                    if survey.explicit.is_none() {
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
        findings.bad(
            format!(
                "`{address}` {version} is installed for {}, but not for {}",
                platforms.join(", "),
                context.platform
            ),
            "Install the package for this platform as well. Terraform selects the newest version, even if it is for another platform.",
        );
        return None;
    };
    let unless = if is_remote && locked.is_none() {
        ", unless a registry or mirror has a newer matching version"
    } else {
        ""
    };
    findings.good(format!(
        "Terraform uses {version} from `{}`{unless}",
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

/// Whether a package is whole, and its program fits this machine.
async fn examine(context: &Context, package: &Package, address: &Address, findings: &mut Findings) {
    let shown = package.path.display();
    let head = match package.program_head(address) {
        Ok(Some(head)) => head,
        Ok(None) => {
            findings.bad(
                format!(
                    "`{shown}` does not contain a program whose name begins with `{}`",
                    address.program()
                ),
                "Install the package again. Terraform finds the program by its name.",
            );
            return;
        }
        Err(error) => {
            findings.bad(
                format!("The package is damaged: {error}"),
                "Install the package again.",
            );
            return;
        }
    };
    match Platform::of_program(&head) {
        Some(platform) if platform != context.platform => {
            findings.bad(
                format!(
                    "The program in `{shown}` is for {platform}, but this machine is {}",
                    context.platform
                ),
                format!("Install the package for {}.", context.platform),
            );
            return;
        }
        None if !head.starts_with(b"#!") => {
            findings.bad(
                format!("The program in `{shown}` is not executable on any platform"),
                "Install the package again. The download may be incomplete.",
            );
            return;
        }
        _ => {}
    }
    if let (Form::Unpacked, Some(program)) = (package.form, package.program(address)) {
        start(context, &program, findings).await;
    }
}

/// Starts a program as Terraform does, up to its first line.
async fn start(context: &Context, program: &Path, findings: &mut Findings) {
    let shown = program.display();
    if !files::is_executable(program) {
        findings.bad(
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
            findings.bad(
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
    let is_late = tokio::time::timeout(PATIENCE, read).await.is_err();
    let text = String::from_utf8_lossy(&line);
    match text.split('|').nth(1) {
        Some(protocol) if text.starts_with("1|") => {
            findings.good(format!("`{shown}` starts and uses plugin protocol {protocol}"));
        }
        _ if is_late => findings.bad(
            format!(
                "`{shown}` starts, but printed no handshake within {} seconds",
                PATIENCE.as_secs()
            ),
            "Check whether something delays new programs on this machine, such as a virus scanner.",
        ),
        _ => findings.bad(
            format!("`{shown}` starts, but printed no plugin handshake"),
            "Install the package again. It may be for another platform, or not be a provider.",
        ),
    }
    let _ = child.kill().await;
}

/// Whether the lock file accepts a package.
fn accepted(package: &Package, entry: &lock::Entry, findings: &mut Findings) {
    let shown = package.path.display();
    let mut hashes = Vec::new();
    match package.hash() {
        Ok(hash) => hashes.push(hash),
        Err(error) => {
            findings.bad(
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
        findings.good(format!("The lock file has the checksum of `{shown}`"));
        return;
    }
    let found = hashes.join(" and ");
    findings.bad(
        format!("The lock file does not have the checksum of `{shown}` ({found})"),
        format!(
            "If you trust the package, run `terraform providers lock -fs-mirror={}`, or remove its entry from `{}` and \
             run `terraform init`.",
            package.root.display(),
            lock::FILE
        ),
    );
}

/// A fragment as a sentence.
fn sentence(fragment: &str) -> String {
    let mut characters = fragment.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}
