//! Sample objects, to fill an account without requests.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::collection::Collection;
use super::collections::route_policy;
use super::store::Object;

/// The collections that Terraform manages as a whole.
pub const COLLECTIONS: [Collection; 9] = [
    Collection::RegistryCredentials,
    Collection::MeshNetworks,
    Collection::Vips,
    Collection::MachineRoles,
    Collection::Routes,
    Collection::RoutePolicySets,
    Collection::Secrets,
    Collection::SecretsBackends,
    Collection::Variables,
];

/// The uuid of the sample of a collection with this number. Numbers start at 1.
pub fn uuid(collection: Collection, number: u32) -> String {
    let position = COLLECTIONS.iter().position(|other| *other == collection);
    // The seed has uuids that start with 00 to 30.
    let first = position.unwrap_or_default().saturating_add(0xa0);
    format!("{first:02x}000000-0000-4000-8000-{number:012}")
}

/// The sample of a collection with this number, as clients write it. Samples of one collection differ in every unique field.
/// One in three refers to another object, such as a machine with one of these uuids.
pub fn object(collection: Collection, number: u32, machines: &[String]) -> Object {
    let refers = number.is_multiple_of(3);
    let place = usize::try_from(number).unwrap_or_default();
    let machine = place
        .checked_rem(machines.len())
        .and_then(|place| machines.get(place));
    let machine_uuids: Vec<&String> = machine.into_iter().filter(|_| refers).collect();
    let enabled = !number.is_multiple_of(5);
    let description = if refers {
        format!("Sample {number}")
    } else {
        String::new()
    };
    let sample = match collection {
        Collection::MeshNetworks => json!({
            "name": format!("mesh-{number}"),
            "network_cidr": format!("{}/24", address([10, 0, 0, 0], number.saturating_mul(256))),
            "route_reflector_mode": refers,
        }),
        Collection::MachineRoles => json!({
            "name": format!("role-{number}"),
            "merge_priority": 100_u32.saturating_add(number % 50),
            "description": description,
            "template_data": format!("#cloud-config\nfqdn: host-{number}.example.com\n"),
            "vip_uuid": refers.then(|| uuid(Collection::Vips, number)),
        }),
        Collection::Routes => json!({
            "name": format!("route-{number}"),
            "enabled": enabled,
            "prefixes": [format!("{}/28", address([172, 16, 0, 0], number.saturating_mul(16)))],
            "machine_uuids": machine_uuids,
        }),
        Collection::Vips => json!({
            "name": format!("vip-{number}"),
            "address": address([100, 64, 0, 0], number),
            "enabled": enabled,
            "health_check_type": if refers { "tcp" } else { "" },
            "health_check_target": if refers { "443" } else { "" },
        }),
        Collection::Secrets => json!({
            "name": format!("SECRET_{number}"),
            "value": format!("sample-secret-{number}"),
            "description": description,
        }),
        Collection::Variables => json!({
            "name": format!("variable_{number}"),
            "value": format!("value {number}"),
            "description": description,
        }),
        Collection::SecretsBackends => json!({
            "name": format!("backend-{number}"),
            "backend_type": if refers { "http" } else { "vault" },
            "url": format!("https://vault-{number}.example.com"),
            "config": { "role_id": format!("sample-role-{number}") },
            "enabled": enabled,
        }),
        Collection::RoutePolicySets => {
            let rules = (1..=number % 4).map(|rule| rule_of(number, rule));
            json!({
                "name": format!("policy-{number}"),
                "description": description,
                "default_action": if refers { "reject" } else { "accept" },
                "rules": rules.collect::<Vec<_>>(),
            })
        }
        Collection::RegistryCredentials => json!({
            "name": format!("registry-{number}"),
            "registry_url": format!("registry-{number}.example.com"),
            "username": "robot",
            "password": format!("sample-password-{number}"),
            "description": description,
        }),
        Collection::Images | Collection::Machines => Value::Null,
    };
    let Value::Object(mut sample) = sample else {
        return Object::new();
    };
    sample.insert("uuid".to_owned(), json!(uuid(collection, number)));
    sample
}

/// A rule of a route policy set.
fn rule_of(set: u32, number: u32) -> Object {
    let mut rule = route_policy::default_rule();
    rule.insert(
        "uuid".to_owned(),
        json!(format!("b0000000-0000-4000-{number:04}-{set:012}")),
    );
    rule.insert("sequence".to_owned(), json!(number.saturating_mul(10)));
    rule.insert("action".to_owned(), json!("accept"));
    rule.insert("set_local_pref".to_owned(), json!(number.saturating_mul(100)));
    rule
}

/// The address with this number after the first one of a block.
fn address(first: [u8; 4], number: u32) -> Ipv4Addr {
    Ipv4Addr::from_bits(u32::from_be_bytes(first).saturating_add(number))
}
