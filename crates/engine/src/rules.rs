//! Checks a value against its declaration: bounds, formats, patterns, allowed values.
//!
//! Unknown values pass: Terraform validates again when they are known, see
//! <https://github.com/hashicorp/terraform/blob/main/docs/resource-instance-change-lifecycle.md>. Diagnostics never show a sensitive value.
//!
//! Tests: `crates/engine/tests/tables/validate.rs`.

use schema::{Attribute, Bounds, Equal, Format, Mode, Resource, Rule, Scalar};
use value::{Number, Path, Value};

use crate::diagnostic::Diagnostics;
use crate::equal::is_equivalent;
use crate::{naming, summaries};

/// Whether this Terraform supports write-only arguments, as 1.11 and later do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteOnly {
    /// Supported.
    Allowed,
    /// Not supported: Terraform would store them in state.
    Refused,
}

/// Whether a value satisfies the rules of its attribute.
pub fn is_valid(attribute: &Attribute, value: &Value) -> bool {
    let mut problems = Diagnostics::default();
    self::value(attribute, value, &Path::root(), &mut problems);
    !problems.has_errors()
}

/// Checks the attributes of an object, including nested values, and reports each problem.
pub fn object(
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
                    &summaries::MISSING_REQUIRED_ARGUMENT,
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
                &summaries::READ_ONLY_ARGUMENT,
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
                &summaries::WRITE_ONLY_UNSUPPORTED,
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
            diagnostics.warning_at(path.clone(), &summaries::DEPRECATED_ARGUMENT, remedy.to_string());
        }
        value_at(attribute, value, write_only, &path, diagnostics);
    }
}

/// Checks a value of an attribute, including nested values, and reports each problem.
pub fn value(attribute: &Attribute, value: &Value, path: &Path, diagnostics: &mut Diagnostics) {
    value_at(attribute, value, WriteOnly::Allowed, path, diagnostics);
}

/// Reports each value that this change needs and that others can omit: those of a new object, and those that a changed version sends again.
/// A prior object that is null is that of a create, also of the one that replaces an object.
pub fn change(resource: &Resource, prior: &Value, config: &Value, diagnostics: &mut Diagnostics) {
    if config.is_null() {
        return;
    }
    if prior.is_null() {
        create(resource, config, diagnostics);
    }
    for (value, version) in versioned(&resource.attributes) {
        let is_changed =
            !config.get(&version.name).is_null() && prior.get(&version.name) != config.get(&version.name);
        if is_changed && config.get(&value.name).is_null() {
            diagnostics.error_at(
                Path::root().attribute(&value.name),
                &summaries::MISSING_ARGUMENT,
                format!(
                    "`{}` must be set when `{}` changes: the change sends it.",
                    value.name, version.name
                ),
            );
        }
    }
}

/// The write-only attributes with a version, each with the attribute that has it.
fn versioned(attributes: &[Attribute]) -> impl Iterator<Item = (&Attribute, &Attribute)> {
    let values = attributes.iter();
    values.filter_map(|value| Some((value, version_of(value, attributes)?)))
}

/// Returns the attribute with the version of a write-only attribute, if it has one.
pub fn version_of<'a>(attribute: &Attribute, attributes: &'a [Attribute]) -> Option<&'a Attribute> {
    let twin = attribute.twin_of.as_ref().filter(|_| attribute.write_only)?;
    attributes
        .iter()
        .find(|other| !other.write_only && other.twin_of.as_ref() == Some(twin))
}

fn create(resource: &Resource, config: &Value, diagnostics: &mut Diagnostics) {
    for constraint in resource.constraints.iter() {
        let Rule::OneOfToCreate(names) = &constraint.rule else {
            continue;
        };
        let is_any_set = names.iter().any(|name| !config.get(name).is_null());
        if let (false, Some(first)) = (is_any_set, names.first()) {
            diagnostics.error_at(
                Path::root().attribute(first),
                &summaries::MISSING_ARGUMENT,
                format!(
                    "One of {} is required to create {}. Set one of them: only an update keeps the control plane's value \
                     if they are omitted.",
                    quoted(names),
                    naming::title(resource, config)
                ),
            );
        }
    }
}

/// The names for a diagnostic, such as `a`, `b`.
pub fn quoted(names: &[schema::Text]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// Warns of each element that a set contains twice: of lists that are compared as sets, and of sets whose elements differ
/// only in spelling.
pub fn warn_duplicates(attributes: &[Attribute], object: &Value, path: &Path, diagnostics: &mut Diagnostics) {
    for attribute in attributes {
        let path = path.attribute(&attribute.name);
        warn_duplicates_at(attribute, object.get(&attribute.name), &path, diagnostics);
    }
}

fn warn_duplicates_at(attribute: &Attribute, value: &Value, path: &Path, diagnostics: &mut Diagnostics) {
    match value {
        Value::Object(_) => warn_duplicates(&attribute.attributes, value, path, diagnostics),
        Value::Map(entries) => {
            for (key, element) in entries {
                warn_duplicates_at(attribute, element, &path.key(key), diagnostics);
            }
        }
        Value::List(elements) | Value::Set(elements) => {
            let is_list = matches!(value, Value::List(_));
            for (index, element) in elements.iter().enumerate() {
                // An element of a set has no path of its own.
                let path = if is_list { path.index(index) } else { path.clone() };
                warn_duplicates_at(attribute, element, &path, diagnostics);
                let mut earlier = elements.iter().take(index);
                let is_duplicate = earlier.any(|earlier| is_equivalent(attribute, earlier, element));
                if is_duplicate && !element.is_unknown() && (!is_list || attribute.equal == Equal::Set) {
                    diagnostics.warning_at(
                        path,
                        &summaries::DUPLICATE_ELEMENT,
                        format!(
                            "`{}` contains {} more than once. Its elements form a set, so the duplicate has no effect: \
                             remove it.",
                            attribute.name,
                            element_label(attribute, element)
                        ),
                    );
                }
            }
        }
        _ => {}
    }
}

/// An element in a diagnostic: its value, unless it is sensitive or an object.
fn element_label(attribute: &Attribute, element: &Value) -> String {
    match element.as_str() {
        Some(string) if !attribute.sensitive => format!("`{string}`"),
        _ => "an element".to_owned(),
    }
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
                reject_null(attribute, element, &path, diagnostics);
                value_at(attribute, element, write_only, &path, diagnostics);
            }
        }
        // A path cannot address an element of a set.
        Value::Set(elements) => {
            for element in elements {
                reject_null(attribute, element, path, diagnostics);
                value_at(attribute, element, write_only, path, diagnostics);
            }
        }
        Value::Map(entries) => {
            for (key, element) in entries {
                let path = path.key(key);
                reject_null(attribute, element, &path, diagnostics);
                value_at(attribute, element, write_only, &path, diagnostics);
            }
        }
        Value::Object(_) => object(&attribute.attributes, value, write_only, path, diagnostics),
        Value::String(string) => check_string(attribute, string, path, diagnostics),
        Value::Secret(secret) => check_string(attribute, secret.expose(), path, diagnostics),
        Value::Number(number) => check_number(attribute, number, path, diagnostics),
        Value::Null | Value::Unknown | Value::Bool(_) => {}
    }
}

fn reject_null(attribute: &Attribute, element: &Value, path: &Path, diagnostics: &mut Diagnostics) {
    if element.is_null() {
        diagnostics.error_at(
            path.clone(),
            &summaries::NULL_ELEMENT,
            format!(
                "`{}` has an element that is null. Remove the element, for example with `compact()`.",
                attribute.name
            ),
        );
    }
}

fn check_number(attribute: &Attribute, number: &Number, path: &Path, diagnostics: &mut Diagnostics) {
    if attribute.r#type.scalar == Scalar::Int {
        let is_whole = number.is_integer();
        let Some(value) = number.as_i64().filter(|value| i32::try_from(*value).is_ok()) else {
            let (summary, expected) = if is_whole {
                (
                    &summaries::NUMBER_OUT_OF_RANGE,
                    "a whole number between -2147483648 and 2147483647",
                )
            } else {
                (&summaries::INVALID_NUMBER, "a whole number")
            };
            diagnostics.error_at(
                path.clone(),
                summary,
                format!(
                    "`{}` must be {expected}{}.",
                    attribute.name,
                    got(attribute, number)
                ),
            );
            return;
        };
        if let Some(bounds) = attribute.validate.range {
            check_bounds(bounds, value, "", attribute, path, diagnostics);
        }
    }
}

/// The invalid value for a diagnostic; empty if it is sensitive.
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
    let expected = match (bounds.min, bounds.max) {
        (Some(min), Some(max)) => format!("between {min} and {max}"),
        (Some(min), None) => format!("at least {min}"),
        (None, Some(max)) => format!("at most {max}"),
        (None, None) => return,
    };
    let (summary, must) = match unit {
        "" => (&summaries::NUMBER_OUT_OF_RANGE, "must be"),
        _ => (&summaries::INVALID_LENGTH, "must have"),
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
            "`{}` {must} {expected}{unit}{}.",
            attribute.name,
            got(attribute, value)
        ),
    );
}

fn check_string(attribute: &Attribute, string: &str, path: &Path, diagnostics: &mut Diagnostics) {
    let name = &attribute.name;
    // An invalid URL may still contain a password.
    let may_hold_password = attribute.format == Some(Format::Url) && string.contains('@');
    let got = if may_hold_password {
        String::new()
    } else {
        got(attribute, format_args!("{string:?}"))
    };
    let rules = &attribute.validate;
    if let Some(bounds) = rules.length {
        let length = i64::try_from(string.chars().count()).unwrap_or(i64::MAX);
        check_bounds(bounds, length, "characters", attribute, path, diagnostics);
    }
    if !rules.one_of.is_empty() && !rules.one_of.iter().any(|allowed| allowed == string) {
        let allowed: Vec<String> = rules
            .one_of
            .iter()
            .map(|allowed| format!("{allowed:?}"))
            .collect();
        let suggestion = schema::nearest(string, rules.one_of.iter().map(AsRef::as_ref))
            .map(|allowed| format!(" Did you mean {allowed:?}?"))
            .unwrap_or_default();
        diagnostics.error_at(
            path.clone(),
            &summaries::INVALID_VALUE,
            format!("`{name}` must be one of {}{got}.{suggestion}", allowed.join(", ")),
        );
    }
    if let Some(pattern) = &rules.pattern
        && !matches_whole(pattern, string)
    {
        diagnostics.error_at(
            path.clone(),
            &summaries::INVALID_FORMAT,
            format!("`{name}` must match `{pattern}`{got}."),
        );
    }
    if let Some(format) = attribute.format
        && let Err(expected) = check_format(format, string)
    {
        diagnostics.error_at(
            path.clone(),
            &summaries::INVALID_FORMAT,
            format!("`{name}` must be {expected}{got}."),
        );
    }
}

fn matches_whole(pattern: &str, string: &str) -> bool {
    regex_lite::Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|regex| regex.is_match(string))
}

/// Checks the format of a string. The error describes the expected format.
fn check_format(format: Format, string: &str) -> Result<(), &'static str> {
    let (is_valid, expected) = match format {
        Format::Uuid => (
            string.len() == 36 && uuid::Uuid::parse_str(string).is_ok(),
            "a UUID such as 0b8e5a7c-4a53-4d1b-9c5e-3f1f6f0f2d11",
        ),
        Format::Ip => (
            string.parse::<std::net::IpAddr>().is_ok(),
            "an IPv4 or IPv6 address",
        ),
        Format::Cidr => (
            string.parse::<ipnet::IpNet>().is_ok(),
            "an address block in CIDR notation such as 10.0.0.0/24",
        ),
        Format::Url => (
            url::Url::parse(string)
                .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()),
            "a URL that begins with http:// or https://",
        ),
        Format::Duration => (
            value::duration::parse(string).is_some(),
            "a duration such as 90s, 20m or 1h30m",
        ),
        Format::Timestamp => (
            string.parse::<jiff::Timestamp>().is_ok(),
            "an RFC 3339 timestamp such as 2026-01-31T12:00:00Z",
        ),
        Format::Json => (
            serde_json::from_str::<serde_json::Value>(string).is_ok(),
            "a JSON document",
        ),
        Format::Glob => (
            value::glob::parse(string).is_some(),
            "a pattern such as web-* or db-[12]",
        ),
    };
    if is_valid { Ok(()) } else { Err(expected) }
}
