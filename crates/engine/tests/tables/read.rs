//! The refresh of an object: one row for each rule.

use engine::api::ErrorKind;
use engine::diagnostic::Diagnostics;
use engine::object::Known;
use engine::private::Private;
use engine::read::read;
use serde_json::{Value as Json, json};

use super::support::{NULL, Script, UUID, block_on, fields, here, prove, reported, response, shown, value};

const OTHER: &str = "3c5d1f2e-0a51-4f7f-8f4e-6a2a1c9d7b10";

/// A rule; the overrides before, the response, the new state (null if removed), the overrides then, and the
/// diagnostics.
type Row = (&'static str, (Json, Result<Json, ErrorKind>, Json, Json, String));

fn row(
    rule: &'static str,
    overridden: Json,
    returned: Result<Json, ErrorKind>,
    state: Json,
    overridden_then: Json,
    report: &str,
) -> Row {
    (
        rule,
        (overridden, returned, state, overridden_then, report.to_owned()),
    )
}

/// The response for the thing `a` of size `s` and image `i`, with these fields changed.
fn a_thing(fields: &Json) -> Json {
    let mut whole = json!({"size": "s", "image": {"uuid": "i"}});
    for (key, value) in fields.as_object().into_iter().flatten() {
        whole[key] = value.clone();
    }
    response("a", &whole)
}

#[test]
fn read_refreshes_state_from_the_response() {
    let unchanged = || json!({"uuid": UUID, "name": "a", "size": "s", "image": "i"});
    let with = |name: &str, value: Json| {
        let mut state = unchanged();
        state[name] = value;
        state
    };
    let none = || json!({});
    let resized = || json!({"size": "l"});
    #[rustfmt::skip]
    let rows = [
        row("an unchanged object stays", none(), Ok(a_thing(&none())), unchanged(), none(), ""),
        row("a changed value goes into state", none(),
            Ok(a_thing(&json!({"size": "m"}))), with("size", json!("m")), none(), ""),
        row("a removed value is null", none(),
            Ok(a_thing(&json!({"image": null}))), with("image", NULL), none(), ""),
        row("an unknown field of the response is ignored", none(),
            Ok(a_thing(&json!({"weight": 3}))), unchanged(), none(), ""),
        row("a field that the response lacks keeps its value", none(),
            Ok(json!({"size": "m"})), with("size", json!("m")), none(), ""),
        row("an object that no longer exists leaves state and private state", resized(),
            Err(ErrorKind::NotFound), NULL, none(), ""),
        row("an object whose request failed stays", resized(),
            Err(ErrorKind::Unreachable), unchanged(), resized(), ": The request to read thing \"a\" failed. `get` failed."),
        row("an object stays if the token is rejected", none(),
            Err(ErrorKind::Unauthorized), unchanged(), none(), ": The request to read thing \"a\" failed. `get` failed."),
        row("a response about another object is an error, and state is unchanged", resized(),
            Ok(a_thing(&json!({"uuid": OTHER, "size": "m"}))), unchanged(), resized(),
            "uuid: The response for thing \"a\" has the `uuid` of another object."),
        row("a response that is not an object is an error, and state is unchanged", none(),
            Ok(json!([])), unchanged(), none(), ": The provider expected an object for thing \"a\", but the control plane returned a list."),
        row("a field with an unexpected type is an error, and state is unchanged", resized(), Ok(a_thing(&json!({"name": "b", "size": 7}))), unchanged(),
            resized(),
            "size: The control plane's field for `size` should be a string, but is a number. The provider does not support this version \
             of the control plane: upgrade the provider, or report this to its developers."),
        row("an overridden value stays as long as the control plane returns the same value", resized(),
            Ok(a_thing(&resized())), unchanged(), resized(), ""),
        row("a change of another attribute goes into state beside an overridden value", resized(),
            Ok(a_thing(&json!({"size": "l", "image": {"uuid": "j"}}))), with("image", json!("j")), resized(), ""),
        row("an override ends if the control plane returns another value", resized(),
            Ok(a_thing(&json!({"size": "m"}))), with("size", json!("m")), none(), ""),
        row("an override ends if the control plane returns the configured value", resized(), Ok(a_thing(&none())), unchanged(), none(), ""),
        row("an overridden value is compared at its read path", json!({"image": "j"}),
            Ok(a_thing(&json!({"image": {"uuid": "j"}}))), unchanged(), json!({"image": "j"}), ""),
        row("null can be an override", json!({"image": null}),
            Ok(a_thing(&json!({"image": null}))), unchanged(), json!({"image": null}), ""),
        row("an attribute that no longer exists is not overridden", json!({"former": 1}),
            Ok(a_thing(&none())), unchanged(), none(), ""),
    ];
    let binding = fields(
        "size = { type = 'string' }\n\
         image = { type = 'string', wire = { read = 'image.uuid', write = 'image_uuid' } }",
    );
    prove(rows, |(overridden, returned, state, overridden_then, report)| {
        let (script, context) = Script::of([returned]);
        let seen = json!({"endpoint": here().endpoint, "token": here().token});
        let stored = json!({"acme": {"overridden": overridden, "seen": seen}}).to_string();
        let mut known = Known {
            state: value(&binding, &unchanged()),
            private: Private::decode(stored.as_bytes(), "acme"),
        };
        let mut diagnostics = Diagnostics::default();
        let result = block_on(read(&binding, &context, &mut known, &mut diagnostics));
        assert_eq!(
            result.is_err(),
            diagnostics.has_errors(),
            "each diagnostic is an error"
        );
        assert_eq!(script.requests(), ["get"]);
        (
            json!([shown(&value(&binding, &state)), overridden_then, report]),
            json!([
                shown(&known.state),
                known.private.overridden,
                reported(&diagnostics)
            ]),
        )
    });
}
