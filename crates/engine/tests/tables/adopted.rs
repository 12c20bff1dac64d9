//! The plan of a create that adopts an object: what it knows, in a plan and again in the apply.

use engine::apply::apply;
use engine::context::Context;
use engine::object::{ApplyRequest, Known, Plan, PlanRequest, Progress, Walk};
use engine::private::Private;
use engine::{Binding, adopted, plan};
use serde_json::{Value as Json, json};
use value::Value;

use super::support::{Failure, NULL, Script, UNKNOWN, UUID, block_on, declare, prove, shown, value};

const OTHER: &str = "6a1f3f0c-0000-4000-8000-000000000002";

/// A thing that exists before Terraform creates it.
fn adopting() -> Binding {
    declare(
        "thing.toml",
        r#"
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
uuid       = { type = "string", mode = "computed", format = "uuid", stable = true, doc = "The same." }
again      = { type = "string", force_new = true, wire = false, doc = "Builds it again." }
size       = { type = "int", mode = "optional+computed", stable = true, unset = "null", doc = "Its size." }
weight     = { type = "int", mode = "computed", stable = { unless = ["size"] }, doc = "Follows from its size." }
color      = { type = "string", mode = "computed", stable = true, doc = "Changes with a build." }
ready      = { type = "bool", mode = "computed", doc = "Whether it is built." }
age        = { type = "int", mode = "computed", doc = "Changes with every update." }
run        = { type = "string", mode = "computed", stable = true, wire = false, doc = "The run." }
status     = { type = "string", mode = "computed", stable = true, wire = false, doc = "Its status." }

[job]
noun    = "build"
after   = ["create"]
start   = "start"
poll    = "poll"
save    = { run = "id" }
status  = { field = "status", into = "status" }
changes = ["color"]
result  = { ready = true }
done    = ["done"]
failed  = ["error"]

[timeouts]
create = "1h"
"#,
    )
}

fn in_state(size: i32) -> Json {
    json!({
        "thing_uuid": UUID, "uuid": UUID, "again": "1", "size": size, "weight": 7, "color": "red", "ready": false, "age": 1,
        "run": "r", "status": "done",
    })
}

fn response(size: i32) -> Json {
    json!({"uuid": UUID, "size": size, "weight": 7, "color": "blue", "ready": false, "age": 2})
}

/// The private state of an object whose last apply was by a Terraform that shows its applies.
fn shows_apply() -> Private {
    Private {
        shows_apply: true,
        ..Private::default()
    }
}

/// Plans as `PlanResourceChange` does.
async fn planned(
    binding: &Binding,
    context: &Context,
    walk: Walk,
    (prior, config, private): (&Json, &Json, Private),
) -> Plan {
    let mut request = PlanRequest {
        prior: value(binding, prior),
        config: value(binding, config),
        private,
        ..PlanRequest::default()
    };
    adopted::note_prior(&context.process, binding.schema, walk, &request);
    request.adopted = adopted::find(binding, Some(context), &context.process, walk, &request).await;
    plan::plan(binding, request)
}

/// What a plan of a create knows, without the arguments.
fn known(plan: &Plan) -> Json {
    let names = ["uuid", "size", "weight", "color", "ready", "age", "run", "status"];
    names.iter().map(|name| shown(plan.planned.get(name))).collect()
}

const U: &str = UNKNOWN;

#[test]
fn second_plan_of_a_replacement_knows_what_stays() {
    let row = |rule, before: Private, config: Json, expected: Json| (rule, (before, config, expected));
    let again = || json!({"thing_uuid": UUID, "again": "2"});
    let configured = Private {
        configured: ["size".to_owned()].into(),
        ..shows_apply()
    };
    let overridden = Private {
        overridden: [("size".to_owned(), json!(4))].into(),
        ..shows_apply()
    };
    #[rustfmt::skip]
    let rows = [
        row("only what the run determines is unknown", shows_apply(), again(), json!([UUID, 3, 7, U, true, U, U, U])),
        row("a changed argument alters others", shows_apply(), json!({"thing_uuid": UUID, "size": 4}),
            json!([UUID, 4, U, U, true, U, U, U])),
        row("an unknown argument may alter others", shows_apply(), json!({"thing_uuid": UUID, "size": UNKNOWN}),
            json!([UUID, U, U, U, true, U, U, U])),
        row("the value of a removed argument", configured, again(), json!([UUID, U, U, U, true, U, U, U])),
        row("an override that ends", overridden, again(), json!([UUID, U, U, U, true, U, U, U])),
        row("another object", shows_apply(), json!({"thing_uuid": OTHER}), json!([OTHER, U, U, U, true, U, U, U])),
        row("an unknown object", shows_apply(), json!({"thing_uuid": UNKNOWN}), json!([U, U, U, U, true, U, U, U])),
        row("Terraform does not show its applies", Private::default(), again(), json!([UUID, U, U, U, true, U, U, U])),
    ];
    let binding = adopting();
    prove(rows, |(private, config, expected)| {
        let (script, context) = Script::failing(Vec::<Result<Json, Failure>>::new());
        let second = block_on(async {
            let first = planned(&binding, &context, Walk::Plan, (&in_state(3), &config, private)).await;
            planned(&binding, &context, Walk::Plan, (&NULL, &config, first.private)).await
        });
        assert_eq!(script.requests(), [""; 0], "a plan reads nothing");
        (expected, known(&second))
    });
}

#[test]
fn spelling_of_a_create_is_that_of_the_configuration() {
    let binding = adopting();
    let (_, context) = Script::failing(Vec::<Result<Json, Failure>>::new());
    let config = json!({"thing_uuid": UUID.to_uppercase(), "again": "2"});
    let second = block_on(async {
        let first = planned(
            &binding,
            &context,
            Walk::Plan,
            (&in_state(3), &config, shows_apply()),
        )
        .await;
        planned(&binding, &context, Walk::Plan, (&NULL, &config, first.private)).await
    });
    assert_eq!(shown(second.planned.get("thing_uuid")), UUID.to_uppercase());
    assert_eq!(shown(second.planned.get("uuid")), UUID);
    assert_eq!(shown(second.planned.get("size")), 3);
}

/// What precedes the plan of a create in an apply.
#[derive(Clone, Copy, PartialEq)]
enum Before {
    Nothing,
    /// The delete half, whose plan has the mark of a sound object.
    DeleteHalf,
    DeleteHalfOfTainted,
}

#[test]
fn plan_of_an_apply_reads_only_without_a_delete_half() {
    let row = |rule, before, private: Private, responses: Vec<Result<Json, Failure>>, expected: Json| {
        (rule, (before, private, responses, expected))
    };
    let none = || json!([UUID, U, U, U, true, U, U, U]);
    let marked = |of: &str, shows_apply| Private {
        change: Some(engine::private::ChangePlan {
            of: Some(of.to_owned()),
            ..Default::default()
        }),
        shows_apply,
        ..Private::default()
    };
    let of = format!("thing/{UUID}");
    let unmarked = Private {
        change: Some(engine::private::ChangePlan::default()),
        ..Private::default()
    };
    #[rustfmt::skip]
    let rows = [
        row("after the delete half", Before::DeleteHalf, Private::default(), vec![], json!([[], [UUID, 3, 7, U, true, U, U, U]])),
        row("after the delete half of a tainted object", Before::DeleteHalfOfTainted, Private::default(), vec![], json!([[], none()])),
        row("a create, or the first half of a replacement", Before::Nothing, Private::default(), vec![Ok(response(3))],
            json!([["get"], [UUID, 3, 7, U, true, U, U, U]])),
        row("the object has changed", Before::Nothing, Private::default(), vec![Ok(response(5))],
            json!([["get"], [UUID, 5, 7, U, true, U, U, U]])),
        row("the read fails", Before::Nothing, Private::default(), vec![Err(Failure::from(engine::api::ErrorKind::Forbidden))],
            json!([["get"], none()])),
        row("the response lacks an attribute", Before::Nothing, Private::default(), vec![Ok(json!({"uuid": UUID}))],
            json!([["get"], none()])),
        row("the response is about another object", Before::Nothing, Private::default(),
            vec![Ok({ let mut other = response(3); other["uuid"] = json!(OTHER); other })], json!([["get"], none()])),
        row("Terraform passes the plan of a replacement", Before::Nothing, marked(&of, true), vec![Ok(response(3))],
            json!([["get"], [UUID, 3, 7, U, true, U, U, U]])),
        row("Terraform passes a plan that knew nothing", Before::Nothing, marked(&of, false), vec![], json!([[], none()])),
        row("Terraform passes the plan of a create", Before::Nothing, unmarked, vec![], json!([[], none()])),
        row("Terraform passes the plan of another object", Before::Nothing, marked("thing/other", true), vec![], json!([[], none()])),
    ];
    let binding = adopting();
    let config = json!({"thing_uuid": UUID, "again": "2"});
    prove(rows, |(before, private, responses, expected)| {
        let (script, context) = Script::failing(responses);
        let plan = block_on(async {
            if before != Before::Nothing {
                let private = match before {
                    Before::DeleteHalf => marked(&of, true),
                    _ => Private {
                        change: Some(engine::private::ChangePlan::default()),
                        ..shows_apply()
                    },
                };
                let request = ApplyRequest {
                    prior: value(&binding, &in_state(3)),
                    planned: Value::Null,
                    config: Value::Null,
                    private,
                };
                drop(apply(&binding, &context, request, &Progress::default()).await);
            }
            planned(&binding, &context, Walk::Apply, (&NULL, &config, private)).await
        });
        let requests = script.requests();
        let operations: Vec<&str> = requests
            .iter()
            .filter_map(|request| request.split(' ').next())
            .collect();
        (expected, json!([operations, known(&plan)]))
    });
}

#[test]
fn result_is_the_planned_one_after_success_and_the_real_one_after_a_failure() {
    let row = |rule, responses: Vec<Result<Json, Failure>>, expected: Json| (rule, (responses, expected));
    let started = || Ok(json!({"id": "run"}));
    let poll = |status: &str| Ok(json!({"status": status}));
    #[rustfmt::skip]
    let rows = [
        row("the run succeeded", vec![Ok(response(3)), started(), poll("done"), Ok(response(3))], json!([true, true])),
        row("the run failed", vec![Ok(response(3)), started(), poll("error"), Ok(response(3))], json!([false, false])),
        row("nothing was sent", vec![Err(Failure::from(engine::api::ErrorKind::Forbidden).without_effect())], json!([null, false])),
    ];
    let binding = adopting();
    prove(rows, |(responses, expected)| {
        let (_, context) = Script::failing(responses);
        let request = ApplyRequest {
            prior: Value::Null,
            planned: value(
                &binding,
                &json!({
                    "thing_uuid": UUID, "uuid": UUID, "size": 3, "weight": 7, "color": U, "ready": true, "age": U, "run": U, "status": U,
                }),
            ),
            config: value(&binding, &json!({"thing_uuid": UUID})),
            private: Private::default(),
        };
        let progress = Progress::default();
        let diagnostics = block_on(apply(&binding, &context, request, &progress));
        let Known { state, .. } = progress.known(binding.schema);
        (
            expected,
            json!([shown(state.get("ready")), !diagnostics.has_errors()]),
        )
    });
}
