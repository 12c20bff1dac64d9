//! Forms for machines: facts that survive a round, twins, `llms.txt`, and the difference of two versions.

#![cfg(test)]

use std::path::{Path, PathBuf};

use docs_gen::diff::changelog;
use docs_gen::examples::Examples;
use docs_gen::facts::{Attribute, Bounds, Change, Documentation, Group, Object, declared};
use docs_gen::{llms, registry};
use provider::durantic::DEFINITION;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn documentation() -> Documentation {
    declared::documentation(&DEFINITION, "1.3.0", &Examples::new(root().join("examples"))).expect("the facts")
}

#[test]
fn facts_survive_a_round_through_json() {
    let text = serde_json::to_string(&documentation()).expect("JSON");
    let read: Documentation = serde_json::from_str(&text).expect("the facts");
    assert_eq!(read, documentation());
}

#[test]
fn every_page_has_a_twin_and_a_link() {
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
    let full = files.get("llms-full.txt").expect("the whole");
    for (path, text) in pages.iter() {
        assert_eq!(files.get(path), Some(text), "{path} has a twin");
        assert!(index.contains(&format!("({path})")), "{path} is listed");
        let body = text.splitn(3, "---\n").nth(2).expect("a body").trim();
        assert!(full.contains(body), "{path} is in the whole");
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
fn nothing_changed_is_nothing_said() {
    assert_eq!(changed(|_| ()), "");
}

#[test]
fn changes_are_sorted_under_the_headings_that_users_know() {
    let text = changed(|new| {
        new.objects.retain(|object| object.name != "durantic_variable");
        let mut added = object(new, "durantic_vip").clone();
        added.name = "durantic_bond".to_owned();
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
        "BREAKING CHANGES:\n\n* resource/durantic_variable: removed\n* resource/durantic_vip: `name` forces replacement\n\n\
         DEPRECATIONS:\n\n* resource/durantic_vip: `enabled` is deprecated. Use `state`.\n\n\
         FEATURES:\n\n* **New Resource:** `durantic_bond`\n\n\
         ENHANCEMENTS:\n\n* resource/durantic_vip: new attribute `state`"
    );
}

type Edit<'a> = &'a dyn Fn(&mut Attribute);

#[test]
fn every_kind_of_change_of_an_attribute() {
    let cases: [(Edit, &str); 11] = [
        (
            &|one| one.default = Some(200.into()),
            "BREAKING CHANGES:\n\n* resource/durantic_machine_role: `merge_priority` has another default: `200` (was `100`)",
        ),
        (
            &|one| one.r#type = "String".to_owned(),
            "BREAKING CHANGES:\n\n* resource/durantic_machine_role: `merge_priority` has the type String (was Number)",
        ),
        (
            &|one| one.group = Group::Required,
            "BREAKING CHANGES:\n\n* resource/durantic_machine_role: `merge_priority` is required",
        ),
        (
            &|one| one.group = Group::ReadOnly,
            "BREAKING CHANGES:\n\n* resource/durantic_machine_role: `merge_priority` is read-only",
        ),
        (
            &|one| one.allowed = vec!["1".to_owned()],
            "BREAKING CHANGES:\n\n* resource/durantic_machine_role: `merge_priority` takes only `1`",
        ),
        (
            &|one| {
                one.range = Some(Bounds {
                    min: Some(0),
                    max: None,
                });
            },
            "BREAKING CHANGES:\n\n* resource/durantic_machine_role: `merge_priority` has a narrower range",
        ),
        (
            &|one| one.pattern = Some("x".to_owned()),
            "BREAKING CHANGES:\n\n* resource/durantic_machine_role: `merge_priority` must match `x`",
        ),
        (
            &|one| one.format = Some("uuid".to_owned()),
            "BREAKING CHANGES:\n\n* resource/durantic_machine_role: `merge_priority` must be of the format `uuid`",
        ),
        (
            &|one| one.write_only = true,
            "BREAKING CHANGES:\n\n* resource/durantic_machine_role: `merge_priority` is write-only",
        ),
        (
            &|one| one.sensitive = true,
            "ENHANCEMENTS:\n\n* resource/durantic_machine_role: `merge_priority` is sensitive",
        ),
        (
            &|one| one.name = "rank".to_owned(),
            "BREAKING CHANGES:\n\n* resource/durantic_machine_role: `merge_priority` removed\n\nENHANCEMENTS:\n\n* resource/durantic_machine_role: new attribute `rank`",
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
fn values_that_come_and_go_and_a_nested_attribute() {
    let text = changed(|new| {
        attribute(new, "durantic_machine_config", "tunnel_type").allowed =
            vec!["auto".to_owned(), "gre".to_owned()];
    });
    assert_eq!(
        text,
        "BREAKING CHANGES:\n\n* resource/durantic_machine_config: `tunnel_type` does not take `wireguard` and `geneve` any more\n\n\
         ENHANCEMENTS:\n\n* resource/durantic_machine_config: `tunnel_type` takes `gre`"
    );
    let text = changed(|new| {
        attribute(new, "durantic_route_policy_set", "rules")
            .attributes
            .retain(|one| one.name != "set_med");
    });
    assert_eq!(
        text,
        "BREAKING CHANGES:\n\n* resource/durantic_route_policy_set: `rules.set_med` removed"
    );
    let text = changed(|new| {
        object(new, "durantic_route_policy_set")
            .attributes
            .retain(|one| one.name != "rules");
    });
    assert_eq!(
        text, "BREAKING CHANGES:\n\n* resource/durantic_route_policy_set: `rules` removed",
        "and not all that was in it"
    );
}
