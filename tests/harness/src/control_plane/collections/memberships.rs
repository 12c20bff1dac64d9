//! Routes and VIPs: written with `machine_uuids`, returned with the objects `machines` and their count.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Behaviour, Collection, object, reference};
use crate::control_plane::problem::Problem;
use crate::control_plane::store::{Object, Store, string, strings};

/// The routes.
pub struct Routes;

/// The virtual addresses.
pub struct Vips;

impl Behaviour for Routes {
    fn defaults(&self) -> Object {
        object(json!({ "enabled": true, "machine_uuids": [] }))
    }

    fn check(
        &self,
        store: &mut Store,
        object: &mut Object,
        _previous: Option<&Object>,
    ) -> Result<(), Problem> {
        if strings(object, "prefixes").next().is_none() {
            return Err(Problem::bad_request("prefixes: a route needs at least one"));
        }
        if let Some(prefix) = strings(object, "prefixes").find(|prefix| prefix.parse::<IpNet>().is_err()) {
            return Err(Problem::bad_request(format!(
                "prefixes: '{prefix}' is not a network"
            )));
        }
        check_members(store, object)
    }

    fn shows(&self) -> &'static [Collection] {
        &[Collection::Machines]
    }

    fn complete(&self, store: &Store, object: &mut Object) {
        complete_members(store, object);
    }
}

impl Behaviour for Vips {
    fn defaults(&self) -> Object {
        object(json!({
            "enabled": true,
            "health_check_type": "",
            "health_check_target": "",
            "health_check_interval_seconds": 5,
            "health_check_timeout_seconds": 3,
            "health_check_healthy_threshold": 2,
            "health_check_unhealthy_threshold": 3,
            "health_check_holdoff_seconds": 0,
            "machine_uuids": [],
        }))
    }

    fn check(
        &self,
        store: &mut Store,
        object: &mut Object,
        _previous: Option<&Object>,
    ) -> Result<(), Problem> {
        let address = string(object, "address");
        if address.parse::<IpAddr>().is_err() {
            return Err(Problem::bad_request(format!(
                "address: '{address}' is not an IP address"
            )));
        }
        check_members(store, object)
    }

    fn shows(&self) -> &'static [Collection] {
        &[Collection::Machines]
    }

    fn complete(&self, store: &Store, object: &mut Object) {
        complete_members(store, object);
    }

    fn check_delete(&self, store: &Store, object: &Object) -> Result<(), Problem> {
        store.check_unused(object, "VIP", (Collection::MachineRoles, "vip_uuid", "name"))
    }

    fn deleted(&self, store: &mut Store, object: &Object) {
        store.replace(
            Collection::MachineRoles,
            "vip_uuid",
            &json!(string(object, "uuid")),
            &Value::Null,
        );
    }
}

/// Rejects unknown members and removes duplicates. Responses have every uuid in lower case.
fn check_members(store: &Store, object: &mut Object) -> Result<(), Problem> {
    let mut seen = BTreeSet::new();
    let members: Vec<String> = strings(object, "machine_uuids")
        .map(|uuid| Uuid::parse_str(uuid).map_or_else(|_| uuid.to_owned(), |uuid| uuid.to_string()))
        .filter(|uuid| seen.insert(uuid.clone()))
        .collect();
    if let Some(uuid) = members
        .iter()
        .find(|uuid| store.peek(Collection::Machines, uuid).is_none())
    {
        return Err(Problem::bad_request(format!(
            "machine_uuids: a machine with the uuid '{uuid}' does not exist"
        )));
    }
    let members = json!(members);
    object.insert("machine_uuids".to_owned(), members);
    Ok(())
}

fn complete_members(store: &Store, object: &mut Object) {
    let machines: Vec<Value> = strings(object, "machine_uuids")
        .map(|uuid| {
            let member = super::object(json!({ "uuid": uuid }));
            reference(store, &member, "uuid", Collection::Machines)
        })
        .filter(|machine| !machine.is_null())
        .collect();
    object.insert("machine_count".to_owned(), json!(machines.len()));
    object.insert("machines".to_owned(), Value::Array(machines));
}
