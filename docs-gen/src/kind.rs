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
    pub const FOLDERS: [Kind; 7] = [
        Kind::Resource,
        Kind::DataSource,
        Kind::EphemeralResource,
        Kind::Function,
        Kind::Action,
        Kind::ListResource,
        Kind::StateStore,
    ];

    /// As a page's title has it.
    pub fn words(self) -> &'static str {
        match self {
            Kind::Provider => "Provider",
            Kind::Resource => "Resource",
            Kind::DataSource => "Data Source",
            Kind::EphemeralResource => "Ephemeral Resource",
            Kind::Function => "function",
            Kind::Action => "Action",
            Kind::ListResource => "List Resource",
            Kind::StateStore => "State Store",
        }
    }

    /// As the heading of a list has it.
    pub fn plural(self) -> &'static str {
        match self {
            Kind::Provider => "Provider",
            Kind::Resource => "Resources",
            Kind::DataSource => "Data Sources",
            Kind::EphemeralResource => "Ephemeral Resources",
            Kind::Function => "Functions",
            Kind::Action => "Actions",
            Kind::ListResource => "List Resources",
            Kind::StateStore => "State Stores",
        }
    }

    /// As the checks of documentation files call it.
    pub fn in_checks(self) -> &'static str {
        match self {
            Kind::DataSource => "datasource",
            Kind::Provider => "provider",
            Kind::Resource => "resource",
            Kind::EphemeralResource => "ephemeral resource",
            Kind::Function => "function",
            Kind::Action => "action",
            Kind::ListResource => "list resource",
            Kind::StateStore => "state store",
        }
    }

    /// Folder of the pages and of the examples. The provider's page is not in one.
    pub fn folder(self) -> &'static str {
        match self {
            Kind::Provider => "provider",
            Kind::Resource => "resources",
            Kind::DataSource => "data-sources",
            Kind::EphemeralResource => "ephemeral-resources",
            Kind::Function => "functions",
            Kind::Action => "actions",
            Kind::ListResource => "list-resources",
            Kind::StateStore => "state-stores",
        }
    }

    /// How the name of an example file starts.
    pub fn example_stem(self) -> &'static str {
        match self {
            Kind::Provider => "provider",
            Kind::Resource => "resource",
            Kind::DataSource => "data-source",
            Kind::EphemeralResource => "ephemeral-resource",
            Kind::Function => "function",
            Kind::Action => "action",
            Kind::ListResource => "list-resource",
            Kind::StateStore => "state-store",
        }
    }

    /// How the name of an example file ends.
    pub fn example_end(self) -> &'static str {
        if self == Kind::ListResource {
            ".tfquery.hcl"
        } else {
            ".tf"
        }
    }

    /// Schemas of the kinds that are made of blocks.
    pub fn blocks(provider: &Provider) -> [(Kind, &BTreeMap<String, Schema>); 6] {
        [
            (Kind::Resource, &provider.resource_schemas),
            (Kind::DataSource, &provider.data_source_schemas),
            (Kind::EphemeralResource, &provider.ephemeral_resource_schemas),
            (Kind::Action, &provider.action_schemas),
            (Kind::ListResource, &provider.list_resource_schemas),
            (Kind::StateStore, &provider.state_store_schemas),
        ]
    }
}
