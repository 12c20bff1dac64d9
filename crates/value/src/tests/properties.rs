//! What holds for any type, any value of it, and any bytes.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::Value as Json;

use crate::{Number, Type, Value, json, msgpack};

/// Which values to make.
#[derive(Clone, Copy)]
enum Of {
    /// Everything that msgpack carries.
    Wire,
    /// What JSON carries: known.
    State,
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

fn values(r#type: &Type, of: Of) -> BoxedStrategy<Value> {
    let known = match r#type {
        Type::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Type::Number => numbers().prop_map(Value::Number).boxed(),
        Type::String => ".{0,40}".prop_map(Value::from).boxed(),
        Type::Secret => ".{0,40}".prop_map(Value::secret).boxed(),
        Type::List(element) => vec(values(element, of), 0..5).prop_map(Value::List).boxed(),
        Type::Set(element) => vec(values(element, of), 0..5).prop_map(Value::set).boxed(),
        Type::Map(element) => vec((".{0,5}", values(element, of)), 0..4)
            .prop_map(Value::map)
            .boxed(),
        Type::Object(types) => {
            let names: Vec<_> = types.keys().cloned().collect();
            let values: Vec<_> = types.values().map(|r#type| values(r#type, of)).collect();
            values
                .prop_map(move |values| Value::object(names.iter().cloned().zip(values)))
                .boxed()
        }
    };
    match of {
        Of::State => prop_oneof![8 => known, 1 => Just(Value::Null)].boxed(),
        Of::Wire => prop_oneof![8 => known, 1 => Just(Value::Null), 1 => Just(Value::Unknown)].boxed(),
    }
}

fn typed_values(of: Of) -> impl Strategy<Value = (Type, Value)> {
    types().prop_flat_map(move |r#type| values(&r#type, of).prop_map(move |value| (r#type.clone(), value)))
}

/// A value as state has it, and null for what is unknown.
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

/// Bytes close to a value: one changed, the end cut off, some appended.
fn damaged_values() -> impl Strategy<Value = (Type, Vec<u8>)> {
    let damage = (
        any::<prop::sample::Index>(),
        any::<u8>(),
        any::<prop::sample::Index>(),
        vec(any::<u8>(), 0..3),
    );
    (typed_values(Of::Wire), damage).prop_map(|((r#type, value), (at, byte, end, tail))| {
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
    fn msgpack_round_trips((r#type, value) in typed_values(Of::Wire)) {
        prop_assert_eq!(value.conforms(&r#type), Ok(()));
        let bytes = msgpack::encode(&value, &r#type).unwrap();
        let decoded = msgpack::decode(&bytes, &r#type).unwrap();
        prop_assert!(decoded == value, "{} became {}", stored(&value), stored(&decoded));
    }

    #[test]
    fn json_round_trips((r#type, value) in typed_values(Of::State)) {
        let json = stored(&value).to_string();
        let decoded = json::decode(json.as_bytes(), &r#type).unwrap();
        prop_assert!(decoded == value, "{} became {}", json, stored(&decoded));
    }

    #[test]
    fn any_msgpack_is_safe_to_decode(r#type in types(), bytes in vec(any::<u8>(), 0..200)) {
        let _ = msgpack::decode(&bytes, &r#type);
    }

    #[test]
    fn damaged_msgpack_is_refused_or_a_value_of_the_type((r#type, bytes) in damaged_values()) {
        if let Ok(value) = msgpack::decode(&bytes, &r#type) {
            let again = msgpack::encode(&value, &r#type).unwrap();
            prop_assert!(msgpack::decode(&again, &r#type) == Ok(value));
        }
    }

    #[test]
    fn any_json_is_safe_to_decode(r#type in types(), text in "[\\[\\]{}:,\"0-9.eE+-]{0,60}|.{0,60}") {
        let _ = json::decode(text.as_bytes(), &r#type);
    }

    #[test]
    fn a_value_of_another_type_is_written_only_if_it_conforms(
        (_, value) in typed_values(Of::Wire),
        r#type in types(),
    ) {
        prop_assert_eq!(msgpack::encode(&value, &r#type).is_ok(), value.conforms(&r#type).is_ok());
    }

    #[test]
    fn the_order_of_a_sets_elements_does_not_matter(
        (elements, shuffled) in types()
            .prop_flat_map(|r#type| vec(values(&r#type, Of::Wire), 0..6))
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
