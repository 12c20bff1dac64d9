//! Objects that follow those that they name: what is recorded, and what counts as a change. One row for each rule.

use engine::api::ErrorKind;
use engine::context::Context;
use engine::follow::{self, changed};
use engine::identity::shared_key;
use engine::object::{Known, Plan, PlanRequest, Walk};
use engine::plan::{plan, repeat_run};
use engine::planned::PlannedValues;
use engine::private::{Fingerprints, Private};
use engine::{Binding, preflight, references};
use serde_json::{Value as Json, json};

use super::support::{NULL, Script, UNKNOWN, UUID, block_on, declare_all, prove, reported, value};

/// A plan that other objects follow.
const PATTERN: &str = r#"
resource = "pattern"
summary  = "A pattern."
import   = "{uuid}"

[api]
create = "create"
read   = "get_other"
update = "change"
delete = "delete"
list   = "list"

[attributes]
uuid  = { type = "string", mode = "computed", format = "uuid", stable = true, doc = "Identifies it." }
name  = { type = "string", mode = "required", doc = "Its name." }
lines = { type = "string", default = "", doc = "Its lines." }
depth = { type = "int", default = 1, doc = "Its depth." }
note  = { type = "string", doc = "A note." }
"#;

/// A thing whose build depends on patterns.
const THING: &str = r#"
resource = "thing"
summary  = "A thing."
import   = "{thing_uuid}"

[api]
create = "change"
read   = "get"
update = "change"
delete = "forget"
path   = { uuid = "thing_uuid" }

[attributes]
thing_uuid = { type = "string", mode = "required", format = "uuid", force_new = true, wire = { read = "uuid", write = false }, doc = "Identifies it." }
patterns = { type = "list(string)", mode = "optional+computed", force_new = true, stable = true, equal = "set", ref = "pattern.name", doc = "Its patterns." }
size     = { type = "int", doc = "Its size." }
tracks   = { type = "bool", wire = false, doc = "Whether it follows its patterns." }
run      = { type = "string", mode = "computed", stable = true, wire = false, doc = "The run." }
status   = { type = "string", mode = "computed", stable = true, wire = false, doc = "Its status." }

[job]
noun    = "build"
after   = ["create"]
start   = "start"
poll    = "poll"
save    = { run = "id" }
status  = { field = "status", into = "status" }
done    = ["done"]
failed  = ["error"]

[job.follow]
argument   = "tracks"
reference  = "patterns"
attributes = ["lines", "depth"]

[timeouts]
create = "1h"
"#;

#[test]
fn only_evidence_is_a_change() {
    let of = |values: &[(&str, &str)]| -> Fingerprints {
        let values = values.iter();
        values
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    };
    let plans = |values: &[(&str, Option<&str>)]| -> PlannedValues {
        let values = values.iter();
        values
            .map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned)))
            .collect()
    };
    let (a1, a2, none) = (of(&[("a", "1")]), of(&[("a", "2")]), of(&[]));
    #[rustfmt::skip]
    let rows = [
        ("the same value", (a1.clone(), a1.clone(), plans(&[]), "")),
        ("another value in the account", (a1.clone(), a2.clone(), plans(&[]), "a")),
        ("an object that is not found, or a value that is not shown", (a1.clone(), none.clone(), plans(&[]), "")),
        ("nothing is recorded", (none.clone(), a2.clone(), plans(&[("a", Some("3"))]), "")),
        ("a planned change", (a1.clone(), a1.clone(), plans(&[("a", Some("2"))]), "a")),
        ("a planned change that restores the value", (a1.clone(), a2.clone(), plans(&[("a", Some("1"))]), "")),
        ("a planned value that is not known yet", (a1.clone(), a2.clone(), plans(&[("a", None)]), "")),
        ("the plan changes something else", (a1.clone(), a2.clone(), plans(&[("b", Some("1"))]), "a")),
        ("an object that is not found, and is created again with the value", (a1.clone(), none.clone(), plans(&[("a", Some("1"))]), "")),
        ("an object that is not found, and is created again with another value", (a1.clone(), none, plans(&[("a", Some("2"))]), "a")),
        ("each attribute is compared", (of(&[("a", "1"), ("b", "1"), ("c", "1")]), of(&[("a", "2"), ("b", "1"), ("c", "2")]), plans(&[]), "a c")),
        ("an attribute that was not recorded", (a1.clone(), of(&[("a", "1"), ("b", "2")]), plans(&[]), "")),
    ];
    prove(rows, |(recorded, account, planned, expected)| {
        (
            expected.to_owned(),
            changed(&recorded, &account, &planned).join(" "),
        )
    });
}

fn bindings() -> [Binding; 2] {
    let (_, bindings) = declare_all(&[("pattern.toml", PATTERN), ("thing.toml", THING)]);
    let of = |name: &str| {
        let mut bindings = bindings.iter();
        let found = bindings.find(|binding| binding.schema.name == name).unwrap();
        Binding {
            schema: found.schema,
            hook: None,
        }
    };
    [of("pattern"), of("thing")]
}

fn script(responses: Vec<Result<Json, ErrorKind>>) -> (std::sync::Arc<Script>, Context) {
    let (declarations, _) = declare_all(&[("pattern.toml", PATTERN), ("thing.toml", THING)]);
    let (script, context) = Script::of(responses);
    (
        script,
        Context {
            declarations,
            ..context
        },
    )
}

/// A pattern as the control plane returns it.
fn pattern(name: &str, lines: &str) -> Json {
    json!({"uuid": UUID, "name": name, "lines": lines, "depth": 1, "note": null})
}

fn thing(patterns: &Json, tracks: &Json) -> Json {
    json!({"thing_uuid": UUID, "patterns": patterns, "tracks": tracks, "run": "r1", "status": "done"})
}

/// Refreshes the thing with an empty record, and returns what the refresh recorded, and the requests.
fn refreshed(
    state: &Json,
    followed: Fingerprints,
    responses: Vec<Result<Json, ErrorKind>>,
) -> (Private, String) {
    let [_, binding] = bindings();
    let (script, context) = script(responses);
    let mut known = Known {
        state: value(&binding, state),
        private: Private::default(),
    };
    if !followed.is_empty() {
        known.private.followed.insert("p".to_owned(), followed);
    }
    block_on(follow::refresh(&context, binding.schema, &mut known));
    (known.private, script.requests().join(" "))
}

fn recorded_as(lines: &str) -> Private {
    let item = pattern("p", lines);
    let responses = vec![Ok(json!([item])), Ok(item)];
    refreshed(
        &thing(&json!(["p"]), &json!(true)),
        Fingerprints::new(),
        responses,
    )
    .0
}

#[test]
fn refresh_records_what_has_no_record() {
    let p = || pattern("p", "x");
    let of = |patterns: Json, tracks: Json| thing(&patterns, &tracks);
    let whole = recorded_as("x").followed["p"].clone();
    let partly: Fingerprints = whole.clone().into_iter().take(1).collect();
    let row = |rule, state: Json, before: Fingerprints, responses, expected: (&str, &[&str])| {
        let expected = json!([expected.0, expected.1]);
        (rule, (state, before, responses, expected))
    };
    let none = Fingerprints::new;
    #[rustfmt::skip]
    let rows = [
        row("no record", of(json!(["p"]), json!(true)), none(), vec![Ok(json!([p()])), Ok(p())], ("list get_other", &["p depth lines"])),
        row("a record stays", of(json!(["p"]), json!(true)), whole.clone(), vec![], ("", &["p depth lines"])),
        row("an attribute without a record", of(json!(["p"]), json!(true)), partly, vec![Ok(json!([p()])), Ok(p())], ("list get_other", &["p depth lines"])),
        row("the argument is not set", of(json!(["p"]), NULL), none(), vec![], ("", &[])),
        row("the argument is false", of(json!(["p"]), json!(false)), none(), vec![], ("", &[])),
        row("no names", of(json!([]), json!(true)), none(), vec![], ("", &[])),
        row("a name that nothing has", of(json!(["q"]), json!(true)), none(), vec![Ok(json!([p()]))], ("list", &[])),
        row("a name that two objects have", of(json!(["p"]), json!(true)), none(), vec![Ok(json!([p(), p()]))], ("list", &[])),
        row("a list that fails", of(json!(["p"]), json!(true)), none(), vec![Err(ErrorKind::Unreachable)], ("list", &[])),
        row("an object that is gone", of(json!(["p"]), json!(true)), none(), vec![Ok(json!([p()])), Err(ErrorKind::NotFound)], ("list get_other", &["p "])),
    ];
    prove(rows, |(state, before, responses, expected)| {
        let (private, requests) = refreshed(&state, before, responses);
        let recorded: Vec<String> = private
            .followed
            .iter()
            .map(|(name, values)| {
                let attributes: Vec<&str> = values.keys().map(String::as_str).collect();
                format!("{name} {}", attributes.join(" "))
            })
            .collect();
        (expected, json!([requests, recorded]))
    });
}

/// Plans a change of a pattern, or of the thing, as the provider does.
async fn planned(binding: &Binding, context: &Context, walk: Walk, request: PlanRequest) -> Plan {
    let process = &context.process;
    let mut plan = plan(binding, request);
    let outdated = follow::changes(
        Some(context),
        process,
        &context.declarations,
        binding.schema,
        walk,
        &mut plan,
    )
    .await;
    repeat_run(binding.schema, &mut plan, outdated);
    let declarations = &context.declarations;
    preflight::check(binding, Some(context), process, declarations, walk, &mut plan).await;
    plan
}

/// Plans the changes of patterns, and then an update of the thing whose record is that of a pattern `p` with the lines `x`.
fn outcome(
    changes: &[(Json, Json)],
    config: &Json,
    walk: Walk,
    responses: Vec<Result<Json, ErrorKind>>,
) -> Json {
    let [pattern, thing_binding] = bindings();
    let (script, context) = script(responses);
    let state = thing(&json!(["p"]), &json!(true));
    let private = recorded_as("x");
    let plan = block_on(async {
        for (prior, config) in changes {
            let request = PlanRequest {
                prior: value(&pattern, prior),
                config: value(&pattern, config),
                ..PlanRequest::default()
            };
            planned(&pattern, &context, walk, request).await;
        }
        let request = PlanRequest {
            prior: value(&thing_binding, &state),
            config: value(&thing_binding, config),
            private,
            ..PlanRequest::default()
        };
        planned(&thing_binding, &context, walk, request).await
    });
    let replaced: Vec<String> = plan.requires_replace.iter().map(ToString::to_string).collect();
    let change = plan.private.change.unwrap_or_default();
    assert_eq!(change.is_forced, !plan.requires_replace.is_empty());
    json!([
        script.requests().join(" "),
        replaced,
        change.outdated,
        reported(&plan.diagnostics)
    ])
}

const LINES: &str = "the pattern `p` changed since the last build run: `lines`";

#[test]
fn plan_replaces_an_object_whose_named_objects_have_changed() {
    let list = |lines: &str| Ok(json!([pattern("p", lines)]));
    let get = |lines: &str| Ok(pattern("p", lines));
    let config = |tracks: Json| json!({"thing_uuid": UUID, "patterns": ["p"], "tracks": tracks});
    let other = "11111111-1111-4111-8111-111111111111";
    let prior = |lines: &str| json!({"uuid": other, "name": "p", "lines": lines, "depth": 1});
    let row =
        |rule, changes: &[(Json, Json)], config: Json, responses, expected: (&str, &[&str], &[&str])| {
            let expected = json!([expected.0, expected.1, expected.2, ""]);
            (rule, (changes.to_vec(), config, responses, expected))
        };
    let same = || (prior("x"), json!({"name": "p", "lines": "x"}));
    let changes = |lines: &str| (prior("x"), json!({"name": "p", "lines": lines}));
    let none: (&str, &[&str], &[&str]) = ("list", &[], &[]);
    let lines: (&str, &[&str], &[&str]) = ("list", &["status"], &[LINES]);
    let lines_by_get: (&str, &[&str], &[&str]) = ("list get_other", &["status"], &[LINES]);
    #[rustfmt::skip]
    let rows = [
        row("nothing has changed", &[], config(json!(true)), vec![list("x")], none),
        row("a change elsewhere", &[], config(json!(true)), vec![list("y"), get("y")], lines_by_get),
        row("a list that is behind", &[], config(json!(true)), vec![list("y"), get("x")], ("list get_other", &[], &[])),
        row("the argument is removed", &[], config(NULL), vec![], ("", &[], &[])),
        row("the argument is only known after apply", &[], config(json!(UNKNOWN)), vec![], ("", &[], &[])),
        row("an object that is not found", &[], config(json!(true)), vec![Ok(json!([pattern("q", "y")]))], none),
        row("two objects with the name", &[], config(json!(true)), vec![Ok(json!([pattern("p", "y"), pattern("p", "y")]))], none),
        row("an object that is gone", &[], config(json!(true)), vec![list("y"), Err(ErrorKind::NotFound)], ("list get_other", &[], &[])),
        row("a planned object that does not change", &[same()], config(json!(true)), vec![list("x")], none),
        row("a planned change", &[changes("y")], config(json!(true)), vec![list("x")], lines),
        row("a planned change of something else", &[(prior("x"), json!({"name": "p", "lines": "x", "note": "n"}))], config(json!(true)), vec![list("x")], none),
        row("a planned value that is not known yet", &[changes(UNKNOWN)], config(json!(true)), vec![list("x")], none),
        row("a planned change of a long value", &[changes(&"y".repeat(4000))], config(json!(true)), vec![list("x")], lines),
        row("a plan that undoes a change elsewhere", &[(prior("y"), json!({"name": "p", "lines": "x"}))], config(json!(true)), vec![list("y"), get("y")], ("list get_other", &[], &[])),
        row("a planned rename", &[(prior("x"), json!({"name": "new", "lines": "x"}))], config(json!(true)), vec![list("x")], none),
        row("a planned rename with a change", &[(prior("x"), json!({"name": "new", "lines": "y"}))], config(json!(true)), vec![list("x")], lines),
        row("an object that is created again with the values", &[(NULL, json!({"name": "p", "lines": "x"}))], config(json!(true)), vec![Ok(json!([]))], none),
        row("an object that is created again with others", &[(NULL, json!({"name": "p", "lines": "y"}))], config(json!(true)), vec![Ok(json!([]))], lines),
    ];
    prove(rows, |(changes, config, responses, expected)| {
        (expected, outcome(&changes, &config, Walk::Plan, responses))
    });
}

#[test]
fn what_cannot_be_read_is_one_warning_and_replaces_nothing() {
    let config = json!({"thing_uuid": UUID, "patterns": ["p"], "tracks": true});
    let y = || pattern("p", "y");
    let failing = [
        vec![Err(ErrorKind::Unreachable)],
        vec![Ok(json!([y()])), Err(ErrorKind::Unreachable)],
    ];
    for responses in failing {
        let found = outcome(&[], &config, Walk::Plan, responses);
        assert_eq!(found[1], json!([]), "{found}");
        let reported = found[3].as_str().unwrap();
        assert!(
            reported.starts_with("tracks: `tracks` replaces no thing in this plan: "),
            "{reported}"
        );
        assert_eq!(reported.lines().count(), 1, "{reported}");
    }
}

#[test]
fn plan_of_an_apply_does_not_look() {
    let config = json!({"thing_uuid": UUID, "patterns": ["p"], "tracks": true});
    let found = outcome(&[], &config, Walk::Apply, vec![]);
    assert_eq!(found, json!(["", [], [], ""]));
}

/// Terraform plans in any order: the plan of an object that it has refreshed may restore what was recorded.
#[test]
fn change_of_an_object_that_is_yet_to_be_planned_says_nothing() {
    let [pattern_binding, binding] = bindings();
    let (script, context) = script(vec![Ok(json!([pattern("p", "y")]))]);
    let refreshed = value(&pattern_binding, &json!({"uuid": UUID, "name": "p"}));
    let key = shared_key(pattern_binding.schema, &refreshed).unwrap();
    context.process.note_used(key);
    let request = PlanRequest {
        prior: value(&binding, &thing(&json!(["p"]), &json!(true))),
        config: value(
            &binding,
            &json!({"thing_uuid": UUID, "patterns": ["p"], "tracks": true}),
        ),
        private: recorded_as("x"),
        ..PlanRequest::default()
    };
    let plan = block_on(planned(&binding, &context, Walk::Plan, request));
    assert_eq!(plan.requires_replace, []);
    assert_eq!(script.requests(), ["list"]);
}

#[test]
fn record_has_the_new_name_of_a_renamed_object() {
    let [pattern_binding, binding] = bindings();
    let (_, context) = script(vec![Ok(json!([pattern("p", "x")]))]);
    let private = recorded_as("x");
    let recorded = private.followed["p"].clone();
    let plan = block_on(async {
        let renamed = PlanRequest {
            prior: value(&pattern_binding, &pattern("p", "x")),
            config: value(&pattern_binding, &json!({"name": "new", "lines": "x"})),
            ..PlanRequest::default()
        };
        let mut renamed = planned(&pattern_binding, &context, Walk::Plan, renamed).await;
        references::note_planned(&context.process, pattern_binding.schema, &mut renamed);
        let request = PlanRequest {
            prior: value(&binding, &thing(&json!(["p"]), &json!(true))),
            config: value(
                &binding,
                &json!({"thing_uuid": UUID, "patterns": ["new"], "tracks": true}),
            ),
            private,
            renames: context.process.renames(),
            ..PlanRequest::default()
        };
        planned(&binding, &context, Walk::Plan, request).await
    });
    assert_eq!(plan.requires_replace, []);
    let kept = Fingerprints::clone(&plan.private.followed["new"]);
    assert_eq!((kept, plan.private.followed.len()), (recorded, 1));
}
