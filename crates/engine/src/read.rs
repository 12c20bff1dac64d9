//! `ReadResource`, `ImportResourceState` and `UpgradeResourceState`: refreshes, imports and upgrades state.
//!
//! Rules: <https://github.com/hashicorp/terraform/blob/main/docs/resource-instance-change-lifecycle.md>.
//!
//! Tests: `crates/engine/tests/tables/read.rs`.

use schema::{Import, Resource};
use serde_json::Value as Json;
use value::{DecodeError, Path, Value, json};

use crate::context::Context;
use crate::diagnostic::{Diagnostics, Reported};
use crate::hook::Binding;
use crate::object::Known;
use crate::report::{self, Action, is_gone};
use crate::{absence, collection, identity, job, recover, rules, shape, summaries, wire};

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
fn merge(
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
async fn complete(context: &Context, resource: &Resource, known: &mut Known, found: Known) {
    let before = std::mem::replace(known, found);
    absence::note_found(context, resource, known, &before.state);
    job::refresh(context, resource, known).await;
}

/// Returns an object that has only its identity, from an import ID; the refresh that follows reads the rest.
///
/// # Errors
///
/// [`Reported`] if the resource cannot be imported, or the ID does not have the declared form.
pub fn import(resource: &Resource, id: &str, diagnostics: &mut Diagnostics) -> Result<Value, Reported> {
    let Import::By(pattern) = &resource.import else {
        return Err(diagnostics.error(
            &summaries::IMPORT_UNSUPPORTED,
            format!(
                "`{}` cannot be imported: it has no identity by which Terraform could find an existing object. \
                 Let Terraform create the object instead.",
                resource.name
            ),
        ));
    };
    let mut invalid_id = |detail: &str| {
        diagnostics.error(
            &summaries::INVALID_IMPORT_ID,
            format!("The import ID must have the form `{pattern}`, got {id:?}.{detail}"),
        )
    };
    let Some(parts) = match_pattern(pattern, id) else {
        return Err(invalid_id(""));
    };
    let mut state = shape::empty_object(&resource.attributes);
    let mut result = Ok(());
    for (name, part) in parts {
        let Some(attribute) = resource.attribute(name) else {
            continue;
        };
        let value = shape::string_value(attribute, part);
        let mut problems = Diagnostics::default();
        rules::value(attribute, &value, &Path::root(), &mut problems);
        for problem in problems {
            result = Err(invalid_id(&format!(" {}", problem.detail)));
        }
        state.set_attribute(name, value);
    }
    result.map(|()| state)
}

/// Splits an import ID by a pattern such as `{set_uuid}/{uuid}` into (attribute, value) pairs; `None` if it does not
/// match.
fn match_pattern<'a>(pattern: &'a str, id: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    let mut parts = Vec::new();
    let mut rest = id;
    let mut pieces = pattern.split('{');
    rest = rest.strip_prefix(pieces.next().unwrap_or_default())?;
    let mut pieces = pieces.peekable();
    while let Some(piece) = pieces.next() {
        let (name, literal) = piece.split_once('}')?;
        let end = if literal.is_empty() {
            rest.len()
        } else {
            rest.find(literal)?
        };
        let (value, after) = rest.split_at_checked(end)?;
        parts.push((name, value));
        rest = after.strip_prefix(literal)?;
        if value.is_empty() || (pieces.peek().is_none() && !rest.is_empty()) {
            return None;
        }
    }
    Some(parts)
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
