//! Packages of providers: their names, archives, checksums and directories.
//!
//! | module | knows |
//! |---|---|
//! | [`platform`] | platforms such as `linux_amd64` |
//! | [`version`] | version constraints |
//! | [`hash`] | the checksums `h1:` and `zh:` |
//! | [`archive`] | the zip archive of a package, reproducible byte for byte |
//! | [`layout`] | plugin directories, and which of them Terraform searches |
//! | [`lock`] | the dependency lock file `.terraform.lock.hcl` |
//! | [`mirror`] | network mirrors |
//! | [`files`] | files that are written atomically |
//!
//! Tests: `tests/cli/`.

pub mod archive;
pub mod files;
pub mod hash;
pub mod layout;
pub mod lock;
pub mod mirror;
pub mod platform;
pub mod version;

use std::path::{Path, PathBuf};

/// Why a package cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// A file or directory cannot be read or written.
    #[error("{action} `{}`: {error}", path.display())]
    File {
        /// What failed, e.g. `failed to read`.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's error.
        error: std::io::Error,
    },
    /// A file is not a valid zip archive.
    #[error("failed to read the zip archive `{}`: {error}", path.display())]
    Zip {
        /// The file.
        path: PathBuf,
        /// What is invalid.
        error: zip::result::ZipError,
    },
    /// The name of a file cannot be part of a checksum.
    #[error("`{}` contains a file whose name has a newline or is not Unicode: rename the file", path.display())]
    Name {
        /// The package.
        path: PathBuf,
    },
}

impl PackageError {
    /// Converts an I/O error of this action on this path, for `map_err`.
    pub(crate) fn file<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(std::io::Error) -> Self + 'a {
        move |error| Self::File {
            action,
            path: path.to_owned(),
            error,
        }
    }
}
