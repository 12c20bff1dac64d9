//! A response merged into a plan: one row for each rule. The keys of a row declare `field`.

use engine::fill::{fill, fill_object, matches_plan};
use serde_json::{Value as Json, json};

use super::support::{NULL, UNKNOWN, field, fields, prove, shown, the_field, value, value_of};

/// A part that has a size, a label, and an id from the API.
const PART: &str = "attributes = { size = { type = 'int' }, label = { type = 'string' }, \
                    id = { type = 'string', mode = 'computed' } }";

#[test]
fn fill_keeps_planned_values_and_sets_unknown_ones() {
    let row = |rule, keys: &str, planned: Json, returned: Json, filled: Json, is_match: bool| {
        (rule, (keys.to_owned(), planned, returned, filled, is_match))
    };
    let parts = |r#type| format!("type = '{type}', {PART}");
    #[rustfmt::skip]
    let rows = [
        row("an unknown value is set from the response", "type = 'string'", json!(UNKNOWN), json!("a"), json!("a"), true),
        row("an unknown value can become null", "type = 'string'", json!(UNKNOWN), NULL, NULL, true),
        row("a value that is returned as planned matches", "type = 'string'", json!("a"), json!("a"), json!("a"), true),
        row("another returned value does not match, and the planned one stays", "type = 'string'",
            json!("a"), json!("b"), json!("a"), false),
        row("a returned null does not match a planned value", "type = 'string'", json!("a"), NULL, json!("a"), false),
        row("a returned value does not match a planned null", "type = 'string'", NULL, json!("a"), NULL, false),
        row("an equivalent value matches, and the planned spelling stays", "type = 'string', format = 'duration'",
            json!("60s"), json!("1m"), json!("60s"), true),
        row("another order matches if `equal` is `set`", "type = 'list(string)', equal = 'set'",
            json!(["b", "a"]), json!(["a", "b"]), json!(["b", "a"]), true),
        row("another order of a list does not match", "type = 'list(string)'",
            json!(["b", "a"]), json!(["a", "b"]), json!(["b", "a"]), false),
        row("unknown elements of a list are set from the response", "type = 'list(string)'",
            json!(["a", UNKNOWN]), json!(["a", "b"]), json!(["a", "b"]), true),
        row("known elements of a list stay as planned", "type = 'list(string)'",
            json!(["a", UNKNOWN]), json!(["z", "b"]), json!(["a", "b"]), false),
        row("a list of another length does not match", "type = 'list(string)'",
            json!(["a"]), json!(["a", "b"]), json!(["a"]), false),
        row("unknown parts of an object are set from the response", &parts("object"),
            json!({"size": 1, "id": UNKNOWN}), json!({"size": 1, "id": "i"}), json!({"size": 1, "id": "i"}), true),
        row("known parts of an object stay as planned", &parts("object"), json!({"size": 1, "id": UNKNOWN}),
            json!({"size": 2, "label": "a", "id": "i"}), json!({"size": 1, "id": "i"}), false),
        row("a null object does not match", &parts("object"),
            json!({"size": 1}), NULL, json!({"size": 1}), false),
        row("objects of a list are merged one by one", &parts("list(object)"),
            json!([{"size": 1, "id": UNKNOWN}, {"size": 2, "id": UNKNOWN}]),
            json!([{"size": 1, "id": "i"}, {"size": 3, "id": "j"}]),
            json!([{"size": 1, "id": "i"}, {"size": 2, "id": "j"}]), false),
        row("a set that is returned as planned matches", "type = 'set(string)'",
            json!(["b", "a"]), json!(["a", "b"]), json!(["a", "b"]), true),
        row("a known set stays as planned", "type = 'set(string)'", json!(["a"]), json!(["b"]), json!(["a"]), false),
        row("a set with unknown parts is set from the response", &parts("set(object)"), json!([{"size": 1, "id": UNKNOWN}]),
            json!([{"size": 1, "id": "i"}]), json!([{"size": 1, "id": "i"}]), true),
        row("unknown elements of a set may be equal to known ones", "type = 'set(string)'",
            json!(["a", UNKNOWN]), json!(["a"]), json!(["a"]), true),
        row("more elements than planned do not match", "type = 'set(string)'",
            json!([UNKNOWN]), json!(["a", "b"]), json!(["a", "b"]), false),
        row("a known map stays as planned", "type = 'map(string)'",
            json!({"k": "v"}), json!({"k": "w"}), json!({"k": "v"}), false),
        row("objects of a map are merged by key", &parts("map(object)"),
            json!({"a": {"size": 1, "id": UNKNOWN}, "b": {"size": 2, "id": UNKNOWN}}),
            json!({"a": {"size": 1, "id": "i"}, "b": {"size": 3, "id": "j"}}),
            json!({"a": {"size": 1, "id": "i"}, "b": {"size": 2, "id": "j"}}), false),
        row("objects of a map that are returned as planned match", &parts("map(object)"),
            json!({"a": {"size": 1, "id": UNKNOWN}}), json!({"a": {"size": 1, "id": "i"}}),
            json!({"a": {"size": 1, "id": "i"}}), true),
        row("a map with another key does not match", &parts("map(object)"), json!({"a": {"size": 1, "id": "h"}}),
            json!({"b": {"size": 1, "id": "i"}}), json!({"a": {"size": 1, "id": "h"}}), false),
    ];
    prove(rows, |(keys, planned, returned, expected, expected_match)| {
        let binding = field(&keys);
        let attribute = the_field(&binding);
        let [planned, returned, expected] =
            [planned, returned, expected].map(|json| value_of(attribute, &json));
        let (filled, matches) = fill(attribute, &planned, &returned);
        assert_eq!(
            matches_plan(attribute, &planned, &returned),
            matches,
            "`matches_plan` agrees with `fill`"
        );
        (
            json!([shown(&expected), expected_match]),
            json!([shown(&filled), matches]),
        )
    });
}

#[test]
fn fill_object_merges_each_attribute() {
    let binding = fields("size = { type = 'int' }\nseen = { type = 'string', mode = 'computed' }");
    let of = |json: Json| value(&binding, &json);
    let planned = of(json!({"uuid": UNKNOWN, "name": "a", "size": 1, "seen": UNKNOWN}));
    let returned = of(json!({"uuid": "u", "name": "b", "size": 1, "seen": "t"}));
    let filled = fill_object(&binding.schema.attributes, &planned, &returned);
    assert_eq!(
        shown(&filled),
        json!({"uuid": "u", "name": "a", "size": 1, "seen": "t"})
    );
}
