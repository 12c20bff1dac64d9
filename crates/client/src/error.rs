//! A call that did not succeed, with what HTTP knows of it.

use std::time::Duration;

use engine::api::{self, Effect, ErrorKind, Problem};
use http::StatusCode;
use schema::model::Method;

/// What the user can do about an error of a kind, as sentences. The words are those of the program that configures the
/// client.
pub type Remedies = fn(ErrorKind) -> Option<&'static str>;

/// A call that did not succeed. Its text is that of the [`api::Error`] it becomes.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", self.clone().into_api(|_| None))]
pub struct Error {
    /// What went wrong.
    pub kind: ErrorKind,
    /// Whether the control plane has carried out the request.
    pub effect: Effect,
    /// Id of the operation.
    pub operation: Box<str>,
    /// Method of the request.
    pub method: Method,
    /// Path of the request, without scheme, host and query.
    pub path: Box<str>,
    /// Status of the last answer, where there was one.
    pub status: Option<u16>,
    /// What the control plane's logs call the request.
    pub request_id: Box<str>,
    /// How many attempts were made.
    pub attempts: u32,
    /// What the API said, or why there was no answer, secrets and control characters removed.
    pub detail: Option<Box<str>>,
    /// Faults of single fields, as the API names them.
    pub problems: Box<[Problem]>,
    /// How long the control plane asks to wait.
    pub(super) retry_after: Option<Duration>,
}

impl Error {
    /// Whether the same call may well succeed later, without any change.
    pub fn is_transient(&self) -> bool {
        self.kind.is_transient()
    }

    pub(super) fn with_detail(self, detail: impl Into<Box<str>>) -> Self {
        Self {
            detail: Some(detail.into()),
            ..self
        }
    }

    pub(super) fn with_status(self, status: StatusCode) -> Self {
        Self {
            status: Some(status.as_u16()),
            ..self
        }
    }

    /// The id in the answer, where there is one, is what the control plane's logs have.
    pub(super) fn with_request_id(self, request_id: Option<String>) -> Self {
        match request_id {
            Some(request_id) => Self {
                request_id: request_id.into(),
                ..self
            },
            None => self,
        }
    }

    /// The same error, when an interrupt keeps it from being retried.
    pub(super) fn cancelled(self) -> Self {
        Self {
            kind: ErrorKind::Cancelled,
            ..self
        }
    }
}

/// The request an error is about.
pub(super) struct Exchange<'a> {
    pub operation: &'a str,
    pub method: Method,
    pub path: &'a str,
    pub request_id: &'a str,
}

/// Why there is no answer to an attempt.
#[derive(Debug)]
pub(super) struct Failure {
    pub kind: ErrorKind,
    pub effect: Effect,
    pub detail: String,
}

impl<'a> Exchange<'a> {
    pub fn new(operation: &'a str, method: Method, path: &'a str, request_id: &'a str) -> Self {
        Exchange {
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
            detail: None,
            problems: Box::default(),
            retry_after: None,
        }
    }

    pub fn failed(&self, failure: Failure) -> Error {
        self.error(failure.kind, failure.effect)
            .with_detail(failure.detail)
    }
}

/// What a status means.
pub(super) fn kind_of(status: StatusCode) -> ErrorKind {
    match status.as_u16() {
        400 | 422 => ErrorKind::Invalid,
        401 => ErrorKind::Unauthorized,
        403 => ErrorKind::Forbidden,
        404 | 410 => ErrorKind::NotFound,
        408 => ErrorKind::RequestTimeout,
        409 => ErrorKind::Conflict,
        429 => ErrorKind::RateLimited,
        300..=399 => ErrorKind::Redirect,
        500..=599 => ErrorKind::Server,
        _ => ErrorKind::Rejected,
    }
}

impl Error {
    /// The same error for the engine, with what the user can do about it.
    pub fn into_api(self, remedies: Remedies) -> api::Error {
        let error = self;
        api::Error {
            remedy: remedies(error.kind),
            kind: error.kind,
            effect: error.effect,
            what: what(&error).into(),
            detail: error.detail,
            problems: error.problems,
            request_id: error.request_id,
            attempts: error.attempts,
        }
    }
}

/// What was asked and what came back, as a clause.
fn what(error: &Error) -> String {
    let request = format!("`{} {}`", error.method.name(), error.path);
    match (error.kind, error.status) {
        (ErrorKind::UnknownOperation, _) => format!("The operation `{}` does not exist", error.operation),
        (ErrorKind::Parameter, _) => format!("The operation `{}` cannot be called", error.operation),
        (ErrorKind::Setup, _) => "The connection to the control plane could not be set up".to_owned(),
        (ErrorKind::Cancelled, _) => format!("{request} was interrupted"),
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

    fn exchange() -> Exchange<'static> {
        Exchange::new("update_thing", Method::Patch, "/api/things/7", "b1")
    }

    #[test]
    fn texts() {
        let conflict = exchange()
            .error(ErrorKind::Conflict, Effect::None)
            .with_status(StatusCode::CONFLICT)
            .with_detail("the name is taken.");
        insta::assert_snapshot!(conflict, @r"
        The control plane returned 409 Conflict for `PATCH /api/things/7`: the name is taken.

        Request id: b1
        ");

        let mut invalid = exchange()
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

        let mut unreachable = exchange().failed(Failure {
            kind: ErrorKind::Unreachable,
            effect: Effect::None,
            detail: "`api.test` refused the connection".to_owned(),
        });
        unreachable.attempts = 5;
        insta::assert_snapshot!(unreachable, @r"
        `PATCH /api/things/7` failed: `api.test` refused the connection.

        Request id: b1 (the last of 5 attempts)
        ");

        let unauthorized = exchange()
            .error(ErrorKind::Unauthorized, Effect::None)
            .with_status(StatusCode::UNAUTHORIZED);
        let unauthorized = unauthorized.into_api(|_| Some("Create a new token."));
        insta::assert_snapshot!(unauthorized, @r"
        The control plane returned 401 Unauthorized for `PATCH /api/things/7`. Create a new token.

        Request id: b1
        ");
    }
}
