//! The rules of each collection.
//!
//! All collections share the operations in `Store`; a [`Behaviour`] has only the differences.

mod images;
mod machine_roles;
pub mod machines;
mod memberships;
mod mesh_networks;
mod registry_credentials;
pub mod route_policy;
mod settings;

use serde_json::{Map, Value};

use super::collection::Collection;
use super::problem::Problem;
use super::store::{Object, Store};

impl Collection {
    /// The rules of the collection.
    pub fn behaviour(self) -> &'static dyn Behaviour {
        match self {
            Self::Images => &images::Images,
            Self::MachineRoles => &machine_roles::MachineRoles,
            Self::Machines => &machines::Machines,
            Self::MeshNetworks => &mesh_networks::MeshNetworks,
            Self::RegistryCredentials => &registry_credentials::RegistryCredentials,
            Self::RoutePolicySets => &route_policy::RoutePolicySets,
            Self::Routes => &memberships::Routes,
            Self::Secrets => &settings::Secrets,
            Self::SecretsBackends => &settings::SecretsBackends,
            Self::Variables => &settings::Variables,
            Self::Vips => &memberships::Vips,
        }
    }
}

/// The rules of a collection. By default, every method does nothing.
pub trait Behaviour: Sync {
    /// The values of fields that a request omits.
    fn defaults(&self) -> Object {
        Map::new()
    }

    /// Checks and normalises a new or changed object.
    ///
    /// # Errors
    /// If a rule of the collection rejects the object.
    fn check(
        &self,
        _store: &mut Store,
        _object: &mut Object,
        _previous: Option<&Object>,
    ) -> Result<(), Problem> {
        Ok(())
    }

    /// Adds the fields that are returned but not stored.
    fn complete(&self, _store: &Store, _object: &mut Object) {}

    /// The collections whose objects responses show as a part of this one.
    fn shows(&self) -> &'static [Collection] {
        &[]
    }

    /// Changes other objects after a change of this one.
    fn updated(&self, _store: &mut Store, _previous: &Object, _object: &Object) {}

    /// Checks whether an object may be deleted.
    ///
    /// # Errors
    /// If it may not.
    fn check_delete(&self, _store: &Store, _object: &Object) -> Result<(), Problem> {
        Ok(())
    }

    /// Changes other objects after the deletion of this one.
    fn deleted(&self, _store: &mut Store, _object: &Object) {}

    /// Two objects may have the same name if they differ in this value.
    fn shares_names(&self, _object: &Object) -> bool {
        false
    }
}

/// A JSON object from a literal.
fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// Rejects a reference to an object that does not exist. Null is no reference.
fn check_reference(
    store: &Store,
    object: &Object,
    field: &str,
    collection: Collection,
) -> Result<(), Problem> {
    match object.get(field).and_then(Value::as_str) {
        Some(uuid) if store.peek(collection, uuid).is_none() => Err(Problem::bad_request(format!(
            "{field}: {} with the uuid '{uuid}' does not exist",
            collection.noun()
        ))),
        _ => Ok(()),
    }
}

/// The object `{uuid, name}` for a reference; null without a reference.
fn reference(store: &Store, object: &Object, field: &str, collection: Collection) -> Value {
    object
        .get(field)
        .and_then(Value::as_str)
        .and_then(|uuid| store.peek(collection, uuid))
        .map_or(Value::Null, |found| {
            let name = found.get("name").or_else(|| found.get("hostname"));
            serde_json::json!({ "uuid": found.get("uuid"), "name": name })
        })
}
