//! The requests of one change, and the new state, with scripted responses.

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

use super::support::{Script, UUID, object, response, thing};

const SIZE: &str = "[attributes.size]\ntype = \"string\"\ndoc = \"Its size.\"\n[attributes.created_at]\ntype = \"string\"\n\
                    mode = \"computed\"\nformat = \"timestamp\"\nstable = true\ndoc = \"When.\"\n";

fn of(binding: &Binding, uuid: Value, size: &str) -> Value {
    let uuid_is_unknown = uuid.clone();
    object(
        binding,
        &[
            ("uuid", uuid),
            ("name", Value::string("a")),
            ("size", Value::string(size)),
            ("created_at", uuid_is_unknown),
        ],
    )
}

/// Creates a thing of size `s`: the requests, the new state, and the diagnostics.
async fn create(
    responses: impl IntoIterator<Item = Result<Json, ErrorKind>>,
) -> (Vec<String>, Known, Diagnostics) {
    let binding = thing(SIZE);
    let (script, context) = Script::of(responses);
    let request = ApplyRequest {
        prior: Value::Null,
        planned: of(&binding, Value::Unknown, "s"),
        config: of(&binding, Value::Null, "s"),
        private: Private::default(),
    };
    let progress = Progress::default();
    let diagnostics = apply(&binding, &context, request, &progress).await;
    (script.requests(), progress.known(binding.schema), diagnostics)
}

const CREATE: &str = r#"create {"name":"a","size":"s"}"#;

#[tokio::test]
async fn apply_stores_a_created_object() {
    let (requests, known, diagnostics) = create([Ok(response("a", &json!({"size": "s"})))]).await;
    assert_eq!(requests, [CREATE]);
    assert_eq!(known.state.get("uuid").as_str(), Some(UUID));
    assert!(diagnostics.is_empty());
}

#[tokio::test]
async fn apply_finds_the_object_of_a_lost_create() {
    // The date of the response has no fraction of a second, so the object may seem to be younger.
    let created = Timestamp::now() + SignedDuration::from_secs(5);
    let own = response("a", &json!({"size": "s", "created_at": created.to_string()}));
    let listed = json!([response("b", &json!({})), own]);
    let (requests, known, diagnostics) = create([Err(ErrorKind::Ambiguous), Ok(listed), Ok(own)]).await;
    assert_eq!(requests, [CREATE, "list", "get"]);
    assert_eq!(known.state.get("uuid").as_str(), Some(UUID));
    assert!(diagnostics.is_empty());
}

#[tokio::test]
async fn apply_stores_a_claim_if_the_search_fails() {
    let (requests, known, diagnostics) =
        create([Err(ErrorKind::Ambiguous), Err(ErrorKind::Unreachable)]).await;
    assert_eq!(requests, [CREATE, "list"]);
    assert!(known.state.get("uuid").is_null());
    assert_eq!(known.state.get("name").as_str(), Some("a"));
    assert!(diagnostics.has_errors());
}

#[tokio::test]
async fn apply_keeps_the_planned_value_if_it_is_overridden() {
    let (_, known, diagnostics) = create([Ok(response("a", &json!({"size": "l"})))]).await;
    assert_eq!(known.state.get("size").as_str(), Some("s"));
    assert_eq!(known.private.overridden["size"], json!("l"));
    assert!(!diagnostics.has_errors() && !diagnostics.is_empty());
}

#[tokio::test]
async fn apply_stores_the_object_if_a_field_has_an_unexpected_type() {
    let (_, known, diagnostics) = create([Ok(response("a", &json!({"size": 7})))]).await;
    assert_eq!(known.state.get("uuid").as_str(), Some(UUID));
    assert!(diagnostics.has_errors());
}

/// Counts the calls of a hook's `apply`.
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
async fn apply_calls_the_hook_if_a_field_has_an_unexpected_type() {
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
    let unreadable = response("a", &json!({"size": "s", "count_of_parts": "many"}));
    for (prior, responses, calls) in [
        (Value::Null, vec![Ok(unreadable.clone())], 1),
        (of(Value::Null, number(1)), vec![Ok(unreadable.clone())], 2),
        (
            of(Value::Null, number(1)),
            vec![Ok(Json::Null), Ok(unreadable.clone())],
            3,
        ),
    ] {
        let (_, context) = Script::of(responses);
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
        assert!(
            known.private.configured.contains("size"),
            "a later plan detects its removal"
        );
        assert_eq!(hook.0.load(Ordering::SeqCst), calls, "the hook is called");
    }
}

#[tokio::test]
async fn apply_stores_a_claim_if_the_found_object_is_invalid() {
    let binding = thing(SIZE);
    let created = Timestamp::now() + SignedDuration::from_secs(5);
    let mut listed = response("a", &json!({"size": "s", "created_at": created.to_string()}));
    listed["uuid"] = json!("../x");
    let (_, context) = Script::of([Err(ErrorKind::Ambiguous), Ok(json!([listed])), Ok(listed)]);
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
    assert!(known.state.get("uuid").is_null());
}
