//! Parses `operations.toml`, which maps operation ids to `METHOD /path`.
//!
//! Tests: `schema/tests/ui/files/`.

use std::borrow::Cow;

use toml::de::DeTable;

use super::conform::Reader;
use crate::model::{Method, Operation};
use crate::similar::nearest;

/// An operation is not a method and a path.
///
/// At run time, the path in the control plane's document takes precedence. The path here is used if the document is missing, so
/// it must be complete.
pub(crate) const BAD_OPERATION: &str = "bad_operation";

const METHODS: &[Method] = &[
    Method::Get,
    Method::Post,
    Method::Put,
    Method::Patch,
    Method::Delete,
];

/// Reads all operations, sorted by id.
pub(crate) fn read(table: &DeTable<'_>, reader: &mut Reader<'_>) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (id, value) in table {
        let text = value.get_ref().as_str().unwrap_or_default();
        let (method, path) = operation(text).unwrap_or_else(|message| {
            let help = format!("write {} = \"GET /api/things/{{uuid}}\"", id.get_ref());
            reader.report(value.span(), BAD_OPERATION, message, Some(help));
            // Keep the operation: a declaration that uses it has no mistake.
            (Method::Get, "")
        });
        let id = Cow::Owned(id.get_ref().to_string());
        operations.push(Operation {
            id,
            method,
            path: Cow::Owned(path.to_owned()),
        });
    }
    operations
}

fn operation(text: &str) -> Result<(Method, &str), String> {
    let (word, path) = text
        .split_once(' ')
        .ok_or_else(|| "an operation must be a string with a method and a path".to_owned())?;
    let method = METHODS
        .iter()
        .find(|method| method.name() == word)
        .ok_or_else(|| {
            let near = nearest(word, METHODS.iter().map(|method| method.name()));
            near.map_or_else(
                || format!("unknown method {word:?}"),
                |near| format!("unknown method {word:?}, did you mean {near:?}?"),
            )
        })?;
    if !path.starts_with('/') || path.contains(char::is_whitespace) {
        return Err(format!(
            "the path {path:?} does not start with \"/\", or contains a space"
        ));
    }
    for segment in path.split('/') {
        let name = segment
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'))
            .unwrap_or(segment);
        let is_placeholder = name.len() != segment.len();
        if name.contains(['{', '}']) || (is_placeholder && name.is_empty()) {
            return Err(format!(
                "the placeholder in {segment:?} must be a whole segment of the path"
            ));
        }
    }
    Ok((*method, path))
}
