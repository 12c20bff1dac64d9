//! The error of a failed request, with the details of HTTP.

use std::time::Duration;

use engine::api::{self, Effect, ErrorKind, Problem};
use http::StatusCode;
use jiff::Timestamp;
use schema::model::Method;

/// Returns what the user can do about an error of a kind, as sentences, or `None`. The program that configures the client
/// writes them.
pub type Remedies = fn(ErrorKind) -> Option<&'static str>;

/// The error of a failed request. Its text is that of the [`api::Error`] that it converts to.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", self.clone().into_api(|_| None))]
pub struct Error {
    /// The kind of failure.
    pub kind: ErrorKind,
    /// Whether the control plane has carried out the request.
    pub effect: Effect,
    /// The id of the operation.
    pub operation: Box<str>,
    /// The method of the request.
    pub method: Method,
    /// The path of the request, without scheme, host and query.
    pub path: Box<str>,
    /// The status of the last response; `None` if there was no response.
    pub status: Option<u16>,
    /// The id of the request in the control plane's logs.
    pub request_id: Box<str>,
    /// The number of attempts.
    pub attempts: u32,
    /// The duration of the last attempt, in milliseconds.
    pub(super) attempt_ms: u32,
    /// The API's message, or the reason why there is no response; without secrets and control characters.
    pub detail: Option<Box<str>>,
    /// The problems of single fields, as the API names them.
    pub problems: Box<[Problem]>,
    /// Whether the response has the API's own message: JSON with a `detail`.
    pub(super) is_from_api: bool,
    /// The times in the response.
    pub(super) times: Box<Times>,
}

/// The times in an error response.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Times {
    /// The time of the response by the control plane's clock.
    pub date: Option<Timestamp>,
    /// The wait that the control plane asks for with `Retry-After`.
    pub retry_after: Option<Duration>,
}

impl Error {
    /// Whether the same request may succeed later.
    pub fn is_transient(&self) -> bool {
        self.kind.is_transient()
    }

    /// The API's message and the problems of single fields, in one line.
    pub(super) fn reason(&self) -> String {
        let problems = self.problems.iter();
        let problems = problems.map(|problem| format!("{}: {}", problem.location.join("."), problem.message));
        let detail = self.detail.iter().map(ToString::to_string);
        detail.chain(problems).collect::<Vec<_>>().join("; ")
    }

    pub(super) fn with_detail(self, detail: impl Into<Box<str>>) -> Self {
        Self {
            detail: Some(detail.into()),
            ..self
        }
    }

    /// Adds a clause to the detail.
    pub(super) fn with_further_detail(self, clause: &str) -> Self {
        let detail = match &self.detail {
            Some(detail) => format!("{}; {clause}", detail.trim_end_matches('.')),
            None => clause.to_owned(),
        };
        self.with_detail(detail)
    }

    pub(super) fn with_status(self, status: StatusCode) -> Self {
        Self {
            status: Some(status.as_u16()),
            ..self
        }
    }

    /// Replaces the request's id by the id in the response, which is the one in the control plane's logs.
    pub(super) fn with_request_id(self, request_id: Option<String>) -> Self {
        match request_id {
            Some(request_id) => Self {
                request_id: request_id.into(),
                ..self
            },
            None => self,
        }
    }

    /// The same error, after an interrupt has ended the wait for a retry.
    pub(super) fn cancelled(self) -> Self {
        Self {
            kind: ErrorKind::Cancelled,
            ..self
        }
    }
}

/// What errors and logs name of a request: its operation, method, path and id.
pub(super) struct RequestInfo<'a> {
    pub operation: &'a str,
    pub method: Method,
    pub path: &'a str,
    pub request_id: &'a str,
}

/// Why an attempt got no complete response.
#[derive(Debug)]
pub(super) struct Failure {
    pub kind: ErrorKind,
    pub effect: Effect,
    /// The status of the response if it began to arrive.
    pub status: Option<StatusCode>,
    pub detail: String,
}

impl Failure {
    /// The failure to set up connections.
    pub fn setup(detail: impl Into<String>) -> Self {
        Self {
            kind: ErrorKind::Setup,
            effect: Effect::None,
            status: None,
            detail: detail.into(),
        }
    }

    /// Whether a connection broke after the request was sent, and before the response began.
    pub fn is_broken_connection(&self) -> bool {
        (self.kind, self.effect, self.status) == (ErrorKind::Unreachable, Effect::Unknown, None)
    }
}

impl<'a> RequestInfo<'a> {
    pub fn new(operation: &'a str, method: Method, path: &'a str, request_id: &'a str) -> Self {
        RequestInfo {
            operation,
            method,
            path,
            request_id,
        }
    }

    pub fn error(&self, kind: ErrorKind, effect: Effect) -> Error {
        Error {
            kind,
            effect,
            operation: self.operation.into(),
            method: self.method,
            path: self.path.into(),
            status: None,
            request_id: self.request_id.into(),
            attempts: 1,
            attempt_ms: 0,
            detail: None,
            problems: Box::default(),
            is_from_api: false,
            times: Box::default(),
        }
    }

    pub fn failed(&self, failure: Failure) -> Error {
        let error = self.error(failure.kind, failure.effect);
        Error {
            status: failure.status.map(|status| status.as_u16()),
            ..error.with_detail(failure.detail)
        }
    }
}

/// The kind of error that a status means.
pub(super) fn kind_of(status: StatusCode) -> ErrorKind {
    match status.as_u16() {
        400 | 422 => ErrorKind::Invalid,
        401 => ErrorKind::Unauthorized,
        403 => ErrorKind::Forbidden,
        404 | 410 => ErrorKind::NotFound,
        407 => ErrorKind::Proxy,
        408 => ErrorKind::RequestTimeout,
        409 => ErrorKind::Conflict,
        429 => ErrorKind::RateLimited,
        300..=399 => ErrorKind::Redirect,
        500..=599 => ErrorKind::Server,
        _ => ErrorKind::Rejected,
    }
}

impl Error {
    /// Converts the error to the engine's, with the remedy for its kind.
    pub fn into_api(self, remedies: Remedies) -> api::Error {
        let error = self;
        api::Error {
            remedy: remedies(error.kind),
            kind: error.kind,
            effect: error.effect,
            what: describe(&error).into(),
            detail: error.detail,
            is_explained: error.is_from_api,
            problems: error.problems,
            request_id: error.request_id,
            attempts: error.attempts,
            attempt_ms: error.attempt_ms,
            date: error.times.date,
        }
    }
}

/// The request and its outcome, as a clause.
fn describe(error: &Error) -> String {
    let request = format!("`{} {}`", error.method.name(), error.path);
    match (error.kind, error.status) {
        (ErrorKind::UnknownOperation, _) => format!("The operation `{}` does not exist", error.operation),
        (ErrorKind::Parameter, _) => format!("The operation `{}` cannot be called", error.operation),
        (ErrorKind::Setup, _) => "The connection to the control plane could not be set up".to_owned(),
        (ErrorKind::Cancelled, _) => format!("{request} was interrupted"),
        (ErrorKind::Proxy | ErrorKind::OtherServer, _) => format!("{request} failed"),
        (ErrorKind::Redirect, None) => format!("{request} was redirected"),
        (_, Some(status)) => {
            let reason = StatusCode::from_u16(status)
                .ok()
                .and_then(|status| status.canonical_reason())
                .map(|reason| format!(" {reason}"));
            let reason = reason.unwrap_or_default();
            format!("The control plane returned {status}{reason} for {request}")
        }
        (_, None) => format!("{request} failed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info() -> RequestInfo<'static> {
        RequestInfo::new("update_thing", Method::Patch, "/api/things/7", "b1")
    }

    #[test]
    fn display_has_request_detail_remedy_and_id() {
        let conflict = info()
            .error(ErrorKind::Conflict, Effect::None)
            .with_status(StatusCode::CONFLICT)
            .with_detail("the name is taken.");
        insta::assert_snapshot!(conflict, @r"
        The control plane returned 409 Conflict for `PATCH /api/things/7`: the name is taken.

        Request id: b1
        ");

        let mut invalid = info()
            .error(ErrorKind::Invalid, Effect::None)
            .with_status(StatusCode::UNPROCESSABLE_ENTITY);
        invalid.problems = Box::new([Problem {
            location: vec!["body".to_owned(), "payload".to_owned(), "name".to_owned()],
            message: "too long".to_owned(),
        }]);
        insta::assert_snapshot!(invalid, @r"
        The control plane returned 422 Unprocessable Entity for `PATCH /api/things/7`:
          - body.payload.name: too long

        Request id: b1
        ");

        let mut unreachable = info().failed(Failure {
            kind: ErrorKind::Unreachable,
            effect: Effect::None,
            status: None,
            detail: "`api.test` refused the connection".to_owned(),
        });
        unreachable.attempts = 5;
        insta::assert_snapshot!(unreachable, @r"
        `PATCH /api/things/7` failed: `api.test` refused the connection.

        Request id: b1 (the last of 5 attempts)
        ");

        let unauthorized = info()
            .error(ErrorKind::Unauthorized, Effect::None)
            .with_status(StatusCode::UNAUTHORIZED);
        let unauthorized = unauthorized.into_api(|_| Some("Create a new token."));
        insta::assert_snapshot!(unauthorized, @r"
        The control plane returned 401 Unauthorized for `PATCH /api/things/7`. Create a new token.

        Request id: b1
        ");
    }
}
