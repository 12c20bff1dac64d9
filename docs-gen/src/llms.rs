//! Files for language models and other programs: [`llms.txt`](https://llmstxt.org), `llms-full.txt`, each page as
//! Markdown, and all facts as JSON.
//!
//! Tests: `docs-gen/tests/machines.rs`.

use std::fmt::Write as _;

use crate::facts::Documentation;
use crate::files::Files;
use crate::kind::Kind;
use crate::validate::pages::front_matter;

/// The file with all facts. It shows that docs-gen wrote a folder.
pub const FACTS: &str = "provider.docs.json";

/// All files for programs. `pages` are the Markdown pages, those of the Registry.
///
/// # Errors
///
/// If the facts cannot be serialised.
pub fn files(documentation: &Documentation, pages: &Files) -> serde_json::Result<Files> {
    let mut files = Files::default();
    files.insert("llms.txt", index(documentation, pages));
    files.insert("llms-full.txt", full(documentation, pages));
    let mut facts = serde_json::to_string_pretty(documentation)?;
    facts.push('\n');
    files.insert(FACTS, facts);
    files.extend(pages.clone());
    Ok(files)
}

/// A title, a summary, and a list of links for each kind of page.
fn index(documentation: &Documentation, pages: &Files) -> String {
    let name = &documentation.name;
    let provider = documentation.object(Kind::Provider, name);
    let summary = provider
        .map(|provider| provider.summary.as_str())
        .unwrap_or_default();
    let mut out = format!("# {name} provider for Terraform\n\n> {}\n\n", one_line(summary));
    if !documentation.version.is_empty() {
        let _ = writeln!(
            out,
            "Version {}, source `{}`.\n",
            documentation.version, documentation.address
        );
    }
    let _ = write!(
        out,
        "- [Provider configuration](index.md): arguments of the `provider` block\n\n"
    );
    let guides: Vec<(&str, &str)> = pages
        .iter()
        .filter(|(path, _)| path.starts_with("guides/"))
        .collect();
    if !guides.is_empty() {
        out.push_str("## Guides\n\n");
        for (path, text) in guides {
            let matter = front_matter(text).unwrap_or_default();
            let title = matter
                .lines()
                .find_map(|line| line.strip_prefix("page_title:"))
                .unwrap_or(path);
            let description = matter
                .lines()
                .skip_while(|line| !line.starts_with("description:"))
                .nth(1);
            let _ = writeln!(
                out,
                "- [{}]({path}): {}",
                title.trim().trim_matches('"'),
                description.unwrap_or_default().trim()
            );
        }
        out.push('\n');
    }
    for kind in Kind::FOLDERS {
        let mut objects = documentation
            .objects
            .iter()
            .filter(|object| object.kind == kind)
            .peekable();
        if objects.peek().is_none() {
            continue;
        }
        let _ = write!(out, "## {}\n\n", kind.plural_title());
        for object in objects {
            let _ = writeln!(
                out,
                "- [{}]({}.md): {}",
                object.name,
                object.path(name),
                one_line(&object.summary)
            );
        }
        out.push('\n');
    }
    out.push_str("## Optional\n\n- [All pages in one file](llms-full.txt)\n- [All documented facts as JSON](provider.docs.json)\n");
    out
}

/// All pages in one file.
fn full(documentation: &Documentation, pages: &Files) -> String {
    let mut out = format!("# {} provider for Terraform: all pages\n", documentation.name);
    for (path, text) in pages.iter() {
        let body = match front_matter(text) {
            Some(matter) => text.get(matter.len() + "---\n\n---".len()..).unwrap_or(text),
            None => text,
        };
        let _ = write!(out, "\n<!-- {path} -->\n\n{}\n", body.trim());
    }
    out
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
