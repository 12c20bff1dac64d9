//! The pages in the default style: derived sentences, up-to-date files, and pages of another provider.

#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};

use docs_gen::additions;
use docs_gen::compat::{self, Names};
use docs_gen::examples::Examples;
use docs_gen::facts::{
    Attribute, Bounds, Change, Documentation, Function, Parameter, Rule, Shape, declared, phrases, served,
};
use docs_gen::files::Files;
use docs_gen::json::Document;
use docs_gen::kind::Kind;
use docs_gen::registry::{self, OWNED_PATHS, PageError};
use engine::{Binding, Definition};
use provider::durantic::DEFINITION;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use schema::Sources;

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
fn docs_folder_is_up_to_date() {
    let difference = pages(&documentation(&DEFINITION))
        .difference(&root().join("docs"), &OWNED_PATHS)
        .expect("the folder");
    if let Some(difference) = difference {
        panic!("run `cargo docs-gen registry` and commit the result:\n{difference}");
    }
}

/// The definition with a changed line in one declaration.
fn changed_definition(file: &str, from: &str, to: &str) -> Definition {
    let mut sources = Sources::read(&root().join("schema"), "schema").expect("the declarations");
    let source = sources.files.iter_mut().find(|source| source.name == file);
    let text = &mut source.expect("a declaration").text;
    assert_eq!(text.matches(from).count(), 1, "{file} has the line once");
    *text = text.replace(from, to);
    let (model, problems) = schema::load(&sources);
    assert_eq!(problems, Vec::new());
    let resources = DEFINITION.resources.iter().map(|binding| {
        let mut declarations = model.declarations.iter();
        let declared = declarations.find(|one| {
            one.resource.kind == schema::Kind::Resource && one.resource.name == binding.schema.name
        });
        Binding {
            schema: Box::leak(Box::new(declared.expect("its declaration").resource.clone())),
            hook: binding.hook,
        }
    });
    Definition {
        resources: Box::leak(resources.collect::<Vec<_>>().into_boxed_slice()),
        ..DEFINITION
    }
}

#[test]
fn difference_shows_changed_default_and_write_fixes_it() {
    let docs = tempfile::tempdir().expect("a folder");
    pages(&documentation(&DEFINITION))
        .write(docs.path(), &OWNED_PATHS)
        .expect("written");
    fs::write(docs.path().join("resources/old.md"), "left over").expect("written");

    let now = changed_definition("machine_role.toml", "default = 100", "default = 101");
    let now = pages(&documentation(&now));
    let difference = now
        .difference(docs.path(), &OWNED_PATHS)
        .expect("the folder")
        .expect("a difference");
    assert!(difference.contains("resources/machine_role.md"), "{difference}");
    assert!(
        difference.contains("-  Default: `100`.") && difference.contains("+  Default: `101`."),
        "{difference}"
    );
    assert!(
        difference.contains("resources/old.md: docs-gen does not generate this file: remove it"),
        "{difference}"
    );
    assert!(
        !difference.contains("mesh_network.md"),
        "only the page that differs: {difference}"
    );

    assert_eq!(
        now.write(docs.path(), &OWNED_PATHS).expect("written"),
        1,
        "only that page is written"
    );
    assert_eq!(
        now.difference(docs.path(), &OWNED_PATHS).expect("the folder"),
        None
    );
}

type Edit<'a> = &'a dyn Fn(&mut Attribute);

#[test]
fn describe_attribute_has_a_sentence_for_every_fact() {
    let bounds = |min, max| Some(Bounds { min, max });
    let with = |change: &dyn Fn(&mut Attribute)| {
        let mut attribute = Attribute {
            name: "a".to_owned(),
            r#type: "String".to_owned(),
            ..Attribute::default()
        };
        change(&mut attribute);
        phrases::describe_attribute(&attribute, &[], None).join(" ")
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
            "The order does not matter.",
        ),
        (
            &|one| one.equal = Some("scheme".to_owned()),
            "The scheme and a trailing slash do not matter.",
        ),
        (
            &|one| one.twin = Some("a_wo".to_owned()),
            "The write-only argument `a_wo` sets the same value without storing it in state or plans.",
        ),
        (
            &|one| one.not_returned = true,
            "The API never returns this value, so Terraform cannot detect changes made outside Terraform.",
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
        phrases::describe_attribute(&attribute, std::slice::from_ref(&rule), None),
        ["Exactly one of `a` and `b` must be set."]
    );
    assert_eq!(
        phrases::describe_attribute(&attribute, &[rule], Some("block")),
        Vec::<String>::new(),
        "the rule is for another block"
    );
}

#[test]
fn page_keeps_long_description_inside_list_item() {
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

/// Descriptions in Markdown that would leave a list item if they were not indented.
const DESCRIPTIONS: [&str; 12] = [
    "",
    "One line.",
    "Two\nlines.",
    "Two.\n\nParagraphs.",
    "First:\n- a list\n- right after",
    "- a list\n- at once",
    "```\ncode at once\n```",
    "Code at the end:\n\n```hcl\nx = 1\n\ny = 2\n```",
    "| a | table |\n|---|---|\n| b | c |",
    "> A quote\n\n1. and\n2. numbers\n\n    and code",
    "A heading\n---------\n\n# and one more",
    "<div>\nHTML\n</div>\n\n***\n\n![a picture](x.png)",
];

/// With any description, the section has its headings, and lists with an item for each attribute.
#[test]
fn schema_keeps_any_description_inside_list_item() {
    for description in DESCRIPTIONS {
        let leaf = |name: &str| Attribute {
            name: name.to_owned(),
            r#type: "String".to_owned(),
            description: description.to_owned(),
            ..Attribute::default()
        };
        let derived = Attribute {
            default: Some("x".into()),
            deprecated: Some("Use\n\n- `a`".to_owned()),
            ..leaf("b")
        };
        let block = Attribute {
            shape: Shape::Block,
            attributes: vec![leaf("a"), derived.clone()],
            ..leaf("c")
        };
        let mut documentation = documentation(&DEFINITION);
        let object = &mut documentation.objects[1];
        object.attributes = vec![leaf("a"), derived, block];
        let schema = registry::schema(object);
        assert_eq!(
            outline(&schema),
            [
                "h2 Schema",
                "h3 Optional",
                "item a",
                "item b",
                "item c",
                "p ",
                "h3 Nested Schema for c",
                "p Optional:",
                "item a",
                "item b"
            ],
            "{schema}"
        );
        assert_eq!(
            schema
                .matches("(see [below for nested schema](#nestedblock--c))\n")
                .count(),
            1,
            "{schema}"
        );

        // Numbered lists have a wider mark.
        let parameter = |name: &str| Parameter {
            name: name.to_owned(),
            r#type: "String".to_owned(),
            description: description.to_owned(),
        };
        object.kind = Kind::Function;
        object.function = Some(Function {
            signature: "f(a string, b string) string".to_owned(),
            parameters: vec![parameter("a"), parameter("b")],
        });
        let path = format!("functions/{}.md", object.name.trim_start_matches("durantic_"));
        let files = pages(&documentation);
        let arguments = files.get(&path).expect("the page").split("## Arguments").nth(1);
        let arguments = arguments
            .and_then(|text| text.split("\n## ").next())
            .expect("the arguments");
        assert_eq!(outline(arguments), ["item a", "item b"], "{arguments}");
    }
}

/// The outermost blocks, with each list item on its own, named by its first code span.
fn outline(markdown: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut depth = 0;
    let mut inner = 0;
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        match &event {
            Event::Start(Tag::List(_)) | Event::End(TagEnd::List(_)) if depth == 0 => {}
            Event::Start(tag) => {
                if depth == 0 {
                    inner = 0;
                    found.push(match tag {
                        Tag::Item => "item ".to_owned(),
                        Tag::Heading { level, .. } => format!("{level} "),
                        Tag::Paragraph => "p ".to_owned(),
                        Tag::HtmlBlock => "html".to_owned(),
                        other => format!("{other:?}"),
                    });
                }
                depth += 1;
            }
            Event::End(_) => depth -= 1,
            Event::Rule if depth == 0 => found.push("rule".to_owned()),
            Event::Text(text) | Event::Code(text) => {
                let last = found.last_mut().expect("a block");
                if !last.starts_with("item") || inner == 0 {
                    last.push_str(text);
                }
                inner += 1;
            }
            _ => {}
        }
    }
    found
}

/// A provider with objects of every kind, and with attributes that tfplugindocs refuses.
const OTHER_PROVIDER: &str = r#"{"format_version": "1.0", "provider_schemas": {"registry.terraform.io/example/acme": {
    "provider": {"block": {"description": "Acme."}},
    "resource_schemas": {"acme_thing": {"block": {"description": "A thing.", "attributes": {
        "odd": {"type": ["tuple", ["string"]], "optional": true},
        "flagless": {"type": "string"}},
        "block_types": {"seen": {"nesting_mode": "list", "max_items": 1, "block": {"attributes": {"x": {"type": "string", "computed": true}}}}}}}},
    "resource_identity_schemas": {"acme_thing": {"attributes": {"serial": {"type": "string", "required_for_import": true, "description": "On its back."}}}},
    "data_source_schemas": {"acme_thing": {"block": {}}},
    "ephemeral_resource_schemas": {"acme_token": {"block": {"description": "Gone soon."}}},
    "action_schemas": {"acme_reboot": {"block": {"description": "Reboots.", "attributes": {"hard": {"type": "bool", "optional": true}}}}},
    "list_resource_schemas": {"acme_thing": {"block": {"description": "Finds things."}}},
    "state_store_schemas": {"acme_store": {"block": {"description": "Keeps states."}}},
    "functions": {"join": {"summary": "Joins.", "return_type": "string", "deprecation_message": "Use `concat`.",
        "parameters": [{"name": "first", "type": "string", "is_nullable": true, "description": "The first."}],
        "variadic_parameter": {"name": "more", "type": "string"}}}
}}}"#;

fn other_documentation() -> Documentation {
    let document = Document::parse(OTHER_PROVIDER).expect("a schema");
    let names = Names {
        provider: "acme".to_owned(),
        rendered: "acme".to_owned(),
    };
    let provider = document.provider("acme").expect("the provider");
    served::documentation(provider, "", "", &names, &Examples::new("nowhere")).expect("the facts")
}

#[test]
fn pages_of_another_provider_include_every_kind() {
    let files = registry::pages(&other_documentation(), Path::new("nowhere")).expect("the pages");
    let paths: Vec<&str> = files.iter().map(|(path, _)| path).collect();
    assert_eq!(
        paths,
        [
            "actions/reboot.md",
            "data-sources/thing.md",
            "ephemeral-resources/token.md",
            "functions/join.md",
            "index.md",
            "list-resources/thing.md",
            "resources/thing.md",
            "state-stores/store.md",
        ]
    );
    let page = |path: &str| files.get(path).expect(path);
    assert_eq!(
        page("functions/join.md"),
        "---\npage_title: \"join function - acme\"\nsubcategory: \"\"\ndescription: |-\n  Joins.\n---\n\n\
         # function: join\n\n~> **Deprecated.** Use `concat`.\n\nJoins.\n\n## Signature\n\n```text\n\
         join(first string, more string...) string\n```\n\n## Arguments\n\n\
         1. `first` (String, Nullable) The first.\n1. `more` (Variadic, String)\n"
    );
    let thing = page("resources/thing.md");
    for part in [
        "- `odd` (Tuple)",
        "### Read-Only\n\n- `flagless` (String)\n- `seen` (Block List, Max: 1) (see [below",
        "## Import\n\nIn Terraform v1.14.0 and later, the [list resource `acme_thing`](../list-resources/thing.md) finds the objects",
        "configuration.\n\n### Identity Schema\n\n#### Required\n\n- `serial` (String) On its back.\n",
    ] {
        assert!(thing.contains(part), "{part} is not in\n{thing}");
    }
    assert_eq!(
        page("data-sources/thing.md"),
        "---\npage_title: \"acme_thing Data Source - acme\"\nsubcategory: \"\"\ndescription: |-\n  \n---\n\n\
         # acme_thing (Data Source)\n\n<!-- schema generated by docs-gen -->\n## Schema\n",
        "sections without facts leave no empty lines"
    );
}

#[test]
fn additions_replace_pages_and_refuse_templates() {
    let templates = tempfile::tempdir().expect("a folder");
    let write = |path: &str, text: &str| {
        let path = templates.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    write("guides/start.md", "a guide");
    write("resources/thing.md", "by hand");
    write("d/thing.html.markdown", "an old one");
    write("actions/reboot.markdown", "another one");
    let names = Names {
        provider: "acme".to_owned(),
        rendered: "acme".to_owned(),
    };
    let mut files = registry::pages(&other_documentation(), templates.path()).expect("the pages");
    for (path, text) in [
        ("guides/start.md", Some("a guide")),
        ("resources/thing.md", Some("by hand")),
        ("d/thing.html.markdown", Some("an old one")),
        ("data-sources/thing.md", None),
        ("actions/reboot.markdown", Some("another one")),
        ("actions/reboot.md", None),
    ] {
        assert_eq!(files.get(path), text, "{path}");
    }
    // The style of tfplugindocs adds the same files.
    let schema = OTHER_PROVIDER.replace(r#""odd": {"type": ["tuple", ["string"]], "optional": true},"#, "");
    let schema = schema.replace(
        r#""flagless": {"type": "string"}}"#,
        r#""fine": {"type": "string", "optional": true}}"#,
    );
    let schema = schema.replace(r#""max_items": 1, "#, "");
    let document = Document::parse(&schema).expect("a schema");
    let provider = document.provider("acme").expect("the provider");
    let mut compat_files = compat::pages(provider, &names, &Examples::new("nowhere")).expect("the pages");
    assert!(compat_files.get("actions/reboot.md").is_some());
    additions::add(&mut compat_files, templates.path()).expect("added");
    assert_eq!(compat_files.get("actions/reboot.md"), None);
    assert_eq!(compat_files.get("resources/thing.md"), Some("by hand"));

    write("resources.md.tmpl", "{{ .Name }}");
    write("guides/more.md.tmpl", "{{ lower \"X\" }}");
    let error = additions::add(&mut files, templates.path()).expect_err("templates");
    let message = error.to_string();
    assert!(
        message.contains("guides/more.md.tmpl`, `")
            && message.contains("resources.md.tmpl` are for Go's `text/template`"),
        "{message}"
    );
}

#[test]
fn pages_refuse_a_page_above_the_registry_limit() {
    let mut documentation = documentation(&DEFINITION);
    documentation.objects[1].description = "x".repeat(500_000);
    let error = registry::pages(&documentation, Path::new("nowhere")).expect_err("too large");
    assert!(matches!(error, PageError::Size { size, .. } if size > 500_000));
}

/// Each page has a line for every attribute of its object, with the type.
#[test]
fn pages_list_every_attribute() {
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
fn change_follows_from_the_declaration() {
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
        "Terraform cannot compare write-only values"
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

/// Headings, anchors and order are the same in both styles, so links to pages of one style work with the other.
#[test]
fn rich_and_tfplugindocs_styles_have_the_same_anchors() {
    let document = docs_gen::served::document(&DEFINITION).expect("the schema");
    let names = Names {
        provider: "durantic".to_owned(),
        rendered: "durantic".to_owned(),
    };
    let other = compat::pages(
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
