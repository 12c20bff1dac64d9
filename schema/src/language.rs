//! The language as JSON Schema, for completion and checks in editors (`#:schema ./language.json`, taplo).
//!
//! The schema contains only the rules of the table of keys. The rules about the model are checked by `schema check`.
//!
//! Tests: `schema/tests/language.rs`.

use serde_json::{Map, Value, json};

use crate::grammar::{COLLECTIONS, SCALARS, Section, Shape};

/// Returns the JSON Schema for all declaration files, as the content of `language.json`.
pub fn json() -> String {
    let definitions: Map<String, Value> = Section::ALL
        .iter()
        .map(|section| (name(*section), table(*section)))
        .collect();
    // The first key of a file selects its section. With `anyOf`, editors would suggest the keys of all sections.
    let files = [Section::Resource, Section::DataSource, Section::Provider]
        .map(|section| (section, json!({ "required": [head(section)] })));
    let part = (
        Section::Part,
        json!({ "required": ["attributes"], "not": { "anyOf": [
            { "required": ["resource"] }, { "required": ["data_source"] }, { "required": ["provider"] },
        ] } }),
    );
    let rules: Vec<Value> = files
        .into_iter()
        .chain([part])
        .map(|(section, condition)| json!({ "if": condition, "then": reference(section) }))
        .collect();
    let schema = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "The language of the declarations",
        "description": "Written by `cargo schema language` from the table of keys.",
        "type": "object",
        "allOf": rules,
        "definitions": definitions,
    });
    format!("{schema:#}\n")
}

/// The key that only files of this section have.
fn head(section: Section) -> &'static str {
    match section {
        Section::DataSource => "data_source",
        Section::Provider => "provider",
        _ => "resource",
    }
}

fn table(section: Section) -> Value {
    let keys: Map<String, Value> = section
        .keys()
        .map(|key| {
            let mut schema = shape(key.shape);
            if let Value::Object(schema) = &mut schema {
                schema.insert("description".to_owned(), json!(key.doc));
            }
            (key.name.to_owned(), schema)
        })
        .collect();
    let required: Vec<&str> = section
        .keys()
        .filter(|key| key.required)
        .map(|key| key.name)
        .collect();
    json!({
        "type": "object",
        "properties": keys,
        "required": required,
        "additionalProperties": false,
    })
}

fn shape(shape: Shape) -> Value {
    match shape {
        Shape::NonEmptyString => json!({ "type": "string", "minLength": 1 }),
        Shape::Word(_, words) => json!({ "type": "string", "enum": words }),
        Shape::Type => {
            let (collections, scalars) = (COLLECTIONS.join("|"), SCALARS.join("|"));
            json!({ "type": "string", "pattern": format!("^(({collections})\\()*({scalars})\\)*$") })
        }
        Shape::Bool => json!({ "type": "boolean" }),
        Shape::OnlyBool(boolean) => json!({ "type": "boolean", "enum": [boolean] }),
        Shape::Int => json!({ "type": "integer" }),
        Shape::String => json!({ "type": "string" }),
        Shape::Strings => list(&self::shape(Shape::String)),
        Shape::NonEmptyStrings => list(&self::shape(Shape::NonEmptyString)),
        Shape::Ints => list(&self::shape(Shape::Int)),
        Shape::Words(noun, words) => list(&self::shape(Shape::Word(noun, words))),
        Shape::Tables(section) => list(&reference(section)),
        Shape::Value => json!({}),
        Shape::StringByName => {
            json!({ "type": "object", "additionalProperties": self::shape(Shape::NonEmptyString) })
        }
        Shape::ValueByName => json!({ "type": "object" }),
        // Draft 7 ignores all keywords beside `$ref`, also the description.
        Shape::Table(section) => json!({ "allOf": [reference(section)] }),
        Shape::Named(section) => json!({ "type": "object", "additionalProperties": reference(section) }),
        Shape::Either(shapes) => {
            let shapes: Vec<Value> = shapes.iter().map(|shape| self::shape(*shape)).collect();
            json!({ "anyOf": shapes })
        }
    }
}

fn list(elements: &Value) -> Value {
    json!({ "type": "array", "items": elements, "minItems": 1 })
}

fn reference(section: Section) -> Value {
    json!({ "$ref": format!("#/definitions/{}", name(section)) })
}

fn name(section: Section) -> String {
    format!("{section:?}")
}
