//! Checks whether a value in a declaration could also be in a configuration.
//!
//! Tests: `schema/tests/ui/attributes/`.

use std::net::IpAddr;

use crate::diagnostic::alternatives;
use crate::model::{Attribute, Bounds, Collection, Format, Literal, Scalar};

/// Returns why a value does not match the type of an attribute, if it does not.
pub(crate) fn type_fault(value: &Literal, attribute: &Attribute) -> Option<String> {
    fault(value, &attribute.r#type.collections, attribute)
}

fn fault(value: &Literal, collections: &[Collection], attribute: &Attribute) -> Option<String> {
    match (collections.split_first(), value) {
        (Some((Collection::Map, inner)), Literal::Map(entries)) => entries
            .iter()
            .find_map(|(_, value)| fault(value, inner, attribute)),
        (Some((Collection::List | Collection::Set, inner)), Literal::List(elements)) => {
            elements.iter().find_map(|value| fault(value, inner, attribute))
        }
        (Some((Collection::Map, _)), _) => Some(format!("{} is not a map", display(value))),
        (Some((Collection::List, _)), _) => Some(format!("{} is not a list", display(value))),
        (Some((Collection::Set, _)), _) => Some(format!("{} is not a set", display(value))),
        (None, _) => scalar_fault(value, attribute),
    }
}

fn scalar_fault(value: &Literal, attribute: &Attribute) -> Option<String> {
    let displayed = display(value);
    match (attribute.r#type.scalar, value) {
        (Scalar::Bool, Literal::Bool(_))
        | (Scalar::String, Literal::String(_))
        | (Scalar::Number, Literal::Int(_) | Literal::Number(_)) => None,
        (Scalar::Int, Literal::Int(int)) => i32::try_from(*int)
            .is_err()
            .then(|| format!("{displayed} is not a 32-bit integer")),
        (Scalar::Object, Literal::Map(entries)) => {
            entries
                .iter()
                .find_map(|(name, value)| match attribute.attribute(name) {
                    Some(attribute) => type_fault(value, attribute),
                    None => Some(format!("the object has no attribute {name:?}")),
                })
        }
        (Scalar::Bool, _) => Some(format!("{displayed} is not true or false")),
        (Scalar::String, _) => Some(format!("{displayed} is not a string")),
        (Scalar::Number, _) => Some(format!("{displayed} is not a number")),
        (Scalar::Int, _) => Some(format!("{displayed} is not an integer")),
        (Scalar::Object, _) => Some(format!("{displayed} is not an object")),
    }
}

/// Returns why a value of the right type does not match the format or validation of an attribute, if it does not.
pub(crate) fn validation_fault(value: &Literal, attribute: &Attribute) -> Option<String> {
    let validate = &attribute.validate;
    match value {
        Literal::List(elements) => items_fault(elements.len(), validate.items).or_else(|| {
            elements
                .iter()
                .find_map(|value| validation_fault(value, attribute))
        }),
        Literal::Map(entries) => items_fault(entries.len(), validate.items).or_else(|| {
            entries
                .iter()
                .find_map(|(_, value)| validation_fault(value, attribute))
        }),
        Literal::String(text) => string_fault(text, attribute),
        Literal::Int(int) => bounds_fault(*int, validate.range).map(|fault| format!("the value {fault}")),
        Literal::Number(_) | Literal::Bool(_) => None,
    }
}

fn items_fault(count: usize, bounds: Option<Bounds>) -> Option<String> {
    let fault = bounds_fault(i64::try_from(count).unwrap_or(i64::MAX), bounds)?;
    Some(format!("the number of elements {fault}"))
}

fn bounds_fault(value: i64, bounds: Option<Bounds>) -> Option<String> {
    let Bounds { min, max } = bounds?;
    match (min, max) {
        (Some(min), _) if value < min => Some(format!("is {value}, but must be at least {min}")),
        (_, Some(max)) if value > max => Some(format!("is {value}, but must be at most {max}")),
        _ => None,
    }
}

fn string_fault(text: &str, attribute: &Attribute) -> Option<String> {
    let validate = &attribute.validate;
    if !validate.one_of.is_empty() && !validate.one_of.iter().any(|legal| legal == text) {
        let legal = alternatives(validate.one_of.iter().map(AsRef::as_ref));
        return Some(format!("{text:?} is not {legal}"));
    }
    let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    if let Some(fault) = bounds_fault(length, validate.length) {
        return Some(format!("the length of {text:?} {fault}"));
    }
    if let Some(pattern) = &validate.pattern
        && pattern_of(pattern).is_ok_and(|pattern| !pattern.is_match(text))
    {
        return Some(format!("{text:?} does not match {pattern:?}"));
    }
    let format = attribute.format?;
    (!is_of_format(text, format)).then(|| format!("{text:?} is not {}", name_of(format)))
}

/// Compiles a regular expression that a whole string must match.
///
/// # Errors
///
/// If the regular expression is invalid.
pub(crate) fn pattern_of(pattern: &str) -> Result<regex_lite::Regex, regex_lite::Error> {
    regex_lite::Regex::new(&format!("^(?:{pattern})$"))
}

/// Whether a string is a duration such as `90s` or `1h30m`.
pub(crate) fn is_duration(text: &str) -> bool {
    is_of_format(text, Format::Duration)
}

/// Whether a string is a duration that the provider accepts as a timeout: above zero, and at most a year.
pub(crate) fn is_timeout(text: &str) -> bool {
    const MAX_TIMEOUT: jiff::SignedDuration = jiff::SignedDuration::from_hours(8760);
    let duration = text.parse::<jiff::SignedDuration>();
    is_duration(text) && duration.is_ok_and(|duration| !duration.is_zero() && duration <= MAX_TIMEOUT)
}

fn is_of_format(text: &str, format: Format) -> bool {
    match format {
        Format::Uuid => uuid::Uuid::parse_str(text).is_ok(),
        Format::Ip => text.parse::<IpAddr>().is_ok(),
        Format::Cidr => text.parse::<ipnet::IpNet>().is_ok(),
        Format::Url => {
            url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        }
        Format::Duration => {
            text.starts_with(|first: char| first.is_ascii_digit())
                && text.parse::<jiff::SignedDuration>().is_ok()
        }
        Format::Timestamp => text.parse::<jiff::Timestamp>().is_ok(),
        Format::Json => serde_json::from_str::<serde_json::Value>(text).is_ok(),
        Format::Glob => !text.is_empty() && !text.contains("**") && glob::Pattern::new(text).is_ok(),
    }
}

fn name_of(format: Format) -> &'static str {
    match format {
        Format::Uuid => "a UUID",
        Format::Ip => "an IP address",
        Format::Cidr => "an address range in CIDR notation",
        Format::Url => "an http or https URL",
        Format::Duration => "a duration such as 90s or 1h30m",
        Format::Timestamp => "an RFC 3339 timestamp",
        Format::Json => "a JSON document",
        Format::Glob => "a pattern such as web-*",
    }
}

fn display(value: &Literal) -> String {
    match value {
        Literal::Bool(boolean) => boolean.to_string(),
        Literal::Int(int) => int.to_string(),
        Literal::Number(number) => number.to_string(),
        Literal::String(text) => format!("{text:?}"),
        Literal::List(_) => "a list".to_owned(),
        Literal::Map(_) => "a table".to_owned(),
    }
}
