//! Whether two values are equivalent, by the keys `format` and `equal` of a declaration.
//!
//! A provider may keep the prior value if the new one only differs in spelling:
//! <https://github.com/hashicorp/terraform/blob/main/docs/resource-instance-change-lifecycle.md>.
//!
//! Tests: `crates/engine/tests/tables/equal.rs`.

use schema::{Attribute, Equal, Format, Scalar};
use value::Value;

/// Whether two values of this attribute are equivalent.
///
/// Null and unknown values are equivalent to themselves only.
pub fn is_equivalent(attribute: &Attribute, left: &Value, right: &Value) -> bool {
    if left == right {
        return true;
    }
    match (left, right) {
        (Value::List(left), Value::List(right)) if attribute.equal == Equal::Set => {
            is_same_set(attribute, left, right)
        }
        (Value::List(left), Value::List(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| is_equivalent(attribute, left, right))
        }
        (Value::Set(left), Value::Set(right)) => is_same_set(attribute, left, right),
        (Value::Map(left), Value::Map(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|((left_key, left), (right_key, right))| {
                        left_key == right_key && is_equivalent(attribute, left, right)
                    })
        }
        (Value::Object(_), Value::Object(_)) if attribute.r#type.scalar == Scalar::Object => attribute
            .attributes
            .iter()
            .all(|nested| is_equivalent(nested, left.get(&nested.name), right.get(&nested.name))),
        _ => left
            .expose()
            .zip(right.expose())
            .is_some_and(|(left, right)| is_equivalent_string(attribute, left, right)),
    }
}

/// Whether two collections are the same set: each element of one has an equivalent in the other. Order and number do not
/// matter.
fn is_same_set(attribute: &Attribute, left: &[Value], right: &[Value]) -> bool {
    let contains = |elements: &[Value], wanted: &Value| {
        elements
            .iter()
            .any(|element| is_equivalent(attribute, element, wanted))
    };
    left.iter().all(|element| contains(right, element)) && right.iter().all(|element| contains(left, element))
}

fn is_equivalent_string(attribute: &Attribute, left: &str, right: &str) -> bool {
    if attribute.equal == Equal::Scheme && without_scheme(left) == without_scheme(right) {
        return true;
    }
    let Some(format) = attribute.format else {
        return false;
    };
    match format {
        Format::Uuid => left.eq_ignore_ascii_case(right),
        Format::Ip => parse_equal::<std::net::IpAddr>(left, right),
        Format::Cidr => parse_equal::<ipnet::IpNet>(left, right),
        Format::Url => parse_equal::<url::Url>(left, right),
        Format::Timestamp => parse_equal::<jiff::Timestamp>(left, right),
        Format::Duration => is_some_equal(value::duration::parse(left), value::duration::parse(right)),
        Format::Json => is_some_equal(
            serde_json::from_str::<serde_json::Value>(left).ok(),
            serde_json::from_str::<serde_json::Value>(right).ok(),
        ),
        // Equal patterns were equal strings.
        Format::Glob => false,
    }
}

fn parse_equal<T: std::str::FromStr + PartialEq>(left: &str, right: &str) -> bool {
    is_some_equal(left.parse::<T>().ok(), right.parse::<T>().ok())
}

fn is_some_equal<T: PartialEq>(left: Option<T>, right: Option<T>) -> bool {
    left.zip(right).is_some_and(|(left, right)| left == right)
}

/// `https://ghcr.io/` → `ghcr.io`.
fn without_scheme(url: &str) -> &str {
    url.split_once("://")
        .map_or(url, |(_, rest)| rest)
        .trim_end_matches('/')
}

/// Returns a string in one spelling: two spellings of a UUID or an IP address are the same.
pub fn normal(attribute: &Attribute, value: &str) -> String {
    match attribute.format {
        Some(Format::Uuid) => value.to_ascii_lowercase(),
        Some(Format::Ip) => value
            .parse::<std::net::IpAddr>()
            .map_or_else(|_| value.to_owned(), |address| address.to_string()),
        _ => value.to_owned(),
    }
}
