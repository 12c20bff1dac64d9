//! List resources: `terraform query` shows the objects of the account, and writes their configuration.
//!
//! Terraform ends a list at the first error, without the objects that it has already. So what concerns one object is a warning, in an event
//! without an identity. Such an event comes first, because Terraform reads no further once it has as many objects as it wants.
//!
//! Tests: `tests/protocol/lists.rs`.

use std::collections::HashMap;

use engine::context::Context;
use engine::diagnostic::{Diagnostics, Reported};
use engine::hook::Definition;
use engine::inventory::{self, Found, Wanted};
use engine::rules::{self, WriteOnly};
use engine::{Binding, shape};
use proto::tfplugin6;
use proto::tfplugin6::list_resource::Event;
use schema::Resource;
use value::{Path, Type, Value};

use crate::{convert, summaries, type_name};

/// Describes the `config` block of each list resource, by type name.
pub fn schemas(definition: &'static Definition) -> HashMap<String, tfplugin6::Schema> {
    let schemas = definition.listed().map(|binding| {
        let name = type_name(definition, binding);
        let schema = convert::list_schema(&name, binding.schema);
        (name, schema)
    });
    schemas.collect()
}

/// A request for the objects of a resource.
pub struct Query {
    /// The values of the filters, by name.
    pub filters: Value,
    /// Whether the objects are wanted whole.
    pub is_whole: bool,
    /// Number of objects at most.
    pub limit: usize,
}

/// Returns the events of a list: warnings first, then the objects.
///
/// # Errors
///
/// [`Reported`] if the objects cannot be listed.
pub async fn events(
    binding: &Binding,
    context: &Context,
    query: &Query,
    diagnostics: &mut Diagnostics,
) -> Result<Vec<Event>, Reported> {
    let wanted = Wanted {
        filters: &query.filters,
        is_whole: &|_| query.is_whole,
        has_official: false,
        limit: query.limit,
        progress: &|_, _| {},
    };
    let inventory = inventory::find(binding, context, wanted, diagnostics).await?;
    let inventory = inventory.unwrap_or_default();
    let mut warnings = Diagnostics::default();
    inventory.warn(binding.schema, query.limit, &mut warnings);
    let warnings = convert::diagnostics(warnings).into_iter().map(|warning| Event {
        diagnostic: vec![warning],
        ..Event::default()
    });
    let mut events: Vec<Event> = warnings.collect();
    for found in inventory.objects {
        events.push(event(binding.schema, found, diagnostics)?);
    }
    Ok(events)
}

fn event(resource: &Resource, found: Found, diagnostics: &mut Diagnostics) -> Result<Event, Reported> {
    let r#type = shape::object_type(&resource.attributes);
    let object = found.object.as_ref();
    let object = object.map(|object| convert::to_dynamic_value(object, &r#type, diagnostics));
    Ok(Event {
        identity: crate::identity::of(resource, &[&found.identity]),
        display_name: found.name,
        resource_object: object.transpose()?,
        diagnostic: Vec::new(),
    })
}

/// Decodes the filters of a list block; null without any.
///
/// # Errors
///
/// [`Reported`] if they do not conform to the schema.
pub fn filters(
    resource: &Resource,
    config: Option<&tfplugin6::DynamicValue>,
    diagnostics: &mut Diagnostics,
) -> Result<Value, Reported> {
    let r#type = shape::object_type(&resource.filters);
    convert::from_dynamic_value(config, &r#type, "configuration", diagnostics)
}

/// Checks a list block, and reports each problem.
pub fn validate(
    resource: &Resource,
    filters: &Value,
    limit: Option<&tfplugin6::DynamicValue>,
    diagnostics: &mut Diagnostics,
) {
    if !filters.is_null() {
        // Terraform looks for the path in the whole `list` block.
        let config = Path::root().attribute("config");
        rules::object(
            &resource.filters,
            filters,
            WriteOnly::Refused,
            &config,
            diagnostics,
        );
    }
    let Ok(limit) = convert::from_dynamic_value(limit, &Type::Number, "limit", diagnostics) else {
        return;
    };
    let is_valid = limit.is_null() || limit.is_unknown() || limit.as_i64().is_some_and(|limit| limit > 0);
    if !is_valid {
        diagnostics.error(
            &summaries::INVALID_LIMIT,
            "`limit` must be a whole number above zero: the number of objects to show at most.",
        );
    }
}
