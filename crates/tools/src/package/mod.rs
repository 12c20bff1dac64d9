//! Packages of providers: how they lie on disk, and what Terraform knows them by.
//!
//! | module | knows |
//! |---|---|
//! | [`platform`] | `linux_amd64` and its like |
//! | [`version`] | versions, and constraints of them |
//! | [`hash`] | `h1:` and `zh:` |
//! | [`archive`] | the zip of a package, the same bytes for the same input |
//! | [`layout`] | plugin directories, and where Terraform looks for them |
//! | [`lock`] | `.terraform.lock.hcl` |
//! | [`mirror`] | network mirrors |
//! | [`files`] | files that are there whole or not at all |
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
    /// A file or directory cannot be used.
    #[error("{action} `{}`: {error}", path.display())]
    File {
        /// What was tried, as `failed to read`.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// A zip is none.
    #[error("failed to read the zip archive `{}`: {error}", path.display())]
    Zip {
        /// Where.
        path: PathBuf,
        /// Why not.
        error: zip::result::ZipError,
    },
    /// A name that no hash can be made of.
    #[error("`{}` contains a file whose name has a newline or is not Unicode: rename the file", path.display())]
    Name {
        /// The package.
        path: PathBuf,
    },
    /// The platform has no such place.
    #[error("{0}")]
    Place(String),
}

impl PackageError {
    /// Makes errors of one action on one path.
    pub(crate) fn file<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(std::io::Error) -> Self + 'a {
        move |error| Self::File {
            action,
            path: path.to_owned(),
            error,
        }
    }
}
