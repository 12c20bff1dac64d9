//! Checks that a string is YAML as cloud-init reads it: one document, which is a mapping without duplicate keys.

use std::borrow::Cow;
use std::collections::BTreeSet;

use saphyr_parser::{Event, Marker, Parser};

/// An error in a string.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// The column, in characters from 1.
    pub column: usize,
    /// The problem, as a sentence.
    pub message: String,
}

/// A mapping or sequence that is not closed yet.
enum Open {
    /// A mapping with its keys, and whether a key comes next.
    Mapping(BTreeSet<String>, bool),
    Sequence,
}

/// What YAML 1.2, which saphyr reads, rejects, but YAML 1.1, which cloud-init reads, accepts.
const NEWER: [&str; 4] = [
    "':' may not precede any of `[{` in flow mapping",
    "comments must be separated from other tokens by whitespace",
    "plain scalar cannot start with '-' followed by ,[]{}",
    "tab cannot be used as indentation",
];

/// Errors about the indentation within brackets and quotes, which YAML 1.1 does not limit, with how many lines before the
/// indented one they are reported.
const INDENTATION: [(&str, usize); 3] = [
    ("invalid indentation", 0),
    ("invalid indentation in flow construct", 0),
    ("invalid indentation in quoted scalar", 1),
];

/// How many lines are indented before the text is accepted as it is.
const MAX_INDENTED: usize = 40;

/// The first problem of a string.
pub fn check(text: &str) -> Option<Problem> {
    let mut indented: BTreeSet<usize> = BTreeSet::new();
    while indented.len() <= MAX_INDENTED {
        let changed = if indented.is_empty() {
            Cow::Borrowed(text)
        } else {
            let lines = text.split_inclusive('\n').enumerate();
            let indentation = |line| if indented.contains(&line) { INDENT } else { "" };
            Cow::Owned(
                lines
                    .flat_map(|(index, line)| [indentation(index + 1), line])
                    .collect(),
            )
        };
        match first_problem(&changed)? {
            Found::Problem(problem) => {
                let shift = if indented.contains(&problem.line) {
                    INDENT.len()
                } else {
                    0
                };
                let column = problem.column.saturating_sub(shift).max(1);
                return Some(Problem { column, ..problem });
            }
            Found::Indentation(line) => {
                let next = (line..=line + MAX_INDENTED).find(|line| !indented.contains(line))?;
                indented.insert(next);
            }
        }
    }
    None
}

/// More than any other indentation.
const INDENT: &str = "                                                            ";

enum Found {
    Problem(Problem),
    /// This line, or one after it, is not indented enough for YAML 1.2.
    Indentation(usize),
}

fn first_problem(text: &str) -> Option<Found> {
    let mut open: Vec<Open> = Vec::new();
    let mut documents = 0;
    for event in Parser::new_from_str(text) {
        let (event, span) = match event {
            Ok(found) => found,
            Err(error) => {
                let (info, place) = (error.info(), *error.marker());
                if NEWER.contains(&info) {
                    return None;
                }
                if let Some((_, offset)) = INDENTATION.iter().find(|(known, _)| *known == info) {
                    return Some(Found::Indentation(place.line() + offset));
                }
                return Some(problem(place, format!("The result is not valid YAML: {info}.")));
            }
        };
        if matches!(event, Event::DocumentStart(_)) {
            documents += 1;
            if documents > 1 {
                return Some(problem(
                    span.start,
                    "The result has a second YAML document, which cloud-init rejects.",
                ));
            }
        }
        let is_root = open.is_empty();
        let is_scalar = match &event {
            Event::Scalar(value, ..) => Some(&**value),
            _ => None,
        };
        let is_other_root = match &event {
            Event::SequenceStart(..) => true,
            Event::Scalar(value, ..) => !matches!(&**value, "" | "~" | "null" | "Null" | "NULL"),
            _ => false,
        };
        if is_root && is_other_root {
            let message = "The result must be a YAML mapping, such as `packages: [nginx]`.";
            return Some(problem(span.start, message));
        }
        match event {
            Event::MappingEnd | Event::SequenceEnd => {
                open.pop();
            }
            Event::MappingStart(..) | Event::SequenceStart(..) | Event::Scalar(..) | Event::Alias(_) => {
                if let Some(Open::Mapping(keys, is_key)) = open.last_mut() {
                    let key = is_scalar.filter(|key| *is_key && is_plain(key));
                    *is_key = !*is_key;
                    if let Some(key) = key.filter(|key| !keys.insert((*key).to_owned())) {
                        let message = format!(
                            "The result has the key `{key}` twice in one mapping: only the last one counts."
                        );
                        return Some(problem(span.start, message));
                    }
                }
                match event {
                    Event::MappingStart(..) => open.push(Open::Mapping(BTreeSet::new(), true)),
                    Event::SequenceStart(..) => open.push(Open::Sequence),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    None
}

fn problem(at: Marker, message: impl Into<String>) -> Found {
    Found::Problem(Problem {
        line: at.line(),
        column: at.col() + 1,
        message: message.into(),
    })
}

/// Whether a key consists of letters only. Others may contain a placeholder.
fn is_plain(key: &str) -> bool {
    !key.is_empty()
        && key
            .chars()
            .all(|character| character.is_ascii_alphabetic() || matches!(character, '_' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        check(text).map_or("ok".to_owned(), |problem| {
            format!("{}:{} {}", problem.line, problem.column, problem.message)
        })
    }

    #[test]
    fn check_accepts_cloud_config() {
        for text in [
            "#cloud-config\n",
            "#cloud-config\n---\npackages: [nginx, 'a b']\nruncmd:\n- [sh, -c, 'echo \"x\"']\n- echo a:b # c\n",
            "a: &x {b: 1}\nc:\n  <<: *x\n  d: |\n    key: {{ no yaml }}\n   \n    \tx\ne: >-\n  y\n",
            "a:\n- b: 1\n  c: 2\n- b: 1\n",
            "a: [1,\n  2,\n]\nb: {c: d,}\n",
            "a: \"x\\n\ty\"\nb: 'it''s'\n",
            "a: !!binary aGVsbG8=\nb: 2001-01-01\n",
            "a: {x: 1}\n...\n",
            "{\"a\": \"b\", \"c\": [1]}",
            // These are valid in YAML 1.1 only.
            "a: [\n  1,\n]\nb: {\n\"c\": 2\n}\n",
            "a:\n  b: \"x\n\n y\nz\"\n  c: [d,\nf]\n",
            "a: {b:[1]}\nc: \"d\"# e\nf: [-, 1]\n",
        ] {
            assert_eq!(shown(text), "ok", "{text}");
        }
    }

    #[test]
    fn check_reports_the_first_problem() {
        let table = [
            ("a: b: c", "1:5 "),
            ("a:\n\t- b", "2:"),
            ("a: [1, 2", "2:1 "),
            ("a: 1\n b: 2", "2:"),
            ("a: 'x", "1:"),
            ("a: [1, 2\nb: 3\n", "2:2 The result is not valid YAML: "),
            ("a: \"x\nb: 3\nc: \"y\"\n", "3:5 The result is not valid YAML: "),
            ("a: *x", "1:"),
            (
                "a: 1\na: 2",
                "2:1 The result has the key `a` twice in one mapping: only the last one counts.",
            ),
            (
                "- a",
                "1:1 The result must be a YAML mapping, such as `packages: [nginx]`.",
            ),
            (
                "packages",
                "1:1 The result must be a YAML mapping, such as `packages: [nginx]`.",
            ),
            (
                "a: 1\n---\nb: 1",
                "2:1 The result has a second YAML document, which cloud-init rejects.",
            ),
        ];
        for (text, expected) in table {
            let shown = shown(text);
            assert!(shown.starts_with(expected) && shown != "ok", "{text}: {shown}");
        }
    }
}
