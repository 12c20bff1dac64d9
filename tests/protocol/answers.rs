//! What goes wrong with one request, for every operation: what the user sees, what state holds, how many objects and
//! runs there are, and that the next apply converges.
//!
//! Each row of a table is played twice: the fault hits one request, then every request of the operation.

use std::sync::Arc;
use std::time::Duration;

use acceptance::requests::With;
use harness::control_plane::{Collection, ControlPlane, Fault, FaultKind, FaultResponse};
use harness::fake_core::{Action, Core, Error, Status};
use serde_json::{Value as Json, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::{MACHINE, certificate};

const VARIABLE: &str = "durantic_variable";
const DEPLOYMENT: &str = "durantic_machine_deployment";
const NAME: &str = "it";

/// Rows that are played at a time.
const AT_ONCE: usize = 12;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    TooMany,
    TooManyComeBack,
    Failed,
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

/// How it ends.
#[derive(Clone, Copy, Debug)]
enum End {
    /// The user sees nothing of it.
    Heals,
    /// The user sees this text; so many objects (or runs) are there, and state has this.
    Fails(&'static str, usize, State),
    /// It can only go wrong always.
    Never,
}

/// What state holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Nothing,
    Whole,
    Tainted,
}

use End::{Fails, Heals, Never};
use State::{Nothing, Tainted, Whole};
use What::{
    BadGateway, Dns, Failed, Garbage, GatewayTimeout, ResetAfter, ResetBefore, Slow, Tls, TokenExpired,
    TooMany, TooManyComeBack, Truncated, Unavailable,
};

/// What goes wrong, how it ends when that happens once, and when it happens always.
type Row = (What, End, End);

const UNTRUSTED: &str = "is not trusted";
const UNKNOWN_NAME: &str = "cannot be resolved";

#[tokio::test(flavor = "multi_thread")]
async fn create() {
    // What was carried out is found by its name, however often the answer is lost. Where nothing tells whether it was,
    // state has it as tainted, and the next plan looks for it.
    #[rustfmt::skip]
    let table = [
        (TooMany, Heals, Fails("429 Too Many Requests", 0, Nothing)),
        (TooManyComeBack, Heals, Fails("429 Too Many Requests", 0, Nothing)),
        (Failed, Heals, Fails("500 Internal Server Error", 0, Tainted)),
        (BadGateway, Heals, Fails("502 Bad Gateway", 0, Tainted)),
        (Unavailable, Heals, Fails("503 Service Unavailable", 0, Tainted)),
        (GatewayTimeout, Heals, Fails("504 Gateway Timeout", 0, Tainted)),
        (ResetBefore, Heals, Fails("broke before the response was complete", 0, Tainted)),
        (ResetAfter, Heals, Heals),
        (Truncated, Heals, Heals),
        (Garbage, Heals, Heals),
        (Slow, Heals, Heals),
        (TokenExpired, Fails("401 Unauthorized", 0, Nothing), Fails("401 Unauthorized", 0, Nothing)),
        (Tls, Never, Fails(UNTRUSTED, 0, Nothing)),
        (Dns, Never, Fails(UNKNOWN_NAME, 0, Nothing)),
    ];
    play(With::Create, &table).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn read() {
    #[rustfmt::skip]
    let table = [
        (TooMany, Heals, Fails("429 Too Many Requests", 1, Whole)),
        (TooManyComeBack, Heals, Fails("429 Too Many Requests", 1, Whole)),
        (Failed, Heals, Fails("500 Internal Server Error", 1, Whole)),
        (BadGateway, Heals, Fails("502 Bad Gateway", 1, Whole)),
        (Unavailable, Heals, Fails("503 Service Unavailable", 1, Whole)),
        (GatewayTimeout, Heals, Fails("504 Gateway Timeout", 1, Whole)),
        (ResetBefore, Heals, Fails("broke before the response was complete", 1, Whole)),
        (ResetAfter, Heals, Fails("broke before the response was complete", 1, Whole)),
        (Truncated, Heals, Fails("broke before the response was complete", 1, Whole)),
        (Garbage, Fails("the body is not JSON", 1, Whole), Fails("the body is not JSON", 1, Whole)),
        (Slow, Heals, Fails("did not respond within 1s", 1, Whole)),
        (TokenExpired, Fails("401 Unauthorized", 1, Whole), Fails("401 Unauthorized", 1, Whole)),
        (Tls, Never, Fails(UNTRUSTED, 1, Whole)),
        (Dns, Never, Fails(UNKNOWN_NAME, 1, Whole)),
    ];
    play(With::Read, &table).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn update() {
    // A failed update leaves what was there before in state; what the control plane has is seen by the next plan.
    #[rustfmt::skip]
    let table = [
        (TooMany, Heals, Fails("429 Too Many Requests", 1, Whole)),
        (TooManyComeBack, Heals, Fails("429 Too Many Requests", 1, Whole)),
        (Failed, Fails("500 Internal Server Error", 1, Whole), Fails("500 Internal Server Error", 1, Whole)),
        (BadGateway, Heals, Fails("502 Bad Gateway", 1, Whole)),
        (Unavailable, Heals, Fails("503 Service Unavailable", 1, Whole)),
        (GatewayTimeout, Heals, Fails("504 Gateway Timeout", 1, Whole)),
        (ResetBefore, Heals, Fails("broke before the response was complete", 1, Whole)),
        (ResetAfter, Heals, Fails("broke before the response was complete", 1, Whole)),
        (Truncated, Heals, Fails("broke before the response was complete", 1, Whole)),
        (Garbage, Fails("the body is not JSON", 1, Whole), Fails("the body is not JSON", 1, Whole)),
        (Slow, Heals, Fails("did not respond within 1s", 1, Whole)),
        (TokenExpired, Fails("401 Unauthorized", 1, Whole), Fails("401 Unauthorized", 1, Whole)),
        (Tls, Never, Fails(UNTRUSTED, 1, Whole)),
        (Dns, Never, Fails(UNKNOWN_NAME, 1, Whole)),
    ];
    play(With::Update, &table).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn delete() {
    // Whatever is gone by the time of the repeat was deleted.
    #[rustfmt::skip]
    let table = [
        (TooMany, Heals, Fails("429 Too Many Requests", 1, Whole)),
        (TooManyComeBack, Heals, Fails("429 Too Many Requests", 1, Whole)),
        (Failed, Fails("500 Internal Server Error", 1, Whole), Fails("500 Internal Server Error", 1, Whole)),
        (BadGateway, Heals, Fails("502 Bad Gateway", 1, Whole)),
        (Unavailable, Heals, Fails("503 Service Unavailable", 1, Whole)),
        (GatewayTimeout, Heals, Fails("504 Gateway Timeout", 1, Whole)),
        (ResetBefore, Heals, Fails("broke before the response was complete", 1, Whole)),
        (ResetAfter, Heals, Fails("broke before the response was complete", 0, Whole)),
        // What is lost of "not found" is of no interest.
        (Truncated, Heals, Heals),
        (Slow, Heals, Fails("did not respond within 1s", 0, Whole)),
        (TokenExpired, Fails("401 Unauthorized", 1, Whole), Fails("401 Unauthorized", 1, Whole)),
        (Tls, Never, Fails(UNTRUSTED, 1, Whole)),
        (Dns, Never, Fails(UNKNOWN_NAME, 1, Whole)),
    ];
    play(With::Delete, &table).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn provision_start() {
    // The control plane takes no second run beside the first: a repeated start finds the one that is going. Before it is
    // repeated, the machine is looked at.
    #[rustfmt::skip]
    let table = [
        (TooMany, Heals, Fails("429 Too Many Requests", 0, Tainted)),
        (TooManyComeBack, Heals, Fails("429 Too Many Requests", 0, Tainted)),
        (Failed, Heals, Fails("500 Internal Server Error", 0, Tainted)),
        (BadGateway, Heals, Fails("502 Bad Gateway", 0, Tainted)),
        (Unavailable, Heals, Fails("503 Service Unavailable", 0, Tainted)),
        (GatewayTimeout, Heals, Fails("504 Gateway Timeout", 0, Tainted)),
        (ResetBefore, Heals, Fails("broke before the response was complete", 0, Tainted)),
        (ResetAfter, Heals, Fails("broke before the response was complete", 1, Tainted)),
        // Of a refusal the status is enough; the machine itself says when the installation is over.
        (Truncated, Heals, Heals),
        (Garbage, Heals, Heals),
        (Slow, Heals, Fails("did not respond within 1s", 1, Tainted)),
        (TokenExpired, Fails("401 Unauthorized", 0, Tainted), Fails("401 Unauthorized", 0, Tainted)),
        // Nothing comes so far as the start.
        (Tls, Never, Fails(UNTRUSTED, 0, Nothing)),
        (Dns, Never, Fails(UNKNOWN_NAME, 0, Nothing)),
    ];
    play(With::Start, &table).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn provision_poll() {
    // A wait outlives everything but what another look cannot change.
    #[rustfmt::skip]
    let table = [
        (TooMany, Heals, Fails("Timeout while waiting for the run", 1, Tainted)),
        (TooManyComeBack, Heals, Fails("Timeout while waiting for the run", 1, Tainted)),
        (Failed, Heals, Fails("Timeout while waiting for the run", 1, Tainted)),
        (BadGateway, Heals, Fails("Timeout while waiting for the run", 1, Tainted)),
        (Unavailable, Heals, Fails("Timeout while waiting for the run", 1, Tainted)),
        (GatewayTimeout, Heals, Fails("Timeout while waiting for the run", 1, Tainted)),
        (ResetBefore, Heals, Fails("Timeout while waiting for the run", 1, Tainted)),
        (ResetAfter, Heals, Fails("Timeout while waiting for the run", 1, Tainted)),
        (Truncated, Heals, Fails("Timeout while waiting for the run", 1, Tainted)),
        (Garbage, Heals, Fails("Timeout while waiting for the run", 1, Tainted)),
        (Slow, Heals, Fails("Timeout while waiting for the run", 1, Tainted)),
        (TokenExpired, Fails("401 Unauthorized", 1, Tainted), Fails("401 Unauthorized", 1, Tainted)),
        (Tls, Never, Fails(UNTRUSTED, 1, Whole)),
        (Dns, Never, Fails(UNKNOWN_NAME, 1, Whole)),
    ];
    play(With::Poll, &table).await;
}

async fn play(with: With, table: &[Row]) {
    let free = Arc::new(Semaphore::new(AT_ONCE));
    let mut played = JoinSet::new();
    for (what, once, always) in table.iter().copied() {
        for (end, times) in [(once, Some(1)), (always, None)] {
            if matches!(end, Never) {
                continue;
            }
            let free = Arc::clone(&free);
            played.spawn(async move {
                let _turn = free.acquire().await.unwrap();
                (what, times, cell(what, with, end, times).await)
            });
        }
    }
    let mut wrong = Vec::new();
    while let Some(cell) = played.join_next().await {
        let (what, times, result) = cell.unwrap();
        let when = if times.is_some() { "once" } else { "always" };
        if let Err(text) = result {
            wrong.push(format!("{what:?} {when} with {with:?}: {text}"));
        }
    }
    wrong.sort();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n\n"));
}

/// Plays one row; the text says in what it went another way.
async fn cell(what: What, with: With, end: End, times: Option<u64>) -> Result<(), String> {
    let stage = Stage::set(what, with).await;
    let (result, mut core) = stage.play(times).await;
    let said = result.err().map(|error| error.to_string());
    let held = match core.stored(stage.type_name(), NAME).map(|stored| stored.status) {
        None => Nothing,
        Some(Status::Ready) => Whole,
        Some(Status::Tainted) => Tainted,
    };
    let (expected, count) = match end {
        Heals | Never => (None, usize::from(with != With::Delete)),
        Fails(text, count, _) => (Some(text), count),
    };
    match (expected, &said) {
        (None, None) => {}
        (Some(text), Some(said)) if said.contains(text) => {}
        _ => return Err(format!("expected {expected:?}, the user sees {said:?}")),
    }
    if stage.count() != count {
        return Err(format!("{} objects instead of {count}", stage.count()));
    }
    if let Fails(_, _, expected) = end
        && held != expected
    {
        return Err(format!("state has {held:?}"));
    }

    stage.control_plane.clear_faults();
    stage.converge(&mut core).await
}

/// A control plane, and the object as it is before something goes wrong.
struct Stage {
    what: What,
    with: With,
    control_plane: ControlPlane,
    /// Speaks to the control plane as it should.
    sound: Core,
}

impl Stage {
    async fn set(what: What, with: With) -> Self {
        let builder = ControlPlane::builder();
        let builder = if what == Tls { builder.tls() } else { builder };
        let is_lasting = matches!(with, With::Start | With::Poll);
        let builder = if is_lasting {
            builder.install_time(Duration::from_hours(1)).stopped_clock()
        } else {
            builder
        };
        let control_plane = builder.start().await.unwrap();
        let trust = certificate(&control_plane);
        let sound = core(&control_plane, control_plane.endpoint(), trust.as_ref()).await;
        let mut stage = Self {
            what,
            with,
            control_plane,
            sound,
        };
        if matches!(with, With::Read | With::Update | With::Delete) {
            let config = stage.config("before");
            stage.sound.converge(VARIABLE, NAME, &config).await.unwrap();
        }
        if with == With::Poll && stage.is_unreachable() {
            stage.start_and_interrupt().await;
        }
        if with == With::Poll && !stage.is_unreachable() {
            stage.control_plane.set_install_time(Duration::ZERO);
        }
        stage
    }

    /// Does what the row is about while things go wrong, and gives the state that it leaves behind, at a provider
    /// that can reach the control plane.
    async fn play(&self, times: Option<u64>) -> (Result<(), Error>, Core) {
        let type_name = self.type_name();
        let mut core = self.copy(&self.sound);
        let config = self.config("after");
        if self.is_unreachable() {
            let planned = match self.with {
                With::Read | With::Delete => None,
                _ => Some(core.plan(type_name, NAME, &config).await.unwrap()),
            };
            let endpoint = match self.what {
                Dns => "http://control-plane.invalid",
                _ => self.control_plane.endpoint(),
            };
            let mut lost = core_with_state(&self.sound, type_name, endpoint, &self.control_plane).await;
            let result = match planned {
                Some(planned) => lost.apply(planned).await.map(drop),
                None if self.with == With::Read => lost.refresh(type_name, NAME).await.map(drop),
                None => lost.destroy(type_name, NAME).await,
            };
            core.forget(type_name, NAME);
            if let Some(stored) = lost.stored(type_name, NAME) {
                core.store(type_name, NAME, stored.clone());
            }
            return (result, core);
        }
        let fault = self.fault();
        self.control_plane.fault(match times {
            Some(times) => fault.times(times),
            None => fault,
        });
        let result = match self.with {
            With::Create | With::Update | With::Poll => {
                core.converge(type_name, NAME, &config).await.map(drop)
            }
            With::Start => {
                // Without the refusal's text the run has no name: it ends once the second start was refused, and
                // the machine itself says that it has.
                let is_unnamed = matches!(self.what, Truncated | Garbage);
                let starts = if is_unnamed { 2 } else { usize::MAX };
                self.install(&mut core, &config, starts).await
            }
            With::Read => core.refresh(type_name, NAME).await.map(drop),
            With::Delete => core.destroy(type_name, NAME).await,
        };
        (result, core)
    }

    /// The next apply makes what is configured, and the plan after it is empty.
    async fn converge(&self, core: &mut Core) -> Result<(), String> {
        let type_name = self.type_name();
        if self.with == With::Delete {
            core.destroy(type_name, NAME)
                .await
                .map_err(|error| error.to_string())?;
            let left = self.count();
            return if left == 0 && core.stored(type_name, NAME).is_none() {
                Ok(())
            } else {
                Err("it is not deleted in the end".to_owned())
            };
        }
        let config = self.config("after");
        self.control_plane.set_install_time(Duration::ZERO);
        let applied = if self.with == With::Start {
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
            return Err(format!("{} objects in the end", self.count()));
        }
        let violations = self.control_plane.violations();
        if violations.is_empty() {
            Ok(())
        } else {
            Err(violations.join("\n"))
        }
    }

    /// Applies, and lets the installation end as soon as the provider looks at the run, or has asked for that many.
    async fn install(&self, core: &mut Core, config: &Json, starts: usize) -> Result<(), Error> {
        let apply = core.converge(DEPLOYMENT, NAME, config);
        tokio::pin!(apply);
        let log = self.control_plane.log();
        let polls = log.count(With::Poll.operation()) + 1;
        tokio::select! {
            result = &mut apply => return result.map(drop),
            () = log.wait_for(With::Poll.operation(), polls) => {}
            () = log.wait_for(With::Start.operation(), starts) => {}
        }
        self.control_plane.advance(Duration::from_hours(2));
        apply.await.map(drop)
    }

    /// Starts a run and lets Terraform be interrupted.
    async fn start_and_interrupt(&mut self) {
        let config = self.config("after");
        let plugin = Arc::clone(self.sound.plugin());
        let apply = self.sound.converge(DEPLOYMENT, NAME, &config);
        let stop = async {
            let log = self.control_plane.log();
            log.wait_for(With::Poll.operation(), 1).await;
            plugin.stop().await.unwrap();
        };
        let (applied, ()) = tokio::join!(apply, stop);
        applied.unwrap();
        let trust = certificate(&self.control_plane);
        let again = core(&self.control_plane, self.control_plane.endpoint(), trust.as_ref()).await;
        let stopped = std::mem::replace(&mut self.sound, again);
        let stored = stopped.stored(DEPLOYMENT, NAME).unwrap().clone();
        self.sound.store(DEPLOYMENT, NAME, stored);
    }

    fn copy(&self, core: &Core) -> Core {
        let mut copy = core.fresh();
        if let Some(stored) = core.stored(self.type_name(), NAME) {
            copy.store(self.type_name(), NAME, stored.clone());
        }
        copy
    }

    fn is_unreachable(&self) -> bool {
        matches!(self.what, Tls | Dns)
    }

    fn type_name(&self) -> &'static str {
        match self.with {
            With::Start | With::Poll => DEPLOYMENT,
            _ => VARIABLE,
        }
    }

    fn config(&self, value: &str) -> Json {
        match self.with {
            // Long enough for one look after another, and no longer.
            With::Poll if !self.is_unreachable() => {
                json!({ "machine_uuid": MACHINE, "role_names": ["base"], "timeouts": { "create": "8s" } })
            }
            With::Start | With::Poll => json!({ "machine_uuid": MACHINE, "role_names": ["base"] }),
            With::Read => json!({ "name": "GREETING", "value": "before" }),
            _ => json!({ "name": "GREETING", "value": value }),
        }
    }

    /// The objects, or the runs that install.
    fn count(&self) -> usize {
        match self.with {
            With::Start | With::Poll => self.control_plane.runs().len(),
            _ => self.control_plane.objects(Collection::Variables).len(),
        }
    }

    fn fault(&self) -> Fault {
        let operation = self.with.operation();
        let answer = |answer: FaultResponse| Fault::new(operation, FaultKind::Respond(answer));
        match self.what {
            TooMany => answer(FaultResponse::json(429)),
            TooManyComeBack => answer(FaultResponse::json(429)).header("retry-after", "1"),
            Failed => answer(FaultResponse::json(500)),
            BadGateway => answer(FaultResponse::html(502)),
            Unavailable => answer(FaultResponse::json(503)),
            GatewayTimeout => answer(FaultResponse::html(504)),
            ResetBefore => Fault::new(operation, FaultKind::ResetBefore),
            ResetAfter => Fault::new(operation, FaultKind::ResetAfter),
            Truncated => Fault::new(operation, FaultKind::Truncated),
            Garbage => Fault::new(operation, FaultKind::Garbage),
            // An answer without a body can only be late.
            Slow if self.with == With::Delete => {
                Fault::new(operation, FaultKind::Delay(Duration::from_secs(5)))
            }
            Slow => Fault::new(operation, FaultKind::Slow(Duration::from_secs(5))),
            TokenExpired => answer(FaultResponse::json(401)),
            Tls | Dns => unreachable!("nothing of these can be answered"),
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

/// A provider with the state of another that cannot reach the control plane.
async fn core_with_state(
    sound: &Core,
    type_name: &str,
    endpoint: &str,
    control_plane: &ControlPlane,
) -> Core {
    let mut lost = core(control_plane, endpoint, None).await;
    if let Some(stored) = sound.stored(type_name, NAME) {
        lost.store(type_name, NAME, stored.clone());
    }
    lost
}
