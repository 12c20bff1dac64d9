//! `ValidateResourceConfig` and its kin: everything that can be known to be wrong before anything is done.
//!
//! A value that is unknown is not checked yet. A message never shows a sensitive value.

use schema::{Attribute, Bounds, Constraint, Format, Literal, Mode, Resource, Rule, Scalar};

use super::diagnostic::Diagnostics;
use super::hook::Binding;
use super::shape::literal_value;
use super::wire::to_json;
use crate::value::{Number, Path, Value};

/// Whether this Terraform knows write-only arguments (1.11 does).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteOnly {
    /// It does.
    Allowed,
    /// It would store them.
    Refused,
}

/// Checks a configuration.
pub fn config(binding: &Binding, config: &Value, write_only: WriteOnly) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    object(
        &binding.schema.attributes,
        config,
        write_only,
        &Path::root(),
        &mut diagnostics,
    );
    constraints(binding.schema, config, &mut diagnostics);
    if let Some(hook) = binding.hook {
        hook.validate(config, &mut diagnostics);
    }
    diagnostics
}

/// Checks the provider's own configuration.
pub fn provider(provider: &schema::Provider, config: &Value) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    object(
        &provider.attributes,
        config,
        WriteOnly::Allowed,
        &Path::root(),
        &mut diagnostics,
    );
    diagnostics
}

fn object(
    attributes: &[Attribute],
    object: &Value,
    write_only: WriteOnly,
    path: &Path,
    diagnostics: &mut Diagnostics,
) {
    for attribute in attributes {
        let path = path.attribute(&attribute.name);
        let value = object.get(&attribute.name);
        if value.is_null() {
            // Terraform itself reports a missing required argument of the root and of blocks.
            if attribute.mode == Mode::Required {
                diagnostics.error_at(
                    path,
                    "Missing required argument",
                    format!(
                        "The argument `{}` is required, but no value was given.",
                        attribute.name
                    ),
                );
            }
            continue;
        }
        if attribute.mode == Mode::Computed {
            diagnostics.error_at(
                path,
                "Argument is decided by the provider",
                format!(
                    "`{}` is read-only: remove it from the configuration.",
                    attribute.name
                ),
            );
            continue;
        }
        if attribute.write_only && write_only == WriteOnly::Refused {
            let instead = attribute.twin_of.as_deref().unwrap_or("another argument");
            diagnostics.error_at(
                path,
                "Write-only argument needs Terraform 1.11",
                format!(
                    "This version of Terraform would store `{}` in its state. Use Terraform 1.11 or later, or set \
                     `{instead}` instead.",
                    attribute.name
                ),
            );
            continue;
        }
        if let Some(remedy) = &attribute.deprecated
            && value.is_known()
        {
            diagnostics.warning_at(path.clone(), "Argument is deprecated", remedy.to_string());
        }
        value_at(attribute, value, write_only, &path, diagnostics);
    }
}

/// Checks one value of an attribute, and what it contains.
pub fn value(attribute: &Attribute, value: &Value, path: &Path, diagnostics: &mut Diagnostics) {
    value_at(attribute, value, WriteOnly::Allowed, path, diagnostics);
}

fn value_at(
    attribute: &Attribute,
    value: &Value,
    write_only: WriteOnly,
    path: &Path,
    diagnostics: &mut Diagnostics,
) {
    let size = match value {
        Value::List(elements) | Value::Set(elements) => Some(elements.len()),
        Value::Map(entries) => Some(entries.len()),
        _ => None,
    };
    if let (Some(bounds), Some(size)) = (attribute.validate.items, size) {
        check_bounds(
            bounds,
            i64::try_from(size).unwrap_or(i64::MAX),
            "elements",
            attribute,
            path,
            diagnostics,
        );
    }
    match value {
        Value::List(elements) => {
            for (index, element) in elements.iter().enumerate() {
                let path = path.index(index);
                refuse_null(attribute, element, &path, diagnostics);
                value_at(attribute, element, write_only, &path, diagnostics);
            }
        }
        // A path ends at the set: Terraform cannot point at its elements.
        Value::Set(elements) => {
            for element in elements {
                refuse_null(attribute, element, path, diagnostics);
                value_at(attribute, element, write_only, path, diagnostics);
            }
        }
        Value::Map(entries) => {
            for (key, element) in entries {
                let path = path.key(key);
                refuse_null(attribute, element, &path, diagnostics);
                value_at(attribute, element, write_only, &path, diagnostics);
            }
        }
        Value::Object(_) => object(&attribute.attributes, value, write_only, path, diagnostics),
        Value::String(text) => check_text(attribute, text, path, diagnostics),
        Value::Secret(secret) => check_text(attribute, secret.expose(), path, diagnostics),
        Value::Number(number) => check_number(attribute, number, path, diagnostics),
        Value::Null | Value::Unknown | Value::Bool(_) | Value::Tuple(_) | Value::Dynamic(_) => {}
    }
}

fn refuse_null(attribute: &Attribute, element: &Value, path: &Path, diagnostics: &mut Diagnostics) {
    if element.is_null() {
        diagnostics.error_at(
            path.clone(),
            "Null element",
            format!(
                "An element of `{}` is null. Leave it out, for example with `compact()`.",
                attribute.name
            ),
        );
    }
}

fn check_number(attribute: &Attribute, number: &Number, path: &Path, diagnostics: &mut Diagnostics) {
    if attribute.r#type.scalar == Scalar::Int {
        let is_whole = number.is_integer();
        let Some(value) = number.as_i64().filter(|value| i32::try_from(*value).is_ok()) else {
            let what = if is_whole {
                "a whole number of 32 bits"
            } else {
                "a whole number"
            };
            diagnostics.error_at(
                path.clone(),
                "Number out of range",
                format!("`{}` must be {what}{}.", attribute.name, got(attribute, number)),
            );
            return;
        };
        if let Some(bounds) = attribute.validate.range {
            check_bounds(bounds, value, "", attribute, path, diagnostics);
        }
    }
}

/// What a message says about the value at fault.
fn got(attribute: &Attribute, value: impl std::fmt::Display) -> String {
    if attribute.is_secret() {
        String::new()
    } else {
        format!(", got {value}")
    }
}

fn check_bounds(
    bounds: Bounds,
    value: i64,
    unit: &str,
    attribute: &Attribute,
    path: &Path,
    diagnostics: &mut Diagnostics,
) {
    let too_small = bounds.min.is_some_and(|min| value < min);
    let too_large = bounds.max.is_some_and(|max| value > max);
    if !too_small && !too_large {
        return;
    }
    let wanted = match (bounds.min, bounds.max) {
        (Some(min), Some(max)) => format!("between {min} and {max}"),
        (Some(min), None) => format!("at least {min}"),
        (None, Some(max)) => format!("at most {max}"),
        (None, None) => return,
    };
    let (summary, must) = match unit {
        "" => ("Number out of range", "must be"),
        _ => ("Wrong length", "must have"),
    };
    let unit = if unit.is_empty() {
        String::new()
    } else {
        format!(" {unit}")
    };
    diagnostics.error_at(
        path.clone(),
        summary,
        format!(
            "`{}` {must} {wanted}{unit}{}.",
            attribute.name,
            got(attribute, value)
        ),
    );
}

fn check_text(attribute: &Attribute, text: &str, path: &Path, diagnostics: &mut Diagnostics) {
    let name = &attribute.name;
    let got = got(attribute, format_args!("{text:?}"));
    let rules = &attribute.validate;
    if let Some(bounds) = rules.length {
        let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
        check_bounds(bounds, length, "characters", attribute, path, diagnostics);
    }
    if !rules.one_of.is_empty() && !rules.one_of.iter().any(|legal| legal == text) {
        let legal: Vec<String> = rules.one_of.iter().map(|legal| format!("{legal:?}")).collect();
        let nearest = rules
            .one_of
            .iter()
            .map(|legal| (strsim::jaro_winkler(legal, text), legal))
            .filter(|(similarity, _)| *similarity > 0.75)
            .max_by(|left, right| left.0.total_cmp(&right.0));
        let suggestion = nearest
            .map(|(_, legal)| format!(" Did you mean {legal:?}?"))
            .unwrap_or_default();
        diagnostics.error_at(
            path.clone(),
            "Value is not allowed",
            format!("`{name}` must be one of {}{got}.{suggestion}", legal.join(", ")),
        );
    }
    if let Some(pattern) = &rules.pattern
        && !matches_whole(pattern, text)
    {
        diagnostics.error_at(
            path.clone(),
            "Value has the wrong form",
            format!("`{name}` must match `{pattern}`{got}."),
        );
    }
    if let Some(format) = attribute.format
        && let Err(expected) = check_format(format, text)
    {
        diagnostics.error_at(
            path.clone(),
            "Value has the wrong form",
            format!("`{name}` must be {expected}{got}."),
        );
    }
}

fn matches_whole(pattern: &str, text: &str) -> bool {
    regex_lite::Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|regex| regex.is_match(text))
}

/// What the text should be, where it is not.
fn check_format(format: Format, text: &str) -> Result<(), &'static str> {
    let (fits, expected) = match format {
        Format::Uuid => (
            text.len() == 36 && uuid::Uuid::parse_str(text).is_ok(),
            "a UUID such as 0b8e5a7c-4a53-4d1b-9c5e-3f1f6f0f2d11",
        ),
        Format::Ip => (
            text.parse::<std::net::IpAddr>().is_ok(),
            "an IPv4 or IPv6 address",
        ),
        Format::Cidr => (
            text.parse::<ipnet::IpNet>().is_ok(),
            "an address block in CIDR notation such as 10.0.0.0/24",
        ),
        Format::Url => (
            url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()),
            "a URL that begins with http:// or https://",
        ),
        Format::Duration => (
            crate::duration::parse(text).is_some(),
            "a duration such as 90s, 20m or 1h30m",
        ),
        Format::Timestamp => (
            text.parse::<jiff::Timestamp>().is_ok(),
            "a point in time such as 2026-01-31T12:00:00Z",
        ),
        Format::Json => (
            serde_json::from_str::<serde_json::Value>(text).is_ok(),
            "a JSON document",
        ),
    };
    if fits { Ok(()) } else { Err(expected) }
}

fn constraints(resource: &Resource, config: &Value, diagnostics: &mut Diagnostics) {
    for constraint in resource.constraints.iter() {
        for (object, path) in constrained_objects(constraint, config) {
            check_rule(&constraint.rule, object, &path, diagnostics);
        }
    }
}

/// The objects in which a constraint must hold.
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
        Rule::AtMostOneOf(names) => check_count(names, object, path, 0, 1, diagnostics),
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

fn quoted(names: &[schema::Text]) -> String {
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
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
            "Conflicting arguments",
            format!("Only one of {} can be set.", quoted(names)),
        );
    }
    if set.len() < min {
        let how_many = if max == 1 { "Exactly one" } else { "At least one" };
        diagnostics.error_at(
            path.clone(),
            "Missing argument",
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
            "Missing argument",
            format!(
                "{} belong together: set `{name}` too, or none of them.",
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
                "Missing argument",
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
                "Conflicting arguments",
                format!("`{name}` cannot be set when {condition}."),
            );
        }
    }
}
