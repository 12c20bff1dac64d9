//! Reading the folder of declarations.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use schema::{Source, Sources};

/// Reads every declaration of a folder, sorted by name.
pub(crate) fn read(folder: &Path) -> io::Result<Sources> {
    let mut files = Vec::new();
    for part in Sources::FOLDERS {
        let directory = folder.join(part);
        if !part.is_empty() && !directory.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&directory)? {
            let path = entry?.path();
            let file_name = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default();
            if Sources::is_source(&file_name) && path.is_file() {
                let name = if part.is_empty() {
                    file_name
                } else {
                    format!("{part}/{file_name}")
                };
                files.push(Source {
                    name,
                    text: fs::read_to_string(&path)?,
                });
            }
        }
    }
    files.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(Sources {
        folder: shown(folder),
        files,
    })
}

/// A folder as a message shows it: `provider/src/../../schema` is `schema`, so that an editor finds the file.
fn shown(folder: &Path) -> String {
    let mut short = PathBuf::new();
    for component in folder.components() {
        match component {
            Component::ParentDir if short.file_name().is_some() => {
                short.pop();
            }
            Component::CurDir => {}
            other => short.push(other),
        }
    }
    let here = std::env::current_dir().unwrap_or_default();
    short.strip_prefix(here).unwrap_or(&short).display().to_string()
}
