//! Converts the engine's types to and from the plugin protocol's messages.
//!
//! The messages are described in [`tfplugin6.proto`], the values in them in [`object-wire-format.md`].
//!
//! [`tfplugin6.proto`]: https://github.com/hashicorp/terraform/blob/main/docs/plugin-protocol/tfplugin6.proto
//! [`object-wire-format.md`]: https://github.com/hashicorp/terraform/blob/main/docs/plugin-protocol/object-wire-format.md
//!
//! Tests: `provider/tests/protocol.rs`.

use engine::diagnostic::{Diagnostic, Diagnostics, Reported, Severity};
use engine::{Function, shape};
use proto::tfplugin6;
use proto::tfplugin6::schema::{Block, NestedBlock, Object, nested_block, object};
use schema::{Attribute, Collection, Mode, Scalar};
use value::{Path, Step, Type, Value, json, msgpack};

use crate::summaries;

/// Decodes a value of the type; a missing message is null.
///
/// `what` names the value in the diagnostic, such as `prior state`.
///
/// # Errors
///
/// [`Reported`] if the value does not conform to the type.
pub fn from_dynamic_value(
    from: Option<&tfplugin6::DynamicValue>,
    r#type: &Type,
    what: &str,
    diagnostics: &mut Diagnostics,
) -> Result<Value, Reported> {
    let Some(from) = from else { return Ok(Value::Null) };
    let decoded = if from.msgpack.is_empty() && !from.json.is_empty() {
        json::decode(&from.json, r#type)
    } else if from.msgpack.is_empty() {
        return Ok(Value::Null);
    } else {
        msgpack::decode(&from.msgpack, r#type)
    };
    decoded.map_err(|error| {
        diagnostics.error(
            &summaries::REQUEST_MISMATCH,
            format!(
                "The {what} that Terraform sent does not match the provider's schema: {error}. This is a bug in the \
                 provider; please report it to its developers."
            ),
        )
    })
}

/// Encodes a value of the type as MessagePack, which every version of Terraform accepts.
///
/// # Errors
///
/// [`Reported`] if the value does not conform to the type, which is a bug in the engine.
pub fn to_dynamic_value(
    from: &Value,
    r#type: &Type,
    diagnostics: &mut Diagnostics,
) -> Result<tfplugin6::DynamicValue, Reported> {
    let msgpack = msgpack::encode(from, r#type).map_err(|error| {
        diagnostics.error(
            &summaries::RESULT_MISMATCH,
            format!(
                "The provider made a value that does not match its own schema: {error}. This is a bug in the provider; \
                 please report it to its developers."
            ),
        )
    })?;
    Ok(tfplugin6::DynamicValue {
        msgpack,
        json: Vec::new(),
    })
}

/// Converts diagnostics to messages.
pub fn diagnostics(from: Diagnostics) -> Vec<tfplugin6::Diagnostic> {
    from.into_iter().map(diagnostic).collect()
}

fn diagnostic(from: Diagnostic) -> tfplugin6::Diagnostic {
    let severity = match from.severity {
        Severity::Error => tfplugin6::diagnostic::Severity::Error,
        Severity::Warning => tfplugin6::diagnostic::Severity::Warning,
    };
    tfplugin6::Diagnostic {
        severity: severity.into(),
        summary: from.summary.text.to_owned(),
        detail: from.detail,
        attribute: (!from.path.is_root()).then(|| attribute_path(&from.path)),
    }
}

/// Converts a path to a message.
pub fn attribute_path(from: &Path) -> tfplugin6::AttributePath {
    use tfplugin6::attribute_path::step::Selector;
    let steps = from.steps().iter().map(|step| {
        let selector = match step {
            Step::Attribute(name) => Selector::AttributeName(name.clone()),
            Step::Index(index) => Selector::ElementKeyInt(*index),
            Step::Key(key) => Selector::ElementKeyString(key.clone()),
        };
        tfplugin6::attribute_path::Step {
            selector: Some(selector),
        }
    });
    tfplugin6::AttributePath {
        steps: steps.collect(),
    }
}

/// The schema message of a resource or data source.
pub fn resource_schema(from: &schema::Resource) -> tfplugin6::Schema {
    let description = describe(&from.summary, &from.description);
    schema_of(
        from.version,
        &from.attributes,
        description,
        from.deprecated.as_deref(),
    )
}

/// The schema message of the list resource with this name, of a resource: its filters.
pub fn list_schema(type_name: &str, from: &schema::Resource) -> tfplugin6::Schema {
    let description = format!("Lists the objects of the account that `{type_name}` can manage.");
    schema_of(0, &from.filters, description, from.deprecated.as_deref())
}

/// The message that describes a function.
pub fn function(from: &Function) -> tfplugin6::Function {
    let parameters = from
        .parameters
        .iter()
        .map(|parameter| tfplugin6::function::Parameter {
            name: parameter.name.to_owned(),
            r#type: parameter.accepts.to_json().to_string().into_bytes(),
            description: parameter.doc.to_owned(),
            description_kind: tfplugin6::StringKind::Markdown.into(),
            ..tfplugin6::function::Parameter::default()
        });
    tfplugin6::Function {
        parameters: parameters.collect(),
        r#return: Some(tfplugin6::function::Return {
            r#type: from.returns.to_json().to_string().into_bytes(),
        }),
        summary: from.summary.to_owned(),
        description: describe(from.summary, from.description),
        description_kind: tfplugin6::StringKind::Markdown.into(),
        ..tfplugin6::Function::default()
    }
}

/// The schema message of the provider block.
pub fn provider_schema(from: &schema::Provider) -> tfplugin6::Schema {
    schema_of(
        0,
        &from.attributes,
        describe(&from.summary, &from.description),
        None,
    )
}

/// Joins a summary and a description to one Markdown text.
fn describe(summary: &str, description: &str) -> String {
    if description.is_empty() {
        summary.to_owned()
    } else {
        format!("{summary}\n\n{}", description.trim_end())
    }
}

fn schema_of(
    version: i64,
    attributes: &[Attribute],
    description: String,
    deprecated: Option<&str>,
) -> tfplugin6::Schema {
    let block = Block {
        description,
        deprecated: deprecated.is_some(),
        deprecation_message: deprecated.unwrap_or_default().to_owned(),
        ..block(attributes)
    };
    tfplugin6::Schema {
        version,
        block: Some(block),
    }
}

fn block(attributes: &[Attribute]) -> Block {
    let (blocks, attributes): (Vec<&Attribute>, Vec<&Attribute>) =
        attributes.iter().partition(|attribute| attribute.block);
    Block {
        attributes: attributes.into_iter().map(attribute).collect(),
        block_types: blocks.into_iter().map(nested_block).collect(),
        description_kind: tfplugin6::StringKind::Markdown.into(),
        ..Block::default()
    }
}

fn attribute(from: &Attribute) -> tfplugin6::schema::Attribute {
    let is_nested = from.r#type.scalar == Scalar::Object;
    tfplugin6::schema::Attribute {
        name: from.name.to_string(),
        r#type: if is_nested {
            Vec::new()
        } else {
            shape::attribute_type(from).to_json().to_string().into_bytes()
        },
        nested_type: is_nested.then(|| nested_object(from)),
        description: from.doc.trim_end().to_owned(),
        required: from.mode == Mode::Required,
        optional: matches!(from.mode, Mode::Optional | Mode::OptionalComputed),
        computed: from.mode.is_computed(),
        sensitive: from.sensitive,
        description_kind: tfplugin6::StringKind::Markdown.into(),
        deprecated: from.deprecated.is_some(),
        write_only: from.write_only,
        deprecation_message: from.deprecated.as_deref().unwrap_or_default().to_owned(),
    }
}

fn nested_object(from: &Attribute) -> Object {
    use object::NestingMode;
    let nesting = match from.r#type.collections.first() {
        None => NestingMode::Single,
        Some(Collection::List) => NestingMode::List,
        Some(Collection::Set) => NestingMode::Set,
        Some(Collection::Map) => NestingMode::Map,
    };
    Object {
        attributes: from.attributes.iter().map(attribute).collect(),
        nesting: nesting.into(),
        ..Object::default()
    }
}

fn nested_block(from: &Attribute) -> NestedBlock {
    use nested_block::NestingMode;
    let nesting = match from.r#type.collections.first() {
        None => NestingMode::Single,
        Some(Collection::List) => NestingMode::List,
        Some(Collection::Set) => NestingMode::Set,
        Some(Collection::Map) => NestingMode::Map,
    };
    let items = from
        .validate
        .items
        .filter(|_| nesting != NestingMode::Single && nesting != NestingMode::Map);
    NestedBlock {
        type_name: from.name.to_string(),
        block: Some(Block {
            description: from.doc.trim_end().to_owned(),
            deprecated: from.deprecated.is_some(),
            deprecation_message: from.deprecated.as_deref().unwrap_or_default().to_owned(),
            ..block(&from.attributes)
        }),
        nesting: nesting.into(),
        min_items: items.and_then(|bounds| bounds.min).unwrap_or_default(),
        max_items: items.and_then(|bounds| bounds.max).unwrap_or_default(),
    }
}
