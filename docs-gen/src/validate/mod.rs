//! Checks pages, guides and examples, and reports all problems of all files at once.
//!
//! [`pages`] has the checks of `tfplugindocs validate`, but unlike it reports a missing folder, too. [`links`] checks
//! links and anchors, and [`configuration`] checks examples against the schema.
//!
//! Tests: `docs-gen/tests/validate.rs`.

pub mod configuration;
pub mod links;
pub mod pages;

use std::fmt;
use std::path::{Path, PathBuf};

use engine::Definition;

use crate::examples::{ExampleError, Examples, content_error, is_configuration};
use crate::facts::{Documentation, Object, Shape};
use crate::files::{read_lossy, walk};
use crate::kind::Kind;

/// A problem with its location.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file, which may be missing.
    pub file: PathBuf,
    /// The line, from 1; `None` if the problem is about the whole file.
    pub line: Option<usize>,
    /// A message that names the object, attribute or link.
    pub message: String,
}

impl From<&ExampleError> for Problem {
    fn from(error: &ExampleError) -> Self {
        let (file, message) = error.parts();
        Self {
            file: file.to_owned(),
            line: Some(1),
            message,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:", self.file.display())?;
        if let Some(line) = self.line {
            write!(formatter, "{line}:")?;
        }
        write!(formatter, " {}", self.message)
    }
}

/// The files to check, and the facts to check them against.
pub struct Subject<'a> {
    /// Folder that contains `docs/` or `website/docs/`.
    pub root: &'a Path,
    /// The facts about the provider.
    pub documentation: &'a Documentation,
    /// The declarations, if it is this provider: the engine then checks the values in examples.
    pub definition: Option<&'static Definition>,
    /// The examples.
    pub examples: &'a Examples,
    /// The allowed subcategories.
    pub subcategories: Subcategories,
}

/// The subcategories that pages may have; `None` allows any.
#[derive(Clone, Debug, Default)]
pub struct Subcategories {
    /// Subcategories of guides.
    pub guides: Option<Vec<String>>,
    /// Subcategories of all other pages.
    pub objects: Option<Vec<String>>,
}

/// All problems, sorted by file and line.
///
/// # Errors
///
/// If a file or folder cannot be read.
pub fn validate(subject: &Subject) -> std::io::Result<Vec<Problem>> {
    let mut problems = pages::check(subject)?;
    for docs in ["docs", "website/docs"] {
        problems.extend(links::check(&subject.root.join(docs))?);
    }
    problems.extend(check_completeness(subject));
    problems.extend(check_examples(subject)?);
    problems.sort();
    problems.dedup();
    Ok(problems)
}

/// Reports missing descriptions, examples and import examples.
fn check_completeness(subject: &Subject) -> Vec<Problem> {
    let documentation = subject.documentation;
    let mut problems = Vec::new();
    for object in &documentation.objects {
        let page = subject
            .root
            .join("docs")
            .join(format!("{}.md", object.path(&documentation.name)));
        let text = read_lossy(&page).unwrap_or_default();
        let line_of = |wanted: &str| {
            text.lines()
                .position(|line| line.starts_with(wanted))
                .map(|line| line + 1)
        };
        if object.summary.is_empty() && object.description.is_empty() {
            problems.push(Problem {
                file: page.clone(),
                line: line_of("# "),
                message: format!("`{}` has no description", object.name),
            });
        }
        for (path, attribute) in object.every_attribute() {
            // The attributes of an object type cannot have descriptions.
            let is_member = path.len() > 1 && !has_descriptions(object, &path);
            if attribute.description.is_empty() && !is_member {
                problems.push(Problem {
                    file: page.clone(),
                    line: line_of_attribute(&text, &path),
                    message: format!("`{}.{}` has no description", object.name, path.join(".")),
                });
            }
        }
        let folder = subject.examples.folder(object.kind, &object.name);
        if object.examples.is_empty() {
            let name = format!(
                "{}{}",
                object.kind.example_prefix(),
                object.kind.example_extension()
            );
            problems.push(Problem {
                file: folder.join(name),
                line: None,
                message: format!("`{}` has no example", object.name),
            });
        }
        let can_import =
            object.kind == Kind::Resource && (object.import.is_some() || subject.definition.is_none());
        if can_import {
            for (file, is_there) in [
                ("import.sh", object.import_examples.command.is_some()),
                ("import-by-string-id.tf", object.import_examples.block.is_some()),
            ] {
                if !is_there {
                    problems.push(Problem {
                        file: folder.join(file),
                        line: None,
                        message: format!(
                            "`{}` can be imported, but has no example of an import",
                            object.name
                        ),
                    });
                }
            }
        }
    }
    problems
}

/// The line of an attribute in the section "Schema", or in the section of the block that contains it.
fn line_of_attribute(page: &str, path: &[&str]) -> Option<usize> {
    let (name, parents) = path.split_last()?;
    let section = match parents {
        [] => "## Schema".to_owned(),
        parents => format!("### Nested Schema for `{}`", parents.join(".")),
    };
    let item = format!("- `{name}` (");
    let mut lines = page.lines().enumerate().skip_while(|(_, line)| *line != section);
    lines
        .find(|(_, line)| line.starts_with(&item))
        .map(|(line, _)| line + 1)
}

/// Whether the attribute at the path can have a description: not if an object type contains it.
fn has_descriptions(object: &Object, path: &[&str]) -> bool {
    let mut attributes = &object.attributes;
    for name in path.iter().take(path.len().saturating_sub(1)) {
        let Some(found) = attributes.iter().find(|attribute| attribute.name == *name) else {
            return true;
        };
        if found.shape == Shape::Object {
            return false;
        }
        attributes = &found.attributes;
    }
    true
}

/// Checks the configurations in example files and guides.
fn check_examples(subject: &Subject) -> std::io::Result<Vec<Problem>> {
    let mut problems = Vec::new();
    let root = subject.examples.path();
    for path in walk(root)? {
        let file = root.join(&path);
        if let Some(error) = content_error(&file) {
            problems.push(Problem::from(&error));
        } else if is_configuration(&file) {
            problems.extend(configuration::check(subject, &file, 1, &read_lossy(&file)?));
        }
    }
    for guides in ["docs/guides", "website/docs/guides"] {
        let guides = subject.root.join(guides);
        for path in walk(&guides)? {
            let file = guides.join(&path);
            for (line, block) in links::code_blocks(&read_lossy(&file)?) {
                problems.extend(configuration::check(subject, &file, line, &block));
            }
        }
    }
    Ok(problems)
}
