//! Facts as JSON, `llms.txt`, and changelog fragments.

#![cfg(test)]

use std::path::{Path, PathBuf};

use docs_gen::diff::changelog;
use docs_gen::examples::Examples;
use docs_gen::facts::{
    Attribute, Bounds, Change, Documentation, Function, Group, Object, Parameter, Rule, declared,
};
use docs_gen::kind::Kind;
use docs_gen::{llms, registry};
use provider::durantic::DEFINITION;
use serde_json::{Value as Json, json};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn documentation() -> Documentation {
    declared::documentation(&DEFINITION, "1.3.0", &Examples::new(root().join("examples"))).expect("the facts")
}

#[test]
fn facts_round_trip_through_json() {
    let text = serde_json::to_string(&documentation()).expect("JSON");
    let read: Documentation = serde_json::from_str(&text).expect("the facts");
    assert_eq!(read, documentation());
}

#[test]
fn llms_files_have_and_list_every_page() {
    let documentation = documentation();
    let pages = registry::pages(&documentation, &root().join("templates")).expect("the pages");
    let files = llms::files(&documentation, &pages).expect("the files");
    let index = files.get("llms.txt").expect("the index");
    assert!(
        index.starts_with(
            "# durantic provider for Terraform\n\n> Manages bare-metal machines with Durantic.\n\n"
        ),
        "{index}"
    );
    let full = files.get("llms-full.txt").expect("llms-full.txt");
    for (path, text) in pages.iter() {
        assert_eq!(files.get(path), Some(text), "{path} is written");
        assert!(index.contains(&format!("({path})")), "{path} is listed");
        let body = text.splitn(3, "---\n").nth(2).expect("a body").trim();
        assert!(full.contains(body), "{path} is in llms-full.txt");
    }
    let facts: Documentation =
        serde_json::from_str(files.get("provider.docs.json").expect("the facts")).expect("JSON");
    assert_eq!(facts, documentation);
}

fn changed(change: impl FnOnce(&mut Documentation)) -> String {
    let mut new = documentation();
    change(&mut new);
    changelog(&documentation(), &new)
}

fn object<'a>(documentation: &'a mut Documentation, name: &str) -> &'a mut Object {
    documentation
        .objects
        .iter_mut()
        .find(|object| object.name == name)
        .expect(name)
}

fn attribute<'a>(documentation: &'a mut Documentation, name: &str, attribute: &str) -> &'a mut Attribute {
    object(documentation, name)
        .attributes
        .iter_mut()
        .find(|one| one.name == attribute)
        .expect(attribute)
}

#[test]
fn changelog_is_empty_without_changes() {
    assert_eq!(changed(|_| ()), "");
}

#[test]
fn changelog_groups_changes_under_headings() {
    let text = changed(|new| {
        new.objects.retain(|object| object.name != "durantic_route");
        let mut added = object(new, "durantic_vip").clone();
        added.name = "durantic_bond".to_owned();
        new.objects.push(added.clone());
        added.kind = Kind::ListResource;
        new.objects.push(added);
        attribute(new, "durantic_vip", "name").change = Some(Change::Replaced);
        attribute(new, "durantic_vip", "enabled").deprecated = Some("Use `state`.".to_owned());
        let vip = object(new, "durantic_vip");
        vip.attributes.push(Attribute {
            name: "state".to_owned(),
            r#type: "String".to_owned(),
            ..Attribute::default()
        });
    });
    assert_eq!(
        text,
        "BREAKING CHANGES:\n\n* list-resource/durantic_route: the list resource was removed\n\
         * resource/durantic_route: the resource was removed\n* resource/durantic_vip: `name` now forces replacement\n\n\
         DEPRECATIONS:\n\n* resource/durantic_vip: `enabled` is deprecated. Use `state`.\n\n\
         FEATURES:\n\n* **New List Resource:** `durantic_bond`\n* **New Resource:** `durantic_bond`\n\n\
         ENHANCEMENTS:\n\n* resource/durantic_vip: new attribute `state`"
    );
}

/// The facts, with a variadic function, which this provider does not have.
fn with_variadic_function() -> Documentation {
    let mut facts = documentation();
    let parameter = |name: &str, r#type: &str| Parameter {
        name: name.to_owned(),
        r#type: r#type.to_owned(),
        description: String::new(),
    };
    let mut function = object(&mut facts, "durantic_variable").clone();
    function.kind = Kind::Function;
    function.attributes = Vec::new();
    function.function = Some(Function {
        signature: "join(a string, more string...) string".to_owned(),
        parameters: vec![
            parameter("a", "String, Nullable"),
            parameter("more", "Variadic, String"),
        ],
    });
    facts.objects.push(function);
    facts
}

/// Facts whose change the changelog does not report: no configuration depends on them, or another fact has the same change.
const NOT_REPORTED: [&str; 16] = [
    "address",
    "deprecated",
    "description",
    "example",
    "examples",
    "format",
    "import_examples",
    "list",
    "operations",
    "parameters",
    "reference",
    "since",
    "subcategory",
    "summary",
    "twin",
    "version",
];

/// Another allowed value of the same fact.
fn another_value(key: &str, value: &Json) -> Option<Json> {
    let other = |all: &[&str]| {
        let at = all.iter().position(|one| value == one).expect("a known word");
        json!(all[(at + 1) % all.len()])
    };
    Some(match (key, value) {
        ("kind", _) => other(&["provider", "resource", "data-source", "function", "list-resource"]),
        ("shape", _) => other(&["nested", "block"]),
        ("group", _) => other(&["required", "optional", "read-only"]),
        ("change", _) => other(&["replaced", "in-place", "nothing"]),
        ("destroy", _) => other(&["deleted", "forgotten"]),
        ("equal", _) => return None,
        (_, Json::Bool(value)) => json!(!value),
        (_, Json::Number(number)) => json!(number.as_i64().expect("an integer") + 1),
        (_, Json::String(text)) => json!(format!("{text}x")),
        _ => return None,
    })
}

/// Changes each fact in turn, in both directions. The changelog must report each change.
#[test]
fn changelog_reports_a_change_of_every_fact() {
    let old = with_variadic_function();
    let facts = serde_json::to_value(&old).expect("JSON");
    let mut pointers = Vec::new();
    leaves(&facts, String::new(), &mut pointers);
    let mut count = 0;
    for pointer in pointers {
        let keys: Vec<&str> = pointer.split('/').collect();
        let key = *keys.last().expect("a key");
        // `format` is also the format version of the facts.
        let is_attribute = keys.contains(&"attributes") || keys.contains(&"identity");
        // With another name it is another provider.
        if pointer == "/name"
            || keys
                .iter()
                .any(|key| NOT_REPORTED.contains(key) && !(is_attribute && *key == "format"))
        {
            continue;
        }
        // `computed` matters only for an optional attribute.
        let group = pointer
            .rsplit_once('/')
            .map(|(attribute, _)| format!("{attribute}/group"));
        let group = group
            .and_then(|group| facts.pointer(&group))
            .unwrap_or(&Json::Null);
        if key == "computed" && group != "optional" {
            continue;
        }
        let mut changed = facts.clone();
        let place = changed.pointer_mut(&pointer).expect("a fact");
        let Some(value) = another_value(key, place) else {
            continue;
        };
        *place = value;
        let Ok(new) = serde_json::from_value::<Documentation>(changed) else {
            panic!("the facts with another {pointer} cannot be read");
        };
        assert_ne!(changelog(&old, &new), "", "{pointer} was changed");
        assert_ne!(changelog(&new, &old), "", "{pointer} was changed back");
        count += 1;
    }
    assert!(count > 900, "{count}");
}

#[test]
fn changelog_reports_the_first_identity_as_an_enhancement() {
    let now = documentation();
    let mut before = documentation();
    object(&mut before, "durantic_vip").identity.clear();
    let address = "* resource/durantic_vip: the object";
    assert_eq!(
        changelog(&before, &now),
        format!("ENHANCEMENTS:\n\n{address} can now be imported by identity")
    );
    assert_eq!(
        changelog(&now, &before),
        format!("BREAKING CHANGES:\n\n{address} can no longer be imported by identity")
    );
}

fn leaves(json: &Json, pointer: String, out: &mut Vec<String>) {
    match json {
        Json::Object(fields) => fields
            .iter()
            .for_each(|(key, value)| leaves(value, format!("{pointer}/{key}"), out)),
        Json::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(index, value)| leaves(value, format!("{pointer}/{index}"), out)),
        _ => out.push(pointer),
    }
}

#[test]
fn changelog_reports_relaxed_rules_as_enhancements() {
    let loosen = |change: &dyn Fn(&mut Documentation)| {
        let mut old = documentation();
        change(&mut old);
        changelog(&old, &documentation())
    };
    let cases: [(Edit, &str); 8] = [
        (
            &|one| one.pattern = Some("x".to_owned()),
            "no longer has to match `x`",
        ),
        (
            &|one| one.format = Some("uuid".to_owned()),
            "no longer has to have the format `uuid`",
        ),
        (&|one| one.allowed = vec!["1".to_owned()], "now accepts any value"),
        (
            &|one| {
                one.length = Some(Bounds {
                    min: Some(1),
                    max: Some(2),
                });
            },
            "now has a wider length",
        ),
        (
            &|one| one.change = Some(Change::Replaced),
            "no longer forces replacement",
        ),
        (&|one| one.group = Group::Required, "is now optional"),
        (
            &|one| one.deprecated = Some(String::new()),
            "is no longer deprecated",
        ),
        (
            &|one| one.not_returned = true,
            "is now returned by the API, so Terraform detects changes made outside Terraform",
        ),
    ];
    for (change, expected) in cases {
        let text = loosen(&|old| change(attribute(old, "durantic_machine_role", "merge_priority")));
        assert_eq!(
            text,
            format!("ENHANCEMENTS:\n\n* resource/durantic_machine_role: `merge_priority` {expected}")
        );
    }
    let shorter =
        loosen(&|old| object(old, "durantic_machine_deployment").timeouts[0].default = "30m".to_owned());
    assert_eq!(
        shorter,
        "ENHANCEMENTS:\n\n* resource/durantic_machine_deployment: the `create` timeout now defaults to `60m` (before: `30m`)"
    );
    let longer =
        loosen(&|old| object(old, "durantic_machine_deployment").timeouts[0].default = "90m".to_owned());
    assert!(longer.starts_with("BREAKING CHANGES:"), "{longer}");
    let rule = loosen(&|old| {
        object(old, "durantic_vip").rules.push(Rule {
            text: "At most one.".to_owned(),
            within: None,
            attributes: Vec::new(),
        });
    });
    assert_eq!(
        rule,
        "ENHANCEMENTS:\n\n* resource/durantic_vip: removed rule: At most one."
    );
}

type Edit<'a> = &'a dyn Fn(&mut Attribute);

#[test]
fn changelog_reports_every_change_of_an_attribute() {
    let cases: [(Edit, &str); 11] = [
        (
            &|one| one.default = Some(200.into()),
            "BREAKING CHANGES:\n\n* resource/durantic_machine_role: `merge_priority` now defaults to `200` (before: `100`)",
        ),
        (
            &|one| one.r#type = "String".to_owned(),
            "BREAKING CHANGES:\n\n* resource/durantic_machine_role: `merge_priority` now has the type String (before: Number)",
        ),
        (
            &|one| one.group = Group::Required,
            "BREAKING CHANGES:\n\n* resource/durantic_machine_role: `merge_priority` is now required",
        ),
        (
            &|one| one.group = Group::ReadOnly,
            "BREAKING CHANGES:\n\n* resource/durantic_machine_role: `merge_priority` is now read-only",
        ),
        (
            &|one| one.allowed = vec!["1".to_owned()],
            "BREAKING CHANGES:\n\n* resource/durantic_machine_role: `merge_priority` now accepts only `1`",
        ),
        (
            &|one| {
                one.range = Some(Bounds {
                    min: Some(0),
                    max: None,
                });
            },
            "BREAKING CHANGES:\n\n* resource/durantic_machine_role: `merge_priority` now has a narrower range",
        ),
        (
            &|one| one.pattern = Some("x".to_owned()),
            "BREAKING CHANGES:\n\n* resource/durantic_machine_role: `merge_priority` must now match `x`",
        ),
        (
            &|one| one.format = Some("uuid".to_owned()),
            "BREAKING CHANGES:\n\n* resource/durantic_machine_role: `merge_priority` must now have the format `uuid`",
        ),
        (
            &|one| one.write_only = true,
            "BREAKING CHANGES:\n\n* resource/durantic_machine_role: `merge_priority` is now write-only",
        ),
        (
            &|one| one.sensitive = true,
            "ENHANCEMENTS:\n\n* resource/durantic_machine_role: `merge_priority` is now sensitive",
        ),
        (
            &|one| one.name = "rank".to_owned(),
            "BREAKING CHANGES:\n\n* resource/durantic_machine_role: `merge_priority` was removed\n\nENHANCEMENTS:\n\n* resource/durantic_machine_role: new attribute `rank`",
        ),
    ];
    for (change, expected) in cases {
        assert_eq!(
            changed(|new| change(attribute(new, "durantic_machine_role", "merge_priority"))),
            expected
        );
    }
}

#[test]
fn changelog_reports_allowed_values_and_nested_attributes() {
    let text = changed(|new| {
        attribute(new, "durantic_machine_config", "tunnel_type").allowed =
            vec!["auto".to_owned(), "gre".to_owned()];
    });
    assert_eq!(
        text,
        "BREAKING CHANGES:\n\n* resource/durantic_machine_config: `tunnel_type` no longer accepts `wireguard` and `geneve`\n\n\
         ENHANCEMENTS:\n\n* resource/durantic_machine_config: `tunnel_type` now accepts `gre`"
    );
    let text = changed(|new| {
        attribute(new, "durantic_route_policy_set", "rules")
            .attributes
            .retain(|one| one.name != "set_med");
    });
    assert_eq!(
        text,
        "BREAKING CHANGES:\n\n* resource/durantic_route_policy_set: `rules.set_med` was removed"
    );
    let text = changed(|new| {
        object(new, "durantic_route_policy_set")
            .attributes
            .retain(|one| one.name != "rules");
    });
    assert_eq!(
        text, "BREAKING CHANGES:\n\n* resource/durantic_route_policy_set: `rules` was removed",
        "and not all that was in it"
    );
}
