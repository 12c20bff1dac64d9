//! Sends requests to the API, within the timeout of the operation that needs them.
//!
//! Tests: `crates/engine/tests/tables/apply.rs`.

use std::sync::Arc;
use std::time::Duration;

use schema::{Attribute, Resource};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use value::Value;
use value::secret::Secret;

use crate::api::{Api, Body, Error, Listed, Request, Response, Retry, Wanted};
use crate::declarations::Declarations;
use crate::list::List;
use crate::process::Process;

/// The API, and the limits of one Terraform operation: its interrupt and its timeout.
#[derive(Clone)]
pub struct Context {
    /// The configured API.
    pub api: Arc<dyn Api>,
    /// Cancelled by an interrupt of Terraform: all waits end as soon as that is safe.
    pub cancel: CancellationToken,
    /// End of the operation's timeout, if it has one.
    pub deadline: Option<Instant>,
    /// Data that the requests of this process share.
    pub process: Process,
    /// Declarations of all resources and data sources.
    pub declarations: Declarations,
}

impl Context {
    /// Sends a request for an operation; `object` gives the values of its path.
    ///
    /// # Errors
    ///
    /// The [`Error`] of the API, or of the operation's timeout.
    pub async fn perform(
        &self,
        resource: &Resource,
        operation: &str,
        object: &Value,
        body: Option<&Body>,
        retry: Retry,
    ) -> Result<Response, Error> {
        let (path, secrets) = (path_arguments(resource, object), object.secrets());
        let request = self.prepare(resource, operation, &path, &secrets);
        self.send(Request {
            body,
            retry,
            ..request
        })
        .await
    }

    /// Sends a request that must not be carried out twice, after `attempts` earlier attempts.
    ///
    /// # Errors
    ///
    /// The [`Error`] of the API, or of the operation's timeout. If its effect is unknown, it was not repeated.
    pub async fn attempt(
        &self,
        resource: &Resource,
        operation: &str,
        object: &Value,
        body: &Body,
        attempts: u32,
    ) -> Result<Response, Error> {
        let (path, secrets) = (path_arguments(resource, object), object.secrets());
        let request = self.prepare(resource, operation, &path, &secrets);
        self.send(Request {
            body: Some(body),
            retry: Retry::Unsafe,
            attempts,
            ..request
        })
        .await
    }

    /// Waits. Returns false if an interrupt or the timeout of the operation ended the wait.
    pub async fn sleep(&self, pause: Duration) -> bool {
        let until = Instant::now() + pause;
        if self.deadline.is_some_and(|deadline| until > deadline) {
            return false;
        }
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => false,
            () = tokio::time::sleep_until(until) => true,
        }
    }

    /// Sends a request, and waits for its response until the timeout of the operation.
    ///
    /// # Errors
    ///
    /// The [`Error`] of the API, or of the operation's timeout.
    pub async fn send(&self, request: Request<'_>) -> Result<Response, Error> {
        self.in_time(request.operation, self.api.send(request)).await
    }

    /// Sends a request that only reads; equal requests at the same time share one response.
    ///
    /// # Errors
    ///
    /// The [`Error`] of the API.
    pub async fn read(
        &self,
        resource: &Resource,
        operation: &str,
        object: &Value,
    ) -> Result<Arc<Response>, Error> {
        self.read_nested(resource, &resource.attributes, operation, object)
            .await
    }

    /// Sends such a request for an object with these attributes, one of those that the resource has as nested objects.
    ///
    /// # Errors
    ///
    /// The [`Error`] of the API.
    pub async fn read_nested(
        &self,
        resource: &Resource,
        attributes: &[Attribute],
        operation: &str,
        object: &Value,
    ) -> Result<Arc<Response>, Error> {
        let (path, secrets) = (path_arguments_of(resource, attributes, object), object.secrets());
        self.api
            .read(self.prepare(resource, operation, &path, &secrets))
            .await
    }

    /// Lists a collection; `object` gives the values of the path.
    ///
    /// # Errors
    ///
    /// The [`Error`] of the API, or of the operation's timeout.
    pub async fn list(
        &self,
        resource: &Resource,
        operation: &str,
        object: &Value,
        wanted: Wanted,
    ) -> Result<Listed, Error> {
        let path = path_arguments(resource, object);
        let request = self.prepare(resource, operation, &path, &[]);
        self.in_time(operation, self.api.list(request, wanted)).await
    }

    /// Lists a collection, however many requests that takes.
    ///
    /// # Errors
    ///
    /// As for [`Context::list`].
    pub async fn whole_list(
        &self,
        resource: &Resource,
        operation: &str,
        object: &Value,
        since: Option<Instant>,
    ) -> Result<Arc<List>, Error> {
        let wanted = Wanted {
            since,
            ..Wanted::RECENT
        };
        match self.list(resource, operation, object, wanted).await? {
            Listed::Whole(list) => Ok(list),
            Listed::TooLong { pages } => {
                let detail = format!("the list has {pages} pages");
                Err(Error::unexpected_response(operation, detail).with_remedy(&*self.api))
            }
        }
    }

    /// Waits for a response until the timeout of the operation that needs it.
    async fn in_time<T>(
        &self,
        operation: &str,
        response: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let Some(deadline) = self.deadline else {
            return response.await;
        };
        let response = tokio::time::timeout_at(deadline, response).await;
        response.unwrap_or_else(|_| Err(Error::operation_timeout(operation).with_remedy(&*self.api)))
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
            attempts: 0,
            gone: &resource.api.gone,
            secrets,
            cancel: &self.cancel,
        }
    }
}

/// The strings of the object, by placeholder (`api.path` of the declaration). A path uses those whose placeholders it has.
fn path_arguments<'a>(resource: &'a Resource, object: &'a Value) -> Vec<(&'a str, &'a str)> {
    path_arguments_of(resource, &resource.attributes, object)
}

fn path_arguments_of<'a>(
    resource: &'a Resource,
    attributes: &'a [Attribute],
    object: &'a Value,
) -> Vec<(&'a str, &'a str)> {
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
    let names = attributes
        .iter()
        .map(|attribute| (attribute.name.as_ref(), attribute.name.as_ref()));
    renamed
        .chain(names.filter(|(name, _)| !is_renamed(name)))
        .filter_map(|(placeholder, name)| Some((placeholder, object.get(name).as_str()?)))
        .collect()
}
