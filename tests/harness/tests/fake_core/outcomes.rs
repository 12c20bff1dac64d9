//! The fake core finds faults in applies, refreshes and imports, and saves what Terraform saves.

use harness::fake_core::{Action, Status, Stored};
use proto::tfplugin6;
use serde_json::json;
use value::Value;

use super::checker::{THING, correct_provider, full, set, set_within, started};
use super::faulty_provider::{Alter, Alterations, encoded};

#[tokio::test]
async fn assert_object_compatible_rejects_each_faulty_apply() {
    let table: Vec<(&str, Alter<Value>, &str)> = vec![
        (
            "another name",
            set("name", || "b".into()),
            ".name: was \"a\", but now \"b\"",
        ),
        (
            "a lost value",
            set("size", || Value::Null),
            ".size: was 7, but now null",
        ),
        (
            "a value that is not configured",
            set_within("rule", "note", "n".into()),
            ".rule[0].note: was null, but now",
        ),
        (
            "an unknown value",
            set("id", || Value::Unknown),
            "still has unknown values",
        ),
        (
            "fewer words",
            set("words", || Value::List(vec!["x".into()])),
            "element 1 has vanished",
        ),
        (
            "more words",
            set("words", || Value::List(["x", "y", "z"].map(Value::from).to_vec())),
            "new element 2 has appeared",
        ),
        (
            "a lost label",
            set("labels", || Value::map::<String>([])),
            "element \"k\" has vanished",
        ),
        (
            "one more label",
            set("labels", || {
                Value::map([("k", Value::from("v")), ("l", "w".into())])
            }),
            "new element \"l\" has appeared",
        ),
        (
            "another tag",
            set("tags", || Value::set(vec!["t".into(), "u".into()])),
            "does not correlate",
        ),
        (
            "one more tag",
            set("tags", || Value::set(["s", "t", "u"].map(Value::from).to_vec())),
            "actual set element \"u\" does not correlate",
        ),
        (
            "another secret",
            set("secret", || "x".into()),
            "inconsistent values for sensitive attribute",
        ),
        (
            "fewer blocks",
            set("rule", || Value::List(vec![])),
            "block count changed from 2 to 0",
        ),
        (
            "another port",
            set_within("rule", "port", 5.into()),
            ".rule[0].port: was 1, but now 5",
        ),
        (
            "another port in a set",
            set_within("rule_set", "port", 5.into()),
            "planned set element",
        ),
        (
            "another port in a map",
            set_within("rule_map", "port", 5.into()),
            ".rule_map[\"r\"].port: was 3",
        ),
        (
            "a lost block",
            set("rule_map", || Value::map::<String>([])),
            "block key \"r\" has vanished",
        ),
        (
            "no limits",
            set("limits", || Value::Null),
            ".limits: was present, but now absent",
        ),
        (
            "another path",
            set_within("disks", "path", "/z".into()),
            ".disks[0].path: was \"/a\"",
        ),
        (
            "another path in a set",
            set_within("disk_set", "path", "/z".into()),
            "planned set element",
        ),
        (
            "no object",
            Box::new(|object| *object = Value::Null),
            "Root object was present, but now absent",
        ),
    ];
    for (what, alter, expected) in table {
        let mut core = started(Alterations {
            apply: Some(alter),
            ..Alterations::default()
        })
        .await
        .unwrap();
        let error = core.converge(THING, "a", &full()).await.unwrap_err();
        assert!(error.is_violation(), "{what}: {error}");
        assert!(error.to_string().contains(expected), "{what}: {error}");
        if let Some(stored) = core.stored(THING, "a") {
            assert_eq!(stored.status, Status::Tainted, "{what}");
        }
    }
}

#[tokio::test]
async fn apply_with_a_write_only_value_loses_the_object() {
    let alterations = Alterations {
        apply: Some(set("secret_wo", || "w".into())),
        ..Alterations::default()
    };
    let mut core = started(alterations).await.unwrap();
    let error = core.converge(THING, "a", &full()).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("write-only attribute faulty_thing.a.secret_wo"),
        "{error}"
    );
    assert!(core.stored(THING, "a").is_none());
}

fn failing(state: Option<Value>) -> Alterations {
    Alterations {
        apply_response: Some(Box::new(move |response| {
            response.new_state = state.as_ref().map(encoded);
            response.diagnostics = vec![tfplugin6::Diagnostic {
                severity: tfplugin6::diagnostic::Severity::Error.into(),
                summary: "No".to_owned(),
                ..tfplugin6::Diagnostic::default()
            }];
        })),
        ..Alterations::default()
    }
}

#[tokio::test]
async fn apply_saves_the_object_after_an_error() {
    let created = correct_provider()
        .await
        .converge(THING, "a", &full())
        .await
        .unwrap();

    let mut core = started(failing(Some(created.clone()))).await.unwrap();
    let error = core.converge(THING, "a", &full()).await.unwrap_err();
    assert_eq!(error.reported().len(), 1, "{error}");
    let stored = core.stored(THING, "a").unwrap().clone();
    assert_eq!(stored.status, Status::Tainted);
    assert_eq!(
        core.plan(THING, "a", &full()).await.unwrap().action,
        Action::Replace
    );

    let mut core = started(failing(None)).await.unwrap();
    core.converge(THING, "a", &full()).await.unwrap_err();
    assert!(core.stored(THING, "a").is_none());

    core.store(
        THING,
        "a",
        Stored {
            status: Status::Ready,
            ..stored.clone()
        },
    );
    let mut other = full();
    other["size"] = json!(8);
    core.converge(THING, "a", &other).await.unwrap_err();
    assert_eq!(core.stored(THING, "a").unwrap().status, Status::Ready);
    assert_eq!(core.state(THING, "a")["size"], json!(7));
    core.destroy(THING, "a").await.unwrap_err();
    assert!(
        core.stored(THING, "a").is_some(),
        "a failed destroy keeps the object"
    );

    let alterations = Alterations {
        apply_status: Some(tonic::Status::cancelled("panicked")),
        ..Alterations::default()
    };
    let mut core = started(alterations).await.unwrap();
    let error = core.converge(THING, "a", &full()).await.unwrap_err();
    assert!(error.to_string().contains("Request cancelled"), "{error}");
    assert!(core.stored(THING, "a").is_none());
}

#[tokio::test]
async fn check_object_rejects_each_faulty_refresh() {
    let table: Vec<(&str, Alter<Value>, &str)> = vec![
        ("unknown", set("size", || Value::Unknown), "unknown values"),
        ("write-only", set("secret_wo", || "w".into()), "write-only"),
        (
            "null blocks",
            set("rule", || Value::Null),
            "must be empty, not null",
        ),
    ];
    for (what, alter, expected) in table {
        let mut core = started(Alterations {
            read: Some(alter),
            ..Alterations::default()
        })
        .await
        .unwrap();
        core.converge(THING, "a", &full()).await.unwrap();
        let error = core.refresh(THING, "a").await.unwrap_err();
        assert!(error.to_string().contains(expected), "{what}: {error}");
    }
    let gone = Alterations {
        read: Some(Box::new(|state| *state = Value::Null)),
        ..Alterations::default()
    };
    let mut core = started(gone).await.unwrap();
    core.converge(THING, "a", &full()).await.unwrap();
    assert_eq!(
        core.plan(THING, "a", &full()).await.unwrap().action,
        Action::Create
    );
    let error = core.import(THING, "b", "b").await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("Cannot import non-existent remote object"),
        "{error}"
    );

    let lost = Alterations {
        upgrade: Some(Box::new(|response| response.upgraded_state = None)),
        ..Alterations::default()
    };
    let mut core = started(lost).await.unwrap();
    core.converge(THING, "a", &full()).await.unwrap();
    let error = core.plan(THING, "a", &full()).await.unwrap_err();
    assert!(
        error.to_string().contains("Invalid resource state upgrade"),
        "{error}"
    );
}

#[tokio::test]
async fn import_rejects_each_faulty_response() {
    let table: [(Alter<tfplugin6::import_resource_state::Response>, &str); 3] = [
        (
            Box::new(|response| response.imported_resources.clear()),
            "Multiple import states",
        ),
        (
            Box::new(|response| response.imported_resources[0].type_name = "other".into()),
            "imported a \"other\"",
        ),
        (
            Box::new(|response| response.imported_resources[0].state = None),
            "Import returned null resource",
        ),
    ];
    for (alter, expected) in table {
        let mut core = started(Alterations {
            import: Some(alter),
            ..Alterations::default()
        })
        .await
        .unwrap();
        let error = core.import(THING, "a", "a").await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test]
async fn read_data_source_must_keep_the_configuration() {
    let core = started(Alterations {
        data: Some(set("name", || "b".into())),
        ..Alterations::default()
    })
    .await
    .unwrap();
    let error = core.read_data_source(THING, &full()).await.unwrap_err();
    assert!(error.to_string().contains(".name: planned value"), "{error}");
}
