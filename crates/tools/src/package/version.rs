//! Version constraints, as in `version = "~> 1.3, != 1.3.2"`.
//!
//! Source: <https://developer.hashicorp.com/terraform/language/expressions/version-constraints>.

use std::fmt;

pub use semver::Version;

/// Version constraints, all of which a version must match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Constraints(Vec<Constraint>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Constraint {
    operator: Operator,
    version: Version,
    /// How many of the three numbers the constraint has: 2 for `~> 1.3`.
    parts: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    Pessimistic,
}

/// The string is not a list of version constraints.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a version constraint: write for example `~> 1.3` or `>= 1.3.0, < 2.0.0`")]
pub struct ConstraintError(String);

/// The operators. A longer one is before its own prefix, because the first that matches is taken.
const OPERATORS: [(&str, Operator); 7] = [
    ("!=", Operator::NotEqual),
    (">=", Operator::GreaterOrEqual),
    ("<=", Operator::LessOrEqual),
    ("~>", Operator::Pessimistic),
    (">", Operator::Greater),
    ("<", Operator::Less),
    ("=", Operator::Equal),
];

impl Constraints {
    /// Parses constraints that are separated by commas. The empty string has no constraints, and allows every version.
    ///
    /// # Errors
    ///
    /// [`ConstraintError`], if one of them is not a constraint.
    pub fn parse(text: &str) -> Result<Self, ConstraintError> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let parsed: Option<Vec<Constraint>> = text.split(',').map(Constraint::parse).collect();
        parsed
            .map(Constraints)
            .ok_or_else(|| ConstraintError(text.to_owned()))
    }

    /// Whether a version matches all constraints. A pre-release matches only a constraint that names it exactly.
    pub fn allow(&self, version: &Version) -> bool {
        let is_named = || {
            self.0.iter().any(|constraint| {
                constraint.operator == Operator::Equal && constraint.version.pre == version.pre
            })
        };
        self.0.iter().all(|constraint| constraint.allows(version)) && (version.pre.is_empty() || is_named())
    }

    /// Whether there are no constraints.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Constraints {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, constraint) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            let operator = OPERATORS
                .iter()
                .find(|(_, operator)| *operator == constraint.operator);
            let version = &constraint.version;
            let numbers = [version.major, version.minor, version.patch].map(|number| number.to_string());
            let written = numbers.get(..constraint.parts).unwrap_or(&numbers).join(".");
            let operator = match operator {
                Some((_, Operator::Equal)) | None => String::new(),
                Some((operator, _)) => format!("{operator} "),
            };
            let dash = if version.pre.is_empty() { "" } else { "-" };
            write!(formatter, "{separator}{operator}{written}{dash}{}", version.pre)?;
        }
        Ok(())
    }
}

impl Constraint {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (operator, version) = OPERATORS
            .iter()
            .find_map(|(prefix, operator)| Some((*operator, text.strip_prefix(prefix)?.trim())))
            .unwrap_or((Operator::Equal, text));
        let version = version.strip_prefix('v').unwrap_or(version);
        let (numbers, rest) = match version.find(['-', '+']) {
            Some(position) => version.split_at(position),
            None => (version, ""),
        };
        let parts = numbers.split('.').count();
        let missing = ".0".repeat(3_usize.checked_sub(parts)?);
        let version = Version::parse(&format!("{numbers}{missing}{rest}")).ok()?;
        Some(Self {
            operator,
            version,
            parts,
        })
    }

    fn allows(&self, version: &Version) -> bool {
        let order = version.cmp_precedence(&self.version);
        match self.operator {
            Operator::Equal => order.is_eq(),
            Operator::NotEqual => order.is_ne(),
            Operator::Greater => order.is_gt(),
            Operator::GreaterOrEqual => order.is_ge(),
            Operator::Less => order.is_lt(),
            Operator::LessOrEqual => order.is_le(),
            // Only the last number of the constraint may be greater in the version.
            Operator::Pessimistic => {
                order.is_ge()
                    && match self.parts {
                        1 => true,
                        2 => version.major == self.version.major,
                        _ => version.major == self.version.major && version.minor == self.version.minor,
                    }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allow_matches_as_terraform_does() {
        for (constraints, version, expected) in [
            ("", "1.0.0", true),
            ("1.3.0", "1.3.0", true),
            ("= 1.3", "1.3.0", true),
            ("1.3.0", "1.3.1", false),
            ("~> 1.3", "1.9.0", true),
            ("~> 1.3", "2.0.0", false),
            ("~> 1.3.0", "1.3.9", true),
            ("~> 1.3.0", "1.4.0", false),
            ("~> 1", "2.0.0", true),
            (">= 1.0, < 2.0, != 1.5.0", "1.5.0", false),
            (">= 1.0, < 2.0, != 1.5.0", "1.6.0", true),
            (">1.0.0", "1.0.0", false),
            ("<=1.0.0", "1.0.0", true),
            (">= 1.0.0", "2.0.0-beta1", false),
            ("2.0.0-beta1", "2.0.0-beta1", true),
        ] {
            let found = Constraints::parse(constraints)
                .unwrap()
                .allow(&Version::parse(version).unwrap());
            assert_eq!(found, expected, "{constraints} and {version}");
        }
        for text in ["latest", ">= ", "1.2.3.4", "~> 1.x", ">= 1.0,", "^1.0"] {
            assert!(Constraints::parse(text).is_err(), "{text}");
        }
        assert_eq!(
            Constraints::parse(">=1.0 ,~>1.3.0,2.0.0-a").unwrap().to_string(),
            ">= 1.0, ~> 1.3.0, 2.0.0-a"
        );
    }
}
