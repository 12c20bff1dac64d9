//! Rules about `wire` and `returned`.
//!
//! Tests: `schema/tests/ui/wire/`.

use super::{AttributeContext, AttributeRule, Reporter, by_name};
use crate::path::is_key;

/// The rules of this file.
pub(crate) const RULES: &[(&str, AttributeRule)] = by_name![
    wire_pointer,
    wire_key,
    write_of_computed,
    write_needed,
    returned_without_effect
];

/// A pointer can only contain keys, dots and `[]`. The engine supports nothing else.
fn wire_pointer(context: &AttributeContext<'_>, reporter: &mut Reporter<'_>) {
    for (index, pointer) in context.attribute.wire.read.iter().enumerate() {
        let is_segment = |segment: &str| {
            let name = segment.strip_suffix("[]").unwrap_or(segment);
            !name.is_empty()
                && name
                    .chars()
                    .all(|char| char.is_ascii_alphanumeric() || char == '_' || char == '-')
        };
        if !pointer.split('.').all(is_segment) {
            let path = context.key_path(&format!("wire.read.{index}"));
            let help = "separate keys with dots, and append `[]` to the key of a list: `machines[].uuid`";
            reporter.at_value(
                &path,
                format!("{pointer:?} is not a valid pointer into a response"),
                help,
            );
        }
    }
}

/// The key in a request cannot be a pointer. An update sends only changed keys, so it could send an incomplete nested object.
fn wire_key(context: &AttributeContext<'_>, reporter: &mut Reporter<'_>) {
    if let Some(key) = context.attribute.wire.write.as_deref().filter(|key| !is_key(key)) {
        reporter.at_value(
            &context.key_path("wire.write"),
            format!("{key:?} is not a valid key of a request body"),
            "",
        );
    }
}

/// Only an attribute of a resource that a configuration can set can have `write`. Other attributes are never sent.
fn write_of_computed(context: &AttributeContext<'_>, reporter: &mut Reporter<'_>) {
    let is_sent = context.attribute.mode.is_settable() && context.is_in_resource();
    if context.attribute.wire.write.is_some() && !is_sent {
        let help = "remove `write`";
        reporter.at_value(
            &context.key_path("wire.write"),
            "the attribute is never sent, so it cannot have a `write` key",
            help,
        );
    }
}

/// An attribute that a configuration can set needs `write` if `wire` is a pointer. The key in requests does not follow from the
/// pointer, and without it the attribute would silently never be sent.
fn write_needed(context: &AttributeContext<'_>, reporter: &mut Reporter<'_>) {
    let wire = &context.attribute.wire;
    let is_single_pointer =
        context.has_key("wire") && !context.has_key("wire.read") && !context.has_key("wire.write");
    let Some(pointer) = wire
        .read
        .first()
        .filter(|pointer| is_single_pointer && !is_key(pointer))
    else {
        return;
    };
    if context.attribute.mode.is_settable() && context.is_in_resource() {
        let help = format!(
            "add the key of the request: wire = {{ read = {pointer:?}, write = {:?} }}",
            context.attribute.name
        );
        reporter.at_value(
            &context.key_path("wire"),
            "the pointer is only for reading, but the attribute can be set",
            help,
        );
    }
}

/// `returned = false` keeps the configured value, because the response has none. It has no effect on an attribute that a
/// configuration cannot set, that is never sent, or that is write-only.
fn returned_without_effect(context: &AttributeContext<'_>, reporter: &mut Reporter<'_>) {
    if context.attribute.returned || !context.is_in_resource() {
        return;
    }
    let reason = if !context.attribute.mode.is_settable() {
        "the attribute is computed"
    } else if context.attribute.wire.write.is_none() {
        "the attribute is never sent"
    } else if context.attribute.write_only {
        "the attribute is write-only"
    } else {
        return;
    };
    reporter.at_key(
        &context.key_path("returned"),
        format!("`returned` has no effect: {reason}"),
        "remove `returned`",
    );
}
