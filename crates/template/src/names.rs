//! The names that a template can use, and the check of those that it uses.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Finding, Kind, Severity};
use crate::uses::{Member, Parsed, Use};

/// The names that a template can use.
#[derive(Clone, Debug)]
pub struct Names {
    /// Each name with its shape.
    pub roots: &'static [(&'static str, Shape)],
    /// The members of each root of the shape [`Shape::Named`], as far as they are known.
    pub listed: BTreeMap<&'static str, BTreeSet<String>>,
}

/// What the value of a name is.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A string, with examples. The elements of a list get different examples.
    String(&'static [&'static str]),
    /// An object with these members.
    Object(&'static [(&'static str, Self)]),
    /// A list of such values.
    List(&'static Self),
    /// An object whose members the account has, with the word for one of them, such as `secret`.
    Named(&'static str),
}

impl Names {
    /// The names, without knowledge of the members that the account has.
    pub const fn new(roots: &'static [(&'static str, Shape)]) -> Self {
        Self {
            roots,
            listed: BTreeMap::new(),
        }
    }

    /// Adds the members that a root has.
    #[must_use]
    pub fn with(mut self, root: &'static str, members: BTreeSet<String>) -> Self {
        self.listed.insert(root, members);
        self
    }
}

/// A template with more findings is wrong as a whole, and further ones do not help.
const MAX_FINDINGS: usize = 20;

/// Names that Jinja itself defines, also those of its extensions.
const BUILT_IN: [&str; 16] = [
    "_",
    "caller",
    "cycler",
    "dict",
    "gettext",
    "joiner",
    "kwargs",
    "lipsum",
    "loop",
    "namespace",
    "ngettext",
    "range",
    "self",
    "super",
    "varargs",
    "pgettext",
];

/// Methods of Python's lists, strings and dictionaries.
const METHODS: [&str; 10] = [
    "copy",
    "count",
    "get",
    "index",
    "items",
    "keys",
    "pop",
    "setdefault",
    "update",
    "values",
];

/// Adds the findings about names.
pub(crate) fn check(parsed: &Parsed<'_>, names: &Names, findings: &mut Vec<(usize, Finding)>) {
    let mut reported: BTreeSet<Vec<&str>> = BTreeSet::new();
    let guarded: BTreeSet<Vec<&str>> = parsed
        .uses
        .iter()
        .filter(|used| used.is_guarded)
        .map(path)
        .collect();
    let is_guarded = |used: &Use<'_>, length: usize| {
        let path = path(used);
        (1..=length).any(|length| path.get(..length).is_some_and(|part| guarded.contains(part)))
    };
    for used in &parsed.uses {
        if findings.len() >= MAX_FINDINGS {
            return;
        }
        let (root, shape) = match resolve(parsed, names, used) {
            Resolved::Shape(root, shape) => (root, shape),
            Resolved::Own => continue,
            Resolved::Unknown => {
                if reported.insert(vec![used.root]) {
                    findings.extend(unknown_root(used, names, is_guarded(used, 1)));
                }
                continue;
            }
        };
        if let Some((length, offset, finding)) = unknown_member(used, root, shape, names)
            && !is_guarded(used, length)
            && reported.insert(path(used).into_iter().take(length).collect())
        {
            findings.push((offset, finding));
        }
    }
}

/// The meaning of a name in a template.
pub(crate) enum Resolved {
    /// The value of a root, or an element of it.
    Shape(&'static str, &'static Shape),
    /// Something that the template or Jinja defines.
    Own,
    /// Nothing.
    Unknown,
}

pub(crate) fn resolve(parsed: &Parsed<'_>, names: &Names, used: &Use<'_>) -> Resolved {
    let name = used.root;
    if parsed.bound.contains(&name) || BUILT_IN.contains(&name) {
        return Resolved::Own;
    }
    if let Some(loops) = parsed.loops.get(name) {
        let over = loops.iter().filter_map(|index| parsed.uses.get(*index));
        let element = over.clone().next().filter(|first| {
            // If loops over different lists use the same variable, its shape is not known.
            let mut others = over.clone();
            first.root != name
                && others
                    .all(|other| path(other) == path(first) && other.members.len() == first.members.len())
        });
        let element = element.and_then(|over| {
            let (root, shape) = names.roots.iter().find(|(root, _)| *root == over.root)?;
            let is_own = parsed.bound.contains(root) || parsed.loops.contains_key(root);
            match descend(shape, &over.members) {
                Some(Shape::List(element)) if !is_own && !over.is_called => Some((*root, *element)),
                _ => None,
            }
        });
        return element.map_or(Resolved::Own, |(root, element)| Resolved::Shape(root, element));
    }
    let found = names.roots.iter().find(|(root, _)| *root == name);
    found.map_or(Resolved::Unknown, |(root, shape)| Resolved::Shape(root, shape))
}

fn descend(shape: &'static Shape, members: &[Member<'_>]) -> Option<&'static Shape> {
    members
        .iter()
        .try_fold(shape, |shape, member| match (shape, member) {
            (Shape::Object(fields), Member::Name(name, _)) => fields
                .iter()
                .find(|(field, _)| field == name)
                .map(|(_, shape)| shape),
            (Shape::List(element), Member::Index) => Some(*element),
            _ => None,
        })
}

/// The name with its members up to the first one that is not a name.
pub(crate) fn path<'a>(used: &Use<'a>) -> Vec<&'a str> {
    let members = used.members.iter().map_while(|member| match member {
        Member::Name(name, _) => Some(*name),
        Member::Index => None,
    });
    std::iter::once(used.root).chain(members).collect()
}

fn unknown_root(used: &Use<'_>, names: &Names, is_guarded: bool) -> Option<(usize, Finding)> {
    let name = used.root;
    let roots = names.roots.iter().map(|(root, _)| *root);
    let nearest = nearest(name, roots.clone());
    let (severity, message) = match nearest {
        Some(nearest) => {
            let severity = if is_guarded {
                Severity::Warning
            } else {
                Severity::Error
            };
            (
                severity,
                format!("`{name}` is not defined. Did you mean `{nearest}`?"),
            )
        }
        None if is_guarded => return None,
        None => {
            let message = format!("`{name}` is not defined. A template can use {}.", list(roots));
            (Severity::Warning, message)
        }
    };
    Some((used.offset, Finding::new(severity, Kind::Name, message)))
}

/// The first member that its object does not have: how many parts its path has, its position, and the finding.
fn unknown_member(
    used: &Use<'_>,
    root: &'static str,
    mut shape: &'static Shape,
    names: &Names,
) -> Option<(usize, usize, Finding)> {
    let warning = |kind: Kind, message: String| Finding::new(Severity::Warning, kind, message);
    let mut parent = used.root;
    for (index, member) in used.members.iter().enumerate() {
        let is_method = used.is_called && index + 1 == used.members.len();
        let (name, offset) = match member {
            Member::Name(name, offset) => (*name, *offset),
            Member::Index => match shape {
                Shape::List(element) => {
                    shape = element;
                    continue;
                }
                _ => return None,
            },
        };
        if is_method && METHODS.contains(&name) {
            return None;
        }
        match shape {
            Shape::String(_) => return None,
            Shape::List(_) => {
                let message = format!("`{parent}` is a list and has no `{name}`: use a loop or an index.");
                return Some((index + 2, offset, warning(Kind::Member, message)));
            }
            Shape::Object(fields) => {
                let Some((_, inner)) = fields.iter().find(|(field, _)| *field == name) else {
                    let fields = fields.iter().map(|(field, _)| *field);
                    let hint = match nearest(name, fields.clone()) {
                        Some(nearest) => format!("Did you mean `{nearest}`?"),
                        None => format!("It has {}.", list(fields)),
                    };
                    let message = format!("`{parent}` has no `{name}`. {hint}");
                    return Some((index + 2, offset, warning(Kind::Member, message)));
                };
                shape = inner;
            }
            Shape::Named(word) => {
                let listed = names.listed.get(root)?;
                if listed.contains(name) {
                    return None;
                }
                let hint = match nearest(name, listed.iter().map(String::as_str)) {
                    Some(nearest) => format!("Did you mean `{nearest}`?"),
                    None => format!("Create the {word}, or use `default` if it may be missing."),
                };
                let message = format!("There is no {word} with the name `{name}`. {hint}");
                return Some((index + 2, offset, warning(Kind::Listed, message)));
            }
        }
        parent = name;
    }
    None
}

/// The candidate that differs from the name in one letter, or in two if it is longer than four.
pub(crate) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let length = name.chars().count();
    let allowed = if length > 4 { 2 } else { 1 };
    let distances = candidates.map(|candidate| (strsim::osa_distance(name, candidate), candidate));
    let near = distances.filter(|(distance, _)| *distance <= allowed && *distance < length);
    near.min().map(|(_, candidate)| candidate)
}

/// `a`, `b` and `c`
fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, first)) => format!("{} and {last}", first.join(", ")),
        None => "none".to_owned(),
    }
}
