//! The fake core finds faults in plans, diagnostics and schemas: a checker that cannot fail is useless.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use harness::fake_core::{Action, Core, Error, Mode, UNKNOWN};
use proto::tfplugin6;
use serde_json::{Value as Json, json};
use value::Value;

use super::faulty_provider::{Alter, Alterations, FaultyProvider};

pub const THING: &str = "faulty_thing";

pub async fn started(alterations: Alterations) -> Result<Core, Error> {
    let core = Core::unconfigured(Arc::new(FaultyProvider { alterations })).await?;
    core.configure(&json!({})).await?;
    Ok(core)
}

pub async fn correct_provider() -> Core {
    started(Alterations::default()).await.unwrap()
}

/// A configuration with every argument.
pub fn full() -> Json {
    json!({
        "name": "a", "size": 7, "words": ["x", "y"], "tags": ["t", "s"], "labels": {"k": "v"}, "secret": "s",
        "secret_wo": "w", "disk": {"path": "/a"}, "disks": [{"path": "/a"}, {"path": "/b"}],
        "disk_set": [{"path": "/a"}, {"path": "/b"}], "disk_map": {"m": {"path": "/m"}},
        "rule": [{"port": 1}, {"port": 2}], "rule_set": [{"port": 1}, {"port": 2}],
        "rule_map": {"r": {"port": 3}}, "limits": {"port": 9},
    })
}

pub fn set(name: &'static str, value: impl Fn() -> Value + Send + Sync + 'static) -> Alter<Value> {
    Box::new(move |object| {
        if !object.is_null() {
            object.set_attribute(name, value());
        }
    })
}

/// Changes an attribute of the first element (or of the only object) in a nested attribute or block.
pub fn set_within(outer: &'static str, name: &'static str, value: Value) -> Alter<Value> {
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

/// A path of attributes and blocks.
pub fn path(names: &[&str]) -> tfplugin6::AttributePath {
    use tfplugin6::attribute_path::step::Selector;
    let steps = names.iter().map(|name| tfplugin6::attribute_path::Step {
        selector: Some(Selector::AttributeName((*name).to_owned())),
    });
    tfplugin6::AttributePath {
        steps: steps.collect(),
    }
}

#[tokio::test]
async fn core_accepts_a_correct_provider() {
    let mut core = correct_provider().await;
    let planned = core.plan(THING, "a", &full()).await.unwrap();
    assert_eq!(planned.action, Action::Create);
    assert!(planned.planned.get("id").is_unknown());
    let state = core.apply(planned).await.unwrap();
    assert_eq!(state.get("id").as_str(), Some("created"));
    assert_eq!(core.stored(THING, "a").unwrap().private, b"{\"seen\":true}");
    assert_eq!(core.plan(THING, "a", &full()).await.unwrap().action, Action::NoOp);

    let mut other = full();
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
    core.read_data_source(THING, &full()).await.unwrap();
}

#[tokio::test]
async fn apply_resolved_replaces_unknown_values() {
    let mut core = correct_provider().await;
    let mut config = full();
    config["size"] = json!(UNKNOWN);
    config["disks"] = json!([{"path": UNKNOWN}]);
    config["rule"] = json!(UNKNOWN);
    let planned = core.plan(THING, "a", &config).await.unwrap();
    assert!(planned.planned.get("size").is_unknown());
    let state = core.apply_resolved(planned, &full()).await.unwrap_err();
    assert!(state.to_string().contains("element 1 has appeared"), "{state}");
    let mut resolved = full();
    resolved["disks"] = json!([{"path": "/a"}]);
    let planned = core.plan(THING, "a", &config).await.unwrap();
    core.apply_resolved(planned, &resolved).await.unwrap();
}

#[tokio::test]
async fn decode_normalises_strings_to_nfc() {
    let mut core = correct_provider().await;
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
async fn assert_plan_valid_rejects_each_faulty_plan() {
    let table: Vec<(&str, Alter<Value>, &str)> = vec![
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
            "a changed label",
            set("labels", || Value::map([("k", "w".into())])),
            ".labels: planned value",
        ),
        (
            "another secret",
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
            "a note that is not configured",
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
            "another path in a single object",
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
    for (what, alter, expected) in table {
        let core = started(Alterations {
            plan: Some(alter),
            ..Alterations::default()
        })
        .await
        .unwrap();
        let error = core.plan(THING, "a", &full()).await.unwrap_err();
        assert!(error.is_violation(), "{what}: {error}");
        assert!(
            error.to_string().starts_with("Provider produced invalid plan"),
            "{what}: {error}"
        );
        assert!(error.to_string().contains(expected), "{what}: {error}");
    }
}

#[tokio::test]
async fn assert_plan_valid_keeps_null_null_and_unknown_unknown() {
    let alterations = Alterations {
        plan: Some(set("size", || 3.into())),
        ..Alterations::default()
    };
    let core = started(alterations).await.unwrap();
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
async fn assert_plan_valid_allows_prior_only_if_configured() {
    let mut core = started(Alterations {
        plan: Some(set("size", || 7.into())),
        ..Alterations::default()
    })
    .await
    .unwrap();
    core.converge(THING, "a", &full()).await.unwrap();
    let mut other = full();
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
async fn requires_replace_counts_only_changed_values() {
    let (size, nowhere) = (path(&["size"]), path(&["nowhere"]));
    let forced = Alterations {
        plan_response: Some(Box::new(move |response| {
            response.requires_replace = vec![size.clone()];
        })),
        ..Alterations::default()
    };
    let mut core = started(forced).await.unwrap();
    core.converge(THING, "a", &full()).await.unwrap();
    assert_eq!(core.plan(THING, "a", &full()).await.unwrap().action, Action::NoOp);
    let mut other = full();
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

    let with_invalid_path = Alterations {
        plan_response: Some(Box::new(move |response| {
            response.requires_replace = vec![nowhere.clone()];
        })),
        ..Alterations::default()
    };
    let mut core = started(with_invalid_path).await.unwrap();
    core.converge(THING, "a", &full()).await.unwrap();
    let error = core.plan(THING, "a", &other).await.unwrap_err();
    assert!(
        error.to_string().contains("non-existent attribute path nowhere"),
        "{error}"
    );
}

#[tokio::test]
async fn check_final_plan_rejects_a_changed_value() {
    let count = AtomicU32::new(0);
    let alter = move |object: &mut Value| {
        let number = i64::from(count.fetch_add(1, Ordering::SeqCst));
        object.set_attribute("hint", Value::string(number.to_string()));
    };
    let mut core = started(Alterations {
        plan: Some(Box::new(alter)),
        ..Alterations::default()
    })
    .await
    .unwrap();
    let error = core.converge(THING, "a", &full()).await.unwrap_err();
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
async fn check_final_plan_rejects_another_action() {
    let plans = AtomicU32::new(0);
    let changing = Alterations {
        plan_response: Some(Box::new(move |response| {
            // The create plans twice, then the change plans once: the fourth plan is that of its apply.
            if plans.fetch_add(1, Ordering::SeqCst) == 3 {
                response.requires_replace = vec![path(&["size"])];
            }
        })),
        ..Alterations::default()
    };
    let mut core = started(changing).await.unwrap();
    core.converge(THING, "a", &full()).await.unwrap();
    let mut other = full();
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
async fn diagnostics_need_a_severity_and_an_existing_path() {
    let reporting = |severity: i32, name: &'static str| Alterations {
        validate: Some(Box::new(move |response| {
            response.diagnostics = vec![tfplugin6::Diagnostic {
                severity,
                summary: "No".to_owned(),
                attribute: Some(path(&[name])),
                ..tfplugin6::Diagnostic::default()
            }];
        })),
        ..Alterations::default()
    };
    let core = started(reporting(0, "name")).await.unwrap();
    let error = core.validate(THING, &full()).await.unwrap_err();
    assert!(error.to_string().contains("has no severity"), "{error}");
    let core = started(reporting(1, "nowhere")).await.unwrap();
    let error = core.validate(THING, &full()).await.unwrap_err();
    assert!(error.to_string().contains("does not exist"), "{error}");
    let core = started(reporting(1, "name")).await.unwrap();
    assert_eq!(
        core.validate(THING, &full()).await.unwrap_err().reported().len(),
        1
    );
    let core = started(reporting(2, "name")).await.unwrap();
    assert_eq!(core.plan(THING, "a", &full()).await.unwrap().warnings.len(), 1);
}

#[tokio::test]
async fn schema_read_rejects_each_invalid_schema() {
    type Change = fn(&mut tfplugin6::schema::Block);
    let table: [(&str, Change, &str); 8] = [
        (
            "neither configurable nor computed",
            |block| block.attributes[0].required = false,
            "must set Optional, Required or Computed",
        ),
        (
            "required and computed",
            |block| block.attributes[0].computed = true,
            "cannot set both",
        ),
        (
            "no type",
            |block| block.attributes[0].r#type.clear(),
            "either Type or NestedType",
        ),
        (
            "unknown type",
            |block| block.attributes[0].r#type = b"\"text\"".to_vec(),
            "no declaration can have this type",
        ),
        (
            "invalid name",
            |block| block.attributes[0].name = "Name".into(),
            "invalid name",
        ),
        (
            "attribute and block with one name",
            |block| block.block_types[0].type_name = "name".into(),
            "both attribute and child block",
        ),
        (
            "write-only in a set",
            |block| {
                let nested = block.block_types[1].block.as_mut().unwrap();
                nested.attributes[1].write_only = true;
            },
            "set must not contain the write-only attribute",
        ),
        (
            "bounds of a single block",
            |block| block.block_types[3].max_items = 2,
            "NestingSingle",
        ),
    ];
    for (what, change, expected) in table {
        let alterations = Alterations {
            schema: Some(Box::new(move |response| {
                let schema = response.resource_schemas.get_mut(THING).unwrap();
                change(schema.block.as_mut().unwrap());
            })),
            ..Alterations::default()
        };
        let error = started(alterations)
            .await
            .err()
            .unwrap_or_else(|| panic!("{what}: accepted"));
        assert!(error.to_string().contains(expected), "{what}: {error}");
    }
}
