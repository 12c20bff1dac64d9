//! What a check finds.

/// An error or a warning about a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Error or warning.
    pub severity: Severity,
    /// What it is about.
    pub kind: Kind,
    /// The line in the template, from 1.
    pub line: usize,
    /// The column in the template, in characters from 1.
    pub column: usize,
    /// One or two sentences. Of the template, they contain single names only.
    pub message: String,
}

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The template cannot be rendered.
    Error,
    /// The template, or its result, is probably not what is meant.
    Warning,
}

/// The kinds of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The template is no Jinja template.
    Syntax,
    /// A tag that only an extension of Jinja may have.
    Tag,
    /// A name that is not defined.
    Name,
    /// A member that its object does not have.
    Member,
    /// A member that the account does not have.
    Listed,
    /// The result does not begin with a header that cloud-init knows.
    Header,
    /// The template looks like the path of a file.
    Path,
    /// The result is not the YAML that cloud-init expects.
    Yaml,
}

impl Finding {
    /// A finding whose position is set later.
    pub(crate) fn new(severity: Severity, kind: Kind, message: impl Into<String>) -> Self {
        Self {
            severity,
            kind,
            line: 1,
            column: 1,
            message: message.into(),
        }
    }
}

/// The line and column of a byte.
pub(crate) fn position(template: &str, offset: usize) -> (usize, usize) {
    let before = template.get(..offset).unwrap_or(template);
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let column = before.get(start..).unwrap_or_default().chars().count() + 1;
    (line, column)
}
