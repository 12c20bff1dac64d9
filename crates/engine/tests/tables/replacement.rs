//! Which run a new object joins, by what the plan says and by the control plane's times. One row for each rule.
//!
//! The thing `b`, which the thing `a` names, was changed at 12:00.

#![expect(clippy::unnecessary_wraps, reason = "a scripted response is a result")]

use std::sync::Arc;

use engine::Binding;
use engine::api::ErrorKind;
use engine::apply::apply;
use engine::context::Context;
use engine::object::{ApplyRequest, Known, Progress};
use engine::private::{ChangePlan, Private};
use serde_json::{Value as Json, json};
use value::Value;

use super::support::{
    Failure, NULL, Script, UNKNOWN, UUID, block_on, declarations, fields, prove, shown, value,
};

const RUN: &str = "6a1f3f0c-0000-4000-8000-000000000001";
const OTHER: &str = "6a1f3f0c-0000-4000-8000-000000000002";

const BEFORE: &str = "2026-01-31T11:00:00Z";
const AFTER: &str = "2026-01-31T13:00:00Z";
const LATEST: &str = "2026-01-31T14:00:00Z";

fn timed() -> Binding {
    fields(
        "friend = { type = 'string', ref = 'thing.name', force_new = true }\n\
         updated_at = { type = 'string', mode = 'computed', format = 'timestamp' }\n\
         run = { type = 'string', mode = 'computed', format = 'uuid', stable = true, wire = false }\n\
         status = { type = 'string', mode = 'computed', stable = true, wire = false }\n\
         [job]\nnoun = 'build'\nafter = ['create']\nstart = 'start'\npoll = 'poll'\nsave = { run = 'id' }\n\
         created = 'made'\nchanged = 'updated_at'\n\
         status = { field = 'status', into = 'status' }\ndone = ['done']\nfailed = ['error']\n\
         [timeouts]\ncreate = '1h'",
    )
}

type Response = Result<Json, Failure>;

fn thing(friend: &str) -> Response {
    Ok(json!({"uuid": UUID, "name": "a", "friend": friend, "updated_at": LATEST}))
}

fn list() -> Response {
    Ok(json!([{"name": "b", "updated_at": "2026-01-31T12:00:00Z"}]))
}

fn poll(status: &str, made: &str) -> Response {
    Ok(json!({"status": status, "made": made}))
}

fn started() -> Response {
    Ok(json!({"id": OTHER}))
}

fn rejected() -> Response {
    Err(Failure::from(ErrorKind::Conflict).with(&format!("run {RUN} is active")))
}

fn context_of(responses: Vec<Response>, binding: &Binding) -> (Arc<Script>, Context) {
    let (script, context) = Script::failing(responses);
    let declarations = declarations(binding);
    (
        script,
        Context {
            declarations,
            ..context
        },
    )
}

fn creation(binding: &Binding, friend: &str, private: Private) -> ApplyRequest {
    let planned = json!({
        "uuid": UUID, "name": "a", "friend": friend, "updated_at": UNKNOWN, "run": UNKNOWN, "status": UNKNOWN,
    });
    ApplyRequest {
        prior: Value::Null,
        planned: value(binding, &planned),
        config: value(binding, &json!({"name": "a", "friend": friend})),
        private,
    }
}

fn destruction(binding: &Binding, state: &Json, private: Private) -> ApplyRequest {
    ApplyRequest {
        prior: value(binding, state),
        planned: Value::Null,
        config: Value::Null,
        private,
    }
}

fn in_state(status: Option<&str>) -> Json {
    json!({"uuid": UUID, "name": "a", "friend": "b", "updated_at": BEFORE, "run": RUN, "status": status})
}

async fn applied(binding: &Binding, context: &Context, request: ApplyRequest) -> (Known, Vec<&'static str>) {
    let progress = Progress::default();
    let diagnostics = apply(binding, context, request, &progress).await;
    let summaries = diagnostics.iter().map(|one| one.summary.text).collect();
    (progress.known(binding.schema), summaries)
}

/// What replaces what.
#[derive(Clone, Copy)]
enum Replaced {
    /// Nothing: state has no object.
    Nothing,
    /// A sound object: the plan has its mark.
    OnPurpose,
    /// A tainted object.
    Tainted,
    /// A sound object, in the order of `create_before_destroy` from Terraform 1.16 on.
    CreateFirst,
}

fn marked() -> Private {
    Private {
        change: Some(ChangePlan {
            of: Some(format!("thing/{UUID}")),
            ..ChangePlan::default()
        }),
        ..Private::default()
    }
}

#[test]
fn create_joins_only_a_run_that_does_the_current_work() {
    let row = |rule, replaced, before: &'static str, responses: Vec<Response>, requests: &str, run: &str| {
        (rule, (replaced, before, responses, json!([requests, run])))
    };
    let done = || poll("done", AFTER);
    // The active run is in state.
    let joins = |made: &'static str| {
        vec![
            thing("b"),
            thing("b"),
            poll("going", made),
            list(),
            poll("done", made),
            thing("b"),
        ]
    };
    let waits = |made: &'static str| {
        let evidence = vec![thing("b"), thing("b"), poll("going", made), list()];
        let then = vec![
            poll("done", made),
            thing("b"),
            started(),
            poll("done", LATEST),
            thing("b"),
        ];
        evidence.into_iter().chain(then).collect::<Vec<_>>()
    };
    // The rejection of the start names the active run.
    let rejected_and = |then: Vec<Response>| {
        let first = vec![thing("b"), thing("b"), rejected(), poll("going", AFTER)];
        first.into_iter().chain(then).collect::<Vec<_>>()
    };
    let lost_and = |then: Vec<Response>| {
        let first = vec![
            thing("b"),
            thing("b"),
            Err(ErrorKind::Unreachable.into()),
            rejected(),
        ];
        first.into_iter().chain(then).collect::<Vec<_>>()
    };
    #[rustfmt::skip]
    let rows = [
        row("a run of a tainted object that is newer than what it installs", Replaced::Tainted, "b",
            joins(AFTER), "get create poll list poll get", RUN),
        row("a run of a tainted object that is older than what it installs", Replaced::Tainted, "b",
            waits(BEFORE), "get create poll list poll get start poll get", OTHER),
        row("a run of a tainted object, and the create changes the object after it", Replaced::Tainted, "c",
            waits(AFTER), "get create poll list poll get start poll get", OTHER),
        row("a run of a sound object has to end first", Replaced::OnPurpose, "b",
            vec![thing("b"), thing("b"), done(), thing("b"), started(), done(), thing("b")],
            "get create poll get start poll get", OTHER),
        row("a rejection names a newer run", Replaced::Nothing, "b",
            rejected_and(vec![list(), done(), thing("b")]), "get create start poll list poll get", RUN),
        row("a rejection names a run that is older than the change of this create", Replaced::Nothing, "c",
            { let mut all = rejected_and(vec![list(), done(), thing("b"), started(), done(), thing("b")]); all[0] = thing("c"); all },
            "get create start poll list poll get start poll get", OTHER),
        row("a rejection of the replacement of a sound object names a run", Replaced::CreateFirst, "b",
            rejected_and(vec![done(), thing("b"), started(), done(), thing("b")]),
            "get create start poll poll get start poll get", OTHER),
        row("after a lost start of a replacement, a run that is newer than its create is the own one", Replaced::CreateFirst, "b",
            lost_and(vec![poll("going", "2026-01-31T15:00:00Z"), list(), done(), thing("b")]),
            "get create start start poll list poll get", RUN),
        row("after a lost start of a replacement, an older run has to end first", Replaced::CreateFirst, "b",
            lost_and(vec![poll("going", AFTER), list(), done(), thing("b"), started(), done(), thing("b")]),
            "get create start start poll list poll get start poll get", OTHER),
        row("after a lost start, a run without a time is the own one", Replaced::Nothing, "b",
            lost_and(vec![Ok(json!({"status": "going"})), list(), done(), thing("b")]),
            "get create start start poll list poll get", RUN),
        row("a list that fails for a moment is repeated", Replaced::Nothing, "b",
            rejected_and(vec![Err(ErrorKind::Server.into()), poll("going", AFTER), list(), done(), thing("b")]),
            "get create start poll list poll list poll get", RUN),
        row("the object could not be read before the create", Replaced::Nothing, "b",
            { let mut all = rejected_and(vec![list(), done(), thing("b"), started(), done(), thing("b")]); all[0] = Err(ErrorKind::Server.into()); all },
            "get create start poll list poll get start poll get", OTHER),
    ];
    let binding = timed();
    prove(rows, |(replaced, before, mut responses, expected)| {
        if before == "c" && matches!(replaced, Replaced::Tainted) {
            responses[0] = thing("c");
        }
        let (script, context) = context_of(responses, &binding);
        let private = match replaced {
            Replaced::CreateFirst => marked(),
            _ => Private::default(),
        };
        let (known, _) = block_on(async {
            let delete = |private| destruction(&binding, &in_state(Some("going")), private);
            match replaced {
                Replaced::OnPurpose => {
                    drop(applied(&binding, &without_delete(&context), delete(marked())).await);
                }
                Replaced::Tainted => {
                    drop(applied(&binding, &without_delete(&context), delete(Private::default())).await);
                }
                Replaced::Nothing | Replaced::CreateFirst => {}
            }
            applied(&binding, &context, creation(&binding, "b", private)).await
        });
        let operations = operations(&script);
        (expected, json!([operations, shown(known.state.get("run"))]))
    });
}

/// The context of a delete half: the same process, and an API that accepts the delete.
fn without_delete(context: &Context) -> Context {
    let (_, accepting) = Script::failing([Ok(NULL)]);
    Context {
        process: context.process.clone(),
        ..accepting
    }
}

fn operations(script: &Script) -> String {
    let requests = script.requests();
    let operations = requests.iter().filter_map(|request| request.split(' ').next());
    operations.collect::<Vec<_>>().join(" ")
}

#[test]
fn object_that_is_given_back_is_not_built_again() {
    let binding = timed();
    let forbidden = || Err(Failure::from(ErrorKind::Forbidden).without_effect());
    let row = |rule, status: Option<&'static str>, is_forced, friend, expected: Json| {
        (rule, (status, is_forced, friend, expected))
    };
    let rows = [
        row(
            "the configuration as before",
            Some("done"),
            true,
            "b",
            json!(["untouched (done)", "get create", "done", RUN]),
        ),
        row(
            "an object without a run",
            None,
            true,
            "b",
            json!(["untouched", "get create", null, RUN]),
        ),
        row(
            "another configuration",
            Some("done"),
            true,
            "c",
            json!(["untouched (done)", "get create start poll get", "done", OTHER]),
        ),
        row(
            "no argument demanded the replacement",
            Some("done"),
            false,
            "b",
            json!(["done", "get create start poll get", "done", OTHER]),
        ),
    ];
    prove(rows, |(status, is_forced, friend, expected)| {
        let (_, refusing) = context_of(vec![thing("b"), forbidden()], &binding);
        let given_back = block_on(async {
            let mut private = marked();
            private.change.get_or_insert_default().is_forced = is_forced;
            let delete = destruction(&binding, &in_state(status), private);
            applied(&binding, &without_delete(&refusing), delete).await;
            let (known, _) = applied(&binding, &refusing, creation(&binding, "x", Private::default())).await;
            known
        });
        let marked_status = shown(given_back.state.get("status"));
        let responses = vec![
            thing(friend),
            thing(friend),
            started(),
            poll("done", LATEST),
            thing(friend),
        ];
        let (script, context) = context_of(responses, &binding);
        let (known, _) = block_on(async {
            let delete = ApplyRequest {
                prior: given_back.state.clone(),
                ..destruction(&binding, &in_state(None), Private::default())
            };
            applied(&binding, &without_delete(&context), delete).await;
            applied(&binding, &context, creation(&binding, friend, Private::default())).await
        });
        let (status, run) = (shown(known.state.get("status")), shown(known.state.get("run")));
        (expected, json!([marked_status, operations(&script), status, run]))
    });
}

#[test]
fn plain_create_that_is_rejected_leaves_no_state() {
    let binding = timed();
    let forbidden = Err(Failure::from(ErrorKind::Forbidden).without_effect());
    let (_, context) = context_of(vec![thing("b"), forbidden], &binding);
    let (known, _) = block_on(applied(
        &binding,
        &context,
        creation(&binding, "b", Private::default()),
    ));
    assert!(known.state.is_null());
}

#[test]
fn input_that_changes_during_the_run_is_an_error() {
    let binding = timed();
    let row = |rule, after: &'static str, expected: Json| (rule, (after, expected));
    let rows = [
        row("the same value", "b", json!([])),
        row("another value", "c", json!(["Object changed during its run"])),
    ];
    prove(rows, |(after, expected)| {
        let responses = vec![
            thing("b"),
            thing("b"),
            started(),
            poll("done", LATEST),
            thing(after),
        ];
        let (_, context) = context_of(responses, &binding);
        let (_, summaries) = block_on(applied(
            &binding,
            &context,
            creation(&binding, "b", Private::default()),
        ));
        (expected, json!(summaries))
    });
}
