//! Names of other objects: what a plan and a delete find out about them. One row for each rule.

use engine::Binding;
use engine::api::ErrorKind;
use engine::apply::apply;
use engine::context::Context;
use engine::object::{ApplyRequest, Plan, PlanRequest, Progress};
use engine::plan::plan;
use engine::references::{note_planned, wait_for_names};
use serde_json::{Value as Json, json};
use value::Value;

use super::support::{NULL, Script, UUID, block_on, declarations, fields, prove, seen_here, value};

/// A thing that names other things.
fn named() -> Binding {
    fields(
        "friends = { type = 'list(string)', equal = 'set', ref = 'thing.name', force_new = true, wire = false }",
    )
}

fn with_declarations(context: Context, binding: &Binding) -> Context {
    Context {
        declarations: declarations(binding),
        ..context
    }
}

fn a_thing(name: &str, friends: &Json) -> Json {
    json!({"uuid": UUID, "name": name, "friends": friends})
}

/// Plans a change as `PlanResourceChange` does.
fn planned(binding: &Binding, context: &Context, prior: &Json, config: &Json) -> Plan {
    let request = PlanRequest {
        prior: value(binding, prior),
        config: value(binding, config),
        renames: context.process.renames(),
        ..PlanRequest::default()
    };
    let mut plan = plan(binding, request);
    note_planned(&context.process, binding.schema, &mut plan);
    plan
}

#[test]
fn renamed_object_is_the_same_one() {
    let binding = named();
    let row = |rule, rename: (&'static str, &'static str), friends: Json, is_replaced: bool| {
        (rule, (rename, friends, json!(is_replaced)))
    };
    let rows = [
        row("its new name", ("b", "new"), json!(["new"]), false),
        row("another name", ("c", "new"), json!(["new"]), true),
        row(
            "its new name and another",
            ("b", "new"),
            json!(["new", "c"]),
            true,
        ),
        row(
            "its former name: nothing changes",
            ("b", "new"),
            json!(["b"]),
            false,
        ),
    ];
    prove(rows, |((from, to), friends, expected)| {
        let listed = Ok(json!([{"name": "b"}, {"name": "c"}, {"name": "new"}]));
        let (_, context) = Script::of([listed]);
        let context = with_declarations(context, &binding);
        let plan = {
            let other = |name: &str| json!({"uuid": UUID, "name": name});
            planned(&binding, &context, &other(from), &json!({"name": to}));
            let config = json!({"name": "a", "friends": friends});
            planned(&binding, &context, &a_thing("a", &json!(["b"])), &config)
        };
        (expected, json!(!plan.requires_replace.is_empty()))
    });
}

#[test]
fn rename_warns_of_objects_that_were_replaced_because_of_it() {
    let binding = named();
    let listed = Ok(json!([{"name": "b"}]));
    let (_, context) = Script::of([listed]);
    let context = with_declarations(context, &binding);
    let (replaced, renamed) = {
        let config = json!({"name": "a", "friends": ["new"]});
        let replaced = planned(&binding, &context, &a_thing("a", &json!(["b"])), &config);
        let prior = json!({"uuid": UUID, "name": "b"});
        let renamed = planned(&binding, &context, &prior, &json!({"name": "new"}));
        (replaced, renamed)
    };
    assert!(!replaced.requires_replace.is_empty());
    let warnings: Vec<&str> = renamed
        .diagnostics
        .iter()
        .map(|one| one.detail.as_str())
        .collect();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("thing \"a\""), "{warnings:?}");
}

#[test]
fn delete_refuses_names_that_still_do_not_exist() {
    let row =
        |rule, unresolved: Json, responses: Vec<Result<Json, ErrorKind>>, requests: &str, is_kept: bool| {
            (rule, (unresolved, responses, json!([requests, is_kept])))
        };
    let things = || Ok(json!([{"name": "b"}]));
    #[rustfmt::skip]
    let rows = [
        row("nothing was unresolved", json!([]), vec![Ok(NULL)], "delete", false),
        row("the name exists now", json!(["b"]), vec![things(), Ok(NULL)], "list delete", false),
        row("the name does not exist", json!(["b", "c"]), vec![things()], "list", true),
        row("the names cannot be listed", json!(["b"]), vec![Err(ErrorKind::Unreachable)], "list", true),
    ];
    let binding = named();
    prove(rows, |(unresolved, responses, expected)| {
        let (script, context) = Script::of(responses);
        let context = with_declarations(context, &binding);
        let mut private = seen_here();
        let names: Vec<String> = serde_json::from_value(unresolved).unwrap();
        if !names.is_empty() {
            let change = private.change.get_or_insert_default();
            change.unresolved.insert("friends".to_owned(), names);
        }
        let request = ApplyRequest {
            prior: value(&binding, &a_thing("a", &json!(["b"]))),
            planned: Value::Null,
            config: Value::Null,
            private,
        };
        let progress = Progress::default();
        let diagnostics = block_on(apply(&binding, &context, request, &progress));
        let is_kept = !progress.known(binding.schema).state.is_null();
        assert_eq!(diagnostics.has_errors(), is_kept, "a refusal is reported");
        (expected, json!([script.requests().join(" "), is_kept]))
    });
}

#[test]
fn plan_waits_for_the_plan_of_a_named_object() {
    let binding = named();
    let row = |rule, friends: Json, seconds: u64, expected: u64| (rule, (friends, seconds, json!(expected)));
    let rows = [
        row("a name that is planned a moment later", json!(["new"]), 2, 2),
        row("a name that is never planned in time", json!(["new"]), 60, 3),
        row("a name that exists", json!(["c"]), 60, 0),
        row("names that do not change", json!(["b"]), 60, 0),
    ];
    prove(rows, |(friends, seconds, expected)| {
        let (_, context) = Script::of([Ok(json!([{"name": "b"}, {"name": "c"}]))]);
        let context = with_declarations(context, &binding);
        let (prior, config) = (
            a_thing("a", &json!(["b"])),
            json!({"name": "a", "friends": friends}),
        );
        let (prior, config) = (value(&binding, &prior), value(&binding, &config));
        let waited = block_on(async {
            let started = tokio::time::Instant::now();
            let process = &context.process;
            let other = async {
                tokio::time::sleep(std::time::Duration::from_secs(seconds)).await;
                process.note_planned_name("thing", "new");
            };
            let waiting = wait_for_names(Some(&context), process, binding.schema, &prior, &config);
            let waited = async {
                waiting.await;
                started.elapsed().as_secs()
            };
            tokio::join!(waited, other).0
        });
        (expected, json!(waited))
    });
}
