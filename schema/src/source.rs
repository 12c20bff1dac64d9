//! The files of a folder of declarations.

/// The file that holds the provider's own configuration.
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
    /// What it says.
    pub text: String,
}

/// All files of a folder of declarations, read by whoever may read files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// The folder as messages show it, e.g. `schema`.
    pub folder: String,
    /// Its files.
    pub files: Vec<Source>,
}

impl Sources {
    /// Folders, relative to that of the declarations, whose `.toml` files are declarations.
    pub const FOLDERS: &[&str] = &["", DATA_FOLDER, PARTS_FOLDER];

    /// Whether a file of one of [`Sources::FOLDERS`] is a declaration; the folder is a crate's at the same time.
    pub fn is_source(file_name: &str) -> bool {
        file_name
            .strip_suffix(".toml")
            .is_some_and(|stem| stem != "Cargo")
    }

    /// A file's path as a message shows it.
    pub fn shown(&self, name: &str) -> String {
        if self.folder.is_empty() {
            name.to_owned()
        } else {
            format!("{}/{name}", self.folder)
        }
    }
}
