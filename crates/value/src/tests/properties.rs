//! Properties that hold for any type, any value of it, and any bytes.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::Value as Json;

use crate::{Number, Type, Value, json, msgpack};

/// The encoding that the generated values must fit.
#[derive(Clone, Copy)]
enum Encoding {
    /// MessagePack: any value.
    Msgpack,
    /// JSON: values without unknowns.
    Json,
}

fn types() -> impl Strategy<Value = Type> {
    let leaf = prop_oneof![
        Just(Type::Bool),
        Just(Type::Number),
        Just(Type::String),
        Just(Type::Secret),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(Type::list),
            inner.clone().prop_map(Type::set),
            inner.clone().prop_map(Type::map),
            btree_map("[a-z_]{1,6}|.{0,3}", inner, 0..4).prop_map(Type::Object),
        ]
    })
}

fn numbers() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<i64>().prop_map(Number::from),
        any::<u64>().prop_map(Number::from),
        (-1000_i32..1000, 0_u32..8).prop_map(|(n, halvings)| {
            Number::from_f64(f64::from(n) / f64::from(2_u32.pow(halvings))).unwrap()
        }),
        any::<f64>().prop_filter_map("not finite", Number::from_f64),
        ("-?[0-9]{1,40}(\\.[0-9]{1,40})?", -50_i32..50)
            .prop_map(|(digits, exponent)| Number::parse(&format!("{digits}e{exponent}")).unwrap()),
    ]
}

fn values(r#type: &Type, encoding: Encoding) -> BoxedStrategy<Value> {
    let known = match r#type {
        Type::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Type::Number => numbers().prop_map(Value::Number).boxed(),
        Type::String => ".{0,40}".prop_map(Value::from).boxed(),
        Type::Secret => ".{0,40}".prop_map(Value::secret).boxed(),
        Type::List(element) => vec(values(element, encoding), 0..5).prop_map(Value::List).boxed(),
        Type::Set(element) => vec(values(element, encoding), 0..5).prop_map(Value::set).boxed(),
        Type::Map(element) => vec((".{0,5}", values(element, encoding)), 0..4)
            .prop_map(Value::map)
            .boxed(),
        Type::Object(types) => {
            let names: Vec<_> = types.keys().cloned().collect();
            let values: Vec<_> = types.values().map(|r#type| values(r#type, encoding)).collect();
            values
                .prop_map(move |values| Value::object(names.iter().cloned().zip(values)))
                .boxed()
        }
    };
    match encoding {
        Encoding::Json => prop_oneof![8 => known, 1 => Just(Value::Null)].boxed(),
        Encoding::Msgpack => {
            prop_oneof![8 => known, 1 => Just(Value::Null), 1 => Just(Value::Unknown)].boxed()
        }
    }
}

fn typed_values(encoding: Encoding) -> impl Strategy<Value = (Type, Value)> {
    types()
        .prop_flat_map(move |r#type| values(&r#type, encoding).prop_map(move |value| (r#type.clone(), value)))
}

/// The JSON of a value as state stores it, with null for unknown values.
fn stored(value: &Value) -> Json {
    match value {
        Value::Null | Value::Unknown => Json::Null,
        Value::Bool(bool) => Json::Bool(*bool),
        Value::Number(number) => Json::Number(number.to_json()),
        Value::String(_) | Value::Secret(_) => value.expose().into(),
        Value::List(elements) | Value::Set(elements) => elements.iter().map(stored).collect(),
        Value::Map(entries) | Value::Object(entries) => entries
            .iter()
            .map(|(name, entry)| (name.clone(), stored(entry)))
            .collect(),
    }
}

/// The bytes of a value after damage: one byte changed, and the end cut off or bytes appended.
fn damaged_values() -> impl Strategy<Value = (Type, Vec<u8>)> {
    let damage = (
        any::<prop::sample::Index>(),
        any::<u8>(),
        any::<prop::sample::Index>(),
        vec(any::<u8>(), 0..3),
    );
    (typed_values(Encoding::Msgpack), damage).prop_map(|((r#type, value), (at, byte, end, tail))| {
        let mut bytes = msgpack::encode(&value, &r#type).unwrap();
        let place = at.index(bytes.len());
        bytes[place] = byte;
        if tail.len() == 1 {
            bytes.truncate(end.index(bytes.len()));
        }
        bytes.extend(tail);
        (r#type, bytes)
    })
}

proptest! {
    #[test]
    fn msgpack_round_trips((r#type, value) in typed_values(Encoding::Msgpack)) {
        prop_assert_eq!(value.conforms(&r#type), Ok(()));
        let bytes = msgpack::encode(&value, &r#type).unwrap();
        let decoded = msgpack::decode(&bytes, &r#type).unwrap();
        prop_assert!(decoded == value, "{} became {}", stored(&value), stored(&decoded));
    }

    #[test]
    fn json_round_trips((r#type, value) in typed_values(Encoding::Json)) {
        let json = stored(&value).to_string();
        let decoded = json::decode(json.as_bytes(), &r#type).unwrap();
        prop_assert!(decoded == value, "{} became {}", json, stored(&decoded));
    }

    #[test]
    fn msgpack_decode_never_panics(r#type in types(), bytes in vec(any::<u8>(), 0..200)) {
        let _ = msgpack::decode(&bytes, &r#type);
    }

    #[test]
    fn msgpack_decode_of_damaged_bytes_fails_or_conforms((r#type, bytes) in damaged_values()) {
        if let Ok(value) = msgpack::decode(&bytes, &r#type) {
            let again = msgpack::encode(&value, &r#type).unwrap();
            prop_assert!(msgpack::decode(&again, &r#type) == Ok(value));
        }
    }

    #[test]
    fn json_decode_never_panics(r#type in types(), text in "[\\[\\]{}:,\"0-9.eE+-]{0,60}|.{0,60}") {
        let _ = json::decode(text.as_bytes(), &r#type);
    }

    #[test]
    fn msgpack_encode_succeeds_only_for_conforming_values(
        (_, value) in typed_values(Encoding::Msgpack),
        r#type in types(),
    ) {
        prop_assert_eq!(msgpack::encode(&value, &r#type).is_ok(), value.conforms(&r#type).is_ok());
    }

    #[test]
    fn set_does_not_depend_on_order_of_elements(
        (elements, shuffled) in types()
            .prop_flat_map(|r#type| vec(values(&r#type, Encoding::Msgpack), 0..6))
            .prop_flat_map(|elements| (Just(elements.clone()), Just(elements).prop_shuffle())),
    ) {
        let set = Value::set(elements.clone());
        prop_assert!(set == Value::set(shuffled));
        prop_assert!(set == Value::set(set.elements().to_vec()), "a set of a set's elements is the same");
        prop_assert!(elements.iter().all(|element| set.elements().contains(element)));
        let mut counts = BTreeMap::new();
        set.elements().iter().filter(|element| element.is_wholly_known()).for_each(|element| {
            *counts.entry(element).or_insert(0) += 1;
        });
        prop_assert!(counts.values().all(|count| *count == 1));
    }
}
