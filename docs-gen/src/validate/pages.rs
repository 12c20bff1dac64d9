//! Checks layout, names, sizes and front matter of pages, and that each object has a page.
//!
//! The checks and their messages are those of `tfplugindocs validate`.
//!
//! Tests: `docs-gen/tests/validate.rs`.

use std::collections::BTreeSet;
use std::path::Path;

use saphyr::{LoadableYamlNode, Yaml};

use super::{Problem, Subject};
use crate::files::{read_lossy, walk};
use crate::kind::Kind;
use crate::registry::MAX_PAGE_BYTES;

const LEGACY_EXTENSIONS: [&str; 4] = [".html.markdown", ".html.md", ".markdown", ".md"];
const CDKTF_LANGUAGES: [&str; 5] = ["csharp", "go", "java", "python", "typescript"];

/// The folders of a layout, without the root.
fn folders(is_legacy: bool) -> [&'static str; 8] {
    if is_legacy {
        [
            "d",
            "r",
            "guides",
            "functions",
            "ephemeral-resources",
            "actions",
            "list-resources",
            "state-stores",
        ]
    } else {
        [
            "data-sources",
            "resources",
            "guides",
            "functions",
            "ephemeral-resources",
            "actions",
            "list-resources",
            "state-stores",
        ]
    }
}

/// Reports all problems of the pages.
///
/// # Errors
///
/// If a file or folder cannot be read.
pub fn check(subject: &Subject) -> std::io::Result<Vec<Problem>> {
    let registry = walk(&subject.root.join("docs"))?;
    let legacy = walk(&subject.root.join("website/docs"))?;
    let mut problems = Vec::new();
    let has_registry = registry.iter().any(|path| kind_folder(path, false).is_some());
    if has_registry && !legacy.is_empty() {
        problems.push(Problem {
            file: subject.root.join("website/docs"),
            line: None,
            message: "mixed Terraform Provider documentation directory layouts found, must use only legacy or registry layout".to_owned(),
        });
    }
    for (folder, paths, is_legacy) in [("docs", &registry, false), ("website/docs", &legacy, true)] {
        let mut reported = BTreeSet::new();
        for path in paths {
            let file = subject.root.join(folder).join(path);
            let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
            match folder_kind(directory, is_legacy) {
                FolderKind::Page(kind) => {
                    let text = read_lossy(&file)?;
                    problems.extend(check_page(subject, &file, path, kind, is_legacy, &text));
                }
                FolderKind::Invalid if reported.insert(directory) => problems.push(Problem {
                    file: subject.root.join(folder).join(directory),
                    line: None,
                    message: "invalid Terraform Provider documentation directory found".to_owned(),
                }),
                FolderKind::Invalid | FolderKind::Ignored => {}
            }
        }
    }
    let (folder, paths) = if legacy.is_empty() {
        ("docs", &registry)
    } else {
        ("website/docs", &legacy)
    };
    problems.extend(missing_and_extra_pages(
        subject,
        folder,
        paths,
        !legacy.is_empty(),
    ));
    Ok(problems)
}

/// How to check the files of a folder.
enum FolderKind<'a> {
    /// They are pages; the folder is that of a kind, or empty for the index.
    Page(&'a str),
    /// The Registry does not support the folder.
    Invalid,
    /// They are not checked.
    Ignored,
}

fn folder_kind(directory: &str, is_legacy: bool) -> FolderKind<'_> {
    let parts: Vec<&str> = directory.split('/').filter(|part| !part.is_empty()).collect();
    let is_folder = |name: &str| folders(is_legacy).contains(&name);
    match parts.as_slice() {
        [] => FolderKind::Page(""),
        [folder] if is_folder(folder) => FolderKind::Page(folder),
        ["cdktf"] => FolderKind::Ignored,
        ["cdktf", language] if CDKTF_LANGUAGES.contains(language) => FolderKind::Ignored,
        ["cdktf", language, folder] if CDKTF_LANGUAGES.contains(language) && is_folder(folder) => {
            if is_legacy {
                FolderKind::Page(folder)
            } else {
                FolderKind::Ignored
            }
        }
        [folder, ..] if is_folder(folder) || *folder == "cdktf" => FolderKind::Invalid,
        // `docs` may contain other folders, `website/docs` may not.
        _ if is_legacy => FolderKind::Invalid,
        _ => FolderKind::Ignored,
    }
}

fn kind_folder(path: &str, is_legacy: bool) -> Option<&str> {
    let (folder, _) = path.split_once('/')?;
    folders(is_legacy).contains(&folder).then_some(folder)
}

fn check_page(
    subject: &Subject,
    file: &Path,
    path: &str,
    folder: &str,
    is_legacy: bool,
    text: &str,
) -> Vec<Problem> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_index = folder.is_empty() && name.split('.').next() == Some("index");
    if folder.is_empty() && !is_index {
        return Vec::new();
    }
    let problem = |line: Option<usize>, message: String| Problem {
        file: file.to_owned(),
        line,
        message,
    };
    let mut problems = Vec::new();
    let ends: &[&str] = if is_legacy { &LEGACY_EXTENSIONS } else { &[".md"] };
    if !ends.iter().any(|end| name.ends_with(end)) {
        problems.push(problem(
            None,
            format!(
                "file does not end with a valid extension, valid extensions: [{}]",
                ends.join(" ")
            ),
        ));
    }
    if text.contains(char::REPLACEMENT_CHARACTER) {
        let line = text
            .lines()
            .position(|line| line.contains(char::REPLACEMENT_CHARACTER));
        problems.push(problem(line.map(|line| line + 1), "not UTF-8".to_owned()));
    }
    if text.len() >= MAX_PAGE_BYTES {
        problems.push(problem(
            None,
            format!(
                "exceeded maximum ({MAX_PAGE_BYTES}) size of documentation file for Terraform Registry: {}",
                text.len()
            ),
        ));
    }
    let Some(matter) = front_matter(text) else {
        problems.push(problem(Some(1), "no frontmatter found".to_owned()));
        return problems;
    };
    let matter = match Yaml::load_from_str(matter) {
        Ok(documents) => documents
            .into_iter()
            .next()
            .unwrap_or_else(|| Yaml::value_from_str("{}")),
        Err(error) => {
            problems.push(problem(
                Some(error.marker().line() + 1),
                format!("error parsing YAML frontmatter: {}", error.info()),
            ));
            return problems;
        }
    };
    let is_guide = folder == "guides";
    let (forbidden, required): (&[&str], &[&str]) = match (is_legacy, is_index, is_guide) {
        (false, true, _) => (&["layout", "sidebar_current", "subcategory"], &[]),
        (false, _, true) => (&["layout", "sidebar_current"], &["page_title"]),
        (false, _, _) => (&["layout", "sidebar_current"], &[]),
        (true, true, _) => (
            &["sidebar_current", "subcategory"],
            &["description", "layout", "page_title"],
        ),
        (true, _, _) => (&["sidebar_current"], &["description", "layout", "page_title"]),
    };
    let line_of = |key: &str| {
        text.lines()
            .position(|line| line.starts_with(&format!("{key}:")))
            .map(|line| line + 1)
    };
    for key in forbidden {
        if matter.contains_mapping_key(key) {
            problems.push(problem(
                line_of(key),
                format!("YAML frontmatter should not contain {key}"),
            ));
        }
    }
    for key in required {
        if !matter.contains_mapping_key(key) {
            problems.push(problem(
                Some(1),
                format!("YAML frontmatter missing required {key}"),
            ));
        }
    }
    let allowed = if is_guide {
        &subject.subcategories.guides
    } else {
        &subject.subcategories.objects
    };
    let subcategory = matter.as_mapping_get("subcategory").and_then(Yaml::as_str);
    if let (Some(allowed), Some(subcategory)) = (allowed, subcategory)
        && !allowed.iter().any(|one| one == subcategory)
    {
        problems.push(problem(
            line_of("subcategory"),
            format!(
                "YAML frontmatter contains a subcategory ({subcategory}) that is not in the allowed list"
            ),
        ));
    }
    problems
}

/// The front matter: the text between the first two lines `---`.
pub fn front_matter(text: &str) -> Option<&str> {
    let rest = text
        .strip_prefix("---\n")
        .or_else(|| text.strip_prefix("---\r\n"))?;
    if rest.starts_with("---") {
        return Some("");
    }
    let end = rest.find("\n---")?;
    rest.get(..end)
}

/// Reports pages without an object, and objects without a page.
fn missing_and_extra_pages(subject: &Subject, root: &str, paths: &[String], is_legacy: bool) -> Vec<Problem> {
    let documentation = subject.documentation;
    let mut problems = Vec::new();
    for kind in Kind::FOLDERS {
        let folder = match (kind, is_legacy) {
            (Kind::Resource, true) => "r",
            (Kind::DataSource, true) => "d",
            (kind, _) => kind.folder(),
        };
        let names: Vec<&str> = documentation
            .objects
            .iter()
            .filter(|object| object.kind == kind)
            .map(|object| object.name.as_str())
            .collect();
        let pages: Vec<(&String, &str)> = paths
            .iter()
            .filter_map(|path| {
                let name = path.strip_prefix(folder)?.strip_prefix('/')?;
                (!name.contains('/')).then_some((path, name.split('.').next().unwrap_or(name)))
            })
            .collect();
        let is_page_of =
            |stem: &str, name: &str| stem == name || format!("{}_{stem}", documentation.name) == name;
        for (path, stem) in &pages {
            if !names.iter().any(|name| is_page_of(stem, name)) {
                problems.push(Problem {
                    file: subject.root.join(root).join(path),
                    line: None,
                    message: format!(
                        "matching {} for documentation file not found, file is extraneous or incorrectly named",
                        kind.name_in_checks()
                    ),
                });
            }
        }
        for name in names {
            if !pages.iter().any(|(_, stem)| is_page_of(stem, name)) {
                problems.push(Problem {
                    file: subject.root.join(root).join(folder),
                    line: None,
                    message: format!("missing documentation file for {}: {name}", kind.name_in_checks()),
                });
            }
        }
    }
    problems
}
