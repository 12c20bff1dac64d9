//! Converts a configuration from JSON to the value that Terraform sends to a provider.

use std::collections::BTreeMap;

use schema::Mode;
use serde_json::Value as Json;
use value::{Number, Path, Type, Value};

use super::fault::Faults;
use super::json::UNKNOWN;
use super::schema::{Attribute, Block, Kind, NestedBlock, Nesting, Object};
use crate::secrets::{self, Logs};

/// Reads a configuration in the form of [`to_json`](super::json::to_json). Omitted arguments are null, omitted blocks are
/// absent.
///
/// # Errors
/// If Terraform itself would reject the configuration: an unknown name, a wrong type, or a missing required argument.
pub fn read(schema: &Block, json: &Json) -> Result<Value, Vec<String>> {
    register_secrets(&schema.attributes, json);
    let mut faults = Faults::default();
    let value = block(schema, json, &Path::root(), &mut faults);
    if faults.is_empty() {
        Ok(value)
    } else {
        Err(faults.into_vec())
    }
}

/// Registers the secrets of this configuration, so that all output and logs are searched for them.
fn register_secrets(attributes: &BTreeMap<String, Attribute>, json: &Json) {
    for (name, attribute) in attributes {
        let Some(value) = json.get(name).filter(|value| *value != UNKNOWN) else {
            continue;
        };
        if attribute.sensitive || attribute.write_only {
            Logs::watched().secrets().register(secrets::Kind::Secret, value);
        }
        if let Kind::Nested(object) = &attribute.kind {
            let elements = value
                .as_array()
                .map_or(std::slice::from_ref(value), Vec::as_slice);
            for element in elements {
                register_secrets(&object.attributes, element);
            }
        }
    }
}

fn block(schema: &Block, json: &Json, path: &Path, faults: &mut Faults) -> Value {
    let Json::Object(entries) = json else {
        faults.add(path, "an object is required");
        return Value::Null;
    };
    for name in entries.keys() {
        if !schema.attributes.contains_key(name) && !schema.blocks.contains_key(name) {
            faults.add(
                &path.attribute(name),
                "An argument or block of this name is not expected here",
            );
        }
    }
    let mut object = attributes(&schema.attributes, entries, path, faults);
    for (name, nested) in &schema.blocks {
        let path = path.attribute(name);
        let value = entries
            .get(name)
            .map_or_else(|| nested.absent(), |json| blocks(nested, json, &path, faults));
        let count = i64::try_from(value.elements().len()).unwrap_or(i64::MAX);
        let is_collection = matches!(nested.nesting, Nesting::List | Nesting::Set);
        if is_collection && !value.is_unknown() && count < nested.min {
            faults.add(
                &path,
                format!("Insufficient {name} blocks: at least {} required", nested.min),
            );
        }
        if is_collection && nested.max > 0 && count > nested.max {
            faults.add(
                &path,
                format!("Too many {name} blocks: no more than {} allowed", nested.max),
            );
        }
        object.insert(name.clone(), value);
    }
    Value::Object(object)
}

fn blocks(nested: &NestedBlock, json: &Json, path: &Path, faults: &mut Faults) -> Value {
    if *json == UNKNOWN {
        return Value::Unknown;
    }
    if json.is_null() {
        return nested.absent();
    }
    objects(nested.nesting, json, path, faults, |json, path, faults| {
        block(&nested.block, json, path, faults)
    })
}

fn objects(
    nesting: Nesting,
    json: &Json,
    path: &Path,
    faults: &mut Faults,
    mut read: impl FnMut(&Json, &Path, &mut Faults) -> Value,
) -> Value {
    match (nesting, json) {
        (Nesting::Single | Nesting::Group, _) => read(json, path, faults),
        (Nesting::List, Json::Array(elements)) => Value::List(
            elements
                .iter()
                .enumerate()
                .map(|(index, json)| read(json, &path.index(index), faults))
                .collect(),
        ),
        (Nesting::Set, Json::Array(elements)) => {
            Value::set(elements.iter().map(|json| read(json, path, faults)).collect())
        }
        (Nesting::Map, Json::Object(entries)) => {
            let entries = entries
                .iter()
                .map(|(key, json)| (key.clone(), read(json, &path.key(key), faults)));
            Value::map(entries.collect::<Vec<_>>())
        }
        _ => {
            faults.add(path, "a collection of another kind is required");
            Value::Null
        }
    }
}

fn attributes(
    schema: &BTreeMap<String, Attribute>,
    entries: &serde_json::Map<String, Json>,
    path: &Path,
    faults: &mut Faults,
) -> BTreeMap<String, Value> {
    let read = schema.iter().map(|(name, attribute)| {
        let path = path.attribute(name);
        let value = match (&attribute.kind, entries.get(name).unwrap_or(&Json::Null)) {
            (_, Json::Null) => Value::Null,
            (_, json) if *json == UNKNOWN => Value::Unknown,
            (Kind::Plain(r#type), json) => plain(r#type, json, &path, faults),
            (Kind::Nested(object), json) => {
                objects(object.nesting, json, &path, faults, |json, path, faults| {
                    nested_object(object, json, path, faults)
                })
            }
        };
        if attribute.mode == Mode::Required && value.is_null() {
            faults.add(&path, "The argument is required, but no definition was found");
        }
        (name.clone(), value)
    });
    read.collect()
}

fn nested_object(schema: &Object, json: &Json, path: &Path, faults: &mut Faults) -> Value {
    match json {
        Json::Null => Value::Null,
        json if *json == UNKNOWN => Value::Unknown,
        Json::Object(entries) => {
            for name in entries
                .keys()
                .filter(|name| !schema.attributes.contains_key(*name))
            {
                faults.add(
                    &path.attribute(name),
                    "An argument of this name is not expected here",
                );
            }
            Value::Object(attributes(&schema.attributes, entries, path, faults))
        }
        _ => {
            faults.add(path, "an object is required");
            Value::Null
        }
    }
}

fn plain(r#type: &Type, json: &Json, path: &Path, faults: &mut Faults) -> Value {
    if *json == UNKNOWN {
        return Value::Unknown;
    }
    let mut elements = |r#type: &Type, elements: &[Json]| -> Vec<Value> {
        elements
            .iter()
            .enumerate()
            .map(|(index, json)| plain(r#type, json, &path.index(index), faults))
            .collect()
    };
    match (r#type, json) {
        (_, Json::Null) => Value::Null,
        (Type::Bool, Json::Bool(bool)) => Value::Bool(*bool),
        (Type::Number, Json::Number(number)) => {
            Number::from_json(number).map(Value::Number).unwrap_or_default()
        }
        (Type::String, Json::String(text)) => Value::string(text.as_str()),
        (Type::String, Json::Number(_) | Json::Bool(_)) => Value::string(json.to_string()),
        (Type::List(element), Json::Array(array)) => Value::List(elements(element, array)),
        (Type::Set(element), Json::Array(array)) => Value::set(elements(element, array)),
        (Type::Map(element), Json::Object(entries)) => {
            let entries = entries
                .iter()
                .map(|(key, json)| (key.clone(), plain(element, json, &path.key(key), faults)));
            Value::map(entries.collect::<Vec<_>>())
        }
        (Type::Object(types), Json::Object(entries)) => {
            let null = Json::Null;
            let attributes = types.iter().map(|(name, r#type)| {
                let json = entries.get(name).unwrap_or(&null);
                (name.clone(), plain(r#type, json, &path.attribute(name), faults))
            });
            Value::Object(attributes.collect())
        }
        _ => {
            faults.add(path, format!("{type} required"));
            Value::Null
        }
    }
}
