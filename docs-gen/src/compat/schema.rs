//! The section "Schema" of a page, byte for byte as terraform-plugin-docs 0.25 writes it, including its oddities.
//!
//! Tests: `docs-gen/tests/tfplugindocs/schema.rs`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Error;
use crate::json::{Attribute, Block, Identity, NestedBlock, NestedType};
use crate::types::{Type, trim_space};

const WRITE_ONLY: &str = "[Write-only](https://developer.hashicorp.com/terraform/language/resources/ephemeral#write-only-arguments)";
const WRITE_ONLY_NOTE: &str = "> **NOTE**: [Write-only arguments](https://developer.hashicorp.com/terraform/language/resources/ephemeral#write-only-arguments) are supported in Terraform 1.11 and later.\n\n";

/// The group in which a page lists an attribute or block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// The configuration must set it.
    Required,
    /// The configuration may set it.
    Optional,
    /// The configuration cannot set it.
    ReadOnly,
}

impl Group {
    const ALL: [Self; 3] = [Self::Required, Self::Optional, Self::ReadOnly];

    fn root_heading(self) -> &'static str {
        match self {
            Self::Required => "### Required",
            Self::Optional => "### Optional",
            Self::ReadOnly => "### Read-Only",
        }
    }

    fn nested_heading(self) -> &'static str {
        match self {
            Self::Required => "Required:",
            Self::Optional => "Optional:",
            Self::ReadOnly => "Read-Only:",
        }
    }

    /// The word in the line of a single block. Its capitals differ from the heading's.
    fn single_block_word(self) -> &'static str {
        match self {
            Self::Required => "Required",
            Self::Optional => "Optional",
            Self::ReadOnly => "Read-only",
        }
    }

    /// The group of an attribute; `None` if it has no flag.
    pub fn of_attribute(attribute: &Attribute) -> Option<Self> {
        match (attribute.required, attribute.optional, attribute.computed) {
            (true, _, _) => Some(Self::Required),
            (_, true, _) => Some(Self::Optional),
            (_, _, true) => Some(Self::ReadOnly),
            _ => None,
        }
    }

    /// The group of a block; `None` if no rule applies.
    pub fn of_block(nested: &NestedBlock) -> Option<Self> {
        let block = &nested.block;
        if nested.min_items > 0 {
            return Some(Self::Required);
        }
        let is_empty = block.attributes.is_empty() && block.block_types.is_empty();
        let is_settable = block
            .attributes
            .values()
            .any(|attribute| attribute.required || attribute.optional)
            || block
                .block_types
                .values()
                .any(|child| matches!(Self::of_block(child), Some(Self::Required | Self::Optional)));
        if is_empty || is_settable {
            return Some(Self::Optional);
        }
        (nested.max_items == 0 && is_read_only(block)).then_some(Self::ReadOnly)
    }
}

fn is_read_only(block: &Block) -> bool {
    block
        .attributes
        .values()
        .all(|attribute| attribute.computed && !attribute.required && !attribute.optional)
        && block
            .block_types
            .values()
            .all(|child| Group::of_block(child) == Some(Group::ReadOnly))
}

/// The section `## Schema`.
///
/// # Errors
///
/// If an attribute or block belongs to no group, or has a type or nesting mode that cannot be documented.
pub fn section(block: &Block) -> Result<String, Error> {
    let mut out = "## Schema\n\n".to_owned();
    block_children(&mut out, &[], block)?;
    Ok(out)
}

/// The section `### Identity Schema` of a resource.
///
/// # Errors
///
/// If an attribute is neither required nor optional for an import, or has a type that cannot be documented.
pub fn identity(name: &str, identity: &Identity) -> Result<String, Error> {
    let mut required = String::new();
    let mut optional = String::new();
    for (attribute_name, attribute) in &identity.attributes {
        let out = if attribute.required_for_import {
            &mut required
        } else if attribute.optional_for_import {
            &mut optional
        } else {
            return Err(Error::NoGroup(format!("{name} identity {attribute_name}")));
        };
        let words = Type::parse(&attribute.r#type)?.name()?;
        let _ = write!(out, "- `{attribute_name}` ({words})");
        describe(out, &attribute.description);
        out.push('\n');
    }
    let mut out = "### Identity Schema\n\n".to_owned();
    if !required.is_empty() {
        let _ = write!(out, "#### Required\n\n{required}");
    }
    out.push('\n');
    if !optional.is_empty() {
        let _ = write!(out, "#### Optional\n\n{optional}");
    }
    Ok(out)
}

/// The nested section of an attribute or block.
struct Nested<'a> {
    anchor: String,
    path: Vec<&'a str>,
    content: Content<'a>,
}

enum Content<'a> {
    Block(&'a Block),
    /// A nested attribute, with the group of the outermost attribute that contains it.
    Attributes(&'a NestedType, Group),
    Object(BTreeMap<String, Type>, Group),
}

enum Member<'a> {
    Attribute(&'a Attribute),
    Block(&'a NestedBlock),
}

fn block_children<'a>(out: &mut String, path: &[&'a str], block: &'a Block) -> Result<(), Error> {
    let is_root = path.is_empty();
    let mut members: BTreeMap<&str, (Group, Member)> = BTreeMap::new();
    for (name, attribute) in &block.attributes {
        let group = if is_implicit_id(is_root, name, attribute) {
            Some(Group::ReadOnly)
        } else {
            Group::of_attribute(attribute)
        };
        let group = group.ok_or_else(|| no_group(path, name))?;
        members.insert(name, (group, Member::Attribute(attribute)));
    }
    for (name, nested) in &block.block_types {
        let group = Group::of_block(nested).ok_or_else(|| no_group(path, name))?;
        members.insert(name, (group, Member::Block(nested)));
    }

    let mut sections = Vec::new();
    for group in Group::ALL {
        let listed: Vec<_> = members
            .iter()
            .filter(|(_, (of_member, _))| *of_member == group)
            .map(|(name, (_, member))| (*name, member))
            .collect();
        if listed.is_empty() {
            continue;
        }
        out.push_str(if is_root {
            group.root_heading()
        } else {
            group.nested_heading()
        });
        out.push_str("\n\n");
        let has_write_only = listed.iter().any(|(_, member)| match member {
            Member::Attribute(attribute) => attribute.write_only,
            Member::Block(nested) => holds_write_only(&nested.block),
        });
        if has_write_only {
            out.push_str(WRITE_ONLY_NOTE);
        }
        for (name, member) in listed {
            let path = joined(path, name);
            match member {
                Member::Attribute(attribute) => {
                    let text = if is_implicit_id(is_root, name, attribute) {
                        "The ID of this resource."
                    } else {
                        &attribute.description
                    };
                    sections.extend(attribute_line(out, path, attribute, text, group)?);
                }
                Member::Block(nested) => sections.push(block_line(out, path, nested, group)?),
            }
        }
        out.push('\n');
    }
    nested_sections(out, sections)
}

/// Whether this is the attribute `id` that every resource of the old SDK has: one at the root, without a description.
fn is_implicit_id(is_root: bool, name: &str, attribute: &Attribute) -> bool {
    is_root && name.eq_ignore_ascii_case("id") && attribute.description.is_empty()
}

fn holds_write_only(block: &Block) -> bool {
    block.attributes.values().any(|attribute| attribute.write_only)
        || block
            .block_types
            .values()
            .any(|nested| holds_write_only(&nested.block))
}

fn attribute_line<'a>(
    out: &mut String,
    path: Vec<&'a str>,
    attribute: &'a Attribute,
    text: &str,
    group: Group,
) -> Result<Option<Nested<'a>>, Error> {
    let name = path.last().copied().unwrap_or_default();
    let (words, content) = if let Some(nested) = &attribute.nested_type {
        (
            nested_type_name(nested)?,
            Some(Content::Attributes(nested, group)),
        )
    } else {
        let r#type = Type::parse(attribute.r#type.as_ref().unwrap_or_default())?;
        let object = r#type.object().cloned();
        (
            r#type.name()?,
            object.map(|attributes| Content::Object(attributes, group)),
        )
    };
    let _ = write!(out, "- `{name}` ({words}");
    for (is_set, flag) in [
        (attribute.sensitive, "Sensitive"),
        (attribute.deprecated, "Deprecated"),
        (attribute.write_only, WRITE_ONLY),
    ] {
        if is_set {
            let _ = write!(out, ", {flag}");
        }
    }
    out.push(')');
    describe(out, text);
    let nested = content.map(|content| Nested {
        anchor: anchor("nestedatt", &path),
        path,
        content,
    });
    end_line(out, nested.as_ref());
    Ok(nested)
}

fn nested_type_name(nested: &NestedType) -> Result<String, Error> {
    let (mut words, is_single) = match nested.nesting_mode.as_str() {
        "single" => ("Attributes".to_owned(), true),
        "list" => ("Attributes List".to_owned(), false),
        "set" => ("Attributes Set".to_owned(), false),
        "map" => ("Attributes Map".to_owned(), false),
        other => return Err(Error::NestingMode(other.to_owned())),
    };
    if nested.min_items > 0 && !is_single {
        let _ = write!(words, ", Min: {}", nested.min_items);
    }
    if nested.max_items > 0 {
        let _ = write!(words, ", Max: {}", nested.max_items);
    }
    Ok(words)
}

fn block_line<'a>(
    out: &mut String,
    path: Vec<&'a str>,
    nested: &'a NestedBlock,
    group: Group,
) -> Result<Nested<'a>, Error> {
    let name = path.last().copied().unwrap_or_default();
    let _ = write!(out, "- `{name}` (Block");
    match nested.nesting_mode.as_str() {
        "single" => {
            let _ = write!(out, ", {}", group.single_block_word());
        }
        "list" => out.push_str(" List"),
        "set" => out.push_str(" Set"),
        "map" => out.push_str(" Map"),
        other => return Err(Error::NestingMode(other.to_owned())),
    }
    if nested.min_items > 0 && nested.nesting_mode != "single" {
        let _ = write!(out, ", Min: {}", nested.min_items);
    }
    if nested.max_items > 0 {
        let _ = write!(out, ", Max: {}", nested.max_items);
    }
    if nested.block.deprecated {
        out.push_str(", Deprecated");
    }
    out.push(')');
    describe(out, &nested.block.description);
    let section = Nested {
        anchor: anchor("nestedblock", &path),
        path,
        content: Content::Block(&nested.block),
    };
    end_line(out, Some(&section));
    Ok(section)
}

fn nested_sections(out: &mut String, sections: Vec<Nested>) -> Result<(), Error> {
    for section in sections {
        let _ = write!(
            out,
            "<a id=\"{}\"></a>\n### Nested Schema for `{}`\n\n",
            section.anchor,
            section.path.join(".")
        );
        match section.content {
            Content::Block(block) => block_children(out, &section.path, block)?,
            Content::Attributes(nested, group) => attributes_children(out, &section.path, nested, group)?,
            Content::Object(attributes, group) => object_children(out, &section.path, &attributes, group)?,
        }
        out.push('\n');
    }
    Ok(())
}

fn attributes_children<'a>(
    out: &mut String,
    path: &[&'a str],
    nested: &'a NestedType,
    outermost: Group,
) -> Result<(), Error> {
    let mut sections = Vec::new();
    for group in Group::ALL {
        let mut listed = nested
            .attributes
            .iter()
            .filter(|(_, attribute)| Group::of_attribute(attribute) == Some(group))
            .peekable();
        if listed.peek().is_none() {
            continue;
        }
        let _ = write!(out, "{}\n\n", group.nested_heading());
        for (name, attribute) in listed {
            let line = attribute_line(
                out,
                joined(path, name),
                attribute,
                &attribute.description,
                outermost,
            )?;
            sections.extend(line);
        }
        out.push('\n');
    }
    nested_sections(out, sections)
}

fn object_children(
    out: &mut String,
    path: &[&str],
    attributes: &BTreeMap<String, Type>,
    group: Group,
) -> Result<(), Error> {
    let _ = write!(out, "{}\n\n", group.nested_heading());
    let mut sections = Vec::new();
    for (name, r#type) in attributes {
        let path = joined(path, name);
        let _ = write!(out, "- `{name}` ({})", r#type.name()?);
        let nested = r#type.object().map(|attributes| Nested {
            anchor: anchor("nestedobjatt", &path),
            path,
            content: Content::Object(attributes.clone(), group),
        });
        end_line(out, nested.as_ref());
        sections.extend(nested);
    }
    out.push('\n');
    nested_sections(out, sections)
}

fn describe(out: &mut String, text: &str) {
    let text = trim_space(text);
    if !text.is_empty() {
        out.push(' ');
        out.push_str(text);
    }
}

fn end_line(out: &mut String, nested: Option<&Nested>) {
    if let Some(nested) = nested {
        let _ = write!(out, " (see [below for nested schema](#{}))", nested.anchor);
    }
    out.push('\n');
}

fn anchor(kind: &str, path: &[&str]) -> String {
    format!("{kind}--{}", path.join("--"))
}

fn joined<'a>(path: &[&'a str], name: &'a str) -> Vec<&'a str> {
    path.iter().copied().chain([name]).collect()
}

fn no_group(path: &[&str], name: &str) -> Error {
    Error::NoGroup(joined(path, name).join("."))
}
