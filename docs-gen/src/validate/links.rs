//! Checks relative links and anchors of pages.
//!
//! Tests: `docs-gen/tests/validate.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use super::Problem;
use super::pages::front_matter;
use crate::files::{read_lossy, walk};

/// Reports links to pages or anchors that do not exist.
///
/// # Errors
///
/// If a file or folder cannot be read.
pub fn check(docs: &Path) -> std::io::Result<Vec<Problem>> {
    let mut pages = BTreeMap::new();
    for path in walk(docs)? {
        let end = Path::new(&path).extension().unwrap_or_default();
        if end == "md" || end == "markdown" {
            let text = read_lossy(&docs.join(&path))?;
            pages.insert(path, text);
        }
    }
    let anchors: BTreeMap<&str, BTreeSet<String>> = pages
        .iter()
        .map(|(path, text)| (path.as_str(), anchors(text)))
        .collect();
    let mut problems = Vec::new();
    for (path, text) in &pages {
        for (target, range) in links(text) {
            if target.contains("://") || target.starts_with("mailto:") || target.starts_with("//") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let page = if file.is_empty() {
                Some(path.clone())
            } else {
                resolve(path, file, &pages)
            };
            let message = match &page {
                None if docs
                    .join(path)
                    .parent()
                    .is_some_and(|folder| folder.join(file).is_file()) =>
                {
                    continue;
                }
                None => format!("link to `{target}`: the page does not exist"),
                Some(page)
                    if anchor.is_empty()
                        || anchors
                            .get(page.as_str())
                            .is_some_and(|known| known.contains(anchor)) =>
                {
                    continue;
                }
                Some(page) => format!("link to `{target}`: `{page}` does not have this anchor"),
            };
            problems.push(Problem {
                file: docs.join(path),
                line: Some(line_at(text, range.start)),
                message,
            });
        }
    }
    Ok(problems)
}

/// The page that a relative link leads to. The link may omit the extension.
pub fn resolve<T>(from: &str, target: &str, pages: &BTreeMap<String, T>) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    let path = parts.join("/");
    [path.clone(), format!("{path}.md")]
        .into_iter()
        .find(|path| pages.contains_key(path))
}

/// The targets of all links and images, each with its range in the text.
fn links(text: &str) -> Vec<(String, Range<usize>)> {
    Parser::new_ext(&blank_front_matter(text), Options::ENABLE_TABLES)
        .into_offset_iter()
        .filter_map(|(event, range)| match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                Some((dest_url.to_string(), range))
            }
            _ => None,
        })
        .collect()
}

/// The page with spaces in place of its front matter, so that offsets and line numbers stay the same.
fn blank_front_matter(text: &str) -> String {
    match front_matter(text) {
        None => text.to_owned(),
        Some(matter) => {
            let end = matter.len() + "---\n\n---".len();
            let blank: String = text
                .get(..end)
                .unwrap_or_default()
                .chars()
                .map(|letter| {
                    if letter == '\n' {
                        "\n".to_owned()
                    } else {
                        " ".repeat(letter.len_utf8())
                    }
                })
                .collect();
            format!("{blank}{}", text.get(end..).unwrap_or_default())
        }
    }
}

/// The anchors of headings, and the ids of HTML elements.
pub fn anchors(text: &str) -> BTreeSet<String> {
    let mut found = Anchors::default();
    let mut heading: Option<String> = None;
    for event in Parser::new_ext(&blank_front_matter(text), Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                found.add(&heading.take().unwrap_or_default());
            }
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&text);
                }
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                for part in html.split(" id=\"").skip(1) {
                    found.0.extend(part.split('"').next().map(str::to_owned));
                }
            }
            _ => {}
        }
    }
    found.0
}

/// The anchors of one page.
#[derive(Debug, Default)]
pub struct Anchors(BTreeSet<String>);

impl Anchors {
    /// Adds a heading, and returns its anchor. Anchors of further headings with the same text get a number.
    pub fn add(&mut self, heading: &str) -> String {
        let slug = slug(heading);
        let mut unique = slug.clone();
        let mut number = 1;
        while !self.0.insert(unique.clone()) {
            unique = format!("{slug}-{number}");
            number += 1;
        }
        unique
    }
}

/// The anchor of a heading, made as GitHub and the Registry do.
fn slug(heading: &str) -> String {
    heading
        .trim()
        .to_lowercase()
        .chars()
        .filter_map(|letter| match letter {
            ' ' => Some('-'),
            letter if letter.is_alphanumeric() || letter == '-' || letter == '_' => Some(letter),
            _ => None,
        })
        .collect()
}

/// The blocks of Terraform code, each with the number of its first line.
pub fn code_blocks(text: &str) -> Vec<(usize, String)> {
    let text = blank_front_matter(text);
    let mut found = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (event, range) in Parser::new_ext(&text, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language)))
                if matches!(&*language, "terraform" | "tf") =>
            {
                open = Some((line_at(&text, range.start) + 1, String::new()));
            }
            Event::Text(code) => {
                if let Some((_, block)) = &mut open {
                    block.push_str(&code);
                }
            }
            Event::End(TagEnd::CodeBlock) => found.extend(open.take()),
            _ => {}
        }
    }
    found
}

/// The line number of a byte offset, from 1.
pub fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}
