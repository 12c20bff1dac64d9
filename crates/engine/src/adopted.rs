//! The object that a create adopts, as the plan of that create knows it.
//!
//! Terraform plans a replacement twice, and the second plan has no prior object. If the create adopts the object that it replaces
//! ([`Resource::creates_by_update`]), the values that the configuration omits stay as they are, unless the change or a run alters
//! them. So the second plan needs the object, and Terraform rejects an apply whose plan has other values:
//!
//! | Terraform plans | the object |
//! |---|---|
//! | for a plan | the prior object of the first plan, whose mark the second one has ([`Private::plan_of`](crate::private::Private::plan_of)) |
//! | for an apply, after the delete half | what the delete half got: a read could differ, and the object would be gone from state |
//! | for an apply, with `create_before_destroy` | what a read returns: if it differs, nothing has happened yet |
//!
//! Only Terraform from version 1.9 on shows that it plans for an apply. Elsewhere, a create looks the same in a plan and in an apply with
//! `create_before_destroy`. So the last apply of an object records whether Terraform showed that, and without it, nothing is known.
//!
//! Tests: `crates/engine/tests/tables/adopted.rs`, `tests/protocol/properties.rs`, `tests/terraform/plans.rs`.

use schema::Resource;
use serde_json::Value as Json;
use value::{Path, Value, msgpack};

use crate::api::Retry;
use crate::context::Context;
use crate::diagnostic::Diagnostics;
use crate::hook::Binding;
use crate::object::{Known, PlanRequest, Walk};
use crate::process::Process;
use crate::{identity, shape, wire};

/// Records the prior object of a plan, if a second plan may create it again.
pub fn note_prior(process: &Process, resource: &Resource, walk: Walk, request: &PlanRequest) {
    let PlanRequest { prior, config, .. } = request;
    if walk == Walk::Plan && resource.creates_by_update() && !prior.is_null() && !config.is_null() {
        let encoded = msgpack::encode(prior, &shape::object_type(&resource.attributes));
        process.note_prior(identity::key(resource, prior), encoded.unwrap_or_default().into());
    }
}

/// Returns the object that a planned create adopts. Its state is null if the plan does not depend on it.
pub async fn find(
    binding: &Binding,
    context: Option<&Context>,
    process: &Process,
    walk: Walk,
    request: &PlanRequest,
) -> Known {
    let resource = binding.schema;
    let PlanRequest {
        prior,
        config,
        private,
        ..
    } = request;
    if !prior.is_null() || !resource.creates_by_update() || !identity::is_identified(resource, config) {
        return Known::default();
    }
    let key = identity::key(resource, config);
    if let Some(half) = process.half(&key) {
        let is_known = half.is_on_purpose && half.object.private.shows_apply;
        return if is_known { half.object } else { Known::default() };
    }
    let is_replacement = private.plan_of() == Some(&key) && private.shows_apply;
    // Without a plan in the private state of an apply, this may be a replacement.
    let may_be_replacement = private.change.is_none() || is_replacement;
    let state = match (walk, context) {
        (Walk::Plan, _) if is_replacement => prior_of(process, resource, &key),
        (Walk::Apply, Some(context)) if may_be_replacement => read(binding, context, config).await,
        _ => None,
    };
    Known {
        state: state.unwrap_or_default(),
        private: private.clone(),
    }
}

fn prior_of(process: &Process, resource: &Resource, key: &str) -> Option<Value> {
    let encoded = process.prior(key)?;
    msgpack::decode(&encoded, &shape::object_type(&resource.attributes)).ok()
}

async fn read(binding: &Binding, context: &Context, config: &Value) -> Option<Value> {
    let resource = binding.schema;
    let operation = resource.api.read.as_deref()?;
    let response = context
        .perform(resource, operation, config, None, Retry::Safe)
        .await;
    let mut body = response.ok()?.body;
    let mut problems = Diagnostics::default();
    identity::check(resource, &body, config, &*context.api, &mut problems).ok()?;
    binding
        .codec()
        .read_response(resource, &mut body, config, &mut Json::Null);
    if !wire::is_complete(&resource.attributes, &body) {
        return None;
    }
    let (object, result) =
        wire::from_response(&resource.attributes, &body, config, &Path::root(), &mut problems);
    result.ok().map(|()| object)
}
