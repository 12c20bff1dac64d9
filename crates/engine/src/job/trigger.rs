//! The trigger of a run: the values, at its start, of the attributes that force a new object.

use std::collections::BTreeMap;

use schema::{Attribute, Equal, Mode, Resource};
use serde_json::Value as Json;
use value::Value;

use crate::wire::to_json;

/// Returns the values of the attributes that force a new object, as a JSON object.
pub fn trigger(resource: &Resource, object: &Value) -> Json {
    let values: BTreeMap<String, Value> = force_new_attributes(resource)
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

/// Whether a run with the trigger `started_for` was started for the current configuration.
///
/// Attributes that the configuration omits do not count: drift of such a value must not start another run. A null
/// trigger is unknown, and never current.
pub fn is_current(started_for: &Json, resource: &Resource, object: &Value, config: &Value) -> bool {
    let current = trigger(resource, object);
    !started_for.is_null()
        && force_new_attributes(resource)
            .filter(|attribute| {
                attribute.mode != Mode::OptionalComputed || !config.get(&attribute.name).is_null()
            })
            .all(|attribute| value(started_for, attribute) == value(&current, attribute))
}

fn force_new_attributes(resource: &Resource) -> impl Iterator<Item = &Attribute> {
    resource.attributes.iter().filter(|attribute| attribute.force_new)
}

/// The value of an attribute; null if an older version of the provider did not store it.
fn value<'a>(trigger: &'a Json, attribute: &Attribute) -> &'a Json {
    trigger.get(attribute.name.as_ref()).unwrap_or(&Json::Null)
}
