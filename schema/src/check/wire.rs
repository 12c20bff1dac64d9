//! Rules about where the API has an attribute.
//!
//! Tests: `schema/tests/ui/wire/`.

use super::{AttributeRule, Found, Site, by_name};
use crate::path::is_key;

/// The rules of this file.
pub(crate) const RULES: &[(&str, AttributeRule)] = by_name![
    wire_pointer,
    wire_key,
    write_of_computed,
    write_needed,
    returned_without_effect
];

/// A pointer is read by a handful of lines in the engine, which know keys, dots and `[]` and nothing else.
fn wire_pointer(site: &Site<'_>, found: &mut Found<'_>) {
    for (index, pointer) in site.attribute.wire.read.iter().enumerate() {
        let is_segment = |segment: &str| {
            let name = segment.strip_suffix("[]").unwrap_or(segment);
            !name.is_empty()
                && name
                    .chars()
                    .all(|char| char.is_ascii_alphanumeric() || char == '_' || char == '-')
        };
        if !pointer.split('.').all(is_segment) {
            let path = site.key(&format!("wire.read.{index}"));
            let help = "separate keys with dots, and append `[]` to the key of a list: `machines[].uuid`";
            found.value(
                &path,
                format!("{pointer:?} is not a valid pointer into a response"),
                help,
            );
        }
    }
}

/// A request's body is flat: an update sends the keys that changed, and half of a nested object cannot be sent.
fn wire_key(site: &Site<'_>, found: &mut Found<'_>) {
    if let Some(key) = site.attribute.wire.write.as_deref().filter(|key| !is_key(key)) {
        found.value(
            &site.key("wire.write"),
            format!("{key:?} is not a valid key of a request body"),
            "",
        );
    }
}

/// What the configuration cannot set, a request cannot hold; and a data source sends no body at all.
fn write_of_computed(site: &Site<'_>, found: &mut Found<'_>) {
    let is_sent = site.attribute.mode.is_settable() && site.is_in_resource();
    if site.attribute.wire.write.is_some() && !is_sent {
        let help = "remove `write`";
        found.value(
            &site.key("wire.write"),
            "the attribute is never sent, so it cannot have a `write` key",
            help,
        );
    }
}

/// A pointer says where an answer has the value. Under which key it is sent cannot be guessed from that, and a setting
/// that is silently never sent is the worst of all answers.
fn write_needed(site: &Site<'_>, found: &mut Found<'_>) {
    let wire = &site.attribute.wire;
    let is_plain_text =
        site.speaks_of("wire") && !site.speaks_of("wire.read") && !site.speaks_of("wire.write");
    let Some(pointer) = wire
        .read
        .first()
        .filter(|pointer| is_plain_text && !is_key(pointer))
    else {
        return;
    };
    if site.attribute.mode.is_settable() && site.is_in_resource() {
        let help = format!(
            "add the key of the request: wire = {{ read = {pointer:?}, write = {:?} }}",
            site.attribute.name
        );
        found.value(
            &site.key("wire"),
            "a pointer only says where the value is read, but the attribute can be set",
            help,
        );
    }
}

/// `returned = false` keeps the configured value because the answer has none. There is none to keep for what is only
/// computed, and nothing to say for what is never read.
fn returned_without_effect(site: &Site<'_>, found: &mut Found<'_>) {
    if site.attribute.returned || !site.is_in_resource() {
        return;
    }
    let what = if !site.attribute.mode.is_settable() {
        "the attribute is computed"
    } else if site.attribute.wire.write.is_none() {
        "the attribute is never sent"
    } else if site.attribute.write_only {
        "the attribute is write-only"
    } else {
        return;
    };
    found.key(
        &site.key("returned"),
        format!("`returned` has no effect: {what}"),
        "remove `returned`",
    );
}
