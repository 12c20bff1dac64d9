//! The provider's side of the plugin protocol: decodes a request, asks the engine, encodes its answer.
//!
//! Failures are diagnostics, never gRPC statuses: Terraform drops the object of an apply that ends with a status. A
//! panic is caught and becomes a diagnostic too, beside what was known of the object by then.
//!
//! Tests: `provider/tests/protocol.rs`, `tests/protocol/`.

pub mod convert;
mod guard;
mod service;
pub mod summaries;

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use engine::api::Api;
use engine::arguments::Arguments;
use engine::context::Context;
use engine::diagnostic::{Diagnostics, Reported};
use engine::hook::{Binding, Definition};
use engine::process::Process;
use engine::shape;
use guard::Subject;
use proto::tfplugin6 as wire;
use tokio_util::sync::CancellationToken;
use value::{Type, Value};

pub use plugin::Mode;
pub use service::user_agent;

/// A provider's program.
#[derive(Clone, Copy)]
pub struct Program {
    /// What it serves.
    pub definition: &'static Definition,
    /// Its version, as `1.3.0`.
    pub version: &'static str,
    /// The crates beside this one and the engine whose events are logged as the provider's.
    pub crates: &'static [&'static str],
    /// Connects the API.
    pub connect: Connect,
}

/// Connects the API of a definition as its provider block asks, without a call: the arguments, the `User-Agent` of
/// requests, and where to report what is wrong with them.
pub type Connect =
    fn(&'static Definition, &Arguments, &str, &mut Diagnostics) -> Result<Arc<dyn Api>, Reported>;

/// Runs the program: serves its definition to Terraform until that ends it.
pub fn serve(program: Program, mode: Mode) -> ExitCode {
    let provider = program.definition.provider;
    let crates = ["rpc", "engine"]
        .into_iter()
        .chain(program.crates.iter().copied())
        .collect();
    let options = plugin::Options {
        address: &provider.address,
        name: &provider.name,
        version: program.version,
        crates,
        mode,
    };
    plugin::run(&options, Service::new(program))
}

/// Serves one [`Program`] over the plugin protocol.
#[derive(Clone)]
pub struct Service(Arc<Shared>);

struct Shared {
    program: Program,
    connection: RwLock<Connection>,
    /// Cancelled by `StopProvider`, renewed by `ConfigureProvider`: a process that serves many runs (reattach) goes on.
    stop: Mutex<CancellationToken>,
    process: Process,
}

/// What `ConfigureProvider` has settled.
enum Connection {
    /// It was not called yet.
    Unconfigured,
    /// These arguments are not known before apply.
    Deferred(Vec<&'static str>),
    /// The API can be called.
    Ready(Arc<dyn Api>),
}

impl Service {
    /// A service that is not configured yet.
    pub fn new(program: Program) -> Self {
        Self(Arc::new(Shared {
            program,
            connection: RwLock::new(Connection::Unconfigured),
            stop: Mutex::new(CancellationToken::new()),
            process: Process::default(),
        }))
    }

    fn definition(&self) -> &'static Definition {
        self.0.program.definition
    }

    fn stop_token(&self) -> CancellationToken {
        self.0.stop.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The API, or why it cannot be called.
    fn context(&self, diagnostics: &mut Diagnostics) -> Result<Context, Reported> {
        match &*self.0.connection.read().unwrap_or_else(PoisonError::into_inner) {
            Connection::Ready(api) => Ok(Context {
                api: Arc::clone(api),
                cancel: self.stop_token(),
                deadline: None,
                process: self.0.process.clone(),
            }),
            Connection::Deferred(arguments) => Err(diagnostics.error(
                &summaries::CONFIGURATION_UNKNOWN,
                format!(
                    "This operation needs the control plane, but {} of the provider block depends on a value that is \
                     only known after apply. Apply that value first, for example with `terraform apply -target=…`.",
                    arguments.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and ")
                ),
            )),
            Connection::Unconfigured => Err(diagnostics.error(
                &summaries::NOT_CONFIGURED,
                "Terraform sent a request that needs the control plane before it configured the provider. Please \
                 report this to the provider's developers.",
            )),
        }
    }

    /// Does the work of one RPC for the declaration that it is about; gives its result and the diagnostics.
    async fn serve<T>(
        &self,
        rpc: &'static str,
        subject: Subject,
        work: impl AsyncFnOnce(Asked, &mut Diagnostics) -> Result<T, Reported>,
    ) -> (Option<T>, Vec<wire::Diagnostic>) {
        let served = guard::run(rpc, &subject, async |diagnostics: &mut Diagnostics| {
            work(self.asked(&subject, diagnostics)?, diagnostics).await
        });
        let (result, diagnostics) = served.await;
        (result, convert::diagnostics(diagnostics))
    }

    fn asked(&self, subject: &Subject, diagnostics: &mut Diagnostics) -> Result<Asked, Reported> {
        let definition = self.definition();
        let (bindings, name) = match subject {
            Subject::Resource(name) => (definition.resources, name.as_str()),
            Subject::DataSource(name) => (definition.data_sources, name.as_str()),
            Subject::Provider => (&[][..], ""),
        };
        let mut bindings = bindings.iter();
        let Some(binding) = bindings.find(|binding| type_name(definition, binding) == name) else {
            return Err(diagnostics.error(
                &summaries::UNSUPPORTED_TYPE,
                format!(
                    "This version of the provider does not support {subject}. Check `required_providers` for a newer \
                     version."
                ),
            ));
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
    fn decode(
        &self,
        from: Option<&wire::DynamicValue>,
        what: &str,
        diagnostics: &mut Diagnostics,
    ) -> Result<Value, Reported> {
        convert::value(from, &self.r#type, what, diagnostics)
    }

    fn encode(&self, value: &Value, diagnostics: &mut Diagnostics) -> Result<wire::DynamicValue, Reported> {
        convert::dynamic_value(value, &self.r#type, diagnostics)
    }
}

/// `durantic_machine_role`
fn type_name(definition: &Definition, binding: &Binding) -> String {
    format!("{}_{}", definition.provider.name, binding.schema.name)
}
