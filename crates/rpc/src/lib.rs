//! The provider's side of Terraform's plugin protocol: decodes a request, calls the engine, encodes the response.
//!
//! A failure is a diagnostic, never a gRPC status, because Terraform drops the object from state if an apply ends with a
//! status. A panic becomes a diagnostic, too, and state keeps everything that the provider knew about the object.
//!
//! Terraform describes the order and the rules of the RPCs for a resource in [Resource Instance Change Lifecycle].
//!
//! [Resource Instance Change Lifecycle]: https://github.com/hashicorp/terraform/blob/main/docs/resource-instance-change-lifecycle.md
//!
//! Tests: `provider/tests/protocol.rs`, `tests/protocol/`.

pub mod convert;
mod functions;
mod handler;
pub mod identity;
pub mod lists;
mod service;
mod state;
pub mod summaries;

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use engine::api::Api;
use engine::arguments::Arguments;
use engine::context::Context;
use engine::declarations::Declarations;
use engine::diagnostic::{Diagnostics, Reported};
use engine::hook::{Binding, Definition};
use engine::process::Process;
use engine::shape;
use handler::Subject;
use proto::tfplugin6;
use tokio_util::sync::CancellationToken;
use value::{Type, Value};

pub use plugin::Mode;
pub use service::user_agent;

/// The program of a provider.
#[derive(Clone, Copy)]
pub struct Program {
    /// The resources and data sources that it serves.
    pub definition: &'static Definition,
    /// Its version, such as `1.3.0`.
    pub version: &'static str,
    /// The crates, in addition to this one and the engine, whose events are logged as the provider's.
    pub crates: &'static [&'static str],
    /// Creates the client of the API.
    pub connect: ConnectFunction,
}

/// Creates the client of a definition's API, without sending a request.
///
/// The parameters are the definition, the arguments of the provider block, the `User-Agent` of requests, and the diagnostics
/// for errors in the arguments.
pub type ConnectFunction =
    fn(&'static Definition, &Arguments, &str, &mut Diagnostics) -> Result<Arc<dyn Api>, Reported>;

/// Runs the program: serves its definition until Terraform ends the process.
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
    /// Cancelled by `StopProvider`. `ConfigureProvider` replaces it, because in debug mode one process serves many runs of
    /// Terraform.
    stop: Mutex<CancellationToken>,
    process: Process,
    declarations: Declarations,
}

/// The result of `ConfigureProvider`.
enum Connection {
    /// Terraform has not sent the request yet.
    Unconfigured,
    /// These arguments are only known after apply.
    Deferred(Vec<&'static str>),
    /// Requests can be sent to the API.
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
            declarations: program.definition.declarations(),
        }))
    }

    fn definition(&self) -> &'static Definition {
        self.0.program.definition
    }

    fn stop_token(&self) -> CancellationToken {
        self.0.stop.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The context for requests to the API; reports an error if the provider is not configured.
    fn context(&self, diagnostics: &mut Diagnostics) -> Result<Context, Reported> {
        match &*self.0.connection.read().unwrap_or_else(PoisonError::into_inner) {
            Connection::Ready(api) => Ok(Context {
                api: Arc::clone(api),
                cancel: self.stop_token(),
                deadline: None,
                process: self.0.process.clone(),
                declarations: self.0.declarations.clone(),
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

    /// Resolves the subject of an RPC to its declaration and runs the handler. Returns its result and the diagnostics.
    async fn serve<T>(
        &self,
        rpc: &'static str,
        subject: Subject,
        handler: impl AsyncFnOnce(ResolvedRequest, &mut Diagnostics) -> Result<T, Reported>,
    ) -> (Option<T>, Vec<tfplugin6::Diagnostic>) {
        // Terraform upgrades the state of each object, and moves it before; the plan of a destroy waits for others.
        let is_followed = !matches!(
            rpc,
            "UpgradeResourceState" | "UpgradeResourceIdentity" | "MoveResourceState" | "PlanResourceChange"
        );
        let _active = is_followed.then(|| self.0.process.begin_request());
        let served = handler::run(rpc, &subject, async |diagnostics: &mut Diagnostics| {
            handler(self.resolve(&subject, diagnostics)?, diagnostics).await
        });
        let (result, diagnostics) = served.await;
        (
            result,
            convert::diagnostics(self.0.process.abbreviate(diagnostics)),
        )
    }

    fn resolve(&self, subject: &Subject, diagnostics: &mut Diagnostics) -> Result<ResolvedRequest, Reported> {
        let definition = self.definition();
        let (bindings, name) = match subject {
            Subject::Resource(name) | Subject::List(name) => (definition.resources, name.as_str()),
            Subject::DataSource(name) => (definition.data_sources, name.as_str()),
            Subject::Provider | Subject::Function(_) => (&[][..], ""),
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
        Ok(ResolvedRequest {
            service: self.clone(),
            binding,
            r#type: shape::object_type(&binding.schema.attributes),
        })
    }
}

/// A request's declaration, and the type of the values in its messages.
struct ResolvedRequest {
    service: Service,
    binding: &'static Binding,
    r#type: Type,
}

impl ResolvedRequest {
    fn decode(
        &self,
        from: Option<&tfplugin6::DynamicValue>,
        what: &str,
        diagnostics: &mut Diagnostics,
    ) -> Result<Value, Reported> {
        convert::from_dynamic_value(from, &self.r#type, what, diagnostics)
    }

    fn encode(
        &self,
        value: &Value,
        diagnostics: &mut Diagnostics,
    ) -> Result<tfplugin6::DynamicValue, Reported> {
        convert::to_dynamic_value(value, &self.r#type, diagnostics)
    }
}

/// The name of a resource or data source in a configuration, such as `durantic_machine_role`.
fn type_name(definition: &Definition, binding: &Binding) -> String {
    format!("{}_{}", definition.provider.name, binding.schema.name)
}
