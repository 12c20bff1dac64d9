//! Rules about how a data source finds its object.
//!
//! Tests: `schema/tests/ui/lookups/`.

use super::{Found, ResourceRule, Subject, by_name};
use crate::model::{Collection, Expect, Lookup, Mode, Rule, Scalar};

/// The rules of this file.
pub(crate) const RULES: &[(&str, ResourceRule)] = by_name![
    lookup_attribute,
    lookup_pick,
    lookup_missing_ok,
    lookup_into,
    lookup_choice
];

/// What a lookup goes by is what the configuration says.
fn lookup_attribute(subject: &Subject<'_>, found: &mut Found<'_>) {
    each(subject, |path, lookup| {
        let by = lookup.by.iter().map(|name| (format!("{path}.by"), name));
        let narrow = lookup.narrow.iter().enumerate();
        let narrow = narrow.map(|(index, name)| (format!("{path}.narrow.{index}"), name));
        let missing_ok = lookup
            .missing_ok
            .iter()
            .map(|name| (format!("{path}.missing_ok"), name));
        for (path, name) in by.chain(narrow).chain(missing_ok) {
            match subject.resource.attribute(name) {
                None => found.no_attribute(&path, name, subject.names()),
                Some(attribute) if !attribute.mode.is_settable() => {
                    let help = "add `mode = \"optional+computed\"` to it";
                    found.value(&path, format!("no configuration can set {name:?}"), help);
                }
                Some(_) => {}
            }
        }
    });
}

/// A list is searched by a field; an object that the path names needs no search.
fn lookup_pick(subject: &Subject<'_>, found: &mut Found<'_>) {
    each(subject, |path, lookup| {
        let Some(operation) = subject.operation(&lookup.api) else {
            return;
        };
        let is_in_path = |by: &str| {
            operation
                .placeholders()
                .any(|placeholder| subject.mapped(placeholder) == by)
        };
        match (&lookup.by, &lookup.pick) {
            (Some(by), None) if !is_in_path(by) => {
                let help = format!("say which field of a listed object must equal it: pick = {by:?}");
                found.key(
                    path,
                    format!("{:?} lists, and nothing picks by {by:?}", lookup.api),
                    help,
                );
            }
            (Some(by), Some(_)) if is_in_path(by) => {
                let message = format!("{:?} finds by {by:?} already", operation.path);
                found.key(&format!("{path}.pick"), message, "leave `pick` out");
            }
            (None, Some(_)) => {
                found.key(
                    &format!("{path}.pick"),
                    "nothing to compare with",
                    "say `by` which attribute",
                );
            }
            _ => {}
        }
    });
}

/// The attribute answers yes or no, and only where one object is looked for.
fn lookup_missing_ok(subject: &Subject<'_>, found: &mut Found<'_>) {
    each(subject, |path, lookup| {
        let Some(name) = &lookup.missing_ok else { return };
        let path = format!("{path}.missing_ok");
        let r#type = subject
            .resource
            .attribute(name)
            .map(|attribute| &attribute.r#type);
        if r#type.is_some_and(|r#type| !r#type.collections.is_empty() || r#type.scalar != Scalar::Bool) {
            found.value(&path, format!("{name:?} is no bool"), "");
        } else if lookup.expect == Expect::Many {
            found.value(
                &path,
                "none found is no error where many are expected",
                "leave `missing_ok` out",
            );
        }
    });
}

/// Many objects need a list to be in; one object is the data source itself.
fn lookup_into(subject: &Subject<'_>, found: &mut Found<'_>) {
    each(subject, |path, lookup| match (&lookup.into, lookup.expect) {
        (None, Expect::Many) => {
            found.key(
                path,
                "many objects, and nowhere to put them",
                "say `into` which attribute",
            );
        }
        (Some(_), Expect::One) => {
            found.key(
                &format!("{path}.into"),
                "one object is the data source itself",
                "leave `into` out",
            );
        }
        (Some(into), Expect::Many) => {
            let is_list = subject.resource.attribute(into).is_some_and(|attribute| {
                attribute.mode == Mode::Computed
                    && attribute.r#type.scalar == Scalar::Object
                    && matches!(
                        attribute.r#type.collections.as_ref(),
                        [Collection::List | Collection::Set]
                    )
            });
            if !is_list {
                let message = format!("{into:?} is no computed list of objects");
                found.value(&format!("{path}.into"), message, "");
            }
        }
        (None, Expect::One) => {}
    });
}

/// Something must say what is looked for: a lookup that always applies, a required attribute, or a constraint.
fn lookup_choice(subject: &Subject<'_>, found: &mut Found<'_>) {
    let lookups = &subject.resource.lookups;
    let by: Option<Vec<&str>> = lookups.iter().map(|lookup| lookup.by.as_deref()).collect();
    let Some(by) = by.filter(|by| !by.is_empty()) else {
        return;
    };
    let is_required = |name: &&str| {
        subject
            .resource
            .attribute(name)
            .is_none_or(|attribute| attribute.mode == Mode::Required)
    };
    let is_demanded = subject
        .resource
        .constraints
        .iter()
        .any(|constraint| match &constraint.rule {
            Rule::ExactlyOneOf(names) | Rule::AtLeastOneOf(names) => {
                constraint.within.is_none() && names.iter().all(|name| by.contains(&name.as_ref()))
            }
            _ => false,
        });
    if !by.iter().any(is_required) && !is_demanded {
        let help = format!("add a [[constraint]]: exactly_one_of = {by:?}");
        found.key(
            "lookup.0",
            "nothing makes sure that the configuration says what is looked for",
            help,
        );
    }
}

fn each(subject: &Subject<'_>, mut visit: impl FnMut(&str, &Lookup)) {
    for (index, lookup) in subject.resource.lookups.iter().enumerate() {
        visit(&format!("lookup.{index}"), lookup);
    }
}
