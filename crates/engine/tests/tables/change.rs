//! An update and a delete: the requests, the new state, and the diagnostics. One row for each rule.

use engine::api::ErrorKind::{self, Conflict, Invalid, NotFound, Unreachable};
use engine::apply::apply;
use engine::object::{ApplyRequest, PlanRequest, Progress};
use engine::plan::plan;
use engine::private::{ChangePlan, Private};
use serde_json::{Value as Json, json};
use value::Value;

use super::support::{
    Failure, NULL, Script, THING, UNKNOWN, UUID, block_on, declare, fields, prove, reported, response,
    seen_here, shown, value,
};

/// `size` is sent, `note` is not, and `seen` is computed by the control plane.
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

/// A rule; the plan, the responses, the requests, the new state, and the summaries of the diagnostics.
fn row(
    rule: &'static str,
    planned: Json,
    responses: Vec<Result<Json, ErrorKind>>,
    requests: &[&str],
    state: Json,
    reports: &[&str],
) -> Row {
    (rule, (planned, responses, json!(requests), state, json!(reports)))
}

#[test]
fn apply_updates_an_object_as_planned() {
    let before = || a_thing(1, "n", "t1");
    let returned = |size: Json, seen: &str| Ok(response("a", &json!({"size": size, "seen": seen})));
    let resized = || a_thing(2, "n", UNKNOWN);
    let sent = "change {\"size\":2}";
    #[rustfmt::skip]
    let rows = [
        row("changed values are sent, and unknown values are set from the response", resized(),
            vec![returned(json!(2), "t2")], &[sent], a_thing(2, "n", "t2"), &[]),
        row("a removed value is sent as null", a_thing(NULL, "n", UNKNOWN),
            vec![returned(NULL, "t2")], &["change {\"size\":null}"], a_thing(NULL, "n", "t2"), &[]),
        row("a value that is not sent needs no request", a_thing(1, "m", "t1"),
            vec![], &[], a_thing(1, "m", "t1"), &[]),
        row("an unknown value beside it needs a refresh", a_thing(1, "m", UNKNOWN),
            vec![returned(json!(1), "t2")], &["get"], a_thing(1, "m", "t2"), &[]),
        row("an update with an empty response is followed by a refresh", resized(),
            vec![Ok(NULL), returned(json!(2), "t2")], &[sent, "get"], a_thing(2, "n", "t2"), &[]),
        row("an overridden value stays as planned, with a warning", resized(),
            vec![returned(json!(3), "t2")], &[sent], a_thing(2, "n", "t2"),
            &["Value overridden by the control plane"]),
        row("a value that was not sent is no override, whatever is returned", resized(),
            vec![Ok(response("b", &json!({"size": 2, "seen": "t2"})))], &[sent], a_thing(2, "n", "t2"), &[]),
        row("a refresh finds no override", a_thing(1, "m", UNKNOWN),
            vec![returned(json!(3), "t2")], &["get"], a_thing(1, "m", "t2"), &[]),
        row("nor does one after an empty response", resized(),
            vec![Ok(NULL), returned(json!(3), "t2")], &[sent, "get"], a_thing(2, "n", "t2"), &[]),
        row("an object that no longer exists is an error, and state is unchanged", resized(),
            vec![Err(NotFound)], &[sent], before(), &["Object no longer exists"]),
        row("a rejected update leaves state unchanged", resized(),
            vec![Err(Invalid)], &[sent], before(), &["Failed to update the object"]),
        row("an update with a response that is no object is followed by a refresh", resized(),
            vec![Ok(json!(["a"])), returned(json!(2), "t2")], &[sent, "get"], a_thing(2, "n", "t2"), &[]),
        row("a field with an unexpected type stays as planned", resized(), vec![returned(json!("large"), "t2")],
            &[sent], a_thing(2, "n", "t2"), &["Unexpected value type from the control plane"]),
    ];
    let binding = fields(DECLARED);
    prove(rows, |(planned, responses, requests, state, reports)| {
        let (script, context) = Script::of(responses);
        let mut config = planned.clone();
        config["uuid"] = NULL;
        config["seen"] = NULL;
        let request = ApplyRequest {
            prior: value(&binding, &before()),
            planned: value(&binding, &planned),
            config: value(&binding, &config),
            private: seen_here(),
        };
        let progress = Progress::default();
        let diagnostics = block_on(apply(&binding, &context, request, &progress));
        let known = progress.known(binding.schema);
        let summaries: Json = diagnostics.iter().map(|one| json!(one.summary.text)).collect();
        let state = shown(&value(&binding, &state));
        (
            json!([requests, state, reports]),
            json!([script.requests(), shown(&known.state), summaries]),
        )
    });
}

#[test]
fn apply_keeps_an_override_while_it_is_returned() {
    let binding = fields(
        "size = { type = 'int', mode = 'optional+computed' }\nnote = { type = 'string' }\n\
         wait = { type = 'string', mode = 'optional+computed', format = 'duration', stable = true }",
    );
    let row = |rule, note, wait: Json, returned: Json, overridden: Json, reports: &[&str]| {
        (rule, (note, wait, returned, overridden, json!(reports)))
    };
    let stored = || json!({"wait": "60s"});
    #[rustfmt::skip]
    let rows = [
        row("the same value is returned", "m", json!("5m"), json!({"wait": "60s"}), stored(), &[]),
        row("an equivalent value is returned", "m", json!("5m"), json!({"wait": "1m"}), stored(), &[]),
        row("the configured value is returned", "m", json!("5m"), json!({"wait": "300s"}), json!({}), &[]),
        row("another value is returned", "m", json!("5m"), json!({"wait": "2m"}), json!({}), &[]),
        row("another value is sent, and overridden again", "n", json!("7m"), json!({"wait": "60s"}), stored(),
            &["Value overridden by the control plane"]),
        row("another value is sent and accepted", "n", json!("7m"), json!({"wait": "7m"}), json!({}), &[]),
        row("the argument left the configuration", "n", NULL, json!({"wait": "60s"}), json!({}), &[]),
    ];
    prove(rows, |(note, wait, returned, overridden, reports)| {
        let whole = |note: &str, fields: &Json| {
            let mut whole = json!({"size": 1, "note": note});
            for (key, value) in fields.as_object().into_iter().flatten() {
                whole[key] = value.clone();
            }
            whole
        };
        let (_, context) = Script::of([Ok(response("a", &whole(note, &returned)))]);
        let object = |note: &str, wait: &Json| {
            value(
                &binding,
                &json!({"uuid": UUID, "name": "a", "size": 1, "note": note, "wait": wait}),
            )
        };
        let mut private = Private::default();
        private.overridden.insert("wait".to_owned(), json!("60s"));
        let prior = object("n", &json!("5m"));
        let mut config = object(note, &wait);
        config.set_attribute("uuid", Value::Null);
        let plan = plan(
            &binding,
            PlanRequest {
                prior: prior.clone(),
                config: config.clone(),
                private: private.clone(),
                ..PlanRequest::default()
            },
        );
        let request = ApplyRequest {
            prior,
            planned: plan.planned,
            config,
            private,
        };
        let progress = Progress::default();
        let diagnostics = block_on(apply(&binding, &context, request, &progress));
        let known = progress.known(binding.schema);
        let summaries: Json = diagnostics.iter().map(|one| json!(one.summary.text)).collect();
        let state = match &wait {
            Json::Null => json!("60s"),
            wait => wait.clone(),
        };
        (
            json!([state, overridden, reports]),
            json!([
                shown(known.state.get("wait")),
                known.private.overridden,
                summaries
            ]),
        )
    });
}

#[test]
fn apply_deletes_an_object() {
    let row = |rule, delete, responses: Vec<Result<Json, ErrorKind>>, requests: &[&str], is_kept: bool| {
        (rule, (delete, responses, json!([requests, is_kept])))
    };
    #[rustfmt::skip]
    let rows = [
        row("a delete removes the object from state", "delete = \"delete\"", vec![Ok(NULL)], &["delete"], false),
        row("deleting an object that no longer exists succeeds", "delete = \"delete\"", vec![Err(NotFound)], &["delete"], false),
        row("an object whose delete failed stays in state", "delete = \"delete\"", vec![Err(Unreachable)], &["delete"], true),
        row("an object that is only removed from state needs no request", "delete = \"forget\"", vec![], &[], false),
    ];
    prove(rows, |(delete, responses, expected)| {
        let binding = declare("thing.toml", &THING.replace("delete = \"delete\"", delete));
        let (script, context) = Script::of(responses);
        let request = ApplyRequest {
            prior: value(&binding, &json!({"uuid": UUID, "name": "a"})),
            planned: value(&binding, &NULL),
            config: value(&binding, &NULL),
            private: seen_here(),
        };
        let progress = Progress::default();
        let diagnostics = block_on(apply(&binding, &context, request, &progress));
        let is_kept = !progress.known(binding.schema).state.is_null();
        assert_eq!(diagnostics.has_errors(), is_kept, "a failure is reported");
        (expected, json!([script.requests(), is_kept]))
    });
}

#[test]
fn conflict_of_a_delete_names_the_order_and_the_remedy() {
    let row = |rule, planned: Json, error: ErrorKind, change: Option<ChangePlan>, expected: Option<&str>| {
        (rule, (planned, error, change, expected.map(str::to_owned)))
    };
    let change = |of: Option<&str>| {
        Some(ChangePlan {
            of: of.map(str::to_owned),
            ..ChangePlan::default()
        })
    };
    let destroyed = "must be applied before the block is removed";
    let replaced = "before it creates its replacement";
    let updated = || json!({"uuid": UUID, "name": "b"});
    #[rustfmt::skip]
    let rows = [
        row("an object that is destroyed", NULL, Conflict, None, Some(destroyed)),
        row("an object that is replaced", NULL, Conflict, change(Some(UUID)), Some(replaced)),
        row("a tainted object that is replaced", NULL, Conflict, change(None), Some(replaced)),
        row("another error of a delete", NULL, Unreachable, None, None),
        row("a conflict of an update", updated(), Conflict, change(Some(UUID)), None),
    ];
    let binding = declare("thing.toml", THING);
    prove(rows, |(planned, error, change, expected)| {
        let failure = Failure::from(error).with("it is used by `x`");
        let (_, context) = Script::failing([Err(failure)]);
        let request = ApplyRequest {
            prior: value(&binding, &json!({"uuid": UUID, "name": "a"})),
            config: value(&binding, &planned),
            planned: value(&binding, &planned),
            private: Private {
                change,
                ..seen_here()
            },
        };
        let diagnostics = block_on(apply(&binding, &context, request, &Progress::default()));
        let reported = reported(&diagnostics);
        let found = [destroyed, replaced]
            .into_iter()
            .find(|part| reported.contains(part));
        assert!(reported.contains("it is used by `x`"), "{reported}");
        (format!("{expected:?}"), format!("{:?}", found.map(str::to_owned)))
    });
}

#[test]
fn overridden_default_is_kept_by_a_refresh() {
    let binding = fields("wait = { type = 'int', default = 0 }");
    let returned = || Ok(response("a", &json!({"wait": 7})));
    let (script, context) = Script::of([returned(), returned()]);
    let request = ApplyRequest {
        prior: Value::Null,
        planned: value(&binding, &json!({"uuid": UNKNOWN, "name": "a", "wait": 0})),
        config: value(&binding, &json!({"name": "a"})),
        private: Private::default(),
    };
    let progress = Progress::default();
    let diagnostics = block_on(apply(&binding, &context, request, &progress));
    assert_eq!(diagnostics.iter().count(), 1, "it is reported");
    let mut known = progress.known(binding.schema);
    let mut diagnostics = engine::diagnostic::Diagnostics::default();
    block_on(engine::read::read(
        &binding,
        &context,
        &mut known,
        &mut diagnostics,
    ))
    .unwrap();
    assert_eq!(shown(known.state.get("wait")), json!(0));
    assert_eq!(script.requests(), ["create {\"name\":\"a\",\"wait\":0}", "get"]);
}
