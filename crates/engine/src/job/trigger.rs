//! What a run was started for: the values of the attributes that force a new object.

use std::collections::BTreeMap;

use schema::{Attribute, Equal, Mode, Resource};
use serde_json::Value as Json;
use value::Value;

use crate::wire::to_json;

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

/// Whether a run that was started for `started` is for what is wanted. What the configuration leaves open does not count:
/// a change outside is no reason for another run.
pub fn fits(started: &Json, resource: &Resource, object: &Value, config: &Value) -> bool {
    let wanted = trigger(resource, object);
    !started.is_null()
        && forcing(resource)
            .filter(|attribute| {
                attribute.mode != Mode::OptionalComputed || !config.get(&attribute.name).is_null()
            })
            .all(|attribute| value(started, attribute) == value(&wanted, attribute))
}

fn forcing(resource: &Resource) -> impl Iterator<Item = &Attribute> {
    resource.attributes.iter().filter(|attribute| attribute.force_new)
}

/// The value of an attribute; null where an older version of the provider did not have it.
fn value<'a>(trigger: &'a Json, attribute: &Attribute) -> &'a Json {
    trigger.get(attribute.name.as_ref()).unwrap_or(&Json::Null)
}
