//! Checks that a value conforms to a type.
//!
//! Tests: `crates/value/src/tests/codec.rs`.

use super::error::{ConformError, Mismatch};
use super::{Step, Type, Value};

impl Value {
    /// Checks that this value has exactly the shape of the type. Null and unknown values conform to every type.
    ///
    /// # Errors
    ///
    /// The first [`Mismatch`], with the path of the value that does not conform.
    pub fn conforms(&self, r#type: &Type) -> Result<(), ConformError> {
        conforms(self, r#type)
    }
}

fn conforms(value: &Value, r#type: &Type) -> Result<(), ConformError> {
    match (value, r#type) {
        (Value::Null | Value::Unknown, _)
        | (Value::Bool(_), Type::Bool)
        | (Value::Number(_), Type::Number)
        | (Value::String(_), Type::String)
        | (Value::Secret(_), Type::Secret) => Ok(()),
        (Value::List(elements), Type::List(element)) => each(elements, element),
        (Value::Set(elements), Type::Set(element)) => {
            each(elements, element).map_err(ConformError::within_set)
        }
        (Value::Map(entries), Type::Map(element)) => entries.iter().try_for_each(|(key, value)| {
            conforms(value, element).map_err(|error| error.within(Step::Key(key.clone())))
        }),
        (Value::Object(attributes), Type::Object(types)) => {
            let at = |name: &String| Step::Attribute(name.clone());
            for (name, r#type) in types {
                let value = attributes.get(name).ok_or(Mismatch::MissingAttribute);
                let result = value
                    .map_err(ConformError::from)
                    .and_then(|value| conforms(value, r#type));
                result.map_err(|error| error.within(at(name)))?;
            }
            match attributes.keys().find(|name| !types.contains_key(*name)) {
                Some(name) => Err(ConformError::from(Mismatch::UnexpectedAttribute).within(at(name))),
                None => Ok(()),
            }
        }
        _ => Err(Mismatch::Type {
            expected: r#type.noun(),
            found: value.noun(),
        }
        .into()),
    }
}

fn each(elements: &[Value], r#type: &Type) -> Result<(), ConformError> {
    elements.iter().enumerate().try_for_each(|(index, element)| {
        conforms(element, r#type).map_err(|error| error.within(Step::index(index)))
    })
}
