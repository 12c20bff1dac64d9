//! The names that a template uses, and those that it defines.

use std::collections::{BTreeMap, BTreeSet};

use crate::lexer::{Segment, SyntaxError, Token};

/// The names in a template.
#[derive(Debug, Default)]
pub struct Parsed<'a> {
    /// Each use of a name, in order.
    pub uses: Vec<Use<'a>>,
    /// Names that the template itself defines.
    pub bound: BTreeSet<&'a str>,
    /// The variables of loops over a name, each with the indices of the [`Use`]s.
    pub loops: BTreeMap<&'a str, Vec<usize>>,
    /// Tags that Jinja does not know without an extension.
    pub unknown_tags: Vec<Token<'a>>,
    /// Whether the result of rendering may be much larger than the template.
    pub is_costly: bool,
    /// The first error.
    pub error: Option<SyntaxError>,
    /// Whether all of the template was read.
    pub is_complete: bool,
    /// For each name that is set: the names in its expression.
    pub assignments: Vec<Assignment<'a>>,
}

/// One use of a name, such as `secrets.password`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use<'a> {
    /// The name, such as `secrets`.
    pub root: &'a str,
    /// Its position, in bytes.
    pub offset: usize,
    /// The members after it.
    pub members: Vec<Member<'a>>,
    /// Whether the last member is called as a method.
    pub is_called: bool,
    /// Whether the template handles that it is not defined, by `default` or `is defined`.
    pub is_guarded: bool,
    /// What its value is for.
    pub place: Place,
    /// Strings that it is compared with.
    pub equals: Vec<&'a str>,
    /// Strings that it is searched for.
    pub contains: Vec<&'a str>,
}

/// What the value of a name is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It only decides which part of the template is rendered.
    Condition,
    /// It is written to a line that has nothing else: it may have any number of lines.
    Alone,
    /// Anything else.
    Inline,
}

/// A member of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Member<'a> {
    /// `.name` or `["name"]`, with its position in bytes.
    Name(&'a str, usize),
    /// `[0]`, or anything else that is known only when the template is rendered.
    Index,
}

#[derive(Debug)]
/// That a name is set.
pub struct Assignment<'a> {
    name: &'a str,
    reads: Vec<&'a str>,
    is_repeated: bool,
}

impl<'a> Parsed<'a> {
    /// Notes that a name was set from the names that were used since.
    pub fn assign(&mut self, name: &'a str, uses: usize, is_repeated: bool) {
        let reads = self.uses.iter().skip(uses).map(|used| used.root).collect();
        self.assignments.push(Assignment {
            name,
            reads,
            is_repeated,
        });
    }
}

/// Finds the lines that have only outputs and tags, and marks what is used in them.
pub fn mark_alone(segments: &[Segment<'_>], uses: &mut [Use<'_>]) {
    let mut alone: Vec<(usize, usize)> = Vec::new();
    let mut line: Vec<(usize, usize)> = Vec::new();
    let mut has_text = false;
    for segment in segments {
        match segment {
            Segment::Tag(_) => {}
            Segment::Output(inside) => line.push((inside.start, inside.end)),
            Segment::Text { text, .. } => {
                for (index, part) in text.split('\n').enumerate() {
                    if index > 0 {
                        alone.extend(line.drain(..).filter(|_| !has_text));
                        has_text = false;
                    }
                    has_text |= !part.trim().is_empty();
                }
            }
        }
    }
    alone.extend(line.into_iter().filter(|_| !has_text));
    for used in uses {
        let next = alone.partition_point(|(start, _)| *start <= used.offset);
        let range = next.checked_sub(1).and_then(|index| alone.get(index));
        if used.place == Place::Inline && range.is_some_and(|(_, end)| used.offset < *end) {
            used.place = Place::Alone;
        }
    }
}

/// Whether names that are set from each other could double too often.
pub fn grows(assignments: &[Assignment<'_>]) -> bool {
    let set: BTreeSet<&str> = assignments.iter().map(|assignment| assignment.name).collect();
    let reads = |one: &&Assignment<'_>| one.reads.iter().filter(|name| set.contains(**name)).count();
    let doubling = assignments.iter().filter(|one| reads(one) > 1);
    doubling.clone().any(|one| one.is_repeated) || doubling.count() > 8
}
