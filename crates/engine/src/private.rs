//! What the provider remembers beside the state: Terraform stores it with the object and shows it to nobody.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use serde_json::value::RawValue;

use crate::run::Run;

/// The provider's own memory of one object.
///
/// Its stored form is JSON under one key of its own, so that the memory another provider left (the published Go
/// provider's, with keys of its own) reads as none.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Private {
    /// Optional and computed attributes that were in the configuration at the last apply, of those whose removal
    /// sends something: without it a removed value cannot be told from one that never was.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub configured: BTreeSet<String>,
    /// Attribute → the control plane's value for it, where it answered with another one than it was sent. While it
    /// keeps that answer, the configured value is no drift.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub overridden: BTreeMap<String, Json>,
    /// When the create began that may have made the object of a claim, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claimed: Option<i64>,
    /// The memory of the resource's hook.
    #[serde(skip_serializing_if = "Json::is_null")]
    pub memory: Json,
    /// The run that was started for this object, until it is known to have done its work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<Run>,
}

impl Private {
    /// Reads the stored form, which lies under the provider's name; anything else is an empty memory.
    pub fn decode(bytes: &[u8], provider: &str) -> Self {
        // Raw, since a `Json` would write some numbers in another way than they were sent.
        serde_json::from_slice::<BTreeMap<String, &RawValue>>(bytes)
            .ok()
            .and_then(|stored| serde_json::from_str(stored.get(provider)?.get()).ok())
            .unwrap_or_default()
    }

    /// The stored form; empty where there is nothing to remember.
    pub fn encode(&self, provider: &str) -> Vec<u8> {
        if *self == Self::default() {
            return Vec::new();
        }
        serde_json::to_vec(&BTreeMap::from([(provider, self)])).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_memory_lies_under_the_name_of_the_provider_and_keeps_numbers_as_they_are_written() {
        let stored = br#"{"acme":{"overridden":{"x":0.000001}},"other":{"overridden":{"y":1}}}"#;
        let private = Private::decode(stored, "acme");
        assert_eq!(private.overridden["x"].to_string(), "0.000001");
        let encoded = private.encode("acme");
        assert_eq!(
            String::from_utf8_lossy(&encoded),
            r#"{"acme":{"overridden":{"x":0.000001}}}"#
        );
        assert!(Private::decode(&encoded, "acme") == private);
        for nothing in [&b""[..], b"{}", b"[1]", b"\xff", br#"{"other":{}}"#] {
            assert!(Private::decode(nothing, "acme") == Private::default());
        }
    }
}
