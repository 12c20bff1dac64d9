//! The output of `terraform providers schema -json` for this provider, made without Terraform.
//!
//! Tests: `tests/terraform/examples.rs`.

use std::collections::BTreeMap;

use engine::{Binding, Definition};
use proto::tfplugin6;
use rpc::convert;
use schema::Resource;
use tfplugin6::schema::{nested_block, object};

use crate::json::{
    Attribute, Block, Document, Function, Identity, IdentityAttribute, NestedBlock, NestedType, Parameter,
    Provider, Schema,
};

/// The document that Terraform from version 1.14 on prints for a provider with this definition. Earlier versions leave out the list
/// resources, and those before 1.12 the identities as well.
///
/// # Errors
///
/// If the type of an attribute is not JSON, which would be a bug in `rpc::convert`.
pub fn document(definition: &Definition) -> Result<Document, serde_json::Error> {
    let named = |resource: &Resource, message: &tfplugin6::Schema| {
        let name = format!("{}_{}", definition.provider.name, resource.name);
        Ok((name, schema(message)?))
    };
    let schemas = |bindings: &[Binding]| {
        let resources = bindings.iter().map(|binding| binding.schema);
        let named = resources.map(|resource| named(resource, &convert::resource_schema(resource)));
        named.collect::<Result<BTreeMap<_, _>, serde_json::Error>>()
    };
    let listed = definition.listed().map(|binding| binding.schema);
    let lists = listed.map(|resource| {
        let name = format!("{}_{}", definition.provider.name, resource.name);
        named(resource, &convert::list_schema(&name, resource))
    });
    let provider = Provider {
        provider: Some(schema(&convert::provider_schema(definition.provider))?),
        resource_schemas: schemas(definition.resources)?,
        data_source_schemas: schemas(definition.data_sources)?,
        list_resource_schemas: lists.collect::<Result<_, serde_json::Error>>()?,
        functions: functions(definition)?,
        resource_identity_schemas: identities(definition)?,
        ..Provider::default()
    };
    Ok(Document {
        format_version: "1.0".to_owned(),
        provider_schemas: BTreeMap::from([(definition.provider.address.to_string(), provider)]),
    })
}

/// The functions, by name.
///
/// # Errors
///
/// If a type is not JSON, which would be a bug in `rpc::convert`.
pub fn functions(definition: &Definition) -> Result<BTreeMap<String, Function>, serde_json::Error> {
    let functions = definition.functions.iter().map(|declared| {
        let message = convert::function(declared);
        let parameters = message.parameters.iter().map(|parameter| {
            Ok(Parameter {
                name: parameter.name.clone(),
                description: parameter.description.clone(),
                is_nullable: parameter.allow_null_value,
                r#type: serde_json::from_slice(&parameter.r#type)?,
            })
        });
        let function = Function {
            description: message.description.clone(),
            summary: message.summary.clone(),
            return_type: serde_json::from_slice(&message.r#return.unwrap_or_default().r#type)?,
            parameters: Some(parameters.collect::<Result<Vec<_>, serde_json::Error>>()?),
            ..Function::default()
        };
        Ok((declared.name.to_owned(), function))
    });
    functions.collect()
}

fn identities(definition: &Definition) -> Result<BTreeMap<String, Identity>, serde_json::Error> {
    let identities = rpc::identity::schemas(definition)
        .into_iter()
        .map(|(name, schema)| {
            let attributes = schema.identity_attributes.into_iter().map(|from| {
                let attribute = IdentityAttribute {
                    r#type: serde_json::from_slice(&from.r#type)?,
                    description: from.description,
                    required_for_import: from.required_for_import,
                    optional_for_import: from.optional_for_import,
                };
                Ok((from.name, attribute))
            });
            let identity = Identity {
                version: u64::try_from(schema.version).unwrap_or_default(),
                attributes: attributes.collect::<Result<_, serde_json::Error>>()?,
            };
            Ok((name, identity))
        });
    identities.collect()
}

fn schema(from: &tfplugin6::Schema) -> Result<Schema, serde_json::Error> {
    Ok(Schema {
        version: u64::try_from(from.version).unwrap_or_default(),
        block: from.block.as_ref().map(block).transpose()?.unwrap_or_default(),
    })
}

/// Terraform 1.11 omits deprecation messages, so this function omits them, too.
fn block(from: &tfplugin6::schema::Block) -> Result<Block, serde_json::Error> {
    Ok(Block {
        attributes: attributes(&from.attributes)?,
        block_types: from
            .block_types
            .iter()
            .map(|nested| Ok((nested.type_name.clone(), nested_block(nested)?)))
            .collect::<Result<_, serde_json::Error>>()?,
        description: from.description.clone(),
        description_kind: kind(from.description_kind),
        deprecated: from.deprecated,
        deprecation_message: String::new(),
    })
}

fn attributes(
    from: &[tfplugin6::schema::Attribute],
) -> Result<BTreeMap<String, Attribute>, serde_json::Error> {
    from.iter()
        .map(|from| {
            let attribute = Attribute {
                r#type: match from.r#type.as_slice() {
                    [] => None,
                    text => Some(serde_json::from_slice(text)?),
                },
                nested_type: from.nested_type.as_ref().map(nested_type).transpose()?,
                description: from.description.clone(),
                // For an empty description Terraform always prints `plain`.
                description_kind: if from.description.is_empty() {
                    "plain".to_owned()
                } else {
                    kind(from.description_kind)
                },
                deprecated: from.deprecated,
                deprecation_message: String::new(),
                required: from.required,
                optional: from.optional,
                computed: from.computed,
                sensitive: from.sensitive,
                write_only: from.write_only,
            };
            Ok((from.name.clone(), attribute))
        })
        .collect()
}

fn nested_type(from: &tfplugin6::schema::Object) -> Result<NestedType, serde_json::Error> {
    let mode = match from.nesting() {
        object::NestingMode::Invalid => "invalid",
        object::NestingMode::Single => "single",
        object::NestingMode::List => "list",
        object::NestingMode::Set => "set",
        object::NestingMode::Map => "map",
    };
    Ok(NestedType {
        attributes: attributes(&from.attributes)?,
        nesting_mode: mode.to_owned(),
        min_items: 0,
        max_items: 0,
    })
}

fn nested_block(from: &tfplugin6::schema::NestedBlock) -> Result<NestedBlock, serde_json::Error> {
    let mode = match from.nesting() {
        nested_block::NestingMode::Invalid => "invalid",
        nested_block::NestingMode::Single => "single",
        nested_block::NestingMode::List => "list",
        nested_block::NestingMode::Set => "set",
        nested_block::NestingMode::Map => "map",
        nested_block::NestingMode::Group => "group",
    };
    Ok(NestedBlock {
        nesting_mode: mode.to_owned(),
        block: from.block.as_ref().map(block).transpose()?.unwrap_or_default(),
        min_items: u64::try_from(from.min_items).unwrap_or_default(),
        max_items: u64::try_from(from.max_items).unwrap_or_default(),
    })
}

fn kind(from: i32) -> String {
    match tfplugin6::StringKind::try_from(from) {
        Ok(tfplugin6::StringKind::Markdown) => "markdown",
        _ => "plain",
    }
    .to_owned()
}
