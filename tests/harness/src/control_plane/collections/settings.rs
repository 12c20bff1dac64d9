//! Secrets, variables and secrets backends: plain objects with defaults.
//!
//! A secret's `value` is stored but never returned, because the response schema does not have it.

use serde_json::json;

use super::{Behaviour, object};
use crate::control_plane::store::Object;

/// The secrets of the account.
pub struct Secrets;

/// The variables of the account.
pub struct Variables;

/// The backends that secrets come from.
pub struct SecretsBackends;

impl Behaviour for Secrets {
    fn defaults(&self) -> Object {
        object(json!({ "description": "" }))
    }
}

impl Behaviour for Variables {
    fn defaults(&self) -> Object {
        object(json!({ "description": "" }))
    }
}

impl Behaviour for SecretsBackends {
    fn defaults(&self) -> Object {
        object(json!({ "config": {}, "ca_cert": "", "enabled": true }))
    }
}
