//! The rules about the model, which the grammar cannot express.
//!
//! There is one file for each family of rules and one function for each rule, whose name is the id of the rule. A rule reports the
//! path of a mistake, such as `attributes.name.default`; [`Reporter`] finds the position in the file.
//!
//! Tests: `schema/tests/ui.rs`.

mod attributes;
mod constraints;
mod filters;
mod head;
mod jobs;
mod lifecycle;
mod lookups;
mod references;
mod values;
mod wire;

use crate::declarations::{Declaration, Unchecked};
use crate::diagnostic::{Problem, did_you_mean};
use crate::model::{Attribute, Kind, Operation, Provider, Resource, Scalar};
use crate::path::join;
use crate::positions::Positions;
use crate::source::Sources;

/// Builds a table of functions with their names.
macro_rules! by_name {
    ($($name:ident),* $(,)?) => { &[$((stringify!($name), $name)),*] };
}
pub(crate) use by_name;

/// A rule about an attribute, at any depth.
pub(crate) type AttributeRule = fn(&AttributeContext<'_>, &mut Reporter<'_>);

/// A rule about a resource or data source as a whole.
pub(crate) type ResourceRule = fn(&ResourceContext<'_>, &mut Reporter<'_>);

const ATTRIBUTE_RULES: &[&[(&str, AttributeRule)]] = &[attributes::RULES, wire::RULES];

const RESOURCE_RULES: &[&[(&str, ResourceRule)]] = &[
    head::RULES,
    lifecycle::RULES,
    jobs::RULES,
    constraints::RULES,
    lookups::RULES,
    references::RULES,
    filters::RULES,
];

/// A rule about the provider's own configuration as a whole.
pub(crate) type ProviderRule = fn(&Provider, &mut Reporter<'_>);

/// The ids of the rules about the model.
pub(crate) fn rules() -> impl Iterator<Item = &'static str> {
    let attributes = ATTRIBUTE_RULES.iter().copied().flatten().map(|(id, _)| *id);
    let resources = RESOURCE_RULES.iter().copied().flatten().map(|(id, _)| *id);
    let provider = head::PROVIDER_RULES.iter().map(|(id, _)| *id);
    provider.chain(attributes).chain(resources)
}

/// Checks the model of a folder against all rules.
pub(crate) fn check(unchecked: &Unchecked, sources: &Sources, problems: &mut Vec<Problem>) {
    let model = &unchecked.model;
    if let Some(positions) = &unchecked.provider {
        check_provider(&model.provider, positions, sources, problems);
    }
    for (declaration, positions) in model.declarations.iter().zip(&unchecked.declarations) {
        let context = ResourceContext {
            resource: &declaration.resource,
            file: declaration.files.first().map_or("", String::as_str),
            provider: &model.provider,
            operations: &model.operations,
            declarations: &model.declarations,
            positions,
        };
        check_resource(&context, sources, problems);
    }
}

/// An attribute, and what its rules need to know about its surroundings.
pub(crate) struct AttributeContext<'a> {
    /// The attribute.
    pub attribute: &'a Attribute,
    /// Its path, e.g. `attributes.rules.attributes.action`.
    pub path: String,
    /// The attributes that it is nested in, the outermost first.
    pub parents: Vec<&'a Attribute>,
    /// The resource or data source it belongs to; `None` in the provider's configuration.
    pub resource: Option<&'a Resource>,
    /// The position of each key.
    pub positions: &'a Positions,
}

impl AttributeContext<'_> {
    /// Returns the path of one of its keys.
    pub fn key_path(&self, key: &str) -> String {
        join(&self.path, key)
    }

    /// Whether the declaration contains this key.
    pub fn has_key(&self, key: &str) -> bool {
        self.positions.has(&self.key_path(key))
    }

    /// Whether it belongs to a resource, not to a data source or the provider.
    pub fn is_in_resource(&self) -> bool {
        self.resource
            .is_some_and(|resource| resource.kind == Kind::Resource)
    }

    /// Whether its type is a collection.
    pub fn is_collection(&self) -> bool {
        !self.attribute.r#type.collections.is_empty()
    }

    /// Whether its type is this scalar or a collection of it.
    pub fn has_scalar(&self, scalar: Scalar) -> bool {
        self.attribute.r#type.scalar == scalar
    }
}

/// A resource or data source, and what its rules need to know.
pub(crate) struct ResourceContext<'a> {
    /// The resource or data source.
    pub resource: &'a Resource,
    /// Its file, relative to the folder of the declarations.
    pub file: &'a str,
    /// The provider's own configuration.
    pub provider: &'a Provider,
    /// All operations.
    pub operations: &'a [Operation],
    /// All declarations.
    pub declarations: &'a [Declaration],
    /// The position of each key.
    pub positions: &'a Positions,
}

impl ResourceContext<'_> {
    /// Returns the operation with this id. An operation that could not be parsed is not returned.
    pub fn operation(&self, id: &str) -> Option<&Operation> {
        self.operations
            .iter()
            .find(|operation| operation.id == id && !operation.path.is_empty())
    }

    /// Returns the name of the attribute for a placeholder of an operation's path.
    pub fn attribute_of_placeholder<'b>(&'b self, placeholder: &'b str) -> &'b str {
        let mapped = self
            .resource
            .api
            .path
            .iter()
            .find(|(name, _)| name == placeholder);
        mapped.map_or(placeholder, |(_, attribute)| attribute)
    }

    /// Returns the names of the root attributes.
    pub fn attribute_names(&self) -> impl Iterator<Item = &str> {
        self.resource
            .attributes
            .iter()
            .map(|attribute| attribute.name.as_ref())
    }
}

/// Collects the problems that a rule reports.
pub(crate) struct Reporter<'a> {
    rule: &'static str,
    positions: &'a Positions,
    sources: &'a Sources,
    problems: &'a mut Vec<Problem>,
}

impl Reporter<'_> {
    /// Reports a problem at the value of a path. If the declaration does not contain the path, it reports at the table around it.
    pub fn at_value(&mut self, path: &str, message: impl Into<String>, help: impl Into<String>) {
        let position = self.positions.nearest(path);
        self.add(path, position.file, position.value, message.into(), help.into());
    }

    /// Reports a name at the value of a path, because there is no such attribute.
    pub fn unknown_attribute<'a>(&mut self, path: &str, name: &str, legal: impl Iterator<Item = &'a str>) {
        let help = did_you_mean(name, legal).unwrap_or_default();
        self.at_value(path, format!("unknown attribute {name:?}"), help);
    }

    /// Reports a problem at the key of a path. If the declaration does not contain the path, it reports at the table around it.
    pub fn at_key(&mut self, path: &str, message: impl Into<String>, help: impl Into<String>) {
        let position = self.positions.nearest(path);
        // `nearest` found a table: its value is the header.
        let span = if self.positions.has(path) {
            position.key
        } else {
            position.value
        };
        self.add(path, position.file, span, message.into(), help.into());
    }

    fn add(&mut self, path: &str, file: usize, span: std::ops::Range<usize>, message: String, help: String) {
        if self.positions.is_broken(path) {
            return;
        }
        let help = Some(help).filter(|help| !help.is_empty());
        self.problems
            .push(Problem::at(self.sources, file, span, self.rule, message, help));
    }
}

fn check_provider(
    provider: &Provider,
    positions: &Positions,
    sources: &Sources,
    problems: &mut Vec<Problem>,
) {
    for (rule, check) in head::PROVIDER_RULES {
        check(
            provider,
            &mut Reporter {
                rule,
                positions,
                sources,
                problems,
            },
        );
    }
    check_attributes(
        &provider.attributes,
        &mut Vec::new(),
        None,
        "attributes",
        positions,
        sources,
        problems,
    );
}

fn check_resource(context: &ResourceContext<'_>, sources: &Sources, problems: &mut Vec<Problem>) {
    let positions = context.positions;
    let resource = context.resource;
    check_attributes(
        &resource.attributes,
        &mut Vec::new(),
        Some(resource),
        "attributes",
        positions,
        sources,
        problems,
    );
    check_attributes(
        &resource.filters,
        &mut Vec::new(),
        Some(resource),
        "filters",
        positions,
        sources,
        problems,
    );
    for (rule, check) in RESOURCE_RULES.iter().copied().flatten() {
        check(
            context,
            &mut Reporter {
                rule,
                positions,
                sources,
                problems,
            },
        );
    }
}

fn check_attributes<'a>(
    attributes: &'a [Attribute],
    parents: &mut Vec<&'a Attribute>,
    resource: Option<&'a Resource>,
    path: &str,
    positions: &'a Positions,
    sources: &Sources,
    problems: &mut Vec<Problem>,
) {
    for attribute in attributes {
        let path = join(path, &attribute.name);
        // Derived attributes have no position, and cannot have mistakes.
        if !positions.has(&path) {
            continue;
        }
        let context = AttributeContext {
            attribute,
            path: path.clone(),
            parents: parents.clone(),
            resource,
            positions,
        };
        for (rule, check) in ATTRIBUTE_RULES.iter().copied().flatten() {
            check(
                &context,
                &mut Reporter {
                    rule,
                    positions,
                    sources,
                    problems,
                },
            );
        }
        parents.push(attribute);
        let nested = join(&path, "attributes");
        check_attributes(
            &attribute.attributes,
            parents,
            resource,
            &nested,
            positions,
            sources,
            problems,
        );
        parents.pop();
    }
}
