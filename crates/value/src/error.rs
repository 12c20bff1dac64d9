//! Errors about a value, with the path of the part that they are about.
//!
//! Tests: `crates/value/src/tests/codec.rs`.

use std::fmt;

use thiserror::Error;

use super::number::MAX_DIGITS;
use super::{Path, Step};

/// An error about a value, or about a part of it. Its text names attributes and keys, but never a value, which may be a
/// secret.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}{kind}", Prefix(path))]
pub struct ValueError<Kind> {
    /// The path of the part that the error is about.
    pub path: Path,
    /// The error itself.
    pub kind: Kind,
}

/// Why a value does not conform to a type.
pub type ConformError = ValueError<Mismatch>;

/// Why bytes cannot be decoded as a value of a type.
pub type DecodeError = ValueError<DecodeErrorKind>;

/// Why a value cannot be encoded as a value of a type.
pub type EncodeError = ValueError<EncodeErrorKind>;

/// How a value differs from a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Mismatch {
    /// The value is of another type.
    #[error("expected {expected}, found {found}")]
    Type {
        /// The expected type, with its article: `a list`.
        expected: &'static str,
        /// The type of the value, with its article.
        found: &'static str,
    },
    /// The object lacks an attribute of the type.
    #[error("this attribute is missing")]
    MissingAttribute,
    /// The object has an attribute that the type does not have.
    #[error("the type has no such attribute")]
    UnexpectedAttribute,
}

/// Why bytes cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DecodeErrorKind {
    /// The value does not conform to the type.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// The bytes end within the value, or claim more elements than there are bytes.
    #[error("the value ends too early")]
    Truncated,
    /// Bytes remain after the value.
    #[error("unexpected bytes after the value")]
    Trailing,
    /// The bytes are not JSON.
    #[error("invalid JSON at line {line}, column {column}")]
    Syntax {
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1; 0 if there are no bytes at all.
        column: usize,
    },
    /// A key of a map or object occurs twice.
    #[error("the key occurs twice")]
    DuplicateKey,
    /// A string is not UTF-8.
    #[error("the string is not UTF-8")]
    InvalidUtf8,
    /// The value is not a number, or not one that a [`super::Number`] can hold.
    #[error("not a number of up to {MAX_DIGITS} digits before and after the point")]
    InvalidNumber,
}

/// Why a value cannot be encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum EncodeErrorKind {
    /// The value does not conform to the type.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// A string has more than 2³² - 1 bytes, or a collection more elements than that: MessagePack's limits.
    #[error("too long")]
    TooLong,
}

impl<Kind> ValueError<Kind> {
    /// Adds a step at the front of the path: the same error, reported for the value that contains this one.
    pub(super) fn within(mut self, step: Step) -> Self {
        self.path.prepend(step);
        self
    }

    /// The same error, reported for the set that contains the value. The path ends at the set, because Terraform's paths
    /// cannot name an element of a set.
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

impl From<Mismatch> for DecodeError {
    fn from(mismatch: Mismatch) -> Self {
        DecodeErrorKind::from(mismatch).into()
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

/// The path of the part, before the message; empty for the whole value.
struct Prefix<'a>(&'a Path);

impl fmt::Display for Prefix<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_root() {
            Ok(())
        } else {
            write!(f, "`{}`: ", self.0)
        }
    }
}
