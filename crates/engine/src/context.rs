//! What every call to the API needs.
//!
//! Tests: `crates/engine/tests/tables/apply.rs`.

use std::sync::Arc;

use schema::Resource;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use value::Value;
use value::secret::Secret;

use crate::api::{Api, Body, Error, Request, Response, Retry};
use crate::process::Process;

/// The API, as one operation of Terraform sees it.
#[derive(Clone)]
pub struct Context {
    /// The configured API.
    pub api: Arc<dyn Api>,
    /// Ends all waits as soon as that is safe: Terraform was interrupted.
    pub cancel: CancellationToken,
    /// When the timeout of the operation is over, where it has one.
    pub deadline: Option<Instant>,
    /// What this process knows beyond the operation.
    pub process: Process,
}

impl Context {
    /// Calls an operation; its path is filled in from `object`.
    pub async fn perform(
        &self,
        resource: &Resource,
        operation: &str,
        object: &Value,
        body: Option<&Body>,
        retry: Retry,
    ) -> Result<Response, Error> {
        let (path, secrets) = (path_arguments(resource, object), object.secrets());
        let call = self.prepare(resource, operation, &path, &secrets);
        self.send(Request { body, retry, ..call }).await
    }

    /// Sends a call, as long as the timeout of the operation lasts.
    pub async fn send(&self, call: Request<'_>) -> Result<Response, Error> {
        let sent = self.api.call(call);
        let Some(deadline) = self.deadline else {
            return sent.await;
        };
        let answered = tokio::time::timeout_at(deadline, sent).await;
        answered.unwrap_or_else(|_| Err(Error::operation_timeout(call.operation).with_remedy(&*self.api)))
    }

    /// Calls an operation that only reads; callers that want the same at the same time share the call.
    pub async fn read(
        &self,
        resource: &Resource,
        operation: &str,
        object: &Value,
    ) -> Result<Arc<Response>, Error> {
        let (path, secrets) = (path_arguments(resource, object), object.secrets());
        self.api
            .read(self.prepare(resource, operation, &path, &secrets))
            .await
    }

    fn prepare<'a>(
        &'a self,
        resource: &'a Resource,
        operation: &'a str,
        path: &'a [(&'a str, &'a str)],
        secrets: &'a [&'a Secret],
    ) -> Request<'a> {
        Request {
            operation,
            path,
            body: None,
            retry: Retry::Safe,
            gone: &resource.api.gone,
            secrets,
            cancel: &self.cancel,
        }
    }
}

/// Placeholder → value, for every string of the object: an operation takes those that its path names.
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
