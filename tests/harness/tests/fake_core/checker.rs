//! The fake Terraform finds what Terraform finds: a checker that cannot fail is worth nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use harness::fake_core::{Action, Core, Error, Mode, UNKNOWN};
use proto::tfplugin6 as wire;
use serde_json::{Value as Json, json};
use value::Value;

use super::liar::{Liar, Lies, Twist};

pub const THING: &str = "liar_thing";

pub async fn started(lies: Lies) -> Result<Core, Error> {
    let core = Core::unconfigured(Arc::new(Liar { lies })).await?;
    core.configure(&json!({})).await?;
    Ok(core)
}

pub async fn honest() -> Core {
    started(Lies::default()).await.unwrap()
}

/// A thing that has everything.
pub fn rich() -> Json {
    json!({
        "name": "a", "size": 7, "words": ["x", "y"], "tags": ["t", "s"], "labels": {"k": "v"}, "secret": "s",
        "secret_wo": "w", "disk": {"path": "/a"}, "disks": [{"path": "/a"}, {"path": "/b"}],
        "disk_set": [{"path": "/a"}, {"path": "/b"}], "disk_map": {"m": {"path": "/m"}},
        "rule": [{"port": 1}, {"port": 2}], "rule_set": [{"port": 1}, {"port": 2}],
        "rule_map": {"r": {"port": 3}}, "limits": {"port": 9},
    })
}

pub fn set(name: &'static str, value: impl Fn() -> Value + Send + Sync + 'static) -> Twist<Value> {
    Box::new(move |object| {
        if !object.is_null() {
            object.set_attribute(name, value());
        }
    })
}

/// Changes an attribute of the first element (or of the only object) in a nested attribute or block.
pub fn set_within(outer: &'static str, name: &'static str, value: Value) -> Twist<Value> {
    Box::new(move |object| {
        let mut nested = object.get(outer).clone();
        let first = match &mut nested {
            Value::List(elements) | Value::Set(elements) => elements.first_mut(),
            Value::Map(entries) => entries.values_mut().next(),
            object @ Value::Object(_) => Some(object),
            _ => None,
        };
        if let Some(first) = first {
            first.set_attribute(name, value.clone());
            object.set_attribute(outer, nested);
        }
    })
}

fn path(name: &str) -> wire::AttributePath {
    let selector = wire::attribute_path::step::Selector::AttributeName(name.to_owned());
    wire::AttributePath {
        steps: vec![wire::attribute_path::Step {
            selector: Some(selector),
        }],
    }
}

#[tokio::test]
async fn an_honest_provider_passes() {
    let mut core = honest().await;
    let planned = core.plan(THING, "a", &rich()).await.unwrap();
    assert_eq!(planned.action, Action::Create);
    assert!(planned.planned.get("id").is_unknown());
    let state = core.apply(planned).await.unwrap();
    assert_eq!(state.get("id").as_str(), Some("made"));
    assert_eq!(core.stored(THING, "a").unwrap().private, b"{\"seen\":true}");
    assert_eq!(core.plan(THING, "a", &rich()).await.unwrap().action, Action::NoOp);

    let mut other = rich();
    other["disks"] = json!([{"path": "/b"}, {"path": "/c"}, {"path": "/d"}]);
    other["rule_set"] = json!([{"port": 2}, {"port": 5}]);
    let planned = core.plan(THING, "a", &other).await.unwrap();
    assert_eq!(planned.action, Action::Update);
    core.apply(planned).await.unwrap();
    assert_eq!(core.plan(THING, "a", &other).await.unwrap().action, Action::NoOp);

    core.forget(THING, "a");
    core.import(THING, "a", "a").await.unwrap();
    core.destroy(THING, "a").await.unwrap();
    assert_eq!(core.state(THING, "a"), Json::Null);
    core.read_data_source(THING, &rich()).await.unwrap();
}

#[tokio::test]
async fn unknown_values_become_known() {
    let mut core = honest().await;
    let mut config = rich();
    config["size"] = json!(UNKNOWN);
    config["disks"] = json!([{"path": UNKNOWN}]);
    config["rule"] = json!(UNKNOWN);
    let planned = core.plan(THING, "a", &config).await.unwrap();
    assert!(planned.planned.get("size").is_unknown());
    let state = core.apply_resolved(planned, &rich()).await.unwrap_err();
    assert!(state.to_string().contains("element 1 has appeared"), "{state}");
    let mut resolved = rich();
    resolved["disks"] = json!([{"path": "/a"}]);
    let planned = core.plan(THING, "a", &config).await.unwrap();
    core.apply_resolved(planned, &resolved).await.unwrap();
}

#[tokio::test]
async fn text_is_normalised_as_terraform_does_it() {
    let mut core = honest().await;
    let state = core
        .converge(THING, "a", &json!({"name": "e\u{301}"}))
        .await
        .unwrap();
    assert_eq!(state.get("name").as_str(), Some("\u{e9}"));
    assert_eq!(
        core.plan(THING, "a", &json!({"name": "\u{e9}"}))
            .await
            .unwrap()
            .action,
        Action::NoOp
    );
}

#[tokio::test]
async fn lies_in_a_plan_are_found() {
    let table: Vec<(&str, Twist<Value>, &str)> = vec![
        (
            "another name",
            set("name", || "b".into()),
            "does not match config value",
        ),
        (
            "a lost name",
            set("name", || Value::Null),
            ".name: planned value null",
        ),
        (
            "an unknown name",
            set("name", || Value::Unknown),
            ".name: planned value",
        ),
        (
            "a guess",
            set("labels", || Value::map([("k", "w".into())])),
            ".labels: planned value",
        ),
        (
            "a secret",
            set("secret", || "x".into()),
            ".secret: sensitive planned value",
        ),
        (
            "a write-only value",
            set("secret_wo", || "w".into()),
            "write-only",
        ),
        (
            "no object",
            Box::new(|object| *object = Value::Null),
            "planned for absence",
        ),
        (
            "other words",
            set("words", || Value::List(vec!["x".into()])),
            ".words: planned value",
        ),
        (
            "other tags",
            set("tags", || Value::set(vec!["x".into()])),
            ".tags: planned value",
        ),
        (
            "an unknown block",
            set("rule", || Value::Unknown),
            "must not be unknown itself",
        ),
        (
            "a null block",
            set("rule", || Value::Null),
            "must be empty to indicate no blocks, not null",
        ),
        (
            "a null set of blocks",
            set("rule_set", || Value::Null),
            "must be empty to indicate no blocks",
        ),
        (
            "a null map of blocks",
            set("rule_map", || Value::Null),
            "must be empty to indicate no blocks",
        ),
        (
            "fewer blocks",
            set("rule", || Value::List(vec![])),
            "block count in plan (0) disagrees",
        ),
        (
            "fewer blocks of a set",
            set("rule_set", || Value::set(vec![])),
            "block set length in plan (0)",
        ),
        (
            "fewer blocks of a map",
            set("rule_map", || Value::map::<String>([])),
            "from config is not present in plan",
        ),
        (
            "another port",
            set_within("rule", "port", 5.into()),
            ".rule[0].port: planned value",
        ),
        (
            "another port in a map",
            set_within("rule_map", "port", 5.into()),
            ".rule_map[\"r\"].port",
        ),
        (
            "another limit",
            set_within("limits", "port", 5.into()),
            ".limits.port: planned value",
        ),
        (
            "a note from nowhere",
            set_within("rule", "note", "n".into()),
            "for a non-computed attribute",
        ),
        (
            "another path",
            set_within("disks", "path", "/z".into()),
            ".disks[0].path: planned value",
        ),
        (
            "another path in a map",
            set_within("disk_map", "path", "/z".into()),
            ".disk_map[\"m\"].path",
        ),
        (
            "another path in one",
            set_within("disk", "path", "/z".into()),
            ".disk.path: planned value",
        ),
        (
            "an unknown nested attribute",
            set("disks", || Value::Unknown),
            "planned unknown for configured value",
        ),
        (
            "a null nested attribute",
            set("disks", || Value::Null),
            "planned for absence",
        ),
        (
            "fewer nested objects",
            set("disks", || Value::List(vec![])),
            "count in plan (0) disagrees",
        ),
        (
            "fewer nested in a set",
            set("disk_set", || Value::set(vec![])),
            "count in plan (0) disagrees",
        ),
        (
            "fewer nested in a map",
            set("disk_map", || Value::map::<String>([])),
            "from config is not present",
        ),
    ];
    for (what, lie, expected) in table {
        let core = started(Lies {
            plan: Some(lie),
            ..Lies::default()
        })
        .await
        .unwrap();
        let error = core.plan(THING, "a", &rich()).await.unwrap_err();
        assert!(error.is_violation(), "{what}: {error}");
        assert!(
            error.to_string().starts_with("Provider produced invalid plan"),
            "{what}: {error}"
        );
        assert!(error.to_string().contains(expected), "{what}: {error}");
    }
}

#[tokio::test]
async fn what_nobody_set_must_stay_null_and_unknown_must_stay_unknown() {
    let lies = Lies {
        plan: Some(set("size", || 3.into())),
        ..Lies::default()
    };
    let core = started(lies).await.unwrap();
    let error = core.plan(THING, "a", &json!({"name": "a"})).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains(".size: planned value 3 for a non-computed attribute"),
        "{error}"
    );
    let error = core
        .plan(THING, "a", &json!({"name": "a", "size": UNKNOWN}))
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains(".size: planned value 3 does not match config"),
        "{error}"
    );
}

#[tokio::test]
async fn a_plan_may_keep_the_prior_value_of_what_is_configured_only() {
    let mut core = started(Lies {
        plan: Some(set("size", || 7.into())),
        ..Lies::default()
    })
    .await
    .unwrap();
    core.converge(THING, "a", &rich()).await.unwrap();
    let mut other = rich();
    other["size"] = json!(8);
    assert_eq!(core.plan(THING, "a", &other).await.unwrap().action, Action::NoOp);
    other["size"] = Json::Null;
    let error = core.plan(THING, "a", &other).await.unwrap_err();
    assert!(
        error.to_string().contains("for a non-computed attribute"),
        "{error}"
    );
}

#[tokio::test]
async fn replacement_is_judged_by_values() {
    let (size, nowhere) = (path("size"), path("nowhere"));
    let forced = Lies {
        plan_answer: Some(Box::new(move |answer| {
            answer.requires_replace = vec![size.clone()];
        })),
        ..Lies::default()
    };
    let mut core = started(forced).await.unwrap();
    core.converge(THING, "a", &rich()).await.unwrap();
    assert_eq!(core.plan(THING, "a", &rich()).await.unwrap().action, Action::NoOp);
    let mut other = rich();
    other["words"] = json!(["z"]);
    assert_eq!(
        core.plan(THING, "a", &other).await.unwrap().action,
        Action::Update
    );
    other["size"] = json!(8);
    let planned = core.plan(THING, "a", &other).await.unwrap();
    assert_eq!(planned.action, Action::Replace);
    assert!(
        planned.planned.get("id").is_unknown(),
        "a new object has a new id"
    );
    core.apply(planned).await.unwrap();
    let planned = core.plan_with(THING, "a", &other, Mode::Replace).await.unwrap();
    assert_eq!(planned.action, Action::Replace);

    let misled = Lies {
        plan_answer: Some(Box::new(move |answer| {
            answer.requires_replace = vec![nowhere.clone()];
        })),
        ..Lies::default()
    };
    let mut core = started(misled).await.unwrap();
    core.converge(THING, "a", &rich()).await.unwrap();
    let error = core.plan(THING, "a", &other).await.unwrap_err();
    assert!(
        error.to_string().contains("non-existent attribute path nowhere"),
        "{error}"
    );
}

#[tokio::test]
async fn a_second_plan_that_differs_is_found() {
    let count = AtomicU32::new(0);
    let lie = move |object: &mut Value| {
        let number = i64::from(count.fetch_add(1, Ordering::SeqCst));
        object.set_attribute("hint", Value::string(number.to_string()));
    };
    let mut core = started(Lies {
        plan: Some(Box::new(lie)),
        ..Lies::default()
    })
    .await
    .unwrap();
    let error = core.converge(THING, "a", &rich()).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("Provider produced inconsistent final plan"),
        "{error}"
    );
    assert!(
        error.to_string().contains(".hint: was \"0\", but now \"1\""),
        "{error}"
    );
}

#[tokio::test]
async fn another_action_in_the_second_plan_is_found() {
    let plans = AtomicU32::new(0);
    let fickle = Lies {
        plan_answer: Some(Box::new(move |answer| {
            // Twice when it is made, once when the change is planned: the fourth is the one in apply.
            if plans.fetch_add(1, Ordering::SeqCst) == 3 {
                answer.requires_replace = vec![path("size")];
            }
        })),
        ..Lies::default()
    };
    let mut core = started(fickle).await.unwrap();
    core.converge(THING, "a", &rich()).await.unwrap();
    let mut other = rich();
    other["size"] = json!(8);
    let error = core.converge(THING, "a", &other).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("changed the planned action from Update to Replace"),
        "{error}"
    );
}

#[tokio::test]
async fn a_diagnostic_needs_a_severity_and_a_real_path() {
    let told = |severity: i32, name: &'static str| Lies {
        validate: Some(Box::new(move |answer| {
            answer.diagnostics = vec![wire::Diagnostic {
                severity,
                summary: "No".to_owned(),
                attribute: Some(path(name)),
                ..wire::Diagnostic::default()
            }];
        })),
        ..Lies::default()
    };
    let core = started(told(0, "name")).await.unwrap();
    let error = core.validate(THING, &rich()).await.unwrap_err();
    assert!(error.to_string().contains("has no severity"), "{error}");
    let core = started(told(1, "nowhere")).await.unwrap();
    let error = core.validate(THING, &rich()).await.unwrap_err();
    assert!(error.to_string().contains("does not exist"), "{error}");
    let core = started(told(1, "name")).await.unwrap();
    assert_eq!(core.validate(THING, &rich()).await.unwrap_err().told().len(), 1);
    let core = started(told(2, "name")).await.unwrap();
    assert_eq!(core.plan(THING, "a", &rich()).await.unwrap().warnings.len(), 1);
}

#[tokio::test]
async fn an_invalid_schema_is_found() {
    type Change = fn(&mut wire::schema::Block);
    let table: [(&str, Change, &str); 8] = [
        (
            "nobody sets it",
            |block| block.attributes[0].required = false,
            "must set Optional, Required or Computed",
        ),
        (
            "both set it",
            |block| block.attributes[0].computed = true,
            "cannot set both",
        ),
        (
            "no type",
            |block| block.attributes[0].r#type.clear(),
            "either Type or NestedType",
        ),
        (
            "no such type",
            |block| block.attributes[0].r#type = b"\"text\"".to_vec(),
            "not one that a declaration can make",
        ),
        (
            "a bad name",
            |block| block.attributes[0].name = "Name".into(),
            "invalid name",
        ),
        (
            "a clash",
            |block| block.block_types[0].type_name = "name".into(),
            "both attribute and child block",
        ),
        (
            "a write-only set",
            |block| {
                let nested = block.block_types[1].block.as_mut().unwrap();
                nested.attributes[1].write_only = true;
            },
            "set must not contain the write-only attribute",
        ),
        (
            "bounds of one",
            |block| block.block_types[3].max_items = 2,
            "NestingSingle",
        ),
    ];
    for (what, change, expected) in table {
        let lies = Lies {
            schema: Some(Box::new(move |answer| {
                let schema = answer.resource_schemas.get_mut(THING).unwrap();
                change(schema.block.as_mut().unwrap());
            })),
            ..Lies::default()
        };
        let error = started(lies)
            .await
            .err()
            .unwrap_or_else(|| panic!("{what} is not found"));
        assert!(error.to_string().contains(expected), "{what}: {error}");
    }
}
