//! Changes that wait for their turn: their timeouts, an interrupt, and the time for which an object must be available. Which of them may
//! go on is tested in `rollout/board/table.rs`.

use std::time::Duration;

use engine::Binding;
use engine::apply::apply;
use engine::context::Context;
use engine::object::{ApplyRequest, PlanRequest, Progress};
use engine::plan::plan;
use serde_json::{Value as Json, json};
use tokio::time::Instant;

use super::support::{Script, UUID, block_on, declare, value};

const MINUTE: Duration = Duration::from_mins(1);

/// A thing that exists before Terraform creates it.
fn rolled_out() -> Binding {
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
ready      = { type = "bool", mode = "computed", doc = "Whether it is ready." }
run        = { type = "string", mode = "computed", stable = true, wire = false, doc = "The run." }
status     = { type = "string", mode = "computed", stable = true, wire = false, doc = "Its status." }

[attributes.wave]
type = "object"
wire = false
doc  = "Its group."

[attributes.wave.attributes]
group    = { type = "string", mode = "required", doc = "Its name." }
at_once  = { type = "string", doc = "How many." }
members  = { type = "set(string)", format = "uuid", doc = "All of them." }
failures = { type = "int", doc = "How many may fail." }
settle   = { type = "string", format = "duration", doc = "How long it must be ready." }
first    = { type = "int", doc = "How many are first." }

[job]
noun    = "build"
after   = ["create"]
start   = "start"
poll    = "poll"
save    = { run = "id" }
status  = { field = "status", into = "status" }
done    = ["done"]
failed  = ["error"]

[job.rollout]
argument    = "wave"
group       = "group"
unavailable = "at_once"
members     = "members"
failures    = "failures"
healthy     = "settle"
canary      = "first"
available   = "ready"
limit       = "max_builds"

[timeouts]
create = "1h"
"#,
    )
}

/// Creates a thing. Returns the diagnostics, and how long it took.
async fn create(context: &Context, wave: &Json) -> (String, Duration) {
    let binding = rolled_out();
    let request = PlanRequest {
        config: value(&binding, &json!({"thing_uuid": UUID, "wave": wave})),
        ..PlanRequest::default()
    };
    let plan = plan(&binding, request);
    let request = ApplyRequest {
        prior: value::Value::Null,
        planned: plan.planned,
        config: plan.config,
        private: plan.private,
    };
    let began = Instant::now();
    let diagnostics = apply(&binding, context, request, &Progress::default()).await;
    let reported: Vec<&str> = diagnostics.iter().map(|one| one.summary.text).collect();
    (reported.join(", "), began.elapsed())
}

fn thing(ready: bool) -> Json {
    json!({"uuid": UUID, "name": "a", "ready": ready})
}

/// The responses of a create after the wait, before which it reads its object: its run ends with this status, and the object is read
/// afterwards.
fn run(status: &str, reads: &[bool]) -> Vec<Json> {
    let mut responses = vec![thing(false), json!({"id": "1"}), json!({"status": status})];
    responses.extend(reads.iter().map(|ready| thing(*ready)));
    responses
}

fn script(responses: Vec<Json>) -> (std::sync::Arc<Script>, Context) {
    Script::of(responses.into_iter().map(Ok::<_, engine::api::ErrorKind>))
}

#[test]
fn timeout_begins_after_the_wait() {
    let wave = json!({"group": "timeout"});
    let responses = [
        vec![thing(true), thing(true)],
        run("done", &[true, true]),
        run("done", &[true, true]),
    ];
    let (script, context) = script(responses.concat());
    // Both together take longer than the timeout of one.
    for poll in [4, 9] {
        script.delay_response(poll, 50 * MINUTE);
    }
    block_on(async {
        let (one, other) = tokio::join!(create(&context, &wave), create(&context, &wave));
        assert_eq!((one.0.as_str(), other.0.as_str()), ("", ""));
        assert!(other.1 > 100 * MINUTE, "{:?}", other.1);
    });
    assert_eq!(script.requests().len(), 12);
}

#[test]
fn interrupt_ends_the_wait_before_any_request() {
    let wave = json!({"group": "interrupt"});
    let (script, context) = script([vec![thing(true)], run("building", &[])].concat());
    script.delay_response(3, 50 * MINUTE);
    block_on(async {
        let interrupt = async {
            tokio::time::sleep(10 * MINUTE).await;
            context.cancel.cancel();
            Instant::now()
        };
        let waiting = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let (reported, _) = create(&context, &wave).await;
            (reported, Instant::now())
        };
        let (_, (reported, ended), interrupted) = tokio::join!(create(&context, &wave), waiting, interrupt);
        assert_eq!(reported, "Interrupted before its turn");
        assert!(ended <= interrupted + Duration::from_secs(2));
    });
    let requests = script.requests();
    assert_eq!(requests.last().map(String::as_str), Some("get"), "{requests:?}");
    assert_eq!(requests.len(), 5, "{requests:?}");
}

#[test]
fn run_counts_as_a_success_once_its_object_was_available_for_long_enough() {
    let rows = [
        ("at once", "0s", vec![true], ""),
        ("as soon as it is", "0s", vec![false, false, true], ""),
        (
            "without a break",
            "4s",
            vec![true, true, false, true, true, true],
            "",
        ),
    ];
    for (rule, settle, reads, expected) in rows {
        let wave = json!({"group": format!("settle {rule}"), "settle": settle});
        let reads = [&[true][..], &reads].concat();
        let (script, context) = script([vec![thing(true)], run("done", &reads)].concat());
        let (reported, _) = block_on(create(&context, &wave));
        assert_eq!(reported, expected, "{rule}");
        assert_eq!(script.requests().len(), 4 + reads.len(), "{rule}");
    }
}

#[test]
fn object_that_is_never_available_is_a_warning_and_a_failure() {
    let wave = json!({"group": "unavailable"});
    // More reads than the timeout has room for.
    let (_, context) = script([vec![thing(true)], run("done", &vec![false; 4000])].concat());
    block_on(async {
        let next = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            create(&context, &wave).await
        };
        let (one, next) = tokio::join!(create(&context, &wave), next);
        assert_eq!(one.0, "Object not available after its run");
        assert!(one.1 < 70 * MINUTE, "{:?}", one.1);
        assert_eq!(next.0, "Rollout stopped");
    });
}

#[test]
fn failed_run_stops_the_next_one() {
    let wave = json!({"group": "failure"});
    let (script, context) = script([vec![thing(true), thing(true)], run("error", &[])].concat());
    block_on(async {
        let next = async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            create(&context, &wave).await
        };
        let (one, next) = tokio::join!(create(&context, &wave), next);
        assert_eq!(
            (one.0.as_str(), next.0.as_str()),
            ("Run failed", "Rollout stopped")
        );
    });
    assert_eq!(script.requests().len(), 5, "{:?}", script.requests());
}
