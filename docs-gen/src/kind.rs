//! The kinds of documented objects, with the folders of their pages and examples.
//!
//! Tests: `docs-gen/tests/registry.rs`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::json::{Provider, Schema};

/// The kind of object that a page documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The provider itself.
    Provider,
    /// A managed resource.
    Resource,
    /// A data source.
    DataSource,
    /// An ephemeral resource.
    EphemeralResource,
    /// A function.
    Function,
    /// An action.
    Action,
    /// A list resource.
    ListResource,
    /// A state store.
    StateStore,
}

impl Kind {
    /// All kinds that have a folder of pages, in the order of the navigation.
    pub const FOLDERS: [Self; 7] = [
        Self::Resource,
        Self::DataSource,
        Self::EphemeralResource,
        Self::Function,
        Self::Action,
        Self::ListResource,
        Self::StateStore,
    ];

    /// The kind in the title of a page.
    pub fn title(self) -> &'static str {
        match self {
            Self::Provider => "Provider",
            Self::Resource => "Resource",
            Self::DataSource => "Data Source",
            Self::EphemeralResource => "Ephemeral Resource",
            Self::Function => "function",
            Self::Action => "Action",
            Self::ListResource => "List Resource",
            Self::StateStore => "State Store",
        }
    }

    /// The kind in the heading of a list of pages.
    pub fn plural_title(self) -> &'static str {
        match self {
            Self::Provider => "Provider",
            Self::Resource => "Resources",
            Self::DataSource => "Data Sources",
            Self::EphemeralResource => "Ephemeral Resources",
            Self::Function => "Functions",
            Self::Action => "Actions",
            Self::ListResource => "List Resources",
            Self::StateStore => "State Stores",
        }
    }

    /// The kind in the messages of [`crate::validate::pages`], as `tfplugindocs validate` writes it.
    pub fn name_in_checks(self) -> &'static str {
        match self {
            Self::DataSource => "datasource",
            Self::Provider => "provider",
            Self::Resource => "resource",
            Self::EphemeralResource => "ephemeral resource",
            Self::Function => "function",
            Self::Action => "action",
            Self::ListResource => "list resource",
            Self::StateStore => "state store",
        }
    }

    /// The folder of the pages and examples. Only the provider's page is outside of its folder.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Resource => "resources",
            Self::DataSource => "data-sources",
            Self::EphemeralResource => "ephemeral-resources",
            Self::Function => "functions",
            Self::Action => "actions",
            Self::ListResource => "list-resources",
            Self::StateStore => "state-stores",
        }
    }

    /// The start of the name of an example file.
    pub fn example_prefix(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Resource => "resource",
            Self::DataSource => "data-source",
            Self::EphemeralResource => "ephemeral-resource",
            Self::Function => "function",
            Self::Action => "action",
            Self::ListResource => "list-resource",
            Self::StateStore => "state-store",
        }
    }

    /// The end of the name of an example file.
    pub fn example_extension(self) -> &'static str {
        if self == Self::ListResource {
            ".tfquery.hcl"
        } else {
            ".tf"
        }
    }

    /// The schemas by name, for each kind whose schema is a block.
    pub fn block_schemas(provider: &Provider) -> [(Self, &BTreeMap<String, Schema>); 6] {
        [
            (Self::Resource, &provider.resource_schemas),
            (Self::DataSource, &provider.data_source_schemas),
            (Self::EphemeralResource, &provider.ephemeral_resource_schemas),
            (Self::Action, &provider.action_schemas),
            (Self::ListResource, &provider.list_resource_schemas),
            (Self::StateStore, &provider.state_store_schemas),
        ]
    }
}
