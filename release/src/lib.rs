//! The files of a release: zip archives, checksums and their signature, and mirrors.
//!
//! | module | knows |
//! |---|---|
//! | [`targets`] | the platforms of a release, and how the program is built for them |
//! | [`assets`] | the files for the Terraform Registry |
//! | [`mirrors`] | a filesystem mirror and a network mirror, for users without access to the Registry |
//! | [`sign`] | the signature of the checksums |
//!
//! The same programs give the same bytes on any machine and at any time, except for the signature, which has a time.

pub mod assets;
pub mod mirrors;
pub mod sign;
pub mod targets;

use std::path::{Path, PathBuf};

use tools::address::{Address, AddressError};
use tools::package::platform::Platform;
use tools::package::version::Version;
use tools::package::{PackageError, layout};

/// A release of the provider.
#[derive(Clone, Debug)]
pub struct Release {
    /// The address of the provider.
    pub address: Address,
    /// Its version.
    pub version: Version,
    /// A program for each platform.
    pub programs: Vec<Program>,
}

/// A built program.
#[derive(Clone, Debug)]
pub struct Program {
    /// The platform that it is for.
    pub platform: Platform,
    /// The file.
    pub path: PathBuf,
}

/// Why the files of a release cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// A package cannot be read or written.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// The address of the provider is invalid.
    #[error("the address of the provider is invalid: {0}")]
    Address(#[from] AddressError),
    /// The version of the workspace is invalid.
    #[error("`{0}` is not a version: correct it in the root `Cargo.toml`")]
    Version(String),
    /// A file cannot be read.
    #[error("failed to read `{}`: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's error.
        error: std::io::Error,
    },
    /// A command of the build failed.
    #[error("`{command}` failed: {reason}")]
    Command {
        /// The command line.
        command: String,
        /// Why it failed.
        reason: String,
    },
    /// The manifest does not have the plugin protocol of the provider.
    #[error("`{0}` does not declare plugin protocol 6.0: set `metadata.protocol_versions` to [\"6.0\"]")]
    Manifest(String),
    /// The key cannot sign a release.
    #[error("failed to use the signing key: {0}")]
    Key(String),
    /// A program is not for its platform.
    #[error("`{}` is not a program for {platform}: build it again, or move it to the directory of its platform", path.display())]
    Platform {
        /// The program.
        path: PathBuf,
        /// The platform that it should be for.
        platform: Platform,
    },
    /// There are no programs to release.
    #[error(
        "no programs to release: build one with --host, or pass programs from other machines with --prebuilt"
    )]
    NoPrograms,
}

impl Release {
    /// The file name of the zip archive for a platform.
    pub fn archive_name(&self, platform: &Platform) -> String {
        layout::archive_name(&self.address, &self.version, platform)
    }

    /// The name of a file for all platforms: `terraform-provider-NAME_VERSION_SUFFIX`.
    pub fn file_name(&self, suffix: &str) -> String {
        format!("{}_{}_{suffix}", self.address.program(), self.version)
    }

    /// Checks that each program is for its platform.
    ///
    /// # Errors
    ///
    /// [`ReleaseError`], if there are no programs, or one cannot be read or is for another platform.
    pub fn check(&self) -> Result<(), ReleaseError> {
        if self.programs.is_empty() {
            return Err(ReleaseError::NoPrograms);
        }
        for program in &self.programs {
            let bytes = read(&program.path)?;
            if Platform::of_program(&bytes).as_ref() != Some(&program.platform) {
                return Err(ReleaseError::Platform {
                    path: program.path.clone(),
                    platform: program.platform.clone(),
                });
            }
        }
        Ok(())
    }
}

fn read(path: &Path) -> Result<Vec<u8>, ReleaseError> {
    std::fs::read(path).map_err(|error| ReleaseError::File {
        path: path.to_owned(),
        error,
    })
}
