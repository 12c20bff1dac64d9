//! Test data of each resource: a minimal and a full configuration, and changes outside of Terraform.
//!
//! `tests/protocol/workflows.rs` tests all resources with the fake core, `tests/terraform/workflows.rs` two of them with the
//! real Terraform. The declarations define the attributes that the data must cover: a missing one fails.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "test support: a failure ends the test"
)]

use std::time::Duration;

use harness::control_plane::{Collection, ControlPlane, machine_uuid};
use provider::durantic::DEFINITION;
use schema::{Attribute, Import};
use serde_json::{Map, Value as Json, json};

/// The test data of a resource.
pub struct Resource {
    /// Its name without the provider's prefix.
    pub name: &'static str,
    /// The collection of its objects in the control plane.
    pub collection: Collection,
    /// Arguments that differ between instances. `NUMBER` is the number of the instance, from 1.
    pub identity: &'static [(&'static str, &'static str)],
    /// The other required arguments.
    pub minimal: Json,
    /// The other attributes in state after an apply of the minimal configuration.
    pub defaults: Json,
    /// The full configuration, with every argument.
    pub full: Json,
    /// Attribute → the fields that another client changes, so that the attribute differs from the full configuration.
    pub drift: Json,
    /// Other objects in the control plane, which the full configuration refers to.
    pub seed: Vec<(Collection, Json)>,
}

const IMAGE: &str = "10000000-0000-4000-8000-000000000001";
const NETWORK: &str = "40000000-0000-4000-8000-000000000001";
const VIP: &str = "50000000-0000-4000-8000-000000000001";

/// Attributes that the control plane changes by itself.
const CHANGED_BY_CONTROL_PLANE: [&str; 3] = ["updated_at", "needs_provisioning", "pending_config_push"];

impl Resource {
    /// The declaration.
    pub fn schema(&self) -> &'static schema::Resource {
        let bindings = DEFINITION.resources.iter().map(|binding| binding.schema);
        let mut found = bindings.filter(|schema| schema.name == self.name);
        found.next().expect("the resource is declared")
    }

    /// The declaration of an attribute.
    pub fn attribute(&self, name: &str) -> &'static Attribute {
        let found = self.schema().attribute(name);
        found.unwrap_or_else(|| panic!("`{name}` is declared"))
    }

    /// The arguments that the API returns, so that drift is detected.
    pub fn readable_arguments(&self) -> impl Iterator<Item = &'static Attribute> {
        self.schema().attributes.iter().filter(|attribute| {
            attribute.mode.is_settable()
                && attribute.returned
                && !attribute.write_only
                && !attribute.wire.read.is_empty()
                && attribute.name != "machine_uuid"
        })
    }

    /// Whether it has arguments that the API never returns.
    pub fn has_unreturned(&self) -> bool {
        let mut attributes = self.schema().attributes.iter();
        attributes.any(|attribute| !attribute.returned && !attribute.write_only)
    }

    /// The import id of the object in this state.
    pub fn import_id<'a>(&self, state: &'a Json) -> &'a str {
        let by = match &self.schema().import {
            Import::By(pattern) => pattern.trim_matches(['{', '}']),
            Import::Never => panic!("`{}` can be imported", self.name),
        };
        state[by].as_str().expect("an identity in state")
    }

    /// A control plane with enough machines, and with the objects that the full configuration refers to.
    pub async fn control_plane(&self) -> ControlPlane {
        let builder = ControlPlane::builder().install_time(Duration::ZERO).machines(30);
        let control_plane = builder.start().await.expect("the control plane starts");
        for (collection, object) in &self.seed {
            let object = object.as_object().cloned().unwrap_or_default();
            let created = control_plane.create(*collection, object);
            created.expect("the objects that the full configuration refers to are created");
        }
        control_plane
    }

    /// The uuids of all its objects in the control plane.
    pub fn uuids(&self, control_plane: &ControlPlane) -> Vec<Json> {
        let objects = control_plane.objects(self.collection);
        objects.iter().map(|object| object["uuid"].clone()).collect()
    }

    /// Asserts that the test data covers each argument that the API returns.
    pub fn assert_covered(&self) {
        for attribute in self.readable_arguments() {
            let name = attribute.name.as_ref();
            let is_identity = self.identity.iter().any(|(known, _)| *known == name);
            let is_full = is_identity || self.full.get(name).is_some();
            assert!(
                is_full,
                "the full configuration of `{}` lacks `{name}`",
                self.name
            );
            let drifts = self.drift.get(name).is_some();
            assert!(drifts, "the drift of `{}` lacks `{name}`", self.name);
        }
    }

    /// Asserts that the object in the control plane matches the full configuration.
    pub fn assert_stored(&self, control_plane: &ControlPlane, state: &Json) {
        let objects = control_plane.objects(self.collection);
        let found = objects.into_iter().find(|object| object["uuid"] == state["uuid"]);
        let stored = Json::Object(found.expect("the object exists"));
        let written = fields(&self.full).filter_map(|(name, value)| {
            let attribute = self.attribute(name);
            let key = attribute.wire.write.as_ref().map(ToString::to_string);
            key.or_else(|| attribute.block.then(|| name.clone()))
                .map(|key| (key, value.clone()))
        });
        assert_contains(&stored, &written.collect::<Map<_, _>>().into(), "stored");
    }

    /// Asserts that two states are the same, except for attributes that change by themselves or that the API does not have.
    #[track_caller]
    pub fn assert_same(&self, actual: &Json, expected: &Json) {
        for attribute in self.schema().attributes.iter() {
            let name = attribute.name.as_ref();
            let is_comparable = !CHANGED_BY_CONTROL_PLANE.contains(&name)
                && (attribute.mode.is_settable() || !attribute.wire.read.is_empty());
            if is_comparable {
                assert_eq!(actual[name], expected[name], "{name}: {actual}");
            }
        }
    }

    /// The expected state after a change from the full to the minimal configuration; `first` is the first minimal state.
    pub fn after_clearing(&self, mut first: Json) -> Json {
        for (name, value) in fields(&self.full) {
            // An omitted argument without a default keeps its value, unless its removal is sent to the API.
            let attribute = self.attribute(name);
            let is_kept = attribute.mode == schema::Mode::OptionalComputed
                && attribute.default.is_none()
                && attribute.unset == schema::Unset::Omit;
            if is_kept {
                first[name] = value.clone();
            }
        }
        first
    }
}

/// The test data of every resource.
pub fn all() -> Vec<Resource> {
    vec![
        machine_config(),
        machine_deployment(),
        machine_role(),
        mesh_network(),
        registry_credential(),
        route(),
        route_policy_set(),
        secret(),
        secrets_backend(),
        variable(),
        vip(),
    ]
}

/// The fields of an object.
pub fn fields(object: &Json) -> impl Iterator<Item = (&String, &Json)> {
    object.as_object().into_iter().flatten()
}

/// Asserts that `actual` has everything that `expected` has; objects may have more.
#[track_caller]
pub fn assert_contains(actual: &Json, expected: &Json, place: &str) {
    match (actual, expected) {
        (Json::Object(_), Json::Object(_)) => {
            for (name, expected) in fields(expected) {
                assert_contains(&actual[name], expected, &format!("{place}.{name}"));
            }
        }
        (Json::Array(actual), Json::Array(expected)) if actual.len() == expected.len() => {
            for (index, (actual, expected)) in actual.iter().zip(expected).enumerate() {
                assert_contains(actual, expected, &format!("{place}[{index}]"));
            }
        }
        _ => assert_eq!(actual, expected, "{place}"),
    }
}

/// `durantic_machine_config`
pub fn machine_config() -> Resource {
    Resource {
        name: "machine_config",
        collection: Collection::Machines,
        identity: &[("machine_uuid", "00000000-0000-4000-8000-00000000000NUMBER")],
        minimal: json!({}),
        defaults: json!({
            "uuid": machine_uuid(1),
            "hostname": "node-1",
            "role_names": [],
            "mesh_network_uuid": null,
            "tunnel_type": "auto",
            "stun_enabled": true,
            "auto_update": true,
            "inject_agent": true,
            "kexec_installer": true,
            "target_disk": null,
            "mesh_ip_address": null,
            "wg_ip_address": null,
            "private_ip_addresses": [],
            "discovered_ip_addresses": ["198.18.0.1"],
            "public_ip_addresses": ["198.18.0.1"],
            "is_online": true,
            "needs_provisioning": false,
            "pending_config_push": false,
        }),
        full: json!({
            "role_names": ["two", "one"],
            "mesh_network_uuid": NETWORK,
            "tunnel_type": "wireguard",
            "stun_enabled": false,
            "auto_update": false,
            "inject_agent": false,
            "kexec_installer": false,
            "target_disk": "/dev/sda",
        }),
        drift: json!({
            "role_names": { "role_names": ["one"] },
            "mesh_network_uuid": { "mesh_network_uuid": null },
            "tunnel_type": { "tunnel_type": "geneve" },
            "stun_enabled": { "stun_enabled": true },
            "auto_update": { "auto_update": true },
            "inject_agent": { "inject_agent": true },
            "kexec_installer": { "kexec_installer": true },
            "target_disk": { "target_disk": "/dev/sdb" },
        }),
        seed: vec![
            (Collection::MachineRoles, json!({ "name": "one" })),
            (Collection::MachineRoles, json!({ "name": "two" })),
            (
                Collection::MeshNetworks,
                json!({ "uuid": NETWORK, "name": "mesh", "network_cidr": "10.9.0.0/24" }),
            ),
        ],
    }
}

/// `durantic_machine_role`
pub fn machine_role() -> Resource {
    Resource {
        name: "machine_role",
        collection: Collection::MachineRoles,
        identity: &[("name", "role-NUMBER")],
        minimal: json!({}),
        defaults: json!({
            "merge_priority": 100,
            "template_data": "",
            "description": "",
            "image_uuid": null,
            "vip_uuid": null,
            "requires_mesh": false,
            "required_image_name": null,
            "is_official": false,
            "forked_from_uuid": null,
        }),
        full: json!({
            "merge_priority": -2_147_483_648,
            "template_data": "#cloud-config\nhostname: {{ machine.hostname }}\n\n",
            "description": "d",
            "image_uuid": IMAGE,
            "vip_uuid": VIP,
            "requires_mesh": true,
        }),
        drift: json!({
            "name": { "name": "outside" },
            "merge_priority": { "merge_priority": 6 },
            "template_data": { "template_data": "#cloud-config\nhostname: {{ machine.hostname }}\n" },
            "description": { "description": "" },
            "image_uuid": { "image_uuid": null },
            "vip_uuid": { "vip_uuid": null },
            "requires_mesh": { "requires_mesh": false },
        }),
        seed: vec![(
            Collection::Vips,
            json!({ "uuid": VIP, "name": "vip", "address": "192.0.2.1" }),
        )],
    }
}

/// `durantic_mesh_network`
pub fn mesh_network() -> Resource {
    Resource {
        name: "mesh_network",
        collection: Collection::MeshNetworks,
        identity: &[("name", "mesh-NUMBER"), ("network_cidr", "10.NUMBER.0.0/24")],
        minimal: json!({}),
        defaults: json!({
            "is_default": false,
            "route_reflector_mode": false,
            "machine_count": 0,
            "available_ip_count": 254,
        }),
        full: json!({ "is_default": true, "route_reflector_mode": true }),
        drift: json!({
            "name": { "name": "outside" },
            "network_cidr": { "network_cidr": "192.168.0.0/16" },
            "is_default": { "is_default": false },
            "route_reflector_mode": { "route_reflector_mode": false },
        }),
        seed: Vec::new(),
    }
}

/// `durantic_registry_credential`
pub fn registry_credential() -> Resource {
    Resource {
        name: "registry_credential",
        collection: Collection::RegistryCredentials,
        identity: &[("name", "credential-NUMBER")],
        minimal: json!({ "registry_url": "ghcr.io", "username": "robot", "password": "concealed" }),
        defaults: json!({
            "description": "",
            "password_wo": null,
            "password_wo_version": null,
            "image_count": 0,
        }),
        full: json!({
            "registry_url": "registry.example.com:5000/team",
            "username": "operator",
            "password": "well concealed",
            "description": "d",
        }),
        drift: json!({
            "name": { "name": "outside" },
            "registry_url": { "registry_url": "quay.io" },
            "username": { "username": "x" },
            "description": { "description": "e" },
        }),
        seed: Vec::new(),
    }
}

/// `durantic_route`
pub fn route() -> Resource {
    Resource {
        name: "route",
        collection: Collection::Routes,
        identity: &[("name", "route-NUMBER")],
        minimal: json!({ "prefixes": ["192.0.2.0/24"] }),
        defaults: json!({ "enabled": true, "machine_uuids": null, "machine_count": 0 }),
        full: json!({
            "prefixes": ["198.51.100.0/24", "2001:db8::/48"],
            "enabled": false,
            "machine_uuids": [machine_uuid(1), machine_uuid(2)],
        }),
        drift: json!({
            "name": { "name": "outside" },
            "prefixes": { "prefixes": ["198.51.100.0/24"] },
            "enabled": { "enabled": true },
            "machine_uuids": { "machine_uuids": [] },
        }),
        seed: Vec::new(),
    }
}

/// `durantic_route_policy_set`
pub fn route_policy_set() -> Resource {
    Resource {
        name: "route_policy_set",
        collection: Collection::RoutePolicySets,
        identity: &[("name", "set-NUMBER")],
        minimal: json!({}),
        defaults: json!({
            "description": "",
            "default_action": "accept",
            "local_pref": null,
            "advanced_mode": false,
            "rules": [],
        }),
        full: json!({
            "description": "d",
            "default_action": "reject",
            "local_pref": 200,
            "advanced_mode": true,
            "rules": [
                {
                    "sequence": 10,
                    "enabled": false,
                    "description": "d",
                    "match_type": "prefix_list",
                    "match_prefixes": ["10.0.0.0/8", "2001:db8::/32"],
                    "match_prefix_len_min": 16,
                    "match_prefix_len_max": 24,
                    "action": "reject",
                    "set_local_pref": 150,
                    "set_med": 7,
                    "set_communities": ["65000:100"],
                    "add_communities": ["65000:101", "no-export"],
                    "remove_communities": ["65000:1:2"],
                    "prepend_as_count": 2,
                },
                { "sequence": 20, "match_type": "community", "match_communities": ["65000:100"] },
                { "sequence": 30, "match_type": "as_path", "match_as_path_regex": "^65000$" },
                {},
            ],
        }),
        drift: json!({
            "name": { "name": "outside" },
            "description": { "description": "e" },
            "default_action": { "default_action": "accept" },
            "local_pref": { "local_pref": null },
            "advanced_mode": { "advanced_mode": false },
            "rules": { "rules": [] },
        }),
        seed: Vec::new(),
    }
}

/// `durantic_secret`
pub fn secret() -> Resource {
    Resource {
        name: "secret",
        collection: Collection::Secrets,
        identity: &[("name", "SECRET_NUMBER")],
        minimal: json!({ "value": "concealed" }),
        defaults: json!({ "description": "", "value_wo": null, "value_wo_version": null }),
        full: json!({ "value": "well concealed", "description": "d" }),
        drift: json!({ "name": { "name": "outside" }, "description": { "description": "e" } }),
        seed: Vec::new(),
    }
}

/// `durantic_secrets_backend`
pub fn secrets_backend() -> Resource {
    Resource {
        name: "secrets_backend",
        collection: Collection::SecretsBackends,
        identity: &[("name", "backend-NUMBER")],
        minimal: json!({ "backend_type": "http", "url": "https://secrets.example.com" }),
        defaults: json!({ "config": {}, "ca_cert": "", "enabled": true }),
        full: json!({
            "backend_type": "vault",
            "url": "https://vault.example.com:8200/v1",
            "config": { "mount_path": "kv", "role_id": "r" },
            "ca_cert": "-----BEGIN CERTIFICATE-----\nZmlyc3Q=\n-----END CERTIFICATE-----\n",
            "enabled": false,
        }),
        drift: json!({
            "name": { "name": "outside" },
            "backend_type": { "backend_type": "http" },
            "url": { "url": "https://elsewhere.example.com" },
            "config": { "config": { "mount_path": "kv" } },
            "ca_cert": { "ca_cert": "" },
            "enabled": { "enabled": true },
        }),
        seed: Vec::new(),
    }
}

/// `durantic_variable`
pub fn variable() -> Resource {
    Resource {
        name: "variable",
        collection: Collection::Variables,
        identity: &[("name", "variable-NUMBER")],
        minimal: json!({ "value": "v" }),
        defaults: json!({ "description": "" }),
        full: json!({ "value": "line one\nline two\n", "description": "d" }),
        drift: json!({
            "name": { "name": "outside" },
            "value": { "value": "w" },
            "description": { "description": "e" },
        }),
        seed: Vec::new(),
    }
}

/// `durantic_vip`
pub fn vip() -> Resource {
    Resource {
        name: "vip",
        collection: Collection::Vips,
        identity: &[("name", "vip-NUMBER")],
        minimal: json!({ "address": "192.0.2.10" }),
        defaults: json!({
            "enabled": true,
            "health_check_type": "",
            "health_check_target": "",
            "health_check_interval_seconds": 5,
            "health_check_timeout_seconds": 3,
            "health_check_healthy_threshold": 2,
            "health_check_unhealthy_threshold": 3,
            "health_check_holdoff_seconds": 0,
            "machine_uuids": null,
            "machine_count": 0,
        }),
        full: json!({
            "address": "2001:db8::10",
            "enabled": false,
            "health_check_type": "tcp",
            "health_check_target": ":6443",
            "health_check_interval_seconds": 6,
            "health_check_timeout_seconds": 4,
            "health_check_healthy_threshold": 3,
            "health_check_unhealthy_threshold": 4,
            "health_check_holdoff_seconds": 1,
            "machine_uuids": [machine_uuid(1), machine_uuid(2)],
        }),
        drift: json!({
            "name": { "name": "outside" },
            "address": { "address": "192.0.2.11" },
            "enabled": { "enabled": true },
            "health_check_type": { "health_check_type": "http" },
            "health_check_target": { "health_check_target": "/healthz" },
            "health_check_interval_seconds": { "health_check_interval_seconds": 60 },
            "health_check_timeout_seconds": { "health_check_timeout_seconds": 60 },
            "health_check_healthy_threshold": { "health_check_healthy_threshold": 60 },
            "health_check_unhealthy_threshold": { "health_check_unhealthy_threshold": 60 },
            "health_check_holdoff_seconds": { "health_check_holdoff_seconds": 60 },
            "machine_uuids": { "machine_uuids": [machine_uuid(3)] },
        }),
        seed: Vec::new(),
    }
}

/// `durantic_machine_deployment`, with the same data as `durantic_machine_config`. `tests/terraform/deployment.rs` tests
/// reinstallations.
pub fn machine_deployment() -> Resource {
    let configured = machine_config();
    let mut defaults = configured.defaults;
    defaults["provision_status"] = json!("completed");
    defaults["force_provision"] = json!(null);
    Resource {
        name: "machine_deployment",
        defaults,
        ..configured
    }
}
