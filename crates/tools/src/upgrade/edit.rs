//! The new contents of the files.
//!
//! Tests: `crates/tools/tests/upgrade/main.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::ops::Range;

use hcl_edit::Span;
use hcl_edit::structure::Block;

use super::VERSIONS_FILE;
use super::module::{Entry, File, Module, key_name};
use super::requirement::{PlanError, Requirement};
use crate::hcl::format::format;
use crate::hcl::token::{self, Kind};

/// The constraint for the versions of Terraform that support provider source addresses.
const REQUIRED_VERSION: &str = "\">= 0.13\"";

/// The beginning of the TODO comment, by which a later run recognises it.
const TODO: &str = "TF-UPGRADE-TODO";

/// A file whose content the upgrade changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its name in the directory.
    pub name: String,
    /// The present content; `None` if the file does not exist.
    pub before: Option<String>,
    /// The new content.
    pub after: String,
}

/// The files to change so that each provider has its entry, all in one `required_providers` block.
///
/// # Errors
///
/// [`PlanError::Edit`], if the result is not valid HCL, which is a bug.
pub fn changes(
    module: &Module,
    requirements: &BTreeMap<String, Requirement>,
) -> Result<Vec<Change>, PlanError> {
    let with_block: Vec<&File> = module
        .files
        .iter()
        .filter(|file| file.required_providers().next().is_some())
        .collect();
    let target = match with_block.as_slice() {
        [only] => only.name.as_str(),
        _ => VERSIONS_FILE,
    };
    // The first block of the target file is kept; all others, in any file, are removed.
    let mut contents: BTreeMap<String, String> = BTreeMap::new();
    for name in [target, VERSIONS_FILE] {
        let present = module.files.iter().find(|file| file.name == name);
        contents.insert(
            name.to_owned(),
            present.map(|file| file.text.clone()).unwrap_or_default(),
        );
    }
    for file in &with_block {
        let kept = usize::from(file.name == target);
        let text = remove_blocks(file, kept);
        contents.insert(file.name.clone(), text);
    }
    edit(&mut contents, target, |file| {
        set_entries(file, module, requirements)
    })?;
    edit(&mut contents, VERSIONS_FILE, set_required_version)?;
    Ok(contents
        .into_iter()
        .map(|(name, text)| Change {
            before: module
                .files
                .iter()
                .find(|file| file.name == name)
                .map(|file| file.text.clone()),
            after: format(&text),
            name,
        })
        .filter(|change| change.before.as_ref() != Some(&change.after))
        .collect())
}

/// Replaces the content of one of the files.
fn edit(
    contents: &mut BTreeMap<String, String>,
    name: &str,
    change: impl Fn(&File) -> String,
) -> Result<(), PlanError> {
    let text = contents.remove(name).unwrap_or_default();
    let file = File::parse(name.to_owned(), text)
        .map_err(|error| PlanError::Edit(name.to_owned(), error.to_string()))?;
    contents.insert(name.to_owned(), change(&file));
    Ok(())
}

/// Replacements in the text of a file.
struct Edits<'a> {
    text: &'a str,
    replacements: Vec<(Range<usize>, String)>,
}

impl<'a> Edits<'a> {
    fn new(text: &'a str) -> Self {
        Edits {
            text,
            replacements: Vec::new(),
        }
    }

    fn replace(&mut self, range: Range<usize>, by: impl Into<String>) {
        self.replacements.push((range, by.into()));
    }

    /// Removes a range; with its whole lines, if they contain nothing else.
    fn remove_lines(&mut self, range: &Range<usize>) {
        let before = self.text.get(..range.start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |position| position + 1);
        let after = self.text.get(range.end..).unwrap_or_default();
        let rest = after.find('\n').map_or(after.len(), |position| position + 1);
        let is_blank = |text: Option<&str>| text.is_some_and(|text| text.trim().is_empty());
        let is_alone = is_blank(before.get(line_start..)) && is_blank(after.get(..rest));
        if is_alone {
            let mut end = range.end + rest;
            // If there is an empty line before and after, one of them is removed too, so that there are not two in a row.
            let next = self.text.get(end..).unwrap_or_default();
            let blank = next.find('\n').map_or(next.len(), |position| position + 1);
            let had_blank_before = before
                .get(..line_start)
                .is_none_or(|before| before.is_empty() || before.ends_with("\n\n"));
            if had_blank_before && is_blank(next.get(..blank)) {
                end += blank;
            }
            // An empty line before the last item of a block or file is removed too.
            let rest = self.text.get(end..).unwrap_or_default().trim_start();
            let is_last = rest.is_empty() || rest.starts_with('}');
            let blank_before = before.get(..line_start).and_then(|before| {
                ["\r\n", "\n"]
                    .iter()
                    .find(|line| before.ends_with(&line.repeat(2)))
            });
            let start = match blank_before {
                Some(line) if is_last => line_start - line.len(),
                _ => line_start,
            };
            self.replace(start..end, "");
        } else {
            self.replace(range.clone(), "");
        }
    }

    fn apply(self) -> String {
        let (is_windows, length) = (self.text.contains("\r\n"), self.text.len());
        let text = self.apply_within(0..length);
        if is_windows {
            text.replace("\r\n", "\n").replace('\n', "\r\n")
        } else {
            text
        }
    }

    /// The new text of a part that contains all replacements.
    fn apply_within(mut self, part: Range<usize>) -> String {
        self.replacements.sort_by_key(|(range, _)| range.start);
        let mut text = String::new();
        let mut position = part.start;
        for (range, by) in &self.replacements {
            text.push_str(self.text.get(position..range.start).unwrap_or_default());
            text.push_str(by);
            position = range.end.max(position);
        }
        text.push_str(self.text.get(position..part.end).unwrap_or_default());
        text
    }
}

/// Removes the `required_providers` blocks of a file except for the first `kept` ones, and each `terraform` block that
/// is empty then.
fn remove_blocks(file: &File, kept: usize) -> String {
    let mut edits = Edits::new(&file.text);
    let mut count = 0;
    for terraform in file.terraform_blocks() {
        let mut removed: Vec<Range<usize>> = Vec::new();
        for block in terraform.body.blocks() {
            if block.ident.as_str() != "required_providers" {
                continue;
            }
            if count < kept {
                count += 1;
            } else {
                removed.extend(block.span());
            }
        }
        if removed.is_empty() {
            continue;
        }
        match terraform.span() {
            // A `terraform` block that still contains a comment is kept.
            Some(span) if removed.len() == terraform.body.len() && !has_comment(file, &span, &removed) => {
                edits.remove_lines(&span);
            }
            _ => removed.iter().for_each(|range| edits.remove_lines(range)),
        }
    }
    edits.apply()
}

/// Whether a range has a comment outside the excluded ranges, which are parts of it.
fn has_comment(file: &File, range: &Range<usize>, excluded: &[Range<usize>]) -> bool {
    let mut edits = Edits::new(&file.text);
    for part in excluded {
        edits.replace(part.clone(), "");
    }
    let length: usize = excluded.iter().map(|part| part.end - part.start).sum();
    let rest = edits.apply();
    let inside = rest
        .get(range.start..range.end.saturating_sub(length))
        .unwrap_or_default();
    token::tokens(inside)
        .iter()
        .any(|token| token.kind == Kind::Comment)
}

/// Adds or changes the entries in a file's first `required_providers` block, so that each provider has one.
fn set_entries(file: &File, module: &Module, requirements: &BTreeMap<String, Requirement>) -> String {
    let mut edits = Edits::new(&file.text);
    let block = file.required_providers().next();
    let mut present: BTreeSet<&str> = BTreeSet::new();
    for attribute in block.into_iter().flat_map(|block| block.body.attributes()) {
        let Some(entry) = file.entry(attribute) else {
            continue;
        };
        let Some(requirement) = requirements.get(entry.name) else {
            continue;
        };
        present.insert(entry.name);
        change_entry(&mut edits, &entry, requirement);
    }
    let mut added = String::new();
    for (name, requirement) in requirements
        .iter()
        .filter(|(name, _)| !present.contains(name.as_str()))
    {
        for comment in &requirement.comments {
            added.push_str(comment);
            added.push('\n');
        }
        let moved = module.entries().find(|entry| entry.name == name);
        let value = match moved {
            Some(entry) => changed_value(&entry, requirement),
            None => object_literal(name, requirement),
        };
        let _ = writeln!(added, "{name} = {value}");
    }
    let terraform = file.terraform_blocks().next();
    match (block, terraform) {
        (Some(block), _) => append_lines(&mut edits, block, &added),
        (None, Some(terraform)) => append_lines(
            &mut edits,
            terraform,
            &format!("required_providers {{\n{added}}}\n"),
        ),
        (None, None) => {
            let separator = match file.text.trim_end().is_empty() {
                true => "",
                false if file.text.ends_with('\n') => "\n",
                false => "\n\n",
            };
            let end = file.text.len();
            edits.replace(
                end..end,
                format!("{separator}terraform {{\nrequired_providers {{\n{added}}}\n}}\n"),
            );
        }
    }
    edits.apply()
}

/// The new value of an entry that moves to another file.
fn changed_value(entry: &Entry<'_>, requirement: &Requirement) -> String {
    let mut edits = Edits::new(&entry.file.text);
    change_entry(&mut edits, entry, requirement);
    let value = edits.apply_within(entry.value.span().unwrap_or_default());
    value.replace("\r\n", "\n")
}

/// Changes an entry if its source or version differs from the requirement.
fn change_entry(edits: &mut Edits<'_>, entry: &Entry<'_>, requirement: &Requirement) {
    let Some(value) = entry.value.span() else { return };
    let written = edits.text.get(value.clone()).unwrap_or_default();
    let is_marked = requirement.source.is_some() || written.contains(TODO);
    let is_unchanged =
        entry.source == requirement.source.as_deref() && entry.version == requirement.version.as_deref();
    let Some(members) = entry.value.as_object() else {
        edits.replace(value, object_literal(entry.name, requirement));
        return;
    };
    if is_unchanged && is_marked {
        return;
    }
    let has_comments = token::tokens(written)
        .iter()
        .any(|token| token.kind == Kind::Comment);
    let has_more = members
        .iter()
        .any(|(key, _)| !matches!(key_name(key), Some("source" | "version")));
    if !has_comments && !has_more {
        edits.replace(value, object_literal(entry.name, requirement));
        return;
    }
    // Comments and other keys of the object are kept: only `source` and `version` are changed.
    let mut missing = String::new();
    for (name, required) in [("source", &requirement.source), ("version", &requirement.version)] {
        let member = members.iter().find(|(key, _)| key_name(key) == Some(name));
        match (member, required) {
            (Some((_, member)), Some(required)) => {
                if let Some(span) = member.expr().span() {
                    edits.replace(span, quoted(required));
                }
            }
            (None, Some(required)) => {
                let _ = writeln!(missing, "{name} = {}", quoted(required));
            }
            (_, None) => {}
        }
    }
    if requirement.source.is_none() && !is_marked {
        missing.insert_str(0, &todo_comment(entry.name));
    }
    let after_brace = value.start + 1;
    let follows_newline = edits
        .text
        .get(after_brace..)
        .is_some_and(|rest| rest.trim_start_matches([' ', '\t', '\r']).starts_with('\n'));
    let missing = missing.trim_end();
    if !missing.is_empty() {
        let end = if follows_newline { "" } else { "\n" };
        edits.replace(after_brace..after_brace, format!("\n{missing}{end}"));
    }
}

/// An object literal with source and version; with a TODO comment if the source is unknown.
fn object_literal(name: &str, requirement: &Requirement) -> String {
    let mut text = "{\n".to_owned();
    match &requirement.source {
        Some(source) => {
            let _ = writeln!(text, "source = {}", quoted(source));
        }
        None => text.push_str(&todo_comment(name)),
    }
    if let Some(version) = &requirement.version {
        let _ = writeln!(text, "version = {}", quoted(version));
    }
    text.push('}');
    text
}

/// The comment that Terraform 0.13 wrote for a provider whose source it did not find.
fn todo_comment(name: &str) -> String {
    let lines = [
        TODO,
        "",
        "No source detected for this provider. You must add a source address",
        "in the following format:",
        "",
        &format!("source = \"your-registry.example.com/organization/{name}\""),
        "",
        "For more information, see the provider source documentation:",
        "",
        "https://www.terraform.io/docs/configuration/providers.html#provider-source",
    ];
    lines
        .iter()
        .map(|line| {
            if line.is_empty() {
                "#\n".to_owned()
            } else {
                format!("# {line}\n")
            }
        })
        .collect()
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Sets `required_version` to the versions that support source addresses, in the `terraform` block with
/// `required_providers`, or else in the first one.
fn set_required_version(file: &File) -> String {
    let mut edits = Edits::new(&file.text);
    let with_providers = file
        .terraform_blocks()
        .find(|block| block.body.has_blocks("required_providers"));
    let Some(block) = with_providers.or_else(|| file.terraform_blocks().next()) else {
        let end = file.text.len();
        let separator = if file.text.trim_end().is_empty() { "" } else { "\n" };
        edits.replace(
            end..end,
            format!("{separator}terraform {{\nrequired_version = {REQUIRED_VERSION}\n}}\n"),
        );
        return edits.apply();
    };
    match block.body.get_attribute("required_version") {
        Some(attribute) => {
            if let Some(span) = attribute.value.span() {
                edits.replace(span, REQUIRED_VERSION);
            }
        }
        None => append_lines(
            &mut edits,
            block,
            &format!("required_version = {REQUIRED_VERSION}\n"),
        ),
    }
    edits.apply()
}

/// Adds lines at the end of a block's body.
fn append_lines(edits: &mut Edits<'_>, block: &Block, lines: &str) {
    let Some(span) = block.span() else { return };
    let Some(brace) = span.end.checked_sub(1).filter(|_| !lines.is_empty()) else {
        return;
    };
    let inside = edits.text.get(span.start..brace).unwrap_or_default();
    let last_line = inside.rsplit('\n').next().unwrap_or_default();
    if inside.contains('\n') && last_line.trim().is_empty() {
        let start = brace - last_line.len();
        edits.replace(start..start, lines);
        return;
    }
    // A block on one line is written over several lines.
    let opening = token::tokens(inside);
    let brace_after: usize = inside.find('{').unwrap_or_default();
    let is_empty = opening.last().is_some_and(|token| token.kind == Kind::OpenBrace);
    if !is_empty {
        let after_brace = span.start + brace_after + 1;
        edits.replace(after_brace..after_brace, "\n");
    }
    edits.replace(brace..brace, format!("\n{lines}"));
}

/// The comments directly above an entry, and the one at the end of its line.
pub fn comments_of(entry: &Entry<'_>) -> Vec<String> {
    let text = entry.file.text.as_str();
    let mut before = token::tokens(text.get(..entry.span.start).unwrap_or_default());
    let mut comments = Vec::new();
    while let Some(token) = before.pop() {
        let previous = before.last();
        match token.kind {
            // A comment that does not begin its line belongs to the code before it.
            Kind::Comment if previous.is_none_or(token::Token::ends_line) => comments.push(token),
            // The newline after a block comment. Any other newline here is an empty line, which ends the comments.
            Kind::Newline
                if previous.is_some_and(|token| token.kind == Kind::Comment && !token.ends_line()) => {}
            _ => break,
        }
    }
    comments.reverse();
    let after = token::tokens(text.get(entry.span.end..).unwrap_or_default());
    comments.extend(
        after
            .into_iter()
            .take_while(|token| token.kind == Kind::Comment)
            .take(1),
    );
    comments
        .iter()
        .map(|token| token.text.trim().to_owned())
        .collect()
}
