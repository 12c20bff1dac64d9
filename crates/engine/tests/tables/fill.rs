//! An answer taken into a plan: one row for each rule. The keys of a row declare `field`.

use engine::fill::{fill, fill_object, matches_plan};
use serde_json::{Value as Json, json};

use super::support::{NULL, UNKNOWN, field, fields, prove, shown, the_field, value, value_of};

/// A part that has a size, a label, and an id from the API.
const PART: &str = "attributes = { size = { type = 'int' }, label = { type = 'string' }, \
                    id = { type = 'string', mode = 'computed' } }";

#[test]
fn what_was_planned_stays_and_what_was_unknown_is_answered() {
    let row = |rule, keys: &str, planned: Json, answered: Json, filled: Json, fits: bool| {
        (rule, (keys.to_owned(), planned, answered, filled, fits))
    };
    let parts = |r#type| format!("type = '{type}', {PART}");
    #[rustfmt::skip]
    let rows = [
        row("what is unknown is as it is answered", "type = 'string'", json!(UNKNOWN), json!("a"), json!("a"), true),
        row("also null", "type = 'string'", json!(UNKNOWN), NULL, NULL, true),
        row("what is answered as planned fits", "type = 'string'", json!("a"), json!("a"), json!("a"), true),
        row("what is answered otherwise stays as planned and does not fit", "type = 'string'",
            json!("a"), json!("b"), json!("a"), false),
        row("so does what is answered with nothing", "type = 'string'", json!("a"), NULL, json!("a"), false),
        row("so does nothing that is answered with something", "type = 'string'", NULL, json!("a"), NULL, false),
        row("another spelling of the same meaning fits, and stays as planned", "type = 'string', format = 'duration'",
            json!("60s"), json!("1m"), json!("60s"), true),
        row("so does another order where it has no meaning", "type = 'list(string)', equal = 'set'",
            json!(["b", "a"]), json!(["a", "b"]), json!(["b", "a"]), true),
        row("another order does not fit where it has", "type = 'list(string)'",
            json!(["b", "a"]), json!(["a", "b"]), json!(["b", "a"]), false),
        row("unknown elements of a list are as answered", "type = 'list(string)'",
            json!(["a", UNKNOWN]), json!(["a", "b"]), json!(["a", "b"]), true),
        row("known elements of a list stay", "type = 'list(string)'",
            json!(["a", UNKNOWN]), json!(["z", "b"]), json!(["a", "b"]), false),
        row("a list of another length does not fit", "type = 'list(string)'",
            json!(["a"]), json!(["a", "b"]), json!(["a"]), false),
        row("unknown parts of an object are as answered", &parts("object"),
            json!({"size": 1, "id": UNKNOWN}), json!({"size": 1, "id": "i"}), json!({"size": 1, "id": "i"}), true),
        row("known parts of an object stay", &parts("object"), json!({"size": 1, "id": UNKNOWN}),
            json!({"size": 2, "label": "a", "id": "i"}), json!({"size": 1, "id": "i"}), false),
        row("an object that is gone does not fit", &parts("object"),
            json!({"size": 1}), NULL, json!({"size": 1}), false),
        row("objects of a list are filled one by one", &parts("list(object)"),
            json!([{"size": 1, "id": UNKNOWN}, {"size": 2, "id": UNKNOWN}]),
            json!([{"size": 1, "id": "i"}, {"size": 3, "id": "j"}]),
            json!([{"size": 1, "id": "i"}, {"size": 2, "id": "j"}]), false),
        row("a set that is answered as planned fits", "type = 'set(string)'",
            json!(["b", "a"]), json!(["a", "b"]), json!(["a", "b"]), true),
        row("a known set stays", "type = 'set(string)'", json!(["a"]), json!(["b"]), json!(["a"]), false),
        row("a set with unknown parts is as answered", &parts("set(object)"), json!([{"size": 1, "id": UNKNOWN}]),
            json!([{"size": 1, "id": "i"}]), json!([{"size": 1, "id": "i"}]), true),
        row("its elements may turn out to be the same", "type = 'set(string)'",
            json!(["a", UNKNOWN]), json!(["a"]), json!(["a"]), true),
        row("but there cannot be more of them", "type = 'set(string)'",
            json!([UNKNOWN]), json!(["a", "b"]), json!(["a", "b"]), false),
        row("a known map stays", "type = 'map(string)'",
            json!({"k": "v"}), json!({"k": "w"}), json!({"k": "v"}), false),
    ];
    prove(rows, |(keys, planned, answered, expected, does_fit)| {
        let binding = field(&keys);
        let attribute = the_field(&binding);
        let [planned, answered, expected] =
            [planned, answered, expected].map(|json| value_of(attribute, &json));
        let (filled, is_fit) = fill(attribute, &planned, &answered);
        assert_eq!(
            matches_plan(attribute, &planned, &answered),
            is_fit,
            "`fits` says the same"
        );
        (
            json!([shown(&expected), does_fit]),
            json!([shown(&filled), is_fit]),
        )
    });
}

#[test]
fn an_object_is_filled_attribute_by_attribute() {
    let binding = fields("size = { type = 'int' }\nseen = { type = 'string', mode = 'computed' }");
    let of = |json: Json| value(&binding, &json);
    let planned = of(json!({"uuid": UNKNOWN, "name": "a", "size": 1, "seen": UNKNOWN}));
    let answered = of(json!({"uuid": "u", "name": "b", "size": 1, "seen": "t"}));
    let filled = fill_object(&binding.schema.attributes, &planned, &answered);
    assert_eq!(
        shown(&filled),
        json!({"uuid": "u", "name": "a", "size": 1, "seen": "t"})
    );
}
