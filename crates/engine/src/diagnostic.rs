//! Diagnostics (errors and warnings for the user), and [`Reported`], the one error type of functions that report them.
//!
//! A diagnostic becomes the message `Diagnostic` of Terraform's protocol:
//! <https://github.com/hashicorp/terraform/blob/main/docs/plugin-protocol/README.md>.
//!
//! Tests: `crates/engine/tests/tables/`.

use std::fmt;

use value::Path;

/// The first line of a diagnostic, from the catalogue of its crate. Declared with [`summaries!`](crate::summaries!).
#[derive(Debug, PartialEq, Eq)]
pub struct Summary {
    /// At most 60 characters, without a full stop and without values.
    pub text: &'static str,
    /// The situation in which it is reported, as a sentence.
    pub when: &'static str,
    /// What the user can do about it, as a sentence.
    pub remedy: &'static str,
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.text)
    }
}

/// An error or a warning, about one attribute or the whole object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// The kind of problem.
    pub summary: &'static Summary,
    /// What happened, and what to do. Never holds a secret or a template.
    pub detail: String,
    /// Path of the attribute that the diagnostic is about; the root for the whole object.
    pub path: Path,
    /// What is shown instead of the detail if another diagnostic explains the same fault.
    pub brief: Option<Brief>,
}

/// The short form of a diagnostic about a fault that many requests meet, such as a rejected token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brief {
    /// Identifies the fault: the same text for each request that meets it.
    pub fault: String,
    /// The short detail. It makes sense alone: Terraform sorts diagnostics by their place in the configuration.
    pub detail: String,
}

impl Diagnostic {
    /// Creates a diagnostic without a short form.
    pub fn new(severity: Severity, path: Path, summary: &'static Summary, detail: impl Into<String>) -> Self {
        Self {
            severity,
            summary,
            detail: detail.into(),
            path,
            brief: None,
        }
    }
}

/// Severity of a diagnostic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The operation failed.
    Error,
    /// The operation continued.
    Warning,
}

/// The error of a function that takes the [`Diagnostics`]: the cause is in them already.
///
/// [`Diagnostics::error`] returns it, and `?` passes it on. After an interrupt, the cause is a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reported;

/// The diagnostics of one operation, without duplicates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Adds an error about the whole object.
    pub fn error(&mut self, summary: &'static Summary, detail: impl Into<String>) -> Reported {
        self.error_at(Path::root(), summary, detail)
    }

    /// Adds an error about an attribute.
    pub fn error_at(&mut self, path: Path, summary: &'static Summary, detail: impl Into<String>) -> Reported {
        self.push(Diagnostic::new(Severity::Error, path, summary, detail));
        Reported
    }

    /// Adds a warning about an attribute, or with the root path about the whole object.
    pub fn warning_at(&mut self, path: Path, summary: &'static Summary, detail: impl Into<String>) {
        self.push(Diagnostic::new(Severity::Warning, path, summary, detail));
    }

    /// Adds a diagnostic, unless an equal one is there.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if !self.0.contains(&diagnostic) {
            self.0.push(diagnostic);
        }
    }

    /// Adds all diagnostics of `other`.
    pub fn append(&mut self, other: Self) {
        for diagnostic in other.0 {
            self.push(diagnostic);
        }
    }

    /// Returns the diagnostics with the short form of each whose fault another one explains. `is_explained` returns whether one does,
    /// and records the fault.
    #[must_use]
    pub fn abbreviate(self, mut is_explained: impl FnMut(&str) -> bool) -> Self {
        let mut abbreviated = Self::default();
        for mut diagnostic in self.0 {
            if let Some(brief) = diagnostic.brief.take()
                && is_explained(&brief.fault)
            {
                diagnostic.detail = brief.detail;
            }
            abbreviated.push(diagnostic);
        }
        abbreviated
    }

    /// Returns the diagnostics with each detail replaced by `change(diagnostic)`.
    #[must_use]
    pub fn map_details(self, change: impl Fn(&Diagnostic) -> String) -> Self {
        let changed = self.0.into_iter().map(|diagnostic| Diagnostic {
            detail: change(&diagnostic),
            ..diagnostic
        });
        Self(changed.collect())
    }

    /// Iterates over the errors.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0
            .iter()
            .filter(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Whether there is an error.
    pub fn has_errors(&self) -> bool {
        self.errors().next().is_some()
    }

    /// Returns the result of a function that collected all errors before it failed.
    ///
    /// # Errors
    ///
    /// [`Reported`] if there is an error.
    pub fn result(&self) -> Result<(), Reported> {
        if self.has_errors() { Err(Reported) } else { Ok(()) }
    }

    /// Whether there are no diagnostics.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Iterates over the diagnostics in the order in which they were added.
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
