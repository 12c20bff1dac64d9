//! The settings of a simulated control plane, and its start.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::SignedDuration;
use tokio::net::TcpListener;
use uuid::Uuid;

use super::account::Account;
use super::clock::Clock;
use super::contract::{Contract, ContractError};
use super::dialect::{Dialect, Routes};
use super::faults::{Fault, FaultResponse, Faults};
use super::hooks::Hooks;
use super::log::Log;
use super::paging::{Paging, UnknownParameters};
use super::rate_limit::RateLimit;
use super::requests::Server;
use super::seed::{Seed, SeedError};
use super::snapshot::Snapshot;
use super::store::{Store, Times};
use super::tls::{Certificate, Identity, TlsError};
use super::validators::Validators;
use super::{ControlPlane, random, socket};
use crate::secrets::{Kind, Secrets};

/// The settings of a control plane that is not started yet.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a setting of its own, and a method sets it"
)]
pub struct Builder {
    listen: SocketAddr,
    tokens: BTreeSet<String>,
    seed: Option<PathBuf>,
    random: Option<(u64, usize)>,
    snapshot: Option<Snapshot>,
    machines: Option<u32>,
    objects: Option<u32>,
    times: Times,
    dialect: Dialect,
    prefix: String,
    rate_limit: Option<usize>,
    faults: Vec<Fault>,
    fault_seed: u64,
    unknown_fields: bool,
    paging: Option<Paging>,
    unknown_parameters: UnknownParameters,
    validators: Option<Validators>,
    gzip: bool,
    strict: bool,
    stopped_clock: bool,
    clock_shift: SignedDuration,
    tls: Option<Certificate>,
}

/// The control plane failed to start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The contract is invalid.
    #[error(transparent)]
    Contract(#[from] ContractError),
    /// The seed is invalid.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// No certificate could be generated.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The socket could not be bound, or no thread could be started.
    #[error("failed to listen on `{address}`")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The cause.
        source: io::Error,
    },
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            tokens: BTreeSet::new(),
            seed: None,
            random: None,
            snapshot: None,
            machines: None,
            objects: None,
            times: Times {
                install: Duration::ZERO,
                config_push: Duration::ZERO,
                replication: Duration::ZERO,
                propagation: Duration::ZERO,
                linger: Duration::ZERO,
                provisioning_lag: Duration::ZERO,
                list_lag: Duration::ZERO,
            },
            dialect: Dialect::Default,
            prefix: String::new(),
            rate_limit: None,
            faults: Vec::new(),
            fault_seed: 0,
            unknown_fields: false,
            paging: None,
            unknown_parameters: UnknownParameters::Ignored,
            validators: None,
            gzip: false,
            strict: cfg!(debug_assertions),
            stopped_clock: false,
            clock_shift: SignedDuration::ZERO,
            tls: None,
        }
    }
}

impl Builder {
    /// Sets the address to listen on. Default: a free port of the loopback interface.
    #[must_use]
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Accepts a token; may be repeated. Default: a generated token.
    #[must_use]
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.tokens.insert(token.into());
        self
    }

    /// Reads the initial objects from a JSON file.
    #[must_use]
    pub fn seed(mut self, file: impl Into<PathBuf>) -> Self {
        self.seed = Some(file.into());
        self
    }

    /// Starts with about this many objects that are made at random, see [`random::account`], instead of the seed.
    #[must_use]
    pub fn random(mut self, number: u64, objects: usize) -> Self {
        self.random = Some((number, objects));
        self
    }

    /// Starts with the objects and runs of another control plane instead of a seed. This stops the clock.
    #[must_use]
    pub fn snapshot(mut self, snapshot: Snapshot) -> Self {
        self.snapshot = Some(snapshot);
        self.stopped_clock()
    }

    /// Replaces the machines of the seed by this many, named `node-1` and so on.
    #[must_use]
    pub fn machines(mut self, count: u32) -> Self {
        self.machines = Some(count);
        self
    }

    /// Adds this many sample objects to the seed, see [`Seed::with_objects`].
    #[must_use]
    pub fn objects(mut self, count: u32) -> Self {
        self.objects = Some(count);
        self
    }

    /// Sets the duration of a provision run. Default: zero.
    #[must_use]
    pub fn install_time(mut self, time: Duration) -> Self {
        self.times.install = time;
        self
    }

    /// Sets how long an agent needs to apply a change of its configuration. Default: zero.
    #[must_use]
    pub fn config_push_time(mut self, time: Duration) -> Self {
        self.times.config_push = time;
        self
    }

    /// Sets how long reads and lists do not show an object that a request created. Default: zero.
    #[must_use]
    pub fn replication_time(mut self, time: Duration) -> Self {
        self.times.replication = time;
        self
    }

    /// Sets how long requests may not change a new object. Default: zero.
    #[must_use]
    pub fn propagation_time(mut self, time: Duration) -> Self {
        self.times.propagation = time;
        self
    }

    /// Sets how long a deleted object stays; if not zero, a delete has status 202. Default: zero.
    #[must_use]
    pub fn linger_time(mut self, time: Duration) -> Self {
        self.times.linger = time;
        self
    }

    /// Sets how long `needs_provisioning` stays after the end of a run. Default: zero.
    #[must_use]
    pub fn provisioning_lag(mut self, time: Duration) -> Self {
        self.times.provisioning_lag = time;
        self
    }

    /// Sets how late lists, and only they, show every change: they show each collection as it was this long ago. The progress of
    /// runs and agents counts from the first request that shows it. Default: zero.
    #[must_use]
    pub fn list_lag(mut self, time: Duration) -> Self {
        self.times.list_lag = time;
        self
    }

    /// Sets the dialect of the API.
    #[must_use]
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    /// Serves the API under a path prefix such as `/durantic`.
    #[must_use]
    pub fn prefix(mut self, prefix: &str) -> Self {
        let bare = prefix.trim_matches('/');
        self.prefix = if bare.is_empty() {
            String::new()
        } else {
            format!("/{bare}")
        };
        self
    }

    /// Rejects requests above this number in any second with status 429. Default: no limit.
    #[must_use]
    pub fn rate_limit(mut self, requests_per_second: usize) -> Self {
        self.rate_limit = Some(requests_per_second);
        self
    }

    /// Adds a fault after the existing ones.
    #[must_use]
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Sets the seed of the random faults. Default: 0.
    #[must_use]
    pub fn fault_seed(mut self, seed: u64) -> Self {
        self.fault_seed = seed;
        self
    }

    /// Adds fields to every response that the contract does not have.
    #[must_use]
    pub fn unknown_fields(mut self) -> Self {
        self.unknown_fields = true;
        self
    }

    /// Divides each list into pages. Default: a list has every object.
    #[must_use]
    pub fn paging(mut self, paging: Paging) -> Self {
        self.paging = Some(paging);
        self
    }

    /// Sets what list operations do with query parameters that they do not have. Default: ignore them.
    #[must_use]
    pub fn unknown_parameters(mut self, unknown: UnknownParameters) -> Self {
        self.unknown_parameters = unknown;
        self
    }

    /// Sends validators with each response to a GET, and status 304 if the client's copy is still valid. Default: none.
    #[must_use]
    pub fn validators(mut self, validators: Validators) -> Self {
        self.validators = Some(validators);
        self
    }

    /// Compresses each response whose request accepts gzip. The responses of faults are not compressed.
    #[must_use]
    pub fn gzip(mut self) -> Self {
        self.gzip = true;
        self
    }

    /// Sets whether requests and responses are checked against the contract. Default: only in debug builds.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Stops the clock: only [`ControlPlane::advance`] moves it.
    #[must_use]
    pub fn stopped_clock(mut self) -> Self {
        self.stopped_clock = true;
        self
    }

    /// Sets the difference of the control plane's clock from that of this machine. Default: zero.
    #[must_use]
    pub fn clock_shift(mut self, shift: SignedDuration) -> Self {
        self.clock_shift = shift;
        self
    }

    /// Serves over TLS with a generated certificate, see [`ControlPlane::certificate`].
    #[must_use]
    pub fn tls(mut self) -> Self {
        self.tls = Some(Certificate::Server);
        self
    }

    /// Serves over TLS with a certificate as `openssl req -x509` makes it: its own authority.
    #[must_use]
    pub fn tls_of_openssl(mut self) -> Self {
        self.tls = Some(Certificate::Authority);
        self
    }

    /// Starts the control plane.
    ///
    /// # Errors
    /// If the contract, the seed or the snapshot is invalid, or if it cannot listen on the address.
    pub async fn start(self) -> Result<ControlPlane, StartError> {
        let contract = Contract::get()?;
        let clock = Arc::new(if self.stopped_clock {
            Clock::stopped(self.clock_shift)
        } else {
            Clock::running(self.clock_shift)
        });
        let mut store = Store::new(Arc::clone(&clock), self.times);
        let secrets = Secrets::default();
        if let Some(snapshot) = self.snapshot {
            snapshot.register_secrets(contract, &secrets);
            snapshot.restore(&mut store)?;
        } else {
            let seed = match self.random {
                Some((number, objects)) => {
                    let seed = Seed::parse(&random::account(number, objects).to_string())?;
                    seed.register_secrets(contract, &secrets);
                    seed
                }
                None => self.seed.as_deref().map_or_else(Seed::standard, Seed::read)?,
            };
            let mut seed = match self.machines {
                Some(count) => seed.with_machines(count),
                None => seed,
            };
            if let Some(count) = self.objects {
                seed = seed.with_objects(count);
                seed.register_secrets(contract, &secrets);
            }
            seed.create_all(&mut store)?;
        }
        store.set_list_lag(self.times.list_lag);
        let mut tokens = self.tokens;
        let token = tokens
            .first()
            .cloned()
            .unwrap_or_else(|| format!("dur_{}", Uuid::new_v4().simple()));
        tokens.insert(token.clone());
        for token in &tokens {
            secrets.register_string(Kind::Secret, token);
        }
        let account = Account::new(store);
        let tokens: BTreeMap<String, Account> =
            tokens.into_iter().map(|token| (token, account.clone())).collect();
        let faults = Faults::new(self.fault_seed);
        self.faults.into_iter().for_each(|fault| faults.add(fault));
        let mut document = self.dialect.document(contract);
        if let (Some(document), Some(paging)) = (&mut document, &self.paging) {
            paging.document(contract, document);
        }
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let server = Arc::new(Server {
            account: account.clone(),
            clock,
            routes: Routes::new(contract, self.dialect),
            document,
            dialect: self.dialect,
            unknown_fields: self.unknown_fields,
            hooks: Hooks::default(),
            validators: self.validators,
            gzip: self.gzip,
            paging: self.paging,
            unknown_parameters: self.unknown_parameters,
            scheme,
            prefix: self.prefix.clone(),
            elsewhere: Mutex::new(FaultResponse::html(404)),
            tokens: Mutex::new(tokens),
            secrets,
            rate_limit: Mutex::new(self.rate_limit.map(RateLimit::new)),
            faults,
            log: Log::new(),
            strict: self.strict,
            violations: Mutex::default(),
        });
        let identity = self.tls.map(Identity::new).transpose()?;
        let no_socket = |source| StartError::Listen {
            address: self.listen,
            source,
        };
        let listener = TcpListener::bind(self.listen)
            .await
            .and_then(TcpListener::into_std)
            .map_err(no_socket)?;
        let address = listener.local_addr().map_err(no_socket)?;
        // A runtime of its own: a test that blocks its thread still gets responses.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("control-plane")
            .enable_all()
            .build()
            .map_err(no_socket)?;
        let acceptor = identity.as_ref().map(|identity| identity.acceptor.clone());
        runtime.spawn(socket::serve(listener, Arc::clone(&server), acceptor));
        Ok(ControlPlane {
            server,
            account,
            endpoint: format!("{scheme}://{address}{}", self.prefix),
            token,
            certificate: identity.map(|identity| identity.certificate),
            runtime: Some(runtime),
        })
    }
}
