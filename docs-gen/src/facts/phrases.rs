//! The sentences that pages, site and changelog derive from facts. They are the same in all outputs.
//!
//! Tests: `docs-gen/tests/registry.rs`.

use std::fmt::Write as _;

use serde_json::Value as Json;

use super::{Attribute, Bounds, Change, Destroy, Object, Rule};

/// The sentence for an attribute whose change replaces the object.
pub const FORCES_REPLACEMENT: &str = "**Forces replacement.**";

/// The sentences about an attribute in Markdown, the most important first.
///
/// `rules` are those of the object; `within` is the name of the block that contains the attribute, if any.
pub fn describe_attribute(attribute: &Attribute, rules: &[Rule], within: Option<&str>) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(remedy) = &attribute.deprecated
        && !remedy.is_empty()
    {
        out.push(format!("**Deprecated**: {}", sentence(remedy)));
    }
    if attribute.change == Some(Change::Replaced) {
        out.push(FORCES_REPLACEMENT.to_owned());
    }
    if let Some(default) = &attribute.default
        && attribute.group != super::Group::ReadOnly
    {
        out.push(format!("Default: {}.", format_literal(default)));
    }
    if let Some(variable) = &attribute.environment {
        out.push(format!("Environment variable: `{variable}`."));
    }
    if !attribute.allowed.is_empty() {
        let allowed: Vec<String> = attribute.allowed.iter().map(|value| text(value)).collect();
        out.push(format!("Allowed values: {}.", allowed.join(", ")));
    }
    let is_collection = ["List", "Set", "Map"]
        .iter()
        .any(|word| attribute.r#type.starts_with(word));
    if let Some(format) = &attribute.format {
        let sentence = format_sentence(format, is_collection);
        let phrase = sentence.trim_end_matches('.').to_lowercase();
        let phrase = ["each is ", "an ", "a "]
            .iter()
            .fold(phrase.as_str(), |phrase, article| {
                phrase.trim_start_matches(article)
            });
        if !attribute.description.to_lowercase().contains(phrase) {
            out.push(sentence);
        }
    }
    if let Some(reference) = &attribute.reference {
        let one = if is_collection { "Each is the" } else { "The" };
        out.push(format!(
            "{one} `{}` of a [`{}`](../{}.md).",
            reference.attribute, reference.object, reference.path
        ));
    }
    if let Some(range) = attribute.range {
        out.push(capitalised(&bounds(range, "", "")));
    }
    if let Some(length) = attribute.length {
        let each = if is_collection { "each " } else { "" };
        out.push(capitalised(&format!(
            "{each}{}",
            bounds(length, " character", " characters")
        )));
    }
    if let Some(items) = attribute.items {
        out.push(capitalised(&bounds(items, " element", " elements")));
    }
    if let Some(pattern) = &attribute.pattern {
        let what = if is_collection {
            "Each element matches"
        } else {
            "Matches"
        };
        out.push(format!("{what} `{pattern}`."));
    }
    for rule in rules {
        if rule.within.as_deref() == within && rule.attributes.contains(&attribute.name) {
            out.push(rule.text.clone());
        }
    }
    out.extend(describe_equality(attribute).map(str::to_owned));
    if let Some(twin) = &attribute.twin {
        out.push(format!(
            "The write-only argument `{twin}` sets the same value without storing it in state or plans."
        ));
    }
    if attribute.not_returned {
        out.push(
            "The API never returns this value, so Terraform cannot detect changes made outside Terraform."
                .to_owned(),
        );
    }
    if attribute.computed && attribute.default.is_none() && attribute.change.is_some() {
        out.push("If omitted, the current value is kept.".to_owned());
    }
    if let Some(since) = &attribute.since {
        out.push(format!("Since version {since}."));
    }
    out
}

/// The sentence about differences that do not matter.
pub fn describe_equality(attribute: &Attribute) -> Option<&'static str> {
    match attribute.equal.as_deref() {
        Some("set") => Some("The order does not matter."),
        Some("scheme") => Some("The scheme and a trailing slash do not matter."),
        _ => None,
    }
}

/// The effect of a change of an attribute, for a table.
pub fn describe_change(object: &Object, attribute: &Attribute, change: Change) -> &'static str {
    let create_starts_run = object
        .operations
        .iter()
        .any(|operation| operation.step.starts_with("start the run after create"));
    match change {
        Change::Replaced if create_starts_run => "replaced, which starts a new run",
        Change::Replaced => "replaced",
        Change::InPlace => "changed in place",
        Change::Nothing if attribute.write_only => "none, because Terraform cannot detect it",
        Change::Nothing => "none",
    }
}

/// The sentences about destroying an object.
pub fn describe_destroy(object: &Object, destroy: Destroy) -> String {
    match destroy {
        Destroy::Forgotten => {
            let removed = "Destroying this resource removes the object from state only.";
            match &object.release {
                None => format!("{removed} The provider sends no request, so the object stays as it is."),
                Some(release) => format!(
                    "{removed} {release} Otherwise, it sends no request, and the object stays as it is."
                ),
            }
        }
        Destroy::Deleted => {
            let call = object
                .operations
                .iter()
                .find(|operation| operation.step == "delete");
            let call = call
                .map(|operation| format!(" with `{}`", operation.call))
                .unwrap_or_default();
            format!(
                "Destroying this resource deletes the object{call}. Destroying an object that no longer exists succeeds."
            )
        }
    }
}

/// A value in backticks, as a configuration writes it.
pub fn format_literal(value: &Json) -> String {
    match value {
        Json::String(value) => text(value),
        other => format!("`{other}`"),
    }
}

fn text(value: &str) -> String {
    if value.is_empty() {
        "empty (`\"\"`)".to_owned()
    } else {
        format!("`{value}`")
    }
}

fn format_sentence(format: &str, is_collection: bool) -> String {
    let phrase = match format {
        "uuid" => "a UUID",
        "ip" => "an IPv4 or IPv6 address",
        "cidr" => "an address block in CIDR notation",
        "url" => "an absolute `http` or `https` URL",
        "duration" => "a duration such as `90s` or `1h30m`",
        "timestamp" => "an RFC 3339 timestamp",
        "json" => "a JSON document",
        "glob" => {
            "a pattern: `*` matches any characters, `?` one character, and `[abc]` or `[a-z]` one of these"
        }
        other => return format!("Format: {other}."),
    };
    if is_collection {
        format!("Each is {phrase}.")
    } else {
        format!("{}.", capitalised(phrase))
    }
}

fn bounds(bounds: Bounds, one: &str, many: &str) -> String {
    let unit = |number: i64| if number == 1 { one } else { many };
    match (bounds.min, bounds.max) {
        (Some(min), Some(max)) if min == max => format!("exactly {min}{}.", unit(min)),
        (Some(min), Some(max)) => format!("{min} to {max}{}.", unit(max)),
        (Some(min), None) => format!("at least {min}{}.", unit(min)),
        (None, Some(max)) => format!("at most {max}{}.", unit(max)),
        (None, None) => String::new(),
    }
}

fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '!', '?']) {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

/// Names in backticks, separated by commas, and by `last` before the last one.
pub fn join_names<T: AsRef<str>>(names: &[T], last: &str) -> String {
    let mut out = String::new();
    for (index, name) in names.iter().enumerate() {
        if index > 0 {
            out.push_str(if index + 1 == names.len() { last } else { ", " });
        }
        let _ = write!(out, "`{}`", name.as_ref());
    }
    out
}
