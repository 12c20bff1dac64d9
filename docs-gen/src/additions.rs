//! Files that a provider adds to the generated pages: guides, and hand-written pages that replace generated ones.
//!
//! They are in the folder `templates`, as for `tfplugindocs`. Templates of `tfplugindocs` are an error: they are written
//! for Go's `text/template`, which docs-gen cannot render, and pages without them would not be the intended ones.
//!
//! Tests: `docs-gen/tests/registry.rs`.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::files::{Files, walk};

/// Why the files cannot be added.
#[derive(Debug, Error)]
pub enum AdditionError {
    /// Templates for Go's `text/template`.
    #[error(
        "{} for Go's `text/template`, which docs-gen does not render. The default pages need no template; write additions to them as a `.md` file without actions",
        quoted_paths(.0)
    )]
    Template(Vec<PathBuf>),
    /// A file that cannot be read.
    #[error("failed to read `{}`: {}", .0.display(), .1)]
    Read(PathBuf, #[source] std::io::Error),
}

/// The paths as the subject of a sentence, with its verb.
fn quoted_paths(paths: &[PathBuf]) -> String {
    let names: Vec<String> = paths.iter().map(|path| format!("`{}`", path.display())).collect();
    let verb = if names.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", names.join(", "))
}

/// Adds every file of the folder under its own path. The page of an object, with any extension, replaces the generated
/// page. A folder that does not exist adds nothing.
///
/// # Errors
///
/// If a file cannot be read or is a template.
pub fn add(files: &mut Files, folder: &Path) -> Result<(), AdditionError> {
    let paths = walk(folder).map_err(|error| AdditionError::Read(folder.to_owned(), error))?;
    let templates: Vec<PathBuf> = paths
        .iter()
        .map(|path| folder.join(path))
        .filter(|path| path.extension().is_some_and(|end| end == "tmpl"))
        .collect();
    if !templates.is_empty() {
        return Err(AdditionError::Template(templates));
    }
    for path in paths {
        let text = std::fs::read_to_string(folder.join(&path))
            .map_err(|error| AdditionError::Read(folder.join(&path), error))?;
        if let Some(generated) = replaced_page(&path) {
            files.remove(&generated);
        }
        files.insert(path, text);
    }
    Ok(())
}

/// The generated page that a file replaces: `resources/a.md` for `r/a.html.markdown`.
fn replaced_page(path: &str) -> Option<String> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = [".html.markdown", ".html.md", ".markdown", ".md"]
        .into_iter()
        .find_map(|end| name.strip_suffix(end))?;
    Some(match folder {
        "" => format!("{stem}.md"),
        "r" => format!("resources/{stem}.md"),
        "d" => format!("data-sources/{stem}.md"),
        folder => format!("{folder}/{stem}.md"),
    })
}
