//! Checks example configurations against the schema, without Terraform.
//!
//! For any provider, it checks names, required arguments and literal secrets. For this provider, the engine validates the
//! literal values, too. Other expressions are unknown values, as they are to the provider before an apply.
//!
//! Tests: `docs-gen/tests/validate.rs`.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use engine::diagnostic::{Diagnostic, Diagnostics, Severity};
use engine::rules::{self, WriteOnly};
use engine::{shape, validate};
use hcl_edit::Span;
use hcl_edit::expr::{Expression, FuncCall, ObjectKey};
use hcl_edit::structure::{Block, BlockLabel, Body, Structure};
use hcl_edit::template::Element;
use hcl_edit::visit::{Visit, visit_func_call};
use value::{Number, Type, Value};

use super::links::line_at;
use super::{Problem, Subject};
use crate::facts::{Attribute, Group, Object, Shape};
use crate::kind::Kind;

/// Arguments and blocks that any resource may have in addition to its schema.
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

/// Reports all problems of a configuration. `first_line` is the line of the file in which the configuration starts.
pub fn check(subject: &Subject, file: &Path, first_line: usize, text: &str) -> Vec<Problem> {
    let mut checker = Checker {
        subject,
        file,
        first_line,
        text,
        problems: Vec::new(),
    };
    match text.parse::<Body>() {
        Ok(body) => checker.check_configuration(&body),
        Err(error) => {
            let line = error.location().line();
            checker.problems.push(Problem {
                file: file.to_owned(),
                line: Some(first_line + line.saturating_sub(1)),
                message: format!("invalid configuration: {}", error.message()),
            });
        }
    }
    checker.problems
}

/// Checks calls of the provider's functions: `provider::NAME::FUNCTION(…)`.
struct FunctionCalls<'a, 'b>(&'a mut Checker<'b>);

impl Visit for FunctionCalls<'_, '_> {
    fn visit_func_call(&mut self, call: &FuncCall) {
        visit_func_call(self, call);
        let documentation = self.0.subject.documentation;
        let namespace: Vec<&str> = call.name.namespace.iter().map(|part| part.as_str()).collect();
        if namespace != ["provider", documentation.name.as_str()] {
            return;
        }
        let name = call.name.name.as_str();
        let found = documentation.object(Kind::Function, name);
        let Some(function) = found.and_then(|object| object.function.as_ref()) else {
            self.0
                .report(call.span(), format!("the provider has no function `{name}`"));
            return;
        };
        let variadic = function.parameters.last().filter(|last| last.is_variadic());
        let fixed = function.parameters.len() - variadic.iter().count();
        let given = call.args.len();
        let takes = match given.cmp(&fixed) {
            // A final argument with `...` has any number of values.
            _ if call.args.expand_final() => return,
            Ordering::Less if variadic.is_some() => format!("at least {fixed}"),
            Ordering::Equal => return,
            Ordering::Greater if variadic.is_some() => return,
            _ => format!("{fixed}"),
        };
        let plural = if fixed == 1 { "" } else { "s" };
        self.0.report(
            call.span(),
            format!("`{name}` takes {takes} argument{plural}, found {given}"),
        );
    }
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

    fn check_configuration(&mut self, body: &Body) {
        for block in body.blocks() {
            match block.ident.as_str() {
                "provider" => self.check_object(Kind::Provider, block, &block.body, &META_ARGUMENTS),
                "resource" => self.check_object(Kind::Resource, block, &block.body, &META_ARGUMENTS),
                "data" => self.check_object(Kind::DataSource, block, &block.body, &META_ARGUMENTS),
                "ephemeral" => {
                    self.check_object(Kind::EphemeralResource, block, &block.body, &META_ARGUMENTS);
                }
                "action" => self.check_config_block(Kind::Action, block),
                "list" => self.check_list(block),
                "terraform" => {
                    for store in block.body.get_blocks("state_store") {
                        self.check_object(Kind::StateStore, store, &store.body, &["provider"]);
                    }
                }
                "import" => self.check_import(block),
                "variable" => self.check_variable(block),
                _ => {}
            }
        }
        FunctionCalls(self).visit_body(body);
    }

    /// Whether a type name belongs to the documented provider.
    fn is_of_provider(&self, name: &str) -> bool {
        name.strip_prefix(&self.subject.documentation.name)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
    }

    /// Checks an action or a list, which have their arguments in the block `config`.
    fn check_config_block(&mut self, kind: Kind, block: &Block) {
        let empty = Body::new();
        let config = block.body.get_blocks("config").next();
        self.check_object(kind, block, config.map_or(&empty, |config| &config.body), &[]);
    }

    /// Checks a list: its own arguments, and the filters in its block `config`.
    fn check_list(&mut self, block: &Block) {
        let name = block.labels.first().map(BlockLabel::as_str).unwrap_or_default();
        if !self.is_of_provider(name) {
            return;
        }
        self.check_config_block(Kind::ListResource, block);
        if !block.body.has_attribute("provider") {
            self.report(
                block.ident.span(),
                format!("the list of `{name}` requires the argument `provider`"),
            );
        }
        for further in block.body.get_blocks("config").skip(1) {
            self.report(
                further.ident.span(),
                format!("the list of `{name}` has a second block `config`"),
            );
        }
        for structure in &block.body {
            match structure {
                Structure::Attribute(written) => self.check_list_argument(name, written),
                Structure::Block(inner) if inner.ident.as_str() == "config" => {}
                Structure::Block(inner) => {
                    let message = format!("the list of `{name}` has no block `{}`", inner.ident.as_str());
                    self.report(inner.ident.span(), message);
                }
            }
        }
    }

    /// Checks an argument of a list, outside of its block `config`.
    fn check_list_argument(&mut self, name: &str, written: &hcl_edit::structure::Attribute) {
        let argument = written.key.as_str();
        match argument {
            "provider" | "count" | "for_each" => {}
            "include_resource" => {
                self.value(argument, &written.value, &Type::Bool);
            }
            "limit" => {
                let limit = self.value(argument, &written.value, &Type::Number);
                let is_known = matches!(limit, Value::Number(_));
                if is_known && limit.as_i64().is_none_or(|limit| limit < 1) {
                    let message = "`limit` must be a whole number above zero".to_owned();
                    self.report(written.key.span(), message);
                }
            }
            "config" => self.report(
                written.key.span(),
                "`config` is a block, not an argument: write `config { … }`".to_owned(),
            ),
            _ => self.report(
                written.key.span(),
                format!(
                    "the list of `{name}` has no argument `{argument}`: filters belong in its block `config`"
                ),
            ),
        }
    }

    /// Checks the block of an object. `meta` are the names that it may have in addition to its schema.
    fn check_object(&mut self, kind: Kind, block: &Block, body: &Body, meta: &[&str]) {
        let Some(name) = block.labels.first().map(|label| label.as_str().to_owned()) else {
            return;
        };
        if !self.is_of_provider(&name) {
            return;
        }
        let span = block.ident.span();
        let Some(object) = self.subject.documentation.object(kind, &name) else {
            self.report(
                span,
                format!("the provider has no {} `{name}`", kind.title().to_lowercase()),
            );
            return;
        };
        let before = self.problems.len();
        self.check_body(&name, &object.attributes, body, span.as_ref(), meta);
        // The engine would report a problem of the form a second time.
        if self.problems.len() == before {
            self.check_values(object, body, span.as_ref());
        }
    }

    /// Checks the resource and the identity of an `import` block.
    fn check_import(&mut self, block: &Block) {
        let Some(to) = block.body.get_attribute("to") else {
            return;
        };
        let Expression::Traversal(address) = &to.value else {
            return;
        };
        let name = match &address.expr {
            Expression::Variable(root) if self.is_of_provider(root.as_str()) => root.as_str(),
            _ => return,
        };
        let Some(object) = self.subject.documentation.object(Kind::Resource, name) else {
            self.report(to.key.span(), format!("the provider has no resource `{name}`"));
            return;
        };
        let Some(identity) = block.body.get_attribute("identity") else {
            return;
        };
        let Expression::Object(written) = &identity.value else {
            return;
        };
        let names: Vec<String> = written
            .iter()
            .filter_map(|(key, _)| object_key_name(key))
            .collect();
        for name in &names {
            if !object.identity.iter().any(|one| one.name == *name) {
                self.report(
                    identity.key.span(),
                    format!("the identity of `{}` has no `{name}`", object.name),
                );
            }
        }
        for attribute in &object.identity {
            if attribute.group == Group::Required && !names.contains(&attribute.name) {
                self.report(
                    identity.key.span(),
                    format!("the identity of `{}` requires `{}`", object.name, attribute.name),
                );
            }
        }
    }

    /// Checks that a sensitive variable has no default: an example must not contain a secret.
    fn check_variable(&mut self, block: &Block) {
        let is_sensitive = block
            .body
            .get_attribute("sensitive")
            .is_some_and(|attribute| attribute.value.as_bool() == Some(true));
        if let Some(default) = block.body.get_attribute("default")
            && is_sensitive
            && is_secret_literal(&default.value)
        {
            let name = block.labels.first().map(BlockLabel::as_str).unwrap_or_default();
            self.report(
                default.key.span(),
                format!("`var.{name}` is sensitive: an example must not contain a literal"),
            );
        }
    }

    /// Checks names, required arguments and literal secrets.
    fn check_body(
        &mut self,
        path: &str,
        schema: &[Attribute],
        body: &Body,
        span: Option<&Range<usize>>,
        meta: &[&str],
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
            if meta.contains(&name) {
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
                            format!("`{place}` is sensitive: an example must not contain a literal"),
                        );
                    }
                    self.check_nested(&place, attribute, &written.value);
                }
                Structure::Block(block) => {
                    let content = dynamic_content(block).unwrap_or(&block.body);
                    self.check_body(
                        &place,
                        &attribute.attributes,
                        content,
                        block.ident.span().as_ref(),
                        &[],
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
                    format!("`{path}` requires the argument `{}`", attribute.name),
                );
            }
        }
    }

    /// Checks names and literal secrets inside nested attributes.
    fn check_nested(&mut self, path: &str, attribute: &Attribute, written: &Expression) {
        if !matches!(attribute.shape, Shape::Nested) {
            return;
        }
        match written {
            Expression::Array(elements) => {
                for element in elements {
                    self.check_nested(path, attribute, element);
                }
            }
            Expression::Object(object) if attribute.r#type != "Attributes Map" => {
                for (key, value) in object {
                    let Some(name) = object_key_name(key) else {
                        continue;
                    };
                    match attribute.attributes.iter().find(|one| one.name == name) {
                        None => self.report(key.span(), format!("`{path}` has no argument `{name}`")),
                        Some(inner) => {
                            if inner.sensitive && is_secret_literal(value.expr()) {
                                self.report(
                                    key.span(),
                                    format!(
                                        "`{path}.{name}` is sensitive: an example must not contain a literal"
                                    ),
                                );
                            }
                            self.check_nested(&format!("{path}.{name}"), inner, value.expr());
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// Validates the literal values with the engine.
    fn check_values(&mut self, object: &Object, body: &Body, span: Option<&Range<usize>>) {
        let Some(definition) = self.subject.definition else {
            return;
        };
        let mut found = Diagnostics::default();
        match object.kind {
            Kind::Provider => {
                let config = self.object_value(&definition.provider.attributes, body);
                validate::provider(definition.provider, &config, &mut found);
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
                let config = self.object_value(&binding.schema.attributes, body);
                validate::config(binding, &config, WriteOnly::Allowed, &mut found);
            }
            Kind::ListResource => {
                let stem = object.stem(&definition.provider.name);
                let mut listed = definition.listed().map(|binding| binding.schema);
                let Some(resource) = listed.find(|resource| resource.name == stem) else {
                    return;
                };
                let filters = self.object_value(&resource.filters, body);
                let root = value::Path::root();
                rules::object(&resource.filters, &filters, WriteOnly::Refused, &root, &mut found);
            }
            _ => return,
        }
        for diagnostic in found {
            if diagnostic.severity == Severity::Error {
                self.report_diagnostic(&object.name, &diagnostic, body, span.cloned());
            }
        }
    }

    /// Reports an error of the engine on the argument that it is about.
    fn report_diagnostic(
        &mut self,
        name: &str,
        diagnostic: &Diagnostic,
        body: &Body,
        span: Option<Range<usize>>,
    ) {
        let first = diagnostic.path.first_attribute().unwrap_or_default();
        let place = body
            .get_attribute(first)
            .and_then(|attribute| attribute.key.span())
            .or_else(|| body.get_blocks(first).next().and_then(|block| block.ident.span()))
            .or(span);
        let detail = diagnostic.detail.replace('\n', " ");
        self.report(place, format!("`{name}`: {}: {detail}", diagnostic.summary));
    }

    /// The value of a body: literals as they are, other expressions as unknown values.
    fn object_value(&mut self, schema: &[schema::Attribute], body: &Body) -> Value {
        let attributes = schema.iter().map(|attribute| {
            let name = attribute.name.to_string();
            let r#type = shape::attribute_type(attribute);
            let value = if attribute.block {
                self.block_value(attribute, body)
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

    fn block_value(&mut self, attribute: &schema::Attribute, body: &Body) -> Value {
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
            .map(|block| self.object_value(&attribute.attributes, &block.body))
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
                let entries = object.iter().filter_map(|(key, value)| {
                    Some((object_key_name(key)?, self.value(name, value.expr(), inner)))
                });
                Value::Map(entries.collect())
            }
            (Expression::Object(object), Type::Object(attributes)) => {
                let written: BTreeMap<String, &Expression> = object
                    .iter()
                    .filter_map(|(key, value)| Some((object_key_name(key)?, value.expr())))
                    .collect();
                let values = attributes.iter().map(|(key, inner)| {
                    let value = written.get(key).map(|value| self.value(key, value, inner));
                    (key.clone(), value.unwrap_or_default())
                });
                Value::Object(values.collect())
            }
            (_, Type::String) if text.is_some() => Value::string(text.unwrap_or_default()),
            (_, Type::Secret) if text.is_some() => Value::secret(text.unwrap_or_default()),
            (_, Type::Number) if text.is_some() => match Number::parse(&text.unwrap_or_default()) {
                Some(number) => Value::Number(number),
                None => self.type_error(name, written, r#type),
            },
            (_, Type::Bool) if text.is_some() => match text.as_deref() {
                Some("true") => Value::Bool(true),
                Some("false") => Value::Bool(false),
                _ => self.type_error(name, written, r#type),
            },
            (Expression::Array(_) | Expression::Object(_), _) => self.type_error(name, written, r#type),
            _ if text.is_some() => self.type_error(name, written, r#type),
            _ => Value::Unknown,
        }
    }

    fn type_error(&mut self, name: &str, written: &Expression, r#type: &Type) -> Value {
        self.report(written.span(), format!("`{name}` requires {type}"));
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

fn object_key_name(key: &ObjectKey) -> Option<String> {
    match key {
        ObjectKey::Expression(Expression::String(text)) => Some(text.value().clone()),
        ObjectKey::Ident(name) | ObjectKey::Expression(Expression::Variable(name)) => {
            Some(name.as_str().to_owned())
        }
        ObjectKey::Expression(_) => None,
    }
}

/// Whether an expression contains a literal secret. In a map, only entries named like a secret count: others are settings.
fn is_secret_literal(written: &Expression) -> bool {
    match written {
        Expression::String(text) => !text.value().is_empty(),
        Expression::Number(_) => true,
        Expression::HeredocTemplate(heredoc) => heredoc.template.iter().all(Element::is_literal),
        Expression::Parenthesis(inner) => is_secret_literal(inner.inner()),
        Expression::Array(elements) => elements.iter().any(is_secret_literal),
        Expression::FuncCall(call) if call.name.name.as_str() == "sensitive" => {
            call.args.iter().any(is_secret_literal)
        }
        Expression::Object(object) => object.iter().any(|(key, value)| {
            let name = object_key_name(key).unwrap_or_default().to_lowercase();
            let is_secret = ["secret", "password", "token", "_key"]
                .iter()
                .any(|word| name.contains(word))
                || name == "key";
            is_secret && is_secret_literal(value.expr())
        }),
        _ => false,
    }
}
