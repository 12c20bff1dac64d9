//! The calls of one change, and what is known afterwards, against an API that answers by a script.

use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use engine::api::ErrorKind;
use engine::apply::apply;
use engine::codec::Codec;
use engine::diagnostic::{Diagnostics, Reported};
use engine::object::{ApplyRequest, Known, Progress};
use engine::private::Private;
use engine::session::Session;
use engine::{Binding, Hook};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};
use value::{Number, Value};

use super::support::{Script, UUID, answer, object, thing};

const SIZE: &str = "[attributes.size]\ntype = \"string\"\ndoc = \"Its size.\"\n";

fn of(binding: &Binding, uuid: Value, size: &str) -> Value {
    object(
        binding,
        &[
            ("uuid", uuid),
            ("name", Value::string("a")),
            ("size", Value::string(size)),
        ],
    )
}

/// Creates a thing of size `s`: the calls, what is known, and what is reported.
async fn create(
    answers: impl IntoIterator<Item = Result<Json, ErrorKind>>,
) -> (Vec<String>, Known, Diagnostics) {
    let binding = thing(SIZE);
    let (script, context) = Script::of(answers);
    let request = ApplyRequest {
        prior: Value::Null,
        planned: of(&binding, Value::Unknown, "s"),
        config: of(&binding, Value::Null, "s"),
        private: Private::default(),
    };
    let progress = Progress::default();
    let diagnostics = apply(&binding, &context, request, &progress).await;
    (script.asked(), progress.known(binding.schema), diagnostics)
}

const CREATE: &str = r#"create {"name":"a","size":"s"}"#;

#[tokio::test]
async fn a_create_that_is_answered_is_in_state() {
    let (asked, known, diagnostics) = create([Ok(answer("a", &json!({"size": "s"})))]).await;
    assert_eq!(asked, [CREATE]);
    assert_eq!(known.state.get("uuid").as_str(), Some(UUID));
    assert!(diagnostics.is_empty());
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_is_found_by_its_label() {
    let listed = json!([answer("b", &json!({})), answer("a", &json!({"size": "s"}))]);
    let (asked, known, diagnostics) = create([Err(ErrorKind::Ambiguous), Ok(listed)]).await;
    assert_eq!(asked, [CREATE, "list"]);
    assert_eq!(known.state.get("uuid").as_str(), Some(UUID));
    assert!(diagnostics.is_empty());
}

#[tokio::test]
async fn a_create_that_nothing_is_known_of_leaves_a_claim() {
    let (asked, known, diagnostics) = create([Err(ErrorKind::Ambiguous), Err(ErrorKind::Unreachable)]).await;
    assert_eq!(asked, [CREATE, "list"]);
    assert!(known.state.get("uuid").is_null() && known.private.claimed.is_some());
    assert_eq!(known.state.get("name").as_str(), Some("a"));
    assert!(diagnostics.has_errors());
}

#[tokio::test]
async fn a_value_that_the_api_overrides_stays_as_planned_with_a_warning() {
    let (_, known, diagnostics) = create([Ok(answer("a", &json!({"size": "l"})))]).await;
    assert_eq!(known.state.get("size").as_str(), Some("s"));
    assert_eq!(known.private.overridden["size"], json!("l"));
    assert!(!diagnostics.has_errors() && !diagnostics.is_empty());
}

#[tokio::test]
async fn an_answer_with_a_field_of_the_wrong_type_is_an_error_and_the_object_is_kept() {
    let (_, known, diagnostics) = create([Ok(answer("a", &json!({"size": 7})))]).await;
    assert_eq!(known.state.get("uuid").as_str(), Some(UUID));
    assert!(known.private.claimed.is_none() && diagnostics.has_errors());
}

/// Counts the calls that a hook would make after the declared one.
struct Counting(AtomicUsize);

impl Codec for Counting {}

#[async_trait]
impl Hook for Counting {
    async fn apply(&self, _: &mut Session<'_>) -> Result<(), Reported> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

#[tokio::test]
async fn an_accepted_change_is_finished_although_a_field_of_its_answer_cannot_be_read() {
    let hook: &'static Counting = Box::leak(Box::new(Counting(AtomicUsize::new(0))));
    let declared = "[attributes.size]\ntype = \"string\"\nmode = \"optional+computed\"\nstable = true\n\
                    unset = \"null\"\ndoc = \"Its size.\"\n\
                    [attributes.count_of_parts]\ntype = \"int\"\nmode = \"computed\"\ndoc = \"Parts.\"\n";
    let binding = Binding {
        hook: Some(hook),
        ..thing(declared)
    };
    let number = |number: i64| Value::Number(Number::from(number));
    let of = |size: Value, parts: Value| {
        object(
            &binding,
            &[
                ("uuid", Value::string(UUID)),
                ("name", Value::string("a")),
                ("size", size),
                ("count_of_parts", parts),
            ],
        )
    };
    let unreadable = answer("a", &json!({"size": "s", "count_of_parts": "many"}));
    for (prior, answers, calls) in [
        (Value::Null, vec![Ok(unreadable.clone())], 1),
        (of(Value::Null, number(1)), vec![Ok(unreadable.clone())], 2),
        (
            of(Value::Null, number(1)),
            vec![Ok(Json::Null), Ok(unreadable.clone())],
            3,
        ),
    ] {
        let (_, context) = Script::of(answers);
        let request = ApplyRequest {
            prior,
            planned: of(Value::string("s"), Value::Unknown),
            config: of(Value::string("s"), Value::Null),
            private: Private::default(),
        };
        let progress = Progress::default();
        let diagnostics = apply(&binding, &context, request, &progress).await;
        let known = progress.known(binding.schema);
        assert!(diagnostics.has_errors());
        assert!(known.private.configured.contains("size"), "its removal is seen");
        assert_eq!(hook.0.load(Ordering::SeqCst), calls, "the hook's calls are made");
    }
}

#[tokio::test]
async fn an_answer_about_another_object_leaves_a_claim_also_after_a_takeover() {
    let declared = format!(
        "{SIZE}[attributes.created_at]\ntype = \"string\"\nmode = \"computed\"\nformat = \"timestamp\"\nstable = true\n\
         doc = \"When it was created.\"\n"
    );
    let binding = thing(&declared);
    let created = Timestamp::now() - SignedDuration::from_mins(10);
    let mut listed = answer("a", &json!({"size": "s", "created_at": created.to_string()}));
    listed["uuid"] = json!("../x");
    let (_, context) = Script::of([Err(ErrorKind::Conflict), Ok(json!([listed]))]);
    let request = ApplyRequest {
        prior: Value::Null,
        planned: of(&binding, Value::Unknown, "s"),
        config: of(&binding, Value::Null, "s"),
        private: Private::default(),
    };
    let progress = Progress::default();
    let diagnostics = apply(&binding, &context, request, &progress).await;
    let known = progress.known(binding.schema);
    assert!(diagnostics.has_errors());
    assert!(known.state.get("uuid").is_null() && known.private.claimed.is_some());
}
