//! Identities of objects in messages: from version 1.12 on, Terraform stores them beside the state, and imports by them.
//!
//! Every response has the identity that follows from its object, also if the request failed. Terraform may send none, as
//! earlier versions do.
//!
//! Tests: `tests/protocol/identities.rs`.

use std::collections::HashMap;

use engine::diagnostic::{Diagnostics, Reported};
use engine::hook::Definition;
use engine::identity;
use proto::tfplugin6;
use proto::tfplugin6::resource_identity_schema::IdentityAttribute;
use schema::Resource;
use value::{Value, json};

use crate::{convert, summaries, type_name};

/// The version of all identities. A further one needs an upgrade in [`upgrade`].
const VERSION: i64 = 0;

/// Describes the identities of the resources, by type name.
pub fn schemas(definition: &Definition) -> HashMap<String, tfplugin6::ResourceIdentitySchema> {
    let schemas = definition.resources.iter().filter_map(|binding| {
        let schema = schema(binding.schema)?;
        Some((type_name(definition, binding), schema))
    });
    schemas.collect()
}

/// Describes the identity of a resource; `None` if it has none.
pub fn schema(resource: &Resource) -> Option<tfplugin6::ResourceIdentitySchema> {
    identity::type_of(resource)?;
    let attributes = identity::attributes(resource).map(|attribute| IdentityAttribute {
        name: attribute.name.to_string(),
        r#type: value::Type::String.to_json().to_string().into_bytes(),
        required_for_import: true,
        optional_for_import: false,
        description: attribute.doc.trim_end().to_owned(),
    });
    Some(tfplugin6::ResourceIdentitySchema {
        version: VERSION,
        identity_attributes: attributes.collect(),
    })
}

/// Encodes the identity of the first of these objects whose identity is known.
pub fn of(resource: &Resource, objects: &[&Value]) -> Option<tfplugin6::ResourceIdentityData> {
    let identity = objects.iter().find_map(|object| identity::of(resource, object))?;
    encode(resource, &identity)
}

fn encode(resource: &Resource, identity: &Value) -> Option<tfplugin6::ResourceIdentityData> {
    let r#type = identity::type_of(resource)?;
    let data = convert::to_dynamic_value(identity, &r#type, &mut Diagnostics::default()).ok()?;
    Some(tfplugin6::ResourceIdentityData {
        identity_data: Some(data),
    })
}

/// Decodes the identity in a request; null without one.
///
/// # Errors
///
/// [`Reported`] if it does not conform to the schema.
pub fn decode(
    resource: &Resource,
    from: Option<&tfplugin6::ResourceIdentityData>,
    diagnostics: &mut Diagnostics,
) -> Result<Value, Reported> {
    let data = from.and_then(|from| from.identity_data.as_ref());
    match identity::type_of(resource) {
        Some(r#type) => convert::from_dynamic_value(data, &r#type, "identity", diagnostics),
        None => Ok(Value::Null),
    }
}

/// Upgrades a stored identity; `None` without one.
///
/// # Errors
///
/// [`Reported`] if it is of a newer version of the provider, or does not match the schema.
pub fn upgrade(
    resource: &Resource,
    raw: Option<&tfplugin6::RawState>,
    version: i64,
    diagnostics: &mut Diagnostics,
) -> Result<Option<tfplugin6::ResourceIdentityData>, Reported> {
    if version > VERSION {
        return Err(diagnostics.error(
            &summaries::STATE_TOO_NEW,
            format!(
                "The identity of `{}` has schema version {version}, but this provider supports version {VERSION} at most. Upgrade the \
                 provider.",
                resource.name
            ),
        ));
    }
    let raw = raw.filter(|raw| !raw.json.is_empty());
    let (Some(raw), Some(r#type)) = (raw, identity::type_of(resource)) else {
        return Ok(None);
    };
    let stored = json::decode(&raw.json, &r#type).map_err(|error| {
        diagnostics.error(
            &summaries::STATE_UNREADABLE,
            format!(
                "The identity of `{}` does not match the provider's schema: {error}. Restore the state from a backup.",
                resource.name
            ),
        )
    })?;
    // The next refresh completes an identity that lacks a part.
    Ok(of(resource, &[&stored]))
}
