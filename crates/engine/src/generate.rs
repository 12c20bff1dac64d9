//! `GenerateResourceConfig`: the configuration of an object that exists.
//!
//! Terraform writes it for an import; `adopt` writes it for a whole account. A plan of the object with it changes nothing.
//!
//! Tests: `crates/engine/tests/tables/generate.rs`, `tests/protocol/generated.rs`.

use schema::{Attribute, Mode, Resource};
use value::Value;

use crate::{rules, shape};

/// Returns the configuration of an object: each argument that is needed for it, and null for the others. For null, nothing is set.
///
/// It has no computed value, no value that is the default, and no secret: an object that exists keeps its secrets if they are omitted.
pub fn config(resource: &Resource, object: &Value) -> Value {
    config_of(&resource.attributes, object)
}

fn config_of(attributes: &[Attribute], object: &Value) -> Value {
    let values = attributes.iter().map(|attribute| {
        let value = argument(attribute, object.get(&attribute.name));
        (attribute.name.to_string(), value)
    });
    Value::Object(values.collect())
}

fn argument(attribute: &Attribute, value: &Value) -> Value {
    let unset = shape::unset_value(attribute);
    if value.is_null() || value.is_unknown() || !attribute.mode.is_settable() || attribute.is_secret() {
        return unset;
    }
    // In another spelling, it would be planned as a change.
    let default = attribute.default.as_ref();
    let default = default.map(|default| shape::default_value(default, attribute));
    if default.as_ref() == Some(value) {
        return unset;
    }
    // Without a configured value, the object keeps the one it has.
    let is_kept = attribute.mode == Mode::OptionalComputed && default.is_none();
    if is_kept && (attribute.deprecated.is_some() || !rules::is_valid(attribute, value)) {
        return unset;
    }
    nested(attribute, value)
}

/// Replaces the nested objects of a value by their configuration.
fn nested(attribute: &Attribute, value: &Value) -> Value {
    match value {
        Value::Object(_) => config_of(&attribute.attributes, value),
        other => other.clone().map_elements(|element| nested(attribute, &element)),
    }
}
