//! Lost creates, names in use, and claims: one row for each rule.
//!
//! The thing to create has the name `a` and the size `s`.

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

use super::support::{NULL, Script, THING, UNKNOWN, UUID, block_on, declare, fields, prove, response, value};

const SIZE: &str = "size = { type = 'string' }";
/// With a creation time.
const DATED: &str = "size = { type = 'string' }\n\
                     created_at = { type = 'string', mode = 'computed', format = 'timestamp', stable = true }";
/// With a value that the control plane never returns.
const WITH_HIDDEN_VALUE: &str = "size = { type = 'string' }\npin = { type = 'string', returned = false }\n\
                      created_at = { type = 'string', mode = 'computed', format = 'timestamp', stable = true }";

/// The thing `a` of this size, created that many seconds ago.
fn created_ago(size: &str, seconds: i64) -> Json {
    let created = Timestamp::now() - SignedDuration::from_secs(seconds);
    response("a", &json!({"size": size, "created_at": created.to_string()}))
}

/// The requests, what state has, and the summaries of the diagnostics, with `import` if one explains how to import.
fn outcome(script: &Script, known: &Known, diagnostics: &Diagnostics) -> Json {
    let requests = script.requests();
    let requests = requests.iter().filter_map(|request| request.split(' ').next());
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
        requests.collect::<Vec<_>>().join(" "),
        left,
        summaries.chain(advice).collect::<Vec<_>>(),
    ])
}

/// Creates the thing `a` of size `s`, with a pin if the declaration has one.
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
const ADOPTED: &str = "Adopted an existing object";
const UNCLEAR: &str = "Cannot tell whether Terraform created this object";
const FIND_FAILED: &str = "Failed to search for the object";

/// A rule; the declaration, the responses, the requests, what state has, and the diagnostics.
type Row = (&'static str, (&'static str, Vec<Result<Json, ErrorKind>>, Json));

fn row(
    rule: &'static str,
    declared: &'static str,
    responses: Vec<Result<Json, ErrorKind>>,
    requests: &str,
    state: &str,
    reports: &[&str],
) -> Row {
    (rule, (declared, responses, json!([requests, state, reports])))
}

fn prove_creates(rows: impl IntoIterator<Item = Row>) {
    prove(rows, |(declared, responses, expected)| {
        let binding = fields(declared);
        let (script, context) = Script::of(responses);
        let (known, diagnostics) = create(&binding, &context);
        assert_eq!(
            known.private.claimed.is_some(),
            expected[1] == "claim",
            "exactly a claim has the time of its create"
        );
        (expected, outcome(&script, &known, &diagnostics))
    });
}

#[test]
fn recover_create_searches_by_name() {
    let listed = |things: &[Json]| Ok(json!(things));
    let undated = || response("a", &json!({"size": "s"}));
    #[rustfmt::skip]
    let rows = [
        row("the object with the name and the values is the created one", DATED,
            vec![Err(Ambiguous), listed(&[created_ago("s", 0)])], "create list", "object", &[]),
        row("the object is found among others", SIZE,
            vec![Err(Ambiguous), listed(&[response("b", &json!({})), undated()])], "create list", "object", &[]),
        row("the object is found without a creation time", SIZE,
            vec![Err(Ambiguous), listed(&[undated()])], "create list", "object", &[]),
        row("hidden values are not compared", WITH_HIDDEN_VALUE,
            vec![Err(Ambiguous), listed(&[created_ago("s", 0)])], "create list", "object", &[]),
        row("the create is retried if no object has the name", SIZE,
            vec![Err(Ambiguous), listed(&[]), Ok(undated())], "create list create", "object", &[]),
        row("a conflict of the retry leads to another search", SIZE,
            vec![Err(Ambiguous), listed(&[]), Err(Conflict), listed(&[undated()])], "create list create list",
            "object", &[]),
        row("after two retries, state gets a claim", SIZE,
            vec![Err(Ambiguous), listed(&[]), Err(Ambiguous), listed(&[]), Err(Ambiguous)],
            "create list create list create", "claim", &[FAILED, CLAIMED]),
        row("an object with other values leads to a claim", SIZE,
            vec![Err(Ambiguous), listed(&[response("a", &json!({"size": "l"}))])], "create list", "claim",
            &[FAILED, CLAIMED]),
        row("an object with an unexpected field leads to a claim", SIZE,
            vec![Err(Ambiguous), listed(&[response("a", &json!({"size": 7}))])], "create list", "claim",
            &[FAILED, CLAIMED]),
        row("an object older than the create is not the created one", DATED,
            vec![Err(Ambiguous), listed(&[created_ago("s", 600)])], "create list", "nothing", &[FAILED, "import"]),
        row("an object older than the create, with other values, is not the created one", DATED,
            vec![Err(Ambiguous), listed(&[created_ago("l", 600)])], "create list", "nothing", &[FAILED, "import"]),
        row("a search that fails leads to a claim", SIZE,
            vec![Err(Ambiguous), Err(Unreachable)], "create list", "claim", &[FAILED, CLAIMED]),
        row("a search with an unexpected response leads to a claim", SIZE,
            vec![Err(Ambiguous), Ok(json!({"results": []}))], "create list", "claim", &[FAILED, CLAIMED]),
        row("a retry that is rejected leads to a claim", SIZE,
            vec![Err(Ambiguous), listed(&[]), Err(NotFound)], "create list create", "claim", &[FAILED, CLAIMED]),
        row("a create that is rejected leaves no state", SIZE, vec![Err(NotFound)], "create", "nothing", &[FAILED]),
    ];
    prove_creates(rows);
}

#[test]
fn recover_create_adopts_only_orphans() {
    let listed = |things: &[Json]| Ok(json!(things));
    #[rustfmt::skip]
    let rows = [
        row("an orphan with the configured values is adopted", DATED,
            vec![Err(Conflict), listed(&[created_ago("s", 600)])], "create list", "object", &[ADOPTED]),
        row("an object with another value is not adopted", DATED,
            vec![Err(Conflict), listed(&[created_ago("l", 600)])], "create list", "nothing", &[FAILED, "import"]),
        row("an object older than an hour is not adopted", DATED,
            vec![Err(Conflict), listed(&[created_ago("s", 3700)])], "create list", "nothing", &[FAILED, "import"]),
        row("an object younger than the process is not adopted", DATED,
            vec![Err(Conflict), listed(&[created_ago("s", -60)])], "create list", "nothing", &[FAILED, "import"]),
        row("an object without a creation time is not adopted", SIZE,
            vec![Err(Conflict), listed(&[response("a", &json!({"size": "s"}))])], "create list", "nothing",
            &[FAILED, "import"]),
        row("an object with hidden values is not adopted", WITH_HIDDEN_VALUE,
            vec![Err(Conflict), listed(&[created_ago("s", 600)])], "create list", "nothing", &[FAILED, "import"]),
        row("a conflict without an object of the name is an error", DATED,
            vec![Err(Conflict), listed(&[])], "create list", "nothing", &[FAILED]),
        row("a conflict is an error if the search fails", DATED,
            vec![Err(Conflict), Err(Unreachable)], "create list", "nothing", &[FAILED]),
    ];
    prove_creates(rows);
}

#[test]
fn recover_create_adopts_no_object_of_this_process() {
    let binding = fields(DATED);
    let (script, context) = Script::of([Err(Conflict), Ok(json!([created_ago("s", 600)]))]);
    context.process.note_created(format!("thing/{UUID}"));
    let (known, diagnostics) = create(&binding, &context);
    let expected = json!(["create list", "nothing", [FAILED, "import"]]);
    assert_eq!(outcome(&script, &known, &diagnostics), expected);
}

#[test]
fn apply_stores_no_claim_without_a_list_operation() {
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

/// A claim whose create was that many seconds ago.
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
fn read_resolves_a_claim() {
    let listed = |things: &[Json]| Ok(json!(things));
    let undated = || response("a", &json!({"size": "s"}));
    #[rustfmt::skip]
    let rows = [
        row("the object with the name and the values is the claim's", SIZE,
            vec![listed(&[undated()]), Ok(undated())], "list get", "object", &[]),
        row("an object that was created after the claim is the claim's", DATED,
            vec![listed(&[created_ago("s", 30)]), Ok(created_ago("s", 30))], "list get", "object", &[]),
        row("a claim is removed if no object has the name", DATED,
            vec![listed(&[response("b", &json!({}))])], "list", "nothing", &[]),
        row("an object with another value leaves the claim unclear", DATED,
            vec![listed(&[created_ago("l", 30)])], "list", "claim", &[UNCLEAR, "import"]),
        row("a claim is removed if the object is much older", DATED,
            vec![listed(&[created_ago("s", 3600)])], "list", "nothing", &[]),
        row("a claim is removed if the object is much older and has other values", DATED, vec![listed(&[created_ago("l", 3600)])], "list", "nothing", &[]),
        row("an object slightly older than the claim leaves it unclear", DATED,
            vec![listed(&[created_ago("s", 240)])], "list", "claim", &[UNCLEAR, "import"]),
        row("a claim stays if the search fails", DATED,
            vec![Err(Unreachable)], "list", "claim", &[FIND_FAILED]),
        row("a claim is removed if the object no longer exists", SIZE,
            vec![listed(&[undated()]), Err(NotFound)], "list get", "nothing", &[]),
    ];
    prove(rows, |(declared, responses, expected)| {
        let binding = fields(declared);
        let (script, context) = Script::of(responses);
        let mut known = claim(&binding, 60);
        let mut diagnostics = Diagnostics::default();
        let result = block_on(read(&binding, &context, &mut known, &mut diagnostics));
        assert_eq!(
            result.is_err(),
            diagnostics.has_errors(),
            "the result is an error exactly if an error is reported"
        );
        assert_eq!(
            known.private.claimed.is_some(),
            expected[1] == "claim",
            "exactly a claim has the time of its create"
        );
        (expected, outcome(&script, &known, &diagnostics))
    });
}

#[test]
fn apply_destroys_the_object_of_a_claim() {
    let listed = |things: &[Json]| Ok(json!(things));
    #[rustfmt::skip]
    let rows = [
        row("the object of the claim is deleted", DATED,
            vec![listed(&[created_ago("s", 30)]), Ok(NULL)], "list delete", "nothing", &[]),
        row("without an object, nothing is deleted", DATED, vec![listed(&[])], "list", "nothing", &[]),
        row("an object that may be another one is not deleted", DATED,
            vec![listed(&[created_ago("l", 30)])], "list", "claim", &[UNCLEAR, "import"]),
        row("an object that is much older is not deleted", DATED, vec![listed(&[created_ago("s", 3600)])], "list", "nothing", &[]),
        row("the claim stays if the search fails", DATED,
            vec![Err(Unreachable)], "list", "claim", &[FIND_FAILED]),
    ];
    prove(rows, |(declared, responses, expected)| {
        let binding = fields(declared);
        let (script, context) = Script::of(responses);
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
            "exactly a claim has the time of its create"
        );
        (expected, outcome(&script, &known, &diagnostics))
    });
}
