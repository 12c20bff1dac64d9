//! The fake core reads lists as Terraform does, and finds the faults that Terraform finds in them.

use harness::fake_core::{Include, Listed, Query};
use proto::tfplugin6;
use proto::tfplugin6::list_resource::Event;
use serde_json::{Value as Json, json};
use tonic::Status;
use value::Value;

use super::checker::{correct_provider, full, path, set, started};
use super::faulty_provider::{Alter, Alterations, Events, identity, listed};

const LISTED: &str = "faulty_listed";

fn diagnostic(severity: tfplugin6::diagnostic::Severity) -> Event {
    let diagnostic = tfplugin6::Diagnostic {
        severity: severity.into(),
        summary: "Seen".to_owned(),
        ..tfplugin6::Diagnostic::default()
    };
    Event {
        diagnostic: vec![diagnostic],
        ..Event::default()
    }
}

fn error() -> Event {
    diagnostic(tfplugin6::diagnostic::Severity::Error)
}

fn warning() -> Event {
    diagnostic(tfplugin6::diagnostic::Severity::Warning)
}

/// A provider whose list has these events.
fn with_events(events: impl Fn() -> Vec<Event> + Send + Sync + 'static) -> Alterations {
    with_stream(move |stream| *stream = events().into_iter().map(Ok).collect())
}

fn with_stream(alter: impl Fn(&mut Events) + Send + Sync + 'static) -> Alterations {
    let list: Alter<Events> = Box::new(alter);
    Alterations {
        list: Some(list),
        ..Alterations::default()
    }
}

/// A provider that returns the object `a` with a fault.
fn with_fault(alter: impl Fn(&mut Event) + Send + Sync + 'static) -> Alterations {
    with_events(move || {
        let mut event = listed("a", true);
        alter(&mut event);
        vec![event]
    })
}

fn names(listed: &[Listed]) -> Vec<&str> {
    listed.iter().map(|listed| listed.display_name.as_str()).collect()
}

#[tokio::test]
async fn query_lists_the_objects_of_a_correct_provider() {
    let core = correct_provider().await;
    let found = core.query(LISTED, &Query::default()).await.unwrap();
    assert_eq!(names(&found), ["a", "b", "c"]);
    assert!(found.iter().all(|listed| listed.state.is_null()));
    assert_eq!(found[0].identity.get("name").as_str(), Some("a"));
    let query = Query::of(json!({"name": "a"})).whole().limit(2);
    let found = core.query(LISTED, &query).await.unwrap();
    assert_eq!(names(&found), ["a", "b"]);
    assert_eq!(found[1].state.get("name").as_str(), Some("b"));
}

/// An error that ends the list comes after the limit: the core has to stop reading there.
#[tokio::test]
async fn query_reads_no_further_than_the_limit() {
    let many = |count: usize| {
        with_events(move || {
            let mut events = vec![listed("a", false); count];
            events.push(error());
            events
        })
    };
    let core = started(many(3)).await.unwrap();
    for limit in 0..=3 {
        let found = core.query(LISTED, &Query::default().limit(limit)).await.unwrap();
        assert_eq!(i64::try_from(found.len()), Ok(limit));
    }
    core.query(LISTED, &Query::default().limit(4)).await.unwrap_err();
    core.query(LISTED, &Query::default()).await.unwrap_err();
    let core = started(many(100)).await.unwrap();
    assert_eq!(core.query(LISTED, &Query::default()).await.unwrap().len(), 100);
}

#[tokio::test]
async fn error_costs_all_objects_and_a_warning_none() {
    let core = started(with_events(|| {
        vec![listed("a", false), error(), listed("b", false)]
    }));
    let failed = core.await.unwrap().query(LISTED, &Query::default()).await;
    assert_eq!(failed.unwrap_err().reported().len(), 1);

    let core = started(with_events(|| {
        let bare = Event::default();
        vec![listed("a", false), warning(), bare, listed("b", false)]
    }));
    let core = core.await.unwrap();
    let found = core.query(LISTED, &Query::default()).await.unwrap();
    assert_eq!(names(&found), ["a", "b"]);
    assert_eq!(core.plugin().take_warnings().len(), 1);
    // A warning beyond the limit is not seen.
    core.query(LISTED, &Query::default().limit(1)).await.unwrap();
    assert!(core.plugin().take_warnings().is_empty());
}

#[tokio::test]
async fn query_rejects_each_faulty_object() {
    let undecodable = tfplugin6::DynamicValue {
        msgpack: vec![0xc1],
        json: Vec::new(),
    };
    let unknown = || identity(&Value::object([("name".to_owned(), Value::Unknown)]));
    let table: Vec<(&str, Alter<Event>, &str)> = vec![
        (
            "no identity",
            Box::new(|event| event.identity = None),
            "None is not the identity",
        ),
        (
            "the identity of another object",
            Box::new(|event| event.identity = listed("b", true).identity),
            "is not the identity",
        ),
        (
            "an unknown identity",
            Box::new(move |event| event.identity = Some(unknown())),
            "an identity with unknown values",
        ),
        (
            "an identity of another type",
            {
                let data = undecodable.clone();
                Box::new(move |event| {
                    event.identity.as_mut().unwrap().identity_data = Some(data.clone());
                })
            },
            "Provider produced invalid identity",
        ),
        (
            "no name",
            Box::new(|event| event.display_name.clear()),
            "no display name",
        ),
        (
            "no object",
            Box::new(|event| event.resource_object = None),
            "no object",
        ),
        (
            "an object of another type",
            Box::new(move |event| event.resource_object = Some(undecodable.clone())),
            "Provider produced invalid object",
        ),
    ];
    for (what, alter, expected) in table {
        let core = started(with_fault(alter)).await.unwrap();
        let failed = core.query(LISTED, &Query::default().whole()).await;
        let failed = failed.err().unwrap_or_else(|| panic!("{what}: accepted"));
        let is_found = failed.is_violation() && failed.to_string().contains(expected);
        assert!(is_found, "{what}: {failed}");
    }
    let core = started(with_fault(|event| event.identity = None)).await.unwrap();
    let failed = core.query(LISTED, &Query::default()).await.unwrap_err();
    assert!(failed.to_string().contains("missing identity data"), "{failed}");
}

#[tokio::test]
async fn broken_stream_is_a_violation() {
    let core = started(with_stream(|stream| {
        stream.push(Err(Status::unavailable("gone")));
    }));
    let failed = core.await.unwrap().query(LISTED, &Query::default()).await;
    assert!(failed.unwrap_err().to_string().contains("Plugin did not respond"));
}

#[tokio::test]
async fn query_validates_the_list_block_first() {
    let core = correct_provider().await;
    for query in [Query::default().limit(-1), Query::of(json!({"size": 1}))] {
        let failed = core.query(LISTED, &query).await.unwrap_err();
        assert!(
            failed.to_string().starts_with("invalid configuration"),
            "{failed}"
        );
    }
    for type_name in ["faulty_thing", "faulty_other"] {
        core.query(type_name, &Query::default()).await.unwrap_err();
    }
    let core = started(Alterations {
        validate_list: Some(Box::new(|response| response.diagnostics = error().diagnostic)),
        ..with_events(|| panic!("the list block is invalid"))
    });
    let failed = core.await.unwrap().query(LISTED, &Query::default()).await;
    assert_eq!(failed.unwrap_err().reported().len(), 1);
}

/// Terraform shows the line of an argument only if its path begins with the block.
#[tokio::test]
async fn diagnostics_have_paths_in_the_list_block() {
    for (steps, is_valid) in [(&["config", "name"][..], true), (&["name"], false)] {
        let core = started(Alterations {
            validate_list: Some(Box::new(|response| {
                response.diagnostics = error().diagnostic;
                response.diagnostics[0].attribute = Some(path(steps));
            })),
            ..Alterations::default()
        });
        let failed = core.await.unwrap().query(LISTED, &Query::default()).await;
        let failed = failed.unwrap_err();
        assert_eq!(failed.is_violation(), !is_valid, "{failed}");
    }
}

#[tokio::test]
async fn list_resource_needs_an_identity() {
    let without = Alterations {
        identities: Some(Box::new(|response| response.identity_schemas.clear())),
        ..Alterations::default()
    };
    let failed = started(without).await.err().unwrap();
    assert!(
        failed.to_string().contains("Identity schema not found"),
        "{failed}"
    );
}

#[tokio::test]
async fn written_configuration_has_no_computed_value_and_no_secret() {
    let mut core = correct_provider().await;
    let state = core.converge("faulty_thing", "it", &full()).await.unwrap();
    let written = core.written_config("faulty_thing", Some(&state)).await.unwrap();
    assert_eq!(written["secret"], Json::Null);
    assert_eq!(written["tags"], json!(["s", "t"]));
    assert_eq!(written["rule_map"]["r"]["port"], 3);
    assert_eq!(written["disks"][1]["path"], "/b");
    assert!(written.get("id").is_none() && written.get("hint").is_none());

    // Terraform 1.14.0 sends no state, and later versions null, for an object that the list has without it.
    for state in [None, Some(&Value::Null)] {
        let written = core.written_config("faulty_thing", state).await.unwrap();
        assert_eq!(written["name"], Json::Null, "{state:?}");
    }
}

#[tokio::test]
async fn query_to_file_includes_the_resource() {
    let core = correct_provider().await;
    let written = core.query_to_file(LISTED, &Query::default()).await.unwrap();
    let names: Vec<&Json> = written.iter().map(|(_, config)| &config["name"]).collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!(Query::default().include, Include::Identity);
}

#[tokio::test]
async fn generated_configuration_is_checked() {
    let unknown = set("name", || Value::Unknown);
    let secret = set("secret_wo", || "w".into());
    let missing: Alter<Value> = Box::new(|config| *config = Value::Null);
    for (alter, expected) in [
        (unknown, "an object with unknown values"),
        (secret, "returned a value for a write-only attribute"),
        (missing, "no configuration"),
    ] {
        let core = started(Alterations {
            generate: Some(alter),
            ..Alterations::default()
        });
        let failed = core.await.unwrap().written_config("faulty_thing", None).await;
        let failed = failed.unwrap_err().to_string();
        assert!(failed.contains(expected), "{failed}");
    }
}
