//! The conversion that only one resource needs between Terraform's values and the API's JSON.
//!
//! Tests: `tests/terraform/secrets_backend.rs`, `tests/terraform/route_policy_set.rs`.

use schema::Resource;
use serde_json::Value as Json;
use value::Value;

use crate::api::Body;

/// Rewrites the bodies of requests and responses of one resource, and sends nothing. The default methods do nothing.
pub trait Codec: Send + Sync {
    /// Rewrites the body of a request before it is sent. `memory` is the value that [`Codec::read_response`] set last.
    fn write_body(&self, body: &mut Body, memory: &Json) {
        let _ = (body, memory);
    }

    /// Rewrites the body of a response before it is decoded. `resource` is its declaration, `known` is the object as planned or as in state;
    /// `memory` is a value that private state keeps for this codec.
    fn read_response(&self, resource: &Resource, response: &mut Json, known: &Value, memory: &mut Json) {
        let _ = (resource, response, known, memory);
    }
}

/// The codec of resources that need no rewriting.
pub struct Verbatim;

impl Codec for Verbatim {}
