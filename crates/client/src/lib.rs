//! The control plane's HTTP API: operations by id, with retries, and errors a user can act on.
//!
//! [`Client`] is the engine's [`Api`] over HTTP; this crate knows nothing of Terraform. An operation is called by its id;
//! method and path come from the control plane's live API document (`document`), or from the declaration where there is
//! none, or the document lacks it. One attempt is in `transport`, whether there is another in `retry`, and how many are under way at a time in
//! `limit`.

mod body;
mod document;
mod error;
pub mod fuzzing;
mod limit;
mod redact;
mod retry;
mod settings;
mod shared;
pub mod summaries;
#[cfg(test)]
mod tests;
mod transport;

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use document::{Document, Place, Routes};
use engine::api::{self, Api, Effect, ErrorKind, Request, Response, Retry};
use engine::diagnostic::{Diagnostics, Reported};
use error::Exchange;
use http::StatusCode;
use limit::Limit;
use redact::Redactor;
use retry::Retries;
use schema::model::{Method, Operation};
use shared::SharedReads;
use tokio_util::sync::CancellationToken;
use transport::{HttpRequest, HttpResponse, Transport};
use value::secret::Secret;

pub use error::{Error, Remedies};
pub use retry::Backoff;
pub use settings::{Settings, is_loopback};

/// Requests under way at a time, at most.
const CONCURRENCY: usize = 32;

/// Largest answer that is read.
const MAX_BODY: usize = 32 * 1024 * 1024;

/// How long an interrupt waits for the answer to a write that is under way: an object that is being made
/// should not be lost, and an interrupt should end within two seconds.
const GRACE: Duration = Duration::from_secs(1);

/// A client of one control plane; clones share connections, limits and the live document.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    transport: Transport,
    operations: &'static [Operation],
    declared: Routes,
    /// `None`, where the API publishes none.
    document: Option<Document>,
    limit: Limit,
    reads: SharedReads,
    backoff: Backoff,
    max_retries: u32,
    remedies: Remedies,
}

impl Client {
    /// Makes a client, without any I/O: the first call opens the first connection.
    pub fn new(settings: Settings, operations: &'static [Operation]) -> Result<Self, Error> {
        let (backoff, max_retries, remedies) = (settings.backoff, settings.max_retries, settings.remedies);
        let declared = Routes::declared(&settings.endpoint, operations);
        let document = settings
            .document
            .map(|path| Document::new(Place::new(&settings.endpoint, path)));
        let transport = Transport::new(settings)
            .map_err(|failure| Exchange::new("", Method::Get, "", "").failed(failure))?;
        let shared = Shared {
            transport,
            operations,
            declared,
            document,
            limit: Limit::new(CONCURRENCY),
            reads: SharedReads::default(),
            backoff,
            max_retries,
            remedies,
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// Makes a client for the engine, as [`Client::new`] does.
    ///
    /// # Errors
    ///
    /// [`Reported`], where no connection can be set up.
    pub fn connect(
        settings: Settings,
        operations: &'static [Operation],
        diagnostics: &mut Diagnostics,
    ) -> Result<Arc<dyn Api>, Reported> {
        match Self::new(settings, operations) {
            Ok(client) => Ok(Arc::new(client)),
            Err(error) => Err(diagnostics.error(&summaries::CONNECTION_SETUP_FAILED, error.to_string())),
        }
    }

    /// Calls an operation that changes nothing; callers that want the same at the same time share one call.
    ///
    /// What a write of this process has done is seen by every read that is asked for after it.
    pub async fn read(&self, call: Request<'_>) -> Result<Arc<Response>, Error> {
        // What the operation's path does not name makes no difference to what is read.
        let values = self
            .operation(call.operation)
            .and_then(|operation| document::arguments(operation, call.path).ok());
        let key = format!("{} {values:?}", call.operation);
        self.shared.reads.read(key, async || self.call(call).await).await
    }

    /// Calls an operation, with as many attempts as the rules allow.
    pub async fn call(&self, call: Request<'_>) -> Result<Response, Error> {
        let called = self.call_operation(call).await;
        called.map_err(|error| {
            let is_gone = error.status.is_some_and(|status| call.gone.contains(&status));
            let kind = if is_gone { ErrorKind::NotFound } else { error.kind };
            Error { kind, ..error }
        })
    }

    async fn call_operation(&self, call: Request<'_>) -> Result<Response, Error> {
        let shared = &*self.shared;
        let unknown = Exchange::new(call.operation, Method::Get, "", "");
        let operation = self
            .operation(call.operation)
            .ok_or_else(|| unknown.error(ErrorKind::UnknownOperation, Effect::None))?;
        let values = document::arguments(operation, call.path).map_err(|text| {
            unknown
                .error(ErrorKind::Parameter, Effect::None)
                .with_detail(text)
        })?;

        let routes = self.routes(call.cancel).await?;
        let (method, url) = routes
            .request(operation, shared.transport.endpoint(), &values)
            .map_err(|text| {
                unknown
                    .error(ErrorKind::Parameter, Effect::None)
                    .with_detail(text)
            })?;

        let _write = (method != Method::Get).then(|| shared.reads.write());
        let redactor = Redactor::new(shared.transport.token(), call.secrets, call.body);
        let body = call.body.map(|body| Bytes::from(body.expose().to_string()));
        let request_id = uuid::Uuid::new_v4().to_string();
        let exchange = Exchange::new(call.operation, method, url.path(), &request_id);
        let request = HttpRequest {
            exchange: &exchange,
            url: &url,
            body,
            max_bytes: MAX_BODY,
        };
        self.attempts(&request, call.retry, &redactor, call.cancel, |reply| {
            body::read(&exchange, reply, &redactor)
        })
        .await
    }

    fn operation(&self, id: &str) -> Option<&'static Operation> {
        self.shared.operations.iter().find(|operation| operation.id == id)
    }

    /// Sends a request until it is answered, refused for good, or no further attempt is allowed.
    async fn attempts<T>(
        &self,
        request: &HttpRequest<'_>,
        retry: Retry,
        redactor: &Redactor<'_>,
        cancel: &CancellationToken,
        read: impl Fn(&HttpResponse) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let shared = &*self.shared;
        let method = request.exchange.method;
        let mut retries = Retries::new(shared.backoff, shared.max_retries, method, retry);
        loop {
            let error = match self.attempt(request, retries.attempt(), cancel).await {
                Ok(reply) if reply.status.is_success() => match read(&reply) {
                    Ok(answer) => return Ok(answer),
                    Err(error) => {
                        let id = reply.request_id();
                        error.with_request_id(id.map(|id| redactor.clean(id, body::LONGEST_REQUEST_ID)))
                    }
                },
                Ok(reply) => body::explain(request.exchange, &reply, redactor),
                Err(error) => body::cleaned(error, redactor),
            };
            let pause = retries.after(error)?;
            if pause.is_rate_limit {
                shared.limit.slow_down(pause.wait);
            }
            tokio::select! {
                biased;
                () = cancel.cancelled() => return Err(pause.error.cancelled()),
                () = tokio::time::sleep(pause.wait) => {}
            }
        }
    }

    /// One attempt, as soon as the limit allows.
    async fn attempt(
        &self,
        request: &HttpRequest<'_>,
        attempt: u32,
        cancel: &CancellationToken,
    ) -> Result<HttpResponse, Error> {
        let shared = &*self.shared;
        let exchange = request.exchange;
        let permit = tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(exchange.error(ErrorKind::Cancelled, Effect::None)),
            permit = shared.limit.acquire() => permit,
        };

        let started = Instant::now();
        let sending = shared.transport.send(request);
        tokio::pin!(sending);
        let result = tokio::select! {
            biased;
            result = &mut sending => result.map_err(|failure| exchange.failed(failure)),
            () = cancel.cancelled() => {
                let grace = if exchange.method == Method::Get { Duration::ZERO } else { GRACE };
                match tokio::time::timeout(grace, sending).await {
                    Ok(result) => result.map_err(|failure| exchange.failed(failure)),
                    Err(_) => Err(exchange.error(ErrorKind::Cancelled, Effect::Unknown)),
                }
            }
        };
        let status = result.as_ref().ok().map(|reply| reply.status);
        if status.is_some_and(|status| status != StatusCode::TOO_MANY_REQUESTS) {
            permit.accept();
        }
        tracing::debug!(
            operation = %exchange.operation,
            method = exchange.method.name(),
            path = %exchange.path,
            status = status.map(|status| status.as_u16()),
            failure = result.as_ref().err().map(|error| tracing::field::debug(error.kind)),
            duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            attempt,
            request_id = %exchange.request_id,
            "sent a request to the control plane"
        );
        result
    }

    /// Methods and paths as the live document has them; the first call reads it.
    async fn routes(&self, cancel: &CancellationToken) -> Result<&Routes, Error> {
        let shared = &*self.shared;
        let Some(document) = &shared.document else {
            return Ok(&shared.declared);
        };
        let read = || async {
            let url = document.url();
            let request_id = uuid::Uuid::new_v4().to_string();
            let exchange = Exchange::new("openapi", Method::Get, url.path(), &request_id);
            let request = HttpRequest {
                exchange: &exchange,
                url,
                body: None,
                max_bytes: document::MAX_BYTES,
            };
            let redactor = Redactor::new(shared.transport.token(), &[], None);
            self.attempts(&request, Retry::Safe, &redactor, cancel, |reply| {
                Ok(reply.body.clone())
            })
            .await
        };
        let routes = document.routes(&shared.declared, shared.operations, shared.backoff.cap, read);
        tokio::select! {
            biased;
            routes = routes => routes,
            () = cancel.cancelled() => {
                let exchange = Exchange::new("openapi", Method::Get, document.url().path(), "");
                Err(exchange.error(ErrorKind::Cancelled, Effect::None))
            }
        }
    }
}

#[async_trait]
impl Api for Client {
    async fn call(&self, call: Request<'_>) -> Result<Response, api::Error> {
        let called = Self::call(self, call).await;
        called.map_err(|error| error.into_api(self.shared.remedies))
    }

    async fn read(&self, call: Request<'_>) -> Result<Arc<Response>, api::Error> {
        let read = Self::read(self, call).await;
        read.map_err(|error| error.into_api(self.shared.remedies))
    }

    fn clean(&self, text: &str, secrets: &[&Secret]) -> String {
        Redactor::new(self.shared.transport.token(), secrets, None).clean(text, body::LONGEST_MESSAGE)
    }

    fn remedy(&self, kind: ErrorKind) -> Option<&'static str> {
        (self.shared.remedies)(kind)
    }
}
