//! A job's calls, and what is known afterwards: what the state machine decides is done, against an API that answers by a
//! script. What it decides is in `job/machine/table.rs`.

#![expect(clippy::unnecessary_wraps, reason = "an answer of a script is a result")]

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

use super::support::{Failure, Script, UNKNOWN, UUID, answer, fields, prove, shown, value};

const RUN: &str = "6a1f3f0c-0000-4000-8000-000000000001";
const OTHER: &str = "6a1f3f0c-0000-4000-8000-000000000002";

/// A thing that is built; `todo` says whether that is to be done.
fn built() -> Binding {
    fields(
        "size = { type = 'string', force_new = true, wire = false }\n\
         rank = { type = 'string', mode = 'optional+computed', force_new = true, stable = true }\n\
         todo = { type = 'bool', mode = 'computed' }\n\
         run = { type = 'string', mode = 'computed', format = 'uuid', stable = true, wire = false }\n\
         status = { type = 'string', mode = 'computed', stable = true, wire = false }\n\
         [job]\nnoun = 'build'\nafter = ['create']\nstart = 'start'\nbody = { mode = 'all' }\npoll = 'poll'\n\
         save = { run = 'id' }\nstatus = { field = 'status', into = 'status' }\nterminal = 'over'\nneeded = 'todo'\n\
         done = ['done']\nfailed = ['error']\nreport = { error = 'why', step = 'step', message = 'said' }\n\
         [timeouts]\ncreate = '1h'\nupdate = '1h'",
    )
}

type Response = Result<Json, Failure>;

fn thing(todo: bool) -> Response {
    Ok(answer("a", &json!({"todo": todo})))
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

fn refused(detail: &str) -> Response {
    Err(Failure::from(ErrorKind::Conflict).with(detail))
}

fn run(work: impl Future<Output = String>) -> String {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().unwrap();
    runtime.block_on(work)
}

/// Applies: what was asked, which run state has and how it stands, and what is reported.
async fn applied(binding: &Binding, script: &Script, context: &Context, request: ApplyRequest) -> String {
    let asked_before = script.asked().len();
    let progress = Progress::default();
    let diagnostics = apply(binding, context, request, &progress).await;
    let asked: Vec<String> = script.asked().into_iter().skip(asked_before).collect();
    diagnostics.iter().fold(
        format!("{}; {}", calls(&asked), left(&progress.known(binding.schema))),
        |text, one| text + "; " + one.summary.text,
    )
}

fn calls(asked: &[String]) -> String {
    let asked = asked.join(", ");
    asked
        .replace(r#" {"mode":"all"}"#, "")
        .replace(r#" {"name":"a"}"#, "")
}

/// Which run state has, how it stands, and what is remembered of it.
fn left(known: &Known) -> String {
    format!(
        "run {}, status {}; {}",
        shown(known.state.get("run")),
        shown(known.state.get("status")),
        match &remembered(known) {
            Json::Null => "nothing remembered".to_owned(),
            run => format!(
                "remembered {}{}",
                run["stage"].as_str().unwrap(),
                if run["taints"] == true { ", tainted" } else { "" }
            ),
        },
    )
}

/// The stored form of the run that is remembered.
fn remembered(known: &Known) -> Json {
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

/// Creates a thing that is to be built.
fn created(answers: Vec<Response>) -> String {
    let binding = built();
    let (script, context) = Script::failing([thing(true)].into_iter().chain(answers));
    run(applied(&binding, &script, &context, creation(&binding)))
}

/// An update in place of a thing whose run is remembered as going on.
fn picked_up(purpose: &str, answers: Vec<Response>) -> String {
    picked_up_from(
        purpose,
        &json!({"size": null, "rank": null}),
        &json!({"name": "a"}),
        answers,
    )
}

/// The same of a run that was started for these values that force a new object, with this configuration.
fn picked_up_from(purpose: &str, started_for: &Json, config: &Json, answers: Vec<Response>) -> String {
    let run_of = json!({
        "saved": {"run": RUN}, "status": "going", "stage": "going", "purpose": purpose,
        "trigger": started_for, "was_needed": true,
    });
    remembering(&run_of, config, [thing(true)].into_iter().chain(answers))
}

/// The same with the stored form of the run, and with the answer about the object.
fn remembering(run_of: &Json, config: &Json, answers: impl IntoIterator<Item = Response>) -> String {
    let binding = built();
    let (script, context) = Script::failing(answers);
    run(applied(
        &binding,
        &script,
        &context,
        update(&binding, run_of, config),
    ))
}

/// An update that has nothing to send, of a thing with this run.
fn update(binding: &Binding, run_of: &Json, config: &Json) -> ApplyRequest {
    let rank = "now";
    let prior = state_with(run_of, rank);
    let planned =
        json!({"uuid": UUID, "name": "a", "rank": rank, "todo": UNKNOWN, "run": UNKNOWN, "status": UNKNOWN});
    ApplyRequest {
        prior: value(binding, &prior),
        planned: value(binding, &planned),
        config: value(binding, config),
        private: remembers(run_of),
    }
}

/// What state has of a thing with this run.
fn state_with(run_of: &Json, rank: &str) -> Json {
    let (run, status) = match run_of {
        Json::Null => (RUN.into(), json!("done")),
        run_of => (run_of["saved"]["run"].clone(), run_of["status"].clone()),
    };
    json!({"uuid": UUID, "name": "a", "rank": rank, "todo": true, "run": run, "status": status})
}

fn remembers(run_of: &Json) -> Private {
    let private = json!({"acme": {"run": run_of}}).to_string();
    Private::decode(private.as_bytes(), "acme")
}

/// Destroys a thing that state has with this status, and creates it again in the same process.
fn replaced(status: &str, size: Option<&str>, answers: Vec<Response>) -> String {
    replaced_after(
        status,
        size,
        [Ok(Json::Null), thing(true)].into_iter().chain(answers),
    )
}

/// The same with the answers to the delete and to the create.
fn replaced_after(status: &str, size: Option<&str>, answers: impl IntoIterator<Item = Response>) -> String {
    let binding = built();
    let (script, context) = Script::failing(answers);
    let mut create = creation(&binding);
    for object in [&mut create.planned, &mut create.config] {
        object.set_attribute("size", size.map_or(value::Value::Null, value::Value::string));
    }
    // The identity is planned, as that of a machine is.
    create.planned.set_attribute("uuid", value::Value::string(UUID));
    run(async {
        applied(&binding, &script, &context, destruction(&binding, status)).await;
        applied(&binding, &script, &context, create).await
    })
}

/// The destruction of a thing that state has with this status.
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
fn a_create_is_followed_by_its_job() {
    let done = format!("run \"{RUN}\", status \"done\"; nothing remembered");
    let going = format!("run \"{RUN}\", status \"going\"; remembered going, tainted");
    let rows = [
        ("the run that the answer names is followed, and the object read afterwards",
            (vec![started(), status("going"), status("done"), thing(false)],
             format!("create, start, poll, poll, get; {done}"))),
        ("a status that is not declared is not the end",
            (vec![started(), status("unheard of"), status("done"), thing(false)],
             format!("create, start, poll, poll, get; {done}"))),
        ("unless the answer says so",
            (vec![started(), Ok(json!({"status": "unheard of", "over": true}))],
             format!("create, start, poll; run \"{RUN}\", status \"unheard of\"; remembered failed, tainted; Run failed"))),
        ("an answer without a status is not the end",
            (vec![started(), Ok(json!({"over": true})), status("done"), thing(false)],
             format!("create, start, poll, poll, get; {done}"))),
        ("a run that fails is an error",
            (vec![started(), Ok(json!({"status": "error", "why": "no disk"}))],
             format!("create, start, poll; run \"{RUN}\", status \"error\"; remembered failed, tainted; Run failed"))),
        ("a name of another form is none",
            (vec![Ok(json!({"id": "r1"}))],
             "create, start; run null, status \"starting\"; remembered going, tainted; Cannot identify the started run".to_owned())),
        ("a start that fails is an error, and made up for by the next plan",
            (vec![Err(Failure::from(ErrorKind::Forbidden).without_effect())],
             "create, start; run null, status null; remembered failed, tainted; Failed to start the run".to_owned())),
        ("the answer is lost, and the object says that the work is done",
            (vec![error(ErrorKind::Unreachable), thing(false), thing(false)],
             "create, start, get, get; run null, status \"done\"; nothing remembered".to_owned())),
        ("the answer is lost, and the object says that it is to be done",
            (vec![error(ErrorKind::Unreachable), thing(true), started(), status("done"), thing(false)],
             format!("create, start, get, start, poll, get; {done}"))),
        ("a refusal names the run that is going: it is looked at, followed, and the object asked",
            (vec![refused(&format!("run {RUN} of {UUID} is active")), status("going"), status("done"), thing(false), thing(false)],
             format!("create, start, poll, poll, get, get; {done}"))),
        ("a word that is no run does not count: a refusal that names none is an error",
            (vec![refused(&format!("see {OTHER}")), error(ErrorKind::NotFound)],
             "create, start, poll; run null, status null; remembered failed, tainted; Failed to start the run".to_owned())),
        ("nor does the object's own identity",
            (vec![refused(&format!("{UUID} is busy"))],
             "create, start; run null, status null; remembered failed, tainted; Failed to start the run".to_owned())),
        ("an answer that cannot be read may be that of a run that was started",
            (vec![error(ErrorKind::UnexpectedResponse), thing(false), thing(false)],
             "create, start, get, get; run null, status \"done\"; nothing remembered".to_owned())),
        ("an interrupt before the start was sent starts nothing, and is no taint",
            (vec![Err(Failure::from(ErrorKind::Cancelled).without_effect())],
             "create, start; run null, status null; remembered failed; Interrupted before the run started".to_owned())),
        ("one while it was under way may have started it",
            (vec![error(ErrorKind::Cancelled)],
             "create, start; run null, status \"starting\"; remembered going; Interrupted during the run".to_owned())),
        ("so does an object that does not answer",
            (vec![error(ErrorKind::Unreachable), error(ErrorKind::Server), thing(false), thing(false)],
             "create, start, get, get, get; run null, status \"done\"; nothing remembered".to_owned())),
        ("an interrupt while the run is looked at is no taint",
            (vec![started(), error(ErrorKind::Cancelled)],
             format!("create, start, poll; run \"{RUN}\", status \"pending\"; remembered going; Interrupted during the run"))),
        ("looks that get no answer are repeated",
            (vec![started(), error(ErrorKind::Server), error(ErrorKind::NotFound), status("done"), thing(false)],
             format!("create, start, poll, poll, poll, get; {done}"))),
        ("a look that is not allowed is an error at once",
            (vec![started(), status("going"), error(ErrorKind::Unauthorized)],
             format!("create, start, poll, poll; {going}; Failed to follow the run"))),
        ("an object that cannot be read afterwards is no error",
            (vec![started(), status("done"), error(ErrorKind::Server)],
             format!("create, start, poll, get; {done}; Failed to refresh the object after its run"))),
        ("an object that makes no sense while it is asked is one error",
            (vec![error(ErrorKind::Unreachable), Ok(json!({"uuid": "../x", "name": "a"}))],
             "create, start, get; run null, status \"starting\"; remembered going, tainted; Unexpected response from the control plane".to_owned())),
        ("an object that is gone while it is asked is an error",
            (vec![error(ErrorKind::Unreachable), error(ErrorKind::NotFound)],
             "create, start, get; run null, status \"starting\"; remembered going, tainted; Failed to follow the run".to_owned())),
    ];
    prove(rows, |(answers, expected)| (expected, created(answers)));
}

#[rustfmt::skip]
#[test]
fn a_run_that_is_remembered_is_picked_up() {
    let done = format!("run \"{RUN}\", status \"done\"; nothing remembered");
    let rows = [
        ("in an update that has nothing to send",
            (("wanted", vec![status("done"), thing(false)]),
             format!("get, poll, get; {done}"))),
        ("failed, it is not a taint, but remembered for the plan",
            (("wanted", vec![status("error")]),
             format!("get, poll; run \"{RUN}\", status \"error\"; remembered failed; Run failed"))),
        ("somebody else's: the object is asked, again and again, before another is started",
            (("joined", vec![status("done"), thing(true), thing(true), thing(true), thing(true), Ok(json!({"id": OTHER})), status("done"), thing(false)]),
             format!("get, poll, get, get, get, get, start, poll, get; run \"{OTHER}\", status \"done\"; nothing remembered"))),
        ("forgotten by the API: the object is asked",
            (("wanted", vec![error(ErrorKind::NotFound), error(ErrorKind::NotFound), error(ErrorKind::NotFound), error(ErrorKind::NotFound), thing(false), thing(false)]),
             format!("get, poll, poll, poll, poll, get, get; {done}"))),
    ];
    prove(rows, |((purpose, answers), expected)| (expected, picked_up(purpose, answers)));
}

#[rustfmt::skip]
#[test]
fn a_run_that_goes_on_is_handed_over_to_the_replacement() {
    let done = format!("run \"{RUN}\", status \"done\"; nothing remembered");
    let rows = [
        ("as state tells of it",
            (("going", None, vec![status("done"), thing(false)]),
             format!("create, poll, get; {done}"))),
        ("but not one that is over",
            (("error", None, vec![Ok(json!({"id": OTHER})), status("done"), thing(false)]),
             format!("create, start, poll, get; run \"{OTHER}\", status \"done\"; nothing remembered"))),
        ("nor one that is lost",
            (("lost", None, vec![Ok(json!({"id": OTHER})), status("done"), thing(false)]),
             format!("create, start, poll, get; run \"{OTHER}\", status \"done\"; nothing remembered"))),
        ("where it has failed, another is started",
            (("going", None, vec![status("error"), thing(true), Ok(json!({"id": OTHER})), status("done"), thing(false)]),
             format!("create, poll, get, start, poll, get; run \"{OTHER}\", status \"done\"; nothing remembered"))),
        ("a start without an answer for another configuration: the run that goes on has to end first",
            (("starting", Some("s"), vec![refused(&format!("run {RUN} is active")), status("going"), status("done"), thing(true), Ok(json!({"id": OTHER})), status("done"), thing(false)]),
             format!("create, start, poll, poll, get, start, poll, get; run \"{OTHER}\", status \"done\"; nothing remembered"))),
        ("a start without an answer: the object notices a little later that it is done",
            (("starting", None, vec![thing(true), thing(true), thing(false), thing(false)]),
             "create, get, get, get, get; run null, status \"done\"; nothing remembered".to_owned())),
        ("for another configuration it has to end first",
            (("going", Some("s"), vec![status("done"), thing(true), Ok(json!({"id": OTHER})), status("done"), thing(false)]),
             format!("create, poll, get, start, poll, get; run \"{OTHER}\", status \"done\"; nothing remembered"))),
        ("one that waits was for something else, whatever that was",
            (("waiting", None, vec![status("error"), thing(true), Ok(json!({"id": OTHER})), status("done"), thing(false)]),
             format!("create, poll, get, start, poll, get; run \"{OTHER}\", status \"done\"; nothing remembered"))),
    ];
    prove(rows, |((status, size, answers), expected)| (expected, replaced(status, size, answers)));
}

#[test]
fn the_timeout_ends_a_wait_and_says_what_the_next_apply_does() {
    let binding = built();
    let (script, context) =
        Script::failing([thing(true), started(), status("going"), error(ErrorKind::Server)]);
    let mut request = creation(&binding);
    let timeouts = value(&binding, &json!({"timeouts": {"create": "3s"}}));
    request
        .planned
        .set_attribute("timeouts", timeouts.get("timeouts").clone());
    let outcome = run(applied(&binding, &script, &context, request));
    assert_eq!(
        outcome,
        format!(
            "create, start, poll, poll; run \"{RUN}\", status \"going\"; remembered going, tainted; Timeout while waiting for \
             the run"
        )
    );
}

#[test]
fn an_interrupt_ends_a_wait_at_once_with_a_warning() {
    let binding = built();
    let (script, context) = Script::failing([thing(true), started(), status("going")]);
    context.cancel.cancel();
    let outcome = run(applied(&binding, &script, &context, creation(&binding)));
    let expected = "Interrupted during the run";
    assert!(
        outcome.contains("remembered going; ") && outcome.ends_with(expected),
        "{outcome}"
    );
}

#[rustfmt::skip]
#[test]
fn a_run_is_for_what_it_was_started_for() {
    let configured = json!({"name": "a", "rank": "now"});
    let open = json!({"name": "a"});
    let another = format!("get, poll, get, start, poll, get; run \"{OTHER}\", status \"done\"; nothing remembered");
    let same = format!("get, poll, get; run \"{RUN}\", status \"done\"; nothing remembered");
    let long = || vec![status("done"), thing(true), Ok(json!({"id": OTHER})), status("done"), thing(false)];
    let short = || vec![status("done"), thing(false)];
    let rows = [
        ("for the same values", (json!({"size": null, "rank": "now"}), &configured, short(), &same)),
        ("for another value", (json!({"size": null, "rank": "before"}), &configured, long(), &another)),
        ("what the configuration leaves open may change outside", (json!({"size": null, "rank": "before"}), &open, short(), &same)),
        ("an attribute that a version before did not have is not set", (json!({"rank": "now"}), &configured, short(), &same)),
        ("another value of one that is not computed counts in any case", (json!({"size": "s", "rank": "now"}), &open, long(), &another)),
        ("what it was started for is not known", (Json::Null, &open, long(), &another)),
    ];
    prove(rows, |(started_for, config, answers, expected)| {
        (expected.clone(), picked_up_from("wanted", &started_for, config, answers))
    });
}

/// A start whose answer is lost, where the object does not say that there is something to do: only the time can tell.
#[rustfmt::skip]
#[test]
fn a_start_is_repeated_while_the_run_of_the_first_would_be_going() {
    let done = format!("run \"{RUN}\", status \"done\"; nothing remembered");
    let lost = "run null, status \"unconfirmed\"; remembered going, tainted; Failed to start the run";
    let again = || vec![thing(false), error(ErrorKind::Unreachable), started(), status("done"), thing(false)];
    let never = || vec![thing(false), error(ErrorKind::Unreachable)];
    let (create, start, start_again) = (0, 1, 2);
    let rows = [
        ("soon after it", (vec![], again(), format!("create, start, start, poll, get; {done}"))),
        ("the time counts from the start, whatever was done before",
            (vec![(create, 130)], again(), format!("create, start, start, poll, get; {done}"))),
        ("the answers may take their time",
            (vec![(create, 130), (start, 110), (start_again, 5)], again(), format!("create, start, start, poll, get; {done}"))),
        ("but no start is sent later", (vec![(start, 130)], never(), format!("create, start; {lost}"))),
        ("nor is one waited for", (vec![(start, 110), (start_again, 20)], never(), format!("create, start, start; {lost}"))),
    ];
    prove(rows, |(delays, answers, expected)| {
        let binding = built();
        let (script, context) = Script::failing(answers);
        for (call, seconds) in delays {
            script.answer_after(call, Duration::from_secs(seconds));
        }
        (expected, run(applied(&binding, &script, &context, creation(&binding))))
    });
}

#[rustfmt::skip]
#[test]
fn a_refresh_looks_at_a_run_that_goes_on() {
    let run_of = |purpose, was_needed, taints| json!({
        "saved": {"run": RUN}, "status": "going", "stage": "going", "purpose": purpose, "trigger": {"size": null, "rank": null},
        "was_needed": was_needed, "taints": taints,
    });
    let start = |was_needed, taints| json!({
        "saved": {}, "status": "starting", "stage": "going", "purpose": "wanted", "trigger": {"size": null, "rank": null},
        "was_needed": was_needed, "taints": taints,
    });
    let is = |asked, status, then| format!("{asked}; run \"{RUN}\", status \"{status}\"; {then}");
    let rows = [
        ("it goes on", (run_of("wanted", true, false), vec![thing(true), status("nearly")], is("get, poll", "nearly", "remembered going"))),
        ("it is done", (run_of("wanted", true, false), vec![thing(false), status("done")], is("get, poll", "done", "nothing remembered"))),
        ("it has failed", (run_of("wanted", true, false), vec![thing(true), status("error")], is("get, poll", "error", "remembered failed"))),
        ("it does not answer", (run_of("wanted", true, false), vec![thing(true), error(ErrorKind::Server)], is("get, poll", "going", "remembered going"))),
        ("its answer has no status", (run_of("wanted", true, false), vec![thing(true), Ok(json!({}))], is("get, poll", "going", "remembered going"))),
        ("the API does not know it", (run_of("wanted", true, false), vec![thing(true), error(ErrorKind::NotFound)], is("get, poll", "going", "remembered going"))),
        ("a taint stays", (run_of("wanted", true, true), vec![thing(true), status("nearly")], is("get, poll", "nearly", "remembered going, tainted"))),
        ("also where it has failed", (run_of("wanted", true, true), vec![thing(true), status("error")], is("get, poll", "error", "remembered failed, tainted"))),
        ("the replacement of a tainted object is to see that it was done", (run_of("wanted", true, true), vec![thing(false), status("done")], is("get, poll", "going", "remembered going, tainted"))),
        ("somebody else's has done the work", (run_of("joined", true, false), vec![thing(false), status("done")], is("get, poll", "done", "nothing remembered"))),
        ("somebody else's has not", (run_of("joined", true, false), vec![thing(true), status("done")], is("get, poll", "going", "remembered going"))),
        ("one for something else is not looked at", (run_of("outdated", true, false), vec![thing(true)], is("get", "going", "remembered going"))),
        ("a start without an answer: the object says that it is done", (start(true, false), vec![thing(false)], "get; run null, status \"done\"; nothing remembered".to_owned())),
        ("unless it did not say before that it was to be done", (start(false, false), vec![thing(false)], "get; run null, status \"starting\"; remembered going".to_owned())),
        ("or the object is tainted", (start(true, true), vec![thing(false)], "get; run null, status \"starting\"; remembered going, tainted".to_owned())),
        ("an object that is gone has no run", (run_of("wanted", true, false), vec![error(ErrorKind::NotFound)], "get; run null, status null; nothing remembered".to_owned())),
    ];
    prove(rows, |(run_of, answers, expected)| {
        let binding = built();
        let (script, context) = Script::failing(answers);
        let mut known = Known { state: value(&binding, &state_with(&run_of, "now")), private: remembers(&run_of) };
        let mut diagnostics = Diagnostics::default();
        run(async {
            let _ = read(&binding, &context, &mut known, &mut diagnostics).await;
            String::new()
        });
        (expected, format!("{}; {}", calls(&script.asked()), left(&known)))
    });
}

#[rustfmt::skip]
#[test]
fn what_a_run_was_started_for_is_remembered_with_it() {
    let before = json!({"size": "before", "rank": null});
    let wanted = json!({"size": null, "rank": "now"});
    let cancelled = || error(ErrorKind::Cancelled);
    let other = || Ok(json!({"id": OTHER}));
    let run_of = |run: Json| json!({"saved": run, "status": "going", "stage": "going", "purpose": "outdated", "trigger": before, "was_needed": true});
    let (named, unnamed) = (|| run_of(json!({"run": RUN})), || run_of(json!({})));
    let rows = [
        ("a run that has to end first", (named(), vec![status("going"), cancelled()], json!([RUN, before]))),
        ("the run that follows it", (named(), vec![status("done"), thing(true), other(), cancelled()], json!([OTHER, wanted]))),
        ("a start that may have been carried out", (named(), vec![status("done"), thing(true), cancelled()], json!([null, wanted]))),
        ("a run that was going already, and may be as wanted",
            (named(), vec![status("done"), thing(true), refused(&format!("run {OTHER} is active")), status("going"), cancelled()], json!([OTHER, wanted]))),
        ("a run that was going already, where a start for something else may have been carried out",
            (unnamed(), vec![refused(&format!("run {RUN} is active")), status("going"), cancelled()], json!([RUN, before]))),
    ];
    prove(rows, |(run_of, answers, expected)| {
        let binding = built();
        let (_, context) = Script::failing([thing(true)].into_iter().chain(answers));
        let progress = Progress::default();
        run(async {
            let _ = apply(&binding, &context, update(&binding, &run_of, &json!({"name": "a", "rank": "now"})), &progress).await;
            String::new()
        });
        let run = remembered(&progress.known(binding.schema));
        (expected, json!([run["saved"]["run"], run["trigger"]]))
    });
}

/// Terraform replaces an object whose create ended with an error, and a panic becomes one. What is known of the run is in
/// state then.
#[rustfmt::skip]
#[test]
fn a_panic_loses_no_run() {
    let going = json!({"saved": {"run": RUN}, "status": "going", "stage": "going", "purpose": "wanted", "trigger": {"size": null, "rank": null}, "was_needed": true});
    let binding = built();
    let rows = [
        ("of an object that is created, which is replaced then",
            (creation(&binding), vec![thing(true), started(), status("going")], "going, tainted")),
        ("of one that is updated", (update(&binding, &going, &json!({"name": "a"})), vec![thing(true), status("going")], "going")),
    ];
    prove(rows, |(request, answers, expected)| {
        // The script panics where it has no answer left.
        let (_, context) = Script::failing(answers);
        let progress = Progress::default();
        let ended = catch_unwind(AssertUnwindSafe(|| run(async {
            let _ = apply(&binding, &context, request, &progress).await;
            String::new()
        })));
        assert!(ended.is_err(), "it panics");
        (format!("run \"{RUN}\", status \"going\"; remembered {expected}"), left(&progress.known(binding.schema)))
    });
}

#[rustfmt::skip]
#[test]
fn a_replacement_that_comes_to_nothing_keeps_the_run_of_the_object_before() {
    let forbidden = || Err(Failure::from(ErrorKind::Forbidden).without_effect());
    let rows = [
        ("it goes on", (None, format!("create; run \"{RUN}\", status \"going\"; remembered going, tainted"))),
        ("it has to end first, where the replacement is for something else",
            (Some("s"), format!("create; run \"{RUN}\", status \"waiting\"; remembered going, tainted"))),
    ];
    prove(rows, |(size, expected)| {
        let outcome = replaced_after("going", size, vec![Ok(Json::Null), forbidden()]);
        (expected, outcome.rsplit_once("; ").unwrap().0.to_owned())
    });
}

#[test]
fn only_a_create_takes_over_the_run_of_the_object_before() {
    let binding = built();
    let (script, context) = Script::failing([Ok(Json::Null), thing(true)]);
    let outcome = run(async {
        applied(&binding, &script, &context, destruction(&binding, "going")).await;
        let request = update(&binding, &Json::Null, &json!({"name": "a"}));
        applied(&binding, &script, &context, request).await
    });
    assert_eq!(
        outcome,
        format!("get; run \"{RUN}\", status \"done\"; nothing remembered")
    );
}

#[test]
fn a_run_of_which_nothing_tells_is_lost() {
    let unconfirmed = json!({"saved": {}, "status": "unconfirmed", "stage": "going", "purpose": "wanted",
        "trigger": {"size": null, "rank": null}, "was_needed": false});
    assert_eq!(
        remembering(&unconfirmed, &json!({"name": "a"}), [thing(false), thing(false)]),
        "get, get; run null, status \"lost\"; nothing remembered; Cannot tell whether the run took place"
    );
}
