//! Answers of the control plane that have every field, and the objects that they give.

use engine::diagnostic::Diagnostics;
use engine::{shape, wire};
use schema::{Attribute, Collection, Resource, Scalar};
use serde_json::{Value as Json, json};
use value::{Path, Value};

/// An object of a resource, as the control plane's answer gives it.
pub(crate) fn sample_object(resource: &Resource) -> Value {
    let attributes = &resource.attributes;
    let (answer, known) = (sample(attributes), shape::empty_object(attributes));
    wire::from_response(
        attributes,
        &answer,
        &known,
        &Path::root(),
        &mut Diagnostics::default(),
    )
    .0
}

/// An answer that has every field that these attributes read.
pub(crate) fn sample(attributes: &[Attribute]) -> Json {
    let mut answer = json!({});
    for attribute in attributes {
        if let Some(pointer) = attribute.wire.read.first() {
            put(&mut answer, pointer, &field(attribute));
        }
    }
    answer
}

fn field(attribute: &Attribute) -> Json {
    let scalar = match attribute.r#type.scalar {
        Scalar::Bool => json!(true),
        Scalar::Int => json!(24),
        Scalar::Number => json!(1.5),
        Scalar::String => json!("10.0.0.0/24"),
        Scalar::Object => sample(&attribute.attributes),
    };
    let collections = attribute.r#type.collections.iter().rev();
    collections.fold(scalar, |inner, collection| match collection {
        Collection::List | Collection::Set => json!([inner]),
        Collection::Map => json!({ "key": inner }),
    })
}

/// Puts a field to where a pointer finds it.
fn put(answer: &mut Json, pointer: &str, field: &Json) {
    let Some(object) = answer.as_object_mut() else {
        return;
    };
    let (step, rest) = pointer
        .split_once('.')
        .map_or((pointer, None), |(step, rest)| (step, Some(rest)));
    match (step.strip_suffix("[]"), rest) {
        (Some(key), Some(rest)) => {
            let elements = object.entry(key).or_insert_with(|| json!([{}]));
            let field = field.get(0).unwrap_or(field);
            for element in elements.as_array_mut().into_iter().flatten() {
                put(element, rest, field);
            }
        }
        (None, Some(rest)) => put(object.entry(step).or_insert_with(|| json!({})), rest, field),
        _ => {
            object.insert(step.to_owned(), field.clone());
        }
    }
}
