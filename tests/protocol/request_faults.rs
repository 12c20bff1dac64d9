//! Faults of single requests, for every operation: checks the error, the state, the number of objects or runs, and that
//! the next apply converges.
//!
//! Each row of a table is checked twice: with the fault in one request, and in every request of the operation.

use std::sync::Arc;
use std::time::Duration;

use acceptance::requests::RequestKind;
use harness::control_plane::{Collection, ControlPlane, Fault, FaultKind, FaultResponse};
use harness::fake_core::{Action, Core, Error, Status};
use serde_json::{Value as Json, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::{MACHINE, certificate};

const VARIABLE: &str = "durantic_variable";
const DEPLOYMENT: &str = "durantic_machine_deployment";
const NAME: &str = "it";

/// The number of rows that are checked at the same time.
const MAX_CONCURRENT_ROWS: usize = 12;

/// A fault of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RequestFault {
    TooMany,
    TooManyRetryAfter,
    ServerError,
    BadGateway,
    Unavailable,
    GatewayTimeout,
    ResetBefore,
    ResetAfter,
    Truncated,
    Garbage,
    Slow,
    TokenExpired,
    /// The certificate is not trusted.
    Tls,
    /// The name cannot be resolved.
    Dns,
}

/// The expected outcome of a row.
#[derive(Clone, Copy, Debug)]
enum Expected {
    /// The provider recovers without an error.
    Recovers,
    /// The error contains this text; this many objects or runs exist; the object in state has this status.
    Fails(&'static str, usize, State),
    /// This fault cannot happen just once.
    NotApplicable,
}

/// The object in state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Absent,
    Ready,
    Tainted,
}

use Expected::{Fails, NotApplicable, Recovers};
use RequestFault::{
    BadGateway, Dns, Garbage, GatewayTimeout, ResetAfter, ResetBefore, ServerError, Slow, Tls, TokenExpired,
    TooMany, TooManyRetryAfter, Truncated, Unavailable,
};
use State::{Absent, Ready, Tainted};

/// A fault, the outcome if it happens once, and the outcome if it always happens.
type Row = (RequestFault, Expected, Expected);

const UNTRUSTED: &str = "is self-signed and not trusted";
const UNKNOWN_NAME: &str = "cannot be resolved";

#[tokio::test(flavor = "multi_thread")]
async fn create_recovers_from_or_reports_each_fault() {
    // If the response is lost, the provider finds the created object by its name. If it cannot tell whether the object
    // was created, the object is in state as tainted, and the next plan looks it up.
    #[rustfmt::skip]
    let table = [
        (TooMany, Recovers, Fails("429 Too Many Requests", 0, Absent)),
        (TooManyRetryAfter, Recovers, Fails("429 Too Many Requests", 0, Absent)),
        (ServerError, Recovers, Fails("500 Internal Server Error", 0, Tainted)),
        (BadGateway, Recovers, Fails("502 Bad Gateway", 0, Tainted)),
        (Unavailable, Recovers, Fails("503 Service Unavailable", 0, Tainted)),
        (GatewayTimeout, Recovers, Fails("504 Gateway Timeout", 0, Tainted)),
        (ResetBefore, Recovers, Fails("broke before the response was complete", 0, Tainted)),
        (ResetAfter, Recovers, Recovers),
        (Truncated, Recovers, Recovers),
        (Garbage, Recovers, Recovers),
        (Slow, Recovers, Recovers),
        (TokenExpired, Fails("401 Unauthorized", 0, Absent), Fails("401 Unauthorized", 0, Absent)),
        (Tls, NotApplicable, Fails(UNTRUSTED, 0, Absent)),
        (Dns, NotApplicable, Fails(UNKNOWN_NAME, 0, Absent)),
    ];
    check_table(RequestKind::Create, &table).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn read_recovers_from_or_reports_each_fault() {
    #[rustfmt::skip]
    let table = [
        (TooMany, Recovers, Fails("429 Too Many Requests", 1, Ready)),
        (TooManyRetryAfter, Recovers, Fails("429 Too Many Requests", 1, Ready)),
        (ServerError, Recovers, Fails("500 Internal Server Error", 1, Ready)),
        (BadGateway, Recovers, Fails("502 Bad Gateway", 1, Ready)),
        (Unavailable, Recovers, Fails("503 Service Unavailable", 1, Ready)),
        (GatewayTimeout, Recovers, Fails("504 Gateway Timeout", 1, Ready)),
        (ResetBefore, Recovers, Fails("broke before the response was complete", 1, Ready)),
        (ResetAfter, Recovers, Fails("broke before the response was complete", 1, Ready)),
        (Truncated, Recovers, Fails("broke before the response was complete", 1, Ready)),
        (Garbage, Recovers, Fails("the body is not JSON", 1, Ready)),
        (Slow, Recovers, Fails("did not complete its response within 1s", 1, Ready)),
        (TokenExpired, Fails("401 Unauthorized", 1, Ready), Fails("401 Unauthorized", 1, Ready)),
        (Tls, NotApplicable, Fails(UNTRUSTED, 1, Ready)),
        (Dns, NotApplicable, Fails(UNKNOWN_NAME, 1, Ready)),
    ];
    check_table(RequestKind::Read, &table).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn update_recovers_from_or_reports_each_fault() {
    // A failed update keeps the prior state. The next plan reads the object of the control plane.
    #[rustfmt::skip]
    let table = [
        (TooMany, Recovers, Fails("429 Too Many Requests", 1, Ready)),
        (TooManyRetryAfter, Recovers, Fails("429 Too Many Requests", 1, Ready)),
        (ServerError, Recovers, Fails("500 Internal Server Error", 1, Ready)),
        (BadGateway, Recovers, Fails("502 Bad Gateway", 1, Ready)),
        (Unavailable, Recovers, Fails("503 Service Unavailable", 1, Ready)),
        (GatewayTimeout, Recovers, Fails("504 Gateway Timeout", 1, Ready)),
        (ResetBefore, Recovers, Fails("broke before the response was complete", 1, Ready)),
        (ResetAfter, Recovers, Fails("broke before the response was complete", 1, Ready)),
        // The status of success shows that it was carried out, so the object is read.
        (Truncated, Recovers, Recovers),
        (Garbage, Recovers, Recovers),
        (Slow, Recovers, Recovers),
        (TokenExpired, Fails("401 Unauthorized", 1, Ready), Fails("401 Unauthorized", 1, Ready)),
        (Tls, NotApplicable, Fails(UNTRUSTED, 1, Ready)),
        (Dns, NotApplicable, Fails(UNKNOWN_NAME, 1, Ready)),
    ];
    check_table(RequestKind::Update, &table).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn delete_recovers_from_or_reports_each_fault() {
    // If the retry finds no object, the first request deleted it.
    #[rustfmt::skip]
    let table = [
        (TooMany, Recovers, Fails("429 Too Many Requests", 1, Ready)),
        (TooManyRetryAfter, Recovers, Fails("429 Too Many Requests", 1, Ready)),
        (ServerError, Recovers, Fails("500 Internal Server Error", 1, Ready)),
        (BadGateway, Recovers, Fails("502 Bad Gateway", 1, Ready)),
        (Unavailable, Recovers, Fails("503 Service Unavailable", 1, Ready)),
        (GatewayTimeout, Recovers, Fails("504 Gateway Timeout", 1, Ready)),
        (ResetBefore, Recovers, Fails("broke before the response was complete", 1, Ready)),
        (ResetAfter, Recovers, Fails("broke before the response was complete", 0, Ready)),
        // A 404 whose body is cut off does not show that the object is gone.
        (Truncated, Recovers, Fails("broke before the response was complete", 0, Ready)),
        (Slow, Recovers, Fails("did not respond within 1s", 0, Ready)),
        (TokenExpired, Fails("401 Unauthorized", 1, Ready), Fails("401 Unauthorized", 1, Ready)),
        (Tls, NotApplicable, Fails(UNTRUSTED, 1, Ready)),
        (Dns, NotApplicable, Fails(UNKNOWN_NAME, 1, Ready)),
    ];
    check_table(RequestKind::Delete, &table).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn start_recovers_from_or_reports_each_fault() {
    // The control plane rejects a second run, so a retried start finds the active one. Before the retry, the machine is
    // refreshed.
    #[rustfmt::skip]
    let table = [
        (TooMany, Recovers, Fails("429 Too Many Requests", 0, Tainted)),
        (TooManyRetryAfter, Recovers, Fails("429 Too Many Requests", 0, Tainted)),
        (ServerError, Recovers, Fails("500 Internal Server Error", 0, Tainted)),
        (BadGateway, Recovers, Fails("502 Bad Gateway", 0, Tainted)),
        (Unavailable, Recovers, Fails("503 Service Unavailable", 0, Tainted)),
        (GatewayTimeout, Recovers, Fails("504 Gateway Timeout", 0, Tainted)),
        (ResetBefore, Recovers, Fails("broke before the response was complete", 0, Tainted)),
        (ResetAfter, Recovers, Fails("broke before the response was complete", 1, Tainted)),
        // For a rejection the status is enough; the machine itself shows when the installation has ended.
        (Truncated, Recovers, Recovers),
        (Garbage, Recovers, Recovers),
        (Slow, Recovers, Recovers),
        (TokenExpired, Fails("401 Unauthorized", 0, Tainted), Fails("401 Unauthorized", 0, Tainted)),
        // The start is never sent.
        (Tls, NotApplicable, Fails(UNTRUSTED, 0, Absent)),
        (Dns, NotApplicable, Fails(UNKNOWN_NAME, 0, Absent)),
    ];
    check_table(RequestKind::Start, &table).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn poll_recovers_from_or_reports_each_fault() {
    // The wait continues after every fault that another poll may not have.
    #[rustfmt::skip]
    let table = [
        (TooMany, Recovers, Fails("Timeout while waiting for the run", 1, Tainted)),
        (TooManyRetryAfter, Recovers, Fails("Timeout while waiting for the run", 1, Tainted)),
        (ServerError, Recovers, Fails("Timeout while waiting for the run", 1, Tainted)),
        (BadGateway, Recovers, Fails("Timeout while waiting for the run", 1, Tainted)),
        (Unavailable, Recovers, Fails("Timeout while waiting for the run", 1, Tainted)),
        (GatewayTimeout, Recovers, Fails("Timeout while waiting for the run", 1, Tainted)),
        (ResetBefore, Recovers, Fails("Timeout while waiting for the run", 1, Tainted)),
        (ResetAfter, Recovers, Fails("Timeout while waiting for the run", 1, Tainted)),
        (Truncated, Recovers, Fails("Timeout while waiting for the run", 1, Tainted)),
        (Garbage, Recovers, Fails("Timeout while waiting for the run", 1, Tainted)),
        (Slow, Recovers, Fails("Timeout while waiting for the run", 1, Tainted)),
        (TokenExpired, Fails("401 Unauthorized", 1, Tainted), Fails("401 Unauthorized", 1, Tainted)),
        (Tls, NotApplicable, Fails(UNTRUSTED, 1, Ready)),
        (Dns, NotApplicable, Fails(UNKNOWN_NAME, 1, Ready)),
    ];
    check_table(RequestKind::Poll, &table).await;
}

async fn check_table(request: RequestKind, table: &[Row]) {
    let free = Arc::new(Semaphore::new(MAX_CONCURRENT_ROWS));
    let mut rows = JoinSet::new();
    for (fault, once, always) in table.iter().copied() {
        for (expected, times) in [(once, Some(1)), (always, None)] {
            if matches!(expected, NotApplicable) {
                continue;
            }
            let free = Arc::clone(&free);
            rows.spawn(async move {
                let _permit = free.acquire().await.unwrap();
                (fault, times, check_row(fault, request, expected, times).await)
            });
        }
    }
    let mut failures = Vec::new();
    while let Some(row) = rows.join_next().await {
        let (fault, times, result) = row.unwrap();
        let when = if times.is_some() { "once" } else { "always" };
        if let Err(text) = result {
            failures.push(format!("{fault:?} {when} in {request:?}: {text}"));
        }
    }
    failures.sort();
    assert!(failures.is_empty(), "\n{}", failures.join("\n\n"));
}

/// Checks one row; the error is the difference from the expected outcome.
async fn check_row(
    fault: RequestFault,
    request: RequestKind,
    expected: Expected,
    times: Option<u64>,
) -> Result<(), String> {
    let scenario = Scenario::new(fault, request).await;
    let (result, mut core) = scenario.run(times).await;
    let error = result.err().map(|error| error.to_string());
    let actual = match core
        .stored(scenario.type_name(), NAME)
        .map(|stored| stored.status)
    {
        None => Absent,
        Some(Status::Ready) => Ready,
        Some(Status::Tainted) => Tainted,
    };
    let (expected_error, count) = match expected {
        Recovers | NotApplicable => (None, usize::from(request != RequestKind::Delete)),
        Fails(text, count, _) => (Some(text), count),
    };
    match (expected_error, &error) {
        (None, None) => {}
        (Some(text), Some(error)) if error.contains(text) => {}
        _ => return Err(format!("expected {expected_error:?}, but the error is {error:?}")),
    }
    if scenario.count() != count {
        return Err(format!("{} objects instead of {count}", scenario.count()));
    }
    if let Fails(_, _, expected) = expected
        && actual != expected
    {
        return Err(format!("the object in state is {actual:?}"));
    }

    scenario.control_plane.clear_faults();
    scenario.converge(&mut core).await
}

/// A control plane, and the state before the fault.
struct Scenario {
    request_fault: RequestFault,
    request: RequestKind,
    control_plane: ControlPlane,
    /// The file of its certificate, if it has one: the provider reads it in each plan and apply.
    trust: Option<tempfile::NamedTempFile>,
    /// A provider that can reach the control plane.
    connected: Core,
}

impl Scenario {
    async fn new(request_fault: RequestFault, request: RequestKind) -> Self {
        let builder = ControlPlane::builder();
        let builder = if request_fault == Tls {
            builder.tls()
        } else {
            builder
        };
        let is_lasting = matches!(request, RequestKind::Start | RequestKind::Poll);
        let builder = if is_lasting {
            builder.install_time(Duration::from_hours(1)).stopped_clock()
        } else {
            builder
        };
        let control_plane = builder.start().await.unwrap();
        let trust = certificate(&control_plane);
        let connected = core(&control_plane, control_plane.endpoint(), trust.as_ref()).await;
        let mut scenario = Self {
            request_fault,
            request,
            control_plane,
            trust,
            connected,
        };
        if matches!(
            request,
            RequestKind::Read | RequestKind::Update | RequestKind::Delete
        ) {
            let config = scenario.config("before");
            scenario
                .connected
                .converge(VARIABLE, NAME, &config)
                .await
                .unwrap();
        }
        if request == RequestKind::Poll && scenario.is_unreachable() {
            scenario.start_and_interrupt().await;
        }
        if request == RequestKind::Poll && !scenario.is_unreachable() {
            scenario.control_plane.set_install_time(Duration::ZERO);
        }
        scenario
    }

    /// Performs the operation with the fault. Returns its result, and a provider that can reach the control plane with
    /// the state afterwards.
    async fn run(&self, times: Option<u64>) -> (Result<(), Error>, Core) {
        let type_name = self.type_name();
        let mut core = self.copy(&self.connected);
        let config = self.config("after");
        if self.is_unreachable() {
            let planned = match self.request {
                RequestKind::Read | RequestKind::Delete => None,
                _ => Some(core.plan(type_name, NAME, &config).await.unwrap()),
            };
            let endpoint = match self.request_fault {
                Dns => "http://control-plane.invalid",
                _ => self.control_plane.endpoint(),
            };
            let mut unreachable =
                core_with_state(&self.connected, type_name, endpoint, &self.control_plane).await;
            let result = match planned {
                Some(planned) => unreachable.apply(planned).await.map(drop),
                None if self.request == RequestKind::Read => {
                    unreachable.refresh(type_name, NAME).await.map(drop)
                }
                None => unreachable.destroy(type_name, NAME).await,
            };
            core.forget(type_name, NAME);
            if let Some(stored) = unreachable.stored(type_name, NAME) {
                core.store(type_name, NAME, stored.clone());
            }
            return (result, core);
        }
        let fault = self.fault();
        self.control_plane.fault(match times {
            Some(times) => fault.times(times),
            None => fault,
        });
        let result = match self.request {
            RequestKind::Create | RequestKind::Update | RequestKind::Poll => {
                core.converge(type_name, NAME, &config).await.map(drop)
            }
            RequestKind::Start => {
                // Without the body of the rejection, the run has no uuid: it ends after the second start was rejected,
                // and the machine itself shows that it has ended.
                let is_unnamed = matches!(self.request_fault, Truncated | Garbage | Slow);
                let starts = if is_unnamed { 2 } else { usize::MAX };
                self.install(&mut core, &config, starts).await
            }
            RequestKind::Read => core.refresh(type_name, NAME).await.map(drop),
            RequestKind::Delete => core.destroy(type_name, NAME).await,
        };
        (result, core)
    }

    /// Checks that the next apply succeeds and that the plan after it is empty.
    async fn converge(&self, core: &mut Core) -> Result<(), String> {
        let type_name = self.type_name();
        if self.request == RequestKind::Delete {
            core.destroy(type_name, NAME)
                .await
                .map_err(|error| error.to_string())?;
            let left = self.count();
            return if left == 0 && core.stored(type_name, NAME).is_none() {
                Ok(())
            } else {
                Err("it is not deleted by the next destroy".to_owned())
            };
        }
        let config = self.config("after");
        self.control_plane.set_install_time(Duration::ZERO);
        let applied = if self.request == RequestKind::Start {
            self.install(core, &config, usize::MAX).await
        } else {
            self.control_plane.advance(Duration::from_hours(2));
            core.converge(type_name, NAME, &config).await.map(drop)
        };
        applied.map_err(|error| format!("the next apply fails: {error}"))?;
        let plan = core.plan(type_name, NAME, &config).await;
        let action = plan
            .map_err(|error| format!("the next plan fails: {error}"))?
            .action;
        if action != Action::NoOp {
            return Err(format!("the next plan is {action:?}"));
        }
        if self.count() != 1 {
            return Err(format!("{} objects after the next apply", self.count()));
        }
        let violations = self.control_plane.violations();
        if violations.is_empty() {
            Ok(())
        } else {
            Err(violations.join("\n"))
        }
    }

    /// Applies, and ends the installation as soon as the provider polls the run or has sent this many starts.
    async fn install(&self, core: &mut Core, config: &Json, starts: usize) -> Result<(), Error> {
        let apply = core.converge(DEPLOYMENT, NAME, config);
        tokio::pin!(apply);
        let log = self.control_plane.log();
        let polls = log.count(RequestKind::Poll.operation()) + 1;
        tokio::select! {
            result = &mut apply => return result.map(drop),
            () = log.wait_for(RequestKind::Poll.operation(), polls) => {}
            () = log.wait_for(RequestKind::Start.operation(), starts) => {}
        }
        self.control_plane.advance(Duration::from_hours(2));
        apply.await.map(drop)
    }

    /// Starts a run and interrupts Terraform.
    async fn start_and_interrupt(&mut self) {
        let config = self.config("after");
        let plugin = Arc::clone(self.connected.plugin());
        let apply = self.connected.converge(DEPLOYMENT, NAME, &config);
        let stop = async {
            let log = self.control_plane.log();
            log.wait_for(RequestKind::Poll.operation(), 1).await;
            plugin.stop().await.unwrap();
        };
        let (applied, ()) = tokio::join!(apply, stop);
        applied.unwrap();
        let endpoint = self.control_plane.endpoint();
        let restarted = core(&self.control_plane, endpoint, self.trust.as_ref()).await;
        let stopped = std::mem::replace(&mut self.connected, restarted);
        let stored = stopped.stored(DEPLOYMENT, NAME).unwrap().clone();
        self.connected.store(DEPLOYMENT, NAME, stored);
    }

    fn copy(&self, core: &Core) -> Core {
        let mut copy = core.fresh();
        if let Some(stored) = core.stored(self.type_name(), NAME) {
            copy.store(self.type_name(), NAME, stored.clone());
        }
        copy
    }

    fn is_unreachable(&self) -> bool {
        matches!(self.request_fault, Tls | Dns)
    }

    fn type_name(&self) -> &'static str {
        match self.request {
            RequestKind::Start | RequestKind::Poll => DEPLOYMENT,
            _ => VARIABLE,
        }
    }

    fn config(&self, value: &str) -> Json {
        match self.request {
            // Long enough for a second poll, and no longer.
            RequestKind::Poll if !self.is_unreachable() => {
                json!({ "machine_uuid": MACHINE, "role_names": ["base"], "timeouts": { "create": "8s" } })
            }
            RequestKind::Start | RequestKind::Poll => {
                json!({ "machine_uuid": MACHINE, "role_names": ["base"] })
            }
            RequestKind::Read => json!({ "name": "GREETING", "value": "before" }),
            _ => json!({ "name": "GREETING", "value": value }),
        }
    }

    /// The number of objects or runs.
    fn count(&self) -> usize {
        match self.request {
            RequestKind::Start | RequestKind::Poll => self.control_plane.runs().len(),
            _ => self.control_plane.objects(Collection::Variables).len(),
        }
    }

    fn fault(&self) -> Fault {
        let operation = self.request.operation();
        let respond = |response: FaultResponse| Fault::new(operation, FaultKind::Respond(response));
        match self.request_fault {
            TooMany => respond(FaultResponse::json(429)),
            TooManyRetryAfter => respond(FaultResponse::json(429)).header("retry-after", "1"),
            ServerError => respond(FaultResponse::json(500)),
            BadGateway => respond(FaultResponse::html(502)),
            Unavailable => respond(FaultResponse::json(503)),
            GatewayTimeout => respond(FaultResponse::html(504)),
            ResetBefore => Fault::new(operation, FaultKind::ResetBefore),
            ResetAfter => Fault::new(operation, FaultKind::ResetAfter),
            Truncated => Fault::new(operation, FaultKind::Truncated),
            Garbage => Fault::new(operation, FaultKind::Garbage),
            // A response without a body can only be delayed.
            Slow if self.request == RequestKind::Delete => {
                Fault::new(operation, FaultKind::Delay(Duration::from_secs(5)))
            }
            Slow => Fault::new(operation, FaultKind::Slow(Duration::from_secs(5))),
            TokenExpired => respond(FaultResponse::json(401)),
            Tls | Dns => unreachable!("no request reaches the control plane"),
        }
    }
}

async fn core(control_plane: &ControlPlane, endpoint: &str, trust: Option<&tempfile::NamedTempFile>) -> Core {
    let service = rpc::Service::new(provider::program(&provider::durantic::DEFINITION));
    let core = Core::unconfigured(Arc::new(service)).await.unwrap();
    let mut config = json!({
        "endpoint": endpoint,
        "api_token": control_plane.token(),
        "request_timeout": "1s",
        "max_retries": 2,
    });
    if let Some(file) = trust {
        config["ca_cert_file"] = json!(file.path());
    }
    core.configure(&config).await.unwrap();
    core
}

/// A provider for this endpoint, with the state of another one.
async fn core_with_state(
    connected: &Core,
    type_name: &str,
    endpoint: &str,
    control_plane: &ControlPlane,
) -> Core {
    let mut unreachable = core(control_plane, endpoint, None).await;
    if let Some(stored) = connected.stored(type_name, NAME) {
        unreachable.store(type_name, NAME, stored.clone());
    }
    unreachable
}
