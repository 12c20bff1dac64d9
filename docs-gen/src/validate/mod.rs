//! Checks of what is there: pages, guides and examples. Every problem of every file is reported at once.
//!
//! The checks of `tfplugindocs validate` ([`pages`]; a missing folder does not pass here), links and anchors
//! ([`links`]), and examples against the schema ([`configuration`]).
//!
//! Tests: `docs-gen/tests/validate.rs`.

pub mod configuration;
pub mod links;
pub mod pages;

use std::fmt;
use std::path::{Path, PathBuf};

use engine::Definition;

use crate::examples::{ExampleError, Examples, content_error, is_configuration};
use crate::facts::Documentation;
use crate::files::{read_lossy, walk};
use crate::kind::Kind;

/// Something that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file; one that is missing, where that is the problem.
    pub file: PathBuf,
    /// The line, from 1; `None` where the whole file is meant.
    pub line: Option<usize>,
    /// What is wrong.
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

/// What is checked.
pub struct Subject<'a> {
    /// Folder that holds `docs/` or `website/docs/`.
    pub root: &'a Path,
    /// What the provider has.
    pub documentation: &'a Documentation,
    /// The declarations, where it is this provider: its engine checks the values in examples.
    pub definition: Option<&'static Definition>,
    /// The examples.
    pub examples: &'a Examples,
    /// Subcategories that are allowed.
    pub subcategories: Subcategories,
}

/// Subcategories that pages may have; `None` for any.
#[derive(Clone, Debug, Default)]
pub struct Subcategories {
    /// Of guides.
    pub guides: Option<Vec<String>>,
    /// Of all other pages.
    pub objects: Option<Vec<String>>,
}

/// All problems, sorted by file and line.
pub fn validate(subject: &Subject) -> std::io::Result<Vec<Problem>> {
    let mut problems = pages::check(subject)?;
    for docs in ["docs", "website/docs"] {
        problems.extend(links::check(&subject.root.join(docs))?);
    }
    problems.extend(completeness(subject));
    problems.extend(examples(subject)?);
    problems.sort();
    problems.dedup();
    Ok(problems)
}

/// Descriptions, examples and imports that are missing.
fn completeness(subject: &Subject) -> Vec<Problem> {
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
            // The members of an object type cannot have one.
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

/// The line of an attribute in the section "Schema", or in that of the block it is in.
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

fn has_descriptions(object: &crate::facts::Object, path: &[&str]) -> bool {
    let mut attributes = &object.attributes;
    for name in path.iter().take(path.len().saturating_sub(1)) {
        let Some(found) = attributes.iter().find(|attribute| attribute.name == *name) else {
            return true;
        };
        if found.shape == crate::facts::Shape::Object {
            return false;
        }
        attributes = &found.attributes;
    }
    true
}

/// Configurations in example files, and in the guides.
fn examples(subject: &Subject) -> std::io::Result<Vec<Problem>> {
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
