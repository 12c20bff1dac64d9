//! The files of a release on GitHub, from which the Terraform Registry publishes a provider.
//!
//! Source: <https://developer.hashicorp.com/terraform/registry/providers/publishing>.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use tools::package::files::{self, Mode};
use tools::package::{archive, hash, layout};

use crate::sign::Key;
use crate::{Release, ReleaseError, read};

/// Writes the zip archives, the manifest, the checksums and, if there is a key, their signature. Returns the paths of the
/// files.
///
/// # Errors
///
/// [`ReleaseError`], if a file cannot be read or written, the manifest is wrong, or the key cannot sign.
pub fn write(
    release: &Release,
    manifest: &Path,
    directory: &Path,
    key: Option<&Key>,
) -> Result<Vec<PathBuf>, ReleaseError> {
    let mut paths = Vec::new();
    for program in &release.programs {
        let path = directory.join(release.archive_name(&program.platform));
        let name = layout::program_name(&release.address, &release.version, &program.platform);
        let mut source = File::open(&program.path).map_err(|error| ReleaseError::File {
            path: program.path.clone(),
            error,
        })?;
        files::write(&path, Mode::Plain, |file| {
            archive::write(file, &name, &mut source)
                .map(|_| ())
                .map_err(std::io::Error::other)
        })?;
        paths.push(path);
    }

    let path = directory.join(release.file_name("manifest.json"));
    let manifest = read_manifest(manifest)?;
    files::write(&path, Mode::Plain, |file| file.write_all(&manifest))?;
    paths.push(path);
    paths.sort();

    let sums = sha256_sums(&paths)?;
    let sums_path = directory.join(release.file_name("SHA256SUMS"));
    files::write(&sums_path, Mode::Plain, |file| file.write_all(sums.as_bytes()))?;
    paths.push(sums_path);
    if let Some(key) = key {
        let signature = key.sign(sums.as_bytes())?;
        let path = directory.join(release.file_name("SHA256SUMS.sig"));
        files::write(&path, Mode::Plain, |file| file.write_all(&signature))?;
        paths.push(path);
    }
    Ok(paths)
}

/// The SHA-256 checksums of files, in the format of `sha256sum`.
fn sha256_sums(paths: &[PathBuf]) -> Result<String, ReleaseError> {
    let mut lines = String::new();
    for path in paths {
        let sum = hash::sha256(read(path)?.as_slice()).map_err(|error| ReleaseError::File {
            path: path.clone(),
            error,
        })?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let _ = writeln!(lines, "{sum}  {name}");
    }
    Ok(lines)
}

/// Reads the manifest and checks its protocol version. The Registry passes it on to Terraform, which would not start the
/// provider if it were wrong.
fn read_manifest(path: &Path) -> Result<Vec<u8>, ReleaseError> {
    let content = read(path)?;
    let wrong = || ReleaseError::Manifest(path.display().to_string());
    let document: serde_json::Value = serde_json::from_slice(&content).map_err(|_| wrong())?;
    let versions = document.pointer("/metadata/protocol_versions");
    if versions != Some(&serde_json::json!(["6.0"])) || document.get("version") != Some(&serde_json::json!(1))
    {
        return Err(wrong());
    }
    Ok(content)
}
