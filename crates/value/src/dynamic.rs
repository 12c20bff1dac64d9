//! Decodes the arguments of functions, whose types may be known only from the value itself, to JSON.
//!
//! The value of a parameter of the type `dynamic` is a pair of its type and the value:
//! <https://github.com/hashicorp/terraform/blob/main/docs/plugin-protocol/object-wire-format.md>.
//!
//! Tests: `crates/value/src/tests/dynamic.rs`.

use serde_json::{Map, Value as Json};

use super::error::{DecodeError, DecodeErrorKind, Mismatch};
use super::msgpack::Reader;
use super::{Step, Type};

/// How deeply a value may be nested.
const MAX_DEPTH: usize = 128;

/// Decodes a known value of a type in its JSON form, such as `"dynamic"` or `["list","string"]`, from MessagePack.
///
/// Lists, sets and tuples become arrays; maps and objects become objects.
///
/// # Errors
///
/// A [`DecodeError`] with the path of the value if the bytes do not hold one value of the type, or if a part of it is unknown.
///
/// # Examples
///
/// ```
/// use serde_json::json;
///
/// let bytes = [&[0x92, 0xc4, 8][..], br#""string""#, &[0xa1, b'a']].concat();
/// assert_eq!(value::dynamic::decode(&bytes, &json!("dynamic"))?, json!("a"));
/// # Ok::<(), value::DecodeError>(())
/// ```
pub fn decode(bytes: &[u8], r#type: &Json) -> Result<Json, DecodeError> {
    let mut reader = Reader::new(bytes);
    let value = read(&mut reader, r#type, 0)?;
    reader.end()?;
    Ok(value)
}

fn read(reader: &mut Reader<'_>, r#type: &Json, depth: usize) -> Result<Json, DecodeError> {
    if reader.skip_null()? {
        return Ok(Json::Null);
    }
    if reader.is_unknown()? || depth > MAX_DEPTH {
        let (expected, found) = ("a known value", "an unknown value");
        return Err(Mismatch::Type { expected, found }.into());
    }
    let element = |index: usize| move |error: DecodeError| error.within(Step::index(index));
    match (
        r#type.as_str(),
        r#type.get(0).and_then(Json::as_str),
        r#type.get(1),
    ) {
        (Some("bool"), ..) => Ok(Json::Bool(reader.bool()?)),
        (Some("number"), ..) => {
            let number = reader.number()?.to_string();
            serde_json::from_str(&number).map_err(|_| DecodeErrorKind::InvalidNumber.into())
        }
        (Some("string"), ..) => Ok(Json::from(reader.string(Type::String.noun())?)),
        (Some("dynamic"), ..) => {
            reader.array_length("a value with its type")?;
            let r#type =
                serde_json::from_slice(reader.binary()?).map_err(|error| DecodeErrorKind::Syntax {
                    line: error.line(),
                    column: error.column(),
                })?;
            read(reader, &r#type, depth + 1)
        }
        (_, Some("list" | "set"), Some(inner)) => {
            let length = reader.array_length("a list")?;
            let elements = (0..length).map(|index| read(reader, inner, depth + 1).map_err(element(index)));
            elements.collect::<Result<Vec<Json>, _>>().map(Json::Array)
        }
        (_, Some("tuple"), Some(Json::Array(types))) => {
            let length = reader.array_length("a tuple")?;
            if length != types.len() {
                return Err(DecodeErrorKind::Truncated.into());
            }
            let elements = types.iter().enumerate();
            let elements =
                elements.map(|(index, inner)| read(reader, inner, depth + 1).map_err(element(index)));
            elements.collect::<Result<Vec<Json>, _>>().map(Json::Array)
        }
        (_, Some("map"), Some(inner)) => read_members(reader, |_| Some(inner), depth),
        (_, Some("object"), Some(Json::Object(types))) => read_members(reader, |name| types.get(name), depth),
        _ => {
            let (expected, found) = ("a type", "another string");
            Err(Mismatch::Type { expected, found }.into())
        }
    }
}

fn read_members<'a>(
    reader: &mut Reader<'_>,
    type_of: impl Fn(&str) -> Option<&'a Json>,
    depth: usize,
) -> Result<Json, DecodeError> {
    let mut members = Map::new();
    for _ in 0..reader.map_length("an object")? {
        let name = reader.string("a name")?.to_owned();
        let r#type = type_of(&name).ok_or(Mismatch::UnexpectedAttribute)?;
        let value =
            read(reader, r#type, depth + 1).map_err(|error| error.within(Step::Attribute(name.clone())))?;
        members.insert(name, value);
    }
    Ok(Json::Object(members))
}
