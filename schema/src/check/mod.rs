//! What the build refuses beyond grammar: the model held against rules.
//!
//! One file per family of rules, one function per rule, and the function's name is the rule's id. A rule names the path
//! it speaks of (`attributes.name.default`); where that is in which file is not its concern.
//!
//! Tests: `schema/tests/ui.rs`.

mod attributes;
mod constraints;
mod head;
mod jobs;
mod lifecycle;
mod lookups;
mod values;
mod wire;

use crate::declarations::Written;
use crate::diagnostic::{Problem, did_you_mean};
use crate::model::{Attribute, Kind, Operation, Provider, Resource, Scalar};
use crate::path::join;
use crate::places::Places;
use crate::source::Sources;

/// Names functions and makes a table of them by that name.
macro_rules! by_name {
    ($($name:ident),* $(,)?) => { &[$((stringify!($name), $name)),*] };
}
pub(crate) use by_name;

/// A rule about one attribute, at any depth.
pub(crate) type AttributeRule = fn(&Site<'_>, &mut Found<'_>);

/// A rule about a resource or data source as a whole.
pub(crate) type ResourceRule = fn(&Subject<'_>, &mut Found<'_>);

const ATTRIBUTE_RULES: &[&[(&str, AttributeRule)]] = &[attributes::RULES, wire::RULES];

const RESOURCE_RULES: &[&[(&str, ResourceRule)]] = &[
    head::RULES,
    lifecycle::RULES,
    jobs::RULES,
    constraints::RULES,
    lookups::RULES,
];

/// A rule about the provider's own configuration as a whole.
pub(crate) type ProviderRule = fn(&Provider, &mut Found<'_>);

/// Ids of the rules about the model.
pub(crate) fn rules() -> impl Iterator<Item = &'static str> {
    let attributes = ATTRIBUTE_RULES.iter().copied().flatten().map(|(id, _)| *id);
    let resources = RESOURCE_RULES.iter().copied().flatten().map(|(id, _)| *id);
    let provider = head::PROVIDER_RULES.iter().map(|(id, _)| *id);
    provider.chain(attributes).chain(resources)
}

/// Checks everything that a folder declares.
pub(crate) fn check(written: &Written, sources: &Sources, problems: &mut Vec<Problem>) {
    let model = &written.model;
    if let Some(places) = &written.provider {
        provider(&model.provider, places, sources, problems);
    }
    for (declaration, places) in model.declarations.iter().zip(&written.declarations) {
        let subject = Subject {
            resource: &declaration.resource,
            file: declaration.files.first().map_or("", String::as_str),
            operations: &model.operations,
            places,
        };
        resource(&subject, sources, problems);
    }
}

/// An attribute where it stands.
pub(crate) struct Site<'a> {
    /// The attribute.
    pub attribute: &'a Attribute,
    /// Its path, e.g. `attributes.rules.attributes.action`.
    pub path: String,
    /// The attributes around it, the outermost first.
    pub parents: Vec<&'a Attribute>,
    /// The resource or data source it belongs to; `None` in the provider's configuration.
    pub resource: Option<&'a Resource>,
    /// Where everything was written.
    pub places: &'a Places,
}

impl Site<'_> {
    /// The path of one of its keys.
    pub fn key(&self, key: &str) -> String {
        join(&self.path, key)
    }

    /// Whether the author wrote that key.
    pub fn speaks_of(&self, key: &str) -> bool {
        self.places.has(&self.key(key))
    }

    /// Whether it belongs to a resource: to something with plan and state.
    pub fn is_in_resource(&self) -> bool {
        self.resource
            .is_some_and(|resource| resource.kind == Kind::Resource)
    }

    /// Whether it is a collection, of whatever.
    pub fn is_collection(&self) -> bool {
        !self.attribute.r#type.collections.is_empty()
    }

    /// Whether it holds texts, itself or as a collection.
    pub fn holds(&self, scalar: Scalar) -> bool {
        self.attribute.r#type.scalar == scalar
    }
}

/// A resource or data source and what it is held against.
pub(crate) struct Subject<'a> {
    /// The resource or data source.
    pub resource: &'a Resource,
    /// Its file, relative to the folder of the declarations.
    pub file: &'a str,
    /// All operations.
    pub operations: &'a [Operation],
    /// Where everything was written.
    pub places: &'a Places,
}

impl Subject<'_> {
    /// The operation of that id, where it is one that could be read.
    pub fn operation(&self, id: &str) -> Option<&Operation> {
        self.operations
            .iter()
            .find(|operation| operation.id == id && !operation.path.is_empty())
    }

    /// The attribute that a placeholder of an operation's path stands for.
    pub fn mapped<'b>(&'b self, placeholder: &'b str) -> &'b str {
        let mapped = self
            .resource
            .api
            .path
            .iter()
            .find(|(name, _)| name == placeholder);
        mapped.map_or(placeholder, |(_, attribute)| attribute)
    }

    /// Names of the root attributes.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.resource
            .attributes
            .iter()
            .map(|attribute| attribute.name.as_ref())
    }
}

/// Collects what one rule finds.
pub(crate) struct Found<'a> {
    rule: &'static str,
    places: &'a Places,
    sources: &'a Sources,
    problems: &'a mut Vec<Problem>,
}

impl Found<'_> {
    /// A problem with the value of a path; where that was not written, with the table around it.
    pub fn value(&mut self, path: &str, message: impl Into<String>, help: impl Into<String>) {
        let place = self.places.nearest(path);
        self.add(path, place.file, place.value, message.into(), help.into());
    }

    /// A name at this path that none of the attributes has.
    pub fn no_attribute<'a>(&mut self, path: &str, name: &str, legal: impl Iterator<Item = &'a str>) {
        let help = did_you_mean(name, legal).unwrap_or_default();
        self.value(path, format!("unknown attribute {name:?}"), help);
    }

    /// A problem with a path as such.
    pub fn key(&mut self, path: &str, message: impl Into<String>, help: impl Into<String>) {
        let place = self.places.nearest(path);
        // What was not written is missing in a table, whose value is its header.
        let span = if self.places.has(path) {
            place.key
        } else {
            place.value
        };
        self.add(path, place.file, span, message.into(), help.into());
    }

    fn add(&mut self, path: &str, file: usize, span: std::ops::Range<usize>, message: String, help: String) {
        if self.places.is_broken(path) {
            return;
        }
        let help = Some(help).filter(|help| !help.is_empty());
        self.problems
            .push(Problem::at(self.sources, file, span, self.rule, message, help));
    }
}

fn provider(provider: &Provider, places: &Places, sources: &Sources, problems: &mut Vec<Problem>) {
    for (rule, check) in head::PROVIDER_RULES {
        check(
            provider,
            &mut Found {
                rule,
                places,
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
        places,
        sources,
        problems,
    );
}

fn resource(subject: &Subject<'_>, sources: &Sources, problems: &mut Vec<Problem>) {
    let places = subject.places;
    let resource = subject.resource;
    check_attributes(
        &resource.attributes,
        &mut Vec::new(),
        Some(resource),
        "attributes",
        places,
        sources,
        problems,
    );
    for (rule, check) in RESOURCE_RULES.iter().copied().flatten() {
        check(
            subject,
            &mut Found {
                rule,
                places,
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
    places: &'a Places,
    sources: &Sources,
    problems: &mut Vec<Problem>,
) {
    for attribute in attributes {
        let path = join(path, &attribute.name);
        // What was derived is right by construction, and there is no place to point at.
        if !places.has(&path) {
            continue;
        }
        let site = Site {
            attribute,
            path: path.clone(),
            parents: parents.clone(),
            resource,
            places,
        };
        for (rule, check) in ATTRIBUTE_RULES.iter().copied().flatten() {
            check(
                &site,
                &mut Found {
                    rule,
                    places,
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
            places,
            sources,
            problems,
        );
        parents.pop();
    }
}
