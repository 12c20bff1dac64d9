//! The requests of a job and the new state, with scripted responses. The decisions of the state machine are tested in
//! `job/machine/table.rs`.

#![expect(clippy::unnecessary_wraps, reason = "a scripted response is a result")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use engine::Binding;
use engine::api::ErrorKind;
use engine::apply::apply;
use engine::context::Context;
use engine::diagnostic::Diagnostics;
use engine::object::{ApplyRequest, Known, Progress};
use engine::private::Private;
use engine::read::read;
use serde_json::{Value as Json, json};

use super::support::{Failure, Script, UNKNOWN, UUID, fields, prove, response, seen_here, shown, value};

const RUN: &str = "6a1f3f0c-0000-4000-8000-000000000001";
const OTHER: &str = "6a1f3f0c-0000-4000-8000-000000000002";

/// A thing with a job that builds it; `todo` shows whether it needs the work.
fn built() -> Binding {
    fields(
        "size = { type = 'string', force_new = true, wire = false }\n\
         rank = { type = 'string', mode = 'optional+computed', force_new = true, stable = true }\n\
         todo = { type = 'bool', mode = 'computed' }\n\
         run = { type = 'string', mode = 'computed', format = 'uuid', stable = true, wire = false }\n\
         status = { type = 'string', mode = 'computed', stable = true, wire = false }\n\
         [job]\nnoun = 'build'\nafter = ['create']\nstart = 'start'\nbody = { mode = 'all' }\npoll = 'poll'\n\
         save = { run = 'id' }\nstatus = { field = 'status', into = 'status' }\nterminal = 'over'\nneeded = 'todo'\n\
         done = ['done']\nfailed = ['error']\nreport = { error = 'why', step = 'step', message = 'note' }\n\
         [timeouts]\ncreate = '1h'\nupdate = '1h'",
    )
}

type Response = Result<Json, Failure>;

fn thing(todo: bool) -> Response {
    Ok(response("a", &json!({"todo": todo})))
}

fn started() -> Response {
    Ok(json!({"id": RUN}))
}

fn status(status: &str) -> Response {
    Ok(json!({"status": status}))
}

fn error(kind: ErrorKind) -> Response {
    Err(kind.into())
}

fn rejected(detail: &str) -> Response {
    Err(Failure::from(ErrorKind::Conflict).with(detail))
}

fn run(future: impl Future<Output = String>) -> String {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().unwrap();
    runtime.block_on(future)
}

/// Applies a change: the requests, the run in state and private state, and the diagnostics.
async fn apply_and_describe(
    binding: &Binding,
    script: &Script,
    context: &Context,
    request: ApplyRequest,
) -> String {
    let earlier_requests = script.requests().len();
    let progress = Progress::default();
    let diagnostics = apply(binding, context, request, &progress).await;
    let requests: Vec<String> = script.requests().into_iter().skip(earlier_requests).collect();
    diagnostics.iter().fold(
        format!(
            "{}; {}",
            without_bodies(&requests),
            left(&progress.known(binding.schema))
        ),
        |text, one| text + "; " + one.summary.text,
    )
}

fn without_bodies(requests: &[String]) -> String {
    let requests = requests.join(", ");
    requests
        .replace(r#" {"mode":"all"}"#, "")
        .replace(r#" {"name":"a"}"#, "")
}

/// The run in state, its status, and its stage in private state.
fn left(known: &Known) -> String {
    format!(
        "run {}, status {}; {}",
        shown(known.state.get("run")),
        shown(known.state.get("status")),
        match &stored_run(known) {
            Json::Null => "no run stored".to_owned(),
            run => format!(
                "stored as {}{}",
                run["stage"].as_str().unwrap(),
                if run["taints"] == true { ", tainted" } else { "" }
            ),
        },
    )
}

/// The stored form of the run in private state.
fn stored_run(known: &Known) -> Json {
    let private: Json = serde_json::from_slice(&known.private.encode("acme")).unwrap_or_default();
    private["acme"]["run"].clone()
}

fn creation(binding: &Binding) -> ApplyRequest {
    let planned = json!({"uuid": UNKNOWN, "name": "a", "todo": UNKNOWN, "run": UNKNOWN, "status": UNKNOWN});
    ApplyRequest {
        prior: value::Value::Null,
        planned: value(binding, &planned),
        config: value(binding, &json!({"name": "a"})),
        private: Private::default(),
    }
}

/// Creates a thing that needs the work.
fn created(responses: Vec<Response>) -> String {
    let binding = built();
    let (script, context) = Script::failing([thing(true)].into_iter().chain(responses));
    run(apply_and_describe(
        &binding,
        &script,
        &context,
        creation(&binding),
    ))
}

/// An update in place of a thing with a stored active run.
fn continued(purpose: &str, responses: Vec<Response>) -> String {
    continued_with_trigger(
        purpose,
        &json!({"size": null, "rank": null}),
        &json!({"name": "a"}),
        responses,
    )
}

/// An update in place of a thing whose run has this trigger, with this configuration.
fn continued_with_trigger(
    purpose: &str,
    started_for: &Json,
    config: &Json,
    responses: Vec<Response>,
) -> String {
    let run_of = json!({
        "saved": {"run": RUN}, "status": "going", "stage": "going", "purpose": purpose,
        "trigger": started_for, "was_needed": true,
    });
    continued_with_run(&run_of, config, [thing(true)].into_iter().chain(responses))
}

/// An update in place of a thing with this stored run.
fn continued_with_run(run_of: &Json, config: &Json, responses: impl IntoIterator<Item = Response>) -> String {
    let binding = built();
    let (script, context) = Script::failing(responses);
    run(apply_and_describe(
        &binding,
        &script,
        &context,
        update(&binding, run_of, config),
    ))
}

/// An update without changes, of a thing with this run.
fn update(binding: &Binding, run_of: &Json, config: &Json) -> ApplyRequest {
    let rank = "now";
    let prior = state_with(run_of, rank);
    let planned =
        json!({"uuid": UUID, "name": "a", "rank": rank, "todo": UNKNOWN, "run": UNKNOWN, "status": UNKNOWN});
    ApplyRequest {
        prior: value(binding, &prior),
        planned: value(binding, &planned),
        config: value(binding, config),
        private: private_state(run_of),
    }
}

/// The state of a thing with this run.
fn state_with(run_of: &Json, rank: &str) -> Json {
    let (run, status) = match run_of {
        Json::Null => (RUN.into(), json!("done")),
        run_of => (run_of["saved"]["run"].clone(), run_of["status"].clone()),
    };
    json!({"uuid": UUID, "name": "a", "rank": rank, "todo": true, "run": run, "status": status})
}

fn private_state(run_of: &Json) -> Private {
    let private = json!({"acme": {"run": run_of}}).to_string();
    Private {
        seen: seen_here().seen,
        ..Private::decode(private.as_bytes(), "acme")
    }
}

/// Destroys a thing with a run of this status, and creates it again in the same process.
fn replaced(status: &str, size: Option<&str>, responses: Vec<Response>) -> String {
    replaced_after(
        status,
        size,
        [Ok(Json::Null), thing(true)].into_iter().chain(responses),
    )
}

/// The same with the responses to the delete and to the create.
fn replaced_after(status: &str, size: Option<&str>, responses: impl IntoIterator<Item = Response>) -> String {
    let binding = built();
    let (script, context) = Script::failing(responses);
    let mut create = creation(&binding);
    for object in [&mut create.planned, &mut create.config] {
        object.set_attribute("size", size.map_or(value::Value::Null, value::Value::string));
    }
    // The identity is known in the plan, as that of a machine is.
    create.planned.set_attribute("uuid", value::Value::string(UUID));
    run(async {
        apply_and_describe(&binding, &script, &context, destruction(&binding, status)).await;
        apply_and_describe(&binding, &script, &context, create).await
    })
}

/// The destroy of a thing with a run of this status.
fn destruction(binding: &Binding, status: &str) -> ApplyRequest {
    let prior = json!({"uuid": UUID, "name": "a", "todo": true, "run": RUN, "status": status});
    ApplyRequest {
        prior: value(binding, &prior),
        planned: value::Value::Null,
        config: value::Value::Null,
        private: Private::default(),
    }
}

#[rustfmt::skip]
#[test]
fn apply_runs_the_job_after_a_create() {
    let done = format!("run \"{RUN}\", status \"done\"; no run stored");
    let going = format!("run \"{RUN}\", status \"going\"; stored as going, tainted");
    let rows = [
        ("the run in the response is followed, and the object refreshed",
            (vec![started(), status("going"), status("done"), thing(false)],
             format!("create, start, poll, poll, get; {done}"))),
        ("a status that is not declared is not final",
            (vec![started(), status("unheard of"), status("done"), thing(false)],
             format!("create, start, poll, poll, get; {done}"))),
        ("a status that is not declared is final if `terminal` is true",
            (vec![started(), Ok(json!({"status": "unheard of", "over": true}))],
             format!("create, start, poll; run \"{RUN}\", status \"unheard of\"; stored as failed, tainted; Run failed"))),
        ("a poll without a status is not final",
            (vec![started(), Ok(json!({"over": true})), status("done"), thing(false)],
             format!("create, start, poll, poll, get; {done}"))),
        ("a run that fails is an error",
            (vec![started(), Ok(json!({"status": "error", "why": "no disk"}))],
             format!("create, start, poll; run \"{RUN}\", status \"error\"; stored as failed, tainted; Run failed"))),
        ("an invalid run identity: the object shows that the work is done",
            (vec![Ok(json!({"id": "r1"})), thing(false), thing(false)],
             "create, start, get, get; run null, status \"done\"; no run stored".to_owned())),
        ("a start that fails is an error, and the next plan starts a run",
            (vec![Err(Failure::from(ErrorKind::Forbidden).without_effect())],
             "create, start; run null, status null; stored as failed, tainted; Failed to start the run".to_owned())),
        ("the response is lost, and the object shows that the work is done",
            (vec![error(ErrorKind::Unreachable), thing(false), thing(false)],
             "create, start, get, get; run null, status \"done\"; no run stored".to_owned())),
        ("the response is lost, and the object needs the work",
            (vec![error(ErrorKind::Unreachable), thing(true), thing(true), thing(true), thing(true), started(), status("done"), thing(false)],
             format!("create, start, get, get, get, get, start, poll, get; {done}"))),
        ("a rejection names the active run: it is followed, and the object read",
            (vec![rejected(&format!("run {RUN} of {UUID} is active")), status("going"), status("done"), thing(false), thing(false)],
             format!("create, start, poll, poll, get, get; {done}"))),
        ("a rejection that names no existing run is an error",
            (vec![rejected(&format!("see {OTHER}")), error(ErrorKind::NotFound)],
             "create, start, poll; run null, status null; stored as failed, tainted; Failed to start the run".to_owned())),
        ("the object's own identity in a rejection is not a run",
            (vec![rejected(&format!("{UUID} is busy"))],
             "create, start; run null, status null; stored as failed, tainted; Failed to start the run".to_owned())),
        ("after an unexpected response, a run may have been started",
            (vec![error(ErrorKind::UnexpectedResponse), thing(false), thing(false)],
             "create, start, get, get; run null, status \"done\"; no run stored".to_owned())),
        ("an interrupt before the start was sent starts no run, and is no taint",
            (vec![Err(Failure::from(ErrorKind::Cancelled).without_effect())],
             "create, start; run null, status null; stored as failed; Interrupted before the run started".to_owned())),
        ("an interrupt during the start leaves it unconfirmed",
            (vec![error(ErrorKind::Cancelled)],
             "create, start; run null, status \"starting\"; stored as going; Interrupted during the run".to_owned())),
        ("a read of the object with a transient error is retried",
            (vec![error(ErrorKind::Unreachable), error(ErrorKind::Server), thing(false), thing(false)],
             "create, start, get, get, get; run null, status \"done\"; no run stored".to_owned())),
        ("an interrupt during a poll is no taint",
            (vec![started(), error(ErrorKind::Cancelled)],
             format!("create, start, poll; run \"{RUN}\", status \"pending\"; stored as going; Interrupted during the run"))),
        ("polls with a transient error are retried",
            (vec![started(), error(ErrorKind::Server), error(ErrorKind::NotFound), status("done"), thing(false)],
             format!("create, start, poll, poll, poll, get; {done}"))),
        ("a poll with a permanent error ends the apply",
            (vec![started(), status("going"), error(ErrorKind::Unauthorized)],
             format!("create, start, poll, poll; {going}; Failed to follow the run"))),
        ("a failed refresh after the run is a warning",
            (vec![started(), status("done"), error(ErrorKind::Server)],
             format!("create, start, poll, get; {done}; Failed to refresh the object after its run"))),
        ("an unexpected response about the object is one error",
            (vec![error(ErrorKind::Unreachable), Ok(json!({"uuid": "../x", "name": "a"}))],
             "create, start, get; run null, status \"starting\"; stored as going, tainted; Unexpected response from the control plane".to_owned())),
        ("an object that cannot be read is an error",
            (vec![error(ErrorKind::Unreachable), error(ErrorKind::Forbidden)],
             "create, start, get; run null, status \"starting\"; stored as going, tainted; Failed to follow the run".to_owned())),
    ];
    prove(rows, |(responses, expected)| (expected, created(responses)));
}

#[rustfmt::skip]
#[test]
fn apply_continues_a_stored_run() {
    let done = format!("run \"{RUN}\", status \"done\"; no run stored");
    let rows = [
        ("an update without changes follows the run",
            (("wanted", vec![status("done"), thing(false)]),
             format!("get, poll, get; {done}"))),
        ("a run that failed is stored for the plan, and is no taint",
            (("wanted", vec![status("error")]),
             format!("get, poll; run \"{RUN}\", status \"error\"; stored as failed; Run failed"))),
        ("after another client's run, the object is read several times before a start",
            (("joined", vec![status("done"), thing(true), thing(true), thing(true), thing(true), Ok(json!({"id": OTHER})), status("done"), thing(false)]),
             format!("get, poll, get, get, get, get, start, poll, get; run \"{OTHER}\", status \"done\"; no run stored"))),
        ("if the API no longer has the run, the object is read",
            (("wanted", vec![error(ErrorKind::NotFound), error(ErrorKind::NotFound), error(ErrorKind::NotFound), error(ErrorKind::NotFound), thing(false), thing(false)]),
             format!("get, poll, poll, poll, poll, get, get; {done}"))),
    ];
    prove(rows, |((purpose, responses), expected)| (expected, continued(purpose, responses)));
}

#[rustfmt::skip]
#[test]
fn apply_hands_an_active_run_over_to_the_replacement() {
    let done = format!("run \"{RUN}\", status \"done\"; no run stored");
    let rows = [
        ("the active run in state is followed",
            (("going", None, vec![status("done"), thing(false)]),
             format!("create, poll, get; {done}"))),
        ("a run that ended is not",
            (("error", None, vec![Ok(json!({"id": OTHER})), status("done"), thing(false)]),
             format!("create, start, poll, get; run \"{OTHER}\", status \"done\"; no run stored"))),
        ("a lost run is not",
            (("lost", None, vec![Ok(json!({"id": OTHER})), status("done"), thing(false)]),
             format!("create, start, poll, get; run \"{OTHER}\", status \"done\"; no run stored"))),
        ("after a run that failed, another is started",
            (("going", None, vec![status("error"), thing(true), Ok(json!({"id": OTHER})), status("done"), thing(false)]),
             format!("create, poll, get, start, poll, get; run \"{OTHER}\", status \"done\"; no run stored"))),
        ("an unconfirmed start for another configuration: the active run has to end first",
            (("starting", Some("s"), vec![rejected(&format!("run {RUN} is active")), status("going"), status("done"), thing(true), Ok(json!({"id": OTHER})), status("done"), thing(false)]),
             format!("create, start, poll, poll, get, start, poll, get; run \"{OTHER}\", status \"done\"; no run stored"))),
        ("an unconfirmed start: the object shows a little later that the work is done",
            (("starting", None, vec![thing(true), thing(true), thing(false), thing(false)]),
             "create, get, get, get, get; run null, status \"done\"; no run stored".to_owned())),
        ("a run for another configuration has to end first",
            (("going", Some("s"), vec![status("done"), thing(true), Ok(json!({"id": OTHER})), status("done"), thing(false)]),
             format!("create, poll, get, start, poll, get; run \"{OTHER}\", status \"done\"; no run stored"))),
        ("a run with the status `waiting` is outdated",
            (("waiting", None, vec![status("error"), thing(true), Ok(json!({"id": OTHER})), status("done"), thing(false)]),
             format!("create, poll, get, start, poll, get; run \"{OTHER}\", status \"done\"; no run stored"))),
    ];
    prove(rows, |((status, size, responses), expected)| (expected, replaced(status, size, responses)));
}

#[test]
fn apply_ends_a_wait_at_the_timeout() {
    let binding = built();
    let (script, context) =
        Script::failing([thing(true), started(), status("going"), error(ErrorKind::Server)]);
    let mut request = creation(&binding);
    let timeouts = value(&binding, &json!({"timeouts": {"create": "3s"}}));
    request
        .planned
        .set_attribute("timeouts", timeouts.get("timeouts").clone());
    let outcome = run(apply_and_describe(&binding, &script, &context, request));
    assert_eq!(
        outcome,
        format!(
            "create, start, poll, poll; run \"{RUN}\", status \"going\"; stored as going, tainted; Timeout while waiting for \
             the run"
        )
    );
}

#[test]
fn apply_ends_a_wait_at_an_interrupt_with_a_warning() {
    let binding = built();
    let (script, context) = Script::failing([thing(true), started(), status("going")]);
    context.cancel.cancel();
    let outcome = run(apply_and_describe(
        &binding,
        &script,
        &context,
        creation(&binding),
    ));
    let expected = "Interrupted during the run";
    assert!(
        outcome.contains("stored as going; ") && outcome.ends_with(expected),
        "{outcome}"
    );
}

#[rustfmt::skip]
#[test]
fn update_in_place_picks_up_the_run_whatever_it_was_started_for() {
    let configured = json!({"name": "a", "rank": "now"});
    let open = json!({"name": "a"});
    let rows = [
        ("the same values", (json!({"size": null, "rank": "now"}), &configured)),
        ("another value", (json!({"size": null, "rank": "before"}), &configured)),
        ("another value of an omitted argument", (json!({"size": null, "rank": "before"}), &open)),
        ("an attribute that an earlier version did not store", (json!({"rank": "now"}), &configured)),
        ("an unknown trigger", (Json::Null, &open)),
    ];
    prove(rows, |(started_for, config)| {
        let expected = format!("get, poll, get; run \"{RUN}\", status \"done\"; no run stored");
        let responses = vec![status("done"), thing(false)];
        (expected, continued_with_trigger("wanted", &started_for, config, responses))
    });
}

/// A lost start of a run that the object did not need: only the elapsed time shows whether a retry is safe.
#[rustfmt::skip]
#[test]
fn apply_retries_a_lost_start_within_min_run_duration() {
    let done = format!("run \"{RUN}\", status \"done\"; no run stored");
    let lost = "run null, status \"unconfirmed\"; stored as going, tainted; Failed to start the run";
    let again = || vec![thing(false), error(ErrorKind::Unreachable), started(), status("done"), thing(false)];
    let never = || vec![thing(false), error(ErrorKind::Unreachable)];
    let (create, start, start_again) = (0, 1, 2);
    let rows = [
        ("soon after the start", (vec![], again(), format!("create, start, start, poll, get; {done}"))),
        ("the time counts from the start, not from the beginning of the apply",
            (vec![(create, 130)], again(), format!("create, start, start, poll, get; {done}"))),
        ("responses may be slow",
            (vec![(create, 130), (start, 110), (start_again, 5)], again(), format!("create, start, start, poll, get; {done}"))),
        ("no retry is sent later", (vec![(start, 130)], never(), format!("create, start; {lost}"))),
        ("no retry is waited for later", (vec![(start, 110), (start_again, 20)], never(), format!("create, start, start; {lost}"))),
    ];
    prove(rows, |(delays, responses, expected)| {
        let binding = built();
        let (script, context) = Script::failing(responses);
        for (request, seconds) in delays {
            script.delay_response(request, Duration::from_secs(seconds));
        }
        (expected, run(apply_and_describe(&binding, &script, &context, creation(&binding))))
    });
}

#[rustfmt::skip]
#[test]
fn read_polls_an_active_run() {
    let run_of = |purpose, was_needed, taints| json!({
        "saved": {"run": RUN}, "status": "going", "stage": "going", "purpose": purpose, "trigger": {"size": null, "rank": null},
        "was_needed": was_needed, "taints": taints,
    });
    let start = |was_needed, taints| json!({
        "saved": {}, "status": "starting", "stage": "going", "purpose": "wanted", "trigger": {"size": null, "rank": null},
        "was_needed": was_needed, "taints": taints,
    });
    let is = |requests, status, then| format!("{requests}; run \"{RUN}\", status \"{status}\"; {then}");
    let rows = [
        ("an active run", (run_of("wanted", true, false), vec![thing(true), status("nearly")], is("get, poll", "nearly", "stored as going"))),
        ("a run that succeeded", (run_of("wanted", true, false), vec![thing(false), status("done")], is("get, poll", "done", "no run stored"))),
        ("a run that failed", (run_of("wanted", true, false), vec![thing(true), status("error")], is("get, poll", "error", "stored as failed"))),
        ("a poll that fails", (run_of("wanted", true, false), vec![thing(true), error(ErrorKind::Server)], is("get, poll", "going", "stored as going"))),
        ("a poll without a status", (run_of("wanted", true, false), vec![thing(true), Ok(json!({}))], is("get, poll", "going", "stored as going"))),
        ("a run that the API does not have", (run_of("wanted", true, false), vec![thing(true), error(ErrorKind::NotFound)], is("get, poll", "going", "stored as going"))),
        ("an active run of a tainted object", (run_of("wanted", true, true), vec![thing(true), status("nearly")], is("get, poll", "nearly", "stored as going, tainted"))),
        ("a failed run of a tainted object", (run_of("wanted", true, true), vec![thing(true), status("error")], is("get, poll", "error", "stored as failed, tainted"))),
        ("a tainted object keeps a run that succeeded, for its replacement", (run_of("wanted", true, true), vec![thing(false), status("done")], is("get, poll", "going", "stored as going, tainted"))),
        ("another client's run that did the work", (run_of("joined", true, false), vec![thing(false), status("done")], is("get, poll", "done", "no run stored"))),
        ("another client's run that did not do the work", (run_of("joined", true, false), vec![thing(true), status("done")], is("get, poll", "going", "stored as going"))),
        ("an outdated run is not polled", (run_of("outdated", true, false), vec![thing(true)], is("get", "going", "stored as going"))),
        ("an unconfirmed start whose work is done", (start(true, false), vec![thing(false)], "get; run null, status \"done\"; no run stored".to_owned())),
        ("an unconfirmed start that the object did not need", (start(false, false), vec![thing(false)], "get; run null, status \"starting\"; stored as going".to_owned())),
        ("an unconfirmed start of a tainted object", (start(true, true), vec![thing(false)], "get; run null, status \"starting\"; stored as going, tainted".to_owned())),
        ("an object that no longer exists has no run", (run_of("wanted", true, false), vec![error(ErrorKind::NotFound)], "get; run null, status null; no run stored".to_owned())),
    ];
    prove(rows, |(run_of, responses, expected)| {
        let binding = built();
        let (script, context) = Script::failing(responses);
        let mut known = Known { state: value(&binding, &state_with(&run_of, "now")), private: private_state(&run_of) };
        let mut diagnostics = Diagnostics::default();
        run(async {
            let _ = read(&binding, &context, &mut known, &mut diagnostics).await;
            String::new()
        });
        (expected, format!("{}; {}", without_bodies(&script.requests()), left(&known)))
    });
}

#[rustfmt::skip]
#[test]
fn apply_stores_the_trigger_of_a_run() {
    let before = json!({"size": "before", "rank": null});
    let wanted = json!({"size": null, "rank": "now"});
    let cancelled = || error(ErrorKind::Cancelled);
    let other = || Ok(json!({"id": OTHER}));
    let run_of = |run: Json| json!({"saved": run, "status": "going", "stage": "going", "purpose": "outdated", "trigger": before, "was_needed": true});
    let (named, unnamed) = (|| run_of(json!({"run": RUN})), || run_of(json!({})));
    let rows = [
        ("a run that has to end first", (named(), vec![status("going"), cancelled()], json!([RUN, before]))),
        ("the run that follows an outdated one", (named(), vec![status("done"), thing(true), other(), cancelled()], json!([OTHER, wanted]))),
        ("an unconfirmed start", (named(), vec![status("done"), thing(true), cancelled()], json!([null, wanted]))),
        ("another active run that may be current",
            (named(), vec![status("done"), thing(true), rejected(&format!("run {OTHER} is active")), status("going"), cancelled()], json!([OTHER, wanted]))),
        ("another active run that may be outdated",
            (unnamed(), vec![rejected(&format!("run {RUN} is active")), status("going"), cancelled()], json!([RUN, before]))),
    ];
    prove(rows, |(run_of, responses, expected)| {
        let binding = built();
        let (_, context) = Script::failing([thing(true)].into_iter().chain(responses));
        let progress = Progress::default();
        run(async {
            let _ = apply(&binding, &context, update(&binding, &run_of, &json!({"name": "a", "rank": "now"})), &progress).await;
            String::new()
        });
        let run = stored_run(&progress.known(binding.schema));
        (expected, json!([run["saved"]["run"], run["trigger"]]))
    });
}

/// A panic becomes an error, after which Terraform replaces a created object: the run must be in state.
#[rustfmt::skip]
#[test]
fn apply_keeps_the_run_after_a_panic() {
    let going = json!({"saved": {"run": RUN}, "status": "going", "stage": "going", "purpose": "wanted", "trigger": {"size": null, "rank": null}, "was_needed": true});
    let binding = built();
    let rows = [
        ("the run of a created object, which is tainted",
            (creation(&binding), vec![thing(true), started(), status("going")], "going, tainted")),
        ("the run of an updated object", (update(&binding, &going, &json!({"name": "a"})), vec![thing(true), status("going")], "going")),
    ];
    prove(rows, |(request, responses, expected)| {
        // The script panics when it has no response left.
        let (_, context) = Script::failing(responses);
        let progress = Progress::default();
        let ended = catch_unwind(AssertUnwindSafe(|| run(async {
            let _ = apply(&binding, &context, request, &progress).await;
            String::new()
        })));
        assert!(ended.is_err(), "the apply panics");
        (format!("run \"{RUN}\", status \"going\"; stored as {expected}"), left(&progress.known(binding.schema)))
    });
}

#[rustfmt::skip]
#[test]
fn rejected_create_gives_the_object_with_its_run_back() {
    let forbidden = || Err(Failure::from(ErrorKind::Forbidden).without_effect());
    let rows = [
        ("an active run of the replaced object", (None, format!("create; run \"{RUN}\", status \"going\"; no run stored"))),
        ("an active run for another configuration",
            (Some("s"), format!("create; run \"{RUN}\", status \"going\"; no run stored"))),
    ];
    prove(rows, |(size, expected)| {
        let outcome = replaced_after("going", size, vec![Ok(Json::Null), forbidden()]);
        (expected, outcome.rsplit_once("; ").unwrap().0.to_owned())
    });
}

#[test]
fn apply_takes_a_handed_over_run_only_in_a_create() {
    let binding = built();
    let (script, context) = Script::failing([Ok(Json::Null), thing(true)]);
    let outcome = run(async {
        apply_and_describe(&binding, &script, &context, destruction(&binding, "going")).await;
        let request = update(&binding, &Json::Null, &json!({"name": "a"}));
        apply_and_describe(&binding, &script, &context, request).await
    });
    assert_eq!(
        outcome,
        format!("get; run \"{RUN}\", status \"done\"; no run stored")
    );
}

#[test]
fn apply_records_a_run_without_a_result_as_lost() {
    let unconfirmed = json!({"saved": {}, "status": "unconfirmed", "stage": "going", "purpose": "wanted",
        "trigger": {"size": null, "rank": null}, "was_needed": false});
    assert_eq!(
        continued_with_run(&unconfirmed, &json!({"name": "a"}), [thing(false), thing(false)]),
        "get, get; run null, status \"lost\"; no run stored; Cannot tell whether the run took place"
    );
}
