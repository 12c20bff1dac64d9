//! What a provider adds to the generated pages by hand: guides, and pages that stand in for generated ones.
//!
//! They lie in the folder `templates`, where `tfplugindocs` has them too. Its templates are refused, not passed over:
//! they are written for Go's `text/template`, and a page made without them would differ from the one that was meant.
//!
//! Tests: `docs-gen/tests/registry.rs`.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::files::{Files, walk};

/// An addition that cannot be used.
#[derive(Debug, Error)]
pub enum AdditionError {
    /// Templates of the other generator.
    #[error(
        "{} for Go's `text/template`, which docs-gen does not render. The default pages need no template; write additions to them as a `.md` file without actions",
        templates(.0)
    )]
    Template(Vec<PathBuf>),
    /// A file that cannot be read.
    #[error("failed to read `{}`: {}", .0.display(), .1)]
    Read(PathBuf, #[source] std::io::Error),
}

fn templates(paths: &[PathBuf]) -> String {
    let names: Vec<String> = paths.iter().map(|path| format!("`{}`", path.display())).collect();
    let verb = if names.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", names.join(", "))
}

/// Adds every file of the folder under its own path. One that is the page of an object, whatever its extension, takes
/// the place of the generated page. A folder that does not exist adds nothing.
pub fn add(files: &mut Files, folder: &Path) -> Result<(), AdditionError> {
    let paths = walk(folder).map_err(|error| AdditionError::Read(folder.to_owned(), error))?;
    let foreign: Vec<PathBuf> = paths
        .iter()
        .map(|path| folder.join(path))
        .filter(|path| path.extension().is_some_and(|end| end == "tmpl"))
        .collect();
    if !foreign.is_empty() {
        return Err(AdditionError::Template(foreign));
    }
    for path in paths {
        let text = std::fs::read_to_string(folder.join(&path))
            .map_err(|error| AdditionError::Read(folder.join(&path), error))?;
        if let Some(generated) = stands_for(&path) {
            files.remove(&generated);
        }
        files.insert(path, text);
    }
    Ok(())
}

/// The generated page that a file stands for: `r/a.html.markdown` for `resources/a.md`.
fn stands_for(path: &str) -> Option<String> {
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
