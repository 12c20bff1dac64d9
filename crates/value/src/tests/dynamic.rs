//! Tests of `dynamic::decode`, with values as Terraform encodes them.

use serde_json::{Value as Json, json};

use crate::dynamic::decode;

/// A value with its type, as cty encodes it.
fn dynamic(r#type: &Json, value: &[u8]) -> Vec<u8> {
    let r#type = r#type.to_string();
    let length = u8::try_from(r#type.len()).unwrap();
    [&[0x92, 0xc4, length][..], r#type.as_bytes(), value].concat()
}

#[test]
fn decode_reads_values_with_their_types() {
    let object =
        json!(["object", { "a": "number", "b": ["tuple", ["string", "bool"]], "c": ["map", "number"] }]);
    let value = [
        &[0x83, 0xa1, b'a', 0xa3][..],
        b"0.1",
        &[
            0xa1, b'b', 0x92, 0xa1, b'x', 0xc3, 0xa1, b'c', 0x81, 0xa1, b'k', 1,
        ],
    ]
    .concat();
    let number: Json = serde_json::from_str("0.1").unwrap();
    assert_eq!(
        decode(&dynamic(&object, &value), &json!("dynamic")),
        Ok(json!({ "a": number, "b": ["x", true], "c": { "k": 1 } }))
    );
    let nested = dynamic(&json!("string"), &[0xa1, b'y']);
    let list = [&[0x91][..], &nested].concat();
    assert_eq!(
        decode(&dynamic(&json!(["list", "dynamic"]), &list), &json!("dynamic")),
        Ok(json!(["y"]))
    );
    assert_eq!(decode(&[0xa1, b'a'], &json!("string")), Ok(json!("a")));
    assert_eq!(decode(&[0xc0], &json!("dynamic")), Ok(Json::Null));
    assert_eq!(decode(&[0x91, 0xc2], &json!(["set", "bool"])), Ok(json!([false])));
}

#[test]
fn decode_rejects_other_bytes() {
    let table: [(&[u8], Json, &str); 7] = [
        (
            &[0xd4, 0, 0],
            json!("dynamic"),
            "expected a known value, found an unknown value",
        ),
        (
            &[0x91, 0xd4, 0, 0],
            json!(["list", "string"]),
            "`[0]`: expected a known value, found an unknown value",
        ),
        (&[0xc3], json!("string"), "expected a string, found a boolean"),
        (
            &[0xa1, b'a', 0],
            json!("string"),
            "unexpected bytes after the value",
        ),
        (
            &[0x92, 0xc4, 1, b'x', 0],
            json!("dynamic"),
            "invalid JSON at line 1, column 1",
        ),
        (
            &[0x81, 0xa1, b'z', 1],
            json!(["object", {}]),
            "the type has no such attribute",
        ),
        (&[], json!("bool"), "the value ends too early"),
    ];
    for (bytes, r#type, expected) in table {
        assert_eq!(decode(bytes, &r#type).unwrap_err().to_string(), expected);
    }
}
