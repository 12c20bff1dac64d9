//! What a plan makes of configuration, prior state and private state: one row for each rule.

use super::support::{UUID, object, thing};
use engine::object::PlanRequest;
use engine::plan::plan;
use engine::private::Private;
use value::Value;

/// One attribute, as declared, configured and in state, and what it is planned to be.
struct Row {
    rule: &'static str,
    declared: &'static str,
    /// In the configuration now, and whether it was at the last apply.
    config: Value,
    was_configured: bool,
    /// In state; `None` where the object is to be created.
    prior: Option<Value>,
    planned: Value,
    replaces: bool,
}

#[test]
fn an_attribute_is_planned_by_its_declaration() {
    let string = Value::string;
    let optional_computed = "mode = \"optional+computed\"\nstable = true";
    let cleared = "mode = \"optional+computed\"\nstable = true\nunset = \"null\"";
    let rows = [
        Row {
            rule: "a configured value is planned",
            declared: "",
            config: string("new"),
            was_configured: false,
            prior: Some(string("old")),
            planned: string("new"),
            replaces: false,
        },
        Row {
            rule: "a computed value of an object to be created is unknown",
            declared: "mode = \"computed\"",
            config: Value::Null,
            was_configured: false,
            prior: None,
            planned: Value::Unknown,
            replaces: false,
        },
        Row {
            rule: "a value that was never configured stays",
            declared: optional_computed,
            config: Value::Null,
            was_configured: false,
            prior: Some(string("theirs")),
            planned: string("theirs"),
            replaces: false,
        },
        Row {
            rule: "a removed optional+computed value plans null",
            declared: cleared,
            config: Value::Null,
            was_configured: true,
            prior: Some(string("ours")),
            planned: Value::Null,
            replaces: false,
        },
        Row {
            rule: "a removed value has its default again",
            declared: "default = \"d\"",
            config: Value::Null,
            was_configured: false,
            prior: Some(string("ours")),
            planned: string("d"),
            replaces: false,
        },
        Row {
            rule: "another spelling of the same meaning is no difference",
            declared: "format = \"duration\"",
            config: string("60s"),
            was_configured: false,
            prior: Some(string("1m")),
            planned: string("1m"),
            replaces: false,
        },
        Row {
            rule: "a change of what forces a new object replaces it",
            declared: "force_new = true",
            config: string("new"),
            was_configured: false,
            prior: Some(string("old")),
            planned: string("new"),
            replaces: true,
        },
    ];
    for row in rows {
        let binding = thing(&format!(
            "[attributes.field]\ntype = \"string\"\ndoc = \"A field.\"\n{}",
            row.declared
        ));
        let of = |uuid: Value, field: Value| {
            object(
                &binding,
                &[("uuid", uuid), ("name", Value::string("a")), ("field", field)],
            )
        };
        let mut private = Private::default();
        if row.was_configured {
            private.configured.insert("field".to_owned());
        }
        let plan = plan(
            &binding,
            PlanRequest {
                prior: row
                    .prior
                    .map_or(Value::Null, |field| of(Value::string(UUID), field)),
                config: of(Value::Null, row.config),
                private,
            },
        );
        assert!(plan.planned.get("field") == &row.planned, "{}", row.rule);
        assert_eq!(!plan.requires_replace.is_empty(), row.replaces, "{}", row.rule);
    }
}
