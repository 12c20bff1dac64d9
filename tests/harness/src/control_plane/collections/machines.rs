//! Machines. Agents enroll them, so the seed has them; requests only change their settings.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::Duration;

use ipnet::Ipv4Net;
use serde_json::{Value, json};

use super::{Behaviour, Collection, check_reference, object};
use crate::control_plane::problem::Problem;
use crate::control_plane::store::{Object, Store, is_set, string, strings};

/// The settings that the control plane pushes to the agent.
const PUSHED: [&str; 7] = [
    "mesh_network_uuid",
    "tunnel_type",
    "stun_enabled",
    "auto_update",
    "inject_agent",
    "target_disk",
    "kexec_installer",
];

/// The time at which a machine shows that its run has installed it, in milliseconds.
pub const PROVISIONED_DUE: &str = "provisioned_due_ms";

/// The enrolled machines.
pub struct Machines;

impl Behaviour for Machines {
    fn defaults(&self) -> Object {
        object(json!({
            "is_online": true,
            "needs_provisioning": false,
            "pending_config_push": false,
            "mesh_ip_address": null,
            "environment_slug": null,
            "role_names": [],
            "mesh_network_uuid": null,
            "tunnel_type": "auto",
            "stun_enabled": true,
            "auto_update": true,
            "inject_agent": true,
            "target_disk": null,
            "kexec_installer": true,
            "discovered_ip_addresses": [],
            // Only in the seed: hardware on which the server overrides `kexec_installer`.
            "needs_full_reboot": false,
        }))
    }

    fn check(
        &self,
        store: &mut Store,
        object: &mut Object,
        previous: Option<&Object>,
    ) -> Result<(), Problem> {
        let unknown =
            strings(object, "role_names").find(|name| store.find(Collection::MachineRoles, name).is_none());
        if let Some(name) = unknown {
            return Err(Problem::bad_request(format!(
                "role_names: a role '{name}' does not exist"
            )));
        }
        check_reference(store, object, "mesh_network_uuid", Collection::MeshNetworks)?;
        if is_set(object, "needs_full_reboot") {
            object.insert("kexec_installer".to_owned(), json!(false));
        }
        assign_address(store, object, previous)?;
        let Some(previous) = previous else {
            return Ok(());
        };
        let roles = |machine| strings(machine, "role_names").collect::<BTreeSet<_>>();
        if roles(object) != roles(previous) {
            object.insert("needs_provisioning".to_owned(), json!(true));
            object.remove(PROVISIONED_DUE);
        }
        if PUSHED
            .iter()
            .any(|field| object.get(*field) != previous.get(*field))
        {
            let due = store.clock.now().saturating_add(store.times.config_push);
            object.insert("pending_config_push".to_owned(), json!(true));
            object.insert(
                "config_push_due_ms".to_owned(),
                json!(u64::try_from(due.as_millis()).unwrap_or(u64::MAX)),
            );
        }
        Ok(())
    }

    fn shows(&self) -> &'static [Collection] {
        &[Collection::MeshNetworks]
    }

    fn complete(&self, store: &Store, object: &mut Object) {
        let mesh = store.peek(Collection::MeshNetworks, string(object, "mesh_network_uuid")).map(|mesh| {
            json!({ "uuid": mesh.get("uuid"), "name": mesh.get("name"), "network_cidr": mesh.get("network_cidr") })
        });
        object.insert("mesh_network".to_owned(), mesh.unwrap_or(Value::Null));
    }

    /// Frees the address of the deleted machine.
    fn deleted(&self, store: &mut Store, object: &Object) {
        store.free_address(object);
    }
}

/// Clears `pending_config_push` once the agent has had enough time.
pub fn apply_pending_config(machine: &mut Object, now: Duration) {
    let due = machine
        .get("config_push_due_ms")
        .and_then(Value::as_u64)
        .map_or(Duration::MAX, Duration::from_millis);
    if is_set(machine, "pending_config_push") && is_set(machine, "is_online") && now >= due {
        machine.insert("pending_config_push".to_owned(), json!(false));
        machine.remove("config_push_due_ms");
    }
}

/// Clears `needs_provisioning` once the machine shows its run.
pub fn apply_provisioned(machine: &mut Object, now: Duration) {
    let due = machine.get(PROVISIONED_DUE).and_then(Value::as_u64);
    if due.is_some_and(|due| now >= Duration::from_millis(due)) {
        machine.insert("needs_provisioning".to_owned(), json!(false));
        machine.remove(PROVISIONED_DUE);
    }
}

/// Assigns the next free host address to a machine that joins a mesh, and frees it when the machine leaves.
fn assign_address(store: &mut Store, object: &mut Object, previous: Option<&Object>) -> Result<(), Problem> {
    let left = previous.and_then(|previous| previous.get("mesh_network_uuid"));
    if left == object.get("mesh_network_uuid") {
        return Ok(());
    }
    let address = match object.get("mesh_network_uuid").and_then(Value::as_str) {
        None => Value::Null,
        Some(mesh) => json!(take_address(store, mesh)?.to_string()),
    };
    if let Some(previous) = previous {
        store.free_address(previous);
    }
    object.insert("mesh_ip_address".to_owned(), address);
    Ok(())
}

fn take_address(store: &mut Store, mesh: &str) -> Result<Ipv4Addr, Problem> {
    let network = store
        .peek(Collection::MeshNetworks, mesh)
        .map(|mesh| string(mesh, "network_cidr").parse::<Ipv4Net>());
    let Some(Ok(network)) = network else {
        return Err(Problem::not_found());
    };
    let taken = store.addresses.entry(mesh.to_owned()).or_default();
    let free = network
        .hosts()
        .find(|address| !taken.contains(&u32::from(*address)));
    let address =
        free.ok_or_else(|| Problem::conflict(format!("the mesh network {network} has no free address")))?;
    taken.insert(u32::from(address));
    Ok(address)
}
