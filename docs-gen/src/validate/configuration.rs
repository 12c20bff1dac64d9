//! Example configurations against the schema, without Terraform.
//!
//! Names, required arguments and secrets are checked for any provider. For this one the literal values go through the
//! provider's own checks too; what an expression gives is unknown, as it is to the provider before an apply.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use hcl_edit::Span;
use hcl_edit::expr::{Expression, ObjectKey};
use hcl_edit::structure::{Block, BlockLabel, Body, Structure};
use hcl_edit::template::Element;
use provider::engine::diagnostic::{Diagnostic, Severity};
use provider::engine::{shape, validate};
use provider::value::{Number, Type, Value};

use super::links::line_at;
use super::{Problem, Subject};
use crate::facts::{Attribute, Group, Object, Shape};
use crate::kind::Kind;

/// What any resource may have besides its schema.
const META_ARGUMENTS: [&str; 8] = [
    "count",
    "for_each",
    "provider",
    "depends_on",
    "lifecycle",
    "connection",
    "provisioner",
    "alias",
];

/// All problems of one configuration whose first line is that line of the file.
pub fn check(subject: &Subject, file: &Path, first_line: usize, text: &str) -> Vec<Problem> {
    let mut checker = Checker {
        subject,
        file,
        first_line,
        text,
        problems: Vec::new(),
    };
    match text.parse::<Body>() {
        Ok(body) => checker.configuration(&body),
        Err(error) => {
            let line = error.location().line();
            checker.problems.push(Problem {
                file: file.to_owned(),
                line: Some(first_line + line.saturating_sub(1)),
                message: format!("not a configuration: {}", error.message()),
            });
        }
    }
    checker.problems
}

struct Checker<'a> {
    subject: &'a Subject<'a>,
    file: &'a Path,
    first_line: usize,
    text: &'a str,
    problems: Vec<Problem>,
}

impl Checker<'_> {
    fn report(&mut self, span: Option<Range<usize>>, message: String) {
        let line = span.map_or(0, |span| line_at(self.text, span.start) - 1);
        self.problems.push(Problem {
            file: self.file.to_owned(),
            line: Some(self.first_line + line),
            message,
        });
    }

    fn configuration(&mut self, body: &Body) {
        for block in body.blocks() {
            let kind = match block.ident.as_str() {
                "provider" => Kind::Provider,
                "resource" => Kind::Resource,
                "data" => Kind::DataSource,
                "ephemeral" => Kind::EphemeralResource,
                _ => continue,
            };
            let Some(name) = block.labels.first().map(|label| label.as_str().to_owned()) else {
                continue;
            };
            let documentation = self.subject.documentation;
            let is_ours = name == documentation.name || name.starts_with(&format!("{}_", documentation.name));
            if !is_ours {
                continue;
            }
            match documentation.object(kind, &name) {
                Some(object) => {
                    let before = self.problems.len();
                    self.body(
                        &name,
                        &object.attributes,
                        &block.body,
                        block.ident.span().as_ref(),
                        true,
                    );
                    // What is wrong in its form would be told twice.
                    if self.problems.len() == before {
                        self.values(object, &block.body, block.ident.span().as_ref());
                    }
                }
                None => self.report(
                    block.ident.span(),
                    format!("the provider has no {} `{name}`", kind.words().to_lowercase()),
                ),
            }
        }
    }

    /// Names, required arguments and secrets.
    fn body(
        &mut self,
        path: &str,
        schema: &[Attribute],
        body: &Body,
        span: Option<&Range<usize>>,
        is_root: bool,
    ) {
        for structure in body {
            let (name, key) = match structure {
                Structure::Attribute(attribute) => (attribute.key.as_str(), attribute.key.span()),
                Structure::Block(block) if block.ident.as_str() == "dynamic" => {
                    let name = block.labels.first().map(BlockLabel::as_str).unwrap_or_default();
                    (name, block.ident.span())
                }
                Structure::Block(block) => (block.ident.as_str(), block.ident.span()),
            };
            if is_root && META_ARGUMENTS.contains(&name) {
                continue;
            }
            let Some(attribute) = schema.iter().find(|attribute| attribute.name == name) else {
                self.report(key, format!("`{path}` has no argument `{name}`"));
                continue;
            };
            let place = format!("{path}.{name}");
            if attribute.group == Group::ReadOnly {
                self.report(key, format!("`{place}` is read-only"));
                continue;
            }
            match structure {
                Structure::Block(_) if attribute.shape != Shape::Block => {
                    self.report(
                        key,
                        format!("`{place}` is an argument, not a block: write `{name} = …`"),
                    );
                }
                Structure::Attribute(_) if attribute.shape == Shape::Block => {
                    self.report(
                        key,
                        format!("`{place}` is a block, not an argument: write `{name} {{ … }}`"),
                    );
                }
                Structure::Attribute(written) => {
                    if attribute.sensitive && is_secret_literal(&written.value) {
                        self.report(
                            key,
                            format!("`{place}` is sensitive: an example must not hold a literal"),
                        );
                    }
                    self.nested(&place, attribute, &written.value);
                }
                Structure::Block(block) => {
                    let content = dynamic_content(block).unwrap_or(&block.body);
                    self.body(
                        &place,
                        &attribute.attributes,
                        content,
                        block.ident.span().as_ref(),
                        false,
                    );
                }
            }
        }
        for attribute in schema {
            let is_there = body.has_attribute(&attribute.name)
                || body.has_blocks(&attribute.name)
                || body.get_blocks("dynamic").any(|block| {
                    block
                        .labels
                        .first()
                        .is_some_and(|label| label.as_str() == attribute.name)
                });
            if attribute.group == Group::Required && !is_there {
                self.report(
                    span.cloned(),
                    format!("`{path}` needs the argument `{}`", attribute.name),
                );
            }
        }
    }

    /// Names inside of nested attributes.
    fn nested(&mut self, path: &str, attribute: &Attribute, written: &Expression) {
        if !matches!(attribute.shape, Shape::Nested) {
            return;
        }
        match written {
            Expression::Array(elements) => {
                for element in elements {
                    self.nested(path, attribute, element);
                }
            }
            Expression::Object(object) if attribute.r#type != "Attributes Map" => {
                for (key, value) in object {
                    let Some(name) = key_name(key) else { continue };
                    match attribute.attributes.iter().find(|one| one.name == name) {
                        None => self.report(key.span(), format!("`{path}` has no argument `{name}`")),
                        Some(inner) => {
                            if inner.sensitive && is_secret_literal(value.expr()) {
                                self.report(
                                    key.span(),
                                    format!(
                                        "`{path}.{name}` is sensitive: an example must not hold a literal"
                                    ),
                                );
                            }
                            self.nested(&format!("{path}.{name}"), inner, value.expr());
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// The provider's own checks of the literal values.
    fn values(&mut self, object: &Object, body: &Body, span: Option<&Range<usize>>) {
        let Some(definition) = self.subject.definition else {
            return;
        };
        let found = match object.kind {
            Kind::Provider => {
                let config = self.object(&definition.provider.attributes, body);
                validate::provider(definition.provider, &config)
            }
            Kind::Resource | Kind::DataSource => {
                let bindings = if object.kind == Kind::Resource {
                    definition.resources
                } else {
                    definition.data_sources
                };
                let stem = object.stem(&definition.provider.name);
                let Some(binding) = bindings.iter().find(|binding| binding.schema.name == stem) else {
                    return;
                };
                let config = self.object(&binding.schema.attributes, body);
                validate::config(binding, &config, validate::WriteOnly::Allowed)
            }
            _ => return,
        };
        for diagnostic in found {
            if diagnostic.severity == Severity::Error {
                self.diagnostic(&object.name, &diagnostic, body, span.cloned());
            }
        }
    }

    fn diagnostic(&mut self, name: &str, diagnostic: &Diagnostic, body: &Body, span: Option<Range<usize>>) {
        let first = diagnostic.path.first_attribute().unwrap_or_default();
        let place = body
            .get_attribute(first)
            .and_then(|attribute| attribute.key.span())
            .or_else(|| body.get_blocks(first).next().and_then(|block| block.ident.span()))
            .or(span);
        let detail = diagnostic.detail.replace('\n', " ");
        self.report(place, format!("`{name}`: {}: {detail}", diagnostic.summary));
    }

    fn object(&mut self, schema: &[schema::Attribute], body: &Body) -> Value {
        let attributes = schema.iter().map(|attribute| {
            let name = attribute.name.to_string();
            let r#type = shape::attribute_type(attribute);
            let value = if attribute.block {
                self.blocks(attribute, body)
            } else {
                match body.get_attribute(&name) {
                    None => Value::Null,
                    Some(written) => self.value(&name, &written.value, &r#type),
                }
            };
            (name, value)
        });
        let attributes: BTreeMap<String, Value> = attributes.collect();
        Value::Object(attributes)
    }

    fn blocks(&mut self, attribute: &schema::Attribute, body: &Body) -> Value {
        let is_dynamic = body.get_blocks("dynamic").any(|block| {
            block
                .labels
                .first()
                .is_some_and(|label| label.as_str() == attribute.name)
        });
        if is_dynamic {
            return Value::Unknown;
        }
        let written: Vec<&Block> = body.get_blocks(&attribute.name).collect();
        let mut values: Vec<Value> = written
            .into_iter()
            .map(|block| self.object(&attribute.attributes, &block.body))
            .collect();
        match attribute.r#type.collections.first() {
            None => values.pop().unwrap_or_default(),
            Some(schema::Collection::Set) => Value::set(values),
            Some(_) => Value::List(values),
        }
    }

    fn value(&mut self, name: &str, written: &Expression, r#type: &Type) -> Value {
        let text = match written {
            Expression::String(text) => Some(text.value().clone()),
            Expression::Number(number) => Some(number.value().to_string()),
            Expression::Bool(value) => Some(value.value().to_string()),
            _ => None,
        };
        match (written, r#type) {
            (Expression::Null(_), _) => Value::Null,
            (Expression::Array(elements), Type::List(inner) | Type::Set(inner)) => {
                let values: Vec<Value> = elements
                    .iter()
                    .map(|element| self.value(name, element, inner))
                    .collect();
                if matches!(r#type, Type::Set(_)) {
                    Value::set(values)
                } else {
                    Value::List(values)
                }
            }
            (Expression::Object(object), Type::Map(inner)) => {
                let entries = object
                    .iter()
                    .filter_map(|(key, value)| Some((key_name(key)?, self.value(name, value.expr(), inner))));
                Value::Map(entries.collect())
            }
            (Expression::Object(object), Type::Object(attributes)) => {
                let written: BTreeMap<String, &Expression> = object
                    .iter()
                    .filter_map(|(key, value)| Some((key_name(key)?, value.expr())))
                    .collect();
                let values = attributes.iter().map(|(key, inner)| {
                    let value = written.get(key).map(|value| self.value(key, value, inner));
                    (key.clone(), value.unwrap_or_default())
                });
                Value::Object(values.collect())
            }
            (_, Type::String) if text.is_some() => Value::string(text.unwrap_or_default()),
            (_, Type::Number) if text.is_some() => match Number::parse(&text.unwrap_or_default()) {
                Some(number) => Value::Number(number),
                None => self.mismatch(name, written, r#type),
            },
            (_, Type::Bool) if text.is_some() => match text.as_deref() {
                Some("true") => Value::Bool(true),
                Some("false") => Value::Bool(false),
                _ => self.mismatch(name, written, r#type),
            },
            (Expression::Array(_) | Expression::Object(_), _) => self.mismatch(name, written, r#type),
            _ if text.is_some() => self.mismatch(name, written, r#type),
            _ => Value::Unknown,
        }
    }

    fn mismatch(&mut self, name: &str, written: &Expression, r#type: &Type) -> Value {
        self.report(written.span(), format!("`{name}` takes {type}"));
        Value::Unknown
    }
}

fn dynamic_content(block: &Block) -> Option<&Body> {
    (block.ident.as_str() == "dynamic").then_some(())?;
    block
        .body
        .get_blocks("content")
        .next()
        .map(|content| &content.body)
}

fn key_name(key: &ObjectKey) -> Option<String> {
    match key {
        ObjectKey::Expression(Expression::String(text)) => Some(text.value().clone()),
        ObjectKey::Ident(name) | ObjectKey::Expression(Expression::Variable(name)) => {
            Some(name.as_str().to_owned())
        }
        ObjectKey::Expression(_) => None,
    }
}

/// Whether a secret is written out. In a map only the entries count that are named like one: others are settings.
fn is_secret_literal(written: &Expression) -> bool {
    match written {
        Expression::String(text) => !text.value().is_empty(),
        Expression::Number(_) => true,
        Expression::HeredocTemplate(heredoc) => heredoc.template.iter().all(Element::is_literal),
        Expression::Parenthesis(inner) => is_secret_literal(inner.inner()),
        Expression::Object(object) => object.iter().any(|(key, value)| {
            let name = key_name(key).unwrap_or_default().to_lowercase();
            let is_secret = ["secret", "password", "token", "_key"]
                .iter()
                .any(|word| name.contains(word))
                || name == "key";
            is_secret && is_secret_literal(value.expr())
        }),
        _ => false,
    }
}
