//! What a call can come to other than success.

use std::fmt;
use std::time::Duration;

use http::StatusCode;
use schema::model::Method;

/// A call that did not succeed.
///
/// Its text is sentences for the detail of a diagnostic: what was asked, what came back, what to do. It never
/// holds the token or a secret.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", Sentences(self))]
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
    /// What the API said, or why there was no answer, secrets and control characters removed; and what else helps.
    pub detail: Option<Box<str>>,
    /// Faults of single fields, as the API names them.
    pub problems: Box<[Problem]>,
    /// How long the control plane asks to wait.
    pub(super) retry_after: Option<Duration>,
}

/// A fault of one field of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where it is, such as `body`, `payload`, `network_cidr`; numbers count from 0.
    pub location: Vec<String>,
    /// What is wrong.
    pub message: String,
}

/// Whether a request was carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It was not: it never left, or it was refused.
    None,
    /// It may have been.
    Unknown,
    /// It was, but its answer is of no use.
    Done,
}

/// What went wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The object does not exist (404, 410).
    NotFound,
    /// The token is missing, wrong or expired (401).
    Unauthorized,
    /// The token lacks the permission (403).
    Forbidden,
    /// The name is taken, the object is in use, or a run is active (409).
    Conflict,
    /// The request makes no sense to the API (400, 422).
    Invalid,
    /// Another 4xx.
    Rejected,
    /// Too many requests (429), and retrying did not help.
    RateLimited,
    /// The control plane failed (5xx), and retrying did not help or is not allowed.
    Server,
    /// No connection, or it broke.
    Unreachable,
    /// The server's certificate is not acceptable, or it does not speak TLS.
    Tls,
    /// No answer in time.
    Timeout,
    /// It is not known whether a request that must not be repeated was carried out: look for the object.
    Ambiguous,
    /// A success whose body is not JSON.
    Garbage,
    /// An answer that is larger than what is read.
    TooLarge,
    /// A redirect that is not followed.
    Redirect,
    /// The call was interrupted.
    Cancelled,
    /// The timeout of what the call is part of is over.
    OutOfTime,
    /// The provider has no such operation: a bug.
    UnknownOperation,
    /// A value that cannot be part of a path.
    Parameter,
    /// The connection cannot even be set up, such as without any trusted certificate.
    Setup,
}

impl Error {
    /// The timeout of what a call of this operation is part of was over before it was answered.
    pub fn out_of_time(operation: &str) -> Error {
        Exchange::new(operation, Method::Get, "", "").error(ErrorKind::OutOfTime, Effect::Unknown)
    }

    /// An answer of this operation is not what is expected of it.
    pub fn unexpected(operation: &str, detail: impl Into<Box<str>>) -> Error {
        let exchange = Exchange::new(operation, Method::Get, "", "");
        exchange
            .error(ErrorKind::Garbage, Effect::Done)
            .with_detail(detail)
    }

    /// Whether the same call may well succeed later, without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        match self.kind {
            ErrorKind::RateLimited
            | ErrorKind::Server
            | ErrorKind::Unreachable
            | ErrorKind::Timeout
            | ErrorKind::Ambiguous
            | ErrorKind::OutOfTime
            | ErrorKind::Garbage => true,
            ErrorKind::NotFound
            | ErrorKind::Unauthorized
            | ErrorKind::Forbidden
            | ErrorKind::Conflict
            | ErrorKind::Invalid
            | ErrorKind::Rejected
            | ErrorKind::Tls
            | ErrorKind::TooLarge
            | ErrorKind::Redirect
            | ErrorKind::Cancelled
            | ErrorKind::UnknownOperation
            | ErrorKind::Parameter
            | ErrorKind::Setup => false,
        }
    }

    /// What the user can do about it, as a sentence.
    pub fn remedy(&self) -> Option<&'static str> {
        Some(match self.kind {
            ErrorKind::Unauthorized => {
                "The API token is not valid (any more). Create a new one on the API Tokens page of the Durantic \
                 dashboard and set it as `api_token` or in DURANTIC_API_TOKEN."
            }
            ErrorKind::Forbidden => {
                "The API token lacks the scope for this. The API Tokens page of the Durantic dashboard shows what a \
                 token may do."
            }
            ErrorKind::RateLimited => {
                "Wait a while, run Terraform with a lower -parallelism, or raise `max_retries`."
            }
            ErrorKind::Server => "The control plane has a problem; try again later.",
            ErrorKind::Unreachable => {
                "Check `endpoint` in the provider configuration, the network and the proxy settings."
            }
            ErrorKind::Timeout => "Try again, or raise `request_timeout` in the provider configuration.",
            ErrorKind::OutOfTime => "Try again, with a longer timeout in the `timeouts` block.",
            ErrorKind::Ambiguous => "It is not known whether the request was carried out.",
            ErrorKind::Garbage => {
                "Check that `endpoint` in the provider configuration is the address of a Durantic control plane and \
                 that no proxy answers in its place."
            }
            ErrorKind::UnknownOperation => "This is a bug in the provider; please report it.",
            ErrorKind::NotFound
            | ErrorKind::Conflict
            | ErrorKind::Invalid
            | ErrorKind::Rejected
            | ErrorKind::Tls
            | ErrorKind::TooLarge
            | ErrorKind::Redirect
            | ErrorKind::Cancelled
            | ErrorKind::Parameter
            | ErrorKind::Setup => return None,
        })
    }

    pub(super) fn with_detail(self, detail: impl Into<Box<str>>) -> Error {
        Error {
            detail: Some(detail.into()),
            ..self
        }
    }

    pub(super) fn with_status(self, status: StatusCode) -> Error {
        Error {
            status: Some(status.as_u16()),
            ..self
        }
    }

    /// The id in the answer, where there is one, is what the control plane's logs have.
    pub(super) fn with_request_id(self, request_id: Option<String>) -> Error {
        match request_id {
            Some(request_id) => Error {
                request_id: request_id.into(),
                ..self
            },
            None => self,
        }
    }

    /// The same error, when an interrupt keeps it from being retried.
    pub(super) fn cancelled(self) -> Error {
        Error {
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
    pub fn new(operation: &'a str, method: Method, path: &'a str, request_id: &'a str) -> Exchange<'a> {
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
        408 => ErrorKind::Timeout,
        409 => ErrorKind::Conflict,
        429 => ErrorKind::RateLimited,
        300..=399 => ErrorKind::Redirect,
        500..=599 => ErrorKind::Server,
        _ => ErrorKind::Rejected,
    }
}

/// The text of an error.
struct Sentences<'a>(&'a Error);

impl fmt::Display for Sentences<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = self.0;
        let request = format!("`{} {}`", error.method.name(), error.path);
        match (error.kind, error.status) {
            (ErrorKind::UnknownOperation, _) => {
                write!(formatter, "There is no operation `{}`", error.operation)?;
            }
            (ErrorKind::Parameter, _) => {
                write!(formatter, "The operation `{}` cannot be called", error.operation)?;
            }
            (ErrorKind::OutOfTime, _) => {
                write!(
                    formatter,
                    "The timeout was over before the operation `{}` was answered",
                    error.operation
                )?;
            }
            (ErrorKind::Garbage, None) => {
                write!(
                    formatter,
                    "The answer to the operation `{}` makes no sense",
                    error.operation
                )?;
            }
            (ErrorKind::Setup, _) => {
                formatter.write_str("No connection to the control plane can be set up")?;
            }
            (ErrorKind::Cancelled, _) => write!(formatter, "{request} was interrupted")?,
            (ErrorKind::Redirect, None) => write!(formatter, "{request} was redirected")?,
            (_, Some(status)) => {
                let reason = StatusCode::from_u16(status)
                    .ok()
                    .and_then(|status| status.canonical_reason());
                write!(formatter, "The control plane answered {request} with {status}")?;
                reason.map_or(Ok(()), |reason| write!(formatter, " {reason}"))?;
            }
            (_, None) => write!(formatter, "{request} failed")?,
        }
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
        if let Some(remedy) = error.remedy() {
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
        The control plane answered `PATCH /api/things/7` with 409 Conflict: the name is taken.

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
        The control plane answered `PATCH /api/things/7` with 422 Unprocessable Entity:
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
        `PATCH /api/things/7` failed: `api.test` refused the connection. Check `endpoint` in the provider configuration, the network and the proxy settings.

        Request id: b1 (the last of 5 attempts)
        ");

        let unauthorized = exchange()
            .error(ErrorKind::Unauthorized, Effect::None)
            .with_status(StatusCode::UNAUTHORIZED);
        insta::assert_snapshot!(unauthorized, @r"
        The control plane answered `PATCH /api/things/7` with 401 Unauthorized. The API token is not valid (any more). Create a new one on the API Tokens page of the Durantic dashboard and set it as `api_token` or in DURANTIC_API_TOKEN.

        Request id: b1
        ");
    }

    #[test]
    fn an_error_is_small_enough_to_be_returned_by_value() {
        assert!(size_of::<Error>() < 128, "{}", size_of::<Error>());
    }
}
