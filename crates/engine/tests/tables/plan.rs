//! What a plan makes of configuration, prior state and private state: one row for each rule.
//!
//! Where a row speaks of `field` alone, its keys declare it, and the thing is called `a`. What "something else" changes is
//! its name.

use engine::object::{Plan, PlanRequest};
use engine::plan::{configured, plan};
use engine::private::Private;
use engine::{Binding, shape};
use serde_json::{Value as Json, json};
use value::Value;

use super::support::{NULL, UNKNOWN, UUID, field, fields, prove, shown, the_field, value, value_of};

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

/// The plan that turns one thing into another; null is none. A thing in state has a UUID.
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
        },
    )
}

/// What a memory is that remembers these attributes as configured.
fn remembering(configured: &[&str]) -> Private {
    Private {
        configured: configured.iter().map(|name| (*name).to_owned()).collect(),
        ..Private::default()
    }
}

/// Holds the planned value of `field` against what a row expects.
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
fn what_is_configured_is_planned_else_the_default_else_what_was() {
    #[rustfmt::skip]
    let rows = [
        row("a configured value is planned", "type = 'string'", "old", "new", "new"),
        row("a value that is not known yet is planned as unknown", "type = 'string'", "old", UNKNOWN, UNKNOWN),
        row("the same holds where the provider may fill it in",
            "type = 'string', mode = 'optional+computed', stable = true", "old", UNKNOWN, UNKNOWN),
        row("a configured value beats the default", "type = 'string', default = 'd'", "old", "new", "new"),
        row("an optional value that leaves the configuration is null", "type = 'string'", "old", NULL, NULL),
        row("a value that leaves the configuration has its default again", "type = 'string', default = 'd'",
            "old", NULL, "d"),
        row("an empty text is a default like any other", "type = 'string', default = ''", "old", NULL, ""),
        row("a default of a bool", "type = 'bool', default = false", true, NULL, false),
        row("a default of a whole number", "type = 'int', default = 100", 7, NULL, 100),
        row("a default of a list", "type = 'list(string)', default = ['b', 'a']", json!([]), NULL, json!(["b", "a"])),
        row("a default of a set", "type = 'set(string)', default = ['b', 'a']", json!([]), NULL, json!(["a", "b"])),
        row("a default of a map", "type = 'map(string)', default = { k = 'v' }", json!({}), NULL, json!({"k": "v"})),
        row("a secret default stays a secret", "type = 'string', sensitive = true, default = 'd'", "old", NULL, "d"),
        row("an empty list stays empty", "type = 'list(string)'", NULL, json!([]), json!([])),
        row("an absent list stays absent", "type = 'list(string)'", json!([]), NULL, NULL),
        row("an empty map stays empty", "type = 'map(string)'", NULL, json!({}), json!({})),
        row("a block that is absent is an empty list",
            "type = 'list(object)', block = true, attributes = { size = { type = 'int' } }", json!([{"size": 1}]),
            json!([]), json!([])),
        row("what only the provider fills in stays, where nothing changes", "type = 'string', mode = 'computed'",
            "theirs", NULL, "theirs"),
        row("a value that was never configured stays", "type = 'string', mode = 'optional+computed'",
            "theirs", NULL, "theirs"),
        row("a write-only value is in no plan", "type = 'string', write_only = true", NULL, "s", NULL),
        row("also where it is not known yet", "type = 'string', write_only = true", NULL, UNKNOWN, NULL),
        row("another spelling of the same meaning is no difference", "type = 'string', format = 'duration'",
            "1m", "60s", "1m"),
        row("nor is it in an element", "type = 'list(string)', format = 'cidr'",
            json!(["2001:db8::/32"]), json!(["2001:DB8::/32"]), json!(["2001:db8::/32"])),
        row("another order is no difference where order has no meaning", "type = 'list(string)', equal = 'set'",
            json!(["a", "b"]), json!(["b", "a"]), json!(["a", "b"])),
        row("another order is one where it has", "type = 'list(string)'",
            json!(["a", "b"]), json!(["b", "a"]), json!(["b", "a"])),
        row("another scheme is no difference where it has no meaning", "type = 'string', equal = 'scheme'",
            "https://ghcr.io/", "ghcr.io", "https://ghcr.io/"),
        row("an element that is not known yet makes a difference", "type = 'list(string)', equal = 'set'",
            json!(["a"]), json!([UNKNOWN]), json!([UNKNOWN])),
    ];
    prove_field(rows, "a", "a", &Private::default());
}

#[test]
fn what_a_change_of_something_else_may_alter_is_unknown() {
    #[rustfmt::skip]
    let rows = [
        row("a computed value is known after each change", "type = 'string', mode = 'computed'", "t1", NULL, UNKNOWN),
        row("so is a computed list", "type = 'list(string)', mode = 'computed'", json!(["a"]), NULL, UNKNOWN),
        row("so are computed objects",
            "type = 'list(object)', mode = 'computed', attributes = { size = { type = 'int', mode = 'computed' } }",
            json!([{"size": 1}]), NULL, UNKNOWN),
        row("a stable value is kept", "type = 'string', mode = 'computed', stable = true", "t1", NULL, "t1"),
        row("a stable null is kept", "type = 'string', mode = 'computed', stable = true", NULL, NULL, NULL),
        row("a value is unknown where what it depends on changes",
            "type = 'string', mode = 'computed', stable = { unless = ['name'] }", "t1", NULL, UNKNOWN),
        row("a value that was never configured may be altered", "type = 'string', mode = 'optional+computed'",
            "theirs", NULL, UNKNOWN),
        row("a stable value that was never configured is kept",
            "type = 'string', mode = 'optional+computed', stable = true", "theirs", NULL, "theirs"),
        row("a configured value is not altered", "type = 'string', mode = 'optional+computed'",
            "ours", "ours", "ours"),
        row("a default is not altered", "type = 'string', default = 'd'", "d", NULL, "d"),
        row("what the provider may not fill in stays null", "type = 'string'", NULL, NULL, NULL),
        row("a default that only stands for the API's null is no known value",
            "type = 'int', mode = 'computed', default = 0", 0, NULL, UNKNOWN),
        row("a write-only value stays in no plan", "type = 'string', write_only = true", NULL, "s", NULL),
    ];
    prove_field(rows, "a", "b", &Private::default());
}

#[test]
fn stability_depends_on_the_named_attributes_only() {
    let binding = fields(
        "network = { type = 'string' }\nnote = { type = 'string' }\n\
         address = { type = 'string', mode = 'computed', stable = { unless = ['network'] } }",
    );
    let prior = json!({"name": "a", "network": "n", "note": "o", "address": "10.0.0.1"});
    #[rustfmt::skip]
    let rows = [
        ("an address is kept where its network is",
            (json!({"name": "a", "network": "n", "note": "p"}), json!("10.0.0.1"))),
        ("an address is unknown where its network changes",
            (json!({"name": "a", "network": "m", "note": "o"}), json!(UNKNOWN))),
        ("an address is unknown where its network is removed", (json!({"name": "a", "note": "o"}), json!(UNKNOWN))),
        ("an address is unknown where its network is",
            (json!({"name": "a", "network": UNKNOWN, "note": "o"}), json!(UNKNOWN))),
    ];
    prove(rows, |(config, address)| {
        let plan = plan_of(&binding, &prior, &config, Private::default());
        (address, shown(plan.planned.get("address")))
    });
}

#[test]
fn what_is_to_be_created_is_known_as_far_as_it_is_configured() {
    let row = |rule, keys, config: Json, planned: Json| (rule, (keys, config, planned));
    #[rustfmt::skip]
    let rows = [
        row("a configured value is known", "type = 'string'", json!("new"), json!("new")),
        row("a computed value is not", "type = 'string', mode = 'computed'", NULL, json!(UNKNOWN)),
        row("a stable one was not known before either", "type = 'string', mode = 'computed', stable = true",
            NULL, json!(UNKNOWN)),
        row("nor what the provider may fill in", "type = 'string', mode = 'optional+computed', stable = true",
            NULL, json!(UNKNOWN)),
        row("a default is known", "type = 'int', default = 5", NULL, json!(5)),
        row("an optional value that is not configured is null", "type = 'string'", NULL, NULL),
        row("a block that is not configured is empty",
            "type = 'set(object)', block = true, attributes = { size = { type = 'int' } }", json!([]), json!([])),
        row("a write-only value is in no plan", "type = 'string', write_only = true", json!("s"), NULL),
        row("an object is known as far as it is configured",
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
fn what_was_configured_and_is_removed_becomes_what_the_removal_sends() {
    #[rustfmt::skip]
    let rows = [
        row("null", "type = 'string', mode = 'optional+computed', stable = true, unset = 'null'", "ours", NULL, NULL),
        row("null, and not unknown, also where every change may alter it",
            "type = 'string', mode = 'optional+computed', unset = 'null'", "ours", NULL, NULL),
        row("an empty text", "type = 'string', mode = 'optional+computed', stable = true, unset = 'empty'",
            "ours", NULL, ""),
        row("an empty secret",
            "type = 'string', sensitive = true, mode = 'optional+computed', stable = true, unset = 'empty'", "ours",
            NULL, ""),
        row("an empty list", "type = 'list(string)', mode = 'optional+computed', stable = true, unset = 'empty'",
            json!(["a"]), NULL, json!([])),
        row("an empty set", "type = 'set(string)', mode = 'optional+computed', stable = true, unset = 'empty'",
            json!(["a"]), NULL, json!([])),
        row("an empty map", "type = 'map(string)', mode = 'optional+computed', stable = true, unset = 'empty'",
            json!({"k": "v"}), NULL, json!({})),
        row("nothing: the value stays", "type = 'string', mode = 'optional+computed', stable = true, unset = 'omit'",
            "ours", NULL, "ours"),
        row("nothing is what counts where the declaration is silent",
            "type = 'string', mode = 'optional+computed', stable = true", "ours", NULL, "ours"),
    ];
    prove_field(rows, "a", "a", &remembering(&["field"]));
}

#[test]
fn what_another_configured_is_not_removed() {
    #[rustfmt::skip]
    let rows = [
        row("a value that was never configured is not set to null",
            "type = 'string', mode = 'optional+computed', stable = true, unset = 'null'", "theirs", NULL, "theirs"),
        row("a list that was never configured is not emptied",
            "type = 'list(string)', mode = 'optional+computed', stable = true, unset = 'empty'", json!(["a"]), NULL,
            json!(["a"])),
    ];
    prove_field(rows, "a", "a", &remembering(&["name"]));
}

#[test]
fn the_provider_remembers_what_it_must_see_removed() {
    let row = |rule, keys, config: Json, is_remembered: bool| (rule, (keys, config, is_remembered));
    #[rustfmt::skip]
    let rows = [
        row("what is sent as null", "type = 'string', mode = 'optional+computed', unset = 'null'", json!("s"), true),
        row("what is sent as empty", "type = 'string', mode = 'optional+computed', unset = 'empty'",
            json!("s"), true),
        row("also where it is not known yet", "type = 'string', mode = 'optional+computed', unset = 'null'",
            json!(UNKNOWN), true),
        row("not what is not configured", "type = 'string', mode = 'optional+computed', unset = 'null'", NULL, false),
        row("not what is kept", "type = 'string', mode = 'optional+computed', unset = 'omit'", json!("s"), false),
        row("not what has a default", "type = 'string', default = 'd'", json!("s"), false),
        row("not what state itself shows as removed", "type = 'string'", json!("s"), false),
    ];
    prove(rows, |(keys, config, is_remembered)| {
        let binding = field(keys);
        let config = value(&binding, &json!({"name": "a", "field": config}));
        let remembered = configured(binding.schema, &config);
        (is_remembered, remembered.contains("field"))
    });
}

/// A part: `size` is configured, `color` has a default, and the control plane fills in `id` once and `seen` with every
/// change.
const PART: &str = "size = { type = 'int' }, color = { type = 'string', default = 'red' }, \
                    id = { type = 'string', mode = 'computed', stable = true }, \
                    seen = { type = 'string', mode = 'computed' }";

/// The part of that size, color and id, last seen then.
fn part(size: impl Into<Json>, color: &str, id: impl Into<Json>, seen: &str) -> Json {
    let (size, id): (Json, Json) = (size.into(), id.into());
    json!({"size": size, "color": color, "id": id, "seen": seen})
}

#[test]
fn objects_are_planned_one_by_one() {
    let a = || part(1, "red", "a", "t1");
    let b = || part(2, "blue", "b", "t1");
    let row =
        |rule, r#type, prior: Json, config: Json, planned: Json| (rule, (r#type, prior, config, planned));
    #[rustfmt::skip]
    let rows = [
        row("an object that does not differ stays as it is", "object", a(), json!({"size": 1}), a()),
        row("an object keeps what is stable and gets its default", "object",
            b(), json!({"size": 3}), part(3, "red", "b", UNKNOWN)),
        row("a new object has nothing to keep", "object", NULL, json!({"size": 1}), part(1, "red", UNKNOWN, UNKNOWN)),
        row("a removed object is null", "object", a(), NULL, NULL),
        row("an object that is not known yet stays unknown", "object", a(), json!(UNKNOWN), json!(UNKNOWN)),
        row("lists that do not differ stay as they are", "list(object)",
            json!([a(), b()]), json!([{"size": 1}, {"size": 2, "color": "blue"}]), json!([a(), b()])),
        row("an object of a list continues the one at its place", "list(object)", json!([a(), b()]),
            json!([{"size": 3}, {"size": 2, "color": "blue"}]),
            json!([part(3, "red", "a", UNKNOWN), part(2, "blue", "b", UNKNOWN)])),
        row("an object at the end of a list is new", "list(object)", json!([a()]), json!([{"size": 1}, {"size": 2}]),
            json!([part(1, "red", "a", UNKNOWN), part(2, "red", UNKNOWN, UNKNOWN)])),
        row("an object that left a list is gone", "list(object)",
            json!([a(), b()]), json!([{"size": 1}]), json!([part(1, "red", "a", UNKNOWN)])),
        row("a part of an object that is not known yet stays unknown", "list(object)",
            json!([a()]), json!([{"size": UNKNOWN}]), json!([part(UNKNOWN, "red", "a", UNKNOWN)])),
        row("a list that is not known yet stays unknown", "list(object)",
            json!([a()]), json!(UNKNOWN), json!(UNKNOWN)),
        row("an object of a list that is not known yet stays unknown", "list(object)",
            json!([a()]), json!([UNKNOWN]), json!([UNKNOWN])),
        row("an object of a map continues the one of its key", "map(object)", json!({"x": a(), "y": b()}),
            json!({"y": {"size": 3}, "z": {"size": 1}}),
            json!({"y": part(3, "red", "b", UNKNOWN), "z": part(1, "red", UNKNOWN, UNKNOWN)})),
        row("an object of a set continues the one that means the same", "set(object)", json!([a(), b()]),
            json!([{"size": 2, "color": "blue"}, {"size": 3}]),
            json!([part(2, "blue", "b", UNKNOWN), part(3, "red", UNKNOWN, UNKNOWN)])),
        row("a default counts where a set is compared", "set(object)",
            json!([a()]), json!([{"size": 1}]), json!([a()])),
        row("an object of a set that is not known continues none", "set(object)",
            json!([a()]), json!([{"size": UNKNOWN}]), json!([part(UNKNOWN, "red", UNKNOWN, UNKNOWN)])),
        row("a set in another order is the same", "set(object)",
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
fn parts_of_objects_follow_the_rules_of_attributes() {
    #[rustfmt::skip]
    let rows = [
        row("a write-only part is in no plan",
            "type = 'list(object)', attributes = { size = { type = 'int' }, \
             hush = { type = 'string', write_only = true } }",
            json!([{"size": 1}]), json!([{"size": 2, "hush": "s"}]), json!([{"size": 2}])),
        row("another spelling within an object is no difference",
            "type = 'list(object)', attributes = { after = { type = 'string', format = 'duration' } }",
            json!([{"after": "1m"}]), json!([{"after": "60s"}]), json!([{"after": "1m"}])),
        row("it is kept beside what differs",
            "type = 'list(object)', attributes = { after = { type = 'string', format = 'duration' }, \
             size = { type = 'int' } }",
            json!([{"after": "1m", "size": 1}]), json!([{"after": "60s", "size": 2}]),
            json!([{"after": "1m", "size": 2}])),
        row("objects within objects are planned one by one",
            "type = 'list(object)', attributes = { parts = { type = 'map(object)', attributes = { \
             size = { type = 'int' }, id = { type = 'string', mode = 'computed', stable = true } } } }",
            json!([{"parts": {"x": {"size": 1, "id": "a"}}}]),
            json!([{"parts": {"x": {"size": 2}, "y": {"size": 3}}}]),
            json!([{"parts": {"x": {"size": 2, "id": "a"}, "y": {"size": 3, "id": UNKNOWN}}}])),
    ];
    prove_field(rows, "a", "a", &Private::default());
}

#[test]
fn a_change_of_what_forces_a_new_object_replaces_it() {
    let row = |rule, keys, prior: Json, config: Json, replaces: bool| (rule, (keys, prior, config, replaces));
    #[rustfmt::skip]
    let rows = [
        row("another value", "type = 'string', force_new = true", json!("old"), json!("new"), true),
        row("a first value", "type = 'string', force_new = true", NULL, json!("new"), true),
        row("no value any more", "type = 'string', force_new = true", json!("old"), NULL, true),
        row("a value that is not known yet", "type = 'string', force_new = true", json!("old"), json!(UNKNOWN), true),
        row("the default again", "type = 'string', force_new = true, default = 'd'", json!("old"), NULL, true),
        row("another part of an object",
            "type = 'list(object)', force_new = true, attributes = { size = { type = 'int' } }", json!([{"size": 1}]),
            json!([{"size": 2}]), true),
        row("not the same value", "type = 'string', force_new = true", json!("old"), json!("old"), false),
        row("not another spelling", "type = 'string', force_new = true, format = 'uuid'",
            json!(UUID), json!(UUID.to_uppercase()), false),
        row("not another order where it has no meaning", "type = 'list(string)', force_new = true, equal = 'set'",
            json!(["a", "b"]), json!(["b", "a"]), false),
        row("not what is not configured",
            "type = 'string', force_new = true, mode = 'optional+computed', stable = true", json!("theirs"), NULL,
            false),
        row("not another attribute", "type = 'string'", json!("old"), json!("new"), false),
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
fn a_plan_is_of_the_whole_object() {
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
        row("every reason to replace is given, in order", old(), json!({"name": "a", "zone": "y", "kind": "j"}),
            json!({"uuid": UUID, "name": "a", "zone": "y", "kind": "j", "seen": UNKNOWN}), "kind, zone"),
        row("a create replaces nothing", NULL, json!({"name": "a", "zone": "z", "kind": "k"}),
            json!({"uuid": UNKNOWN, "name": "a", "zone": "z", "kind": "k", "seen": UNKNOWN}), ""),
        row("what is to be destroyed is null, and is not replaced", old(), NULL, NULL, ""),
    ];
    prove(rows, |(prior, config, planned, replaces)| {
        let plan = plan_of(&binding, &prior, &config, Private::default());
        let paths = plan.requires_replace.iter().map(ToString::to_string);
        let paths = paths.collect::<Vec<_>>().join(", ");
        let expected = json!([shown(&value(&binding, &planned)), replaces]);
        (expected, json!([shown(&plan.planned), paths]))
    });
}

/// A job whose run is saved in `run`, and its status in `status`.
const JOB: &str = "run = { type = 'string', mode = 'computed', stable = true, wire = false }\n\
                   status = { type = 'string', mode = 'computed', stable = true, wire = false }\n\
                   [job]\nnoun = 'build'\nafter = ['create']\nstart = 'start'\npoll = 'poll'\nsave = { run = 'id' }\n\
                   status = { field = 'status', into = 'status' }\ndone = ['done']\nfailed = ['error']\n\
                   [timeouts]\ncreate = '1h'";

/// The stored memory of a run of that status, which is at that stage.
fn with_run(status: &str, stage: &str) -> Private {
    let run = json!({"saved": {"run": "r1"}, "status": status, "stage": stage, "trigger": {}});
    Private::decode(json!({"acme": {"run": run}}).to_string().as_bytes(), "acme")
}

#[test]
fn a_run_that_is_not_known_to_have_succeeded_makes_a_difference() {
    let binding = fields(JOB);
    let built = |name: &str, run: &str, status: &str| json!({"name": name, "run": run, "status": status});
    let row = |rule, prior: Json, private, name: &'static str, planned: Json, replaces: &'static str| {
        (rule, (prior, private, name, planned, replaces))
    };
    #[rustfmt::skip]
    let rows = [
        row("no run, no difference", built("a", "r1", "done"), Private::default(), "a", built("a", "r1", "done"), ""),
        row("a run that goes on is waited for", built("a", "r1", "going"),
            with_run("going", "going"), "a", built("a", UNKNOWN, UNKNOWN), ""),
        row("it is waited for whatever else changes", built("a", "r1", "going"),
            with_run("going", "going"), "b", built("b", UNKNOWN, UNKNOWN), ""),
        row("an object whose run failed is replaced", built("a", "r1", "error"),
            with_run("error", "failed"), "a", built("a", UNKNOWN, UNKNOWN), "status"),
        row("a change that needs no run keeps the last one", built("a", "r1", "done"),
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
fn an_object_in_which_nothing_is_set_has_null_and_empty_blocks() {
    let attributes = "attributes = { size = { type = 'int' } }";
    let rows = [
        ("an attribute", ("type = 'string'".to_owned(), NULL)),
        ("a list", ("type = 'list(string)'".to_owned(), NULL)),
        (
            "a list of objects that is no block",
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
