//! Bodies of responses with every attribute, and the objects that the engine reads from them.

use engine::diagnostic::Diagnostics;
use engine::{shape, wire};
use schema::{Attribute, Collection, Resource, Scalar};
use serde_json::{Value as Json, json};
use value::{Path, Value};

/// The object of a resource that the engine reads from a response with every attribute.
pub(crate) fn object(resource: &Resource) -> Value {
    let attributes = &resource.attributes;
    let (body, known) = (response_body(attributes), shape::empty_object(attributes));
    wire::from_response(
        attributes,
        &body,
        &known,
        &Path::root(),
        &mut Diagnostics::default(),
    )
    .0
}

/// The body of a response with every attribute.
pub(crate) fn response_body(attributes: &[Attribute]) -> Json {
    let mut body = json!({});
    for attribute in attributes {
        if let Some(pointer) = attribute.wire.read.first() {
            set(&mut body, pointer, &json_value(attribute));
        }
    }
    body
}

fn json_value(attribute: &Attribute) -> Json {
    let scalar = match attribute.r#type.scalar {
        Scalar::Bool => json!(true),
        Scalar::Int => json!(24),
        Scalar::Number => json!(1.5),
        Scalar::String => json!("10.0.0.0/24"),
        Scalar::Object => response_body(&attribute.attributes),
    };
    let collections = attribute.r#type.collections.iter().rev();
    collections.fold(scalar, |inner, collection| match collection {
        Collection::List | Collection::Set => json!([inner]),
        Collection::Map => json!({ "key": inner }),
    })
}

/// Sets the value at a pointer, such as `a.b[].c`.
fn set(body: &mut Json, pointer: &str, value: &Json) {
    let Some(object) = body.as_object_mut() else {
        return;
    };
    let (step, rest) = pointer
        .split_once('.')
        .map_or((pointer, None), |(step, rest)| (step, Some(rest)));
    match (step.strip_suffix("[]"), rest) {
        (Some(key), Some(rest)) => {
            let elements = object.entry(key).or_insert_with(|| json!([{}]));
            let value = value.get(0).unwrap_or(value);
            for element in elements.as_array_mut().into_iter().flatten() {
                set(element, rest, value);
            }
        }
        (None, Some(rest)) => set(object.entry(step).or_insert_with(|| json!({})), rest, value),
        _ => {
            object.insert(step.to_owned(), value.clone());
        }
    }
}
