//! `MoveResourceState`: makes the state of one resource that of another, which manages the same object.
//!
//! Two resources manage the same object if they read it with the same operation, by the same identity. A move sends no request, and starts
//! no run: attributes that only the new resource has are null, as after an import.
//!
//! Rules: <https://developer.hashicorp.com/terraform/plugin/framework/resources/state-move>.
//!
//! Tests: `crates/engine/tests/tables/moved.rs`, `tests/terraform/moves.rs`.

use schema::{Attribute, Kind, Resource};
use serde_json::Value as Json;
use value::{Path, Value};

use crate::declarations::Declarations;
use crate::diagnostic::{Diagnostics, Reported};
use crate::naming::{capitalised, title};
use crate::object::Known;
use crate::private::Private;
use crate::{shape, summaries};

/// Returns the resource of a state that is moved. `address` is the provider's: namespace and type must be those of this one, on any host.
///
/// # Errors
///
/// [`Reported`] if it is of another provider, or the target does not manage the same object.
pub fn source(
    declarations: &Declarations,
    own_address: &str,
    (address, type_name): (&str, &str),
    target: &Resource,
    diagnostics: &mut Diagnostics,
) -> Result<&'static Resource, Reported> {
    let sources = || {
        let resources = declarations.all.iter().copied();
        resources.filter(|source| source.kind == Kind::Resource && is_same_object(source, target))
    };
    let found = sources().find(|source| declarations.type_name(source) == type_name);
    match found.filter(|_| is_same_provider(own_address, address)) {
        Some(source) => Ok(source),
        None => {
            let names = sources().map(|source| format!("`{}`", declarations.type_name(source)));
            let detail = format!(
                "A `{type_name}` of the provider `{address}` cannot become a `{}`. A `{}` can be made of {} of this provider, on any host, \
                 because {} the same object.",
                declarations.type_name(target),
                declarations.type_name(target),
                names.collect::<Vec<_>>().join(" and "),
                if sources().count() > 1 {
                    "they manage"
                } else {
                    "it manages"
                }
            );
            Err(diagnostics.error(&summaries::MOVE_UNSUPPORTED, detail))
        }
    }
}

/// Returns the record of the moved object. `before` is that of the source.
pub fn moved(source: &Resource, target: &Resource, before: Known, diagnostics: &mut Diagnostics) -> Known {
    let Known { state, private } = before;
    if source.name == target.name {
        let private = private.without_plan();
        return Known { state, private };
    }
    let run = private.run.as_ref();
    if run.is_some_and(|run| run.state.is_pending()) {
        let noun = source.job.as_ref().map_or("", |job| job.noun.as_ref());
        diagnostics.warning_at(
            Path::root(),
            &summaries::RUN_LEFT,
            format!(
                "{} has a {noun} run that may still be active. It goes on, but the resource does not wait for it.",
                capitalised(&title(source, &state))
            ),
        );
    }
    Known {
        private: moved_private(target, private),
        state: moved_object(source, target, &state),
    }
}

fn moved_object(source: &Resource, target: &Resource, state: &Value) -> Value {
    let is_same = |attribute: &&Attribute| {
        let other = source.attribute(&attribute.name);
        !attribute.write_only
            && other.is_some_and(|other| shape::attribute_type(other) == shape::attribute_type(attribute))
    };
    let mut moved = shape::empty_object(&target.attributes);
    for attribute in target.attributes.iter().filter(is_same) {
        moved.set_attribute(&attribute.name, state.get(&attribute.name).clone());
    }
    shape::with_defaults(&target.attributes, moved)
}

/// What the private state of another resource says about the same object.
fn moved_private(target: &Resource, private: Private) -> Private {
    let is_own = |name: &str| target.attribute(name).is_some();
    let Private {
        mut configured,
        mut overridden,
        seen,
        is_imported,
        shows_apply,
        ..
    } = private;
    configured.retain(|name| is_own(name));
    overridden.retain(|name, _: &mut Json| is_own(name));
    Private {
        configured,
        overridden,
        seen,
        is_imported,
        shows_apply: shows_apply && target.creates_by_update(),
        ..Private::default()
    }
}

/// Whether two resources manage the same objects.
fn is_same_object(one: &Resource, other: &Resource) -> bool {
    let reads = |resource: &Resource| {
        (
            resource.api.read.clone(),
            resource.import.clone(),
            resource.api.path.clone(),
        )
    };
    one.name == other.name || (one.api.read.is_some() && reads(one) == reads(other))
}

fn is_same_provider(own: &str, other: &str) -> bool {
    let name = |address: &str| {
        let mut parts = address.rsplitn(3, '/').map(str::to_ascii_lowercase);
        (parts.next(), parts.next())
    };
    name(own) == name(other)
}
