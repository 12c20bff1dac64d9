//! `ValidateResourceConfig`, `ValidateDataResourceConfig` and `ValidateProviderConfig`: checks a configuration before
//! a plan.
//!
//! Rules: <https://github.com/hashicorp/terraform/blob/main/docs/resource-instance-change-lifecycle.md>.
//!
//! Tests: `crates/engine/tests/tables/validate.rs`.

use schema::{Constraint, Literal, Resource, Rule, TIMEOUTS};
use value::{Path, Value, duration};

use crate::diagnostic::Diagnostics;
use crate::hook::Binding;
use crate::rules::{self, WriteOnly, quoted};
use crate::shape::literal_value;
use crate::wire::to_json;
use crate::{rollout, summaries};

/// Checks the configuration of a resource or data source, and reports each problem.
pub fn config(binding: &Binding, config: &Value, write_only: WriteOnly, diagnostics: &mut Diagnostics) {
    let attributes = &binding.schema.attributes;
    rules::object(attributes, config, write_only, &Path::root(), diagnostics);
    constraints(binding.schema, config, diagnostics);
    timeouts(config, diagnostics);
    rollout::validate(binding.schema, config, diagnostics);
    if let Some(hook) = binding.hook {
        hook.validate(config, diagnostics);
    }
}

/// Checks the provider block, and reports each problem.
pub fn provider(provider: &schema::Provider, config: &Value, diagnostics: &mut Diagnostics) {
    let attributes = &provider.attributes;
    let mut config = config.clone();
    // Only `Arguments::resolve` knows whether an environment variable replaces an empty string.
    for attribute in attributes.iter() {
        if config.get(&attribute.name).expose() == Some("") {
            config.set_attribute(&attribute.name, Value::Null);
        }
    }
    rules::object(
        attributes,
        &config,
        WriteOnly::Allowed,
        &Path::root(),
        diagnostics,
    );
}

/// A timeout must leave time for the operation, and be short enough to be added to a time.
fn timeouts(config: &Value, diagnostics: &mut Diagnostics) {
    let configured = config.get(TIMEOUTS).attributes().into_iter().flatten();
    for (name, timeout) in configured {
        let Some(duration) = timeout.as_str().and_then(duration::parse) else {
            continue;
        };
        if !duration::is_timeout(duration) {
            diagnostics.error_at(
                Path::root().attribute(TIMEOUTS).attribute(name),
                &summaries::INVALID_TIMEOUT,
                format!(
                    "`{name}` must be above zero and at most one year (`8760h`), got {:?}.",
                    timeout.as_str().unwrap_or_default()
                ),
            );
        }
    }
}

fn constraints(resource: &Resource, config: &Value, diagnostics: &mut Diagnostics) {
    for constraint in resource.constraints.iter() {
        for (object, path) in constrained_objects(constraint, config) {
            check_rule(&constraint.rule, object, &path, diagnostics);
        }
    }
}

/// The objects in which a constraint must hold, with their paths.
fn constrained_objects<'a>(constraint: &Constraint, config: &'a Value) -> Vec<(&'a Value, Path)> {
    let Some(within) = &constraint.within else {
        return vec![(config, Path::root())];
    };
    let path = Path::root().attribute(within);
    match config.get(within) {
        Value::List(elements) => elements
            .iter()
            .enumerate()
            .map(|(index, element)| (element, path.index(index)))
            .collect(),
        Value::Set(elements) => elements.iter().map(|element| (element, path.clone())).collect(),
        Value::Map(entries) => entries
            .iter()
            .map(|(key, element)| (element, path.key(key)))
            .collect(),
        object @ Value::Object(_) => vec![(object, path)],
        _ => Vec::new(),
    }
}

fn check_rule(rule: &Rule, object: &Value, path: &Path, diagnostics: &mut Diagnostics) {
    match rule {
        Rule::ExactlyOneOf(names) => check_count(names, object, path, 1, 1, diagnostics),
        // The plan of a create requires one: `rules::change`.
        Rule::AtMostOneOf(names) | Rule::OneOfToCreate(names) => {
            check_count(names, object, path, 0, 1, diagnostics);
        }
        Rule::AtLeastOneOf(names) => check_count(names, object, path, 1, names.len(), diagnostics),
        Rule::AllOrNone(names) => check_all_or_none(names, object, path, diagnostics),
        Rule::When {
            attribute,
            value,
            require,
            forbid,
        } => {
            let actual = object.get(attribute);
            let applies = match value {
                None => !actual.is_null() && !actual.is_unknown() && actual.expose() != Some(""),
                Some(literal) => is_literal(actual, literal),
            };
            if applies {
                let condition = match value {
                    None => format!("`{attribute}` is set"),
                    Some(literal) => format!("`{attribute}` is {}", to_json(&literal_value(literal, &[]))),
                };
                check_required(require, &condition, object, path, diagnostics);
                check_forbidden(forbid, &condition, object, path, diagnostics);
            }
        }
    }
}

fn is_literal(value: &Value, literal: &Literal) -> bool {
    match (value, literal) {
        (Value::Bool(value), Literal::Bool(literal)) => value == literal,
        (Value::String(_) | Value::Secret(_), Literal::String(literal)) => value.expose() == Some(literal),
        (Value::Number(value), Literal::Int(literal)) => value.as_i64() == Some(*literal),
        _ => false,
    }
}

fn check_count(
    names: &[schema::Text],
    object: &Value,
    path: &Path,
    min: usize,
    max: usize,
    diagnostics: &mut Diagnostics,
) {
    let set: Vec<&schema::Text> = names.iter().filter(|name| !object.get(name).is_null()).collect();
    let known = set.iter().filter(|name| !object.get(name).is_unknown()).count();
    if let (true, Some(last)) = (known > max, set.last()) {
        diagnostics.error_at(
            path.attribute(last),
            &summaries::CONFLICTING_ARGUMENTS,
            format!("Only one of {} can be set.", quoted(names)),
        );
    }
    if set.len() < min {
        let how_many = if max == 1 { "Exactly one" } else { "At least one" };
        diagnostics.error_at(
            path.clone(),
            &summaries::MISSING_ARGUMENT,
            format!("{how_many} of {} must be set.", quoted(names)),
        );
    }
}

fn check_all_or_none(names: &[schema::Text], object: &Value, path: &Path, diagnostics: &mut Diagnostics) {
    let is_any_set = names.iter().any(|name| {
        let value = object.get(name);
        !value.is_null() && !value.is_unknown()
    });
    for name in names
        .iter()
        .filter(|name| is_any_set && object.get(name).is_null())
    {
        diagnostics.error_at(
            path.attribute(name),
            &summaries::MISSING_ARGUMENT,
            format!(
                "{} must be set together: set `{name}` too, or none of them.",
                quoted(names)
            ),
        );
    }
}

fn check_required(
    names: &[schema::Text],
    condition: &str,
    object: &Value,
    path: &Path,
    diagnostics: &mut Diagnostics,
) {
    for name in names {
        if object.get(name).is_blank() {
            diagnostics.error_at(
                path.attribute(name),
                &summaries::MISSING_ARGUMENT,
                format!("`{name}` must be set when {condition}."),
            );
        }
    }
}

fn check_forbidden(
    names: &[schema::Text],
    condition: &str,
    object: &Value,
    path: &Path,
    diagnostics: &mut Diagnostics,
) {
    for name in names {
        let value = object.get(name);
        if !value.is_null() && !value.is_unknown() {
            diagnostics.error_at(
                path.attribute(name),
                &summaries::CONFLICTING_ARGUMENTS,
                format!("`{name}` cannot be set when {condition}."),
            );
        }
    }
}
