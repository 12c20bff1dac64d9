//! Mesh networks: private blocks whose addresses are assigned to the machines that join.

use std::collections::BTreeSet;

use ipnet::Ipv4Net;
use serde_json::{Value, json};

use super::{Behaviour, Collection, object};
use crate::control_plane::problem::Problem;
use crate::control_plane::store::{Object, Store, string};

/// The mesh networks.
pub struct MeshNetworks;

impl Behaviour for MeshNetworks {
    fn defaults(&self) -> Object {
        object(json!({ "is_default": false, "route_reflector_mode": false }))
    }

    fn check(
        &self,
        store: &mut Store,
        object: &mut Object,
        _previous: Option<&Object>,
    ) -> Result<(), Problem> {
        let cidr = string(object, "network_cidr");
        let network: Ipv4Net = cidr
            .parse()
            .map_err(|_| Problem::bad_request(format!("network_cidr: '{cidr}' is not an IPv4 network")))?;
        if network.trunc() != network {
            return Err(Problem::bad_request(format!(
                "network_cidr: '{cidr}' has host bits set"
            )));
        }
        if !network.network().is_private() || !network.broadcast().is_private() {
            return Err(Problem::bad_request(format!(
                "network_cidr: '{cidr}' is not an RFC 1918 block"
            )));
        }
        let taken = store.objects(Collection::MeshNetworks).any(|other| {
            string(other, "network_cidr") == cidr && string(other, "uuid") != string(object, "uuid")
        });
        if taken {
            return Err(Problem::conflict(format!(
                "a mesh network with the CIDR '{cidr}' exists already"
            )));
        }
        Ok(())
    }

    fn shows(&self) -> &'static [Collection] {
        &[Collection::Machines]
    }

    fn complete(&self, store: &Store, object: &mut Object) {
        let used = store
            .addresses
            .get(string(object, "uuid"))
            .map_or(0, BTreeSet::len);
        let size = string(object, "network_cidr").parse().map_or(0, capacity);
        let free = size.saturating_sub(u64::try_from(used).unwrap_or(u64::MAX));
        object.insert("machine_count".to_owned(), json!(used));
        object.insert("available_ip_count".to_owned(), json!(free));
    }

    fn check_delete(&self, store: &Store, object: &Object) -> Result<(), Problem> {
        let by = (Collection::Machines, "mesh_network_uuid", "hostname");
        store.check_unused(object, "mesh network", by)
    }

    /// Removes all machines from the deleted mesh.
    fn deleted(&self, store: &mut Store, object: &Object) {
        let uuid = json!(string(object, "uuid"));
        let members: Vec<String> = store
            .objects(Collection::Machines)
            .filter(|machine| machine.get("mesh_network_uuid") == Some(&uuid))
            .map(|machine| string(machine, "uuid").to_owned())
            .collect();
        store.addresses.remove(string(object, "uuid"));
        for member in members {
            if let Some(mut machine) = store.peek(Collection::Machines, &member).cloned() {
                machine.insert("mesh_network_uuid".to_owned(), Value::Null);
                machine.insert("mesh_ip_address".to_owned(), Value::Null);
                store.put(Collection::Machines, machine);
            }
        }
    }
}

/// The number of host addresses of a network.
fn capacity(network: Ipv4Net) -> u64 {
    let all = 1_u64 << (32 - u32::from(network.prefix_len()));
    if network.prefix_len() < 31 { all - 2 } else { all }
}
