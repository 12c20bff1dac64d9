//! Dotted paths of keys in a declaration, and of values in a response.
//!
//! Tests: `schema/tests/model.rs`.

/// Appends a name to a path.
pub(crate) fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// Whether a pointer is a single key, without dots and `[]`.
pub(crate) fn is_key(pointer: &str) -> bool {
    !pointer.contains(['.', '['])
}
