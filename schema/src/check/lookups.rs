//! Rules about `[[lookup]]`.
//!
//! Tests: `schema/tests/ui/lookups/`.

use super::{Reporter, ResourceContext, ResourceRule, by_name};
use crate::model::{Collection, Expect, Kind, Lookup, Mode, Rule, Scalar};

/// The rules of this file.
pub(crate) const RULES: &[(&str, ResourceRule)] = by_name![
    lookup_missing,
    lookup_attribute,
    lookup_pick,
    lookup_missing_ok,
    lookup_into,
    lookup_choice
];

/// A data source needs a way to find its object. Only `of` derives one.
fn lookup_missing(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    let resource = context.resource;
    if resource.kind == Kind::DataSource && resource.lookups.is_empty() {
        let help = "add `of` with the resource whose objects it looks up, or a [[lookup]]";
        reporter.at_key("lookup", "a data source needs a way to find its object", help);
    }
}

/// Every attribute of a lookup must exist, and a configuration must be able to set it.
fn lookup_attribute(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    for_each_lookup(context, |path, lookup| {
        let by = lookup.by.iter().map(|name| (format!("{path}.by"), name));
        let narrow = lookup.narrow.iter().enumerate();
        let narrow = narrow.map(|(index, name)| (format!("{path}.narrow.{index}"), name));
        let missing_ok = lookup
            .missing_ok
            .iter()
            .map(|name| (format!("{path}.missing_ok"), name));
        for (path, name) in by.chain(narrow).chain(missing_ok) {
            match context.resource.attribute(name) {
                None => reporter.unknown_attribute(&path, name, context.attribute_names()),
                Some(attribute) if !attribute.mode.is_settable() => {
                    let help = "add `mode = \"optional+computed\"` to the attribute";
                    reporter.at_value(
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

/// A lookup needs `pick` if its operation returns a list, and cannot have `pick` if the path contains `by`.
fn lookup_pick(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    for_each_lookup(context, |path, lookup| {
        let Some(operation) = context.operation(&lookup.api) else {
            return;
        };
        let is_in_path = |by: &str| {
            operation
                .placeholders()
                .any(|placeholder| context.attribute_of_placeholder(placeholder) == by)
        };
        match (&lookup.by, &lookup.pick) {
            (Some(by), None) if !is_in_path(by) => {
                let help = format!("name the field of the listed objects to compare with: pick = {by:?}");
                reporter.at_key(
                    path,
                    format!("{:?} returns a list, but no `pick` compares {by:?}", lookup.api),
                    help,
                );
            }
            (Some(by), Some(_)) if is_in_path(by) => {
                let message = format!("{:?} already finds the object by {by:?}", operation.path);
                reporter.at_key(&format!("{path}.pick"), message, "remove `pick`");
            }
            (None, Some(_)) => {
                reporter.at_key(
                    &format!("{path}.pick"),
                    "`pick` has no attribute to compare with",
                    "add `by` with the name of the attribute",
                );
            }
            _ => {}
        }
    });
}

/// `missing_ok` must be a bool attribute, and needs a lookup of one object.
fn lookup_missing_ok(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    for_each_lookup(context, |path, lookup| {
        let Some(name) = &lookup.missing_ok else { return };
        let path = format!("{path}.missing_ok");
        let r#type = context
            .resource
            .attribute(name)
            .map(|attribute| &attribute.r#type);
        if r#type.is_some_and(|r#type| !r#type.collections.is_empty() || r#type.scalar != Scalar::Bool) {
            reporter.at_value(&path, format!("{name:?} is not a bool"), "");
        } else if lookup.expect == Expect::Many {
            reporter.at_value(
                &path,
                "`missing_ok` has no effect if many objects are expected",
                "remove `missing_ok`",
            );
        }
    });
}

/// A lookup of many objects needs `into`, a list or set of objects. A lookup of one object cannot have it.
fn lookup_into(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    for_each_lookup(context, |path, lookup| match (&lookup.into, lookup.expect) {
        (None, Expect::Many) => {
            reporter.at_key(
                path,
                "a lookup of many objects requires `into`",
                "add `into` with the name of the attribute",
            );
        }
        (Some(_), Expect::One) => {
            reporter.at_key(
                &format!("{path}.into"),
                "a lookup of one object cannot have `into`",
                "remove `into`: the object fills the data source itself",
            );
        }
        (Some(into), Expect::Many) => {
            let is_list = context.resource.attribute(into).is_some_and(|attribute| {
                attribute.mode == Mode::Computed
                    && attribute.r#type.scalar == Scalar::Object
                    && matches!(
                        attribute.r#type.collections.as_ref(),
                        [Collection::List | Collection::Set]
                    )
            });
            if !is_list {
                let message = format!("{into:?} is not a computed list or set of objects");
                reporter.at_value(&format!("{path}.into"), message, "");
            }
        }
        (None, Expect::One) => {}
    });
}

/// Every valid configuration must select a lookup: one is always used, or its attribute is required, or a constraint requires one of them.
fn lookup_choice(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    let lookups = &context.resource.lookups;
    let by: Option<Vec<&str>> = lookups.iter().map(|lookup| lookup.by.as_deref()).collect();
    let Some(by) = by.filter(|by| !by.is_empty()) else {
        return;
    };
    let is_required = |name: &&str| {
        context
            .resource
            .attribute(name)
            .is_none_or(|attribute| attribute.mode == Mode::Required)
    };
    let is_required_by_constraint =
        context
            .resource
            .constraints
            .iter()
            .any(|constraint| match &constraint.rule {
                Rule::ExactlyOneOf(names) | Rule::AtLeastOneOf(names) => {
                    constraint.within.is_none() && names.iter().all(|name| by.contains(&name.as_ref()))
                }
                _ => false,
            });
    if !by.iter().any(is_required) && !is_required_by_constraint {
        let help = format!("add a [[constraint]]: exactly_one_of = {by:?}");
        reporter.at_key(
            "lookup.0",
            "a valid configuration can omit all lookup attributes",
            help,
        );
    }
}

fn for_each_lookup(context: &ResourceContext<'_>, mut visit: impl FnMut(&str, &Lookup)) {
    for (index, lookup) in context.resource.lookups.iter().enumerate() {
        visit(&format!("lookup.{index}"), lookup);
    }
}
