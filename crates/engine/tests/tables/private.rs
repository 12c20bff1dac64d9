//! What is stored beside the state, read and written again: one row for each rule.

use engine::private::Private;
use serde_json::{Value as Json, json};

use super::support::prove;

/// A stored run at that stage, as the first versions wrote it.
fn run(stage: &str) -> Json {
    json!({"saved": {"run": "r1"}, "status": "s", "stage": stage, "trigger": {"roles": ["a"]}})
}

/// The stored bytes that hold this memory of the provider `acme`.
fn memory(of: &Json) -> String {
    json!({"acme": of}).to_string()
}

#[test]
fn what_is_remembered_comes_back_as_it_was_stored() {
    let number = r#"{"acme":{"overridden":{"x":1.50e-7}}}"#;
    #[rustfmt::skip]
    let rows = [
        ("what was configured", memory(&json!({"configured": ["a", "b"]}))),
        ("what was overridden", memory(&json!({"overridden": {"a": null, "b": [1, {"c": "d"}]}}))),
        ("a number as it is written", number.to_owned()),
        ("a claim", memory(&json!({"claimed": 1_700_000_000}))),
        ("a hook's own memory", memory(&json!({"memory": {"a": [1]}}))),
        ("everything together",
            memory(&json!({"claimed": 1, "configured": ["a"], "memory": 1, "overridden": {"b": 2}}))),
    ];
    prove(rows, |stored| {
        let encoded = Private::decode(stored.as_bytes(), "acme").encode("acme");
        let json = |bytes: &[u8]| -> Json { serde_json::from_slice(bytes).unwrap() };
        (json(stored.as_bytes()), json(&encoded))
    });
}

#[test]
fn what_is_no_memory_of_this_provider_is_an_empty_one() {
    #[rustfmt::skip]
    let rows = [
        ("nothing", String::new()),
        ("an object without entries", "{}".to_owned()),
        ("an empty memory", memory(&json!({}))),
        ("another provider's memory", json!({"other": {"configured": ["a"]}}).to_string()),
        ("keys of the published provider",
            json!({".import_before_read": "dHJ1ZQ==", "schema_version": "1"}).to_string()),
        ("what is no object", "[1]".to_owned()),
        ("what is no JSON", "{\"acme\":".to_owned()),
        ("what lies under the name and is no memory", memory(&json!("a"))),
        ("a memory of which a part is of another type", memory(&json!({"claimed": "a", "configured": ["a"]}))),
        ("a run at a stage that there is not", memory(&json!({"run": run("sleeping")}))),
    ];
    prove(rows, |stored| {
        let private = Private::decode(stored.as_bytes(), "acme");
        assert!(private == Private::default(), "it is the memory of a new object");
        (String::new(), String::from_utf8(private.encode("acme")).unwrap())
    });
}

#[test]
fn a_run_is_remembered_at_each_stage_and_in_each_stored_form() {
    let with = |name: &str, value: Json| {
        let mut run = run("going");
        run[name] = value;
        run
    };
    #[rustfmt::skip]
    let rows = [
        ("one that goes on", run("going")),
        ("one that failed", run("failed")),
        ("one whose start was not answered", with("saved", json!({}))),
        ("one without a trigger", with("trigger", json!(null))),
        ("one that was started for what is wanted", with("purpose", json!("wanted"))),
        ("one that somebody else may have started", with("purpose", json!("joined"))),
        ("one that was started for something else", with("purpose", json!("outdated"))),
        ("one whose object is tainted", with("taints", json!(true))),
        ("one that the object said was needed", with("was_needed", json!(true))),
    ];
    prove(rows, |run| {
        let decoded = |memory: &str| Private::decode(memory.as_bytes(), "acme");
        let private = decoded(&memory(&json!({"claimed": 7, "run": run})));
        assert!(
            private != decoded(&memory(&json!({"claimed": 7}))),
            "the run is remembered"
        );
        let again = Private::decode(&private.encode("acme"), "acme");
        assert!(again == private, "it comes back as it was stored");
        (json!(7), json!(again.claimed))
    });
}
