//! `result` of a job: values that the plan of a run knows, because the run must succeed.
//!
//! The run takes its decisions from what the control plane returns, so these values are unknown until it has ended. If the apply succeeds,
//! state gets the planned values, also after an interrupt: Terraform rejects any other. The next refresh shows the control plane's.
//!
//! Tests: `crates/engine/tests/tables/job.rs`, `tests/terraform/interruptions.rs`.

use schema::Resource;
use value::Value;

/// Returns a planned object in which the values of the result are unknown.
pub fn without(resource: &Resource, mut planned: Value) -> Value {
    if !planned.is_null() {
        for name in names(resource) {
            planned.set_attribute(name, Value::Unknown);
        }
    }
    planned
}

/// Puts the planned values of the result into a new state.
pub fn restore(resource: &Resource, planned: &Value, state: &mut Value) {
    if !state.is_null() && !planned.is_null() {
        let known = names(resource).filter(|name| !planned.get(name).is_unknown());
        for name in known {
            state.set_attribute(name, planned.get(name).clone());
        }
    }
}

fn names(resource: &Resource) -> impl Iterator<Item = &str> {
    let job = resource.job.iter();
    job.flat_map(|job| job.result.iter().map(|(name, _)| name.as_ref()))
}
