//! Files that are written atomically: another process sees the whole file or none of it.
//!
//! Tests: `tests/cli/install.rs`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::PackageError;

/// The prefix of the names of temporary files, which are renamed when they are complete.
const STAGING_PREFIX: &str = ".staging-";

/// The permissions of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Everyone may read it: 0644.
    Plain,
    /// Everyone may read and run it: 0755.
    Executable,
}

/// Writes a file atomically, and creates the directories above it.
///
/// A process that reads the file meanwhile gets the old content or the new one. A running program keeps the file that it
/// was started from.
///
/// # Errors
///
/// [`PackageError::File`], if `fill` fails, or if the file or its directory cannot be written.
pub fn write(
    path: &Path,
    mode: Mode,
    fill: impl FnOnce(&mut fs::File) -> std::io::Result<()>,
) -> Result<(), PackageError> {
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory).map_err(PackageError::file("failed to create", directory))?;
    let mut staged = tempfile::Builder::new()
        .prefix(STAGING_PREFIX)
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

/// Writes a file of the user atomically. The file that a link leads to is replaced, not the link, and it keeps its permissions.
///
/// # Errors
///
/// [`PackageError::File`], if the file or its directory cannot be written.
pub fn replace(path: &Path, text: &str) -> Result<(), PackageError> {
    let target = fs::canonicalize(path);
    let path = target.as_deref().unwrap_or(path);
    let permissions = fs::metadata(path).map(|metadata| metadata.permissions());
    write(path, Mode::Plain, |file| file.write_all(text.as_bytes()))?;
    if let Ok(permissions) = permissions {
        fs::set_permissions(path, permissions)
            .map_err(PackageError::file("failed to set the mode of", path))?;
    }
    Ok(())
}

/// Writes a directory with one file atomically. If the directory exists, only that file of it is replaced.
///
/// Until it is complete, the directory has a temporary name beside its final one, which Terraform ignores.
///
/// # Errors
///
/// [`PackageError::File`], if `fill` fails, or if the directory cannot be written.
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
    // `rename` replaces a directory only if it is empty. Otherwise only the file is replaced.
    fs::rename(staged.path(), directory)
        .or_else(|_| fs::rename(&whole, directory.join(name)))
        .map_err(PackageError::file("failed to replace", directory))
}

/// The temporary files in a directory that a program left because it was killed while it wrote.
pub fn leftovers(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .filter(|entry| is_staging(&entry.file_name().to_string_lossy()))
        .map(|entry| entry.path())
        .collect()
}

/// Whether this is the name of a temporary file.
pub fn is_staging(name: &str) -> bool {
    name.starts_with(STAGING_PREFIX)
}

/// Removes the directory `from` and those above it, up to but without `root`, as long as they are empty.
pub fn remove_empty_directories(from: &Path, root: &Path) {
    let mut directory = from;
    while directory != root && directory.starts_with(root) && fs::remove_dir(directory).is_ok() {
        let Some(parent) = directory.parent() else { break };
        directory = parent;
    }
}

/// Whether a file has a permission to be run; on other systems than Unix, whether it is a file.
#[cfg(unix)]
pub fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o111 != 0)
}

/// Whether a file has a permission to be run; on other systems than Unix, whether it is a file.
#[cfg(not(unix))]
pub fn is_executable(path: &Path) -> bool {
    path.is_file()
}

/// Everyone may read it, because it becomes the package's directory.
#[cfg(unix)]
fn staging_directory(parent: &Path) -> std::io::Result<TempDir> {
    use std::os::unix::fs::PermissionsExt;
    tempfile::Builder::new()
        .prefix(STAGING_PREFIX)
        .permissions(fs::Permissions::from_mode(0o755))
        .tempdir_in(parent)
}

#[cfg(not(unix))]
fn staging_directory(parent: &Path) -> std::io::Result<TempDir> {
    tempfile::Builder::new().prefix(STAGING_PREFIX).tempdir_in(parent)
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
