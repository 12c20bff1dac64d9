//! A create that takes an object over: what the object must have, what is sent, and what state gets.

use engine::Binding;
use engine::apply::apply;
use engine::context::Context;
use engine::object::{ApplyRequest, Creation, PlanRequest, Progress, Walk};
use engine::plan::plan;
use engine::private::Private;
use engine::takeover::decide;
use serde_json::{Value as Json, json};

use super::support::{NULL, Script, UNKNOWN, UUID, block_on, declare, prove, reported, shown, value};

/// A thing that exists before Terraform creates it.
fn taken_over() -> Binding {
    declare(
        "thing.toml",
        r#"
resource = "thing"
summary  = "A thing."
import   = "{thing_uuid}"
label    = "name"

[api]
create = "change"
read   = "get"
update = "change"
delete = "forget"
path   = { uuid = "thing_uuid" }

[attributes]
thing_uuid = { type = "string", mode = "required", format = "uuid", force_new = true, wire = { read = "uuid", write = false }, doc = "Identifies it." }
name       = { type = "string", mode = "computed", stable = true, doc = "Its name." }
parts      = { type = "list(string)", mode = "optional+computed", force_new = true, stable = true, equal = "set", ref = "thing.thing_uuid", doc = "Its parts." }
size       = { type = "int", mode = "optional+computed", stable = true, unset = "null", doc = "Its size." }
on_create  = { type = "string", wire = false, validate = { one_of = ["build", "keep"] }, doc = "What a create does." }
outdated   = { type = "bool", mode = "computed", doc = "Whether it needs a build." }
run        = { type = "string", mode = "computed", stable = true, wire = false, doc = "The run." }
status     = { type = "string", mode = "computed", stable = true, wire = false, doc = "Its status." }

[job]
noun    = "build"
after   = ["create"]
start   = "start"
poll    = "poll"
save    = { run = "id" }
status  = { field = "status", into = "status" }
needed  = "outdated"
result  = { outdated = false }
done    = ["done"]
failed  = ["error"]

[job.takeover]
argument = "on_create"
value    = "keep"
same     = ["parts"]

[timeouts]
create = "1h"
"#,
    )
}

fn thing(changes: Json) -> Json {
    let mut thing = json!({"uuid": UUID, "name": "a", "parts": ["x", "y"], "size": 3, "outdated": false});
    let (object, Json::Object(changes)) = (thing.as_object_mut().unwrap(), changes) else {
        panic!("changes are an object");
    };
    object.extend(changes);
    object.retain(|_, field| *field != "absent");
    thing
}

fn config(changes: Json) -> Json {
    let mut config = json!({"thing_uuid": UUID, "on_create": "keep"});
    let (object, Json::Object(changes)) = (config.as_object_mut().unwrap(), changes) else {
        panic!("changes are an object");
    };
    object.extend(changes);
    config
}

fn decided(binding: &Binding, context: &Context, request: &PlanRequest) -> Creation {
    let decided = decide(
        &context.process,
        &context.cancel,
        binding.schema,
        Walk::Plan,
        request,
    );
    block_on(decided)
}

/// Plans and applies a create. Returns the requests, the new state, and the diagnostics.
fn created(config: &Json, responses: Vec<Json>) -> Json {
    let binding = taken_over();
    let (script, context) = Script::of(responses.into_iter().map(Ok::<_, engine::api::ErrorKind>));
    let mut request = PlanRequest {
        config: value(&binding, config),
        ..PlanRequest::default()
    };
    request.creation = decided(&binding, &context, &request);
    let plan = plan(&binding, request);
    let progress = Progress::default();
    let request = ApplyRequest {
        prior: value(&binding, &NULL),
        planned: plan.planned,
        config: plan.config,
        private: plan.private,
    };
    let diagnostics = block_on(apply(&binding, &context, request, &progress));
    let state = progress.known(binding.schema).state;
    json!([script.requests().join(" "), shown(&state), reported(&diagnostics)])
}

#[test]
fn object_is_taken_over_only_as_it_is_configured() {
    let row = |rule, config: Json, found: Json, requests: &str, state: Json, report: &str| {
        (rule, (config, found, json!([requests, state, report])))
    };
    let state = |changes: Json| {
        let mut state = json!({
            "thing_uuid": UUID, "name": "a", "parts": ["y", "x"], "size": 3, "on_create": "keep", "outdated": false, "run": null,
            "status": null, "timeouts": null,
        });
        state
            .as_object_mut()
            .unwrap()
            .extend(changes.as_object().unwrap().clone());
        state
    };
    let run = "To start a build run instead, remove `on_create = \"keep\"`.";
    let remedy = format!("Nothing was sent, the object stays as it is, and state does not have it. {run}");
    let configure = format!(
        "Nothing was sent, the object stays as it is, and state does not have it. Configure what it has. {run}"
    );
    let parts = || config(json!({"parts": ["y", "x"]}));
    #[rustfmt::skip]
    let rows = [
        row("equal as a set: nothing is sent", parts(), thing(json!({})), "get", state(json!({})), ""),
        row("an argument that the configuration omits is not compared", config(json!({})), thing(json!({})), "get",
            state(json!({"parts": ["x", "y"]})), ""),
        row("other values are a refusal that names both", parts(), thing(json!({"parts": ["x"]})), "get", NULL,
            &format!("parts: Thing \"a\" was not taken over: its `parts` is [\"x\"], and the configuration has [\"y\",\"x\"]. {configure}")),
        row("a run that is needed is a refusal", parts(), thing(json!({"outdated": true})), "get", NULL,
            &format!("on_create: Thing \"a\" was not taken over: it needs a build run (`outdated` is true). {remedy}")),
        row("so are both", parts(), thing(json!({"outdated": true, "parts": []})), "get", NULL,
            &format!("parts: Thing \"a\" was not taken over: its `parts` is [], and the configuration has [\"y\",\"x\"], and it needs a \
                      build run (`outdated` is true). {configure}")),
        row("what the control plane does not show is a refusal", parts(), thing(json!({"outdated": "absent"})), "get", NULL,
            &format!("on_create: Thing \"a\" was not taken over: the control plane does not show its `outdated`. {remedy}")),
        row("the same for a compared argument", parts(), thing(json!({"parts": "absent"})), "get", NULL,
            &format!("on_create: Thing \"a\" was not taken over: the control plane does not show its `parts`. {remedy}")),
        row("another type shows nothing", parts(), thing(json!({"outdated": "no"})), "get", NULL,
            &format!("on_create: Thing \"a\" was not taken over: the control plane does not show its `outdated`. {remedy}")),
    ];
    prove(rows, |(config, found, expected)| {
        (expected, created(&config, vec![found]))
    });
}

#[test]
fn only_what_differs_is_sent() {
    let config = config(json!({"parts": ["y", "x"], "size": 4}));
    let responses = vec![thing(json!({})), thing(json!({"size": 4}))];
    let outcome = created(&config, responses);
    assert_eq!(outcome[0], "get change {\"size\":4}", "{outcome}");
    assert_eq!(outcome[1]["size"], 4);
    assert_eq!(outcome[2], "");
}

#[test]
fn plan_knows_whether_the_create_takes_over() {
    let with_mark = |of: &str| {
        let stored = json!({"acme": {"change": {"of": of}}}).to_string();
        Private::decode(stored.as_bytes(), "acme")
    };
    let mark = format!("thing/{UUID}");
    #[rustfmt::skip]
    let rows = [
        ("an object that state does not have", (config(json!({})), Private::default(), json!(["TakesOver", UNKNOWN, UNKNOWN]))),
        ("the configuration does not ask for it", (config(json!({"on_create": "build"})), Private::default(), json!(["Runs", UNKNOWN, false]))),
        ("nothing is configured", (config(json!({"on_create": null})), Private::default(), json!(["Runs", UNKNOWN, false]))),
        ("it may ask for it", (config(json!({"on_create": UNKNOWN})), Private::default(), json!(["Undecided", UNKNOWN, UNKNOWN]))),
        ("the object is not known yet", (config(json!({"thing_uuid": UNKNOWN})), Private::default(), json!(["Undecided", UNKNOWN, UNKNOWN]))),
        ("the second plan of a replacement", (config(json!({})), with_mark(&mark), json!(["Runs", UNKNOWN, UNKNOWN]))),
        ("that of another object", (config(json!({})), with_mark("thing/other"), json!(["TakesOver", UNKNOWN, UNKNOWN]))),
    ];
    let binding = taken_over();
    prove(rows, |(config, private, expected)| {
        let (_, context) = Script::of(Vec::<Result<Json, engine::api::ErrorKind>>::new());
        let mut request = PlanRequest {
            config: value(&binding, &config),
            private,
            ..PlanRequest::default()
        };
        request.creation = decided(&binding, &context, &request);
        let plan = plan(&binding, request);
        let planned = |name: &str| shown(plan.planned.get(name));
        (
            expected,
            json!([
                format!("{:?}", plan.creation),
                planned("status"),
                planned("outdated")
            ]),
        )
    });
}
