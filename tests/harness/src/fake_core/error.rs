//! Errors of an operation, in Terraform's words.

use std::fmt;

use value::Path;

pub use engine::diagnostic::Severity;

/// A diagnostic of the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// An error or a warning.
    pub severity: Severity,
    /// The first line.
    pub summary: String,
    /// What happened, and what to do.
    pub detail: String,
    /// The path of the attribute; the root path for a diagnostic without one.
    pub path: Path,
}

/// The reason why an operation failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The provider violated the protocol. Each string is a violation in Terraform's words.
    #[error("{}", .0.join("\n"))]
    Violation(Vec<String>),
    /// The provider reported errors.
    #[error("{}", lines(.0))]
    Reported(Vec<Diagnostic>),
    /// Terraform itself rejects the configuration, without a request to the provider.
    #[error("invalid configuration: {}", .0.join("\n"))]
    Configuration(Vec<String>),
}

impl Error {
    /// A single violation.
    pub fn violation(summary: &str, detail: impl fmt::Display) -> Self {
        Self::Violation(vec![format!("{summary}: {detail}")])
    }

    /// Whether the provider violated the protocol.
    pub fn is_violation(&self) -> bool {
        matches!(self, Self::Violation(_))
    }

    /// The errors that the provider reported; empty for other failures.
    pub fn reported(&self) -> &[Diagnostic] {
        match self {
            Self::Reported(diagnostics) => diagnostics,
            Self::Violation(_) | Self::Configuration(_) => &[],
        }
    }
}

fn lines(diagnostics: &[Diagnostic]) -> String {
    let lines: Vec<String> = diagnostics.iter().map(line).collect();
    lines.join("\n")
}

/// A diagnostic as Terraform prints it.
pub(super) fn line(diagnostic: &Diagnostic) -> String {
    let severity = match diagnostic.severity {
        Severity::Error => "Error",
        Severity::Warning => "Warning",
    };
    let place = if diagnostic.path.is_root() {
        String::new()
    } else {
        format!(" (at {})", diagnostic.path)
    };
    format!("{severity}: {}{place}\n{}", diagnostic.summary, diagnostic.detail)
}
