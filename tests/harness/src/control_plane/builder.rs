//! Setting up a control plane.

use std::collections::BTreeSet;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::TcpListener;
use uuid::Uuid;

use super::clock::Clock;
use super::contract::{Contract, ContractError};
use super::dialect::{Dialect, Routes};
use super::faults::{Fault, Faults};
use super::log::Log;
use super::rate_limit::RateLimit;
use super::requests::Server;
use super::seed::{Seed, SeedError};
use super::snapshot::Snapshot;
use super::store::{Store, Times};
use super::tls::{Identity, TlsError};
use super::{ControlPlane, socket};
use crate::secrets::{Kind, Secrets};

/// A control plane that is still to be set up.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own on the command line"
)]
pub struct Builder {
    listen: SocketAddr,
    tokens: BTreeSet<String>,
    seed: Option<PathBuf>,
    snapshot: Option<Snapshot>,
    machines: Option<u32>,
    times: Times,
    dialect: Dialect,
    prefix: String,
    rate_limit: Option<usize>,
    faults: Vec<Fault>,
    fault_seed: u64,
    unknown_fields: bool,
    strict: bool,
    stopped_clock: bool,
    tls: bool,
}

/// A control plane cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The contract cannot be used.
    #[error(transparent)]
    Contract(#[from] ContractError),
    /// The seed cannot be used.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// There is no certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// There is no socket or no thread to listen with.
    #[error("failed to listen on `{address}`")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            tokens: BTreeSet::new(),
            seed: None,
            snapshot: None,
            machines: None,
            times: Times {
                install: Duration::ZERO,
                config_push: Duration::ZERO,
            },
            dialect: Dialect::Default,
            prefix: String::new(),
            rate_limit: None,
            faults: Vec::new(),
            fault_seed: 0,
            unknown_fields: false,
            strict: cfg!(debug_assertions),
            stopped_clock: false,
            tls: false,
        }
    }
}

impl Builder {
    /// Listens on this address; a free port of the loopback interface unless set.
    #[must_use]
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Accepts a token; may be given more than once. One is made up unless set.
    #[must_use]
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.tokens.insert(token.into());
        self
    }

    /// Takes what is there before the first request from a file.
    #[must_use]
    pub fn seed(mut self, file: impl Into<PathBuf>) -> Self {
        self.seed = Some(file.into());
        self
    }

    /// Knows what another control plane knew, in place of a seed. For that the clock has to stand still.
    #[must_use]
    pub fn snapshot(mut self, snapshot: Snapshot) -> Self {
        self.snapshot = Some(snapshot);
        self.stopped_clock()
    }

    /// Has this many machines, `node-1` and so on, in place of the seed's.
    #[must_use]
    pub fn machines(mut self, count: u32) -> Self {
        self.machines = Some(count);
        self
    }

    /// How long a provision run takes; no time at all unless set.
    #[must_use]
    pub fn install_time(mut self, time: Duration) -> Self {
        self.times.install = time;
        self
    }

    /// How long an agent needs to take a change of its configuration; no time at all unless set.
    #[must_use]
    pub fn config_push_time(mut self, time: Duration) -> Self {
        self.times.config_push = time;
        self
    }

    /// Speaks a dialect.
    #[must_use]
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    /// Is to be found under a path such as `/durantic`.
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

    /// Admits this many requests in any second; every one unless set.
    #[must_use]
    pub fn rate_limit(mut self, requests_per_second: usize) -> Self {
        self.rate_limit = Some(requests_per_second);
        self
    }

    /// Adds a fault behind those there are.
    #[must_use]
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// The seed that faults by chance follow from; 0 unless set.
    #[must_use]
    pub fn fault_seed(mut self, seed: u64) -> Self {
        self.fault_seed = seed;
        self
    }

    /// Answers with fields that no version of the contract knows besides those it does.
    #[must_use]
    pub fn unknown_fields(mut self) -> Self {
        self.unknown_fields = true;
        self
    }

    /// Looks whether requests and answers keep to the contract, or does not; it does in debug builds unless set.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Lets time stand still until [`ControlPlane::advance`] moves it.
    #[must_use]
    pub fn stopped_clock(mut self) -> Self {
        self.stopped_clock = true;
        self
    }

    /// Speaks TLS with a certificate of its own, see [`ControlPlane::certificate`].
    #[must_use]
    pub fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// Starts to listen.
    pub async fn start(self) -> Result<ControlPlane, StartError> {
        let contract = Contract::get()?;
        let clock = Arc::new(if self.stopped_clock {
            Clock::stopped()
        } else {
            Clock::running()
        });
        let mut store = Store::new(Arc::clone(&clock), self.times);
        let secrets = Secrets::default();
        if let Some(snapshot) = self.snapshot {
            snapshot.learn_secrets(contract, &secrets);
            snapshot.restore(&mut store)?;
        } else {
            let seed = self.seed.as_deref().map_or_else(Seed::standard, Seed::read)?;
            let seed = match self.machines {
                Some(count) => seed.with_machines(count),
                None => seed,
            };
            seed.plant(&mut store)?;
        }
        let mut tokens = self.tokens;
        let token = tokens
            .first()
            .cloned()
            .unwrap_or_else(|| format!("dur_{}", Uuid::new_v4().simple()));
        tokens.insert(token.clone());
        for token in &tokens {
            secrets.learn_text(Kind::Secret, token);
        }
        let faults = Faults::new(self.fault_seed);
        self.faults.into_iter().for_each(|fault| faults.add(fault));
        let server = Arc::new(Server {
            store: Mutex::new(store),
            clock,
            routes: Routes::new(contract, self.dialect),
            document: self.dialect.document(contract),
            dialect: self.dialect,
            unknown_fields: self.unknown_fields,
            prefix: self.prefix.clone(),
            tokens: Mutex::new(tokens),
            secrets,
            rate_limit: self.rate_limit.map(RateLimit::new),
            faults,
            log: Log::new(),
            strict: self.strict,
            violations: Mutex::default(),
        });
        let identity = if self.tls { Some(Identity::new()?) } else { None };
        let no_socket = |source| StartError::Listen {
            address: self.listen,
            source,
        };
        let listener = TcpListener::bind(self.listen)
            .await
            .and_then(TcpListener::into_std)
            .map_err(no_socket)?;
        let address = listener.local_addr().map_err(no_socket)?;
        // A runtime of its own: a test that blocks its thread still gets answers.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("control-plane")
            .enable_all()
            .build()
            .map_err(no_socket)?;
        let acceptor = identity.as_ref().map(|identity| identity.acceptor.clone());
        runtime.spawn(socket::serve(listener, Arc::clone(&server), acceptor));
        let scheme = if identity.is_some() { "https" } else { "http" };
        Ok(ControlPlane {
            server,
            endpoint: format!("{scheme}://{address}{}", self.prefix),
            token,
            certificate: identity.map(|identity| identity.certificate),
            runtime: Some(runtime),
        })
    }
}
