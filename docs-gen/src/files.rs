//! A set of generated files, to be written or compared with the files on disk.
//!
//! Tests: `docs-gen/tests/registry.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use similar::TextDiff;

/// Generated files by their path under the output folder. A path uses `/` on every platform.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files(BTreeMap<String, String>);

impl Files {
    /// Adds or replaces a file.
    pub fn insert(&mut self, path: impl Into<String>, text: impl Into<String>) {
        self.0.insert(path.into(), text.into());
    }

    /// The text of a file.
    pub fn get(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// All files, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The number of files.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no files.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds all files of another set.
    pub fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// Removes a file.
    pub fn remove(&mut self, path: &str) {
        self.0.remove(path);
    }

    /// Writes all files under `root`, and removes all other files in the `owned` folders. Returns the number of files that
    /// have changed; files that are up to date are not written.
    ///
    /// An entry of `owned` is the path of a folder or file under `root`; the empty path is `root` itself.
    ///
    /// # Errors
    ///
    /// If a file cannot be written or removed, or a folder cannot be listed.
    pub fn write(&self, root: &Path, owned: &[&str]) -> io::Result<usize> {
        for path in self.not_generated(root, owned)? {
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

    /// Replaces the contents of a folder with these files, and returns the number of files that have changed.
    ///
    /// # Errors
    ///
    /// If the folder has files but not the file `mark`, which shows that docs-gen wrote the folder; or if a file cannot
    /// be written or removed.
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

    /// The difference between the files on disk and these, as a unified diff; `None` if there is no difference.
    ///
    /// `owned` is as for [`Files::write`].
    ///
    /// # Errors
    ///
    /// If a file cannot be read or a folder cannot be listed.
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
        for path in self.not_generated(root, owned)? {
            let _ = writeln!(
                out,
                "{}: docs-gen does not generate this file: remove it",
                root.join(path).display()
            );
        }
        Ok((!out.is_empty()).then_some(out))
    }

    /// The files in the `owned` folders that are not generated.
    fn not_generated(&self, root: &Path, owned: &[&str]) -> io::Result<BTreeSet<String>> {
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

/// Reads a file that may not be UTF-8: invalid bytes become the replacement character.
///
/// # Errors
///
/// If the file cannot be read.
pub fn read_lossy(path: &Path) -> io::Result<String> {
    Ok(String::from_utf8_lossy(&std::fs::read(path)?).into_owned())
}

/// The paths of all files under a folder, relative to it and sorted. If `root` is a file, its path is empty; if it does not
/// exist, there are no files.
///
/// # Errors
///
/// If a folder cannot be listed.
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
