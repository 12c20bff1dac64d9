//! The control plane's HTTP API: operations by id, with retries, and errors a user can act on.
//!
//! [`Client`] implements the engine's [`Api`] over HTTP; this crate knows nothing of Terraform. A caller names an operation by
//! its id. The method and path come from the control plane's live API document (`document`, which `live` reads), or from the
//! declaration if there is no document or the document lacks the operation. `transport` sends one attempt, `retry` decides whether another
//! follows, and `limit` limits the number of concurrent requests.

mod body;
mod certificates;
mod connections;
mod document;
mod encoding;
mod error;
mod failure;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod limit;
mod lists;
mod live;
mod pages;
mod proxies;
mod reach;
mod redact;
mod retry;
mod settings;
mod shared;
mod subject;
pub mod summaries;
#[cfg(test)]
mod tests;
mod token;
mod transport;
mod validators;

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use document::{DocumentLocation, Routes};
use engine::api::{self, Api, Effect, ErrorKind, Listed, Place, Request, Response, Retry, Wanted};
use engine::diagnostic::{Diagnostics, Reported};
use error::RequestInfo;
use http::{HeaderMap, StatusCode};
use limit::Limit;
use lists::Lists;
use live::{FIRST_LOOK_TIMEOUT, LiveRoutes, suggests_wrong_path};
use pages::Documented;
use reach::Reach;
use redact::Redactor;
use retry::Retries;
use schema::model::{Method, Operation};
use shared::{Read, SharedReads, Writes};
use token::Renewal;
use tokio_util::sync::CancellationToken;
use transport::{HttpRequest, HttpResponse, Transport};
use url::Url;
use value::secret::Secret;

pub use error::{Error, Remedies};
pub use proxies::{ProxyVariables, is_loopback};
pub use retry::Backoff;
pub use settings::Settings;
pub use token::{ApiToken, is_quoted};

/// Limit of concurrent requests.
const MAX_CONCURRENT_REQUESTS: usize = 32;

/// Size of the largest response that is accepted.
const MAX_RESPONSE_BYTES: usize = 32 * 1024 * 1024;

/// Time that a write in flight has left after an interrupt: the object that it creates should not be lost, and the interrupt
/// should end within two seconds.
const WRITE_GRACE_PERIOD: Duration = Duration::from_secs(1);

/// A client of one control plane. Clones share connections, limits and the live document.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    transport: Transport,
    operations: &'static [Operation],
    routes: KnownRoutes,
    limit: Limit,
    reach: Reach,
    writes: Writes,
    reads: SharedReads<Response>,
    lists: Lists,
    check_plans: bool,
    backoff: Backoff,
    max_retries: u32,
    remedies: Remedies,
}

/// The methods and paths of the operations.
enum KnownRoutes {
    /// The API publishes no document.
    Declared(Arc<Routes>),
    Live(Box<LiveRoutes>),
}

impl Client {
    /// Creates a client without any I/O: the first request opens the first connection.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Setup`] if the API token or the user agent cannot be an HTTP header.
    pub fn new(settings: Settings, operations: &'static [Operation]) -> Result<Self, Error> {
        let (backoff, max_retries, remedies) = (settings.backoff, settings.max_retries, settings.remedies);
        let declared = Routes::declared(&settings.endpoint, operations);
        let routes = match settings.document {
            None => KnownRoutes::Declared(Arc::new(declared)),
            Some(path) => {
                let location = DocumentLocation::new(&settings.endpoint, path);
                KnownRoutes::Live(Box::new(LiveRoutes::new(location, declared, operations)))
            }
        };
        let (lists, check_plans) = (Lists::new(settings.keep_lists), settings.check_plans);
        let transport = Transport::new(settings)
            .map_err(|failure| RequestInfo::new("", Method::Get, "", "").failed(failure))?;
        let shared = Shared {
            transport,
            operations,
            routes,
            limit: Limit::new(MAX_CONCURRENT_REQUESTS),
            reach: Reach::default(),
            writes: Writes::default(),
            reads: SharedReads::default(),
            lists,
            check_plans,
            backoff,
            max_retries,
            remedies,
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// Creates a client for the engine, as [`Client::new`] does.
    ///
    /// # Errors
    ///
    /// [`Reported`] if the connection cannot be set up; the reason is in `diagnostics`.
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

    /// Sends a request that changes nothing. Concurrent reads of the same object share one request.
    ///
    /// A read sees the effect of every write of this process that ended before the read began.
    ///
    /// # Errors
    ///
    /// As for [`Client::send`].
    pub async fn read(&self, request: Request<'_>) -> Result<Arc<Response>, Error> {
        let writes = self.shared.writes.version();
        let will_do = |latest: &Read<Response>| latest.is_in_flight() && latest.writes == writes;
        let send = async || self.send(request).await;
        let key = self.key(request);
        self.shared
            .reads
            .read(key, Read::new(writes, true), will_do, |_| false, send)
            .await
    }

    /// The key of reads of the same: only the values of the path's placeholders decide what is read.
    fn key(&self, request: Request<'_>) -> String {
        let values = self
            .operation(request.operation)
            .and_then(|operation| document::arguments(operation, request.path).ok());
        format!("{} {values:?}", request.operation)
    }

    /// Sends a request and retries it as often as the rules of the module `retry` allow.
    ///
    /// # Errors
    ///
    /// The [`Error`] of the last attempt if none succeeds. Nothing is sent if the operation does not exist, a value of its path
    /// is missing or invalid, or the request is cancelled before.
    pub async fn send(&self, request: Request<'_>) -> Result<Response, Error> {
        self.call(request, None, &HeaderMap::new(), body::read).await
    }

    /// Sends a request with this query and these additional headers, and reads its response.
    async fn call<T>(
        &self,
        request: Request<'_>,
        query: Option<&str>,
        headers: &HeaderMap,
        read: impl Fn(&RequestInfo<'_>, &HttpResponse, &Redactor<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let response = self.call_operation(request, query, headers, &read).await;
        let live = match &self.shared.routes {
            KnownRoutes::Declared(_) => None,
            KnownRoutes::Live(live) => Some(live),
        };
        let is_of_api = match &response {
            Ok(_) => true,
            // Other servers, too, say that they do not know a path.
            Err(error) => error.is_from_api && !matches!(error.status, Some(404 | 405 | 410)),
        };
        if let (Some(live), true) = (live, is_of_api) {
            live.note_api();
        }
        response.map_err(|error| {
            let is_gone = error.kind == ErrorKind::NotFound
                || error.status.is_some_and(|status| request.gone.contains(&status));
            let kind = match (is_gone, error.is_from_api) {
                (true, true) => ErrorKind::NotFound,
                (true, false) if error.kind == ErrorKind::NotFound => ErrorKind::NoSuchPath,
                _ => error.kind,
            };
            let error = Error { kind, ..error };
            match live.filter(|live| is_no_such_path(kind) && live.is_other_server()) {
                Some(live) => self.at_other_server(error, live),
                None => error,
            }
        })
    }

    /// Explains that a response 404 is that of a server which has not responded as the API, and has no document of the API.
    fn at_other_server(&self, error: Error, live: &LiveRoutes) -> Error {
        let document = live.location().path();
        if error.kind == ErrorKind::NotFound {
            let clause =
                format!("this server has no `{document}`, so it may be another one than the control plane");
            return error.with_further_detail(&clause);
        }
        let endpoint = self.shared.transport.endpoint().as_str().trim_end_matches('/');
        let status = error
            .status
            .map(|status| format!(" with status {status}"))
            .unwrap_or_default();
        let detail = format!("the server at `{endpoint}` responded{status}, and it has no `{document}`");
        Error {
            kind: ErrorKind::OtherServer,
            ..error.with_detail(detail)
        }
    }

    async fn call_operation<T>(
        &self,
        request: Request<'_>,
        query: Option<&str>,
        headers: &HeaderMap,
        read: &impl Fn(&RequestInfo<'_>, &HttpResponse, &Redactor<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let shared = &*self.shared;
        let unsent = RequestInfo::new(request.operation, Method::Get, "", "");
        let operation = self
            .operation(request.operation)
            .ok_or_else(|| unsent.error(ErrorKind::UnknownOperation, Effect::None))?;
        let invalid = |reason: String| {
            unsent
                .error(ErrorKind::Parameter, Effect::None)
                .with_detail(reason)
        };
        let values = document::arguments(operation, request.path).map_err(invalid)?;

        let find = |routes: &Routes| {
            let target = routes.request(operation, shared.transport.endpoint(), &values);
            let (method, mut url) = target.map_err(invalid)?;
            url.set_query(query);
            Ok((method, url))
        };
        let target = find(&*self.routes(request.cancel).await?)?;
        let result = self.send_to(&target, request, headers, read).await;
        let KnownRoutes::Live(live) = &shared.routes else {
            return result;
        };
        match result {
            // The path of a further page was right for the first one.
            Err(error) if query.is_none() && suggests_wrong_path(&error, live.is_read()) => {
                let routes = live.look_again(async || self.read_document(live, request.cancel).await);
                let other = find(&*routes.await)?;
                if other == target {
                    return Err(error);
                }
                self.send_to(&other, request, headers, read).await
            }
            result => result,
        }
    }

    /// Sends a request with this method to this URL.
    async fn send_to<T>(
        &self,
        (method, url): &(Method, Url),
        request: Request<'_>,
        headers: &HeaderMap,
        read: &impl Fn(&RequestInfo<'_>, &HttpResponse, &Redactor<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let shared = &*self.shared;
        let method = *method;
        let _write = (method != Method::Get).then(|| shared.writes.begin());
        let redactor = Redactor::new(shared.transport.tokens(), request.secrets, request.body);
        let body = request.body.map(|body| Bytes::from(body.expose().to_string()));
        let request_id = uuid::Uuid::new_v4().to_string();
        let info = RequestInfo::new(request.operation, method, url.path(), &request_id);
        let http_request = HttpRequest {
            info: &info,
            url,
            headers: headers.clone(),
            body,
            retry: request.retry,
            max_bytes: MAX_RESPONSE_BYTES,
        };
        self.send_with_retries(
            &http_request,
            request.attempts,
            &redactor,
            request.cancel,
            |response| read(&info, response, &redactor),
        )
        .await
    }

    /// What the API's document says about the pages of a list.
    async fn documented_pages(&self, request: Request<'_>) -> Result<Documented, Error> {
        let routes = self.routes(request.cancel).await?;
        Ok(routes.pages(request.operation))
    }

    fn operation(&self, id: &str) -> Option<&'static Operation> {
        self.shared.operations.iter().find(|operation| operation.id == id)
    }

    /// Sends a request until an attempt succeeds or fails with an error that is not retried, or no retry is left.
    async fn send_with_retries<T>(
        &self,
        request: &HttpRequest<'_>,
        attempts: u32,
        redactor: &Redactor<'_>,
        cancel: &CancellationToken,
        read: impl Fn(&HttpResponse) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let shared = &*self.shared;
        let mut retries = Retries::new(shared.backoff, shared.max_retries, request.retry).after(attempts);
        // A file that changes faster than the control plane accepts it must not keep a request for ever.
        let mut renewals = 0;
        loop {
            let started = Instant::now();
            let attempted = self.attempt(request, retries.attempt(), cancel).await;
            let attempt_ms = u32::try_from(started.elapsed().as_millis()).unwrap_or(u32::MAX);
            let attempted = attempted.map(|response| HttpResponse {
                attempt_ms,
                ..response
            });
            let mut error = match attempted {
                Ok(response) if response.status.is_success() || request.is_unchanged(&response) => {
                    match read(&response) {
                        Ok(content) => return Ok(content),
                        Err(error) => {
                            let id = response.request_id();
                            error.with_request_id(
                                id.map(|id| redactor.clean(id, body::MAX_REQUEST_ID_CHARACTERS)),
                            )
                        }
                    }
                }
                Ok(response) => {
                    let error = body::error(request.info, &response, redactor);
                    // The control plane did not carry out a request whose token it rejected.
                    let renewal = match error.kind {
                        ErrorKind::Unauthorized => shared.transport.tokens().renew(&response.token).await,
                        _ => Renewal::Unchanged,
                    };
                    let error = match renewal {
                        Renewal::Renewed if renewals <= shared.max_retries => {
                            renewals += 1;
                            tracing::debug!(operation = %request.info.operation, "the API token was renewed");
                            continue;
                        }
                        Renewal::Renewed | Renewal::Unchanged => self.with_token_source(error),
                        Renewal::Failed(reason) => error.with_further_detail(&reason),
                    };
                    // A retry may hide the reason, so it is logged at once.
                    if error.is_from_api {
                        tracing::warn!(
                            operation = %request.info.operation,
                            status = error.status,
                            reason = error.reason(),
                            request_id = %error.request_id,
                            "the control plane rejected a request"
                        );
                    }
                    error
                }
                Err(error) => body::redacted(error, redactor),
            };
            error.attempt_ms = attempt_ms;
            let is_in_doubt = shared.reach.is_in_doubt(&error);
            if is_in_doubt && (retries.is_half_spent() || shared.reach.is_given_up()) {
                shared.reach.give_up();
                return Err(retries.last(error));
            }
            let pause = retries.next(error)?;
            if pause.is_rate_limit {
                shared.limit.slow_down(pause.wait);
            }
            // Without jitter: the first of many requests to give up decides for all.
            let wait = if is_in_doubt {
                retries.longest_wait()
            } else {
                pause.wait
            };
            tokio::select! {
                biased;
                () = cancel.cancelled() => return Err(pause.error.cancelled()),
                () = shared.reach.given_up(), if is_in_doubt => return Err(pause.error),
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Adds where the token comes from to the error of a rejected one.
    fn with_token_source(&self, error: Error) -> Error {
        match (error.kind, self.shared.transport.token_source()) {
            (ErrorKind::Unauthorized, Some(source)) => {
                error.with_further_detail(&format!("the API token is from {source}"))
            }
            _ => error,
        }
    }

    /// Sends one attempt as soon as the limit of concurrent requests allows.
    async fn attempt(
        &self,
        request: &HttpRequest<'_>,
        attempt: u32,
        cancel: &CancellationToken,
    ) -> Result<HttpResponse, Error> {
        let shared = &*self.shared;
        let info = request.info;
        let permit = tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(info.error(ErrorKind::Cancelled, Effect::None)),
            permit = shared.limit.acquire() => permit,
        };

        let started = Instant::now();
        let sending = shared.transport.send(request, attempt);
        tokio::pin!(sending);
        let result = tokio::select! {
            biased;
            result = &mut sending => result.map_err(|failure| info.failed(failure)),
            () = cancel.cancelled() => {
                let grace = if info.method == Method::Get { Duration::ZERO } else { WRITE_GRACE_PERIOD };
                match tokio::time::timeout(grace, sending).await {
                    Ok(result) => result.map_err(|failure| info.failed(failure)),
                    Err(_) => Err(info.error(ErrorKind::Cancelled, Effect::Unknown)),
                }
            }
        };
        let status = result.as_ref().ok().map(|response| response.status);
        if status.is_some() {
            shared.reach.note_response();
        }
        if status.is_some_and(|status| status != StatusCode::TOO_MANY_REQUESTS) {
            permit.accept();
        }
        tracing::debug!(
            operation = %info.operation,
            method = info.method.name(),
            path = %info.path,
            status = status.map(|status| status.as_u16()),
            failure = result.as_ref().err().map(|error| tracing::field::debug(error.kind)),
            duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            attempt,
            request_id = %info.request_id,
            "sent a request to the control plane"
        );
        result
    }

    /// The methods and paths of the operations. The first request reads the live document.
    async fn routes(&self, cancel: &CancellationToken) -> Result<Arc<Routes>, Error> {
        let live = match &self.shared.routes {
            KnownRoutes::Declared(routes) => return Ok(Arc::clone(routes)),
            KnownRoutes::Live(live) => live,
        };
        let routes = live.routes(async || self.glance_at_document(live, cancel).await);
        tokio::select! {
            biased;
            routes = routes => routes,
            () = cancel.cancelled() => {
                let info = RequestInfo::new("openapi", Method::Get, live.location().url().path(), "");
                Err(info.error(ErrorKind::Cancelled, Effect::None))
            }
        }
    }

    /// Requests the live document with one short attempt.
    async fn glance_at_document(
        &self,
        live: &LiveRoutes,
        cancel: &CancellationToken,
    ) -> Result<Vec<u8>, Error> {
        let shared = &*self.shared;
        let request_id = uuid::Uuid::new_v4().to_string();
        let info = document_info(live, &request_id);
        let request = document_request(live, &info);
        // Reading the system's certificates takes time. If it fails, the attempt fails for the same reason.
        drop(shared.transport.prepare().await);
        let attempt = tokio::time::timeout(FIRST_LOOK_TIMEOUT, self.attempt(&request, 1, cancel));
        let response = attempt
            .await
            .unwrap_or_else(|_| Err(info.error(ErrorKind::RequestTimeout, Effect::Unknown)))?;
        let redactor = Redactor::new(shared.transport.tokens(), &[], None);
        if response.status.is_success() {
            Ok(response.body)
        } else {
            Err(body::error(&info, &response, &redactor))
        }
    }

    /// Requests the live document with as many attempts as any request has.
    async fn read_document(&self, live: &LiveRoutes, cancel: &CancellationToken) -> Result<Vec<u8>, Error> {
        let request_id = uuid::Uuid::new_v4().to_string();
        let info = document_info(live, &request_id);
        let request = document_request(live, &info);
        let redactor = Redactor::new(self.shared.transport.tokens(), &[], None);
        self.send_with_retries(&request, 0, &redactor, cancel, |response| {
            Ok(response.body.clone())
        })
        .await
    }
}

#[async_trait]
impl Api for Client {
    async fn send(&self, request: Request<'_>) -> Result<Response, api::Error> {
        let response = Self::send(self, request).await;
        response.map_err(|error| error.into_api(self.shared.remedies))
    }

    async fn read(&self, request: Request<'_>) -> Result<Arc<Response>, api::Error> {
        let response = Self::read(self, request).await;
        response.map_err(|error| error.into_api(self.shared.remedies))
    }

    async fn list(&self, request: Request<'_>, wanted: Wanted) -> Result<Listed, api::Error> {
        let listed = Self::list(self, request, wanted).await;
        listed.map_err(|error| error.into_api(self.shared.remedies))
    }

    fn checks_plans(&self) -> bool {
        self.shared.check_plans
    }

    fn keeps_lists(&self) -> bool {
        self.shared.lists.are_kept()
    }

    fn clean(&self, text: &str, secrets: &[&Secret]) -> String {
        Redactor::new(self.shared.transport.tokens(), secrets, None).clean(text, body::MAX_MESSAGE_CHARACTERS)
    }

    fn pause(&self, error: &api::Error) -> Option<Duration> {
        (error.attempts <= self.shared.max_retries).then(|| self.shared.backoff.wait(error.attempts, None))
    }

    fn remedy(&self, kind: ErrorKind) -> Option<&'static str> {
        (self.shared.remedies)(kind)
    }

    fn place(&self, key: &str) -> Place {
        let is_documented = match &self.shared.routes {
            KnownRoutes::Declared(_) => false,
            KnownRoutes::Live(live) => live.is_read(),
        };
        Place {
            is_documented,
            ..self.shared.transport.place(key)
        }
    }
}

/// Whether a response may be that of a server that does not know the path.
fn is_no_such_path(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::NoSuchPath)
}

fn document_info<'a>(live: &'a LiveRoutes, request_id: &'a str) -> RequestInfo<'a> {
    RequestInfo::new("openapi", Method::Get, live.location().url().path(), request_id)
}

fn document_request<'a>(live: &'a LiveRoutes, info: &'a RequestInfo<'a>) -> HttpRequest<'a> {
    HttpRequest {
        info,
        url: live.location().url(),
        headers: HeaderMap::new(),
        body: None,
        retry: Retry::Safe,
        max_bytes: document::MAX_DOCUMENT_BYTES,
    }
}
