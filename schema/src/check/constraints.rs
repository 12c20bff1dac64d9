//! Rules about `[[constraint]]`.
//!
//! Tests: `schema/tests/ui/constraints/`.

use super::values::{type_fault, validation_fault};
use super::{Reporter, ResourceContext, ResourceRule, by_name};
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

/// A constraint must have exactly one rule: a group of attributes, or a condition with `require` or `forbid`.
fn constraint_kind(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    for_each_constraint(context, |path, _, _| {
        let has = |key: &str| context.positions.has(&format!("{path}.{key}"));
        let groups = GROUPS.iter().filter(|key| has(key)).count();
        let has_consequence = has("require") || has("forbid");
        let is_one = if has("when") {
            groups == 0 && has_consequence
        } else {
            groups == 1 && !has_consequence
        };
        if !is_one {
            let help = "use one of exactly_one_of, at_most_one_of, at_least_one_of, all_or_none, \
                        or `when` with `require` or `forbid`";
            reporter.at_key(path, "a constraint must have exactly one rule", help);
        }
    });
}

/// `within` must be an attribute with nested attributes.
fn constraint_within(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    for_each_constraint(context, |path, constraint, members| {
        if let Some(within) = constraint.within.as_ref().filter(|_| members.is_none()) {
            let path = format!("{path}.within");
            reporter.at_value(
                &path,
                format!("{within:?} is not an attribute with nested attributes"),
                "",
            );
        }
    });
}

/// Every attribute in a constraint must exist.
fn constraint_member(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    for_each_member(context, |path, name, attributes, _| {
        if !attributes.iter().any(|attribute| attribute.name == name) {
            let legal = attributes.iter().map(|attribute| attribute.name.as_ref());
            reporter.unknown_attribute(path, name, legal);
        }
    });
}

/// A constraint cannot contain computed attributes, because it is checked against the configuration.
fn constraint_computed_member(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    for_each_member(context, |path, name, attributes, _| {
        let is_computed = |attribute: &&Attribute| attribute.name == name && attribute.mode == Mode::Computed;
        if attributes.iter().find(is_computed).is_some() {
            reporter.at_value(
                path,
                format!("{name:?} is computed, so a configuration cannot set it"),
                "",
            );
        }
    });
}

/// A group must have at least two members, all of them different. For a single attribute, there is `mode`.
fn constraint_group(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    for_each_constraint(context, |path, constraint, _| {
        let Some((key, members)) = group(&constraint.rule) else {
            return;
        };
        let is_twice =
            |(index, name): (usize, &Text)| members.iter().take(index).any(|earlier| earlier == name);
        if members.len() == 1 || members.iter().enumerate().any(is_twice) {
            reporter.at_value(
                &format!("{path}.{key}"),
                "a group must have at least two different members",
                "",
            );
        }
    });
}

/// A constraint cannot contain required attributes, because they are always set. Only the condition can be about one.
fn constraint_required_member(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    for_each_member(context, |path, name, attributes, key| {
        let is_required = |attribute: &&Attribute| attribute.name == name && attribute.mode == Mode::Required;
        let matters = GROUPS.contains(&key) || key == "forbid" || key == "require";
        if matters && attributes.iter().find(is_required).is_some() {
            reporter.at_value(
                path,
                format!("{name:?} is required, so the rule has no effect on it"),
                "",
            );
        }
    });
}

/// The value of a condition must be one that its attribute can have.
fn constraint_value(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    for_each_constraint(context, |path, constraint, attributes| {
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
            reporter.at_value(
                &format!("{path}.when.value"),
                format!("the condition is never true: {fault}"),
                "",
            );
        }
    });
}

/// Visits every declared constraint, with its path and the attributes that it can contain.
fn for_each_constraint(
    context: &ResourceContext<'_>,
    mut visit: impl FnMut(&str, &Constraint, Option<&[Attribute]>),
) {
    for (index, constraint) in context.resource.constraints.iter().enumerate() {
        let path = format!("constraint.{index}");
        // Derived constraints have no position.
        if !context.positions.has(&path) {
            continue;
        }
        let attributes = match &constraint.within {
            None => Some(context.resource.attributes.as_ref()),
            Some(within) => (context.resource.attribute(within))
                .filter(|attribute| attribute.r#type.scalar == Scalar::Object)
                .map(|attribute| attribute.attributes.as_ref()),
        };
        visit(&path, constraint, attributes);
    }
}

/// Visits every member of every constraint, with its path, its name, the possible attributes and the key that contains it.
fn for_each_member(context: &ResourceContext<'_>, mut visit: impl FnMut(&str, &str, &[Attribute], &str)) {
    for_each_constraint(context, |path, constraint, attributes| {
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
        Rule::OneOfToCreate(_) | Rule::When { .. } => None,
    }
}
