//! Constructors, accessors and the `Debug` form of values.

use crate::{Number, Value};

#[test]
fn string_and_map_normalise_to_nfc() {
    assert_eq!(Value::from("e\u{301}"), Value::String("é".into()));
    assert_eq!(Value::from("e\u{301}".to_owned()), Value::string("é"));
    assert_eq!(
        Value::map([("e\u{301}", Value::Null)]),
        Value::map([("é", Value::Null)])
    );
}

#[test]
fn set_sorts_and_drops_only_known_duplicates() {
    let partly = |k: &str| Value::object([("k", Value::from(k)), ("u", Value::Unknown)]);
    let whole = |k: &str| Value::object([("k", Value::from(k)), ("u", Value::Null)]);
    assert_eq!(
        Value::set(vec![
            partly("a"),
            whole("b"),
            Value::Unknown,
            whole("a"),
            partly("a"),
            whole("b")
        ]),
        Value::Set(vec![
            whole("a"),
            whole("b"),
            Value::Unknown,
            partly("a"),
            partly("a")
        ])
    );
    let number = |text| Value::Number(Number::parse(text).unwrap());
    assert_eq!(
        Value::set(vec![number("10"), number("9"), number("1e1")]),
        Value::Set(vec![number("9"), number("10")])
    );
}

#[test]
fn is_wholly_known_is_recursive() {
    let object = Value::object([("a", Value::List(vec![Value::map([("k", Value::Unknown)])]))]);
    assert!(object.is_known() && !object.is_wholly_known() && !object.is_unknown());
    assert!(Value::Unknown.is_unknown() && !Value::Unknown.is_known());
    assert!(Value::Null.is_wholly_known() && Value::Null.is_null());
}

#[test]
fn accessors_are_empty_for_values_of_other_types() {
    assert_eq!(Value::from("x").as_str(), Some("x"));
    assert_eq!(Value::from("x").as_bool(), None);
    assert_eq!(Value::from(true).as_bool(), Some(true));
    assert_eq!(Value::from(7).as_i64(), Some(7));
    assert_eq!(Value::Number(Number::parse("7.5").unwrap()).as_i64(), None);
    assert_eq!(Value::from("7").as_i64(), None);
    assert_eq!(Value::Null.elements(), []);
    assert_eq!(
        Value::set(vec![2.into(), 1.into()]).elements(),
        [1.into(), 2.into()]
    );
    assert_eq!(Value::Null.attributes(), None);
    assert!(Value::default().is_null());
}

#[test]
fn get_and_set_attribute_by_name() {
    let rule = Value::object([("prefixes", Value::List(vec!["a".into(), "b".into()]))]);
    let mut value = Value::object([
        ("rules", Value::List(vec![rule])),
        ("config", Value::map([("k", Value::from(true))])),
        ("set", Value::set(vec![1.into()])),
    ]);
    assert_eq!(value.get("rules").elements().len(), 1);
    assert_eq!(value.get("config").get("k"), &true.into());
    assert_eq!(value.get("absent"), &Value::Null);
    assert_eq!(value.get("rules").get("absent"), &Value::Null);

    value.set_attribute("set", Value::Unknown);
    assert!(value.get("set").is_unknown());
    let mut null = Value::Null;
    null.set_attribute("a", true.into());
    assert!(null.is_null(), "only an object has attributes");
}

#[test]
fn debug_hides_strings() {
    let value = Value::object([
        ("list", Value::List(vec![Value::Unknown, Value::Null])),
        ("map", Value::map([("k", Value::from("secret"))])),
        ("number", 7.into()),
        ("set", Value::set(vec![true.into()])),
    ]);
    assert_eq!(
        format!("{value:?}"),
        r#"{"list": [unknown, null], "map": {"k": "…"}, "number": 7, "set": {true}}"#
    );
}
