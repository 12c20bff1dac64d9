//! The pages in the default style: what is derived, that it is current, and what another provider's look like.

#![cfg(test)]

use std::path::{Path, PathBuf};

use docs_gen::examples::Examples;
use docs_gen::facts::{Attribute, Bounds, Change, Documentation, Rule, declared, phrases};
use docs_gen::files::Files;
use docs_gen::kind::Kind;
use docs_gen::registry::{self, OWNED, PageError};
use provider::durantic::DEFINITION;
use provider::{Binding, Definition};
use schema::Literal;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn documentation(definition: &Definition) -> Documentation {
    declared::documentation(definition, "0.0.0", &Examples::new(root().join("examples"))).expect("the facts")
}

fn pages(documentation: &Documentation) -> Files {
    registry::pages(documentation, &root().join("templates")).expect("the pages")
}

#[test]
fn the_committed_pages_are_what_the_provider_serves() {
    let difference = pages(&documentation(&DEFINITION))
        .difference(&root().join("docs"), &OWNED)
        .expect("the folder");
    if let Some(difference) = difference {
        panic!("run `cargo docs-gen registry` and commit the result:\n{difference}");
    }
}

/// The definition with another default of `durantic_machine_role.merge_priority`.
fn changed() -> Definition {
    let resources = DEFINITION.resources.iter().map(|binding| {
        let mut resource = binding.schema.clone();
        if resource.name == "machine_role" {
            let attributes = resource.attributes.to_mut();
            let attribute = attributes
                .iter_mut()
                .find(|one| one.name == "merge_priority")
                .expect("the attribute");
            attribute.default = Some(Literal::Int(101));
        }
        Binding {
            schema: Box::leak(Box::new(resource)),
            hook: binding.hook,
        }
    });
    Definition {
        resources: Box::leak(resources.collect::<Vec<_>>().into_boxed_slice()),
        ..DEFINITION
    }
}

#[test]
fn another_default_fails_the_check_which_names_the_page_and_one_command_repairs_it() {
    let docs = tempfile::tempdir().expect("a folder");
    pages(&documentation(&DEFINITION))
        .write(docs.path(), &OWNED)
        .expect("written");
    std::fs::write(docs.path().join("resources/old.md"), "left over").expect("written");

    let now = pages(&documentation(&changed()));
    let difference = now
        .difference(docs.path(), &OWNED)
        .expect("the folder")
        .expect("a difference");
    assert!(difference.contains("resources/machine_role.md"), "{difference}");
    assert!(
        difference.contains("-  Default: `100`.") && difference.contains("+  Default: `101`."),
        "{difference}"
    );
    assert!(
        difference.contains("resources/old.md: nothing generates this file"),
        "{difference}"
    );
    assert!(
        !difference.contains("mesh_network.md"),
        "only the page that differs: {difference}"
    );

    assert_eq!(
        now.write(docs.path(), &OWNED).expect("written"),
        1,
        "only that page is written"
    );
    assert_eq!(now.difference(docs.path(), &OWNED).expect("the folder"), None);
}

type Edit<'a> = &'a dyn Fn(&mut Attribute);

#[test]
fn every_fact_has_its_sentence() {
    let bounds = |min, max| Some(Bounds { min, max });
    let with = |change: &dyn Fn(&mut Attribute)| {
        let mut attribute = Attribute {
            name: "a".to_owned(),
            r#type: "String".to_owned(),
            ..Attribute::default()
        };
        change(&mut attribute);
        phrases::attribute(&attribute, &[], None).join(" ")
    };
    let cases: [(Edit, &str); 19] = [
        (
            &|one| one.change = Some(Change::Replaced),
            "**Forces replacement.**",
        ),
        (&|one| one.default = Some("x".into()), "Default: `x`."),
        (&|one| one.default = Some("".into()), "Default: empty (`\"\"`)."),
        (
            &|one| one.environment = Some("A_B".to_owned()),
            "Environment variable: `A_B`.",
        ),
        (
            &|one| one.allowed = vec!["x".to_owned(), "y".to_owned()],
            "Allowed values: `x`, `y`.",
        ),
        (&|one| one.format = Some("uuid".to_owned()), "A UUID."),
        (
            &|one| {
                one.format = Some("cidr".to_owned());
                one.r#type = "List of String".to_owned();
            },
            "Each is an address block in CIDR notation.",
        ),
        (&|one| one.range = bounds(Some(0), Some(20)), "0 to 20."),
        (&|one| one.range = bounds(Some(1), None), "At least 1."),
        (&|one| one.length = bounds(Some(1), None), "At least 1 character."),
        (
            &|one| one.length = bounds(None, Some(63)),
            "At most 63 characters.",
        ),
        (&|one| one.items = bounds(Some(2), Some(2)), "Exactly 2 elements."),
        (
            &|one| one.pattern = Some("[a-z]+".to_owned()),
            "Matches `[a-z]+`.",
        ),
        (
            &|one| one.equal = Some("set".to_owned()),
            "The order has no meaning: another order is no change.",
        ),
        (
            &|one| one.equal = Some("scheme".to_owned()),
            "Its scheme and a slash at its end make no difference.",
        ),
        (
            &|one| one.twin = Some("a_wo".to_owned()),
            "Its write-only twin `a_wo` is never stored in state or plan.",
        ),
        (
            &|one| one.not_returned = true,
            "Not returned by the API: a change made elsewhere goes unseen.",
        ),
        (
            &|one| one.since = Some("1.4.0".to_owned()),
            "Since version 1.4.0.",
        ),
        (
            &|one| one.deprecated = Some("use `b`".to_owned()),
            "**Deprecated**: use `b`.",
        ),
    ];
    for (change, sentence) in cases {
        assert_eq!(with(change), sentence);
    }
    let rule = Rule {
        text: "Exactly one of `a` and `b` must be set.".to_owned(),
        within: None,
        attributes: vec!["a".to_owned(), "b".to_owned()],
    };
    let attribute = Attribute {
        name: "a".to_owned(),
        ..Attribute::default()
    };
    assert_eq!(
        phrases::attribute(&attribute, std::slice::from_ref(&rule), None),
        ["Exactly one of `a` and `b` must be set."]
    );
    assert_eq!(
        phrases::attribute(&attribute, &[rule], Some("block")),
        Vec::<String>::new(),
        "it holds elsewhere"
    );
}

#[test]
fn a_description_of_several_lines_stays_inside_its_item() {
    let mut documentation = documentation(&DEFINITION);
    let role = documentation
        .objects
        .iter_mut()
        .find(|object| object.name == "durantic_machine_role")
        .expect("the role");
    let attribute = role
        .attributes
        .iter_mut()
        .find(|one| one.name == "merge_priority")
        .expect("the attribute");
    attribute.description = "First.\n\n- one\n- two\n\n```\ncode\n```".to_owned();
    let files = pages(&documentation);
    let page = files.get("resources/machine_role.md").expect("the page");
    let item = "- `merge_priority` (Number) First.\n\n  - one\n  - two\n\n  ```\n  code\n  ```\n\n  Default: `100`.\n- `";
    assert!(page.contains(item), "{page}");
}

#[test]
fn a_page_that_the_registry_would_cut_off_is_refused() {
    let mut documentation = documentation(&DEFINITION);
    documentation.objects[1].description = "x".repeat(500_000);
    let error = registry::pages(&documentation, Path::new("nowhere")).expect_err("too large");
    assert!(matches!(error, PageError::Size { size, .. } if size > 500_000));
}

/// Of every attribute of every object the page has a line, in its group, with its type.
#[test]
fn every_attribute_is_on_its_page() {
    let documentation = documentation(&DEFINITION);
    let files = pages(&documentation);
    let mut count = 0;
    for object in &documentation.objects {
        let page = files
            .get(&format!("{}.md", object.path("durantic")))
            .expect("the page");
        for (_, attribute) in object.every_attribute() {
            let line = format!("- `{}` ({}", attribute.name, attribute.r#type);
            assert!(page.contains(&line), "{}: {line}", object.name);
            count += 1;
        }
    }
    assert!(count > 150, "{count}");
}

#[test]
fn what_a_change_does_follows_from_the_declaration() {
    let documentation = documentation(&DEFINITION);
    let change = |resource: &str, name: &str| {
        let object = documentation
            .object(Kind::Resource, resource)
            .expect("the resource");
        object
            .attributes
            .iter()
            .find(|one| one.name == name)
            .expect("the attribute")
            .change
    };
    assert_eq!(
        change("durantic_mesh_network", "network_cidr"),
        Some(Change::Replaced)
    );
    assert_eq!(
        change("durantic_mesh_network", "is_default"),
        Some(Change::InPlace)
    );
    assert_eq!(change("durantic_mesh_network", "machine_count"), None);
    assert_eq!(
        change("durantic_machine_deployment", "force_provision"),
        Some(Change::Replaced)
    );
    assert_eq!(
        change("durantic_machine_deployment", "timeouts"),
        Some(Change::Nothing)
    );
    assert_eq!(change("durantic_secret", "value"), Some(Change::InPlace));
    assert_eq!(
        change("durantic_secret", "value_wo"),
        Some(Change::Nothing),
        "Terraform cannot see it"
    );
    assert_eq!(
        change("durantic_secret", "value_wo_version"),
        Some(Change::InPlace)
    );
    assert_eq!(
        change("durantic_route_policy_set", "rules"),
        Some(Change::InPlace)
    );
}

/// Headings, anchors and order are those of the other style: what links to one page finds the other.
#[test]
fn both_styles_have_the_same_anchors() {
    let document = docs_gen::served::document(&DEFINITION).expect("the schema");
    let names = docs_gen::compat::Names {
        provider: "durantic".to_owned(),
        rendered: "durantic".to_owned(),
    };
    let other = docs_gen::compat::pages(
        document.provider("durantic").expect("the provider"),
        &names,
        &Examples::new(root().join("examples")),
    )
    .expect("the pages");
    let files = pages(&documentation(&DEFINITION));
    for (path, text) in other.iter() {
        let rich = files.get(path).expect(path);
        let anchors = |text: &str| -> Vec<String> {
            text.lines()
                .filter(|line| line.starts_with("<a id="))
                .map(str::to_owned)
                .collect()
        };
        assert_eq!(anchors(text), anchors(rich), "{path}");
        let names = |text: &str| -> Vec<String> {
            let schema = text.split("## Schema").nth(1).unwrap_or_default();
            let schema = schema.split("\n## ").next().unwrap_or_default();
            let lines = schema
                .lines()
                .filter(|line| line.starts_with("- `") || line.starts_with("### "));
            lines
                .map(|line| line.split(" (").next().unwrap_or_default().to_owned())
                .collect()
        };
        assert_eq!(names(text), names(rich), "{path}");
    }
}
