//! `ImportResourceState`: finds the object that an import names, by its identity, by its name, or by the URL of its page.
//!
//! An identity needs no request: the refresh that follows the import reads the object, and reports one that does not exist with
//! [`missing`].
//!
//! Tests: `crates/engine/tests/tables/import.rs`, `tests/terraform/imports.rs`.

use std::sync::Arc;

use percent_encoding::percent_decode_str;
use schema::{Attribute, Import, Resource, placeholders};
use serde_json::Value as Json;
use url::Url;
use value::{Path, Value};

use crate::api::Error;
use crate::context::Context;
use crate::declarations::Declarations;
use crate::diagnostic::{Diagnostics, Reported};
use crate::list::List;
use crate::naming::{self, MAX_SUGGESTIONS, closest, noun, title};
use crate::object::Known;
use crate::private::Private;
use crate::report::{self, Action, is_gone};
use crate::{absence, collection, identity, rules, shape, summaries, wire};

/// What an import ID names, as far as the ID itself shows.
#[derive(Debug, PartialEq)]
pub enum Target {
    /// An object that has only its identity.
    Object(Value),
    /// One of several objects, in the order of the URL that names them.
    OneOf(Vec<Value>),
    /// The object with this name.
    Named(String),
}

/// Returns the object of an import, which has only its identity: the refresh that follows reads the rest. `configured` returns the context,
/// or reports that the provider is not configured.
///
/// # Errors
///
/// [`Reported`] if the resource cannot be imported, or the ID names no object or several, or a request fails.
pub async fn by_id(
    resource: &Resource,
    id: &str,
    configured: impl Fn(&mut Diagnostics) -> Result<Context, Reported>,
    diagnostics: &mut Diagnostics,
) -> Result<Known, Reported> {
    let state = match parse(resource, id, diagnostics)? {
        Target::Object(object) => object,
        Target::OneOf(objects) => {
            let context = configured(diagnostics)?;
            existing(&context, resource, objects, diagnostics).await?
        }
        Target::Named(name) => {
            let context = configured(diagnostics)?;
            named(&context, resource, &name, diagnostics).await?
        }
    };
    Ok(record(resource, state, configured))
}

/// Returns the object of an import with this identity, which has nothing else. `configured` returns the context.
///
/// # Errors
///
/// [`Reported`] if a part of the identity is missing or invalid.
pub fn by_identity(
    resource: &Resource,
    wanted: &Value,
    configured: impl Fn(&mut Diagnostics) -> Result<Context, Reported>,
    diagnostics: &mut Diagnostics,
) -> Result<Known, Reported> {
    let values: Vec<&str> = identity::attributes(resource)
        .map(|attribute| wanted.get(&attribute.name).as_str().unwrap_or_default())
        .collect();
    let mut result = Ok(());
    for (attribute, value) in identity::attributes(resource).zip(&values) {
        if value.is_empty() || !is_part(attribute, value) {
            let detail = format!(
                "The identity of the import has no valid `{}`. {}",
                attribute.name, attribute.doc
            );
            result = Err(diagnostics.error(&summaries::INVALID_IMPORT_ID, detail.trim_end()));
        }
    }
    result?;
    match identified(resource, &values) {
        Some(object) => Ok(record(resource, object, configured)),
        None => Err(invalid(resource, "", diagnostics)),
    }
}

/// Returns the record of an imported object, which the refresh that follows completes.
fn record(
    resource: &Resource,
    state: Value,
    configured: impl Fn(&mut Diagnostics) -> Result<Context, Reported>,
) -> Known {
    let mut known = Known {
        state,
        private: Private {
            is_imported: true,
            is_unsent: resource.attributes.iter().any(|attribute| attribute.write_only),
            ..Private::default()
        },
    };
    // The refresh that follows reports a provider that is not configured.
    if let Ok(context) = configured(&mut Diagnostics::default()) {
        absence::note_imported(&context, resource, &mut known);
    }
    known
}

/// Returns what an import ID names, without a request.
///
/// # Errors
///
/// [`Reported`] if the resource cannot be imported, or the ID is a URL without the object's identity.
pub fn parse(resource: &Resource, id: &str, diagnostics: &mut Diagnostics) -> Result<Target, Reported> {
    let Import::By(pattern) = &resource.import else {
        return Err(diagnostics.error(
            &summaries::IMPORT_UNSUPPORTED,
            format!(
                "`{}` cannot be imported: it has no identity by which Terraform could find an existing object. \
                 Let Terraform create the object instead.",
                resource.name
            ),
        ));
    };
    let values = match_pattern(pattern, id).unwrap_or_default();
    if let Some(object) = identified(resource, &values) {
        return Ok(Target::Object(object));
    }
    match Url::parse(id) {
        _ if id.is_empty() => Err(invalid(resource, id, diagnostics)),
        Ok(url) if is_web(&url) && accepts_url(resource) => parse_url(resource, &url, diagnostics),
        _ => Ok(Target::Named(id.to_owned())),
    }
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

/// Whether an import accepts a URL: its parts must show whether they can be an identity.
pub fn accepts_url(resource: &Resource) -> bool {
    identity::attributes(resource).all(|attribute| attribute.format.is_some())
}

/// Returns the objects that the parts of a URL identify. An identity of several attributes needs exactly one part for each, in their order.
fn parse_url(resource: &Resource, url: &Url, diagnostics: &mut Diagnostics) -> Result<Target, Reported> {
    let decoded = [Some(url.path()), url.query(), url.fragment()]
        .into_iter()
        .flatten()
        .map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned());
    let decoded: Vec<String> = decoded.collect();
    let attributes: Vec<&Attribute> = identity::attributes(resource).collect();
    let mut candidates: Vec<&str> = Vec::new();
    for part in decoded
        .iter()
        .flat_map(|part| part.split(['/', '?', '&', '=', '#']))
    {
        let is_new = !candidates.iter().any(|known| known.eq_ignore_ascii_case(part));
        if is_new && attributes.iter().any(|attribute| is_part(attribute, part)) {
            candidates.push(part);
        }
    }
    let mut objects: Vec<Value> = if attributes.len() == 1 {
        let objects = candidates.chunks(1);
        objects
            .filter_map(|values| identified(resource, values))
            .collect()
    } else {
        identified(resource, &candidates).into_iter().collect()
    };
    match (objects.pop(), objects.is_empty()) {
        (Some(object), true) => Ok(Target::Object(object)),
        (Some(object), false) => {
            objects.push(object);
            Ok(Target::OneOf(objects))
        }
        (None, _) => {
            let names = attributes.iter().map(|attribute| format!("`{}`", attribute.name));
            let names: Vec<String> = names.collect();
            let order = if names.len() == 1 {
                ""
            } else {
                ", once each and in this order"
            };
            Err(diagnostics.error(
                &summaries::INVALID_IMPORT_ID,
                format!(
                    "The URL \"{url}\" does not identify a {}: it must contain {}{order}, as the URL of the object's page in the \
                     dashboard does.",
                    noun(resource),
                    names.join(" and ")
                ),
            ))
        }
    }
}

/// Whether a string can be a part of an identity.
fn is_part(attribute: &Attribute, part: &str) -> bool {
    rules::is_valid(attribute, &shape::string_value(attribute, part))
}

/// Returns an object that has only this identity, in one spelling; `None` if the number of values differs, or one is invalid.
fn identified(resource: &Resource, values: &[&str]) -> Option<Value> {
    let mut object = shape::empty_object(&resource.attributes);
    let mut values = values.iter();
    for attribute in identity::attributes(resource) {
        let value = shape::string_value(attribute, values.next()?);
        if !rules::is_valid(attribute, &value) {
            return None;
        }
        object.set_attribute(&attribute.name, identity::canonical(attribute, &value, attribute));
    }
    values.next().is_none().then_some(object)
}

/// Splits an import ID by a pattern such as `{set_uuid}/{uuid}` into the values of its attributes; `None` if it does not match.
fn match_pattern<'a>(pattern: &str, id: &'a str) -> Option<Vec<&'a str>> {
    let mut values = Vec::new();
    let mut rest = id;
    let mut pieces = pattern.split('{');
    rest = rest.strip_prefix(pieces.next().unwrap_or_default())?;
    let mut pieces = pieces.peekable();
    while let Some(piece) = pieces.next() {
        let (_, literal) = piece.split_once('}')?;
        let end = if literal.is_empty() {
            rest.len()
        } else {
            rest.find(literal)?
        };
        let (value, after) = rest.split_at_checked(end)?;
        values.push(value);
        rest = after.strip_prefix(literal)?;
        if value.is_empty() || (pieces.peek().is_none() && !rest.is_empty()) {
            return None;
        }
    }
    Some(values)
}

/// Returns the only one of these objects that exists.
async fn existing(
    context: &Context,
    resource: &Resource,
    objects: Vec<Value>,
    diagnostics: &mut Diagnostics,
) -> Result<Value, Reported> {
    let identities = |objects: &[Value]| {
        let ids = objects
            .iter()
            .filter_map(|object| identity::import_id(resource, object));
        ids.collect::<Vec<_>>().join(", ")
    };
    let mut found = Vec::new();
    for object in &objects {
        let Some(operation) = &resource.api.read else {
            found.clone_from(&objects);
            break;
        };
        match context.read(resource, operation, object).await {
            Ok(_) => found.push(object.clone()),
            Err(error) if is_gone(&error) => {}
            Err(error) => {
                return Err(report::request_error(
                    diagnostics,
                    Action::Import,
                    resource,
                    object,
                    &error,
                ));
            }
        }
    }
    match (found.pop(), found.as_slice()) {
        (Some(object), []) => Ok(object),
        (Some(object), _) => {
            found.push(object);
            Err(diagnostics.error(
                &summaries::MULTIPLE_MATCHES,
                format!(
                    "The URL names several {} objects: {}. Use one of these as the import ID.",
                    noun(resource),
                    identities(&found)
                ),
            ))
        }
        (None, _) => Err(diagnostics.error(
            &summaries::IMPORT_NOT_FOUND,
            format!(
                "The control plane has no {} with an identity of the URL: {}. {OTHER_ACCOUNT}",
                noun(resource),
                identities(&objects)
            ),
        )),
    }
}

/// What else may be wrong if an object is not found.
const OTHER_ACCOUNT: &str =
    "Check the ID, and that the API token belongs to the account that has the object.";

/// Returns the attribute by whose value an import finds an object, beside its identity.
pub fn label<'a>(declarations: &Declarations, resource: &'a Resource) -> Option<&'a Attribute> {
    Directory::of(declarations, resource).map(|directory| directory.label)
}

/// Where the names of the objects of a resource are.
struct Directory<'a> {
    /// The declaration that lists the objects: the resource, or the one that its identity refers to.
    declaration: &'a Resource,
    /// The identity in the declaration.
    identity: &'a Attribute,
    label: &'a Attribute,
}

impl<'a> Directory<'a> {
    /// Returns the directory of a resource; `None` if its objects have no names or cannot be listed, or if their identity has several parts.
    fn of(declarations: &Declarations, resource: &'a Resource) -> Option<Self> {
        let mut attributes = identity::attributes(resource);
        let (identity, None) = (attributes.next()?, attributes.next()) else {
            return None;
        };
        let declaration = declarations.lister(resource)?;
        let identity = match &identity.reference {
            Some(reference) if reference.target == declaration.name => {
                declaration.attribute(&reference.attribute)?
            }
            _ => declaration.attribute(&identity.name)?,
        };
        let label = declaration.attribute(declaration.label.as_deref()?)?;
        Some(Self {
            declaration,
            identity,
            label,
        })
    }

    /// Lists the objects, or returns a recent list: all imports of a plan share one.
    async fn list(&self, context: &Context) -> Option<Result<Arc<List>, Error>> {
        let list = collection::objects(context, self.declaration, None);
        collection::kept(&context.process, self.declaration, list).await
    }

    /// Returns the name and the identity of each object that has both.
    fn entries(&self, list: &List) -> Vec<(String, String)> {
        let string = |attribute, item: &Json| Some(wire::field(attribute, item)?.as_str()?.to_owned());
        let entries = list
            .objects()
            .filter_map(|item| Some((string(self.label, &item)?, string(self.identity, &item)?)));
        entries.collect()
    }
}

/// Returns the only object with a name.
async fn named(
    context: &Context,
    resource: &Resource,
    name: &str,
    diagnostics: &mut Diagnostics,
) -> Result<Value, Reported> {
    let Some(directory) = Directory::of(&context.declarations, resource) else {
        return Err(invalid(resource, name, diagnostics));
    };
    let noun = noun(directory.declaration);
    let label = &directory.label.name;
    let list = match directory.list(context).await {
        Some(Ok(list)) => list,
        Some(Err(error)) => {
            let declaration = directory.declaration;
            let mut object = shape::empty_object(&declaration.attributes);
            object.set_attribute(label, shape::string_value(directory.label, name));
            return Err(report::request_error(
                diagnostics,
                Action::Import,
                declaration,
                &object,
                &error,
            ));
        }
        None => Arc::default(),
    };
    let objects = collection::named(&list, directory.declaration, name);
    let identities = objects.filter_map(|item| {
        let identity = wire::field(directory.identity, &item)?;
        Some(identity.as_str()?.to_owned())
    });
    let identities: Vec<String> = identities.collect();
    if let [_, _, ..] = identities.as_slice() {
        return Err(diagnostics.error(
            &summaries::MULTIPLE_MATCHES,
            format!(
                "{} {noun} objects have the `{label}` {name:?}. Use the `{}` of one of them as the import ID: {}.",
                identities.len(),
                directory.identity.name,
                identities.join(", ")
            ),
        ));
    }
    let values: Vec<&str> = identities.iter().map(String::as_str).collect();
    if let Some(object) = identified(resource, &values) {
        return Ok(object);
    }
    let entries = directory.entries(&list);
    Err(diagnostics.error(
        &summaries::IMPORT_NOT_FOUND,
        format!(
            "The control plane has no {noun} with the `{label}` {name:?}. {}{} {OTHER_ACCOUNT}",
            suggestion(name, &entries),
            accepted(resource, Some(&directory)),
        ),
    ))
}

/// Reports that an imported object does not exist. `error` is that of the request for the object.
pub async fn missing(
    context: &Context,
    resource: &Resource,
    object: &Value,
    error: &Error,
    diagnostics: &mut Diagnostics,
) -> Reported {
    let entries = match Directory::of(&context.declarations, resource) {
        Some(directory) => match directory.list(context).await {
            Some(Ok(list)) => directory.entries(&list),
            // The error is about the object, and needs no suggestions.
            Some(Err(_)) | None => Vec::new(),
        },
        None => Vec::new(),
    };
    let id = identity::import_id(resource, object).unwrap_or_default();
    diagnostics.error(
        &summaries::IMPORT_NOT_FOUND,
        format!(
            "The control plane has no {}. {}{OTHER_ACCOUNT}\n\n{error}",
            title(resource, object),
            suggestion(&id, &entries)
        ),
    )
}

/// Returns the sentence that names the objects with the most similar names, or else with the most similar identities. `entries` are pairs
/// of a name and an identity.
fn suggestion(wanted: &str, entries: &[(String, String)]) -> String {
    let by_name = entries
        .iter()
        .map(|(name, identity)| (name.as_str(), identity.as_str()));
    let by_identity = by_name.clone().map(|(name, identity)| (identity, name));
    let mut similar = similar(wanted, &by_name.collect::<Vec<_>>());
    if similar.is_empty() {
        similar = self::similar(wanted, &by_identity.collect::<Vec<_>>());
    }
    if similar.is_empty() {
        String::new()
    } else {
        format!("Closest: {}. ", similar.join(", "))
    }
}

/// Describes the entries with the most similar keys.
fn similar(wanted: &str, entries: &[(&str, &str)]) -> Vec<String> {
    let keys = entries.iter().map(|(key, _)| *key);
    let closest = closest(wanted, keys, MAX_SUGGESTIONS).into_iter();
    let entries = closest.flat_map(|similar| entries.iter().filter(move |(key, _)| *key == similar));
    entries
        .map(|(key, other)| format!("{key} ({other})"))
        .take(MAX_SUGGESTIONS)
        .collect()
}

/// Reports an import ID that does not have the declared form.
fn invalid(resource: &Resource, id: &str, diagnostics: &mut Diagnostics) -> Reported {
    let pattern = pattern(resource);
    let mut problems = Diagnostics::default();
    let values = match_pattern(pattern, id).unwrap_or_default();
    for (attribute, value) in identity::attributes(resource).zip(values) {
        rules::value(
            attribute,
            &shape::string_value(attribute, value),
            &Path::root(),
            &mut problems,
        );
    }
    let problems: Vec<String> = problems
        .into_iter()
        .map(|problem| format!(" {}", problem.detail))
        .collect();
    diagnostics.error(
        &summaries::INVALID_IMPORT_ID,
        format!("{} Got {id:?}.{}", accepted(resource, None), problems.concat()),
    )
}

fn pattern(resource: &Resource) -> &str {
    match &resource.import {
        Import::By(pattern) => pattern,
        Import::Never => "",
    }
}

/// Returns the sentence that says which import IDs a resource accepts.
fn accepted(resource: &Resource, directory: Option<&Directory<'_>>) -> String {
    let pattern = pattern(resource);
    let mut names = placeholders(pattern);
    let name = match (names.next(), names.next()) {
        (Some(name), None) if pattern.len() == name.len() + "{}".len() => name,
        _ if accepts_url(resource) => {
            return format!(
                "The import ID must have the form `{pattern}`, or be the URL of the object's page in the dashboard."
            );
        }
        _ => return format!("The import ID must have the form `{pattern}`."),
    };
    let label = directory.map(|directory| format!("its `{}`", directory.label.name));
    let url = accepts_url(resource).then(|| "the URL of its page in the dashboard".to_owned());
    let mut forms = vec![format!("the `{name}` of the object")];
    forms.extend(label.into_iter().chain(url));
    format!("The import ID must be {}.", naming::either(&forms))
}
