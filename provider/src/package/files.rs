//! Files that are there whole or not at all.

use std::fs;
use std::io::Write;
use std::path::Path;

use super::PackageError;

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
        .prefix(".staging-")
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
