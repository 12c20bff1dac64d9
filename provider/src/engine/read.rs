//! `ReadResource`, `ImportResourceState` and `UpgradeResourceState`: state as it is.

use schema::{Import, Resource};

use super::apply::Known;
use super::context::{Context, is_gone, tell};
use super::diagnostic::Diagnostics;
use super::hook::Binding;
use super::recover::{Claimed, Unclear};
use super::{identity, job, recover, shape, validate, wire};
use crate::client::Repeat;
use crate::value::{DecodeError, Path, Value, json};

/// Reads an object again. A null state in the result: it does not exist any more.
pub async fn read(binding: &Binding, context: &Context, mut known: Known) -> (Known, Diagnostics) {
    let mut diagnostics = Diagnostics::default();
    let resource = binding.schema;
    let Some(operation) = &resource.api.read else {
        return (known, diagnostics);
    };
    if recover::is_claim(resource, &known.state) {
        match recover::identify(context, resource, binding.hook, &known).await {
            Ok(Claimed::Object(object)) => {
                known.state = object;
                known.private.claimed = None;
            }
            Ok(Claimed::Nothing) => return (Known::default(), diagnostics),
            Ok(Claimed::Unclear(Unclear { summary, detail })) => {
                diagnostics.warning_at(Path::root(), summary, detail);
                return (known, diagnostics);
            }
            Err(error) => {
                tell(&mut diagnostics, "Looking for", resource, &known.state, &error);
                return (known, diagnostics);
            }
        }
    }
    let read = context.call(resource, operation, &known.state, None, Repeat::Safe);
    let mut answer = match read.await {
        Ok(answer) => answer.body,
        Err(error) if is_gone(resource, &error) => return (Known::default(), diagnostics),
        Err(error) => {
            tell(&mut diagnostics, "Reading", resource, &known.state, &error);
            return (known, diagnostics);
        }
    };
    if !identity::check(resource, &answer, &known.state, &mut diagnostics) {
        return (known, diagnostics);
    }
    if let Some(hook) = binding.hook {
        hook.read_answer(&mut answer, &known.state, &mut known.private.memory);
    }
    let mut state = wire::from_answer(
        &resource.attributes,
        &answer,
        &known.state,
        &Path::root(),
        &mut diagnostics,
    );
    if diagnostics.has_errors() {
        return (known, diagnostics);
    }
    let still_overridden = |name: &str, value: &serde_json::Value| {
        resource
            .attribute(name)
            .and_then(|attribute| wire::answered(attribute, &answer))
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
    job::refresh(context, resource, &mut known).await;
    (known, diagnostics)
}

/// An object that only has its identity, from an id of the declared form; the read that follows fills in the rest.
pub fn import(resource: &Resource, id: &str) -> Result<Value, Diagnostics> {
    let mut diagnostics = Diagnostics::default();
    let Import::By(pattern) = &resource.import else {
        diagnostics.error(
            "This resource cannot be imported",
            format!(
                "`{}` has no identity by which an existing object could be found.",
                resource.name
            ),
        );
        return Err(diagnostics);
    };
    let mut state = shape::empty_object(&resource.attributes);
    let Some(parts) = match_pattern(pattern, id) else {
        diagnostics.error(
            "The import ID has the wrong form",
            format!("Expected `{pattern}`, got {id:?}."),
        );
        return Err(diagnostics);
    };
    for (name, text) in parts {
        let Some(attribute) = resource.attribute(name) else {
            continue;
        };
        let value = shape::text(attribute, text);
        let mut found = Diagnostics::default();
        validate::value(attribute, &value, &Path::root(), &mut found);
        for diagnostic in found {
            diagnostics.error(
                "The import ID has the wrong form",
                format!("Expected `{pattern}`, got {id:?}. {}", diagnostic.detail),
            );
        }
        state.set_attribute(name, value);
    }
    if diagnostics.has_errors() {
        Err(diagnostics)
    } else {
        Ok(state)
    }
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
