//! What a refresh makes of an object: one row for each rule.

use engine::api::ErrorKind;
use engine::diagnostic::Diagnostics;
use engine::object::Known;
use engine::private::Private;
use engine::read::read;
use serde_json::{Value as Json, json};

use super::support::{NULL, Script, UUID, answer, block_on, fields, prove, reported, shown, value};

const OTHER: &str = "3c5d1f2e-0a51-4f7f-8f4e-6a2a1c9d7b10";

/// A rule; what is overridden before, the answer, the state then (null: none), what is overridden then, and the report.
type Row = (&'static str, (Json, Result<Json, ErrorKind>, Json, Json, String));

fn row(
    rule: &'static str,
    overridden: Json,
    answered: Result<Json, ErrorKind>,
    state: Json,
    overridden_then: Json,
    report: &str,
) -> Row {
    (
        rule,
        (overridden, answered, state, overridden_then, report.to_owned()),
    )
}

/// The thing `a` of size `s` and image `i`, as it is answered; with these fields.
fn a_thing(fields: &Json) -> Json {
    let mut whole = json!({"size": "s", "image": {"uuid": "i"}});
    for (key, value) in fields.as_object().into_iter().flatten() {
        whole[key] = value.clone();
    }
    answer("a", &whole)
}

#[test]
fn state_is_what_the_control_plane_answers() {
    let kept = || json!({"uuid": UUID, "name": "a", "size": "s", "image": "i"});
    let with = |name: &str, value: Json| {
        let mut state = kept();
        state[name] = value;
        state
    };
    let none = || json!({});
    let larger = || json!({"size": "l"});
    #[rustfmt::skip]
    let rows = [
        row("an object that is as it was stays", none(), Ok(a_thing(&none())), kept(), none(), ""),
        row("a value that was changed is in state", none(),
            Ok(a_thing(&json!({"size": "m"}))), with("size", json!("m")), none(), ""),
        row("a value that was removed is null", none(),
            Ok(a_thing(&json!({"image": null}))), with("image", NULL), none(), ""),
        row("a field that is new to the provider means nothing", none(),
            Ok(a_thing(&json!({"weight": 3}))), kept(), none(), ""),
        row("an answer may leave out what is known", none(),
            Ok(json!({"size": "m"})), with("size", json!("m")), none(), ""),
        row("an object that is gone leaves state, with all that is remembered", larger(),
            Err(ErrorKind::NotFound), NULL, none(), ""),
        row("an object that could not be read stays", larger(),
            Err(ErrorKind::Unreachable), kept(), larger(), ": The request to read thing \"a\" failed. `get` failed."),
        row("also where the token is refused", none(),
            Err(ErrorKind::Unauthorized), kept(), none(), ": The request to read thing \"a\" failed. `get` failed."),
        row("an answer about another object is not taken", larger(),
            Ok(a_thing(&json!({"uuid": OTHER, "size": "m"}))), kept(), larger(),
            "uuid: The response for thing \"a\" has the `uuid` of another object."),
        row("nor is one that is no object", none(),
            Ok(json!([])), kept(), none(), ": The provider expected an object for thing \"a\", but the control plane returned a list."),
        row("nor one of which a part cannot be read", larger(), Ok(a_thing(&json!({"name": "b", "size": 7}))), kept(),
            larger(),
            "size: The control plane's field for `size` should be a string, but is a number. The provider does not support this version \
             of the control plane: upgrade the provider, or report this to its developers."),
        row("an overridden value stays, as long as the answer does", larger(),
            Ok(a_thing(&larger())), kept(), larger(), ""),
        row("beside it, what was changed is in state", larger(),
            Ok(a_thing(&json!({"size": "l", "image": {"uuid": "j"}}))), with("image", json!("j")), larger(), ""),
        row("it ends with another answer, which is in state", larger(),
            Ok(a_thing(&json!({"size": "m"}))), with("size", json!("m")), none(), ""),
        row("it ends where the answer is as configured", larger(), Ok(a_thing(&none())), kept(), none(), ""),
        row("an overridden value is compared where it is read", json!({"image": "j"}),
            Ok(a_thing(&json!({"image": {"uuid": "j"}}))), kept(), json!({"image": "j"}), ""),
        row("null is an answer, too", json!({"image": null}),
            Ok(a_thing(&json!({"image": null}))), kept(), json!({"image": null}), ""),
        row("an attribute that is gone is not overridden", json!({"former": 1}),
            Ok(a_thing(&none())), kept(), none(), ""),
    ];
    let binding = fields(
        "size = { type = 'string' }\n\
         image = { type = 'string', wire = { read = 'image.uuid', write = 'image_uuid' } }",
    );
    prove(rows, |(overridden, answered, state, overridden_then, report)| {
        let (script, context) = Script::of([answered]);
        let stored = json!({"acme": {"overridden": overridden}}).to_string();
        let mut known = Known {
            state: value(&binding, &kept()),
            private: Private::decode(stored.as_bytes(), "acme"),
        };
        let mut diagnostics = Diagnostics::default();
        let result = block_on(read(&binding, &context, &mut known, &mut diagnostics));
        assert_eq!(
            result.is_err(),
            diagnostics.has_errors(),
            "what is reported is an error"
        );
        assert_eq!(script.asked(), ["get"]);
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
