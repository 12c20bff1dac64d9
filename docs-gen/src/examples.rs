//! The example files that pages show.
//!
//! Tests: `docs-gen/tests/registry.rs`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::files::walk;
use crate::kind::Kind;
use crate::types::trim_space;

/// Why a page cannot show an example.
#[derive(Debug, Error)]
pub enum ExampleError {
    /// A file without content.
    #[error("the example `{}` is empty", .0.display())]
    Empty(PathBuf),
    /// A file that cannot be read.
    #[error("failed to read `{}`: {}", .0.display(), .1)]
    Read(PathBuf, #[source] std::io::Error),
}

/// A folder of examples, which is empty if it does not exist.
#[derive(Clone, Debug)]
pub struct Examples {
    folder: PathBuf,
    /// Files that pages cannot show.
    skipped: BTreeSet<PathBuf>,
}

/// The examples of importing a resource.
#[derive(Clone, Debug, Default)]
pub struct Import {
    /// `import-by-identity.tf`
    pub by_identity: Option<String>,
    /// `import-by-string-id.tf`
    pub by_string_id: Option<String>,
    /// `import.sh`
    pub command: Option<String>,
}

impl Import {
    /// Whether there are no examples.
    pub fn is_empty(&self) -> bool {
        self.by_identity.is_none() && self.by_string_id.is_none() && self.command.is_none()
    }
}

impl ExampleError {
    /// The file, and the message about it.
    pub fn parts(&self) -> (&Path, String) {
        match self {
            Self::Empty(path) => (path, "the example is empty".to_owned()),
            Self::Read(path, error) => (path, format!("failed to read the example: {error}")),
        }
    }
}

impl Examples {
    /// The examples under this folder.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            skipped: BTreeSet::new(),
        }
    }

    /// The root folder of the examples.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Leaves out the examples that a page cannot show.
    ///
    /// # Errors
    ///
    /// If the folder cannot be listed.
    pub fn without_unusable(mut self) -> std::io::Result<Self> {
        let paths = walk(&self.folder)?.into_iter().map(|path| self.folder.join(path));
        self.skipped = paths.filter(|path| content_error(path).is_some()).collect();
        Ok(self)
    }

    /// The folder of an object's examples, which may not exist.
    pub fn folder(&self, kind: Kind, name: &str) -> PathBuf {
        let folder = self.folder.join(kind.folder());
        if kind == Kind::Provider {
            folder
        } else {
            folder.join(name)
        }
    }

    /// The example files of an object, sorted by the bytes of their names.
    pub fn files(&self, kind: Kind, name: &str) -> Vec<PathBuf> {
        let folder = self.folder(kind, name);
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut files: Vec<PathBuf> = entries
            .map(|entry| entry.path())
            .filter(|path| {
                let name = path
                    .file_name()
                    .and_then(|name| name.to_str())
                    .unwrap_or_default();
                let is_example = name
                    .strip_prefix(kind.example_prefix())
                    .is_some_and(|rest| rest.ends_with(kind.example_extension()));
                is_example && !self.skipped.contains(path)
            })
            .collect();
        files.sort_by(|one, other| {
            one.as_os_str()
                .as_encoded_bytes()
                .cmp(other.as_os_str().as_encoded_bytes())
        });
        files
    }

    /// The contents of an object's example files.
    ///
    /// # Errors
    ///
    /// If a file is empty or cannot be read.
    pub fn contents(&self, kind: Kind, name: &str) -> Result<Vec<String>, ExampleError> {
        self.files(kind, name).iter().map(|path| read(path)).collect()
    }

    /// The examples of a resource's import.
    ///
    /// # Errors
    ///
    /// If a file is empty or cannot be read.
    pub fn import(&self, name: &str) -> Result<Import, ExampleError> {
        let folder = self.folder(Kind::Resource, name);
        let optional = |file: &str| {
            let path = folder.join(file);
            (path.is_file() && !self.skipped.contains(&path))
                .then(|| read(&path))
                .transpose()
        };
        Ok(Import {
            by_identity: optional("import-by-identity.tf")?,
            by_string_id: optional("import-by-string-id.tf")?,
            command: optional("import.sh")?,
        })
    }
}

/// Why a page cannot show the file; `None` if it can, or if pages do not show such files.
pub fn content_error(path: &Path) -> Option<ExampleError> {
    let is_shown = is_configuration(path) || path.file_name().is_some_and(|name| name == "import.sh");
    is_shown.then(|| read(path).err()).flatten()
}

/// Whether the file is a Terraform configuration.
pub fn is_configuration(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    [".tf", ".tfquery.hcl"].iter().any(|end| name.ends_with(end))
}

fn read(path: &Path) -> Result<String, ExampleError> {
    let text = std::fs::read_to_string(path).map_err(|error| ExampleError::Read(path.to_owned(), error))?;
    match trim_space(&text) {
        "" => Err(ExampleError::Empty(path.to_owned())),
        content => Ok(content.to_owned()),
    }
}
