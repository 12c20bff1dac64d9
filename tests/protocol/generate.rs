//! Generates configurations from declarations: any that types, formats, bounds and constraints allow.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use harness::control_plane::{Collection, ControlPlane};
use harness::fake_core::UNKNOWN;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::string::string_regex;
use schema::{Attribute, Constraint, Format, Literal, Mode, Resource, Rule, Scalar, Text};
use serde_json::{Value as Json, json};

/// The existing objects, for attributes that refer to them.
#[derive(Default)]
pub struct World(BTreeMap<String, Vec<Json>>);

/// A configuration in two versions: wholly known, and with unknown values as in a plan.
#[derive(Clone, Debug)]
pub struct Generated {
    /// Without unknown values.
    pub known: Json,
    /// With [`UNKNOWN`] in some places.
    pub planned: Json,
}

/// The configuration of a new object, and the one that it is changed to.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub first: Generated,
    pub second: Generated,
}

/// One attribute of an object that is being generated.
#[derive(Clone, Debug)]
struct Part {
    name: Text,
    is_set: bool,
    /// Its value, if it is set.
    value: Generated,
}

type Parts = Vec<Part>;

impl World {
    /// The objects of a control plane: uuids by the stem of `STEM_uuid`, names by that of `STEM_names`.
    pub fn of(control_plane: &ControlPlane) -> Self {
        let mut references = BTreeMap::new();
        for collection in Collection::ALL {
            let stem = collection.name().replace('-', "_");
            let stem = stem.strip_suffix('s').unwrap_or(&stem);
            let objects = control_plane.objects(collection);
            let fields = |field: &str| {
                objects
                    .iter()
                    .filter_map(|object| object.get(field).cloned())
                    .collect::<Vec<_>>()
            };
            references.insert(format!("{stem}_uuid"), fields("uuid"));
            references.insert(format!("{stem}_name"), fields("name"));
        }
        Self(references)
    }

    /// The values that an attribute may refer to; `None` if it is not a reference.
    fn references(&self, attribute: &Attribute) -> Option<&Vec<Json>> {
        let singular = attribute.name.strip_suffix('s').unwrap_or(&attribute.name);
        let is_reference = singular.ends_with("_uuid") || singular.ends_with("_name");
        let suffix = format!("_{singular}");
        let mut found = self
            .0
            .iter()
            .filter(|(name, _)| **name == singular || name.ends_with(&suffix))
            .map(|(_, values)| values);
        if is_reference { found.next() } else { None }
    }
}

/// Any configuration of this resource, and any change of it.
///
/// `is_valid` filters them, because hooks have rules of their own.
pub fn scenarios(
    resource: &'static Resource,
    world: &World,
    is_valid: impl Fn(&Json) -> bool + 'static,
) -> BoxedStrategy<Scenario> {
    let parts = || parts(&resource.attributes, &resource.constraints, world, 3);
    let count = resource.attributes.len();
    let keep = prop::collection::vec(prop::bool::weighted(0.7), count);
    (parts(), parts(), keep, 0_usize..1000)
        .prop_filter_map(
            "constraints cannot be met",
            move |(first, second, keep, choice)| {
                let changed = first.iter().zip(second).zip(keep);
                let second: Parts = changed
                    .map(|((first, second), keep)| if keep { first.clone() } else { second })
                    .collect();
                let constraints: Vec<&Constraint> = resource
                    .constraints
                    .iter()
                    .filter(|constraint| constraint.within.is_none())
                    .collect();
                let unprotected = |parts: Parts| -> Parts {
                    // A destroy that may release an object waits for other resources.
                    let release = resource.release.as_ref().map(|release| &release.argument);
                    let is_protected =
                        |part: &Part| is_protection(resource, &part.name) || release == Some(&part.name);
                    parts.into_iter().filter(|part| !is_protected(part)).collect()
                };
                let (first, second) = (unprotected(first), unprotected(second));
                let first = generated(repaired(first, &constraints, choice)?);
                let second = generated(repaired(second, &constraints, choice)?);
                let is_fine = is_valid(&first.known) && is_valid(&second.known);
                is_fine.then_some(Scenario { first, second })
            },
        )
        .boxed()
}

/// Whether an argument protects objects from changes. The generated configurations change objects, so they do not have it.
pub fn is_protection(resource: &Resource, name: &str) -> bool {
    let protection = resource.job.as_ref().and_then(|job| job.protection.as_ref());
    protection.is_some_and(|protection| protection.argument == name)
}

/// Any valid value of an attribute, wholly known and not null.
pub fn value(
    attribute: &'static Attribute,
    constraints: &'static [Constraint],
    world: &World,
) -> BoxedStrategy<Json> {
    any_value(attribute, constraints, world, 0)
        .prop_map(|generated| generated.known)
        .boxed()
}

/// The configuration in which only the selected attributes are set, and those that are required or that constraints
/// demand. `None` if the constraints cannot be met.
pub fn only(
    resource: &'static Resource,
    values: &BTreeMap<Text, Json>,
    is_set: impl Fn(&Attribute) -> bool,
    choice: usize,
) -> Option<Json> {
    let parts = resource
        .attributes
        .iter()
        .filter(|attribute| attribute.mode.is_settable())
        .map(|attribute| {
            let known = values.get(&attribute.name).cloned().unwrap_or_default();
            let value = Generated {
                planned: known.clone(),
                known,
            };
            Part {
                name: attribute.name.clone(),
                is_set: attribute.mode == Mode::Required || is_set(attribute),
                value,
            }
        });
    let constraints: Vec<&Constraint> = resource
        .constraints
        .iter()
        .filter(|constraint| constraint.within.is_none())
        .collect();
    Some(generated(repaired(parts.collect(), &constraints, choice)?).known)
}

/// Any values of these attributes. `unknown_tenths` is the share of unknown leaves, in tenths.
fn parts(
    attributes: &'static [Attribute],
    constraints: &'static [Constraint],
    world: &World,
    unknown_tenths: u32,
) -> BoxedStrategy<Parts> {
    let settable = attributes.iter().filter(|attribute| attribute.mode.is_settable());
    let parts = settable.map(|attribute| {
        let can_be_drawn = world
            .references(attribute)
            .is_none_or(|values| !values.is_empty());
        let is_set = match attribute.mode {
            Mode::Required => Just(true).boxed(),
            _ if !can_be_drawn => Just(false).boxed(),
            _ => prop::bool::weighted(0.6).boxed(),
        };
        let name = attribute.name.clone();
        let value = any_value(attribute, constraints, world, unknown_tenths);
        (is_set, value)
            .prop_map(move |(is_set, value)| Part {
                name: name.clone(),
                is_set,
                value,
            })
            .boxed()
    });
    parts.collect::<Vec<_>>().boxed()
}

fn any_value(
    attribute: &'static Attribute,
    constraints: &'static [Constraint],
    world: &World,
    unknown_tenths: u32,
) -> BoxedStrategy<Generated> {
    let element = match attribute.r#type.scalar {
        Scalar::Object => objects(attribute, constraints, world, unknown_tenths),
        _ => sometimes_unknown(scalar(attribute, world), unknown_tenths),
    };
    let collections = attribute.r#type.collections.iter().enumerate().rev();
    collections.fold(element, |element, (depth, collection)| {
        let bounds = attribute.validate.items.filter(|_| depth == 0);
        let min = bounds.and_then(|bounds| bounds.min).unwrap_or(0).max(0);
        let max = bounds.and_then(|bounds| bounds.max).unwrap_or(3).min(min + 3);
        let size = usize::try_from(min).unwrap()..=usize::try_from(max).unwrap();
        let known = match (collection, world.references(attribute)) {
            (schema::Collection::Map, _) => entries(element, size.clone()),
            // Values without an order have no duplicates either.
            (_, Some(all)) if attribute.equal == schema::Equal::Set => {
                let chosen = subsequence(all.clone(), 0..=all.len().min(3)).prop_shuffle();
                chosen
                    .prop_map(|chosen| Generated {
                        known: chosen.clone().into(),
                        planned: chosen.into(),
                    })
                    .boxed()
            }
            _ => elements(element, size.clone()),
        };
        let is_hidden = prop::bool::weighted(f64::from(unknown_tenths) / 40.0);
        (known, is_hidden)
            .prop_map(|(generated, is_hidden)| with_unknown(generated, is_hidden))
            .prop_filter("too few distinct elements", move |generated| {
                generated
                    .known
                    .as_array()
                    .is_none_or(|elements| size.contains(&elements.len()))
            })
            .boxed()
    })
}

fn entries(element: BoxedStrategy<Generated>, size: RangeInclusive<usize>) -> BoxedStrategy<Generated> {
    let key = string_regex("[a-z][a-z0-9_.-]{0,5}").unwrap();
    let entries = prop::collection::btree_map(key, element, size);
    let generated = entries.prop_map(|entries| Generated {
        known: entries
            .iter()
            .map(|(key, generated)| (key.clone(), generated.known.clone()))
            .collect(),
        planned: entries
            .into_iter()
            .map(|(key, generated)| (key, generated.planned))
            .collect(),
    });
    generated.boxed()
}

fn elements(element: BoxedStrategy<Generated>, size: RangeInclusive<usize>) -> BoxedStrategy<Generated> {
    let elements = prop::collection::vec(element, size);
    let generated = elements.prop_map(|elements| {
        let mut distinct: Vec<Generated> = Vec::new();
        for element in elements {
            if distinct.iter().all(|other| other.known != element.known) {
                distinct.push(element);
            }
        }
        Generated {
            known: distinct.iter().map(|generated| generated.known.clone()).collect(),
            planned: distinct.into_iter().map(|generated| generated.planned).collect(),
        }
    });
    generated.boxed()
}

fn objects(
    attribute: &'static Attribute,
    constraints: &'static [Constraint],
    world: &World,
    unknown_tenths: u32,
) -> BoxedStrategy<Generated> {
    let rules: Vec<&'static Constraint> = constraints
        .iter()
        .filter(|constraint| constraint.within.as_ref() == Some(&attribute.name))
        .collect();
    (
        parts(&attribute.attributes, &[], world, unknown_tenths),
        0_usize..1000,
    )
        .prop_filter_map("constraints cannot be met", move |(parts, choice)| {
            repaired(parts, &rules, choice).map(generated)
        })
        .boxed()
}

fn sometimes_unknown(known: BoxedStrategy<Json>, unknown_tenths: u32) -> BoxedStrategy<Generated> {
    (known, prop::bool::weighted(f64::from(unknown_tenths) / 20.0))
        .prop_map(|(known, is_hidden)| {
            with_unknown(
                Generated {
                    planned: known.clone(),
                    known,
                },
                is_hidden,
            )
        })
        .boxed()
}

fn with_unknown(generated: Generated, is_hidden: bool) -> Generated {
    if is_hidden {
        Generated {
            planned: json!(UNKNOWN),
            ..generated
        }
    } else {
        generated
    }
}

fn scalar(attribute: &'static Attribute, world: &World) -> BoxedStrategy<Json> {
    if let Some(values) = world.references(attribute) {
        let values = if values.is_empty() {
            vec![Json::Null]
        } else {
            values.clone()
        };
        return select(values).boxed();
    }
    match attribute.r#type.scalar {
        Scalar::Bool => any::<bool>().prop_map(Json::from).boxed(),
        Scalar::Int => {
            let bounds = attribute.validate.range;
            let min = bounds
                .and_then(|bounds| bounds.min)
                .unwrap_or(i64::from(i32::MIN));
            let max = bounds
                .and_then(|bounds| bounds.max)
                .unwrap_or(i64::from(i32::MAX));
            prop_oneof![
                4 => min.max(0).min(max)..=max.min(min.max(0) + 1000),
                1 => Just(min),
                1 => Just(max),
            ]
            .prop_map(Json::from)
            .boxed()
        }
        Scalar::Number => select(vec![
            "0",
            "0.1",
            "-1.5",
            "1e21",
            "3.141592653589793238462643383279",
            "18446744073709551617",
        ])
        .prop_map(|text| serde_json::from_str(text).unwrap())
        .boxed(),
        Scalar::String => string(attribute).prop_map(Json::from).boxed(),
        Scalar::Object => Just(Json::Null).boxed(),
    }
}

fn string(attribute: &'static Attribute) -> BoxedStrategy<String> {
    let rules = &attribute.validate;
    match attribute.name.as_ref() {
        // The engine rejects other strings.
        "max_unavailable" => return string_regex("[1-9][0-9]?").unwrap().boxed(),
        // A create waits for this time.
        "healthy_for" => return string_regex("[1-9]ms").unwrap().boxed(),
        _ => {}
    }
    // Machines with random settings are never as they are configured.
    if attribute.name == "on_create" {
        return Just("install".to_owned()).boxed();
    }
    if !rules.one_of.is_empty() {
        return select(rules.one_of.iter().map(ToString::to_string).collect::<Vec<_>>()).boxed();
    }
    if let Some(pattern) = &rules.pattern {
        return string_regex(pattern).unwrap().boxed();
    }
    let of = |pattern: &str| string_regex(pattern).unwrap().boxed();
    // Hooks reject other strings.
    match attribute.name.as_ref() {
        "ca_cert" => {
            return of("(-----BEGIN CERTIFICATE-----\n([a-zA-Z0-9]{4}){1,3}\n-----END CERTIFICATE-----\n)?");
        }
        "template_data" => return of("(#cloud-config\n)?([a-zA-Z0-9 _.\"$%\\\\/-]|\u{e9}|\n){0,12}"),
        _ => {}
    }
    match attribute.format {
        Some(Format::Uuid) => of("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}"),
        Some(Format::Ip) => of("(10\\.[1-9]\\.[1-9]\\.[1-9]|2001:db8::[1-9a-f]{1,4})"),
        // Private and canonical: valid for every attribute with a block.
        Some(Format::Cidr) => of(
            "(10\\.1?[0-9]?[1-9]\\.0\\.0/16|10\\.[1-9][0-9]\\.1?[0-9]?[1-9]\\.0/(24|25)|192\\.168\\.[1-9][0-9]\\.0/28)",
        ),
        Some(Format::Url) => of("https?://[a-z]{1,8}\\.example\\.com(:[1-9][0-9]{3})?(/[a-z]{1,5}){0,2}/?"),
        // Longer than any request takes.
        Some(Format::Duration) => of("([1-9]h)?[1-5][0-9]m([1-5][0-9]s)?"),
        Some(Format::Timestamp) => of("20[0-9]{2}-0[1-9]-1[0-9]T1[0-9]:[0-5][0-9]:[0-5][0-9]Z"),
        Some(Format::Json) => of("\\{\"[a-z]{1,5}\": ?[0-9]{1,3}( )?\\}"),
        Some(Format::Glob) => of("[a-z]{1,5}-(\\*|\\?|\\[a-c\\])"),
        // The harness searches all output for it, so it must not occur anywhere by chance.
        None if attribute.sensitive || attribute.write_only => of("concealed-[a-z0-9\"\\\\\n\u{e9}]{8,12}"),
        None => {
            let min = rules.length.and_then(|bounds| bounds.min).unwrap_or(0).max(0);
            let max = rules
                .length
                .and_then(|bounds| bounds.max)
                .unwrap_or(min + 12)
                .min(min + 12);
            // Terraform normalises to NFC: e with a combining accent becomes one character.
            of(&format!(
                "([a-zA-Z0-9 _.\"$%{{}}\\\\/-]|\u{e9}|e\u{301}|\u{1f980}|\n){{{min},{max}}}"
            ))
        }
    }
}

fn generated(parts: Parts) -> Generated {
    let set = parts
        .into_iter()
        .filter(|part| part.is_set && !part.value.known.is_null());
    let mut known = serde_json::Map::new();
    let mut planned = serde_json::Map::new();
    for part in set {
        known.insert(part.name.to_string(), part.value.known);
        planned.insert(part.name.to_string(), part.value.planned);
    }
    Generated {
        known: known.into(),
        planned: planned.into(),
    }
}

/// Sets and unsets attributes until every rule holds; `None` if that fails.
fn repaired(mut parts: Parts, constraints: &[&Constraint], choice: usize) -> Option<Parts> {
    for _ in 0..4 {
        for constraint in constraints {
            if !holds(&constraint.rule, &parts) {
                repair(&constraint.rule, &mut parts, choice);
            }
        }
    }
    constraints
        .iter()
        .all(|constraint| holds(&constraint.rule, &parts))
        .then_some(parts)
}

fn is_set(parts: &Parts, name: &str) -> bool {
    parts
        .iter()
        .any(|part| part.name == name && part.is_set && !part.value.known.is_null())
}

fn count(parts: &Parts, names: &[Text]) -> usize {
    names.iter().filter(|name| is_set(parts, name)).count()
}

fn holds(rule: &Rule, parts: &Parts) -> bool {
    match rule {
        // Every generated configuration can create its object.
        Rule::ExactlyOneOf(names) | Rule::OneOfToCreate(names) => count(parts, names) == 1,
        Rule::AtMostOneOf(names) => count(parts, names) <= 1,
        Rule::AtLeastOneOf(names) => count(parts, names) >= 1,
        Rule::AllOrNone(names) => [0, names.len()].contains(&count(parts, names)),
        Rule::When { require, forbid, .. } => {
            let is_there = |name: &Text| {
                parts
                    .iter()
                    .any(|part| part.name == *name && part.is_set && !is_empty(&part.value.known))
            };
            !applies(rule, parts)
                || (require.iter().all(is_there) && forbid.iter().all(|name| !is_set(parts, name)))
        }
    }
}

fn is_empty(value: &Json) -> bool {
    value.is_null()
        || value.as_str().is_some_and(str::is_empty)
        || value.as_array().is_some_and(Vec::is_empty)
        || value.as_object().is_some_and(serde_json::Map::is_empty)
}

fn applies(rule: &Rule, parts: &Parts) -> bool {
    let Rule::When { attribute, value, .. } = rule else {
        return true;
    };
    let part = parts.iter().find(|part| part.name == *attribute && part.is_set);
    part.is_some_and(|part| match value {
        None => !part.value.known.is_null(),
        Some(literal) => part.value.known == literal_json(literal),
    })
}

fn repair(rule: &Rule, parts: &mut Parts, choice: usize) {
    let mut set = |name: &str, is_set: bool| {
        for part in parts.iter_mut().filter(|part| part.name == name) {
            part.is_set = is_set;
        }
    };
    match rule {
        Rule::ExactlyOneOf(names) | Rule::AtMostOneOf(names) | Rule::OneOfToCreate(names) => {
            let selected = &names[choice % names.len()];
            names.iter().for_each(|name| set(name, name == selected));
        }
        Rule::AtLeastOneOf(names) => set(&names[choice % names.len()], true),
        Rule::AllOrNone(names) => names.iter().for_each(|name| set(name, true)),
        Rule::When {
            attribute,
            require,
            forbid,
            ..
        } => {
            if choice.is_multiple_of(3) {
                set(attribute, false);
            } else {
                require.iter().for_each(|name| set(name, true));
                forbid.iter().for_each(|name| set(name, false));
            }
        }
    }
}

/// A literal of a declaration as JSON.
pub fn literal_json(literal: &Literal) -> Json {
    match literal {
        Literal::Bool(bool) => json!(bool),
        Literal::Int(int) => json!(int),
        Literal::Number(text) => serde_json::from_str(text).unwrap(),
        Literal::String(text) => json!(text),
        Literal::List(elements) => elements.iter().map(literal_json).collect(),
        Literal::Map(entries) => entries
            .iter()
            .map(|(key, value)| (key.to_string(), literal_json(value)))
            .collect(),
    }
}
