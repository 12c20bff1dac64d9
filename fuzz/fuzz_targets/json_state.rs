//! Any stored JSON either is refused or is a value that encodes and decodes to itself.

#![no_main]

use fuzz::any_type;
use fuzz::value::{json, msgpack};
use libfuzzer_sys::arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let mut input = Unstructured::new(input);
    let Ok(r#type) = any_type(&mut input) else { return };
    let Ok(value) = json::decode(input.take_rest(), &r#type) else {
        return;
    };
    assert_eq!(value.conforms(&r#type), Ok(()));
    let text = json::encode(&value, &r#type)
        .expect("what was decoded encodes")
        .to_string();
    let again = json::decode(text.as_bytes(), &r#type).expect("what was encoded decodes");
    assert!(
        again == value,
        "{} became {}",
        value.debug_json(),
        again.debug_json()
    );
    // Terraform reads the state from JSON and sends it on as msgpack.
    let bytes = msgpack::encode(&value, &r#type).expect("what was decoded encodes");
    assert!(
        msgpack::decode(&bytes, &r#type) == Ok(value),
        "{text} became another value"
    );
});
