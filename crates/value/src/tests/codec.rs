//! A value and its bytes for every rule of the encodings, and an example of every kind of error.

use super::hex;
use crate::{DecodeErrorKind, Mismatch, Number, Type, Value, json, msgpack};

fn number(text: &str) -> Value {
    Value::Number(Number::parse(text).unwrap())
}

/// Asserts that a value encodes to the bytes and the bytes decode to the value.
#[track_caller]
fn assert_encoding(value: &Value, r#type: &Type, bytes: &str) {
    assert_eq!(msgpack::encode(value, r#type).unwrap(), hex(bytes));
    assert_eq!(msgpack::decode(&hex(bytes), r#type).unwrap(), *value);
}

/// Asserts that decoding fails with this kind of error and this message.
#[track_caller]
fn assert_refused(bytes: &[u8], r#type: &Type, kind: impl Into<DecodeErrorKind>, message: &str) {
    let error = msgpack::decode(bytes, r#type).unwrap_err();
    assert_eq!(error.kind, kind.into());
    assert_eq!(error.to_string(), message);
}

#[test]
fn msgpack_null_is_nil_for_every_type() {
    let object = Type::object([("a", Type::String)]);
    for r#type in [Type::Bool, Type::list(Type::String), object] {
        assert_encoding(&Value::Null, &r#type, "c0");
    }
}

#[test]
fn msgpack_unknown_is_read_from_any_extension() {
    for r#type in [
        Type::Bool,
        Type::set(Type::String),
        Type::object([("a", Type::String)]),
    ] {
        assert_encoding(&Value::Unknown, &r#type, "d4 00 00");
        for bytes in [
            "d4 05 ff",
            "d5 0c 80 00",
            "d6 00 00000000",
            "d7 00 0000000000000000",
            "d8 00 00000000000000000000000000000000",
            "c7 00 00",          // zero bytes
            "c7 03 0c 81 01 c2", // refined: not null
            "c8 0001 0c 80",
            "c9 00000001 0c 80",
        ] {
            assert_eq!(
                msgpack::decode(&hex(bytes), &r#type),
                Ok(Value::Unknown),
                "{bytes}"
            );
        }
    }
    for bytes in ["d4", "d4 00", "c7 02 0c 81", "c9 ffffffff 0c 80"] {
        assert_refused(
            &hex(bytes),
            &Type::Bool,
            DecodeErrorKind::Truncated,
            "the value ends too early",
        );
    }
}

#[test]
fn msgpack_encodes_booleans_and_strings() {
    assert_encoding(&true.into(), &Type::Bool, "c3");
    assert_encoding(&false.into(), &Type::Bool, "c2");
    assert_encoding(&"".into(), &Type::String, "a0");
    assert_encoding(&"é".into(), &Type::String, "a2 c3a9");
    assert_encoding(
        &"x".repeat(31).into(),
        &Type::String,
        &format!("bf {}", "78".repeat(31)),
    );
    assert_encoding(
        &"x".repeat(32).into(),
        &Type::String,
        &format!("d9 20 {}", "78".repeat(32)),
    );
    assert_encoding(
        &"x".repeat(256).into(),
        &Type::String,
        &format!("da 0100 {}", "78".repeat(256)),
    );
    assert_encoding(
        &"x".repeat(65536).into(),
        &Type::String,
        &format!("db 00010000 {}", "78".repeat(65536)),
    );
}

#[test]
fn secret_encodes_as_string_and_is_hidden_in_debug() {
    let (r#type, secret) = (
        Type::map(Type::Secret),
        Value::map([("pass", Value::secret("word"))]),
    );
    assert_encoding(&secret, &r#type, "81 a4 70617373 a4 776f7264");
    assert_eq!(json::decode(br#"{"pass": "word"}"#, &r#type), Ok(secret.clone()));
    assert_eq!(
        r#type.to_json(),
        serde_json::json!(["map", "string"]),
        "for Terraform it is a string"
    );
    assert_eq!(format!("{secret:?}"), r#"{"pass": (secret)}"#);
    assert_eq!(secret.get("pass").as_str(), None);
    assert_eq!(secret.get("pass").expose(), Some("word"));
    // A secret does not conform to the type of a string, nor the other way around.
    assert!(secret.conforms(&Type::map(Type::String)).is_err());
    assert!(Value::from("word").conforms(&Type::Secret).is_err());
}

#[test]
fn msgpack_decode_does_not_normalise_strings() {
    let decomposed = Value::String("e\u{301}".into());
    assert_eq!(msgpack::decode(&hex("a3 65 cc81"), &Type::String), Ok(decomposed));
}

#[test]
fn msgpack_encodes_numbers_in_the_smallest_exact_form() {
    for (text, bytes) in [
        ("0", "00"),
        ("127", "7f"),
        ("128", "cc 80"),
        ("256", "cd 0100"),
        ("65536", "ce 00010000"),
        ("4294967296", "cf 0000000100000000"),
        ("9223372036854775807", "cf 7fffffffffffffff"),
        ("-1", "ff"),
        ("-33", "d0 df"),
        ("-129", "d1 ff7f"),
        ("-32769", "d2 ffff7fff"),
        ("-9223372036854775808", "d3 8000000000000000"),
        ("1.5", "cb 3ff8000000000000"),
        ("-0.25", "cb bfd0000000000000"),
        ("0.1", "a3 302e31"),
        ("1e-7", "a9 302e30303030303031"),
    ] {
        assert_encoding(&number(text), &Type::Number, bytes);
    }
    for text in [
        "9223372036854775808",
        "-9223372036854775809",
        "18446744073709551615",
    ] {
        let bytes = msgpack::encode(&number(text), &Type::Number).unwrap();
        assert_eq!(&bytes[1..], text.as_bytes());
    }
    let bytes = msgpack::encode(&number("1e100"), &Type::Number).unwrap();
    assert_eq!(bytes[2..], *format!("1{}", "0".repeat(100)).as_bytes());
}

#[test]
fn msgpack_decodes_numbers_from_any_form() {
    for (bytes, text) in [
        ("cf ffffffffffffffff", "18446744073709551615"),
        ("d3 0000000000000001", "1"),
        ("ca 3f000000", "0.5"),
        ("cb 3fb999999999999a", "0.1"), // an inexact float is its shortest decimal, as in cty
        ("cb 4000000000000000", "2"),
        ("a3 312e30", "1"),
        ("d9 01 37", "7"),
    ] {
        assert_eq!(
            msgpack::decode(&hex(bytes), &Type::Number),
            Ok(number(text)),
            "{bytes}"
        );
    }
    let message = "not a number of up to 4096 digits before and after the point";
    for bytes in [
        "ca 7fc00000",         // NaN
        "ca 7f800000",         // an infinity
        "cb 7ff8000000000000", // NaN
        "cb fff0000000000000", // an infinity
        "a4 2b496e66",         // "+Inf"
        "a1 78",
        "a0",
    ] {
        assert_refused(
            &hex(bytes),
            &Type::Number,
            DecodeErrorKind::InvalidNumber,
            message,
        );
    }
    assert_refused(
        b"\xab1e999999999",
        &Type::Number,
        DecodeErrorKind::InvalidNumber,
        message,
    );
    for bytes in ["cc", "cf 00", "d3 00", "ca 00", "cb 00"] {
        assert_refused(
            &hex(bytes),
            &Type::Number,
            DecodeErrorKind::Truncated,
            "the value ends too early",
        );
    }
}

#[test]
fn msgpack_encodes_collections() {
    let list = Value::List(vec![3.into(), Value::Null, Value::Unknown]);
    assert_encoding(&list, &Type::list(Type::Number), "93 03 c0 d40000");
    let set = Value::set(vec![Value::Unknown, "b".into(), "a".into(), "b".into()]);
    assert_encoding(&set, &Type::set(Type::String), "93 a161 a162 d40000");
    let map = Value::map([("z", Value::from("1")), ("a", "2".into())]);
    assert_encoding(&map, &Type::map(Type::String), "82 a161 a132 a17a a131");
    assert_encoding(&Value::List(vec![]), &Type::list(Type::Bool), "90");
    assert_encoding(&Value::Map([].into()), &Type::map(Type::Bool), "80");
    let long = Value::List(vec![true.into(); 16]);
    assert_encoding(
        &long,
        &Type::list(Type::Bool),
        &format!("dc 0010 {}", "c3".repeat(16)),
    );
    let long = Value::List(vec![true.into(); 65536]);
    assert_encoding(
        &long,
        &Type::list(Type::Bool),
        &format!("dd 00010000 {}", "c3".repeat(65536)),
    );
}

#[test]
fn decode_accepts_set_elements_in_any_order() {
    let set = Value::set(vec!["b".into(), "a".into()]);
    assert_eq!(
        msgpack::decode(&hex("93 a162 a161 a162"), &Type::set(Type::String)),
        Ok(set.clone())
    );
    assert_eq!(
        json::decode(br#"["b", "a", "b"]"#, &Type::set(Type::String)),
        Ok(set)
    );
}

#[test]
fn msgpack_decode_needs_exactly_the_attributes_of_the_type() {
    let r#type = Type::object([
        ("a", Type::String),
        ("b", Type::list(Type::object([("c", Type::Bool)]))),
    ]);
    let block = Value::object([("c", true.into())]);
    let value = Value::object([("b", Value::List(vec![block])), ("a", "x".into())]);
    assert_encoding(&value, &r#type, "82 a161 a178 a162 91 81 a163 c3");
    assert_eq!(
        msgpack::decode(&hex("82 a162 91 81 a163 c3 a161 a178"), &r#type),
        Ok(value),
        "in any order"
    );
    for (bytes, kind, message) in [
        (
            "81 a161 a178",
            Mismatch::MissingAttribute,
            "`b`: this attribute is missing",
        ),
        (
            "82 a161 a178 a162 91 80",
            Mismatch::MissingAttribute,
            "`b[0].c`: this attribute is missing",
        ),
        (
            "83 a161 c0 a162 c0 a163 c0",
            Mismatch::UnexpectedAttribute,
            "`c`: the type has no such attribute",
        ),
    ] {
        assert_refused(&hex(bytes), &r#type, kind, message);
    }
    let twice = hex("82 a161 c0 a161 c0");
    assert_refused(
        &twice,
        &r#type,
        DecodeErrorKind::DuplicateKey,
        "`a`: the key occurs twice",
    );
    let twice = hex("82 a161 c0 a161 c0");
    let map = Type::map(Type::Bool);
    assert_refused(
        &twice,
        &map,
        DecodeErrorKind::DuplicateKey,
        r#"`["a"]`: the key occurs twice"#,
    );
}

/// In MessagePack a dynamic value is a list of its type and itself, `["number", 5]`; in JSON it is an object of both.
#[test]
fn decode_rejects_dynamic_values_and_tuples() {
    let array = |r#type, expected| (r#type, expected, "a list");
    for (r#type, expected, found) in [
        array(Type::Bool, "a boolean"),
        array(Type::Number, "a number"),
        array(Type::String, "a string"),
        array(Type::Secret, "a secret string"),
        array(Type::map(Type::Number), "a map"),
        array(Type::object([("a", Type::Number)]), "an object"),
    ] {
        let (dynamic, tuple) = (hex("92 c408 226e756d62657222 05"), hex("92 a174 04"));
        for bytes in [dynamic, tuple] {
            let message = format!("expected {expected}, found {found}");
            assert_refused(&bytes, &r#type, Mismatch::Type { expected, found }, &message);
        }
    }
    for (bytes, r#type, message) in [
        (
            "92 c408 226e756d62657222 05",
            Type::list(Type::Number),
            "`[0]`: expected a number, found bytes",
        ),
        (
            "92 a174 04",
            Type::list(Type::String),
            "`[1]`: expected a string, found a number",
        ),
        (
            "92 a174 04",
            Type::set(Type::String),
            "expected a string, found a number",
        ),
    ] {
        let error = msgpack::decode(&hex(bytes), &r#type).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
    for (stored, r#type, message) in [
        (
            r#"{"type": "number", "value": 5}"#,
            Type::Number,
            "expected a number, found an object",
        ),
        (
            r#"["t", 4, true]"#,
            Type::list(Type::Number),
            "`[0]`: not a number of up to 4096 digits before and after the point",
        ),
    ] {
        let error = json::decode(stored.as_bytes(), &r#type).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn msgpack_decode_error_has_path_and_kind() {
    let r#type = Type::object([("m", Type::map(Type::list(Type::String)))]);
    let kind = |expected, found| Mismatch::Type { expected, found };
    for (bytes, mismatch, message) in [
        (
            "90",
            kind("an object", "a list"),
            "expected an object, found a list",
        ),
        (
            "81 a16d a0",
            kind("a map", "a string"),
            "`m`: expected a map, found a string",
        ),
        (
            "81 a16d 81 a16b 80",
            kind("a list", "a map"),
            r#"`m["k"]`: expected a list, found a map"#,
        ),
        (
            "81 a16d 81 a16b 92a005",
            kind("a string", "a number"),
            r#"`m["k"][1]`: expected a string, found a number"#,
        ),
        (
            "81 a16d 81 a16b 91c3",
            kind("a string", "a boolean"),
            r#"`m["k"][0]`: expected a string, found a boolean"#,
        ),
        (
            "81 a16d 81 a16b 91c40100",
            kind("a string", "bytes"),
            r#"`m["k"][0]`: expected a string, found bytes"#,
        ),
        (
            "81 a16d 81 c0 90",
            kind("a key", "null"),
            "`m`: expected a key, found null",
        ),
        (
            "81 d40000 90",
            kind("a name", "an unknown value"),
            "expected a name, found an unknown value",
        ),
        (
            "c1",
            kind("an object", "a reserved byte"),
            "expected an object, found a reserved byte",
        ),
    ] {
        assert_refused(&hex(bytes), &r#type, mismatch, message);
    }
    let set = Type::object([("s", Type::set(Type::list(Type::String)))]);
    let mismatch = Mismatch::Type {
        expected: "a string",
        found: "a number",
    };
    assert_refused(
        &hex("81 a173 91 91 05"),
        &set,
        mismatch,
        "`s`: expected a string, found a number",
    );
    assert_refused(
        &hex("c3 c3"),
        &Type::Bool,
        DecodeErrorKind::Trailing,
        "unexpected bytes after the value",
    );
    assert_refused(
        &[],
        &Type::Bool,
        DecodeErrorKind::Truncated,
        "the value ends too early",
    );
    assert_refused(
        &hex("a2 c328"),
        &Type::String,
        DecodeErrorKind::InvalidUtf8,
        "the string is not UTF-8",
    );
    assert_refused(
        &hex("a3 6162"),
        &Type::String,
        DecodeErrorKind::Truncated,
        "the value ends too early",
    );
}

#[test]
fn msgpack_decode_checks_claimed_length() {
    let (list, map) = (Type::list(Type::Number), Type::map(Type::Number));
    for (bytes, r#type) in [
        ("dd ffffffff", &list),
        ("dd ffffffff 01", &list),
        ("df ffffffff", &map),
        ("df ffffffff a161 01", &map),
        ("db ffffffff", &Type::String),
        ("82 a161", &map),
    ] {
        assert_refused(
            &hex(bytes),
            r#type,
            DecodeErrorKind::Truncated,
            "the value ends too early",
        );
    }
}

/// Decoding goes only as deep as the type: values that are nested deeper are rejected there.
#[test]
fn decode_depth_is_limited_by_the_type() {
    let nested = |levels| (0..levels).fold(Type::Bool, |r#type, _| Type::list(r#type));
    let error = msgpack::decode(&vec![0x91; 1_000_000], &nested(3)).unwrap_err();
    assert_eq!(error.to_string(), "`[0][0][0]`: expected a boolean, found a list");
    let stored = format!("{}true{}", "[".repeat(100), "]".repeat(100));
    let error = json::decode(stored.as_bytes(), &nested(3)).unwrap_err();
    assert_eq!(error.to_string(), "`[0][0][0]`: expected a boolean, found a list");
    let error = json::decode(&vec![b'['; 1_000_000], &nested(3)).unwrap_err();
    assert!(
        matches!(error.kind, DecodeErrorKind::Syntax { .. }),
        "serde_json limits the nesting"
    );
}

#[test]
fn msgpack_encode_rejects_values_that_do_not_conform() {
    let r#type = Type::object([("a", Type::list(Type::String)), ("t", Type::Bool)]);
    for (value, message) in [
        (Value::List(vec![]), "expected an object, found a list"),
        (
            Value::object([("a", Value::Null)]),
            "`t`: this attribute is missing",
        ),
        (
            Value::object([("a", Value::Null), ("t", Value::Null), ("u", Value::Null)]),
            "`u`: the type has no such attribute",
        ),
        (
            Value::object([("a", Value::List(vec!["".into(), 1.into()])), ("t", true.into())]),
            "`a[1]`: expected a string, found a number",
        ),
        (
            Value::object([("a", Value::set(vec![])), ("t", true.into())]),
            "`a`: expected a list, found a set",
        ),
    ] {
        assert_eq!(msgpack::encode(&value, &r#type).unwrap_err().to_string(), message);
        assert_eq!(value.conforms(&r#type).unwrap_err().to_string(), message);
    }
    let map = Type::map(Type::set(Type::Bool));
    let value = Value::map([("k", Value::set(vec!["s".into()]))]);
    let error = msgpack::encode(&value, &map).unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"`["k"]`: expected a boolean, found a string"#,
        "the path ends at the set"
    );
}

#[test]
fn json_decode_accepts_objects_of_an_older_type() {
    let r#type = Type::object([
        ("added", Type::list(Type::String)),
        ("map", Type::map(Type::Number)),
        ("number", Type::Number),
        ("set", Type::set(Type::object([("k", Type::String)]))),
    ]);
    let stored = r#"{
        "map": {"k": 18446744073709551616},
        "number": 3.141592653589793238462643383279,
        "removed": {"what": ["ever"]},
        "set": [{"k": "b", "gone": 1}, {"k": "a"}]
    }"#;
    let value = json::decode(stored.as_bytes(), &r#type).unwrap();
    let element = |k: &str| Value::object([("k", k.into())]);
    assert_eq!(
        value,
        Value::object([
            ("added", Value::Null),
            ("map", Value::map([("k", number("18446744073709551616"))])),
            ("number", number("3.141592653589793238462643383279")),
            ("set", Value::Set(vec![element("a"), element("b")])),
        ])
    );
    assert_eq!(json::decode(b"null", &r#type), Ok(Value::Null));
}

#[test]
fn json_decode_converts_scalars_with_equal_string_form() {
    for (stored, r#type, value) in [
        (r#""12.50""#, Type::Number, number("12.5")),
        (r#""true""#, Type::Bool, true.into()),
        (r#""1""#, Type::Bool, true.into()),
        (r#""false""#, Type::Bool, false.into()),
        (r#""0""#, Type::Bool, false.into()),
        ("12.5", Type::String, "12.5".into()),
        ("true", Type::String, "true".into()),
        (r#""e\u0301""#, Type::String, Value::String("e\u{301}".into())),
    ] {
        assert_eq!(json::decode(stored.as_bytes(), &r#type), Ok(value), "{stored}");
    }
}

#[test]
fn json_decode_error_has_path() {
    let r#type = Type::object([
        ("a", Type::map(Type::list(Type::Number))),
        ("b", Type::set(Type::Bool)),
    ]);
    for (stored, message) in [
        ("[]", "expected an object, found a list"),
        (
            r#"{"a": {"k": [{}]}}"#,
            r#"`a["k"][0]`: expected a number, found an object"#,
        ),
        (r#"{"b": [true, 1]}"#, "`b`: expected a boolean, found a number"),
        (r#"{"b": ["maybe"]}"#, "`b`: expected a boolean, found a string"),
        (
            r#"{"a": {"k": [1e999999999]}}"#,
            r#"`a["k"][0]`: not a number of up to 4096 digits before and after the point"#,
        ),
        (
            r#"{"a": {"k": ["+Inf"]}}"#,
            r#"`a["k"][0]`: not a number of up to 4096 digits before and after the point"#,
        ),
        ("{\n  \"a\" 1", "invalid JSON at line 2, column 7"),
        ("{} {}", "invalid JSON at line 1, column 4"),
        ("", "invalid JSON at line 1, column 0"),
    ] {
        assert_eq!(
            json::decode(stored.as_bytes(), &r#type).unwrap_err().to_string(),
            message,
            "{stored}"
        );
    }
}

#[test]
fn errors_and_debug_never_contain_a_value() {
    let r#type = Type::object([("secret", Type::Bool), ("key", Type::Number)]);
    for (secret, key) in [("hunter2", "1"), ("true", "hunter2")] {
        let value = Value::object([("secret", Value::from(secret)), ("key", key.into())]);
        let stored = format!(r#"{{"secret": "{secret}", "key": "{key}"}}"#);
        let errors = [
            format!("{:?}", msgpack::encode(&value, &r#type).unwrap_err()),
            format!("{:?}", json::decode(stored.as_bytes(), &r#type).unwrap_err()),
            format!("{value:?}"),
        ];
        assert!(
            errors.iter().all(|error| !error.contains("hunter2")),
            "{errors:?}"
        );
    }
}
