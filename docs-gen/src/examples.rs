//! The example files beside the documentation.
//!
//! Tests: `docs-gen/tests/registry.rs`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::files::walk;
use crate::kind::Kind;
use crate::words::trimmed;

/// An example that cannot be used.
#[derive(Debug, Error)]
pub enum ExampleError {
    /// A file without content.
    #[error("the example `{}` is empty", .0.display())]
    Empty(PathBuf),
    /// A file that cannot be read.
    #[error("failed to read `{}`: {}", .0.display(), .1)]
    Read(PathBuf, #[source] std::io::Error),
}

/// A folder of examples. One that does not exist has none.
#[derive(Clone, Debug)]
pub struct Examples {
    folder: PathBuf,
    left_out: BTreeSet<PathBuf>,
}

/// The ways of importing a resource that have an example.
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
    /// Whether there is no example at all.
    pub fn is_empty(&self) -> bool {
        self.by_identity.is_none() && self.by_string_id.is_none() && self.command.is_none()
    }
}

impl ExampleError {
    /// The file, and what is wrong with it.
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
            left_out: BTreeSet::new(),
        }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// The same without those that cannot be used.
    pub fn usable(mut self) -> std::io::Result<Self> {
        let paths = walk(&self.folder)?.into_iter().map(|path| self.folder.join(path));
        self.left_out = paths.filter(|path| unusable(path).is_some()).collect();
        Ok(self)
    }

    /// Folder of an object's examples, whether it exists or not.
    pub fn folder(&self, kind: Kind, name: &str) -> PathBuf {
        let folder = self.folder.join(kind.folder());
        if kind == Kind::Provider {
            folder
        } else {
            folder.join(name)
        }
    }

    /// Example files of an object, sorted by the bytes of their names.
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
                let is_one = name
                    .strip_prefix(kind.example_stem())
                    .is_some_and(|rest| rest.ends_with(kind.example_end()));
                is_one && !self.left_out.contains(path)
            })
            .collect();
        files.sort_by(|one, other| {
            one.as_os_str()
                .as_encoded_bytes()
                .cmp(other.as_os_str().as_encoded_bytes())
        });
        files
    }

    /// Contents of an object's example files.
    pub fn texts(&self, kind: Kind, name: &str) -> Result<Vec<String>, ExampleError> {
        self.files(kind, name).iter().map(|path| read(path)).collect()
    }

    /// Examples of a resource's import.
    pub fn import(&self, name: &str) -> Result<Import, ExampleError> {
        let folder = self.folder(Kind::Resource, name);
        let optional = |file: &str| {
            let path = folder.join(file);
            (path.is_file() && !self.left_out.contains(&path))
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

/// Why a page cannot show the file, if it is one for a page.
pub fn unusable(path: &Path) -> Option<ExampleError> {
    let is_shown = is_configuration(path) || path.file_name().is_some_and(|name| name == "import.sh");
    is_shown.then(|| read(path).err()).flatten()
}

/// Whether it is read by Terraform.
pub fn is_configuration(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    [".tf", ".tfquery.hcl"].iter().any(|end| name.ends_with(end))
}

fn read(path: &Path) -> Result<String, ExampleError> {
    let text = std::fs::read_to_string(path).map_err(|error| ExampleError::Read(path.to_owned(), error))?;
    match trimmed(&text) {
        "" => Err(ExampleError::Empty(path.to_owned())),
        trimmed => Ok(trimmed.to_owned()),
    }
}
