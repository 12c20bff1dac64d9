//! The files of a release: zips, checksums and their signature, and mirrors.
//!
//! | module | knows |
//! |---|---|
//! | [`targets`] | what a release is built for, and what can be built here |
//! | [`assets`] | the files that the Registry takes |
//! | [`mirrors`] | the trees for those who cannot reach it |
//! | [`sign`] | the signature |
//!
//! The same programs make the same bytes, on any machine and at any time; only a signature has a time in it.

pub mod assets;
pub mod mirrors;
pub mod sign;
pub mod targets;

use std::path::{Path, PathBuf};

use tools::address::{Address, AddressError};
use tools::package::platform::Platform;
use tools::package::version::Version;
use tools::package::{PackageError, layout};

/// What is released.
#[derive(Clone, Debug)]
pub struct Release {
    /// The provider.
    pub address: Address,
    /// Its version.
    pub version: Version,
    /// A program for each platform.
    pub programs: Vec<Program>,
}

/// A program that was built.
#[derive(Clone, Debug)]
pub struct Program {
    /// What it runs on.
    pub platform: Platform,
    /// Where it is.
    pub path: PathBuf,
}

/// Why there is no release.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// A package cannot be read or written.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// The provider has no usable address.
    #[error("the address of the provider is invalid: {0}")]
    Address(#[from] AddressError),
    /// The workspace has no usable version.
    #[error("`{0}` is not a version: correct it in the root `Cargo.toml`")]
    Version(String),
    /// A file cannot be read.
    #[error("failed to read `{}`: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// A command of the build failed.
    #[error("`{command}` failed: {reason}")]
    Command {
        /// What was run.
        command: String,
        /// Why it failed.
        reason: String,
    },
    /// The manifest does not say what the provider speaks.
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
        /// What it should be for.
        platform: Platform,
    },
    /// There is nothing to release.
    #[error(
        "no programs to release: build one with --host, or pass programs from other machines with --prebuilt"
    )]
    Nothing,
}

impl Release {
    /// The name of the zip for a platform.
    pub fn archive_name(&self, platform: &Platform) -> String {
        layout::archive_name(&self.address, &self.version, platform)
    }

    /// The name of a file that is there once: `terraform-provider-NAME_VERSION_REST`.
    pub fn file_name(&self, rest: &str) -> String {
        format!("{}_{}_{rest}", self.address.program(), self.version)
    }

    /// Refuses programs that are not what their place says.
    pub fn check(&self) -> Result<(), ReleaseError> {
        if self.programs.is_empty() {
            return Err(ReleaseError::Nothing);
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
