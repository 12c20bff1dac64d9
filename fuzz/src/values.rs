//! Values as Terraform sends and stores them.

use std::sync::LazyLock;

use engine::Binding;
use engine::diagnostic::Diagnostics;
use engine::object::PlanRequest;
use engine::plan::plan;
use engine::private::Private;
use engine::rules::WriteOnly;
use engine::{read, shape, validate};
use provider::durantic::DEFINITION;
use value::{Type, Value, json, msgpack};

use crate::{Target, samples, seeds};

pub(crate) const MSGPACK: Target = Target {
    name: "msgpack",
    run: msgpack,
    seeds: msgpack_seeds,
    words: &[
        "\u{5}\"bool\"",
        "[\"set\",\"dynamic\"]",
        "[\"tuple\",[\"dynamic\"]]",
        "[\"object\",{\"a\":\"number\"}]",
        "[\"map\",",
        "[\"list\",",
        "1e999",
        "-0.1e-99999999",
        "\u{301}",
    ],
};

pub(crate) const JSON_STATE: Target = Target {
    name: "json_state",
    run: json_state,
    seeds: json_seeds,
    words: &[
        "{\"type\":",
        ",\"value\":",
        "[\"tuple\",[\"dynamic\"]]",
        "[\"object\",{\"a\":\"number\"}]",
        "[\"set\",\"dynamic\"]",
        "{\"durantic\":{\"run\":{\"saved\":{},\"status\":\"\",\"stage\":\"going\",\"trigger\":1}}}",
        "1e999999999",
        "null",
        "\\u0301",
        "\\ud800",
    ],
};

/// The type in the wire samples, and types with others in them that only the value says.
const OTHERS: [&str; 3] = [
    r#"["object",{"blk":["list",["object",{"k":"string"}]],"dyn":"dynamic","flag":"bool","id":"string",
        "misbehave":"string","name":"string","nested":["list",["object",{"x":"string","y":"string"}]],
        "nlist":["list","number"],"note":"string","num":"number","obj":["object",{"a":"string","b":"number"}],
        "replace_me":"string","secret":"string","secret_wo":"string","sset":["set","string"],
        "tags":["map","string"],"tup":["tuple",["string","number"]]}]"#,
    r#""dynamic""#,
    r#"["tuple",["dynamic",["set","dynamic"],["map","dynamic"],["list",["set","number"]]]]"#,
];

/// What the first byte of an input chooses to decode as.
struct Shape {
    r#type: Type,
    /// Where it is the type of a resource.
    binding: Option<&'static Binding>,
}

static SHAPES: LazyLock<Vec<Shape>> = LazyLock::new(|| {
    let others = OTHERS.iter().map(|json| Shape {
        r#type: Type::parse(&serde_json::from_str(json).expect("the text is JSON"))
            .expect("the JSON is a type"),
        binding: None,
    });
    let resources = DEFINITION.resources.iter().map(|binding| Shape {
        r#type: shape::object_type(&binding.schema.attributes),
        binding: Some(binding),
    });
    others.chain(resources).collect()
});

fn chosen(input: &[u8]) -> Option<(&'static Shape, &[u8])> {
    let (first, rest) = input.split_first()?;
    let index = usize::from(*first).checked_rem(SHAPES.len())?;
    Some((SHAPES.get(index)?, rest))
}

/// Any bytes either are refused or are a value that encodes and decodes to itself; a configuration that is accepted
/// has a plan, always the same one.
pub fn msgpack(input: &[u8]) {
    let Some((shape, bytes)) = chosen(input) else {
        return;
    };
    let Ok(value) = msgpack::decode(bytes, &shape.r#type) else {
        return;
    };
    round_trip(&value, &shape.r#type);
    if let (Some(binding), Value::Object(_)) = (shape.binding, &value)
        && is_accepted(binding, &value)
    {
        let planned = || {
            let request = PlanRequest {
                prior: Value::Null,
                config: value.clone(),
                private: Private::default(),
            };
            plan(binding, request)
        };
        let first = planned();
        assert_eq!(first.planned.conforms(&shape.r#type), Ok(()));
        assert!(first.planned == planned().planned, "the same plan twice");
    }
}

fn is_accepted(binding: &Binding, config: &Value) -> bool {
    let mut diagnostics = Diagnostics::default();
    validate::config(binding, config, WriteOnly::Allowed, &mut diagnostics);
    diagnostics.result().is_ok()
}

/// Any stored state either is refused or is a value that encodes and decodes to itself, and any private state is a
/// memory that does.
pub fn json_state(input: &[u8]) {
    let Some((shape, text)) = chosen(input) else {
        return;
    };
    let decoded = match shape.binding {
        Some(binding) => read::upgrade(binding.schema, text),
        None => json::decode(text, &shape.r#type),
    };
    if let Ok(value) = decoded {
        let encoded = json::encode(&value, &shape.r#type)
            .expect("what was decoded encodes")
            .to_string();
        let again = json::decode(encoded.as_bytes(), &shape.r#type).expect("what was encoded decodes");
        assert!(
            again == value,
            "{} became {}",
            value.debug_json(),
            again.debug_json()
        );
        // Terraform reads the state from JSON and sends it on as msgpack.
        round_trip(&value, &shape.r#type);
    }
    let name = &DEFINITION.provider.name;
    let private = Private::decode(text, name);
    assert!(Private::decode(&private.encode(name), name) == private);
}

/// A value is of its type, and has one encoding that decodes to itself.
pub(crate) fn round_trip(value: &Value, r#type: &Type) {
    assert_eq!(value.conforms(r#type), Ok(()));
    let bytes = msgpack::encode(value, r#type).expect("what conforms encodes");
    let again = msgpack::decode(&bytes, r#type).expect("what was encoded decodes");
    assert!(
        again == *value,
        "{} became {}",
        value.debug_json(),
        again.debug_json()
    );
    assert_eq!(
        msgpack::encode(&again, r#type),
        Ok(bytes),
        "one value has one encoding"
    );
}

/// The bytes that chose a shape, and an input of it.
fn with_choice(index: usize, input: Vec<u8>) -> Vec<u8> {
    let choice = u8::try_from(index).expect("there are fewer types than bytes");
    std::iter::once(choice).chain(input).collect()
}

/// What Terraform sent, and an object of each resource.
fn msgpack_seeds() -> Vec<Vec<u8>> {
    let captured = seeds::text("crates/value/tests/data/wire/terraform-1.11.4.json");
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
        let bytes = msgpack::encode(&samples::sample_object(shape.binding?.schema), &shape.r#type);
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

/// State of each resource, and of values that say their type.
fn json_seeds() -> Vec<Vec<u8>> {
    let objects = SHAPES.iter().enumerate().filter_map(|(index, shape)| {
        let state = json::encode(&samples::sample_object(shape.binding?.schema), &shape.r#type);
        let state = state.expect("the sample is of the type").to_string();
        Some(with_choice(index, state.into_bytes()))
    });
    let others = [
        (
            1,
            r#"{"type":["tuple",["string",["map","number"]]],"value":["a",{"b":1.5e3}]}"#,
        ),
        (
            2,
            r#"[{"type":"number","value":-12345678901234567890.5},[],{},[[2,1,1]]]"#,
        ),
        (
            0,
            r#"{"durantic":{"configured":["vip_uuid"],"overridden":{"name":"x"},"memory":{"a":1},
                "run":{"saved":{"uuid":"u"},"status":"running","stage":"failed","trigger":{"a":[1]}}}}"#,
        ),
    ];
    let others = others.map(|(index, text)| with_choice(index, text.as_bytes().to_vec()));
    objects.chain(others).collect()
}
