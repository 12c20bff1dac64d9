//! `durantic_secrets_backend`: `config` is a map of strings in Terraform, and a JSON object with any values in the API.
//!
//! Tests: `tests/terraform/secrets_backend.rs`.

use engine::api::Body;
use engine::codec::Codec;
use engine::hook::Hook;
use schema::Resource;
use serde_json::Value as Json;
use value::Value;

/// Converts the values of `config` that are not strings to JSON strings, and back in requests.
///
/// The codec's memory is the list of their keys.
pub struct SecretsBackend;

impl Hook for SecretsBackend {}

impl Codec for SecretsBackend {
    fn write_body(&self, body: &mut Body, memory: &Json) {
        let Some(config) = body.expose_mut().get_mut("config").and_then(Json::as_object_mut) else {
            return;
        };
        let json_keys = memory.as_array().into_iter().flatten().filter_map(Json::as_str);
        for key in json_keys {
            let Some(value) = config.get_mut(key) else {
                continue;
            };
            if let Some(parsed) = value.as_str().and_then(|json| serde_json::from_str(json).ok()) {
                *value = parsed;
            }
        }
    }

    fn read_response(&self, _: &Resource, response: &mut Json, known: &Value, memory: &mut Json) {
        let Some(config) = response.get_mut("config").and_then(Json::as_object_mut) else {
            return;
        };
        let mut json_keys = Vec::new();
        for (key, value) in config.iter_mut().filter(|(_, value)| !value.is_string()) {
            json_keys.push(Json::String(key.clone()));
            // One value has many JSON encodings. If state or plan has an equal value, its encoding is kept, which avoids
            // a difference to the configuration's `jsonencode`.
            let known = known.get("config").get(key).expose();
            let known =
                known.filter(|string| serde_json::from_str(string).is_ok_and(|json: Json| json == *value));
            *value = Json::String(known.map_or_else(|| value.to_string(), str::to_owned));
        }
        *memory = if json_keys.is_empty() {
            Json::Null
        } else {
            Json::Array(json_keys)
        };
    }
}
