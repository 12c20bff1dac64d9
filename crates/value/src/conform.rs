//! Whether a value is one of a type.

use super::error::{ConformError, Misfit};
use super::{Step, Type, Value};

/// The most levels of a value or type: a hostile one must not exhaust the stack.
pub const MAX_DEPTH: usize = 48;

impl Value {
    /// Checks that this value has exactly the shape of the type. Null and unknown values are of every type.
    pub fn conforms(&self, r#type: &Type) -> Result<(), ConformError> {
        conforms(self, r#type, 0)
    }
}

/// The depth one level below, unless that is too deep.
pub(super) fn deeper(depth: usize) -> Result<usize, Misfit> {
    if depth < MAX_DEPTH {
        Ok(depth + 1)
    } else {
        Err(Misfit::TooDeep)
    }
}

fn conforms(value: &Value, r#type: &Type, depth: usize) -> Result<(), ConformError> {
    match (value, r#type) {
        (Value::Null | Value::Unknown, _)
        | (Value::Bool(_), Type::Bool)
        | (Value::Number(_), Type::Number)
        | (Value::String(_), Type::String)
        | (Value::Secret(_), Type::Secret) => Ok(()),
        (Value::List(elements), Type::List(element)) => {
            each(elements, std::iter::repeat(&**element), deeper(depth)?)
        }
        (Value::Set(elements), Type::Set(element)) => {
            each(elements, std::iter::repeat(&**element), deeper(depth)?).map_err(ConformError::within_set)
        }
        (Value::Tuple(elements), Type::Tuple(types)) if elements.len() == types.len() => {
            each(elements, types, deeper(depth)?)
        }
        (Value::Tuple(elements), Type::Tuple(types)) => Err(Misfit::Length {
            expected: types.len(),
            found: elements.len(),
        }
        .into()),
        (Value::Map(entries), Type::Map(element)) => {
            let depth = deeper(depth)?;
            entries.iter().try_for_each(|(key, value)| {
                conforms(value, element, depth).map_err(|error| error.within(Step::Key(key.clone())))
            })
        }
        (Value::Object(attributes), Type::Object(types)) => {
            let depth = deeper(depth)?;
            let at = |name: &String| Step::Attribute(name.clone());
            for (name, r#type) in types {
                let value = attributes.get(name).ok_or(Misfit::MissingAttribute);
                let result = value
                    .map_err(ConformError::from)
                    .and_then(|value| conforms(value, r#type, depth));
                result.map_err(|error| error.within(at(name)))?;
            }
            match attributes.keys().find(|name| !types.contains_key(*name)) {
                Some(name) => Err(ConformError::from(Misfit::UnexpectedAttribute).within(at(name))),
                None => Ok(()),
            }
        }
        (Value::Dynamic(typed), Type::Dynamic) => match &**typed {
            (Type::Dynamic, _) => Err(Misfit::DynamicType.into()),
            (r#type, value) => conforms(value, r#type, deeper(depth)?),
        },
        _ => Err(Misfit::Kind {
            expected: r#type.noun(),
            found: value.noun(),
        }
        .into()),
    }
}

fn each<'a>(
    elements: &[Value],
    types: impl IntoIterator<Item = &'a Type>,
    depth: usize,
) -> Result<(), ConformError> {
    elements
        .iter()
        .zip(types)
        .enumerate()
        .try_for_each(|(index, (element, r#type))| {
            conforms(element, r#type, depth).map_err(|error| error.within(Step::index(index)))
        })
}
