//! An answer taken into a plan: what was unknown becomes known, and what was planned stays as planned.
//!
//! Tests: `crates/engine/tests/tables/fill.rs`.

use schema::{Attribute, Scalar};
use value::Value;

use crate::equal::same;

/// Whether a value was answered as it was planned, as far as the plan knew it.
pub fn matches_plan(attribute: &Attribute, planned: &Value, answered: &Value) -> bool {
    fill(attribute, planned, answered).1
}

/// A planned object, with its unknown parts as answered.
pub fn fill_object(attributes: &[Attribute], planned: &Value, answered: &Value) -> Value {
    let filled = attributes.iter().map(|attribute| {
        let (value, _) = fill(
            attribute,
            planned.get(&attribute.name),
            answered.get(&attribute.name),
        );
        (attribute.name.to_string(), value)
    });
    Value::Object(filled.collect())
}

/// A planned value, with its unknown parts as answered; and whether the rest was answered as planned.
pub fn fill(attribute: &Attribute, planned: &Value, answered: &Value) -> (Value, bool) {
    if planned.is_unknown() || same(attribute, planned, answered) {
        return (
            if planned.is_unknown() {
                answered.clone()
            } else {
                planned.clone()
            },
            true,
        );
    }
    let is_nested = attribute.r#type.scalar == Scalar::Object;
    match (planned, answered) {
        (Value::List(planned), Value::List(answered)) if planned.len() == answered.len() => {
            let filled = planned
                .iter()
                .zip(answered)
                .map(|(planned, answered)| fill(attribute, planned, answered));
            let (elements, fits): (Vec<Value>, Vec<bool>) = filled.unzip();
            (Value::List(elements), fits.into_iter().all(|fits| fits))
        }
        (Value::Object(planned), Value::Object(_)) if is_nested => {
            let mut fits_all = true;
            let mut object = planned.clone();
            for nested in attribute.attributes.iter() {
                let planned = planned.get(nested.name.as_ref()).cloned().unwrap_or_default();
                let (value, fits) = fill(nested, &planned, answered.get(&nested.name));
                object.insert(nested.name.to_string(), value);
                fits_all &= fits;
            }
            (Value::Object(object), fits_all)
        }
        // Elements of a set cannot be told apart, so one with unknown parts is taken as answered.
        (Value::Set(planned), Value::Set(answered)) if !planned.iter().all(Value::is_wholly_known) => {
            (Value::Set(answered.clone()), planned.len() >= answered.len())
        }
        _ => (planned.clone(), false),
    }
}
