//! The identity of an object: the attributes in its import ID. A response is used only if its identity is that of the
//! requested object, because its values go into state, and its identity into the paths of later requests.
//!
//! Terraform from version 1.12 on stores the identity beside the state of each object. It always follows from the object
//! ([`of`]), so that Terraform may lose it.
//!
//! Tests: `crates/engine/tests/tables/identity.rs`.

use schema::{Attribute, Format, Import, Resource};
use serde_json::Value as Json;
use value::json::json_type;
use value::{Path, Type, Value};

use crate::api::{Api, ErrorKind};
use crate::diagnostic::{Diagnostics, Reported};
use crate::equal::is_equivalent;
use crate::naming::title;
use crate::{rules, shape, summaries, wire};

/// Returns the attributes that identify an object.
pub fn attributes(resource: &Resource) -> impl Iterator<Item = &Attribute> {
    resource.import_attributes()
}

/// Returns the type of the identities of a resource: an object of strings. `None` if the resource has none.
pub fn type_of(resource: &Resource) -> Option<Type> {
    let mut attributes = attributes(resource).peekable();
    attributes.peek()?;
    let strings = attributes.map(|attribute| (attribute.name.to_string(), Type::String));
    Some(Type::Object(strings.collect()))
}

/// Returns the identity of an object, in one spelling. `None` if the resource has none, or it is not known yet.
pub fn of(resource: &Resource, object: &Value) -> Option<Value> {
    let mut attributes = attributes(resource).peekable();
    attributes.peek()?;
    let parts = attributes.map(|attribute| {
        let part = normalized(attribute, object.get(&attribute.name).as_str()?);
        Some((attribute.name.to_string(), Value::string(part)))
    });
    Some(Value::Object(parts.collect::<Option<_>>()?))
}

/// Returns a key that is unique among all objects: the type and the identity, such as `mesh_network/UUID`.
pub fn key(resource: &Resource, object: &Value) -> String {
    let identity = attributes(resource).map(|attribute| {
        normalized(
            attribute,
            object.get(&attribute.name).as_str().unwrap_or_default(),
        )
    });
    join(&resource.name, identity)
}

/// Returns the [`key`] of the object that a response is about; `None` if the resource or the response has no identity.
pub fn key_of_response(resource: &Resource, response: &Json) -> Option<String> {
    let mut attributes = attributes(resource).peekable();
    attributes.peek()?;
    let identity = attributes.map(|attribute| {
        let field = wire::field(attribute, response)?;
        Some(normalized(attribute, field.as_str()?))
    });
    Some(join(&resource.name, identity.collect::<Option<Vec<_>>>()?))
}

/// Returns the [`key`] of an object of the resource with this name, whose only identity is this value of this attribute.
pub fn key_by(resource: &str, attribute: &Attribute, value: &str) -> String {
    join(resource, [normalized(attribute, value)])
}

fn join(resource: &str, identity: impl IntoIterator<Item = String>) -> String {
    identity
        .into_iter()
        .fold(resource.to_owned(), |key, part| key + "/" + &part)
}

/// Returns a known value of an identity in one spelling, as the value of `attribute`.
pub fn canonical(identity: &Attribute, value: &Value, attribute: &Attribute) -> Value {
    match value.as_str() {
        Some(string) => shape::string_value(attribute, &normalized(identity, string)),
        None => value.clone(),
    }
}

/// Returns a part of an identity in one spelling: two spellings of a UUID are the same.
fn normalized(attribute: &Attribute, value: &str) -> String {
    match attribute.format {
        Some(Format::Uuid) => value.to_ascii_lowercase(),
        _ => value.to_owned(),
    }
}

/// Returns a key that all resources share that read the same object; `None` if its identity is unknown.
pub fn shared_key(resource: &Resource, object: &Value) -> Option<String> {
    let mut key = resource.api.read.as_deref()?.to_owned();
    for attribute in attributes(resource) {
        key.push('/');
        key.push_str(&object.get(&attribute.name).as_str()?.to_ascii_lowercase());
    }
    Some(key)
}

/// Returns the import ID of the object; `None` if it cannot be imported, or its identity is missing or invalid.
pub fn import_id(resource: &Resource, object: &Value) -> Option<String> {
    let Import::By(pattern) = &resource.import else {
        return None;
    };
    attributes(resource).try_fold(pattern.to_string(), |id, attribute| {
        let value = object.get(&attribute.name);
        let string = value.as_str().filter(|_| rules::is_valid(attribute, value))?;
        Some(id.replace(&format!("{{{}}}", attribute.name), string))
    })
}

/// Returns the object with the name that a response has, for diagnostics.
pub fn labelled(resource: &Resource, object: &Value, response: &Json) -> Value {
    let mut object = object.clone();
    let label = resource.label.as_deref();
    let label = label.and_then(|label| resource.attribute(label));
    let named = label.and_then(|label| Some((label, wire::field(label, response)?)));
    if let Some((label, Json::String(text))) = named {
        object.set_attribute(&label.name, Value::string(text));
    }
    object
}

/// Whether the identity of an object is known.
pub fn is_identified(resource: &Resource, object: &Value) -> bool {
    attributes(resource).all(|attribute| object.get(&attribute.name).as_str().is_some())
}

/// Whether a response identifies its object, or the identity of the object `planned` is known.
pub fn is_known(resource: &Resource, response: &Json, planned: &Value) -> bool {
    attributes(resource).all(|attribute| {
        let is_planned = planned.get(&attribute.name).as_str().is_some();
        is_planned
            || attribute.wire.read.is_empty()
            || wire::field(attribute, response).is_some_and(|field| !field.is_null())
    })
}

/// Checks that a response is about the object `known`, as far as that has an identity.
///
/// # Errors
///
/// [`Reported`] if the response is not an object, or has another, an invalid or no identity.
pub fn check(
    resource: &Resource,
    response: &Json,
    known: &Value,
    api: &dyn Api,
    diagnostics: &mut Diagnostics,
) -> Result<(), Reported> {
    if !response.is_object() {
        let remedy = api.remedy(ErrorKind::UnexpectedResponse).unwrap_or_default();
        let detail = format!(
            "The provider expected an object for {}, but the control plane returned {}. {remedy}",
            title(resource, known),
            json_type(response)
        );
        return Err(diagnostics.error(&summaries::UNEXPECTED_RESPONSE, detail.trim_end()));
    }
    let problems = attributes(resource).filter_map(|attribute| {
        let problem = identity_problem(attribute, response, known.get(&attribute.name))?;
        Some((attribute, problem))
    });
    let mut checked = Ok(());
    for (attribute, problem) in problems {
        let path = Path::root().attribute(&attribute.name);
        let detail = format!("The response for {} {problem}.", title(resource, known));
        checked = Err(diagnostics.error_at(path, &summaries::UNEXPECTED_RESPONSE, detail));
    }
    checked
}

/// Describes why one attribute of an identity is missing, invalid or another one.
fn identity_problem(attribute: &Attribute, response: &Json, known: &Value) -> Option<String> {
    if attribute.wire.read.is_empty() {
        return None;
    }
    let name = &attribute.name;
    let Some(json) = wire::field(attribute, response).filter(|json| !json.is_null()) else {
        let is_known = !known.is_null() && !known.is_unknown();
        return (!is_known).then(|| format!("has no `{name}`"));
    };
    let value = json.as_str().map(|string| shape::string_value(attribute, string));
    let Some(value) = value.filter(|value| rules::is_valid(attribute, value)) else {
        return Some(format!("has a `{name}` in an invalid format"));
    };
    let is_other = !known.is_null() && !known.is_unknown() && !is_equivalent(attribute, &value, known);
    is_other.then(|| format!("has the `{name}` of another object"))
}
