//! What is known of one object, and a plan or a change of it: the records that the rest of the engine acts on.
//!
//! Tests: `crates/engine/tests/tables/apply.rs`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use schema::{Attribute, Resource};
use value::{Path, Value};

use crate::diagnostic::Diagnostics;
use crate::private::Private;
use crate::shape;

/// What is known of an object.
#[derive(Clone, Default)]
pub struct Known {
    /// The object; null where there is none.
    pub state: Value,
    /// What the provider remembers of it.
    pub private: Private,
}

/// What is known so far, shared with the caller, who stores it even where the work breaks off.
#[derive(Clone, Default)]
pub struct Progress(Arc<Mutex<Known>>);

impl Progress {
    /// The present knowledge, for reading and changing. A panic elsewhere does not make it unreadable.
    pub fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A copy, ready for Terraform: what is still unknown is null.
    pub fn known(&self, resource: &Resource) -> Known {
        let known = self.lock().clone();
        let state = match known.state {
            Value::Null => Value::Null,
            state => without_unknowns(&resource.attributes, state),
        };
        Known {
            state,
            private: known.private,
        }
    }
}

/// Replaces everything unknown by null, or by an empty collection in blocks.
fn without_unknowns(attributes: &[Attribute], object: Value) -> Value {
    let Value::Object(mut values) = object else {
        return object;
    };
    for attribute in attributes {
        if let Some(value) = values.get_mut(attribute.name.as_ref()) {
            *value = known_value(attribute, std::mem::take(value));
        }
    }
    Value::Object(values)
}

fn known_value(attribute: &Attribute, value: Value) -> Value {
    match value {
        Value::Unknown => shape::absent(attribute),
        Value::Object(_) => without_unknowns(&attribute.attributes, value),
        other => other.map_elements(|element| known_value(attribute, element)),
    }
}

/// A request to plan a change.
#[derive(Clone)]
pub struct PlanRequest {
    /// The object as it is; null when it is to be created.
    pub prior: Value,
    /// The configuration; null when it is to be destroyed.
    pub config: Value,
    /// What the provider remembers of it.
    pub private: Private,
}

/// A planned change. Hooks may alter it.
pub struct Plan {
    /// The object as it is; null when it is to be created.
    pub prior: Value,
    /// The configuration; null when it is to be destroyed.
    pub config: Value,
    /// The object as it will be; null when it is to be destroyed.
    pub planned: Value,
    /// Attributes whose change needs a new object.
    pub requires_replace: Vec<Path>,
    /// What the provider remembers of it.
    pub private: Private,
    /// What the user is shown.
    pub diagnostics: Diagnostics,
}

/// A request to apply a planned change.
#[derive(Clone)]
pub struct ApplyRequest {
    /// The object as it is; null when it is to be created.
    pub prior: Value,
    /// The object as planned; null when it is to be destroyed.
    pub planned: Value,
    /// The configuration, with its write-only values.
    pub config: Value,
    /// What the provider remembers of it.
    pub private: Private,
}

impl ApplyRequest {
    /// The object that the change is about: as planned or, when it is destroyed, as it is.
    pub fn object(&self) -> &Value {
        if self.planned.is_null() {
            &self.prior
        } else {
            &self.planned
        }
    }
}
