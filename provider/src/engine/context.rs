//! What every call to the control plane needs to know, and how its failures are told.

use std::sync::Arc;

use schema::{Attribute, Resource, placeholders};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::diagnostic::Diagnostics;
use super::job::handover::Handover;
use super::recover::Made;
use crate::client::{Answer, Body, Call, Client, Error, ErrorKind, Repeat};
use crate::secret::Secret;
use crate::value::{Path, Value};

/// The control plane, as one operation of Terraform sees it.
#[derive(Clone)]
pub struct Context {
    /// The configured client.
    pub client: Client,
    /// Ends all waits as soon as that is safe: Terraform was interrupted.
    pub cancel: CancellationToken,
    /// When the timeout of the operation is over, where it has one.
    pub deadline: Option<Instant>,
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
        body: Option<&Body>,
        repeat: Repeat,
    ) -> Result<Answer, Error> {
        let (path, secrets) = (path_arguments(resource, object), object.secrets());
        let call = self.prepare(operation, &path, &secrets);
        self.send(Call { body, repeat, ..call }).await
    }

    /// Sends a call, as long as the timeout of the operation lasts.
    pub async fn send(&self, call: Call<'_>) -> Result<Answer, Error> {
        let operation = call.operation;
        let sent = self.client.call(call);
        let Some(deadline) = self.deadline else {
            return sent.await;
        };
        tokio::time::timeout_at(deadline, sent)
            .await
            .unwrap_or_else(|_| Err(Error::out_of_time(operation)))
    }

    /// Calls an operation that only reads; those who want the same at the same time share the call.
    pub async fn read(
        &self,
        resource: &Resource,
        operation: &str,
        object: &Value,
    ) -> Result<Arc<Answer>, Error> {
        let (path, secrets) = (path_arguments(resource, object), object.secrets());
        self.client.read(self.prepare(operation, &path, &secrets)).await
    }

    fn prepare<'a>(
        &'a self,
        operation: &'a str,
        path: &'a [(&'a str, &'a str)],
        secrets: &'a [&'a Secret],
    ) -> Call<'a> {
        Call {
            operation,
            path,
            body: None,
            repeat: Repeat::Safe,
            secrets,
            cancel: &self.cancel,
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

/// The text with a capital at its beginning.
pub fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters
        .next()
        .map(|first| first.to_uppercase().chain(characters).collect())
        .unwrap_or_default()
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
