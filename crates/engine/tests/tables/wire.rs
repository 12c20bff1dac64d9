//! What is sent of a value, and what is read of an answer: one row for each rule. The keys of a row declare `field`.

use std::slice;

use engine::Binding;
use engine::api::Body;
use engine::diagnostic::Diagnostics;
use engine::wire::{create_body, find, from_response, is_managed_by_hook, update_body};
use serde_json::{Value as Json, json};
use value::{Path, Value};

use super::support::{NULL, UNKNOWN, field, fields, prove, shown, the_field, value, value_of};

/// The object that has this value of `field`, and nothing else.
fn object(binding: &Binding, json: &Json) -> Value {
    Value::object([("field", value_of(the_field(binding), json))])
}

/// What is sent; null where there is nothing to send.
fn sent(body: Option<&Body>) -> Json {
    body.map_or(NULL, |body| body.expose().clone())
}

/// JSON with every digit.
fn digits(text: &str) -> Json {
    serde_json::from_str(text).unwrap()
}

/// A part of a size, to which the API gives an id.
const PART: &str = "attributes = { size = { type = 'int', wire = 'length' }, label = { type = 'string' }, \
                    id = { type = 'string', mode = 'computed' } }";

#[test]
fn a_create_sends_what_is_set_and_known() {
    let row = |rule, keys: &str, planned: Json, body: Json| (rule, (keys.to_owned(), planned, body));
    let parts = |r#type| format!("type = '{type}', {PART}");
    #[rustfmt::skip]
    let rows = [
        row("a text", "type = 'string'", json!("a"), json!({"field": "a"})),
        row("an empty text", "type = 'string'", json!(""), json!({"field": ""})),
        row("a bool", "type = 'bool'", json!(false), json!({"field": false})),
        row("a whole number", "type = 'int'", json!(7), json!({"field": 7})),
        row("a number, with every digit", "type = 'number'",
            digits("3.141592653589793238462643383279"), digits(r#"{"field": 3.141592653589793238462643383279}"#)),
        row("a list, in its order", "type = 'list(string)'",
            json!(["b", "a", "b"]), json!({"field": ["b", "a", "b"]})),
        row("an empty list", "type = 'list(string)'", json!([]), json!({"field": []})),
        row("a set, as a list", "type = 'set(int)'", json!([2, 1]), json!({"field": [1, 2]})),
        row("a map", "type = 'map(bool)'", json!({"k": true}), json!({"field": {"k": true}})),
        row("a list of lists", "type = 'list(list(string))'", json!([["a"], []]), json!({"field": [["a"], []]})),
        row("a secret, as it is", "type = 'string', sensitive = true", json!("s"), json!({"field": "s"})),
        row("not null", "type = 'string'", NULL, json!({})),
        row("not what is not known", "type = 'string', mode = 'optional+computed'", json!(UNKNOWN), json!({})),
        row("not what only the provider fills in", "type = 'string', mode = 'computed'", json!("a"), json!({})),
        row("not what is the provider's own", "type = 'string', wire = false", json!("a"), json!({})),
        row("another name", "type = 'string', wire = 'label'", json!("a"), json!({"label": "a"})),
        row("a name of its own for writing", "type = 'string', wire = { read = 'image.uuid', write = 'image_uuid' }",
            json!("a"), json!({"image_uuid": "a"})),
        row("not what is only read", "type = 'string', wire = { read = 'field', write = false }",
            json!("a"), json!({})),
        row("also what is not returned", "type = 'string', returned = false", json!("a"), json!({"field": "a"})),
        row("an object by its own names, without what is null or computed", &parts("object"),
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
fn an_update_sends_what_changed() {
    let row = |rule, keys: &str, prior: Json, planned: Json, body: Json| {
        (rule, (keys.to_owned(), prior, planned, body))
    };
    let parts = |r#type| format!("type = '{type}', {PART}");
    #[rustfmt::skip]
    let rows = [
        row("another value", "type = 'string'", json!("old"), json!("new"), json!({"field": "new"})),
        row("a first value", "type = 'string'", NULL, json!("new"), json!({"field": "new"})),
        row("not the same value", "type = 'string'", json!("old"), json!("old"), NULL),
        row("not what is not known", "type = 'string', mode = 'optional+computed'",
            json!("old"), json!(UNKNOWN), NULL),
        row("not what is the provider's own", "type = 'string', wire = false", json!("old"), json!("new"), NULL),
        row("a removed value is null", "type = 'string'", json!("old"), NULL, json!({"field": null})),
        row("under the name for writing", "type = 'string', wire = { read = 'image.uuid', write = 'image_uuid' }",
            json!("old"), NULL, json!({"image_uuid": null})),
        row("a removed value may have to be an empty text", "type = 'string', unset = 'empty'",
            json!("old"), NULL, json!({"field": ""})),
        row("a removed list, an empty one", "type = 'list(string)', unset = 'empty'",
            json!(["a"]), NULL, json!({"field": []})),
        row("a removed set, an empty one", "type = 'set(string)', unset = 'empty'",
            json!(["a"]), NULL, json!({"field": []})),
        row("a removed map, an empty one", "type = 'map(string)', unset = 'empty'",
            json!({"k": "v"}), NULL, json!({"field": {}})),
        row("a removed value may be kept", "type = 'string', unset = 'omit'", json!("old"), NULL, NULL),
        row("what the provider may fill in is kept, unless it says otherwise",
            "type = 'string', mode = 'optional+computed'", json!("old"), NULL, NULL),
        row("and cleared, where it says so", "type = 'string', mode = 'optional+computed', unset = 'null'",
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
        row("not objects in which only what the provider fills in differs", &parts("list(object)"),
            json!([{"size": 1, "id": "i"}]), json!([{"size": 1, "id": UNKNOWN}]), NULL),
        row("nor a set of them, in whatever order", &parts("set(object)"),
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
fn an_update_sends_nothing_else() {
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
        ("one attribute, and no write-only value that is not configured",
            (json!({"name": "a", "size": 2, "color": "red", "age": UNKNOWN}), json!({"size": 2}))),
        ("several", (json!({"name": "b", "size": 1, "age": UNKNOWN}), json!({"name": "b", "color": null}))),
        ("none", (json!({"name": "a", "size": 1, "color": "red", "age": UNKNOWN}), NULL)),
    ];
    prove(rows, |(planned, body)| {
        let planned = value(&binding, &planned);
        let update = update_body(&binding.schema.attributes, &prior, &planned, &planned);
        (body, sent(update.as_ref()))
    });
}

#[test]
fn a_write_only_value_is_sent_when_its_version_changes() {
    let binding =
        fields("field = { type = 'string', sensitive = true, write_only = 'twin', returned = false }");
    let row =
        |rule, prior: Json, planned: Json, config: Json, body: Json| (rule, (prior, planned, config, body));
    #[rustfmt::skip]
    let rows = [
        row("a create sends it", NULL,
            json!({"field_wo_version": 1}), json!({"field_wo": "s"}), json!({"field": "s"})),
        row("also without a version", NULL, json!({}), json!({"field_wo": "s"}), json!({"field": "s"})),
        row("another version sends it", json!({"field_wo_version": 1}),
            json!({"field_wo_version": 2}), json!({"field_wo": "s"}), json!({"field": "s"})),
        row("the same version does not", json!({"field_wo_version": 1}),
            json!({"field_wo_version": 1}), json!({"field_wo": "other"}), NULL),
        row("a first version sends it, as after an import", json!({}),
            json!({"field_wo_version": 1}), json!({"field_wo": "s"}), json!({"field": "s"})),
        row("it takes the place of the value in state", json!({"field": "old"}),
            json!({}), json!({"field_wo": "s"}), json!({"field": "s"})),
        row("the value in state takes its place", json!({"field_wo_version": 1}),
            json!({"field": "new"}), json!({}), json!({"field": "new"})),
        row("the first apply after an import sends the value", json!({}),
            json!({"field": "s"}), json!({}), json!({"field": "s"})),
        row("nothing sends it where it is not configured", json!({"field_wo_version": 1}),
            json!({}), json!({}), NULL),
        row("a change of something else does not send it", json!({"name": "a", "field_wo_version": 1}),
            json!({"name": "b", "field_wo_version": 1}), json!({"name": "b", "field_wo": "s"}), json!({"name": "b"})),
    ];
    prove(rows, |(prior, planned, config, body)| {
        let attributes = binding.schema.attributes.as_ref();
        let (planned, config) = (value(&binding, &planned), value(&binding, &config));
        let is = match value(&binding, &prior) {
            Value::Null => sent(Some(&create_body(attributes, &planned, &config))),
            prior => sent(update_body(attributes, &prior, &planned, &config).as_ref()),
        };
        (body, is)
    });
}

#[test]
fn a_body_knows_its_secrets() {
    let row = |rule, keys, config: Json, secrets: Json| (rule, (keys, config, secrets));
    #[rustfmt::skip]
    let rows = [
        row("a sensitive text", "type = 'string', sensitive = true", json!("s"), json!(["s"])),
        row("a write-only text", "type = 'string', write_only = true", json!("s"), json!(["s"])),
        row("each value of a sensitive map", "type = 'map(string)', sensitive = true",
            json!({"a": "s", "b": "t"}), json!(["s", "t"])),
        row("what is nested in something sensitive",
            "type = 'list(object)', sensitive = true, attributes = { pin = { type = 'string' } }",
            json!([{"pin": "s"}]), json!(["s"])),
        row("a sensitive part",
            "type = 'object', attributes = { pin = { type = 'string', sensitive = true }, \
             label = { type = 'string' } }",
            json!({"pin": "s", "label": "a"}), json!(["s"])),
        row("not what is not sent", "type = 'string', sensitive = true, wire = false", json!("s"), json!([])),
        row("not what everybody may see", "type = 'string'", json!("a"), json!([])),
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

/// What is read of an answer: the value of `field`, and each error as `PATH: FIRST SENTENCE`.
fn read(binding: &Binding, answer: &Json, known: &Json) -> (Value, Vec<String>) {
    let mut diagnostics = Diagnostics::default();
    let attributes = slice::from_ref(the_field(binding));
    let known = object(binding, known);
    let (read, result) = from_response(attributes, answer, &known, &Path::root(), &mut diagnostics);
    assert_eq!(
        result.is_err(),
        diagnostics.has_errors(),
        "what is reported is an error"
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

/// A rule; the keys of `field`, the answer, what was known before, and what is read.
fn reads(
    rule: &'static str,
    keys: impl Into<String>,
    answer: Json,
    known: impl Into<Json>,
    read: impl Into<Json>,
) -> Reading {
    (rule, (keys.into(), answer, known.into(), read.into()))
}

fn prove_reading(rows: impl IntoIterator<Item = Reading>) {
    prove(rows, |(keys, answer, known, expected)| {
        let binding = field(&keys);
        let (read_value, errors) = read(&binding, &answer, &known);
        assert!(errors.is_empty(), "{errors:?}");
        (
            shown(&value_of(the_field(&binding), &expected)),
            shown(&read_value),
        )
    });
}

#[test]
fn what_is_answered_is_read_by_its_type() {
    #[rustfmt::skip]
    let rows = [
        reads("a text", "type = 'string'", json!({"field": "a"}), UNKNOWN, "a"),
        reads("a text, normalised as Terraform does it", "type = 'string'",
            json!({"field": "e\u{301}"}), UNKNOWN, "\u{e9}"),
        reads("a bool", "type = 'bool'", json!({"field": true}), UNKNOWN, true),
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
        reads("a secret", "type = 'string', sensitive = true", json!({"field": "s"}), UNKNOWN, "s"),
        reads("secrets of a map", "type = 'map(string)', sensitive = true",
            json!({"field": {"k": "s"}}), UNKNOWN, json!({"k": "s"})),
        reads("an object, by its own names", format!("type = 'object', {PART}"),
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
fn an_answer_is_read_where_the_declaration_says() {
    let image = "type = 'string', wire = { read = 'image.uuid', write = 'image_uuid' }";
    let mesh = "type = 'string', wire = { read = ['mesh.uuid', 'mesh_uuid'], write = 'mesh_uuid' }";
    let machines = "type = 'set(string)', wire = { read = 'machines[].uuid', write = 'machine_uuids' }";
    #[rustfmt::skip]
    let rows = [
        reads("under another name", "type = 'string', wire = 'label'",
            json!({"label": "a", "field": "b"}), UNKNOWN, "a"),
        reads("within an object", image, json!({"image": {"uuid": "a"}, "image_uuid": "b"}), UNKNOWN, "a"),
        reads("null within null", image, json!({"image": null}), "old", NULL),
        reads("null within an object", image, json!({"image": {"uuid": null}}), "old", NULL),
        reads("nothing is said where the object lacks it", image, json!({"image": {}}), "old", "old"),
        reads("nor where there is no object", image, json!({"image": "a"}), "old", "old"),
        reads("the first place that there is", mesh, json!({"mesh": {"uuid": "a"}, "mesh_uuid": "b"}), UNKNOWN, "a"),
        reads("the second where the first is missing", mesh, json!({"mesh_uuid": "b"}), UNKNOWN, "b"),
        reads("null in the first place is an answer", mesh, json!({"mesh": null, "mesh_uuid": "b"}), UNKNOWN, NULL),
        reads("from each object of a list", machines,
            json!({"machines": [{"uuid": "b"}, {"uuid": "a"}]}), UNKNOWN, json!(["a", "b"])),
        reads("from an empty list", machines, json!({"machines": []}), json!(["a"]), json!([])),
        reads("nothing is said where one of the objects lacks it", machines,
            json!({"machines": [{"uuid": "a"}, {}]}), json!(["b"]), json!(["b"])),
        reads("nowhere", "type = 'string', wire = false", json!({"field": "theirs"}), "ours", "ours"),
    ];
    prove_reading(rows);
}

#[test]
fn what_was_known_counts_where_the_answer_says_nothing_else() {
    let optional_list = "type = 'list(string)'";
    let computed_list = "type = 'list(string)', mode = 'computed'";
    let block = "type = 'list(object)', block = true, attributes = { size = { type = 'int' } }";
    #[rustfmt::skip]
    let rows = [
        reads("a value that is missing stays as it is", "type = 'string'", json!({}), "ours", "ours"),
        reads("one that was never known is null", "type = 'string', mode = 'computed'", json!({}), UNKNOWN, NULL),
        reads("a value that is null is null", "type = 'string'", json!({"field": null}), "ours", NULL),
        reads("so is a list that can be absent", optional_list, json!({"field": null}), json!(["a"]), NULL),
        reads("a value that is not returned stays, whatever is answered", "type = 'string', returned = false",
            json!({"field": "***"}), "ours", "ours"),
        reads("and stays null, as after an import", "type = 'string', returned = false",
            json!({"field": "***"}), NULL, NULL),
        reads("a write-only value is never read", "type = 'string', write_only = true",
            json!({"field": "s"}), NULL, NULL),
        reads("another spelling of the same meaning is not taken", "type = 'string', format = 'uuid'",
            json!({"field": "0b8e5a7c-4a53-4d1b-9c5e-3f1f6f0f2d11"}), "0B8E5A7C-4A53-4D1B-9C5E-3F1F6F0F2D11",
            "0B8E5A7C-4A53-4D1B-9C5E-3F1F6F0F2D11"),
        reads("nor another order where it has no meaning", "type = 'list(string)', equal = 'set'",
            json!({"field": ["b", "a"]}), json!(["a", "b"]), json!(["a", "b"])),
        reads("another order is taken where it has", optional_list,
            json!({"field": ["b", "a"]}), json!(["a", "b"]), json!(["b", "a"])),
        reads("an absent list stays absent when it is empty", optional_list, json!({"field": []}), NULL, NULL),
        reads("an empty list stays empty when it is null", optional_list,
            json!({"field": null}), json!([]), json!([])),
        reads("an empty list stays empty when it is missing", optional_list, json!({}), json!([]), json!([])),
        reads("an absent map stays absent when it is empty", "type = 'map(string)'",
            json!({"field": {}}), NULL, NULL),
        reads("an empty map stays empty when it is null", "type = 'map(string)'",
            json!({"field": null}), json!({}), json!({})),
        reads("an absent text stays absent when it is empty", "type = 'string'", json!({"field": ""}), NULL, NULL),
        reads("an empty text stays empty when it is null", "type = 'string'", json!({"field": null}), "", ""),
        reads("a configured empty list stays one that the provider might have filled",
            "type = 'list(string)', mode = 'optional+computed'", json!({"field": null}), json!([]), json!([])),
        reads("a list that has elements is not empty any more", optional_list,
            json!({"field": []}), json!(["a"]), json!([])),
        reads("none of a computed list is an empty one", computed_list, json!({"field": null}), UNKNOWN, json!([])),
        reads("none of a computed map is an empty one", "type = 'map(string)', mode = 'computed'",
            json!({"field": null}), UNKNOWN, json!({})),
        reads("none of a computed text is null", "type = 'string', mode = 'computed'",
            json!({"field": null}), "old", NULL),
        reads("none of a block is an empty list", block, json!({"field": null}), UNKNOWN, json!([])),
        reads("a block that is missing stays as it is", block, json!({}), json!([{"size": 1}]), json!([{"size": 1}])),
        reads("a block that is missing is an empty list", block, json!({}), UNKNOWN, json!([])),
        reads("also where an old state has null", block, json!({}), NULL, json!([])),
        reads("null stands for the default", "type = 'int', mode = 'computed', default = 0",
            json!({"field": null}), UNKNOWN, 0),
        reads("also of what can be configured", "type = 'string', default = 'd'", json!({"field": null}), "old", "d"),
        reads("a part of an object that is missing stays", format!("type = 'list(object)', {PART}"),
            json!({"field": [{"length": 2, "id": "i"}]}), json!([{"size": 1, "label": "a", "id": UNKNOWN}]),
            json!([{"size": 2, "label": "a", "id": "i"}])),
        reads("an object of a map keeps what it had under its key", format!("type = 'map(object)', {PART}"),
            json!({"field": {"x": {}, "y": {}}}), json!({"y": {"label": "b"}}),
            json!({"x": {}, "y": {"label": "b"}})),
    ];
    prove_reading(rows);
}

#[test]
fn a_value_of_the_wrong_type_is_reported_and_the_known_one_stays() {
    let row = |rule, keys: &str, answer: Json, known: Json, error: &'static str| {
        (rule, (keys.to_owned(), answer, known, error))
    };
    let parts = |r#type| format!("type = '{type}', {PART}");
    #[rustfmt::skip]
    let rows = [
        row("a number is no text", "type = 'string'",
            json!({"field": 7}), json!("old"), "field: The control plane's field for `field` should be a string, but is a number"),
        row("a text is no bool", "type = 'bool'", json!({"field": "true"}),
            json!(false), "field: The control plane's field for `field` should be a boolean, but is a string"),
        row("a text is no whole number", "type = 'int'",
            json!({"field": "7"}), json!(1), "field: The control plane's field for `field` should be a whole number, but is a string"),
        row("nor is a fraction", "type = 'int'", json!({"field": 1.5}),
            json!(1), "field: The control plane's field for `field` should be a whole number, but is a number"),
        row("a bool is no number", "type = 'number'", json!({"field": true}),
            json!(1), "field: The control plane's field for `field` should be a number, but is a boolean"),
        row("a number of a billion digits is none to work with", "type = 'number'",
            digits(r#"{"field": 1e999999999}"#), json!(1),
            "field: The control plane's field for `field` should be a number in the supported range, but is a number"),
        row("an object is no list", "type = 'list(string)'",
            json!({"field": {}}), json!(["a"]), "field: The control plane's field for `field` should be a list, but is an object"),
        row("a list is no map", "type = 'map(string)'", json!({"field": []}),
            json!({"k": "v"}), "field: The control plane's field for `field` should be an object, but is a list"),
        row("a text is no object", &parts("object"), json!({"field": "a"}),
            json!({"size": 1}), "field: The control plane's field for `field` should be an object, but is a string"),
        row("null is not what is required", "type = 'string', mode = 'required'",
            json!({"field": null}), json!("old"), "field: The control plane's field for `field` should be set, but is null"),
        row("an element is at its place", "type = 'list(string)'", json!({"field": ["a", 7]}),
            json!(["old"]), "field[1]: The control plane's field for `field` should be a string, but is a number"),
        row("an element of a map is at its key", "type = 'map(string)'", json!({"field": {"k": []}}),
            json!({"k": "v"}), "field[\"k\"]: The control plane's field for `field` should be a string, but is a list"),
        row("an element of a set has no place", "type = 'set(int)'", json!({"field": [1, "b"]}),
            json!([1]), "field: The control plane's field for `field` should be a whole number, but is a string"),
        row("within another place, too", "type = 'string', wire = { read = 'image.uuid', write = 'image_uuid' }",
            json!({"image": {"uuid": 7}}), json!("old"),
            "field: The control plane's field for `field` should be a string, but is a number"),
    ];
    prove(rows, |(keys, answer, known, error)| {
        let binding = field(&keys);
        let (value, errors) = read(&binding, &answer, &known);
        let known = value_of(the_field(&binding), &known);
        (
            json!([error, shown(&known)]),
            json!([errors.join("\n"), shown(&value)]),
        )
    });
}

#[test]
fn what_can_be_read_beside_a_wrong_value_is_read() {
    let binding = field(&format!("type = 'list(object)', {PART}"));
    let answer = json!({"field": [{"length": 1, "id": "i"}, {"length": "2", "label": 7, "id": "j"}]});
    let (value, errors) = read(
        &binding,
        &answer,
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
fn what_was_sent_and_comes_back_is_the_same() {
    let row = |rule, keys: &str, planned: Json| (rule, (keys.to_owned(), planned));
    #[rustfmt::skip]
    let rows = [
        row("a text", "type = 'string'", json!("a")),
        row("a text as it is spelled", "type = 'string', format = 'url'", json!("HTTPS://EXAMPLE.com")),
        row("a bool", "type = 'bool'", json!(true)),
        row("a whole number", "type = 'int'", json!(-1)),
        row("a number", "type = 'number'", digits("1.10")),
        row("a secret", "type = 'string', sensitive = true", json!("s")),
        row("a list", "type = 'list(string)'", json!(["b", "a"])),
        row("an empty list", "type = 'list(string)'", json!([])),
        row("a set", "type = 'set(string)'", json!(["b", "a"])),
        row("a map of sets", "type = 'map(set(int))'", json!({"k": [2, 1]})),
        row("objects with what is null in them", &format!("type = 'list(object)', {PART}"),
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
fn what_no_body_has_is_left_to_a_hook() {
    let wire = "wire = { read = 'field', write = false }";
    let row =
        |rule, r#type: &str, rest: &str, is_left: bool| (rule, (format!("type = '{type}', {rest}"), is_left));
    #[rustfmt::skip]
    let rows = [
        row("objects that are configured and read, and not sent", "list(object)", &format!("{wire}, {PART}"), true),
        row("not those that are sent", "list(object)", PART, false),
        row("not those that only the provider fills in", "list(object)", "mode = 'computed', attributes = { id = { type = 'string', mode = 'computed' } }", false),
        row("not those that are not read either", "object", &format!("wire = false, {PART}"), false),
        row("not a value that the path of a request has", "string", wire, false),
    ];
    prove(rows, |(keys, is_left)| {
        (is_left, is_managed_by_hook(the_field(&field(&keys))))
    });
}

#[test]
fn a_pointer_finds_what_is_there() {
    let answer = json!({"a": {"b": 1, "n": null}, "l": [{"x": {"y": 1}}, {"x": {"y": 2}}], "n": null});
    #[rustfmt::skip]
    let rows = [
        ("a key", ("n", Some(NULL))),
        ("a key within an object", ("a.b", Some(json!(1)))),
        ("null within an object", ("a.n", Some(NULL))),
        ("anything within null is null", ("n.x.y", Some(NULL))),
        ("nothing within a number", ("a.b.c", None)),
        ("no key", ("z", None)),
        ("a list as it is", ("l[]", Some(answer["l"].clone()))),
        ("a key of each object", ("l[].x.y", Some(json!([1, 2])))),
        ("a list is no object", ("l.x", None)),
        ("a key that one object lacks", ("l[].z", None)),
    ];
    prove(rows, |(pointer, expected)| {
        let show = |found: Option<Json>| found.map_or("nothing".to_owned(), |json| json.to_string());
        (show(expected), show(find(&answer, pointer)))
    });
}
