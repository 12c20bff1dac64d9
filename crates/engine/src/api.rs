//! The interface between the engine and the API: operations by id, bodies as JSON, errors by kind.
//!
//! The crate `client` implements [`Api`] over HTTP; tests implement it with scripted responses.
//!
//! Tests: `crates/client/src/tests/`.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use value::secret::Secret;

use crate::list::List;

/// Sends requests to the API.
#[async_trait]
pub trait Api: Send + Sync {
    /// Sends a request, and retries it as far as [`Request::retry`] and the configuration allow.
    ///
    /// # Errors
    ///
    /// [`Error`] if no attempt succeeded, or the request was cancelled.
    async fn send(&self, request: Request<'_>) -> Result<Response, Error>;

    /// Sends a request that changes nothing. Equal requests at the same time may share one response, which reflects
    /// everything that this process wrote before.
    ///
    /// # Errors
    ///
    /// [`Error`] if no attempt succeeded, or the request was cancelled.
    async fn read(&self, request: Request<'_>) -> Result<Arc<Response>, Error>;

    /// Reads a whole collection. Callers that want it at the same time share the requests, and the list serves later callers for a
    /// while, unless this process writes anything.
    ///
    /// By default, one request reads all of it, and the list serves no other caller.
    ///
    /// # Errors
    ///
    /// [`Error`] if a request fails, or the list cannot be read as a whole.
    async fn list(&self, request: Request<'_>, wanted: Wanted) -> Result<Listed, Error> {
        if wanted.max_pages == 0 {
            return Ok(Listed::TooLong { pages: 1 });
        }
        let response = self.read(request).await?;
        let mut list = List::from_body(&response.body).map_err(|found| Error {
            remedy: self.remedy(ErrorKind::UnexpectedResponse),
            ..Error::unexpected_response(request.operation, format!("expected a list, got {found}"))
        })?;
        list.request_id.clone_from(&response.request_id);
        list.date = response.date;
        list.attempt_ms = response.attempt_ms;
        Ok(Listed::Whole(Arc::new(list)))
    }

    /// Whether checks of plans may send requests.
    fn checks_plans(&self) -> bool {
        true
    }

    /// Whether a list serves callers that come after it was read.
    fn keeps_lists(&self) -> bool {
        false
    }

    /// Makes a string of the API safe to display: one line, without control characters and without these secrets.
    fn clean(&self, text: &str, secrets: &[&Secret]) -> String;

    /// Returns the pause before another attempt of a request that failed with this error; `None` if no attempt is left.
    ///
    /// For callers that look for the effect of a failed attempt before they repeat it, see [`Request::attempts`].
    fn pause(&self, error: &Error) -> Option<Duration>;

    /// Returns what the user can do about an error of this kind, as sentences.
    fn remedy(&self, kind: ErrorKind) -> Option<&'static str>;

    /// Returns where requests go. `key` is the key of the object that will remember it, see [`Place::token`].
    fn place(&self, key: &str) -> Place;
}

/// Which list of a collection is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// When its first request may have been sent at the earliest; `None` if a recent list will do.
    pub since: Option<Instant>,
    /// The largest number of requests that it is worth; 0 for [`Wanted::PRESENT`].
    pub max_pages: usize,
}

impl Wanted {
    /// A recent list, however many requests it takes.
    pub const RECENT: Self = Self {
        since: None,
        max_pages: usize::MAX,
    };

    /// A recent list, without any request: it was read before, or is being read.
    pub const PRESENT: Self = Self {
        since: None,
        max_pages: 0,
    };

    /// Whether any number of requests is worth it: the caller needs the list.
    pub fn is_unlimited(self) -> bool {
        self.max_pages == usize::MAX
    }
}

/// The result of reading a collection.
#[derive(Clone)]
pub enum Listed {
    /// All objects.
    Whole(Arc<List>),
    /// It takes more requests than wanted.
    TooLong {
        /// The number of requests that it takes, as far as is known.
        pages: usize,
    },
}

/// Where an object is: the API, and the account in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Scheme, host, port and path prefix of the API, such as `https://api.example.com/prefix`.
    pub endpoint: String,
    /// Fingerprint of the token. It is keyed by the object, so that it does not show which objects share a token, and the
    /// token cannot be computed from it.
    pub token: String,
    /// Whether the paths of requests are those of the API's own document. Otherwise they are the declared ones, which an API may
    /// not have.
    #[serde(rename = "documented", default, skip_serializing_if = "std::ops::Not::not")]
    pub is_documented: bool,
}

/// A request for an operation of the API.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// Id of the operation.
    pub operation: &'a str,
    /// Values for the placeholders of the operation's declared path, by name.
    pub path: &'a [(&'a str, &'a str)],
    /// Body of the request.
    pub body: Option<&'a Body>,
    /// Whether the request may be sent again.
    pub retry: Retry,
    /// Number of attempts that were made before. They count towards the limit.
    pub attempts: u32,
    /// Statuses that mean [`ErrorKind::NotFound`] besides the usual ones, from the declaration, if the response has the API's own
    /// message.
    pub gone: &'a [u16],
    /// Secrets that no error may show, besides the token and those of the body. All strings of the body are hidden in
    /// excerpts of an unexpected response, and long or multi-line ones everywhere.
    pub secrets: &'a [&'a Secret],
    /// Cancels the request: a wait at once, a write in progress after a short grace period.
    pub cancel: &'a CancellationToken,
}

/// JSON body of a request. It may hold secrets, so it has neither `Debug` nor `Display`.
pub struct Body {
    json: Json,
    secrets: Vec<Secret>,
}

impl Body {
    /// Creates a body from JSON. `secrets` are the secrets in it, which no error may show.
    pub fn new(json: Json, secrets: Vec<Secret>) -> Self {
        Self { json, secrets }
    }

    /// Returns the JSON, to send or compare it. Must not be logged.
    pub fn expose(&self) -> &Json {
        &self.json
    }

    /// Returns the JSON for changes.
    pub fn expose_mut(&mut self) -> &mut Json {
        &mut self.json
    }

    /// Returns the secrets in the body.
    pub fn secrets(&self) -> &[Secret] {
        &self.secrets
    }
}

/// Whether a request may be retried if its effect is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// A second request has no further effect.
    Safe,
    /// A second request might create a second object. It is retried only if the first was certainly not carried out;
    /// otherwise the error is [`ErrorKind::Ambiguous`].
    Unsafe,
}

/// A successful response.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// JSON body; null if the response has none.
    pub body: Json,
    /// Id of the request in the API's logs.
    pub request_id: String,
    /// Time of the response by the API's clock, in whole seconds; `None` if the response has no date.
    pub date: Option<Timestamp>,
    /// Whether the API only accepted the request, and carries it out later (202).
    pub is_accepted: bool,
    /// Duration of the attempt that succeeded, in milliseconds.
    pub attempt_ms: u32,
}

/// A request that did not succeed.
///
/// Displayed as sentences for the detail of a diagnostic: the request, the response, the remedy. Never holds a secret.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", Sentences(self))]
pub struct Error {
    /// Kind of the error.
    pub kind: ErrorKind,
    /// Whether the API carried out the request.
    pub effect: Effect,
    /// The request and its outcome, as a clause: `` `POST /things` failed ``.
    pub what: Box<str>,
    /// Message of the API, or why there was no response; without secrets and control characters.
    pub detail: Option<Box<str>>,
    /// Whether the detail or the problems are in the API's own words, not those of a proxy or of this provider.
    pub is_explained: bool,
    /// Fields that the API rejected.
    pub problems: Box<[Problem]>,
    /// What the user can do about the error, as sentences.
    pub remedy: Option<&'static str>,
    /// Id of the request in the API's logs; empty if no response arrived.
    pub request_id: Box<str>,
    /// Number of attempts.
    pub attempts: u32,
    /// Duration of the last attempt, in milliseconds.
    pub attempt_ms: u32,
    /// Time of the response by the API's clock; `None` without a response, or if it has no date.
    pub date: Option<Timestamp>,
}

/// A field of the request that the API rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Path of the field, such as `body`, `payload`, `network_cidr`; indexes count from 0.
    pub location: Vec<String>,
    /// The API's message about the field.
    pub message: String,
}

/// Whether a request was carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Not carried out: never sent, or rejected.
    None,
    /// Possibly carried out.
    Unknown,
    /// Carried out, but the response is unusable.
    Done,
}

/// Kind of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The object does not exist, in the API's own words.
    NotFound,
    /// 404 without the API's own message: the server does not know the path, or a proxy responded in its place.
    NoSuchPath,
    /// 404 from a server that has not responded as the API yet, and serves no document of the API: it is another server, or the path of
    /// the endpoint is wrong.
    OtherServer,
    /// The token is missing, wrong or expired.
    Unauthorized,
    /// The token lacks the permission.
    Forbidden,
    /// The name is already in use, the object is in use, or a run is active.
    Conflict,
    /// The API found the request invalid.
    Invalid,
    /// The API rejected the request for another reason.
    Rejected,
    /// Too many requests, and retrying did not help.
    RateLimited,
    /// The API failed, and retrying did not help or is not allowed.
    Server,
    /// The host name of the server cannot be resolved.
    UnknownHost,
    /// The connection could not be established, or broke.
    Unreachable,
    /// The proxy could not be reached, or did not connect to the server.
    Proxy,
    /// The server's certificate is not acceptable, or it does not speak TLS.
    Tls,
    /// No response within the timeout of one request.
    RequestTimeout,
    /// It is unknown whether a request that must not be retried was carried out: search for the object.
    Ambiguous,
    /// A successful response with an unexpected body.
    UnexpectedResponse,
    /// A response larger than the limit.
    TooLarge,
    /// A redirect that is not followed.
    Redirect,
    /// The request was cancelled by an interrupt.
    Cancelled,
    /// The timeout of the Terraform operation ended.
    OperationTimeout,
    /// The provider declares no such operation: a bug.
    UnknownOperation,
    /// A value that cannot be part of a path.
    Parameter,
    /// The client cannot be set up, for example without any trusted certificate.
    Setup,
}

impl ErrorKind {
    /// Whether the same request may succeed later without any change.
    pub fn is_transient(self) -> bool {
        match self {
            Self::RateLimited
            | Self::Server
            | Self::UnknownHost
            | Self::Unreachable
            | Self::Proxy
            | Self::RequestTimeout
            | Self::Ambiguous
            | Self::OperationTimeout
            | Self::UnexpectedResponse => true,
            Self::NotFound
            | Self::NoSuchPath
            | Self::OtherServer
            | Self::Unauthorized
            | Self::Forbidden
            | Self::Conflict
            | Self::Invalid
            | Self::Rejected
            | Self::Tls
            | Self::TooLarge
            | Self::Redirect
            | Self::Cancelled
            | Self::UnknownOperation
            | Self::Parameter
            | Self::Setup => false,
        }
    }
}

impl Error {
    /// Creates an error of this kind without further details.
    pub fn new(kind: ErrorKind, effect: Effect, what: impl Into<Box<str>>) -> Self {
        Self {
            kind,
            effect,
            what: what.into(),
            detail: None,
            is_explained: false,
            problems: Box::default(),
            remedy: None,
            request_id: Box::default(),
            attempts: 1,
            attempt_ms: 0,
            date: None,
        }
    }

    /// Creates the error for a request that got no response before the timeout of the Terraform operation ended.
    pub fn operation_timeout(operation: &str) -> Self {
        let what =
            format!("The timeout ended before the control plane responded to the operation `{operation}`");
        Self::new(ErrorKind::OperationTimeout, Effect::Unknown, what)
    }

    /// Creates the error for a response that does not have the expected form.
    pub fn unexpected_response(operation: &str, detail: impl Into<Box<str>>) -> Self {
        let what =
            format!("The control plane returned an unexpected response to the operation `{operation}`");
        Self {
            detail: Some(detail.into()),
            ..Self::new(ErrorKind::UnexpectedResponse, Effect::Done, what)
        }
    }

    /// Adds what the user can do about the error.
    #[must_use]
    pub fn with_remedy(self, api: &dyn Api) -> Self {
        Self {
            remedy: api.remedy(self.kind),
            ..self
        }
    }

    /// Whether the same request may succeed later without any change.
    pub fn is_transient(&self) -> bool {
        self.kind.is_transient()
    }

    /// Returns why any request to the API fails now, as a clause; `None` if the error may concern this request only, or if the request
    /// may have been carried out.
    pub fn common_cause(&self) -> Option<&'static str> {
        if self.effect != Effect::None {
            return None;
        }
        match self.kind {
            ErrorKind::Unauthorized => Some("The API token was rejected"),
            ErrorKind::UnknownHost => Some("The control plane's host name is unknown"),
            ErrorKind::Unreachable => Some("The control plane is unreachable"),
            ErrorKind::Proxy => Some("The proxy did not connect"),
            ErrorKind::Tls => Some("The TLS handshake failed"),
            ErrorKind::RequestTimeout => Some("Connecting took too long"),
            ErrorKind::Setup => Some("The connection cannot be set up"),
            ErrorKind::OtherServer => Some("The endpoint is no control plane"),
            ErrorKind::NotFound
            | ErrorKind::NoSuchPath
            | ErrorKind::Forbidden
            | ErrorKind::Conflict
            | ErrorKind::Invalid
            | ErrorKind::Rejected
            | ErrorKind::RateLimited
            | ErrorKind::Server
            | ErrorKind::Ambiguous
            | ErrorKind::UnexpectedResponse
            | ErrorKind::TooLarge
            | ErrorKind::Redirect
            | ErrorKind::Cancelled
            | ErrorKind::OperationTimeout
            | ErrorKind::UnknownOperation
            | ErrorKind::Parameter => None,
        }
    }

    /// Returns the error after an interrupt has ended the wait for another attempt.
    #[must_use]
    pub fn cancelled(self) -> Self {
        Self {
            kind: ErrorKind::Cancelled,
            remedy: None,
            ..self
        }
    }
}

/// Displays an error as sentences.
struct Sentences<'a>(&'a Error);

impl fmt::Display for Sentences<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = self.0;
        formatter.write_str(&error.what)?;
        match &error.detail {
            Some(detail) => write!(formatter, ": {}", detail.trim_end_matches('.'))?,
            None if !error.problems.is_empty() => formatter.write_str(":")?,
            None => {}
        }
        for problem in &error.problems {
            write!(
                formatter,
                "\n  - {}: {}",
                problem.location.join("."),
                problem.message
            )?;
        }
        if error.problems.is_empty() {
            formatter.write_str(".")?;
        }
        if let Some(remedy) = error.remedy {
            let separator = if error.problems.is_empty() { " " } else { "\n" };
            write!(formatter, "{separator}{remedy}")?;
        }
        if error.request_id.is_empty() {
            return Ok(());
        }
        write!(formatter, "\n\nRequest id: {}", error.request_id)?;
        if error.attempts > 1 {
            write!(formatter, " (the last of {} attempts)", error.attempts)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_displays_as_sentences() {
        let conflict = Error {
            detail: Some("the name is already in use.".into()),
            request_id: "b1".into(),
            ..Error::new(ErrorKind::Conflict, Effect::None, "The API rejected it")
        };
        insta::assert_snapshot!(conflict, @r"
        The API rejected it: the name is already in use.

        Request id: b1
        ");

        let invalid = Error {
            problems: Box::new([Problem {
                location: vec!["body".to_owned(), "name".to_owned()],
                message: "too long".to_owned(),
            }]),
            remedy: Some("Choose a shorter one."),
            ..Error::new(ErrorKind::Invalid, Effect::None, "The API rejected it")
        };
        insta::assert_snapshot!(invalid, @r"
        The API rejected it:
          - body.name: too long
        Choose a shorter one.
        ");

        let unreachable = Error {
            remedy: Some("Try again."),
            request_id: "b1".into(),
            attempts: 5,
            ..Error::new(ErrorKind::Unreachable, Effect::None, "It failed")
        };
        insta::assert_snapshot!(unreachable, @r"
        It failed. Try again.

        Request id: b1 (the last of 5 attempts)
        ");
    }

    #[test]
    fn error_is_smaller_than_128_bytes() {
        assert!(size_of::<Error>() < 128, "{}", size_of::<Error>());
    }
}
