//! The API as the engine needs it: operations by id, JSON in and out, failures by kind.
//!
//! [`Api`] is implemented over a real protocol by a crate above, and by a script in tests. Nothing here knows how a call
//! travels.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value as Json;
use tokio_util::sync::CancellationToken;
use value::secret::Secret;

/// What the engine calls.
#[async_trait]
pub trait Api: Send + Sync {
    /// Calls an operation, with as many attempts as its rules allow.
    async fn call(&self, call: Request<'_>) -> Result<Response, Error>;

    /// Calls an operation that changes nothing. Callers that want the same at the same time may share one call; a read
    /// sees everything that this process wrote before it.
    async fn read(&self, call: Request<'_>) -> Result<Arc<Response>, Error>;

    /// A string of the API made fit to be shown: one line, without control characters and these secrets.
    fn clean(&self, text: &str, secrets: &[&Secret]) -> String;

    /// What the user can do about an error of this kind, as sentences.
    fn remedy(&self, kind: ErrorKind) -> Option<&'static str>;
}

/// A call of an operation.
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
    /// Answers that mean [`ErrorKind::NotFound`] besides the usual ones, as the declaration lists them.
    pub gone: &'a [u16],
    /// Secrets that no error may show, besides the token and those of the body. Strings of the body are hidden in what is
    /// shown of an answer that could not be understood in any case, and long or multi-line ones everywhere.
    pub secrets: &'a [&'a Secret],
    /// Ends the call: waiting at once, a write that is under way after a short grace.
    pub cancel: &'a CancellationToken,
}

/// The body of a request. It may hold secrets, so it has neither `Debug` nor `Display`.
pub struct Body {
    json: Json,
    secrets: Vec<Secret>,
}

impl Body {
    /// A body of this JSON. No error may show the secrets that are in it.
    pub fn new(json: Json, secrets: Vec<Secret>) -> Self {
        Self { json, secrets }
    }

    /// The JSON, for what must see it: the connection, a comparison.
    pub fn expose(&self) -> &Json {
        &self.json
    }

    /// The JSON, to be changed.
    pub fn expose_mut(&mut self) -> &mut Json {
        &mut self.json
    }

    /// The secrets in it.
    pub fn secrets(&self) -> &[Secret] {
        &self.secrets
    }
}

/// Whether a request may be sent again when its effect is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// A second one changes nothing.
    Safe,
    /// A second one might create a second object: it is sent again only when the first was certainly not carried out,
    /// otherwise the error is [`ErrorKind::Ambiguous`].
    Unsafe,
}

/// A successful answer.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// Body; null where there is none.
    pub body: Json,
    /// What the API's logs call this request.
    pub request_id: String,
    /// When it answered, by its own clock; by this machine's, where it does not say.
    pub date: Timestamp,
}

/// A call that did not succeed.
///
/// Its text is sentences for the detail of a diagnostic: what was asked, what came back, what to do. It never holds a
/// secret.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", Sentences(self))]
pub struct Error {
    /// What went wrong.
    pub kind: ErrorKind,
    /// Whether the API has carried out the request.
    pub effect: Effect,
    /// What was asked and what came back, as a clause: `` `POST /things` failed ``.
    pub what: Box<str>,
    /// The API's own words, or why there was no answer; secrets and control characters removed.
    pub detail: Option<Box<str>>,
    /// Faults of single fields, as the API names them.
    pub problems: Box<[Problem]>,
    /// What the user can do about it, as sentences.
    pub remedy: Option<&'static str>,
    /// What the API's logs call the request.
    pub request_id: Box<str>,
    /// How many attempts were made.
    pub attempts: u32,
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
    /// The object does not exist.
    NotFound,
    /// The token is missing, wrong or expired.
    Unauthorized,
    /// The token lacks the permission.
    Forbidden,
    /// The name is taken, the object is in use, or a run is active.
    Conflict,
    /// The request makes no sense to the API.
    Invalid,
    /// The API refuses the request for another reason.
    Rejected,
    /// Too many requests, and retrying did not help.
    RateLimited,
    /// The API failed, and retrying did not help or is not allowed.
    Server,
    /// No connection, or it broke.
    Unreachable,
    /// The server's certificate is not acceptable, or it does not speak TLS.
    Tls,
    /// No answer in time.
    RequestTimeout,
    /// It is not known whether a request that must not be repeated was carried out: look for the object.
    Ambiguous,
    /// A success whose body is not what was expected.
    UnexpectedResponse,
    /// An answer that is larger than what is read.
    TooLarge,
    /// A redirect that is not followed.
    Redirect,
    /// The call was interrupted.
    Cancelled,
    /// The timeout of what the call is part of is over.
    OperationTimeout,
    /// The provider has no such operation: a bug.
    UnknownOperation,
    /// A value that cannot be part of a path.
    Parameter,
    /// The connection cannot even be set up, such as without any trusted certificate.
    Setup,
}

impl ErrorKind {
    /// Whether the same call may well succeed later, without any change.
    pub fn is_transient(self) -> bool {
        match self {
            Self::RateLimited
            | Self::Server
            | Self::Unreachable
            | Self::RequestTimeout
            | Self::Ambiguous
            | Self::OperationTimeout
            | Self::UnexpectedResponse => true,
            Self::NotFound
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
    /// An error of this kind, about which nothing more is known.
    pub fn new(kind: ErrorKind, effect: Effect, what: impl Into<Box<str>>) -> Self {
        Self {
            kind,
            effect,
            what: what.into(),
            detail: None,
            problems: Box::default(),
            remedy: None,
            request_id: Box::default(),
            attempts: 1,
        }
    }

    /// The timeout of what a call of this operation is part of was over before it was answered.
    pub fn operation_timeout(operation: &str) -> Self {
        let what =
            format!("The timeout ended before the control plane responded to the operation `{operation}`");
        Self::new(ErrorKind::OperationTimeout, Effect::Unknown, what)
    }

    /// An answer of this operation is not what is expected of it.
    pub fn unexpected_response(operation: &str, detail: impl Into<Box<str>>) -> Self {
        let what =
            format!("The control plane returned an unexpected response to the operation `{operation}`");
        Self {
            detail: Some(detail.into()),
            ..Self::new(ErrorKind::UnexpectedResponse, Effect::Done, what)
        }
    }

    /// The same error, with what the user can do about it.
    #[must_use]
    pub fn with_remedy(self, api: &dyn Api) -> Self {
        Self {
            remedy: api.remedy(self.kind),
            ..self
        }
    }

    /// Whether the same call may well succeed later, without any change.
    pub fn is_transient(&self) -> bool {
        self.kind.is_transient()
    }
}

/// The text of an error.
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
    fn sentences() {
        let conflict = Error {
            detail: Some("the name is taken.".into()),
            request_id: "b1".into(),
            ..Error::new(ErrorKind::Conflict, Effect::None, "The API refused it")
        };
        insta::assert_snapshot!(conflict, @r"
        The API refused it: the name is taken.

        Request id: b1
        ");

        let invalid = Error {
            problems: Box::new([Problem {
                location: vec!["body".to_owned(), "name".to_owned()],
                message: "too long".to_owned(),
            }]),
            remedy: Some("Choose a shorter one."),
            ..Error::new(ErrorKind::Invalid, Effect::None, "The API refused it")
        };
        insta::assert_snapshot!(invalid, @r"
        The API refused it:
          - body.name: too long
        Choose a shorter one.
        ");

        let unreachable = Error {
            remedy: Some("Look."),
            request_id: "b1".into(),
            attempts: 5,
            ..Error::new(ErrorKind::Unreachable, Effect::None, "It failed")
        };
        insta::assert_snapshot!(unreachable, @r"
        It failed. Look.

        Request id: b1 (the last of 5 attempts)
        ");
    }

    #[test]
    fn an_error_is_small_enough_to_be_returned_by_value() {
        assert!(size_of::<Error>() < 128, "{}", size_of::<Error>());
    }
}
