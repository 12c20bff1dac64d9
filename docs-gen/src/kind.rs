//! The kinds of documented objects, and where each has its pages and examples.
//!
//! Tests: `docs-gen/tests/registry.rs`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::json::{Provider, Schema};

/// What a page documents.
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
    /// Every kind that has a folder of pages, in the order of the navigation.
    pub const FOLDERS: [Self; 7] = [
        Self::Resource,
        Self::DataSource,
        Self::EphemeralResource,
        Self::Function,
        Self::Action,
        Self::ListResource,
        Self::StateStore,
    ];

    /// As a page's title has it.
    pub fn words(self) -> &'static str {
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

    /// As the heading of a list has it.
    pub fn plural(self) -> &'static str {
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

    /// As the checks of documentation files call it.
    pub fn in_checks(self) -> &'static str {
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

    /// Folder of the pages and of the examples. The provider's page is not in one.
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

    /// How the name of an example file starts.
    pub fn example_stem(self) -> &'static str {
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

    /// How the name of an example file ends.
    pub fn example_end(self) -> &'static str {
        if self == Self::ListResource {
            ".tfquery.hcl"
        } else {
            ".tf"
        }
    }

    /// Schemas of the kinds that are made of blocks.
    pub fn blocks(provider: &Provider) -> [(Self, &BTreeMap<String, Schema>); 6] {
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
