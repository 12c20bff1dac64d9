//! Names of other objects: what a plan and a delete find out about them. One row for each rule.

use std::sync::Arc;

use engine::Binding;
use engine::api::ErrorKind;
use engine::apply::apply;
use engine::context::Context;
use engine::object::{ApplyRequest, Plan, PlanRequest, Progress};
use engine::plan::plan;
use engine::references::{check, note_planned, wait_for_names};
use serde_json::{Value as Json, json};
use value::Value;

use super::support::{NULL, Script, UUID, block_on, fields, prove, seen_here, value};

/// A thing that names other things.
fn named() -> Binding {
    fields(
        "friends = { type = 'list(string)', equal = 'set', references = 'thing', force_new = true, wire = false }",
    )
}

fn with_resources(context: Context, binding: &Binding) -> Context {
    Context {
        resources: Arc::from([binding.schema]),
        ..context
    }
}

fn a_thing(name: &str, friends: &Json) -> Json {
    json!({"uuid": UUID, "name": name, "friends": friends})
}

/// Plans a change as `PlanResourceChange` does.
async fn planned(binding: &Binding, context: &Context, prior: &Json, config: &Json) -> Plan {
    let request = PlanRequest {
        prior: value(binding, prior),
        config: value(binding, config),
        renames: context.process.renames(),
        ..PlanRequest::default()
    };
    let mut plan = plan(binding, request);
    note_planned(&context.process, binding.schema, &mut plan);
    check(Some(context), &context.process, binding.schema, &mut plan).await;
    plan
}

#[test]
fn plan_warns_of_names_that_nothing_has() {
    let listed = |names: &[&str]| {
        let things: Vec<Json> = names.iter().map(|name| json!({"name": name})).collect();
        vec![Ok(json!(things))]
    };
    let row = |rule, prior: Json, friends: Json, responses: Vec<Result<Json, ErrorKind>>, expected: Json| {
        (rule, (prior, friends, responses, expected))
    };
    let before = || a_thing("a", &json!(["b"]));
    #[rustfmt::skip]
    let rows = [
        row("a name that exists", NULL, json!(["b"]), listed(&["b"]), json!(["list", 0, []])),
        row("a name that does not exist", NULL, json!(["b", "c"]), listed(&["b"]), json!(["list", 1, ["c"]])),
        row("a name that was planned before needs no request", NULL, json!(["planned"]), vec![], json!(["", 0, []])),
        row("no name needs no request", NULL, json!([]), vec![], json!(["", 0, []])),
        row("unchanged names need no request", before(), json!(["b"]), vec![], json!(["", 0, []])),
        row("another order is no change", a_thing("a", &json!(["b", "c"])), json!(["c", "b"]), vec![], json!(["", 0, []])),
        row("changed names are checked", before(), json!(["c"]), listed(&["b"]), json!(["list", 1, ["c"]])),
        row("names that cannot be listed pass", NULL, json!(["c"]), vec![Err(ErrorKind::Unreachable)], json!(["list", 0, []])),
        row("unknown names pass", NULL, json!("(known after apply)"), vec![], json!(["", 0, []])),
    ];
    let binding = named();
    prove(rows, |(prior, friends, responses, expected)| {
        let (script, context) = Script::of(responses);
        let context = with_resources(context, &binding);
        let plan = block_on(async {
            planned(&binding, &context, &NULL, &json!({"name": "planned"})).await;
            planned(
                &binding,
                &context,
                &prior,
                &json!({"name": "a", "friends": friends}),
            )
            .await
        });
        let change = plan.private.change.unwrap_or_default();
        let unresolved = change.unresolved.get("friends").cloned().unwrap_or_default();
        let warnings = plan.diagnostics.iter().count();
        (
            expected,
            json!([script.requests().join(" "), warnings, unresolved]),
        )
    });
}

#[test]
fn names_that_the_configuration_omits_are_those_of_the_control_plane() {
    let binding =
        fields("friends = { type = 'list(string)', mode = 'optional+computed', references = 'thing' }");
    let (script, context) = Script::of(vec![]);
    let context = with_resources(context, &binding);
    let request = PlanRequest {
        config: value(&binding, &json!({"name": "a"})),
        ..PlanRequest::default()
    };
    let mut plan = plan(&binding, request);
    // As in the plan of a create that adopts an object.
    plan.planned.set_attribute(
        "friends",
        value(&binding, &a_thing("a", &json!(["gone"])))
            .get("friends")
            .clone(),
    );
    block_on(check(Some(&context), &context.process, binding.schema, &mut plan));
    assert_eq!(script.requests(), Vec::<String>::new());
    assert_eq!(plan.diagnostics.iter().count(), 0);
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
            "its former name, which is another object's now",
            ("b", "new"),
            json!(["b"]),
            true,
        ),
    ];
    prove(rows, |((from, to), friends, expected)| {
        let listed = Ok(json!([{"name": "b"}, {"name": "c"}, {"name": "new"}]));
        let (_, context) = Script::of([listed]);
        let context = with_resources(context, &binding);
        let plan = block_on(async {
            let other = |name: &str| json!({"uuid": UUID, "name": name});
            planned(&binding, &context, &other(from), &json!({"name": to})).await;
            let config = json!({"name": "a", "friends": friends});
            planned(&binding, &context, &a_thing("a", &json!(["b"])), &config).await
        });
        (expected, json!(!plan.requires_replace.is_empty()))
    });
}

#[test]
fn rename_warns_of_objects_that_were_replaced_because_of_it() {
    let binding = named();
    let listed = Ok(json!([{"name": "b"}]));
    let (_, context) = Script::of([listed]);
    let context = with_resources(context, &binding);
    let (replaced, renamed) = block_on(async {
        let config = json!({"name": "a", "friends": ["new"]});
        let replaced = planned(&binding, &context, &a_thing("a", &json!(["b"])), &config).await;
        let prior = json!({"uuid": UUID, "name": "b"});
        let renamed = planned(&binding, &context, &prior, &json!({"name": "new"})).await;
        (replaced, renamed)
    });
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
        let context = with_resources(context, &binding);
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
        let context = with_resources(context, &binding);
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
