//! The configuration of an object that exists: one row for each rule. The keys of a row declare the attribute `field`.

use engine::diagnostic::Diagnostics;
use engine::object::PlanRequest;
use engine::plan::plan;
use engine::rules::WriteOnly;
use engine::{Binding, generate, validate};
use serde_json::{Value as Json, json};

use super::support::{NULL, UUID, field, fields, prove, shown, value};

/// The object with this value of `field`, as state has it.
fn state(field: &Json) -> Json {
    json!({"uuid": UUID, "name": "n", "field": field})
}

#[test]
fn arguments_are_written_if_they_are_needed() {
    let row = |rule, keys, in_state: Json, expected: Json| (rule, (keys, in_state, expected));
    #[rustfmt::skip]
    let rows = [
        row("an argument", "type = 'string'", json!("a"), json!("a")),
        row("an empty string is a value", "type = 'string'", json!(""), json!("")),
        row("null", "type = 'string'", NULL, NULL),
        row("a required argument", "type = 'string', mode = 'required'", json!("a"), json!("a")),
        row("a computed value", "type = 'string', mode = 'computed'", json!("a"), NULL),
        row("a computed value with a default", "type = 'int', mode = 'computed', default = 0", json!(0), NULL),
        row("the value of an argument that the API may choose", "type = 'string', mode = 'optional+computed'", json!("a"), json!("a")),
        row("such a value that no one can configure", "type = 'string', mode = 'optional+computed', validate = { one_of = ['a'] }",
            json!("z"), NULL),
        row("such a value of another argument: the user has to decide", "type = 'string', validate = { one_of = ['a'] }", json!("z"), json!("z")),
        row("the default", "type = 'int', default = 5", json!(5), NULL),
        row("another value than the default", "type = 'int', default = 5", json!(6), json!(6)),
        row("the default in another spelling", "type = 'string', format = 'duration', default = '60s'", json!("1m"), json!("1m")),
        row("null instead of the default", "type = 'int', default = 5", NULL, NULL),
        row("an empty default", "type = 'string', default = ''", json!(""), NULL),
        row("the default of an argument that the API may choose", "type = 'bool', mode = 'optional+computed', default = true", json!(true), NULL),
        row("a secret", "type = 'string', sensitive = true, returned = false", json!("a"), NULL),
        row("secrets in a map", "type = 'map(string)', mode = 'optional+computed', sensitive = true", json!({"k": "v"}), NULL),
        row("a deprecated argument", "type = 'string', mode = 'optional+computed', deprecated = 'Use name.'", json!("a"), NULL),
        row("a deprecated argument that the object would lose", "type = 'string', deprecated = 'Use name.'", json!("a"), json!("a")),
        row("a deprecated argument that is required", "type = 'string', mode = 'required', deprecated = 'Use name.'", json!("a"), json!("a")),
        row("a set", "type = 'set(string)'", json!(["b", "a"]), json!({"set": ["a", "b"]})),
        row("an empty set", "type = 'set(string)'", json!([]), json!({"set": []})),
        row("a list keeps its order", "type = 'list(string)'", json!(["b", "a"]), json!(["b", "a"])),
        row("a list with a default", "type = 'list(string)', default = ['a']", json!(["a"]), NULL),
        row("a map", "type = 'map(int)'", json!({"k": 1}), json!({"k": 1})),
        row("an unusual string", "type = 'string'", json!("${a} %{b} \"\r\n"), json!("${a} %{b} \"\r\n")),
    ];
    prove(rows, |(keys, in_state, expected)| {
        let binding = field(keys);
        let config = config_of(&binding, &state(&in_state));
        (expected, config["field"].clone())
    });
}

#[test]
fn nested_objects_have_their_arguments() {
    let inner = "attributes = { size = { doc = 'd', type = 'int', default = 1 }, id = { doc = 'd', type = 'string', mode = 'computed' }, \
                 color = { doc = 'd', type = 'string' } }";
    let row = |rule, keys: &str, in_state: Json, expected: Json| {
        (rule, (format!("{keys}, {inner}"), in_state, expected))
    };
    let object = |size: i64| json!({"size": size, "id": "x", "color": "red"});
    let written = |size: Json| json!({"size": size, "id": null, "color": "red"});
    #[rustfmt::skip]
    let rows = [
        row("an object", "type = 'object'", object(2), written(json!(2))),
        row("a list", "type = 'list(object)'", json!([object(2), object(1)]), json!([written(json!(2)), written(NULL)])),
        row("a map", "type = 'map(object)'", json!({"k": object(1)}), json!({"k": written(NULL)})),
        row("a set", "type = 'set(object)'", json!([object(2)]), json!({"set": [written(json!(2))]})),
        row("blocks", "type = 'list(object)', block = true", json!([object(1)]), json!([written(NULL)])),
        row("no block", "type = 'list(object)', block = true", json!([]), json!([])),
        row("null", "type = 'list(object)'", NULL, NULL),
    ];
    prove(rows, |(keys, in_state, expected)| {
        let binding = field(&keys);
        let config = config_of(&binding, &state(&in_state));
        (expected, config["field"].clone())
    });
}

/// Terraform 1.14.0 sends no state.
#[test]
fn nothing_is_set_without_an_object() {
    let binding = fields(
        "field = { type = 'int', default = 1 }\n\
         part = { type = 'list(object)', block = true, attributes = { size = { doc = 'd', type = 'int' } } }",
    );
    let config = shown(&generate::config(binding.schema, &::value::Value::Null));
    assert_eq!(
        config,
        json!({"uuid": null, "name": null, "field": null, "part": []})
    );
}

/// Whatever the object has: a plan with the configuration changes nothing.
#[test]
fn plan_with_the_configuration_is_empty() {
    let row = |rule, keys, in_state: Json| (rule, (keys, in_state));
    #[rustfmt::skip]
    let rows = [
        row("an argument", "type = 'string'", json!("a")),
        row("an empty string", "type = 'string'", json!("")),
        row("null", "type = 'string'", NULL),
        row("an empty set", "type = 'set(string)', unset = 'empty'", json!([])),
        row("no set", "type = 'set(string)', unset = 'empty'", NULL),
        row("the default", "type = 'int', default = 5", json!(5)),
        row("the default in another spelling", "type = 'string', format = 'duration', default = '60s'", json!("1m")),
        row("the default in another order", "type = 'list(string)', equal = 'set', default = ['a', 'b']", json!(["b", "a"])),
        row("another value than the default", "type = 'int', default = 5", json!(6)),
        row("a computed value", "type = 'int', mode = 'computed'", json!(6)),
        row("a value that no one can configure", "type = 'string', mode = 'optional+computed', validate = { one_of = ['a'] }", json!("z")),
        row("an argument that the API chooses", "type = 'string', mode = 'optional+computed', unset = 'null'", json!("z")),
        row("null of an argument that the API chooses", "type = 'string', mode = 'optional+computed', unset = 'null'", NULL),
        row("a secret", "type = 'string', sensitive = true, returned = false", NULL),
        row("a deprecated argument", "type = 'string', mode = 'optional+computed', deprecated = 'Use name.'", json!("a")),
        row("a deprecated argument that the object would lose", "type = 'string', deprecated = 'Use name.'", json!("a")),
        row("a uuid in capitals", "type = 'string', format = 'uuid'", json!(UUID.to_uppercase())),
    ];
    prove(rows, |(keys, in_state)| {
        let binding = field(keys);
        let object = value(&binding, &state(&in_state));
        let config = generate::config(binding.schema, &object);
        let mut diagnostics = Diagnostics::default();
        validate::config(&binding, &config, WriteOnly::Allowed, &mut diagnostics);
        assert!(!diagnostics.has_errors(), "{}", shown(&config));
        let planned = plan(
            &binding,
            PlanRequest {
                prior: object.clone(),
                config,
                ..PlanRequest::default()
            },
        );
        (shown(&object), shown(&planned.planned))
    });
}

/// The configuration of an object, as JSON that shows everything.
fn config_of(binding: &Binding, object: &Json) -> Json {
    let config = generate::config(binding.schema, &value(binding, object));
    let config = shown(&config);
    assert_eq!(config["uuid"], NULL);
    assert_eq!(config["name"], "n");
    config
}
