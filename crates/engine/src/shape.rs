//! The Terraform type of a declaration, and objects of it.
//!
//! Tests: `tests/protocol/lifecycle.rs`.

use std::collections::BTreeMap;

use schema::{Attribute, Collection, Literal, Scalar};
use value::{Number, Type, Value};

/// The type of an object that has these attributes.
pub fn object_type(attributes: &[Attribute]) -> Type {
    Type::Object(
        attributes
            .iter()
            .map(|attribute| (attribute.name.to_string(), attribute_type(attribute)))
            .collect(),
    )
}

/// The type of one attribute or block.
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

/// An object in which nothing is set: attributes are null, block collections empty (Terraform never has them null).
pub fn empty_object(attributes: &[Attribute]) -> Value {
    Value::Object(
        attributes
            .iter()
            .map(|attribute| (attribute.name.to_string(), absent(attribute)))
            .collect(),
    )
}

/// What stands for "not set" in an attribute or block.
pub fn absent(attribute: &Attribute) -> Value {
    if attribute.block {
        empty_collection(attribute).unwrap_or_default()
    } else {
        Value::Null
    }
}

/// The collection without elements; `None` where the attribute is none.
pub fn empty_collection(attribute: &Attribute) -> Option<Value> {
    Some(match attribute.r#type.collections.first()? {
        Collection::List => Value::List(Vec::new()),
        Collection::Set => Value::Set(Vec::new()),
        Collection::Map => Value::Map(BTreeMap::new()),
    })
}

/// The object with the declared default wherever it has null.
pub fn with_defaults(attributes: &[Attribute], object: Value) -> Value {
    let Value::Object(mut values) = object else {
        return object;
    };
    for attribute in attributes {
        if let Some(value) = values.get_mut(attribute.name.as_ref()) {
            *value = match (std::mem::take(value), &attribute.default) {
                (Value::Null, Some(default)) => literal(default, attribute),
                (value, _) => each_object(value, &|object| with_defaults(&attribute.attributes, object)),
            };
        }
    }
    Value::Object(values)
}

/// Alters every object that the value of a nested attribute or block holds.
fn each_object(value: Value, alter: &impl Fn(Value) -> Value) -> Value {
    match value {
        Value::Object(_) => alter(value),
        other => other.map_elements(|element| each_object(element, alter)),
    }
}

/// The value a declaration writes as its default.
pub fn literal(literal: &Literal, attribute: &Attribute) -> Value {
    sealed(attribute, literal_value(literal, &attribute.r#type.collections))
}

/// The value with its texts out of sight, where those of the attribute must not be seen.
fn sealed(attribute: &Attribute, value: Value) -> Value {
    match value {
        Value::String(text) if attribute.is_secret() => Value::secret(text),
        other => other.map_elements(|element| sealed(attribute, element)),
    }
}

/// A text of an attribute, out of sight where it must not be seen.
pub fn string_value(attribute: &Attribute, text: &str) -> Value {
    sealed(attribute, Value::string(text))
}

/// The value of a literal whose collections are of these kinds, from the outermost; lists, where nothing says otherwise.
pub fn literal_value(literal: &Literal, collections: &[Collection]) -> Value {
    match literal {
        Literal::Bool(bool) => Value::Bool(*bool),
        Literal::Int(int) => Value::Number(Number::from(*int)),
        Literal::Number(text) => Number::parse(text).map(Value::Number).unwrap_or_default(),
        Literal::String(text) => Value::string(text.as_ref()),
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
