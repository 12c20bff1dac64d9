//! Builds the declared attributes, and the attributes that other keys derive.
//!
//! Tests: `schema/tests/model.rs`.

use std::borrow::Cow;

use super::conform::split_type;
use crate::grammar::Section;
use crate::model::{
    Attribute, Bounds, Collection, Constraint, Equal, Format, List, Literal, Mode, Reference, Rule, Scalar,
    Stable, TIMEOUTS, Text, Timeouts, Type, Unset, Validate, Wire,
};
use crate::path::is_key;

/// Builds the attributes of a table, sorted by name.
pub(crate) fn attributes(tree: &Literal, file: Section) -> List<Attribute> {
    attributes_of(tree, "attributes", file)
}

/// Builds the filters of a resource, sorted by name. They are compared with responses, and not sent.
pub(crate) fn filters(tree: &Literal) -> List<Attribute> {
    attributes_of(tree, "filters", Section::DataSource)
}

fn attributes_of(tree: &Literal, key: &str, file: Section) -> List<Attribute> {
    let entries = tree.get(key).map_or(&[][..], Literal::entries);
    Cow::Owned(sorted(
        entries
            .iter()
            .map(|(name, tree)| attribute(name, tree, file))
            .collect(),
    ))
}

/// Sorts attributes as in the model.
pub(crate) fn sorted(mut attributes: Vec<Attribute>) -> Vec<Attribute> {
    attributes.sort_by(|left, right| left.name.cmp(&right.name));
    attributes
}

fn attribute(name: &Text, tree: &Literal, file: Section) -> Attribute {
    let default = tree.get("default").cloned();
    let mode = match tree.string("mode").as_deref() {
        Some("required") => Mode::Required,
        Some("computed") => Mode::Computed,
        Some("optional+computed") => Mode::OptionalComputed,
        // The provider sets the default in the plan. There is no plan for the provider's own configuration.
        _ if default.is_some() && file != Section::Provider => Mode::OptionalComputed,
        _ => Mode::Optional,
    };
    let write_only = tree.is_true("write_only");
    let mut wire = wire(tree.get("wire"), name, mode, file);
    if write_only {
        wire.read = Cow::Borrowed(&[]);
    }
    let sensitive = tree.is_true("sensitive");
    let mut attributes = attributes(tree, file);
    if sensitive || write_only {
        attributes.to_mut().iter_mut().for_each(mark_sensitive);
    }
    Attribute {
        doc: tree.string("doc").unwrap_or_default(),
        r#type: r#type(tree.string("type").as_deref().unwrap_or("string")),
        mode,
        default,
        format: tree.string("format").as_deref().and_then(format),
        validate: validate(tree.get("validate")),
        force_new: tree.is_true("force_new"),
        stable: stable(tree.get("stable")),
        sensitive,
        write_only,
        twin_of: None,
        unset: unset(tree, mode, &wire),
        wire,
        returned: tree.get("returned") != Some(&Literal::Bool(false)),
        equal: match tree.string("equal").as_deref() {
            Some("set") => Equal::Set,
            Some("scheme") => Equal::Scheme,
            _ => Equal::Exact,
        },
        reference: tree.string("ref").as_deref().map(reference),
        unique: tree.is_true("unique"),
        file: tree.string("file"),
        deprecated: tree.string("deprecated"),
        since: tree.string("since"),
        env: tree.string("env"),
        attributes,
        block: tree.is_true("block"),
        name: name.clone(),
    }
}

/// Marks an attribute that is nested in a sensitive one as sensitive.
fn mark_sensitive(attribute: &mut Attribute) {
    attribute.sensitive = true;
    attribute.attributes.to_mut().iter_mut().for_each(mark_sensitive);
}

fn r#type(text: &str) -> Type {
    let (wrappers, scalar) = split_type(text);
    let collections = wrappers.iter().map(|wrapper| match *wrapper {
        "set" => Collection::Set,
        "map" => Collection::Map,
        _ => Collection::List,
    });
    Type {
        collections: Cow::Owned(collections.collect()),
        scalar: match scalar {
            "bool" => Scalar::Bool,
            "int" => Scalar::Int,
            "number" => Scalar::Number,
            "object" => Scalar::Object,
            _ => Scalar::String,
        },
    }
}

fn format(word: &str) -> Option<Format> {
    Some(match word {
        "uuid" => Format::Uuid,
        "ip" => Format::Ip,
        "cidr" => Format::Cidr,
        "url" => Format::Url,
        "duration" => Format::Duration,
        "timestamp" => Format::Timestamp,
        "glob" => Format::Glob,
        "json" => Format::Json,
        _ => return None,
    })
}

/// `machine_role.name` → its two names; the second is empty if there is no dot, which a rule reports.
fn reference(text: &str) -> Reference {
    let (target, attribute) = text.split_once('.').unwrap_or((text, ""));
    Reference {
        target: target.to_owned().into(),
        attribute: attribute.to_owned().into(),
    }
}

fn validate(tree: Option<&Literal>) -> Validate {
    let Some(tree) = tree else {
        return Validate::default();
    };
    let bounds = |key| {
        let bounds = tree.get(key)?;
        let end = |key| bounds.get(key).and_then(Literal::as_int);
        Some(Bounds {
            min: end("min"),
            max: end("max"),
        })
    };
    Validate {
        length: bounds("length"),
        range: bounds("range"),
        items: bounds("items"),
        pattern: tree.string("pattern"),
        one_of: tree.strings("one_of"),
    }
}

fn stable(tree: Option<&Literal>) -> Stable {
    match tree {
        Some(Literal::Bool(true)) => Stable::Yes,
        Some(table @ Literal::Map(_)) => Stable::Unless(table.strings("unless")),
        _ => Stable::No,
    }
}

fn wire(tree: Option<&Literal>, name: &Text, mode: Mode, file: Section) -> Wire {
    // Only attributes of a resource that the configuration can set are sent in requests.
    let key = |key: &Text| (mode.is_settable() && file == Section::Resource).then(|| key.clone());
    match tree {
        _ if file == Section::Provider => Wire {
            read: Cow::Borrowed(&[]),
            write: None,
        },
        Some(Literal::Bool(_)) => Wire {
            read: Cow::Borrowed(&[]),
            write: None,
        },
        Some(Literal::String(pointer)) => {
            let write = if is_key(pointer) { key(pointer) } else { None };
            Wire {
                read: vec![pointer.clone()].into(),
                write,
            }
        }
        Some(table) => Wire {
            read: match table.get("read") {
                Some(Literal::Bool(_)) => Cow::Borrowed(&[]),
                Some(Literal::String(pointer)) => vec![pointer.clone()].into(),
                Some(_) => table.strings("read"),
                None => vec![name.clone()].into(),
            },
            write: match table.get("write") {
                Some(Literal::Bool(_)) => None,
                Some(key) => key.as_string(),
                None => key(name),
            },
        },
        None => Wire {
            read: vec![name.clone()].into(),
            write: key(name),
        },
    }
}

fn unset(tree: &Literal, mode: Mode, wire: &Wire) -> Unset {
    match tree.string("unset").as_deref() {
        Some("null") => Unset::Null,
        Some("empty") => Unset::Empty,
        None if mode == Mode::Optional && wire.write.is_some() && !tree.is_true("sensitive") => Unset::Null,
        _ => Unset::Omit,
    }
}

/// Derives the write-only attribute of `write_only = "twin"`, the attribute with its version, and the constraint on both values.
///
/// The API never returns the value, so the configuration that Terraform generates for an imported object has none. Only a
/// create needs one.
pub(crate) fn twins(original: &Attribute) -> ([Attribute; 2], Constraint) {
    let name = &original.name;
    let write_only: Text = format!("{name}_wo").into();
    let version: Text = format!("{name}_wo_version").into();
    let value = Attribute {
        name: write_only.clone(),
        doc: format!(
            "Write-only variant of `{name}`, which is stored neither in the state nor in a plan. Needs Terraform 1.11 or \
             later. Terraform cannot detect a changed value: change `{version}` to send the value again."
        )
        .into(),
        mode: Mode::Optional,
        default: None,
        sensitive: true,
        write_only: true,
        twin_of: Some(name.clone()),
        wire: Wire {
            read: Cow::Borrowed(&[]),
            write: original.wire.write.clone(),
        },
        returned: false,
        unset: Unset::Omit,
        force_new: false,
        stable: Stable::No,
        file: None,
        ..original.clone()
    };
    let counter = Attribute {
        twin_of: Some(name.clone()),
        since: original.since.clone(),
        deprecated: original.deprecated.clone(),
        ..outside_of_api(
            version,
            format!("Any number. Change it to send `{write_only}` again, which must have a value then.")
                .into(),
            Scalar::Int,
        )
    };
    let one_of = Rule::OneOfToCreate(vec![name.clone(), write_only.clone()].into());
    (
        [value, counter],
        Constraint {
            rule: one_of,
            within: None,
        },
    )
}

/// Derives the `timeouts` block of `[timeouts]`.
pub(crate) fn timeouts(defaults: &Timeouts) -> Attribute {
    let phases = [
        ("create", "creating", &defaults.create),
        ("delete", "deleting", &defaults.delete),
        ("update", "updating", &defaults.update),
    ];
    let attributes = phases.into_iter().filter_map(|(name, verb, default)| {
        let default = default.as_ref()?;
        Some(Attribute {
            format: Some(Format::Duration),
            ..outside_of_api(
                name.into(),
                format!("Time limit for {verb} the object, as a duration such as `90s` or `1h30m`. Default: `{default}`.").into(),
                Scalar::String,
            )
        })
    });
    Attribute {
        attributes: Cow::Owned(attributes.collect()),
        block: true,
        ..outside_of_api(
            TIMEOUTS.into(),
            "Time limits for the operations of this resource.".into(),
            Scalar::Object,
        )
    }
}

/// An optional attribute that is not part of the API.
fn outside_of_api(name: Text, doc: Text, scalar: Scalar) -> Attribute {
    Attribute {
        name,
        doc,
        r#type: Type {
            collections: Cow::Borrowed(&[]),
            scalar,
        },
        mode: Mode::Optional,
        default: None,
        format: None,
        validate: Validate::default(),
        force_new: false,
        stable: Stable::No,
        sensitive: false,
        write_only: false,
        twin_of: None,
        wire: Wire {
            read: Cow::Borrowed(&[]),
            write: None,
        },
        returned: true,
        unset: Unset::Omit,
        equal: Equal::Exact,
        reference: None,
        unique: false,
        file: None,
        deprecated: None,
        since: None,
        env: None,
        attributes: Cow::Borrowed(&[]),
        block: false,
    }
}
