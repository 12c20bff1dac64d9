//! `durantic_secrets_backend`: `config` is a map of texts in Terraform and free JSON on the server.
//!
//! Tests: `tests/terraform/secrets_backend.rs`.

use engine::api::Body;
use engine::codec::Codec;
use engine::hook::Hook;
use serde_json::Value as Json;
use value::Value;

/// Shows values of `config` that are no texts as JSON, and sends them back as what they were. It remembers which.
pub struct SecretsBackend;

impl Hook for SecretsBackend {}

impl Codec for SecretsBackend {
    fn write_body(&self, body: &mut Body, memory: &Json) {
        let Some(config) = body.expose_mut().get_mut("config").and_then(Json::as_object_mut) else {
            return;
        };
        let no_texts = memory.as_array().into_iter().flatten().filter_map(Json::as_str);
        for key in no_texts {
            let Some(value) = config.get_mut(key) else {
                continue;
            };
            if let Some(parsed) = value.as_str().and_then(|text| serde_json::from_str(text).ok()) {
                *value = parsed;
            }
        }
    }

    fn read_response(&self, answer: &mut Json, known: &Value, memory: &mut Json) {
        let Some(config) = answer.get_mut("config").and_then(Json::as_object_mut) else {
            return;
        };
        let mut no_texts = Vec::new();
        for (key, value) in config.iter_mut().filter(|(_, value)| !value.is_string()) {
            no_texts.push(Json::String(key.clone()));
            // JSON can be written in many ways, and `jsonencode` has one of its own: the known one stays.
            let known = known.get("config").get(key).expose();
            let known =
                known.filter(|text| serde_json::from_str(text).is_ok_and(|json: Json| json == *value));
            *value = Json::String(known.map_or_else(|| value.to_string(), str::to_owned));
        }
        *memory = if no_texts.is_empty() {
            Json::Null
        } else {
            Json::Array(no_texts)
        };
    }
}
