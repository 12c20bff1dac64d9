//! Checks the result of a template, which is rendered with sample values.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::finding::{Finding, Kind, Severity};
use crate::lexer::{Segment, segments};
use crate::names::Names;
use crate::rendering::{Limits, render_within};
use crate::user_data::{Format, format, is_path};
use crate::uses::Parsed;
use crate::{samples, yaml};

/// The limits of one rendering with sample values.
const LIMITS: Limits = Limits {
    fuel: 100_000,
    size: 1 << 20,
    range: 1000,
};

/// The size of the largest template that is rendered, in bytes.
const MAX_SIZE: usize = 256 << 10;

/// Characters around the number of a line in a marked template. They are for private use.
const MARKS: [char; 2] = ['\u{f8f0}', '\u{f8f1}'];

/// The findings about the results of a template. A template that cannot be rendered with sample values has none.
pub fn check(template: &str, parsed: &Parsed<'_>, names: &Names) -> Vec<Finding> {
    if is_path(template) {
        let message =
            "The template looks like the path of a file. To use the content of the file, write `file(…)`.";
        return vec![Finding::new(Severity::Warning, Kind::Path, message)];
    }
    if parsed.is_costly || template.len() > MAX_SIZE {
        return Vec::new();
    }
    let mut has_header = false;
    let mut lacks_header = false;
    for context in samples::contexts(parsed, names) {
        let Ok(result) = render_within(template, context.clone(), LIMITS) else {
            continue;
        };
        let result = with_line_end(&result);
        let content = match format(&result) {
            Format::Empty => continue,
            Format::Unknown => {
                lacks_header = true;
                continue;
            }
            Format::Jinja(content) => match format(content) {
                Format::Unknown if !has_jinja(content) => {
                    lacks_header = true;
                    continue;
                }
                Format::CloudConfig if !has_jinja(content) => true,
                _ => false,
            },
            Format::CloudConfig => true,
            Format::Other => false,
        };
        has_header = true;
        if let Some(problem) = Some(&result)
            .filter(|_| content)
            .and_then(|result| yaml::check(result))
        {
            let (line, column) = place(template, &context, &result, problem.line, problem.column);
            return vec![Finding {
                severity: Severity::Warning,
                kind: Kind::Yaml,
                line,
                column,
                message: problem.message,
            }];
        }
    }
    if lacks_header && !has_header {
        let start = template.trim_start().to_lowercase();
        let is_misspelt = [
            "# cloud-config",
            "#cloud_config",
            "# cloud_config",
            "cloud-config",
            "#cloudconfig",
        ]
        .iter()
        .any(|wrong| start.starts_with(wrong));
        let message = if is_misspelt {
            "cloud-init ignores the result, because it does not begin with exactly `#cloud-config`."
        } else {
            "cloud-init ignores the result, because it begins with neither `#cloud-config` nor another header that cloud-init \
             knows."
        };
        return vec![Finding::new(Severity::Warning, Kind::Header, message)];
    }
    Vec::new()
}

/// cloud-init's YAML parser needs no line end, and this one reports other places without it.
fn with_line_end(result: &str) -> Cow<'_, str> {
    if result.ends_with('\n') {
        Cow::Borrowed(result)
    } else {
        Cow::Owned(format!("{result}\n"))
    }
}

fn has_jinja(text: &str) -> bool {
    ["{{", "{%", "{#"]
        .iter()
        .any(|delimiter| text.contains(delimiter))
}

/// The place in the template that a place in the result comes from.
fn place(
    template: &str,
    context: &minijinja::Value,
    result: &str,
    line: usize,
    column: usize,
) -> (usize, usize) {
    let Some(marked) = mark(template) else {
        return (line, column);
    };
    let Ok(marked) = render_within(&marked, context.clone(), LIMITS) else {
        return (line, column);
    };
    let (unmarked, lines) = unmark(&with_line_end(&marked));
    if unmarked != result {
        return (line, column);
    }
    let origins = lines.iter().take(line).rev();
    let Some(origin) = origins.copied().flatten().next() else {
        return (1, 1);
    };
    if lines.get(line.saturating_sub(1)).copied().flatten() != Some(origin) {
        return (origin, 1);
    }
    let written = template.lines().nth(origin - 1).unwrap_or_default();
    let rendered = result.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    (origin, column_in(written, rendered, column))
}

/// The column in a line of the template that a column in the rendered line comes from: exact if the same text is there once, and
/// otherwise at most that of the first difference.
fn column_in(written: &str, rendered: &str, column: usize) -> usize {
    let common = written
        .chars()
        .zip(rendered.chars())
        .take_while(|(one, other)| one == other)
        .count();
    if column <= common {
        return column;
    }
    // Text that occurs more than once is found with more of what is before it.
    for before in 0..column.min(20) {
        let text: String = rendered
            .chars()
            .skip(column - 1 - before)
            .take(12 + before)
            .collect();
        let mut found = written.match_indices(&text);
        match (found.next(), found.next()) {
            (Some((offset, _)), None) if !text.trim().is_empty() => {
                return written.get(..offset).unwrap_or_default().chars().count() + 1 + before;
            }
            (None, _) => break,
            _ => {}
        }
    }
    column.min(common + 1)
}

/// The template with the number of each line behind its last visible character of text.
fn mark(template: &str) -> Option<String> {
    if template.contains(MARKS) {
        return None;
    }
    let [open, close] = MARKS;
    let mut marked = String::with_capacity(template.len() * 2);
    let mut copied = 0;
    let mut number = 1;
    let mut counted = 0;
    for segment in &segments(template).0 {
        let Segment::Text { offset, text } = segment else {
            continue;
        };
        let mut start = *offset;
        for line in text.split_inclusive('\n') {
            number += template.get(counted..start)?.matches('\n').count();
            counted = start;
            let visible = line.trim_end();
            if !visible.trim_start().is_empty() {
                let end = start + visible.len();
                marked.push_str(template.get(copied..end)?);
                let _ = write!(marked, "{open}{number}{close}");
                copied = end;
            }
            start += line.len();
        }
    }
    marked.push_str(template.get(copied..)?);
    Some(marked)
}

/// The text without marks, and for each of its lines the first number in it.
fn unmark(marked: &str) -> (String, Vec<Option<usize>>) {
    let [open, close] = MARKS;
    let mut text = String::with_capacity(marked.len());
    let mut lines = Vec::new();
    for line in marked.split_inclusive('\n') {
        let mut first = None;
        for (index, part) in line.split(open).enumerate() {
            match part.split_once(close).filter(|_| index > 0) {
                Some((number, rest)) => {
                    first = first.or(number.parse().ok());
                    text.push_str(rest);
                }
                None => text.push_str(part),
            }
        }
        lines.push(first);
    }
    (text, lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn column_in_finds_the_text_or_the_first_difference() {
        let table = [
            ("a: b: c", "a: b: c", 5, 5),
            ("a: {{ x }}: c", "a: long value: c", 14, 11),
            ("a: {{ x }}: c", "a: long value: c", 4, 4),
            ("a: {{ x }} b b", "a: 1 b b", 8, 14),
            ("a: {{ x }}", "a: 1: 2", 5, 4),
        ];
        for (written, rendered, column, expected) in table {
            assert_eq!(column_in(written, rendered, column), expected, "{written}");
        }
    }

    #[test]
    fn unmark_reverts_mark() {
        let template = "a\n  b {{ c }} d\n\n{% if x %}\n  e{% endif %}\n";
        let marked = mark(template).unwrap();
        let [open, close] = MARKS;
        let shown = marked.replace(open, "<").replace(close, ">");
        assert_eq!(
            shown,
            "a<1>\n  b<2> {{ c }} d<2>\n\n{% if x %}\n  e<5>{% endif %}\n"
        );
        let (text, lines) = unmark(&marked);
        assert_eq!(text, template);
        assert_eq!(lines, [Some(1), Some(2), None, None, Some(5)]);
    }
}
