//! Filters and the fields of an object: one row for each rule. The keys of a row declare the filter `field`.

use engine::filter::{self, Match};
use serde_json::{Value as Json, json};

use super::support::{NULL, field, fields, prove, the_field, value_of};

const UUID: &str = "0b8e5a7c-4a53-4d1b-9c5e-3f1f6f0f2d11";

#[test]
fn filter_matches_a_field() {
    let row = |rule, keys, wanted: Json, found: Json, expected: bool| (rule, (keys, wanted, found, expected));
    #[rustfmt::skip]
    let rows = [
        row("an equal string", "type = 'string'", json!("a"), json!("a"), true),
        row("another string", "type = 'string'", json!("a"), json!("A"), false),
        row("a string without a format is no pattern", "type = 'string'", json!("a*"), json!("ab"), false),
        row("null has no value", "type = 'string'", json!("a"), NULL, false),
        row("a bool", "type = 'bool'", json!(false), json!(false), true),
        row("another bool", "type = 'bool'", json!(false), json!(true), false),
        row("null is not false", "type = 'bool'", json!(false), NULL, false),
        row("a number in another spelling", "type = 'int'", json!(7), json!("7"), true),
        row("an equivalent value", "type = 'string', format = 'uuid'", json!(UUID.to_uppercase()), json!(UUID), true),
        row("a field of another type", "type = 'bool'", json!(true), json!({}), false),
        row("a pattern", "type = 'string', format = 'glob'", json!("web-*"), json!("web-1.example.com"), true),
        row("a pattern that matches the beginning only", "type = 'string', format = 'glob'", json!("web-?"), json!("web-12"), false),
        row("a pattern is case-sensitive", "type = 'string', format = 'glob'", json!("web-*"), json!("Web-1"), false),
        row("a slash is a character", "type = 'string', format = 'glob'", json!("web-*"), json!("web-1/a"), true),
        row("a pattern and null", "type = 'string', format = 'glob'", json!("*"), NULL, false),
        row("a pattern and a number", "type = 'string', format = 'glob'", json!("*"), json!(1), false),
        row("an invalid pattern", "type = 'string', format = 'glob'", json!("["), json!("["), false),
        row("a list with the value", "type = 'string'", json!("b"), json!(["a", "b"]), true),
        row("a list without the value", "type = 'string'", json!("b"), json!(["a", "bb"]), false),
        row("an empty list", "type = 'string'", json!("b"), json!([]), false),
        row("a list with a string that the pattern matches", "type = 'string', format = 'glob'", json!("b*"), json!(["a", "bb"]), true),
        row("a list that is wanted as a whole", "type = 'list(string)'", json!(["a"]), json!(["a", "b"]), false),
        row("the whole list", "type = 'list(string)'", json!(["a", "b"]), json!(["a", "b"]), true),
        row("the same set", "type = 'set(string)'", json!(["a", "b"]), json!(["b", "a"]), true),
    ];
    prove(rows, |(keys, wanted, found, expected)| {
        let binding = field(keys);
        let attribute = the_field(&binding);
        let actual = filter::matches(attribute, &value_of(attribute, &wanted), &found);
        (expected, actual)
    });
}

#[test]
fn all_filters_must_match() {
    let binding = fields(
        "size = { type = 'int' }\nhost = { type = 'string', format = 'glob', wire = { read = ['at.host', 'host'], write = 'host' } }",
    );
    let row = |rule, object: Json, expected: &str| (rule, (object, expected.to_owned()));
    #[rustfmt::skip]
    let rows = [
        row("all match", json!({"size": 1, "host": "a-1"}), "yes"),
        row("the first of two fields counts", json!({"size": 1, "at": {"host": "b"}, "host": "a-1"}), "no"),
        row("one does not match", json!({"size": 2, "host": "a-1"}), "no"),
        row("one is not shown", json!({"size": 1}), "host is not shown"),
        row("one does not match, and one before it is not shown", json!({"size": 2}), "no"),
        row("none is shown", json!({}), "size is not shown"),
        row("no object", json!(7), "size is not shown"),
    ];
    prove(rows, |(object, expected)| {
        // Sorted by name: `host` is first.
        let filters = ["host", "size"].map(|name| binding.schema.attribute(name).unwrap());
        let [host, size] = filters.map(|attribute| {
            let wanted = json!({"host": "a-*", "size": 1})[attribute.name.as_ref()].clone();
            (attribute, value_of(attribute, &wanted))
        });
        let filters = [(host.0, &host.1), (size.0, &size.1)];
        let actual = match filter::all(filters, &object) {
            Match::Yes => "yes".to_owned(),
            Match::No => "no".to_owned(),
            Match::NotShown(attribute) => format!("{} is not shown", attribute.name),
        };
        (expected, actual)
    });
}
