//! The targets for values that Terraform sends and stores.

use std::sync::LazyLock;

use engine::diagnostic::Diagnostics;
use engine::object::PlanRequest;
use engine::plan::plan;
use engine::private::Private;
use engine::rules::WriteOnly;
use engine::{Binding, read, shape, validate, wire};
use provider::durantic::DEFINITION;
use value::{Type, Value, json, msgpack};

use crate::{Target, samples, seeds};

pub(crate) const MSGPACK: Target = Target {
    name: "msgpack",
    run: msgpack,
    seeds: msgpack_seeds,
    dictionary: &["\u{6}\"bool\"", "1e999", "-0.1e-99999999", "\u{301}"],
};

pub(crate) const JSON_STATE: Target = Target {
    name: "json_state",
    run: json_state,
    seeds: json_seeds,
    dictionary: &[
        "{\"type\":\"number\",\"value\":",
        "{\"durantic\":{\"run\":{\"saved\":{},\"status\":\"\",\"stage\":\"going\",\"trigger\":1}}}",
        "1e999999999",
        "null",
        "\\u0301",
        "\\ud800",
    ],
};

/// The type that the first byte of an input selects.
struct Shape {
    r#type: Type,
    /// The resource, if it is the type of one.
    binding: Option<&'static Binding>,
}

static SHAPES: LazyLock<Vec<Shape>> = LazyLock::new(|| {
    let others = [captured(), nested()].map(|r#type| Shape {
        r#type,
        binding: None,
    });
    let resources = DEFINITION.resources.iter().map(|binding| Shape {
        r#type: shape::object_type(&binding.schema.attributes),
        binding: Some(binding),
    });
    others.into_iter().chain(resources).collect()
});

/// The type of the payloads that were captured from Terraform.
fn captured() -> Type {
    Type::object([
        ("blk", Type::list(Type::object([("k", Type::String)]))),
        ("flag", Type::Bool),
        ("id", Type::String),
        ("misbehave", Type::String),
        ("name", Type::String),
        (
            "nested",
            Type::list(Type::object([("x", Type::String), ("y", Type::String)])),
        ),
        ("nlist", Type::list(Type::Number)),
        ("note", Type::String),
        ("num", Type::Number),
        ("obj", Type::object([("a", Type::String), ("b", Type::Number)])),
        ("replace_me", Type::String),
        ("secret", Type::String),
        ("secret_wo", Type::String),
        ("sset", Type::set(Type::String)),
        ("tags", Type::map(Type::String)),
    ])
}

/// A type with nested collections of every kind, and with secrets.
fn nested() -> Type {
    Type::list(Type::map(Type::set(Type::object([
        ("k", Type::Secret),
        ("n", Type::list(Type::set(Type::Number))),
    ]))))
}

fn chosen(input: &[u8]) -> Option<(&'static Shape, &[u8])> {
    let (first, rest) = input.split_first()?;
    let index = usize::from(*first).checked_rem(SHAPES.len())?;
    Some((SHAPES.get(index)?, rest))
}

/// Any bytes are rejected, or are a value that encodes and decodes to itself. A valid configuration has a plan, and planning
/// it again gives the same plan.
pub fn msgpack(input: &[u8]) {
    let Some((shape, bytes)) = chosen(input) else {
        return;
    };
    let Ok(value) = msgpack::decode(bytes, &shape.r#type) else {
        return;
    };
    round_trip(&value, &shape.r#type);
    if let (Some(binding), Value::Object(_)) = (shape.binding, &value)
        && is_valid(binding, &value)
    {
        let planned = || {
            let request = PlanRequest {
                prior: Value::Null,
                config: value.clone(),
                private: Private::default(),
                ..PlanRequest::default()
            };
            plan(binding, request)
        };
        let first = planned();
        assert_eq!(first.planned.conforms(&shape.r#type), Ok(()));
        assert!(
            first.planned == planned().planned,
            "planning again gives the same plan"
        );
    }
}

fn is_valid(binding: &Binding, config: &Value) -> bool {
    let mut diagnostics = Diagnostics::default();
    validate::config(binding, config, WriteOnly::Allowed, &mut diagnostics);
    diagnostics.result().is_ok()
}

/// Any stored state is rejected, or is a value that encodes and decodes to itself. Any private state encodes and decodes to
/// itself.
pub fn json_state(input: &[u8]) {
    let Some((shape, text)) = chosen(input) else {
        return;
    };
    let decoded = match shape.binding {
        Some(binding) => read::upgrade(binding.schema, text),
        None => json::decode(text, &shape.r#type),
    };
    if let Ok(value) = decoded {
        assert!(value.is_wholly_known(), "state has no unknown value");
        let encoded = wire::to_json(&value).to_string();
        let again = json::decode(encoded.as_bytes(), &shape.r#type).expect("an encoded value decodes");
        assert!(again == value, "{encoded} became {}", wire::to_json(&again));
        // Terraform reads the state from JSON and sends it on as msgpack.
        round_trip(&value, &shape.r#type);
    }
    let name = &DEFINITION.provider.name;
    let private = Private::decode(text, name);
    assert!(Private::decode(&private.encode(name), name) == private);
}

/// Asserts that a value conforms to its type and has one encoding, which decodes to the same value.
pub(crate) fn round_trip(value: &Value, r#type: &Type) {
    assert_eq!(value.conforms(r#type), Ok(()));
    let bytes = msgpack::encode(value, r#type).expect("a conforming value encodes");
    let again = msgpack::decode(&bytes, r#type).expect("an encoded value decodes");
    assert!(
        again == *value,
        "{} became {}",
        wire::to_json(value),
        wire::to_json(&again)
    );
    assert_eq!(
        msgpack::encode(&again, r#type),
        Ok(bytes),
        "one value has one encoding"
    );
}

/// An input with the byte that selects a shape.
fn with_choice(index: usize, input: Vec<u8>) -> Vec<u8> {
    let choice = u8::try_from(index).expect("there are at most 256 types");
    std::iter::once(choice).chain(input).collect()
}

/// The payloads that were captured from Terraform, and an object of each resource.
fn msgpack_seeds() -> Vec<Vec<u8>> {
    let captured = seeds::file_content("crates/value/tests/data/captured/terraform-1.11.4.json");
    let calls: serde_json::Value = serde_json::from_str(&captured).expect("the samples are JSON");
    let mut payloads: Vec<Vec<u8>> = calls
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|call| call.get("config_hex")?.as_str())
        .map(|text| with_choice(0, unhex(text)))
        .collect();
    payloads.sort();
    payloads.dedup();
    let objects = SHAPES.iter().enumerate().filter_map(|(index, shape)| {
        let bytes = msgpack::encode(&samples::object(shape.binding?.schema), &shape.r#type);
        Some(with_choice(index, bytes.expect("the sample is of the type")))
    });
    payloads.into_iter().step_by(2).chain(objects).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().filter_map(|digit| digit.to_digit(16)).collect();
    let byte = |pair: &[u32]| pair.iter().fold(0, |byte, digit| byte * 16 + digit);
    digits
        .chunks(2)
        .filter_map(|pair| u8::try_from(byte(pair)).ok())
        .collect()
}

/// State of each resource and of the other types, and private state.
fn json_seeds() -> Vec<Vec<u8>> {
    let objects = SHAPES.iter().enumerate().filter_map(|(index, shape)| {
        let state = wire::to_json(&samples::object(shape.binding?.schema));
        Some(with_choice(index, state.to_string().into_bytes()))
    });
    let others = [
        (
            0,
            r#"{"num":-12345678901234567890.5,"nlist":[1.5e3,"2"],"sset":["b","a","b"],"tags":{"k":true},"gone":1}"#,
        ),
        (1, r#"[{"a":[{"k":"b"},{"k":"a"}]},{"e\u0301":[]}]"#),
        (
            0,
            r#"{"durantic":{"configured":["vip_uuid"],"overridden":{"name":"x"},"memory":{"a":1},
                "run":{"saved":{"uuid":"u"},"status":"running","stage":"failed","trigger":{"a":[1]}}}}"#,
        ),
    ];
    let others = others.map(|(index, text)| with_choice(index, text.as_bytes().to_vec()));
    objects.chain(others).collect()
}
