//! Merges a response into a plan: unknown values become known, and planned values stay as planned.
//!
//! Terraform rejects a result of an apply that differs from a known planned value:
//! <https://github.com/hashicorp/terraform/blob/main/docs/resource-instance-change-lifecycle.md>.
//!
//! Tests: `crates/engine/tests/tables/fill.rs`.

use schema::{Attribute, Scalar};
use value::Value;

use crate::equal::is_equivalent;

/// Whether a returned value matches the planned one, as far as that was known.
pub fn matches_plan(attribute: &Attribute, planned: &Value, returned: &Value) -> bool {
    fill(attribute, planned, returned).1
}

/// Returns the planned object with its unknown parts replaced by the returned ones.
pub fn fill_object(attributes: &[Attribute], planned: &Value, returned: &Value) -> Value {
    let filled = attributes.iter().map(|attribute| {
        let (value, _) = fill(
            attribute,
            planned.get(&attribute.name),
            returned.get(&attribute.name),
        );
        (attribute.name.to_string(), value)
    });
    Value::Object(filled.collect())
}

/// Returns the planned value with its unknown parts replaced by the returned ones, and whether the known parts were
/// returned as planned.
pub fn fill(attribute: &Attribute, planned: &Value, returned: &Value) -> (Value, bool) {
    if planned.is_unknown() || is_equivalent(attribute, planned, returned) {
        return (
            if planned.is_unknown() {
                returned.clone()
            } else {
                planned.clone()
            },
            true,
        );
    }
    let is_nested = attribute.r#type.scalar == Scalar::Object;
    match (planned, returned) {
        (Value::List(planned), Value::List(returned)) if planned.len() == returned.len() => {
            let filled = planned
                .iter()
                .zip(returned)
                .map(|(planned, returned)| fill(attribute, planned, returned));
            let (elements, matches): (Vec<Value>, Vec<bool>) = filled.unzip();
            (Value::List(elements), matches.into_iter().all(|matches| matches))
        }
        (Value::Map(planned), Value::Map(returned)) if planned.keys().eq(returned.keys()) => {
            let mut matches_all = true;
            let filled = planned
                .iter()
                .zip(returned.values())
                .map(|((key, planned), returned)| {
                    let (value, matches) = fill(attribute, planned, returned);
                    matches_all &= matches;
                    (key.clone(), value)
                });
            (Value::Map(filled.collect()), matches_all)
        }
        (Value::Object(planned), Value::Object(_)) if is_nested => {
            let mut all_match = true;
            let mut object = planned.clone();
            for nested in attribute.attributes.iter() {
                let planned = planned.get(nested.name.as_ref()).cloned().unwrap_or_default();
                let (value, matches) = fill(nested, &planned, returned.get(&nested.name));
                object.insert(nested.name.to_string(), value);
                all_match &= matches;
            }
            (Value::Object(object), all_match)
        }
        // Elements of a set have no identity, so a set with unknown parts becomes the returned set.
        (Value::Set(planned), Value::Set(returned)) if !planned.iter().all(Value::is_wholly_known) => {
            (Value::Set(returned.clone()), planned.len() >= returned.len())
        }
        _ => (planned.clone(), false),
    }
}
