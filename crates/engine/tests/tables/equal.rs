//! The equivalence of two values: one row for each rule. The keys of a row declare `field`.

use engine::equal::is_equivalent;
use serde_json::{Value as Json, json};

use super::support::{NULL, UNKNOWN, field, prove, the_field, value_of};

#[test]
fn is_equivalent_follows_format_and_equal() {
    const UUID: &str = "0b8e5a7c-4a53-4d1b-9c5e-3f1f6f0f2d11";
    let row = |rule, keys, left: Json, right: Json, equivalent: bool| (rule, (keys, left, right, equivalent));
    #[rustfmt::skip]
    let rows = [
        row("a value is equivalent to itself", "type = 'string'", json!("a"), json!("a"), true),
        row("a string is case-sensitive", "type = 'string'", json!("a"), json!("A"), false),
        row("null is equivalent to null", "type = 'string'", NULL, NULL, true),
        row("null is not an empty string", "type = 'string'", NULL, json!(""), false),
        row("null is not an empty list", "type = 'list(string)', equal = 'set'", NULL, json!([]), false),
        row("unknown is not equivalent to a known value", "type = 'string', format = 'uuid'", json!(UNKNOWN), json!(UUID), false),
        row("a number in another spelling", "type = 'number'",
            json!(1), serde_json::from_str("1.0").unwrap(), true),
        row("secrets are compared by format, too", "type = 'string', mode = 'optional+computed', sensitive = true, format = 'duration'",
            json!("60s"), json!("1m"), true),
        row("strings without a format are compared literally", "type = 'string'", json!("60s"), json!("1m"), false),
        row("uuid: upper case", "type = 'string', format = 'uuid'", json!(UUID), json!(UUID.to_uppercase()), true),
        row("uuid: another", "type = 'string', format = 'uuid'",
            json!(UUID), json!("0b8e5a7c-4a53-4d1b-9c5e-3f1f6f0f2d12"), false),
        row("ip: shortened", "type = 'string', format = 'ip'",
            json!("2001:db8::1"), json!("2001:0DB8:0:0:0:0:0:1"), true),
        row("ip: another", "type = 'string', format = 'ip'", json!("10.0.0.1"), json!("10.0.0.2"), false),
        row("cidr: shortened", "type = 'string', format = 'cidr'",
            json!("2001:db8::/32"), json!("2001:0db8:0::/32"), true),
        row("cidr: another length", "type = 'string', format = 'cidr'",
            json!("10.0.0.0/8"), json!("10.0.0.0/9"), false),
        row("url: upper-case host, root path", "type = 'string', format = 'url'",
            json!("https://a.example"), json!("https://A.example/"), true),
        row("url: the port of the scheme", "type = 'string', format = 'url'",
            json!("https://a.example:443/x"), json!("https://a.example/x"), true),
        row("url: another path", "type = 'string', format = 'url'",
            json!("https://a.example/x"), json!("https://a.example/X"), false),
        row("duration: other units", "type = 'string', format = 'duration'", json!("1h30m"), json!("90m"), true),
        row("duration: another", "type = 'string', format = 'duration'", json!("1h"), json!("61m"), false),
        row("timestamp: another zone", "type = 'string', format = 'timestamp'",
            json!("2026-01-31T12:00:00Z"), json!("2026-01-31T13:00:00.000+01:00"), true),
        row("timestamp: another moment", "type = 'string', format = 'timestamp'",
            json!("2026-01-31T12:00:00Z"), json!("2026-01-31T12:00:00.001Z"), false),
        row("json: spaces and the order of keys", "type = 'string', format = 'json'",
            json!(r#"{"a":1,"b":[]}"#), json!(r#"{ "b": [], "a": 1 }"#), true),
        row("json: the order of a list", "type = 'string', format = 'json'", json!("[1,2]"), json!("[2,1]"), false),
        row("strings that violate the format are compared literally", "type = 'string', format = 'json'", json!("{"), json!("{ "), false),
        row("scheme: with, without", "type = 'string', equal = 'scheme'",
            json!("https://ghcr.io/"), json!("ghcr.io"), true),
        row("scheme: another", "type = 'string', equal = 'scheme'",
            json!("http://ghcr.io/x"), json!("https://ghcr.io/x/"), true),
        row("scheme: another host", "type = 'string', equal = 'scheme'",
            json!("https://ghcr.io"), json!("https://quay.io"), false),
        row("a list is ordered", "type = 'list(string)'", json!(["a", "b"]), json!(["b", "a"]), false),
        row("a list of strings with a format", "type = 'list(string)', format = 'duration'",
            json!(["60s", "1h"]), json!(["1m", "60m"]), true),
        row("a longer list", "type = 'list(string)', format = 'duration'",
            json!(["60s"]), json!(["1m", "1m"]), false),
        row("set: another order", "type = 'list(string)', equal = 'set'",
            json!(["a", "b", "c"]), json!(["c", "a", "b"]), true),
        row("set: other elements", "type = 'list(string)', equal = 'set'",
            json!(["a", "b"]), json!(["a", "c"]), false),
        row("set: fewer elements", "type = 'list(string)', equal = 'set'", json!(["a", "b"]), json!(["a"]), false),
        row("set: duplicates do not count", "type = 'list(string)', equal = 'set'",
            json!(["a", "a", "b"]), json!(["a", "b", "b"]), true),
        row("set: without the duplicate", "type = 'list(string)', equal = 'set'",
            json!(["a", "b", "b"]), json!(["b", "a"]), true),
        row("set: duplicates of other elements", "type = 'list(string)', equal = 'set'",
            json!(["a", "a"]), json!(["a", "b"]), false),
        row("a set with two spellings of an element", "type = 'set(string)', format = 'duration'",
            json!(["60s", "1m"]), json!(["1m"]), true),
        row("set: another order of strings with a format", "type = 'list(string)', equal = 'set', format = 'uuid'",
            json!([UUID, "0b8e5a7c-4a53-4d1b-9c5e-3f1f6f0f2d12"]),
            json!(["0B8E5A7C-4A53-4D1B-9C5E-3F1F6F0F2D12", UUID]), true),
        row("a set of strings with a format", "type = 'set(string)', format = 'duration'",
            json!(["60s", "2h"]), json!(["120m", "1m"]), true),
        row("a map by its keys", "type = 'map(string)', format = 'duration'",
            json!({"a": "60s", "b": "1s"}), json!({"a": "1m", "b": "1s"}), true),
        row("a map with another key", "type = 'map(string)', format = 'duration'",
            json!({"a": "60s"}), json!({"b": "60s"}), false),
        row("objects attribute by attribute",
            "type = 'list(object)', attributes = { after = { type = 'string', format = 'duration' }, size = { type \
             = 'int' } }", json!([{"after": "60s", "size": 1}]), json!([{"after": "1m", "size": 1}]), true),
        row("objects that differ in one",
            "type = 'list(object)', attributes = { after = { type = 'string', format = 'duration' }, size = { type \
             = 'int' } }", json!([{"after": "60s", "size": 1}]), json!([{"after": "1m", "size": 2}]), false),
    ];
    prove(rows, |(keys, left, right, expected)| {
        let binding = field(keys);
        let attribute = the_field(&binding);
        let (left, right) = (value_of(attribute, &left), value_of(attribute, &right));
        let actual = is_equivalent(attribute, &left, &right);
        assert_eq!(
            actual,
            is_equivalent(attribute, &right, &left),
            "the relation is symmetric"
        );
        (expected, actual)
    });
}
