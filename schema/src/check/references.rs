//! Rules about `ref` and `unique`: attributes whose values concern other objects.
//!
//! Tests: `schema/tests/ui/references/`.

use super::{Reporter, ResourceContext, ResourceRule, by_name};
use crate::diagnostic::did_you_mean;
use crate::model::{Attribute, Kind, Reference, Resource, Scalar};
use crate::path::join;

/// The rules of this file.
pub(crate) const RULES: &[(&str, ResourceRule)] =
    by_name![ref_target, ref_attribute, ref_source, unique_source];

/// `ref` must name a resource or a data source.
fn ref_target(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    for_each_reference(context, &mut |path, _, reference| {
        if target(context, reference).is_none() {
            let declarations = context.declarations.iter();
            let legal = declarations.map(|declaration| declaration.resource.name.as_ref());
            let help = did_you_mean(&reference.target, legal).unwrap_or_default();
            let message = format!("unknown resource or data source {:?}", reference.target);
            reporter.at_value(path, message, help);
        }
    });
}

/// `ref` must name an attribute by which an object can be found: the label of objects that can be listed, or the only attribute in the
/// path of the operation that reads one.
fn ref_attribute(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    for_each_reference(context, &mut |path, _, reference| {
        let Some(target) = target(context, reference) else {
            return;
        };
        let name = &reference.attribute;
        let is_label = target.label.as_ref() == Some(name) && target.list_operation().is_some();
        if is_label || target.read_operation_by(name).is_some() {
            return;
        }
        let message = if name.is_empty() {
            "the reference has no attribute".to_owned()
        } else {
            format!("{name:?} does not find an object of {:?}", target.name)
        };
        let help = format!(
            "write {:?} and its `label`, or the attribute that identifies its objects, with a dot between them",
            target.name
        );
        reporter.at_value(path, message, help);
    });
}

/// An attribute that names objects has strings that are not secret. One that is sent is a root attribute: plans check only those.
fn ref_source(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    for_each_reference(context, &mut |path, attribute, _| {
        let resource = context.resource;
        let is_root =
            resource.attribute(&attribute.name) == Some(attribute) || resource.filters.contains(attribute);
        let is_argument = attribute.mode.is_settable() && context.resource.kind == Kind::Resource;
        if attribute.r#type.scalar != Scalar::String || attribute.is_secret() || (is_argument && !is_root) {
            let help = "use it on a root attribute with strings that are not secret";
            reporter.at_value(path, format!("{:?} cannot name objects", attribute.name), help);
        }
    });
}

/// A unique value is a string that the configuration sets, of objects that can be listed.
fn unique_source(context: &ResourceContext<'_>, reporter: &mut Reporter<'_>) {
    let resource = context.resource;
    let unique = resource.attributes.iter().filter(|attribute| attribute.unique);
    for attribute in unique {
        let path = join(&join("attributes", &attribute.name), "unique");
        let is_string = attribute.r#type.is(Scalar::String) && !attribute.is_secret();
        if resource.kind == Kind::DataSource || !is_string || !attribute.mode.is_settable() {
            let help = "use it on an argument of a resource that is a string and not secret";
            reporter.at_value(&path, format!("{:?} cannot be unique", attribute.name), help);
        } else if resource.api.list.is_none() || attribute.wire.read.is_empty() {
            let message = format!("the objects that have {:?} cannot be found", attribute.name);
            reporter.at_value(
                &path,
                message,
                "declare `api.list`, and how a response has the attribute",
            );
        }
    }
}

/// The declaration that a reference names: the resource, or else the data source.
fn target<'a>(context: &ResourceContext<'a>, reference: &Reference) -> Option<&'a Resource> {
    let declarations = context.declarations.iter();
    let named = declarations.map(|declaration| &declaration.resource);
    let mut named = named.filter(|resource| resource.name == reference.target);
    named
        .clone()
        .find(|resource| resource.kind == Kind::Resource)
        .or_else(|| named.next())
}

/// Calls `check` with the path of each declared `ref`, its attribute and its value, also of nested attributes.
fn for_each_reference(context: &ResourceContext<'_>, check: &mut dyn FnMut(&str, &Attribute, &Reference)) {
    fn visit(
        context: &ResourceContext<'_>,
        path: &str,
        attributes: &[Attribute],
        check: &mut dyn FnMut(&str, &Attribute, &Reference),
    ) {
        for attribute in attributes {
            let path = join(path, &attribute.name);
            let key = join(&path, "ref");
            // A data source with `of` has the references of its resource, which are checked there.
            if let (Some(reference), true) = (&attribute.reference, context.positions.has(&key)) {
                check(&key, attribute, reference);
            }
            visit(context, &join(&path, "attributes"), &attribute.attributes, check);
        }
    }
    visit(context, "attributes", &context.resource.attributes, check);
    visit(context, "filters", &context.resource.filters, check);
}
