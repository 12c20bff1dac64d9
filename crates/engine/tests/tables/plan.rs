//! The plan from configuration, prior state and private state: one row for each rule.
//!
//! In most rows, the keys declare the attribute `field`, and the thing has the name `a`. A change of another
//! attribute is a change of the name.

use engine::object::{Plan, PlanRequest};
use engine::plan::{configured, plan};
use engine::private::{ChangePlan, Private};
use engine::{Binding, shape};
use serde_json::{Value as Json, json};
use value::Value;

use super::support::{
    NULL, THING, UNKNOWN, UUID, declare, field, fields, prove, shown, the_field, value, value_of,
};

/// A rule; the keys of `field`, its value in state, its value in the configuration, and what is planned.
type Row = (&'static str, (&'static str, Json, Json, Json));

fn row(
    rule: &'static str,
    keys: &'static str,
    prior: impl Into<Json>,
    config: impl Into<Json>,
    planned: impl Into<Json>,
) -> Row {
    (rule, (keys, prior.into(), config.into(), planned.into()))
}

/// The plan from a prior object to a configuration; either can be null. A prior object has a UUID.
fn plan_of(binding: &Binding, prior: &Json, config: &Json, private: Private) -> Plan {
    let mut prior = value(binding, prior);
    prior.set_attribute("uuid", Value::string(UUID));
    let config = value(binding, config);
    plan(
        binding,
        PlanRequest {
            prior,
            config,
            private,
            ..PlanRequest::default()
        },
    )
}

/// Private state with these configured arguments.
fn with_configured(configured: &[&str]) -> Private {
    Private {
        configured: configured.iter().map(|name| (*name).to_owned()).collect(),
        ..Private::default()
    }
}

/// Checks the planned value of `field` in each row.
fn prove_field(rows: impl IntoIterator<Item = Row>, from: &str, to: &str, private: &Private) {
    prove(rows, |(keys, prior, config, planned)| {
        let binding = field(keys);
        let prior = json!({"name": from, "field": prior});
        let config = json!({"name": to, "field": config});
        let plan = plan_of(&binding, &prior, &config, private.clone());
        let planned = value_of(the_field(&binding), &planned);
        (shown(&planned), shown(plan.planned.get("field")))
    });
}

#[test]
fn plan_takes_the_configured_default_or_prior_value() {
    #[rustfmt::skip]
    let rows = [
        row("a configured value is planned", "type = 'string'", "old", "new", "new"),
        row("an unknown configured value is planned as unknown", "type = 'string'", "old", UNKNOWN, UNKNOWN),
        row("an unknown value of an optional and computed attribute is planned as unknown",
            "type = 'string', mode = 'optional+computed', stable = true", "old", UNKNOWN, UNKNOWN),
        row("a configured value takes precedence over the default", "type = 'string', default = 'd'", "old", "new", "new"),
        row("a removed optional value is null", "type = 'string'", "old", NULL, NULL),
        row("a removed value with a default gets the default", "type = 'string', default = 'd'",
            "old", NULL, "d"),
        row("an empty string can be a default", "type = 'string', default = ''", "old", NULL, ""),
        row("a default of a boolean", "type = 'bool', default = false", true, NULL, false),
        row("a default of a whole number", "type = 'int', default = 100", 7, NULL, 100),
        row("a default of a list", "type = 'list(string)', default = ['b', 'a']", json!([]), NULL, json!(["b", "a"])),
        row("a default of a set", "type = 'set(string)', default = ['b', 'a']", json!([]), NULL, json!(["a", "b"])),
        row("a default of a map", "type = 'map(string)', default = { k = 'v' }", json!({}), NULL, json!({"k": "v"})),
        row("a secret default stays a secret", "type = 'string', sensitive = true, wire = false, default = 'd'", "old", NULL, "d"),
        row("an empty list stays empty", "type = 'list(string)'", NULL, json!([]), json!([])),
        row("a null list stays null", "type = 'list(string)'", json!([]), NULL, NULL),
        row("an empty map stays empty", "type = 'map(string)'", NULL, json!({}), json!({})),
        row("an omitted block is an empty list",
            "type = 'list(object)', block = true, attributes = { size = { type = 'int' } }", json!([{"size": 1}]),
            json!([]), json!([])),
        row("a computed value stays if nothing changes", "type = 'string', mode = 'computed'",
            "theirs", NULL, "theirs"),
        row("an optional and computed value that was never configured stays", "type = 'string', mode = 'optional+computed'",
            "theirs", NULL, "theirs"),
        row("a write-only value is planned as null", "type = 'string', write_only = true", NULL, "s", NULL),
        row("an unknown write-only value is planned as null", "type = 'string', write_only = true", NULL, UNKNOWN, NULL),
        row("an equivalent value keeps the prior spelling", "type = 'string', format = 'duration'",
            "1m", "60s", "1m"),
        row("an equivalent element keeps the prior spelling", "type = 'list(string)', format = 'cidr'",
            json!(["2001:db8::/32"]), json!(["2001:DB8::/32"]), json!(["2001:db8::/32"])),
        row("another order keeps the prior one if `equal` is `set`", "type = 'list(string)', equal = 'set'",
            json!(["a", "b"]), json!(["b", "a"]), json!(["a", "b"])),
        row("another order of a list is a difference", "type = 'list(string)'",
            json!(["a", "b"]), json!(["b", "a"]), json!(["b", "a"])),
        row("another scheme keeps the prior one if `equal` is `scheme`", "type = 'string', equal = 'scheme'",
            "https://ghcr.io/", "ghcr.io", "https://ghcr.io/"),
        row("an unknown element is a difference", "type = 'list(string)', equal = 'set'",
            json!(["a"]), json!([UNKNOWN]), json!([UNKNOWN])),
    ];
    prove_field(rows, "a", "a", &Private::default());
}

#[test]
fn plan_marks_what_another_change_may_alter_as_unknown() {
    #[rustfmt::skip]
    let rows = [
        row("a computed value is unknown", "type = 'string', mode = 'computed'", "t1", NULL, UNKNOWN),
        row("a computed list is unknown", "type = 'list(string)', mode = 'computed'", json!(["a"]), NULL, UNKNOWN),
        row("a list of computed objects is unknown",
            "type = 'list(object)', mode = 'computed', attributes = { size = { type = 'int', mode = 'computed' } }",
            json!([{"size": 1}]), NULL, UNKNOWN),
        row("a stable value is kept", "type = 'string', mode = 'computed', stable = true", "t1", NULL, "t1"),
        row("a stable null is kept", "type = 'string', mode = 'computed', stable = true", NULL, NULL, NULL),
        row("a value is unknown if an attribute of its `unless` changes",
            "type = 'string', mode = 'computed', stable = { unless = ['name'] }", "t1", NULL, UNKNOWN),
        row("an optional and computed value that was never configured is unknown", "type = 'string', mode = 'optional+computed'",
            "theirs", NULL, UNKNOWN),
        row("a stable value that was never configured is kept",
            "type = 'string', mode = 'optional+computed', stable = true", "theirs", NULL, "theirs"),
        row("a configured value is kept", "type = 'string', mode = 'optional+computed'",
            "ours", "ours", "ours"),
        row("a default is kept", "type = 'string', default = 'd'", "d", NULL, "d"),
        row("an omitted optional value stays null", "type = 'string'", NULL, NULL, NULL),
        row("a computed value with a default is unknown",
            "type = 'int', mode = 'computed', default = 0", 0, NULL, UNKNOWN),
        row("a write-only value stays null", "type = 'string', write_only = true", NULL, "s", NULL),
    ];
    prove_field(rows, "a", "b", &Private::default());
}

#[test]
fn plan_follows_stable_unless() {
    let binding = fields(
        "network = { type = 'string' }\nnote = { type = 'string' }\n\
         address = { type = 'string', mode = 'computed', stable = { unless = ['network'] } }",
    );
    let prior = json!({"name": "a", "network": "n", "note": "o", "address": "10.0.0.1"});
    #[rustfmt::skip]
    let rows = [
        ("an address is kept if its network is unchanged",
            (json!({"name": "a", "network": "n", "note": "p"}), json!("10.0.0.1"))),
        ("an address is unknown if its network changes",
            (json!({"name": "a", "network": "m", "note": "o"}), json!(UNKNOWN))),
        ("an address is unknown if its network is removed", (json!({"name": "a", "note": "o"}), json!(UNKNOWN))),
        ("an address is unknown if its network is unknown",
            (json!({"name": "a", "network": UNKNOWN, "note": "o"}), json!(UNKNOWN))),
    ];
    prove(rows, |(config, address)| {
        let plan = plan_of(&binding, &prior, &config, Private::default());
        (address, shown(plan.planned.get("address")))
    });
}

#[test]
fn plan_of_a_create_has_unknown_computed_values() {
    let row = |rule, keys, config: Json, planned: Json| (rule, (keys, config, planned));
    #[rustfmt::skip]
    let rows = [
        row("a configured value is known", "type = 'string'", json!("new"), json!("new")),
        row("a computed value is unknown", "type = 'string', mode = 'computed'", NULL, json!(UNKNOWN)),
        row("a stable computed value is unknown", "type = 'string', mode = 'computed', stable = true",
            NULL, json!(UNKNOWN)),
        row("an omitted optional and computed value is unknown", "type = 'string', mode = 'optional+computed', stable = true",
            NULL, json!(UNKNOWN)),
        row("a default is known", "type = 'int', default = 5", NULL, json!(5)),
        row("an omitted optional value is null", "type = 'string'", NULL, NULL),
        row("an omitted block is empty",
            "type = 'set(object)', block = true, attributes = { size = { type = 'int' } }", json!([]), json!([])),
        row("a write-only value is planned as null", "type = 'string', write_only = true", json!("s"), NULL),
        row("an object has its configured parts, and unknown computed ones",
            "type = 'object', attributes = { size = { type = 'int' }, id = { type = 'string', mode = 'computed' } }",
            json!({"size": 1}), json!({"size": 1, "id": UNKNOWN})),
    ];
    prove(rows, |(keys, config, planned)| {
        let binding = field(keys);
        let config = json!({"name": "a", "field": config});
        let plan = plan_of(&binding, &NULL, &config, Private::default());
        let planned = value_of(the_field(&binding), &planned);
        (shown(&planned), shown(plan.planned.get("field")))
    });
}

#[test]
fn plan_of_a_removed_argument_follows_unset() {
    #[rustfmt::skip]
    let rows = [
        row("null", "type = 'string', mode = 'optional+computed', stable = true, unset = 'null'", "ours", NULL, NULL),
        row("null instead of unknown for a value that is not stable",
            "type = 'string', mode = 'optional+computed', unset = 'null'", "ours", NULL, NULL),
        row("an empty string", "type = 'string', mode = 'optional+computed', stable = true, unset = 'empty'",
            "ours", NULL, ""),
        row("an empty list", "type = 'list(string)', mode = 'optional+computed', stable = true, unset = 'empty'",
            json!(["a"]), NULL, json!([])),
        row("an empty set", "type = 'set(string)', mode = 'optional+computed', stable = true, unset = 'empty'",
            json!(["a"]), NULL, json!([])),
        row("an empty map", "type = 'map(string)', mode = 'optional+computed', stable = true, unset = 'empty'",
            json!({"k": "v"}), NULL, json!({})),
        row("the value stays if `unset` is `omit`", "type = 'string', mode = 'optional+computed', stable = true, unset = 'omit'",
            "ours", NULL, "ours"),
        row("the value stays by default",
            "type = 'string', mode = 'optional+computed', stable = true", "ours", NULL, "ours"),
    ];
    prove_field(rows, "a", "a", &with_configured(&["field"]));
}

#[test]
fn plan_keeps_values_that_were_never_configured() {
    #[rustfmt::skip]
    let rows = [
        row("a value that was never configured is not set to null",
            "type = 'string', mode = 'optional+computed', stable = true, unset = 'null'", "theirs", NULL, "theirs"),
        row("a list that was never configured is not emptied",
            "type = 'list(string)', mode = 'optional+computed', stable = true, unset = 'empty'", json!(["a"]), NULL,
            json!(["a"])),
    ];
    prove_field(rows, "a", "a", &with_configured(&["name"]));
}

#[test]
fn configured_has_arguments_whose_removal_is_sent() {
    let row = |rule, keys, config: Json, is_kept: bool| (rule, (keys, config, is_kept));
    #[rustfmt::skip]
    let rows = [
        row("an argument whose removal sends null is kept", "type = 'string', mode = 'optional+computed', unset = 'null'", json!("s"), true),
        row("an argument whose removal sends an empty value is kept", "type = 'string', mode = 'optional+computed', unset = 'empty'",
            json!("s"), true),
        row("an unknown argument is kept", "type = 'string', mode = 'optional+computed', unset = 'null'",
            json!(UNKNOWN), true),
        row("an omitted argument is not kept", "type = 'string', mode = 'optional+computed', unset = 'null'", NULL, false),
        row("an argument whose removal sends nothing is not kept", "type = 'string', mode = 'optional+computed', unset = 'omit'", json!("s"), false),
        row("an argument with a default is not kept", "type = 'string', default = 'd'", json!("s"), false),
        row("an argument that is not computed is not kept", "type = 'string'", json!("s"), false),
    ];
    prove(rows, |(keys, config, is_kept)| {
        let binding = field(keys);
        let config = value(&binding, &json!({"name": "a", "field": config}));
        let kept = configured(binding.schema, &config);
        (is_kept, kept.contains("field"))
    });
}

/// A nested object: `size` is optional, `color` has a default, `id` is computed and stable, `seen` is computed.
const PART: &str = "size = { type = 'int' }, color = { type = 'string', default = 'red' }, \
                    id = { type = 'string', mode = 'computed', stable = true }, \
                    seen = { type = 'string', mode = 'computed' }";

/// A nested object with these values.
fn part(size: impl Into<Json>, color: &str, id: impl Into<Json>, seen: &str) -> Json {
    let (size, id): (Json, Json) = (size.into(), id.into());
    json!({"size": size, "color": color, "id": id, "seen": seen})
}

#[test]
fn plan_pairs_nested_objects_with_prior_ones() {
    let a = || part(1, "red", "a", "t1");
    let b = || part(2, "blue", "b", "t1");
    let row =
        |rule, r#type, prior: Json, config: Json, planned: Json| (rule, (r#type, prior, config, planned));
    #[rustfmt::skip]
    let rows = [
        row("an unchanged object stays", "object", a(), json!({"size": 1}), a()),
        row("an object keeps what is stable and gets its default", "object",
            b(), json!({"size": 3}), part(3, "red", "b", UNKNOWN)),
        row("a new object has unknown computed values", "object", NULL, json!({"size": 1}), part(1, "red", UNKNOWN, UNKNOWN)),
        row("a removed object is null", "object", a(), NULL, NULL),
        row("an unknown object stays unknown", "object", a(), json!(UNKNOWN), json!(UNKNOWN)),
        row("an unchanged list stays", "list(object)",
            json!([a(), b()]), json!([{"size": 1}, {"size": 2, "color": "blue"}]), json!([a(), b()])),
        row("an object of a list continues the one at its index", "list(object)", json!([a(), b()]),
            json!([{"size": 3}, {"size": 2, "color": "blue"}]),
            json!([part(3, "red", "a", UNKNOWN), part(2, "blue", "b", UNKNOWN)])),
        row("an object at the end of a list is new", "list(object)", json!([a()]), json!([{"size": 1}, {"size": 2}]),
            json!([part(1, "red", "a", UNKNOWN), part(2, "red", UNKNOWN, UNKNOWN)])),
        row("an object removed from a list is not planned", "list(object)",
            json!([a(), b()]), json!([{"size": 1}]), json!([part(1, "red", "a", UNKNOWN)])),
        row("an unknown part of an object stays unknown", "list(object)",
            json!([a()]), json!([{"size": UNKNOWN}]), json!([part(UNKNOWN, "red", "a", UNKNOWN)])),
        row("an unknown list stays unknown", "list(object)",
            json!([a()]), json!(UNKNOWN), json!(UNKNOWN)),
        row("an unknown object of a list stays unknown", "list(object)",
            json!([a()]), json!([UNKNOWN]), json!([UNKNOWN])),
        row("an object of a map continues the one with its key", "map(object)", json!({"x": a(), "y": b()}),
            json!({"y": {"size": 3}, "z": {"size": 1}}),
            json!({"y": part(3, "red", "b", UNKNOWN), "z": part(1, "red", UNKNOWN, UNKNOWN)})),
        row("an object of a set continues the one with its configured values", "set(object)", json!([a(), b()]),
            json!([{"size": 2, "color": "blue"}, {"size": 3}]),
            json!([part(2, "blue", "b", UNKNOWN), part(3, "red", UNKNOWN, UNKNOWN)])),
        row("defaults count when objects of a set are paired", "set(object)",
            json!([a()]), json!([{"size": 1}]), json!([a()])),
        row("an object of a set with unknown values continues no prior one", "set(object)",
            json!([a()]), json!([{"size": UNKNOWN}]), json!([part(UNKNOWN, "red", UNKNOWN, UNKNOWN)])),
        row("a set in another order is unchanged", "set(object)",
            json!([a(), b()]), json!([{"size": 2, "color": "blue"}, {"size": 1}]), json!([a(), b()])),
    ];
    prove(rows, |(r#type, prior, config, planned)| {
        let binding = field(&format!("type = '{type}', attributes = {{ {PART} }}"));
        let prior = json!({"name": "a", "field": prior});
        let config = json!({"name": "a", "field": config});
        let plan = plan_of(&binding, &prior, &config, Private::default());
        let planned = value_of(the_field(&binding), &planned);
        (shown(&planned), shown(plan.planned.get("field")))
    });
}

#[test]
fn plan_of_nested_attributes_follows_the_same_rules() {
    #[rustfmt::skip]
    let rows = [
        row("a write-only attribute of an object is planned as null",
            "type = 'list(object)', attributes = { size = { type = 'int' }, \
             hush = { type = 'string', write_only = true } }",
            json!([{"size": 1}]), json!([{"size": 2, "hush": "s"}]), json!([{"size": 2}])),
        row("an equivalent value within an object keeps the prior spelling",
            "type = 'list(object)', attributes = { after = { type = 'string', format = 'duration' } }",
            json!([{"after": "1m"}]), json!([{"after": "60s"}]), json!([{"after": "1m"}])),
        row("an equivalent value keeps its spelling beside a changed one",
            "type = 'list(object)', attributes = { after = { type = 'string', format = 'duration' }, \
             size = { type = 'int' } }",
            json!([{"after": "1m", "size": 1}]), json!([{"after": "60s", "size": 2}]),
            json!([{"after": "1m", "size": 2}])),
        row("nested objects are planned one by one",
            "type = 'list(object)', attributes = { parts = { type = 'map(object)', attributes = { \
             size = { type = 'int' }, id = { type = 'string', mode = 'computed', stable = true } } } }",
            json!([{"parts": {"x": {"size": 1, "id": "a"}}}]),
            json!([{"parts": {"x": {"size": 2}, "y": {"size": 3}}}]),
            json!([{"parts": {"x": {"size": 2, "id": "a"}, "y": {"size": 3, "id": UNKNOWN}}}])),
    ];
    prove_field(rows, "a", "a", &Private::default());
}

#[test]
fn plan_requires_a_replacement_by_force_new() {
    let row = |rule, keys, prior: Json, config: Json, replaces: bool| (rule, (keys, prior, config, replaces));
    #[rustfmt::skip]
    let rows = [
        row("another value", "type = 'string', force_new = true", json!("old"), json!("new"), true),
        row("a first value", "type = 'string', force_new = true", NULL, json!("new"), true),
        row("a removed value", "type = 'string', force_new = true", json!("old"), NULL, true),
        row("an unknown value", "type = 'string', force_new = true", json!("old"), json!(UNKNOWN), true),
        row("a removed value with a default", "type = 'string', force_new = true, default = 'd'", json!("old"), NULL, true),
        row("a changed attribute of an object",
            "type = 'list(object)', force_new = true, attributes = { size = { type = 'int' } }", json!([{"size": 1}]),
            json!([{"size": 2}]), true),
        row("an unchanged value does not", "type = 'string', force_new = true", json!("old"), json!("old"), false),
        row("an equivalent value does not", "type = 'string', force_new = true, format = 'uuid'",
            json!(UUID), json!(UUID.to_uppercase()), false),
        row("another order does not if `equal` is `set`", "type = 'list(string)', force_new = true, equal = 'set'",
            json!(["a", "b"]), json!(["b", "a"]), false),
        row("an omitted value does not",
            "type = 'string', force_new = true, mode = 'optional+computed', stable = true", json!("theirs"), NULL,
            false),
        row("an attribute without `force_new` does not", "type = 'string'", json!("old"), json!("new"), false),
    ];
    prove(rows, |(keys, prior, config, replaces)| {
        let binding = field(keys);
        let prior = json!({"name": "a", "field": prior});
        let config = json!({"name": "b", "field": config});
        let plan = plan_of(&binding, &prior, &config, Private::default());
        let paths = plan.requires_replace.iter().map(ToString::to_string);
        let expected: &[&str] = if replaces { &["field"] } else { &[] };
        (expected.join(", "), paths.collect::<Vec<_>>().join(", "))
    });
}

#[test]
fn plan_requires_no_replacement_by_an_unknown_identity() {
    let declaration = THING.replace("\"{uuid}\"", "\"{uuid}/{zone}\"");
    let string = "type = \"string\"\nforce_new = true\ndoc = \"For a test.\"";
    let attributes = format!("[attributes.zone]\nmode = \"required\"\n{string}\n[attributes.kind]\n{string}");
    let binding = declare("thing.toml", &format!("{declaration}\n{attributes}"));
    let row = |rule, zone, kind, replaces: &'static str| (rule, (zone, kind, replaces));
    #[rustfmt::skip]
    let rows = [
        row("an unknown identity may be the same", UNKNOWN, "k", ""),
        row("another identity is another object", "z2", "k", "zone"),
        row("another attribute requires a replacement all the same", UNKNOWN, "k2", "kind"),
    ];
    prove(rows, |(zone, kind, replaces)| {
        let prior = json!({"name": "a", "zone": "z", "kind": "k"});
        let config = json!({"name": "a", "zone": zone, "kind": kind});
        let plan = plan_of(&binding, &prior, &config, Private::default());
        let paths = plan.requires_replace.iter().map(ToString::to_string);
        (replaces.to_owned(), paths.collect::<Vec<_>>().join(", "))
    });
}

#[test]
fn plan_warns_of_duplicates_in_a_set() {
    let set = "type = 'list(string)', equal = 'set'";
    let row = |rule, keys, config: Json, warnings: &'static str| (rule, (keys, config, warnings));
    #[rustfmt::skip]
    let rows = [
        row("an element that is there twice", set, json!(["a", "b", "a"]), "field[2]: Duplicate element"),
        row("an element that is there three times", set, json!(["a", "a", "a"]),
            "field[1]: Duplicate element; field[2]: Duplicate element"),
        row("elements that differ", set, json!(["a", "b"]), ""),
        row("unknown elements may differ", set, json!([UNKNOWN, UNKNOWN]), ""),
        row("an ordered list may repeat an element", "type = 'list(string)'", json!(["a", "a"]), ""),
        row("a set with two spellings of an element", "type = 'set(string)', format = 'duration'", json!(["60s", "1m"]),
            "field: Duplicate element"),
        row("a list of nested objects",
            "type = 'list(object)', attributes = { tags = { type = 'list(string)', equal = 'set' } }",
            json!([{"tags": ["a"]}, {"tags": ["b", "b"]}]), "field[1].tags[1]: Duplicate element"),
    ];
    prove(rows, |(keys, config, warnings)| {
        let binding = field(keys);
        let plan = plan_of(
            &binding,
            &NULL,
            &json!({"name": "a", "field": config}),
            Private::default(),
        );
        let found = plan
            .diagnostics
            .iter()
            .map(|it| format!("{}: {}", it.path, it.summary.text));
        (warnings.to_owned(), found.collect::<Vec<_>>().join("; "))
    });
}

/// Keys of an attribute with a write-only twin.
const TWIN: &str = "type = 'string', sensitive = true, write_only = 'twin', returned = false";

#[test]
fn plan_requires_the_values_that_it_sends() {
    let missing = "field: One of `field`, `field_wo` is required to create thing \"a\".";
    let row = |rule, prior: Json, config: Json, error: &'static str| (rule, (prior, config, error));
    let unsent = "field_wo: `field_wo` must be set when `field_wo_version` changes: the change sends it.";
    let imported = || json!({"name": "a"});
    let versioned = |version: i64| json!({"name": "a", "field_wo_version": version});
    #[rustfmt::skip]
    let rows = [
        row("a create with neither", NULL, json!({}), missing),
        row("a create with neither, but a description", NULL, json!({"about": "x"}), missing),
        row("a create with the stored argument", NULL, json!({"field": "s"}), ""),
        row("a create with an empty string", NULL, json!({"field": ""}), ""),
        row("a create with the write-only argument", NULL, json!({"field_wo": "s"}), ""),
        row("a create with an unknown value", NULL, json!({"field": UNKNOWN}), ""),
        row("a create with an unknown write-only value", NULL, json!({"field_wo": UNKNOWN}), ""),
        row("an update with neither, as after an import", imported(), json!({}), ""),
        row("an update that removes the stored argument", json!({"name": "a", "field": "s"}), json!({}), ""),
        row("an update that removes the write-only argument", json!({"name": "a", "field_wo_version": 1}), json!({}), ""),
        row("a destroy", imported(), NULL, ""),
        row("another version without a value", versioned(1), json!({"field_wo_version": 2}), unsent),
        row("a first version without a value, as after an import", imported(), json!({"field_wo_version": 1}), unsent),
        row("a create with a version of another value", NULL, json!({"field": "s", "field_wo_version": 1}), unsent),
        row("another version with a value", versioned(1), json!({"field_wo": "s", "field_wo_version": 2}), ""),
        row("another version with an unknown value", versioned(1), json!({"field_wo": UNKNOWN, "field_wo_version": 2}), ""),
        row("the same version without a value", versioned(1), json!({"field_wo_version": 1}), ""),
        row("the same version without a value, and another change", versioned(1), json!({"field_wo_version": 1, "about": "x"}), ""),
    ];
    let binding = fields(&format!("field = {{ {TWIN} }}\nabout = {{ type = 'string' }}"));
    prove(rows, |(prior, mut config, error)| {
        if config.is_object() {
            config["name"] = json!("a");
        }
        let prior = value(&binding, &prior);
        let config = value(&binding, &config);
        let private = Private::default();
        let plan = plan(
            &binding,
            PlanRequest {
                prior,
                config,
                private,
                ..PlanRequest::default()
            },
        );
        let found = plan.diagnostics.iter().map(|it| {
            let (first, _) = it.detail.split_once(" Set ").unwrap_or((&it.detail, ""));
            format!("{}: {first}", it.path)
        });
        (error.to_owned(), found.collect::<Vec<_>>().join("; "))
    });
}

#[test]
fn plan_of_an_imported_object_warns_of_a_write_only_value_that_is_not_sent() {
    let row = |rule, prior: Json, config: Json, is_unsent: bool, warns: bool| {
        (rule, (prior, config, is_unsent, warns))
    };
    #[rustfmt::skip]
    let rows = [
        row("imported, without a version", json!({}), json!({"field_wo": "s"}), true, true),
        row("with another change", json!({}), json!({"field_wo": "s", "about": "x"}), true, true),
        row("with the version of an earlier configuration", json!({"field_wo_version": 1}), json!({"field_wo": "s", "field_wo_version": 1}), true, true),
        row("a version sends it", json!({}), json!({"field_wo": "s", "field_wo_version": 1}), true, false),
        row("an unknown value without a version", json!({}), json!({"field_wo": UNKNOWN}), true, true),
        row("the stored argument is sent", json!({}), json!({"field": "s"}), true, false),
        row("neither is configured", json!({}), json!({}), true, false),
        row("it was sent since the import", json!({}), json!({"field_wo": "s"}), false, false),
        row("a destroy", json!({}), NULL, true, false),
    ];
    let binding = fields(&format!("field = {{ {TWIN} }}\nabout = {{ type = 'string' }}"));
    prove(rows, |(prior, config, is_unsent, warns)| {
        let named = |mut json: Json| {
            if json.is_object() {
                json["name"] = json!("a");
            }
            json
        };
        let private = Private {
            is_unsent,
            ..Private::default()
        };
        let plan = plan_of(&binding, &named(prior), &named(config), private);
        let found = plan
            .diagnostics
            .iter()
            .map(|it| format!("{}: {}", it.path, it.summary.text));
        let expected = if warns { "field_wo: Value not sent" } else { "" };
        (expected.to_owned(), found.collect::<Vec<_>>().join("; "))
    });
}

#[test]
fn plan_of_an_omitted_sensitive_argument_is_null() {
    #[rustfmt::skip]
    let rows = [
        row("as after an import", TWIN, NULL, NULL, NULL),
        row("removed from the configuration", TWIN, "s", NULL, NULL),
        row("set after an import", TWIN, NULL, "s", "s"),
    ];
    prove_field(rows, "a", "a", &Private::default());
}

#[test]
fn plan_covers_the_whole_object() {
    let binding = fields(
        "zone = { type = 'string', force_new = true }\nkind = { type = 'string', force_new = true }\n\
         seen = { type = 'string', mode = 'computed' }",
    );
    let old = || json!({"name": "a", "zone": "z", "kind": "k", "seen": "t1"});
    let row = |rule, prior: Json, config: Json, planned: Json, replaces: &'static str| {
        (rule, (prior, config, planned, replaces))
    };
    #[rustfmt::skip]
    let rows = [
        row("a plan without a difference is the prior state", old(), json!({"name": "a", "zone": "z", "kind": "k"}),
            json!({"uuid": UUID, "name": "a", "zone": "z", "kind": "k", "seen": "t1"}), ""),
        row("a change keeps the identity", old(), json!({"name": "b", "zone": "z", "kind": "k"}),
            json!({"uuid": UUID, "name": "b", "zone": "z", "kind": "k", "seen": UNKNOWN}), ""),
        row("all paths that require a replacement, in order", old(), json!({"name": "a", "zone": "y", "kind": "j"}),
            json!({"uuid": UUID, "name": "a", "zone": "y", "kind": "j", "seen": UNKNOWN}), "kind, zone"),
        row("a create replaces nothing", NULL, json!({"name": "a", "zone": "z", "kind": "k"}),
            json!({"uuid": UNKNOWN, "name": "a", "zone": "z", "kind": "k", "seen": UNKNOWN}), ""),
        row("a destroy is null, and replaces nothing", old(), NULL, NULL, ""),
    ];
    prove(rows, |(prior, config, planned, replaces)| {
        let plan = plan_of(&binding, &prior, &config, Private::default());
        let paths = plan.requires_replace.iter().map(ToString::to_string);
        let paths = paths.collect::<Vec<_>>().join(", ");
        let expected = json!([shown(&value(&binding, &planned)), replaces]);
        (expected, json!([shown(&plan.planned), paths]))
    });
}

/// A job that stores the run's identity in `run`, and its status in `status`.
const JOB: &str = "run = { type = 'string', mode = 'computed', stable = true, wire = false }\n\
                   status = { type = 'string', mode = 'computed', stable = true, wire = false }\n\
                   [job]\nnoun = 'build'\nafter = ['create']\nstart = 'start'\npoll = 'poll'\nsave = { run = 'id' }\n\
                   status = { field = 'status', into = 'status' }\ndone = ['done']\nfailed = ['error']\n\
                   [timeouts]\ncreate = '1h'";

/// Private state with a run of this status and stage.
fn with_run(status: &str, stage: &str) -> Private {
    let run = json!({"saved": {"run": "r1"}, "status": status, "stage": stage, "trigger": {}});
    Private::decode(json!({"acme": {"run": run}}).to_string().as_bytes(), "acme")
}

#[test]
fn plan_of_a_pending_or_failed_run_is_a_difference() {
    let binding = fields(JOB);
    let built = |name: &str, run: &str, status: &str| json!({"name": name, "run": run, "status": status});
    let row = |rule, prior: Json, private, name: &'static str, planned: Json, replaces: &'static str| {
        (rule, (prior, private, name, planned, replaces))
    };
    #[rustfmt::skip]
    let rows = [
        row("without a run there is no difference", built("a", "r1", "done"), Private::default(), "a", built("a", "r1", "done"), ""),
        row("an active run is a difference: the update waits for it", built("a", "r1", "going"),
            with_run("going", "going"), "a", built("a", UNKNOWN, UNKNOWN), ""),
        row("an active run beside another change", built("a", "r1", "going"),
            with_run("going", "going"), "b", built("b", UNKNOWN, UNKNOWN), ""),
        row("an object whose run failed is replaced", built("a", "r1", "error"),
            with_run("error", "failed"), "a", built("a", UNKNOWN, UNKNOWN), "status"),
        row("a change without a run keeps the last run", built("a", "r1", "done"),
            Private::default(), "b", built("b", "r1", "done"), ""),
    ];
    prove(rows, |(prior, private, name, planned, replaces)| {
        let plan = plan_of(&binding, &prior, &json!({"name": name}), private);
        let paths = plan.requires_replace.iter().map(ToString::to_string);
        let mut expected = value(&binding, &planned);
        expected.set_attribute("uuid", Value::string(UUID));
        let expected = json!([shown(&expected), replaces]);
        (
            expected,
            json!([shown(&plan.planned), paths.collect::<Vec<_>>().join(", ")]),
        )
    });
}

#[test]
fn plan_of_an_object_that_is_no_longer_tainted_keeps_it() {
    let binding = fields(JOB);
    let built = |status: &str| json!({"name": "a", "run": "r1", "status": status});
    let tainting = |stage: &str| {
        let mut private = with_run("error", stage);
        private.run.as_mut().expect("a run").tainted = true;
        private
    };
    let row = |rule, status: &'static str, private, planned: Json| (rule, (status, private, planned));
    #[rustfmt::skip]
    let rows = [
        row("a run that failed in the create", "error", tainting("failed"), json!(["error", "", false])),
        row("a run of the create that is still active is picked up", "going", tainting("going"), json!([UNKNOWN, "", true])),
        row("a run that failed in an update", "error", with_run("error", "failed"), json!([UNKNOWN, "status", true])),
        row("an object that was given back untouched", "untouched (done)", Private::default(), json!(["done", "", false])),
        row("an object without a run that was given back", "untouched", Private::default(), json!([NULL, "", false])),
    ];
    prove(rows, |(status, private, expected)| {
        let plan = plan_of(&binding, &built(status), &json!({"name": "a"}), private);
        let paths = plan.requires_replace.iter().map(ToString::to_string);
        let paths = paths.collect::<Vec<_>>().join(", ");
        let found = json!([
            shown(plan.planned.get("status")),
            paths,
            plan.private.run.is_some()
        ]);
        (expected, found)
    });
}

#[test]
fn plan_marks_the_prior_object_for_the_delete_half() {
    let binding = fields("size = { type = 'string', force_new = true }");
    let object = |size: &str| json!({"name": "a", "size": size});
    let mark = || Some(format!("thing/{UUID}"));
    let stored = || Private {
        change: Some(ChangePlan {
            of: mark(),
            ..ChangePlan::default()
        }),
        ..with_configured(&["size"])
    };
    let row = |rule, prior: Json, config: Json, private, expected: Option<String>| {
        (rule, (prior, config, private, expected))
    };
    #[rustfmt::skip]
    let rows = [
        row("an object that exists", object("s"), object("m"), Private::default(), mark()),
        row("an object that does not change", object("s"), object("s"), Private::default(), mark()),
        row("the second plan of its replacement passes the mark on", NULL, object("m"), stored(), mark()),
        row("a create, or a tainted object, has none", NULL, object("m"), Private::default(), None),
        row("a destroy has none", object("s"), NULL, Private::default(), None),
        row("nor does it keep one", object("s"), NULL, stored(), None),
    ];
    prove(rows, |(prior, config, private, expected)| {
        let prior = if prior.is_null() {
            Value::Null
        } else {
            object_with_uuid(&binding, &prior)
        };
        let configured = private.configured.clone();
        let request = PlanRequest {
            prior,
            config: value(&binding, &config),
            private,
            ..PlanRequest::default()
        };
        let plan = plan(&binding, request);
        assert_eq!(
            plan.private.configured, configured,
            "the rest of private state is kept"
        );
        (
            json!(expected).to_string(),
            json!(plan.private.plan_of()).to_string(),
        )
    });
}

fn object_with_uuid(binding: &Binding, json: &Json) -> Value {
    let mut object = value(binding, json);
    object.set_attribute("uuid", Value::string(UUID));
    object
}

#[test]
fn empty_object_has_null_attributes_and_empty_blocks() {
    let attributes = "attributes = { size = { type = 'int' } }";
    let rows = [
        ("an attribute", ("type = 'string'".to_owned(), NULL)),
        ("a list", ("type = 'list(string)'".to_owned(), NULL)),
        (
            "a list of objects that is not a block",
            (format!("type = 'list(object)', {attributes}"), NULL),
        ),
        (
            "a list of blocks",
            (
                format!("type = 'list(object)', block = true, {attributes}"),
                json!([]),
            ),
        ),
        (
            "a set of blocks",
            (
                format!("type = 'set(object)', block = true, {attributes}"),
                json!({"set": []}),
            ),
        ),
        (
            "a single block",
            (format!("type = 'object', block = true, {attributes}"), NULL),
        ),
    ];
    prove(rows, |(keys, expected)| {
        let empty = shape::empty_object(&field(&keys).schema.attributes);
        (expected, shown(empty.get("field")))
    });
}
