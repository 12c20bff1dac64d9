//! Any bytes either are refused or are a value that encodes and decodes to itself.

#![no_main]

use fuzz::any_type;
use fuzz::value::msgpack;
use libfuzzer_sys::arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let mut input = Unstructured::new(input);
    let Ok(r#type) = any_type(&mut input) else { return };
    let Ok(value) = msgpack::decode(input.take_rest(), &r#type) else {
        return;
    };
    assert_eq!(value.conforms(&r#type), Ok(()));
    let bytes = msgpack::encode(&value, &r#type).expect("what was decoded encodes");
    let again = msgpack::decode(&bytes, &r#type).expect("what was encoded decodes");
    assert!(
        again == value,
        "{} became {}",
        value.debug_json(),
        again.debug_json()
    );
    assert_eq!(
        msgpack::encode(&again, &r#type),
        Ok(bytes),
        "one value has one encoding"
    );
});
