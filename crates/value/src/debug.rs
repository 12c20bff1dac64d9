//! Values for people who debug: without strings.
//!
//! Tests: `crates/value/src/tests/mod.rs`.

use std::fmt;

use super::Value;

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Unknown => f.write_str("unknown"),
            Value::Bool(bool) => fmt::Debug::fmt(bool, f),
            Value::Number(number) => fmt::Debug::fmt(number, f),
            Value::String(_) => f.write_str("\"…\""),
            Value::Secret(_) => f.write_str("(secret)"),
            Value::List(elements) => f.debug_list().entries(elements).finish(),
            Value::Set(elements) => f.debug_set().entries(elements).finish(),
            Value::Map(entries) | Value::Object(entries) => f.debug_map().entries(entries).finish(),
        }
    }
}
