//! When two values mean the same: what a declaration says with `format` and `equal`.
//!
//! Tests: `crates/engine/tests/tables/equal.rs`.

use schema::{Attribute, Equal, Format, Scalar};
use value::Value;

/// Whether the two values of this attribute mean the same, both being known.
///
/// A value and null never do, nor do unknown ones: they are only equal to themselves.
pub fn same(attribute: &Attribute, left: &Value, right: &Value) -> bool {
    if left == right {
        return true;
    }
    match (left, right) {
        (Value::List(left), Value::List(right)) if attribute.equal == Equal::Set => {
            same_elements(attribute, left, right)
        }
        (Value::List(left), Value::List(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| same(attribute, left, right))
        }
        (Value::Set(left), Value::Set(right)) => same_elements(attribute, left, right),
        (Value::Map(left), Value::Map(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|((left_key, left), (right_key, right))| {
                        left_key == right_key && same(attribute, left, right)
                    })
        }
        (Value::Object(_), Value::Object(_)) if attribute.r#type.scalar == Scalar::Object => attribute
            .attributes
            .iter()
            .all(|nested| same(nested, left.get(&nested.name), right.get(&nested.name))),
        _ => left
            .expose()
            .zip(right.expose())
            .is_some_and(|(left, right)| same_text(attribute, left, right)),
    }
}

/// Whether two collections hold the same elements, each as often, in any order.
fn same_elements(attribute: &Attribute, left: &[Value], right: &[Value]) -> bool {
    let mut rest: Vec<&Value> = right.iter().collect();
    left.len() == right.len()
        && left.iter().all(|element| {
            let found = rest
                .iter()
                .position(|candidate| same(attribute, element, candidate));
            found.map(|position| rest.swap_remove(position)).is_some()
        })
}

fn same_text(attribute: &Attribute, left: &str, right: &str) -> bool {
    if attribute.equal == Equal::Scheme && without_scheme(left) == without_scheme(right) {
        return true;
    }
    let Some(format) = attribute.format else {
        return false;
    };
    match format {
        Format::Uuid => left.eq_ignore_ascii_case(right),
        Format::Ip => parsed::<std::net::IpAddr>(left, right),
        Format::Cidr => parsed::<ipnet::IpNet>(left, right),
        Format::Url => parsed::<url::Url>(left, right),
        Format::Timestamp => parsed::<jiff::Timestamp>(left, right),
        Format::Duration => both(value::duration::parse(left), value::duration::parse(right)),
        Format::Json => both(
            serde_json::from_str::<serde_json::Value>(left).ok(),
            serde_json::from_str::<serde_json::Value>(right).ok(),
        ),
    }
}

fn parsed<T: std::str::FromStr + PartialEq>(left: &str, right: &str) -> bool {
    both(left.parse::<T>().ok(), right.parse::<T>().ok())
}

fn both<T: PartialEq>(left: Option<T>, right: Option<T>) -> bool {
    left.zip(right).is_some_and(|(left, right)| left == right)
}

/// `https://ghcr.io/` → `ghcr.io`.
fn without_scheme(url: &str) -> &str {
    url.split_once("://")
        .map_or(url, |(_, rest)| rest)
        .trim_end_matches('/')
}
