//! `MoveResourceState`: takes over the state of another resource that manages the same object, or of the same resource of this provider
//! from another registry.
//!
//! A move sends no request and starts no run: only state changes.
//!
//! Tests: `crates/engine/tests/tables/moved.rs`, `tests/terraform/moves.rs`.

use std::collections::BTreeMap;

use schema::{Attribute, Import, Resource};
use serde_json::Value as Json;
use value::{Path, Value};

use crate::diagnostic::{Diagnostics, Reported};
use crate::hook::Definition;
use crate::naming::{either, title};
use crate::object::Known;
use crate::private::{Private, Sighting};
use crate::run::{Run, RunState};
use crate::{identity, shape, summaries};

/// Returns the resource whose state is moved. `address` is that of its provider, on any host, and `type_name` its type.
///
/// # Errors
///
/// [`Reported`] if it is of another provider, or does not manage the same object as `target`.
pub fn source(
    definition: &Definition,
    target: &Resource,
    address: &str,
    type_name: &str,
    diagnostics: &mut Diagnostics,
) -> Result<&'static Resource, Reported> {
    let provider = definition.provider;
    let full_name = |resource: &Resource| format!("{}_{}", provider.name, resource.name);
    let resources = definition.resources.iter().map(|binding| binding.schema);
    let sources: Vec<&'static Resource> = resources
        .filter(|source| is_same_object(source, target))
        .collect();
    let found = sources.iter().find(|source| full_name(source) == type_name);
    if let Some(source) = found
        && is_same_provider(address, &provider.address)
    {
        return Ok(source);
    }
    let names: Vec<String> = sources
        .iter()
        .map(|source| format!("`{}`", full_name(source)))
        .collect();
    Err(diagnostics.error(
        &summaries::MOVE_UNSUPPORTED,
        format!(
            "`{type_name}` of the provider `{address}` cannot become `{}`. That can take over the state of {} of the provider `{}`, \
             from any registry.",
            full_name(target),
            either(&names),
            without_host(&provider.address)
        ),
    ))
}

/// Whether two addresses are those of one provider, possibly in different registries: `HOST/NAMESPACE/TYPE`.
fn is_same_provider(one: &str, other: &str) -> bool {
    without_host(one).eq_ignore_ascii_case(without_host(other))
}

fn without_host(address: &str) -> &str {
    match address.split('/').count() {
        3 => address.split_once('/').map_or(address, |(_, rest)| rest),
        _ => address,
    }
}

/// Whether two resources manage the same objects: they read them by the same request, and identify them alike.
fn is_same_object(one: &Resource, other: &Resource) -> bool {
    let is_identified = one.import != Import::Never && one.api.read.is_some();
    let is_alike =
        one.api.read == other.api.read && one.import == other.import && one.api.path == other.api.path;
    one.name == other.name || (is_identified && is_alike)
}

/// Returns the object as `target` has it. Attributes that only `target` has are null.
pub fn convert(source: &Resource, target: &Resource, known: Known, diagnostics: &mut Diagnostics) -> Known {
    let attributes = target.attributes.iter().map(|attribute| {
        let value = if is_shared(source, attribute) && !attribute.write_only {
            known.state.get(&attribute.name).clone()
        } else {
            shape::unset_value(attribute)
        };
        (attribute.name.to_string(), value)
    });
    let state = shape::with_defaults(&target.attributes, Value::object(attributes));
    let run = known.private.run.as_ref();
    if source.job != target.job && run.is_some_and(is_active) {
        let noun = source
            .job
            .as_ref()
            .map(|job| job.noun.as_ref())
            .unwrap_or_default();
        diagnostics.warning_at(
            Path::root(),
            &summaries::RUN_LEFT,
            format!(
                "The {noun} run of {} continues, but Terraform no longer follows it. Check in the control plane's dashboard how it ends.",
                title(source, &known.state)
            ),
        );
    }
    let private = convert_private(source, target, &known.state, known.private);
    Known { state, private }
}

/// Whether the source has the attribute, too, with values of the same type.
fn is_shared(source: &Resource, attribute: &Attribute) -> bool {
    source.attribute(&attribute.name).is_some_and(|other| {
        other.block == attribute.block && shape::attribute_type(other) == shape::attribute_type(attribute)
    })
}

fn is_active(run: &Run) -> bool {
    matches!(run.state, RunState::Active(_) | RunState::Unconfirmed { .. })
}

fn convert_private(source: &Resource, target: &Resource, object: &Value, private: Private) -> Private {
    let is_kept = |name: &String| {
        let attribute = target.attribute(name);
        attribute.is_some_and(|attribute| is_shared(source, attribute))
    };
    let is_same_resource = source.name == target.name;
    let Private {
        configured,
        overridden,
        seen,
        is_imported: _,
        is_unsent,
        shows_apply,
        memory,
        followed,
        change: _,
        destroy: _,
        run,
    } = private;
    Private {
        configured: configured.into_iter().filter(is_kept).collect(),
        overridden: overridden.into_iter().filter(|(name, _)| is_kept(name)).collect(),
        seen: seen.map(|seen| convert_sighting(source, target, object, seen)),
        is_unsent: is_unsent && target.attributes.iter().any(|attribute| attribute.write_only),
        shows_apply,
        memory: if is_same_resource { memory } else { Json::Null },
        followed: if source.job == target.job {
            followed
        } else {
            BTreeMap::new()
        },
        run: run.filter(|_| source.job == target.job),
        ..Private::default()
    }
}

/// Keeps the key for which the token's fingerprint was computed: without it, a moved object would seem to be seen with another token.
fn convert_sighting(source: &Resource, target: &Resource, object: &Value, seen: Sighting) -> Sighting {
    let [before, now] = [source, target].map(|resource| identity::key(resource, object));
    let key = seen.key.unwrap_or(before);
    Sighting {
        key: (key != now).then_some(key),
        ..seen
    }
}
