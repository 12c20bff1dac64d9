//! Private state: Terraform stores it with the object and only returns it to the provider.
//!
//! Rules: <https://github.com/hashicorp/terraform/blob/main/docs/resource-instance-change-lifecycle.md>. Decision: `decisions/1-private-state.md`.
//!
//! Tests: `crates/engine/tests/tables/private.rs`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use serde_json::value::RawValue;

use crate::api::Place;
use crate::rollout::policy::Policy;
use crate::run::Run;

/// Private state of one object.
///
/// Its stored form is JSON under one key, the provider's name. Private state of the published Go provider has other
/// keys and decodes as empty.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Private {
    /// Optional and computed arguments that were configured at the last apply and whose removal sends a value. Without
    /// this list, a removed argument looks like one that was never set.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub configured: BTreeSet<String>,
    /// Attribute → the value that the control plane returned instead of the configured one. As long as it returns that
    /// value, the attribute has no drift.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub overridden: BTreeMap<String, Json>,
    /// Where the object was last seen; `None` if an earlier version of the provider stored it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<Sighting>,
    /// Whether the object was imported and not found since: then "not found" means that there is nothing to import.
    #[serde(rename = "imported", skip_serializing_if = "std::ops::Not::not")]
    pub is_imported: bool,
    /// Whether the object was imported, and its write-only values were not sent since: the API may have others.
    #[serde(rename = "unsent", skip_serializing_if = "std::ops::Not::not")]
    pub is_unsent: bool,
    /// Whether Terraform showed in the last apply that it planned again for an apply, see [`crate::adopted`].
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub shows_apply: bool,
    /// The value that the resource's codec keeps, see [`crate::codec::Codec::read_response`].
    #[serde(skip_serializing_if = "Json::is_null")]
    pub memory: Json,
    /// Name → the object with that name, as it was when the last run was started, see [`crate::follow`].
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub followed: BTreeMap<String, Fingerprints>,
    /// In the plan of a create, an update or a replacement only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<ChangePlan>,
    /// In the plan of a destroy only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destroy: Option<DestroyPlan>,
    /// The run of this object, until it is known to have succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<Run>,
}

/// Attribute → fingerprint of its value. Private state has no values of other objects: they may be long, or contain secrets.
pub type Fingerprints = BTreeMap<String, String>;

/// What the plan of a change leaves for its apply. The delete half of a replacement gets it, and a destroy does not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChangePlan {
    /// The key of the prior object. It distinguishes the delete half of a replacement from that of a tainted object, which Terraform
    /// plans like a create.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Whether arguments force the replacement. Otherwise `-replace` or `replace_triggered_by` does.
    #[serde(rename = "forced", skip_serializing_if = "std::ops::Not::not")]
    pub is_forced: bool,
    /// Why the run of the object is outdated, as clauses: the objects that it names and that have changed since, see [`crate::follow`]. They
    /// demand the replacement, too, whatever the arguments are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outdated: Vec<String>,
    /// Whether the object is protected from another run, and the plan could not know whether it starts one.
    #[serde(rename = "undecided", skip_serializing_if = "std::ops::Not::not")]
    pub is_undecided: bool,
    /// Whether the plan repeats the run of the object, or may do so because it could not know which object it is.
    #[serde(rename = "repeats", skip_serializing_if = "std::ops::Not::not")]
    pub may_repeat: bool,
    /// The key of the object that the plan creates, if it is known. Terraform passes it to the delete half of a tainted object, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creates: Option<String>,
    /// Of the plan of a create that starts a run: what the delete half waits for, if runs are limited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn: Option<Turn>,
    /// Attribute → names that exist neither in the account nor in what was planned before.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub unresolved: BTreeMap<String, Vec<String>>,
}

/// What the delete half of a replacement knows of the run that the create half starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// [`crate::identity::key`] of the object that gets the run.
    pub key: String,
    /// The settings of its group; `None` if only the limit of the provider block concerns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
}

/// The plan of a destroy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DestroyPlan {
    /// The process that made it, see [`crate::process::Process::id`].
    pub process: String,
    /// Whether the process has planned another resource of the same object.
    #[serde(rename = "shared", default, skip_serializing_if = "std::ops::Not::not")]
    pub is_shared: bool,
}

/// Where an object was last seen, and what else was seen there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    /// The API and the account.
    #[serde(flatten)]
    pub place: Place,
    /// Key for which [`Place::token`] was computed, if it is not the object's own: the object was moved from another resource since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Other objects of the same account.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Reference>,
}

/// Names an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// The declaration's name, such as `machine_role`.
    pub resource: String,
    /// Attribute → value of the identity.
    pub identity: BTreeMap<String, String>,
}

impl Private {
    /// Returns what state keeps: without what belongs to a plan.
    #[must_use]
    pub fn without_plan(self) -> Self {
        Self {
            change: None,
            destroy: None,
            ..self
        }
    }

    /// Returns the key of the prior object of the plan.
    pub fn plan_of(&self) -> Option<&str> {
        self.change.as_ref()?.of.as_deref()
    }

    /// Decodes the stored form under the provider's name; anything else decodes as empty.
    pub fn decode(bytes: &[u8], provider: &str) -> Self {
        // Raw, because `Json` would change the spelling of some numbers.
        serde_json::from_slice::<BTreeMap<String, &RawValue>>(bytes)
            .ok()
            .and_then(|stored| serde_json::from_str(stored.get(provider)?.get()).ok())
            .unwrap_or_default()
    }

    /// Encodes the stored form; no bytes if there is nothing to store.
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
    fn encode_and_decode_use_the_providers_name_and_keep_numbers() {
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
