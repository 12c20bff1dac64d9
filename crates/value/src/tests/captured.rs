//! The MessagePack codec, compared with payloads that Terraform 1.11.4 sent for `tests/data/captured/main.tf`. The
//! attributes of a dynamic type and of a tuple type were removed from both, because no declaration can declare them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;

use super::hex;
use crate::{Number, Type, Value, msgpack};

const CAPTURED: &str = include_str!("../../tests/data/captured/terraform-1.11.4.json");

/// One RPC of Terraform. `config_debug` is `config_hex` as another decoder printed it: JSON, except for `nil`.
#[derive(Deserialize)]
struct Call {
    rpc: String,
    config_hex: String,
    config_debug: String,
    proposed_hex: Option<String>,
}

impl Call {
    fn payloads(&self) -> impl Iterator<Item = Vec<u8>> {
        [Some(&self.config_hex), self.proposed_hex.as_ref()]
            .into_iter()
            .flatten()
            .map(|text| hex(text))
    }
}

fn calls() -> Vec<Call> {
    serde_json::from_str(CAPTURED).unwrap()
}

/// The type of the resource `spike_thing` of the configuration.
fn spike_thing() -> Type {
    let block = Type::object([("k", Type::String)]);
    let nested = Type::object([("x", Type::String), ("y", Type::String)]);
    Type::object([
        ("blk", Type::list(block)),
        ("flag", Type::Bool),
        ("id", Type::String),
        ("misbehave", Type::String),
        ("name", Type::String),
        ("nested", Type::list(nested)),
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

/// Replaces every refined unknown value (an extension of type 12) by an unrefined one.
fn without_refinements(mut bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    while let [first, rest @ ..] = bytes {
        if let [0xc7, length, 12, rest @ ..] = bytes {
            plain.extend([0xd4, 0, 0]);
            bytes = &rest[usize::from(*length)..];
        } else {
            plain.push(*first);
            bytes = rest;
        }
    }
    plain
}

/// Asserts that a value equals the value that the other decoder printed.
fn assert_same(value: &Value, seen: &Json, at: &str) {
    match (value, seen) {
        (Value::Null, Json::Null) => {}
        (Value::Unknown, Json::Array(extension)) => {
            assert!(extension[0] == 0 || extension[0] == 12, "{at}: {seen}");
        }
        (Value::Bool(bool), Json::Bool(seen)) => assert_eq!(bool, seen, "{at}"),
        (Value::Number(number), Json::String(seen)) => assert_eq!(number.to_string(), *seen, "{at}"),
        (Value::Number(number), Json::Number(seen)) => assert_eq!(number.to_string(), seen.as_str(), "{at}"),
        (Value::String(text), Json::String(seen)) => assert_eq!(text, seen, "{at}"),
        (Value::List(elements) | Value::Set(elements), Json::Array(seen)) => {
            assert_eq!(elements.len(), seen.len(), "{at}");
            for (index, (element, seen)) in elements.iter().zip(seen).enumerate() {
                assert_same(element, seen, &format!("{at}[{index}]"));
            }
        }
        (Value::Map(entries) | Value::Object(entries), Json::Object(seen)) => {
            assert!(entries.keys().eq(seen.keys()), "{at}");
            for (name, entry) in entries {
                assert_same(entry, &seen[name], &format!("{at}.{name}"));
            }
        }
        (value, seen) => panic!("{at}: {value:?} is not {seen}"),
    }
}

#[test]
fn decode_of_captured_payloads_matches_other_decoder() {
    let calls = calls();
    assert_eq!(calls.len(), 52);
    for call in calls {
        let value = msgpack::decode(&hex(&call.config_hex), &spike_thing()).unwrap();
        let seen = serde_json::from_str(&call.config_debug.replace("nil", "null")).unwrap();
        assert_same(&value, &seen, &call.rpc);
    }
}

#[test]
fn encode_of_captured_payloads_gives_the_same_bytes() {
    let mut payloads = 0;
    for bytes in calls().iter().flat_map(Call::payloads) {
        let value = msgpack::decode(&bytes, &spike_thing()).unwrap();
        assert_eq!(
            msgpack::encode(&value, &spike_thing()).unwrap(),
            without_refinements(&bytes)
        );
        payloads += 1;
    }
    assert_eq!(payloads, 76);
}

#[test]
fn decode_of_captured_numbers_is_exact() {
    let third = format!("0.{}5", "3".repeat(154));
    let expected = BTreeMap::from([
        ("i0", "0"),
        ("i1", "127"),
        ("i2", "128"),
        ("i3", "-1"),
        ("i4", "-33"),
        ("i5", "65536"),
        ("i6", "4294967296"),
        ("i7", "9223372036854775807"),
        ("i8", "9223372036854775808"),
        ("i9", "18446744073709551615"),
        ("i10", "18446744073709551616"),
        ("i11", "-9223372036854775808"),
        ("i12", "-9223372036854775809"),
        ("f1", "1.5"),
        ("f2", "0.1"),
        ("f3", "3.141592653589793238462643383279"),
        ("f4", "1e100"),
        ("f5", "1e-7"),
        ("f6", &third), // 1/3, to Terraform's 512 bits
        ("f7", "1e20"),
        ("f8", "100000000000000000000000001"),
    ]);
    let mut seen = BTreeMap::new();
    for bytes in calls().iter().flat_map(Call::payloads) {
        let value = msgpack::decode(&bytes, &spike_thing()).unwrap();
        if let (Some(name), Value::Number(number)) = (value.get("name").as_str(), value.get("num")) {
            seen.insert(name.to_owned(), number.clone());
        }
    }
    let expected: BTreeMap<_, _> = expected
        .into_iter()
        .map(|(name, text)| (name.to_owned(), Number::parse(text).unwrap()))
        .collect();
    assert_eq!(seen, expected);
}
