//! Rules about the lists of objects, and about the configuration that is generated for them.
//!
//! Tests: `schema/tests/ui/filters/`.

use super::{Reporter, ResourceContext, ResourceRule, by_name};
use crate::model::{Attribute, Kind, Scalar};
use crate::path::join;

/// The rules of this file.
pub(crate) const RULES: &[(&str, ResourceRule)] =
    by_name![filter_of_list, filter_type, official_attribute, file_of_string];

/// Filters compare the objects of a list. Its operation is that of the resource, or of what its identity names (`ref`).
fn filter_of_list(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    let resource = context.resource;
    if resource.filters.is_empty() || resource.list_operation().is_some() {
        return;
    }
    let named = resource
        .import_attributes()
        .filter_map(|attribute| attribute.reference.as_ref());
    let has_list = named.into_iter().any(|reference| {
        let mut declarations = context
            .declarations
            .iter()
            .map(|declaration| &declaration.resource);
        declarations.any(|other| other.name == reference.target && other.list_operation().is_some())
    });
    if !has_list {
        let help = "declare `api.list`, or remove the filters";
        reporter.at_key(
            "filters",
            "there is no list whose objects could be compared",
            help,
        );
    }
}

/// A filter is a single value, and a response has something to compare it with.
fn filter_type(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    for filter in context.resource.filters.iter() {
        let path = join("filters", &filter.name);
        if !filter.r#type.collections.is_empty() || filter.r#type.scalar == Scalar::Object {
            let help =
                "use `string`, `bool`, `int` or `number`; a single value matches a list that contains it";
            reporter.at_value(
                &join(&path, "type"),
                format!("the filter {:?} is not a single value", filter.name),
                help,
            );
        }
        if filter.wire.read.is_empty() {
            let help = "name the field of the listed objects in `wire`";
            let message = format!("the filter {:?} has nothing to compare with", filter.name);
            reporter.at_value(&join(&path, "wire"), message, help);
        }
    }
}

/// `official` must be a single bool in responses.
fn official_attribute(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    let Some(name) = &context.resource.official else {
        return;
    };
    match context.resource.attribute(name) {
        None => reporter.unknown_attribute("official", name, context.attribute_names()),
        Some(attribute) if !attribute.r#type.is(Scalar::Bool) || attribute.wire.read.is_empty() => {
            let help = "use a bool attribute that the control plane returns";
            reporter.at_value(
                "official",
                format!("{name:?} does not show whose an object is"),
                help,
            );
        }
        Some(_) => {}
    }
}

/// A file has a single string of a root attribute, which a configuration can set and which is not secret. Its extension has no dot.
fn file_of_string(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    let resource = context.resource;
    check_files(&resource.attributes, "attributes", &mut |attribute, path| {
        let Some(extension) = attribute.file.as_ref().filter(|_| context.positions.has(path)) else {
            return;
        };
        let is_root = resource.attribute(&attribute.name) == Some(attribute);
        if resource.kind == Kind::DataSource || !is_root || !is_text(attribute) {
            let help = "use it on an argument of a resource that is a string and not secret";
            let message = format!("{:?} cannot be in a file of its own", attribute.name);
            reporter.at_value(path, message, help);
        } else if !extension.chars().all(|char| char.is_ascii_alphanumeric()) {
            let help = "use letters and digits, without a dot";
            let message = format!("{extension:?} is not the extension of a file");
            reporter.at_value(path, message, help);
        }
    });
}

/// Calls `check` with each attribute, at any depth, and the path of its `file`.
fn check_files(attributes: &[Attribute], path: &str, check: &mut dyn FnMut(&Attribute, &str)) {
    for attribute in attributes {
        let path = join(path, &attribute.name);
        check(attribute, &join(&path, "file"));
        check_files(&attribute.attributes, &join(&path, "attributes"), check);
    }
}

fn is_text(attribute: &Attribute) -> bool {
    attribute.r#type.is(Scalar::String) && !attribute.is_secret() && attribute.mode.is_settable()
}
