//! The validation of a configuration: one row for each rule, with the diagnostics as `PATH: DETAIL`.

use engine::diagnostic::{Diagnostics, Severity};
use engine::rules::WriteOnly;
use engine::validate;
use serde_json::{Value as Json, json};

use super::support::{NULL, UNKNOWN, field, fields, prove, reported, value};

/// No diagnostics.
const VALID: &str = "";

#[test]
fn config_checks_a_value_by_its_declaration() {
    const UUID: &str = "0b8e5a7c-4a53-4d1b-9c5e-3f1f6f0f2d11";
    let row = |rule, keys, config: Json, report: &'static str| (rule, (keys, config, report));
    #[rustfmt::skip]
    let rows = [
        // Allowed values.
        row("an allowed value", "type = 'string', validate = { one_of = ['tcp', 'http', ''] }",
            json!("tcp"), VALID),
        row("an empty string can be allowed", "type = 'string', validate = { one_of = ['tcp', 'http', ''] }",
            json!(""), VALID),
        row("another value", "type = 'string', validate = { one_of = ['tcp', 'http'] }",
            json!("dns"), "field: `field` must be one of \"tcp\", \"http\", got \"dns\"."),
        row("a misspelt value", "type = 'string', validate = { one_of = ['accept', 'reject'] }", json!("acept"),
            "field: `field` must be one of \"accept\", \"reject\", got \"acept\". Did you mean \"accept\"?"),
        row("an element of a list is reported at its index", "type = 'list(string)', validate = { one_of = ['a', 'b'] }",
            json!(["a", "zz"]), "field[1]: `field` must be one of \"a\", \"b\", got \"zz\"."),
        row("an element of a map is reported at its key", "type = 'map(string)', validate = { one_of = ['a', 'b'] }",
            json!({"k": "zz"}), "field[\"k\"]: `field` must be one of \"a\", \"b\", got \"zz\"."),
        row("an element of a set is reported at the set", "type = 'set(string)', validate = { one_of = ['a', 'b'] }",
            json!(["a", "zz"]), "field: `field` must be one of \"a\", \"b\", got \"zz\"."),
        // Numbers.
        row("the smallest whole number", "type = 'int'", json!(i32::MIN), VALID),
        row("the largest whole number", "type = 'int'", json!(i32::MAX), VALID),
        row("a whole number that 32 bits cannot hold", "type = 'int'",
            json!(2_147_483_648_i64), "field: `field` must be a whole number between -2147483648 and 2147483647, got 2147483648."),
        row("a fraction for a whole number", "type = 'int'",
            json!(1.5), "field: `field` must be a whole number, got 1.5."),
        row("a fraction for a number", "type = 'number'", json!(1.5), VALID),
        row("the bounds of a range are allowed", "type = 'list(int)', validate = { range = { min = 0, max = 128 } }",
            json!([0, 128]), VALID),
        row("below a range", "type = 'int', validate = { range = { min = 0, max = 128 } }",
            json!(-1), "field: `field` must be between 0 and 128, got -1."),
        row("above a range", "type = 'int', validate = { range = { min = 0, max = 128 } }",
            json!(129), "field: `field` must be between 0 and 128, got 129."),
        row("below a range without an upper bound", "type = 'int', validate = { range = { min = 1 } }",
            json!(0), "field: `field` must be at least 1, got 0."),
        row("above a range without a lower bound", "type = 'int', validate = { range = { max = 9 } }",
            json!(10), "field: `field` must be at most 9, got 10."),
        // Strings and collections.
        row("a length counts characters", "type = 'string', validate = { length = { max = 2 } }",
            json!("\u{e4}\u{1f600}"), VALID),
        row("a string that is too long", "type = 'string', validate = { length = { min = 1, max = 2 } }",
            json!("abc"), "field: `field` must have between 1 and 2 characters, got 3."),
        row("a string that is too short", "type = 'string', validate = { length = { min = 2 } }",
            json!(""), "field: `field` must have at least 2 characters, got 0."),
        row("the length of each element", "type = 'list(string)', validate = { length = { min = 2 } }",
            json!(["ab", "c"]), "field[1]: `field` must have at least 2 characters, got 1."),
        row("enough elements", "type = 'list(string)', validate = { items = { min = 1 } }", json!(["a"]), VALID),
        row("too few elements", "type = 'list(string)', validate = { items = { min = 2 } }",
            json!(["a"]), "field: `field` must have at least 2 elements, got 1."),
        row("too many entries", "type = 'map(string)', validate = { items = { max = 1 } }",
            json!({"a": "b", "c": "d"}), "field: `field` must have at most 1 elements, got 2."),
        row("a string that matches the pattern", "type = 'string', validate = { pattern = '[a-z]+|[0-9]+' }", json!("12"), VALID),
        row("a string that matches the pattern only in part", "type = 'string', validate = { pattern = '[a-z]+|[0-9]+' }",
            json!("ab-"), "field: `field` must match `[a-z]+|[0-9]+`, got \"ab-\"."),
        // Formats.
        row("uuid: valid", "type = 'string', format = 'uuid'", json!(UUID), VALID),
        row("uuid: upper case", "type = 'string', format = 'uuid'", json!(UUID.to_uppercase()), VALID),
        row("uuid: without dashes", "type = 'string', format = 'uuid'", json!(UUID.replace('-', "")),
            "field: `field` must be a UUID such as 0b8e5a7c-4a53-4d1b-9c5e-3f1f6f0f2d11, got \
             \"0b8e5a7c4a534d1b9c5e3f1f6f0f2d11\"."),
        row("ip: of both versions", "type = 'list(string)', format = 'ip'",
            json!(["10.0.0.1", "2001:db8::1"]), VALID),
        row("ip: invalid", "type = 'string', format = 'ip'",
            json!("10.0.0.256"), "field: `field` must be an IPv4 or IPv6 address, got \"10.0.0.256\"."),
        row("cidr: of both versions", "type = 'list(string)', format = 'cidr'",
            json!(["10.0.0.0/8", "2001:db8::/32"]), VALID),
        row("cidr: without a length", "type = 'string', format = 'cidr'", json!("10.0.0.0"),
            "field: `field` must be an address block in CIDR notation such as 10.0.0.0/24, got \"10.0.0.0\"."),
        row("cidr: too long", "type = 'list(string)', format = 'cidr'", json!(["10.0.0.0/33"]),
            "field[0]: `field` must be an address block in CIDR notation such as 10.0.0.0/24, got \"10.0.0.0/33\"."),
        row("url: of both schemes", "type = 'list(string)', format = 'url'",
            json!(["http://a", "https://a.example:1/x?y#z"]), VALID),
        row("url: another scheme", "type = 'string', format = 'url'", json!("ftp://a.example"),
            "field: `field` must be a URL that begins with http:// or https://, got \"ftp://a.example\"."),
        row("url: invalid, with a possible password", "type = 'string', format = 'url'",
            json!("me:secret@a.example"), "field: `field` must be a URL that begins with http:// or https://."),
        row("duration: valid", "type = 'string', format = 'duration'", json!("1h30m"), VALID),
        row("duration: without a unit", "type = 'string', format = 'duration'",
            json!("30"), "field: `field` must be a duration such as 90s, 20m or 1h30m, got \"30\"."),
        row("timestamp: valid", "type = 'string', format = 'timestamp'", json!("2026-01-31T12:00:00+01:00"), VALID),
        row("timestamp: a date", "type = 'string', format = 'timestamp'", json!("2026-01-31"),
            "field: `field` must be an RFC 3339 timestamp such as 2026-01-31T12:00:00Z, got \"2026-01-31\"."),
        row("json: valid", "type = 'string', format = 'json'", json!("[1]"), VALID),
        row("json: invalid", "type = 'string', format = 'json'",
            json!("{a: 1}"), "field: `field` must be a JSON document, got \"{a: 1}\"."),
        row("glob: valid", "type = 'string', format = 'glob'", json!("web-[0-9]*"), VALID),
        row("glob: an open bracket", "type = 'string', format = 'glob'",
            json!("web-["), "field: `field` must be a pattern such as web-* or db-[12], got \"web-[\"."),
        // Unknown, sensitive and missing values.
        row("an unknown string passes",
            "type = 'string', format = 'uuid', validate = { length = { min = 1 }, pattern = '0.*' }", json!(UNKNOWN),
            VALID),
        row("an unknown number passes", "type = 'int', validate = { range = { min = 1 } }", json!(UNKNOWN), VALID),
        row("an unknown list passes", "type = 'list(string)', validate = { items = { min = 1 } }",
            json!(UNKNOWN), VALID),
        row("an unknown element passes, and counts",
            "type = 'list(string)', validate = { items = { min = 2 }, one_of = ['a', 'b'] }", json!(["a", UNKNOWN]),
            VALID),
        row("a value that is not set passes", "type = 'string', format = 'uuid'", NULL, VALID),
        row("a secret is not shown", "type = 'string', mode = 'optional+computed', sensitive = true, format = 'uuid'",
            json!("s"), "field: `field` must be a UUID such as 0b8e5a7c-4a53-4d1b-9c5e-3f1f6f0f2d11."),
        row("the length of a secret is not shown", "type = 'string', write_only = true, validate = { length = { min = 9 } }",
            json!("s"), "field: `field` must have at least 9 characters."),
        row("a null element", "type = 'list(string)'", json!(["a", null]),
            "field[1]: `field` has an element that is null. Remove the element, for example with `compact()`."),
        row("a required argument that is not set", "type = 'string', mode = 'required'",
            NULL, "field: The argument `field` is required, but no value was given."),
        row("an unknown required argument passes", "type = 'string', mode = 'required'", json!(UNKNOWN), VALID),
        row("a computed attribute that is set", "type = 'string', mode = 'computed'",
            json!("a"), "field: `field` is read-only: remove it from the configuration."),
        // Objects.
        row("an attribute of an object",
            "type = 'object', attributes = { size = { type = 'int', validate = { range = { min = 1 } } } }",
            json!({"size": 0}), "field.size: `size` must be at least 1, got 0."),
        row("an attribute of an object in a list",
            "type = 'list(object)', attributes = { size = { type = 'int', mode = 'required' } }",
            json!([{"size": 1}, {}]), "field[1].size: The argument `size` is required, but no value was given."),
        row("an attribute of an object in a map",
            "type = 'map(object)', attributes = { size = { type = 'int', validate = { range = { min = 1 } } } }",
            json!({"k": {"size": 0}}), "field[\"k\"].size: `size` must be at least 1, got 0."),
        row("a computed attribute of an object",
            "type = 'list(object)', attributes = { size = { type = 'int' }, \
             id = { type = 'string', mode = 'computed' } }",
            json!([{"id": "a"}]), "field[0].id: `id` is read-only: remove it from the configuration."),
    ];
    prove(rows, |(keys, config, report)| {
        let binding = field(keys);
        let config = value(&binding, &json!({"name": "a", "field": config}));
        let mut diagnostics = Diagnostics::default();
        validate::config(&binding, &config, WriteOnly::Allowed, &mut diagnostics);
        (report.to_owned(), reported(&diagnostics))
    });
}

#[test]
fn config_checks_constraints_over_several_attributes() {
    let row = |rule, constraint, config: Json, report: &'static str| (rule, (constraint, config, report));
    let exactly = "exactly_one_of = ['a', 'b']";
    let at_most = "at_most_one_of = ['a', 'b']";
    let at_least = "at_least_one_of = ['a', 'b']";
    let all = "all_or_none = ['a', 'b', 'c']";
    let require = "when = { attribute = 'a', value = 'x' }\nrequire = ['b']";
    let set = "when = { attribute = 'a' }\nrequire = ['b']";
    let forbid = "when = { attribute = 'on', value = true }\nforbid = ['a']";
    let number = "when = { attribute = 'n', value = 0 }\nrequire = ['a']";
    #[rustfmt::skip]
    let rows = [
        row("exactly one: one", exactly, json!({"a": "x"}), VALID),
        row("exactly one: neither", exactly, json!({}), ": Exactly one of `a`, `b` must be set."),
        row("exactly one: both", exactly, json!({"a": "x", "b": "y"}), "b: Only one of `a`, `b` can be set."),
        row("exactly one: an unknown one may be null", exactly, json!({"a": "x", "b": UNKNOWN}), VALID),
        row("exactly one: an unknown one may be set", exactly, json!({"b": UNKNOWN}), VALID),
        row("at most one: neither", at_most, json!({}), VALID),
        row("at most one: one", at_most, json!({"b": "x"}), VALID),
        row("at most one: both", at_most, json!({"a": "x", "b": "y"}), "b: Only one of `a`, `b` can be set."),
        row("at most one: unknown ones may be null", at_most, json!({"a": UNKNOWN, "b": UNKNOWN}), VALID),
        row("at least one: neither", at_least, json!({}), ": At least one of `a`, `b` must be set."),
        row("at least one: both", at_least, json!({"a": "x", "b": "y"}), VALID),
        row("at least one: an unknown one may be set", at_least, json!({"a": UNKNOWN}), VALID),
        row("all or none: none", all, json!({}), VALID),
        row("all or none: all", all, json!({"a": "x", "b": "y", "c": "z"}), VALID),
        row("all or none: some", all,
            json!({"a": "x", "c": "z"}), "b: `a`, `b`, `c` must be set together: set `b` too, or none of them."),
        row("all or none: each that is missing", all, json!({"c": "z"}),
            "a: `a`, `b`, `c` must be set together: set `a` too, or none of them.\nb: `a`, `b`, `c` must be set together: set \
             `b` too, or none of them."),
        row("all or none: an unknown one may be set", all,
            json!({"a": "x", "b": UNKNOWN, "c": UNKNOWN}), VALID),
        row("all or none: an unknown one may be null", all, json!({"a": UNKNOWN}), VALID),
        row("with the value, the other is required", require,
            json!({"a": "x"}), "b: `b` must be set when `a` is \"x\"."),
        row("an empty string counts as not set", require, json!({"a": "x", "b": ""}), "b: `b` must be set when `a` is \"x\"."),
        row("with the value, the other is set", require, json!({"a": "x", "b": "y"}), VALID),
        row("with the value, the other is unknown", require, json!({"a": "x", "b": UNKNOWN}), VALID),
        row("with another value, nothing is required", require, json!({"a": "y"}), VALID),
        row("if unknown, nothing is required", require, json!({"a": UNKNOWN}), VALID),
        row("if set, the other is required", set,
            json!({"a": "y"}), "b: `b` must be set when `a` is set."),
        row("if empty, nothing is required", set, json!({"a": ""}), VALID),
        row("if not set, nothing is required", set, json!({}), VALID),
        row("if possibly set, nothing is required", set, json!({"a": UNKNOWN}), VALID),
        row("if true, the other is forbidden", forbid,
            json!({"on": true, "a": "x"}), "a: `a` cannot be set when `on` is true."),
        row("if true, the other may be unknown", forbid, json!({"on": true, "a": UNKNOWN}), VALID),
        row("if false, the other is allowed", forbid, json!({"on": false, "a": "x"}), VALID),
        row("with the number, the other is required", number,
            json!({"n": 0}), "a: `a` must be set when `n` is 0."),
        row("with another number, nothing is required", number, json!({"n": 1}), VALID),
    ];
    prove(rows, |(constraint, mut config, report)| {
        let binding = fields(&format!(
            "a = {{ type = 'string' }}\nb = {{ type = 'string' }}\nc = {{ type = 'string' }}\n\
             on = {{ type = 'bool' }}\nn = {{ type = 'int' }}\n[[constraint]]\n{constraint}"
        ));
        config["name"] = json!("a");
        let mut diagnostics = Diagnostics::default();
        validate::config(
            &binding,
            &value(&binding, &config),
            WriteOnly::Allowed,
            &mut diagnostics,
        );
        (report.to_owned(), reported(&diagnostics))
    });
}

#[test]
fn config_checks_a_constraint_in_each_nested_object() {
    let row = |rule, r#type, constraint, field: Json, report: &'static str| {
        (rule, (r#type, constraint, field, report))
    };
    let require = "when = { attribute = 'kind', value = 'list' }\nrequire = ['items']";
    let exactly = "exactly_one_of = ['kind', 'items']";
    #[rustfmt::skip]
    let rows = [
        row("a constraint in each object of a list", "list(object)", require,
            json!([{"kind": "list", "items": ["a"]}, {"kind": "list"}]),
            "field[1].items: `items` must be set when `kind` is \"list\"."),
        row("an empty list counts as not set", "list(object)", require,
            json!([{"kind": "list", "items": []}]), "field[0].items: `items` must be set when `kind` is \"list\"."),
        row("a constraint does not span objects", "list(object)", exactly, json!([{"kind": "x"}, {"items": ["a"]}]), VALID),
        row("a constraint on an object is reported at the object", "list(object)",
            exactly, json!([{"kind": "x"}, {}]), "field[1]: Exactly one of `kind`, `items` must be set."),
        row("a constraint in each object of a map", "map(object)", require,
            json!({"k": {"kind": "list"}}), "field[\"k\"].items: `items` must be set when `kind` is \"list\"."),
        row("a constraint in a single object", "object",
            require, json!({"kind": "list"}), "field.items: `items` must be set when `kind` is \"list\"."),
        row("a constraint in an unknown list", "list(object)", exactly, json!(UNKNOWN), VALID),
        row("a constraint in a list that is not set", "list(object)", exactly, NULL, VALID),
    ];
    prove(rows, |(r#type, constraint, objects, report)| {
        let binding = fields(&format!(
            "field = {{ type = '{type}', attributes = {{ kind = {{ type = 'string' }}, \
             items = {{ type = 'list(string)' }} }} }}\n\
             [[constraint]]\nwithin = 'field'\n{constraint}"
        ));
        let config = value(&binding, &json!({"name": "a", "field": objects}));
        let mut diagnostics = Diagnostics::default();
        validate::config(&binding, &config, WriteOnly::Allowed, &mut diagnostics);
        (report.to_owned(), reported(&diagnostics))
    });
}

#[test]
fn config_rejects_write_only_before_terraform_1_11() {
    let binding =
        fields("field = { type = 'string', sensitive = true, write_only = 'twin', returned = false }");
    let row = |rule, config: Json, write_only, report: &'static str| (rule, (config, write_only, report));
    let rejected = "field_wo: This version of Terraform would store `field_wo` in its state. Use Terraform 1.11 or later, \
                   or set `field` instead.";
    #[rustfmt::skip]
    let rows = [
        row("a Terraform that supports it", json!({"field_wo": "s", "field_wo_version": 1}), WriteOnly::Allowed, VALID),
        row("an older Terraform", json!({"field_wo": "s"}), WriteOnly::Refused, rejected),
        row("an older Terraform, with an unknown value", json!({"field_wo": UNKNOWN}), WriteOnly::Refused, rejected),
        row("an older Terraform, with the stored argument", json!({"field": "s"}), WriteOnly::Refused, VALID),
        row("both arguments", json!({"field": "s", "field_wo": "s"}),
            WriteOnly::Allowed, "field_wo: Only one of `field`, `field_wo` can be set."),
        row("neither argument, as for an imported object", json!({}), WriteOnly::Allowed, VALID),
        row("null for both, as Terraform generates them", json!({"field": NULL, "field_wo": NULL}),
            WriteOnly::Allowed, VALID),
        row("both arguments, one of them unknown", json!({"field": UNKNOWN, "field_wo": "s"}), WriteOnly::Allowed, VALID),
        row("a version without a value, which only a change of the version needs", json!({"field_wo_version": 1}),
            WriteOnly::Allowed, VALID),
    ];
    prove(rows, |(mut config, write_only, report)| {
        config["name"] = json!("a");
        let mut diagnostics = Diagnostics::default();
        validate::config(&binding, &value(&binding, &config), write_only, &mut diagnostics);
        (report.to_owned(), reported(&diagnostics))
    });
}

#[test]
fn config_warns_of_a_deprecated_argument() {
    let row = |rule, config: Json, warnings: usize| (rule, (config, warnings));
    let rows = [
        row("set", json!("a"), 1),
        row("unknown", json!(UNKNOWN), 0),
        row("not set", NULL, 0),
    ];
    prove(rows, |(config, warnings)| {
        let binding = field("type = 'string', deprecated = 'Use `name`.'");
        let mut diagnostics = Diagnostics::default();
        let config = value(&binding, &json!({"name": "a", "field": config}));
        validate::config(&binding, &config, WriteOnly::Allowed, &mut diagnostics);
        let reported_warnings = diagnostics
            .iter()
            .filter(|one| one.severity == Severity::Warning && one.detail == "Use `name`.");
        (warnings, reported_warnings.count())
    });
}

#[test]
fn config_limits_timeouts_to_a_year() {
    let outside = |timeout: &str| {
        format!(
            "timeouts.create: `create` must be above zero and at most one year (`8760h`), got {timeout:?}."
        )
    };
    let rows = [
        ("a usual timeout", ("90m", String::new())),
        ("a year", ("8760h", String::new())),
        ("zero", ("0s", outside("0s"))),
        ("more than a year", ("8761h", outside("8761h"))),
        (
            "more than a time can hold",
            ("5124095576030430h", outside("5124095576030430h")),
        ),
    ];
    let binding = fields("field = { type = 'string' }\n[timeouts]\ncreate = '1h'");
    prove(rows, |(timeout, expected)| {
        let config = value(&binding, &json!({"name": "a", "timeouts": {"create": timeout}}));
        let mut diagnostics = Diagnostics::default();
        validate::config(&binding, &config, WriteOnly::Allowed, &mut diagnostics);
        (expected, reported(&diagnostics))
    });
}
