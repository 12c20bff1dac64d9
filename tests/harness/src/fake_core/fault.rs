//! The faults that a check finds, and how values are shown in them.

use value::{Path, Value};

use super::json::to_json;

/// Collects faults, each with the path of its value.
#[derive(Default)]
pub struct Faults(Vec<String>);

impl Faults {
    /// Adds a fault.
    pub fn add(&mut self, path: &Path, text: impl Into<String>) {
        let text = text.into();
        self.0.push(if path.is_root() {
            text
        } else {
            format!(".{path}: {text}")
        });
    }

    /// Adds the faults of a part. For a sensitive attribute a single generic fault replaces them.
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

    /// Whether no fault was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All faults.
    pub fn into_vec(self) -> Vec<String> {
        self.0
    }
}

/// Shows a value in a message. The values of these tests are not confidential.
pub fn show(value: &Value) -> String {
    to_json(value).to_string()
}
