//! What changed between two versions, as a fragment of a changelog under the headings that Terraform's users know.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::facts::{Attribute, Change, Documentation, Group, Object, phrases};
use crate::kind::Kind;

/// The headings, the most important first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Heading {
    /// A configuration or a state that worked may not any more.
    Breaking,
    /// It works, but should be changed.
    Deprecations,
    /// Something new.
    Features,
    /// Something that became better.
    Enhancements,
}

impl Heading {
    fn words(self) -> &'static str {
        match self {
            Heading::Breaking => "BREAKING CHANGES",
            Heading::Deprecations => "DEPRECATIONS",
            Heading::Features => "FEATURES",
            Heading::Enhancements => "ENHANCEMENTS",
        }
    }
}

/// The fragment; empty where nothing changed.
pub fn changelog(old: &Documentation, new: &Documentation) -> String {
    let mut changes = BTreeMap::<Heading, Vec<String>>::new();
    for (heading, text) in differences(old, new) {
        changes.entry(heading).or_default().push(text);
    }
    let mut out = String::new();
    for (heading, mut lines) in changes {
        lines.sort();
        let _ = write!(out, "{}:\n\n", heading.words());
        for line in lines {
            let _ = writeln!(out, "* {line}");
        }
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out
}

/// Every single change.
pub fn differences(old: &Documentation, new: &Documentation) -> Vec<(Heading, String)> {
    let mut out = Vec::new();
    for object in &old.objects {
        let label = label(object);
        match new.object(object.kind, &object.name) {
            None => out.push((Heading::Breaking, format!("{label}: removed"))),
            Some(now) => compare(&label, object, now, &mut out),
        }
    }
    for object in &new.objects {
        if old.object(object.kind, &object.name).is_none() {
            let kind = object.kind.words();
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
            kind.words().to_lowercase().replace(' ', "-"),
            object.name
        ),
    }
}

fn compare(label: &str, old: &Object, new: &Object, out: &mut Vec<(Heading, String)>) {
    if old.deprecated.is_none()
        && let Some(remedy) = &new.deprecated
    {
        out.push((
            Heading::Deprecations,
            format!("{label}: deprecated. {remedy}").trim().to_owned(),
        ));
    }
    if old.import.is_some() && new.import.is_none() && old.import_examples.command.is_some() {
        out.push((Heading::Breaking, format!("{label}: cannot be imported any more")));
    } else if old.import.is_some() && new.import.is_some() && old.import != new.import {
        let form = new.import.as_deref().unwrap_or_default();
        out.push((
            Heading::Breaking,
            format!("{label}: the id of an import has the form `{form}`"),
        ));
    }
    if old.destroy != new.destroy
        && let Some(now) = new.destroy
    {
        out.push((
            Heading::Breaking,
            format!("{label}: {}", phrases::destroy(new, now)),
        ));
    }
    for rule in &new.rules {
        if !old.rules.contains(rule) && !rule.attributes.is_empty() {
            out.push((Heading::Breaking, format!("{label}: new rule: {}", rule.text)));
        }
    }
    for timeout in &new.timeouts {
        let before = old.timeouts.iter().find(|one| one.step == timeout.step);
        if let Some(before) = before
            && before.default != timeout.default
        {
            out.push((
                Heading::Enhancements,
                format!(
                    "{label}: the default timeout of `{}` is `{}` (was `{}`)",
                    timeout.step, timeout.default, before.default
                ),
            ));
        }
    }
    if let (Some(before), Some(now)) = (&old.function, &new.function)
        && before.signature != now.signature
    {
        out.push((
            Heading::Breaking,
            format!(
                "{label}: the signature is `{}` (was `{}`)",
                now.signature, before.signature
            ),
        ));
    }
    let before: BTreeMap<String, &Attribute> = by_path(old);
    let now: BTreeMap<String, &Attribute> = by_path(new);
    for (path, attribute) in &before {
        match now.get(path) {
            None if has_parent(path, |parent| !now.contains_key(parent)) => {}
            None => out.push((Heading::Breaking, format!("{label}: `{path}` removed"))),
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
                format!("{label}: `{path}` is new, and required"),
            ));
        } else {
            out.push((Heading::Enhancements, format!("{label}: new attribute `{path}`")));
        }
    }
}

fn by_path(object: &Object) -> BTreeMap<String, &Attribute> {
    object
        .every_attribute()
        .into_iter()
        .map(|(path, attribute)| (path.join("."), attribute))
        .collect()
}

/// Whether what is said of the attribute above covers this one.
fn has_parent(path: &str, is_covered: impl Fn(&str) -> bool) -> bool {
    path.rsplit_once('.')
        .is_some_and(|(parent, _)| is_covered(parent))
}

fn compare_attribute(label: &str, old: &Attribute, new: &Attribute, out: &mut Vec<(Heading, String)>) {
    let mut say = |heading: Heading, text: String| out.push((heading, format!("{label} {text}")));
    if old.r#type != new.r#type || old.shape != new.shape {
        say(
            Heading::Breaking,
            format!("has the type {} (was {})", new.r#type, old.r#type),
        );
    }
    match (old.group, new.group) {
        (before, now) if before == now => {}
        (_, Group::Required) => say(Heading::Breaking, "is required".to_owned()),
        (_, Group::ReadOnly) => say(Heading::Breaking, "is read-only".to_owned()),
        (Group::ReadOnly, _) => say(Heading::Enhancements, "can be set".to_owned()),
        (_, Group::Optional) => say(Heading::Enhancements, "is optional".to_owned()),
    }
    if old.default != new.default {
        let words = |attribute: &Attribute| {
            attribute
                .default
                .as_ref()
                .map_or_else(|| "none".to_owned(), phrases::literal)
        };
        say(
            Heading::Breaking,
            format!("has another default: {} (was {})", words(new), words(old)),
        );
    }
    match (old.change, new.change) {
        (Some(Change::Replaced), Some(Change::InPlace | Change::Nothing)) => {
            say(
                Heading::Enhancements,
                "is changed without replacing the resource".to_owned(),
            );
        }
        (Some(Change::InPlace | Change::Nothing), Some(Change::Replaced)) => {
            say(Heading::Breaking, "forces replacement".to_owned());
        }
        _ => {}
    }
    let gone: Vec<&String> = old
        .allowed
        .iter()
        .filter(|value| !new.allowed.contains(value))
        .collect();
    if new.allowed.is_empty() {
        if !old.allowed.is_empty() {
            say(Heading::Enhancements, "takes any text".to_owned());
        }
    } else if old.allowed.is_empty() {
        say(
            Heading::Breaking,
            format!("takes only {}", phrases::names(&new.allowed, " and ")),
        );
    } else {
        let added: Vec<&String> = new
            .allowed
            .iter()
            .filter(|value| !old.allowed.contains(value))
            .collect();
        if !gone.is_empty() {
            say(
                Heading::Breaking,
                format!("does not take {} any more", phrases::names(&gone, " and ")),
            );
        }
        if !added.is_empty() {
            say(
                Heading::Enhancements,
                format!("takes {}", phrases::names(&added, " and ")),
            );
        }
    }
    for (what, before, now) in [
        ("range", old.range, new.range),
        ("length", old.length, new.length),
        ("number of elements", old.items, new.items),
    ] {
        if before != now {
            let min = |bounds: Option<crate::facts::Bounds>| {
                bounds.and_then(|bounds| bounds.min).unwrap_or(i64::MIN)
            };
            let max = |bounds: Option<crate::facts::Bounds>| {
                bounds.and_then(|bounds| bounds.max).unwrap_or(i64::MAX)
            };
            let is_wider = min(now) <= min(before) && max(now) >= max(before);
            let (heading, how) = if is_wider {
                (Heading::Enhancements, "wider")
            } else {
                (Heading::Breaking, "narrower")
            };
            say(heading, format!("has a {how} {what}"));
        }
    }
    if old.pattern != new.pattern && new.pattern.is_some() {
        say(
            Heading::Breaking,
            format!("must match `{}`", new.pattern.as_deref().unwrap_or_default()),
        );
    }
    if old.format != new.format
        && let Some(format) = &new.format
    {
        say(Heading::Breaking, format!("must be of the format `{format}`"));
    }
    if old.write_only != new.write_only {
        let text = if new.write_only {
            "is write-only"
        } else {
            "is not write-only any more"
        };
        say(Heading::Breaking, text.to_owned());
    }
    if old.sensitive != new.sensitive {
        let text = if new.sensitive {
            "is sensitive"
        } else {
            "is not sensitive any more"
        };
        say(Heading::Enhancements, text.to_owned());
    }
    if old.deprecated.is_none()
        && let Some(remedy) = &new.deprecated
    {
        say(
            Heading::Deprecations,
            format!("is deprecated. {remedy}").trim().to_owned(),
        );
    }
}
