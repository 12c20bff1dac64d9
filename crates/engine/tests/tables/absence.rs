//! "Not found": whether the object is gone. One row for each rule.

use engine::absence::{Doubt, doubt, note_created, note_found};
use engine::api::ErrorKind::{NoSuchPath, NotFound};
use engine::api::{ErrorKind, Place};
use engine::apply::apply;
use engine::context::Context;
use engine::diagnostic::Diagnostics;
use engine::object::{ApplyRequest, Known, Progress};
use engine::private::{Private, Reference, Sighting};
use engine::read::read;
use serde_json::{Value as Json, json};
use value::Value;

use super::support::{
    Script, UUID, block_on, declarations, fields, here, place, prove, response, seen_here, value,
};

const OTHER: &str = "3c5d1f2e-0a51-4f7f-8f4e-6a2a1c9d7b10";
const READ_FAILED: &str = "Failed to read the object";
const UNCONFIRMED: &str = "Cannot tell whether the object still exists";

fn seen_at(place: Place) -> Sighting {
    Sighting {
        place,
        key: None,
        others: Vec::new(),
    }
}

fn elsewhere() -> Sighting {
    seen_at(place("https://other.test/prefix", "present"))
}

fn with_another_token() -> Sighting {
    seen_at(place("https://api.test", "former"))
}

#[test]
fn doubt_names_what_changed() {
    let moved = Doubt::OtherEndpoint("https://other.test/prefix".to_owned());
    assert_eq!(doubt(None, &here()), Some(Doubt::NotRemembered));
    assert_eq!(doubt(Some(&elsewhere()), &here()), Some(moved));
    assert_eq!(
        doubt(Some(&with_another_token()), &here()),
        Some(Doubt::OtherToken)
    );
    assert_eq!(doubt(seen_here().seen.as_ref(), &here()), None);
    let documented = Place {
        is_documented: true,
        ..here()
    };
    assert_eq!(doubt(seen_here().seen.as_ref(), &documented), None);
    assert_eq!(
        doubt(Some(&seen_at(documented)), &here()),
        Some(Doubt::NoDocument)
    );
}

/// What else the process knows about the present place.
#[derive(Clone, Copy)]
enum Else {
    Nothing,
    /// A refresh found another object that was last seen elsewhere, or whose place was not remembered.
    FoundAnother,
    /// A refresh found another object that was seen here before.
    FoundAnotherOfHere,
    /// This process created another object here.
    CreatedAnother,
    /// A refresh found the object itself.
    FoundItself,
}

fn prepare(context: &Context, resource: &'static schema::Resource, what: Else) {
    let object = |uuid: &str, seen: Option<Sighting>| Known {
        state: Value::object([("uuid".to_owned(), Value::string(uuid))]),
        private: Private {
            seen,
            ..Private::default()
        },
    };
    let found = |mut known: Known| note_found(context, resource, &mut known, &Value::Null);
    match what {
        Else::Nothing => {}
        Else::FoundAnother => found(object(OTHER, None)),
        Else::FoundAnotherOfHere => found(object(OTHER, seen_here().seen)),
        Else::CreatedAnother => note_created(context, resource, &mut object(OTHER, None)),
        Else::FoundItself => found(object(UUID, None)),
    }
}

type Row = (
    &'static str,
    (Option<Sighting>, Else, Vec<Result<Json, ErrorKind>>, Json),
);

/// A rule; where the object was last seen, what else is known, the responses, the requests, whether state keeps the object, and
/// the summary of the diagnostic.
fn row(
    rule: &'static str,
    seen: Option<Sighting>,
    what: Else,
    responses: Vec<Result<Json, ErrorKind>>,
    requests: &str,
    is_kept: bool,
    report: &str,
) -> Row {
    (rule, (seen, what, responses, json!([requests, is_kept, report])))
}

#[test]
fn read_and_delete_believe_not_found_only_with_evidence() {
    let gone = || vec![Err(NotFound)];
    let kept = |rule, seen, what| row(rule, seen, what, gone(), "", true, UNCONFIRMED);
    let believed = |rule, seen, what| row(rule, seen, what, gone(), "", false, "");
    let naming = |sighting: Sighting| {
        Some(Sighting {
            others: vec![Reference {
                resource: "thing".to_owned(),
                identity: [("uuid".to_owned(), OTHER.to_owned())].into(),
            }],
            ..sighting
        })
    };
    let other = |uuid: &str| Ok(json!({"uuid": uuid, "name": "other"}));
    #[rustfmt::skip]
    let rows = [
        believed("from the place where the object was last seen", seen_here().seen, Else::Nothing),
        kept("from a place that nothing remembers", None, Else::Nothing),
        kept("from another endpoint", Some(elsewhere()), Else::Nothing),
        kept("with another token", Some(with_another_token()), Else::Nothing),
        believed("from a place that nothing remembers, where another object of the state is", None, Else::FoundAnother),
        believed("from another endpoint of the same account", Some(elsewhere()), Else::FoundAnother),
        believed("with another token of the same account", Some(with_another_token()), Else::FoundAnother),
        kept("an object that was seen here before proves nothing", Some(with_another_token()), Else::FoundAnotherOfHere),
        kept("an object that was created here proves nothing", Some(with_another_token()), Else::CreatedAnother),
        kept("the object itself proves nothing", Some(with_another_token()), Else::FoundItself),
        row("another object that private state names is asked for", naming(with_another_token()), Else::Nothing,
            vec![Err(NotFound), other(OTHER)], " get", false, ""),
        row("it is not found, either", naming(with_another_token()), Else::Nothing,
            vec![Err(NotFound), Err(NotFound)], " get", true, UNCONFIRMED),
        row("the response is about another object", naming(with_another_token()), Else::Nothing,
            vec![Err(NotFound), other(UUID)], " get", true, UNCONFIRMED),
        row("a 404 that is not the control plane's is an error from any place", seen_here().seen, Else::FoundAnother,
            vec![Err(NoSuchPath)], "", true, READ_FAILED),
    ];
    let binding = fields("size = { type = 'string' }");
    for is_delete in [false, true] {
        prove(rows.clone(), |(seen, what, responses, mut expected)| {
            let operation = if is_delete { "delete" } else { "get" };
            expected[0] = json!(format!("{operation}{}", expected[0].as_str().unwrap()));
            if is_delete && expected[2] == READ_FAILED {
                expected[2] = json!("Failed to delete the object");
            }
            let (script, context) = Script::of(responses);
            let context = Context {
                declarations: declarations(&binding),
                ..context
            };
            prepare(&context, binding.schema, what);
            let state = value(&binding, &json!({"uuid": UUID, "name": "a"}));
            let private = Private {
                seen,
                ..Private::default()
            };
            let (known, diagnostics) = if is_delete {
                let request = ApplyRequest {
                    prior: state,
                    planned: Value::Null,
                    config: Value::Null,
                    private,
                };
                let progress = Progress::default();
                let diagnostics = block_on(apply(&binding, &context, request, &progress));
                (progress.known(binding.schema), diagnostics)
            } else {
                let mut known = Known { state, private };
                let mut diagnostics = Diagnostics::default();
                let _ = block_on(read(&binding, &context, &mut known, &mut diagnostics));
                (known, diagnostics)
            };
            let summary = diagnostics.iter().map(|one| one.summary.text).collect::<String>();
            let requests = script.requests().join(" ");
            (expected, json!([requests, !known.state.is_null(), summary]))
        });
    }
}

#[test]
fn read_waits_for_another_object() {
    let binding = fields("size = { type = 'string' }");
    let found_after = |seconds: u64| {
        let (_, context) = Script::of([Err(NotFound)]);
        let mut known = Known {
            state: value(&binding, &json!({"uuid": UUID, "name": "a"})),
            private: Private::default(),
        };
        let mut diagnostics = Diagnostics::default();
        let reading = read(&binding, &context, &mut known, &mut diagnostics);
        let finding = async {
            tokio::time::sleep(std::time::Duration::from_secs(seconds)).await;
            prepare(&context, binding.schema, Else::FoundAnother);
        };
        let _ = block_on(async { tokio::join!(reading, finding) });
        known.state.is_null()
    };
    assert!(found_after(4), "the object counts as deleted");
    assert!(!found_after(6), "the object stays in state");
}

#[test]
fn read_asks_again_for_a_young_object() {
    let binding =
        fields("created_at = { type = 'string', mode = 'computed', format = 'timestamp', stable = true }");
    let created = |seconds_ago: i64| {
        (jiff::Timestamp::now() - jiff::SignedDuration::from_secs(seconds_ago)).to_string()
    };
    let thing = || Ok(response("a", &json!({})));
    let missing = |times: usize| (0..times).map(|_| Err(NotFound)).collect::<Vec<_>>();
    let row = |rule, age: i64, responses: Vec<Result<Json, ErrorKind>>, requests: usize, is_kept: bool| {
        (rule, (age, responses, json!([requests, is_kept])))
    };
    let then = |mut responses: Vec<Result<Json, ErrorKind>>| {
        responses.push(thing());
        responses
    };
    let rows = [
        row("a young object appears", 5, then(missing(3)), 4, true),
        row("a young object never appears", 5, missing(11), 11, false),
        row("an older object is asked for once", 70, missing(1), 1, false),
    ];
    prove(rows, |(age, responses, expected)| {
        let (script, context) = Script::of(responses);
        let mut known = Known {
            state: value(
                &binding,
                &json!({"uuid": UUID, "name": "a", "created_at": created(age)}),
            ),
            private: seen_here(),
        };
        let _ = block_on(read(&binding, &context, &mut known, &mut Diagnostics::default()));
        (expected, json!([script.requests().len(), !known.state.is_null()]))
    });
}

#[test]
fn private_state_remembers_the_place_and_other_objects() {
    let binding = fields("size = { type = 'string' }");
    let (_, context) = Script::of([Ok(response("a", &json!({}))), Ok(response("a", &json!({})))]);
    prepare(&context, binding.schema, Else::FoundAnother);
    let mut known = Known {
        state: value(&binding, &json!({"uuid": UUID, "name": "a"})),
        private: Private::default(),
    };
    let refresh = |known: &mut Known| {
        block_on(read(&binding, &context, known, &mut Diagnostics::default())).unwrap();
    };
    refresh(&mut known);
    let stored: Json = serde_json::from_slice(&known.private.encode("acme")).unwrap();
    let expected = json!({
        "endpoint": "https://api.test",
        "token": "present",
        "others": [{"resource": "thing", "identity": {"uuid": OTHER}}],
    });
    assert_eq!(stored["acme"]["seen"], expected);
    let before = known.private.clone();
    refresh(&mut known);
    assert!(
        known.private == before,
        "an unchanged object keeps its private state"
    );
}
