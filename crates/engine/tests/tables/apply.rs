//! The calls of one change, and what is known afterwards, against an API that answers by a script.

use super::support::{Script, UUID, answer, object, thing};
use engine::Binding;
use engine::api::ErrorKind;
use engine::apply::apply;
use engine::diagnostic::Diagnostics;
use engine::object::{ApplyRequest, Known, Progress};
use engine::private::Private;
use serde_json::{Value as Json, json};
use value::Value;

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
