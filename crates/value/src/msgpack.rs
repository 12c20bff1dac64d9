//! Encodes and decodes values as MessagePack, the encoding of `DynamicValue` in Terraform's messages.
//!
//! The encoding is described in [Terraform's protocol]; where that leaves a choice, this module does as [cty] does.
//!
//! [Terraform's protocol]: https://github.com/hashicorp/terraform/blob/main/docs/plugin-protocol/object-wire-format.md#messagepack-serialization-rules
//! [cty]: https://github.com/zclconf/go-cty/blob/main/cty/msgpack/marshal.go
//!
//! Tests: `crates/value/src/tests/codec.rs`, `crates/value/src/tests/properties.rs`,
//! `crates/value/src/tests/captured.rs`.

use std::collections::BTreeMap;

use rmp::Marker;
use rmp::decode::{self, ValueReadError};
use rmp::encode::{self, ByteBuf};

use super::error::{DecodeError, DecodeErrorKind, EncodeError, EncodeErrorKind, Mismatch};
use super::{Number, Step, Type, Value};
use crate::secret::Secret;

/// Decodes a value of the type, which must take up all the bytes.
///
/// Unknown values lose their refinements. An object must have all attributes of its type and no others.
///
/// # Errors
///
/// A [`DecodeError`] with the path of the value if the bytes end too early, if bytes follow the value, if the value does not
/// conform to the type, or if a number is not finite or has more than [`MAX_DIGITS`](super::MAX_DIGITS) digits before or
/// after its decimal point.
pub fn decode(bytes: &[u8], r#type: &Type) -> Result<Value, DecodeError> {
    let mut reader = Reader::new(bytes);
    let value = reader.value(r#type)?;
    reader.end()?;
    Ok(value)
}

/// Encodes a value of the type, to the same bytes as Terraform.
///
/// # Errors
///
/// An [`EncodeError`] with the path of the value if it does not conform to the type, or if it is too long for MessagePack.
///
/// # Examples
///
/// ```
/// use value::{Type, Value, msgpack};
///
/// let r#type = Type::list(Type::String);
/// let value = Value::List(vec!["a".into(), Value::Unknown]);
/// let bytes = msgpack::encode(&value, &r#type)?;
/// assert_eq!(bytes, [0x92, 0xa1, b'a', 0xd4, 0, 0]);
/// assert_eq!(msgpack::decode(&bytes, &r#type)?, value);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn encode(value: &Value, r#type: &Type) -> Result<Vec<u8>, EncodeError> {
    value.conforms(r#type)?;
    let mut writer = ByteBuf::new();
    write(&mut writer, value)?;
    Ok(writer.into_vec())
}

/// Writes a value that conforms to its type.
fn write(writer: &mut ByteBuf, value: &Value) -> Result<(), EncodeError> {
    match value {
        Value::Null => {
            let Ok(()) = encode::write_nil(writer);
        }
        Value::Unknown => {
            // An extension of type 0; its one byte is ignored.
            writer.as_mut_vec().extend([Marker::FixExt1.to_u8(), 0, 0]);
        }
        Value::Bool(bool) => {
            let Ok(()) = encode::write_bool(writer, *bool);
        }
        Value::Number(number) => write_number(writer, number)?,
        Value::String(text) => write_string(writer, text)?,
        Value::Secret(secret) => write_string(writer, secret.expose())?,
        Value::List(elements) | Value::Set(elements) => {
            let Ok(_) = encode::write_array_len(writer, length(elements.len())?);
            for (index, element) in elements.iter().enumerate() {
                write(writer, element).map_err(|error| match value {
                    Value::Set(_) => error.within_set(),
                    _ => error.within(Step::index(index)),
                })?;
            }
        }
        Value::Map(entries) | Value::Object(entries) => {
            let Ok(_) = encode::write_map_len(writer, length(entries.len())?);
            for (name, entry) in entries {
                write_string(writer, name)?;
                write(writer, entry).map_err(|error| match value {
                    Value::Map(_) => error.within(Step::Key(name.clone())),
                    _ => error.within(Step::Attribute(name.clone())),
                })?;
            }
        }
    }
    Ok(())
}

/// Writes an integer if the number fits an i64, a float64 if that is exactly the number, otherwise a string, as cty does.
fn write_number(writer: &mut ByteBuf, number: &Number) -> Result<(), EncodeError> {
    if let Some(integer) = number.as_i64() {
        let Ok(_) = encode::write_sint(writer, integer);
    } else if let Some(float) = number.as_exact_f64() {
        let Ok(()) = encode::write_f64(writer, float);
    } else {
        write_string(writer, &number.to_string())?;
    }
    Ok(())
}

fn write_string(writer: &mut ByteBuf, text: &str) -> Result<(), EncodeError> {
    let Ok(_) = encode::write_str_len(writer, length(text.len())?);
    writer.as_mut_vec().extend(text.as_bytes());
    Ok(())
}

fn length(length: usize) -> Result<u32, EncodeErrorKind> {
    u32::try_from(length).map_err(|_| EncodeErrorKind::TooLong)
}

/// Reads values from the beginning of bytes.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Asserts that all bytes were read.
    pub(super) fn end(&self) -> Result<(), DecodeError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(DecodeErrorKind::Trailing.into())
        }
    }

    /// Reads a null, if the next value is one.
    pub(super) fn skip_null(&mut self) -> Result<bool, DecodeError> {
        let is_null = self.marker()? == Marker::Null;
        if is_null {
            self.bytes(1)?;
        }
        Ok(is_null)
    }

    /// Whether the next value is unknown.
    pub(super) fn is_unknown(&self) -> Result<bool, DecodeError> {
        self.marker().map(is_extension)
    }

    /// Reads the bytes of a binary or of a string.
    pub(super) fn binary(&mut self) -> Result<&'a [u8], DecodeError> {
        let is_binary = matches!(self.marker()?, Marker::Bin8 | Marker::Bin16 | Marker::Bin32);
        let length = if is_binary {
            decode::read_bin_len(&mut self.rest)
        } else {
            decode::read_str_len(&mut self.rest)
        };
        self.bytes(length.map_err(|error| decode_error(&error, "bytes"))?)
    }

    pub(super) fn bool(&mut self) -> Result<bool, DecodeError> {
        let marker = self.marker()?;
        let (expected, found) = (Type::Bool.noun(), noun(marker));
        match marker {
            Marker::True | Marker::False => self.bytes(1).map(|_| marker == Marker::True),
            _ => Err(Mismatch::Type { expected, found }.into()),
        }
    }

    fn value(&mut self, r#type: &Type) -> Result<Value, DecodeError> {
        let marker = self.marker()?;
        if marker == Marker::Null {
            return self.bytes(1).map(|_| Value::Null);
        }
        if is_extension(marker) {
            // Any extension is an unknown value; an extension of type 12 holds refinements.
            let meta =
                decode::read_ext_meta(&mut self.rest).map_err(|error| decode_error(&error, r#type.noun()))?;
            return self.bytes(meta.size).map(|_| Value::Unknown);
        }
        match r#type {
            Type::Bool => self.bool().map(Value::Bool),
            Type::Number => self.number().map(Value::Number),
            Type::String => self
                .string(r#type.noun())
                .map(|text| Value::String(text.to_owned())),
            Type::Secret => self
                .string(r#type.noun())
                .map(|text| Value::Secret(Secret::new(text))),
            Type::List(element) => {
                let length = self.array_length(r#type.noun())?;
                self.elements(element, length).map(Value::List)
            }
            Type::Set(element) => {
                let length = self.array_length(r#type.noun())?;
                let elements = self.elements(element, length);
                elements.map(Value::set).map_err(DecodeError::within_set)
            }
            Type::Map(element) => self.map(r#type, element).map(Value::Map),
            Type::Object(types) => self.object(r#type, types).map(Value::Object),
        }
    }

    /// Reads any integer or float, or a string that is a number: Terraform sends the form that holds the number exactly.
    pub(super) fn number(&mut self) -> Result<Number, DecodeError> {
        let expected = Type::Number.noun();
        let number = match self.marker()? {
            Marker::FixPos(_) | Marker::U8 | Marker::U16 | Marker::U32 | Marker::U64 => {
                decode::read_int::<u64, _>(&mut self.rest).ok().map(Number::from)
            }
            Marker::FixNeg(_) | Marker::I8 | Marker::I16 | Marker::I32 | Marker::I64 => {
                decode::read_int::<i64, _>(&mut self.rest).ok().map(Number::from)
            }
            Marker::F32 => decode::read_f32(&mut self.rest)
                .ok()
                .map(f64::from)
                .map(from_float)
                .transpose()?,
            Marker::F64 => decode::read_f64(&mut self.rest)
                .ok()
                .map(from_float)
                .transpose()?,
            _ => return Ok(Number::parse(self.string(expected)?).ok_or(DecodeErrorKind::InvalidNumber)?),
        };
        // The marker is a number's, so only the bytes after it can be missing.
        Ok(number.ok_or(DecodeErrorKind::Truncated)?)
    }

    pub(super) fn string(&mut self, expected: &'static str) -> Result<&'a str, DecodeError> {
        let length = decode::read_str_len(&mut self.rest).map_err(|error| decode_error(&error, expected))?;
        let bytes = self.bytes(length)?;
        std::str::from_utf8(bytes).map_err(|_| DecodeErrorKind::InvalidUtf8.into())
    }

    fn elements(&mut self, r#type: &Type, length: usize) -> Result<Vec<Value>, DecodeError> {
        let elements = (0..length).map(|index| {
            self.value(r#type)
                .map_err(|error| error.within(Step::index(index)))
        });
        elements.collect()
    }

    fn map(&mut self, r#type: &Type, element: &Type) -> Result<BTreeMap<String, Value>, DecodeError> {
        let mut entries = BTreeMap::new();
        for _ in 0..self.map_length(r#type.noun())? {
            let key = self.string("a key")?;
            let at = |error: DecodeError| error.within(Step::Key(key.to_owned()));
            let value = self.value(element).map_err(at)?;
            if entries.insert(key.to_owned(), value).is_some() {
                return Err(at(DecodeErrorKind::DuplicateKey.into()));
            }
        }
        Ok(entries)
    }

    fn object(
        &mut self,
        r#type: &Type,
        types: &BTreeMap<String, Type>,
    ) -> Result<BTreeMap<String, Value>, DecodeError> {
        let mut attributes = BTreeMap::new();
        for _ in 0..self.map_length(r#type.noun())? {
            let name = self.string("a name")?;
            let at = |error: DecodeError| error.within(Step::Attribute(name.to_owned()));
            let r#type = types
                .get(name)
                .ok_or_else(|| at(Mismatch::UnexpectedAttribute.into()))?;
            let value = self.value(r#type).map_err(at)?;
            if attributes.insert(name.to_owned(), value).is_some() {
                return Err(at(DecodeErrorKind::DuplicateKey.into()));
            }
        }
        match types.keys().find(|name| !attributes.contains_key(*name)) {
            Some(name) => {
                Err(DecodeError::from(Mismatch::MissingAttribute).within(Step::Attribute(name.clone())))
            }
            None => Ok(attributes),
        }
    }

    pub(super) fn array_length(&mut self, expected: &'static str) -> Result<usize, DecodeError> {
        let length =
            decode::read_array_len(&mut self.rest).map_err(|error| decode_error(&error, expected))?;
        self.checked_length(length, 1)
    }

    pub(super) fn map_length(&mut self, expected: &'static str) -> Result<usize, DecodeError> {
        let length = decode::read_map_len(&mut self.rest).map_err(|error| decode_error(&error, expected))?;
        self.checked_length(length, 2)
    }

    /// Rejects a number of elements for which there are not enough bytes, so that the memory that is reserved stays in
    /// proportion to the input.
    fn checked_length(&self, elements: u32, bytes_each: usize) -> Result<usize, DecodeError> {
        match usize::try_from(elements) {
            Ok(elements) if elements <= self.rest.len() / bytes_each => Ok(elements),
            _ => Err(DecodeErrorKind::Truncated.into()),
        }
    }

    fn marker(&self) -> Result<Marker, DecodeError> {
        self.rest
            .first()
            .map(|&byte| Marker::from_u8(byte))
            .ok_or_else(|| DecodeErrorKind::Truncated.into())
    }

    fn bytes(&mut self, count: u32) -> Result<&'a [u8], DecodeError> {
        let split = usize::try_from(count)
            .ok()
            .and_then(|count| self.rest.split_at_checked(count));
        let (bytes, rest) = split.ok_or(DecodeErrorKind::Truncated)?;
        self.rest = rest;
        Ok(bytes)
    }
}

fn from_float(float: f64) -> Result<Number, DecodeErrorKind> {
    Number::from_f64(float).ok_or(DecodeErrorKind::InvalidNumber)
}

fn decode_error(error: &ValueReadError<std::io::Error>, expected: &'static str) -> DecodeError {
    match error {
        ValueReadError::TypeMismatch(marker) => Mismatch::Type {
            expected,
            found: noun(*marker),
        }
        .into(),
        // Reading from a slice fails only at its end.
        ValueReadError::InvalidMarkerRead(_) | ValueReadError::InvalidDataRead(_) => {
            DecodeErrorKind::Truncated.into()
        }
    }
}

fn is_extension(marker: Marker) -> bool {
    matches!(
        marker,
        Marker::FixExt1
            | Marker::FixExt2
            | Marker::FixExt4
            | Marker::FixExt8
            | Marker::FixExt16
            | Marker::Ext8
            | Marker::Ext16
            | Marker::Ext32
    )
}

/// The type of a MessagePack value in Terraform's words, with its article, for messages.
fn noun(marker: Marker) -> &'static str {
    match marker {
        Marker::Null => "null",
        Marker::True | Marker::False => "a boolean",
        Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32 => "a string",
        Marker::Bin8 | Marker::Bin16 | Marker::Bin32 => "bytes",
        Marker::FixArray(_) | Marker::Array16 | Marker::Array32 => "a list",
        Marker::FixMap(_) | Marker::Map16 | Marker::Map32 => "a map",
        _ if is_extension(marker) => "an unknown value",
        Marker::Reserved => "a reserved byte",
        _ => "a number",
    }
}
