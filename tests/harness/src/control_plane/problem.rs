//! What the control plane answers when it refuses a request.

use std::fmt;

use http::StatusCode;
use serde_json::{Value, json};

use super::contract::BodyFault;

/// A refusal: its status and the `detail` of its body.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// The status of the answer.
    pub status: StatusCode,
    /// The `detail` of the answer: a text, or the list of faults of a 422.
    pub detail: Value,
}

impl Problem {
    /// The request makes no sense, e.g. a malformed address.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// No token, or one that is not valid here.
    pub fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Unauthorized")
    }

    /// No such object.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not Found")
    }

    /// The name or CIDR is taken, the object is in use, or a run is active.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    /// The body does not fit its schema.
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

    /// A parameter of the path is no uuid.
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

    /// The body of the answer.
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
            "the control plane refuses with {}: {}",
            self.status.as_u16(),
            self.detail
        )
    }
}

impl std::error::Error for Problem {}
