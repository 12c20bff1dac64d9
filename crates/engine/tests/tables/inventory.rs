//! The objects that an account has: one row for each rule.

use std::sync::Mutex;

use engine::Binding;
use engine::api::ErrorKind::{self, Forbidden, NotFound, Unreachable};
use engine::context::Context;
use engine::diagnostic::Diagnostics;
use engine::inventory::{self, Failure, Inventory, Wanted};
use serde_json::{Value as Json, json};

use super::support::{NULL, Script, THING, UUID, block_on, declarations, declare, prove, reported, shown};

const OTHER: &str = "3c5d1f2e-0a51-4f7f-8f4e-6a2a1c9d7b10";
const THIRD: &str = "9f0e7a11-2b7c-4d0f-8f52-7d1b7a3c5e22";

/// A thing that may be shared, with a color that its name does not show.
const COLORED: &str = r#"
[attributes.is_shared]
type   = "bool"
mode   = "computed"
stable = true
doc    = "Whether all accounts have it."

[attributes.color]
type = "string"
doc  = "Its color."

[filters.name]
type   = "string"
format = "glob"
doc    = "Its name."

[filters.color]
type = "string"
doc  = "Its color."
"#;

/// A thing that exists already, and is in no list.
const LONE: &str = r#"
resource = "lone"
summary  = "Owns a thing."
import   = "{thing_uuid}"

[api]
create = "change"
read   = "get"
update = "change"
delete = "forget"
path   = { uuid = "thing_uuid" }

[attributes.thing_uuid]
type      = "string"
mode      = "required"
format    = "uuid"
force_new = true
wire      = { read = "uuid", write = false }
doc       = "Identifies it."

[attributes.size]
type = "int"
doc  = "Its size."
"#;

fn colored() -> Binding {
    let head = THING.replace("[api]", "official = \"is_shared\"\n\n[api]");
    declare("thing.toml", &format!("{head}\n{COLORED}"))
}

/// What a row wants.
struct Want {
    filters: Json,
    is_whole: bool,
    has_official: bool,
    limit: usize,
}

const ALL: Want = Want {
    filters: Json::Null,
    is_whole: false,
    has_official: false,
    limit: usize::MAX,
};

const WHOLE: Want = Want {
    is_whole: true,
    ..ALL
};

fn matching(filters: Json) -> Want {
    Want { filters, ..ALL }
}

/// A whole thing in a response.
fn a_thing(uuid: &str, name: &str) -> Json {
    json!({"uuid": uuid, "name": name, "is_shared": false, "color": "red"})
}

/// A thing in a response, with one field changed.
fn with(mut thing: Json, field: &str, value: Json) -> Json {
    thing[field] = value;
    thing
}

/// A thing in a response, without one field.
fn without(mut thing: Json, field: &str) -> Json {
    thing.as_object_mut().unwrap().remove(field);
    thing
}

/// The names of the objects that were found, those of the failures with their reasons, the total, and the requests.
fn outcome(binding: &Binding, want: &Want, responses: Vec<Result<Json, ErrorKind>>) -> Json {
    let (script, context) = Script::of(responses);
    let context = Context {
        declarations: declarations(binding),
        ..context
    };
    let filters = filters_of(binding, &want.filters);
    let progress = Mutex::new(Vec::new());
    let note = |done: usize, all: usize| progress.lock().unwrap().push(format!("{done}/{all}"));
    let wanted = Wanted {
        filters: &filters,
        is_whole: &|_| want.is_whole,
        has_official: want.has_official,
        limit: want.limit,
        progress: &note,
    };
    let mut diagnostics = Diagnostics::default();
    let inventory = block_on(inventory::find(binding, &context, wanted, &mut diagnostics));
    let Ok(inventory) = inventory else {
        return json!(reported(&diagnostics));
    };
    assert!(!diagnostics.has_errors());
    let Some(inventory) = inventory else {
        return NULL;
    };
    let objects = inventory.objects.iter().map(|found| match &found.object {
        Some(object) => json!([found.name, shown(object.get("color"))]),
        None => json!(found.name),
    });
    let failures = inventory.failures.iter();
    let failures = failures.map(|failure| format!("{}: {}", failure.name, failure.reason));
    let mut outcome = json!({
        "objects": objects.collect::<Vec<_>>(), "total": inventory.total, "requests": script.requests(),
    });
    let failures: Vec<String> = failures.collect();
    if !failures.is_empty() {
        outcome["failures"] = json!(failures);
    }
    let progress = progress.into_inner().unwrap();
    if !progress.is_empty() {
        outcome["progress"] = json!(progress);
    }
    outcome
}

/// The values of the filters; null without any.
fn filters_of(binding: &Binding, json: &Json) -> ::value::Value {
    let Json::Object(entries) = json else {
        return ::value::Value::Null;
    };
    let filters = binding.schema.filters.iter();
    ::value::Value::object(filters.map(|filter| {
        let value = entries.get(filter.name.as_ref()).and_then(Json::as_str);
        let value = value.map_or(::value::Value::Null, ::value::Value::string);
        (filter.name.to_string(), value)
    }))
}

#[test]
fn list_shows_the_objects_of_an_account() {
    let row = |rule, want: Want, list: Json, expected: Json| (rule, (want, list, expected));
    let one = || a_thing(UUID, "one");
    let two = || a_thing(OTHER, "two");
    let shared = || with(a_thing(THIRD, "three"), "is_shared", json!(true));
    let found = |names: &[&str]| json!({"objects": names, "total": names.len(), "requests": ["list"]});
    let limited = |limit| Want { limit, ..ALL };
    let official = Want {
        has_official: true,
        ..ALL
    };
    #[rustfmt::skip]
    let rows = [
        row("no object", ALL, json!([]), found(&[])),
        row("objects have the order of the list", ALL, json!([two(), one()]), found(&["two", "one"])),
        row("an object that is not the account's own is left out", ALL, json!([one(), shared(), two()]), found(&["one", "two"])),
        row("an object that is not the account's own is wanted", official, json!([one(), shared()]), found(&["one", "three"])),
        row("without the field, an object is the account's own", ALL, json!([without(shared(), "is_shared")]), found(&["three"])),
        row("null is no official object", ALL, json!([with(shared(), "is_shared", NULL)]), found(&["three"])),
        row("a boolean as a number", ALL, json!([with(shared(), "is_shared", json!(1))]), found(&[])),
        row("fewer objects than the limit", limited(3), json!([one(), two()]), found(&["one", "two"])),
        row("as many objects as the limit", limited(2), json!([one(), two()]), found(&["one", "two"])),
        row("more objects than the limit", limited(1), json!([one(), two()]),
            json!({"objects": ["one"], "total": 2, "requests": ["list"]})),
        row("an object that the list has twice", ALL, json!([one(), two(), one()]), found(&["one", "two"])),
        row("an object twice, in two spellings", ALL, json!([one(), with(one(), "uuid", json!(UUID.to_uppercase()))]), found(&["one"])),
        row("an object without a name", ALL, json!([with(one(), "name", json!("")), with(two(), "name", NULL)]), found(&[UUID, OTHER])),
        row("a name of another type", ALL, json!([with(one(), "name", json!(7))]), found(&[UUID])),
        row("the identity has one spelling", ALL, json!([with(without(one(), "name"), "uuid", json!(UUID.to_uppercase()))]), found(&[&UUID.to_uppercase()])),
        row("an item that is no object", ALL, json!([7, one()]),
            json!({"objects": ["one"], "total": 1, "requests": ["list"],
                "failures": [": The provider expected an object for thing, but the control plane returned a number."]})),
        row("an item without an identity", ALL, json!([without(two(), "uuid"), one()]),
            json!({"objects": ["one"], "total": 1, "requests": ["list"],
                "failures": ["two: The response for thing has no `uuid`."]})),
        row("an item without an identity, of an object that is not the account's own", ALL, json!([without(shared(), "uuid"), one()]),
            found(&["one"])),
        row("an item whose identity is invalid", ALL, json!([with(two(), "uuid", json!("2")), one()]),
            json!({"objects": ["one"], "total": 1, "requests": ["list"],
                "failures": ["two: The response for thing has a `uuid` in an invalid format."]})),
    ];
    let binding = colored();
    prove(rows, |(want, list, expected)| {
        (expected, outcome(&binding, &want, vec![Ok(list)]))
    });
}

#[test]
fn filters_select_objects() {
    let row = |rule, filters: Json, list: Json, gets: Vec<Result<Json, ErrorKind>>, expected: Json| {
        (rule, (filters, list, gets, expected))
    };
    let one = || a_thing(UUID, "one");
    let two = || with(a_thing(OTHER, "two"), "color", json!("blue"));
    let found = |names: &[&str]| json!({"objects": names, "total": names.len(), "requests": ["list"]});
    let read = |names: &[&str], gets: usize| {
        let requests = std::iter::once("list").chain(std::iter::repeat_n("get", gets));
        let progress: Vec<String> = (1..=gets).map(|get| format!("{get}/{gets}")).collect();
        json!({
            "objects": names, "total": names.len(), "requests": requests.collect::<Vec<_>>(), "progress": progress,
        })
    };
    let colorless = |thing: Json| without(thing, "color");
    let not_shown =
        "one: The control plane's response does not have the field `color`, with which `color` is compared.";
    let unreachable = "one: The request to read thing \"one\" failed. `get` failed.";
    #[rustfmt::skip]
    let rows = [
        row("a filter that is not set", json!({}), json!([one(), two()]), vec![], found(&["one", "two"])),
        row("a pattern", json!({"name": "t*"}), json!([one(), two()]), vec![], found(&["two"])),
        row("a value", json!({"color": "red"}), json!([one(), two()]), vec![], found(&["one"])),
        row("both", json!({"color": "red", "name": "t*"}), json!([one(), two()]), vec![], found(&[])),
        row("an item that does not show the field is read", json!({"color": "red"}), json!([colorless(one()), two()]),
            vec![Ok(one())], read(&["one"], 1)),
        row("an item that does not match otherwise is not read", json!({"color": "red", "name": "x"}), json!([colorless(one())]),
            vec![], found(&[])),
        row("an object that does not match after all", json!({"color": "red"}), json!([colorless(one()), colorless(two())]),
            vec![Ok(one()), Ok(two())], read(&["one"], 2)),
        row("an object that is gone meanwhile", json!({"color": "red"}), json!([colorless(one())]),
            vec![Err(NotFound), Ok(json!([]))], with(read(&[], 1), "requests", json!(["list", "get", "list"]))),
        row("an item without an identity that does not match", json!({"color": "red"}), json!([without(two(), "uuid"), one()]), vec![],
            found(&["one"])),
        row("an object that cannot be read", json!({"color": "red"}), json!([colorless(one())]), vec![Err(Unreachable)],
            with(read(&[], 1), "failures", json!([unreachable]))),
        row("no response shows the field", json!({"color": "red"}), json!([colorless(one())]), vec![Ok(colorless(one()))],
            with(read(&[], 1), "failures", json!([not_shown]))),
        row("a response is about another object", json!({"color": "red"}), json!([colorless(one())]), vec![Ok(a_thing(THIRD, "x"))],
            with(read(&[], 1), "failures", json!([format!("one: The response for thing {UUID:?} has the `uuid` of another object.")]))),
        row("an object that is not the account's own, as only its response shows", json!({"color": "red"}), json!([colorless(one())]),
            vec![Ok(with(one(), "is_shared", json!(true)))], read(&[], 1)),
    ];
    let binding = colored();
    prove(rows, |(filters, list, gets, expected)| {
        let responses = std::iter::once(Ok(list)).chain(gets).collect();
        (expected, outcome(&binding, &matching(filters), responses))
    });
}

#[test]
fn whole_objects_are_read_if_their_items_lack_anything() {
    let row = |rule, want: Want, list: Json, gets: Vec<Result<Json, ErrorKind>>, expected: Json| {
        (rule, (want, list, gets, expected))
    };
    let one = || a_thing(UUID, "one");
    let two = || with(a_thing(OTHER, "two"), "color", json!("blue"));
    let short = |thing: Json| without(thing, "color");
    let read = |objects: Json, gets: usize| {
        let requests = std::iter::once("list").chain(std::iter::repeat_n("get", gets));
        let mut expected = json!({
            "total": objects.as_array().unwrap().len(), "objects": objects, "requests": requests.collect::<Vec<_>>(),
        });
        if gets > 0 {
            let progress = (1..=gets).map(|get| format!("{get}/{gets}"));
            expected["progress"] = json!(progress.collect::<Vec<_>>());
        }
        expected
    };
    let failed = |gets: usize, total: usize, reason: &str| {
        let expected = with(read(json!([["two", "blue"]]), gets), "total", json!(total));
        with(expected, "failures", json!([format!("one: {reason}")]))
    };
    #[rustfmt::skip]
    let rows = [
        row("complete items need no request", WHOLE, json!([one(), two()]), vec![], read(json!([["one", "red"], ["two", "blue"]]), 0)),
        row("null is a value", WHOLE, json!([with(one(), "color", NULL)]), vec![], read(json!([["one", NULL]]), 0)),
        row("an item that lacks a field is completed", WHOLE, json!([short(one()), two()]), vec![Ok(one())],
            read(json!([["one", "red"], ["two", "blue"]]), 1)),
        row("what the object has now counts", WHOLE, json!([short(one())]), vec![Ok(with(one(), "name", json!("new")))],
            read(json!([["new", "red"]]), 1)),
        row("a response that lacks a field, too, is not read again", WHOLE, json!([short(one())]), vec![Ok(short(one()))],
            read(json!([["one", NULL]]), 1)),
        row("only the wanted ones are read", Want { limit: 1, ..WHOLE }, json!([short(one()), short(two())]), vec![Ok(one())],
            with(read(json!([["one", "red"]]), 1), "total", json!(2))),
        row("one is gone meanwhile", WHOLE, json!([short(one()), short(two())]), vec![Err(NotFound), Ok(two()), Ok(json!([two()]))],
            with(with(read(json!([["two", "blue"]]), 2), "total", json!(2)), "requests", json!(["list", "get", "get", "list"]))),
        row("one is listed again, but not found", WHOLE, json!([short(one()), two()]), vec![Err(NotFound), Ok(json!([short(one()), two()]))],
            with(failed(1, 2, "The control plane lists it, but the request for it found nothing. The API token may not be allowed to read it."),
                "requests", json!(["list", "get", "list"]))),
        row("one may be gone meanwhile", WHOLE, json!([short(one()), two()]), vec![Err(NotFound), Err(Forbidden)],
            with(failed(1, 2, "The request for it found nothing, and whether it was deleted is not known. The request to list the thing objects \
                failed. `list` failed."), "requests", json!(["list", "get", "list"]))),
        row("one cannot be read", WHOLE, json!([short(one()), two()]), vec![Err(Forbidden)],
            failed(1, 2, "The request to read thing \"one\" failed. `get` failed.")),
        row("a response is about another one", WHOLE, json!([short(one()), two()]), vec![Ok(a_thing(THIRD, "x"))],
            json!({"objects": [["two", "blue"]], "total": 2, "requests": ["list", "get"], "progress": ["1/1"],
                "failures": [format!("one: The response for thing {UUID:?} has the `uuid` of another object.")]})),
        row("an item with a field of another type", WHOLE, json!([with(one(), "color", json!([])), two()]), vec![],
            failed(0, 2, "The control plane's field for `color` should be a string, but is a list. The provider does not support this version \
                of the control plane: upgrade the provider, or report this to its developers.")),
        row("a filter and the whole object need one request", Want { filters: json!({"color": "red"}), ..WHOLE }, json!([short(one())]),
            vec![Ok(one())], read(json!([["one", "red"]]), 1)),
        row("what was read for a filter is not read again", Want { filters: json!({"color": "red"}), ..WHOLE }, json!([short(one())]),
            vec![Ok(without(one(), "is_shared"))], read(json!([["one", "red"]]), 1)),
    ];
    let binding = colored();
    prove(rows, |(want, list, gets, expected)| {
        let responses = std::iter::once(Ok(list)).chain(gets).collect();
        (expected, outcome(&binding, &want, responses))
    });
}

#[test]
fn list_that_cannot_be_read_is_an_error() {
    let row = |rule, response: Result<Json, ErrorKind>, expected: &str| (rule, (response, json!(expected)));
    let rows = [
        row(
            "a request that fails",
            Err(Forbidden),
            ": The request to list the thing objects failed. `list` failed.",
        ),
        row(
            "no list",
            Ok(json!({"uuid": UUID})),
            ": The request to list the thing objects failed. The control plane returned an unexpected response to the \
             operation `list`: expected a list, got an object.",
        ),
    ];
    let binding = colored();
    prove(rows, |(response, expected)| {
        (expected, outcome(&binding, &ALL, vec![response]))
    });
}

#[test]
fn resource_without_a_list_has_no_inventory() {
    let binding = declare("lone.toml", LONE);
    assert_eq!(outcome(&binding, &ALL, Vec::new()), NULL);
}

#[test]
fn identities_of_several_parts_are_the_name() {
    let declaration = THING.replace("\"{uuid}\"", "\"{zone}/{uuid}\"");
    let zone = "label = \"nickname\"\n\n[api]";
    let attributes = "[attributes.zone]\ntype = \"string\"\nmode = \"computed\"\nstable = true\ndoc = \"Where it is.\"\n\
                      [attributes.nickname]\ntype = \"string\"\ndoc = \"Its name.\"";
    let declaration = declaration.replace("[api]", zone);
    let binding = declare("thing.toml", &format!("{declaration}\n{attributes}"));
    let row = |rule, response: Json, expected: &str| (rule, (response, expected.to_owned()));
    #[rustfmt::skip]
    let rows = [
        row("the label", json!({"zone": "a", "uuid": UUID, "nickname": "n"}), "n"),
        row("the identity", json!({"zone": "a", "uuid": UUID, "name": "n"}), &format!("a/{UUID}")),
        row("what the response has of it", json!({"uuid": UUID}), UUID),
        row("nothing", json!({}), ""),
        row("no object", json!([]), ""),
    ];
    prove(rows, |(response, expected)| {
        (expected, inventory::name(binding.schema, &response))
    });
}

#[test]
fn missing_objects_are_warnings() {
    let failures = |count: usize| -> Vec<Failure> {
        let failure = |number| Failure {
            name: format!("n{number}"),
            is_official: false,
            reason: "It failed.".to_owned(),
        };
        (1..=count).map(failure).collect()
    };
    let lacks =
        |count: usize| format!(": The list lacks {count} thing objects, which could not be read.\n\n");
    let one = ": The list lacks 1 thing object, which could not be read.\n\n\"n1\": It failed.";
    let ten: Vec<String> = (1..=10)
        .map(|number| format!("\"n{number}\": It failed."))
        .collect();
    let ten = ten.join("\n\n");
    let row = |rule, total: usize, count: usize, expected: String| (rule, (total, failures(count), expected));
    #[rustfmt::skip]
    let rows = [
        row("as many as the limit", 100, 0, String::new()),
        row("one more than the limit", 101, 0,
            ": Showing 100 of 101 thing objects. Set `limit` in the `list` block to at least 101.".to_owned()),
        row("a failure", 0, 1, one.to_owned()),
        row("two failures", 0, 2, lacks(2) + "\"n1\": It failed.\n\n\"n2\": It failed."),
        row("ten failures", 0, 10, lacks(10) + &ten),
        row("one more failure", 0, 11, lacks(11) + &ten + "\n\nThe same is true of 1 other."),
        row("more failures", 0, 12, lacks(12) + &ten + "\n\nThe same is true of 2 others."),
        row("both", 200, 2, ": Showing 100 of 200 thing objects. Set `limit` in the `list` block to at least 200.\n".to_owned()
            + &lacks(2) + "\"n1\": It failed.\n\n\"n2\": It failed."),
    ];
    let binding = colored();
    prove(rows, |(total, failures, expected)| {
        let inventory = Inventory {
            total,
            failures,
            ..Inventory::default()
        };
        let mut diagnostics = Diagnostics::default();
        inventory.warn(binding.schema, 100, &mut diagnostics);
        assert!(!diagnostics.has_errors());
        (expected, reported(&diagnostics))
    });
}
