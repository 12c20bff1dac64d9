//! `durantic_secrets_backend`: `config` is a map of strings in Terraform, and a JSON object with any values in the API.
//! `ca_cert` must have certificates.
//!
//! Tests: `tests/terraform/secrets_backend.rs`.

use async_trait::async_trait;
use engine::api::Body;
use engine::codec::Codec;
use engine::hook::Hook;
use engine::survey::Survey;
use schema::Resource;
use serde_json::Value as Json;
use value::{Path, Value};

use crate::summaries;

/// Converts the values of `config` that are not strings to JSON strings, and back in requests.
///
/// The codec's memory is the list of their keys.
pub struct SecretsBackend;

#[async_trait]
impl Hook for SecretsBackend {
    async fn check(&self, survey: &mut Survey<'_>) {
        let name = "ca_cert";
        let certificates = survey.planned().get(name).as_str();
        let Some(certificates) = certificates.filter(|text| !text.is_empty() && survey.sets(name)) else {
            return;
        };
        if let Err(problem) = check_certificates(certificates) {
            let detail = format!(
                "`{name}` {problem}. It must have certificates in PEM form (`-----BEGIN CERTIFICATE-----`). To read them from a file, \
                 use `file(\"ca.pem\")`."
            );
            survey.refuse(Path::root().attribute(name), &summaries::INVALID_CA_CERT, detail);
        }
    }
}

/// Checks that a string has certificates in PEM form, of any label: whether they can be used, the store's client decides. The error
/// describes the problem, without any part of the string.
fn check_certificates(pem: &str) -> Result<(), &'static str> {
    let has = |begin: &str| {
        let mut lines = pem
            .lines()
            .map(|line| line.trim_matches(['\u{feff}', ' ', '\t', '\r']));
        lines.any(|line| line.starts_with(begin) && line.ends_with("CERTIFICATE-----"))
    };
    match (has("-----BEGIN "), has("-----END ")) {
        (true, true) => Ok(()),
        (true, false) => Err("has a certificate without its end"),
        (false, _) => Err("has no certificate"),
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_certificates_are_certificates() {
        let issued = rcgen::generate_simple_self_signed(["a".to_owned()]).unwrap();
        let (certificate, key) = (issued.cert.pem(), issued.signing_key.serialize_pem());
        for good in [
            certificate.clone(),
            format!("# a comment\n{certificate}{certificate}"),
        ] {
            assert_eq!(check_certificates(&good), Ok(()));
        }
        let half = certificate.split_at(certificate.len() / 2).0;
        for bad in ["ca.pem", "x", &key, half] {
            assert!(check_certificates(bad).is_err(), "{bad}");
        }
    }
}
