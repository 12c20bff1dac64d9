//! An update and a delete: the calls, what is in state then, and what is reported. One row for each rule.

use engine::api::ErrorKind::{self, Invalid, NotFound, Unreachable};
use engine::apply::apply;
use engine::object::{ApplyRequest, Progress};
use engine::private::Private;
use serde_json::{Value as Json, json};

use super::support::{
    NULL, Script, THING, UNKNOWN, UUID, answer, block_on, declare, fields, prove, shown, value,
};

/// `size` is sent, `note` is the provider's own, and the control plane alone fills in `seen`.
const DECLARED: &str = "size = { type = 'int' }\nnote = { type = 'string', wire = false }\n\
                        seen = { type = 'string', mode = 'computed' }";

/// A thing in state.
fn a_thing(size: impl Into<Json>, note: &str, seen: &str) -> Json {
    let size: Json = size.into();
    json!({"uuid": UUID, "name": "a", "size": size, "note": note, "seen": seen})
}

type Row = (
    &'static str,
    (Json, Vec<Result<Json, ErrorKind>>, Json, Json, Json),
);

/// A rule; the plan, the answers, the calls, the state then, and the summaries of what is reported.
fn row(
    rule: &'static str,
    planned: Json,
    answers: Vec<Result<Json, ErrorKind>>,
    calls: &[&str],
    state: Json,
    reports: &[&str],
) -> Row {
    (rule, (planned, answers, json!(calls), state, json!(reports)))
}

#[test]
fn an_update_changes_what_was_planned() {
    let before = || a_thing(1, "n", "t1");
    let answered = |size: Json, seen: &str| Ok(answer("a", &json!({"size": size, "seen": seen})));
    let larger = || a_thing(2, "n", UNKNOWN);
    let sent = "change {\"size\":2}";
    #[rustfmt::skip]
    let rows = [
        row("what changed is sent, and what was unknown is answered", larger(),
            vec![answered(json!(2), "t2")], &[sent], a_thing(2, "n", "t2"), &[]),
        row("what was removed is sent as null", a_thing(NULL, "n", UNKNOWN),
            vec![answered(NULL, "t2")], &["change {\"size\":null}"], a_thing(NULL, "n", "t2"), &[]),
        row("what is the provider's own needs no call", a_thing(1, "m", "t1"),
            vec![], &[], a_thing(1, "m", "t1"), &[]),
        row("what is not known beside it is read", a_thing(1, "m", UNKNOWN),
            vec![answered(json!(1), "t2")], &["get"], a_thing(1, "m", "t2"), &[]),
        row("an update that is answered with nothing is read back", larger(),
            vec![Ok(NULL), answered(json!(2), "t2")], &[sent, "get"], a_thing(2, "n", "t2"), &[]),
        row("a value that is answered otherwise stays as planned, with a warning", larger(),
            vec![answered(json!(3), "t2")], &[sent], a_thing(2, "n", "t2"),
            &["Value overridden by the control plane"]),
        row("an object that is gone is not changed", larger(),
            vec![Err(NotFound)], &[sent], before(), &["Object no longer exists"]),
        row("an update that is refused changes nothing", larger(),
            vec![Err(Invalid)], &[sent], before(), &["Failed to update the object"]),
        row("an answer about no object is not taken", larger(),
            vec![Ok(json!(["a"]))], &[sent], before(), &["Unexpected response from the control plane"]),
        row("what cannot be read of an answer stays as planned", larger(), vec![answered(json!("large"), "t2")],
            &[sent], a_thing(2, "n", "t2"), &["Unexpected value type from the control plane"]),
    ];
    let binding = fields(DECLARED);
    prove(rows, |(planned, answers, calls, state, reports)| {
        let (script, context) = Script::of(answers);
        let mut config = planned.clone();
        config["uuid"] = NULL;
        config["seen"] = NULL;
        let request = ApplyRequest {
            prior: value(&binding, &before()),
            planned: value(&binding, &planned),
            config: value(&binding, &config),
            private: Private::default(),
        };
        let progress = Progress::default();
        let diagnostics = block_on(apply(&binding, &context, request, &progress));
        let known = progress.known(binding.schema);
        let summaries: Json = diagnostics.iter().map(|one| json!(one.summary.text)).collect();
        let state = shown(&value(&binding, &state));
        (
            json!([calls, state, reports]),
            json!([script.asked(), shown(&known.state), summaries]),
        )
    });
}

#[test]
fn a_delete_ends_the_object() {
    let row = |rule, delete, answers: Vec<Result<Json, ErrorKind>>, calls: &[&str], is_kept: bool| {
        (rule, (delete, answers, json!([calls, is_kept])))
    };
    #[rustfmt::skip]
    let rows = [
        row("it is deleted", "delete = \"delete\"", vec![Ok(NULL)], &["delete"], false),
        row("what is gone already is deleted", "delete = \"delete\"", vec![Err(NotFound)], &["delete"], false),
        row("what may be there yet is kept", "delete = \"delete\"", vec![Err(Unreachable)], &["delete"], true),
        row("what is only forgotten needs no call", "delete = \"forget\"", vec![], &[], false),
    ];
    prove(rows, |(delete, answers, expected)| {
        let binding = declare("thing.toml", &THING.replace("delete = \"delete\"", delete));
        let (script, context) = Script::of(answers);
        let request = ApplyRequest {
            prior: value(&binding, &json!({"uuid": UUID, "name": "a"})),
            planned: value(&binding, &NULL),
            config: value(&binding, &NULL),
            private: Private::default(),
        };
        let progress = Progress::default();
        let diagnostics = block_on(apply(&binding, &context, request, &progress));
        let is_kept = !progress.known(binding.schema).state.is_null();
        assert_eq!(diagnostics.has_errors(), is_kept, "what failed is reported");
        (expected, json!([script.asked(), is_kept]))
    });
}
