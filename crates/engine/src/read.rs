//! `ReadResource` and `UpgradeResourceState`: refreshes and upgrades state.
//!
//! Rules: <https://github.com/hashicorp/terraform/blob/main/docs/resource-instance-change-lifecycle.md>.
//!
//! Tests: `crates/engine/tests/tables/read.rs`.

use schema::Resource;
use serde_json::Value as Json;
use value::{DecodeError, Path, Value, json};

use crate::context::Context;
use crate::diagnostic::{Diagnostics, Reported};
use crate::hook::Binding;
use crate::object::Known;
use crate::report::{self, Action, is_gone};
use crate::{absence, collection, follow, identity, import, job, recover, shape, wire};

/// Refreshes an object in `known`. Its state becomes null if the object no longer exists.
///
/// # Errors
///
/// [`Reported`] if a request failed or its response was unexpected. `known` then still has the object.
pub async fn read(
    binding: &Binding,
    context: &Context,
    known: &mut Known,
    diagnostics: &mut Diagnostics,
) -> Result<(), Reported> {
    let resource = binding.schema;
    let Some(operation) = &resource.api.read else {
        return Ok(());
    };
    context.process.note_refresh();
    if recover::is_claim(resource, &known.state) {
        recover::drop_claim(context, resource, binding.codec(), &known.state, diagnostics).await?;
        *known = Known::default();
        return Ok(());
    }
    if let Some(item) = collection::find(context, resource, binding.codec(), known).await {
        let mut found = known.clone();
        let mut problems = Diagnostics::default();
        let merged = merge(binding, context, &mut found, item, &mut problems);
        // A list only shows that nothing has changed: items may be abbreviated.
        if merged.is_ok() && problems.iter().next().is_none() && found.state == known.state {
            complete(context, resource, known, found).await;
            return Ok(());
        }
    }
    let response = absence::perform(context, resource, operation, &known.state, None);
    let response = match response.await {
        Ok(response) => response.body,
        Err(error) if is_gone(&error) && known.private.is_imported => {
            return Err(import::missing(context, resource, &known.state, &error, diagnostics).await);
        }
        Err(error) if is_gone(&error) => {
            absence::confirm(context, resource, known, &error, diagnostics).await?;
            *known = Known::default();
            return Ok(());
        }
        Err(error) => {
            return Err(report::request_error(
                diagnostics,
                Action::Read,
                resource,
                &known.state,
                &error,
            ));
        }
    };
    let mut found = known.clone();
    merge(binding, context, &mut found, response, diagnostics)?;
    complete(context, resource, known, found).await;
    Ok(())
}

/// Merges a response about the object into its record.
///
/// # Errors
///
/// [`Reported`] if it is about another object, or a field has an unexpected type.
pub(crate) fn merge(
    binding: &Binding,
    context: &Context,
    known: &mut Known,
    mut response: Json,
    diagnostics: &mut Diagnostics,
) -> Result<(), Reported> {
    let resource = binding.schema;
    identity::check(resource, &response, &known.state, &*context.api, diagnostics)?;
    binding
        .codec()
        .read_response(resource, &mut response, &known.state, &mut known.private.memory);
    let attributes = &resource.attributes;
    let (mut state, result) =
        wire::from_response(attributes, &response, &known.state, &Path::root(), diagnostics);
    result?;
    let is_still_overridden = |name: &str, value: &Json| {
        resource.attribute(name).is_some_and(|attribute| {
            // A response without the field shows no change.
            wire::field(attribute, &response)
                .is_none_or(|field| wire::is_equivalent_json(attribute, &field, value))
        })
    };
    known
        .private
        .overridden
        .retain(|name, value| is_still_overridden(name, value));
    for name in known.private.overridden.keys() {
        state.set_attribute(name, known.state.get(name).clone());
    }
    known.state = state;
    Ok(())
}

/// Replaces the record of an object by what was found.
async fn complete(context: &Context, resource: &Resource, known: &mut Known, mut found: Known) {
    found.private.is_imported = false;
    let before = std::mem::replace(known, found);
    absence::note_found(context, resource, known, &before.state);
    job::refresh(context, resource, known).await;
    follow::refresh(context, resource, known).await;
}

/// Decodes state that any version of the provider stored: attributes that no longer exist are dropped, new ones are
/// null.
///
/// # Errors
///
/// [`DecodeError`] if the bytes are not JSON, or a value does not convert to the type of its attribute.
pub fn upgrade(resource: &Resource, stored: &[u8]) -> Result<Value, DecodeError> {
    let state = json::decode(stored, &shape::object_type(&resource.attributes))?;
    Ok(with_blocks(&resource.attributes, state))
}

/// Replaces block collections that were stored as null by empty ones.
fn with_blocks(attributes: &[schema::Attribute], mut state: Value) -> Value {
    if state.is_null() {
        return state;
    }
    for attribute in attributes.iter().filter(|attribute| attribute.block) {
        if state.get(&attribute.name).is_null() {
            state.set_attribute(&attribute.name, shape::unset_value(attribute));
        }
    }
    state
}
