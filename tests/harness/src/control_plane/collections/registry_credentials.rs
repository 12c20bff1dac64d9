//! Registry credentials: the URL is stored without its scheme, the password is never returned.

use serde_json::{Value, json};

use super::{Behaviour, Collection, object};
use crate::control_plane::problem::Problem;
use crate::control_plane::store::{Object, Store, string};

/// The credentials of image registries.
pub struct RegistryCredentials;

impl Behaviour for RegistryCredentials {
    fn defaults(&self) -> Object {
        object(json!({ "description": "" }))
    }

    /// Stores `https://ghcr.io/` as `ghcr.io`.
    fn check(
        &self,
        _store: &mut Store,
        object: &mut Object,
        _previous: Option<&Object>,
    ) -> Result<(), Problem> {
        let url = string(object, "registry_url");
        let bare = url
            .split_once("://")
            .map_or(url, |(_, rest)| rest)
            .trim_end_matches('/')
            .to_owned();
        object.insert("registry_url".to_owned(), json!(bare));
        Ok(())
    }

    fn shows(&self) -> &'static [Collection] {
        &[Collection::Images]
    }

    /// The count is null instead of 0 if no image uses the credential.
    fn complete(&self, store: &Store, object: &mut Object) {
        let uuid = object.get("uuid");
        let count = store
            .objects(Collection::Images)
            .filter(|image| image.get("registry_credential_uuid") == uuid)
            .count();
        object.insert(
            "image_count".to_owned(),
            if count == 0 { Value::Null } else { json!(count) },
        );
    }

    fn deleted(&self, store: &mut Store, object: &Object) {
        let uuid = json!(string(object, "uuid"));
        store.replace(
            Collection::Images,
            "registry_credential_uuid",
            &uuid,
            &Value::Null,
        );
    }
}
