//! The collections and what is particular to each.
//!
//! All of them share the engine in `Store`; a [`Behaviour`] says only in what one differs.

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
    /// What is particular to the collection.
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

/// What is particular to a collection; every method does nothing unless a collection says otherwise.
pub trait Behaviour: Sync {
    /// The values of the fields that a request leaves out.
    fn defaults(&self) -> Object {
        Map::new()
    }

    /// Refuses an object that is new or changed, and brings it into the form that is kept.
    fn check(
        &self,
        _store: &mut Store,
        _object: &mut Object,
        _previous: Option<&Object>,
    ) -> Result<(), Problem> {
        Ok(())
    }

    /// Adds the fields that are answered but not kept.
    fn complete(&self, _store: &Store, _object: &mut Object) {}

    /// Lets other objects follow a change.
    fn updated(&self, _store: &mut Store, _previous: &Object, _object: &Object) {}

    /// Refuses the deletion of an object.
    fn check_delete(&self, _store: &Store, _object: &Object) -> Result<(), Problem> {
        Ok(())
    }

    /// Lets other objects follow a deletion.
    fn deleted(&self, _store: &mut Store, _object: &Object) {}

    /// Two objects of one name are allowed where they differ in this.
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

/// Refuses a reference to an object that does not exist; null refers to nothing.
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

/// The object `{uuid, name}` for a reference; null where it refers to nothing.
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
