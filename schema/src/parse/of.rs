//! Completes data sources with what `of` takes from a resource: attributes, lookups and the names of placeholders.
//!
//! Tests: `schema/tests/model.rs`, `schema/tests/ui/files/`.

use std::borrow::Cow;

use super::attribute::sorted;
use crate::declarations::Declaration;
use crate::diagnostic::{Problem, did_you_mean};
use crate::model::{
    Attribute, Constraint, Expect, Kind, List, Lookup, Mode, Operation, Resource, Rule, Scalar, Stable, Text,
    Unset, Validate, Wire,
};
use crate::positions::Positions;
use crate::source::Sources;

/// `of` names a resource that does not exist.
pub(crate) const UNKNOWN_RESOURCE: &str = "unknown_resource";
/// The lookups of a data source do not follow from its resource, and it declares none.
pub(crate) const DERIVED_LOOKUPS: &str = "derived_lookups";

/// A rule that a data source breaks, with the message and the remedy.
struct Fault {
    rule: &'static str,
    message: String,
    help: Option<String>,
}

/// Completes each declaration whose third element names a resource. One that cannot be completed is reported and left out,
/// because other rules would report attributes that it lacks.
pub(crate) fn complete(
    declared: Vec<(Declaration, Positions, Option<Text>)>,
    operations: &[Operation],
    sources: &Sources,
    problems: &mut Vec<Problem>,
) -> (Vec<Declaration>, Vec<Positions>) {
    let resources: Vec<Declaration> = declared
        .iter()
        .map(|(declaration, ..)| declaration)
        .filter(|declaration| declaration.resource.kind == Kind::Resource)
        .cloned()
        .collect();
    let completed = declared
        .into_iter()
        .filter_map(|(mut declaration, mut positions, of)| {
            let Some(of) = of else {
                return Some((declaration, positions));
            };
            let position = positions.nearest("of");
            let result = find(&of, &resources, sources)
                .and_then(|resource| complete_one(&mut declaration, resource, operations));
            match result {
                Ok(()) => {
                    // A rule about a derived lookup reports it here.
                    if !positions.has("lookup") {
                        positions.insert("lookup", position);
                    }
                    Some((declaration, positions))
                }
                Err(fault) => {
                    problems.extend(fault.map(|Fault { rule, message, help }| {
                        Problem::at(sources, position.file, position.value, rule, message, help)
                    }));
                    None
                }
            }
        });
    completed.unzip()
}

/// Finds the resource. An error without a fault means that a fault of the resource's file is reported already.
fn find<'a>(
    of: &str,
    resources: &'a [Declaration],
    sources: &Sources,
) -> Result<&'a Declaration, Option<Fault>> {
    if let Some(found) = resources
        .iter()
        .find(|declaration| declaration.resource.name == of)
    {
        return Ok(found);
    }
    let file = format!("{of}.toml");
    if sources.files.iter().any(|source| source.name == file) {
        return Err(None);
    }
    let names = resources
        .iter()
        .map(|declaration| declaration.resource.name.as_ref());
    Err(Some(Fault {
        rule: UNKNOWN_RESOURCE,
        message: format!("unknown resource {of:?}"),
        help: did_you_mean(of, names),
    }))
}

/// Completes a data source. An error without a fault means that a fault of an operation is reported already.
fn complete_one(
    declaration: &mut Declaration,
    of: &Declaration,
    operations: &[Operation],
) -> Result<(), Option<Fault>> {
    for file in &of.files {
        if !declaration.files.contains(file) {
            declaration.files.push(file.clone());
        }
    }
    let resource = &of.resource;
    if take(&mut declaration.resource, resource, operations).is_some() {
        return Ok(());
    }
    let help = "declare each [[lookup]]: they follow only from a `read` whose path has one placeholder, a `list` and a `label`";
    Err(operation_of_read(resource, operations).map(|_| Fault {
        rule: DERIVED_LOOKUPS,
        message: format!("the lookups do not follow from {:?}", resource.name),
        help: Some(help.to_owned()),
    }))
}

/// Adds to a data source what it takes from a resource. What it declares itself has precedence.
///
/// Returns `None` if it declares no lookup and none can be derived.
fn take(data_source: &mut Resource, resource: &Resource, operations: &[Operation]) -> Option<()> {
    data_source.api.path.clone_from(&resource.api.path);
    data_source.api.gone.clone_from(&resource.api.gone);
    let taken = returned(&resource.attributes);
    let taken = taken
        .iter()
        .filter(|taken| data_source.attribute(&taken.name).is_none());
    let all = data_source.attributes.iter().chain(taken).cloned().collect();
    let declared = std::mem::replace(&mut data_source.attributes, Cow::Owned(sorted(all)));
    for (role, of_resource) in [
        (&mut data_source.label, &resource.label),
        (&mut data_source.created, &resource.created),
        (&mut data_source.updated, &resource.updated),
    ] {
        let is_there = |name: &&Text| {
            data_source
                .attributes
                .iter()
                .any(|attribute| attribute.name == **name)
        };
        *role = role
            .take()
            .or_else(|| of_resource.as_ref().filter(is_there).cloned());
    }
    if data_source.lookups.is_empty() {
        let (lookups, constraint) = lookups(data_source, resource, operations)?;
        data_source.lookups = Cow::Owned(lookups.into());
        data_source.constraints.to_mut().push(constraint);
    }
    let lookups = data_source.lookups.iter();
    let arguments: Vec<&Text> = lookups
        .flat_map(|lookup| lookup.by.iter().chain(lookup.narrow.iter()))
        .collect();
    for attribute in data_source.attributes.to_mut() {
        let is_taken = declared.iter().all(|declared| declared.name != attribute.name);
        if is_taken && arguments.contains(&&attribute.name) {
            attribute.mode = Mode::OptionalComputed;
            attribute.default = None;
        }
    }
    Some(())
}

/// The attributes that responses have, as computed ones. A data source has no blocks, plans or requests. A default remains the value
/// if a response has none, so that the data source has the same value as the resource.
fn returned(attributes: &[Attribute]) -> List<Attribute> {
    let returned = attributes.iter().filter_map(|attribute| {
        let nested = returned(&attribute.attributes);
        let is_empty = attribute.r#type.scalar == Scalar::Object && nested.is_empty();
        let is_returned = attribute.returned && !attribute.wire.read.is_empty() && !is_empty;
        is_returned.then(|| Attribute {
            mode: Mode::Computed,
            validate: Validate::default(),
            force_new: false,
            stable: Stable::No,
            write_only: false,
            wire: Wire {
                read: attribute.wire.read.clone(),
                write: None,
            },
            unset: Unset::Omit,
            unique: false,
            file: None,
            since: None,
            attributes: nested,
            block: false,
            ..attribute.clone()
        })
    });
    Cow::Owned(returned.collect())
}

/// The operation that reads one object.
fn operation_of_read<'a>(resource: &Resource, operations: &'a [Operation]) -> Option<&'a Operation> {
    let read = resource.api.read.as_ref()?;
    operations
        .iter()
        .find(|operation| operation.id == *read && !operation.path.is_empty())
}

/// The lookup by the attribute in the path of `read`, the one by the label, and the constraint that selects one of them.
///
/// Both return the response of `read`, because a list can omit attributes.
fn lookups(
    data_source: &Resource,
    resource: &Resource,
    operations: &[Operation],
) -> Option<([Lookup; 2], Constraint)> {
    let (read, list) = (resource.api.read.clone()?, resource.api.list.clone()?);
    let operation = operation_of_read(resource, operations)?;
    let placeholders: Vec<&str> = operation.placeholders().collect();
    let [placeholder] = placeholders.as_slice() else {
        return None;
    };
    let mapped = resource.api.path.iter().find(|(name, _)| name == placeholder);
    let identity = mapped.map_or(*placeholder, |(_, attribute)| attribute.as_ref());
    let identity = data_source.attribute(identity)?;
    let label = data_source.attribute(data_source.label.as_deref()?)?;
    let field = label.wire.read.first().filter(|_| label.name != identity.name)?;
    let by_identity = Lookup {
        by: Some(identity.name.clone()),
        api: read.clone(),
        pick: None,
        narrow: Cow::Borrowed(&[]),
        expect: Expect::One,
        missing_ok: None,
        into: None,
        key: Cow::Borrowed(&[]),
        then: None,
    };
    let by_label = Lookup {
        by: Some(label.name.clone()),
        api: list,
        pick: Some(field.clone()),
        then: Some(read),
        ..by_identity.clone()
    };
    let names = vec![identity.name.clone(), label.name.clone()];
    let constraint = Constraint {
        rule: Rule::ExactlyOneOf(names.into()),
        within: None,
    };
    Some(([by_identity, by_label], constraint))
}
