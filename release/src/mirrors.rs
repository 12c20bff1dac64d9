//! A filesystem mirror and a network mirror, for users without access to the Terraform Registry.
//!
//! Source: <https://developer.hashicorp.com/terraform/cli/config/config-file#provider-installation> and
//! <https://developer.hashicorp.com/terraform/internals/provider-network-mirror-protocol>.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use tools::package::files::{self, Mode};
use tools::package::hash;
use tools::package::layout::{self, Form};
use tools::package::mirror::{Archive, Index, Packages};

use crate::{Release, ReleaseError};

/// Writes a filesystem mirror of the zip archives in `assets`, and a file with their `h1:` checksums beside it. Returns
/// the path of that file.
///
/// # Errors
///
/// [`ReleaseError`], if a file cannot be read or written.
pub fn write_filesystem(release: &Release, assets: &Path, directory: &Path) -> Result<PathBuf, ReleaseError> {
    let mut hashes = String::new();
    for program in &release.programs {
        let name = release.archive_name(&program.platform);
        let zip = assets.join(&name);
        let to = layout::package_path(
            directory,
            &release.address,
            &release.version,
            &program.platform,
            Form::Packed,
        );
        copy(&zip, &to)?;
        let _ = writeln!(hashes, "{}  {name}", hash::of_archive_content(&zip)?);
    }
    let path = directory.with_file_name(release.file_name("H1SUMS"));
    files::write(&path, Mode::Plain, |file| file.write_all(hashes.as_bytes()))?;
    Ok(path)
}

/// Writes a network mirror of the zip archives in `assets`. Any HTTPS server can serve it.
///
/// # Errors
///
/// [`ReleaseError`], if a file cannot be read or written.
pub fn write_network(release: &Release, assets: &Path, directory: &Path) -> Result<(), ReleaseError> {
    // URLs have the host in punycode, directories of a filesystem mirror have it in Unicode.
    let provider = directory
        .join(release.address.host().comparison())
        .join(release.address.namespace().to_string())
        .join(release.address.type_name());
    let mut archives = BTreeMap::new();
    for program in &release.programs {
        let name = release.archive_name(&program.platform);
        let zip = assets.join(&name);
        copy(&zip, &provider.join(&name))?;
        let hashes = vec![hash::of_archive_content(&zip)?, hash::of_archive(&zip)?];
        archives.insert(program.platform.to_string(), Archive { url: name, hashes });
    }
    let index = Index::new([release.version.to_string()]);
    write_json(&provider.join("index.json"), &serde_json::json!(index))?;
    let packages = Packages { archives };
    write_json(
        &provider.join(format!("{}.json", release.version)),
        &serde_json::json!(packages),
    )
}

fn copy(from: &Path, to: &Path) -> Result<(), ReleaseError> {
    let mut source = File::open(from).map_err(|error| ReleaseError::File {
        path: from.to_owned(),
        error,
    })?;
    files::write(to, Mode::Plain, |file| {
        std::io::copy(&mut source, file).map(|_| ())
    })?;
    Ok(())
}

fn write_json(path: &Path, document: &serde_json::Value) -> Result<(), ReleaseError> {
    files::write(path, Mode::Plain, |file| writeln!(file, "{document:#}"))?;
    Ok(())
}
