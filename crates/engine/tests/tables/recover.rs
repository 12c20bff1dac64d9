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

use super::support::{NULL, Script, UUID, block_on, fields, prove, response, value};

const SIZE: &str = "size = { type = 'string' }";
/// With a creation time.
const DATED: &str = "size = { type = 'string' }\n\
                     created_at = { type = 'string', mode = 'computed', format = 'timestamp', stable = true }";
/// With a value that the control plane never returns.
const WITH_HIDDEN_VALUE: &str = "size = { type = 'string' }\npin = { type = 'string', returned = false }\n\
                      created_at = { type = 'string', mode = 'computed', format = 'timestamp', stable = true }";

/// With an argument that is not set.
const WITH_NOTE: &str = "size = { type = 'string' }\nnote = { type = 'string' }\n\
                         created_at = { type = 'string', mode = 'computed', format = 'timestamp', stable = true }";

/// An object with this field.
fn with_field(mut object: Json, field: &str, value: impl Into<Json>) -> Json {
    object[field] = value.into();
    object
}

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
const DROPPED: &str = "Object removed from state, but it may exist";
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
        (expected, outcome(&script, &known, &diagnostics))
    });
}

#[test]
fn recover_create_searches_by_name() {
    let listed = |things: &[Json]| Ok(json!(things));
    let own = || created_ago("s", -5);
    let undated = || response("a", &json!({"size": "s"}));
    #[rustfmt::skip]
    let rows = [
        row("a young object with the name and the values is the created one", DATED,
            vec![Err(Ambiguous), listed(&[own()]), Ok(own())], "create list get", "object", &[]),
        row("the object is found among others", DATED,
            vec![Err(Ambiguous), listed(&[response("b", &json!({})), own()]), Ok(own())], "create list get", "object", &[]),
        row("the object is found among older ones with the name", DATED,
            vec![Err(Ambiguous), listed(&[created_ago("s", 600), own()]), Ok(own())], "create list get", "object", &[]),
        row("an object without a creation time leads to a claim", SIZE,
            vec![Err(Ambiguous), listed(&[undated()])], "create list", "claim", &[FAILED, CLAIMED]),
        row("the create is retried if no object has the name", DATED,
            vec![Err(Ambiguous), listed(&[]), Ok(own())], "create list create", "object", &[]),
        row("a conflict of the retry leads to another search", DATED,
            vec![Err(Ambiguous), listed(&[]), Err(Conflict), listed(&[own()]), Ok(own())], "create list create list get",
            "object", &[]),
        row("after the last retry, the object is looked for once more, and state gets a claim", DATED,
            vec![Err(Ambiguous), listed(&[]), Err(Ambiguous), listed(&[]), Err(Ambiguous), listed(&[])],
            "create list create list create list", "claim", &[FAILED, CLAIMED]),
        row("the object of the last retry is found", DATED,
            vec![Err(Ambiguous), listed(&[]), Err(Ambiguous), listed(&[]), Err(Ambiguous), listed(&[own()]), Ok(own())],
            "create list create list create list get", "object", &[]),
        row("a response that does not identify the object: it is looked for until it is found, and no other create is sent", DATED,
            vec![Ok(NULL), listed(&[]), listed(&[own()]), Ok(own()), Ok(own())], "create list list get get", "object", &[]),
        row("the object of such a response need not be equal", DATED,
            vec![Ok(NULL), listed(&[created_ago("l", -5)]), Ok(created_ago("l", -5)), Ok(created_ago("l", -5))],
            "create list get get", "object", &[]),
        row("an object that such a response does not identify, and that is not found, leads to a claim", DATED,
            vec![Ok(NULL), listed(&[]), listed(&[]), listed(&[])], "create list list list", "claim", &[FAILED, CLAIMED]),
        row("an object with other values leads to a claim", DATED,
            vec![Err(Ambiguous), listed(&[own()]), Ok(created_ago("l", -5))], "create list get", "claim",
            &[FAILED, CLAIMED]),
        row("an object with a value that was not sent leads to a claim", WITH_NOTE,
            vec![Err(Ambiguous), listed(&[own()]), Ok(with_field(own(), "note", "n"))], "create list get", "claim",
            &[FAILED, CLAIMED]),
        row("an object with an unexpected field leads to a claim", DATED,
            vec![Err(Ambiguous), listed(&[own()]), Ok(with_field(own(), "size", 7))], "create list get", "claim",
            &[FAILED, CLAIMED]),
        row("an object that cannot be read leads to a claim", DATED,
            vec![Err(Ambiguous), listed(&[own()]), Err(Unreachable)], "create list get", "claim", &[FAILED, CLAIMED]),
        row("an object older than the create is not the created one", DATED,
            vec![Err(Ambiguous), listed(&[created_ago("s", 600)])], "create list", "nothing", &[FAILED, "import"]),
        row("an object slightly older than the create is not the created one", DATED,
            vec![Err(Ambiguous), listed(&[created_ago("s", 3)])], "create list", "nothing", &[FAILED, "import"]),
        row("a search that fails leads to a claim", DATED,
            vec![Err(Ambiguous), Err(Unreachable)], "create list", "claim", &[FAILED, CLAIMED]),
        row("a search with an unexpected response leads to a claim", DATED,
            vec![Err(Ambiguous), Ok(json!({"results": []}))], "create list", "claim", &[FAILED, CLAIMED]),
        row("a retry that is rejected leads to a claim", DATED,
            vec![Err(Ambiguous), listed(&[]), Err(NotFound)], "create list create", "claim", &[FAILED, CLAIMED]),
        row("a create that is rejected leaves no state", DATED, vec![Err(NotFound)], "create", "nothing", &[FAILED]),
    ];
    prove_creates(rows);
}

/// The own secret was created while the lost attempt was in progress, and gets its value again.
#[test]
fn recover_create_finds_a_hidden_value_by_the_time_of_the_attempt() {
    let row = |rule, milliseconds: i64, expected: &str| (rule, (milliseconds, expected.to_owned()));
    let rows = [
        row("created during the attempt", 10, "object, sent again"),
        row("created after it", 1500, "claim"),
    ];
    prove(rows, |(milliseconds, expected)| {
        let binding = fields(WITH_HIDDEN_VALUE);
        let created = Timestamp::now() + SignedDuration::from_millis(milliseconds);
        let own = response("a", &json!({"size": "s", "created_at": created.to_string()}));
        let listed = json!([own]);
        let mut responses = vec![Err(Ambiguous), Ok(listed)];
        responses.extend((0..100).map(|_| Ok(own.clone())));
        let (script, context) = Script::of(responses);
        let (known, diagnostics) = create(&binding, &context);
        let left = outcome(&script, &known, &diagnostics)[1]
            .as_str()
            .unwrap()
            .to_owned();
        let changes = script
            .requests()
            .into_iter()
            .filter(|request| request.starts_with("change"));
        let sent = match changes.collect::<Vec<_>>().as_slice() {
            [] => "",
            [change] => {
                assert_eq!(change, r#"change {"pin":"p"}"#);
                ", sent again"
            }
            several => panic!("{several:?}"),
        };
        (expected, format!("{left}{sent}"))
    });
}

#[test]
fn recover_create_never_adopts_a_taken_name() {
    let listed = |things: &[Json]| Ok(json!(things));
    #[rustfmt::skip]
    let rows = [
        row("a young object with the configured values", DATED,
            vec![Err(Conflict), listed(&[created_ago("s", 0)])], "create list", "nothing", &[FAILED, "import"]),
        row("an older object with the configured values", DATED,
            vec![Err(Conflict), listed(&[created_ago("s", 600)])], "create list", "nothing", &[FAILED, "import"]),
        row("an object with another value", DATED,
            vec![Err(Conflict), listed(&[created_ago("l", 600)])], "create list", "nothing", &[FAILED, "import"]),
        row("no object has the name", DATED,
            vec![Err(Conflict), listed(&[])], "create list", "nothing", &[FAILED]),
        row("the search fails", DATED, vec![Err(Conflict), Err(Unreachable)], "create list", "nothing", &[FAILED]),
    ];
    prove_creates(rows);
}

#[test]
fn recover_create_does_not_take_an_object_of_this_process() {
    let binding = fields(DATED);
    let own = created_ago("s", -5);
    let (_, context) = Script::of([Ok(own.clone())]);
    create(&binding, &context);
    let responses = [Err(Ambiguous), Ok(json!([own]))];
    let (script, other) = Script::of(responses);
    let other = Context {
        process: context.process.clone(),
        ..other
    };
    let (known, diagnostics) = create(&binding, &other);
    let expected = json!(["create list", "claim", [FAILED, CLAIMED]]);
    assert_eq!(outcome(&script, &known, &diagnostics), expected);
}

/// A thing with `parts` that a hook creates after the thing itself.
#[test]
fn recover_create_compares_what_a_hook_sends_afterwards() {
    let part = |name: &str| json!({"name": name});
    let row = |rule, existing: Json, expected: &str| (rule, (existing, expected.to_owned()));
    let rows = [
        row("no part exists yet", json!([]), "object"),
        row("a part exists as planned", json!([part("one")]), "object"),
        row(
            "all parts exist as planned",
            json!([part("two"), part("one")]),
            "object",
        ),
        row("a part differs", json!([part("one"), part("three")]), "claim"),
    ];
    let binding = fields(&format!(
        "{DATED}\nparts = {{ type = 'list(object)', block = true, wire = {{ read = 'parts', write = false }}, attributes = \
         {{ name = {{ type = 'string', mode = 'required' }} }} }}"
    ));
    prove(rows, |(existing, expected)| {
        let mut own = created_ago("s", -5);
        own["parts"] = existing;
        let (_, context) = Script::of([Err(Ambiguous), Ok(json!([own])), Ok(own)]);
        let config = value(
            &binding,
            &json!({"name": "a", "size": "s", "parts": [part("one"), part("two")]}),
        );
        let mut planned = config.clone();
        planned.set_attribute("uuid", Value::Unknown);
        planned.set_attribute("created_at", Value::Unknown);
        let request = ApplyRequest {
            prior: Value::Null,
            planned,
            config,
            private: Private::default(),
        };
        let progress = Progress::default();
        block_on(apply(&binding, &context, request, &progress));
        let known = progress.known(binding.schema);
        let left = known.state.get("uuid").as_str().map_or("claim", |_| "object");
        (expected, left.to_owned())
    });
}

/// A claim: a thing in state without its identity.
fn claim(binding: &Binding) -> Known {
    Known {
        state: value(binding, &json!({"name": "a", "size": "s"})),
        private: Private::default(),
    }
}

fn claim_rows() -> Vec<Row> {
    let listed = |things: &[Json]| Ok(json!(things));
    vec![
        row(
            "an object with the name is reported with its import command, and nothing is adopted or deleted",
            DATED,
            vec![listed(&[created_ago("s", 30)])],
            "list",
            "nothing",
            &[DROPPED, "import"],
        ),
        row(
            "nor if it has other values",
            DATED,
            vec![listed(&[created_ago("l", 3600)])],
            "list",
            "nothing",
            &[DROPPED, "import"],
        ),
        row(
            "without an object of the name, the claim is dropped",
            DATED,
            vec![listed(&[response("b", &json!({}))])],
            "list",
            "nothing",
            &[],
        ),
        row(
            "the claim stays if the search fails",
            DATED,
            vec![Err(Unreachable)],
            "list",
            "claim",
            &[FIND_FAILED],
        ),
    ]
}

#[test]
fn read_drops_a_claim() {
    prove(claim_rows(), |(declared, responses, expected)| {
        let binding = fields(declared);
        let (script, context) = Script::of(responses);
        let mut known = claim(&binding);
        let mut diagnostics = Diagnostics::default();
        let result = block_on(read(&binding, &context, &mut known, &mut diagnostics));
        assert_eq!(
            result.is_err(),
            diagnostics.has_errors(),
            "the result is an error exactly if an error is reported"
        );
        (expected, outcome(&script, &known, &diagnostics))
    });
}

#[test]
fn destroy_drops_a_claim() {
    prove(claim_rows(), |(declared, responses, expected)| {
        let binding = fields(declared);
        let (script, context) = Script::of(responses);
        let Known { state, private } = claim(&binding);
        let request = ApplyRequest {
            prior: state,
            planned: Value::Null,
            config: Value::Null,
            private,
        };
        let progress = Progress::default();
        let diagnostics = block_on(apply(&binding, &context, request, &progress));
        let known = progress.known(binding.schema);
        (expected, outcome(&script, &known, &diagnostics))
    });
}
