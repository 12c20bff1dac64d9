//! The language as JSON Schema, from which editors complete and check (`#:schema ./language.json`, taplo).
//!
//! It says what the table of keys says. What takes the model to tell is left to `schema check`.
//!
//! Tests: `schema/tests/language.rs`.

use serde_json::{Map, Value, json};

use crate::grammar::{COLLECTIONS, SCALARS, Section, Shape};

/// The JSON Schema of every file of the language.
pub fn json() -> String {
    let definitions: Map<String, Value> = Section::ALL
        .iter()
        .map(|section| (name(*section), table(*section)))
        .collect();
    // The head of a file decides: an editor that tried all of them would complete a mixture.
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

/// The key that only files of this kind have.
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
        Shape::Text => json!({ "type": "string", "minLength": 1 }),
        Shape::Word(_, words) => json!({ "type": "string", "enum": words }),
        Shape::Type => {
            let (collections, scalars) = (COLLECTIONS.join("|"), SCALARS.join("|"));
            json!({ "type": "string", "pattern": format!("^(({collections})\\()*({scalars})\\)*$") })
        }
        Shape::Bool => json!({ "type": "boolean" }),
        Shape::Exactly(boolean) => json!({ "type": "boolean", "enum": [boolean] }),
        Shape::Int => json!({ "type": "integer" }),
        Shape::Choice => json!({ "type": "string" }),
        Shape::Choices => list(&self::shape(Shape::Choice)),
        Shape::Texts => list(&self::shape(Shape::Text)),
        Shape::Ints => list(&self::shape(Shape::Int)),
        Shape::Words(what, words) => list(&self::shape(Shape::Word(what, words))),
        Shape::Tables(section) => list(&reference(section)),
        Shape::Literal => json!({}),
        Shape::TextByName => json!({ "type": "object", "additionalProperties": self::shape(Shape::Text) }),
        Shape::LiteralByName => json!({ "type": "object" }),
        // Beside `$ref` draft 7 ignores everything, the description too.
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
