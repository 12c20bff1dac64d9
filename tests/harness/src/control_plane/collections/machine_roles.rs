//! Machine roles: image and VIP are returned as objects; a role in use cannot be deleted.

use serde_json::{Value, json};

use super::{Behaviour, Collection, check_reference, object, reference};
use crate::control_plane::problem::Problem;
use crate::control_plane::store::{Object, Store, is_set, string, strings};

/// The roles of machines.
pub struct MachineRoles;

impl Behaviour for MachineRoles {
    fn defaults(&self) -> Object {
        object(json!({
            "merge_priority": 100,
            "template_data": "",
            "description": "",
            "requires_mesh": false,
            "image_uuid": null,
            "vip_uuid": null,
            "required_image_name": null,
            "is_official": false,
            "forked_from_uuid": null,
        }))
    }

    fn check(
        &self,
        store: &mut Store,
        object: &mut Object,
        previous: Option<&Object>,
    ) -> Result<(), Problem> {
        if previous.is_some_and(|previous| is_set(previous, "is_official")) {
            return Err(Problem::bad_request(
                "an official role cannot be changed; fork it and change the fork",
            ));
        }
        check_reference(store, object, "image_uuid", Collection::Images)?;
        check_reference(store, object, "vip_uuid", Collection::Vips)
    }

    fn shows(&self) -> &'static [Collection] {
        &[Collection::Images, Collection::Vips]
    }

    fn complete(&self, store: &Store, object: &mut Object) {
        let image = reference(store, object, "image_uuid", Collection::Images);
        let vip = reference(store, object, "vip_uuid", Collection::Vips);
        object.insert("image".to_owned(), image);
        object.insert("vip".to_owned(), vip);
    }

    /// Machines refer to roles by name, so renaming a role changes its machines.
    fn updated(&self, store: &mut Store, previous: &Object, object: &Object) {
        let names: [Value; 2] = [json!(string(previous, "name")), json!(string(object, "name"))];
        let [from, to] = &names;
        if from != to {
            store.replace(Collection::Machines, "role_names", from, to);
        }
    }

    fn check_delete(&self, store: &Store, object: &Object) -> Result<(), Problem> {
        if is_set(object, "is_official") {
            return Err(Problem::bad_request("an official role cannot be deleted"));
        }
        let name = string(object, "name");
        let mut machines = store
            .objects(Collection::Machines)
            .filter(|machine| strings(machine, "role_names").any(|role| role == name));
        match machines.next() {
            Some(machine) => Err(Problem::conflict(format!(
                "the role '{name}' is assigned to the machine '{}' and cannot be deleted",
                string(machine, "hostname")
            ))),
            None => Ok(()),
        }
    }
}
