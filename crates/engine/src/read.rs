//! `ReadResource`, `ImportResourceState` and `UpgradeResourceState`: state as it is.
//!
//! Tests: `crates/engine/tests/tables/read.rs`.

use schema::{Import, Resource};
use value::{DecodeError, Path, Value, json};

use crate::api::Retry;
use crate::context::Context;
use crate::diagnostic::{Diagnostics, Reported};
use crate::hook::Binding;
use crate::object::Known;
use crate::recover::{Claimed, Unclear};
use crate::report::{self, Action, is_gone};
use crate::{identity, job, recover, rules, shape, summaries, wire};

/// Reads an object again, into `known`. A null state: it does not exist any more.
///
/// # Errors
///
/// [`Reported`]; `known` then has what is known all the same.
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
    if recover::is_claim(resource, &known.state) {
        match recover::identify(context, resource, binding.codec(), known).await {
            Ok(Claimed::Object(object)) => {
                known.state = object;
                known.private.claimed = None;
            }
            Ok(Claimed::Nothing) => {
                *known = Known::default();
                return Ok(());
            }
            Ok(Claimed::Unclear(Unclear { detail })) => {
                diagnostics.warning_at(Path::root(), &summaries::CLAIM_UNCLEAR, detail);
                return Ok(());
            }
            Err(error) => {
                return Err(report::request_error(
                    diagnostics,
                    Action::Find,
                    resource,
                    &known.state,
                    &error,
                ));
            }
        }
    }
    let read = context.perform(resource, operation, &known.state, None, Retry::Safe);
    let mut answer = match read.await {
        Ok(answer) => answer.body,
        Err(error) if is_gone(&error) => {
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
    identity::check(resource, &answer, &known.state, &*context.api, diagnostics)?;
    binding
        .codec()
        .read_response(&mut answer, &known.state, &mut known.private.memory);
    let attributes = &resource.attributes;
    let (mut state, result) =
        wire::from_response(attributes, &answer, &known.state, &Path::root(), diagnostics);
    result?;
    let still_overridden = |name: &str, value: &serde_json::Value| {
        resource
            .attribute(name)
            .and_then(|attribute| wire::field(attribute, &answer))
            .as_ref()
            == Some(value)
    };
    known
        .private
        .overridden
        .retain(|name, value| still_overridden(name, value));
    for name in known.private.overridden.keys() {
        state.set_attribute(name, known.state.get(name).clone());
    }
    known.state = state;
    job::refresh(context, resource, known).await;
    Ok(())
}

/// An object that only has its identity, from an id of the declared form; the read that follows fills in the rest.
///
/// # Errors
///
/// [`Reported`], where it cannot be imported, or by an id of another form.
pub fn import(resource: &Resource, id: &str, diagnostics: &mut Diagnostics) -> Result<Value, Reported> {
    let Import::By(pattern) = &resource.import else {
        return Err(diagnostics.error(
            &summaries::IMPORT_UNSUPPORTED,
            format!(
                "`{}` cannot be imported: it has no identity by which Terraform could find an existing object.",
                resource.name
            ),
        ));
    };
    let mut wrong_form = |detail: &str| {
        diagnostics.error(
            &summaries::INVALID_IMPORT_ID,
            format!("The import ID must have the form `{pattern}`, got {id:?}.{detail}"),
        )
    };
    let Some(parts) = match_pattern(pattern, id) else {
        return Err(wrong_form(""));
    };
    let mut state = shape::empty_object(&resource.attributes);
    let mut result = Ok(());
    for (name, text) in parts {
        let Some(attribute) = resource.attribute(name) else {
            continue;
        };
        let value = shape::string_value(attribute, text);
        let mut faults = Diagnostics::default();
        rules::value(attribute, &value, &Path::root(), &mut faults);
        for fault in faults {
            result = Err(wrong_form(&format!(" {}", fault.detail)));
        }
        state.set_attribute(name, value);
    }
    result.map(|()| state)
}

/// Takes a text apart by a pattern such as `{set_uuid}/{uuid}`.
fn match_pattern<'a>(pattern: &'a str, text: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    let mut parts = Vec::new();
    let mut rest = text;
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

/// State of any version as it was stored, in today's shape: attributes that are gone are dropped, new ones are null.
pub fn upgrade(resource: &Resource, stored: &[u8]) -> Result<Value, DecodeError> {
    let state = json::decode(stored, &shape::object_type(&resource.attributes))?;
    Ok(with_blocks(&resource.attributes, state))
}

/// Block collections that were stored as null are empty.
fn with_blocks(attributes: &[schema::Attribute], mut state: Value) -> Value {
    if state.is_null() {
        return state;
    }
    for attribute in attributes.iter().filter(|attribute| attribute.block) {
        if state.get(&attribute.name).is_null() {
            state.set_attribute(&attribute.name, shape::absent(attribute));
        }
    }
    state
}
