//! Where the state of a directory is, and what Terraform manages according to it.
//!
//! Tests: `tests/terraform/adopt.rs`.

use std::path::{Path, PathBuf};

use engine::Definition;
use environment::Environment;

use super::existing::Existing;
use super::managed::{Managed, StateError};
use super::terraform::Terraform;

/// Where the state of a directory is.
pub struct Place<'a> {
    directory: &'a Path,
    /// Where Terraform keeps what `init` installed.
    pub data: PathBuf,
    /// The file, if the state is in the directory.
    file: PathBuf,
    /// Whether a backend has the state.
    is_elsewhere: bool,
}

/// Why it is not known what Terraform manages.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// A file cannot be read.
    #[error("failed to read `{}`: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's error.
        error: std::io::Error,
    },
    /// A state cannot be used.
    #[error("failed to read the state in `{place}`: {error}")]
    State {
        /// The file, or the command that printed it.
        place: String,
        /// Why.
        error: StateError,
    },
    /// Terraform cannot show the state.
    #[error("{0}")]
    Show(String),
    /// A backend has the state.
    #[error("the state is not in the directory, and cannot be shown")]
    Elsewhere,
}

impl PlaceError {
    /// Whether the state has a form, or a place, that only Terraform knows: its output has the objects.
    fn is_for_terraform(&self) -> bool {
        match self {
            Self::State { error, .. } => matches!(error, StateError::Encrypted | StateError::Version(_)),
            Self::Show(_) | Self::Elsewhere => true,
            Self::File { .. } => false,
        }
    }
}

impl<'a> Place<'a> {
    /// The place of the state of a directory with this configuration, in the workspace that is selected.
    pub fn of(environment: &Environment, directory: &'a Path, existing: &Existing) -> Self {
        let data = directory.join(environment.get("TF_DATA_DIR").unwrap_or(".terraform"));
        let read = |name: &str| std::fs::read_to_string(data.join(name)).ok();
        let is_elsewhere = read("terraform.tfstate")
            .and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok())
            .is_some_and(|state| state.get("backend").is_some_and(|backend| !backend.is_null()));
        let selected = environment.get("TF_WORKSPACE").map(str::to_owned);
        let workspace = selected.or_else(|| read("environment")).unwrap_or_default();
        let file = match workspace.trim() {
            "" | "default" => directory.join("terraform.tfstate"),
            workspace => directory
                .join("terraform.tfstate.d")
                .join(workspace)
                .join("terraform.tfstate"),
        };
        Self {
            directory,
            data,
            file,
            is_elsewhere: is_elsewhere || existing.backend.is_some(),
        }
    }

    /// What Terraform manages: by the state of the directory, and by `further` ones, which are enough if only Terraform can read that one.
    ///
    /// # Errors
    ///
    /// [`PlaceError`], if a state cannot be read.
    pub fn managed(
        &self,
        definition: &Definition,
        terraform: Option<&Terraform>,
        further: &[PathBuf],
    ) -> Result<Managed, PlaceError> {
        let mut managed = match self.own(definition, terraform) {
            Err(error) if error.is_for_terraform() && !further.is_empty() => Managed::default(),
            own => own?,
        };
        for path in further {
            let state = parse(definition, &path.display().to_string(), &read(path)?)?;
            managed.add_elsewhere(state);
        }
        Ok(managed)
    }

    fn own(&self, definition: &Definition, terraform: Option<&Terraform>) -> Result<Managed, PlaceError> {
        let without_terraform = match self.local(definition) {
            Ok(Some(managed)) => return Ok(managed),
            Ok(None) => Ok(Managed::default()),
            Err(error) if error.is_for_terraform() => Err(error),
            Err(error) => return Err(error),
        };
        match terraform {
            Some(terraform) if self.data.is_dir() => {
                let text = terraform.show(self.directory).map_err(PlaceError::Show)?;
                parse(definition, "terraform show -json", &text)
            }
            _ => without_terraform,
        }
    }

    /// What the file in the directory has; `None` if nothing was applied.
    fn local(&self, definition: &Definition) -> Result<Option<Managed>, PlaceError> {
        if self.is_elsewhere {
            return Err(PlaceError::Elsewhere);
        }
        if std::fs::symlink_metadata(&self.file).is_err() {
            return Ok(None);
        }
        let text = read(&self.file)?;
        if text.trim().is_empty() {
            return Ok(None);
        }
        parse(definition, &self.file.display().to_string(), &text).map(Some)
    }
}

fn read(path: &Path) -> Result<String, PlaceError> {
    std::fs::read_to_string(path).map_err(|error| PlaceError::File {
        path: path.to_owned(),
        error,
    })
}

fn parse(definition: &Definition, place: &str, text: &str) -> Result<Managed, PlaceError> {
    Managed::parse(definition, text).map_err(|error| PlaceError::State {
        place: place.to_owned(),
        error,
    })
}
