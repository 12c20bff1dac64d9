//! The identity of an object in a response and in stored state: one row for each rule.

use engine::Binding;
use engine::diagnostic::Diagnostics;
use engine::identity::{check, import_id, key, of};
use engine::read::upgrade;
use serde_json::{Value as Json, json};
use value::Value;

use super::support::{
    NULL, Script, THING, UNKNOWN, UUID, declare, field, fields, prove, reported, shown, thing, value,
};

const OTHER: &str = "3c5d1f2e-0a51-4f7f-8f4e-6a2a1c9d7b10";

/// A thing with a zone, imported by an ID of this form.
fn imported_by(form: &str) -> Binding {
    let declaration = THING.replace("\"{uuid}\"", form);
    let zone = "[attributes.zone]\ntype = \"string\"\nmode = \"required\"\ndoc = \"Where it is.\"";
    declare("thing.toml", &format!("{declaration}\n{zone}"))
}

#[test]
fn check_compares_the_identity_in_a_response() {
    let row =
        |rule, response: Json, known: &'static str, report: &'static str| (rule, (response, known, report));
    #[rustfmt::skip]
    let rows = [
        row("the same identity", json!({"uuid": UUID}), UUID, ""),
        row("the same identity in upper case", json!({"uuid": UUID.to_uppercase()}), UUID, ""),
        row("another identity", json!({"uuid": OTHER}),
            UUID, "uuid: The response for thing \"a\" has the `uuid` of another object."),
        row("a missing identity is allowed if it is known", json!({}), UUID, ""),
        row("a null identity is allowed if it is known", json!({"uuid": null}), UUID, ""),
        row("the first identity", json!({"uuid": UUID}), UNKNOWN, ""),
        row("a missing identity is an error if it is unknown", json!({}),
            UNKNOWN, "uuid: The response for thing \"a\" has no `uuid`."),
        row("a null identity is an error if it is unknown", json!({"uuid": null}),
            UNKNOWN, "uuid: The response for thing \"a\" has no `uuid`."),
        row("an identity that would change the path of a request", json!({"uuid": "../x"}),
            UNKNOWN, "uuid: The response for thing \"a\" has a `uuid` in an invalid format."),
        row("a number instead of a string", json!({"uuid": 7}),
            UUID, "uuid: The response for thing \"a\" has a `uuid` in an invalid format."),
        row("a list instead of an object", json!([{"uuid": UUID}]),
            UUID, ": The provider expected an object for thing \"a\", but the control plane returned a list."),
        row("null instead of an object", NULL, UUID, ": The provider expected an object for thing \"a\", but the control plane returned null."),
    ];
    let binding = thing("");
    let (_, context) = Script::of([]);
    prove(rows, |(response, known, report)| {
        let known = value(&binding, &json!({"uuid": known, "name": "a"}));
        let mut diagnostics = Diagnostics::default();
        let checked = check(binding.schema, &response, &known, &*context.api, &mut diagnostics);
        assert_eq!(
            checked.is_err(),
            diagnostics.has_errors(),
            "each diagnostic is an error"
        );
        (report.to_owned(), reported(&diagnostics))
    });
}

#[test]
fn key_and_import_id_contain_the_identity() {
    let row = |rule, form, object: Json, key: String, id: Option<String>| (rule, (form, object, key, id));
    #[rustfmt::skip]
    let rows = [
        row("an identity of one part", "\"{uuid}\"",
            json!({"uuid": UUID, "zone": "z"}), format!("thing/{UUID}"), Some(UUID.to_owned())),
        row("an identity of several parts", "\"{zone}/{uuid}\"",
            json!({"uuid": UUID, "zone": "z"}), format!("thing/z/{UUID}"), Some(format!("z/{UUID}"))),
        row("an unknown identity", "\"{uuid}\"",
            json!({"uuid": UNKNOWN, "zone": "z"}), "thing/".to_owned(), None),
        row("an invalid identity", "\"{uuid}\"",
            json!({"uuid": "x", "zone": "z"}), "thing/x".to_owned(), None),
        row("an object that cannot be imported", "false",
            json!({"uuid": UUID, "zone": "z"}), "thing".to_owned(), None),
    ];
    prove(rows, |(form, object, expected_key, id)| {
        let binding = imported_by(form);
        let object = value(&binding, &object);
        let actual = json!([key(binding.schema, &object), import_id(binding.schema, &object)]);
        (json!([expected_key, id]), actual)
    });
}

#[test]
fn identity_is_known_as_a_whole_in_one_spelling() {
    let upper = UUID.to_uppercase();
    #[rustfmt::skip]
    let rows = [
        ("one part", ("\"{uuid}\"", json!({"uuid": UUID, "zone": "Z"}), json!({"uuid": UUID}))),
        ("a UUID in upper case", ("\"{uuid}\"", json!({"uuid": upper, "zone": "Z"}), json!({"uuid": UUID}))),
        ("several parts", ("\"{zone}/{uuid}\"", json!({"uuid": UUID, "zone": "Z"}), json!({"uuid": UUID, "zone": "Z"}))),
        ("an unknown part", ("\"{zone}/{uuid}\"", json!({"uuid": UNKNOWN, "zone": "Z"}), NULL)),
        ("a part that is null", ("\"{zone}/{uuid}\"", json!({"uuid": UUID, "zone": null}), NULL)),
        ("no object", ("\"{uuid}\"", NULL, NULL)),
        ("a resource without an identity", ("false", json!({"uuid": UUID, "zone": "Z"}), NULL)),
    ];
    prove(rows, |(form, object, expected)| {
        let binding = imported_by(form);
        let identity = of(binding.schema, &value(&binding, &object));
        let actual = identity.map_or(NULL, |identity| shown(&identity));
        (expected, actual)
    });
}

#[test]
fn upgrade_converts_stored_state_to_the_current_schema() {
    let block = "type = 'list(object)', block = true, attributes = { size = { type = 'int' } }";
    let row = |rule, keys, stored: Json, field: Json| (rule, (keys, stored, field));
    #[rustfmt::skip]
    let rows = [
        row("a value as it was stored", "type = 'string'", json!({"field": "a"}), json!("a")),
        row("an attribute that no longer exists is dropped", "type = 'string'",
            json!({"field": "a", "former": 1}), json!("a")),
        row("a new attribute is null", "type = 'string'", json!({}), NULL),
        row("a number that was a string", "type = 'int'", json!({"field": "7"}), json!(7)),
        row("a boolean that was a string", "type = 'bool'", json!({"field": "true"}), json!(true)),
        row("a string that was a number", "type = 'string'", json!({"field": 7}), json!("7")),
        row("a set that was a list", "type = 'set(string)'",
            json!({"field": ["b", "a", "b"]}), json!({"set": ["a", "b"]})),
        row("a secret that was a string", "type = 'string', mode = 'optional+computed', sensitive = true",
            json!({"field": "s"}), json!({"secret": "s"})),
        row("a new attribute of a block is null", block, json!({"field": [{}]}), json!([{"size": null}])),
        row("a block that was null is empty", block, json!({"field": null}), json!([])),
        row("a block that is new is empty", block, json!({}), json!([])),
        row("a value of another type is an error", "type = 'int'",
            json!({"field": ["a"]}), json!("`field`: expected a number, found a list")),
        row("an error within a block has its place", block, json!({"field": [{"size": 1}, {"size": {}}]}),
            json!("`field[1].size`: expected a number, found an object")),
    ];
    prove(rows, |(keys, stored, expected)| {
        let state = upgrade(field(keys).schema, stored.to_string().as_bytes());
        let field = state.map_or_else(
            |error| json!(error.to_string()),
            |state| shown(state.get("field")),
        );
        (expected, field)
    });
}

#[test]
fn upgrade_of_null_is_null() {
    let binding =
        fields("field = { type = 'list(object)', block = true, attributes = { size = { type = 'int' } } }");
    assert!(upgrade(binding.schema, b"null").unwrap() == Value::Null);
}
