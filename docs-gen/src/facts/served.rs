//! Facts about any provider, from the output of `terraform providers schema -json`.
//!
//! Tests: `docs-gen/tests/registry.rs`.

use std::fmt::Write as _;

use super::declared::{examples_of, import_examples};
use super::{Attribute, Destroy, Documentation, FORMAT, Group, ImportExamples, Object, Shape, signature};
use crate::compat::{self, Error, Names};
use crate::examples::Examples;
use crate::json::{self, Provider};
use crate::kind::Kind;
use crate::types::Type;

/// All facts about a provider, with the examples. `address` and `version` may be empty.
///
/// # Errors
///
/// If a schema has a type that cannot be documented, or an example cannot be read.
pub fn documentation(
    provider: &Provider,
    address: &str,
    version: &str,
    names: &Names,
    examples: &Examples,
) -> Result<Documentation, Error> {
    let empty = json::Schema::default();
    let provider_block = &provider.provider.as_ref().unwrap_or(&empty).block;
    let mut objects = vec![Object {
        examples: examples_of(examples, Kind::Provider, "")?,
        ..object(Kind::Provider, names.rendered_short(), provider_block)?
    }];
    for (kind, schemas) in Kind::block_schemas(provider) {
        for (name, schema) in schemas {
            let mut made = object(kind, name, &schema.block)?;
            made.examples = examples_of(examples, kind, name)?;
            if kind == Kind::Resource {
                made.import_examples = import_examples(examples, name)?;
                if provider.list_resource_schemas.contains_key(name) {
                    made.list = Some(made.path_as(Kind::ListResource, names.rendered_short()));
                }
                made.identity = provider
                    .resource_identity_schemas
                    .get(name)
                    .map(identity)
                    .transpose()?
                    .unwrap_or_default();
            }
            objects.push(made);
        }
        if kind == Kind::EphemeralResource {
            for (name, function) in &provider.functions {
                let mut made = self::function(name, function)?;
                made.examples = examples_of(examples, Kind::Function, name)?;
                objects.push(made);
            }
        }
    }
    Ok(Documentation {
        format: FORMAT,
        name: names.rendered_short().to_owned(),
        address: address.to_owned(),
        version: version.to_owned(),
        objects,
    })
}

/// Splits a description into summary and rest. The summary is the first paragraph if it is one line of text.
fn split_summary(description: &str) -> (String, String) {
    let description = description.trim();
    let (first, rest) = description.split_once("\n\n").unwrap_or((description, ""));
    let is_text = !first.starts_with(['#', '-', '*', '|', '>', '`', '~', '!']);
    if is_text && !first.contains('\n') {
        (first.to_owned(), rest.trim().to_owned())
    } else {
        (String::new(), description.to_owned())
    }
}

fn object(kind: Kind, name: &str, block: &json::Block) -> Result<Object, Error> {
    let (summary, description) = split_summary(&block.description);
    Ok(Object {
        kind,
        name: name.to_owned(),
        summary,
        description,
        subcategory: None,
        since: None,
        deprecated: block.deprecated.then(|| block.deprecation_message.clone()),
        attributes: attributes(block)?,
        rules: Vec::new(),
        timeouts: Vec::new(),
        import: None,
        import_label: None,
        imports_url: false,
        list: None,
        identity: Vec::new(),
        destroy: None::<Destroy>,
        release: None,
        operations: Vec::new(),
        function: None,
        examples: Vec::new(),
        import_examples: ImportExamples::default(),
    })
}

fn function(name: &str, function: &json::Function) -> Result<Object, Error> {
    let mut made = object(Kind::Function, name, &json::Block::default())?;
    let (first, rest) = split_summary(&function.description);
    (made.summary, made.description) = if function.summary.is_empty() || function.summary == first {
        (first, rest)
    } else {
        (function.summary.clone(), function.description.trim().to_owned())
    };
    made.deprecated =
        (!function.deprecation_message.is_empty()).then(|| function.deprecation_message.clone());
    made.function = Some(signature::function(name, function)?);
    Ok(made)
}

fn identity(identity: &json::Identity) -> Result<Vec<Attribute>, Error> {
    let attributes = identity.attributes.iter().map(|(name, from)| {
        Ok(Attribute {
            name: name.clone(),
            r#type: Type::parse(&from.r#type)?.argument_type_name(),
            group: if from.required_for_import {
                Group::Required
            } else {
                Group::Optional
            },
            description: from.description.trim().to_owned(),
            ..Attribute::default()
        })
    });
    attributes.collect()
}

fn attributes(block: &json::Block) -> Result<Vec<Attribute>, Error> {
    let mut out = Vec::new();
    for (name, from) in &block.attributes {
        out.push(attribute(name, from)?);
    }
    for (name, nested) in &block.block_types {
        let group = group(compat::Group::of_block(nested));
        let mut words = match nested.nesting_mode.as_str() {
            "single" | "group" => format!("Block, {}", group.title()),
            mode => format!("Block {}", capitalised(mode)),
        };
        for (word, bound) in [("Min", nested.min_items), ("Max", nested.max_items)] {
            if bound > 0 && nested.nesting_mode != "single" {
                let _ = write!(words, ", {word}: {bound}");
            }
        }
        out.push(Attribute {
            name: name.clone(),
            r#type: words,
            shape: Shape::Block,
            group,
            description: nested.block.description.trim().to_owned(),
            deprecated: nested
                .block
                .deprecated
                .then(|| nested.block.deprecation_message.clone()),
            attributes: attributes(&nested.block)?,
            ..Attribute::default()
        });
    }
    out.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(out)
}

fn attribute(name: &str, from: &json::Attribute) -> Result<Attribute, Error> {
    let group = group(compat::Group::of_attribute(from));
    let (words, shape, children) = if let Some(nested) = &from.nested_type {
        let children = nested
            .attributes
            .iter()
            .filter(|(_, child)| compat::Group::of_attribute(child).is_some())
            .map(|(name, child)| attribute(name, child))
            .collect::<Result<Vec<_>, _>>()?;
        let words = match nested.nesting_mode.as_str() {
            "single" => "Attributes".to_owned(),
            mode => format!("Attributes {}", capitalised(mode)),
        };
        (words, Shape::Nested, children)
    } else {
        let r#type = Type::parse(from.r#type.as_ref().unwrap_or_default())?;
        let (shape, children) = members(&r#type, group);
        (r#type.argument_type_name(), shape, children)
    };
    Ok(Attribute {
        name: name.to_owned(),
        r#type: words,
        shape,
        group,
        computed: from.computed,
        description: from.description.trim().to_owned(),
        sensitive: from.sensitive,
        write_only: from.write_only,
        deprecated: from.deprecated.then(|| from.deprecation_message.clone()),
        attributes: children,
        ..Attribute::default()
    })
}

/// The attributes of an object type, which have only names and types.
fn members(r#type: &Type, group: Group) -> (Shape, Vec<Attribute>) {
    let Some(object) = r#type.object() else {
        return (Shape::Value, Vec::new());
    };
    let members = object.iter().map(|(name, r#type)| {
        let (shape, attributes) = members(r#type, group);
        Attribute {
            name: name.clone(),
            r#type: r#type.argument_type_name(),
            shape,
            group,
            attributes,
            ..Attribute::default()
        }
    });
    (Shape::Object, members.collect())
}

/// The group of an attribute. One without a group cannot be configured; `HashiCorp`'s generator rejects it.
fn group(from: Option<compat::Group>) -> Group {
    match from {
        Some(compat::Group::Required) => Group::Required,
        Some(compat::Group::Optional) => Group::Optional,
        Some(compat::Group::ReadOnly) | None => Group::ReadOnly,
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}
