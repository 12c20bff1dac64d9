//! Records about one object: its state and private state, a plan, and a change in progress.
//!
//! Tests: `crates/engine/tests/tables/apply.rs`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use schema::{Attribute, Resource};
use value::{Path, Value};

use crate::diagnostic::Diagnostics;
use crate::private::Private;
use crate::shape;

/// What the provider knows of one object: its state and private state.
#[derive(Clone, Default)]
pub struct Known {
    /// The object; null if it does not exist.
    pub state: Value,
    /// Private state of the object.
    pub private: Private,
}

/// The [`Known`] of an object during a change.
///
/// It is shared with the caller of the change, which returns it to Terraform even if the change fails or panics.
#[derive(Clone, Default)]
pub struct Progress(Arc<Mutex<Known>>);

impl Progress {
    /// Locks the record for reading and changing, also after a panic of another holder.
    pub fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a copy for Terraform, in which unknown values are null.
    ///
    /// The result of an apply must be wholly known: <https://github.com/hashicorp/terraform/blob/main/docs/resource-instance-change-lifecycle.md>.
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

/// Replaces each unknown value by null, or by an empty collection for a block.
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
        Value::Unknown => shape::unset_value(attribute),
        Value::Object(_) => without_unknowns(&attribute.attributes, value),
        other => other.map_elements(|element| known_value(attribute, element)),
    }
}

/// Resource → earlier name → new name, of the objects that this process has planned to rename.
pub type Renames = BTreeMap<String, BTreeMap<String, String>>;

/// A request to plan a change.
#[derive(Clone, Default)]
pub struct PlanRequest {
    /// Prior state of the object; null for a create.
    pub prior: Value,
    /// The configuration; null for a destroy.
    pub config: Value,
    /// Private state of the object.
    pub private: Private,
    /// Renamed objects, which references may name.
    pub renames: Renames,
    /// Of a create: the object that it adopts, if the plan depends on it. See [`crate::adopted`].
    pub adopted: Known,
    /// Of a create: whether it starts a run.
    pub creation: Creation,
}

/// Whether a create starts a run, or takes over an object that exists. See [`crate::takeover`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Creation {
    /// It starts the run that the declaration has, if it has one.
    #[default]
    Runs,
    /// It takes the object over.
    TakesOver,
    /// An argument that is only known after apply decides.
    Undecided,
}

/// When Terraform plans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walk {
    /// For a plan, or in a version of Terraform that does not show when.
    Plan,
    /// Again, during an apply. An error then leaves the old object of `create_before_destroy` aside, so the apply itself decides.
    Apply,
}

/// A planned change. Hooks may alter it.
pub struct Plan {
    /// Prior state of the object; null for a create.
    pub prior: Value,
    /// The configuration; null for a destroy.
    pub config: Value,
    /// The planned object; null for a destroy.
    pub planned: Value,
    /// Attributes whose change requires a replacement.
    pub requires_replace: Vec<Path>,
    /// Private state of the object.
    pub private: Private,
    /// Of a create, or of a replacement by another object: whether it starts a run.
    pub creation: Creation,
    /// Diagnostics for the user.
    pub diagnostics: Diagnostics,
}

/// A request to apply a planned change.
#[derive(Clone)]
pub struct ApplyRequest {
    /// Prior state of the object; null for a create.
    pub prior: Value,
    /// The planned object; null for a destroy.
    pub planned: Value,
    /// The configuration, including write-only values.
    pub config: Value,
    /// Private state of the object.
    pub private: Private,
}

impl ApplyRequest {
    /// Returns the planned object, or for a destroy the prior one.
    pub fn object(&self) -> &Value {
        if self.planned.is_null() {
            &self.prior
        } else {
            &self.planned
        }
    }
}
