//! The files of a folder of declarations.
//!
//! Tests: `schema/tests/ui.rs`.

use std::path::Path;
use std::{fs, io};

/// The file that declares the provider's own configuration.
pub const PROVIDER_FILE: &str = "provider.toml";
/// The file that maps operation ids to methods and paths.
pub const OPERATIONS_FILE: &str = "operations.toml";
/// The folder of data sources.
pub const DATA_FOLDER: &str = "data";
/// The folder of attributes that several declarations use.
pub const PARTS_FOLDER: &str = "parts";

/// A file of declarations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Path relative to the folder of the declarations, with `/`: `data/machine.toml`.
    pub name: String,
    /// Its content.
    pub text: String,
}

/// All files of a folder of declarations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// Path of the folder as it is displayed, e.g. `schema`.
    pub folder: String,
    /// Its files.
    pub files: Vec<Source>,
}

impl Sources {
    /// Folders, relative to that of the declarations, whose `.toml` files are declarations.
    pub const FOLDERS: &[&str] = &["", DATA_FOLDER, PARTS_FOLDER];

    /// Reads all declarations of a folder, sorted by name. Diagnostics display the folder as `displayed_folder`.
    ///
    /// # Errors
    ///
    /// If a file or folder cannot be read. The error names it.
    pub fn read(folder: &Path, displayed_folder: &str) -> io::Result<Self> {
        let mut files = Vec::new();
        for part in Self::FOLDERS {
            // `join("")` would add a slash to the path.
            let prefix = Some(*part).filter(|part| !part.is_empty());
            let directory = prefix.map_or_else(|| folder.to_owned(), |part| folder.join(part));
            if prefix.is_some() && !directory.is_dir() {
                continue;
            }
            for entry in fs::read_dir(&directory).map_err(|error| unreadable(&directory, &error))? {
                let entry = entry.map_err(|error| unreadable(&directory, &error))?;
                let path = entry.path();
                let file_name = entry.file_name().to_string_lossy().into_owned();
                if !Self::is_source(&file_name) || !path.is_file() {
                    continue;
                }
                let text = fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?;
                let name = prefix.map_or_else(|| file_name.clone(), |part| format!("{part}/{file_name}"));
                files.push(Source { name, text });
            }
        }
        files.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(Self {
            folder: displayed_folder.to_owned(),
            files,
        })
    }

    /// Whether a file in one of [`Sources::FOLDERS`] is a declaration. `Cargo.toml` is not: the folder can also be a crate.
    pub fn is_source(file_name: &str) -> bool {
        file_name
            .strip_suffix(".toml")
            .is_some_and(|stem| stem != "Cargo")
    }

    /// Returns the path of a file as it is displayed.
    pub fn displayed_path(&self, name: &str) -> String {
        if self.folder.is_empty() {
            name.to_owned()
        } else {
            format!("{}/{name}", self.folder)
        }
    }
}

fn unreadable(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(
        error.kind(),
        format!("failed to read `{}`: {error}", path.display()),
    )
}
