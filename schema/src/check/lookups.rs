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
                    let help = "add `mode = \"optional+computed\"` to the attribute";
                    found.value(
                        &path,
                        format!("{name:?} is computed, so a configuration cannot set it"),
                        help,
                    );
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
                let help = format!("name the field of the listed objects to compare with: pick = {by:?}");
                found.key(
                    path,
                    format!("{:?} returns a list, but no `pick` compares {by:?}", lookup.api),
                    help,
                );
            }
            (Some(by), Some(_)) if is_in_path(by) => {
                let message = format!("{:?} already finds the object by {by:?}", operation.path);
                found.key(&format!("{path}.pick"), message, "remove `pick`");
            }
            (None, Some(_)) => {
                found.key(
                    &format!("{path}.pick"),
                    "`pick` has no attribute to compare with",
                    "add `by` with the name of the attribute",
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
            found.value(&path, format!("{name:?} is not a bool"), "");
        } else if lookup.expect == Expect::Many {
            found.value(
                &path,
                "`missing_ok` has no effect if many objects are expected",
                "remove `missing_ok`",
            );
        }
    });
}

/// Many objects need a list to be in; a lookup of one object cannot have `into`.
fn lookup_into(subject: &Subject<'_>, found: &mut Found<'_>) {
    each(subject, |path, lookup| match (&lookup.into, lookup.expect) {
        (None, Expect::Many) => {
            found.key(
                path,
                "a lookup of many objects requires `into`",
                "add `into` with the name of the attribute",
            );
        }
        (Some(_), Expect::One) => {
            found.key(
                &format!("{path}.into"),
                "a lookup of one object cannot have `into`",
                "remove `into`: the object fills the data source itself",
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
                let message = format!("{into:?} is not a computed list or set of objects");
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
            "a valid configuration can omit all lookup attributes",
            help,
        );
    }
}

fn each(subject: &Subject<'_>, mut visit: impl FnMut(&str, &Lookup)) {
    for (index, lookup) in subject.resource.lookups.iter().enumerate() {
        visit(&format!("lookup.{index}"), lookup);
    }
}
