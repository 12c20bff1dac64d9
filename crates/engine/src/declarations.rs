//! The declarations of a provider, for code that needs others than that of one object.
//!
//! Tests: `crates/engine/tests/tables/preflight.rs`.

use std::sync::Arc;

use schema::{Kind, Resource};

/// The declarations of a provider.
#[derive(Clone, Default)]
pub struct Declarations {
    /// Prefix of the type names, such as `durantic`.
    pub prefix: &'static str,
    /// All resources, then all data sources.
    pub all: Arc<[&'static Resource]>,
}

impl Declarations {
    /// Returns the resource with this name, or else the data source.
    pub fn find(&self, name: &str) -> Option<&'static Resource> {
        self.all
            .iter()
            .find(|declaration| declaration.name == name)
            .copied()
    }

    /// Returns the data source with this name.
    pub fn data_source(&self, name: &str) -> Option<&'static Resource> {
        let mut data_sources = self
            .all
            .iter()
            .filter(|declaration| declaration.kind == Kind::DataSource);
        data_sources.find(|declaration| declaration.name == name).copied()
    }

    /// Returns the declaration whose list has the objects of a resource: the resource, or else what its only identity names (`ref`). `None`
    /// if they cannot be listed.
    pub fn lister<'a>(&self, resource: &'a Resource) -> Option<&'a Resource> {
        if resource.list_operation().is_some() {
            return Some(resource);
        }
        let mut attributes = resource.import_attributes();
        let (identity, None) = (attributes.next()?, attributes.next()) else {
            return None;
        };
        let lister = self.find(&identity.reference.as_ref()?.target)?;
        lister.list_operation().map(|_| lister)
    }

    /// Returns the name of a type in a configuration: `machine_role` → `durantic_machine_role`, of a data source with `data.`.
    pub fn type_name(&self, declaration: &Resource) -> String {
        let prefix = match declaration.kind {
            Kind::Resource => "",
            Kind::DataSource => "data.",
        };
        format!("{prefix}{}_{}", self.prefix, declaration.name)
    }
}
