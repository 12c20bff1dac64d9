//! The output of [`terraform providers schema -json`](https://developer.hashicorp.com/terraform/cli/commands/providers/schema).
//!
//! docs-gen reads it for any provider, and writes it for this one. The order of the fields and the rules for omitting
//! them are Terraform's. Reading ignores unknown keys, because minor versions of the format add keys.
//!
//! Tests: `docs-gen/tests/registry.rs`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use thiserror::Error;

/// Why a document cannot be read.
#[derive(Debug, Error)]
pub enum DocumentError {
    /// The text is not JSON of the expected form.
    #[error("not the output of `terraform providers schema -json`: {0}")]
    Syntax(#[from] serde_json::Error),
    /// The format version is not supported.
    #[error("unsupported format version `{0}`: docs-gen reads versions 0.1 to 2.0")]
    Version(String),
    /// The document does not have the provider.
    #[error("no schema for the provider `{wanted}`, only for {present}")]
    Provider {
        /// The short name of the provider.
        wanted: String,
        /// The addresses in the document.
        present: String,
    },
}

/// The whole document.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// Version of the document's format, `MAJOR.MINOR`.
    pub format_version: String,
    /// Schemas by the provider's address.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub provider_schemas: BTreeMap<String, Provider>,
}

impl Document {
    /// Parses a document and checks its format version.
    ///
    /// # Errors
    ///
    /// If the text is not such a document, or has an unsupported format version.
    pub fn parse(text: &str) -> Result<Self, DocumentError> {
        let document: Self = serde_json::from_str(text)?;
        let mut parts = document.format_version.split('.').map(str::parse::<u32>);
        match (parts.next(), parts.next(), parts.next()) {
            (Some(Ok(0)), Some(Ok(1..)), None) | (Some(Ok(1)), Some(Ok(_)), None) => Ok(document),
            _ => Err(DocumentError::Version(document.format_version)),
        }
    }

    /// The schemas of the provider with a short name. Looks for the name itself, then for
    /// `registry.terraform.io/hashicorp/NAME`, as `HashiCorp`'s generator does; then for the only address that ends with
    /// the name.
    ///
    /// # Errors
    ///
    /// If there is no such provider, or several addresses end with the name.
    pub fn provider(&self, short_name: &str) -> Result<&Provider, DocumentError> {
        let known = [
            short_name.to_owned(),
            format!("registry.terraform.io/hashicorp/{short_name}"),
        ];
        if let Some(found) = known
            .iter()
            .find_map(|address| self.provider_schemas.get(address))
        {
            return Ok(found);
        }
        let mut others = self
            .provider_schemas
            .iter()
            .filter(|(address, _)| address.rsplit('/').next() == Some(short_name));
        match (others.next(), others.next()) {
            (Some((_, only)), None) => Ok(only),
            _ => Err(DocumentError::Provider {
                wanted: short_name.to_owned(),
                present: self
                    .provider_schemas
                    .keys()
                    .map(|address| format!("`{address}`"))
                    .collect::<Vec<_>>()
                    .join(", "),
            }),
        }
    }
}

/// All schemas of a provider.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Provider {
    /// The `provider` block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Schema>,
    /// Managed resources.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub resource_schemas: BTreeMap<String, Schema>,
    /// Data sources.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub data_source_schemas: BTreeMap<String, Schema>,
    /// Ephemeral resources.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ephemeral_resource_schemas: BTreeMap<String, Schema>,
    /// List resources.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub list_resource_schemas: BTreeMap<String, Schema>,
    /// Functions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub functions: BTreeMap<String, Function>,
    /// Identities of managed resources.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub resource_identity_schemas: BTreeMap<String, Identity>,
    /// Actions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub action_schemas: BTreeMap<String, Schema>,
    /// State stores.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub state_store_schemas: BTreeMap<String, Schema>,
}

impl Provider {
    /// Leaves out deprecated objects: functions with a deprecation message, and objects with a deprecated root block.
    #[must_use]
    pub fn without_deprecated(mut self) -> Self {
        for schemas in [
            &mut self.resource_schemas,
            &mut self.data_source_schemas,
            &mut self.ephemeral_resource_schemas,
            &mut self.list_resource_schemas,
            &mut self.action_schemas,
            &mut self.state_store_schemas,
        ] {
            schemas.retain(|_, schema| !schema.block.deprecated);
        }
        self.functions
            .retain(|_, function| function.deprecation_message.is_empty());
        self
    }
}

/// A versioned block.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// Version of the schema, which Terraform stores in state.
    #[serde(default)]
    pub version: u64,
    /// The root block.
    #[serde(default)]
    pub block: Block,
}

/// Attributes and blocks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// Attributes by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, Attribute>,
    /// Nested blocks by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub block_types: BTreeMap<String, NestedBlock>,
    /// Description of the object or attribute.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// `plain` or `markdown`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description_kind: String,
    /// Whether it is deprecated.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deprecated: bool,
    /// What to use instead (Terraform 1.15 and later).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub deprecation_message: String,
}

/// An attribute: `type` or `nested_type`, never both.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "the format has them")]
pub struct Attribute {
    /// The type in cty's JSON form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#type: Option<Json>,
    /// The attributes of a nested attribute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nested_type: Option<NestedType>,
    /// Description of the object or attribute.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// `plain` or `markdown`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description_kind: String,
    /// Whether it is deprecated.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deprecated: bool,
    /// What to use instead (Terraform 1.15 and later).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub deprecation_message: String,
    /// The configuration must set it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// The configuration may set it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
    /// The provider may set it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub computed: bool,
    /// Terraform does not print the value.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sensitive: bool,
    /// Terraform does not store the value in state or plans.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub write_only: bool,
}

/// The type of a nested attribute.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NestedType {
    /// Attributes by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, Attribute>,
    /// `single`, `list`, `set` or `map`.
    #[serde(default)]
    pub nesting_mode: String,
    /// Minimum number of elements.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub min_items: u64,
    /// Maximum number of elements.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub max_items: u64,
}

/// A block type within a block.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NestedBlock {
    /// `single`, `group`, `list`, `set` or `map`.
    #[serde(default)]
    pub nesting_mode: String,
    /// The contents of each block.
    #[serde(default)]
    pub block: Block,
    /// Minimum number of blocks.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub min_items: u64,
    /// Maximum number of blocks.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub max_items: u64,
}

/// A function.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Function {
    /// Description in Markdown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Description in one sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// What to use instead.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub deprecation_message: String,
    /// The result's type in cty's JSON form.
    pub return_type: Json,
    /// Parameters in order. An empty list and `None` give different signatures in the style of tfplugindocs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Vec<Parameter>>,
    /// The parameter that takes all further arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variadic_parameter: Option<Parameter>,
}

/// A function's parameter.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Parameter {
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Description of the object or attribute.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Whether the argument may be null.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_nullable: bool,
    /// The type in cty's JSON form.
    pub r#type: Json,
}

/// The identity of a managed resource.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// Version of the identity's schema.
    #[serde(default)]
    pub version: u64,
    /// Attributes by name.
    #[serde(default)]
    pub attributes: BTreeMap<String, IdentityAttribute>,
}

/// An attribute of an identity.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct IdentityAttribute {
    /// The type in cty's JSON form.
    #[serde(default)]
    pub r#type: Json,
    /// Description of the attribute.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// An import must set it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required_for_import: bool,
    /// An import may set it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional_for_import: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}
