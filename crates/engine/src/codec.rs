//! What one resource rewrites between Terraform's values and the API's JSON.
//!
//! Tests: `tests/terraform/secrets_backend.rs`, `tests/terraform/route_policy_set.rs`.

use serde_json::Value as Json;
use value::Value;

use crate::api::Body;

/// Rewrites bodies and answers of one resource, without making a call. Every method has a default that does nothing.
pub trait Codec: Send + Sync {
    /// Rewrites a request's body before it is sent. `memory` is what [`Codec::read_response`] left.
    fn write_body(&self, body: &mut Body, memory: &Json) {
        let _ = (body, memory);
    }

    /// Rewrites an answer before it is read. `known` is the object as it was planned or stored; `memory` is kept with
    /// the object, for this codec alone.
    fn read_response(&self, answer: &mut Json, known: &Value, memory: &mut Json) {
        let _ = (answer, known, memory);
    }
}

/// The codec of resources whose declaration says everything.
pub struct Verbatim;

impl Codec for Verbatim {}
