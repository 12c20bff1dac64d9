//! What only one resource needs: Rust that is bound to a declaration.
//!
//! Tests: `tests/protocol/broken_hook.rs`.

use async_trait::async_trait;
use value::Value;

use crate::codec::{Codec, Verbatim};
use crate::diagnostic::{Diagnostics, Reported};
use crate::object::Plan;
use crate::session::Session;

/// A declaration, and the hook that goes with it.
pub struct Binding {
    /// The declaration.
    pub schema: &'static schema::Resource,
    /// Decisions the declaration cannot express; `None` where the engine alone suffices.
    pub hook: Option<&'static dyn Hook>,
}

impl Binding {
    /// The codec of the resource.
    pub fn codec(&self) -> &'static dyn Codec {
        self.hook.map_or(&Verbatim, |hook| hook)
    }
}

/// Everything the provider serves, as `macros::provider!` emits it.
pub struct Definition {
    /// The provider's own configuration.
    pub provider: &'static schema::Provider,
    /// The API's operations, with their defaults.
    pub operations: &'static [schema::Operation],
    /// Managed resources.
    pub resources: &'static [Binding],
    /// Data sources.
    pub data_sources: &'static [Binding],
}

/// Decisions over several attributes that a declaration cannot express. Every method has a default that does nothing.
#[async_trait]
pub trait Hook: Codec {
    /// Checks a configuration, after the declared rules. Values may be unknown: those pass.
    fn validate(&self, config: &Value, diagnostics: &mut Diagnostics) {
        let _ = (config, diagnostics);
    }

    /// Alters a plan. Must depend on the plan only: Terraform asks twice and compares.
    fn plan(&self, plan: &mut Plan) {
        let _ = plan;
    }

    /// Makes the calls that must precede the declared update.
    ///
    /// # Errors
    ///
    /// [`Reported`], with the error in `session.diagnostics`.
    async fn before_update(&self, session: &mut Session<'_>) -> Result<(), Reported> {
        let _ = session;
        Ok(())
    }

    /// Makes the further calls that creating or changing takes, after the declared one.
    ///
    /// # Errors
    ///
    /// [`Reported`], with the error in `session.diagnostics`.
    async fn apply(&self, session: &mut Session<'_>) -> Result<(), Reported> {
        let _ = session;
        Ok(())
    }
}
