//! Any object that the contract of the API allows, as a response has it: one generator for each resource, with the fields of
//! `tests/data/openapi.json`.
//!
//! The control plane also has the rules that the declarations have: names are not empty, a health check has a target, a rule has what it
//! matches.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value as Json, json};

/// The fields of an object, each with its values.
type Fields = Vec<(&'static str, BoxedStrategy<Json>)>;

/// Any object of a resource, with this UUID.
pub fn of(resource: &str, uuid: &str) -> BoxedStrategy<Json> {
    let fields = match resource {
        "machine_config" | "machine_deployment" => return machine(uuid),
        "machine_role" => machine_role(),
        "mesh_network" => mesh_network(),
        "registry_credential" => registry_credential(),
        "route" => route(),
        "route_policy_set" => route_policy_set(),
        "secret" => secret(),
        "secrets_backend" => secrets_backend(),
        "variable" => variable(),
        "vip" => return vip(uuid),
        other => panic!("`{other}` has no generator: add one"),
    };
    managed(uuid, fields)
}

/// An object that the API creates.
fn managed(uuid: &str, mut fields: Fields) -> BoxedStrategy<Json> {
    fields.push(("uuid", Just(json!(uuid)).boxed()));
    fields.extend([("created_at", timestamp()), ("updated_at", timestamp())]);
    object(fields)
}

fn object(fields: Fields) -> BoxedStrategy<Json> {
    let (names, values): (Vec<_>, Vec<_>) = fields.into_iter().unzip();
    let object = values.prop_map(move |values| {
        let names = names.iter().map(ToString::to_string);
        Json::Object(names.zip(values).collect::<Map<_, _>>())
    });
    object.boxed()
}

fn mesh_network() -> Fields {
    vec![
        (
            "network_cidr",
            select(vec!["10.0.0.0/8", "172.16.4.0/22", "192.168.1.0/24"])
                .prop_map(Json::from)
                .boxed(),
        ),
        ("name", name()),
        ("is_default", bool()),
        ("route_reflector_mode", bool()),
        ("available_ip_count", int()),
        ("machine_count", int()),
    ]
}

fn machine_role() -> Fields {
    let named = || nullable(object(vec![("uuid", uuid()), ("name", text())]));
    vec![
        ("name", name()),
        ("merge_priority", or(100, int())),
        ("template_data", text()),
        ("description", text()),
        ("requires_mesh", bool()),
        ("image", named()),
        ("vip", named()),
        ("required_image_name", nullable(text())),
        ("is_official", bool()),
        ("forked_from_uuid", nullable(uuid())),
    ]
}

fn route() -> Fields {
    vec![
        ("name", name()),
        ("enabled", bool()),
        ("prefixes", list(cidr(), 1)),
        ("machines", machines()),
        ("machine_count", int()),
    ]
}

/// The machines that announce something, each once.
fn machines() -> BoxedStrategy<Json> {
    let uuids: Vec<String> = (1..=4).map(harness::control_plane::machine_uuid).collect();
    let chosen = subsequence(uuids, 0..=4).prop_shuffle();
    let machines = chosen.prop_map(|uuids| {
        let machine = |uuid| json!({"uuid": uuid, "name": "node"});
        uuids.into_iter().map(machine).collect::<Json>()
    });
    machines.boxed()
}

fn vip(uuid: &str) -> BoxedStrategy<Json> {
    let seconds = |default: i32| or(default, (1..=i32::MAX).prop_map(Json::from).boxed());
    let fields = |kind: &'static str, target: BoxedStrategy<Json>| {
        vec![
            ("name", name()),
            (
                "address",
                select(vec!["192.0.2.1", "2001:db8::1", "2001:DB8:0::1"])
                    .prop_map(Json::from)
                    .boxed(),
            ),
            ("enabled", bool()),
            ("health_check_type", Just(json!(kind)).boxed()),
            ("health_check_target", target),
            ("health_check_interval_seconds", seconds(5)),
            ("health_check_timeout_seconds", seconds(3)),
            ("health_check_healthy_threshold", seconds(2)),
            ("health_check_unhealthy_threshold", seconds(3)),
            (
                "health_check_holdoff_seconds",
                or(0, (0..=i32::MAX).prop_map(Json::from).boxed()),
            ),
            ("machines", machines()),
            ("machine_count", int()),
        ]
    };
    let kinds = ["tcp", "http", "https", "grpc", "grpcs", "exec"];
    let checked = kinds.map(|kind| managed(uuid, fields(kind, name())));
    let unchecked = managed(uuid, fields("", text()));
    prop_oneof![1 => unchecked, 2 => proptest::strategy::Union::new(checked)].boxed()
}

fn secret() -> Fields {
    vec![("name", name()), ("description", text())]
}

fn variable() -> Fields {
    vec![("name", name()), ("value", text()), ("description", text())]
}

fn secrets_backend() -> Fields {
    let urls = [
        "https://vault.example.com",
        "HTTPS://Vault.example.com:8200/v1/",
        "http://10.0.0.1/?a=${b}",
    ];
    vec![
        ("name", name()),
        ("backend_type", one_of(&["vault", "http"])),
        ("url", one_of(&urls)),
        ("config", any_json_object()),
        ("ca_cert", text()),
        ("enabled", bool()),
    ]
}

/// An object with any values.
fn any_json_object() -> BoxedStrategy<Json> {
    let leaf = prop_oneof![text(), bool(), int(), Just(Json::Null)];
    let value = leaf.prop_recursive(2, 8, 3, |inner| {
        let entries = prop::collection::btree_map(".{0,4}", inner.clone(), 0..3);
        prop_oneof![
            prop::collection::vec(inner, 0..3).prop_map(Json::from),
            entries.prop_map(|entries| entries.into_iter().collect()),
        ]
    });
    let entries = prop::collection::btree_map(".{0,6}", value, 0..4);
    entries.prop_map(|entries| entries.into_iter().collect()).boxed()
}

fn route_policy_set() -> Fields {
    let sequences = prop::collection::btree_set(prop_oneof![Just(100), any::<i32>()], 0..4);
    let rules = sequences.prop_flat_map(|sequences| {
        let rules: Vec<_> = sequences.into_iter().map(rule).collect();
        rules.prop_shuffle().prop_map(Json::from)
    });
    vec![
        ("name", name()),
        ("description", text()),
        ("default_action", one_of(&["accept", "reject"])),
        ("local_pref", nullable(int())),
        ("advanced_mode", bool()),
        ("rules", rules.boxed()),
    ]
}

fn rule(sequence: i32) -> BoxedStrategy<Json> {
    let community = || one_of(&["65000:100", "1:2:3", "no-export"]);
    let fields = |kind: &'static str| {
        let least = |wanted: &str| usize::from(kind == wanted);
        let expression = if kind == "as_path" { name() } else { text() };
        vec![
            ("uuid", uuid()),
            ("sequence", Just(json!(sequence)).boxed()),
            ("enabled", bool()),
            ("description", text()),
            ("match_type", Just(json!(kind)).boxed()),
            ("match_prefixes", list(cidr(), least("prefix_list"))),
            (
                "match_prefix_len_min",
                nullable((0..=64).prop_map(Json::from).boxed()),
            ),
            (
                "match_prefix_len_max",
                nullable((64..=128).prop_map(Json::from).boxed()),
            ),
            ("match_communities", list(community(), least("community"))),
            ("match_as_path_regex", expression),
            ("action", one_of(&["accept", "reject"])),
            ("set_local_pref", nullable(int())),
            ("set_med", nullable(int())),
            ("set_communities", list(community(), 0)),
            ("add_communities", list(community(), 0)),
            ("remove_communities", list(community(), 0)),
            (
                "prepend_as_count",
                or(0, (0..=i32::MAX).prop_map(Json::from).boxed()),
            ),
        ]
    };
    let kinds = ["any", "prefix_list", "community", "as_path"];
    proptest::strategy::Union::new(kinds.map(|kind| object(fields(kind)))).boxed()
}

fn registry_credential() -> Fields {
    vec![
        ("name", name()),
        (
            "registry_url",
            prop_oneof![one_of(&["ghcr.io", "https://ghcr.io/"]), name()].boxed(),
        ),
        ("username", text()),
        ("description", text()),
        ("image_count", nullable(int())),
    ]
}

/// A machine. The contract requires few of its fields.
fn machine(uuid: &str) -> BoxedStrategy<Json> {
    let roles = subsequence(vec!["web", "base", "${db}", "e\u{301}"], 0..=4).prop_shuffle();
    let network = prop_oneof![
        object(vec![("uuid", self::uuid())]),
        object(vec![
            ("uuid", self::uuid()),
            ("name", text()),
            ("network_cidr", cidr())
        ]),
    ];
    let always: Fields = vec![
        ("uuid", Just(json!(uuid)).boxed()),
        ("hostname", text()),
        ("needs_provisioning", bool()),
        ("created_at", timestamp()),
        ("updated_at", timestamp()),
    ];
    let sometimes: Fields = vec![
        ("is_online", bool()),
        ("pending_config_push", bool()),
        ("mesh_ip_address", nullable(one_of(&["10.0.0.5", "fd00::5"]))),
        ("environment_slug", nullable(text())),
        ("role_names", roles.prop_map(Json::from).boxed()),
        ("tunnel_type", one_of(&["auto", "wireguard", "geneve"])),
        ("stun_enabled", bool()),
        ("auto_update", bool()),
        ("inject_agent", bool()),
        ("target_disk", nullable(text())),
        ("kexec_installer", bool()),
        ("mesh_network", nullable(network.boxed())),
        (
            "discovered_ip_addresses",
            list(one_of(&["192.0.2.7", "2001:db8::7"]), 0),
        ),
    ];
    let missing = subsequence((0..sometimes.len()).collect::<Vec<_>>(), 0..=3);
    let missing = prop_oneof![2 => Just(Vec::new()), 1 => missing];
    let all = object(always.into_iter().chain(sometimes.clone()).collect());
    (all, missing)
        .prop_map(move |(mut machine, missing)| {
            let fields = machine.as_object_mut().unwrap();
            fields.retain(|name, _| !missing.iter().any(|index| sometimes[*index].0 == name));
            machine
        })
        .boxed()
}

/// Any string: what a configuration has to escape, what looks like something else, and what editors change.
fn text() -> BoxedStrategy<Json> {
    let unusual = [
        "",
        " ",
        "${path.module}",
        "%{ if true }a%{ endif }",
        "$${a} %%{b}",
        "$$${a}",
        "one\r\ntwo\r\n",
        "one\ntwo\n",
        "no newline\nat the end",
        "\n\n",
        "  leading and trailing  ",
        "\ttab",
        "{\"a\": [1, 2.0 ]}",
        "[]",
        "null",
        "true",
        "7",
        "\"quoted\" \\n \\",
        "<<EOT\na\nEOT\n",
        "EOT",
        "e\u{301}", // Terraform writes one character.
        "\u{e9}",
        "\u{feff}#cloud-config",
        "#cloud-config\n{{ machine.hostname }}{% raw %}",
        "\u{1f980}\u{200d}\u{202e}",
        "\u{7f}\u{1}",
    ];
    prop_oneof![
        3 => select(unusual.to_vec()).prop_map(Json::from),
        1 => ".{0,12}".prop_map(Json::from),
        1 => "([a-z${}%\"\\\\ \r\n\t]|e\u{301}){0,12}".prop_map(Json::from),
    ]
    .boxed()
}

/// Any string that is not empty.
fn name() -> BoxedStrategy<Json> {
    text()
        .prop_filter("a name is not empty", |name| name != "")
        .boxed()
}

fn uuid() -> BoxedStrategy<Json> {
    "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-fA-F]{12}"
        .prop_map(Json::from)
        .boxed()
}

fn cidr() -> BoxedStrategy<Json> {
    one_of(&[
        "10.0.0.0/8",
        "192.0.2.7/24",
        "2001:db8::/32",
        "2001:DB8:0:0::/64",
        "0.0.0.0/0",
    ])
}

fn timestamp() -> BoxedStrategy<Json> {
    one_of(&["2026-01-31T12:00:00Z", "2026-01-31T13:00:00.123456+01:00"])
}

fn bool() -> BoxedStrategy<Json> {
    any::<bool>().prop_map(Json::from).boxed()
}

fn int() -> BoxedStrategy<Json> {
    any::<i32>().prop_map(Json::from).boxed()
}

/// A value, often the usual one.
fn or(usual: i32, other: BoxedStrategy<Json>) -> BoxedStrategy<Json> {
    prop_oneof![Just(json!(usual)), other].boxed()
}

fn nullable(value: BoxedStrategy<Json>) -> BoxedStrategy<Json> {
    prop_oneof![1 => Just(Json::Null), 2 => value].boxed()
}

fn one_of(values: &[&'static str]) -> BoxedStrategy<Json> {
    select(values.to_vec()).prop_map(Json::from).boxed()
}

/// A list with at least this many elements, which may be equal.
fn list(element: BoxedStrategy<Json>, min: usize) -> BoxedStrategy<Json> {
    prop::collection::vec(element, min..4)
        .prop_map(Json::from)
        .boxed()
}
