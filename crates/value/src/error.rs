//! What can be wrong with a value, and where.
//!
//! Tests: `crates/value/src/tests/reading.rs`.

use std::fmt;

use thiserror::Error;

use super::number::MAX_DIGITS;
use super::{Path, Step};

/// Something wrong with a value, and where. Names attributes and keys, never a value's content: it may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}{kind}", Place(path))]
pub struct ValueError<Kind> {
    /// Where in the value.
    pub path: Path,
    /// What is wrong there.
    pub kind: Kind,
}

/// Why a value does not conform to a type.
pub type ConformError = ValueError<Misfit>;

/// Why bytes are not a value of a type.
pub type DecodeError = ValueError<DecodeErrorKind>;

/// Why a value cannot be written as a value of a type.
pub type EncodeError = ValueError<EncodeErrorKind>;

/// How a value and a type differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Misfit {
    /// Another kind of value than the type asks for.
    #[error("expected {expected}, found {found}")]
    Kind {
        /// What the type asks for, with its article.
        expected: &'static str,
        /// What is there instead, with its article.
        found: &'static str,
    },
    /// An attribute of the type that the object has not.
    #[error("this attribute is missing")]
    MissingAttribute,
    /// An attribute of the object that the type has not.
    #[error("the type has no such attribute")]
    UnexpectedAttribute,
}

/// What is wrong with bytes that should be a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DecodeErrorKind {
    /// A value that does not fit the type.
    #[error(transparent)]
    Misfit(#[from] Misfit),
    /// The bytes end within the value, or claim a length they do not have.
    #[error("the value ends too early")]
    Truncated,
    /// Bytes remain after the value.
    #[error("something follows the value")]
    Trailing,
    /// Bytes that are not JSON.
    #[error("line {line}, column {column} is not JSON")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// A key that occurs twice.
    #[error("the key occurs twice")]
    DuplicateKey,
    /// A string in another encoding than UTF-8.
    #[error("the text is not UTF-8")]
    InvalidText,
    /// Not a number, or one that a [`super::Number`] cannot hold.
    #[error("not a number of up to {MAX_DIGITS} digits before and after the point")]
    InvalidNumber,
}

/// What is wrong with a value that should be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum EncodeErrorKind {
    /// The value does not fit the type.
    #[error(transparent)]
    Misfit(#[from] Misfit),
    /// A string of more than four gigabytes, or a collection of more than four billion elements: msgpack's limits.
    #[error("too long")]
    TooLong,
}

impl<Kind> ValueError<Kind> {
    /// The same error, seen from outside the value it is in.
    pub(super) fn within(mut self, step: Step) -> Self {
        self.path.prepend(step);
        self
    }

    /// The same error, seen from a set: Terraform cannot name a set's elements, so the path ends there.
    pub(super) fn within_set(mut self) -> Self {
        self.path = Path::root();
        self
    }
}

impl<Kind> From<Kind> for ValueError<Kind> {
    fn from(kind: Kind) -> Self {
        Self {
            path: Path::root(),
            kind,
        }
    }
}

impl From<Misfit> for DecodeError {
    fn from(misfit: Misfit) -> Self {
        DecodeErrorKind::from(misfit).into()
    }
}

impl From<ConformError> for EncodeError {
    fn from(error: ConformError) -> Self {
        Self {
            path: error.path,
            kind: error.kind.into(),
        }
    }
}

struct Place<'a>(&'a Path);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_root() {
            Ok(())
        } else {
            write!(f, "`{}`: ", self.0)
        }
    }
}
