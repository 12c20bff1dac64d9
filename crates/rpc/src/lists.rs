//! List resources: `terraform query` shows the objects of the account, and writes their configuration.
//!
//! Terraform ends a list at the first error, without the objects that it has already. So what concerns one object is a warning, in an event
//! without an identity. Such an event comes first, because Terraform reads no further once it has as many objects as it wants.
//!
//! Tests: below, `tests/protocol/lists.rs`.

use std::collections::HashMap;

use engine::context::Context;
use engine::diagnostic::{Diagnostics, Reported};
use engine::hook::Definition;
use engine::inventory::{self, Found, Inventory, Wanted};
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
    Ok(shown(binding.schema, inventory.unwrap_or_default(), query.limit))
}

fn shown(resource: &Resource, mut inventory: Inventory, limit: usize) -> Vec<Event> {
    let mut objects = Vec::new();
    for found in std::mem::take(&mut inventory.objects) {
        match event(resource, &found) {
            Ok(event) => objects.push(event),
            Err(reason) => inventory.failures.push(found.failure(reason)),
        }
    }
    let mut warnings = Diagnostics::default();
    inventory.warn(resource, limit, &mut warnings);
    let warnings = convert::diagnostics(warnings).into_iter().map(|warning| Event {
        diagnostic: vec![warning],
        ..Event::default()
    });
    warnings.chain(objects).collect()
}

/// The event of an object, or why it has none.
fn event(resource: &Resource, found: &Found) -> Result<Event, String> {
    let r#type = shape::object_type(&resource.attributes);
    let mut problems = Diagnostics::default();
    let object = found.object.as_ref();
    let object = object.map(|object| convert::to_dynamic_value(object, &r#type, &mut problems));
    let Ok(object) = object.transpose() else {
        return Err(problems.into_iter().map(|problem| problem.detail).collect());
    };
    Ok(Event {
        identity: crate::identity::of(resource, &[&found.identity]),
        display_name: found.name.clone(),
        resource_object: object,
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    /// An object that the provider cannot encode costs only itself.
    #[test]
    fn object_without_an_event_is_a_warning() {
        let resource = Resource {
            kind: schema::Kind::Resource,
            name: Cow::Borrowed("thing"),
            summary: Cow::Borrowed(""),
            description: Cow::Borrowed(""),
            subcategory: None,
            since: None,
            deprecated: None,
            version: 0,
            import: schema::Import::Never,
            label: None,
            created: None,
            updated: None,
            official: None,
            hook: None,
            api: schema::Api {
                create: None,
                read: None,
                update: None,
                delete: schema::Delete::Forget,
                list: None,
                path: Cow::Borrowed(&[]),
                gone: Cow::Borrowed(&[]),
            },
            attributes: Cow::Borrowed(&[]),
            filters: Cow::Borrowed(&[]),
            constraints: Cow::Borrowed(&[]),
            lookups: Cow::Borrowed(&[]),
            job: None,
            release: None,
            timeouts: None,
        };
        let found = |name: &str, object: Value| Found {
            identity: Value::Null,
            name: name.to_owned(),
            is_official: false,
            object: Some(object),
            response: serde_json::Value::Null,
        };
        let inventory = Inventory {
            objects: vec![
                found("broken", Value::string("no object")),
                found("whole", Value::object(std::iter::empty::<(String, Value)>())),
            ],
            total: 2,
            ..Inventory::default()
        };
        let events = shown(&resource, inventory, 2);
        let [warning, object] = events.as_slice() else {
            panic!("{events:?}");
        };
        assert!(
            warning.diagnostic[0]
                .detail
                .contains("\"broken\": The provider made a value"),
            "{warning:?}"
        );
        assert_eq!(object.display_name, "whole");
    }
}
