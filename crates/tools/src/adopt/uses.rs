//! The local values that a configuration uses as a whole, for example in `for_each`: a further entry of such a map has an effect.
//!
//! Tests: `crates/tools/tests/adopt/main.rs`.

use std::collections::BTreeSet;

use hcl_edit::Decorated;
use hcl_edit::expr::{Traversal, TraversalOperator};
use hcl_edit::structure::Body;
use hcl_edit::template::Template;
use hcl_edit::visit::{Visit, visit_traversal};
use serde_json::Value as Json;

/// The names of local values that are used as a whole. An element is not the whole, whatever its key.
#[derive(Debug, Default)]
pub struct WholeLocals(BTreeSet<String>);

impl WholeLocals {
    /// Whether a local value is used as a whole.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// Adds those of a file.
    pub fn add(&mut self, body: &Body) {
        self.visit_body(body);
    }

    /// Adds those of a file in JSON, whose strings are templates.
    pub fn add_json(&mut self, json: &Json) {
        match json {
            Json::String(text) => {
                if let Ok(template) = text.parse::<Template>() {
                    self.visit_template(&template);
                }
            }
            Json::Array(elements) => elements.iter().for_each(|element| self.add_json(element)),
            Json::Object(entries) => entries.values().for_each(|value| self.add_json(value)),
            Json::Null | Json::Bool(_) | Json::Number(_) => {}
        }
    }
}

impl Visit for WholeLocals {
    fn visit_traversal(&mut self, node: &Traversal) {
        let mut operators = node.operators.iter().map(Decorated::value);
        let is_local = node
            .expr
            .as_variable()
            .is_some_and(|name| name.as_str() == "local");
        if let (true, Some(TraversalOperator::GetAttr(name))) = (is_local, operators.next()) {
            let is_element = matches!(
                operators.next(),
                Some(
                    TraversalOperator::GetAttr(_)
                        | TraversalOperator::Index(_)
                        | TraversalOperator::LegacyIndex(_)
                )
            );
            if !is_element {
                self.0.insert(name.as_str().to_owned());
            }
        }
        visit_traversal(self, node);
    }
}
