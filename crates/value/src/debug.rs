//! The `Debug` form of values, which hides strings because they may be secrets.
//!
//! Tests: `crates/value/src/tests/reading.rs`.

use std::fmt;

use super::Value;

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Unknown => f.write_str("unknown"),
            Self::Bool(bool) => fmt::Debug::fmt(bool, f),
            Self::Number(number) => fmt::Debug::fmt(number, f),
            Self::String(_) => f.write_str("\"…\""),
            Self::Secret(_) => f.write_str("(secret)"),
            Self::List(elements) => f.debug_list().entries(elements).finish(),
            Self::Set(elements) => f.debug_set().entries(elements).finish(),
            Self::Map(entries) | Self::Object(entries) => f.debug_map().entries(entries).finish(),
        }
    }
}
