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

use proto::tfplugin6 as wire;
use tokio_util::sync::CancellationToken;

use crate::client::Client;
use crate::engine::context::Context;
use crate::engine::diagnostic::Diagnostics;
use crate::engine::hook::{Binding, Definition};
use crate::engine::job::handover::Handover;
use crate::engine::recover::Made;
use crate::engine::shape;
use crate::value::{Type, Value};
use guard::Subject;

/// Serves one [`Definition`] over the plugin protocol.
#[derive(Clone)]
pub struct Service(std::sync::Arc<Shared>);

struct Shared {
    definition: &'static Definition,
    connection: RwLock<Connection>,
    /// Cancelled by `StopProvider`, renewed by `ConfigureProvider`: a process that serves many runs (reattach) goes on.
    stop: Mutex<CancellationToken>,
    handover: Handover,
    made: Made,
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
            made: Made::default(),
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
                return Ok(Context {
                    client: client.clone(),
                    cancel: self.stop_token(),
                    deadline: None,
                    handover: self.0.handover.clone(),
                    made: self.0.made.clone(),
                });
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

    /// Does the work of one RPC for the declaration that it is about, and gives its result with what is to be told.
    async fn serve<T, W>(
        &self,
        rpc: &'static str,
        subject: Subject,
        work: impl FnOnce(Asked) -> W,
    ) -> (Option<T>, Vec<wire::Diagnostic>)
    where
        W: Future<Output = Result<(T, Diagnostics), Diagnostics>>,
    {
        let work = async { work(self.asked(&subject)?).await };
        let (result, diagnostics) = guard::run(rpc, &subject, work).await;
        (result, convert::diagnostics(diagnostics))
    }

    fn asked(&self, subject: &Subject) -> Result<Asked, Diagnostics> {
        let definition = self.0.definition;
        let (bindings, name) = match subject {
            Subject::Resource(name) => (definition.resources, name.as_str()),
            Subject::DataSource(name) => (definition.data_sources, name.as_str()),
            Subject::Provider => (&[][..], ""),
        };
        let mut bindings = bindings.iter();
        let Some(binding) = bindings.find(|binding| type_name(definition, binding) == name) else {
            let mut diagnostics = Diagnostics::default();
            diagnostics.error(
                format!("The provider has no {subject}"),
                "This version of the provider does not have it. Check `required_providers` for a newer version.",
            );
            return Err(diagnostics);
        };
        Ok(Asked {
            service: self.clone(),
            binding,
            r#type: shape::object_type(&binding.schema.attributes),
        })
    }
}

/// What a request is about: a declaration, and the type of its values on the wire.
struct Asked {
    service: Service,
    binding: &'static Binding,
    r#type: Type,
}

impl Asked {
    fn decode(&self, from: Option<&wire::DynamicValue>, what: &str) -> Result<Value, Diagnostics> {
        convert::value(from, &self.r#type, what)
    }

    fn encode(&self, value: &Value) -> Result<wire::DynamicValue, Diagnostics> {
        convert::dynamic_value(value, &self.r#type)
    }
}

/// `durantic_machine_role`
fn type_name(definition: &Definition, binding: &Binding) -> String {
    format!("{}_{}", definition.provider.name, binding.schema.name)
}
