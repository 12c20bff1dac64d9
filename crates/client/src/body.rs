//! What the body of an answer says.

use std::fmt;

use engine::api::{Effect, ErrorKind, Problem, Response};
use serde_json::Value;

use super::error::{Error, Exchange, kind_of};
use super::redact::Redactor;
use super::retry::{date, effect_of, retry_after};
use super::transport::HttpResponse;

/// Values in one answer, at most. Each takes some sixty bytes of memory but may be two bytes of JSON, so that
/// the limit on bytes alone would let an answer grow thirtyfold.
const MAX_VALUES: usize = 2_000_000;

/// Longest message of the API that is shown, in characters.
pub(super) const LONGEST_MESSAGE: usize = 1000;

/// Longest id of a request that is shown, in characters.
pub(super) const LONGEST_REQUEST_ID: usize = 128;

/// Field problems that are shown, at most.
const MAX_PROBLEMS: usize = 50;

/// Why a body is of no use.
#[derive(Debug)]
pub(super) enum Unreadable {
    /// It is no JSON.
    NotJson(serde_json::Error),
    /// It has more values than are read.
    TooMany,
}

impl Unreadable {
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NotJson(_) => ErrorKind::UnexpectedResponse,
            Self::TooMany => ErrorKind::TooLarge,
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson(error) => write!(formatter, "the body is not JSON ({error})"),
            Self::TooMany => write!(formatter, "the body has more than {MAX_VALUES} values"),
        }
    }
}

/// The JSON value of a body; null where there is none. How deep it may be nested is the parser's limit (128).
pub(super) fn parse(bytes: &[u8]) -> Result<Value, Unreadable> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii();
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    if bytes.len() > MAX_VALUES && count(bytes) > MAX_VALUES {
        return Err(Unreadable::TooMany);
    }
    serde_json::from_slice(bytes).map_err(Unreadable::NotJson)
}

/// How many values a JSON text has, at most.
fn count(bytes: &[u8]) -> usize {
    let mut count = 1;
    let mut is_text = false;
    let mut is_escaped = false;
    for byte in bytes {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = is_text,
            b'"' => is_text = !is_text,
            b',' | b'[' | b'{' if !is_text => count += 1,
            _ => {}
        }
    }
    count
}

/// What an answer that says success comes to.
pub(super) fn read(
    exchange: &Exchange<'_>,
    reply: &HttpResponse,
    redactor: &Redactor<'_>,
) -> Result<Response, Error> {
    let body = parse(&reply.body).map_err(|reason| {
        let shown = redactor.unreadable(&reply.body);
        exchange
            .error(reason.kind(), Effect::Done)
            .with_status(reply.status)
            .with_detail(format!("{reason}: `{shown}`"))
    })?;
    let request_id = reply.request_id().map_or_else(
        || exchange.request_id.to_owned(),
        |id| redactor.clean(id, LONGEST_REQUEST_ID),
    );
    Ok(Response {
        body,
        request_id,
        date: date(&reply.headers),
    })
}

/// The error that an answer without success means.
pub(super) fn explain(exchange: &Exchange<'_>, reply: &HttpResponse, redactor: &Redactor<'_>) -> Error {
    let wait = retry_after(&reply.headers);
    let kind = kind_of(reply.status);
    let mut error = exchange
        .error(kind, effect_of(reply.status.as_u16(), wait))
        .with_status(reply.status)
        .with_request_id(
            reply
                .request_id()
                .map(|id| redactor.clean(id, LONGEST_REQUEST_ID)),
        );
    error.retry_after = wait;

    if kind == ErrorKind::Redirect {
        return error.with_detail(redactor.clean(&reply.redirect_refusal(), LONGEST_MESSAGE));
    }
    let Ok(body) = parse(&reply.body) else {
        // The pages of a proxy say no more than the status does.
        let is_page = reply.body.trim_ascii_start().starts_with(b"<");
        let detail = (!is_page).then(|| redactor.unreadable(&reply.body).into_boxed_str());
        return Error { detail, ..error };
    };
    let message = |value: &Value| value.as_str().map(|text| redactor.clean(text, LONGEST_MESSAGE));
    match body.get("detail") {
        Some(Value::Array(items)) => {
            error.problems = items
                .iter()
                .take(MAX_PROBLEMS)
                .map(|item| problem(item, redactor))
                .collect();
        }
        Some(Value::String(text)) => error.detail = Some(redactor.clean(text, LONGEST_MESSAGE).into()),
        _ => {
            let known = ["message", "error", "msg", "error_description"];
            let told = known.iter().find_map(|key| body.get(key).and_then(message));
            let whole = || (!body.is_null()).then(|| redactor.unreadable(body.to_string().as_bytes()));
            error.detail = told.or_else(whole).map(String::into_boxed_str);
        }
    }
    error
}

/// An error without an answer. Its detail may hold what the server said before: where it redirected to, for example.
pub(super) fn cleaned(error: Error, redactor: &Redactor<'_>) -> Error {
    let detail = error
        .detail
        .as_deref()
        .map(|detail| redactor.clean(detail, LONGEST_MESSAGE).into());
    Error { detail, ..error }
}

/// One entry of the list that a 422 has as its detail: `{"type", "loc", "msg"}`.
fn problem(item: &Value, redactor: &Redactor<'_>) -> Problem {
    let text = |value: &Value| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        redactor.clean(&text, LONGEST_MESSAGE)
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
        location: location.iter().take(16).map(text).collect(),
        message: text(message.unwrap_or(item)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bodies() {
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
    fn an_answer_does_not_grow_without_bound_in_memory() {
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
