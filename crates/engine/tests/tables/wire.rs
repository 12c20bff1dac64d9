//! Values in requests and responses: one row for each rule. The keys of a row declare `field`.

use std::slice;

use engine::Binding;
use engine::api::Body;
use engine::diagnostic::Diagnostics;
use engine::wire::{create_body, find, from_response, is_managed_by_hook, update_body};
use serde_json::{Value as Json, json};
use value::{Path, Value};

use super::support::{NULL, UNKNOWN, field, fields, prove, shown, the_field, value, value_of};

/// An object with this value of `field`, and no other attribute.
fn object(binding: &Binding, json: &Json) -> Value {
    Value::object([("field", value_of(the_field(binding), json))])
}

/// The JSON of a body; null without a body.
fn sent(body: Option<&Body>) -> Json {
    body.map_or(NULL, |body| body.expose().clone())
}

/// Parses JSON, and keeps every digit of numbers.
fn digits(text: &str) -> Json {
    serde_json::from_str(text).unwrap()
}

/// A nested object with a size, a label, and a computed id.
const PART: &str = "attributes = { size = { type = 'int', wire = 'length' }, label = { type = 'string' }, \
                    id = { type = 'string', mode = 'computed' } }";

#[test]
fn create_body_has_set_and_known_values() {
    let row = |rule, keys: &str, planned: Json, body: Json| (rule, (keys.to_owned(), planned, body));
    let parts = |r#type| format!("type = '{type}', {PART}");
    #[rustfmt::skip]
    let rows = [
        row("a string", "type = 'string'", json!("a"), json!({"field": "a"})),
        row("an empty string", "type = 'string'", json!(""), json!({"field": ""})),
        row("a boolean", "type = 'bool'", json!(false), json!({"field": false})),
        row("a whole number", "type = 'int'", json!(7), json!({"field": 7})),
        row("a number, with every digit", "type = 'number'",
            digits("3.141592653589793238462643383279"), digits(r#"{"field": 3.141592653589793238462643383279}"#)),
        row("a list, in its order", "type = 'list(string)'",
            json!(["b", "a", "b"]), json!({"field": ["b", "a", "b"]})),
        row("an empty list", "type = 'list(string)'", json!([]), json!({"field": []})),
        row("a set is sent as a list", "type = 'set(int)'", json!([2, 1]), json!({"field": [1, 2]})),
        row("a map", "type = 'map(bool)'", json!({"k": true}), json!({"field": {"k": true}})),
        row("a list of lists", "type = 'list(list(string))'", json!([["a"], []]), json!({"field": [["a"], []]})),
        row("a secret in clear", "type = 'string', mode = 'optional+computed', sensitive = true", json!("s"), json!({"field": "s"})),
        row("null is not sent", "type = 'string'", NULL, json!({})),
        row("an unknown value is not sent", "type = 'string', mode = 'optional+computed'", json!(UNKNOWN), json!({})),
        row("a computed value is not sent", "type = 'string', mode = 'computed'", json!("a"), json!({})),
        row("an attribute without a wire name is not sent", "type = 'string', wire = false", json!("a"), json!({})),
        row("another wire name", "type = 'string', wire = 'label'", json!("a"), json!({"label": "a"})),
        row("a separate wire name for writing", "type = 'string', wire = { read = 'image.uuid', write = 'image_uuid' }",
            json!("a"), json!({"image_uuid": "a"})),
        row("an attribute that is only read is not sent", "type = 'string', wire = { read = 'field', write = false }",
            json!("a"), json!({})),
        row("an attribute that is not returned is sent", "type = 'string', returned = false", json!("a"), json!({"field": "a"})),
        row("an object with its wire names, without null or computed parts", &parts("object"),
            json!({"size": 1, "id": UNKNOWN}), json!({"field": {"length": 1}})),
        row("a list of objects", &parts("list(object)"),
            json!([{"size": 1}, {"label": "b", "id": "i"}]), json!({"field": [{"length": 1}, {"label": "b"}]})),
        row("a map of objects", &parts("map(object)"),
            json!({"k": {"size": 1}}), json!({"field": {"k": {"length": 1}}})),
    ];
    prove(rows, |(keys, planned, body)| {
        let binding = field(&keys);
        let planned = object(&binding, &planned);
        let created = create_body(slice::from_ref(the_field(&binding)), &planned, &planned);
        (body, sent(Some(&created)))
    });
}

#[test]
fn update_body_has_changed_values() {
    let row = |rule, keys: &str, prior: Json, planned: Json, body: Json| {
        (rule, (keys.to_owned(), prior, planned, body))
    };
    let parts = |r#type| format!("type = '{type}', {PART}");
    #[rustfmt::skip]
    let rows = [
        row("another value", "type = 'string'", json!("old"), json!("new"), json!({"field": "new"})),
        row("a first value", "type = 'string'", NULL, json!("new"), json!({"field": "new"})),
        row("an unchanged value is not sent", "type = 'string'", json!("old"), json!("old"), NULL),
        row("an unknown value is not sent", "type = 'string', mode = 'optional+computed'",
            json!("old"), json!(UNKNOWN), NULL),
        row("an attribute without a wire name is not sent", "type = 'string', wire = false", json!("old"), json!("new"), NULL),
        row("a removed value is null", "type = 'string'", json!("old"), NULL, json!({"field": null})),
        row("a removed value under the wire name for writing", "type = 'string', wire = { read = 'image.uuid', write = 'image_uuid' }",
            json!("old"), NULL, json!({"image_uuid": null})),
        row("a removed value is an empty string if `unset` is `empty`", "type = 'string', unset = 'empty'",
            json!("old"), NULL, json!({"field": ""})),
        row("a removed list is an empty list if `unset` is `empty`", "type = 'list(string)', unset = 'empty'",
            json!(["a"]), NULL, json!({"field": []})),
        row("a removed set is an empty list if `unset` is `empty`", "type = 'set(string)', unset = 'empty'",
            json!(["a"]), NULL, json!({"field": []})),
        row("a removed map is an empty object if `unset` is `empty`", "type = 'map(string)', unset = 'empty'",
            json!({"k": "v"}), NULL, json!({"field": {}})),
        row("a removed value is not sent if `unset` is `omit`", "type = 'string', unset = 'omit'", json!("old"), NULL, NULL),
        row("a removed optional and computed value is not sent by default",
            "type = 'string', mode = 'optional+computed'", json!("old"), NULL, NULL),
        row("a removed optional and computed value is null if `unset` is `null`", "type = 'string', mode = 'optional+computed', unset = 'null'",
            json!("old"), NULL, json!({"field": null})),
        row("an emptied list", "type = 'list(string)'", json!(["a"]), json!([]), json!({"field": []})),
        row("a list as a whole", "type = 'list(string)'",
            json!(["a"]), json!(["a", "b"]), json!({"field": ["a", "b"]})),
        row("a list of objects as a whole", &parts("list(object)"),
            json!([{"size": 1, "id": "i"}, {"size": 2, "id": "j"}]),
            json!([{"size": 1, "id": UNKNOWN}, {"size": 3, "id": UNKNOWN}]),
            json!({"field": [{"length": 1}, {"length": 3}]})),
        row("a removed part of an object", &parts("object"),
            json!({"size": 1, "label": "a"}), json!({"size": 1}), json!({"field": {"length": 1}})),
        row("objects that differ in computed parts only are not sent", &parts("list(object)"),
            json!([{"size": 1, "id": "i"}]), json!([{"size": 1, "id": UNKNOWN}]), NULL),
        row("a set of objects that differ in computed parts only is not sent", &parts("set(object)"),
            json!([{"size": 2, "id": "i"}, {"size": 1, "id": "j"}]),
            json!([{"size": 1, "id": UNKNOWN}, {"size": 2, "id": UNKNOWN}]), NULL),
    ];
    prove(rows, |(keys, prior, planned, body)| {
        let binding = field(&keys);
        let (prior, planned) = (object(&binding, &prior), object(&binding, &planned));
        let update = update_body(slice::from_ref(the_field(&binding)), &prior, &planned, &planned);
        (body, sent(update.as_ref()))
    });
}

#[test]
fn update_body_has_no_unchanged_values() {
    let binding = fields(
        "size = { type = 'int' }\ncolor = { type = 'string' }\nage = { type = 'int', mode = 'computed' }\n\
         pin = { type = 'string', write_only = true }",
    );
    let prior = value(
        &binding,
        &json!({"name": "a", "size": 1, "color": "red", "age": 3}),
    );
    #[rustfmt::skip]
    let rows = [
        ("one changed attribute, without an omitted write-only value",
            (json!({"name": "a", "size": 2, "color": "red", "age": UNKNOWN}), json!({"size": 2}))),
        ("several changed attributes", (json!({"name": "b", "size": 1, "age": UNKNOWN}), json!({"name": "b", "color": null}))),
        ("no changed attribute", (json!({"name": "a", "size": 1, "color": "red", "age": UNKNOWN}), NULL)),
    ];
    prove(rows, |(planned, body)| {
        let planned = value(&binding, &planned);
        let update = update_body(&binding.schema.attributes, &prior, &planned, &planned);
        (body, sent(update.as_ref()))
    });
}

#[test]
fn update_body_has_a_write_only_value_if_its_version_changes() {
    let binding =
        fields("field = { type = 'string', sensitive = true, write_only = 'twin', returned = false }");
    let row =
        |rule, prior: Json, planned: Json, config: Json, body: Json| (rule, (prior, planned, config, body));
    #[rustfmt::skip]
    let rows = [
        row("a create sends it", NULL,
            json!({"field_wo_version": 1}), json!({"field_wo": "s"}), json!({"field": "s"})),
        row("a create sends it without a version", NULL, json!({}), json!({"field_wo": "s"}), json!({"field": "s"})),
        row("another version sends it", json!({"field_wo_version": 1}),
            json!({"field_wo_version": 2}), json!({"field_wo": "s"}), json!({"field": "s"})),
        row("the same version does not send it", json!({"field_wo_version": 1}),
            json!({"field_wo_version": 1}), json!({"field_wo": "other"}), NULL),
        row("a first version sends it, as after an import", json!({}),
            json!({"field_wo_version": 1}), json!({"field_wo": "s"}), json!({"field": "s"})),
        row("it replaces the value in state", json!({"field": "old"}),
            json!({}), json!({"field_wo": "s"}), json!({"field": "s"})),
        row("the value in state replaces it", json!({"field_wo_version": 1}),
            json!({"field": "new"}), json!({}), json!({"field": "new"})),
        row("the first apply after an import sends the value", json!({}),
            json!({"field": "s"}), json!({}), json!({"field": "s"})),
        row("an omitted value is not sent", json!({"field_wo_version": 1}),
            json!({}), json!({}), NULL),
        row("a removed value is not sent", json!({"field": "s"}), json!({}), json!({}), NULL),
        row("a removed value is not sent with another attribute", json!({"name": "a", "field": "s"}),
            json!({"name": "b"}), json!({"name": "b"}), json!({"name": "b"})),
        row("a change of another attribute does not send it", json!({"name": "a", "field_wo_version": 1}),
            json!({"name": "b", "field_wo_version": 1}), json!({"name": "b", "field_wo": "s"}), json!({"name": "b"})),
    ];
    prove(rows, |(prior, planned, config, body)| {
        let attributes = binding.schema.attributes.as_ref();
        let (planned, config) = (value(&binding, &planned), value(&binding, &config));
        let actual = match value(&binding, &prior) {
            Value::Null => sent(Some(&create_body(attributes, &planned, &config))),
            prior => sent(update_body(attributes, &prior, &planned, &config).as_ref()),
        };
        (body, actual)
    });
}

#[test]
fn create_body_lists_its_secrets() {
    let row = |rule, keys, config: Json, secrets: Json| (rule, (keys, config, secrets));
    #[rustfmt::skip]
    let rows = [
        row("a sensitive string", "type = 'string', mode = 'optional+computed', sensitive = true", json!("s"), json!(["s"])),
        row("a write-only string", "type = 'string', write_only = true", json!("s"), json!(["s"])),
        row("each value of a sensitive map", "type = 'map(string)', mode = 'optional+computed', sensitive = true",
            json!({"a": "s", "b": "t"}), json!(["s", "t"])),
        row("a string nested in a sensitive list",
            "type = 'list(object)', mode = 'optional+computed', sensitive = true, attributes = { pin = { type = 'string' } }",
            json!([{"pin": "s"}]), json!(["s"])),
        row("a sensitive attribute of an object",
            "type = 'object', attributes = { pin = { type = 'string', mode = 'optional+computed', sensitive = true }, \
             label = { type = 'string' } }",
            json!({"pin": "s", "label": "a"}), json!(["s"])),
        row("a secret that is not sent is not listed", "type = 'string', sensitive = true, wire = false", json!("s"), json!([])),
        row("a string that is not sensitive is not listed", "type = 'string'", json!("a"), json!([])),
    ];
    prove(rows, |(keys, config, secrets)| {
        let binding = field(keys);
        let config = object(&binding, &config);
        let body = create_body(slice::from_ref(the_field(&binding)), &config, &config);
        let known: Json = body
            .secrets()
            .iter()
            .map(|secret| json!(secret.expose()))
            .collect();
        (secrets, known)
    });
}

/// Decodes a response: the value of `field`, and each error as `PATH: FIRST SENTENCE`.
fn read(binding: &Binding, response: &Json, known: &Json) -> (Value, Vec<String>) {
    let mut diagnostics = Diagnostics::default();
    let attributes = slice::from_ref(the_field(binding));
    let known = object(binding, known);
    let (read, result) = from_response(attributes, response, &known, &Path::root(), &mut diagnostics);
    assert_eq!(
        result.is_err(),
        diagnostics.has_errors(),
        "each diagnostic is an error"
    );
    let errors = diagnostics.iter().map(|error| {
        assert_eq!(error.summary.text, "Unexpected value type from the control plane");
        let (first, _) = error
            .detail
            .split_once(". ")
            .expect("the detail has several sentences");
        format!("{}: {first}", error.path)
    });
    (read.get("field").clone(), errors.collect())
}

type Reading = (&'static str, (String, Json, Json, Json));

/// A rule; the keys of `field`, the response, the known value, and the decoded one.
fn reads(
    rule: &'static str,
    keys: impl Into<String>,
    response: Json,
    known: impl Into<Json>,
    read: impl Into<Json>,
) -> Reading {
    (rule, (keys.into(), response, known.into(), read.into()))
}

fn prove_reading(rows: impl IntoIterator<Item = Reading>) {
    prove(rows, |(keys, response, known, expected)| {
        let binding = field(&keys);
        let (read_value, errors) = read(&binding, &response, &known);
        assert!(errors.is_empty(), "{errors:?}");
        (
            shown(&value_of(the_field(&binding), &expected)),
            shown(&read_value),
        )
    });
}

#[test]
fn from_response_decodes_each_type() {
    #[rustfmt::skip]
    let rows = [
        reads("a string", "type = 'string'", json!({"field": "a"}), UNKNOWN, "a"),
        reads("a string is normalised to NFC, as Terraform does", "type = 'string'",
            json!({"field": "e\u{301}"}), UNKNOWN, "\u{e9}"),
        reads("a boolean", "type = 'bool'", json!({"field": true}), UNKNOWN, true),
        reads("a whole number", "type = 'int'", json!({"field": -7}), UNKNOWN, -7),
        reads("a whole number that is written as a fraction", "type = 'int'",
            digits(r#"{"field": 7.0}"#), UNKNOWN, 7),
        reads("a number, with every digit", "type = 'number'",
            digits(r#"{"field": 0.1000000000000000000001}"#), UNKNOWN, digits("0.1000000000000000000001")),
        reads("a list", "type = 'list(int)'", json!({"field": [2, 1, 2]}), UNKNOWN, json!([2, 1, 2])),
        reads("a set", "type = 'set(string)'", json!({"field": ["b", "a", "b"]}), UNKNOWN, json!(["a", "b"])),
        reads("a map", "type = 'map(string)'", json!({"field": {"k": "v"}}), UNKNOWN, json!({"k": "v"})),
        reads("a map of lists", "type = 'map(list(string))'",
            json!({"field": {"k": ["v"]}}), UNKNOWN, json!({"k": ["v"]})),
        reads("a secret", "type = 'string', mode = 'optional+computed', sensitive = true", json!({"field": "s"}), UNKNOWN, "s"),
        reads("secrets of a map", "type = 'map(string)', mode = 'optional+computed', sensitive = true",
            json!({"field": {"k": "s"}}), UNKNOWN, json!({"k": "s"})),
        reads("an object with its wire names", format!("type = 'object', {PART}"),
            json!({"field": {"length": 1, "id": "i", "more": 1}}), UNKNOWN, json!({"size": 1, "id": "i"})),
        reads("a set of objects", format!("type = 'set(object)', {PART}"),
            json!({"field": [{"length": 2}, {"length": 1}]}), UNKNOWN, json!([{"size": 1}, {"size": 2}])),
        reads("a map of objects", format!("type = 'map(object)', {PART}"),
            json!({"field": {"k": {"length": 1}}}), UNKNOWN, json!({"k": {"size": 1}})),
        reads("a single value of a list is a list of one", "type = 'list(string)', mode = 'computed'",
            json!({"field": "a"}), UNKNOWN, json!(["a"])),
        reads("a single value of a set is a set of one", "type = 'set(int)', mode = 'computed'",
            json!({"field": 1}), UNKNOWN, json!([1])),
    ];
    prove_reading(rows);
}

#[test]
fn from_response_reads_the_declared_path() {
    let image = "type = 'string', wire = { read = 'image.uuid', write = 'image_uuid' }";
    let mesh = "type = 'string', wire = { read = ['mesh.uuid', 'mesh_uuid'], write = 'mesh_uuid' }";
    let machines = "type = 'set(string)', wire = { read = 'machines[].uuid', write = 'machine_uuids' }";
    #[rustfmt::skip]
    let rows = [
        reads("another wire name", "type = 'string', wire = 'label'",
            json!({"label": "a", "field": "b"}), UNKNOWN, "a"),
        reads("a field of an object", image, json!({"image": {"uuid": "a"}, "image_uuid": "b"}), UNKNOWN, "a"),
        reads("a field of null is null", image, json!({"image": null}), "old", NULL),
        reads("a null field of an object", image, json!({"image": {"uuid": null}}), "old", NULL),
        reads("a missing field of an object keeps the known value", image, json!({"image": {}}), "old", "old"),
        reads("a string instead of an object keeps the known value", image, json!({"image": "a"}), "old", "old"),
        reads("the first path that exists", mesh, json!({"mesh": {"uuid": "a"}, "mesh_uuid": "b"}), UNKNOWN, "a"),
        reads("the second path if the first is missing", mesh, json!({"mesh_uuid": "b"}), UNKNOWN, "b"),
        reads("null at the first path counts", mesh, json!({"mesh": null, "mesh_uuid": "b"}), UNKNOWN, NULL),
        reads("a field of each object of a list", machines,
            json!({"machines": [{"uuid": "b"}, {"uuid": "a"}]}), UNKNOWN, json!(["a", "b"])),
        reads("a field of each object of an empty list", machines, json!({"machines": []}), json!(["a"]), json!([])),
        reads("a field that one object lacks keeps the known value", machines,
            json!({"machines": [{"uuid": "a"}, {}]}), json!(["b"]), json!(["b"])),
        reads("an attribute without a wire name keeps the known value", "type = 'string', wire = false", json!({"field": "theirs"}), "ours", "ours"),
    ];
    prove_reading(rows);
}

#[test]
fn from_response_keeps_known_values() {
    let optional_list = "type = 'list(string)'";
    let computed_list = "type = 'list(string)', mode = 'computed'";
    let block = "type = 'list(object)', block = true, attributes = { size = { type = 'int' } }";
    #[rustfmt::skip]
    let rows = [
        reads("a missing field keeps the known value", "type = 'string'", json!({}), "ours", "ours"),
        reads("a missing field without a known value is null", "type = 'string', mode = 'computed'", json!({}), UNKNOWN, NULL),
        reads("null is null", "type = 'string'", json!({"field": null}), "ours", NULL),
        reads("null of a required attribute is null: the next plan sets it", "type = 'string', mode = 'required'",
            json!({"field": null}), "ours", NULL),
        reads("a string with a number is that number", "type = 'number'", json!({"field": "1.50"}), NULL, json!(1.5)),
        reads("a string with a whole number is that number", "type = 'int'", json!({"field": "7"}), NULL, json!(7)),
        reads("a fraction of zero is a whole number", "type = 'int'", json!({"field": 7.0}), NULL, json!(7)),
        reads("0 is false", "type = 'bool'", json!({"field": 0}), NULL, json!(false)),
        reads("1 is true, also as a string", "type = 'bool'", json!({"field": "1"}), NULL, json!(true)),
        reads("a string with a boolean is that boolean", "type = 'bool'", json!({"field": "False"}), NULL, json!(false)),
        reads("an equal number in another form keeps the known one", "type = 'int'", json!({"field": "7.0"}), json!(7), json!(7)),
        reads("null of an optional list is null", optional_list, json!({"field": null}), json!(["a"]), NULL),
        reads("a value that is not returned keeps the known value", "type = 'string', returned = false",
            json!({"field": "***"}), "ours", "ours"),
        reads("a value that is not returned stays null after an import", "type = 'string', returned = false",
            json!({"field": "***"}), NULL, NULL),
        reads("a write-only value is never read", "type = 'string', write_only = true",
            json!({"field": "s"}), NULL, NULL),
        reads("an equivalent value keeps the known spelling", "type = 'string', format = 'uuid'",
            json!({"field": "0b8e5a7c-4a53-4d1b-9c5e-3f1f6f0f2d11"}), "0B8E5A7C-4A53-4D1B-9C5E-3F1F6F0F2D11",
            "0B8E5A7C-4A53-4D1B-9C5E-3F1F6F0F2D11"),
        reads("another order keeps the known one if `equal` is `set`", "type = 'list(string)', equal = 'set'",
            json!({"field": ["b", "a"]}), json!(["a", "b"]), json!(["a", "b"])),
        reads("another order of a list is decoded", optional_list,
            json!({"field": ["b", "a"]}), json!(["a", "b"]), json!(["b", "a"])),
        reads("an empty list keeps a known null", optional_list, json!({"field": []}), NULL, NULL),
        reads("null keeps a known empty list", optional_list,
            json!({"field": null}), json!([]), json!([])),
        reads("a missing field keeps a known empty list", optional_list, json!({}), json!([]), json!([])),
        reads("an empty map keeps a known null", "type = 'map(string)'",
            json!({"field": {}}), NULL, NULL),
        reads("null keeps a known empty map", "type = 'map(string)'",
            json!({"field": null}), json!({}), json!({})),
        reads("an empty string keeps a known null", "type = 'string'", json!({"field": ""}), NULL, NULL),
        reads("null keeps a known empty string", "type = 'string'", json!({"field": null}), "", ""),
        reads("null keeps a known empty list that is optional and computed",
            "type = 'list(string)', mode = 'optional+computed'", json!({"field": null}), json!([]), json!([])),
        reads("an empty list replaces known elements", optional_list,
            json!({"field": []}), json!(["a"]), json!([])),
        reads("null of a computed list is an empty list", computed_list, json!({"field": null}), UNKNOWN, json!([])),
        reads("null of a computed map is an empty map", "type = 'map(string)', mode = 'computed'",
            json!({"field": null}), UNKNOWN, json!({})),
        reads("null of a computed string is null", "type = 'string', mode = 'computed'",
            json!({"field": null}), "old", NULL),
        reads("null of a block is an empty list", block, json!({"field": null}), UNKNOWN, json!([])),
        reads("a missing block keeps the known value", block, json!({}), json!([{"size": 1}]), json!([{"size": 1}])),
        reads("a missing block without a known value is an empty list", block, json!({}), UNKNOWN, json!([])),
        reads("a missing block with a null in old state is an empty list", block, json!({}), NULL, json!([])),
        reads("null of a computed attribute is its default", "type = 'int', mode = 'computed', default = 0",
            json!({"field": null}), UNKNOWN, 0),
        reads("null of an optional attribute is its default", "type = 'string', default = 'd'", json!({"field": null}), "old", "d"),
        reads("a missing attribute of an object keeps the known value", format!("type = 'list(object)', {PART}"),
            json!({"field": [{"length": 2, "id": "i"}]}), json!([{"size": 1, "label": "a", "id": UNKNOWN}]),
            json!([{"size": 2, "label": "a", "id": "i"}])),
        reads("an object of a map keeps known values by key", format!("type = 'map(object)', {PART}"),
            json!({"field": {"x": {}, "y": {}}}), json!({"y": {"label": "b"}}),
            json!({"x": {}, "y": {"label": "b"}})),
    ];
    prove_reading(rows);
}

#[test]
fn from_response_reports_a_type_and_keeps_the_known_value() {
    let row = |rule, keys: &str, response: Json, known: Json, error: &'static str| {
        (rule, (keys.to_owned(), response, known, error))
    };
    let parts = |r#type| format!("type = '{type}', {PART}");
    #[rustfmt::skip]
    let rows = [
        row("a number instead of a string", "type = 'string'",
            json!({"field": 7}), json!("old"), "field: The control plane's field for `field` should be a string, but is a number"),
        row("a string instead of a boolean", "type = 'bool'", json!({"field": "yes"}),
            json!(false), "field: The control plane's field for `field` should be a boolean, but is a string"),
        row("a number other than 0 and 1 instead of a boolean", "type = 'bool'", json!({"field": 2}),
            json!(false), "field: The control plane's field for `field` should be a boolean, but is a number"),
        row("a string instead of a whole number", "type = 'int'",
            json!({"field": "many"}), json!(1), "field: The control plane's field for `field` should be a whole number, but is a string"),
        row("a fraction instead of a whole number", "type = 'int'", json!({"field": 1.5}),
            json!(1), "field: The control plane's field for `field` should be a whole number, but is a number"),
        row("a boolean instead of a number", "type = 'number'", json!({"field": true}),
            json!(1), "field: The control plane's field for `field` should be a number, but is a boolean"),
        row("a number of a billion digits", "type = 'number'",
            digits(r#"{"field": 1e999999999}"#), json!(1),
            "field: The control plane's field for `field` should be a number in the supported range, but is a number"),
        row("an object instead of a list", "type = 'list(string)'",
            json!({"field": {}}), json!(["a"]), "field: The control plane's field for `field` should be a list, but is an object"),
        row("a list instead of a map", "type = 'map(string)'", json!({"field": []}),
            json!({"k": "v"}), "field: The control plane's field for `field` should be an object, but is a list"),
        row("a string instead of an object", &parts("object"), json!({"field": "a"}),
            json!({"size": 1}), "field: The control plane's field for `field` should be an object, but is a string"),
        row("an element of a list has its index", "type = 'list(string)'", json!({"field": ["a", 7]}),
            json!(["old"]), "field[1]: The control plane's field for `field` should be a string, but is a number"),
        row("an element of a map has its key", "type = 'map(string)'", json!({"field": {"k": []}}),
            json!({"k": "v"}), "field[\"k\"]: The control plane's field for `field` should be a string, but is a list"),
        row("an element of a set has no path of its own", "type = 'set(int)'", json!({"field": [1, "b"]}),
            json!([1]), "field: The control plane's field for `field` should be a whole number, but is a string"),
        row("a field of an object", "type = 'string', wire = { read = 'image.uuid', write = 'image_uuid' }",
            json!({"image": {"uuid": 7}}), json!("old"),
            "field: The control plane's field for `field` should be a string, but is a number"),
    ];
    prove(rows, |(keys, response, known, error)| {
        let binding = field(&keys);
        let (value, errors) = read(&binding, &response, &known);
        let known = value_of(the_field(&binding), &known);
        (
            json!([error, shown(&known)]),
            json!([errors.join("\n"), shown(&value)]),
        )
    });
}

#[test]
fn from_response_decodes_fields_beside_an_unexpected_type() {
    let binding = field(&format!("type = 'list(object)', {PART}"));
    let response = json!({"field": [{"length": 1, "id": "i"}, {"length": "x", "label": 7, "id": "j"}]});
    let (value, errors) = read(
        &binding,
        &response,
        &json!([{"size": 1}, {"size": 2, "id": UNKNOWN}]),
    );
    let expected = json!([{"size": 1, "id": "i"}, {"size": 2, "id": "j"}]);
    assert_eq!(shown(&value), shown(&value_of(the_field(&binding), &expected)));
    assert_eq!(
        errors,
        [
            "field[1].label: The control plane's field for `label` should be a string, but is a number",
            "field[1].size: The control plane's field for `size` should be a whole number, but is a string",
        ]
    );
}

#[test]
fn from_response_inverts_create_body() {
    let row = |rule, keys: &str, planned: Json| (rule, (keys.to_owned(), planned));
    #[rustfmt::skip]
    let rows = [
        row("a string", "type = 'string'", json!("a")),
        row("a string keeps its spelling", "type = 'string', format = 'url'", json!("HTTPS://EXAMPLE.com")),
        row("a boolean", "type = 'bool'", json!(true)),
        row("a whole number", "type = 'int'", json!(-1)),
        row("a number", "type = 'number'", digits("1.10")),
        row("a secret", "type = 'string', mode = 'optional+computed', sensitive = true", json!("s")),
        row("a list", "type = 'list(string)'", json!(["b", "a"])),
        row("an empty list", "type = 'list(string)'", json!([])),
        row("a set", "type = 'set(string)'", json!(["b", "a"])),
        row("a map of sets", "type = 'map(set(int))'", json!({"k": [2, 1]})),
        row("objects with null attributes", &format!("type = 'list(object)', {PART}"),
            json!([{"size": 1}, {"label": "b"}])),
        row("a map of objects", &format!("type = 'map(object)', {PART}"), json!({"k": {"size": 1}})),
    ];
    prove(rows, |(keys, planned)| {
        let binding = field(&keys);
        let plan = object(&binding, &planned);
        let body = create_body(slice::from_ref(the_field(&binding)), &plan, &plan);
        let (value, errors) = read(&binding, body.expose(), &planned);
        assert!(errors.is_empty(), "{errors:?}");
        (shown(plan.get("field")), shown(&value))
    });
}

#[test]
fn is_managed_by_hook_for_objects_that_are_not_sent() {
    let wire = "wire = { read = 'field', write = false }";
    let row = |rule, r#type: &str, rest: &str, is_managed: bool| {
        (rule, (format!("type = '{type}', {rest}"), is_managed))
    };
    #[rustfmt::skip]
    let rows = [
        row("objects that are configured and read, but not sent", "list(object)", &format!("{wire}, {PART}"), true),
        row("objects that are sent are not", "list(object)", PART, false),
        row("computed objects are not", "list(object)", "mode = 'computed', attributes = { id = { type = 'string', mode = 'computed' } }", false),
        row("objects that are not read are not", "object", &format!("wire = false, {PART}"), false),
        row("a string is not", "string", wire, false),
    ];
    prove(rows, |(keys, is_managed)| {
        (is_managed, is_managed_by_hook(the_field(&field(&keys))))
    });
}

#[test]
fn find_follows_a_path() {
    let response = json!({"a": {"b": 1, "n": null}, "l": [{"x": {"y": 1}}, {"x": {"y": 2}}], "n": null});
    #[rustfmt::skip]
    let rows = [
        ("a key", ("n", Some(NULL))),
        ("a key within an object", ("a.b", Some(json!(1)))),
        ("a null field of an object", ("a.n", Some(NULL))),
        ("a path through null is null", ("n.x.y", Some(NULL))),
        ("a path through a number", ("a.b.c", None)),
        ("a missing key", ("z", None)),
        ("a list", ("l[]", Some(response["l"].clone()))),
        ("a key of each object", ("l[].x.y", Some(json!([1, 2])))),
        ("a path through a list without `[]`", ("l.x", None)),
        ("a key that one object of the list lacks", ("l[].z", None)),
    ];
    prove(rows, |(path, expected)| {
        let show = |found: Option<Json>| found.map_or("nothing".to_owned(), |json| json.to_string());
        (show(expected), show(find(&response, path)))
    });
}
