//! The record of a run, in private state and as a status in state. A run is one execution of a declared job.
//!
//! The strings that are stored here are a contract with existing state files and must not change.
//!
//! Tests: `crates/engine/src/job/machine/table.rs`, `crates/engine/tests/tables/private.rs`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// Identity of a run: attribute → value, from the response to its start.
pub type Id = BTreeMap<String, String>;

/// A run that is not known to have succeeded: its state, and what it was started for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredRun", into = "StoredRun")]
pub struct Run {
    /// State of the run.
    pub state: RunState,
    /// Values, at the start, of the attributes that force a new object; null if unknown.
    pub trigger: Json,
    /// Whether the object was stored with an error while the run was active, so that Terraform replaces it.
    pub tainted: bool,
}

/// State of a run between two applies, as private state keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RunState {
    /// The run is required, and was certainly not started.
    NotStarted,
    /// A start was sent, and no response confirmed it.
    Unconfirmed {
        /// Whether the object showed, before the start, that it needed the work: only then can it show afterwards that
        /// the work is done.
        was_needed: bool,
        /// Whether the start was for the current configuration. The run of an outdated start must end first.
        is_current: bool,
    },
    /// The run is active, as far as is known.
    Active(ActiveRun),
    /// The run ended without success.
    Failed {
        /// Identity of the run.
        id: Id,
        /// Final status, as the API returned it.
        status: String,
    },
}

/// A run that is active, as far as is known.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ActiveRun {
    /// Identity of the run.
    pub id: Id,
    /// Last known status, as the API returned it.
    pub status: String,
    /// Who started the run.
    pub origin: Origin,
    /// Whether the run was started for the current configuration. An outdated run must end first.
    pub is_current: bool,
}

/// Who started a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    /// This resource.
    Own {
        /// Whether the object showed, before the start, that it needed the work.
        was_needed: bool,
    },
    /// Possibly another client, with other settings: the object shows afterwards whether the work is done.
    Other,
}

/// The stored form of a run in private state. `saved`, `stage`, `purpose`, `taints` and `foreign` are older words of the
/// contract; [`Run`] and [`RunState`] have the present ones.
#[derive(Serialize, Deserialize)]
struct StoredRun {
    /// Identity (`save` of the declaration); empty if no response had one.
    saved: Id,
    status: String,
    stage: Stage,
    #[serde(default)]
    purpose: Purpose,
    #[serde(default)]
    taints: bool,
    trigger: Json,
    #[serde(default)]
    was_needed: bool,
    /// Whether another client may have started an outdated run. Of a joined run that is always true, and not stored.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    foreign: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Stage {
    /// A start was sent, and the run is not known to have ended.
    Going,
    /// Ended without success; if `saved` is empty, not started.
    Failed,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Purpose {
    /// Started by this resource, for the current configuration.
    #[default]
    Wanted,
    /// Possibly started by another client.
    Joined,
    /// Started for another configuration.
    Outdated,
}

/// Status of an unconfirmed start if the object can show afterwards that the work is done.
pub const STARTING: &str = "starting";

/// Status of an unconfirmed start if the object cannot show that.
pub const UNCONFIRMED: &str = "unconfirmed";

/// Status of a run whose result cannot be determined.
pub const LOST: &str = "lost";

/// Status while an outdated run is active; a run for the current configuration is started afterwards.
pub const WAITING: &str = "waiting";

/// Status while a run is active that another client may have started.
pub const JOINED: &str = "joined";

/// Status of an active run if the API's status equals one of the provider's own.
pub const RUNNING: &str = "running";

/// Status of a run that was not polled yet.
pub const PENDING: &str = "pending";

/// Status of an object that a rejected create gave back, with nothing sent to it. The earlier status follows in parentheses.
pub const UNTOUCHED: &str = "untouched";

/// Status of an object that a create gave back because its rollout held it back. The earlier status follows in parentheses.
pub const HELD: &str = "held";

/// Statuses with a meaning of the provider's own.
const RESERVED_STATUSES: [&str; 7] = [STARTING, UNCONFIRMED, WAITING, JOINED, LOST, UNTOUCHED, HELD];

/// Returns the earlier status, if there was one, in the status of an object that a create gave back as it was; `None` for every other
/// status.
pub fn given_back_status(status: &str) -> Option<Option<&str>> {
    let rest = [UNTOUCHED, HELD]
        .iter()
        .find_map(|mark| status.strip_prefix(mark))?;
    if rest.is_empty() {
        return Some(None);
    }
    let earlier = rest.strip_prefix(" (")?.strip_suffix(')')?;
    Some(Some(earlier))
}

impl RunState {
    /// Whether an apply that continues it waits for the run of an earlier configuration, and starts another.
    pub fn starts_another(&self) -> bool {
        matches!(self, Self::Active(run) if !run.is_current)
    }

    /// The status in state; `None` if the run was not started. [`RunState::read`] is the inverse.
    pub fn status(&self) -> Option<&str> {
        Some(match self {
            Self::NotStarted => return None,
            Self::Unconfirmed {
                is_current: false, ..
            }
            | Self::Active(ActiveRun {
                is_current: false, ..
            }) => WAITING,
            Self::Unconfirmed { was_needed: true, .. } => STARTING,
            Self::Unconfirmed {
                was_needed: false, ..
            } => UNCONFIRMED,
            Self::Active(ActiveRun {
                origin: Origin::Other,
                ..
            }) => JOINED,
            Self::Active(run) if RESERVED_STATUSES.contains(&run.status.as_str()) => RUNNING,
            Self::Active(run) => &run.status,
            Self::Failed { status, .. } => status,
        })
    }

    /// Identity of the run, if known.
    pub fn id(&self) -> Option<&Id> {
        match self {
            Self::NotStarted | Self::Unconfirmed { .. } => None,
            Self::Active(ActiveRun { id, .. }) | Self::Failed { id, .. } => Some(id),
        }
    }

    /// Reads a run from its status in state, which must be neither final nor [`LOST`].
    ///
    /// `id` is the identity in state, and `is_needed` whether the object needs the work. Returns `None` if the status
    /// is that of an identified run and `id` is `None`.
    pub fn read(status: &str, id: Option<Id>, is_needed: bool) -> Option<Self> {
        Some(match status {
            STARTING => Self::Unconfirmed {
                was_needed: true,
                is_current: true,
            },
            UNCONFIRMED => Self::Unconfirmed {
                was_needed: false,
                is_current: true,
            },
            WAITING if id.is_none() => Self::Unconfirmed {
                was_needed: is_needed,
                is_current: false,
            },
            _ => Self::Active(ActiveRun {
                id: id?,
                status: status.to_owned(),
                origin: match status {
                    JOINED => Origin::Other,
                    _ => Origin::Own {
                        was_needed: is_needed,
                    },
                },
                is_current: status != WAITING,
            }),
        })
    }

    /// Whether an update in place continues with the run; otherwise the object is replaced.
    pub fn is_pending(&self) -> bool {
        matches!(self, Self::Unconfirmed { .. } | Self::Active(_))
    }
}

impl From<Run> for StoredRun {
    fn from(run: Run) -> Self {
        let stage = match &run.state {
            RunState::NotStarted | RunState::Failed { .. } => Stage::Failed,
            RunState::Unconfirmed { .. } | RunState::Active(_) => Stage::Going,
        };
        let purpose = match &run.state {
            RunState::Unconfirmed {
                is_current: false, ..
            }
            | RunState::Active(ActiveRun {
                is_current: false, ..
            }) => Purpose::Outdated,
            RunState::Active(ActiveRun {
                origin: Origin::Other,
                ..
            }) => Purpose::Joined,
            _ => Purpose::Wanted,
        };
        let (was_needed, is_other) = match &run.state {
            RunState::Unconfirmed { was_needed, .. } => (*was_needed, false),
            RunState::Active(ActiveRun { origin, .. }) => match origin {
                Origin::Own { was_needed } => (*was_needed, false),
                Origin::Other => (true, true),
            },
            RunState::NotStarted | RunState::Failed { .. } => (false, false),
        };
        let status = match &run.state {
            RunState::Active(active) => &active.status,
            other => other.status().unwrap_or(UNCONFIRMED),
        };
        Self {
            status: status.to_owned(),
            saved: run.state.id().cloned().unwrap_or_default(),
            stage,
            purpose,
            taints: run.tainted,
            trigger: run.trigger,
            was_needed,
            foreign: is_other && purpose == Purpose::Outdated,
        }
    }
}

impl From<StoredRun> for Run {
    fn from(stored: StoredRun) -> Self {
        let is_identified = !stored.saved.is_empty();
        let state = match (stored.stage, is_identified) {
            (Stage::Failed, false) => RunState::NotStarted,
            (Stage::Failed, true) => RunState::Failed {
                id: stored.saved,
                status: stored.status,
            },
            (Stage::Going, false) => RunState::Unconfirmed {
                was_needed: stored.was_needed,
                is_current: stored.purpose != Purpose::Outdated,
            },
            (Stage::Going, true) => RunState::Active(ActiveRun {
                id: stored.saved,
                status: stored.status,
                origin: if stored.purpose == Purpose::Joined || stored.foreign {
                    Origin::Other
                } else {
                    Origin::Own {
                        was_needed: stored.was_needed,
                    }
                },
                is_current: stored.purpose != Purpose::Outdated,
            }),
        };
        Self {
            state,
            trigger: stored.trigger,
            tainted: stored.taints,
        }
    }
}
