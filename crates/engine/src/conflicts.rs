//! Finds two resources of one configuration that manage the same object of the control plane.
//!
//! Two resources with a job would each start their runs, and two that set an argument differently would undo each other's change at
//! each apply. Terraform plans a replacement twice, which is still one resource: the second plan has the mark of the first
//! (`Private::plan_of`).
//!
//! Tests: `crates/engine/tests/tables/conflicts.rs`, `tests/terraform/evidence/conflicts.rs`.

use schema::{Attribute, Resource};
use value::Path;

use crate::equal::is_equivalent;
use crate::naming::{capitalised, title};
use crate::object::Plan;
use crate::process::{PlannedObject, Process};
use crate::{identity, summaries};

/// A conflict between two planned objects.
#[derive(Debug, PartialEq, Eq)]
pub enum Conflict {
    /// Both start runs.
    Jobs,
    /// Both set this argument, differently.
    Argument(String),
}

/// Checks a plan against those that this process has made before for the same object.
pub fn check(process: &Process, resource: &Resource, plan: &mut Plan) {
    // The second plan of a replacement has the mark of the first.
    let is_second = plan.prior.is_null() && plan.private.plan_of().is_some();
    if plan.config.is_null() || is_second {
        return;
    }
    let Some(key) = identity::shared_key(resource, &plan.planned) else {
        return;
    };
    let object = planned_object(resource, plan);
    for other in process.note_planned_object(key, object.clone()) {
        let Some(conflict) = conflict(resource, &object, &other) else {
            continue;
        };
        let cause = match conflict {
            Conflict::Jobs => "each of them starts its own runs".to_owned(),
            Conflict::Argument(name) => format!("they set `{name}` differently"),
        };
        let identity = identity::attributes(resource).next();
        let identified = identity.and_then(|attribute| {
            let value = plan.planned.get(&attribute.name).as_str()?;
            Some(format!(" (`{}` is `{value}`)", attribute.name))
        });
        let identified = identified.unwrap_or_default();
        let path = identity.map_or_else(Path::root, |attribute| Path::root().attribute(&attribute.name));
        let detail = format!(
            "{} and {} manage the same object{identified}, and {cause}. Remove one of them from the configuration.",
            capitalised(&object.title),
            if object.title == other.title {
                "another resource of the same type"
            } else {
                &other.title
            },
        );
        if object.is_changed || other.is_changed {
            plan.diagnostics.error_at(path, &summaries::MANAGED_TWICE, detail);
        } else {
            plan.diagnostics
                .warning_at(path, &summaries::MANAGED_TWICE, detail);
        }
        return;
    }
}

fn planned_object(resource: &Resource, plan: &Plan) -> PlannedObject {
    let is_identity = |attribute: &Attribute| {
        identity::attributes(resource).any(|identity| identity.name == attribute.name)
    };
    let configured = resource
        .attributes
        .iter()
        .filter(|attribute| {
            attribute.mode.is_settable() && attribute.wire.write.is_some() && !is_identity(attribute)
        })
        .filter_map(|attribute| {
            let value = plan.config.get(&attribute.name);
            let is_set = !value.is_null() && value.is_wholly_known();
            is_set.then(|| (attribute.name.to_string(), value.clone()))
        });
    PlannedObject {
        title: title(resource, &plan.planned),
        has_job: resource.job.is_some(),
        is_changed: plan.prior != plan.planned || !plan.requires_replace.is_empty(),
        configured: configured.collect(),
    }
}

/// The conflict of two planned objects, if there is one.
fn conflict(resource: &Resource, object: &PlannedObject, other: &PlannedObject) -> Option<Conflict> {
    if object.has_job && other.has_job {
        return Some(Conflict::Jobs);
    }
    let mut configured = object.configured.iter();
    let (name, _) = configured.find(|(name, value)| {
        let attribute = resource.attribute(name);
        let other = other.configured.get(*name);
        attribute
            .zip(other)
            .is_some_and(|(attribute, other)| !is_equivalent(attribute, value, other))
    })?;
    Some(Conflict::Argument(name.clone()))
}
