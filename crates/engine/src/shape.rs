//! The Terraform type of a declaration, and basic values of that type.
//!
//! Tests: `tests/protocol/lifecycle.rs`.

use std::collections::BTreeMap;

use schema::{Attribute, Collection, Literal, Scalar};
use value::{Number, Type, Value};

/// Returns the type of an object with these attributes.
pub fn object_type(attributes: &[Attribute]) -> Type {
    Type::Object(
        attributes
            .iter()
            .map(|attribute| (attribute.name.to_string(), attribute_type(attribute)))
            .collect(),
    )
}

/// Returns the type of one attribute or block.
pub fn attribute_type(attribute: &Attribute) -> Type {
    let scalar = match attribute.r#type.scalar {
        Scalar::Bool => Type::Bool,
        Scalar::Int | Scalar::Number => Type::Number,
        Scalar::String if attribute.is_secret() => Type::Secret,
        Scalar::String => Type::String,
        Scalar::Object => object_type(&attribute.attributes),
    };
    attribute
        .r#type
        .collections
        .iter()
        .rev()
        .fold(scalar, |inner, collection| {
            let inner = Box::new(inner);
            match collection {
                Collection::List => Type::List(inner),
                Collection::Set => Type::Set(inner),
                Collection::Map => Type::Map(inner),
            }
        })
}

/// Returns an object in which nothing is set: attributes are null, block collections empty.
///
/// Terraform never sends null for a block collection:
/// <https://github.com/hashicorp/terraform/blob/main/docs/plugin-protocol/object-wire-format.md>.
pub fn empty_object(attributes: &[Attribute]) -> Value {
    Value::Object(
        attributes
            .iter()
            .map(|attribute| (attribute.name.to_string(), unset_value(attribute)))
            .collect(),
    )
}

/// Returns the value of an attribute or block that is not set.
pub fn unset_value(attribute: &Attribute) -> Value {
    if attribute.block {
        empty_collection(attribute).unwrap_or_default()
    } else {
        Value::Null
    }
}

/// Returns an empty collection of the attribute's type; `None` if it is not a collection.
pub fn empty_collection(attribute: &Attribute) -> Option<Value> {
    Some(match attribute.r#type.collections.first()? {
        Collection::List => Value::List(Vec::new()),
        Collection::Set => Value::Set(Vec::new()),
        Collection::Map => Value::Map(BTreeMap::new()),
    })
}

/// Returns the object with each null replaced by the declared default.
pub fn with_defaults(attributes: &[Attribute], object: Value) -> Value {
    let Value::Object(mut values) = object else {
        return object;
    };
    for attribute in attributes {
        if let Some(value) = values.get_mut(attribute.name.as_ref()) {
            *value = match (std::mem::take(value), &attribute.default) {
                (Value::Null, Some(default)) => default_value(default, attribute),
                (value, _) => map_objects(value, &|object| with_defaults(&attribute.attributes, object)),
            };
        }
    }
    Value::Object(values)
}

/// Applies `change` to each object in the value of a nested attribute or block.
fn map_objects(value: Value, change: &impl Fn(Value) -> Value) -> Value {
    match value {
        Value::Object(_) => change(value),
        other => other.map_elements(|element| map_objects(element, change)),
    }
}

/// Returns the value of a declared default.
pub fn default_value(literal: &Literal, attribute: &Attribute) -> Value {
    mark_secrets(attribute, literal_value(literal, &attribute.r#type.collections))
}

/// Turns the strings in a value into secrets if the attribute is sensitive.
fn mark_secrets(attribute: &Attribute, value: Value) -> Value {
    match value {
        Value::String(string) if attribute.is_secret() => Value::secret(string),
        other => other.map_elements(|element| mark_secrets(attribute, element)),
    }
}

/// Returns a string as a value of the attribute: a secret if the attribute is sensitive.
pub fn string_value(attribute: &Attribute, string: &str) -> Value {
    mark_secrets(attribute, Value::string(string))
}

/// Returns the value of a literal. `collections` are its collection types, from the outermost; any further one is a
/// list.
pub fn literal_value(literal: &Literal, collections: &[Collection]) -> Value {
    match literal {
        Literal::Bool(bool) => Value::Bool(*bool),
        Literal::Int(int) => Value::Number(Number::from(*int)),
        Literal::Number(digits) => Number::parse(digits).map(Value::Number).unwrap_or_default(),
        Literal::String(string) => Value::string(string.as_ref()),
        Literal::List(elements) => {
            let inner = collections.get(1..).unwrap_or_default();
            let elements = elements
                .iter()
                .map(|element| literal_value(element, inner))
                .collect();
            if collections.first() == Some(&Collection::Set) {
                Value::set(elements)
            } else {
                Value::List(elements)
            }
        }
        Literal::Map(entries) => {
            let inner = collections.get(1..).unwrap_or_default();
            Value::Map(
                entries
                    .iter()
                    .map(|(key, value)| (key.to_string(), literal_value(value, inner)))
                    .collect(),
            )
        }
    }
}
