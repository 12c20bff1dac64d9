//! Images: the account's own and the official ones.

use serde_json::{Value, json};

use super::{Behaviour, Collection, check_reference, object, reference};
use crate::control_plane::problem::Problem;
use crate::control_plane::store::{Object, Store, is_set};

/// The account's images and the official ones.
pub struct Images;

impl Behaviour for Images {
    fn defaults(&self) -> Object {
        object(json!({ "registry_credential_uuid": null, "is_official": false, "description": null }))
    }

    fn check(
        &self,
        store: &mut Store,
        object: &mut Object,
        _previous: Option<&Object>,
    ) -> Result<(), Problem> {
        check_reference(
            store,
            object,
            "registry_credential_uuid",
            Collection::RegistryCredentials,
        )
    }

    fn shows(&self) -> &'static [Collection] {
        &[Collection::RegistryCredentials]
    }

    fn complete(&self, store: &Store, object: &mut Object) {
        let credential = reference(
            store,
            object,
            "registry_credential_uuid",
            Collection::RegistryCredentials,
        );
        let name = credential.get("name").cloned().unwrap_or(Value::Null);
        object.insert("registry_credential_name".to_owned(), name);
    }

    /// An image of the account may have the name of an official one.
    fn shares_names(&self, object: &Object) -> bool {
        is_set(object, "is_official")
    }
}
