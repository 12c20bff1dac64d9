//! The provider's side of the plugin protocol: decodes a request, asks the engine, encodes its answer.
//!
//! Failures are diagnostics, never gRPC statuses: Terraform drops the object of an apply that ends with a status. A
//! panic is caught and becomes a diagnostic too, beside what was known of the object by then.

pub mod convert;
mod guard;
mod service;
#[cfg(test)]
mod tests;

use std::sync::{Mutex, PoisonError, RwLock};

use tokio_util::sync::CancellationToken;

use crate::client::Client;
use crate::engine::context::Context;
use crate::engine::diagnostic::Diagnostics;
use crate::engine::hook::{Binding, Definition};
use crate::engine::job::handover::Handover;

/// Serves one [`Definition`] over the plugin protocol.
#[derive(Clone)]
pub struct Service(std::sync::Arc<Shared>);

struct Shared {
    definition: &'static Definition,
    connection: RwLock<Connection>,
    /// Cancelled by `StopProvider`, renewed by `ConfigureProvider`: a process that serves many runs (reattach) goes on.
    stop: Mutex<CancellationToken>,
    handover: Handover,
}

/// What `ConfigureProvider` has settled.
pub enum Connection {
    /// It was not called yet.
    Unconfigured,
    /// These arguments are not known before apply.
    Deferred(Vec<&'static str>),
    /// The control plane can be called.
    Ready(Client),
}

impl Service {
    /// A service that is not configured yet.
    pub fn new(definition: &'static Definition) -> Service {
        Service(std::sync::Arc::new(Shared {
            definition,
            connection: RwLock::new(Connection::Unconfigured),
            stop: Mutex::new(CancellationToken::new()),
            handover: Handover::default(),
        }))
    }

    fn stop_token(&self) -> CancellationToken {
        self.0.stop.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn connect(&self, connection: Connection) {
        *self.0.stop.lock().unwrap_or_else(PoisonError::into_inner) = CancellationToken::new();
        *self.0.connection.write().unwrap_or_else(PoisonError::into_inner) = connection;
    }

    /// The control plane, or why it cannot be called.
    fn context(&self) -> Result<Context, Diagnostics> {
        let mut diagnostics = Diagnostics::default();
        match &*self.0.connection.read().unwrap_or_else(PoisonError::into_inner) {
            Connection::Ready(client) => {
                return Ok(Context { client: client.clone(), cancel: self.stop_token(),
                    handover: self.0.handover.clone(), });
            }
            Connection::Deferred(arguments) => diagnostics.error(
                "The provider's configuration is not known yet",
                format!(
                    "The control plane has to be called now, but {} of the provider block depends on something that \
                     is only known after apply. Apply that first, for example with `terraform apply -target=…`.",
                    arguments.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and ")
                ),
            ),
            Connection::Unconfigured => diagnostics.error(
                "The provider is not configured",
                "Terraform asked for something that needs the control plane before it configured the provider. \
                 Please report this to the provider's developers.",
            ),
        }
        Err(diagnostics)
    }

    fn resource(&self, type_name: &str) -> Result<&'static Binding, Diagnostics> {
        find(self.0.definition, self.0.definition.resources, type_name)
    }

    fn data_source(&self, type_name: &str) -> Result<&'static Binding, Diagnostics> {
        find(self.0.definition, self.0.definition.data_sources, type_name)
    }
}

fn find(
    definition: &Definition,
    bindings: &'static [Binding],
    type_name: &str,
) -> Result<&'static Binding, Diagnostics> {
    let found = bindings
        .iter()
        .find(|binding| self::type_name(definition, binding) == type_name);
    found.ok_or_else(|| {
        let mut diagnostics = Diagnostics::default();
        diagnostics.error(
            format!("The provider has no {type_name:?}"),
            "This version of the provider does not have it. Check `required_providers` for a newer version.",
        );
        diagnostics
    })
}

/// `durantic_machine_role`
fn type_name(definition: &Definition, binding: &Binding) -> String {
    format!("{}_{}", definition.provider.name, binding.schema.name)
}
