//! The objects that this process has planned, for checks of other plans: a planned value counts more than that of the account.
//!
//! Tests: `crates/engine/tests/tables/preflight.rs`.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use schema::{Attribute, Resource};
use value::{Value, msgpack};

use crate::equal::normal;
use crate::shape;

/// Length in bytes from which a string is not kept: no other plan depends on a template.
const MAX_STRING: usize = 1024;

/// Attribute → fingerprint of the value that a plan gives it, `None` if that is only known after apply. See [`crate::follow`].
pub type PlannedValues = BTreeMap<String, Option<String>>;

/// Objects by resource.
#[derive(Default)]
pub struct PlannedObjects {
    by_resource: HashMap<String, Planned>,
    /// Resource and name → what a plan changes in the object that has the name before it.
    values: HashMap<(String, String), PlannedValues>,
}

/// The objects of one resource.
#[derive(Default)]
struct Planned {
    /// As `MessagePack`: thousands of them take less memory so.
    objects: Vec<Box<[u8]>>,
    /// Attribute and [`normal`] value → positions in `objects`.
    index: HashMap<(String, String), Vec<usize>>,
    /// The identities of the objects that plans destroy.
    destroyed: BTreeSet<String>,
    /// The identities of the objects in `objects`, as far as they are known.
    identities: BTreeSet<String>,
}

impl PlannedObjects {
    /// Adds a planned object, and returns its position among those of its resource. `None` if it cannot be encoded.
    pub fn add(&mut self, resource: &Resource, object: &Value) -> Option<usize> {
        let short = without_long_strings(object.clone());
        let encoded = msgpack::encode(&short, &shape::object_type(&resource.attributes)).ok()?;
        let planned = self.by_resource.entry(resource.name.to_string()).or_default();
        let position = planned.objects.len();
        planned.objects.push(encoded.into());
        planned.identities.extend(own_identity(resource, object));
        let strings = resource.attributes.iter().filter_map(|attribute| {
            let value = short.get(&attribute.name).as_str()?;
            Some((attribute.name.to_string(), normal(attribute, value)))
        });
        for key in strings {
            planned.index.entry(key).or_default().push(position);
        }
        Some(position)
    }

    /// Records the values that a plan gives the object with a name. An object that has the name already counts more than a new one.
    pub fn note_values(&mut self, resource: &str, name: &str, values: PlannedValues, is_new: bool) {
        let key = (resource.to_owned(), name.to_owned());
        if is_new {
            self.values.entry(key).or_insert(values);
        } else {
            self.values.insert(key, values);
        }
    }

    /// Returns the values that plans give the object with a name.
    pub fn values(&self, resource: &str, name: &str) -> PlannedValues {
        let key = (resource.to_owned(), name.to_owned());
        self.values.get(&key).cloned().unwrap_or_default()
    }

    /// Records that a plan destroys the object with this identity.
    pub fn add_destroyed(&mut self, resource: &Resource, key: String) {
        let planned = self.by_resource.entry(resource.name.to_string()).or_default();
        planned.destroyed.insert(key);
    }

    /// Whether a plan destroys the object with this identity.
    pub fn is_destroyed(&self, resource: &Resource, key: &str) -> bool {
        let planned = self.by_resource.get(resource.name.as_ref());
        planned.is_some_and(|planned| planned.destroyed.contains(key))
    }

    /// Whether there is an object with this identity.
    pub fn has(&self, resource: &Resource, identity: &str) -> bool {
        let planned = self.by_resource.get(resource.name.as_ref());
        planned.is_some_and(|planned| planned.identities.contains(identity))
    }

    /// Returns the objects in which an attribute has this value, each with its position.
    pub fn find(&self, resource: &Resource, attribute: &Attribute, value: &str) -> Vec<(usize, Value)> {
        let Some(planned) = self.by_resource.get(resource.name.as_ref()) else {
            return Vec::new();
        };
        let key = (attribute.name.to_string(), normal(attribute, value));
        let positions = planned.index.get(&key).into_iter().flatten();
        let found = positions.filter_map(|position| Some((*position, planned.object(resource, *position)?)));
        found.collect()
    }

    /// Returns all objects of a resource, in the order of their plans, each with its position.
    pub fn all(&self, resource: &Resource) -> Vec<(usize, Value)> {
        let Some(planned) = self.by_resource.get(resource.name.as_ref()) else {
            return Vec::new();
        };
        let positions = 0..planned.objects.len();
        positions
            .filter_map(|position| Some((position, planned.object(resource, position)?)))
            .collect()
    }
}

impl Planned {
    fn object(&self, resource: &Resource, position: usize) -> Option<Value> {
        let r#type = shape::object_type(&resource.attributes);
        msgpack::decode(self.objects.get(position)?, &r#type).ok()
    }
}

/// The identity of an object, in one spelling; `None` if it has none yet.
pub fn own_identity(resource: &Resource, object: &Value) -> Option<String> {
    identity_of(resource, |attribute| {
        object.get(&attribute.name).as_str().map(str::to_owned)
    })
}

/// The values that identify an object, in one spelling: also of a data source, whose objects no import ID identifies.
pub fn identity_of(
    declaration: &Resource,
    value_of: impl Fn(&Attribute) -> Option<String>,
) -> Option<String> {
    let identity = declaration.identity()?;
    Some(normal(identity, &value_of(identity)?))
}

fn without_long_strings(value: Value) -> Value {
    match value {
        Value::String(string) if string.len() >= MAX_STRING => Value::Unknown,
        Value::Secret(_) => Value::Unknown,
        Value::Object(attributes) => Value::Object(
            attributes
                .into_iter()
                .map(|(name, value)| (name, without_long_strings(value)))
                .collect(),
        ),
        other => other.map_elements(without_long_strings),
    }
}
