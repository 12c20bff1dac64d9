//! Values for the names of a template, with which it is rendered to look at the result.
//!
//! Each context could be a real one: a finding about the result of one of them is a finding about the template.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::Value;

use crate::names::{Names, Resolved, Shape, path, resolve};
use crate::uses::{Parsed, Place};

/// How many strings that the template compares with are tried.
const MAX_LITERALS: usize = 12;

/// What differs between the contexts.
#[derive(Clone, Copy)]
enum Variant<'a> {
    /// Lists have two elements, everything is defined.
    Full,
    /// Lists are empty.
    Empty,
    /// Members that only conditions read are empty strings.
    Off,
    /// Names for which the template handles that they are not defined are not defined.
    Absent,
    /// A name has a value that the template compares it with.
    Equal(&'a [&'a str], &'a str),
}

/// The contexts of a template.
pub fn contexts(parsed: &Parsed<'_>, names: &Names) -> Vec<Value> {
    let uses = Uses::new(parsed, names);
    let mut variants = vec![Variant::Full, Variant::Empty];
    if uses.members.values().any(|member| member.is_condition) {
        variants.push(Variant::Off);
    }
    if !uses.guarded.is_empty() {
        variants.push(Variant::Absent);
    }
    let equals = uses.equals.iter().take(MAX_LITERALS);
    variants.extend(equals.map(|(path, literal)| Variant::Equal(path, literal)));
    variants
        .iter()
        .map(|variant| uses.context(names, *variant))
        .collect()
}

/// How a template uses a member of a [`Shape::Named`].
struct Used {
    is_condition: bool,
    is_alone: bool,
}

struct Uses<'a> {
    /// By root and member.
    members: BTreeMap<(&'static str, &'a str), Used>,
    guarded: BTreeSet<Vec<&'a str>>,
    equals: BTreeSet<(Vec<&'a str>, &'a str)>,
    /// Strings that lists are searched for.
    contains: BTreeSet<&'a str>,
}

impl<'a> Uses<'a> {
    fn new(parsed: &Parsed<'a>, names: &Names) -> Self {
        let mut uses = Self {
            members: BTreeMap::new(),
            guarded: BTreeSet::new(),
            equals: BTreeSet::new(),
            contains: BTreeSet::new(),
        };
        for used in &parsed.uses {
            uses.contains.extend(&used.contains);
            let Resolved::Shape(root, shape) = resolve(parsed, names, used) else {
                continue;
            };
            let path = path(used);
            if used.root != root {
                continue;
            }
            uses.equals
                .extend(used.equals.iter().map(|literal| (path.clone(), *literal)));
            if let (Shape::Named(_), Some(member)) = (shape, path.get(1)) {
                let known = uses.members.entry((root, member)).or_insert(Used {
                    is_condition: true,
                    is_alone: false,
                });
                known.is_condition &= used.place == Place::Condition;
                known.is_alone |= used.place == Place::Alone;
            }
            if used.is_guarded {
                uses.guarded.insert(path);
            }
        }
        uses
    }

    fn context(&self, names: &Names, variant: Variant<'_>) -> Value {
        let roots = names
            .roots
            .iter()
            .filter(|(root, _)| !self.is_absent(&[root], variant));
        let values = roots.map(|(root, shape)| {
            let mut path = vec![*root];
            (*root, self.value(shape, &mut path, 0, variant))
        });
        Value::from(values.collect::<BTreeMap<&str, Value>>())
    }

    fn is_absent(&self, path: &[&str], variant: Variant<'_>) -> bool {
        matches!(variant, Variant::Absent) && self.guarded.contains(path)
    }

    fn value(
        &self,
        shape: &Shape,
        path: &mut Vec<&'static str>,
        index: usize,
        variant: Variant<'_>,
    ) -> Value {
        match shape {
            Shape::String(samples) => match variant {
                Variant::Equal(equal, literal) if equal == path.as_slice() => Value::from(literal),
                _ => Value::from(samples.iter().cycle().nth(index).copied().unwrap_or_default()),
            },
            Shape::List(_) if matches!(variant, Variant::Empty) => Value::from(Vec::<Value>::new()),
            Shape::List(element) => {
                // Elements have no path: a comparison with one of them is about each of them.
                let element = |index| self.value(element, &mut Vec::new(), index, variant);
                let mut elements = vec![element(0), element(1)];
                if matches!(shape, Shape::List(Shape::String(_))) && index == 0 && path.is_empty() {
                    elements.extend(self.contains.iter().map(|string| Value::from(*string)));
                }
                Value::from(elements)
            }
            Shape::Object(fields) => {
                let mut object = BTreeMap::new();
                for (field, shape) in *fields {
                    let has_path = !path.is_empty();
                    if has_path {
                        path.push(field);
                    }
                    if !has_path || !self.is_absent(path, variant) {
                        object.insert(*field, self.value(shape, path, index, variant));
                    }
                    if has_path {
                        path.pop();
                    }
                }
                Value::from(object)
            }
            Shape::Named(_) => {
                let root = path.first().copied().unwrap_or_default();
                // Different values, because two of them may be keys of one mapping.
                let members = self
                    .members
                    .iter()
                    .enumerate()
                    .filter(|(_, ((of, _), _))| *of == root);
                let present =
                    members.filter(|(_, ((_, member), _))| !self.is_absent(&[root, member], variant));
                let values = present.map(|(number, ((_, member), used))| {
                    let value = match variant {
                        Variant::Equal([of, name], literal) if *of == root && name == member => {
                            literal.to_owned()
                        }
                        Variant::Off if used.is_condition => String::new(),
                        // The value may be any lines of YAML, or none.
                        _ if used.is_alone => String::new(),
                        _ => (number + 21).to_string(),
                    };
                    (*member, Value::from(value))
                });
                Value::from(values.collect::<BTreeMap<&str, Value>>())
            }
        }
    }
}
