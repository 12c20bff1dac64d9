//! Private state, decoded and encoded: one row for each rule.

use engine::private::Private;
use serde_json::{Value as Json, json};

use super::support::prove;

/// A stored run of this stage, as the first versions stored it.
fn run(stage: &str) -> Json {
    json!({"saved": {"run": "r1"}, "status": "s", "stage": stage, "trigger": {"roles": ["a"]}})
}

/// The stored JSON of the provider `acme`.
fn stored_json(of: &Json) -> String {
    json!({"acme": of}).to_string()
}

fn seen() -> Json {
    json!({"endpoint": "https://api.test", "token": "00ff"})
}

fn with_others() -> Json {
    let mut seen = seen();
    seen["others"] = json!([{"resource": "thing", "identity": {"uuid": "u"}}]);
    seen
}

#[test]
fn encode_inverts_decode() {
    let number = r#"{"acme":{"overridden":{"x":1.50e-7}}}"#;
    #[rustfmt::skip]
    let rows = [
        ("configured arguments", stored_json(&json!({"configured": ["a", "b"]}))),
        ("overridden values", stored_json(&json!({"overridden": {"a": null, "b": [1, {"c": "d"}]}}))),
        ("a number with its spelling", number.to_owned()),
        ("where the object was last seen", stored_json(&json!({"seen": seen()}))),
        ("other objects that were seen there", stored_json(&json!({"seen": with_others()}))),
        ("an import", stored_json(&json!({"imported": true, "unsent": true}))),
        ("the objects that it follows", stored_json(&json!({"followed": {"web": {"lines": "00ff", "depth": "11ee"}}}))),
        ("a codec's values", stored_json(&json!({"memory": {"a": [1]}}))),
        ("all fields",
            stored_json(&json!({"seen": seen(), "configured": ["a"], "memory": 1, "overridden": {"b": 2}}))),
    ];
    prove(rows, |stored| {
        let encoded = Private::decode(stored.as_bytes(), "acme").encode("acme");
        let json = |bytes: &[u8]| -> Json { serde_json::from_slice(bytes).unwrap() };
        (json(stored.as_bytes()), json(&encoded))
    });
}

#[test]
fn decode_of_other_private_state_is_empty() {
    #[rustfmt::skip]
    let rows = [
        ("no bytes", String::new()),
        ("an object without entries", "{}".to_owned()),
        ("empty private state", stored_json(&json!({}))),
        ("another provider's private state", json!({"other": {"configured": ["a"]}}).to_string()),
        ("keys of the published provider",
            json!({".import_before_read": "dHJ1ZQ==", "schema_version": "1"}).to_string()),
        ("JSON that is not an object", "[1]".to_owned()),
        ("invalid JSON", "{\"acme\":".to_owned()),
        ("a string under the provider's name", stored_json(&json!("a"))),
        ("a field of another type", stored_json(&json!({"seen": "a", "configured": ["a"]}))),
        ("a place without a token", stored_json(&json!({"seen": {"endpoint": "https://api.test"}}))),
        ("a run with an unknown stage", stored_json(&json!({"run": run("sleeping")}))),
    ];
    prove(rows, |stored| {
        let private = Private::decode(stored.as_bytes(), "acme");
        assert!(private == Private::default(), "decodes as empty private state");
        (String::new(), String::from_utf8(private.encode("acme")).unwrap())
    });
}

#[test]
fn decode_accepts_each_stored_form_of_a_run() {
    let with = |name: &str, value: Json| {
        let mut run = run("going");
        run[name] = value;
        run
    };
    #[rustfmt::skip]
    let rows = [
        ("an active run", run("going")),
        ("a failed run", run("failed")),
        ("an unconfirmed start", with("saved", json!({}))),
        ("a run without a trigger", with("trigger", json!(null))),
        ("a current run", with("purpose", json!("wanted"))),
        ("a run that another client may have started", with("purpose", json!("joined"))),
        ("an outdated run", with("purpose", json!("outdated"))),
        ("a run of a tainted object", with("taints", json!(true))),
        ("a run that the object needed", with("was_needed", json!(true))),
    ];
    prove(rows, |run| {
        let decoded = |stored_json: &str| Private::decode(stored_json.as_bytes(), "acme");
        let private = decoded(&stored_json(&json!({"configured": ["x"], "run": run})));
        assert!(
            private != decoded(&stored_json(&json!({"configured": ["x"]}))),
            "the run is decoded"
        );
        let again = Private::decode(&private.encode("acme"), "acme");
        assert!(
            again == private,
            "decoding the encoded bytes gives the same private state"
        );
        (json!(["x"]), json!(again.configured))
    });
}
