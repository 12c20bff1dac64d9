//! The error responses of the control plane.

use std::fmt;

use http::StatusCode;
use serde_json::{Value, json};

use super::contract::BodyFault;

/// An error response: its status and the `detail` of its body.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// The status.
    pub status: StatusCode,
    /// The `detail`: a string, or the list of faults of a 422.
    pub detail: Value,
}

impl Problem {
    /// Status 400: a value is invalid, e.g. a malformed address.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// Status 401: the token is missing or invalid.
    pub fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Unauthorized")
    }

    /// Status 404: the object does not exist.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not Found")
    }

    /// Status 409: the name or CIDR is taken, the object is in use, or a run is active.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    /// Status 422: the body does not match its schema.
    pub fn invalid_body(faults: Vec<BodyFault>) -> Self {
        let detail = faults
            .into_iter()
            .map(|fault| {
                let location: Vec<Value> = [json!("body"), json!("payload")]
                    .into_iter()
                    .chain(fault.path)
                    .collect();
                json!({ "type": fault.kind, "loc": location, "msg": fault.message })
            })
            .collect();
        Self {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            detail,
        }
    }

    /// Status 422: a parameter of the path is not a uuid.
    pub fn invalid_parameter(name: &str) -> Self {
        Self {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            detail: json!([{
                "type": "uuid_parsing",
                "loc": ["path", name],
                "msg": "Input should be a valid UUID",
            }]),
        }
    }

    /// Status 422: a query parameter is invalid or unknown.
    pub fn invalid_query(name: &str, kind: &str, message: &str) -> Self {
        Self {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            detail: json!([{ "type": kind, "loc": ["query", name], "msg": message }]),
        }
    }

    /// Status 404: a list has no such page.
    pub fn no_page(detail: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// The body of the response.
    pub fn body(&self) -> Value {
        json!({ "detail": self.detail })
    }

    fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: Value::String(detail.into()),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "the control plane rejected the request with status {}: {}",
            self.status.as_u16(),
            self.detail
        )
    }
}

impl std::error::Error for Problem {}
