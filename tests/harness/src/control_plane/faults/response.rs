//! The responses that a fault sends instead of the control plane's own.

use http::StatusCode;
use serde_json::{Value, json};

/// A response that a fault sends.
#[derive(Clone)]
pub struct FaultResponse {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// Whether the request is processed nevertheless, as behind a gateway that timed out.
    pub processed: bool,
}

impl FaultResponse {
    /// A response with a status and its JSON `detail`.
    pub fn json(status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let detail = status.canonical_reason().unwrap_or("Unknown");
        Self {
            status,
            headers: vec![(
                "content-type".to_owned(),
                "application/json; charset=utf-8".to_owned(),
            )],
            body: json!({ "detail": detail }).to_string().into_bytes(),
            processed: false,
        }
    }

    /// A response with a status and a JSON `message` without `detail`, as an API gateway in front sends it.
    pub fn message(status: u16) -> Self {
        let response = Self::json(status);
        let reason = response.status.canonical_reason().unwrap_or("Unknown");
        response.with_body(&json!({ "message": format!("{reason}: no route matched") }))
    }

    pub(super) fn with_body(self, body: &Value) -> Self {
        Self {
            body: body.to_string().into_bytes(),
            ..self
        }
    }

    /// A response with a status and the HTML page of nginx for it.
    pub fn html(status: u16) -> Self {
        let response = Self::json(status);
        let reason = response.status.canonical_reason().unwrap_or("Unknown");
        let title = format!("{status} {reason}");
        Self {
            headers: vec![("content-type".to_owned(), "text/html".to_owned())],
            body: format!(
                "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n\
                 <hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
            )
            .into_bytes(),
            ..response
        }
    }
}
