//! Dotted paths: where a key stands in a declaration, where a value stands in an answer.
//!
//! Tests: `schema/tests/model.rs`.

/// A path below another.
pub(crate) fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// Whether a pointer is a plain key of the outermost object.
pub(crate) fn is_key(pointer: &str) -> bool {
    !pointer.contains(['.', '['])
}
