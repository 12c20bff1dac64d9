//! Why something did not work, in Terraform's words.

use std::fmt;

use value::Path;

pub use engine::diagnostic::Severity;

/// A diagnostic as Terraform reads it from the protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// An error or a warning.
    pub severity: Severity,
    /// The first line.
    pub summary: String,
    /// What happened, and what to do.
    pub detail: String,
    /// The attribute; the root where there is none.
    pub path: Path,
}

/// Why an operation did not work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The provider broke the protocol: one line for each way, as Terraform would tell it.
    #[error("{}", .0.join("\n"))]
    Violation(Vec<String>),
    /// The provider told errors.
    #[error("{}", lines(.0))]
    Told(Vec<Diagnostic>),
    /// Terraform itself refuses the configuration, without asking the provider.
    #[error("invalid configuration: {}", .0.join("\n"))]
    Configuration(Vec<String>),
}

impl Error {
    /// One violation, with its place.
    pub fn violation(summary: &str, detail: impl fmt::Display) -> Self {
        Self::Violation(vec![format!("{summary}: {detail}")])
    }

    /// Whether the provider is at fault, not the configuration or the world.
    pub fn is_violation(&self) -> bool {
        matches!(self, Self::Violation(_))
    }

    /// What the provider told, where that is why it did not work.
    pub fn told(&self) -> &[Diagnostic] {
        match self {
            Self::Told(diagnostics) => diagnostics,
            Self::Violation(_) | Self::Configuration(_) => &[],
        }
    }
}

fn lines(diagnostics: &[Diagnostic]) -> String {
    let lines: Vec<String> = diagnostics.iter().map(line).collect();
    lines.join("\n")
}

/// As Terraform tells it.
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
