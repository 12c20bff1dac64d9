//! What the fuzz targets share: the module under test, and types to decode as.

/// The provider's values, compiled alone: with the whole provider, the sanitizers would build TLS and HTTP too.
#[path = "../../provider/src/value/mod.rs"]
pub mod value;

use libfuzzer_sys::arbitrary::{Result, Unstructured};

use crate::value::Type;

/// A type, made from the first bytes of the input; the rest of the input is the text to decode.
pub fn any_type(input: &mut Unstructured<'_>) -> Result<Type> {
    nested(input, 0)
}

fn nested(input: &mut Unstructured<'_>, depth: u8) -> Result<Type> {
    let kinds = if depth < 4 { 9 } else { 4 };
    let some = |input: &mut Unstructured<'_>| input.int_in_range(0..=3_u8);
    Ok(match input.int_in_range(0..=kinds - 1)? {
        0 => Type::Bool,
        1 => Type::Number,
        2 => Type::String,
        3 => Type::Dynamic,
        4 => Type::list(nested(input, depth + 1)?),
        5 => Type::set(nested(input, depth + 1)?),
        6 => Type::map(nested(input, depth + 1)?),
        7 => Type::Tuple(
            (0..some(input)?)
                .map(|_| nested(input, depth + 1))
                .collect::<Result<_>>()?,
        ),
        _ => {
            let names = 0..some(input)?;
            let attributes = names.map(|name| Ok((char::from(b'a' + name), nested(input, depth + 1)?)));
            Type::object(attributes.collect::<Result<Vec<_>>>()?)
        }
    })
}
