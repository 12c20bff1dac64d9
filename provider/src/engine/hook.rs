//! What only one resource needs: Rust that is bound to a declaration.

use super::apply::Session;
use super::diagnostic::Diagnostics;
use super::plan::Plan;
use crate::client::Body;
use crate::value::Value;
use serde_json::Value as Json;

/// A declaration, and the hook that goes with it.
pub struct Binding {
    /// The declaration.
    pub schema: &'static schema::Resource,
    /// Decisions the declaration cannot express; `None` where the engine alone suffices.
    pub hook: Option<&'static dyn Hook>,
}

/// Everything the provider serves, as `macros::provider!` emits it.
pub struct Definition {
    /// The provider's own configuration.
    pub provider: &'static schema::Provider,
    /// The control plane's operations, with their defaults.
    pub operations: &'static [schema::Operation],
    /// Managed resources.
    pub resources: &'static [Binding],
    /// Data sources.
    pub data_sources: &'static [Binding],
}

/// Decisions over several attributes that a declaration cannot express. Every method has a default that does nothing.
#[tonic::async_trait]
pub trait Hook: Send + Sync {
    /// Checks a configuration, after the declared rules. Values may be unknown: those pass.
    fn validate(&self, config: &Value, diagnostics: &mut Diagnostics) {
        let _ = (config, diagnostics);
    }

    /// Alters a plan. Must depend on the plan only: Terraform asks twice and compares.
    fn plan(&self, plan: &mut Plan) {
        let _ = plan;
    }

    /// Rewrites a request's body before it is sent. `memory` is what [`Hook::read_answer`] left.
    fn write_body(&self, body: &mut Body, memory: &Json) {
        let _ = (body, memory);
    }

    /// Rewrites an answer before it is read. `known` is the object as it was planned or stored; `memory` is kept with
    /// the object, for this hook alone.
    fn read_answer(&self, answer: &mut Json, known: &Value, memory: &mut Json) {
        let _ = (answer, known, memory);
    }

    /// Makes the calls that must precede the declared update. What fails is told in `session.diagnostics`.
    async fn before_update(&self, session: &mut Session<'_>) {
        let _ = session;
    }

    /// Makes the further calls that creating or changing takes, after the declared one.
    async fn apply(&self, session: &mut Session<'_>) {
        let _ = session;
    }
}
