//! The lookup of a data source: one row for each rule.

use engine::api::ErrorKind::{self, NotFound, Unreachable};
use engine::diagnostic::Diagnostics;
use engine::lookup::lookup;
use serde_json::{Value as Json, json};

use super::support::{Script, UUID, block_on, declare, prove, reported, shown, value};

const OTHER: &str = "3c5d1f2e-0a51-4f7f-8f4e-6a2a1c9d7b10";

/// A thing that is looked up by its UUID, its name or its address; a missing name can be allowed.
const THING: &str = r#"
data_source = "thing"
summary     = "Looks up a thing."

[[lookup]]
by  = "uuid"
api = "get"

[[lookup]]
by         = "name"
api        = "list"
pick       = "name"
narrow     = ["official"]
missing_ok = "missing_ok"

[[lookup]]
by   = "address"
api  = "list"
pick = "at.address"
then = "get"

[[constraint]]
exactly_one_of = ["uuid", "name", "address"]

[attributes]
uuid       = { doc = "Its UUID.", type = "string", mode = "optional+computed", format = "uuid" }
name       = { doc = "Its name.", type = "string", mode = "optional+computed" }
address    = { doc = "Its address.", type = "string", mode = "optional+computed", wire = "at.address" }
official   = { doc = "Whether it is.", type = "bool", mode = "optional+computed" }
size       = { doc = "Its size.", type = "int", mode = "computed" }
missing_ok = { doc = "Whether it may be missing.", type = "bool", wire = false }
"#;

/// A thing in a response.
fn a_thing(uuid: &str, name: &str, official: bool) -> Json {
    json!({"uuid": uuid, "name": name, "at": {"address": format!("{name}.example")}, "official": official, "size": 1})
}

/// The thing in state.
fn found(uuid: &str, name: &str, official: bool) -> Json {
    json!({"uuid": uuid, "name": name, "address": format!("{name}.example"), "official": official, "size": 1})
}

#[test]
fn lookup_finds_one_object() {
    let row =
        |rule, config: Json, responses: Vec<Result<Json, ErrorKind>>, requests: &[&str], expected: Json| {
            (rule, (config, responses, json!(requests), expected))
        };
    let all = || {
        Ok(json!([
            a_thing(UUID, "prod", true),
            a_thing(OTHER, "prod", false),
            a_thing(OTHER, "test", false)
        ]))
    };
    let with = |mut object: Json, name: &str, value: Json| {
        object[name] = value;
        object
    };
    #[rustfmt::skip]
    let rows = [
        row("a lookup by identity", json!({"uuid": UUID}),
            vec![Ok(a_thing(UUID, "prod", true))], &["get"], found(UUID, "prod", true)),
        row("a lookup by name in the list", json!({"name": "test"}), vec![all()], &["list"], found(OTHER, "test", false)),
        row("a lookup by name, narrowed by another argument", json!({"name": "prod", "official": false}),
            vec![all()], &["list"], found(OTHER, "prod", false)),
        row("a lookup in the list, followed by a read of the whole object", json!({"address": "test.example"}),
            vec![all(), Ok(a_thing(OTHER, "test", true))], &["list", "get"], found(OTHER, "test", true)),
        row("an argument keeps its configured spelling", json!({"uuid": UUID.to_uppercase()}),
            vec![Ok(a_thing(UUID, "prod", true))], &["get"],
            with(found(UUID, "prod", true), "uuid", json!(UUID.to_uppercase()))),
        row("a name is case-sensitive", json!({"name": "Test", "missing_ok": false}),
            vec![all()], &["list"], json!("name: The control plane has no thing with name \"Test\". Closest: \"test\".")),
        row("a missing object is null attributes by default", json!({"name": "none"}),
            vec![all()], &["list"], json!({"name": "none"})),
        row("a missing object is null attributes if allowed", json!({"name": "none", "missing_ok": true}),
            vec![all()], &["list"], json!({"name": "none", "missing_ok": true})),
        row("a missing object is an error if not allowed", json!({"name": "zzzzzzzz", "missing_ok": false}), vec![all()], &["list"],
            json!("name: The control plane has no thing with name \"zzzzzzzz\". Check the spelling, and that the API token belongs to the \
             account that has it.")),
        row("no object with the name matches the narrowing argument", json!({"name": "test", "official": true, "missing_ok": false}),
            vec![all()], &["list"],
            json!("name: The control plane has no thing with name \"test\" and official = true. Closest: \"test\".")),
        row("no object has the identity", json!({"uuid": UUID}), vec![Err(NotFound)], &["get"],
            json!(format!("uuid: The control plane has no thing with uuid \"{UUID}\". Check the spelling, and that the \
             API token belongs to the account that has it."))),
        row("several objects have the name", json!({"name": "prod"}), vec![all()], &["list"],
            json!(format!("name: 2 objects match this thing. Their uuids are {UUID}, {OTHER}. Narrow the search with `official`, or look it up \
             by `uuid`."))),
        row("a list instead of an object is an error", json!({"uuid": UUID}),
            vec![all()], &["get"], json!(": The lookup of a thing expects an object, but the control plane returned a list.")),
        row("an object instead of a list is an error", json!({"name": "prod"}), vec![Ok(json!({"results": []}))],
            &["list"], json!(": The request to look up thing \"prod\" failed. The control plane returned an unexpected response to the operation `list`: expected a list, got an object.")),
        row("a request that fails", json!({"name": "prod"}),
            vec![Err(Unreachable)], &["list"], json!(": The request to look up thing \"prod\" failed. `list` failed.")),
        row("no lookup argument is set", json!({}), vec![], &[], json!(": To look up a thing, set one of the arguments that identify it.")),
    ];
    let binding = declare("data/thing.toml", THING);
    prove(rows, |(config, responses, requests, expected)| {
        let (script, context) = Script::of(responses);
        let mut diagnostics = Diagnostics::default();
        let config = value(&binding, &config);
        let looked_up = block_on(lookup(binding.schema, &context, &config, &mut diagnostics));
        assert_eq!(
            looked_up.is_err(),
            diagnostics.has_errors(),
            "each diagnostic is an error"
        );
        let actual = looked_up.map_or_else(|_| json!(reported(&diagnostics)), |object| shown(&object));
        let expected = match expected {
            Json::String(_) => expected,
            object => shown(&value(&binding, &object)),
        };
        (json!([requests, expected]), json!([script.requests(), actual]))
    });
}

#[test]
fn lookup_finds_all_objects() {
    let binding = declare(
        "data/things.toml",
        r#"
data_source = "things"
summary     = "Lists all things."

[[lookup]]
api    = "list"
expect = "many"
into   = "things"

[attributes.things]
type       = "list(object)"
mode       = "computed"
doc        = "All of them."
attributes = { name = { doc = "A name.", type = "string", mode = "computed" } }
"#,
    );
    let row = |rule, response: Json, things: Json| (rule, (response, things));
    #[rustfmt::skip]
    let rows = [
        row("all objects, in the order of the response", json!([{"name": "b"}, {"name": "a"}]), json!([{"name": "b"}, {"name": "a"}])),
        row("no objects are an empty list", json!([]), json!([])),
        row("a missing field is null", json!([{}]), json!([{"name": null}])),
        row("an unexpected type is an error at its path", json!([{"name": "a"}, {"name": 7}]),
            json!("things[1].name")),
        row("an object instead of a list is an error", json!({}), json!("")),
    ];
    prove(rows, |(response, things)| {
        let (_, context) = Script::of([Ok(response)]);
        let mut diagnostics = Diagnostics::default();
        let config = value(&binding, &json!({}));
        let looked_up = block_on(lookup(binding.schema, &context, &config, &mut diagnostics));
        let paths = diagnostics.iter().map(|one| one.path.to_string());
        let paths = paths.collect::<Vec<_>>().join(", ");
        let actual = looked_up.map_or_else(|_| json!(paths), |object| shown(object.get("things")));
        (things, actual)
    });
}
