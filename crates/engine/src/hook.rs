//! Hooks: Rust code for what only one resource needs, bound to its declaration.
//!
//! Tests: `tests/protocol/broken_hook.rs`.

use async_trait::async_trait;
use value::Value;

use crate::codec::{Codec, Verbatim};
use crate::declarations::Declarations;
use crate::diagnostic::{Diagnostics, Reported, Summary};
use crate::function::Function;
use crate::object::Plan;
use crate::session::Session;
use crate::survey::Survey;

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

impl Definition {
    /// Returns the resources whose objects can be listed and identified.
    pub fn listed(&self) -> impl Iterator<Item = &'static Binding> + use<> {
        let declarations = self.declarations();
        self.resources.iter().filter(move |binding| {
            let resource = binding.schema;
            resource.import_attributes().next().is_some() && declarations.lister(resource).is_some()
        })
    }

    /// Returns the declarations of all resources and data sources.
    pub fn declarations(&self) -> Declarations {
        let bindings = self.resources.iter().chain(self.data_sources);
        Declarations {
            prefix: &self.provider.name,
            all: bindings.map(|binding| binding.schema).collect(),
        }
    }
}

/// What a run does to an object that has had one.
pub struct RunDescription {
    /// The first line of the warning. It is constant, so that Terraform shows many of them as one.
    pub summary: &'static Summary,
    /// What is lost, as sentences.
    pub loss: String,
    /// What replaces it, as sentences; can be empty.
    pub result: String,
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

    /// Checks a plan that changes the object, with the account and what was planned before: what the apply would fail at is an error, what
    /// is probably a mistake a warning. It is not called in an apply.
    async fn check(&self, survey: &mut Survey<'_>) {
        let _ = survey;
    }

    /// Describes a run that a plan repeats, for a warning. `None`: the plan does not warn.
    async fn describe_run(&self, survey: &mut Survey<'_>) -> Option<RunDescription> {
        let _ = survey;
        None
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
