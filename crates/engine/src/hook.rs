//! Hooks: Rust code for what only one resource needs, bound to its declaration.
//!
//! Tests: `tests/protocol/broken_hook.rs`.

use async_trait::async_trait;
use value::Value;

use crate::codec::{Codec, Verbatim};
use crate::diagnostic::{Diagnostics, Reported};
use crate::function::Function;
use crate::object::Plan;
use crate::session::Session;

/// A declaration and its hook.
pub struct Binding {
    /// The declaration.
    pub schema: &'static schema::Resource,
    /// Behaviour that the declaration cannot express, if there is any.
    pub hook: Option<&'static dyn Hook>,
}

impl Binding {
    /// Returns the codec of the resource: the hook, or one that rewrites nothing.
    pub fn codec(&self) -> &'static dyn Codec {
        self.hook.map_or(&Verbatim, |hook| hook)
    }
}

/// Everything that the provider serves, as `macros::provider!` generates it.
pub struct Definition {
    /// Declaration of the provider block.
    pub provider: &'static schema::Provider,
    /// The API's operations, with their defaults.
    pub operations: &'static [schema::Operation],
    /// Managed resources.
    pub resources: &'static [Binding],
    /// Data sources.
    pub data_sources: &'static [Binding],
    /// Functions that configurations can call.
    pub functions: &'static [&'static Function],
}

/// Behaviour of one resource that a declaration cannot express, such as rules over several attributes. The default
/// methods do nothing.
#[async_trait]
pub trait Hook: Codec {
    /// Checks a configuration after the declared rules. Unknown values must pass.
    fn validate(&self, config: &Value, diagnostics: &mut Diagnostics) {
        let _ = (config, diagnostics);
    }

    /// Changes a plan. The result must depend on the plan only: Terraform plans twice and compares, see
    /// <https://github.com/hashicorp/terraform/blob/main/docs/resource-instance-change-lifecycle.md>.
    fn plan(&self, plan: &mut Plan) {
        let _ = plan;
    }

    /// Sends the requests that must precede the declared update.
    ///
    /// # Errors
    ///
    /// [`Reported`], with the error in `session.diagnostics`.
    async fn before_update(&self, session: &mut Session<'_>) -> Result<(), Reported> {
        let _ = session;
        Ok(())
    }

    /// Sends further requests after the declared create or update.
    ///
    /// # Errors
    ///
    /// [`Reported`], with the error in `session.diagnostics`.
    async fn apply(&self, session: &mut Session<'_>) -> Result<(), Reported> {
        let _ = session;
        Ok(())
    }
}
