//! Rules about `[[lookup]]`.
//!
//! Tests: `schema/tests/ui/lookups/`.

use super::{Reporter, ResourceContext, ResourceRule, by_name};
use crate::model::{Attribute, Collection, Expect, Kind, Lookup, Mode, Rule, Scalar, Text};

/// The rules of this file.
pub(crate) const RULES: &[(&str, ResourceRule)] = by_name![
    lookup_missing,
    lookup_attribute,
    lookup_pick,
    lookup_missing_ok,
    lookup_narrow,
    lookup_into,
    lookup_key,
    lookup_then,
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

/// An attribute that narrows a lookup must have a field to compare with.
fn lookup_narrow(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    for_each_lookup(context, |path, lookup| {
        for (index, name) in lookup.narrow.iter().enumerate() {
            let attribute = context.resource.attribute(name);
            if attribute.is_some_and(|attribute| attribute.wire.read.is_empty()) {
                reporter.at_value(
                    &format!("{path}.narrow.{index}"),
                    format!("{name:?} has no field in the response to compare with"),
                    "name the field with `wire` in the attribute",
                );
            }
        }
    });
}

/// A lookup of many objects needs `into`, a list, set or map of objects. A lookup of one object cannot have it.
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
            let is_collection = context.resource.attribute(into).is_some_and(|attribute| {
                attribute.mode == Mode::Computed
                    && attribute.r#type.scalar == Scalar::Object
                    && attribute.r#type.collections.len() == 1
            });
            if !is_collection {
                let message = format!("{into:?} is not a computed list, set or map of objects");
                reporter.at_value(&format!("{path}.into"), message, "");
            }
        }
        (None, Expect::One) => {}
    });
}

/// A map of objects needs `key`: nested attributes with strings that the API returns. Nothing else can have it.
fn lookup_key(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    for_each_lookup(context, |path, lookup| {
        let into = lookup
            .into
            .as_deref()
            .and_then(|name| context.resource.attribute(name));
        let map = into.filter(|into| into.r#type.collections.first() == Some(&Collection::Map));
        match (map, lookup.key.as_ref()) {
            (Some(_), []) => {
                let help =
                    "add `key` with the nested attributes that make the keys, e.g. [\"name\", \"uuid\"]";
                reporter.at_key(&format!("{path}.into"), "a map of objects requires `key`", help);
            }
            (Some(map), names) => check_key_attributes(path, map, names, reporter),
            (None, [_, ..]) => {
                reporter.at_key(
                    &format!("{path}.key"),
                    "only a map of objects has keys",
                    "remove `key`, or make `into` a map(object)",
                );
            }
            (None, []) => {}
        }
    });
}

fn check_key_attributes(path: &str, map: &Attribute, names: &[Text], reporter: &mut Reporter<'_>) {
    for (index, name) in names.iter().enumerate() {
        let path = format!("{path}.key.{index}");
        let Some(attribute) = map.attribute(name) else {
            let legal = map.attributes.iter().map(|attribute| attribute.name.as_ref());
            reporter.unknown_attribute(&path, name, legal);
            continue;
        };
        if !attribute.can_be_label() || attribute.wire.read.is_empty() || !attribute.returned {
            let help = "use nested attributes with a string that the API returns and that is not secret";
            reporter.at_value(&path, format!("{name:?} cannot be part of a key"), help);
        }
    }
}

/// A lookup of many objects that reads some of them (`then`) needs to know what identifies an object: the last attribute of `key`, which
/// is the only one in the path.
fn lookup_then(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    for_each_lookup(context, |path, lookup| {
        let Some(then) = lookup.then.as_deref().filter(|_| lookup.expect == Expect::Many) else {
            return;
        };
        let path = format!("{path}.then");
        let Some(identity) = lookup.key.last() else {
            let help = "add `key`, whose last attribute identifies an object, or remove `then`";
            reporter.at_value(&path, "the objects to read have no identity", help);
            return;
        };
        let Some(operation) = context.operation(then) else {
            return;
        };
        let mut placeholders = operation.placeholders();
        let is_identity = |placeholder| context.attribute_of_placeholder(placeholder) == identity.as_ref();
        if !placeholders.next().is_some_and(is_identity) || placeholders.next().is_some() {
            let message = format!(
                "{:?} does not find an object by {identity:?} alone",
                operation.path
            );
            reporter.at_value(
                &path,
                message,
                "end `key` with the attribute in the path of the operation",
            );
        }
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
