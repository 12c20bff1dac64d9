//! Files that are there whole or not at all.
//!
//! Tests: `tests/cli/install.rs`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::PackageError;

/// How the names of what is not yet in its place begin.
const STAGING: &str = ".staging-";

/// Who may run a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Read by everybody: 0644.
    Plain,
    /// Run by everybody: 0755.
    Executable,
}

/// Puts a file in its place in one step, with the directories above it.
///
/// Whoever reads meanwhile finds the old file or the new one; a program that runs keeps what it was started from.
pub fn write(
    path: &Path,
    mode: Mode,
    fill: impl FnOnce(&mut fs::File) -> std::io::Result<()>,
) -> Result<(), PackageError> {
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory).map_err(PackageError::file("failed to create", directory))?;
    let mut staged = tempfile::Builder::new()
        .prefix(STAGING)
        .tempfile_in(directory)
        .map_err(PackageError::file("failed to write in", directory))?;
    fill(staged.as_file_mut()).map_err(PackageError::file("failed to write", path))?;
    staged
        .as_file_mut()
        .flush()
        .map_err(PackageError::file("failed to write", path))?;
    set_mode(staged.path(), mode).map_err(PackageError::file("failed to set the mode of", path))?;
    staged
        .as_file()
        .sync_all()
        .map_err(PackageError::file("failed to write", path))?;
    staged
        .persist(path)
        .map_err(|error| PackageError::file("failed to replace", path)(error.error))?;
    Ok(())
}

/// Puts a directory with one file in its place in one step; of a directory that is there, that file is replaced.
///
/// Until then it is beside its place, where Terraform takes it for nothing.
pub fn write_directory(
    directory: &Path,
    name: &str,
    mode: Mode,
    fill: impl FnOnce(&mut fs::File) -> std::io::Result<()>,
) -> Result<(), PackageError> {
    let parent = directory.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(PackageError::file("failed to create", parent))?;
    let staged =
        staging_directory(parent).map_err(PackageError::file("failed to create a directory in", parent))?;
    let whole = staged.path().join(name);
    write(&whole, mode, fill)?;
    // A directory does not give way to another while anything is in it.
    fs::rename(staged.path(), directory)
        .or_else(|_| fs::rename(&whole, directory.join(name)))
        .map_err(PackageError::file("failed to replace", directory))
}

/// What a program that was killed while it wrote has left in a directory.
pub fn leftovers(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .filter(|entry| is_staging(&entry.file_name().to_string_lossy()))
        .map(|entry| entry.path())
        .collect()
}

/// Whether something of this name is not yet in its place.
pub fn is_staging(name: &str) -> bool {
    name.starts_with(STAGING)
}

/// Removes directories that are empty, upwards from one and below another.
pub fn prune(from: &Path, below: &Path) {
    let mut directory = from;
    while directory != below && directory.starts_with(below) && fs::remove_dir(directory).is_ok() {
        let Some(parent) = directory.parent() else { break };
        directory = parent;
    }
}

/// Whether a file may be run, as far as the system tells.
#[cfg(unix)]
pub fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o111 != 0)
}

/// Whether a file may be run, as far as the system tells.
#[cfg(not(unix))]
pub fn is_executable(path: &Path) -> bool {
    path.is_file()
}

/// Read by everybody, as what becomes of it.
#[cfg(unix)]
fn staging_directory(parent: &Path) -> std::io::Result<TempDir> {
    use std::os::unix::fs::PermissionsExt;
    tempfile::Builder::new()
        .prefix(STAGING)
        .permissions(fs::Permissions::from_mode(0o755))
        .tempdir_in(parent)
}

#[cfg(not(unix))]
fn staging_directory(parent: &Path) -> std::io::Result<TempDir> {
    tempfile::Builder::new().prefix(STAGING).tempdir_in(parent)
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: Mode) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let bits = match mode {
        Mode::Plain => 0o644,
        Mode::Executable => 0o755,
    };
    fs::set_permissions(path, fs::Permissions::from_mode(bits))
}

#[cfg(not(unix))]
fn set_mode(_: &Path, _: Mode) -> std::io::Result<()> {
    Ok(())
}
