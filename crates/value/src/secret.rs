//! Sensitive strings.

use std::cmp::Ordering;

use secrecy::{ExposeSecret, SecretString};

/// A sensitive string: a password, a token, or the value of an attribute that is declared sensitive or write-only.
///
/// It has neither `Debug` nor `Display` and cannot be serialised, so that no log and no message contains it by accident:
/// [`Secret::expose`] is the only way to read it. Its memory is wiped when it is dropped.
///
/// ```compile_fail,E0277
/// println!("{:?}", value::secret::Secret::new("a password"));
/// ```
///
/// ```compile_fail,E0277
/// println!("{}", value::secret::Secret::new("a password"));
/// ```
///
/// ```compile_fail,E0277
/// serde_json::to_string(&value::secret::Secret::new("a password"));
/// ```
///
/// ```
/// assert_eq!(value::secret::Secret::new("a password").expose(), "a password");
/// ```
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Wraps a sensitive string.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// The string itself, for a request, for state, or for a comparison.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Secret {}

impl PartialOrd for Secret {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Secret {
    fn cmp(&self, other: &Self) -> Ordering {
        self.expose().cmp(other.expose())
    }
}
