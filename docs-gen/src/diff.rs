//! The changes between two versions, as a fragment of a changelog with Terraform's headings.
//!
//! Tests: `docs-gen/tests/machines.rs`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use value::duration;

use crate::facts::{self, Attribute, Bounds, Change, Documentation, Group, Object, Timeout, phrases};
use crate::kind::Kind;

/// The headings of a changelog, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Heading {
    /// A configuration or state that worked before may no longer work.
    Breaking,
    /// A configuration still works, but should be changed.
    Deprecations,
    /// A new object.
    Features,
    /// An improvement of an existing object.
    Enhancements,
}

impl Heading {
    fn title(self) -> &'static str {
        match self {
            Self::Breaking => "BREAKING CHANGES",
            Self::Deprecations => "DEPRECATIONS",
            Self::Features => "FEATURES",
            Self::Enhancements => "ENHANCEMENTS",
        }
    }
}

/// The fragment, which is empty if nothing changed.
pub fn changelog(old: &Documentation, new: &Documentation) -> String {
    let mut changes = BTreeMap::<Heading, Vec<String>>::new();
    for (heading, text) in differences(old, new) {
        changes.entry(heading).or_default().push(text);
    }
    let mut out = String::new();
    for (heading, mut lines) in changes {
        lines.sort();
        let _ = write!(out, "{}:\n\n", heading.title());
        for line in lines {
            let _ = writeln!(out, "* {line}");
        }
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out
}

/// All changes, each with its heading.
pub fn differences(old: &Documentation, new: &Documentation) -> Vec<(Heading, String)> {
    let mut out = Vec::new();
    for object in &old.objects {
        let label = label(object);
        match new.object(object.kind, &object.name) {
            None => out.push((
                Heading::Breaking,
                format!("{label}: the {} was removed", object.kind.title().to_lowercase()),
            )),
            Some(now) => compare(&label, object, now, &mut out),
        }
    }
    for object in &new.objects {
        if old.object(object.kind, &object.name).is_none() {
            let kind = object.kind.title();
            out.push((Heading::Features, format!("**New {kind}:** `{}`", object.name)));
        }
    }
    out
}

fn label(object: &Object) -> String {
    match object.kind {
        Kind::Provider => "provider".to_owned(),
        Kind::Resource => format!("resource/{}", object.name),
        Kind::DataSource => format!("data-source/{}", object.name),
        kind => format!(
            "{}/{}",
            kind.title().to_lowercase().replace(' ', "-"),
            object.name
        ),
    }
}

fn compare(label: &str, old: &Object, new: &Object, out: &mut Vec<(Heading, String)>) {
    let mut add = |heading: Heading, text: String| out.push((heading, format!("{label}: {text}")));
    match (&old.deprecated, &new.deprecated) {
        (None, Some(remedy)) => add(
            Heading::Deprecations,
            format!("is deprecated. {remedy}").trim().to_owned(),
        ),
        (Some(_), None) => add(Heading::Enhancements, "is no longer deprecated".to_owned()),
        _ => {}
    }
    match (&old.import, &new.import) {
        (Some(_), None) => add(Heading::Breaking, "can no longer be imported".to_owned()),
        (Some(before), Some(now)) if before != now => add(
            Heading::Breaking,
            format!("the id of an import now has the form `{now}` (before: `{before}`)"),
        ),
        (None, Some(now)) => add(Heading::Enhancements, format!("can now be imported by `{now}`")),
        _ => {}
    }
    match (&old.import_label, &new.import_label) {
        (before, Some(now)) if before.as_ref() != Some(now) => add(
            Heading::Enhancements,
            format!("the id of an import can now be the `{now}`"),
        ),
        (Some(before), None) => add(
            Heading::Breaking,
            format!("the id of an import can no longer be the `{before}`"),
        ),
        _ => {}
    }
    match (old.imports_url, new.imports_url) {
        (false, true) => add(
            Heading::Enhancements,
            "the id of an import can now be a URL".to_owned(),
        ),
        (true, false) => add(
            Heading::Breaking,
            "the id of an import can no longer be a URL".to_owned(),
        ),
        _ => {}
    }
    match (old.identity.is_empty(), new.identity.is_empty()) {
        (true, false) => add(
            Heading::Enhancements,
            "the object can now be imported by identity".to_owned(),
        ),
        (false, true) => add(
            Heading::Breaking,
            "the object can no longer be imported by identity".to_owned(),
        ),
        _ => {}
    }
    if let Some(now) = new.destroy
        && old.destroy != new.destroy
    {
        add(Heading::Breaking, phrases::describe_destroy(new, now));
    }
    match (&old.release, &new.release) {
        (Some(_), None) => add(
            Heading::Breaking,
            "a destroy no longer releases the object".to_owned(),
        ),
        (Some(before), Some(now)) if before != now => add(Heading::Breaking, now.clone()),
        (None, Some(now)) => add(Heading::Enhancements, now.clone()),
        _ => {}
    }
    for rule in new.rules.iter().filter(|rule| !old.rules.contains(rule)) {
        add(Heading::Breaking, format!("new rule: {}", rule.text));
    }
    for rule in old.rules.iter().filter(|rule| !new.rules.contains(rule)) {
        add(Heading::Enhancements, format!("removed rule: {}", rule.text));
    }
    compare_timeouts(&old.timeouts, &new.timeouts, &mut add);
    if let (Some(before), Some(now)) = (&old.function, &new.function)
        && before != now
    {
        if before.signature != now.signature {
            add(
                Heading::Breaking,
                format!(
                    "the signature is now `{}` (before: `{}`)",
                    now.signature, before.signature
                ),
            );
        }
        for (before, now) in before.parameters.iter().zip(&now.parameters) {
            match (before.is_nullable(), now.is_nullable()) {
                (true, false) => add(Heading::Breaking, format!("`{}` can no longer be null", now.name)),
                (false, true) => add(Heading::Enhancements, format!("`{}` can now be null", now.name)),
                _ => {}
            }
        }
    }
    compare_attributes(label, &old.attributes, &new.attributes, out);
    if !old.identity.is_empty() && !new.identity.is_empty() {
        compare_attributes(&format!("{label}: identity"), &old.identity, &new.identity, out);
    }
}

fn compare_timeouts(old: &[Timeout], new: &[Timeout], add: &mut impl FnMut(Heading, String)) {
    let of = |timeouts: &[Timeout], step: &str| {
        timeouts
            .iter()
            .find(|timeout| timeout.step == step)
            .map(|timeout| timeout.default.clone())
    };
    for timeout in old {
        let Timeout {
            step,
            default: before,
        } = timeout;
        match of(new, step) {
            None => add(Heading::Breaking, format!("the `{step}` timeout was removed")),
            Some(now) if now != *before => {
                let is_longer = duration::parse(&now) > duration::parse(before);
                let heading = if is_longer {
                    Heading::Enhancements
                } else {
                    Heading::Breaking
                };
                add(
                    heading,
                    format!("the `{step}` timeout now defaults to `{now}` (before: `{before}`)"),
                );
            }
            Some(_) => {}
        }
    }
    for Timeout { step, default } in new {
        if of(old, step).is_none() {
            add(
                Heading::Enhancements,
                format!("new `{step}` timeout, which defaults to `{default}`"),
            );
        }
    }
}

fn compare_attributes(label: &str, old: &[Attribute], new: &[Attribute], out: &mut Vec<(Heading, String)>) {
    let before = by_path(old);
    let now = by_path(new);
    for (path, attribute) in &before {
        match now.get(path) {
            None if has_parent(path, |parent| !now.contains_key(parent)) => {}
            None => out.push((Heading::Breaking, format!("{label}: `{path}` was removed"))),
            Some(after) => compare_attribute(&format!("{label}: `{path}`"), attribute, after, out),
        }
    }
    for (path, attribute) in &now {
        if before.contains_key(path) || has_parent(path, |parent| !before.contains_key(parent)) {
            continue;
        }
        if attribute.group == Group::Required {
            out.push((
                Heading::Breaking,
                format!("{label}: new required argument `{path}`"),
            ));
        } else {
            out.push((Heading::Enhancements, format!("{label}: new attribute `{path}`")));
        }
    }
}

fn by_path(attributes: &[Attribute]) -> BTreeMap<String, &Attribute> {
    facts::every_attribute(attributes)
        .into_iter()
        .map(|(path, attribute)| (path.join("."), attribute))
        .collect()
}

/// Whether the attribute has a parent for which `matches` is true. The change of such a parent includes its attributes.
fn has_parent(path: &str, matches: impl Fn(&str) -> bool) -> bool {
    path.rsplit_once('.').is_some_and(|(parent, _)| matches(parent))
}

fn compare_attribute(label: &str, old: &Attribute, new: &Attribute, out: &mut Vec<(Heading, String)>) {
    let mut add = |heading: Heading, text: String| out.push((heading, format!("{label} {text}")));
    if old.r#type != new.r#type || old.shape != new.shape {
        add(
            Heading::Breaking,
            format!("now has the type {} (before: {})", new.r#type, old.r#type),
        );
    }
    match (old.group, new.group) {
        (before, now) if before == now => {}
        (_, Group::Required) => add(Heading::Breaking, "is now required".to_owned()),
        (_, Group::ReadOnly) => add(Heading::Breaking, "is now read-only".to_owned()),
        (Group::ReadOnly, _) => add(Heading::Enhancements, "can now be configured".to_owned()),
        (_, Group::Optional) => add(Heading::Enhancements, "is now optional".to_owned()),
    }
    if old.default != new.default {
        let default_of = |attribute: &Attribute| {
            attribute
                .default
                .as_ref()
                .map_or_else(|| "no default".to_owned(), phrases::format_literal)
        };
        add(
            Heading::Breaking,
            match &new.default {
                Some(default) => format!(
                    "now defaults to {} (before: {})",
                    phrases::format_literal(default),
                    default_of(old)
                ),
                None => format!("no longer has a default (before: {})", default_of(old)),
            },
        );
    }
    if old.computed != new.computed && (old.group, new.group) == (Group::Optional, Group::Optional) {
        let text = if new.computed {
            "now keeps its current value if omitted"
        } else {
            "is now cleared if omitted"
        };
        add(Heading::Breaking, text.to_owned());
    }
    match (old.change, new.change) {
        (Some(before), Some(now)) if before == now => {}
        (Some(_), Some(Change::Replaced)) => add(Heading::Breaking, "now forces replacement".to_owned()),
        (Some(Change::Replaced), Some(_)) => {
            add(Heading::Enhancements, "no longer forces replacement".to_owned());
        }
        (Some(_), Some(Change::Nothing)) => {
            add(
                Heading::Breaking,
                "no longer has an effect when it changes".to_owned(),
            );
        }
        (Some(_), Some(Change::InPlace)) => {
            add(
                Heading::Enhancements,
                "now has an effect when it changes".to_owned(),
            );
        }
        _ => {}
    }
    if old.environment != new.environment {
        if let Some(before) = &old.environment {
            add(Heading::Breaking, format!("is no longer read from `{before}`"));
        }
        if let Some(now) = &new.environment {
            add(Heading::Enhancements, format!("can now be set with `{now}`"));
        }
    }
    let removed: Vec<&String> = old
        .allowed
        .iter()
        .filter(|value| !new.allowed.contains(value))
        .collect();
    if new.allowed.is_empty() {
        if !old.allowed.is_empty() {
            add(Heading::Enhancements, "now accepts any value".to_owned());
        }
    } else if old.allowed.is_empty() {
        add(
            Heading::Breaking,
            format!("now accepts only {}", phrases::join_names(&new.allowed, " and ")),
        );
    } else {
        let added: Vec<&String> = new
            .allowed
            .iter()
            .filter(|value| !old.allowed.contains(value))
            .collect();
        if !removed.is_empty() {
            add(
                Heading::Breaking,
                format!("no longer accepts {}", phrases::join_names(&removed, " and ")),
            );
        }
        if !added.is_empty() {
            add(
                Heading::Enhancements,
                format!("now accepts {}", phrases::join_names(&added, " and ")),
            );
        }
    }
    for (what, before, now) in [
        ("range", old.range, new.range),
        ("length", old.length, new.length),
        ("number of elements", old.items, new.items),
    ] {
        if before != now {
            let (heading, how) = if is_wider(before, now) {
                (Heading::Enhancements, "wider")
            } else {
                (Heading::Breaking, "narrower")
            };
            add(heading, format!("now has a {how} {what}"));
        }
    }
    for (before, now, must) in [
        (&old.pattern, &new.pattern, "match"),
        (&old.format, &new.format, "have the format"),
    ] {
        match (before, now) {
            (_, Some(now)) if before.as_ref() != Some(now) => {
                add(Heading::Breaking, format!("must now {must} `{now}`"));
            }
            (Some(before), None) => add(
                Heading::Enhancements,
                format!("no longer has to {must} `{before}`"),
            ),
            _ => {}
        }
    }
    if old.equal != new.equal {
        match &new.equal {
            Some(_) => add(
                Heading::Enhancements,
                format!(
                    "is no longer compared exactly. {}",
                    phrases::describe_equality(new).unwrap_or_default()
                ),
            ),
            None => add(
                Heading::Breaking,
                "is now compared exactly: values that were equal before may differ".to_owned(),
            ),
        }
    }
    if old.not_returned != new.not_returned {
        let text = if new.not_returned {
            "is no longer returned by the API, so Terraform cannot detect changes made outside Terraform"
        } else {
            "is now returned by the API, so Terraform detects changes made outside Terraform"
        };
        add(Heading::Enhancements, text.to_owned());
    }
    if old.write_only != new.write_only {
        let text = if new.write_only {
            "is now write-only"
        } else {
            "is no longer write-only"
        };
        add(Heading::Breaking, text.to_owned());
    }
    if old.sensitive != new.sensitive {
        let text = if new.sensitive {
            "is now sensitive"
        } else {
            "is no longer sensitive"
        };
        add(Heading::Enhancements, text.to_owned());
    }
    match (&old.deprecated, &new.deprecated) {
        (None, Some(remedy)) => add(
            Heading::Deprecations,
            format!("is deprecated. {remedy}").trim().to_owned(),
        ),
        (Some(_), None) => add(Heading::Enhancements, "is no longer deprecated".to_owned()),
        _ => {}
    }
}

/// Whether all values that were allowed are still allowed. A missing end is unlimited.
fn is_wider(before: Option<Bounds>, now: Option<Bounds>) -> bool {
    let min = |bounds: Option<Bounds>| bounds.and_then(|bounds| bounds.min).unwrap_or(i64::MIN);
    let max = |bounds: Option<Bounds>| bounds.and_then(|bounds| bounds.max).unwrap_or(i64::MAX);
    min(now) <= min(before) && max(now) >= max(before)
}
