//! An account made at random: every optional field is set or not, and strings have what configurations must escape.

use fastrand::Rng;
use serde_json::{Value, json};

use super::collections::route_policy;
use super::store::Object;

/// Strings that a configuration may get wrong.
const FRAGMENTS: [&str; 28] = [
    "plain",
    "two words",
    "${var.x}",
    "$${y}",
    "%{ if z }",
    "%%{z}",
    "$",
    "%",
    "{{ machine.hostname }}",
    "{# comment #}",
    "\"quoted\"",
    "back\\slash\\",
    "tab\there",
    "line\n",
    "windows\r\n",
    "{\"a\": [1, 2, {\"b\": null}]}",
    "[1,2]",
    "true",
    "null",
    "12",
    "ünïcode",
    "日本",
    "🦀",
    "e\u{301}",
    "\u{2028}",
    "<<EOT\n",
    "EOT\n",
    "#cloud-config\n",
];

/// Names that are no identifiers, or become the same one.
const NAMES: [&str; 18] = [
    "web 1",
    "web-1",
    "Web_1",
    "web.1.example.com",
    "web/1",
    "1st",
    "***",
    "🦀",
    "größe",
    "роль",
    "${name}",
    "%{name}",
    "\"quoted\"",
    "a\\b",
    "count",
    "for_each",
    "-",
    "con",
];

/// Creates the objects of an account, by the name of their collection: about this many, a fifth of them machines.
///
/// The same number gives the same account.
#[must_use]
pub fn account(number: u64, objects: usize) -> Value {
    let mut account = Random {
        rng: Rng::with_seed(number),
        objects: 0,
    };
    let machines = objects / 5;
    let each = (objects - machines) / 9;
    let images = account.many(12, Random::image);
    let credentials = account.many(each, Random::credential);
    let networks = account.many(each, Random::network);
    let machine_uuids: Vec<String> = (0..machines)
        .map(|index| format!("c0ffee00-0000-4000-8000-{index:012x}"))
        .collect();
    let vips = account.many(each, |random, index| random.vip(index, &machine_uuids));
    let roles = account.many(each, |random, index| random.role(index, &images, &vips));
    let routes = account.many(each, |random, index| random.route(index, &machine_uuids));
    let policies = account.many(each, Random::policy);
    let secrets = account.many(each, Random::secret);
    let backends = account.many(each, Random::backend);
    let variables = account.many(each, Random::variable);
    let machines: Vec<Object> = machine_uuids
        .iter()
        .enumerate()
        .map(|(index, uuid)| account.machine(index, uuid, &roles, &networks))
        .collect();
    json!({
        "images": images,
        "registry-credentials": credentials,
        "mesh-networks": networks,
        "vips": vips,
        "machine-roles": roles,
        "routes": routes,
        "route-policy-sets": policies,
        "secrets": secrets,
        "secrets-backends": backends,
        "variables": variables,
        "machines": machines,
    })
}

struct Random {
    rng: Rng,
    /// Number of objects with a uuid of their own.
    objects: u64,
}

impl Random {
    fn many(&mut self, count: usize, make: impl Fn(&mut Self, usize) -> Object) -> Vec<Object> {
        (0..count).map(|index| make(self, index)).collect()
    }

    /// An object with a uuid, and each of the optional fields or not.
    fn object(&mut self, required: Value, optional: Value) -> Object {
        self.objects += 1;
        let mut object = fields(required);
        object.insert(
            "uuid".to_owned(),
            json!(format!("faceb00c-0000-4000-8000-{:012x}", self.objects)),
        );
        for (name, value) in fields(optional) {
            if self.rng.bool() {
                object.insert(name, value);
            }
        }
        object
    }

    /// A name that no other object of the collection has.
    fn name(&mut self, index: usize) -> String {
        match NAMES.get(index) {
            Some(name) => (*name).to_owned(),
            None if self.rng.u8(..10) == 0 => format!("{} {index}", "long ".repeat(50)),
            None => {
                let separator = self.pick(&["-", " ", "_", ".", "/", ": "]);
                format!("object{separator}{index}")
            }
        }
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        let chosen = self.rng.choice(from.iter().copied());
        chosen.unwrap_or_default()
    }

    /// A string of some fragments.
    fn text(&mut self) -> String {
        let mut text = String::new();
        for _ in 0..self.rng.usize(..6) {
            text.push_str(self.pick(&FRAGMENTS));
            text.push_str(if self.rng.bool() { " " } else { "" });
        }
        text
    }

    /// Some of these strings, in order.
    fn some(&mut self, from: &[String]) -> Vec<String> {
        let share = self.rng.u8(..20);
        let chosen = from.iter().filter(|_| self.rng.u8(..100) < share);
        chosen.take(8).cloned().collect()
    }

    fn uuid_of(&mut self, objects: &[Object]) -> Value {
        let chosen = self.rng.usize(..objects.len());
        objects
            .get(chosen)
            .and_then(|object| object.get("uuid"))
            .cloned()
            .unwrap_or_default()
    }

    fn image(&mut self, index: usize) -> Object {
        // An official image and another one may share a name.
        let is_official = index.is_multiple_of(2);
        let number = index / 2;
        self.object(
            json!({
                "name": format!("Image {number}"),
                "docker_image_url": format!("ghcr.io/durantic/image-{index}:latest"),
                "is_official": is_official,
            }),
            json!({ "description": "An image" }),
        )
    }

    fn credential(&mut self, index: usize) -> Object {
        let (name, description, url) = (self.name(index), self.text(), self.registry(index));
        self.object(
            json!({
                "name": name,
                "registry_url": url,
                "username": "robot",
                "password": format!("random-password-{index}"),
            }),
            json!({ "description": description }),
        )
    }

    fn registry(&mut self, index: usize) -> String {
        let scheme = self.pick(&["", "https://"]);
        format!("{scheme}registry-{index}.example.com")
    }

    fn network(&mut self, index: usize) -> Object {
        let name = self.name(index);
        self.object(
            json!({ "name": name, "network_cidr": format!("10.{}.{}.0/24", index / 250, index % 250) }),
            json!({ "route_reflector_mode": true, "is_default": index == 0 }),
        )
    }

    fn vip(&mut self, index: usize, machines: &[String]) -> Object {
        let (name, machines) = (self.name(index), self.some(machines));
        let mut vip = self.object(
            json!({ "name": name, "address": format!("100.64.{}.{}", index / 250, index % 250 + 1) }),
            json!({
                "enabled": false,
                "health_check_interval_seconds": 30,
                "health_check_timeout_seconds": 10,
                "health_check_healthy_threshold": 1,
                "health_check_unhealthy_threshold": 7,
                "health_check_holdoff_seconds": 60,
                "machine_uuids": machines,
            }),
        );
        if self.rng.bool() {
            let kind = self.pick(&["tcp", "http", "https", "grpc", "grpcs", "exec"]);
            vip.insert("health_check_type".to_owned(), json!(kind));
            let target = self.pick(&[":6443", "/healthz?a=${b}", "host:80", "test -f \"/x\" && %{y}"]);
            vip.insert("health_check_target".to_owned(), json!(target));
        }
        vip
    }

    fn role(&mut self, index: usize, images: &[Object], vips: &[Object]) -> Object {
        let (name, description, template) = (self.name(index), self.text(), self.text());
        let (image, vip) = (self.uuid_of(images), self.uuid_of(vips));
        let priority = self.rng.i32(0..1000);
        self.object(
            json!({ "name": name }),
            json!({
                "description": description,
                "template_data": template,
                "merge_priority": priority,
                "image_uuid": image,
                "vip_uuid": vip,
                "requires_mesh": true,
                "is_official": index.is_multiple_of(7),
            }),
        )
    }

    fn route(&mut self, index: usize, machines: &[String]) -> Object {
        let (name, machines) = (self.name(index), self.some(machines));
        let count = self.rng.usize(1..4);
        let prefixes: Vec<String> = (0..count)
            .map(|number| format!("172.{}.{}.{}/28", 16 + index / 250, index % 250, number * 16))
            .collect();
        self.object(
            json!({ "name": name, "prefixes": prefixes }),
            json!({ "enabled": false, "machine_uuids": machines }),
        )
    }

    fn policy(&mut self, index: usize) -> Object {
        let (name, description) = (self.name(index), self.text());
        let count = self.rng.usize(..5);
        let rules: Vec<Object> = (0..count).map(|number| self.rule(number)).collect();
        self.object(
            json!({ "name": name, "rules": rules }),
            json!({
                "description": description,
                "default_action": "reject",
                "local_pref": 120,
                "advanced_mode": true,
            }),
        )
    }

    fn rule(&mut self, number: usize) -> Object {
        let (description, action) = (self.text(), self.pick(&["accept", "reject"]));
        let mut rule = route_policy::default_rule();
        rule.extend(self.object(
            json!({ "sequence": (number + 1) * 10, "action": action }),
            json!({
                "enabled": false,
                "description": description,
                "set_local_pref": 50,
                "set_med": 7,
                "set_communities": ["65000:1"],
                "add_communities": ["65000:2", "no-export"],
                "remove_communities": ["65000:3:4"],
                "prepend_as_count": 3,
            }),
        ));
        let matches = match self.rng.u8(..4) {
            0 => json!({ "match_type": "any" }),
            1 => json!({
                "match_type": "prefix_list",
                "match_prefixes": ["10.0.0.0/8", "192.168.0.0/16"],
                "match_prefix_len_min": 8,
                "match_prefix_len_max": 24,
            }),
            2 => json!({ "match_type": "community", "match_communities": ["65000:100", "65001:1:2"] }),
            _ => json!({ "match_type": "as_path", "match_as_path_regex": "^65000_(6[0-9]+)$" }),
        };
        rule.extend(fields(matches));
        rule
    }

    fn secret(&mut self, index: usize) -> Object {
        let (name, description) = (self.name(index), self.text());
        self.object(
            json!({ "name": name, "value": format!("random-secret-{index}") }),
            json!({ "description": description }),
        )
    }

    fn backend(&mut self, index: usize) -> Object {
        let name = self.name(index);
        let kind = self.pick(&["vault", "http"]);
        let ca = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
        self.object(
            json!({ "name": name, "backend_type": kind, "url": format!("https://vault-{index}.example.com/a?b=%7Bc%7D") }),
            json!({
                "config": { "role_id": format!("random-role-{index}"), "retries": 3 },
                "ca_cert": ca,
                "enabled": false,
            }),
        )
    }

    fn variable(&mut self, index: usize) -> Object {
        let (name, value, description) = (self.name(index), self.text(), self.text());
        self.object(
            json!({ "name": name, "value": value }),
            json!({ "description": description }),
        )
    }

    fn machine(&mut self, index: usize, uuid: &str, roles: &[Object], networks: &[Object]) -> Object {
        let names: Vec<String> = roles
            .iter()
            .filter_map(|role| role.get("name")?.as_str().map(str::to_owned))
            .collect();
        let mut role_names = self.some(&names);
        self.rng.shuffle(&mut role_names);
        let network = self.uuid_of(networks);
        let hostname = match index {
            0 | 1 => "twin".to_owned(),
            index => self.name(index - 2),
        };
        let mut machine = self.object(
            json!({ "hostname": hostname, "discovered_ip_addresses": ["198.18.0.1"] }),
            json!({
                "role_names": role_names,
                "mesh_network_uuid": network,
                "tunnel_type": "geneve",
                "stun_enabled": false,
                "auto_update": false,
                "inject_agent": false,
                "kexec_installer": false,
                "target_disk": "/dev/disk/by-id/${x}",
                "is_online": false,
            }),
        );
        machine.insert("uuid".to_owned(), json!(uuid));
        machine
    }
}

fn fields(json: Value) -> Object {
    match json {
        Value::Object(fields) => fields,
        _ => Object::new(),
    }
}
