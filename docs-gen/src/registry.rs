//! The pages of the Registry in the default style.
//!
//! Headings, anchors and order are those of `HashiCorp`'s generator, because other tools (such as Pulumi's bridge) read
//! these pages, and existing links use the anchors. The additional sentences come from [`crate::facts::phrases`].
//!
//! Tests: `docs-gen/tests/registry.rs`.

use std::fmt::Write as _;
use std::path::Path;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, context};
use pulldown_cmark::{Event, Options, Parser, Tag};
use serde::Serialize;
use thiserror::Error;

use crate::additions::{self, AdditionError};
use crate::compat::{self, fence};
use crate::facts::{Attribute, Change, Documentation, Group, Object, Rule, Shape, anchor, phrases};
use crate::files::Files;
use crate::kind::Kind;

/// Folders and files under `docs/` that docs-gen generates.
pub const OWNED_PATHS: [&str; 9] = [
    "index.md",
    "guides",
    "resources",
    "data-sources",
    "functions",
    "ephemeral-resources",
    "actions",
    "list-resources",
    "state-stores",
];

/// The Registry truncates pages of this size or more, in bytes.
pub const MAX_PAGE_BYTES: usize = 500_000;

/// Why the pages cannot be generated.
#[derive(Debug, Error)]
pub enum PageError {
    /// The template cannot be rendered.
    #[error("failed to render the template: {0:#}")]
    Template(#[from] minijinja::Error),
    /// A hand-written file cannot be added.
    #[error(transparent)]
    Addition(#[from] AdditionError),
    /// The Registry would truncate a page.
    #[error("`{path}` has {size} bytes; the Registry shows pages of less than {MAX_PAGE_BYTES}")]
    Size {
        /// The page.
        path: String,
        /// Its size in bytes.
        size: usize,
    },
}

/// All pages: the generated ones, and the files of `templates`.
///
/// # Errors
///
/// If the template cannot be rendered, a file of `templates` cannot be used, or a page is too large.
pub fn pages(documentation: &Documentation, templates: &Path) -> Result<Files, PageError> {
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()?;
    environment.set_syntax(syntax);
    environment.add_filter("yaml", |text: String| {
        serde_json::to_string(&text).unwrap_or_default()
    });
    environment.add_filter("indented", |text: String| indent_front_matter(&text));
    environment.add_filter("described", |text: String, indent: usize| {
        item_description(&text, indent)
    });
    environment.add_template("page.md", include_str!("templates/page.md"))?;
    let mut files = Files::default();
    for object in &documentation.objects {
        let text = page(&environment, documentation, object)?;
        files.insert(format!("{}.md", object.path(&documentation.name)), text);
    }
    additions::add(&mut files, templates)?;
    check_sizes(&files)?;
    Ok(files)
}

/// Checks that the Registry shows all pages in full.
///
/// # Errors
///
/// If a page has [`MAX_PAGE_BYTES`] bytes or more.
pub fn check_sizes(files: &Files) -> Result<(), PageError> {
    let too_large = files.iter().find(|(_, text)| text.len() >= MAX_PAGE_BYTES);
    too_large.map_or(Ok(()), |(path, text)| {
        Err(PageError::Size {
            path: path.to_owned(),
            size: text.len(),
        })
    })
}

fn page(
    environment: &Environment,
    documentation: &Documentation,
    object: &Object,
) -> Result<String, PageError> {
    let (title, heading) = match object.kind {
        Kind::Provider => {
            let title = format!("{} Provider", object.name);
            (title.clone(), title)
        }
        Kind::Function => (
            format!("{} function - {}", object.name, documentation.name),
            format!("function: {}", object.name),
        ),
        kind => (
            format!("{} {} - {}", object.name, kind.title(), documentation.name),
            format!("{} ({})", object.name, kind.title()),
        ),
    };
    let summary = if object.summary.is_empty() {
        compat::plain(&object.description)
    } else {
        compat::plain(&object.summary)
    };
    let text = environment.get_template("page.md")?.render(context! {
        object => Serde(object),
        title,
        heading,
        summary => summary.trim(),
        schema => schema(object),
        rules => Serde(&object.rules),
        changes => Serde(changes(object)),
        map => Serde(if object.kind == Kind::Provider { map(documentation) } else { Vec::new() }),
        destroy => object.destroy.map(|destroy| phrases::describe_destroy(object, destroy)),
        import => import(object),
    })?;
    Ok(format!("{}\n", text.trim_end()))
}

/// The section "Schema".
pub fn schema(object: &Object) -> String {
    let mut out = "## Schema\n\n".to_owned();
    members(&mut out, &[], &object.attributes, false, &object.rules);
    out.truncate(out.trim_end().len());
    out
}

fn members(out: &mut String, path: &[&str], attributes: &[Attribute], in_object: bool, rules: &[Rule]) {
    let within = path.last().copied();
    for group in Group::ALL {
        let mut listed = attributes
            .iter()
            .filter(|attribute| attribute.group == group)
            .peekable();
        if listed.peek().is_none() {
            continue;
        }
        let _ = match path {
            [] => write!(out, "### {}\n\n", group.title()),
            _ => write!(out, "{}:\n\n", group.title()),
        };
        for attribute in listed {
            let path: Vec<&str> = path.iter().copied().chain([attribute.name.as_str()]).collect();
            let _ = write!(out, "- `{}` ({})", attribute.name, flags(attribute));
            out.push_str(&item_description(&attribute.description, ITEM_INDENT));
            // Without an empty line, Markdown would add the sentence to a list or code block before it.
            let (next_sentence, mut next_word) = match attribute.description.trim() {
                "" => (" ", " "),
                text if is_paragraph(text) => ("\n  ", " "),
                _ => ("\n\n  ", "\n\n  "),
            };
            let derived = phrases::describe_attribute(attribute, rules, within).join(" ");
            if !derived.is_empty() {
                let _ = write!(out, "{next_sentence}{}", indent_item(&derived, ITEM_INDENT));
                next_word = " ";
            }
            if let Some(anchor) = anchor(attribute.shape, in_object, &path) {
                let _ = write!(out, "{next_word}(see [below for nested schema](#{anchor}))");
            }
            out.push('\n');
        }
        out.push('\n');
    }
    for attribute in attributes {
        let path: Vec<&str> = path.iter().copied().chain([attribute.name.as_str()]).collect();
        if let Some(anchor) = anchor(attribute.shape, in_object, &path) {
            let _ = write!(
                out,
                "<a id=\"{anchor}\"></a>\n### Nested Schema for `{}`\n\n",
                path.join(".")
            );
            members(
                out,
                &path,
                &attribute.attributes,
                attribute.shape == Shape::Object,
                rules,
            );
        }
    }
}

/// Type and flags of an attribute, for the parentheses after its name.
pub fn flags(attribute: &Attribute) -> String {
    let mut words = attribute.r#type.clone();
    for (is_set, flag) in [
        (attribute.sensitive, "Sensitive"),
        (attribute.deprecated.is_some(), "Deprecated"),
        (
            attribute.write_only,
            "[Write-only](https://developer.hashicorp.com/terraform/language/resources/ephemeral#write-only-arguments)",
        ),
    ] {
        if is_set {
            let _ = write!(words, ", {flag}");
        }
    }
    words
}

/// A row of the table of changes.
#[derive(Serialize)]
pub struct ChangeRow {
    /// Path of the attribute.
    pub name: String,
    /// Effect of the change.
    pub effect: &'static str,
    #[serde(skip)]
    change: Change,
}

/// The table of changes, the most drastic first.
pub fn changes(object: &Object) -> Vec<ChangeRow> {
    let mut rows: Vec<ChangeRow> = object
        .every_attribute()
        .into_iter()
        .filter_map(|(path, attribute)| {
            let change = attribute.change?;
            Some(ChangeRow {
                name: path.join("."),
                effect: phrases::describe_change(object, attribute, change),
                change,
            })
        })
        .collect();
    rows.sort_by(|one, other| (one.change, &one.name).cmp(&(other.change, &other.name)));
    rows
}

/// A row of the map of an account.
#[derive(Serialize)]
pub struct MapRow {
    /// Full name of the object that refers to another.
    pub object: String,
    /// Path of its page under `docs/`, without extension.
    pub path: String,
    /// Path of the argument.
    pub argument: String,
    /// Full name of the other object.
    pub target: String,
    /// Path of the page of the other object.
    pub target_path: String,
    /// The attribute of the other object that the argument names.
    pub attribute: String,
}

/// Which arguments of resources name other objects.
pub fn map(documentation: &Documentation) -> Vec<MapRow> {
    let objects = documentation.objects.iter();
    let resources = objects.filter(|object| object.kind == Kind::Resource);
    let rows = resources.flat_map(|object| {
        let attributes = object.every_attribute().into_iter();
        attributes.filter_map(|(path, attribute)| {
            let reference = attribute.reference.as_ref();
            let reference = reference.filter(|_| attribute.group != Group::ReadOnly)?;
            Some(MapRow {
                object: object.name.clone(),
                path: object.path(&documentation.name),
                argument: path.join("."),
                target: reference.object.clone(),
                target_path: reference.path.clone(),
                attribute: reference.attribute.clone(),
            })
        })
    });
    rows.collect()
}

/// The section "Import" without its heading; `None` if there are no facts about an import.
pub fn import(object: &Object) -> Option<String> {
    let examples = &object.import_examples;
    let is_known = object.import.is_some() || object.list.is_some();
    if !is_known && examples.is_empty() && object.identity.is_empty() {
        return None;
    }
    let mut parts = Vec::new();
    if let Some(form) = &object.import {
        let names: Vec<&str> = schema::placeholders(form).collect();
        let is_plain =
            names.len() == 1 && form.len() == names.iter().map(|name| name.len() + 2).sum::<usize>();
        parts.push(if is_plain {
            let label = object.import_label.as_ref();
            let label = label.map(|label| format!("its `{label}` if no other object has it"));
            let url = object
                .imports_url
                .then(|| "the URL of its page in the dashboard".to_owned());
            let mut forms = vec![format!(
                "the {} of the object",
                phrases::join_names(&names, " and ")
            )];
            forms.extend(label.into_iter().chain(url));
            format!("The import id is {}.", engine::naming::either(&forms))
        } else {
            format!("The import id has the form `{form}`.")
        });
        let not_returned: Vec<&str> = object
            .attributes
            .iter()
            .filter(|attribute| attribute.not_returned)
            .map(|attribute| attribute.name.as_str())
            .collect();
        if !not_returned.is_empty() {
            let effect = if not_returned.len() == 1 {
                "sends the configured value. If it is omitted, the API keeps its value."
            } else {
                "sends the configured values. The API keeps the values of those that are omitted."
            };
            parts.push(format!(
                "The API never returns {}. The first apply after the import {effect}",
                phrases::join_names(&not_returned, " and ")
            ));
        }
    }
    if let Some(list) = &object.list {
        parts.push(format!(
            "In Terraform v1.14.0 and later, the [list resource `{}`](../{list}.md) finds the objects to import. From v1.14.1 on, \
             `terraform query` writes their import blocks and their configuration.",
            object.name
        ));
    }
    if !examples.is_empty() {
        parts.push("Import is supported using the following syntax:".to_owned());
    }
    let block_sentence = |version: &str, attribute: &str| {
        format!(
            "In Terraform v{version} and later, the [`import` block](https://developer.hashicorp.com/terraform/language/import) can be used with the `{attribute}` attribute, for example:"
        )
    };
    if let Some(text) = &examples.identity {
        parts.push(block_sentence("1.12.0", "identity"));
        parts.push(fence("terraform", text));
    }
    if !object.identity.is_empty() {
        let mut out = "### Identity Schema\n\n".to_owned();
        for group in [Group::Required, Group::Optional] {
            let mut listed = object
                .identity
                .iter()
                .filter(|attribute| attribute.group == group)
                .peekable();
            if listed.peek().is_some() {
                let _ = write!(out, "#### {}\n\n", group.title());
                for attribute in listed {
                    let description = item_description(&attribute.description, ITEM_INDENT);
                    let _ = writeln!(out, "- `{}` ({}){description}", attribute.name, attribute.r#type);
                }
                out.push('\n');
            }
        }
        parts.push(out.trim_end().to_owned());
    }
    if let Some(text) = &examples.block {
        parts.push(block_sentence("1.5.0", "id"));
        parts.push(fence("terraform", text));
    }
    if let Some(text) = &examples.command {
        parts.push("The [`terraform import` command](https://developer.hashicorp.com/terraform/cli/commands/import) can be used, for example:".to_owned());
        parts.push(fence("shell", text));
    }
    Some(parts.join("\n\n"))
}

fn indent_front_matter(text: &str) -> String {
    let lines: Vec<String> = text
        .lines()
        .map(|line| format!("  {line}").trim_end().to_owned())
        .collect();
    if lines.is_empty() {
        "  ".to_owned()
    } else {
        lines.join("\n")
    }
}

/// The indentation of a list item's lines: the width of its mark `- `.
const ITEM_INDENT: usize = 2;

/// The description after the name and type of a list item. It starts on its own line unless it starts with text.
fn item_description(text: &str, indent: usize) -> String {
    let starts_with_text = outermost_blocks(text).first() == Some(&Block::Paragraph);
    match indent_item(text, indent) {
        text if text.is_empty() => text,
        text if starts_with_text => format!(" {text}"),
        text => format!("\n\n{}{text}", " ".repeat(indent)),
    }
}

/// Indents Markdown so that all its lines and blocks stay inside a list item.
fn indent_item(text: &str, indent: usize) -> String {
    let indent = " ".repeat(indent);
    let lines: Vec<String> = text
        .trim()
        .lines()
        .enumerate()
        .map(|(index, line)| match (index, line.trim_end()) {
            (0, line) => line.to_owned(),
            (_, "") => String::new(),
            (_, line) => format!("{indent}{line}"),
        })
        .collect();
    lines.join("\n")
}

/// Whether the Markdown is one paragraph of text.
fn is_paragraph(markdown: &str) -> bool {
    outermost_blocks(markdown) == [Block::Paragraph]
}

#[derive(PartialEq, Eq)]
enum Block {
    Paragraph,
    Other,
}

/// The outermost blocks of the Markdown.
fn outermost_blocks(markdown: &str) -> Vec<Block> {
    let mut depth = 0_usize;
    let mut found = Vec::new();
    for event in Parser::new_ext(markdown.trim(), Options::ENABLE_TABLES) {
        if depth == 0 {
            found.push(match event {
                Event::Start(Tag::Paragraph) => Block::Paragraph,
                _ => Block::Other,
            });
        }
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    found
}
