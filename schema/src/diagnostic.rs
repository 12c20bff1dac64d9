//! Problems of declarations, and how they are shown.
//!
//! Tests: `schema/tests/ui.rs`.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::similar::nearest;
use crate::source::Sources;

/// Something the build refuses, with its place and its remedy.
///
/// It is shown as one line that tools can read, the drawn line of the source, and the remedy:
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
    /// Line, from 1; 0 where the problem is not in a line (a file is missing).
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Id of the rule that was broken.
    pub rule: &'static str,
    /// What is wrong: a fragment, with what was written in quotes.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The file as a message shows it.
    shown: String,
    /// The line of the source with the place marked.
    drawn: String,
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
        // A table's span may reach over many lines; its first line says enough.
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
            shown: sources.shown(name),
            drawn: draw(source_line, line, start - line_start..end - line_start),
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
            shown: sources.shown(name),
            drawn: String::new(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.shown)?;
        if self.line > 0 {
            write!(formatter, ":{}:{}", self.line, self.column)?;
        }
        write!(formatter, ": {}", self.message)?;
        if !self.drawn.is_empty() {
            write!(formatter, "\n{}", self.drawn)?;
        }
        if let Some(help) = &self.help {
            write!(formatter, "\nhelp: {help}")?;
        }
        Ok(())
    }
}

/// `did you mean "string"?`, where a legal word is near what was written.
pub fn did_you_mean<'a>(written: &str, legal: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(written, legal).map(|near| format!("did you mean {near:?}?"))
}

/// `a, b or c`, each in quotes.
pub fn alternatives<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let mut quoted: Vec<String> = words.into_iter().map(|word| format!("{word:?}")).collect();
    match (quoted.pop(), quoted.is_empty()) {
        (None, _) => String::new(),
        (Some(only), true) => only,
        (Some(last), false) => format!("{} or {last}", quoted.join(", ")),
    }
}

fn draw(source_line: &str, line: usize, mark: Range<usize>) -> String {
    let annotation = AnnotationKind::Primary.span(mark);
    let snippet = Snippet::source(source_line)
        .line_start(line)
        .annotation(annotation);
    let group = Group::with_level(Level::ERROR).element(snippet);
    Renderer::plain().render(&[group]).trim_end().to_owned()
}
