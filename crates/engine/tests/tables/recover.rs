//! A create whose answer was lost, a name that is taken, and a claim: one row for each rule.
//!
//! The thing to be created is called `a`, and its size is `s`.

use engine::Binding;
use engine::api::ErrorKind::{self, Ambiguous, Conflict, NotFound, Unreachable};
use engine::apply::apply;
use engine::context::Context;
use engine::diagnostic::Diagnostics;
use engine::object::{ApplyRequest, Known, Progress};
use engine::private::Private;
use engine::read::read;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};
use value::Value;

use super::support::{NULL, Script, THING, UNKNOWN, UUID, answer, block_on, declare, fields, prove, value};

const SIZE: &str = "size = { type = 'string' }";
/// The control plane says when it made a thing.
const DATED: &str = "size = { type = 'string' }\n\
                     created_at = { type = 'string', mode = 'computed', format = 'timestamp', stable = true }";
/// The control plane never shows a part of a thing.
const HIDING: &str = "size = { type = 'string' }\npin = { type = 'string', returned = false }\n\
                      created_at = { type = 'string', mode = 'computed', format = 'timestamp', stable = true }";

/// The thing `a`, of that size, made that many seconds ago.
fn made(size: &str, seconds: i64) -> Json {
    let created = Timestamp::now() - SignedDuration::from_secs(seconds);
    answer("a", &json!({"size": size, "created_at": created.to_string()}))
}

/// The calls, what is left in state, and the summaries of what is reported; `import` where it says how to import.
fn outcome(script: &Script, known: &Known, diagnostics: &Diagnostics) -> Json {
    let calls = script.asked();
    let calls = calls.iter().filter_map(|call| call.split(' ').next());
    let left = match (known.state.is_null(), known.state.get("uuid").as_str()) {
        (true, _) => "nothing",
        (false, None) => "claim",
        (false, Some(_)) => "object",
    };
    let summaries = diagnostics.iter().map(|one| one.summary.text);
    let import = format!("terraform import ADDRESS {UUID}");
    let advice = diagnostics
        .iter()
        .any(|one| one.detail.contains(&import))
        .then_some("import");
    json!([
        calls.collect::<Vec<_>>().join(" "),
        left,
        summaries.chain(advice).collect::<Vec<_>>(),
    ])
}

/// Creates the thing `a` of size `s`, with a pin where it can have one.
fn create(binding: &Binding, context: &Context) -> (Known, Diagnostics) {
    let mut config = value(binding, &json!({"name": "a", "size": "s"}));
    if binding.schema.attribute("pin").is_some() {
        config.set_attribute("pin", Value::string("p"));
    }
    let mut planned = config.clone();
    for computed in ["uuid", "created_at"] {
        if binding.schema.attribute(computed).is_some() {
            planned.set_attribute(computed, Value::Unknown);
        }
    }
    let request = ApplyRequest {
        prior: Value::Null,
        planned,
        config,
        private: Private::default(),
    };
    let progress = Progress::default();
    let diagnostics = block_on(apply(binding, context, request, &progress));
    (progress.known(binding.schema), diagnostics)
}

const FAILED: &str = "Failed to create the object";
const CLAIMED: &str = "Cannot tell whether the object was created";
const TAKEN_OVER: &str = "Adopted an existing object";
const UNCLEAR: &str = "Cannot tell whether Terraform created this object";
const NOT_FOUND_OUT: &str = "Failed to search for the object";

/// A rule; the declaration, the answers, the calls, what is left, and what is reported.
type Row = (&'static str, (&'static str, Vec<Result<Json, ErrorKind>>, Json));

fn row(
    rule: &'static str,
    declared: &'static str,
    answers: Vec<Result<Json, ErrorKind>>,
    calls: &str,
    left: &str,
    reports: &[&str],
) -> Row {
    (rule, (declared, answers, json!([calls, left, reports])))
}

fn prove_creates(rows: impl IntoIterator<Item = Row>) {
    prove(rows, |(declared, answers, expected)| {
        let binding = fields(declared);
        let (script, context) = Script::of(answers);
        let (known, diagnostics) = create(&binding, &context);
        assert_eq!(
            known.private.claimed.is_some(),
            expected[1] == "claim",
            "a claim has its time"
        );
        (expected, outcome(&script, &known, &diagnostics))
    });
}

#[test]
fn what_a_lost_create_has_made_is_looked_for_by_its_name() {
    let listed = |things: &[Json]| Ok(json!(things));
    let undated = || answer("a", &json!({"size": "s"}));
    #[rustfmt::skip]
    let rows = [
        row("what has its name and its values is what was made", DATED,
            vec![Err(Ambiguous), listed(&[made("s", 0)])], "create list", "object", &[]),
        row("it is found among others", SIZE,
            vec![Err(Ambiguous), listed(&[answer("b", &json!({})), undated()])], "create list", "object", &[]),
        row("also where nothing tells when it was made", SIZE,
            vec![Err(Ambiguous), listed(&[undated()])], "create list", "object", &[]),
        row("what is never shown is not compared", HIDING,
            vec![Err(Ambiguous), listed(&[made("s", 0)])], "create list", "object", &[]),
        row("where nothing has its name, it is sent again", SIZE,
            vec![Err(Ambiguous), listed(&[]), Ok(undated())], "create list create", "object", &[]),
        row("what then takes the name is what was made", SIZE,
            vec![Err(Ambiguous), listed(&[]), Err(Conflict), listed(&[undated()])], "create list create list",
            "object", &[]),
        row("it is sent again twice at most, then it is a claim", SIZE,
            vec![Err(Ambiguous), listed(&[]), Err(Ambiguous), listed(&[]), Err(Ambiguous)],
            "create list create list create", "claim", &[FAILED, CLAIMED]),
        row("what has its name and other values may be what was made", SIZE,
            vec![Err(Ambiguous), listed(&[answer("a", &json!({"size": "l"}))])], "create list", "claim",
            &[FAILED, CLAIMED]),
        row("so may be what cannot be read in full", SIZE,
            vec![Err(Ambiguous), listed(&[answer("a", &json!({"size": 7}))])], "create list", "claim",
            &[FAILED, CLAIMED]),
        row("what was there before is not what was made", DATED,
            vec![Err(Ambiguous), listed(&[made("s", 600)])], "create list", "nothing", &[FAILED, "import"]),
        row("nor is it with other values", DATED,
            vec![Err(Ambiguous), listed(&[made("l", 600)])], "create list", "nothing", &[FAILED, "import"]),
        row("where it cannot be looked for, it is a claim", SIZE,
            vec![Err(Ambiguous), Err(Unreachable)], "create list", "claim", &[FAILED, CLAIMED]),
        row("where what is listed is no list, it is a claim", SIZE,
            vec![Err(Ambiguous), Ok(json!({"results": []}))], "create list", "claim", &[FAILED, CLAIMED]),
        row("a repeat that is refused says nothing of the first", SIZE,
            vec![Err(Ambiguous), listed(&[]), Err(NotFound)], "create list create", "claim", &[FAILED, CLAIMED]),
        row("a create that is refused has made nothing", SIZE, vec![Err(NotFound)], "create", "nothing", &[FAILED]),
    ];
    prove_creates(rows);
}

#[test]
fn a_taken_name_is_taken_over_only_from_an_apply_that_broke_off() {
    let listed = |things: &[Json]| Ok(json!(things));
    #[rustfmt::skip]
    let rows = [
        row("what is as configured and young was left behind", DATED,
            vec![Err(Conflict), listed(&[made("s", 600)])], "create list", "object", &[TAKEN_OVER]),
        row("what has another value belongs to somebody", DATED,
            vec![Err(Conflict), listed(&[made("l", 600)])], "create list", "nothing", &[FAILED, "import"]),
        row("so does what is older than an hour", DATED,
            vec![Err(Conflict), listed(&[made("s", 3700)])], "create list", "nothing", &[FAILED, "import"]),
        row("so does what was made while this process runs", DATED,
            vec![Err(Conflict), listed(&[made("s", -60)])], "create list", "nothing", &[FAILED, "import"]),
        row("so does what does not say when it was made", SIZE,
            vec![Err(Conflict), listed(&[answer("a", &json!({"size": "s"}))])], "create list", "nothing",
            &[FAILED, "import"]),
        row("so does what is not shown in full", HIDING,
            vec![Err(Conflict), listed(&[made("s", 600)])], "create list", "nothing", &[FAILED, "import"]),
        row("a name that is taken by nothing is an error", DATED,
            vec![Err(Conflict), listed(&[])], "create list", "nothing", &[FAILED]),
        row("so is one that cannot be looked for", DATED,
            vec![Err(Conflict), Err(Unreachable)], "create list", "nothing", &[FAILED]),
    ];
    prove_creates(rows);
}

#[test]
fn what_this_process_created_is_not_taken_over() {
    let binding = fields(DATED);
    let (script, context) = Script::of([Err(Conflict), Ok(json!([made("s", 600)]))]);
    context.process.note_created(format!("thing/{UUID}"));
    let (known, diagnostics) = create(&binding, &context);
    let expected = json!(["create list", "nothing", [FAILED, "import"]]);
    assert_eq!(outcome(&script, &known, &diagnostics), expected);
}

#[test]
fn without_a_list_there_is_no_claim() {
    let binding = declare("thing.toml", &THING.replace("list   = \"list\"\n", ""));
    assert!(binding.schema.api.list.is_none());
    let (_, context) = Script::of([Err(Ambiguous), Err(Ambiguous), Err(Ambiguous)]);
    let request = ApplyRequest {
        prior: Value::Null,
        planned: value(&binding, &json!({"uuid": UNKNOWN, "name": "a"})),
        config: value(&binding, &json!({"name": "a"})),
        private: Private::default(),
    };
    let progress = Progress::default();
    let diagnostics = block_on(apply(&binding, &context, request, &progress));
    let known = progress.known(binding.schema);
    assert!(known.state.is_null() && known.private.claimed.is_none());
    assert!(diagnostics.has_errors());
}

/// A claim that was made that many seconds ago.
fn claim(binding: &Binding, seconds: i64) -> Known {
    Known {
        state: value(binding, &json!({"name": "a", "size": "s"})),
        private: Private {
            claimed: Some(Timestamp::now().as_second() - seconds),
            ..Private::default()
        },
    }
}

#[test]
fn a_refresh_finds_out_what_a_claim_stands_for() {
    let listed = |things: &[Json]| Ok(json!(things));
    let undated = || answer("a", &json!({"size": "s"}));
    #[rustfmt::skip]
    let rows = [
        row("what has its name and its values is the object", SIZE,
            vec![listed(&[undated()]), Ok(undated())], "list get", "object", &[]),
        row("also where it was made after the claim", DATED,
            vec![listed(&[made("s", 30)]), Ok(made("s", 30))], "list get", "object", &[]),
        row("where nothing has its name, it was not made", DATED,
            vec![listed(&[answer("b", &json!({}))])], "list", "nothing", &[]),
        row("what has another value may be another", DATED,
            vec![listed(&[made("l", 30)])], "list", "claim", &[UNCLEAR, "import"]),
        row("what was there long before kept it from being made", DATED,
            vec![listed(&[made("s", 3600)])], "list", "nothing", &[]),
        row("also with another value", DATED, vec![listed(&[made("l", 3600)])], "list", "nothing", &[]),
        row("what was there shortly before may be another's, or clocks differ", DATED,
            vec![listed(&[made("s", 240)])], "list", "claim", &[UNCLEAR, "import"]),
        row("where it cannot be looked for, it stays a claim", DATED,
            vec![Err(Unreachable)], "list", "claim", &[NOT_FOUND_OUT]),
        row("where it is gone by then, it is gone", SIZE,
            vec![listed(&[undated()]), Err(NotFound)], "list get", "nothing", &[]),
    ];
    prove(rows, |(declared, answers, expected)| {
        let binding = fields(declared);
        let (script, context) = Script::of(answers);
        let mut known = claim(&binding, 60);
        let mut diagnostics = Diagnostics::default();
        let result = block_on(read(&binding, &context, &mut known, &mut diagnostics));
        assert_eq!(
            result.is_err(),
            diagnostics.has_errors(),
            "what is reported as an error is one"
        );
        assert_eq!(
            known.private.claimed.is_some(),
            expected[1] == "claim",
            "a claim has its time"
        );
        (expected, outcome(&script, &known, &diagnostics))
    });
}

#[test]
fn to_destroy_a_claim_is_to_destroy_what_it_stands_for() {
    let listed = |things: &[Json]| Ok(json!(things));
    #[rustfmt::skip]
    let rows = [
        row("what was made is deleted", DATED,
            vec![listed(&[made("s", 30)]), Ok(NULL)], "list delete", "nothing", &[]),
        row("what was not made need not be", DATED, vec![listed(&[])], "list", "nothing", &[]),
        row("what may be another's is not", DATED,
            vec![listed(&[made("l", 30)])], "list", "claim", &[UNCLEAR, "import"]),
        row("what was there before is not", DATED, vec![listed(&[made("s", 3600)])], "list", "nothing", &[]),
        row("what cannot be looked for stays a claim", DATED,
            vec![Err(Unreachable)], "list", "claim", &[NOT_FOUND_OUT]),
    ];
    prove(rows, |(declared, answers, expected)| {
        let binding = fields(declared);
        let (script, context) = Script::of(answers);
        let Known { state, private } = claim(&binding, 60);
        let request = ApplyRequest {
            prior: state,
            planned: Value::Null,
            config: Value::Null,
            private,
        };
        let progress = Progress::default();
        let diagnostics = block_on(apply(&binding, &context, request, &progress));
        let known = progress.known(binding.schema);
        assert_eq!(
            known.private.claimed.is_some(),
            expected[1] == "claim",
            "a claim has its time"
        );
        (expected, outcome(&script, &known, &diagnostics))
    });
}
