//! `ImportResourceState`: finds the object that a user names.
//!
//! | the import ID is | the object |
//! |---|---|
//! | in the declared form, such as a UUID | that one; the refresh that follows reports one that does not exist |
//! | a URL, such as that of the dashboard's page | the one whose identity the URL has. If it has several, the control plane decides which exists |
//! | anything else | the only one with this name, in a list of all |
//!
//! Tests: `crates/engine/tests/tables/import.rs`, `tests/terraform/imports.rs`.

use std::collections::BTreeSet;
use std::sync::Arc;

use schema::{Attribute, Import, Resource};
use value::{Path, Value};

use crate::context::Context;
use crate::declarations::Declarations;
use crate::diagnostic::{Diagnostics, Reported};
use crate::list::List;
use crate::naming::{MAX_SUGGESTIONS, closest, noun};
use crate::object::Known;
use crate::private::Private;
use crate::report::{self, Action, is_gone};
use crate::{absence, collection, identity, rules, shape, summaries, wire};

/// What an import needs beside its declaration.
pub struct Importer<'a, F> {
    /// The resource of the object.
    pub resource: &'a Resource,
    /// The declarations of all others.
    pub declarations: &'a Declarations,
    /// Returns the context for requests, or reports that the provider is not configured.
    pub context: F,
}

impl<F: Fn(&mut Diagnostics) -> Result<Context, Reported>> Importer<'_, F> {
    /// Returns the record of an object that has only its identity, from an import ID; the refresh that follows reads the rest.
    ///
    /// # Errors
    ///
    /// [`Reported`] if the resource cannot be imported, the ID names no object or several, or a request fails.
    pub async fn by_id(&self, id: &str, diagnostics: &mut Diagnostics) -> Result<Known, Reported> {
        let pattern = pattern(self.resource, diagnostics)?;
        let state = match parse(self.resource, pattern, id) {
            Parsed::Object(object) => object,
            Parsed::OneOf(objects) => self.existing(pattern, id, objects, diagnostics).await?,
            Parsed::Name => self.by_name(pattern, id, diagnostics).await?,
        };
        Ok(self.record(state))
    }

    /// Returns the record of an object with this identity.
    ///
    /// # Errors
    ///
    /// [`Reported`] if the resource cannot be imported, or a part of the identity is missing or invalid.
    pub fn by_identity(&self, identity: &Value, diagnostics: &mut Diagnostics) -> Result<Known, Reported> {
        pattern(self.resource, diagnostics)?;
        let mut state = shape::empty_object(&self.resource.attributes);
        let mut result = Ok(());
        for attribute in identity::attributes(self.resource) {
            let name = &attribute.name;
            match set(
                &mut state,
                attribute,
                identity.get(name).as_str().unwrap_or_default(),
            ) {
                Ok(()) => {}
                Err(problem) => {
                    let detail = format!("The identity of the import has no valid `{name}`. {problem}");
                    result = Err(diagnostics.error(&summaries::INVALID_IMPORT_ID, detail.trim_end()));
                }
            }
        }
        result.map(|()| self.record(state))
    }

    fn record(&self, state: Value) -> Known {
        let mut known = Known {
            state,
            private: Private {
                is_unsent: self
                    .resource
                    .attributes
                    .iter()
                    .any(|attribute| attribute.write_only),
                is_imported: true,
                ..Private::default()
            },
        };
        // The refresh that follows reports a provider that is not configured.
        if let Ok(context) = (self.context)(&mut Diagnostics::default()) {
            absence::note_imported(&context, self.resource, &mut known);
        }
        known
    }

    /// Returns the object of a URL that exists.
    async fn existing(
        &self,
        pattern: &str,
        url: &str,
        mut objects: Vec<(String, Value)>,
        diagnostics: &mut Diagnostics,
    ) -> Result<Value, Reported> {
        let resource = self.resource;
        if objects.len() > 1 {
            let context = (self.context)(diagnostics)?;
            let mut existing = Vec::new();
            for (id, object) in objects {
                if exists(&context, resource, &object, diagnostics).await? {
                    existing.push((id, object));
                }
            }
            objects = existing;
        }
        let ids: Vec<String> = objects.iter().map(|(id, _)| format!("`{id}`")).collect();
        match <[_; 1]>::try_from(objects) {
            Ok([(_, object)]) => Ok(object),
            Err(objects) if objects.is_empty() => {
                let detail = format!(
                    "The URL {url:?} does not have the {} of a {} in this account. {}",
                    parts(pattern),
                    noun(resource),
                    accepted(resource, self.declarations, pattern)
                );
                Err(diagnostics.error(&summaries::INVALID_IMPORT_ID, detail))
            }
            Err(_) => {
                let detail = format!(
                    "The URL {url:?} has several: {}. Use one of them as the import ID.",
                    ids.join(", ")
                );
                Err(diagnostics.error(&summaries::MULTIPLE_MATCHES, detail))
            }
        }
    }

    async fn by_name(
        &self,
        pattern: &str,
        name: &str,
        diagnostics: &mut Diagnostics,
    ) -> Result<Value, Reported> {
        let resource = self.resource;
        let accepted = || accepted(resource, self.declarations, pattern);
        let Some(target) = Target::of(resource, self.declarations) else {
            let problem = problem(resource, pattern, name);
            let detail = format!("The import ID must have the form `{pattern}`, got {name:?}.{problem}");
            return Err(diagnostics.error(&summaries::INVALID_IMPORT_ID, detail));
        };
        let context = (self.context)(diagnostics)?;
        let list = match target.list(&context).await {
            Ok(list) => list,
            Err(error) => {
                let object = shape::empty_object(&resource.attributes);
                return Err(report::request_error(
                    diagnostics,
                    Action::Find,
                    resource,
                    &object,
                    &error,
                ));
            }
        };
        let objects: Vec<(String, Value)> = collection::named(&list, target.declaration, name)
            .filter_map(|object| {
                let id = target.id(&object)?;
                let object = identified(resource, pattern, &id)?;
                Some((id, object))
            })
            .collect();
        let ids: Vec<String> = objects.iter().map(|(id, _)| id.clone()).collect();
        match <[_; 1]>::try_from(objects) {
            Ok([(_, object)]) => Ok(object),
            Err(objects) if objects.is_empty() => {
                let detail = format!(
                    "{name:?} is neither the {} nor the `{}` of a {} in this account.{} {}",
                    parts(pattern),
                    target.label.name,
                    noun(target.declaration),
                    target.similar(&list, name),
                    accepted()
                );
                Err(diagnostics.error(&summaries::IMPORT_NOT_FOUND, detail))
            }
            Err(_) => {
                let detail = format!(
                    "{} {} objects have the `{}` {name:?}: {}. Use the {} of one of them as the import ID.",
                    ids.len(),
                    noun(target.declaration),
                    target.label.name,
                    ids.join(", "),
                    parts(pattern)
                );
                Err(diagnostics.error(&summaries::MULTIPLE_MATCHES, detail))
            }
        }
    }
}

/// Reports an imported object that does not exist.
pub async fn report_missing(
    context: &Context,
    resource: &Resource,
    object: &Value,
    diagnostics: &mut Diagnostics,
) -> Reported {
    let id = identity::import_id(resource, object).unwrap_or_default();
    let target = Target::of(resource, &context.declarations);
    let similar = match &target {
        Some(target) => target.list(context).await.map(|list| target.similar(&list, &id)),
        None => Ok(String::new()),
    };
    let pattern = pattern(resource, &mut Diagnostics::default()).unwrap_or_default();
    let noun = noun(target.map_or(resource, |target| target.declaration));
    let detail = format!(
        "No {noun} with the {} `{id}` exists in this account.{} Check it, and that the API token belongs to the account that has the {noun}.",
        parts(pattern),
        similar.unwrap_or_default()
    );
    diagnostics.error(&summaries::IMPORT_NOT_FOUND, detail)
}

/// What an import ID names, as far as it shows that itself.
#[derive(Debug, PartialEq)]
pub enum Parsed {
    /// An object that has only its identity.
    Object(Value),
    /// One of the objects in a URL, each with its import ID.
    OneOf(Vec<(String, Value)>),
    /// Possibly the name of an object.
    Name,
}

/// Parses an import ID by the form that the declaration has.
pub fn parse(resource: &Resource, pattern: &str, id: &str) -> Parsed {
    if let Some(object) = identified(resource, pattern, id) {
        return Parsed::Object(object);
    }
    if !id.starts_with("https://") && !id.starts_with("http://") {
        return Parsed::Name;
    }
    let objects = ids_in(resource, pattern, id).into_iter();
    let mut objects: Vec<(String, Value)> = objects
        .filter_map(|id| identified(resource, pattern, &id).map(|object| (id, object)))
        .collect();
    match objects.pop() {
        Some((_, object)) if objects.is_empty() => Parsed::Object(object),
        last => {
            objects.extend(last);
            Parsed::OneOf(objects)
        }
    }
}

/// Where objects are found by their names.
struct Target<'a> {
    /// The resource itself, or the declaration that its identity names.
    declaration: &'a Resource,
    identity: &'a Attribute,
    label: &'a Attribute,
}

impl<'a> Target<'a> {
    fn of(resource: &'a Resource, declarations: &Declarations) -> Option<Self> {
        let own = resource.identity()?;
        let (declaration, identity) = match (&resource.api.list, &own.reference) {
            (None, Some(reference)) => {
                let declaration = declarations.find(&reference.target)?;
                (declaration, declaration.attribute(&reference.attribute)?)
            }
            _ => (resource, own),
        };
        declaration.list_operation()?;
        let label = declaration.attribute(declaration.label.as_deref()?)?;
        Some(Self {
            declaration,
            identity,
            label,
        })
    }

    async fn list(&self, context: &Context) -> Result<Arc<List>, crate::api::Error> {
        match collection::objects(context, self.declaration, None).await {
            Some(list) => list,
            None => Ok(Arc::default()),
        }
    }

    fn id(&self, object: &serde_json::Value) -> Option<String> {
        Some(wire::field(self.identity, object)?.as_str()?.to_owned())
    }

    /// The most similar names, else identities, as a sentence after a space; empty without any.
    fn similar(&self, list: &List, wanted: &str) -> String {
        let named = list.objects().filter_map(|object| {
            let name = wire::field(self.label, &object)?.as_str()?.to_owned();
            Some((name, self.id(&object)?))
        });
        let named: Vec<(String, String)> = named.collect();
        let by_name = closest(
            wanted,
            named.iter().map(|(name, _)| name.as_str()),
            MAX_SUGGESTIONS,
        );
        let by_id = closest(wanted, named.iter().map(|(_, id)| id.as_str()), MAX_SUGGESTIONS);
        let is_similar = |(name, id): &&(String, String)| {
            by_name.contains(&name.as_str()) || (by_name.is_empty() && by_id.contains(&id.as_str()))
        };
        let similar = named.iter().filter(is_similar);
        let similar: Vec<String> = similar.map(|(name, id)| format!("`{name}` ({id})")).collect();
        if similar.is_empty() {
            return String::new();
        }
        format!(" Closest: {}.", similar.join(", "))
    }
}

/// The form of the import ID.
fn pattern<'a>(resource: &'a Resource, diagnostics: &mut Diagnostics) -> Result<&'a str, Reported> {
    match &resource.import {
        Import::By(pattern) => Ok(pattern),
        Import::Never => Err(diagnostics.error(
            &summaries::IMPORT_UNSUPPORTED,
            format!(
                "`{}` cannot be imported: it has no identity by which Terraform could find an existing object. Let Terraform create the \
                 object instead.",
                resource.name
            ),
        )),
    }
}

/// The attributes of an import ID, such as `` `rack` and `slot` ``.
fn parts(pattern: &str) -> String {
    let names: Vec<String> = schema::placeholders(pattern)
        .map(|name| format!("`{name}`"))
        .collect();
    names.join(" and ")
}

/// What an import accepts, as a sentence.
fn accepted(resource: &Resource, declarations: &Declarations, pattern: &str) -> String {
    let mut accepted = vec![format!("`{pattern}`")];
    if let Some(target) = Target::of(resource, declarations) {
        accepted.push(format!("the `{}`, if it is unique", target.label.name));
    }
    if has_formats(resource) {
        accepted.push("the URL of the object's page".to_owned());
    }
    match accepted.split_last() {
        Some((last, [])) => format!("An import accepts {last}."),
        Some((last, others)) => format!("An import accepts {} or {last}.", others.join(", ")),
        None => String::new(),
    }
}

fn has_formats(resource: &Resource) -> bool {
    identity::attributes(resource).all(|attribute| attribute.format.is_some())
}

/// The import IDs in a URL: of its words, those that are valid. An identity of several parts has them in the order of the form.
fn ids_in(resource: &Resource, pattern: &str, url: &str) -> Vec<String> {
    if !has_formats(resource) {
        return Vec::new();
    }
    let words = url.split(|character: char| !character.is_ascii_alphanumeric() && character != '-');
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let attributes: Vec<&Attribute> = identity::attributes(resource).collect();
    let is_valid = |attribute: &Attribute, word: &str| {
        let value = shape::string_value(attribute, word);
        rules::is_valid(attribute, &value)
    };
    let with = |id: String, (attribute, word): (&&Attribute, &str)| {
        id.replace(&format!("{{{}}}", attribute.name), word)
    };
    let is_part = |word: &&str| attributes.iter().any(|attribute| is_valid(attribute, word));
    let valid: Vec<&str> = words.into_iter().filter(is_part).collect();
    match attributes.as_slice() {
        [attribute] => {
            let valid: BTreeSet<String> = valid.into_iter().map(str::to_ascii_lowercase).collect();
            let ids = valid
                .iter()
                .map(|word| with(pattern.to_owned(), (attribute, word)));
            ids.collect()
        }
        several if several.len() == valid.len() => {
            vec![several.iter().zip(valid).fold(pattern.to_owned(), with)]
        }
        _ => Vec::new(),
    }
}

async fn exists(
    context: &Context,
    resource: &Resource,
    object: &Value,
    diagnostics: &mut Diagnostics,
) -> Result<bool, Reported> {
    let Some(operation) = &resource.api.read else {
        return Ok(false);
    };
    match context.read(resource, operation, object).await {
        Ok(_) => Ok(true),
        Err(error) if is_gone(&error) => Ok(false),
        Err(error) => Err(report::request_error(
            diagnostics,
            Action::Read,
            resource,
            object,
            &error,
        )),
    }
}

/// Why a part of an import ID is invalid, as a sentence after a space; empty if it does not have the form.
fn problem(resource: &Resource, pattern: &str, id: &str) -> String {
    let mut state = shape::empty_object(&resource.attributes);
    let parts = match_pattern(pattern, id).unwrap_or_default().into_iter();
    let mut problems =
        parts.filter_map(|(name, part)| set(&mut state, resource.attribute(name)?, part).err());
    problems
        .next()
        .map(|problem| format!(" {problem}"))
        .unwrap_or_default()
}

/// Returns an object that has only its identity; `None` if the ID does not have the form, or a part is invalid.
fn identified(resource: &Resource, pattern: &str, id: &str) -> Option<Value> {
    let mut state = shape::empty_object(&resource.attributes);
    for (name, part) in match_pattern(pattern, id)? {
        set(&mut state, resource.attribute(name)?, part).ok()?;
    }
    Some(state)
}

/// Sets a part of an identity.
///
/// # Errors
///
/// Why it is invalid.
fn set(state: &mut Value, attribute: &Attribute, part: &str) -> Result<(), String> {
    let value = shape::string_value(attribute, part);
    let mut problems = Diagnostics::default();
    rules::value(attribute, &value, &Path::root(), &mut problems);
    if let Some(problem) = problems.errors().next() {
        return Err(problem.detail.clone());
    }
    if part.is_empty() {
        return Err(String::new());
    }
    state.set_attribute(&attribute.name, identity::canonical(attribute, &value, attribute));
    Ok(())
}

/// Splits an import ID by a pattern such as `{set_uuid}/{uuid}` into (attribute, value) pairs; `None` if it does not
/// match.
fn match_pattern<'a>(pattern: &'a str, id: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    let mut parts = Vec::new();
    let mut rest = id;
    let mut pieces = pattern.split('{');
    rest = rest.strip_prefix(pieces.next().unwrap_or_default())?;
    let mut pieces = pieces.peekable();
    while let Some(piece) = pieces.next() {
        let (name, literal) = piece.split_once('}')?;
        let end = if literal.is_empty() {
            rest.len()
        } else {
            rest.find(literal)?
        };
        let (value, after) = rest.split_at_checked(end)?;
        parts.push((name, value));
        rest = after.strip_prefix(literal)?;
        if value.is_empty() || (pieces.peek().is_none() && !rest.is_empty()) {
            return None;
        }
    }
    Some(parts)
}
