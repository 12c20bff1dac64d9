//! Two resources that manage one object: one row for each rule.

use engine::Binding;
use engine::conflicts::check;
use engine::object::{Plan, PlanRequest};
use engine::plan::plan;
use engine::private::{ChangePlan, Private};
use engine::process::Process;
use serde_json::{Value as Json, json};

use super::support::{NULL, THING, UNKNOWN, UUID, declare, prove, value};

const OTHER: &str = "3c5d1f2e-0a51-4f7f-8f4e-6a2a1c9d7b10";

const JOB: &str = "[attributes.status]\ntype = \"string\"\nmode = \"computed\"\nstable = true\nwire = false\ndoc = \"Status.\"\n\
                   [job]\nnoun = \"build\"\nafter = [\"create\"]\nstart = \"start\"\npoll = \"get\"\ndone = [\"done\"]\n\
                   failed = [\"error\"]\nstatus = { field = \"status\", into = \"status\" }\n[timeouts]\ncreate = \"1h\"\n";

/// A thing whose identity is configured, with or without a job.
fn adopted(job: &str) -> Binding {
    let identity = THING.replace(
        "mode   = \"computed\"\nformat = \"uuid\"\nstable = true",
        "mode = \"required\"\nforce_new = true",
    );
    let declared = format!("{identity}\n[attributes.size]\ntype = \"string\"\ndoc = \"Its size.\"\n\n{job}");
    declare("thing.toml", &declared)
}

/// A plan: the prior object, the configuration, and whether it is the second one of a replacement.
type Planned = (Json, Json, bool);

fn planned(binding: &Binding, process: &Process, (prior, config, is_second): &Planned) -> Plan {
    let request = PlanRequest {
        prior: value(binding, prior),
        config: value(binding, config),
        private: Private {
            change: Some(ChangePlan {
                of: is_second.then(|| format!("thing/{UUID}")),
                ..ChangePlan::default()
            }),
            ..Private::default()
        },
        ..PlanRequest::default()
    };
    let mut plan = plan(binding, request);
    check(process, binding.schema, &mut plan);
    plan
}

#[test]
fn plan_refuses_a_second_resource_of_an_object() {
    let of = |uuid: &str, size: Json| json!({"uuid": uuid, "name": "a", "size": size});
    let create = |size: &str| (NULL, of(UUID, json!(size)), false);
    let unchanged = |size: &str| (of(UUID, json!(size)), of(UUID, json!(size)), false);
    let row = |rule, job, first: Planned, second: Planned, expected: &str| {
        (rule, (job, first, second, expected.to_owned()))
    };
    #[rustfmt::skip]
    let rows = [
        row("two objects with a job", JOB, create("s"), create("s"), "error"),
        row("two spellings of the identity", JOB, create("s"), (NULL, of(&UUID.to_uppercase(), json!("s")), false), "error"),
        row("neither changes", JOB, unchanged("s"), unchanged("s"), "warning"),
        row("the first changes", JOB, create("s"), unchanged("s"), "error"),
        row("the second changes", JOB, unchanged("s"), create("s"), "error"),
        row("two objects", JOB, create("s"), (NULL, of(OTHER, json!("s")), false), ""),
        row("one replacement, which is planned twice", JOB, (of(UUID, json!("s")), of(UUID, json!("m")), false), (NULL, of(UUID, json!("m")), true), ""),
        row("destroyed under one key and created under another", JOB, (of(UUID, json!("s")), NULL, false), create("s"), ""),
        row("an unknown identity", JOB, create("s"), (NULL, json!({"uuid": UNKNOWN, "name": "a"}), false), ""),
        row("without a job, an argument that differs", "", create("s"), create("m"), "error"),
        row("without a job, equal arguments", "", create("s"), create("s"), ""),
        row("without a job, an argument that only one sets", "", create("s"), (NULL, of(UUID, NULL), false), ""),
        row("without a job, an argument that is unknown", "", create("s"), (NULL, of(UUID, json!(UNKNOWN)), false), ""),
    ];
    prove(rows, |(job, first, second, expected)| {
        let binding = adopted(job);
        let process = Process::default();
        assert!(
            planned(&binding, &process, &first).diagnostics.is_empty(),
            "the first plan is alone"
        );
        let plan = planned(&binding, &process, &second);
        let found = match (plan.diagnostics.has_errors(), plan.diagnostics.is_empty()) {
            (true, _) => "error",
            (false, false) => "warning",
            (false, true) => "",
        };
        (expected, found.to_owned())
    });
}

#[test]
fn begin_forgets_the_plans_of_another_command() {
    let binding = adopted(JOB);
    let process = Process::default();
    let create = (NULL, json!({"uuid": UUID, "name": "a"}), false);
    planned(&binding, &process, &create);
    process.begin(std::collections::BTreeMap::new());
    assert!(planned(&binding, &process, &create).diagnostics.is_empty());
}
