//! What every call to the control plane needs to know, and how its failures are told.

use std::sync::Arc;

use schema::{Attribute, Resource, placeholders};
use serde_json::Value as Json;
use tokio_util::sync::CancellationToken;

use super::diagnostic::Diagnostics;
use super::job::handover::Handover;
use super::recover::Made;
use crate::client::{Answer, Call, Client, Error, ErrorKind, Repeat};
use crate::value::{Path, Value};

/// The control plane, as one operation of Terraform sees it.
#[derive(Clone)]
pub struct Context {
    /// The configured client.
    pub client: Client,
    /// Ends all waits as soon as that is safe: Terraform was interrupted.
    pub cancel: CancellationToken,
    /// Runs of objects that are being replaced.
    pub handover: Handover,
    /// Objects that this process has made.
    pub made: Made,
}

impl Context {
    /// Calls an operation; its path is filled in from `object`.
    pub async fn call(
        &self,
        resource: &Resource,
        operation: &str,
        object: &Value,
        body: Option<&Json>,
        repeat: Repeat,
    ) -> Result<Answer, Error> {
        let path = path_arguments(resource, object);
        let secrets = secrets(resource, object, body);
        let call = Call {
            operation,
            path: &path,
            body,
            repeat,
            secrets: &secrets,
            cancel: &self.cancel,
        };
        self.client.call(call).await
    }

    /// Calls an operation that only reads; those who want the same at the same time share the call.
    pub async fn read(
        &self,
        resource: &Resource,
        operation: &str,
        object: &Value,
    ) -> Result<Arc<Answer>, Error> {
        let path = path_arguments(resource, object);
        let secrets = secrets(resource, object, None);
        let call = Call {
            operation,
            path: &path,
            body: None,
            repeat: Repeat::Safe,
            secrets: &secrets,
            cancel: &self.cancel,
        };
        self.client.read(call).await
    }
}

/// Every sensitive text of a call.
fn secrets<'a>(resource: &Resource, object: &'a Value, body: Option<&'a Json>) -> Vec<&'a str> {
    let mut secrets = Vec::new();
    collect_secrets(&resource.attributes, object, &mut secrets);
    collect_sent_secrets(&resource.attributes, body, &mut secrets);
    secrets
}

/// The sensitive texts of an object: no error may show them.
fn collect_secrets<'a>(attributes: &[Attribute], object: &'a Value, secrets: &mut Vec<&'a str>) {
    for attribute in attributes {
        let value = object.get(&attribute.name);
        if attribute.sensitive {
            collect_texts(value, secrets);
        }
        for element in std::iter::once(value).chain(value.elements()) {
            collect_secrets(&attribute.attributes, element, secrets);
        }
    }
}

/// The sensitive texts of a body: those of write-only arguments are in no object.
fn collect_sent_secrets<'a>(attributes: &[Attribute], body: Option<&'a Json>, secrets: &mut Vec<&'a str>) {
    let sensitive = attributes
        .iter()
        .filter(|attribute| attribute.sensitive || attribute.write_only);
    let keys = sensitive.filter_map(|attribute| attribute.wire.write.as_deref());
    secrets.extend(keys.filter_map(|key| body?.get(key)?.as_str()));
}

fn collect_texts<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Map(entries) | Value::Object(entries) => {
            for value in entries.values() {
                collect_texts(value, texts);
            }
        }
        other => {
            for value in other.elements() {
                collect_texts(value, texts);
            }
        }
    }
}

/// Placeholder → value, for every text of the object: an operation takes those that its path names.
fn path_arguments<'a>(resource: &'a Resource, object: &'a Value) -> Vec<(&'a str, &'a str)> {
    let renamed = resource
        .api
        .path
        .iter()
        .map(|(placeholder, attribute)| (placeholder.as_ref(), attribute.as_ref()));
    let is_renamed = |name: &str| {
        resource
            .api
            .path
            .iter()
            .any(|(placeholder, _)| placeholder == name)
    };
    let names = resource
        .attributes
        .iter()
        .map(|attribute| (attribute.name.as_ref(), attribute.name.as_ref()));
    renamed
        .chain(names.filter(|(name, _)| !is_renamed(name)))
        .filter_map(|(placeholder, name)| Some((placeholder, object.get(name).as_str()?)))
        .collect()
}

/// The kind of object in the user's words: `mesh_network` → `mesh network`.
pub fn noun(resource: &Resource) -> String {
    resource.name.replace('_', " ")
}

/// The object in the user's words: `mesh network "prod"`, by its name where it has one, else by its identity.
pub fn title(resource: &Resource, object: &Value) -> String {
    let identity = match &resource.import {
        schema::Import::By(pattern) => placeholders(pattern).next(),
        schema::Import::Never => None,
    };
    let called = ["name", "hostname"]
        .into_iter()
        .chain(identity)
        .find_map(|name| object.get(name).as_str());
    match called {
        Some(called) => format!("{} {called:?}", noun(resource)),
        None => noun(resource),
    }
}

/// Tells a failed call: a summary, what the control plane said, what to do; each rejected field on its attribute.
pub fn tell(diagnostics: &mut Diagnostics, doing: &str, resource: &Resource, object: &Value, error: &Error) {
    let summary = format!("{doing} {} failed", title(resource, object));
    let mut told = false;
    for problem in &error.problems {
        let field = problem.location.last().map(String::as_str).unwrap_or_default();
        if let Some(path) = problem
            .location
            .iter()
            .rev()
            .find_map(|step| written_as(&resource.attributes, step))
        {
            told = true;
            diagnostics.error_at(
                path,
                summary.clone(),
                format!(
                    "The control plane does not accept `{field}`: {}.\n\n{error}",
                    problem.message
                ),
            );
        }
    }
    if !told {
        diagnostics.error(summary, error.to_string());
    }
}

/// The attribute that is written under that key of a request's body.
fn written_as(attributes: &[Attribute], key: &str) -> Option<Path> {
    attributes
        .iter()
        .find(|attribute| attribute.wire.write.as_deref() == Some(key))
        .map(|attribute| Path::root().attribute(&attribute.name))
}

/// Whether this failure means that the object does not exist (any more).
pub fn is_gone(resource: &Resource, error: &Error) -> bool {
    error.kind == ErrorKind::NotFound
        || error
            .status
            .is_some_and(|status| resource.api.gone.contains(&status))
}
