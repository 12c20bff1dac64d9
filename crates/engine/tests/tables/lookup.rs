//! What a data source finds: one row for each rule.

use engine::api::ErrorKind::{self, NotFound, Unreachable};
use engine::diagnostic::Diagnostics;
use engine::lookup::lookup;
use serde_json::{Value as Json, json};

use super::support::{Script, UUID, block_on, declare, prove, reported, shown, value};

const OTHER: &str = "3c5d1f2e-0a51-4f7f-8f4e-6a2a1c9d7b10";

/// A thing that is looked up by its UUID, its name or its address; the list has no size. A missing name can be fine.
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

/// A thing as it is answered.
fn a_thing(uuid: &str, name: &str, official: bool) -> Json {
    json!({"uuid": uuid, "name": name, "at": {"address": format!("{name}.example")}, "official": official, "size": 1})
}

/// The thing in state, besides what it was looked up by.
fn found(uuid: &str, name: &str, official: bool) -> Json {
    json!({"uuid": uuid, "name": name, "address": format!("{name}.example"), "official": official, "size": 1})
}

#[test]
fn a_data_source_finds_the_one_that_is_meant() {
    let row = |rule, config: Json, answers: Vec<Result<Json, ErrorKind>>, calls: &[&str], expected: Json| {
        (rule, (config, answers, json!(calls), expected))
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
        row("by its identity", json!({"uuid": UUID}),
            vec![Ok(a_thing(UUID, "prod", true))], &["get"], found(UUID, "prod", true)),
        row("by its name in the list", json!({"name": "test"}), vec![all()], &["list"], found(OTHER, "test", false)),
        row("by its name, narrowed", json!({"name": "prod", "official": false}),
            vec![all()], &["list"], found(OTHER, "prod", false)),
        row("by another field, and then in full", json!({"address": "test.example"}),
            vec![all(), Ok(a_thing(OTHER, "test", true))], &["list", "get"], found(OTHER, "test", true)),
        row("an argument comes back as it was written", json!({"uuid": UUID.to_uppercase()}),
            vec![Ok(a_thing(UUID, "prod", true))], &["get"],
            with(found(UUID, "prod", true), "uuid", json!(UUID.to_uppercase()))),
        row("a name is compared letter by letter", json!({"name": "Test", "missing_ok": false}),
            vec![all()], &["list"], json!("name: The control plane has no thing with name \"Test\". Closest: \"test\".")),
        row("none, which is fine unless it is said", json!({"name": "none"}),
            vec![all()], &["list"], json!({"name": "none"})),
        row("none, which is fine", json!({"name": "none", "missing_ok": true}),
            vec![all()], &["list"], json!({"name": "none", "missing_ok": true})),
        row("none, which is not", json!({"name": "zzzzzzzz", "missing_ok": false}), vec![all()], &["list"],
            json!("name: The control plane has no thing with name \"zzzzzzzz\". Check the spelling, and that the API token belongs to the \
             account that has it.")),
        row("none of those that were asked for", json!({"name": "test", "official": true, "missing_ok": false}),
            vec![all()], &["list"],
            json!("name: The control plane has no thing with name \"test\" and official = true. Closest: \"test\".")),
        row("none of that identity", json!({"uuid": UUID}), vec![Err(NotFound)], &["get"],
            json!(format!("uuid: The control plane has no thing with uuid \"{UUID}\". Check the spelling, and that the \
             API token belongs to the account that has it."))),
        row("several of that name", json!({"name": "prod"}), vec![all()], &["list"],
            json!(format!("name: 2 objects match this thing. Their uuids are {UUID}, {OTHER}. Narrow the search with `official`, or look it up \
             by `uuid`."))),
        row("a list is no object", json!({"uuid": UUID}),
            vec![all()], &["get"], json!(": The lookup of a thing expects an object, but the control plane returned a list.")),
        row("an object is no list", json!({"name": "prod"}), vec![Ok(json!({"results": []}))],
            &["list"], json!(": The lookup of a thing expects a list, but the control plane returned an object.")),
        row("a call that fails", json!({"name": "prod"}),
            vec![Err(Unreachable)], &["list"], json!(": The request to look up thing \"prod\" failed. `list` failed.")),
        row("nothing that says which", json!({}), vec![], &[], json!(": To look up a thing, set one of the arguments that identify it.")),
    ];
    let binding = declare("data/thing.toml", THING);
    prove(rows, |(config, answers, calls, expected)| {
        let (script, context) = Script::of(answers);
        let mut diagnostics = Diagnostics::default();
        let config = value(&binding, &config);
        let looked_up = block_on(lookup(binding.schema, &context, &config, &mut diagnostics));
        assert_eq!(
            looked_up.is_err(),
            diagnostics.has_errors(),
            "what is reported is an error"
        );
        let is = looked_up.map_or_else(|_| json!(reported(&diagnostics)), |object| shown(&object));
        let expected = match expected {
            Json::String(_) => expected,
            object => shown(&value(&binding, &object)),
        };
        (json!([calls, expected]), json!([script.asked(), is]))
    });
}

#[test]
fn a_data_source_of_many_finds_them_all() {
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
    let row = |rule, answer: Json, things: Json| (rule, (answer, things));
    #[rustfmt::skip]
    let rows = [
        row("all, in their order", json!([{"name": "b"}, {"name": "a"}]), json!([{"name": "b"}, {"name": "a"}])),
        row("none is an empty list", json!([]), json!([])),
        row("a field that is missing is null", json!([{}]), json!([{"name": null}])),
        row("a value of the wrong type is an error at its place", json!([{"name": "a"}, {"name": 7}]),
            json!("things[1].name")),
        row("an object is no list", json!({}), json!("")),
    ];
    prove(rows, |(answer, things)| {
        let (_, context) = Script::of([Ok(answer)]);
        let mut diagnostics = Diagnostics::default();
        let config = value(&binding, &json!({}));
        let looked_up = block_on(lookup(binding.schema, &context, &config, &mut diagnostics));
        let paths = diagnostics.iter().map(|one| one.path.to_string());
        let paths = paths.collect::<Vec<_>>().join(", ");
        let is = looked_up.map_or_else(|_| json!(paths), |object| shown(object.get("things")));
        (things, is)
    });
}
