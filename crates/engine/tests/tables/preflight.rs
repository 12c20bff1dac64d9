//! Checks of a plan against the account and what was planned before. One row for each rule.

use engine::Binding;
use engine::api::ErrorKind;
use engine::context::Context;
use engine::diagnostic::Severity;
use engine::object::{Plan, PlanRequest, Walk};
use engine::plan::plan;
use engine::preflight::check;
use engine::private::Private;
use serde_json::{Value as Json, json};

use super::support::{
    NULL, Script, UNKNOWN, UUID, block_on, declarations, fields, prove, reported, seen_here, value,
};

const OTHER: &str = "22222222-2222-4222-8222-222222222222";

/// A thing that names other things, by name and by identity, and whose code is unique.
fn named() -> Binding {
    fields(
        "friends = { type = 'list(string)', equal = 'set', ref = 'thing.name', force_new = true, wire = false }\n\
         home = { type = 'string', format = 'uuid', ref = 'thing.uuid' }\n\
         code = { type = 'string', unique = true }\n\
         size = { type = 'int' }",
    )
}

fn a_thing(changes: Json) -> Json {
    let mut thing = json!({"uuid": UUID, "name": "a"});
    let (object, Json::Object(changes)) = (thing.as_object_mut().unwrap(), changes) else {
        panic!("changes are an object");
    };
    object.extend(changes);
    thing
}

fn planned_as(binding: &Binding, prior: &Json, config: &Json, private: Private) -> Plan {
    plan(
        binding,
        PlanRequest {
            prior: value(binding, prior),
            config: value(binding, config),
            private,
            ..PlanRequest::default()
        },
    )
}

async fn checked(binding: &Binding, context: &Context, walk: Walk, mut plan: Plan) -> Plan {
    let declarations = declarations(binding);
    check(
        binding,
        Some(context),
        &context.process,
        &declarations,
        walk,
        &mut plan,
    )
    .await;
    plan
}

/// Plans and checks the changes in order, and returns the last plan.
async fn checked_all(binding: &Binding, context: &Context, changes: &[(Json, Json)]) -> Plan {
    let mut last = None;
    for (prior, config) in changes {
        let plan = planned_as(binding, prior, config, seen_here());
        last = Some(checked(binding, context, Walk::Plan, plan).await);
    }
    last.unwrap()
}

/// The requests, and each diagnostic as `E` or `W` with its path.
fn outcome(script: &Script, plan: &Plan) -> Json {
    let found: Vec<String> = plan
        .diagnostics
        .iter()
        .map(|one| {
            let severity = match one.severity {
                Severity::Error => "E",
                Severity::Warning => "W",
            };
            format!("{severity} {}", one.path)
        })
        .collect();
    json!([script.requests().join(" "), found.join(", ")])
}

type Row = (Vec<(Json, Json)>, Vec<Result<Json, ErrorKind>>, Json);

fn row(
    rule: &'static str,
    changes: &[(Json, Json)],
    responses: Vec<Result<Json, ErrorKind>>,
    (requests, found): (&str, &str),
) -> (&'static str, Row) {
    (rule, (changes.to_vec(), responses, json!([requests, found])))
}

fn prove_checks(rows: impl IntoIterator<Item = (&'static str, Row)>) {
    let binding = named();
    prove(rows, |(changes, responses, expected)| {
        let (script, context) = Script::of(responses);
        let plan = block_on(checked_all(&binding, &context, &changes));
        (expected, outcome(&script, &plan))
    });
}

fn listed(things: Json) -> Vec<Result<Json, ErrorKind>> {
    vec![Ok(things)]
}

#[test]
fn names_that_nothing_has_are_warnings() {
    let new = |friends: Json| (NULL, json!({"name": "a", "friends": friends}));
    let change = |before: Json, after: Json| {
        (
            a_thing(json!({"friends": before})),
            json!({"name": "a", "friends": after}),
        )
    };
    let b = || listed(json!([{"name": "b"}]));
    let failure = vec![Err(ErrorKind::Unreachable)];
    #[rustfmt::skip]
    prove_checks([
        row("a name that exists", &[new(json!(["b"]))], b(), ("list", "")),
        row("a name that does not exist", &[new(json!(["c"]))], b(), ("list", "W friends[0]")),
        row("its place in the list", &[new(json!(["b", "c"]))], b(), ("list", "W friends[1]")),
        row("a name that was planned before needs no request", &[(NULL, json!({"name": "c"})), new(json!(["c"]))], vec![], ("", "")),
        row("no name needs no request", &[new(json!([]))], vec![], ("", "")),
        row("unchanged names need no request", &[change(json!(["x"]), json!(["x"]))], vec![], ("", "")),
        row("another order is no change", &[change(json!(["x", "y"]), json!(["y", "x"]))], vec![], ("", "")),
        row("unknown names pass", &[new(json!(UNKNOWN))], vec![], ("", "")),
        row("a failed request is one warning", &[new(json!(["c", "d"]))], failure, ("list", "W ")),
    ]);
}

#[test]
fn identities_that_do_not_exist_are_errors() {
    let new = |home: &str| (NULL, json!({"name": "a", "home": home}));
    let found = || Ok(json!({"uuid": OTHER, "name": "b"}));
    let missing = || Err(ErrorKind::NotFound);
    let nothing = || Ok(json!([]));
    #[rustfmt::skip]
    prove_checks([
        row("one that the list has", &[new(OTHER)], listed(json!([{"uuid": OTHER}])), ("list", "")),
        row("another spelling", &[new(&OTHER.to_uppercase())], listed(json!([{"uuid": OTHER}])), ("list", "")),
        row("one that only a request shows", &[new(OTHER)], vec![nothing(), found()], ("list get", "")),
        row("one that does not exist", &[new(OTHER)], vec![nothing(), missing()], ("list get", "E home")),
        row("without a list, nothing is certain", &[new(OTHER)], vec![Err(ErrorKind::Forbidden)], ("list", "W ")),
        row("a response that shows nothing is a warning", &[new(OTHER)], vec![nothing(), Err(ErrorKind::NoSuchPath)], ("list get", "W ")),
        row("one that the plan has", &[(a_thing(json!({"uuid": OTHER})), json!({"name": "b"})), new(OTHER)], vec![], ("", "")),
    ]);
}

#[test]
fn unique_values_that_another_object_has_are_warnings() {
    let new = |code: &str| (NULL, json!({"name": "n", "code": code}));
    let holder = || listed(json!([{"uuid": OTHER, "name": "b", "code": "x"}]));
    let b = |code: &str| json!({"uuid": OTHER, "name": "b", "code": code});
    let without_code = json!({"name": "b"});
    #[rustfmt::skip]
    prove_checks([
        row("a free value", &[new("y")], holder(), ("list", "")),
        row("a taken value", &[new("x")], holder(), ("list", "W code")),
        row("its own value", &[(b("y"), json!({"name": "b", "code": "x"}))], holder(), ("list", "")),
        row("an unchanged value needs no request", &[(b("x"), json!({"name": "c", "code": "x"}))], vec![], ("", "")),
        row("no value needs no request", &[(NULL, json!({"name": "n"}))], vec![], ("", "")),
        row("the holder was planned to lose it", &[(b("x"), without_code), new("x")], holder(), ("list", "")),
        row("the holder was planned to be destroyed", &[(b("x"), NULL), new("x")], holder(), ("list", "")),
        row("two new objects", &[new("x"), new("x")], listed(json!([])), ("list", "W code")),
    ]);
}

#[test]
fn objects_that_a_plan_does_not_change_are_not_checked() {
    let binding = named();
    let wrong = a_thing(json!({"friends": ["nothing"], "home": OTHER, "code": "taken", "size": 1}));
    let config = |size: u32| json!({"name": "a", "friends": ["nothing"], "home": OTHER, "code": "taken", "size": size});
    let holder = json!({"name": "b", "code": "taken"});
    let row = |rule, walk: Walk, size: u32| (rule, (walk, size));
    let rows = [
        row("nothing changes", Walk::Plan, 1),
        row("another attribute changes", Walk::Plan, 2),
        row("in an apply", Walk::Apply, 2),
    ];
    prove(rows, |(walk, size)| {
        let (script, context) = Script::of([]);
        let plan = block_on(async {
            let other = planned_as(&binding, &holder, &holder, seen_here());
            checked(&binding, &context, walk, other).await;
            let plan = planned_as(&binding, &wrong, &config(size), seen_here());
            checked(&binding, &context, walk, plan).await
        });
        (json!(["", ""]), outcome(&script, &plan))
    });
}

#[test]
fn replacement_is_checked_once() {
    let binding = named();
    let prior = a_thing(json!({"friends": ["b"], "home": OTHER}));
    let config = json!({"name": "a", "friends": ["c"], "home": OTHER});
    let responses = || {
        let things = Ok(json!([{"name": "c"}]));
        [things, Err(ErrorKind::NotFound)]
    };
    let row =
        |rule, is_forced: bool, expected: (&str, &str)| (rule, (is_forced, json!([expected.0, expected.1])));
    let rows = [
        row("an argument forces it", true, ("list get", "")),
        row("the user demands it", false, ("list get", "E home")),
    ];
    prove(rows, |(is_forced, expected)| {
        let (script, context) = Script::of(responses());
        let plan = block_on(async {
            let config_of_first = if is_forced { &config } else { &prior };
            let first = planned_as(&binding, &prior, config_of_first, seen_here());
            let first = checked(&binding, &context, Walk::Plan, first).await;
            assert_eq!(first.requires_replace.is_empty(), !is_forced);
            let second = planned_as(&binding, &NULL, &config, first.private);
            checked(&binding, &context, Walk::Plan, second).await
        });
        (expected, outcome(&script, &plan))
    });
}

#[test]
fn messages_name_what_is_meant() {
    let binding = named();
    let things = || Ok(json!([{"uuid": OTHER, "name": "web", "code": "x"}]));
    let near = format!("{}3", OTHER.trim_end_matches('2').trim_end_matches('2'));
    let near = format!("{}{}", near, "2".repeat(OTHER.len() - near.len()));
    let row = |rule, config: Json, responses: Vec<Result<Json, ErrorKind>>, expected: &'static str| {
        (rule, (config, responses, expected))
    };
    let rows = [
        row(
            "the closest name",
            json!({"name": "a", "friends": ["wbe"]}),
            vec![things()],
            "Closest: `web`.",
        ),
        row(
            "the reference",
            json!({"name": "a", "friends": ["wbe"]}),
            vec![things()],
            "`acme_thing.NAME.name`",
        ),
        row(
            "an identity instead of a name",
            json!({"name": "a", "friends": [OTHER]}),
            vec![things()],
            "It is the identity of the thing `web`: use its `name`.",
        ),
        row(
            "the closest identity, with its name",
            json!({"name": "a", "home": near}),
            vec![things(), Err(ErrorKind::NotFound)],
            "2` (web).",
        ),
        row(
            "the holder of a value",
            json!({"name": "a", "code": "x"}),
            vec![things()],
            "The thing \"web\" has the `code` `x` already",
        ),
        row(
            "how to import it",
            json!({"name": "a", "code": "x"}),
            vec![things()],
            "`terraform import ADDRESS 22222222-2222-4222-8222-222222222222`",
        ),
    ];
    prove(rows, |(config, responses, expected)| {
        let (_, context) = Script::of(responses);
        let plan = block_on(checked_all(&binding, &context, &[(NULL, config)]));
        let messages = reported(&plan.diagnostics);
        let shown = if messages.contains(expected) {
            expected.to_owned()
        } else {
            messages
        };
        (expected.to_owned(), shown)
    });
}
