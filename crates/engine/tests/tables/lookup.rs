//! The lookup of a data source: one row for each rule.

use engine::api::ErrorKind::{self, NotFound, Unreachable};
use engine::declarations::Declarations;
use engine::diagnostic::Diagnostics;
use engine::lookup::lookup;
use engine::misses::{self, Miss};
use engine::process::Process;
use engine::rules::WriteOnly;
use engine::validate;
use serde_json::{Value as Json, json};

use super::support::{Script, UUID, block_on, declare, prove, reported, shown, thing, value};

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
            json!(format!("name: 2 things have the name \"prod\". Their uuids are {UUID}, {OTHER}. Narrow the search with `official`, or look it up \
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

/// Things by name, filtered, in a map.
const THINGS: &str = r#"
data_source = "things"
summary     = "Lists things."

[[lookup]]
api    = "list"
expect = "many"
into   = "things"
narrow = ["name", "tag", "official", "mesh_uuid"]
key    = ["name", "uuid"]
then   = "get"

[attributes]
name      = { doc = "A pattern.", type = "string", format = "glob" }
tag       = { doc = "One tag.", type = "string", wire = "tags" }
official  = { doc = "Whether it is.", type = "bool" }
mesh_uuid = { doc = "Its mesh.", type = "string", format = "uuid", wire = { read = ["mesh.uuid", "mesh_uuid"] } }

[attributes.things]
type = "map(object)"
mode = "computed"
doc  = "Those that match."

[attributes.things.attributes]
uuid     = { doc = "Its UUID.", type = "string", mode = "computed", format = "uuid" }
name     = { doc = "Its name.", type = "string", mode = "computed" }
tags     = { doc = "Its tags.", type = "list(string)", mode = "computed" }
official = { doc = "Whether it is.", type = "bool", mode = "computed" }
"#;

/// An item of the list of things.
fn item(uuid: &str, name: &str, tags: &[&str], official: bool, mesh: Option<&str>) -> Json {
    json!({"uuid": uuid, "name": name, "tags": tags, "official": official, "mesh_uuid": mesh})
}

/// The JSON without these fields.
fn without(mut object: Json, fields: &[&str]) -> Json {
    for field in fields {
        object.as_object_mut().unwrap().remove(*field);
    }
    object
}

#[test]
fn lookup_filters_and_keys_many_objects() {
    const MESH: &str = "77777777-0a51-4f7f-8f4e-6a2a1c9d7b10";
    const THIRD: &str = "99999999-0a51-4f7f-8f4e-6a2a1c9d7b10";
    let web_1 = || item(UUID, "web-1", &["base", "web"], true, Some(MESH));
    let web_2 = || item(OTHER, "web-2", &["web"], false, None);
    let db = || item(THIRD, "db", &[], true, None);
    let all = || Ok(json!([web_1(), web_2(), db()]));
    // The keys of the result.
    let names = |names: &[&str]| json!(names);
    let incomplete = |fields: &[&str]| Ok(json!([web_1(), without(web_2(), fields), db()]));
    let lacks = |name: &str, field: &str| {
        json!(format!(
            "{name}: The lookup of things compares `{name}` with the field `{field}`, which the control plane's response does not have for \
             every object. Remove `{name}` from the configuration."
        ))
    };
    let row =
        |rule, config: Json, responses: Vec<Result<Json, ErrorKind>>, requests: &[&str], expected: Json| {
            (rule, (config, responses, json!(requests), expected))
        };
    #[rustfmt::skip]
    let rows = [
        row("no filter", json!({}), vec![all()], &["list"], names(&["db", "web-1", "web-2"])),
        row("a pattern", json!({"name": "web-*"}), vec![all()], &["list"], names(&["web-1", "web-2"])),
        row("a pattern without wildcards", json!({"name": "web-1"}), vec![all()], &["list"], names(&["web-1"])),
        row("a value of a list", json!({"tag": "base"}), vec![all()], &["list"], names(&["web-1"])),
        row("a bool that is true", json!({"official": true}), vec![all()], &["list"], names(&["db", "web-1"])),
        row("a bool that is false", json!({"official": false}), vec![all()], &["list"], names(&["web-2"])),
        row("a UUID in another spelling", json!({"mesh_uuid": MESH.to_uppercase()}), vec![all()], &["list"], names(&["web-1"])),
        row("several filters", json!({"name": "web-*", "tag": "web", "official": false}), vec![all()], &["list"], names(&["web-2"])),
        row("no match", json!({"name": "web-*", "tag": "none"}), vec![all()], &["list"], names(&[])),
        row("no objects", json!({"name": "web-*"}), vec![Ok(json!([]))], &["list"], names(&[])),
        row("objects that share a name", json!({}),
            vec![Ok(json!([web_1(), item(OTHER, "web-1", &[], true, None), db()]))], &["list"],
            json!(["db", format!("web-1/{UUID}"), format!("web-1/{OTHER}")])),
        row("only one of two objects with the same name matches", json!({"official": true}),
            vec![Ok(json!([web_1(), item(OTHER, "web-1", &[], false, None)]))], &["list"], names(&["web-1"])),
        row("objects without a name", json!({}),
            vec![Ok(json!([item(UUID, "", &[], true, None), db(), {"uuid": OTHER, "name": null, "tags": [], "official": true}]))],
            &["list"], json!([UUID, OTHER, "db"])),
        row("one object twice", json!({}), vec![Ok(json!([web_1(), web_1()]))], &["list"],
            json!(format!(": The control plane returned several objects for `things` whose key in the map would be \"web-1/{UUID}\": they have \
                the same `name` and `uuid`."))),
        row("an object without a name and an identity", json!({}), vec![Ok(json!([item("", "", &[], true, None)]))], &["list"],
            json!(": The control plane returned an object for `things` without `name` and `uuid`, which make its key in the map.")),
        row("an item that lacks an attribute is read", json!({}),
            vec![incomplete(&["tags"]), Ok(web_2())], &["list", "get"], names(&["db", "web-1", "web-2"])),
        row("an item that lacks a filter's field is read, and matches", json!({"mesh_uuid": MESH}),
            vec![incomplete(&["mesh_uuid"]), Ok(json!({"uuid": OTHER, "mesh": {"uuid": MESH}}))], &["list", "get"],
            names(&["web-1", "web-2"])),
        row("an item that lacks a filter's field is read, and does not match", json!({"mesh_uuid": MESH}),
            vec![incomplete(&["mesh_uuid"]), Ok(json!({"uuid": OTHER, "mesh": null}))], &["list", "get"], names(&["web-1"])),
        row("an item that lacks a filter's field, but does not match another filter, is not read", json!({"official": true, "mesh_uuid": MESH}),
            vec![incomplete(&["mesh_uuid"])], &["list"], names(&["web-1"])),
        row("an item that does not match is not read", json!({"name": "db"}), vec![incomplete(&["tags"])], &["list"], names(&["db"])),
        row("an object that is gone when it is read", json!({}), vec![incomplete(&["tags"]), Err(NotFound)],
            &["list", "get"], names(&["db", "web-1"])),
        row("an object that does not match any more when it is read", json!({"name": "web-*"}),
            vec![incomplete(&["tags"]), Ok(item(OTHER, "db-2", &[], true, None))], &["list", "get"], names(&["web-1"])),
        row("an object that neither the list nor the read shows is an error", json!({"official": false}),
            vec![incomplete(&["official"]), Ok(without(web_2(), &["official"]))], &["list", "get"], lacks("official", "official")),
        row("the error names the field", json!({"tag": "base"}),
            vec![incomplete(&["tags"]), Ok(without(web_2(), &["tags"]))], &["list", "get"], lacks("tag", "tags")),
        row("an attribute that neither shows is null or empty", json!({}),
            vec![incomplete(&["tags"]), Ok(without(web_2(), &["tags"]))], &["list", "get"], names(&["db", "web-1", "web-2"])),
        row("a read of another object is an error", json!({}), vec![incomplete(&["tags"]), Ok(db())], &["list", "get"],
            json!(format!(": The request to look up things failed. The control plane returned an unexpected response to the operation `get`: expected the object with the `uuid` \"{OTHER}\", got another one."))),
        row("a read without an object is an error", json!({}), vec![incomplete(&["tags"]), Ok(json!([]))], &["list", "get"],
            json!(": The request to look up things failed. The control plane returned an unexpected response to the operation `get`: expected an object, got a list.")),
        row("a read that fails", json!({}), vec![incomplete(&["tags"]), Err(Unreachable)], &["list", "get"],
            json!(": The request to look up things failed. `get` failed.")),
        row("an incomplete item without an identity", json!({}), vec![Ok(json!([{"name": "a"}]))], &["list"],
            json!(": The request to look up things failed. The control plane returned an unexpected response to the operation `list`: an object has no `uuid`.")),
        row("a field of an unexpected type is an error at its key", json!({}),
            vec![Ok(json!([{"uuid": UUID, "name": "a", "tags": [], "official": "perhaps"}]))], &["list"],
            json!("things[\"a\"].official: The control plane's field for `official` should be a boolean, but is a string. The provider does not \
                support this version of the control plane: upgrade the provider, or report this to its developers.")),
    ];
    let binding = declare("data/things.toml", THINGS);
    prove(rows, |(config, responses, requests, expected)| {
        let (script, context) = Script::of(responses);
        let mut diagnostics = Diagnostics::default();
        let configured = value(&binding, &config);
        let looked_up = block_on(lookup(binding.schema, &context, &configured, &mut diagnostics));
        let actual = looked_up.map_or_else(
            |_| json!(reported(&diagnostics)),
            |object| {
                let object = shown(&object);
                for (name, value) in config.as_object().unwrap() {
                    assert_eq!(object[name], *value, "a filter keeps its value");
                }
                json!(object["things"].as_object().unwrap().keys().collect::<Vec<_>>())
            },
        );
        (json!([requests, expected]), json!([script.requests(), actual]))
    });
}

#[test]
fn lookup_returns_whole_objects() {
    let binding = declare("data/things.toml", THINGS);
    let item = json!({"uuid": UUID, "name": "web-1", "official": true, "mesh_uuid": null});
    let whole = json!({"uuid": UUID, "tags": ["a"], "official": false, "mesh": null});
    let (_, context) = Script::of([Ok(json!([item])), Ok(whole)]);
    let mut diagnostics = Diagnostics::default();
    let config = value(&binding, &json!({}));
    let found = block_on(lookup(binding.schema, &context, &config, &mut diagnostics));
    // What only the item has is kept; otherwise, the read counts.
    assert_eq!(
        shown(&found.unwrap()),
        json!({
            "name": null, "tag": null, "official": null, "mesh_uuid": null,
            "things": {"web-1": {"uuid": UUID, "name": "web-1", "tags": ["a"], "official": false}},
        })
    );
}

#[test]
fn lookup_without_a_read_reports_a_field_that_a_filter_needs() {
    let list = r#"
data_source = "things"
summary     = "Lists things."

[[lookup]]
api    = "list"
expect = "many"
into   = "things"
narrow = ["official"]

[attributes]
official = { doc = "Whether it is.", type = "bool" }

[attributes.things]
type       = "list(object)"
mode       = "computed"
doc        = "Those that match."
attributes = { name = { doc = "A name.", type = "string", mode = "computed" } }
"#;
    let binding = declare("data/things.toml", list);
    let items = json!([{"name": "a", "official": false}, {"name": "b", "official": true}, {"name": "c"}]);
    let row = |rule, config: Json, expected: Json| (rule, (config, expected));
    let rows = [
        row(
            "no filter",
            json!({}),
            json!([{"name": "a"}, {"name": "b"}, {"name": "c"}]),
        ),
        row(
            "a filter",
            json!({"official": false}),
            json!(
                "official: The lookup of things compares `official` with the field `official`, which the control plane's response does not \
                 have for every object. Remove `official` from the configuration."
            ),
        ),
    ];
    prove(rows, |(config, expected)| {
        let (_, context) = Script::of([Ok(items.clone())]);
        let mut diagnostics = Diagnostics::default();
        let config = value(&binding, &config);
        let found = block_on(lookup(binding.schema, &context, &config, &mut diagnostics));
        let actual = found.map_or_else(
            |_| json!(reported(&diagnostics)),
            |found| shown(found.get("things")),
        );
        (expected, actual)
    });
}

/// A resource with arguments that things may fill.
const OWNER: &str = r#"
[attributes]
thing_uuid  = { doc = "A thing.", type = "string", mode = "required", ref = "thing.uuid" }
thing_uuids = { doc = "Things.", type = "set(string)", ref = "thing.uuid" }
size        = { doc = "Its size.", type = "int", mode = "required" }
"#;

#[test]
fn lookup_warns_of_nothing_unless_it_is_allowed() {
    let binding = declare("data/thing.toml", THING);
    let list = || {
        Ok(json!([
            a_thing(UUID, "web-1", true),
            a_thing(OTHER, "db.example.com", false)
        ]))
    };
    let warning = |what: &str, suggestion: &str| {
        format!(
            "name: The control plane has no thing with {what}. {suggestion} All attributes of the data source are null. If that is intended, \
             set `missing_ok = true`. If it is an error, set `missing_ok = false`."
        )
    };
    let unknown = "Check the spelling, and that the API token belongs to the account that has it.";
    let row =
        |rule, config: Json, expected: String, closest: &[&str]| (rule, (config, expected, json!(closest)));
    #[rustfmt::skip]
    let rows = [
        row("a misspelt name", json!({"name": "wbe-1"}), warning("name \"wbe-1\"", "Closest: \"web-1\"."), &["\"web-1\""]),
        row("a name in another case", json!({"name": "WEB-1"}), warning("name \"WEB-1\"", "Closest: \"web-1\"."), &["\"web-1\""]),
        row("a name with a domain", json!({"name": "web-1.a.example.com"}),
            warning("name \"web-1.a.example.com\"", "Closest: \"web-1\"."), &["\"web-1\""]),
        row("a name without its domain", json!({"name": "db"}), warning("name \"db\"", "Closest: \"db.example.com\"."), &["\"db.example.com\""]),
        row("a name that nothing resembles", json!({"name": "zzzzzzzz"}), warning("name \"zzzzzzzz\"", unknown), &[]),
        row("a narrowed name", json!({"name": "web-1", "official": false}),
            warning("name \"web-1\" and official = false", "Closest: \"web-1\"."), &["\"web-1\""]),
        row("a missing object that is allowed", json!({"name": "wbe-1", "missing_ok": true}), String::new(), &["\"web-1\""]),
    ];
    prove(rows, |(config, expected, closest)| {
        let (_, context) = Script::of([list()]);
        let mut diagnostics = Diagnostics::default();
        let found = block_on(lookup(
            binding.schema,
            &context,
            &value(&binding, &config),
            &mut diagnostics,
        ));
        assert_eq!(
            found.map(|found| shown(&found)),
            Ok(shown(&value(&binding, &config)))
        );
        let misses: Vec<Json> = context
            .process
            .misses()
            .into_iter()
            .map(|miss| json!(miss.closest))
            .collect();
        (
            json!([expected, [closest]]),
            json!([reported(&diagnostics), misses]),
        )
    });
}

#[test]
fn error_about_null_names_the_lookups_that_it_may_come_from() {
    let owner = thing(OWNER);
    let data_source = declare("data/thing.toml", THING);
    let declarations = Declarations {
        prefix: "acme",
        all: [owner.schema, data_source.schema].into(),
    };
    let miss = |name: &str, closest: &[&str]| Miss {
        data_source: "thing".to_owned(),
        what: format!("no thing with name {name:?}"),
        closest: closest.iter().map(|name| format!("{name:?}")).collect(),
    };
    let other = Miss {
        data_source: "other".to_owned(),
        ..miss("a", &[])
    };
    let required = "The argument `thing_uuid` is required, but no value was given.";
    let from = "The value may come from `data.acme_thing`, which found";
    let size = "size: The argument `size` is required, but no value was given.";
    let row = |rule, misses: Vec<Miss>, hint: String| (rule, (misses, hint));
    #[rustfmt::skip]
    let rows = [
        row("no lookup", vec![], String::new()),
        row("a lookup of another data source", vec![other.clone()], String::new()),
        row("one lookup", vec![miss("b", &[]), other], format!(" {from} no thing with name \"b\".")),
        row("one lookup with similar names", vec![miss("b", &["c", "d"])], format!(" {from} no thing with name \"b\" (closest: \"c\", \"d\").")),
        row("two lookups", vec![miss("b", &[]), miss("c", &["d"])],
            format!(" {from} no thing with name \"b\" and no thing with name \"c\" (closest: \"d\").")),
        row("many lookups", ["a", "b", "c", "d", "e"].map(|name| miss(name, &[])).into(),
            format!(" {from} no thing with name \"a\", no thing with name \"b\", no thing with name \"c\" and 2 more.")),
    ];
    prove(rows, |(misses, hint)| {
        let process = Process::default();
        // Terraform may read a data source several times.
        for miss in misses.iter().chain(&misses) {
            process.note_miss(miss.clone());
        }
        let config = value(&owner, &json!({"name": "a", "thing_uuids": [null]}));
        let mut problems = Diagnostics::default();
        validate::config(&owner, &config, WriteOnly::Allowed, &mut problems);
        let explained = misses::explain(&process.misses(), owner.schema, &declarations, problems);
        let element = "thing_uuids: `thing_uuids` has an element that is null. Remove the element, for example with `compact()`.";
        let expected = format!("{size}\nthing_uuid: {required}{hint}\n{element}{hint}");
        process.begin(std::collections::BTreeMap::default());
        assert!(process.misses().is_empty());
        (expected, reported(&explained))
    });
}
