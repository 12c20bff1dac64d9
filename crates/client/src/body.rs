//! Reads the body of a response: JSON if it succeeded, otherwise an error message.

use std::fmt;

use engine::api::{Effect, ErrorKind, Problem, Response};
use http::StatusCode;
use jiff::Timestamp;
use schema::model::Method;
use serde_json::Value;

use super::error::{Error, RequestInfo, Times, kind_of};
use super::redact::Redactor;
use super::retry::{date, effect_of, retry_after};
use super::transport::HttpResponse;

/// Limit of JSON values in one response. A value takes about sixty bytes of memory, but may be only two bytes of JSON, so
/// that the limit of bytes alone would let a response grow to thirty times its size.
const MAX_VALUES: usize = 2_000_000;

/// How much of a message from the API is shown, in characters.
pub(super) const MAX_MESSAGE_CHARACTERS: usize = 1000;

/// How much of a request id is shown, in characters.
pub(super) const MAX_REQUEST_ID_CHARACTERS: usize = 128;

/// How many problems of single fields are shown.
const MAX_PROBLEMS: usize = 50;

/// How many steps of a problem's location are shown.
const MAX_LOCATION_STEPS: usize = 16;

/// Why a body cannot be used.
#[derive(Debug)]
pub(super) enum InvalidBody {
    /// It is not JSON.
    NotJson(serde_json::Error),
    /// It is missing, although the request reads.
    Missing,
    /// It has more than [`MAX_VALUES`] values.
    TooManyValues,
    /// It is a value of this type, and not a list of objects.
    NoList(&'static str),
}

impl InvalidBody {
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NotJson(_) | Self::Missing | Self::NoList(_) => ErrorKind::UnexpectedResponse,
            Self::TooManyValues => ErrorKind::TooLarge,
        }
    }
}

impl fmt::Display for InvalidBody {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson(error) => write!(formatter, "the body is not JSON ({error})"),
            Self::Missing => formatter.write_str("it has no body"),
            Self::NoList(found) => write!(formatter, "expected a list, got {found}"),
            Self::TooManyValues => write!(formatter, "the body has more than {MAX_VALUES} values"),
        }
    }
}

/// Parses a body as JSON; an empty body is null. The parser limits the nesting to 128 levels.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, InvalidBody> {
    match checked(bytes)? {
        [] => Ok(Value::Null),
        bytes => serde_json::from_slice(bytes).map_err(InvalidBody::NotJson),
    }
}

/// The text of a body without what may surround it, if it has at most [`MAX_VALUES`] values.
pub(super) fn checked(bytes: &[u8]) -> Result<&[u8], InvalidBody> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii();
    if bytes.len() > MAX_VALUES && count(bytes) > MAX_VALUES {
        return Err(InvalidBody::TooManyValues);
    }
    Ok(bytes)
}

/// An upper bound of the number of values in JSON.
fn count(bytes: &[u8]) -> usize {
    let mut count = 1;
    let mut is_string = false;
    let mut is_escaped = false;
    for byte in bytes {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = is_string,
            b'"' => is_string = !is_string,
            b',' | b'[' | b'{' if !is_string => count += 1,
            _ => {}
        }
    }
    count
}

/// What a response shows beside its body.
#[derive(Clone, Debug)]
pub(super) struct Receipt {
    /// Id of the request in the control plane's logs.
    pub request_id: String,
    pub date: Option<Timestamp>,
    pub attempt_ms: u32,
}

impl Receipt {
    pub fn new(info: &RequestInfo<'_>, response: &HttpResponse, redactor: &Redactor<'_>) -> Self {
        let request_id = response.request_id().map_or_else(
            || info.request_id.to_owned(),
            |id| redactor.clean(id, MAX_REQUEST_ID_CHARACTERS),
        );
        Self {
            request_id,
            date: date(&response.headers),
            attempt_ms: response.attempt_ms,
        }
    }
}

/// Reads a response with a status of success. Its body must be JSON, except that of a response to a DELETE. Only a response to a GET
/// needs one.
pub(super) fn read(
    info: &RequestInfo<'_>,
    response: &HttpResponse,
    redactor: &Redactor<'_>,
) -> Result<Response, Error> {
    // The status alone shows that an object was deleted.
    let body = match parse(&response.body) {
        Err(_) if info.method == Method::Delete => Ok(Value::Null),
        Ok(Value::Null) if info.method == Method::Get && response.body.trim_ascii().is_empty() => {
            Err(InvalidBody::Missing)
        }
        body => body,
    };
    let body = body.map_err(|reason| unreadable(info, response, redactor, &reason))?;
    let receipt = Receipt::new(info, response, redactor);
    Ok(Response {
        body,
        request_id: receipt.request_id,
        date: receipt.date,
        is_accepted: response.status == StatusCode::ACCEPTED,
        attempt_ms: receipt.attempt_ms,
    })
}

/// The error of a response with a status of success whose body cannot be used.
pub(super) fn unreadable(
    info: &RequestInfo<'_>,
    response: &HttpResponse,
    redactor: &Redactor<'_>,
    reason: &InvalidBody,
) -> Error {
    let shown = match reason {
        InvalidBody::Missing => String::new(),
        _ => format!(": `{}`", redactor.unreadable(&response.body)),
    };
    info.error(reason.kind(), Effect::Done)
        .with_status(response.status)
        .with_detail(format!("{reason}{shown}"))
}

/// The error that a response without success means.
pub(super) fn error(info: &RequestInfo<'_>, response: &HttpResponse, redactor: &Redactor<'_>) -> Error {
    let wait = retry_after(&response.headers);
    let kind = kind_of(response.status);
    let mut error = info
        .error(kind, effect_of(response.status.as_u16(), wait))
        .with_status(response.status)
        .with_request_id(
            response
                .request_id()
                .map(|id| redactor.clean(id, MAX_REQUEST_ID_CHARACTERS)),
        );
    *error.times = Times {
        date: date(&response.headers),
        retry_after: wait,
    };

    if kind == ErrorKind::Redirect {
        return error.with_detail(redactor.clean(&response.redirect_error(), MAX_MESSAGE_CHARACTERS));
    }
    let Ok(body) = parse(&response.body) else {
        // An HTML page of a proxy is of no more use to the user than the status.
        let is_page = response.body.trim_ascii_start().starts_with(b"<");
        let detail = (!is_page).then(|| redactor.unreadable(&response.body).into_boxed_str());
        return Error { detail, ..error };
    };
    let message = |value: &Value| {
        value
            .as_str()
            .map(|text| redactor.clean(text, MAX_MESSAGE_CHARACTERS))
    };
    let detail = body.get("detail");
    error.is_from_api = matches!(detail, Some(Value::Array(_) | Value::String(_)))
        && !is_of_another_api(info, response, &body);
    match detail {
        Some(Value::Array(items)) => {
            error.problems = items
                .iter()
                .take(MAX_PROBLEMS)
                .map(|item| problem(item, redactor))
                .collect();
        }
        Some(Value::String(text)) if !is_reason(text, response.status) => {
            error.detail = Some(redactor.clean(text, MAX_MESSAGE_CHARACTERS).into());
        }
        Some(Value::String(_)) => {}
        Some(fields @ Value::Object(_)) if is_messages(fields) => {
            let mut problems = Vec::new();
            collect_problems(fields, &mut Vec::new(), redactor, &mut problems);
            error.problems = problems.into();
        }
        _ => {
            let known = ["message", "error", "msg", "error_description"];
            let known = known.iter().find_map(|key| body.get(key).and_then(message));
            let whole = || (!body.is_null()).then(|| redactor.unreadable(body.to_string().as_bytes()));
            error.detail = known.or_else(whole).map(String::into_boxed_str);
        }
    }
    error
}

/// Whether a message only repeats the status, such as `Not Found.` of a response 404.
fn is_reason(message: &str, status: StatusCode) -> bool {
    let reason = status.canonical_reason();
    reason.is_some_and(|reason| message.trim_end_matches('.').eq_ignore_ascii_case(reason))
}

/// Whether a message is not the control plane's: another path responded after a redirect, or it has the form of RFC 9457
/// (`application/problem+json`), which gateways use.
fn is_of_another_api(info: &RequestInfo<'_>, response: &HttpResponse, body: &Value) -> bool {
    let is_redirected = response.url.path().trim_end_matches('/') != info.path.trim_end_matches('/');
    let content_type = response.headers.get(http::header::CONTENT_TYPE);
    let is_problem =
        content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/problem+json"));
    is_redirected || is_problem || (body.get("type").is_some() && body.get("title").is_some())
}

/// Redacts the detail of an error without a response. It may contain what the server sent before, such as the target of a
/// redirect.
pub(super) fn redacted(error: Error, redactor: &Redactor<'_>) -> Error {
    let detail = error
        .detail
        .as_deref()
        .map(|detail| redactor.clean(detail, MAX_MESSAGE_CHARACTERS).into());
    Error { detail, ..error }
}

/// Collects the messages of a `detail` with their locations, see [`is_messages`].
fn collect_problems(
    detail: &Value,
    location: &mut Vec<String>,
    redactor: &Redactor<'_>,
    problems: &mut Vec<Problem>,
) {
    if problems.len() >= MAX_PROBLEMS || location.len() > MAX_LOCATION_STEPS {
        return;
    }
    let mut below = |step: String, detail: &Value| {
        location.push(redactor.clean(&step, MAX_MESSAGE_CHARACTERS));
        collect_problems(detail, location, redactor, problems);
        location.pop();
    };
    match detail {
        Value::Object(fields) => {
            for (name, detail) in fields {
                below(name.clone(), detail);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (index, detail) in items.iter().enumerate() {
                below(index.to_string(), detail);
            }
        }
        Value::Array(messages) => {
            for message in messages {
                collect_problems(message, location, redactor, problems);
            }
        }
        Value::String(message) => problems.push(Problem {
            location: location.clone(),
            message: redactor.clean(message, MAX_MESSAGE_CHARACTERS),
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whether a `detail` has a message or a list of messages for each field, nested like the object itself.
fn is_messages(detail: &Value) -> bool {
    match detail {
        Value::String(_) => true,
        Value::Array(items) => items.iter().all(is_messages),
        Value::Object(fields) => fields.values().all(is_messages),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Reads one entry of the list that a response 422 has as its `detail`: `{"type", "loc", "msg"}`.
fn problem(item: &Value, redactor: &Redactor<'_>) -> Problem {
    let text = |value: &Value| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        redactor.clean(&text, MAX_MESSAGE_CHARACTERS)
    };
    let location = item
        .get("loc")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let message = item
        .get("msg")
        .or_else(|| item.get("message"))
        .or_else(|| item.get("type"));
    Problem {
        location: location.iter().take(MAX_LOCATION_STEPS).map(text).collect(),
        message: text(message.unwrap_or(item)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parse_returns_json_or_unexpected_response() {
        let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(parse(b"").unwrap(), Value::Null);
        assert_eq!(parse(b" \r\n").unwrap(), Value::Null);
        assert_eq!(parse(b"\xef\xbb\xbf{\"a\": 1}").unwrap(), json!({"a": 1}));
        assert_eq!(
            parse(b"9007199254740993").unwrap().to_string(),
            "9007199254740993"
        );
        assert!(parse(deep(100).as_bytes()).is_ok());
        for body in [
            deep(10_000).as_bytes(),
            b"<html>",
            b"{\"a\": ",
            b"{} {}",
            b"\xff",
            b"NaN",
            b"\"\xff\"",
        ] {
            assert_eq!(parse(body).unwrap_err().kind(), ErrorKind::UnexpectedResponse);
        }
    }

    #[test]
    fn parse_limits_the_number_of_values() {
        let list = |length: usize| format!("[{}0]", "0,".repeat(length - 1));
        assert_eq!(
            parse(list(1_000_000).as_bytes())
                .unwrap()
                .as_array()
                .unwrap()
                .len(),
            1_000_000
        );
        let error = parse(list(2_000_000).as_bytes()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        assert_eq!(error.to_string(), "the body has more than 2000000 values");
        let text = format!(r#"["\",{}"]"#, ",".repeat(3_000_000));
        assert!(parse(text.as_bytes()).is_ok());
    }
}
