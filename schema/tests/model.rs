//! The model of the good declarations, and the output of `schema check`.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its files fails")]

use std::path::Path;
use std::process::Command;

use schema::{
    Attribute, Constraint, Declaration, Expect, Format, Kind, Lookup, Mode, Model, Resource, Rule, Scalar,
    Sources, Stable, Unset, Validate, Wire,
};

const GOOD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/every-key");

/// The good declarations.
fn good() -> Model {
    let (model, problems) = schema::load(&Sources::read(Path::new(GOOD), "").unwrap());
    assert_eq!(problems, []);
    model
}

fn declaration(kind: Kind, name: &str) -> Declaration {
    let mut declarations = good().declarations.into_iter();
    declarations
        .find(|declaration| declaration.resource.kind == kind && declaration.resource.name == name)
        .unwrap()
}

/// The declaration `thing.toml`, which uses every key.
fn thing() -> Resource {
    let declaration = declaration(Kind::Resource, "thing");
    assert_eq!(
        declaration.files,
        ["thing.toml", "parts/times.toml", "parts/history.toml"]
    );
    declaration.resource
}

fn attribute<'a>(resource: &'a Resource, name: &str) -> &'a Attribute {
    resource.attribute(name).unwrap()
}

#[test]
fn write_only_twin_derives_attributes_and_constraints() {
    let thing = thing();
    let original = attribute(&thing, "password");
    assert!(!original.write_only && !original.returned && original.twin_of.is_none());
    assert_eq!(original.unset, Unset::Omit);

    let value = attribute(&thing, "password_wo");
    assert!(value.write_only && value.sensitive);
    assert_eq!(value.mode, Mode::Optional);
    assert_eq!(value.twin_of.as_deref(), Some("password"));
    assert_eq!(
        value.wire,
        Wire {
            read: vec![].into(),
            write: Some("password".into())
        }
    );

    let version = attribute(&thing, "password_wo_version");
    assert_eq!(
        (version.mode, version.r#type.scalar),
        (Mode::Optional, Scalar::Int)
    );
    assert_eq!(version.twin_of.as_deref(), Some("password"));
    assert_eq!(
        version.wire,
        Wire {
            read: vec![].into(),
            write: None
        }
    );
    assert!(!version.sensitive && !version.write_only);

    // The declared constraints come first, with the same indices as in the file.
    let derived = &thing.constraints[3..];
    let one_of = Rule::OneOfToCreate(vec!["password".into(), "password_wo".into()].into());
    assert_eq!(
        derived,
        [Constraint {
            rule: one_of,
            within: None
        }]
    );
}

#[test]
fn timeouts_derive_a_block() {
    let thing = thing();
    let timeouts = attribute(&thing, "timeouts");
    assert!(timeouts.block && timeouts.r#type.collections.is_empty());
    let names: Vec<&str> = timeouts
        .attributes
        .iter()
        .map(|attribute| attribute.name.as_ref())
        .collect();
    assert_eq!(names, ["create", "delete", "update"]);
    for phase in timeouts.attributes.iter() {
        assert_eq!(
            (phase.mode, phase.format),
            (Mode::Optional, Some(Format::Duration))
        );
        assert_eq!(
            phase.wire,
            Wire {
                read: vec![].into(),
                write: None
            }
        );
    }
    assert!(timeouts.attribute("create").unwrap().doc.contains("`60m`"));
}

#[test]
fn load_applies_the_defaults_of_keys() {
    let thing = thing();
    let size = attribute(&thing, "size");
    assert_eq!((size.mode, size.unset), (Mode::OptionalComputed, Unset::Omit));
    assert_eq!(
        size.wire,
        Wire {
            read: vec!["size".into()].into(),
            write: Some("size".into())
        }
    );
    let id = attribute(&thing, "id");
    assert_eq!(
        id.wire,
        Wire {
            read: vec!["uuid".into()].into(),
            write: None
        }
    );
    assert_eq!(attribute(&thing, "home").unset, Unset::Null);
    assert_eq!(
        attribute(&thing, "color").stable,
        Stable::Unless(vec!["size".into()].into())
    );
    assert!(attribute(&thing, "pin").wire.read.is_empty());
    assert!(
        thing
            .attributes
            .is_sorted_by(|left, right| left.name < right.name)
    );
    // It is also declared in two parts: the declaration has precedence.
    assert_eq!(
        attribute(&thing, "created_at").doc,
        "Declared here, because two parts declare it."
    );
}

#[test]
fn label_and_times_have_defaults() {
    let roles = |kind, name| {
        let resource = declaration(kind, name).resource;
        (resource.label, resource.created, resource.updated)
    };
    assert_eq!(
        roles(Kind::Resource, "thing"),
        (
            Some("color".into()),
            Some("made_at".into()),
            Some("made_at".into())
        )
    );
    assert_eq!(
        roles(Kind::Resource, "gadget"),
        (Some("name".into()), Some("created_at".into()), None)
    );
    assert_eq!(
        roles(Kind::DataSource, "things"),
        (Some("name".into()), None, None)
    );
}

fn check(folder: &str) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_schema"))
        .args(["check", folder])
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn schema_check_prints_the_number_of_files() {
    assert_eq!(check(GOOD), (Some(0), "12 files, no problems\n".to_owned()));
}

#[test]
fn schema_check_prints_problems_and_fails() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/ui/grammar");
    let (code, output) = check(folder);
    assert_eq!(code, Some(1));
    assert!(output.starts_with(&format!("{folder}/")), "{output}");
    assert!(
        output.contains("unknown_word.toml:19:8: unknown type \"strng\"\n"),
        "{output}"
    );
    assert!(output.ends_with(" problems found\n"), "{output}");
    assert_eq!(check("no/such/folder").0, Some(2));
}

#[test]
fn sources_read_returns_only_declarations() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = Sources::read(project, "here").unwrap();
    let names: Vec<&str> = sources.files.iter().map(|file| file.name.as_str()).collect();
    assert!(names.is_sorted(), "{names:?}");
    assert!(names.contains(&"provider.toml") && names.contains(&"data/machine.toml"));
    assert!(names.contains(&"parts/machine.toml"));
    assert!(!names.contains(&"Cargo.toml") && !names.contains(&"language.json"));
    assert_eq!(sources.displayed_path("vip.toml"), "here/vip.toml");

    let error = Sources::read(&project.join("none"), "none")
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("failed to read `") && error.contains("none`: "),
        "{error}"
    );
}

#[test]
fn sensitive_applies_to_nested_attributes() {
    let thing = thing();
    let rules = attribute(&thing, "rules");
    assert!(!rules.sensitive && !rules.attribute("action").unwrap().sensitive);
    let parts = rules.attribute("parts").unwrap();
    assert!(parts.sensitive && parts.attribute("weight").unwrap().is_secret());
}

#[test]
fn of_takes_what_the_api_returns_as_computed_attributes() {
    let data_source = declaration(Kind::DataSource, "appliance").resource;
    let resource = declaration(Kind::Resource, "appliance").resource;
    let names = |attributes: &[Attribute]| -> Vec<String> {
        attributes
            .iter()
            .map(|attribute| attribute.name.to_string())
            .collect()
    };
    let mut expected = names(&resource.attributes);
    // The API never returns them, or does not have them.
    let absent = [
        "password",
        "password_wo",
        "password_wo_version",
        "timeouts",
        "token",
    ];
    expected.retain(|name| !absent.contains(&name.as_str()));
    assert_eq!(names(&data_source.attributes), expected);
    let settable: Vec<&str> = data_source
        .attributes
        .iter()
        .filter(|attribute| attribute.mode.is_settable())
        .map(|attribute| attribute.name.as_ref())
        .collect();
    assert_eq!(settable, ["name", "uuid"]);
    assert_taken(&data_source.attributes, &resource.attributes);
    assert_eq!((data_source.timeouts, data_source.constraints.len()), (None, 1));
}

/// Asserts that attributes are those of a resource, without what applies to changes.
fn assert_taken(taken: &[Attribute], original: &[Attribute]) {
    for attribute in taken {
        let original = original
            .iter()
            .find(|original| original.name == attribute.name)
            .unwrap();
        let expected = Attribute {
            mode: if attribute.mode.is_settable() {
                Mode::OptionalComputed
            } else {
                Mode::Computed
            },
            validate: Validate::default(),
            force_new: false,
            stable: Stable::No,
            unset: Unset::Omit,
            wire: Wire {
                write: None,
                ..original.wire.clone()
            },
            block: false,
            attributes: attribute.attributes.clone(),
            ..original.clone()
        };
        assert_eq!(*attribute, expected);
        assert_eq!(
            attribute.attributes.len(),
            original.attributes.len(),
            "{}",
            attribute.name
        );
        assert_taken(&attribute.attributes, &original.attributes);
    }
}

#[test]
fn of_derives_the_lookups() {
    let declaration = declaration(Kind::DataSource, "thing");
    let thing = declaration.resource;
    assert_eq!(
        declaration.files,
        [
            "data/thing.toml",
            "thing.toml",
            "parts/times.toml",
            "parts/history.toml"
        ]
    );
    let lookup = |by: &str, api: &str, pick: Option<&'static str>, then: Option<&'static str>| Lookup {
        by: Some(by.to_owned().into()),
        api: api.to_owned().into(),
        pick: pick.map(Into::into),
        narrow: vec![].into(),
        expect: Expect::One,
        missing_ok: None,
        into: None,
        key: vec![].into(),
        then: then.map(Into::into),
    };
    let expected = [
        lookup("id", "get_thing", None, None),
        lookup("color", "list_things", Some("color"), Some("get_thing")),
    ];
    assert_eq!(*thing.lookups, expected);
    let rule = Rule::ExactlyOneOf(vec!["id".into(), "color".into()].into());
    assert_eq!(*thing.constraints, [Constraint { rule, within: None }]);
    assert_eq!(*thing.api.path, [("uuid".into(), "id".into())]);
    assert_eq!(
        (thing.label.as_deref(), thing.created.as_deref()),
        (Some("color"), Some("made_at"))
    );
    assert_eq!(
        attribute(&thing, "size").doc,
        "Declared here, instead of that of the resource."
    );
}
