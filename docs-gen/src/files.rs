//! A set of generated files: written, or compared with what is on disk.
//!
//! Tests: `docs-gen/tests/registry.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use similar::TextDiff;

/// Generated files by their path under the output folder, which has `/` on every platform.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files(BTreeMap<String, String>);

impl Files {
    /// Adds a file, or replaces it.
    pub fn insert(&mut self, path: impl Into<String>, text: impl Into<String>) {
        self.0.insert(path.into(), text.into());
    }

    /// The text of one file.
    pub fn get(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// All files, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds all files of another set.
    pub fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// Takes a file out.
    pub fn remove(&mut self, path: &str) {
        self.0.remove(path);
    }

    /// Writes all files under `root`, and removes what is in `owned` folders (or is an `owned` file; the empty path is
    /// everything) besides them. A file that is right already is not touched.
    pub fn write(&self, root: &Path, owned: &[&str]) -> io::Result<usize> {
        for path in self.besides(root, owned)? {
            std::fs::remove_file(root.join(path))?;
        }
        let mut written = 0;
        for (path, text) in self.iter() {
            let path = root.join(path);
            if std::fs::read_to_string(&path).is_ok_and(|present| present == text) {
                continue;
            }
            std::fs::create_dir_all(path.parent().unwrap_or(root))?;
            std::fs::write(path, text)?;
            written += 1;
        }
        Ok(written)
    }

    /// Makes a folder consist of these files. One with other things in it is refused: only a folder in which the file
    /// `mark` is was made this way before.
    pub fn replace(&self, root: &Path, mark: &str) -> io::Result<usize> {
        let is_ours = root.join(mark).is_file();
        if !is_ours && !walk(root)?.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::DirectoryNotEmpty,
                format!(
                    "docs-gen would remove the folder's files, but did not write them (the folder has no `{mark}`): choose another folder"
                ),
            ));
        }
        self.write(root, &[""])
    }

    /// How the files on disk differ, as a unified diff; `None` where they do not.
    pub fn difference(&self, root: &Path, owned: &[&str]) -> io::Result<Option<String>> {
        let mut out = String::new();
        for (path, text) in self.iter() {
            let present = match std::fs::read_to_string(root.join(path)) {
                Ok(present) => present,
                Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
                Err(error) => return Err(error),
            };
            if present != text {
                let name = root.join(path).display().to_string();
                let diff = TextDiff::from_lines(&present, text);
                let _ = write!(
                    out,
                    "{}",
                    diff.unified_diff()
                        .header(&name, &format!("{name} (as generated)"))
                );
            }
        }
        for path in self.besides(root, owned)? {
            let _ = writeln!(
                out,
                "{}: docs-gen does not generate this file: remove it",
                root.join(path).display()
            );
        }
        Ok((!out.is_empty()).then_some(out))
    }

    fn besides(&self, root: &Path, owned: &[&str]) -> io::Result<BTreeSet<String>> {
        let mut found = BTreeSet::new();
        for folder in owned {
            for path in walk(&root.join(folder))? {
                let path = match (folder.is_empty(), path.is_empty()) {
                    (true, _) => path,
                    (false, true) => (*folder).to_owned(),
                    (false, false) => format!("{folder}/{path}"),
                };
                if !self.0.contains_key(&path) {
                    found.insert(path);
                }
            }
        }
        Ok(found)
    }
}

/// The text of a file that somebody else wrote. What is no UTF-8 in it is replaced.
pub fn text(path: &Path) -> io::Result<String> {
    Ok(String::from_utf8_lossy(&std::fs::read(path)?).into_owned())
}

/// Every file under a folder by its path in it, sorted; the empty path where `root` is a file itself.
pub fn walk(root: &Path) -> io::Result<Vec<String>> {
    if root.is_file() {
        return Ok(vec![String::new()]);
    }
    let mut found = Vec::new();
    let mut folders = vec![(PathBuf::from(root), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                folders.push((entry.path(), format!("{name}/")));
            } else {
                found.push(name);
            }
        }
    }
    found.sort();
    Ok(found)
}
