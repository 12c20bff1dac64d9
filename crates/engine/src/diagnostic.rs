//! What the user is shown, and the one way to fail.
//!
//! Tests: `crates/engine/tests/tables/`.

use std::fmt;

use value::Path;

/// The first line of a diagnostic, from the catalogue of its crate: made by [`summaries!`](crate::summaries!).
#[derive(Debug, PartialEq, Eq)]
pub struct Summary {
    /// The line: at most 60 characters, no full stop, no value.
    pub text: &'static str,
    /// When the user sees it, as a sentence.
    pub when: &'static str,
    /// What the user can do about it, as a sentence.
    pub remedy: &'static str,
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.text)
    }
}

/// An error or a warning, on an attribute where one is at fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether it ends the operation.
    pub severity: Severity,
    /// What kind of problem it is.
    pub summary: &'static Summary,
    /// What happened, and what to do. Never holds a secret or a template.
    pub detail: String,
    /// The attribute at fault; the root where none is.
    pub path: Path,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The operation failed.
    Error,
    /// The operation went on.
    Warning,
}

/// The error of a function whose caller holds the [`Diagnostics`]: the work ended early, and why is already in there.
///
/// It is the only way to fail: [`Diagnostics::error`] gives it, and `?` hands it on. An interrupt ends the work early as
/// well, with a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reported;

/// Everything there is to show of one operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Adds an error on the whole object.
    pub fn error(&mut self, summary: &'static Summary, detail: impl Into<String>) -> Reported {
        self.error_at(Path::root(), summary, detail)
    }

    /// Adds an error on an attribute.
    pub fn error_at(&mut self, path: Path, summary: &'static Summary, detail: impl Into<String>) -> Reported {
        self.push(Severity::Error, path, summary, detail.into());
        Reported
    }

    /// Adds a warning on an attribute; on the whole object, with the root.
    pub fn warning_at(&mut self, path: Path, summary: &'static Summary, detail: impl Into<String>) {
        self.push(Severity::Warning, path, summary, detail.into());
    }

    fn push(&mut self, severity: Severity, path: Path, summary: &'static Summary, detail: String) {
        let diagnostic = Diagnostic {
            severity,
            summary,
            detail,
            path,
        };
        if !self.0.contains(&diagnostic) {
            self.0.push(diagnostic);
        }
    }

    /// Adds all of another's.
    pub fn append(&mut self, other: Self) {
        for diagnostic in other.0 {
            self.push(
                diagnostic.severity,
                diagnostic.path,
                diagnostic.summary,
                diagnostic.detail,
            );
        }
    }

    /// The same, with other details.
    #[must_use]
    pub fn map_details(self, change: impl Fn(&str) -> String) -> Self {
        let changed = self.0.into_iter().map(|diagnostic| Diagnostic {
            detail: change(&diagnostic.detail),
            ..diagnostic
        });
        Self(changed.collect())
    }

    /// Those that end the operation.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0
            .iter()
            .filter(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Whether any is an error.
    pub fn has_errors(&self) -> bool {
        self.errors().next().is_some()
    }

    /// What a function that has collected every error fails with.
    ///
    /// # Errors
    ///
    /// [`Reported`], where any is an error.
    pub fn result(&self) -> Result<(), Reported> {
        if self.has_errors() { Err(Reported) } else { Ok(()) }
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each of them, in the order they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter()
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
