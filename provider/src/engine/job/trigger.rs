//! What a run was started for: the values of the attributes that force a new object.

use std::collections::BTreeMap;

use schema::{Attribute, Equal, Mode, Resource};
use serde_json::Value as Json;

use crate::engine::private::Run;
use crate::engine::wire::to_json;
use crate::value::Value;

/// The values that force a new object.
pub fn trigger(resource: &Resource, object: &Value) -> Json {
    let values: BTreeMap<String, Value> = forcing(resource)
        .map(|attribute| {
            let value = object.get(&attribute.name).clone();
            let value = match (attribute.equal, value) {
                (Equal::Set, Value::List(elements)) => Value::set(elements),
                (_, value) => value,
            };
            (attribute.name.to_string(), value)
        })
        .collect();
    to_json(&Value::Object(values))
}

/// Whether a run was started for what is wanted now. What the configuration leaves open does not count: a change outside
/// is no reason for another run.
pub fn is_for(run: &Run, wanted: &Json, resource: &Resource, config: &Value) -> bool {
    forcing(resource)
        .filter(|attribute| {
            attribute.mode != Mode::OptionalComputed || !config.get(&attribute.name).is_null()
        })
        .all(|attribute| {
            let name = attribute.name.as_ref();
            run.trigger
                .get(name)
                .is_some_and(|value| wanted.get(name) == Some(value))
        })
}

fn forcing(resource: &Resource) -> impl Iterator<Item = &Attribute> {
    resource.attributes.iter().filter(|attribute| attribute.force_new)
}
