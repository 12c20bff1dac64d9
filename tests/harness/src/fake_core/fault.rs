//! What a check finds, and how it is shown.

use value::{Path, Value};

use super::json::to_json;

/// Collects what a check finds, each with its place.
#[derive(Default)]
pub struct Faults(Vec<String>);

impl Faults {
    /// Adds one.
    pub fn add(&mut self, path: &Path, text: impl Into<String>) {
        let text = text.into();
        self.0.push(if path.is_root() {
            text
        } else {
            format!(".{path}: {text}")
        });
    }

    /// Adds those of a part, or a vague one in their place where they would show a secret.
    pub fn add_part(&mut self, part: Self, path: &Path, sensitive: bool) {
        if part.0.is_empty() {
            return;
        }
        if sensitive {
            self.add(path, "inconsistent values for sensitive attribute");
        } else {
            self.0.extend(part.0);
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them.
    pub fn into_vec(self) -> Vec<String> {
        self.0
    }
}

/// A value in a message. The values of tests are no secrets.
pub fn show(value: &Value) -> String {
    to_json(value).to_string()
}
