//! Problems of declarations, and their text.
//!
//! Tests: `schema/tests/ui.rs`.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::similar::nearest;
use crate::source::Sources;

/// A mistake in a declaration, with its position and its remedy. The build fails if there are any.
///
/// Its text consists of one line that tools can parse, the line of the source, and the remedy:
///
/// ```text
/// schema/secret.toml:8:8: unknown type "strng"
///   |
/// 8 | type = "strng"
///   |        ^^^^^^^
/// help: did you mean "string"?
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Name of the file relative to the folder of the declarations.
    pub file: String,
    /// Line, from 1; 0 if the problem is about the whole file, such as a missing one.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Id of the broken rule, one of [`crate::rules`].
    pub rule: &'static str,
    /// The mistake as a fragment of a sentence, with values in quotes.
    pub message: String,
    /// The remedy, if there is one to suggest.
    pub help: Option<String>,
    /// Path of the file, as it is displayed.
    displayed_path: String,
    /// The line of the source, with the mistake underlined.
    excerpt: String,
}

impl Problem {
    /// A problem at a range of bytes of a file.
    pub(crate) fn at(
        sources: &Sources,
        file: usize,
        span: Range<usize>,
        rule: &'static str,
        message: String,
        help: Option<String>,
    ) -> Self {
        let (name, text) = sources
            .files
            .get(file)
            .map_or(("", ""), |source| (source.name.as_str(), source.text.as_str()));
        let start = text.floor_char_boundary(span.start);
        let before = text.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.matches('\n').count() + 1;
        let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
        let source_line = text
            .get(line_start..)
            .and_then(|rest| rest.lines().next())
            .unwrap_or_default();
        // The span of a table can cover many lines: mark only the first one.
        let end = text
            .floor_char_boundary(span.end)
            .clamp(start, line_start + source_line.len().max(start - line_start));
        Self {
            file: name.to_owned(),
            line,
            column,
            rule,
            message,
            help,
            displayed_path: sources.displayed_path(name),
            excerpt: render_excerpt(source_line, line, start - line_start..end - line_start),
        }
    }

    /// A problem with a file as a whole.
    pub(crate) fn of_file(
        sources: &Sources,
        name: &str,
        rule: &'static str,
        message: String,
        help: Option<String>,
    ) -> Self {
        Self {
            file: name.to_owned(),
            line: 0,
            column: 0,
            rule,
            message,
            help,
            displayed_path: sources.displayed_path(name),
            excerpt: String::new(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.displayed_path)?;
        if self.line > 0 {
            write!(formatter, ":{}:{}", self.line, self.column)?;
        }
        write!(formatter, ": {}", self.message)?;
        if !self.excerpt.is_empty() {
            write!(formatter, "\n{}", self.excerpt)?;
        }
        if let Some(help) = &self.help {
            write!(formatter, "\nhelp: {help}")?;
        }
        Ok(())
    }
}

/// Returns `did you mean "string"?` if one of the legal words is similar to the written one.
pub fn did_you_mean<'a>(written: &str, legal: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(written, legal).map(|near| format!("did you mean {near:?}?"))
}

/// Joins words to `"a", "b" or "c"`.
pub fn alternatives<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let mut quoted: Vec<String> = words.into_iter().map(|word| format!("{word:?}")).collect();
    match (quoted.pop(), quoted.is_empty()) {
        (None, _) => String::new(),
        (Some(only), true) => only,
        (Some(last), false) => format!("{} or {last}", quoted.join(", ")),
    }
}

fn render_excerpt(source_line: &str, line: usize, mark: Range<usize>) -> String {
    let annotation = AnnotationKind::Primary.span(mark);
    let snippet = Snippet::source(source_line)
        .line_start(line)
        .annotation(annotation);
    let group = Group::with_level(Level::ERROR).element(snippet);
    Renderer::plain().render(&[group]).trim_end().to_owned()
}
