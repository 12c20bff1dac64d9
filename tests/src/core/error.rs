//! Why something did not work, in Terraform's words.

use std::fmt;

use provider::value::Path;

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

/// What the provider tells the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether it ended the operation.
    pub severity: Severity,
    /// One line.
    pub summary: String,
    /// The rest.
    pub detail: String,
    /// The attribute at fault; the root where none is.
    pub path: Path,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The operation failed.
    Error,
    /// It went on.
    Warning,
}

impl Error {
    /// One violation, with its place.
    pub fn violation(summary: &str, detail: impl fmt::Display) -> Error {
        Error::Violation(vec![format!("{summary}: {detail}")])
    }

    /// Whether the provider is at fault, not the configuration or the world.
    pub fn is_violation(&self) -> bool {
        matches!(self, Error::Violation(_))
    }

    /// What the provider told, where that is why it did not work.
    pub fn told(&self) -> &[Diagnostic] {
        match self {
            Error::Told(diagnostics) => diagnostics,
            Error::Violation(_) | Error::Configuration(_) => &[],
        }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "Error",
            Severity::Warning => "Warning",
        };
        write!(f, "{severity}: {}", self.summary)?;
        if !self.path.is_root() {
            write!(f, " (at {})", self.path)?;
        }
        write!(f, "\n{}", self.detail)
    }
}

fn lines(diagnostics: &[Diagnostic]) -> String {
    diagnostics
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}
