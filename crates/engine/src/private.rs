//! What the provider remembers beside the state: Terraform stores it with the object and shows it to nobody.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use serde_json::value::RawValue;

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
    /// The run that was started for this object, until it is known to have succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<Run>,
}

/// A run of a declared job.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Values saved from the answer that started it (attribute → value), which identify it. Empty where that answer
    /// was lost.
    pub saved: BTreeMap<String, String>,
    /// Its last known status.
    pub status: String,
    /// Where it stands.
    pub stage: Stage,
    /// What it is to the object that waits for it.
    #[serde(default)]
    pub purpose: Purpose,
    /// Whether the object was handed over with an error while the run went on: Terraform then replaces the object.
    #[serde(default)]
    pub taints: bool,
    /// What it was started for: the values of the attributes that force a new object.
    pub trigger: Json,
    /// Whether the object said, when it was started, that the work was to be done: only then does it say the contrary
    /// when the run is over.
    #[serde(default)]
    pub was_needed: bool,
}

/// What a run is to the object that waits for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// It was started for what is wanted.
    #[default]
    Wanted,
    /// Somebody else may have started it, with other settings: when it is over, the object says whether the work is
    /// done.
    Joined,
    /// It was started for something else: when it is over, another is started.
    Outdated,
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// It goes on.
    Going,
    /// It is over, and did not succeed.
    Failed,
    /// It has succeeded, and is not remembered any longer.
    Succeeded,
}

impl Private {
    /// Reads the stored form, which lies under the provider's name; anything else is an empty memory.
    pub fn decode(bytes: &[u8], provider: &str) -> Private {
        // Raw, since a `Json` would write some numbers in another way than they were sent.
        serde_json::from_slice::<BTreeMap<String, &RawValue>>(bytes)
            .ok()
            .and_then(|stored| serde_json::from_str(stored.get(provider)?.get()).ok())
            .unwrap_or_default()
    }

    /// The stored form; empty where there is nothing to remember.
    pub fn encode(&self, provider: &str) -> Vec<u8> {
        if *self == Private::default() {
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
