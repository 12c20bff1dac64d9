//! Rules about `[[constraint]]`.
//!
//! Tests: `schema/tests/ui/constraints/`.

use super::values::{type_fault, validation_fault};
use super::{Found, ResourceRule, Subject, by_name};
use crate::model::{Attribute, Constraint, Mode, Rule, Scalar, Text};

/// The rules of this file.
pub(crate) const RULES: &[(&str, ResourceRule)] = by_name![
    constraint_kind,
    constraint_within,
    constraint_member,
    constraint_computed_member,
    constraint_group,
    constraint_required_member,
    constraint_value,
];

const GROUPS: &[&str] = &[
    "exactly_one_of",
    "at_most_one_of",
    "at_least_one_of",
    "all_or_none",
];

/// One constraint says one thing: what it demands, and for a condition what follows from it.
fn constraint_kind(subject: &Subject<'_>, found: &mut Found<'_>) {
    each(subject, |path, _, _| {
        let has = |key: &str| subject.places.has(&format!("{path}.{key}"));
        let groups = GROUPS.iter().filter(|key| has(key)).count();
        let follows = has("require") || has("forbid");
        let is_one = if has("when") {
            groups == 0 && follows
        } else {
            groups == 1 && !follows
        };
        if !is_one {
            let help = "use one of exactly_one_of, at_most_one_of, at_least_one_of, all_or_none, \
                        or `when` with `require` or `forbid`";
            found.key(path, "a constraint must have exactly one rule", help);
        }
    });
}

/// `within` names the objects that the constraint is about.
fn constraint_within(subject: &Subject<'_>, found: &mut Found<'_>) {
    each(subject, |path, constraint, members| {
        if let Some(within) = constraint.within.as_ref().filter(|_| members.is_none()) {
            let path = format!("{path}.within");
            found.value(
                &path,
                format!("{within:?} is not an attribute with nested attributes"),
                "",
            );
        }
    });
}

/// A misspelt member would make the rule hold always, or never.
fn constraint_member(subject: &Subject<'_>, found: &mut Found<'_>) {
    each_member(subject, |path, name, attributes, _| {
        if !attributes.iter().any(|attribute| attribute.name == name) {
            let legal = attributes.iter().map(|attribute| attribute.name.as_ref());
            found.no_attribute(path, name, legal);
        }
    });
}

/// A constraint is held against the configuration, where a computed attribute never is.
fn constraint_computed_member(subject: &Subject<'_>, found: &mut Found<'_>) {
    each_member(subject, |path, name, attributes, _| {
        let is_computed = |attribute: &&Attribute| attribute.name == name && attribute.mode == Mode::Computed;
        if attributes.iter().find(is_computed).is_some() {
            found.value(
                path,
                format!("{name:?} is computed, so a configuration cannot set it"),
                "",
            );
        }
    });
}

/// A group of one says what `mode` says, and one that names an attribute twice is not meant.
fn constraint_group(subject: &Subject<'_>, found: &mut Found<'_>) {
    each(subject, |path, constraint, _| {
        let Some((key, members)) = group(&constraint.rule) else {
            return;
        };
        let is_twice =
            |(index, name): (usize, &Text)| members.iter().take(index).any(|earlier| earlier == name);
        if members.len() == 1 || members.iter().enumerate().any(is_twice) {
            found.value(
                &format!("{path}.{key}"),
                "a group must have at least two different members",
                "",
            );
        }
    });
}

/// A required attribute is always set: of "one of" nothing else could ever be, and the rest is true or false already.
fn constraint_required_member(subject: &Subject<'_>, found: &mut Found<'_>) {
    each_member(subject, |path, name, attributes, key| {
        let is_required = |attribute: &&Attribute| attribute.name == name && attribute.mode == Mode::Required;
        let matters = GROUPS.contains(&key) || key == "forbid" || key == "require";
        if matters && attributes.iter().find(is_required).is_some() {
            found.value(
                path,
                format!("{name:?} is required, so the rule has no effect on it"),
                "",
            );
        }
    });
}

/// A condition that no value meets never holds.
fn constraint_value(subject: &Subject<'_>, found: &mut Found<'_>) {
    each(subject, |path, constraint, attributes| {
        let Rule::When {
            attribute,
            value: Some(value),
            ..
        } = &constraint.rule
        else {
            return;
        };
        let Some(attribute) = attributes
            .and_then(|attributes| attributes.iter().find(|candidate| candidate.name == *attribute))
        else {
            return;
        };
        if let Some(fault) = type_fault(value, attribute).or_else(|| validation_fault(value, attribute)) {
            found.value(
                &format!("{path}.when.value"),
                format!("the condition is never true: {fault}"),
                "",
            );
        }
    });
}

/// Every constraint that was written, with its path and the attributes that it can name.
fn each(subject: &Subject<'_>, mut visit: impl FnMut(&str, &Constraint, Option<&[Attribute]>)) {
    for (index, constraint) in subject.resource.constraints.iter().enumerate() {
        let path = format!("constraint.{index}");
        // The constraints that a twin derives have no place.
        if !subject.places.has(&path) {
            continue;
        }
        let attributes = match &constraint.within {
            None => Some(subject.resource.attributes.as_ref()),
            Some(within) => (subject.resource.attribute(within))
                .filter(|attribute| attribute.r#type.scalar == Scalar::Object)
                .map(|attribute| attribute.attributes.as_ref()),
        };
        visit(&path, constraint, attributes);
    }
}

/// Every member of every constraint: its path, its name, the attributes it is one of, and the key that names it.
fn each_member(subject: &Subject<'_>, mut visit: impl FnMut(&str, &str, &[Attribute], &str)) {
    each(subject, |path, constraint, attributes| {
        let Some(attributes) = attributes else { return };
        let mut visit_all = |key: &str, names: &[Text]| {
            for (index, name) in names.iter().enumerate() {
                visit(&format!("{path}.{key}.{index}"), name, attributes, key);
            }
        };
        match &constraint.rule {
            Rule::When {
                attribute,
                require,
                forbid,
                ..
            } => {
                visit_all("require", require);
                visit_all("forbid", forbid);
                if !attribute.is_empty() {
                    visit(&format!("{path}.when.attribute"), attribute, attributes, "when");
                }
            }
            rule => {
                if let Some((key, names)) = group(rule) {
                    visit_all(key, names);
                }
            }
        }
    });
}

fn group(rule: &Rule) -> Option<(&'static str, &[Text])> {
    match rule {
        Rule::ExactlyOneOf(names) => Some(("exactly_one_of", names)),
        Rule::AtMostOneOf(names) => Some(("at_most_one_of", names)),
        Rule::AtLeastOneOf(names) => Some(("at_least_one_of", names)),
        Rule::AllOrNone(names) => Some(("all_or_none", names)),
        Rule::When { .. } => None,
    }
}
